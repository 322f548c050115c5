"""Labels of a project in its tasks: the same names and definitions, while every task keeps the ids its objects have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import count

from cvat_widgets.model.labels import Attribute, Label, LabelSet

__all__ = ["fitted", "with_known_ids"]


def with_known_ids(wanted: Iterable[Label], present: LabelSet) -> LabelSet:
    """Return labels that a user gave; those without an id get that of the present one of the same name."""
    known = [_known(label, _called(present, label.name)) for label in wanted]
    return _numbered_after(known, present)


def _called(labels: LabelSet, name: str) -> Label | None:
    return next((label for label in labels if label.name == name), None)


def _known(label: Label, old: Label | None) -> Label:
    if old is None or label.id:
        return label
    attributes = {attribute.name: attribute.id for attribute in old.attributes}
    joints = {sublabel.name: sublabel for sublabel in old.sublabels}
    return replace(
        label,
        id=old.id,
        attributes=tuple(replace(each, id=each.id or attributes.get(each.name, 0)) for each in label.attributes),
        sublabels=tuple(_known(each, joints.get(each.name)) for each in label.sublabels),
    )


def fitted(
    wanted: LabelSet, present: LabelSet, before: LabelSet | None = None, names: Mapping[str, str] | None = None
) -> LabelSet:
    """Return the labels of a project as a task has them.

    Parameters
    ----------
    wanted
        Labels of the project.
    present
        Labels of the task; those that stay keep their ids.
    before
        Labels the project had so far: a label whose name changed is found by its id in the project.
    names
        For a task that moves in: its label of that name becomes the project's label of this name.
    """
    before = before or LabelSet()
    came_from = {new: old for old, new in (names or {}).items()}
    labels = []
    for label in wanted:
        old_name = before.by_id(label.id).name if before.has_id(label.id) else label.name
        old_name = came_from.get(label.name, old_name)
        mine = _called(present, old_name)
        labels.append(_fitted(label, mine, before.by_id(label.id) if before.has_id(label.id) else None))
    return _numbered_after(labels, present)


def _numbered_after(labels: Iterable[Label], present: LabelSet) -> LabelSet:
    """Number what is new behind everything there is: the id of a label that goes away must not become another one's."""
    everything = [each for label in (*present, *labels) for each in (label, *label.sublabels)]
    label_ids = count(max((each.id for each in everything), default=0) + 1)
    attribute_ids = count(max((spec.id for each in everything for spec in each.attributes), default=0) + 1)

    def numbered(label: Label) -> Label:
        return replace(
            label,
            id=label.id or next(label_ids),
            attributes=tuple(replace(spec, id=spec.id or next(attribute_ids)) for spec in label.attributes),
            sublabels=tuple(numbered(each) for each in label.sublabels),
        )

    return LabelSet(tuple(numbered(label) for label in labels))


def _fitted(label: Label, mine: Label | None, before: Label | None) -> Label:
    """Give one label of a project the ids a task has for it."""
    old_attributes = {each.id: each.name for each in before.attributes} if before else {}
    own = {each.name: each for each in mine.attributes} if mine else {}

    def attribute(each: Attribute) -> Attribute:
        known = own.get(old_attributes.get(each.id, each.name))
        return replace(each, id=known.id if known and known.input_type == each.input_type else 0)

    old_joints = {each.id: each for each in before.sublabels} if before else {}
    joints = {each.name: each for each in mine.sublabels} if mine else {}
    return replace(
        label,
        id=mine.id if mine else 0,
        attributes=tuple(attribute(each) for each in label.attributes),
        sublabels=tuple(
            _fitted(each, joints.get(old_joints[each.id].name if each.id in old_joints else each.name), old_joints.get(each.id))
            for each in label.sublabels
        ),
    )
