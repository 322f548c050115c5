"""Projects in the store: their labels, their tasks, their guides."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, select, update

from cvat_widgets.errors import LabelError, NotFoundError, StoreError
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.store import schema
from cvat_widgets.store.catalogue import Catalogue, new_key, now
from cvat_widgets.store.label_fitting import fitted
from cvat_widgets.store.objects import used_labels
from cvat_widgets.store.team_rows import ProjectRow

__all__ = ["Projects"]

_MAX_GUIDE = 1 << 20
_MAX_ASSETS = 150
_MAX_ASSET = 10 << 20


class Projects(Catalogue):
    """Reads and writes projects."""

    def create_project(self, name: str, labels: LabelSet, *, owner: str = "", bug_tracker: str = "") -> ProjectRow:
        """Write a project with its labels."""
        _check_name(name)
        moment = now()
        with self.database.write(), self.database.engine.connect() as core:
            self._check_free(core, name)
            values = {
                "uid": uuid.uuid4().hex, "name": name, "owner": owner or None, "bug_tracker": checked_link(bug_tracker),
                "created": moment, "updated": moment,
            }  # fmt: skip
            key = new_key(core.execute(insert(schema.project).values(values)))
            core.execute(insert(schema.project_labels).values(project_id=key, labels=json.dumps(labels.to_raw())))
            self.record_event("project:create", user=owner, payload={"project": key})
        return self.project(key)

    def projects(self) -> list[ProjectRow]:
        """Return all projects, the oldest first."""
        with self.database.read(), self.database.engine.connect() as core:
            rows = core.execute(select(schema.project).order_by(schema.project.c.id)).mappings().all()
        return [ProjectRow(**row) for row in rows]

    def project(self, name: str | int) -> ProjectRow:
        """Return a project by name or id."""
        column = schema.project.c.id if isinstance(name, int) else schema.project.c.name
        with self.database.read(), self.database.engine.connect() as core:
            row = core.execute(select(schema.project).where(column == name)).mappings().first()
            if row is None:
                names = [repr(each) for (each,) in core.execute(select(schema.project.c.name).limit(20))]
                raise NotFoundError(f"there is no project {name!r}", hint=f"There are: {', '.join(names) or 'none yet'}")
        return ProjectRow(**row)

    def update_project(
        self, project_id: int, *, name: str | None = None, bug_tracker: str | None = None, assignee: str | None = None,
        user: str = "",
    ) -> ProjectRow:  # fmt: skip
        """Rename a project, or change its assignee (empty: nobody) or the link to its issue tracker.

        What is new is an event ``project:update`` with what it was and what it is.
        """
        values: dict[str, Any] = {}
        if name is not None:
            _check_name(name)
            values["name"] = name
        if bug_tracker is not None:
            values["bug_tracker"] = checked_link(bug_tracker)
        if assignee is not None:
            values["assignee"] = _person(assignee)
        with self.database.write(), self.database.engine.connect() as core:
            if name is not None:
                self._check_free(core, name, project_id)
            changes = _changes(self.project(project_id), values)
            core.execute(update(schema.project).where(schema.project.c.id == project_id).values(**values, updated=now()))
            if changes:
                self.record_event("project:update", user=user, payload={"project": project_id, **changes})
        return self.project(project_id)

    @staticmethod
    def _check_free(core: Any, name: str, but: int = 0) -> None:
        if core.execute(select(schema.project.c.id).where(schema.project.c.name == name, schema.project.c.id != but)).first():
            raise StoreError(f"there is a project called {name!r} already", hint="Open it, or choose another name")

    def delete_project(self, project_id: int, *, with_tasks: bool, user: str = "") -> None:
        """Delete a project, with its tasks or leaving them on their own."""
        with self.database.write(), self.database.engine.connect() as core:
            if with_tasks:
                for task_id in self.project_tasks(project_id):
                    self.delete_task(task_id, user=user)
            if not core.execute(delete(schema.project).where(schema.project.c.id == project_id)).rowcount:
                raise NotFoundError(f"there is no project with id {project_id}")
            self.record_event("project:delete", user=user, payload={"project": project_id})

    def project_tasks(self, project_id: int) -> list[int]:
        """Return the ids of the tasks of a project."""
        with self.database.read() as raw:
            rows = raw.execute("SELECT id FROM task WHERE project_id = ? ORDER BY id", (project_id,)).fetchall()
        return [row[0] for row in rows]

    # -- labels --------------------------------------------------------------------------------------------------

    def project_labels(self, project_id: int) -> LabelSet:
        """Return the labels that all tasks of a project have."""
        with self.database.read() as raw:
            row = raw.execute("SELECT labels FROM project_labels WHERE project_id = ?", (project_id,)).fetchone()
        if row is None:
            raise NotFoundError(f"there is no project with id {project_id}")
        return LabelSet.of(json.loads(row[0]))

    def set_project_labels(self, project_id: int, labels: LabelSet) -> None:
        """Change the labels of a project and, in the same transaction, of all its tasks.

        Raises
        ------
        LabelError
            A label goes away that objects of a task still have; nothing is changed.
        """
        try:
            with self.database.write() as raw:
                before = self.project_labels(project_id)
                for task_id in self.project_tasks(project_id):
                    try:
                        self.update_labels(task_id, fitted(labels, self.labels(task_id), before))
                    except LabelError as error:
                        raise LabelError(error.what, where=f"task {task_id}", hint=error.hint) from None
                raw.execute(
                    "UPDATE project_labels SET labels = ? WHERE project_id = ?", (json.dumps(labels.to_raw()), project_id)
                )
                raw.execute("UPDATE project SET updated = ? WHERE id = ?", (now(), project_id))
        except BaseException:
            self._labels.clear()  # what was read inside never came to be
            raise

    def move_task(
        self, task_id: int, project_id: int | None, *, names: Mapping[str, str] | None = None, user: str = ""
    ) -> None:
        """Move a task into a project, or out of one (it keeps its labels).

        Parameters
        ----------
        names
            Which of the task's labels becomes which of the project's; the others are found by name.

        Raises
        ------
        LabelError
            Objects have a label the project has not.
        """
        try:
            with self.database.write() as raw:
                if project_id is not None:
                    self._adopt(raw, task_id, project_id, dict(names or {}))
                moved = raw.execute("UPDATE task SET project_id = ?, updated = ? WHERE id = ?", (project_id, now(), task_id))
                if not moved.rowcount:
                    raise NotFoundError(f"there is no task with id {task_id}")
                self.record_event("task:move", user=user, task_id=task_id, payload={"project": project_id})
        except BaseException:
            self._labels.clear()
            raise

    def _adopt(self, raw: Any, task_id: int, project_id: int, names: dict[str, str]) -> None:
        present, wanted = self.labels(task_id), self.project_labels(project_id)
        for old, new in names.items():
            if old not in present or new not in wanted:
                raise LabelError(f"{old!r} cannot become {new!r}", hint=f"The project has: {', '.join(wanted.names)}")
        if len(set(names.values())) < len(names):
            raise LabelError("two labels become the same one", hint="Relabel the objects with task.update first")
        used = used_labels(raw, task_id)
        for label in present:
            new = names.get(label.name, label.name)
            if label.id in used and (new not in wanted or (label.name not in names and new in names.values())):
                raise LabelError(
                    f"objects have the label {label.name!r}, which the project has not",
                    hint="Say what it becomes, e.g. labels={'old': 'new'}",
                )
        self.update_labels(task_id, fitted(wanted, present, None, names))

    # -- the task's own facts ------------------------------------------------------------------------------------

    def update_task(
        self, task_id: int, *, subset: str | None = None, assignee: str | None = None, bug_tracker: str | None = None,
        user: str = "",
    ) -> None:  # fmt: skip
        """Change subset, assignee (empty: nobody) or issue tracker link of a task.

        What is new is an event ``task:update`` with what it was and what it is.
        """
        values: dict[str, Any] = {}
        if subset is not None:
            if len(subset) > 64:
                raise StoreError("the name of a subset has at most 64 characters", where=subset[:40])
            values["subset"] = subset
        if assignee is not None:
            values["assignee"] = _person(assignee)
        if bug_tracker is not None:
            values["bug_tracker"] = checked_link(bug_tracker)
        with self.database.write(), self.database.engine.connect() as core:
            changes = _changes(self.task(task_id), values)
            done = core.execute(update(schema.task).where(schema.task.c.id == task_id).values(**values, updated=now()))
            if not done.rowcount:
                raise NotFoundError(f"there is no task with id {task_id} that this account may change")
            if changes:
                self.record_event("task:update", user=user, task_id=task_id, payload=changes)

    # -- guides --------------------------------------------------------------------------------------------------

    def guide(self, *, task_id: int | None = None, project_id: int | None = None) -> str:
        """Return the guide of a task or project as Markdown, empty if there is none."""
        row = self._guide_row(task_id, project_id)
        return str(row[1]) if row else ""

    def set_guide(self, markdown: str, *, task_id: int | None = None, project_id: int | None = None) -> None:
        """Write the guide of a task or project; an empty one is removed, pictures with it."""
        if len(markdown.encode()) > _MAX_GUIDE:
            raise StoreError("a guide has at most 1 MiB")
        with self.database.write(), self.database.engine.connect() as core:
            row = self._guide_row(task_id, project_id)
            guide = schema.guide
            if row and not markdown:
                core.execute(delete(guide).where(guide.c.id == row[0]))
            elif row:
                core.execute(update(guide).where(guide.c.id == row[0]).values(markdown=markdown))
            elif markdown:
                core.execute(insert(guide).values(task_id=task_id, project_id=project_id, markdown=markdown))

    def guide_assets(self, *, task_id: int | None = None, project_id: int | None = None) -> dict[str, bytes]:
        """Return the pictures of a guide by name."""
        row = self._guide_row(task_id, project_id)
        if row is None:
            return {}
        with self.database.read() as raw:
            rows = raw.execute("SELECT name, data FROM guide_asset WHERE guide_id = ? ORDER BY id", (row[0],)).fetchall()
        return {name: bytes(data) for name, data in rows}

    def add_guide_asset(self, name: str, data: bytes, *, task_id: int | None = None, project_id: int | None = None) -> None:
        """Keep a picture that a guide shows; the guide names it."""
        if not name or len(name) > 255 or "/" in name or "\\" in name:
            raise StoreError("a picture of a guide has a plain file name", where=name[:40])
        if len(data) > _MAX_ASSET:
            raise StoreError("a picture of a guide has at most 10 MiB", where=name)
        with self.database.write(), self.database.engine.connect() as core:
            row = self._guide_row(task_id, project_id)
            if row is None:
                raise NotFoundError("there is no guide yet", hint="Write the guide first")
            present = self.guide_assets(task_id=task_id, project_id=project_id)
            if len(present) >= _MAX_ASSETS and name not in present:
                raise StoreError(f"a guide has at most {_MAX_ASSETS} pictures")
            asset = schema.guide_asset
            core.execute(delete(asset).where(asset.c.guide_id == row[0], asset.c.name == name))
            core.execute(insert(asset).values(guide_id=row[0], name=name, data=data))

    def _guide_row(self, task_id: int | None, project_id: int | None) -> Any:
        if (task_id is None) == (project_id is None):
            raise StoreError("a guide belongs to a task or to a project")
        column = "task_id" if project_id is None else "project_id"
        with self.database.read() as raw:
            return raw.execute(
                f"SELECT id, markdown FROM guide WHERE {column} = ?",  # noqa: S608 - one of two names
                (task_id if project_id is None else project_id,),
            ).fetchone()


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > 256:
        raise StoreError("a project needs a name of at most 256 characters", where=f"project {name[:40]!r}")


def _person(name: str) -> str | None:
    if len(name) > 255:
        raise StoreError("the name of a person has at most 255 characters", where=name[:40])
    return name or None


def _changes(row: object, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return what changes: what it is and what it becomes."""
    return {name: [getattr(row, name), value] for name, value in values.items() if getattr(row, name) != value}


def checked_link(link: str) -> str:
    """Return a link to an issue tracker if it is one that may be shown as a link."""
    if link and not link.lower().startswith(("http://", "https://")):
        raise StoreError("a link to an issue tracker starts with http:// or https://", where=link[:80])
    if len(link) > 2000:
        raise StoreError("the link is longer than 2000 characters")
    return link
