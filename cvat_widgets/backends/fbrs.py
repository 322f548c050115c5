"""f-BRS: clicks to a mask, with back-propagating refinement where the file lets gradients through.

Sources: Sofiiuk, Petrov, Barinova and Konushin, "f-BRS: rethinking backpropagating refinement for interactive segmentation"
(2020); SamsungLabs/fbrs_interactive_segmentation (``isegm/inference/predictors/brs.py``, ``brs_functors.py``,
``brs_losses.py``); CVAT's function ``pytorch/saic-vul/fbrs`` for the settings: zoom 480, longest side 800, 20 evaluations,
eight clicks for the network.

The refinement needs the network in two halves: a TorchScript file whose module has, besides ``forward``, the methods
``features`` (the inputs of ``forward`` -> a tensor (n, channels, h, w)) and ``head`` (that tensor -> logits). A scale and an
offset a channel between the two are then found for which the mask agrees with all clicks. Other files are run as they are.
"""

from __future__ import annotations

import os
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.backends.click_files import ClickFile
from cvat_widgets.backends.click_layouts import layout_of
from cvat_widgets.backends.failures import needed
from cvat_widgets.backends.guided_crop import Plane
from cvat_widgets.backends.zoomed_clicks import ClickSettings, Look, ZoomedClicks, click_info, radius_of

__all__ = ["FeatureRefinement", "fbrs"]


class FeatureRefinement:
    """Finds a scale and an offset for every channel so that the mask agrees with the clicks.

    Parameters
    ----------
    network
        A TorchScript file whose module has ``features`` and ``head``.
    threshold
        Probability above which a pixel belongs to the object.
    evaluations
        Most runs of the second half a click.

    Attributes
    ----------
    runs
        Runs of the second half so far.
    """

    def __init__(self, network: ClickFile, threshold: float, evaluations: int = 20) -> None:
        self._torch = needed("torch", "torch", "torch", network.where)
        self.network, self.threshold, self.evaluations, self.runs = network, threshold, evaluations, 0
        for parameter in network.module.parameters():
            parameter.requires_grad_(False)  # only scales and offsets are learnt

    def __call__(self, look: Look, start: NDArray[np.float64] | None) -> tuple[Plane, NDArray[np.float64] | None]:
        """Return logits of shape (height, width) and the scales and offsets (2, channels) they were made with."""
        torch, module = self._torch, self.network.module
        looks = [look.inputs] if look.mirrored is None else [look.inputs, look.mirrored]
        batch = [
            torch.from_numpy(np.ascontiguousarray(np.concatenate(each))).to(self.network.device)
            for each in zip(*looks, strict=True)
        ]
        with torch.no_grad():
            features = module.features(*batch)
        known = np.zeros((2, features.shape[1])) if start is None or start.shape[1] != features.shape[1] else start
        offsets = torch.tensor(known, dtype=features.dtype, device=features.device, requires_grad=True)
        clicks = torch.from_numpy(_click_squares(look)).to(features)
        if look.mirrored is not None:
            clicks = torch.cat((clicks, clicks.flip(-1)))
        best: list[Any] = [None, np.inf]
        previous: list[Any] = [None]

        def logits() -> Any:
            scale, offset = offsets[:, None, :, None, None]
            self.runs += 1
            return torch.nn.functional.interpolate(
                module.head(features * (1 + scale) + offset), look.size, mode="bilinear", align_corners=True
            )

        def loss() -> Any:
            optimizer.zero_grad()
            found = logits()
            chances = found.sigmoid()
            wrong = (1 - chances) * clicks[:, :1], chances * clicks[:, 1:]
            on, off = (
                (each**2).sum() / (places.sum() + 1e-5)
                for each, places in zip(wrong, (clicks[:, :1], clicks[:, 1:]), strict=True)
            )
            value = on + off + 1e-3 * ((offsets[0] ** 2).sum() + 10 * (offsets[1] ** 2).sum())
            if float(value.detach()) < best[1]:
                best[:] = found.detach(), float(value.detach())
            mask = chances.detach() > self.threshold
            worst_on, worst_off = (float(each.detach().max()) for each in wrong)
            agreed = worst_on < 1 - self.threshold and worst_off < self.threshold
            still = previous[0] is not None and _overlap(mask, previous[0]) > 1 - 0.001
            previous[0] = mask
            if agreed or still:
                offsets.grad = torch.zeros_like(offsets)  # a flat spot ends the search
            else:
                value.backward()
            return value

        if len(look.positive) + len(look.negative) > 1:
            optimizer = torch.optim.LBFGS(
                [offsets], max_iter=2 * self.evaluations, max_eval=self.evaluations, history_size=20,
                tolerance_grad=1e-8, line_search_fn="strong_wolfe",
            )  # fmt: skip
            optimizer.step(loss)
        with torch.no_grad():
            found = logits() if best[0] is None else best[0]
        plane = found[:1] if look.mirrored is None else (found[:1] + found[1:].flip(-1)) / 2
        return np.asarray(plane[0, 0].float().cpu().numpy()), offsets.detach().double().cpu().numpy()


def _overlap(a: Any, b: Any) -> float:
    union = float((a | b).sum())
    return float((a & b).sum()) / union if union else 1.0


def _click_squares(look: Look) -> NDArray[np.float32]:
    """Return float32 of shape (1, 2, height, width): 1 on the three by three pixels around a positive or negative click."""
    result = np.zeros((1, 2, *look.size), np.float32)
    for plane, clicks in zip(result[0], (look.positive, look.negative), strict=True):
        for row, column in np.round(clicks).astype(int):
            plane[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2] = 1
    return result


def fbrs(
    weights: str | os.PathLike[str] | None = None,
    *,
    maps: Literal["distances", "disks"] = "distances",
    radius: float | None = None,
    normalized: bool = True,
    layout: str | None = None,
    size: tuple[int, int] | None = None,
    zoom: int = 480,
    threshold: float = 0.5,
    mirrored: bool = True,
    evaluations: int = 20,
    engine: str = "auto",
    device: str = "auto",
) -> ZoomedClicks:
    """Return f-BRS as an interactor.

    Parameters
    ----------
    weights
        ONNX or TorchScript file; its inputs are recognised, see :data:`~cvat_widgets.backends.click_layouts.LAYOUTS`.
        Refinement needs a TorchScript file in two halves, see the module's text.
    maps, radius
        How clicks are drawn for files that take maps: distances over 260 pixels, or disks of 5 pixels.
    normalized
        Whether the file takes colours of ImageNet's mean and deviation, as the published networks do.
    layout, size
        See :func:`~cvat_widgets.backends.click_layouts.layout_of`.
    zoom, threshold, mirrored
        See :class:`~cvat_widgets.backends.zoomed_clicks.ClickSettings`.
    evaluations
        Most runs of the second half a click; 0 for no refinement.
    engine, device
        See :class:`~cvat_widgets.backends.click_files.ClickFile`.
    """
    network = ClickFile(weights, "f-BRS", engine=engine, device=device)
    inputs = layout_of(network, layout, size)
    disks = maps == "disks"
    halves = all(hasattr(network.module, name) for name in ("features", "head"))
    refined = halves and evaluations > 0
    settings = ClickSettings(
        disks=disks,
        radius=radius_of(disks, radius),
        normalized=normalized,
        zoom=zoom,
        longest=800,
        threshold=threshold,
        mirrored=mirrored,
        seen=8 if refined else None,
    )
    info = click_info("f-BRS", network, "" if refined else " This file is run without refinement.")
    return ZoomedClicks(
        info, network, inputs, settings, FeatureRefinement(network, threshold, evaluations) if refined else None
    )
