"""The HTTP service.

====================================  ==================================================================================
``GET  api/health``                   whether it runs; for everybody
``GET  api/about``                    who is asking, in which role; version and identity of the store
``POST api/call/<method>``            call a method of the store (:mod:`cvat_widgets.store.wire`)
``POST api/transaction/<id>/<what>``  ``write``, ``read``, ``keep`` or ``drop`` a transaction of several calls
``POST api/finish/<job>``             complete a job; what a verdict on it says, if there is to be one
``GET  api/changes?version=``         wait until something was written
``GET  api/frames/<task>/<frame>``    a picture
====================================  ==================================================================================

A request is believed for the token in its ``Authorization`` header alone, never for a cookie or an address, so that no page can
make a browser send one. Nothing is ever answered as HTML.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tornado import httpserver, web

from cvat_widgets.errors import CvatWidgetsError, MediaError, ProtocolError
from cvat_widgets.hub.calls import Calls
from cvat_widgets.hub.feed import Feed
from cvat_widgets.hub.identity import Identity, UnknownRoleError
from cvat_widgets.hub.pictures import Pictures
from cvat_widgets.hub.policy import Person, RefusedError
from cvat_widgets.store.contract import METHODS
from cvat_widgets.store.wire import VERSION, deflated, encode, inflated

if TYPE_CHECKING:
    from cvat_widgets.store import Store

__all__ = ["Service"]

_logger = logging.getLogger(__name__)

_THREADS = 16
_MOST_REQUESTS = 12
_MOST_WAITING = 64
_LONGEST_WAIT = 30.0
_BODY_BYTES = {"annotator": 32 << 20, "reviewer": 64 << 20, "maintainer": 512 << 20, "owner": 512 << 20}
_PART = 1 << 18


@dataclass
class Service:
    """The service, on the event loop that is running.

    Parameters
    ----------
    store
        The store; not reached by anybody but through here.
    identity
        Who tokens belong to.
    prefix
        Path under which it is reached, with a slash at both ends.
    folders
        Below these may media lie that are given to kernels.
    """

    store: Store
    identity: Identity
    prefix: str = "/"
    folders: Sequence[Path] = ()
    running: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.feed = Feed(self.store, asyncio.get_running_loop())
        self.calls = Calls(self.store, self.feed.tell)
        self.pictures = Pictures(self.store, self.folders)
        self.threads = ThreadPoolExecutor(_THREADS, "cvat-widgets-service")
        routes: list[Any] = [
            (self.prefix + pattern, handler, {"service": self})
            for pattern, handler in (
                ("api/health", _Health),
                ("api/about", _About),
                (r"api/call/(\w{1,60})", _Call),
                (r"api/transaction/(\w{1,64})/(write|read|keep|drop)", _Transaction),
                (r"api/finish/(\d{1,15})", _Finish),
                ("api/changes", _Changes),
                (r"api/frames/(\d{1,15})/(\d{1,10})", _Frame),
                ("", _Home),
            )
        ]
        self.application = web.Application(routes, default_handler_class=_Missing, default_handler_args={"service": self})
        self.server: httpserver.HTTPServer | None = None

    def listen(self, host: str, port: int) -> None:
        """Take requests."""
        self.server = httpserver.HTTPServer(
            self.application, max_header_size=32 << 10, max_body_size=1 << 16, idle_connection_timeout=120, body_timeout=300
        )
        self.server.listen(port, host)

    async def work(self, call: Callable[[], Any]) -> Any:
        """Do something that waits for the store, on another thread."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, call)

    async def close(self) -> None:
        """Stop; what was acknowledged is in the store."""
        if self.server is not None:
            self.server.stop()
            await self.server.close_all_connections()
        self.feed.close()
        self.threads.shutdown(wait=True, cancel_futures=True)
        self.pictures.close()


class _Handler(web.RequestHandler):
    """Knows who is asking before anything else happens."""

    service: Service
    person: Person | None = None
    open_to_all = False
    slot = "call"
    most = _MOST_REQUESTS
    _counted = ""

    def initialize(self, service: Service) -> None:
        self.service = service

    def set_default_headers(self) -> None:
        self.set_header("Content-Type", "application/msgpack")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Content-Security-Policy", "default-src 'none'; sandbox")
        self.set_header("Cache-Control", "no-store")
        self.clear_header("Server")

    async def prepare(self) -> None:
        if self.open_to_all:
            return
        kind, _, token = self.request.headers.get("Authorization", "").partition(" ")
        if kind.lower() not in ("token", "bearer") or not token.strip() or len(token) > 4096:
            self.refuse(401, "the service wants to know who you are", "Send the token of the hub")
            return
        try:
            self.person = await self.service.identity.person(token.strip())
        except UnknownRoleError as error:
            self.refuse(403, error.what, error.hint)
            return
        except Exception:
            _logger.exception("The hub could not be asked")
            self.refuse(503, "the hub does not answer", "Try again in a moment")
            return
        if self.person is None:
            self.refuse(401, "the hub does not know this token, or it may not be used here", "See docs/hub.md on scopes")
            return
        self._counted = f"{self.slot}:{self.person.name}"
        if self.service.running[self._counted] >= self.most:
            self._counted = ""
            self.refuse(429, "too many requests at once", "Wait a moment")
            return
        self.service.running[self._counted] += 1
        self.admit()

    def admit(self) -> None:
        """Take a body, if it is one that takes any."""

    def on_finish(self) -> None:
        if self._counted:
            self.service.running[self._counted] -= 1
            self._counted = ""

    def on_connection_close(self) -> None:
        self.on_finish()

    @property
    def who(self) -> Person:
        """Who is asking; known since :meth:`prepare`."""
        assert self.person is not None  # noqa: S101  # prepare has answered otherwise
        return self.person

    def refuse(
        self, status: int, what: str, hint: str | None = None, *, kind: str = "StoreError", where: str | None = None
    ) -> None:
        """Answer with an error."""
        self.set_status(status)
        if status in (401, 413):
            self.set_header("Connection", "close")
        self.finish(encode({"error": kind, "what": what, "where": where, "hint": hint}))

    async def answered(self, call: Callable[[], Awaitable[bytes]]) -> None:
        """Answer with what a call returns, or with its error."""
        try:
            data = await call()
        except CvatWidgetsError as error:
            status = 403 if isinstance(error, RefusedError) else 400 if isinstance(error, ProtocolError) else 422
            own = str(self.service.store.database.where)
            where = None if error.where is None or own in error.where else error.where
            kind = "StoreError" if isinstance(error, RefusedError) else type(error).__name__
            self.refuse(status, error.what.replace(own, "the store"), error.hint, kind=kind, where=where)
        except (TypeError, ValueError, OverflowError, RecursionError, KeyError) as error:
            _logger.info("A call of %s was malformed: %r", self.who.name, error)
            self.refuse(400, "the call has arguments that cannot be used", kind="ProtocolError")
        except Exception:
            _logger.exception("A call of %s failed", self.who.name)
            self.refuse(500, "the service has failed", "Look into its log")
        else:
            body, headers = deflated(data)
            for name, value in headers.items():
                self.set_header(name, value)
            self.finish(body)

    def write_error(self, status_code: int, **kwargs: Any) -> None:  # noqa: ARG002
        self.refuse(status_code, f"the request was refused ({status_code})")


