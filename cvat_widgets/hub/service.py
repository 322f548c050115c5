"""The HTTP service.

====================================  ==================================================================================
``GET  api/health``                   whether it runs; for everybody
``GET  api/about``                    who is asking, in which role; version and identity of the store
``POST api/call/<method>``            call a method of the store (:mod:`cvat_widgets.store.wire`)
``POST api/transaction/<id>/<what>``  ``write``, ``read``, ``keep`` or ``drop`` a transaction of several calls
``POST api/finish/<job>``             complete a job; what a verdict on it says, if there is to be one
``GET  api/changes?version=``         wait until something was written
``GET  api/frames/<task>/<frame>``    a picture
``GET  api/contexts/<task>/<frame>``  the names of its context images; ``…/<number>``: one of them
``GET  api/chapters/<task>``          the chapters of a video
``PUT  api/uploads/<id>``             a part of a file; ``POST``: that is all
====================================  ==================================================================================

A request is believed for the token in its ``Authorization`` header alone, never for a cookie or an address, so that no page can
make a browser send one. Nothing is ever answered as HTML.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tornado import httpserver, web

from cvat_widgets.hub.calls import Calls
from cvat_widgets.hub.feed import Feed
from cvat_widgets.hub.handling import Handler
from cvat_widgets.hub.identity import Identity
from cvat_widgets.hub.media_handlers import Chapters, Context, Contexts, Frame, Upload
from cvat_widgets.hub.pictures import Pictures
from cvat_widgets.hub.uploads import Uploads
from cvat_widgets.store.contract import METHODS
from cvat_widgets.store.wire import VERSION, encode, inflated
from cvat_widgets.webhooks import Webhooks

if TYPE_CHECKING:
    from cvat_widgets.store import Store

__all__ = ["Service"]

_logger = logging.getLogger(__name__)

_THREADS = 16
_MOST_WAITING = 64
_LONGEST_WAIT = 30.0
_BODY_BYTES = {"annotator": 32 << 20, "reviewer": 64 << 20, "maintainer": 512 << 20, "owner": 512 << 20}


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
    uploads
        Where media are kept that maintainers send; ``None``: nobody sends any.
    hosts
        Hosts inside of this network that webhooks may go to.
    """

    store: Store
    identity: Identity
    prefix: str = "/"
    folders: Sequence[Path] = ()
    uploads: Uploads | None = None
    hosts: Collection[str] = ()
    running: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.feed = Feed(self.store, asyncio.get_running_loop())
        self.webhooks = Webhooks(self.store, allowed=self.hosts)
        self.calls = Calls(self.store, self.feed.tell, check_address=self.webhooks.check)
        if self.uploads is not None:
            self.folders = [*self.folders, self.uploads.folder]
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
                (r"api/frames/(\d{1,15})/(\d{1,10})", Frame),
                (r"api/contexts/(\d{1,15})/(\d{1,10})", Contexts),
                (r"api/contexts/(\d{1,15})/(\d{1,10})/(\d{1,6})", Context),
                (r"api/chapters/(\d{1,15})", Chapters),
                (r"api/uploads/([0-9a-f]{32})", Upload),
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
        self.webhooks.start()

    async def work(self, call: Callable[[], Any]) -> Any:
        """Do something that waits for the store, on another thread."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, call)

    async def close(self) -> None:
        """Stop; what was acknowledged is in the store."""
        if self.server is not None:
            self.server.stop()
            await self.server.close_all_connections()
        self.feed.close()
        await self.work(self.webhooks.stop)
        self.threads.shutdown(wait=True, cancel_futures=True)
        self.pictures.close()


class _Missing(Handler):
    open_to_all = True

    async def prepare(self) -> None:
        self.refuse(404, "there is nothing here")


class _Home(Handler):
    """What somebody sees who opens the address in a browser."""

    open_to_all = True

    def get(self) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("This is the annotation store of this hub. In a notebook: cw.tasks(store='the address of this page')\n")


class _Health(Handler):
    open_to_all = True

    def get(self) -> None:
        self.finish(encode({"running": True}))


class _About(Handler):
    async def get(self) -> None:
        store, who = self.service.store, self.who
        facts = {
            "version": VERSION, "name": who.name, "role": who.role, "uuid": store.uuid, "epoch": store.epoch,
            "pictures": bool(self.service.folders), "uploads": self.service.uploads is not None,
        }  # fmt: skip

        async def told() -> bytes:
            return encode(facts)

        await self.answered(told)


@web.stream_request_body
class _Call(Handler):
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


class _Transaction(Handler):
    async def post(self, transaction: str, what: str) -> None:
        calls, who = self.service.calls, self.who

        def work() -> bytes:
            if what in ("write", "read"):
                calls.begin(who, transaction, writes=what == "write")
            else:
                calls.end(who, transaction, keep=what == "keep")
            return encode(None)

        await self.answered(lambda: self.service.work(work))


class _Finish(Handler):
    async def post(self, job: str) -> None:
        calls, who, request = self.service.calls, self.who, self.request.headers.get("X-Request", "")[:64]
        await self.answered(lambda: self.service.work(lambda: calls.finish(who, int(job), request)))


class _Changes(Handler):
    slot = "wait"
    most = _MOST_WAITING

    async def get(self) -> None:
        async def changed() -> bytes:
            version = int(self.get_query_argument("version", "0"))
            seconds = min(max(float(self.get_query_argument("seconds", "10")), 0.0), _LONGEST_WAIT)
            return encode(await self.service.feed.wait(version, seconds))

        await self.answered(changed)
