"""Pairs of objects on the same frame, and choosing the best of them: the part all shape types share.

Objects are positions in arrays sorted by frame. Pairs are kept flat, over all frames at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["Edges", "all_pairs", "assign", "overlapping_pairs"]

_BUDGET = 1 << 22
_MARGIN = 1e-3
_PREFERENCE = 1e-9

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Edges:
    """Pairs that are alike at all.

    Parameters
    ----------
    a, b
        int64 of shape (m,): positions on either side.
    similarity
        float64 of shape (m,), above 0.
    """

    a: Indices
    b: Indices
    similarity: NDArray[np.float64]

    @classmethod
    def of(cls, a: Indices, b: Indices, similarity: NDArray[np.float64]) -> Edges:
        """Keep the pairs whose similarity is a number above 0."""
        alike = similarity > 0
        return cls(a[alike], b[alike], similarity[alike]) if not alike.all() else cls(a, b, similarity)

    @classmethod
    def join(cls, parts: list[Edges]) -> Edges:
        """Put parts one after another."""
        if len(parts) == 1:
            return parts[0]
        none = np.empty(0, np.int64)
        return cls(
            np.concatenate([none, *(part.a for part in parts)]),
            np.concatenate([none, *(part.b for part in parts)]),
            np.concatenate([np.empty(0), *(part.similarity for part in parts)]),
        )

    def closest(self, count_a: int, count_b: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return for every object of either side how alike the most similar one of the other side is (0: none)."""
        best_a, best_b = np.zeros(count_a), np.zeros(count_b)
        np.maximum.at(best_a, self.a, self.similarity)
        np.maximum.at(best_b, self.b, self.similarity)
        return best_a, best_b


def _ranges(starts: Indices, counts: Indices) -> tuple[Indices, Indices]:
    """Return (owner, value) of the ranges ``starts[i] .. starts[i] + counts[i]``, one after another."""
    owner = np.repeat(np.arange(len(starts)), counts)
    first = np.repeat(starts - (np.cumsum(counts) - counts), counts)
    return owner, first + np.arange(len(owner))


