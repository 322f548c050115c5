"""Clusters of objects that several replicas agree on, and the member that stands for one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.geometry import box_iou
from cvat_widgets.model.kinds import POINTS, POLYLINE, RECTANGLE, SKELETON
from cvat_widgets.quality.rasters import canvas_of, encode, mask_iou
from cvat_widgets.quality.scene import Scene, Side

__all__ = ["Similarities", "clusters_of", "representative"]


class Similarities:
    """How alike objects of different replicas are, looked up by their rows; 0 for what was never added.

    Parameters
    ----------
    owner
        Replica of each row; a lower row belongs to the same or an earlier replica.
    """

    def __init__(self, owner: NDArray[np.int64]) -> None:
        self._count = len(owner)
        self._keys: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
        self._values: list[NDArray[np.float64]] = [np.empty(0)]
        self._sorted = (self._keys[0], self._values[0])

    def add(self, a: NDArray[np.int64], b: NDArray[np.int64], similarity: NDArray[np.float64]) -> None:
        """Add pairs, ``a`` of an earlier replica than ``b``."""
        self._keys.append(a * self._count + b)
        self._values.append(similarity)

    def freeze(self) -> None:
        """Make what was added ready to be looked up."""
        keys, values = np.concatenate(self._keys), np.concatenate(self._values)
        order = np.argsort(keys)
        self._sorted = keys[order], values[order]

    def of(self, a: int, b: int) -> float:
        """Return how alike two objects are, in either order."""
        if a == b:
            return 1.0
        keys, values = self._sorted
        key = min(a, b) * self._count + max(a, b)
        at = int(np.searchsorted(keys, key))
        return float(values[at]) if at < len(keys) and keys[at] == key else 0.0


def clusters_of(
    partners: dict[int, list[int]], similarities: Similarities, owner: NDArray[np.int64], threshold: float
) -> list[list[int]]:
    """Put matched objects together.

    Parameters
    ----------
    partners
        For every object its partners in later replicas.
    similarities
        How alike objects are.
    owner
        Replica of each object.
    threshold
        An object joins a cluster only if it is at least this much like all its members.

    Returns
    -------
    list of lists of int
        Every object is in one cluster, which has at most one object a replica; members in order of their replicas.
    """
    clusters = []
    seen: set[int] = set()
    for start in partners:
        if start in seen:
            continue
        cluster: list[int] = []
        waiting = [start]
        while waiting:
            current = waiting.pop(0)
            if current in seen or not _fits(current, cluster, similarities, owner, threshold):
                continue
            seen.add(current)
            cluster.append(current)
            waiting += partners[current]
        clusters.append(sorted(cluster))
    return clusters


def _fits(row: int, cluster: list[int], similarities: Similarities, owner: NDArray[np.int64], threshold: float) -> bool:
    return all(owner[row] != owner[other] and similarities.of(row, other) >= threshold for other in cluster)


def representative(
    kind: int, sides: list[Side], rows: list[int], names: list[int], similarities: Similarities, scene: Scene
) -> int:
    """Return the position of the member that stands for a cluster.

    Parameters
    ----------
    kind
        Shape type.
    sides, rows
        Where each member is.
    names
        The members as ``similarities`` knows them.
    scene
        Sizes of the frames.

    Notes
    -----
    Source: CVAT: the member with the greatest overlap with the mean box of all; for skeletons the one with the least mean
    distance to all. Among equals it is the one whose centre is nearest to the mean box's.
    """
    if kind == SKELETON:
        distance = [sum(1 - similarities.of(name, other) for other in names) for name in names]
        return int(np.argmin(distance))
    boxes = np.array([side.plain_boxes[row] for side, row in zip(sides, rows, strict=True)])
    mean = boxes.mean(axis=0)
    upright = kind in (POINTS, POLYLINE) or (
        kind == RECTANGLE and not any(side.table.rotation[row] for side, row in zip(sides, rows, strict=True))
    )
    overlap = box_iou(boxes, mean[None])[:, 0] if upright else _overlap_in_pixels(sides, rows, mean, scene)
    centre = np.hypot(*((boxes[:, :2] + boxes[:, 2:] - mean[:2] - mean[2:]) / 2).T)
    return int(np.lexsort((centre, -overlap))[0])


def _overlap_in_pixels(sides: list[Side], rows: list[int], mean: NDArray[np.float64], scene: Scene) -> NDArray[np.float64]:
    from pycocotools import mask as coco

    frame = int(sides[0].table.frame[rows[0]])
    spanned = np.concatenate(([mean], [side.boxes[row] for side, row in zip(sides, rows, strict=True)]))
    canvas = canvas_of(scene, frame, spanned)
    masks = [encode(side, [row], canvas)[0] for side, row in zip(sides, rows, strict=True)]
    left, top, right, bottom = (mean - np.tile([canvas.left, canvas.top], 2)).tolist()
    corners = [[left, top, right, top, right, bottom, left, bottom]]
    return mask_iou(masks, coco.frPyObjects(corners, canvas.height, canvas.width))[:, 0]
