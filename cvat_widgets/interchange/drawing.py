"""Shapes drawn on a picture, to look at in a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw

from cvat_widgets.model.geometry import bounding_boxes, ellipse_polygon, rectangle_corners
from cvat_widgets.model.kinds import CUBOID, ELLIPSE, MASK, POINTS, POLYLINE, RECTANGLE
from cvat_widgets.model.labels import color_from_name
from cvat_widgets.model.masks import decode_crop, mask_box
from cvat_widgets.model.table import AnnotationTable

__all__ = ["draw"]

_GREY = (96, 96, 96)
_OPACITY = 90
_MAX_SIDE = 8192


def draw(
    table: AnnotationTable, names: Sequence[str], picture: NDArray[np.uint8] | None, colors: Mapping[str, str] | None
) -> Image.Image:
    """Return a picture with shapes on it.

    Parameters
    ----------
    table
        The shapes.
    names
        The label of each.
    picture
        What to draw on; grey that holds all of them if there is none.
    colors
        Colours of labels.
    """
    if picture is None:
        reach = np.nan_to_num(bounding_boxes(table)[:, 2:]).max(axis=0, initial=1)
        width, height = (int(min(max(side + 8, 16), _MAX_SIDE)) for side in reach.tolist())
        below = Image.new("RGB", (width, height), _GREY)
    else:
        below = Image.fromarray(np.asarray(picture, np.uint8)).convert("RGB")
    layer = Image.new("RGBA", below.size)
    pen = ImageDraw.Draw(layer)
    stroke = max(1, round(max(below.size) / 500))
    for row, name in enumerate(names):
        color = ImageColor.getrgb((colors or {}).get(name) or color_from_name(name))[:3]
        _shape(pen, layer, table, row, color, stroke)
        _name(pen, table, row, name, color)
    return Image.alpha_composite(below.convert("RGBA"), layer).convert("RGB")


def _shape(pen: Any, layer: Image.Image, table: AnnotationTable, row: int, color: tuple[int, ...], stroke: int) -> None:
    kind, points, turn = int(table.type[row]), table.points_of(row), float(table.rotation[row])
    if not len(points):
        return
    if kind == MASK:
        left, top, *_ = mask_box(points)
        crop = Image.fromarray(decode_crop(points).astype(np.uint8) * _OPACITY)
        layer.paste(
            Image.new("RGBA", crop.size, (*color, _OPACITY)), (left, top), crop.point(lambda value: 255 if value else 0)
        )
    elif kind == POINTS:
        for x, y in points.reshape(-1, 2).tolist():
            pen.ellipse((x - 2 * stroke, y - 2 * stroke, x + 2 * stroke, y + 2 * stroke), fill=(*color, 255))
    elif kind in (POLYLINE, CUBOID):
        pen.line([tuple(pair) for pair in points.reshape(-1, 2).tolist()], fill=(*color, 255), width=stroke)
    else:
        if kind == RECTANGLE:
            points = rectangle_corners(points, turn)
        elif kind == ELLIPSE:
            points = ellipse_polygon(points, turn)
        corners = [tuple(pair) for pair in points.reshape(-1, 2).tolist()]
        pen.polygon(corners, fill=(*color, _OPACITY // 2))
        pen.line([*corners, corners[0]], fill=(*color, 255), width=stroke)


def _name(pen: Any, table: AnnotationTable, row: int, name: str, color: tuple[int, ...]) -> None:
    box = bounding_boxes(table.take(np.array([row])))[0]
    if name and not np.isnan(box).any():
        pen.text((float(box[0]), max(float(box[1]) - 11, 0)), name, fill=(*color, 255))
