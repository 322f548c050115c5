"""Changing labels with what follows from it: objects whose label goes away, and edits that can no longer be undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cvat_widgets.model.changes import Edit
from cvat_widgets.model.kinds import SHAPE_TYPES
from cvat_widgets.model.labels import Attribute, Label, LabelSet
from cvat_widgets.model.records import Record
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.store.label_fitting import fitted

if TYPE_CHECKING:
    from cvat_widgets.store.store import Store

__all__ = [
    "Loss",
    "Refusal",
    "TaskUndo",
    "change_project_labels",
    "change_task_labels",
    "consequences",
    "label_counts",
    "restore",
]


@dataclass(frozen=True)
class Loss:
    """What a change of labels takes away.

    Parameters
    ----------
    label
        Name of the label so far.
    attribute
        Name of the attribute whose values go; ``None`` if objects go.
    objects
        How many objects lose it, or go.
    """

    label: str
    attribute: str | None
    objects: int

    def __str__(self) -> str:
        many = f"{self.objects:,} object{'' if self.objects == 1 else 's'}"
        if self.attribute is None:
            return f"The label “{self.label}” and its {many} will be deleted."
        return f"The attribute “{self.attribute}” of “{self.label}” and its values in {many} will be deleted."


@dataclass(frozen=True)
class Refusal:
    """Why a change of labels cannot be made: objects contradict it."""

    label: str
    attribute: str | None
    text: str


@dataclass(frozen=True)
class TaskUndo:
    """What brings a task back to the labels and objects it had."""

    task_id: int
    labels: LabelSet
    removed: tuple[tuple[int, Record], ...] = ()


# -- looking ---------------------------------------------------------------------------------------------------------------


def label_counts(store: Store, task_id: int) -> dict[int, int]:
    """Return how many objects (shapes, tags and tracks) each label of a task has, by label id."""
    return store.label_counts(task_id)


def consequences(store: Store, task_id: int, wanted: LabelSet) -> tuple[list[Loss], list[Refusal]]:
    """Say what a task would lose if its labels became these, and why they cannot."""
    present = store.labels(task_id)
    counts = label_counts(store, task_id)
    losses = [Loss(old.name, None, counts[old.id]) for old in present if old.id in counts and not wanted.has_id(old.id)]
    kept = [(old, wanted.by_id(old.id)) for old in present if old.id in counts and wanted.has_id(old.id)]
    changed = [(old, new) for old, new in kept if _definition(old) != _definition(new)]
    if not changed:
        return losses, []
    table = store.load(task_id).table
    refused: list[Refusal] = []
    for old, new in changed:
        refused += _shape_refusals(table, old, new)
        for before, after in _pairs(old, new):
            for spec in before.attributes:
                found = next((each for each in after.attributes if each.id == spec.id), None)
                if found is None:
                    count = _objects_with(table, spec.id)
                    losses += [Loss(before.name, spec.name, count)] if count else []
                elif found != spec:
                    refused += _attribute_refusals(table, after.name, spec, found)
    return losses, refused


def _definition(label: Label) -> tuple[object, ...]:
    """What objects depend on; names, colours, defaults and the template may change at will."""
    parts = [label, *label.sublabels]
    specs = [(spec.id, spec.input_type, spec.values, spec.mutable) for part in parts for spec in part.attributes]
    return label.type, tuple(part.id for part in parts), tuple(specs)


def _pairs(old: Label, new: Label) -> list[tuple[Label, Label]]:
    joints = {joint.id: joint for joint in new.sublabels}
    return [(old, new), *((joint, joints[joint.id]) for joint in old.sublabels if joint.id in joints)]


def _shape_refusals(table: AnnotationTable, old: Label, new: Label) -> list[Refusal]:
    mine = (table.label == old.id) & (table.parent < 0)
    drawn = {SHAPE_TYPES[code] for code in np.unique(table.type[mine]).tolist() if 0 <= code < len(SHAPE_TYPES)}
    if "skeleton" in drawn and {joint.id for joint in old.sublabels} != {joint.id for joint in new.sublabels}:
        count = len(np.unique(table.id[mine]))
        return [
            Refusal(
                new.name,
                None,
                f"{count:,} object{'s have' if count > 1 else ' has'} the joints of “{old.name}”: they can be moved, renamed "
                "and joined anew, but none can be added or deleted.",
            )
        ]
    others = sorted(drawn - {new.type}) if new.type not in ("any", old.type) else []
    if new.type == "any" and old.type == "skeleton" and "skeleton" in drawn:
        others = ["skeleton"]
    if not others:
        return []
    return [Refusal(new.name, None, f"“{old.name}” cannot become {new.type}: it has objects that are {' and '.join(others)}.")]


def _objects_with(table: AnnotationTable, spec: int) -> int:
    rows = table.attributes.row[table.attributes.spec == spec]
    return len(np.unique(np.where(table.parent[rows] >= 0, table.parent[rows], table.id[rows])))


def _attribute_refusals(table: AnnotationTable, label: str, old: Attribute, new: Attribute) -> list[Refusal]:
    held = table.attributes
    mine = held.spec == new.id
    codes, counts = np.unique(held.code[mine], return_counts=True)
    for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
        problem = new.problem_with(held.strings[code])
        if problem:
            text = f"The value “{held.strings[code][:60]}” is in use ({count:,} times), and {problem}."
            return [Refusal(label, new.name, text)]
    if old.mutable != new.mutable and (table.track[held.row[mine]] >= 0).any():
        return [Refusal(label, new.name, "Tracks have values of it: whether it is mutable cannot be changed any more.")]
    return []


# -- changing --------------------------------------------------------------------------------------------------------------


def change_task_labels(store: Store, task_id: int, wanted: LabelSet, *, user: str, delete_objects: bool = False) -> TaskUndo:
    """Make these the labels of a task, in one transaction with the deletion of objects whose label goes away.

    Parameters
    ----------
    store, task_id
        The task.
    wanted
        The labels; ids tell which ones are the same.
    user
        Who does it.
    delete_objects
        Whether objects of labels that go away are deleted; otherwise the change is refused.

    Raises
    ------
    LabelError
        A label that objects have would go away.
    """
    try:
        with store.database.write():
            before = store.labels(task_id)
            gone = {label.id for label in before if not wanted.has_id(label.id)}
            removed = _remove_objects(store, task_id, before, gone, user) if delete_objects else ()
            store.update_labels(task_id, wanted)
            if gone:
                store.end_history(task_id, sorted(gone))
            store.announce("task:labels", user=user, task_id=task_id)
    except BaseException:
        store.forget_labels()  # what was read inside never came to be
        raise
    return TaskUndo(task_id, before, removed)


def change_project_labels(
    store: Store, project_id: int, wanted: LabelSet, *, user: str, delete_objects: bool = False
) -> tuple[LabelSet, list[TaskUndo]]:
    """Make these the labels of a project and, in the same transaction, of all its tasks; return what there was."""
    try:
        with store.database.write():
            before = store.project_labels(project_id)
            undo = []
            for task_id in store.project_tasks(project_id):
                mine = store.labels(task_id)
                gone = _gone_of(store, task_id, wanted, before)
                removed = _remove_objects(store, task_id, mine, gone, user) if delete_objects else ()
                undo.append(TaskUndo(task_id, mine, removed))
                if gone:
                    store.end_history(task_id, sorted(gone))
                store.announce("task:labels", user=user, task_id=task_id)
            store.set_project_labels(project_id, wanted)
    except BaseException:
        store.forget_labels()
        raise
    return before, undo


def _gone_of(store: Store, task_id: int, wanted: LabelSet, before: LabelSet) -> set[int]:
    mine = store.labels(task_id)
    after = fitted(wanted, mine, before)
    return {label.id for label in mine if not after.has_id(label.id)}


def restore(store: Store, undo: TaskUndo, *, user: str) -> None:
    """Give a task its labels and objects back; ids are those they had."""
    with store.database.write():
        change_task_labels(store, undo.task_id, undo.labels, user=user)
        by_job: dict[int, list[Record]] = {}
        for job_id, record in undo.removed:
            by_job.setdefault(job_id, []).append(record)
        for job_id, records in by_job.items():
            edit = Edit(added=tuple(records))
            store.commit(undo.task_id, edit, job_id=job_id, author=user, label="Bring back objects of a deleted label")


def _remove_objects(store: Store, task_id: int, labels: LabelSet, gone: set[int], user: str) -> tuple[tuple[int, Record], ...]:
    found = store.labelled(task_id, sorted(gone))
    if not found:
        return ()
    names = ", ".join(labels.by_id(each).name for each in sorted(gone))
    store.commit(task_id, Edit(removed=tuple(record.id for _, record in found)), author=user, label=f"Delete label {names}")
    return tuple(found)
