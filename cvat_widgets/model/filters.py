"""Filters applied to annotation tables: JSON logic to a boolean mask, on whole columns.

A comparison with what an object does not have is false; ``!=``, ``not_in``, ``not_between`` and ``is_empty`` are the negation
of their opposites, so objects of other labels match them. Nothing is ever run as code. Twin of ``js/src/filter/logic.ts``.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.filter_properties import KINDS, Property, checked_property, property_of
from cvat_widgets.model.filter_query import to_query
from cvat_widgets.model.filter_tree import OPPOSITES, FilterError, Group, PropertyRef, Rule, parse_filter, to_logic
from cvat_widgets.model.geometry import bounding_boxes
from cvat_widgets.model.kinds import SHAPE_TYPES, SKELETON, SOURCES, Flag
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.table import AnnotationTable

__all__ = ["FilterError", "filter_mask", "parse_filter", "to_logic", "to_query", "widths_and_heights"]

_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*")
_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
}  # fmt: skip
_TEXT: dict[str, Callable[[str, Sequence[Any]], bool]] = {
    "==": lambda text, values: text == values[0],
    "any_in": lambda text, values: text in values,
    "is_not_empty": lambda text, _: text != "",
    "like": lambda text, values: values[0] in text,
    "starts_with": lambda text, values: text.startswith(values[0]),
    "ends_with": lambda text, values: text.endswith(values[0]),
}


def filter_mask(table: AnnotationTable, labels: LabelSet, logic: Mapping[str, Any] | str | Group) -> NDArray[np.bool_]:
    """Return which rows of a table match a filter.

    Parameters
    ----------
    table
        Shapes, keyframes (or interpolated states) of tracks, and tags.
    labels
        Labels of the task.
    logic
        JSON logic, as a mapping or as text.

    Returns
    -------
    numpy.ndarray
        bool of shape (n,). Attributes are those in force at a keyframe. Joints go with their skeleton.

    Raises
    ------
    FilterError
        The filter is not valid or does not fit the labels.
    """
    tree = logic if isinstance(logic, Group) else parse_filter(logic)
    found = _Columns(table, labels).mask(tree)
    joints = np.flatnonzero(table.parent >= 0)
    if len(joints):
        found[joints] = _with_skeletons(table, found, joints)
    return found


def _with_skeletons(table: AnnotationTable, found: NDArray[np.bool_], joints: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which joints belong to a skeleton that matches on their frame or, where it has no keyframe there, on any."""
    skeletons = np.flatnonzero((table.type == SKELETON) & (table.parent < 0))
    span = int(table.frame.max(initial=0)) + 1
    keys = table.id[skeletons] * span + table.frame[skeletons]
    wanted = table.parent[joints] * span + table.frame[joints]
    matched = found[skeletons]
    known = np.isin(wanted, keys)
    return np.where(
        known, np.isin(wanted, keys[matched]), np.isin(table.parent[joints], np.unique(table.id[skeletons][matched]))
    )


def widths_and_heights(table: AnnotationTable) -> NDArray[np.float64]:
    """Return width and height of the box around every row: float64 of shape (n, 2), NaN for tags.

    The box of a skeleton is that around its visible joints, as far as they have rows on its frame.
    """
    boxes = bounding_boxes(table)
    joints = np.flatnonzero((table.parent >= 0) & ~table.has(Flag.OUTSIDE) & ~np.isnan(boxes[:, 0]))
    skeletons = np.flatnonzero(table.type == SKELETON)
    if len(joints) and len(skeletons):
        span = int(table.frame.max(initial=0)) + 1
        keys = table.parent[joints] * span + table.frame[joints]
        order = np.argsort(keys, kind="stable")
        groups, starts = np.unique(keys[order], return_index=True)
        low = np.minimum.reduceat(boxes[joints[order], :2], starts)
        high = np.maximum.reduceat(boxes[joints[order], 2:], starts)
        wanted = table.id[skeletons] * span + table.frame[skeletons]
        at = np.minimum(np.searchsorted(groups, wanted), len(groups) - 1)
        has = groups[at] == wanted
        boxes[skeletons[has]] = np.column_stack((low, high))[at[has]]
    return boxes[:, 2:] - boxes[:, :2]


@dataclass(frozen=True)
class _Texts:
    """A column of texts: codes into a vocabulary, -1 for none."""

    codes: NDArray[Any]
    vocabulary: Sequence[str]

    def choose(self, fits: Callable[[str], bool]) -> NDArray[np.bool_]:
        """Ask each distinct text once."""
        chosen = np.array([*(fits(text) for text in self.vocabulary), False])
        return chosen[self.codes]

    def numbers(self) -> NDArray[np.float64]:
        values = [float(text) if _NUMBER.fullmatch(text) else np.nan for text in self.vocabulary]
        return np.array([*values, np.nan])[self.codes]


