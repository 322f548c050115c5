"""Interactors on the frames of one annotator: pictures encoded once, answers remembered, and the live wire."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.backends.embedding_cache import FrameClicks
from cvat_widgets.backends.failures import ModelError, guarded
from cvat_widgets.backends.protocols import Detection, Interactor, ModelInfo, Picture, Prompt
from cvat_widgets.backends.results import checked_all
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.masks import decode_mask, mask_area, mask_box, mask_from_polygons

if TYPE_CHECKING:
    from cvat_widgets.backends.opencv_scissors import Livewire
    from cvat_widgets.widgets.session_job import SessionJob
    from cvat_widgets.widgets.session_models import SessionModels

__all__ = ["Hypothesis", "Interactions"]

_MOST_HYPOTHESES = 8
_REMEMBERED = 8
_WIRES = 2


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """One of the shapes that a prompt may have meant.

    Parameters
    ----------
    mask
        float64 in CVAT's encoding, never empty.
    polygon
        Flat float64 coordinates, where the model answers with polygons; else ``None``.
    score
        0 to 1.
    """

    mask: NDArray[np.float64]
    polygon: NDArray[np.float64] | None
    score: float


class _Guarded:
    """An interactor whose errors say which model it was, whatever it raises."""

    def __init__(self, model: Interactor, name: str) -> None:
        self.model, self.name = model, name

    @property
    def info(self) -> ModelInfo:
        return self.model.info

    def encode(self, image: Picture) -> Any:
        with guarded(self.name, "encoding the picture"):
            return self.model.encode(image)

    def predict(self, encoded: Any, prompt: Prompt) -> list[Detection]:
        with guarded(self.name, "answering a prompt"):
            return list(self.model.predict(encoded, prompt))


class Interactions:
    """Answers prompts on the frames of a job.

    Parameters
    ----------
    job
        The job.
    models
        Its models; :meth:`encode` and :meth:`answer` are to be called on their thread.
    """

    def __init__(self, job: SessionJob, models: SessionModels) -> None:
        self.job, self.models = job, models
        self._lock = threading.Lock()
        self._guarded: dict[str, _Guarded] = {}
        self._answers: OrderedDict[int, list[Hypothesis]] = OrderedDict()
        self._next_token = 1
        self._wires: OrderedDict[int, Livewire] = OrderedDict()
        self._wiring = threading.Lock()

    # -- interactors ---------------------------------------------------------------------------------------------

    def _clicks(self, id_: str) -> tuple[FrameClicks, ModelInfo]:
        info = self.models.info(id_)
        if info.kind != "interactor":
            raise ModelError(f"{info.name!r} is of the kind {info.kind}", hint="Choose an interactor")
        model = self.models.get(id_)
        # The cache knows models by identity: one wrapper for as long as the model is the same.
        kept = self._guarded.get(id_)
        if kept is None or kept.model is not model:
            kept = self._guarded[id_] = _Guarded(model, info.name)
        media = self.job.task.media
        clicks = FrameClicks(kept, media.read, name=self.job.task.uid, count=self.job.stop + 1, cache=self.models.embeddings)
        return clicks, info

    def encode(self, model: str, frame: int) -> ModelInfo:
        """Encode a frame, and then the one after it in the background; return what the model is."""
        clicks, info = self._clicks(model)
        self.models.embeddings.get(clicks.model, (clicks.name, frame), lambda: clicks.read(frame))
        if frame < self.job.stop:
            clicks.prepare(frame + 1)
        return info

    def answer(
        self, model: str, frame: int, prompt: Prompt, previous: tuple[int, int] | None = None
    ) -> tuple[int, list[Hypothesis]]:
        """Answer a prompt.

        Parameters
        ----------
        model, frame
            Which model, on which frame.
        prompt
            The prompt.
        previous
            Number of the answer that the prompt continues, and which of its hypotheses; its mask is given to the model. One
            that is forgotten is left out.

        Returns
        -------
        tuple
            The number of this answer, and the hypotheses, the best first.

        Raises
        ------
        ModelError
            The model fails, or its answer is no shape on the picture.
        """
        clicks, info = self._clicks(model)
        if len(prompt.positive) < info.min_positive:
            raise ModelError(f"it needs {info.min_positive} points on the object", where=info.name)
        if info.box == "required" and prompt.box is None:
            raise ModelError("it needs a box", where=info.name)
        index = self.job.task.frame_index
        width, height = int(index.widths[frame]), int(index.heights[frame])
        before = self._remembered(previous)
        if before is not None:
            mask = decode_mask(before.mask, width, height)
            prompt = replace(prompt, mask=mask, polygon=before.polygon, choice=previous[1] if previous else 0)
        detections = clicks.predict(frame, prompt)
        found = _hypotheses(checked_all(detections, LabelSet(), info.name), width, height, info.name)
        with self._lock:
            token = self._next_token
            self._next_token += 1
            self._answers[token] = found
            while len(self._answers) > _REMEMBERED:
                self._answers.popitem(last=False)
        return token, found

    def _remembered(self, previous: tuple[int, int] | None) -> Hypothesis | None:
        if previous is None:
            return None
        with self._lock:
            found = self._answers.get(previous[0], [])
        return found[previous[1]] if previous[1] < len(found) else None

    # -- scissors ------------------------------------------------------------------------------------------------

    def scissors(
        self,
        frame: int,
        anchor: Sequence[float],
        target: Sequence[float],
        *,
        threshold: float | None = None,
        blocked: bool = False,
    ) -> NDArray[np.float64]:
        """Return the line that follows the edges from one point to another; see :meth:`Livewire.path`, every point of it."""
        from cvat_widgets.backends.opencv_scissors import Livewire

        with self._wiring:
            wire = self._wires.pop(frame, None) or Livewire(self.job.task.media.read(frame))
            self._wires[frame] = wire
            while len(self._wires) > _WIRES:
                self._wires.popitem(last=False)
            with guarded("Intelligent scissors", "following an edge"):
                return wire.path(anchor, target, threshold=threshold, blocked=blocked, accuracy=0)


def _hypotheses(found: list[Detection], width: int, height: int, where: str) -> list[Hypothesis]:
    """Return shapes as masks cut to the picture, without empty ones."""
    result = []
    for each in found[:_MOST_HYPOTHESES]:
        if each.type == "mask":
            box = mask_box(each.points)
            if box[0] < 0 or box[1] < 0 or box[2] >= width or box[3] >= height:
                raise ModelError("the mask it answered with lies outside the picture", where=where)
            mask, polygon = each.points, None
        elif each.type in ("polygon", "rectangle"):
            corners = each.points.reshape(-1, 2)
            if each.type == "rectangle":
                (left, top), (right, bottom) = corners.tolist()
                corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
            polygon = corners.clip(0, (width, height)).ravel()
            mask = mask_from_polygons([polygon], width, height)
        else:
            raise ModelError(f"it answered with a {each.type}", where=where, hint="Interactors return masks or polygons")
        if mask_area(mask):
            result.append(Hypothesis(mask, polygon, float(np.clip(each.score, 0, 1))))
    return result
