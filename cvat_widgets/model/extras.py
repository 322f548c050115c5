"""What a file held beyond the model, for many rows: columns instead of an object a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ExtraColumns"]


@dataclass(frozen=True, eq=False)
class ExtraColumns(Mapping[int, Mapping[str, Any]]):
    """``{row: {key: (value, …)}}`` that stands in columns; it is read like the dictionary.

    Parameters
    ----------
    key
        The one key each row has.
    rows
        Integers of shape (n,), ascending: the rows that have it.
    columns
        Arrays of n values; NaN stands for ``None``, a row of a two-dimensional one for a list.
    """

    key: str
    rows: NDArray[np.integer[Any]]
    columns: tuple[NDArray[Any], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(map(_shared, self.columns)))

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[int]:
        return iter(self.rows.tolist())

    def __getitem__(self, row: int) -> Mapping[str, Any]:
        place = int(np.searchsorted(self.rows, row))
        if place == len(self.rows) or self.rows[place] != row:
            raise KeyError(row)
        return {self.key: tuple(_value(column[place]) for column in self.columns)}

    def take(self, index: NDArray[np.int64]) -> ExtraColumns:
        """Return those of the rows at the given positions, numbered as they stand there."""
        if not len(self.rows):
            return self
        place = np.minimum(np.searchsorted(self.rows, index), len(self.rows) - 1)
        rows = np.flatnonzero(self.rows[place] == index)
        return ExtraColumns(self.key, rows, tuple(column[place[rows]] for column in self.columns))


def _shared(column: NDArray[Any]) -> NDArray[Any]:
    """Return a column; one with the same value everywhere takes the memory of that value."""
    if len(column) > 1 and np.array_equal(column, np.broadcast_to(column[:1], column.shape), equal_nan=True):
        return np.broadcast_to(column[:1].copy(), column.shape)
    return column


def _value(found: Any) -> Any:
    if np.isnan(found).any():
        return None
    return found.tolist()
