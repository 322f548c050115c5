"""Whole columns at once give what one annotation after the other gives."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvat_widgets.errors import FormatError
from cvat_widgets.formats import LossWarning, coco_reader, coco_writer, frame_rows, read_dataset, write_dataset
from cvat_widgets.formats.archive import Members
from cvat_widgets.formats.cvat_reader import _Reader, read_xml
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.yolo_lines import read_lines
from cvat_widgets.model.geometry import areas, polygon_area
from cvat_widgets.model.records import Element, Shape
from tests.formats.roundtrip import CAR, EYE, FACE, NOSE, PLATE, dataset, frames

numbers = st.floats(0, 600, allow_nan=False).map(lambda value: round(value, 2))
polygons = st.integers(3, 7).flatmap(lambda count: st.lists(numbers, min_size=2 * count, max_size=2 * count))
boxes = st.lists(numbers, min_size=4, max_size=4)


@st.composite
def annotations(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = []
    for number in range(draw(st.integers(1, 8))):
        outline = draw(st.one_of(st.none(), st.just([]), polygons, st.lists(polygons, min_size=1, max_size=3)))
        item: dict[str, Any] = {
            "id": 7 * number + 3,
            "image_id": draw(st.integers(1, 2)),
            "category_id": draw(st.integers(1, 2)),
        }
        item |= {"segmentation": outline, "iscrowd": draw(st.integers(0, 1)), "area": draw(st.one_of(st.none(), numbers))}
        item["bbox"] = draw(boxes) if not outline else draw(st.one_of(st.none(), boxes))
        found.append(item)
    return found


def coco(items: list[dict[str, Any]]) -> bytes:
    images = [{"id": number, "file_name": f"{number}.jpg", "width": 640, "height": 640} for number in (1, 2)]
    categories = [{"id": number, "name": f"class {number}"} for number in (1, 2)]
    return json.dumps({"images": images, "annotations": items, "categories": categories}).encode()


def read(items: list[dict[str, Any]]) -> Dataset:
    return coco_reader.read_coco([("instances_default.json", coco(items), "a.json")], "a")


@settings(deadline=None)
@given(annotations())
def test_columns_of_boxes_and_polygons_are_the_rows_read_one_by_one(items: list[dict[str, Any]]) -> None:
    columns = read(items)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coco_reader, "_only_outlines", lambda _: False)
        rows = read(items)
    if columns.meta["coco_ids"]:  # of files with nothing but boxes the ids are kept on the rows
        assert columns.table.id.tolist() == [item["id"] for item in items]
        assert columns.table.with_columns(id=rows.table.id).points.tolist() == rows.table.points.tolist()
        return
    assert columns.table.equals(rows.table)


@settings(deadline=None)
@given(annotations())
def test_columns_are_written_as_one_by_one(items: list[dict[str, Any]]) -> None:
    dataset = read(items)
    images, categories = [1, 2], {"class 1": (1, ""), "class 2": (2, "")}
    writer = coco_writer._Annotations(dataset, dataset.table, categories, images)
    fast = json.loads(msgspec.json.encode([item for chunk in writer.chunks() for item in chunk]))
    slow = json.loads(msgspec.json.encode(writer.all()))
    assert len(fast) == len(slow)
    for mine, other in zip(fast, slow, strict=True):
        assert list(mine) == list(other)
        assert mine.pop("area") == pytest.approx(other.pop("area"))
        assert mine == other


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"image_id": 9}, "names no image"),
        ({"category_id": 9}, "names no category"),
        ({"segmentation": [[1, 2, 3, 4]]}, "a polygon has 4 numbers"),
        ({"segmentation": [[1, 2, 3, "x", 5, 6]]}, "annotation 2"),
        ({"segmentation": [], "bbox": [1, 2, -3, 4]}, "negative size"),
        ({"id": 1 << 70}, "annotation"),
        ({"iscrowd": 1 << 70}, "annotation 2"),
    ],
)
def test_what_is_wrong_among_good_columns_is_named(wrong: dict[str, Any], text: str) -> None:
    good = {"image_id": 1, "category_id": 1, "segmentation": [[1, 2, 3, 4, 5, 6]], "bbox": [1, 2, 3, 4]}
    with pytest.raises(FormatError, match=text) as caught:
        read([good | {"id": 1}, good | {"id": 2} | wrong, good | {"id": 3}])
    assert caught.value.where == "a.json: annotations[1]"


@given(st.lists(polygons, min_size=1, max_size=6))
def test_areas_of_polygons_are_those_of_each(outlines: list[list[float]]) -> None:
    table = read(
        [{"id": n + 1, "image_id": 1, "category_id": 1, "segmentation": [each]} for n, each in enumerate(outlines)]
    ).table
    assert areas(table) == pytest.approx([polygon_area(np.array(each)) for each in outlines], abs=1e-6)


def test_an_xml_may_come_in_pieces_of_any_size(tmp_path: Path) -> None:
    items = [{"id": 1, "image_id": 1, "category_id": 1, "segmentation": [[1, 2, 3.25, 4, 5, 6]]}]
    write_dataset(read(items), tmp_path / "a.zip", "CVAT for images 1.1")
    whole = read_dataset(tmp_path / "a.zip", "CVAT 1.1")
    members = Members(tmp_path / "a.zip")
    text = members.read("annotations.xml")
    pieces = read_xml((text[at : at + 1] for at in range(len(text))), "a")
    assert b"".join(members.blocks("annotations.xml")) == text
    assert pieces.table.equals(whole.table)
    assert pieces.table.points.tolist() == [1, 2, 3.25, 4, 5, 6]


XML_BOXES = """<annotations><image id="0" name="a.jpg" width="9" height="9">
<box label="a" xtl="1" ytl="1" xbr="2" ybr="2" group_id="3" occluded="1" rotation="5"><attribute name="k">v</attribute></box>
<box label="b" source="manual" xtl="1" ytl="1" xbr="2" ybr="3" z_order="-2"><attribute name="k">w</attribute></box>
<skeleton label="s"><points label="1" points="1,2"/><box label="2" xtl="1" ytl="1" xbr="2" ybr="3"/></skeleton>
<box label="a" xtl="1.5" ytl="1" xbr="2" ybr="2"></box>
</image><track label="a" id="0"><box frame="0" xtl="1" ytl="1" xbr="2" ybr="2" outside="0"></box></track>
<image id="1" name="b.jpg" width="9" height="9">
<box label="b" xtl="1" ytl="1" xbr="2" ybr="2"/>
<box label="a" xtl="2" ytl="1" xbr="2" ybr="2"{}/>
</image><image id="2" name="c.jpg" width="9" height="9"><box label="c" xtl="1" ytl="1" xbr="2" ybr="2"/></image></annotations>"""


def test_boxes_of_xml_entered_together_are_those_entered_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    together = read_xml([XML_BOXES.format("").encode()], "a.xml")
    monkeypatch.setattr(_Reader, "_enter_boxes", _Reader._enter_one_by_one)
    one_by_one = read_xml([XML_BOXES.format("").encode()], "a.xml")
    assert together.table.equals(one_by_one.table)
    assert together.labels == one_by_one.labels
    assert len(together.table) == 10


@pytest.mark.parametrize("wrong", [' group_id="x"', f' group_id="{10**20}"', ' rotation="?"'])
def test_the_line_of_a_box_is_named_that_waited_for_others(wrong: str) -> None:
    with pytest.raises(FormatError, match=r"a\.xml:9"):
        read_xml([XML_BOXES.format(wrong).encode()], "a.xml")


def test_numbers_that_json_does_not_know_are_numbers_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"0 .5 +1 1. 1e-2\r\n\r\n  01\t5e-1  -0.25 1 0\n")
    (tmp_path / "b.txt").write_bytes(b"")
    (tmp_path / "c.txt").write_bytes(b"2 3")
    lines = read_lines(Members(tmp_path), ["a.txt", "b.txt", "c.txt"])
    assert lines.values.tolist() == [0, 0.5, 1, 1, 0.01, 1, 0.5, -0.25, 1, 0, 2, 3]
    assert lines.counts.tolist() == [5, 5, 2]
    assert lines.file.tolist() == [0, 0, 2]
    assert lines.where(1).endswith("a.txt: line 3")


@pytest.mark.parametrize("name", ["PASCAL VOC 1.1", "Datumaro 1.0"])
def test_a_file_written_in_blocks_is_the_file_written_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    joints = (
        Element(id=10, label=EYE, type="points", points=(1.0, 2.0)),
        Element(id=11, label=NOSE, type="points", points=(3.0, 4.0)),
    )
    skeleton = Shape(id=9, frame=4, label=FACE, type="skeleton", points=(), elements=joints)
    boxes = [
        Shape(id=n, frame=n % 4, label=CAR, type="rectangle", points=(n, 1, n + 2, 5), attributes={PLATE: f"{n}"})
        for n in range(1, 9)
    ]
    source = dataset([*boxes, skeleton], index=frames(6, subsets=["a", "b", "a", "", "b", "a"]))
    contents = []
    for block in (10**6, 1):
        monkeypatch.setattr(frame_rows, "_BLOCK", block)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LossWarning)
            contents.append(Members(write_dataset(source, tmp_path / f"{block}.zip", name)))
    once, in_blocks = contents
    assert once.names == in_blocks.names
    assert all(once.read(each) == in_blocks.read(each) for each in once.names)
