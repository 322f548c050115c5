"""Datumaro 1.0 and COCO Keypoints 1.0."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvat_widgets.errors import FormatError
from cvat_widgets.formats import LossWarning, read_dataset, write_dataset
from cvat_widgets.model.labels import Label, LabelSet
from cvat_widgets.model.masks import decode_mask
from cvat_widgets.model.records import Element, Keyframe, Record, Shape, Track, TrackElement
from tests.formats.roundtrip import (
    CAR,
    EYE,
    FACE,
    LABELS,
    NOSE,
    PLATE,
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

DATUMARO, KEYPOINTS = "Datumaro 1.0", "COCO Keypoints 1.0"
ALL = ("rectangle", "polygon", "polyline", "points", "mask", "ellipse", "skeleton", "tag")


@relaxed
@given(many(*ALL))
def test_shapes_survive_datumaro(tmp_path_factory: pytest.TempPathFactory, records: tuple[Record, ...]) -> None:
    source = dataset(records)
    found = again(source, tmp_path_factory.mktemp("f") / "a.zip", DATUMARO)
    assert visible(found) == visible(source)
    assert list(found.frames.names) == list(source.frames.names)
    assert found.frames.heights.tolist() == source.frames.heights.tolist()
    assert [label.color for label in found.labels] == [label.color for label in LABELS]
    assert found.labels["face"].sublabels[1].name == "nose"


def skeleton_track(*, gap: bool = False) -> Track:
    def joint(number: int, label: int, x: float) -> TrackElement:
        return TrackElement(
            id=number, label=label, keyframes={1: Keyframe(points=(x, 2.0)), 4: Keyframe(points=(x + 3, 8.0), occluded=True)}
        )

    last = Keyframe(points=(), outside=gap)
    return Track(
        id=1, label=FACE, type="skeleton", keyframes={1: Keyframe(points=()), 4: last}, elements=(joint(2, EYE, 1.0), joint(3, NOSE, 5.0)),
    )  # fmt: skip


def box_track(number: int = 9) -> Track:
    keyframes = {
        0: Keyframe(points=(0.0, 0.0, 10.0, 10.0), rotation=10.0),
        2: Keyframe(points=(4.0, 0.0, 14.0, 10.0), rotation=30.0, outside=True),
        4: Keyframe(points=(20.0, 20.0, 30.0, 30.0), occluded=True),
    }
    return Track(id=number, label=CAR, type="rectangle", attributes={PLATE: "B-1"}, keyframes=keyframes)


@pytest.mark.parametrize("name", [DATUMARO, KEYPOINTS])
@pytest.mark.parametrize("gap", [False, True])
def test_skeleton_tracks_survive(tmp_path: Path, name: str, gap: bool) -> None:
    source = dataset([skeleton_track(gap=gap)], mode="interpolation")
    found = again(source, tmp_path / "a.zip", name, detect=name == DATUMARO)
    assert visible(found) == visible(source)
    (track,) = found.table.to_records(found.labels)
    assert isinstance(track, Track)
    assert [element.label for element in track.elements] == [joint.id for joint in found.labels["face"].sublabels]
    assert found.mode == "interpolation"


def test_tracks_of_shapes_survive_datumaro(tmp_path: Path) -> None:
    source = dataset([box_track(), box_track(12)], mode="interpolation")
    found = again(source, tmp_path / "a.zip", DATUMARO)
    assert visible(found) == visible(source)
    assert len(np.unique(found.table.track)) == 2


def test_subsets_of_one_video_keep_the_order_of_frames(tmp_path: Path) -> None:
    index = frames(subsets=["train", "val"] * 3)
    found = again(dataset([box_track()], index=index), tmp_path / "a.zip", DATUMARO)
    assert sorted(zipfile.ZipFile(tmp_path / "a.zip").namelist()) == ["annotations/train.json", "annotations/val.json"]
    assert list(found.frames.subsets) == ["train", "val"] * 3
    assert list(found.frames.names) == list(index.names)


MANUAL: dict[str, Any] = {
    "info": {},
    "categories": {
        "label": {
            "labels": [
                {"name": "label_0", "parent": "", "attributes": []},
                {"name": "label_1", "parent": "", "attributes": []},
            ],
            "attributes": [],
        }
    },
    "items": [
        {
            "id": "img1",
            "annotations": [
                {
                    "id": 0, "type": "polygon", "attributes": {}, "group": 0, "label_id": 1,
                    "points": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], "z_order": 0,
                },
                {
                    "id": 1, "type": "bbox", "attributes": {}, "group": 1, "label_id": 0, "z_order": 0,
                    "bbox": [1.0, 2.0, 3.0, 4.0],
                },
                {
                    "id": 2, "type": "mask", "attributes": {}, "group": 1, "label_id": 0,
                    "rle": {"counts": "d0d0:F\\0", "size": [10, 10]}, "z_order": 0,
                },
            ],
        }
    ],
}  # fmt: skip


def test_the_example_of_the_manual_is_read(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"annotations/subset1.json": "\ufeff" + json.dumps(MANUAL).replace(",", ",\r\n")})
    found = read_dataset(path)
    assert found.labels.names == ["label_0", "label_1"]
    assert (list(found.frames.names), list(found.frames.subsets)) == (["img1"], ["subset1"])
    assert found.table.points_of(0).tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert found.table.points_of(1).tolist() == [1, 2, 4, 6]
    assert found.table.group.tolist() == [0, 1, 1]
    # The runs of its mask, 20 20 10 10 22, stop before the end: what follows is background.
    assert np.argwhere(decode_mask(found.table.points_of(2), width=10, height=10)[0]).ravel().tolist() == [2, 3, 5]


def test_a_written_item_looks_as_datumaro_writes_it(tmp_path: Path) -> None:
    shape = Shape(id=1, frame=1, label=CAR, type="rectangle", points=(1, 2, 10, 20), z_order=2, group=3)
    write_dataset(dataset([shape]), tmp_path / "a.zip", DATUMARO)
    item = json.loads(zipfile.ZipFile(tmp_path / "a.zip").read("annotations/default.json"))["items"][1]
    assert item == {
        "id": "sub/001",
        "annotations": [
            {
                "id": 0, "type": "bbox", "attributes": {"occluded": False, "rotation": 0.0},
                "group": 3, "label_id": 0, "z_order": 2, "bbox": [1.0, 2.0, 9.0, 18.0],
            }
        ],
        "attr": {"frame": 1},
        "image": {"path": "sub/001.jpg", "size": [48, 64]},
    }  # fmt: skip


def test_pictures_are_named_and_paths_of_other_machines_are_not_taken(tmp_path: Path) -> None:
    document = json.loads(json.dumps(MANUAL))
    document["items"][0] |= {"annotations": [], "image": {"path": "/home/me/pictures/x.png"}}
    path = archive(tmp_path / "a.zip", {"annotations/default.json": json.dumps(document), "images/default/img1.png": b"x"})
    found = read_dataset(path)
    assert list(found.frames.names) == ["img1.png"]
    assert found.meta["images"] == {0: "images/default/img1.png"}


def datumaro_of(annotation: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The manual's document with its box changed, or parts of it, or of its item."""
    document: dict[str, Any] = json.loads(json.dumps(MANUAL))
    document["items"][0]["annotations"] = [document["items"][0]["annotations"][1] | (annotation or {})]
    document["items"][0] |= changes.pop("item", {})
    return document | changes


