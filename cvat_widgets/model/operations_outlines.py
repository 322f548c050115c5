"""Outlines made simpler, and shapes turned into shapes of another type; the object keeps its identity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from cvat_widgets.model.changes import Edit
from cvat_widgets.model.geometry import ellipse_polygon, rectangle_corners
from cvat_widgets.model.kinds import ShapeType
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.masks import mask_area, mask_box, mask_from_polygons, polygons_of_mask
from cvat_widgets.model.operations_common import NewId, described, fields_edit, merged_edits
from cvat_widgets.model.records import Keyframe, Record, Shape, Tag, Track
from cvat_widgets.model.refusals import OperationError

__all__ = ["CONVERTIBLE", "MAX_DISTANCE", "MIN_DISTANCE", "convert", "simplify", "simplify_points"]

MIN_DISTANCE: Final = 0.1
MAX_DISTANCE: Final = 64.0
CONVERTIBLE: Final[dict[str, tuple[ShapeType, ...]]] = {
    "rectangle": ("polygon", "mask"),
    "ellipse": ("polygon", "mask", "rectangle"),
    "polygon": ("mask", "rectangle"),
    "mask": ("polygon", "rectangle"),
}
"""What a type can be turned into."""

Frames = Sequence[int] | range | None


def simplify_points(points: Sequence[float], distance: float, *, closed: bool) -> tuple[float, ...]:
    """Return the points that are needed to stay within ``distance`` pixels of an outline (Douglas and Peucker).

    The result is a part of the given points; an outline that would lose its last corners stays as it is.
    """
    import cv2

    given = np.asarray(points, np.float64).reshape(-1, 2)
    rough = given.astype(np.float32)
    kept = cv2.approxPolyDP(rough.reshape(-1, 1, 2), distance, closed).reshape(-1, 2)
    if len(kept) < (3 if closed else 2):
        return tuple(points)
    # OpenCV computes with single precision: give back what was given.
    exact = {tuple(short): full for short, full in zip(rough.tolist(), given.tolist(), strict=True)}
    return tuple(value for point in kept.tolist() for value in exact[tuple(point)])


def simplify(records: Sequence[Record], distance: float, *, frames: Frames = None) -> Edit:
    """Return the edit that takes needless points out of polygons and polylines, of tracks at every keyframe.

    Parameters
    ----------
    records
        Polygons and polylines.
    distance
        How far the new outline may be from the old one, in pixels, from 0.1 to 64.
    frames
        Only keyframes on these; by default all.

    Raises
    ------
    OperationError
        ``distance``, or ``simplify-type``: an object has no outline of points.
    """
    if not MIN_DISTANCE <= distance <= MAX_DISTANCE:
        raise OperationError(
            "distance", f"the distance is from {MIN_DISTANCE} to {MAX_DISTANCE:g} pixels, not {distance:g}",
            hint="1 is a good start",
        )  # fmt: skip
    edits = []
    for record in records:
        if isinstance(record, Tag) or record.type not in ("polygon", "polyline"):
            kind = "tag" if isinstance(record, Tag) else record.type
            raise OperationError(
                "simplify-type", f"a {kind} cannot be simplified", where=described(record), hint="Choose polygons or polylines"
            )
        closed = record.type == "polygon"
        if isinstance(record, Shape):
            edits.append(fields_edit(record, {"points": simplify_points(record.points, distance, closed=closed)}))
            continue
        values = {
            f"keyframes.{frame}": msgspec.structs.replace(
                keyframe, points=simplify_points(keyframe.points, distance, closed=closed)
            )
            for frame, keyframe in record.keyframes.items()
            if frames is None or frame in frames
        }
        edits.append(fields_edit(record, values))
    return merged_edits(edits)


def convert(
    records: Sequence[Record],
    target: str,
    labels: LabelSet,
    sizes: Mapping[int, tuple[int, int]],
    new_id: NewId,
    *,
    fill_holes: bool = False,
) -> Edit:
    """Return the edit that turns shapes into another type; those that are of it already stay as they are.

    Masks become outlines along their pixel edges, so that a mask made of them is the same mask again. A mask of several parts
    becomes several polygons: the largest keeps the object's id.

    Parameters
    ----------
    records
        Rectangles, ellipses, polygons and masks; tracks are turned at every keyframe.
    target
        ``polygon``, ``mask`` or ``rectangle`` (the box around the shape).
    labels
        Labels of the task.
    sizes
        Frame -> (width, height), of all frames concerned: a mask ends at the border of the picture.
    new_id
        Gives ids of further polygons.
    fill_holes
        Whether polygons cover the holes of masks. Otherwise masks with holes are refused.

    Raises
    ------
    OperationError
        ``convert-type``, ``label-type``, ``empty``, ``holes``, or ``parts``: a track cannot become several polygons.
    """
    edits = []
    for record in records:
        if not isinstance(record, Tag) and record.type == target:
            continue
        kind = "tag" if isinstance(record, Tag) else record.type
        if isinstance(record, Tag) or target not in CONVERTIBLE.get(kind, ()):
            raise OperationError(
                "convert-type", f"a {kind} cannot become a {target}", where=described(record),
                hint="Rectangles, ellipses, polygons and masks can become polygons, masks and rectangles",
            )  # fmt: skip
        label = labels.by_id(record.label)
        if label.type not in ("any", target):
            raise OperationError(
                "label-type", f"the label {label.name!r} is only for objects of type {label.type}", where=described(record),
                hint="Give the label the type any",
            )  # fmt: skip
        edits.append(_convert_one(record, target, sizes, new_id, fill_holes=fill_holes))
    return merged_edits(edits)


def _convert_one(
    record: Shape | Track, target: str, sizes: Mapping[int, tuple[int, int]], new_id: NewId, *, fill_holes: bool
) -> Edit:
    if isinstance(record, Shape):
        where = f"{described(record)}, frame {record.frame}"
        first, *others = _outlines(record, record.type, target, sizes[record.frame], where, fill_holes=fill_holes)
        edit = fields_edit(record, {"type": target, "points": first, "rotation": 0.0})
        more = tuple(
            msgspec.structs.replace(record, id=new_id(), type=target, points=points, rotation=0.0, source="manual")
            for points in others
        )
        return Edit(added=more, updated=edit.updated)
    values: dict[str, object] = {"type": target}
    for frame, keyframe in record.keyframes.items():
        where = f"{described(record)}, frame {frame}"
        first, *others = _outlines(keyframe, record.type, target, sizes[frame], where, fill_holes=fill_holes)
        if others:
            raise OperationError(
                "parts", f"the mask has {len(others) + 1} parts, but a track is one polygon on a frame", where=where,
                hint="Split it into shapes first",
            )  # fmt: skip
        values[f"keyframes.{frame}"] = msgspec.structs.replace(keyframe, points=first, rotation=0.0)
    return fields_edit(record, values)


def _outlines(
    pose: Shape | Keyframe, type_name: str, target: str, size: tuple[int, int], where: str, *, fill_holes: bool
) -> list[tuple[float, ...]]:
    """Return the points of the shape (or shapes, the largest first) of type ``target`` that cover what ``pose`` covers."""
    if type_name == "mask":
        return _of_mask(pose.points, target, where, fill_holes=fill_holes)
    points = np.asarray(pose.points, np.float64)
    if type_name == "rectangle":
        points = rectangle_corners(points, pose.rotation)
    elif type_name == "ellipse":
        points = ellipse_polygon(points, pose.rotation)
    if target == "polygon":
        return [tuple(points.tolist())]
    if target == "rectangle":
        x, y = points[0::2], points[1::2]
        return [(float(x.min()), float(y.min()), float(x.max()), float(y.max()))]
    mask = mask_from_polygons([points], *size)
    if not mask_area(mask):
        raise OperationError(
            "empty", "the shape covers no pixel of the picture", where=where, hint="Move it into the picture, or delete it"
        )
    return [tuple(mask.tolist())]


def _of_mask(points: Sequence[float], target: str, where: str, *, fill_holes: bool) -> list[tuple[float, ...]]:
    if not mask_area(points):
        raise OperationError("empty", "the mask is empty", where=where, hint="Delete it")
    if target == "rectangle":
        left, top, right, bottom = mask_box(points)
        return [(float(left), float(top), float(right + 1), float(bottom + 1))]
    parts = polygons_of_mask(points)
    holes = sum(len(part) - 1 for part in parts)
    if holes and not fill_holes:
        raise OperationError(
            "holes", f"the mask has {holes} hole{'s' if holes > 1 else ''}, which a polygon cannot have", where=where,
            hint="Fill them first, or convert with fill_holes=True",
        )  # fmt: skip
    outlines = [part[0] for part in parts]
    outlines.sort(key=lambda ring: -_area(ring))
    return [tuple(ring.tolist()) for ring in outlines]


def _area(ring: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    x, y = ring[0::2], ring[1::2]
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))
