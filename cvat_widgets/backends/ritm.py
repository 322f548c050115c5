"""HRNet trained for clicks in the manner of RITM, with a network that the user gives.

Sources: Sofiiuk, Petrov and Konushin, "Reviving iterative training with mask guidance for interactive segmentation" (2021);
SamsungLabs/ritm_interactive_segmentation (``isegm/model/is_model.py``, ``isegm/inference``); CVAT's function
``pytorch/saic-vul/hrnet``, which runs its ``coco_lvis_h18_itermask`` without back-propagation and with a threshold of 0.49.
"""

from __future__ import annotations

import os
from typing import Literal

from cvat_widgets.backends.click_files import ClickFile
from cvat_widgets.backends.click_layouts import layout_of
from cvat_widgets.backends.zoomed_clicks import ClickSettings, ZoomedClicks, click_info, radius_of

__all__ = ["hrnet"]


def hrnet(
    weights: str | os.PathLike[str] | None = None,
    *,
    maps: Literal["disks", "distances"] = "disks",
    radius: float | None = None,
    normalized: bool | None = None,
    layout: str | None = None,
    size: tuple[int, int] | None = None,
    zoom: int = 400,
    threshold: float = 0.49,
    mirrored: bool = True,
    engine: str = "auto",
    device: str = "auto",
) -> ZoomedClicks:
    """Return a network for clicks as an interactor; the answer before is fed back where the file has a channel for it.

    Parameters
    ----------
    weights
        ONNX or TorchScript file; its inputs are recognised, see :data:`~cvat_widgets.backends.click_layouts.LAYOUTS`.
    maps, radius
        How clicks are drawn for files that take maps: disks of 5 pixels, or distances over 260 pixels.
    normalized
        Whether the file takes colours of ImageNet's mean and deviation. By default those do that take maps; the
        published networks, which take lists of clicks, normalise themselves.
    layout, size
        See :func:`~cvat_widgets.backends.click_layouts.layout_of`.
    zoom, threshold, mirrored
        See :class:`~cvat_widgets.backends.zoomed_clicks.ClickSettings`.
    engine, device
        See :class:`~cvat_widgets.backends.click_files.ClickFile`.
    """
    network = ClickFile(weights, "HRNet", engine=engine, device=device)
    inputs = layout_of(network, layout, size)
    disks = maps == "disks"
    settings = ClickSettings(
        disks=disks,
        radius=radius_of(disks, radius),
        normalized=not inputs.lists_clicks if normalized is None else normalized,
        zoom=zoom,
        longest=800,
        threshold=threshold,
        mirrored=mirrored,
    )
    return ZoomedClicks(click_info("HRNet", network), network, inputs, settings)
