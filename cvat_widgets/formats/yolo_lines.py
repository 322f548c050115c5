"""Label lines of the YOLO family: numbers of many small files read as one array, and printed the same way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members

__all__ = ["LabelLines", "print_lines", "read_lines"]

_BOM = b"\xef\xbb\xbf"
_SPACE = np.zeros(256, bool)
_SPACE[list(b" \t\n\v\f\r")] = True
_BATCH = 1 << 18
_PIECE = 1 << 18
_LONGEST_NUMBER = 64
_MAX_WHOLE = 2**53
_MAX_FRACTION = 100.0


@dataclass(frozen=True, eq=False)
class LabelLines:
    """The numbers of label files; row i is one line that is not blank.

    Parameters
    ----------
    values
        float64, all numbers one after another.
    starts
        int64 of shape (n + 1,): row i owns ``values[starts[i]:starts[i + 1]]``.
    file
        int64 of shape (n,), ascending: position in ``names``.
    names
        The files that were read.
    members
        Where they are, to name a line in an error.
    """

    values: NDArray[np.float64]
    starts: NDArray[np.int64]
    file: NDArray[np.int64]
    names: Sequence[str]
    members: Members

    def __len__(self) -> int:
        return len(self.file)

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many numbers each line has."""
        return np.diff(self.starts)

    def column(self, index: int) -> NDArray[np.float64]:
        """Return the number at a position of every line."""
        return self.values[self.starts[:-1] + index]

    def last(self) -> NDArray[np.float64]:
        """Return the last number of every line."""
        return self.values[self.starts[1:] - 1]

    def block(self, first: int, count: int) -> NDArray[np.float64]:
        """Return ``count`` numbers of every line from position ``first`` on: shape (n, count)."""
        places: NDArray[np.int64] = (self.starts[:-1] + first)[:, None] + np.arange(count)
        return self.values[places]

    def where(self, row: int) -> str:
        """Return file and line of a row."""
        nth = row - int(np.searchsorted(self.file, self.file[row]))
        name = self.names[int(self.file[row])]
        return f"{self.members.where(name)}: line {_line_number(self.members.read(name), nth)}"

    def refuse(self, bad: Any, text: str, hint: str | None = None) -> None:
        """Raise an error for the first bad row (bool, one a row), if there is one."""
        if bad.any():
            raise FormatError(text, where=self.where(int(np.argmax(bad))), hint=hint)

    def labels(self, keys: Sequence[int]) -> NDArray[np.int64]:
        """Return for every line the position of its label id in ``keys``.

        Raises
        ------
        FormatError
            A label id is not there.
        """
        given = self.column(0)
        order = np.argsort(np.array(keys, np.int64), kind="stable")
        ordered = np.array(keys, np.float64)[order]
        place = np.searchsorted(ordered, given)
        place = np.minimum(place, max(len(ordered) - 1, 0))
        unknown = ordered[place] != given if len(ordered) else np.ones(len(given), bool)
        if unknown.any():
            value = given[int(np.argmax(unknown))]
            self.refuse(unknown, f"the label id {value:g} is not known", f"There are {len(keys)} labels, counted from 0")
        return order[place]

    def tracks(self, present: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the track id at the end of the lines that have one, -1 for the others."""
        ids = np.where(present, self.last(), -1.0) if len(self) else np.empty(0)
        wrong = present & ((ids != np.floor(ids)) | (ids < 0) | (ids > _MAX_WHOLE))
        self.refuse(wrong, "the track id at the end of the line is not a whole number from 0 on")
        return ids.astype(np.int64)

    def check_fractions(self, first: NDArray[np.int64], stop: NDArray[np.int64]) -> None:
        """Refuse lines whose coordinates (positions ``first`` to ``stop`` of each line) are plainly no fractions."""
        wild = np.flatnonzero(~(np.abs(self.values) <= _MAX_FRACTION))
        if not len(wild):
            return
        row = np.searchsorted(self.starts, wild, side="right") - 1
        at = wild - self.starts[row]
        bad = np.zeros(len(self), bool)
        bad[row[(at >= first[row]) & (at < stop[row])]] = True
        self.refuse(bad, "a coordinate is out of range", "Coordinates are fractions of the width and height of the frame")


def _line_number(data: bytes, nth: int) -> int:
    lines = data.removeprefix(_BOM).splitlines()
    return [number for number, line in enumerate(lines, 1) if line.split()][nth]


def read_lines(members: Members, names: Sequence[str]) -> LabelLines:
    """Read label files.

    Raises
    ------
    FormatError
        Something in them is not a number; the text names file and line.
    """
    parts: list[tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]] = []
    batch: list[bytes] = []
    size = 0
    for index, name in enumerate(names):
        data = members.read(name).removeprefix(_BOM)
        batch.append(data)
        size += len(data)
        if size > _BATCH or index == len(names) - 1:
            parts.append(_parsed(members, batch, names, index + 1 - len(batch)))
            batch, size = [], 0
    if not parts:
        return LabelLines(np.empty(0), np.zeros(1, np.int64), np.empty(0, np.int64), names, members)
    values, counts, file = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return LabelLines(values, np.concatenate(([0], np.cumsum(counts))), file, names, members)


def _parsed(
    members: Members, batch: list[bytes], names: Sequence[str], first: int
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the numbers of some files, how many each line has, and the file of each line."""
    joined = b"\n".join(batch) + b"\n"
    text = np.frombuffer(joined, np.uint8)
    space = _SPACE[text]
    edges = np.flatnonzero(np.diff(space, prepend=True))
    begins, ends = edges[::2], edges[1::2]
    line_ends = np.flatnonzero((text == ord("\n")) | (text == ord("\r")))
    heads = np.searchsorted(begins, np.append(-1, line_ends))
    heads = heads[np.append(heads[1:] > heads[:-1], False)]
    counts = np.diff(np.append(heads, len(begins)))
    limits = np.cumsum([len(data) + 1 for data in batch])
    file = np.searchsorted(limits, begins[heads], side="right") + first

    def fail(token: int, what: str) -> FormatError:
        row = int(np.searchsorted(heads, token, side="right")) - 1
        name = names[int(file[row])]
        number = _line_number(members.read(name), row - int(np.searchsorted(file, file[row])))
        return FormatError(what, where=f"{members.where(name)}: line {number}")

    long = ends - begins > _LONGEST_NUMBER
    if long.any():
        raise fail(int(np.argmax(long)), f"a number has more than {_LONGEST_NUMBER} characters")
    try:
        values = _numbers(text, space)
    except ValueError:
        tokens = joined.split()
        bad = next((index for index, token in enumerate(tokens) if not _is_number(token)), None)
        if bad is not None:
            raise fail(bad, f"{tokens[bad].decode('utf-8', 'replace')!r} is not a number") from None
        values = np.fromiter(map(float, tokens), np.float64, len(tokens))
    if not np.isfinite(values).all():
        raise fail(int(np.argmin(np.isfinite(values))), "a number is not finite")
    return values, counts.astype(np.int64), file.astype(np.int64)


def _numbers(text: NDArray[np.uint8], space: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the numbers between the spaces: read as JSON, which takes half the time of a call for each.

    Raises
    ------
    ValueError
        There is something that JSON does not take for a number. It may be one all the same: ``+1`` or ``.5``.
    """
    # Of spaces one after another the first becomes the comma.
    commas = np.where(space, np.uint8(ord(",")), text)[~(space & np.append(True, space[:-1]))].tobytes().removesuffix(b",")
    parts = [np.empty(0)]
    start = 0
    while start < len(commas):
        stop = commas.find(b",", start + _PIECE)
        stop = len(commas) if stop < 0 else stop
        try:
            parts.append(np.array(msgspec.json.decode(b"[%b]" % commas[start:stop], type=list[float]), np.float64))
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise ValueError from None
        start = stop + 1
    return np.concatenate(parts)


def _is_number(token: bytes) -> bool:
    try:
        float(token)
    except ValueError:
        return False
    return b"_" not in token


def print_lines(
    labels: NDArray[np.int64],
    values: NDArray[np.float64],
    offsets: NDArray[np.int64],
    tracks: NDArray[np.int64] | None = None,
) -> list[str]:
    """Return one line a row: label, numbers with six digits, and the track where it is not -1."""
    if not len(labels):
        return []
    lengths = np.diff(offsets)
    if (lengths == lengths[0]).all():
        template = "%d" + " %.6f" * int(lengths[0])
        rows = np.column_stack((labels, values.reshape(len(labels), -1))).tolist()
        lines = [template % tuple(row) for row in rows]
    else:
        numbers = ("%.6f " * len(values) % tuple(values.tolist())).split(" ")
        bounds = offsets.tolist()
        lines = [
            f"{label} {' '.join(numbers[begin:end])}"
            for label, begin, end in zip(labels.tolist(), bounds[:-1], bounds[1:], strict=True)
        ]
    if tracks is None:
        return lines
    return [f"{line} {track}" if track >= 0 else line for line, track in zip(lines, tracks.tolist(), strict=True)]
