"""``format=None``: every format is recognised as itself, whatever is in the file, and real files are, too."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cvat_widgets.errors import FormatError
from cvat_widgets.formats import Dataset, LossWarning, find_format, read_dataset, write_dataset
from cvat_widgets.formats.archive import Members, open_members
from cvat_widgets.formats.loss import losses
from cvat_widgets.formats.registry import registered
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import Attribute, Label, LabelSet
from cvat_widgets.model.masks import encode_mask
from cvat_widgets.model.records import Element, Keyframe, Record, Shape, Tag, Track
from cvat_widgets.model.table import AnnotationTable

LABELS = LabelSet.of(
    [
        Label("car", attributes=(Attribute("plate"), Attribute("text"))),
        Label("person"),
        Label("face", type="skeleton", sublabels=(Label("eye", type="points"), Label("nose", type="points"))),
        Label("market-1501", attributes=(Attribute("person_id"), Attribute("query", "checkbox"))),
    ]
)
CAR, PERSON, FACE, MARKET = (label.id for label in LABELS)
EYE, NOSE = (joint.id for joint in LABELS["face"].sublabels)
BITMAP = np.zeros((48, 64), bool)
BITMAP[3:9, 4:12] = True

BOX = Shape(id=1, frame=0, label=CAR, type="rectangle", points=(1, 2, 10, 20), attributes={LABELS["car"].attributes[0].id: "x"})
MASK = Shape(id=3, frame=1, label=CAR, type="mask", points=tuple(encode_mask(BITMAP).tolist()))
TAG = Tag(id=4, frame=0, label=CAR)
TRACK = Track(
    id=6,
    label=CAR,
    type="rectangle",
    keyframes={0: Keyframe(points=(5, 5, 20, 20)), 2: Keyframe(points=(6, 6, 20, 20))},
)
CONTENTS: dict[str, list[Record]] = {
    "nothing": [],
    "boxes": [BOX, Shape(id=2, frame=1, label=PERSON, type="rectangle", points=(1, 2, 10, 20))],
    "masks": [MASK],
    "tags": [TAG],
    "a track": [TRACK],
    "everything": [
        BOX,
        MASK,
        TAG,
        TRACK,
        Shape(id=2, frame=1, label=PERSON, type="polygon", points=(1, 2, 10, 20, 30, 10)),
        Shape(id=5, frame=2, label=PERSON, type="points", points=tuple(range(10))),
        Tag(id=14, frame=1, label=MARKET, attributes={LABELS["market-1501"].attribute("person_id").id: "5"}),
        Shape(
            id=7,
            frame=0,
            label=FACE,
            type="skeleton",
            points=(),
            elements=(Element(id=71, label=EYE, points=(3, 4)), Element(id=72, label=NOSE, points=(6, 7))),
        ),
    ],
}
READ_AS = {
    "CVAT for images 1.1": "CVAT 1.1",
    "CVAT for video 1.1": "CVAT 1.1",
    "Ultralytics YOLO Detection Track 1.0": "Ultralytics YOLO Detection 1.0",
}
"""Formats whose files are imported under another name, as in CVAT."""


def picture(number: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (number, 0, 0)).save(buffer, "JPEG")
    return buffer.getvalue()


def example(records: list[Record]) -> Dataset:
    names = [f"sub/{number:03d}.jpg" for number in range(3)]
    frames = FrameIndex(names, np.full(3, 64, np.int32), np.full(3, 48, np.int32), ())
    table = AnnotationTable.from_records(records)
    return Dataset(LABELS, frames, table, name="set", media=lambda frame: (names[frame], picture(frame)))


def fitting(members: Members) -> list[str]:
    return [each.name for each in registered() if each.can_read and each.detect(members)]


def recognised(path: Path) -> list[str]:
    with open_members(path) as members:
        return fitting(members)


@pytest.mark.parametrize("name", [each.name for each in registered() if each.can_write])
@pytest.mark.parametrize("images", [False, True], ids=["alone", "with pictures"])
@pytest.mark.filterwarnings("ignore::cvat_widgets.formats.LossWarning")
def test_what_we_write_is_recognised_as_what_it_is(name: str, images: bool, tmp_path: Path) -> None:
    for content, records in CONTENTS.items():
        path = tmp_path / f"{content}.zip"
        write_dataset(example(records), path, name, save_images=images, progress=lambda _done, _all: None)
        assert recognised(path) == [READ_AS.get(name, name)], content
        read_dataset(path)
        folder = tmp_path / content
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
        if zipfile.ZipFile(path).namelist():
            assert recognised(folder) == [READ_AS.get(name, name)], content


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("coco100/instances_val2014_100.json", "COCO 1.0"),
        ("layouts/imagenet_dataset", "ImageNet 1.0"),
        ("layouts/imagenet_txt_dataset/basic", "ImageNet 1.0"),
        ("layouts/kitti_dataset/kitti_3d", "KITTI 1.0"),
        ("layouts/kitti_dataset/kitti_3d_with_subset", "KITTI 1.0"),
        ("layouts/kitti_dataset/kitti_detection", "KITTI 1.0"),
        ("layouts/kitti_dataset/kitti_segmentation", "KITTI 1.0"),
        ("layouts/labelme_dataset", "LabelMe 3.0"),
        ("layouts/lfw_dataset", "LFW 1.0"),
        ("layouts/market1501_dataset", "Market-1501 1.0"),
        ("layouts/mots_dataset", "MOTS PNG 1.0"),
        ("layouts/voc_dataset/voc_dataset1", "PASCAL VOC 1.1"),
        ("layouts/voc_dataset/voc_dataset2", "PASCAL VOC 1.1"),
        ("layouts/voc_dataset/voc_dataset3", "PASCAL VOC 1.1"),
        ("review100/coco_format_v1", "COCO 1.0"),
        ("review100/coco_format_v1/instances_default.json", "COCO 1.0"),
        ("review100/cvat_format", "CVAT 1.1"),
        ("review100/cvat_format/annotations.xml", "CVAT 1.1"),
        ("review100/imagenet_format", "PASCAL VOC 1.1"),
        ("review100/tfrecord_format", "TFRecord 1.0"),
        ("review100/yolo_format", "YOLO 1.1"),
    ],
)
def test_real_files_are_recognised(place: str, expected: str, shared_data: Path) -> None:
    assert recognised(shared_data / "formats" / place) == [expected]


@pytest.mark.parametrize(
    "place",
    [
        "coco100/instances_val2014_fakebbox100_results.json",  # results, not a data set
        "coco100/val2014_fake_eval_res.txt",
        "layouts/imagenet_txt_dataset/no_labels",
        "layouts/sly_pointcloud_dataset",
        "review100/images",
    ],
)
def test_what_is_no_dataset_is_not_taken_for_one(place: str, shared_data: Path) -> None:
    with pytest.raises(FormatError, match="not recognised") as error:
        read_dataset(shared_data / "formats" / place)
    assert "format=" in str(error.value)


def archive(path: Path, files: Mapping[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as target:
        for name, text in files.items():
            target.writestr(name, text)
    return path


def test_two_formats_in_one_file_are_both_named(tmp_path: Path) -> None:
    path = archive(
        tmp_path / "a.zip",
        {"obj.data": "classes = 1\nnames = obj.names\n", "obj.names": "car\n", "gt/gt.txt": "1,1,1,2,3,4,1,1,1\n"},
    )
    with pytest.raises(FormatError, match=r"could be YOLO 1\.1 or MOT 1\.1") as error:
        read_dataset(path)
    assert "format=" in str(error.value)
    assert len(read_dataset(path, "MOT 1.1").table) >= 1


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"gt.txt": "# frame_id, track_id, x, y\n1,1,2,3,4,5,1,1,1\n"}, ["MOT 1.1"]),
        ({"gt/gt.txt": ""}, ["MOT 1.1"]),
        ({"gt/gt.txt": "\ufeff1, 1, 2.5, 3, 4, 5, 1, 1, 1\r\n"}, ["MOT 1.1"]),
        ({"gt.txt": '1.png, "word"\n'}, ["ICDAR Recognition 1.0"]),
        ({"train/gt.txt": "word_1.png, \n"}, ["ICDAR Recognition 1.0"]),
        ({"label_colors.txt": "1 2 3 car\n", "labels.txt": "car\n"}, ["KITTI 1.0"]),
        ({"label_colors.txt": "1 2 3 car\n", "train.txt": "/train/a.png trainannot/a.png\n"}, ["CamVid 1.0"]),
        ({"label_colors.txt": "1 2 3 car\n", "train.txt": '"/train/a b.png" "trainannot/a b.png"\n'}, ["CamVid 1.0"]),
        ({"train/instances/1.png": "", "val/instances/1.png": ""}, ["MOTS PNG 1.0"]),
        ({"train/car/1.png": "", "val/dog/1.png": ""}, ["Ultralytics YOLO Classification 1.0"]),
        ({"car/car_1.png": "", "dog/dog_1.png": "", "other.png": ""}, ["ImageNet 1.0"]),
        ({"holiday/1.png": "", "holiday/2.png": ""}, []),
        ({"readme.txt": "1 2 3\n"}, []),
    ],
)  # fmt: skip
def test_small_marks_decide(files: dict[str, str], expected: list[str], tmp_path: Path) -> None:
    assert recognised(archive(tmp_path / "a.zip", files)) == expected


@pytest.mark.filterwarnings("ignore::cvat_widgets.formats.LossWarning")
def test_losses_of_parts_are_told_before_anything_is_written(tmp_path: Path) -> None:
    told = 0
    for each in registered():
        if not each.can_write:
            continue
        found = each.partial_losses(example(CONTENTS["everything"]))
        told += any(found.values())
        if losses(example(CONTENTS["everything"]), each):
            path = tmp_path / "a.zip"
            with pytest.raises(FormatError, match="cannot hold") as error:
                write_dataset(example(CONTENTS["everything"]), path, each.name, strict=True)
            assert all(
                f"{count} × {what}" in str(error.value) for what, count in losses(example(CONTENTS["everything"]), each).items()
            )
            assert not path.exists()
    assert told >= 6


@pytest.mark.parametrize(("name", "part"), [("MOT 1.1", "1 × attribute 'plate'"), ("VGGFace2 1.0", "1 × further box")])
def test_one_warning_lists_kinds_and_parts(name: str, part: str, tmp_path: Path) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", LossWarning)
        write_dataset(example(CONTENTS["everything"]), tmp_path / "a.zip", name)
    messages = [str(each.message) for each in caught if issubclass(each.category, LossWarning)]
    assert len(messages) == 1
    assert part in messages[0]
    assert "1 × polygon" in messages[0]
    assert find_format(name).name in messages[0]
