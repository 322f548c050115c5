"""KITTI: boxes and masks as CVAT reads and writes them, round trips and hostile files."""

from __future__ import annotations

import contextlib
import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cvat_widgets.errors import CvatWidgetsError, FormatError
from cvat_widgets.formats import Dataset, LossWarning, match_frames, read_dataset, remap, write_dataset
from cvat_widgets.formats.index_masks import encode_png
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import Attribute, Label, LabelSet
from cvat_widgets.model.masks import decode_mask, encode_mask, mask_from_polygons
from cvat_widgets.model.records import Record, Shape
from cvat_widgets.model.table import AnnotationTable

LABELS = LabelSet.of(
    [
        Label("car", "#102030", attributes=(Attribute("truncated", "checkbox"),)),
        Label("traffic light ü", "#ff0000", attributes=(Attribute("is_crowd", "checkbox"),)),
    ]
)
CAR, LIGHT = (label.id for label in LABELS)
TRUNCATED, CROWD = LABELS["car"].attributes[0].id, LABELS["traffic light ü"].attributes[0].id
FRAMES = FrameIndex(
    ["000.png", "sub/000.1.png", "x/frame b.png"], np.full(3, 64, np.int32), np.full(3, 48, np.int32), ("train", "train", "val")
)
relaxed = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def dataset(records: list[Record] | tuple[Record, ...], labels: LabelSet = LABELS, frames: FrameIndex = FRAMES) -> Dataset:
    return Dataset(labels, frames, AnnotationTable.from_records(records), name="set")


