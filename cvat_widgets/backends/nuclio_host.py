"""Runs the Python of a CVAT serverless function: what Nuclio's processor gives it, and nothing else of Nuclio.

The file uses the standard library only and runs as a script, too: then it reads one JSON object a line from standard input
and answers one JSON object a line, so that a function can have an interpreter and packages of its own. Nothing is pickled.
"""

from __future__ import annotations

import asyncio
import base64
import builtins
import contextlib
import datetime as dt
import importlib
import inspect
import json
import logging
import os
import sys
import threading
import traceback
import types
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["Context", "Event", "FunctionHost", "Response"]

_CONTAINER = "/opt/nuclio"
_ONE_AT_A_TIME = threading.RLock()


class Response:
    """``context.Response`` of Nuclio's Python SDK."""

    def __init__(
        self,
        headers: Mapping[str, Any] | None = None,
        body: Any = None,
        content_type: str | None = None,
        status_code: int = 200,
        event_id: str | None = None,
    ) -> None:
        self.headers = dict(headers or {})
        self.body = body
        self.status_code = status_code
        self.content_type = content_type or "text/plain"
        self.event_id = event_id

    def __repr__(self) -> str:
        return f"Response(status_code={self.status_code!r}, content_type={self.content_type!r}, body={self.body!r})"


class _Logger:
    """Nuclio's logger on top of :mod:`logging`."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(f"cvat_widgets.functions.{name}")

    def _log(self, level: int, message: object, args: Sequence[Any], values: Mapping[str, Any]) -> None:
        extra = " ".join(f"{key}={value!r}" for key, value in values.items())
        self._logger.log(level, "%s %s", str(message) % tuple(args) if args else message, extra)

    def debug(self, message: object, *args: Any) -> None:
        self._log(logging.DEBUG, message, args, {})

    def info(self, message: object, *args: Any) -> None:
        self._log(logging.INFO, message, args, {})

    def warn(self, message: object, *args: Any) -> None:
        self._log(logging.WARNING, message, args, {})

    def error(self, message: object, *args: Any) -> None:
        self._log(logging.ERROR, message, args, {})

    def debug_with(self, message: object, *args: Any, **values: Any) -> None:
        self._log(logging.DEBUG, message, args, values)

    def info_with(self, message: object, *args: Any, **values: Any) -> None:
        self._log(logging.INFO, message, args, values)

    def warn_with(self, message: object, *args: Any, **values: Any) -> None:
        self._log(logging.WARNING, message, args, values)

    def error_with(self, message: object, *args: Any, **values: Any) -> None:
        self._log(logging.ERROR, message, args, values)

    warning, exception, warning_with = warn, error, warn_with


class Context:
    """``context`` of Nuclio's Python SDK: logger, ``user_data``, ``Response``, worker and trigger."""

    def __init__(self, name: str) -> None:
        self.logger = _Logger(name)
        self.user_data = types.SimpleNamespace()
        self.Response = Response
        self.worker_id = 0
        self.trigger = types.SimpleNamespace(name="myHttpTrigger", kind="http", klass="sync")
        self.trigger_name = "myHttpTrigger"
        self.platform = types.SimpleNamespace(kind="local", namespace="cvat")


class Event:
    """``event`` of Nuclio's Python SDK for a POST of JSON: ``body`` is the decoded object."""

    def __init__(self, body: Any) -> None:
        self.body = body
        self.content_type = "application/json"
        self.trigger = types.SimpleNamespace(klass="sync", kind="http")
        self.fields: dict[str, Any] = {}
        self.headers = {"Content-Type": "application/json"}
        self.id = str(uuid.uuid4())
        self.method = "POST"
        self.path = "/"
        self.url = "/"
        self.size = None
        self.timestamp = dt.datetime.now(dt.timezone.utc)
        self.shard_id = self.num_shards = self.type = self.type_version = self.version = None

    def get_header(self, header_key: str) -> str | None:
        """Return a header, whatever its case."""
        return next((value for key, value in self.headers.items() if key.lower() == header_key.lower()), None)


