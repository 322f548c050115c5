"""TransT: a template and a search area compared by attention; the network is a file of the user.

Source: Chen et al., "Transformer tracking" (CVPR 2021); pre- and postprocessing as in ``pysot_toolkit/trackers/tracker.py``
and ``ltr/models/tracking/transt.py`` of github.com/chenxin-dlut/TransT, and as CVAT's serverless function
``pytorch/dschoerk/transt`` calls it.
"""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.backends.failures import ModelError
from cvat_widgets.backends.network_files import as_array
from cvat_widgets.backends.protocols import Detection, ModelInfo
from cvat_widgets.backends.siamese_tracking import SiameseNetwork, SiameseState, SiameseTracker, change_penalty, cosine_window

__all__ = ["TransT", "transt"]

_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
_EXPECTED = (
    "TransT is a TorchScript or ONNX file with inputs template (n, 3, 128, 128) and search (n, 3, 256, 256), or two branches: "
    "template gives features, search takes these and the search crop; outputs are logits (n, 1024, 2) and boxes (n, 1024, 4)"
)


class TransT(SiameseTracker):
    """Follows boxes, see :func:`transt`.

    Parameters
    ----------
    network
        The two branches.
    window_influence, penalty_k, min_score, batch
        See :func:`transt`.
    """

    template_size, search_size = 128, 256
    _tokens = 32

    def __init__(
        self, network: SiameseNetwork, *, window_influence: float, penalty_k: float, min_score: float, batch: int
    ) -> None:
        if not 0 <= window_influence <= 1 or penalty_k < 0:
            raise ModelError("window_influence from 0 to 1 and penalty_k >= 0 are needed", where="TransT")
        self.window_influence, self.penalty_k = window_influence, penalty_k
        self._hann = cosine_window(self._tokens).ravel()
        info = ModelInfo(
            name="TransT",
            kind="tracker",
            framework="ONNX Runtime" if network.file.suffix == ".onnx" else "PyTorch",
            device=network.device,
            help="Follows a box with a transformer and says when it has lost the object.",
            shape_types=("rectangle",),
        )
        super().__init__(info, network, min_score=min_score, batch=batch, expected=_EXPECTED)

    def check(self, outputs: list[Any]) -> None:
        """Raise :class:`ModelError` unless there are logits and boxes of 1024 tokens."""
        self._logits_and_boxes(outputs)

    def _logits_and_boxes(self, outputs: list[Any]) -> tuple[Any, Any]:
        found = {int(each.shape[-1]): each for each in outputs if len(each.shape) == 3 and each.shape[1] == self._tokens**2}
        if 2 not in found or 4 not in found:
            shapes = ", ".join(str(tuple(each.shape)) for each in outputs)
            raise ModelError(f"outputs of shape {shapes}, not (n, 1024, 2) and (n, 1024, 4)", where="TransT")
        return found[2], found[4]

    def normalised(self, crops: NDArray[Any]) -> NDArray[np.float32]:
        """Return crops with the mean and deviation of ImageNet."""
        return super().normalised((crops / np.float32(255) - _MEAN) / _DEVIATION)

    def window(self, size: NDArray[np.float64], search: bool) -> int:
        """Return about twice (template) or four times (search) the object's side."""
        width, height = size + ((4 if search else 2) - 1) * size.sum() / 2
        return math.ceil(math.sqrt(width * height))

    def corner(self, centre: NDArray[np.float64], side: int) -> tuple[int, int]:
        """Return the first pixel, halves rounded up."""
        x, y = np.floor(centre - (side + 1) / 2 + 0.5).astype(int).tolist()
        return x, y

    def place(self, outputs: list[Any], row: int, state: SiameseState, side: int, size: tuple[int, int]) -> Detection | None:
        """Take the box of the token with the best score under penalty and window."""
        logits, boxes = (self.finite(as_array(each[row])) for each in self._logits_and_boxes(outputs))
        score = 1 / (1 + np.exp((logits[:, 1] - logits[:, 0]).clip(-60, 60)))
        weighed = score * change_penalty(boxes.T[2:], state.size / side, self.penalty_k)
        best = int(np.argmax(weighed * (1 - self.window_influence) + self._hann * self.window_influence))
        if score[best] < self.min_score:
            return None
        box = self.moved(state, boxes[best, :2] * side + state.centre - side / 2, boxes[best, 2:] * side, size)
        if (box[2:] - box[:2] < 1).any():
            return None
        state.shape = Detection(state.shape.label, "rectangle", box, float(score[best]))
        return state.shape


def transt(
    weights: str | os.PathLike[str] | None = None,
    search: str | os.PathLike[str] | None = None,
    *,
    device: str = "auto",
    window_influence: float = 0.49,
    penalty_k: float = 0.0,
    min_score: float = 0.5,
    batch: int = 16,
) -> TransT:
    """Return TransT on a file given by the user.

    Parameters
    ----------
    weights
        TorchScript or ONNX with inputs ``template``, float32 (n, 3, 128, 128), and ``search``, (n, 3, 256, 256), known by their
        names or sizes; TorchScript with the methods ``template(z)`` and ``track(*features, x)``; or, with ``search``, the
        template branch alone. The outputs are ``pred_logits`` (n, 1024, 2), object first, and ``pred_boxes`` (n, 1024, 4):
        centre, width, height as parts of the search area.
    search
        The search branch, which takes the features and the search crop.
    device
        ``auto``: a GPU if there is one.
    window_influence
        Weight of the cosine window: 0.49 as in the paper.
    penalty_k
        Strength of the penalty on changes of size: 0 as in the paper; a later version of its code has 0.204 with a window of
        0.612.
    min_score
        Below this score an object is lost. The published tracker never says so.
    batch
        At most so many objects at once.
    """
    network = SiameseNetwork(weights, search, None, where="TransT", expected=_EXPECTED, size=256, device=device)
    return TransT(network, window_influence=window_influence, penalty_k=penalty_k, min_score=min_score, batch=batch)
