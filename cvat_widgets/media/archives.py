"""Pictures in zip and tar archives, read in place; everything an archive says about itself is checked first."""

from __future__ import annotations

import io
import stat
import tarfile
import threading
import zipfile
from typing import Any, BinaryIO

from cvat_widgets.errors import MediaError
from cvat_widgets.media.limits import MAX_ARCHIVE_BYTES, MAX_ARCHIVE_MEMBERS, MAX_MEMBER_BYTES, MAX_RATIO, RATIO_FLOOR
from cvat_widgets.media.members import Members, checked_name, contexts_in, is_context, is_picture, unreadable

__all__ = ["TarMembers", "ZipMembers", "tar_pictures"]


class ZipMembers(Members):
    """Pictures of a zip, read in place.

    Parameters
    ----------
    path
        The archive.
    stream
        The opened archive where it is not a local file.
    """

    def __init__(self, path: str, stream: BinaryIO | None = None) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            self._zip = zipfile.ZipFile(stream or path)
        except OSError as error:
            raise unreadable(error, path) from None
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise MediaError(f"the zip is damaged or no zip ({error})", where=path, hint="Copy or download it again") from None
        try:
            self._infos, self.skipped = self._checked()
        except BaseException:
            self._zip.close()
            raise

    @property
    def names(self) -> list[str]:
        """Names of the pictures, in archive order."""
        return [name for name in self._infos if is_picture(name)]

    def context_of(self, member: str) -> list[str]:
        """Return the members that are context images of a member."""
        return contexts_in(self._infos, member)

    def _checked(self) -> tuple[dict[str, zipfile.ZipInfo], int]:
        members = self._zip.infolist()
        if len(members) > MAX_ARCHIVE_MEMBERS:
            raise MediaError(f"the zip has {len(members):,} members, more than {MAX_ARCHIVE_MEMBERS:,}", where=self.path)
        chosen: dict[str, zipfile.ZipInfo] = {}
        skipped = total = 0
        for info in members:
            if info.is_dir():
                continue
            where = f"{self.path}: {info.filename!r}"
            name = checked_name(info.filename, self.path)
            if not is_picture(name) and not is_context(name):
                skipped += 1
                continue
            if stat.S_ISLNK(info.external_attr >> 16):
                raise _link(where)
            if info.flag_bits & 1:
                raise MediaError("the member is encrypted", where=where, hint="Unpack the archive with its password first")
            _check_unpacked(info.file_size, info.compress_size, where)
            total += info.file_size
            _keep(chosen, name, info, self.path)
        _check_total(total, self.path)
        return chosen, skipped

    def read(self, member: str) -> bytes:
        """Return the bytes of a member."""
        try:
            with self.open(member) as stream:
                return stream.read()
        except MediaError:
            raise
        except Exception as error:  # noqa: BLE001  zlib.error, BadZipFile, EOFError … have no common base
            raise MediaError(
                f"the member is damaged ({error})", where=self.where(member), hint="Copy or download the archive again"
            ) from None

    def open(self, member: str) -> BinaryIO:
        """Open a member to read its header."""
        info = self._infos.get(member)
        if info is None:
            raise MediaError("the archive has no such member", where=self.where(member), hint="Put the original archive back")
        with self._lock:
            try:
                return self._zip.open(info)  # type: ignore[return-value]
            except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError) as error:
                raise MediaError(
                    f"the member cannot be read ({error})", where=self.where(member), hint="Pack the archive again"
                ) from None

    def where(self, member: str) -> str:
        """Return how to name a member in an error."""
        return f"{self.path}: {member}"

    @property
    def spec(self) -> dict[str, Any]:
        """How to open this again, as JSON."""
        return {"type": "zip", "path": self.path}

    def close(self) -> None:
        """Release files and memory."""
        self._zip.close()


