"""ICDAR Recognition, Localization and Segmentation 1.0."""

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
from cvat_widgets.formats import Dataset, LossWarning, read_dataset, write_dataset
from cvat_widgets.model.labels import Attribute, Label, LabelSet
from cvat_widgets.model.masks import decode_mask
from cvat_widgets.model.records import Shape, Tag
from tests.formats.roundtrip import (
    again,
    archive,
    boxes,
    damage,
    dataset,
    frames,
    points,
    refuse_hostile_archives,
    relaxed,
    survives,
    texts,
    visible,
)

RECOGNITION, LOCALIZATION, SEGMENTATION = "ICDAR Recognition 1.0", "ICDAR Localization 1.0", "ICDAR Segmentation 1.0"
WORDS = LabelSet.of(
    [Label("icdar", attributes=tuple(Attribute(name) for name in ("text", "index", "color", "center", "other")))]
)
ICDAR = WORDS["icdar"].id
TEXT, INDEX, COLOR, CENTER, OTHER = (attribute.id for attribute in WORDS["icdar"].attributes)


def said(source: Dataset) -> list[tuple[str, tuple[str, ...]]]:
    values = source.table.attributes.to_dicts(len(source.table))
    return sorted(
        (source.frames.names[frame], tuple(values[row].values())) for row, frame in enumerate(source.table.frame.tolist())
    )


# -- recognition -------------------------------------------------------------------------------------------------


@relaxed
@given(st.lists(st.tuples(st.integers(0, 2), texts()), max_size=4))
def test_texts_survive_recognition(tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[int, str]]) -> None:
    index = frames(names=["a, b.png", "sub/ü.jpg", "c.png"], subsets=["train", "", "train"])
    records = [Tag(id=n + 1, frame=frame, label=ICDAR, attributes={TEXT: text}) for n, (frame, text) in enumerate(pairs)]
    source = dataset(records, labels=WORDS, index=index)
    path = tmp_path_factory.mktemp("f") / "a.zip"
    found = again(source, path, RECOGNITION, detect=False)
    assert sorted(zipfile.ZipFile(path).namelist()) == ["default/gt.txt", "train/gt.txt"]
    assert said(found) == said(source)
    assert sorted(zip(found.frames.names, found.frames.subsets or [""] * 3, strict=True)) == sorted(
        zip(index.names, index.subsets, strict=True)
    )


def test_the_recognition_structure_of_the_manual_is_read(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "word_recognition/any/images/word1.png": b"", "word_recognition/any/images/word2.png": b"",
        "word_recognition/any/gt.txt": '\ufeffword1.png, "Tired \\"ness\\""\r\nword2.png, \r\n\r\n',
    }  # fmt: skip
    found = read_dataset(archive(tmp_path / "a.zip", files), RECOGNITION)
    assert said(found) == [("word1.png", ('Tired "ness"',))]
    assert (list(found.frames.names), list(found.frames.subsets)) == (["word1.png", "word2.png"], ["any", "any"])
    assert found.labels.names == ["icdar"]
    assert set(found.meta["images"]) == {0, 1}


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    labels = LabelSet.of([Label("sign", attributes=(Attribute("caption"), Attribute("other")))])
    caption, other = (attribute.id for attribute in labels["sign"].attributes)
    tag = Tag(id=1, frame=0, label=labels["sign"].id, attributes={caption: "hi", other: "x"})
    with pytest.warns(LossWarning, match="1 × attribute 'other', 1 × label 'sign'"):
        found = again(dataset([tag], labels=labels, index=frames(1)), tmp_path / "a.zip", RECOGNITION, detect=False)
    assert said(found) == [("sub/000.jpg", ("hi",))]


BAD_RECOGNITION = [
    ({"a/gt.txt": "word\n"}, "gt.txt: line 1: not a picture"),
    ({"a/gt.txt": 'a.png, "a"\n\nb.png "b"\n'}, "line 3: not a picture"),
    ({"a/gt.txt": 'a.png, "a" b\n'}, "a picture and a text|not a picture"),
    ({"a/gt.txt": '../a.png, "a"\n'}, "leads out"),
    ({"a/gt.txt": '/a.png, "a"\n'}, "leads out"),
    ({"a/gt.txt": 'C:/a.png, "a"\n'}, "leads out"),
    ({"a/gt.txt": b'\xff.png, "a"\n'}, "not UTF-8"),
    ({"a/gt.txt": f'a.png, "{"x" * 5000}"\n'}, "longer than 4096"),
    ({"a/gt.txt": ' , "a"\n'}, "not a picture|no name"),
    ({"a/other.txt": "a"}, "no gt.txt"),
]


