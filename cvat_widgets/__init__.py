"""Annotation of images, video and point clouds inside the notebook.

>>> import cvat_widgets as cw
>>> task = cw.Task.create("street", "street.mp4", labels=["car", "person"])  # doctest: +SKIP
>>> cw.Annotator(task)  # doctest: +SKIP

Everything heavy is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from cvat_widgets.errors import (
    AnnotationError,
    ConflictError,
    CvatWidgetsError,
    FormatError,
    LabelError,
    MediaError,
    MissingExtraError,
    NotFoundError,
    StoreError,
)
from cvat_widgets.model.labels import Attribute, Label

if TYPE_CHECKING:
    from cvat_widgets import formats, samples
    from cvat_widgets.formats import convert, read_dataset
    from cvat_widgets.job import Job
    from cvat_widgets.store import Store
    from cvat_widgets.task import Task, delete_task, tasks
    from cvat_widgets.widgets import Annotator, Viewer

__all__ = [
    "AnnotationError",
    "Annotator",
    "Attribute",
    "ConflictError",
    "CvatWidgetsError",
    "FormatError",
    "Job",
    "Label",
    "LabelError",
    "MediaError",
    "MissingExtraError",
    "NotFoundError",
    "Store",
    "StoreError",
    "Task",
    "Viewer",
    "__version__",
    "convert",
    "delete_task",
    "formats",
    "read_dataset",
    "samples",
    "tasks",
]

_LAZY = {
    "Annotator": "cvat_widgets.widgets",
    "Job": "cvat_widgets.job",
    "Store": "cvat_widgets.store",
    "Task": "cvat_widgets.task",
    "Viewer": "cvat_widgets.widgets",
    "convert": "cvat_widgets.formats",
    "delete_task": "cvat_widgets.task",
    "read_dataset": "cvat_widgets.formats",
    "tasks": "cvat_widgets.task",
}


def __getattr__(name: str) -> Any:
    if name in ("samples", "formats"):
        return importlib.import_module(f"cvat_widgets.{name}")
    if name == "__version__":
        from importlib.metadata import version

        return version("cvat-widgets")
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'cvat_widgets' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
