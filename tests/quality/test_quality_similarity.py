"""How alike two shapes are, by hand and against independent computations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making_tables import SIZE, box, frames, mask, shape, skeleton, square, table
from pycocotools import mask as coco

from cvat_widgets import quality
from cvat_widgets.model.records import Shape
from cvat_widgets.quality.lines import line_similarity, resampled
from cvat_widgets.quality.pairs import Edges, all_pairs, assign, overlapping_pairs

LOW = quality.QualitySettings(iou_threshold=0.0001, low_overlap_threshold=1.0, check_covered_annotations=False)


def similarity(a: Shape, b: Shape, **settings_: object) -> float:
    """The similarity the report used for a pair, 0 if it was not matched."""
    chosen = quality.QualitySettings(**({"iou_threshold": 0.0001, "check_covered_annotations": False} | settings_))
    report = quality.compare(table(a), table(b), None, frames(1), chosen)
    return report.mean_iou if report.shapes.valid_count else 0.0


# -- boxes -------------------------------------------------------------------------------------------------------------


def test_upright_boxes() -> None:
    # 10 x 10 and 10 x 10 shifted by 5: 50 of 150.
    assert similarity(box(0, 0, 10, 10), box(5, 0, 15, 10)) == pytest.approx(1 / 3)


def test_touching_boxes_are_not_alike() -> None:
    assert similarity(box(0, 0, 10, 10), box(10, 0, 20, 10)) == 0


def test_boxes_turned_alike_are_compared_upright() -> None:
    assert similarity(box(0, 0, 10, 10, rotation=30), box(5, 0, 15, 10, rotation=30)) == pytest.approx(1 / 3)


def test_a_box_turned_by_90_degrees_is_another_box() -> None:
    # 40 x 20 about (50, 50), turned: 20 x 40. They share 20 x 20 of 1200.
    assert similarity(box(30, 40, 70, 60), box(30, 40, 70, 60, rotation=90)) == pytest.approx(400 / 1200, abs=0.03)
    assert similarity(box(30, 40, 70, 60, rotation=90), box(40, 30, 60, 70)) == pytest.approx(1, abs=0.06)


def test_a_turned_box_overlaps_what_its_upright_box_does_not_touch() -> None:
    thin = box(10, 48, 90, 52, rotation=90)
    assert similarity(thin, box(48, 10, 52, 90)) > 0.8
    # And the other way round: upright it would share a quarter.
    assert similarity(thin, box(10, 48, 30, 52)) == 0


def test_ellipses_overlap_in_pixels() -> None:
    circle = shape("ellipse", (50, 50, 70, 30))
    assert similarity(circle, shape("ellipse", (50, 50, 70, 30))) == 1
    # A circle in one of half the radius: a quarter of the area.
    assert similarity(circle, shape("ellipse", (50, 50, 60, 40))) == pytest.approx(0.25, abs=0.02)


boxes = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(1, 39), st.integers(1, 39))


@settings(max_examples=60, deadline=None)
@given(boxes, boxes)
def test_pycocotools_agrees_about_boxes(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    expected = float(coco.iou([list(map(float, b))], [list(map(float, a))], [0])[0, 0])
    found = similarity(box(a[0], a[1], a[0] + a[2], a[1] + a[3]), box(b[0], b[1], b[0] + b[2], b[1] + b[3]))
    assert found == pytest.approx(expected if expected >= 0.0001 else 0)


# -- polygons and masks ------------------------------------------------------------------------------------------------

rings = st.lists(st.tuples(st.integers(1, 98), st.integers(1, 98)), min_size=3, max_size=8, unique=True)


def as_rle(ring: list[tuple[int, int]]) -> dict[str, object]:
    return coco.frPyObjects([np.ravel(ring).astype(float).tolist()], SIZE[1], SIZE[0])[0]


@settings(max_examples=60, deadline=None)
@given(rings, rings, st.booleans())
def test_pycocotools_agrees_about_polygons(a: list[tuple[int, int]], b: list[tuple[int, int]], panoptic: bool) -> None:
    expected = float(coco.iou([as_rle(b)], [as_rle(a)], [0])[0, 0])
    found = similarity(shape("polygon", a), shape("polygon", b), panoptic_comparison=panoptic)
    assert found == pytest.approx(expected if expected >= 0.0001 else 0)


def test_a_mask_is_compared_with_a_polygon() -> None:
    bitmap = np.zeros((100, 100), bool)
    bitmap[20:40, 10:30] = True
    assert similarity(mask(bitmap), square(10, 20, 30, 40)) == 1
    bitmap[30:40] = False
    assert similarity(mask(bitmap), square(10, 20, 30, 40)) == pytest.approx(0.5)


def test_what_lies_outside_the_image_does_not_count() -> None:
    a, b = square(-50, 0, 10, 10), square(0, 0, 10, 10)
    assert similarity(a, b) == 1
    assert quality.compare(table(a), table(b), settings=LOW).mean_iou == pytest.approx(100 / 600, abs=0.01)


def painted(shapes: list[tuple[int, list[tuple[int, int]]]]) -> np.ndarray:
    """Number of the topmost shape on every pixel, 0 for none: the slow and simple way."""
    canvas = np.zeros((SIZE[1], SIZE[0]), int)
    for place in sorted(range(len(shapes)), key=lambda index: shapes[index][0]):
        canvas[coco.decode(as_rle(shapes[place][1])) > 0] = place + 1
    return canvas


layers = st.lists(st.tuples(st.integers(0, 2), rings), min_size=1, max_size=4)


@settings(max_examples=80, deadline=None)
@given(layers, layers)
def test_painting_agrees_about_visible_parts(a: list, b: list) -> None:
    tables = [table(*(shape("polygon", ring, z_order=z) for z, ring in side)) for side in (a, b)]
    from cvat_widgets.quality.scene import Scene, prepare
    from cvat_widgets.quality.segments import segment_edges, segment_units

    sides = [prepare(each, 1, None) for each in tables]
    units = [segment_units(side, side.objects) for side in sides]
    edges = segment_edges(*sides, *units, Scene(None, SIZE), panoptic=True)
    found = np.zeros((len(a), len(b)))
    found[edges.a, edges.b] = edges.similarity
    first, second = painted(a), painted(b)
    for i in range(len(a)):
        for j in range(len(b)):
            mine, theirs = first == i + 1, second == j + 1
            assert found[i, j] == pytest.approx((mine & theirs).sum() / max((mine | theirs).sum(), 1))


def test_hidden_parts_count_unless_the_comparison_is_panoptic() -> None:
    # The right half of the lower square lies under the upper one.
    gt = table(square(0, 0, 20, 20), square(10, 0, 30, 20, z_order=1, label=2))
    ds = table(square(0, 0, 10, 20), square(10, 0, 30, 20, z_order=1, label=2))
    assert quality.compare(gt, ds, None, frames(1)).mean_iou == 1
    plain = quality.compare(gt, ds, None, frames(1), quality.QualitySettings(panoptic_comparison=False))
    assert plain.mean_iou == pytest.approx((0.5 + 1) / 2)


def test_grouped_parts_of_one_label_are_one_object() -> None:
    parts = table(square(0, 0, 10, 10, group=1), square(20, 0, 30, 10, group=1))
    bitmap = np.zeros((100, 100), bool)
    bitmap[0:10, 0:10] = bitmap[0:10, 20:30] = True
    report = quality.compare(parts, table(mask(bitmap)), None, frames(1))
    # Both parts are partners of the one mask.
    assert (report.shapes.valid_count, report.shapes.missing_count, report.shapes.extra_count) == (2, 0, 0)
    assert report.mean_iou == 1
    apart = quality.compare(table(square(0, 0, 10, 10), square(20, 0, 30, 10)), table(mask(bitmap)), None, frames(1))
    assert (apart.shapes.valid_count, apart.shapes.missing_count) == (1, 1)
    assert apart.mean_iou == pytest.approx(0.5)


def test_parts_of_a_group_with_different_labels_are_different_objects() -> None:
    both = table(square(0, 0, 10, 10, group=1), square(20, 0, 30, 10, group=1, label=2))
    report = quality.compare(both, both, None, frames(1))
    assert (report.annotations.valid_count, report.annotations.total_count) == (2, 2)


# -- points ------------------------------------------------------------------------------------------------------------


def test_single_points_are_measured_against_the_image() -> None:
    # d² = 9 + 16 = 25; 2 * 100 * 100 * (2 * 0.09)² = 648.
    assert similarity(shape("points", (50, 50)), shape("points", (53, 54))) == pytest.approx(math.exp(-25 / 648))


def test_several_points_are_matched_in_any_order_within_their_box() -> None:
    a, b = shape("points", (10, 10, 50, 50)), shape("points", (50, 50, 10, 10))
    assert similarity(a, b) == 1
    # Mean box 40 x 42; the second point is 4 off: exp(-16 / (2 * 1680 * 0.0324)).
    c = shape("points", (10, 10, 50, 54))
    assert similarity(a, c) == pytest.approx((1 + math.exp(-16 / (2 * 40 * 42 * 0.0324))) / 2)
    assert similarity(a, c, point_size_base="image_size") == pytest.approx((1 + math.exp(-16 / 648)) / 2)


def test_points_left_over_lower_the_mean() -> None:
    a, b = shape("points", (10, 10, 50, 50)), shape("points", (10, 10, 50, 50, 30, 10))
    assert similarity(a, b) == pytest.approx(2 / 3)


def test_a_grouped_point_is_measured_against_its_box() -> None:
    settings_ = quality.QualitySettings(iou_threshold=0.1)
    gt = table(shape("points", (50, 50), group=1), box(40, 40, 60, 60, group=1))
    ds = table(shape("points", (53, 54), group=2), box(40, 40, 60, 60, group=2))
    found = quality.compare(gt, ds, None, frames(1), settings_)
    assert found.mean_iou == pytest.approx((math.exp(-25 / (2 * 400 * 0.0324)) + 1) / 2)


def test_lines_and_lone_points_ask_for_the_size_of_the_image() -> None:
    for kind, points in (("points", (1, 1)), ("polyline", (1, 1, 5, 5))):
        with pytest.raises(quality.QualityError, match="size of the image"):
            quality.compare(table(shape(kind, points)), table(shape(kind, points)))


# -- skeletons ---------------------------------------------------------------------------------------------------------

JOINTS = {11: (10.0, 10.0), 12: (50.0, 10.0), 13: (50.0, 50.0)}


def test_skeletons_are_compared_joint_by_joint() -> None:
    moved = JOINTS | {13: (50.0, 54.0)}
    close = math.exp(-16 / (2 * 40 * 42 * 0.0324))
    assert similarity(skeleton(JOINTS), skeleton(JOINTS)) == 1
    assert similarity(skeleton(JOINTS), skeleton(moved)) == pytest.approx((2 + close) / 3)


def test_an_occluded_joint_does_not_count_for_but_is_divided_by() -> None:
    assert similarity(skeleton(JOINTS), skeleton(JOINTS, hidden=(12,))) == pytest.approx(2 / 3)
    assert similarity(skeleton(JOINTS, hidden=(12,)), skeleton(JOINTS, hidden=(12,))) == 1


def test_a_skeleton_with_no_joint_left_is_not_there() -> None:
    report = quality.compare(table(skeleton(JOINTS, gone=(11, 12, 13))), table(skeleton(JOINTS)), None, frames(1))
    assert (report.annotations.gt_count, report.annotations.extra_count) == (0, 1)


# -- polylines ---------------------------------------------------------------------------------------------------------


def test_lines_are_resampled_to_as_many_points() -> None:
    a, b = resampled(np.array([[0.0, 0], [10, 0]]), np.array([[0.0, 1], [5, 1], [10, 1]]))
    assert a.tolist() == [[0, 0], [5, 0], [10, 0]]
    assert b.tolist() == [[0, 1], [5, 1], [10, 1]]


def walked(a: np.ndarray, b: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Resampling as a walk along both curves from corner to corner, one step at a time."""

    def at(curve: np.ndarray, share: float) -> np.ndarray:
        steps = np.linalg.norm(np.diff(curve, axis=0), axis=1)
        left = share * steps.sum()
        for start, end, step in zip(curve[:-1], curve[1:], steps, strict=True):
            if left <= step + 1e-12:
                return start + (end - start) * left / step
            left -= step
        return curve[-1]

    corners = []
    for curve in (a, b):
        steps = np.linalg.norm(np.diff(curve, axis=0), axis=1)
        corners += (np.cumsum(steps) / steps.sum()).tolist()[:-1]
    return [(at(a, share), at(b, share)) for share in [0.0, *sorted(corners), 1.0]]


