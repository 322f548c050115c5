"""Tasks, jobs, labels, frames, settings and events: everything but the annotations themselves. SQLAlchemy Core."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import Any, TypeVar

from sqlalchemy import CursorResult, Select, delete, insert, select, update

from cvat_widgets.errors import LabelError, NotFoundError, StoreError
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import Attribute, Label, LabelSet
from cvat_widgets.store import schema
from cvat_widgets.store.connection import Database
from cvat_widgets.store.frame_lists import pack_frames, unpack_frames, withheld_frames
from cvat_widgets.store.objects import used_labels
from cvat_widgets.store.rows import JobRow, TaskRow, TaskSpec

__all__ = ["WITHHELD", "Catalogue", "job_row", "new_key", "now"]

_MOST_KEPT = 256
"""Tasks whose labels and frames are kept in memory."""
Kept = TypeVar("Kept")
WITHHELD = {"type": "withheld"}
"""Instead of the description of media that somebody may not see."""
STAGES = ("annotation", "validation", "acceptance")
STATES = ("new", "in progress", "completed", "rejected")


def now() -> str:
    """Return the present moment, UTC, ISO 8601."""
    return datetime.now(timezone.utc).isoformat()


class Catalogue:
    """Reads and writes the lists of a store."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._labels: dict[int, tuple[int, LabelSet]] = {}
        self._frames: dict[int, FrameIndex] = {}
        self._frame_listeners: dict[int, list[Callable[[list[int]], None]]] = {}

    # -- tasks ---------------------------------------------------------------------------------------------------

    def create_task(self, spec: TaskSpec) -> TaskRow:
        """Write a task with its labels, frames and jobs, all or nothing."""
        if not spec.name.strip() or len(spec.name) > 256:
            raise StoreError("a task needs a name of at most 256 characters", where=f"task {spec.name[:40]!r}")
        if not len(spec.frames):
            raise StoreError("a task needs at least one frame", where=f"task {spec.name!r}")
        moment = now()
        with self.database.write(), self.database.engine.connect() as core:
            if core.execute(select(schema.task.c.id).where(schema.task.c.name == spec.name)).first():
                raise StoreError(
                    f"there is a task called {spec.name!r} already",
                    hint=f"Open it with Task.open({spec.name!r}), or choose another name",
                )
            values = {
                "uid": uuid.uuid4().hex,
                "project_id": spec.project_id,
                "name": spec.name,
                "owner": spec.owner,
                "subset": spec.subset,
                "mode": spec.mode,
                "dimension": spec.dimension,
                "kind": spec.kind,
                "fps": spec.fps,
                "size": len(spec.frames),
                "overlap": spec.overlap,
                "created": moment,
                "updated": moment,
            }
            task_id = new_key(core.execute(insert(schema.task).values(values)))
            media = {"task_id": task_id, "media": json.dumps(spec.media), "frames": pack_frames(spec.frames)}
            core.execute(insert(schema.task_media).values(media))
            self._write_labels(core, task_id, spec.labels)
            for start, stop in spec.segments:
                segment = core.execute(insert(schema.segment).values(task_id=task_id, start=start, stop=stop))
                core.execute(
                    insert(schema.job).values(
                        task_id=task_id,
                        segment_id=new_key(segment),
                        created=moment,
                        updated=moment,
                    )
                )
            self.record_event("task:create", user=spec.owner or "", task_id=task_id, payload={"name": spec.name})
        return self.task(task_id)

    def tasks(self) -> list[TaskRow]:
        """Return all tasks, the oldest first."""
        with self.database.read(), self.database.engine.connect() as core:
            rows = core.execute(_tasks().order_by(schema.task.c.id)).mappings().all()
        return [_task_row(row) for row in rows]

    def task(self, name: str | int) -> TaskRow:
        """Return a task by name or id."""
        column = schema.task.c.id if isinstance(name, int) else schema.task.c.name
        with self.database.read(), self.database.engine.connect() as core:
            row = core.execute(_tasks().where(column == name)).mappings().first()
            if row is None:
                names = [repr(each) for (each,) in core.execute(select(schema.task.c.name).limit(20))]
                raise NotFoundError(
                    f"there is no task {name!r}",
                    where=self.database.where,
                    hint=f"There are: {', '.join(names) or 'none yet'}",
                )
        return _task_row(row)

    def rename_task(self, task_id: int, name: str, *, user: str = "") -> None:
        """Give a task another name; an event ``task:update`` says which it had."""
        if not name.strip() or len(name) > 256:
            raise StoreError("a task needs a name of at most 256 characters", where=f"task {name[:40]!r}")
        with self.database.write(), self.database.engine.connect() as core:
            taken = select(schema.task.c.id).where(schema.task.c.name == name, schema.task.c.id != task_id)
            if core.execute(taken).first():
                raise StoreError(f"there is a task called {name!r} already", hint="Choose another name")
            before = core.execute(select(schema.task.c.name).where(schema.task.c.id == task_id)).scalar()
            done = core.execute(update(schema.task).where(schema.task.c.id == task_id).values(name=name, updated=now()))
            if not done.rowcount:
                raise NotFoundError(f"there is no task with id {task_id} that this account may change")
            if before != name:
                self.record_event("task:update", user=user, task_id=task_id, payload={"name": [before, name]})

    def delete_task(self, task_id: int, *, user: str = "") -> None:
        """Delete a task with everything that belongs to it; events stay, the last of them ``task:delete``."""
        with self.database.write(), self.database.engine.connect() as core:
            name = core.execute(select(schema.task.c.name).where(schema.task.c.id == task_id)).scalar()
            if not core.execute(delete(schema.task).where(schema.task.c.id == task_id)).rowcount:
                raise NotFoundError(f"there is no task with id {task_id} that this account may delete")
            self.record_event("task:delete", user=user, task_id=task_id, payload={"name": name})
        self._labels.pop(task_id, None)
        self._frames.pop(task_id, None)

    # -- labels --------------------------------------------------------------------------------------------------

    def labels(self, task_id: int) -> LabelSet:
        """Return the labels of a task."""
        with self.database.read() as raw:
            row = raw.execute("SELECT label_version FROM task WHERE id = ?", (task_id,)).fetchone()
            if row is None:
                raise NotFoundError(f"there is no task with id {task_id}")
            cached = self._labels.get(task_id)
            if cached and cached[0] == row[0]:
                return cached[1]
            with self.database.engine.connect() as core:
                label, attribute = schema.label, schema.attribute
                labels = (
                    core.execute(select(label).where(label.c.task_id == task_id).order_by(label.c.position)).mappings().all()
                )
                specs = (
                    core.execute(select(attribute).where(attribute.c.task_id == task_id).order_by(attribute.c.position))
                    .mappings()
                    .all()
                )
            found = LabelSet(tuple(_built_labels(labels, specs, None)))
            self._labels[task_id] = (row[0], found)
            self._kept(self._labels, task_id)
        return found

    def _kept(self, cache: dict[int, Kept], task_id: int) -> Kept:
        """Return what a cache has just got, and let it forget what it got first: a service meets many tasks in its life."""
        with self.database.lock:
            found = cache[task_id]
            for first in list(cache)[:-_MOST_KEPT]:
                cache.pop(first, None)
        return found

    def update_labels(self, task_id: int, labels: LabelSet) -> None:
        """Replace the labels; ids tell which ones are the same.

        Raises
        ------
        LabelError
            A label that objects still have would go away.
        """
        with self.database.write() as raw, self.database.engine.connect() as core:
            present = self.labels(task_id)
            gone = [label for label in present if label.id in used_labels(raw, task_id) and not labels.has_id(label.id)]
            if gone:
                raise LabelError(
                    f"the label {gone[0].name!r} cannot be removed: objects have it", hint="Delete or relabel them first"
                )
            core.execute(delete(schema.attribute).where(schema.attribute.c.task_id == task_id))
            core.execute(delete(schema.label).where(schema.label.c.task_id == task_id))
            self._write_labels(core, task_id, labels)
            core.execute(
                update(schema.task).where(schema.task.c.id == task_id).values(
                    label_version=schema.task.c.label_version + 1, updated=now()
                )
            )  # fmt: skip

    def forget_labels(self) -> None:
        """Read labels anew when they are next wanted: what was read in a transaction that was rolled back never was."""
        self._labels.clear()

    def _write_labels(self, core: Any, task_id: int, labels: LabelSet) -> None:
        position = 0
        for top in labels:
            for each in (top, *top.sublabels):
                core.execute(
                    insert(schema.label).values(
                        task_id=task_id,
                        id=each.id,
                        parent_id=None if each is top else top.id,
                        position=position,
                        name=each.name,
                        color=each.color,
                        type=each.type,
                        svg=each.svg,
                    )
                )
                position += 1
                for index, spec in enumerate(each.attributes):
                    core.execute(
                        insert(schema.attribute).values(
                            task_id=task_id,
                            id=spec.id,
                            label_id=each.id,
                            position=index,
                            name=spec.name,
                            input_type=spec.input_type,
                            mutable=spec.mutable,
                            default_value=spec.default,
                            choices=json.dumps(list(spec.values)),
                        )
                    )

    # -- frames and jobs -----------------------------------------------------------------------------------------

    def frames(self, task_id: int) -> FrameIndex:
        """Return names and sizes of the frames of a task; numbers where the media are withheld from this person."""
        if task_id not in self._frames:
            with self.database.read() as raw:
                row = raw.execute(
                    "SELECT frames, size FROM task LEFT JOIN task_media ON task_id = id WHERE id = ?", (task_id,)
                ).fetchone()
            if row is None:
                raise NotFoundError(f"there is no task with id {task_id}")
            if row[0] is None:
                return withheld_frames(row[1])
            self._frames[task_id] = unpack_frames(row[0], row[1])
            return self._kept(self._frames, task_id)
        return self._frames[task_id]

    def deleted_frames(self, task_id: int) -> list[int]:
        """Return the frames that are taken out of a task, sorted."""
        with self.database.read() as raw:
            rows = raw.execute("SELECT frame FROM deleted_frame WHERE task_id = ? ORDER BY frame", (task_id,))
            return [row[0] for row in rows]

    def set_frames_deleted(self, task_id: int, frames: Sequence[int], *, deleted: bool) -> None:
        """Take frames out of a task, or put them back; their annotations stay."""
        size = len(self.frames(task_id))
        wrong = [frame for frame in frames if not 0 <= frame < size]
        if wrong:
            raise NotFoundError(f"frame {wrong[0]} does not exist; the task has frames 0 to {size - 1}")
        statement = (
            "INSERT OR IGNORE INTO deleted_frame (task_id, frame) VALUES (?, ?)"
            if deleted
            else "DELETE FROM deleted_frame WHERE task_id = ? AND frame = ?"
        )
        with self.database.write() as raw:
            raw.executemany(statement, [(task_id, frame) for frame in frames])
        present = self.deleted_frames(task_id)
        for listener in list(self._frame_listeners.get(task_id, ())):
            listener(present)

    def on_frames(self, task_id: int, callback: Callable[[list[int]], None]) -> Callable[[], None]:
        """Call a function with the deleted frames of a task whenever this process changes them; return how to stop it."""
        listeners = self._frame_listeners.setdefault(task_id, [])
        listeners.append(callback)
        return lambda: listeners.remove(callback) if callback in listeners else None

    def jobs(self, task_id: int) -> list[JobRow]:
        """Return the jobs of a task: those of annotation in order of their frames, then ground truth and replicas."""
        job, segment = schema.job, schema.segment
        query = (
            select(job, segment.c.start, segment.c.stop, segment.c.frames)
            .join(segment, job.c.segment_id == segment.c.id)
            .where(job.c.task_id == task_id)
            .order_by(job.c.type != "annotation", segment.c.start, job.c.id)
        )
        with self.database.read(), self.database.engine.connect() as core:
            rows = core.execute(query).mappings().all()
        return [job_row(row) for row in rows]

    # -- settings and events -------------------------------------------------------------------------------------

    def setting(self, user: str, key: str) -> Any:
        """Return a setting of a user, ``None`` if it was never set."""
        with self.database.read() as raw:
            row = raw.execute("SELECT value FROM setting WHERE user_name = ? AND key = ?", (user, key)).fetchone()
        return json.loads(row[0]) if row else None

    def set_setting(self, user: str, key: str, value: Any) -> None:
        """Keep a JSON value for a user."""
        with self.database.write() as raw:
            raw.execute("INSERT OR REPLACE INTO setting VALUES (?, ?, ?)", (user, key, json.dumps(value)))

    def settings(self, user: str) -> dict[str, Any]:
        """Return everything a user prefers, by key; ``settings(user)["annotator"]`` is what the canvas keeps."""
        with self.database.read() as raw:
            rows = raw.execute("SELECT key, value FROM setting WHERE user_name = ? ORDER BY key", (user,)).fetchall()
        return {key: json.loads(value) for key, value in rows}

    def record_event(
        self, kind: str, *, user: str, task_id: int | None = None, job_id: int | None = None, session: str | None = None,
        duration: float | None = None, count: int | None = None, payload: Any = None,
    ) -> None:  # fmt: skip
        """Write an entry of the event log."""
        values = {
            "kind": kind, "user_name": user or self.database.identity or "", "task_id": task_id, "job_id": job_id,
            "session": session, "time": now(),
            "duration": duration, "count": count, "payload": None if payload is None else json.dumps(payload),
        }  # fmt: skip
        with self.database.write(), self.database.engine.connect() as core:
            core.execute(insert(schema.event).values(values))

    def events(self, task_id: int | None = None) -> list[dict[str, Any]]:
        """Return the event log, the oldest first."""
        query = select(schema.event).order_by(schema.event.c.id)
        if task_id is not None:
            query = query.where(schema.event.c.task_id == task_id)
        with self.database.read(), self.database.engine.connect() as core:
            return [dict(row) for row in core.execute(query).mappings()]


