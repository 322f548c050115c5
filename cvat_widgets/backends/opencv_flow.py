"""A tracker without weights: corners of the object are followed by optical flow, the shape moves as most of them do.

Sources: Lucas and Kanade (1981) in Bouguet's pyramid; Kalal, Mikolajczyk and Matas, "Forward-backward error" (2010); a
similarity (shift, rotation, scale) is fitted to the points that agree (RANSAC).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cvat_widgets.backends.failures import ModelError, guarded
from cvat_widgets.backends.functions import check_picture, supported
from cvat_widgets.backends.protocols import Detection, ModelInfo, Picture
from cvat_widgets.model.geometry import ellipse_polygon, rectangle_corners
from cvat_widgets.model.masks import decode_crop, decode_mask, encode_mask, mask_box

__all__ = ["FlowTracker"]

_WINDOW = (21, 21)


@dataclass(eq=False)
class _State:
    grey: NDArray[np.uint8]
    shape: Detection
    lost: bool = False


class FlowTracker:
    """Follows rectangles, polygons, polylines, points, ellipses and masks.

    Parameters
    ----------
    corners
        At most this many corners are followed a shape.
    min_points
        Fewer corners that agree: the object is lost.
    max_error
        Largest distance in pixels between a corner and itself after going forward and back.

    Notes
    -----
    Rectangles and ellipses keep their rotation unless they had one; masks are warped. A lost object stays lost.
    """

    def __init__(self, corners: int = 200, min_points: int = 6, max_error: float = 1.0) -> None:
        if corners < 4 or min_points < 2 or not max_error > 0:
            raise ModelError("corners >= 4, min_points >= 2 and max_error > 0 are needed", where="Optical flow")
        self.corners, self.min_points, self.max_error = corners, min_points, max_error
        self.info = ModelInfo(
            name="Optical flow",
            kind="tracker",
            framework="OpenCV",
            help="Follows the corners of an object from frame to frame; needs no weights and says when it has lost the object.",
            shape_types=("rectangle", "polygon", "polyline", "points", "ellipse", "mask"),
        )

    def start(self, image: Picture, shapes: Sequence[Detection]) -> list[_State]:
        """Remember the picture and the shapes."""
        grey: Any = cv2.cvtColor(check_picture(image, self.info.name), cv2.COLOR_RGB2GRAY)
        for shape in shapes:
            if not np.isfinite(supported(shape, self.info).points).all():
                raise ModelError("a coordinate is not a finite number", where=self.info.name)
        return [_State(grey, shape) for shape in shapes]

    def step(self, image: Picture, states: Sequence[_State]) -> list[Detection | None]:
        """Return the shapes on the next picture."""
        grey: Any = cv2.cvtColor(check_picture(image, self.info.name), cv2.COLOR_RGB2GRAY)
        return [self._step(grey, state) for state in states]

    def _step(self, grey: NDArray[np.uint8], state: _State) -> Detection | None:
        if state.lost:
            return None
        if grey.shape != state.grey.shape:
            raise ModelError(f"the picture is {grey.shape}, the one before was {state.grey.shape}", where=self.info.name)
        with guarded(self.info.name, "tracking"):
            moved = self._motion(state.grey, grey, state.shape)
            shape = None if moved is None else _moved(state.shape, moved[0], grey.shape)
        if moved is None or shape is None:
            state.lost = True
            return None
        state.grey, state.shape = grey, replace(shape, score=moved[1])
        return state.shape

    def _motion(
        self, before: NDArray[np.uint8], after: NDArray[np.uint8], shape: Detection
    ) -> tuple[NDArray[np.float64], float] | None:
        """Return the similarity, float64 of shape (2, 3), and the share of corners that agree; ``None`` if lost."""
        region = _region(shape, before.shape)
        starts = cv2.goodFeaturesToTrack(before, self.corners, 0.01, 4, mask=region)
        if starts is None or len(starts) < self.min_points:
            return None
        flow: Any = cv2.calcOpticalFlowPyrLK  # its stub knows no missing guess
        ends, there, _ = flow(before, after, starts, None, winSize=_WINDOW, maxLevel=4)
        again, back, _ = flow(after, before, ends, None, winSize=_WINDOW, maxLevel=4)
        error = np.linalg.norm((again - starts).reshape(-1, 2), axis=1)
        kept = (there.ravel() == 1) & (back.ravel() == 1) & (error <= self.max_error)
        if kept.sum() < self.min_points:
            return None
        cv2.setRNGSeed(0)  # the same pictures give the same track
        matrix, agree = cv2.estimateAffinePartial2D(starts[kept], ends[kept], ransacReprojThreshold=2.0)
        if matrix is None or agree.sum() < self.min_points or not np.isfinite(matrix).all():
            return None
        scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
        share = float(agree.sum() / len(starts))
        return (matrix, share) if 0.5 < scale < 2 and share > 0.1 else None


def _outline(shape: Detection) -> NDArray[np.float64]:
    if shape.type == "rectangle":
        return rectangle_corners(shape.points, shape.rotation).reshape(-1, 2)
    if shape.type == "ellipse":
        return ellipse_polygon(shape.points, shape.rotation).reshape(-1, 2)
    return shape.points.reshape(-1, 2)


def _region(shape: Detection, size: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return the pixels in which corners are looked for: uint8 of shape ``size``, 255 inside."""
    height, width = size[0], size[1]
    if shape.type == "mask":
        return decode_mask(shape.points, width, height).astype(np.uint8) * np.uint8(255)
    region = np.zeros((height, width), np.uint8)
    corners = np.round(_outline(shape).clip(-1e5, 1e5)).astype(np.int32)
    if shape.type in ("points", "polyline"):
        for x, y in corners.tolist():
            cv2.circle(region, (x, y), 15, 255, -1)
        if shape.type == "polyline":
            cv2.polylines(region, [corners], False, 255, 15)
    else:
        cv2.fillPoly(region, [corners], 255)
    return region


