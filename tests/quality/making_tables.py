"""Short ways to write annotations in tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.masks import encode_mask
from cvat_widgets.model.records import Element, Keyframe, Record, Shape, Tag, Track
from cvat_widgets.model.table import AnnotationTable

SIZE = (100, 100)


def frames(count: int, size: tuple[int, int] = SIZE) -> FrameIndex:
    return FrameIndex([f"{n}.jpg" for n in range(count)], np.full(count, size[0], np.int32), np.full(count, size[1], np.int32))


def table(*records: Record) -> AnnotationTable:
    return AnnotationTable.from_records(records)


class _Ids:
    def __init__(self) -> None:
        self.last = 0

    def __call__(self) -> int:
        self.last += 1
        return self.last


_next_id = _Ids()


def shape(kind: str, points: Any, *, frame: int = 0, label: int = 1, **more: Any) -> Shape:
    numbers = tuple(float(value) for value in np.asarray(points, float).ravel())
    return Shape(id=more.pop("id", 0) or _next_id(), frame=frame, label=label, type=kind, points=numbers, **more)


def box(x0: float, y0: float, x1: float, y1: float, **more: Any) -> Shape:
    return shape("rectangle", (x0, y0, x1, y1), **more)


def square(x0: float, y0: float, x1: float, y1: float, **more: Any) -> Shape:
    """An upright rectangle as a polygon."""
    return shape("polygon", (x0, y0, x1, y0, x1, y1, x0, y1), **more)


def mask(bitmap: Any, **more: Any) -> Shape:
    return shape("mask", encode_mask(np.asarray(bitmap, bool)), **more)


def tag(label: int = 1, frame: int = 0) -> Tag:
    return Tag(id=_next_id(), frame=frame, label=label)


def track(keyframes: dict[int, tuple[float, ...]], *, label: int = 1, outside: tuple[int, ...] = ()) -> Track:
    states = {frame: Keyframe(points=points, outside=frame in outside) for frame, points in keyframes.items()}
    return Track(id=_next_id(), label=label, type="rectangle", keyframes=states)


def skeleton(
    joints: dict[int, tuple[float, float]], *, label: int = 10, hidden: tuple[int, ...] = (), gone: tuple[int, ...] = ()
) -> Shape:
    """Joints by sublabel; hidden ones are occluded, gone ones outside."""
    elements = tuple(
        Element(id=_next_id(), label=name, points=point, occluded=name in hidden, outside=name in gone)
        for name, point in joints.items()
    )
    return shape("skeleton", (), label=label, elements=elements)
