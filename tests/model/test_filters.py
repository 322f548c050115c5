"""Filters against golden values, against pandas, and against a plain reference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cvat_widgets.dataframe import to_dataframe
from cvat_widgets.errors import CvatWidgetsError
from cvat_widgets.model.filters import FilterError, filter_mask, parse_filter, to_logic, to_query, widths_and_heights
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.records import Record
from cvat_widgets.model.table import AnnotationTable

GOLDEN = json.loads((Path(__file__).resolve().parents[1] / "golden" / "filters.json").read_text(encoding="utf-8"))
LABELS = LabelSet.of(GOLDEN["labels"])
RECORDS = [msgspec.convert(raw, Record, str_keys=True) for raw in GOLDEN["records"]]
FRAMES = FrameIndex([f"{n}.jpg" for n in range(12)], np.full(12, 640, np.int32), np.full(12, 480, np.int32))
STORED = AnnotationTable.from_records(RECORDS)
TABLE = interpolate_table(STORED, frame_count=12, frames=[GOLDEN["frame"]])
CASES = GOLDEN["cases"]


def objects(table: AnnotationTable, mask: np.ndarray[Any, Any]) -> list[int]:
    """Ids of the objects that a mask chooses, joints left out."""
    return sorted(table.id[mask & (table.parent < 0)].tolist())


def queried(table: AnnotationTable, query: str) -> list[int]:
    rows = table.take(table.parent < 0)
    data = to_dataframe(rows, LABELS, FRAMES)
    # A skeleton is measured by its joints, so before they are left out.
    data[["width", "height"]] = widths_and_heights(table)[table.parent < 0]
    return sorted(data.query(query, engine="python")["id"].tolist())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_golden_matches(case: dict[str, Any]) -> None:
    assert objects(TABLE, filter_mask(TABLE, LABELS, case["logic"])) == case["matches"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_golden_queries_choose_the_same_in_pandas(case: dict[str, Any]) -> None:
    if case["query"] is None:
        with pytest.raises(FilterError, match="query"):
            to_query(case["logic"], LABELS)
        return
    assert to_query(case["logic"], LABELS) == case["query"]
    assert queried(TABLE, case["query"]) == case["matches"]


@pytest.mark.parametrize("case", [case for case in CASES if case["query"]], ids=lambda case: case["name"])
def test_a_query_needs_no_labels(case: dict[str, Any]) -> None:
    if not any(word in case["name"] for word in ("is empty", "is not empty")):
        assert to_query(case["logic"]) == case["query"]
    assert queried(TABLE, to_query(case["logic"])) == case["matches"]


@pytest.mark.parametrize("case", GOLDEN["refused"], ids=lambda case: case["name"])
def test_what_is_no_filter_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(FilterError) as caught:
        filter_mask(TABLE, LABELS, case["logic"])
    assert isinstance(caught.value, CvatWidgetsError)
    assert len(str(caught.value)) > 10


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"==": [{"var": "width"}, NaN]}', "number"),
        ('{"==": [{"var": "attr.car.colour"}, "red"]}', "car.color"),
        ('{"==": [{"var": "colour"}, "red"]}', "objectID"),
        ('{"==": [{"var": "type"}, "polygon"]}', "shape, track, tag"),
        ('{"xor": []}', "xor"),
    ],
)
def test_errors_say_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(FilterError, match=says):
        filter_mask(TABLE, LABELS, text)


def test_text_and_mapping_are_the_same() -> None:
    logic = {"and": [{"==": [{"var": "label"}, "car"]}]}
    np.testing.assert_array_equal(filter_mask(TABLE, LABELS, json.dumps(logic)), filter_mask(TABLE, LABELS, logic))


def test_joints_go_with_their_skeleton() -> None:
    mask = filter_mask(TABLE, LABELS, {"==": [{"var": "label"}, "pose"]})
    assert sorted(TABLE.id[mask].tolist()) == [7, 71, 72, 73]
    assert not filter_mask(TABLE, LABELS, {"==": [{"var": "label"}, "eye"]}).any()


def test_keyframes_have_the_attributes_in_force() -> None:
    mask = filter_mask(STORED, LABELS, {"==": [{"var": "attr.car.color"}, "blue"]})
    assert sorted(zip(STORED.id[mask].tolist(), STORED.frame[mask].tolist(), strict=True)) == [(2, 5), (9, 0), (9, 10)]


def test_votes_are_read_from_what_a_merge_left() -> None:
    table = AnnotationTable.build(
        points=[0, 0, 1, 1, 0, 0, 2, 2], offsets=[0, 4, 8], id=[1, 2], label=1, extras={1: {"votes": 3, "replicas": 4}}
    )
    assert filter_mask(table, LABELS, {">=": [{"var": "votes"}, 2]}).tolist() == [False, True]


def test_an_empty_table_has_no_matches() -> None:
    for case in CASES:
        assert filter_mask(AnnotationTable.empty(), LABELS, case["logic"]).shape == (0,)


# -- properties --------------------------------------------------------------------------------------------------------

LEAVES = [case["logic"] for case in CASES if case["query"] and next(iter(case["logic"])) not in ("and", "or")]
filters = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda children: {"and": children}),
        st.lists(inner, min_size=1, max_size=3).map(lambda children: {"or": children}),
        inner.map(lambda child: {"!": child}),
    ),
    max_leaves=6,
)


def reference(logic: dict[str, Any]) -> set[int]:
    """What JSON logic means, from what its parts mean."""
    known = next((case for case in CASES if case["logic"] == logic), None)
    if known:
        return set(known["matches"])
    [(operator, value)] = logic.items()
    if operator == "!":
        return set(range(1, 11)) - reference(value)
    parts = [reference(each) for each in value]
    return set.intersection(*parts) if operator == "and" else set.union(*parts)


@settings(max_examples=60, deadline=None)
@given(filters)
def test_groups_mean_what_their_rules_mean(logic: dict[str, Any]) -> None:
    expected = sorted(reference(logic))
    assert objects(TABLE, filter_mask(TABLE, LABELS, logic)) == expected
    assert queried(TABLE, to_query(logic, LABELS)) == expected


@settings(max_examples=100, deadline=None)
@given(filters)
def test_writing_and_reading_again_changes_nothing(logic: dict[str, Any]) -> None:
    tree = parse_filter(logic)
    again = parse_filter(to_logic(tree))
    assert again == tree
    assert to_logic(again) == to_logic(tree)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["label", "width", "car"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["and", "or", "!", "!!", "in", "==", "<=", ">", "var", "startsWith", "if"]) | st.text(max_size=5),
            inner,
            max_size=2,
        ),
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(anything)
def test_anything_else_is_refused_in_words(value: Any) -> None:
    try:
        mask = filter_mask(TABLE, LABELS, value)
    except FilterError:
        return
    assert mask.shape == (len(TABLE),)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=20, alphabet=st.characters(exclude_categories=["Cs"])))
@example("\\")
@example('\\"\\\\')
def test_any_text_can_be_looked_for(text: str) -> None:
    logic = {"or": [{"==": [{"var": "label"}, text]}, {"in": [text, {"var": "attr.car.plate"}]}]}
    expected = objects(TABLE, filter_mask(TABLE, LABELS, logic))
    assert queried(TABLE, to_query(logic, LABELS)) == expected
