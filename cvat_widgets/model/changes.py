"""Edits and change sets: how annotations change.

An :class:`Edit` is what somebody wants; a :class:`ChangeSet` is what happened, complete enough to be turned round.

Fields of an update are paths:

=========================================  =====================================================================
path                                       value
=========================================  =====================================================================
``label group source score frame points``  the field of the record itself
``rotation occluded outside z_order``
``attributes.<attribute id>``              text, or ``None`` for "not set"
``keyframes.<frame>``                      a whole :class:`~cvat_widgets.model.records.Keyframe`, or ``None``
``elements.<element id>``                  a whole element (shapes and tracks), or ``None``
``elements.<id>.keyframes.<frame>``        one keyframe of one joint of a skeleton track, or ``None``
=========================================  =====================================================================

The twin in the front end is ``js/src/document/changes.ts``; both pass ``tests/golden/changes.json``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from cvat_widgets.errors import AnnotationError
from cvat_widgets.model.records import Element, Keyframe, Record, Shape, Tag, Track, TrackElement

__all__ = ["ChangeSet", "Edit", "FieldChange", "apply_fields", "read_field"]

FieldChange = tuple[Any, Any]
"""``(from, to)`` in plain JSON values."""

_PLAIN: dict[type, frozenset[str]] = {
    Shape: frozenset(
        ["frame", "label", "type", "points", "rotation", "occluded", "outside", "z_order", "group", "source", "score"]
    ),
    Tag: frozenset(["frame", "label", "group", "source", "score"]),
    Track: frozenset(["label", "type", "group", "source", "score"]),
}

_TYPES: dict[type, dict[str, Any]] = {
    kind: {field.name: field.type for field in msgspec.structs.fields(kind)} for kind in (Shape, Tag, Track)
}


class Edit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody wants to change.

    ``updated`` maps a record id to ``{path: [from, to]}``; ``from`` is what the author saw, and lets an edit that was
    made on an old revision go through where nobody touched the same field.
    """

    added: tuple[Record, ...] = ()
    updated: dict[int, dict[str, FieldChange]] = msgspec.field(default_factory=dict)
    removed: tuple[int, ...] = ()

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Edit:
        """Read the JSON object of an edit; raise :class:`AnnotationError` if it is malformed."""
        try:
            return msgspec.convert(data, cls, str_keys=True)
        except msgspec.ValidationError as error:
            raise AnnotationError(f"not an edit: {error}") from None

    @property
    def touched(self) -> set[int]:
        """Ids of all records the edit names."""
        return {record.id for record in self.added} | set(self.updated) | set(self.removed)


class ChangeSet(msgspec.Struct, frozen=True, kw_only=True):
    """What happened: records added, fields changed from one value to another, records removed."""

    added: tuple[Record, ...] = ()
    updated: dict[int, dict[str, FieldChange]] = msgspec.field(default_factory=dict)
    removed: tuple[Record, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.updated or self.removed)

    @property
    def touched(self) -> set[int]:
        """Ids of all records that changed."""
        return {record.id for record in (*self.added, *self.removed)} | set(self.updated)

    def inverse(self) -> ChangeSet:
        """Return the change set that takes this one back."""
        turned = {
            record_id: {path: (after, before) for path, (before, after) in fields.items()}
            for record_id, fields in self.updated.items()
        }
        return ChangeSet(added=self.removed, updated=turned, removed=self.added)

    def to_edit(self) -> Edit:
        """Return the edit that would make this change again."""
        return Edit(added=self.added, updated=self.updated, removed=tuple(record.id for record in self.removed))

    def to_wire(self) -> dict[str, Any]:
        """Return the JSON object sent to browsers: removed records as ids."""
        wire: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self.to_edit()))
        return wire

    def apply_to(self, records: Mapping[int, Record]) -> dict[int, Record]:
        """Return a copy of ``records`` with this change made; ids are keys."""
        result = dict(records)
        for record in self.removed:
            result.pop(record.id, None)
        for record_id, fields in self.updated.items():
            result[record_id] = apply_fields(result[record_id], {path: after for path, (_, after) in fields.items()})
        for record in self.added:
            result[record.id] = record
        return result