curves = st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=2, max_size=6, unique=True)


@settings(max_examples=60, deadline=None)
@given(curves, curves)
def test_resampling_is_a_walk_along_both_lines(a: list, b: list) -> None:
    first, second = np.array(a, float), np.array(b, float)
    expected = walked(first, second)
    found = resampled(first, second)
    assert np.allclose(found[0], [pair[0] for pair in expected])
    assert np.allclose(found[1], [pair[1] for pair in expected])


def test_parallel_lines() -> None:
    # Three pixels apart everywhere: exp(-9 / (2 * 10000 * (2 * 0.01)²)) = exp(-9 / 8).
    a, b = shape("polyline", (10, 10, 90, 10)), shape("polyline", (10, 13, 50, 13, 90, 13))
    assert similarity(a, b) == pytest.approx(math.exp(-9 / 8))


def test_lines_far_apart_are_not_alike_at_all() -> None:
    # Two lines of two pixels: centres up to sqrt(1 + 1 + 6²) apart.
    a = shape("polyline", (50, 50, 52, 50))
    assert similarity(a, shape("polyline", (50, 55, 52, 55))) == pytest.approx(math.exp(-25 / 8))
    assert similarity(a, shape("polyline", (50, 57, 52, 57)), iou_threshold=0) == 0


