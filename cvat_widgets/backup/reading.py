"""Restoring backups: of this package, and of CVAT."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cvat_widgets.backup.annotations import from_json
from cvat_widgets.backup.layout import JobPlan, TaskPlan, parse_labels, parse_task
from cvat_widgets.backup.restored_media import RestoredMedia, restore_media
from cvat_widgets.errors import FormatError, NotFoundError
from cvat_widgets.formats.archive import Members, open_members
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.records import Record
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.store import Store, TaskSpec

__all__ = ["read_project", "read_task"]

_KINDS = ("annotation", "ground_truth", "consensus_replica")


def read_task(store: Store, path: str | Path, *, name: str | None, media: Any, user: str) -> int:
    """Make a task from a backup; return its id. See :meth:`Task.restore`."""
    with open_members(path) as members:
        if "project.json" in members.names:
            raise FormatError("it is the backup of a project", where=str(path), hint="Use Project.restore")
        return _Restorer(store, members, "", user).task(name, media)


def read_project(store: Store, path: str | Path, *, name: str | None, media: Any, user: str) -> int:
    """Make a project with its tasks from a backup; return its id. If one task fails, nothing is left of it."""
    with open_members(path) as members:
        if "project.json" not in members.names:
            raise FormatError("it is not the backup of a project", where=str(path), hint="For one of a task: Task.restore")
        about = _object(members, "project.json")
        labels = parse_labels(about.get("labels"), members.where("project.json"))
        wanted = name or str(about.get("name") or "restored project")[:240]
        row = store.create_project(
            _free(wanted, lambda text: _exists(store.project, text), fixed=name is not None),
            labels,
            owner=user,
            bug_tracker=str(about.get("bug_tracker") or ""),
        )
        made: list[int] = []
        try:
            _restore_guide(store, members, "", project_id=row.id)
            extras = _object(members, "cvat_widgets.json") if "cvat_widgets.json" in members.names else {}
            if isinstance(extras.get("quality_settings"), dict):
                store.set_quality_settings(extras["quality_settings"], project_id=row.id)
            folders = {text.split("/", 1)[0] for text in members.names if text.startswith("task_") and "/" in text}
            for folder in sorted(folders, key=lambda text: (len(text), text)):
                made.append(_Restorer(store, members, f"{folder}/", user, row.id, labels).task(None, media))
        except BaseException:
            for task_id in made:
                store.delete_task(task_id)
            store.delete_project(row.id, with_tasks=True)
            raise
        return row.id


def _object(members: Members, name: str) -> dict[str, Any]:
    value = _json(members, name)
    if not isinstance(value, dict):
        raise FormatError("it is no JSON object", where=members.where(name))
    return value


def _json(members: Members, name: str) -> Any:
    if name not in members.names:
        raise FormatError(f"there is no {name} in it: it is no backup", where=str(members.path))
    try:
        return json.loads(members.read(name))
    except (ValueError, RecursionError) as error:
        raise FormatError(f"it is damaged: {error}", where=members.where(name)) from None


def _exists(look: Any, name: str) -> bool:
    try:
        look(name)
    except NotFoundError:
        return False
    return True


def _free(name: str, taken: Any, *, fixed: bool) -> str:
    """Return a name nobody has: as wanted, or with a number."""
    if fixed or not taken(name):
        return name
    number = 2
    while taken(f"{name} ({number})"):
        number += 1
    return f"{name} ({number})"


def _restore_guide(
    store: Store, members: Members, prefix: str, *, task_id: int | None = None, project_id: int | None = None
) -> None:
    name = f"{prefix}annotation_guide.md"
    if name not in members.names:
        return
    store.set_guide(members.read(name).decode("utf-8", "replace"), task_id=task_id, project_id=project_id)
    for asset in members.names:
        if asset.startswith(f"{prefix}assets/"):
            plain = asset[len(prefix) + len("assets/") :].replace("/", "_")
            store.add_guide_asset(plain, members.read(asset), task_id=task_id, project_id=project_id)


class _Restorer:
    """Makes one task of a backup, all or nothing."""

    def __init__(
        self, store: Store, members: Members, prefix: str, user: str, project_id: int | None = None,
        labels: LabelSet | None = None,
    ) -> None:  # fmt: skip
        self.store, self.members, self.prefix, self.user = store, members, prefix, user
        self.project_id, self.labels = project_id, labels

    def task(self, name: str | None, given: Any) -> int:
        where = self.members.where(f"{self.prefix}task.json")
        plan = parse_task(_json(self.members, f"{self.prefix}task.json"), where)
        labels = self.labels or plan.labels
        extras_name = f"{self.prefix}cvat_widgets.json"
        extras = _object(self.members, extras_name) if extras_name in self.members.names else {}
        annotations = _json(self.members, f"{self.prefix}annotations.json")
        if not isinstance(annotations, list) or len(annotations) > len(plan.jobs):
            raise FormatError("there are more jobs in it than in task.json", where=where)
        records = from_json(annotations, labels, self.members.where(f"{self.prefix}annotations.json"))
        media = restore_media(self.members, self.prefix, plan, extras, given, self.store.directory)
        try:
            self._check(plan, len(media.source), where)
            with self.store.database.write():
                return self._made(plan, labels, extras, records, media, name)
        except BaseException:
            media.discard()
            raise

    @staticmethod
    def _check(plan: TaskPlan, size: int, where: str) -> None:
        for job in plan.jobs:
            if job.type not in _KINDS:
                raise FormatError(f"jobs of type {job.type!r} are not known", where=where)
            if job.type == "annotation" and job.stop >= size:
                raise FormatError(f"a job has frames up to {job.stop}, but the media have {size}", where=where)

    def _made(
        self, plan: TaskPlan, labels: LabelSet, extras: Mapping[str, Any], records: list[list[Record]], media: RestoredMedia,
        name: str | None,
    ) -> int:  # fmt: skip
        store, source = self.store, media.source
        annotation = sorted((job for job in plan.jobs if job.type == "annotation"), key=lambda job: job.start)
        overlap = max(annotation[0].stop - annotation[1].start + 1, 0) if len(annotation) > 1 else 0
        spec = TaskSpec(
            name=_free(name or plan.name, lambda text: _exists(store.task, text), fixed=name is not None),
            labels=labels, frames=source.index, media=source.spec, segments=[(job.start, job.stop) for job in annotation],
            mode="interpolation" if source.kind == "video" else "annotation", kind=source.kind, fps=source.fps,
            overlap=overlap, subset=plan.subset, project_id=self.project_id, owner=self.user,
        )  # fmt: skip
        task_id = store.create_task(spec).id
        job_ids = self._jobs(task_id, plan, annotation, media)
        self._people(task_id, plan, extras, job_ids)
        deleted = [frame for frame in plan.deleted if 0 <= frame < len(source)]
        if deleted:
            store.set_frames_deleted(task_id, deleted, deleted=True)
        _restore_guide(store, self.members, self.prefix, task_id=task_id)
        if plan.bug_tracker.lower().startswith(("http://", "https://")):
            store.update_task(task_id, bug_tracker=plan.bug_tracker)
        if isinstance(extras.get("quality_settings"), dict):
            store.set_quality_settings(extras["quality_settings"], task_id=task_id)
        self._annotations(task_id, records, job_ids)
        self._issues(extras, job_ids)
        return task_id

    def _jobs(self, task_id: int, plan: TaskPlan, annotation: list[JobPlan], media: RestoredMedia) -> list[int]:
        """Make the jobs; return their ids in the order of the backup."""
        store = self.store
        own = sorted((row for row in store.jobs(task_id)), key=lambda row: row.id)
        by_plan = {id(job): row for job, row in zip(annotation, own, strict=True)}
        ids: list[int] = []
        for job in plan.jobs:
            if job.type == "annotation":
                ids.append(by_plan[id(job)].id)
            elif job.type == "consensus_replica":
                parent = plan.jobs[job.parent] if job.parent is not None else annotation[0]
                ids.append(store.create_job(task_id, job.type, parent=by_plan[id(parent)], user=self.user).id)
            else:
                frames = self._truth_frames(plan, job, media)
                ids.append(store.create_job(task_id, job.type, frames=frames, user=self.user).id)
                store.set_validation_frames(task_id, frames, kind=plan.layout_mode or "gt")
                names = media.source.index.names
                disabled = [frame for frame in frames if names[frame] in plan.disabled]
                if disabled:
                    store.set_validation_frames_disabled(task_id, disabled, disabled=True)
        if media.honeypots:
            store.set_honeypots(task_id, media.honeypots, user=self.user)
        return ids

    def _truth_frames(self, plan: TaskPlan, job: JobPlan, media: RestoredMedia) -> list[int]:
        size = len(media.source)
        if media.honeypots:
            last = max(each.stop for each in plan.jobs if each.type == "annotation")
            return list(range(last + 1, size))
        index = media.source.index
        found = [index.position(name) for name in plan.layout_frames]
        frames = [frame for frame in found if frame is not None]
        frames = frames or list(job.frames or ()) or list(range(job.start, min(job.stop + 1, size)))
        frames = [frame for frame in frames if 0 <= frame < size]
        if not frames:
            raise FormatError("the ground truth has no frames", where=self.members.where(f"{self.prefix}task.json"))
        return frames

    def _people(self, task_id: int, plan: TaskPlan, extras: Mapping[str, Any], job_ids: list[int]) -> None:
        facts = extras.get("jobs") if isinstance(extras.get("jobs"), list) else None
        for number, (job_id, job) in enumerate(zip(job_ids, plan.jobs, strict=True)):
            own = facts[number] if facts and number < len(facts) and isinstance(facts[number], dict) else {}
            self.store.change_job(
                job_id, stage=own.get("stage") or job.stage, state=own.get("state") or job.state,
                assignee=own.get("assignee"), reviewer=own.get("reviewer"), user=self.user,
            )  # fmt: skip
        if isinstance(extras.get("assignee"), str):
            self.store.update_task(task_id, assignee=extras["assignee"])

    def _annotations(self, task_id: int, records: list[list[Record]], job_ids: list[int]) -> None:
        job_by_record = {record.id: job for part, job in zip(records, job_ids, strict=False) for record in part}
        table = AnnotationTable.from_records(record for part in records for record in part)
        if not len(table):
            return
        owners = np.where(table.parent >= 0, table.parent, table.id).tolist()
        jobs = np.array([job_by_record[owner] for owner in owners], np.int64)
        self.store.add_table(
            task_id, table, job_of=jobs, author=self.user, origin="import", label=f"Restore {self.members.path.name}"
        )

    def _issues(self, extras: Mapping[str, Any], job_ids: list[int]) -> None:
        where = self.members.where(f"{self.prefix}cvat_widgets.json")
        try:
            for raw in extras.get("issues") or ():
                first, *rest = raw["comments"]
                issue = self.store.open_issue(
                    job_ids[raw["job"]], raw["frame"], raw["position"], first["message"], owner=first["owner"],
                    assignee=raw.get("assignee"),
                )  # fmt: skip
                for comment in rest:
                    self.store.add_comment(issue.id, comment["message"], owner=comment["owner"])
                if raw.get("resolved"):
                    self.store.set_issue_resolved(issue.id, resolved=True, user=self.user)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise FormatError(f"an issue cannot be read: {error}", where=where) from None
