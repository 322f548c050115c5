"""One annotation as an object: what a single edit carries, over the wire and into the log.

Bulk work never comes here (see :mod:`cvat_widgets.model.table`). The JSON form of these records is the wire form; its twin
in the front end is ``js/src/document/records.ts``.

Coordinates are pixels of the unrotated picture, x to the right and y down, pixel (0, 0) covering [0, 1) x [0, 1).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from cvat_widgets.errors import AnnotationError, LabelError
from cvat_widgets.model.kinds import ShapeType, Source, point_count_problem
from cvat_widgets.model.labels import LabelSet

__all__ = [
    "Element",
    "Keyframe",
    "Record",
    "Shape",
    "Tag",
    "Track",
    "TrackElement",
    "decode_record",
    "encode_record",
    "validate_record",
]

_MAX_ABS_COORDINATE = 1e9


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Immutable, and a message with an unknown field is refused."""


class Keyframe(_Strict, frozen=True, kw_only=True):
    """State of a track at one frame; it holds until the next keyframe or is interpolated towards it.

    ``attributes`` are the mutable ones set here (attribute id -> text); a missing one is inherited from the keyframe before.
    """

    points: tuple[float, ...]
    rotation: float = 0.0
    occluded: bool = False
    outside: bool = False
    z_order: int = 0
    attributes: dict[int, str] = msgspec.field(default_factory=dict)


class Element(_Strict, frozen=True, kw_only=True):
    """A joint of a skeleton shape; ``label`` is the sublabel's id."""

    id: int
    label: int
    type: ShapeType = "points"
    points: tuple[float, ...]
    rotation: float = 0.0
    occluded: bool = False
    outside: bool = False
    attributes: dict[int, str] = msgspec.field(default_factory=dict)


class TrackElement(_Strict, frozen=True, kw_only=True):
    """A joint of a skeleton track: keyframes of its own; ``label`` is the sublabel's id."""

    id: int
    label: int
    type: ShapeType = "points"
    attributes: dict[int, str] = msgspec.field(default_factory=dict)
    keyframes: dict[int, Keyframe] = msgspec.field(default_factory=dict)


class Shape(_Strict, frozen=True, kw_only=True, tag_field="kind", tag="shape"):
    """An object on one frame. ``points`` is in CVAT's encoding for its ``type``."""

    id: int
    frame: int
    label: int
    type: ShapeType
    points: tuple[float, ...]
    rotation: float = 0.0
    occluded: bool = False
    outside: bool = False
    z_order: int = 0
    group: int = 0
    source: Source = "manual"
    score: float = 1.0
    attributes: dict[int, str] = msgspec.field(default_factory=dict)
    elements: tuple[Element, ...] = ()


class Tag(_Strict, frozen=True, kw_only=True, tag_field="kind", tag="tag"):
    """A label on a whole frame."""

    id: int
    frame: int
    label: int
    group: int = 0
    source: Source = "manual"
    score: float = 1.0
    attributes: dict[int, str] = msgspec.field(default_factory=dict)


class Track(_Strict, frozen=True, kw_only=True, tag_field="kind", tag="track"):
    """One object over many frames; ``attributes`` are the immutable ones."""

    id: int
    label: int
    type: ShapeType
    group: int = 0
    source: Source = "manual"
    score: float = 1.0
    attributes: dict[int, str] = msgspec.field(default_factory=dict)
    keyframes: dict[int, Keyframe] = msgspec.field(default_factory=dict)
    elements: tuple[TrackElement, ...] = ()


Record = Shape | Tag | Track

_encoder = msgspec.json.Encoder()


def decode_record(data: bytes | Mapping[str, Any]) -> Record:
    """Read a record from JSON bytes or from a decoded JSON object; raise :class:`AnnotationError` if it is none."""
    try:
        if isinstance(data, bytes):
            return msgspec.json.decode(data, type=Record)
        return msgspec.convert(data, Record, str_keys=True)
    except msgspec.ValidationError as error:
        raise AnnotationError(f"not an annotation: {error}") from None


def encode_record(record: Record) -> dict[str, Any]:
    """Return the JSON object of a record (keys of dicts as text)."""
    decoded: dict[str, Any] = msgspec.json.decode(_encoder.encode(record))
    return decoded


