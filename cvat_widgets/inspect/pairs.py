"""Pairs of overlapping intervals and boxes among very many, without a loop over rows.

Sort and sweep (Baraff, *Dynamic Simulation of Non-Penetrating Rigid Bodies*, 1992): in order of their left edges a box can only
meet those that follow until one begins right of it. The sweep is done for all boxes at once: step k compares each box with the
k-th after it, and only those that still reach so far go on to step k + 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["box_pairs", "interval_pairs"]

_Index = NDArray[np.int64]


def interval_pairs(key: _Index, low: NDArray[np.float64], high: NDArray[np.float64]) -> tuple[_Index, _Index]:
    """Return all pairs of rows with equal key whose intervals overlap; NaN overlaps nothing."""
    usable = np.flatnonzero(np.isfinite(low) & np.isfinite(high))
    if len(usable) < 2:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    if len(usable) < len(low):
        a, b = interval_pairs(key[usable], low[usable], high[usable])
        return usable[a], usable[b]
    # Key and place in one number of 64 bits sort several times faster than two columns. Places are rounded down to
    # sixteenths; what the rounding lets through is dropped at the end.
    base = np.floor(low.min())
    place = ((low - base) * 16).astype(np.int64)
    reach = np.ceil((high - base) * 16).astype(np.int64)
    width = int(max(place.max(), reach.max())) + 2
    if (int(key.max()) - int(key.min()) + 1) * width < 2**62:
        start = (key - key.min()) * width
        order = np.argsort(start + place)
        places = (start + place)[order]
        ends = (start + np.maximum(reach, 0))[order]
    else:
        order = np.lexsort((place, key))
        # Far from each other by key is far apart; the order of keys is all that counts.
        start = np.cumsum(np.diff(key[order], prepend=key[order[0]]) != 0) * width
        places, ends = start + place[order], start + np.maximum(reach, 0)[order]
    active = np.flatnonzero(places[1:] < ends[:-1])
    first, second = [], []
    step = 1
    while len(active):
        first.append(active)
        second.append(active + step)
        step += 1
        active = active[active < len(order) - step]
        active = active[places[active + step] < ends[active]]
    a, b = (order[np.concatenate(part)] if part else np.empty(0, np.int64) for part in (first, second))
    meets = (low[b] < high[a]) & (low[a] < high[b])
    return a[meets], b[meets]


def box_pairs(key: _Index, boxes: NDArray[np.float64]) -> tuple[_Index, _Index, NDArray[np.float64], NDArray[np.float64]]:
    """Return the pairs of boxes with equal key that overlap.

    Returns
    -------
    tuple
        Rows a and b, intersection over union, and intersection over the smaller of the two.
    """
    a, b = interval_pairs(key, boxes[:, 0], boxes[:, 2])
    tall = np.minimum(boxes[a, 3], boxes[b, 3]) - np.maximum(boxes[a, 1], boxes[b, 1])
    meets = tall > 0
    a, b, tall = a[meets], b[meets], tall[meets]
    wide = np.minimum(boxes[a, 2], boxes[b, 2]) - np.maximum(boxes[a, 0], boxes[b, 0])
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    shared = wide * tall
    return a, b, shared / (area[a] + area[b] - shared), shared / np.maximum(np.minimum(area[a], area[b]), 1e-12)
