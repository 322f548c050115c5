"""What any store promises."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from cvat_widgets.errors import AnnotationError, ConflictError, LabelError, NotFoundError, StoreError
from cvat_widgets.model.changes import Edit
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.records import Keyframe, Shape, Tag, Track
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.store import Commit, Store, TaskRow
from tests.store.conftest import LABELS, spec


def box(record_id: int = 0, frame: int = 0, **more: object) -> Shape:
    return Shape(id=record_id, frame=frame, label=1, type="rectangle", points=(0, 0, 10, 10), **more)  # type: ignore[arg-type]


def added(store: Store, task: TaskRow, *records: object, **options: object) -> list[int]:
    commit = store.commit(task.id, Edit(added=records), author="ann", **options)  # type: ignore[arg-type]
    assert commit.changes is not None
    return [record.id for record in commit.changes.added]


def test_records_come_back_as_they_were(store: Store, task: TaskRow) -> None:
    ids = store.reserve_ids(task.id, 3)
    shape = box(ids[0], z_order=3, rotation=12.5, attributes={1: "true"}, occluded=True, group=4, score=0.25, source="auto")
    track = Track(
        id=ids[1], label=1, type="polygon", attributes={1: "false"},
        keyframes={2: Keyframe(points=(0, 0, 1, 0, 1, 1), attributes={2: "5"}), 7: Keyframe(points=(0, 0, 2, 0, 2, 2, 0, 1), outside=True)},
    )  # fmt: skip
    tag = Tag(id=ids[2], frame=3, label=2)
    store.commit(task.id, Edit(added=(shape, track, tag)))
    assert store.records(task.id, list(ids)) == {shape.id: shape, track.id: track, tag.id: tag}
    assert store.load(task.id).table.to_records(LABELS) == [shape, tag, track]


def test_the_same_operation_twice_is_one_change(store: Store, task: TaskRow) -> None:
    edit = Edit(added=(box(),))
    first = store.commit(task.id, edit, op_id="c:1")
    again = store.commit(task.id, edit, op_id="c:1")
    assert (again.revision, again.repeated, again.changes) == (first.revision, True, first.changes)
    assert len(store.load(task.id).table) == 1


def test_other_fields_merge_and_the_same_field_conflicts(store: Store, task: TaskRow) -> None:
    (one,) = added(store, task, box())
    base = store.task(task.id).revision
    store.commit(task.id, Edit(updated={one: {"z_order": (0, 5)}}), base=base, op_id="b:1")
    store.commit(task.id, Edit(updated={one: {"group": (0, 2)}}), base=base, op_id="a:1")
    with pytest.raises(ConflictError, match="z_order was changed"):
        store.commit(task.id, Edit(updated={one: {"z_order": (0, 9)}}), base=base, op_id="a:2")
    with pytest.raises(ConflictError, match="not removed"):
        store.commit(task.id, Edit(removed=(one,)), base=base, op_id="a:3")
    record = store.records(task.id, [one])[one]
    assert isinstance(record, Shape)
    assert (record.z_order, record.group) == (5, 2)
    store.commit(task.id, Edit(removed=(one,)), base=base + 2, op_id="a:4")
    with pytest.raises(ConflictError, match="removed meanwhile"):
        store.commit(task.id, Edit(updated={one: {"group": (2, 3)}}), base=base + 2, op_id="b:2")


def test_a_client_may_remove_what_it_has_just_changed(store: Store, task: TaskRow) -> None:
    (one,) = added(store, task, box())
    base = store.task(task.id).revision
    store.commit(task.id, Edit(updated={one: {"group": (0, 1)}}), base=base, op_id="a:1")
    store.commit(task.id, Edit(removed=(one,)), base=base, op_id="a:2")
    assert len(store.load(task.id).table) == 0


@pytest.mark.parametrize(
    ("edit", "error", "text"),
    [
        (Edit(added=(box(frame=20),)), AnnotationError, "frame 20 does not exist"),
        (
            Edit(added=(box(label=9) if False else Shape(id=0, frame=0, label=9, type="rectangle", points=(0, 0, 1, 1)),)),
            AnnotationError,
            "label id 9",
        ),
        (
            Edit(added=(Shape(id=0, frame=0, label=1, type="rectangle", points=(0, 0, 1, float("nan"))),)),
            AnnotationError,
            "finite",
        ),
        (Edit(added=(box(attributes={1: "x" * 5000}),)), AnnotationError, "longer than 4096"),
        (Edit(added=(box(1 << 60),)), AnnotationError, "cannot be an id"),
        (Edit(added=(box(10**6),)), AnnotationError, "not reserved"),
        (Edit(removed=(77,)), NotFoundError, "id 77"),
        (Edit(updated={1: {"colour": ("red", "blue")}}), AnnotationError, "no field 'colour'"),
        (Edit(updated={1: {"points": (None, [1, 2, 3])}}), AnnotationError, "4 numbers"),
        (Edit(updated={1: {"frame": (0, 99)}}), AnnotationError, "frame 99"),
        (Edit(updated={1: {"label": (1, "car")}}), AnnotationError, "cannot be set"),
        (Edit(added=(box(1),)), AnnotationError, "is taken"),
    ],
)
def test_a_bad_edit_changes_nothing(store: Store, task: TaskRow, edit: Edit, error: type[Exception], text: str) -> None:
    added(store, task, box())
    before = store.load(task.id)
    with pytest.raises(error, match=text):
        store.commit(task.id, Edit(added=(box(), *edit.added), updated=edit.updated, removed=edit.removed))
    after = store.load(task.id)
    assert after.table.equals(before.table)
    assert after.revision == before.revision == 1


def test_undo_and_redo_are_an_authors_own_and_survive_reopening(store: Store, task: TaskRow) -> None:
    (mine,) = added(store, task, box(), label="mine")
    store.commit(task.id, Edit(added=(box(),)), author="bob", label="his")
    store.commit(task.id, Edit(updated={mine: {"group": (0, 1)}}), author="ann", label="group")
    path = store.url
    store.close()
    with Store.open(path) as again:
        assert again.history(task.id, author="ann").undo == "group"
        assert again.history(task.id, author="bob").undo == "his"
        again.undo(task.id, author="ann")
        again.undo(task.id, author="ann")
        assert again.undo(task.id, author="ann") is None
        assert again.history(task.id, author="ann").redo == "mine"
        again.redo(task.id, author="ann")
        again.redo(task.id, author="ann")
        assert again.redo(task.id, author="ann") is None
        assert again.records(task.id, [mine])[mine].group == 1
        again.undo(task.id, author="ann")
        again.commit(task.id, Edit(added=(box(),)), author="ann", label="new")
        assert again.history(task.id, author="ann").redo is None


def test_undo_refuses_what_somebody_else_has_changed(store: Store, task: TaskRow) -> None:
    (one,) = added(store, task, box())
    store.commit(task.id, Edit(updated={one: {"group": (0, 1)}}), author="ann")
    store.commit(task.id, Edit(updated={one: {"group": (1, 2)}}), author="bob")
    with pytest.raises(ConflictError, match="changed meanwhile"):
        store.undo(task.id, author="ann")
    assert store.records(task.id, [one])[one].group == 2
    assert store.history(task.id, author="ann").undo is not None


def test_a_block_is_one_change_and_can_be_taken_back(store: Store, task: TaskRow) -> None:
    (before,) = added(store, task, box())
    job = store.jobs(task.id)[0].id
    count = 1000
    table = AnnotationTable.build(
        id=np.arange(count) + 1, frame=np.arange(count) % 20, label=1, points=np.tile([0.0, 0, 5, 5], count),
        offsets=np.arange(count + 1) * 4
    )  # fmt: skip
    commit = store.add_table(task.id, table, job_of=job, replace=True, author="ann")
    assert len(set(commit.id_map.values())) == count
    assert len(store.load(task.id).table) == count
    store.undo(task.id, author="ann")
    assert store.load(task.id).table.id.tolist() == [before]
    store.redo(task.id, author="ann")
    assert len(store.load(task.id).table) == count
    assert len(store.at(task.id, 1).table) == 1
    assert len(store.at(task.id, 0).table) == 0


def test_every_past_revision_can_be_read_and_undone(store: Store, task: TaskRow) -> None:
    generator = np.random.default_rng(3)
    remembered = [{}]  # type: list[dict[int, object]]
    for step in range(120):
        present = dict(remembered[-1])
        choice = generator.random()
        if choice < 0.5 or not present:
            kind = generator.random() < 0.5
            record = box(frame=int(generator.integers(20))) if kind else Track(
                id=0, label=1, type="rectangle", keyframes={int(generator.integers(20)): Keyframe(points=(0, 0, 1, step))}
            )  # fmt: skip
            edit = Edit(added=(record,))
        elif choice < 0.85:
            target = int(generator.choice(list(present)))
            record = present[target]
            path = "z_order" if isinstance(record, Shape) else f"keyframes.{generator.integers(20)}"
            value = int(generator.integers(99)) if isinstance(record, Shape) else {"points": [0, 0, 2, step]}
            edit = Edit(updated={target: {path: (None, value)}})
        else:
            edit = Edit(removed=(int(generator.choice(list(present))),))
        store.commit(task.id, edit, author="ann", label=f"step {step}")
        remembered.append({record.id: record for record in store.load(task.id).table.to_records(LABELS)})
    for revision, expected in enumerate(remembered):
        found = store.at(task.id, revision).table.to_records(LABELS)
        assert {record.id: record for record in found} == expected, revision
    for expected in reversed(remembered[:-1]):
        store.undo(task.id, author="ann")
        assert {record.id: record for record in store.load(task.id).table.to_records(LABELS)} == expected
    assert store.undo(task.id, author="ann") is None
    for expected in remembered[1:]:
        store.redo(task.id, author="ann")
    assert {record.id: record for record in store.load(task.id).table.to_records(LABELS)} == remembered[-1]


def test_subscribers_hear_everything_in_order(store: Store, task: TaskRow) -> None:
    heard: list[Commit] = []
    stop = store.subscribe(task.id, heard.append)
    threads = [threading.Thread(target=lambda: [added(store, task, box()) for _ in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [commit.revision for commit in heard] == list(range(1, 81))
    stop()
    added(store, task, box())
    assert len(heard) == 80
    assert len(store.load(task.id).table) == 81


def test_a_failing_subscriber_harms_nobody(store: Store, task: TaskRow, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[int] = []

    def broken(_: Commit) -> None:
        raise RuntimeError("no")

    store.subscribe(task.id, broken)
    store.subscribe(task.id, lambda commit: heard.append(commit.revision))
    added(store, task, box())
    assert heard == [1]
    assert "A subscriber failed" in caplog.text


def test_labels_in_use_stay(store: Store, task: TaskRow) -> None:
    added(store, task, box())
    with pytest.raises(LabelError, match="'car' cannot be removed"):
        store.update_labels(task.id, LabelSet.of([LABELS["person"]]))
    assert store.labels(task.id) == LABELS


def test_tasks_and_jobs(store: Store) -> None:
    row = store.create_task(spec("two", segments=[(0, 9), (10, 19)]))
    with pytest.raises(StoreError, match="called 'two' already"):
        store.create_task(spec("two"))
    jobs = store.jobs(row.id)
    store.change_job(jobs[0].id, stage="validation", state="in progress", assignee="ann")
    assert [(job.stage, job.state, job.assignee) for job in store.jobs(row.id)][0] == ("validation", "in progress", "ann")
    with pytest.raises(StoreError, match="not a stage"):
        store.change_job(jobs[0].id, stage="done")
    with pytest.raises(AnnotationError, match="not in job"):
        store.commit(row.id, Edit(added=(box(frame=12),)), job_id=jobs[0].id)
    store.set_frames_deleted(row.id, [3, 4], deleted=True)
    store.set_frames_deleted(row.id, [3], deleted=False)
    assert store.deleted_frames(row.id) == [4]
    store.rename_task(row.id, "three")
    store.delete_task(row.id)
    with pytest.raises(NotFoundError, match="none yet"):
        store.task("three")


def test_settings_and_events(store: Store, task: TaskRow) -> None:
    assert store.setting("ann", "annotator") is None
    store.set_setting("ann", "annotator", {"opacity": 3})
    assert store.setting("ann", "annotator") == {"opacity": 3}
    assert store.settings("ann") == {"annotator": {"opacity": 3}}
    assert store.settings("bob") == {}
    store.record_event("draw", user="ann", task_id=task.id, duration=1.5, count=2)
    assert [(event["kind"], event["duration"]) for event in store.events(task.id)] == [("task:create", None), ("draw", 1.5)]


def test_every_change_of_a_job_task_or_project_is_an_event(store: Store, task: TaskRow) -> None:
    """Analytics and webhooks read this log: a way of changing things that wrote nothing would be missing from both."""
    user = store.identity or "ann"
    (job,) = store.jobs(task.id)
    project = store.create_project("p", LABELS, owner=user)
    store.change_job(job.id, stage="validation", state="in progress", assignee="bob", reviewer="rev", user=user)
    store.change_job(job.id, stage="validation", assignee="bob", user=user)
    store.update_task(task.id, subset="train", assignee="bob", bug_tracker="https://x.example", user=user)
    store.update_task(task.id, subset="train", user=user)
    store.rename_task(task.id, "renamed", user=user)
    store.move_task(task.id, project.id, user=user)
    store.update_project(project.id, name="q", assignee="bob", user=user)
    assert store.project(project.id).assignee == "bob"
    assert store.update_project(project.id, assignee="", user=user).assignee is None
    store.delete_project(project.id, with_tasks=True, user=user)
    found = [(event["kind"], event["user_name"], event["payload"]) for event in store.events()]
    assert [kind for kind, _, _ in found] == [
        "task:create", "project:create", "job:update", "task:update", "task:update", "task:move", "project:update",
        "project:update", "task:delete", "project:delete",
    ]  # fmt: skip
    assert {name for _, name, _ in found[1:]} == {user}
    changed = [json.loads(payload) for _, _, payload in found]
    assert changed[2] == {
        "stage": ["annotation", "validation"], "state": ["new", "in progress"], "assignee": [None, "bob"],
        "reviewer": [None, "rev"],
    }  # fmt: skip
    assert changed[3] == {"subset": ["", "train"], "assignee": [None, "bob"], "bug_tracker": ["", "https://x.example"]}
    assert changed[4] == {"name": ["task", "renamed"]}
    assert changed[6:8] == [
        {"project": project.id, "name": ["p", "q"], "assignee": [None, "bob"]},
        {"project": project.id, "assignee": ["bob", None]},
    ]


def test_the_number_of_something_removed_is_not_given_out_again(store: Store, task: TaskRow) -> None:
    (job,) = store.jobs(task.id)

    def opened() -> tuple[int, int]:
        issue = store.open_issue(job.id, 0, (1, 1), "look", owner="ann")
        return issue.id, issue.comments[0].id

    first = opened()
    store.remove_issue(first[0], user="ann")
    second = opened()
    assert all(new > old for new, old in zip(second, first, strict=True))
    truth = store.create_job(task.id, "ground_truth", frames=[0], user="ann")
    store.delete_job(truth.id, user="ann")
    assert store.create_job(task.id, "ground_truth", frames=[0], user="ann").id > truth.id
    for make, remove in (
        (lambda: store.create_task(spec("other")).id, store.delete_task),
        (lambda: store.create_project("p", LABELS).id, lambda number: store.delete_project(number, with_tasks=False)),
    ):
        before = make()
        remove(before)
        assert make() > before


def test_one_file_is_one_object_in_a_process(tmp_path: Path) -> None:
    with Store.open(tmp_path / "a.sqlite") as first:
        assert Store.open(f"sqlite:///{tmp_path / 'a.sqlite'}") is first
        assert (tmp_path / "a.sqlite").stat().st_mode & 0o777 == 0o600