def validate_record(record: Record, labels: LabelSet, *, frame_count: int | None = None, former: Record | None = None) -> None:
    """Check a record against the rules of the model.

    Parameters
    ----------
    record
        The record.
    labels
        Labels of the task.
    frame_count
        Number of frames of the task; ``None`` skips that check.
    former
        The record before it was changed. Values that stood there are let through: those of an attribute that was taken out
        of its label stay behind, and come back with it.

    Raises
    ------
    AnnotationError
        Unknown label or attribute, wrong number of points, coordinate not finite, frame outside the task, value not allowed.
    """
    kind = type(record).__name__.lower()
    where = f"{kind} {record.id}"
    kept = _values_of(former) if former is not None else frozenset()
    if not labels.has_id(record.label):
        raise AnnotationError(f"label id {record.label} is not in the task", where=where)
    _check_attributes(record.attributes, labels, where, kept)
    if not math.isfinite(record.score):
        raise AnnotationError("the score is not a finite number", where=where)
    if isinstance(record, Tag):
        _check_frame(record.frame, frame_count, where)
    elif isinstance(record, Shape):
        _check_frame(record.frame, frame_count, where)
        _check_points(record.type, record.points, record.rotation, where)
        for element in record.elements:
            _check_element(element, labels, where, kept)
            _check_points(element.type, element.points, element.rotation, f"{where}, element {element.id}")
    else:
        if not record.keyframes:
            raise AnnotationError("a track has at least one keyframe", where=where)
        _check_keyframes(record.type, record.keyframes, labels, frame_count, where, kept)
        for track_element in record.elements:
            _check_element(track_element, labels, where, kept)
            _check_keyframes(
                track_element.type, track_element.keyframes, labels, frame_count, f"{where}, element {track_element.id}", kept
            )


def _values_of(record: Record) -> frozenset[tuple[int, str]]:
    """Return all attribute values that stand anywhere in a record."""
    holders: list[Any] = [record, *getattr(record, "elements", ())]
    holders += [keyframe for holder in holders for keyframe in getattr(holder, "keyframes", {}).values()]
    return frozenset(value for holder in holders for value in holder.attributes.items())


def _check_element(element: Element | TrackElement, labels: LabelSet, where: str, kept: frozenset[tuple[int, str]]) -> None:
    if labels.parent_of(element.label) is None:
        raise AnnotationError(f"label id {element.label} is not a sublabel of the task", where=where)
    _check_attributes(element.attributes, labels, where, kept)


def _check_keyframes(
    type_name: str,
    keyframes: Mapping[int, Keyframe],
    labels: LabelSet,
    frame_count: int | None,
    where: str,
    kept: frozenset[tuple[int, str]],
) -> None:
    for frame, keyframe in keyframes.items():
        place = f"{where}, frame {frame}"
        _check_frame(frame, frame_count, place)
        _check_points(type_name, keyframe.points, keyframe.rotation, place)
        _check_attributes(keyframe.attributes, labels, place, kept)


def _check_frame(frame: int, frame_count: int | None, where: str) -> None:
    if frame < 0 or (frame_count is not None and frame >= frame_count):
        last = "" if frame_count is None else f"; the task has frames 0 to {frame_count - 1}"
        raise AnnotationError(f"frame {frame} does not exist{last}", where=where)


def _check_points(type_name: str, points: tuple[float, ...], rotation: float, where: str) -> None:
    problem = point_count_problem(type_name, len(points))
    if problem:
        raise AnnotationError(problem, where=where)
    if not all(math.isfinite(value) and abs(value) <= _MAX_ABS_COORDINATE for value in points):
        raise AnnotationError("a coordinate is not a finite number below 1e9", where=where)
    if not math.isfinite(rotation):
        raise AnnotationError("the rotation is not a finite number", where=where)


def _check_attributes(attributes: Mapping[int, str], labels: LabelSet, where: str, kept: frozenset[tuple[int, str]]) -> None:
    for attribute_id, value in attributes.items():
        if (attribute_id, value) in kept:
            continue
        try:
            attribute = labels.attribute_by_id(attribute_id)
        except LabelError:
            raise AnnotationError(f"attribute id {attribute_id} is not in the task", where=where) from None
        problem = attribute.problem_with(value)
        if problem:
            raise AnnotationError(f"the value {value!r} of {attribute.name!r} {problem}", where=where)
