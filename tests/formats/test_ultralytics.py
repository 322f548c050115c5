"""The Ultralytics formats judged by a parser of their own: CVAT's examples, round trips, tracks, and files that are wrong."""

from __future__ import annotations

import contextlib
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from cvat_widgets.errors import FormatError
from cvat_widgets.formats import Dataset, LossWarning, find_format, match_frames, read_dataset, remap, write_dataset
from cvat_widgets.formats.archive import open_members
from cvat_widgets.formats.fitting import fit_to_task
from cvat_widgets.formats.yolo_yaml import quoted, read_yaml
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.geometry import rectangle_corners
from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.kinds import Flag
from cvat_widgets.model.labels import Label, LabelSet
from cvat_widgets.model.masks import decode_mask, encode_mask, mask_from_polygons
from cvat_widgets.model.records import Element, Keyframe, Record, Shape, Tag, Track, TrackElement
from cvat_widgets.model.table import AnnotationTable

BOX = "Ultralytics YOLO Detection 1.0"
TRACK = "Ultralytics YOLO Detection Track 1.0"
TURNED = "Ultralytics YOLO Oriented Bounding Boxes 1.0"
SEGMENTS = "Ultralytics YOLO Segmentation 1.0"
POSE = "Ultralytics YOLO Pose 1.0"
CLASSES = "Ultralytics YOLO Classification 1.0"

LABELS = LabelSet.of(
    [
        Label("car: yes"),
        Label("face", type="skeleton", sublabels=(Label("eye", type="points"), Label("no, se", type="points"))),
        Label("é 犬 #1"),
        Label("dot", type="skeleton", sublabels=(Label("at", type="points"),)),
    ]
)
CAR, FACE, DOG, DOT = (label.id for label in LABELS)
EYE, NOSE = (joint.id for joint in LABELS["face"].sublabels)
AT = LABELS["dot"].sublabels[0].id
FRAMES = FrameIndex([f"sub/{n:03d}.jpg" for n in range(6)], np.full(6, 640, np.int32), np.full(6, 480, np.int32))
relaxed = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def picture(width: int, height: int) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (width, height)).save(data, "PNG")
    return data.getvalue()


def archive(path: Path, files: dict[str, Any]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return path


def contents(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name).decode() for name in opened.namelist()}


def dataset(records: Any, frames: FrameIndex = FRAMES, **more: Any) -> Dataset:
    return Dataset(LABELS, frames, AnnotationTable.from_records(records), name="set", **more)


def into(source: Dataset, found: Dataset) -> AnnotationTable:
    """What an import into the task of ``source`` gives."""
    frame_map = match_frames(found.frames, source.frames)
    table = remap(fit_to_task(found, source.labels, source.frames, frame_map), source.labels, frame_map)
    assert table.problems(source.labels, len(source.frames)) == []
    return table


def shape(number: int, frame: int, kind: str, *points: float, label: int = CAR, **more: Any) -> Shape:
    return Shape(id=number, frame=frame, label=label, type=kind, points=points, **more)  # type: ignore[arg-type]


def judge(path: Path) -> list[tuple[str, str, list[str]]]:
    """Read an archive the naive way: (frame, label, the other numbers as they stand there)."""
    files = contents(path)
    names = dict(re.findall(r'^  (\d+): "?(.*?)"?$', files["data.yaml"], re.MULTILINE))
    found = []
    for subset in re.findall(r"^(\w+): (\w+\.txt)$", files["data.yaml"], re.MULTILINE):
        for line in files[subset[1]].splitlines():
            assert line.startswith(f"images/{subset[0]}/")
            text = files.get(str(Path(line.replace("images/", "labels/", 1)).with_suffix(".txt")), "")
            for row in text.splitlines():
                label, *numbers = row.split(" ")
                found.append((line.split("/", 2)[2], names[label], numbers))
    return found


# -- the examples of CVAT's manual ------------------------------------------------------------------------------------

YAML = """path:  ./ # dataset root dir
train: train.txt  # train images (relative to 'path')

# Classes
names:
  0: person
  1: bicycle
  2: car
  # ...
"""
LISTED = {"train.txt": "images/train/image1.jpg\nimages/train/image2.jpg\n"}
LINES = "labels/train/image1.txt"


def example(text: str, yaml: str | bytes = YAML, **more: Any) -> dict[str, Any]:
    return {"data.yaml": yaml, **LISTED, LINES: text, "images/train/image1.jpg": picture(100, 200), **more}


def test_detection_of_the_manual_with_a_track(tmp_path: Path) -> None:
    found = read_dataset(archive(tmp_path / "a.zip", example("1 0.3 0.8 0.1 0.3 1\n2 0.7 0.2 0.3 0.1\n")))
    assert found.labels.names == ["person", "bicycle", "car"]
    assert list(found.frames.names) == ["image1.jpg", "image2.jpg"]
    assert found.frames.widths.tolist() == [100, 0]
    assert found.meta["images"] == {0: "images/train/image1.jpg"}
    plain, track = found.table.to_records(found.labels)
    assert isinstance(track, Track)
    assert isinstance(plain, Shape)
    np.testing.assert_allclose(plain.points, [55, 30, 85, 50])
    np.testing.assert_allclose(track.keyframes[0].points, [25, 130, 35, 190])
    assert {frame: keyframe.outside for frame, keyframe in track.keyframes.items()} == {0: False, 1: True}
    assert found.labels.by_id(track.label).name == "bicycle"


