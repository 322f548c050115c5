"""Whose labels an editor changes: those of a task, of a project with all its tasks, or a list that belongs to nobody yet."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from cvat_widgets.errors import ConflictError, LabelError
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.store.label_changes import (
    Loss,
    Refusal,
    TaskUndo,
    change_project_labels,
    change_task_labels,
    consequences,
    label_counts,
    restore,
)
from cvat_widgets.store.label_fitting import fitted

if TYPE_CHECKING:
    from cvat_widgets.project import Project
    from cvat_widgets.task import Task

__all__ = ["LabelTarget", "ListedLabels", "ProjectLabels", "TaskLabels", "fingerprint", "target_of"]


def fingerprint(labels: LabelSet) -> str:
    """Return what tells these labels from any others."""
    return hashlib.sha256(json.dumps(labels.to_raw()).encode()).hexdigest()[:16]


class LabelTarget(Protocol):
    """What an editor needs of it."""

    kind: str
    """``task``, ``project`` or ``list``."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def labels(self) -> LabelSet:
        """Its labels at present."""
        ...

    @property
    def undoable(self) -> str | None:
        """What undo would take back, ``None`` if there is nothing."""
        ...

    @property
    def pictures(self) -> Task | None:
        """The task whose frames can lie under a skeleton."""
        ...

    def counts(self) -> dict[int, int]:
        """Return how many objects each label has."""
        ...

    def consequences(self, wanted: LabelSet) -> tuple[list[Loss], list[Refusal]]:
        """Say what would be lost, and what cannot be."""
        ...

    def change(self, wanted: LabelSet, what: str, *, delete_objects: bool) -> None:
        """Make these the labels; ``what`` is how undo calls it."""
        ...

    def undo(self) -> None:
        """Take the last change back."""
        ...


@dataclass
class _Step:
    """One change, with what takes it back."""

    what: str
    after: str
    before: LabelSet
    tasks: list[TaskUndo] = field(default_factory=list)


class _Steps:
    """The changes of one editor, the newest last."""

    def __init__(self) -> None:
        self._steps: list[_Step] = []

    @property
    def undoable(self) -> str | None:
        """What undo would take back."""
        return self._steps[-1].what if self._steps else None

    def _last(self, present: LabelSet) -> _Step:
        if not self._steps:
            raise LabelError("there is nothing to undo")
        if self._steps[-1].after != fingerprint(present):
            self._steps.clear()
            raise ConflictError("the labels were changed elsewhere meanwhile", hint="Nothing was undone.")
        return self._steps[-1]


class TaskLabels(_Steps):
    """The labels of a task."""

    kind = "task"

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.task = task

    @property
    def name(self) -> str:
        """Name of the task."""
        return self.task.name

    @property
    def labels(self) -> LabelSet:
        """Its labels at present."""
        return self.task.labels

    @property
    def pictures(self) -> Task | None:
        """The task itself."""
        return self.task

    def counts(self) -> dict[int, int]:
        """Return how many objects each label has."""
        return label_counts(self.task.store, self.task.id)

    def consequences(self, wanted: LabelSet) -> tuple[list[Loss], list[Refusal]]:
        """Say what would be lost, and what cannot be."""
        return consequences(self.task.store, self.task.id, wanted)

    def change(self, wanted: LabelSet, what: str, *, delete_objects: bool) -> None:
        """Make these the labels."""
        task = self.task
        undo = change_task_labels(task.store, task.id, wanted, user=task.user, delete_objects=delete_objects)
        self._steps.append(_Step(what, fingerprint(task.labels), undo.labels, [undo]))

    def undo(self) -> None:
        """Take the last change back, objects included."""
        step = self._last(self.labels)
        for task in step.tasks:
            restore(self.task.store, task, user=self.task.user)
        self._steps.pop()


class ProjectLabels(_Steps):
    """The labels of a project; its tasks have the same."""

    kind = "project"

    def __init__(self, project: Project) -> None:
        super().__init__()
        self.project = project

    @property
    def name(self) -> str:
        """Name of the project."""
        return self.project.name

    @property
    def labels(self) -> LabelSet:
        """Its labels at present."""
        return self.project.labels

    @property
    def pictures(self) -> Task | None:
        """The first of its tasks."""
        tasks = self.project.tasks
        return tasks[0] if tasks else None

    def counts(self) -> dict[int, int]:
        """Return how many objects each label has in all tasks together."""
        by_name: dict[str, int] = {}
        for task in self.project.tasks:
            for label_id, count in label_counts(task.store, task.id).items():
                name = task.labels.by_id(label_id).name
                by_name[name] = by_name.get(name, 0) + count
        return {label.id: by_name[label.name] for label in self.labels if label.name in by_name}

    def consequences(self, wanted: LabelSet) -> tuple[list[Loss], list[Refusal]]:
        """Say what would be lost in all tasks together, and what cannot be in one of them."""
        store, before = self.project.store, self.labels
        losses: dict[tuple[str, str | None], int] = {}
        refused: list[Refusal] = []
        for task_id in store.project_tasks(self.project.id):
            lost, no = consequences(store, task_id, fitted(wanted, store.labels(task_id), before))
            for loss in lost:
                key = (loss.label, loss.attribute)
                losses[key] = losses.get(key, 0) + loss.objects
            refused += no
        return [Loss(*key, objects) for key, objects in losses.items()], refused

    def change(self, wanted: LabelSet, what: str, *, delete_objects: bool) -> None:
        """Make these the labels of the project and its tasks."""
        project = self.project
        before, tasks = change_project_labels(
            project.store, project.id, wanted, user=project.user, delete_objects=delete_objects
        )
        self._steps.append(_Step(what, fingerprint(project.labels), before, tasks))

    def undo(self) -> None:
        """Take the last change back in the project and its tasks."""
        project, step = self.project, self._last(self.labels)
        with project.store.database.write():
            for task in step.tasks:
                restore(project.store, task, user=project.user)
            project.store.set_project_labels(project.id, step.before)
        self._steps.pop()


class ListedLabels(_Steps):
    """Labels that belong to no task yet."""

    kind = "list"
    name = ""

    def __init__(self, labels: LabelSet) -> None:
        super().__init__()
        self.labels = labels

    @property
    def pictures(self) -> Task | None:
        """None: there are no frames."""
        return None

    def counts(self) -> dict[int, int]:
        """There are no objects."""
        return {}

    def consequences(self, wanted: LabelSet) -> tuple[list[Loss], list[Refusal]]:  # noqa: ARG002  # there are no objects
        """Nothing is lost."""
        return [], []

    def change(self, wanted: LabelSet, what: str, *, delete_objects: bool) -> None:  # noqa: ARG002  # there are no objects
        """Make these the labels."""
        before, self.labels = self.labels, wanted
        self._steps.append(_Step(what, fingerprint(wanted), before))

    def undo(self) -> None:
        """Take the last change back."""
        self.labels = self._last(self.labels).before
        self._steps.pop()


def target_of(target: Any) -> LabelTarget:
    """Return whose labels are meant: of a task in a project, the project's."""
    from cvat_widgets.job import Job
    from cvat_widgets.project import Project
    from cvat_widgets.task import Task

    if isinstance(target, Job):
        target = target.task
    if isinstance(target, Task):
        return TaskLabels(target) if target.project is None else ProjectLabels(target.project)
    if isinstance(target, Project):
        return ProjectLabels(target)
    return ListedLabels(LabelSet.of(() if target is None else target))
