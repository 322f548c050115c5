"""Small copies of all frames of a video, for scrubbing: built in the background, kept on disk, read in under a millisecond.

A proxy is two files below ``<home>/cache/proxy``: the JPEGs one after another, and (once complete) the table of where each
begins. It belongs to a version of the video (its content key), a size and a quality, and is found again by them. All proxies
together are bounded on disk.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import MediaError
from cvat_widgets.media.cache import ByteCache, atomic_write, cache_directory
from cvat_widgets.media.encoding import fitted
from cvat_widgets.media.limits import PROXY_DISK_BYTES
from cvat_widgets.media.source import EncodedFrame
from cvat_widgets.media.video.pixels import encode_picture
from cvat_widgets.media.video.reader import VideoReader

if TYPE_CHECKING:
    from cvat_widgets.media.video.source import VideoSource

__all__ = ["Proxy"]

_POLITE_SECONDS = 0.02
_POLITE_TIMES = 10

_unfinished: weakref.WeakSet[Proxy] = weakref.WeakSet()


@atexit.register
def _cancel_all() -> None:
    """Stop the threads before the interpreter goes away under them."""
    for proxy in list(_unfinished):
        proxy.cancel()


class Proxy:
    """The small copies of a video's frames; made by :meth:`VideoSource.build_proxy`. Thread-safe.

    Parameters
    ----------
    source
        The video.
    max_side
        Longer side of the copies, pixels.
    quality
        JPEG quality.
    start
        Frame to begin with (where the user looks); the part before it follows at the end.
    """

    def __init__(self, source: VideoSource, *, max_side: int = 640, quality: int = 70, start: int = 0) -> None:
        self.max_side = max_side
        self._source = source
        self._quality = quality
        video = source.video
        self._size = fitted(*video.display_size, max_side)
        self._spans: NDArray[np.int64] = np.zeros((len(video), 2), np.int64)
        self._file: BinaryIO | None = None
        self._file_lock = threading.Lock()
        self._cancelled = threading.Event()
        self._finished = threading.Event()
        self.error: Exception | None = None
        stem = f"{video.identity}-{max_side}-{quality}"
        try:
            folder = cache_directory("proxy")
        except OSError as error:
            raise MediaError(
                f"the proxy cannot be written ({error.strerror})", hint="Set CVAT_WIDGETS_HOME to a folder you can write"
            ) from None
        self._data_path = folder / f"{stem}.jpegs"
        self._table_path = folder / f"{stem}.npy"
        if self._resume():
            self._finished.set()
            return
        _make_room(folder)
        self._thread = threading.Thread(
            target=self._build, args=(source.numbers[start],), name="cvat-widgets-proxy", daemon=True
        )
        _unfinished.add(self)
        self._thread.start()

    @property
    def progress(self) -> float:
        """Share of the frames that are ready, 0 to 1."""
        return float(np.count_nonzero(self._spans[:, 1])) / max(len(self._spans), 1)

    @property
    def complete(self) -> bool:
        """Whether building has ended with all frames."""
        return self._finished.is_set() and self.error is None and not self._cancelled.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until building has ended (complete, cancelled or failed); return whether it has."""
        return self._finished.wait(timeout)

    def cancel(self) -> None:
        """Stop building and close the files; what is not complete is deleted."""
        self._cancelled.set()
        self._finished.wait(10)
        with self._file_lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def get(self, frame: int) -> EncodedFrame | None:
        """Return the small copy of a frame, or ``None`` if it is not there yet."""
        begin, length = self._spans[self._source.numbers[frame]].tolist()
        if not length:
            return None
        with self._file_lock:
            if self._file is None:
                return None
            self._file.seek(begin)
            data = self._file.read(length)
        full = self._source.video.display_size
        return EncodedFrame(data, "image/jpeg", *self._size, self._size == full) if len(data) == length else None

    def _resume(self) -> bool:
        """Take up a finished proxy from disk."""
        try:
            spans = np.load(self._table_path, allow_pickle=False)
            stream = self._data_path.open("rb")
        except (OSError, ValueError):
            return False
        if (
            spans.shape != self._spans.shape
            or spans.dtype != np.int64
            or (spans.sum(axis=1) > self._data_path.stat().st_size).any()
        ):
            stream.close()
            return False
        self._spans, self._file = spans, stream
        with contextlib.suppress(OSError):
            os.utime(self._data_path)  # least recently used is by modification time
        return True

    def _build(self, begin: int) -> None:
        video = self._source.video
        part = self._data_path.with_name(f".{self._data_path.name}.{os.getpid()}-{id(self):x}")
        reader = VideoReader(self._source.path, video, ByteCache(0), threads=1)
        try:
            with part.open("wb") as stream:
                with self._file_lock:
                    self._file = part.open("rb")
                position = 0
                for number in (*range(begin, len(video)), *range(begin)):
                    for _ in range(_POLITE_TIMES):  # frames somebody waits for go first
                        if not self._source.busy or self._cancelled.wait(_POLITE_SECONDS):
                            break
                    if self._cancelled.is_set():
                        return
                    data = self._encode(reader, number)
                    if data:
                        stream.write(data)
                        stream.flush()
                        self._spans[number] = position, len(data)
                        position += len(data)
            part.replace(self._data_path)
            atomic_write(self._table_path, lambda stream: np.save(stream, self._spans))
        except OSError as error:
            self.error = error
        finally:
            reader.close()
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            _unfinished.discard(self)
            self._finished.set()

    def _encode(self, reader: VideoReader, number: int) -> bytes:
        video = self._source.video
        try:
            picture = reader.picture(number)
        except MediaError:  # a damaged frame is reported when it is read itself
            return b""
        small = encode_picture(
            picture, video.width, video.height, video.rotation, quality=self._quality, max_side=self.max_side
        )
        return small.data


def _make_room(folder: Path) -> None:
    """Delete the least recently used proxies until the bound on disk holds."""
    with contextlib.suppress(OSError):
        files = sorted(folder.glob("*.jpegs"), key=lambda path: path.stat().st_mtime, reverse=True)
        used = 0
        for path in files:
            used += path.stat().st_size
            if used > PROXY_DISK_BYTES:
                path.with_suffix(".npy").unlink(missing_ok=True)
                path.unlink(missing_ok=True)
