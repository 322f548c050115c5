"""Face detectors on weights given by the user: YuNet in OpenCV, and the ultra-light detector as ONNX.

Sources: Wu, Peng and Yu, "YuNet: a tiny millisecond-level face detector" (2023), as in ``cv2.FaceDetectorYN``; Linzaer's
Ultra-Light-Fast-Generic-Face-Detector-1MB with its own pre- and postprocessing.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from cvat_widgets.backends.failures import ModelError, guarded
from cvat_widgets.backends.functions import check_picture
from cvat_widgets.backends.nms import nms
from cvat_widgets.backends.onnx_runtime import OnnxModel
from cvat_widgets.backends.opencv_trackers import weights_file
from cvat_widgets.backends.protocols import Detection, ModelInfo, Picture
from cvat_widgets.model.labels import Label, LabelSet

__all__ = ["UltraLightFace", "YuNet"]

_FACE = LabelSet((Label("face", type="rectangle"),))


class YuNet:
    """Faces as rectangles.

    Parameters
    ----------
    weights
        ONNX file of YuNet, with a free input size or a fixed one.
    threshold
        Least score where the caller gives none.
    iou
        Overlap above which the weaker of two boxes goes.
    max_side
        Larger pictures are reduced to this longest side; faces smaller than about 10 pixels are not found.
    """

    def __init__(
        self, weights: str | os.PathLike[str] | None = None, threshold: float = 0.6, iou: float = 0.3, max_side: int = 1280
    ) -> None:
        file = weights_file(weights, "YuNet, ONNX", "YuNet")
        self.threshold, self.max_side = threshold, max_side
        self.info = ModelInfo(
            name="YuNet", kind="detector", framework="OpenCV", labels=_FACE, help="Finds faces; 8 ms at 500 x 375 pixels."
        )
        with guarded("YuNet", "reading the weights"):
            self._net = cv2.FaceDetectorYN.create(str(file), "", (320, 320), 0.1, iou, 5000)

    def detect(self, images: Sequence[Picture], threshold: float | None = None) -> list[list[Detection]]:
        """Return the faces of every picture, the surest first."""
        least = self.threshold if threshold is None else threshold
        return [self._one(check_picture(image, "YuNet"), least) for image in images]

    def _one(self, image: Picture, least: float) -> list[Detection]:
        height, width = image.shape[:2]
        scale = min(1.0, self.max_side / max(width, height))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        with guarded("YuNet", "detecting"):
            bgr = cv2.cvtColor(
                image if scale == 1 else cv2.resize(image, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2BGR
            )
            self._net.setScoreThreshold(max(least, 1e-3))
            self._net.setInputSize(size)
            _, rows = self._net.detect(bgr)
        if rows is None:
            return []
        rows = rows[np.argsort(-rows[:, 14], kind="stable")].astype(np.float64)
        corners = np.column_stack((rows[:, :2], rows[:, :2] + rows[:, 2:4])) * np.tile((width / size[0], height / size[1]), 2)
        boxes = corners.clip(0, (width, height, width, height))
        return [
            Detection.of_box("face", box, min(float(score), 1.0))
            for box, score in zip(boxes, rows[:, 14], strict=True)
            if (box[2:] > box[:2]).all()
        ]


class UltraLightFace:
    """Faces as rectangles, from ``version-RFB-320.onnx``, ``version-slim-320.onnx`` or their 640 forms.

    Parameters
    ----------
    weights
        The ONNX file: input (1, 3, h, w), outputs scores (1, n, 2) and boxes (1, n, 4) as shares of width and height.
    threshold
        Least score where the caller gives none.
    iou
        Overlap above which the weaker of two boxes goes.
    engine, device
        See :class:`~cvat_widgets.backends.onnx_runtime.OnnxModel`.
    """

    def __init__(
        self,
        weights: str | os.PathLike[str] | None = None,
        threshold: float = 0.7,
        iou: float = 0.3,
        engine: str = "auto",
        device: str = "auto",
    ) -> None:
        name = "Ultra-light face"
        self._net = OnnxModel(weights_file(weights, "ultra-light face detector, ONNX", name), engine=engine, device=device)
        self.threshold, self.iou = threshold, iou
        shape = self._net.input_shape or (1, 3, 240, 320)
        sides = [side for side in shape[2:] if isinstance(side, int) and side > 0]
        if len(shape) != 4 or len(sides) != 2:
            raise ModelError(f"an input (1, 3, height, width) was expected, not {shape}", where=name)
        self._height, self._width = sides
        self.info = ModelInfo(
            name=name,
            kind="detector",
            framework=self._net.framework,
            labels=_FACE,
            device=self._net.device,
            help="Finds faces with a network of one megabyte.",
        )

    def detect(self, images: Sequence[Picture], threshold: float | None = None) -> list[list[Detection]]:
        """Return the faces of every picture, the surest first."""
        least = self.threshold if threshold is None else threshold
        return [self._one(check_picture(image, self.info.name), least) for image in images]

    def _one(self, image: Picture, least: float) -> list[Detection]:
        height, width = image.shape[:2]
        small = cv2.resize(image, (self._width, self._height), interpolation=cv2.INTER_LINEAR)
        blob = ((small.astype(np.float32) - 127.0) / 128.0).transpose(2, 0, 1)[None]
        with guarded(self.info.name, "detecting"):
            outputs: list[Any] = self._net.run(blob)
        by_width = {output.shape[-1]: output.reshape(-1, output.shape[-1]).astype(np.float64) for output in outputs}
        if set(by_width) != {2, 4}:
            raise ModelError(
                f"outputs of shape {[output.shape for output in outputs]} are not scores and boxes", where=self.info.name
            )
        scores, boxes = by_width[2][:, 1], by_width[4] * (width, height, width, height)
        rows = np.flatnonzero(scores >= least)
        kept = rows[nms(boxes[rows], scores[rows], self.iou)]
        boxes = boxes.clip(0, (width, height, width, height))
        return [Detection.of_box("face", boxes[row], float(np.clip(scores[row], 0, 1))) for row in kept.tolist()]
