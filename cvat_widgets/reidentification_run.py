"""One run of re-identification over frames of a task: boxes become tracks, written as one step of undo."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from cvat_widgets.backends.failures import ModelError
from cvat_widgets.backends.registry import describe
from cvat_widgets.backends.reidentification import link_boxes
from cvat_widgets.model.changes import Edit
from cvat_widgets.model.kinds import SHAPE_CODE
from cvat_widgets.model.records import Shape, Track

if TYPE_CHECKING:
    from cvat_widgets.store import JobRow, Snapshot
    from cvat_widgets.task import Task

__all__ = ["ReidentificationRun"]


class ReidentificationRun:
    """A model that says which box is which, and the boxes; for the parameters see :meth:`cvat_widgets.Task.reidentify`.

    Attributes
    ----------
    pictures
        How many pairs of pictures it will look at.
    boxes
        How many boxes there are on these frames.
    """

    def __init__(
        self,
        task: Task,
        model: Any,
        frames: Iterable[int],
        *,
        threshold: float | None = None,
        max_distance: float | None = None,
        job_id: int | None = None,
    ) -> None:
        info = describe(model)
        if info.kind != "reid":
            raise ModelError(f"{info.name!r} is of the kind {info.kind}", hint="Boxes are joined by a re-identification model")
        self.task, self.model, self.threshold, self.max_distance = task, model, threshold, max_distance
        self.label = f"Join boxes with {info.name}"
        snapshot = task.store.load(task.id, job_id=job_id)
        self.revision = snapshot.revision
        wanted = set(frames) - set(task.store.deleted_frames(task.id))
        jobs = [row for row in task.store.jobs(task.id) if (row.type == "annotation" if job_id is None else row.id == job_id)]
        self._jobs = [(row, sorted(wanted.intersection(range(row.start, row.stop + 1)))) for row in jobs]
        self._boxes = {row.id: _boxes(task, snapshot, row, among) for row, among in self._jobs}
        self.boxes = sum(len(each) for boxes in self._boxes.values() for each in boxes.values())
        if not self.boxes:
            raise ModelError("there is no rectangle on these frames", hint="Draw boxes first, or let a detector find them")
        self.pictures = sum(max(1, len(among) - 1) for row, among in self._jobs if self._boxes[row.id])

    def run(self, report: Callable[[int], None], *, model: Any = None, author: str | None = None) -> list[int]:
        """Join the boxes and write the tracks.

        Parameters
        ----------
        report
            Told of every pair of pictures; an error it raises stops the run, which then leaves the task as it was.
        model
            Stands in for the run's own.
        author
            Whose step of undo it is; by default the task's user.

        Returns
        -------
        list of int
            Ids of the tracks.

        Raises
        ------
        ConflictError
            Somebody changed the boxes meanwhile.
        """
        made = {
            row.id: self._linked(row, frames, report, self.model if model is None else model)
            for row, frames in self._jobs
            if self._boxes[row.id]
        }
        # A track that begins on a frame of two jobs has to be told whose it is.
        together = len(made) > 1 and not self.task.row.overlap
        parts = {None: [each for tracks in made.values() for each in tracks]} if together else made
        return [each for job_id, tracks in parts.items() for each in self._write(job_id, tracks, author or self.task.user)]

    def _linked(self, row: JobRow, frames: list[int], report: Callable[[int], None], model: Any) -> list[Track]:
        reached = 0

        def progress(done: int, _: int) -> None:
            nonlocal reached
            report(done - reached)
            reached = done

        changing = {spec.id for label in self.task.labels for spec in label.attributes if spec.mutable}
        tracks = link_boxes(
            model, self._boxes[row.id], frames, self.task.media.read, threshold=self.threshold, max_distance=self.max_distance,
            progress=progress, stop=row.stop, changing=changing,
        )  # fmt: skip
        report(max(1, len(frames) - 1) - reached)
        return tracks

    def _write(self, job_id: int | None, tracks: list[Track], author: str) -> list[int]:
        added = [msgspec.structs.replace(track, id=-1 - number) for number, track in enumerate(tracks)]
        jobs = self._boxes if job_id is None else {job_id: self._boxes[job_id]}
        removed = tuple(box.id for boxes in jobs.values() for each in boxes.values() for box in each)
        task = self.task
        commit = task.store.commit(
            task.id, Edit(added=tuple(added), removed=removed), job_id=job_id, base=self.revision, author=author,
            origin="model", label=self.label,
        )  # fmt: skip
        return [commit.id_map[track.id] for track in added]


def _boxes(task: Task, snapshot: Snapshot, row: JobRow, frames: list[int]) -> dict[int, list[Shape]]:
    """Return frame -> the rectangles of a job there; parts of skeletons and tracks are none."""
    table, among = snapshot.table, set(frames)
    rows = (table.type == SHAPE_CODE["rectangle"]) & ~table.is_track & (table.parent < 0) & (snapshot.job_of == row.id)
    found: dict[int, list[Shape]] = {}
    for record in table.take(rows).to_records(task.labels):
        if isinstance(record, Shape) and record.frame in among:
            found.setdefault(record.frame, []).append(record)
    return found
