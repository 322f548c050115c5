"""Cars and walkers: their outline at any moment, and how they are painted.

Outlines are exact polygons in pixels (x to the right, y down); what is painted covers the outline and nothing else, so boxes,
polygons and masks taken from the outline are true for the picture.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from shapely.geometry import Polygon

__all__ = ["SHIFT", "Canvas", "Car", "Figure", "Walker"]

Color = tuple[int, int, int]
Points = NDArray[np.float64]

SHIFT = 4  # bits of sub-pixel precision OpenCV draws with


@dataclass(frozen=True)
class Canvas:
    """A picture that is painted larger than it is shown, for smooth edges; coordinates are those of the shown picture."""

    pixels: NDArray[np.uint8]
    scale: float

    def polygon(self, points: Points, color: Color) -> None:
        """Fill a polygon."""
        fixed = np.rint((points * self.scale - 0.5) * (1 << SHIFT)).astype(np.int32)
        cv2.fillPoly(self.pixels, [fixed], color, cv2.LINE_AA, SHIFT)

    def shadow(self, x: float, y: float, half_width: float, half_height: float) -> None:
        """Darken an ellipse softly."""
        left, top = int((x - half_width) * self.scale) - 8, int((y - half_height) * self.scale) - 8
        right, bottom = int((x + half_width) * self.scale) + 8, int((y + half_height) * self.scale) + 8
        left, top = max(left, 0), max(top, 0)
        part = self.pixels[top : max(bottom, 0), left : max(right, 0)]
        if not part.size:
            return
        rows, columns = np.mgrid[top : top + part.shape[0], left : left + part.shape[1]]
        distance = np.hypot((columns / self.scale - x) / half_width, (rows / self.scale - y) / half_height)
        part[:] = part * (1 - 0.38 * np.clip((1 - distance) * 3, 0, 1))[..., None]

    def disc(self, x: float, y: float, radius: float, color: Color) -> None:
        """Fill a disc."""
        turn = np.linspace(0, 2 * math.pi, 40, endpoint=False)
        self.polygon(np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], axis=1), color)

    def limb(self, points: Sequence[tuple[float, float]], width: float, color: Color) -> None:
        """Draw a thick line with round ends."""
        for (x0, y0), (x1, y1) in pairwise(points):
            length = math.hypot(x1 - x0, y1 - y0) or 1.0
            across = (-(y1 - y0) / length * width / 2, (x1 - x0) / length * width / 2)
            corners = [(x0, y0), (x1, y1), (x1, y1), (x0, y0)]
            signs = (1, 1, -1, -1)
            self.polygon(
                np.array([(x + s * across[0], y + s * across[1]) for (x, y), s in zip(corners, signs, strict=True)]), color
            )
        for x, y in points:
            self.disc(x, y, width / 2, color)


def shade(color: Color, factor: float) -> Color:
    """Return a colour made darker (below 1) or lighter (above 1)."""
    if factor <= 1:
        red, green, blue = (round(value * factor) for value in color)
    else:
        red, green, blue = (round(255 - (255 - value) / factor) for value in color)
    return red, green, blue


class Figure(ABC):
    """Something that moves through the scene at constant speed.

    Attributes
    ----------
    label
        ``car`` or ``person``.
    start
        x of its middle at frame 0, pixels.
    speed
        Pixels a frame, negative to the left.
    depth
        Larger is nearer.
    attributes
        Values by attribute name.
    """

    label: ClassVar[str]
    start: float
    speed: float
    depth: float
    attributes: dict[str, str]

    @abstractmethod
    def outline(self, frame: float) -> Polygon:
        """Return the outline at a moment, also where it lies outside of the picture."""

    @abstractmethod
    def paint(self, canvas: Canvas, frame: float) -> None:
        """Paint the figure."""

    @abstractmethod
    def shadow(self, frame: float) -> tuple[float, float, float, float]:
        """Return the ellipse of the shadow on the ground: middle x and y, half width, half height."""


def _smooth(points: Points, rounds: int = 2) -> Points:
    """Round the corners of a polygon. Source: Chaikin's corner cutting (1974)."""
    for _ in range(rounds):
        following = np.roll(points, -1, axis=0)
        points = np.stack([0.75 * points + 0.25 * following, 0.25 * points + 0.75 * following], axis=1).reshape(-1, 2)
    return points


