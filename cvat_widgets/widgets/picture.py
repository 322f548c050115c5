"""A still picture of a frame with its shapes: what GitHub, nbviewer and a PDF show of a saved notebook."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.geometry import ellipse_polygon, rectangle_corners
from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.kinds import CUBOID, ELLIPSE, MASK, POINTS, POLYGON, POLYLINE, RECTANGLE, TAG
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.masks import decode_crop, mask_box
from cvat_widgets.model.table import AnnotationTable

__all__ = ["draw_frame", "png_of"]

_SUBPIXEL = 16


def draw_frame(
    picture: NDArray[np.uint8], table: AnnotationTable, labels: LabelSet, frame: int, frame_count: int, *, max_side: int = 720
) -> NDArray[np.uint8]:
    """Return a frame, made no larger than ``max_side``, with its shapes drawn in the colours of their labels.

    Parameters
    ----------
    picture
        (height, width, 3), uint8, RGB.
    table
        Annotations of the task.
    labels
        Labels of the task.
    frame, frame_count
        Which frame, of how many.
    """
    import cv2

    height, width = picture.shape[:2]
    scale = min(1.0, max_side / max(height, width))
    canvas = cv2.resize(picture, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    visible = interpolate_table(table, frame_count=frame_count, frames=[frame])
    overlay = canvas.copy()
    outlines = []
    for row in np.argsort(visible.z_order, kind="stable").tolist():
        if visible.type[row] == TAG:
            continue
        color = tuple(int(labels.by_id(int(visible.label[row])).color[at : at + 2], 16) for at in (1, 3, 5))
        points = visible.points_of(row)
        if visible.type[row] == MASK:
            _blend_mask(overlay, points, scale, color)
            continue
        outline = _outline(int(visible.type[row]), points, float(visible.rotation[row]))
        if outline is None:
            continue
        pixels = np.round(outline.reshape(-1, 1, 2) * scale * _SUBPIXEL).astype(np.int32)
        outlines.append((int(visible.type[row]), pixels, color))
        if visible.type[row] not in (POLYLINE, POINTS):
            cv2.fillPoly(overlay, [pixels], color, cv2.LINE_AA, int(math.log2(_SUBPIXEL)))
    canvas = cv2.addWeighted(overlay, 0.3, canvas, 0.7, 0)
    for type_code, pixels, color in outlines:
        if type_code == POINTS:
            for x, y in pixels[:, 0].tolist():
                cv2.circle(canvas, (x, y), 3 * _SUBPIXEL, color, -1, cv2.LINE_AA, int(math.log2(_SUBPIXEL)))
        else:
            cv2.polylines(canvas, [pixels], type_code != POLYLINE, color, 2, cv2.LINE_AA, int(math.log2(_SUBPIXEL)))
    return np.asarray(canvas, np.uint8)


def _outline(type_code: int, points: NDArray[np.float64], rotation: float) -> NDArray[np.float64] | None:
    if type_code == RECTANGLE:
        return rectangle_corners(points, rotation)
    if type_code == ELLIPSE:
        return ellipse_polygon(points, rotation)
    if type_code in (POLYGON, POLYLINE, POINTS):
        return points
    if type_code == CUBOID:
        import cv2

        return np.asarray(cv2.convexHull(points.reshape(-1, 2).astype(np.float32)), np.float64).ravel()
    return None


def _blend_mask(overlay: NDArray[Any], points: NDArray[np.float64], scale: float, color: tuple[int, ...]) -> None:
    import cv2

    left, top, right, bottom = mask_box(points)
    box = [round(value * scale) for value in (left, top, right + 1, bottom + 1)]
    size = (max(1, box[2] - box[0]), max(1, box[3] - box[1]))
    crop = cv2.resize(decode_crop(points).astype(np.uint8), size, interpolation=cv2.INTER_NEAREST).astype(bool)
    part = overlay[max(box[1], 0) : box[1] + size[1], max(box[0], 0) : box[0] + size[0]]
    crop = crop[max(-box[1], 0) :, max(-box[0], 0) :][: part.shape[0], : part.shape[1]]
    part[: crop.shape[0], : crop.shape[1]][crop] = color


def png_of(picture: NDArray[Any], *, limit: int = 200_000) -> bytes:
    """Return a picture as a PNG of at most ``limit`` bytes, made smaller until it fits."""
    import cv2

    while True:
        encoded = bytes(cv2.imencode(".png", picture[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])[1])
        if len(encoded) <= limit or max(picture.shape[:2]) < 64:
            return encoded
        shrink = max(0.5, math.sqrt(limit / len(encoded)) * 0.95)
        height, width = picture.shape[:2]
        picture = cv2.resize(picture, (max(1, int(width * shrink)), max(1, int(height * shrink))), interpolation=cv2.INTER_AREA)
