"""OpenCV's box trackers: TrackerMIL, which needs no weights, and NanoTrack on two ONNX files given by the user.

Sources: Babenko, Yang and Belongie, "Visual tracking with online multiple instance learning" (2009); NanoTrack, a light
Siamese tracker in the manner of Yan et al., "LightTrack" (2021). Both as in ``cv2.TrackerMIL`` and ``cv2.TrackerNano``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from cvat_widgets.backends.failures import ModelError, guarded
from cvat_widgets.backends.functions import check_picture, supported
from cvat_widgets.backends.protocols import Detection, ModelInfo, Picture

__all__ = ["BoxTracker", "nanotrack", "tracker_mil", "weights_file"]


@dataclass(eq=False)
class _State:
    tracker: Any
    shape: Detection


class BoxTracker:
    """Any OpenCV tracker behind the protocol; one tracker object a shape.

    Parameters
    ----------
    make
        Makes a fresh ``cv2`` tracker.
    info
        What it is.
    min_score
        A shape whose tracking score falls below is lost; ``None`` for trackers that know no score.

    Notes
    -----
    OpenCV starts on whole pixels; boxes are rounded outwards to at least 2 x 2 pixels and cut to the picture.
    """

    def __init__(self, make: Callable[[], Any], info: ModelInfo, min_score: float | None = None) -> None:
        self._make, self.info, self.min_score = make, info, min_score

    def start(self, image: Picture, shapes: Sequence[Detection]) -> list[_State]:
        """Start a tracker for every rectangle."""
        height, width = check_picture(image, self.info.name).shape[:2]
        bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        states = []
        for shape in shapes:
            points = supported(shape, self.info).points
            if len(points) != 4 or not np.isfinite(points).all():
                raise ModelError("a box has four finite numbers", where=self.info.name)
            low = np.floor(np.minimum(points[:2], points[2:])).clip(0, (width - 2, height - 2))
            high = np.ceil(np.maximum(points[:2], points[2:])).clip(low + 2, (width, height))
            box = tuple(int(value) for value in (*low, *(high - low)))
            with guarded(self.info.name, "starting a track"):
                tracker = self._make()
                tracker.init(bgr, box)
            states.append(_State(tracker, shape))
        return states

    def step(self, image: Picture, states: Sequence[_State]) -> list[Detection | None]:
        """Return the boxes on the next picture, cut to it."""
        height, width = check_picture(image, self.info.name).shape[:2]
        bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        return [self._step(bgr, state, width, height) for state in states]

    def _step(self, bgr: Any, state: _State, width: int, height: int) -> Detection | None:
        with guarded(self.info.name, "tracking"):
            found, (x, y, w, h) = state.tracker.update(bgr)
            score = 1.0 if self.min_score is None else float(state.tracker.getTrackingScore())
        box = np.array([x, y, x + w, y + h], np.float64).clip(0, (width, height, width, height))
        if not found or score < (self.min_score or 0) or not np.isfinite(box).all() or (box[2:] - box[:2] < 1).any():
            return None
        state.shape = Detection(state.shape.label, "rectangle", box, float(np.clip(score, 0, 1)))
        return state.shape


def weights_file(path: str | os.PathLike[str] | None, what: str, where: str) -> Path:
    """Return the path of a weights file, or raise :class:`ModelError` if it is not given or not there."""
    if path is None:
        raise ModelError(
            f"the weights are missing: {what}", where=where, hint="Weights are given as a path; none are downloaded"
        )
    file = Path(path).expanduser()
    if not file.is_file():
        raise ModelError(f"there is no file {file} ({what})", where=where)
    return file


def tracker_mil() -> BoxTracker:
    """Return TrackerMIL: slow drift, no weights, about 50 ms a frame."""
    info = ModelInfo(
        name="TrackerMIL",
        kind="tracker",
        framework="OpenCV",
        help="Follows a box by learning its look on the way. It needs no weights and does not notice when the object is gone.",
        shape_types=("rectangle",),
    )
    return BoxTracker(cv2.TrackerMIL.create, info)


def nanotrack(
    backbone: str | os.PathLike[str] | None = None, head: str | os.PathLike[str] | None = None, min_score: float = 0.3
) -> BoxTracker:
    """Return NanoTrack v1 or v2.

    Parameters
    ----------
    backbone, head
        The two ONNX files. Version 3 has another head and does not fit OpenCV.
    min_score
        Below this score a shape is lost.
    """
    where = "NanoTrack"
    files = weights_file(backbone, "backbone, ONNX", where), weights_file(head, "head, ONNX", where)
    info = ModelInfo(
        name=where,
        kind="tracker",
        framework="OpenCV",
        help="Follows a box with a small Siamese network, about 5 ms a frame.",
        shape_types=("rectangle",),
    )

    def make() -> Any:
        parameters = cv2.TrackerNano.Params()
        parameters.backbone, parameters.neckhead = map(str, files)
        return cv2.TrackerNano.create(parameters)

    with guarded(where, "reading the weights"):
        make()
    return BoxTracker(make, info, min_score)