@pytest.mark.parametrize(("files", "text"), BAD_RECOGNITION)
def test_bad_recognition_files_are_named(tmp_path: Path, files: dict[str, str | bytes], text: str) -> None:
    with pytest.raises(FormatError, match=text):
        read_dataset(archive(tmp_path / "bad.zip", files | {"more.bin": b""}), RECOGNITION)


# -- localization ------------------------------------------------------------------------------------------------


@st.composite
def places(draw: st.DrawFn, number: int) -> Shape:
    kind = draw(st.sampled_from(["rectangle", "polygon"]))
    where = draw(boxes() if kind == "rectangle" else points(draw(st.sampled_from([6, 8, 10]))))
    attributes = draw(st.fixed_dictionaries({}, optional={TEXT: texts()}))
    values: dict[str, Any] = {"type": kind, "points": where, "attributes": attributes}
    return Shape(id=number, frame=draw(st.integers(0, 2)), label=ICDAR, **values)


@relaxed
@given(st.integers(0, 4).flatmap(lambda count: st.tuples(*[places(number + 1) for number in range(count)])))
def test_places_survive_localization(tmp_path_factory: pytest.TempPathFactory, records: tuple[Shape, ...]) -> None:
    index = frames(names=["a b", "sub/ü", "c.d"], subsets=["train", "", "train"])
    source = dataset(records, labels=WORDS, index=index)
    path = tmp_path_factory.mktemp("f") / "a.zip"
    found = again(source, path, LOCALIZATION)
    assert sorted(zipfile.ZipFile(path).namelist()) == ["default/sub/gt_ü.txt", "train/gt_a b.txt", "train/gt_c.d.txt"]
    assert visible(found) == visible(source)
    assert sorted(found.frames.names) == sorted(index.names)


def test_boxes_that_are_turned_become_polygons(tmp_path: Path) -> None:
    shape = Shape(id=1, frame=0, label=ICDAR, type="rectangle", points=(10, 10, 30, 20), rotation=90)
    found = again(dataset([shape], labels=WORDS, index=frames(1)), tmp_path / "a.zip", LOCALIZATION)
    assert np.round(found.table.points, 6).tolist() == [25, 5, 25, 25, 15, 25, 15, 5]


def test_the_localization_structure_of_the_manual_and_of_the_contests_is_read(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "text_localization/any/images/img_1.png": b"", "text_localization/any/images/img_2.png": b"",
        "text_localization/any/gt_img_1.txt": '38 43 920 215 "Tiredness"\n275,264,665,450,"kills"\n0.5 1 2 3\n',
        "text_localization/any/gt_img_2.txt":
            "\ufeff377,117,463,117,465,130,378,130,Genaxis, Theatre\r\n374,155,409,155,409,170,374,170,###\r\n"
            "1,2,3,2,3,4,1,4,2015\r\n1,2,3,4,5\r\n",
    }  # fmt: skip
    found = read_dataset(archive(tmp_path / "a.zip", files))
    assert (list(found.frames.names), list(found.frames.subsets)) == (["img_1.png", "img_2.png"], ["any", "any"])
    assert found.table.type.tolist() == [0, 0, 0, 1, 1, 1, 0]
    assert found.table.points_of(0).tolist() == [38, 43, 920, 215]
    assert [next(iter(values.values()), None) for values in found.table.attributes.to_dicts(7)] == [
        "Tiredness", "kills", None, "Genaxis, Theatre", "###", "2015", "5",
    ]  # fmt: skip


