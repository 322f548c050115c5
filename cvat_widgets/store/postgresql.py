"""The PostgreSQL connection: the same schema, the same statements, several hosts.

Statements are written once, in SQLite's dialect, and translated here. Writers take turns by an advisory lock, as on SQLite, so
revisions and events are numbered in the order of their commits; commits of other kernels are heard by LISTEN.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import secrets
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import psycopg
from sqlalchemy import BigInteger, Engine, Integer, MetaData, create_engine, make_url
from sqlalchemy.pool import StaticPool

from cvat_widgets.errors import StoreError
from cvat_widgets.store.connection import Database, migrate
from cvat_widgets.store.filesystem import default_path
from cvat_widgets.store.raw import Raw
from cvat_widgets.store.schema import HEAD, metadata

__all__ = ["PostgresqlDatabase", "translated", "wide"]

_POLL_SECONDS = 0.5
_CONNECT_SECONDS = 10
_INSERT = re.compile(r"INSERT OR (REPLACE|IGNORE) INTO (\w+)\s*(?:\(([^)]*)\))?\s*VALUES", re.IGNORECASE)


@lru_cache(maxsize=512)
def translated(sql: str) -> str:
    """Return a statement of SQLite's dialect as psycopg takes it."""
    sql = sql.replace("%", "%%").replace(" IS ?", " IS NOT DISTINCT FROM ?").replace("?", "%s")
    found = _INSERT.match(sql)
    if found is None:
        return sql
    kind, name, listed = found.groups()
    table = metadata.tables[name]
    columns = [column.strip() for column in listed.split(",")] if listed else [column.name for column in table.columns]
    keys = [column.name for column in table.primary_key]
    rest = [column for column in columns if column not in keys]
    values = ", ".join(f"{column} = EXCLUDED.{column}" for column in rest)
    action = f"DO UPDATE SET {values}" if kind.upper() == "REPLACE" and rest else "DO NOTHING"
    plain = f"INSERT INTO {name} ({', '.join(columns)}) VALUES{sql[found.end() :]}"
    return f"{plain} ON CONFLICT ({', '.join(keys)}) {action}"


class _Connection(psycopg.Connection[Any]):
    """A connection whose transactions belong to :class:`PostgresqlDatabase`; SQLAlchemy, which shares it, ends none."""

    def commit(self) -> None:
        """Do nothing."""

    def rollback(self) -> None:
        """Do nothing."""


class _Translating:
    """The raw connection as the hot paths use it."""

    def __init__(self, connection: _Connection) -> None:
        self.connection = connection

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """Run a statement. Rows are written with typed parameters, everything else with literals (``NULL IS NULL``)."""
        inserting = sql.startswith("INSERT")
        cursor: Any = psycopg.Cursor(self.connection) if inserting else psycopg.ClientCursor(self.connection)
        return cursor.execute(translated(sql), parameters)

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> Any:
        """Run a statement for each row, without waiting for each."""
        cursor = psycopg.Cursor(self.connection)
        cursor.executemany(translated(sql), list(parameters))
        return cursor


