"""What a dataset file holds: labels, frames and annotations, and perhaps pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.table import AnnotationTable

__all__ = ["Dataset"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Labels, frames and annotations together: what formats read and write.

    Parameters
    ----------
    labels
        Labels, fully numbered; ``table.label`` refers to them.
    frames
        Names and sizes; ``table.frame`` counts in them.
    table
        The annotations.
    name
        Name of the task or dataset.
    mode
        ``annotation`` or ``interpolation``.
    media
        ``media(frame)`` returns ``(file name, bytes)``; ``None`` where there are no pictures.
    meta
        What formats keep beyond the model: facts of the task, category ids of a COCO file.
    """

    labels: LabelSet
    frames: FrameIndex
    table: AnnotationTable
    name: str = ""
    mode: str = "annotation"
    media: Callable[[int], tuple[str, bytes]] | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
