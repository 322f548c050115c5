"""Datasets that only a task can complete: fractions that need frame sizes, joints that need names.

A reader that meets such a file puts a function under ``meta["fit"]``; an import calls it with the labels of the task and the
sizes of its frames before labels and frames are matched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import LabelSet

__all__ = ["Fit", "ScaledFit", "fit_to_task", "sizes_of_rows"]

Fit: TypeAlias = Callable[[LabelSet, NDArray[np.int32], NDArray[np.int32]], Dataset]
"""``fit(labels, widths, heights)``: the dataset in pixels of frames of these sizes (0: not known)."""


def fit_to_task(dataset: Dataset, labels: LabelSet, frames: FrameIndex, frame_map: NDArray[np.int32]) -> Dataset:
    """Return the dataset in the pixels of a task and with its joints; the dataset itself if its file says everything.

    Parameters
    ----------
    dataset
        What was read.
    labels, frames
        Those of the task.
    frame_map
        The task's frame for each of the dataset's, -1 for none.
    """
    fit: Fit | None = dataset.meta.get("fit")
    if fit is None:
        return dataset
    known = frame_map >= 0
    place = np.where(known, frame_map, 0)
    sizes = [
        np.where(known, theirs[place], own).astype(np.int32) if len(theirs) else own
        for theirs, own in ((frames.widths, dataset.frames.widths), (frames.heights, dataset.frames.heights))
    ]
    return fit(labels, *sizes)


@dataclass(frozen=True, eq=False)
class ScaledFit:
    """The fit of shapes whose points grow with their frame, which rectangles and polygons do: nothing is kept but the table.

    Parameters
    ----------
    dataset
        The dataset in pixels; where a size is not known, in fractions.
    """

    dataset: Dataset

    def __call__(self, _labels: LabelSet, widths: NDArray[np.int32], heights: NDArray[np.int32]) -> Dataset:
        """Return the dataset in pixels of frames of these sizes."""
        frames, table = self.dataset.frames, self.dataset.table
        frame = np.repeat(table.frame, np.diff(table.offsets) // 2)
        points = table.points.copy()
        for axis, (theirs, own) in enumerate(((widths, frames.widths), (heights, frames.heights))):
            points[axis::2] *= (np.where(theirs > 0, theirs, 1) / np.where(own > 0, own, 1))[frame]
        fitted = FrameIndex(frames.names, widths, heights, frames.subsets, frames.ids)
        return replace(
            self.dataset, table=replace(table, points=points), frames=fitted, meta={**self.dataset.meta, "fit": self}
        )


def sizes_of_rows(dataset: Dataset, frame: NDArray[np.int32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return width and height of the frame of each row, for formats whose files hold fractions.

    Raises
    ------
    FormatError
        The size of a frame that is needed is not known.
    """
    width = np.asarray(dataset.frames.widths, np.float64)[frame]
    height = np.asarray(dataset.frames.heights, np.float64)[frame]
    unknown = (width <= 0) | (height <= 0)
    if unknown.any():
        name = dataset.frames.names[int(frame[int(np.argmax(unknown))])]
        raise FormatError(
            f"the size of the frame {name!r} is not known",
            where=dataset.name or None,
            hint="Coordinates are written as fractions of it; import into a task first, or put the pictures into the file",
        )
    return width, height
