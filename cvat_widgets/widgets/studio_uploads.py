"""Pictures and videos from the user's own computer for a new task: in parts, bounded, kept beside the store with the task.

All files of an upload travel as one stream, one after the other, so that thousands of small pictures need few messages. They
lie where they will stay from the beginning; a mark beside the folder says that no task has them yet, and such folders go when
the upload is dropped, when the browser is closed, when the kernel ends, or after a day.
"""

from __future__ import annotations

import bisect
import contextlib
import itertools
import re
import secrets
import shutil
import threading
import time
import unicodedata
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvat_widgets.errors import MediaError, ProtocolError, StoreError
from cvat_widgets.media.members import ARCHIVE_SUFFIXES, is_picture, is_video, suffix_of
from cvat_widgets.store.remote import Remote
from cvat_widgets.widgets.rpc import Call, Method
from cvat_widgets.widgets.studio_requests import BeginUpload, UploadPart, read
from cvat_widgets.widgets.transfers import PART

if TYPE_CHECKING:
    from cvat_widgets.store import Store

__all__ = ["MAX_BYTES", "MAX_FILES", "StudioUploads", "media_names", "takes_files"]

MAX_FILES = 10_000
MAX_BYTES = 16 << 30
_LEFT_FREE = 256 << 20
"""Of the disk."""
_MOST = 4
"""Uploads that wait for their task; the oldest goes first, for a page that was closed takes nothing away."""
_LONGEST_NAME = 200
_KEPT_SECONDS = 24 * 3600
_MARK = ".unfinished"
_OURS = re.compile(rf"^[0-9a-f]{{16}}{re.escape(_MARK)}$")