BAD_LOCALIZATION = [
    ({"a/gt_1.txt": '1 2 3 "a"\n'}, "gt_1.txt: line 1: it has 3 numbers"),
    ({"a/gt_1.txt": '\n1 2 x 4 "a"\n'}, "line 2: not a number: 'x'"),
    ({"a/gt_1.txt": '1,2,3,4,5,"a"\n'}, "5 numbers"),
    ({"a/gt_1.txt": "1\n"}, "numbers"),
    ({"a/gt_1.txt": "hello\n"}, "0 numbers"),
    ({"a/gt_1.txt": '5 2 3 4 "a"\n'}, "ends before it begins"),
    ({"a/gt_1.txt": '1 2 1e300 4 "a"\n'}, "below 1e9"),
    ({"a/gt_1.txt": '1 2 nan 4 "a"\n'}, "not a number"),
    ({"a/gt_1.txt": b"1 2 3 4 \xff\n"}, "not UTF-8"),
    ({"a/gt_1.txt": f'1 2 3 4 "{"x" * 5000}"\n'}, "longer than 4096"),
    ({"a/gt_1.txt": "", "a/1.txt": ""}, "two frames"),
    ({"a/gt_1.md": ""}, "no gt_"),
]


@pytest.mark.parametrize(("files", "text"), BAD_LOCALIZATION)
def test_bad_localization_files_are_named(tmp_path: Path, files: dict[str, str | bytes], text: str) -> None:
    with pytest.raises(FormatError, match=text):
        read_dataset(archive(tmp_path / "bad.zip", files | {"more.bin": b""}), LOCALIZATION)


# -- segmentation ------------------------------------------------------------------------------------------------


def bitmap(width: int = 8, height: int = 6, *areas: tuple[tuple[int, int, int], tuple[int, int, int, int]]) -> bytes:
    pixels = np.full((height, width, 3), 255, np.uint8)
    for color, (left, top, right, bottom) in areas:
        pixels[top:bottom, left:right] = color
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "BMP")
    return buffer.getvalue()


LETTERS = '241 73 144 1 4 0 3 1 4 "h"\n10 20 30 - - 3 0 4 1 "i"\n\n#0 0 0 2 2 6 4 7 5 " "\n'
COLORS = bitmap(8, 6, ((241, 73, 144), (0, 3, 2, 5)), ((10, 20, 30), (3, 0, 5, 2)), ((0, 0, 0), (6, 4, 8, 6)))


def test_the_segmentation_structure_of_the_manual_is_read_and_written_back(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "text_localization/any/images/1.png": b"", "text_localization/any/images/2.png": b"",
        "text_localization/any/1_GT.bmp": COLORS, "text_localization/any/1_GT.txt": "\ufeff" + LETTERS.replace("\n", "\r\n"),
        "text_localization/any/2_GT.txt": "",
    }  # fmt: skip
    found = read_dataset(archive(tmp_path / "a.zip", files), SEGMENTATION)
    assert (list(found.frames.names), list(found.frames.subsets)) == (["1.png", "2.png"], ["any", "any"])
    assert found.frames.widths.tolist() == [8, 0]
    assert np.argwhere(decode_mask(found.table.points_of(0), width=8, height=6)).tolist() == [[3, 0], [3, 1], [4, 0], [4, 1]]
    assert found.table.group.tolist() == [1, 1, 0]
    names = {spec.id: spec.name for spec in found.labels["icdar"].attributes}
    values = [{names[spec]: value for spec, value in each.items()} for each in found.table.attributes.to_dicts(3)]
    assert values == [
        {"index": "0", "text": "h", "color": "241 73 144", "center": "1 4"},
        {"index": "1", "text": "i", "color": "10 20 30"},
        {"index": "2", "text": " ", "color": "0 0 0", "center": "2 2"},
    ]
    # CVAT makes one mask of a group: without groups the letters come back as they were.
    plain = Dataset(found.labels, found.frames, found.table.with_columns(group=np.zeros(3)))
    write_dataset(plain, tmp_path / "b.zip", SEGMENTATION)
    written = zipfile.ZipFile(tmp_path / "b.zip")
    assert written.read("any/1_GT.txt").decode() == LETTERS.replace("\n\n", "\n")
    assert np.array_equal(
        np.asarray(Image.open(io.BytesIO(written.read("any/1_GT.bmp")))), np.asarray(Image.open(io.BytesIO(COLORS)))
    )


