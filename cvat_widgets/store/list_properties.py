"""What lists of tasks, jobs and projects can be searched, filtered and sorted by, as SQL; names as in CVAT's filters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import ColumnElement, Table, and_, case, exists, func, select

from cvat_widgets.store import schema
from cvat_widgets.store.catalogue import STAGES, STATES

__all__ = ["STATUSES", "ListProperty", "job_properties", "project_properties", "task_properties"]

STATUSES = ("annotation", "validation", "completed")
"""CVAT's one-word status of a task: completed once every job is accepted, annotation as long as one is being annotated."""

Kind = Literal["text", "number", "date"]


@dataclass(frozen=True)
class ListProperty:
    """One thing that a list can be asked for.

    Parameters
    ----------
    kind
        ``text``, ``number``, or ``date`` (a column of ISO 8601 texts in UTC).
    column
        The SQL expression.
    nullable
        Whether it may be empty.
    values
        The values there are, where no others are possible.
    searched
        Whether a search without a field looks here.
    named_by
        For the name of something else: the column with its id, and its table. A search looks through that table once, and not
        again for each row.
    """

    kind: Kind
    column: ColumnElement[Any]
    nullable: bool = False
    values: tuple[str, ...] = ()
    searched: bool = False
    named_by: tuple[ColumnElement[Any], Table] | None = None


@lru_cache(maxsize=1)
def task_properties() -> dict[str, ListProperty]:
    """Return the properties of tasks."""
    task = schema.task.c
    project_name = select(schema.project.c.name).where(schema.project.c.id == task.project_id).scalar_subquery()
    return {
        "id": ListProperty("number", task.id),
        "name": ListProperty("text", task.name, searched=True),
        "status": ListProperty("text", _status(schema.job.c.task_id == task.id), values=STATUSES, searched=True),
        "mode": ListProperty("text", task.mode, values=("annotation", "interpolation"), searched=True),
        "dimension": ListProperty("text", task.dimension, values=("2d", "3d"), searched=True),
        "subset": ListProperty("text", task.subset, searched=True),
        "assignee": ListProperty("text", task.assignee, nullable=True, searched=True),
        "owner": ListProperty("text", task.owner, nullable=True, searched=True),
        "project_id": ListProperty("number", task.project_id, nullable=True),
        "project_name": ListProperty("text", project_name, True, (), True, (task.project_id, schema.project)),
        "size": ListProperty("number", task.size),
        "created_date": ListProperty("date", task.created),
        "updated_date": ListProperty("date", task.updated),
    }


@lru_cache(maxsize=1)
def job_properties() -> dict[str, ListProperty]:
    """Return the properties of jobs; tasks must be joined."""
    job, task = schema.job.c, schema.task.c
    project_name = select(schema.project.c.name).where(schema.project.c.id == task.project_id).scalar_subquery()
    kinds = ("annotation", "ground_truth", "consensus_replica")
    return {
        "id": ListProperty("number", job.id),
        "task_id": ListProperty("number", job.task_id),
        "task_name": ListProperty("text", task.name, searched=True, named_by=(job.task_id, schema.task)),
        "project_id": ListProperty("number", task.project_id, nullable=True),
        "project_name": ListProperty("text", project_name, True, (), True, (task.project_id, schema.project)),
        "type": ListProperty("text", job.type, values=kinds),
        "stage": ListProperty("text", job.stage, values=STAGES, searched=True),
        "state": ListProperty("text", job.state, values=STATES, searched=True),
        "dimension": ListProperty("text", task.dimension, values=("2d", "3d"), searched=True),
        "assignee": ListProperty("text", job.assignee, nullable=True, searched=True),
        "reviewer": ListProperty("text", job.reviewer, nullable=True, searched=True),
        "created_date": ListProperty("date", job.created),
        "updated_date": ListProperty("date", job.updated),
    }


@lru_cache(maxsize=1)
def project_properties() -> dict[str, ListProperty]:
    """Return the properties of projects; the status is that of the tasks together."""
    project, task = schema.project.c, schema.task.c
    empty = ~exists().where(task.project_id == project.id)
    status = case(
        (empty, "annotation"),
        else_=_status(and_(schema.job.c.task_id == task.id, task.project_id == project.id)),
    )
    return {
        "id": ListProperty("number", project.id),
        "name": ListProperty("text", project.name, searched=True),
        "status": ListProperty("text", status, values=STATUSES, searched=True),
        "assignee": ListProperty("text", project.assignee, nullable=True, searched=True),
        "owner": ListProperty("text", project.owner, nullable=True, searched=True),
        "created_date": ListProperty("date", project.created),
        "updated_date": ListProperty("date", project.updated),
    }


def _status(belongs: ColumnElement[bool]) -> ColumnElement[Any]:
    job = schema.job.c
    mine = and_(belongs, job.type == "annotation")
    done = and_(job.stage == "acceptance", job.state == "completed")
    return case(
        (exists().where(mine, job.stage == "annotation"), "annotation"),
        (exists().where(mine, ~done), "validation"),
        else_="completed",
    )


def folded(column: ColumnElement[Any]) -> ColumnElement[str]:
    """Return a text column in small letters, empty where there is none."""
    return func.lower(func.coalesce(column, ""))
