"""The packet index: which frames a video has, in the order in which they are displayed, and where decoding can begin.

Headers are not believed: frame counts are missing or wrong in many files, frame rates vary, and edit lists hide packets. One
pass over the packets (no decoding) gives the truth: frame *i* is the *i*-th displayed presentation time of the packets that are
not marked "discard".

A packet is known by its *ordinal*, its number in the file. While decoding, every packet is stamped with its ordinal and the
decoder hands the stamp on to the picture, so a picture is always known for sure, even in files without any timestamps. For
those (raw H.264, and containers that are known for wrong timestamps) one full decoding pass finds the order; it is stored like
every index, so it happens once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.media.cache import atomic_write

__all__ = ["DISCARD", "KEY", "NO_TIME", "VideoIndex"]

_VERSION: Final = 1
NO_TIME: Final = np.iinfo(np.int64).min
KEY, DISCARD = 1, 2


@dataclass(frozen=True, eq=False)
class VideoIndex:
    """Packets and frames of one video stream.

    Parameters
    ----------
    identity
        Key of the file's content; see :func:`~cvat_widgets.media.cache.file_identity`.
    stream
        Number of the stream in the file.
    pts, dts, position, size
        int64 of shape (packets,): timestamps in ``time_base`` (the smallest int64 where there is none), offset in the file (-1
        for unknown), bytes.
    flags
        uint8 of shape (packets,): 1 keyframe, 2 not to be displayed.
    order
        int64 of shape (packets,): rank in display order among all packets, hidden ones included; -1 where a packet gives no
        picture.
    frames
        int64 of shape (frames,): ordinal of the packet of every displayed frame.
    width, height
        Pixels of a decoded picture, before ``rotation``.
    rotation
        Degrees counter-clockwise by which a picture must be turned for display: 0, 90, 180 or 270.
    time_base
        Seconds of one timestamp unit.
    rate
        Average frames a second.
    contiguous
        Whether the file is nothing but the packets one after another, so that they can be read by their offsets.
    notes
        Remarks for the user.
    """

    identity: str
    stream: int
    pts: NDArray[np.int64]
    dts: NDArray[np.int64]
    position: NDArray[np.int64]
    size: NDArray[np.int64]
    flags: NDArray[np.uint8]
    order: NDArray[np.int64]
    frames: NDArray[np.int64]
    width: int
    height: int
    rotation: int
    time_base: float
    rate: float
    contiguous: bool
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def display_size(self) -> tuple[int, int]:
        """``(width, height)`` after rotation."""
        return (self.height, self.width) if self.rotation % 180 else (self.width, self.height)

    @property
    def keyframes(self) -> NDArray[np.int64]:
        """Ordinals at which decoding can begin."""
        return np.flatnonzero((self.flags & KEY).astype(bool) & (self.order >= 0))

    @property
    def times(self) -> NDArray[np.float64]:
        """Display time of every frame in seconds, the first at 0; evenly spaced where the file has no timestamps."""
        stamps = self.pts[self.frames]
        if len(stamps) == 0 or (stamps == NO_TIME).any():
            return np.arange(len(self)) / self.rate
        times: NDArray[np.float64] = (stamps - stamps[0]) * self.time_base
        return times

    def entry(self, frame: int) -> int:
        """Return the ordinal of the last keyframe from which ``frame`` can be decoded.

        It must not come after the frame in the file, nor in display order: pictures that are displayed before a keyframe but
        stored after it ("open" groups of pictures) need the group before.
        """
        ordinal = int(self.frames[frame])
        keys = self.keyframes
        place = int(np.searchsorted(keys, ordinal, side="right")) - 1
        while place > 0 and self.order[keys[place]] > self.order[ordinal]:
            place -= 1
        return int(keys[place]) if place >= 0 else 0

    def entry_before(self, ordinal: int) -> int | None:
        """Return the keyframe before another one; the first packet at the end, then ``None``."""
        earlier = self.keyframes
        earlier = earlier[earlier < ordinal]
        if len(earlier):
            return int(earlier[-1])
        return 0 if ordinal > 0 else None

    def save(self, path: Path) -> None:
        """Write the index to a file."""
        head = {
            name: getattr(self, name)
            for name in ("identity", "stream", "width", "height", "rotation", "time_base", "rate", "contiguous", "notes")
        }
        arrays = {name: getattr(self, name) for name in ("pts", "dts", "position", "size", "flags", "order", "frames")}
        encoded = np.frombuffer(json.dumps(head | {"version": _VERSION}).encode(), np.uint8)
        atomic_write(path, lambda stream: np.savez(stream, head=encoded, **arrays))

    @classmethod
    def load(cls, path: Path) -> VideoIndex:
        """Read an index from a file; any exception means that it must be built anew."""
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            head: dict[str, Any] = json.loads(stored["head"].tobytes())
            if head.pop("version") != _VERSION:
                raise ValueError("written by another version")
            arrays = {name: stored[name] for name in ("pts", "dts", "position", "size", "flags", "order", "frames")}
        head["notes"] = tuple(head["notes"])
        return cls(**head, **arrays)
