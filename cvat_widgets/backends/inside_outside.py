"""Inside-Outside-Guidance: a box and points inside to a mask, with a network that the user gives.

Sources: Zhang, Liew, Wei, Wei and Zhao, "Interactive object segmentation with inside-outside guidance" (2020);
``dataloaders/helpers.py``, ``dataloaders/custom_transforms.py`` and ``test.py`` of shiyinzhang/Inside-Outside-Guidance for the
steps; CVAT's function ``pytorch/shiyinzhang/iog`` for the threshold of 0.8 and for further clicks. As published, the outside
points are the corners of the box (CVAT's function leaves them out when it is given a box) and probabilities are compared with
the threshold (CVAT's function compares logits).
"""

from __future__ import annotations

import os

import cv2
import numpy as np
from numpy.typing import NDArray

from cvat_widgets.backends.failures import ModelError, guarded
from cvat_widgets.backends.guided_crop import SIDE, CropEncoded, GuidedCrop, Region, finite_points, heat_map, in_crop
from cvat_widgets.backends.protocols import Detection, Prompt

__all__ = ["InsideOutside"]

MARGIN = 30
CORNER_MARGIN = 10
"""How far outside of the box its corners are put, in pixels of the resized crop."""


class InsideOutside(GuidedCrop):
    """Interactor: a box around the object and at least one point inside, best near its middle.

    Parameters
    ----------
    weights
        ONNX or TorchScript file of the network: (1, 5, 512, 512) in, red, green, blue, the heat map of the inside points and
        that of the outside points, all from 0 to 255; logits or probabilities out. Of several outputs the last one counts,
        the fine one.
    threshold
        Probability above which a pixel belongs to the object.
    engine, device
        See :class:`~cvat_widgets.backends.click_files.ClickFile`.
    """

    def __init__(
        self, weights: str | os.PathLike[str] | None = None, threshold: float = 0.8, engine: str = "auto", device: str = "auto"
    ) -> None:
        super().__init__(
            "Inside-Outside-Guidance", weights, 5,
            "red, green, blue, a heat map of the inside points and one of the outside points",
            threshold=threshold, engine=engine, device=device, min_positive=1, min_negative=0, box="required",
            help="Draw a box around the object and click near its middle; further clicks correct the mask.",
        )  # fmt: skip

    def predict(self, encoded: CropEncoded, prompt: Prompt) -> list[Detection]:
        """Return one mask, or nothing if no pixel belongs to the object."""
        if prompt.box is None or not prompt.positive:
            raise ModelError("a box and a point inside are needed", where=self.info.name, hint=self.info.help)
        image = encoded.image
        corners = np.array(prompt.box, np.float64).reshape(2, 2)
        low, high = corners.min(axis=0), corners.max(axis=0)
        # The box covers its right and bottom side up to, not with, the next pixel.
        last = np.maximum(low, np.ceil(high) - 1)
        pixels = finite_points([(low[0], low[1]), (last[0], last[1])], image, self.info.name)
        (left, top), (right, bottom) = pixels.tolist()
        region = Region(left, top, right, bottom).grown(MARGIN)
        inside, outside = (
            in_crop(finite_points(each, image, self.info.name), region) for each in (prompt.positive, prompt.negative)
        )
        with guarded(self.info.name, "answering a prompt"):
            outside = np.concatenate((outside_corners(region), outside))
            return self.answered(image, region, [heat_map(inside), heat_map(outside)], cv2.INTER_LINEAR)


def outside_corners(region: Region) -> NDArray[np.int64]:
    """Return the four outside points of a crop in its resized pixels, int64 of shape (4, 2)."""
    scale = SIDE / np.array(region.size)
    # First and last pixel of the resized crop whose middle lies in the box.
    first = np.ceil(MARGIN * scale - 0.5)
    last = np.ceil((np.array(region.size) - MARGIN) * scale - 0.5) - 1
    low = np.maximum(first - CORNER_MARGIN, 0).astype(np.int64)
    high = np.minimum(last + CORNER_MARGIN, SIDE).astype(np.int64)
    return np.array([(low[0], low[1]), (low[0], high[1]), (high[0], low[1]), (high[0], high[1])])
