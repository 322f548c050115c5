"""Outlines between flat coordinates and shapely, written in one way whatever library made them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["ordered_ring", "polygon_of", "ring_of"]


def polygon_of(points: Sequence[float]) -> Any:
    """Return flat coordinates as a shapely polygon."""
    from shapely.geometry import Polygon

    return Polygon(np.asarray(points, np.float64).reshape(-1, 2))


def ring_of(polygon: Any, like: Sequence[float]) -> tuple[float, ...]:
    """Return the outline of a shapely polygon, flat, in the direction of ``like`` and from its leftmost, then topmost point."""
    ring = np.asarray(polygon.exterior.coords, np.float64)[:-1, :2]
    return ordered_ring(ring.ravel(), like)


def ordered_ring(points: Sequence[float] | np.ndarray[Any, Any], like: Sequence[float]) -> tuple[float, ...]:
    """Return a ring (flat) in the direction of ``like`` and from its leftmost, then topmost point."""
    ring = np.asarray(points, np.float64).reshape(-1, 2)
    if _turns_right(ring) != _turns_right(np.asarray(like, np.float64).reshape(-1, 2)):
        ring = ring[::-1]
    start = int(np.lexsort((ring[:, 1], ring[:, 0]))[0])
    return tuple(np.roll(ring, -start, axis=0).ravel().tolist())


def _turns_right(ring: np.ndarray[Any, Any]) -> bool:
    x, y = ring[:, 0], ring[:, 1]
    return bool((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() >= 0)
