"""What all requests to the service have in common: who is asking, how many at once, how errors are told."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from tornado import web

from cvat_widgets.errors import CvatWidgetsError, ProtocolError
from cvat_widgets.hub.identity import UnknownRoleError
from cvat_widgets.hub.policy import Person, RefusedError
from cvat_widgets.store.wire import deflated, encode

if TYPE_CHECKING:
    from cvat_widgets.hub.service import Service

__all__ = ["Handler"]

_logger = logging.getLogger(__name__)

_MOST_REQUESTS = 12


class Handler(web.RequestHandler):
    """Knows who is asking before anything else happens."""

    service: Service
    person: Person | None = None
    open_to_all = False
    slot = "call"
    most = _MOST_REQUESTS
    _counted = ""

    def initialize(self, service: Service) -> None:
        """Know the service."""
        self.service = service

    def set_default_headers(self) -> None:
        """Say that an answer is data and never a page."""
        self.set_header("Content-Type", "application/msgpack")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Content-Security-Policy", "default-src 'none'; sandbox")
        self.set_header("Cache-Control", "no-store")
        self.clear_header("Server")

    async def prepare(self) -> None:
        """Find out who is asking; refuse whom the hub does not know, and who asks too much at once."""
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
        """Count the request no longer."""
        if self._counted:
            self.service.running[self._counted] -= 1
            self._counted = ""

    def on_connection_close(self) -> None:
        """Count it no longer if its sender has gone."""
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
        """Answer what the server itself refuses."""
        self.refuse(status_code, f"the request was refused ({status_code})")
