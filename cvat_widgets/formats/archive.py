"""Dataset files in and out: folders, zips and single files, read with bounds, written all or nothing."""

from __future__ import annotations

import contextlib
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from cvat_widgets.errors import FormatError

__all__ = ["Members", "Sink", "open_members", "write_atomically"]

_MAX_MEMBER = 4 << 30
_MAX_RATIO = 400
_MAX_MEMBERS = 2_000_000
_SMALL = 1 << 20
_BLOCK = 1 << 14
_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0)
_MOST_AT_ONCE = 1 << 28


class Members:
    """The files of a dataset, by name with forward slashes.

    Parameters
    ----------
    path
        A folder, a zip or a single file.

    Raises
    ------
    FormatError
        It is not there, damaged, encrypted, or has names that lead out of it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._zip: zipfile.ZipFile | None = None
        self._folder = str(path)
        self._file = str(path) if path.is_file() else ""
        if not path.exists():
            raise FormatError("the file does not exist", where=str(path), hint="Check the path")
        if path.is_dir():
            self.names = sorted(_files_below(str(path)))
        elif zipfile.is_zipfile(path):
            self.names = self._zip_names()
        else:
            if path.stat().st_size == 0:
                raise FormatError("the file is empty", where=str(path))
            with path.open("rb") as file:
                if file.read(4) == b"PK\x03\x04":
                    raise FormatError("the zip is cut off or damaged", where=str(path), hint="Export or download it again")
            self.names = [path.name]

    def _zip_names(self) -> list[str]:
        try:
            self._zip = zipfile.ZipFile(self.path)
            entries = [entry for entry in self._zip.infolist() if not entry.is_dir()]
        except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
            raise FormatError(f"the zip is damaged: {error}", where=str(self.path)) from None
        if len(entries) > _MAX_MEMBERS:
            raise FormatError(f"the zip has more than {_MAX_MEMBERS} files", where=str(self.path))
        for entry in entries:
            where = f"{self.path.name}: {entry.filename[:120]!r}"
            name = entry.filename
            if name.startswith(("/", "\\")) or ".." in PurePosixPath(name.replace("\\", "/")).parts or ":" in name[:3]:
                raise FormatError("a name in the zip leads out of it", where=where, hint="The file is not safe to open")
            if entry.flag_bits & 1:
                raise FormatError("the zip is encrypted", where=where, hint="Unpack it with its password first")
            ratio = entry.file_size / max(entry.compress_size, 1)
            if entry.file_size > _MAX_MEMBER or (entry.file_size > _SMALL and ratio > _MAX_RATIO):
                raise FormatError("a file in the zip unpacks to an unreasonable size", where=where)
        return [entry.filename for entry in entries]

    def read(self, name: str) -> bytes:
        """Return the bytes of a member."""
        try:
            if self._zip is not None:
                with self._zip.open(name) as file:
                    data = file.read(_MAX_MEMBER + 1)
            else:
                data = _file_bytes(self._file or f"{self._folder}/{name}")
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            raise FormatError(f"it cannot be read: {error}", where=self.where(name)) from None
        if len(data) > _MAX_MEMBER:
            raise FormatError("it unpacks to more than 4 GiB", where=self.where(name))
        return data

    def blocks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a member piece by piece, so that a large one is never in memory as a whole."""
        left = _MAX_MEMBER
        try:
            path = Path(self._file or f"{self._folder}/{name}")
            with self._zip.open(name) if self._zip is not None else path.open("rb") as file:
                while data := file.read(_SMALL):
                    left -= len(data)
                    if left < 0:
                        raise FormatError("it unpacks to more than 4 GiB", where=self.where(name))
                    yield data
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            raise FormatError(f"it cannot be read: {error}", where=self.where(name)) from None

    def head(self, name: str, count: int) -> bytes:
        """Return the first bytes of a member, fewer if it is shorter."""
        if self._zip is not None:
            try:
                with self._zip.open(name) as file:
                    return file.read(count)
            except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
                raise FormatError(f"it cannot be read: {error}", where=self.where(name)) from None
        try:
            return _file_bytes(self._file or f"{self._folder}/{name}", count)
        except OSError as error:
            raise FormatError(f"it cannot be read: {error}", where=self.where(name)) from None

    def where(self, name: str) -> str:
        """Return how an error names a member."""
        return str(self.path) if self.path.is_file() and self._zip is None else f"{self.path}: {name}"

    def close(self) -> None:
        """Close the zip."""
        if self._zip is not None:
            self._zip.close()


