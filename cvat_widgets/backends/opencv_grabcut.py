"""GrabCut: a box and clicks to a mask, without weights.

Source of the method: Rother, Kolmogorov and Blake, "GrabCut: interactive foreground extraction using iterated graph cuts"
(2004), as in OpenCV. On real photos its masks overlap the true ones little better than the box does; it is the interactor
that is always there, not the best one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cvat_widgets.backends.failures import ModelError, guarded
from cvat_widgets.backends.functions import check_picture
from cvat_widgets.backends.protocols import Detection, ModelInfo, Picture, Prompt

__all__ = ["GrabCut"]


@dataclass(frozen=True, eq=False)
class _Encoded:
    small: NDArray[np.uint8]
    scale: float
    height: int
    width: int


class GrabCut:
    """Interactor: a box, clicks, or both.

    Parameters
    ----------
    iterations
        Rounds of GrabCut.
    side
        Longest side in pixels of the copy it works on; three rounds take 0.2 s at 450 pixels and 0.8 s at 900.
    """

    def __init__(self, iterations: int = 5, side: int = 600) -> None:
        if iterations < 1 or side < 16:
            raise ModelError(f"iterations={iterations}, side={side} are too small", hint="Use at least 1 round and 16 pixels")
        self.iterations, self.side = iterations, side
        self.info = ModelInfo(
            name="GrabCut",
            kind="interactor",
            framework="OpenCV",
            help="Draw a box around the object; clicks on it and beside it correct the mask.",
            min_positive=0,
            min_negative=0,
            box="optional",
            shape_types=("mask",),
        )

    def encode(self, image: Picture) -> _Encoded:
        """Reduce the picture."""
        height, width = check_picture(image, self.info.name).shape[:2]
        scale = min(1.0, self.side / max(width, height))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = image if scale == 1 else cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        bgr: Any = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
        return _Encoded(bgr, scale, height, width)

    def predict(self, encoded: _Encoded, prompt: Prompt) -> list[Detection]:
        """Return one mask, or nothing if no pixel belongs to the object."""
        if prompt.box is None and not prompt.positive and prompt.mask is None:
            raise ModelError("it needs a box, a positive point or a mask", where=self.info.name)
        with guarded(self.info.name, "cutting out the object"):
            trimap = self._trimap(encoded, prompt)
            sure = trimap == cv2.GC_FGD
            possible = sure | (trimap == cv2.GC_PR_FGD)
            if possible.any() and not possible.all():
                models = np.zeros((1, 65)), np.zeros((1, 65))
                cv2.setRNGSeed(0)  # the same prompt gives the same mask
                cut: Any = cv2.grabCut  # its stub knows no empty rectangle
                cut(encoded.small, trimap, None, *models, self.iterations, cv2.GC_INIT_WITH_MASK)
                possible = (trimap == cv2.GC_FGD) | (trimap == cv2.GC_PR_FGD)
        kept = _parts_at(possible, sure) if sure.any() else possible
        size = (encoded.width, encoded.height)
        mask = cv2.resize(kept.astype(np.float32), size, interpolation=cv2.INTER_LINEAR) >= 0.5
        if prompt.box is not None:
            left, top, right, bottom = _ordered(prompt.box)
            inside = np.zeros_like(mask)
            inside[max(0, int(top)) : max(0, int(np.ceil(bottom))), max(0, int(left)) : max(0, int(np.ceil(right)))] = True
            mask &= inside
        return [Detection.of_mask("", mask)] if mask.any() else []

    def _trimap(self, encoded: _Encoded, prompt: Prompt) -> NDArray[np.uint8]:
        height, width = encoded.small.shape[:2]
        points = [*prompt.positive, *prompt.negative, *([prompt.box[:2], prompt.box[2:]] if prompt.box is not None else [])]
        if not np.isfinite(np.array(points, np.float64)).all():
            raise ModelError("a point of the prompt is not a finite number", where=self.info.name)
        trimap = np.full((height, width), cv2.GC_PR_BGD, np.uint8)
        if prompt.box is not None:
            left, top, right, bottom = (value * encoded.scale for value in _ordered(prompt.box))
            trimap[:] = cv2.GC_BGD
            trimap[max(0, int(top)) : max(0, int(np.ceil(bottom))), max(0, int(left)) : max(0, int(np.ceil(right)))] = (
                cv2.GC_PR_FGD
            )
        elif prompt.mask is None:
            reach = max(3, round(0.15 * max(height, width)))
            for x, y in prompt.positive:
                cv2.circle(trimap, _pixel(x, y, encoded.scale), reach, int(cv2.GC_PR_FGD), -1)
        if prompt.mask is not None:
            if prompt.mask.shape != (encoded.height, encoded.width):
                raise ModelError(
                    f"the mask is {prompt.mask.shape}, the picture {(encoded.height, encoded.width)}", where=self.info.name
                )
            before = cv2.resize(prompt.mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST).astype(bool)
            trimap[before & (trimap != cv2.GC_BGD)] = cv2.GC_PR_FGD
            trimap[~before & (trimap == cv2.GC_PR_FGD)] = cv2.GC_PR_BGD
        radius = max(2, round(0.008 * max(height, width)))
        for clicks, value in ((prompt.positive, cv2.GC_FGD), (prompt.negative, cv2.GC_BGD)):
            for x, y in clicks:
                cv2.circle(trimap, _pixel(x, y, encoded.scale), radius, int(value), -1)
        return trimap


def _ordered(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    return min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3])


def _pixel(x: float, y: float, scale: float) -> tuple[int, int]:
    return int(np.clip(x * scale, -1e6, 1e6)), int(np.clip(y * scale, -1e6, 1e6))


def _parts_at(mask: NDArray[np.bool_], seeds: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the connected parts that hold a click; all of them if none does."""
    _, numbers = cv2.connectedComponents(mask.astype(np.uint8))
    wanted = np.unique(numbers[seeds & mask])
    kept = np.isin(numbers, wanted[wanted > 0])
    return kept if kept.any() else mask
