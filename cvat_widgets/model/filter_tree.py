"""Filters of objects: JSON logic read into groups of rules, and written again.

JSON logic is written as CVAT writes it, so that filters can be carried over::

    {"and": [{"==": [{"var": "label"}, "car"]}, {">": [{"var": "width"}, 50]}]}

Twin of ``js/src/filter/tree.ts``; both pass ``tests/golden/filters.json``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from cvat_widgets.errors import CvatWidgetsError

__all__ = ["OPERATORS", "OPPOSITES", "FilterError", "Group", "PropertyRef", "Rule", "parse_filter", "to_logic"]

Conjunction = Literal["and", "or"]
Scalar = str | float | bool

OPERATORS: Final = (
    "==", "!=", ">", ">=", "<", "<=", "any_in", "not_in", "is_empty", "is_not_empty", "between", "not_between", "like",
    "starts_with", "ends_with",
)  # fmt: skip
OPPOSITES: Final = {"!=": "==", "not_in": "any_in", "not_between": "between", "is_empty": "is_not_empty"}
"""Operators that are the negation of another one."""

_COMPARISONS = ("==", "!=", ">", ">=", "<", "<=")
_TEXT_TESTS = {"startsWith": "starts_with", "starts_with": "starts_with", "endsWith": "ends_with", "ends_with": "ends_with"}
_NEGATED = {"any_in": "not_in", "between": "not_between"}
_MAX_DEPTH = 16
_MAX_NODES = 500
_MAX_VALUES = 1000
_MAX_TEXT = 4096
_MAX_NUMBER = 1e15


class FilterError(CvatWidgetsError):
    """A filter is not made of the known operators, or does not fit the labels of the task."""


@dataclass(frozen=True)
class PropertyRef:
    """A property to compare with, in the place of a value."""

    property: str


@dataclass(frozen=True)
class Rule:
    """One test of one property.

    Parameters
    ----------
    property
        ``label``, ``width``, ``attr.car.color`` ...
    operator
        One of :data:`OPERATORS`.
    values
        One; two for ``between``; any number for ``any_in``; none for ``is_empty``.
    """

    property: str
    operator: str
    values: tuple[Scalar | PropertyRef, ...] = ()


@dataclass(frozen=True)
class Group:
    """Rules and groups joined by ``and`` or ``or``, perhaps negated."""

    children: tuple[Rule | Group, ...]
    conjunction: Conjunction = "and"
    negated: bool = False


# -- reading -----------------------------------------------------------------------------------------------------------


def parse_filter(logic: Mapping[str, Any] | str) -> Group:
    """Read JSON logic, as a mapping or as text.

    Parameters
    ----------
    logic
        Made of the operators of filters only.

    Returns
    -------
    Group
        The root; a single rule becomes a group of one.

    Raises
    ------
    FilterError
        It is something else, or larger than any filter a person makes.
    """
    value: object = logic
    if isinstance(logic, str):
        try:
            value = json.loads(logic)
        except (ValueError, RecursionError) as error:
            raise FilterError(f"this is not JSON: {error}", where="filter") from None
    node = _Parser().parse(value, 0)
    return node if isinstance(node, Group) else Group((node,))


class _Parser:
    """Reads one filter; counts what it has read, since a filter may come from anywhere."""

    def __init__(self) -> None:
        self.left = _MAX_NODES

    def parse(self, logic: object, depth: int) -> Rule | Group:
        if depth > _MAX_DEPTH:
            raise FilterError(f"groups are nested more than {_MAX_DEPTH} deep", where="filter")
        if self.left <= 0:
            raise FilterError(f"a filter has at most {_MAX_NODES} rules and groups", where="filter")
        self.left -= 1
        operator, value = _entry(logic)
        if operator in ("and", "or"):
            if not isinstance(value, list) or not value:
                raise FilterError(f'"{operator}" needs a list of rules', where="filter")
            children = tuple(self.parse(each, depth + 1) for each in value)
            return Group(children, "and" if operator == "and" else "or")
        if operator == "!":
            return self.negation(_only(value), depth)
        if operator == "!!":
            return Rule(_variable(_only(value)), "is_not_empty")
        return _rule(operator, value)

    def negation(self, inner: object, depth: int) -> Rule | Group:
        if _is_variable(inner):
            return Rule(_variable(inner), "is_empty")
        node = self.parse(inner, depth + 1)
        if isinstance(node, Rule):
            opposite = _NEGATED.get(node.operator)
            return Rule(node.property, opposite, node.values) if opposite else Group((node,), negated=True)
        return Group((node,), negated=True) if node.negated else Group(node.children, node.conjunction, negated=True)


def _rule(operator: str, value: object) -> Rule:
    if operator == "in":
        return _membership(*_pair(operator, value))
    if operator in _TEXT_TESTS:
        left, right = _pair(operator, value)
        return Rule(_variable(left), _TEXT_TESTS[operator], (_text(operator, right),))
    if operator == "<=" and isinstance(value, list) and len(value) == 3:  # low, property, high
        return Rule(_variable(value[1]), "between", (_number("between", value[0]), _number("between", value[2])))
    if operator in _COMPARISONS:
        return _comparison(operator, *_pair(operator, value))
    raise FilterError(
        f'"{operator[:40]}" is not an operator of filters',
        where="filter",
        hint="Known are and, or, !, !!, in, startsWith, endsWith, ==, !=, >, >=, < and <=",
    )


def _entry(logic: object) -> tuple[str, object]:
    if not isinstance(logic, Mapping):
        raise FilterError('a rule is an object such as {"==": [{"var": "label"}, "car"]}', where="filter")
    if len(logic) != 1:
        raise FilterError("a rule has exactly one operator", where="filter")
    operator, value = next(iter(logic.items()))
    return str(operator), list(value) if isinstance(value, tuple) else value


def _membership(left: object, right: object) -> Rule:
    if not _is_variable(left):
        return Rule(_variable(right), "like", (_text("in", left),))
    if not isinstance(right, (list, tuple)) or not 0 < len(right) <= _MAX_VALUES:
        raise FilterError(f'"in" needs a list of 1 to {_MAX_VALUES} values', where="filter")
    return Rule(_variable(left), "any_in", tuple(_scalar(each) for each in right))


def _comparison(operator: str, left: object, right: object) -> Rule:
    equality = operator in ("==", "!=")
    if equality and right is None:
        return Rule(_variable(left), "is_empty" if operator == "==" else "is_not_empty")
    if _is_variable(right):
        return Rule(_variable(left), operator, (PropertyRef(_variable(right)),))
    return Rule(_variable(left), operator, (_scalar(right) if equality else _number(operator, right),))


def _only(value: object) -> object:
    if not isinstance(value, list):
        return value
    if len(value) != 1:
        raise FilterError("a negation has exactly one rule", where="filter")
    return value[0]


def _pair(operator: str, value: object) -> tuple[object, object]:
    if not isinstance(value, list) or len(value) != 2:  # a pair
        raise FilterError(f'"{operator}" needs a property and a value', where="filter")
    return value[0], value[1]


def _is_variable(value: object) -> bool:
    return isinstance(value, Mapping) and "var" in value


def _variable(value: object) -> str:
    name = value["var"] if isinstance(value, Mapping) and set(value) == {"var"} else None
    if not isinstance(name, str) or not 0 < len(name) <= _MAX_TEXT:
        raise FilterError('a rule names its property first, as {"var": "label"}', where="filter")
    return name


def _scalar(value: object) -> Scalar:
    if isinstance(value, bool):
        return value
    return _number("a value", value) if isinstance(value, (int, float)) else _text("a value", value)


def _number(what: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= _MAX_NUMBER:
        raise FilterError(f"{what} needs a number", where="filter")
    return value


def _text(what: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > _MAX_TEXT or any("\ud800" <= sign <= "\udfff" for sign in value):
        raise FilterError(f"{what} needs a text of at most {_MAX_TEXT} characters", where="filter")
    return value


# -- writing -----------------------------------------------------------------------------------------------------------


def to_logic(node: Rule | Group) -> dict[str, Any]:
    """Return a tree as JSON logic."""
    if isinstance(node, Rule):
        return _rule_logic(node)
    logic: dict[str, Any] = {node.conjunction: [to_logic(child) for child in node.children]}
    return {"!": logic} if node.negated else logic


def _rule_logic(rule: Rule) -> dict[str, Any]:
    variable = {"var": rule.property}
    operands = [{"var": value.property} if isinstance(value, PropertyRef) else value for value in rule.values]
    positive = OPPOSITES.get(rule.operator, rule.operator)
    logic: dict[str, Any]
    if positive == "is_not_empty":
        return {"!" if rule.operator == "is_empty" else "!!": variable}
    if positive == "any_in":
        logic = {"in": [variable, operands]}
    elif positive == "between":
        logic = {"<=": [operands[0], variable, operands[1]]}
    elif positive == "like":
        logic = {"in": [operands[0], variable]}
    elif positive in ("starts_with", "ends_with"):
        logic = {"startsWith" if positive == "starts_with" else "endsWith": [variable, operands[0]]}
    else:
        return {rule.operator: [variable, operands[0]]}
    return {"!": logic} if positive != rule.operator else logic