BAD_DATUMARO = [
    (datumaro_of({"label_id": 7}), r"items\[0\].*annotations\[0\]: label_id 7"),
    (datumaro_of({"label_id": None}), "has no label"),
    (datumaro_of({"type": "hologram"}), "'hologram' are not known"),
    (datumaro_of({"type": "cuboid_3d"}), "Datumaro 3D"),
    (datumaro_of({"bbox": [1, 2]}), "not four numbers"),
    (datumaro_of({"bbox": [1, 2, -3, 4]}), "negative size"),
    (datumaro_of({"bbox": [1, 2, 1e300, 4]}), "below 1e9"),
    (datumaro_of({"bbox": ["x", 2, 3, 4]}), "not a Datumaro file"),
    (datumaro_of({"type": "polygon", "points": [1, 2]}), "at least 6"),
    (datumaro_of({"type": "polygon"}), "cannot be read"),
    (datumaro_of({"type": "mask", "rle": {"counts": "d0", "size": [10**6, 10**6]}}), "cannot be"),
    (datumaro_of({"group": 1 << 40}), "not a reasonable number"),
    (datumaro_of({"z_order": 1 << 80}), "not a Datumaro|not a reasonable"),
    (datumaro_of({"attributes": {"x" * 65: 1}}), "longer than 64"),
    (datumaro_of({"attributes": {"x": "y" * 5000}}), "longer than 4096"),
    (datumaro_of(categories={"label": {"labels": [{"name": "x" * 65}]}}), "longer than 64"),
    (datumaro_of(categories={"label": {"labels": [{"name": "a"}, {"name": "a"}]}}), "there twice"),
    (datumaro_of(item={"image": {"path": "../../x.png"}, "id": "../x"}), "leads out"),
    (datumaro_of(item={"image": {"path": "x.png", "size": [-1, 5]}}), "cannot be 5 x -1"),
    (datumaro_of(item={"image": {"path": "x.png", "size": [1]}}), "not height and width"),
    (datumaro_of(items=[{"id": "a"}, {"id": "a"}]), r"items\[1\].*two frames"),
    ({"items": []}, "not a Datumaro file"),
]


