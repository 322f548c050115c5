"""Objects that are hidden by others lying above them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.kinds import ELLIPSE, MASK, POLYGON, RECTANGLE
from cvat_widgets.quality.pairs import overlapping_pairs
from cvat_widgets.quality.rasters import canvas_of, encode, mask_areas, merged
from cvat_widgets.quality.scene import Scene, Side

__all__ = ["covered_rows"]

_SPATIAL = (RECTANGLE, POLYGON, MASK, ELLIPSE)


def covered_rows(side: Side, scene: Scene, visibility: float) -> NDArray[np.int64]:
    """Return the rows of which a smaller share than ``visibility`` can be seen.

    Notes
    -----
    Source: CVAT's ``find_covered``: pixels of a shape that lie under the union of all shapes above it, by z-order and then by
    position in the list. CVAT forgets the rotation of rectangles and ellipses here; we do not. Shapes whose boxes are
    not covered by the boxes above them are never rasterised.
    """
    rows = side.rows_of(*_SPATIAL)
    if not len(rows):
        return rows
    table = side.table
    rows = rows[np.lexsort((rows, table.z_order[rows], table.frame[rows]))]
    boxes = side.boxes[rows]
    below, above = _pairs_above(table.frame[rows], boxes)
    grown = boxes + np.array((-1, -1, 1, 1))
    sides = np.minimum(grown[below, 2:], grown[above, 2:]) - np.maximum(grown[below, :2], grown[above, :2])
    most = np.bincount(below, np.prod(np.maximum(sides, 0), axis=1), minlength=len(rows))
    hidden = most > 0
    hidden &= most >= (1 - visibility) * _least_pixels(side, rows)
    order = np.argsort(below, kind="stable")
    starts = np.searchsorted(below[order], np.arange(len(rows) + 1))
    covered = [
        place
        for place in np.flatnonzero(hidden).tolist()
        if _is_covered(side, int(rows[place]), rows[above[order[starts[place] : starts[place + 1]]]], scene, visibility)
    ]
    return np.sort(rows[covered])


def _pairs_above(frame: NDArray[np.int32], boxes: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of positions (below, above) whose boxes touch; the input is sorted from below to above."""
    below, above = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for a, b in overlapping_pairs(frame, boxes, frame, boxes):
        higher = b > a
        below.append(a[higher])
        above.append(b[higher])
    return np.concatenate(below), np.concatenate(above)


def _least_pixels(side: Side, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return a number of pixels that each shape has at least: its area less its circumference; 0 for masks."""
    table = side.table
    least = np.zeros(len(rows))
    for places, factor in (
        (np.flatnonzero(table.type[rows] == RECTANGLE), 1.0),
        (np.flatnonzero(table.type[rows] == ELLIPSE), np.pi),
    ):
        starts = table.offsets[rows[places]]
        x0, y0, x1, y1 = (table.points[starts + index] for index in range(4))
        width, height = np.abs(x1 - x0), np.abs(y1 - y0)
        least[places] = factor * width * height - 2 * factor * (width + height)
    places = np.flatnonzero(table.type[rows] == POLYGON)
    if len(places):
        part = table.take(rows[places])
        x, y = part.points[0::2], part.points[1::2]
        starts = part.offsets[:-1] // 2
        following = np.arange(1, len(x) + 1)
        following[part.offsets[1:] // 2 - 1] = starts
        area = np.abs(np.add.reduceat(x * y[following] - y * x[following], starts)) / 2
        least[places] = area - np.add.reduceat(np.hypot(x[following] - x, y[following] - y), starts)
    return np.maximum(least, 0)


def _is_covered(side: Side, row: int, cover: NDArray[np.int64], scene: Scene, visibility: float) -> bool:
    rows = np.append(row, cover)
    canvas = canvas_of(scene, int(side.table.frame[row]), side.boxes[rows])
    masks = encode(side, rows.tolist(), canvas)
    area, shared = mask_areas([masks[0], merged([masks[0], merged(masks[1:])], intersect=True)]).tolist()
    return bool(shared > 0 and 1 - shared / area < visibility)
