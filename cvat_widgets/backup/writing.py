"""Writing backups."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvat_widgets.backup.annotations import to_json
from cvat_widgets.backup.layout import VERSION, job_entry, labels_json, status_of
from cvat_widgets.formats.archive import Sink, write_atomically
from cvat_widgets.media import FrameSource, reopen_media, write_manifest
from cvat_widgets.media.images import ImageSource
from cvat_widgets.media.video.source import VideoSource
from cvat_widgets.store import JobRow, Store

if TYPE_CHECKING:
    from cvat_widgets.project import Project
    from cvat_widgets.task import Task

__all__ = ["write_project", "write_task"]

_PIECE = 1 << 20


Progress = Callable[[int, int], None]


def write_task(task: Task, path: str | Path, *, media: bool = True, progress: Progress | None = None) -> Path:
    """Write the backup of a task; see :meth:`Task.backup`."""
    target = Path(path).expanduser()
    with write_atomically(target) as sink:
        _write_task(sink, "", task.store, task.id, media=media, progress=progress or _silent)
    return target


def write_project(project: Project, path: str | Path, *, media: bool = True, progress: Progress | None = None) -> Path:
    """Write the backup of a project with its tasks."""
    target = Path(path).expanduser()
    store, row = project.store, project.row
    about = {
        "name": row.name, "bug_tracker": row.bug_tracker, "status": "annotation",
        "labels": labels_json(store.project_labels(row.id)), "version": VERSION,
    }  # fmt: skip
    with write_atomically(target) as sink:
        sink.write("project.json", _json(about))
        _write_guide(sink, "", store, project_id=row.id)
        sink.write("cvat_widgets.json", _json({"quality_settings": store.quality_settings(project_id=row.id)}))
        tasks = store.project_tasks(row.id)
        for number, task_id in enumerate(tasks):
            _write_task(sink, f"task_{number}/", store, task_id, media=media, progress=_silent)
            (progress or _silent)(number + 1, len(tasks))
    return target


def _silent(_done: int, _total: int) -> None:
    """Report to nobody."""


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _write_task(sink: Sink, prefix: str, store: Store, task_id: int, *, media: bool, progress: Progress) -> None:
    with store.database.read():  # all of one moment
        row = store.task(task_id)
        jobs = _in_order(store.jobs(task_id))
        labels = store.labels(task_id)
        records = {job.id: store.load(task_id, job_id=job.id).table.to_records(labels) for job in jobs}
        hidden = store.honeypots(task_id)
        validation = store.validation_frames(task_id)
        deleted = store.deleted_frames(task_id)
        names = list(store.frames(task_id).names)
        extras = _extras(store, task_id, jobs)
    source = reopen_media(row.media)
    shown = [names[hidden.get(frame, frame)] for frame in range(len(names))]
    files = {job.id: shown[job.start : job.stop + 1] if hidden and job.type == "annotation" else None for job in jobs}
    data: dict[str, Any] = {
        "chunk_size": 36, "image_quality": 70, **_span(source), "storage_method": "cache", "storage": "local",
        "sorting_method": "predefined", "chunk_type": "video" if source.kind == "video" else "imageset",
        "deleted_frames": deleted,
    }  # fmt: skip
    if hidden:
        data["custom_segments"] = True
    if validation:
        per_job = max((sum(job.start <= f <= job.stop for f in hidden) for job in jobs if job.type == "annotation"), default=0)
        data["validation_layout"] = {
            "mode": "gt_pool" if hidden else "gt",
            **({"frames_per_job_count": per_job} if hidden else {}),
            "frames": [names[frame] for frame in validation],
            "disabled_frames": [names[frame] for frame, active in validation.items() if not active],
        }
    replicas = sum(job.type == "consensus_replica" and job.parent_id == jobs[0].id for job in jobs)
    about = {
        "name": row.name, "bug_tracker": row.bug_tracker, "status": min((status_of(job) for job in jobs), key=_rank),
        "subset": row.subset, "labels": labels_json(labels), "consensus_replicas": replicas, "version": VERSION, "data": data,
        "jobs": [job_entry(job, files[job.id]) for job in jobs],
    }  # fmt: skip
    sink.write(f"{prefix}task.json", _json(about))
    sink.write(f"{prefix}annotations.json", _json([to_json(records[job.id], labels) for job in jobs]))
    _write_guide(sink, prefix, store, task_id=task_id)
    if media:
        _write_media(sink, f"{prefix}data/", source, names, hidden, progress)
    else:
        extras["media"] = row.media
        extras["honeypots"] = sorted(hidden.items())
    sink.write(f"{prefix}cvat_widgets.json", _json(extras))


def _rank(status: str) -> int:
    return ("annotation", "validation", "completed").index(status)


def _in_order(rows: list[JobRow]) -> list[JobRow]:
    """Return jobs as CVAT lists them: every job before its replicas, the ground truth last."""
    annotation = [row for row in rows if row.type == "annotation"]
    ordered = [each for row in annotation for each in (row, *(replica for replica in rows if replica.parent_id == row.id))]
    return ordered + [row for row in rows if row.type == "ground_truth"]


def _span(source: FrameSource) -> dict[str, Any]:
    """Return which frames of the media in ``data/`` are taken."""
    if not isinstance(source, VideoSource):
        return {"start_frame": 0, "stop_frame": len(source) - 1}
    numbers = source.numbers
    step = {"frame_filter": f"step={numbers.step}"} if numbers.step > 1 else {}
    return {"start_frame": numbers.start, "stop_frame": numbers[-1], **step}


def _extras(store: Store, task_id: int, jobs: list[JobRow]) -> dict[str, Any]:
    """Return what CVAT's layout has no place for."""
    place = {job.id: number for number, job in enumerate(jobs)}
    row = store.task(task_id)
    return {
        "version": 1,
        "assignee": row.assignee,
        "overlap": row.overlap,
        "jobs": [
            {"stage": job.stage, "state": job.state, "assignee": job.assignee, "reviewer": job.reviewer} for job in jobs
        ],
        "quality_settings": store.quality_settings(task_id=task_id),
        "issues": [
            {
                "job": place[issue.job_id], "frame": issue.frame, "position": list(issue.position), "owner": issue.owner,
                "assignee": issue.assignee, "resolved": issue.resolved,
                "comments": [{"owner": comment.owner, "message": comment.message} for comment in issue.comments],
            }
            for issue in store.issues(task_id=task_id)
        ],
    }  # fmt: skip


