"""Backups: a task and a project come back as they were; backups as CVAT writes them; damaged and hostile ones."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import cvat_widgets as cw
from cvat_widgets.cli import main
from cvat_widgets.quality import QualitySettings

LABELS = [
    cw.Label(
        "car",
        attributes=(
            cw.Attribute("parked", "checkbox"),
            cw.Attribute("speed", "number", mutable=True),
            cw.Attribute("make", "select", values=("vw", "fiat")),
        ),
    ),
    "person",
    cw.Label(
        "pose",
        type="skeleton",
        sublabels=(cw.Label("head", type="points"), cw.Label("foot", type="points")),
        svg='<line x1="1" y1="1" x2="9" y2="9" data-type="edge" data-node-from="1" data-node-to="2"></line>'
        '<circle r="1" cx="1" cy="1" data-type="element node" data-element-id="1" data-node-id="1" data-label-id="4"></circle>'
        '<circle r="1" cx="9" cy="9" data-type="element node" data-element-id="2" data-node-id="2" data-label-id="5"></circle>',
    ),
]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    (folder / "sub").mkdir(parents=True)
    for number in range(10):
        Image.new("RGB", (80 + number, 60), (number * 20, 0, 0)).save(folder / "sub" / f"{number:02}.png")
    return folder


@pytest.fixture
def task(pictures: Path, tmp_path: Path) -> cw.Task:
    made = cw.Task.create("street", pictures, labels=LABELS, segment_size=6, overlap=2, store=tmp_path / "a.sqlite")
    labels = made.labels
    made.add(
        [
            {"frame": 0, "label": "car", "type": "rectangle", "points": [1.25, 2, 30, 40], "rotation": 30.0, "group": 2,
             "attr.parked": True, "attr.make": "fiat", "z_order": 3, "occluded": True, "source": "auto"},
            {"frame": 7, "label": "person", "type": "polygon", "points": [1, 2, 30, 40, 50, 2], "score": 0.5},
            {"frame": 8, "label": "person", "type": "mask", "points": [0, 2, 1, 1, 3, 4, 4, 5]},
            {"frame": 9, "label": "person", "type": "tag", "points": []},
            {"frame": 0, "label": "car", "type": "rectangle", "points": [1, 1, 9, 9], "track_id": 1, "attr.speed": 5},
            {"frame": 3, "label": "car", "type": "rectangle", "points": [5, 5, 9, 9], "track_id": 1, "attr.speed": 7},
            {"frame": 4, "label": "car", "type": "rectangle", "points": [5, 5, 9, 9], "track_id": 1, "outside": True},
        ]
    )  # fmt: skip
    from cvat_widgets.model.changes import Edit
    from cvat_widgets.model.records import Element, Shape

    first = made.store.reserve_ids(made.id, 3).start
    pose = labels["pose"]
    elements = tuple(
        Element(id=first + 1 + number, label=joint.id, points=(number + 1.5, 2.0), outside=number == 1)
        for number, joint in enumerate(pose.sublabels)
    )
    skeleton = Shape(id=first, frame=9, label=pose.id, type="skeleton", points=(), elements=elements)
    made.store.commit(made.id, Edit(added=(skeleton,)), author="ann")
    return made


def rows(task: cw.Task) -> list[list[object]]:
    """Everything but ids, sorted."""
    table = task.to_frame()
    table["points"] = [tuple(points.tolist()) for points in table["points"]]
    kept = [name for name in table.columns if name not in ("id", "track_id", "parent_id")]
    return sorted(json.loads(table[kept].to_json(orient="values")), key=repr)


def member(path: Path, name: str) -> object:
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read(name))


def test_a_task_comes_back_as_it_was(task: cw.Task, tmp_path: Path) -> None:
    job, other = task.jobs
    job.assignee, job.state = "ann", "in progress"
    other.stage = "validation"
    other.open_issue(8, (3, 4), "hm").comment("yes").resolve()
    task.guide = "# Read me"
    task.store.add_guide_asset("a.png", b"x", task_id=task.id)
    task.quality_settings = QualitySettings(iou_threshold=0.6)
    task.bug_tracker, task.subset = "https://x.example/2", "train"
    task.store.set_frames_deleted(task.id, [5], deleted=True)
    truth = task.create_ground_truth("manual", frames=[2, 8])
    truth.add({"frame": 2, "label": "person", "type": "points", "points": [4, 5]})
    task.set_validation_frames([8], active=False)
    task.create_replicas(2)
    path = task.backup(tmp_path / "t.zip")
    again = cw.Task.restore(path, store=tmp_path / "b.sqlite")
    assert rows(again) == rows(task)
    assert (again.name, again.subset, again.bug_tracker, again.guide) == ("street", "train", "https://x.example/2", "# Read me")
    assert again.store.guide_assets(task_id=again.id) == {"a.png": b"x"}
    assert again.frame_index.names == task.frame_index.names
    for frame in (0, 9):
        np.testing.assert_array_equal(again.frame(frame), task.frame(frame))
    columns = ["type", "stage", "state", "assignee", "start", "stop", "frames"]
    assert again.jobs.to_frame()[columns].equals(task.jobs.to_frame()[columns])
    assert again.issues[["frame", "position", "message", "resolved", "comments"]].equals(
        task.issues[["frame", "position", "message", "resolved", "comments"]]
    )
    assert again.quality_settings.iou_threshold == 0.6
    assert again.store.deleted_frames(again.id) == [5]
    assert again.validation_frames().equals(task.validation_frames())
    assert len(again.ground_truth.shapes) == 1
    assert again.row.overlap == 2
    assert [label.to_raw()["name"] for label in again.labels] == ["car", "person", "pose"]
    assert again.labels["car"].attribute("make").values == ("vw", "fiat")
    assert not (again.store.path.parent / "pictures" / "t.zip").exists()


def test_the_file_is_in_cvats_layout(task: cw.Task, tmp_path: Path) -> None:
    path = task.backup(tmp_path / "t.zip")
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        manifest = [json.loads(line) for line in archive.read("data/manifest.jsonl").splitlines()]
    assert {"task.json", "annotations.json", "data/sub/00.png", "data/manifest.jsonl"} <= names
    assert manifest[:3] == [
        {"version": "1.1"},
        {"type": "images"},
        {"name": "sub/00", "extension": ".png", "width": 80, "height": 60, "meta": {"related_images": []}},
    ]
    about = member(path, "task.json")
    assert about["version"] == "1.0"
    assert about["jobs"] == [
        {"status": "annotation", "type": "annotation", "start_frame": 0, "stop_frame": 5},
        {"status": "annotation", "type": "annotation", "start_frame": 4, "stop_frame": 9},
    ]
    assert about["labels"][0]["attributes"][2] == {
        "name": "make", "mutable": False, "input_type": "select", "default_value": "vw", "values": ["vw", "fiat"],
    }  # fmt: skip
    assert "id" not in about["labels"][0]
    assert 'data-label-name="head"' in about["labels"][2]["svg"]
    assert "data-label-id" not in about["labels"][2]["svg"]
    first, second = member(path, "annotations.json")
    assert first["shapes"][0] == {
        "frame": 0, "z_order": 3, "score": 1.0, "label": "car", "group": 2, "source": "auto",
        "attributes": [{"name": "parked", "value": "true"}, {"name": "make", "value": "fiat"}], "type": "rectangle",
        "points": [1.25, 2, 30, 40], "rotation": 30.0, "occluded": True, "outside": False, "elements": [],
    }  # fmt: skip
    assert [key["attributes"] for key in first["tracks"][0]["shapes"][:2]] == [
        [{"name": "speed", "value": "5"}],
        [{"name": "speed", "value": "7"}],
    ]
    assert [each["label"] for each in second["shapes"][-1]["elements"]] == ["head", "foot"]
    assert second["tags"][0]["frame"] == 9


def test_media_can_stay_where_they_are(task: cw.Task, pictures: Path, tmp_path: Path) -> None:
    path = task.backup(tmp_path / "t.zip", media=False)
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if name.startswith("data/")]
    again = cw.Task.restore(path, store=tmp_path / "b.sqlite")
    np.testing.assert_array_equal(again.frame(9), task.frame(9))
    pictures.rename(tmp_path / "moved")
    with pytest.raises(cw.MediaError):
        cw.Task.restore(path, name="x", store=tmp_path / "b.sqlite")
    third = cw.Task.restore(path, media=tmp_path / "moved", store=tmp_path / "b.sqlite")
    assert third.name == "street (2)"
    np.testing.assert_array_equal(third.frame(9), task.frame(9))


def test_a_video_comes_back_with_its_frames(tmp_path: Path) -> None:
    import av

    clip = tmp_path / "clip.mp4"
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(20):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number * 10, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    task = cw.Task.create("v", clip, labels=["car"], start_frame=2, stop_frame=16, frame_step=3, store=tmp_path / "a.sqlite")
    task.add({"frame": 1, "label": "car", "type": "rectangle", "points": [1, 2, 3, 4], "track_id": 1})
    path = task.backup(tmp_path / "v.zip")
    data = member(path, "task.json")["data"]
    assert (data["start_frame"], data["frame_filter"]) == (2, "step=3")
    clip.unlink()
    again = cw.Task.restore(path, store=tmp_path / "b.sqlite")
    assert (again.mode, len(again), again.frame_index.names) == ("interpolation", 5, task.frame_index.names)
    assert abs(int(again.frame(4)[0, 0, 0]) - 140) < 6
    assert rows(again) == rows(task)


def test_a_project_comes_back_with_its_tasks(task: cw.Task, tmp_path: Path) -> None:
    project = cw.Project.create("city", task.labels, bug_tracker="https://b.example", store=task.store)
    project.add(task)
    project.create_task("second", np.zeros((3, 20, 30, 3), np.uint8), subset="val")
    project.guide = "guide"
    path = project.backup(tmp_path / "p.zip")
    with zipfile.ZipFile(path) as archive:
        assert {"project.json", "task_0/task.json", "task_1/annotations.json"} <= set(archive.namelist())
    again = cw.Project.restore(path, store=tmp_path / "b.sqlite")
    assert (again.name, again.bug_tracker, again.guide, again.subsets) == ("city", "https://b.example", "guide", ["val"])
    assert [each.name for each in again.tasks] == ["street", "second"]
    assert rows(again.tasks[0]) == rows(task)
    again.set_labels([*again.labels, "new"])
    assert "new" in again.tasks[1].labels.names
    with pytest.raises(cw.FormatError, match="project"):
        cw.Task.restore(path, store=tmp_path / "b.sqlite")


def test_honeypots_come_back(pictures: Path, tmp_path: Path) -> None:
    task = cw.Task.create_with_honeypots(
        "h", pictures, labels=["car"], frames_per_job=3, honeypots_per_job=2, count=3, seed=1, store=tmp_path / "a.sqlite"
    )
    task.ground_truth.add(
        [{"frame": f, "label": "car", "type": "rectangle", "points": [f, 1, 30, 30]} for f in task.ground_truth.row.frames]
    )
    task.add([{"frame": f, "label": "car", "type": "rectangle", "points": [10, 1, 30, 30]} for f in range(4)])
    path = task.backup(tmp_path / "h.zip")
    about = member(path, "task.json")
    assert about["data"]["validation_layout"]["mode"] == "gt_pool"
    assert about["data"]["validation_layout"]["frames_per_job_count"] == 2
    assert len(about["jobs"][0]["files"]) == 5
    with zipfile.ZipFile(path) as archive:
        assert sum(name.endswith(".png") for name in archive.namelist()) == 10, "every picture once"
    for given in (path, task.backup(tmp_path / "lean.zip", media=False)):
        again = cw.Task.restore(given, store=tmp_path / f"{given.stem}.sqlite")
        assert again.store.honeypots(again.id) == task.store.honeypots(task.id)
        for frame in range(len(task)):
            np.testing.assert_array_equal(again.frame(frame), task.frame(frame))
        assert again.quality_report().accuracy == task.quality_report().accuracy


def png(width: int) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, 20), (width, 0, 0)).save(stream, "PNG")
    return stream.getvalue()


def cvat_backup(path: Path, **changes: object) -> Path:
    """A backup as CVAT writes it: random order, honeypots, replicas, no manifest needed, ids nowhere."""
    labels = [
        {"name": "cat", "color": "#6080c0", "type": "any", "sublabels": [],
         "attributes": [{"name": "src", "mutable": False, "input_type": "text", "default_value": "", "values": [""]}]},
    ]  # fmt: skip
    about = {
        "name": "task 30", "bug_tracker": "", "status": "annotation", "subset": "", "labels": labels, "consensus_replicas": 0,
        "version": "1.0",
        "data": {
            "chunk_size": 72, "image_quality": 70, "start_frame": 0, "stop_frame": 5, "storage_method": "cache",
            "sorting_method": "random", "chunk_type": "imageset", "deleted_frames": [], "custom_segments": True,
            "validation_layout": {"mode": "gt_pool", "frames_per_job_count": 1, "frames": ["33.png"]}, "storage": "local",
        },
        "jobs": [
            {"status": "annotation", "type": "annotation", "start_frame": 0, "stop_frame": 2, "files": ["32.png", "33.png", "30.png"]},
            {"status": "completed", "type": "annotation", "start_frame": 3, "stop_frame": 4, "files": ["33.png", "31.png"]},
            {"status": "annotation", "type": "ground_truth"},
        ],
    }  # fmt: skip
    shape = {
        "type": "rectangle", "frame": 1, "label": "cat", "group": 0, "source": "manual", "occluded": False, "outside": False,
        "z_order": 0, "rotation": 0.0, "points": [1.0, 2.0, 10.0, 12.0], "attributes": [{"name": "src", "value": "web"}],
        "elements": [],
    }  # fmt: skip
    empty: dict[str, object] = {"version": 0, "tags": [], "shapes": [], "tracks": []}
    annotations = [{**empty, "shapes": [shape]}, empty, {**empty, "shapes": [{**shape, "frame": 5}]}]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("task.json", json.dumps(about | changes))
        archive.writestr("annotations.json", json.dumps(annotations))
        for number in range(30, 34):
            archive.writestr(f"data/{number}.png", png(number))
    return path


def test_a_backup_of_cvat_is_read(tmp_path: Path) -> None:
    task = cw.Task.restore(cvat_backup(tmp_path / "c.zip"), store=tmp_path / "s.sqlite")
    assert (task.name, len(task), len(task.jobs)) == ("task 30", 6, 3)
    assert [task.frame(number).shape[1] for number in range(6)] == [32, 33, 30, 33, 31, 33]
    assert task.store.honeypots(task.id) == {1: 5, 3: 5}
    assert task.ground_truth.row.frames == (5,)
    assert task.shapes[["frame", "label", "attr.src"]].to_numpy().tolist() == [[1, "cat", "web"]]
    assert [(job.stage, job.state) for job in task.jobs[:2]] == [("annotation", "new"), ("acceptance", "completed")]
    report = task.quality_report()
    assert (report.annotations.valid_count, report.annotations.gt_count) == (1, 2)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"version": "9.0"}, "version"),
        ({"jobs": []}, "no job"),
        ({"jobs": [{"type": "annotation", "start_frame": 0, "stop_frame": 10**12}] * 3}, "frames"),
        ({"labels": [{"name": "dog"}]}, "'cat' is not defined"),
        ({"labels": [{"nome": "dog"}]}, "labels"),
        ({"data": None}, "task.json"),
    ],
)
def test_a_wrong_backup_leaves_nothing(tmp_path: Path, changes: dict[str, object], text: str) -> None:
    path = cvat_backup(tmp_path / "c.zip", **changes)
    with pytest.raises(cw.FormatError, match=text):
        cw.Task.restore(path, store=tmp_path / "s.sqlite")
    assert cw.tasks(tmp_path / "s.sqlite").empty
    assert not list(tmp_path.glob("s_media/restored_*"))


@pytest.mark.parametrize("name", ["data/../../evil.png", "/etc/evil.png", "data/..\\..\\evil.png"])
def test_names_do_not_lead_out(tmp_path: Path, name: str) -> None:
    path = cvat_backup(tmp_path / "c.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, png(9))
    with pytest.raises(cw.CvatWidgetsError):
        cw.Task.restore(path, store=tmp_path / "s.sqlite")
    assert not list(tmp_path.rglob("evil.png"))


def test_files_that_are_no_backup_are_named(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04broken")
    with zipfile.ZipFile(tmp_path / "y.zip", "w") as archive:
        archive.writestr("readme.txt", "x")
    for name in ("x.zip", "y.zip", "none.zip"):
        with pytest.raises(cw.FormatError):
            cw.Task.restore(tmp_path / name, store=tmp_path / "s.sqlite")


def test_the_command_line(task: cw.Task, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = str(task.store.path)
    assert main(["--store", store, "backup", "street", str(tmp_path / "t.zip"), "--no-media"]) == 0
    assert main(["--store", store, "restore", str(tmp_path / "t.zip"), "--name", "copy"]) == 0
    assert "task 2 'copy'" in capsys.readouterr().out
    assert main(["--store", store, "restore", str(tmp_path / "t.zip"), "--name", "copy"]) == 1
    assert "already" in capsys.readouterr().err
