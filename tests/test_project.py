"""Projects: labels that tasks share, moving tasks, guides."""

from __future__ import annotations

import json
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import cvat_widgets as cw
from cvat_widgets.formats import LossWarning

LABELS = [cw.Label("car", attributes=(cw.Attribute("parked", "checkbox"),)), "person"]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


@pytest.fixture
def project(place: Path) -> cw.Project:
    return cw.Project.create("city", LABELS, bug_tracker="https://bugs.example/1", store=place)


def frames(count: int = 3) -> np.ndarray:
    return np.zeros((count, 40, 60, 3), np.uint8)


def box(label: str, frame: int = 0, **more: object) -> dict[str, object]:
    return {"frame": frame, "label": label, "type": "rectangle", "points": [1, 2, 30, 20], **more}


def test_tasks_have_the_labels_of_their_project(project: cw.Project, place: Path) -> None:
    task = project.create_task("a", frames(), subset="train")
    assert (task.labels.names, task.project.name, task.bug_tracker) == (["car", "person"], "city", "https://bugs.example/1")
    with pytest.raises(cw.LabelError, match="Leave labels"):
        project.create_task("b", frames(), labels=["dog"])
    listed = cw.projects(place)
    assert listed[["name", "tasks", "frames", "labels", "subsets"]].to_numpy().tolist() == [
        ["city", 1, 3, ["car", "person"], ["train"]]
    ]
    assert cw.Project.open("city", place).tasks[0].id == task.id
    with pytest.raises(cw.NotFoundError, match="'city'"):
        cw.Project.open("town", place)


def test_changing_labels_reaches_every_task_or_none(project: cw.Project) -> None:
    first, second = project.create_task("a", frames()), project.create_task("b", frames())
    first.add(box("car", **{"attr.parked": True}))
    second.add(box("person"))
    labels = project.labels
    project.set_labels([replace(labels["car"], name="auto"), labels["person"], "dog"])
    for task in (first, second):
        assert task.labels.names == ["auto", "person", "dog"]
    assert first.shapes[["label", "attr.parked"]].to_numpy().tolist() == [["auto", True]]
    with pytest.raises(cw.LabelError, match=r"task 2.*person"):
        project.set_labels([label for label in project.labels if label.name != "person"])
    assert project.labels.names == first.labels.names == second.labels.names == ["auto", "person", "dog"]
    with pytest.raises(cw.LabelError, match="project"):
        first.set_labels(["dog"])


def test_labels_refused_leave_no_trace_in_the_cache(project: cw.Project) -> None:
    first, second = project.create_task("a", frames()), project.create_task("b", frames())
    second.add(box("person"))
    with pytest.raises(cw.LabelError):
        project.set_labels(["car", "wrong"])
    project.set_labels(["car", "person", "right"])
    assert first.labels.names == ["car", "person", "right"]


def test_a_task_moves_in_and_out(project: cw.Project, place: Path) -> None:
    task = cw.Task.create("own", frames(), labels=["pedestrian", "unused", "car"], store=place)
    ids = task.add([box("pedestrian"), box("car", 1)])
    with pytest.raises(cw.LabelError, match="'pedestrian'"):
        project.add(task)
    assert (task.project, task.labels.names) == (None, ["pedestrian", "unused", "car"])
    project.add("own", labels={"pedestrian": "person"})
    assert task.labels.names == ["car", "person"]
    assert task.shapes.set_index("id")["label"].to_dict() == dict(zip(ids, ["person", "car"], strict=True))
    assert task.at(1).shapes["label"].tolist() == ["person", "car"]
    task.move_to(None)
    assert (task.project, project.tasks, task.labels.names) == (None, [], ["car", "person"])
    task.set_labels(["car", "person", "dog"])
    assert project.labels.names == ["car", "person"]


