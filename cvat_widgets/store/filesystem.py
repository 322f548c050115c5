"""Where a store lies, and whether SQLite can be trusted there.

On network filesystems SQLite's write-ahead log, shared by two hosts, loses acknowledged rows without any error. There the
store uses the old
rollback journal and lets only one host write at a time.
"""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path

from cvat_widgets.errors import StoreError

__all__ = ["HostGuard", "default_path", "is_network_filesystem"]

_NETWORK = ("nfs", "cifs", "smb", "9p", "lustre", "gpfs", "beegfs", "ceph", "afs", "glusterfs", "fuse.")
_STALE_AFTER = 120.0


def default_path() -> Path:
    """Return the path of the user's own store: below ``CVAT_WIDGETS_HOME``, else below ``~/.local/share``."""
    home = os.environ.get("CVAT_WIDGETS_HOME")
    folder = Path(home).expanduser() if home else Path.home() / ".local" / "share" / "cvat_widgets"
    return folder / "annotations.sqlite"


def is_network_filesystem(path: Path) -> str | None:
    """Return the type of the filesystem a path is on (or will be made on) if it is shared over a network, else ``None``."""
    folder = path if path.exists() else path.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    kind = _filesystem_type(folder.resolve(), Path("/proc/self/mountinfo"))
    return kind if kind and kind.startswith(_NETWORK) else None


def _filesystem_type(folder: Path, mountinfo: Path) -> str | None:
    """Return the type of the mount that holds a folder, as Linux tells it; ``None`` elsewhere."""
    try:
        lines = mountinfo.read_text().splitlines()
    except OSError:
        return None
    best, kind = -1, None
    for line in lines:
        mount, _, filesystem = line.partition(" - ")
        point = mount.split()[4].encode().decode("unicode_escape")
        inside = str(folder) == point or str(folder).startswith(point.rstrip("/") + "/")
        if inside and len(point) >= best:
            best, kind = len(point), filesystem.split()[0]
    return kind


class HostGuard:
    """Keeps a second host from writing to a store on a network filesystem.

    A file beside the store names the host that writes; it is renewed on every write and goes stale after two minutes.
    """

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(database.name + ".host")
        self.host = f"{socket.gethostname()}:{_boot_id()}"
        self._renewed = 0.0

    def check(self) -> None:
        """Take or renew the guard.

        Raises
        ------
        StoreError
            Another host holds it.
        """
        now = time.time()
        if now - self._renewed < _STALE_AFTER / 4:
            return
        try:
            held = json.loads(self.path.read_text())
        except (OSError, ValueError):
            held = None
        if held and held.get("host") != self.host and now - float(held.get("time", 0)) < _STALE_AFTER:
            raise StoreError(
                f"the store is on a network filesystem and {str(held['host']).split(':')[0]} is writing to it",
                where=str(self.path),
                hint="Work on one host at a time, or set CVAT_WIDGETS_HOME to a local folder",
            )
        self.path.write_text(json.dumps({"host": self.host, "time": now}))
        self._renewed = now


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "unknown"
