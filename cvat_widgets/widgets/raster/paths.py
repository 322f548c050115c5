"""Paths of a canvas: subpaths in pixels of the picture, curves as short lines, and the outlines of strokes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

__all__ = ["Matrix", "Path", "apply", "arc_points", "stroked"]

Matrix = NDArray[np.float64]
"""(2, 3): what maps coordinates that are drawn in onto pixels."""
Points = NDArray[np.float64]

_FLAT = 0.04
"""A curve may be that many pixels away from its lines."""
_MOST_DASHES = 20_000
_FARTHEST = 1e9
"""Lines to points beyond are not drawn: nobody sees where they end, and numbers run out."""


def apply(matrix: Matrix, points: Points) -> Points:
    """Return points, (n, 2), mapped by a matrix."""
    # What lies beyond all numbers is left out where areas are counted.
    with np.errstate(all="ignore"):
        mapped: Points = points @ matrix[:, :2].T + matrix[:, 2]
    return mapped


def arc_points(
    x: float,
    y: float,
    radii: tuple[float, float],
    angles: tuple[float, float],
    *,
    turn: float = 0.0,
    backwards: bool = False,
    size: float = 1.0,
) -> Points:
    """Return points of an arc of an ellipse, from an angle to another, in radians; ``size`` pixels are one unit."""
    start, stop = angles
    sweep = stop - start
    full = 2 * math.pi
    sign = -1 if backwards else 1
    sweep = sign * (full if sign * sweep >= full else (sign * sweep) % full)
    radius = max(max(map(abs, radii)) * size, 0.5)
    count = max(math.ceil(abs(sweep) / (2 * math.acos(max(1 - _FLAT / radius, -1.0)))), 2)
    at = start + sweep * np.linspace(0, 1, min(count, 4096) + 1)
    across, along = radii[0] * np.cos(at), radii[1] * np.sin(at)
    return np.column_stack(
        [x + across * math.cos(turn) - along * math.sin(turn), y + across * math.sin(turn) + along * math.cos(turn)]
    )


class Path:
    """Subpaths; points are mapped as they come, as on any canvas."""

    def __init__(self) -> None:
        self.parts: list[list[Points]] = []
        self.closed: list[bool] = []

    def move(self, points: Points) -> None:
        """Begin a subpath with points."""
        self.parts.append([points])
        self.closed.append(False)

    def extend(self, points: Points) -> None:
        """Go on with points, from where the path ended."""
        if not self.parts:
            self.move(points)
            return
        if self.closed[-1]:
            self.move(self.parts[-1][0][:1])
        self.parts[-1].append(points)

    def close(self) -> None:
        """Join the end of the subpath with its beginning."""
        if self.closed:
            self.closed[-1] = True

    @property
    def end(self) -> Points | None:
        """The last point, (1, 2)."""
        if not self.parts:
            return None
        return self.parts[-1][0][:1] if self.closed[-1] else self.parts[-1][-1][-1:]

    def rings(self) -> list[Points]:
        """Return the points of each subpath."""
        return [np.concatenate(part) for part in self.parts]


def curve_points(controls: Points, size: float) -> Points:
    """Return points of a Bézier curve of second or third order without its first one."""
    length = float(np.hypot(*np.diff(controls, axis=0).T).sum()) * size
    if not math.isfinite(length):
        return controls[-1:]
    at = np.linspace(0, 1, min(max(math.ceil(math.sqrt(length) * 2), 4), 512) + 1)[1:, None]
    points = controls
    layers = [points[place : place + 1] + 0 * at for place in range(len(points))]
    while len(layers) > 1:
        layers = [(1 - at) * a + at * b for a, b in pairwise(layers)]
    return layers[0]


def stroked(
    path: Path,
    matrix: Matrix,
    *,
    width: float,
    cap: str,
    join: str,
    limit: float,
    dashes: Sequence[float],
    offset: float,
) -> list[Points]:
    """Return closed rings, in pixels, of what a pen leaves along a path; areas within areas are holes (even-odd).

    ``matrix`` is the present one: the pen is as wide as it says, also where it is not the one that the path was made with.
    """
    import shapely

    determinant = float(np.linalg.det(matrix[:, :2]))
    if not width > 0 or not math.isfinite(determinant) or abs(determinant) < 1e-12:
        return []
    inverse = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))[:2]
    lines: list[Any] = []
    for ring, closed in zip(path.rings(), path.closed, strict=True):
        points = apply(inverse, ring)
        points = points[np.append(True, (np.diff(points, axis=0) != 0).any(axis=1))]
        if len(points) < 2 or not np.abs(points).max() < _FARTHEST:
            continue
        if closed and len(points) > 2:
            whole = np.vstack([points, points[:1]])
            lines += _dashed(whole, dashes, offset) if dashes else [shapely.LinearRing(points)]
        else:
            lines += _dashed(points, dashes, offset) if dashes else [shapely.LineString(points)]
    if not lines:
        return []
    radius = width / 2 * math.sqrt(abs(determinant))
    area = shapely.unary_union(
        shapely.buffer(
            lines,
            width / 2,
            quad_segs=min(max(math.ceil(math.sqrt(radius) * 3), 4), 32),
            cap_style=cast("Literal['round', 'square', 'flat']", {"butt": "flat"}.get(cap, cap)),
            join_style=cast("Literal['round', 'bevel', 'mitre']", {"miter": "mitre"}.get(join, join)),
            mitre_limit=max(limit, 1.0),
        )
    )
    rings = []
    for polygon in shapely.get_parts(area):
        rings += [polygon.exterior, *polygon.interiors]
    return [apply(matrix, np.asarray(ring.coords)[:-1]) for ring in rings]


def _dashed(points: Points, dashes: Sequence[float], offset: float) -> list[Any]:
    """Return the drawn pieces of a line."""
    import shapely
    from shapely.ops import substring

    line = shapely.LineString(points)
    period = sum(dashes)
    if not period > 0 or line.length / period * len(dashes) > _MOST_DASHES:
        return [line]
    pieces: list[Any] = []
    at, index = -(offset % period), 0
    while at < line.length:
        stop = at + dashes[index % len(dashes)]
        if index % 2 == 0 and stop > 0:
            piece = substring(line, max(at, 0.0), min(stop, line.length))
            if piece.length > 0:
                pieces.append(piece)
        at, index = stop, index + 1
    return pieces
