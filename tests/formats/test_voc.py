"""PASCAL VOC 1.1: round trips, CVAT's own exports, the manual's layouts, and hostile files."""

from __future__ import annotations

import contextlib
import io
import json
import random
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from cvat_widgets.errors import FormatError
from cvat_widgets.formats import Dataset, LossWarning, match_frames, read_dataset, remap, write_dataset
from cvat_widgets.formats.mask_images import voc_colors, voc_indices
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.labels import Attribute, Label, LabelSet
from cvat_widgets.model.masks import decode_mask, encode_mask
from cvat_widgets.model.records import Keyframe, Shape, Tag, Track
from cvat_widgets.model.table import AnnotationTable

NAME = "PASCAL VOC 1.1"
LABELS = LabelSet.of(
    [
        Label("car", attributes=(Attribute("truncated", "checkbox"), Attribute("plate"), Attribute("pose"))),
        Label('person <&> "ü" 漢字', attributes=(Attribute("difficult", "checkbox"),)),
        Label("sky"),
    ]
)
CAR, PERSON, SKY = (label.id for label in LABELS)
TRUNCATED, PLATE, POSE = (attribute.id for attribute in LABELS["car"].attributes)
(DIFFICULT,) = (attribute.id for attribute in LABELS.labels[1].attributes)
SIZE = (40, 30)


def frames(count: int = 6, subsets: tuple[str, ...] = ()) -> FrameIndex:
    names = [f"sub dir/{number:03d}.jpg" if number % 2 else f"{number:03d} ü.png" for number in range(count)]
    return FrameIndex(names, np.full(count, SIZE[0], np.int32), np.full(count, SIZE[1], np.int32), subsets)


def dataset(records: Any, index: FrameIndex | None = None, labels: LabelSet = LABELS) -> Dataset:
    return Dataset(labels, frames() if index is None else index, AnnotationTable.from_records(records), name="set")


def again(source: Dataset, path: Path) -> AnnotationTable:
    write_dataset(source, path, NAME)
    found = read_dataset(path)
    return remap(found, source.labels, match_frames(found.frames, source.frames))


def facts(table: AnnotationTable) -> list[Any]:
    """What VOC keeps, sorted; a checkbox that is off is as good as none."""
    spec = table.attributes.to_dicts(len(table))
    return sorted(
        (
            int(table.frame[row]), int(table.type[row]), int(table.label[row]), table.points_of(row).tolist(),
            int(table.flags[row]) & 1, float(table.rotation[row]), sorted((k, v) for k, v in spec[row].items() if v != "false"),
        )
        for row in range(len(table))
    )  # fmt: skip


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12).filter(
    lambda text: text not in ("True", "False")
)
coordinate = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3))


@st.composite
def boxes(draw: st.DrawFn, record_id: int) -> Any:
    frame, label = draw(st.integers(0, 5)), draw(st.sampled_from([CAR, PERSON, SKY]))
    if draw(st.booleans()) and record_id % 3 == 0:
        return Tag(id=record_id, frame=frame, label=label, source="file")
    if draw(st.integers(0, 3)) == 0:
        bitmap = np.zeros(SIZE[::-1], bool)
        x, y = draw(st.integers(0, 38)), draw(st.integers(0, 28))
        bitmap[y, x] = True
        return Shape(id=record_id, frame=frame, label=label, type="mask", points=tuple(encode_mask(bitmap)), source="file")
    x0, x1 = sorted((draw(coordinate), draw(coordinate)))
    y0, y1 = sorted((draw(coordinate), draw(coordinate)))
    known: dict[int, str] = {}
    if label == CAR:
        known = draw(
            st.fixed_dictionaries(
                {},
                optional={
                    TRUNCATED: st.sampled_from(["true", "false"]),
                    PLATE: texts,
                    POSE: st.sampled_from(["left", "Unspecified face"]),
                },
            )
        )
    elif label == PERSON:
        known = draw(st.fixed_dictionaries({}, optional={DIFFICULT: st.sampled_from(["true", "false"])}))
    rotation = draw(st.sampled_from([0.0, 12.5, 359.25]))
    return Shape(
        id=record_id, frame=frame, label=label, type="rectangle", points=(x0, y0, x1, y1), rotation=rotation,
        occluded=draw(st.booleans()), attributes=known, source="file",
    )  # fmt: skip


