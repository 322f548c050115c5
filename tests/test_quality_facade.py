"""Quality of a task in a store: ground truth, honeypots, verdicts, replicas, analytics."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import cvat_widgets as cw
from cvat_widgets.quality import QualityError, QualitySettings


def box(frame: int, left: float = 10, label: str = "car") -> dict[str, object]:
    return {"frame": frame, "label": label, "type": "rectangle", "points": [left, 10, left + 20, 30]}


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(12):
        Image.new("RGB", (80, 60), (number * 20, 0, 0)).save(folder / f"{number:02}.png")
    return folder


@pytest.fixture
def task(pictures: Path, tmp_path: Path) -> cw.Task:
    return cw.Task.create("t", pictures, labels=["car", "person"], segment_size=4, store=tmp_path / "store.sqlite")


def test_the_ground_truth_is_compared_frame_by_frame(task: cw.Task) -> None:
    with pytest.raises(QualityError, match="no ground truth"):
        task.quality_report()
    truth = task.create_ground_truth("manual", frames=["01.png", 5, 9])
    assert (truth.type, truth.row.frames, truth.start, truth.stop) == ("ground_truth", (1, 5, 9), 1, 9)
    with pytest.raises(QualityError, match="already"):
        task.create_ground_truth(count=1)
    truth.add([box(1), box(5), box(9), box(9, 50)])
    with pytest.raises(cw.AnnotationError, match="frame 2"):
        truth.add(box(2))
    # right on 1, another label on 5, one missing and one too many on 9; frame 3 is not looked at
    task.add([box(1), box(3), box(5, label="person"), box(9), box(9, 30)])
    assert len(task.shapes) == 5, "the ground truth is no part of the task's annotations"
    report = task.quality_report()
    # valid 2 (1, 9), gt 4, ds 4, total = 2 + mislabelled 1 + missing 1 + extra 1
    assert (report.annotations.valid_count, report.annotations.gt_count, report.annotations.ds_count) == (2, 4, 4)
    assert (report.precision, report.recall, report.accuracy) == (0.5, 0.5, 0.4)
    assert {k: v for k, v in report.conflict_counts.items() if v} == {
        "missing_annotation": 1,
        "extra_annotation": 1,
        "mismatching_label": 1,
    }
    by_job = task.quality_by_job()
    assert by_job[["frames", "accuracy", "errors"]].round(3).to_numpy().tolist() == [[1, 1, 0], [1, 0, 1], [1, 0.333, 2]]
    task.set_validation_frames([9], active=False)
    assert task.quality_report().accuracy == 0.5
    assert task.validation_frames()["active"].tolist() == [True, True, False]
    with pytest.raises(cw.StoreError, match="no ground truth"):
        task.set_validation_frames([2], active=False)


def test_frames_are_drawn_evenly_and_again_the_same(task: cw.Task) -> None:
    truth = task.create_ground_truth("random_per_job", count=2, seed=3)
    assert [sum(row.start <= frame <= row.stop for frame in truth.row.frames) for row in task.jobs[:3]] == [2, 2, 2]
    task.store.delete_job(truth.id)
    assert task.validation_frames().empty
    assert task.ground_truth is None
    first = task.create_ground_truth(share=0.5, seed=1).row.frames
    task.store.delete_job(task.ground_truth.id)
    assert task.create_ground_truth(share=0.5, seed=1).row.frames == first
    assert len(first) == 6
    with pytest.raises(QualityError, match="no way"):
        task.create_ground_truth("all")


def test_settings_are_the_tasks_then_the_projects(task: cw.Task) -> None:
    project = cw.Project.create("p", ["car", "person"], store=task.store)
    project.add(task)
    assert task.quality_settings == QualitySettings()
    task.store.set_quality_settings(QualitySettings(iou_threshold=0.5).to_dict(), project_id=project.id)
    assert task.quality_settings.iou_threshold == 0.5
    task.quality_settings = QualitySettings(iou_threshold=0.9)
    assert cw.Task.open("t", task.store).quality_settings.iou_threshold == 0.9
    task.quality_settings = None
    assert task.quality_settings.iou_threshold == 0.5


def test_finishing_a_job_gives_a_verdict_as_often_as_allowed(task: cw.Task) -> None:
    truth = task.create_ground_truth("manual", frames=[1])
    truth.add(box(1))
    job = task.jobs[0]
    task.quality_settings = QualitySettings(max_validations_per_job=2)
    assert job.finish() is None, "the ground truth is not accepted yet"
    truth.accept()
    assert job.state == "completed"
    job.state = "in progress"
    bad = job.finish()
    assert (bad.passed, bad.value, bad.attempts_left) == (False, 0, 1)
    job.add(box(1))
    good = job.finish()
    assert (good.passed, good.value, good.attempts_left) == (True, 1, 0)
    assert job.finish() is None, "two were allowed"
    assert task.jobs[1].finish() is None, "nothing of it is in the ground truth"


def test_honeypots_are_hidden_in_every_job(pictures: Path, tmp_path: Path) -> None:
    task = cw.Task.create_with_honeypots(
        "h", pictures, labels=["car"], frames_per_job=4, honeypots_per_job=2, count=4, seed=5, store=tmp_path / "s.sqlite"
    )
    truth = task.ground_truth
    hidden = task.store.honeypots(task.id)
    assert len(task) == 8 + 2 * 2 + 4
    assert [(job.start, job.stop) for job in task.jobs.where(type="annotation")] == [(0, 5), (6, 11)]
    assert truth.row.frames == (12, 13, 14, 15)
    assert [sum(a <= frame <= b for frame in hidden) for a, b in ((0, 5), (6, 11))] == [2, 2]
    for frame, picture in hidden.items():
        np.testing.assert_array_equal(task.frame(frame), task.frame(picture))
    assert len(set(task.frame_index.names)) == len(task)
    truth.add([box(frame) for frame in truth.row.frames])
    good, bad = sorted(hidden)[:2]
    task.add([box(good), box(bad, 50)])
    by_job = task.quality_by_job()
    # first job: one right, one elsewhere (missing and extra); second job: nothing drawn
    assert by_job[["frames", "accuracy"]].round(3).to_numpy().tolist() == [[2, 0.333], [2, 0]]
    before = {frame: task.frame(frame)[0, 0, 0] for frame in hidden}
    task.shuffle_honeypots(seed=9)
    after = task.store.honeypots(task.id)
    assert set(after) == set(hidden)
    assert after != hidden
    again = cw.Task.open("h", tmp_path / "s.sqlite")
    for frame, picture in after.items():
        np.testing.assert_array_equal(again.frame(frame), again.frame(picture))
    assert any(again.frame(frame)[0, 0, 0] != value for frame, value in before.items())
    assert again.shapes.empty, "what was drawn on the old picture is gone"
    assert len(truth.shapes) == 4
    assert task.undo() == "Shuffle honeypots"


def test_replicas_are_merged_into_their_job(task: cw.Task) -> None:
    with pytest.raises(QualityError, match="no replicas"):
        task.merge_replicas()
    replicas = task.create_replicas(3)
    assert len(replicas) == 9
    with pytest.raises(QualityError, match="already"):
        task.create_replicas(2)
    mine = replicas.where(parent_id=task.jobs[0].id)
    mine[0].add([box(0), box(1)])
    mine[1].add([box(0, 11), box(1, label="person")])
    mine[2].add([box(0, 12), box(1), box(2)])
    task.add(box(3))
    assert len(task.shapes) == 1, "replicas are no part of the task's annotations"
    assert task.merge_replicas(cw_settings(quorum=0.5), job=task.jobs[0]) == 2
    shapes = task.shapes
    assert shapes[["frame", "label", "source"]].to_numpy().tolist() == [[0, "car", "consensus"], [1, "car", "consensus"]]
    assert shapes["score"].tolist() == [1.0, 0.67]
    assert shapes["points"].iloc[0].tolist() == [11, 10, 31, 30], "the one in the middle"
    assert [job.state for job in task.jobs.where(type="annotation")] == ["completed", "new", "new"]
    task.undo()
    assert task.shapes["frame"].tolist() == [3]


def cw_settings(**values: float) -> object:
    from cvat_widgets.quality import ConsensusSettings

    return ConsensusSettings(**values)


def test_time_and_counts_come_from_the_log(task: cw.Task, monkeypatch: pytest.MonkeyPatch) -> None:
    start = datetime(2026, 1, 5, 10, 59, tzinfo=timezone.utc)
    moments = iter([0, 36, 72, 1000, 1036])
    clock = {"now": start}
    for name in ("changelog", "catalogue"):
        monkeypatch.setattr(f"cvat_widgets.store.{name}.now", lambda: clock["now"].isoformat(timespec="seconds"))

    def at_next() -> None:
        clock["now"] = start + timedelta(seconds=next(moments))

    first, second = task.jobs[:2]
    for job, user, action in (
        (first, "ann", lambda job: job.add(box(0))),
        (first, "ann", lambda job: job.add([box(1), box(2)])),
        (first, "ann", lambda job: job.undo()),
        (first, "ann", lambda job: job.add(box(1))),
        (second, "bob", lambda job: job.add(box(5))),
    ):
        at_next()
        job.user = user
        action(job)
    tables = task.analytics()
    person = tables["by_person"].set_index("user")
    # ann: 36 s and 36 s, then a pause that is none of work
    assert person["hours"].round(6).to_dict() == {"ann": 0.02, "bob": 0.0}
    assert person.loc["ann", ["edits", "added", "jobs"]].tolist() == [4, 4, 1]
    assert person["added_per_hour"].round(3).to_dict()["ann"] == 200
    jobs = tables["by_job"].set_index("job")
    assert jobs["added"].tolist() == [4, 1, 0]
    assert tables["per_hour"][["user", "edits"]].to_numpy().tolist() == [["ann", 2], ["ann", 2], ["bob", 1]]
    assert len(tables["by_day"]) == 2
