"""What a network for clicks takes as input, recognised from its file; how clicks are written into that input.

Sources: ``isegm/model/is_model.py`` and ``isegm/model/ops.py`` of SamsungLabs/ritm_interactive_segmentation,
``isegm/model/is_deeplab_model.py``, ``is_hrnet_model.py`` and ``ops.py`` of SamsungLabs/fbrs_interactive_segmentation (both
were saic-vul's). There a network takes the picture, with the answer before as a fourth channel where it was trained so, and the
clicks as a list that it turns into two maps itself. Exporters often cut the network after that step; then the maps come
from here, in the order of the published code: colours, answer before, positive, negative.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.backends.click_files import ClickFile, Shape, shown
from cvat_widgets.backends.failures import ModelError

__all__ = ["LAYOUTS", "ClickLayout", "click_list", "click_maps", "layout_of"]

_CHANNELS = {"image": 3, "image+mask": 4, "image+maps": 5, "image+mask+maps": 6, "maps": 2, "mask+maps": 3, "mask": 1}
_POINTS = {"points2": 2, "points3": 3}
LAYOUTS: tuple[tuple[str, ...], ...] = (
    ("image+mask+maps",),
    ("image+maps",),
    ("image+mask", "points3"),
    ("image", "points3"),
    ("image", "points2"),
    ("image", "mask+maps"),
    ("image", "maps"),
    ("image+mask", "maps"),
    ("image", "points3", "mask"),
    ("image", "maps", "mask"),
)
"""The inputs of the networks that are known, in the order in which they are tried with a file that does not tell."""
_PROBE = 128


@dataclass(frozen=True)
class ClickLayout:
    """The inputs of a network.

    Parameters
    ----------
    inputs
        What each is: ``image``, ``mask`` (the answer before) and ``maps`` (positive, negative), joined by ``+`` where they
        are channels of one input; ``points2`` (row, column) or ``points3`` (row, column, number of the click).
    size
        Height and width where the file has fixed ones.
    places
        Places for positive clicks where the file has a fixed number; it has as many for negative ones.
    """

    inputs: tuple[str, ...]
    size: tuple[int, int] | None = None
    places: int | None = None

    @property
    def lists_clicks(self) -> bool:
        """Whether the network makes the maps of the clicks itself."""
        return any(each in _POINTS for each in self.inputs)

    def arrays(
        self, picture: NDArray[np.float32], mask: NDArray[np.float32], maps: NDArray[np.float32], points: NDArray[np.float32]
    ) -> list[NDArray[np.float32]]:
        """Return the inputs from picture (3, h, w), answer before (1, h, w), maps (2, h, w) and list of clicks (n, 3)."""
        parts = {"image": picture, "mask": mask, "maps": maps}
        result = []
        for each in self.inputs:
            if each in _POINTS:
                result.append(np.ascontiguousarray(points[None, :, : _POINTS[each]]))
            else:
                result.append(np.concatenate([parts[name] for name in each.split("+")])[None])
        return result


def layout_of(network: ClickFile, layout: str | None = None, size: tuple[int, int] | None = None) -> ClickLayout:
    """Recognise the inputs of a network.

    Parameters
    ----------
    network
        The file.
    layout
        Says it instead, e.g. ``"image+mask, points3"``; needed only for files that take several of them.
    size
        Height and width, for files with a fixed size that does not show.

    Raises
    ------
    ModelError
        The file takes something else; the text says what is known.
    """
    wanted = _named(layout, network.where) if layout else None
    if network.inputs is not None:
        found = _of_shapes([shape for _, shape in network.inputs], size)
        if found is None or (wanted is not None and found.inputs != wanted):
            told = ", ".join(f"{name} {shown(shape)}" for name, shape in network.inputs)
            raise _unknown(network, f"takes {told}")
        return found
    count = network.count or 1
    height, width = size or (_PROBE, _PROBE)
    for inputs in (wanted,) if wanted else LAYOUTS:
        if len(inputs) != count:
            continue
        tried = ClickLayout(inputs, size)
        blank = np.zeros((3, height, width), np.float32)
        points = np.array([(1, 1, 0), (-1, -1, -1)], np.float32)
        try:
            network.run(*tried.arrays(blank, blank[:1], blank[:2], points))
        except ModelError:
            continue
        return tried
    raise _unknown(network, f"has {count} input{'s' if count > 1 else ''} of another kind")


def _named(layout: str, where: str) -> tuple[str, ...]:
    inputs = tuple(each.strip() for each in layout.split(","))
    if inputs not in LAYOUTS:
        raise ModelError(f"layout={layout!r} is not known", where=where, hint=f"Known are: {_known()}")
    return inputs


def _known() -> str:
    return "; ".join(", ".join(inputs) for inputs in LAYOUTS)


def _unknown(network: ClickFile, what: str) -> ModelError:
    return ModelError(
        f"{network.path.name} {what}, which is no input of a network for clicks",
        where=network.where,
        hint=f"Known are: {_known()}; image has 3 channels, mask 1, maps 2, a list of clicks is (1, n, 2) or (1, n, 3)",
    )


def _of_shapes(shapes: list[Shape], size: tuple[int, int] | None) -> ClickLayout | None:
    planes = [shape for shape in shapes if len(shape) == 4]
    lists = [shape for shape in shapes if len(shape) == 3]
    batches = {shape[0] for shape in shapes if shape}
    for inputs in LAYOUTS:
        if len(inputs) != len(shapes) or not batches <= {1, None}:
            continue
        if all(_is(shape, name) for shape, name in zip(shapes, inputs, strict=True)):
            height, width = planes[0][2:]
            fixed = (height, width) if height is not None and width is not None else size
            count = lists[0][1] if lists else None
            if any(shape[2:] not in ((height, width), (None, None)) for shape in planes) or (count is not None and count < 2):
                return None
            return ClickLayout(inputs, fixed, None if count is None else count // 2)
    return None


def _is(shape: Shape, name: str) -> bool:
    if name in _POINTS:
        return len(shape) == 3 and shape[2] == _POINTS[name]
    return len(shape) == 4 and shape[1] == _CHANNELS[name]


def click_maps(
    positive: NDArray[np.float64], negative: NDArray[np.float64], height: int, width: int, *, disks: bool, radius: float
) -> NDArray[np.float32]:
    """Return two maps of clicks.

    Parameters
    ----------
    positive, negative
        Row and column of the clicks, (n, 2).
    height, width
        Of the maps.
    disks
        ``True``: 1 up to ``radius`` pixels from a click, else 0. ``False``: the distance to the nearest click through
        ``tanh(2 * distance / radius)``, 1 without clicks.
    radius
        Pixels; the published networks have 5 for disks and 260 for distances.

    Returns
    -------
    ndarray
        float32 of shape (2, height, width): positive, negative.
    """
    rows, columns = np.arange(height, dtype=np.float64)[:, None], np.arange(width, dtype=np.float64)[None, :]
    result = np.zeros((2, height, width), np.float32)
    for plane, clicks in zip(result, (positive, negative), strict=True):
        nearest = np.full((height, width), np.inf)
        for row, column in clicks:
            np.minimum(nearest, (rows - row) ** 2 + (columns - column) ** 2, out=nearest)
        plane[:] = nearest <= radius**2 if disks else np.tanh(2 * np.sqrt(nearest) / radius)
    return result


def click_list(positive: NDArray[np.float64], negative: NDArray[np.float64], places: int | None = None) -> NDArray[np.float32]:
    """Return clicks as float32 of shape (2 * places, 3): row, column, number; positive ones first, -1 where there is none.

    Positive clicks are numbered before negative ones, as CVAT gives them. Clicks for which there is no place are left out.
    """
    places = places or max(1, len(positive), len(negative))
    result = np.full((2 * places, 3), -1, np.float32)
    for start, clicks, first in ((0, positive, 0), (places, negative, len(positive))):
        shown_clicks = clicks[:places]
        result[start : start + len(shown_clicks), :2] = shown_clicks
        result[start : start + len(shown_clicks), 2] = first + np.arange(len(shown_clicks))
    return result