_BODY = np.array(
    [
        (0.03, 0.075), (0.00, 0.13), (0.01, 0.25), (0.08, 0.285), (0.17, 0.30), (0.27, 0.415), (0.36, 0.435),
        (0.53, 0.435), (0.61, 0.41), (0.73, 0.295), (0.90, 0.265), (0.985, 0.225), (1.00, 0.13), (0.97, 0.075),
    ]
)  # fmt: skip
_GLASS = (
    np.array([(0.235, 0.30), (0.295, 0.392), (0.365, 0.408), (0.435, 0.408), (0.435, 0.30)]),
    np.array([(0.46, 0.30), (0.46, 0.408), (0.525, 0.408), (0.59, 0.388), (0.675, 0.30)]),
)
_WHEELS = ((0.195, 0.082), (0.805, 0.082))
_WHEEL = 0.082


@lru_cache(maxsize=1)
def _car_parts() -> dict[str, Any]:
    """The car in its own units: x from rear 0 to front 1, y up from the ground, in lengths of the car."""
    from shapely import affinity
    from shapely.geometry import Point, Polygon, box
    from shapely.ops import unary_union

    body = Polygon(_smooth(_BODY))
    tyres = [Point(x, y).buffer(_WHEEL, quad_segs=12) for x, y in _WHEELS]
    arches = unary_union([affinity.scale(tyre, 1.22, 1.22) for tyre in tyres])

    def ring(area: Any) -> Points:
        part = max(getattr(area, "geoms", [area]), key=lambda each: each.area)
        return np.array(part.exterior.coords)[:-1]

    return {
        "outline": ring(unary_union([body, *tyres])),
        "body": ring(body),
        "lower": ring(body & box(0, 0, 1, 0.155)),
        "light": ring(body & box(0, 0.235, 1, 0.272)),
        "arches": [ring(part) for part in (body & arches).geoms],
        "glass": [_smooth(glass, 1) for glass in _GLASS],
        "front": ring(body & box(0.955, 0.185, 1, 0.225)),
        "rear": ring(body & box(0, 0.19, 0.035, 0.24)),
    }


