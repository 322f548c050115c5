"""Pixels that a canvas draws on: its state, its coordinates, and how colours are mixed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError
from cvat_widgets.widgets.raster.coverage import Covered, cover
from cvat_widgets.widgets.raster.paint import Gradient, paint_of
from cvat_widgets.widgets.raster.paths import Matrix, Path, apply

__all__ = ["Surface"]

_STATE = (
    "fill_style", "stroke_style", "global_alpha", "font", "text_align", "text_baseline", "direction",
    "global_composite_operation", "line_width", "line_cap", "line_join", "miter_limit", "line_dash_offset",
    "shadow_offset_x", "shadow_offset_y", "shadow_blur", "shadow_color", "filter", "image_smoothing_enabled",
    "_matrix", "_clip", "_dashes",
)  # fmt: skip
_BLENDED = ("source-over", "lighter", "multiply", "screen", "darken", "lighten")
_KEPT = ("destination-over", "destination-out", "source-atop", "xor")


class Surface:
    """A picture that is drawn on, and what the next drawing starts from.

    Parameters
    ----------
    width, height
        Size of what is drawn on, in the coordinates of the first drawing.
    scale
        Pixels of the picture to one of these.
    """

    def __init__(self, width: int, height: int, scale: float = 1.0) -> None:
        self.width, self.height = width, height
        size = (max(round(height * scale), 1), max(round(width * scale), 1))
        self._pixels = np.zeros((*size, 4), np.float32)
        """Premultiplied, 0 to 1."""
        self._first: Matrix = np.array([[size[1] / width, 0, 0], [0, size[0] / height, 0]], np.float64)
        self._stack: list[dict[str, Any]] = []
        self._path = Path()
        self._matrix = self._first
        self._clip: NDArray[np.float32] | None = None
        self._dashes: tuple[float, ...] = ()
        self.fill_style: Any = "black"
        self.stroke_style: Any = "black"
        self.global_alpha = 1.0
        self.font = "12px serif"
        self.text_align, self.text_baseline, self.direction = "start", "alphabetic", "inherit"
        self.global_composite_operation = "source-over"
        self.line_width, self.miter_limit, self.line_dash_offset = 1.0, 10.0, 0.0
        self.line_cap, self.line_join = "butt", "miter"
        self.shadow_offset_x = self.shadow_offset_y = self.shadow_blur = 0.0
        self.shadow_color, self.filter = "rgba(0, 0, 0, 0)", "none"
        self.image_smoothing_enabled = True

    def picture(self) -> NDArray[np.uint8]:
        """Return what was drawn, (height, width, 4), uint8, RGBA without premultiplied alpha."""
        alpha = self._pixels[..., 3:]
        straight = np.divide(self._pixels[..., :3], alpha, out=np.zeros_like(self._pixels[..., :3]), where=alpha > 0)
        return np.round(np.concatenate([straight, alpha], axis=2) * 255).clip(0, 255).astype(np.uint8)

    @property
    def touched(self) -> bool:
        """Whether anything was drawn."""
        return bool(self._pixels[..., 3].any())

    # -- state ---------------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Keep styles, coordinates and the clipped area for :meth:`restore`."""
        self._stack.append({name: getattr(self, name) for name in _STATE})

    def restore(self) -> None:
        """Go back to what was saved last."""
        if self._stack:
            for name, value in self._stack.pop().items():
                setattr(self, name, value)

    def translate(self, x: float, y: float) -> None:
        """Move the coordinates."""
        self.transform(1, 0, 0, 1, x, y)

    def rotate(self, angle: float) -> None:
        """Turn the coordinates, in radians, clockwise."""
        self.transform(math.cos(angle), math.sin(angle), -math.sin(angle), math.cos(angle), 0, 0)

    def scale(self, x: float, y: float | None = None) -> None:
        """Scale the coordinates."""
        self.transform(x, 0, 0, x if y is None else y, 0, 0)

    def transform(self, a: float, b: float, c: float, d: float, e: float, f: float) -> None:
        """Change the coordinates by a matrix."""
        self._matrix = self._mapped_by([[a, c, e], [b, d, f], [0, 0, 1]])

    def _mapped_by(self, change: list[list[float]]) -> Matrix:
        """Return the present coordinates changed by a (3, 3) matrix."""
        with np.errstate(all="ignore"):
            changed: Matrix = self._matrix @ np.array(change, np.float64)
        return changed

    def set_transform(self, a: float, b: float, c: float, d: float, e: float, f: float) -> None:
        """Set the coordinates to a matrix."""
        self.reset_transform()
        self.transform(a, b, c, d, e, f)

    def reset_transform(self) -> None:
        """Go back to the first coordinates."""
        self._matrix = self._first

    def set_line_dash(self, segments: Any) -> None:
        """Set the lengths of dashes and gaps; an empty list is an unbroken line."""
        dashes = tuple(float(each) for each in segments)
        self._dashes = dashes * 2 if len(dashes) % 2 else dashes

    def get_line_dash(self) -> list[float]:
        """Return the lengths of dashes and gaps."""
        return [*self._dashes]

    # -- pixels --------------------------------------------------------------------------------------------------

    @property
    def _size(self) -> float:
        """Pixels to a unit."""
        return math.sqrt(abs(float(np.linalg.det(self._matrix[:, :2]))))

    def _warped(self, source: NDArray[np.float32], matrix: NDArray[np.float64]) -> tuple[int, int, NDArray[np.float32]] | None:
        """Return a picture mapped onto pixels: left, top, values."""
        import cv2

        high, wide = self._pixels.shape[:2]
        rows, columns = source.shape[:2]
        corners = apply(matrix, np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float64))
        if not np.isfinite(corners).all():
            return None
        left, top = (max(math.floor(value), 0) for value in corners.min(axis=0).tolist())
        right, bottom = (min(math.ceil(v), most) for v, most in zip(corners.max(axis=0).tolist(), (wide, high), strict=True))
        if right <= left or bottom <= top:
            return None
        # Pixels have their values at their centres.
        moved = matrix.copy()
        moved[:, 2] += matrix[:, :2] @ [0.5, 0.5] - [left + 0.5, top + 0.5]
        smooth = cv2.INTER_LINEAR if self.image_smoothing_enabled or source.ndim == 2 else cv2.INTER_NEAREST
        # Letters fade out at the rim; pictures keep their rim and end with their area.
        border = cv2.BORDER_CONSTANT if source.ndim == 2 else cv2.BORDER_REPLICATE
        values = np.asarray(
            cv2.warpAffine(source, moved, (right - left, bottom - top), flags=smooth, borderMode=border), np.float32
        )
        if source.ndim == 3 and (area := cover([corners], wide, high)) is not None:
            values = values * area[2][..., None]
        return left, top, values

    def _blend(self, covered: Covered | None, style: Any, operation: str | None = None, alpha: float | None = None) -> None:
        """Paint what is covered."""
        if covered is None:
            return
        left, top, share = covered
        paint = paint_of(style)
        if isinstance(paint, Gradient):
            colors = self._gradient(paint, left, top, share.shape)
        else:
            colors = np.broadcast_to(np.array(paint, np.float32), (*share.shape, 4)).copy()
        colors[..., 3] *= share
        colors[..., :3] *= colors[..., 3:]
        self._mix(
            left, top, colors, self.global_alpha if alpha is None else alpha, operation or self.global_composite_operation
        )

    def _gradient(self, gradient: Gradient, left: int, top: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
        inverse = np.linalg.pinv(np.vstack([self._matrix, [0, 0, 1]]))[:2]
        y, x = np.mgrid[top : top + shape[0], left : left + shape[1]] + 0.5
        return gradient.colors(
            inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2], inverse[1, 0] * x + inverse[1, 1] * y + inverse[1, 2]
        )

    def _mix(self, left: int, top: int, source: NDArray[np.float32], alpha: float, operation: str) -> None:
        """Mix premultiplied colours into the picture."""
        if operation not in (*_BLENDED, *_KEPT):
            raise AnnotationError(
                f"the annotator's canvas cannot mix by {operation!r}", hint=f"It knows {', '.join((*_BLENDED, *_KEPT))}"
            )
        high, wide = source.shape[:2]
        below = self._pixels[top : top + high, left : left + wide]
        above = source * np.float32(min(max(alpha, 0.0), 1.0))
        if self._clip is not None:
            above = above * self._clip[top : top + high, left : left + wide, None]
        over, under = above[..., 3:], below[..., 3:]
        if operation == "source-over":
            mixed = above + below * (1 - over)
        elif operation in _BLENDED:
            mixed = _blended(operation, above, below, over, under)
        else:
            parts: dict[str, tuple[Any, Any]] = {
                "destination-over": (1 - under, 1.0), "destination-out": (0.0, 1 - over),
                "source-atop": (under, 1 - over), "xor": (1 - under, 1 - over),
            }  # fmt: skip
            first, second = parts[operation]
            mixed = above * first + below * second
        self._pixels[top : top + high, left : left + wide] = mixed


def _blended(
    operation: str, above: NDArray[Any], below: NDArray[Any], over: NDArray[Any], under: NDArray[Any]
) -> NDArray[np.float32]:
    """Return premultiplied colours mixed by another rule than lying over one another."""
    if operation == "lighter":
        return np.asarray(np.minimum(above + below, 1), np.float32)
    a, b = above[..., :3], below[..., :3]
    if operation == "multiply":
        both = a * b
    elif operation == "screen":
        both = a * under + b * over - a * b
    else:
        both = (np.minimum if operation == "darken" else np.maximum)(a * under, b * over)
    colors = a * (1 - under) + b * (1 - over) + both
    return np.asarray(np.concatenate([colors, over + under - over * under], axis=2), np.float32)
