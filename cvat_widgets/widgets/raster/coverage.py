"""How much of each pixel an area covers: edges of polygons counted along lines through the pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Covered", "Rule", "cover", "cover_rectangle"]

Rule = Literal["nonzero", "evenodd"]
Covered = tuple[int, int, NDArray[np.float32]]
"""Left, top, and the covered share of the pixels from there on, (height, width), 0 to 1."""

_LINES = 8
"""Lines a row of pixels; along a line the share is exact."""
_BAND = 1 << 20
"""Values that are worked on at once."""


def cover(rings: Sequence[NDArray[np.float64]], width: int, height: int, rule: Rule = "nonzero") -> Covered | None:
    """Return what closed rings cover of a picture; ``None`` if nothing of it.

    Parameters
    ----------
    rings
        Points, (n, 2) each, in pixels; the last one is joined with the first.
    width, height
        Size of the picture.
    rule
        What of areas in areas counts as covered, as on any canvas.
    """
    known = [ring for ring in rings if len(ring) > 2 and np.isfinite(ring).all()]
    if not known:
        return None
    start = np.concatenate(known)
    stop = np.concatenate([np.roll(ring, -1, axis=0) for ring in known])
    low, high = start.min(axis=0), start.max(axis=0)
    left, top = max(math.floor(low[0]), 0), max(math.floor(low[1]), 0)
    right, bottom = min(math.ceil(high[0]), width), min(math.ceil(high[1]), height)
    if right <= left or bottom <= top:
        return None
    rows = max(_BAND // (right - left + 2), 1)
    bands = [_band(start, stop, left, right, row, min(row + rows, bottom), rule) for row in range(top, bottom, rows)]
    return left, top, bands[0] if len(bands) == 1 else np.concatenate(bands)


def _band(
    start: NDArray[np.float64], stop: NDArray[np.float64], left: int, right: int, top: int, bottom: int, rule: Rule
) -> NDArray[np.float32]:
    """Return the covered share of some rows of pixels."""
    down = stop[:, 1] > start[:, 1]
    upper, lower = np.where(down[:, None], start, stop), np.where(down[:, None], stop, start)
    wide, lines = right - left, (bottom - top) * _LINES
    # The lines that an edge crosses; clipped while they are floats, as coordinates may be of any size.
    first, last = (np.ceil((ends[:, 1] - top) * _LINES - 0.5).clip(0, lines).astype(np.int64) for ends in (upper, lower))
    counts = last - first
    edge = np.repeat(np.arange(len(counts)), counts)
    line = np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts) + first[edge]
    y = top + (line + 0.5) / _LINES
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (lower[:, 0] - upper[:, 0]) / (lower[:, 1] - upper[:, 1])
    x = (upper[edge, 0] + (y - upper[edge, 1]) * slope[edge] - left).clip(0, wide)
    sign = np.where(down[edge], 1.0, -1.0)
    pixel = np.floor(x).astype(np.int64)
    inside = x - pixel
    place = line // _LINES * (wide + 2) + pixel
    steps = np.bincount(
        np.concatenate([place, place + 1]), np.concatenate([sign * (1 - inside), sign * inside]), (bottom - top) * (wide + 2)
    )
    # The mean of a pixel's lines stands for all of them: they differ where an edge is, and there by one.
    winding = np.cumsum(steps.reshape(-1, wide + 2).astype(np.float32) / _LINES, axis=1)[:, :wide]
    np.abs(winding, out=winding)
    if rule == "evenodd":
        winding = np.abs(winding - 2 * np.round(winding / 2))
    share: NDArray[np.float32] = np.minimum(winding, 1)
    return share


def cover_rectangle(x0: float, y0: float, x1: float, y1: float, width: int, height: int) -> Covered | None:
    """Return what an upright rectangle covers of a picture, exactly; ``None`` if nothing of it."""
    if not all(map(math.isfinite, (x0, y0, x1, y1))):
        return None
    (low_x, high_x), (low_y, high_y) = sorted((x0, x1)), sorted((y0, y1))
    left, top = max(math.floor(low_x), 0), max(math.floor(low_y), 0)
    right, bottom = min(math.ceil(high_x), width), min(math.ceil(high_y), height)
    if right <= left or bottom <= top:
        return None
    across, along = _share(low_x, high_x, left, right), _share(low_y, high_y, top, bottom)
    return left, top, np.outer(along, across).astype(np.float32)


def _share(low: float, high: float, first: int, last: int) -> NDArray[np.float64]:
    pixels = np.arange(first, last, dtype=np.float64)
    return np.minimum(pixels + 1, high) - np.maximum(pixels, low)
