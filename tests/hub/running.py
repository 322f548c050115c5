"""The service on loopback, in this process or in one of its own, with a stand-in for the hub.

A token is a name and a role: ``ann:annotator``. Started as a program it serves a store until it is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cvat_widgets.hub.identity import UnknownRoleError
from cvat_widgets.hub.policy import ROLES, Person
from cvat_widgets.hub.service import Service
from cvat_widgets.store import Store


class TokensAreNames:
    """Stands for the hub."""

    async def person(self, token: str) -> Person | None:
        name, _, role = token.partition(":")
        if role == "stranger":
            raise UnknownRoleError(f"{name!r} is in no group with a role here")
        return Person(name, role) if role in ROLES else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _serve(
    store: Store, port: int, folders: Sequence[Path], ready: threading.Event, stop: asyncio.Event, **options: Any
) -> None:
    service = Service(store, TokensAreNames(), prefix="/services/cvat-widgets/", folders=folders, **options)
    service.listen("127.0.0.1", port)
    ready.set()
    await stop.wait()
    await service.close()


@contextlib.contextmanager
def serving(store: Store, folders: Sequence[Path] = (), **options: Any) -> Iterator[str]:
    """Serve a store on another thread; gives the address."""
    port, ready = free_port(), threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(
        target=lambda: loop.run_until_complete(_serve(store, port, folders, ready, stop, **options)), daemon=True
    )
    thread.start()
    assert ready.wait(10)
    try:
        yield f"http://127.0.0.1:{port}/services/cvat-widgets"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        loop.close()


class Process:
    """The service as a program, which can be killed and started again at the same address."""

    def __init__(self, store_url: str) -> None:
        self.store_url = store_url
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/services/cvat-widgets"
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.hub.running", self.store_url, str(self.port)]
        self.process = subprocess.Popen(command, cwd=Path(__file__).resolve().parents[2])
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/api/health", timeout=2):
                    return
            except OSError:
                assert self.process.poll() is None, "the service has ended"
                assert time.monotonic() < deadline, "the service does not answer"
                time.sleep(0.1)

    def stop(self, how: signal.Signals = signal.SIGKILL) -> None:
        self.process.send_signal(how)
        self.process.wait(20)


def main() -> None:
    store = Store.open(sys.argv[1])
    asyncio.run(_serve(store, int(sys.argv[2]), [Path(os.sep)], threading.Event(), asyncio.Event()))


if __name__ == "__main__":
    main()