class PostgresqlDatabase(Database):
    """An open PostgreSQL database.

    Parameters
    ----------
    url
        ``postgresql://user:password@host:port/database``; libpq's options may follow a question mark.

    Raises
    ------
    StoreError
        The server cannot be reached, or the database holds something else, or was made by a newer version.
    """

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql")
        self.lock = threading.RLock()
        self.network = None
        self._closed = False
        self._writing = False
        self._reading = 0
        self._after: list[Callable[[], None]] = []
        self._listening: psycopg.Connection[Any] | None = None
        self._version = 0
        self._connect()
        try:
            with self.errors():
                self._prepare_schema()
        except BaseException:
            self._connection.close()
            raise
        with self.read() as raw:
            identity = raw.execute("SELECT value FROM meta WHERE key = 'uuid'").fetchone()[0]
            user, enforced = raw.execute("SELECT session_user, row_security_active('job')").fetchone()
            self.identity = str(user) if enforced else None
        self.path = default_path().with_name(f"postgresql_{identity[:12]}")

    @property
    def url(self) -> str:
        """SQLAlchemy URL of the store."""
        return self._url.render_as_string(hide_password=False)

    @property
    def where(self) -> str:
        """How an error names the store."""
        return self._url.render_as_string(hide_password=True)

    def _connect(self) -> None:
        self._connection = self._opened()
        self._raw = _Translating(self._connection)
        self.engine: Engine = create_engine(
            "postgresql+psycopg://", creator=lambda: self._connection, poolclass=StaticPool, use_native_hstore=False
        )
        with self.errors():
            names = self._raw.execute("SELECT current_database(), current_schema()").fetchone()
        digest = hashlib.sha256("/".join(map(str, names)).encode()).digest()
        self._key = int.from_bytes(digest[:8], "big", signed=True)
        self._channel = f"cvat_widgets_{digest[:6].hex()}"

    def _opened(self) -> _Connection:
        try:
            return _Connection.connect(
                self.url, autocommit=True, connect_timeout=_CONNECT_SECONDS, application_name="cvat-widgets"
            )
        except psycopg.Error as error:
            raise StoreError(
                f"the database cannot be opened: {str(error).strip()}",
                where=self.where,
                hint="Check the address, the account and that the server runs",
            ) from None

    def has_roles(self) -> bool:
        """Return whether row-level security is on."""
        with self.read() as raw:
            return bool(raw.execute("SELECT relrowsecurity FROM pg_class WHERE oid = 'job'::regclass").fetchone()[0])

    def _prepare_schema(self) -> None:
        version = self._schema_version()
        if version == HEAD:
            return
        with self.write() as raw, self.engine.connect() as core:
            version = self._schema_version()
            if version == HEAD:
                return
            if version is not None:
                migrate(core, version, self.where)
                if self.has_roles():
                    from cvat_widgets.store.roles import renew

                    renew(raw)
                return
            wide(metadata).create_all(core, checkfirst=False)
            raw.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
            raw.execute("INSERT INTO alembic_version VALUES (?)", (HEAD,))
            raw.executemany("INSERT INTO meta VALUES (?, ?)", [("uuid", uuid.uuid4().hex), ("epoch", secrets.token_hex(8))])

    def _schema_version(self) -> str | None:
        rows = self._raw.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()")
        tables = {row[0] for row in rows}
        if "alembic_version" in tables and "change_set" in tables:
            return str(self._raw.execute("SELECT version_num FROM alembic_version").fetchone()[0])
        if tables & {*metadata.tables, "alembic_version"}:
            raise StoreError("the database has tables of something else", where=self.where, hint="Use a database of its own")
        return None

    # -- transactions --------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """Turn PostgreSQL's errors into ours."""
        try:
            yield
        except psycopg.Error as error:
            raise self._explained(error) from None
        except Exception as error:
            original = getattr(error, "orig", None)
            if isinstance(original, psycopg.Error):
                raise self._explained(original) from None
            raise

    def _explained(self, error: psycopg.Error) -> StoreError:
        text, hint = str(error).strip().split("\n")[0], "Nothing was changed"
        state = error.sqlstate or ""
        if self._connection.broken or self._connection.closed or state.startswith(("08", "57P")):
            text = f"the connection to the database is lost ({text})"
            hint = "What was acknowledged is safe; the last edit may have been saved or not: look, and try again"
        elif state == "42501":
            text, hint = f"the database does not allow it ({text})", "Ask whoever runs it for the role you need"
        elif state.startswith("53"):
            text, hint = f"the server is out of room ({text})", "Nothing was changed; make room and try again"
        return StoreError(text, where=self.where, hint=hint)

    def _ready(self) -> None:
        """Connect again if the connection was lost; never in the middle of a transaction."""
        self._check_open()
        if self._connection.closed or self._connection.broken:
            self._reading, self._writing = 0, False
            self._connect()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("the store is closed", where=self.where, hint="Open it again")

    @contextlib.contextmanager
    def read(self) -> Iterator[Raw]:
        """Give the connection for reading; what is read belongs to one moment."""
        with self.lock, self.errors():
            if self._writing or self._reading:
                yield self._raw
                return
            self._ready()
            self._raw.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            self._reading += 1
            try:
                yield self._raw
                self._raw.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise
            finally:
                self._reading -= 1

    @contextlib.contextmanager
    def write(self) -> Iterator[Raw]:
        """Give the connection for writing; committed, and on disk, when the block is left, rolled back on any error."""
        with self.lock, self.errors():
            if self._writing:
                yield self._raw
                return
            self._ready()
            self._raw.execute("BEGIN")
            self._writing = True
            try:
                self._raw.execute("SET LOCAL synchronous_commit = on")
                self._raw.execute("SELECT pg_advisory_xact_lock(?)", (self._key,))
                yield self._raw
                self._raw.execute("SELECT pg_notify(?, '')", (self._channel,))
                self._raw.execute("COMMIT")
            except BaseException:
                self._after.clear()
                self._roll_back()
                raise
            finally:
                self._writing = False
            after, self._after = self._after, []
        for call in after:
            call()

    def _roll_back(self) -> None:
        if not self._connection.closed:
            with contextlib.suppress(psycopg.Error):
                self._raw.execute("ROLLBACK")

    # -- hearing of others ---------------------------------------------------------------------------------------

    def wait_for_change(self, stop: threading.Event) -> int:  # noqa: ARG002  # it looks up often enough
        """Wait until somebody commits, at most half a second; only one thread may wait."""
        try:
            if self._listening is None or self._listening.closed:
                self._listening = self._opened()
                self._listening.execute(f'LISTEN "{self._channel}"')
                self._version += 1  # whatever came before is looked for
                return self._version
            for _ in self._listening.notifies(timeout=_POLL_SECONDS, stop_after=1):
                self._version += 1
        except (psycopg.Error, StoreError):
            self._listening = None
            time.sleep(_POLL_SECONDS)
        return self._version

    def data_version(self) -> int:
        """Return a number that changes when somebody has committed."""
        return self._version

    def change_mark(self) -> object:
        """Return something that differs whenever anybody has committed: one's own notices come back, too."""
        return self._version

    def close(self) -> None:
        """Close the connection."""
        with self.lock:
            if not self._closed:
                self._closed = True
                self.engine.dispose()
                self._connection.close()
                if self._listening is not None:
                    self._listening.close()


def wide(narrow: MetaData) -> MetaData:
    """Return the tables with 64-bit numbers; ids of objects need them."""
    wide = MetaData()
    for table in narrow.sorted_tables:
        for column in table.to_metadata(wide).columns:
            if type(column.type) is Integer:
                column.type = BigInteger()
    return wide