def test_deleting_a_project_keeps_its_tasks_unless_asked(project: cw.Project, place: Path) -> None:
    project.create_task("a", frames())
    cw.delete_project("city", place)
    assert cw.Task.open("a", place).project is None
    other = cw.Project.create("other", ["x"], store=place)
    other.create_task("b", frames())
    cw.delete_project("other", place, with_tasks=True)
    assert cw.tasks(place)["name"].tolist() == ["a"]


def test_guides_and_links(project: cw.Project) -> None:
    task = project.create_task("a", frames())
    project.guide = "# Cars\n![one](one.png)"
    project.store.add_guide_asset("one.png", b"png", project_id=project.id)
    assert task.guide.startswith("# Cars")
    task.guide = "own"
    assert (task.guide, project.store.guide_assets(project_id=project.id)) == ("own", {"one.png": b"png"})
    project.guide = ""
    assert project.store.guide_assets(project_id=project.id) == {}
    for name in ("../x.png", "", "a/b"):
        with pytest.raises(cw.StoreError, match="plain file name"):
            project.store.add_guide_asset(name, b"", task_id=task.id)
    with pytest.raises(cw.StoreError, match="https://"):
        project.bug_tracker = "javascript:alert(1)"
    task.subset, task.assignee, task.bug_tracker = "val", "ann", "http://x/1"
    again = cw.Task.open("a", project.store)
    assert (again.subset, again.assignee, again.bug_tracker) == ("val", "ann", "http://x/1")
    again.assignee = None
    assert cw.Task.open("a", project.store).assignee is None


def test_somebody_is_responsible_for_a_project(project: cw.Project, place: Path) -> None:
    cw.Project.create("other", store=place).assignee = "zoe"
    project.assignee = "ann"
    assert cw.projects(place, sort="-assignee")[["name", "assignee"]].to_numpy().tolist() == [["other", "zoe"], ["city", "ann"]]
    assert cw.projects(place, filter={"==": [{"var": "assignee"}, "ann"]})["name"].tolist() == ["city"]
    project.assignee = None
    assert cw.projects(place, search="city")["assignee"].isna().all()


def test_names_are_unique(project: cw.Project, place: Path) -> None:
    with pytest.raises(cw.StoreError, match="already"):
        cw.Project.create("city", store=place)
    other = cw.Project.create("other", store=place)
    with pytest.raises(cw.StoreError, match="already"):
        other.rename("city")
    other.rename("town")
    assert cw.projects(place)["name"].tolist() == ["city", "town"]


def test_lists_are_searched_filtered_sorted_and_paged(project: cw.Project, place: Path) -> None:
    first = project.create_task("Street 1", frames(6), subset="train", segment_size=2)
    cw.Task.create("street_2", frames(9), labels=["x"], store=place).assignee = "ann"
    cw.Task.create("50% off", frames(1), labels=["x"], store=place)
    first.jobs[0].state = "completed"
    first.jobs[1].accept()
    first.jobs[2].assignee = "bob"
    first.create_ground_truth("manual", frames=[1])

    def names(**options: object) -> list[str]:
        return cw.tasks(place, **options)["name"].tolist()

    assert names() == ["Street 1", "street_2", "50% off"]
    assert names(search="STREET") == ["Street 1", "street_2"]
    assert names(search="_") == ["street_2"]
    assert names(search="%") == ["50% off"]
    assert names(project="city") == names(subset="train") == ["Street 1"]
    assert names(subset="") == ["street_2", "50% off"]
    assert names(assignee="ann") == ["street_2"]
    assert names(sort="-size") == ["street_2", "Street 1", "50% off"]
    assert names(sort="-size", offset=1, limit=1) == ["Street 1"]
    assert names(sort="-updated")[0] == "50% off"
    assert names(limit=0) == []
    row = cw.tasks(place).iloc[0]
    assert (row["jobs"], row["completed"], row["accepted"], row["project"]) == (3, 2, 1, "city")
    with pytest.raises(cw.StoreError, match="sorted by 'frames; DROP'"):
        names(sort="frames; DROP")
    assert cw.jobs(place, assignee="bob")[["task", "start"]].to_numpy().tolist() == [["Street 1", 4]]
    assert len(cw.jobs(place, project="city", kind="annotation", assignee="")) == 2
    assert cw.jobs(place, kind="ground_truth")["task"].tolist() == ["Street 1"]
    assert cw.jobs(place, task="Street 1", sort="-id", limit=2)["id"].is_monotonic_decreasing


