"""Choosing frames for a ground truth and placing honeypots."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making_tables import box, frames, table, track

from cvat_widgets import quality
from cvat_widgets.quality import QualityError


def test_random_uniform() -> None:
    chosen = quality.random_uniform_frames(100, count=10, seed=3)
    assert len(set(chosen.tolist())) == 10
    assert (np.diff(chosen) > 0).all()
    assert 0 <= chosen.min() <= chosen.max() < 100
    assert chosen.tolist() == quality.random_uniform_frames(100, count=10, seed=3).tolist()
    assert chosen.tolist() != quality.random_uniform_frames(100, count=10, seed=4).tolist()
    assert len(quality.random_uniform_frames(100, share=0.057, seed=1)) == 5
    assert len(quality.random_uniform_frames(10, share=0.01, seed=1)) == 1
    # The generator is CVAT's, so a seed means the same frames.
    expected = np.random.Generator(np.random.MT19937(3)).choice(range(100), size=10, shuffle=False, replace=False)
    assert chosen.tolist() == sorted(expected.tolist())


def test_random_uniform_reaches_every_frame() -> None:
    seen = Counter(frame for seed in range(300) for frame in quality.random_uniform_frames(10, count=3, seed=seed).tolist())
    assert set(seen) == set(range(10))
    assert max(seen.values()) < 2 * min(seen.values())


def test_random_per_job() -> None:
    jobs = [range(10), range(8, 18), range(16, 20)]
    for seed in range(20):
        chosen = set(quality.random_per_job_frames(jobs, count=4, seed=seed).tolist())
        assert [len(chosen & set(job)) >= 4 for job in jobs] == [True] * 3
        assert len(chosen) <= 12
    assert len(quality.random_per_job_frames([range(5), range(5, 7)], count=3, seed=1)) == 5
    assert len(quality.random_per_job_frames([range(10), range(10, 20)], share=0.3, seed=1)) == 6


def test_manual() -> None:
    assert quality.manual_frames([3, "1.jpg", 3], frames(5)).tolist() == [1, 3]
    for wrong in ([5], ["no.jpg"], [-1], []):
        with pytest.raises(QualityError):
            quality.manual_frames(wrong, frames(5))


@pytest.mark.parametrize("wrong", [{}, {"count": 3, "share": 0.5}, {"count": 0}, {"count": 11}, {"share": 0}, {"share": 1.1}])
def test_amounts_that_make_no_sense(wrong: dict) -> None:
    with pytest.raises(QualityError, match="random uniform"):
        quality.random_uniform_frames(10, **wrong)


@settings(max_examples=50, deadline=None)
@given(st.integers(3, 40), st.integers(1, 6), st.integers(1, 7), st.integers(0, 99), st.data())
def test_honeypots(frame_count: int, pool_size: int, per_job: int, seed: int, data: st.DataObject) -> None:
    pool = quality.random_uniform_frames(frame_count, count=min(pool_size, frame_count - 1), seed=seed)
    honeypots = data.draw(st.integers(1, len(pool)))
    plan = quality.place_honeypots(frame_count, pool, frames_per_job=per_job, honeypots_per_job=honeypots, seed=seed)
    others = [picture for job, hidden in zip(plan.jobs, plan.hidden, strict=True) for picture in job[~hidden].tolist()]
    assert sorted(others) == sorted(set(range(frame_count)) - set(pool.tolist()))
    uses: Counter[int] = Counter()
    for job, hidden in zip(plan.jobs, plan.hidden, strict=True):
        picked = job[hidden].tolist()
        assert len(set(picked)) == honeypots == len(picked)
        assert set(picked) <= set(pool.tolist())
        assert (~hidden).sum() <= per_job
        uses.update(picked)
    counts = [uses[picture] for picture in pool.tolist()]
    assert max(counts) - min(counts) <= 1
    assert set(plan.pictures[plan.honeypots].tolist()) <= set(pool.tolist())


def test_honeypots_stand_anywhere_in_a_job() -> None:
    places = {
        int(np.flatnonzero(hidden)[0])
        for seed in range(40)
        for hidden in quality.place_honeypots(9, [0], frames_per_job=4, honeypots_per_job=1, seed=seed).hidden
    }
    assert places == {0, 1, 2, 3, 4}


def test_shuffling_changes_pictures_not_places() -> None:
    plan = quality.place_honeypots(40, range(10), frames_per_job=10, honeypots_per_job=3, seed=1)
    other = quality.shuffle_honeypots(plan, active=range(4), seed=2)
    assert other.honeypots.tolist() == plan.honeypots.tolist()
    assert set(other.pictures[other.honeypots].tolist()) <= set(range(4))
    kept = np.setdiff1d(np.arange(len(plan.pictures)), plan.honeypots)
    assert (other.pictures[kept] == plan.pictures[kept]).all()
    assert all(len(set(job[hidden].tolist())) == 3 for job, hidden in zip(other.jobs, other.hidden, strict=True))
    with pytest.raises(QualityError, match="at least 3"):
        quality.shuffle_honeypots(plan, active=[1, 2])
    with pytest.raises(QualityError):
        quality.shuffle_honeypots(plan, active=[1, 2, 39])


def test_plans_that_cannot_be() -> None:
    for pool in ([], range(5), [7]):
        with pytest.raises(QualityError, match="pool"):
            quality.place_honeypots(5, pool, frames_per_job=2, honeypots_per_job=1)
    for wrong in ((0, 1), (1, 0), (1, 3)):
        with pytest.raises(QualityError, match="placed"):
            quality.place_honeypots(5, [0, 1], frames_per_job=wrong[0], honeypots_per_job=wrong[1])


def test_annotations_are_compared_on_honeypots() -> None:
    gt = table(box(0, 0, 10, 10, frame=0), box(20, 0, 30, 10, frame=1), box(40, 0, 50, 10, frame=1))
    plan = quality.place_honeypots(8, [0, 1], frames_per_job=3, honeypots_per_job=2, seed=5)
    there = quality.at_honeypots(gt, plan)
    # Two jobs, both show both pictures.
    assert len(there) == 6
    assert sorted(set(there.frame.tolist())) == plan.honeypots.tolist()
    for frame in plan.honeypots.tolist():
        assert (there.frame == frame).sum() == plan.pictures[frame] + 1
    report = quality.compare(there, there, validation_frames=plan.honeypots)
    assert (report.accuracy, report.annotations.valid_count) == (1, 6)
    with pytest.raises(QualityError, match="tracks"):
        quality.at_honeypots(table(track({0: (0, 0, 1, 1)})), plan)
