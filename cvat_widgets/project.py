"""A project: tasks with the same labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvat_widgets.model.labels import Label, LabelSet
from cvat_widgets.opening import open_store, user_of
from cvat_widgets.project_files import ProjectFiles
from cvat_widgets.store.label_changes import change_project_labels
from cvat_widgets.store.label_fitting import with_known_ids
from cvat_widgets.task import Task

if TYPE_CHECKING:
    import pandas as pd

    from cvat_widgets.store import Store
    from cvat_widgets.store.team_rows import ProjectRow

__all__ = ["Project", "delete_project", "projects"]


def projects(
    store: Store | str | Path | None = None,
    *,
    search: str = "",
    filter: Mapping[str, Any] | str | None = None,  # noqa: A002  # the word of the lists
    sort: str = "id",
    offset: int = 0,
    limit: int | None = None,
) -> pd.DataFrame:
    """Return the projects of a store.

    Parameters
    ----------
    store
        ``None``: the default store; a path; or an SQLAlchemy URL.
    search, filter, offset, limit
        As for :func:`cvat_widgets.tasks`; filters know ``id, name, status, owner, assignee, created_date,
        updated_date``.
    sort
        ``id``, ``name``, ``owner``, ``assignee``, ``status``, ``created`` or ``updated``; with ``-`` before it the other way
        round.

    Returns
    -------
    pandas.DataFrame
        ``id, name, tasks, frames, labels, subsets, jobs, completed, accepted, status, owner, assignee, bug_tracker, created,
        updated``.
    """
    from cvat_widgets.listing import project_table

    return project_table(open_store(store), search=search, where=filter, sort=sort, offset=offset, limit=limit)


class Project(ProjectFiles):
    """A project of a store; made by :meth:`create` and :meth:`open`."""

    def __init__(self, store: Store, row: ProjectRow) -> None:
        self.store = store
        self.row = row
        self.user = user_of(store)

    @classmethod
    def create(
        cls,
        name: str,
        labels: Iterable[str | Mapping[str, Any] | Label] | LabelSet = (),
        *,
        bug_tracker: str = "",
        store: Store | str | Path | None = None,
    ) -> Project:
        """Create a project.

        Parameters
        ----------
        name
            Name of the project, unique in the store.
        labels
            Labels of all its tasks.
        bug_tracker
            Address of an issue tracker (http or https).
        store
            ``None``: the default store; a path; or an SQLAlchemy URL.
        """
        opened = open_store(store)
        row = opened.create_project(name, LabelSet.of(labels), owner=user_of(opened), bug_tracker=bug_tracker)
        return cls(opened, row)

    @classmethod
    def open(cls, name: str | int, store: Store | str | Path | None = None) -> Project:
        """Open a project by name or id.

        Raises
        ------
        NotFoundError
            There is no such project; the text lists those there are.
        """
        opened = open_store(store)
        return cls(opened, opened.project(name))

    @property
    def id(self) -> int:
        """Id of the project in its store."""
        return self.row.id

    @property
    def name(self) -> str:
        """Name of the project."""
        return self.row.name

    def rename(self, name: str) -> None:
        """Give the project another name."""
        self.row = self.store.update_project(self.id, name=name, user=self.user)

    @property
    def bug_tracker(self) -> str:
        """Address of its issue tracker."""
        return self.row.bug_tracker

    @bug_tracker.setter
    def bug_tracker(self, link: str) -> None:
        self.row = self.store.update_project(self.id, bug_tracker=link, user=self.user)

    @property
    def assignee(self) -> str | None:
        """Who is responsible for the project, ``None`` for nobody."""
        return self.row.assignee

    @assignee.setter
    def assignee(self, person: str | None) -> None:
        self.row = self.store.update_project(self.id, assignee=person or "", user=self.user)

    @property
    def guide(self) -> str:
        """What annotators should know, as Markdown; a task without a guide of its own shows this one."""
        return self.store.guide(project_id=self.id)

    @guide.setter
    def guide(self, markdown: str) -> None:
        self.store.set_guide(markdown, project_id=self.id)

    # -- labels --------------------------------------------------------------------------------------------------

    @property
    def labels(self) -> LabelSet:
        """Labels of the project and all its tasks."""
        return self.store.project_labels(self.id)

    def set_labels(self, labels: Iterable[str | Mapping[str, Any] | Label] | LabelSet, *, delete_objects: bool = False) -> None:
        """Change the labels of the project and, all or nothing, of its tasks.

        Labels with an id (or a name) that is there already are edited, so ``replace(project.labels["car"], name="auto")``
        renames a label everywhere; others are new. With ``delete_objects``, objects of labels that go away are deleted.

        Raises
        ------
        LabelError
            A label that objects of a task still have would go away.
        """
        wanted = with_known_ids([Label.from_raw(label) for label in labels], self.labels)
        change_project_labels(self.store, self.id, wanted, user=self.user, delete_objects=delete_objects)

    # -- tasks ---------------------------------------------------------------------------------------------------

    @property
    def tasks(self) -> list[Task]:
        """The tasks, the oldest first."""
        return [Task(self.store, self.store.task(task_id)) for task_id in self.store.project_tasks(self.id)]

    @property
    def subsets(self) -> list[str]:
        """Names of the subsets its tasks are in."""
        return sorted({task.row.subset for task in self.tasks if task.row.subset})

    def create_task(self, name: str, data: Any, **options: Any) -> Task:
        """Create a task with the labels of the project; options as for :meth:`Task.create`."""
        return Task.create(name, data, project=self.id, store=self.store, **options)

    def add(self, task: Task | str | int, *, labels: Mapping[str, str] | None = None) -> Task:
        """Move a task into the project.

        Parameters
        ----------
        task
            The task, its name or its id.
        labels
            Which of the task's labels becomes which of the project's; the others are found by name.

        Raises
        ------
        LabelError
            Objects have a label the project has not.
        """
        moved = task if isinstance(task, Task) else Task.open(task, store=self.store)
        self.store.move_task(moved.id, self.id, names=labels, user=self.user)
        moved.row = self.store.task(moved.id)
        return moved

    def remove(self, task: Task | str | int) -> Task:
        """Move a task out of the project; it keeps its labels."""
        moved = task if isinstance(task, Task) else Task.open(task, store=self.store)
        self.store.move_task(moved.id, None, user=self.user)
        moved.row = self.store.task(moved.id)
        return moved

    def backup(self, path: str | Path, *, media: bool = True, progress: Callable[[int, int], None] | None = None) -> Path:
        """Write the project with its tasks to a zip in CVAT's layout; see :meth:`Task.backup`."""
        from cvat_widgets.backup import write_project

        return write_project(self, path, media=media, progress=progress)

    @classmethod
    def restore(
        cls, path: str | Path, *, name: str | None = None, media: Any = None, store: Store | str | Path | None = None
    ) -> Project:
        """Make a project from a backup of this package or of CVAT; see :meth:`Task.restore`."""
        from cvat_widgets.backup import read_project

        opened = open_store(store)
        return cls(opened, opened.project(read_project(opened, path, name=name, media=media, user=user_of(opened))))

    def __repr__(self) -> str:
        return f"<Project {self.id} {self.name!r}: {len(self.tasks)} tasks, labels {', '.join(self.labels.names)}>"


def delete_project(name: str | int, store: Store | str | Path | None = None, *, with_tasks: bool = False) -> None:
    """Delete a project; its tasks stay on their own unless ``with_tasks``. Media files stay where they are."""
    opened = open_store(store)
    opened.delete_project(opened.project(name).id, with_tasks=with_tasks, user=user_of(opened))
