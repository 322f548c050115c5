"""What interactors keep of a picture: encoded once a frame and model, bounded in bytes, the next frame ahead of time."""

from __future__ import annotations

import dataclasses
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from cvat_widgets.backends.protocols import Detection, Interactor, Picture, Prompt

__all__ = ["EmbeddingCache", "FrameClicks", "size_of"]

Key = tuple[int, Hashable]


def size_of(value: Any) -> int:
    """Return about how many bytes a value holds: arrays, tensors, and whatever contains them."""
    seen: set[int] = set()

    def measure(each: Any) -> int:
        if each is None or id(each) in seen or isinstance(each, (int, float, str, bool)):
            return 0
        seen.add(id(each))
        if hasattr(each, "nbytes"):
            return int(each.nbytes)
        if isinstance(each, (bytes, bytearray, memoryview)):
            return len(each)
        if isinstance(each, Mapping):
            return sum(map(measure, each.values()))
        if isinstance(each, (list, tuple, set, frozenset)):
            return sum(map(measure, each))
        if dataclasses.is_dataclass(each):
            return sum(measure(getattr(each, field.name, None)) for field in dataclasses.fields(each))
        return sum(map(measure, vars(each).values())) if hasattr(each, "__dict__") else 64

    return measure(value)


class EmbeddingCache:
    """Encoded pictures, the one used longest ago thrown out first. May be used from several threads.

    Parameters
    ----------
    max_bytes
        Limit of all together; the one used last is kept even if it is larger. CVAT's own limit is 32 embeddings of SAM,
        128 MiB.

    Attributes
    ----------
    encoded, reused
        How often a picture was encoded, and how often an answer came from what was there.
    """

    def __init__(self, max_bytes: int = 512 << 20) -> None:
        self.max_bytes = max_bytes
        self.encoded = self.reused = 0
        self.bytes = 0
        self._lock = threading.RLock()
        self._entries: OrderedDict[Key, tuple[Any, int]] = OrderedDict()
        self._running: dict[Key, Future[Any]] = {}
        self._known: set[int] = set()
        self._background: ThreadPoolExecutor | None = None

    def get(self, model: Interactor, key: Hashable, read: Callable[[], Picture]) -> Any:
        """Return the encoded picture; one that is being encoded in the background is waited for.

        Parameters
        ----------
        model
            The interactor.
        key
            Names the picture, e.g. ``(task.uid, frame)``.
        read
            Gives the picture if it has to be encoded.
        """
        full = self._key(model, key)
        with self._lock:
            entry = self._entries.get(full)
            if entry is not None:
                self._entries.move_to_end(full)
                self.reused += 1
                return entry[0]
            running = self._running.get(full)
            own = running is None
            if running is None:
                running = self._running[full] = Future()
        if own:
            self._fill(model, full, read, running)
        else:
            with self._lock:
                self.reused += 1
        return running.result()

    def prepare(self, model: Interactor, key: Hashable, read: Callable[[], Picture]) -> None:
        """Encode a picture in the background unless it is there; an error is kept for the one who asks for it."""
        full = self._key(model, key)
        with self._lock:
            if full in self._entries or full in self._running:
                return
            running: Future[Any] = Future()
            self._running[full] = running
            if self._background is None:
                self._background = ThreadPoolExecutor(1, thread_name_prefix="embedding")
            self._background.submit(self._fill, model, full, read, running)

    def _key(self, model: Interactor, key: Hashable) -> Key:
        number = id(model)
        with self._lock:
            if number not in self._known:
                self._known.add(number)
                weakref.finalize(model, self._forget, number)
        return number, key

    def _fill(self, model: Interactor, full: Key, read: Callable[[], Picture], running: Future[Any]) -> None:
        try:
            encoded = model.encode(read())
        except BaseException as error:  # noqa: BLE001  # handed to whoever waits for it, and not kept
            with self._lock:
                self._running.pop(full, None)
            running.set_exception(error)
            return
        with self._lock:
            self._running.pop(full, None)
            self.encoded += 1
            size = size_of(encoded)
            self._entries[full] = (encoded, size)
            self.bytes += size
            while self.bytes > self.max_bytes and len(self._entries) > 1:
                _, (_, gone) = self._entries.popitem(last=False)
                self.bytes -= gone
        running.set_result(encoded)

    def _forget(self, number: int) -> None:
        """Drop what a model that is gone has left."""
        with self._lock:
            self._known.discard(number)
            for full in [full for full in self._entries if full[0] == number]:
                self.bytes -= self._entries.pop(full)[1]

    def clear(self) -> None:
        """Throw everything out."""
        with self._lock:
            self._entries.clear()
            self.bytes = 0

    def close(self) -> None:
        """Throw everything out and end the background thread."""
        self.clear()
        if self._background is not None:
            self._background.shutdown(wait=True, cancel_futures=True)
            self._background = None

    def __len__(self) -> int:
        return len(self._entries)


class FrameClicks:
    """An interactor on the frames of a task: clicks are answered from the cache, the next frame is prepared meanwhile.

    Parameters
    ----------
    model
        The interactor.
    read
        Gives the picture of a frame.
    name
        Names the task in the cache.
    count
        Number of frames; the frame after the last is not prepared.
    cache
        A cache to share; by default one of its own.
    """

    def __init__(
        self, model: Interactor, read: Callable[[int], Picture], *, name: Hashable = "", count: int = 1 << 62,
        cache: EmbeddingCache | None = None,
    ) -> None:  # fmt: skip
        self.model, self.read, self.name, self.count = model, read, name, count
        self.cache = cache if cache is not None else EmbeddingCache()

    def predict(self, frame: int, prompt: Prompt, *, prepare: bool = True) -> list[Detection]:
        """Answer a prompt on a frame; ``prepare`` then encodes the frame after it in the background."""
        encoded = self.cache.get(self.model, (self.name, frame), lambda: self.read(frame))
        found = self.model.predict(encoded, prompt)
        if prepare and frame + 1 < self.count:
            self.prepare(frame + 1)
        return found

    def prepare(self, frame: int) -> None:
        """Encode a frame in the background."""
        self.cache.prepare(self.model, (self.name, frame), lambda: self.read(frame))
