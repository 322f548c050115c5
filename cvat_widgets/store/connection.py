"""The SQLite connection: durable settings, one writer at a time, errors a user can act on.

One connection serves all threads of a process behind a lock: statements take a fraction of a millisecond, and the order of
commits is then the
order of acknowledgements. Every write starts with BEGIN IMMEDIATE; a plain BEGIN that reads first fails as soon as two
kernels write.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import StaticPool

from cvat_widgets.errors import StoreError
from cvat_widgets.store.filesystem import HostGuard, is_network_filesystem
from cvat_widgets.store.raw import Raw
from cvat_widgets.store.schema import HEAD, metadata

__all__ = ["Database", "migrate"]

_BUSY_SECONDS = 30.0
_POLL_SECONDS = 0.5


class _Connection(sqlite3.Connection):
    """A connection whose transactions belong to :class:`Database` alone.

    SQLAlchemy, which shares it, neither ends nor undoes them.
    """

    def commit(self) -> None:
        """Do nothing; :meth:`Database.write` commits."""

    def rollback(self) -> None:
        """Do nothing; :meth:`Database.write` rolls back."""


class Database:
    """An open SQLite file.

    Parameters
    ----------
    path
        The file; made, readable by its owner only, if it is not there.

    Raises
    ------
    StoreError
        The folder cannot be written, the file is no store, or it was made by a newer version.
    """

    identity: str | None = None
    """Who the database says we are, where it enforces roles: never in a file."""

    def has_roles(self) -> bool:
        """Return whether people read this database with accounts of their own, each with a role."""
        return False

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        self.raw = self._open(path)
        self._closed = False
        self._writing = False
        self._after: list[Callable[[], None]] = []
        self.network = is_network_filesystem(path)
        self._guard = HostGuard(path) if self.network else None
        try:
            with self.errors():
                self._configure()
            self.engine: Engine = create_engine("sqlite://", creator=lambda: self.raw, poolclass=StaticPool)
            with self.errors():
                self._prepare_schema()
        except BaseException:
            self.raw.close()
            raise

    @staticmethod
    def _open(path: Path) -> sqlite3.Connection:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            return sqlite3.connect(
                path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, factory=_Connection
            )
        except (OSError, sqlite3.OperationalError) as error:
            raise StoreError(
                f"the store cannot be opened: {error}",
                where=str(path),
                hint="Choose a folder you can write, or set CVAT_WIDGETS_HOME",
            ) from None

    def _configure(self) -> None:
        wanted = "delete" if self.network else "wal"
        granted = self.raw.execute(f"PRAGMA journal_mode={wanted}").fetchone()[0]
        if granted != wanted:
            # Some filesystems refuse the write-ahead log without an error; the rollback journal is as safe, only slower.
            self.raw.execute("PRAGMA journal_mode=delete")
        self.raw.execute("PRAGMA synchronous=FULL")
        self.raw.execute("PRAGMA foreign_keys=ON")
        self.raw.execute(f"PRAGMA busy_timeout={int(_BUSY_SECONDS * 1000)}")

    def _prepare_schema(self) -> None:
        version = self._schema_version()
        if version == HEAD:
            return
        if version is None:
            with self.write() as raw:
                if self._schema_version() is None:
                    metadata.create_all(self.engine)
                    raw.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
                    raw.execute("INSERT INTO alembic_version VALUES (?)", (HEAD,))
                    raw.executemany(
                        "INSERT INTO meta VALUES (?, ?)", [("uuid", uuid.uuid4().hex), ("epoch", secrets.token_hex(8))]
                    )
            return
        self._migrate(version)

    def _schema_version(self) -> str | None:
        tables = {row[0] for row in self.raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "alembic_version" in tables:
            return str(self.raw.execute("SELECT version_num FROM alembic_version").fetchone()[0])
        if tables:
            raise StoreError(
                "the file is an SQLite database of something else", where=str(self.path), hint="Choose another path"
            )
        return None

    def _migrate(self, version: str) -> None:
        """Bring an older store up to date."""
        # A table that is made anew is removed first, and what belongs to its rows would go with them.
        self.raw.execute("PRAGMA foreign_keys=OFF")
        try:
            with self.write() as raw, self.engine.connect() as connection:
                version = self._schema_version() or version  # another kernel may have done it meanwhile
                if version != HEAD:
                    migrate(connection, version, self.where)
                    if raw.execute("PRAGMA foreign_key_check").fetchone():
                        raise StoreError("the store has rows that belong to nothing", where=self.where, hint="Restore a backup")
        finally:
            self.raw.execute("PRAGMA foreign_keys=ON")

    @property
    def where(self) -> str:
        """How an error names the store."""
        return str(self.path)

    @property
    def url(self) -> str:
        """SQLAlchemy URL of the store."""
        return f"sqlite:///{self.path}"

    # -- transactions --------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """Turn SQLite's errors into ours."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise self._translated(error) from None
        except Exception as error:
            original = getattr(error, "orig", None)
            if isinstance(original, sqlite3.DatabaseError):
                raise self._translated(original) from None
            raise

    def _translated(self, error: sqlite3.DatabaseError) -> StoreError:
        name = getattr(error, "sqlite_errorname", "") or ""
        text = str(error)
        hint = "Nothing was changed"
        if "FULL" in name or "full" in text:
            text, hint = "the disk is full", "Nothing was changed; make room and try again"
        elif "READONLY" in name or "readonly" in text:
            text, hint = "the store cannot be written", "Check the permissions of the file and its folder"
        elif "BUSY" in name or "LOCKED" in name:
            text, hint = "another process has held the store for 30 seconds", "Nothing was changed; try again"
        elif "NOTADB" in name or "CORRUPT" in name:
            text, hint = f"the file is not a sound SQLite database ({error})", "Choose another path, or restore a backup"
        return StoreError(text, where=str(self.path), hint=hint)

    @contextlib.contextmanager
    def read(self) -> Iterator[Raw]:
        """Give the connection for reading; what is read belongs to one moment."""
        with self.lock, self.errors():
            self._check_open()
            outermost = not self.raw.in_transaction
            if outermost:
                self.raw.execute("BEGIN")
            try:
                yield self.raw
            finally:
                if outermost and self.raw.in_transaction:
                    self.raw.execute("COMMIT")

    @contextlib.contextmanager
    def write(self) -> Iterator[Raw]:
        """Give the connection for writing; committed, and on disk, when the block is left, rolled back on any error.

        A block inside another one is part of the same transaction.
        """
        with self.lock, self.errors():
            self._check_open()
            if self._writing:
                yield self.raw
                return
            if self._guard:
                self._guard.check()
            self.raw.execute("BEGIN IMMEDIATE")
            self._writing = True
            try:
                yield self.raw
                self.raw.execute("COMMIT")
            except BaseException:
                self._after.clear()
                if self.raw.in_transaction:
                    self.raw.execute("ROLLBACK")
                raise
            finally:
                self._writing = False
            after, self._after = self._after, []
        for call in after:
            call()

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call a function once what this thread is writing is on disk (now if it is), and never if it is rolled back."""
        with self.lock:
            if self._writing:
                if call not in self._after:
                    self._after.append(call)
                return
        call()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("the store is closed", where=str(self.path), hint="Open it again")

    def wait_for_change(self, stop: threading.Event) -> int:
        """Wait a little; return :meth:`data_version`."""
        stop.wait(_POLL_SECONDS)
        return -1 if stop.is_set() else self.data_version()

    def data_version(self) -> int:
        """Return a number that changes when another connection has committed."""
        with self.lock:
            return int(self.raw.execute("PRAGMA data_version").fetchone()[0])

    def change_mark(self) -> object:
        """Return something that differs whenever anybody has committed, this process included."""
        with self.lock:
            return self.data_version(), self.raw.total_changes

    def close(self) -> None:
        """Close the file."""
        with self.lock:
            if not self._closed:
                self._closed = True
                self.engine.dispose()
                self.raw.close()


def migrate(connection: Any, version: str, where: str) -> None:
    """Bring an older store up to date, on a connection that is writing.

    Raises
    ------
    StoreError
        The store is newer than this package.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version not in known:
        raise StoreError(
            f"the store was made by a newer version of cvat-widgets (schema {version})",
            where=where,
            hint="Update: pip install -U cvat-widgets",
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
