"""Numbers of objects in a table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.table import AnnotationTable

__all__ = ["dense", "numbered", "shifted"]


def dense(table: AnnotationTable, ids: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """Return ids, tracks and parents renumbered 1, 2, ... in the order of ``ids`` (sorted, unique)."""
    return {
        name: np.where(column >= 0, np.searchsorted(ids, column) + 1, -1)
        for name, column in (("id", table.id), ("track", table.track), ("parent", table.parent))
    }


def numbered(table: AnnotationTable) -> AnnotationTable:
    """Number the objects of user-made rows 1, 2, ...

    Every row without a track is an object of its own, rows of one track are one. Joints keep pointing at their skeleton.
    """
    is_track = table.is_track
    ids = np.empty(len(table), np.int64)
    tracks, track_number = np.unique(table.track[is_track], return_inverse=True)
    ids[is_track] = 1 + track_number
    ids[~is_track] = 1 + len(tracks) + np.arange(int((~is_track).sum()))
    new_of = {(bool(tracked), old): new for tracked, old, new in zip(is_track, table.id.tolist(), ids.tolist(), strict=True)}
    parent = [
        new_of.get((bool(tracked), old), -1) if old >= 0 else -1
        for tracked, old in zip(is_track, table.parent.tolist(), strict=True)
    ]
    return table.with_columns(id=ids, track=np.where(is_track, ids, -1), parent=np.array(parent, np.int64))


def shifted(table: AnnotationTable, first: int) -> AnnotationTable:
    """Move ids that start at 1 to start at ``first``."""
    by = first - 1
    return table.with_columns(
        id=table.id + by,
        track=np.where(table.track >= 0, table.track + by, -1),
        parent=np.where(table.parent >= 0, table.parent + by, -1),
    )
