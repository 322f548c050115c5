"""Annotations painted into pictures of indices, as CVAT does it for formats that hold masks.

Rectangles and polygons follow pycocotools' rule for which pixels belong to them, ellipses OpenCV's, as in CVAT. Later and
higher (z-order) objects cover the ones below. A group is one object if the format wants it so: it has the label of its largest
part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.model.geometry import ellipse_polygon, rectangle_corners
from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.kinds import ELLIPSE, MASK, RECTANGLE
from cvat_widgets.model.masks import coco_counts, decode_crop, mask_box

__all__ = ["Painter", "Segment", "fill_polygon"]


@dataclass(frozen=True, eq=False)
class Segment:
    """The pixels of one object.

    Parameters
    ----------
    row
        Row of :attr:`Painter.table`; of a group, that of its largest part.
    left, top
        Where the crop begins.
    crop
        Bool of shape (height, width).
    """

    row: int
    left: int
    top: int
    crop: NDArray[np.bool_]

    def paint(self, picture: NDArray[Any], value: int) -> None:
        """Set the pixels of the object to a value."""
        height, width = self.crop.shape
        picture[self.top : self.top + height, self.left : self.left + width][self.crop] = value


class Painter:
    """The objects of a dataset, frame by frame, as pixels.

    Parameters
    ----------
    dataset
        What to paint; tracks are painted wherever they are visible.
    types
        Shape types that take part.
    merge_groups
        Whether a group on a frame is one object.
    """

    def __init__(self, dataset: Dataset, types: Sequence[int], *, merge_groups: bool) -> None:
        table = interpolate_table(dataset.table, frame_count=len(dataset.frames))
        self.table = table.take(np.isin(table.type, types) & (table.parent < 0))
        self.merge_groups = merge_groups
        self._frames = dataset.frames
        self._order, self._starts = self.table.frame_rows()

    def size(self, frame: int) -> tuple[int, int]:
        """Return width and height of a frame.

        Raises
        ------
        FormatError
            They are not known.
        """
        width, height = int(self._frames.widths[frame]), int(self._frames.heights[frame])
        if width <= 0 or height <= 0:
            raise FormatError(
                f"the size of the frame {self._frames.names[frame]!r} is not known, so no mask of it can be painted",
                hint="Export from a task, or convert from a format that keeps sizes",
            )
        return width, height

    def rows(self, frame: int) -> list[int]:
        """Return the rows of a frame."""
        if frame + 1 >= len(self._starts):
            return []
        found: list[int] = self._order[self._starts[frame] : self._starts[frame + 1]].tolist()
        return found

    def segments(self, frame: int) -> list[Segment]:
        """Return the objects of a frame in the order in which they are painted: the lowest first."""
        rows = self.rows(frame)
        if not rows:
            return []
        width, height = self.size(frame)
        parts = [segment for row in rows if (segment := self._segment(row, width, height)) is not None]
        if self.merge_groups:
            parts = self._merged(parts)
        z_order = self.table.z_order
        return sorted(parts, key=lambda part: int(z_order[part.row]))

    def _merged(self, parts: list[Segment]) -> list[Segment]:
        """Return one segment a group, behind those without one, as CVAT's order of instances has it."""
        group = self.table.group
        single = [part for part in parts if group[part.row] == 0]
        groups: dict[int, list[Segment]] = {}
        for part in parts:
            if group[part.row] != 0:
                groups.setdefault(int(group[part.row]), []).append(part)
        return single + [_united(groups[number]) for number in sorted(groups)]

    def _segment(self, row: int, width: int, height: int) -> Segment | None:
        points = self.table.points_of(row)
        kind = int(self.table.type[row])
        if kind == MASK:
            crop, left, top = decode_crop(points), *mask_box(points)[:2]
            x0, y0 = max(left, 0), max(top, 0)
            crop = crop[y0 - top : max(height - top, 0), x0 - left : max(width - left, 0)]
            return Segment(row, x0, y0, crop) if crop.size else None
        if kind == ELLIPSE:
            return _ellipse(row, points, float(self.table.rotation[row]), width, height)
        if kind == RECTANGLE:
            points = rectangle_corners(points, float(self.table.rotation[row]))
        filled = fill_polygon(points, width, height)
        return None if filled is None else Segment(row, *filled)


