"""Compressed tars: unpacked once into the cache, since a member is only reached by unpacking all that comes before it."""

from __future__ import annotations

import json
import lzma
import shutil
import tarfile
import tempfile
import zlib
from pathlib import Path
from typing import Any

from cvat_widgets.errors import MediaError
from cvat_widgets.media.archives import TarMembers, tar_pictures
from cvat_widgets.media.cache import cache_directory, file_identity
from cvat_widgets.media.limits import MAX_RATIO, RATIO_FLOOR
from cvat_widgets.media.members import Files, Members, contexts_in, is_picture, unreadable

__all__ = ["UnpackedTar", "open_tar"]

_BLOCK = 1 << 20


class UnpackedTar(Members):
    """Pictures of a compressed tar. Files in the cache are numbered; names of the archive never reach the file system."""

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            folder = cache_directory("tar") / file_identity(Path(path))
            listing = folder / "names.json"
            if not listing.is_file():
                _unpack(path, folder)
            stored: dict[str, Any] = json.loads(listing.read_text("utf-8"))
        except OSError as error:
            raise unreadable(error, path) from None
        self._files = Files(folder)
        self._number: dict[str, str] = stored["names"]
        self.skipped: int = stored["skipped"]

    @property
    def names(self) -> list[str]:
        """Names of the pictures, in archive order."""
        return [name for name in self._number if is_picture(name)]

    def context_of(self, member: str) -> list[str]:
        """Return the members that are context images of a member."""
        return contexts_in(self._number, member)

    def read(self, member: str) -> bytes:
        """Return the bytes of a member."""
        return self._files.read(self._file(member))

    def open(self, member: str) -> Any:
        """Open a member to read its header."""
        return self._files.open(self._file(member))

    def where(self, member: str) -> str:
        """Return how to name a member in an error."""
        return f"{self.path}: {member}"

    @property
    def spec(self) -> dict[str, Any]:
        """How to open this again, as JSON."""
        return {"type": "tar", "path": self.path}

    def _file(self, member: str) -> str:
        if member not in self._number:
            raise MediaError("the archive has no such member", where=self.where(member), hint="Put the original archive back")
        return self._number[member]


def open_tar(path: str) -> UnpackedTar | TarMembers:
    """Open a tar, compressed or not."""
    try:
        with Path(path).open("rb") as stream:
            start = stream.read(6)
    except OSError as error:
        raise unreadable(error, path) from None
    compressed = start.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0"))
    return UnpackedTar(path) if compressed else TarMembers(path)


def _unpack(path: str, folder: Path) -> None:
    """Unpack the pictures into ``folder``, all or nothing."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    allowed = max(RATIO_FLOOR, MAX_RATIO * Path(path).stat().st_size)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".unpacking-"))
    damaged = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError)
    try:
        try:
            with tarfile.open(path, "r:*") as tar:
                _refuse_bomb(tar, allowed, path)
                infos, skipped = tar_pictures(tar, path)
                names = {}
                for number, (name, info) in enumerate(infos.items()):
                    source = tar.extractfile(info)
                    if source is None:
                        raise tarfile.TarError(f"{name!r} has no content")
                    names[name] = f"{number:08d}"
                    with (temporary / names[name]).open("wb") as target:
                        shutil.copyfileobj(source, target, _BLOCK)
        except damaged as error:
            raise MediaError(f"the tar is damaged or cut off ({error})", where=path, hint="Copy or download it again") from None
        (temporary / "names.json").write_text(json.dumps({"names": names, "skipped": skipped}), "utf-8")
        try:
            temporary.rename(folder)
        except OSError:
            if not (folder / "names.json").is_file():  # another process was not faster either
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _refuse_bomb(tar: tarfile.TarFile, allowed: int, path: str) -> None:
    """Walk the headers and stop as soon as the unpacked size passes the bound."""
    for info in tar:
        if info.offset_data + info.size > allowed:
            raise MediaError(
                f"the archive would grow more than {MAX_RATIO} times when unpacked, as decompression bombs do",
                where=path,
                hint="Unpack it yourself if you trust it",
            )