def test_lines_are_alike_either_way_round() -> None:
    same, reverse = line_similarity(np.array([10.0, 10, 90, 10]), np.array([90.0, 10, 10, 10]), 10_000, 0.01)
    assert (round(same, 9), reverse) == (0, 1)


def test_a_line_of_no_length_is_compared() -> None:
    same, reverse = line_similarity(np.array([10.0, 10, 10, 10]), np.array([10.0, 10, 12, 10]), 10_000, 0.01)
    assert 0 < same < 1
    assert 0 < reverse < 1


# -- pairs and matching ------------------------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), boxes), max_size=12), st.lists(st.tuples(st.integers(0, 2), boxes), max_size=12))
def test_the_sweep_finds_exactly_the_boxes_that_touch(a: list, b: list) -> None:
    sides = []
    for side in (sorted(a, key=lambda each: each[0]), sorted(b, key=lambda each: each[0])):
        frame = np.array([each[0] for each in side], np.int32)
        numbers = np.array([each[1] for each in side], float).reshape(-1, 4)
        sides.append((frame, np.column_stack((numbers[:, :2], numbers[:, :2] + numbers[:, 2:]))))
    (frame_a, box_a), (frame_b, box_b) = sides
    found = [
        pair for x, y in overlapping_pairs(frame_a, box_a, frame_b, box_b) for pair in zip(x.tolist(), y.tolist(), strict=True)
    ]
    touching = {
        (i, j)
        for i in range(len(frame_a))
        for j in range(len(frame_b))
        if frame_a[i] == frame_b[j] and (np.maximum(box_a[i, :2], box_b[j, :2]) <= np.minimum(box_a[i, 2:], box_b[j, 2:])).all()
    }
    assert len(found) == len(set(found))
    assert set(found) == touching
    everything = {pair for x, y in all_pairs(frame_a, frame_b) for pair in zip(x.tolist(), y.tolist(), strict=True)}
    assert everything == {(i, j) for i in range(len(frame_a)) for j in range(len(frame_b)) if frame_a[i] == frame_b[j]}


