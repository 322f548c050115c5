"""Annotation of images, video and point clouds inside the notebook.

>>> import cvat_widgets as cw
>>> task = cw.Task.create("street", "street.mp4", labels=["car", "person"])  # doctest: +SKIP
>>> cw.Annotator(task)  # doctest: +SKIP

Everything heavy is loaded when it is first used.
"""

from __future__ import annotations

import importlib
import sys
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
from cvat_widgets.model.skeletons import SkeletonTemplate

if TYPE_CHECKING:
    from cvat_widgets import actions, formats, inspect, plots, quality, samples
    from cvat_widgets.actions import action
    from cvat_widgets.backends import detector, interactor, load_backend, tracker
    from cvat_widgets.formats import convert, read_dataset
    from cvat_widgets.frame_ranking import active_learning
    from cvat_widgets.interchange import (
        from_arrow,
        from_polars,
        from_supervision,
        read_parquet,
        rows_from_masks,
        to_arrow,
        to_hf,
        to_parquet,
        to_polars,
        to_supervision,
        to_torch,
    )
    from cvat_widgets.job import Job
    from cvat_widgets.listing import jobs, tasks
    from cvat_widgets.operations_facade import run_action
    from cvat_widgets.project import Project, delete_project, projects
    from cvat_widgets.row_datasets import write_dataset
    from cvat_widgets.static_html import to_html
    from cvat_widgets.store import Store
    from cvat_widgets.task import Task, delete_task
    from cvat_widgets.widgets import Annotator, Viewer
    from cvat_widgets.widgets.contact_sheet import ContactSheet
    from cvat_widgets.widgets.label_editor import LabelEditor
    from cvat_widgets.widgets.linked import LinkedSelection
    from cvat_widgets.widgets.replay import Replay
    from cvat_widgets.widgets.shape_table import ShapeTable
    from cvat_widgets.widgets.studio import Studio

__all__ = [
    "AnnotationError",
    "Annotator",
    "Attribute",
    "ConflictError",
    "ContactSheet",
    "CvatWidgetsError",
    "FormatError",
    "Job",
    "Label",
    "LabelEditor",
    "LabelError",
    "LinkedSelection",
    "MediaError",
    "MissingExtraError",
    "NotFoundError",
    "Project",
    "Replay",
    "ShapeTable",
    "SkeletonTemplate",
    "Store",
    "StoreError",
    "Studio",
    "Task",
    "Viewer",
    "__version__",
    "action",
    "actions",
    "active_learning",
    "backends",
    "convert",
    "delete_project",
    "delete_task",
    "detector",
    "formats",
    "from_arrow",
    "from_polars",
    "from_supervision",
    "inspect",
    "interactor",
    "jobs",
    "load_backend",
    "plots",
    "projects",
    "quality",
    "read_dataset",
    "read_parquet",
    "rows_from_masks",
    "run_action",
    "samples",
    "tasks",
    "to_arrow",
    "to_hf",
    "to_html",
    "to_parquet",
    "to_polars",
    "to_supervision",
    "to_torch",
    "tracker",
    "write_dataset",
]

_LAZY = {
    "write_dataset": "cvat_widgets.row_datasets",
    "active_learning": "cvat_widgets.frame_ranking",
    **dict.fromkeys(("detector", "interactor", "load_backend", "tracker"), "cvat_widgets.backends"),
    "Annotator": "cvat_widgets.widgets",
    "ContactSheet": "cvat_widgets.widgets.contact_sheet",
    "LabelEditor": "cvat_widgets.widgets.label_editor",
    "LinkedSelection": "cvat_widgets.widgets.linked",
    "Studio": "cvat_widgets.widgets.studio",
    "to_html": "cvat_widgets.static_html",
    "Job": "cvat_widgets.job",
    "Project": "cvat_widgets.project",
    "Store": "cvat_widgets.store",
    "Replay": "cvat_widgets.widgets.replay",
    "ShapeTable": "cvat_widgets.widgets.shape_table",
    "Task": "cvat_widgets.task",
    "Viewer": "cvat_widgets.widgets",
    "action": "cvat_widgets.actions",
    **dict.fromkeys(("from_arrow", "from_polars", "to_arrow", "to_hf", "to_polars", "to_torch"), "cvat_widgets.interchange"),
    "convert": "cvat_widgets.formats",
    "delete_project": "cvat_widgets.project",
    "delete_task": "cvat_widgets.task",
    "from_supervision": "cvat_widgets.interchange",
    "projects": "cvat_widgets.project",
    "read_dataset": "cvat_widgets.formats",
    "rows_from_masks": "cvat_widgets.interchange",
    "to_supervision": "cvat_widgets.interchange",
    "to_parquet": "cvat_widgets.interchange",
    "read_parquet": "cvat_widgets.interchange",
    "run_action": "cvat_widgets.operations_facade",
    "jobs": "cvat_widgets.listing",
    "tasks": "cvat_widgets.listing",
}


def _register_accessor() -> None:
    """Give DataFrames ``.cvat`` where pandas is loaded; loading it for that would make every import slow."""
    if "pandas" in sys.modules:
        importlib.import_module("cvat_widgets.interchange.accessor")


_register_accessor()


def __getattr__(name: str) -> Any:
    _register_accessor()
    if name in ("samples", "formats", "actions", "backends", "inspect", "plots", "quality"):
        return importlib.import_module(f"cvat_widgets.{name}")
    if name == "__version__":
        from importlib.metadata import version

        return version("cvat-widgets")
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'cvat_widgets' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