def test_oriented_boxes_of_the_manual(tmp_path: Path) -> None:
    import cv2

    lines = "1 0.3 0.8 0.1 0.3 0.4 0.5 0.7 0.5\n2 0.7 0.2 0.3 0.1 0.4 0.5 0.5 0.6 12\n"
    path = archive(tmp_path / "a.zip", example(lines))
    with pytest.raises(FormatError, match=f"could be {TURNED} or {SEGMENTS}"):
        read_dataset(path)
    table = read_dataset(path, TURNED).table
    assert table.track.tolist()[0] == -1
    assert table.track.tolist()[1] > 0
    # Corners that make no rectangle: the smallest one around them, as OpenCV finds it.
    corners = np.array([[30, 160], [10, 60], [40, 100], [70, 100]], np.float32)
    ours = rectangle_corners(table.points_of(0), float(table.rotation[0])).reshape(4, 2)
    theirs = cv2.boxPoints(cv2.minAreaRect(corners))
    np.testing.assert_allclose(sorted(ours.tolist()), sorted(theirs.tolist()), atol=1e-3)


def test_segments_of_the_manual(tmp_path: Path) -> None:
    lines = "1 0.3 0.8 0.1 0.3 0.4 0.5\n2 0.7 0.2 0.3 0.1 0.4 0.5 0.5 0.6 0.7 0.5\n0 .1 .1 .2 .2 .3 .1 5\n"
    found = read_dataset(archive(tmp_path / "a.zip", example(lines)))
    first, second, third = (record for record in found.table.to_records(found.labels))
    assert isinstance(first, Shape)
    assert first.type == "polygon"
    np.testing.assert_allclose(first.points, [30, 160, 10, 60, 40, 100])
    assert isinstance(second, Shape)
    np.testing.assert_allclose(second.points, [70, 40, 30, 20, 40, 100, 50, 120, 70, 100])
    assert isinstance(third, Track)
    np.testing.assert_allclose(third.keyframes[0].points, [10, 20, 20, 40, 30, 20])


@pytest.mark.parametrize("numbers", [2, 3])
def test_skeletons_of_the_manual(tmp_path: Path, numbers: int) -> None:
    lines = {
        3: "1 0.3 0.8 0.1 0.3 0.3 0.8 2 0.1 0.3 2 0.4 0.5 2 0.0 0.0 0 0.0 0.0 0\n"
        "2 0.3 0.8 0.1 0.3 0.7 0.2 2 0.3 0.1 1 0.4 0.5 0 0.5 0.6 2 0.7 0.5 2\n",
        2: "1 0.3 0.8 0.1 0.3 0.3 0.8 0.1 0.3 0.4 0.5 0.0 0.0 0.0 0.0\n2 0.3 0.8 0.1 0.3 0.7 0.2 0.3 0.1 0.4 0.5 0.5 0.6 0.7 0.5\n",
    }[numbers]
    found = read_dataset(archive(tmp_path / "a.zip", example(lines, YAML + f"kpt_shape: [5, {numbers}]\n")))
    assert [joint.name for joint in found.labels["car"].sublabels] == [f"car_point_{number}" for number in range(5)]
    first, second = found.table.to_records(found.labels)
    assert isinstance(first, Shape)
    assert isinstance(second, Shape)
    assert [element.outside for element in first.elements] == [False, False, False, True, True]
    np.testing.assert_allclose(first.elements[1].points, [10, 60])
    if numbers == 3:
        assert [element.outside for element in second.elements] == [False, False, True, False, False]
        assert [element.occluded for element in second.elements] == [False, True, False, False, False]


def test_joints_get_the_names_of_the_task(tmp_path: Path) -> None:
    yaml = "train: train.txt\nnames: [face, dot]\nkpt_shape: [2, 3]\n"
    found = read_dataset(
        archive(tmp_path / "a.zip", example("0 .5 .5 .1 .1 .5 .5 2 .6 .6 1\n1 0 0 0 0 .1 .1 2 0 0 0 7\n", yaml))
    )
    frames = FrameIndex(["image1.jpg", "image2.jpg"], np.array([10, 10]), np.array([10, 10]))
    face, dot = into(Dataset(LABELS, frames, AnnotationTable.empty()), found).to_records(LABELS)
    assert isinstance(face, Shape)
    assert [(element.label, element.points) for element in face.elements] == [(EYE, (5, 5)), (NOSE, (6, 6))]
    assert isinstance(dot, Track)
    assert [element.label for element in dot.elements] == [AT]
    assert dot.elements[0].keyframes[1].outside
    bigger = LabelSet.of([Label("face", type="skeleton", sublabels=tuple(Label(f"{n}", type="points") for n in range(3)))])
    with pytest.raises(FormatError, match="has 3 joints in the task and 2 in the file"):
        fit_to_task(found, bigger, frames, match_frames(found.frames, frames))


