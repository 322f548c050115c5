"""Attribute values of rows with the types their definitions give them."""

from __future__ import annotations

from typing import Any

from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.table import AnnotationTable

__all__ = ["typed_attributes"]


def typed_attributes(table: AnnotationTable, labels: LabelSet) -> dict[int, dict[str, Any]]:
    """Return ``{row: {name: value}}``: checkboxes as booleans, numbers as numbers, the rest as text."""
    values = table.attributes
    if not len(values):
        return {}
    known: dict[tuple[int, int], tuple[str, Any]] = {}
    found: dict[int, dict[str, Any]] = {}
    for row, spec, code in zip(values.row.tolist(), values.spec.tolist(), values.code.tolist(), strict=True):
        pair = known.get((spec, code))
        if pair is None:
            definition = labels.attribute_by_id(spec)
            pair = known[spec, code] = (definition.name, _typed(definition.input_type, values.strings[code]))
        found.setdefault(row, {})[pair[0]] = pair[1]
    return found


def _typed(input_type: str, text: str) -> Any:
    if input_type == "checkbox" and text in ("true", "false"):
        return text == "true"
    if input_type == "number":
        try:
            number = float(text)
        except ValueError:
            return text
        # A number that would read back as another text stays a text.
        if f"{number:.15g}" == text:
            return int(number) if number.is_integer() and abs(number) < 1e15 else number
    return text
