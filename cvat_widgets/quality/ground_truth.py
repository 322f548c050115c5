"""Choosing frames for a ground truth, and hiding ground truth frames in jobs (honeypots).

Source: CVAT's ``engine/task.py`` and ``engine/task_validation.py``. Numbers are drawn from the same generator (MT19937).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.quality.settings import QualityError

__all__ = [
    "HoneypotPlan",
    "at_honeypots",
    "manual_frames",
    "place_honeypots",
    "random_per_job_frames",
    "random_uniform_frames",
    "shuffle_honeypots",
]

Frames = NDArray[np.int64]


def _generator(seed: int | None) -> np.random.Generator:
    return np.random.Generator(np.random.MT19937(seed))


def _how_many(count: int | None, share: float | None, whole: int, what: str) -> int:
    if (count is None) == (share is None):
        raise QualityError("give either count= or share=", where=what, hint="count is a number of frames, share a part of them")
    if share is not None:
        if not 0 < share <= 1:
            raise QualityError(f"share is {share}", where=what, hint="It is above 0 and at most 1")
        count = max(1, int(share * whole))
    if count is None or not 1 <= count <= whole:
        raise QualityError(f"{count} frames are asked for", where=what, hint=f"Choose between 1 and {whole}")
    return count


def random_uniform_frames(
    frame_count: int, *, count: int | None = None, share: float | None = None, seed: int | None = None
) -> Frames:
    """Choose frames of a task, each with the same chance.

    Parameters
    ----------
    frame_count
        Frames of the task.
    count, share
        How many, as a number or as a share of the frames.
    seed
        The same seed gives the same frames.

    Returns
    -------
    ndarray
        Frame numbers, ascending.
    """
    wanted = _how_many(count, share, frame_count, "random uniform")
    return np.sort(_generator(seed).choice(frame_count, size=wanted, shuffle=False, replace=False).astype(np.int64))


def random_per_job_frames(
    jobs: Sequence[ArrayLike], *, count: int | None = None, share: float | None = None, seed: int | None = None
) -> Frames:
    """Choose as many frames from every job.

    Frames that neighbouring jobs share count for both, so a job whose first frames were chosen for the one before gets
    fewer new ones.

    Parameters
    ----------
    jobs
        Frame numbers of each job.
    count, share
        How many a job, as a number or as a share of the longest job.
    seed
        The same seed gives the same frames.

    Returns
    -------
    ndarray
        Frame numbers, ascending.
    """
    parts = [np.unique(np.asarray(job, np.int64)) for job in jobs]
    wanted = _how_many(count, share, max((len(part) for part in parts), default=0), "random per job")
    generator = _generator(seed)
    chosen = np.empty(0, np.int64)
    for part in parts:
        missing = min(wanted, len(part)) - len(np.intersect1d(part, chosen))
        if missing > 0:
            new = generator.choice(np.setdiff1d(part, chosen), size=missing, replace=False)
            chosen = np.concatenate((chosen, new))
    return np.sort(chosen)


def manual_frames(chosen: Sequence[int | str], frames: FrameIndex) -> Frames:
    """Return frames named by number or by file name, checked and ascending."""
    numbers = []
    for each in chosen:
        number = frames.position(each) if isinstance(each, str) else int(each)
        if number is None or not 0 <= number < len(frames):
            raise QualityError(
                f"there is no frame {each!r}", where="manual choice", hint=f"The task has frames 0 to {len(frames) - 1}"
            )
        numbers.append(number)
    if not numbers:
        raise QualityError("no frame is chosen", where="manual choice", hint="Choose at least one frame")
    return np.unique(np.array(numbers, np.int64))


@dataclass(frozen=True, eq=False)
class HoneypotPlan:
    """Which picture stands on which frame of a task with honeypots.

    Frames of the task are numbered through the jobs, one after another.

    Parameters
    ----------
    jobs
        For each job the pictures (numbers in the original order) on its frames.
    hidden
        For each job which of its frames are honeypots.
    pool
        Pictures that honeypots are taken from, ascending; they stand nowhere else.
    """

    jobs: tuple[Frames, ...]
    hidden: tuple[NDArray[np.bool_], ...]
    pool: Frames

    @property
    def pictures(self) -> Frames:
        """The picture on each frame of the task."""
        return np.concatenate(self.jobs)

    @property
    def honeypots(self) -> Frames:
        """Frames of the task that are honeypots: the ones to compare."""
        return np.flatnonzero(np.concatenate(self.hidden))


class _LeastUsed:
    """Hands out pool frames so that each is used as often as any other, give or take one, in random order."""

    def __init__(self, pool: Frames, generator: np.random.Generator) -> None:
        self.queue = generator.permutation(pool).tolist()

    def next(self, count: int) -> list[int]:
        picked, self.queue = self.queue[:count], self.queue[count:]
        self.queue += picked
        return picked


def place_honeypots(
    frame_count: int, pool: ArrayLike, *, frames_per_job: int, honeypots_per_job: int, seed: int | None = None
) -> HoneypotPlan:
    """Lay out a task in random order with honeypots at random places of every job.

    Parameters
    ----------
    frame_count
        Pictures, the pool included.
    pool
        Pictures with a ground truth.
    frames_per_job
        Frames a job has besides its honeypots.
    honeypots_per_job
        Honeypots of each job; none twice in a job.
    seed
        The same seed gives the same plan.
    """
    frames = np.unique(np.asarray(pool, np.int64))
    if not len(frames) or frames[0] < 0 or frames[-1] >= frame_count or len(frames) == frame_count:
        raise QualityError(
            "the pool does not leave a frame to annotate, or is not part of the task",
            where="honeypots",
            hint=f"Choose some, not all, of the frames 0 to {frame_count - 1}",
        )
    if frames_per_job < 1 or not 1 <= honeypots_per_job <= len(frames):
        raise QualityError(
            f"{honeypots_per_job} honeypots among {frames_per_job} frames cannot be placed",
            where="honeypots",
            hint=f"A job has at least one frame and between 1 and {len(frames)} honeypots",
        )
    generator = _generator(seed)
    others = generator.permutation(np.setdiff1d(np.arange(frame_count), frames))
    supply = _LeastUsed(frames, generator)
    jobs, hidden = [], []
    for start in range(0, len(others), frames_per_job):
        own = others[start : start + frames_per_job]
        pictures = np.concatenate((own, np.array(supply.next(honeypots_per_job), np.int64)))
        order = generator.permutation(len(pictures))
        jobs.append(pictures[order])
        hidden.append(order >= len(own))
    return HoneypotPlan(tuple(jobs), tuple(hidden), frames)


def shuffle_honeypots(plan: HoneypotPlan, *, active: ArrayLike | None = None, seed: int | None = None) -> HoneypotPlan:
    """Choose new pictures for all honeypots; they stay on their frames.

    Parameters
    ----------
    plan
        The plan to change.
    active
        Pool frames that may be used; by default all.
    seed
        The same seed gives the same plan.
    """
    usable = plan.pool if active is None else np.unique(np.asarray(active, np.int64))
    most = max(int(each.sum()) for each in plan.hidden)
    if len(usable) < most or len(np.setdiff1d(usable, plan.pool)):
        raise QualityError(
            f"{len(usable)} pool frames are not enough, or are not in the pool",
            where="honeypots",
            hint=f"Keep at least {most} of the pool active",
        )
    supply = _LeastUsed(usable, _generator(seed))
    jobs = []
    for job, hidden in zip(plan.jobs, plan.hidden, strict=True):
        pictures = job.copy()
        pictures[hidden] = supply.next(int(hidden.sum()))
        jobs.append(pictures)
    return replace(plan, jobs=tuple(jobs))


def at_honeypots(gt: AnnotationTable, plan: HoneypotPlan) -> AnnotationTable:
    """Return the ground truth of the pool as it stands on the honeypots of a task, ready to be compared.

    Parameters
    ----------
    gt
        Shapes and tags; frames are pictures of the pool. Tracks cannot be on shuffled frames.
    plan
        Where the pictures stand.
    """
    if gt.is_track.any():
        raise QualityError(
            "tracks make no sense on frames in random order",
            where=f"track {gt.track[gt.is_track][0]}",
            hint="Turn the tracks of the ground truth into shapes first",
        )
    positions = plan.honeypots
    order = np.argsort(gt.frame, kind="stable")
    pictures = plan.pictures[positions]
    start = np.searchsorted(gt.frame[order], pictures)
    count = np.searchsorted(gt.frame[order], pictures, side="right") - start
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    rows = order[np.repeat(start, count) + within]
    return gt.take(rows).with_columns(frame=np.repeat(positions, count))
