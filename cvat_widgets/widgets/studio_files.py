"""Files written and read by the task browser: exports, imports, backups, with progress and cancel."""

from __future__ import annotations

import contextlib
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvat_widgets.errors import CvatWidgetsError, FormatError, NotFoundError, ProtocolError
from cvat_widgets.project import Project
from cvat_widgets.store.remote import Remote
from cvat_widgets.task import Task, forget_media
from cvat_widgets.widgets.rpc import Call, Method, StoppedError, stoppable
from cvat_widgets.widgets.studio_forms import told
from cvat_widgets.widgets.studio_requests import ExportRequest, ImportDataset, ImportRequest, RestoreRequest, read
from cvat_widgets.widgets.studio_uploads import StudioUploads

if TYPE_CHECKING:
    from cvat_widgets.store import Store

__all__ = ["StudioFiles", "file_to_write", "losses_of"]


class StudioFiles:
    """Exports, imports and backups of one store.

    Parameters
    ----------
    store
        The store.
    uploads
        What came from users' own computers.
    """

    def __init__(self, store: Store, uploads: StudioUploads) -> None:
        self.store = store
        self.uploads = uploads

    @property
    def table(self) -> dict[str, Method]:
        """The methods by name."""
        return {
            "studio.formats": self.formats,
            "studio.export": self.export,
            "studio.import": self.import_annotations,
            "studio.project.import": self.import_dataset,
            "studio.restore": self.restore,
        }

    def formats(self, call: Call) -> dict[str, Any]:  # noqa: ARG002  # every method is given its call
        """Return the names of the formats that can be written, and of those that can be read."""
        from cvat_widgets.formats.registry import registered

        known = registered()
        return {
            "exports": [each.name for each in known if each.can_write],
            "imports": [each.name for each in known if each.can_read],
        }

    def export(self, call: Call) -> dict[str, Any]:
        """Write a dataset or a backup; return its ``path`` and ``size``, or ``errors`` by field.

        ``exists`` and ``losses`` are questions: whether to replace the file, and to leave out what the format cannot hold.
        """
        request = read(call.params, ExportRequest)
        path = file_to_write(request.path, replace=request.replace)
        if isinstance(path, dict):
            return path
        try:
            self._write(request, path, stoppable(call))
        except FormatError as error:
            losses = None if request.format is None or request.lossy else losses_of(error)
            if losses is not None:
                return {"errors": {}, "losses": losses, "path": str(path)}
            return {"errors": {"path": told(error)}}
        return {"errors": {}, "path": str(path), "size": path.stat().st_size}

    def _write(self, request: ExportRequest, path: Path, progress: Any) -> None:
        if request.kind == "project":
            project = Project.open(request.id, store=self.store)
            if request.format is None:
                project.backup(path, media=request.media, progress=progress)
                return
            project.export(
                path, request.format, subset=request.subset, save_images=request.media, strict=not request.lossy,
                progress=progress,
            )  # fmt: skip
            return
        job_row = self.store.job(request.id) if request.kind == "job" else None
        task = Task.open(job_row.task_id if job_row else request.id, store=self.store)
        if request.format is None:
            task.backup(path, media=request.media, progress=progress)
            return
        job = task.jobs.by_id(request.id) if job_row else None
        task.export(path, request.format, save_images=request.media, strict=not request.lossy, job=job, progress=progress)

    def import_annotations(self, call: Call) -> dict[str, Any]:
        """Read annotations into a task; return how many ``objects`` came and what was left out (``told``), or ``errors``."""
        from cvat_widgets.formats.loss import losses_told

        request = read(call.params, ImportRequest)
        errors: dict[str, str] = {}
        path = self._file(request, errors)
        if path is None:
            return {"errors": errors}
        task = Task.open(request.task, store=self.store)
        call.progress(0, 0, "Reading the file…")
        try:
            with losses_told() as losses:
                count = task.import_annotations(
                    path, request.format, replace=request.replace, progress=stoppable(call, "Writing the annotations…")
                )
        except (StoppedError, NotFoundError):
            raise
        except CvatWidgetsError as error:
            return {"errors": {"path": told(error, path.parent if request.upload else None)}}
        self._done_with(request.upload)
        return {"errors": {}, "objects": count, "told": losses}

    def import_dataset(self, call: Call) -> dict[str, Any]:
        """Make tasks of a dataset in a project; return their ``tasks`` and ``frames``, what was left out, or ``errors``."""
        from cvat_widgets.formats.loss import losses_told

        request = read(call.params, ImportDataset)
        errors: dict[str, str] = {}
        path = self._file(request, errors)
        if path is None:
            return {"errors": errors}
        project = Project.open(request.project, store=self.store)
        call.progress(0, 0, "Reading the dataset…")
        try:
            with self.uploads.used(request.upload) if request.upload else contextlib.nullcontext(), losses_told() as losses:
                made = project.import_dataset(
                    path, request.format, name=request.name.strip() or None, progress=stoppable(call, "Making the tasks…")
                )
        except (StoppedError, NotFoundError):
            raise
        except CvatWidgetsError as error:
            field = "name" if "called" in error.what else "path"
            return {"errors": {field: told(error, path.parent if request.upload else None)}}
        if request.upload and isinstance(self.store, Remote):
            for task in made:
                forget_media(self.store, task.id)  # the service has the file, and it is no longer here
        elif request.upload and not any(path.parent.name in json.dumps(task.row.media) for task in made):
            shutil.rmtree(path.parent, ignore_errors=True)  # the pictures were taken out of it
        return {"errors": {}, "tasks": [task.id for task in made], "frames": sum(len(task) for task in made), "told": losses}

    def restore(self, call: Call) -> dict[str, Any]:
        """Make a task or a project from a backup; return its ``id``, or ``errors`` by field."""
        request = read(call.params, RestoreRequest)
        errors: dict[str, str] = {}
        path = self._file(request, errors)
        if path is None:
            return {"errors": errors}
        call.progress(0, 0, "Reading the backup…")
        name = request.name.strip() or None
        try:
            kind: type[Task | Project] = Task if request.kind == "task" else Project
            made = kind.restore(path, name=name, store=self.store)
        except CvatWidgetsError as error:
            return {"errors": {"path": told(error, path.parent if request.upload else None)}}
        self._done_with(request.upload)
        return {"errors": {}, "id": made.id}

    def _file(self, request: ImportRequest | ImportDataset | RestoreRequest, errors: dict[str, str]) -> Path | None:
        """Return the file that was uploaded or whose path was typed, or say what is wrong with it."""
        if request.upload is None:
            return _typed_path(request.path, errors, there=True)
        try:
            return self.uploads.files(request.upload)[0]
        except ProtocolError as error:
            errors["path"] = told(error)
            return None

    def _done_with(self, upload: str | None) -> None:
        if upload is not None:
            self.uploads.drop(upload)


def losses_of(error: FormatError) -> str | None:
    """Return what a format cannot hold, if that is what stopped a strict export."""
    return f"{error.what}." if " cannot hold: " in error.what else None


def file_to_write(text: str, *, replace: bool) -> Path | dict[str, Any]:
    """Return a path that was typed and can be written to, or the answer that says why not, or asks."""
    errors: dict[str, str] = {}
    path = _typed_path(text, errors)
    if path is None:
        return {"errors": errors}
    if path.is_dir():
        return {"errors": {"path": "This is a folder: name a file in it."}}
    if path.exists() and not replace:
        return {"errors": {}, "exists": True, "path": str(path)}
    return path


def _typed_path(text: str, errors: dict[str, str], *, there: bool = False) -> Path | None:
    """Return a path that was typed, from the folder of the kernel, or say what is wrong with it."""
    if not text.strip():
        errors["path"] = "Name a file."
        return None
    try:
        path = Path(text.strip()).expanduser().absolute()
        missing = there and not path.exists()
    except (OSError, ValueError, RuntimeError) as error:
        errors["path"] = f"This is no path: {error}"
        return None
    if missing:
        errors["path"] = f"There is no such file: {path}"
        return None
    return path
