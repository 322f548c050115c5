"""A tracker over many frames: many shapes in one pass forwards and one backwards, and the keyframes that come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from cvat_widgets.backends.failures import ModelError, guarded
from cvat_widgets.backends.protocols import Detection, Picture, Tracker
from cvat_widgets.backends.read_ahead import read_ahead
from cvat_widgets.model.records import Keyframe

__all__ = ["Followed", "Start", "follow", "frames_to_read", "keyframes_of"]


@dataclass(frozen=True, eq=False)
class Start:
    """A shape to follow.

    Parameters
    ----------
    frame
        Where it is known.
    shape
        What is known.
    frames
        Where it is wanted; those before ``frame`` are reached backwards.
    """

    frame: int
    shape: Detection
    frames: frozenset[int]


@dataclass(eq=False)
class Followed:
    """Where a shape was found.

    Parameters
    ----------
    found
        Frame -> shape.
    lost
        Frames on which it was lost: at most one after the start and one before it.
    """

    found: dict[int, Detection] = field(default_factory=dict)
    lost: set[int] = field(default_factory=set)


def _passes(starts: Sequence[Start]) -> list[list[int]]:
    """Return the frames to read, in order, for the pass forwards and the pass backwards."""
    forwards = {each.frame for each in starts if any(frame > each.frame for frame in each.frames)}
    forwards |= {frame for each in starts for frame in each.frames if frame > each.frame}
    backwards = {each.frame for each in starts if any(frame < each.frame for frame in each.frames)}
    backwards |= {frame for each in starts for frame in each.frames if frame < each.frame}
    return [sorted(forwards), sorted(backwards, reverse=True)]


def frames_to_read(starts: Sequence[Start]) -> int:
    """Return how many pictures :func:`follow` reads."""
    return sum(len(frames) for frames in _passes(starts))


def follow(
    tracker: Tracker, read: Callable[[int], Picture], starts: Sequence[Start], report: Callable[[int], None]
) -> list[Followed]:
    """Follow shapes through their frames; a shape that is lost is not looked for any further in that direction.

    Parameters
    ----------
    tracker
        The model.
    read
        Gives the picture of a frame.
    starts
        The shapes.
    report
        Called with 1 after every picture.
    """
    results = [Followed() for _ in starts]
    for frames, forwards in zip(_passes(starts), (True, False), strict=True):
        with closing(read_ahead(frames, read)) as pictures:  # type: ignore[type-var]
            _one_pass(tracker, pictures, starts, results, forwards, report)
    return results


def _one_pass(
    tracker: Tracker,
    pictures: Iterator[tuple[int, Picture]],
    starts: Sequence[Start],
    results: Sequence[Followed],
    forwards: bool,
    report: Callable[[int], None],
) -> None:
    name = tracker.info.name
    active: dict[int, Any] = {}

    def is_wanted(number: int, frame: int) -> bool:
        start = starts[number]
        return frame in start.frames and (frame > start.frame if forwards else frame < start.frame)

    for frame, picture in pictures:
        here = [number for number in active if is_wanted(number, frame)]
        if here:
            with guarded(name, f"tracking on frame {frame}"):
                answers = tracker.step(picture, [active[number] for number in here])
            if len(answers) != len(here):
                raise ModelError(f"{len(answers)} answers for {len(here)} shapes", where=name)
            for number, answer in zip(here, answers, strict=True):
                if answer is None:
                    results[number].lost.add(frame)
                    del active[number]
                else:
                    results[number].found[frame] = answer
        new = [
            number
            for number, start in enumerate(starts)
            if start.frame == frame and any(is_wanted(number, other) for other in start.frames)
        ]
        if new:
            with guarded(name, f"starting on frame {frame}"):
                states = tracker.start(picture, [starts[number].shape for number in new])
            active.update(zip(new, states, strict=True))
        report(1)


def keyframes_of(start: Start, followed: Followed, first: Keyframe, others: Iterable[int] = ()) -> dict[int, Keyframe]:
    """Return the keyframes as CVAT writes them: one on every frame looked at, the first one outside where it is lost.

    Parameters
    ----------
    start, followed
        What was asked and what came of it.
    first
        Keyframe at the start; its drawing order goes to all.
    others
        Keyframes that the track has already. Before the first keyframe a track is not there anyway, so one that is lost
        backwards gets an outside keyframe only if it has an earlier one.
    """
    made: dict[int, Keyframe] = {start.frame: first}
    for frame, shape in followed.found.items():
        made[frame] = Keyframe(points=tuple(shape.points.tolist()), rotation=float(shape.rotation) % 360, z_order=first.z_order)
    for frame in followed.lost:
        if frame > start.frame or any(other < frame for other in others):
            made[frame] = _outside(made, frame, frame > start.frame)
    return dict(sorted(made.items()))


def _outside(made: Mapping[int, Keyframe], frame: int, forwards: bool) -> Keyframe:
    last = max(other for other in made if other < frame) if forwards else min(other for other in made if other > frame)
    near = made[last]
    return Keyframe(points=near.points, rotation=near.rotation, z_order=near.z_order, outside=True)
