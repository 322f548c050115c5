"""Pages of projects, tasks and jobs: searched, filtered and sorted by the database; a page of a large store costs no more."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, case, func, select

from cvat_widgets.errors import StoreError
from cvat_widgets.store import schema
from cvat_widgets.store.list_filters import filter_condition, search_condition
from cvat_widgets.store.list_properties import ListProperty, job_properties, project_properties, task_properties
from cvat_widgets.store.validation import Validation

__all__ = ["JOB_SORTS", "PROJECT_SORTS", "TASK_SORTS", "Listing"]

TASK_SORTS = (
    "id", "name", "created", "updated", "size", "assignee", "owner", "subset", "mode", "status", "dimension", "project_id",
    "project_name",
)  # fmt: skip
JOB_SORTS = (
    "id", "task_id", "task_name", "project_id", "project_name", "type", "stage", "state", "assignee", "reviewer", "created",
    "updated",
)  # fmt: skip
PROJECT_SORTS = ("id", "name", "owner", "assignee", "status", "created", "updated")
_FACTS = (
    "id", "name", "mode", "size", "revision", "created", "updated", "subset", "project_id", "owner", "assignee", "bug_tracker",
    "dimension", "kind",
)  # fmt: skip
_PROGRESS = ("jobs", "completed", "accepted", "validation", "in_progress")
_PART = 500
_MAX_SORTS = 6

Filter = Mapping[str, Any] | str | None


class Listing(Validation):
    """Lists for people to look through."""

    def task_page(
        self,
        *,
        search: str = "",
        where: Filter = None,
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
            Words to find in names, people, subset, mode and status, whatever their case; ``owner: ann AND name: street`` looks
            in these only.
        where
            A filter as JSON logic, as CVAT's lists have them.
        project_id, subset, assignee, owner, mode
            Only these; an empty text means none.
        sort
            A column of :data:`TASK_SORTS`; with ``-`` before it the other way round; several with commas.
        offset, limit
            Which part.
        """
        task, properties = schema.task, task_properties()
        chosen = _found(select(task.c.id), search, where, properties)
        if project_id is not None:
            chosen = chosen.where(task.c.project_id == project_id)
        given = {"subset": subset, "assignee": assignee, "owner": owner, "mode": mode}
        for name, value in given.items():
            if value is not None:
                chosen = chosen.where(func.coalesce(task.c[name], "") == value)
        ids, total = self._page(chosen, properties, sort, TASK_SORTS, offset, limit)
        facts = select(*(task.c[name] for name in _FACTS), schema.project.c.name.label("project"))
        facts = facts.outerjoin(schema.project, task.c.project_id == schema.project.c.id)
        rows: dict[int, dict[str, Any]] = {}
        with self.database.read(), self.database.engine.connect() as core:
            for part in _parts(ids):
                found = core.execute(facts.where(task.c.id.in_(part))).mappings()
                rows.update((row["id"], {**row, **dict.fromkeys(_PROGRESS, 0)}) for row in found)
                for counts in core.execute(_progress(schema.job.c.task_id, schema.job.c.task_id.in_(part))).mappings():
                    rows[counts["task_id"]].update({name: int(counts[name]) for name in _PROGRESS})
        for row in rows.values():
            row["status"] = _status(row)
        return [rows[task_id] for task_id in ids if task_id in rows], total

    def job_page(
        self,
        *,
        search: str = "",
        where: Filter = None,
        task_id: int | None = None,
        project_id: int | None = None,
        kind: str | None = None,
        stage: str | None = None,
        state: str | None = None,
        assignee: str | None = None,
        seen_by: str | None = None,
        sort: str = "id",
        offset: int = 0,
        limit: int | None = None,
    ) -> tuple[list[dict[str, Any]], int]:
        """Return some jobs of all tasks, with the names of their tasks, and how many there are; see :meth:`task_page`.

        ``seen_by`` leaves out what an annotator of this name must not know of: ground truth, and replicas of others.
        """
        job, task, segment = schema.job, schema.task, schema.segment
        chosen = select(job.c.id)
        if search.strip() or where or project_id is not None or any(name.lstrip("-") in _OF_TASK for name in sort.split(",")):
            chosen = chosen.join(task, job.c.task_id == task.c.id)
        chosen = _found(chosen, search, where, job_properties())
        if project_id is not None:
            chosen = chosen.where(task.c.project_id == project_id)
        if assignee is not None:
            chosen = chosen.where(job.c.assignee == assignee if assignee else job.c.assignee.is_(None))
        given = {"task_id": task_id, "type": kind, "stage": stage, "state": state}
        for name, value in given.items():
            if value is not None:
                chosen = chosen.where(job.c[name] == value)
        if seen_by is not None:
            own = (job.c.type == "consensus_replica") & (job.c.assignee == seen_by)
            chosen = chosen.where((job.c.type == "annotation") | own)
        ids, total = self._page(chosen, job_properties(), sort, JOB_SORTS, offset, limit)
        columns = (
            task.c.name.label("task"), task.c.project_id, task.c.dimension, task.c.mode, task.c.bug_tracker,
            schema.project.c.name.label("project"), segment.c.start, segment.c.stop, segment.c.frames.label("chosen"),
        )  # fmt: skip
        facts = (
            select(job, *columns)
            .join(task, job.c.task_id == task.c.id)
            .join(segment, job.c.segment_id == segment.c.id)
            .outerjoin(schema.project, task.c.project_id == schema.project.c.id)
        )
        rows: dict[int, dict[str, Any]] = {}
        with self.database.read(), self.database.engine.connect() as core:
            for part in _parts(ids):
                rows.update((row["id"], dict(row)) for row in core.execute(facts.where(job.c.id.in_(part))).mappings())
        for row in rows.values():
            chosen_frames = row.pop("chosen")
            row["frames"] = len(json.loads(chosen_frames)) if chosen_frames else row["stop"] - row["start"] + 1
        return [rows[job_id] for job_id in ids if job_id in rows], total

    def project_page(
        self, *, search: str = "", where: Filter = None, sort: str = "id", offset: int = 0, limit: int | None = None
    ) -> tuple[list[dict[str, Any]], int]:
        """Return some projects with labels, subsets, tasks and progress, and how many there are; see :meth:`task_page`."""
        project, task = schema.project, schema.task
        chosen = _found(select(project.c.id), search, where, project_properties())
        ids, total = self._page(chosen, project_properties(), sort, PROJECT_SORTS, offset, limit)
        facts = select(project, schema.project_labels.c.labels).outerjoin(
            schema.project_labels, schema.project_labels.c.project_id == project.c.id
        )
        holdings = select(
            task.c.project_id, task.c.subset, func.count().label("tasks"), func.sum(task.c.size).label("frames"),
            func.min(task.c.id).label("first"),
        ).group_by(task.c.project_id, task.c.subset)  # fmt: skip
        empty = {"tasks": 0, "frames": 0, "first_task": None, **dict.fromkeys(_PROGRESS, 0)}
        rows: dict[int, dict[str, Any]] = {}
        with self.database.read(), self.database.engine.connect() as core:
            for part in _parts(ids):
                for found in core.execute(facts.where(project.c.id.in_(part))).mappings():
                    labels = json.loads(found["labels"] or "[]")
                    rows[found["id"]] = {**found, **empty, "labels": labels, "subsets": []}
                for held in core.execute(holdings.where(task.c.project_id.in_(part))).mappings():
                    row = rows[held["project_id"]]
                    row["tasks"] += held["tasks"]
                    row["frames"] += int(held["frames"])
                    row["first_task"] = min(held["first"], row["first_task"] or held["first"])
                    if held["subset"]:
                        row["subsets"] = sorted([*row["subsets"], held["subset"]])
                progress = _progress(task.c.project_id, task.c.project_id.in_(part)).join(
                    task, schema.job.c.task_id == task.c.id
                )
                for counts in core.execute(progress).mappings():
                    rows[counts["project_id"]].update({name: int(counts[name]) for name in _PROGRESS})
        for row in rows.values():
            row["status"] = _status(row)
        return [rows[project_id] for project_id in ids if project_id in rows], total

    def label_names(self, task_ids: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
        """Return name and colour of the labels of tasks, joints of skeletons left out."""
        label = schema.label
        query = (
            select(label.c.task_id, label.c.name, label.c.color).where(label.c.parent_id.is_(None)).order_by(label.c.position)
        )
        names: dict[int, list[tuple[str, str]]] = {task_id: [] for task_id in task_ids}
        with self.database.read(), self.database.engine.connect() as core:
            for part in _parts(list(task_ids)):
                for row in core.execute(query.where(label.c.task_id.in_(part))):
                    names[row.task_id].append((row.name, row.color))
        return names

    def people(self, limit: int = 500) -> list[str]:
        """Return who owns, works on or reviews anything, sorted."""
        task, job, project = schema.task.c, schema.job.c, schema.project.c
        names: set[str] = set()
        with self.database.read(), self.database.engine.connect() as core:
            for column in (task.owner, task.assignee, job.assignee, job.reviewer, project.owner, project.assignee):
                names.update(core.execute(select(column).where(column.is_not(None)).distinct().limit(limit)).scalars())
        return sorted(names - {""})[:limit]

    def _page(
        self, chosen: Select[Any], properties: Mapping[str, ListProperty], sort: str, known: Sequence[str], offset: int,
        limit: int | None,
    ) -> tuple[list[int], int]:  # fmt: skip
        if offset < 0 or (limit is not None and limit < 0):
            raise StoreError("offset and limit are not negative")
        page = chosen.order_by(*_order(sort, properties, known)).offset(offset or None).limit(limit)
        with self.database.read(), self.database.engine.connect() as core:
            total = int(core.execute(select(func.count()).select_from(chosen.subquery())).scalar_one())
            return list(core.execute(page).scalars()), total


_OF_TASK = ("task_name", "project_id", "project_name")


def _found(chosen: Select[Any], search: str, where: Filter, properties: Mapping[str, ListProperty]) -> Select[Any]:
    for condition in (search_condition(search, properties), filter_condition(where, properties)):
        if condition is not None:
            chosen = chosen.where(condition)
    return chosen


def _order(sort: str, properties: Mapping[str, ListProperty], known: Sequence[str]) -> list[Any]:
    names = [each.strip() for each in sort.split(",")][:_MAX_SORTS]
    order: list[Any] = []
    for each in names:
        name, down = each.removeprefix("-"), each.startswith("-")
        if name not in known:
            raise StoreError(
                f"lists cannot be sorted by {name!r}", hint=f"Use one of {', '.join(known)}, perhaps with a - before it"
            )
        found = properties[f"{name}_date" if name in ("created", "updated") else name]
        # Databases do not agree on where what is missing belongs.
        column = func.coalesce(found.column, "" if found.kind == "text" else 0) if found.nullable else found.column
        order.append(column.desc() if down else column.asc())
    if not any(each.removeprefix("-") == "id" for each in names):
        last = properties["id"].column
        order.append(last.desc() if names[-1].startswith("-") else last.asc())
    return order


def _parts(ids: list[int]) -> list[list[int]]:
    return [ids[start : start + _PART] for start in range(0, len(ids), _PART)]


def _progress(key: Any, belongs: Any) -> Select[Any]:
    """Count the jobs of annotation of some tasks or projects: all, completed in their stage, accepted, being checked, begun."""
    job = schema.job.c
    done = job.state == "completed"
    accepted = done & (job.stage == "acceptance")
    counted = {
        "completed": done,
        "accepted": accepted,
        "validation": (job.stage == "validation") | ((job.stage == "acceptance") & ~done),
        "in_progress": (job.stage == "annotation") & (job.state != "new"),
    }
    counts = [func.sum(case((test, 1), else_=0)).label(name) for name, test in counted.items()]
    return select(key, func.count().label("jobs"), *counts).where(belongs, job.type == "annotation").group_by(key)


def _status(row: Mapping[str, Any]) -> str:
    if row["jobs"] == 0 or row["jobs"] > row["accepted"] + row["validation"]:
        return "annotation"
    return "completed" if row["accepted"] == row["jobs"] else "validation"