@dataclass
class _Upload:
    folder: Path
    names: list[str]
    ends: list[int]
    """Where in the stream each file ends."""
    received: int = 0
    state: str = "open"
    """``open``; ``used`` while a task is made of it; ``unwanted`` if it was dropped meanwhile; ``gone``."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def mark(self) -> Path:
        return self.folder.with_name(self.folder.name + _MARK)

    def write(self, data: bytes) -> None:
        """Write the next bytes of the stream, to the files they belong to."""
        view = memoryview(data)
        while view:
            number = bisect.bisect_right(self.ends, self.received)
            part = view[: self.ends[number] - self.received]
            begins = self.received == (self.ends[number - 1] if number else 0)
            with (self.folder / self.names[number]).open("xb" if begins else "ab") as file:
                file.write(part)
            self.received += len(part)
            view = view[len(part) :]

    def remove(self) -> None:
        self.state = "gone"
        _remove(self.folder)


class StudioUploads:
    """The uploads of one task browser.

    Parameters
    ----------
    store
        Beside which the files are kept. Where it is a service that takes media they only wait here, and are sent on.

    Attributes
    ----------
    before_removing
        Called with the name of an upload whose files go away, so that nobody keeps them open.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.before_removing: Callable[[str], None] = lambda _: None
        self._uploads: dict[str, _Upload] = {}
        self._lock = threading.Lock()
        self._end = weakref.finalize(self, _remove_all, self._uploads)

    @property
    def table(self) -> dict[str, Method]:
        """The methods by name."""
        return {"studio.upload.begin": self._begin, "studio.upload.put": self._put, "studio.upload.drop": self._drop}

    def _begin(self, call: Call) -> dict[str, Any]:
        request = read(call.params, BeginUpload)
        token, taken, notes = self.begin([(each.name, each.size) for each in request.files], request.purpose)
        return {"token": token, "part": PART, "taken": taken, "notes": notes}

    def _put(self, call: Call) -> dict[str, Any]:
        request = read(call.params, UploadPart)
        self.put(request.token, request.offset, call.buffers[0] if call.buffers else b"")
        return {}

    def _drop(self, call: Call) -> dict[str, Any]:
        self.drop(read(call.params, UploadPart).token)
        return {}

    # -- receiving -----------------------------------------------------------------------------------------------

    def begin(self, files: Sequence[tuple[str, int]], purpose: str = "media") -> tuple[str, list[int], list[str]]:
        """Announce files by name and size: the ``media`` of a task, or one file that is a ``dataset``.

        Returns
        -------
        tuple
            How the upload is called from here on; which of the files it consists of, in their order, for what is neither
            picture nor video is left out; and remarks for the user.

        Raises
        ------
        MediaError
            They cannot be one task, or are too many or too large.
        StoreError
            The store takes no files, or the disk is full.
        """
        if not takes_files(self.store):
            raise StoreError(
                "this service takes no media", where=self.store.database.where,
                hint="One started with --uploads does; otherwise name a path that everybody can see",
            )  # fmt: skip
        if purpose == "dataset" and len(files) > 1:
            raise MediaError("a dataset is one file", hint="Pack it in a zip")
        taken = [0] if purpose == "dataset" else _chosen([name for name, _ in files])
        sizes = [files[number][1] for number in taken]
        empty = next((files[number][0] for number in taken if files[number][1] <= 0), None)
        if empty is not None:
            raise MediaError(f"{_shown(empty)} is empty", hint="Leave it out")
        total = sum(sizes)
        if total > MAX_BYTES:
            raise MediaError(
                f"the files have {total / (1 << 30):.1f} GiB together, more than {MAX_BYTES >> 30}",
                hint="Put them where the kernel can see them, and name their path",
            )
        names = media_names([files[number][0] for number in taken])
        folder = self._new_folder(total)
        upload = _Upload(folder, names, list(itertools.accumulate(sizes)))
        token = secrets.token_hex(8)
        with self._lock:
            self._uploads[token] = upload
            waiting = [each for each, held in self._uploads.items() if held.state == "open"]
        for oldest in waiting[:-_MOST]:
            self.drop(oldest)
        return token, taken, _remarks(files, taken, names)

    def _new_folder(self, size: int) -> Path:
        place = self.store.directory / "uploads"
        folder = place / secrets.token_hex(8)
        try:
            place.mkdir(parents=True, exist_ok=True)
            _sweep(place)
            if shutil.disk_usage(place).free - size < _LEFT_FREE:
                raise StoreError("there is no room for these files", where=str(place), hint="Delete some others there")
            folder.with_name(folder.name + _MARK).touch()
            folder.mkdir()
        except OSError as error:
            _remove(folder)
            raise StoreError(
                f"files cannot be kept beside the store ({error.strerror or error})", where=str(place),
                hint="Put them where the kernel can see them, and name their path",
            ) from None  # fmt: skip
        return folder

    def put(self, token: str, offset: int, data: bytes) -> None:
        """Write the next part of the stream.

        Raises
        ------
        ProtocolError
            It is not the next one, or there is more than was announced.
        StoreError
            The disk is full; the upload is gone.
        """
        upload = self._found(token)
        with upload.lock:
            whole = upload.ends[-1]
            if upload.state != "open" or offset != upload.received or not 0 < len(data) <= PART or offset + len(data) > whole:
                raise ProtocolError("a part of the files is missing, or too large", hint="Upload them once more")
            try:
                upload.write(data)
                return
            except OSError as error:
                problem = error.strerror or str(error)
        self.drop(token)
        raise StoreError(f"the files cannot be kept ({problem})", hint="Make room where the store is, and upload them again")

    def drop(self, token: str) -> None:
        """Delete an upload, unless a task has it by now."""
        with self._lock:
            upload = self._uploads.pop(token, None)
        if upload is None:
            return
        with upload.lock:
            if upload.state == "used":
                upload.state = "unwanted"  # deleted if the task comes to nothing
            elif upload.state == "open":
                self.before_removing(token)
                upload.remove()

    # -- using ---------------------------------------------------------------------------------------------------

    def files(self, token: str) -> list[Path]:
        """Return the files of an upload that is here as a whole, in their order.

        Raises
        ------
        ProtocolError
            Parts are missing.
        """
        upload = self._found(token)
        if upload.received != upload.ends[-1]:
            raise ProtocolError("the files did not arrive as a whole", hint="Upload them once more")
        return [upload.folder / name for name in upload.names]

    @contextlib.contextmanager
    def used(self, token: str) -> Iterator[None]:
        """Make a task of an upload: if that succeeds the files stay, or go where they were sent on; else it waits again."""
        self.files(token)
        upload = self._found(token)
        with upload.lock:
            if upload.state != "open":
                raise ProtocolError("a task is being made of these files already", hint="Wait for it")
            upload.state = "used"
            # Before there is a task: none may ever lose its files because the kernel died in between.
            upload.mark.unlink(missing_ok=True)
        try:
            yield
        except BaseException:
            with upload.lock:
                unwanted, upload.state = upload.state == "unwanted", "open"
                if unwanted:
                    self.before_removing(token)
                    upload.remove()
                else:
                    upload.mark.touch()
            raise
        with self._lock:
            self._uploads.pop(token, None)
        with upload.lock:
            upload.state = "gone"
            if isinstance(self.store, Remote):
                _remove(upload.folder)

    def _found(self, token: str) -> _Upload:
        upload = self._uploads.get(token)
        if upload is None:
            raise ProtocolError("these files are no longer here", hint="Upload them once more")
        return upload

    def close(self) -> None:
        """Delete what no task has."""
        for token in list(self._uploads):
            self.drop(token)
        self._end()