class TarMembers(Members):
    """Pictures of an uncompressed tar, read in place."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            self._tar = tarfile.open(path, "r:")  # noqa: SIM115  closed by close()
        except OSError as error:
            raise unreadable(error, path) from None
        except tarfile.TarError as error:
            raise MediaError(f"the tar is damaged or no tar ({error})", where=path, hint="Copy or download it again") from None
        try:
            self._infos, self.skipped = tar_pictures(self._tar, path)
        except BaseException:
            self._tar.close()
            raise

    @property
    def names(self) -> list[str]:
        """Names of the pictures, in archive order."""
        return [name for name in self._infos if is_picture(name)]

    def context_of(self, member: str) -> list[str]:
        """Return the members that are context images of a member."""
        return contexts_in(self._infos, member)

    def read(self, member: str) -> bytes:
        """Return the bytes of a member."""
        info = self._infos.get(member)
        if info is None:
            raise MediaError("the archive has no such member", where=self.where(member), hint="Put the original archive back")
        with self._lock:
            try:
                stream = self._tar.extractfile(info)
                data = b"" if stream is None else stream.read()
            except (tarfile.TarError, OSError) as error:
                raise MediaError(
                    f"the member is damaged ({error})", where=self.where(member), hint="Copy the archive again"
                ) from None
        if len(data) != info.size:
            raise MediaError("the archive ends inside this member", where=self.where(member), hint="Copy or download it again")
        return data

    def open(self, member: str) -> BinaryIO:
        """Open a member to read its header."""
        return io.BytesIO(self.read(member))

    def where(self, member: str) -> str:
        """Return how to name a member in an error."""
        return f"{self.path}: {member}"

    @property
    def spec(self) -> dict[str, Any]:
        """How to open this again, as JSON."""
        return {"type": "tar", "path": self.path}

    def close(self) -> None:
        """Release files and memory."""
        self._tar.close()


def tar_pictures(tar: tarfile.TarFile, path: str) -> tuple[dict[str, tarfile.TarInfo], int]:
    """Return the pictures of a tar by checked name, context images too, and how many other files it has."""
    chosen: dict[str, tarfile.TarInfo] = {}
    skipped = total = 0
    try:
        for count, info in enumerate(tar):
            if count >= MAX_ARCHIVE_MEMBERS:
                raise MediaError(f"the tar has more than {MAX_ARCHIVE_MEMBERS:,} members", where=path)
            if info.isdir():
                continue
            name = checked_name(info.name, path)
            if not is_picture(name) and not is_context(name):
                skipped += 1
                continue
            where = f"{path}: {info.name!r}"
            if not info.isfile():
                raise _link(where)
            _check_unpacked(info.size, info.size, where)
            total += info.size
            _check_total(total, path)
            _keep(chosen, name, info, path)
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise MediaError(f"the tar is damaged or cut off ({error})", where=path, hint="Copy or download it again") from None
    return chosen, skipped


def _keep(chosen: dict[str, Any], name: str, info: Any, path: str) -> None:
    if name in chosen:
        raise MediaError(f"two members are called {name!r}", where=path, hint="Pack the archive again with one name a picture")
    chosen[name] = info


def _link(where: str) -> MediaError:
    return MediaError(
        "the member is a link or a device, not a file", where=where, hint="Pack the archive again, following links (tar -h)"
    )


def _check_unpacked(size: int, packed: int, where: str) -> None:
    if size > MAX_MEMBER_BYTES:
        raise MediaError(
            f"the member claims to unpack to {size:,} bytes, more than {MAX_MEMBER_BYTES:,}",
            where=where,
            hint="Remove it from the archive",
        )
    if size > RATIO_FLOOR and size > MAX_RATIO * max(packed, 1):
        raise MediaError(
            f"the member would grow {size // max(packed, 1)} times to {size:,} bytes when unpacked, as zip bombs do",
            where=where,
            hint="Remove it, or unpack the archive yourself if you trust it",
        )


def _check_total(total: int, path: str) -> None:
    if total > MAX_ARCHIVE_BYTES:
        raise MediaError(
            f"the pictures would unpack to {total:,} bytes, more than {MAX_ARCHIVE_BYTES:,}",
            where=path,
            hint="Split the archive",
        )
