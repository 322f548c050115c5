"""Carrying out one call in one transaction, once, however often it is sent; and transactions of several calls."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Any

from cvat_widgets.errors import StoreError
from cvat_widgets.hub.policy import Person, RefusedError
from cvat_widgets.hub.view import View
from cvat_widgets.store.contract import method
from cvat_widgets.store.wire import encode

if TYPE_CHECKING:
    from cvat_widgets.store import Store
    from cvat_widgets.store.raw import Raw

__all__ = ["Calls", "Transaction"]

_logger = logging.getLogger(__name__)

_REMEMBERED_SECONDS = 600
_IDLE_SECONDS = 10.0
_LONGEST_SECONDS = 60.0
_OWN_MEMORY = ("commit", "undo", "redo", "reserve_ids")
"""Calls that the store itself knows again by their operation id, and one that may be repeated."""


class Calls:
    """Carries out the calls of everybody.

    Parameters
    ----------
    store
        The store.
    changed
        Called after something was written.
    check_address
        Raises if a webhook may not go to an address.
    """

    def __init__(
        self, store: Store, changed: Callable[[], None] = lambda: None, *, check_address: Callable[[str], object] = str
    ) -> None:
        self.store = store
        self.changed = changed
        self.check_address = check_address
        self._transactions: dict[str, Transaction] = {}
        self._lock = threading.Lock()

    def carry_out(self, person: Person, name: str, body: bytes, request: str, transaction: str) -> bytes:
        """Carry out one call and return its packed result.

        Parameters
        ----------
        request
            A number of the client for this call: the same one again is answered with its first result.
        transaction
            The transaction it belongs to, or empty.
        """
        called = method(name)
        values = called.unpack(body)
        if name == "add_webhook":
            self.check_address(values["url"])

        def work() -> bytes:
            if not called.writes:
                with self.store.database.read():
                    return called.pack_result(View(self.store, person).call(name, values))
            key = _key(person, name, request) if request and name not in _OWN_MEMORY else None
            with self.store.database.write() as raw:
                known = _recalled(raw, key) if key else None
                if known is not None:
                    return known
                result = called.pack_result(View(self.store, person).call(name, values))
                if key:
                    _remember(raw, key, result)
            self.changed()
            return result

        return self._of(person, transaction).run(work) if transaction else work()

    def finish(self, person: Person, job_id: int, request: str) -> bytes:
        """Complete a job and return what the verdict on it says; the ground truth stays here."""
        from cvat_widgets.quality_facade import finish

        key = _key(person, "finish", request)
        with self.store.database.write() as raw:
            known = _recalled(raw, key)
            if known is not None:
                return known
            View(self.store, person).call("change_job", {"job_id": job_id, "state": "completed", "user": person.name})
        verdict = finish(self.store, job_id, user=person.name)
        result = encode(verdict)
        with self.store.database.write() as raw:
            if _recalled(raw, key) is None:
                _remember(raw, key, result)
        self.changed()
        return result

    # -- transactions --------------------------------------------------------------------------------------------

    def begin(self, person: Person, transaction: str, *, writes: bool) -> None:
        """Begin a transaction; it waits its turn."""
        least = "maintainer" if writes else "reviewer"
        if not person.is_at_least(least):
            raise RefusedError(f"only a {least} holds the store while several things are done")
        with self._lock:
            if transaction in self._transactions or any(each.person == person for each in self._transactions.values()):
                raise StoreError("this person has begun a transaction already", hint="Try again in a moment")
            made = self._transactions[transaction] = Transaction(self.store, person, writes=writes)
        try:
            made.start(self._forget)
        except BaseException:
            self._forget(made)
            raise

    def end(self, person: Person, transaction: str, *, keep: bool) -> None:
        """End a transaction, keeping what was done in it or not; asked again it says the same."""
        key = _key(person, "transaction", transaction)
        with self._lock:
            held = self._transactions.get(transaction)
        if held is None or held.person != person:
            with self.store.database.read() as raw:
                if not keep or _recalled(raw, key) is not None:
                    return
            raise _given_up()
        held.end(key if keep else None)
        if keep and held.writes:
            self.changed()

    def _of(self, person: Person, transaction: str) -> Transaction:
        with self._lock:
            held = self._transactions.get(transaction)
        if held is None or held.person != person:
            raise _given_up()
        return held

    def _forget(self, transaction: Transaction) -> None:
        with self._lock:
            self._transactions = {name: held for name, held in self._transactions.items() if held is not transaction}


class Transaction:
    """Several calls of one person in one transaction of the store, on a thread of its own.

    Everybody else waits meanwhile, so it ends by itself when nothing has come for ten seconds, or after a minute.
    """

    def __init__(self, store: Store, person: Person, *, writes: bool) -> None:
        self.store = store
        self.person = person
        self.writes = writes
        self._work: queue.Queue[tuple[Callable[[], Any], Future[Any]]] = queue.Queue()
        self._ready: Future[None] = Future()
        self._done: Future[None] = Future()
        self._end: str | None = None
        self._ended = False

    def start(self, forget: Callable[[Transaction], None]) -> None:
        """Wait for the store."""
        threading.Thread(target=self._hold, args=(forget,), name="cvat-widgets-transaction", daemon=True).start()
        self._ready.result()

    def run(self, work: Callable[[], Any]) -> Any:
        """Do something in the transaction."""
        future: Future[Any] = Future()
        self._work.put((work, future))
        while not wait([future], timeout=0.5).done:
            if self._done.done() and not future.done():
                raise _given_up()
        return future.result()

    def end(self, key: str | None) -> None:
        """Keep what was done, noting ``key`` along with it, or take it back with ``None``."""

        def ended() -> None:
            self._ended, self._end = True, key

        self.run(ended)
        self._done.result()

    def _hold(self, forget: Callable[[Transaction], None]) -> None:
        error: BaseException | None = None
        try:
            with contextlib.suppress(_TakenBack), self._held() as raw:
                self._ready.set_result(None)
                self._serve()
                if self._end is None:
                    raise _TakenBack
                if self.writes:
                    _remember(raw, self._end, b"kept")
        except BaseException as problem:  # noqa: BLE001  # whoever ends it is told
            error = problem
            if not self._ready.done():
                self._ready.set_exception(problem)
        forget(self)
        if error is None or not self._ended:
            self._done.set_result(None)
        else:
            self._done.set_exception(error)

    def _held(self) -> contextlib.AbstractContextManager[Raw]:
        return self.store.database.write() if self.writes else self.store.database.read()

    def _serve(self) -> None:
        last = time.monotonic() + _LONGEST_SECONDS
        while not self._ended:
            try:
                work, future = self._work.get(timeout=min(_IDLE_SECONDS, max(last - time.monotonic(), 0.01)))
            except queue.Empty:
                _logger.warning("A transaction of %s was given up: nothing came", self.person.name)
                raise _TakenBack from None
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001  # whoever asked is told
                future.set_exception(error)


class _TakenBack(Exception):  # noqa: N818  # it is no error
    """Leaves a transaction without keeping anything."""


def _given_up() -> StoreError:
    return StoreError("the transaction was given up", hint="Nothing of it was changed; try again")


# -- knowing requests again --------------------------------------------------------------------------------------------


def _key(person: Person, name: str, request: str) -> str:
    return "request:" + hashlib.sha256(f"{person.name}\0{name}\0{request}".encode()).hexdigest()[:48]


def _recalled(raw: Raw, key: str) -> bytes | None:
    row = raw.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return base64.b64decode(row[0].partition(":")[2]) if row else None


def _remember(raw: Raw, key: str, result: bytes) -> None:
    """Keep a result with what it is the result of, for as long as a client may ask again."""
    moment = int(time.time())
    raw.execute("INSERT INTO meta (key, value) VALUES (?, ?)", (key, f"{moment}:{base64.b64encode(result).decode()}"))
    if moment % 16 == 0:
        old = str(moment - _REMEMBERED_SECONDS)
        raw.execute("DELETE FROM meta WHERE key LIKE 'request:%' AND value < ?", (old,))
