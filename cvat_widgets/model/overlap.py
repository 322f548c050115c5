"""Merging the annotations of jobs that share frames, as CVAT does when a task is read.

Source: ``AnnotationManager.merge`` and ``ObjectManager.merge`` of CVAT's ``dataset_manager/annotation.py``. Objects of the
next job that lie in
the shared frames are matched to those of the jobs before (Hungarian, by similarity); matched ones become one, the rest is
added. Only
rectangles, polygons, tags and tracks of rectangles and polygons are ever recognised as the same; CVAT compares nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.geometry import box_iou, polygon_iou
from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.kinds import POLYGON, RECTANGLE, Flag
from cvat_widgets.model.table import AnnotationTable

__all__ = ["merge_jobs"]

_SHAPE_COST = 0.25
_TRACK_COST = 0.5


def merge_jobs(parts: Sequence[tuple[int, int, AnnotationTable]], overlap: int) -> AnnotationTable:
    """Merge the tables of neighbouring jobs.

    Parameters
    ----------
    parts
        ``(first frame, last frame, table)`` of each job, in order. Ids must be unique over all of them.
    overlap
        Frames that neighbouring jobs share.

    Returns
    -------
    AnnotationTable
        One table; a united object keeps the id of the earlier job's.
    """
    if not parts:
        return AnnotationTable.empty()
    merged = parts[0][2]
    for start, stop, table in parts[1:]:
        merged = _merge_two(merged, table, (start, stop), overlap) if overlap else AnnotationTable.concat([merged, table])
    return merged


def _merge_two(old: AnnotationTable, new: AnnotationTable, frames: tuple[int, int], overlap: int) -> AnnotationTable:
    start, stop = frames
    doubled = _doubled_shapes(old, new, start, overlap)
    new = new.take(~doubled) if doubled.any() else new
    pairs = _matching_tracks(old, new, start, overlap)
    return _united(old, new, pairs, min(start + overlap, stop + 1), stop)


def _doubled_shapes(old: AnnotationTable, new: AnnotationTable, start: int, overlap: int) -> NDArray[np.bool_]:
    """Return which plain rows of ``new`` are the same object as one of ``old``."""
    doubled = np.zeros(len(new), bool)

    def shared(table: AnnotationTable) -> NDArray[np.bool_]:
        return ~table.is_track & (table.parent < 0) & (table.frame >= start) & (table.frame < start + overlap)

    old_rows, new_rows = np.flatnonzero(shared(old)), np.flatnonzero(shared(new))
    for frame in np.intersect1d(old.frame[old_rows], new.frame[new_rows]).tolist():
        mine, theirs = old_rows[old.frame[old_rows] == frame], new_rows[new.frame[new_rows] == frame]
        cost = 1 - _similarity(old, mine, new, theirs)
        for _, column in _assign(cost, _SHAPE_COST):
            doubled[theirs[column]] = True
    lost = set(new.id[doubled].tolist())
    return doubled | ((new.parent >= 0) & ~new.is_track & np.array([parent in lost for parent in new.parent.tolist()], bool))


def _assign(cost: NDArray[np.float64], threshold: float) -> list[tuple[int, int]]:
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(np.where(cost <= threshold, cost, 1e6))
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True) if cost[row, column] <= threshold]


def _similarity(
    a: AnnotationTable, rows: NDArray[np.int64], b: AnnotationTable, columns: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return how alike plain rows of one frame are, 0 to 1: shape (rows, columns)."""
    alike = (a.label[rows][:, None] == b.label[columns][None]) & (a.type[rows][:, None] == b.type[columns][None])
    result = np.where(alike & a.is_tag[rows][:, None], 1.0, 0.0)
    boxes_a, boxes_b = rows[a.type[rows] == RECTANGLE], columns[b.type[columns] == RECTANGLE]
    if len(boxes_a) and len(boxes_b):
        # CVAT ignores the rotation here.
        found = box_iou(_plain_boxes(a, boxes_a), _plain_boxes(b, boxes_b))
        result[np.ix_(a.type[rows] == RECTANGLE, b.type[columns] == RECTANGLE)] = found
    for i, row in enumerate(rows.tolist()):
        for j, column in enumerate(columns.tolist()):
            if alike[i, j] and a.type[row] == POLYGON:
                result[i, j] = polygon_iou(a.points_of(row), b.points_of(column))
    return np.where(alike, result, 0.0)


