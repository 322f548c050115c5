"""Tracks that jump, pause, or take over each other's object."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.inspect.pairs import interval_pairs
from cvat_widgets.inspect.robust import suspicion
from cvat_widgets.inspect.rows import Rows, Target, boxes_of, findings, rows_of
from cvat_widgets.model.kinds import TAG, Flag
from cvat_widgets.model.table import AnnotationTable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["swapped_identities", "track_gaps", "track_jumps"]

_Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Steps:
    """Keyframes sorted by track and frame; step i goes from keyframe i - 1 to i and is real where ``linked``.

    ``row`` is the row of :attr:`Rows.every`.
    """

    table: AnnotationTable
    row: NDArray[np.int64]
    outside: NDArray[np.bool_]

    @cached_property
    def track(self) -> NDArray[np.int64]:
        return self.table.track

    @cached_property
    def frame(self) -> NDArray[np.int64]:
        return self.table.frame.astype(np.int64)

    @cached_property
    def boxes(self) -> _Floats:
        return boxes_of(self.table)

    @cached_property
    def linked(self) -> NDArray[np.bool_]:
        found = np.zeros(len(self.row), bool)
        found[1:] = (self.track[1:] == self.track[:-1]) & ~self.outside[1:] & ~self.outside[:-1]
        placed = np.isfinite(self.boxes[:, 0])
        found &= placed
        found[1:] &= placed[:-1]
        return found

    @cached_property
    def centre(self) -> NDArray[np.complex128]:
        """Centre as x + iy: one number a keyframe, so that a distance is one absolute value."""
        boxes = self.boxes
        return np.asarray((boxes[:, 0] + boxes[:, 2]) / 2 + 0.5j * (boxes[:, 1] + boxes[:, 3]))

    @cached_property
    def extent(self) -> _Floats:
        """Diagonal of the box, at least one pixel."""
        boxes = self.boxes
        return np.asarray(np.maximum(np.hypot(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]), 1.0))


def _steps_of(rows: Rows) -> _Steps:
    table = rows.every
    chosen = (table.track >= 0) & (table.type != TAG)
    row = np.arange(len(table))
    if not chosen.all():
        row = np.flatnonzero(chosen)
        table = table.take(row)
    after = (table.track[1:] > table.track[:-1]) | (
        (table.track[1:] == table.track[:-1]) & (table.frame[1:] >= table.frame[:-1])
    )
    if not after.all():
        order = np.lexsort((table.frame, table.track))
        row, table = row[order], table.take(order)
    return _Steps(table, row, (table.flags & int(Flag.OUTSIDE)) > 0)


def _deviation(steps: _Steps, least: float) -> _Floats:
    """Return how far each keyframe is from where its two neighbours on either side put it, in diagonals of its box.

    The smallest of the guesses counts: the straight line between the neighbours, and steady motion from either side. A jump
    there and back defies all of them; a turn or a start defies only some.
    """
    count = len(steps.row)
    best = np.full(count, np.inf)
    frame, centre, linked = steps.frame, steps.centre, steps.linked

    def guess(at: NDArray[np.int64], a: int, b: int) -> None:
        """Predict from keyframes at offsets a and b."""
        low, high = min(a, b, 0), max(a, b, 0)
        at = at[(at >= -low) & (at < count - high)]
        good = np.ones(len(at), bool)
        for step in range(low + 1, high + 1):
            good &= linked[at + step]
        at = at[good]
        span = frame[at + b] - frame[at + a]
        share = (frame[at] - frame[at + a]) / np.where(span == 0, 1, span)
        there = centre[at + a] + (centre[at + b] - centre[at + a]) * share
        best[at] = np.minimum(best[at], np.abs(centre[at] - there))

    guess(np.arange(count), -1, 1)
    # The other guesses only matter for ends of tracks and for what the first one missed.
    open_ones = np.flatnonzero(best > least * steps.extent)
    guess(open_ones, -2, -1)
    guess(open_ones, 1, 2)
    best[~np.isfinite(best)] = 0
    return np.asarray(best / steps.extent)


def track_jumps(target: Target, *, threshold: float = 0.5) -> pd.DataFrame:
    """Find keyframes that are not where the keyframes before and after them lead.

    Parameters
    ----------
    target
        A task, a job or a DataFrame of rows with ``track_id``.
    threshold
        Diagonals of the box between the keyframe and the nearest of the places its neighbours suggest: on the line between
        them, or by steady motion from either side. It is compared after what is usual for the track is taken off.

    Returns
    -------
    pandas.DataFrame
        ``id, frame, label, score, reason``; the score is 0.5 at the threshold.
    """
    rows = rows_of(target)
    steps = _steps_of(rows)
    off = _deviation(steps, threshold)
    # What is usual is only asked of tracks that have something unusual.
    track, linked = steps.track, steps.linked
    rows_at = np.flatnonzero(np.isin(track, np.unique(track[off > threshold])))
    far, linked = off[rows_at], linked[rows_at]
    starts = np.flatnonzero(np.diff(track[rows_at], prepend=-1))
    usual = np.repeat(_medians(far, starts), np.diff(np.append(starts, len(far))))
    excess = far - 3 * usual
    # A shifted keyframe spoils the guesses of its neighbours: only the worst of three in a row is named.
    before = np.where(linked, np.append(-1.0, excess)[:-1], -1.0)
    after = np.where(np.append(linked, False)[1:], np.append(excess, -1.0)[1:], -1.0)
    worst = np.flatnonzero((excess > threshold) & (excess >= before) & (excess >= after))
    found, excess = rows_at[worst], excess[worst]
    reasons = [
        f"{far * size:.0f} px ({far:.1f} diagonals) from where its neighbours lead"
        for far, size in zip(off[found].tolist(), steps.extent[found].tolist(), strict=True)
    ]
    return _found(rows, steps.row[found], suspicion(excess, threshold), reasons)


def _medians(values: _Floats, starts: NDArray[np.int64]) -> _Floats:
    """Return the median of each run of values."""
    if not len(starts):
        return np.empty(0)
    group = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(values))))
    order = np.lexsort((values, group))
    stops = np.append(starts[1:], len(values))
    return np.asarray((values[order[(starts + stops - 1) // 2]] + values[order[(starts + stops) // 2]]) / 2)


def track_gaps(target: Target, *, longest: int = 10) -> pd.DataFrame:
    """Find tracks that vanish for a few frames and come back: an object seldom does.

    Parameters
    ----------
    target
        A task, a job or a DataFrame of rows with ``track_id``. A gap is where the track is outside; in a DataFrame whose track
        has a row on most frames, also where rows are missing.
    longest
        Frames; what stays away for longer has perhaps left.

    Returns
    -------
    pandas.DataFrame
        ``id, frame, label, score, reason, until``: the first frame of the gap and the one where the track is back. Short gaps
        and those where the object has hardly moved score high.
    """
    import pandas as pd

    rows = rows_of(target)
    steps = _steps_of(rows)
    count = len(steps.row)
    same = np.zeros(count, bool)
    same[1:] = steps.track[1:] == steps.track[:-1]
    # For each visible keyframe: the visible keyframe of the track before it.
    visible = np.flatnonzero(~steps.outside)
    hidden = np.diff(visible) > 1
    dense = _dense(steps, same) if rows.columns is not None and count else None
    if dense is not None:
        hidden |= dense[visible[:-1]] & (np.diff(steps.frame[visible]) > 1)
    left, right = visible[:-1][hidden], visible[1:][hidden]
    one = steps.track[left] == steps.track[right]
    left, right = left[one], right[one]
    hidden = right - left > 1
    start = np.where(hidden, steps.frame[np.minimum(left + 1, max(count - 1, 0))], steps.frame[left] + 1)
    length = steps.frame[right] - start
    kept = (length <= longest) & (length > 0)
    left, right, start, length = left[kept], right[kept], start[kept], length[kept]
    from_box, to_box = boxes_of(steps.table.take(left)), boxes_of(steps.table.take(right))
    way = (to_box[:, :2] + to_box[:, 2:] - from_box[:, :2] - from_box[:, 2:]) / 2
    moved = np.hypot(way[:, 0], way[:, 1]) / np.maximum(np.hypot(*(from_box[:, 2:] - from_box[:, :2]).T), 1)
    score = 1 / (1 + 0.5 * (length - 1) / longest + 0.5 * moved)
    reasons = [
        f"away for {gap} frame{'s' if gap != 1 else ''}, back on frame {back}, {far:.1f} diagonals on"
        for gap, back, far in zip(length.tolist(), steps.frame[right].tolist(), moved.tolist(), strict=True)
    ]
    until = pd.array(steps.frame[right], dtype="Int64")
    return _found(rows, steps.row[right], score, reasons, frames=start, until=until)


def _dense(steps: _Steps, same: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return whether the track of each row has a row on most of its frames."""
    starts = np.flatnonzero(~same)
    gaps = np.where(same, np.diff(steps.frame, prepend=0), 1).astype(np.float64)
    return np.repeat(_medians(gaps, starts) == 1, np.diff(np.append(starts, len(same))))


