"""Building the packet index of a video file, and finding it again in the cache."""

from __future__ import annotations

import contextlib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import MediaError
from cvat_widgets.media.cache import cache_directory, file_identity
from cvat_widgets.media.limits import MAX_VIDEO_PACKETS
from cvat_widgets.media.members import unreadable
from cvat_widgets.media.video.container import open_container
from cvat_widgets.media.video.index import DISCARD, KEY, NO_TIME, VideoIndex

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

__all__ = ["load_index"]

_TRUSTED: Final = ("mov", "matroska", "webm", "mpegts", "ivf")
_HEAD_PACKETS: Final = 64
_RATE_TOLERANCE: Final = 0.02  # a declared rate this close to the measured one is the exact one
_DEFAULT_RATE: Final = 25


def load_index(path: Path) -> VideoIndex:
    """Return the index of a video, from the cache if the file has not changed since.

    Raises
    ------
    MediaError
        The file is no readable video, is cut off, or has no frame.
    """
    try:
        identity = file_identity(path)
    except OSError as error:
        raise unreadable(error, str(path)) from None
    try:
        stored = cache_directory("video") / f"{identity}.npz"
    except OSError:  # a read-only home: the index is built each time
        return _build(path, identity)
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        index = VideoIndex.load(stored)
        if index.identity == identity:
            return index
    index = _build(path, identity)
    with contextlib.suppress(OSError):
        index.save(stored)
    return index


def _build(path: Path, identity: str) -> VideoIndex:
    container, stream = open_container(path)
    with container:
        _refuse_cut_off(stream, path)
        table = _demux(container, stream, path)
        announced, number, time_base = stream.frames, stream.index, float(stream.time_base or 0)
        declared = float(stream.average_rate or stream.guessed_rate or stream.codec_context.framerate or _DEFAULT_RATE)
        trusted = any(name in _TRUSTED for name in container.format.name.split(",")) and table.has_sound_timestamps
    seen = _decode(path, whole=not trusted)
    order = np.full(len(table.pts), -1, np.int64)
    if trusted:
        order[np.argsort(table.pts, kind="stable")] = np.arange(len(order))
        visible = table.visible & ~seen.missing(table.visible)
    else:
        order[seen.shown] = np.arange(len(seen.shown))
        visible = order >= 0
    shown = np.flatnonzero(visible)
    frames = shown[np.argsort(order[shown], kind="stable")]
    if len(frames) == 0:
        raise MediaError("no frame of the video can be decoded", where=str(path), hint="It may be cut off or encrypted")
    truthful = announced <= 0 or announced == len(frames)
    return VideoIndex(
        identity=identity,
        stream=number,
        pts=table.pts,
        dts=table.dts,
        position=table.position,
        size=table.size,
        flags=table.flags,
        order=order,
        frames=frames,
        width=seen.look.width,
        height=seen.look.height,
        rotation=round(seen.look.rotation / 90) * 90 % 360,
        time_base=time_base,
        rate=_rate(table.pts[frames], time_base, declared),
        contiguous=table.is_contiguous(path.stat().st_size),
        notes=() if truthful else (f"{path.name} announces {announced} frames; it has {len(frames)}",),
    )


@dataclass(frozen=True, eq=False)
class _Table:
    """Columns of the packets, in the order of the file."""

    pts: NDArray[np.int64]
    dts: NDArray[np.int64]
    position: NDArray[np.int64]
    size: NDArray[np.int64]
    flags: NDArray[np.uint8]

    @property
    def visible(self) -> NDArray[np.bool_]:
        """Packets that are meant to be displayed."""
        return np.asarray((self.flags & DISCARD) == 0)

    @property
    def has_sound_timestamps(self) -> bool:
        """Whether display times are there for all packets, differ, and decoding times never go back."""
        stamps = self.pts[self.visible]
        decoding = self.dts[self.dts != NO_TIME]
        return bool((self.pts != NO_TIME).all() and len(np.unique(stamps)) == len(stamps) and (np.diff(decoding) >= 0).all())

    def is_contiguous(self, file_size: int) -> bool:
        """Whether the file is nothing but its packets, without any times: a bare H.264 or HEVC stream."""
        ends = self.position + self.size
        follows = bool(self.position[0] == 0 and (self.position[1:] == ends[:-1]).all() and ends[-1] == file_size)
        return follows and bool((self.dts == NO_TIME).all())


