"""What the store knows of quality: settings, ground-truth frames, honeypots, the event log as columns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, select

from cvat_widgets.errors import StoreError
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.store import schema
from cvat_widgets.store.frame_lists import pack_frames
from cvat_widgets.store.reviews import Reviews

__all__ = ["WITH_ROLES", "Validation"]

WITH_ROLES = "honeypots are not hidden from people with accounts of their own in the database"
"""Which files a task shows where is told to those who work on it, and a file that is shown twice is a honeypot."""


class Validation(Reviews):
    """Reads and writes what quality control needs."""

    # -- settings ------------------------------------------------------------------------------------------------

    def quality_settings(self, *, task_id: int | None = None, project_id: int | None = None) -> dict[str, Any] | None:
        """Return the quality settings of a task or project, ``None`` if it has none of its own."""
        column, value = _owner(task_id, project_id)
        with self.database.read() as raw:
            row = raw.execute(f"SELECT value FROM quality_setting WHERE {column} = ?", (value,)).fetchone()  # noqa: S608
        return dict(json.loads(row[0])) if row else None

    def set_quality_settings(
        self, values: Mapping[str, Any] | None, *, task_id: int | None = None, project_id: int | None = None
    ) -> None:
        """Keep quality settings for a task or project; ``None`` removes them."""
        column, value = _owner(task_id, project_id)
        table = schema.quality_setting
        with self.database.write(), self.database.engine.connect() as core:
            core.execute(delete(table).where(table.c[column] == value))
            if values is not None:
                core.execute(insert(table).values({column: value, "value": json.dumps(dict(values))}))

    # -- validation frames ---------------------------------------------------------------------------------------

    def validation_frames(self, task_id: int) -> dict[int, bool]:
        """Return the frames with a ground truth, each with whether it counts at present."""
        with self.database.read() as raw:
            rows = raw.execute("SELECT frame, disabled FROM validation_frame WHERE task_id = ? ORDER BY frame", (task_id,))
            return {frame: not disabled for frame, disabled in rows}

    def set_validation_frames(self, task_id: int, frames: Sequence[int], *, kind: str) -> None:
        """Say which frames have a ground truth."""
        table = schema.validation_frame
        with self.database.write(), self.database.engine.connect() as core:
            core.execute(delete(table).where(table.c.task_id == task_id))
            if frames:
                core.execute(insert(table), [{"task_id": task_id, "frame": int(frame), "kind": kind} for frame in frames])

    def set_validation_frames_disabled(self, task_id: int, frames: Sequence[int], *, disabled: bool) -> None:
        """Leave validation frames out of the reports, or take them in again."""
        table = schema.validation_frame
        with self.database.write(), self.database.engine.connect() as core:
            chosen = table.update().where(table.c.task_id == task_id, table.c.frame.in_([int(frame) for frame in frames]))
            if core.execute(chosen.values(disabled=disabled)).rowcount != len(set(frames)):
                raise StoreError("a frame has no ground truth", hint="task.validation_frames() lists those that have")

    # -- honeypots -----------------------------------------------------------------------------------------------

    def honeypots(self, task_id: int) -> dict[int, int]:
        """Return the frames that hide a picture of the ground truth, each with the frame of the pool it shows."""
        with self.database.read() as raw:
            rows = raw.execute("SELECT frame, picture FROM honeypot WHERE task_id = ? ORDER BY frame", (task_id,))
            return dict(rows.fetchall())

    def set_honeypots(
        self, task_id: int, pictures: Mapping[int, int], *, media: Mapping[str, Any] | None = None,
        frames: FrameIndex | None = None, user: str = "",
    ) -> None:  # fmt: skip
        """Say which frames hide which pictures; ``media`` and ``frames`` are the descriptions that show them there.

        Raises
        ------
        StoreError
            People read this database with their own accounts: from the files of a task they could tell what is hidden.
        """
        table = schema.honeypot
        if pictures and self.database.has_roles():
            raise StoreError(WITH_ROLES, hint="Use a ground-truth job, or the service of a JupyterHub (docs/hub.md)")
        with self.database.write() as raw, self.database.engine.connect() as core:
            core.execute(delete(table).where(table.c.task_id == task_id))
            if pictures:
                rows = [{"task_id": task_id, "frame": int(f), "picture": int(p)} for f, p in pictures.items()]
                core.execute(insert(table), rows)
            if media is not None:
                raw.execute("UPDATE task_media SET media = ? WHERE task_id = ?", (json.dumps(dict(media)), task_id))
            if frames is not None:
                raw.execute("UPDATE task_media SET frames = ? WHERE task_id = ?", (pack_frames(frames), task_id))
                self._frames.pop(task_id, None)
            self.announce("job:honeypots", user=user, task_id=task_id, payload={})

    # -- the event log -------------------------------------------------------------------------------------------

    def event_columns(self, task_ids: Sequence[int] | None = None) -> list[dict[str, Any]]:
        """Return the entries of the event log about some tasks, or all."""
        event = schema.event
        query = select(event).order_by(event.c.id)
        if task_ids is not None:
            query = query.where(event.c.task_id.in_(list(task_ids)))
        with self.database.read(), self.database.engine.connect() as core:
            return [dict(row) for row in core.execute(query).mappings()]


def _owner(task_id: int | None, project_id: int | None) -> tuple[str, int]:
    if task_id is not None and project_id is None:
        return "task_id", task_id
    if project_id is not None and task_id is None:
        return "project_id", project_id
    raise StoreError("quality settings belong to a task or to a project")
