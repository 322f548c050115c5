"""What a click says of the places near it: the farther from it along the picture's surfaces, the less.

Distances run over the picture, and an edge of it is a long way: "geodesic" distances, used with clicks by Gulshan et al.,
"Geodesic star convexity for interactive image segmentation" (CVPR 2010), and beside a network by Wang et al., "DeepIGeoS"
(2018). A network may leave a click without any effect; this makes every click count for the surface that it is on.
The distances that the network itself sees are those of :mod:`~cvat_widgets.backends.click_features`: it was trained with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cvat_widgets.backends.protocols import Picture

__all__ = ["ClickDistances"]

_SIDE = 192
_STEP_COST = 0.1
_STRENGTH = 10.0
_REACH = 4.0
"""Cost at which a click says a third of what it says where it is. These were chosen with ``bench/bench_clicks.py``: half or
twice as much of each changes the mean IoU by at most 0.05."""
_STEPS = ((0, 1), (1, 0), (1, 1), (1, -1))
Points = Sequence[tuple[float, float]]
Chances = NDArray[np.float32]


class ClickDistances:
    """One picture, reduced, with what it costs to go from each pixel to the next.

    Parameters
    ----------
    image
        H x W x 3 uint8 RGB.
    """

    def __init__(self, image: Picture) -> None:
        height, width = image.shape[:2]
        self.scale = min(1.0, _SIDE / max(height, width))
        self.width, self.height = max(2, round(width * self.scale)), max(2, round(height * self.scale))
        small = cv2.resize(image, (self.width, self.height), interpolation=cv2.INTER_AREA)
        smooth = cv2.cvtColor(cv2.GaussianBlur(small, (0, 0), 0.7), cv2.COLOR_RGB2LAB)
        colors = smooth.astype(np.float32).reshape(-1, 3)
        number = np.arange(self.width * self.height, dtype=np.int32).reshape(self.height, self.width)
        ends: list[tuple[NDArray[np.int32], NDArray[np.int32]]] = []
        lengths: list[NDArray[np.float32]] = []
        for down, right in _STEPS:
            one = number[: self.height - down, max(0, -right) : self.width - max(0, right)].ravel()
            ends.append((one, number[down:, max(0, right) : self.width - max(0, -right)].ravel()))
            lengths.append(np.full(len(one), np.hypot(down, right), np.float32))
        self.one, self.other = (np.concatenate(each) for each in zip(*ends, strict=True))
        self.length = np.concatenate(lengths)
        apart = np.linalg.norm(colors[self.one] - colors[self.other], axis=1)
        # What counts as an edge is a matter of the picture's contrast.
        self.cost = _STEP_COST + apart / (np.percentile(apart, 90) + 3)

    def corrected(self, chances: Chances, positive: Points, negative: Points) -> Chances:
        """Return a network's chances with what the clicks say of their surroundings.

        Parameters
        ----------
        chances
            H x W float32 in 0 to 1.
        positive, negative
            Clicks, in pixels of the picture.
        """
        from scipy.sparse import csr_matrix

        inside = cv2.resize(chances, (self.width, self.height), interpolation=cv2.INTER_AREA).ravel()
        # The network's own borders are edges, too.
        cost = self.length * (self.cost + np.abs(inside[self.one] - inside[self.other]))
        graph = csr_matrix((cost, (self.one, self.other)), shape=(inside.size, inside.size))
        push = _STRENGTH * (self._near(graph, positive) - self._near(graph, negative))
        height, width = chances.shape
        large = cv2.resize(push.reshape(self.height, self.width), (width, height), interpolation=cv2.INTER_LINEAR)
        bounded = chances.clip(1e-6, 1 - 1e-6)
        return np.asarray(1 / (1 + np.exp(-(np.log(bounded / (1 - bounded)) + large))), np.float32)

    def _near(self, graph: Any, points: Points) -> NDArray[np.float32]:
        """Return how near each pixel is to the nearest of the points, 1 at a point."""
        from scipy.sparse.csgraph import dijkstra

        if not points:
            return np.zeros(self.width * self.height, np.float32)
        places = [
            min(self.height - 1, max(0, int(y * self.scale))) * self.width + min(self.width - 1, max(0, int(x * self.scale)))
            for x, y in points
        ]
        far = dijkstra(graph, directed=False, indices=places, min_only=True)
        return np.asarray(np.exp(-far / _REACH), np.float32)
