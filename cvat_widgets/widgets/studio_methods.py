"""What the task browser can ask for: lists, details, changes. Creating is in ``studio_forms``, files in ``studio_files``."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvat_widgets.model.labels import LabelSet
from cvat_widgets.project import Project
from cvat_widgets.store.catalogue import STAGES, STATES
from cvat_widgets.task import Task, delete_task
from cvat_widgets.widgets.protocol import PROTOCOL_VERSION
from cvat_widgets.widgets.rpc import Call, Method
from cvat_widgets.widgets.studio_requests import (
    DeleteRequest,
    GuidePicture,
    JobUpdate,
    LabelsRequest,
    ListRequest,
    MoveRequest,
    One,
    ProjectUpdate,
    TaskUpdate,
    read,
)
from cvat_widgets.widgets.studio_uploads import takes_files

if TYPE_CHECKING:
    from cvat_widgets.store import Store

__all__ = ["StudioMethods", "facts_of_row"]

_MOST_JOBS = 1000
_MOST_LABELS = 12
"""Labels that a row of the list names; the details name all."""


class StudioMethods:
    """Lists and changes of one store.

    Parameters
    ----------
    store
        The store.
    user
        In whose name it is changed.
    before_deleting
        Called with the id of a task that goes away.
    """

    def __init__(self, store: Store, user: str, before_deleting: Callable[[int], None] = lambda _: None) -> None:
        self.store = store
        self.user = user
        self._before_deleting = before_deleting

    @property
    def table(self) -> dict[str, Method]:
        """The methods by name."""
        return {
            "studio.hello": self.hello,
            "studio.list": self.page,
            "studio.task": self.task,
            "studio.project": self.project,
            "studio.task.update": self.update_task,
            "studio.task.move": self.move_task,
            "studio.job.update": self.update_job,
            "studio.project.update": self.update_project,
            "studio.guide.picture": self.guide_picture,
            "studio.labels": self.set_labels,
            "studio.delete": self.delete,
        }

    def hello(self, call: Call) -> dict[str, Any]:  # noqa: ARG002  # every method is given its call
        """Return who and where we are, and the words that forms offer."""
        from cvat_widgets.model.kinds import LABEL_TYPES

        return {
            "protocol": PROTOCOL_VERSION,
            "user": self.user,
            "store": self.store.database.where if hasattr(self.store, "database") else str(self.store),
            "security": self.store.security,
            "folder": str(Path.cwd()),
            "uploads": takes_files(self.store),
            "stages": list(STAGES),
            "states": list(STATES),
            "label_types": list(LABEL_TYPES),
        }

    # -- lists ---------------------------------------------------------------------------------------------------

    def page(self, call: Call) -> dict[str, Any]:
        """Return a page: ``rows`` and how many there are in all."""
        request = read(call.params, ListRequest)
        options: dict[str, Any] = {
            "search": request.search, "where": request.filter, "sort": request.sort, "offset": request.offset,
            "limit": request.limit,
        }  # fmt: skip
        if request.kind == "projects":
            rows, total = self.store.project_page(**options)
        elif request.kind == "tasks":
            rows, total = self.store.task_page(project_id=request.project, **options)
            self._name_labels(rows)
        else:
            rows, total = self.store.job_page(project_id=request.project, task_id=request.task, **options)
        return {"rows": [facts_of_row(row) for row in rows], "total": total}

    def _name_labels(self, rows: list[dict[str, Any]]) -> None:
        names = self.store.label_names([row["id"] for row in rows])
        for row in rows:
            labels = names[row["id"]]
            row["labels"] = [{"name": name, "color": color} for name, color in labels[:_MOST_LABELS]]
            row["label_count"] = len(labels)

    def task(self, call: Call) -> dict[str, Any]:
        """Return a task with its labels, jobs, guide, and the people and projects that can be chosen."""
        return self._task(read(call.params, One).id)

    def _task(self, task_id: int) -> dict[str, Any]:
        row = self.store.task(task_id)  # raises if it is gone
        (facts,), _ = self.store.task_page(where={"==": [{"var": "id"}, task_id]})
        jobs, count = self.store.job_page(task_id=task_id, limit=_MOST_JOBS)
        labels = self.store.labels(task_id)
        projects, _ = self.store.project_page(sort="name", limit=_MOST_JOBS)
        tracker = next((each["bug_tracker"] for each in projects if each["id"] == row.project_id), "")
        return facts_of_row(facts) | {
            "overlap": row.overlap,
            "fps": row.fps,
            "source": _source(row.media),
            "labels": labels.to_raw(),
            "project_tracker": tracker,
            **self._guide(task_id=task_id),
            "jobs_list": [facts_of_row(job) for job in jobs],
            "jobs_total": count,
            "people": self._people(),
            "projects": [{"id": each["id"], "name": each["name"], "labels": _names(each["labels"])} for each in projects],
        }

    def project(self, call: Call) -> dict[str, Any]:
        """Return a project with its labels and guide; its tasks are a list of their own."""
        return self._project(read(call.params, One).id)

    def _project(self, project_id: int) -> dict[str, Any]:
        self.store.project(project_id)  # raises if it is gone
        (facts,), _ = self.store.project_page(where={"==": [{"var": "id"}, project_id]})
        return facts_of_row(facts) | {
            "labels": self.store.project_labels(project_id).to_raw(),
            **self._guide(project_id=project_id),
            "people": self._people(),
        }

    def _guide(self, **of: int) -> dict[str, Any]:
        """Return a guide as it was written, and as a tree in which nothing is HTML."""
        from cvat_widgets.widgets.markdown import parse_markdown

        text = self.store.guide(**of)
        return {"guide": text, "guide_blocks": parse_markdown(text, self.store.guide_assets(**of)) if text else []}

    def guide_picture(self, call: Call) -> tuple[dict[str, Any], list[bytes]]:
        """Return a picture of the guide of a task or project."""
        from cvat_widgets.widgets.guide_methods import picture_of

        request = read(call.params, GuidePicture)
        of = {"task_id": request.id} if request.kind == "task" else {"project_id": request.id}
        return picture_of(self.store.guide_assets(**of), request.name)

    def _people(self) -> list[str]:
        return sorted({*self.store.people(), self.user})

    # -- changes -------------------------------------------------------------------------------------------------

    def update_task(self, call: Call) -> dict[str, Any]:
        """Change name, subset, assignee, issue tracker or guide."""
        request = read(call.params, TaskUpdate)
        if request.name is not None:
            self.store.rename_task(request.id, request.name.strip(), user=self.user)
        facts = {name: getattr(request, name) for name in ("subset", "assignee", "bug_tracker")}
        given = {name: value.strip() for name, value in facts.items() if value is not None}
        if given:
            self.store.update_task(request.id, **given, user=self.user)
        if request.guide is not None:
            self.store.set_guide(request.guide, task_id=request.id)
        return self._task(request.id)

    def update_project(self, call: Call) -> dict[str, Any]:
        """Change name, assignee, issue tracker or guide."""
        request = read(call.params, ProjectUpdate)
        facts = {name: getattr(request, name) for name in ("name", "assignee", "bug_tracker")}
        given = {name: value.strip() for name, value in facts.items() if value is not None}
        if given:
            self.store.update_project(request.id, **given, user=self.user)
        if request.guide is not None:
            self.store.set_guide(request.guide, project_id=request.id)
        return self._project(request.id)

    def update_job(self, call: Call) -> dict[str, Any]:
        """Change stage, state, assignee or reviewer."""
        request = read(call.params, JobUpdate)
        values = {name: getattr(request, name) for name in ("stage", "state", "assignee", "reviewer")}
        self.store.change_job(request.id, **values, user=self.user)
        (facts,), _ = self.store.job_page(where={"==": [{"var": "id"}, request.id]})
        return facts_of_row(facts)

    def set_labels(self, call: Call) -> dict[str, Any]:
        """Replace the labels of a task or of a project with all its tasks."""
        request = read(call.params, LabelsRequest)
        labels = LabelSet.of(request.labels)
        if request.kind == "task":
            Task.open(request.id, store=self.store).set_labels(labels)
            return self._task(request.id)
        Project.open(request.id, store=self.store).set_labels(labels)
        return self._project(request.id)

    def move_task(self, call: Call) -> dict[str, Any]:
        """Move a task into a project, or out of one."""
        request = read(call.params, MoveRequest)
        self.store.move_task(request.id, request.project, names=request.labels, user=self.user)
        return self._task(request.id)

    def delete(self, call: Call) -> dict[str, Any]:
        """Delete a task or a project; the media stay where they are."""
        request = read(call.params, DeleteRequest)
        tasks = [request.id] if request.kind == "task" else self.store.project_tasks(request.id) if request.with_tasks else []
        for task_id in tasks:
            self._before_deleting(task_id)
        if request.kind == "task":
            delete_task(request.id, store=self.store)
        else:
            self.store.delete_project(request.id, with_tasks=request.with_tasks, user=self.user)
        return {}


def facts_of_row(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of a list as JSON has it."""
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}


def _names(labels: list[dict[str, Any]]) -> list[str]:
    return [str(label["name"]) for label in labels]


def _source(media: dict[str, Any]) -> str:
    """Return where the media are, for people to read."""
    if media.get("url") or media.get("path"):
        return str(media.get("url") or media["path"])
    members = media.get("members") or {}
    return os.fspath(members.get("root") or members.get("path") or "")
