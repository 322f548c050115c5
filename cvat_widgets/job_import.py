"""Annotations of a file for one job: what is on its frames, and how much is on others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cvat_widgets.errors import FormatError
from cvat_widgets.model.slicing import slice_for_job

if TYPE_CHECKING:
    from cvat_widgets.job import Job
    from cvat_widgets.model.table import AnnotationTable

__all__ = ["import_into_job"]


def import_into_job(job: Job, path: str | Path, format: str | None = None, *, replace: bool = False) -> tuple[int, int]:  # noqa: A002
    """Import what a file has on the frames of a job, as one change.

    Parameters
    ----------
    job
        The job.
    path, format, replace
        As of :meth:`Task.import_annotations`; what is replaced is what this job holds.

    Returns
    -------
    tuple of int
        Number of objects imported, and of those left out because they are on frames of other jobs only.

    Raises
    ------
    FormatError
        The file cannot be read, or has nothing on the frames of this job; nothing is changed.
    LabelError
        The file has a label the task has not; attributes it has not are left out, and a warning says which.
    """
    from cvat_widgets.job import object_count

    table = job._rows_of_file(path, format)
    inside = _of_job(table, job)
    count, kept = object_count(table), object_count(inside)
    if not kept:
        what = "nothing in it is on a frame of this job" if count else "there are no annotations in it"
        raise FormatError(what, where=str(path), hint=f"The job has frames {job.start} to {job.stop}" if count else None)
    job._add_table(inside, origin="import", label=f"Import {Path(path).name}", replace=replace)
    return kept, count - kept


def _of_job(table: AnnotationTable, job: Job) -> AnnotationTable:
    if ((table.frame < job.start) | (table.frame > job.stop)).any():
        # Tracks that go on beyond the job are cut, and get keyframes where they are.
        table = slice_for_job(table, job.start, job.stop)
    return table if job.row.frames is None else table.take(np.isin(table.frame, job.row.frames))
