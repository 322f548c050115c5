"""From what a file holds to rows of a task: frames found, shares turned into pixels, labels matched, tracks ended."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.fitting import fit_to_task
from cvat_widgets.formats.gap_tracks import close_gaps
from cvat_widgets.formats.matching import match_frames, remap
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.table import AnnotationTable

__all__ = ["rows_for_task"]


def rows_for_task(
    dataset: Dataset, labels: LabelSet, frames: FrameIndex, frame_map: NDArray[np.int32] | None = None
) -> AnnotationTable:
    """Return the annotations of a dataset with the frames and labels of a task.

    Parameters
    ----------
    dataset
        What was read.
    labels, frames
        Those of the task.
    frame_map
        The task's frame for each of the dataset's, -1 for none; by default they are found by their names.

    Raises
    ------
    FormatError
        Annotated frames are not in the task, or their sizes are needed and not known.
    LabelError
        A label is not in the task. Attributes it has not are left out, and a warning says which.
    """
    if frame_map is None:
        frame_map = _frame_map(dataset, frames)
    table = remap(fit_to_task(dataset, labels, frames, frame_map), labels, frame_map)
    return close_gaps(table, len(frames)) if dataset.meta.get("every_frame_is_key") else table


def _frame_map(dataset: Dataset, frames: FrameIndex) -> NDArray[np.int32]:
    found = match_frames(dataset.frames, frames)
    if dataset.meta.get("frames_by_number") and (found < 0).all():
        # Its frames are counted, not named: they are the task's, one after the other.
        numbers = np.arange(len(dataset.frames), dtype=np.int32)
        return np.where(numbers < len(frames), numbers, -1).astype(np.int32)
    return found
