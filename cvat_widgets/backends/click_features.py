"""What the project's own click network sees: the picture, the clicks, how far every pixel is from them, the answer before.

Distances are geodesic: a step to a neighbour costs more where the colour changes. They are found by raster sweeps in four
directions. Source of the method: Criminisi, Sharp and Blake, "GeoS: geodesic image segmentation" (2008); the maps of clicks
and the previous mask as inputs follow Sofiiuk, Petrov and Konushin, "Reviving iterative training with mask guidance" (2021).
The same function feeds training (``bench/train_clicks.py``) and use.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["CHANNELS", "click_features", "geodesic"]

CHANNELS = 11
"""Picture 3, clicks 2, answer before 1, box 1, geodesic distances 2, colour distances 2."""

_FAR = 1e4
_EDGE = 12.0
_ROUNDS = 2
Points = Sequence[tuple[float, float]]
Floats = NDArray[np.float32]


def geodesic(pictures: Floats, seeds: NDArray[np.bool_]) -> Floats:
    """Return the geodesic distance of every pixel to the nearest seed.

    Parameters
    ----------
    pictures
        float32 of shape (n, height, width, 3), 0 to 1.
    seeds
        bool of shape (n, height, width); without any the distance is very large.

    Returns
    -------
    ndarray
        float32 of shape (n, height, width); 1 is a step of a pixel without a change of colour.
    """
    distance = np.where(seeds, np.float32(0), np.float32(_FAR))
    if not seeds.any():
        return distance
    down = _costs(pictures)
    right = tuple(np.ascontiguousarray(each.transpose(0, 2, 1)) for each in _turned(down, pictures))
    for _ in range(_ROUNDS):
        _sweep(distance, *down)
        turned = np.ascontiguousarray(distance.transpose(0, 2, 1))
        _sweep(turned, *right)
        distance = np.ascontiguousarray(turned.transpose(0, 2, 1))
    return distance


def _costs(pictures: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the costs of a step down, down and right, down and left."""

    def cost(one: Floats, other: Floats, length: float) -> Floats:
        change = np.abs(one - other).max(axis=-1)
        return np.sqrt(np.float32(length * length) + np.float32(_EDGE * _EDGE) * change * change * np.float32(16))

    straight = cost(pictures[:, 1:], pictures[:, :-1], 1.0)
    falling = cost(pictures[:, 1:, 1:], pictures[:, :-1, :-1], 2**0.5)
    rising = cost(pictures[:, 1:, :-1], pictures[:, :-1, 1:], 2**0.5)
    return straight, falling, rising


def _turned(down: tuple[Floats, Floats, Floats], pictures: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the costs of a step to the right, and the two diagonals, which are the same steps read along columns."""
    change = np.abs(pictures[:, :, 1:] - pictures[:, :, :-1]).max(axis=-1)
    straight = np.sqrt(np.float32(1) + np.float32(_EDGE * _EDGE * 16) * change * change)
    return straight, down[1], down[2]


def _sweep(distance: Floats, straight: Floats, falling: Floats, rising: Floats) -> None:
    """Let distances run down and up again, in place."""
    rows = distance.shape[1]
    for row in range(1, rows):
        _relax(distance[:, row], distance[:, row - 1], straight[:, row - 1], falling[:, row - 1], rising[:, row - 1])
    for row in range(rows - 1, 0, -1):
        # Upwards the two diagonals change places.
        _relax(distance[:, row - 1], distance[:, row], straight[:, row - 1], rising[:, row - 1], falling[:, row - 1])


def _relax(row: Floats, from_row: Floats, straight: Floats, from_left: Floats, from_right: Floats) -> None:
    np.minimum(row, from_row + straight, out=row)
    np.minimum(row[:, 1:], from_row[:, :-1] + from_left, out=row[:, 1:])
    np.minimum(row[:, :-1], from_row[:, 1:] + from_right, out=row[:, :-1])


def _disks(points: Sequence[Points], height: int, width: int, radius: float) -> NDArray[np.bool_]:
    maps = np.zeros((len(points), height, width), bool)
    y, x = np.mgrid[:height, :width] + 0.5
    for number, clicks in enumerate(points):
        for click_x, click_y in clicks:
            # A click beside the crop still says something at its rim.
            inside = min(max(click_x, 0.5), width - 0.5), min(max(click_y, 0.5), height - 0.5)
            maps[number] |= (x - inside[0]) ** 2 + (y - inside[1]) ** 2 <= radius * radius
    return maps


def _colour_distance(pictures: Floats, seeds: NDArray[np.bool_]) -> Floats:
    """Return how far the colour of every pixel is from the nearest colour of the seeds, 1 where there are none."""
    result = np.ones(pictures.shape[:3], np.float32)
    for number, mask in enumerate(seeds):
        colours = pictures[number][mask]
        if len(colours):
            chosen = colours[np.linspace(0, len(colours) - 1, min(len(colours), 12)).astype(int)]
            gaps = [np.abs(pictures[number] - colour).sum(axis=-1) for colour in chosen]
            result[number] = np.min(gaps, axis=0).clip(0, 1)
    return result


def click_features(
    pictures: NDArray[np.uint8],
    positive: Sequence[Points],
    negative: Sequence[Points],
    before: Floats | None = None,
    boxes: Sequence[tuple[float, float, float, float] | None] | None = None,
) -> Floats:
    """Return the network's input, float32 of shape (n, CHANNELS, height, width).

    Parameters
    ----------
    pictures
        uint8 of shape (n, height, width, 3), RGB.
    positive, negative
        For each picture its clicks (x, y) in pixels of these pictures.
    before
        Answer to the clicks before, 0 to 1, shape (n, height, width).
    boxes
        For each picture a box around the object, or ``None``.
    """
    count, height, width = pictures.shape[:3]
    scaled = pictures.astype(np.float32) / np.float32(255)
    on, off = _disks(positive, height, width, 2.5), _disks(negative, height, width, 2.5)
    box_map = np.zeros((count, height, width), np.float32)
    away = off.copy()
    for number, box in enumerate(boxes or ()):
        if box is not None:
            left, top = max(0, round(box[0])), max(0, round(box[1]))
            right, bottom = max(left + 1, round(box[2])), max(top + 1, round(box[3]))
            box_map[number] = -1
            box_map[number, top:bottom, left:right] = 1
            away[number] |= box_map[number] < 0
    near, far = np.exp(geodesic(scaled, on) / np.float32(-40)), np.exp(geodesic(scaled, away) / np.float32(-40))
    features = np.empty((count, CHANNELS, height, width), np.float32)
    features[:, :3] = (scaled.transpose(0, 3, 1, 2) - np.float32(0.45)) * np.float32(4)
    features[:, 3], features[:, 4] = on, off
    features[:, 5] = 0 if before is None else before
    features[:, 6] = box_map
    features[:, 7], features[:, 8] = near, far
    features[:, 9], features[:, 10] = _colour_distance(scaled, on), _colour_distance(scaled, away)
    return features