def test_classification_of_the_manual(tmp_path: Path) -> None:
    files = {
        "train/label_0/a.png": picture(10, 20),
        "train/label_1/sub/b.png": picture(30, 20),
        "val/no_label/c.png": picture(1, 1),
    }
    found = read_dataset(archive(tmp_path / "a.zip", files))
    assert found.labels.names == ["label_0", "label_1"]
    assert list(found.frames.names) == ["a.png", "sub/b.png", "c.png"]
    assert (list(found.frames.subsets), found.frames.widths.tolist()) == (["train", "train", "val"], [10, 30, 1])
    assert [(record.frame, found.labels.by_id(record.label).name) for record in found.table.to_records(found.labels)] == [  # type: ignore[union-attr]
        (0, "label_0"),
        (1, "label_1"),
    ]
    items = {"a": {"path": "label_0/a.jpg", "labels": ["label_0", "label_2"]}, "b": {"path": "no_label/b.jpg", "labels": []}}
    described = read_dataset(archive(tmp_path / "b.zip", {"train/labels.json": json.dumps(items)}))
    assert described.labels.names == ["label_0", "label_2"]
    assert (list(described.frames.names), described.table.frame.tolist()) == (["a.jpg", "b.jpg"], [0, 0])


def test_roboflows_order_of_folders(tmp_path: Path) -> None:
    yaml = "train: ../train/images\nval: ../valid/images\n\nnc: 2\nnames: ['a', \"b c\"]\n\nroboflow:\n  workspace: x\n  url: https://x.y/z\n"
    files = {
        "data.yaml": yaml,
        "train/images/1.png": picture(10, 10),
        "train/labels/1.txt": "1 .5 .5 .2 .2\n",
        "train/labels/2.txt": "0 .5 .5 .2 .2\n",
        "valid/images/1.png": picture(20, 10),
    }
    found = read_dataset(archive(tmp_path / "a.zip", files))
    assert found.labels.names == ["a", "b c"]
    # Frames are in order of their names; a label file without a picture is a frame, too.
    assert list(zip(found.frames.names, found.frames.subsets, found.frames.widths.tolist(), strict=True)) == [
        ("1.png", "train", 10),
        ("2.jpg", "train", 0),
        ("1.png", "val", 20),
    ]
    assert found.table.frame.tolist() == [0, 1]


def test_one_folder_for_two_subsets_counts_once(tmp_path: Path) -> None:
    yaml = "path: ../datasets/coco8\ntrain: images/train\nval: images/train\ntest: # optional\nnames:\n  3: a\n  7: b\ndownload: |\n  import x\n  y: z\n"
    files = {"coco8/coco8.yaml": yaml, "coco8/labels/train/1.txt": "7 .5 .5 .2 .2\n", "__MACOSX/._x.txt": b"\xff"}
    found = read_dataset(archive(tmp_path / "a.zip", files))
    assert list(found.frames.subsets) == ["train"]
    assert found.labels.by_id(int(found.table.label[0])).name == "b"


# -- what is written --------------------------------------------------------------------------------------------------


def test_descriptions_are_what_cvat_expects(tmp_path: Path) -> None:
    frames = FrameIndex(["a.png", "b"], np.full(2, 640, np.int32), np.full(2, 480, np.int32), ("", "valid"))
    source = dataset([shape(1, 0, "rectangle", 64, 48, 128, 96), shape(2, 1, "rectangle", 0, 0, 640, 480, label=DOG)], frames)
    files = contents(write_dataset(source, tmp_path / "a.zip", BOX))
    assert files == {
        "data.yaml": f'# {BOX}\npath: .\ntrain: train.txt\nvalid: valid.txt\nnames:\n  0: "car: yes"\n  1: face\n  2: "é 犬 #1"\n  3: dot\n',
        "train.txt": "images/train/a.png\n",
        "valid.txt": "images/valid/b.jpg\n",
        "labels/train/a.txt": "0 0.150000 0.150000 0.100000 0.100000\n",
        "labels/valid/b.txt": "2 0.500000 0.500000 1.000000 1.000000\n",
    }
    pose = contents(write_dataset(dataset([]), tmp_path / "b.zip", POSE))["data.yaml"]
    assert pose == (
        f"# {POSE}\npath: .\ntrain: train.txt\nkpt_shape: [2, 3]\n"
        '# kpt_names: {0: [eye, "no, se"], 1: [at]}\nnames:\n  0: face\n  1: dot\n'
    )


coordinates = st.floats(-50, 700, allow_nan=False)


@st.composite
def boxes(draw: st.DrawFn, number: int, *, turned: bool) -> Shape:
    x, y, w, h = draw(st.tuples(coordinates, coordinates, st.floats(1, 300), st.floats(1, 300)))
    rotation = draw(st.floats(0, 359.99)) if turned else 0.0
    return shape(
        number,
        draw(st.integers(0, 5)),
        "rectangle",
        x,
        y,
        x + w,
        y + h,
        label=draw(st.sampled_from([CAR, DOG])),
        rotation=rotation,
    )


def many(make: Any) -> Any:
    return st.integers(0, 5).flatmap(lambda count: st.tuples(*[make(number + 1) for number in range(count)]))


def corners(table: AnnotationTable) -> list[Any]:
    return sorted(
        (
            int(table.frame[row]),
            int(table.label[row]),
            rectangle_corners(table.points_of(row), float(table.rotation[row])).round(2).tolist(),
        )
        for row in range(len(table))
    )


@relaxed
@given(many(lambda number: boxes(number, turned=True)))
def test_turned_boxes_survive(tmp_path_factory: pytest.TempPathFactory, made: tuple[Shape, ...]) -> None:
    source = dataset(made)
    path = write_dataset(source, tmp_path_factory.mktemp("f") / "a.zip", TURNED)
    table = into(source, read_dataset(path))
    assert len(table) == len(made)
    mine, theirs = corners(table), corners(source.table)
    for one, two in zip(mine, theirs, strict=True):
        assert one[:2] == two[:2]
        np.testing.assert_allclose(one[2], two[2], atol=0.05)
    for _, _, numbers in judge(path):
        assert len(numbers) == 8


