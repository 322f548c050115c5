"""Rows collected while a file is read, label and attribute names not yet numbered; turned into a dataset once."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from cvat_widgets.model.attributes import AttributeColumns
from cvat_widgets.model.kinds import LabelType
from cvat_widgets.model.labels import Attribute, Label, LabelSet
from cvat_widgets.model.paging import Coordinates
from cvat_widgets.model.table import AnnotationTable

__all__ = ["RowBuilder"]

LabelKey = tuple[str, str]
"""Name of a label and, for a joint, of its skeleton (else ``""``)."""


if TYPE_CHECKING:
    _IntegerArray = array[int]
    _FloatArray = array[float]
else:
    # Before Python 3.12 arrays take no type parameters.
    _IntegerArray = _FloatArray = array


class Integers(_IntegerArray):
    """A growing column of integers: an eighth of a list's memory or less, and handed to NumPy without a copy.

    ``code`` is their type as the array module has it: 64 bits, or 32 (``i``) or 8 (``B``).
    """

    def __new__(cls, values: Iterable[int] = (), code: str = "q") -> Integers:
        return super().__new__(cls, code, values)

    def __iadd__(self, values: Iterable[Any]) -> Integers:  # type: ignore[misc]
        self.extend(values)
        return self


class Floats(_FloatArray):
    """A growing column of doubles."""

    def __new__(cls, values: Iterable[float] = ()) -> Floats:
        return cast("Floats", super().__new__(cls, "d", values))

    def __iadd__(self, values: Iterable[Any]) -> Floats:  # type: ignore[misc]
        self.extend(values)
        return self


class RowBuilder:
    """Columns of a table while they grow."""

    def __init__(self) -> None:
        self.id = Integers()
        self.frame = Integers(code="i")
        self.label = Integers(code="i")
        self.type = Integers(code="B")
        self.track = Integers()
        self.parent = Integers()
        self.group = Integers(code="i")
        self.z_order = Integers(code="i")
        self.flags = Integers(code="B")
        self.rotation = Floats()
        self.source = Integers(code="B")
        self.score = Floats()
        self.points = Coordinates()
        self.offsets = Integers([0])
        self.extras: dict[int, dict[str, Any]] = {}
        self._labels: dict[LabelKey, int] = {}
        self._specs: dict[tuple[int, str], int] = {}
        self._strings: dict[str, int] = {}
        self._attribute_row: list[int] = []
        self._attribute_spec: list[int] = []
        self._attribute_code: list[int] = []

    def label_code(self, name: str, skeleton: str = "") -> int:
        """Return the number of a label, by its order of appearance."""
        return self._labels.setdefault((name, skeleton), len(self._labels))

    def add_attribute(self, row: int, label: int, name: str, value: str) -> None:
        """Set an attribute of a row."""
        self._attribute_row.append(row)
        self._attribute_spec.append(self._specs.setdefault((label, name), len(self._specs)))
        self._attribute_code.append(self._strings.setdefault(value, len(self._strings)))

    def finish(self, declared: Sequence[Label] = ()) -> tuple[LabelSet, AnnotationTable]:
        """Number labels and attributes and build the table; what a file does not declare is inferred from its use."""
        labels = LabelSet(tuple(self._completed(declared)))
        label_of = {(label.name, ""): label for label in labels}
        label_of |= {(joint.name, label.name): joint for label in labels for joint in label.sublabels}
        keys = list(self._labels)
        ids = np.array([label_of[key].id for key in keys], np.int32)
        specs = np.array([label_of[keys[code]].attribute(name).id for code, name in self._specs], np.int32)
        order = np.argsort(np.array(self._attribute_row, np.int64), kind="stable")
        attributes = AttributeColumns(
            np.array(self._attribute_row, np.int64)[order],
            specs[np.array(self._attribute_spec, np.int64)[order]] if len(order) else np.empty(0, np.int32),
            np.array(self._attribute_code, np.int32)[order],
            tuple(self._strings),
        )
        table = AnnotationTable.build(
            id=np.asarray(self.id),
            frame=np.asarray(self.frame),
            label=ids[np.asarray(self.label)] if self.label else [],
            type=np.asarray(self.type),
            track=np.asarray(self.track),
            parent=np.asarray(self.parent),
            group=np.asarray(self.group),
            z_order=np.asarray(self.z_order),
            flags=np.asarray(self.flags),
            rotation=np.asarray(self.rotation),
            source=np.asarray(self.source),
            score=np.asarray(self.score),
            points=self.points.column(),
            offsets=np.asarray(self.offsets),
            attributes=attributes,
            extras=self.extras,
        )
        return labels, table

    def _completed(self, declared: Sequence[Label]) -> list[Label]:
        """Return the declared labels with what the annotations use beyond them."""
        keys = list(self._labels)
        used: dict[LabelKey, list[str]] = {key: [] for key in keys}
        for code, name in self._specs:
            used[keys[code]].append(name)
        by_name = {label.name: label for label in declared}
        for name, skeleton in keys:
            if not skeleton and name not in by_name:
                by_name[name] = Label(name)
        for name, label in by_name.items():
            joints = {joint.name: joint for joint in label.sublabels}
            for joint_name, skeleton in keys:
                if skeleton == name and joint_name not in joints:
                    joints[joint_name] = Label(joint_name, type="points")
            joints = {each: self._with_attributes(joint, used.get((each, name), [])) for each, joint in joints.items()}
            kind: LabelType = "skeleton" if joints else label.type
            completed = self._with_attributes(label, used.get((name, ""), []))
            by_name[name] = Label(
                completed.name, completed.color, kind, completed.attributes, tuple(joints.values()), completed.svg
            )
        return list(by_name.values())

    @staticmethod
    def _with_attributes(label: Label, names: Sequence[str]) -> Label:
        known = {attribute.name for attribute in label.attributes}
        extra = tuple(Attribute(name, "text") for name in dict.fromkeys(names) if name not in known)
        plain = tuple(Attribute(a.name, a.input_type, a.values, a.default, a.mutable) for a in label.attributes)
        return Label(label.name, label.color, label.type, plain + extra, label.sublabels, label.svg)