many = st.integers(0, 7).flatmap(lambda count: st.tuples(*[boxes(number + 1) for number in range(count)]))
relaxed = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@relaxed
@given(many)
def test_boxes_tags_and_masks_survive(tmp_path_factory: pytest.TempPathFactory, records: tuple[Any, ...]) -> None:
    source = dataset(without_repeats(records))
    assert facts(again(source, tmp_path_factory.mktemp("f") / "a.zip")) == facts(source.table)


def without_repeats(records: tuple[Any, ...]) -> list[Any]:
    """A tag is there or not: the same one twice is one; and a pixel shows only the last of its masks."""
    kept: dict[Any, Any] = {}
    for record in records:
        key = (record.frame, record.label) if isinstance(record, Tag) else record.id
        if isinstance(record, Shape) and record.type == "mask":
            key = (record.frame, record.points[-4:])
        kept[key] = record
    return list(kept.values())


def test_overlapping_masks_and_polygons_are_painted_by_z_order(tmp_path: Path) -> None:
    low = Shape(id=1, frame=0, label=CAR, type="polygon", points=(0, 0, 20, 0, 20, 20, 0, 20), z_order=0)
    high = Shape(id=2, frame=0, label=SKY, type="polygon", points=(10, 10, 30, 10, 30, 25, 10, 25), z_order=3)
    with pytest.warns(LossWarning, match="z_order"):
        table = again(dataset([high, low]), tmp_path / "a.zip")
    bitmaps = {int(label): decode_mask(table.points_of(row), *SIZE) for row, label in enumerate(table.label.tolist())}
    assert bitmaps[SKY].sum() == 20 * 15
    assert bitmaps[CAR].sum() == 20 * 20 - 10 * 10
    assert not (bitmaps[CAR] & bitmaps[SKY]).any()


def test_pictures_follow_the_colour_rule_of_the_devkit(tmp_path: Path) -> None:
    def published(index: int) -> tuple[int, int, int]:
        red = green = blue = 0
        for place in range(8):
            red |= (index >> 0 & 1) << (7 - place)
            green |= (index >> 1 & 1) << (7 - place)
            blue |= (index >> 2 & 1) << (7 - place)
            index >>= 3
        return red, green, blue

    assert [tuple(color) for color in voc_colors(256).tolist()] == [published(index) for index in range(256)]
    assert [tuple(color) for color in voc_colors(6).tolist()] == [
        (0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0), (0, 0, 128), (128, 0, 128),
    ]  # fmt: skip
    indices = np.array([0, 1, 255, 256, 70_000, (1 << 24) - 1])
    from cvat_widgets.formats.mask_images import pack_colors

    assert voc_indices(pack_colors(voc_colors(indices))).tolist() == indices.tolist()
    square = Shape(id=1, frame=0, label=SKY, type="polygon", points=(2, 3, 6, 3, 6, 8, 2, 8))
    write_dataset(dataset([square]), tmp_path / "a.zip", NAME)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        classes = Image.open(io.BytesIO(archive.read("SegmentationClass/000 ü.png")))
        objects = Image.open(io.BytesIO(archive.read("SegmentationObject/000 ü.png")))
        labels = archive.read("labelmap.txt").decode()
    inside = np.zeros(SIZE[::-1], bool)
    inside[3:8, 2:6] = True
    assert np.array_equal(np.asarray(classes), np.where(inside, 3, 0))
    assert np.array_equal(np.asarray(classes.convert("RGB")), np.where(inside[..., None], (128, 128, 0), (0, 0, 0)))
    assert np.array_equal(np.asarray(objects.convert("RGB")), np.where(inside[..., None], (128, 0, 0), (0, 0, 0)))
    assert labels.splitlines()[1:3] == ["background:0,0,0::", "car:128,0,0::"]