def test_a_rotation_comes_back_as_it_was(tmp_path: Path) -> None:
    turns = [0.0, 0.5, 45.0, 89.9, 90.0, 135.0, 180.0, 200.5, 270.0, 359.0]
    source = dataset(
        [shape(n + 1, n % 6, "rectangle", 100, 100, 180, 130 + 20 * n, rotation=turn) for n, turn in enumerate(turns)]
    )
    table = into(source, read_dataset(write_dataset(source, tmp_path / "a.zip", TURNED)))
    order = np.argsort(source.table.frame, kind="stable")
    np.testing.assert_allclose(table.rotation, np.array(turns)[order], atol=2e-3)
    np.testing.assert_allclose(table.points.reshape(-1, 4), source.table.points.reshape(-1, 4)[order], atol=2e-3)
    backwards = example("0 .1 .1 .1 .2 .3 .2 .3 .1\n")
    turned = read_dataset(archive(tmp_path / "b.zip", backwards), TURNED).table
    np.testing.assert_allclose(np.sort(corners(turned)[0][2]), sorted([10, 20, 10, 40, 30, 40, 30, 20]))


@st.composite
def tracks(draw: st.DrawFn, number: int) -> Track:
    frames = draw(st.lists(st.integers(0, 5), min_size=1, max_size=4, unique=True).map(sorted))
    x, y, w, h = draw(st.tuples(coordinates, coordinates, st.floats(1, 300), st.floats(1, 300)))
    keyframes = {
        frame: Keyframe(points=(x + step, y, x + w + step, y + h), outside=step > 0 and draw(st.booleans()))
        for step, frame in enumerate(frames)
    }
    return Track(id=number, label=draw(st.sampled_from([CAR, DOG])), type="rectangle", keyframes=keyframes)


@relaxed
@given(many(tracks), many(lambda number: boxes(number + 100, turned=False)))
def test_tracks_survive_with_their_ids(
    tmp_path_factory: pytest.TempPathFactory, made: tuple[Track, ...], plain: tuple[Shape, ...]
) -> None:
    source = dataset((*made, *plain))
    path = write_dataset(source, tmp_path_factory.mktemp("f") / "a.zip", TRACK)
    table = into(source, read_dataset(path))

    def visible(each: AnnotationTable) -> list[Any]:
        rows = interpolate_table(each, frame_count=6)
        order = {track: number for number, track in enumerate(np.unique(rows.track[rows.track >= 0]).tolist())}
        return [
            (
                int(rows.frame[row]),
                int(rows.label[row]),
                rows.track[row] >= 0,
                rows.points_of(row).tolist(),
                order.get(int(rows.track[row])),
            )
            for row in range(len(rows))
        ]

    mine, theirs = visible(table), visible(source.table)
    left = list(theirs)
    for one in mine:
        # Boxes that differ by less than the digits of the file stand in no certain order.
        same = [each for each in left if each[:3] == one[:3] and np.allclose(one[3], each[3], rtol=0, atol=1e-3)]
        assert same, f"{one} is not in {left}"
        left.remove(same[0])
    assert not left
    assert len({each[4] for each in mine}) == len({each[4] for each in theirs})
    assert table.has(Flag.KEYFRAME).tolist() == table.is_track.tolist()
    written = [int(numbers[4]) for _, _, numbers in judge(path) if len(numbers) == 5]
    assert set(written) <= {track.id for track in made}


def test_tracks_may_end_any_line_and_do_not_leave_their_subset(tmp_path: Path) -> None:
    yaml = "train: a.txt\nval: b.txt\nnames: [x]\n"
    files = {
        "data.yaml": yaml,
        "a.txt": "".join(f"images/t/{n}.jpg\n" for n in range(4)),
        "b.txt": "images/v/9.jpg\nimages/v/8.jpg\n",
        "labels/t/0.txt": "0 0 0 1 0 1 1 5\n",
        "labels/t/1.txt": "0 0 0 1 0 .5 1 5\n",
        "labels/t/3.txt": "0 0 0 1 0 1 1 5\n",
        "labels/v/9.txt": "0 0 0 1 0 1 1 5\n",
    }
    found = read_dataset(archive(tmp_path / "a.zip", files), SEGMENTS)
    states = [
        {frame: keyframe.outside for frame, keyframe in record.keyframes.items()}
        for record in found.table.to_records(found.labels)
        if isinstance(record, Track)
    ]
    assert states == [{0: False, 1: False, 2: True, 3: False}, {4: False, 5: True}]