@dataclass(frozen=True, eq=False)
class Car(Figure):
    """A car seen from the side.

    Parameters
    ----------
    color
        Paint, RGB.
    start
        x of its middle at frame 0, pixels.
    speed
        Pixels a frame, negative to the left; 0 for a parked car.
    ground
        y of the road under its wheels.
    length
        Pixels from bumper to bumper.
    depth
        Larger is nearer.
    facing
        1 right, -1 left; by default where it drives to.
    """

    color: Color
    start: float
    speed: float
    ground: float
    length: float
    depth: float
    attributes: dict[str, str] = field(default_factory=dict)
    facing: int = 0
    label: ClassVar[str] = "car"

    def _place(self, points: Points, frame: float) -> Points:
        facing = self.facing or (-1 if self.speed < 0 else 1)
        x = self.start + self.speed * frame + facing * (points[:, 0] - 0.5) * self.length
        return np.stack([x, self.ground - points[:, 1] * self.length], axis=1)

    def shadow(self, frame: float) -> tuple[float, float, float, float]:
        """Return the ellipse of the shadow on the ground."""
        return self.start + self.speed * frame, self.ground - 0.01 * self.length, 0.5 * self.length, 0.045 * self.length

    def outline(self, frame: float) -> Polygon:
        """Return the outline at a moment."""
        from shapely.geometry import Polygon

        return Polygon(self._place(_car_parts()["outline"], frame))

    def paint(self, canvas: Canvas, frame: float) -> None:
        """Paint the car."""
        parts = _car_parts()

        def fill(name: str, color: Color) -> None:
            for ring in parts[name] if isinstance(parts[name], list) else [parts[name]]:
                canvas.polygon(self._place(ring, frame), color)

        fill("body", self.color)
        fill("light", shade(self.color, 1.35))
        fill("lower", shade(self.color, 0.72))
        fill("glass", (58, 78, 96))
        for glass in parts["glass"]:
            glint = np.array(
                [glass.mean(axis=0) + offset for offset in ((-0.03, -0.03), (-0.015, -0.03), (0.03, 0.04), (0.015, 0.04))]
            )
            canvas.polygon(self._place(glint, frame), (120, 150, 172))
        fill("front", (255, 244, 200))
        fill("rear", (214, 50, 44))
        fill("arches", shade(self.color, 0.45))
        turned = self.speed * frame / (_WHEEL * self.length)
        for x, y in _WHEELS:
            ((centre_x, centre_y),) = self._place(np.array([(x, y)]), frame)
            radius = _WHEEL * self.length
            canvas.disc(centre_x, centre_y, radius, (34, 34, 38))
            canvas.disc(centre_x, centre_y, radius * 0.58, (176, 180, 188))
            for spoke in range(5):
                angle = turned + spoke * 2 * math.pi / 5
                tip = (centre_x + math.cos(angle) * radius * 0.5, centre_y + math.sin(angle) * radius * 0.5)
                canvas.limb([(centre_x, centre_y), tip], radius * 0.13, (96, 100, 110))
            canvas.disc(centre_x, centre_y, radius * 0.16, (70, 74, 82))


