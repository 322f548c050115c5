"""Clicks to a mask with a second look at the object: what f-BRS and the HRNet of RITM share.

Source: ``isegm/inference`` of SamsungLabs/fbrs_interactive_segmentation and SamsungLabs/ritm_interactive_segmentation. The
first click is answered from the whole picture, later ones from the part of it around the answer before (1.4 times as large, at
least 200 pixels). The part is kept until a positive click lies beside it or the object has become another one. The mirrored
picture is looked at as well, and both answers are averaged. All resizing keeps the middles of the corner pixels in place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.backends.click_files import ClickFile, probabilities
from cvat_widgets.backends.click_layouts import ClickLayout, click_list, click_maps
from cvat_widgets.backends.failures import ModelError, guarded
from cvat_widgets.backends.functions import check_picture
from cvat_widgets.backends.guided_crop import Plane, finite_points, resized_by_corners, single_mask
from cvat_widgets.backends.protocols import Detection, ModelInfo, Picture, Prompt

__all__ = ["Answer", "ClickSettings", "Look", "ZoomedClicks", "click_info", "radius_of"]

_MEAN = np.array((0.485, 0.456, 0.406), np.float32)[:, None, None]
_DEVIATION = np.array((0.229, 0.224, 0.225), np.float32)[:, None, None]
_EXPANSION, _SMALLEST, _SAME_OBJECT = 1.4, 200, 0.5
_KEPT_ANSWERS = 8
Part = tuple[int, int, int, int]
"""First row, last row, first column, last column."""
Clicks = NDArray[np.float64]


@dataclass(frozen=True)
class ClickSettings:
    """What differs between the published networks.

    Parameters
    ----------
    disks, radius
        See :func:`~cvat_widgets.backends.click_layouts.click_maps`.
    normalized
        Whether colours are brought to ImageNet's mean and deviation here; else they are 0 to 1 and the network does it.
    zoom
        Longest side of the part of the picture that later clicks are answered from.
    longest
        Longest side of the whole picture.
    threshold
        Probability above which a pixel belongs to the object.
    mirrored
        Whether the mirrored picture is looked at, too.
    seen
        How many clicks the network is shown; further ones are left to the refinement.
    """

    disks: bool
    radius: float
    normalized: bool
    zoom: int
    longest: int
    threshold: float
    mirrored: bool
    seen: int | None = None


def radius_of(disks: bool, given: float | None) -> float:
    """Return how large clicks are drawn: as disks of 5 pixels, or as distances over 260 pixels."""
    return given or (5.0 if disks else 260.0)


def click_info(name: str, network: ClickFile, note: str = "") -> ModelInfo:
    """Return what a model of this kind is."""
    return ModelInfo(
        name=name,
        kind="interactor",
        framework=network.framework,
        device=network.device,
        help="Click on the object; further clicks on it and beside it correct the mask." + note,
        min_positive=1,
        min_negative=0,
        shape_types=("mask",),
    )


@dataclass(frozen=True, eq=False)
class Look:
    """What the network is asked once: the inputs, mirrored ones where wanted, and the clicks they hold."""

    inputs: list[NDArray[np.float32]]
    mirrored: list[NDArray[np.float32]] | None
    positive: Clicks
    negative: Clicks
    size: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Answer:
    """Probabilities of the whole picture, the part they were found in, and what a refinement has learnt on the way."""

    chances: NDArray[np.float16]
    part: Part | None = None
    offsets: NDArray[np.float64] | None = None


@dataclass(eq=False)
class _Encoded:
    image: Picture
    whole: Plane
    answers: dict[tuple[tuple[tuple[float, float], ...], tuple[tuple[float, float], ...]], Answer] = field(default_factory=dict)


Refine = Callable[[Look, NDArray[np.float64] | None], tuple[Plane, NDArray[np.float64] | None]]


class ZoomedClicks:
    """Interactor: positive and negative clicks, and a mask or polygon to refine.

    Parameters
    ----------
    info
        What the model is.
    network, layout, settings
        The file and what it is to be given.
    refine
        Answers a look better than one run of the network does, from what it has learnt before; gives logits.
    """

    def __init__(
        self, info: ModelInfo, network: ClickFile, layout: ClickLayout, settings: ClickSettings, refine: Refine | None = None
    ) -> None:
        self.info, self.network, self.layout, self.settings, self.refine = info, network, layout, settings, refine
        self.looks = 0

    def encode(self, image: Picture) -> _Encoded:
        """Make the network's picture of the whole picture; the first click is answered from it."""
        height, width = check_picture(image, self.info.name).shape[:2]
        size = self.layout.size
        if size is None:
            scale = min(1.0, self.settings.longest / max(height, width))
            size = max(1, round(height * scale)), max(1, round(width * scale))
        return _Encoded(image, self._colours(image, size))

    def predict(self, encoded: _Encoded, prompt: Prompt) -> list[Detection]:
        """Return one mask, or nothing if no pixel belongs to the object."""
        known = self._given(encoded, prompt)
        if not prompt.positive and known is None:
            raise ModelError("it needs a positive click or a mask", where=self.info.name)
        if prompt.box is not None:
            raise ModelError("it takes clicks, no box", where=self.info.name, hint=self.info.help)
        with guarded(self.info.name, "answering a prompt"):
            answer = self._answered(encoded, prompt.positive, prompt.negative, known)
        return single_mask(answer.chances.astype(np.float32), self.settings.threshold)

    # -- the answer before ---------------------------------------------------------------------------------------

    def _given(self, encoded: _Encoded, prompt: Prompt) -> Answer | None:
        outline = prompt.mask
        height, width = encoded.image.shape[:2]
        if outline is None and prompt.polygon is not None:
            from cvat_widgets.model.masks import decode_mask, mask_from_polygons

            outline = decode_mask(mask_from_polygons([prompt.polygon], width, height), width, height)
        if outline is None:
            return None
        if outline.shape != (height, width):
            raise ModelError(f"the mask is {outline.shape}, the picture {(height, width)}", where=self.info.name)
        return Answer(outline.astype(np.float16))

    def _answered(
        self, encoded: _Encoded, positive: tuple[tuple[float, float], ...], negative: tuple[tuple[float, float], ...],
        known: Answer | None,
    ) -> Answer:  # fmt: skip
        """Answer clicks, going on from the longest prompt that they continue, else from the mask that came with them."""
        before, length = known, 0
        for (earlier, beside), answer in encoded.answers.items():
            count = len(earlier) + len(beside)
            continued = positive[: len(earlier)] == earlier and negative[: len(beside)] == beside
            if continued and length < count < len(positive) + len(negative):
                before, length = answer, count
        if before is None and len(positive) + len(negative) > 1:
            # Nobody has seen the object yet: the first click tells where to look closer.
            before = self._answered(encoded, positive[:1], (), None)
        answer = self._look(encoded, positive, negative, before)
        while len(encoded.answers) >= _KEPT_ANSWERS:
            encoded.answers.pop(next(iter(encoded.answers)))
        encoded.answers[positive, negative] = answer
        return answer

    # -- one look ------------------------------------------------------------------------------------------------

    def _look(
        self, encoded: _Encoded, positive: tuple[tuple[float, float], ...], negative: tuple[tuple[float, float], ...],
        before: Answer | None,
    ) -> Answer:  # fmt: skip
        height, width = encoded.image.shape[:2]
        on, off = (
            finite_points(each, encoded.image, self.info.name)[:, ::-1].astype(np.float64) for each in (positive, negative)
        )
        chances: Plane = np.zeros((height, width), np.float32)
        if before is not None:
            chances = before.chances.astype(np.float32)
        part = None if before is None else self._part(chances, on, before.part)
        if part is None:
            top, bottom, left, right = 0, height - 1, 0, width - 1
            picture = encoded.whole
        else:
            top, bottom, left, right = part
            rows, columns = bottom - top + 1, right - left + 1
            scale = self.settings.zoom / max(rows, columns)
            size = self.layout.size or (max(1, round(rows * scale)), max(1, round(columns * scale)))
            picture = self._colours(encoded.image[top : bottom + 1, left : right + 1], size)
        shape = picture.shape[1], picture.shape[2]
        extent = np.array((bottom - top + 1, right - left + 1))
        on, off = ((each - (top, left)) * shape / extent for each in (on, off))
        known = resized_by_corners(chances[None, top : bottom + 1, left : right + 1], *shape)
        look = Look(
            self._inputs(picture, known, on, off),
            self._inputs(picture[:, :, ::-1], known[:, :, ::-1], *(_mirrored(each, shape[1]) for each in (on, off)))
            if self.settings.mirrored
            else None,
            on,
            off,
            shape,
        )
        logits, offsets = self._run(look, None if before is None else before.offsets)
        self.looks += 1
        found = resized_by_corners(probabilities(logits)[None], *extent.tolist())[0]
        result = np.zeros((height, width), np.float16)
        result[top : bottom + 1, left : right + 1] = found
        return Answer(result, part, offsets)

    def _run(self, look: Look, offsets: NDArray[np.float64] | None) -> tuple[Plane, NDArray[np.float64] | None]:
        if self.refine is not None:
            return self.refine(look, offsets)
        logits = resized_by_corners(self.network.run(*look.inputs)[None], *look.size)[0]
        if look.mirrored is not None:
            other = resized_by_corners(self.network.run(*look.mirrored)[None], *look.size)[0]
            logits = (logits + other[:, ::-1]) / 2
        return logits, None

    def _inputs(self, picture: Plane, known: Plane, positive: Clicks, negative: Clicks) -> list[NDArray[np.float32]]:
        if self.settings.seen is not None:
            positive = positive[: self.settings.seen]
            negative = negative[: self.settings.seen - len(positive)]
        height, width = picture.shape[1:]
        maps = click_maps(positive, negative, height, width, disks=self.settings.disks, radius=self.settings.radius)
        return self.layout.arrays(picture, known, maps, click_list(positive, negative, self.layout.places))

    def _colours(self, image: Picture, size: tuple[int, int]) -> Plane:
        planes = resized_by_corners(np.asarray(image.transpose(2, 0, 1), np.float32) / np.float32(255), *size)
        return np.asarray((planes - _MEAN) / _DEVIATION if self.settings.normalized else planes, np.float32)

    def _part(self, chances: Plane, positive: Clicks, before: Part | None) -> Part | None:
        """Return what to look at closer, or ``None`` if there is no object yet."""
        mask = chances > self.settings.threshold
        if not mask.any():
            return None
        rows, columns = positive.astype(np.int64).T
        mask[rows, columns] = True
        part = _around(mask)
        if before is None or not _holds(before, positive) or _shared(part, before) < _SAME_OBJECT:
            return part
        return before


