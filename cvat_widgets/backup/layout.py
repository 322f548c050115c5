"""``task.json`` and ``project.json``: what CVAT's backups say of labels, data and jobs."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cvat_widgets.errors import CvatWidgetsError, FormatError
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.store import JobRow

__all__ = ["JobPlan", "TaskPlan", "job_entry", "labels_json", "parse_labels", "parse_task", "status_of"]

VERSION = "1.0"
_MOST_FRAMES = 100_000_000


@dataclass(frozen=True)
class JobPlan:
    """A job to be made."""

    type: str
    start: int
    stop: int
    stage: str
    state: str
    frames: tuple[int, ...] | None = None
    files: tuple[str, ...] = ()
    parent: int | None = None


@dataclass(frozen=True)
class TaskPlan:
    """What a ``task.json`` says."""

    name: str
    bug_tracker: str
    subset: str
    labels: LabelSet
    start: int
    stop: int | None
    step: int
    deleted: tuple[int, ...]
    custom: bool
    jobs: tuple[JobPlan, ...]
    layout_mode: str = ""
    layout_frames: tuple[str, ...] = ()
    disabled: tuple[str, ...] = ()


def status_of(row: JobRow) -> str:
    """Return CVAT's older one-word status of a job."""
    if row.stage == "acceptance":
        return "completed" if row.state == "completed" else "validation"
    return row.stage


def job_entry(row: JobRow, files: Sequence[str] | None) -> dict[str, Any]:
    """Return a job as ``task.json`` has it."""
    entry: dict[str, Any] = {"status": status_of(row), "type": row.type, "start_frame": row.start, "stop_frame": row.stop}
    if row.frames is not None:
        entry["frames"] = list(row.frames)
    if files is not None:
        entry["files"] = list(files)
    return entry


def labels_json(labels: LabelSet) -> list[dict[str, Any]]:
    """Return labels without ids; skeleton templates name their joints instead."""
    names = {str(each.id): each.name for label in labels for each in (label, *label.sublabels)}

    def plain(raw: dict[str, Any]) -> dict[str, Any]:
        entry = {key: value for key, value in raw.items() if key not in ("id", "svg")}
        entry["attributes"] = [{key: value for key, value in spec.items() if key != "id"} for spec in raw["attributes"]]
        entry["sublabels"] = [plain(each) for each in raw["sublabels"]]
        if raw["svg"]:
            entry["svg"] = re.sub(
                r'data-label-id="(\d+)"',
                lambda found: f'data-label-name="{html.escape(names.get(found[1], found[1]))}"',
                raw["svg"],
            )
        return entry

    return [plain(raw) for raw in labels.to_raw()]


def parse_labels(raw: Any, where: str) -> LabelSet:
    """Read the labels of a backup."""

    def plain(entry: Any) -> Any:
        if not isinstance(entry, dict):
            return entry
        values = {key: value for key, value in entry.items() if key != "id"}
        values["attributes"] = [plain(each) for each in entry.get("attributes") or ()]
        values["sublabels"] = [plain(each) for each in entry.get("sublabels") or ()]
        return values

    try:
        return LabelSet.of([plain(entry) for entry in raw or ()])
    except CvatWidgetsError as error:
        raise FormatError(f"the labels cannot be read: {error.what}", where=where) from None


def parse_task(raw: Any, where: str) -> TaskPlan:
    """Read a ``task.json``.

    Raises
    ------
    FormatError
        Something needed is missing or makes no sense.
    """
    if not isinstance(raw, dict) or not isinstance(raw.get("data"), dict) or not isinstance(raw.get("jobs"), list):
        raise FormatError("it is not the task.json of a backup", where=where)
    if str(raw.get("version", VERSION)) != VERSION:
        raise FormatError(f"backups of version {raw['version']!r} are not known", where=where, hint="Update cvat-widgets")
    data = raw["data"]
    layout = data.get("validation_layout") or {}
    try:
        found = re.search(r"step\s*=\s*(\d+)", str(data.get("frame_filter") or ""))
        stop = data.get("stop_frame")
        plan = TaskPlan(
            name=str(raw.get("name") or "restored task")[:256],
            bug_tracker=str(raw.get("bug_tracker") or ""),
            subset=str(raw.get("subset") or "")[:64],
            labels=parse_labels(raw.get("labels"), where),
            start=int(data.get("start_frame") or 0),
            stop=None if stop is None else int(stop),
            step=max(int(found[1]) if found else 1, 1),
            deleted=tuple(int(frame) for frame in data.get("deleted_frames") or ()),
            custom=bool(data.get("custom_segments")),
            jobs=_jobs(raw["jobs"]),
            layout_mode=str(layout.get("mode") or ""),
            layout_frames=tuple(str(name) for name in layout.get("frames") or ()),
            disabled=tuple(str(name) for name in layout.get("disabled_frames") or ()),
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise FormatError(f"a value makes no sense: {error}", where=where) from None
    annotation = [job for job in plan.jobs if job.type == "annotation"]
    if not annotation:
        raise FormatError("the task has no job", where=where)
    for job in plan.jobs:
        if not 0 <= job.start <= job.stop < _MOST_FRAMES:
            raise FormatError(f"a job has the frames {job.start} to {job.stop}", where=where)
    return plan


def _jobs(raw: Sequence[Any]) -> tuple[JobPlan, ...]:
    """Read the jobs; a replica belongs to the job before it."""
    plans: list[JobPlan] = []
    parent = None
    for number, entry in enumerate(raw):
        kind = entry.get("type") or "annotation"
        status = entry.get("status") or "annotation"
        stage = {"validation": "validation", "completed": "acceptance"}.get(status, "annotation")
        frames = entry.get("frames")
        before = plans[parent] if parent is not None else None
        span = (before.start, before.stop) if kind == "consensus_replica" and before else (0, 0)
        if kind == "annotation":
            parent = number
        numbers = tuple(int(frame) for frame in frames) if frames and all(isinstance(each, int) for each in frames) else None
        start, stop = entry.get("start_frame"), entry.get("stop_frame")
        plans.append(
            JobPlan(
                type=kind,
                start=span[0] if start is None else int(start),
                stop=span[1] if stop is None else int(stop),
                stage=stage,
                state="completed" if status == "completed" else "new",
                frames=numbers,
                files=tuple(str(name) for name in entry.get("files") or ()),
                parent=parent if kind == "consensus_replica" else None,
            )
        )
    return tuple(plans)
