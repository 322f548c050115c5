"""A task: media, labels, jobs and annotations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError, CvatWidgetsError, LabelError, NotFoundError
from cvat_widgets.job import EditableAnnotations, write_table
from cvat_widgets.model.labels import Label, LabelSet
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.models_facade import ModelsOnTask
from cvat_widgets.opening import open_store, user_of
from cvat_widgets.segments import check_cut, cut_segments, mapped_segments, slice_for_jobs
from cvat_widgets.task_files import TaskFiles
from cvat_widgets.team import TaskTeam
from cvat_widgets.uploading import described

if TYPE_CHECKING:
    from cvat_widgets.media import FrameSource
    from cvat_widgets.store import Store, TaskRow

__all__ = ["Task", "delete_task", "forget_media"]


_open_media: WeakValueDictionary[tuple[str, int], FrameSource] = WeakValueDictionary()
"""One decoder and one cache for all the Task objects of a task: running a cell again must not add another."""


class Task(ModelsOnTask, TaskFiles, TaskTeam, EditableAnnotations):
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
        upload: bool | None = None,
        progress: Callable[[int, int], None] | None = None,
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
        upload
            Whether to send the files to the service of a hub, which keeps them for the team. By default only arrays are, which
            exist nowhere else; files are opened where they lie.
        progress
            Called with the bytes sent and the bytes of all, where files are sent.

        Raises
        ------
        MediaError, LabelError, StoreError
            The media cannot be read, the labels contradict themselves, or the name is taken.
        AnnotationError
            Jobs cannot be cut like that.
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
        check_cut(segment_size, overlap)
        media = open_media(
            data, sorting=sorting, start=start_frame, stop=stop_frame, step=frame_step, seed=seed, directory=opened.directory
        )
        video = media.kind == "video"
        if job_frames is not None:
            segments = mapped_segments(job_frames, media)
            overlap = 0
        else:
            overlap = min((5 if video else 0) if overlap is None else overlap, (segment_size or 0) // 2)
            segments = cut_segments(len(media), segment_size, overlap)
        row = opened.create_task(
            TaskSpec(
                name=name,
                labels=label_set,
                frames=media.index,
                media=described(media, opened, upload, progress),
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
        sliced, job_of = slice_for_jobs(table, jobs)
        return write_table(self, sliced, job_of, origin=origin, label=label, replace=replace)

    # -- the task itself -----------------------------------------------------------------------------------------

    def rename(self, name: str) -> None:
        """Give the task another name."""
        self.store.rename_task(self.id, name, user=self.user)
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
    opened.delete_task(task_id, user=user_of(opened))
    forget_media(opened, task_id)


def forget_media(store: Store, task_id: int) -> None:
    """Open the media of a task anew the next time: they are gone, or others."""
    _open_media.pop((store.uuid, task_id), None)
