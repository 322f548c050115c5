"""Filters and searches of lists, compiled to SQL: CVAT's JSON logic, and its search (``owner: ann AND subset: train``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import ColumnElement, and_, false, not_, or_, select

from cvat_widgets.model.filter_tree import FilterError, Group, PropertyRef, Rule, parse_filter
from cvat_widgets.store.list_properties import ListProperty, folded

__all__ = ["filter_condition", "search_condition"]

Properties = Mapping[str, ListProperty]

_MAX_SEARCH = 500
_MAX_TERMS = 12
_LARGEST = (1 << 53) - 1
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_FIELD = re.compile(r"\s*([a-z_ ]+?)\s*:\s*(.*)", re.IGNORECASE | re.DOTALL)
_SHORT = {"project": "project_name", "task": "task_name", "data": "mode", "last updated": "updated_date"}
"""What people type for a field, besides its name."""


# -- search ------------------------------------------------------------------------------------------------------------


def search_condition(text: str, properties: Properties) -> ColumnElement[bool] | None:
    """Return what a search means, ``None`` for an empty one.

    Words without a field are looked for in all fields of the list; ``name: street AND owner: ann`` in these. Parts of words are
    found, whatever their case; an id must be whole.

    Raises
    ------
    FilterError
        It is longer than any search a person types, or an id is no number.
    """
    text = text.strip()
    if not text:
        return None
    if len(text) > _MAX_SEARCH:
        raise FilterError(f"a search has at most {_MAX_SEARCH} characters", where="search")
    terms = _AND.split(text)
    if len(terms) > _MAX_TERMS:
        raise FilterError(f"a search has at most {_MAX_TERMS} parts", where="search")
    return and_(*(_term(term.strip(), properties) for term in terms))


def _term(term: str, properties: Properties) -> ColumnElement[bool]:
    match = _FIELD.fullmatch(term)
    if match:
        typed = match[1].lower()
        name = typed.replace(" ", "_")
        found = properties.get(name) or properties.get(_SHORT.get(typed, ""))
        if found is not None and found.kind != "date":
            return _field(name, found, match[2].strip())
    return or_(*(_contains(each, term) for each in properties.values() if each.searched))


def _field(name: str, found: ListProperty, value: str) -> ColumnElement[bool]:
    if found.kind == "number":
        if not value.isdecimal() or int(value) > _LARGEST:
            raise FilterError(f"{name} is a whole number, not {value[:40]!r}", where="search")
        return _present(found, found.column == int(value))
    return _contains(found, value)


def _contains(found: ListProperty, text: str) -> ColumnElement[bool]:
    text = text.lower()
    if found.values:
        # A few known words: no row has to be looked at with LIKE, and none at all if the text is in no word.
        known = [value for value in found.values if text in value]
        return found.column.in_(known) if known else false()
    if found.named_by is not None:
        key, table = found.named_by
        other = table.alias()
        return key.in_(select(other.c.id).where(folded(other.c.name).contains(text, autoescape=True)))
    return folded(found.column).contains(text, autoescape=True)


# -- filters -----------------------------------------------------------------------------------------------------------


def filter_condition(logic: Mapping[str, Any] | str | None, properties: Properties) -> ColumnElement[bool] | None:
    """Return what a filter in JSON logic means, ``None`` for none.

    Dates are ISO 8601 texts, as CVAT writes them, or seconds since 1970. Rules on empty fields are false, but for "is empty",
    "is not" and "not in".

    Raises
    ------
    FilterError
        It is no filter, or asks for something the list has not.
    """
    if not logic:
        return None
    return _group(parse_filter(_with_numbers(logic)), properties)


def _with_numbers(logic: Mapping[str, Any] | str) -> Mapping[str, Any] | str:
    """Write dates that are compared as seconds since 1970, which is how filters compare."""
    if isinstance(logic, str):
        import json

        try:
            logic = json.loads(logic)
        except (ValueError, RecursionError):
            return logic  # the parser says what is wrong with it
    try:
        return _dates(logic)
    except RecursionError:
        raise FilterError("groups are nested too deep", where="filter") from None


def _dates(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key: _date_values(value) if key in (">", ">=", "<", "<=") else _dates(value) for key, value in node.items()}
    return [_dates(each) for each in node] if isinstance(node, list) else node


def _date_values(values: Any) -> Any:
    if not isinstance(values, list) or not any(isinstance(each, str) for each in values):
        return values
    return [_seconds(each) if isinstance(each, str) else each for each in values]


def _seconds(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise FilterError(f"{text[:40]!r} is no date", where="filter", hint="Write it as 2026-01-31T12:00:00Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


def _group(group: Group, properties: Properties) -> ColumnElement[bool]:
    parts = [_group(each, properties) if isinstance(each, Group) else _rule(each, properties) for each in group.children]
    joined = and_(*parts) if group.conjunction == "and" else or_(*parts)
    return not_(joined) if group.negated else joined


def _rule(rule: Rule, properties: Properties) -> ColumnElement[bool]:
    found = properties.get(rule.property)
    if found is None:
        raise FilterError(
            f"{rule.property[:60]!r} is no property of this list", where="filter", hint=f"Known are {', '.join(properties)}"
        )
    operator = rule.operator
    if operator in ("is_empty", "is_not_empty"):
        empty = folded(found.column) == "" if found.kind == "text" else found.column.is_(None)
        return empty if operator == "is_empty" else not_(empty)
    values = [_value(rule, found, value, properties) for value in rule.values]
    if operator in ("!=", "not_in", "not_between"):
        opposite = {"!=": "==", "not_in": "any_in", "not_between": "between"}[operator]
        return not_(_test(rule, opposite, found, values))
    return _test(rule, operator, found, values)


def _test(rule: Rule, operator: str, found: ListProperty, values: list[Any]) -> ColumnElement[bool]:
    column = found.column
    if operator == "any_in":
        return _present(found, column.in_(values))
    if operator == "==":
        return _present(found, column == values[0])
    if found.kind == "text":
        tests = {"like": "contains", "starts_with": "startswith", "ends_with": "endswith"}
        if operator in tests:
            return getattr(folded(column), tests[operator])(str(values[0]).lower(), autoescape=True)
    elif operator == "between":
        return _present(found, column.between(*values))
    elif operator in (">", ">=", "<", "<="):
        value = values[0]
        ordered = {">": column > value, ">=": column >= value, "<": column < value, "<=": column <= value}
        return _present(found, ordered[operator])
    raise FilterError(f"{rule.property!r} cannot be tested by {rule.operator!r}", where="filter")


def _present(found: ListProperty, test: ColumnElement[bool]) -> ColumnElement[bool]:
    """Make a test of something that may be missing true or false, never unknown: negations rely on it."""
    return and_(found.column.is_not(None), test) if found.nullable else test


def _value(rule: Rule, found: ListProperty, value: Any, properties: Properties) -> Any:
    if isinstance(value, PropertyRef):
        other = properties.get(value.property)
        if other is None or other.kind != found.kind:
            raise FilterError(f"{rule.property!r} cannot be compared with {value.property[:60]!r}", where="filter")
        return other.column
    if found.kind == "text":
        return str(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise FilterError(f"{rule.property!r} is compared with a number", where="filter")
    if found.kind == "number":
        return value
    try:
        return datetime.fromtimestamp(value, timezone.utc).isoformat()
    except (ValueError, OverflowError, OSError):
        raise FilterError(f"{value!r} is no moment", where="filter") from None
