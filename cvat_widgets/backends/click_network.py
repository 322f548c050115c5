"""The project's own click network: clicks and boxes to masks with no weights from outside.

The weights (``weights/clicks.onnx``, 0.8 MB) were trained by ``bench/train_clicks.py`` on generated pictures only. It is a
small network for a first mask on any machine, and no match for Segment Anything. The scheme (clicks and previous mask as
inputs, a second look at the part of the picture around the first answer) is that of Sofiiuk, Petrov and Konushin, "Reviving
iterative training with mask guidance for interactive segmentation" (2021); what later clicks say of their surroundings is in
:mod:`~cvat_widgets.backends.click_distances`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cvat_widgets.backends.click_distances import ClickDistances
from cvat_widgets.backends.click_features import click_features
from cvat_widgets.backends.failures import ModelError, guarded
from cvat_widgets.backends.functions import check_picture
from cvat_widgets.backends.onnx_runtime import OnnxModel
from cvat_widgets.backends.protocols import Detection, ModelInfo, Picture, Prompt

__all__ = ["ClickNetwork"]

WEIGHTS = Path(__file__).resolve().parent / "weights" / "clicks.onnx"
_STEP = 16
_ZOOM = 2.0
_SCALES = (1.0, 0.5, 0.25)
_LEVELS = (0.1, 0.15, 0.2, 0.4, 0.5)
"""What counts as the object after one click, two, three, four, and more. The network has seen things of one surface and is too
careful with real ones of many parts as long as there are few clicks; chosen with ``bench/bench_clicks.py``."""
_KEPT = 768
Box = tuple[float, float, float, float]
Chances = NDArray[np.float32]


@dataclass(eq=False)
class _Encoded:
    image: Picture
    scale: float
    height: int
    width: int
    answers: dict[tuple[Any, ...], list[Chances]] = field(default_factory=dict)
    distances: ClickDistances | None = None


class ClickNetwork:
    """Interactor: clicks, a box, both, and a mask or polygon to refine.

    Parameters
    ----------
    weights
        An ONNX file of the same inputs, e.g. one trained on one's own pictures; by default the one that comes along.
    side
        Longest side in pixels of what the network sees of the part of the picture in question.
    engine, device
        See :class:`~cvat_widgets.backends.onnx_runtime.OnnxModel`.
    """

    def __init__(
        self, weights: str | os.PathLike[str] = WEIGHTS, side: int = 160, engine: str = "auto", device: str = "cpu"
    ) -> None:
        if side < 4 * _STEP:
            raise ModelError(f"side={side} is too small", hint=f"Use at least {4 * _STEP}")
        self.network = OnnxModel(weights, engine=engine, device=device)
        self.side = side
        self.runs = 0
        self.info = ModelInfo(
            name="Clicks",
            kind="interactor",
            framework=self.network.framework,
            device=self.network.device,
            help="Click on the object and beside it, draw a box, or both. This project's own small network: quick and rough.",
            min_positive=0,
            min_negative=0,
            box="optional",
            shape_types=("mask",),
        )

    def encode(self, image: Picture) -> _Encoded:
        """Reduce very large pictures."""
        height, width = check_picture(image, self.info.name).shape[:2]
        scale = min(1.0, _KEPT / max(height, width))
        if scale < 1:
            size = max(1, round(width * scale)), max(1, round(height * scale))
            image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        return _Encoded(image, scale, height, width)

    def predict(self, encoded: _Encoded, prompt: Prompt) -> list[Detection]:
        """Return masks: up to three for one click, which may mean a thing or a part of it, else one."""
        positive, negative = (self._points(each, encoded) for each in (prompt.positive, prompt.negative))
        box = None if prompt.box is None else self._box(prompt.box, encoded)
        before = self._before(encoded, prompt)
        if not positive and box is None and before is None:
            raise ModelError("it needs a positive click, a box or a mask", where=self.info.name)
        with guarded(self.info.name, "answering a prompt"):
            if before is None and box is None:
                answers = self._first(encoded.image, positive, negative)
            else:
                region = _around(before, [*positive, *negative], box)
                zoom = 1.25 if before is None else _ZOOM
                answers = [
                    self._look(encoded.image, _grown(region, zoom, encoded.image.shape), positive, negative, before, box)
                ]
        if len(positive) + len(negative) > 1:
            # One click is a guess that the network makes better alone.
            encoded.distances = encoded.distances or ClickDistances(encoded.image)
            answers = [encoded.distances.corrected(each, positive, negative) for each in answers]
        level = _LEVELS[min(len(positive) + len(negative), len(_LEVELS)) - 1] if box is None and positive else 0.5
        # The whole picture comes first, the parts of it after it: the first look is right most often.
        found = [(self._score(each, level), each) for each in answers]
        while len(encoded.answers) >= 16:
            encoded.answers.pop(next(iter(encoded.answers)))
        detections, kept = self._detections(encoded, found, positive, level)
        encoded.answers[prompt.positive, prompt.negative, prompt.box] = kept or [found[0][1]]
        return detections

    # -- prompt --------------------------------------------------------------------------------------------------

    def _points(self, points: Sequence[tuple[float, float]], encoded: _Encoded) -> list[tuple[float, float]]:
        if not np.isfinite(np.array(points, np.float64)).all():
            raise ModelError("a point of the prompt is not a finite number", where=self.info.name)
        return [(x * encoded.scale, y * encoded.scale) for x, y in points]

    def _box(self, box: Box, encoded: _Encoded) -> Box:
        (left, top), (right, bottom) = self._points([box[:2], box[2:]], encoded)
        return min(left, right), min(top, bottom), max(left, right), max(top, bottom)

    def _before(self, encoded: _Encoded, prompt: Prompt) -> Chances | None:
        """Return the answer to the longest prompt that this one continues, else the mask or polygon it came with."""
        best: Chances | None = None
        length = 0
        for (positive, negative, box), answer in encoded.answers.items():
            clicks = len(positive) + len(negative) + (box is not None)
            continued = prompt.positive[: len(positive)] == positive and prompt.negative[: len(negative)] == negative
            more = len(prompt.positive) + len(prompt.negative) + (prompt.box is not None) > clicks
            if continued and more and box == prompt.box and clicks > length:
                best, length = answer[min(prompt.choice, len(answer) - 1)], clicks
        if best is not None or (prompt.mask is None and prompt.polygon is None):
            return best
        height, width = encoded.image.shape[:2]
        if prompt.mask is not None:
            if prompt.mask.shape != (encoded.height, encoded.width):
                raise ModelError(
                    f"the mask is {prompt.mask.shape}, the picture {(encoded.height, encoded.width)}", where=self.info.name
                )
            return np.asarray(cv2.resize(prompt.mask.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA))
        outline = np.zeros((height, width), np.uint8)
        corners = np.round(np.asarray(prompt.polygon).reshape(-1, 2) * encoded.scale).astype(np.int32)
        cv2.fillPoly(outline, [corners], 1)
        return outline.astype(np.float32)

    # -- network -------------------------------------------------------------------------------------------------

    def _first(self, image: Picture, positive: Sequence[Any], negative: Sequence[Any]) -> list[Chances]:
        """Look at the whole picture and at parts of it about the click."""
        height, width = image.shape[:2]
        middle_x, middle_y = np.mean(np.array(positive), axis=0)
        answers = []
        for scale in _SCALES:
            reach_x, reach_y = width * scale / 2, height * scale / 2
            if scale < 1 and max(reach_x, reach_y) < 24:
                break
            # A part of the picture is moved inside of it, and holds all clicks.
            x = float(np.clip(middle_x, reach_x, width - reach_x))
            y = float(np.clip(middle_y, reach_y, height - reach_y))
            region = _holding((x - reach_x, y - reach_y, x + reach_x, y + reach_y), positive, image.shape)
            rough = self._look(image, region, positive, negative, None, None)
            answers.append(rough)
        return answers

    def _look(
        self, image: Picture, region: Box, positive: Sequence[Any], negative: Sequence[Any], before: Chances | None,
        box: Box | None,
    ) -> Chances:  # fmt: skip
        """Run the network on a part of the picture; return chances for the whole picture, 0 outside of the part."""
        left, top = int(region[0]), int(region[1])
        right, bottom = max(left + 2, round(region[2])), max(top + 2, round(region[3]))
        crop = image[top:bottom, left:right]
        height, width = crop.shape[:2]
        zoom = self.side / max(height, width)
        size = tuple(max(2 * _STEP, _STEP * round(each * zoom / _STEP)) for each in (width, height))
        way = cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR
        small: Any = cv2.resize(crop, size, interpolation=way)
        scale_x, scale_y = size[0] / width, size[1] / height

        def moved(points: Sequence[Any]) -> list[tuple[float, float]]:
            return [((x - left) * scale_x, (y - top) * scale_y) for x, y in points]

        inner = None if box is None else tuple(v for point in moved([box[:2], box[2:]]) for v in point)
        known: Any = None
        if before is not None:
            known = cv2.resize(before[top:bottom, left:right], size, interpolation=cv2.INTER_AREA)[None]
        features = click_features(small[None], [moved(positive)], [moved(negative)], known, [inner])  # type: ignore[list-item]
        self.runs += 1
        logits = self.network.run(features)[0][0, 0].astype(np.float32)
        large = cv2.resize(logits, (width, height), interpolation=cv2.INTER_LINEAR)
        whole = np.zeros(image.shape[:2], np.float32)
        whole[top:bottom, left:right] = 1 / (1 + np.exp(-large.clip(-30, 30)))
        return whole

    @staticmethod
    def _score(chances: Chances, level: float) -> float:
        """Return how sure the network is of what it has found."""
        inside = chances > level
        return float(chances[inside].mean()) if inside.any() else 0.0

    def _detections(
        self, encoded: _Encoded, found: Sequence[tuple[float, Chances]], positive: Sequence[Any], level: float
    ) -> tuple[list[Detection], list[Chances]]:
        """Return what differs of what was found, and the chances that it comes from."""
        result: list[Detection] = []
        kept: list[Chances] = []
        seen: list[NDArray[np.bool_]] = []
        for score, chances in found:
            large = cv2.resize(chances, (encoded.width, encoded.height), interpolation=cv2.INTER_LINEAR)
            clicks = [(x / encoded.scale, y / encoded.scale) for x, y in positive]
            mask = _parts_at(large > level, clicks)
            if mask.any() and not any((mask & other).sum() > 0.9 * (mask | other).sum() for other in seen):
                seen.append(mask)
                kept.append(chances)
                result.append(Detection.of_mask("", mask, min(1.0, score)))
        return result, kept


def _around(chances: Chances | None, points: Sequence[Any], box: Box | None) -> Box:
    """Return the box around what was found and all clicks."""
    corners = [*points]
    if chances is not None and (chances > 0.5).any():
        y, x = np.nonzero(chances > 0.5)
        corners += [(x.min(), y.min()), (x.max() + 1, y.max() + 1)]
    if box is not None:
        corners += [box[:2], box[2:]]
    if not corners:
        return 0.0, 0.0, 1e9, 1e9
    low, high = np.min(corners, axis=0), np.max(corners, axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _grown(box: Box, factor: float, size: tuple[int, ...]) -> Box:
    """Return a box enlarged about its middle, at least 32 pixels wide and high, cut to the picture."""
    middle_x, middle_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    width, height = max(32.0, (box[2] - box[0]) * factor), max(32.0, (box[3] - box[1]) * factor)
    # A long thin part would be shown without its surroundings.
    width, height = max(width, height / 2), max(height, width / 2)
    left, top = max(0.0, middle_x - width / 2), max(0.0, middle_y - height / 2)
    right, bottom = min(float(size[1]), middle_x + width / 2), min(float(size[0]), middle_y + height / 2)
    return min(left, size[1] - 2.0), min(top, size[0] - 2.0), max(right, 2.0), max(bottom, 2.0)


def _holding(box: Box, points: Sequence[Any], size: tuple[int, ...]) -> Box:
    corners = np.array([box[:2], box[2:], *points])
    low, high = corners.min(axis=0), corners.max(axis=0)
    return max(0.0, low[0]), max(0.0, low[1]), min(float(size[1]), high[0]), min(float(size[0]), high[1])


def _parts_at(mask: NDArray[np.bool_], points: Sequence[Any]) -> NDArray[np.bool_]:
    """Return the connected parts that hold a click, all of them if none does; small holes are closed."""
    if points:
        _, numbers = cv2.connectedComponents(mask.astype(np.uint8))
        height, width = mask.shape
        wanted = {int(numbers[min(max(int(y), 0), height - 1), min(max(int(x), 0), width - 1)]) for x, y in points} - {0}
        if wanted:
            mask = np.isin(numbers, list(wanted))
    _, numbers, stats, _ = cv2.connectedComponentsWithStats((~mask).astype(np.uint8), connectivity=4)
    small = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] < 0.005 * mask.sum())
    return mask | (np.isin(numbers, small) & ~mask) if len(small) else mask
