"""ImageNet 1.0 and LabelMe 3.0."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cvat_widgets.errors import FormatError
from cvat_widgets.formats import Dataset, read_dataset, write_dataset
from cvat_widgets.formats.labelme_attributes import joined_attributes, split_attributes
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.masks import decode_mask
from cvat_widgets.model.records import Record, Shape, Tag
from tests.formats.roundtrip import (
    CAR,
    PERSON,
    again,
    archive,
    damage,
    dataset,
    frames,
    many,
    refuse_hostile_archives,
    relaxed,
    survives,
    texts,
    visible,
)

IMAGENET, LABELME = "ImageNet 1.0", "LabelMe 3.0"
PLAIN: dict[str, Any] = {"group": 0, "z_order": 0, "rotation": 0.0, "occluded": False, "score": 1.0, "attributes": {}}


def png(width: int = 8, height: int = 6, boxes: tuple[tuple[int, int, int, int], ...] = ()) -> bytes:
    pixels = np.zeros((height, width), np.uint8)
    for left, top, right, bottom in boxes:
        pixels[top:bottom, left:right] = 255
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


# -- ImageNet ----------------------------------------------------------------------------------------------------


def tags(source: Dataset) -> list[tuple[str, str]]:
    table = source.table
    return sorted(
        {
            (source.frames.names[frame], source.labels.by_id(label).name)
            for frame, label in zip(table.frame.tolist(), table.label.tolist(), strict=True)
        }
    )


chosen = st.lists(st.tuples(st.integers(0, 5), st.sampled_from([CAR, PERSON])), max_size=8)


@relaxed
@given(chosen)
def test_tags_survive_imagenet_texts(tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[int, int]]) -> None:
    names = ["a.jpg", "b c.jpg", "sub/ü.png", "frame_000003", "d e", "x.y.jpg"]
    index = frames(names=names, subsets=["train", "val", "", "", "val", "train"])
    source = dataset([Tag(id=n + 1, frame=frame, label=label) for n, (frame, label) in enumerate(pairs)], index=index)
    found = again(source, tmp_path_factory.mktemp("f") / "a.zip", IMAGENET)
    assert tags(found) == tags(source)
    assert sorted(found.frames.names) == sorted(names)
    assert found.labels.names == source.labels.names
    assert dict(zip(found.frames.names, found.frames.subsets, strict=True)) == dict(zip(names, index.subsets, strict=True))


def test_tags_survive_imagenet_folders(tmp_path: Path) -> None:
    labels = LabelSet.of(["cat", "dog"])
    pairs = [(0, 1), (0, 2), (1, 1)]
    records = [Tag(id=n + 1, frame=frame, label=label) for n, (frame, label) in enumerate(pairs)]
    source = dataset(records, labels=labels, index=frames(3), media=lambda frame: (f"sub/{frame:03d}.jpg", png()))
    write_dataset(source, tmp_path / "a.zip", IMAGENET, save_images=True)
    assert sorted(zipfile.ZipFile(tmp_path / "a.zip").namelist()) == [
        "cat/cat_sub/000.jpg", "cat/cat_sub/001.jpg", "dog/dog_sub/000.jpg", "no_label/sub/002.jpg",
    ]  # fmt: skip
    found = read_dataset(tmp_path / "a.zip")
    assert tags(found) == tags(source)
    assert sorted(found.frames.names) == sorted(source.frames.names)
    assert found.frames.widths.tolist() == [8] * 3
    assert set(found.meta["images"]) == {0, 1, 2}


def test_the_structures_of_the_manual_are_read(tmp_path: Path) -> None:
    pictures = {
        name: png()
        for name in (
            "label1/label1_image1.jpg", "label1/label1_image2.jpg", "label2/label2_image1.jpg", "label2/label2_image3.jpg",
            "label2/label2_image4.jpg",
        )
    }  # fmt: skip
    found = read_dataset(archive(tmp_path / "a.zip", pictures))
    assert tags(found) == [
        ("image1.jpg", "label1"), ("image1.jpg", "label2"), ("image2.jpg", "label1"), ("image3.jpg", "label2"),
        ("image4.jpg", "label2"),
    ]  # fmt: skip
    files = {"any.txt": '\ufeff1.jpg 0\r\n"my 2".jpg 1 0\r\n3.jpg \r\n', "synsets.txt": "a\r\nb b\r\n"}
    found = read_dataset(archive(tmp_path / "b.zip", files))
    assert tags(found) == [("1.jpg", "a"), ("my 2.jpg", "a"), ("my 2.jpg", "b b")]
    assert list(found.frames.names) == ["1.jpg", "my 2.jpg", "3.jpg"]


def test_layouts_of_imagenet_are_read(shared_data: Path) -> None:
    folder = shared_data / "formats" / "layouts" / "imagenet_txt_dataset" / "basic"
    found = read_dataset(folder)
    assert tags(found) == [("1.jpg", "label_0"), ("2.jpg", "label_5"), ("3.jpg", "label_3"), ("4.jpg", "label_5")]
    assert set(found.frames.subsets) == {"train"}


BAD_IMAGENET = [
    ({"train.txt": "1.jpg 0\n"}, "no synsets.txt"),
    ({"train.txt": "1.jpg 0\n", "a/synsets.txt": "a", "synsets.txt": "a"}, "more than one"),
    ({"train.txt": "\n1.jpg 7\n", "synsets.txt": "a"}, r"train.txt: line 2: there is no label 7"),
    ({"train.txt": "1.jpg -1\n", "synsets.txt": "a"}, "no label -1"),
    ({"train.txt": "my 1.jpg 0\n", "synsets.txt": "a"}, "not a picture"),
    ({"train.txt": "1.jpg x\n", "synsets.txt": "a"}, "not a picture"),
    ({"train.txt": "1.jpg 0\n1.jpg 0\n", "synsets.txt": "a"}, "line 2: two frames"),
    ({"train.txt": "../1.jpg 0\n", "synsets.txt": "a"}, "leads out"),
    ({"train.txt": "/1.jpg 0\n", "synsets.txt": "a"}, "leads out"),
    ({"train.txt": b"\xff\xfe1 0\n", "synsets.txt": "a"}, "not UTF-8"),
    ({"train.txt": "1.jpg 0\n", "synsets.txt": "a\na\n"}, r"synsets.txt: line 2: .*twice"),
    ({"train.txt": "1.jpg 0\n", "synsets.txt": "a\n\nb\n"}, "line 2: a label has no name"),
    ({"train.txt": "1.jpg 0\n", "synsets.txt": "x" * 65}, "longer than 64"),
    ({"notes.md": "1.jpg 0\n", "b.md": ""}, "neither pictures nor lists"),
    ({f"{'x' * 65}/1.jpg": b""}, "longer than 64"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "text"), BAD_IMAGENET)
def test_bad_imagenet_files_are_named(tmp_path: Path, files: dict[str, str | bytes], text: str) -> None:
    with pytest.raises(FormatError, match=text):
        read_dataset(archive(tmp_path / "bad.zip", files | {"other.bin": b""}), IMAGENET)


def test_labels_that_are_no_folders_are_refused(tmp_path: Path) -> None:
    source = dataset([Tag(id=1, frame=0, label=1)], labels=LabelSet.of(["a/b"]), media=lambda _: ("a.jpg", b""))
    with pytest.raises(FormatError, match="'a/b' cannot be the name of a folder"):
        write_dataset(source, tmp_path / "a.zip", IMAGENET, save_images=True)
    assert list(tmp_path.iterdir()) == []


# -- LabelMe -----------------------------------------------------------------------------------------------------


@relaxed
@given(many("rectangle", "polygon", "mask", group=0, z_order=0, score=1.0))
def test_shapes_survive_labelme(tmp_path_factory: pytest.TempPathFactory, records: tuple[Record, ...]) -> None:
    source = dataset(records)
    found = again(source, tmp_path_factory.mktemp("f") / "a.zip", LABELME)
    assert visible(found) == visible(source)
    assert list(found.frames.names) == list(source.frames.names)


def test_groups_and_subsets_survive_labelme(tmp_path: Path) -> None:
    records = [
        Shape(id=n, frame=1, label=CAR, type="rectangle", points=(n, 0, n + 5, 5), group=group)
        for n, group in ((1, 7), (2, 0), (3, 7), (4, 2), (5, 2), (6, 9))
    ]
    source = dataset(records, index=frames(2, subsets=["train", "val"]))
    found = again(source, tmp_path / "a.zip", LABELME)
    assert sorted(zipfile.ZipFile(tmp_path / "a.zip").namelist()) == ["train/sub/000.xml", "val/sub/001.xml"]
    assert found.table.group.tolist() == [1, 0, 1, 2, 2, 0]
    assert list(found.frames.subsets) == ["train", "val"]


def test_a_written_object_looks_as_cvat_writes_it(tmp_path: Path) -> None:
    box = Shape(id=1, frame=0, label=PERSON, type="rectangle", points=(1, 2, 10, 20.005), occluded=True, rotation=12.5)
    write_dataset(dataset([box], index=frames(1)), tmp_path / "a.zip", LABELME)
    text = " ".join(zipfile.ZipFile(tmp_path / "a.zip").read("sub/000.xml").decode().split())
    assert '<name>person &lt;&amp;&gt; "ü"</name> <deleted>0</deleted> <verified>0</verified> <occluded>yes</occluded>' in text
    assert "<type>bounding_box</type> <polygon> <pt> <x>1.00</x> <y>2.00</y> </pt> <pt> <x>10.00</x> <y>2.00</y> </pt>" in text
    assert "<attributes>rotation=12.5</attributes>" in text
    assert "<imagesize> <nrows>48</nrows> <ncols>64</ncols> </imagesize>" in text


@given(st.dictionaries(st.text('ab=,"\\ ', min_size=1, max_size=5).filter(lambda t: t == t.strip()), texts(8), max_size=3))
def test_attributes_of_labelme_survive(values: dict[str, str]) -> None:
    assert split_attributes(joined_attributes(values)) == values


def test_attributes_of_labelme_are_those_datumaro_writes() -> None:
    assert joined_attributes({"a": 1, "b": "2", "c": True, "d": 'x,"y"'}) == 'a=1, b="2", c=true, d=x\\,\\"y\\"'
    assert split_attributes('gfd lkj, n=5, t="7", True=False') == {"gfd lkj": "true", "n": "5", "t": "7", "True": "false"}


def xml(*objects: str, filename: str = "img1.jpg", size: str = "<nrows>6</nrows><ncols>8</ncols>") -> str:
    head = f"<annotation>\n<filename>{filename}</filename><folder></folder><imagesize>{size}</imagesize>\n"
    return head + "\n".join(objects) + "\n</annotation>"


def item(body: str, name: str = "car", number: int = 0) -> str:
    return f"<object><name>{name}</name><deleted>0</deleted><id>{number}</id>{body}</object>"


def polygon(*pairs: tuple[object, object]) -> str:
    return "<polygon>" + "".join(f"<pt><x>{x}</x><y>{y}</y></pt>" for x, y in pairs) + "</polygon>"


TRIANGLE = polygon((1, 1), (5, 1), (5, 4))
SEGMENT = item("<segm><mask>img1_mask1.png</mask></segm>", "wheel", 1)


def test_the_structure_of_the_manual_is_read_with_masks(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "Masks/img1_mask1.png": png(boxes=((1, 2, 4, 5),)), "Masks/img1_mask2.png": png(), "img1.xml": xml(item(TRIANGLE), SEGMENT),
        "img2.xml": "\ufeff" + xml(filename="img2.jpg").replace("\n", "\r\n"), "img3.xml": xml(filename="é 3.jpg"),
    }  # fmt: skip
    found = read_dataset(archive(tmp_path / "a.zip", files))
    assert list(found.frames.names) == ["img1.jpg", "img2.jpg", "é 3.jpg"]
    assert found.labels.names == ["car", "wheel"]
    assert found.table.points_of(0).tolist() == [1, 1, 5, 1, 5, 4]
    assert np.argwhere(decode_mask(found.table.points_of(1), width=8, height=6)).tolist() == [
        [y, x] for y in (2, 3, 4) for x in (1, 2, 3)
    ]


def test_labelmes_own_layout_is_read(shared_data: Path) -> None:
    found = read_dataset(shared_data / "formats" / "layouts" / "labelme_dataset")
    assert found.labels.names == ["window", "license plate", "o1", "q1", "b1", "m1", "hg"]
    assert (list(found.frames.names), list(found.frames.subsets)) == (["img1.png"], ["subset1"])
    groups = dict(
        zip((found.labels.by_id(label).name for label in found.table.label.tolist()), found.table.group.tolist(), strict=True)
    )
    assert groups == {"window": 0, "license plate": 0, "o1": 1, "q1": 1, "b1": 1, "m1": 2, "hg": 2}
    assert found.table.has(1).tolist() == [False, False, True, False, True, False, False]  # type: ignore[arg-type]
    values = [next(iter(each), None) for each in (d.values() for d in found.table.attributes.to_dicts(7))]
    assert values == [None, None, "true", "true", "true", "true", "true"]
    assert found.meta["images"] == {0: "Images/subset1/img1.png"}


BAD_LABELME = [
    (xml(item(polygon((1, 1), (2, 2)))), "bad.xml: line 3: .*at least 3 points"),
    (xml(item(polygon((1, 1), (2, "x"), (3, 3)))), "line 3: .*cannot be read"),
    (xml(item(polygon((1, 1), (2, "nan"), (3, 3)))), "below 1e9"),
    (xml(item(polygon((1, 1), (2, "1e300"), (3, 3)))), "below 1e9"),
    (xml(item("")), "neither"),
    (xml(item(TRIANGLE), item(TRIANGLE, name="")), "line 4: a label has no name"),
    (xml(item(TRIANGLE, name="x" * 65)), "longer than 64"),
    (xml(item(TRIANGLE).replace("<id>0", "<id>zero")), "cannot be read"),
    (xml(item(f"<attributes>{'x' * 65}=1</attributes>{TRIANGLE}")), "longer than 64"),
    (xml(item("<segm><mask>gone.png</mask></segm>")), "line 3: the mask 'gone.png' is not there"),
    (xml(item("<segm><mask>../bad_mask.png</mask></segm>"), size="<nrows>9</nrows><ncols>9</ncols>"), "8 x 6 pixels, its picture 9 x 9"),
    (xml(item("<segm><mask>text.png</mask></segm>")), "text.png.*not a PNG"),
    (xml(filename=""), "no <filename>"),
    (xml(filename="../a.jpg"), "leads out"),
    (xml(filename="/a.jpg"), "leads out"),
    (xml(size="<nrows>-4</nrows><ncols>8</ncols>"), "cannot be 8 x -4"),
    (xml(item(TRIANGLE))[:-5], "damaged"),
    ("<annotations/>", "first element is <annotations>"),
    ('<!DOCTYPE a [<!ENTITY x "y">]><annotation>&x;</annotation>', "entities"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BAD_LABELME)
def test_bad_labelme_files_are_named(tmp_path: Path, text: str, message: str) -> None:
    files: dict[str, str | bytes] = {"bad.xml": text, "Masks/bad_mask.png": png(), "Masks/text.png": "hello"}
    with pytest.raises(FormatError, match=message):
        read_dataset(archive(tmp_path / "bad.zip", files), LABELME)


def test_two_files_of_one_picture_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"b.xml: two frames"):
        read_dataset(archive(tmp_path / "bad.zip", {"a.xml": xml(), "b.xml": xml()}), LABELME)


# -- all ---------------------------------------------------------------------------------------------------------

FILES: dict[str, dict[str, str | bytes]] = {
    IMAGENET: {"train.txt": "1.jpg 0\n", "synsets.txt": "a\nb\n"},
    LABELME: {"img1.xml": xml(item(TRIANGLE), SEGMENT), "Masks/img1_mask1.png": png()},
}


@pytest.mark.parametrize("name", FILES)
def test_hostile_archives_are_refused(tmp_path: Path, name: str) -> None:
    refuse_hostile_archives(tmp_path, name, FILES[name])


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_damaged_files_end_in_an_error_of_ours(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(FILES)))
    survives(archive(tmp_path_factory.mktemp("f") / "a.zip", damage(data, FILES[name])), name)
