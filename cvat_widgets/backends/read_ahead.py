"""Pictures decoded ahead of the model, in a thread of their own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from cvat_widgets.backends.protocols import Picture

__all__ = ["read_ahead"]


def read_ahead(frames: Iterable[int], read: Callable[[int], Picture], depth: int = 4) -> Iterator[tuple[int, Picture]]:
    """Yield ``(frame, picture)`` in order; up to ``depth`` pictures wait in memory.

    An error of ``read`` is raised where its picture would have come. Closing the iterator ends the thread after at most one
    more picture.
    """
    waiting: queue.Queue[tuple[int, Any]] = queue.Queue(max(1, depth))
    stop = threading.Event()

    def put(item: tuple[int, Any]) -> bool:
        while not stop.is_set():
            try:
                waiting.put(item, timeout=0.05)
            except queue.Full:
                continue
            return True
        return False

    def work() -> None:
        for frame in frames:
            try:
                picture: Any = read(frame)
            except BaseException as error:  # noqa: BLE001  # handed to the caller's thread, whatever it is
                put((-2, error))
                return
            if not put((frame, picture)):
                return
        put((-1, None))

    thread = threading.Thread(target=work, name="read-ahead", daemon=True)
    thread.start()
    try:
        while True:
            frame, picture = waiting.get()
            if frame == -2:
                raise picture
            if frame == -1:
                return
            yield frame, picture
    finally:
        stop.set()
        thread.join(timeout=10)