@relaxed
@given(
    many(
        lambda number: st.lists(coordinates, min_size=6, max_size=12).map(
            lambda xy: shape(number, number % 6, "polygon", *xy[: len(xy) // 2 * 2])
        )
    )
)
def test_polygons_survive(tmp_path_factory: pytest.TempPathFactory, made: tuple[Shape, ...]) -> None:
    source = dataset(made)
    table = into(source, read_dataset(write_dataset(source, tmp_path_factory.mktemp("f") / "a.zip", SEGMENTS)))
    found = sorted(table.to_records(LABELS), key=lambda record: record.frame)  # type: ignore[union-attr]
    for one, two in zip(found, sorted(made, key=lambda record: record.frame), strict=True):
        assert isinstance(one, Shape)
        assert (one.frame, one.label, one.type) == (two.frame, two.label, "polygon")
        np.testing.assert_allclose(one.points, two.points, atol=1e-3)


bitmaps = st.lists(st.lists(st.booleans(), min_size=9, max_size=9), min_size=7, max_size=7)


@relaxed
@given(bitmaps)
def test_masks_become_polygons_of_the_same_pixels(tmp_path_factory: pytest.TempPathFactory, rows: list[list[bool]]) -> None:
    bitmap = np.zeros((480, 640), bool)
    bitmap[100:170, 50:140] = np.kron(rows, np.ones((10, 10), bool))
    source = dataset([shape(1, 0, "mask", *encode_mask(bitmap).tolist())])
    table = into(
        source,
        read_dataset(
            write_dataset(source, tmp_path_factory.mktemp("f") / "a.zip", SEGMENTS),
        ),
    )
    union = np.zeros((480, 640), bool)
    for row in range(len(table)):
        part = decode_mask(mask_from_polygons([table.points_of(row).round(2)], 640, 480), 640, 480)
        assert not (union & part).any()
        union |= part
    assert (union == bitmap).all()


def test_an_ellipse_becomes_the_outline_of_cvats_mask(tmp_path: Path) -> None:
    import cv2

    source = dataset([shape(1, 0, "ellipse", 100.4, 90.6, 150.2, 60.1, rotation=30), shape(2, 1, "ellipse", 5, 5, 25, -15)])
    table = into(source, read_dataset(write_dataset(source, tmp_path / "a.zip", SEGMENTS)))
    for row, ((x, y), radii, angle) in enumerate([((100, 91), (50, 30), 30), ((5, 5), (20, 20), 0)]):
        canvas = np.zeros((480, 640), np.uint8)
        cv2.ellipse(canvas, (x, y), radii, angle, 0, 360, 1, -1)
        found = decode_mask(mask_from_polygons([table.points_of(row).round(2)], 640, 480), 640, 480)
        assert (found == canvas.astype(bool)).all()


@st.composite
def skeletons(draw: st.DrawFn, number: int) -> Shape:
    label, joints = draw(st.sampled_from([(FACE, (EYE, NOSE)), (DOT, (AT,))]))
    elements: list[Element] = []
    for joint in joints:
        state = draw(st.sampled_from(["", "outside", "occluded"]))
        elements.append(
            Element(
                id=number * 10 + len(elements),
                label=joint,
                points=draw(st.tuples(coordinates, coordinates)),
                outside=state == "outside",
                occluded=state == "occluded",
            )
        )
    return Shape(
        id=number * 1000, frame=draw(st.integers(0, 5)), label=label, type="skeleton", points=(), elements=tuple(elements)
    )


@relaxed
@given(many(skeletons))
def test_skeletons_survive(tmp_path_factory: pytest.TempPathFactory, made: tuple[Shape, ...]) -> None:
    source = dataset(made)
    path = write_dataset(source, tmp_path_factory.mktemp("f") / "a.zip", POSE)
    found = read_dataset(path)
    if made:
        assert [joint.name for joint in found.labels["face"].sublabels] == ["eye", "no, se"]

    def plain(record: Record) -> Any:
        assert isinstance(record, Shape)
        return record.frame, record.label, [(each.label, each.outside, each.occluded) for each in record.elements]

    table = into(source, found).to_records(LABELS)
    written = sorted(made, key=lambda record: record.frame)
    assert [plain(record) for record in table] == [plain(record) for record in written]
    for one, two in zip(table, written, strict=True):
        for mine, theirs in zip(one.elements, two.elements, strict=True):  # type: ignore[union-attr]
            np.testing.assert_allclose(mine.points, theirs.points, atol=1e-3)
    for (_, _, numbers), two in zip(judge(path), written, strict=True):
        seen = [element.points for element in two.elements if not element.outside]
        x, y, w, h = (float(number) for number in numbers[:4])
        if seen:
            low, high = np.min(seen, axis=0), np.max(seen, axis=0)
            np.testing.assert_allclose([x * 640, y * 480, w * 640, h * 480], [*((low + high) / 2), *(high - low)], atol=2e-3)


def test_skeleton_tracks_are_written_frame_by_frame(tmp_path: Path) -> None:
    eye = TrackElement(id=11, label=EYE, keyframes={1: Keyframe(points=(10, 20)), 3: Keyframe(points=(30, 20), outside=True)})
    nose = TrackElement(id=12, label=NOSE, keyframes={1: Keyframe(points=(5, 5))})
    track = Track(
        id=10,
        label=FACE,
        type="skeleton",
        keyframes={1: Keyframe(points=()), 5: Keyframe(points=(), outside=True)},
        elements=(eye, nose),
    )
    source = dataset([track])
    records = into(source, read_dataset(write_dataset(source, tmp_path / "a.zip", POSE))).to_records(LABELS)
    states = [(each.frame, [element.outside for element in each.elements]) for each in records if isinstance(each, Shape)]
    assert states == [(1, [False, False]), (2, [False, False]), (3, [True, False]), (4, [True, False])]
    assert isinstance(records[1], Shape)
    np.testing.assert_allclose(records[1].elements[0].points, [20, 20], atol=1e-3)


@relaxed
@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from([CAR, DOG])), unique=True))
def test_tags_survive(tmp_path_factory: pytest.TempPathFactory, made: list[tuple[int, int]]) -> None:
    source = dataset([Tag(id=number + 1, frame=frame, label=label) for number, (frame, label) in enumerate(made)])
    path = write_dataset(source, tmp_path_factory.mktemp("f") / "a.zip", CLASSES)
    table = into(source, read_dataset(path))
    assert sorted(zip(table.frame.tolist(), table.label.tolist(), strict=True)) == sorted(made)
    assert table.is_tag.all()
    items = json.loads(contents(path)["train/labels.json"])
    assert len(items) == 6
    for frame in range(6):
        labels = items[f"sub/{frame:03d}"]["labels"]
        assert [LABELS[label].id for label in labels] == [label for at, label in made if at == frame]
        assert items[f"sub/{frame:03d}"]["path"] == f"{labels[0] if labels else 'no_label'}/sub/{frame:03d}.jpg"


