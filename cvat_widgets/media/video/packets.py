"""Compressed packets of a video from a keyframe on, each with its ordinal in the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from cvat_widgets.errors import MediaError
from cvat_widgets.media.video.container import open_container
from cvat_widgets.media.video.index import NO_TIME, VideoIndex

if TYPE_CHECKING:
    from av.packet import Packet

__all__ = ["ContiguousPackets", "DemuxedPackets"]


class DemuxedPackets:
    """Packets through FFmpeg's demuxer, found again by their offset in the file."""

    def __init__(self, path: Path, index: VideoIndex, threads: int) -> None:
        self._path = path
        self._index = index
        self._threads = threads
        self._open()
        columns = (index.position.tolist(), index.size.tolist(), index.pts.tolist())
        self._ordinal_of = {key: ordinal for ordinal, key in enumerate(zip(*columns, strict=True))}
        self._unique = len(self._ordinal_of) == len(index.order)

    def read(self, entry: int) -> Iterator[tuple[int, Packet[Any]]]:
        """Yield ``(ordinal, packet)`` from a keyframe to the end."""
        for source in (self._after_seek(entry), self._from_start()):
            started = False
            for ordinal, packet in source:
                if not started and ordinal > entry:
                    break
                started = True
                if ordinal >= entry:
                    yield ordinal, packet
            if started:
                return

    def _after_seek(self, entry: int) -> Iterator[tuple[int, Packet[Any]]]:
        """Yield packets from where a seek to the keyframe lands; nothing if the place is not recognised."""
        import av

        if not self._unique or entry == 0:
            return
        lowest = int(self._index.dts.min())
        for stamps in (self._index.pts, self._index.dts):
            stamp = int(stamps[entry])
            if stamp < lowest:
                continue
            try:
                self._container.seek(stamp, stream=self._stream, backward=True)
                packets = self._container.demux(self._stream)
                first = next(packets, None)
            except av.error.FFmpegError:
                continue
            landed = None if first is None else self._ordinal(first)
            if first is None or landed is None or landed > entry:
                continue
            yield landed, first
            yield from self._numbered(packets, landed + 1)
            return

    def _from_start(self) -> Iterator[tuple[int, Packet[Any]]]:
        self._container.close()
        self._open()
        yield from self._numbered(self._container.demux(self._stream), 0)

    def _open(self) -> None:
        self._container, self._stream = open_container(self._path)
        self.context = self._stream.codec_context
        self.context.thread_type = "AUTO"
        self.context.thread_count = self._threads

    def _numbered(self, packets: Iterator[Packet[Any]], ordinal: int) -> Iterator[tuple[int, Packet[Any]]]:
        for packet in packets:
            if packet.size == 0:
                continue
            if ordinal >= len(self._index.order) or packet.size != self._index.size[ordinal]:
                known = self._ordinal(packet)
                if known is None:
                    raise MediaError("the file has changed since it was opened", where=str(self._path), hint="Open it again")
                ordinal = known
            yield ordinal, packet
            ordinal += 1

    def _ordinal(self, packet: Packet[Any]) -> int | None:
        key = (-1 if packet.pos is None else packet.pos, packet.size, NO_TIME if packet.pts is None else packet.pts)
        return self._ordinal_of.get(key)

    def close(self) -> None:
        """Release files and memory."""
        self._container.close()


class ContiguousPackets:
    """Packets of a bare stream (.264, .265): read by offset, since such files have no timestamps to seek by."""

    def __init__(self, path: Path, index: VideoIndex, threads: int) -> None:
        self._path = path
        self._index = index
        self._container, stream = open_container(path)  # found the parameter sets; kept open for the decoder's sake
        self.context = stream.codec_context
        self.context.thread_type = "AUTO"
        self.context.thread_count = threads
        self._file: BinaryIO = path.open("rb")

    def read(self, entry: int) -> Iterator[tuple[int, Packet[Any]]]:
        """Yield ``(ordinal, packet)`` from a keyframe to the end."""
        from av.packet import Packet

        for ordinal in range(entry, len(self._index.order)):
            self._file.seek(int(self._index.position[ordinal]))
            size = int(self._index.size[ordinal])
            data = self._file.read(size)
            if len(data) != size:
                raise MediaError("the file has changed since it was opened", where=str(self._path), hint="Open it again")
            packet = Packet(size)  # memory of FFmpeg's own: decoder threads outlive a packet made from Python's bytes
            packet.update(data)
            yield ordinal, packet

    def close(self) -> None:
        """Release files and memory."""
        self._file.close()
        self._container.close()