def _write_guide(sink: Sink, prefix: str, store: Store, *, task_id: int | None = None, project_id: int | None = None) -> None:
    markdown = store.guide(task_id=task_id, project_id=project_id)
    if markdown:
        sink.write(f"{prefix}annotation_guide.md", markdown)
        for name, data in store.guide_assets(task_id=task_id, project_id=project_id).items():
            sink.write(f"{prefix}assets/{name}", data, compress=False)


def _write_media(
    sink: Sink, prefix: str, source: FrameSource, names: list[str], hidden: dict[int, int], progress: Progress
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        if isinstance(source, VideoSource):
            size, done = source.path.stat().st_size, 0
            with source.path.open("rb") as file, sink.stream(prefix + source.path.name) as write:
                while piece := file.read(_PIECE):
                    write(piece)
                    done += len(piece)
                    progress(done >> 10, size >> 10)
            sink.write(f"{prefix}manifest.jsonl", write_manifest(source, Path(folder) / "manifest.jsonl").read_bytes())
            return
        kept = [frame for frame in range(len(names)) if frame not in hidden]
        for number, frame in enumerate(kept):
            data = source.original(frame)
            sink.write(prefix + names[frame], data if data is not None else b"", compress=False)
            progress(number + 1, len(kept))
        if isinstance(source, ImageSource) and hidden:
            # The pictures once each: honeypots are told by the files of the jobs.
            sizes = [source.size(frame) for frame in kept]
            import numpy as np

            source = ImageSource(source.members, [names[frame] for frame in kept], sizes=np.array(sizes, np.int32))
        sink.write(f"{prefix}manifest.jsonl", write_manifest(source, Path(folder) / "manifest.jsonl").read_bytes())
