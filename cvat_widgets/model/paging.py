"""Long columns of coordinates in a file that the system pages in and out, instead of in memory.

The masks of a data set have millions of runs, and are looked at one after the other. Beyond a size their column goes into a
file without a name in the folder for temporary files (``TMPDIR``), which is mapped into memory: to everybody it is an array
like any other, to the system pages that it may drop. The file is gone with the last array that needs it, or with the process.
"""

from __future__ import annotations

import mmap
import sys
import tempfile
import threading
import weakref
from array import array
from collections.abc import Iterable, Iterator
from typing import IO

import numpy as np
from numpy.typing import NDArray

__all__ = ["BLOCK", "IN_MEMORY", "Coordinates", "extent", "gathered", "joined", "release_pages"]

IN_MEMORY = 1 << 21
"""Coordinates that stay in memory: 16 MB, which is half a million boxes."""

BLOCK = 1 << 17
"""Coordinates that are looked at or written at a time: 1 MB."""

_SIZE = 8
_mapped: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()
_lock = threading.Lock()


class Coordinates:
    """A growing column of coordinates, of which a limited part is in memory."""

    __slots__ = ("_file", "_most", "_paged", "_tail")

    def __init__(self) -> None:
        self._tail = array("d")
        self._most = IN_MEMORY
        self._file: IO[bytes] | None = None
        self._paged = 0

    def __len__(self) -> int:
        return self._paged + len(self._tail)

    def __del__(self) -> None:
        if self._file is not None:
            self._file.close()  # what is mapped stays mapped

    def extend(self, values: Iterable[float] | NDArray[np.float64]) -> None:
        """Add coordinates; what comes of an iterable before it fails stays in the column."""
        if not isinstance(values, np.ndarray):
            self._tail.extend(values)
            self._page_out_if_long()
            return
        for start in range(0, len(values), BLOCK):
            self._tail.frombytes(values[start : start + BLOCK].astype(np.float64, copy=False).tobytes())
            self._page_out_if_long()

    def fromlist(self, values: list[float]) -> None:
        """Add the numbers of a list, or none of them if one is not a number."""
        self._tail.fromlist(values)
        self._page_out_if_long()

    def column(self) -> NDArray[np.float64]:
        """Return all coordinates so far, without the room that a growing column has beyond its end."""
        if self._file is None:
            return np.array(self._tail)
        if self._tail and self._most < sys.maxsize:
            self._page_out()
        if not self._paged:
            return np.array(self._tail)
        mapped = mmap.mmap(self._file.fileno(), self._paged * _SIZE, access=mmap.ACCESS_READ)
        with _lock:
            _mapped.add(mapped)
        paged = np.frombuffer(mapped, np.float64)
        return np.concatenate((paged, self._tail)) if self._tail else paged

    def _page_out_if_long(self) -> None:
        if len(self._tail) > self._most:
            self._page_out()

    def _page_out(self) -> None:
        try:
            if self._file is None:
                # It lives as long as the column. Nothing may be left in a buffer when the disk is full.
                self._file = tempfile.TemporaryFile(prefix="cvat_widgets-", buffering=0)  # noqa: SIM115
            self._file.seek(self._paged * _SIZE)
            left = memoryview(self._tail).cast("B")
            while left:
                left = left[self._file.write(left) :]
        except OSError:
            # There is no room for it: from here on it stays in memory.
            self._most = sys.maxsize
            return
        self._paged += len(self._tail)
        self._tail = array("d")
        self._most = BLOCK


def release_pages() -> None:
    """Give back the memory of all mapped columns; what is needed again is read again, from what the system still has of it."""
    if not hasattr(mmap, "MADV_DONTNEED"):
        return
    with _lock:
        for mapped in _mapped:
            mapped.madvise(mmap.MADV_DONTNEED)


def _blocks(points: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    for start in range(0, len(points), BLOCK):
        yield points[start : start + BLOCK]
        release_pages()


def extent(points: NDArray[np.float64]) -> tuple[float, float]:
    """Return the smallest and the largest coordinate, 0 included; NaN if one is NaN."""
    low = high = np.float64(0)
    for block in _blocks(points):
        low, high = np.minimum(low, block.min()), np.maximum(high, block.max())
    return float(low), float(high)


def gathered(points: NDArray[np.float64], starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return stretches of a column one after the other, in a file if they are long."""
    ends = np.cumsum(lengths)
    shift = starts - (ends - lengths)
    total = int(ends[-1]) if len(ends) else 0
    if total <= IN_MEMORY:
        return points[np.repeat(shift, lengths) + np.arange(total)]
    found = Coordinates()
    bounds = np.searchsorted(ends, np.arange(0, total, BLOCK), side="right").tolist()
    for first, last in zip(bounds, [*bounds[1:], len(ends)], strict=True):
        if last > first:
            rows = slice(first, last)
            flat = np.repeat(shift[rows], lengths[rows]) + np.arange(ends[first] - lengths[first], ends[last - 1])
            found.extend(points[flat])
            release_pages()
    return found.column()


def joined(columns: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return columns one after the other, in a file if they are long."""
    if sum(map(len, columns)) <= IN_MEMORY:
        return np.concatenate(columns)
    found = Coordinates()
    for column in columns:
        for block in _blocks(column):
            found.extend(block)
    return found.column()
