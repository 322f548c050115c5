"""What networks share that see one crop of the picture with the user's points as heat maps: DEXTR and Inside-Outside-Guidance.

The steps are those of ``dataloaders/helpers.py`` of DEXTR-PyTorch (Maninis et al.), which Inside-Outside-Guidance builds on: a
crop on whole pixels with zeros beyond the rim of the picture, colours from 0 to 255, points rounded down to pixels of the
crop, heat maps of a full width at half maximum of 10 pixels, and a cubic resize back.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cvat_widgets.backends.click_files import ClickFile, probabilities
from cvat_widgets.backends.failures import ModelError
from cvat_widgets.backends.functions import check_picture
from cvat_widgets.backends.protocols import Detection, ModelInfo, Picture

__all__ = [
    "SIDE", "CropEncoded", "GuidedCrop", "Region", "finite_points", "heat_map", "in_crop", "resized_by_corners", "single_mask",
]  # fmt: skip

SIDE = 512
"""Side of the crop that the networks were trained on."""
WIDTH_OF_POINT = 10.0
"""Full width at half maximum of a point in the heat map; ``sigma`` in the published code."""

Plane = NDArray[np.float32]


@dataclass(frozen=True)
class Region:
    """Whole pixels of a picture, the last ones included; it may reach beyond the picture."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.right - self.left + 1, self.bottom - self.top + 1

    def grown(self, margin: int) -> Region:
        """Return it with a margin of so many pixels on every side."""
        return Region(self.left - margin, self.top - margin, self.right + margin, self.bottom + margin)


@dataclass(frozen=True, eq=False)
class CropEncoded:
    """The picture: the crop follows from the prompt, so that nothing can be encoded before it."""

    image: Picture


class GuidedCrop:
    """An interactor over a user's file that sees one crop with points: what DEXTR and Inside-Outside-Guidance add prompts to.

    Parameters
    ----------
    name
        Of the model.
    weights, engine, device
        See :class:`~cvat_widgets.backends.click_files.ClickFile`.
    layers, meaning
        How many the network takes, three colours and the heat maps, and what they are.
    threshold
        Probability above which a pixel belongs to the object.
    facts
        What the prompt is like; see :class:`~cvat_widgets.backends.protocols.ModelInfo`.
    """

    def __init__(
        self, name: str, weights: str | os.PathLike[str] | None, layers: int, meaning: str, *, threshold: float, engine: str,
        device: str, **facts: Any,
    ) -> None:  # fmt: skip
        self.network = ClickFile(weights, name, engine=engine, device=device)
        self.network.expect((1, layers, SIDE, SIDE), meaning)
        self.threshold = threshold
        self.info = ModelInfo(
            name=name, kind="interactor", framework=self.network.framework, device=self.network.device, shape_types=("mask",),
            **facts,
        )  # fmt: skip

    def encode(self, image: Picture) -> CropEncoded:
        """Check and keep the picture."""
        return CropEncoded(check_picture(image, self.info.name))

    def answered(
        self, image: Picture, region: Region, maps: Sequence[Plane], interpolation: int, kept: Region | None = None
    ) -> list[Detection]:
        """Return one mask from the crop of a picture and its heat maps (0 to 1), or nothing; ``kept``: nothing beyond it."""
        layers = np.concatenate((crop(image, region, interpolation), scaled(np.stack(maps, axis=2))), axis=2)
        answer = self.network.run(np.ascontiguousarray(layers.transpose(2, 0, 1)[None]))
        height, width = image.shape[:2]
        return single_mask(pasted(answer, region, height, width, kept=kept), self.threshold)


def finite_points(points: Sequence[tuple[float, float]], image: Picture, where: str) -> NDArray[np.int64]:
    """Return the pixels (x, y) that points lie in, int64 of shape (n, 2); those beside the picture are moved to its rim."""
    numbers = np.array(points, np.float64).reshape(-1, 2)
    if not np.isfinite(numbers).all():
        raise ModelError("a point of the prompt is not a finite number", where=where)
    height, width = image.shape[:2]
    return np.floor(numbers).clip(0, (width - 1, height - 1)).astype(np.int64)


