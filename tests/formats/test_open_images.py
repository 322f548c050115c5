"""Open Images V6 1.0."""

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
from cvat_widgets.formats import LossWarning, match_frames, read_dataset, write_dataset
from cvat_widgets.formats.fitting import fit_to_task
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import Attribute, Label, LabelSet
from cvat_widgets.model.masks import decode_mask
from cvat_widgets.model.records import Record, Shape
from tests.formats.roundtrip import (
    CAR,
    PARKED,
    again,
    archive,
    damage,
    dataset,
    frames,
    many,
    refuse_hostile_archives,
    relaxed,
    survives,
    visible,
)

OPEN_IMAGES = "Open Images V6 1.0"
PLAIN: dict[str, Any] = {"group": 0, "z_order": 0, "rotation": 0.0, "occluded": False, "score": 1.0, "attributes": {}}


def png(width: int = 8, height: int = 6, boxes: tuple[tuple[int, int, int, int], ...] = ()) -> bytes:
    pixels = np.zeros((height, width), np.uint8)
    for left, top, right, bottom in boxes:
        pixels[top:bottom, left:right] = 255
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


OPEN_LABELS = LabelSet.of(
    [
        Label("/m/car", attributes=(Attribute("truncated", "checkbox"), Attribute("is_depiction", "checkbox"))),
        Label('cat, "big"', attributes=(Attribute("box_id"), Attribute("predicted_iou", "number"))),
    ]
)
TRUNCATED, DEPICTION = (attribute.id for attribute in OPEN_LABELS["/m/car"].attributes)


@relaxed
@given(many("rectangle", "mask", "tag", group=0, z_order=0, rotation=0.0, attributes={}))
def test_shapes_survive_open_images(tmp_path_factory: pytest.TempPathFactory, records: tuple[Record, ...]) -> None:
    import msgspec

    keep = tuple(
        msgspec.structs.replace(record, score=1.0, occluded=False)
        if isinstance(record, Shape) and record.type == "mask" else record
        for record in records
    )  # fmt: skip
    index = frames(subsets=["train", "val", ""] * 2)
    source = dataset(keep, index=index)
    found = again(source, tmp_path_factory.mktemp("f") / "a.zip", OPEN_IMAGES)
    ignore = ("attributes", "frame")
    assert visible(found, ignore=ignore) == visible(source, ignore=ignore)
    assert sorted(found.frames.names) == [name[:-4] for name in sorted(index.names)]
    assert sorted(found.frames.subsets) == sorted(index.subsets)


def test_attributes_and_what_becomes_a_mask(tmp_path: Path) -> None:
    records = [
        Shape(
            id=1, frame=0, label=1, type="rectangle", points=(8, 6, 32, 24), attributes={TRUNCATED: "true", DEPICTION: "false"}
        ),
        Shape(id=2, frame=0, label=1, type="rectangle", points=(8, 6, 32, 24), rotation=90),
        Shape(id=3, frame=0, label=2, type="polygon", points=(0, 0, 10, 0, 10, 10, 0, 10), group=4),
        Shape(id=4, frame=0, label=2, type="polygon", points=(20, 0, 30, 0, 30, 10, 20, 10), group=4),
    ]
    found = again(dataset(records, labels=OPEN_LABELS, index=frames(1)), tmp_path / "a.zip", OPEN_IMAGES)
    files = zipfile.ZipFile(tmp_path / "a.zip").namelist()
    assert [name for name in files if name.startswith("annotations/")] == [
        "annotations/class-descriptions.csv", "annotations/bbox_labels_600_hierarchy.json",
        "annotations/default-images-with-rotation.csv", "annotations/default-annotations-bbox.csv",
        "annotations/default-annotations-object-segmentation.csv", "annotations/images.meta",
    ]  # fmt: skip
    assert found.labels.names == OPEN_LABELS.names
    assert found.table.type.tolist() == [0, 6, 6]
    assert found.table.points_of(0).tolist() == [8, 6, 32, 24]
    names = {spec.id: spec.name for label in found.labels for spec in label.attributes}
    values = [{names[spec]: value for spec, value in each.items()} for each in found.table.attributes.to_dicts(3)]
    assert values[0] == {"truncated": "true", "is_depiction": "false"}
    turned = decode_mask(found.table.points_of(1), width=64, height=48)
    assert (turned.sum(), np.argwhere(turned).min(axis=0).tolist()) == (18 * 24, [3, 11])
    assert decode_mask(found.table.points_of(2), width=64, height=48).sum() == 200


