"""A task: media, labels, jobs and annotations."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError, CvatWidgetsError, LabelError, NotFoundError
from cvat_widgets.job import EditableAnnotations, Job, write_table
from cvat_widgets.model.labels import Label, LabelSet
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.models_facade import ModelsOnTask
from cvat_widgets.team import TaskTeam

if TYPE_CHECKING:
    import pandas as pd

    from cvat_widgets.formats import Dataset
    from cvat_widgets.media import FrameSource
    from cvat_widgets.store import JobRow, Store, TaskRow

__all__ = ["Task", "current_user", "jobs", "tasks"]


_open_media: WeakValueDictionary[tuple[str, int], FrameSource] = WeakValueDictionary()
"""One decoder and one cache for all the Task objects of a task: running a cell again must not add another."""


def current_user() -> str:
    """Return who works here: the JupyterHub user, else the account of the operating system."""
    hub_user = os.environ.get("JUPYTERHUB_USER")
    if hub_user:
        return hub_user
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container whose uid has no account
        return "user"


def user_of(store: Store) -> str:
    """Return in whose name a store is changed: who its database says we are, if it enforces roles, else who works here."""
    return store.identity or current_user()


def open_store(store: Store | str | Path | None) -> Store:
    """Return a store from what a user gives: a store, a path, an SQLAlchemy URL, or ``None`` for the default."""
    from cvat_widgets.store import Store

    return store if isinstance(store, Store) else Store.open(store)


def tasks(
    store: Store | str | Path | None = None,
    *,
    search: str = "",
    filter: Mapping[str, Any] | str | None = None,  # noqa: A002  # the word of the lists
    project: str | int | None = None,
    subset: str | None = None,
    assignee: str | None = None,
    owner: str | None = None,
    mode: str | None = None,
    sort: str = "id",
    offset: int = 0,
    limit: int | None = None,
) -> pd.DataFrame:
    """Return the tasks of a store.

    Parameters
    ----------
    store
        ``None``: the default SQLite store; a path; or an SQLAlchemy URL.
    search
        Words to find in name, people, subset, mode, status and project, whatever their case; ``owner: ann AND name: street``
        looks in these only, ``id: 5`` is one task.
    filter
        JSON logic, as CVAT's lists have it: ``{"==": [{"var": "status"}, "validation"]}``. Known are ``id, name, status, mode,
        dimension, subset, assignee, owner, project_id, project_name, size, created_date, updated_date``.
    project, subset, assignee, owner, mode
        Only these; an empty text means none.
    sort
        ``id``, ``name``, ``created``, ``updated``, ``size``, ``assignee``, ``owner``, ``subset``, ``mode``, ``status``,
        ``dimension``, ``project_id`` or ``project_name``; with ``-`` before it the other way round; several with commas.
    offset, limit
        Which part of the list.

    Returns
    -------
    pandas.DataFrame
        ``id, name, mode, size, jobs, revision, created, updated, subset, project, assignee, owner``, how many jobs are
        ``completed`` in their stage and how many ``accepted``, ``status`` (annotation, validation or completed, as CVAT has
        it), ``dimension`` and ``bug_tracker``.
    """
    from cvat_widgets.listing import task_table

    return task_table(
        open_store(store), search=search, where=filter, project=project, subset=subset, assignee=assignee, owner=owner,
        mode=mode, sort=sort, offset=offset, limit=limit,
    )  # fmt: skip


def jobs(
    store: Store | str | Path | None = None,
    *,
    search: str = "",
    filter: Mapping[str, Any] | str | None = None,  # noqa: A002  # the word of the lists
    task: str | int | None = None,
    project: str | int | None = None,
    kind: str | None = None,
    stage: str | None = None,
    state: str | None = None,
    assignee: str | None = None,
    sort: str = "id",
    offset: int = 0,
    limit: int | None = None,
) -> pd.DataFrame:
    """Return the jobs of all tasks of a store, e.g. ``jobs(assignee="ann", state="in progress")``.

    Parameters
    ----------
    store
        ``None``: the default SQLite store; a path; or an SQLAlchemy URL.
    search
        Words to find in task, project, people, stage and state; ``assignee: ann AND state: new`` looks in these only.
    filter
        JSON logic over ``id, task_id, task_name, project_id, project_name, type, stage, state, dimension, assignee, reviewer,
        created_date, updated_date``.
    task, project, kind, stage, state, assignee
        Only these; ``assignee=""`` means nobody's.
    sort
        ``id``, ``task_id``, ``task_name``, ``project_id``, ``project_name``, ``type``, ``stage``, ``state``, ``assignee``,
        ``reviewer``, ``created`` or ``updated``; with ``-`` before it the other way round; several with commas.
    offset, limit
        Which part of the list.
    """
    from cvat_widgets.listing import job_table

    return job_table(
        open_store(store), search=search, where=filter, task=task, project=project, kind=kind, stage=stage, state=state,
        assignee=assignee, sort=sort, offset=offset, limit=limit,
    )  # fmt: skip


class Task(ModelsOnTask, TaskTeam, EditableAnnotations):
    """A task of a store; made by :meth:`create` and :meth:`open`.

    Coordinates are pixels of the picture after EXIF rotation, x to the right and y down; frames are numbered from 0.
    """

    def __init__(self, store: Store, row: TaskRow) -> None:
        super().__init__()
        self.store = store
        self.task_id = row.id
        self.row = row
        self.user = user_of(store)
        self._media: FrameSource | None = None

    # -- making and finding --------------------------------------------------------------------------------------

    @classmethod
    def create(
        cls,
        name: str,
        data: Any,
        *,
        labels: Iterable[str | Mapping[str, Any] | Label] | LabelSet = (),
        segment_size: int | None = None,
        overlap: int | None = None,
        job_frames: Sequence[Sequence[int | str]] | None = None,
        frame_step: int = 1,
        start_frame: int = 0,
        stop_frame: int | None = None,
        sorting: str = "natural",
        seed: int = 0,
        subset: str = "",
        project: str | int | None = None,
        store: Store | str | Path | None = None,
    ) -> Task:
        """Create a task; nothing is copied or decoded in advance.

        Parameters
        ----------
        name
            Name of the task, unique in the store.
        data
            Path or paths of images, a glob, a folder, a zip or tar, a video, a URL or fsspec URL, an array (N, H, W[, 3]) or
            a list of arrays, a
            DataFrame with a column of paths, or a ``manifest.jsonl``.
        labels
            Names, :class:`Label` s or CVAT's raw label objects, in any mixture.
        segment_size
            Frames a job; ``None`` makes one job of all frames.
        overlap
            Frames that neighbouring jobs share; by default 5 for video and 0 for images, at most half a segment (as in CVAT).
        job_frames
            Instead of ``segment_size``: for each job its frames, as names or numbers. They must follow one another without a
            gap.
        frame_step, start_frame, stop_frame
            Which frames of the source to take; ``stop_frame`` is inclusive.
        sorting
            ``natural``, ``lexicographical``, ``predefined`` (as given) or ``random``.
        seed
            For random sorting.
        subset
            Subset of the task in exports, e.g. ``train``.
        project
            Name or id of a project, which then gives the labels.
        store
            ``None``: the default SQLite store; a path; or an SQLAlchemy URL.

        Raises
        ------
        MediaError, LabelError, StoreError
            The media cannot be read, the labels contradict themselves, or the name is taken.
        """
        from cvat_widgets.media import open_media
        from cvat_widgets.store import TaskSpec

        label_set = LabelSet.of(labels)
        opened = open_store(store)
        project_id = None if project is None else opened.project(project).id
        if project_id is not None:
            if len(label_set):
                raise LabelError("a task of a project has the labels of the project", hint="Leave labels= out")
            label_set = opened.project_labels(project_id)
        media = open_media(
            data, sorting=sorting, start=start_frame, stop=stop_frame, step=frame_step, seed=seed, directory=opened.directory
        )
        video = media.kind == "video"
        if job_frames is not None:
            segments = _mapped_segments(job_frames, media)
            overlap = 0
        else:
            overlap = min((5 if video else 0) if overlap is None else overlap, (segment_size or 0) // 2)
            segments = _segments(len(media), segment_size, overlap)
        row = opened.create_task(
            TaskSpec(
                name=name,
                labels=label_set,
                frames=media.index,
                media=media.spec,
                mode="interpolation" if video else "annotation",
                segments=segments,
                overlap=overlap,
                subset=subset,
                fps=media.fps,
                kind=media.kind,
                project_id=project_id,
                owner=user_of(opened),
            )
        )
        task = cls(opened, row)
        task._media = _open_media[opened.uuid, row.id] = media
        return task

    @classmethod
    def from_dataset(
        cls,
        path: str | Path,
        format: str | None = None,  # noqa: A002
        *,
        name: str | None = None,
        data: Any = None,
        labels: Iterable[str | Mapping[str, Any] | Label] | LabelSet | None = None,
        store: Store | str | Path | None = None,
        **options: Any,
    ) -> Task:
        """Create a task from a dataset file, with its pictures, labels and annotations.

        Parameters
        ----------
        path
            A zip, a folder or a single file.
        format
            CVAT's display name; ``None`` recognises it.
        name
            Name of the task; by default that of the dataset.
        data
            The pictures, if they are not in the file: whatever :meth:`create` takes. Frames are then matched by name.
        labels
            Instead of those of the file.
        store
            ``None``: the default SQLite store; a path; or an SQLAlchemy URL.
        **options
            Further arguments of :meth:`create`, e.g. ``segment_size``.

        Raises
        ------
        FormatError, MediaError
            The file or its pictures cannot be read; no task is left behind.
        """
        from cvat_widgets.dataset_import import task_from_dataset

        opened = open_store(store)
        return task_from_dataset(cls, path, format, name=name, data=data, labels=labels, store=opened, options=options)

    @classmethod
    def open(cls, name: str | int, store: Store | str | Path | None = None) -> Task:
        """Open a task by name or id.

        Raises
        ------
        NotFoundError
            There is no such task; the text lists those there are.
        """
        opened = open_store(store)
        return cls(opened, opened.task(name))

    @property
    def id(self) -> int:
        """Id of the task in its store."""
        return self.task_id

    @property
    def uid(self) -> str:
        """Id of the task that is unique over all stores."""
        return self.row.uid

    @property
    def name(self) -> str:
        """Name of the task."""
        return self.row.name

    @property
    def mode(self) -> str:
        """``interpolation`` for video, ``annotation`` for images."""
        return self.row.mode

    # -- frames --------------------------------------------------------------------------------------------------

    @property
    def media(self) -> FrameSource:
        """The frames; opened on first use.

        Raises
        ------
        MediaError
            The media is no longer where it was.
        """
        if self._media is None:
            key = (self.store.uuid, self.id)
            self._media = _open_media.get(key)
        if self._media is None:
            from cvat_widgets.media.served import reopen_or_serve

            self._media = _open_media[key] = reopen_or_serve(
                self.row.media, self.store.pictures(self.id), index=lambda: self.frame_index, kind=self.row.kind,
                fps=self.row.fps,
            )  # fmt: skip
        return self._media

    def __len__(self) -> int:
        return len(self.frame_index)

    def frame(self, number: int) -> NDArray[np.uint8]:
        """Return frame ``number`` as an array (H, W, 3), uint8, RGB."""
        if not 0 <= number < len(self):
            raise AnnotationError(
                f"frame {number} does not exist", where=f"task {self.name!r}", hint=f"It has frames 0 to {len(self) - 1}"
            )
        return self.media.read(number)

    @property
    def deleted_frames(self) -> list[int]:
        """Frames that are taken out of the task, sorted."""
        return self.store.deleted_frames(self.id)

    def delete_frames(self, frames: Iterable[int | str] | int | str) -> list[int]:
        """Take frames out of the task: they are passed over on the canvas and left out of exports. Their annotations stay.

        Parameters
        ----------
        frames
            Numbers or names, one or several.

        Returns
        -------
        list of int
            All deleted frames.

        Raises
        ------
        NotFoundError
            There is no such frame; nothing is changed.
        """
        return self._set_deleted(frames, deleted=True)

    def restore_frames(self, frames: Iterable[int | str] | int | str | None = None) -> list[int]:
        """Put deleted frames back, by default all; return those that are still deleted."""
        return self._set_deleted(self.deleted_frames if frames is None else frames, deleted=False)

    def _set_deleted(self, frames: Iterable[int | str] | int | str, *, deleted: bool) -> list[int]:
        wanted = [frames] if isinstance(frames, (int, str)) else list(frames)
        numbers: list[int] = []
        for each in wanted:
            number = self.frame_index.position(each) if isinstance(each, str) else int(each)
            if number is None:
                raise NotFoundError(f"there is no frame called {each!r}", where=f"task {self.name!r}")
            numbers.append(number)
        self.store.set_frames_deleted(self.id, numbers, deleted=deleted)
        return self.deleted_frames

    # -- annotations ---------------------------------------------------------------------------------------------

    def _merge(self, table: AnnotationTable, job_of: NDArray[np.int64]) -> AnnotationTable:
        rows = self.store.jobs(self.id)
        jobs = [row for row in rows if row.type == "annotation"]
        if len(jobs) == 1:
            return table if len(rows) == 1 else table.take(job_of == jobs[0].id)
        from cvat_widgets.model.overlap import merge_jobs

        parts = [(row.start, row.stop, table.take(job_of == row.id)) for row in jobs]
        return merge_jobs(parts, self.row.overlap)

    def _add_table(self, table: AnnotationTable, *, origin: str, label: str, replace: bool = False) -> list[int]:
        jobs = [row for row in self.store.jobs(self.id) if row.type == "annotation"]
        if len(jobs) == 1:
            return write_table(self, table, jobs[0].id, origin=origin, label=label, replace=replace)
        sliced, job_of = _sliced(table, jobs)
        return write_table(self, sliced, job_of, origin=origin, label=label, replace=replace)

    # -- files ---------------------------------------------------------------------------------------------------

    def export(
        self,
        path: str | Path,
        format: str,  # noqa: A002
        *,
        save_images: bool = False,
        strict: bool = False,
        job: Job | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Path:
        """Export annotations to a file.

        Parameters
        ----------
        path
            File to write; an existing one is replaced once the new one is complete.
        format
            CVAT's display name, e.g. ``"COCO 1.0"``; see :func:`cvat_widgets.formats`.
        save_images
            Whether to put the frames into the file too.
        strict
            Raise, before anything is written, if the format cannot hold something; otherwise one warning lists it.
        job
            Only this job.
        progress
            Called with (done, all).

        Raises
        ------
        FormatError
            The format is not known, or ``strict`` and something would be lost.
        """
        from cvat_widgets.formats import write_dataset

        return write_dataset(
            self.dataset(job),
            path,
            format,
            save_images=save_images,
            strict=strict,
            **({"progress": progress} if progress else {}),
        )

    def dataset(self, job: Job | None = None) -> Dataset:
        """Return labels, frames and annotations together, as the formats take them."""
        from cvat_widgets.formats import Dataset

        frames = self.frame_index
        start, stop = (job.start, job.stop) if job else (0, len(frames) - 1)
        return Dataset(
            labels=self.labels,
            frames=frames,
            table=(job or self).table,
            name=self.name,
            mode=self.mode,
            media=self._member,
            meta={
                "id": self.id,
                "job_id": job.id if job else None,
                "start_frame": start,
                "stop_frame": stop,
                "deleted_frames": self.deleted_frames,
                "overlap": self.row.overlap,
                "created": self.row.created.isoformat(),
                "updated": self.row.updated.isoformat(),
                "subset": self.row.subset,
                "segments": [(row.id, row.start, row.stop) for row in self.store.jobs(self.id) if row.type == "annotation"],
            },
        )

    def _member(self, number: int) -> tuple[str, bytes]:
        """Return name and bytes of a frame for an export with images: the original file where there is one."""
        name = self.frame_index.names[number]
        original = self.media.original(number)
        if original is not None:
            return name, original
        encoded = self.media.encoded(number, quality=95)
        suffix = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}.get(encoded.mime, "")
        return (name if Path(name).suffix else name + suffix), encoded.data

    def import_annotations(self, path: str | Path, format: str | None = None, *, replace: bool = False) -> int:  # noqa: A002
        """Import annotations from a file; frames are matched by name, labels by name.

        Parameters
        ----------
        path
            File to read.
        format
            CVAT's display name; ``None`` recognises it.
        replace
            Whether to remove the present annotations, in the same revision.

        Returns
        -------
        int
            Number of objects imported.

        Raises
        ------
        FormatError
            The file cannot be read, or nothing in it matches the frames; the task is unchanged.
        LabelError
            The file has a label or attribute the task has not.
        """
        from cvat_widgets.formats import read_dataset, rows_for_task

        dataset = read_dataset(path, format)
        table = rows_for_task(dataset, self.labels, self.frame_index)
        problems = table.problems(self.labels, len(self))
        if problems:
            raise AnnotationError("; ".join(problems), where=str(path), hint="Nothing was imported")
        ids = self._add_table(table, origin="import", label=f"Import {Path(path).name}", replace=replace)
        return len(ids)

    # -- the task itself -----------------------------------------------------------------------------------------

    def rename(self, name: str) -> None:
        """Give the task another name."""
        self.store.rename_task(self.id, name)
        self.row = self.store.task(self.id)

    def set_labels(self, labels: Iterable[str | Mapping[str, Any] | Label] | LabelSet, *, delete_objects: bool = False) -> None:
        """Change the labels; labels with an id (or a name) that is there already are edited, others are new.

        Parameters
        ----------
        labels
            All labels the task shall have.
        delete_objects
            Whether objects of labels that go away are deleted with them. Edits that name such a label can then no longer be
            undone.

        Raises
        ------
        LabelError
            A label that is still in use would go away.
        """
        from cvat_widgets.store.label_changes import change_task_labels
        from cvat_widgets.store.label_fitting import with_known_ids

        if self.project_id is not None:
            raise LabelError("the task has the labels of its project", hint="Change them with task.project.set_labels(...)")
        wanted = with_known_ids([Label.from_raw(label) for label in labels], self.labels)
        change_task_labels(self.store, self.id, wanted, user=self.user, delete_objects=delete_objects)

    def delete(self, ids: object = None) -> int:
        """Delete objects by id (one, a list, a column, or rows with a column ``id``); return how many.

        The task itself is deleted by :func:`delete_task`.
        """
        if ids is None:
            raise CvatWidgetsError(
                "say what to delete", hint="task.delete(ids) deletes objects, cw.delete_task(name) a whole task"
            )
        return super().delete(ids)

    def __repr__(self) -> str:
        return f"<Task {self.id} {self.name!r}: {len(self)} frames, {len(self.jobs)} jobs, revision {self.revision}>"


def delete_task(name: str | int, store: Store | str | Path | None = None) -> None:
    """Delete a task with its annotations and history; media files stay where they are."""
    opened = open_store(store)
    task_id = opened.task(name).id
    opened.delete_task(task_id)
    forget_media(opened, task_id)


def forget_media(store: Store, task_id: int) -> None:
    """Open the media of a task anew the next time: they are gone, or others."""
    _open_media.pop((store.uuid, task_id), None)


def _segments(count: int, size: int | None, overlap: int) -> list[tuple[int, int]]:
    """Cut frames into jobs as CVAT does: starts ``size - overlap`` apart, the last job may be shorter.

    Source: CVAT's task creation; starts run up to ``count - overlap``, so that no job consists of shared frames only.
    """
    if size is None or size <= 0 or size >= count:
        return [(0, count - 1)]
    starts = range(0, max(count - overlap, 1), size - overlap)
    return [(start, min(start + size, count) - 1) for start in starts]


def _mapped_segments(job_frames: Sequence[Sequence[int | str]], media: FrameSource) -> list[tuple[int, int]]:
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


def _sliced(table: AnnotationTable, jobs: Sequence[JobRow]) -> tuple[AnnotationTable, NDArray[np.int64]]:
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