class _Missing(_Handler):
    open_to_all = True

    async def prepare(self) -> None:
        self.refuse(404, "there is nothing here")


class _Home(_Handler):
    """What somebody sees who opens the address in a browser."""

    open_to_all = True

    def get(self) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("This is the annotation store of this hub. In a notebook: cw.tasks(store='the address of this page')\n")


class _Health(_Handler):
    open_to_all = True

    def get(self) -> None:
        self.finish(encode({"running": True}))


class _About(_Handler):
    async def get(self) -> None:
        store, who = self.service.store, self.who
        facts = {
            "version": VERSION, "name": who.name, "role": who.role, "uuid": store.uuid, "epoch": store.epoch,
            "pictures": bool(self.service.folders),
        }  # fmt: skip

        async def told() -> bytes:
            return encode(facts)

        await self.answered(told)


@web.stream_request_body
class _Call(_Handler):
    """A body is taken only once it is known who sends it, and how much of it they may send."""

    def admit(self) -> None:
        self._parts: list[bytes] = []
        connection: Any = self.request.connection
        connection.set_max_body_size(_BODY_BYTES[self.who.role])

    def data_received(self, chunk: bytes) -> None:
        self._parts.append(chunk)

    async def post(self, name: str) -> None:
        if name not in METHODS:
            self.refuse(404, "a store has no such method", kind="ProtocolError")
            return
        body, headers, who = b"".join(self._parts), self.request.headers, self.who
        request, transaction = (headers.get(f"X-{each}", "")[:64] for each in ("Request", "Transaction"))
        encoding, limit = headers.get("Content-Encoding"), 2 * _BODY_BYTES[who.role]

        def work() -> bytes:
            return self.service.calls.carry_out(who, name, inflated(body, encoding, limit=limit), request, transaction)

        await self.answered(lambda: self.service.work(work))


class _Transaction(_Handler):
    async def post(self, transaction: str, what: str) -> None:
        calls, who = self.service.calls, self.who

        def work() -> bytes:
            if what in ("write", "read"):
                calls.begin(who, transaction, writes=what == "write")
            else:
                calls.end(who, transaction, keep=what == "keep")
            return encode(None)

        await self.answered(lambda: self.service.work(work))


class _Finish(_Handler):
    async def post(self, job: str) -> None:
        calls, who, request = self.service.calls, self.who, self.request.headers.get("X-Request", "")[:64]
        await self.answered(lambda: self.service.work(lambda: calls.finish(who, int(job), request)))


class _Changes(_Handler):
    slot = "wait"
    most = _MOST_WAITING

    async def get(self) -> None:
        async def changed() -> bytes:
            version = int(self.get_query_argument("version", "0"))
            seconds = min(max(float(self.get_query_argument("seconds", "10")), 0.0), _LONGEST_WAIT)
            return encode(await self.service.feed.wait(version, seconds))

        await self.answered(changed)


class _Frame(_Handler):
    slot = "frame"

    def _number(self, name: str, low: int, high: int) -> int | None:
        text = self.get_query_argument(name, "")
        return min(max(int(text), low), high) if text else None

    async def get(self, task: str, frame: str) -> None:
        async def shown() -> bytes:
            quality, max_side = self._number("quality", 1, 100), self._number("max_side", 1, 65_500)
            original = self.get_query_argument("form", "") == "original"

            def work() -> Any:
                return self.service.pictures.frame(
                    self.who, int(task), int(frame), quality=quality, max_side=max_side, original=original
                )

            try:
                found = await self.service.work(work)
            except MediaError as error:
                # The name of a file could tell a honeypot.
                raise MediaError(error.what, where=f"frame {frame}", hint=error.hint) from None
            self.set_header("Content-Type", found.mime)
            self.set_header("Content-Disposition", "attachment")
            self.set_header("X-Frame-Size", f"{found.width} {found.height} {int(found.exact)}")
            for start in range(0, len(found.data), _PART):
                self.write(found.data[start : start + _PART])
                await self.flush()
            return b""

        await self.answered(shown)
