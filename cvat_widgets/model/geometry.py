"""Geometry of shapes: bounding boxes, areas, overlap. Coordinates are pixels, x to the right, y down."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.kinds import ELLIPSE, MASK, POLYGON, RECTANGLE
from cvat_widgets.model.masks import mask_area
from cvat_widgets.model.table import AnnotationTable

__all__ = ["areas", "bounding_boxes", "box_iou", "ellipse_polygon", "polygon_area", "polygon_iou", "rectangle_corners"]


def rectangle_corners(points: NDArray[np.float64], rotation: float) -> NDArray[np.float64]:
    """Return the four corners of a rectangle turned about its centre, flat, clockwise from the top left one.

    Parameters
    ----------
    points
        ``[x0, y0, x1, y1]`` before the rotation.
    rotation
        Degrees, clockwise on screen.
    """
    x0, y0, x1, y1 = (float(value) for value in points)
    corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    centre = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
    turn = math.radians(rotation)
    cosine, sine = math.cos(turn), math.sin(turn)
    return ((corners - centre) @ np.array([[cosine, sine], [-sine, cosine]]) + centre).ravel()


def ellipse_polygon(points: NDArray[np.float64], rotation: float = 0.0, count: int = 64) -> NDArray[np.float64]:
    """Return an ellipse ``[cx, cy, rightX, topY]`` as a polygon of ``count`` points, flat."""
    cx, cy, right, top = (float(value) for value in points)
    angle = np.linspace(0, 2 * math.pi, count, endpoint=False)
    x, y = (right - cx) * np.cos(angle), (cy - top) * np.sin(angle)
    turn = math.radians(rotation)
    return np.column_stack((cx + x * math.cos(turn) - y * math.sin(turn), cy + x * math.sin(turn) + y * math.cos(turn))).ravel()


def bounding_boxes(table: AnnotationTable) -> NDArray[np.float64]:
    """Return ``[left, top, right, bottom]`` of every row, rotation included: float64 of shape (n, 4), NaN without points."""
    boxes = np.full((len(table), 4), np.nan)
    filled = np.flatnonzero((np.diff(table.offsets) >= 2) & (table.type != MASK) & (table.type != ELLIPSE))
    if len(filled):
        part = table if len(filled) == len(table) else table.take(filled)
        xs, ys = part.points[0::2], part.points[1::2]
        starts = part.offsets[:-1] // 2
        for column, (values, ufunc) in enumerate(((xs, np.minimum), (ys, np.minimum), (xs, np.maximum), (ys, np.maximum))):
            boxes[filled, column] = ufunc.reduceat(values, starts)
    ellipses = np.flatnonzero(table.type == ELLIPSE)
    if len(ellipses):
        cx, cy, right, top = (table.points[table.offsets[ellipses] + index] for index in range(4))
        rx, ry = np.abs(right - cx), np.abs(cy - top)
        turn = np.radians(table.rotation[ellipses])
        half_width = np.hypot(rx * np.cos(turn), ry * np.sin(turn))
        half_height = np.hypot(rx * np.sin(turn), ry * np.cos(turn))
        boxes[ellipses] = np.column_stack((cx - half_width, cy - half_height, cx + half_width, cy + half_height))
    turned = np.flatnonzero((table.type == RECTANGLE) & (table.rotation != 0))
    if len(turned):
        left, top, right, bottom = boxes[turned].T
        cx, cy, half_w, half_h = (left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2
        turn = np.radians(table.rotation[turned])
        cosine, sine = np.abs(np.cos(turn)), np.abs(np.sin(turn))
        width, height = half_w * cosine + half_h * sine, half_w * sine + half_h * cosine
        boxes[turned] = np.column_stack((cx - width, cy - height, cx + width, cy + height))
    masks = np.flatnonzero(table.type == MASK)
    if len(masks):
        ends = table.offsets[masks + 1]
        left, top, right, bottom = (table.points[ends - back] for back in (4, 3, 2, 1))
        boxes[masks] = np.column_stack((left, top, right + 1, bottom + 1))
    return boxes


def polygon_area(points: NDArray[np.float64]) -> float:
    """Return the area of a polygon (flat coordinates) by the shoelace rule."""
    x, y = points[0::2], points[1::2]
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


def areas(table: AnnotationTable) -> NDArray[np.float64]:
    """Return the area of every row in pixels: float64 of shape (n,); 0 for points, polylines, tags and skeletons."""
    result = np.zeros(len(table))
    boxes = table.type == RECTANGLE
    at = table.offsets[:-1][boxes]
    result[boxes] = np.abs((table.points[at + 2] - table.points[at]) * (table.points[at + 3] - table.points[at + 1]))
    ellipses = table.type == ELLIPSE
    at = table.offsets[:-1][ellipses]
    radii = (table.points[at + 2] - table.points[at]) * (table.points[at + 1] - table.points[at + 3])
    result[ellipses] = np.abs(radii) * math.pi
    for row in np.flatnonzero(table.type == MASK).tolist():
        result[row] = mask_area(table.points_of(row))
    polygons = (table.type == POLYGON) & (np.diff(table.offsets) > 0)
    if polygons.any():
        result[polygons] = _polygon_areas(table.take(polygons))
    return result


def _polygon_areas(table: AnnotationTable) -> NDArray[np.float64]:
    """Return the areas of rows that all are polygons, by the same rule as :func:`polygon_area`."""
    first, last = table.offsets[:-1] // 2, table.offsets[1:] // 2 - 1
    x, y = table.points[0::2], table.points[1::2]
    # From the first point of each, lest the products be large where the picture is and lose digits.
    x, y = (each - np.repeat(each[first], last - first + 1) for each in (x, y))
    crossed = np.zeros(len(x))
    crossed[:-1] = x[:-1] * y[1:] - x[1:] * y[:-1]
    # From a last point it does not go on to the next polygon, and back to the first it adds nothing: that one is 0, 0.
    crossed[last] = 0
    return np.abs(np.add.reduceat(crossed, first)) / 2


def box_iou(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the overlap of every box of ``a`` with every box of ``b``: float64 of shape (n, m)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    total = np.prod(a[:, 2:] - a[:, :2], axis=1)[:, None] + np.prod(b[:, 2:] - b[:, :2], axis=1)[None, :] - shared
    return np.divide(shared, total, out=np.zeros_like(shared), where=total > 0)


def polygon_iou(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return the overlap of two polygons (flat coordinates); 0 if one is not valid or has no area, as CVAT counts it."""
    from shapely.geometry import Polygon

    first, second = Polygon(a.reshape(-1, 2)), Polygon(b.reshape(-1, 2))
    if not (first.is_valid and second.is_valid and first.area and second.area):
        return 0.0
    shared = first.intersection(second).area
    return float(shared / (first.area + second.area - shared))