def archive(path: Path, files: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return path


def described(table: AnnotationTable) -> list[str]:
    attributes = table.attributes.to_dicts(len(table))
    return sorted(
        str(
            (
                int(table.frame[row]), int(table.label[row]), int(table.type[row]), table.points_of(row).tolist(),
                int(table.flags[row]), float(table.score[row]), sorted(attributes[row].items()),
            )
        )
        for row in range(len(table))
    )  # fmt: skip


@st.composite
def objects(draw: st.DrawFn) -> tuple[Record, ...]:
    """Boxes of cars and masks of lights that do not cover each other; the attributes are set on all or on none."""
    truncated, crowd = draw(st.booleans()), draw(st.booleans())
    records: list[Record] = []
    for number in range(draw(st.integers(0, 6))):
        frame = draw(st.integers(0, 2))
        if draw(st.booleans()):
            x, y, w, h = (draw(st.floats(0, 500)) for _ in range(4))
            values = {TRUNCATED: draw(st.sampled_from(["true", "false"]))} if truncated else {}
            if truncated and not any(isinstance(r, Shape) and r.label == CAR for r in records):
                values = {TRUNCATED: "true"}
            shape = Shape(
                id=number + 1, frame=frame, label=CAR, type="rectangle", points=(x, y, x + w, y + h), occluded=draw(st.booleans()),
                score=draw(st.floats(0, 1)), attributes=values,
            )  # fmt: skip
        else:
            mask = np.zeros((48, 64), bool)
            mask[number * 8 : number * 8 + draw(st.integers(1, 8)), draw(st.integers(0, 30)) : draw(st.integers(31, 64))] = True
            mask[number * 8, 30] = draw(st.booleans())
            mask[number * 8 + 1 :, 28:29] = False
            first = crowd and not any(isinstance(r, Shape) and r.label == LIGHT for r in records)
            flag = "true" if first else "false"
            shape = Shape(
                id=number + 1, frame=frame, label=LIGHT, type="mask", points=tuple(encode_mask(mask).tolist()),
                attributes={CROWD: flag} if crowd else {},
            )  # fmt: skip
            if not mask.any():
                continue
        records.append(shape)
    return tuple(records)


@relaxed
@given(objects())
def test_boxes_and_masks_survive(tmp_path_factory: pytest.TempPathFactory, records: tuple[Record, ...]) -> None:
    source = dataset(records)
    path = tmp_path_factory.mktemp("k") / "a.zip"
    write_dataset(source, path, "KITTI 1.0")
    if not records:
        return
    found = read_dataset(path, "KITTI 1.0")
    assert [(label.name, label.color) for label in found.labels] == [(label.name, label.color) for label in LABELS]
    table = remap(found, source.labels, match_frames(found.frames, source.frames))
    assert described(table) == described(source.table.with_columns(source=table.source))
    assert all(FRAMES.subsets[match_frames(found.frames, FRAMES)[n]] == name for n, name in enumerate(found.frames.subsets))


def test_a_written_dataset_looks_as_cvat_writes_it(tmp_path: Path) -> None:
    mask = np.zeros((48, 64), bool)
    mask[2:5, 3:9] = True
    records = [
        Shape(
            id=1, frame=0, label=CAR, type="rectangle", points=(1, 2.5, 10, 20), occluded=True, attributes={TRUNCATED: "true"}
        ),
        Shape(id=2, frame=0, label=LIGHT, type="mask", points=tuple(encode_mask(mask).tolist())),
    ]
    write_dataset(dataset(records), tmp_path / "a.zip", "KITTI 1.0")
    made = zipfile.ZipFile(tmp_path / "a.zip")
    assert sorted(made.namelist()) == [
        "label_colors.txt", "labels.txt", "train/instance/000.png", "train/label_2/000.txt", "train/semantic/000.png",
        "train/semantic_rgb/000.png",
    ]  # fmt: skip
    assert made.read("train/label_2/000.txt").decode() == "car 1.0 1 -1 1.0 2.5 10.0 20.0 -1 -1 -1 -1 -1 -1 -1 1.0\n"
    assert made.read("label_colors.txt").decode() == "0 0 0 background\n16 32 48 car\n255 0 0 traffic light ü\n"
    assert made.read("labels.txt").decode() == "car\ntraffic light ü\n"

    def picture(folder: str) -> np.ndarray[Any, Any]:
        return cv2.imdecode(np.frombuffer(made.read(f"train/{folder}/000.png"), np.uint8), cv2.IMREAD_UNCHANGED)

    assert picture("instance").dtype == np.uint16
    assert (picture("instance")[3, 4], picture("semantic")[3, 4], picture("instance")[0, 0]) == (2 * 256 + 1, 2, 0)
    assert picture("semantic_rgb")[3, 4].tolist() == [0, 0, 255]  # OpenCV has blue first


def test_everything_but_upright_boxes_becomes_a_mask(tmp_path: Path) -> None:
    polygon = (10.0, 10, 30, 12, 20, 40)
    hidden = encode_mask(decode_mask(mask_from_polygons([polygon], 64, 48), 64, 48))
    records = [
        Shape(id=1, frame=0, label=CAR, type="rectangle", points=(40, 5, 60, 15), rotation=90),
        Shape(id=2, frame=0, label=CAR, type="polygon", points=polygon, z_order=1),
        Shape(id=3, frame=0, label=CAR, type="ellipse", points=(50, 35, 56.4, 30)),
        Shape(id=4, frame=0, label=LIGHT, type="polygon", points=(0, 0, 4, 0, 4, 4, 0, 4), group=7),
        Shape(id=5, frame=0, label=LIGHT, type="polygon", points=(0, 6, 4, 6, 4, 9, 0, 9), group=7),
        Shape(id=6, frame=0, label=CAR, type="mask", points=tuple(hidden.tolist())),
        Shape(id=7, frame=1, label=CAR, type="polyline", points=(0, 0, 4, 4)),
        Shape(id=8, frame=1, label=CAR, type="mask", points=(0.0, 4, 0, 0, 1, 1), occluded=True, score=0.5),
    ]
    with pytest.warns(LossWarning) as caught:
        write_dataset(dataset(records), tmp_path / "a.zip", "KITTI 1.0")
    text = " ".join(str(each.message) for each in caught)
    assert all(what in text for what in ("1 × polyline", "1 × occluded mask", "1 × score of a mask"))
    table = read_dataset(tmp_path / "a.zip", "KITTI 1.0").table
    found = {int(table.points_of(row)[1::2][:-2].sum()): table.points_of(row) for row in np.flatnonzero(table.frame == 0)}
    assert len(found) == 4  # the two of a group are one, the mask below the polygon is gone
    boxes = [points[-4:].tolist() for points in found.values()]
    assert [45, 0, 54, 19] in boxes
    assert [0, 0, 3, 8] in boxes
    ellipse = np.zeros((48, 64), np.uint8)
    cv2.ellipse(ellipse, (50, 35), (6, 5), 0, 0, 360, 1, thickness=-1)
    assert any(np.array_equal(decode_mask(points, 64, 48), ellipse > 0) for points in found.values())
    assert any(np.array_equal(points, hidden) for points in found.values())


def test_the_manuals_layouts_are_read(tmp_path: Path) -> None:
    line = "cat 0.00 0 -1 1 2 3 4 -1 -1 -1 -1 -1 -1 -1\n"
    detection = archive(
        tmp_path / "a.zip", {"labels.txt": "cat\ndog\n", "default/label_2/image_1.txt": line, "default/label_2/image_2.txt": ""}
    )
    found = read_dataset(detection)
    assert (found.labels.names, list(found.frames.names), found.table.points.tolist()) == (
        ["cat", "dog"],
        ["image_1.png", "image_2.png"],
        [1, 2, 3, 4],
    )
    pixels = np.array([[0, 257, 258], [512, 0, 257]], np.uint16)
    files = {f"default/{folder}/image_1.png": encode_png(pixels) for folder in ("instance", "semantic", "semantic_rgb")}
    segmentation = archive(tmp_path / "b.zip", {"label_colors.txt": "0 0 0 background\n1 2 3 cat\n4 5 6 dog\n", **files})
    found = read_dataset(segmentation)
    assert (found.labels.names, found.labels["dog"].color) == (["cat", "dog"], "#040506")
    assert [found.labels.by_id(label).name for label in found.table.label.tolist()] == ["cat", "cat", "dog"]
    assert (found.frames.widths.tolist(), found.frames.heights.tolist()) == ([3], [2])
    assert found.table.attributes.to_dicts(3)[2] == {found.labels["dog"].attribute("is_crowd").id: "true"}


def test_the_layout_examples_are_read(shared_data: Path) -> None:
    folder = shared_data / "formats" / "layouts" / "kitti_dataset"
    boxes = read_dataset(folder / "kitti_detection")
    assert boxes.table.points_of(0).tolist() == [0, 1, 2, 3]
    assert (boxes.table.flags.tolist(), boxes.frames.widths.tolist()) == ([0, 0, 1, 0, 1], [10, 10])
    assert boxes.meta["images"][0] == "training/image_2/000030_10.png"
    masks = read_dataset(folder / "kitti_segmentation")
    names = [masks.labels.by_id(label).name for label in masks.table.label.tolist()]
    assert names == ["outofroi", "truck", "truck", "outofroi", "wall", "train"]
    assert [masks.table.points_of(row)[-4:].tolist() for row in range(3)] == [[0, 0, 1, 0], [2, 0, 2, 0], [3, 0, 4, 0]]
    assert [bool(values) for values in masks.table.attributes.to_dicts(6)] == [True, False, False, True, False, False]


def test_what_kitti_says_beyond_our_model_is_written_back(tmp_path: Path) -> None:
    line = "Car 0.43 2 -1.58 587.01 173.33 614.12 200.12 1.65 1.67 3.64 -0.65 1.71 46.70 -1.59\n"
    path = archive(tmp_path / "a.zip", {"training/label_2/000001.txt": line})
    source = read_dataset(path)
    write_dataset(source, tmp_path / "b.zip", "KITTI 1.0")
    again = zipfile.ZipFile(tmp_path / "b.zip").read("training/label_2/000001.txt").decode()
    assert again == line[:-1] + " 1.0\n"
    shown = Dataset(source.labels, source.frames, source.table.with_columns(flags=[0]), name="x")
    write_dataset(shown, tmp_path / "c.zip", "KITTI 1.0")
    assert zipfile.ZipFile(tmp_path / "c.zip").read("training/label_2/000001.txt").startswith(b"Car 0.43 0 -1.58 587.01")


GOOD = "Car 0.00 0 -1 1 2 3 4 -1 -1 -1 -1 -1 -1 -1 0.5\nOld car 1 0.00 0 -1 1 2 3 4 -1 -1 -1 -1 -1 -1 -1 0.5\n"
PIXELS = encode_png(np.array([[0, 257]], np.uint16))
BAD: list[tuple[dict[str, str | bytes], str]] = [
    ({"t/label_2/1.txt": GOOD + "Car 0 0 -1 1 2 3\n"}, r"1.txt: line 3: a line has a label and 14"),
    ({"t/label_2/1.txt": "\n" + GOOD.replace("1 2 3 4", "1 x 3 4", 1)}, r"1.txt: line 2: 'x' is not a number"),
    ({"t/label_2/1.txt": GOOD.replace("1 2 3 4", "1 nan 3 4", 1)}, r"line 1: 'nan' is not a number"),
    ({"t/label_2/1.txt": GOOD.replace("1 2 3 4", "1 1e300 3 4", 1)}, r"line 1: '1e300' is not a number below"),
    ({"t/label_2/1.txt": GOOD.replace("1 2 3 4", "5 2 3 4", 1)}, r"line 1: .*negative size"),
    ({"t/label_2/1.txt": GOOD.replace("0.5\n", "inf\n", 1)}, r"line 1: 'inf'"),
    ({"t/label_2/1.txt": "é" * 65 + GOOD[3:]}, r"line 1: .*longer than 64"),
    ({"t/label_2/1.txt": b"\xff\xfe"}, "not UTF-8"),
    ({"t/label_2/1.txt": GOOD, "labels.txt": "Car\nCar\n"}, r"labels.txt: line 2: .*twice"),
    ({"t/instance/1.png": PIXELS, "label_colors.txt": "0 0 0 a\n"}, r"instance/1.png: pixels of label 1, but there are only 1"),
    ({"t/instance/1.png": PIXELS, "label_colors.txt": "0 0 0 a\n0 0 300 b\n"}, r"label_colors.txt: line 2: a colour"),
    ({"t/instance/1.png": PIXELS, "label_colors.txt": "0 0 0 a\n0 0 1 a\n"}, r"label_colors.txt: line 2: .*twice"),
    ({"t/instance/1.png": PIXELS[:30]}, r"instance/1.png"),
    ({"t/instance/1.png": encode_png(np.zeros((2, 2, 3), np.uint8))}, r"has colours"),
    ({"a/t/label_2/1.txt": GOOD, "b/t/label_2/1.txt": GOOD}, r"two frames are called"),
    ({"/t/label_2/1.txt": GOOD}, "leads out"),
    ({"t/calib/1.txt": GOOD}, "no KITTI dataset"),
]


@pytest.mark.parametrize(("files", "text"), BAD)
def test_bad_files_are_named(tmp_path: Path, files: dict[str, str | bytes], text: str) -> None:
    with pytest.raises(FormatError, match=text):
        read_dataset(archive(tmp_path / "a.zip", files), "KITTI 1.0")


def test_labels_of_several_words_and_windows_line_ends(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"label_2/1.txt": "\ufeff" + GOOD.replace("\n", "\r\n")})
    found = read_dataset(path)
    assert (found.labels.names, found.table.score.tolist(), len(found.frames.subsets)) == (["Car", "Old car 1"], [0.5, 0.5], 0)


