"""Review, called from the browser: issues and what is said about them, stage and state of the job, conflicts of quality."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from cvat_widgets.errors import ProtocolError, StoreError
from cvat_widgets.job import Job
from cvat_widgets.store.catalogue import STAGES, STATES
from cvat_widgets.widgets.guide_methods import guide_state
from cvat_widgets.widgets.rpc import Call, method

if TYPE_CHECKING:
    from cvat_widgets.quality import QualityReport
    from cvat_widgets.store import JobRow, Store
    from cvat_widgets.store.team_rows import IssueRow
    from cvat_widgets.widgets.session_job import SessionJob

__all__ = ["review_facts"]

_MAX_ID = (1 << 53) - 1
_MAX_ISSUES = 2000
"""The newest ones are shown; nobody goes through more by hand."""
_MAX_CONFLICTS = 2000
_MAX_NUMBERS = 2000
"""Numbers of a position, and of an outline of the ground truth; a longer outline is shown as its box."""
_FAR = 1e6
_MAX_PEOPLE = 200


def review_facts(job: SessionJob, user: str) -> dict[str, Any]:
    """Return what every view of a job knows of its review: open issues, stage, state, who works on it, and the guide."""
    row = job.store.job(job.id)
    return {
        "issues": job.store.count_open_issues(job.id), "stage": row.stage, "state": row.state, "assignee": row.assignee,
        "guide": guide_state(job, user),
    }  # fmt: skip


def _job(call: Call) -> Job:
    job = call.session.job
    if not isinstance(job, Job):
        raise ProtocolError("this view has no job that can be reviewed")
    return job


def _writable(call: Call) -> Job:
    call.session.check_writable()
    return _job(call)


def _text(call: Call, name: str) -> str:
    value = call.params.get(name)
    if not isinstance(value, str):
        raise ProtocolError(f"{name} is a text")
    return value


def _optional(call: Call, name: str) -> str | None:
    return None if call.params.get(name) is None else _text(call, name)


# -- issues ------------------------------------------------------------------------------------------------------------


def _wire(row: IssueRow) -> dict[str, Any]:
    return {
        "id": row.id, "frame": row.frame, "position": list(row.position), "object": row.object_id, "owner": row.owner,
        "assignee": row.assignee, "resolved": row.resolved, "created": row.created, "updated": row.updated,
        "comments": [
            {"id": said.id, "owner": said.owner, "message": said.message, "created": said.created, "updated": said.updated}
            for said in row.comments
        ],
    }  # fmt: skip


def _issue(call: Call) -> IssueRow:
    """Return the issue that is meant; one of another job is none here."""
    job = _job(call)
    row = job.store.issue(call.integer("issue", 1, _MAX_ID))
    if row.job_id != job.id:
        raise ProtocolError(f"issue {row.id} is not of this job")
    return row


@method("review.list")
def list_review(call: Call) -> dict[str, Any]:
    """Return issues with their comments, messages to choose from, the job, and who may do what."""
    job, user = _job(call), call.session.user
    store = job.store
    row, task = store.job(job.id), store.task(job.task_id)
    rows = store.issues(job_id=job.id)
    jobs = store.jobs(job.task_id)
    names = [user, task.owner, task.assignee, *(name for each in jobs for name in (each.assignee, each.reviewer))]
    names += [each.owner for each in rows]
    people = sorted({name for name in names if name})[:_MAX_PEOPLE]
    return {
        "issues": [_wire(each) for each in rows[-_MAX_ISSUES:]],
        "left_out": max(0, len(rows) - _MAX_ISSUES),
        "quick": job.quick_issues(),
        "job": {name: getattr(row, name) for name in ("id", "type", "stage", "state", "assignee", "reviewer", "start", "stop")},
        "stages": list(STAGES),
        "states": list(STATES),
        "people": people,
        "security": store.security,
        "ground_truth": _truth_problem(store, row, user) is None,
    }


@method("review.open")
def open_issue(call: Call) -> dict[str, Any]:
    """Open an issue: ``{frame, position, message, object?}``."""
    job = _writable(call)
    frame = call.integer("frame", job.start, job.stop)
    position = call.params.get("position")
    if not isinstance(position, list) or len(position) > _MAX_NUMBERS or not all(_is_near(value) for value in position):
        raise ProtocolError("the position of an issue is a list of numbers, two a point")
    object_id = None if call.params.get("object") is None else call.integer("object", 1, _MAX_ID)
    row = job.store.open_issue(
        job.id, frame, [float(value) for value in position], _text(call, "message"), owner=call.session.user,
        object_id=object_id, assignee=job.assignee,
    )  # fmt: skip
    return {"issue": _wire(row)}


def _is_near(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and abs(value) <= _FAR


@method("review.comment")
def add_comment(call: Call) -> dict[str, Any]:
    """Answer an issue: ``{issue, message}``."""
    job, row = _writable(call), _issue(call)
    return {"issue": _wire(job.store.add_comment(row.id, _text(call, "message"), owner=call.session.user))}


@method("review.edit_comment")
def edit_comment(call: Call) -> dict[str, Any]:
    """Change an own comment, or remove it: ``{issue, comment, message | null}``."""
    job, row = _writable(call), _issue(call)
    comment_id = call.integer("comment", 1, _MAX_ID)
    comment = next((each for each in row.comments if each.id == comment_id), None)
    if comment is None:
        raise StoreError(f"issue {row.id} has no comment {comment_id}", hint="It may have been removed")
    if comment.owner != call.session.user:
        raise StoreError(f"this comment was written by {comment.owner}", hint="Only its author changes it: answer instead")
    return {"issue": _wire(job.store.change_comment(comment_id, _optional(call, "message"), user=call.session.user))}


@method("review.resolve")
def resolve(call: Call) -> dict[str, Any]:
    """Resolve or reopen an issue: ``{issue, resolved}``."""
    job, row = _writable(call), _issue(call)
    resolved = call.params.get("resolved")
    if not isinstance(resolved, bool):
        raise ProtocolError("resolved is true or false")
    return {"issue": _wire(job.store.set_issue_resolved(row.id, resolved=resolved, user=call.session.user))}


@method("review.remove")
def remove(call: Call) -> dict[str, Any]:
    """Remove an issue: ``{issue}``; for who opened it, who reviews the job, and who is in charge of the task."""
    job, row, user = _writable(call), _issue(call), call.session.user
    task = job.store.task(job.task_id)
    allowed = {row.owner, job.reviewer, task.owner, task.assignee} - {None}
    if user not in allowed:
        names = ", ".join(sorted(str(name) for name in allowed))
        raise StoreError(f"{user} may not remove issue {row.id}", hint=f"Ask {names}, or resolve it")
    job.store.remove_issue(row.id, user=user)
    return {}


# -- the job -----------------------------------------------------------------------------------------------------------


@method("review.job")
def change_job(call: Call) -> dict[str, Any]:
    """Change the job: ``{stage?, state?, assignee?, reviewer?}``; an empty name is nobody."""
    job = _writable(call)
    given = {name: _optional(call, name) for name in ("stage", "state", "assignee", "reviewer")}
    job.row = job.store.change_job(job.id, **given, user=call.session.user)
    return {}


@method("review.finish")
def finish(call: Call) -> dict[str, Any]:
    """Complete the job; the verdict is there if there is a ground truth and the settings let the annotator know."""
    from cvat_widgets.quality_facade import finish as finish_job

    job = _writable(call)
    verdict = finish_job(job.store, job.id, user=call.session.user)
    if verdict is None:
        return {"verdict": None}
    return {
        "verdict": {
            "metric": verdict.metric, "value": _number(verdict.value), "threshold": _number(verdict.threshold),
            "passed": bool(verdict.passed), "attempts_left": verdict.attempts_left,
        }
    }  # fmt: skip


# -- conflicts ---------------------------------------------------------------------------------------------------------


def _truth_problem(store: Store, row: JobRow, user: str) -> str | None:
    """Return why the conflicts with the ground truth cannot be shown to a person, ``None`` if they can.

    Whoever is still annotating the job must not see the answers.
    """
    if row.type != "annotation":
        return "only jobs of annotation are compared with the ground truth"
    if not any(each.type == "ground_truth" for each in store.jobs(row.task_id)):
        return "the task has no ground truth"
    task = store.task(row.task_id)
    in_charge = user in {row.reviewer, task.owner, task.assignee}
    if row.assignee == user and row.stage == "annotation" and not in_charge:
        return "the ground truth is not shown to the annotator of a job"
    return None


@method("review.conflicts")
def conflicts(call: Call) -> dict[str, Any]:
    """Compare the job with the ground truth: metrics, and every conflict with where it is."""
    from cvat_widgets.quality_facade import report

    job = _job(call)
    if problem := _truth_problem(job.store, job.store.job(job.id), call.session.user):
        raise StoreError(problem)
    found = report(job.store, job.task_id, job_id=job.id)
    return {
        "conflicts": _conflicts(found),
        "total": len(found.found),
        "frames": [int(frame) for frame in found.frames],
        "accuracy": _number(found.accuracy),
        "precision": _number(found.precision),
        "recall": _number(found.recall),
    }


def _conflicts(report: QualityReport) -> list[dict[str, Any]]:
    from cvat_widgets.quality.conflicts import CONFLICT_TYPES

    kinds = list(CONFLICT_TYPES.items())
    found = report.found
    columns = zip(found.frame.tolist(), found.code.tolist(), found.gt.tolist(), found.ds.tolist(), strict=True)
    rows = []
    for number, (frame, code, gt, ds) in enumerate(columns):
        if number == _MAX_CONFLICTS:
            break
        kind, severity = kinds[code]
        rows.append(
            {
                "frame": frame, "type": kind, "severity": severity, "truth": _object(report, gt, truth=True),
                "object": _object(report, ds, truth=False), "similarity": _number(float(found.similarity[number])),
            }
        )  # fmt: skip
    return rows


def _object(report: QualityReport, row: int, *, truth: bool) -> dict[str, Any] | None:
    """Return one of the two objects of a conflict; of the ground truth also its outline, for it is not on the canvas."""
    from cvat_widgets.model.kinds import SHAPE_TYPES

    if row < 0:
        return None
    side = report.gt if truth else report.ds
    table = side.table
    box = [_number(value) for value in side.boxes[row].tolist()]
    kind = SHAPE_TYPES[int(table.type[row])]
    facts: dict[str, Any] = {
        "id": int(table.id[row]), "label": report.names.get(int(table.label[row]), ""), "type": kind,
        "box": None if None in box else box,
    }  # fmt: skip
    if truth:
        points = table.points_of(row)
        drawn = kind in ("rectangle", "ellipse", "polygon", "polyline", "points") and len(points) <= _MAX_NUMBERS
        facts |= {"points": points.tolist() if drawn else None, "rotation": float(table.rotation[row])}
    return facts


def _number(value: float) -> float | None:
    """JSON has no NaN."""
    return float(value) if math.isfinite(value) else None