def _moved(shape: Detection, matrix: NDArray[np.float64], size: tuple[int, ...]) -> Detection | None:
    """Return the shape after the motion, ``None`` if nothing of it is left in the picture."""
    height, width = size[0], size[1]
    angle = float(np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0])))
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if shape.type == "mask":
        return _moved_mask(shape, matrix, width, height)
    if shape.type in ("rectangle", "ellipse"):
        first, second = shape.points.reshape(2, 2)
        middle = first if shape.type == "ellipse" else (first + second) / 2
        new = matrix[:, :2] @ middle + matrix[:, 2]
        points = (np.array([first - middle, second - middle]) * scale + new).ravel()
        rotation = (shape.rotation + angle) % 360 if shape.rotation else 0.0
        moved = replace(shape, points=points, rotation=rotation)
    else:
        moved = replace(shape, points=(shape.points.reshape(-1, 2) @ matrix[:, :2].T + matrix[:, 2]).ravel())
    outline = _outline(moved)
    if (outline.max(axis=0) <= 0).any() or (outline.min(axis=0) >= (width, height)).any():
        return None
    if moved.type == "rectangle" and not moved.rotation:
        return replace(moved, points=moved.points.clip(0, (width, height, width, height)))
    return moved


def _moved_mask(shape: Detection, matrix: NDArray[np.float64], width: int, height: int) -> Detection | None:
    left, top, right, bottom = mask_box(shape.points)
    crop = decode_crop(shape.points).astype(np.float32)
    corners = np.array([[left, top], [right + 1, top], [right + 1, bottom + 1], [left, bottom + 1]], np.float64)
    ends = corners @ matrix[:, :2].T + matrix[:, 2]
    low = np.floor(ends.min(axis=0)).astype(int).clip(0, (width, height))
    high = np.ceil(ends.max(axis=0)).astype(int).clip(0, (width, height))
    if (high <= low).any():
        return None
    # Pixel (0, 0) of an array has its centre at (0.5, 0.5) of the picture.
    shift = matrix[:, :2] @ (np.array([left, top]) + 0.5) + matrix[:, 2] - low - 0.5
    local = np.column_stack((matrix[:, :2], shift))
    warped = cv2.warpAffine(crop, local, tuple((high - low).tolist()), flags=cv2.INTER_LINEAR)
    whole = np.zeros((height, width), bool)
    whole[low[1] : high[1], low[0] : high[0]] = warped >= 0.5
    return replace(shape, points=encode_mask(whole)) if whole.any() else None