def test_attributes_of_other_names_are_told(tmp_path: Path) -> None:
    box = Shape(id=1, frame=0, label=CAR, type="rectangle", points=(8, 6, 32, 24), attributes={PARKED: "true"})
    with pytest.warns(LossWarning, match="1 × attribute 'parked'"):
        write_dataset(dataset([box]), tmp_path / "a.zip", OPEN_IMAGES)


HEADER = "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside\n"
MASK_HEADER = "MaskPath,ImageID,LabelName,BoxID,BoxXMin,BoxXMax,BoxYMin,BoxYMax,PredictedIoU,Clicks\n"
OPEN: dict[str, str | bytes] = {
    "annotations/bbox_labels_600_hierarchy.json": '{"LabelName": "/m/0", "Subcategory": []}',
    "annotations/class-descriptions.csv": '/m/1,Cat\n/m/2,"Dog, big"\n',
    "annotations/images.meta": '# comment\n"a b" 40 80\nc 10 20\n',
    "annotations/train-image_ids_and_rotation.csv": "ImageID,Subset,Rotation\na b,train,\n",
    "annotations/train-annotations-bbox.csv": HEADER + "a b,xclick,/m/1,1,0.25,0.5,0.1,0.2,1,0,-1,0,1\n",
    "annotations/train-annotations-human-imagelabels.csv": "ImageID,Source,LabelName,Confidence\na b,v,/m/2,0.5\na b,v,/m/1,0\n",
    "annotations/val-annotations-object-segmentation.csv": MASK_HEADER + "c_m2_1.png,c,/m/2,1,,,,,0.75,\n",
    "masks/val/c_m2_1.png": png(10, 5, ((1, 1, 3, 2),)),
}


def test_the_structure_of_the_manual_is_read_by_its_files(tmp_path: Path) -> None:
    found = read_dataset(archive(tmp_path / "a.zip", OPEN))
    assert found.labels.names == ["Cat", "Dog, big"]
    assert (list(found.frames.names), list(found.frames.subsets)) == (["a b", "c"], ["train", "val"])
    assert found.table.type.tolist() == [8, 0, 6]
    assert found.table.score.tolist() == [0.5, 1, 1]
    assert found.table.points_of(1).tolist() == [20, 4, 40, 8]
    assert found.table.flags.tolist() == [0, 1, 0]
    # The mask is half as large as its picture and is stretched.
    assert np.argwhere(decode_mask(found.table.points_of(2), width=20, height=10)).min(axis=0).tolist() == [2, 2]
    assert decode_mask(found.table.points_of(2), width=20, height=10).sum() == 8
    assert sorted(found.table.attributes.strings) == ["0.75", "1", "false", "true"]


def test_boxes_of_pictures_of_unknown_size_wait_for_the_task(tmp_path: Path) -> None:
    files = {name: data for name, data in OPEN.items() if not name.endswith(("meta", "segmentation.csv"))}
    found = read_dataset(archive(tmp_path / "a.zip", files))
    task = FrameIndex(["other.png", "a b.png"], np.array([1, 200], np.int32), np.array([1, 100], np.int32))
    fitted = fit_to_task(found, found.labels, task, match_frames(found.frames, task))
    assert fitted.table.points_of(1).tolist() == [50, 10, 100, 20]
    with pytest.raises(FormatError, match="size of the picture 'a b' is not known"):
        fit_to_task(found, found.labels, frames(1), np.array([-1]))
    sized = read_dataset(archive(tmp_path / "b.zip", files | {"images/train/a b.png": png(40, 20)}))
    assert sized.table.points_of(1).tolist() == [10, 2, 20, 4]
    assert list(sized.frames.names) == ["a b.png"]


