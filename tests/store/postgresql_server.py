"""A throwaway PostgreSQL on loopback, run by an account without privileges."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def binaries() -> Path | None:
    """Return the folder of ``initdb`` and ``postgres``, the newest version, ``None`` if they are not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    plain = shutil.which("initdb")
    return Path(plain).resolve().parent if plain else None


def _account() -> tuple[int, int] | None:
    """Return whom to run it as: nobody special if we are root, which the server refuses."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
    raise RuntimeError("there is no account to run PostgreSQL as")


class Server:
    """A running server; :meth:`database` makes an empty database."""

    def __init__(self, folder: Path) -> None:
        found = binaries()
        assert found is not None
        self.programs = found
        self.folder = folder
        self.account = _account()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.count = 0

    def _run(self, *command: str) -> None:
        options = {"user": self.account[0], "group": self.account[1], "extra_groups": []} if self.account else {}
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, timeout=120, **options)

    def init(self) -> None:
        if self.account:
            os.chown(self.folder, *self.account)
        self._run(
            str(self.programs / "initdb"),
            "-D",
            str(self.folder / "data"),
            "-U",
            "owner",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
        )

    def start(self) -> None:
        options = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories={self.folder}"
        self._run(
            str(self.programs / "pg_ctl"),
            "-D",
            str(self.folder / "data"),
            "-w",
            "-l",
            str(self.folder / "log"),
            "-o",
            options,
            "start",
        )

    def stop(self, mode: str = "fast") -> None:
        self._run(str(self.programs / "pg_ctl"), "-D", str(self.folder / "data"), "-w", "-m", mode, "stop")

    def url(self, database: str) -> str:
        return f"postgresql://owner@127.0.0.1:{self.port}/{database}"

    def database(self) -> str:
        import psycopg

        self.count += 1
        name = f"test_{self.count}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)


@contextmanager
def server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="cvat_widgets_pg_"))
    folder.chmod(0o755)
    made = Server(folder)
    try:
        made.init()
        made.start()
        yield made
    finally:
        with suppress(subprocess.SubprocessError):
            made.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)
