"""Where picture files lie: a folder, an archive, a remote store. One small interface for all of them."""

from __future__ import annotations

import os.path
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

from cvat_widgets.errors import MediaError
from cvat_widgets.media.headers import PICTURE_SUFFIXES
from cvat_widgets.media.limits import MAX_MEMBER_BYTES
from cvat_widgets.media.video.container import VIDEO_SUFFIXES

__all__ = [
    "ARCHIVE_SUFFIXES",
    "Files",
    "Members",
    "checked_name",
    "common_names",
    "context_folder",
    "contexts_in",
    "is_context",
    "is_picture",
    "is_video",
    "remark",
    "suffix_of",
    "unreadable",
]

ARCHIVE_SUFFIXES: Final = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")

_DRIVE = re.compile(r"^[A-Za-z]:")
_CONTEXT_FOLDER = "related_images"


def suffix_of(name: str) -> str:
    """Return the lower-case ending of a name, with the dot."""
    base = name.rpartition("/")[2]
    return f".{base.rpartition('.')[2].lower()}" if "." in base else ""


def is_picture(name: str) -> bool:
    """Whether a name is that of a picture that becomes a frame (context images and hidden files do not)."""
    parts = name.split("/")
    hidden = parts[-1].startswith(".") or "__MACOSX" in parts
    return suffix_of(name) in PICTURE_SUFFIXES and not hidden and _CONTEXT_FOLDER not in parts[:-1]


def context_folder(name: str) -> str:
    """Return the folder of a picture's context images: ``a/cat.jpg`` has them in ``a/related_images/cat_jpg``, as in CVAT."""
    folder, slash, base = name.rpartition("/")
    return f"{folder}{slash}{_CONTEXT_FOLDER}/{base.replace('.', '_')}"


def is_context(name: str) -> bool:
    """Whether a name is that of a context image."""
    parts = name.split("/")
    return suffix_of(name) in PICTURE_SUFFIXES and not parts[-1].startswith(".") and _CONTEXT_FOLDER in parts[:-1]


def contexts_in(names: Iterable[str], member: str) -> list[str]:
    """Return those of some names that are context images of a member."""
    start = context_folder(member) + "/"
    return [name for name in names if name.startswith(start) and "/" not in name[len(start) :] and is_context(name)]


def is_video(name: str) -> bool:
    """Whether a name is that of a video."""
    return suffix_of(name) in VIDEO_SUFFIXES and not name.rpartition("/")[2].startswith(".")


def checked_name(name: str, where: str) -> str:
    """Return an archive member's name with forward slashes; refuse names that point outside of the archive.

    Raises
    ------
    MediaError
        The name is absolute, has a drive, a ``..`` part or a control character.
    """
    plain = name.replace("\\", "/")
    problem = None
    if plain.startswith("/") or _DRIVE.match(plain):
        problem = "is absolute"
    elif ".." in plain.split("/"):
        problem = "climbs out of its folder with '..'"
    elif any(ord(letter) < 32 for letter in plain):
        problem = "has control characters"
    if problem:
        raise MediaError(
            f"the name {name!r} {problem}", where=where, hint="Pack the pictures again, with names relative to their folder"
        )
    return "/".join(part for part in plain.split("/") if part not in ("", "."))


class Members(ABC):
    """Named picture files. Thread-safe."""

    @abstractmethod
    def read(self, member: str) -> bytes:
        """Return the bytes of a member.

        Raises
        ------
        MediaError
            It is missing, too large or damaged.
        """

    @abstractmethod
    def open(self, member: str) -> BinaryIO:
        """Open a member to read its header; the caller closes it."""

    @abstractmethod
    def where(self, member: str) -> str:
        """Return how to name a member in an error."""

    def context_of(self, member: str) -> list[str]:  # noqa: ARG002  # for places that can be listed
        """Return the members that are context images of a member."""
        return []

    @property
    @abstractmethod
    def spec(self) -> dict[str, Any]:
        """How to open the same place again."""

    def close(self) -> None:
        """Release files."""
        return


class Files(Members):
    """Files below a folder, by relative name (or absolute ones elsewhere)."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, member: str) -> bytes:
        """Return the bytes of a member."""
        path = self.root / member
        try:
            size = path.stat().st_size
            if size > MAX_MEMBER_BYTES:
                raise MediaError(
                    f"the file has {size:,} bytes, more than {MAX_MEMBER_BYTES:,}",
                    where=str(path),
                    hint="Cut the picture into parts",
                )
            return path.read_bytes()
        except OSError as error:
            raise unreadable(error, str(path)) from None

    def open(self, member: str) -> BinaryIO:
        """Open a member to read its header."""
        path = self.root / member
        try:
            return path.open("rb")
        except OSError as error:
            raise unreadable(error, str(path)) from None

    def context_of(self, member: str) -> list[str]:
        """Return the members that are context images of a member."""
        folder = self.root / context_folder(member)
        try:
            found = [each for each in folder.iterdir() if each.is_file()]
        except OSError:
            return []
        return [name for each in found if is_context(name := each.relative_to(self.root).as_posix())]

    def where(self, member: str) -> str:
        """Return how to name a member in an error."""
        return str(self.root / member)

    @property
    def spec(self) -> dict[str, Any]:
        """How to open this again, as JSON."""
        return {"type": "files", "root": str(self.root)}


def unreadable(error: OSError, where: str) -> MediaError:
    """Return the error for a file the operating system does not give us."""
    if isinstance(error, FileNotFoundError):
        return MediaError("there is no such file", where=where, hint="Check the path, or put the file back where it was")
    if isinstance(error, PermissionError):
        return MediaError("the file may not be read", where=where, hint="Change its permissions")
    return MediaError(f"the file cannot be read ({error.strerror or error})", where=where, hint="Check the path and the disk")


def remark(skipped: int, where: str) -> tuple[str, ...]:
    """Return the note about files that are no pictures."""
    if not skipped:
        return ()
    what = "1 file is no picture and was" if skipped == 1 else f"{skipped} files are no pictures and were"
    return (f"{where}: {what} skipped",)


def common_names(paths: Sequence[Path]) -> tuple[Path, list[str]]:
    """Return the deepest folder all files lie in, and the names relative to it with forward slashes."""
    root = Path(os.path.commonpath([str(path.parent) for path in paths]))
    return root, [path.relative_to(root).as_posix() for path in paths]
