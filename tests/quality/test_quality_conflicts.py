"""Every type of conflict, each by a case small enough to be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from making_tables import box, frames, mask, shape, square, table, tag, track

from cvat_widgets import quality
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.records import Record
from cvat_widgets.quality import CONFLICT_TYPES, QualityReport, QualitySettings

LABELS = LabelSet.of(
    [
        {
            "name": "car",
            "attributes": [
                {"name": "colour", "input_type": "select", "values": ["red", "blue"], "default_value": "red"},
                {"name": "doors", "input_type": "number", "values": ["0", "9", "1"], "default_value": "4"},
                {"name": "parked", "input_type": "checkbox", "values": ["false"], "default_value": "false"},
            ],
        },
        "bus",
    ]
)
COLOUR, DOORS, PARKED = (attribute.id for attribute in LABELS["car"].attributes)


def compare(gt: list[Record], ds: list[Record], **settings: object) -> QualityReport:
    return quality.compare(table(*gt), table(*ds), LABELS, frames(3), QualitySettings(**settings))


def types(report: QualityReport) -> list[str]:
    return sorted(report.conflicts["type"].tolist())


def test_agreement_has_no_conflicts() -> None:
    assert types(compare([box(0, 0, 10, 10), tag()], [box(0, 0, 10, 10), tag()])) == []


def test_types_and_severities_are_cvats() -> None:
    errors = {name for name, severity in CONFLICT_TYPES.items() if severity == "error"}
    assert errors == {"missing_annotation", "extra_annotation", "mismatching_label"}
    assert set(CONFLICT_TYPES) - errors == {
        "low_overlap", "mismatching_direction", "mismatching_attributes", "mismatching_groups", "covered_annotation",
    }  # fmt: skip


def test_missing_and_extra() -> None:
    report = compare([box(0, 0, 10, 10, id=7)], [box(50, 50, 60, 60, id=8, frame=1, label=2)])
    rows = report.conflicts
    assert rows["type"].tolist() == ["missing_annotation", "extra_annotation"]
    assert rows["severity"].tolist() == ["error", "error"]
    assert rows["frame"].tolist() == [0, 1]
    assert (rows["gt_id"][0], rows["gt_label"][0], rows["gt_type"][0]) == (7, "car", "rectangle")
    assert (rows["ds_id"][1], rows["ds_label"][1]) == (8, "bus")
    assert rows["ds_id"].isna().tolist() == [True, False]
    assert rows["ds_label"].isna().tolist() == [True, False]


def test_below_the_threshold_is_missing_and_extra() -> None:
    # 10 x 10 shifted by 5: 1/3.
    gt, ds = [box(0, 0, 10, 10)], [box(5, 0, 15, 10)]
    assert types(compare(gt, ds)) == ["extra_annotation", "missing_annotation"]
    assert types(compare(gt, ds, iou_threshold=0.33)) == ["low_overlap"]


def test_low_overlap() -> None:
    # 60 of 100 and 80 of 100.
    assert types(compare([box(0, 0, 10, 10)], [box(0, 0, 6, 10)])) == ["low_overlap"]
    assert types(compare([box(0, 0, 10, 10)], [box(0, 0, 8, 10)])) == []
    report = compare([box(0, 0, 10, 10)], [box(0, 0, 6, 10)])
    assert report.conflicts["similarity"].tolist() == [pytest.approx(0.6)]
    assert report.conflicts["severity"].tolist() == ["warning"]


def test_mismatching_label() -> None:
    report = compare([box(0, 0, 10, 10, label=1)], [box(0, 0, 10, 10, label=2)])
    assert types(report) == ["mismatching_label"]
    assert (report.conflicts["gt_label"][0], report.conflicts["ds_label"][0]) == ("car", "bus")


def test_geometry_decides_before_labels() -> None:
    # The annotation nearest to the car is called a bus: CVAT pairs them and complains about the label.
    gt = [box(0, 0, 10, 10, label=1)]
    ds = [box(0, 0, 9, 10, label=2), box(0, 0, 6, 10, label=1)]
    assert types(compare(gt, ds, check_covered_annotations=False)) == ["extra_annotation", "mismatching_label"]


def test_labels_decide_between_equals() -> None:
    twins = [box(0, 0, 10, 10, label=1), box(0, 0, 10, 10, label=2)]
    assert types(compare(twins, twins[::-1], check_covered_annotations=False)) == []


def test_tags_are_matched_by_label_first() -> None:
    assert types(compare([tag(1), tag(2)], [tag(2), tag(1)])) == []
    assert types(compare([tag(1)], [tag(2)])) == ["mismatching_label"]
    assert types(compare([tag(1), tag(2)], [tag(2)])) == ["missing_annotation"]
    assert types(compare([tag(1)], [tag(1, frame=1)])) == ["extra_annotation", "missing_annotation"]


def test_shapes_of_different_kinds_are_not_compared() -> None:
    assert types(compare([box(0, 0, 10, 10)], [square(0, 0, 10, 10)])) == ["extra_annotation", "missing_annotation"]


def test_cuboids_are_counted_but_not_compared() -> None:
    report = compare([shape("cuboid", range(16))], [])
    assert (report.ignored, report.annotations.gt_count, len(report.conflicts)) == (1, 0, 0)


def test_mismatching_direction() -> None:
    gt, ds = [shape("polyline", (10, 10, 90, 10))], [shape("polyline", (90, 10, 10, 10))]
    assert types(compare(gt, ds)) == ["mismatching_direction"]
    assert types(compare(gt, ds, compare_line_orientation=False)) == []
    assert types(compare(gt, gt)) == []
    assert types(compare(gt, ds, line_orientation_threshold=1.0)) == []
    # A closed loop is as much like itself either way round but for the points between.
    loop = [shape("polyline", (10, 10, 12, 10, 10, 10))]
    assert types(compare(loop, [shape("polyline", (10, 10, 12, 10, 10, 10))])) == []


def test_covered_annotation() -> None:
    below, above = box(10, 10, 30, 30, id=5), box(5, 5, 40, 40, z_order=1)
    report = compare([below, above], [below, above])
    assert types(report) == ["covered_annotation"]
    assert report.conflicts["ds_id"].tolist() == [5]
    assert types(compare([below, above], [below, above], check_covered_annotations=False)) == []
    # The ground truth is not searched.
    assert types(compare([below, above], [above])) == ["missing_annotation"]


def test_what_is_drawn_later_covers_on_the_same_level() -> None:
    small, large = box(10, 10, 30, 30), box(5, 5, 40, 40)
    assert types(compare([small, large], [small, large])) == ["covered_annotation"]
    assert types(compare([large, small], [large, small])) == []


def test_a_visible_rest_keeps_an_object_uncovered() -> None:
    # 10 % of the lower square can be seen, 5 % have to.
    shapes = [box(10, 10, 30, 30), box(10, 12, 30, 30, z_order=1)]
    assert types(compare(shapes, shapes)) == []
    assert types(compare(shapes, shapes, object_visibility_threshold=0.15)) == ["covered_annotation"]


def test_several_shapes_cover_together() -> None:
    bitmap = np.zeros((100, 100), bool)
    bitmap[10:30, 10:30] = True
    halves = [square(5, 5, 20, 40, z_order=1), box(20, 5, 40, 40, z_order=2)]
    report = compare([], [mask(bitmap, id=9), *halves])
    assert report.conflict_counts["covered_annotation"] == 1
    assert compare([], [mask(bitmap), halves[0]]).conflict_counts["covered_annotation"] == 0


def test_a_turned_box_covers_what_lies_under_it() -> None:
    # Upright it would cover the square, turned it does not reach it.
    shapes = [box(10, 45, 20, 55), box(5, 40, 95, 60, z_order=1, rotation=90)]
    assert types(compare(shapes, shapes)) == []


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ({COLOUR: "red"}, {COLOUR: "blue"}, 1),
        ({COLOUR: "red"}, {COLOUR: "red"}, 0),
        ({}, {COLOUR: "red"}, 0),  # the default
        ({}, {COLOUR: "blue"}, 1),
        ({DOORS: "4"}, {DOORS: "4.0"}, 0),
        ({DOORS: "4"}, {DOORS: "5"}, 1),
        ({PARKED: "true"}, {PARKED: "True"}, 0),
        ({PARKED: "true"}, {}, 1),
    ],
)
def test_mismatching_attributes(mine: dict, theirs: dict, expected: int) -> None:
    gt, ds = [box(0, 0, 10, 10, attributes=mine)], [box(0, 0, 10, 10, attributes=theirs)]
    assert types(compare(gt, ds)) == ["mismatching_attributes"] * expected
    assert types(compare(ds, gt)) == ["mismatching_attributes"] * expected
    assert types(compare(gt, ds, compare_attributes=False)) == []


def test_without_labels_a_value_on_one_side_only_is_a_difference() -> None:
    gt, ds = table(box(0, 0, 9, 9)), table(box(0, 0, 9, 9, attributes={COLOUR: "red"}))
    assert types(quality.compare(gt, ds)) == ["mismatching_attributes"]
    assert types(quality.compare(ds, ds)) == []


def test_being_occluded_is_an_attribute() -> None:
    assert types(compare([box(0, 0, 10, 10)], [box(0, 0, 10, 10, occluded=True)])) == ["mismatching_attributes"]


def test_attributes_of_different_labels_are_not_compared() -> None:
    gt, ds = [box(0, 0, 10, 10)], [box(0, 0, 10, 10, label=2, attributes={COLOUR: "blue"})]
    assert types(compare(gt, ds)) == ["mismatching_label"]


def three(*groups: int) -> list[Record]:
    return [box(30 * n, 0, 30 * n + 20, 20, group=group) for n, group in enumerate(groups)]


@pytest.mark.parametrize(
    ("gt", "ds", "conflicts"),
    [
        ((0, 0, 0), (0, 0, 0), 0),
        ((1, 1, 0), (5, 5, 0), 0),  # numbers do not matter
        ((1, 0, 0), (0, 0, 0), 0),  # a group of one is no group
        ((1, 1, 0), (0, 0, 0), 1),  # {a, b} pairs with one of two single ones: 1/2
        ((0, 0, 0), (1, 1, 0), 2),  # both stand alone in the ground truth but not here
        ((1, 1, 1), (1, 1, 0), 1),  # 2/3 shared: the group is the same, one is not in it
        ((1, 1, 0), (1, 0, 1), 2),  # 1/3 shared: not the same group; the third one stands alone in the ground truth
    ],
)
def test_mismatching_groups(gt: tuple, ds: tuple, conflicts: int) -> None:
    report = compare(three(*gt), three(*ds))
    assert report.conflict_counts["mismatching_groups"] == conflicts, report.conflicts
    assert len(report.conflicts) == conflicts
    assert types(compare(three(*gt), three(*ds), compare_groups=False)) == []


def test_groups_of_another_frame_are_other_groups() -> None:
    gt = [box(0, 0, 10, 10, group=1), box(0, 0, 10, 10, frame=1, group=1)]
    ds = [box(0, 0, 10, 10, group=1), box(0, 0, 10, 10, frame=1, group=2)]
    assert types(compare(gt, ds)) == []


def test_grouped_parts_of_one_object_are_in_the_same_group() -> None:
    parts = [square(0, 0, 10, 10, group=1), square(20, 0, 30, 10, group=1)]
    assert types(compare(parts, parts)) == []


def test_tracks_are_compared_frame_by_frame() -> None:
    gt = [track({0: (0, 0, 10, 10), 2: (20, 0, 30, 10)})]
    ds = [track({0: (0, 0, 10, 10), 1: (10, 0, 20, 10), 2: (10, 0, 20, 10)}, outside=(2,))]
    report = compare(gt, ds)
    assert report.annotations.valid_count == 2
    rows = report.conflicts
    assert (rows["type"].tolist(), rows["frame"].tolist()) == (["missing_annotation"], [2])
    assert rows["gt_id"].tolist() == [gt[0].id]


def test_what_is_outside_is_not_there() -> None:
    assert types(compare([box(0, 0, 10, 10, outside=True)], [])) == []


def test_a_track_holds_to_the_end_of_the_task() -> None:
    report = compare([track({0: (0, 0, 10, 10)})], [box(0, 0, 10, 10, frame=n) for n in range(3)])
    assert (report.annotations.valid_count, len(report.conflicts)) == (3, 0)
