"""Media that maintainers send to the service: bounded, in parts that can be sent again, kept while a task shows them.

The client chooses a number for an upload and sends each file in parts, saying where each begins. Where they are written is
derived from the number and the person, so nobody writes into the upload of somebody else. A complete upload is renamed and
never changed again; one that is not complete, or that no task shows, is removed after a day.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cvat_widgets.errors import MediaError, StoreError
from cvat_widgets.hub.policy import Person
from cvat_widgets.media.members import ARCHIVE_SUFFIXES, checked_name, is_context, is_picture, is_video, suffix_of

if TYPE_CHECKING:
    from cvat_widgets.store import Store

__all__ = ["MOST_PART_BYTES", "Manifest", "Part", "Uploads"]

MOST_PART_BYTES = 64 << 20
"""Of one request."""
_MOST_FILES = 100_000
_MOST_NAME = 1024
_MOST_FOLDERS = 16
_LEFT_FREE = 1 << 30
_KEPT_SECONDS = 24 * 3600
_OURS = re.compile(r"^[0-9a-f]{32}(\.part)?$")


class Manifest(msgspec.Struct):
    """What a complete upload consists of: the bytes of each file by its name."""

    files: dict[str, int]


class Part:
    """A file that is being written.

    Parameters
    ----------
    uploads
        Counts the bytes.
    key
        The upload it belongs to.
    descriptor
        The open file.
    offset
        Where the next bytes go.
    """

    def __init__(self, uploads: Uploads, key: str, descriptor: int, offset: int) -> None:
        self._uploads = uploads
        self._key = key
        self._descriptor: int | None = descriptor
        self._offset = offset
        self._lock = threading.Lock()

    def write(self, data: bytes) -> None:
        """Write the next bytes.

        Raises
        ------
        StoreError
            The upload is larger than it may be, or the disk is full.
        """
        with self._lock:  # whoever sends it may go away meanwhile
            if self._descriptor is None:
                raise StoreError("the file is closed")
            present = os.fstat(self._descriptor).st_size
            self._uploads.count(self._key, max(self._offset + len(data) - present, 0))
            try:
                view = memoryview(data)
                while view:
                    done = os.pwrite(self._descriptor, view, self._offset)
                    self._offset, view = self._offset + done, view[done:]
            except OSError as error:
                raise StoreError(f"the media cannot be kept ({error.strerror})", hint="Ask whoever runs the service") from None

    def close(self) -> int:
        """Close the file; return how many bytes it has up to here."""
        with self._lock:
            descriptor, self._descriptor = self._descriptor, None
            if descriptor is not None:
                os.close(descriptor)
                self._uploads.opened(self._key, -1)
        return self._offset


class Uploads:
    """The uploads below one folder, which belongs to the service alone.

    Parameters
    ----------
    store
        Says which of them tasks show.
    folder
        Where they are kept; made if it is not there.
    most_bytes
        Of one upload.
    """

    def __init__(self, store: Store, folder: Path, *, most_bytes: int = 100 << 30) -> None:
        self.store = store
        self.most_bytes = most_bytes
        self._lock = threading.Lock()
        self._bytes: dict[str, int] = {}
        self._files: dict[str, int] = {}
        self._being_written: Counter[str] = Counter()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.folder = folder.resolve()
            self.sweep()
        except OSError as error:
            raise StoreError(
                f"uploads cannot be kept: {error}", where=str(folder), hint="Choose a folder it can write"
            ) from None

    def begin(self, person: Person, upload: str, name: str, offset: int) -> Part:
        """Open a file of an upload to write from ``offset`` on, at most as far as it has been written.

        Raises
        ------
        MediaError
            The name leads elsewhere, or is not that of a picture, a video or an archive.
        StoreError
            The upload is complete already, or there is no room.
        """
        key, name = _key(person, upload), _checked(name)
        if (self.folder / key).exists():
            raise StoreError("this upload is complete", hint="Begin another one")
        target = self.folder / f"{key}.part" / name
        if key not in self._bytes:
            self._measure(key)
        try:
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = not target.exists()
            descriptor = os.open(target, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        except OSError as error:
            raise StoreError(f"the media cannot be kept ({error.strerror})", hint="Ask whoever runs the service") from None
        self.opened(key, 1)
        part = Part(self, key, descriptor, offset)
        size = os.fstat(descriptor).st_size
        with self._lock:
            self._files[key] = self._files.get(key, 0) + fresh
            many = self._files[key] > _MOST_FILES
        if many or not 0 <= offset <= size:
            part.close()
            if many:
                raise StoreError(f"an upload has at most {_MOST_FILES:,} files", hint="Pack them in an archive")
            raise StoreError(f"{name} has {size} bytes so far, so the next part does not begin at {offset}")
        return part

    def _measure(self, key: str) -> None:
        """Look how much of an upload there is, as after a restart, and remove what nobody wants any more."""
        self.sweep()
        files = [path for path in (self.folder / f"{key}.part").rglob("*") if path.is_file()]
        with self._lock:
            self._bytes[key] = sum(path.stat().st_size for path in files)
            self._files[key] = len(files)

    def opened(self, key: str, more: int) -> None:
        """Note that a file is being written, or no longer."""
        with self._lock:
            self._being_written[key] += more
            if not self._being_written[key]:
                del self._being_written[key]

    def count(self, key: str, more: int) -> None:
        """Note that an upload grows, before it does."""
        with self._lock:
            total = self._bytes.get(key, 0) + more
            if total > self.most_bytes:
                raise StoreError(
                    f"an upload has at most {self.most_bytes:,} bytes",
                    hint="Make several tasks, or let the service see the files",
                )
            if more and shutil.disk_usage(self.folder).free - more < _LEFT_FREE:
                raise StoreError("the disk of the service is full", hint="Ask whoever runs it to make room")
            self._bytes[key] = total

    def complete(self, person: Person, upload: str, manifest: Manifest) -> str:
        """Check that all files are there and no others; return the folder they are in. Asked again, it says the same.

        Raises
        ------
        StoreError
            A file is missing or has another size.
        """
        key = _key(person, upload)
        part, whole = self.folder / f"{key}.part", self.folder / key
        if whole.is_dir():
            return str(whole)
        if self._being_written[key]:
            raise StoreError("a part of this upload is still being written", hint="Wait for its answer")
        wanted = {_checked(name): size for name, size in manifest.files.items()}
        present = {path.relative_to(part).as_posix(): path.stat().st_size for path in part.rglob("*") if path.is_file()}
        if not wanted or wanted != present:
            wrong = sorted(set(wanted.items()) ^ set(present.items()))
            raise StoreError("the upload is not complete", where=wrong[0][0] if wrong else None, hint="Send it again")
        for path in part.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
        part.rename(whole)
        with self._lock:
            self._bytes.pop(key, None)
            self._files.pop(key, None)
        return str(whole)

    def sweep(self) -> None:
        """Remove uploads that nobody has continued, and those that no task shows any more, after a day."""
        for path in self.folder.iterdir():
            if not _OURS.match(path.name) or path.is_symlink() or not path.is_dir():
                continue
            if time.time() - _last_change(path) < _KEPT_SECONDS or (path.suffix != ".part" and self._is_shown(path.name)):
                continue
            shutil.rmtree(path, ignore_errors=True)

    def _is_shown(self, key: str) -> bool:
        with self.store.database.read() as raw:
            return raw.execute("SELECT 1 FROM task_media WHERE media LIKE ? LIMIT 1", (f"%{key}%",)).fetchone() is not None


def _key(person: Person, upload: str) -> str:
    return hashlib.sha256(f"{person.name}\0{upload}".encode()).hexdigest()[:32]


def _checked(name: str) -> str:
    """Return the name of a file if it is one that may be kept."""
    plain = checked_name(name[: _MOST_NAME + 1], "an upload")
    parts = plain.split("/")
    fits = 0 < len(plain) <= _MOST_NAME and len(parts) <= _MOST_FOLDERS and all(len(part.encode()) <= 255 for part in parts)
    if not fits or any(part.startswith(".") for part in parts) or plain != name:
        raise MediaError("a file of an upload has a plain relative name", where=name[:80])
    if not (is_picture(plain) or is_video(plain) or plain.lower().endswith(ARCHIVE_SUFFIXES) or is_context(plain)):
        raise MediaError(f"{suffix_of(plain) or 'a file without ending'} is no picture, video or archive", where=name[:80])
    return plain


def _last_change(path: Path) -> float:
    return max([path.stat().st_mtime, *(each.stat().st_mtime for each in path.rglob("*"))])
