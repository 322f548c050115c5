"""What the operations on objects share: new ids, changes of fields, checks of what was chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from cvat_widgets.model.changes import Edit, FieldChange, read_field
from cvat_widgets.model.kinds import Source
from cvat_widgets.model.records import Record, Shape, Tag, Track
from cvat_widgets.model.refusals import OperationError

__all__ = ["NewId", "change", "described", "fields_edit", "merged_edits", "plain_shapes", "source_after_edit"]

NewId = Callable[[], int]
"""Gives the next free object id each time it is called."""


def described(record: Record) -> str:
    """Return how a message calls an object."""
    return f"{type(record).__name__.lower()} {record.id}"


def source_after_edit(source: Source) -> Source:
    """Return the source of an object that a person has changed: what a model proposed is then both's."""
    if source in ("auto", "semi-auto"):
        return "semi-auto"
    return source if source == "consensus" else "manual"


def change(record: Record, path: str, value: Any) -> dict[str, FieldChange]:
    """Return the change of one field, or nothing if it has that value already."""
    before, after = read_field(record, path), _plain(value)
    return {} if before == after else {path: (before, after)}


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    return msgspec.json.decode(msgspec.json.encode(value)) if isinstance(value, msgspec.Struct) else (
        list(value) if isinstance(value, tuple) else value
    )  # fmt: skip


def fields_edit(record: Record, values: Mapping[str, Any], *, touches_source: bool = True) -> Edit:
    """Return the edit that sets fields of one record; empty if nothing would change."""
    fields: dict[str, FieldChange] = {}
    for path, value in values.items():
        fields |= change(record, path, value)
    if fields and touches_source:
        fields |= change(record, "source", source_after_edit(record.source))
    return Edit(updated={record.id: fields} if fields else {})


def merged_edits(edits: Sequence[Edit]) -> Edit:
    """Return edits of different objects as one."""
    updated: dict[int, dict[str, FieldChange]] = {}
    for edit in edits:
        for record_id, fields in edit.updated.items():
            updated.setdefault(record_id, {}).update(fields)
    return Edit(
        added=tuple(record for edit in edits for record in edit.added),
        updated=updated,
        removed=tuple(dict.fromkeys(record_id for edit in edits for record_id in edit.removed)),
    )


def plain_shapes(records: Sequence[Record], verb: str) -> list[Shape]:
    """Return the records if all are plain shapes.

    Raises
    ------
    OperationError
        ``tags`` or ``tracks``: there is one among them.
    """
    shapes: list[Shape] = []
    for record in records:
        if isinstance(record, Tag):
            raise OperationError("tags", f"a tag cannot be {verb}", where=described(record), hint="Choose shapes only")
        if isinstance(record, Track):
            raise OperationError(
                "tracks", f"a track cannot be {verb}", where=described(record), hint="Choose shapes of one frame only"
            )
        shapes.append(record)
    return shapes
