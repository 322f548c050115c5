"""Segmentation mask, CamVid and Cityscapes: the layouts of the manual, files of others, and hostile ones."""

from __future__ import annotations

import contextlib
import io
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from cvat_widgets.errors import FormatError
from cvat_widgets.formats import read_dataset, write_dataset
from cvat_widgets.model.labels import Label, LabelSet
from cvat_widgets.model.masks import decode_mask
from tests.formats.mask_support import ALL, CAMVID, CITYSCAPES, SEGMENTATION, again, archive, dataset, frames, png, shape

VOC_MAP = "# label : color (RGB) : 'body' parts : actions\nbackground:0,128,0::\naeroplane:10,10,128::\nbicycle:10,128,0::\nboat:108,0,100::\n"
PLANE = np.zeros((4, 5, 3), np.uint8) + np.array([0, 128, 0], np.uint8)
PLANE[1:3, 1:4] = (10, 10, 128)
OBJECT = np.zeros((4, 5, 3), np.uint8)
OBJECT[1:3, 1:4] = (128, 0, 0)


def test_the_segmentation_layout_of_the_manual_is_read(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "labelmap.txt": VOC_MAP, "ImageSets/Segmentation/default.txt": "image1\nimage2\n",
        "SegmentationClass/image1.png": png(PLANE), "SegmentationObject/image1.png": png(OBJECT),
        "SegmentationClass/image2.png": png(PLANE), "SegmentationObject/image2.png": png(OBJECT),
    }  # fmt: skip
    found = read_dataset(archive(tmp_path / "a.zip", files))
    assert found.frames.names == ["image1", "image2"]
    assert found.labels.names == ["background", "aeroplane", "bicycle", "boat"]
    assert [found.labels.by_id(label).name for label in found.table.label.tolist()] == ["aeroplane", "aeroplane"]
    assert found.table.points_of(0).tolist() == [0, 6, 1, 1, 3, 2]
    assert found.frames.heights.tolist() == [4, 4]
    del files["SegmentationObject/image1.png"], files["SegmentationObject/image2.png"], files["labelmap.txt"]
    files["SegmentationClass/image1.png"] = png(np.where(PLANE == 128, 0, OBJECT))
    files["SegmentationClass/image2.png"] = png(OBJECT)
    default = read_dataset(archive(tmp_path / "b.zip", files))
    assert {default.labels.by_id(label).name for label in default.table.label.tolist()} == {"aeroplane"}


def test_grey_masks_count_the_lines_of_the_label_map(tmp_path: Path) -> None:
    labels = (
        "q:0,128,0:: # color index 0\naeroplane:10,10,128:: # color index 1\n_dummy2:2,2,2:: # filler\nboat:108,0,100:: # 3\n"
    )
    grey = np.array([[0, 1, 1], [3, 3, 0]])
    files = {"labelmap.txt": labels, "ImageSets/Segmentation/any.txt": "a\n", "SegmentationClass/a.png": png(grey)}
    found = read_dataset(archive(tmp_path / "a.zip", files))
    names = {
        found.labels.by_id(label).name: found.table.points_of(row).tolist()
        for row, label in enumerate(found.table.label.tolist())
    }
    assert names == {"q": [0, 1, 4, 1, 0, 0, 2, 1], "aeroplane": [0, 2, 1, 0, 2, 0], "boat": [0, 2, 0, 1, 1, 1]}
    assert list(found.frames.subsets) == ["any"]


def test_borders_of_the_devkit_belong_to_nothing(tmp_path: Path) -> None:
    classes, objects = np.array([[0, 15, 255], [15, 15, 255]]), np.array([[0, 1, 255], [2, 2, 255]])
    files = {
        "ImageSets/Segmentation/train.txt": "a\n",
        "SegmentationClass/a.png": png(classes),
        "SegmentationObject/a.png": png(objects),
    }
    found = read_dataset(archive(tmp_path / "a.zip", files))
    assert [found.labels.by_id(label).name for label in found.table.label.tolist()] == ["person", "person"]
    assert [found.table.points_of(row).tolist() for row in range(2)] == [[0, 1, 1, 0, 1, 0], [0, 2, 0, 1, 1, 1]]


