"""Figures on a canvas, one a call: paths, rectangles, circles, lines, texts and pictures."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError
from cvat_widgets.widgets.raster.coverage import Covered, Rule, cover, cover_rectangle
from cvat_widgets.widgets.raster.paths import Path, apply, arc_points, curve_points, stroked
from cvat_widgets.widgets.raster.surface import Surface
from cvat_widgets.widgets.raster.text import text_mask

__all__ = ["Figures"]


class Figures(Surface):
    """The methods of a canvas that draw one thing."""

    # -- paths ---------------------------------------------------------------------------------------------------

    def begin_path(self) -> None:
        """Begin a path."""
        self._path = Path()

    def close_path(self) -> None:
        """Join the end of the path with its beginning."""
        self._path.close()

    def move_to(self, x: float, y: float) -> None:
        """Go on elsewhere."""
        self._path.move(self._mapped([[x, y]]))

    def line_to(self, x: float, y: float) -> None:
        """Add a line."""
        self._path.extend(self._mapped([[x, y]]))

    def rect(self, x: float, y: float, width: float, height: float) -> None:
        """Add a rectangle."""
        self._path.move(self._mapped([[x, y], [x + width, y], [x + width, y + height], [x, y + height]]))
        self._path.close()
        self.move_to(x, y)

    def arc(self, x: float, y: float, radius: float, start_angle: float, end_angle: float, anticlockwise: bool = False) -> None:
        """Add an arc of a circle; angles in radians."""
        self.ellipse(x, y, radius, radius, 0, start_angle, end_angle, anticlockwise)

    def ellipse(
        self,
        x: float,
        y: float,
        radius_x: float,
        radius_y: float,
        rotation: float,
        start_angle: float,
        end_angle: float,
        anticlockwise: bool = False,
    ) -> None:
        """Add an arc of an ellipse; angles in radians."""
        points = arc_points(
            x, y, (radius_x, radius_y), (start_angle, end_angle), turn=rotation, backwards=anticlockwise, size=self._size
        )  # fmt: skip
        self._path.extend(apply(self._matrix, points))

    def arc_to(self, x1: float, y1: float, x2: float, y2: float, radius: float) -> None:
        """Add an arc that touches the lines to a point and on from there."""
        before = self._unmapped_end()
        corner, after = np.array([x1, y1], np.float64), np.array([x2, y2], np.float64)
        if before is None:
            self.move_to(x1, y1)
            return
        to, on = before - corner, after - corner
        lengths = float(np.hypot(*to)), float(np.hypot(*on))
        cross = float(to[0] * on[1] - to[1] * on[0])
        if min(lengths) == 0 or cross == 0 or radius == 0:
            self.line_to(x1, y1)
            return
        to, on = to / lengths[0], on / lengths[1]
        half = math.acos(min(max(float(to @ on), -1.0), 1.0)) / 2
        centre = corner + (to + on) / np.hypot(*(to + on)) * (radius / math.sin(half))
        start, stop = (corner + way * radius / math.tan(half) - centre for way in (to, on))
        angles = math.atan2(start[1], start[0]), math.atan2(stop[1], stop[0])
        self.arc(float(centre[0]), float(centre[1]), radius, *angles, anticlockwise=cross > 0)

    def quadratic_curve_to(self, cp1x: float, cp1y: float, x: float, y: float) -> None:
        """Add a curve by one control point."""
        self._curve([[cp1x, cp1y], [x, y]])

    def bezier_curve_to(self, cp1x: float, cp1y: float, cp2x: float, cp2y: float, x: float, y: float) -> None:
        """Add a curve by two control points."""
        self._curve([[cp1x, cp1y], [cp2x, cp2y], [x, y]])

    def _curve(self, points: list[list[float]]) -> None:
        mapped = self._mapped(points)
        start = self._path.end
        if start is None:
            self._path.move(mapped[:1])
            start = mapped[:1]
        self._path.extend(curve_points(np.vstack([start, mapped]), 1.0))

    def fill(self, rule_or_path: str = "nonzero") -> None:
        """Fill the path."""
        if rule_or_path not in ("nonzero", "evenodd"):
            raise AnnotationError("the annotator's canvas fills by a rule only", hint='canvas.fill() or canvas.fill("evenodd")')
        self._fill(self._path, "evenodd" if rule_or_path == "evenodd" else "nonzero")

    def stroke(self, path2d: None = None) -> None:
        """Draw along the path."""
        if path2d is not None:
            raise AnnotationError("the annotator's canvas knows no Path2D", hint="Use begin_path, move_to, line_to and stroke")
        self._stroke(self._path)

    def clip(self) -> None:
        """Draw only inside the path from now on."""
        high, wide = self._pixels.shape[:2]
        mask = np.zeros((high, wide), np.float32)
        covered = cover(self._path.rings(), wide, high)
        if covered is not None:
            left, top, share = covered
            mask[top : top + share.shape[0], left : left + share.shape[1]] = share
        self._clip = mask if self._clip is None else mask * self._clip

    # -- figures of one call -------------------------------------------------------------------------------------

    def fill_rect(self, x: float, y: float, width: float, height: float | None = None) -> None:
        """Fill a rectangle."""
        self._blend(self._rectangle(x, y, width, width if height is None else height), self.fill_style)

    def stroke_rect(self, x: float, y: float, width: float, height: float | None = None) -> None:
        """Draw the outline of a rectangle."""
        high = width if height is None else height
        self.stroke_polygon([[x, y], [x + width, y], [x + width, y + high], [x, y + high]])

    def clear_rect(self, x: float, y: float, width: float, height: float | None = None) -> None:
        """Take away what was drawn in a rectangle."""
        self._blend(self._rectangle(x, y, width, width if height is None else height), "black", "destination-out", 1.0)

    def clear(self) -> None:
        """Take away everything."""
        self._pixels[:] = 0

    def fill_arc(
        self, x: float, y: float, radius: float, start_angle: float, end_angle: float, anticlockwise: bool = False
    ) -> None:
        """Fill an arc."""
        self._fill(self._arc(x, y, radius, start_angle, end_angle, anticlockwise))

    def stroke_arc(
        self, x: float, y: float, radius: float, start_angle: float, end_angle: float, anticlockwise: bool = False
    ) -> None:
        """Draw along an arc."""
        self._stroke(self._arc(x, y, radius, start_angle, end_angle, anticlockwise))

    def fill_circle(self, x: float, y: float, radius: float) -> None:
        """Fill a circle."""
        self.fill_arc(x, y, radius, 0, 2 * math.pi)

    def stroke_circle(self, x: float, y: float, radius: float) -> None:
        """Draw a circle."""
        circle = self._arc(x, y, radius, 0, 2 * math.pi, False)
        circle.close()
        self._stroke(circle)

    def fill_polygon(self, points: Any) -> None:
        """Fill a polygon, given as (n, 2)."""
        self._fill(self._polygon(points))

    def stroke_polygon(self, points: Any) -> None:
        """Draw the outline of a polygon, given as (n, 2)."""
        self._stroke(self._polygon(points))

    def stroke_line(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """Draw a line."""
        self.stroke_lines([[x1, y1], [x2, y2]])

    def stroke_lines(self, points: Any) -> None:
        """Draw a line through points, given as (n, 2)."""
        self._stroke(self._polygon(points, closed=False))

    # -- texts and pictures --------------------------------------------------------------------------------------

    def fill_text(self, text: Any, x: float, y: float, max_width: float | None = None) -> None:
        """Write a text."""
        self._text(text, x, y, max_width, self.fill_style, 0.0)

    def stroke_text(self, text: Any, x: float, y: float, max_width: float | None = None) -> None:
        """Write a text with a line around its letters."""
        self._text(text, x, y, max_width, self.stroke_style, self.line_width)

    def _text(self, text: Any, x: float, y: float, max_width: float | None, style: Any, line: float) -> None:
        size = self._size
        if not math.isfinite(size) or size <= 0:
            return
        made = text_mask(
            str(text), self.font, align=self.text_align, baseline=self.text_baseline, scale=size, max_width=max_width, line=line
        )
        if made is None:
            return
        mask, anchor_x, anchor_y, units = made
        matrix = self._mapped_by([[1 / units, 0, x - anchor_x / units], [0, 1 / units, y - anchor_y / units], [0, 0, 1]])
        if np.allclose(matrix[:, :2], np.eye(2), atol=1e-3):
            matrix[:, 2] = np.round(matrix[:, 2])  # Letters between pixels would be blurred.
        self._blend(self._warped(mask, matrix), style)

    def put_image_data(self, image_data: Any, x: float = 0, y: float = 0) -> None:
        """Draw an array, (height, width), RGB or RGBA, uint8, a unit a pixel; coordinates and alpha apply."""
        array = np.asarray(image_data).clip(0, 255).astype(np.uint8)
        if array.ndim == 2:
            array = np.repeat(array[..., None], 3, axis=2)
        self.lay(array, x, y, array.shape[1], array.shape[0])

    def draw_image(
        self, image: Any, x: float = 0, y: float = 0, width: float | None = None, height: float | None = None
    ) -> None:
        """Draw an ``ipywidgets.Image`` or another canvas of this kind."""
        if isinstance(image, Surface):
            picture = image.picture()
        elif isinstance(getattr(image, "value", None), (bytes, memoryview)):
            picture = _decoded(bytes(image.value))
        else:
            raise TypeError(f"draw_image takes an ipywidgets.Image in the annotator, not {type(image).__name__}")
        wide = picture.shape[1] if width is None else width
        high = (picture.shape[0] if width is None else width) if height is None else height
        self.lay(picture, x, y, wide, high)

    def create_image_data(self, width: int, height: int) -> NDArray[np.int64]:
        """Return an array of zeros, as ipycanvas does."""
        return np.zeros((width, height, 4), dtype=np.int64)

    def lay_below(self, picture: NDArray[np.uint8]) -> None:
        """Stretch a picture, RGB or RGBA, over everything, below what was drawn."""
        self.save()
        self._matrix, self._clip = self._first, None
        self.global_alpha, self.global_composite_operation = 1.0, "destination-over"
        self.lay(picture, 0, 0, self.width, self.height)
        self.restore()

    def lay(self, picture: NDArray[np.uint8], x: float, y: float, width: float, height: float) -> None:
        """Stretch a picture, RGB or RGBA, over a rectangle."""
        import cv2

        high, wide = picture.shape[:2]
        matrix = self._mapped_by([[width / wide, 0, x], [0, height / high, y], [0, 0, 1]])
        if not np.isfinite(matrix).all():
            return
        source = np.dstack([picture, np.full((high, wide), 255, np.uint8)]) if picture.shape[2] == 3 else picture
        colors: NDArray[np.float32] = source.astype(np.float32) / np.float32(255)
        colors[..., :3] *= colors[..., 3:]
        # Much smaller than it is: averaged first, as linear interpolation would leave pixels out.
        size = [max(round(math.hypot(*matrix[:, side]) * length), 1) for side, length in ((0, wide), (1, high))]
        if size[0] < wide and size[1] < high:
            colors = np.asarray(cv2.resize(colors, (size[0], size[1]), interpolation=cv2.INTER_AREA), np.float32)
            matrix = matrix @ np.array([[wide / size[0], 0, 0], [0, high / size[1], 0], [0, 0, 1]])
        area = self._warped(colors, matrix)
        if area is not None:
            left, top, values = area
            self._mix(left, top, values, self.global_alpha, self.global_composite_operation)

    def _mapped(self, points: Any) -> NDArray[np.float64]:
        return apply(self._matrix, np.asarray(points, np.float64).reshape(-1, 2))

    def _unmapped_end(self) -> NDArray[np.float64] | None:
        end = self._path.end
        if end is None or abs(np.linalg.det(self._matrix[:, :2])) < 1e-12:
            return None
        inverse = np.linalg.inv(np.vstack([self._matrix, [0, 0, 1]]))[:2]
        point: NDArray[np.float64] = apply(inverse, end)[0]
        return point

    def _polygon(self, points: Any, *, closed: bool = True) -> Path:
        path = Path()
        path.move(self._mapped(points))
        if closed:
            path.close()
        return path

    def _arc(self, x: float, y: float, radius: float, start: float, stop: float, backwards: bool) -> Path:
        path = Path()
        points = arc_points(x, y, (radius, radius), (start, stop), backwards=backwards, size=self._size)
        path.move(apply(self._matrix, points))
        return path

    def _rectangle(self, x: float, y: float, width: float, height: float) -> Covered | None:
        high, wide = self._pixels.shape[:2]
        corners = self._mapped([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])
        if self._matrix[0, 1] == 0 and self._matrix[1, 0] == 0:
            (x0, y0), (x1, y1) = corners[0].tolist(), corners[2].tolist()
            return cover_rectangle(x0, y0, x1, y1, wide, high)
        return cover([corners], wide, high)

    def _fill(self, path: Path, rule: Rule = "nonzero") -> None:
        high, wide = self._pixels.shape[:2]
        self._blend(cover(path.rings(), wide, high, rule), self.fill_style)

    def _stroke(self, path: Path) -> None:
        high, wide = self._pixels.shape[:2]
        rings = stroked(
            path, self._matrix, width=self.line_width, cap=self.line_cap, join=self.line_join, limit=self.miter_limit,
            dashes=self._dashes, offset=self.line_dash_offset,
        )  # fmt: skip
        self._blend(cover(rings, wide, high, "evenodd"), self.stroke_style)


def _decoded(data: bytes) -> NDArray[np.uint8]:
    import cv2

    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None or picture.ndim < 2:
        raise AnnotationError("the picture cannot be read", hint="Give an ipywidgets.Image of a PNG or JPEG")
    if picture.ndim == 2:
        picture = np.repeat(picture[..., None], 3, axis=2)
    order = [2, 1, 0, 3] if picture.shape[2] == 4 else [2, 1, 0]
    return np.ascontiguousarray(picture[..., order].astype(np.uint8))