def _plain_boxes(table: AnnotationTable, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    starts = table.offsets[rows]
    corners = np.column_stack([table.points[starts + index] for index in range(4)])
    return np.column_stack((np.minimum(corners[:, :2], corners[:, 2:]), np.maximum(corners[:, :2], corners[:, 2:])))


def _matching_tracks(old: AnnotationTable, new: AnnotationTable, start: int, overlap: int) -> dict[int, int]:
    """Return new track id -> old track id for tracks that are the same object."""
    frames = range(start, start + overlap)

    def states(table: AnnotationTable) -> dict[int, dict[int, tuple[AnnotationTable, int]]]:
        tracks = table.take(table.is_track & (table.parent < 0))
        expanded = interpolate_table(tracks, frame_count=start + overlap, frames=list(frames), include_outside=True)
        found: dict[int, dict[int, tuple[AnnotationTable, int]]] = {}
        for row, (track, frame) in enumerate(zip(expanded.track.tolist(), expanded.frame.tolist(), strict=True)):
            found.setdefault(track, {})[frame] = (expanded, row)
        return found

    mine, theirs = states(old), states(new)
    if not mine or not theirs:
        return {}
    cost = np.array([[1 - _track_similarity(a, b, frames) for b in theirs.values()] for a in mine.values()])
    old_ids, new_ids = list(mine), list(theirs)
    return {new_ids[column]: old_ids[row] for row, column in _assign(cost, _TRACK_COST)}


State = dict[int, tuple[AnnotationTable, int]]


def _track_similarity(a: State, b: State, frames: Sequence[int]) -> float:
    """Return 1 minus the mean error over the shared frames."""
    first, second = next(iter(a.values())), next(iter(b.values()))
    if first[0].label[first[1]] != second[0].label[second[1]]:
        return 0.0
    errors: list[float] = []
    for frame in frames:
        one, two = a.get(frame), b.get(frame)
        if one is None and two is None:
            continue
        errors.append(1.0 if one is None or two is None else _state_error(*one, *two))
    return 1 - sum(errors) / len(errors) if errors else 0.0


def _state_error(a: AnnotationTable, row: int, b: AnnotationTable, column: int) -> float:
    outside = int(Flag.OUTSIDE)
    if (a.flags[row] & outside) != (b.flags[column] & outside):
        return 1.0
    return 1 - float(_similarity(a, np.array([row]), b, np.array([column]))[0, 0])


def _united(old: AnnotationTable, new: AnnotationTable, pairs: dict[int, int], end: int, stop: int) -> AnnotationTable:
    """Unite matched tracks; end the unmatched old ones that would run on into frames of the next job."""
    if pairs:
        new = _renamed(new, old, pairs)
        kept = set(zip(old.track.tolist(), old.frame.tolist(), strict=True))
        doubled = np.array(
            [
                track >= 0 and (track, frame) in kept
                for track, frame in zip(new.track.tolist(), new.frame.tolist(), strict=True)
            ],
            bool,
        )
        new = new.take(~doubled) if doubled.any() else new
    continued = set(pairs.values())
    last_row: dict[int, int] = {}
    for row, track in enumerate(old.track.tolist()):
        if track >= 0 and (track not in last_row or old.frame[row] >= old.frame[last_row[track]]):
            last_row[track] = row
    ending = [
        row
        for track, row in last_row.items()
        if (old.parent[row] if old.parent[row] >= 0 else track) not in continued
        and not old.flags[row] & int(Flag.OUTSIDE)
        and old.frame[row] < end <= stop
    ]
    tables = [old, new]
    if ending:
        terminators = old.take(np.array(ending))
        tables.append(
            terminators.with_columns(
                frame=np.full(len(ending), end),
                flags=terminators.flags | int(Flag.OUTSIDE) | int(Flag.KEYFRAME),
            )
        )
    merged = AnnotationTable.concat(tables)
    # Keyframes of one track stay together, in order of their frames.
    position = {track: row for row, track in reversed(list(enumerate(merged.track.tolist()))) if track >= 0}
    first = np.array([position[track] if track >= 0 else row for row, track in enumerate(merged.track.tolist())], np.int64)
    return merged.take(np.lexsort((merged.frame, first)))


def _renamed(new: AnnotationTable, old: AnnotationTable, pairs: dict[int, int]) -> AnnotationTable:
    """Give matched tracks of ``new`` (and their joints, by label) the ids of ``old``."""
    ids = dict(pairs)
    joints = {
        (parent, label): track
        for parent, label, track in zip(old.parent.tolist(), old.label.tolist(), old.track.tolist(), strict=True)
        if parent >= 0 and track >= 0
    }
    for parent, label, track in zip(new.parent.tolist(), new.label.tolist(), new.track.tolist(), strict=True):
        if track >= 0 and parent in pairs and (pairs[parent], label) in joints:
            ids[track] = joints[pairs[parent], label]

    def renamed(column: NDArray[np.int64], only: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.array(
            [ids.get(value, value) if use else value for value, use in zip(column.tolist(), only, strict=True)], np.int64
        )

    tracked = new.is_track
    return new.with_columns(id=renamed(new.id, tracked), track=renamed(new.track, tracked), parent=renamed(new.parent, tracked))