def test_blocks_of_pairs_are_seamless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cvat_widgets.quality.pairs._BUDGET", 5)
    frame = np.repeat(np.arange(7), 3).astype(np.int32)
    found = [pair for x, y in all_pairs(frame, frame) for pair in zip(x.tolist(), y.tolist(), strict=True)]
    assert len(found) == len(set(found)) == 7 * 9


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 10_000))
def test_assignment_is_the_hungarian_one(rows: int, columns: int, seed: int) -> None:
    from scipy.optimize import linear_sum_assignment

    generator = np.random.default_rng(seed)
    weight = np.where(generator.random((rows, columns)) < 0.5, 0, generator.random((rows, columns)))
    a, b = np.nonzero(weight)
    x, y, value = assign(Edges(a, b, weight[a, b]), np.zeros(rows, np.int32), 0.4)
    # CVAT's way: a square of distances, one where there is nothing or the threshold is not met.
    size = max(rows, columns)
    distance = np.ones((size, size))
    distance[:rows, :columns] = 1 - weight
    distance[distance > 0.6] = 1
    picked = linear_sum_assignment(distance)
    assert value.sum() == pytest.approx((1 - distance[picked]).sum())
    assert len(set(x.tolist())) == len(x) == len(set(y.tolist()))
    assert (value >= 0.4).all()


def test_the_best_total_wins_over_the_best_pair() -> None:
    edges = Edges(np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([0.9, 0.8, 0.8]))
    a, b, _ = assign(edges, np.zeros(2, np.int32), 0.4)
    assert (a.tolist(), b.tolist()) == ([0, 1], [1, 0])
