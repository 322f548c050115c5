"""Files of annotations, called from the browser: a job as a dataset, and annotations into a job, in parts where they travel."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from cvat_widgets.errors import CvatWidgetsError, FormatError, ProtocolError
from cvat_widgets.job import Job
from cvat_widgets.widgets.rpc import Call, method, stoppable
from cvat_widgets.widgets.studio_files import file_to_write, losses_of
from cvat_widgets.widgets.studio_forms import told
from cvat_widgets.widgets.studio_requests import StrictRequest, read
from cvat_widgets.widgets.transfers import MAX_DOWNLOAD, MAX_UPLOAD, PART

if TYPE_CHECKING:
    from cvat_widgets.store import Store

__all__: list[str] = []

Name = Annotated[str, msgspec.Meta(max_length=300)]
Line = Annotated[str, msgspec.Meta(max_length=4096)]
Token = Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
Offset = Annotated[int, msgspec.Meta(ge=0, le=MAX_UPLOAD)]
_SHOWN = 200


class _Export(StrictRequest):
    """Write this job; ``path`` is empty if the browser fetches the file."""

    format: Name
    path: Line = ""
    images: bool = False
    lossy: bool = False
    replace: bool = False


class _Part(StrictRequest):
    """A part of a file that travels."""

    token: Token
    offset: Offset = 0


class _Begin(StrictRequest):
    """A file that will come."""

    name: Line
    size: Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]


class _Import(StrictRequest):
    """Read a file that came; without ``format`` it is recognised."""

    token: Token
    format: Name | None = None
    replace: bool = False


class _Where(StrictRequest):
    """Which way a format is used."""

    way: Literal["in", "out"]


def _job(call: Call) -> Job:
    job = call.session.job
    if not isinstance(job, Job):
        raise ProtocolError("this view has no job of a store")
    return job


@method("dataset.formats")
def formats(call: Call) -> dict[str, Any]:
    """Return the names of the formats that can be written, or read; where files go, and how one is called."""
    from cvat_widgets.formats.registry import registered

    job = _job(call)
    way = read(call.params, _Where).way
    stem = re.sub(r"[^\w.-]+", "_", f"{job.task.name}_job_{job.id}").strip("._")[-80:]
    names = [each.name for each in registered() if (each.can_write if way == "out" else each.can_read)]
    usual = "CVAT for video 1.1" if job.task.mode == "interpolation" else "CVAT for images 1.1"
    return {"formats": names, "usual": usual if usual in names else None, "folder": str(Path.cwd()), "name": f"{stem}.zip"}


# -- out ---------------------------------------------------------------------------------------------------------------


@method("dataset.export", long=True)
def export(call: Call) -> dict[str, Any]:
    """Write this job to a file of the kernel's, or for the browser; return ``path`` or ``token``, and ``size``, or ``errors``.

    ``exists`` and ``losses`` are questions: whether to replace the file, and to leave out what the format cannot hold.
    """
    request, job = read(call.params, _Export), _job(call)
    path: Path | dict[str, Any]
    if request.path:
        path = file_to_write(request.path, replace=request.replace)
        if isinstance(path, dict):
            return path
    elif request.images:
        raise ProtocolError("a dataset with images is written to a file", hint="Name one with path")
    else:
        path = call.session.transfers.new_folder() / "dataset.zip"
    try:
        job.task.export(
            path, request.format, save_images=request.images, strict=not request.lossy, job=job, progress=stoppable(call)
        )
    except FormatError as error:
        losses = None if request.lossy else losses_of(error)
        return {"errors": {}, "losses": losses} if losses is not None else {"errors": {"format": told(error)}}
    size = path.stat().st_size
    if request.path:
        return {"errors": {}, "path": str(path), "size": size}
    if size > MAX_DOWNLOAD:
        path.unlink()
        text = f"The file has {size >> 20} MiB, too much for the way to the browser: save it in the notebook's folder."
        return {"errors": {"where": text}}
    return {"errors": {}, "token": call.session.transfers.offer(path), "size": size}


@method("dataset.part")
def part(call: Call) -> tuple[dict[str, Any], list[bytes]]:
    """Return a part of a file for the browser."""
    request = read(call.params, _Part)
    return {}, [call.session.transfers.part(request.token, request.offset)]


@method("dataset.drop")
def drop(call: Call) -> dict[str, Any]:
    """Delete a file that travels."""
    call.session.transfers.drop(read(call.params, _Part).token)
    return {}


# -- in ----------------------------------------------------------------------------------------------------------------


@method("dataset.begin")
def begin(call: Call) -> dict[str, Any]:
    """Announce a file; return its ``token`` and how large its parts are."""
    call.session.check_writable()
    request = read(call.params, _Begin)
    return {"token": call.session.transfers.begin(request.name, request.size), "part": PART}


@method("dataset.put")
def put(call: Call) -> dict[str, Any]:
    """Take the next part of a file, the buffer of the message."""
    call.session.check_writable()
    request = read(call.params, _Part)
    call.session.transfers.put(request.token, request.offset, call.buffers[0] if call.buffers else b"")
    return {}


@method("dataset.import", long=True)
def import_annotations(call: Call) -> dict[str, Any]:
    """Read a file that came into this job, as one change; return ``objects`` and ``left_out``, or ``errors``.

    ``told`` are sentences on what else was left out.
    """
    from cvat_widgets.formats.loss import losses_told
    from cvat_widgets.job_import import import_into_job

    call.session.check_writable()
    request, job = read(call.params, _Import), _job(call)
    path = call.session.transfers.received(request.token)
    target = Job(job.task, job.row)
    target.user = call.session.user
    try:
        with losses_told() as losses:
            count, left_out = import_into_job(target, path, request.format, replace=request.replace)
    except CvatWidgetsError as error:
        return {"errors": {"file": told(error, path.parent)}}
    call.session.transfers.drop(request.token)
    return {"errors": {}, "objects": count, "left_out": left_out, "told": losses}


# -- the task ----------------------------------------------------------------------------------------------------------


@method("task.about")
def about(call: Call) -> dict[str, Any]:
    """Return what there is to say of the task, and its jobs."""
    job = _job(call)
    task, row = job.task, job.store.task(job.task_id)
    jobs = job.store.jobs(job.task_id)
    return {
        "id": task.id, "name": row.name, "mode": row.mode, "frames": len(task), "kind": row.kind, "subset": row.subset,
        "owner": row.owner, "assignee": row.assignee, "created": row.created.isoformat(), "updated": row.updated.isoformat(),
        "store": _path_of(job.store),
        "jobs": [
            {name: getattr(each, name) for name in ("id", "type", "stage", "state", "assignee", "start", "stop")}
            for each in jobs[:_SHOWN]
        ],
        "jobs_total": len(jobs),
    }  # fmt: skip


def _path_of(store: Store) -> str:
    """Return the file of a store; a server has none that a cell would name."""
    database = getattr(store, "database", None)
    return str(database.where) if database is not None and database.url.startswith("sqlite:") else ""
