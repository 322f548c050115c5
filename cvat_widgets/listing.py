"""Projects, tasks and jobs of a store as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from cvat_widgets.store import Store

__all__ = ["job_table", "project_table", "task_table"]

_TASKS = (
    "id", "name", "mode", "size", "jobs", "revision", "created", "updated", "subset", "project", "assignee", "owner",
    "completed", "accepted", "status", "dimension", "bug_tracker",
)  # fmt: skip
_JOBS = (
    "id", "task", "task_id", "project", "type", "stage", "state", "assignee", "reviewer", "start", "stop", "frames",
    "parent_id", "created", "updated",
)  # fmt: skip
_PROJECTS = (
    "id", "name", "tasks", "frames", "labels", "subsets", "jobs", "completed", "accepted", "status", "owner", "bug_tracker",
    "created", "updated",
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
