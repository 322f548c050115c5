"""The part of a task that files need: export, import, and what formats take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cvat_widgets.job import EditableAnnotations

if TYPE_CHECKING:
    from cvat_widgets.formats import Dataset
    from cvat_widgets.job import Job
    from cvat_widgets.task import Task

__all__ = ["TaskFiles"]


class TaskFiles(EditableAnnotations):
    """What a task can do with files; a base of :class:`~cvat_widgets.task.Task`."""

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

        task = cast("Task", self)
        frames = self.frame_index
        start, stop = (job.start, job.stop) if job else (0, len(frames) - 1)
        return Dataset(
            labels=self.labels,
            frames=frames,
            table=(job or self).table,
            name=task.name,
            mode=task.mode,
            media=self.dataset_member,
            meta={
                "id": task.id,
                "job_id": job.id if job else None,
                "start_frame": start,
                "stop_frame": stop,
                "deleted_frames": task.deleted_frames,
                "overlap": task.row.overlap,
                "created": task.row.created.isoformat(),
                "updated": task.row.updated.isoformat(),
                "subset": task.row.subset,
                "segments": [(row.id, row.start, row.stop) for row in self.store.jobs(task.id) if row.type == "annotation"],
            },
        )

    def dataset_member(self, number: int) -> tuple[str, bytes]:
        """Return name and bytes of a frame for an export with images: the original file where there is one."""
        media = cast("Task", self).media
        name = self.frame_index.names[number]
        original = media.original(number)
        if original is not None:
            return name, original
        encoded = media.encoded(number, quality=95)
        suffix = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}.get(encoded.mime, "")
        return (name if Path(name).suffix else name + suffix), encoded.data

    def import_annotations(
        self,
        path: str | Path,
        format: str | None = None,  # noqa: A002
        *,
        replace: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> int:
        """Import annotations from a file; frames are matched by name, labels by name.

        Parameters
        ----------
        path
            File to read.
        format
            CVAT's display name; ``None`` recognises it.
        replace
            Whether to remove the present annotations, in the same revision.
        progress
            Called with (done, all) between reading and writing; if it raises, the task is unchanged.

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
        table = self._rows_of_file(path, format)
        if progress is not None:
            progress(1, 2)
        return len(self._add_table(table, origin="import", label=f"Import {Path(path).name}", replace=replace))
