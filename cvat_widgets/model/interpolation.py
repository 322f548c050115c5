"""Tracks between their keyframes, for a whole table at once.

Rules (source: CVAT's ``TrackManager``; see also ``docs/architecture.md`` for the two places where we differ on purpose):

* rectangles, ellipses, cuboids and skeletons: linear; the rotation goes the short way, and by +180° where both ways are equal;
* points: linear for one point, otherwise the left keyframe holds; masks hold;
* polygons and polylines: :mod:`cvat_widgets.model.polyline_interpolation`;
* everything else (occluded, z-order, attributes) is the left keyframe's; a track is invisible from an outside keyframe to the
  next one that is
  not, and before its first; after its last keyframe it holds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cvat_widgets.model.attributes import AttributeColumns
from cvat_widgets.model.kinds import CUBOID, ELLIPSE, POINTS, POLYGON, POLYLINE, RECTANGLE, SKELETON, Flag
from cvat_widgets.model.polyline_interpolation import interpolate_curve
from cvat_widgets.model.table import AnnotationTable

__all__ = ["interpolate_table"]

_LINEAR = (RECTANGLE, ELLIPSE, CUBOID, SKELETON)


def interpolate_table(
    table: AnnotationTable,
    *,
    frame_count: int | None = None,
    frames: ArrayLike | None = None,
    include_outside: bool = False,
) -> AnnotationTable:
    """Return every visible object on every frame, one row each.

    Parameters
    ----------
    table
        Shapes, tags and keyframes.
    frame_count
        Number of frames of the task: tracks hold up to the last. By default the last frame in the table.
    frames
        Frames wanted; by default all.
    include_outside
        Whether to return rows of tracks that are outside, too.

    Returns
    -------
    AnnotationTable
        Plain rows as they are, then the tracks. ``id`` is the track's id on all its rows; KEYFRAME is set at keyframes only;
        attribute values
        are those in force. Plain rows carry no KEYFRAME flag.
    """
    if frame_count is None:
        frame_count = int(table.frame.max(initial=-1)) + 1
    wanted = np.ones(frame_count, bool)
    if frames is not None:
        wanted[:] = False
        chosen = np.asarray(frames, np.int64)
        wanted[chosen[(chosen >= 0) & (chosen < frame_count)]] = True
    plain = table.take(~table.is_track & wanted[np.clip(table.frame, 0, max(frame_count - 1, 0))])
    if not table.is_track.any():
        return plain
    expanded = _expand(_inherited(table), frame_count, wanted, include_outside=include_outside)
    return AnnotationTable.concat([plain, _without_lonely_skeletons(expanded)])


def _inherited(table: AnnotationTable) -> AnnotationTable:
    """Return the keyframes sorted by track and frame, each with all attribute values in force."""
    rows = np.flatnonzero(table.is_track)
    rows = rows[np.lexsort((table.frame[rows], table.track[rows]))]
    keys = table.take(rows)
    # Of doubled keyframes the last one counts.
    last = np.ones(len(keys), bool)
    last[:-1] = (keys.track[1:] != keys.track[:-1]) | (keys.frame[1:] != keys.frame[:-1])
    keys = keys if last.all() else keys.take(last)
    values = keys.attributes
    if not len(values):
        return keys
    specs = np.unique(values.spec)
    codes = np.full((len(specs), len(keys)), -1, np.int64)
    codes[np.searchsorted(specs, values.spec), values.row] = values.code
    starts = np.flatnonzero(np.diff(keys.track, prepend=-1))
    first_of = np.repeat(starts, np.diff(np.append(starts, len(keys))))
    set_at = np.maximum.accumulate(np.where(codes >= 0, np.arange(len(keys)), -1), axis=1)
    filled = np.where(set_at >= first_of, np.take_along_axis(codes, np.maximum(set_at, 0), axis=1), -1)
    row, column = np.nonzero(filled.T >= 0)
    attributes = AttributeColumns(
        row.astype(np.int64), specs[column].astype(np.int32), filled[column, row].astype(np.int32), values.strings
    )
    return AnnotationTable(**{**vars(keys), "attributes": attributes})


def _expand(keys: AnnotationTable, frame_count: int, wanted: NDArray[np.bool_], *, include_outside: bool) -> AnnotationTable:
    """Return one row a frame from each keyframe up to the next (or to the end)."""
    same_track = np.append(keys.track[1:] == keys.track[:-1], False)
    following = np.where(same_track, np.append(keys.frame[1:], 0), frame_count)
    spans = np.maximum(following - keys.frame, 0)
    if not include_outside:
        spans = np.where(keys.has(Flag.OUTSIDE), 0, spans)
    source = np.repeat(np.arange(len(keys)), spans)
    step = np.arange(len(source)) - np.repeat(np.cumsum(spans) - spans, spans)
    frame = keys.frame[source] + step
    kept = wanted[np.clip(frame, 0, max(frame_count - 1, 0))] & (frame < frame_count)
    source, step, frame = source[kept], step[kept], frame[kept]
    rows = keys.take(source)
    moving = same_track[source] & (step > 0)
    target = np.minimum(source + 1, len(keys) - 1)
    moving &= keys.type[target] == keys.type[source]
    offset = np.where(moving, step / np.maximum(_spans_between(keys, same_track)[source], 1), 0.0)
    points, offsets = _points(keys, rows, source, target, offset, moving)
    arc = (keys.rotation[target] - keys.rotation[source] + 180) % 360 - 180
    arc = np.where(arc == -180, 180, arc)
    turned = moving & np.isin(rows.type, _LINEAR)
    rotation = np.where(turned, (keys.rotation[source] + arc * offset) % 360, keys.rotation[source])
    flags = np.where(step > 0, rows.flags & ~np.uint8(Flag.KEYFRAME), rows.flags)
    return AnnotationTable(
        **{
            **vars(rows),
            "frame": frame.astype(np.int32),
            "flags": flags.astype(np.uint8),
            "rotation": rotation,
            "points": points,
            "offsets": offsets,
            "extras": {},
        }
    )


def _spans_between(keys: AnnotationTable, same_track: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return for each keyframe the frames to the next one of its track (0 for the last)."""
    return np.where(same_track, np.append(keys.frame[1:], 0) - keys.frame, 0)