@pytest.mark.parametrize("name", [BOX, TRACK, TURNED, SEGMENTS, POSE, CLASSES])
def test_pictures_come_back_and_every_format_is_recognised(tmp_path: Path, name: str) -> None:
    frames = FrameIndex(["a/1.png", "frame_000001"], np.array([64, 32]), np.array([48, 24]), ("train", "val"))
    square = (1.0, 2.0, 30.0, 2.0, 30.0, 20.0, 1.0, 20.0)
    records = [
        shape(1, 0, "rectangle", 1, 2, 30, 20),
        shape(2, 0, "polygon", *square),
        Shape(id=3, frame=0, label=DOT, type="skeleton", points=(), elements=(Element(id=4, label=AT, points=(3, 4)),)),
        Tag(id=5, frame=0, label=CAR),
    ]
    media = ["a/1.png", "frame_000001.png"]
    source = dataset(records, frames, media=lambda frame: (media[frame], picture(64 >> frame, 48 >> frame)))
    with pytest.warns(LossWarning, match="cannot hold"):
        path = write_dataset(source, tmp_path / "a.zip", name, save_images=True)
    found = read_dataset(path)
    assert (found.frames.widths.tolist(), list(found.frames.subsets)) == ([64, 32], ["train", "val"])
    names = set(contents_names(path))
    assert set(found.meta["images"]) == {0, 1}
    assert set(found.meta["images"].values()) <= names
    kinds = {BOX: 0, TRACK: 0, TURNED: 0, SEGMENTS: 1, POSE: 7, CLASSES: 8}
    assert into(source, found).type.tolist()[0] == kinds[name]


def contents_names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as opened:
        return opened.namelist()


def test_boxes_are_recognised_without_a_name(tmp_path: Path) -> None:
    turned = example("1 0.3 0.1 0.5 0.2 0.4 0.4 0.2 0.3\n")
    assert read_dataset(archive(tmp_path / "a.zip", turned)).table.type.tolist() == [0]
    assert read_dataset(archive(tmp_path / "b.zip", example(""))).labels.names == ["person", "bicycle", "car"]
    with pytest.raises(FormatError, match="cannot be imported"):
        read_dataset(tmp_path / "a.zip", TRACK)


def test_what_does_not_fit_is_told(tmp_path: Path) -> None:
    records = [
        shape(1, 0, "rectangle", 0, 0, 9, 9, rotation=5),
        shape(2, 0, "polyline", 0, 0, 9, 9),
        Tag(id=3, frame=0, label=CAR),
    ]
    for name, text in (
        (BOX, "1 × polyline, 1 × tag, 1 × rotation"),
        (TURNED, "1 × polyline, 1 × tag"),
        (SEGMENTS, "1 × rectangle, 1 × polyline, 1 × tag"),
        (POSE, "1 × rectangle"),
        (CLASSES, "1 × rectangle, 1 × polyline"),
    ):
        with pytest.warns(LossWarning, match=text):
            write_dataset(dataset(records), tmp_path / "a.zip", name)


# -- files that are wrong ---------------------------------------------------------------------------------------------

