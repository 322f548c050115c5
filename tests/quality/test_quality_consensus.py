"""Merging replicas: quorum, votes, score and the geometry that is kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making_tables import SIZE, box, frames, mask, shape, skeleton, square, table, tag, track

from cvat_widgets import quality
from cvat_widgets.model.kinds import SOURCES, Flag
from cvat_widgets.model.records import Record
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.quality import ConsensusSettings, QualityError


def merge(*replicas: list[Record], **settings_: object) -> AnnotationTable:
    return quality.merge([table(*each) for each in replicas], ConsensusSettings(**settings_), frames=frames(3))


def votes(merged: AnnotationTable) -> list[int]:
    return [merged.extras[row]["votes"] for row in range(len(merged)) if row in merged.extras]


def test_votes_score_and_source() -> None:
    merged = merge([box(0, 0, 10, 10)], [box(0, 0, 10, 10), box(50, 0, 60, 10)], [box(0, 0, 10, 10)])
    assert votes(merged) == [3, 1]
    assert merged.score.tolist() == [1.0, 0.33]
    assert {SOURCES[code] for code in merged.source.tolist()} == {"consensus"}
    assert merged.id.tolist() == [1, 2]
    assert merged.extras[0]["replicas"] == 3


@pytest.mark.parametrize(("quorum", "kept"), [(0, 3), (0.3, 3), (0.5, 2), (0.67, 1), (1, 1)])
def test_quorum(quorum: float, kept: int) -> None:
    one, two, three = box(0, 0, 10, 10), box(30, 0, 40, 10), box(60, 0, 70, 10)
    merged = merge([one, two, three], [one, two], [one], quorum=quorum)
    assert len(merged) == kept
    assert votes(merged) == [3, 2, 1][:kept]


def test_the_member_nearest_to_the_mean_is_kept() -> None:
    # Mean of the edges: 1, 0, 11, 10.
    merged = merge([box(0, 0, 10, 10)], [box(3, 0, 13, 10)], [box(0.5, 0, 10.5, 10)], iou_threshold=0.3)
    assert merged.points_of(0).tolist() == [0.5, 0, 10.5, 10]


def test_the_nearest_polygon_and_mask() -> None:
    found = merge([square(0, 0, 20, 20)], [square(6, 0, 26, 20)], [square(2, 0, 22, 20)])
    assert found.points_of(0).tolist()[:2] == [2, 0]
    bitmaps = np.zeros((3, 100, 100), bool)
    for bitmap, left in zip(bitmaps, (0, 6, 2), strict=True):
        bitmap[0:20, left : left + 20] = True
    found = merge(*([mask(bitmap)] for bitmap in bitmaps))
    assert found.points_of(0)[-4:].tolist() == [2, 0, 21, 19]


def test_polygons_and_masks_stay_apart() -> None:
    bitmap = np.zeros((100, 100), bool)
    bitmap[0:20, 0:20] = True
    assert votes(merge([square(0, 0, 20, 20)], [mask(bitmap)])) == [1, 1]


@pytest.mark.parametrize(
    "each",
    [
        shape("points", (50, 50)), shape("points", (10, 10, 50, 60)), shape("polyline", (10, 10, 80, 20)),
        shape("ellipse", (50, 50, 70, 40)), box(10, 10, 60, 30, rotation=20), skeleton({11: (10, 10), 12: (50, 60)}),
    ],
)  # fmt: skip
def test_every_kind_of_shape(each: Record) -> None:
    merged = merge([each], [each], [each])
    assert votes(merged) == [3]
    assert merged.points_of(0).tolist() == list(each.points)
    assert merged.rotation[0] == each.rotation


def test_point_in_the_middle() -> None:
    merged = merge(*([shape("points", (x, 50))] for x in (40, 44, 43)))
    assert merged.points_of(0).tolist() == [43, 50]


def test_labels_are_voted_on() -> None:
    replicas = [box(0, 0, 10, 10, label=1)], [box(0, 0, 10, 10, label=2)], [box(0, 0, 10, 10, label=2)]
    merged = merge(*replicas)
    assert (merged.label.tolist(), votes(merged), merged.score.tolist()) == ([2], [2], [0.67])
    apart = merge(*replicas, vote_on_labels=False)
    assert (sorted(apart.label.tolist()), sorted(votes(apart))) == ([1, 2], [1, 2])


def test_a_replica_votes_once() -> None:
    twice = [box(0, 0, 10, 10), box(0, 0, 10, 10)]
    assert votes(merge(twice, twice)) == [2, 2]
    assert votes(merge(twice, [box(0, 0, 10, 10)])) == [2, 1]


def test_all_members_are_alike() -> None:
    # Each is half on its neighbour (1/3), the outer two do not meet: no cluster of three.
    merged = merge([box(0, 0, 10, 10)], [box(5, 0, 15, 10)], [box(10, 0, 20, 10)], iou_threshold=0.3)
    assert sorted(votes(merged)) == [1, 2]


def test_one_object_a_replica_even_without_a_threshold() -> None:
    a, b, c, d = box(0, 0, 10, 10), box(5, 0, 15, 10), box(0, 0, 8, 10), box(8, 0, 18, 10)
    # a is matched with b and c, b with d; c and d are of one replica.
    assert sorted(votes(merge([a], [b], [c, d], iou_threshold=0))) == [1, 3]


def test_tags() -> None:
    merged = merge([tag(1), tag(1), tag(2)], [tag(1)], [tag(3, frame=1)], quorum=0.5)
    assert (merged.label.tolist(), votes(merged), merged.score.tolist()) == ([1], [2], [0.67])
    assert merged.is_tag.all()


def test_attributes_occlusion_and_level() -> None:
    merged = merge(
        [box(0, 0, 10, 10, attributes={1: "red", 2: "x"}, z_order=3)],
        [box(0, 0, 10, 10, attributes={1: "blue"}, occluded=True)],
        [box(0, 0, 10, 10, attributes={1: "blue"}, occluded=True)],
        quorum=0.5,
    )
    assert merged.attributes.to_dicts(1) == [{1: "blue"}]
    assert merged.has(Flag.OCCLUDED).tolist() == [True]
    assert merged.z_order.tolist() == [3]
    assert merge([box(0, 0, 9, 9, occluded=True)], [box(0, 0, 9, 9)], [box(0, 0, 9, 9)]).flags.tolist() == [0]


def test_groups_survive_under_new_numbers() -> None:
    grouped = [box(0, 0, 10, 10, group=7), box(30, 0, 40, 10, group=7), box(60, 0, 70, 10)]
    plain = [box(0, 0, 10, 10), box(30, 0, 40, 10), box(60, 0, 70, 10, group=7)]
    assert merge(grouped, plain).group.tolist() == [1, 1, 2]
    assert merge(plain[:2], plain[:2]).group.tolist() == [0, 0]


def test_skeletons_keep_their_joints() -> None:
    one = skeleton({11: (10.0, 10.0), 12: (50.0, 60.0)}, hidden=(12,))
    merged = merge([one], [one])
    assert merged.parent.tolist() == [-1, 1, 1]
    assert merged.id.tolist() == [1, 2, 3]
    assert merged.label.tolist() == [10, 11, 12]
    assert merged.points.tolist() == [10, 10, 50, 60]
    assert merged.flags.tolist() == [0, 0, int(Flag.OCCLUDED)]


def test_the_skeleton_most_like_the_others() -> None:
    joints = [{11: (10.0, 10.0), 12: (50.0, 60.0 + shift)} for shift in (0, 6, 4)]
    merged = merge(*([skeleton(each)] for each in joints))
    assert merged.points.tolist() == [10, 10, 50, 64]


def test_tracks_become_shapes() -> None:
    moving = track({0: (0, 0, 10, 10), 2: (20, 0, 30, 10)})
    merged = merge([moving], [box(10, 0, 20, 10, frame=1)])
    assert (merged.frame.tolist(), votes(merged)) == ([0, 1, 2], [1, 2, 1])
    assert (merged.track == -1).all()
    assert not merged.flags.any()


def test_frames_do_not_mix() -> None:
    assert votes(merge([box(0, 0, 10, 10)], [box(0, 0, 10, 10, frame=1)])) == [1, 1]


def test_what_cannot_be_merged() -> None:
    with pytest.raises(QualityError, match="at least two"):
        merge([box(0, 0, 10, 10)])
    for wrong in ({"quorum": 2}, {"iou_threshold": -1}, {"oks_sigma": 0}, {"point_size_base": "x"}):
        with pytest.raises(QualityError):
            ConsensusSettings(**wrong)
    assert len(merge([], [])) == 0


many = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(5, 30), st.integers(1, 2)), max_size=6)


@settings(max_examples=60, deadline=None)
@given(st.lists(many, min_size=2, max_size=4), st.sampled_from([0, 0.5, 1]), st.booleans())
def test_every_object_goes_somewhere_once(replicas: list, quorum: float, vote: bool) -> None:
    tables = [table(*(box(x, y, x + s, y + s, label=label) for x, y, s, label in each)) for each in replicas]
    everything = quality.merge(tables, ConsensusSettings(vote_on_labels=vote), size=SIZE)
    kept = quality.merge(tables, ConsensusSettings(quorum=quorum, vote_on_labels=vote), size=SIZE)
    total = sum(len(each) for each in replicas)
    assert len(everything) <= total
    assert all(1 <= count <= len(replicas) for count in votes(everything))
    if not vote:
        assert sum(votes(everything)) == total
    assert sorted(votes(kept)) == sorted(count for count in votes(everything) if count >= quorum * len(replicas))
    originals = {tuple(each.points_of(row).tolist()) for each in tables for row in range(len(each))}
    assert {tuple(everything.points_of(row).tolist()) for row in range(len(everything))} <= originals
