"""The store: an SQLite file, a PostgreSQL database or a hub's service with tasks, annotations and all that ever happened."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import MissingExtraError, StoreError
from cvat_widgets.model.changes import Edit
from cvat_widgets.model.records import Record
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.store import label_rows, objects
from cvat_widgets.store.changelog import ChangeLog
from cvat_widgets.store.connection import Database
from cvat_widgets.store.filesystem import default_path
from cvat_widgets.store.listing import Listing
from cvat_widgets.store.rows import Commit, HistoryState, Snapshot
from cvat_widgets.store.team_rows import EventRow
from cvat_widgets.store.watch import Watch

if TYPE_CHECKING:
    from cvat_widgets.store.remote import RemotePictures

__all__ = ["Store"]

_POSTGRESQL = ("postgresql:", "postgresql+psycopg:", "postgres:")
_SERVICE = ("http://", "https://")


class Store(Listing):
    """Durable annotations; made by :meth:`open`. Safe to use from several threads and processes of one host."""

    _open: ClassVar[dict[str, Store]] = {}
    _open_lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._key = ""
        self.changelog = ChangeLog(database, self)
        self.watch = Watch(database, self.changelog, self)
        with database.read() as raw:
            facts = dict(raw.execute("SELECT key, value FROM meta").fetchall())
        self.uuid: str = facts["uuid"]
        self.epoch: str = facts["epoch"]

    @classmethod
    def open(cls, url: str | Path | None = None) -> Store:
        """Open a store, making it if it is not there; the same file in one process is the same object.

        Parameters
        ----------
        url
            ``None``: the user's own store (``$CVAT_WIDGETS_HOME`` or ``~/.local/share/cvat_widgets``); a path;
            ``sqlite:///path``; ``postgresql://user@host/database``; or the address of a hub's service,
            ``https://hub/services/cvat-widgets``. Where ``$CVAT_WIDGETS_STORE`` is set, ``None`` means that.

        Raises
        ------
        StoreError
            It cannot be opened; the text says why.
        """
        url = url or os.environ.get("CVAT_WIDGETS_STORE") or None
        remote = url if isinstance(url, str) and url.startswith((*_POSTGRESQL, *_SERVICE)) else None
        key = remote or str(_path_of(url).resolve())
        with cls._open_lock:
            present = cls._open.get(key)
            if present is None:
                present = cls._open[key] = _opened(cls, key) if remote else cls(Database(Path(key)))
                present._key = key
            return present

    @staticmethod
    def copy(source: Store | str | Path, target: Store | str | Path) -> None:
        """Copy everything, history included, from one store into an empty one, e.g. from a file to PostgreSQL.

        Media files stay where they are; folders of pictures that were made from arrays stay beside the old store.

        Raises
        ------
        StoreError
            The target is not empty.
        """
        from cvat_widgets.store.copying import copy_rows

        copy_rows(*(each if isinstance(each, Store) else Store.open(each) for each in (source, target)))

    @property
    def path(self) -> Path:
        """The SQLite file; for PostgreSQL the place of what belongs to the store but is not in it."""
        return self.database.path

    @property
    def url(self) -> str:
        """SQLAlchemy URL of the store."""
        return self.database.url

    @property
    def directory(self) -> Path:
        """Folder for media that exist only here, such as arrays a task was made from."""
        return self.path.with_name(self.path.stem + "_media")

    @property
    def identity(self) -> str | None:
        """Who the database itself says we are, where it enforces roles; ``None`` where names are a matter of trust."""
        return self.database.identity

    @property
    def security(self) -> str:
        """``enforced``: the database refuses what the role may not; ``advisory``: whoever can open it can change anything."""
        return "enforced" if self.identity else "advisory"

    def pictures(self, task_id: int) -> RemotePictures | None:  # noqa: ARG002  # for those that have it
        """Return what gives the frames of a task where their files cannot be seen; ``None`` if this store gives none."""
        return None

    def close(self) -> None:
        """Close the file; what was acknowledged is on disk anyway."""
        self.watch.close()
        with self._open_lock:
            self._open.pop(self._key, None)
        self.database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Store {self.database.where}>"

    # -- annotations ---------------------------------------------------------------------------------------------

    def load(self, task_id: int, *, job_id: int | None = None) -> Snapshot:
        """Return the annotations of a task, or of one job; frames that jobs share are not merged here."""
        labels = self.labels(task_id)
        with self.database.read() as raw:
            revision = raw.execute("SELECT revision FROM task WHERE id = ?", (task_id,)).fetchone()[0]
            table, job_of = objects.load_table(raw, task_id, labels, job_id)
        return Snapshot(table, revision, job_of)

    def records(self, task_id: int, ids: Sequence[int]) -> dict[int, Record]:
        """Return those of the objects that exist."""
        with self.database.read() as raw:
            found = objects.read_records(raw, task_id, list(ids))
        return {record_id: record for record_id, (record, _, _) in found.items()}

    def commit(
        self,
        task_id: int,
        edit: Edit,
        *,
        job_id: int | None = None,
        op_id: str | None = None,
        base: int | None = None,
        author: str = "",
        origin: str = "python",
        label: str = "",
    ) -> Commit:
        """Make an edit, all or nothing; when this returns it is on disk.

        Parameters
        ----------
        job_id
            The job; ``None`` finds it by frame.
        op_id
            ``"<client>:<number>"``; the same one again is answered with its first commit.
        base
            Revision the author had seen. An object that others changed since is only touched if the fields still have the
            values the edit
            names as ``from``.
        author, origin, label
            Who, from where (``canvas``, ``python``, ``model``, ``import``), and what undo calls it.

        Raises
        ------
        AnnotationError
            A record is not valid, or its id is taken.
        ConflictError
            Somebody else changed the same.
        NotFoundError
            The task, job or object is not there.
        """
        commit = self.changelog.commit(
            task_id, edit, job_id=job_id, op_id=op_id, base=base, author=author, origin=origin, label=label
        )
        return self._published(commit)

    def add_table(
        self,
        task_id: int,
        table: AnnotationTable,
        *,
        job_of: NDArray[np.int64] | int,
        author: str = "",
        origin: str = "python",
        label: str = "",
        replace: bool = False,
    ) -> Commit:
        """Add many objects as one change, numbered anew; ``id_map`` of the result says how.

        Parameters
        ----------
        job_of
            Job of each row, or one for all.
        replace
            Whether to remove what these jobs hold, in the same change.
        """
        commit = self.changelog.add_table(
            task_id, table, job_of=job_of, author=author, origin=origin, label=label, replace=replace
        )
        return self._published(commit)

    def undo(
        self, task_id: int, *, job_id: int | None = None, author: str | None = None, op_id: str | None = None
    ) -> Commit | None:
        """Take back the last change (of an author, in a job); ``None`` if there is nothing to take back.

        Raises
        ------
        ConflictError
            Somebody else has changed the same objects since.
        """
        return self._published(self.changelog.undo(task_id, job_id=job_id, author=author, op_id=op_id))

    def redo(
        self, task_id: int, *, job_id: int | None = None, author: str | None = None, op_id: str | None = None
    ) -> Commit | None:
        """Make again what was last taken back; ``None`` if there is nothing."""
        return self._published(self.changelog.redo(task_id, job_id=job_id, author=author, op_id=op_id))

    def _published(self, commit: Commit | None) -> Commit:
        if commit is not None and not commit.repeated:
            # Never inside of a transaction: whoever polls takes the two locks the other way round.
            self.database.after_commit(partial(self.watch.publish, commit))
        return commit  # type: ignore[return-value]  # None only where undo and redo say so

    def history(self, task_id: int, *, job_id: int | None = None, author: str | None = None) -> HistoryState:
        """Return what undo and redo would do."""
        return self.changelog.history(task_id, job_id=job_id, author=author)

    def log(self, task_id: int, *, since: int = 0, until: int | None = None, job_id: int | None = None) -> list[Commit]:
        """Return the changes after a revision, the oldest first."""
        return self.changelog.log(task_id, since=since, until=until, job_id=job_id)

    def at(self, task_id: int, revision: int) -> Snapshot:
        """Return the annotations as they were after a revision."""
        return self.changelog.at(task_id, revision)

    # -- labels of objects ---------------------------------------------------------------------------------------

    def label_counts(self, task_id: int) -> dict[int, int]:
        """Return how many objects (shapes, tags and tracks) each label of a task has, by label id."""
        with self.database.read() as raw:
            return label_rows.label_counts(raw, task_id)

    def labelled(self, task_id: int, labels: Sequence[int]) -> list[tuple[int, Record]]:
        """Return the objects that have one of these labels, each with its job."""
        with self.database.read() as raw:
            return label_rows.labelled(raw, task_id, labels)

    def end_history(self, task_id: int, labels: Sequence[int]) -> None:
        """Take out of undo and redo what names one of these labels, which are gone."""
        with self.database.write() as raw:
            label_rows.end_history(raw, task_id, set(labels))

    def reserve_ids(self, task_id: int, count: int) -> range:
        """Reserve object ids; nobody else gets them."""
        if not 1 <= count <= 10_000_000:
            raise StoreError(f"{count} ids cannot be reserved at once", hint="Ask for 1 to 10,000,000")
        return self.changelog.reserve_ids(task_id, count)

    def subscribe(self, task_id: int, callback: Callable[[Commit], None]) -> Callable[[], None]:
        """Call a function after every commit of a task, in order; return how to stop it."""
        return self.watch.subscribe(task_id, callback, self.task(task_id).revision)

    def subscribe_events(self, task_id: int, callback: Callable[[EventRow], None]) -> Callable[[], None]:
        """Call a function after every event of the jobs, issues and comments of a task; return how to stop it."""
        return self.watch.subscribe_events(task_id, callback)

    def subscribe_store(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call a function within a second after anything in the store has changed, whoever did it; return how to stop it."""
        return self.watch.subscribe_store(callback)

    def tell_events(self) -> None:
        """Deliver new events to the subscribers of this process."""
        self.watch.publish_events()


def _opened(kind: type[Store], url: str) -> Store:
    """Open what is not a file."""
    if url.startswith(_SERVICE):
        from cvat_widgets.store.remote import Remote
        from cvat_widgets.store.service_connection import ServiceDatabase

        return Remote(ServiceDatabase(url))
    return kind(_postgresql(url))


def _postgresql(url: str) -> Database:
    try:
        from cvat_widgets.store.postgresql import PostgresqlDatabase
    except ImportError as error:
        if error.name != "psycopg":
            raise
        raise MissingExtraError("psycopg", "postgres", "a store on PostgreSQL") from None
    return PostgresqlDatabase(url)


def _path_of(url: str | Path | None) -> Path:
    if url is None:
        return default_path()
    text = str(url)
    if text.startswith("sqlite:///"):
        return Path(text[len("sqlite:///") :])
    if "://" in text:
        raise StoreError(
            f"stores of the kind {text.split(':', maxsplit=1)[0]!r} cannot be opened by this version",
            hint="Give a path, sqlite:///path, postgresql://user@host/database or https://hub/services/cvat-widgets",
        )
    return Path(text).expanduser()
