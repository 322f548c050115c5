"""A read-only view of annotations or of bare media."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from cvat_widgets.job import Job
from cvat_widgets.store import Store
from cvat_widgets.task import Task
from cvat_widgets.widgets.annotator import Annotator

__all__ = ["Viewer"]


class Viewer(Annotator):
    """The annotator without the means to change anything.

    Parameters
    ----------
    target
        A :class:`Task`, a :class:`Job`, or media as :meth:`Task.create` takes them; media are shown without being kept as a
        task.
    height
        Height of the cell's output in pixels.
    frame
        First frame to show.
    """

    def __init__(self, target: Any, *, height: int = 640, frame: int | None = None, **unknown: Any) -> None:
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        if not isinstance(target, (Task, Job)):
            self._scratch = tempfile.TemporaryDirectory(prefix="cvat-widgets-viewer-")
            store = Store.open(Path(self._scratch.name) / "viewer.sqlite")
            target = Task.create("viewer", target, store=store)
        super().__init__(target, height=height, frame=frame, read_only=True, **unknown)

    def close(self) -> None:
        """Take the viewer off the page."""
        super().close()
        if self._scratch is not None:
            self.task.store.close()
            self._scratch.cleanup()