@pytest.mark.parametrize(("document", "text"), BAD_DATUMARO)
def test_bad_datumaro_files_are_named(tmp_path: Path, document: dict[str, Any], text: str) -> None:
    (tmp_path / "bad.json").write_text(json.dumps(document))
    with pytest.raises(FormatError, match=text):
        read_dataset(tmp_path / "bad.json", DATUMARO)


def person(**changes: Any) -> dict[str, Any]:
    """A small file of COCO keypoints."""
    annotation = {
        "id": 5, "image_id": 3, "category_id": 1, "keypoints": [1, 2, 2, 3, 4, 1, 0, 0, 0], "num_keypoints": 2, "iscrowd": 0,
        "bbox": [0, 0, 9, 9], "area": 40.5, "segmentation": [[0, 0, 9, 0, 9, 9]],
    } | changes.pop("annotation", {})  # fmt: skip
    return {
        "images": [{"id": 3, "file_name": "ä/1.jpg", "width": 64, "height": 48}],
        "categories": [{"id": 1, "name": "person", "keypoints": ["head", "hand", "foot"], "skeleton": [[1, 2], [2, 3]]}],
        "annotations": [annotation],
    } | changes


def test_keypoints_are_read_and_written_back(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"annotations/person_keypoints_train.json": json.dumps(person())})
    found = read_dataset(path, KEYPOINTS)
    (shape,) = found.table.to_records(found.labels)
    assert isinstance(shape, Shape)
    assert [(each.points, each.outside, each.occluded) for each in shape.elements] == [
        ((1, 2), False, False), ((3, 4), False, True), ((0, 0), True, False),
    ]  # fmt: skip
    assert found.labels["person"].svg.count("<line") == 2
    assert (list(found.frames.names), list(found.frames.subsets)) == (["ä/1.jpg"], ["train"])
    write_dataset(found, tmp_path / "b.zip", KEYPOINTS)
    written = json.loads(zipfile.ZipFile(tmp_path / "b.zip").read("annotations/person_keypoints_train.json"))
    (annotation,) = written["annotations"]
    assert annotation == person()["annotations"][0] | {"attributes": {"occluded": False}}
    assert written["categories"][0] == person()["categories"][0] | {"supercategory": ""}
    assert written["images"][0]["id"] == 3


@relaxed
@given(many("skeleton", group=0, z_order=0))
def test_skeletons_survive_coco_keypoints(tmp_path_factory: pytest.TempPathFactory, records: tuple[Record, ...]) -> None:
    source = dataset(records)
    found = again(source, tmp_path_factory.mktemp("f") / "a.zip", KEYPOINTS, detect=False)
    assert visible(found) == visible(source)


def test_boxes_without_keypoints_are_left_out_and_said(tmp_path: Path) -> None:
    document = person()
    document["annotations"].append({"id": 6, "image_id": 3, "category_id": 1, "bbox": [1, 1, 2, 2]})
    (tmp_path / "a.json").write_text(json.dumps(document))
    with pytest.warns(LossWarning, match="1 annotations have no keypoints"):
        assert len(read_dataset(tmp_path / "a.json", KEYPOINTS).table) == 4


