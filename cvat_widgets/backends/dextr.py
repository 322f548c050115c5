"""DEXTR: four extreme points to a mask, with a network that the user gives.

Sources: Maninis, Caelles, Pont-Tuset and Van Gool, "Deep extreme cut: from extreme points to object segmentation" (2018);
``demo.py`` and ``dataloaders/helpers.py`` of scaelles/DEXTR-PyTorch for the steps; CVAT's function ``openvino/dextr`` for the
threshold of 0.8 (the demo has 0.9) and for more than four points being allowed.
"""

from __future__ import annotations

import os

import cv2

from cvat_widgets.backends.failures import ModelError, guarded
from cvat_widgets.backends.guided_crop import CropEncoded, GuidedCrop, Region, finite_points, heat_map, in_crop
from cvat_widgets.backends.protocols import Detection, Prompt

__all__ = ["Dextr"]

MARGIN = 50


class Dextr(GuidedCrop):
    """Interactor: the left-most, right-most, top and bottom point of an object.

    Parameters
    ----------
    weights
        ONNX or TorchScript file of the network: (1, 4, 512, 512) in, red, green, blue and the heat map of the points, all
        from 0 to 255; one plane of logits or probabilities out, of any size.
    threshold
        Probability above which a pixel belongs to the object.
    engine, device
        See :class:`~cvat_widgets.backends.click_files.ClickFile`.
    """

    def __init__(
        self, weights: str | os.PathLike[str] | None = None, threshold: float = 0.8, engine: str = "auto", device: str = "auto"
    ) -> None:
        super().__init__(
            "DEXTR", weights, 4, "red, green, blue and a heat map of the extreme points",
            threshold=threshold, engine=engine, device=device, min_positive=4, min_negative=None,
            help="Click on the left-most, right-most, top and bottom point of the object.",
        )  # fmt: skip

    def predict(self, encoded: CropEncoded, prompt: Prompt) -> list[Detection]:
        """Return one mask, or nothing if no pixel belongs to the object."""
        if len(prompt.positive) < 4:
            raise ModelError(
                f"four extreme points are needed, not {len(prompt.positive)}", where=self.info.name, hint=self.info.help
            )
        if prompt.negative or prompt.box is not None:
            raise ModelError("it takes positive points only", where=self.info.name, hint=self.info.help)
        image = encoded.image
        pixels = finite_points(prompt.positive, image, self.info.name)
        (left, top), (right, bottom) = pixels.min(axis=0).tolist(), pixels.max(axis=0).tolist()
        tight = Region(left, top, right, bottom)
        region = tight.grown(MARGIN)
        with guarded(self.info.name, "answering a prompt"):
            # The extreme points bound the object: nothing of the margin belongs to it.
            return self.answered(image, region, [heat_map(in_crop(pixels, region))], cv2.INTER_CUBIC, kept=tight)
