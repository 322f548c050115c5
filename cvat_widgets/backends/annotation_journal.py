"""What a long run of a model has found so far, kept in a file so that the same call goes on where it was cut off.

The file is one header line and one JSON line a finished chunk of frames, written whole: a killed process loses none of them.
It is flushed to disk once a second, so that a power cut costs a second of work. A line that was torn is dropped when the file
is read again: its chunk is done again. The header holds the id of the run, which is
the operation id of the change set that the run becomes, so that it is written to the store once, however often it is tried.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

import msgspec

from cvat_widgets.errors import StoreError
from cvat_widgets.model.records import Shape, Tag

__all__ = ["Journal"]

FLUSH_EVERY = 1.0
"""Seconds. A fast detector finishes a chunk in a tenth of one, and a disk may take as long for a flush."""


class _Header(msgspec.Struct):
    run: str
    plan: str


class _Chunk(msgspec.Struct):
    chunk: int
    records: list[Shape | Tag]


class Journal:
    """The file of one run.

    Parameters
    ----------
    path
        The file; its folder is made when it is needed.
    plan
        Text that tells which call this is. A file of another plan is begun anew.
    resume
        Whether to go on with what is there.
    """

    def __init__(self, path: Path, plan: str, *, resume: bool = True) -> None:
        self.path = path
        self.done: dict[int, list[Shape | Tag]] = {}
        self.run = uuid.uuid4().hex
        self.flushed = time.monotonic()
        whole = self._read(plan) if resume else 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if whole:
                os.truncate(path, whole)
            else:
                path.write_bytes(msgspec.json.encode(_Header(self.run, plan)) + b"\n")
        except OSError as error:
            raise StoreError(f"the progress of the model cannot be written: {error}", where=str(path)) from error

    def _read(self, plan: str) -> int:
        """Read what is there; return how many bytes of it are whole lines of this plan."""
        try:
            lines = self.path.read_bytes().split(b"\n")[:-1]
            header = msgspec.json.decode(lines[0], type=_Header)
        except (OSError, IndexError, msgspec.DecodeError):
            return 0
        if header.plan != plan:
            return 0
        self.run = header.run
        whole = len(lines[0]) + 1
        for line in lines[1:]:
            try:
                chunk = msgspec.json.decode(line, type=_Chunk)
            except msgspec.DecodeError:
                break
            self.done.setdefault(chunk.chunk, chunk.records)
            whole += len(line) + 1
        return whole

    def add(self, chunk: int, records: Sequence[Shape | Tag]) -> None:
        """Keep a finished chunk, whatever becomes of this process. A chunk that is there already is left as it is."""
        if chunk in self.done:
            return
        kept = list(records)
        line = msgspec.json.encode(_Chunk(chunk, kept)) + b"\n"
        try:
            with self.path.open("ab", buffering=0) as file:
                file.write(line)
                if time.monotonic() >= self.flushed + FLUSH_EVERY:
                    os.fsync(file.fileno())
                    self.flushed = time.monotonic()
        except OSError as error:
            raise StoreError(f"the progress of the model cannot be written: {error}", where=str(self.path)) from error
        self.done[chunk] = kept

    def remove(self) -> None:
        """Forget the run."""
        self.path.unlink(missing_ok=True)
