"""Greedy non-maximum suppression and the conversions around it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.geometry import box_iou

__all__ = ["corners_of", "nms"]


def corners_of(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (centre x, centre y, width, height), shape (n, 4), as (left, top, right, bottom)."""
    half = boxes[:, 2:4] / 2
    return np.concatenate((boxes[:, :2] - half, boxes[:, :2] + half), axis=1)


def nms(
    boxes: NDArray[np.float64],
    scores: NDArray[np.float64],
    iou: float,
    classes: NDArray[np.int64] | None = None,
    limit: int = 3000,
) -> NDArray[np.int64]:
    """Keep the best of overlapping boxes.

    Parameters
    ----------
    boxes
        float64 of shape (n, 4): left, top, right, bottom.
    scores
        float64 of shape (n,).
    iou
        A box goes if it overlaps a better one of its class by more than this.
    classes
        int64 of shape (n,); ``None``: all the same.
    limit
        At most this many boxes, the best, are looked at.

    Returns
    -------
    ndarray
        int64: rows that stay, by falling score; equal scores in their order.
    """
    order = np.argsort(-scores, kind="stable")[:limit]
    alive = np.ones(len(order), bool)
    kept: list[int] = []
    ordered = boxes[order]
    kinds = np.zeros(len(order), np.int64) if classes is None else classes[order]
    for place in range(len(order)):
        if not alive[place]:
            continue
        kept.append(int(order[place]))
        rest = place + 1 + np.flatnonzero(alive[place + 1 :] & (kinds[place + 1 :] == kinds[place]))
        if len(rest):
            alive[rest[box_iou(ordered[place : place + 1], ordered[rest])[0] > iou]] = False
    return np.array(kept, np.int64)
