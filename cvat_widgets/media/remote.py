"""Pictures and videos behind a URL, through fsspec (http, s3, gs, az, memory …)."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path
from typing import Any, BinaryIO

from cvat_widgets.errors import MediaError, MissingExtraError
from cvat_widgets.media.cache import atomic_write, cache_directory
from cvat_widgets.media.limits import MAX_MEMBER_BYTES
from cvat_widgets.media.members import Members, suffix_of

__all__ = ["RemoteMembers", "download", "is_url", "list_remote", "open_remote"]

_URL = re.compile(r"^[a-z][a-z0-9+.-]+(://|::)")
_BLOCK = 1 << 16


def is_url(text: str) -> bool:
    """Whether a text is a URL that fsspec opens (a Windows drive is none)."""
    return bool(_URL.match(text))


def filesystem(url: str) -> tuple[Any, str]:
    """Return the fsspec file system of a URL and the path in it."""
    import fsspec

    try:
        system, path = fsspec.core.url_to_fs(url)
    except ImportError as error:
        package = error.name or url.partition(":")[0]
        raise MissingExtraError(package, "cloud", f"Reading {url.partition(':')[0]} addresses") from None
    except ValueError as error:
        raise MediaError(
            f"the address cannot be opened ({error})", where=url, hint="Use http, https, s3, gs, az or a local path"
        ) from None
    return system, path


def list_remote(url: str) -> list[str]:
    """Return the files a URL stands for: itself, the matches of a pattern, or all files below a folder."""
    system, path = filesystem(url)
    try:
        if any(sign in path for sign in "*?["):
            found = sorted(system.glob(path))
        elif suffix_of(path) or system.isfile(path):
            return [url]
        else:
            found = sorted(system.find(path))
    except (OSError, ValueError) as error:
        raise MediaError(
            f"the address cannot be listed ({error})", where=url, hint="Check the address and your access to it"
        ) from None
    return [system.unstrip_protocol(name) for name in found]


def open_remote(url: str) -> BinaryIO:
    """Open a remote file for reading in parts."""
    system, path = filesystem(url)
    try:
        stream: BinaryIO = system.open(path, "rb", block_size=_BLOCK)
    except (OSError, ValueError) as error:
        raise _unreachable(error, url) from None
    return stream


def download(url: str) -> Path:
    """Copy a remote video into the cache (once for each version of it) and return where it is."""
    system, path = filesystem(url)
    try:
        version = str(system.ukey(path))
    except (OSError, ValueError, NotImplementedError) as error:
        raise _unreachable(error, url) from None
    name = hashlib.sha256(f"{url}\n{version}".encode()).hexdigest()[:32] + suffix_of(path)
    target = cache_directory("remote") / name
    if not target.is_file():
        with open_remote(url) as source:
            atomic_write(target, lambda stream: shutil.copyfileobj(source, stream, 1 << 20))
    return target


class RemoteMembers(Members):
    """Pictures by URL."""

    def __init__(self, root: str) -> None:
        self.root = root

    def read(self, member: str) -> bytes:
        """Return the bytes of a member."""
        url = self.where(member)
        system, path = filesystem(url)
        try:
            size = system.size(path)
            if size is not None and size > MAX_MEMBER_BYTES:
                raise MediaError(
                    f"the file has {size:,} bytes, more than {MAX_MEMBER_BYTES:,}", where=url, hint="Cut the picture into parts"
                )
            data: bytes = system.cat_file(path)
        except (OSError, ValueError) as error:
            raise _unreachable(error, url) from None
        return data

    def open(self, member: str) -> BinaryIO:
        """Open a member to read its header."""
        return open_remote(self.where(member))

    def where(self, member: str) -> str:
        """Return how to name a member in an error."""
        return member if is_url(member) else self.root + member

    @property
    def spec(self) -> dict[str, Any]:
        """How to open this again, as JSON."""
        return {"type": "remote", "root": self.root}


def _unreachable(error: Exception, url: str) -> MediaError:
    if isinstance(error, FileNotFoundError):
        return MediaError("there is no such file", where=url, hint="Check the address")
    return MediaError(
        f"the file cannot be reached ({error})", where=url, hint="Check the address, the connection and your access"
    )
