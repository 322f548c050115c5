"""Memory bounded by bytes, and the folder where derived files live."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

from cvat_widgets.media.limits import FRAME_CACHE_BYTES

__all__ = ["ByteCache", "atomic_write", "cache_directory", "file_identity", "frame_cache", "home_directory", "new_owner"]


class ByteCache:
    """Least-recently-used cache bounded by bytes; thread-safe.

    Keys are ``(owner, name)``; an owner drops all its entries at once when it is closed.

    Parameters
    ----------
    capacity
        Bytes; an item larger than this is not kept.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.used = 0
        self._items: OrderedDict[tuple[int, Hashable], tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, owner: int, name: Hashable) -> Any | None:
        """Return an item and mark it as used, or ``None``."""
        with self._lock:
            entry = self._items.get((owner, name))
            if entry is None:
                return None
            self._items.move_to_end((owner, name))
            return entry[0]

    def __contains__(self, key: tuple[int, Hashable]) -> bool:
        return key in self._items

    def put(self, owner: int, name: Hashable, value: Any, size: int) -> None:
        """Keep an item of ``size`` bytes, forgetting the least recently used ones to make room."""
        if size > self.capacity:
            return
        with self._lock:
            old = self._items.pop((owner, name), None)
            if old is not None:
                self.used -= old[1]
            self._items[owner, name] = (value, size)
            self.used += size
            while self.used > self.capacity:
                _, (_, freed) = self._items.popitem(last=False)
                self.used -= freed

    def drop(self, owner: int) -> None:
        """Forget everything of an owner."""
        with self._lock:
            for key in [key for key in self._items if key[0] == owner]:
                self.used -= self._items.pop(key)[1]


_frames = ByteCache(FRAME_CACHE_BYTES)
_owners = itertools.count(1)


def frame_cache() -> ByteCache:
    """Return the cache of decoded frames that all sources of the process share."""
    return _frames


def new_owner() -> int:
    """Return a number no other owner of cache entries has."""
    return next(_owners)


def home_directory() -> Path:
    """Return ``$CVAT_WIDGETS_HOME``, by default ``~/.local/share/cvat_widgets``."""
    configured = os.environ.get("CVAT_WIDGETS_HOME")
    return Path(configured).expanduser() if configured else Path.home() / ".local" / "share" / "cvat_widgets"


def cache_directory(*parts: str) -> Path:
    """Return a folder below ``<home>/cache``; everything in it can be deleted at any time."""
    folder = home_directory().joinpath("cache", *parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def file_identity(path: Path) -> str:
    """Return a key that changes when a file changes: SHA-256 of size, modification time, first and last MiB."""
    status = path.stat()
    digest = hashlib.sha256(f"{status.st_size}:{status.st_mtime_ns}".encode())
    with path.open("rb") as stream:
        digest.update(stream.read(1 << 20))
        if status.st_size > 2 << 20:
            stream.seek(-(1 << 20), os.SEEK_END)
            digest.update(stream.read(1 << 20))
    return digest.hexdigest()[:32]


def atomic_write(path: Path, write: Callable[[Any], None]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, then put it in place at once."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            write(stream)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