def test_the_camvid_layout_of_the_manual_is_read(tmp_path: Path) -> None:
    mask = np.zeros((4, 5, 3), np.uint8)
    mask[2:, 1:3] = (0, 128, 192)
    for label_map in ("labelmap.txt", "label_colors.txt"):
        files: dict[str, str | bytes] = {
            label_map: "# color (RGB) label\n0 0 0 Void\n64 128 64 Animal\n192 0 128 Archway\n0 128 192 Bicyclist\n0 128 64 Bridge\n",
            "train/image1.png": b"x", "trainannot/image1.png": png(mask), "trainannot/image 2.png": png(mask),
            "train.txt": '/train/image1.png trainannot/image1.png\r\n"/train/image 2.png" "trainannot/image 2.png"\n/train/image3.png \n',
        }  # fmt: skip
        found = read_dataset(archive(tmp_path / f"{label_map}.zip", files))
        assert found.frames.names == ["image1.png", "image 2.png", "image3.png"]
        assert found.labels.names == ["Void", "Animal", "Archway", "Bicyclist", "Bridge"]
        assert [found.labels.by_id(label).name for label in found.table.label.tolist()] == ["Bicyclist", "Bicyclist"]
        assert found.table.points_of(0).tolist() == [0, 4, 1, 2, 2, 3]
        assert found.meta["images"] == {0: "train/image1.png"}
    original = {"test.txt": "/SegNet/CamVid/test/0001.png /SegNet/CamVid/testannot/0001.png\n", "testannot/0001.png": png(mask)}
    assert read_dataset(archive(tmp_path / "o.zip", original)).frames.names == ["0001.png"]


def test_real_camvid_masks_are_read_pixel_by_pixel(shared_data: Path, tmp_path: Path) -> None:
    masks = sorted((shared_data / "media" / "camvid_subset").rglob("*annot/*.png"))[:3]
    if not masks:
        pytest.skip("the masks of CamVid are not there")
    names = ["Sky", "Building", "Pole", "Road", "Pavement", "Tree", "Sign", "Fence", "Car", "Pedestrian", "Bicyclist", "void"]
    files: dict[str, str | bytes] = {"label_colors.txt": "".join(f"{n + 1} {n} 0 {name}\n" for n, name in enumerate(names))}
    files["test.txt"] = "".join(f"/test/{mask.name} testannot/{mask.name}\n" for mask in masks)
    files |= {f"testannot/{mask.name}": mask.read_bytes() for mask in masks}
    found = read_dataset(archive(tmp_path / "a.zip", files))
    for frame, mask in enumerate(masks):
        expected = np.asarray(Image.open(mask))
        pixels = np.full(expected.shape, 99)
        for row in np.flatnonzero(found.table.frame == frame).tolist():
            name = found.labels.by_id(int(found.table.label[row])).name
            pixels[decode_mask(found.table.points_of(row), expected.shape[1], expected.shape[0])] = names.index(name)
        assert np.array_equal(pixels, expected)


