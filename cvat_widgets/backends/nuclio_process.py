"""A CVAT serverless function in a process of its own, with its own interpreter; JSON lines over pipes."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import threading
import weakref
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from cvat_widgets.backends import nuclio_host
from cvat_widgets.backends.failures import ModelError

__all__ = ["FunctionProcess"]


class FunctionProcess:
    """The same calls as :class:`~cvat_widgets.backends.nuclio_host.FunctionHost`, answered by another process.

    Parameters
    ----------
    folder, handler, env, paths, name
        As for the host.
    interpreter
        The Python to run, e.g. that of an environment with the function's packages; by default this one.
    timeout
        Seconds to wait for one answer; the process is ended then. Loading may take ten times as long.

    Notes
    -----
    A process that has died is started again by the next call.
    """

    def __init__(
        self,
        folder: str,
        handler: str = "main:handler",
        env: Mapping[str, str] | None = None,
        paths: Sequence[str] = (),
        name: str = "f",
        *,
        interpreter: str | None = None,
        timeout: float = 120.0,
    ) -> None:
        self._arguments = {
            "folder": str(folder),
            "handler": handler,
            "env": dict(env or {}),
            "paths": list(paths),
            "name": name,
        }
        self._command = [
            interpreter or sys.executable,
            "-u",
            str(Path(nuclio_host.__file__).resolve()),
            json.dumps(self._arguments),
        ]
        self.name, self.timeout = name, timeout
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._said: deque[str] = deque(maxlen=20)
        self._count = 0
        with self._lock:
            self._start()

    def _start(self) -> None:
        self._lines, self._said = queue.Queue(), deque(maxlen=20)
        try:
            process = subprocess.Popen(  # noqa: S603  # the user's own interpreter and folder
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            raise ModelError(f"the interpreter {self._command[0]!r} does not start: {error}", where=self.name) from None
        self._process = process
        self._finalizer = weakref.finalize(self, _end, process)
        for stream, sink in ((process.stdout, self._lines.put), (process.stderr, self._said.append)):
            threading.Thread(target=_pump, args=(stream, sink), daemon=True).start()
        answer = self._read(self.timeout * 10, "loading")
        if "ready" not in answer:
            self.close()
            raise ModelError(f"the function does not load: {answer.get('error', answer)}", where=self.name)

    def _read(self, timeout: float, doing: str) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=timeout)
        except queue.Empty:
            self.close()
            raise ModelError(
                f"no answer within {timeout:g} seconds while {doing}", where=self.name, hint="Give a larger timeout"
            ) from None
        if line is None:
            code = self._process.wait() if self._process else None
            said = " | ".join(self._said)[-800:]
            self.close()
            raise ModelError(
                f"the process ended (code {code}) while {doing}{': ' + said if said else ''}",
                where=self.name,
                hint="Code -9 usually means that the memory ran out" if code == -9 else None,
            )
        try:
            message: dict[str, Any] = json.loads(line)
        except ValueError:
            self.close()
            raise ModelError(f"the process answered with no JSON: {line[:80]!r}", where=self.name) from None
        return message

    def call(self, body: Any) -> dict[str, Any]:
        """Send one request and wait for its answer."""
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._start()
            self._count += 1
            process = self._process
            if process is None or process.stdin is None:
                raise ModelError("the process is not running", where=self.name)
            try:
                process.stdin.write(json.dumps({"id": self._count, "body": body}) + "\n")
                process.stdin.flush()
            except OSError:
                self._lines.put(None)
            answer = self._read(self.timeout, "answering")
            if "error" in answer:
                raise ModelError(f"the function failed: {answer['error']}", where=self.name)
            return answer

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._finalizer()
            self._process = None


def _pump(stream: IO[str], sink: Any) -> None:
    with stream:
        for line in stream:
            sink(line.rstrip("\n"))
    if getattr(sink, "__name__", "") == "put":
        sink(None)


def _end(process: subprocess.Popen[str]) -> None:
    """Close the pipe, which ends the loop on the other side; if it does not, end the process."""
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    try:
        process.wait(timeout=0.5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=10)
