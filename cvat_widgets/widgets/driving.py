"""Commands from Python to the browser that shows an annotator: one after the other, each answered.

The kernel only rings; the browser asks for the next command and says in the same breath how the last one went. So nothing is
lost or done twice when a message is lost, and a page that comes later finds what waits for it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from cvat_widgets.errors import CvatWidgetsError, ProtocolError
from cvat_widgets.widgets.kernel import kernel_facts
from cvat_widgets.widgets.rpc import Call, method

__all__ = ["Command", "Driving"]

_HEARD_SECONDS = 15.0
"""A browser pings every five seconds while somebody can see it."""
_COMING_SECONDS = 5.0
"""A browser that was just sent the annotator is waited for so long, once."""
_MOST_WAITING = 1000
_MAX_TEXT = 500


class Command:
    """Something the browser was asked to do; it may not be done yet.

    Attributes
    ----------
    text
        What was asked for.
    """

    def __init__(self, text: str, content: dict[str, Any], reachable: Callable[[], bool]) -> None:
        self.text = text
        self.content = content
        self._reachable = reachable
        self._finished = threading.Event()
        self._result: Any = None
        self._error: CvatWidgetsError | None = None

    @property
    def done(self) -> bool:
        """Whether it was carried out, or refused."""
        return self._finished.is_set()

    @property
    def error(self) -> CvatWidgetsError | None:
        """Why it could not be done; ``None`` if it was, or is not done yet."""
        return self._error

    def result(self, timeout: float = 30.0) -> Any:
        """Wait until it is done; return the id of what was drawn, else ``None``.

        Parameters
        ----------
        timeout
            Seconds to wait at most.

        Raises
        ------
        CvatWidgetsError
            The browser could not do it, did not do it in time, or cannot be heard while a cell runs.
        """
        if not self.done and not self._reachable():
            raise CvatWidgetsError(
                f"{self.text} is not done yet, and this kernel hears the browser only between cells",
                hint="Leave wait=True out, and ask for the result in another cell",
            )
        if not self._finished.wait(timeout):
            raise CvatWidgetsError(
                f"{self.text} was not done within {timeout:g} seconds", hint="Is the annotator in view? Scroll to it"
            )
        if self._error is not None:
            raise self._error
        return self._result

    def finish(self, result: Any = None, error: CvatWidgetsError | None = None) -> None:
        """Say how it went."""
        self._result, self._error = result, error
        self._finished.set()

    def __repr__(self) -> str:
        if not self.done:
            return f"<{self.text}: waiting for the browser>"
        if self._error is not None:
            return f"<{self.text}: {self._error}>"
        return f"<{self.text}: done>" if self._result is None else f"<{self.text}: done, object {self._result}>"


class Driving:
    """The commands of one annotator.

    Parameters
    ----------
    ring
        Tells the browsers that there is something to do.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        self.last = 0
        """Number of the newest command."""
        self._ring = ring
        self._waiting: deque[Command] = deque()
        self._running: Command | None = None
        self._lock = threading.Lock()
        self._answered: tuple[str, int, dict[str, Any] | None] = ("", 0, None)
        """The last question and its answer, should it have been lost."""
        self._at_work = ""
        """The view that carries out what runs; its name begins with that of its page."""
        self._heard: dict[str, float] = {}
        self._seen = threading.Event()
        self._on_main = False
        self._coming_until = 0.0

    # -- who looks -----------------------------------------------------------------------------------------------

    def heard(self, client: str, views: int) -> None:
        """Note that a page shows so many views of the annotator."""
        with self._lock:
            self._on_main = threading.current_thread() is threading.main_thread()
            if views > 0:
                if len(self._heard) > 100:
                    self._heard.clear()
                self._heard[client] = time.monotonic()
                self._seen.set()
            else:
                self._heard.pop(client, None)
        if self._waiting:
            self._ring()

    def shown(self) -> None:
        """Note that the annotator is being put on a page."""
        if not self._seen.is_set():
            self._coming_until = time.monotonic() + _COMING_SECONDS

    @property
    def reachable(self) -> bool:
        """Whether the browser is heard while a cell runs."""
        return not self._on_main or threading.current_thread() is not threading.main_thread()

    def watched(self) -> bool:
        """Whether a browser shows the annotator."""
        if not self._seen.is_set() and kernel_facts()["subshells"]:
            self._seen.wait(max(0.0, self._coming_until - time.monotonic()))
        since = time.monotonic() - _HEARD_SECONDS
        with self._lock:
            # While a cell runs, nothing is heard on the thread that runs it.
            return any(at > since or not self.reachable for at in self._heard.values())

    # -- commands ------------------------------------------------------------------------------------------------

    def ask(self, content: dict[str, Any], text: str) -> Command:
        """Have the browser do something after everything it was asked before."""
        if not self.watched():
            raise CvatWidgetsError(
                f"no browser shows this annotator, so nobody can do this: {text}",
                hint="Show the annotator in a cell, and run this one when it is there",
            )
        with self._lock:
            if len(self._waiting) >= _MOST_WAITING:
                raise CvatWidgetsError(f"{_MOST_WAITING} commands wait for the browser already", hint="Give it time")
            self.last += 1
            command = Command(text, {"id": self.last, **content}, lambda: self.reachable)
            self._waiting.append(command)
        self._ring()
        return command

    def next(self, view: str, turn: int, done: dict[str, Any] | None) -> dict[str, Any] | None:
        """Take the answer to the command that ran, and return the next one; ``None`` if there is none for this view.

        ``turn`` counts the questions of a view: one that comes again is answered as before.
        """
        with self._lock:
            if self._answered[:2] == (view, turn):
                return self._answered[2]
            command = self._next(view, done)
            self._answered = (view, turn, command)
            return command

    def _next(self, view: str, done: dict[str, Any] | None) -> dict[str, Any] | None:
        page = self._at_work.rpartition("-")[0]
        alive = time.monotonic() - self._heard.get(page, -_HEARD_SECONDS) < _HEARD_SECONDS
        if self._running is not None and self._at_work != view and alive:
            return None
        self._at_work = view
        running, self._running = self._running, None
        if running is not None:
            _settle(running, done)
        if not self._waiting:
            return None
        self._running = self._waiting.popleft()
        return self._running.content

    def close(self) -> None:
        """Let nobody wait any longer."""
        with self._lock:
            for command in (self._running, *self._waiting):
                if command is not None:
                    command.finish(error=CvatWidgetsError(f"{command.text}: the annotator was closed"))
            self._waiting.clear()
            self._running = None


def _settle(command: Command, done: dict[str, Any] | None) -> None:
    if done is None or done.get("id") != command.content["id"]:
        command.finish(error=CvatWidgetsError(f"{command.text}: the page went away before it was done"))
        return
    error, result = done.get("error"), done.get("result")
    if isinstance(error, str):
        command.finish(error=CvatWidgetsError(f"{command.text}: {error[:_MAX_TEXT]}"))
    else:
        command.finish(result if isinstance(result, int) and not isinstance(result, bool) else None)


@method("driving.next")
def next_command(call: Call) -> dict[str, Any]:
    """Say how the last command went: ``{view, turn, done?: {id, result?, error?}}``; return the next: ``{command | null}``."""
    view, done = call.params.get("view"), call.params.get("done")
    if not isinstance(view, str) or not 1 <= len(view) <= 64:
        raise ProtocolError("view is a short text")
    if done is not None and not isinstance(done, dict):
        raise ProtocolError("done is an object")
    turn = call.integer("turn", 1, 1 << 53)
    return {"command": call.session.driving.next(view, turn, done)}