def _united(parts: list[Segment]) -> Segment:
    if len(parts) == 1:
        return parts[0]
    left, top = min(part.left for part in parts), min(part.top for part in parts)
    right = max(part.left + part.crop.shape[1] for part in parts)
    bottom = max(part.top + part.crop.shape[0] for part in parts)
    crop = np.zeros((bottom - top, right - left), bool)
    for part in parts:
        Segment(part.row, part.left - left, part.top - top, part.crop).paint(crop, 1)
    leader = max(parts, key=lambda part: int(part.crop.sum()))
    return Segment(leader.row, left, top, crop)


def _ellipse(row: int, points: NDArray[np.float64], rotation: float, width: int, height: int) -> Segment | None:
    import cv2

    cx, cy, right, top = (float(value) for value in points)
    radii = round(abs(right - cx)), round(abs(cy - top))
    reach = max(radii) + 2
    if max(reach, abs(cx), abs(cy)) > 8 * _far(width, height):
        filled = fill_polygon(ellipse_polygon(points, rotation, 720), width, height)
        return None if filled is None else Segment(row, *filled)
    x0, y0 = max(round(cx) - reach, 0), max(round(cy) - reach, 0)
    x1, y1 = min(round(cx) + reach, width), min(round(cy) + reach, height)
    if x1 <= x0 or y1 <= y0:
        return None
    crop = np.zeros((y1 - y0, x1 - x0), np.uint8)
    cv2.ellipse(crop, (round(cx) - x0, round(cy) - y0), radii, rotation, 0, 360, 1, -1)
    return Segment(row, x0, y0, crop.astype(bool))


def fill_polygon(points: NDArray[np.float64], width: int, height: int) -> tuple[int, int, NDArray[np.bool_]] | None:
    """Fill a polygon by pycocotools' rule, but only where it is.

    Parameters
    ----------
    points
        Flat coordinates.
    width, height
        Size of the picture.

    Returns
    -------
    tuple or None
        Left, top and the crop, equal to that part of the whole picture as pycocotools fills it; ``None`` if nothing of the
        polygon is in the picture.
    """
    from pycocotools import mask as coco

    corners = points.reshape(-1, 2)
    if np.abs(corners).max() > _far(width, height):
        corners = _clipped(corners, width, height)
        if len(corners) < 3:
            return None
    # pycocotools puts points on a grid of fifths of a pixel. They stay where they are: moved with the crop, an edge that runs
    # through the middle between two grid lines would be rounded to the other one at times.
    grid = np.trunc(corners * 5 + 0.5)
    left, top = np.maximum(grid.min(axis=0) // 5, 0).astype(int).tolist()
    right, bottom = np.minimum(grid.max(axis=0) // 5 + 2, (width, height)).astype(int).tolist()
    if right <= left or bottom <= top:
        return None
    counts = coco_counts(coco.frPyObjects([corners.ravel().tolist()], bottom, right)[0]["counts"].decode())
    ends = np.maximum(np.cumsum(counts) - left * bottom, 0)  # runs go down the columns; those before the crop have no length
    pixels = np.repeat(np.arange(len(ends)) % 2 == 1, np.diff(ends, prepend=0))
    return left, top, np.ascontiguousarray(pixels.reshape(right - left, bottom).T[top:])


def _far(width: int, height: int) -> int:
    """How far from the origin a point may be before the polygon is cut: pycocotools walks along every edge."""
    return 4 * max(width, height) + 1000


def _clipped(corners: NDArray[np.float64], width: int, height: int) -> NDArray[np.float64]:
    """Cut a polygon off well outside of the picture, side by side (Sutherland and Hodgman)."""
    margin = max(width, height)
    for axis, sign, limit in ((0, 1, -margin), (0, -1, -(width + margin)), (1, 1, -margin), (1, -1, -(height + margin))):
        if not len(corners):
            break
        distance = sign * corners[:, axis] - limit
        following, next_distance = np.roll(corners, -1, axis=0), np.roll(distance, -1)
        kept: list[NDArray[np.float64]] = []
        for here, there, a, b in zip(corners, following, distance.tolist(), next_distance.tolist(), strict=True):
            if a >= 0:
                kept.append(here)
            if (a >= 0) != (b >= 0):
                kept.append(here + (there - here) * (a / (a - b)))
        corners = np.array(kept).reshape(-1, 2)
    return corners