def _file_bytes(path: str, most: int = _MAX_MEMBER + 1) -> bytes:
    """Return the first bytes of a file. Datasets have one small file a picture; a file object costs more than reading it."""
    handle = os.open(path, _FLAGS)
    try:
        data = os.read(handle, min(_BLOCK, most))
        if len(data) < _BLOCK or most == _BLOCK:
            # A regular file gives all it has, up to what was asked for.
            return data
        os.lseek(handle, 0, os.SEEK_SET)
        # As a rule one piece: joining several would have the file in memory twice.
        parts = []
        left = min(most, os.fstat(handle).st_size)
        while left > 0 and (data := os.read(handle, min(_MOST_AT_ONCE, left))):
            parts.append(data)
            left -= len(data)
        return parts[0] if len(parts) == 1 else b"".join(parts)
    finally:
        os.close(handle)


def _files_below(folder: str, prefix: str = "") -> list[str]:
    """Return the names of the files in a folder and below; links are not followed, so that none leads out of it."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                found.append(prefix + entry.name)
            elif entry.is_dir(follow_symlinks=False):
                found += _files_below(entry.path, f"{prefix}{entry.name}/")
    return found


@contextlib.contextmanager
def open_members(path: str | Path) -> Iterator[Members]:
    """Open a dataset for reading."""
    members = Members(Path(path).expanduser())
    try:
        yield members
    finally:
        members.close()


class Sink:
    """Where a format writes its files: straight into a zip."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names: set[str] = set()

    def write(self, name: str, data: bytes | str, *, compress: bool = True) -> None:
        """Add a file; ``compress=False`` for pictures, which are compressed already."""
        self._archive.writestr(self._entry(name, compress), data, compresslevel=1 if compress else None)

    @contextlib.contextmanager
    def stream(self, name: str) -> Iterator[Callable[[bytes], object]]:
        """Add a file piece by piece, so that a large one is never in memory as a whole."""
        entry = self._entry(name, compress=True)
        entry._compresslevel = 1  # type: ignore[attr-defined]  # public from Python 3.13 on
        with self._archive.open(entry, "w", force_zip64=True) as file:
            yield file.write

    def _entry(self, name: str, compress: bool) -> zipfile.ZipInfo:
        safe = "/".join(part for part in PurePosixPath(name.replace("\\", "/")).parts if part not in ("/", "..", "."))
        if safe in self._names:
            raise FormatError(f"two files would be called {safe!r}", hint="Frame names must differ in exports with images")
        self._names.add(safe)
        entry = zipfile.ZipInfo(safe, (2026, 1, 1, 0, 0, 0))
        entry.external_attr = 0o644 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        return entry


@contextlib.contextmanager
def write_atomically(path: Path) -> Iterator[Sink]:
    """Give a sink whose zip takes the place of ``path`` once everything is written, and never before."""
    folder = path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=folder, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise FormatError(f"the file cannot be written: {error.strerror}", where=str(path)) from None
    try:
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            yield Sink(archive)
        Path(scratch).chmod(0o644)
        Path(scratch).replace(path)
    except OSError as error:
        raise FormatError(f"the file cannot be written: {error.strerror or error}", where=str(path)) from None
    finally:
        Path(scratch).unlink(missing_ok=True)