def open_with(**changes: str | bytes | None) -> dict[str, str | bytes]:
    places = {
        "names": "annotations/class-descriptions.csv", "meta": "annotations/images.meta",
        "images": "annotations/train-image_ids_and_rotation.csv", "boxes": "annotations/train-annotations-bbox.csv",
        "tags": "annotations/train-annotations-human-imagelabels.csv", "masks": "annotations/val-annotations-object-segmentation.csv",
        "mask": "masks/val/c_m2_1.png",
    }  # fmt: skip
    files = dict(OPEN)
    for name, data in changes.items():
        if data is None:
            del files[places[name]]
        else:
            files[places[name]] = data
    return files


BAD_OPEN = [
    (open_with(boxes=HEADER + "a b,x,/m/9,1,0.2,0.5,0.1,0.2,0,0,0,0,0\n"), "bbox.csv: line 2: the label '/m/9'"),
    (open_with(boxes=HEADER + "a b,x,/m/1,1,0.5,0.2,0.1,0.2,0,0,0,0,0\n"), "is not (one )?in fractions"),
    (open_with(boxes=HEADER + "a b,x,/m/1,1,100,200,0.1,0.2,0,0,0,0,0\n"), "is not (one )?in fractions"),
    (open_with(boxes=HEADER + "a b,x,/m/1,1,nan,0.2,0.1,0.2,0,0,0,0,0\n"), "is not (one )?in fractions"),
    (open_with(boxes=HEADER + "a b,x,/m/1,1,x,0.2,0.1,0.2,0,0,0,0,0\n"), "could not convert"),
    (open_with(boxes=HEADER + "a b,x,/m/1,7,0.1,0.2,0.1,0.2,0,0,0,0,0\n"), "Confidence is 7"),
    (open_with(boxes=HEADER + "\na b,x\n"), "line 3: it has 2 columns, the header 13"),
    (open_with(boxes="ImageID,XMin\n"), "line 1: the columns LabelName, XMax, YMin, YMax are missing"),
    (open_with(boxes=HEADER + 'a b,"x\n'), "not a CSV line"),
    (open_with(boxes=HEADER + "../a,x,/m/1,1,0.1,0.2,0.1,0.2,0,0,0,0,0\n"), "leads out"),
    (open_with(boxes=""), "no header"),
    (open_with(images="ImageID,Subset\na,train\na,train\n"), "line 3: the picture 'a' is there twice"),
    (open_with(images=b"ImageID,Subset\n\xff,train\n"), "not UTF-8"),
    (open_with(names="/m/1,Cat,3\n"), "line 1: a label has an id and a name"),
    (open_with(names=f"/m/1,{'x' * 65}\n"), "longer than 64"),
    (open_with(names="/m/1,a\n/m/1,b\n"), "line 2: .*two names"),
    (open_with(meta="a 1\n"), "images.meta: line 1: not a name"),
    (open_with(mask=None), "'c_m2_1.png' is not there"),
    (open_with(mask=b"hello"), "not a PNG"),
    (open_with(masks="MaskPath,ImageID\n"), "LabelName are missing"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "text"), BAD_OPEN)
def test_bad_open_images_files_are_named(tmp_path: Path, files: dict[str, str | bytes], text: str) -> None:
    with pytest.raises(FormatError, match=text):
        read_dataset(archive(tmp_path / "bad.zip", files), OPEN_IMAGES)


@pytest.mark.parametrize("name", [OPEN_IMAGES])
def test_hostile_archives_are_refused(tmp_path: Path, name: str) -> None:
    refuse_hostile_archives(tmp_path, name, OPEN)


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_damaged_files_end_in_an_error_of_ours(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    survives(archive(tmp_path_factory.mktemp("f") / "a.zip", damage(data, OPEN)), OPEN_IMAGES)