def read_field(record: Record, path: str) -> Any:
    """Return the present value of a field as a plain JSON value (``None`` where nothing is set).

    Raises
    ------
    AnnotationError
        If records of this kind have no such field.
    """
    head, _, rest = path.partition(".")
    if not rest:
        if head in _PLAIN[type(record)]:
            return _json(getattr(record, head))
    elif head == "attributes":
        return record.attributes.get(_integer(rest, path))
    elif head == "keyframes" and isinstance(record, Track):
        return _json(record.keyframes.get(_integer(rest, path)))
    elif head == "elements" and isinstance(record, (Shape, Track)):
        element_id, _, inner = rest.partition(".")
        element = _element(record.elements, _integer(element_id, path))
        if not inner:
            return _json(element)
        frame = _keyframe_path(inner, path)
        if isinstance(element, TrackElement):
            return _json(element.keyframes.get(frame))
        if element is None:
            return None
    raise AnnotationError(f"a {type(record).__name__.lower()} has no field {path!r}", where=f"object {record.id}")


def apply_fields(record: Record, values: Mapping[str, Any]) -> Record:
    """Return the record with fields set to new values (plain JSON values; ``None`` removes a keyed entry).

    Raises
    ------
    AnnotationError
        Unknown path, or a value of the wrong type.
    """
    fields: dict[str, Any] = {}
    for path, value in values.items():
        head, _, rest = path.partition(".")
        read_field(record, path)  # refuses unknown paths
        if not rest:
            fields[head] = _converted(value, _TYPES[type(record)][head], record, path)
            continue
        present = fields.get(head, getattr(record, head))
        if head == "elements":
            fields[head] = _with_element(present, rest, value, record, path)
        else:
            item_type = str if head == "attributes" else Keyframe
            fields[head] = _with_entry(present, int(rest), value, item_type, record, path)
    return msgspec.structs.replace(record, **fields)


def _converted(value: Any, wanted: Any, record: Record, path: str) -> Any:
    try:
        return msgspec.convert(value, wanted, str_keys=True)
    except msgspec.ValidationError as error:
        raise AnnotationError(f"field {path!r} cannot be set: {error}", where=f"object {record.id}") from None


def _with_entry(present: Mapping[int, Any], key: int, value: Any, item_type: Any, record: Record, path: str) -> dict[int, Any]:
    """Return a copy of a keyed field with one entry set, or removed by ``None``."""
    entries = dict(present)
    if value is None:
        entries.pop(key, None)
    else:
        entries[key] = _converted(value, item_type, record, path)
    return entries


def _with_element(present: tuple[Any, ...], rest: str, value: Any, record: Record, path: str) -> tuple[Any, ...]:
    element_id, _, inner = rest.partition(".")
    old = _element(present, int(element_id))
    if not inner:
        wanted = Element if isinstance(record, Shape) else TrackElement
        new = None if value is None else _converted(value, wanted, record, path)
    else:
        if not isinstance(old, TrackElement):
            raise AnnotationError(f"there is no element {element_id}", where=f"object {record.id}, field {path!r}")
        keyframes = _with_entry(old.keyframes, _keyframe_path(inner, path), value, Keyframe, record, path)
        new = msgspec.structs.replace(old, keyframes=keyframes)
    if old is None:
        return present if new is None else (*present, new)
    return tuple(new if element is old else element for element in present if element is not old or new is not None)


def _element(elements: Iterable[Element | TrackElement], element_id: int) -> Element | TrackElement | None:
    return next((element for element in elements if element.id == element_id), None)


def _keyframe_path(inner: str, path: str) -> int:
    head, _, frame = inner.partition(".")
    if head != "keyframes":
        raise AnnotationError(f"an element has no field {inner!r}", where=f"field {path!r}")
    return _integer(frame, path)


def _integer(text: str, path: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise AnnotationError(f"{text!r} is not a number", where=f"field {path!r}") from None


def _json(value: Any) -> Any:
    """Return a value as JSON would give it back: lists instead of tuples, text keys."""
    return _lists(msgspec.to_builtins(value, str_keys=True))


def _lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lists(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        # Coordinates are by far the longest lists: numbers need no second look.
        return list(value) if not value or isinstance(value[0], (int, float)) else [_lists(item) for item in value]
    return value
