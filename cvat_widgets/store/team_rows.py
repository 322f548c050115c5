"""What the store hands out of projects, issues, comments and events: plain frozen records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["CommentRow", "EventRow", "IssueRow", "ProjectRow", "WebhookRow"]


@dataclass(frozen=True)
class ProjectRow:
    """A project: tasks with the same labels."""

    id: int
    uid: str
    name: str
    owner: str | None
    bug_tracker: str
    created: str
    updated: str
    assignee: str | None = None


@dataclass(frozen=True)
class CommentRow:
    """A comment on an issue."""

    id: int
    issue_id: int
    owner: str
    message: str
    created: str
    updated: str


@dataclass(frozen=True)
class IssueRow:
    """An issue of a job.

    Parameters
    ----------
    position
        ``(x, y)`` of a point, ``(left, top, right, bottom)`` of a region, or any longer ring of points, in pixels.
    object_id
        The object it is about, if it is about one.
    """

    id: int
    task_id: int
    job_id: int
    frame: int
    position: tuple[float, ...]
    object_id: int | None
    owner: str
    assignee: str | None
    resolved: bool
    created: str
    updated: str
    comments: tuple[CommentRow, ...] = ()


@dataclass(frozen=True)
class WebhookRow:
    """A webhook; its secret is known to whoever made it and to the store.

    Parameters
    ----------
    last_event
        The last event it was told of.
    attempts
        How often the next one was tried in vain.
    problem
        What went wrong last.
    """

    id: int
    url: str
    kinds: tuple[str, ...]
    last_event: int
    attempts: int = 0
    problem: str = ""


@dataclass(frozen=True)
class EventRow:
    """An entry of the event log that somebody may want to hear of."""

    id: int
    task_id: int | None
    job_id: int | None
    user: str
    time: str
    kind: str
    payload: dict[str, Any]
