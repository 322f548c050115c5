"""A job: the frames of a task that one person annotates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError
from cvat_widgets.model.numbering import dense, numbered, shifted
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.operations_facade import ObjectOperations
from cvat_widgets.review import JobReview
from cvat_widgets.views import AnnotationView

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from cvat_widgets.model.frames import FrameIndex
    from cvat_widgets.model.labels import LabelSet
    from cvat_widgets.proposal import Proposal
    from cvat_widgets.quality import Verdict
    from cvat_widgets.recording import Recording
    from cvat_widgets.store import Commit, JobRow, Store
    from cvat_widgets.task import Task

__all__ = ["EditableAnnotations", "Job", "object_count"]

_SMALL = 500
"""Up to so many rows an edit is written (and shown on open canvases) object by object; above, as one columnar block."""


class EditableAnnotations(ObjectOperations):
    """Annotations that follow the store and can be changed; the base of :class:`Task` and :class:`Job`.

    Every read sees the present revision: what was drawn on a canvas a moment ago is in the next DataFrame, and what is written
    here appears on the open canvases.
    """

    store: Store
    task_id: int
    job_id: int | None = None
    user: str

    def __init__(self) -> None:
        self._read: tuple[int, AnnotationTable, NDArray[np.int64]] | None = None

    # -- reading -------------------------------------------------------------------------------------------------

    @property
    def revision(self) -> int:  # type: ignore[override]  # here it follows the store
        """Number of changes made to the task so far."""
        return self.store.task(self.task_id).revision

    @property
    def table(self) -> AnnotationTable:  # type: ignore[override]
        """The present annotations as columns, overlaps of jobs merged; do not change the arrays."""
        return self._current()[1]

    @property
    def labels(self) -> LabelSet:  # type: ignore[override]
        """Labels of the task."""
        return self.store.labels(self.task_id)

    @property
    def frame_index(self) -> FrameIndex:  # type: ignore[override]
        """Names and sizes of all frames of the task."""
        return self.store.frames(self.task_id)

    def _current(self) -> tuple[int, AnnotationTable, NDArray[np.int64]]:
        if self._read is None or self._read[0] != self.revision:
            snapshot = self.store.load(self.task_id, job_id=self.job_id)
            self._read = (snapshot.revision, self._merge(snapshot.table, snapshot.job_of), snapshot.job_of)
        return self._read

    def _merge(self, table: AnnotationTable, job_of: NDArray[np.int64]) -> AnnotationTable:  # noqa: ARG002  # for tasks of several jobs
        return table

    def at(self, revision: int) -> AnnotationView:
        """Return the annotations as they were after a revision (0: empty)."""
        snapshot = self.store.at(self.task_id, revision)
        table = snapshot.table
        job_of = snapshot.job_of
        if self.job_id is not None:
            chosen = job_of == self.job_id
            table, job_of = table.take(chosen), job_of[chosen]
        return AnnotationView(self._merge(table, job_of), self.labels, self.frame_index, revision)

    def log(self) -> pd.DataFrame:
        """Return every change, the oldest first.

        Columns: ``revision, time, author, origin, label``, the numbers of objects ``added, updated, removed`` (``<NA>`` for a
        block
        written at once), and ``undoes``, the revision that was taken back.
        """
        import pandas as pd

        rows = []
        for commit in self.store.log(self.task_id, job_id=self.job_id):
            changes = commit.changes
            rows.append(
                {
                    "revision": commit.revision,
                    "time": commit.time,
                    "author": commit.author,
                    "origin": commit.origin,
                    "label": commit.label,
                    "added": len(changes.added) if changes else None,
                    "updated": len(changes.updated) if changes else None,
                    "removed": len(changes.removed) if changes else None,
                    "undoes": commit.undoes,
                }
            )
        columns = ["revision", "time", "author", "origin", "label", "added", "updated", "removed", "undoes"]
        whole = ("added", "updated", "removed", "undoes")
        return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(whole, "Int64"))

    def diff(self, a: int, b: int | None = None) -> pd.DataFrame:
        """Return what differs between two revisions.

        Parameters
        ----------
        a, b
            Revisions; ``b`` defaults to the present one.

        Returns
        -------
        pandas.DataFrame
            ``change`` (added, updated, removed), ``id``, ``field``, ``before``, ``after``: one row a changed column of an
            object (for
            tracks: of a keyframe, with its ``frame``), one row an added or removed row.
        """
        from cvat_widgets.editing import difference

        return difference(self.at(a).to_frame(), self.at(self.revision if b is None else b).to_frame())

    def replay(self, start: int | None = None, stop: int | None = None) -> Recording:
        """Return the changes between two revisions step by step; in a notebook they are replayed on a canvas.

        Parameters
        ----------
        start
            Revision to begin with, by default 0.
        stop
            Last revision, by default the present one.

        Returns
        -------
        Recording
            Iterating gives steps with ``entry`` (who, what, when) and ``table`` (the annotations after it).
        """
        from cvat_widgets.recording import Recording

        return Recording(self, start, stop)

    # -- changing ------------------------------------------------------------------------------------------------

    def add(self, data: pd.DataFrame | Iterable[Mapping[str, Any]] | Mapping[str, Any]) -> list[int]:
        """Add objects.

        Parameters
        ----------
        data
            A DataFrame or records with ``frame, label, type, points`` and any of the other columns of
            :mod:`cvat_widgets.dataframe`;
            rows with the same ``track_id`` become one track. Given ids are not kept: the store numbers objects.

        Returns
        -------
        list of int
            Ids of the new objects, in order of their first row.

        Raises
        ------
        AnnotationError, LabelError
            A row cannot be used; nothing is added.
        """
        from cvat_widgets.dataframe import from_dataframe

        rows = [data] if isinstance(data, Mapping) else data
        table = from_dataframe(rows, self.labels, self.frame_index)
        return self._add_table(numbered(table), origin="python", label=_count("Add", object_count(table)))

    def _rows_of_file(self, path: str | Path, format: str | None) -> AnnotationTable:  # noqa: A002
        """Read a file of annotations as rows with the frames and labels of the task; refuse what cannot be."""
        from cvat_widgets.formats import read_dataset, rows_for_task

        table = rows_for_task(read_dataset(path, format), self.labels, self.frame_index)
        problems = table.problems(self.labels, len(self.frame_index))
        if problems:
            raise AnnotationError("; ".join(problems), where=str(path), hint="Nothing was imported")
        return table

    def _add_table(self, table: AnnotationTable, *, origin: str, label: str, replace: bool = False) -> list[int]:
        raise NotImplementedError  # Task and Job know which jobs the rows go to

    def update(self, data: pd.DataFrame) -> int:
        """Write changed rows back; only what differs is written, in one revision.

        Parameters
        ----------
        data
            Rows with ``id`` (and ``frame``, for tracks) and any columns to change. A frame where a track has no keyframe gets
            one.

        Returns
        -------
        int
            Number of objects that changed.

        Raises
        ------
        NotFoundError, AnnotationError, LabelError
            An id is unknown or a value cannot be used; nothing is changed.
        ConflictError
            Somebody changed the same field at the same moment.
        """
        from cvat_widgets.editing import owners, update_edit

        revision, table, _ = self._current()
        ids = [int(value) for value in data["id"].unique()] if "id" in data else []
        records = self.store.records(self.task_id, owners(table, ids))
        edit = update_edit(data, table, self.labels, self.frame_index, records)
        if edit.updated:
            self._commit(edit, base=revision, label=_count("Update", len(edit.updated)))
        return len(edit.updated)

    def apply(self, data: pd.DataFrame, *, delete: bool = False) -> Proposal:
        """Compare rows with what is stored and return what they would change: a table, pictures, and ``commit()``.

        Parameters
        ----------
        data
            Rows with an ``id`` change that object (tracks: that keyframe), rows without one are new objects.
        delete
            Whether objects that are in no row are removed.

        Raises
        ------
        NotFoundError, AnnotationError, LabelError
            An id is unknown or a value cannot be used.
        """
        from cvat_widgets.proposal import Proposal

        return Proposal(self, data, delete=delete)

    def delete(self, ids: object) -> int:
        """Delete objects by id (one, a list, a column, or rows with a column ``id``); return how many."""
        from cvat_widgets.editing import removal

        revision, table, _ = self._current()
        edit = removal(ids, set(table.id[table.parent < 0].tolist()))
        if edit.removed:
            self._commit(edit, base=revision, label=_count("Delete", len(edit.removed)))
        return len(edit.removed)

    def _commit(self, edit: Any, *, base: int, label: str) -> Commit:
        return self.store.commit(
            self.task_id, edit, job_id=self.job_id, base=base, author=self.user, origin="python", label=label
        )

    def undo(self) -> str | None:
        """Take back the last change of this user, whether made on a canvas, here or by a model; return its name."""
        name = self.store.history(self.task_id, job_id=self.job_id, author=self.user).undo
        return name if self.store.undo(self.task_id, job_id=self.job_id, author=self.user) else None

    def redo(self) -> str | None:
        """Make again what was last taken back; return its name."""
        name = self.store.history(self.task_id, job_id=self.job_id, author=self.user).redo
        return name if self.store.redo(self.task_id, job_id=self.job_id, author=self.user) else None

    def on_change(self, callback: Callable[[Commit], None]) -> Callable[[], None]:
        """Call a function after every change of the task, from whatever canvas, cell or kernel; return how to stop it."""
        return self.store.subscribe(self.task_id, callback)


class Job(JobReview, EditableAnnotations):
    """A job of a task; made by :attr:`Task.jobs`.

    Parameters
    ----------
    task
        The task.
    row
        The job as the store has it.
    """

    def __init__(self, task: Task, row: JobRow) -> None:
        super().__init__()
        self.task = task
        self.row = row
        self.store = task.store
        self.task_id = task.id
        self.job_id = row.id
        self.user = task.user

    @property
    def id(self) -> int:
        """Id of the job."""
        return self.row.id

    @property
    def start(self) -> int:
        """First frame."""
        return self.row.start

    @property
    def stop(self) -> int:
        """Last frame (inclusive)."""
        return self.row.stop

    def finish(self) -> Verdict | None:
        """Set the state to completed; return how good the work is if the settings say that the annotator may know."""
        from cvat_widgets.quality_facade import finish

        verdict = finish(self.store, self.row.id, user=self.user)
        self.row = self.store.job(self.row.id)
        return verdict

    def _rows_of_file(self, path: str | Path, format: str | None) -> AnnotationTable:  # noqa: A002
        """Read a file of annotations as rows with the frames and labels of the task; refuse what cannot be."""
        from cvat_widgets.formats import read_dataset, rows_for_task

        table = rows_for_task(read_dataset(path, format), self.labels, self.frame_index)
        problems = table.problems(self.labels, len(self.frame_index))
        if problems:
            raise AnnotationError("; ".join(problems), where=str(path), hint="Nothing was imported")
        return table

    def _add_table(self, table: AnnotationTable, *, origin: str, label: str, replace: bool = False) -> list[int]:
        outside = (table.frame < self.start) | (table.frame > self.stop)
        if self.row.frames is not None:
            outside |= ~np.isin(table.frame, self.row.frames)
        if outside.any():
            frame = int(table.frame[np.flatnonzero(outside)[0]])
            raise AnnotationError(
                f"frame {frame} is not in this job", where=f"job {self.id}", hint=f"It has frames {self.start} to {self.stop}"
            )
        return write_table(self, table, self.id, origin=origin, label=label, replace=replace)

    def export(self, path: str | Path, format: str, *, save_images: bool = False, strict: bool = False) -> Path:  # noqa: A002
        """Export the annotations of this job; see :meth:`Task.export`."""
        return self.task.export(path, format, save_images=save_images, strict=strict, job=self)

    def import_annotations(self, path: str | Path, format: str | None = None, *, replace: bool = False) -> int:  # noqa: A002
        """Import what a file has on the frames of this job; see :meth:`Task.import_annotations`."""
        from cvat_widgets.job_import import import_into_job

        return import_into_job(self, path, format, replace=replace)[0]

    def __repr__(self) -> str:
        return f"<Job {self.id} of {self.task.name!r}: frames {self.start} to {self.stop}, {self.stage}, {self.state}>"


def write_table(
    target: EditableAnnotations,
    table: AnnotationTable,
    job_of: NDArray[np.int64] | int,
    *,
    origin: str,
    label: str,
    replace: bool = False,
) -> list[int]:
    """Write rows to the store, small ones object by object, large ones as a block; return the ids of the new objects."""
    from cvat_widgets.model.changes import Edit

    if not len(table) and not replace:
        return []
    store = target.store
    top = list(dict.fromkeys(table.id[table.parent < 0].tolist()))
    if len(table) <= _SMALL and isinstance(job_of, int) and not replace:
        ids = np.unique(table.id)
        reserved = store.reserve_ids(target.task_id, len(ids))
        table = shifted(table.with_columns(**dense(table, ids)), reserved.start)
        edit = Edit(added=tuple(table.to_records(target.labels)))
        store.commit(target.task_id, edit, job_id=job_of, author=target.user, origin=origin, label=label)
        return list(dict.fromkeys(table.id[table.parent < 0].tolist()))
    commit = store.add_table(
        target.task_id, table, job_of=job_of, author=target.user, origin=origin, label=label, replace=replace
    )
    return [commit.id_map[object_id] for object_id in top]


def object_count(table: AnnotationTable) -> int:
    """Return how many objects there are: tracks, tags and shapes, a skeleton as one."""
    top = table.parent < 0
    return len(np.unique(table.track[top & table.is_track])) + int((top & ~table.is_track).sum())


def _count(verb: str, count: int) -> str:
    return f"{verb} {count} object{'s' if count != 1 else ''}"
