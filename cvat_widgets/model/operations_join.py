"""Polygons and masks joined to one.

Rules (source: CVAT's client): polygons must overlap or share an edge; parts that stay apart stay objects of their own; a result
with holes is refused; polygons that cross themselves are left out. Attribute values are kept where all have the same, otherwise
the label's default; the layer is the highest; occluded is kept if any is; there is no group.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cvat_widgets.model.changes import Edit
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.masks import decode_crop, encode_mask, mask_area, mask_box
from cvat_widgets.model.operations_common import NewId, described, plain_shapes
from cvat_widgets.model.records import Record, Shape
from cvat_widgets.model.refusals import OperationError
from cvat_widgets.model.rings import polygon_of, ring_of

__all__ = ["join", "union_of_masks"]


def join(records: Sequence[Record], labels: LabelSet, new_id: NewId) -> Edit:
    """Return the edit that replaces polygons (or masks) of one frame by what they cover together.

    Parameters
    ----------
    records
        At least two polygons, or two masks, of one label on one frame.
    labels
        Labels of the task.
    new_id
        Gives ids of the new shapes.

    Raises
    ------
    OperationError
        ``few``, ``tags``, ``tracks``, ``join-type``, ``types``, ``labels``, ``frames``; ``apart``: no two of them touch;
        ``holes``: the result would have a hole; ``crossing``: fewer than two are left that do not cross themselves.
    """
    shapes = _joinable(plain_shapes(records, "joined"))
    if shapes[0].type == "mask":
        points = union_of_masks([shape.points for shape in shapes])
        return Edit(added=(_united(shapes, points, labels, new_id),), removed=tuple(shape.id for shape in shapes))
    return _join_polygons(shapes, labels, new_id)


def _joinable(shapes: list[Shape]) -> list[Shape]:
    if len(shapes) < 2:
        raise OperationError("few", "a join needs at least two shapes", hint="Choose polygons or masks of one label")
    first = shapes[0]
    for shape in shapes:
        where = described(shape)
        if shape.type not in ("polygon", "mask"):
            raise OperationError(
                "join-type", f"a {shape.type} cannot be joined", where=where, hint="Choose polygons or masks only"
            )
        if shape.type != first.type:
            raise OperationError(
                "types", "a polygon and a mask cannot be joined", where=where, hint="Convert one of them first"
            )
        if shape.label != first.label:
            raise OperationError(
                "labels", "shapes of different labels cannot be joined", where=where, hint="Relabel one of them"
            )
        if shape.frame != first.frame:
            raise OperationError(
                "frames", "shapes of different frames cannot be joined", where=where, hint="Choose shapes of one frame"
            )
    return shapes


def _join_polygons(shapes: list[Shape], labels: LabelSet, new_id: NewId) -> Edit:
    from shapely import unary_union

    sound = [(shape, polygon) for shape in shapes if (polygon := polygon_of(shape.points)).is_valid]
    if len(sound) < 2:
        raise OperationError(
            "crossing", "outlines that cross themselves cannot be joined", where=f"frame {shapes[0].frame}",
            hint="Move their points apart",
        )  # fmt: skip
    union = unary_union([polygon for _, polygon in sound])
    added: list[Shape] = []
    removed: list[int] = []
    for part in getattr(union, "geoms", [union]):
        members = [shape for shape, polygon in sound if part.contains(polygon.representative_point())]
        if len(members) < 2:
            continue  # it touches no other: it stays as it is
        if part.interiors:
            raise OperationError(
                "holes", "the result would have a hole, which a polygon cannot have", where=f"frame {shapes[0].frame}",
                hint="Close the gap first, or convert to masks and join those",
            )  # fmt: skip
        added.append(_united(members, ring_of(part, members[0].points), labels, new_id))
        removed += [shape.id for shape in members]
    if not added:
        raise OperationError(
            "apart", "the polygons do not touch", where=f"frame {shapes[0].frame}", hint="Move them until they overlap"
        )
    return Edit(added=tuple(added), removed=tuple(removed))


def union_of_masks(masks: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """Return the union of masks in CVAT's encoding."""
    filled = [mask for mask in masks if mask_area(mask)]
    if not filled:
        return tuple(masks[0])
    boxes = np.array([mask_box(mask) for mask in filled])
    left, top = boxes[:, 0].min(), boxes[:, 1].min()
    pixels = np.zeros((boxes[:, 3].max() - top + 1, boxes[:, 2].max() - left + 1), bool)
    for mask, (x, y, _, _) in zip(filled, boxes, strict=True):
        crop = decode_crop(mask)
        pixels[y - top : y - top + crop.shape[0], x - left : x - left + crop.shape[1]] |= crop
    return moved_mask(pixels, int(left), int(top))


def moved_mask(pixels: np.ndarray[Any, Any], left: int, top: int) -> tuple[float, ...]:
    """Encode a bitmap whose corner lies at ``(left, top)`` of the picture."""
    points = encode_mask(pixels)
    points[-4:] += (left, top, left, top)
    return tuple(points.tolist())


def _united(shapes: Sequence[Shape], points: tuple[float, ...], labels: LabelSet, new_id: NewId) -> Shape:
    first = shapes[0]
    attributes: dict[int, str] = {}
    for attribute in labels.by_id(first.label).attributes:
        values = {shape.attributes.get(attribute.id) for shape in shapes}
        same = values.pop() if len(values) == 1 else None
        attributes[attribute.id] = attribute.default if same is None else same
    return Shape(
        id=new_id(),
        frame=first.frame,
        label=first.label,
        type=first.type,
        points=points,
        occluded=any(shape.occluded for shape in shapes),
        z_order=max(shape.z_order for shape in shapes),
        attributes=attributes,
    )