class FunctionHost:
    """The module of a function, loaded beside whatever other modules of the same names there are.

    Parameters
    ----------
    folder
        Where ``main.py`` and its neighbours are; it stands for ``/opt/nuclio`` of the container.
    handler
        ``module:function`` as in ``function.yaml``.
    env
        Environment variables in force while the function runs.
    paths
        More folders to import from.
    name
        For the logger.
    """

    def __init__(
        self,
        folder: str,
        handler: str = "main:handler",
        env: Mapping[str, str] | None = None,
        paths: Sequence[str] = (),
        name: str = "f",
    ) -> None:
        self.folder = str(Path(folder).resolve())
        self.env = dict(env or {})
        self._roots = [self.folder, *(str(Path(path).resolve()) for path in paths)]
        self._modules: dict[str, types.ModuleType] = {}
        self.context = Context(name)
        module_name, _, function_name = handler.partition(":")
        with self._entered():
            module = importlib.import_module(module_name.replace("/", "."))
            self._handler: Callable[[Any, Any], Any] = getattr(module, function_name or "handler")
            start = getattr(module, "init_context", None)
            if start is not None:
                _finished(start(self.context))

    def call(self, body: Any) -> dict[str, Any]:
        """Call the handler with a JSON object; return ``status`` and ``body`` (decoded where it is JSON)."""
        with self._entered():
            return _answer(_finished(self._handler(self.context, Event(body))))

    @contextlib.contextmanager
    def _entered(self) -> Iterator[None]:
        """Put the function's modules, paths, variables and files in place, and take them away again."""
        with _ONE_AT_A_TIME:
            names = self._own_names()
            hidden = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in names}
            for name in hidden:
                del sys.modules[name]
            sys.modules.update(self._modules)
            paths, variables, opened = list(sys.path), {key: os.environ.get(key) for key in self.env}, builtins.open
            sys.path[:0] = self._roots
            os.environ.update(self.env)
            builtins.open = self._open_in(opened)
            importlib.invalidate_caches()
            try:
                yield
            finally:
                builtins.open = opened
                sys.path[:] = paths
                for key, value in variables.items():
                    if value is None:
                        os.environ.pop(key, None)
                    else:
                        os.environ[key] = value
                self._modules = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in names}
                for name in self._modules:
                    del sys.modules[name]
                sys.modules.update(hidden)

    def _own_names(self) -> set[str]:
        names = set()
        for root in self._roots:
            for entry in Path(root).iterdir() if Path(root).is_dir() else ():
                if entry.suffix == ".py" or (entry / "__init__.py").is_file():
                    names.add(entry.stem)
        return names - {"cvat_widgets", "__main__", "__init__"}

    def _open_in(self, opened: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``open`` that finds ``/opt/nuclio/…`` in the function's folder unless such a file is really there."""

        def open_file(file: Any, *args: Any, **options: Any) -> Any:
            if isinstance(file, (str, os.PathLike)):
                path = os.fspath(file)
                if isinstance(path, str) and path.startswith(_CONTAINER + "/") and not Path(path).exists():
                    file = str(Path(self.folder) / path[len(_CONTAINER) + 1 :])
            return opened(file, *args, **options)

        return open_file


def _finished(result: Any) -> Any:
    """Wait for a coroutine, in a thread of its own since the kernel's loop is running."""
    if not inspect.iscoroutine(result):
        return result
    box: list[Any] = []

    def wait() -> None:
        try:
            box.append((True, asyncio.run(result)))
        except BaseException as error:  # noqa: BLE001  # handed over to the caller
            box.append((False, error))

    thread = threading.Thread(target=wait)
    thread.start()
    thread.join()
    done, value = box[0]
    if not done:
        raise value
    return value


def _answer(output: Any) -> dict[str, Any]:
    """Read a handler's output by the rules of Nuclio's SDK."""
    status, body, content_type = 200, output, "application/json"
    if isinstance(output, tuple) and len(output) == 2:
        status, body = output
    elif hasattr(output, "status_code") and hasattr(output, "body"):
        status, body, content_type = output.status_code, output.body, str(output.content_type)
    if isinstance(body, (bytes, bytearray)):
        try:
            body = bytes(body).decode()
        except UnicodeDecodeError:
            return {"status": int(status), "body": base64.b64encode(body).decode("ascii")}
    if isinstance(body, str) and ("json" in content_type or body.lstrip()[:1] in ("[", "{")):
        with contextlib.suppress(ValueError):
            body = json.loads(body)
    return {"status": int(status), "body": body}


def _serve(arguments: Mapping[str, Any]) -> None:
    """Answer requests until standard input ends. What the function prints goes to standard error."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout = sys.stderr

    def send(message: Mapping[str, Any]) -> None:
        channel.write(json.dumps(message, default=str) + "\n")
        channel.flush()

    try:
        host = FunctionHost(**arguments)
    except BaseException as error:  # noqa: BLE001  # told to the other side
        send({"error": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()})
        return
    send({"ready": True})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            send({"id": request["id"], **host.call(request["body"])})
        except Exception as error:  # noqa: BLE001
            send({"id": request["id"], "error": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()})


if __name__ == "__main__":
    # The folder of this file must not be importable: the function has its own modules of such names.
    sys.path[:] = [path for path in sys.path if Path(path or ".").resolve() != Path(__file__).resolve().parent]
    _given = json.loads(sys.argv[1])
    os.chdir(_given["folder"])
    _serve(_given)
