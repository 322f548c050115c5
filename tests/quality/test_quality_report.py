"""Metrics, tables and the JSON form of reports."""

from __future__ import annotations

import json

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making_tables import box, frames, shape, square, table, tag

from cvat_widgets import quality
from cvat_widgets.model.records import Record
from cvat_widgets.quality import ConfusionMatrix, QualityError, QualityReport, QualitySettings

NAMES = ["car", "bus", "bike"]


def compare(gt: list[Record], ds: list[Record], count: int = 2, **settings_: object) -> QualityReport:
    return quality.compare(table(*gt), table(*ds), NAMES, frames(count), QualitySettings(**settings_))


@pytest.fixture
def report() -> QualityReport:
    """Frame 0: a car found, a car called a bus, a bus missing. Frame 1: a car half found, a bike too many, a tag found."""
    gt = [
        box(0, 0, 10, 10), box(20, 0, 30, 10), box(40, 0, 50, 10, label=2),
        box(0, 0, 10, 10, frame=1), tag(3, frame=1),
    ]  # fmt: skip
    ds = [
        box(0, 0, 10, 10), box(20, 0, 30, 10, label=2),
        box(0, 0, 5, 10, frame=1), box(60, 0, 70, 10, frame=1, label=3), tag(3, frame=1),
    ]  # fmt: skip
    return compare(gt, ds)


def test_annotations(report: QualityReport) -> None:
    total = report.annotations
    assert (total.valid_count, total.missing_count, total.extra_count, total.total_count) == (3, 1, 1, 6)
    assert (total.ds_count, total.gt_count) == (5, 5)
    assert (report.accuracy, report.precision, report.recall) == (3 / 6, 3 / 5, 3 / 5)
    assert (total.jaccard, total.dice) == (3 / 7, 6 / 10)


def test_shapes_and_labels_apart(report: QualityReport) -> None:
    shapes = report.shapes
    assert (shapes.valid_count, shapes.missing_count, shapes.extra_count, shapes.total_count) == (3, 1, 1, 5)
    assert (shapes.ds_count, shapes.gt_count, shapes.accuracy) == (4, 4, 3 / 5)
    # Frame 0: 1, 1 and 0 for the missing bus; frame 1: 0.5 and 0 for the bike. The mean of the frames' means.
    assert report.mean_iou == pytest.approx((2 / 3 + 0.5 / 2) / 2)
    labels = report.label_pairs
    assert (labels.valid_count, labels.invalid_count, labels.total_count, labels.accuracy) == (3, 1, 4, 3 / 4)


def test_a_lone_shape_counts_with_its_nearest_for_the_mean_overlap() -> None:
    # Two annotations on one car: 1 and 0.3 (below the threshold, but not nothing).
    found = compare([box(0, 0, 10, 10)], [box(0, 0, 10, 10), box(0, 0, 3, 10)], check_covered_annotations=False)
    assert found.per_frame["mean_iou"].tolist() == [pytest.approx((1 + 0.3) / 2), 0]


def test_confusion(report: QualityReport) -> None:
    matrix = report.confusion_matrix
    assert matrix.labels == ("car", "bus", "bike", "unmatched")
    assert matrix.rows.tolist() == [[2, 0, 0, 0], [1, 0, 0, 0], [0, 0, 1, 1], [0, 1, 0, 0]]
    assert matrix.precision.tolist() == [1, 0, 0.5, 0]
    assert matrix.recall.tolist() == [2 / 3, 0, 1, 0]
    # Of six: car has one false negative, bus one of each, bike one false positive.
    assert matrix.accuracy.tolist() == [5 / 6, 4 / 6, 5 / 6, 4 / 6]
    assert matrix.jaccard_index.tolist() == [2 / 3, 0, 1 / 2, 0]
    assert matrix.dice.tolist() == [4 / 5, 0, 2 / 3, 0]
    assert matrix.to_frame().loc["bus", "car"] == 1
    assert (matrix.to_frame().index.name, matrix.to_frame().columns.name) == ("ds", "gt")


