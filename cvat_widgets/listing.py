"""Projects, tasks and jobs of a store as tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvat_widgets.opening import open_store

if TYPE_CHECKING:
    import pandas as pd

    from cvat_widgets.store import Store

__all__ = ["job_table", "jobs", "project_table", "task_table", "tasks"]

_TASKS = (
    "id", "name", "mode", "size", "jobs", "revision", "created", "updated", "subset", "project", "assignee", "owner",
    "completed", "accepted", "status", "dimension", "bug_tracker",
)  # fmt: skip
_JOBS = (
    "id", "task", "task_id", "project", "type", "stage", "state", "assignee", "reviewer", "start", "stop", "frames",
    "parent_id", "created", "updated",
)  # fmt: skip
_PROJECTS = (
    "id", "name", "tasks", "frames", "labels", "subsets", "jobs", "completed", "accepted", "status", "owner", "assignee",
    "bug_tracker", "created", "updated",
)  # fmt: skip


def tasks(
    store: Store | str | Path | None = None,
    *,
    search: str = "",
    filter: Mapping[str, Any] | str | None = None,  # noqa: A002  # the word of the lists
    project: str | int | None = None,
    subset: str | None = None,
    assignee: str | None = None,
    owner: str | None = None,
    mode: str | None = None,
    sort: str = "id",
    offset: int = 0,
    limit: int | None = None,
) -> pd.DataFrame:
    """Return the tasks of a store.

    Parameters
    ----------
    store
        ``None``: the default SQLite store; a path; or an SQLAlchemy URL.
    search
        Words to find in name, people, subset, mode, status and project, whatever their case; ``owner: ann AND name: street``
        looks in these only, ``id: 5`` is one task.
    filter
        JSON logic, as CVAT's lists have it: ``{"==": [{"var": "status"}, "validation"]}``. Known are ``id, name, status, mode,
        dimension, subset, assignee, owner, project_id, project_name, size, created_date, updated_date``.
    project, subset, assignee, owner, mode
        Only these; an empty text means none.
    sort
        ``id``, ``name``, ``created``, ``updated``, ``size``, ``assignee``, ``owner``, ``subset``, ``mode``, ``status``,
        ``dimension``, ``project_id`` or ``project_name``; with ``-`` before it the other way round; several with commas.
    offset, limit
        Which part of the list.

    Returns
    -------
    pandas.DataFrame
        ``id, name, mode, size, jobs, revision, created, updated, subset, project, assignee, owner``, how many jobs are
        ``completed`` in their stage and how many ``accepted``, ``status`` (annotation, validation or completed, as CVAT has
        it), ``dimension`` and ``bug_tracker``.
    """
    return task_table(
        open_store(store), search=search, where=filter, project=project, subset=subset, assignee=assignee, owner=owner,
        mode=mode, sort=sort, offset=offset, limit=limit,
    )  # fmt: skip


def jobs(
    store: Store | str | Path | None = None,
    *,
    search: str = "",
    filter: Mapping[str, Any] | str | None = None,  # noqa: A002  # the word of the lists
    task: str | int | None = None,
    project: str | int | None = None,
    kind: str | None = None,
    stage: str | None = None,
    state: str | None = None,
    assignee: str | None = None,
    sort: str = "id",
    offset: int = 0,
    limit: int | None = None,
) -> pd.DataFrame:
    """Return the jobs of all tasks of a store, e.g. ``jobs(assignee="ann", state="in progress")``.

    Parameters
    ----------
    store
        ``None``: the default SQLite store; a path; or an SQLAlchemy URL.
    search
        Words to find in task, project, people, stage and state; ``assignee: ann AND state: new`` looks in these only.
    filter
        JSON logic over ``id, task_id, task_name, project_id, project_name, type, stage, state, dimension, assignee, reviewer,
        created_date, updated_date``.
    task, project, kind, stage, state, assignee
        Only these; ``assignee=""`` means nobody's.
    sort
        ``id``, ``task_id``, ``task_name``, ``project_id``, ``project_name``, ``type``, ``stage``, ``state``, ``assignee``,
        ``reviewer``, ``created`` or ``updated``; with ``-`` before it the other way round; several with commas.
    offset, limit
        Which part of the list.
    """
    return job_table(
        open_store(store), search=search, where=filter, task=task, project=project, kind=kind, stage=stage, state=state,
        assignee=assignee, sort=sort, offset=offset, limit=limit,
    )  # fmt: skip


def task_table(store: Store, *, project: str | int | None = None, **options: Any) -> pd.DataFrame:
    """Return tasks; see :func:`cvat_widgets.tasks`."""
    project_id = None if project is None else store.project(project).id
    rows, _ = store.task_page(project_id=project_id, **options)
    return _table(rows, _TASKS)


def job_table(store: Store, *, project: str | int | None = None, task: str | int | None = None, **options: Any) -> pd.DataFrame:
    """Return jobs; see :func:`cvat_widgets.jobs`."""
    project_id = None if project is None else store.project(project).id
    task_id = None if task is None else store.task(task).id
    rows, _ = store.job_page(project_id=project_id, task_id=task_id, **options)
    return _table(rows, _JOBS).astype({"parent_id": "Int64"})


def project_table(store: Store, **options: Any) -> pd.DataFrame:
    """Return projects; see :func:`cvat_widgets.projects`."""
    rows, _ = store.project_page(**options)
    return _table([row | {"labels": [label["name"] for label in row["labels"]]} for row in rows], _PROJECTS)


def _table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd

    table = pd.DataFrame(rows, columns=list(columns))
    return table.assign(**{name: pd.to_datetime(table[name], utc=True, format="ISO8601") for name in ("created", "updated")})
