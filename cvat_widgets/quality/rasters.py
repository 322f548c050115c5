"""Shapes as run-length masks on a canvas, and their overlap in pixels.

Source: pycocotools, by which CVAT compares everything that is not an upright box.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.geometry import ellipse_polygon, rectangle_corners
from cvat_widgets.model.kinds import ELLIPSE, MASK, RECTANGLE
from cvat_widgets.model.masks import to_coco_counts
from cvat_widgets.quality.pairs import Edges
from cvat_widgets.quality.scene import Scene, Side

__all__ = ["Canvas", "Rle", "canvas_of", "encode", "mask_areas", "mask_iou", "merged", "outline", "pixel_overlap"]

_ELLIPSE_POINTS = 720  # as many as datumaro draws an ellipse with

Rle = dict[str, Any]


class Canvas(NamedTuple):
    """The part of the plane that is rasterised."""

    left: int
    top: int
    width: int
    height: int


def canvas_of(scene: Scene, frame: int, boxes: NDArray[np.float64]) -> Canvas:
    """Return the image of a frame, or all that the boxes span where its size is not known."""
    size = scene.size_of(frame)
    if size is not None:
        return Canvas(0, 0, *size)
    left, top = (math.floor(value) - 1 for value in boxes[:, :2].min(axis=0))
    right, bottom = (math.ceil(value) + 2 for value in boxes[:, 2:].max(axis=0))
    return Canvas(left, top, right - left, bottom - top)


def outline(side: Side, row: int) -> NDArray[np.float64]:
    """Return the polygon (flat) of a rectangle, ellipse or polygon, rotation included."""
    table = side.table
    points, rotation = table.points_of(row), float(table.rotation[row])
    if table.type[row] == RECTANGLE:
        return rectangle_corners(points, rotation)
    if table.type[row] == ELLIPSE:
        return ellipse_polygon(points, rotation, _ELLIPSE_POINTS)
    return points


def encode(side: Side, rows: Sequence[int], canvas: Canvas) -> list[Rle]:
    """Rasterise rows on a canvas, one mask each."""
    from pycocotools import mask as coco

    found: list[Rle] = [{}] * len(rows)
    polygons: list[NDArray[np.float64]] = []
    places: list[int] = []
    shift = np.array([canvas.left, canvas.top], np.float64)
    for place, row in enumerate(rows):
        if side.table.type[row] == MASK:
            points = side.table.points_of(row).copy()
            points[-4:] -= np.tile(shift, 2)
            counts = to_coco_counts(points, canvas.width, canvas.height)
            runs = {"size": [canvas.height, canvas.width], "counts": counts}
            found[place] = coco.frPyObjects(runs, canvas.height, canvas.width)
        else:
            places.append(place)
            polygons.append((outline(side, row).reshape(-1, 2) - shift).ravel())
    if polygons:
        for place, rle in zip(places, coco.frPyObjects(polygons, canvas.height, canvas.width), strict=True):
            found[place] = rle
    return found


def mask_iou(a: list[Rle], b: list[Rle]) -> NDArray[np.float64]:
    """Return the overlap of every mask of ``a`` with every mask of ``b``: float64 of shape (n, m)."""
    from pycocotools import mask as coco

    if not a or not b:
        return np.zeros((len(a), len(b)))
    # The first argument is what was detected, the second what is true; nothing here is a crowd.
    return np.asarray(coco.iou(b, a, [0] * len(a)), np.float64).T


def mask_areas(masks: list[Rle]) -> NDArray[np.float64]:
    """Return the number of pixels of each mask."""
    from pycocotools import mask as coco

    return np.asarray(coco.area(masks), np.float64) if masks else np.zeros(0)


def merged(masks: list[Rle], *, intersect: bool = False) -> Rle:
    """Return the union of masks, or what they share."""
    from pycocotools import mask as coco

    united: Rle = coco.merge(masks, intersect=intersect) if len(masks) > 1 else masks[0]
    return united


def pixel_overlap(gt: Side, ds: Side, pairs: tuple[NDArray[np.int64], NDArray[np.int64]], scene: Scene) -> Edges:
    """Return the overlap in pixels of given pairs of rows; the first rows are sorted by frame."""
    parts = []
    frames = gt.table.frame[pairs[0]]
    order = np.argsort(frames, kind="stable")
    cuts = np.flatnonzero(np.diff(frames[order])) + 1
    for group in np.split(order, cuts):
        if not len(group):
            continue
        a, b = pairs[0][group], pairs[1][group]
        rows_a, at_a = np.unique(a, return_inverse=True)
        rows_b, at_b = np.unique(b, return_inverse=True)
        boxes = np.concatenate((gt.boxes[rows_a], ds.boxes[rows_b]))
        canvas = canvas_of(scene, int(gt.table.frame[a[0]]), boxes)
        found = mask_iou(encode(gt, rows_a.tolist(), canvas), encode(ds, rows_b.tolist(), canvas))
        parts.append(Edges.of(a, b, found[at_a, at_b]))
    return Edges.join(parts)
