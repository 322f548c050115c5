"""Decoding frames by number: from the right keyframe, once, into a cache bounded by bytes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cvat_widgets.errors import MediaError
from cvat_widgets.media.cache import ByteCache, new_owner
from cvat_widgets.media.video.index import VideoIndex
from cvat_widgets.media.video.packets import ContiguousPackets, DemuxedPackets

if TYPE_CHECKING:
    from av import VideoFrame

__all__ = ["VideoReader"]

_RETRIES = 3
_NEAR = 8  # packets; decoding on over so short a gap is cheaper than a seek
_BEFORE = 8
"""So many pictures before the wanted one are decoded even if no other needs them, and kept: somebody may step back."""
_BEFORE_BACKWARDS = 64
"""So many where somebody does step back."""
_BEFORE_ONWARDS = 2
"""So many where somebody goes on, perhaps by every tenth picture."""
_PASSES_OVER = ("h264", "hevc", "vp9", "mpeg4")
"""Decoders that pass over pictures packet by packet; in others it takes effect too late or too early."""


class VideoReader:
    """Random and sequential access to the decoded pictures of a video; thread-safe.

    Pictures are cached as they come from the decoder (YUV), those shortly before the wanted one too, so stepping backwards is
    mostly a look-up. Farther before it, pictures to which no other refers are passed over, and none is kept: a kept picture
    is memory that the decoder has to get anew. So a seek into a group of pictures takes less than decoding all of the group.
    Reading on where the last read stopped continues without a seek.

    Parameters
    ----------
    path
        The file.
    index
        Its index.
    cache
        Where pictures are kept.
    threads
        Decoder threads; 0 lets FFmpeg choose.
    """

    def __init__(self, path: Path, index: VideoIndex, cache: ByteCache, *, threads: int = 0) -> None:
        self._path = path
        self._index = index
        self._cache = cache
        self._owner = new_owner()
        self._threads = threads
        self._lock = threading.Lock()
        self._number_of = {int(ordinal): number for number, ordinal in enumerate(index.frames)}
        self._packets: DemuxedPackets | ContiguousPackets | None = None
        self._pictures: Iterator[tuple[int, VideoFrame]] | None = None
        self._fed = -1
        self._passed = -1
        self._keep_from = 0
        self._whole_from = 0
        self._waiting: set[object] = set()

    def picture(self, number: int) -> VideoFrame:
        """Return the decoded picture of frame ``number`` of the file.

        Raises
        ------
        MediaError
            The file is gone, or the frame is damaged.
        """
        cached: VideoFrame | None = self._cache.get(self._owner, number)
        if cached is not None:
            return cached
        ticket = object()
        self._waiting.add(ticket)
        try:
            with self._lock:
                cached = self._cache.get(self._owner, number)
                return cached if cached is not None else self._decode(number)
        finally:
            self._waiting.discard(ticket)

    @property
    def busy(self) -> bool:
        """Whether a thread waits for a picture to be decoded."""
        return bool(self._waiting)

    def close(self) -> None:
        """Release the file and the cached pictures."""
        with self._lock:
            self._stop()
            if self._packets is not None:
                self._packets.close()
                self._packets = None
        self._cache.drop(self._owner)

    def _decode(self, number: int) -> VideoFrame:
        entry: int | None = self._index.entry(number)
        stepping_back = 0 < self._keep_from - number <= _BEFORE
        if self._pictures is not None and self._passed < number and entry is not None and entry <= self._fed + _NEAR:
            self._keep(number, _BEFORE_ONWARDS)
            found = self._advance(number)
            if found is not None:
                return found
        self._keep(number, _BEFORE_BACKWARDS if stepping_back else _BEFORE)
        for attempt in range(_RETRIES + 1):
            if entry is None:
                break
            self._start(entry)
            found = self._advance(number)
            if found is not None:
                return found
            entry = self._index.entry_before(entry) if attempt < _RETRIES - 1 else (0 if entry > 0 else None)
        raise MediaError(
            f"frame {number} (at {self._index.times[number]:.3f} s) is damaged and cannot be decoded",
            where=str(self._path),
            hint="Use another copy of the file, or repair it with: ffmpeg -i broken -c copy repaired.mp4",
        )

    def _keep(self, number: int, before: int) -> None:
        """Pass over and forget what is shown more than ``before`` pictures before ``number``."""
        self._keep_from = number - before
        self._whole_from = int(self._index.order[self._index.frames[number]]) - before

    def _advance(self, number: int) -> VideoFrame | None:
        """Decode on until ``number`` comes out; ``None`` if it does not."""
        wanted = self._index.order[self._index.frames[number]]
        for ordinal, picture in self._pictures or ():
            shown = self._number_of.get(ordinal)
            if shown is not None:
                self._passed = max(self._passed, shown)
                if shown >= self._keep_from:
                    self._cache.put(self._owner, shown, picture, sum(plane.buffer_size for plane in picture.planes))
            if shown == number:
                return picture
            if self._index.order[ordinal] > wanted:
                break
        self._stop()
        return None

    def _start(self, entry: int) -> None:
        self._stop()
        if self._packets is None:
            kind = ContiguousPackets if self._index.contiguous else DemuxedPackets
            self._packets = kind(self._path, self._index, self._threads)
        self._fed = entry
        self._pictures = self._run(self._packets, entry)

    def _stop(self) -> None:
        self._pictures = None
        self._fed = self._passed = -1

    def _run(self, packets: DemuxedPackets | ContiguousPackets, entry: int) -> Iterator[tuple[int, VideoFrame]]:
        """Yield ``(ordinal, picture)`` in display order from a keyframe to the end of the video.

        What is shown before ``_whole_from`` when it is decoded, and serves no other picture, is left out.
        """
        import av

        packets.context.flush_buffers()
        order = self._index.order
        passes_over = packets.context.name in _PASSES_OVER
        for ordinal, packet in packets.read(entry):
            packet.pts = packet.dts = ordinal
            self._fed = ordinal
            packets.context.skip_frame = "NONREF" if passes_over and order[ordinal] < self._whole_from else "DEFAULT"
            try:
                pictures = packets.context.decode(packet)
            except av.error.FFmpegError:  # a damaged packet; the next keyframe mends it
                continue
            for picture in pictures:
                if picture.pts is not None and entry <= picture.pts < len(order):
                    yield picture.pts, picture
        self._fed = len(order)
        try:
            rest = packets.context.decode(None)
        except av.error.FFmpegError:
            return
        for picture in rest:
            if picture.pts is not None and entry <= picture.pts < len(order):
                yield picture.pts, picture
