"""A canvas with the methods of ipycanvas that draws in the kernel, so that a drawing can be sent as one picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from cvat_widgets.errors import AnnotationError
from cvat_widgets.widgets.raster.figures import Figures
from cvat_widgets.widgets.raster.paint import Gradient, color_of

__all__ = ["RasterCanvas"]


class RasterCanvas(Figures):
    """The drawing methods of :class:`ipycanvas.Canvas`, in Python.

    Methods in the plural draw many figures: their numbers may be arrays, lists or single values. Shadows, filters and
    patterns are not drawn; letters are those of one font.

    Parameters
    ----------
    width, height
        Size of what is drawn on, in the coordinates of the first drawing.
    scale
        Pixels of the picture to one of these.
    """

    def _each(self, name: str, *values: Any) -> None:
        figure = getattr(self, name)
        for each in _rows(*values):
            figure(*each)

    def _styled(self, name: str, values: Sequence[Any], color: Any, alpha: Any) -> None:
        self.save()
        figure = getattr(self, name)
        for each, style in zip(_rows(*values), _styles(color, alpha), strict=False):
            self.fill_style = self.stroke_style = style
            figure(*each)
        self.restore()

    def fill_rects(self, x: Any, y: Any, width: Any, height: Any = None) -> None:
        """Fill rectangles."""
        self._each("fill_rect", x, y, width, width if height is None else height)

    def stroke_rects(self, x: Any, y: Any, width: Any, height: Any = None) -> None:
        """Draw the outlines of rectangles."""
        self._each("stroke_rect", x, y, width, width if height is None else height)

    def fill_styled_rects(self, x: Any, y: Any, width: Any, height: Any, color: Any, alpha: Any = 1) -> None:
        """Fill rectangles, each with its colour, (n, 3), 0 to 255."""
        self._styled("fill_rect", (x, y, width, width if height is None else height), color, alpha)

    def stroke_styled_rects(self, x: Any, y: Any, width: Any, height: Any, color: Any, alpha: Any = 1) -> None:
        """Draw the outlines of rectangles, each with its colour."""
        self._styled("stroke_rect", (x, y, width, width if height is None else height), color, alpha)

    def fill_arcs(self, x: Any, y: Any, radius: Any, start_angle: Any, end_angle: Any, anticlockwise: Any = False) -> None:
        """Fill arcs."""
        self._each("fill_arc", x, y, radius, start_angle, end_angle, anticlockwise)

    def stroke_arcs(self, x: Any, y: Any, radius: Any, start_angle: Any, end_angle: Any, anticlockwise: Any = False) -> None:
        """Draw along arcs."""
        self._each("stroke_arc", x, y, radius, start_angle, end_angle, anticlockwise)

    def fill_circles(self, x: Any, y: Any, radius: Any) -> None:
        """Fill circles."""
        self._each("fill_circle", x, y, radius)

    def stroke_circles(self, x: Any, y: Any, radius: Any) -> None:
        """Draw circles."""
        self._each("stroke_circle", x, y, radius)

    def fill_styled_circles(self, x: Any, y: Any, radius: Any, color: Any, alpha: Any = 1) -> None:
        """Fill circles, each with its colour, (n, 3), 0 to 255."""
        self._styled("fill_circle", (x, y, radius), color, alpha)

    def stroke_styled_circles(self, x: Any, y: Any, radius: Any, color: Any, alpha: Any = 1) -> None:
        """Draw circles, each with its colour."""
        self._styled("stroke_circle", (x, y, radius), color, alpha)

    def fill_styled_arcs(
        self,
        x: Any,
        y: Any,
        radius: Any,
        start_angle: Any,
        end_angle: Any,
        color: Any,
        alpha: Any = 1,
        anticlockwise: Any = False,
    ) -> None:
        """Fill arcs, each with its colour."""
        self._styled("fill_arc", (x, y, radius, start_angle, end_angle, anticlockwise), color, alpha)

    def stroke_styled_arcs(
        self,
        x: Any,
        y: Any,
        radius: Any,
        start_angle: Any,
        end_angle: Any,
        color: Any,
        alpha: Any = 1,
        anticlockwise: Any = False,
    ) -> None:
        """Draw along arcs, each with its colour."""
        self._styled("stroke_arc", (x, y, radius, start_angle, end_angle, anticlockwise), color, alpha)

    def fill_polygons(self, points: Any, points_per_polygon: Any = None) -> None:
        """Fill polygons: a list of (n, 2), or (count, n, 2), or (n, 2) with the number of points of each."""
        self._each("fill_polygon", _parts(points, points_per_polygon))

    def stroke_polygons(self, points: Any, points_per_polygon: Any = None) -> None:
        """Draw the outlines of polygons."""
        self._each("stroke_polygon", _parts(points, points_per_polygon))

    def fill_styled_polygons(self, points: Any, color: Any, alpha: Any = 1, points_per_polygon: Any = None) -> None:
        """Fill polygons, each with its colour, (n, 3), 0 to 255."""
        self._styled("fill_polygon", (_parts(points, points_per_polygon),), color, alpha)

    def stroke_styled_polygons(self, points: Any, color: Any, alpha: Any = 1, points_per_polygon: Any = None) -> None:
        """Draw the outlines of polygons, each with its colour."""
        self._styled("stroke_polygon", (_parts(points, points_per_polygon),), color, alpha)

    def stroke_line_segments(self, points: Any, points_per_line_segment: Any = None) -> None:
        """Draw lines: a list of (n, 2), or (count, n, 2), or (n, 2) with the number of points of each."""
        self._each("stroke_lines", _parts(points, points_per_line_segment))

    def stroke_styled_line_segments(self, points: Any, color: Any, alpha: Any = 1, points_per_line_segment: Any = None) -> None:
        """Draw lines, each with its colour, (n, 3), 0 to 255."""
        self._styled("stroke_lines", (_parts(points, points_per_line_segment),), color, alpha)

    def create_linear_gradient(self, x0: float, y0: float, x1: float, y1: float, color_stops: Any) -> Gradient:
        """Return a gradient along a line, to be a style."""
        return _gradient((x0, y0, 0.0), (x1, y1, 0.0), color_stops, radial=False)

    def create_radial_gradient(
        self, x0: float, y0: float, r0: float, x1: float, y1: float, r1: float, color_stops: Any
    ) -> Gradient:
        """Return a gradient from a circle to another, to be a style."""
        return _gradient((x0, y0, r0), (x1, y1, r1), color_stops, radial=True)

    def create_pattern(self, *_: Any) -> None:
        """Patterns are not drawn in the kernel."""
        raise AnnotationError("the annotator's canvas knows no patterns", hint="Use a colour or a gradient")

    def flush(self) -> None:
        """Nothing waits to be sent."""


def _gradient(start: tuple[float, float, float], stop: tuple[float, float, float], stops: Any, *, radial: bool) -> Gradient:
    return Gradient(start, stop, radial, tuple(sorted((float(at), color_of(color)) for at, color in stops)))


def _rows(*values: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the values of each figure; single values are those of all."""
    many = [each if isinstance(each, list) and len(values) == 1 else np.atleast_1d(np.asarray(each)) for each in values]
    count = max(map(len, many))
    for place in range(count):
        yield tuple(each[place if len(each) > 1 else 0] for each in many)


def _styles(color: Any, alpha: Any) -> Iterator[str]:
    colors = np.atleast_2d(np.asarray(color, np.float64))
    alphas = np.atleast_1d(np.asarray(alpha, np.float64))
    for place in range(max(len(colors), len(alphas), 1 << 30 if len(colors) == len(alphas) == 1 else 0)):
        red, green, blue = colors[place if len(colors) > 1 else 0][:3]
        yield f"rgba({red}, {green}, {blue}, {alphas[place if len(alphas) > 1 else 0]})"


def _parts(points: Any, counts: Any) -> list[Any]:
    """Return the points of each polygon."""
    if isinstance(points, list) or (isinstance(points, np.ndarray) and points.ndim == 3):
        return [np.asarray(each, np.float64).reshape(-1, 2) for each in points]
    flat = np.asarray(points, np.float64).reshape(-1, 2)
    if counts is None:
        raise AnnotationError(
            "the number of points of each polygon is missing", hint="Give points_per_polygon, or a list of arrays"
        )
    return np.split(flat, np.cumsum(np.atleast_1d(counts))[:-1])
