"""Shapes of a DataFrame as columns of numbers, and their overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError
from cvat_widgets.model.geometry import bounding_boxes, box_iou, ellipse_polygon, rectangle_corners
from cvat_widgets.model.kinds import ELLIPSE, MASK, POLYGON, RECTANGLE, SHAPE_CODE, SHAPE_TYPES
from cvat_widgets.model.masks import decode_crop, mask_box
from cvat_widgets.model.table import AnnotationTable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["geometry_table", "overlaps"]

_SOLID = (RECTANGLE, POLYGON, ELLIPSE, MASK)
_LENGTHS = {RECTANGLE: 4, ELLIPSE: 4}


def geometry_table(rows: pd.DataFrame) -> AnnotationTable:
    """Return type, points, rotation and frame of rows as a table; everything else of it is left at its default.

    Raises
    ------
    AnnotationError
        A column is missing, or a shape is not what its type says; the text names the row.
    """
    missing = [name for name in ("type", "points") if name not in rows]
    if missing:
        raise AnnotationError(
            f"the column{'s' if len(missing) > 1 else ''} {', '.join(missing)} {'are' if len(missing) > 1 else 'is'} missing",
            hint="Rows come from task.shapes, task.tracks or task.to_frame()",
        )
    count = len(rows)
    codes = rows["type"].astype(object).map(SHAPE_CODE)
    unknown = np.flatnonzero(codes.isna())
    if len(unknown):
        raise AnnotationError(
            f"{rows['type'].iloc[int(unknown[0])]!r} is not a shape type",
            where=f"row {int(unknown[0])}",
            hint=f"Known are {', '.join(SHAPE_TYPES)}",
        )
    parts = [_points(row, value) for row, value in enumerate(rows["points"])]
    lengths = np.array([len(part) for part in parts], np.int64)
    types = codes.to_numpy(np.int64, na_value=-1) if count else np.empty(0, np.int64)
    for code, length in _LENGTHS.items():
        _check(types == code, lengths != length, f"a {SHAPE_TYPES[code]} has {length} numbers")
    _check(types == POLYGON, (lengths < 6) | (lengths % 2 == 1), "a polygon has at least three points")
    _check(types == MASK, lengths < 5, "a mask has counts and a box")
    rotation = rows["rotation"].to_numpy(np.float64, na_value=0.0) if "rotation" in rows else np.zeros(count)
    frame = rows["frame"].to_numpy(np.int64, na_value=0) if "frame" in rows else np.zeros(count, np.int64)
    return AnnotationTable.build(
        id=np.arange(1, count + 1),
        frame=frame,
        label=np.zeros(count, np.int64),
        type=types,
        track=np.full(count, -1),
        parent=np.full(count, -1),
        group=np.zeros(count, np.int64),
        z_order=np.zeros(count, np.int64),
        flags=np.zeros(count, np.int64),
        rotation=np.where(np.isnan(rotation), 0.0, rotation),
        source=np.zeros(count, np.int64),
        score=np.ones(count),
        points=np.concatenate(parts) if parts else np.empty(0),
        offsets=np.concatenate(([0], np.cumsum(lengths))),
    )


def _points(row: int, value: Any) -> NDArray[np.float64]:
    if value is None or isinstance(value, float):
        return np.empty(0)
    try:
        found = np.asarray(value, np.float64).ravel()
    except (TypeError, ValueError):
        raise AnnotationError(f"points {value!r} are not a list of numbers", where=f"row {row}") from None
    if not np.isfinite(found).all():
        raise AnnotationError("a coordinate is not finite", where=f"row {row}")
    return found


def _check(chosen: NDArray[np.bool_], wrong: NDArray[np.bool_], text: str) -> None:
    bad = np.flatnonzero(chosen & wrong)
    if len(bad):
        raise AnnotationError(f"{text}", where=f"row {int(bad[0])}")


def overlaps(first: AnnotationTable, second: AnnotationTable) -> NDArray[np.float64]:
    """Return intersection over union of every shape with every other, float64 of shape (n, m).

    Rectangles, polygons, ellipses and masks have an area, everything else overlaps nothing, nor do shapes of two frames.
    Upright rectangles are compared by arithmetic, masks and what is compared with them by pixels, the rest by outlines.
    """
    boxes = bounding_boxes(first), bounding_boxes(second)
    result = np.zeros((len(first), len(second)))
    if not result.size:
        return result
    near = box_iou(np.nan_to_num(boxes[0]), np.nan_to_num(boxes[1]))
    solid = [np.isin(table.type, _SOLID) for table in (first, second)]
    candidates = (near > 0) & (first.frame[:, None] == second.frame[None, :]) & solid[0][:, None] & solid[1][None, :]
    upright = [(table.type == RECTANGLE) & (table.rotation == 0) for table in (first, second)]
    plain = candidates & upright[0][:, None] & upright[1][None, :]
    result[plain] = near[plain]
    sides = _Side(first), _Side(second)
    for a, b in np.argwhere(candidates & ~plain).tolist():
        by_pixels = MASK in (int(first.type[a]), int(second.type[b]))
        result[a, b] = _pixel_iou(sides, a, b) if by_pixels else _outline_iou(sides, a, b)
    return result


class _Side:
    """The shapes of one side as outlines and as pixels, made when they are asked for."""

    def __init__(self, table: AnnotationTable) -> None:
        self.table = table
        self._outlines: dict[int, Any] = {}
        self._pixels: dict[int, tuple[int, int, NDArray[np.bool_]]] = {}

    def points(self, row: int) -> NDArray[np.float64]:
        """Return the corners of a shape, flat."""
        points, turn, kind = self.table.points_of(row), float(self.table.rotation[row]), int(self.table.type[row])
        if kind == RECTANGLE:
            return rectangle_corners(points, turn)
        return ellipse_polygon(points, turn) if kind == ELLIPSE else points

    def outline(self, row: int) -> Any:
        """Return a shape of shapely."""
        from shapely import make_valid
        from shapely.geometry import Polygon

        if row not in self._outlines:
            self._outlines[row] = make_valid(Polygon(self.points(row).reshape(-1, 2)))
        return self._outlines[row]

    def pixels(self, row: int) -> tuple[int, int, NDArray[np.bool_]]:
        """Return left, top and the pixels of a shape."""
        if row not in self._pixels:
            if int(self.table.type[row]) == MASK:
                points = self.table.points_of(row)
                left, top, *_ = mask_box(points)
                self._pixels[row] = (left, top, decode_crop(points))
            else:
                self._pixels[row] = _filled(self.points(row))
        return self._pixels[row]


def _filled(points: NDArray[np.float64]) -> tuple[int, int, NDArray[np.bool_]]:
    from cvat_widgets.formats.mask_painting import fill_polygon

    xs, ys = points[0::2], points[1::2]
    left, top = int(np.floor(xs.min())), int(np.floor(ys.min()))
    moved = np.column_stack((xs - left, ys - top)).ravel()
    width, height = int(np.ceil(xs.max())) - left + 1, int(np.ceil(ys.max())) - top + 1
    found = fill_polygon(moved, width, height)
    return (left, top, np.zeros((0, 0), bool)) if found is None else (left + found[0], top + found[1], found[2])


def _outline_iou(sides: tuple[_Side, _Side], a: int, b: int) -> float:
    first, second = sides[0].outline(a), sides[1].outline(b)
    shared = first.intersection(second).area
    total = first.area + second.area - shared
    return float(shared / total) if total > 0 else 0.0


def _pixel_iou(sides: tuple[_Side, _Side], a: int, b: int) -> float:
    (ax, ay, first), (bx, by, second) = sides[0].pixels(a), sides[1].pixels(b)
    left, top = max(ax, bx), max(ay, by)
    right, bottom = min(ax + first.shape[1], bx + second.shape[1]), min(ay + first.shape[0], by + second.shape[0])
    if right <= left or bottom <= top:
        return 0.0
    ours = first[top - ay : bottom - ay, left - ax : right - ax]
    theirs = second[top - by : bottom - by, left - bx : right - bx]
    shared = int((ours & theirs).sum())
    total = int(first.sum()) + int(second.sum()) - shared
    return shared / total if total else 0.0
