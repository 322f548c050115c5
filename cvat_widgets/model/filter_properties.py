"""What a filter can ask of an object: the properties of CVAT's filters, and the columns of the DataFrame that hold them.

Twin of ``js/src/filter/properties.ts``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from cvat_widgets.model.filter_tree import FilterError, PropertyRef, Rule
from cvat_widgets.model.kinds import SHAPE_TYPES, SOURCES
from cvat_widgets.model.labels import LabelSet

__all__ = ["DRAWN_TYPES", "KINDS", "Property", "checked_property", "property_of"]

PropertyType = Literal["number", "text", "boolean"]

KINDS: Final = ("shape", "track", "tag")
DRAWN_TYPES: Final = tuple(name for name in SHAPE_TYPES if name != "tag")

_NUMBER_OPERATORS = ("==", "!=", ">", ">=", "<", "<=", "between", "not_between", "any_in", "not_in", "is_empty", "is_not_empty")
_TEXT_OPERATORS = ("==", "!=", "any_in", "not_in", "like", "starts_with", "ends_with", "is_empty", "is_not_empty")
_OPERATORS_OF: dict[PropertyType, tuple[str, ...]] = {
    "number": _NUMBER_OPERATORS,
    "text": _TEXT_OPERATORS,
    "boolean": ("==", "!=", "is_empty", "is_not_empty"),
}
_TYPES: dict[PropertyType, type | tuple[type, ...]] = {"number": (int, float), "text": str, "boolean": bool}


@dataclass(frozen=True)
class Property:
    """One thing that rules can test.

    Parameters
    ----------
    name
        As in JSON logic.
    type
        ``None`` for an attribute while no labels are known.
    column
        Column of the DataFrame; ``None`` if there is none.
    values
        The only values allowed; empty if any is.
    label, attribute
        For attributes: the label and the attribute they belong to.
    """

    name: str
    type: PropertyType | None
    column: str | None
    values: tuple[str, ...] = ()
    label: str | None = None
    attribute: str | None = None


_FIXED: Final = {
    each.name: each
    for each in (
        Property("label", "text", "label"),
        Property("type", "text", "type", KINDS),
        Property("shape", "text", "type", DRAWN_TYPES),
        Property("source", "text", "source", SOURCES),
        Property("occluded", "boolean", "occluded"),
        Property("width", "number", "width"),
        Property("height", "number", "height"),
        Property("rotation", "number", "rotation"),
        Property("objectID", "number", "id"),
        Property("serverID", "number", "id"),
        Property("zOrder", "number", "z_order"),
        Property("score", "number", "score"),
        Property("votes", "number", None),
    )
}


def property_of(name: str, labels: LabelSet | None) -> Property:
    """Return a property by name.

    Raises
    ------
    FilterError
        There is no such property, or no such attribute among the labels.
    """
    fixed = _FIXED.get(name)
    if fixed:
        return fixed
    if not name.startswith("attr."):
        raise FilterError(f'"{name[:100]}" is not a property of objects', where="filter", hint=f"Known are {', '.join(_FIXED)}")
    if labels is None:
        return _unchecked_attribute(name)
    for label in labels:
        for attribute in label.attributes:
            if f"attr.{_escaped(label.name)}.{_escaped(attribute.name)}" == name:
                types: dict[str, PropertyType] = {"number": "number", "checkbox": "boolean"}
                kind = types.get(attribute.input_type, "text")
                return Property(name, kind, f"attr.{attribute.name}", label=label.name, attribute=attribute.name)
    known = [f"{_escaped(label.name)}.{_escaped(each.name)}" for label in labels for each in label.attributes]
    raise FilterError(
        f'the labels have no attribute "{name[5:200]}" (label.attribute)',
        where="filter",
        hint=f"There are {', '.join(known[:20]) or 'none'}",
    )


def _escaped(name: str) -> str:
    """Write a name as CVAT does: a dot becomes a bullet, since dots separate the parts of a property."""
    return name.replace(".", "\u2219")


def _unchecked_attribute(name: str) -> Property:
    parts = name.split(".")
    if len(parts) != 3 or not all(parts):  # attr, label, attribute
        raise FilterError(f'"{name[:200]}" does not name a label and an attribute', where="filter", hint="Write attr.car.color")
    label, attribute = (part.replace("\u2219", ".") for part in parts[1:])
    return Property(name, None, f"attr.{attribute}", label=label, attribute=attribute)


def checked_property(rule: Rule, labels: LabelSet | None) -> Property:
    """Return the property of a rule, once operator and values are known to fit it.

    Raises
    ------
    FilterError
        The property does not exist, or operator or values do not fit it.
    """
    found = property_of(rule.property, labels)
    if found.type is not None and rule.operator not in _OPERATORS_OF[found.type]:
        raise FilterError(f'"{found.name}" is a {found.type}: "{rule.operator}" does not apply to it', where="filter")
    for value in rule.values:
        _check_operand(found, value, labels)
    if found.values and rule.operator not in ("like", "starts_with", "ends_with"):
        for value in rule.values:
            if value not in found.values:
                raise FilterError(
                    f'"{found.name}" is one of {", ".join(found.values)}, not "{str(value)[:100]}"', where="filter"
                )
    return found


def _check_operand(found: Property, value: object, labels: LabelSet | None) -> None:
    if isinstance(value, PropertyRef):
        other = property_of(value.property, labels)
        if found.type not in ("number", None) or other.type not in ("number", None):
            raise FilterError(
                f'only numbers can be compared with each other, not "{found.name}" with "{other.name}"', where="filter"
            )
        return
    if found.type is None:
        return
    fits = isinstance(value, _TYPES[found.type]) and (found.type == "boolean") == isinstance(value, bool)
    if not fits:
        raise FilterError(f'"{found.name}" is a {found.type}: {str(value)[:100]!r} does not fit it', where="filter")
