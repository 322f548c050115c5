"""Interpolation between polygons or polylines of different point counts, exactly as CVAT does it.

Source: ``TrackManager`` of CVAT's ``dataset_manager/annotation.py`` and its design note. Points are matched once for a pair
of keyframes by
normalised arc length; all frames between are then computed together. There is no search for a better starting point: CVAT
assumes that both
shapes start at the same point and run in the same direction.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["interpolate_curve"]


def interpolate_curve(
    left: NDArray[np.float64], right: NDArray[np.float64], offsets: NDArray[np.float64], *, closed: bool
) -> list[NDArray[np.float64]]:
    """Interpolate between two curves.

    Parameters
    ----------
    left, right
        Flat coordinates at the two keyframes.
    offsets
        float64 of shape (m,): positions between the keyframes, 0 at the left and 1 at the right one.
    closed
        ``True`` for polygons.

    Returns
    -------
    list of ndarray
        Flat coordinates for each offset; the number of points may differ from one to the next.
    """
    a, b = left.reshape(-1, 2), right.reshape(-1, 2)
    if closed:
        a, b = np.vstack((a, a[:1])), np.vstack((b, b[:1]))
    pairs = _match(_arc_positions(a), _arc_positions(b))
    segments = _segments(a, b, pairs)
    result = []
    for offset in offsets.tolist():
        curve = np.concatenate([_reduced(a, b, offset, *segment) for segment in segments])
        result.append((curve[:-1] if closed else curve).ravel())
    return result


def _arc_positions(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cumulative arc length of each point, 0 to 1; points of a curve without length are spread evenly."""
    lengths = np.hypot(*np.diff(curve, axis=0).T)
    total = lengths.sum()
    if total == 0:
        return np.linspace(0, 1, len(curve))
    return np.concatenate(([0.0], np.cumsum(lengths))) / total


def _match(a: NDArray[np.float64], b: NDArray[np.float64]) -> list[list[int]]:
    """Return for each left point the right points it is matched to, sorted."""
    distance = np.abs(a[:, None] - b[None, :])
    matched = [[int(index)] for index in distance.argmin(axis=1)]
    taken = {points[0] for points in matched}
    for index in range(len(b)):
        if index not in taken:
            matched[int(distance[:, index].argmin())].append(index)
    return [sorted(points) for points in matched]


Segment = tuple[list[int], list[int], float]


def _segments(a: NDArray[np.float64], b: NDArray[np.float64], matched: list[list[int]]) -> list[Segment]:
    """Group the pairs into segments: ``(left indices, right indices, least distance between kept candidates)``."""
    segments: list[Segment] = []
    index = 0
    while index < len(matched):
        rights = matched[index]
        if len(rights) > 1:
            segments.append(([index] * len(rights), rights, _threshold(b[rights])))
            index += 1
            continue
        stop = index + 1
        while stop < len(matched) and matched[stop] == rights:
            stop += 1
        lefts = list(range(index, stop))
        segments.append((lefts, rights * len(lefts), _threshold(a[lefts])))
        index = stop
    return segments


def _threshold(points: NDArray[np.float64]) -> float:
    # At offsets such as 1/4 distances equal the threshold but for rounding: the hair's breadth decides such ties the same
    # way everywhere.
    return float(np.hypot(*np.diff(points, axis=0).T).sum()) / (2 * len(points)) * (1 - 1e-9)


def _reduced(
    a: NDArray[np.float64], b: NDArray[np.float64], offset: float, lefts: list[int], rights: list[int], threshold: float
) -> NDArray[np.float64]:
    """Return the points of one segment at an offset, crowded ones left out."""
    candidates = a[lefts] + (b[rights] - a[lefts]) * offset
    if len(candidates) == 1:
        return candidates
    kept = [candidates[0]]
    for candidate in candidates[1:-1]:
        if np.hypot(*(candidate - kept[-1])) >= threshold:
            kept.append(candidate)
    last = candidates[-1]
    if len(kept) == 1 and np.hypot(*(last - kept[0])) < threshold:
        return ((kept[0] + last) / 2)[None]
    return np.array([*kept, last])
