"""Models on a task: ``task.annotate`` and ``task.track``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from cvat_widgets.errors import AnnotationError
from cvat_widgets.model.changes import Edit
from cvat_widgets.model.records import Shape, Tag

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from cvat_widgets.backends.annotation import Plan
    from cvat_widgets.store import JobRow
    from cvat_widgets.task import Task

__all__ = ["ModelsOnTask", "bar", "chosen_frames"]

Progress = bool | Callable[[int, int], None]
_AT_ONCE = 100_000
"""Up to so many objects are committed with an operation id; see :func:`_write`."""


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
        from cvat_widgets.backends.annotation import Plan, fingerprint, numbered, run_here
        from cvat_widgets.backends.annotation_journal import Journal
        from cvat_widgets.backends.failures import ModelError
        from cvat_widgets.backends.mapping import mapped
        from cvat_widgets.backends.registry import describe, load_backend

        task = cast("Task", self)
        loaded = load_backend(model, **dict(options or {}))
        info = describe(loaded)
        if info.kind != "detector":
            raise ModelError(f"{info.name!r} is of the kind {info.kind}", hint="annotate takes a detector, track a tracker")
        plan = Plan(chosen_frames(task, frames), mapped(info, task.labels, labels), threshold, masks_to_polygons, batch, chunk)
        key = fingerprint(loaded, [labels, clean], plan)
        folder = task.store.path.with_name(task.store.path.stem + "_runs")
        journal = Journal(folder / f"{task.uid}-{key[:16]}.jsonl", key, resume=resume)
        done = sum(len(each) for number, each in enumerate(plan.chunks()) if number in journal.done)
        with bar(progress, len(plan.frames), done, info.name) as report:
            if isinstance(engine, str) and engine == "local":
                run_here(plan, loaded, task.media.read, journal, report)
            else:
                from cvat_widgets.backends.dask_engine import run_on_dask

                sent = model if isinstance(model, str) else loaded
                run_on_dask(plan, sent, options or {}, task.row.media, journal, report, engine=engine, workers=workers)
        chunks = [journal.done[number] for number in sorted(journal.done)]
        count = sum(1 + len(record.elements if isinstance(record, Shape) else ()) for part in chunks for record in part)
        records = numbered(chunks, task.store.reserve_ids(task.id, count).start if count else 1)
        ids = _write(
            task, records, _cleaned(task, plan) if clean else (), f"model-{journal.run}:0", f"Annotate with {info.name}"
        )
        journal.remove()
        return ids

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
        no further. An object is followed within its job.
        """
        from cvat_widgets.backends.failures import ModelError
        from cvat_widgets.backends.registry import describe, load_backend
        from cvat_widgets.backends.tracking import follow, frames_to_read
        from cvat_widgets.tracking_edits import targets_of, tracking_edit

        task = cast("Task", self)
        loaded = load_backend(model)
        info = describe(loaded)
        if info.kind != "tracker":
            raise ModelError(f"{info.name!r} is of the kind {info.kind}", hint="track takes a tracker, annotate a detector")
        revision = task.revision
        targets = targets_of(task, shapes, frames, start)
        starts = [target.start for target in targets]
        if not starts:
            return []
        with bar(progress, frames_to_read(starts), 0, info.name) as report:
            followed = follow(loaded, task.media.read, starts, report)
        edit = tracking_edit(targets, followed)
        label = f"Track with {info.name}"
        commit = task.store.commit(task.id, edit, base=revision, author=task.user, origin="model", label=label)
        return [commit.id_map.get(target.track_id, target.track_id) for target in targets]


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


def _cleaned(task: Task, plan: Plan) -> tuple[int, ...]:
    """Return the ids of what is on the frames of a plan."""
    table = task.store.load(task.id).table
    top = table.parent < 0
    if len(plan.frames) < len(task):
        top &= ~table.is_track & np.isin(table.frame, plan.frames)
    return tuple(np.unique(table.id[top]).tolist())


def _write(task: Task, records: Sequence[Shape | Tag], removed: tuple[int, ...], op_id: str, label: str) -> list[int]:
    """Write what was found as one change that is made once, however often it is tried.

    Jobs that share frames each get their copy of an object, which only a block can hold; a block has no operation id, so
    its name carries the id of the run and is looked for in the log. Very many objects are written as a block, too.
    """
    if not records and not removed:
        return []
    jobs = [row for row in task.store.jobs(task.id) if row.type == "annotation"]
    where: dict[str, Any] = {"author": task.user, "origin": "model"}
    block = len(records) > _AT_ONCE or _shared(records, jobs)
    if not block or removed:
        edit = Edit(added=() if block else tuple(records), removed=removed)
        commit = task.store.commit(task.id, edit, op_id=op_id, label=label, **where)
        if not block:
            return [record.id for record in (commit.changes.added if commit.changes else ())]
    from cvat_widgets.model.table import AnnotationTable

    name = f"{label} ({op_id[6:14]})"
    earlier = [commit for commit in task.store.log(task.id) if commit.origin == "model" and commit.label == name]
    return [] if earlier else task._add_table(AnnotationTable.from_records(records), origin="model", label=name)


def _shared(records: Sequence[Shape | Tag], jobs: Sequence[JobRow]) -> bool:
    if len(jobs) < 2:
        return False
    seen = np.zeros(1 + max(row.stop for row in jobs), int)
    for row in jobs:
        seen[row.start : row.stop + 1] += 1
    return any(seen[record.frame] > 1 for record in records)
