"""The connection to the service of a hub: one token, many tries, the same number for the same request."""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlencode, urlsplit

import msgspec

from cvat_widgets import errors
from cvat_widgets.errors import CvatWidgetsError, ProtocolError, StoreError
from cvat_widgets.store.connection import Database
from cvat_widgets.store.filesystem import default_path
from cvat_widgets.store.wire import VERSION, Method, decode, deflated, inflated

if TYPE_CHECKING:
    from cvat_widgets.store.raw import Raw

__all__ = ["About", "ServiceDatabase", "encoded_path"]

_SECONDS = 120
_CONNECT_SECONDS = 10
_PATIENCE = 30.0
"""How long a request is sent again while the service does not answer, e.g. because it is restarted."""
_PAUSES = (0.05, 0.2, 0.5, 1.0, 2.0)
_POLL_SECONDS = 10
_AGAIN = (429, 502, 503, 504)
_MOST_BYTES = 1 << 30
_ERRORS = {
    each.__name__: each
    for each in vars(errors).values()
    if isinstance(each, type) and issubclass(each, CvatWidgetsError) and each.__name__ != "MissingExtraError"
}


class About(msgspec.Struct):
    """What a service says of itself and of who is asking."""

    version: int
    name: str
    role: str
    uuid: str
    epoch: str
    pictures: bool = False
    uploads: bool = False


class _Problem(msgspec.Struct):
    error: str
    what: str
    where: str | None = None
    hint: str | None = None


class _UnreachableError(Exception):
    """A request did not get through, or its answer did not."""


def _token_for(parts: SplitResult) -> str:
    """Return the token to send to a service.

    The hub's own token goes to the hub and to the service that whoever runs it has set as default, and nowhere else: an
    address in somebody's notebook must not be a way to get it.
    """
    given = os.environ.get("CVAT_WIDGETS_TOKEN")
    if given:
        return given
    own = os.environ.get("JUPYTERHUB_API_TOKEN")
    names = (
        "JUPYTERHUB_API_URL",
        "JUPYTERHUB_PUBLIC_URL",
        "JUPYTERHUB_PUBLIC_HUB_URL",
        "JUPYTERHUB_HOST",
        "CVAT_WIDGETS_STORE",
    )
    hosts = {urlsplit(os.environ.get(name, "")).hostname for name in names} - {None}
    if own and parts.hostname in hosts:
        return own
    raise StoreError(
        f"there is no token for {parts.hostname}",
        hint="Open the store on its hub, or make a token there and set CVAT_WIDGETS_TOKEN",
    )


