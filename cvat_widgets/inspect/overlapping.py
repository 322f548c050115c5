"""Objects drawn twice, and objects of one label that lie on each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.inspect.pairs import box_pairs
from cvat_widgets.inspect.rows import Rows, Target, findings, rows_of
from cvat_widgets.model.kinds import POINTS, POLYLINE, SKELETON

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["near_duplicate_objects", "overlaps"]


def near_duplicate_objects(target: Target, *, iou: float = 0.85, same_label: bool = True) -> pd.DataFrame:
    """Find objects that were drawn twice: two boxes on nearly the same place of a frame.

    Parameters
    ----------
    target
        A task, a job or a DataFrame of rows; tracks of tasks are compared on every frame.
    iou
        Least intersection over union of the boxes.
    same_label
        Whether only objects of the same label are compared.

    Returns
    -------
    pandas.DataFrame
        ``id, frame, label, score, reason, other_id``: the later of the two objects, once a pair, on the frame where they
        agree best. The score is the intersection over union, less for tracks that meet on few of their frames.
    """
    rows = rows_of(target).interpolated
    a, b, shared, _ = _same_kind_pairs(rows, same_label=same_label)
    alike = shared >= iou
    a, b, shared = a[alike], b[alike], shared[alike]
    ids = rows.shapes.id
    first, second = np.where(ids[a] < ids[b], a, b), np.where(ids[a] < ids[b], b, a)
    return _pairs_found(rows, first, second, shared, "drawn twice: its box is that of object {other} to {share:.0%}")


def overlaps(target: Target, *, share: float = 0.6, below: float = 0.85) -> pd.DataFrame:
    """Find objects of one label that cover each other more than two things in the world usually do.

    Parameters
    ----------
    target
        A task, a job or a DataFrame of rows; tracks of tasks are compared on every frame.
    share
        Least part of the smaller box that lies in the other one.
    below
        Intersection over union from which on it is a duplicate, see :func:`near_duplicate_objects`.

    Returns
    -------
    pandas.DataFrame
        ``id, frame, label, score, reason, other_id``: the smaller of the two, once a pair, where they overlap most.
    """
    rows = rows_of(target).interpolated
    a, b, union, part = _same_kind_pairs(rows, same_label=True)
    kept = (part >= share) & (union < below)
    a, b, part = a[kept], b[kept], part[kept]
    size = rows.widths_heights.prod(axis=1)
    # Of two of one size the later one is named.
    alike = np.abs(size[a] - size[b]) <= 0.01 * size[a]
    ids = rows.shapes.id
    name_b = np.where(alike, ids[a] < ids[b], size[a] > size[b])
    smaller, larger = np.where(name_b, b, a), np.where(name_b, a, b)
    return _pairs_found(rows, larger, smaller, part, "{share:.0%} of it lies in object {other} of the same label")


def _same_kind_pairs(
    rows: Rows, *, same_label: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    table = rows.shapes
    boxes = rows.boxes
    flat = np.isin(table.type, (POINTS, POLYLINE, SKELETON))
    if flat.any():
        boxes = np.where(flat[:, None], np.nan, boxes)
    key = table.frame.astype(np.int64)
    if same_label:
        key = key * max(len(rows.names), 1) + table.label
    a, b, union, part = box_pairs(key, boxes)
    different = table.id[a] != table.id[b]
    return (a, b, union, part) if different.all() else (a[different], b[different], union[different], part[different])


def _pairs_found(rows: Rows, a: Any, b: Any, share: NDArray[np.float64], text: str) -> pd.DataFrame:
    """Return one finding a pair of objects, on the frame where it is worst; ``b`` is the one that is named."""
    table = rows.shapes
    worst_first = np.argsort(-share, kind="stable")
    pair = table.id[a] * (int(table.id.max(initial=0)) + 1) + table.id[b]
    _, first, times = np.unique(pair[worst_first], return_index=True, return_counts=True)
    at = worst_first[first]
    a, b, share = a[at], b[at], share[at]
    ids, total = np.unique(table.id, return_counts=True)
    lasting = np.minimum(total[np.searchsorted(ids, table.id[b])], total[np.searchsorted(ids, table.id[a])])
    others = table.id[a]
    reasons = [
        text.format(other=other, share=part) + (f", on {often} frames" if often > 1 else "")
        for other, part, often in zip(others.tolist(), share.tolist(), times.tolist(), strict=True)
    ]
    score = share * (0.5 + 0.5 * times / np.maximum(lasting, 1))
    return findings(table.id[b], table.frame[b], rows.name_of(b), score, reasons, other_id=others)