POSE_YAML = YAML + "kpt_shape: [2, 3]\n"
WITHOUT_LIST = {name: data for name, data in example("").items() if name != "train.txt"}
BAD: list[tuple[str, dict[str, Any], str]] = [
    (BOX, {"train.txt": ""}, "there is no data.yaml in it"),
    (BOX, example("", "train: train.txt\n"), "data.yaml: 'names' is missing"),
    (BOX, example("", "names: [a]\n"), "data.yaml: it names no subset"),
    (BOX, example("", "names: [a, a]\ntrain: train.txt\n"), "'a' is defined twice"),
    (BOX, example("", f"names: [{'x' * 65}]\ntrain: train.txt\n"), "longer than 64"),
    (BOX, example("", "names: [a, b]\nnc: 3\ntrain: train.txt\n"), "'nc' is 3, but there are 2"),
    (BOX, example("", "names:\n  a: b\ntrain: train.txt\n"), "is not 'number: name'"),
    (BOX, example("", "names:\n  0: a\n  0: b\ntrain: train.txt\n"), "data.yaml: line 3: '0' is given twice"),
    (BOX, example("", "names: [a\ntrain: train.txt\n"), "data.yaml: line [23]: "),
    (BOX, example("", "names: &x [a]\ntrain: *x\n"), "data.yaml: line 1: anchors"),
    (BOX, example("", "names:\n\t- a\n"), "data.yaml: line 2: .*tab"),
    (BOX, example("", b"names: [\xff]\n"), "data.yaml: line 1: it is not UTF-8"),
    (BOX, WITHOUT_LIST, "data.yaml: the list 'train.txt' of 'train' is missing"),
    (BOX, example("", "names: [a]\ntrain: images/nothing\n"), "data.yaml: the folder 'images/nothing' of 'train' is missing"),
    (BOX, example("", "names: [a]\ntrain: /content/train\n"), "data.yaml: train: the path '/content/train' is absolute"),
    (BOX, example("", "names: [a]\ntrain: a/../../b\n"), "data.yaml: train: .* leads out"),
    (BOX, example("") | {"train.txt": "images/train/1.jpg\n../x.jpg\n"}, "train.txt: line 2: .* leads out"),
    (BOX, example("") | {"train.txt": "images/train/1.jpg\nimages/train/1.jpg\n"}, "train.txt: line 2: .* listed twice"),
    (BOX, example("0 .1 .1 .1 .1\n0 .1 .1 .1\n"), "image1.txt: line 2: the line has 4 numbers"),
    (BOX, example("0 .1 .1 .1 .1 1.5\n"), "image1.txt: line 1: the track id"),
    (BOX, example("0 .1 .1 .1 .1 1\n1 0 0 0 0 1\n0 0 0 0 0 1\n"), "image1.txt: line 3: a track is twice on this frame"),
    (BOX, example("3 .1 .1 .1 .1\n"), "image1.txt: line 1: the label id 3 is not known"),
    (BOX, example("0 .1 .1 .1 -.1\n"), "image1.txt: line 1: .* negative"),
    (BOX, example("0 .1 .1 inf .1\n"), "image1.txt: line 1: .* not finite"),
    (TURNED, example("0 .1 .1 .1 .1\n"), "image1.txt: line 1: the line has 5 numbers. Expected are 9"),
    (TURNED, example("0 .1 .1 .1 .1 400 .1 .1 .1\n"), "image1.txt: line 1: a coordinate is out of range"),
    (SEGMENTS, example("0 .1 .1 .1 .1\n"), "image1.txt: line 1: a polygon has a label and at least three points"),
    (SEGMENTS, example("0 .1 .1 .1 .1 .2 .x\n"), "image1.txt: line 1: '.x' is not a number"),
    (SEGMENTS, example("0 .1 .1 .1 .1 .2 .2 -1\n"), "image1.txt: line 1: the track id"),
    (POSE, example("0 .1 .1 .1 .1\n"), "'kpt_shape' is missing"),
    (POSE, example("0 .1 .1 .1 .1\n", POSE_YAML), "image1.txt: line 1: the line has 5 numbers. Expected are 11"),
    (POSE, example("0 .1 .1 .1 .1 0 0 1 0 0 3\n", POSE_YAML), "image1.txt: line 1: the visibility of a joint is 0, 1 or 2"),
    (POSE, example("", YAML + "kpt_shape: [2, 4]\n"), "'kpt_shape' is not"),
    (POSE, example("", YAML + "kpt_shape: [0, 3]\n"), "cannot have 0 joints"),
    (POSE, example("", YAML + "kpt_shape: [9999, 3]\n"), "cannot have 9999 joints"),
    (POSE, example("", YAML + "kpt_shape: 17\n"), "'kpt_shape' is missing, or not"),
    (POSE, example("", POSE_YAML + "kpt_names: {0: [a, a]}\n"), "'kpt_names' of label 0 are not up to 2 different"),
    (CLASSES, {"readme.txt": ""}, "there are no frames in it"),
    (CLASSES, {"train/labels.json": "[]"}, "labels.json: it is no list of frames"),
    (
        CLASSES,
        {"train/labels.json": '{"a": {"path": "x/a.jpg", "labels": ["x", "x"]}}'},
        "labels.json: 'a': it has the same label twice",
    ),
    (CLASSES, {"train/labels.json": '{"a": {"path": "../a.jpg", "labels": []}}'}, "labels.json: 'a': .* leads out"),
    (CLASSES, {"train/labels.json": '{"a": {"path": "/a.jpg", "labels": []}}'}, "labels.json: 'a': .* absolute"),
    (CLASSES, {"train/labels.json": '{"a": {"path": "a.jpg", "labels": []}}'}, "labels.json: 'a': .* is not <label>/<picture>"),
    (CLASSES, {"train/labels.json": '{"a": {"path": "x/a.jpg", "labels": [""]}}'}, "labels.json: a label needs a name"),
    (
        CLASSES,
        {"train/labels.json": '{"a": {"path": "x/a.jpg", "labels": []}, "b": {"path": "y/a.jpg", "labels": []}}'},
        "labels.json: 'b': .* listed twice",
    ),
    (CLASSES, {"train/labels.json": b'{"a": {"path": "x/a.jpg", "labels": ["\xff"]}}'}, "labels.json: it is no list"),
    (CLASSES, {f"train/{'x' * 65}/a.png": b""}, "longer than 64"),
    (CLASSES, {"train/x/a.png": b"", "train/y/a.jpg": b"", "train/x/a.jpg": b""}, "a.jpg: .* listed twice"),
]


