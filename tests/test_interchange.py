"""Rows in other shapes: Parquet, supervision, arrays of masks, geometry as ``df.cvat``, and rows written without a task."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import cvat_widgets as cw
from cvat_widgets.dataframe import to_dataframe
from cvat_widgets.errors import AnnotationError, FormatError, LabelError, MissingExtraError
from cvat_widgets.formats import Dataset, read_dataset
from cvat_widgets.formats import write_dataset as write_known_dataset
from cvat_widgets.formats.registry import registered
from cvat_widgets.interchange import from_supervision, read_parquet, rows_from_masks, to_masks, to_parquet, to_supervision
from cvat_widgets.model.masks import decode_mask, encode_mask
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.row_datasets import dataset_of_rows, write_dataset
from tests.formats.roundtrip import FACE, HEIGHT, WIDTH, dataset, every_kind, files_of, frames, shape

KINDS = ("rectangle", "polygon", "polyline", "points", "ellipse", "mask", "skeleton", "tag")
relaxed = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


def same(a: pd.DataFrame, b: pd.DataFrame) -> None:
    assert list(a.columns) == list(b.columns)
    assert a.dtypes.to_dict() == b.dtypes.to_dict()
    pd.testing.assert_frame_equal(a.drop(columns="points"), b.drop(columns="points"))
    for ours, theirs in zip(a["points"], b["points"], strict=True):
        assert_array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype == np.float64


def rows(*shapes: tuple[str, list[float]], **columns: Any) -> pd.DataFrame:
    base = {"frame": 0, "label": "car", "type": [kind for kind, _ in shapes], "points": [points for _, points in shapes]}
    return pd.DataFrame(base | columns)


# -- Parquet ----------------------------------------------------------------------------------------------------------


@relaxed
@given(st.data())
def test_parquet_gives_the_same_rows_back(tmp_path: Path, data: st.DataObject) -> None:
    pytest.importorskip("pyarrow")
    records = [data.draw(shape(number, KINDS)) for number in range(1, data.draw(st.integers(0, 6)) + 1)]
    made: Dataset = dataset(records)
    frame = to_dataframe(made.table, made.labels, made.frames)
    if data.draw(st.booleans()):
        frame = frame[frame["type"] != "rectangle"]  # the index then has gaps
    same(frame, read_parquet(to_parquet(frame, tmp_path / "rows.parquet")))


def test_a_task_goes_to_parquet_and_back(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    task = cw.Task.create("t", np.zeros((3, 48, 64, 3), np.uint8), labels=["car"], store=tmp_path / "a.db")
    task.add(rows(("rectangle", [1, 2, 30, 40]), ("polygon", [1, 2, 30, 4, 20, 40])))
    task.add([{"frame": n, "label": "car", "type": "rectangle", "points": [n, 2, 30, 40], "track_id": 1} for n in (0, 2)])
    path = cw.to_parquet(task, tmp_path / "deep" / "rows.parquet")
    found = cw.read_parquet(path)
    same(task.to_frame(), found)
    other = cw.Task.create("u", np.zeros((3, 48, 64, 3), np.uint8), labels=["car"], store=tmp_path / "a.db")
    other.add(found)
    assert_array_equal(other.table.points, task.table.points)
    # Any reader of Parquet sees one tidy table.
    plain = pd.read_parquet(path)
    assert sorted(plain.columns) == sorted(found.columns)
    assert plain["points"][0].tolist() == [1, 2, 30, 40]


def test_parquet_of_others_is_read_and_wrong_files_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    plain = tmp_path / "plain.parquet"
    rows(("rectangle", [1, 2, 3, 4])).to_parquet(plain)
    assert read_parquet(plain)["points"][0].tolist() == [1, 2, 3, 4]
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(FormatError, match="no column 'frame'"):
        read_parquet(tmp_path / "other.parquet")
    rows(("rectangle", [1, 2, 3, 4])).assign(points="x").to_parquet(tmp_path / "text.parquet")
    with pytest.raises(FormatError, match="holds no lists"):
        read_parquet(tmp_path / "text.parquet")
    pd.DataFrame({"frame": [0], "label": ["a"], "type": ["polygon"], "points": [["x"]]}).to_parquet(tmp_path / "w.parquet")
    with pytest.raises(FormatError, match="holds no numbers"):
        read_parquet(tmp_path / "w.parquet")
    (tmp_path / "no.parquet").write_bytes(b"no parquet at all")
    with pytest.raises(FormatError, match="not a Parquet file"):
        read_parquet(tmp_path / "no.parquet")
    with pytest.raises(FormatError, match="does not exist"):
        read_parquet(tmp_path / "gone.parquet")
    with pytest.raises(AnnotationError, match="no column 'points'"):
        to_parquet(rows(("rectangle", [1, 2, 3, 4])).drop(columns="points"), tmp_path / "x.parquet")
    with pytest.raises(AnnotationError, match="not lists of numbers"):
        to_parquet(rows(("rectangle", [1, 2, 3, 4])).assign(points="x"), tmp_path / "x.parquet")
    assert not (tmp_path / "x.parquet").exists()


@pytest.mark.parametrize("package", ["pyarrow", "supervision"])
def test_without_the_extra_the_error_says_what_to_install(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    call = to_parquet if package == "pyarrow" else to_supervision
    arguments = (tmp_path / "a.parquet",) if package == "pyarrow" else (64, 48)
    with pytest.raises(MissingExtraError, match=r"cvat-widgets\[interchange\]"):
        call(rows(("rectangle", [1, 2, 3, 4])), *arguments)
    if package == "pyarrow":
        with pytest.raises(MissingExtraError):
            read_parquet(tmp_path / "a.parquet")


# -- geometry ---------------------------------------------------------------------------------------------------------

SQUARE = encode_mask(np.pad(np.ones((10, 10), bool), ((0, 20), (0, 20)))).tolist()


def test_bbox_and_area_are_those_of_the_shapes() -> None:
    data = rows(
        ("rectangle", [1, 2, 11, 22]),
        ("rectangle", [0, 0, 10, 20]),
        ("ellipse", [20, 20, 30, 15]),
        ("polygon", [0, 0, 10, 0, 10, 10]),
        ("mask", SQUARE),
        ("tag", []),
        rotation=[0, 90, 0, 0, 0, 0],
    ).set_index(pd.Index(list("abcdef")))
    box = data.cvat.bbox
    assert list(box.columns) == ["left", "top", "right", "bottom"]
    assert_allclose(box.loc["a"], [1, 2, 11, 22])
    assert_allclose(box.loc["b"], [-5, 5, 15, 15])
    assert_allclose(box.loc["c"], [10, 15, 30, 25])
    assert_allclose(box.loc["e"], [0, 0, 10, 10])
    assert box.loc["f"].isna().all()
    assert_allclose(data.cvat.area, [200, 200, np.pi * 50, 50, 100, 0])
    assert data.cvat.area.index.tolist() == list("abcdef")


def test_iou_of_every_pair() -> None:
    data = rows(
        ("rectangle", [0, 0, 10, 10]),
        ("rectangle", [5, 0, 15, 10]),
        ("rectangle", [0, 0, 10, 10]),
        ("polygon", [0, 0, 10, 0, 10, 10, 0, 10]),
        ("mask", SQUARE),
        ("polyline", [0, 0, 10, 10]),
        rotation=[0, 0, 45, 0, 0, 0],
    )
    found = data.cvat.iou(data).to_numpy()
    assert_allclose(np.diag(found)[:5], 1)
    assert_allclose(found, found.T)
    assert found[0, 1] == pytest.approx(50 / 150)
    octagon = 100 * 2 * (np.sqrt(2) - 1)  # where a square meets itself turned by 45 degrees
    assert found[0, 2] == pytest.approx(octagon / (200 - octagon))
    assert found[0, 3] == found[0, 4] == found[3, 4] == pytest.approx(1)
    assert found[1, 4] == pytest.approx(50 / 150)
    assert not found[5].any()
    later = data.assign(frame=1)
    assert not data.cvat.iou(later).to_numpy().any()
    assert data.cvat.iou(data.iloc[:0]).shape == (6, 0)


def test_masks_as_arrays_and_back() -> None:
    data = rows(("rectangle", [2, 1, 6, 4]), ("mask", SQUARE), ("polyline", [0, 0, 5, 5]))
    found = to_masks(data, 40, 30)
    assert found.shape == (3, 30, 40)
    assert found.dtype == bool
    assert_array_equal(np.argwhere(found[0])[[0, -1]], [[1, 2], [3, 5]])
    assert found[1].sum() == 100
    assert not found[2].any()
    assert_array_equal(data.cvat.to_masks(40, 30), found)
    again = rows_from_masks(found, 7, ["a", "b", "c"], scores=[0.5, 0.25, 1])
    assert again[["frame", "label", "type", "source", "score"]].to_numpy().tolist() == [
        [7, "a", "mask", "auto", 0.5],
        [7, "b", "mask", "auto", 0.25],
    ]
    assert_array_equal(np.stack([decode_mask(points, 40, 30) for points in again["points"]]), found[:2])
    picture = np.zeros((30, 40), np.uint8)
    picture[1:5, 2:9] = 3
    named = rows_from_masks(picture, 0, {3: "car"}, source="manual")
    assert_array_equal(to_masks(named, 40, 30)[0], picture == 3)
    with pytest.raises(AnnotationError, match="number 3 has no label"):
        rows_from_masks(picture, 0, {4: "car"})
    with pytest.raises(AnnotationError, match="label of each number"):
        rows_from_masks(picture, 0, "car")
    with pytest.raises(AnnotationError, match="not as many"):
        rows_from_masks(found, 0, ["a"])
    with pytest.raises(AnnotationError, match="pixels"):
        to_masks(data, 0, 30)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (pd.DataFrame({"a": [1]}), "columns type, points are missing"),
        (pd.DataFrame({"type": ["rectangle"]}), "column points is missing"),
        (rows(("circle", [1, 2, 3])), "'circle' is not a shape type"),
        (rows(("rectangle", [1, 2, 3])), "row 0: a rectangle has 4 numbers"),
        (rows(("rectangle", [1, 2, 3, 4]), ("polygon", [1, 2, 3, 4])), "row 1: a polygon has at least three points"),
        (rows(("mask", [1, 2])), "a mask has counts and a box"),
        (rows(("rectangle", [1, 2, 3, float("nan")])), "not finite"),
        (rows(("rectangle", ["x", 2, 3, 4])), "not a list of numbers"),  # type: ignore[list-item]
    ],
)
def test_the_accessor_says_what_is_wrong(data: pd.DataFrame, message: str) -> None:
    with pytest.raises(AnnotationError, match=message):
        _ = data.cvat.bbox


def test_plot_draws_the_rows_of_a_frame() -> None:
    data = rows(
        ("rectangle", [5, 15, 25, 30]),
        ("polygon", [30, 5, 60, 5, 45, 25]),
        ("ellipse", [70, 30, 80, 20]),
        ("points", [50, 40]),
        ("polyline", [5, 45, 40, 45]),
        ("mask", SQUARE),
        ("tag", []),
        label=["a", "b", "c", "d", "e", "f", "g"],
    )
    picture = np.full((50, 90, 3), 255, np.uint8)
    drawn = np.asarray(data.cvat.plot(0, picture, colors={"a": "#ff0000", "e": "#0000ff"}))
    assert drawn.shape == picture.shape
    assert drawn[15, 15].tolist() == [255, 0, 0]
    assert drawn[45, 20].tolist() == [0, 0, 255]
    assert (picture == 255).all()
    assert_array_equal(np.asarray(data.cvat.plot(1, picture)), picture)
    assert data.cvat.plot(0).size[0] > 60


# -- supervision ------------------------------------------------------------------------------------------------------


def test_detections_and_back() -> None:
    sv = pytest.importorskip("supervision")
    data = rows(
        ("rectangle", [1, 2, 11, 22]),
        ("rectangle", [30, 10, 50, 20]),
        label=["car", "dog"],
        score=[0.5, 1.0],
        rotation=[0.0, 30.0],
        track_id=pd.array([4, None], dtype="Int64"),
    )
    found = data.cvat.to_supervision()
    assert isinstance(found, sv.Detections)
    assert len(found[found.confidence > 0.7]) == 1
    assert found.class_id.tolist() == [0, 1]
    assert found.tracker_id.tolist() == [4, -1]
    again = from_supervision(found, 0)
    assert again["label"].tolist() == ["car", "dog"]
    assert_allclose(np.stack(again["points"].tolist()), np.stack(data["points"].tolist()), atol=1e-5)
    assert_allclose(again["rotation"], [0, 30], atol=1e-5)
    assert again["track_id"].isna().tolist() == [False, True]
    masks = rows(("mask", SQUARE), ("polygon", [0, 0, 20, 0, 20, 20]))
    with pytest.raises(AnnotationError, match="size of the frame"):
        to_supervision(masks)
    with_masks = to_supervision(masks, 40, 30, classes=["dog", "car"])
    assert with_masks.mask.shape == (2, 30, 40)
    assert with_masks.class_id.tolist() == [1, 1]
    assert_array_equal(to_masks(from_supervision(with_masks, 3, ["dog", "car"]), 40, 30), with_masks.mask)
    assert len(to_supervision(masks.iloc[:0])) == 0


def test_anything_like_detections_becomes_rows(tmp_path: Path) -> None:
    detections = SimpleNamespace(
        xyxy=np.array([[1, 2, 11, 12], [3, 4, 30, 40]], np.float32),
        mask=None,
        confidence=np.array([0.9, 0.25], np.float32),
        class_id=np.array([1, 0]),
        tracker_id=None,
        data={},
    )
    found = from_supervision(detections, 2, ["dog", "car"])
    assert found["label"].tolist() == ["car", "dog"]
    assert found["score"].tolist() == [0.9, 0.25]
    task = cw.Task.create("t", np.zeros((3, 48, 64, 3), np.uint8), labels=["car", "dog"], store=tmp_path / "a.db")
    task.add(found)
    assert task.shapes["frame"].tolist() == [2, 2]
    assert task.shapes["source"].tolist() == ["auto", "auto"]
    with pytest.raises(AnnotationError, match="no names of classes"):
        from_supervision(detections, 0)
    with pytest.raises(AnnotationError, match="class 1 has no name"):
        from_supervision(detections, 0, ["dog"])


def test_what_are_no_detections_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = SimpleNamespace(Detections=SimpleNamespace(empty=list))
    if "supervision" not in sys.modules:
        monkeypatch.setitem(sys.modules, "supervision", stand_in)
    with pytest.raises(AnnotationError, match="several frames"):
        to_supervision(rows(("rectangle", [1, 2, 3, 4]), ("rectangle", [1, 2, 3, 4]), frame=[0, 1]))
    with pytest.raises(AnnotationError, match="has no area"):
        to_supervision(rows(("polyline", [1, 2, 3, 4])))
    with pytest.raises(AnnotationError, match="not among the classes"):
        to_supervision(rows(("rectangle", [1, 2, 3, 4])), classes=["dog"])


# -- rows to files ----------------------------------------------------------------------------------------------------


def test_rows_are_written_without_a_task(tmp_path: Path) -> None:
    data = pd.DataFrame(
        {
            "frame_name": ["b.jpg", "a.jpg", "b.jpg"],
            "label": ["car", "dog", "car"],
            "type": ["rectangle", "polygon", "rectangle"],
            "points": [[1, 2, 30, 40], [1, 2, 30, 4, 20, 40], [5, 5, 9, 9]],
            "attr.parked": [True, None, False],
            "attr.name": [None, "Rex", None],
            "subset": ["train", "val", "train"],
            "frame_width": 64,
            "frame_height": 48,
        }
    )
    path = cw.write_dataset(data, tmp_path / "rows.zip", "COCO 1.0", strict=True)
    found = read_dataset(path)
    assert sorted(found.frames.names) == ["a.jpg", "b.jpg"]
    again = to_dataframe(found.table, found.labels, found.frames)
    assert sorted(zip(again["frame_name"], again["label"], again["type"], strict=True)) == [
        ("a.jpg", "dog", "polygon"),
        ("b.jpg", "car", "rectangle"),
        ("b.jpg", "car", "rectangle"),
    ]
    assert {found.frames.subset_of(number) for number in range(2)} == {"train", "val"}
    made = dataset_of_rows(data)
    assert [attribute.name for attribute in made.labels["car"].attributes] == ["parked"]
    assert made.labels["car"].attributes[0].input_type == "checkbox"
    assert [attribute.name for attribute in made.labels["dog"].attributes] == ["name"]
    bare = data[["frame_name", "label", "type", "points"]].iloc[[0, 2]]
    write_dataset(bare, tmp_path / "y.zip", "YOLO 1.1", sizes=(64, 48), strict=True)
    with pytest.raises(FormatError, match="size of the frame"):
        write_dataset(bare, tmp_path / "z.zip", "YOLO 1.1")


@pytest.mark.filterwarnings("ignore::cvat_widgets.formats.LossWarning")
@pytest.mark.parametrize("name", [each.name for each in registered() if each.can_write])
def test_rows_give_the_same_file_as_their_task_in_every_format(name: str, tmp_path: Path) -> None:
    source = dataset(every_kind(), index=frames(4))
    rows = to_dataframe(source.table, source.labels, source.frames)
    one = write_known_dataset(replace(source, name="set", mode="interpolation"), tmp_path / "one.zip", name)
    two = write_dataset(rows, tmp_path / "set.zip", name, labels=source.labels, sizes=(WIDTH, HEIGHT))
    assert files_of(two) == files_of(one)


def test_labels_of_rows_are_found_with_their_joints() -> None:
    source = dataset(every_kind(), index=frames(4))
    made = dataset_of_rows(to_dataframe(source.table, source.labels, source.frames), sizes=(WIDTH, HEIGHT))
    assert made.labels.names == source.labels.names
    assert [joint.name for joint in made.labels["face"].sublabels] == ["eye", "nose"]
    assert (made.labels["face"].type, made.labels["car"].type) == ("skeleton", "any")
    assert [each.name for each in made.labels["car"].attributes] == ["parked"]
    assert made.table.problems(made.labels) == []
    joint = {"frame": 0, "label": "eye", "type": "points", "points": [1, 2], "parent_id": 3}
    with pytest.raises(AnnotationError, match="row 1: no row has the id 3"):
        dataset_of_rows([{"frame": 0, "label": "face", "type": "skeleton", "points": None}, joint])


def test_tracks_of_rows_keep_the_frames_between_their_keyframes(tmp_path: Path) -> None:
    data = [{"frame": n, "label": "car", "type": "rectangle", "points": [n, 0, 10, 10], "track_id": 3} for n in (0, 4)]
    made = dataset_of_rows(data, sizes={"frame_000000": (64, 48)})
    assert len(made.frames) == 5
    assert made.mode == "interpolation"
    assert made.frames.widths.tolist() == [64, 0, 0, 0, 0]
    path = write_dataset(pd.DataFrame(data), tmp_path / "a.zip", "MOT 1.1")
    table: AnnotationTable = read_dataset(path).table
    assert table.frame[~table.has(2)].tolist() == [0, 1, 2, 3, 4]
    assert table.points.reshape(-1, 4)[:5, 0].tolist() == [0, 1, 2, 3, 4]


def test_rows_of_a_task_and_tasks_themselves_are_written(tmp_path: Path) -> None:
    task = cw.Task.create(
        "t", np.zeros((4, 48, 64, 3), np.uint8), labels=["car"], segment_size=2, overlap=0, store=tmp_path / "a.db"
    )
    task.add([{"frame": n, "label": "car", "type": "rectangle", "points": [n, 0, 10, 10]} for n in range(4)])
    few = task.shapes[task.shapes["frame"] > 1]
    names = read_dataset(write_dataset(few, tmp_path / "few.zip", "COCO 1.0", labels=task.labels)).frames.names
    assert list(names) == list(task.frame_index.names[2:])
    assert len(read_dataset(write_dataset(task, tmp_path / "task.zip", "COCO 1.0")).table) == 4
    assert len(read_dataset(write_dataset(task.jobs[0], tmp_path / "job.zip", "COCO 1.0")).table) == 2
    assert len(read_dataset(write_dataset(task.dataset(), tmp_path / "set.zip", "COCO 1.0")).table) == 4


def test_wrong_rows_are_refused_with_their_number(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="frame_name and frame are missing"):
        dataset_of_rows([{"label": "car", "type": "rectangle", "points": [1, 2, 3, 4]}])
    row = {"label": "car", "type": "rectangle", "points": [1, 2, 3, 4]}
    with pytest.raises(AnnotationError, match=r"row 1: frame 0 has two names"):
        dataset_of_rows([row | {"frame": 0, "frame_name": "a"}, row | {"frame": 0, "frame_name": "b"}])
    with pytest.raises(AnnotationError, match="two frames have one name"):
        dataset_of_rows([row | {"frame": 0, "frame_name": "a"}, row | {"frame": 1, "frame_name": "a"}])
    with pytest.raises(LabelError, match="'car' is not a label"):
        dataset_of_rows([row | {"frame": 0}], labels=["dog"])
    assert FACE
    assert not list(tmp_path.iterdir())