def swapped_identities(target: Target, *, gain: float = 0.5, distance: float = 0.5) -> pd.DataFrame:
    """Find two tracks of one label that exchange their objects.

    Parameters
    ----------
    target
        A task, a job or a DataFrame of rows with ``track_id``.
    gain
        Share by which the way both tracks have to go must shrink if they are exchanged.
    distance
        Diagonals by which a track must miss its predicted place to be looked at.

    Returns
    -------
    pandas.DataFrame
        ``id, frame, label, score, reason, other_id``: once a pair, on the frame from which they are exchanged.

    Notes
    -----
    Each track is predicted with steady motion; two whose steps overlap in time are exchanged when both together then land
    nearer to the predictions, the test behind identity switches in CLEAR MOT (Bernardin and Stiefelhagen 2008).
    """
    rows = rows_of(target)
    steps = _steps_of(rows)
    at = np.flatnonzero(steps.linked)
    before = at - 1
    moving = steps.linked[before]
    earlier = np.where(moving, before - 1, before)
    span = np.maximum(steps.frame[before] - steps.frame[earlier], 1)
    speed = (steps.centre[before] - steps.centre[earlier]) / span
    ahead = steps.frame[at] - steps.frame[before]
    predicted = steps.centre[before] + speed * ahead
    missed = np.abs(steps.centre[at] - predicted)
    jumping = missed > distance * steps.extent[at]
    at, before, predicted, missed = at[jumping], before[jumping], predicted[jumping], missed[jumping]
    label = rows.every.label[steps.row[at]].astype(np.int64)
    a, b = interval_pairs(label, steps.frame[before].astype(np.float64), steps.frame[at].astype(np.float64))
    other = steps.track[at[a]] != steps.track[at[b]]
    a, b = a[other], b[other]
    apart = missed[a] + missed[b]
    exchanged = np.abs(steps.centre[at[a]] - predicted[b]) + np.abs(steps.centre[at[b]] - predicted[a])
    kept = exchanged < (1 - gain) * apart
    a, b, ratio = a[kept], b[kept], exchanged[kept] / apart[kept]
    first = np.where(steps.track[at[a]] < steps.track[at[b]], a, b)
    second = np.where(first == a, b, a)
    reasons = [
        f"goes on where object {other} was led, and the other way round; exchanged they fit {1 / max(part, 0.01):.1f}× better"
        for other, part in zip(steps.track[at[second]].tolist(), ratio.tolist(), strict=True)
    ]
    return _found(rows, steps.row[at[first]], 1 - ratio, reasons, other_id=steps.track[at[second]])


def _found(rows: Rows, row: Any, score: Any, reasons: list[str], frames: Any = None, **more: Any) -> pd.DataFrame:
    table = rows.every
    names = [rows.names[code] for code in table.label[row].tolist()]
    return findings(table.id[row], table.frame[row] if frames is None else frames, names, score, reasons, **more)
