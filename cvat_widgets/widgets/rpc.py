"""Calls from the browser: a table of methods, run in a small pool, with errors, progress and cancel."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cvat_widgets.errors import CvatWidgetsError, ProtocolError
from cvat_widgets.widgets.channel import answering
from cvat_widgets.widgets.protocol import Cancel, Rpc, error_detail

if TYPE_CHECKING:
    from cvat_widgets.widgets.session import Session

__all__ = ["METHODS", "Call", "RpcServer", "StoppedError", "method", "stoppable"]


@dataclass
class Call:
    """One call while it runs.

    Parameters
    ----------
    params
        What the browser gave.
    buffers
        Binary parts.
    progress
        ``progress(value, total, text)`` tells the browser how far it is.
    """

    session: Session
    params: dict[str, Any]
    buffers: list[bytes]
    progress: Callable[[float, float, str], None]
    cancelled: threading.Event = field(default_factory=threading.Event)

    def integer(self, name: str, low: int, high: int) -> int:
        """Return a parameter that must be a whole number from ``low`` to ``high``."""
        return self.whole(name, self.params.get(name), low, high)

    @staticmethod
    def whole(name: str, value: object, low: int, high: int) -> int:
        """Return a value that must be a whole number from ``low`` to ``high``."""
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ProtocolError(f"{name} must be a whole number from {low} to {high}, not {value!r:.40}")
        return value


class StoppedError(CvatWidgetsError):
    """The user does not want it any more."""


def stoppable(call: Call, text: str = "") -> Callable[[int, int], None]:
    """Return what tells the browser how far a call has come, and ends it if the user has stopped it."""

    def progress(done: int, total: int) -> None:
        if call.cancelled.is_set():
            raise StoppedError("it was stopped before it was done")
        call.progress(done, total, text)

    return progress


Method = Callable[[Call], "tuple[Any, list[bytes]] | Any"]
METHODS: dict[str, Method] = {}
_ON_MODELS: set[str] = set()
_LONG: set[str] = set()
_DRAWING: set[str] = set()


def method(name: str, *, on_models: bool = False, long: bool = False, drawing: bool = False) -> Callable[[Method], Method]:
    """Register what answers a method; it returns the result, or ``(result, buffers)``.

    With ``on_models`` it runs on the one thread of the session's models, after whatever a model is doing already; with
    ``long`` on a thread of its own, so that it may take hours without keeping frames waiting; with ``drawing`` on the one
    that runs what users draw over frames.
    """

    def register(function: Method) -> Method:
        METHODS[name] = function
        if on_models:
            _ON_MODELS.add(name)
        if long:
            _LONG.add(name)
        if drawing:
            _DRAWING.add(name)
        return function

    return register


class RpcServer:
    """Runs the calls of one session."""

    def __init__(
        self,
        session: Any,
        send: Callable[[dict[str, Any], list[bytes]], None],
        methods: Mapping[str, Method] = METHODS,
    ) -> None:
        self.session = session
        self.methods = methods
        self.send = send
        self.pool = ThreadPoolExecutor(2, thread_name_prefix="cvat-widgets-rpc")
        self.runs = ThreadPoolExecutor(1, thread_name_prefix="cvat-widgets-run")
        self.drawing = ThreadPoolExecutor(1, thread_name_prefix="cvat-widgets-draw")
        self._running: dict[tuple[str, int], tuple[Call, Future[None]]] = {}
        self._lock = threading.Lock()

    def call(self, message: Rpc, buffers: list[bytes]) -> None:
        """Start a call; its answer follows."""
        key = (message.client, message.id)

        def progress(value: float, total: float, text: str) -> None:
            self.send({"t": "progress", **_key(key), "value": value, "total": total, "text": text}, [])

        call = Call(self.session, message.params, buffers, progress)
        pool = self._pool_of(message.method)
        with self._lock:
            # The future is in the table before the call can end and take itself out.
            self._running[key] = (call, pool.submit(self._run, key, message.method, call))

    def _pool_of(self, name: str) -> ThreadPoolExecutor:
        if name in _ON_MODELS:
            return self.session.models.executor
        if name in _DRAWING:
            return self.drawing
        return self.runs if name in _LONG else self.pool

    def cancel(self, message: Cancel) -> None:
        """Give up a call: one that waits is not started, one that runs is told."""
        with self._lock:
            found = self._running.get((message.client, message.id))
            if found:
                found[0].cancelled.set()
                if found[1].cancel():
                    self._running.pop((message.client, message.id), None)

    def _run(self, key: tuple[str, int], name: str, call: Call) -> None:
        try:
            with answering():
                self._answer(key, name, call)
        finally:
            with self._lock:
                self._running.pop(key, None)

    def _answer(self, key: tuple[str, int], name: str, call: Call) -> None:
        try:
            function = self.methods.get(name)
            if function is None:
                raise ProtocolError(f"there is no method {name!r}")
            answer = function(call)
        except Exception as error:  # noqa: BLE001  # whatever it is, the browser shall hear of it
            if not call.cancelled.is_set():
                self.send({"t": "error", **_key(key), "error": error_detail(error)}, [])
            return
        result, buffers = answer if isinstance(answer, tuple) else (answer, [])
        if not call.cancelled.is_set():
            self.send({"t": "result", **_key(key), "result": result}, buffers)

    def close(self) -> None:
        """Start nothing any more."""
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.runs.shutdown(wait=False, cancel_futures=True)
        self.drawing.shutdown(wait=False, cancel_futures=True)


def _key(key: tuple[str, int]) -> dict[str, Any]:
    return {"client": key[0], "id": key[1]}
