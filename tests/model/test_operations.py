"""Operations on objects: golden values shared with the front end, and what must hold whatever the objects are."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from cvat_widgets.errors import CvatWidgetsError
from cvat_widgets.model import operations
from cvat_widgets.model.changes import Edit, apply_fields, read_field
from cvat_widgets.model.geometry import polygon_area
from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.labels import Attribute, Label, LabelSet
from cvat_widgets.model.masks import decode_mask, encode_mask, mask_area
from cvat_widgets.model.operations import OperationError
from cvat_widgets.model.records import Keyframe, Record, Shape, Track, decode_record, encode_record, validate_record
from cvat_widgets.model.states import state_on
from cvat_widgets.model.table import AnnotationTable

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "operations.json").read_text())
LABELS = LabelSet.of(GOLDEN["labels"])


def run(case: dict[str, Any], records: dict[int, Record]) -> Edit:
    chosen = [records[each] for each in case["ids"]]
    given = case["parameters"]
    new_id = itertools.count(GOLDEN["first_id"]).__next__
    sizes = {frame: tuple(GOLDEN["size"]) for frame in range(GOLDEN["stop"] + 1)}
    does: dict[str, Callable[[], Edit]] = {
        "merge": lambda: operations.merge(chosen, LABELS, new_id, stop=GOLDEN["stop"]),
        "split": lambda: operations.split(chosen[0], given["frame"], new_id),
        "propagate": lambda: operations.propagate(chosen, given["frame"], given["frames"], new_id),
        "remove_in_range": lambda: operations.remove_in_range(chosen, **given),
        "group": lambda: operations.group(chosen, [record.group for record in records.values()]),
        "ungroup": lambda: operations.ungroup(chosen),
        "join": lambda: operations.join(chosen, LABELS, new_id),
        "slice": lambda: operations.slice_shape(chosen[0], given["line"], new_id),
        "simplify": lambda: operations.simplify(chosen, given["distance"]),
        "convert": lambda: operations.convert(chosen, labels=LABELS, sizes=sizes, new_id=new_id, **given),
    }
    return does[case["operation"]]()


def applied(edit: Edit, records: dict[int, Record]) -> dict[int, Record]:
    after = dict(records)
    for record_id, fields in edit.updated.items():
        for path, (before, _) in fields.items():
            assert read_field(after[record_id], path) == before  # what the store checks when somebody else edits
        after[record_id] = apply_fields(after[record_id], {path: value for path, (_, value) in fields.items()})
    for record_id in edit.removed:
        del after[record_id]
    assert not set(after) & {record.id for record in edit.added}
    return after | {record.id: record for record in edit.added}


def attempt(make: Callable[[], Edit], *keys: str) -> Edit | None:
    """The edit, or ``None`` if it is refused for one of these reasons."""
    try:
        return make()
    except OperationError as refused:
        if refused.key not in keys:
            raise
        return None


def rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return round(value, 6) + 0.0 if isinstance(value, float) else value


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: f"{case['operation']}: {case['name']}")
def test_golden_operations(case: dict[str, Any]) -> None:
    records = {record.id: record for record in map(decode_record, case["records"])}
    if "refusal" in case:
        with pytest.raises(OperationError) as refused:
            run(case, records)
        assert refused.value.key == case["refusal"]
        assert refused.value.hint
        return
    after = applied(run(case, records), records)
    for record in after.values():
        validate_record(record, LABELS, frame_count=GOLDEN["stop"] + 1)
    found = [rounded(encode_record(after[each])) for each in sorted(after)]
    assert found == [rounded(encode_record(decode_record(record))) for record in case["expected"]]


def test_there_are_cases_and_refusals_of_every_operation() -> None:
    kinds = {(case["operation"], "refusal" in case) for case in GOLDEN["cases"]}
    assert {name for name, _ in kinds} == {
        "merge", "split", "propagate", "remove_in_range", "group", "ungroup", "join", "slice", "simplify", "convert",
    }  # fmt: skip
    assert {name for name, refused in kinds if not refused} == {name for name, _ in kinds}
    names = [(case["operation"], case["name"]) for case in GOLDEN["cases"]]
    assert len(names) == len(set(names)) >= 40


# -- tracks ------------------------------------------------------------------------------------------------------------

CAR = LABELS["car"]
FRAMES = range(12)
boxes = st.tuples(*[st.integers(-50, 50).map(float)] * 4)
keyframes = st.builds(
    Keyframe,
    points=boxes,
    rotation=st.integers(0, 359).map(float),
    occluded=st.booleans(),
    outside=st.booleans(),
    z_order=st.integers(-3, 3),
    attributes=st.sampled_from([{}, {2: "1"}, {2: "2"}]),
)
tracks = st.builds(
    Track,
    id=st.just(1),
    label=st.just(CAR.id),
    type=st.just("rectangle"),
    keyframes=st.dictionaries(st.integers(0, 11), keyframes, min_size=1, max_size=5),
)


def visible(records: list[Record]) -> dict[int, tuple[Any, ...]]:
    """Frame -> how the (only) object looks there."""
    rows = interpolate_table(AnnotationTable.from_records(records), frame_count=len(FRAMES))
    attributes = rows.attributes.to_dicts(len(rows))
    found = {
        int(rows.frame[row]): (
            rows.points_of(row).round(6).tolist(), round(float(rows.rotation[row]), 6) % 360, int(rows.flags[row]) & 3,
            int(rows.z_order[row]), attributes[row],
        )
        for row in range(len(rows))
    }  # fmt: skip
    assert len(found) == len(rows)
    return found


@given(tracks, st.integers(0, 11))
def test_a_split_track_looks_as_before(track: Track, frame: int) -> None:
    new_id = itertools.count(10).__next__
    if frame <= min(track.keyframes):
        with pytest.raises(OperationError):
            operations.split(track, frame, new_id)
        return
    edit = operations.split(track, frame, new_id)
    assert visible(list(edit.added)) == visible([track])


@given(tracks, st.integers(0, 11))
def test_split_and_merged_again_looks_as_before(track: Track, frame: int) -> None:
    new_id = itertools.count(10).__next__
    assume(frame > min(track.keyframes))
    halves = operations.split(track, frame, new_id).added
    merged = operations.merge(halves, LABELS, new_id, stop=11).added
    assert len(merged) == 1
    assert visible(list(merged)) == visible([track])


@given(tracks, st.integers(0, 11))
def test_states_agree_with_the_interpolation_of_tables(track: Track, frame: int) -> None:
    state = state_on(track, frame)
    shown = visible([track]).get(frame)
    assert (shown is None) == (state is None or (isinstance(state, Shape) and state.outside))
    if shown is not None and isinstance(state, Shape):
        assert [round(value, 6) for value in state.points] == shown[0]
        assert round(state.rotation, 6) % 360 == shown[1]
        assert state.attributes == shown[4]


@given(st.lists(st.integers(0, 10), unique=True, min_size=2, max_size=5), st.permutations(range(5)))
def test_shapes_merged_in_any_order_are_visible_where_they_were(frames: list[int], order: list[int]) -> None:
    shapes: list[Record] = [
        Shape(id=frame + 1, frame=frame, label=CAR.id, type="rectangle", points=(0.0, 0.0, frame + 1.0, 1.0))
        for frame in frames
    ]
    chosen = [shapes[each] for each in order if each < len(shapes)]
    track = operations.merge(chosen, LABELS, itertools.count(50).__next__, stop=11).added
    assert {frame: look[0] for frame, look in visible(list(track)).items()} == {
        frame: [0.0, 0.0, frame + 1.0, 1.0] for frame in frames
    }


def test_a_record_with_two_hundred_keyframes_loses_only_those_in_range() -> None:
    track = Track(
        id=1, label=CAR.id, type="rectangle", keyframes={frame: Keyframe(points=(0.0, 0.0, 1.0, frame)) for frame in range(200)}
    )
    edit = operations.remove_in_range([track], 50, 149, keyframes_only=True)
    (after,) = applied(edit, {1: track}).values()
    assert isinstance(after, Track)
    assert sorted(after.keyframes) == [*range(50), *range(150, 200)]


# -- outlines ----------------------------------------------------------------------------------------------------------

bitmaps = npst.arrays(bool, npst.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12))


def mask_of(bitmap: Any, record_id: int = 1, label: int = CAR.id) -> Shape:
    return Shape(id=record_id, frame=0, label=label, type="mask", points=tuple(encode_mask(bitmap).tolist()))


def polygon(record_id: int, *points: float) -> Shape:
    return Shape(id=record_id, frame=0, label=CAR.id, type="polygon", points=points)


@given(bitmaps)
def test_a_mask_that_became_polygons_becomes_the_same_mask(bitmap: Any) -> None:
    assume(bitmap.any())
    size = {0: (bitmap.shape[1], bitmap.shape[0])}
    new_id = itertools.count(10).__next__
    shape = mask_of(bitmap)
    edit = attempt(lambda: operations.convert([shape], "polygon", LABELS, size, new_id), "holes")
    if edit is None:
        return
    parts = list(applied(edit, {1: shape}).values())
    areas = [polygon_area(np.array(part.points)) for part in parts if isinstance(part, Shape)]
    assert areas == sorted(areas, reverse=True)
    assert sum(areas) == bitmap.sum()
    back = operations.convert(parts, "mask", LABELS, size, new_id)
    joined = np.zeros_like(bitmap)
    for part in applied(back, {part.id: part for part in parts}).values():
        assert isinstance(part, Shape)
        joined |= decode_mask(part.points, *size[0])
    assert np.array_equal(joined, bitmap)


@given(bitmaps, st.data())
def test_joined_masks_cover_what_each_covered(first: Any, data: st.DataObject) -> None:
    second = data.draw(npst.arrays(bool, first.shape))
    edit = operations.join([mask_of(first), mask_of(second, 2)], LABELS, lambda: 3)
    (joined,) = edit.added
    assert isinstance(joined, Shape)
    assert np.array_equal(decode_mask(joined.points, first.shape[1], first.shape[0]), first | second)
    if mask_area(joined.points):
        assert joined.points == tuple(encode_mask(first | second).tolist())


@given(bitmaps, st.tuples(*[st.integers(-2, 14).map(lambda value: value + 0.25)] * 4))
def test_a_sliced_mask_loses_no_pixel(bitmap: Any, line: tuple[float, ...]) -> None:
    assume(bitmap.any())
    shape = mask_of(bitmap)
    new_id = itertools.count(10).__next__
    edit = attempt(lambda: operations.slice_shape(shape, line, new_id), "line", "inside", "missed", "too-many")
    if edit is None:
        return
    one, two = (decode_mask(part.points, bitmap.shape[1], bitmap.shape[0]) for part in edit.added if isinstance(part, Shape))
    assert one.any()
    assert two.any()
    assert not (one & two).any()
    assert np.array_equal(one | two, bitmap)


@given(st.floats(-3, 23), st.floats(-3, 23))
def test_the_parts_of_a_sliced_polygon_have_its_area(top: float, bottom: float) -> None:
    shape = polygon(1, 0, 0, 20, 0, 20, 10, 0, 10)
    new_id = itertools.count(10).__next__
    edit = attempt(lambda: operations.slice_shape(shape, [top, -1, bottom, 11], new_id), "missed")
    if edit is None:
        return
    areas = [polygon_area(np.array(part.points)) for part in edit.added if isinstance(part, Shape)]
    assert len(areas) == 2
    assert sum(areas) == pytest.approx(200)


@given(st.integers(3, 200), st.floats(0.1, 64))
def test_simplified_points_are_given_points(count: int, distance: float) -> None:
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    ring = np.column_stack((1e5 + 100 * np.cos(angle), 50 * np.sin(angle) + 1 / 3)).ravel()
    shape = polygon(1, *ring.tolist())
    (after,) = applied(operations.simplify([shape], distance), {1: shape}).values()
    assert isinstance(after, Shape)
    given_points = set(zip(shape.points[::2], shape.points[1::2], strict=True))
    assert set(zip(after.points[::2], after.points[1::2], strict=True)) <= given_points
    assert 6 <= len(after.points) <= len(shape.points)


def test_a_distance_beyond_the_range_is_refused() -> None:
    for distance in (0.0, 0.09, 64.1, float("nan"), float("inf")):
        with pytest.raises(OperationError, match="distance"):
            operations.simplify([polygon(1, 0, 0, 1, 0, 1, 1)], distance)


def test_an_ellipse_becomes_a_polygon_of_its_area() -> None:
    ellipse = Shape(id=1, frame=0, label=CAR.id, type="ellipse", points=(50.0, 40.0, 80.0, 30.0), rotation=30.0)
    (after,) = applied(operations.convert([ellipse], "polygon", LABELS, {0: (100, 100)}, lambda: 2), {1: ellipse}).values()
    assert isinstance(after, Shape)
    assert (after.type, after.rotation) == ("polygon", 0.0)
    assert polygon_area(np.array(after.points)) == pytest.approx(np.pi * 300, rel=0.01)


def test_a_refusal_is_an_error_of_the_package_and_says_where() -> None:
    with pytest.raises(CvatWidgetsError, match=r"shape 1: a rectangle cannot be joined\. Choose"):
        operations.join(
            [Shape(id=each, frame=0, label=CAR.id, type="rectangle", points=(0.0, 0.0, 1.0, 1.0)) for each in (1, 2)],
            LABELS, lambda: 3,
        )  # fmt: skip


def test_attributes_of_joined_polygons_are_kept_where_equal() -> None:
    labels = LabelSet.of([Label("car", attributes=(Attribute("color", "select", ("red", "blue"), "blue"), Attribute("plate")))])
    color, plate = (attribute.id for attribute in labels["car"].attributes)
    shapes = [
        Shape(id=each, frame=0, label=labels["car"].id, type="polygon", points=(0.0, 0, 9, 0, 9, 9), attributes=values)
        for each, values in ((1, {color: "red", plate: "A"}), (2, {color: "red", plate: "B"}))
    ]
    (joined,) = operations.join(shapes, labels, lambda: 3).added
    assert joined.attributes == {color: "red", plate: ""}
