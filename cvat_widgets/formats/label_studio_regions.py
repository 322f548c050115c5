"""Shapes of Label Studio, which are in per cent of the picture, in CVAT's encoding."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import FormatError
from cvat_widgets.model.kinds import ELLIPSE, MASK, POINTS, POLYGON, POLYLINE, RECTANGLE
from cvat_widgets.model.masks import encode_mask

__all__ = ["REGIONS", "decoded_brush", "region_points", "turned_box"]

REGIONS = (
    "rectanglelabels", "polygonlabels", "keypointlabels", "ellipselabels", "brushlabels", "rectangle", "polygon", "keypoint",
    "ellipse", "brush",
)  # fmt: skip
_MAX_PIXELS = 1 << 28


def turned_box(x: float, y: float, width: float, height: float, rotation: float) -> tuple[float, float, float, float]:
    """Return a box about whose top left corner Label Studio turns as one that is turned about its centre."""
    turn = math.radians(rotation)
    cx = x + (width * math.cos(turn) - height * math.sin(turn)) / 2
    cy = y + (width * math.sin(turn) + height * math.cos(turn)) / 2
    return cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2


def region_points(kind: str, value: dict[str, Any], width: int, height: int) -> tuple[int, Sequence[float], float]:
    """Return type, points and rotation of a region."""
    shape = kind.removesuffix("labels")
    if shape == "brush":
        if value.get("format", "rle") != "rle":
            raise FormatError(f"a brush of format {str(value['format'])[:40]!r} is not known here")
        return MASK, encode_mask(decoded_brush(value["rle"], width, height)).tolist(), 0.0
    if shape == "polygon":
        points = [(_part(x) * width, _part(y) * height) for x, y in value["points"]]
        is_closed = value.get("closed", True)
        if len(points) < (3 if is_closed else 2):
            raise FormatError(f"a polygon of {len(points)} points is none")
        return (POLYGON if is_closed else POLYLINE), [number for point in points for number in point], 0.0
    x, y = _part(value["x"]) * width, _part(value["y"]) * height
    rotation = float(value.get("rotation") or 0) % 360
    if not math.isfinite(rotation):
        raise FormatError("the rotation is not a finite number")
    if shape == "keypoint":
        return POINTS, (x, y), 0.0
    if shape == "ellipse":
        return ELLIPSE, (x, y, x + _part(value["radiusX"]) * width, y - _part(value["radiusY"]) * height), rotation
    across, down = _part(value["width"]) * width, _part(value["height"]) * height
    if across < 0 or down < 0:
        raise FormatError("the width or height of a box is negative")
    return RECTANGLE, turned_box(x, y, across, down, rotation), rotation


def _part(per_cent: object) -> float:
    if isinstance(per_cent, bool) or not isinstance(per_cent, (int, float)) or not abs(per_cent) <= 10_000:
        raise FormatError(f"{str(per_cent)[:40]!r} is not a share of the picture in per cent")
    return per_cent / 100


def decoded_brush(data: object, width: int, height: int) -> NDArray[np.bool_]:
    """Return the pixels of a brush: bool of shape (height, width).

    The runs are a stream of bits: 32 for the count of values, 5 for the bits of a value less one, four times 4 for the bits
    of the lengths less one. Then, again and again: one bit that says whether a run follows, two that choose the bits of its
    length, its length less one, and the value or the values. Four values make a pixel; the last is how opaque it is.
    """
    if not isinstance(data, list) or not all(type(byte) is int and 0 <= byte < 256 for byte in data):
        raise FormatError("the runs of a brush are a list of bytes")
    if width * height > _MAX_PIXELS:
        raise FormatError(f"a brush of {width} x {height} pixels is not believable")
    bits = _Bits(bytes(data))
    count = bits.take(32)
    if count != width * height * 4:
        raise FormatError(f"a brush has {count} values, and {width} x {height} pixels have {width * height * 4}")
    word = bits.take(5) + 1
    sizes = [bits.take(4) + 1 for _ in range(4)]
    values = np.zeros(count, np.uint8)
    at = 0
    while at < count:
        is_run = bits.take(1)
        end = at + bits.take(sizes[bits.take(2)]) + 1
        if end > count:
            raise FormatError("the runs of a brush go beyond the picture")
        if is_run:
            values[at:end] = min(bits.take(word), 255)
        else:
            for place in range(at, end):
                values[place] = min(bits.take(word), 255)
        at = end
    return np.asarray(values.reshape(height, width, 4)[..., 3] > 0)


class _Bits:
    """A stream of bits, the highest of each byte first."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> int:
        """Return the next bits as a number."""
        first, last = self.at >> 3, (self.at + count + 7) >> 3
        if last > len(self.data):
            raise FormatError("the runs of a brush end too early")
        whole = int.from_bytes(self.data[first:last], "big")
        self.at += count
        return (whole >> (last * 8 - self.at)) & ((1 << count) - 1)
