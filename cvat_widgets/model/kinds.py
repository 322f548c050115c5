"""The closed vocabularies of the data model: shape types, sources, attribute types, flags.

Names and meaning are CVAT's, so that everything round-trips. In columns they are small integers: the position in the tuple.
"""

from __future__ import annotations

from enum import IntFlag
from typing import Final, Literal

ShapeType = Literal["rectangle", "polygon", "polyline", "points", "ellipse", "cuboid", "mask", "skeleton", "tag"]
LabelType = Literal[
    "any", "rectangle", "polygon", "polyline", "points", "ellipse", "cuboid", "mask", "skeleton", "tag", "interval"
]
Source = Literal["manual", "semi-auto", "auto", "file", "consensus"]
InputType = Literal["select", "radio", "checkbox", "text", "number"]

SHAPE_TYPES: Final[tuple[ShapeType, ...]] = (
    "rectangle", "polygon", "polyline", "points", "ellipse", "cuboid", "mask", "skeleton", "tag",
)  # fmt: skip
LABEL_TYPES: Final[tuple[LabelType, ...]] = ("any", *SHAPE_TYPES, "interval")
SOURCES: Final[tuple[Source, ...]] = ("manual", "semi-auto", "auto", "file", "consensus")
INPUT_TYPES: Final[tuple[InputType, ...]] = ("select", "radio", "checkbox", "text", "number")

SHAPE_CODE: Final[dict[str, int]] = {name: code for code, name in enumerate(SHAPE_TYPES)}
SOURCE_CODE: Final[dict[str, int]] = {name: code for code, name in enumerate(SOURCES)}

RECTANGLE, POLYGON, POLYLINE, POINTS, ELLIPSE, CUBOID, MASK, SKELETON, TAG = range(len(SHAPE_TYPES))


class Flag(IntFlag):
    """Bits of the ``flags`` column."""

    OCCLUDED = 1
    OUTSIDE = 2
    KEYFRAME = 4


def point_count_problem(type_name: str, count: int) -> str | None:
    """Say what is wrong with the number of coordinates of a shape, or ``None`` if it is right.

    Parameters
    ----------
    type_name
        One of :data:`SHAPE_TYPES`.
    count
        Number of floats in ``points`` (two per vertex).

    Notes
    -----
    The rules are CVAT's serializer rules (``reference``: point counts per shape type); 3D cuboids have 16 numbers as well.
    """
    exact = {"rectangle": 4, "ellipse": 4, "cuboid": 16, "skeleton": 0, "tag": 0}
    least = {"polygon": 6, "polyline": 4, "points": 2, "mask": 5}
    if type_name in exact:
        return None if count == exact[type_name] else f"a {type_name} has {exact[type_name]} numbers, not {count}"
    if type_name in least:
        if count < least[type_name]:
            return f"a {type_name} has at least {least[type_name]} numbers, not {count}"
        if type_name != "mask" and count % 2:
            return f"a {type_name} has an even number of coordinates, not {count}"
        return None
    return f"{type_name!r} is not a shape type; known are {', '.join(SHAPE_TYPES)}"
