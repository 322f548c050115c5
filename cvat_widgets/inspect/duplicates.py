"""Frames, and objects, that show nearly the same picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError
from cvat_widgets.inspect.rows import findings

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "alike_by_embedding", "alike_by_hash", "hashes_of", "near_duplicate_frames", "perceptual_hashes", "small_grey",
]  # fmt: skip

_SIDE, _LOW = 32, 8
_BLOCK = 1024
Counts = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.bool_]]


def perceptual_hashes(task: Any, frames: Iterable[int] | None = None) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
    """Return a 64-bit perceptual hash of each frame, and small grey pictures for a second look.

    Parameters
    ----------
    task
        A task: whatever has ``frame(number)`` and a length.
    frames
        By default all.

    Returns
    -------
    tuple
        uint64 of shape (n,) and float32 of shape (n, 32 × 32).

    Notes
    -----
    pHash: the signs of the lowest 8 × 8 coefficients of the cosine transform of a 32 × 32 grey picture against their median
    (Zauner, *Implementation and Benchmarking of Perceptual Image Hash Functions*, 2010).
    """
    numbers = range(len(task)) if frames is None else list(frames)
    small = np.empty((len(numbers), _SIDE, _SIDE), np.float32)
    for place, number in enumerate(numbers):
        small[place] = small_grey(task.frame(number))
    return hashes_of(small), small.reshape(len(small), _SIDE * _SIDE)


def small_grey(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return a picture as 32 × 32 grey levels."""
    import cv2

    # Grey after shrinking: the colours of a few hundred pixels are cheaper than those of two million.
    shrunk = cv2.resize(picture, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(shrunk, cv2.COLOR_RGB2GRAY), np.float32)


def hashes_of(small: NDArray[np.float32]) -> NDArray[np.uint64]:
    """Return the perceptual hashes of small grey pictures, (n, 32, 32)."""
    import cv2

    low = np.stack([cv2.dct(picture)[:_LOW, :_LOW].ravel() for picture in small]) if len(small) else np.empty((0, 64))
    bits = low > np.median(low[:, 1:], axis=1, keepdims=True)
    return np.packbits(bits, axis=1).view(np.uint64).ravel() if len(bits) else np.empty(0, np.uint64)


def near_duplicate_frames(
    task: Any,
    *,
    frames: Iterable[int] | None = None,
    distance: int = 6,
    difference: float = 6.0,
    apart: int = 1,
    embeddings: NDArray[np.floating[Any]] | None = None,
    similarity: float = 0.98,
) -> pd.DataFrame:
    """Find frames that repeat an earlier one.

    Parameters
    ----------
    task
        A task.
    frames
        Frames to look at, by default all.
    distance
        Bits of 64 by which perceptual hashes may differ.
    difference
        Mean difference of grey levels (0 to 255) of small pictures up to which two frames are the same; it drops those that
        only have a hash in common.
    apart
        Least distance in frames: neighbours in a slow video are alike anyway, so raise it there.
    embeddings
        One vector a frame from a model of your own; then the cosine decides and no picture is read.
    similarity
        Least cosine of embeddings.

    Returns
    -------
    pandas.DataFrame
        ``id`` (empty)``, frame, label`` (empty)``, score, reason, other_frame``: each repetition once, with the earlier frame
        it is most like. The score is 1 for the same picture.

    Raises
    ------
    AnnotationError
        There is not one embedding a frame.
    """
    numbers = np.arange(len(task)) if frames is None else np.array(list(frames), np.int64)
    if embeddings is not None:
        return _by_embedding(numbers, np.asarray(embeddings, np.float32), apart, similarity)
    hashes, small = perceptual_hashes(task, numbers.tolist())
    a, b, bits, grey = alike_by_hash(hashes, small, distance, difference, lambda a, b: numbers[a] - numbers[b] >= max(apart, 1))
    reasons = [
        f"shows what frame {other} shows: {bit:.0f} of 64 bits and {level:.1f} grey levels apart"
        for other, bit, level in zip(numbers[b].tolist(), bits.tolist(), grey.tolist(), strict=True)
    ]
    score = 1 - 0.5 * grey / max(difference, 1e-9)
    return findings(None, numbers[a], None, score, reasons, other_frame=numbers[b])


def alike_by_hash(
    hashes: NDArray[np.uint64], small: NDArray[np.float32], distance: int, difference: float, counts: Counts
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Return pictures and the earlier one each is most like: places of both, bits and mean grey levels they differ by.

    ``counts`` says of places of later and of earlier ones, which broadcast, whether such a pair is one.
    """
    later, earlier, differing = [], [], []
    for start in range(0, len(hashes), _BLOCK):
        block = np.unpackbits(hashes[start : start + _BLOCK].view(np.uint8)).reshape(-1, 64).astype(np.float32)
        others = np.unpackbits(hashes[: start + _BLOCK].view(np.uint8)).reshape(-1, 64).astype(np.float32)
        # |a xor b| = |a| + |b| - 2 a·b: one product of matrices.
        apart_bits = block.sum(1)[:, None] + others.sum(1)[None] - 2 * block @ others.T
        a, b = np.nonzero(apart_bits <= distance)
        a, bits = a + start, apart_bits[a, b]
        kept = (a > b) & counts(a, b)
        later.append(a[kept])
        earlier.append(b[kept])
        differing.append(bits[kept])
    a, b = (np.concatenate(part) if part else np.empty(0, np.int64) for part in (later, earlier))
    bits = np.concatenate(differing) if differing else np.empty(0, np.float32)
    grey = np.abs(small[a] - small[b]).mean(axis=1) if len(a) else np.empty(0, np.float32)
    kept = grey <= difference
    a, b, grey, bits = a[kept], b[kept], grey[kept], bits[kept]
    order = np.lexsort((b, grey, a))
    at = order[np.unique(a[order], return_index=True)[1]]
    return a[at], b[at], bits[at], grey[at]


def _by_embedding(numbers: NDArray[np.int64], vectors: NDArray[np.float32], apart: int, similarity: float) -> pd.DataFrame:
    if len(vectors) != len(numbers):
        raise AnnotationError(f"there are {len(vectors)} embeddings for {len(numbers)} frames")
    a, b, value = alike_by_embedding(vectors, similarity, lambda a, b: numbers[a] - numbers[b] >= max(apart, 1))
    reasons = [
        f"shows what frame {other} shows: the cosine of their embeddings is {near:.3f}"
        for other, near in zip(numbers[b].tolist(), value.tolist(), strict=True)
    ]
    return findings(None, numbers[a], None, value, reasons, other_frame=numbers[b])


def alike_by_embedding(
    vectors: NDArray[np.float32], similarity: float, counts: Counts
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Return things and the earlier one each is most like: places of both, and the cosine of their vectors."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    later, earlier, cosine = [], [], []
    for start in range(0, len(vectors), _BLOCK):
        places, others = np.arange(start, min(start + _BLOCK, len(vectors))), np.arange(min(start + _BLOCK, len(vectors)))
        alike = unit[places] @ unit[others].T
        alike[(places[:, None] <= others[None]) | ~counts(places[:, None], others[None])] = -1
        best = alike.argmax(axis=1)
        value = alike[np.arange(len(best)), best]
        kept = np.flatnonzero(value >= similarity)
        later.append(kept + start)
        earlier.append(best[kept])
        cosine.append(value[kept])
    a, b = (np.concatenate(part) if part else np.empty(0, np.int64) for part in (later, earlier))
    return a, b, np.concatenate(cosine) if cosine else np.empty(0, np.float32)
