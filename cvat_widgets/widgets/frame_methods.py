"""What the browser can call about frames: their pictures, taking them out, and what else belongs to them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from cvat_widgets.errors import MediaError, ProtocolError
from cvat_widgets.widgets.rpc import Call, method

if TYPE_CHECKING:
    from cvat_widgets.media.source import EncodedFrame
    from cvat_widgets.widgets.session_job import SessionJob

__all__: list[str] = []

_PROXY_SIDE = 640
_LARGEST_SIDE = 8192
"""Pictures are sent no larger than this; a canvas cannot show more at once anyway."""
_QUALITY = 85
_MOST_FRAMES = 16
_ENOUGH_BYTES = 16 << 20
_ENOUGH_SECONDS = 0.1
"""An answer with so much is sent without the rest of what was asked for."""
_CONTEXT_SIDE = 2048
"""Context images are sent no larger than this."""


@method("frames")
def frames(call: Call) -> tuple[dict[str, Any], list[bytes]]:
    """Return the pictures of some frames, the first of them at least; those that take too long are left out.

    ``width`` and ``height`` are those of the frame, however small its picture is.
    """
    job = call.session.job
    numbers = call.params.get("frames")
    if not isinstance(numbers, list) or not 1 <= len(numbers) <= _MOST_FRAMES:
        raise ProtocolError(f"frames are a list of 1 to {_MOST_FRAMES} numbers")
    checked = [call.whole(f"frames[{place}]", number, job.start, job.stop) for place, number in enumerate(numbers)]
    tier = "proxy" if call.params.get("tier") == "proxy" else "exact"
    side = call.integer("side", 16, _LARGEST_SIDE) if "side" in call.params else _LARGEST_SIDE
    if tier == "proxy":
        side = _PROXY_SIDE
        # Somebody drags the slider: from now on small copies of all frames are made in the background.
        job.task.media.build_proxy(max_side=side, start=checked[0])
    answers: list[dict[str, Any]] = []
    pictures: list[bytes] = []
    until = time.monotonic() + _ENOUGH_SECONDS
    for number in checked:
        try:
            encoded = _encoded(job, number, side)
        except MediaError:
            if not pictures:
                raise
            break  # The browser hears of it when it wants that frame.
        width, height = (int(sides[number]) for sides in (job.task.frame_index.widths, job.task.frame_index.heights))
        answers.append({"frame": number, "width": width, "height": height, "mime": encoded.mime, "tier": tier})
        pictures.append(encoded.data)
        enough = sum(map(len, pictures)) >= _ENOUGH_BYTES or time.monotonic() >= until
        if enough or call.cancelled.is_set():
            break
    return {"frames": answers}, pictures


def _encoded(job: SessionJob, number: int, side: int) -> EncodedFrame:
    encoded = job.task.media.encoded(number, quality=_QUALITY, max_side=side)
    width, height = int(job.task.frame_index.widths[number]), int(job.task.frame_index.heights[number])
    if encoded.exact and (encoded.width, encoded.height) != (width, height):
        raise MediaError(
            f"the picture has {encoded.width} x {encoded.height} pixels, but had {width} x {height} when the task was made",
            where=f"frame {number}",
            hint="The file was replaced: make a new task for it",
        )
    return encoded


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