def test_more_than_255_instances_keep_apart(tmp_path: Path) -> None:
    records = [
        Shape(
            id=number + 1,
            frame=0,
            label=CAR,
            type="mask",
            points=(0.0, 1.0, number % 40, number // 40, number % 40, number // 40),
        )
        for number in range(300)
    ]
    table = again(dataset(records), tmp_path / "a.zip")
    assert len(table) == 300


def test_tracks_come_back_from_their_attributes(tmp_path: Path) -> None:
    keyframes = {
        0: Keyframe(points=(0, 0, 10, 10)),
        3: Keyframe(points=(3, 3, 13, 13), occluded=True),
        5: Keyframe(points=(3, 3, 13, 13), outside=True),
    }
    track = Track(id=1, label=CAR, type="rectangle", keyframes=keyframes, attributes={PLATE: "B 1"})
    names = [f"frame_{number:06d}" for number in range(6)]
    video = FrameIndex(names, np.full(6, 40, np.int32), np.full(6, 30, np.int32))
    source = Dataset(LABELS, video, AnnotationTable.from_records([track]), mode="interpolation")
    table = again(source, tmp_path / "a.zip")
    assert table.is_track.all()
    mine, theirs = (interpolate_table(each, frame_count=6) for each in (source.table, table))
    assert facts(theirs) == facts(mine)
    assert sorted(table.frame.tolist()) == [0, 3, 5] or sorted(table.frame.tolist()) == [0, 3, 4, 5]
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert "<filename>frame_000000.jpg</filename>" in archive.read("Annotations/frame_000000.xml").decode()


def test_rows_follow_the_layout_cvat_writes(tmp_path: Path) -> None:
    index = frames(4, ("train", "", "train", ""))
    records = [
        Shape(id=1, frame=0, label=CAR, type="rectangle", points=(1.5, 2, 3, 4), attributes={PLATE: "a&b"}),
        Tag(id=2, frame=1, label=SKY),
    ]
    write_dataset(dataset(records, index), tmp_path / "a.zip", NAME)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        names = set(archive.namelist())
        assert {"labelmap.txt", "ImageSets/Main/train.txt", "ImageSets/Main/default.txt", "ImageSets/Layout/train.txt"} <= names
        assert archive.read("ImageSets/Main/sky_default.txt").decode() == "sub dir/001  1\n"
        assert archive.read("ImageSets/Main/car_default.txt").decode() == "sub dir/001 -1\n"
        assert archive.read("ImageSets/Main/train.txt").decode().split("\n") == ["000 ü", "002 ü", ""]
        assert archive.read("ImageSets/Layout/train.txt").decode() == '"002 ü"\n'
        text = archive.read("Annotations/000 ü.xml").decode()
    order = [
        "folder",
        "filename",
        "source",
        "size",
        "segmented",
        "object",
        "name",
        "truncated",
        "occluded",
        "difficult",
        "bndbox",
    ]
    assert [text.index(f"<{tag}>") for tag in order] == sorted(text.index(f"<{tag}>") for tag in order)
    assert "<name>plate</name>\n        <value>a&amp;b</value>" in text
    assert "<xmin>1.5</xmin>" in text
    found = read_dataset(tmp_path / "a.zip")
    assert [found.frames.subset_of(frame) for frame in range(4)] == ["", "", "train", "train"]


def test_what_it_cannot_hold_is_reported(tmp_path: Path) -> None:
    records = [
        Shape(id=1, frame=0, label=CAR, type="points", points=(1, 2)),
        Shape(id=2, frame=0, label=CAR, type="polygon", points=(1, 2, 9, 2, 9, 9), attributes={PLATE: "x"}, occluded=True),
    ]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        write_dataset(dataset(records), tmp_path / "a.zip", NAME)
    texts_ = " ".join(str(each.message) for each in caught)
    assert "1 × points" in texts_
    assert "1 × attribute of masks, 1 × occluded of masks" in texts_
    with pytest.raises(FormatError, match="points"):
        write_dataset(dataset(records), tmp_path / "b.zip", NAME, strict=True)
    assert not (tmp_path / "b.zip").exists()


def test_pictures_travel_along(tmp_path: Path) -> None:
    index = frames(2)
    source = Dataset(
        LABELS, index, AnnotationTable.empty(), media=lambda frame: (index.names[frame], b"picture %d" % frame), name="set"
    )
    write_dataset(source, tmp_path / "a.zip", NAME, save_images=True, progress=lambda done, count: None)
    found = read_dataset(tmp_path / "a.zip")
    assert sorted(found.meta["images"].values()) == ["JPEGImages/000 ü.png", "JPEGImages/sub dir/001.jpg"]
    assert found.frames.names[0] in found.meta["images"][0]


# -- files of others -------------------------------------------------------------------------------------------------

XML = """<annotation><folder>VOC2012</folder><filename>{name}</filename><size><width>40</width><height>30</height>
<depth>3</depth></size><segmented>0</segmented>
<object><name>{label}</name><pose>Left</pose><truncated>1</truncated><difficult>0</difficult>
<bndbox><xmin>{left}</xmin><ymin>2</ymin><xmax>20</xmax><ymax>10.5</ymax></bndbox></object></annotation>"""


def document(name: str = "a.jpg", label: str = "car", left: str = "1") -> str:
    return XML.format(name=name, label=label, left=left)


def archive(path: Path, files: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as zipped:
        for name, data in files.items():
            zipped.writestr(name, data)
    return path


def png(values: Any, mode: str | None = None) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.asarray(values, np.uint8), mode).save(stream, "PNG")
    return stream.getvalue()


def test_the_layouts_of_the_manual_are_read(tmp_path: Path) -> None:
    labels = "# labelmap.txt\n# label : color_rgb : 'body' parts : actions\nbackground:::\naeroplane:::\nbicycle:::\nbird:::\n"
    files: dict[str, str | bytes] = {"labelmap.txt": labels, "ImageSets/Main/default.txt": "a\nb\n"}
    for name in "ab":
        files[f"Annotations/{name}.xml"] = document(f"{name}.jpg", "bird")
        files[f"JPEGImages/{name}.jpg"] = b"x"
    found = read_dataset(archive(tmp_path / "full.zip", files))
    assert found.frames.names == ["a.jpg", "b.jpg"]
    assert found.labels.names == ["aeroplane", "bicycle", "bird"]
    assert found.table.points_of(0).tolist() == [1, 2, 20, 10.5]
    assert found.meta["images"] == {0: "JPEGImages/a.jpg", 1: "JPEGImages/b.jpg"}
    assert found.frames.widths.tolist() == [40, 40]
    flat = read_dataset(archive(tmp_path / "flat.zip", {"2008_004457.xml": document("2008_004457.jpg")}))
    assert flat.frames.names == ["2008_004457.jpg"]
    (record,) = flat.table.to_records(flat.labels)
    assert {flat.labels.attribute_by_id(spec).name: value for spec, value in record.attributes.items()} == {
        "truncated": "true",
        "pose": "Left",
    }
    inner = read_dataset(archive(tmp_path / "inner.zip", {f"VOCdevkit/VOC2012/{name}": data for name, data in files.items()}))
    assert inner.frames.names == found.frames.names


def test_the_same_photos_are_the_same_in_coco_and_voc(shared_data: Path) -> None:
    folder = shared_data / "formats" / "review100"
    voc = read_dataset(folder / "imagenet_format")
    coco = json.loads((folder / "coco_format_v1" / "instances_default.json").read_text())
    stem = {image["id"]: image["file_name"].rsplit(".", 1)[0] for image in coco["images"]}
    label = {category["id"]: category["name"] for category in coco["categories"]}
    expected = sorted(
        (stem[each["image_id"]], label[each["category_id"]], *(round(value, 2) for value in each["bbox"]))
        for each in coco["annotations"]
    )
    corners = voc.table.points.reshape(-1, 4)
    found = sorted(
        (
            voc.frames.names[frame].rsplit(".", 1)[0], voc.labels.by_id(name).name,
            *(round(value, 2) for value in (*box[:2], box[2] - box[0], box[3] - box[1])),
        )
        for frame, name, box in zip(voc.table.frame.tolist(), voc.table.label.tolist(), corners.tolist(), strict=True)
    )  # fmt: skip
    assert len(found) == 273
    assert found == expected


def test_the_layouts_of_the_devkit_are_read(shared_data: Path) -> None:
    folder = shared_data / "formats" / "layouts" / "voc_dataset"
    first = read_dataset(folder / "voc_dataset1", NAME)
    assert sorted(first.frames.names) == ["2007_000001.jpg", "2007_000002.jpg"]
    assert first.frames.widths[first.frames.names.index("2007_000001.jpg")] == 20
    kinds = sorted(record.type if isinstance(record, Shape) else "tag" for record in first.table.to_records(first.labels))
    assert kinds.count("rectangle") == 3
    assert "mask" in kinds
    assert "tag" in kinds
    person = next(
        record
        for record in first.table.to_records(first.labels)
        if isinstance(record, Shape) and first.labels.by_id(record.label).name == "person" and record.type == "rectangle"
    )
    actions = {first.labels.attribute_by_id(spec).name: value for spec, value in person.attributes.items()}
    assert actions["jumping"] == "false"
    assert actions["phoning"] == "true"
    head = next(record for record in first.table.to_records(first.labels) if first.labels.by_id(record.label).name == "head")
    assert head.group == person.group != 0
    second = read_dataset(folder / "voc_dataset2")
    assert (len(second.frames), len(second.table)) == (5, 4)


def test_text_that_is_not_plain_utf8_is_read(tmp_path: Path) -> None:
    declared = '<?xml version="1.0" encoding="{}"?>\r\n'
    variants = {
        "bom": b"\xef\xbb\xbf" + document("ü.jpg").encode(),
        "crlf": document("ü.jpg").replace("\n", "\r\n").encode(),
        "latin": (declared.format("iso-8859-1") + document("ü.jpg")).encode("latin-1"),
        "wide": (declared.format("utf-16") + document("ü.jpg")).encode("utf-16"),
    }
    for name, data in variants.items():
        found = read_dataset(archive(tmp_path / f"{name}.zip", {"Annotations/ü.xml": data}), NAME)
        assert found.frames.names == ["ü.jpg"], name
    lists = {"ImageSets/Main/train.txt": "\ufeffa\r\n\r\n# note\r\nb\r\n", "Annotations/a.xml": document()}
    found = read_dataset(archive(tmp_path / "list.zip", lists))
    assert found.frames.names == ["a.jpg", "b"]
    assert list(found.frames.subsets) == ["train", "train"]


def test_an_image_in_several_lists_is_one_frame(tmp_path: Path) -> None:
    files = {"ImageSets/Main/trainval.txt": "a\nb\n", "ImageSets/Main/train.txt": "a\n", "Annotations/a.xml": document()}
    found = read_dataset(archive(tmp_path / "a.zip", files))
    assert (found.frames.names, list(found.frames.subsets)) == (["a.jpg", "b"], ["train", "trainval"])


MASK = png([[0, 1], [1, 1]])
BAD: dict[str, tuple[dict[str, str | bytes], str]] = {
    "nothing of it": ({"a.bin": "x"}, "nothing of PASCAL VOC"),
    "another root": ({"Annotations/a.xml": "<annotations/>"}, "first element is <annotations>"),
    "cut off": ({"Annotations/a.xml": document()[:200]}, r"a\.xml: line \d+: the XML is damaged"),
    "entity": ({"Annotations/a.xml": '<!DOCTYPE a [<!ENTITY b "c">]>' + document()}, "entities or a DTD"),
    "hidden entity": (
        {"Annotations/a.xml": ('<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a [<!ENTITY b "c">]>' + document()).encode("utf-16")},
        "entities or a DTD",
    ),
    "strange encoding": ({"Annotations/a.xml": b'<?xml version="1.0" encoding="zlib"?><annotation/>'}, "cannot be read as zlib"),
    "no box": ({"Annotations/a.xml": document().replace("bndbox", "box")}, r"a\.xml: line 3: .*bndbox"),
    "no corner": ({"Annotations/a.xml": document().replace("xmax", "xmix")}, r"line 3: .*xmax"),
    "not a number": ({"Annotations/a.xml": document(left="left")}, r"a\.xml: line 3: .*left"),
    "nan": ({"Annotations/a.xml": document(left="nan")}, r"a\.xml: line 3: a coordinate is not a finite"),
    "huge": ({"Annotations/a.xml": document(left="-1e300")}, "below 1e9"),
    "turned over": ({"Annotations/a.xml": document(left="21")}, "ends before it begins"),
    "no name": ({"Annotations/a.xml": document(label=" ")}, r"line 3: a label has no name"),
    "long name": ({"Annotations/a.xml": document(label="x" * 65)}, "longer than 64"),
    "label unknown": ({"Annotations/a.xml": document(), "labelmap.txt": "dog:::\n"}, r"line 3: the label 'car' is not in labelmap"),
    "flag": ({"Annotations/a.xml": document().replace("<truncated>1", "<truncated>yes")}, "neither 0 nor 1"),
    "path out": ({"Annotations/a.xml": document("../../b.jpg")}, "leads out"),
    "absolute": ({"Annotations/a.xml": document("C:\\b.jpg")}, "leads out"),
    "list path": ({"Annotations/a.xml": document(), "ImageSets/Main/a.txt": "a\n../b\n"}, r"a\.txt: line 2: .*leads out"),
    "list not text": ({"Annotations/a.xml": document(), "ImageSets/Main/a.txt": b"\xff\xfea"}, "not UTF-8"),
    "same picture": ({"Annotations/a.xml": document("c.jpg"), "Annotations/b.xml": document("c.jpg")}, "two frames are called"),
    "two datasets": ({"x/Annotations/a.xml": document(), "y/Annotations/a.xml": document()}, "several datasets"),
    "label map fields": ({"Annotations/a.xml": document(), "labelmap.txt": "car:1,2\n"}, r"labelmap\.txt: line 1: a label has 4"),
    "label map colour": ({"Annotations/a.xml": document(), "labelmap.txt": "\ncar:1,2,300::\n"}, r"line 2: .*not a colour"),
    "label map twice": ({"Annotations/a.xml": document(), "labelmap.txt": "car:::\ncar:::\n"}, "listed twice"),
    "size negative": ({"Annotations/a.xml": document().replace(">40<", ">-40<")}, "a picture cannot be"),
    "size mismatch": ({"Annotations/a.xml": document(), "SegmentationClass/a.png": MASK}, "2 x 2 pixels, but other files"),
    "not a png": ({"SegmentationClass/a.png": b"x", "ImageSets/Main/a.txt": "a\n"}, "it is not a PNG"),
    "cut png": ({"SegmentationClass/a.png": MASK[:45], "ImageSets/Main/a.txt": "a\n"}, "the PNG is damaged|not a PNG"),
    "colour unknown": (
        {"SegmentationClass/a.png": png([[[0, 0, 0], [9, 8, 7]]]), "ImageSets/Main/a.txt": "a\n"},
        "the colour 9,8,7 at x=1, y=0 belongs to no label",
    ),
    "objects alone": ({"SegmentationObject/a.png": MASK, "ImageSets/Main/a.txt": "a\n"}, "no mask of classes"),
    "object without class": (
        {"SegmentationClass/a.png": png([[0, 1]]), "SegmentationObject/a.png": png([[3, 1]]), "ImageSets/Main/a.txt": "a\n"},
        "the instance at x=0, y=0 has no class",
    ),
    "masks differ": (
        {"SegmentationClass/a.png": MASK, "SegmentationObject/a.png": png([[0, 1]]), "ImageSets/Main/a.txt": "a\n"},
        "other files say",
    ),
    "rotation": (
        {"Annotations/a.xml": document().replace("</object>", "<attributes><attribute><name>rotation</name><value>inf</value></attribute></attributes></object>")},
        "rotation is not a finite",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD, ids=str)
def test_bad_files_are_refused_with_a_reason(tmp_path: Path, case: str) -> None:
    files, reason = BAD[case]
    with pytest.raises(FormatError, match=reason) as caught:
        read_dataset(archive(tmp_path / "bad.zip", files), NAME)
    assert "bad.zip" in str(caught.value)


def test_damaged_archives_are_refused(tmp_path: Path) -> None:
    good = archive(tmp_path / "good.zip", {"Annotations/a.xml": document()}).read_bytes()
    (tmp_path / "cut.zip").write_bytes(good[:-30])
    with pytest.raises(FormatError, match="cut off or damaged"):
        read_dataset(tmp_path / "cut.zip", NAME)
    locked = bytearray(good)
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(bytes(locked))
    with pytest.raises(FormatError, match="encrypted"):
        read_dataset(tmp_path / "locked.zip", NAME)
    with pytest.raises(FormatError, match="does not exist"):
        read_dataset(tmp_path / "none.zip", NAME)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 1 << 30), st.integers(0, 6))
