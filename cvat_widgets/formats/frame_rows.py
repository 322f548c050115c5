"""Tracks as one row a frame, as most formats have them, and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.kinds import Flag
from cvat_widgets.model.slicing import without_repeats
from cvat_widgets.model.table import AnnotationTable

__all__ = ["frame_blocks", "frames_by_subset", "rebuilt_tracks", "rows_by_frame"]

_BLOCK = 50_000
"""Coordinates in a block of frames, so that no export is in memory as a whole."""


def frames_by_subset(dataset: Dataset) -> dict[str, list[int]]:
    """Return the frames of each subset, ``default`` for those without one; at least one subset."""
    found: dict[str, list[int]] = {}
    for frame in range(len(dataset.frames)):
        subset = dataset.frames.subset_of(frame) or dataset.meta.get("subset") or "default"
        found.setdefault(subset, []).append(frame)
    return found or {"default": []}


def rows_by_frame(dataset: Dataset, types: Sequence[int]) -> AnnotationTable:
    """Return every visible object of some types, one row a frame, by frame and z-order.

    Joints come along with their skeletons, those that are outside too: formats have a place for them.
    """
    table = interpolate_table(dataset.table, frame_count=len(dataset.frames), include_outside=True)
    top = table.parent < 0
    shown = top & np.isin(table.type, types) & ~(table.is_track & table.has(Flag.OUTSIDE))
    joints = np.zeros(len(table), bool)
    if not top.all():
        pairs = set(zip(table.id[shown].tolist(), table.frame[shown].tolist(), strict=True))
        for row in np.flatnonzero(~top).tolist():
            joints[row] = (int(table.parent[row]), int(table.frame[row])) in pairs
    table = table.take(shown | joints)
    return table.take(np.lexsort((table.z_order, table.frame)))


def frame_blocks(table: AnnotationTable, frames: Sequence[int]) -> Iterator[tuple[list[int], NDArray[np.int64], list[int]]]:
    """Yield frames, as many at a time as make a handy piece of a file, in their order.

    Parameters
    ----------
    table
        Rows sorted by frame.
    frames
        Those wanted.

    Yields
    ------
    tuple
        Frames, the rows of all of them one after the other, and where those of each frame begin; last, their number.
    """
    wanted = np.asarray(frames, np.int64)
    begin = np.searchsorted(table.frame, wanted)
    counts = np.searchsorted(table.frame, wanted, side="right") - begin
    sizes = np.cumsum(table.offsets[begin + counts] - table.offsets[begin] + counts + 1)
    for part in np.split(np.arange(len(wanted)), np.flatnonzero(np.diff(sizes // _BLOCK)) + 1):
        bounds = np.concatenate(([0], np.cumsum(counts[part])))
        rows = np.repeat(begin[part] - bounds[:-1], counts[part]) + np.arange(bounds[-1])
        yield wanted[part].tolist(), rows, bounds.tolist()


def rebuilt_tracks(table: AnnotationTable, frame_count: int) -> AnnotationTable:
    """Turn rows of one frame with a ``track`` into tracks.

    Keyframes are the rows that are marked as such, the first row after every gap, and the last one before a gap if the object
    has moved since; where the object is missing it gets a keyframe outside. ``parent`` of a joint names the track of its
    skeleton.
    """
    plain, rows = table.take(table.track < 0), table.take(table.track >= 0)
    if not len(rows):
        return plain
    rows = rows.take(np.lexsort((rows.frame, rows.track)))
    new_track = np.append(True, rows.track[1:] != rows.track[:-1])
    after_gap = new_track | np.append(True, rows.frame[1:] != rows.frame[:-1] + 1)
    ends = np.append(after_gap[1:], True)
    keys = rows.has(Flag.KEYFRAME) | after_gap
    kept = rows.take(keys | _moved(rows, keys, ends))
    gone = rows.take(ends & (rows.frame + 1 < frame_count))
    gone = gone.with_columns(frame=gone.frame + 1, flags=gone.flags | int(Flag.OUTSIDE))
    tracks = AnnotationTable.concat([kept, gone])
    first = int(table.id.max(initial=0)) + 1
    tracks = tracks.with_columns(
        track=tracks.track + first,
        id=tracks.track + first,
        parent=np.where(tracks.parent >= 0, tracks.parent + first, -1),
        flags=tracks.flags | int(Flag.KEYFRAME),
    )
    return AnnotationTable.concat([plain, without_repeats(tracks)])


def _moved(rows: AnnotationTable, keys: NDArray[np.bool_], ends: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the last rows of stretches in which the object was on its way to a keyframe outside."""
    moved = np.zeros(len(rows), bool)
    last_key = np.maximum.accumulate(np.where(keys, np.arange(len(rows)), 0))
    for row in np.flatnonzero(ends & ~keys).tolist():
        key = int(last_key[row])
        same = np.array_equal(rows.points_of(row), rows.points_of(key)) and rows.rotation[row] == rows.rotation[key]
        moved[row] = not same
    return moved