def takes_files(store: Store) -> bool:
    """Whether media of new tasks can be kept with a store."""
    return not isinstance(store, Remote) or store.takes_uploads


def media_names(names: Sequence[str]) -> list[str]:
    """Return names of files as they can be used here: no folders, nothing hidden or invisible, not too long, each once."""
    taken: set[str] = set()
    next_number: dict[str, int] = {}
    found: list[str] = []
    for name in names:
        plain = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
        plain = "".join("_" if letter in '<>:"|?*' or unicodedata.category(letter)[0] == "C" else letter for letter in plain)
        suffix = next((each for each in ARCHIVE_SUFFIXES if plain.lower().endswith(each)), suffix_of(plain))
        stem, suffix = (plain[: -len(suffix)], plain[-len(suffix) :]) if suffix else (plain, "")
        stem = stem.strip(" .").encode()[:_LONGEST_NAME].decode(errors="ignore") or "file"
        first = stem + suffix
        # Some file systems tell no capitals from small letters.
        number = next_number.get(first.casefold(), 2)
        last = first
        while last.casefold() in taken:
            last = f"{stem} ({number}){suffix}"
            number += 1
        next_number[first.casefold()] = number
        taken.add(last.casefold())
        found.append(last)
    return found


def _chosen(names: Sequence[str]) -> list[int]:
    """Return which files are a task: all pictures, or the one video or archive; others beside them are left out."""
    bases = [name.replace("\\", "/").rpartition("/")[2] for name in names]
    pictures = [number for number, name in enumerate(bases) if is_picture(name)]
    videos = [number for number, name in enumerate(bases) if is_video(name)]
    archives = [number for number, name in enumerate(bases) if name.lower().endswith(ARCHIVE_SUFFIXES)]
    if len(pictures) > MAX_FILES:
        raise MediaError(f"these are more than {MAX_FILES:,} pictures", hint="Pack them in a zip, and upload that")
    if not pictures and not videos and not archives:
        what = (
            f"{_shown(names[0])} is no picture, video or archive"
            if len(names) == 1
            else "there is no picture or video among them"
        )
        raise MediaError(what, hint="Choose pictures, one video, or a zip of pictures")
    if len(videos) + len(archives) > 1 or (pictures and (videos or archives)):
        raise MediaError("a task has pictures, or one video, or one archive of pictures", hint="Make several tasks of these")
    return pictures or videos or archives


def _remarks(files: Sequence[tuple[str, int]], taken: Sequence[int], names: Sequence[str]) -> list[str]:
    left = len(files) - len(taken)
    changed = [new for new, number in zip(names, taken, strict=True) if new != unicodedata.normalize("NFC", files[number][0])]
    notes = []
    if left:
        notes.append(
            "1 file that is no picture was left out" if left == 1 else f"{left} files that are no pictures were left out"
        )
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        notes.append(f"renamed, as the name cannot be used here or is taken: {changed[0]}{more}")
    return notes


def _shown(name: str) -> str:
    return repr(name[-80:])


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    # The mark goes last: what could not be deleted is looked at again another day.
    if not folder.exists():
        folder.with_name(folder.name + _MARK).unlink(missing_ok=True)


def _remove_all(uploads: dict[str, _Upload]) -> None:
    for token in list(uploads):
        upload = uploads.pop(token, None)
        if upload is not None:
            with upload.lock:
                if upload.state == "used":
                    upload.state = "unwanted"
                elif upload.state == "open":
                    upload.remove()


def _sweep(place: Path) -> None:
    """Delete what kernels left that were killed."""
    now = time.time()
    for mark in place.iterdir():
        folder = place / mark.name.removesuffix(_MARK)
        with contextlib.suppress(OSError):
            if _OURS.match(mark.name) and now - mark.stat().st_mtime > _KEPT_SECONDS:
                _remove(folder)
