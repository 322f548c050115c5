"""Filters as queries of pandas, over the columns of the DataFrame and ``width`` and ``height``.

An attribute is missing from objects of other labels, and the columns then hold ``<NA>``: rules of attributes therefore name
the label, and under a negation they say that there is a value, since "not <NA>" is not true. Twin of
``js/src/filter/query.ts``.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from cvat_widgets.model.filter_properties import DRAWN_TYPES, KINDS, Property, checked_property, property_of
from cvat_widgets.model.filter_tree import OPPOSITES, FilterError, Group, PropertyRef, Rule, parse_filter
from cvat_widgets.model.labels import LabelSet

__all__ = ["chosen_values", "to_query"]

_TEXT_METHODS = {
    "like": ".str.contains({}, regex=False)",
    "starts_with": ".str.startswith({})",
    "ends_with": ".str.endswith({})",
}
_UNWANTED = re.compile("\\\\\\\\|[\x7f-\x9f\u2028\u2029]")
_SMALLEST_PLAIN = 1e-6


@dataclass(frozen=True)
class _Query:
    """A part of a query; ``joined`` ones need parentheses inside of something larger."""

    text: str
    joined: bool = False


_KIND_QUERIES = {
    (): _Query("type.isna()"),
    ("shape",): _Query('track_id.isna() and type != "tag"', joined=True),
    ("track",): _Query("track_id.notna()"),
    ("tag",): _Query('type == "tag"'),
    ("shape", "track"): _Query('type != "tag"'),
    ("shape", "tag"): _Query("track_id.isna()"),
    ("track", "tag"): _Query('track_id.notna() or type == "tag"', joined=True),
    ("shape", "track", "tag"): _Query("type.notna()"),
}
"""Shapes, tracks and tags are told apart by two columns."""


def to_query(logic: Mapping[str, Any] | str | Group, labels: LabelSet | None = None) -> str:
    """Return the query of pandas that chooses the same rows as a filter.

    Parameters
    ----------
    logic
        JSON logic, as a mapping or as text.
    labels
        Labels of the task; with them, attributes and their types are checked.

    Returns
    -------
    str
        A query over the columns of :mod:`cvat_widgets.dataframe` and ``width`` and ``height``, the size of the box around
        each object, which ``filter()`` of a task adds.

    Raises
    ------
    FilterError
        The filter is not valid, or the columns cannot express it.
    """
    tree = logic if isinstance(logic, Group) else parse_filter(logic)
    return _node(tree, labels, negated=False).text


def _node(node: Rule | Group, labels: LabelSet | None, *, negated: bool) -> _Query:
    if isinstance(node, Rule):
        return _rule(node, labels, negated=negated)
    parts = [_node(child, labels, negated=negated or node.negated) for child in node.children]
    whole = _joined(parts, node.conjunction)
    return _not(whole) if node.negated else whole


def _joined(parts: Sequence[_Query], conjunction: str) -> _Query:
    if len(parts) == 1:
        return parts[0]
    return _Query(f" {conjunction} ".join(f"({part.text})" if part.joined else part.text for part in parts), joined=True)


def _not(query: _Query) -> _Query:
    return _Query(f"not ({query.text})")


def _rule(rule: Rule, labels: LabelSet | None, *, negated: bool) -> _Query:
    found = checked_property(rule, labels)
    if found.name == "type":
        return _KIND_QUERIES[chosen_values(rule, KINDS)]
    if found.name == "shape":
        return _shape(rule)
    refs = [property_of(value.property, labels) for value in rule.values if isinstance(value, PropertyRef)]
    for each in (found, *refs):
        _check_column(each, labels)
    attributes = [each for each in (found, *refs) if each.label is not None]
    if not attributes:
        return _plain(rule, found, refs)
    # Rules that are negations become the negation of their opposites, so that objects of other labels match them.
    positive = OPPOSITES.get(rule.operator, rule.operator)
    reversed_ = positive != rule.operator
    guards = [f"label == {_literal(each.label or '')}" for each in attributes]
    if positive != "is_not_empty" and (negated or reversed_):
        guards += [f"{_column(each)}.notna()" for each in attributes]
    inner = _plain(replace(rule, operator=positive), found, refs)
    whole = _Query(" and ".join(dict.fromkeys([*guards, inner.text])), joined=True)
    return _not(whole) if reversed_ else whole


def _plain(rule: Rule, found: Property, refs: Sequence[Property]) -> _Query:
    """Return a rule of a column of its own, which has a value in every row, or NaN."""
    column = _column(found)
    operands = [_column(refs[0]) if isinstance(value, PropertyRef) else _literal(value) for value in rule.values]
    if rule.operator in _TEXT_METHODS:
        return _Query(column + _TEXT_METHODS[rule.operator].format(operands[0]))
    match rule.operator:
        case "any_in":
            return _Query(f"{column} in [{', '.join(operands)}]")
        case "not_in":
            return _Query(f"{column} not in [{', '.join(operands)}]")
        case "between":
            return _Query(f"{operands[0]} <= {column} <= {operands[1]}")
        case "not_between":
            return _not(_Query(f"{operands[0]} <= {column} <= {operands[1]}"))
        case "is_empty":
            return _Query(f'{column} in [""]' if _is_text(found, rule) else f"{column}.isna()")
        case "is_not_empty":
            if _is_text(found, rule):
                return _Query(f'{column}.notna() and {column} not in [""]', joined=True)
            return _Query(f"{column}.notna()")
    return _Query(f"{column} {rule.operator} {operands[0]}")


def _is_text(found: Property, rule: Rule) -> bool:
    """Whether a column holds texts; an attribute of unknown type is taken for one, which is right for every type."""
    return found.type == "text" or (found.type is None and not rule.values)


def chosen_values(rule: Rule, known: Sequence[str]) -> tuple[str, ...]:
    """Return the values of a closed list that a rule of texts chooses."""
    first = str(rule.values[0]) if rule.values else ""
    match rule.operator:
        case "==" | "any_in":
            return tuple(each for each in known if each in rule.values)
        case "!=" | "not_in":
            return tuple(each for each in known if each not in rule.values)
        case "like":
            return tuple(each for each in known if first in each)
        case "starts_with":
            return tuple(each for each in known if each.startswith(first))
        case "ends_with":
            return tuple(each for each in known if each.endswith(first))
        case "is_not_empty":
            return tuple(each for each in known if each)
    return tuple(each for each in known if not each)


def _shape(rule: Rule) -> _Query:
    """Return a rule of shapes; the column ``type`` says ``tag`` where there is none."""
    match rule.operator:
        case "is_empty":
            return _Query('type == "tag"')
        case "is_not_empty":
            return _Query('type != "tag"')
        case "==" | "!=":
            return _Query(f"type {rule.operator} {_literal(str(rule.values[0]))}")
    positive = OPPOSITES.get(rule.operator, rule.operator)
    types = ", ".join(_literal(each) for each in chosen_values(replace(rule, operator=positive), DRAWN_TYPES))
    return _Query(f"type {'in' if positive == rule.operator else 'not in'} [{types}]")


def _check_column(found: Property, labels: LabelSet | None) -> None:
    """Refuse columns that hold texts because two labels give an attribute different types: numbers in them do not compare."""
    if found.column is None:
        raise FilterError(f'"{found.name}" is not in the DataFrame, so a query cannot ask for it', where="filter")
    if labels is None or found.attribute is None or found.type == "text":
        return
    every = [each for top in labels for label in (top, *top.sublabels) for each in label.attributes]
    if len({each.input_type for each in every if each.name == found.attribute}) > 1:
        raise FilterError(
            f'the column "{found.column}" holds attributes of several types, so a query cannot ask for it', where="filter"
        )


def _column(found: Property) -> str:
    name = found.column or ""
    if re.fullmatch("[a-z_]+", name):
        return name
    if "`" in name or any(sign in "\u2028\u2029" or unicodedata.category(sign) == "Cc" for sign in name):
        raise FilterError(f"a query cannot name the column {name!r}", where="filter")
    return f"`{name}`"


def _literal(value: str | float) -> str:
    """Write a value as Python and JavaScript both do."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        # pandas reads a query line by line: no character may end a line. And it takes a quote after an escaped backslash for an
        # escaped quote, so none may stand there.
        return _UNWANTED.sub(lambda sign: f"\\u{ord(sign[0][0]):04x}", json.dumps(value, ensure_ascii=False))
    if value == int(value):
        return str(int(value))
    if abs(value) >= _SMALLEST_PLAIN:
        return format(Decimal(repr(value)), "f")
    return re.sub(r"e-0*", "e-", repr(value))
