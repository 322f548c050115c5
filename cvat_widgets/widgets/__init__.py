"""The notebook face: widgets and the protocol they speak with the browser."""

from __future__ import annotations

from cvat_widgets.widgets.annotator import Annotator
from cvat_widgets.widgets.viewer import Viewer

__all__ = ["Annotator", "Viewer"]
