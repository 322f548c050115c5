"""A scatter plot of our own, linked with the canvas: it needs no network and no library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets
from numpy.typing import NDArray

from cvat_widgets.plots.scatter_points import ScatterPoints

__all__ = ["Scatter"]

_STATIC = Path(__file__).resolve().parent.parent / "static"


class Scatter(anywidget.AnyWidget):
    """Points of objects, of which some are chosen: by a click, by dragging a box, by a name of the legend, by keys.

    :func:`cvat_widgets.plots.linked_scatter` makes it, :class:`cvat_widgets.LinkedSelection` links it.

    Parameters
    ----------
    points
        What is drawn.
    width, height
        Of the area of the points, in pixels; a narrower cell makes it narrower.

    Attributes
    ----------
    chosen : list of int
        Ids of the chosen objects; set it to choose.
    """

    _esm = _STATIC / "linked.js"
    _css = _STATIC / "linked.css"

    chosen = traitlets.List(traitlets.Int()).tag(sync=True)
    width = traitlets.Int(560, min=120, max=4000).tag(sync=True)
    height = traitlets.Int(320, min=80, max=4000).tag(sync=True)
    _view = traitlets.Unicode("scatter", read_only=True).tag(sync=True)
    _columns = traitlets.Dict().tag(sync=True)
    _labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _axes = traitlets.Dict().tag(sync=True)
    _color = traitlets.Dict().tag(sync=True)

    def __init__(self, points: ScatterPoints, *, width: int = 560, height: int = 320) -> None:
        names, label = np.unique(np.asarray(points.label, dtype=str), return_inverse=True)
        columns: dict[str, NDArray[Any]] = {
            "id": points.id.astype(np.int32),
            "frame": points.frame.astype(np.int32),
            "label": label.astype(np.uint16),
            "x": points.x.values.astype(np.float64),
            "y": points.y.values.astype(np.float64),
            "color": points.colors.place.astype(np.uint16),
        }
        colors = points.colors
        legend: dict[str, Any] = {"title": colors.title, "colors": [*colors.palette]}
        if colors.names is None:
            legend |= {"low": f"{colors.low:.4g}", "high": f"{colors.high:.4g}"}
        else:
            legend["names"] = [*colors.names]
        super().__init__(
            width=width,
            height=height,
            _columns={name: column.tobytes() for name, column in columns.items()},
            _labels=[str(name) for name in names],
            _axes={
                name: {"title": axis.title, "logarithmic": axis.logarithmic}
                for name, axis in (("x", points.x), ("y", points.y))
            },
            _color=legend,
        )
