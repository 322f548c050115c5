"""The guide of a task, called from the browser: what annotators should know, as a tree in which nothing is HTML."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cvat_widgets.errors import NotFoundError, ProtocolError
from cvat_widgets.widgets.rpc import Call, method

if TYPE_CHECKING:
    from cvat_widgets.widgets.session_job import SessionJob

__all__ = ["guide_state", "picture_of"]

_SETTING = "guides_read"
_MAX_READ = 500
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
"""Only pictures made of pixels: an SVG can hold scripts."""


def _owner(job: SessionJob) -> dict[str, int | None]:
    """Return whose guide it is: the task's own, or that of its project."""
    row = job.store.task(job.task.id)
    if row.project_id is None or job.store.guide(task_id=row.id):
        return {"task_id": row.id}
    return {"project_id": row.project_id}


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _read_before(job: SessionJob, user: str) -> dict[str, str]:
    found = job.store.setting(user, _SETTING)
    return found if isinstance(found, dict) else {}


def guide_state(job: SessionJob, user: str) -> str:
    """Return ``none``, ``new`` if the user has not read the guide as it is now, or ``read``."""
    text = job.store.guide(**_owner(job))
    if not text.strip():
        return "none"
    return "read" if _read_before(job, user).get(job.task.uid) == _mark(text) else "new"


@method("guide")
def guide(call: Call) -> dict[str, Any]:
    """Return the guide as a tree."""
    from cvat_widgets.widgets.markdown import parse_markdown

    job = call.session.job
    owner = _owner(job)
    return {"blocks": parse_markdown(job.store.guide(**owner), job.store.guide_assets(**owner))}


@method("guide.read")
def guide_read(call: Call) -> dict[str, Any]:
    """Take note that the user has read the guide as it is now: it does not open by itself again."""
    job, user = call.session.job, call.session.user
    others = {uid: mark for uid, mark in _read_before(job, user).items() if uid != job.task.uid}
    kept = dict(list(others.items())[-(_MAX_READ - 1) :])
    job.store.set_setting(user, _SETTING, {**kept, job.task.uid: _mark(job.store.guide(**_owner(job)))})
    return {}


@method("guide.picture")
def guide_picture(call: Call) -> tuple[dict[str, Any], list[bytes]]:
    """Return a picture of the guide: ``{name}``."""
    job = call.session.job
    return picture_of(job.store.guide_assets(**_owner(job)), call.params.get("name"))


def picture_of(assets: Mapping[str, bytes], name: object) -> tuple[dict[str, Any], list[bytes]]:
    """Return one of the pictures of a guide with its type.

    Raises
    ------
    NotFoundError
        There is none of this name.
    ProtocolError
        It is of a kind that browsers are not to be given.
    """
    data = assets.get(name) if isinstance(name, str) else None
    if data is None:
        raise NotFoundError(f"the guide has no picture {name!r:.60}")
    mime = next((mime for start, mime in _SIGNATURES if data.startswith(start)), None)
    if mime is None and data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        mime = "image/webp"
    if mime is None:
        raise ProtocolError("the picture is none of PNG, JPEG, GIF and WebP", where=str(name))
    return {"mime": mime}, [data]
