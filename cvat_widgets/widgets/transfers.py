"""Files on their way between browser and kernel, in parts: bounded, in a folder of their own that goes with the annotator."""

from __future__ import annotations

import re
import secrets
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from cvat_widgets.errors import ProtocolError

__all__ = ["MAX_DOWNLOAD", "MAX_UPLOAD", "PART", "Transfers"]

PART = 2 << 20
"""Bytes of a part: messages to the kernel above 10 MiB take the connection with them."""
MAX_UPLOAD = 512 << 20
MAX_DOWNLOAD = 128 << 20
_MOST = 4
"""Files at a time; the oldest goes first, for a browser that was closed takes nothing away."""
_LONGEST_NAME = 120


@dataclass
class _Transfer:
    path: Path
    size: int
    received: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Transfers:
    """The files of one annotator."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._open: dict[str, _Transfer] = {}
        self._lock = threading.Lock()

    def new_folder(self) -> Path:
        """Return a new empty folder, which goes when the annotator is closed."""
        with self._lock:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="cvat-widgets-")
            return Path(tempfile.mkdtemp(dir=self._folder.name))

    def begin(self, name: str, size: int) -> str:
        """Begin to receive a file of ``size`` bytes; return how it is called from here on.

        Raises
        ------
        ProtocolError
            It is empty, or larger than :data:`MAX_UPLOAD`.
        """
        if not 0 < size <= MAX_UPLOAD:
            raise ProtocolError(
                f"a file to upload has at least one byte and at most {MAX_UPLOAD >> 20} MiB",
                hint="Read a larger one in a cell: task.import_annotations(path)",
            )
        path = self.new_folder() / safe_name(name)
        path.touch()
        return self._add(_Transfer(path, size))

    def offer(self, path: Path) -> str:
        """Have a file fetched by the browser; return how it is called."""
        size = path.stat().st_size
        return self._add(_Transfer(path, size, size))

    def _add(self, transfer: _Transfer) -> str:
        token = secrets.token_hex(8)
        with self._lock:
            self._open[token] = transfer
            oldest = next(iter(self._open)) if len(self._open) > _MOST else None
        if oldest is not None:
            self.drop(oldest)
        return token

    def put(self, token: str, offset: int, data: bytes) -> None:
        """Write the next part of a file.

        Raises
        ------
        ProtocolError
            It is not the next one, or there is more of it than was announced.
        """
        transfer = self._found(token)
        with transfer.lock:
            if offset != transfer.received or not 0 < len(data) <= PART or offset + len(data) > transfer.size:
                raise ProtocolError("a part of the file is missing, or too large", hint="Upload it once more")
            with transfer.path.open("ab") as file:
                file.write(data)
            transfer.received += len(data)

    def part(self, token: str, offset: int) -> bytes:
        """Return the part of a file that begins at ``offset``; empty at its end."""
        with self._found(token).path.open("rb") as file:
            file.seek(offset)
            return file.read(PART)

    def received(self, token: str) -> Path:
        """Return a file that is here as a whole.

        Raises
        ------
        ProtocolError
            Parts are missing.
        """
        transfer = self._found(token)
        if transfer.received != transfer.size:
            raise ProtocolError("the file did not arrive as a whole", hint="Upload it once more")
        return transfer.path

    def _found(self, token: str) -> _Transfer:
        transfer = self._open.get(token)
        if transfer is None:
            raise ProtocolError("this file is no longer here", hint="Upload or download it once more")
        return transfer

    def drop(self, token: str) -> None:
        """Delete a file."""
        with self._lock:
            transfer = self._open.pop(token, None)
        if transfer is not None:
            transfer.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Delete all of them."""
        with self._lock:
            self._open.clear()
            folder, self._folder = self._folder, None
        if folder is not None:
            folder.cleanup()


def safe_name(name: str) -> str:
    """Return the name of a file of the user's as it can be used here: no folders, nothing that hides it, not too long."""
    last = PurePosixPath(name.replace("\\", "/")).name
    plain = re.sub(r"[^\w.()\[\] -]", "_", last).strip(" .") or "annotations"
    stem, dot, suffix = plain.rpartition(".")
    if not dot or len(suffix) > 10:
        return plain[:_LONGEST_NAME]
    return f"{stem[: _LONGEST_NAME - len(suffix) - 1]}.{suffix}"
