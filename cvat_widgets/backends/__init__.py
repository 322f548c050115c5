"""Models: interactors, detectors, trackers and re-identification.

>>> from cvat_widgets.backends import load_backend
>>> tracker = load_backend("optical-flow")

Everything heavy is loaded when it is first used.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from cvat_widgets.backends.failures import ModelError

if TYPE_CHECKING:
    import pandas as pd

    from cvat_widgets.backends.functions import detector, interactor, tracker
    from cvat_widgets.backends.mapping import LabelMapping, mapped
    from cvat_widgets.backends.protocols import Detection, Detector, Interactor, ModelInfo, Prompt, ReIdentifier, Tracker
    from cvat_widgets.backends.registry import backends, describe, load_backend, register
    from cvat_widgets.backends.reidentification import link_boxes

__all__ = [
    "Detection", "Detector", "Interactor", "LabelMapping", "ModelError", "ModelInfo", "Prompt", "ReIdentifier", "Tracker",
    "backends", "describe", "detector", "interactor", "link_boxes", "load_backend", "mapped", "register", "tracker",
]  # fmt: skip

_LAZY = {
    **dict.fromkeys(("detector", "interactor", "tracker"), "functions"),
    **dict.fromkeys(("LabelMapping", "mapped"), "mapping"),
    **dict.fromkeys(("Detection", "Detector", "Interactor", "ModelInfo", "Prompt", "ReIdentifier", "Tracker"), "protocols"),
    **dict.fromkeys(("backends", "describe", "load_backend", "register"), "registry"),
    "link_boxes": "reidentification",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(f"cvat_widgets.backends.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'cvat_widgets.backends' has no attribute {name!r}")


class _CallableModule(ModuleType):
    """``cw.backends()`` is the list of models, ``cw.backends.register`` and the rest are in here, too."""

    def __call__(self) -> pd.DataFrame:
        from cvat_widgets.backends.registry import backends as table

        return table()


sys.modules[__name__].__class__ = _CallableModule
