"""The street the figures move through, and the true annotation of every moment of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cvat_widgets.samples.figures import Canvas, Color, Figure

if TYPE_CHECKING:
    from shapely.geometry import Polygon

__all__ = ["DAY", "DUSK", "OVERCAST", "Palette", "Scene"]

_OVERSAMPLING = 2
_LEAST_AREA = 14.0  # square pixels of an object that is still worth a box


@dataclass(frozen=True)
class Palette:
    """Colours of a time of day."""

    sky_top: Color
    sky_bottom: Color
    hills: Color
    houses: tuple[Color, ...]
    roof: Color
    window: Color
    trees: Color
    pavement: Color
    road: Color
    line: Color


DAY = Palette(
    sky_top=(96, 164, 226),
    sky_bottom=(214, 234, 246),
    hills=(150, 182, 160),
    houses=((226, 196, 160), (204, 132, 104), (236, 222, 196), (176, 190, 204), (214, 170, 120)),
    roof=(122, 72, 60),
    window=(116, 152, 178),
    trees=(74, 128, 78),
    pavement=(196, 192, 184),
    road=(92, 94, 100),
    line=(232, 228, 212),
)
DUSK = Palette(
    sky_top=(58, 54, 108),
    sky_bottom=(244, 160, 116),
    hills=(96, 82, 110),
    houses=((126, 98, 110), (112, 76, 88), (138, 112, 116), (96, 90, 118), (124, 90, 88)),
    roof=(66, 44, 58),
    window=(252, 212, 128),
    trees=(48, 66, 66),
    pavement=(126, 112, 120),
    road=(62, 60, 72),
    line=(206, 188, 166),
)
OVERCAST = Palette(
    sky_top=(164, 176, 188),
    sky_bottom=(216, 222, 226),
    hills=(152, 164, 164),
    houses=((198, 186, 170), (168, 132, 118), (206, 200, 190), (156, 166, 176), (184, 160, 136)),
    roof=(106, 84, 78),
    window=(128, 146, 160),
    trees=(86, 114, 88),
    pavement=(172, 170, 166),
    road=(84, 86, 92),
    line=(208, 206, 198),
)


@dataclass(frozen=True, eq=False)
class Scene:
    """Figures in a street.

    Parameters
    ----------
    width, height
        Pixels.
    figures
        In any order; nearer ones (larger ``depth``) hide farther ones.
    palette
        Time of day.
    seed
        Of houses, trees and texture.
    """

    width: int
    height: int
    figures: Sequence[Figure]
    palette: Palette = DAY
    seed: int = 7

    # -- painting ------------------------------------------------------------------------------------------------

    def picture(self, frame: float = 0) -> NDArray[np.uint8]:
        """Return the scene at a moment, (height, width, 3), uint8, RGB."""
        canvas = Canvas(self._street.copy(), _OVERSAMPLING)
        for figure in self.figures:
            canvas.shadow(*figure.shadow(frame))
        for figure in sorted(self.figures, key=lambda each: each.depth):
            figure.paint(canvas, frame)
        shown: NDArray[np.uint8] = cv2.resize(canvas.pixels, (self.width, self.height), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
        return shown

    @cached_property
    def _street(self) -> NDArray[np.uint8]:
        """The street without figures, oversampled, with the soft shadows of what stands still."""
        width, height, colors = self.width, self.height, self.palette
        rng = np.random.default_rng(self.seed)
        share = np.linspace(0, 1, height * _OVERSAMPLING)[:, None, None]
        sky = np.array(colors.sky_top) * (1 - np.minimum(share / 0.5, 1)) + np.array(colors.sky_bottom) * np.minimum(
            share / 0.5, 1
        )
        canvas = Canvas(np.repeat(sky, width * _OVERSAMPLING, axis=1).round().astype(np.uint8), _OVERSAMPLING)
        self._paint_sky(canvas, rng)
        self._paint_houses(canvas, rng)
        self._paint_ground(canvas)
        grain = rng.normal(0, 2.2, canvas.pixels.shape[:2])[..., None]
        return np.clip(canvas.pixels + grain, 0, 255).astype(np.uint8)

    def _paint_sky(self, canvas: Canvas, rng: np.random.Generator) -> None:
        width, height, colors = self.width, self.height, self.palette
        for _ in range(4):
            x, y, size = rng.uniform(0, width), rng.uniform(0.06, 0.2) * height, rng.uniform(0.03, 0.055) * height
            cloud = tuple(round(0.35 * low + 0.65 * 255) for low in colors.sky_bottom)
            for step in range(5):
                radius = size * (1 - 0.22 * abs(step - 2))
                canvas.disc(x + (step - 2) * size * 1.1, y - radius * 0.35, radius, cloud)  # type: ignore[arg-type]
        across = np.linspace(0, width, 60)
        ridge = height * (0.42 + 0.035 * np.sin(across / width * 7 + 1) + 0.02 * np.sin(across / width * 17))
        self._fill(canvas, [*zip(across, ridge, strict=True), (width, height), (0, height)], colors.hills)

    def _paint_houses(self, canvas: Canvas, rng: np.random.Generator) -> None:
        width, height, colors = self.width, self.height, self.palette
        foot = 0.585 * height
        x, number = -0.02 * width, 0
        while x < width:
            wide = rng.uniform(0.13, 0.19) * width
            top = foot - rng.uniform(0.24, 0.40) * height
            wall = colors.houses[number % len(colors.houses)]
            self._fill(canvas, [(x, top), (x + wide, top), (x + wide, foot), (x, foot)], wall)
            self._fill(
                canvas,
                [(x + wide * 0.86, top), (x + wide, top), (x + wide, foot), (x + wide * 0.86, foot)],
                _darker(wall, 0.88),
            )
            if number % 2:
                peak = top - 0.075 * height
                self._fill(
                    canvas, [(x - 0.006 * width, top), (x + wide / 2, peak), (x + wide + 0.006 * width, top)], colors.roof
                )
            else:
                self._fill(
                    canvas, [(x - 3, top - 5), (x + wide + 3, top - 5), (x + wide + 3, top + 2), (x - 3, top + 2)], colors.roof
                )
            self._paint_windows(canvas, rng, x, wide, top, foot)
            if rng.random() < 0.7:
                self._paint_tree(canvas, x + wide * rng.uniform(0.85, 1.1), foot, rng.uniform(0.10, 0.14) * height)
            x += wide + rng.uniform(0.0, 0.02) * width
            number += 1

    def _paint_windows(self, canvas: Canvas, rng: np.random.Generator, x: float, wide: float, top: float, foot: float) -> None:
        height, colors = self.height, self.palette
        columns = max(2, round(wide / (0.085 * height)))
        pane, tall = wide / (columns * 1.9), 0.052 * height
        row = top + 0.035 * height
        while row + 1.4 * tall < foot - 0.09 * height:
            for column in range(columns):
                left = x + wide * (column + 0.5) / columns - pane / 2
                lit = colors.window if rng.random() < 0.75 else _darker(colors.window, 0.62)
                self._fill(
                    canvas,
                    [
                        (left - 1, row - 1),
                        (left + pane + 1, row - 1),
                        (left + pane + 1, row + tall + 1),
                        (left - 1, row + tall + 1),
                    ],
                    (240, 236, 228),
                )
                self._fill(canvas, [(left, row), (left + pane, row), (left + pane, row + tall), (left, row + tall)], lit)
            row += 1.75 * tall
        door = x + wide * 0.5
        self._fill(
            canvas,
            [
                (door - 0.02 * height, foot - 0.085 * height),
                (door + 0.02 * height, foot - 0.085 * height),
                (door + 0.02 * height, foot),
                (door - 0.02 * height, foot),
            ],
            _darker(colors.roof, 0.8),
        )

    def _paint_tree(self, canvas: Canvas, x: float, foot: float, size: float) -> None:
        canvas.limb([(x, foot), (x, foot - size * 1.2)], size * 0.16, (94, 72, 58))
        for across, up, radius, light in (
            (-0.42, 1.35, 0.5, 0.85),
            (0.42, 1.4, 0.5, 0.9),
            (0.0, 1.75, 0.6, 1.0),
            (-0.12, 1.9, 0.34, 1.12),
        ):
            color = tuple(min(255, round(value * light)) for value in self.palette.trees)
            canvas.disc(x + across * size, foot - up * size, radius * size, color)  # type: ignore[arg-type]

    def _paint_ground(self, canvas: Canvas) -> None:
        width, height, colors = self.width, self.height, self.palette
        far, kerb, near, front = (share * height for share in (0.585, 0.655, 0.865, 1.0))
        self._band(canvas, far, kerb, colors.pavement)
        self._band(canvas, kerb, kerb + 0.012 * height, _darker(colors.pavement, 0.8))
        self._band(canvas, kerb + 0.012 * height, near, colors.road)
        self._band(canvas, kerb + 0.012 * height, kerb + 0.03 * height, _darker(colors.road, 0.9))
        self._band(canvas, near, near + 0.014 * height, _darker(colors.pavement, 0.82))
        self._band(canvas, near + 0.014 * height, front, colors.pavement)
        dash, middle = 0.07 * width, 0.762 * height
        for number in range(9):
            x = (number * 1.7 - 0.3) * dash
            self._fill(
                canvas,
                [(x, middle), (x + dash, middle), (x + dash - 4, middle + 0.011 * height), (x - 4, middle + 0.011 * height)],
                colors.line,
            )
        for number in range(14):
            x = number * 0.085 * width
            self._fill(
                canvas,
                [(x, near + 0.014 * height), (x + 1.2, near + 0.014 * height), (x - 22.8, front), (x - 24, front)],
                _darker(colors.pavement, 0.9),
            )

    def _band(self, canvas: Canvas, top: float, bottom: float, color: Color) -> None:
        self._fill(canvas, [(-2, top), (self.width + 2, top), (self.width + 2, bottom), (-2, bottom)], color)

    def _fill(self, canvas: Canvas, points: Sequence[tuple[Any, Any]], color: Color) -> None:
        canvas.polygon(np.array(points, np.float64), color)

    # -- the truth -----------------------------------------------------------------------------------------------

    def outlines(self, frame: float) -> list[tuple[Polygon | None, float]]:
        """Return the outline of every figure inside the picture (``None`` if it is away) and the share that is visible.

        The share is of the part inside the picture: 1 where nothing nearer hides it.
        """
        from shapely.geometry import box
        from shapely.ops import unary_union

        view = box(0, 0, self.width, self.height)
        whole = [figure.outline(frame) for figure in self.figures]
        result: list[tuple[Polygon | None, float]] = []
        for number, figure in enumerate(self.figures):
            inside = whole[number].intersection(view)
            part = max(getattr(inside, "geoms", [inside]), key=lambda each: each.area)
            if part.area < _LEAST_AREA:
                result.append((None, 0.0))
                continue
            nearer = [
                whole[other]
                for other, each in enumerate(self.figures)
                if each.depth > figure.depth and whole[other].intersects(part)
            ]
            hidden = part.intersection(unary_union(nearer)).area if nearer else 0.0
            result.append((part, 1.0 - hidden / part.area))
        return result

    def mask(self, figure: int, frame: float, *, visible: bool = True) -> NDArray[np.bool_]:
        """Return the pixels whose centre lies in a figure's outline, (height, width).

        Parameters
        ----------
        figure
            Number of the figure.
        frame
            The moment.
        visible
            Leave out what nearer figures hide.
        """
        mask = self._inside(self.figures[figure].outline(frame))
        if visible:
            for each in self.figures:
                if each.depth > self.figures[figure].depth:
                    mask &= ~self._inside(each.outline(frame))
        return mask

    def _inside(self, outline: Polygon) -> NDArray[np.bool_]:
        import shapely

        mask = np.zeros((self.height, self.width), bool)
        left, top, right, bottom = outline.bounds
        columns = np.arange(max(0, int(left)), min(self.width, int(right) + 1))
        rows = np.arange(max(0, int(top)), min(self.height, int(bottom) + 1))
        if len(columns) and len(rows):
            shapely.prepare(outline)
            x, y = np.meshgrid(columns + 0.5, rows + 0.5)
            mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = shapely.contains_xy(outline, x, y)
        return mask


def _darker(color: Color, factor: float) -> Color:
    red, green, blue = (round(value * factor) for value in color)
    return red, green, blue