def test_damaged_files_end_in_an_error_of_ours(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "t" / "label_2").mkdir(parents=True)
    (folder / "t" / "instance").mkdir()
    sources = {"t/label_2/1.txt": GOOD.encode(), "t/instance/1.png": PIXELS, "label_colors.txt": b"0 0 0 a\n1 2 3 b\n"}

    @settings(max_examples=120, deadline=None)
    @given(st.data())
    def fuzz(data: st.DataObject) -> None:
        for name, source in sources.items():
            text = bytearray(source)
            for _ in range(data.draw(st.integers(0, 3))):
                place = data.draw(st.integers(0, len(text)))
                text[place : place + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=6))
            (folder / name).write_bytes(bytes(text))
        with contextlib.suppress(CvatWidgetsError):
            read_dataset(folder, "KITTI 1.0")

    fuzz()


def test_limits_are_told(tmp_path: Path) -> None:
    many = [Shape(id=n, frame=0, label=CAR, type="mask", points=(0.0, 4, 0, 0, 1, 1)) for n in range(1, 258)]
    with pytest.raises(FormatError, match="255 objects"):
        write_dataset(dataset(many), tmp_path / "a.zip", "KITTI 1.0")
    unknown = FrameIndex(["a.jpg"], np.zeros(1, np.int32), np.zeros(1, np.int32))
    with pytest.raises(FormatError, match=r"'a.jpg' is not known"):
        write_dataset(dataset(many[:1], frames=unknown), tmp_path / "a.zip", "KITTI 1.0")
    assert not list(tmp_path.iterdir())
