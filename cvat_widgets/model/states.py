"""How one record looks on one frame. Twin of ``js/src/document/states.ts``.

Whole tables are interpolated by :mod:`cvat_widgets.model.interpolation`; its rules are used here, too.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping

import msgspec

from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.kinds import ShapeType
from cvat_widgets.model.records import Element, Keyframe, Record, Shape, Tag, Track, TrackElement
from cvat_widgets.model.table import AnnotationTable

__all__ = ["attributes_at", "keyframe_at", "state_on"]


def attributes_at(keyframes: Mapping[int, Keyframe], frame: int) -> dict[int, str]:
    """Return the mutable attributes in force on a frame."""
    values: dict[int, str] = {}
    for each in sorted(keyframes):
        if each <= frame:
            values.update(keyframes[each].attributes)
    return values


def keyframe_at(type_name: ShapeType, keyframes: Mapping[int, Keyframe], frame: int) -> Keyframe | None:
    """Return how a track looks on a frame, also where it is outside; ``None`` before its first keyframe.

    ``attributes`` of the result are all mutable ones in force, inherited ones included.
    """
    frames = sorted(keyframes)
    index = bisect_right(frames, frame) - 1
    if index < 0:
        return None
    left = keyframes[frames[index]]
    state = left
    if frames[index] < frame and index + 1 < len(frames) and not left.outside:
        pair = {each: keyframes[each] for each in frames[index : index + 2]}
        state = _between(type_name, pair, frame)
    return msgspec.structs.replace(state, attributes=attributes_at(keyframes, frame))


def _between(type_name: ShapeType, pair: Mapping[int, Keyframe], frame: int) -> Keyframe:
    # A skeleton without its joints would be left out; it has no points, so any linear type turns it the same way.
    drawn: ShapeType = "rectangle" if type_name == "skeleton" else type_name
    table = AnnotationTable.from_records([Track(id=1, label=0, type=drawn, keyframes=dict(pair))])
    row = interpolate_table(table, frame_count=max(pair) + 1, frames=[frame], include_outside=True)
    return msgspec.structs.replace(pair[min(pair)], points=tuple(row.points.tolist()), rotation=float(row.rotation[0]))


def state_on(record: Record, frame: int) -> Shape | Tag | None:
    """Return an object as a shape (or tag) of one frame, also where it is outside; ``None`` where it does not exist.

    The result keeps the object's id; the attributes of a track are its own and those in force on the frame.
    """
    if not isinstance(record, Track):
        return record if record.frame == frame else None
    state = keyframe_at(record.type, record.keyframes, frame)
    if state is None:
        return None
    elements = tuple(element for each in record.elements if (element := _element_on(each, frame)) is not None)
    return Shape(
        id=record.id,
        frame=frame,
        label=record.label,
        type=record.type,
        points=state.points,
        rotation=state.rotation,
        occluded=state.occluded,
        outside=state.outside or (bool(record.elements) and all(element.outside for element in elements)),
        z_order=state.z_order,
        group=record.group,
        source=record.source,
        score=record.score,
        attributes={**record.attributes, **state.attributes},
        elements=elements,
    )


def _element_on(element: TrackElement, frame: int) -> Element | None:
    state = keyframe_at(element.type, element.keyframes, frame)
    if state is None:
        return None
    return Element(
        id=element.id,
        label=element.label,
        type=element.type,
        points=state.points,
        rotation=state.rotation,
        occluded=state.occluded,
        outside=state.outside,
        attributes={**element.attributes, **state.attributes},
    )
