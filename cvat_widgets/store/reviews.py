"""Jobs, issues and comments in the store; every change of them is an event that subscribers hear of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import delete, func, insert, or_, select, update

from cvat_widgets.errors import NotFoundError, StoreError
from cvat_widgets.store import schema
from cvat_widgets.store.catalogue import STAGES, STATES, job_row, new_key, now
from cvat_widgets.store.projects import Projects
from cvat_widgets.store.rows import JobRow
from cvat_widgets.store.team_rows import CommentRow, EventRow, IssueRow, WebhookRow

__all__ = ["Reviews"]

_MAX_MESSAGE = 10_000
_MAX_WEBHOOKS = 200
_MAX_KINDS = 50


class Reviews(Projects):
    """Reads and writes jobs, issues and comments."""

    # -- jobs ----------------------------------------------------------------------------------------------------

    def job(self, job_id: int) -> JobRow:
        """Return a job."""
        job, segment = schema.job, schema.segment
        query = select(job, segment.c.start, segment.c.stop, segment.c.frames).join(segment, job.c.segment_id == segment.c.id)
        with self.database.read(), self.database.engine.connect() as core:
            row = core.execute(query.where(job.c.id == job_id)).mappings().first()
        if row is None:
            raise NotFoundError(f"there is no job with id {job_id}", hint="It may have been deleted")
        return job_row(row)

    def change_job(
        self, job_id: int, *, stage: str | None = None, state: str | None = None, assignee: str | None = None,
        reviewer: str | None = None, user: str = "",
    ) -> JobRow:  # fmt: skip
        """Change stage, state, assignee or reviewer of a job; empty text means nobody.

        Moving to another stage puts the state back to ``new`` unless one is given; what is given and equal already changes
        nothing. Each change is an event ``job:update`` with what it was and what it is.
        """
        _check("stage", stage, STAGES)
        _check("state", state, STATES)
        for name, person in (("assignee", assignee), ("reviewer", reviewer)):
            if person is not None and len(person) > 255:
                raise StoreError(f"the name of the {name} is longer than 255 characters")
        with self.database.write(), self.database.engine.connect() as core:
            present = self.job(job_id)
            if stage is not None and stage != present.stage and state is None:
                state = "new"
            given = {"stage": stage, "state": state, "assignee": assignee, "reviewer": reviewer}
            values = {name: value or None for name, value in given.items() if value is not None}
            changes = {
                name: [getattr(present, name), value] for name, value in values.items() if getattr(present, name) != value
            }
            if changes:
                changed = {name: value for name, value in values.items() if name in changes}
                done = core.execute(update(schema.job).where(schema.job.c.id == job_id).values(**changed, updated=now()))
                if not done.rowcount:
                    raise StoreError(f"job {job_id} cannot be changed by {user or 'this account'}")
                self.announce("job:update", user=user, task_id=present.task_id, job_id=job_id, payload=changes)
        return self.job(job_id)

    def create_job(
        self, task_id: int, kind: str, *, frames: Sequence[int] | None = None, parent: JobRow | None = None, user: str = ""
    ) -> JobRow:
        """Create a ground-truth job of some frames, or a replica of a job."""
        moment = now()
        with self.database.write(), self.database.engine.connect() as core:
            task = self.task(task_id)
            if parent is None:
                chosen = sorted(set(frames or range(task.size)))
                segment = insert(schema.segment).values(
                    task_id=task_id, start=chosen[0], stop=chosen[-1], frames=json.dumps(chosen)
                )
                segment_id = new_key(core.execute(segment))
            else:
                segment_id = core.execute(select(schema.job.c.segment_id).where(schema.job.c.id == parent.id)).scalar_one()
            values = {
                "task_id": task_id, "segment_id": segment_id, "parent_id": parent.id if parent else None, "type": kind,
                "created": moment, "updated": moment,
            }  # fmt: skip
            job_id = new_key(core.execute(insert(schema.job).values(values)))
            self.announce("job:create", user=user, task_id=task_id, job_id=job_id, payload={"type": kind})
        return self.job(job_id)

    def delete_job(self, job_id: int, *, user: str = "") -> None:
        """Delete a ground-truth job or a replica with what it holds; jobs of annotation stay with their task."""
        with self.database.write() as raw:
            row = self.job(job_id)
            if row.type == "annotation":
                raise StoreError("a job of annotation cannot be deleted", where=f"job {job_id}", hint="Delete the task")
            for name in ("shape", "tag", "track"):
                raw.execute(f"DELETE FROM {name} WHERE job_id = ?", (job_id,))  # noqa: S608 - three names
            raw.execute("DELETE FROM job WHERE id = ?", (job_id,))
            if row.type == "ground_truth":
                raw.execute("DELETE FROM validation_frame WHERE task_id = ?", (row.task_id,))
            self.announce("job:delete", user=user, task_id=row.task_id, payload={"job": job_id, "type": row.type})

    # -- issues --------------------------------------------------------------------------------------------------

    def issues(self, *, task_id: int | None = None, job_id: int | None = None) -> list[IssueRow]:
        """Return the issues of a task or a job with their comments, the oldest first."""
        issue, comment = schema.issue, schema.comment
        chosen = issue.c.task_id == task_id if job_id is None else issue.c.job_id == job_id
        with self.database.read(), self.database.engine.connect() as core:
            rows = core.execute(select(issue).where(chosen).order_by(issue.c.id)).mappings().all()
            said = select(comment).join(issue, comment.c.issue_id == issue.c.id).where(chosen).order_by(comment.c.id)
            comments: dict[int, list[CommentRow]] = {}
            for row in core.execute(said).mappings():
                comments.setdefault(row["issue_id"], []).append(CommentRow(**row))
        return [_issue_row(row, comments.get(row["id"], [])) for row in rows]

    def count_open_issues(self, job_id: int) -> int:
        """Return how many issues of a job are not resolved."""
        with self.database.read() as raw:
            rows = raw.execute("SELECT COUNT(*) FROM issue WHERE job_id = ? AND NOT resolved", (job_id,))
            return int(rows.fetchone()[0])

    def issue(self, issue_id: int) -> IssueRow:
        """Return an issue with its comments."""
        with self.database.read(), self.database.engine.connect() as core:
            row = core.execute(select(schema.issue).where(schema.issue.c.id == issue_id)).mappings().first()
            if row is None:
                raise NotFoundError(f"there is no issue with id {issue_id}", hint="It may have been removed")
            said = select(schema.comment).where(schema.comment.c.issue_id == issue_id).order_by(schema.comment.c.id)
            comments = [CommentRow(**each) for each in core.execute(said).mappings()]
        return _issue_row(row, comments)

    def open_issue(
        self, job_id: int, frame: int, position: Sequence[float], message: str, *, owner: str,
        assignee: str | None = None, object_id: int | None = None,
    ) -> IssueRow:  # fmt: skip
        """Open an issue with its first comment."""
        place = np.asarray(position, np.float64).ravel()
        if place.size < 2 or place.size % 2 or place.size > 2000 or not np.isfinite(place).all():
            raise StoreError("the position of an issue is x, y or left, top, right, bottom or a ring of points, in pixels")
        moment = now()
        with self.database.write(), self.database.engine.connect() as core:
            job = self.job(job_id)
            if not job.start <= frame <= job.stop or (job.frames is not None and frame not in job.frames):
                raise StoreError(
                    f"frame {frame} is not in job {job_id}", hint=f"It has frames {job.start} to {job.stop}"
                )  # fmt: skip
            values = {
                "task_id": job.task_id, "job_id": job_id, "frame": frame, "position": place.astype("<f8").tobytes(),
                "object_id": object_id, "owner": owner, "assignee": assignee, "created": moment, "updated": moment,
            }  # fmt: skip
            issue_id = new_key(core.execute(insert(schema.issue).values(values)))
            self._add_comment(core, issue_id, owner, message)
            self.announce("issue:open", user=owner, task_id=job.task_id, job_id=job_id, payload={"issue": issue_id})
        return self.issue(issue_id)

    def add_comment(self, issue_id: int, message: str, *, owner: str) -> IssueRow:
        """Answer an issue."""
        with self.database.write(), self.database.engine.connect() as core:
            row = self.issue(issue_id)
            comment_id = self._add_comment(core, issue_id, owner, message)
            core.execute(update(schema.issue).where(schema.issue.c.id == issue_id).values(updated=now()))
            self._announce_issue("comment:add", row, owner, comment=comment_id)
        return self.issue(issue_id)

    @staticmethod
    def _add_comment(core: Any, issue_id: int, owner: str, message: str) -> int:
        moment = now()
        values = {"issue_id": issue_id, "owner": owner, "message": _message(message), "created": moment, "updated": moment}
        return new_key(core.execute(insert(schema.comment).values(values)))

    def change_comment(self, comment_id: int, message: str | None, *, user: str) -> IssueRow:
        """Change a comment, or remove it with ``None``."""
        comment = schema.comment
        with self.database.write(), self.database.engine.connect() as core:
            issue_id = core.execute(select(comment.c.issue_id).where(comment.c.id == comment_id)).scalar()
            if issue_id is None:
                raise NotFoundError(f"there is no comment with id {comment_id}", hint="It may have been removed")
            row = self.issue(issue_id)
            if message is None:
                if row.comments[0].id == comment_id:
                    raise StoreError("the first comment says what the issue is", hint="Remove the issue")
                core.execute(delete(comment).where(comment.c.id == comment_id))
            else:
                values = {"message": _message(message), "updated": now()}
                core.execute(update(comment).where(comment.c.id == comment_id).values(values))
            self._announce_issue("comment:remove" if message is None else "comment:update", row, user, comment=comment_id)
        return self.issue(issue_id)

    def set_issue_resolved(self, issue_id: int, *, resolved: bool, user: str) -> IssueRow:
        """Resolve an issue, or reopen it."""
        with self.database.write(), self.database.engine.connect() as core:
            row = self.issue(issue_id)
            if row.resolved != resolved:
                values = {"resolved": resolved, "updated": now()}
                core.execute(update(schema.issue).where(schema.issue.c.id == issue_id).values(values))
                self._announce_issue("issue:resolve" if resolved else "issue:reopen", row, user)
        return self.issue(issue_id)

    def remove_issue(self, issue_id: int, *, user: str) -> None:
        """Remove an issue with its comments."""
        with self.database.write(), self.database.engine.connect() as core:
            row = self.issue(issue_id)
            core.execute(delete(schema.issue).where(schema.issue.c.id == issue_id))
            self._announce_issue("issue:remove", row, user)

    def _announce_issue(self, kind: str, row: IssueRow, user: str, **more: int) -> None:
        self.announce(kind, user=user, task_id=row.task_id, job_id=row.job_id, payload={"issue": row.id, **more})

    # -- webhooks ------------------------------------------------------------------------------------------------

    def webhooks(self) -> list[WebhookRow]:
        """Return the webhooks, the oldest first; their secrets are not shown."""
        table = schema.webhook
        with self.database.read(), self.database.engine.connect() as core:
            rows = core.execute(select(table).order_by(table.c.id)).mappings().all()
        names = ("id", "url", "last_event", "attempts", "problem")
        return [WebhookRow(**{name: row[name] for name in names}, kinds=tuple(json.loads(row["kinds"]))) for row in rows]

    def add_webhook(self, url: str, kinds: Sequence[str], *, secret: str, user: str = "") -> int:
        """Let later events of some kinds be told to an address; return the number of the webhook.

        Whether the address may be one says :class:`cvat_widgets.webhooks.Webhooks`, when it is given and at each delivery.
        """
        if not 1 <= len(kinds) <= _MAX_KINDS or any(not 0 < len(kind) <= 64 for kind in kinds):
            raise StoreError("a webhook needs kinds of events", hint="For instance kinds=('job:',)")
        if len(url) > 2000 or not 16 <= len(secret) <= 255:
            raise StoreError("the address of a webhook has at most 2000 characters, its secret 16 to 255")
        with self.database.write(), self.database.engine.connect() as core:
            if core.execute(select(func.count()).select_from(schema.webhook)).scalar_one() >= _MAX_WEBHOOKS:
                raise StoreError(f"a store has at most {_MAX_WEBHOOKS} webhooks", hint="Remove one first")
            values = {"url": url, "secret": secret, "kinds": json.dumps(list(kinds)), "last_event": self.last_event()}
            made = new_key(core.execute(insert(schema.webhook).values(values)))
            self.record_event("webhook:create", user=user, payload={"webhook": made})
        return made

    def remove_webhook(self, webhook_id: int, *, user: str = "") -> None:
        """Remove a webhook."""
        with self.database.write(), self.database.engine.connect() as core:
            if not core.execute(delete(schema.webhook).where(schema.webhook.c.id == webhook_id)).rowcount:
                raise NotFoundError(f"there is no webhook with id {webhook_id}", hint="It may have been removed")
            self.record_event("webhook:delete", user=user, payload={"webhook": webhook_id})

    # -- events --------------------------------------------------------------------------------------------------

    def announce(
        self, kind: str, *, user: str, task_id: int, job_id: int | None = None, payload: dict[str, Any] | None = None
    ) -> None:
        """Write an event in the present transaction; subscribers of the task hear of it once it is on disk."""
        self.record_event(kind, user=user, task_id=task_id, job_id=job_id, payload=payload or {})
        self.database.after_commit(self.tell_events)

    def tell_events(self) -> None:
        """Deliver new events to the subscribers of this process."""

    def events_after(
        self, event_id: int, *, kinds: Sequence[str] = ("job:", "issue:", "comment:", "task:labels")
    ) -> list[EventRow]:
        """Return events of these kinds that came after one, the oldest first."""
        event = schema.event
        wanted = or_(*(event.c.kind.startswith(kind, autoescape=True) for kind in kinds))
        query = select(event).where(event.c.id > event_id, wanted).order_by(event.c.id).limit(10_000)
        with self.database.read(), self.database.engine.connect() as core:
            rows = core.execute(query).mappings().all()
        return [
            EventRow(
                id=row["id"], task_id=row["task_id"], job_id=row["job_id"], user=row["user_name"], time=row["time"],
                kind=row["kind"], payload=json.loads(row["payload"]) if row["payload"] else {},
            )
            for row in rows
        ]  # fmt: skip

    def last_event(self) -> int:
        """Return the id of the newest event, 0 if there is none."""
        with self.database.read() as raw:
            return int(raw.execute("SELECT COALESCE(MAX(id), 0) FROM event").fetchone()[0])


def _check(what: str, value: str | None, known: Sequence[str]) -> None:
    if value is not None and value not in known:
        raise StoreError(f"{value!r} is not a {what}", hint=f"Use one of {', '.join(known)}")


def _message(message: str) -> str:
    if not message.strip() or len(message) > _MAX_MESSAGE:
        raise StoreError(f"a comment has between 1 and {_MAX_MESSAGE} characters")
    return message


def _issue_row(row: Any, comments: list[CommentRow]) -> IssueRow:
    names = ("id", "task_id", "job_id", "frame", "object_id", "owner", "assignee", "resolved", "created", "updated")
    position = tuple(np.frombuffer(row["position"] or b"", "<f8").tolist())
    return IssueRow(**{name: row[name] for name in names}, position=position, comments=tuple(comments))