class _Columns:
    """The columns of one table that rules ask for, made when they are first asked for."""

    def __init__(self, table: AnnotationTable, labels: LabelSet) -> None:
        self.table = table
        self.labels = labels
        self.known: dict[str, NDArray[np.float64] | _Texts] = {}

    def mask(self, node: Rule | Group) -> NDArray[np.bool_]:
        if isinstance(node, Rule):
            return self.rule(node)
        masks = [self.mask(child) for child in node.children]
        found = np.logical_and.reduce(masks) if node.conjunction == "and" else np.logical_or.reduce(masks)
        return ~found if node.negated else found

    def rule(self, rule: Rule) -> NDArray[np.bool_]:
        found = checked_property(rule, self.labels)
        positive = OPPOSITES.get(rule.operator, rule.operator)
        column = self.column(found)
        if isinstance(column, _Texts):
            values = [("true" if value else "false") if isinstance(value, bool) else value for value in rule.values]
            test = _TEXT[positive]
            result = column.choose(lambda text: test(text, values))
        else:
            result = self.compare(column, positive, rule)
        return ~result if positive != rule.operator else result

    def compare(self, column: NDArray[np.float64], positive: str, rule: Rule) -> NDArray[np.bool_]:
        operands: list[Any] = [self.operand(value) for value in rule.values]
        if positive == "is_not_empty":
            return ~np.isnan(column)
        if positive == "any_in":
            return np.isin(column, np.array(operands, np.float64))
        if positive == "between":
            return (column >= operands[0]) & (column <= operands[1])
        return np.asarray(_ORDER[positive](column, operands[0]), bool)

    def operand(self, value: object) -> object:
        if not isinstance(value, PropertyRef):
            return value
        column = self.column(property_of(value.property, self.labels))
        return column.numbers() if isinstance(column, _Texts) else column

    def column(self, found: Property) -> NDArray[np.float64] | _Texts:
        known = self.known.get(found.name)
        if known is None:
            known = self.attribute(found) if found.label is not None else self.fixed(found.name)
            self.known[found.name] = known
        return known

    def fixed(self, name: str) -> NDArray[np.float64] | _Texts:  # one line a property
        table = self.table
        match name:
            case "label":
                used, codes = np.unique(table.label, return_inverse=True)
                return _Texts(codes, [self.labels.by_id(int(code)).name for code in used])
            case "type":
                return _Texts(np.select([table.is_track, table.is_tag], [1, 2], 0), KINDS)
            case "shape":
                return _Texts(np.where(table.is_tag, -1, table.type.astype(np.int64)), SHAPE_TYPES)
            case "source":
                return _Texts(table.source, SOURCES)
            case "occluded":
                return _Texts(table.has(Flag.OCCLUDED).astype(np.int64), ("false", "true"))
            case "width" | "height":
                sizes = widths_and_heights(table)
                self.known |= {"width": sizes[:, 0], "height": sizes[:, 1]}
                return sizes[:, int(name == "height")]
            case "rotation":
                return table.rotation
            case "objectID" | "serverID":
                return table.id.astype(np.float64)
            case "zOrder":
                return table.z_order.astype(np.float64)
            case "score":
                return table.score
        return self.votes()

    def votes(self) -> NDArray[np.float64]:
        """Votes of merged replicas, kept beside the rows."""
        votes = np.full(len(self.table), np.nan)
        for row, values in self.table.extras.items():
            if isinstance(values.get("votes"), (int, float)):
                votes[row] = values["votes"]
        return votes

    def attribute(self, found: Property) -> NDArray[np.float64] | _Texts:
        """Values of one attribute, inherited along tracks."""
        table, values = self.table, self.table.attributes
        label = self.labels[found.label or ""]
        spec = label.attribute(found.attribute or "")
        codes = np.full(len(table), -1, np.int64)
        chosen = values.spec == spec.id
        codes[values.row[chosen]] = values.code[chosen]
        rows = np.flatnonzero(table.is_track & (table.label == label.id))
        if len(rows):
            order = rows[np.lexsort((table.frame[rows], table.track[rows]))]
            track = table.track[order]
            first = np.searchsorted(track, track)
            ordered = codes[order]
            last_set = np.maximum.accumulate(np.where(ordered >= 0, np.arange(len(order)), -1))
            codes[order] = np.where(last_set >= first, ordered[last_set], -1)
        codes[table.label != label.id] = -1
        column = _Texts(codes, values.strings)
        return column.numbers() if found.type == "number" else column
