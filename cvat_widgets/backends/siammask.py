"""SiamMask: a Siamese tracker that draws a mask about its best candidate; the network is a file of the user.

Source: Wang et al., "Fast online object tracking and segmentation: a unifying approach" (CVPR 2019); pre- and postprocessing
as in ``tools/test.py``, ``utils/anchors.py`` and ``utils/tracker_config.py`` of github.com/foolwood/SiamMask, and as CVAT's
serverless function ``pytorch/foolwood/siammask`` called it. Published settings (penalty_k, window_influence, lr, threshold of
the mask) of ``experiments/siammask_sharp``: VOT2016 0.04, 0.42, 0.25, 0.30; VOT2018 0.10, 0.41, 0.32, 0.15; DAVIS2016 0.04,
0.40, 1.0, 0.40.
"""

from __future__ import annotations

import math
import os
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cvat_widgets.backends.click_files import sigmoid
from cvat_widgets.backends.failures import ModelError
from cvat_widgets.backends.network_files import as_array
from cvat_widgets.backends.protocols import Detection, ModelInfo, Picture
from cvat_widgets.backends.siamese_tracking import SiameseNetwork, SiameseState, SiameseTracker, change_penalty, cosine_window
from cvat_widgets.model.masks import encode_mask, polygons_of_mask
from cvat_widgets.model.operations_outlines import simplify_points

__all__ = ["SiamMask", "anchor_boxes", "mask_in_picture", "siammask"]

_STRIDE, _BASE, _CONTEXT, _SCALE = 8, 8, 0.5, 8
_RATIOS = (0.33, 0.5, 1.0, 2.0, 3.0)
_POSITIONS = (255 - 127) // _STRIDE + 1 + _BASE
_LEAST_AREA = 100
"""Smaller masks, in pixels, are not trusted and the box is taken, as in the published tracker."""
_OUTLINE_DISTANCE = 1.0
_EXPECTED = (
    "SiamMask is a template branch, (n, 3, 127, 127) to features, and a search branch that takes these and (n, 3, 255, 255) "
    "and gives scores (n, 10, 25, 25), boxes (n, 20, 25, 25) and masks (n, 3969, 25, 25), or features for refine: two ONNX "
    "files, two TorchScript files, or one TorchScript file with the methods template, track and refine"
)


