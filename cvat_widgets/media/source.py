"""What every kind of media looks like from outside: numbered frames that are decoded when they are asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import MediaError
from cvat_widgets.model.frames import FrameIndex

if TYPE_CHECKING:
    from cvat_widgets.media.proxy import Proxy

__all__ = ["EncodedFrame", "FrameSource"]


@dataclass(frozen=True)
class EncodedFrame:
    """A frame as a browser can show it.

    Parameters
    ----------
    data
        The picture file.
    mime
        ``image/jpeg``, ``image/png``, ``image/webp`` or ``image/gif``.
    width, height
        Pixels of ``data``; smaller than the frame when it was reduced.
    exact
        Whether this is the frame in its own size (and not a reduced preview).
    """

    data: bytes
    mime: str
    width: int
    height: int
    exact: bool


class FrameSource(ABC):
    """The frames of a task. All methods may be called from several threads at once.

    Frames are numbered from 0 after sorting and after ``start``, ``stop`` and ``step`` are applied. Coordinates are pixels
    after EXIF orientation or video rotation, x to the right and y down.

    Attributes
    ----------
    kind
        ``images`` or ``video``.
    index
        Names and sizes of the frames.
    fps
        Frames a second of a video (its average rate divided by ``step``), ``None`` for images.
    notes
        Remarks for the user, e.g. how many files were skipped because they are no media.
    """

    kind: Literal["images", "video"]
    index: FrameIndex
    fps: float | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.index)

    @abstractmethod
    def read(self, frame: int) -> NDArray[np.uint8]:
        """Return a frame as a new array (height, width, 3), uint8, RGB.

        Grey is repeated; transparency is laid on white; more than 8 bits are scaled so that the 0.1 and 99.9 percentiles of
        the picture become 0 and 255; of more than four channels the first three are taken.

        Raises
        ------
        MediaError
            The frame cannot be read.
        """

    def read_parts(self, frame: int, boxes: Sequence[tuple[int, int, int, int]]) -> list[NDArray[np.uint8]]:
        """Return parts of a frame, each as :meth:`read` has it.

        Parameters
        ----------
        frame
            Frame number.
        boxes
            Left, top, right and bottom in whole pixels within the picture; right and bottom are exclusive.
        """
        picture = self.read(frame)
        expected = int(self.index.heights[frame]), int(self.index.widths[frame])
        if picture.shape[:2] != expected:
            raise MediaError(
                f"the picture has {picture.shape[1]} x {picture.shape[0]} pixels, but had {expected[1]} x {expected[0]}",
                where=f"frame {frame}",
                hint="The file was replaced: make a new task for it",
            )
        return [picture[top:bottom, left:right] for left, top, right, bottom in boxes]

    @abstractmethod
    def read_raw(self, frame: int) -> NDArray[Any]:
        """Return a frame as it is stored: (height, width[, channels]) in its own dtype, colours in RGB order."""

    @abstractmethod
    def encoded(self, frame: int, *, quality: int | None = 75, max_side: int | None = None) -> EncodedFrame:
        """Return a frame as a picture file.

        Parameters
        ----------
        frame
            Frame number.
        quality
            JPEG quality (1 to 100) where encoding is needed; ``None`` for lossless PNG. An original that a browser shows
            correctly is passed through unchanged.
        max_side
            Reduce the picture so that neither side is longer than this many pixels.
        """

    @abstractmethod
    def original(self, frame: int) -> bytes | None:
        """Return the bytes of the frame's own file, or ``None`` where it has none (video)."""

    @property
    @abstractmethod
    def spec(self) -> dict[str, Any]:
        """How to open this source again, as JSON; see :func:`cvat_widgets.media.reopen_media`."""

    def region(
        self, frame: int, box: tuple[int, int, int, int], *, max_side: int | None = None, quality: int | None = 85
    ) -> EncodedFrame:
        """Return a part of a frame as a picture file, for tiles of huge pictures.

        Parameters
        ----------
        frame
            Frame number.
        box
            ``(left, top, right, bottom)`` in pixels, right and bottom excluded; cut at the border of the frame.
        max_side
            Reduce the part so that neither side is longer than this.
        quality
            JPEG quality, ``None`` for PNG.
        """
        from cvat_widgets.media.encoding import encode_rgb, reduced

        width, height = self.size(frame)
        left, top, right, bottom = max(box[0], 0), max(box[1], 0), min(box[2], width), min(box[3], height)
        if left >= right or top >= bottom:
            raise MediaError(f"the region {box} does not touch the frame of {width} × {height} pixels", where=self.name(frame))
        part = reduced(self._pixels(frame)[top:bottom, left:right], max_side)
        return encode_rgb(part, quality=quality, exact=part.shape[:2] == (bottom - top, right - left))

    def _pixels(self, frame: int) -> NDArray[np.uint8]:
        """Return a frame as :meth:`read` does, perhaps shared and then read-only."""
        return self.read(frame)

    def name(self, frame: int) -> str:
        """Return the name of a frame."""
        return self.index.names[self._checked(frame)]

    def size(self, frame: int) -> tuple[int, int]:
        """Return ``(width, height)`` of a frame, without decoding it."""
        frame = self._checked(frame)
        return int(self.index.widths[frame]), int(self.index.heights[frame])

    def context_names(self, frame: int) -> list[str]:
        """Return the names of the pictures that were given along with a frame, without being frames (``related_images``)."""
        self._checked(frame)
        return []

    def context_picture(self, frame: int, index: int, *, max_side: int | None = None) -> EncodedFrame:  # noqa: ARG002
        """Return one of the context images of a frame as a picture file."""
        raise MediaError(f"frame {frame} has no context image {index}", where=self.name(frame))

    @property
    def chapters(self) -> list[tuple[int, str]]:
        """First frame and title of each chapter of a video, in order."""
        return []

    def build_proxy(self, *, max_side: int = 640, quality: int = 70, start: int = 0) -> Proxy | None:  # noqa: ARG002
        """Build small copies of all frames in the background, for scrubbing; ``None`` where reading is fast anyway (images).

        Once a frame is in it, ``encoded(frame, max_side=...)`` of at most that size is answered from it. Calling again returns
        the same proxy.
        """
        return None

    def close(self) -> None:
        """Release files and memory; the source cannot be used afterwards."""
        return

    def _checked(self, frame: int) -> int:
        if not 0 <= frame < len(self):
            raise MediaError(f"frame {frame} does not exist", hint=f"There are frames 0 to {len(self) - 1}")
        return frame

    def __enter__(self) -> FrameSource:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} frames>"