def new_key(result: CursorResult[Any]) -> int:
    """Return the id of the row just written."""
    key = result.inserted_primary_key
    if key is None:
        raise StoreError("the database gave no id for a new row")
    return int(key[0])


def job_row(row: Any) -> JobRow:
    """Return a job from a row of job and segment together."""
    values = {name: row[name] for name in JobRow.__dataclass_fields__}
    values["frames"] = None if row["frames"] is None else tuple(json.loads(row["frames"]))
    return JobRow(**values)


def _tasks() -> Select[Any]:
    """Return the query for tasks; where the database withholds the media, the task is there without them."""
    media = schema.task_media
    return select(schema.task, media.c.media).outerjoin(media, media.c.task_id == schema.task.c.id)


def _task_row(row: Any) -> TaskRow:
    values = {name: row[name] for name in TaskRow.__dataclass_fields__}
    values["media"] = dict(WITHHELD) if row["media"] is None else json.loads(row["media"])
    values["created"] = datetime.fromisoformat(row["created"])
    values["updated"] = datetime.fromisoformat(row["updated"])
    return TaskRow(**values)


def _built_labels(labels: Sequence[Any], specs: Sequence[Any], parent: int | None) -> list[Label]:
    return [
        Label(
            name=row["name"],
            color=row["color"],
            type=row["type"],
            attributes=tuple(
                Attribute(
                    name=spec["name"],
                    input_type=spec["input_type"],
                    values=tuple(json.loads(spec["choices"])),
                    default=spec["default_value"],
                    mutable=spec["mutable"],
                    id=spec["id"],
                )
                for spec in specs
                if spec["label_id"] == row["id"]
            ),
            sublabels=tuple(_built_labels(labels, specs, row["id"])) if parent is None else (),
            svg=row["svg"],
            id=row["id"],
        )
        for row in labels
        if row["parent_id"] == parent
    ]
