"""How alike rectangles and ellipses are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.quality.pairs import Edges, overlapping_pairs
from cvat_widgets.quality.rasters import pixel_overlap
from cvat_widgets.quality.scene import Scene, Side

__all__ = ["ellipse_edges", "rectangle_edges"]


def rectangle_edges(gt: Side, ds: Side, rows_a: NDArray[np.int64], rows_b: NDArray[np.int64], scene: Scene) -> Edges:
    """Return pairs (positions in ``rows_a`` and ``rows_b``) with their intersection over union.

    Notes
    -----
    Source: CVAT's ``match_boxes``. Rectangles of one rotation are compared as if they were upright, others by the pixels of
    their turned outlines.
    """
    if not len(rows_a) or not len(rows_b):
        return Edges.join([])
    plain_a, plain_b = gt.plain_boxes[rows_a], ds.plain_boxes[rows_b]
    area_a, area_b = (np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (plain_a, plain_b))
    turn_a, turn_b = gt.table.rotation[rows_a], ds.table.rotation[rows_b]
    turned = bool(turn_a.any() or turn_b.any())
    parts = []
    frames = gt.table.frame[rows_a], ds.table.frame[rows_b]
    for a, b in overlapping_pairs(frames[0], plain_a, frames[1], plain_b):
        if turned:
            same = turn_a[a] == turn_b[b]
            a, b = a[same], b[same]
        first, second = plain_a[a], plain_b[b]
        width = np.minimum(first[:, 2], second[:, 2]) - np.maximum(first[:, 0], second[:, 0])
        height = np.minimum(first[:, 3], second[:, 3]) - np.maximum(first[:, 1], second[:, 1])
        shared = np.maximum(width, 0) * np.maximum(height, 0)
        total = area_a[a] + area_b[b] - shared
        parts.append(Edges.of(a, b, np.divide(shared, total, out=np.zeros_like(shared), where=total > 0)))
    if turned:
        for a, b in overlapping_pairs(frames[0], gt.boxes[rows_a], frames[1], ds.boxes[rows_b]):
            other = turn_a[a] != turn_b[b]
            parts.append(_by_pixels(gt, ds, (rows_a, rows_b), (a[other], b[other]), scene))
    return Edges.join(parts)


def ellipse_edges(gt: Side, ds: Side, rows_a: NDArray[np.int64], rows_b: NDArray[np.int64], scene: Scene) -> Edges:
    """Return pairs (positions in ``rows_a`` and ``rows_b``) with the overlap of their pixels."""
    boxes = gt.boxes[rows_a], ds.boxes[rows_b]
    blocks = overlapping_pairs(gt.table.frame[rows_a], boxes[0], ds.table.frame[rows_b], boxes[1])
    return Edges.join([_by_pixels(gt, ds, (rows_a, rows_b), pair, scene) for pair in blocks])


def _by_pixels(
    gt: Side,
    ds: Side,
    rows: tuple[NDArray[np.int64], NDArray[np.int64]],
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
    scene: Scene,
) -> Edges:
    found = pixel_overlap(gt, ds, (rows[0][pairs[0]], rows[1][pairs[1]]), scene)
    return Edges(np.searchsorted(rows[0], found.a), np.searchsorted(rows[1], found.b), found.similarity)
