"""The picture of one page of a contact sheet: thumbnails of frames or objects with their shapes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.geometry import ellipse_polygon, rectangle_corners
from cvat_widgets.model.kinds import CUBOID, ELLIPSE, MASK, POINTS, POLYGON, POLYLINE, RECTANGLE
from cvat_widgets.model.masks import decode_crop, mask_box

__all__ = ["BACKGROUND", "Cell", "DrawnShape", "Layout", "Placed", "captioned", "draw_page"]

BACKGROUND = (246, 247, 249)
_MAT = (230, 232, 236)
_SUBPIXEL = 16
_Box = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class DrawnShape:
    """A shape to draw: type code, points in pixels of the frame, degrees of rotation, and its colour."""

    type: int
    points: NDArray[np.float64]
    rotation: float
    color: tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Cell:
    """One thumbnail: a frame, the part of it that is shown (``None``: all), and the shapes on it."""

    frame: int
    box: _Box | None
    shapes: Sequence[DrawnShape]


@dataclass(frozen=True)
class Placed:
    """Where a thumbnail went: its place on the page, and what maps pixels of the frame onto it (scale, then shift)."""

    x: int
    y: int
    width: int
    height: int
    scale: float
    shift_x: float
    shift_y: float


@dataclass(frozen=True)
class Layout:
    """Sizes on a page, in pixels.

    Parameters
    ----------
    columns
        Thumbnails side by side.
    size
        Longest side of a thumbnail.
    lines
        Lines of caption below each.
    height
        Height of a thumbnail, where all are wider than high; by default ``size``.
    """

    columns: int
    size: int
    lines: int = 1
    height: int | None = None
    gap: int = 10
    line: int = 15

    @property
    def tall(self) -> int:
        """Height of a thumbnail without its caption."""
        return self.height or self.size

    @property
    def pitch(self) -> tuple[int, int]:
        """Distance from one thumbnail to the next."""
        return self.size + self.gap, self.tall + self.gap + self.lines * self.line + (3 if self.lines else 0)

    def corner(self, place: int) -> tuple[int, int]:
        """Return the upper left corner of a thumbnail."""
        wide, tall = self.pitch
        return self.gap + place % self.columns * wide, self.gap + place // self.columns * tall

    def page(self, count: int) -> tuple[int, int]:
        """Return width and height of a page with ``count`` thumbnails."""
        wide, tall = self.pitch
        return self.gap + self.columns * wide, self.gap + max(math.ceil(count / self.columns), 1) * tall

    def place_at(self, x: float, y: float, count: int) -> int | None:
        """Return the thumbnail (with its caption) at a point of the page."""
        wide, tall = self.pitch
        column, row = int((x - self.gap / 2) // wide), int((y - self.gap / 2) // tall)
        place = row * self.columns + column
        return place if 0 <= column < self.columns and row >= 0 and place < count else None


def draw_page(task: Any, cells: Sequence[Cell], layout: Layout) -> tuple[NDArray[np.uint8], list[Placed]]:
    """Return a page as (height, width, 3), uint8, RGB, and where its thumbnails are; each frame is read once.

    Parameters
    ----------
    task
        Whatever has ``media``, or ``frame(number)``.
    cells
        The thumbnails.
    layout
        Sizes.
    """
    width, height = layout.page(len(cells))
    page = np.full((height, width, 3), BACKGROUND, np.uint8)
    placed: list[Placed | None] = [None] * len(cells)
    by_frame: dict[int, list[int]] = {}
    for place, cell in enumerate(cells):
        by_frame.setdefault(cell.frame, []).append(place)
    # In order, so that a video is decoded forwards.
    for frame in sorted(by_frame):
        places = by_frame[frame]
        for place, (part, corner) in zip(places, _parts(task, frame, [cells[place].box for place in places]), strict=True):
            placed[place] = _draw_cell(page, part, corner, cells[place].shapes, layout, layout.corner(place))
    return page, [each for each in placed if each is not None]


def _parts(task: Any, frame: int, boxes: Sequence[_Box | None]) -> list[tuple[NDArray[Any], tuple[int, int]]]:
    """Return parts of a frame, and where their upper left corners are in it."""
    media = getattr(task, "media", None)
    if media is None:
        picture = task.frame(frame)
        high, wide = picture.shape[:2]
    else:
        high, wide = (int(sides[frame]) for sides in (media.index.heights, media.index.widths))
    wanted = [_within(box or (0.0, 0.0, float(wide), float(high)), wide, high) for box in boxes]
    if media is None:
        parts = [picture[top:bottom, left:right] for left, top, right, bottom in wanted]
    else:
        parts = media.read_parts(frame, wanted)
    return [(part, (left, top)) for part, (left, top, _, _) in zip(parts, wanted, strict=True)]


def _draw_cell(
    page: NDArray[Any],
    part: NDArray[Any],
    origin: tuple[int, int],
    shapes: Sequence[DrawnShape],
    layout: Layout,
    corner: tuple[int, int],
) -> Placed:
    import cv2

    left, top = origin
    scale = min(layout.size / part.shape[1], layout.tall / part.shape[0])
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    # A first reduction by whole strides keeps the second one from reading millions of pixels.
    stride = max(int(1 / scale / 3), 1)
    if stride > 1:
        part = part[::stride, ::stride]
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.resize(part, size, interpolation=method)
    canvas = np.ascontiguousarray(small)
    _draw_shapes(canvas, shapes, scale, origin)
    page[corner[1] : corner[1] + layout.tall, corner[0] : corner[0] + layout.size] = _MAT
    x = corner[0] + (layout.size - size[0]) // 2
    y = corner[1] + (layout.tall - size[1]) // 2
    page[y : y + size[1], x : x + size[0]] = canvas
    return Placed(x, y, size[0], size[1], scale, x - left * scale, y - top * scale)


def _within(box: _Box, wide: int, high: int) -> tuple[int, int, int, int]:
    """Return whole pixels of a box inside the picture, at least one of them."""
    left, top = min(max(int(box[0]), 0), wide - 1), min(max(int(box[1]), 0), high - 1)
    return left, top, max(min(math.ceil(box[2]), wide), left + 1), max(min(math.ceil(box[3]), high), top + 1)


def _draw_shapes(canvas: NDArray[Any], shapes: Sequence[DrawnShape], scale: float, origin: tuple[int, int]) -> None:
    import cv2

    bits = int(math.log2(_SUBPIXEL))
    for shape in shapes:
        if shape.type == MASK:
            _blend_mask(canvas, shape, scale, origin)
            continue
        outline = _outline(shape)
        if outline is None:
            continue
        pixels = (outline.reshape(-1, 1, 2) - np.array(origin)) * scale
        fixed = np.round((pixels - 0.5) * _SUBPIXEL).astype(np.int32)
        if shape.type == POINTS:
            for x, y in fixed[:, 0].tolist():
                cv2.circle(canvas, (x, y), 3 * _SUBPIXEL, shape.color, -1, cv2.LINE_AA, bits)
            continue
        closed = shape.type != POLYLINE
        # A dark line below keeps the colour visible on any picture.
        cv2.polylines(canvas, [fixed], closed, (20, 20, 20), 3, cv2.LINE_AA, bits)
        cv2.polylines(canvas, [fixed], closed, shape.color, 2, cv2.LINE_AA, bits)


def _outline(shape: DrawnShape) -> NDArray[np.float64] | None:
    if shape.type == RECTANGLE:
        return rectangle_corners(shape.points, shape.rotation)
    if shape.type == ELLIPSE:
        return ellipse_polygon(shape.points, shape.rotation)
    if shape.type in (POLYGON, POLYLINE, POINTS):
        return shape.points
    if shape.type == CUBOID:
        import cv2

        return np.asarray(cv2.convexHull(shape.points.reshape(-1, 2).astype(np.float32)), np.float64).ravel()
    return None


def _blend_mask(canvas: NDArray[Any], shape: DrawnShape, scale: float, origin: tuple[int, int]) -> None:
    import cv2

    left, top, right, bottom = mask_box(shape.points)
    box = [
        round((value - shift) * scale)
        for value, shift in zip((left, top, right + 1, bottom + 1), (*origin, *origin), strict=True)
    ]
    size = (max(1, box[2] - box[0]), max(1, box[3] - box[1]))
    crop = cv2.resize(decode_crop(shape.points).astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    low_x, low_y = max(box[0], 0), max(box[1], 0)
    part = canvas[low_y : box[1] + size[1], low_x : box[0] + size[0]]
    inside = crop[low_y - box[1] :, low_x - box[0] :][: part.shape[0], : part.shape[1]].astype(bool)
    part[inside] = (0.5 * part[inside] + 0.5 * np.array(shape.color)).astype(np.uint8)


def captioned(
    page: NDArray[np.uint8], layout: Layout, captions: Sequence[Sequence[str]], frames: Sequence[tuple[int, int, int] | None]
) -> NDArray[np.uint8]:
    """Return a page with captions and coloured frames drawn into the picture, for where no browser writes them."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.fromarray(page)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(11)
    for place, (lines, color) in enumerate(zip(captions, frames, strict=True)):
        x, y = layout.corner(place)
        if color is not None:
            draw.rectangle((x - 3, y - 3, x + layout.size + 2, y + layout.tall + 2), outline=color, width=3)
        for number, text in enumerate(lines):
            draw.text((x, y + layout.tall + 3 + number * layout.line), _fitted(text, layout.size), font=font, fill=(51, 51, 51))
    return np.asarray(image)


def _fitted(text: str, width: int) -> str:
    most = max(width // 6, 4)
    return text if len(text) <= most else text[: most - 1] + "…"
