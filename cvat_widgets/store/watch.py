"""Tells whoever wants to know about every commit, in order and without holes, whichever process made it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from cvat_widgets.errors import CvatWidgetsError
from cvat_widgets.store.rows import Commit
from cvat_widgets.store.team_rows import EventRow

if TYPE_CHECKING:
    from cvat_widgets.store.changelog import ChangeLog
    from cvat_widgets.store.connection import Database
    from cvat_widgets.store.reviews import Reviews

__all__ = ["Watch"]

_logger = logging.getLogger(__name__)

Callback = Callable[[Commit], None]
EventCallback = Callable[[EventRow], None]


class Watch:
    """The subscribers of a store.

    Commits of this process are delivered in the thread that made them; those of other processes are found by polling SQLite's
    ``data_version``.
    """

    def __init__(self, database: Database, log: ChangeLog, reviews: Reviews) -> None:
        self.database = database
        self.changelog = log
        self.reviews = reviews
        self._lock = threading.RLock()
        self._subscribers: dict[int, list[Callback]] = {}
        self._event_subscribers: dict[int, list[EventCallback]] = {}
        self._seen: dict[int, int] = {}
        self._seen_event = 0
        self._store_subscribers: list[Callable[[], None]] = []
        self._mark: object = None
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def subscribe(self, task_id: int, callback: Callback, revision: int) -> Callable[[], None]:
        """Call a function for every commit after ``revision``; return how to stop it."""
        with self._lock:
            self._subscribers.setdefault(task_id, []).append(callback)
            self._seen.setdefault(task_id, revision)
            self._start()

        def unsubscribe() -> None:
            with self._lock:
                callbacks = self._subscribers.get(task_id, [])
                if callback in callbacks:
                    callbacks.remove(callback)
                if not callbacks:
                    self._subscribers.pop(task_id, None)
                    self._seen.pop(task_id, None)

        return unsubscribe

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._poll, name="cvat-widgets-watch", daemon=True)
            self._thread.start()

    def subscribe_events(self, task_id: int, callback: EventCallback) -> Callable[[], None]:
        """Call a function for every later event of jobs, issues and comments of a task; return how to stop it."""
        with self._lock:
            if not self._event_subscribers:
                self._seen_event = self.reviews.last_event()
            self._event_subscribers.setdefault(task_id, []).append(callback)
            self._start()

        def unsubscribe() -> None:
            with self._lock:
                callbacks = self._event_subscribers.get(task_id, [])
                if callback in callbacks:
                    callbacks.remove(callback)
                if not callbacks:
                    self._event_subscribers.pop(task_id, None)

        return unsubscribe

    def subscribe_store(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call a function soon after anything in the store has changed, by whomever; return how to stop it."""
        with self._lock:
            if not self._store_subscribers:
                self._mark = self.database.change_mark()
            self._store_subscribers.append(callback)
            self._start()

        def unsubscribe() -> None:
            with self._lock:
                if callback in self._store_subscribers:
                    self._store_subscribers.remove(callback)

        return unsubscribe

    def _tell_of_store(self) -> None:
        with self._lock:
            if not self._store_subscribers:
                return
            mark, self._mark = self._mark, self.database.change_mark()
            callbacks = list(self._store_subscribers) if mark != self._mark else []
        for callback in callbacks:
            try:
                callback()
            except Exception:
                _logger.exception("A subscriber failed on a change of the store")

    def publish_events(self) -> None:
        """Deliver the events that came since the last time, whichever process they are of."""
        with self._lock:
            if not self._event_subscribers:
                return
            for event in self.reviews.events_after(self._seen_event):
                if event.id <= self._seen_event:  # a callback wrote one itself, and it has been delivered already
                    continue
                self._seen_event = event.id
                for callback in list(self._event_subscribers.get(event.task_id or 0, ())):
                    try:
                        callback(event)
                    except Exception:
                        _logger.exception("A subscriber failed on event %d (%s)", event.id, event.kind)

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
        while not self._stop.is_set():
            try:
                present = self.database.wait_for_change(self._stop)
                if self._stop.is_set():
                    return
                self._tell_of_store()
                if present == version:
                    continue
                version = present
                with self._lock:
                    for task_id in list(self._subscribers):
                        self._catch_up(task_id)
                self.publish_events()
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
