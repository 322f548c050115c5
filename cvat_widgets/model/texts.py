"""Many texts in little memory: one run of bytes instead of a Python string each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import overload

import numpy as np

__all__ = ["Texts"]


class Texts(Sequence[str]):
    """A sequence of texts that does not change, as the names of all frames are.

    A string takes some 60 bytes beside its letters, and strings made while a file is read keep the memory around them from
    being given back. Here each takes four bytes and its letters, without those that all of them begin with, as the names of
    files in one folder do; it becomes a string when it is asked for.

    Parameters
    ----------
    texts
        What to keep, in their order; 4 GB at most. Lone surrogates, as undecodable file names have, are kept.
    """

    __slots__ = ("_data", "_ends", "_start")
    __hash__ = None  # type: ignore[assignment]  # like a list, which it is equal to

    def __init__(self, texts: Iterable[str] = ()) -> None:
        known = list(texts)
        # What the first and the last in alphabetical order begin with, all between them do, too.
        low, high = min(known, default=""), max(known, default="")
        own = next((place for place, (one, other) in enumerate(zip(low, high, strict=False)) if one != other), len(low))
        self._start = low[:own]
        joined = "".join([text[own:] for text in known]) if own else "".join(known)
        self._data = joined.encode("utf-8", "surrogatepass")
        if len(self._data) == len(joined):  # ASCII: as many bytes as letters
            lengths = [0, *(len(text) - own for text in known)]
        else:
            lengths = [0, *(len(text[own:].encode("utf-8", "surrogatepass")) for text in known)]
        self._ends = np.cumsum(lengths, dtype=np.uint32 if len(self._data) < 1 << 32 else np.uint64)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def _text(self, start: int, end: int) -> str:
        return self._start + self._data[start:end].decode("utf-8", "surrogatepass")

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        place = range(len(self))[index]  # counts from the end, too, and refuses what is not there
        return self._text(int(self._ends[place]), int(self._ends[place + 1]))

    def __iter__(self) -> Iterator[str]:
        return (self._text(start, end) for start, end in pairwise(self._ends.tolist()))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Texts):
            mine, theirs = (self._start, self._data), (other._start, other._data)
            return mine == theirs and np.array_equal(self._ends, other._ends)
        if isinstance(other, (list, tuple)):
            return len(self) == len(other) and all(mine == theirs for mine, theirs in zip(self, other, strict=True))
        return NotImplemented

    def __repr__(self) -> str:
        return repr(list(self))