def pictures(folder: Path, count: int) -> Path:
    import cv2

    folder.mkdir()
    for number in range(count):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((40, 60, 3), 20 * number + 10, np.uint8))
    return folder


def held(project: cw.Project) -> dict[str, list[tuple[object, ...]]]:
    """What is on the frames of each subset: the grey of the picture, label, points, attributes."""
    found: dict[str, list[tuple[object, ...]]] = {}
    for task in project.tasks:
        rows = task.shapes
        subset = task.row.subset or task.frame_index.subset_of(0)
        found.setdefault(subset, []).extend(
            (int(task.frame(row["frame"])[0, 0, 0]), row["label"], tuple(row["points"]), row["attr.parked"] == "true")
            for row in rows.to_dict("records")
        )
    return {subset: sorted(rows, key=repr) for subset, rows in found.items()}


def test_a_whole_project_is_exported_by_subset_and_imported_again(project: cw.Project, tmp_path: Path) -> None:
    """Tasks have names of frames in common, and labels that they were given in another order."""
    first = project.create_task("one/half", pictures(tmp_path / "a", 3), subset="train")
    second = cw.Task.create("two", pictures(tmp_path / "b", 4), labels=["person", LABELS[0]], store=project.store)
    third = project.create_task("three", pictures(tmp_path / "c", 2), subset="val")
    second.move_to(project.name)
    second.subset = "train"
    first.add([box("car", 2, **{"attr.parked": "true"}), box("person")])
    second.add([box("person", 3), box("car", 1)])
    third.add(box("car", 1))
    data = project.dataset()
    assert len(data.frames) == 9
    assert data.frames.subset_of(7) == "val"
    assert sorted(data.frames.names)[:2] == ["one_half/0.png", "one_half/1.png"]
    assert len(set(data.table.id.tolist())) == len(data.table) == 5
    for name in ("Datumaro 1.0", "Ultralytics YOLO Detection 1.0"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LossWarning)
            path = project.export(tmp_path / f"{name}.zip", name, save_images=True)
        other = cw.Project.create(name, LABELS, store=project.store)
        made = other.import_dataset(path, name, name=name)
        assert {task.row.subset: len(task) for task in made} == {"train": 7, "val": 2}
        expected, got = held(project), held(other)
        for subset, rows in expected.items():
            assert [row[:2] for row in got[subset]] == [row[:2] for row in rows], name
            np.testing.assert_allclose([row[2] for row in got[subset]], [row[2] for row in rows], atol=0.01)
            if name.startswith("Datumaro"):  # the other one keeps no attributes
                assert [row[3] for row in got[subset]] == [row[3] for row in rows]
    wrong = cw.Project.create("wrong", ["cat"], store=project.store)
    with pytest.raises(cw.LabelError):
        wrong.import_dataset(path, name, name="wrong")
    assert wrong.tasks == []


def test_tracks_end_with_their_task(project: cw.Project, tmp_path: Path) -> None:
    for name, subset in (("a", "train"), ("b", "val")):
        task = project.create_task(name, pictures(tmp_path / name, 4), subset=subset)
        task.add([box("car", frame, track_id=1) for frame in (0, 2)])
    path = project.export(tmp_path / "p.zip", "COCO 1.0")
    found = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            held = json.loads(archive.read(name))
            found[name] = sorted(row["image_id"] for row in held["annotations"])
    assert found == {"annotations/instances_train.json": [1, 2, 3, 4], "annotations/instances_val.json": [5, 6, 7, 8]}
