"""What Siamese trackers share: crops about the object, penalties on candidates, states, many objects in one pass.

Sources: Bertinetto et al., "Fully-convolutional Siamese networks for object tracking" (2016) for crops with context, padded
with the mean colour; Li et al., "High performance visual tracking with Siamese region proposal network" (CVPR 2018) for the
penalties on changes of size and form and the cosine window.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.backends.failures import ModelError, guarded
from cvat_widgets.backends.functions import check_picture, supported
from cvat_widgets.backends.network_files import NetworkPart, as_array, joined, network_parts
from cvat_widgets.backends.opencv_trackers import weights_file
from cvat_widgets.backends.protocols import Detection, ModelInfo, Picture
from cvat_widgets.model.geometry import ellipse_polygon, rectangle_corners
from cvat_widgets.model.masks import mask_box

__all__ = ["SiameseNetwork", "SiameseState", "SiameseTracker", "box_of", "change_penalty", "cosine_window", "square_crop"]

_LEAST_SIDE = 10.0
"""Neither side of an object gets smaller than this, in pixels, as in both published trackers."""


def square_crop(image: Picture, left: int, top: int, side: int, size: int, colour: NDArray[np.float64]) -> Picture:
    """Cut out a square, fill what lies outside of the picture with a colour, and resize it.

    Parameters
    ----------
    image
        uint8 of shape (height, width, 3).
    left, top
        The square's first pixel; it may lie outside.
    side, size
        Side of the square, and of the result, in pixels.
    colour
        Three numbers; their fractions are cut off.

    Returns
    -------
    ndarray
        uint8 of shape (size, size, 3): bilinear, as ``cv2.resize`` of the padded square gives up to its rounding. Nothing as
        large as the square is made, which can be four times as wide as the picture.
    """
    height, width = image.shape[:2]
    at = ((np.arange(size) + 0.5) * (side / size) - 0.5).clip(0, side - 1)
    first = np.floor(at).astype(np.int64)
    second = np.minimum(first + 1, side - 1)
    share = (at - first).astype(np.float32)
    fill = np.trunc(colour).clip(0, 255).astype(np.float32)

    def row(ys: NDArray[np.int64]) -> NDArray[np.float32]:
        def pixels(xs: NDArray[np.int64]) -> NDArray[np.float32]:
            x, y = xs + left, ys + top
            values = image[np.ix_(y.clip(0, height - 1), x.clip(0, width - 1))].astype(np.float32)
            values[(y < 0) | (y >= height)] = fill
            values[:, (x < 0) | (x >= width)] = fill
            return values

        weight = share[None, :, None]
        mixed: NDArray[np.float32] = pixels(first) * (1 - weight) + pixels(second) * weight
        return mixed

    weight = share[:, None, None]
    return np.rint(row(first) * (1 - weight) + row(second) * weight).astype(np.uint8)


def cosine_window(count: int) -> NDArray[np.float64]:
    """Return the outer product of two Hann windows: float64 of shape (count, count)."""
    return np.outer(np.hanning(count), np.hanning(count))


def change_penalty(sizes: NDArray[np.float64], size: NDArray[np.float64], strength: float) -> NDArray[np.float64]:
    """Return how little candidates differ in size and form from the object, 1 for not at all.

    With padding p = (w + h) / 2 the size is sqrt((w + p)(h + p)) and the form w / h; a change is the larger one of a ratio and
    its inverse, and the penalty ``exp(-strength * (change of form * change of size - 1))``.

    Parameters
    ----------
    sizes
        float64 of shape (2, ...): width and height of the candidates.
    size
        float64 of shape (2,): those of the object in the same unit.
    strength
        ``penalty_k`` of the published configurations.
    """

    def overall(w: Any, h: Any) -> Any:
        padding = (w + h) / 2
        return np.sqrt((w + padding) * (h + padding))

    tiny = np.finfo(np.float64).tiny
    scale = np.maximum(overall(*sizes), tiny) / overall(*size)
    form = (size[0] / size[1]) / (np.maximum(sizes[0], tiny) / np.maximum(sizes[1], tiny))
    change = np.maximum(scale, 1 / scale) * np.maximum(form, 1 / form)
    result: NDArray[np.float64] = np.exp(-(change - 1) * strength)
    return result


def box_of(shape: Detection, where: str) -> NDArray[np.float64]:
    """Return the box around a shape, rotation included: float64 (left, top, right, bottom)."""
    if not len(shape.points) or not np.isfinite(shape.points).all():
        raise ModelError("a shape has finite coordinates", where=where)
    if shape.type == "mask":
        left, top, right, bottom = mask_box(shape.points)
        return np.array([left, top, right + 1, bottom + 1], np.float64)
    if shape.type in ("rectangle", "ellipse") and len(shape.points) != 4:
        raise ModelError(f"a {shape.type} has four numbers", where=where)
    outline = shape.points
    if shape.type == "rectangle":
        outline = rectangle_corners(shape.points, shape.rotation)
    elif shape.type == "ellipse":
        outline = ellipse_polygon(shape.points, shape.rotation)
    corners = outline.reshape(-1, 2)
    return np.concatenate((corners.min(axis=0), corners.max(axis=0)))


@dataclass(eq=False)
class SiameseState:
    """What a tracker remembers of an object.

    Parameters
    ----------
    features
        What the network made of the template, first dimension 1 each.
    centre, size
        float64 of shape (2,): where the object was last, in pixels.
    colour
        Mean colour of the first picture; fills crops beyond its edges.
    shape
        The last answer.
    """

    features: list[Any]
    centre: NDArray[np.float64]
    size: NDArray[np.float64]
    colour: NDArray[np.float64]
    shape: Detection


class SiameseNetwork:
    """The template branch and the search branch of a tracker, out of one file or two.

    Parameters
    ----------
    weights
        A file with both branches (ONNX or TorchScript with inputs ``template`` and ``search``, or TorchScript with methods
        ``template`` and ``track``), or the template branch if ``search`` is given.
    search, refine
        Files of the search branch, and of SiamMask's refinement.
    where
        Name of the model.
    expected
        What the files have to be, for errors.
    size
        Side of the search crop in pixels.
    device
        ``auto``: a GPU if there is one.
    """

    def __init__(
        self,
        weights: str | os.PathLike[str] | None,
        search: str | os.PathLike[str] | None,
        refine: str | os.PathLike[str] | None,
        *,
        where: str,
        expected: str,
        size: int,
        device: str,
    ) -> None:
        self.file = weights_file(weights, expected, where)
        self.files = [self.file]
        parts = network_parts(self.file, where, device)
        self._template: NetworkPart | None
        if search is not None:
            self.files.append(weights_file(search, "search branch", where))
            self._template, found = parts.get("forward"), network_parts(self.files[-1], where, device).get("forward")
        elif "template" in parts:
            self._template, found = parts["template"], parts.get("track", parts.get("search"))
        else:
            self._template, found = None, parts.get("forward")
        if found is None or (self._template is None and (search is not None or len(found.names) < 2)):
            raise ModelError(f"{self.file} lacks a branch of {where}", where=where, hint=expected)
        self._search = found
        self.refining: NetworkPart | None = parts.get("refine")
        if refine is not None:
            self.files.append(weights_file(refine, "refinement", where))
            self.refining = network_parts(self.files[-1], where, device).get("forward")
        self._picture = found.place_of(("search", "instance", "x"), size)
        self.device = found.device

    def template(self, crops: NDArray[np.float32]) -> list[Any]:
        """Return the features of template crops, float32 of shape (n, 3, side, side)."""
        return [crops] if self._template is None else self._template.run([crops])

    def search(self, features: Sequence[Any], crops: NDArray[np.float32]) -> list[Any]:
        """Return what the search branch says of the crops of as many objects."""
        inputs = list(features)
        inputs.insert(self._picture, crops)
        return self._search.run(inputs)


class SiameseTracker:
    """Base of the trackers: crops of all objects go through the network together, the rest is done for each by itself.

    Parameters
    ----------
    info
        What it is.
    network
        Its two branches.
    min_score
        An object whose best score falls below is lost.
    batch
        At most so many objects go through the network at once.
    expected
        What the files have to be, for errors.
    """

    template_size: int
    search_size: int

    def __init__(self, info: ModelInfo, network: SiameseNetwork, *, min_score: float, batch: int, expected: str) -> None:
        if not 0 <= min_score <= 1 or batch < 1:
            raise ModelError("min_score from 0 to 1 and batch >= 1 are needed", where=info.name)
        self.info, self.network, self.min_score, self.batch = info, network, min_score, batch
        names = ", ".join(str(file) for file in network.files)
        try:
            features = network.template(np.zeros((1, 3, self.template_size, self.template_size), np.float32))
            if not all(np.ndim(each) > 0 and len(each) == 1 for each in features):
                raise ModelError("the first dimension of the template's features does not count objects")
            outputs = network.search(features, np.zeros((1, 3, self.search_size, self.search_size), np.float32))
            self.check(outputs)
        except Exception as error:
            reason = str(error).strip().splitlines()
            raise ModelError(
                f"{names} does not answer as {info.name} does: {(reason or [type(error).__name__])[0][:300]}",
                where=info.name,
                hint=expected,
            ) from error

    def check(self, outputs: list[Any]) -> None:
        """Raise :class:`ModelError` if these are no outputs of this tracker."""
        raise NotImplementedError

    def ready(self, image: Picture) -> Picture:
        """Return the picture in the order of colours that the network was trained with."""
        return image

    def normalised(self, crops: NDArray[Any]) -> NDArray[np.float32]:
        """Return crops (n, side, side, 3) as the network takes them (n, 3, side, side)."""
        return np.ascontiguousarray(crops.transpose(0, 3, 1, 2), np.float32)

    def window(self, size: NDArray[np.float64], search: bool) -> int:
        """Return the side of the square around an object, in pixels of the picture."""
        raise NotImplementedError

    def corner(self, centre: NDArray[np.float64], side: int) -> tuple[int, int]:
        """Return the first pixel (x, y) of the square around an object."""
        raise NotImplementedError

    def place(self, outputs: list[Any], row: int, state: SiameseState, side: int, size: tuple[int, int]) -> Detection | None:
        """Read where an object is, and bring its state up to date.

        Parameters
        ----------
        outputs, row
            What the search branch said, and which row of it.
        state
            The object.
        side
            Side of its search window in pixels of the picture.
        size
            Width and height of the picture.
        """
        raise NotImplementedError

    def start(self, image: Picture, shapes: Sequence[Detection]) -> list[SiameseState]:
        """Take the template of every shape."""
        frame = self.ready(check_picture(image, self.info.name))
        boxes = [box_of(supported(shape, self.info), self.info.name) for shape in shapes]
        colour = frame.mean(axis=(0, 1))
        states = []
        for first in range(0, len(shapes), self.batch):
            part = range(first, min(first + self.batch, len(shapes)))
            centres = [(boxes[number][:2] + boxes[number][2:]) / 2 for number in part]
            sizes = [np.maximum(boxes[number][2:] - boxes[number][:2], 1.0) for number in part]
            crops = [self._crop(frame, *each, colour, search=False)[0] for each in zip(centres, sizes, strict=True)]
            with guarded(self.info.name, "starting a track"):
                features = self.network.template(self.normalised(np.stack(crops)))
            states += [
                SiameseState([each[row : row + 1] for each in features], centres[row], sizes[row], colour, shapes[number])
                for row, number in enumerate(part)
            ]
        return states

    def step(self, image: Picture, states: Sequence[SiameseState]) -> list[Detection | None]:
        """Return the shapes on the next picture; one that is lost may be found again where it was."""
        frame = self.ready(check_picture(image, self.info.name))
        size = frame.shape[1], frame.shape[0]
        results: list[Detection | None] = []
        for first in range(0, len(states), self.batch):
            part = states[first : first + self.batch]
            cut = [self._crop(frame, each.centre, each.size, each.colour, search=True) for each in part]
            with guarded(self.info.name, "tracking"):
                features = [joined(column) for column in zip(*(each.features for each in part), strict=True)]
                outputs = self.network.search(features, self.normalised(np.stack([crop for crop, _ in cut])))
                for row, (state, (_, side)) in enumerate(zip(part, cut, strict=True)):
                    results.append(self.place(outputs, row, state, side, size))
        return results

    def _crop(
        self, frame: Picture, centre: NDArray[Any], size: NDArray[Any], colour: NDArray[Any], *, search: bool
    ) -> tuple[Picture, int]:
        side = max(1, self.window(size, search))
        left, top = self.corner(centre, side)
        return square_crop(frame, left, top, side, self.search_size if search else self.template_size, colour), side

    def moved(
        self, state: SiameseState, centre: NDArray[np.float64], extent: NDArray[np.float64], size: tuple[int, int]
    ) -> NDArray[np.float64]:
        """Move an object, its centre kept in the picture and no larger than that, and return its box cut to the picture."""
        limits = np.array(size, np.float64)
        state.centre, state.size = centre.clip(0, limits), np.maximum(np.minimum(extent, limits), _LEAST_SIDE)
        box = np.concatenate((state.centre - state.size / 2, state.centre + state.size / 2))
        return box.clip(0, np.tile(limits, 2))

    def finite(self, value: Any) -> NDArray[np.float64]:
        """Return an output as float64, or raise :class:`ModelError` if a number in it is none."""
        array = as_array(value).astype(np.float64)
        if not np.isfinite(array).all():
            raise ModelError("the network answered with numbers that are not finite", where=self.info.name)
        return array
