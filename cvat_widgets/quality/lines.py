"""How alike polylines are, drawn either way or the same way round."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.quality.pairs import Edges, overlapping_pairs
from cvat_widgets.quality.scene import Scene, Side

__all__ = ["line_edges", "line_similarity", "resampled"]


def line_edges(
    gt: Side, ds: Side, rows_a: NDArray[np.int64], rows_b: NDArray[np.int64], scene: Scene, thickness: float
) -> Edges:
    """Return pairs (positions in ``rows_a`` and ``rows_b``) of polylines with their similarity, drawn either way round.

    Notes
    -----
    Source: CVAT's ``LineMatcher``. Lines whose boxes are too far apart (centres farther than the root of both squared half
    diagonals plus the square of six times the thickness) are not alike at all.
    """
    if not len(rows_a) or not len(rows_b):
        return Edges.join([])
    box_a, box_b = gt.boxes[rows_a], ds.boxes[rows_b]
    frame_a, frame_b = gt.table.frame[rows_a], ds.table.frame[rows_b]
    area = scene.area(frame_a)
    reach_a, reach_b = (((box[:, 2:] - box[:, :2]) ** 2).sum(axis=1) / 4 for box in (box_a, box_b))
    fuzz = area * (6 * thickness) ** 2
    # Boxes grown by the greatest distance of centres that can still be alike: sqrt(a² + b² + c²) <= a + b + c.
    grown_a, grown_b = _grown(box_a, np.sqrt(reach_a) + np.sqrt(fuzz)), _grown(box_b, np.sqrt(reach_b))
    parts = []
    for a, b in overlapping_pairs(frame_a, grown_a, frame_b, grown_b):
        apart = (((box_a[a, :2] + box_a[a, 2:]) - (box_b[b, :2] + box_b[b, 2:])) ** 2).sum(axis=1) / 4
        near = apart <= reach_a[a] + reach_b[b] + fuzz[a]
        a, b = a[near], b[near]
        similarity = np.array(
            [
                max(line_similarity(gt.table.points_of(row), ds.table.points_of(other), scale, thickness))
                for row, other, scale in zip(rows_a[a].tolist(), rows_b[b].tolist(), area[a].tolist(), strict=True)
            ],
            np.float64,
        )
        parts.append(Edges.of(a, b, similarity))
    return Edges.join(parts)


def _grown(boxes: NDArray[np.float64], by: NDArray[np.float64]) -> NDArray[np.float64]:
    return boxes + np.column_stack((-by, -by, by, by))


def line_similarity(a: NDArray[np.float64], b: NDArray[np.float64], area: float, thickness: float) -> tuple[float, float]:
    """Return how alike two polylines (flat) are: drawn the same way round, and with the second one reversed.

    Parameters
    ----------
    area
        Area of the image in pixels.
    thickness
        Tolerance as a share of the square root of the area.

    Notes
    -----
    Source: CVAT's ``LineMatcher``: the mean of ``exp(-d² / (2 area (2 thickness)²))`` over the points of both lines after
    resampling.
    """
    first, second = resampled(a.reshape(-1, 2), b.reshape(-1, 2))
    width = 2 * area * (2 * thickness) ** 2
    same = np.exp(-((first - second) ** 2).sum(axis=1) / width).mean()
    reverse = np.exp(-((first - second[::-1]) ** 2).sum(axis=1) / width).mean()
    return float(same), float(reverse)


def resampled(a: NDArray[np.float64], b: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give two curves as many points, at the same shares of their lengths.

    Every point of either curve stays and gets a partner on the other one; the two ends are one pair.

    Returns
    -------
    ndarray, ndarray
        float64 of shape (len(a) + len(b) - 2, 2) each.
    """
    share_a, share_b = _shares(a), _shares(b)
    shares = np.sort(np.concatenate((share_a, share_b[1:])))[:-1]
    return _along(a, share_a, shares), _along(b, share_b, shares)


def _shares(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    steps = np.sqrt(((curve[1:] - curve[:-1]) ** 2).sum(axis=1))
    lengths = np.concatenate(([0.0], np.cumsum(steps)))
    return lengths / lengths[-1] if lengths[-1] > 0 else np.linspace(0, 1, len(curve))


def _along(curve: NDArray[np.float64], own: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack((np.interp(shares, own, curve[:, 0]), np.interp(shares, own, curve[:, 1])))
