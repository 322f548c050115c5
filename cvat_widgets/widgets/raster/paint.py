"""What a canvas fills areas with: colours as CSS writes them, and gradients."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError

__all__ = ["Color", "Gradient", "color_of", "paint_of"]

Color = tuple[float, float, float, float]
"""Red, green, blue and alpha, 0 to 1."""

_CALL = re.compile(r"(rgb|hsl)a?\(([^()]*)\)")


def color_of(text: Any) -> Color:
    """Return a colour of CSS: a name, ``#rgb``, ``#rrggbbaa``, ``rgb()``, ``rgba()``, ``hsl()`` or ``hsla()``.

    Raises
    ------
    AnnotationError
        It is none.
    """
    from PIL import ImageColor

    given = str(text).strip().lower()
    if given == "transparent":
        return 0.0, 0.0, 0.0, 0.0
    try:
        if call := _CALL.fullmatch(given):
            return _called(call[1], [part for part in re.split(r"[\s,/]+", call[2].strip()) if part])
        red, green, blue, *alpha = ImageColor.getrgb(given)
    except ValueError:
        raise AnnotationError(
            f"{str(text)[:60]!r} is not a colour", hint='Write "#e6194b", "rgba(255, 0, 0, 0.5)" or a name such as "red"'
        ) from None
    return red / 255, green / 255, blue / 255, (alpha[0] if alpha else 255) / 255


def _called(model: str, parts: Sequence[str]) -> Color:
    if len(parts) not in (3, 4):
        raise ValueError(model)
    alpha = _number(parts[3], 1.0) if len(parts) == 4 else 1.0
    if model == "rgb":
        red, green, blue = (_number(part, 255.0) / 255 for part in parts[:3])
    else:
        hue, saturation, light = float(parts[0].removesuffix("deg")) / 360, _number(parts[1], 1.0), _number(parts[2], 1.0)
        red, green, blue = colorsys.hls_to_rgb(hue % 1, _unit(light), _unit(saturation))
    return _unit(red), _unit(green), _unit(blue), _unit(alpha)


def _number(text: str, whole: float) -> float:
    return float(text[:-1]) / 100 * whole if text.endswith("%") else float(text)


def _unit(value: float) -> float:
    return min(max(value, 0.0), 1.0)


@dataclass(frozen=True)
class Gradient:
    """Colours along a line, or from a circle to another; in the coordinates the area is drawn in."""

    start: tuple[float, float, float]
    """x, y, radius."""
    stop: tuple[float, float, float]
    radial: bool
    stops: tuple[tuple[float, Color], ...]

    @classmethod
    def of(cls, given: Any) -> Gradient:
        """Take over a gradient of ipycanvas."""
        stops = tuple(sorted((float(at), color_of(color)) for at, color in given.color_stops))
        ends = [(given.x0, given.y0, getattr(given, "r0", 0)), (given.x1, given.y1, getattr(given, "r1", 0))]
        start, stop = ((float(x), float(y), float(radius)) for x, y, radius in ends)
        return cls(start, stop, hasattr(given, "r1"), stops)

    def colors(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return the colours at points, (..., 4)."""
        (x0, y0, r0), (x1, y1, r1) = self.start, self.stop
        if self.radial:
            # Circles about one centre, which is what heat spots are; others are drawn as if about the second centre.
            at = (np.hypot(x - x1, y - y1) - r0) / ((r1 - r0) or 1.0)
        else:
            length = (x1 - x0) ** 2 + (y1 - y0) ** 2
            at = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / (length or 1.0)
        places = [place for place, _ in self.stops]
        parts = [np.interp(at, places, [color[part] for _, color in self.stops]) for part in range(4)]
        return np.stack(parts, axis=-1).astype(np.float32)


def paint_of(style: Any) -> Color | Gradient:
    """Return what a ``fill_style`` or ``stroke_style`` paints with.

    Raises
    ------
    AnnotationError
        It is neither a colour nor a gradient.
    """
    if isinstance(style, Gradient):
        return style
    if hasattr(style, "color_stops"):
        return Gradient.of(style)
    if not isinstance(style, str):
        raise AnnotationError(
            f"{type(style).__name__} cannot be painted with in the annotator", hint="Use a colour or a gradient"
        )
    return color_of(style)
