"""Intelligent scissors: an outline that snaps to edges between clicks.

Source of the method: Mortensen and Barrett, "Intelligent scissors for image composition" (1995), as in OpenCV's
``segmentation.IntelligentScissorsMB``; parameters and simplification are those of CVAT's tool.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cvat_widgets.backends.failures import ModelError, guarded
from cvat_widgets.backends.functions import check_picture
from cvat_widgets.backends.protocols import Detection, ModelInfo, Picture, Prompt

__all__ = ["IntelligentScissors", "Livewire"]

_SIDE = 854
_MAPS = 8


class Livewire:
    """The live wire on one picture.

    Everything is computed on a copy at most ``side`` pixels wide; coordinates are those of the picture itself.

    Parameters
    ----------
    image
        uint8 of shape (height, width, 3), RGB.
    side
        Longest side of the copy. A map from one click takes about 150 ms at 854 x 480, five times that at 1920 x 1080.
    """

    def __init__(self, image: Picture, side: int = _SIDE) -> None:
        self.height, self.width = image.shape[:2]
        self.scale = min(1.0, side / max(self.width, self.height))
        size = max(1, round(self.width * self.scale)), max(1, round(self.height * self.scale))
        small = image if self.scale == 1 else cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        self.small = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
        self._maps: OrderedDict[tuple[int, int, int], tuple[Any, int, int, tuple[int, int]]] = OrderedDict()

    def _near(self, point: Sequence[float]) -> tuple[int, int]:
        if len(point) != 2 or not np.isfinite(point).all():
            raise ModelError(f"{tuple(point)} is not a point", where="Intelligent scissors")
        height, width = self.small.shape[:2]
        return (
            int(np.clip(point[0] * self.scale, 0, width - 1)),
            int(np.clip(point[1] * self.scale, 0, height - 1)),
        )

    def prepare(self, anchor: Sequence[float], threshold: float | None = None) -> tuple[Any, int, int, tuple[int, int]]:
        """Compute the map of one click, ahead of the next one; the last few are kept.

        Returns
        -------
        tuple
            The tool, the left and top edge of the part of the copy it works on, and that part's size.
        """
        x, y = self._near(anchor)
        reach = 0 if threshold is None else max(2, round(threshold * self.scale / 2))
        key = (x, y, reach)
        if key in self._maps:
            self._maps.move_to_end(key)
            return self._maps[key]
        height, width = self.small.shape[:2]
        left, top, right, bottom = 0, 0, width, height
        if reach:
            left, top, right, bottom = (
                max(0, x - reach),
                max(0, y - reach),
                min(width, x + reach + 1),
                min(height, y + reach + 1),
            )
        tool = cv2.segmentation.IntelligentScissorsMB()
        tool.setEdgeFeatureCannyParameters(32, 100)
        tool.setGradientMagnitudeMaxLimit(200)
        tool.applyImage(np.ascontiguousarray(self.small[top:bottom, left:right]))
        tool.buildMap((x - left, y - top))
        self._maps[key] = tool, left, top, (right - left, bottom - top)
        while len(self._maps) > _MAPS:
            self._maps.popitem(last=False)
        return self._maps[key]

    def path(
        self,
        anchor: Sequence[float],
        target: Sequence[float],
        *,
        threshold: float | None = None,
        blocked: bool = False,
        accuracy: float = 1.0,
    ) -> NDArray[np.float64]:
        """Return the line from one click to the cursor.

        Parameters
        ----------
        anchor, target
            Points (x, y) in pixels of the picture.
        threshold
            Side in pixels of the square around the anchor that the line may reach; a target outside gives no line.
        blocked
            Draw a straight line and do not look at the picture.
        accuracy
            Distance in pixels of the copy that simplification may move the line; 0 keeps every point.

        Returns
        -------
        ndarray
            float64 of shape (n, 2), from the anchor to the target, both exactly as given; shape (0, 2) if out of reach.
        """
        ends = np.array([anchor, target], np.float64)
        if not np.isfinite(ends).all():
            raise ModelError("a point is not a finite number", where="Intelligent scissors")
        if threshold is not None and np.abs(ends[1] - ends[0]).max() > threshold / 2:
            return np.zeros((0, 2))
        if blocked:
            return ends
        tool, left, top, (width, height) = self.prepare(anchor, threshold)
        x, y = self._near(target)
        line = tool.getContour((min(max(x - left, 0), width - 1), min(max(y - top, 0), height - 1)))
        if line is None or len(line) < 2:
            return ends
        if accuracy > 0:
            line = cv2.approxPolyDP(line, accuracy, False)
        corner = np.array([left, top]) + 0.5
        inner = (line.reshape(-1, 2)[1:-1] + corner) / self.scale
        # OpenCV returns the line from the anchor; should a version turn it round, the ends tell.
        if len(inner) and np.abs(inner[0] - ends[0]).sum() > np.abs(inner[-1] - ends[0]).sum():
            inner = inner[::-1]
        return np.concatenate((ends[:1], inner, ends[1:]))


class IntelligentScissors:
    """Interactor whose positive points are the clicks along an outline; it answers with the closed polygon.

    Parameters
    ----------
    side
        Longest side of the copy it computes on.
    accuracy
        Simplification, see :meth:`Livewire.path`.
    """

    def __init__(self, side: int = _SIDE, accuracy: float = 1.0) -> None:
        if side < 16:
            raise ModelError(f"side={side} is too small", hint="Use at least 16 pixels")
        self.side, self.accuracy = side, accuracy
        self.info = ModelInfo(
            name="Intelligent scissors",
            kind="interactor",
            framework="OpenCV",
            help="Click along an outline: the line between two clicks follows the edges of the picture.",
            min_positive=1,
            min_negative=None,
            shape_types=("polygon",),
        )

    def encode(self, image: Picture) -> Livewire:
        """Reduce the picture."""
        check_picture(image, self.info.name)
        with guarded(self.info.name, "preparing the picture"):
            return Livewire(image, self.side)

    def predict(self, encoded: Livewire, prompt: Prompt) -> list[Detection]:
        """Return one polygon through all clicks, closed along the edges; nothing for fewer than three points."""
        points = self.outline(encoded, prompt.positive)
        return [Detection("", "polygon", points.ravel())] if len(points) >= 3 else []

    def outline(
        self, encoded: Livewire, clicks: Sequence[Sequence[float]], *, blocked: Iterable[int] = (), close: bool = True
    ) -> NDArray[np.float64]:
        """Return the line through the clicks.

        Parameters
        ----------
        encoded
            The prepared picture.
        clicks
            Points (x, y).
        blocked
            Numbers of the segments that are straight; segment i starts at click i.
        close
            Whether to go back from the last click to the first.

        Returns
        -------
        ndarray
            float64 of shape (n, 2), without the first point again at the end.
        """
        straight = set(blocked)
        ends = [*clicks, clicks[0]] if close and len(clicks) > 1 else list(clicks)
        if len(ends) < 2:
            return np.array(ends, np.float64).reshape(-1, 2)
        with guarded(self.info.name, "following an edge"):
            parts = [
                encoded.path(start, stop, blocked=number in straight, accuracy=self.accuracy)[:-1]
                for number, (start, stop) in enumerate(itertools.pairwise(ends))
            ]
        line = np.concatenate(parts)
        return line if close else np.concatenate((line, np.array(ends[-1:], np.float64)))
