"""``docs/formats.md``: its tables are those of the registry, they are true, and its chapter on a format of one's own runs."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cvat_widgets.errors import FormatError
from cvat_widgets.formats import Dataset, find_format, read_dataset, registry, write_dataset
from cvat_widgets.formats.documentation import PROPERTIES, formats_markdown, updated
from cvat_widgets.formats.loss import losses
from cvat_widgets.formats.registry import packaged
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.kinds import SHAPE_TYPES
from cvat_widgets.model.labels import Attribute, Label, LabelSet
from cvat_widgets.model.masks import encode_mask
from cvat_widgets.model.records import Element, Keyframe, Record, Shape, Tag, Track
from cvat_widgets.model.table import AnnotationTable

DOCUMENT = Path(__file__).parents[2] / "docs" / "formats.md"
LABELS = LabelSet.of(
    [
        Label("market-1501", attributes=(Attribute("person_id"), Attribute("text"))),
        Label("face", type="skeleton", sublabels=(Label("eye", type="points"), Label("nose", type="points"))),
    ]
)
THING, FACE = (label.id for label in LABELS)
EYE, NOSE = (joint.id for joint in LABELS["face"].sublabels)
PERSON = {LABELS["market-1501"].attribute(name).id: "5" for name in ("person_id", "text")}
BITMAP = np.zeros((48, 64), bool)
BITMAP[3:9, 4:12] = True
POINTS: dict[str, tuple[float, ...]] = {
    "rectangle": (1, 2, 30, 40),
    "polygon": (1, 2, 30, 4, 20, 40),
    "polyline": (1, 2, 30, 4, 20, 40),
    "points": tuple(range(10)),
    "ellipse": (20, 20, 30, 10),
    "cuboid": (10, 10, 10, 20, 20, 10, 20, 20, 30, 8, 30, 18, 25, 6, 25, 16),
    "mask": tuple(encode_mask(BITMAP).tolist()),
}
WRITABLE = [name for name in packaged() if find_format(name).can_write]


def one(kind: str, *, track: bool = False) -> Dataset:
    elements = (Element(id=71, label=EYE, points=(3, 4)), Element(id=72, label=NOSE, points=(6, 7)))
    record: Record
    if kind == "tag":
        record = Tag(id=1, frame=0, label=THING, attributes=PERSON)
    elif kind == "skeleton":
        record = Shape(id=7, frame=0, label=FACE, type="skeleton", points=(), elements=elements)
    elif track:
        record = Track(id=1, label=THING, type=kind, keyframes={0: Keyframe(points=POINTS[kind])})
    else:
        record = Shape(id=1, frame=0, label=THING, type=kind, points=POINTS[kind])
    frames = FrameIndex(["a.png"], np.array([64], np.int32), np.array([48], np.int32), ())
    return Dataset(LABELS, frames, AnnotationTable.from_records([record]), name="set")


def cells(heading: str) -> dict[str, dict[str, str]]:
    text = formats_markdown().partition(f"### {heading}\n")[2].partition("###")[0]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return {line[0]: dict(zip(lines[0][1:], line[1:], strict=True)) for line in lines[2:]}


def test_the_tables_are_up_to_date() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert updated(text) == text, "run: python -m cvat_widgets.formats.documentation docs/formats.md"


def test_a_document_without_a_place_for_them_is_refused() -> None:
    with pytest.raises(FormatError, match="no place"):
        updated("# Formats\n")


def test_every_format_and_kind_has_a_cell() -> None:
    shapes, properties = cells("Shapes"), cells("Properties")
    assert list(shapes) == list(properties) == WRITABLE
    assert {*shapes[WRITABLE[0]]} == set(SHAPE_TYPES)
    assert {*properties[WRITABLE[0]]} == set(PROPERTIES)
    assert {*cells("Import only"), *WRITABLE} == set(packaged())


@pytest.mark.parametrize("name", WRITABLE)
def test_the_table_of_shapes_is_true(name: str, tmp_path: Path) -> None:
    for kind, cell in cells("Shapes")[name].items():
        data = one(kind, track=name == "MOTS PNG 1.0")
        if cell == "reported":
            assert losses(data, find_format(name))[kind] == 1, kind
            with pytest.raises(FormatError, match=f"1 × {kind}"):
                write_dataset(data, tmp_path / "a.zip", name, strict=True)
            continue
        assert kind not in losses(data, find_format(name))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            write_dataset(data, tmp_path / "a.zip", name)
        table = read_dataset(tmp_path / "a.zip").table
        found = {SHAPE_TYPES[code] for code in table.type[table.parent < 0].tolist()}
        polygon = name == "Ultralytics YOLO Segmentation 1.0"
        expected = kind if cell == "kept" else ("polygon" if polygon else "mask")
        assert found == {expected}, (kind, cell)


@pytest.fixture
def own_formats() -> Any:
    before = dict(registry._FORMATS)
    yield
    registry._FORMATS.clear()
    registry._FORMATS.update(before)


@pytest.mark.usefixtures("own_formats")
def test_the_chapter_on_a_format_of_ones_own_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 2
    namespace: dict[str, Any] = {"__name__": "notebook"}
    for block in blocks:
        exec(compile(block, str(DOCUMENT), "exec"), namespace)  # the code of our own document
    found = read_dataset(tmp_path / "birds.zip")
    assert found.labels.names == ["bird"]
    assert found.table.points.tolist() == [5, 6, 30, 40]
    assert found.table.frame.tolist() == [0]
    # What it cannot hold is reported like for any format of the package, and a wrong line is named.
    with pytest.raises(FormatError, match="1 × polygon"):
        write_dataset(one("polygon"), tmp_path / "b.zip", "Lines 1.0", strict=True)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "boxes.tsv").write_text("a.png\tbird\t1\t2\t3\n")
    with pytest.raises(FormatError, match=r"boxes\.tsv: line 1"):
        read_dataset(tmp_path / "c")
