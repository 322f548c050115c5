"""Tells whoever wants to know about every commit, in order and without holes, whichever process made it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from cvat_widgets.errors import CvatWidgetsError
from cvat_widgets.store.rows import Commit

if TYPE_CHECKING:
    from cvat_widgets.store.changelog import ChangeLog
    from cvat_widgets.store.connection import Database

__all__ = ["Watch"]

_POLL_SECONDS = 0.5
_logger = logging.getLogger(__name__)

Callback = Callable[[Commit], None]


class Watch:
    """The subscribers of a store.

    Commits of this process are delivered in the thread that made them; those of other processes are found by polling SQLite's
    ``data_version``.
    """

    def __init__(self, database: Database, log: ChangeLog) -> None:
        self.database = database
        self.changelog = log
        self._lock = threading.RLock()
        self._subscribers: dict[int, list[Callback]] = {}
        self._seen: dict[int, int] = {}
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def subscribe(self, task_id: int, callback: Callback, revision: int) -> Callable[[], None]:
        """Call a function for every commit after ``revision``; return how to stop it."""
        with self._lock:
            self._subscribers.setdefault(task_id, []).append(callback)
            self._seen.setdefault(task_id, revision)
            if self._thread is None:
                self._thread = threading.Thread(target=self._poll, name="cvat-widgets-watch", daemon=True)
                self._thread.start()

        def unsubscribe() -> None:
            with self._lock:
                callbacks = self._subscribers.get(task_id, [])
                if callback in callbacks:
                    callbacks.remove(callback)
                if not callbacks:
                    self._subscribers.pop(task_id, None)
                    self._seen.pop(task_id, None)

        return unsubscribe

    def publish(self, commit: Commit) -> None:
        """Deliver a commit of this process, after those of others that came before it."""
        with self._lock:
            seen = self._seen.get(commit.task_id)
            if seen is None or commit.revision <= seen:
                return
            if commit.revision > seen + 1:
                self._catch_up(commit.task_id, until=commit.revision - 1)
            self._deliver(commit)

    def _catch_up(self, task_id: int, until: int | None = None) -> None:
        for commit in self.changelog.log(task_id, since=self._seen[task_id], until=until, job_id=None):
            self._deliver(commit)

    def _deliver(self, commit: Commit) -> None:
        self._seen[commit.task_id] = commit.revision
        for callback in list(self._subscribers.get(commit.task_id, ())):
            try:
                callback(commit)
            except Exception:
                _logger.exception("A subscriber failed on revision %d of task %d", commit.revision, commit.task_id)

    def _poll(self) -> None:
        version = -1
        while not self._stop.wait(_POLL_SECONDS):
            try:
                present = self.database.data_version()
                if present == version:
                    continue
                version = present
                with self._lock:
                    for task_id in list(self._subscribers):
                        self._catch_up(task_id)
            except CvatWidgetsError as error:  # the task was deleted, or the file is locked: try again
                _logger.debug("Looking for changes failed: %s", error)
            except Exception:
                if self._stop.is_set():
                    return
                _logger.exception("Looking for changes failed")

    def close(self) -> None:
        """Stop polling."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(2)
