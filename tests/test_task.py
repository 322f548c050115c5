"""Tasks and jobs as a user's code sees them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import cvat_widgets as cw
from cvat_widgets.segments import cut_segments

LABELS = [
    cw.Label("car", attributes=(cw.Attribute("parked", "checkbox"), cw.Attribute("speed", "number", mutable=True))),
    "person",
]


def box(frame: int = 0, label: str = "car", **more: object) -> dict[str, object]:
    return {"frame": frame, "label": label, "type": "rectangle", "points": [10.5, 20, 110, 90], **more}


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(12):
        Image.new("RGB", (160, 120), (number * 20, 80, 120)).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def task(pictures: Path, tmp_path: Path) -> cw.Task:
    return cw.Task.create("street", pictures, labels=LABELS, store=tmp_path / "store.sqlite")


def test_a_task_is_created_and_found_again(task: cw.Task, tmp_path: Path) -> None:
    again = cw.Task.open("street", store=tmp_path / "store.sqlite")
    assert (again.id, len(again), again.labels.names) == (task.id, 12, ["car", "person"])
    assert again.frame_index.names[2] == "2.png"
    listed = cw.tasks(tmp_path / "store.sqlite")
    assert listed[["name", "mode", "size", "jobs"]].to_numpy().tolist() == [["street", "annotation", 12, 1]]
    assert again.frame(3).shape == (120, 160, 3)
    assert again.frame(3)[0, 0].tolist() == [60, 80, 120]


def test_tasks_opened_twice_share_their_decoder(task: cw.Task, tmp_path: Path) -> None:
    assert cw.Task.open("street", store=tmp_path / "store.sqlite").media is task.media


def test_a_missing_task_names_those_there_are(task: cw.Task, tmp_path: Path) -> None:
    with pytest.raises(cw.NotFoundError, match="street"):
        cw.Task.open("steet", store=tmp_path / "store.sqlite")


@pytest.mark.parametrize(
    ("count", "size", "overlap", "expected"),
    [
        (10, None, 0, [(0, 9)]),
        (10, 5, 0, [(0, 4), (5, 9)]),
        (10, 5, 2, [(0, 4), (3, 7), (6, 9)]),
        (11, 5, 2, [(0, 4), (3, 7), (6, 10)]),
        (3, 5, 2, [(0, 2)]),
        (7, 3, 1, [(0, 2), (2, 4), (4, 6)]),
    ],
)
def test_segments_are_cut_as_in_cvat(count: int, size: int | None, overlap: int, expected: list[tuple[int, int]]) -> None:
    assert cut_segments(count, size, overlap) == expected


def test_rows_are_added_updated_deleted_and_taken_back(task: cw.Task) -> None:
    first, second = task.add([box(), box(3, "person", z_order=2)])
    assert task.shapes["id"].tolist() == [first, second]
    assert task.shapes["attr.parked"].isna().all()

    rows = task.shapes
    rows.loc[rows["id"] == first, "attr.parked"] = True
    rows.loc[rows["id"] == first, "occluded"] = True
    assert task.update(rows) == 1
    assert task.shapes["attr.parked"].tolist() == [True, pd.NA]
    assert task.update(task.shapes) == 0

    assert task.delete(second) == 1
    assert task.shapes["id"].tolist() == [first]
    assert task.undo() == "Delete 1 object"
    assert task.undo() == "Update 1 object"
    assert task.undo() == "Add 2 objects"
    assert task.undo() is None
    assert task.shapes.empty
    for _ in range(3):
        assert task.redo() is not None
    assert task.redo() is None
    assert task.shapes["id"].tolist() == [first]
    assert task.shapes["occluded"].tolist() == [True]


def test_the_log_tells_everything_and_at_goes_back(task: cw.Task) -> None:
    (first,) = task.add(box())
    (second,) = task.add(box(5))
    rows = task.shapes
    rows.loc[rows["id"] == second, "z_order"] = 7
    task.update(rows)
    task.delete([first])
    log = task.log()
    assert log["revision"].tolist() == [1, 2, 3, 4]
    assert log["label"].tolist() == ["Add 1 object", "Add 1 object", "Update 1 object", "Delete 1 object"]
    assert log[["added", "updated", "removed"]].to_numpy().tolist() == [[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert [len(task.at(revision).shapes) for revision in range(5)] == [0, 1, 2, 2, 1]
    changed = task.diff(2, 4)
    assert sorted(zip(changed["change"], changed["id"], strict=True)) == [("removed", first), ("updated", second)]
    assert task.diff(2)["field"].dropna().tolist() == ["z_order"]


def test_tracks_come_as_keyframes_and_interpolate(task: cw.Task) -> None:
    rows = [
        box(0, track_id=1, **{"attr.speed": 10}),
        box(4, track_id=1) | {"points": [50.5, 20, 150, 90]},
        box(8, track_id=1, outside=True),
    ]
    (track,) = task.add(rows)
    assert task.tracks[["track_id", "frame", "outside"]].to_numpy().tolist() == [
        [track, 0, False],
        [track, 4, False],
        [track, 8, True],
    ]
    assert task.tracks["attr.speed"].tolist() == [10, 10, 10]
    everything = task.to_frame(interpolate=True)
    assert everything["frame"].tolist() == list(range(8))
    assert everything["points"].iloc[2].tolist() == [30.5, 20, 130, 90]
    assert everything["keyframe"].tolist() == [True, False, False, False, True, False, False, False]


def test_large_additions_are_one_revision_and_one_undo(task: cw.Task) -> None:
    count = 3000
    rows = pd.DataFrame(
        {"frame": np.arange(count) % 12, "label": "car", "type": "rectangle", "points": [[0.0, 0, 5, 5]] * count}
    )
    ids = task.add(rows)
    assert len(set(ids)) == count
    assert task.revision == 1
    assert len(task.shapes) == count
    task.undo()
    assert task.shapes.empty


def test_a_bad_row_changes_nothing(task: cw.Task) -> None:
    task.add(box())
    with pytest.raises(cw.AnnotationError, match="row 1"):
        task.add([box(), box(99)])
    with pytest.raises(cw.NotFoundError):
        task.delete([1, 999])
    assert task.revision == 1


@pytest.mark.parametrize(
    "wrong", [{"segment_size": -1}, {"segment_size": 1.5}, {"segment_size": 2, "overlap": -1}, {"overlap": True}]
)
def test_jobs_that_cannot_be_are_refused(pictures: Path, tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(cw.AnnotationError, match="is a number of frames"):
        cw.Task.create("street", pictures, labels=["car"], store=tmp_path / "store.sqlite", **wrong)
    assert cw.tasks(tmp_path / "store.sqlite").empty


def test_jobs_share_overlapping_frames_and_reading_merges_them(pictures: Path, tmp_path: Path) -> None:
    task = cw.Task.create("jobs", pictures, labels=LABELS, segment_size=6, overlap=2, store=tmp_path / "store.sqlite")
    jobs = task.jobs
    assert [(job.start, job.stop) for job in jobs] == [(0, 5), (4, 9), (8, 11)]
    task.add([box(4), box(1)])
    assert [len(job.shapes) for job in jobs] == [2, 1, 0]
    assert len(task.shapes) == 2
    track = [box(2, track_id=1), box(10, track_id=1)]
    task.add(track)
    assert [sorted(set(job.tracks["frame"])) for job in jobs] == [[2, 5], [4, 9], [8, 10]]
    joined = task.to_frame(interpolate=True)
    tracked = joined[joined["track_id"].notna()]
    assert tracked["frame"].tolist() == list(range(2, 12))
    assert tracked["id"].nunique() == 1
    with pytest.raises(cw.AnnotationError, match="not in this job"):
        jobs[0].add(box(9))


def test_a_mapping_of_frames_to_jobs(pictures: Path, tmp_path: Path) -> None:
    mapping = [[f"{n}.png" for n in range(3)], list(range(3, 12))]
    task = cw.Task.create("mapped", pictures, labels=LABELS, job_frames=mapping, store=tmp_path / "store.sqlite")
    assert [(job.start, job.stop) for job in task.jobs] == [(0, 2), (3, 11)]
    with pytest.raises(cw.AnnotationError, match="every frame once"):
        cw.Task.create("holes", pictures, labels=LABELS, job_frames=[[0, 1]], store=tmp_path / "store.sqlite")


def test_labels_can_be_edited_later(task: cw.Task) -> None:
    (added,) = task.add(box(**{"attr.parked": True}))
    task.set_labels(
        [
            cw.Label("car", color="#112233", attributes=(cw.Attribute("parked", "checkbox"), cw.Attribute("colour"))),
            "person",
            "bus",
        ]
    )
    assert task.labels.names == ["car", "person", "bus"]
    assert task.labels["car"].color == "#112233"
    assert task.shapes.set_index("id").loc[added, "attr.parked"]
    with pytest.raises(cw.CvatWidgetsError, match="car"):
        task.set_labels(["person"])


@pytest.mark.parametrize("name", ["CVAT for images 1.1", "COCO 1.0"])
def test_exported_annotations_come_back_equal(task: cw.Task, pictures: Path, tmp_path: Path, name: str) -> None:
    task.add(
        [
            box(2, occluded=True, **{"attr.parked": True}),
            {"frame": 3, "label": "person", "type": "polygon", "points": [1, 1, 20.25, 3, 9, 30]},
        ]
    )
    path = task.export(tmp_path / "out.zip", name)
    again = cw.Task.create("again", pictures, labels=LABELS, store=tmp_path / "store.sqlite")
    assert again.import_annotations(path, "CVAT 1.1" if name.startswith("CVAT") else name) == 2
    columns = ["frame", "frame_name", "label", "type", "occluded", "attr.parked"]
    pd.testing.assert_frame_equal(
        again.shapes.sort_values("frame", ignore_index=True)[columns], task.shapes[columns], check_dtype=False
    )
    for mine, theirs in zip(task.shapes["points"], again.shapes.sort_values("frame")["points"], strict=True):
        np.testing.assert_allclose(mine, theirs, atol=0.005)


def test_tracks_of_a_file_that_counts_frames_come_back_to_named_pictures(task: cw.Task, tmp_path: Path) -> None:
    task.add([box(1), box(3)])
    path = task.export(tmp_path / "out.zip", "CVAT for video 1.1")
    task.delete(task.shapes["id"])
    task.import_annotations(path)
    assert task.tracks.query("not outside")["frame"].tolist() == [1, 3]


def test_a_failed_import_leaves_the_task_alone(task: cw.Task, tmp_path: Path) -> None:
    task.add(box())
    other = tmp_path / "other.xml"
    other.write_text(
        '<annotations><version>1.1</version><image id="0" name="0.png" width="160" height="120">'
        '<box label="zebra" '
        'source="manual" occluded="0" xtl="1" ytl="1" xbr="5" ybr="5" z_order="0"></box></image></annotations>'
    )
    with pytest.raises(cw.LabelError, match="zebra"):
        task.import_annotations(other)
    assert task.revision == 1


def test_importing_the_package_stays_light() -> None:
    heavy = [
        "pandas",
        "cv2",
        "av",
        "sqlalchemy",
        "alembic",
        "ipywidgets",
        "anywidget",
        "scipy",
        "shapely",
        "PIL",
        "pycocotools",
    ]
    code = f"import sys, cvat_widgets, json; print(json.dumps([name for name in {heavy!r} if name in sys.modules]))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(found.stdout) == []


def test_every_promised_name_is_there() -> None:
    for name in cw.__all__:
        assert getattr(cw, name) is not None
    assert set(cw.formats()["name"]) >= {"CVAT for images 1.1", "CVAT for video 1.1", "CVAT 1.1", "COCO 1.0"}
    with pytest.raises(AttributeError, match="no attribute 'Taks'"):
        cw.Taks  # noqa: B018