def test_averages() -> None:
    matrix = ConfusionMatrix(("a", "b", "c", "unmatched"), np.array([[3, 0, 0, 1], [1, 2, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]))
    assert matrix.average("precision", "micro") == 5 / 7
    assert matrix.average("precision", "macro") == pytest.approx((3 / 4 + 2 / 3) / 2)
    assert matrix.average("precision", "worst") == pytest.approx(2 / 3)
    assert matrix.average("accuracy", "micro") == 5 / 7
    assert matrix.average("recall", "worst") == 3 / 4
    assert matrix.average("jaccard", "micro") == 5 / 8
    assert matrix.average("dice", "micro") == 10 / 13
    empty = ConfusionMatrix(("a", "unmatched"), np.zeros((2, 2), np.int64))
    assert empty.average("dice", "worst") == empty.average("dice", "micro") == 0


def test_per_frame_and_per_label(report: QualityReport) -> None:
    rows = report.per_frame
    assert rows["frame"].tolist() == [0, 1]
    assert rows["valid_count"].tolist() == [1, 2]
    assert rows["total_count"].tolist() == [3, 3]
    assert rows["accuracy"].tolist() == [1 / 3, 2 / 3]
    assert rows["precision"].tolist() == [1 / 2, 2 / 3]
    assert rows["recall"].tolist() == [1 / 3, 1]
    assert rows["error_count"].tolist() == [2, 1]
    assert rows["warning_count"].tolist() == [0, 1]
    labels = report.per_label.set_index("label")
    assert labels.loc["car"].tolist()[:6] == [2, 0, 0, 1, 2, 3]
    assert labels.loc["bus", "missing_count"] == 1
    assert labels.loc["bike", "extra_count"] == 1


def test_empty_frames() -> None:
    gt, ds = [box(0, 0, 10, 10)], [box(0, 0, 10, 10), box(50, 0, 60, 10, frame=1)]
    plain = compare(gt, ds, 3)
    assert (plain.annotations.total_count, plain.accuracy) == (2, 1 / 2)
    # Frame 2 is empty on both sides and right; frame 1 is empty in the ground truth only.
    virtual = compare(gt, ds, 3, empty_is_annotated=True)
    total = virtual.annotations
    assert (total.valid_count, total.total_count, total.ds_count, total.gt_count) == (2, 4, 3, 3)
    assert virtual.per_frame["accuracy"].tolist() == [1, 0, 1]
    assert compare([], [], 2, empty_is_annotated=True).accuracy == 1
    assert compare([], [], 2).accuracy == 0
    assert virtual.shapes.valid_count == 2
    assert virtual.label_pairs.total_count == 2


def test_only_validation_frames_are_compared() -> None:
    gt, ds = table(box(0, 0, 10, 10, frame=1)), table(box(0, 0, 10, 10), box(0, 0, 10, 10, frame=1))
    assert quality.compare(gt, ds).frames.tolist() == [0, 1]
    found = quality.compare(gt, ds, validation_frames=[1])
    assert (found.frames.tolist(), found.accuracy) == ([1], 1)
    assert quality.compare(gt, ds, None, frames(10)).frames.tolist() == list(range(10))


def test_verdict(report: QualityReport) -> None:
    verdict = report.verdict()
    assert (verdict.metric, verdict.value, verdict.threshold, verdict.passed) == ("accuracy", 0.5, 0.7, False)
    assert verdict.attempts_left is None
    gt = ds = [box(0, 0, 10, 10)]
    good = compare(gt, ds, target_metric="dice", max_validations_per_job=3)
    assert (good.verdict(2).passed, good.verdict(2).attempts_left, good.verdict(9).attempts_left) == (True, 1, 0)
    assert compare(gt, ds, target_average="worst").target_value == 1


def test_json_has_cvats_keys(report: QualityReport) -> None:
    data = json.loads(json.dumps(report.to_dict(job_id=5, gt_job_id=6)))
    summary = data["comparison_summary"]
    assert set(data) == {"parameters", "comparison_summary", "frame_results"}
    assert set(summary) == {
        "frame_share", "frames", "frame_count", "conflict_count", "warning_count", "error_count", "conflicts_by_type",
        "mean_conflict_count", "annotations", "annotation_components",
    }  # fmt: skip
    assert summary["conflicts_by_type"] == {
        "mismatching_label": 1,
        "missing_annotation": 1,
        "extra_annotation": 1,
        "low_overlap": 1,
    }
    assert summary["annotations"]["confusion_matrix"]["axes"] == {"cols": "gt", "rows": "ds"}
    assert summary["annotation_components"]["shape"]["mean_iou"] == pytest.approx(report.mean_iou)
    assert summary["frame_share"] == 1
    assert data["parameters"]["iou_threshold"] == 0.4
    first = data["frame_results"]["0"]
    wrong = next(each for each in first["conflicts"] if each["type"] == "mismatching_label")
    assert wrong["severity"] == "error"
    assert [each["job_id"] for each in wrong["annotation_ids"]] == [5, 6]
    assert wrong["annotation_ids"][0]["shape_type"] == "rectangle"
    rows = [np.array(result["annotations"]["confusion_matrix"]["rows"]) for result in data["frame_results"].values()]
    assert (sum(rows) == report.confusion_matrix.rows).all()


def test_nothing_at_all() -> None:
    empty = quality.compare(table(), table())
    assert (empty.accuracy, empty.mean_iou, len(empty.conflicts), len(empty.per_frame)) == (0, 0, 0, 0)
    assert empty.to_dict()["comparison_summary"]["frames"] == []
    assert "0 frames" in repr(empty)


@pytest.mark.parametrize(
    "wrong",
    [
        {"iou_threshold": 1.5}, {"oks_sigma": 0}, {"line_thickness": -1}, {"point_size_base": "box"},
        {"target_metric": "f1"}, {"target_average": "mean"}, {"max_validations_per_job": -1},
    ],
)  # fmt: skip
def test_settings_that_make_no_sense(wrong: dict) -> None:
    with pytest.raises(QualityError, match=next(iter(wrong))):
        QualitySettings(**wrong)


def test_wrong_frames_are_named() -> None:
    with pytest.raises(QualityError, match="validation_frames="):
        quality.compare(table(), table(), None, [1, 2])  # type: ignore[arg-type]
    with pytest.raises(QualityError, match="frame 7"):
        quality.compare(table(), table(), None, frames(3), validation_frames=[7])


# -- properties --------------------------------------------------------------------------------------------------------

numbers = st.integers(0, 80)


@st.composite
def records(draw: st.DrawFn) -> Record:
    x, y, width, height = draw(numbers), draw(numbers), draw(st.integers(1, 19)), draw(st.integers(1, 19))
    common = {"frame": draw(st.integers(0, 1)), "label": draw(st.integers(1, 3))}
    more = {"group": draw(st.integers(0, 2)), "z_order": draw(st.integers(0, 2))}
    kind = draw(st.sampled_from(["rectangle", "turned", "polygon", "polyline", "points", "ellipse", "tag"]))
    if kind == "tag":
        return tag(common["label"], common["frame"])
    if kind in ("rectangle", "turned"):
        return box(
            x,
            y,
            x + width,
            y + height,
            rotation=float(draw(st.integers(1, 359))) if kind == "turned" else 0.0,
            **common,
            **more,
        )
    if kind == "polygon":
        return square(x, y, x + width, y + height, **common, **more)
    if kind == "ellipse":
        return shape("ellipse", (x, y, x + width, y - height), **common, **more)
    return shape(kind, (x, y, x + width, y + height), **common, **more)


some = st.lists(records(), max_size=7)


@settings(max_examples=60, deadline=None)
@given(some)
def test_everything_agrees_with_itself(these: list[Record]) -> None:
    # Groups are left out: two parts of a group that hide one another have no visible part of their own.
    found = compare(these, these, panoptic_comparison=False, compare_groups=False, check_covered_annotations=False)
    total = found.annotations
    assert total.missing_count == total.extra_count == 0
    assert total.valid_count == total.total_count == total.ds_count == total.gt_count
    assert found.accuracy == (1 if these else 0)
    assert found.conflict_counts["low_overlap"] == found.conflict_counts["mismatching_label"] == 0
    shapes = {each.frame for each in these if type(each).__name__ == "Shape"}
    assert found.mean_iou == pytest.approx(len(shapes) / 2)
    assert not found.conflict_counts["mismatching_direction"]
    matrix = found.confusion_matrix.rows
    assert (matrix == np.diag(np.diag(matrix))).all()


@settings(max_examples=80, deadline=None, derandomize=True)  # of equally good matchings either may be chosen
@given(some, some)
def test_counts_are_symmetric(a: list[Record], b: list[Record]) -> None:
    a, b = ([msgspec.structs.replace(each, group=0) for each in side] for side in (a, b))
    there, back = compare(a, b), compare(b, a)
    one, other = there.annotations, back.annotations
    assert (one.missing_count + one.valid_count, one.ds_count) == (other.extra_count + other.valid_count, other.gt_count)
    assert one.total_count == other.total_count
    assert there.shapes.valid_count == back.shapes.valid_count
    assert there.shapes.missing_count == back.shapes.extra_count
    assert there.precision == pytest.approx(back.recall)
    assert there.mean_iou == pytest.approx(back.mean_iou)


@settings(max_examples=60, deadline=None)
@given(some, some)
def test_tables_add_up(a: list[Record], b: list[Record]) -> None:
    found = compare(a, b)
    matrix, total, conflicts = found.confusion_matrix.rows, found.annotations, found.conflict_counts
    assert matrix.sum() == total.total_count == found.per_frame["total_count"].sum()
    assert matrix[-1].sum() == total.missing_count == conflicts["missing_annotation"] == found.per_label["missing_count"].sum()
    assert matrix[:, -1].sum() == total.extra_count == conflicts["extra_annotation"] == found.per_label["extra_count"].sum()
    assert conflicts["mismatching_label"] == total.total_count - total.valid_count - total.missing_count - total.extra_count
    assert sum(conflicts.values()) == len(found.conflicts) == found.per_frame["conflict_count"].sum()
    assert (found.conflicts["frame"].diff().dropna() >= 0).all()
    json.dumps(found.to_dict())
