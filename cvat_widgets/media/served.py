"""Frames that a service gives one at a time, where the files themselves cannot be seen."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import MediaError
from cvat_widgets.media.cache import frame_cache, new_owner
from cvat_widgets.media.decoding import decode_raw, to_rgb8
from cvat_widgets.media.encoding import encode_rgb
from cvat_widgets.media.opening import reopen_media
from cvat_widgets.media.source import EncodedFrame, FrameSource
from cvat_widgets.model.frames import FrameIndex

__all__ = ["Picture", "ServedSource", "reopen_or_serve"]

_logger = logging.getLogger(__name__)

Picture = Callable[..., tuple[bytes, str, str]]
"""``picture(frame, quality=, max_side=, original=)`` returns a file, its type, and ``"width height exact"``."""

_MIMES = ("image/jpeg", "image/png", "image/webp", "image/gif")


def reopen_or_serve(
    spec: Mapping[str, Any], picture: Picture | None, *, index: Callable[[], FrameIndex], kind: str, fps: float | None
) -> FrameSource:
    """Open media where they lie, if they can be seen from here; else let a service give the frames.

    Parameters
    ----------
    spec
        How to open them; a service that keeps this to itself says ``{"type": "service"}``.
    picture
        Asks the service for a frame; ``None`` where there is no service.
    index, kind, fps
        What the task knows of its frames.
    """
    if picture is None:
        return reopen_media(spec)
    if spec.get("type") != "service":
        try:
            return reopen_media(spec)
        except MediaError as error:
            _logger.info("The media are not here (%s); the service gives them", error)
    return ServedSource(picture, index(), kind="video" if kind == "video" else "images", fps=fps)


class ServedSource(FrameSource):
    """Frames of a service; each is fetched when it is asked for, and the last ones are kept.

    Parameters
    ----------
    picture
        Asks the service for a frame.
    index
        Names and sizes.
    kind, fps
        As in :class:`FrameSource`.
    """

    def __init__(
        self, picture: Picture, index: FrameIndex, *, kind: Literal["images", "video"] = "images", fps: float | None = None
    ) -> None:
        self._picture = picture
        self.index = index
        self.kind = kind
        self.fps = fps
        self._owner = new_owner()

    def read(self, frame: int) -> NDArray[np.uint8]:
        """Return a frame as a new array (height, width, 3), uint8, RGB."""
        return self._pixels(frame).copy()

    def _pixels(self, frame: int) -> NDArray[np.uint8]:
        cached: NDArray[np.uint8] | None = frame_cache().get(self._owner, self._checked(frame))
        if cached is not None:
            return cached
        data, _, _ = self._picture(frame)
        pixels = to_rgb8(decode_raw(data, self.name(frame)))
        pixels.flags.writeable = False
        frame_cache().put(self._owner, frame, pixels, pixels.nbytes)
        return pixels

    def read_raw(self, frame: int) -> NDArray[Any]:
        """Return a frame with all its bits; of a video, as it is shown."""
        data, _, _ = self._picture(self._checked(frame), original=True)
        return decode_raw(data, self.name(frame)).copy()

    def encoded(self, frame: int, *, quality: int | None = 75, max_side: int | None = None) -> EncodedFrame:
        """Return a frame as a picture file."""
        data, mime, size = self._picture(self._checked(frame), quality=quality, max_side=max_side)
        try:
            width, height, exact = (int(part) for part in size.split())
        except ValueError:
            raise MediaError("the service gave no picture", where=self.name(frame)) from None
        if mime not in _MIMES:
            return encode_rgb(self._pixels(frame), quality=quality, exact=True)
        return EncodedFrame(data, mime, width, height, bool(exact))

    def original(self, frame: int) -> bytes | None:
        """Return the file of a frame as it lies there, ``None`` for video."""
        return None if self.kind == "video" else self._picture(self._checked(frame), original=True)[0]

    @property
    def spec(self) -> dict[str, Any]:
        """How to open this again: by asking the service."""
        return {"type": "service"}

    def close(self) -> None:
        """Release memory."""
        frame_cache().drop(self._owner)
