"""Copying a whole store into an empty one, of whichever kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, text

from cvat_widgets.errors import StoreError
from cvat_widgets.store.schema import metadata

if TYPE_CHECKING:
    from cvat_widgets.store.store import Store

__all__ = ["copy_rows"]

_MANY = 2000
_FILLED = ("project", "task", "event")
_OWN = ("meta",)
"""What a store keeps to itself: its identity."""


def copy_rows(source: Store, target: Store) -> None:
    """Copy all rows in one transaction of the target; the source is read as it is at one moment.

    Raises
    ------
    StoreError
        The target holds something already, or is the source.
    """
    if source is target or source.uuid == target.uuid:
        raise StoreError("a store cannot be copied into itself", where=target.database.where)
    tables = [table for table in metadata.sorted_tables if table.name not in _OWN]
    with (
        source.database.read(),
        target.database.write(),
        source.database.engine.connect() as reader,
        target.database.engine.connect() as writer,
    ):
        for table in tables:
            if table.name in _FILLED and writer.execute(select(func.count()).select_from(table)).scalar():
                raise StoreError("the store is not empty", where=target.database.where, hint="Copy into a new one")
        for table in tables:
            _copy(table, reader, writer)
        _continue_numbers(tables, reader, writer)


def _copy(table: Any, reader: Any, writer: Any) -> None:
    # A label or job comes before those that are part of it.
    first = [table.c.parent_id.is_not(None)] if "parent_id" in table.c else []
    rows = reader.execute(select(table).order_by(*first, *table.primary_key.columns)).mappings()
    part = [dict(row) for row in rows.fetchmany(_MANY)]
    while part:
        writer.execute(insert(table), part)
        part = [dict(row) for row in rows.fetchmany(_MANY)]


def _continue_numbers(tables: list[Any], reader: Any, writer: Any) -> None:
    """Let new rows be numbered behind all that ever were: the number of what was removed is not given out again."""
    for table in tables:
        column = table.autoincrement_column
        if column is None:
            continue
        given = writer.execute(select(func.max(column))).scalar() or 0
        last = max(int(given), _last_number(table, column, reader))
        if not last:
            continue
        if writer.dialect.name == "postgresql":
            name = _sequence(table, column, writer)
            if name:
                writer.execute(text("SELECT setval(:s, :v)"), {"s": name, "v": last})
        elif table.kwargs.get("sqlite_autoincrement"):
            writer.execute(text("DELETE FROM sqlite_sequence WHERE name = :t"), {"t": table.name})
            writer.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:t, :v)"), {"t": table.name, "v": last})


def _last_number(table: Any, column: Any, reader: Any) -> int:
    """Return the highest number a store has given out, 0 if it does not know."""
    if reader.dialect.name == "postgresql":
        name = _sequence(table, column, reader)
        query = text(f"SELECT last_value FROM {name} WHERE is_called") if name else None  # noqa: S608 - quoted by the database
    else:
        query = text("SELECT seq FROM sqlite_sequence WHERE name = :t").bindparams(t=table.name)
    return int((query is not None and reader.execute(query).scalar()) or 0)


def _sequence(table: Any, column: Any, connection: Any) -> str | None:
    query = text("SELECT pg_get_serial_sequence(:t, :c)")
    name: str | None = connection.execute(query, {"t": table.name, "c": column.name}).scalar()
    return name
