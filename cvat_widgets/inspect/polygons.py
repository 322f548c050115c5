"""Polygons that cross themselves or enclose nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.inspect.rows import Target, findings, rows_of
from cvat_widgets.model.kinds import POLYGON
from cvat_widgets.model.table import AnnotationTable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["bad_polygons"]

_CHUNK = 1 << 15  # coordinates at a time: what stays in the cache
_LONG = 128  # longer outlines go to GEOS directly: its sweep beats testing all pairs


def bad_polygons(target: Target, *, area: float = 16.0) -> pd.DataFrame:
    """Find polygons whose outline crosses or touches itself, and those that enclose hardly anything.

    Parameters
    ----------
    target
        A task, a job or a DataFrame of rows.
    area
        Least area in square pixels.

    Returns
    -------
    pandas.DataFrame
        ``id, frame, label, score, reason``; outlines that cross score 1, small areas 0.5 to 1.

    Notes
    -----
    Valid is what the OGC's *Simple Feature Access* calls valid. Edges are tested against each other by the signs of four
    triangles (Cormen et al., *Introduction to Algorithms*, 33.1) for all polygons of one length at once; what may touch is
    given to GEOS, which decides and says where.
    """
    import shapely

    rows = rows_of(target)
    table = rows.shapes
    index = np.flatnonzero(table.type == POLYGON)
    size, suspect = _areas_and_suspects(table, index)
    suspects = np.flatnonzero(suspect)
    valid = np.ones(len(index), bool)
    shapes = np.full(len(index), None, object)
    if len(suspects):
        part = table.take(index[suspects])
        counts = np.diff(part.offsets) // 2
        rings = shapely.linearrings(part.points.reshape(-1, 2), indices=np.repeat(np.arange(len(part)), counts))
        shapes[suspects] = shapely.polygons(rings)
        valid[suspects] = shapely.is_valid(shapes[suspects])
    crossing = ~valid
    bad = np.flatnonzero(crossing | (size < area))
    told = shapely.is_valid_reason(shapes[bad])
    reasons = [
        _told(str(why)) if crosses else f"encloses only {extent:.3g} square pixels"
        for why, crosses, extent in zip(told.tolist(), crossing[bad].tolist(), size[bad].tolist(), strict=True)
    ]
    score = np.where(crossing[bad], 1.0, 1 - np.clip(size[bad] / area, 0, 1) / 2)
    found = index[bad]
    return findings(table.id[found], table.frame[found], rows.name_of(found), score, reasons)


def _areas_and_suspects(table: AnnotationTable, index: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return areas, and whether any two of its edges may meet where they should not."""
    lengths = np.diff(table.offsets)[index] // 2
    size, suspect = np.zeros(len(index)), np.zeros(len(index), bool)
    for count in np.unique(lengths).tolist():
        group = np.flatnonzero(lengths == count)
        step = max(_CHUNK // count, 1)
        for at in range(0, len(group), step):
            part = group[at : at + step]
            flat = table.points[table.offsets[index[part], None] + np.arange(2 * count)]
            # One polygon a column: neighbours in memory are then the same vertex of different polygons.
            x, y = np.ascontiguousarray(flat[:, 0::2].T), np.ascontiguousarray(flat[:, 1::2].T)
            x, y = x - x[0], y - y[0]
            size[part] = np.abs((x * np.roll(y, -1, 0) - y * np.roll(x, -1, 0)).sum(axis=0)) / 2
            suspect[part] = True if count > _LONG else _edges_meet(x, y)
    return size, suspect


def _edges_meet(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return for polygons in columns, shape (vertices, n), whether two edges meet or an edge turns back on itself."""
    count = len(x)
    dx, dy = np.roll(x, -1, 0) - x, np.roll(y, -1, 0) - y
    turn = dx * np.roll(dy, -1, 0) - dy * np.roll(dx, -1, 0)
    back = (turn == 0) & (dx * np.roll(dx, -1, 0) + dy * np.roll(dy, -1, 0) <= 0)
    meets = back.any(axis=0)
    # side[k][i]: on which side of edge i vertex i + k lies. Vertices wrap around.
    x2, y2 = np.concatenate([x, x]), np.concatenate([y, y])
    side = [dx * (y2[k : k + count] - y) - dy * (x2[k : k + count] - x) for k in range(count)]
    for k in range(2, count // 2 + 1):
        ahead = side[k] * side[(k + 1) % count] <= 0
        # Seen from edge j = i + k, edge i is the one at distance count - k.
        behind = side[count - k] * side[(count - k + 1) % count] <= 0
        meets |= (ahead & np.roll(behind, -k, 0)).any(axis=0)
    return np.asarray(meets)


def _told(reason: str) -> str:
    """Turn GEOS's words into ours: ``Self-intersection[12.5 3]``."""
    kind, _, place = reason.partition("[")
    if not place:
        return f"not a valid outline: {kind.lower()}"
    x, _, y = place.rstrip("]").partition(" ")
    what = "crosses itself" if "Self" in kind else f"is not valid ({kind.lower()})"
    return f"its outline {what} at ({float(x):.0f}, {float(y):.0f})"
