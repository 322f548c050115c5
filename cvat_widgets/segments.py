"""How frames and annotations of a task are cut into jobs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError, NotFoundError
from cvat_widgets.model.table import AnnotationTable

if TYPE_CHECKING:
    from cvat_widgets.media import FrameSource
    from cvat_widgets.store import JobRow

__all__ = ["check_cut", "cut_segments", "mapped_segments", "slice_for_jobs"]


def check_cut(size: int | None, overlap: int | None) -> None:
    """Refuse sizes and overlaps of jobs that cannot be, before anything is opened.

    Raises
    ------
    AnnotationError
        They are not whole numbers, or negative.
    """
    for name, value in (("segment_size", size), ("overlap", overlap)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0):
            raise AnnotationError(f"{name} is a number of frames, not {value!r:.40}", hint="Leave it out for the usual one")


def cut_segments(count: int, size: int | None, overlap: int) -> list[tuple[int, int]]:
    """Cut frames into jobs as CVAT does: starts ``size - overlap`` apart, the last job may be shorter.

    Source: CVAT's task creation; starts run up to ``count - overlap``, so that no job consists of shared frames only.
    """
    if size is None or size <= 0 or size >= count:
        return [(0, count - 1)]
    starts = range(0, max(count - overlap, 1), size - overlap)
    return [(start, min(start + size, count) - 1) for start in starts]


def mapped_segments(job_frames: Sequence[Sequence[int | str]], media: FrameSource) -> list[tuple[int, int]]:
    """Turn a user's own mapping of frames to jobs into segments."""
    segments: list[tuple[int, int]] = []
    for job, wanted in enumerate(job_frames):
        numbers: list[int] = []
        for item in wanted:
            number = item if isinstance(item, int) else media.index.position(item)
            if number is None:
                raise NotFoundError(f"there is no frame called {item!r}", where=f"job_frames[{job}]")
            numbers.append(number)
        if not numbers or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            raise AnnotationError("the frames of a job must follow one another", where=f"job_frames[{job}]")
        segments.append((numbers[0], numbers[-1]))
    covered = sum(stop - start + 1 for start, stop in segments)
    if covered != len(media) or any(a[1] + 1 != b[0] for a, b in pairwise(segments)):
        raise AnnotationError("the jobs must hold every frame once, in order", where="job_frames")
    return segments


def slice_for_jobs(table: AnnotationTable, jobs: Sequence[JobRow]) -> tuple[AnnotationTable, NDArray[np.int64]]:
    """Give every job its part of the rows; objects that several jobs see become one object a job, with ids of their own."""
    from cvat_widgets.model.slicing import slice_for_job

    parts: list[AnnotationTable] = []
    job_ids: list[NDArray[np.int64]] = []
    shift = 0
    stride = int(max(table.id.max(initial=0), table.track.max(initial=0))) + 1
    for row in jobs:
        part = slice_for_job(table, row.start, row.stop)
        parts.append(
            part.with_columns(
                id=part.id + shift,
                track=np.where(part.track >= 0, part.track + shift, -1),
                parent=np.where(part.parent >= 0, part.parent + shift, -1),
            )
        )
        job_ids.append(np.full(len(part), row.id))
        shift += stride
    return AnnotationTable.concat(parts), np.concatenate(job_ids)
