"""Video as numbered frames."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import MediaError
from cvat_widgets.media.cache import frame_cache
from cvat_widgets.media.ordering import chosen
from cvat_widgets.media.source import EncodedFrame, FrameSource
from cvat_widgets.media.video.container import open_container
from cvat_widgets.media.video.index import NO_TIME, VideoIndex
from cvat_widgets.media.video.indexing import load_index
from cvat_widgets.media.video.pixels import encode_picture, is_plain, rgb_of, rgb_of_part, rgb_raw_of
from cvat_widgets.media.video.reader import VideoReader
from cvat_widgets.model.frames import FrameIndex

if TYPE_CHECKING:
    from cvat_widgets.media.proxy import Proxy

__all__ = ["VideoSource"]


class VideoSource(FrameSource):
    """Frames of a local video file, exact by displayed presentation time.

    Frames are named ``frame_000000`` … after their number in the file, as CVAT does, so with a ``step`` the names have gaps.

    Parameters
    ----------
    path
        The file.
    start, stop, step
        Which frames of the file to take; ``stop`` is inclusive.
    url
        Where the file was downloaded from.

    Attributes
    ----------
    video
        Index of the whole file.
    numbers
        Numbers, in the file, of the frames taken.
    """

    kind = "video"

    def __init__(
        self, path: str | Path, *, start: int = 0, stop: int | None = None, step: int = 1, url: str | None = None
    ) -> None:
        self.path = Path(path).absolute()
        self.url = url
        self.video: VideoIndex = load_index(self.path)
        self.numbers = chosen(len(self.video), start, stop, step, str(self.path))
        self.fps = self.video.rate / step
        self.notes = self.video.notes
        width, height = self.video.display_size
        count = len(self.numbers)
        self.index = FrameIndex(
            names=[f"frame_{number:06d}" for number in self.numbers],
            widths=np.full(count, width, np.int32),
            heights=np.full(count, height, np.int32),
        )
        self._reader = VideoReader(self.path, self.video, frame_cache())
        self._proxy: Proxy | None = None
        self._chapters: list[tuple[int, str]] | None = None
        self._proxy_lock = threading.Lock()

    @property
    def times(self) -> NDArray[np.float64]:
        """Display time of every frame in seconds; the first frame of the file is at 0."""
        return self.video.times[self.numbers.start : self.numbers.stop : self.numbers.step]

    @property
    def chapters(self) -> list[tuple[int, str]]:
        """First frame and title of each chapter, in order; chapters outside of the frames taken are left out."""
        if self._chapters is None:
            self._chapters = self._read_chapters()
        return self._chapters

    def _read_chapters(self) -> list[tuple[int, str]]:
        with open_container(self.path)[0] as container:
            marks = [
                (float(mark["start"] * (mark["time_base"] or 0)), mark["metadata"].get("title", ""))
                for mark in container.chapters()
            ]
        first = int(self.video.pts[self.video.frames[0]])
        begin = 0.0 if first == NO_TIME else first * self.video.time_base
        times = self.times
        found: list[tuple[int, str]] = []
        for number, (start, title) in enumerate(sorted(marks), start=1):
            # Half a frame of slack: chapters and frames have clocks of different resolution.
            frame = int(np.searchsorted(times, start - begin - 0.5 / self.video.rate))
            if frame < len(times) and (not found or found[-1][0] < frame):
                found.append((frame, title or f"Chapter {number}"))
        return found

    def read(self, frame: int) -> NDArray[np.uint8]:
        """Return a frame as a new array (height, width, 3), uint8, RGB."""
        return rgb_of(self._picture(frame), self.video.width, self.video.height, self.video.rotation)

    def read_parts(self, frame: int, boxes: Sequence[tuple[int, int, int, int]]) -> list[NDArray[np.uint8]]:
        """Return parts of a frame; colours are computed for these only."""
        picture, video = self._picture(frame), self.video
        if not is_plain(picture, video.width, video.height) or video.rotation:
            return super().read_parts(frame, boxes)
        return [rgb_of_part(picture, box) for box in boxes]

    def read_raw(self, frame: int) -> NDArray[Any]:
        """Return a frame with all its bits."""
        return rgb_raw_of(self._picture(frame), self.video.width, self.video.height, self.video.rotation)

    def encoded(self, frame: int, *, quality: int | None = 75, max_side: int | None = None) -> EncodedFrame:
        """Return a frame as a picture file."""
        if self._proxy is not None and quality is not None and max_side is not None and max_side <= self._proxy.max_side:
            small = self._proxy.get(self._checked(frame))
            if small is not None:
                return small
        picture = self._picture(frame)
        video = self.video
        return encode_picture(picture, video.width, video.height, video.rotation, quality=quality, max_side=max_side)

    def original(self, frame: int) -> bytes | None:
        """Return the file of a frame, if it has one of its own."""
        self._checked(frame)
        return None

    def build_proxy(self, *, max_side: int = 640, quality: int = 70, start: int = 0) -> Proxy:
        """Build small copies of all frames in the background, for scrubbing."""
        from cvat_widgets.media.proxy import Proxy

        with self._proxy_lock:
            if self._proxy is None:
                self._proxy = Proxy(self, max_side=max_side, quality=quality, start=start)
            return self._proxy

    @property
    def busy(self) -> bool:
        """Whether somebody waits for a frame just now; background work then steps aside."""
        return self._reader.busy

    @property
    def spec(self) -> dict[str, Any]:
        """How to open this again, as JSON."""
        return {
            "type": "video",
            **({"url": self.url} if self.url else {"path": str(self.path)}),
            "start": self.numbers.start,
            "stop": self.numbers[-1],
            "step": self.numbers.step,
            "frames": len(self.video),
            "size": [int(side) for side in self.video.display_size],
        }

    @classmethod
    def from_spec(cls, spec: dict[str, Any], *, url: str | None = None) -> VideoSource:
        """Open a video again; refuse one that is no longer what it was."""
        source = cls(spec["path"], start=spec["start"], stop=spec["stop"], step=spec["step"], url=url)
        was = (spec["frames"], tuple(spec["size"]))
        found = (len(source.video), source.video.display_size)
        if found != was:
            source.close()
            raise MediaError(
                f"the video has {found[0]} frames of {found[1][0]} × {found[1][1]} pixels now, "
                f"but had {was[0]} of {was[1][0]} × {was[1][1]} when the task was made",
                where=spec["path"],
                hint="Put the original file back, or make a new task",
            )
        return source

    def close(self) -> None:
        """Release files and memory."""
        if self._proxy is not None:
            self._proxy.cancel()
        self._reader.close()

    def _picture(self, frame: int) -> Any:
        return self._reader.picture(self.numbers[self._checked(frame)])
