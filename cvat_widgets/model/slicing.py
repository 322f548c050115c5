"""The part of a table that belongs to one job, as CVAT cuts it when a task is written.

Source: ``AnnotationIR.slice`` of CVAT's ``dataset_manager/annotation.py``. Shapes and tags go to every job that has their
frame. A track goes to a job
if it is visible on any of its frames; it gets an interpolated keyframe at the job's first frame and, if it goes on, at its
last; an outside
keyframe that ends it is kept, leading ones are dropped.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.kinds import Flag
from cvat_widgets.model.table import AnnotationTable

__all__ = ["slice_for_job", "without_repeats"]


def slice_for_job(table: AnnotationTable, start: int, stop: int) -> AnnotationTable:
    """Return the rows of frames ``start`` to ``stop`` (inclusive); ids are kept."""
    inside = (table.frame >= start) & (table.frame <= stop)
    plain = table.take(~table.is_track & inside)
    tracks = table.take(table.is_track)
    if not len(tracks):
        return plain
    states = interpolate_table(tracks, frame_count=stop + 1, frames=np.arange(start, stop + 1), include_outside=True)
    visible = np.unique(states.track[~states.has(Flag.OUTSIDE)])
    states = states.take(np.isin(states.track, visible))
    goes_on = _goes_on(tracks, stop)
    edge = (states.frame == start) | ((states.frame == stop) & np.isin(states.track, goes_on))
    keys = states.has(Flag.KEYFRAME)
    chosen = states.take(keys | edge)
    chosen = chosen.with_columns(flags=chosen.flags | int(Flag.KEYFRAME))
    return AnnotationTable.concat([plain, without_repeats(chosen.take(~_leading_outside(chosen)))])


def _goes_on(tracks: AnnotationTable, stop: int) -> NDArray[np.int64]:
    """Return the tracks that have a keyframe after ``stop``."""
    return np.unique(tracks.track[tracks.frame > stop])


def _leading_outside(rows: AnnotationTable) -> NDArray[np.bool_]:
    """Return which rows come before the first visible keyframe of their track."""
    visible = ~rows.has(Flag.OUTSIDE)
    first: dict[int, int] = {}
    for track, frame in zip(rows.track[visible].tolist(), rows.frame[visible].tolist(), strict=True):
        first[track] = min(frame, first.get(track, frame))
    return np.array(
        [
            # Joints may be outside all the time: their skeleton decides, so that nothing of them is dropped.
            parent < 0 and frame < first.get(track, frame)
            for track, frame, parent in zip(rows.track.tolist(), rows.frame.tolist(), rows.parent.tolist(), strict=True)
        ],
        bool,
    )


def without_repeats(rows: AnnotationTable) -> AnnotationTable:
    """Leave out attribute values that a keyframe only inherited: they stand where they change."""
    order = np.lexsort((rows.frame, rows.track))
    rows = rows.take(order)
    dicts = rows.attributes.to_dicts(len(rows))
    kept: list[dict[int, str]] = []
    for row, values in enumerate(dicts):
        same = row > 0 and rows.track[row] == rows.track[row - 1]
        before = dicts[row - 1] if same else {}
        kept.append({spec: value for spec, value in values.items() if before.get(spec) != value})
    return AnnotationTable(**{**vars(rows), "attributes": type(rows.attributes).from_dicts(kept)})
