"""What the browser can call about frames: taking them out, and the pictures that belong to them."""

from __future__ import annotations

from typing import Any

from cvat_widgets.errors import ProtocolError
from cvat_widgets.widgets.rpc import Call, method

__all__: list[str] = []

_CONTEXT_SIDE = 2048
"""Context images are sent no larger than this."""


@method("frames.delete")
def delete_frames(call: Call) -> dict[str, Any]:
    """Take a frame of the job out of the task; all canvases hear of it."""
    return _set_deleted(call, deleted=True)


@method("frames.restore")
def restore_frames(call: Call) -> dict[str, Any]:
    """Put a deleted frame back."""
    return _set_deleted(call, deleted=False)


def _set_deleted(call: Call, *, deleted: bool) -> dict[str, Any]:
    call.session.check_writable()
    job = call.session.job
    job.store.set_frames_deleted(job.task.id, [call.integer("frame", job.start, job.stop)], deleted=deleted)
    return {"deleted": job.store.deleted_frames(job.task.id)}


@method("context")
def context(call: Call) -> dict[str, Any]:
    """Return the names of the context images of a frame."""
    job = call.session.job
    return {"names": job.task.media.context_names(call.integer("frame", job.start, job.stop))}


@method("context.picture")
def context_picture(call: Call) -> tuple[dict[str, Any], list[bytes]]:
    """Return one context image of a frame."""
    job = call.session.job
    number = call.integer("frame", job.start, job.stop)
    media = job.task.media
    index = call.integer("index", 0, max(0, len(media.context_names(number)) - 1))
    if not media.context_names(number):
        raise ProtocolError(f"frame {number} has no context images")
    encoded = media.context_picture(number, index, max_side=_CONTEXT_SIDE)
    return {"mime": encoded.mime, "width": encoded.width, "height": encoded.height}, [encoded.data]


@method("chapters")
def chapters(call: Call) -> dict[str, Any]:
    """Return the chapters of the video: ``[[first frame, title], ...]``, empty for pictures."""
    return {"chapters": [[frame, title] for frame, title in call.session.job.task.media.chapters]}
