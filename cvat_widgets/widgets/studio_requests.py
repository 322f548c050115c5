"""What the task browser can be asked, typed and bounded; everything here comes from a browser."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

import msgspec

from cvat_widgets.errors import ProtocolError

__all__ = [
    "BeginUpload",
    "CreateProject",
    "CreateTask",
    "DeleteRequest",
    "ExportRequest",
    "GuidePicture",
    "ImportDataset",
    "ImportRequest",
    "JobUpdate",
    "LabelsRequest",
    "ListRequest",
    "MediaChoice",
    "MoveRequest",
    "One",
    "PreviewRequest",
    "ProjectUpdate",
    "RestoreRequest",
    "StrictRequest",
    "TaskUpdate",
    "UploadPart",
    "read",
]

Id = Annotated[int, msgspec.Meta(ge=1, lt=1 << 53)]
Count = Annotated[int, msgspec.Meta(ge=0, lt=1 << 31)]
Name = Annotated[str, msgspec.Meta(max_length=300)]
Line = Annotated[str, msgspec.Meta(max_length=4096)]
Text = Annotated[str, msgspec.Meta(max_length=1 << 20)]
Token = Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
Labels = Annotated[list[Any], msgspec.Meta(max_length=10_000)]


class StrictRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A request with an unknown field is refused."""


class ListRequest(StrictRequest):
    """A page of a list."""

    kind: Literal["projects", "tasks", "jobs"]
    search: Annotated[str, msgspec.Meta(max_length=500)] = ""
    filter: dict[str, Any] | None = None
    sort: Annotated[str, msgspec.Meta(max_length=200)] = "-id"
    offset: Count = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 20
    project: Id | None = None
    task: Id | None = None


class One(StrictRequest):
    """One project, task or job."""

    id: Id


class PreviewRequest(StrictRequest):
    """A small picture of a frame."""

    task: Id
    frame: Count = 0


class _File(StrictRequest):
    """A file of the user's own computer."""

    name: Line
    size: Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]


class BeginUpload(StrictRequest):
    """Files that will come, one after the other: the frames of a task, or one file to import."""

    files: Annotated[list[_File], msgspec.Meta(min_length=1, max_length=100_000)]
    purpose: Literal["media", "dataset"] = "media"


class UploadPart(StrictRequest):
    """A part of the files, which are the buffer of the message; or all of them."""

    token: Token
    offset: Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)] = 0


class MediaChoice(StrictRequest):
    """Which frames of which media: of what ``data`` names, or of an upload."""

    data: Annotated[str, msgspec.Meta(max_length=100_000)]
    sorting: Literal["natural", "lexicographical", "predefined", "random"] = "natural"
    start_frame: Count = 0
    stop_frame: Count | None = None
    frame_step: Annotated[int, msgspec.Meta(ge=1, lt=1 << 31)] = 1
    upload: Token | None = None


class CreateTask(StrictRequest):
    """The form of a new task."""

    name: Name
    media: MediaChoice
    project: Id | None = None
    labels: Labels = []
    subset: Name = ""
    segment_size: Count | None = None
    overlap: Count | None = None
    assignee: Name = ""
    bug_tracker: Line = ""


class CreateProject(StrictRequest):
    """The form of a new project."""

    name: Name
    labels: Labels = []
    bug_tracker: Line = ""


class TaskUpdate(StrictRequest):
    """What changes of a task."""

    id: Id
    name: Name | None = None
    subset: Name | None = None
    assignee: Name | None = None
    bug_tracker: Line | None = None
    guide: Text | None = None


class ProjectUpdate(StrictRequest):
    """What changes of a project."""

    id: Id
    name: Name | None = None
    assignee: Name | None = None
    bug_tracker: Line | None = None
    guide: Text | None = None


class GuidePicture(StrictRequest):
    """Which picture of which guide."""

    kind: Literal["task", "project"]
    id: Id
    name: Name


class JobUpdate(StrictRequest):
    """What changes of a job."""

    id: Id
    stage: Name | None = None
    state: Name | None = None
    assignee: Name | None = None
    reviewer: Name | None = None


class LabelsRequest(StrictRequest):
    """New labels of a task or project."""

    kind: Literal["task", "project"]
    id: Id
    labels: Labels


class MoveRequest(StrictRequest):
    """A task goes into another project; ``labels`` says which of its labels becomes which."""

    id: Id
    project: Id | None
    labels: Annotated[dict[str, str], msgspec.Meta(max_length=10_000)] = {}


class DeleteRequest(StrictRequest):
    """Something goes away."""

    kind: Literal["task", "project"]
    id: Id
    with_tasks: bool = False


class ExportRequest(StrictRequest):
    """A file is written: a dataset if ``format`` is given, else a backup. ``replace`` a file, ``lossy``: leave things out.

    ``subset``: only these frames of a project.
    """

    kind: Literal["task", "job", "project"]
    id: Id
    path: Line
    format: Name | None = None
    subset: Name | None = None
    media: bool = False
    replace: bool = False
    lossy: bool = False


class ImportRequest(StrictRequest):
    """Annotations are read from a file, named by its ``path`` or an upload."""

    task: Id
    path: Line = ""
    upload: Token | None = None
    format: Name | None = None
    replace: bool = False


class ImportDataset(StrictRequest):
    """Tasks are made in a project from a dataset; ``name`` is what they are called, before their subset."""

    project: Id
    path: Line = ""
    upload: Token | None = None
    format: Name | None = None
    name: Name = ""


class RestoreRequest(StrictRequest):
    """A task or project is made from a backup."""

    kind: Literal["task", "project"]
    path: Line = ""
    upload: Token | None = None
    name: Name = ""


Request = TypeVar("Request", bound=StrictRequest)


def read(params: dict[str, Any], kind: type[Request]) -> Request:
    """Read the parameters of a call.

    Raises
    ------
    ProtocolError
        They are others; the text says which.
    """
    try:
        return msgspec.convert(params, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise ProtocolError(f"the request is malformed: {error}") from None
