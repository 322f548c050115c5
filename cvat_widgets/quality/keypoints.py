"""How alike points and skeletons are: object keypoint similarity (https://cocodataset.org/#keypoints-eval).

A pair of points at distance d counts ``exp(-d² / (2 s (2 σ)²))``, where s is the area of the object and σ the tolerance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.kinds import Flag
from cvat_widgets.quality.pairs import Edges, all_pairs, overlapping_pairs
from cvat_widgets.quality.scene import Scene, Side
from cvat_widgets.quality.settings import QualitySettings

__all__ = ["point_edges", "skeleton_edges"]

Rows = NDArray[np.int64]


def _closeness(squared: NDArray[np.float64], scale: NDArray[np.float64] | float, sigma: float) -> NDArray[np.float64]:
    return np.asarray(np.exp(-squared / (2 * np.asarray(scale) * (2 * sigma) ** 2)))


def _mean_area(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the area of the mean of two boxes, for every pair of boxes."""
    mean = (a + b) / 2
    return (mean[:, 2] - mean[:, 0]) * (mean[:, 3] - mean[:, 1])


def _overlapping(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.bool_]:
    low, high = np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])
    return np.all(high > low, axis=1)


def _flat(boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return np.equal(area, 0)


def point_edges(gt: Side, ds: Side, rows_a: Rows, rows_b: Rows, scene: Scene, settings: QualitySettings) -> Edges:
    """Return pairs (positions in ``rows_a`` and ``rows_b``) of point sets with their similarity.

    Notes
    -----
    Source: CVAT's ``match_points``. Points without a box (one point, in no group with other shapes) are compared point by
    point against the area of the image. All others are first matched point to point; what is left over on either side lowers
    the mean. Their scale is the area of the mean box of the two groups, which must overlap, or that of the image.
    """
    if not len(rows_a) or not len(rows_b):
        return Edges.join([])
    box_a, box_b = gt.instance_boxes[rows_a], ds.instance_boxes[rows_b]
    flat_a, flat_b = _flat(box_a), _flat(box_b)
    frame_a, frame_b = gt.table.frame[rows_a], ds.table.frame[rows_b]
    parts = []
    if flat_a.any() and flat_b.any():
        mine, theirs = np.flatnonzero(flat_a), np.flatnonzero(flat_b)
        for a, b in all_pairs(frame_a[mine], frame_b[theirs]):
            parts.append(_ordered(gt, ds, (rows_a, rows_b), (mine[a], theirs[b]), scene, settings.oks_sigma))
    if flat_a.all() and flat_b.all():
        return Edges.join(parts)
    by_box = settings.point_size_base == "group_bbox_size"
    blocks = overlapping_pairs(frame_a, box_a, frame_b, box_b) if by_box else all_pairs(frame_a, frame_b)
    for a, b in blocks:
        kept = ~(flat_a[a] & flat_b[b])
        if by_box:
            kept &= _overlapping(box_a[a], box_b[b])
        a, b = a[kept], b[kept]
        scale = _mean_area(box_a[a], box_b[b]) if by_box else scene.area(frame_a[a])
        similarity = np.zeros(len(a))
        for index, (row_a, row_b) in enumerate(zip(rows_a[a].tolist(), rows_b[b].tolist(), strict=True)):
            points = gt.table.points_of(row_a).reshape(-1, 2), ds.table.points_of(row_b).reshape(-1, 2)
            similarity[index] = _unordered(points[0], points[1], float(scale[index]), settings)
        parts.append(Edges.of(a, b, similarity))
    return Edges.join(parts)


def _ordered(gt: Side, ds: Side, rows: tuple[Rows, Rows], pairs: tuple[Rows, Rows], scene: Scene, sigma: float) -> Edges:
    """Compare sets of as many points each, point by point in their order."""
    a, b = pairs
    length_a, length_b = np.diff(gt.table.offsets)[rows[0]], np.diff(ds.table.offsets)[rows[1]]
    same = length_a[a] == length_b[b]
    a, b = a[same], b[same]
    similarity = np.zeros(len(a))
    for length in np.unique(length_a[a]).tolist():
        at = np.flatnonzero(length_a[a] == length)
        index = np.arange(length)
        mine = gt.table.points[gt.table.offsets[rows[0][a[at]]][:, None] + index].reshape(len(at), -1, 2)
        theirs = ds.table.points[ds.table.offsets[rows[1][b[at]]][:, None] + index].reshape(len(at), -1, 2)
        area = scene.area(gt.table.frame[rows[0][a[at]]])[:, None]
        similarity[at] = _closeness(((mine - theirs) ** 2).sum(axis=2), area, sigma).mean(axis=1)
    return Edges.of(a, b, similarity)


def _unordered(a: NDArray[np.float64], b: NDArray[np.float64], scale: float, settings: QualitySettings) -> float:
    """Compare two sets of points after matching their points."""
    from scipy.optimize import linear_sum_assignment

    close = _closeness(((a[:, None] - b[None]) ** 2).sum(axis=2), scale, settings.oks_sigma)
    close[1 - close > 1 - settings.iou_threshold] = 0
    rows, columns = linear_sum_assignment(close, maximize=True)
    matched = close[rows, columns]
    matched = matched[matched > 0]
    return float(matched.sum() / (len(a) + len(b) - len(matched)))


def skeleton_edges(gt: Side, ds: Side, rows_a: Rows, rows_b: Rows, settings: QualitySettings) -> Edges:
    """Return pairs (positions in ``rows_a`` and ``rows_b``) of skeletons with their keypoint similarity.

    Notes
    -----
    Source: CVAT's ``match_skeletons``. Joints are compared by sublabel; only joints that are visible (neither occluded nor
    outside) on both sides count for, those visible on at least one are what they are divided by. The groups' boxes must
    overlap.
    """
    if not len(rows_a) or not len(rows_b):
        return Edges.join([])
    sublabels = _sublabels(gt, ds)
    points_a, seen_a, count_a = _joints(gt, rows_a, sublabels)
    points_b, seen_b, count_b = _joints(ds, rows_b, sublabels)
    box_a, box_b = gt.instance_boxes[rows_a], ds.instance_boxes[rows_b]
    parts = []
    for a, b in overlapping_pairs(gt.table.frame[rows_a], box_a, ds.table.frame[rows_b], box_b):
        kept = _overlapping(box_a[a], box_b[b]) & (count_a[a] == count_b[b])
        a, b = a[kept], b[kept]
        scale = _mean_area(box_a[a], box_b[b])[:, None]
        close = _closeness(((points_a[a] - points_b[b]) ** 2).sum(axis=2), scale, settings.oks_sigma)
        total = (seen_a[a] | seen_b[b]).sum(axis=1)
        shared = (close * (seen_a[a] & seen_b[b])).sum(axis=1)
        parts.append(Edges.of(a, b, np.divide(shared, total, out=np.zeros_like(shared), where=total > 0)))
    return Edges.join(parts)


def _sublabels(*sides: Side) -> dict[int, NDArray[np.int32]]:
    """Return for each skeleton label its sublabels in ascending order, as they occur in the data."""
    pairs = [np.empty((0, 2), np.int32)]
    for side in sides:
        joints = np.flatnonzero(side.skeleton_of >= 0)
        pairs.append(np.column_stack((side.table.label[side.skeleton_of[joints]], side.table.label[joints])))
    known = np.unique(np.concatenate(pairs), axis=0)
    return {int(label): known[known[:, 0] == label, 1] for label in np.unique(known[:, 0])}


def _joints(
    side: Side, rows: Rows, sublabels: dict[int, NDArray[np.int32]]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64]]:
    """Return positions (n, k, 2) of the joints of skeletons, whether each is visible (n, k), and how many there are (n,)."""
    table = side.table
    width = max((len(each) for each in sublabels.values()), default=0)
    points, seen = np.zeros((len(rows), width, 2)), np.zeros((len(rows), width), bool)
    counts = np.array([len(sublabels.get(label, ())) for label in table.label[rows].tolist()], np.int64)
    at = np.full(len(table), -1, np.int64)
    at[rows] = np.arange(len(rows))
    joints = np.flatnonzero(side.skeleton_of >= 0)
    joints = joints[(at[side.skeleton_of[joints]] >= 0) & (np.diff(table.offsets)[joints] >= 2)]
    for label, names in sublabels.items():
        mine = joints[table.label[side.skeleton_of[joints]] == label]
        skeleton, column = at[side.skeleton_of[mine]], np.searchsorted(names, table.label[mine])
        start = table.offsets[mine]
        points[skeleton, column] = np.column_stack((table.points[start], table.points[start + 1]))
        seen[skeleton, column] = (table.flags[mine] & int(Flag.OUTSIDE | Flag.OCCLUDED)) == 0
    return points, seen, counts