@dataclass(frozen=True, eq=False)
class Walker(Figure):
    """A person seen from the side, walking.

    Parameters
    ----------
    shirt, trousers, hair, skin
        Colours, RGB.
    start
        x at frame 0, pixels.
    speed
        Pixels a frame, negative to the left.
    ground
        y of the feet.
    height
        Pixels from sole to crown.
    depth
        Larger is nearer.
    phase
        Where in the step the walk begins, radians.
    """

    shirt: Color
    trousers: Color
    hair: Color
    skin: Color
    start: float
    speed: float
    ground: float
    height: float
    depth: float
    attributes: dict[str, str] = field(default_factory=dict)
    phase: float = 0.0
    label: ClassVar[str] = "person"

    @cached_property
    def _widths(self) -> dict[str, float]:
        return {name: share * self.height for name, share in (("leg", 0.088), ("arm", 0.06), ("head", 0.072), ("shoe", 0.06))}

    @property
    def turn(self) -> float:
        """Radians of the step a frame: two steps are as long as the legs reach."""
        return abs(self.speed) / (0.19 * self.height)

    def shadow(self, frame: float) -> tuple[float, float, float, float]:
        """Return the ellipse of the shadow on the ground."""
        return self.start + self.speed * frame, self.ground - 0.005 * self.height, 0.2 * self.height, 0.035 * self.height

    def _joints(self, frame: float) -> dict[str, Any]:
        """Where the joints are: hips swing by 27 degrees, a knee bends while its leg swings forward, arms oppose the legs."""
        unit = self.height
        facing = -1 if self.speed < 0 else 1
        angle = self.phase + self.turn * frame
        x = self.start + self.speed * frame
        bob = 0.012 * unit * abs(math.sin(angle))
        hip = (x, self.ground - 0.50 * unit + bob)
        neck = (x + facing * 0.012 * unit, self.ground - 0.83 * unit + bob)

        def joint(origin: tuple[float, float], length: float, swing: float) -> tuple[float, float]:
            return origin[0] + facing * math.sin(swing) * length, origin[1] + math.cos(swing) * length

        joints: dict[str, Any] = {"hip": hip, "neck": neck, "head": (neck[0] + facing * 0.01 * unit, neck[1] - 0.095 * unit)}
        for side, turn in (("near", angle), ("far", angle + math.pi)):
            swing = 0.47 * math.sin(turn)
            bend = 0.75 * max(0.0, math.cos(turn)) ** 1.5 + 0.06
            knee = joint(hip, 0.235 * unit, swing)
            ankle = joint(knee, 0.215 * unit, swing - bend)
            toe = (ankle[0] + facing * 0.062 * unit, ankle[1] + 0.012 * unit)
            joints[f"{side} leg"] = [hip, knee, ankle]
            joints[f"{side} shoe"] = [ankle, toe]
            shoulder = (neck[0], neck[1] + 0.045 * unit)
            elbow = joint(shoulder, 0.165 * unit, -0.8 * swing)
            joints[f"{side} arm"] = [shoulder, elbow]
            joints[f"{side} hand"] = [elbow, joint(elbow, 0.15 * unit, -0.8 * swing + 0.42)]
        return joints

    def _torso(self, joints: dict[str, Any]) -> Points:
        unit = self.height
        (hip_x, hip_y), (neck_x, neck_y) = joints["hip"], joints["neck"]
        wide, narrow = 0.088 * unit, 0.066 * unit
        corners = [
            (neck_x - wide * 0.55, neck_y - 0.012 * unit),
            (neck_x + wide * 0.55, neck_y - 0.012 * unit),
            (neck_x + wide, neck_y + 0.06 * unit),
            (hip_x + narrow, hip_y - 0.06 * unit),
            (hip_x + narrow * 1.15, hip_y + 0.045 * unit),
            (hip_x - narrow * 1.15, hip_y + 0.045 * unit),
            (hip_x - narrow, hip_y - 0.06 * unit),
            (neck_x - wide, neck_y + 0.06 * unit),
        ]
        return _smooth(np.array(corners))

    def outline(self, frame: float) -> Polygon:
        """Return the outline at a moment, gaps between the limbs filled."""
        from shapely.geometry import LineString, Point, Polygon
        from shapely.ops import unary_union

        joints = self._joints(frame)
        width = self._widths
        parts = [Polygon(self._torso(joints)), Point(joints["head"]).buffer(width["head"], quad_segs=10)]
        parts.append(LineString([joints["neck"], joints["head"]]).buffer(width["arm"] / 2, quad_segs=4))
        for name, points in joints.items():
            kind = name.rpartition(" ")[2]
            if kind in ("leg", "arm", "hand", "shoe"):
                parts.append(LineString(points).buffer(width.get(kind, width["arm"]) / 2, quad_segs=5))
        merged = unary_union(parts)
        whole = max(getattr(merged, "geoms", [merged]), key=lambda each: each.area)
        return Polygon(whole.exterior)

    def paint(self, canvas: Canvas, frame: float) -> None:
        """Paint the walker."""
        joints = self._joints(frame)
        width = self._widths
        canvas.polygon(np.array(self.outline(frame).exterior.coords)[:-1], shade(self.trousers, 0.55))
        for side, light in (("far", 0.72), ("near", 1.0)):
            if side == "near":
                canvas.polygon(self._torso(joints), self.shirt)
                canvas.limb([joints["neck"], joints["head"]], width["arm"], shade(self.skin, 0.9))
                canvas.disc(joints["head"][0], joints["head"][1], width["head"], self.hair)
                facing = -1 if self.speed < 0 else 1
                x, y = joints["head"]
                canvas.disc(x + facing * width["head"] * 0.24, y + width["head"] * 0.2, width["head"] * 0.72, self.skin)
            canvas.limb(joints[f"{side} leg"], width["leg"], shade(self.trousers, light))
            canvas.limb(joints[f"{side} shoe"], width["shoe"], shade((52, 44, 44), light))
            canvas.limb(joints[f"{side} arm"], width["arm"], shade(self.shirt, light * 0.88))
            canvas.limb(joints[f"{side} hand"], width["arm"], shade(self.skin, light))
