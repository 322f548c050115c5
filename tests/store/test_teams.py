"""Projects, reviews and quality on every kind of store; copying one store into another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import cvat_widgets as cw
from cvat_widgets.errors import StoreError
from cvat_widgets.store import Store
from tests.store.postgresql_server import Server


def box(frame: int, label: str = "car", **more: object) -> dict[str, object]:
    return {"frame": frame, "label": label, "type": "rectangle", "points": [1, 2, 30, 20], **more}


def filled(url: str) -> cw.Task:
    """A store with some of everything."""
    project = cw.Project.create("city", ["car", cw.Label("person", attributes=(cw.Attribute("age", "number"),))], store=url)
    project.guide = "guide"
    task = project.create_task("t", np.zeros((10, 40, 60, 3), np.uint8), segment_size=5)
    task.add([box(0), box(7, "person", **{"attr.age": 33}), box(1, track_id=1), box(3, track_id=1)])
    task.update(task.shapes.assign(group=4))
    task.undo()
    task.create_ground_truth("manual", frames=[0, 7]).add([box(0), box(7)])
    task.create_replicas(2)
    job = task.jobs[1]
    job.assignee = "ann"
    job.open_issue(7, (1, 2), "hm").comment("ok").resolve()
    task.store.set_setting("ann", "annotator", {"x": 1})
    task.store.set_frames_deleted(task.id, [9], deleted=True)
    return task


def seen(task: cw.Task) -> list[object]:
    """What a user sees of it."""
    report = task.quality_report()
    moments = ["created", "updated"]
    return [
        task.to_frame().to_json(), task.jobs.to_frame().drop(columns=moments).to_json(), task.issues.drop(columns=moments).to_json(),
        task.log().drop(columns="time").to_json(), task.at(1).to_frame().to_json(), report.accuracy, report.conflict_counts,
        task.guide, task.labels.to_raw(), task.store.deleted_frames(task.id), task.store.settings("ann"),
        task.analytics()["by_job"][["job", "edits", "issues"]].to_json(),
    ]  # fmt: skip


def test_everything_works_on_every_store(store: Store, tmp_path: Path) -> None:
    task = filled(store.url)
    assert task.store is store
    with Store.open(tmp_path / "other.sqlite") as other:
        assert seen(filled(other.url)) == seen(task)
    task.jobs[1].open_issue(6, (1, 2), "not yet")
    assert [store.count_open_issues(job.id) for job in task.jobs[:2]] == [0, 1]
    path = task.backup(tmp_path / "t.zip")
    again = cw.Task.restore(path, store=store.url)
    assert (again.name, len(again.shapes), len(again.tracks)) == ("t (2)", 2, len(task.tracks))
    labels = task.project.labels
    with pytest.raises(cw.LabelError):
        task.project.set_labels([labels["car"]])
    assert task.labels.names == ["car", "person"]


ROWS = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
"""A service gives no rows: its store is copied on its own host."""


@ROWS
@pytest.mark.parametrize("there", ["sqlite", "postgresql"])
def test_a_store_is_copied_into_another(store: Store, there: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    task = filled(store.url)
    url = request.getfixturevalue("postgresql").database() if there == "postgresql" else str(tmp_path / "copy.sqlite")
    Store.copy(store, url)
    with Store.open(url) as copy:
        assert copy.uuid != store.uuid
        moved = cw.Task.open("t", copy)
        assert seen(moved) == seen(task)
        moved.redo()
        assert moved.shapes["group"].tolist() == [4, 4]
        moved.add(box(2))
        fresh = cw.Task.create("fresh", np.zeros((2, 9, 9, 3), np.uint8), labels=["x"], store=copy)
        assert fresh.id == task.id + 1
        moved.jobs[0].open_issue(1, (1, 1), "numbered behind the old ones")
        with pytest.raises(StoreError, match="not empty"):
            Store.copy(store, copy)
        with pytest.raises(StoreError, match="itself"):
            Store.copy(store, store)
    assert len(task.shapes) == 2


@ROWS
def test_a_copy_that_fails_leaves_nothing(store: Store, postgresql: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    from cvat_widgets.store import copying

    filled(store.url)
    real = copying._copy

    def failing(table: object, *arguments: object) -> None:
        if table.name == "issue":
            raise RuntimeError("cut")
        real(table, *arguments)

    monkeypatch.setattr(copying, "_copy", failing)
    with Store.open(postgresql.database()) as target:
        with pytest.raises(RuntimeError, match="cut"):
            Store.copy(store, target)
        assert target.tasks() == []
        monkeypatch.undo()
        Store.copy(store, target)
        assert len(target.tasks()) == 1
