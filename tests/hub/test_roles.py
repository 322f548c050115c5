"""Roles enforced by the service: what each may do, and more than forty ways to do what one may not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import cvat_widgets as cw
from cvat_widgets.errors import CvatWidgetsError, NotFoundError, StoreError
from cvat_widgets.hub.policy import LEAST, SIGNED
from cvat_widgets.model.changes import Edit
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.records import Shape
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.store import Store, TaskSpec
from cvat_widgets.store.contract import METHODS, method
from cvat_widgets.store.remote import Remote
from cvat_widgets.store.service_connection import ServiceDatabase
from tests.hub.conftest import SECRET, Team, box

HERE_ONLY = {
    "close", "copy", "forget_labels", "on_frames", "open", "pictures", "subscribe", "subscribe_events", "subscribe_store",
    "tell_events",
}  # fmt: skip


def contents(store: Store) -> str:
    """Everything in the store but what a service notes for itself."""
    with store.database.read() as raw:
        names = [row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        rows = {name: raw.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in names}
    rows["meta"] = [row for row in rows["meta"] if not row[0].startswith("request:")]
    return repr(rows)


def test_every_method_of_a_store_is_known_to_the_rules() -> None:
    """A method that is added to the store is not served before somebody has thought of who may call it."""
    public = {name for name in dir(Store) if not name.startswith("_") and callable(getattr(Store, name))}
    assert public - set(METHODS) == HERE_ONLY
    assert set(LEAST) == set(METHODS)
    for name in METHODS:
        assert SIGNED.get(name) in {None, "author", "owner", "user"} & {None, *method(name).signature.parameters}, name
        if {"user", "author"} & set(method(name).signature.parameters):
            assert name in SIGNED or name == "history", name


def test_everybody_is_who_the_hub_says(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "maint")
    assert team.task("ann").user == "ann"
    assert (team.stores["ann"].security, team.stores["ann"].role) == ("enforced", "annotator")
    assert (team.stores["boss"].identity, team.stores["boss"].role) == ("boss", "owner")
    for token in ("ann:nothing", "x", "", "ann:stranger"):
        with pytest.raises(StoreError, match=r"does not know this token|in no group|who you are"):
            ServiceDatabase(team.url, token=token or " ")


def test_an_annotator_works_on_their_own_job(team: Team) -> None:
    task = team.task("ann")
    job = task.jobs.where(type="annotation")[0]
    (made,) = job.add(box(2))
    job.update(job.shapes.assign(group=3))
    job.undo()
    job.redo()
    assert set(job.shapes["group"]) == {3}
    job.delete(made)
    job.undo()
    job.state = "in progress"
    job.issue(int(job.issues["id"][0])).comment("done")
    task.store.set_setting("ann", "annotator", {"y": 2})
    assert task.store.settings("ann") == {"annotator": {"y": 2}}
    assert set(task.log()["author"]) >= {"", "ann"}
    task.jobs.where(type="consensus_replica")[0].add(box(2))
    task.delete_frames(1)
    task.restore_frames(1)


def test_a_reviewer_reviews_and_a_maintainer_manages(team: Team) -> None:
    task = team.task("rev")
    assert task.ground_truth is not None
    assert task.quality_report().annotations.gt_count == 2
    job = task.jobs[2]
    issue = job.open_issue(7, (2, 2), "wrong")
    issue.comment("see")
    issue.resolve()
    job.add(box(8))
    job.accept()
    with pytest.raises(StoreError, match="does not allow"):
        job.assignee = "rev"
    with pytest.raises(StoreError, match="does not allow"):
        task.store.create_project("q", task.labels, owner="rev")
    manager = team.task("maint")
    manager.jobs[2].assignee = "bob"
    manager.jobs[2].assignee = "ann"
    manager.jobs[2].stage = "validation"
    manager.move_to("p", labels={})
    manager.move_to(None)
    with pytest.raises(StoreError, match="does not allow"):
        manager.store.commit(manager.id, Edit(), job_id=manager.jobs[0].id, author="bob")
    owner = team.task("boss")
    owner.store.add_comment(issue.id, "as in the backup", owner="bob")


def test_a_verdict_comes_without_its_ground_truth(team: Team) -> None:
    owner = cw.Task.create("judged", np.zeros((4, 40, 60, 3), np.uint8), labels=["car"], store=team.behind)
    owner.jobs[0].assignee = "ann"
    truth = owner.create_ground_truth("manual", frames=[1])
    truth.add([box(1)])
    owner.quality_settings = cw.quality.QualitySettings(max_validations_per_job=2, target_metric_threshold=0.9)
    job = cw.Task.open("judged", team.stores["ann"]).jobs[0]
    assert job.finish() is None, "the ground truth is not accepted yet"
    truth.accept()
    bad = job.finish()
    assert (bad.passed, bad.attempts_left) == (False, 1)
    job.add(box(1))
    good = job.finish()
    assert (good.passed, good.value, good.attempts_left) == (True, 1.0, 0)
    assert job.finish() is None, "there are no attempts left"
    assert cw.Task.open("judged", team.stores["ann"]).ground_truth is None
    with pytest.raises(StoreError, match="does not allow"):
        cw.Task.open("judged", team.stores["bob"]).jobs[0].finish()
    owner.store.delete_task(owner.id)


def shape(**more: Any) -> Shape:
    return Shape(**({"id": 0, "frame": 0, "label": 1, "type": "rectangle", "points": (0, 0, 5, 5)} | more))


def rows(*frames: int) -> AnnotationTable:
    return AnnotationTable.build(
        id=np.arange(len(frames)) + 1, frame=frames, label=1, points=np.tile([0.0, 0, 5, 5], len(frames)),
        offsets=np.arange(len(frames) + 1) * 4,
    )  # fmt: skip


def attempts(n: dict[str, int], team: Team) -> list[tuple[str, dict[str, Any]]]:
    """What ann must not do: method and arguments."""
    task = {"task_id": n["task"]}
    index, labels = team.behind.frames(n["task"]), LabelSet.of(["x"])
    edits: list[tuple[Edit, dict[str, Any]]] = [
        (Edit(added=(shape(frame=3),)), {"job_id": n["bob"]}),
        (Edit(added=(shape(frame=3),)), {}),
        (Edit(added=(shape(frame=6),)), {"job_id": n["moved"]}),
        (Edit(added=(shape(frame=0),)), {"job_id": n["truth"]}),
        (Edit(added=(shape(frame=1),)), {"job_id": n["replica"]}),
        (Edit(added=(shape(frame=0), shape(id=-1, frame=3))), {}),
        (Edit(updated={n["in_bob"]: {"group": (0, 7)}}), {}),
        (Edit(updated={n["in_moved"]: {"group": (0, 7)}}), {"job_id": n["moved"]}),
        (Edit(updated={n["in_truth"]: {"frame": (0, 8)}}), {}),
        (Edit(updated={n["in_bob"]: {"frame": (3, 0)}}), {"job_id": n["ann"]}),
        (Edit(removed=(n["in_bob"],)), {}),
        (Edit(removed=(n["in_truth"],)), {}),
        (Edit(removed=(n["in_replica"],)), {"job_id": n["replica"]}),
        (Edit(), {"job_id": n["ann"], "author": "bob"}),
        (Edit(), {"job_id": n["ann"], "author": "ann ", "op_id": "x:1"}),
        (Edit(), {}),
        (Edit(), {"job_id": n["ann"], "op_id": "secret:1"}),
    ]
    more: list[tuple[str, dict[str, Any]]] = [
        ("add_table", {**task, "table": rows(3), "job_of": n["bob"]}),
        ("add_table", {**task, "table": rows(0, 3), "job_of": np.array([n["ann"], n["bob"]])}),
        ("add_table", {**task, "table": rows(0), "job_of": n["truth"], "replace": True}),
        ("add_table", {**task, "table": rows(0), "job_of": n["ann"], "author": "bob"}),
        ("undo", {**task, "author": "bob"}),
        ("undo", {**task, "job_id": n["truth"]}),
        ("redo", {**task, "author": "rev"}),
        ("history", {**task, "author": "bob"}),
        ("history", {**task, "job_id": n["truth"]}),
        ("reserve_ids", {**task, "count": 5_000_000}),
        ("change_job", {"job_id": n["ann"], "stage": "acceptance"}),
        ("change_job", {"job_id": n["bob"], "state": "completed"}),
        ("change_job", {"job_id": n["bob"], "assignee": "ann"}),
        ("change_job", {"job_id": n["ann"], "reviewer": "ann"}),
        ("change_job", {"job_id": n["moved"], "state": "completed"}),
        ("change_job", {"job_id": n["truth"], "state": "completed"}),
        ("change_job", {"job_id": n["ann"], "state": "completed", "user": "bob"}),
        ("create_job", {**task, "kind": "ground_truth", "frames": [0]}),
        ("delete_job", {"job_id": n["truth"]}),
        ("delete_job", {"job_id": n["replica"]}),
        ("open_issue", {"job_id": n["ann"], "frame": 0, "position": [1.0, 1.0], "message": "x", "owner": "ann"}),
        ("add_comment", {"issue_id": n["issue_truth"], "message": "x", "owner": "ann"}),
        ("add_comment", {"issue_id": n["issue_ann"], "message": "x", "owner": "bob"}),
        ("change_comment", {"comment_id": n["comment"], "message": "x", "user": "ann"}),
        ("change_comment", {"comment_id": n["comment_truth"], "message": None, "user": "ann"}),
        ("set_issue_resolved", {"issue_id": n["issue_ann"], "resolved": True, "user": "ann"}),
        ("remove_issue", {"issue_id": n["issue_ann"], "user": "ann"}),
        ("record_event", {"kind": "job:update", "user": "ann", **task, "job_id": n["ann"]}),
        ("record_event", {"kind": "draw", "user": "bob"}),
        ("record_event", {"kind": "draw", "user": "ann", **task, "job_id": n["truth"]}),
        ("announce", {"kind": "job:validate", "user": "ann", **task}),
        ("set_setting", {"user": "bob", "key": "x", "value": 1}),
        ("setting", {"user": "bob", "key": "annotator"}),
        ("settings", {"user": "bob"}),
        ("set_frames_deleted", {**task, "frames": [4], "deleted": True}),
        ("rename_task", {**task, "name": "mine"}),
        ("delete_task", task),
        ("update_task", {**task, "assignee": "ann"}),
        ("update_labels", {**task, "labels": labels}),
        ("create_task", {"spec": TaskSpec("mine", labels, index, {"type": "images"}, [(0, 8)])}),
        ("create_project", {"name": "mine", "labels": labels}),
        ("update_project", {"project_id": n["project"], "name": "mine"}),
        ("set_project_labels", {"project_id": n["project"], "labels": labels}),
        ("delete_project", {"project_id": n["project"], "with_tasks": True}),
        ("move_task", {**task, "project_id": n["project"]}),
        ("set_guide", {"markdown": "x", "project_id": n["project"]}),
        ("add_guide_asset", {"name": "x.png", "data": b"x", "project_id": n["project"]}),
        ("set_quality_settings", {"values": {}, **task}),
        ("set_validation_frames", {**task, "frames": [8], "kind": "x"}),
        ("set_validation_frames_disabled", {**task, "frames": [0], "disabled": True}),
        ("set_honeypots", {"task_id": n["pots"], "pictures": {}}),
        ("load", {**task, "job_id": n["truth"]}),
        ("load", {**task, "job_id": n["replica"]}),
        ("log", {**task, "job_id": n["truth"]}),
        ("job", {"job_id": n["truth"]}),
        ("job", {"job_id": n["replica"]}),
        ("issue", {"issue_id": n["issue_truth"]}),
        ("issues", {"job_id": n["truth"]}),
        ("count_open_issues", {"job_id": n["truth"]}),
    ]
    return [("commit", {**task, "edit": edit, **rest}) for edit, rest in edits] + more


def test_no_call_of_an_annotator_does_what_it_may_not(team: Team) -> None:
    n, database = team.numbers(), team.stores["ann"].database
    truth = team.task("rev").ground_truth
    team.stores["rev"].commit(truth.task.id, Edit(added=(shape(group=SECRET),)), job_id=truth.id, op_id="secret:1")
    before = contents(team.behind)
    tried = attempts(n, team)
    for name, values in tried:
        with pytest.raises(CvatWidgetsError, match=r"does not allow|there is no (job|issue|object)|belongs to job") as caught:
            database.call(method(name), values)
        assert str(SECRET) not in str(caught.value), (name, values)
    assert contents(team.behind) == before
    assert len(tried) >= 60


def test_what_is_hidden_is_like_what_is_not_there(team: Team) -> None:
    n, database = team.numbers(), team.stores["ann"].database
    absent = 10**6
    for name, key, hidden in [
        ("job", "job_id", n["truth"]),
        ("issue", "issue_id", n["issue_truth"]),
        ("issues", "job_id", n["truth"]),
    ]:
        errors = []
        for number in (hidden, absent):
            with pytest.raises(NotFoundError) as caught:
                database.call(method(name), {key: number})
            errors.append(str(caught.value).replace(str(number), "N"))
        assert errors[0] == errors[1], name
    errors = []
    for number in (n["in_truth"], absent):
        with pytest.raises(NotFoundError) as caught:
            database.call(method("commit"), {"task_id": n["task"], "edit": Edit(removed=(number,)), "job_id": n["ann"]})
        errors.append(str(caught.value).replace(str(number), "N"))
    assert errors[0] == errors[1]


def everything(team: Team, person: str) -> str:
    """All that a person can read, by every method there is."""
    n, database = team.numbers(), team.stores[person].database
    tasks, jobs = [n["task"], n["pots"]], range(1, 16)
    calls: list[tuple[str, dict[str, Any]]] = []
    for name, writes in METHODS.items():
        if writes:
            continue
        parameters = list(method(name).signature.parameters.values())[1:]
        required = [each.name for each in parameters if each.default is each.empty]
        if name == "records":
            calls += [(name, {"task_id": task, "ids": list(range(1, 60))}) for task in tasks]
        elif name in ("issues", "guide", "guide_assets", "quality_settings"):
            calls += [(name, {"task_id": task}) for task in tasks]
            calls += [(name, {"job_id": job}) for job in jobs] if name == "issues" else [(name, {"project_id": n["project"]})]
        elif name in ("load", "log"):
            calls += [(name, {"task_id": task, "job_id": job}) for task in tasks for job in (None, *jobs)]
        elif name == "at":
            calls += [(name, {"task_id": task, "revision": revision}) for task in tasks for revision in range(12)]
        elif name == "events_after":
            calls.append((name, {"event_id": 0}))
        elif name == "labelled":
            calls += [(name, {"task_id": task, "labels": [1]}) for task in tasks]
        elif name == "label_names":
            calls.append((name, {"task_ids": tasks}))
        elif required == ["job_id"]:
            calls += [(name, {"job_id": job}) for job in jobs]
        elif required == ["issue_id"]:
            calls += [(name, {"issue_id": issue}) for issue in range(1, 20)]
        elif required == ["task_id"]:
            calls += [(name, {"task_id": task}) for task in tasks]
        elif required == ["project_id"]:
            calls.append((name, {"project_id": n["project"]}))
        elif required == ["name"]:
            calls += [(name, {"name": each}) for each in ("t", "pots", "p")]
        elif "user" in required:
            calls += [(name, {"user": person} | ({"key": "annotator"} if name == "setting" else {}))]
        else:
            assert not required, name
            calls.append((name, {}))
            calls += [(name, {"kind": kind}) for kind in ("ground_truth", "consensus_replica") if name == "job_page"]
    seen = []
    for name, values in calls:
        try:
            result = database.call(method(name), values)
        except CvatWidgetsError:
            continue
        if isinstance(result, cw.store.Snapshot):
            result = [result.table.to_records(team.behind.labels(values["task_id"])), result.job_of.tolist()]
        elif name == "frames":
            result = [list(result.names), result.widths.tolist()]
        seen.append(f"{name} {values}: {result!r}")
    return "\n".join(seen)


def test_nothing_hidden_is_in_anything_an_annotator_can_read(team: Team) -> None:
    mine, reviewers = everything(team, "ann"), everything(team, "rev")
    assert reviewers.count(str(SECRET)) > 20, "there must be something to hide"
    assert str(SECRET) not in mine
    assert "ground_truth'" in reviewers
    assert "type='ground_truth'" not in mine
    assert "gt_pool" not in mine
    assert "target_metric" not in mine.replace("quality", "")


def test_events_and_the_past_of_hidden_jobs_are_hidden(team: Team) -> None:
    n, store = team.numbers(), team.stores["ann"]
    hidden = {n["truth"], n["replica"], None}
    assert hidden <= {event.job_id for event in team.behind.events_after(0)} | {None}
    for found in (store.events_after(0), store.events_after(store.last_event() - 3)):
        assert not hidden & {event.job_id for event in found}
    assert not hidden & {event["job_id"] for event in (*store.events(), *store.event_columns([n["task"]]))}
    # Where the log does not say which job an object was in, its frame would say a job of annotation.
    before = team.behind.task(n["task"]).revision
    made = team.behind.commit(n["task"], Edit(added=(shape(group=SECRET),)), job_id=n["truth"])
    both = (made.changes.added[0].id, n["in_ann"]) if made.changes else ()
    team.behind.commit(n["task"], Edit(removed=both))
    for revision in range(before + 3):
        try:
            assert SECRET not in store.at(n["task"], revision).table.group
        except StoreError as error:
            assert "does not allow" in str(error)  # noqa: PT017  # either is right
    team.behind.undo(n["task"])
    team.behind.undo(n["task"])


def test_an_annotator_cannot_tell_honeypots(team: Team) -> None:
    behind, store = team.behind, team.stores["ann"]
    task_id = team.numbers()["pots"]
    hidden, pool = behind.honeypots(task_id), set(behind.validation_frames(task_id))
    assert hidden
    assert pool
    row, index = store.task(task_id), store.frames(task_id)
    assert row.media == {"type": "service"}
    assert all(task.media == {"type": "service"} for task in store.tasks() if task.id == task_id)
    assert list(index.names) == [f"{number:06d}.jpg" for number in range(row.size)]
    assert (store.honeypots(task_id), store.validation_frames(task_id), store.quality_settings(task_id=task_id)) == (
        {},
        {},
        None,
    )
    assert "photo_7" in " ".join(behind.frames(task_id).names)
    assert "photo_" not in everything(team, "ann")
    for frame in range(row.size):
        if frame in pool:
            with pytest.raises(NotFoundError):
                store.pictures(task_id)(frame)
        else:
            data, mime, size = store.pictures(task_id)(frame)
            assert (mime, size, data[:4]) == ("image/png", "60 40 1", b"\x89PNG")


def test_a_role_that_changes_changes_at_once(team: Team) -> None:
    """The service believes the hub at each request, not what a connection once was."""
    database = ServiceDatabase(team.url, token="eve:reviewer")
    store = Remote(database)
    assert any(job.type == "ground_truth" for job in store.jobs(team.numbers()["task"]))
    database._token = "eve:annotator"
    assert not any(job.type == "ground_truth" for job in store.jobs(team.numbers()["task"]))
    database._token = "eve:stranger"
    with pytest.raises(StoreError, match="in no group"):
        store.jobs(team.numbers()["task"])
    store.close()
