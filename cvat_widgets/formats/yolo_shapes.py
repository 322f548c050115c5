"""Tables made of label lines: fractions turned into pixels, corners into turned boxes, track ids into tracks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.formats.yolo_lines import LabelLines
from cvat_widgets.model.geometry import rectangle_corners
from cvat_widgets.model.kinds import POINTS, POLYGON, RECTANGLE, SKELETON, SOURCE_CODE, Flag
from cvat_widgets.model.table import AnnotationTable

__all__ = ["PlacedLines", "box_table", "place", "polygon_table", "skeleton_table", "turned_box_table"]

_FILE = SOURCE_CODE["file"]
_KEYFRAME, _OUTSIDE, _OCCLUDED = int(Flag.KEYFRAME), int(Flag.OUTSIDE), int(Flag.OCCLUDED)
_DIGITS = 1e-6
_STRAIGHT = 1e-5

Size = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class PlacedLines:
    """Label lines, each with its frame, label and track.

    Parameters
    ----------
    lines
        The numbers.
    frame, label
        int64 of shape (n,); ``label`` is a position in the list of labels.
    track
        int64 of shape (n,): number of the track from 0 on, -1 for none.
    goes_on
        bool, one a frame: whether the next frame follows it in the same subset.
    """

    lines: LabelLines
    frame: NDArray[np.int64]
    label: NDArray[np.int64]
    track: NDArray[np.int64]
    goes_on: NDArray[np.bool_]

    def scale(self, widths: Size, heights: Size) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return width and height of the frame of each line; 1 where it is not known, which leaves fractions."""
        return tuple(np.where(each > 0, each, 1).astype(np.float64)[self.frame] for each in (widths, heights))  # type: ignore[return-value]


def place(
    lines: LabelLines,
    frame_of_file: NDArray[np.int64],
    subsets: Sequence[str],
    keys: Sequence[int],
    tracked: NDArray[np.bool_] | None = None,
) -> PlacedLines:
    """Find frame, label and track of each line.

    Parameters
    ----------
    lines
        The numbers.
    frame_of_file
        Frame of each file of ``lines``.
    subsets
        Subset of each frame.
    keys
        The ids lines use for labels.
    tracked
        Lines that end with a track id; ``None``: no line does.
    """
    frame = frame_of_file[lines.file] if len(lines) else np.empty(0, np.int64)
    label = lines.labels(keys)
    codes: dict[str, int] = {}
    subset = np.array([codes.setdefault(name, len(codes)) for name in subsets], np.int64)
    goes_on = np.append(subset[1:] == subset[:-1], False)[: len(subsets)]
    track = np.full(len(lines), -1, np.int64)
    if tracked is not None and tracked.any():
        given = lines.tracks(tracked)
        rows = np.flatnonzero(tracked)
        _, track[rows] = np.unique(
            np.column_stack((subset[frame[rows]], label[rows], given[rows])), axis=0, return_inverse=True
        )
        order = rows[np.lexsort((frame[rows], track[rows]))]
        again = (track[order[1:]] == track[order[:-1]]) & (frame[order[1:]] == frame[order[:-1]])
        twice = np.zeros(len(lines), bool)
        twice[order[1:][again]] = True
        lines.refuse(twice, "a track is twice on this frame")
    return PlacedLines(lines, frame, label, track, goes_on)


