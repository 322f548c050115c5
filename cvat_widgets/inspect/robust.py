"""Medians and spreads by group, which a few wrong values do not move.

Modified z-scores are those of Iglewicz and Hoaglin, *How to Detect and Handle Outliers* (1993): the distance from the median in
units of the median absolute deviation, scaled so that it is a standard deviation for a normal distribution.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["group_centres", "modified_z", "suspicion"]

_SIGMA = 1.4826  # of a normal distribution over its median absolute deviation


def group_centres(
    values: NDArray[np.float64], group: NDArray[np.integer], count: int, *, floor: float = 1e-9, least: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return median and robust standard deviation of each group; NaN where a group has fewer than ``least`` values.

    Parameters
    ----------
    values
        float64 of shape (n,) or (n, k); NaN is not counted.
    group
        Group of each row, 0 to ``count`` - 1.
    floor
        Least spread: what differs by less is noise.
    """
    table = values.reshape(len(values), -1)
    centre = np.full((count, table.shape[1]), np.nan)
    spread = np.full((count, table.shape[1]), np.nan)
    order = np.argsort(group.astype(np.uint16 if count < 65536 else np.int64), kind="stable")
    edges = np.concatenate(([0], np.cumsum(np.bincount(group, minlength=count))))
    for column in range(table.shape[1]):
        ordered = table[order, column]
        for place in np.flatnonzero(np.diff(edges)).tolist():
            part = ordered[edges[place] : edges[place + 1]]
            part = part[np.isfinite(part)]
            if len(part) < least:
                continue
            middle = np.median(part)
            centre[place, column] = middle
            spread[place, column] = max(_SIGMA * float(np.median(np.abs(part - middle))), floor)
    shape = (count, *values.shape[1:])
    return centre.reshape(shape), spread.reshape(shape)


def modified_z(
    values: NDArray[np.float64], group: NDArray[np.integer], count: int, *, floor: float = 1e-9, least: int = 8
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how many robust standard deviations each value is from the median of its group, and that median."""
    centre, spread = group_centres(values, group, count, floor=floor, least=least)
    return (values - centre[group]) / spread[group], centre


def suspicion(value: NDArray[np.float64], threshold: float) -> NDArray[np.float64]:
    """Map a quantity onto 0 to 1 so that findings of different kinds can be ranked together: 0.5 is at the threshold."""
    size = np.abs(value)
    return np.asarray(size / (size + threshold))