@pytest.mark.parametrize(("name", "files", "text"), BAD)
def test_bad_files_are_named(tmp_path: Path, name: str, files: dict[str, Any], text: str) -> None:
    with pytest.raises(FormatError, match=text):
        read_dataset(archive(tmp_path / "bad.zip", files), name)


def test_sizes_must_be_known_to_write(tmp_path: Path) -> None:
    found = read_dataset(archive(tmp_path / "a.zip", example("0 .1 .1 .1 .1\n") | {"images/train/image1.jpg": b"no picture"}))
    assert found.frames.widths.tolist() == [0, 0]
    with pytest.raises(FormatError, match=r"the size of the frame 'image1.jpg' is not known"):
        write_dataset(found, tmp_path / "b.zip", BOX)


def test_harmless_differences_do_not_matter(tmp_path: Path) -> None:
    files = {
        name: data.replace("\n", "\r\n") if isinstance(data, str) else data
        for name, data in example("\ufeff1 0 0 1 1\n").items()
    }
    found = read_dataset(archive(tmp_path / "a.zip", files | {"data.yaml": "\ufeff---\r\n" + files["data.yaml"]}))
    assert (found.labels.names, len(found.table)) == (["person", "bicycle", "car"], 1)


SEEDS = {
    BOX: example("1 0.3 0.8 0.1 0.3 1\n2 0.7 0.2 0.3 0.1\n"),
    TURNED: example("1 0.3 0.8 0.1 0.3 0.4 0.5 0.7 0.5\n2 0.3 0.1 0.5 0.2 0.4 0.4 0.2 0.3 1\n"),
    SEGMENTS: example("1 0.3 0.8 0.1 0.3 0.4 0.5\n2 0.7 0.2 0.3 0.1 0.4 0.5 0.5 0.6 4\n"),
    POSE: example("1 0.3 0.8 0.1 0.3 .1 .1 2 .2 .2 1\n", POSE_YAML + "# kpt_names: {0: [a, b]}\n"),
    CLASSES: {"train/labels.json": '{"a": {"path": "x/a.jpg", "labels": ["x", "y"]}}', "val/x/b.png": picture(2, 2)},
}


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_damaged_files_end_in_an_error_of_ours(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(SEEDS)))
    files = dict(SEEDS[name])
    for _ in range(data.draw(st.integers(1, 4))):
        member = data.draw(st.sampled_from(sorted(files)))
        text = bytearray(files[member].encode() if isinstance(files[member], str) else files[member])
        at = data.draw(st.integers(0, len(text)))
        noise = st.sampled_from([b"1e9", b"-", b"\n", b"nan", b"0 ", b"..", b": ", b"[", b"}", b"'", b"  ", b"- ", b"|\n"])
        text[at : at + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=6) | noise)
        files[member] = bytes(text)
    path = archive(tmp_path_factory.mktemp("fuzz") / "a.zip", files)
    with contextlib.suppress(FormatError), open_members(path) as members:
        assert all(find_format(each).detect(members) in (True, False) for each in SEEDS)
    with contextlib.suppress(FormatError):
        found = read_dataset(path, name)
        assert found.table.problems(found.labels, len(found.frames)) == []


# -- the description file ---------------------------------------------------------------------------------------------

scalars = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(scalars.filter(bool), scalars, min_size=1, max_size=4))
def test_any_text_survives_in_a_description(values: dict[str, str]) -> None:
    lines = [f"{quoted(key)}: {quoted(value)}" for key, value in values.items()]
    assert read_yaml("\n".join(lines).encode(), "f") == values
    inline = ", ".join(f"{quoted(key)}: {quoted(value)}" for key, value in values.items())
    nested = f"a: {{{inline}}}\nb:\n" + "\n".join(f"- {quoted(value)}" for value in values.values())
    assert read_yaml(nested.encode(), "f") == {"a": values, "b": list(values.values())}


def test_descriptions_as_they_are_found() -> None:
    text = (
        "%YAML 1.2\n---\n# Ultralytics\npath: ../datasets/x # root\ntrain:\n  - images/a\n  - images/b # two\nval: [x.jpg, 'it''s.jpg',\n"
        '  "t\\u00e9\\n.jpg"] # several lines\ntest:\nurl: http://a.b/c#d\nkpt_names:\n  0:\n    - nose\n    - eye: left\n'
    )
    with pytest.raises(FormatError, match="f: line 15: a mapping within a list"):
        read_yaml(text.encode(), "f")
    assert read_yaml(text.replace(": left", "").encode(), "f") == {
        "path": "../datasets/x",
        "train": ["images/a", "images/b"],
        "val": ["x.jpg", "it's.jpg", "té\n.jpg"],
        "test": "",
        "url": "http://a.b/c#d",
        "kpt_names": {"0": ["nose", "eye"]},
    }


@pytest.mark.parametrize(
    "text",
    [
        *[
            "",
            "- a",
            "just text",
            "a: b\n  c: d",
            "a: [1, 2",
            "a: [1]]",
            "a: {b}",
            "a: {b: c, b: d}",
            "a: !!python/object x",
            "a: *b",
        ],
        *[
            'a: "b',
            'a: "b" c',
            r'a: "\q"',
            r'a: "\ud800"',
            "a: [" * 20,
            "a: " + "[" * 20 + "]" * 20,
            "x" * 1_000_000,
            "a" + " " * 1_000_000,
        ],
    ],
)
def test_other_yaml_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match="f: line"):
        read_yaml(text.encode(), "f")
