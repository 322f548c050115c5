"""Attribute values of many rows: a long table with a string dictionary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["AttributeColumns"]

_EMPTY = np.empty(0, np.int64)
_EMPTY32 = np.empty(0, np.int32)


@dataclass(frozen=True, eq=False)
class AttributeColumns:
    """One entry a value: row number, attribute id, and a code into ``strings``. Entries are sorted by row.

    Parameters
    ----------
    row
        int64 of shape (m,): row of the annotation table.
    spec
        int32 of shape (m,): attribute id.
    code
        int32 of shape (m,): position in ``strings``.
    strings
        The distinct values, verbatim.
    """

    row: NDArray[np.int64] = field(default_factory=lambda: _EMPTY)
    spec: NDArray[np.int32] = field(default_factory=lambda: _EMPTY32)
    code: NDArray[np.int32] = field(default_factory=lambda: _EMPTY32)
    strings: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.row)

    @classmethod
    def from_dicts(cls, dicts: Iterable[Mapping[int, str]]) -> AttributeColumns:
        """Build from one ``{attribute id: value}`` a row."""
        rows: list[int] = []
        specs: list[int] = []
        codes: list[int] = []
        code_of: dict[str, int] = {}
        for row, values in enumerate(dicts):
            for spec, value in values.items():
                rows.append(row)
                specs.append(spec)
                codes.append(code_of.setdefault(value, len(code_of)))
        return cls(np.array(rows, np.int64), np.array(specs, np.int32), np.array(codes, np.int32), tuple(code_of))

    def to_dicts(self, row_count: int) -> list[dict[int, str]]:
        """Return one ``{attribute id: value}`` a row."""
        dicts: list[dict[int, str]] = [{} for _ in range(row_count)]
        strings = self.strings
        for row, spec, code in zip(self.row.tolist(), self.spec.tolist(), self.code.tolist(), strict=True):
            dicts[row][spec] = strings[code]
        return dicts

    def take(self, rows: NDArray[np.int64]) -> AttributeColumns:
        """Return the entries of the given rows (each may appear more than once), renumbered to their new positions."""
        if not len(self):
            return self
        starts = np.searchsorted(self.row, rows)
        counts = np.searchsorted(self.row, rows, side="right") - starts
        entries = np.repeat(starts - np.concatenate(([0], np.cumsum(counts)[:-1])), counts) + np.arange(counts.sum())
        new_rows = np.repeat(np.arange(len(rows)), counts)
        return AttributeColumns(new_rows, self.spec[entries], self.code[entries], self.strings)

    @classmethod
    def concat(cls, parts: Sequence[tuple[AttributeColumns, int]]) -> AttributeColumns:
        """Put parts one after another; each comes with the number of rows of its table."""
        code_of: dict[str, int] = {}
        rows, specs, codes = [], [], []
        offset = 0
        for part, row_count in parts:
            recode = np.array([code_of.setdefault(text, len(code_of)) for text in part.strings], np.int32)
            rows.append(part.row + offset)
            specs.append(part.spec)
            codes.append(recode[part.code] if len(part) else part.code)
            offset += row_count
        if not rows:
            return cls()
        return cls(np.concatenate(rows), np.concatenate(specs), np.concatenate(codes), tuple(code_of))

    def values_of(self, spec: int, row_count: int) -> list[str | None]:
        """Return the value of one attribute for every row, ``None`` where it is not set."""
        result: list[str | None] = [None] * row_count
        chosen = np.flatnonzero(self.spec == spec)
        for row, code in zip(self.row[chosen].tolist(), self.code[chosen].tolist(), strict=True):
            result[row] = self.strings[code]
        return result
