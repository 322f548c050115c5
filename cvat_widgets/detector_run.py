"""One run of a detector over frames of a task: what it finds is kept beside the store until it is written or dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cvat_widgets.backends.annotation import Plan, fingerprint, numbered, run_here
from cvat_widgets.backends.annotation_journal import Journal
from cvat_widgets.backends.failures import ModelError
from cvat_widgets.backends.mapping import mapped
from cvat_widgets.backends.registry import describe
from cvat_widgets.model.changes import Edit
from cvat_widgets.model.records import Shape, Tag

if TYPE_CHECKING:
    from cvat_widgets.store import JobRow
    from cvat_widgets.task import Task

__all__ = ["DetectorRun"]

_AT_ONCE = 100_000
"""Up to so many objects are committed with an operation id; see :meth:`DetectorRun.write`."""


class DetectorRun:
    """A detector, where it looks and what it has found so far.

    Parameters
    ----------
    task
        The task.
    model
        A loaded detector.
    frames
        Frames in the order they are looked at.
    rules
        ``{"model label": "task label"}``; see :func:`cvat_widgets.backends.mapped`.
    threshold
        Lowest score; ``None``: the model's own.
    clean
        Whether to remove what is on these frames when the result is written.
    masks_to_polygons
        Whether masks become polygons.
    batch, chunk
        Pictures the model is given at once, and frames between two notes of progress.
    resume
        Whether to go on where the same run was interrupted.
    job_id
        Write to this job only; its frames are then all there are.

    Attributes
    ----------
    done
        How many frames were found in the notes of an interrupted run.
    """

    def __init__(
        self,
        task: Task,
        model: Any,
        frames: Sequence[int],
        *,
        rules: Mapping[str, str | Mapping[str, Any] | None] | None = None,
        threshold: float | None = None,
        clean: bool = False,
        masks_to_polygons: bool = False,
        batch: int = 4,
        chunk: int = 32,
        resume: bool = True,
        job_id: int | None = None,
    ) -> None:
        info = describe(model)
        if info.kind != "detector":
            raise ModelError(f"{info.name!r} is of the kind {info.kind}", hint="annotate takes a detector, track a tracker")
        self.task, self.model, self.clean, self.job_id = task, model, clean, job_id
        self.label = f"Annotate with {info.name}"
        self.plan = Plan(tuple(frames), mapped(info, task.labels, rules), threshold, masks_to_polygons, batch, chunk)
        where = [] if job_id is None else [job_id]
        key = fingerprint(model, [rules, clean, *where], self.plan)
        folder = task.store.path.with_name(task.store.path.stem + "_runs")
        self.journal = Journal(folder / f"{task.uid}-{key[:16]}.jsonl", key, resume=resume)
        self.done = sum(len(each) for number, each in enumerate(self.plan.chunks()) if number in self.journal.done)

    def run(self, report: Callable[[int], None], model: Any = None) -> None:
        """Look at the frames that are missing, in this process; ``model`` stands in for the run's own.

        Parameters
        ----------
        report
            Told of every batch how many pictures it had; an error it raises stops the run, which can be taken up again.
        """
        run_here(self.plan, self.model if model is None else model, self.task.media.read, self.journal, report)

    def found(self) -> Iterator[Shape | Tag]:
        """Yield what was found, in the order of the frames; ids count for nothing yet."""
        for number in sorted(self.journal.done):
            yield from self.journal.done[number]

    def write(self, keep: Callable[[Shape | Tag], bool] = lambda _: True, *, author: str | None = None) -> list[int]:
        """Write what was found as one step of undo, and forget the run. However often it is tried, it is written once.

        Parameters
        ----------
        keep
            Says of every object whether it is wanted.
        author
            Whose step it is; by default the task's user.

        Returns
        -------
        list of int
            Ids of the new objects.

        Notes
        -----
        Jobs that share frames each get their copy of an object, which only a block can hold; a block has no operation id, so
        its name carries the id of the run and is looked for in the log. Very many objects are written as a block, too.
        """
        wanted = [each for each in self.found() if keep(each)]
        count = sum(1 + len(each.elements if isinstance(each, Shape) else ()) for each in wanted)
        store, task_id = self.task.store, self.task.id
        records = numbered([wanted], store.reserve_ids(task_id, count).start if count else 1)
        ids = self._commit(records, self._cleaned() if self.clean else (), author or self.task.user)
        self.drop()
        return ids

    def drop(self) -> None:
        """Forget what was found."""
        self.journal.remove()

    def _cleaned(self) -> tuple[int, ...]:
        """Return the ids of what is on the frames; tracks only if these are all there are."""
        table = self.task.store.load(self.task.id, job_id=self.job_id).table
        top = table.parent < 0
        if not set(self._all_frames()) <= set(self.plan.frames):
            top &= ~table.is_track & np.isin(table.frame, self.plan.frames)
        return tuple(np.unique(table.id[top]).tolist())

    def _all_frames(self) -> list[int]:
        if self.job_id is None:
            return list(range(len(self.task)))
        (row,) = (row for row in self.task.store.jobs(self.task.id) if row.id == self.job_id)
        deleted = set(self.task.store.deleted_frames(self.task.id))
        return [frame for frame in range(row.start, row.stop + 1) if frame not in deleted]

    def _commit(self, records: Sequence[Shape | Tag], removed: tuple[int, ...], author: str) -> list[int]:
        if not records and not removed:
            return []
        task, op_id = self.task, f"model-{self.journal.run}:0"
        jobs = [row for row in task.store.jobs(task.id) if row.type == "annotation"]
        block = len(records) > _AT_ONCE or (self.job_id is None and _shared(records, jobs))
        where: dict[str, Any] = {"author": author, "origin": "model"}
        if not block or removed:
            edit = Edit(added=() if block else tuple(records), removed=removed)
            commit = task.store.commit(task.id, edit, job_id=self.job_id, op_id=op_id, label=self.label, **where)
            if not block:
                return [record.id for record in (commit.changes.added if commit.changes else ())]
        from cvat_widgets.model.table import AnnotationTable

        name = f"{self.label} ({op_id[6:14]})"
        if any(commit.origin == "model" and commit.label == name for commit in task.store.log(task.id)):
            return []
        table = AnnotationTable.from_records(records)
        if self.job_id is None:
            return task._add_table(table, origin="model", label=name)
        commit = task.store.add_table(task.id, table, job_of=self.job_id, label=name, **where)
        return [commit.id_map[record.id] for record in records]


def _shared(records: Sequence[Shape | Tag], jobs: Sequence[JobRow]) -> bool:
    if len(jobs) < 2:
        return False
    seen = np.zeros(1 + max(row.stop for row in jobs), int)
    for row in jobs:
        seen[row.start : row.stop + 1] += 1
    return any(seen[record.frame] > 1 for record in records)
