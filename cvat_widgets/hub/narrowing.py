"""What annotators get of the results of the store: ground truth, honeypots and replicas of others are not in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cvat_widgets.hub.policy import sees
from cvat_widgets.model.changes import ChangeSet
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.store import objects
from cvat_widgets.store.catalogue import WITHHELD
from cvat_widgets.store.frame_lists import withheld_frames

if TYPE_CHECKING:
    from cvat_widgets.hub.view import Values, View
    from cvat_widgets.store import Commit, JobRow, Snapshot, TaskRow
    from cvat_widgets.store.team_rows import EventRow, IssueRow

__all__ = ["NARROW"]

_SERVED = {"type": "service"}
"""Instead of where the pictures of a task with honeypots lie: which of them is shown twice would tell the honeypots."""


def _seen_jobs(view: View, _: Values, rows: list[JobRow]) -> list[JobRow]:
    return [row for row in rows if sees(view.person, row)]


def _seen_snapshot(view: View, values: Values, snapshot: Snapshot) -> Snapshot:
    kept = np.isin(snapshot.job_of, list(view.jobs(values["task_id"])))
    if kept.all():
        return snapshot
    return replace(snapshot, table=snapshot.table.take(kept), job_of=snapshot.job_of[kept])


def _seen_records(view: View, values: Values, records: dict[int, Any]) -> dict[int, Any]:
    with view.store.database.read() as raw:
        found = objects.read_records(raw, values["task_id"], sorted(records))
    shown = view.jobs(values["task_id"])
    return {record_id: record for record_id, record in records.items() if found[record_id][1] in shown}


def _seen_log(view: View, values: Values, commits: list[Commit]) -> list[Commit]:
    """Leave no hole in the revisions, but nothing in those of jobs that are hidden; a change of several is read anew."""
    shown = view.jobs(values["task_id"])

    def narrowed(commit: Commit) -> Commit:
        if commit.job_id in shown:
            return commit
        changes = None if commit.job_id is None else ChangeSet()
        return replace(commit, job_id=None, op_id=None, author="", origin="", label="", changes=changes, id_map={}, undoes=None)

    return [narrowed(commit) for commit in commits]


def _seen_issues(view: View, _: Values, issues: list[IssueRow]) -> list[IssueRow]:
    seen: dict[int, bool] = {}
    for issue in issues:
        if issue.job_id not in seen:
            seen[issue.job_id] = sees(view.person, view.store.job(issue.job_id))
    return [issue for issue in issues if seen[issue.job_id]]


def _known(view: View, pairs: Iterable[tuple[int | None, int | None]]) -> set[int]:
    """Return the jobs that the person sees among those of ``(task, job)``."""
    return {job_id for task_id in {task for task, job in pairs if job is not None} for job_id in view.jobs(task_id)}


def _seen_event_rows(view: View, _: Values, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    shown = _known(view, [(event["task_id"], event["job_id"]) for event in events])
    return [event for event in events if event["job_id"] in shown]


def _seen_events(view: View, values: Values, events: list[EventRow]) -> list[EventRow]:
    while events:
        shown = _known(view, [(event.task_id, event.job_id) for event in events])
        seen = [event for event in events if event.job_id in shown]
        if seen:
            return seen
        # All of them were hidden: there may be more behind them, which would never be reached otherwise.
        events = view.store.events_after(**(values | {"event_id": events[-1].id}))
    return []


def _seen_task(view: View, _: Values, row: TaskRow) -> TaskRow:
    if not view.works_on(row):
        return replace(row, media=dict(WITHHELD))
    return replace(row, media=dict(_SERVED)) if view.store.honeypots(row.id) else row


def _seen_tasks(view: View, values: Values, rows: list[TaskRow]) -> list[TaskRow]:
    return [_seen_task(view, values, row) for row in rows]


def _seen_frames(view: View, values: Values, index: FrameIndex) -> FrameIndex:
    """Give honeypots no name of their own kind, and the pictures of their pool no size."""
    task_id = values["task_id"]
    if not view.works_on(view.store.task(task_id)):
        return withheld_frames(len(index))
    if not view.store.honeypots(task_id):
        return index
    hidden = np.setdiff1d(np.arange(len(index)), list(view.frames(task_id) or ()))
    widths, heights = index.widths.copy(), index.heights.copy()
    widths[hidden], heights[hidden] = index.widths[0], index.heights[0]
    return FrameIndex([f"{number:06d}.jpg" for number in range(len(index))], widths, heights)


NARROW: Mapping[str, Callable[[View, Values, Any], Any]] = {
    "jobs": _seen_jobs,
    "load": _seen_snapshot,
    "at": _seen_snapshot,
    "records": _seen_records,
    "log": _seen_log,
    "issues": _seen_issues,
    "events": _seen_event_rows,
    "event_columns": _seen_event_rows,
    "events_after": _seen_events,
    "task": _seen_task,
    "tasks": _seen_tasks,
    "frames": _seen_frames,
    "validation_frames": lambda *_: {},
    "honeypots": lambda *_: {},
    "quality_settings": lambda *_: None,
}
