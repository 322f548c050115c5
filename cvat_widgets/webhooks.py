"""Telling other programs of events of projects, tasks, jobs and issues: signed, repeated until it worked, not inside.

A delivery is a POST of JSON with ``X-Signature-256: sha256=<HMAC of the body>`` and ``X-Delivery``, which is the same when it
is repeated. The address is resolved once, checked and connected to as checked, so that a name cannot lead elsewhere a moment
later; redirects are not followed.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import json
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from cvat_widgets.errors import StoreError
from cvat_widgets.opening import user_of

if TYPE_CHECKING:
    import pandas as pd

    from cvat_widgets.store import Store
    from cvat_widgets.store.team_rows import EventRow

__all__ = ["Webhooks", "signature"]

_SECONDS = 10
_RETRIES = (5, 30, 120, 600, 3600)
_MANY = 100


def signature(secret: str, body: bytes) -> str:
    """Return what ``X-Signature-256`` says; receivers compare with :func:`hmac.compare_digest`."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class _Pinned(http.client.HTTPSConnection):
    """A connection to an address that was checked, in the name of its host."""

    def __init__(self, host: str, address: str, port: int, *, encrypted: bool) -> None:
        self._checked_context = ssl.create_default_context()
        super().__init__(host, port, timeout=_SECONDS, context=self._checked_context)
        self._address = address
        self._encrypted = encrypted

    def connect(self) -> None:
        """Connect to the address, not to whatever the name means by now."""
        plain = socket.create_connection((self._address, self.port), timeout=_SECONDS)
        self.sock = self._checked_context.wrap_socket(plain, server_hostname=self.host) if self._encrypted else plain