def crop(image: Picture, region: Region, interpolation: int) -> Plane:
    """Return the part of a picture, zeros beyond its rim, resized to 512 x 512; float32 from 0 to 255."""
    height, width = image.shape[:2]
    part = np.zeros((*region.size[::-1], 3), np.uint8)
    left, top = max(0, region.left), max(0, region.top)
    right, bottom = min(width, region.right + 1), min(height, region.bottom + 1)
    part[top - region.top : bottom - region.top, left - region.left : right - region.left] = image[top:bottom, left:right]
    return np.asarray(cv2.resize(part, (SIDE, SIDE), interpolation=interpolation), np.float32)


def in_crop(pixels: NDArray[np.int64], region: Region) -> NDArray[np.int64]:
    """Return pixels of the picture as pixels of the resized crop."""
    return ((pixels - (region.left, region.top)) * SIDE / np.array(region.size)).astype(np.int64)


def heat_map(pixels: NDArray[Any]) -> Plane:
    """Return the highest of the bells around points, float32 of shape (512, 512) from 0 to 1; zeros without points."""
    axis = np.arange(SIDE, dtype=np.float64)
    whole = np.zeros((SIDE, SIDE))
    for x, y in pixels:
        distance = (axis[None, :] - x) ** 2 + (axis[:, None] - y) ** 2
        np.maximum(whole, np.exp(-4 * np.log(2) * distance / WIDTH_OF_POINT**2), out=whole)
    return whole.astype(np.float32)


def scaled(maps: Plane) -> Plane:
    """Return heat maps stretched to 0..255, all channels together."""
    low, high = float(maps.min()), float(maps.max())
    return np.asarray((maps - low) * (255 / max(high - low, 1e-8)), np.float32)


def pasted(answer: Plane, region: Region, height: int, width: int, kept: Region | None = None) -> Plane:
    """Return probabilities of the whole picture from the network's answer for a crop.

    Parameters
    ----------
    answer
        Logits or probabilities of shape (h, w); if smaller than 512, they are enlarged first, corner on corner.
    region
        What the crop shows.
    height, width
        Size of the picture.
    kept
        Everything beyond this part of the picture is set to 0.
    """
    if answer.shape != (SIDE, SIDE):
        answer = resized_by_corners(answer[None], SIDE, SIDE)[0]
    large = cv2.resize(probabilities(answer), region.size, interpolation=cv2.INTER_CUBIC)
    whole = np.zeros((height, width), np.float32)
    shown = region if kept is None else kept
    left, top = max(0, region.left, shown.left), max(0, region.top, shown.top)
    right, bottom = min(width, region.right + 1, shown.right + 1), min(height, region.bottom + 1, shown.bottom + 1)
    whole[top:bottom, left:right] = large[top - region.top : bottom - region.top, left - region.left : right - region.left]
    return whole


def single_mask(chances: Plane, threshold: float) -> list[Detection]:
    """Return the mask above a threshold, scored by how sure the network is inside of it; nothing if it is empty."""
    mask = chances > threshold
    return [Detection.of_mask("", mask, min(1.0, float(chances[mask].mean())))] if mask.any() else []


def resized_by_corners(planes: Plane, height: int, width: int) -> Plane:
    """Resize (n, h, w) so that the middles of the corner pixels stay in place (``align_corners=True`` of PyTorch)."""

    def along(values: Plane, axis: int, count: int) -> Plane:
        length = values.shape[axis]
        if length == count:
            return values
        at = np.linspace(0, length - 1, count)
        low = np.minimum(at.astype(np.int64), length - 1)
        high = np.minimum(low + 1, length - 1)
        share = np.expand_dims((at - low).astype(np.float32), 0 if axis == 2 else 1)
        return np.asarray(values.take(low, axis) * (1 - share) + values.take(high, axis) * share, np.float32)

    return along(along(np.asarray(planes, np.float32), 1, height), 2, width)
