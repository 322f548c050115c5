"""Review: jobs with stage, state and people; issues and comments; who hears of them."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import cvat_widgets as cw
from tests.waiting import PATIENCE


@pytest.fixture
def task(tmp_path: Path) -> cw.Task:
    data = np.zeros((10, 40, 60, 3), np.uint8)
    return cw.Task.create("t", data, labels=["car"], segment_size=5, store=tmp_path / "store.sqlite")


def test_jobs_are_a_list_and_a_table(task: cw.Task) -> None:
    job = task.jobs[0]
    assert [each.start for each in task.jobs] == [0, 5]
    job.assignee = "ann"
    job.state = "in progress"
    assert task.jobs["assignee"].fillna("").tolist() == ["ann", ""]
    assert task.jobs.to_frame()[["stage", "state", "start", "stop", "frames"]].to_numpy().tolist() == [
        ["annotation", "in progress", 0, 4, 5],
        ["annotation", "new", 5, 9, 5],
    ]
    assert [each.id for each in task.jobs.where(state="new", assignee=None)] == [task.jobs[1].id]
    assert task.jobs.by_id(job.id).assignee == "ann"
    assert "in progress" in task.jobs._repr_html_()
    assert len(task.jobs[:1]) == 1
    assert task.progress["in progress"] == 1


def test_stage_state_and_people_are_checked_and_logged(task: cw.Task) -> None:
    job, same = task.jobs[0], task.jobs[0]
    job.state = "completed"
    job.stage = "validation"
    assert (same.stage, same.state) == ("validation", "new")
    job.reviewer = "rev"
    job.reviewer = "rev"
    for name, value in (("stage", "done"), ("state", "finished")):
        with pytest.raises(cw.StoreError, match="is not a"):
            setattr(job, name, value)
    job.reject()
    assert (same.stage, same.state, same.reviewer) == ("annotation", "rejected", "rev")
    job.accept()
    assert task.progress["done"] == 1
    job.reviewer = None
    assert same.reviewer is None
    changes = [event for event in task.store.events_after(0) if event.kind == "job:update"]
    assert [event.payload for event in changes] == [
        {"state": ["new", "completed"]},
        {"stage": ["annotation", "validation"], "state": ["completed", "new"]},
        {"reviewer": [None, "rev"]},
        {"stage": ["validation", "annotation"], "state": ["new", "rejected"]},
        {"stage": ["annotation", "acceptance"], "state": ["rejected", "completed"]},
        {"reviewer": ["rev", None]},
    ]
    assert {event.user for event in changes} == {task.user}


def test_issues_are_opened_answered_and_resolved(task: cw.Task) -> None:
    job = task.jobs[1]
    job.assignee = "ann"
    issue = job.open_issue(6, (10, 20), "too large", object_id=3)
    job.open_issue(9, [1, 2, 30, 40], "Wrong position").resolve()
    issue.comment("is it?").comment("yes")
    table = job.issues
    assert table[["frame", "position", "message", "assignee", "resolved", "comments"]].to_numpy().tolist() == [
        [6, (10, 20), "too large", "ann", False, 3],
        [9, (1, 2, 30, 40), "Wrong position", "ann", True, 1],
    ]
    assert table["object_id"].fillna(0).tolist() == [3, 0]
    assert issue.comments["message"].tolist() == ["too large", "is it?", "yes"]
    second = int(issue.comments["id"][1])
    issue.edit_comment(second, "really?")
    issue.edit_comment(int(issue.comments["id"][2]), None)
    assert issue.comments["message"].tolist() == ["too large", "really?"]
    with pytest.raises(cw.StoreError, match="first comment"):
        issue.edit_comment(int(issue.comments["id"][0]), None)
    assert issue.resolve().resolved
    assert not issue.reopen().resolved
    assert task.jobs[0].issues.empty
    assert len(task.issues) == 2
    assert job.next_issue(0).id == issue.id
    assert job.next_issue(6) is None
    assert job.next_issue(6, resolved=True).frame == 9
    assert job.next_issue(9, step=-1).id == issue.id
    assert job.quick_issues() == ["Wrong position", "Wrong attribute", "too large"]
    issue.remove()
    with pytest.raises(cw.NotFoundError):
        job.issue(issue.id)
    kinds = [event.kind for event in task.store.events_after(0) if not event.kind.startswith("job:")]
    assert kinds == [
        "issue:open", "issue:open", "issue:resolve", "comment:add", "comment:add", "comment:update", "comment:remove",
        "issue:resolve", "issue:reopen", "issue:remove",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("frame", "position", "message", "text"),
    [
        (2, (1, 1), "x", "not in job"),
        (6, (1,), "x", "position"),
        (6, (1, float("nan")), "x", "position"),
        (6, (1, 1), "  ", "comment"),
        (6, (1, 1), "x" * 10_001, "comment"),
    ],
)
def test_a_wrong_issue_leaves_nothing(task: cw.Task, frame: int, position: tuple[float, ...], message: str, text: str) -> None:
    with pytest.raises(cw.StoreError, match=text):
        task.jobs[1].open_issue(frame, position, message)
    assert task.issues.empty
    assert task.store.events_after(0) == []


def test_those_who_have_the_job_open_hear_of_everything_once(task: cw.Task) -> None:
    job, other = task.jobs
    heard: list[str] = []

    def callback(event: object) -> None:
        heard.append(event.kind)
        if event.kind == "issue:open":  # a listener may itself write
            job.issue(event.payload["issue"]).comment("seen")
        raise RuntimeError("a listener that fails harms nobody")

    stop = job.on_review(callback)
    job.open_issue(1, (1, 1), "x")
    other.state = "completed"
    job.state = "completed"
    assert heard == ["issue:open", "comment:add", "job:update"]
    stop()
    job.state = "new"
    assert len(heard) == 3


def test_another_kernel_is_heard(task: cw.Task) -> None:
    job = task.jobs[0]
    heard = threading.Event()
    events: list[object] = []

    def callback(event: object) -> None:
        events.append(event)
        heard.set()

    job.on_review(callback)
    code = f"import cvat_widgets as cw; cw.Task.open('t', {str(task.store.path)!r}).jobs[0].open_issue(2, (3, 4), 'there')"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert heard.wait(PATIENCE)
    assert job.issue(events[0].payload["issue"]).comments["message"].tolist() == ["there"]
