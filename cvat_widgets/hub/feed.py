"""Telling clients that something was written, whoever wrote it: a number that they wait for to change."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import threading
from typing import TYPE_CHECKING

from cvat_widgets.errors import CvatWidgetsError

if TYPE_CHECKING:
    from cvat_widgets.store import Store

__all__ = ["Feed"]

_logger = logging.getLogger(__name__)


class Feed:
    """The number. It starts anywhere, so that after a restart every client looks for what it has missed.

    Parameters
    ----------
    store
        The store; what other processes write to it is noticed, too.
    loop
        Where :meth:`wait` is called.
    """

    def __init__(self, store: Store, loop: asyncio.AbstractEventLoop) -> None:
        self.store = store
        self.version = secrets.randbits(48)
        self._loop = loop
        self._changed = asyncio.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, name="cvat-widgets-feed", daemon=True)
        self._thread.start()

    def tell(self) -> None:
        """Say, from any thread, that something was written."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait(self, version: int, seconds: float) -> int:
        """Return the number as soon as it is another one than ``version``, or after some seconds."""
        if version == self.version:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._changed.wait(), seconds)
        return self.version

    def _look(self) -> None:
        last = -1
        while not self._stop.is_set():
            try:
                present = self.store.database.wait_for_change(self._stop)
            except CvatWidgetsError as error:
                _logger.debug("Looking for changes failed: %s", error)
                self._stop.wait(0.5)
                continue
            except Exception:
                if not self._stop.is_set():
                    _logger.exception("Looking for changes failed")
                return
            if present not in (last, -1):
                last = present
                self.tell()

    def close(self) -> None:
        """Stop looking."""
        self._stop.set()
        self._thread.join(2)
