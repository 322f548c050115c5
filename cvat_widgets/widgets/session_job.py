"""What a session needs of the job it shows: a job of a store, or a file that is looked at without one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from cvat_widgets.media import FrameSource
    from cvat_widgets.model.frames import FrameIndex
    from cvat_widgets.model.labels import LabelSet
    from cvat_widgets.model.table import AnnotationTable
    from cvat_widgets.store import Store

__all__ = ["SessionJob", "SessionTask"]


class SessionTask(Protocol):
    """What a session needs of a task."""

    @property
    def id(self) -> int:
        """Its id."""
        ...

    @property
    def uid(self) -> str:
        """Its id over all stores."""
        ...

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def mode(self) -> str:
        """Annotation or interpolation."""
        ...

    @property
    def labels(self) -> LabelSet:
        """Its labels."""
        ...

    @property
    def frame_index(self) -> FrameIndex:
        """Its frames."""
        ...

    @property
    def media(self) -> FrameSource:
        """Their pictures."""
        ...


class SessionJob(Protocol):
    """What a session needs of a job."""

    store: Store

    @property
    def task(self) -> SessionTask:
        """The task."""
        ...

    @property
    def id(self) -> int:
        """Its id."""
        ...

    @property
    def start(self) -> int:
        """First frame."""
        ...

    @property
    def stop(self) -> int:
        """Last frame."""
        ...

    @property
    def stage(self) -> str:
        """Its stage."""
        ...

    @property
    def state(self) -> str:
        """Its state."""
        ...

    @property
    def table(self) -> AnnotationTable:
        """Its annotations."""
        ...
