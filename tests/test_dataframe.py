"""Tables to DataFrames and back, and DataFrames to edits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from cvat_widgets.dataframe import COLUMNS, from_dataframe, to_dataframe
from cvat_widgets.editing import difference, owners, removal, update_edit
from cvat_widgets.errors import AnnotationError, LabelError, NotFoundError
from cvat_widgets.model.changes import ChangeSet
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import Attribute, Label, LabelSet
from cvat_widgets.model.records import Element, Keyframe, Shape, Tag, Track, TrackElement
from cvat_widgets.model.table import AnnotationTable

LABELS = LabelSet.of(
    [
        Label(
            "car",
            attributes=(
                Attribute("parked", "checkbox", default=False),
                Attribute("speed", "number", values=("0", "200", "0.5"), mutable=True),
                Attribute("plate", "text"),
            ),
        ),
        Label("person", type="skeleton", sublabels=(Label("eye", type="points"),)),
    ]
)
FRAMES = FrameIndex([f"{n}.jpg" for n in range(10)], np.full(10, 640, np.int32), np.full(10, 480, np.int32))
CAR, PERSON, EYE = LABELS["car"].id, LABELS["person"].id, LABELS["person"].sublabels[0].id
PARKED, SPEED, PLATE = (attribute.id for attribute in LABELS["car"].attributes)

SHAPE = Shape(
    id=4, frame=2, label=CAR, type="rectangle", points=(1, 2, 3, 4), attributes={PARKED: "true", PLATE: "true"}, z_order=3
)
TRACK = Track(
    id=7,
    label=CAR,
    type="polygon",
    attributes={PARKED: "false"},
    keyframes={
        1: Keyframe(points=(0, 0, 1, 0, 1, 1), attributes={SPEED: "30.50"}),
        5: Keyframe(points=(0, 0, 2, 0, 2, 2), occluded=True),
        8: Keyframe(points=(0, 0, 2, 0, 2, 2), outside=True, attributes={SPEED: "10"}),
    },
)
TAG = Tag(id=9, frame=0, label=CAR)
SKELETON = Shape(id=11, frame=3, label=PERSON, type="skeleton", points=(), elements=(Element(id=12, label=EYE, points=(5, 6)),))
RECORDS = [SHAPE, TRACK, TAG, SKELETON]
TABLE = AnnotationTable.from_records(RECORDS)


def frame() -> pd.DataFrame:
    return to_dataframe(TABLE, LABELS, FRAMES)


def test_the_columns_come_in_the_promised_order() -> None:
    data = frame()
    assert tuple(data.columns[: len(COLUMNS)]) == COLUMNS
    assert list(data.columns[len(COLUMNS) :]) == ["attr.parked", "attr.speed", "attr.plate", "parent_id"]


def test_values_are_typed_and_inherited_along_the_track() -> None:
    data = frame()
    track = data[data["track_id"] == 7]
    assert track["attr.speed"].tolist() == [30.5, 30.5, 10.0]
    assert track["attr.parked"].tolist() == [False, False, False]
    shape = data[data["id"] == 4].iloc[0]
    assert shape["attr.parked"] is np.True_ or shape["attr.parked"] is True
    assert shape["attr.plate"] == "true"
    assert shape["attr.speed"] is pd.NA
    assert shape["track_id"] is pd.NA
    assert shape["frame_name"] == "2.jpg"
    assert shape["points"].dtype == np.float64
    assert data[data["parent_id"] == 11]["label"].tolist() == ["eye"]


def test_the_dataframe_is_a_copy() -> None:
    data = frame()
    data["points"].iat[0][:] = 99
    data["frame"] = 0
    assert TABLE.points[0] == 1
    assert TABLE.frame[0] == 2


def test_an_empty_table_has_all_columns() -> None:
    data = to_dataframe(AnnotationTable.empty(), LABELS, FRAMES)
    assert len(data) == 0
    assert tuple(data.columns[: len(COLUMNS)]) == COLUMNS


def test_reading_back_gives_the_same_objects() -> None:
    data = frame()
    again = from_dataframe(data[data["parent_id"].isna()].drop(columns="parent_id"), LABELS, FRAMES)
    plain = TABLE.take(TABLE.parent < 0)
    assert sorted(zip(again.frame.tolist(), again.type.tolist(), strict=True)) == sorted(
        zip(plain.frame.tolist(), plain.type.tolist(), strict=True)
    )
    assert set(again.track.tolist()) == {-1, 7}
    assert again.points[again.offsets[list(again.z_order).index(3)]] == 1


def test_skeletons_are_read_back_with_their_joints() -> None:
    again = from_dataframe(frame(), LABELS, FRAMES)
    joint = int(np.flatnonzero(again.parent >= 0)[0])
    assert (again.label[joint], again.parent[joint], again.points_of(joint).tolist()) == (EYE, 11, [5, 6])
    skeleton = int(np.flatnonzero(again.id == 11)[0])
    assert (again.label[skeleton], len(again.points_of(skeleton))) == (PERSON, 0)
    keys = {2: Keyframe(points=(1, 1)), 4: Keyframe(points=(2, 2))}
    moving = {frame: Keyframe(points=()) for frame in keys}
    track = Track(
        id=3, label=PERSON, type="skeleton", keyframes=moving,
        elements=(TrackElement(id=4, label=EYE, type="points", keyframes=keys),),
    )  # fmt: skip
    table = AnnotationTable.from_records([track, SKELETON])
    again = from_dataframe(to_dataframe(table, LABELS, FRAMES), LABELS, FRAMES)
    assert sorted(again.to_records(LABELS), key=lambda record: record.id) == [track, SKELETON]


@pytest.mark.parametrize(
    ("joint", "error", "text"),
    [
        ({"label": "nose", "parent_id": 1}, LabelError, "row 1: 'nose' is not a joint of 'person'"),
        ({"label": "eye", "parent_id": 2}, AnnotationError, "row 1: no row has the id 2"),
        ({"label": "eye"}, LabelError, "row 1: 'eye' is not a label of the task"),
    ],
)
def test_joints_that_fit_no_skeleton_are_named(joint: dict[str, Any], error: type[Exception], text: str) -> None:
    rows = [{"id": 1, "frame": 0, "label": "person", "type": "skeleton", "points": None}]
    with pytest.raises(error, match=text):
        from_dataframe([*rows, {"frame": 0, "type": "points", "points": [1, 2], **joint}], LABELS, FRAMES)


def test_points_may_be_pairs_and_masks_may_be_pictures() -> None:
    picture = np.zeros((480, 640), bool)
    picture[2:4, 3:6] = True
    table = from_dataframe(
        [
            {"frame": 0, "label": "car", "type": "polygon", "points": [(0, 0), (5, 0), (5, 5)]},
            {"frame_name": "3.jpg", "frame": None, "label": "car", "type": "mask", "points": picture},
        ],
        LABELS,
        FRAMES,
    )
    assert table.points_of(0).tolist() == [0, 0, 5, 0, 5, 5]
    assert table.points_of(1).tolist() == [0, 6, 3, 2, 5, 3]
    assert table.frame.tolist() == [0, 3]


@pytest.mark.parametrize(
    ("row", "error", "text"),
    [
        (
            {"frame": 0, "label": "bike", "type": "rectangle", "points": [0, 0, 1, 1]},
            LabelError,
            "row 0: 'bike' is not a label",
        ),
        ({"frame": 0, "label": "car", "type": "box", "points": [0, 0, 1, 1]}, AnnotationError, "'box' is not a shape type"),
        ({"frame": 99, "label": "car", "type": "rectangle", "points": [0, 0, 1, 1]}, AnnotationError, "only 10 frames"),
        ({"frame": -1, "label": "car", "type": "rectangle", "points": [0, 0, 1, 1]}, AnnotationError, "negative"),
        ({"frame": 0, "label": "car", "type": "polygon", "points": [0, 0, 1, 1]}, AnnotationError, "at least 6 numbers"),
        ({"frame": 0, "label": "car", "type": "rectangle", "points": [0, 0, 1, float("nan")]}, AnnotationError, "finite"),
        ({"frame": 0, "label": "car", "type": "rectangle", "points": "abc"}, AnnotationError, "not a list of numbers"),
        ({"label": "car", "type": "rectangle", "points": [0, 0, 1, 1]}, AnnotationError, "column frame is missing"),
        (
            {"frame_name": "x.jpg", "label": "car", "type": "rectangle", "points": [0, 0, 1, 1]},
            AnnotationError,
            "no frame called",
        ),
        (
            {"frame": 0, "label": "car", "type": "rectangle", "points": [0, 0, 1, 1], "attr.speed": 500},
            AnnotationError,
            "not between 0 and 200",
        ),
        (
            {"frame": 0, "label": "car", "type": "rectangle", "points": [0, 0, 1, 1], "attr.wings": 2},
            LabelError,
            "no label has an attribute 'wings'",
        ),
        (
            {"frame": 0, "label": "car", "type": "rectangle", "points": [0, 0, 1, 1], "group": "x"},
            AnnotationError,
            "'group' is not made of whole numbers",
        ),
    ],
)
def test_bad_rows_are_named(row: dict[str, object], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        from_dataframe([row], LABELS, FRAMES)


def edit_of(data: pd.DataFrame) -> dict[int, dict[str, tuple[object, object]]]:
    return update_edit(data, TABLE, LABELS, FRAMES, {record.id: record for record in RECORDS}).updated


def test_writing_the_same_rows_back_changes_nothing() -> None:
    assert edit_of(frame()) == {}


def test_only_what_differs_is_written() -> None:
    data = frame()
    data.loc[data["id"] == 4, "attr.plate"] = "B-XY 1"
    data.loc[data["id"] == 4, "occluded"] = True
    assert edit_of(data[data["id"] == 4]) == {4: {"occluded": (False, True), f"attributes.{PLATE}": ("true", "B-XY 1")}}


def test_a_keyframe_row_changes_its_keyframe_and_inherited_values_stay_inherited() -> None:
    data = frame()
    chosen = data[(data["track_id"] == 7) & (data["frame"] == 5)].copy()
    chosen["points"] = [np.array([0.0, 0, 9, 0, 9, 9])]
    ((path, (before, after)),) = edit_of(chosen)[7].items()
    assert path == "keyframes.5"
    assert before["points"] != after["points"] == [0, 0, 9, 0, 9, 9]
    assert after["attributes"] == {}
    assert after["occluded"] is True


def test_a_new_frame_of_a_track_becomes_a_keyframe() -> None:
    rows = pd.DataFrame([{"id": 7, "frame": 3, "points": [0, 0, 4, 0, 4, 4], "attr.speed": 50}])
    ((path, (before, after)),) = edit_of(rows)[7].items()
    assert (path, before) == ("keyframes.3", None)
    assert after["attributes"] == {str(SPEED): "50"}


def test_rows_of_joints_change_their_skeleton() -> None:
    ((path, (before, after)),) = edit_of(pd.DataFrame([{"id": 12, "points": [[7, 8]], "occluded": True}]))[11].items()
    assert path == "elements.12"
    assert (before["points"], before["occluded"]) == ([5, 6], False)
    assert {**before, "points": [7, 8], "occluded": True} == after
    joint = TrackElement(id=22, label=EYE, type="points", keyframes={1: Keyframe(points=(1, 1)), 4: Keyframe(points=(4, 4))})
    skeleton = {frame: Keyframe(points=()) for frame in (1, 4)}
    track = Track(id=21, label=PERSON, type="skeleton", keyframes=skeleton, elements=(joint,))
    table = AnnotationTable.from_records([track])
    assert owners(table, [22, 21]) == [21]
    rows = to_dataframe(table, LABELS, FRAMES)
    assert update_edit(rows, table, LABELS, FRAMES, {21: track}).updated == {}
    moved = pd.DataFrame([{"id": 22, "frame": frame, "points": [frame, 9], "outside": True} for frame in (4, 6)])
    changes = update_edit(moved, table, LABELS, FRAMES, {21: track}).updated[21]
    assert list(changes) == ["elements.22.keyframes.4", "elements.22.keyframes.6"]
    assert changes["elements.22.keyframes.6"][0] is None
    (changed,) = ChangeSet(updated={21: changes}).apply_to({21: track}).values()
    keyframes = changed.elements[0].keyframes  # type: ignore[union-attr]  # a track
    assert [keyframes[frame].points for frame in (1, 4, 6)] == [(1, 1), (4, 9), (6, 9)]
    assert [keyframes[frame].outside for frame in (1, 4, 6)] == [False, True, True]


@pytest.mark.parametrize(
    ("rows", "error", "text"),
    [
        ({"id": 12, "label": "nose"}, AnnotationError, "joint 12 of object 11: label and type of a joint"),
        ({"id": 999, "frame": 0}, NotFoundError, "no object with id 999"),
        ({"id": 4, "type": "polygon"}, AnnotationError, "type of an object cannot change"),
        ({"id": 4, "colour": "red"}, AnnotationError, "unknown column 'colour'"),
        ({"id": 7, "frame": 4}, AnnotationError, "a new keyframe needs points"),
        ({"id": 7, "points": [0, 0, 1, 1, 2, 2]}, AnnotationError, "need the column frame"),
        ({"frame": 4}, AnnotationError, "column id is missing"),
        ({"id": 4, "attr.speed": 900}, AnnotationError, "not between"),
    ],
)
def test_bad_updates_are_named(rows: dict[str, object], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        edit_of(pd.DataFrame([rows]))


def test_removal_takes_ids_in_any_form() -> None:
    present = {4, 7, 9}
    assert removal(4, present).removed == (4,)
    assert removal([7, 4, 4], present).removed == (7, 4)
    assert removal(pd.DataFrame({"id": [9]}), present).removed == (9,)
    with pytest.raises(NotFoundError, match="no object with id 5"):
        removal([4, 5], present)


def test_difference_names_what_changed() -> None:
    before = frame()
    after = before[before["id"] != 9].copy()
    after.loc[after["id"] == 4, "frame"] = 6
    after.loc[(after["id"] == 7) & (after["frame"] == 5), "occluded"] = False
    after["points"] = [
        points + (1 if object_id == 4 else 0) for points, object_id in zip(after["points"], after["id"], strict=True)
    ]
    found = difference(before, after)
    assert [(row.change, row.id, row.field) for row in found.itertuples()] == [
        ("updated", 4, "frame"),
        ("updated", 4, "points"),
        ("updated", 7, "occluded"),
        ("removed", 9, pd.NA),
    ]