def test_the_cityscapes_layouts_of_the_manual_are_read(tmp_path: Path) -> None:
    ids = np.array([[0, 1001, 1001], [2, 2, 1002]], np.uint16)
    start = "gtFine/train/city/image_0_gtFine_"
    full: dict[str, str | bytes] = {
        "label_color.txt": "# r g b label_name\n0 0 0 background\n0 255 0 tree\n1 2 3 wall\n",
        f"{start}instanceIds.png": png(ids), f"{start}color.png": png(np.zeros((2, 3, 3))), f"{start}labelIds.png": png(ids // 1000),
        "imgsFine/leftImg8bit/train/city/image_0_leftImg8bit.png": b"x", "imgsFine/leftImg8bit/train/city/image_1_leftImg8bit.png": b"x",
    }  # fmt: skip
    found = read_dataset(archive(tmp_path / "a.zip", full))
    assert found.frames.names == ["city/image_0.png", "city/image_1.png"]
    assert [found.labels.by_id(label).name for label in found.table.label.tolist()] == ["wall", "tree", "tree"]
    assert found.meta["images"][0].endswith("image_0_leftImg8bit.png")
    bare = {"gtFine/city/image_0_gtFine_instanceIds.png": png(np.array([[0, 26001], [7, 7]], np.uint16))}
    found = read_dataset(archive(tmp_path / "b.zip", bare))
    assert [found.labels.by_id(label).name for label in found.table.label.tolist()] == ["road", "car"]
    assert found.frames.names == ["image_0"]
    train = {"gtFine/val/x/a_gtFine_labelTrainIds.png": png(np.array([[0, 13], [255, 255]]))}
    found = read_dataset(archive(tmp_path / "c.zip", train))
    assert [found.labels.by_id(label).name for label in found.table.label.tolist()] == ["road", "car"]


def segmentation(**changes: str | bytes) -> dict[str, str | bytes]:
    files: dict[str, str | bytes] = {
        "labelmap.txt": VOC_MAP,
        "ImageSets/Segmentation/a.txt": "x\n",
        "SegmentationClass/x.png": png(PLANE),
    }
    return files | {name.replace("__", "/").replace("_dot_", "."): data for name, data in changes.items()}


def camvid(**changes: str | bytes) -> dict[str, str | bytes]:
    files: dict[str, str | bytes] = {
        "t.txt": "/t/a.png tannot/a.png\n",
        "tannot/a.png": png(np.zeros((2, 2, 3))),
        "label_colors.txt": "0 0 0 Void\n",
    }
    return files | {name.replace("__", "/").replace("_dot_", "."): data for name, data in changes.items()}


def city(**changes: str | bytes) -> dict[str, str | bytes]:
    files: dict[str, str | bytes] = {"gtFine/v/c/a_gtFine_instanceIds.png": png(np.zeros((2, 2)))}
    return files | {name.replace("__", "/").replace("_dot_", "."): data for name, data in changes.items()}


TALL = io.BytesIO()
Image.new("1", (60_000, 60_000)).save(TALL, "PNG", compress_level=9)
BAD: dict[str, tuple[str, dict[str, str | bytes], str]] = {
    "seg: nothing": (SEGMENTATION, {"a.txt": "x"}, "there are no masks"),
    "seg: colour unknown": (SEGMENTATION, segmentation(SegmentationClass__x_dot_png=png(OBJECT)), r"x\.png: the colour 128,0,0 at x=1, y=1"),
    "seg: index unknown": (SEGMENTATION, segmentation(SegmentationClass__x_dot_png=png([[0, 9]])), "the index 9 at x=1, y=0"),
    "seg: label twice": (SEGMENTATION, segmentation(labelmap_dot_txt="a:::\na:::\n"), r"labelmap\.txt: line 2: .*twice"),
    "seg: colour wrong": (SEGMENTATION, segmentation(labelmap_dot_txt="a:1,2,-3::\n"), "line 1: .*not a colour"),
    "seg: nan colour": (SEGMENTATION, segmentation(labelmap_dot_txt="a:1,2,nan::\n"), "not a colour"),
    "seg: long name": (SEGMENTATION, segmentation(labelmap_dot_txt="a" * 65 + ":1,2,3::\n"), "line 1: the name is longer"),
    "seg: empty map": (SEGMENTATION, segmentation(labelmap_dot_txt="# a\n"), "label map is empty"),
    "seg: not utf-8": (SEGMENTATION, segmentation(labelmap_dot_txt=b"\xff:::"), "not UTF-8"),
    "seg: sizes": (SEGMENTATION, segmentation(SegmentationObject__x_dot_png=png([[0]])), "1 x 1 pixels, but other files"),
    "seg: objects alone": (SEGMENTATION, segmentation(SegmentationObject__y_dot_png=png(OBJECT)), "no mask of classes"),
    "seg: path": (SEGMENTATION, segmentation(ImageSets__Segmentation__a_dot_txt="/x\n"), r"a\.txt: line 1: .*leads out"),
    "seg: jpeg": (SEGMENTATION, segmentation(SegmentationClass__x_dot_png=b"\xff\xd8\xff\xe0"), "not a PNG"),
    "seg: cut": (SEGMENTATION, segmentation(SegmentationClass__x_dot_png=png(PLANE)[:50]), "damaged"),
    "seg: bomb": (SEGMENTATION, segmentation(SegmentationClass__x_dot_png=TALL.getvalue()), "not believable|damaged|unreasonable"),
    "seg: two": (SEGMENTATION, {f"{root}/SegmentationClass/x.png": png(PLANE) for root in "ab"}, "several datasets"),
    "cam: no list": (CAMVID, {"tannot/a.png": b"x"}, "no list of pictures"),
    "cam: mask missing": (CAMVID, camvid(t_dot_txt="/t/a.png tannot/b.png\n"), r"t\.txt: line 1: the mask 'tannot/b.png' is not"),
    "cam: path": (CAMVID, camvid(t_dot_txt="\n/t/a.png ../tannot/a.png\n"), r"t\.txt: line 2: .*leads out"),
    "cam: quotes": (CAMVID, camvid(t_dot_txt='"/t/a.png tannot/a.png\n'), "quotation marks"),
    "cam: fields": (CAMVID, camvid(t_dot_txt="/t/a b.png tannot/a.png\n"), "not 3 fields"),
    "cam: twice": (CAMVID, camvid(t_dot_txt="/t/a.png tannot/a.png\n" * 2), r"t\.txt: line 2: two frames"),
    "cam: empty": (CAMVID, camvid(t_dot_txt="\n"), "lists of pictures are empty"),
    "cam: colour unknown": (CAMVID, camvid(tannot__a_dot_png=png([[[1, 2, 3]]])), "colour 1,2,3 at x=0, y=0"),
    "cam: label map": (CAMVID, camvid(label_colors_dot_txt="0 0 Void\n"), r"label_colors\.txt: line 1"),
    "cam: label colour": (CAMVID, camvid(label_colors_dot_txt="0 0 0 Void\n0 0 999 b\n"), "line 2: .*not a colour"),
    "cam: label twice": (CAMVID, camvid(label_colors_dot_txt="0 0 0 Void\n0 0 9 Void\n"), "line 2: .*twice"),
    "cam: not a png": (CAMVID, camvid(tannot__a_dot_png=b"GIF89a"), "not a PNG"),
    "cam: not utf-8": (CAMVID, camvid(t_dot_txt=b"\xfe\xff"), "not UTF-8"),
    "cam: no picture": (CAMVID, camvid(t_dot_txt="/ tannot/a.png\n"), "no name"),
    "city: nothing": (CITYSCAPES, {"gtFine/a.txt": "x"}, "no pictures of ids"),
    "city: elsewhere": (CITYSCAPES, {"gt/a_gtFine_instanceIds.png": png([[0]])}, "not in a folder gtFine"),
    "city: id unknown": (CITYSCAPES, city(gtFine__v__c__a_gtFine_instanceIds_dot_png=png(np.array([[0, 40000]], np.uint16))), "id 40000 at x=1, y=0"),
    "city: id not in map": (CITYSCAPES, city(label_colors_dot_txt="0 0 0 b\n", gtFine__v__c__a_gtFine_instanceIds_dot_png=png([[1]])), "id 1 at"),
    "city: colour": (CITYSCAPES, city(gtFine__v__c__a_gtFine_instanceIds_dot_png=png(PLANE)), "is grey"),
    "city: not a png": (CITYSCAPES, city(gtFine__v__c__a_gtFine_instanceIds_dot_png=b""), "not a PNG"),
    "city: cut": (CITYSCAPES, city(gtFine__v__c__a_gtFine_instanceIds_dot_png=png(PLANE)[:50]), "damaged"),
    "city: label twice": (CITYSCAPES, city(label_colors_dot_txt="0 0 0 a\n0 0 0 a\n"), "line 2: .*twice"),
    "city: label colour": (CITYSCAPES, city(label_colors_dot_txt="0 0 x a\n"), "line 1: .*not a colour"),
    "city: label map": (CITYSCAPES, city(label_colors_dot_txt="0 0 a\n"), "line 1: a label has"),
    "city: long name": (CITYSCAPES, city(label_colors_dot_txt="0 0 0 " + "ü" * 65), "longer than 64"),
    "city: not utf-8": (CITYSCAPES, city(label_colors_dot_txt=b"0 0 0 \xff"), "not UTF-8"),
    "city: grey with alpha": (CITYSCAPES, city(gtFine__v__c__a_gtFine_instanceIds_dot_png=png(np.zeros((2, 2, 2)))), "mode LA"),
    "city: twice": (CITYSCAPES, {f"{root}gtFine/v/a_gtFine_instanceIds.png": png([[0]]) for root in ("", "x/")}, "two files have this name"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD, ids=str)
def test_bad_files_are_refused_with_a_reason(tmp_path: Path, case: str) -> None:
    name, files, reason = BAD[case]
    with pytest.raises(FormatError, match=reason) as caught:
        read_dataset(archive(tmp_path / "bad.zip", files), name)
    assert "bad.zip" in str(caught.value)


def test_byte_order_marks_and_line_ends_of_windows_are_read(tmp_path: Path) -> None:
    files = segmentation(
        labelmap_dot_txt="\ufeff" + VOC_MAP.replace("\n", "\r\n"), ImageSets__Segmentation__a_dot_txt="\ufeffx\r\n"
    )
    assert len(read_dataset(archive(tmp_path / "a.zip", files)).table) == 1


def test_names_that_cannot_be_written_are_refused(tmp_path: Path) -> None:
    labels = LabelSet.of([Label("a:b")])
    with pytest.raises(FormatError, match=r"labelmap\.txt"):
        write_dataset(dataset([], labels), tmp_path / "a.zip", SEGMENTATION)
    with pytest.raises(FormatError, match="list of CamVid"):
        write_dataset(dataset([], index=frames(('a "b".jpg',))), tmp_path / "a.zip", CAMVID)
    many = LabelSet.of([f"label {number}" for number in range(66)])
    with pytest.raises(FormatError, match="at most 64 labels"):
        write_dataset(dataset([], many), tmp_path / "a.zip", CITYSCAPES)
    crowd = [shape(number + 1, "mask", (0, 1, number % 24, number // 24, number % 24, number // 24)) for number in range(384)]
    assert len(again(dataset(crowd), tmp_path / "b.zip", CITYSCAPES)) == 384


def test_more_than_256_labels_are_painted_in_full_colour(tmp_path: Path) -> None:
    labels = LabelSet.of([Label(f"label {number}", f"#{number + 1:06x}") for number in range(300)])
    records = [shape(1, "rectangle", (0, 0, 3, 3), 299), shape(2, "rectangle", (4, 0, 7, 3), 2)]
    for name in (SEGMENTATION, CAMVID):
        table = again(dataset(records, labels), tmp_path / f"{name}.zip", name)
        assert sorted(table.label.tolist()) == [2, 299]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 1 << 30), st.integers(1, 5), st.sampled_from(ALL))
def test_nothing_but_our_error_comes_out_of_the_readers(
    tmp_path_factory: pytest.TempPathFactory, seed: int, edits: int, name: str
) -> None:
    chance = random.Random(seed)
    files: dict[str, str | bytes] = {
        SEGMENTATION: segmentation(SegmentationObject__x_dot_png=png(OBJECT)), CAMVID: camvid(), CITYSCAPES: city(label_colors_dot_txt="0 0 0 a\n1 2 3 b\n"),
    }[name]  # fmt: skip
    files = {key: data.encode() if isinstance(data, str) else data for key, data in files.items()}
    for _ in range(edits):
        key = chance.choice(list(files))
        data = bytearray(files[key])  # type: ignore[arg-type]
        place = chance.randrange(len(data) + 1)
        kind = chance.randrange(5)
        if kind == 0:
            del data[place : place + chance.randrange(1, 20)]
        elif kind == 1:
            data[place:place] = chance.choice([b":", b" ", b'"', b"\0", b"\n", b"-", b"9" * 300, b"\xff", b"../", b"a.png"])
        elif kind == 2 and data:
            data[place % len(data)] = chance.randrange(256)
        elif kind == 3:
            shape_ = chance.choice([(2, 2), (4, 5), (4, 5, 3), (1, 1, 4), (3, 2, 2)])
            data = bytearray(png(np.random.default_rng(seed).integers(0, chance.choice([2, 300]), shape_)))
        elif len(files) > 1:
            files.pop(key)
            continue
        files[key] = bytes(data)
    path = archive(tmp_path_factory.mktemp("f") / "a.zip", files)
    with contextlib.suppress(FormatError):
        read_dataset(path, name)
    with contextlib.suppress(FormatError):
        read_dataset(path)