def _demux(container: InputContainer, stream: VideoStream, path: Path) -> _Table:
    import av

    rows: list[tuple[int, int, int, int, int]] = []
    try:
        for packet in container.demux(stream):
            if packet.size == 0:
                continue
            rows.append(
                (
                    NO_TIME if packet.pts is None else packet.pts,
                    NO_TIME if packet.dts is None else packet.dts,
                    -1 if packet.pos is None else packet.pos,
                    packet.size,
                    KEY * packet.is_keyframe | DISCARD * packet.is_discard,
                )
            )
            if len(rows) > MAX_VIDEO_PACKETS:
                raise MediaError(
                    f"the video has more than {MAX_VIDEO_PACKETS:,} frames", where=str(path), hint="Cut it into parts"
                )
    except av.error.FFmpegError as error:
        if not rows:
            raise MediaError(
                f"the video cannot be read ({error.strerror})", where=str(path), hint="Copy or download it again"
            ) from None
    if not rows:
        raise MediaError("the video has no frames", where=str(path), hint="It may be cut off; copy or download it again")
    pts, dts, position, size, flags = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    return _Table(pts, dts, position, size, flags.astype(np.uint8))


@dataclass(frozen=True, eq=False)
class _Seen:
    """What decoding from the start showed.

    Parameters
    ----------
    shown
        Ordinals of the packets that gave a picture, in display order.
    fed
        Packets given to the decoder.
    look
        A decoded picture.
    """

    shown: NDArray[np.int64]
    fed: int
    look: VideoFrame

    def missing(self, visible: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Packets of the part that was decoded which should have given a picture and did not.

        At the start of a stream that was cut out of a longer one the first pictures may refer to others that are not there.
        """
        missing = np.zeros(len(visible), bool)
        missing[: self.fed] = visible[: self.fed]
        missing[self.shown] = False
        return missing


def _decode(path: Path, *, whole: bool) -> _Seen:
    """Decode the whole video, or else only its first group of pictures (but about 64 packets at most)."""
    import av

    container, stream = open_container(path)
    shown: list[int] = []
    look: VideoFrame | None = None
    fed = 0
    with container:
        context = stream.codec_context
        context.thread_type = "AUTO" if whole else "SLICE"
        for packet in container.demux(stream):
            last = packet.size == 0 or (not whole and look is not None and (fed >= _HEAD_PACKETS or packet.is_keyframe))
            if not last:
                packet.pts = packet.dts = fed
                fed += 1
            try:
                pictures = context.decode(None if last else packet)
            except av.error.FFmpegError:  # a damaged packet; others may be sound
                pictures = []
            for picture in pictures:
                look = look or picture
                if picture.pts is not None and 0 <= picture.pts < fed:
                    shown.append(picture.pts)
            if last:
                break
        if look is None:
            raise MediaError(
                f"no frame of the video can be decoded (codec {context.codec.name})",
                where=str(path),
                hint="It may be cut off, damaged or encrypted",
            )
    return _Seen(np.array(list(dict.fromkeys(shown)), np.int64), fed, look)


def _refuse_cut_off(stream: VideoStream, path: Path) -> None:
    """Refuse an MP4 whose table lists samples behind the end of the file: frames that are simply not there."""
    entries = list(stream.index_entries or ())
    end = path.stat().st_size
    missing = sum(entry.pos + entry.size > end for entry in entries)
    if missing:
        raise MediaError(
            f"the file is cut off: {missing} of {len(entries)} frames lie behind its end",
            where=str(path),
            hint="Copy or download it again, or keep what is there with: ffmpeg -i broken.mp4 -c copy shorter.mp4",
        )


def _rate(stamps: NDArray[np.int64], time_base: float, declared: float) -> float:
    """Return the average frames a second: the declared rate unless the timestamps say otherwise."""
    if len(stamps) < 2 or (stamps == NO_TIME).any() or stamps[-1] <= stamps[0] or not time_base:
        return declared
    measured = float((len(stamps) - 1) / ((stamps[-1] - stamps[0]) * time_base))
    return declared if abs(measured - declared) < _RATE_TOLERANCE * declared else round(measured, 6)
