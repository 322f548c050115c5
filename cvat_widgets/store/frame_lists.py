"""Names and sizes of frames as the store keeps them."""

from __future__ import annotations

import json
import zlib

import numpy as np

from cvat_widgets.model.frames import FrameIndex

__all__ = ["pack_frames", "unpack_frames", "withheld_frames"]


def withheld_frames(count: int) -> FrameIndex:
    """Return what somebody gets who may not know the names of the frames: that there are so many."""
    return FrameIndex([f"{number:06d}" for number in range(count)], np.ones(count, np.int32), np.ones(count, np.int32))


def pack_frames(frames: FrameIndex) -> bytes:
    """Return names and sizes as compressed JSON; sizes that are all equal are written once."""
    sizes = np.column_stack((frames.widths, frames.heights))
    uniform = bool((sizes == sizes[0]).all())
    packed = {
        "names": list(frames.names),
        "sizes": sizes[:1].tolist() if uniform else sizes.tolist(),
        "subsets": list(frames.subsets),
    }
    return zlib.compress(json.dumps(packed, ensure_ascii=False).encode(), 6)


def unpack_frames(blob: bytes, count: int) -> FrameIndex:
    """Return what was packed; ``count`` is the number of frames, for sizes that were written once."""
    packed = json.loads(zlib.decompress(blob))
    sizes = np.array(packed["sizes"], np.int32)
    sizes = np.repeat(sizes, count, axis=0) if len(sizes) == 1 else sizes
    return FrameIndex(packed["names"], sizes[:, 0].copy(), sizes[:, 1].copy(), tuple(packed["subsets"]))