def _blocks(frame_a: NDArray[np.int32], frame_b: NDArray[np.int32]) -> Iterator[tuple[slice, slice]]:
    """Cut both sides between frames into blocks of a bounded number of pairs."""
    frames = np.intersect1d(frame_a, frame_b)
    if not len(frames):
        return
    start_a, stop_a = np.searchsorted(frame_a, frames), np.searchsorted(frame_a, frames, side="right")
    start_b, stop_b = np.searchsorted(frame_b, frames), np.searchsorted(frame_b, frames, side="right")
    total = np.cumsum((stop_a - start_a) * (stop_b - start_b))
    cuts = np.flatnonzero(np.diff(total // _BUDGET, prepend=0) > 0)
    bounds = np.unique(np.concatenate(([0], cuts, [len(frames)]))).tolist()
    for first, after in pairwise(bounds):
        yield (
            slice(int(start_a[first]), int(stop_a[after - 1])),
            slice(int(start_b[first]), int(stop_b[after - 1])),
        )


def all_pairs(frame_a: NDArray[np.int32], frame_b: NDArray[np.int32]) -> Iterator[tuple[Indices, Indices]]:
    """Yield every pair of objects on the same frame, in blocks; both sides sorted by frame."""
    for part_a, part_b in _blocks(frame_a, frame_b):
        mine = frame_a[part_a]
        start = np.searchsorted(frame_b[part_b], mine)
        count = np.searchsorted(frame_b[part_b], mine, side="right") - start
        a, b = _ranges(start, count)
        yield a + part_a.start, b + part_b.start


def overlapping_pairs(
    frame_a: NDArray[np.int32], box_a: NDArray[np.float64], frame_b: NDArray[np.int32], box_b: NDArray[np.float64]
) -> Iterator[tuple[Indices, Indices]]:
    """Yield the pairs of objects on the same frame whose boxes touch, in blocks.

    Parameters
    ----------
    frame_a, frame_b
        int32, sorted.
    box_a, box_b
        float64 of shape (n, 4): left, top, right, bottom.

    Notes
    -----
    Sweep along x for all frames at once: sorted by (frame, left edge), the boxes that begin within another one are a range
    found by binary search.
    """
    for part_a, part_b in _blocks(frame_a, frame_b):
        mine, theirs = box_a[part_a], box_b[part_b]
        low = min(mine[:, 0].min(), theirs[:, 0].min())
        span = max(mine[:, 2].max(), theirs[:, 2].max()) - low + 1
        shift_a = frame_a[part_a] * span - low
        shift_b = frame_b[part_b] * span - low
        left_a, right_a = mine[:, 0] + shift_a, mine[:, 2] + shift_a + _MARGIN
        left_b, right_b = theirs[:, 0] + shift_b, theirs[:, 2] + shift_b + _MARGIN
        order_a, order_b = np.argsort(left_a, kind="stable"), np.argsort(left_b, kind="stable")
        sorted_a, sorted_b = left_a[order_a], left_b[order_b]
        begin = np.searchsorted(sorted_b, left_a)
        a, b = _ranges(begin, np.maximum(np.searchsorted(sorted_b, right_a, side="right") - begin, 0))
        b = order_b[b]
        begin = np.searchsorted(sorted_a, left_b, side="right")
        other_b, other_a = _ranges(begin, np.maximum(np.searchsorted(sorted_a, right_b, side="right") - begin, 0))
        a, b = np.concatenate((a, order_a[other_a])), np.concatenate((b, other_b))
        kept = (mine[a, 1] <= theirs[b, 3]) & (theirs[b, 1] <= mine[a, 3])
        kept &= frame_a[part_a][a] == frame_b[part_b][b]
        yield a[kept] + part_a.start, b[kept] + part_b.start


def assign(
    edges: Edges, frame_a: NDArray[np.int32], threshold: float, preferred: NDArray[np.bool_] | None = None
) -> tuple[Indices, Indices, NDArray[np.float64]]:
    """Choose one-to-one pairs of the greatest total similarity; pairs below the threshold are never chosen.

    Parameters
    ----------
    edges
        The pairs to choose from.
    frame_a
        Frame of each object of the first side.
    threshold
        The least similarity.
    preferred
        Pairs to prefer among choices of the same total (CVAT leaves these to chance).

    Returns
    -------
    a, b, similarity
        The chosen pairs, sorted by ``a``.

    Notes
    -----
    Source: CVAT pads the matrix of distances (1 - similarity) of a frame to a square with ones, sets what is farther than
    the threshold to one, runs the Hungarian method and drops pairs at distance one. Since padding and refused pairs cost the
    same, this is the matching of greatest weight; a pair with no rival on either side is always in it, so the Hungarian
    method only sees the rest.
    """
    distance = 1 - edges.similarity
    kept = (distance <= 1 - threshold) & (distance < 1)
    a, b, similarity = edges.a[kept], edges.b[kept], edges.similarity[kept]
    weight = similarity if preferred is None else similarity + _PREFERENCE * preferred[kept]
    if not len(a):
        return a, b, similarity
    alone = (np.bincount(a)[a] == 1) & (np.bincount(b)[b] == 1)
    chosen = [np.flatnonzero(alone)]
    contested = np.flatnonzero(~alone)
    if len(contested):
        frame = frame_a[a[contested]]
        contested = contested[np.argsort(frame, kind="stable")]
        cuts = np.flatnonzero(np.diff(np.sort(frame))) + 1
        for group in np.split(contested, cuts):
            chosen.append(group[_hungarian(a[group], b[group], weight[group])])
    picked = np.concatenate(chosen)
    picked = picked[np.argsort(a[picked], kind="stable")]
    return a[picked], b[picked], similarity[picked]


def _hungarian(a: Indices, b: Indices, weight: NDArray[np.float64]) -> Indices:
    """Return the positions of the pairs chosen on one frame."""
    from scipy.optimize import linear_sum_assignment

    names_a, row = np.unique(a, return_inverse=True)
    names_b, column = np.unique(b, return_inverse=True)
    weights = np.zeros((len(names_a), len(names_b)))
    weights[row, column] = weight
    position = np.full(weights.shape, -1, np.int64)
    position[row, column] = np.arange(len(a))
    rows, columns = linear_sum_assignment(weights, maximize=True)
    picked = position[rows, columns]
    return picked[picked >= 0]
