"""What the store hands out: plain frozen records of tasks, jobs, commits and snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.changes import ChangeSet
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.table import AnnotationTable

__all__ = ["Commit", "HistoryState", "JobRow", "Snapshot", "TaskRow", "TaskSpec"]


@dataclass(frozen=True)
class TaskSpec:
    """What is needed to create a task.

    Parameters
    ----------
    segments
        ``(first frame, last frame)`` of each job, inclusive.
    media
        JSON object from which the frames are opened again.
    """

    name: str
    labels: LabelSet
    frames: FrameIndex
    media: dict[str, Any]
    segments: Sequence[tuple[int, int]]
    mode: str = "annotation"
    dimension: str = "2d"
    kind: str = "images"
    fps: float | None = None
    overlap: int = 0
    subset: str = ""
    project_id: int | None = None
    owner: str | None = None


@dataclass(frozen=True)
class TaskRow:
    """A task as the store has it; ``revision`` is that of the moment it was read."""

    id: int
    uid: str
    name: str
    mode: str
    dimension: str
    kind: str
    fps: float | None
    size: int
    overlap: int
    subset: str
    media: dict[str, Any]
    revision: int
    created: datetime
    updated: datetime
    project_id: int | None
    owner: str | None = None
    assignee: str | None = None
    bug_tracker: str = ""


@dataclass(frozen=True)
class JobRow:
    """A job; ``start`` and ``stop`` are its first and last frame, ``frames`` those it has if it has not all between them."""

    id: int
    task_id: int
    type: str
    stage: str
    state: str
    assignee: str | None
    start: int
    stop: int
    parent_id: int | None = None
    reviewer: str | None = None
    frames: tuple[int, ...] | None = None
    created: str = ""
    updated: str = ""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """All annotations of a task or job at one revision.

    Parameters
    ----------
    table
        The rows.
    revision
        The revision.
    job_of
        int64 of shape (n,): job of each row.
    """

    table: AnnotationTable
    revision: int
    job_of: NDArray[np.int64]


@dataclass(frozen=True)
class HistoryState:
    """What undo and redo would do, or ``None`` where there is nothing."""

    undo: str | None
    redo: str | None


@dataclass(frozen=True)
class Commit:
    """A change that is on disk.

    Parameters
    ----------
    job_id
        The job it belongs to; ``None`` if it touches several.
    changes
        What changed; ``None`` for a block too large to list.
    repeated
        Whether this is the answer to an operation that had been committed before.
    id_map
        Ids that were given out: from the one asked for to the one assigned.
    undoes
        The revision taken back, for an undo.
    """

    task_id: int
    revision: int
    job_id: int | None
    op_id: str | None
    author: str
    origin: str
    label: str
    time: datetime
    changes: ChangeSet | None
    repeated: bool = False
    id_map: dict[int, int] = field(default_factory=dict)
    undoes: int | None = None

    def changes_for(self, job_id: int) -> ChangeSet | None:
        """Return what a view of one job must apply: nothing if it was another job's, ``None`` for "read everything again"."""
        if self.job_id is not None and self.job_id != job_id:
            return ChangeSet()
        return self.changes
