"""Records, tables and change sets: golden values shared with the front end, and round trips of random annotations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvat_widgets.errors import AnnotationError, LabelError
from cvat_widgets.model.changes import ChangeSet, Edit, apply_fields, read_field
from cvat_widgets.model.labels import Attribute, Label, LabelSet, color_from_name
from cvat_widgets.model.records import (
    Element,
    Keyframe,
    Record,
    Shape,
    Tag,
    Track,
    TrackElement,
    decode_record,
    encode_record,
    validate_record,
)
from cvat_widgets.model.table import AnnotationTable

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "changes.json").read_text())
LABELS = LabelSet.of(
    [
        Label("car", attributes=(Attribute("parked", "checkbox"), Attribute("speed", "number", mutable=True))),
        Label("person", type="skeleton", sublabels=(Label("eye", type="points"),)),
    ]
)
CAR, PERSON, EYE = LABELS["car"].id, LABELS["person"].id, LABELS["person"].sublabels[0].id
PARKED, SPEED = (attribute.id for attribute in LABELS["car"].attributes)


@pytest.mark.parametrize("case", GOLDEN["changes"], ids=lambda case: case["name"])
def test_golden_changes(case: dict[str, Any]) -> None:
    record = decode_record(case["record"])
    assert {path: read_field(record, path) for path in case["set"]} == case["before"]
    changed = apply_fields(record, case["set"])
    assert changed == decode_record(case["after"])
    assert apply_fields(changed, case["before"]) == record


@pytest.mark.parametrize(("kind", "path"), GOLDEN["unknown"])
def test_unknown_fields_are_refused(kind: str, path: str) -> None:
    record = next(decode_record(case["record"]) for case in GOLDEN["changes"] if case["record"]["kind"] == kind)
    with pytest.raises(AnnotationError, match="has no field"):
        read_field(record, path)


numbers = st.floats(-1e6, 1e6)
poses = st.fixed_dictionaries({"rotation": st.floats(0, 359), "occluded": st.booleans(), "outside": st.booleans()})


def points(kind: str) -> st.SearchStrategy[tuple[float, ...]]:
    sizes = {"rectangle": 4, "ellipse": 4, "polygon": 8, "polyline": 6, "points": 2}
    return st.lists(numbers, min_size=sizes[kind], max_size=sizes[kind]).map(tuple)


kinds = st.sampled_from(["rectangle", "ellipse", "polygon", "polyline", "points"])


@st.composite
def records(draw: st.DrawFn, record_id: int = 1) -> Record:
    common = {
        "id": record_id,
        "group": draw(st.integers(0, 5)),
        "source": draw(st.sampled_from(["manual", "auto", "file"])),
        "score": draw(st.floats(0, 1)),
    }
    parked = draw(st.sampled_from([{}, {PARKED: "true"}, {PARKED: "false"}]))
    which = draw(st.sampled_from(["shape", "tag", "track", "skeleton"]))
    if which == "tag":
        return Tag(frame=draw(st.integers(0, 9)), label=CAR, attributes=parked, **common)
    kind = draw(kinds)
    if which == "shape":
        return Shape(
            frame=draw(st.integers(0, 9)), label=CAR, type=kind, points=draw(points(kind)), z_order=draw(st.integers(-5, 5)),
            attributes=parked, **common, **draw(poses),
        )  # fmt: skip
    frames = draw(st.lists(st.integers(0, 9), min_size=1, max_size=4, unique=True).map(sorted))
    if which == "track":
        keyframes = {
            frame: Keyframe(points=draw(points(kind)), attributes=draw(st.sampled_from([{}, {SPEED: "5"}])), **draw(poses))
            for frame in frames
        }
        return Track(label=CAR, type=kind, attributes=parked, keyframes=keyframes, **common)
    joint = TrackElement(
        id=record_id + 500, label=EYE, keyframes={frame: Keyframe(points=draw(points("points"))) for frame in frames}
    )
    return Track(
        label=PERSON, type="skeleton", keyframes={frame: Keyframe(points=()) for frame in frames}, elements=(joint,), **common
    )


record_lists = st.integers(0, 6).flatmap(lambda count: st.tuples(*[records(number + 1) for number in range(count)]))


@given(record_lists)
def test_records_survive_the_table_and_json(originals: tuple[Record, ...]) -> None:
    table = AnnotationTable.from_records(originals)
    assert table.to_records(LABELS) == list(originals)
    assert table.problems(LABELS, 10) == []
    assert [decode_record(encode_record(record)) for record in originals] == list(originals)
    for record in originals:
        validate_record(record, LABELS, frame_count=10)


@given(record_lists, record_lists)
def test_tables_can_be_cut_and_joined(first: tuple[Record, ...], second: tuple[Record, ...]) -> None:
    a, b = AnnotationTable.from_records(first), AnnotationTable.from_records(second)
    joined = AnnotationTable.concat([a, b])
    assert joined.take(np.arange(len(a))).equals(a)
    assert joined.take(np.arange(len(a), len(joined))).equals(b)
    assert joined.take(np.arange(len(joined))).equals(joined)


@given(record_lists, record_lists)
def test_a_change_set_and_its_inverse_cancel(before: tuple[Record, ...], after: tuple[Record, ...]) -> None:
    present = {record.id: record for record in before}
    removed = tuple(record for record in before if record.id % 2)
    added = tuple(record for record in after if record.id % 2)
    updated = {
        record.id: {"group": (record.group, record.group + 1), "label": (record.label, CAR)}
        for record in before
        if not record.id % 2
    }
    changes = ChangeSet(added=added, updated=updated, removed=removed)
    assert changes.inverse().apply_to(changes.apply_to(present)) == present
    assert Edit.from_wire(changes.to_wire()) == changes.to_edit()


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (Shape(id=1, frame=0, label=99, type="rectangle", points=(0, 0, 1, 1)), "label id 99"),
        (Shape(id=1, frame=10, label=1, type="rectangle", points=(0, 0, 1, 1)), "frame 10 does not exist"),
        (Shape(id=1, frame=0, label=1, type="rectangle", points=(0, 0, 1)), "4 numbers, not 3"),
        (Shape(id=1, frame=0, label=1, type="polygon", points=(0, 0, 1, 1)), "at least 6"),
        (Shape(id=1, frame=0, label=1, type="rectangle", points=(0, 0, 1, float("inf"))), "finite"),
        (Shape(id=1, frame=0, label=1, type="rectangle", points=(0, 0, 1, 1), rotation=float("nan")), "rotation"),
        (Shape(id=1, frame=0, label=1, type="rectangle", points=(0, 0, 1, 1), attributes={1: "maybe"}), "'maybe'"),
        (Shape(id=1, frame=0, label=1, type="rectangle", points=(0, 0, 1, 1), attributes={77: "x"}), "attribute id 77"),
        (Track(id=1, label=1, type="rectangle"), "at least one keyframe"),
        (
            Shape(id=1, frame=0, label=2, type="skeleton", points=(), elements=(Element(id=2, label=1, points=(0, 0)),)),
            "sublabel",
        ),
    ],
)
def test_invalid_records_are_named(record: Record, text: str) -> None:
    with pytest.raises(AnnotationError, match=text):
        validate_record(record, LABELS, frame_count=10)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Label(""), "needs a name"),
        (lambda: Label("x" * 65), "longer than 64"),
        (lambda: Label("a", color="red"), "not a colour"),
        (lambda: Label("a", type="blob"), "not a label type"),
        (lambda: Label("a", sublabels=(Label("b"),)), "only a label of type skeleton"),
        (lambda: Label("a", attributes=(Attribute("x"), Attribute("x"))), "defined twice"),
        (lambda: Attribute("a", "select"), "at least one value"),
        (lambda: Attribute("a", "number", ("5", "1", "1")), "minimum <= maximum"),
        (lambda: Attribute("a", "number", ("x", "1", "1")), "must be numbers"),
        (lambda: Attribute("a", "checkbox", default="yes"), "neither"),
        (lambda: Attribute("a", "radio", ("x", "y"), "z"), "not one of"),
        (lambda: Attribute("a", "slider"), "not an input type"),
        (lambda: LabelSet.of("car"), "not one text"),
        (lambda: LabelSet.of(["car", "car"]), "defined twice"),
        (lambda: LabelSet.of([3]), "a name or an object"),
        (lambda: LABELS["bus"], "car, person"),
    ],
)
def test_wrong_labels_are_named(make: Any, text: str) -> None:
    with pytest.raises(LabelError, match=text):
        make()


def test_labels_survive_their_raw_form_and_colours_are_stable() -> None:
    assert LabelSet.of(LABELS.to_raw()) == LABELS
    assert color_from_name("car") == color_from_name("car") == Label("car").color
    assert color_from_name("car") != color_from_name("person")
