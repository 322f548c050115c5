"""The part of a project that files need: all its tasks as one dataset, and a dataset as tasks, one for each subset."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import FormatError
from cvat_widgets.formats import Dataset, read_dataset, rows_for_task
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.kinds import Flag
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.table import AnnotationTable

if TYPE_CHECKING:
    from cvat_widgets.project import Project
    from cvat_widgets.task import Task

__all__ = ["ProjectFiles"]


class ProjectFiles:
    """What a project can do with files; a base of :class:`~cvat_widgets.project.Project`."""

    def export(
        self,
        path: str | Path,
        format: str,  # noqa: A002
        *,
        subset: str | None = None,
        save_images: bool = False,
        strict: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> Path:
        """Export the annotations of all tasks to one file, each frame in the subset of its task; see :meth:`Task.export`.

        With ``subset``, only the frames of that subset.
        """
        from cvat_widgets.formats import write_dataset

        more = {"progress": progress} if progress else {}
        return write_dataset(self.dataset(subset), path, format, save_images=save_images, strict=strict, **more)

    def dataset(self, subset: str | None = None) -> Dataset:
        """Return labels, frames and annotations of all tasks together, the frames of one task after those of another.

        Where frames of two tasks have the same name in the same subset, the name of the task comes before it. With ``subset``,
        there are only the frames of that subset; ``""`` is that of frames in none.

        Raises
        ------
        FormatError
            There is no frame in the subset, or a track goes on in another one.
        """
        project = cast("Project", self)
        labels, tasks = project.labels, project.tasks
        if subset is not None:
            tasks = _with_subset(tasks, subset)
        counts = [len(task) for task in tasks]
        starts = [0, *np.cumsum(counts, dtype=np.int64).tolist()]
        frames = _frames(tasks)
        tables: list[AnnotationTable] = []
        next_id = next_group = 0
        for task, start in zip(tasks, starts, strict=False):
            numbers = np.arange(start, start + len(task), dtype=np.int32)
            # Labels of a task have the names of the project's, but numbers of their own.
            table = rows_for_task(replace(task.dataset(), media=None), labels, frames, numbers)
            table = _ended(_renumbered(table, next_id, next_group), start + len(task), len(frames))
            if len(table):
                next_id, next_group = int(table.id.max()) + 1, int(table.group.max())
            tables.append(table)

        def member(frame: int) -> tuple[str, bytes]:
            which = bisect_right(starts, frame) - 1
            given, data = tasks[which].dataset_member(frame - starts[which])
            return frames.names[frame] + given[len(tasks[which].frame_index.names[frame - starts[which]]) :], data

        whole = Dataset(
            labels=labels,
            frames=frames,
            table=AnnotationTable.concat(tables),
            name=project.name,
            mode="interpolation" if tasks and all(task.mode == "interpolation" for task in tasks) else "annotation",
            media=member,
            meta=_meta(project, tasks, starts),
        )
        return whole if subset is None else _of_subset(whole, subset)

    def import_dataset(
        self,
        path: str | Path,
        format: str | None = None,  # noqa: A002
        *,
        name: str | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[Task]:
        """Make tasks of a dataset file with its pictures and annotations, one for each subset; return them.

        Parameters
        ----------
        path
            File or folder to read.
        format
            CVAT's display name; ``None`` recognises it.
        name
            Of the tasks, before the name of the subset; by default that of the dataset.
        progress
            Called with (tasks made, all); if it raises, no task is made.

        Raises
        ------
        FormatError
            It cannot be read, or there are no pictures in it; no task is made.
        LabelError
            It has a label the project has not; no task is made.
        """
        from cvat_widgets.dataset_import import task_of_dataset
        from cvat_widgets.task import Task

        project = cast("Project", self)
        dataset = read_dataset(path, format)
        if not len(dataset.frames):
            raise FormatError("there are no frames in it", where=str(path), hint="Nothing was imported")
        subsets: dict[str, list[int]] = {}
        for frame in range(len(dataset.frames)):
            subsets.setdefault(dataset.frames.subset_of(frame), []).append(frame)
        title = name or dataset.name or Path(path).stem
        made: list[Task] = []
        try:
            for subset, chosen in subsets.items():
                if progress is not None:
                    progress(len(made), len(subsets))
                part = _part(dataset, np.array(chosen))
                called = " ".join(filter(None, (title, subset if len(subsets) > 1 else "")))
                options = {"project": project.id, "subset": subset[:64]}
                made.append(
                    task_of_dataset(Task, part, Path(path), name=called, data=None, store=project.store, options=options)
                )
        except BaseException:
            for task in made:
                project.store.delete_task(task.id, user=project.user)
            raise
        return made


def _frames(tasks: list[Task]) -> FrameIndex:
    names: list[str] = []
    subsets: list[str] = []
    for task in tasks:
        index = task.frame_index
        names += index.names
        subsets += [index.subset_of(frame) or task.row.subset for frame in range(len(index))]
    if len(set(zip(subsets, names, strict=True))) < len(names):
        names = [f"{_folder(task.name)}/{name}" for task in tasks for name in task.frame_index.names]
    widths, heights = (
        np.concatenate([getattr(task.frame_index, side) for task in tasks] or [np.empty(0, np.int32)])
        for side in ("widths", "heights")
    )
    return FrameIndex(names, widths, heights, subsets if any(subsets) else ())


def _subsets_of(task: Task) -> set[str]:
    index = task.frame_index
    return {each or task.row.subset for each in index.subsets} if len(index.subsets) else {task.row.subset}


def _with_subset(tasks: list[Task], subset: str) -> list[Task]:
    """Return the tasks with frames in a subset."""
    held = [_subsets_of(task) for task in tasks]
    if not any(subset in each for each in held):
        known = ", ".join(repr(each) for each in sorted(set().union(*held)))
        raise FormatError(f"there is no frame in the subset {subset!r}", hint=f"The project has {known or 'no frames'}")
    return [task for task, each in zip(tasks, held, strict=True) if subset in each]


def _of_subset(whole: Dataset, subset: str) -> Dataset:
    """Return the frames of a subset, where those of a task may be in several."""
    kept = [frame for frame in range(len(whole.frames)) if whole.frames.subset_of(frame) == subset]
    if len(kept) == len(whole.frames):
        return whole
    part = _part(whole, np.array(kept), "Export the whole project")
    place = {frame: number for number, frame in enumerate(kept)}
    jobs = [
        (job, [place[frame] for frame in range(start, stop + 1) if frame in place])
        for job, start, stop in part.meta["segments"]
    ]
    meta = {
        **part.meta,
        "stop_frame": len(kept) - 1,
        "deleted_frames": [place[frame] for frame in part.meta["deleted_frames"] if frame in place],
        "segments": [(job, frames[0], frames[-1]) for job, frames in jobs if frames],
    }
    frames = FrameIndex(part.frames.names, part.frames.widths, part.frames.heights, [subset] * len(kept) if subset else ())
    return replace(part, frames=frames, meta=meta)


def _folder(name: str) -> str:
    plain = "".join("_" if letter in '\\/:*?"<>|' or ord(letter) < 32 else letter for letter in name)
    return plain.strip(" .") or "task"


def _renumbered(table: AnnotationTable, ids: int, groups: int) -> AnnotationTable:
    """Return a table whose objects and groups have other numbers than those of the tasks before."""

    def moved(column: NDArray[Any], by: int, least: int) -> NDArray[Any]:
        return np.where(column >= least, column + by, column)

    return table.with_columns(
        id=moved(table.id, ids, 0), track=moved(table.track, ids, 0), parent=moved(table.parent, ids, 0),
        group=moved(table.group, groups, 1),
    )  # fmt: skip


def _ended(table: AnnotationTable, end: int, count: int) -> AnnotationTable:
    """Return a table whose tracks do not go on into the frames of the next task, which begin at ``end``."""
    rows = np.flatnonzero(table.track >= 0)
    if end >= count or not len(rows):
        return table
    rows = rows[np.lexsort((table.frame[rows], table.id[rows]))]
    last = rows[np.flatnonzero(np.append(np.diff(table.id[rows]) != 0, True))]
    last = last[(table.flags[last] & Flag.OUTSIDE) == 0]
    if not len(last):
        return table
    ends = table.take(last)
    ends = ends.with_columns(frame=np.full(len(ends), end), flags=ends.flags | Flag.OUTSIDE | Flag.KEYFRAME)
    both = AnnotationTable.concat([table, ends])
    # The keyframes of a track stand together.
    return both.take(np.argsort(np.concatenate((np.arange(len(table)), last + 0.5)), kind="stable"))


def _meta(project: Project, tasks: list[Task], starts: list[int]) -> dict[str, Any]:
    """Return what formats keep beyond the model."""
    jobs = [
        (row.id, row.start + start, row.stop + start)
        for task, start in zip(tasks, starts, strict=False)
        for row in project.store.jobs(task.id)
        if row.type == "annotation"
    ]
    deleted = [frame + start for task, start in zip(tasks, starts, strict=False) for frame in task.deleted_frames]
    return {
        "id": project.id, "job_id": None, "start_frame": 0, "stop_frame": max(starts[-1] - 1, 0), "deleted_frames": deleted,
        "overlap": 0, "created": project.row.created, "updated": project.row.updated, "subset": "", "segments": jobs,
    }  # fmt: skip


def _part(dataset: Dataset, chosen: NDArray[np.int64], hint: str = "Import the file into one task") -> Dataset:
    """Return some frames of a dataset and what is on them, numbered from 0."""
    frames, table, media = dataset.frames, dataset.table, dataset.media
    place = np.full(len(frames), -1, np.int64)
    place[chosen] = np.arange(len(chosen))
    kept = table.take(place[table.frame] >= 0)
    if len(kept) < len(table) and set(np.unique(kept.track[kept.track >= 0])) & set(
        np.unique(table.track[(place[table.frame] < 0) & (table.track >= 0)])
    ):
        raise FormatError("a track goes through several subsets", hint=hint)
    meta = dict(dataset.meta)
    images = meta.get("images")
    if images:
        meta["images"] = {int(place[frame]): name for frame, name in images.items() if place[frame] >= 0}
    fit = meta.get("fit")
    if fit is not None:

        def fitted(labels: LabelSet, widths: NDArray[np.int32], heights: NDArray[np.int32]) -> Dataset:
            """Complete the whole dataset, of whose other frames no sizes are known, and take the part of it."""
            sizes = [side.copy() for side in (frames.widths, frames.heights)]
            sizes[0][chosen], sizes[1][chosen] = widths, heights
            return _part(fit(labels, *sizes), chosen)

        meta["fit"] = fitted
    return replace(
        dataset,
        frames=FrameIndex([frames.names[frame] for frame in chosen.tolist()], frames.widths[chosen], frames.heights[chosen]),
        table=kept.with_columns(frame=place[kept.frame]),
        media=None if media is None else lambda frame: media(int(chosen[frame])),
        meta=meta,
    )