def test_our_keypoints_score_full_marks_against_the_source(tmp_path: Path) -> None:
    """COCOeval's own measure: detections equal to the source's joints are perfect against our file, moved ones are not."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    rng = np.random.default_rng(1)
    joints = [Label(f"j{n}", type="points") for n in range(17)]
    labels = LabelSet.of([Label("person", type="skeleton", sublabels=tuple(joints))])
    records, places = [], []
    for frame in range(6):
        place = np.round(rng.uniform(0, 45, (17, 2)), 2)
        places.append(place)
        elements = tuple(
            Element(id=1000 + frame * 20 + n, label=joint.id, points=tuple(place[n].tolist()), occluded=n % 5 == 0)
            for n, joint in enumerate(labels["person"].sublabels)
        )
        records.append(
            Shape(id=frame + 1, frame=frame, label=labels["person"].id, type="skeleton", points=(), elements=elements)
        )
    write_dataset(dataset(records, labels=labels), tmp_path / "a.zip", KEYPOINTS)
    truth = tmp_path / "truth.json"
    truth.write_bytes(zipfile.ZipFile(tmp_path / "a.zip").read("annotations/person_keypoints_default.json"))

    def score(shift: float) -> float:
        detections = [
            {
                "image_id": frame + 1, "category_id": 1, "score": 0.9,
                "keypoints": np.column_stack((place + shift, np.full(17, 2))).ravel().tolist(),
            }
            for frame, place in enumerate(places)
        ]  # fmt: skip
        with contextlib.redirect_stdout(io.StringIO()):
            coco = COCO(str(truth))
            evaluation = COCOeval(coco, coco.loadRes(detections), "keypoints")
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
        return float(evaluation.stats[0])

    assert score(0) == pytest.approx(1.0)
    assert score(8) < 0.5


BAD_KEYPOINTS = [
    (person(annotation={"image_id": 9}), r"annotations\[0\] \(id 5\): image_id 9"),
    (person(annotation={"category_id": 9}), "category_id 9"),
    (person(annotation={"keypoints": [1, 2, 2]}), "3 numbers for 3 keypoints"),
    (person(annotation={"keypoints": [1, 2, 7] * 3}), "visibility of 'head' is 7"),
    (person(annotation={"keypoints": ["a", 2, 2] * 3}), "not a COCO file"),
    (person(annotation={"keypoints": [1e300, 2, 2] * 3}), "below 1e9"),
    (person(annotation={"score": "x"}), "not a COCO file"),
    (person(images=[{"id": 3, "file_name": "a"}, {"id": 3, "file_name": "b"}]), r"images\[1\].*id 3"),
    (person(images=[{"id": 3, "file_name": "a"}, {"id": 4, "file_name": "a"}]), r"images\[1\].*two frames"),
    (person(images=[{"id": 3, "file_name": "../a"}]), "leads out"),
    (person(images=[{"id": 3, "file_name": "/a"}]), "leads out"),
    (person(images=[{"id": 3, "file_name": "a", "width": -4}]), "cannot be"),
    (person(categories=[{"id": 1, "name": "x" * 65, "keypoints": ["a"]}]), r"categories\[0\].*longer than 64"),
    (person(categories=[{"id": 1, "name": "x", "keypoints": ["a", "a"]}]), "named twice"),
    ({"images": []}, "not a COCO file"),
]


@pytest.mark.parametrize(("document", "text"), BAD_KEYPOINTS)
def test_bad_keypoint_files_are_named(tmp_path: Path, document: dict[str, Any], text: str) -> None:
    (tmp_path / "bad.json").write_text(json.dumps(document))
    with pytest.raises(FormatError, match=text):
        read_dataset(tmp_path / "bad.json", KEYPOINTS)


FILES = {
    DATUMARO: {"annotations/default.json": json.dumps(MANUAL)},
    KEYPOINTS: {"annotations/person_keypoints_default.json": json.dumps(person())},
}


@pytest.mark.parametrize("name", FILES)
def test_hostile_archives_are_refused(tmp_path: Path, name: str) -> None:
    refuse_hostile_archives(tmp_path, name, FILES[name])


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_damaged_files_end_in_an_error_of_ours(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(FILES)))
    survives(archive(tmp_path_factory.mktemp("f") / "a.zip", damage(data, FILES[name])), name)