def _points(
    keys: AnnotationTable,
    rows: AnnotationTable,
    source: NDArray[np.int64],
    target: NDArray[np.int64],
    offset: NDArray[np.float64],
    moving: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return coordinates and offsets of the expanded rows."""
    lengths = np.diff(keys.offsets)
    equal = lengths[source] == lengths[target]
    curves = moving & np.isin(rows.type, (POLYGON, POLYLINE))
    single = (rows.type == POINTS) & (lengths[source] == 2)
    linear = moving & equal & (np.isin(rows.type, _LINEAR) | single)
    size = keys.uniform_length
    if size and not curves.any():
        pairs = keys.points.reshape(-1, size)
        share = np.where(linear, offset, 0.0)[:, None]
        points = rows.points.reshape(-1, size)
        return (points + (pairs[target] - points) * share).ravel(), rows.offsets
    points = rows.points.copy()
    own = lengths[source]
    owner = np.repeat(np.arange(len(rows)), own)
    within = np.arange(len(points)) - np.repeat(rows.offsets[:-1], own)
    chosen = linear[owner]
    to = keys.points[keys.offsets[target[owner[chosen]]] + within[chosen]]
    points[chosen] += (to - points[chosen]) * offset[owner[chosen]]
    if not curves.any():
        return points, rows.offsets
    return _with_curves(keys, rows, points, np.flatnonzero(curves), source, offset)


def _with_curves(
    keys: AnnotationTable,
    rows: AnnotationTable,
    points: NDArray[np.float64],
    curves: NDArray[np.int64],
    source: NDArray[np.int64],
    offset: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Put interpolated polygons and polylines in place; matching is done once for each pair of keyframes."""
    parts: list[NDArray[np.float64]] = np.split(points, rows.offsets[1:-1])
    starts = np.flatnonzero(np.diff(source[curves], prepend=-1))
    for group in np.split(curves, starts[1:]):
        key = int(source[group[0]])
        found = interpolate_curve(
            keys.points_of(key), keys.points_of(key + 1), offset[group], closed=bool(keys.type[key] == POLYGON)
        )
        for row, curve in zip(group.tolist(), found, strict=True):
            parts[row] = curve
    lengths = np.array([len(part) for part in parts])
    return np.concatenate(parts), np.concatenate(([0], np.cumsum(lengths)))


def _without_lonely_skeletons(table: AnnotationTable) -> AnnotationTable:
    """Drop skeletons none of whose joints is visible, and joints whose skeleton is not there."""
    skeletons = table.type == SKELETON
    if not skeletons.any():
        return table
    visible = (table.parent >= 0) & ~table.has(Flag.OUTSIDE)
    with_joints = _pairs(table.parent[visible], table.frame[visible])
    kept = ~skeletons | np.isin(_pairs(table.track, table.frame), with_joints)
    parents = _pairs(table.track[skeletons & kept], table.frame[skeletons & kept])
    kept &= (table.parent < 0) | np.isin(_pairs(table.parent, table.frame), parents)
    return table.take(kept)


def _pairs(track: NDArray[np.int64], frame: NDArray[np.int32]) -> NDArray[np.int64]:
    return track * (1 << 31) + frame
