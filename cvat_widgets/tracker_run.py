"""One run of a tracker over frames of a task: objects are followed, and what comes of it is written as one step of undo."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from cvat_widgets.backends.failures import ModelError
from cvat_widgets.backends.registry import describe
from cvat_widgets.backends.tracking import follow, frames_to_read
from cvat_widgets.tracking_edits import targets_of, tracking_edit

if TYPE_CHECKING:
    from cvat_widgets.task import Task

__all__ = ["TrackerRun"]


class TrackerRun:
    """A tracker, what it follows and where; for the parameters see :meth:`cvat_widgets.Task.track`.

    Attributes
    ----------
    pictures
        How many pictures it will look at.
    lost
        After the run: track id -> frames on which the object was lost.
    """

    def __init__(
        self, task: Task, model: Any, shapes: Any, frames: int | Iterable[int] | None, start: int | None = None
    ) -> None:
        info = describe(model)
        if info.kind != "tracker":
            raise ModelError(f"{info.name!r} is of the kind {info.kind}", hint="track takes a tracker, annotate a detector")
        self.task, self.model = task, model
        self.label = f"Track with {info.name}"
        self.revision = task.revision
        self.targets = targets_of(task, shapes, frames, start)
        self.starts = [target.start for target in self.targets]
        self.pictures = frames_to_read(self.starts)
        self.lost: dict[int, list[int]] = {}

    def run(
        self,
        report: Callable[[int], None],
        *,
        model: Any = None,
        author: str | None = None,
        job_id: int | None = None,
    ) -> list[int]:
        """Follow the objects and write what was found.

        Parameters
        ----------
        report
            Told of every picture; an error it raises stops the run, which then leaves the task as it was.
        model
            Stands in for the run's own.
        author
            Whose step of undo it is; by default the task's user.
        job_id
            The job of the objects; by default it is found by their frames.

        Returns
        -------
        list of int
            Ids of the tracks, in the order of the objects.

        Raises
        ------
        ConflictError
            Somebody changed the objects meanwhile.
        """
        if not self.starts:
            return []
        task = self.task
        followed = follow(self.model if model is None else model, task.media.read, self.starts, report)
        edit = tracking_edit(self.targets, followed)
        commit = task.store.commit(
            task.id, edit, job_id=job_id, base=self.revision, author=author or task.user, origin="model", label=self.label
        )
        ids = [commit.id_map.get(target.track_id, target.track_id) for target in self.targets]
        self.lost = {track_id: sorted(each.lost) for track_id, each in zip(ids, followed, strict=True) if each.lost}
        return ids
