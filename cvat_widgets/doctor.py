"""Checks of the surroundings: what could keep the package from working here, and what to do about it."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["Finding", "examine"]

Level = Literal["ok", "note", "problem"]

_REQUIRED = ("anywidget", "ipywidgets", "numpy", "pandas", "av", "cv2", "sqlalchemy", "pycocotools", "shapely")
_DISTRIBUTION = {"cv2": ("opencv-python-headless", "opencv-python", "opencv-contrib-python"), "sqlalchemy": ("SQLAlchemy",)}
_OPTIONAL = {
    "jupyterlab": "lab",
    "ipycanvas": "preview",
    "torch": "torch",
    "segment_anything": "sam",
    "transformers": "transformers",
    "onnxruntime": "onnx",
    "openvino": "openvino",
    "distributed": "dask",
    "psycopg": "postgres",
    "jupyterhub": "hub",
    "cvat_sdk": "cvat",
}
_CODECS = ("h264", "hevc", "vp9", "av1", "mpeg4", "mjpeg")


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Parameters
    ----------
    level
        ``ok``; ``note`` for something optional that is missing; ``problem`` for something that will not work.
    subject
        What was looked at.
    text
        What was found.
    advice
        What to do, for notes and problems.
    """

    level: Level
    subject: str
    text: str
    advice: str = ""


def examine() -> Iterator[Finding]:
    """Look at everything, one finding after another; a check that fails is itself a finding."""
    for check in (_python, _packages, _extras, _front_end, _kernel, _store, _codecs, _sqlite):
        yield from _guarded(check)


def _guarded(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from check()
    except Exception as error:  # noqa: BLE001  # a doctor must not fall ill: any failure is what it is there to report
        yield Finding("problem", check.__name__.strip("_"), f"the check itself failed: {error!r}")


def _python() -> Iterator[Finding]:
    version = platform.python_version()
    if (3, 10) <= sys.version_info[:2] <= (3, 13):
        yield Finding("ok", "Python", f"{version} on {platform.system()} {platform.machine()}")
    else:
        yield Finding("problem", "Python", version, "Use Python 3.10 to 3.13.")


def _version(module: str) -> str:
    for name in _DISTRIBUTION.get(module, (module,)):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return "version unknown"


def _packages() -> Iterator[Finding]:
    for module in _REQUIRED:
        try:
            importlib.import_module(module)
        except ImportError as error:
            yield Finding(
                "problem", module, f"cannot be imported: {error}", "Install the package again: pip install cvat-widgets"
            )
        else:
            yield Finding("ok", module, _version(module))


def _extras() -> Iterator[Finding]:
    import importlib.util

    for module, extra in _OPTIONAL.items():
        if importlib.util.find_spec(module) is None:
            yield Finding("note", module, "not installed (optional)", f"pip install 'cvat-widgets[{extra}]'")
        else:
            yield Finding("ok", module, _version(module))


def _front_end() -> Iterator[Finding]:
    bundle = Path(__file__).parent / "static" / "annotator.js"
    if bundle.exists():
        yield Finding("ok", "front end", f"{bundle.stat().st_size // 1024} KB")
    else:
        yield Finding("problem", "front end", "the bundle is missing", "In a clone, build it: npm ci && npm run build")


def _kernel() -> Iterator[Finding]:
    try:
        version = importlib.metadata.version("ipykernel")
    except importlib.metadata.PackageNotFoundError:
        yield Finding(
            "note",
            "kernel",
            "ipykernel is not installed here",
            "pip install ipykernel, to annotate in notebooks of this environment",
        )
        return
    if int(version.split(".")[0]) >= 7:
        yield Finding("ok", "kernel", f"ipykernel {version}: annotation goes on while a cell runs (JupyterLab 4.4 or newer)")
    else:
        yield Finding(
            "note",
            "kernel",
            f"ipykernel {version}: edits wait while a cell runs",
            "pip install -U 'ipykernel>=7' to annotate while a cell runs",
        )


def _store() -> Iterator[Finding]:
    from cvat_widgets.store import Store
    from cvat_widgets.store.filesystem import default_path, is_network_filesystem

    url = os.environ.get("CVAT_WIDGETS_STORE", "")
    if "://" in url and not url.startswith("sqlite:"):
        yield from _remote_store(url)
        return
    path = _plain_path(url) if url else default_path()
    yield Finding("ok", "store", str(path))
    kind = is_network_filesystem(path)
    if kind:
        yield Finding(
            "problem", "filesystem", f"{path.parent} is on {kind}, where SQLite of several hosts loses edits",
            "Set CVAT_WIDGETS_HOME to a local folder, or use one host at a time.",
        )  # fmt: skip
    else:
        yield Finding("ok", "filesystem", "local")
    folder = path.parent
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        yield Finding(
            "problem", "write access", f"{folder} cannot be written", "Set CVAT_WIDGETS_HOME to a folder you can write."
        )
        return
    with tempfile.TemporaryDirectory() as scratch, Store.open(Path(scratch) / "doctor.sqlite") as store:
        yield Finding("ok", "write access", f"a store was made and opened ({store.uuid[:8]})")


def _plain_path(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///")).expanduser()


def _remote_store(url: str) -> Iterator[Finding]:
    """Look at the store that ``CVAT_WIDGETS_STORE`` names: a service of a hub, or a database."""
    import time

    from cvat_widgets.errors import CvatWidgetsError
    from cvat_widgets.store import Store

    try:
        with Store.open(url) as store:
            where, name, security = store.database.where, store.identity, store.security
            role = getattr(store, "role", None)
            started = time.perf_counter()
            count = store.task_page(limit=1)[1]
            spent = 1000 * (time.perf_counter() - started)
            pictures = store.pictures(0) is not None
    except CvatWidgetsError as error:
        yield Finding("problem", "store", error.what, f"It is set in CVAT_WIDGETS_STORE. {error.hint or ''}".strip())
        return
    yield Finding("ok", "store", f"{where}: {count} task{'' if count == 1 else 's'}, answered in {spent:.0f} ms")
    if security != "enforced":
        yield Finding(
            "note", "roles", "advisory: this account may change everything", "Give everybody one of their own: docs/hub.md."
        )
        return
    yield Finding("ok", "roles", f"enforced; you are {name}" + (f", {role}" if role else ""))
    if role is not None and not pictures:
        yield Finding(
            "note", "pictures", "the service gives none: kernels must see the files",
            "Mount them at the same path, or start the service with --media.",
        )  # fmt: skip


def _codecs() -> Iterator[Finding]:
    import av

    missing = [name for name in _CODECS if name not in av.codecs_available and f"lib{name}" not in av.codecs_available]
    if missing:
        yield Finding(
            "note", "video codecs", f"cannot decode {', '.join(missing)}", "Reinstall PyAV from its wheel: pip install -U av"
        )
    else:
        yield Finding("ok", "video codecs", ", ".join(_CODECS))


def _sqlite() -> Iterator[Finding]:
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info >= (3, 35):
        yield Finding("ok", "SQLite", version)
    else:
        yield Finding("problem", "SQLite", version, "Version 3.35 or newer is needed: use a newer Python.")