def test_everything_is_painted_and_later_covers_earlier(tmp_path: Path) -> None:
    records = [
        Shape(id=1, frame=0, label=ICDAR, type="rectangle", points=(0, 0, 20, 20), attributes={TEXT: "a", COLOR: "1 2 3"}),
        Shape(id=2, frame=0, label=ICDAR, type="polygon", points=(10, 0, 30, 0, 30, 20, 10, 20), attributes={TEXT: 'b "'}),
        Shape(id=3, frame=0, label=ICDAR, type="rectangle", points=(40, 0, 44, 4), group=5, attributes={COLOR: "1 2 3"}),
        Shape(id=4, frame=0, label=ICDAR, type="rectangle", points=(50, 0, 54, 8), group=5, attributes={OTHER: "x"}),
    ]
    source = dataset(records, labels=WORDS, index=frames(1))
    with pytest.warns(LossWarning, match="1 × attribute 'other'"):
        found = again(source, tmp_path / "a.zip", SEGMENTATION)
    masks = [decode_mask(found.table.points_of(row), width=64, height=48) for row in range(3)]
    assert [mask.sum() for mask in masks] == [200, 400, 16 + 32]
    values = found.table.attributes.strings
    assert {"a", 'b "', "1 2 3"} <= set(values)


BAD_SEGMENTATION = [
    ({"a/1_GT.txt": "1 2 3\n"}, "1_GT.txt: line 1: not a colour"),
    ({"a/1_GT.txt": '1 2 300 1 1 1 1 1 1 "a"\n'}, "above 255"),
    ({"a/1_GT.txt": '255 255 255 1 1 1 1 1 1 "a"\n'}, "the background's"),
    ({"a/1_GT.txt": '1 2 3 1 1 1 1 1 1 "a"\n1 2 3 1 1 1 1 1 1 "b"\n'}, "line 2: .*another line's"),
    ({"a/1_GT.txt": '1 2 3 1 1 1 1 1 1 "a"\n'}, "1_GT.bmp: the picture of colours is not there"),
    ({"a/1_GT.txt": LETTERS, "a/1_GT.bmp": b"hello"}, "1_GT.bmp: it is not a bitmap"),
    ({"a/1_GT.txt": LETTERS, "a/1_GT.bmp": COLORS[:80]}, "1_GT.bmp: .*damaged|not a bitmap"),
    ({"a/1_GT.txt": LETTERS, "a/1_GT.bmp": bitmap(4, 4, ((9, 9, 9), (1, 2, 2, 3)))}, "9 9 9 at x=1, y=2 stands on no line"),
    ({"a/1_GT.txt": LETTERS, "a/1_GT.bmp": bitmap()[:18] + b"\xff\xff\xff\x0f" * 2 + bitmap()[26:]}, "1_GT.bmp"),
    ({"a/1_GT.txt": b"\xff"}, "not UTF-8"),
    ({"a/1_GT.txt": f'1 2 3 1 1 1 1 1 1 "{"x" * 5000}"\n', "a/1_GT.bmp": bitmap(4, 4, ((1, 2, 3), (0, 0, 2, 2)))}, "longer than 4096"),
    ({"a/1.txt": "1 2 3\n"}, r"no \*_GT.txt"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "text"), BAD_SEGMENTATION)
def test_bad_segmentation_files_are_named(tmp_path: Path, files: dict[str, str | bytes], text: str) -> None:
    with pytest.raises(FormatError, match=text):
        read_dataset(archive(tmp_path / "bad.zip", files | {"more.bin": b""}), SEGMENTATION)


# -- all ---------------------------------------------------------------------------------------------------------

FILES: dict[str, dict[str, str | bytes]] = {
    RECOGNITION: {"train/gt.txt": 'a.png, "a"\nb.png, \n'},
    LOCALIZATION: {"train/gt_1.txt": '1 2 3 4 "a"\n1,2,3,4,5,6,7,8,"b"\n'},
    SEGMENTATION: {"train/1_GT.txt": LETTERS, "train/1_GT.bmp": COLORS},
}


@pytest.mark.parametrize("name", FILES)
def test_hostile_archives_are_refused(tmp_path: Path, name: str) -> None:
    refuse_hostile_archives(tmp_path, name, FILES[name])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_files_end_in_an_error_of_ours(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(FILES)))
    survives(archive(tmp_path_factory.mktemp("f") / "a.zip", damage(data, FILES[name])), name)
