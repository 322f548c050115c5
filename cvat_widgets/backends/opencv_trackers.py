"""OpenCV's box trackers: TrackerMIL, which needs no weights, and NanoTrack, DaSiamRPN and VitTrack on files of the user.

Sources: Babenko, Yang and Belongie, "Visual tracking with online multiple instance learning" (2009); NanoTrack, a light
Siamese tracker in the manner of Yan et al., "LightTrack" (2021); Zhu et al., "Distractor-aware Siamese networks for visual
object tracking" (2018); VitTrack, a small transformer of the OpenCV model zoo. As in ``cv2.TrackerMIL``, ``cv2.TrackerNano``,
``cv2.TrackerDaSiamRPN`` and ``cv2.TrackerVit``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from cvat_widgets.backends.failures import ModelError, guarded
from cvat_widgets.backends.functions import check_picture, supported
from cvat_widgets.backends.protocols import Detection, ModelInfo, Picture

__all__ = ["BoxTracker", "dasiamrpn", "nanotrack", "tracker_mil", "vit_track", "weights_file"]


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
    text = "Follows a box with a small Siamese network, about 5 ms a frame."
    return _with_weights("NanoTrack", "TrackerNano", {"backbone": backbone, "neckhead": head}, min_score, text)


def dasiamrpn(
    network: str | os.PathLike[str] | None = None,
    kernel_cls1: str | os.PathLike[str] | None = None,
    kernel_r1: str | os.PathLike[str] | None = None,
    min_score: float = 0.3,
) -> BoxTracker:
    """Return DaSiamRPN.

    Parameters
    ----------
    network, kernel_cls1, kernel_r1
        The three ONNX files of OpenCV's sample: the network (``model`` there) and the two kernels of its heads.
    min_score
        Below this score a shape is lost.
    """
    files = {"model": network, "kernel_cls1": kernel_cls1, "kernel_r1": kernel_r1}
    text = "Follows a box with a Siamese network that tells the object from others like it."
    return _with_weights("DaSiamRPN", "TrackerDaSiamRPN", files, min_score, text)


def vit_track(net: str | os.PathLike[str] | None = None, min_score: float = 0.3) -> BoxTracker:
    """Return VitTrack.

    Parameters
    ----------
    net
        The ONNX file.
    min_score
        Below this score a shape is lost.
    """
    return _with_weights("VitTrack", "TrackerVit", {"net": net}, min_score, "Follows a box with a small transformer.")


def _with_weights(
    where: str, kind: str, paths: Mapping[str, str | os.PathLike[str] | None], min_score: float, text: str
) -> BoxTracker:
    """Return one of OpenCV's trackers on ONNX files, each given to the parameter of its name."""
    tracker = getattr(cv2, kind, None)
    if tracker is None:
        raise ModelError(
            f"this OpenCV ({cv2.__version__}) has no {kind}",
            where=where,
            hint="Install one that has: pip install --upgrade opencv-python-headless",
        )
    files = {name: weights_file(path, f"{name}, ONNX", where) for name, path in paths.items()}
    info = ModelInfo(name=where, kind="tracker", framework="OpenCV", help=text, shape_types=("rectangle",))

    def make() -> Any:
        parameters = tracker.Params()
        for name, file in files.items():
            setattr(parameters, name, str(file))
        return tracker.create(parameters)

    try:
        with guarded(where, f"reading the weights {', '.join(map(str, files.values()))}"):
            make()
    except ModelError as error:
        hint = error.hint or f"{kind} takes ONNX files made for it, one for each of: {', '.join(files)}"
        raise ModelError(error.what, where=error.where, hint=hint) from error.__cause__
    return BoxTracker(make, info, min_score)
