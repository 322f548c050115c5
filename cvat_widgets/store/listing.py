"""Pages of tasks and jobs: searched, filtered and sorted by the database, so that a page costs the same in a large store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, case, func, select

from cvat_widgets.errors import StoreError
from cvat_widgets.store import schema
from cvat_widgets.store.validation import Validation

__all__ = ["JOB_SORTS", "TASK_SORTS", "Listing"]

TASK_SORTS = ("id", "name", "created", "updated", "size", "assignee", "owner", "subset", "mode")
JOB_SORTS = ("id", "task_id", "stage", "state", "assignee", "created", "updated")
_FACTS = (
    "id", "name", "mode", "size", "revision", "created", "updated", "subset", "project_id", "owner", "assignee", "bug_tracker",
    "dimension",
)  # fmt: skip
_PART = 500


class Listing(Validation):
    """Lists for people to look through."""

    def task_page(
        self,
        *,
        search: str = "",
        project_id: int | None = None,
        subset: str | None = None,
        assignee: str | None = None,
        owner: str | None = None,
        mode: str | None = None,
        sort: str = "id",
        offset: int = 0,
        limit: int | None = None,
    ) -> tuple[list[dict[str, Any]], int]:
        """Return some tasks with the progress of their jobs, and how many there are in all.

        Parameters
        ----------
        search
            Part of the name, whatever its case.
        project_id, subset, assignee, owner, mode
            Only these; an empty text means none.
        sort
            A column of :data:`TASK_SORTS`; with ``-`` before it the other way round.
        offset, limit
            Which part.
        """
        task = schema.task
        chosen = select(task.c.id)
        if search:
            chosen = chosen.where(func.lower(task.c.name).contains(search.lower(), autoescape=True))
        if project_id is not None:
            chosen = chosen.where(task.c.project_id == project_id)
        given = {"subset": subset, "assignee": assignee, "owner": owner, "mode": mode}
        for name, value in given.items():
            if value is not None:
                chosen = chosen.where(func.coalesce(task.c[name], "") == value)
        page = _page(chosen, task, sort, TASK_SORTS, offset, limit)
        with self.database.read(), self.database.engine.connect() as core:
            total = int(core.execute(select(func.count()).select_from(chosen.subquery())).scalar_one())
            ids = list(core.execute(page).scalars())
            rows: dict[int, dict[str, Any]] = {}
            for start in range(0, len(ids), _PART):
                part = ids[start : start + _PART]
                facts = select(*(task.c[name] for name in _FACTS)).where(task.c.id.in_(part))
                rows.update((row["id"], dict(row)) for row in core.execute(facts).mappings())
                for counts in core.execute(_progress(part)).mappings():
                    rows[counts["task_id"]].update(counts)
        empty = {"jobs": 0, "completed": 0, "accepted": 0}
        return [empty | rows[task_id] for task_id in ids], total

    def job_page(
        self,
        *,
        search: str = "",
        task_id: int | None = None,
        project_id: int | None = None,
        kind: str | None = None,
        stage: str | None = None,
        state: str | None = None,
        assignee: str | None = None,
        sort: str = "id",
        offset: int = 0,
        limit: int | None = None,
    ) -> tuple[list[dict[str, Any]], int]:
        """Return some jobs of all tasks, with the names of their tasks, and how many there are; see :meth:`task_page`."""
        job, task, segment = schema.job, schema.task, schema.segment
        chosen = select(job.c.id)
        if search or project_id is not None:
            chosen = chosen.join(task, job.c.task_id == task.c.id)
        if search:
            chosen = chosen.where(func.lower(task.c.name).contains(search.lower(), autoescape=True))
        if project_id is not None:
            chosen = chosen.where(task.c.project_id == project_id)
        if assignee is not None:
            chosen = chosen.where(job.c.assignee == assignee if assignee else job.c.assignee.is_(None))
        given = {"task_id": task_id, "type": kind, "stage": stage, "state": state}
        for name, value in given.items():
            if value is not None:
                chosen = chosen.where(job.c[name] == value)
        page = _page(chosen, job, sort, JOB_SORTS, offset, limit)
        facts = (
            select(job, task.c.name.label("task"), task.c.project_id, segment.c.start, segment.c.stop)
            .join(task, job.c.task_id == task.c.id)
            .join(segment, job.c.segment_id == segment.c.id)
        )
        with self.database.read(), self.database.engine.connect() as core:
            total = int(core.execute(select(func.count()).select_from(chosen.subquery())).scalar_one())
            ids = list(core.execute(page).scalars())
            rows: dict[int, dict[str, Any]] = {}
            for start in range(0, len(ids), _PART):
                found = core.execute(facts.where(job.c.id.in_(ids[start : start + _PART]))).mappings()
                rows.update((row["id"], dict(row)) for row in found)
        return [rows[job_id] for job_id in ids], total


def _page(chosen: Select[Any], table: Any, sort: str, known: Sequence[str], offset: int, limit: int | None) -> Select[Any]:
    name = sort.removeprefix("-")
    if name not in known:
        raise StoreError(
            f"lists cannot be sorted by {name!r}", hint=f"Use one of {', '.join(known)}, perhaps with a - before it"
        )
    if offset < 0 or (limit is not None and limit < 0):
        raise StoreError("offset and limit are not negative")
    down = sort.startswith("-")
    column = table.c[name]
    order = [column.desc() if down else column.asc(), table.c.id.desc() if down else table.c.id.asc()]
    return chosen.order_by(*order[: 1 if name == "id" else 2]).offset(offset or None).limit(limit)


def _progress(task_ids: list[int]) -> Select[Any]:
    """Count the jobs of annotation of some tasks, those completed in their stage, and those accepted."""
    job = schema.job
    done = job.c.state == "completed"
    accepted = done & (job.c.stage == "acceptance")
    return (
        select(
            job.c.task_id,
            func.count().label("jobs"),
            func.sum(case((done, 1), else_=0)).label("completed"),
            func.sum(case((accepted, 1), else_=0)).label("accepted"),
        )
        .where(job.c.task_id.in_(task_ids), job.c.type == "annotation")
        .group_by(job.c.task_id)
    )