def anchor_boxes() -> NDArray[np.float64]:
    """Return the anchors: float64 of shape (4, 5, 25, 25), centre (from the middle of the crop), width and height."""
    widths = np.array([int(math.sqrt(_STRIDE * _STRIDE / ratio)) for ratio in _RATIOS])
    heights = np.array([int(width * ratio) for width, ratio in zip(widths.tolist(), _RATIOS, strict=True)])
    steps = (np.arange(_POSITIONS) - _POSITIONS // 2) * _STRIDE
    shape = (len(_RATIOS), _POSITIONS, _POSITIONS)
    columns = (steps[None, None, :], steps[None, :, None], (widths * _SCALE)[:, None, None], (heights * _SCALE)[:, None, None])
    return np.stack([np.broadcast_to(each, shape) for each in columns]).astype(np.float64)


def mask_in_picture(
    mask: NDArray[np.float32], left: float, top: float, side: float, width: int, height: int
) -> tuple[NDArray[np.float32], int, int]:
    """Put a mask of the network where it belongs, by the published mapping.

    Parameters
    ----------
    mask
        float32 of shape (k, k).
    left, top, side
        The square that it covers, in pixels of the picture.
    width, height
        Of the picture.

    Returns
    -------
    tuple
        float32 of shape (rows, columns), -1 outside of the square, and the picture's pixel (x, y) at its corner; only the part
        about the square, empty if that is beside the picture.
    """
    scale = len(mask) / side
    low = np.floor([left, top]).astype(int) - 2
    high = np.ceil([left + side, top + side]).astype(int) + 2
    (x0, y0), (x1, y1) = low.clip(0, (width, height)).tolist(), high.clip(0, (width, height)).tolist()
    if x1 <= x0 or y1 <= y0:
        return np.zeros((0, 0), np.float32), x0, y0
    a, b = (width - 1) / (width * scale), (height - 1) / (height * scale)
    matrix = np.array([[a, 0, a * left * scale - x0], [0, b, b * top * scale - y0]])
    warped: Any = cv2.warpAffine(
        mask, matrix, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(-1,)
    )
    return warped, x0, y0


class SiamMask(SiameseTracker):
    """Follows rectangles and, if the file draws masks, masks and polygons, see :func:`siammask`.

    Parameters
    ----------
    network
        The branches.
    window_influence, penalty_k, lr, mask_threshold, min_score, batch
        See :func:`siammask`.
    """

    template_size, search_size = 127, 255

    def __init__(
        self,
        network: SiameseNetwork,
        *,
        window_influence: float,
        penalty_k: float,
        lr: float,
        mask_threshold: float,
        min_score: float,
        batch: int,
    ) -> None:
        if not (0 <= window_influence <= 1 and 0 < lr <= 1 and 0 < mask_threshold < 1 and penalty_k >= 0):
            raise ModelError(
                "window_influence, lr and mask_threshold from 0 to 1, and penalty_k >= 0 are needed", where="SiamMask"
            )
        self.window_influence, self.penalty_k, self.lr, self.mask_threshold = window_influence, penalty_k, lr, mask_threshold
        self._anchors, self._hann = anchor_boxes(), cosine_window(_POSITIONS)
        self._draws = False
        info = ModelInfo(
            name="SiamMask",
            kind="tracker",
            framework="ONNX Runtime" if network.file.suffix == ".onnx" else "PyTorch",
            device=network.device,
            help="Follows an object and its outline with a Siamese network, and says when it has lost the object.",
            shape_types=("rectangle", "polygon", "mask"),
        )
        super().__init__(info, network, min_score=min_score, batch=batch, expected=_EXPECTED)
        if not self._draws:
            self.info = ModelInfo(**{**vars(info), "shape_types": ("rectangle",)})

    def check(self, outputs: list[Any]) -> None:
        """Raise :class:`ModelError` unless there are scores and boxes, and masks of the right size if any."""
        _, _, masks, rest = self._sorted(outputs)
        if self.network.refining is not None:
            self._refined(rest, 0, 12, 12)
        self._draws = self.network.refining is not None or masks is not None

    def _sorted(self, outputs: list[Any]) -> tuple[Any, Any, Any, list[Any]]:
        """Return scores, boxes, masks (or ``None``), and what else there is, which is for the refinement."""
        found: dict[str, Any] = {}
        rest = []
        for each in outputs:
            channels = int(each.shape[1]) if tuple(each.shape[2:]) == (_POSITIONS, _POSITIONS) else 0
            kinds = {2 * len(_RATIOS): "scores", 4 * len(_RATIOS): "boxes", 63 * 63: "masks", 127 * 127: "masks"}
            kind = kinds.get(channels)
            if kind is None or kind in found:
                rest.append(each)
            else:
                found[kind] = each
        if "scores" not in found or "boxes" not in found:
            shapes = ", ".join(str(tuple(each.shape)) for each in outputs)
            raise ModelError(f"outputs of shape {shapes}, not (n, 10, 25, 25) and (n, 20, 25, 25)", where="SiamMask")
        return found["scores"], found["boxes"], found.get("masks"), rest

    def ready(self, image: Picture) -> Picture:
        """Return the picture as BGR, which the network was trained with."""
        return np.ascontiguousarray(image[:, :, ::-1])

    def window(self, size: NDArray[np.float64], search: bool) -> int:
        """Return the side of the object with its context, or of the search area, 255 / 127 as wide."""
        side = math.sqrt(np.prod(size + _CONTEXT * size.sum()))
        return round(side + 2 * ((255 - 127) / 2) * side / 127) if search else round(side)

    def corner(self, centre: NDArray[np.float64], side: int) -> tuple[int, int]:
        """Return the first pixel, halves rounded to even."""
        return round(float(centre[0]) - (side + 1) / 2), round(float(centre[1]) - (side + 1) / 2)

    def place(self, outputs: list[Any], row: int, state: SiameseState, side: int, size: tuple[int, int]) -> Detection | None:
        """Take the best candidate under penalty and window, go towards its box, and draw its mask."""
        scores, boxes, masks, rest = self._sorted(outputs)
        logits = self.finite(scores[row]).reshape(2, *self._anchors.shape[1:])
        score = 1 / (1 + np.exp((logits[0] - logits[1]).clip(-60, 60)))
        context = math.sqrt(np.prod(state.size + _CONTEXT * state.size.sum()))
        scale = 127 / context
        found = self._decoded(self.finite(boxes[row]).reshape(self._anchors.shape))
        penalty = change_penalty(found[2:], state.size * scale, self.penalty_k)
        weighed = penalty * score * (1 - self.window_influence) + self._hann * self.window_influence
        chosen = int(np.argmax(weighed))
        best = np.unravel_index(chosen, weighed.shape)
        if score[best] < self.min_score:
            return None
        before = state.centre
        box = found.reshape(4, -1)[:, chosen] / scale
        rate = float(penalty[best] * score[best]) * self.lr
        whole = self.moved(state, box[:2] + before, state.size * (1 - rate) + box[2:] * rate, size)
        y, x = int(best[1]), int(best[2])
        drawn = None
        if self._draws:
            step = side / 255
            left, top = before - side / 2 + (np.array([x, y]) - _BASE / 2) * _STRIDE * step
            mask = self._refined(rest, row, y, x) if self.network.refining is not None else _square(masks[row, :, y, x])
            drawn = mask_in_picture(sigmoid(mask), float(left), float(top), step * 127, *size)
        shape = self._shape(state.shape, whole, drawn, float(score[best]), size)
        if shape is not None:
            state.shape = shape
        return shape

    def _decoded(self, change: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return centre, width and height of every candidate in pixels of the crop."""
        centre = change[:2] * self._anchors[2:] + self._anchors[:2]
        return np.concatenate((centre, np.exp(change[2:].clip(-20, 20)) * self._anchors[2:]))

    def _refined(self, rest: list[Any], row: int, y: int, x: int) -> NDArray[np.float32]:
        """Run the refinement on what the search branch gave for it, and the position (row, column) of the best candidate."""
        part = self.network.refining
        if part is None or len(part.names) != len(rest) + 1:
            raise ModelError(f"refine takes {len(rest)} outputs of the search branch and the position", where="SiamMask")
        inputs = [each[row : row + 1] for each in rest]
        inputs.insert(part.place_of(("position", "pos")), np.array([y, x], np.int64))
        return _square(part.call(inputs)[0])

    def _shape(
        self,
        before: Detection,
        box: NDArray[np.float64],
        drawn: tuple[NDArray[np.float32], int, int] | None,
        score: float,
        size: tuple[int, int],
    ) -> Detection | None:
        """Return the answer in the type that was asked for; ``None`` if there is nothing of it in the picture."""
        whole = Detection(before.label, "rectangle", box, score) if (box[2:] - box[:2] >= 1).all() else None
        if drawn is None:
            return whole
        values, left, top = drawn
        inside = values > self.mask_threshold
        if before.type == "mask":
            bitmap = np.zeros((size[1], size[0]), bool)
            bitmap[top : top + inside.shape[0], left : left + inside.shape[1]] = inside
            return Detection(before.label, "mask", encode_mask(bitmap), score) if inside.any() else None
        largest = _largest_part(inside)
        if before.type == "polygon":
            if not largest.any():
                return None
            outline = simplify_points(_outline(largest, left, top).ravel().tolist(), _OUTLINE_DISTANCE, closed=True)
            return Detection(before.label, "polygon", np.array(outline, np.float64), score)
        if largest.sum() <= _LEAST_AREA:
            return whole
        corners = _outline(largest, left, top)
        if not before.rotation % 360:
            return Detection(before.label, "rectangle", np.concatenate((corners.min(axis=0), corners.max(axis=0))), score)
        points, rotation = _turned_box(corners, before.rotation)
        return Detection(before.label, "rectangle", points, score, rotation)


def _largest_part(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    if not inside.any():
        return inside
    _, numbers, figures, _ = cv2.connectedComponentsWithStats(inside.astype(np.uint8), connectivity=4)
    found: NDArray[np.bool_] = np.asarray(numbers) == 1 + int(np.argmax(figures[1:, cv2.CC_STAT_AREA]))
    return found


def _outline(part: NDArray[np.bool_], left: int, top: int) -> NDArray[np.float64]:
    """Return the outline of a connected bitmap, its corner at (left, top), along the edges of its pixels: shape (n, 2)."""
    outline: NDArray[np.float64] = polygons_of_mask(encode_mask(part))[0][0].reshape(-1, 2) + np.array([left, top])
    return outline


def _turned_box(corners: NDArray[np.float64], rotation: float) -> tuple[NDArray[np.float64], float]:
    """Return the smallest box around corners and its rotation, the one of its four that is next to the rotation before."""
    middle = corners.mean(axis=0)
    centre, sides, angle = cv2.minAreaRect((corners - middle).astype(np.float32))
    turn = min(range(4), key=lambda number: abs((angle + 90 * number - rotation + 180) % 360 - 180))
    half = np.array(sides if turn % 2 == 0 else sides[::-1], np.float64) / 2
    at = middle + np.array(centre)
    return np.concatenate((at - half, at + half)), float(angle + 90 * turn) % 360


def _square(values: Any) -> NDArray[np.float32]:
    """Return a mask as float32 of shape (k, k)."""
    flat = as_array(values).astype(np.float32).ravel()
    side = math.isqrt(len(flat))
    if side * side != len(flat) or side < 2:
        raise ModelError(f"a mask of {len(flat)} numbers is no square", where="SiamMask")
    return flat.reshape(side, side)


def siammask(
    weights: str | os.PathLike[str] | None = None,
    search: str | os.PathLike[str] | None = None,
    refine: str | os.PathLike[str] | None = None,
    *,
    device: str = "auto",
    window_influence: float = 0.4,
    penalty_k: float = 0.04,
    lr: float = 0.4,
    mask_threshold: float = 0.3,
    min_score: float = 0.5,
    batch: int = 16,
) -> SiamMask:
    """Return SiamMask on files given by the user.

    Parameters
    ----------
    weights
        TorchScript with the methods ``template(z)``, ``track(*features, x)`` and, for sharp masks, ``refine(*rest, position)``;
        or, with ``search``, the template branch alone (ONNX or TorchScript). Pictures are float32 of shape (n, 3, 127, 127) and
        (n, 3, 255, 255), BGR from 0 to 255. Features keep objects in their first dimension.
    search
        The search branch. Its outputs are known by their shapes: scores (n, 10, 25, 25), background before object; boxes
        (n, 20, 25, 25); masks (n, 3969 or 16129, 25, 25), if any. All others go to the refinement, in their order.
    refine
        The refinement, which gives 127 x 127 numbers for one object at ``position``, int64 (row, column). Without it and
        without masks only rectangles are followed.
    device
        ``auto``: a GPU if there is one.
    window_influence, penalty_k, lr
        Weight of the cosine window, strength of the penalty on changes of size, and how fast the size follows.
    mask_threshold
        Pixels with a probability above it belong to the object.
    min_score
        Below this score an object is lost. The published tracker never says so.
    batch
        At most so many objects at once.

    Notes
    -----
    A rectangle becomes the box around the largest part of the mask, turned if it was turned before; with no such part it is the
    box of the tracker itself.
    """
    network = SiameseNetwork(weights, search, refine, where="SiamMask", expected=_EXPECTED, size=255, device=device)
    return SiamMask(
        network,
        window_influence=window_influence,
        penalty_k=penalty_k,
        lr=lr,
        mask_threshold=mask_threshold,
        min_score=min_score,
        batch=batch,
    )