def box_table(placed: PlacedLines, label_ids: Sequence[int], widths: Size, heights: Size) -> AnnotationTable:
    """Return boxes of lines ``label cx cy w h``."""
    cx, cy, w, h = placed.lines.block(1, 4).T
    width, height = placed.scale(widths, heights)
    points = np.column_stack(((cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height))
    return _table(placed, label_ids, RECTANGLE, points.ravel(), np.arange(len(cx) + 1) * 4)


def polygon_table(placed: PlacedLines, label_ids: Sequence[int], widths: Size, heights: Size) -> AnnotationTable:
    """Return polygons of lines ``label x1 y1 x2 y2 ...``."""
    lines = placed.lines
    lengths = (lines.counts - 1) // 2 * 2
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    points = lines.values[np.repeat(lines.starts[:-1] + 1 - offsets[:-1], lengths) + np.arange(offsets[-1])]
    width, height = placed.scale(widths, heights)
    points[0::2] *= np.repeat(width, lengths // 2)
    points[1::2] *= np.repeat(height, lengths // 2)
    return _table(placed, label_ids, POLYGON, points, offsets)


def turned_box_table(placed: PlacedLines, label_ids: Sequence[int], widths: Size, heights: Size) -> AnnotationTable:
    """Return turned boxes of lines ``label x1 y1 x2 y2 x3 y3 x4 y4``.

    The first corner stays the first: a box and its rotation come back as they were written. Corners that make no rectangle get
    the smallest one around them, turned so that its corners are next to theirs, as CVAT does it.
    """
    width, height = placed.scale(widths, heights)
    corners = placed.lines.block(1, 8).reshape(-1, 4, 2) * np.stack((width, height), axis=1)[:, None, :]
    tolerance = 4 * _DIGITS * np.maximum(width, height) + 1e-9
    top, bottom = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 3]
    left, right = corners[:, 3] - corners[:, 0], corners[:, 2] - corners[:, 1]
    across, down = (top + bottom) / 2, (left + right) / 2
    size = np.stack((np.hypot(*across.T), np.hypot(*down.T)), axis=1)
    fits = np.abs(top - bottom).max(axis=1, initial=0) <= tolerance
    fits &= np.abs((across * down).sum(axis=1)) <= tolerance * size.sum(axis=1)
    # The longer side tells the direction more exactly.
    by_side = size[:, 1] > size[:, 0]
    rotation = np.degrees(np.arctan2(across[:, 1], across[:, 0]))
    rotation = np.where(by_side, np.degrees(np.arctan2(down[:, 1], down[:, 0])) - 90, rotation)
    centre = corners.mean(axis=1)
    for row in np.flatnonzero(~fits).tolist():
        centre[row], size[row], rotation[row] = _smallest_box(corners[row])
    rotation %= 360
    rotation[(rotation < _STRAIGHT) | (rotation > 360 - _STRAIGHT)] = 0
    points = np.concatenate((centre - size / 2, centre + size / 2), axis=1)
    return _table(placed, label_ids, RECTANGLE, points.ravel(), np.arange(len(points) + 1) * 4, rotation)


def _smallest_box(corners: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return centre, size and rotation of the smallest box around four corners, its corners in their order."""
    import cv2

    middle = corners.mean(axis=0)
    centre, sides, angle = cv2.minAreaRect((corners - middle).astype(np.float32))
    middle += np.array(centre)
    found: list[tuple[float, NDArray[np.float64], float]] = []
    for turn in range(4):
        size = np.array(sides if turn % 2 == 0 else sides[::-1], np.float64)
        rotation = float(angle) + 90 * turn
        box = rectangle_corners(np.concatenate((-size / 2, size / 2)), rotation).reshape(4, 2) + middle
        found.append((float(np.hypot(*(box - corners).T).sum()), size, rotation))
    _, size, rotation = min(found, key=lambda each: each[0])
    return middle, size, rotation


def skeleton_table(
    placed: PlacedLines, joint_ids: NDArray[np.int64], label_ids: Sequence[int], numbers: int, widths: Size, heights: Size
) -> AnnotationTable:
    """Return skeletons of lines ``label cx cy w h x1 y1 [v1] x2 y2 [v2] ...``.

    Parameters
    ----------
    placed
        The lines.
    joint_ids
        int64 of shape (labels, joints): label id of each joint, -1 for the joints a label has not.
    label_ids
        Label id of each skeleton label.
    numbers
        Numbers a joint has on a line: 2, or 3 with its visibility.
    widths, heights
        Sizes of the frames.
    """
    count, joints = len(placed.frame), joint_ids.shape[1]
    block = placed.lines.block(5, joints * numbers).reshape(count, joints, numbers)
    seen = block[:, :, 2] if numbers == 3 else np.where((block[:, :, :2] != 0).any(axis=2), 2.0, 0.0)
    width, height = placed.scale(widths, heights)
    places = block[:, :, :2] * np.stack((width, height), axis=1)[:, None, :]
    step = 1 + joints
    ids = np.arange(1, count * step + 1).reshape(count, step)
    tracked = placed.track >= 0
    ids[tracked] = count * step + 1 + placed.track[tracked, None] * step + np.arange(step)
    kept = np.concatenate((np.ones((count, 1), bool), (joint_ids >= 0)[placed.label]), axis=1)
    flags = np.zeros((count, step), np.int64)
    flags[:, 1:] = np.where(seen == 0, _OUTSIDE, np.where(seen == 1, _OCCLUDED, 0))
    flags[tracked] |= _KEYFRAME
    labels = np.concatenate((np.array(label_ids, np.int64)[placed.label][:, None], joint_ids[placed.label]), axis=1)
    parents = np.concatenate((np.full((count, 1), -1), np.repeat(ids[:, :1], joints, axis=1)), axis=1)
    lengths = np.concatenate((np.zeros((count, 1), np.int64), np.full((count, joints), 2)), axis=1)[kept]
    table = AnnotationTable.build(
        id=ids[kept],
        frame=np.repeat(placed.frame, step).reshape(count, step)[kept],
        label=labels[kept],
        type=np.where(lengths == 0, SKELETON, POINTS),
        track=np.where(tracked[:, None], ids, -1)[kept],
        parent=parents[kept],
        flags=flags[kept],
        source=_FILE,
        points=places[kept[:, 1:]].ravel(),
        offsets=np.concatenate(([0], np.cumsum(lengths))),
    )
    return _with_gaps(table, placed.goes_on)


def _table(
    placed: PlacedLines,
    label_ids: Sequence[int],
    kind: int,
    points: NDArray[np.float64],
    offsets: NDArray[np.int64],
    rotation: Any = 0.0,
) -> AnnotationTable:
    count = len(placed.frame)
    tracked = placed.track >= 0
    track = np.where(tracked, placed.track + count + 1, -1)
    table = AnnotationTable.build(
        id=np.where(tracked, track, np.arange(1, count + 1)),
        frame=placed.frame,
        label=np.array(label_ids, np.int64)[placed.label] if count else [],
        type=kind,
        track=track,
        flags=np.where(tracked, _KEYFRAME, 0),
        rotation=rotation,
        source=_FILE,
        points=points,
        offsets=offsets,
    )
    return _with_gaps(table, placed.goes_on)


def _with_gaps(table: AnnotationTable, goes_on: NDArray[np.bool_]) -> AnnotationTable:
    """Put the rows of tracks in order, and an outside keyframe wherever the object is missing on the next frame."""
    tracked = table.is_track
    if not tracked.any():
        return table
    rows = np.flatnonzero(tracked)
    tracks = table.take(rows[np.lexsort((table.frame[rows], table.track[rows]))])
    same = np.append(tracks.track[1:] == tracks.track[:-1], False)
    following = same & np.append(tracks.frame[1:] == tracks.frame[:-1] + 1, False)
    outside = tracks.take(~following & goes_on[tracks.frame])
    outside = outside.with_columns(frame=outside.frame + 1, flags=outside.flags & np.uint8(_KEYFRAME) | np.uint8(_OUTSIDE))
    joined = AnnotationTable.concat([tracks, outside])
    return AnnotationTable.concat([table.take(~tracked), joined.take(np.lexsort((joined.frame, joined.track)))])