class ServiceDatabase(Database):
    """The service in the place of a database: it calls methods of the store instead of running statements.

    Parameters
    ----------
    url
        Address of the service, ``https://hub/services/cvat-widgets``.
    token
        What to show it; by default that of the environment.

    Raises
    ------
    StoreError
        It cannot be reached, does not know us, or is of another version.
    """

    def __init__(self, url: str, *, token: str | None = None) -> None:
        self._token = token
        try:
            parts = urlsplit(url)
            self._port = parts.port
        except ValueError:
            raise _no_address(url) from None
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
            raise _no_address(parts.hostname or url)
        self._parts = parts
        self._prefix = parts.path.rstrip("/") + "/api/"
        self._context = ssl.create_default_context() if parts.scheme == "https" else None
        self.network = None
        self.lock = threading.RLock()
        self._closed = False
        self._local = threading.local()
        self._connections: set[http.client.HTTPConnection] = set()
        self._version = 0
        try:
            self.about = self._introduced()
        except BaseException:
            self.close()
            raise
        self.identity = self.about.name
        self.path = default_path().with_name(f"service_{self.about.uuid[:12]}")

    @property
    def url(self) -> str:
        """Address of the service."""
        return self._parts.geturl()

    @property
    def where(self) -> str:
        """How an error names the store."""
        return self.url

    def _introduced(self) -> About:
        found: About = decode(self.request("GET", "about", patience=2.0), About)
        if found.version != VERSION:
            raise StoreError(
                f"the service speaks version {found.version}, this package version {VERSION}",
                where=self.where, hint="Install the same version of cvat-widgets in both places",
            )  # fmt: skip
        return found

    # -- requests ------------------------------------------------------------------------------------------------

    def call(self, method: Method, values: Mapping[str, Any]) -> Any:
        """Call a method of the store there; however often it must be sent, it is carried out once."""
        headers = {"Content-Type": "application/msgpack"}
        if method.writes:
            headers["X-Request"] = secrets.token_hex(16)
        transaction = getattr(self._local, "transaction", None)
        if transaction:
            headers["X-Transaction"] = transaction
        body, packed = deflated(method.pack(values))
        return method.unpack_result(self.request("POST", f"call/{method.name}", body, headers | packed))

    def request(
        self, verb: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, *,
        patience: float | None = None,
    ) -> bytes:  # fmt: skip
        """Send a request, again and again while the service is away, and return the body of its answer."""
        self._check_open()
        deadline = time.monotonic() + (_PATIENCE if patience is None else patience)
        attempt = 0
        while True:
            try:
                status, answer, _ = self._sent(verb, path, body, headers or {})
            except _UnreachableError as error:
                status, problem = 0, str(error)
            else:
                if status == 200:
                    return answer
                if status not in _AGAIN:
                    raise self._error(status, answer)
                problem = f"it answers with {status}"
            pause = _PAUSES[min(attempt, len(_PAUSES) - 1)]
            if time.monotonic() + pause > deadline:
                raise StoreError(
                    f"the service cannot be reached ({problem})", where=self.where,
                    hint="What was acknowledged is safe; whether the last edit was made shows when the service is back",
                )  # fmt: skip
            attempt += 1
            time.sleep(pause)
            self._check_open()

    def fetch(self, path: str) -> tuple[bytes, str, str]:
        """Return body, content type and ``X-Frame-Size`` of something that is no message."""
        self._check_open()
        for pause in (*_PAUSES, None):
            try:
                status, answer, headers = self._sent("GET", path, None, {})
            except _UnreachableError as error:
                status, answer, headers = 0, str(error).encode(), {}
            if status == 200:
                return answer, headers.get("content-type", ""), headers.get("x-frame-size", "")
            if status not in (0, *_AGAIN):
                raise self._error(status, answer)
            if pause is not None:
                time.sleep(pause)
        raise StoreError("the service cannot be reached", where=self.where, hint="Try again in a moment")

    def _sent(self, verb: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, bytes, dict[str, str]]:
        """Send a request once, on the connection of this thread."""
        token = self._token or _token_for(self._parts)
        connection = self._connection()
        try:
            connection.request(verb, self._prefix + path, body, {**headers, "Authorization": f"token {token}"})
            response = connection.getresponse()
            data = response.read(_MOST_BYTES + 1)
            found = {name.lower(): value for name, value in response.getheaders()}
            if len(data) > _MOST_BYTES:
                raise ProtocolError("the answer of the service is too long", where=self.where)
            if response.will_close:
                self._drop(connection)
            if response.status == 200 or found.get("content-type") == "application/msgpack":
                data = inflated(data, found.get("content-encoding"))
        except (OSError, http.client.HTTPException) as error:
            self._drop(connection)
            raise _UnreachableError(str(error) or type(error).__name__) from None
        except BaseException:
            # Half an answer is left in it.
            self._drop(connection)
            raise
        return response.status, data, found

    def _connection(self) -> http.client.HTTPConnection:
        present: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if present is None:
            host = self._parts.hostname or ""
            if self._context:
                present = http.client.HTTPSConnection(host, self._port, timeout=_CONNECT_SECONDS, context=self._context)
            else:
                present = http.client.HTTPConnection(host, self._port, timeout=_CONNECT_SECONDS)
            try:
                present.connect()
            except OSError as error:
                present.close()
                raise _UnreachableError(str(error) or type(error).__name__) from None
            present.sock.settimeout(_SECONDS)
            self._local.connection = present
            with self.lock:
                self._connections.add(present)
        return present

    def _drop(self, connection: http.client.HTTPConnection) -> None:
        connection.close()
        self._local.connection = None
        with self.lock:
            self._connections.discard(connection)

    def _error(self, status: int, answer: bytes) -> CvatWidgetsError:
        try:
            found: _Problem = decode(answer, _Problem)
        except ProtocolError:
            what = "there is no service of cvat-widgets there" if status == 404 else f"the service answered with {status}"
            return StoreError(what, where=self.where, hint="Check the address")
        kind = _ERRORS.get(found.error, StoreError)
        return kind(found.what, where=found.where or (self.where if status in (401, 403) else None), hint=found.hint)

    # -- transactions --------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def read(self) -> Iterator[Raw]:
        """Let what is read belong to one moment."""
        with self._held("read") as raw:
            yield raw

    @contextlib.contextmanager
    def write(self) -> Iterator[Raw]:
        """Let what is called inside be done as a whole or not at all; nobody else writes meanwhile."""
        with self._held("write") as raw:
            yield raw

    @contextlib.contextmanager
    def _held(self, kind: str) -> Iterator[Raw]:
        if getattr(self._local, "transaction", None):
            yield _NoStatements(self.where)
            return
        name = secrets.token_hex(16)
        self.request("POST", f"transaction/{name}/{kind}", b"")
        self._local.transaction, self._local.after = name, []
        try:
            yield _NoStatements(self.where)
        except BaseException:
            with contextlib.suppress(CvatWidgetsError):
                self.request("POST", f"transaction/{name}/drop", b"", patience=0.0)
            raise
        else:
            self.request("POST", f"transaction/{name}/keep", b"")
        finally:
            after, self._local.transaction, self._local.after = self._local.after, None, []
        for call in after:
            call()

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call a function once what this thread is doing is done."""
        if getattr(self._local, "transaction", None):
            self._local.after.append(call)
            return
        call()

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """Do nothing: what comes from the service is an error of ours already."""
        yield

    @property
    def engine(self) -> Any:  # type: ignore[override]  # there is none
        """Raise: there is no database here."""
        raise _no_statements(self.where)

    # -- hearing of others ---------------------------------------------------------------------------------------

    def wait_for_change(self, stop: threading.Event) -> int:
        """Wait until somebody writes."""
        try:
            path = f"changes?version={self._version}&seconds={_POLL_SECONDS}"
            self._version = decode(self.request("GET", path, patience=0.0), int)
        except CvatWidgetsError:
            if self._closed:
                stop.set()
            stop.wait(0.5)
            # Once it is back, whatever came meanwhile is looked for.
            self._version = 0
        return self._version

    def data_version(self) -> int:
        """Return a number that changes when somebody has written."""
        return self._version

    def change_mark(self) -> object:
        """Return something that is another thing after any change."""
        return self._version

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("the store is closed", where=self.where, hint="Open it again")

    def close(self) -> None:
        """Close all connections."""
        with self.lock:
            self._closed = True
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    if connection.sock is not None:
                        connection.sock.shutdown(2)  # a thread may be waiting for an answer
                connection.close()
            self._connections.clear()


def _no_address(text: str) -> StoreError:
    return StoreError(
        "this is no address of a service", where=text[:100], hint="It looks like https://hub/services/cvat-widgets"
    )


def _no_statements(where: str) -> StoreError:
    return StoreError("a service takes no SQL", where=where, hint="Do this on the host of the service, with its own store")


class _NoStatements:
    """What is given in the place of a connection."""

    def __init__(self, where: str) -> None:
        self._where = where

    def execute(self, *_: Any) -> Any:
        """Raise: there is no database here."""
        raise _no_statements(self._where)

    executemany = execute


def encoded_path(path: str, options: Mapping[str, int | str | None]) -> str:
    """Return the path of a picture with those of the options that are given."""
    given = {name: value for name, value in options.items() if value is not None}
    return path + (f"?{urlencode(given)}" if given else "")
