"""Frames that a service gives one at a time, where the files themselves cannot be seen."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

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


class Picture(Protocol):
    """What a service gives of the media of a task; pictures come as a file, its type, and ``"width height exact"``."""

    def __call__(
        self, frame: int, *, quality: int | None = None, max_side: int | None = None, original: bool = False
    ) -> tuple[bytes, str, str]:
        """Return a frame."""

    def context_names(self, frame: int) -> list[str]:
        """Return the names of the context images of a frame."""

    def context_picture(self, frame: int, index: int, *, max_side: int | None = None) -> tuple[bytes, str, str]:
        """Return one of them."""

    def chapters(self) -> list[tuple[int, str]]:
        """Return first frame and title of each chapter of a video."""


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
    if picture is None or spec.get("type") == "withheld":
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
        self._chapters: list[tuple[int, str]] | None = None

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
        found = self._encoded(frame, self._picture(self._checked(frame), quality=quality, max_side=max_side))
        return found or encode_rgb(self._pixels(frame), quality=quality, exact=True)

    def _encoded(self, frame: int, answer: tuple[bytes, str, str]) -> EncodedFrame | None:
        """Return a picture as the service gave it, ``None`` if browsers do not show its kind."""
        data, mime, size = answer
        try:
            width, height, exact = (int(part) for part in size.split())
        except ValueError:
            raise MediaError("the service gave no picture", where=self.name(frame)) from None
        return EncodedFrame(data, mime, width, height, bool(exact)) if mime in _MIMES else None

    def context_names(self, frame: int) -> list[str]:
        """Return the names of the context images of a frame, in natural order."""
        return self._picture.context_names(self._checked(frame))

    def context_picture(self, frame: int, index: int, *, max_side: int | None = None) -> EncodedFrame:
        """Return one of the context images of a frame as a picture file."""
        found = self._encoded(frame, self._picture.context_picture(self._checked(frame), index, max_side=max_side))
        if found is None:
            raise MediaError("the service gave no picture", where=self.name(frame))
        return found

    @property
    def chapters(self) -> list[tuple[int, str]]:
        """First frame and title of each chapter of a video, in order."""
        if self._chapters is None:
            self._chapters = self._picture.chapters() if self.kind == "video" else []
        return self._chapters

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