def _mirrored(clicks: Clicks, width: int) -> Clicks:
    return np.stack((clicks[:, 0], width - clicks[:, 1] - 1), axis=1)


def _around(mask: NDArray[np.bool_]) -> Part:
    sides = []
    for axis, length in ((1, mask.shape[0]), (0, mask.shape[1])):
        filled = np.flatnonzero(mask.any(axis=axis))
        first, last = int(filled[0]), int(filled[-1])
        middle = (first + last) / 2
        half = max(_EXPANSION * (last - first + 1), _SMALLEST) / 2
        sides += [max(0, round(middle - half)), min(length - 1, round(middle + half))]
    return sides[0], sides[1], sides[2], sides[3]


def _holds(part: Part, clicks: Clicks) -> bool:
    rows, columns = clicks.T
    return bool(((rows >= part[0]) & (rows < part[1]) & (columns >= part[2]) & (columns < part[3])).all())


def _shared(a: Part, b: Part) -> float:
    """Return the product of the overlaps of rows and of columns, each of 0 to 1."""
    result = 1.0
    for first in (0, 2):
        inner = max(0, min(a[first + 1], b[first + 1]) - max(a[first], b[first]) + 1)
        result *= inner / (max(a[first + 1], b[first + 1]) - min(a[first], b[first]) + 1)
    return result