class Webhooks:
    """The webhooks of a store.

    Parameters
    ----------
    store
        The store.
    allowed
        Hosts (``name`` or ``name:port``) that may be inside of this network and may be plain http. All others must be https
        and have public addresses.
    """

    def __init__(self, store: Store, *, allowed: Collection[str] = ()) -> None:
        self.store = store
        self.allowed = {host.lower() for host in allowed}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, url: str, *, kinds: Collection[str] = ("job:",), secret: str | None = None) -> tuple[int, str]:
        """Add a webhook for later events; return its id and its secret.

        Parameters
        ----------
        url
            Where to post to.
        kinds
            Beginnings of the kinds of events: ``project:``, ``task:``, ``job:``, ``issue:``, ``comment:``, or whole ones such
            as ``job:update``.
        secret
            Of the signature; by default a new one.

        Raises
        ------
        StoreError
            The address is not allowed.
        """
        if self._delivers:  # a service knows itself which hosts it allows
            self.check(url)
        secret = secret or secrets.token_hex(32)
        return self.store.add_webhook(url, list(kinds), secret=secret, user=user_of(self.store)), secret

    def check(self, url: str) -> None:
        """Raise :class:`StoreError` if a webhook may not go to an address."""
        self._split(url)

    @property
    def _delivers(self) -> bool:
        """Whether it is this process that delivers: the service of a hub does it for its kernels."""
        return not self.store.database.url.startswith(("http://", "https://"))

    def remove(self, webhook_id: int) -> None:
        """Remove a webhook."""
        self.store.remove_webhook(webhook_id, user=user_of(self.store))

    def to_frame(self) -> pd.DataFrame:
        """Return the webhooks and what went wrong last; secrets are not shown."""
        import pandas as pd

        columns = ["id", "url", "kinds", "last_event", "attempts", "problem"]
        return pd.DataFrame([[getattr(row, name) for name in columns] for row in self.store.webhooks()], columns=columns)

    # -- delivering ----------------------------------------------------------------------------------------------

    def deliver(self, *, now: Callable[[], float] = time.time) -> int:
        """Deliver what is due, each webhook in order; return how many deliveries worked.

        Raises
        ------
        StoreError
            The store is the service of a hub, which delivers itself.
        """
        if not self._delivers:
            raise StoreError("the service delivers its webhooks itself", where=self.store.database.where)
        with self.store.database.read() as raw:
            rows = raw.execute(
                "SELECT id, url, secret, kinds, last_event, attempts, next_try FROM webhook ORDER BY id"
            ).fetchall()
        done = 0
        for webhook_id, url, secret, kinds, last, attempts, next_try in rows:
            if next_try > now():
                continue
            for event in self.store.events_after(last, kinds=tuple(json.loads(kinds)))[:_MANY]:
                problem = self._post(url, secret, webhook_id, event)
                if problem is None:
                    done, attempts = done + 1, 0
                    self._note(webhook_id, event.id, 0, 0.0, "")
                elif attempts < len(_RETRIES):
                    self._note(webhook_id, last, attempts + 1, now() + _RETRIES[attempts], problem)
                    break
                else:
                    attempts = 0
                    self._note(webhook_id, event.id, 0, 0.0, f"given up on event {event.id}: {problem}")
                last = event.id
        return done

    def _note(self, webhook_id: int, last: int, attempts: int, next_try: float, problem: str) -> None:
        with self.store.database.write() as raw:
            raw.execute(
                "UPDATE webhook SET last_event = ?, attempts = ?, next_try = ?, problem = ? WHERE id = ?",
                (last, attempts, next_try, problem[:500], webhook_id),
            )

    def _post(self, url: str, secret: str, webhook_id: int, event: EventRow) -> str | None:
        """Post one event; return what went wrong."""
        body = json.dumps(
            {
                "event": event.kind, "id": event.id, "time": event.time, "sender": event.user, "task_id": event.task_id,
                "job_id": event.job_id, "store": self.store.uuid, "payload": event.payload,
            }
        ).encode()  # fmt: skip
        headers = {
            "Content-Type": "application/json", "User-Agent": "cvat-widgets", "X-Event": event.kind,
            "X-Delivery": f"{self.store.uuid}-{webhook_id}-{event.id}", "X-Signature-256": signature(secret, body),
        }  # fmt: skip
        try:
            parts = self._split(url)
            connection = _Pinned(parts.hostname or "", self._address(parts), _port(parts), encrypted=parts.scheme == "https")
            try:
                connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
                status = connection.getresponse().status
            finally:
                connection.close()
        except StoreError as error:
            return str(error)
        except (OSError, http.client.HTTPException) as error:
            return f"{type(error).__name__}: {error}"
        return None if 200 <= status < 300 else f"the answer was {status}"

    def _is_allowed(self, parts: SplitResult) -> bool:
        host = (parts.hostname or "").lower()
        return host in self.allowed or f"{host}:{_port(parts)}" in self.allowed

    def _split(self, url: str) -> SplitResult:
        try:
            parts = urlsplit(url)
            port = _port(parts)
        except ValueError as error:
            raise StoreError(f"the address is none: {error}", where=url[:100]) from None
        if parts.scheme not in ("http", "https") or not parts.hostname or not 0 < port < 65536:
            raise StoreError("a webhook has an address such as https://host/path", where=url[:100])
        if parts.username or parts.password or any(ord(letter) <= 32 for letter in url):
            raise StoreError("the address of a webhook holds no account and no blanks", where=parts.hostname)
        if parts.scheme == "http" and not self._is_allowed(parts):
            raise StoreError(
                "a webhook is https", where=parts.hostname, hint="Or allow this host: Webhooks(store, allowed=[…])"
            )
        return parts

    def _address(self, parts: SplitResult) -> str:
        """Return an address of the host, refusing those that are not public."""
        found = socket.getaddrinfo(parts.hostname, _port(parts), type=socket.SOCK_STREAM)
        addresses = [str(each[4][0]) for each in found]
        if not self._is_allowed(parts):
            for address in addresses:
                plain = ipaddress.ip_address(address.partition("%")[0])
                plain = getattr(plain, "ipv4_mapped", None) or plain
                if not plain.is_global or plain.is_multicast:
                    raise StoreError("the address is inside of this network", where=parts.hostname)
        return addresses[0]

    # -- in the background ---------------------------------------------------------------------------------------

    def start(self, *, every: float = 1.0) -> None:
        """Deliver in the background until :meth:`stop`; one process of a store should do it."""
        if self._thread is None:
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, args=(every,), name="cvat-widgets-webhooks", daemon=True)
            self._thread.start()

    def _run(self, every: float) -> None:
        import logging

        while not self._stop.wait(every):
            try:
                self.deliver()
            except Exception:  # one that fails must not end the others
                logging.getLogger(__name__).exception("Delivering webhooks failed")

    def stop(self) -> None:
        """Stop delivering."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_SECONDS)
            self._thread = None


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)
