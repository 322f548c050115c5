"""A polygon or a mask cut in two by a line.

Rules (source: CVAT's client): exactly two results; the line begins and ends outside or on the contour and does not cross
itself. Label, group, attributes, occluded and layer are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from cvat_widgets.model.changes import Edit
from cvat_widgets.model.masks import decode_crop, mask_box, polygons_of_mask
from cvat_widgets.model.operations_common import NewId, described, plain_shapes
from cvat_widgets.model.operations_join import moved_mask
from cvat_widgets.model.records import Record, Shape
from cvat_widgets.model.refusals import OperationError
from cvat_widgets.model.rings import polygon_of, ring_of

__all__ = ["slice_shape"]


def slice_shape(record: Record, line: Sequence[float], new_id: NewId) -> Edit:
    """Return the edit that replaces a polygon or mask by the two parts on either side of a line.

    Parameters
    ----------
    record
        A polygon or mask.
    line
        Points of the line, flat.
    new_id
        Gives the ids of the two parts; the one further left (then further up) comes first.

    Raises
    ------
    OperationError
        ``tags``, ``tracks``, ``slice-type``, ``line``, ``line-crossing``, ``crossing``, ``inside``, ``missed``,
        ``too-many``.
    """
    (shape,) = plain_shapes([record], "sliced")
    if shape.type not in ("polygon", "mask"):
        raise OperationError(
            "slice-type", f"a {shape.type} cannot be sliced", where=described(shape), hint="Choose a polygon or a mask"
        )
    cut = _line(line)
    parts = _polygon_parts(shape, cut) if shape.type == "polygon" else _mask_parts(shape, cut)
    added = tuple(
        msgspec.structs.replace(shape, id=new_id(), points=points, rotation=0.0, source="manual", score=1.0) for points in parts
    )
    return Edit(added=added, removed=(shape.id,))


def _line(points: Sequence[float]) -> Any:
    from shapely.geometry import LineString

    flat = np.asarray(points, np.float64).ravel()
    if len(flat) < 4 or len(flat) % 2 or not np.isfinite(flat).all():
        raise OperationError("line", "a line has at least two points", hint="Write [x0, y0, x1, y1, ...]")
    line = LineString(flat.reshape(-1, 2))
    if line.length == 0:
        raise OperationError("line", "the line has no length", hint="Draw it from one side of the shape to the other")
    if not line.is_simple:
        raise OperationError("line-crossing", "the line crosses itself", hint="Draw it without a loop")
    return line


def _cut(area: Any, line: Any, where: str) -> list[Any]:
    """Return the two parts of an area, the one further left (then further up) first."""
    from shapely.geometry import Point
    from shapely.ops import split

    ends = [Point(line.coords[0]), Point(line.coords[-1])]
    if any(area.contains(end) for end in ends):
        raise OperationError(
            "inside", "the line begins or ends inside the shape", where=where, hint="Draw it from outside to outside"
        )
    parts = [part for part in split(area, line).geoms if part.area > 0]
    if len(parts) < 2:
        raise OperationError("missed", "the line does not cut the shape in two", where=where, hint="Draw it right through")
    if len(parts) > 2:
        raise OperationError(
            "too-many", f"the line cuts the shape into {len(parts)} parts", where=where,
            hint="Cross the contour twice only, and slice again",
        )  # fmt: skip
    return sorted(parts, key=lambda part: min(part.exterior.coords))


def _polygon_parts(shape: Shape, line: Any) -> list[tuple[float, ...]]:
    area = polygon_of(shape.points)
    if not area.is_valid:
        raise OperationError(
            "crossing", "the outline crosses itself", where=described(shape), hint="Move its points apart first"
        )
    return [ring_of(part, shape.points) for part in _cut(area, line, described(shape))]


def _mask_parts(shape: Shape, line: Any) -> list[tuple[float, ...]]:
    """Cut the one connected part that the line goes through; parts it does not touch go with the nearer half.

    A pixel belongs to the half in which its centre lies.
    """
    import shapely
    from shapely.geometry import Polygon

    where = described(shape)
    islands = [
        Polygon(rings[0].reshape(-1, 2), [hole.reshape(-1, 2) for hole in rings[1:]])
        for rings in polygons_of_mask(shape.points)
    ]
    crossed = [island for island in islands if line.intersection(island).length > 0]
    if len(crossed) > 1:
        raise OperationError(
            "too-many", f"the line goes through {len(crossed)} parts of the mask", where=where,
            hint="Cut one part at a time",
        )  # fmt: skip
    if not crossed:
        raise OperationError("missed", "the line does not cut the shape in two", where=where, hint="Draw it right through")
    halves = _cut(crossed[0], line, where)
    crop = decode_crop(shape.points)
    left, top, _, _ = mask_box(shape.points)
    y, x = np.nonzero(crop)
    centres = shapely.points(x + left + 0.5, y + top + 0.5)
    first = shapely.distance(centres, halves[0]) < shapely.distance(centres, halves[1])
    for island in islands:
        if island is not crossed[0]:
            inside = shapely.contains_xy(island, x + left + 0.5, y + top + 0.5)
            first[inside] = island.distance(halves[0]) <= island.distance(halves[1])
    if first.all() or not first.any():
        raise OperationError(
            "missed", "the line cuts off less than a pixel", where=where, hint="Draw it further from the contour"
        )
    parts = []
    for chosen in (first, ~first):
        pixels = np.zeros_like(crop)
        pixels[y[chosen], x[chosen]] = True
        parts.append(moved_mask(pixels, left, top))
    return parts
