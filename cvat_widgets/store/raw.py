"""What the hot paths need of a database connection: the plain cursor, whichever database it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

__all__ = ["Raw", "is_duplicate"]


class Raw(Protocol):
    """A connection that takes SQLite's ``?`` for parameters."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Any:
        """Run a statement and return a cursor."""

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Any:
        """Run a statement for each row."""


def is_duplicate(error: Exception) -> bool:
    """Whether a statement failed because a row with the same key is there."""
    return isinstance(error, sqlite3.IntegrityError) or getattr(error, "sqlstate", None) == "23505"
