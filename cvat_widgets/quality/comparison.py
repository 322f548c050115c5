"""Comparing annotations with a ground truth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import Label, LabelSet
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.quality.conflicts import find_conflicts
from cvat_widgets.quality.matching import match
from cvat_widgets.quality.report import QualityReport
from cvat_widgets.quality.scene import Scene, prepare
from cvat_widgets.quality.settings import QualityError, QualitySettings
from cvat_widgets.quality.tabular import Vocabulary
from cvat_widgets.quality.tally import tally

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Labels", "compare", "label_set", "last_frame"]

Labels = LabelSet | Iterable[str | Mapping[str, Any] | Label]


def compare(
    gt: AnnotationTable | pd.DataFrame,
    other: AnnotationTable | pd.DataFrame,
    labels: Labels | None = None,
    frames: FrameIndex | None = None,
    settings: QualitySettings = QualitySettings(),  # noqa: B008 - frozen
    *,
    validation_frames: ArrayLike | None = None,
    size: tuple[int, int] | None = None,
) -> QualityReport:
    """Compare annotations with a ground truth, frame by frame.

    Parameters
    ----------
    gt
        The ground truth.
    other
        The annotations.
    labels
        Labels of the task: their order is that of the confusion matrix, their attributes give defaults and types.
    frames
        Frames of the task: their number and sizes.
    settings
        Thresholds, and what is compared.
    validation_frames
        Numbers of the frames to compare. By default all of ``frames``; without these, the frames on which either side has
        something.
    size
        ``(width, height)`` of all frames, where ``frames`` is not given. Needed for points without a box, and polylines.

    Returns
    -------
    QualityReport
        Summaries, conflicts and tables.

    Raises
    ------
    QualityError
        The input cannot be compared.

    Notes
    -----
    Source: CVAT's quality reports (``cvat/apps/quality_control``). Tracks are compared frame by frame. Cuboids are not
    compared; the report says how many there were.
    """
    if frames is not None and not isinstance(frames, FrameIndex):
        raise QualityError(
            f"frames is the list of frames of the task (a FrameIndex), not {type(frames).__name__}",
            hint="Numbers of the frames to compare go into validation_frames=",
        )
    words = Vocabulary(label_set(labels))
    table_gt, table_ds = words.table(gt, "ground truth"), words.table(other, "annotations")
    frame_count = len(frames) if frames is not None else last_frame(table_gt, table_ds, validation_frames) + 1
    wanted = None if validation_frames is None else _checked(validation_frames, frame_count)
    side_gt, side_ds = (prepare(table, frame_count, wanted) for table in (table_gt, table_ds))
    if wanted is None:
        used = np.union1d(side_gt.table.frame[side_gt.objects], side_ds.table.frame[side_ds.objects])
        wanted = np.arange(frame_count) if frames is not None else used.astype(np.int64)
    scene = Scene(frames, size)
    matches = match(side_gt, side_ds, scene, settings)
    names = words.names(np.concatenate((side_gt.table.label[side_gt.objects], side_ds.table.label[side_ds.objects])))
    return QualityReport(
        settings=settings,
        frames=wanted,
        frame_count=frame_count,
        gt=side_gt,
        ds=side_ds,
        counts=tally(side_gt, side_ds, matches, wanted, names, empty_counts=settings.empty_is_annotated),
        found=find_conflicts(side_gt, side_ds, matches, scene, settings, words.labels),
        names=names,
    )


def label_set(labels: Labels | None) -> LabelSet | None:
    """Return a label set of whatever labels can be given as."""
    return None if labels is None else LabelSet.of(labels)


def last_frame(first: AnnotationTable, second: AnnotationTable, frames: ArrayLike | None = None) -> int:
    """Return the greatest frame number in use, -1 for none."""
    numbers = [int(column.max(initial=-1)) for column in (first.frame, second.frame)]
    if frames is not None:
        numbers.append(int(np.asarray(frames, np.int64).max(initial=-1)))
    return max(numbers)


def _checked(frames: ArrayLike, frame_count: int) -> NDArray[np.int64]:
    numbers = np.unique(np.asarray(frames, np.int64))
    wrong = numbers[(numbers < 0) | (numbers >= frame_count)]
    if len(wrong):
        raise QualityError(
            f"frame {wrong[0]} cannot be compared",
            where="validation_frames",
            hint=f"The task has frames 0 to {frame_count - 1}",
        )
    return numbers
