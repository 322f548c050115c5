"""Models on a task: ``task.annotate``, ``task.track`` and ``task.reidentify``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from cvat_widgets.errors import AnnotationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from cvat_widgets.task import Task

__all__ = ["ModelsOnTask", "bar", "chosen_frames"]

Progress = bool | Callable[[int, int], None]


class ModelsOnTask:
    """What a task can do with models; a base of :class:`~cvat_widgets.task.Task`."""

    def annotate(
        self,
        model: Any,
        *,
        labels: Mapping[str, str | Mapping[str, Any] | None] | None = None,
        threshold: float | None = None,
        frames: int | Iterable[int] | None = None,
        clean: bool = False,
        masks_to_polygons: bool = False,
        engine: Any = "local",
        workers: int = 2,
        batch: int = 4,
        chunk: int = 32,
        resume: bool = True,
        options: Mapping[str, Any] | None = None,
        progress: Progress = True,
    ) -> list[int]:
        """Let a detector annotate frames. The result is one step of undo, with source ``auto`` and the model's scores.

        Every ``chunk`` frames what was found is kept beside the store. A run that is interrupted (Ctrl-C, a killed worker or
        kernel) leaves the task as it was; the same call goes on after the last chunk, and no shape is lost or doubled.

        Parameters
        ----------
        model
            A detector, or whatever :func:`cvat_widgets.load_backend` takes.
        labels
            ``{"model label": "task label"}``; see :func:`cvat_widgets.backends.mapped`. By default equal names.
        threshold
            Lowest score; by default the model's own.
        frames
            Frames; by default all.
        clean
            Whether to remove what is on these frames (in the same step): shapes and tags, and with all frames tracks too.
        masks_to_polygons
            Whether masks become polygons.
        engine
            ``"local"``; ``"dask"`` for processes on this machine; the address of a Dask scheduler; or a ``Client``.
        workers
            Processes of ``engine="dask"``.
        batch
            Pictures the model is given at once.
        chunk
            Frames between two notes of progress.
        resume
            ``False`` begins anew even if the same call was interrupted before.
        options
            For a model given by name: options of :func:`cvat_widgets.load_backend`.
        progress
            Whether to show a bar, or a function of (done, all); an error it raises stops the run.

        Returns
        -------
        list of int
            Ids of the new objects.
        """
        from cvat_widgets.backends.registry import load_backend
        from cvat_widgets.detector_run import DetectorRun

        task = cast("Task", self)
        loaded = load_backend(model, **dict(options or {}))
        run = DetectorRun(
            task, loaded, chosen_frames(task, frames), rules=labels, threshold=threshold, clean=clean,
            masks_to_polygons=masks_to_polygons, batch=batch, chunk=chunk, resume=resume,
        )  # fmt: skip
        with bar(progress, len(run.plan.frames), run.done, loaded.info.name) as report:
            if isinstance(engine, str) and engine == "local":
                run.run(report)
            else:
                from cvat_widgets.backends.dask_engine import run_on_dask

                sent = model if isinstance(model, str) else loaded
                run_on_dask(run.plan, sent, options or {}, task.row.media, run.journal, report, engine=engine, workers=workers)
        return run.write()

    def track(
        self,
        model: Any,
        shapes: int | Iterable[int] | pd.DataFrame | Mapping[str, Any] | Iterable[Mapping[str, Any]],
        frames: int | Iterable[int] | None = None,
        *,
        start: int | None = None,
        progress: Progress = True,
    ) -> list[int]:
        """Let a tracker follow objects. The result is one step of undo; an interrupted run leaves the task as it was.

        Parameters
        ----------
        model
            A tracker, or whatever :func:`cvat_widgets.load_backend` takes.
        shapes
            Ids of shapes or tracks, rows of ``task.shapes`` or ``task.tracks``, or new records with ``frame, label, type,
            points``. Shapes become tracks, of source ``semi-auto`` where they are new.
        frames
            Where they are wanted: those after an object's frame are reached forwards, those before it backwards. One number
            means "up to this frame"; by default up to the end of the job.
        start
            Frame from which tracks given by id are followed; by default the first of ``frames``, or their first keyframe. To
            correct a track, edit it on one frame and track it again from there.
        progress
            Whether to show a bar, or a function of (done, all); an error it raises stops the run.

        Returns
        -------
        list of int
            Ids of the tracks, in the order of ``shapes``.

        Notes
        -----
        As in CVAT every frame gets a keyframe. Where an object is lost it gets a keyframe that is outside, and is followed
        no further; keyframes that a track had beyond, on the frames asked for, are removed. An object is followed within its
        job.
        """
        from cvat_widgets.backends.registry import load_backend
        from cvat_widgets.tracker_run import TrackerRun

        run = TrackerRun(cast("Task", self), load_backend(model), shapes, frames, start)
        with bar(progress, run.pictures, 0, run.model.info.name) as report:
            return run.run(report)

    def reidentify(
        self,
        model: Any = "reid",
        frames: int | Iterable[int] | None = None,
        *,
        threshold: float | None = None,
        max_distance: float | None = None,
        progress: Progress = True,
    ) -> list[int]:
        """Join rectangles of neighbouring frames that show the same object to tracks, in one step of undo.

        Parameters
        ----------
        model
            A re-identification model, or whatever :func:`cvat_widgets.load_backend` takes; ``"reid"`` compares colours.
        frames
            Frames whose rectangles are joined; by default all. Deleted frames are left out.
        threshold
            Largest cosine distance of two boxes that are the same, 0 to 2; by default the model's own (CVAT's: 0.5).
        max_distance
            Largest distance of their centres in pixels; by default the model's own (CVAT's: 50).
        progress
            Whether to show a bar, or a function of (done, all); an error it raises stops the run.

        Returns
        -------
        list of int
            Ids of the tracks; the rectangles are gone.

        Notes
        -----
        As in CVAT only boxes of one label are joined, a box without a partner becomes a track of its own, and a track that
        ends early gets a keyframe that is outside on the next frame. Boxes are joined within their job; where jobs share
        frames, each job is a step of its own.
        """
        from cvat_widgets.backends.registry import load_backend
        from cvat_widgets.reidentification_run import ReidentificationRun

        task = cast("Task", self)
        run = ReidentificationRun(
            task, load_backend(model), chosen_frames(task, frames), threshold=threshold, max_distance=max_distance
        )
        with bar(progress, run.pictures, 0, run.model.info.name) as report:
            return run.run(report)


def chosen_frames(task: Task, frames: int | Iterable[int] | None) -> tuple[int, ...]:
    """Return the frames a user named, each once, or raise :class:`AnnotationError` for one that does not exist."""
    count = len(task)
    if frames is None:
        return tuple(range(count))
    wanted = tuple(dict.fromkeys(int(each) for each in ([frames] if isinstance(frames, (int, np.integer)) else frames)))
    wrong = [frame for frame in wanted if not 0 <= frame < count]
    if wrong:
        where = f"task {task.name!r}"
        raise AnnotationError(f"frame {wrong[0]} does not exist", where=where, hint=f"It has frames 0 to {count - 1}")
    return wanted


@contextmanager
def bar(progress: Progress, count: int, done: int, name: str) -> Iterator[Callable[[int], None]]:
    """Yield a function that is told of every finished picture."""
    if callable(progress):
        reached = done

        def report(more: int) -> None:
            nonlocal reached
            reached += more
            progress(reached, count)

        yield report
        return
    from tqdm.auto import tqdm

    with tqdm(total=count, initial=done, desc=name, unit="frame", disable=not progress) as shown:
        yield lambda more: cast("None", shown.update(more))