def test_nothing_but_our_error_comes_out_of_the_reader(tmp_path_factory: pytest.TempPathFactory, seed: int, edits: int) -> None:
    chance = random.Random(seed)
    files: dict[str, str | bytes] = {
        "labelmap.txt": b"background:0,0,0::\ncar:128,0,0:wheel:\ndog:0,128,0::run,sit\n",
        "ImageSets/Main/train.txt": b"a\nb\n",
        "ImageSets/Main/car_train.txt": b"a  1\nb -1\n",
        "Annotations/a.xml": document().encode(),
        "SegmentationClass/a.png": png(np.arange(1200).reshape(30, 40) % 3),
        "SegmentationObject/a.png": png(np.where(np.arange(1200).reshape(30, 40) % 3, 5, 0)),
    }
    for _ in range(edits):
        name = chance.choice(list(files))
        data = bytearray(files[name])  # type: ignore[arg-type]
        kind = chance.randrange(5)
        place = chance.randrange(len(data) + 1)
        if kind == 0:
            del data[place : place + chance.randrange(1, 30)]
        elif kind == 1:
            data[place:place] = chance.choice(
                [b"<", b"nan", b"-1e400", b"\0", b":", b"\xff", b"1" * 400, b"</object>", b"../", b"\n"]
            )
        elif kind == 2 and data:
            data[place % len(data)] = chance.randrange(256)
        elif kind == 3:
            files[f"{name}x/{chance.choice(['a.xml', 'Annotations/b.xml', 'c.png'])}"] = bytes(data)
        else:
            files.pop(name)
            if not files:
                break
            continue
        files[name] = bytes(data)
    path = archive(tmp_path_factory.mktemp("f") / "a.zip", files)
    with contextlib.suppress(FormatError):
        read_dataset(path, NAME)
    with contextlib.suppress(FormatError):
        read_dataset(path)
