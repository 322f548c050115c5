"""Plots that are linked with the canvas: what is selected in them can be read by Python, and Python can show a selection."""

from __future__ import annotations

import importlib
from typing import Any, Literal

import numpy as np

from cvat_widgets.errors import MissingExtraError
from cvat_widgets.inspect.rows import Target
from cvat_widgets.plots import style
from cvat_widgets.plots.scatter_points import Axis, ScatterPoints, points_of

__all__ = ["LINKED_IDS", "linked_scatter"]

LINKED_IDS = "linked_ids"
"""Name of the parameter of a chart that holds the ids to be shown as selected."""

_LIMITS = {"canvas": 200_000, "altair": 50_000, "jscatter": 5_000_000}


def linked_scatter(
    target: Target,
    x: str = "size",
    y: str = "aspect_ratio",
    *,
    color: str = "label",
    width: int = 560,
    height: int = 320,
    engine: Literal["canvas", "altair", "jscatter"] = "canvas",
) -> Any:
    """Draw a point a row, of which some can be selected: by a click, with shift by several, or by dragging a box.

    Give the plot to :class:`cvat_widgets.LinkedSelection`, and what is selected in it is selected in the annotator, in tables
    and in the contact sheet, and back.

    Parameters
    ----------
    target
        A task, a job or a DataFrame of rows with ``id``; rows that are outside or have no value for an axis are left
        out.
    x, y
        Columns of numbers such as ``score`` or those of an embedding; or ``size``, ``area``, ``aspect_ratio``, ``width`` or
        ``height``, which are computed from the shapes where there is no such column.
    color
        Column that colours the points.
    width, height
        Of the plot in pixels.
    engine
        ``canvas`` needs neither network nor library, and can be operated by keys. ``altair`` (extra ``linked``) is a chart
        that can be extended, and loads its drawing library from the network. ``jscatter`` (extra ``scatter``) draws millions
        of points, and selects by a lasso.

    Returns
    -------
    Scatter, altair.JupyterChart or jscatter.Scatter
        The widget.

    Raises
    ------
    AnnotationError
        There is no such column, it holds no numbers, or there are more points than the engine draws: 200,000 on the
        canvas, 50,000 in altair.
    MissingExtraError
        The engine is not installed.
    """
    if engine not in _LIMITS:
        raise ValueError(f"engine is one of {', '.join(_LIMITS)}, not {engine!r}.")
    library = _library(engine)
    points = points_of(target, x, y, color, limit=_LIMITS[engine])
    if engine == "altair":
        return library.JupyterChart(library.Chart.from_dict(_chart_of(points, width, height)))
    if engine == "jscatter":
        return _jscatter_of(library, points, width, height)
    # A widget, floors above: like `cw`, this only hands it over.
    return importlib.import_module("cvat_widgets.widgets.scatter").Scatter(points, width=width, height=height)


def _library(engine: str) -> Any:
    if engine == "canvas":
        return None
    try:
        return importlib.import_module(engine)
    except ImportError:
        extra, name = {"altair": ("linked", "altair"), "jscatter": ("scatter", "jupyter-scatter")}[engine]
        raise MissingExtraError(name, extra, "This engine of a linked plot") from None


def _chart_of(points: ScatterPoints, width: int, height: int) -> dict[str, Any]:
    """Return the chart in Vega-Lite's words."""
    columns: dict[str, Any] = {"id": points.id.tolist(), "x": points.x.values.tolist(), "y": points.y.values.tolist()}
    if (points.frame >= 0).all():
        columns["frame"] = points.frame.tolist()
    if any(points.label):
        columns["label"] = points.label
    encoding: dict[str, Any] = {"x": _encoded("x", points.x), "y": _encoded("y", points.y)}
    colors = points.colors
    if colors.numbers is not None:
        columns["color"] = [number if np.isfinite(number) else None for number in colors.numbers.tolist()]
        encoding["color"] = {"field": "color", "type": "quantitative", "title": colors.title, "scale": {"scheme": style.MAP}}
    elif colors.names:
        columns["color"] = [colors.names[place] for place in colors.place.tolist()]
        scale = {"domain": [*colors.names], "range": [*colors.palette]}
        encoding["color"] = {"field": "color", "type": "nominal", "title": colors.title, "scale": scale}
    shown = f"length({LINKED_IDS}) == 0 || indexof({LINKED_IDS}, datum.id) >= 0"
    encoding["opacity"] = {"condition": {"test": shown, "value": 0.85}, "value": 0.12}
    encoding["tooltip"] = [
        {"field": name, "type": "nominal" if name == "label" else "quantitative", "title": title}
        for name, title in (("id", "id"), ("frame", "frame"), ("label", "label"), ("x", points.x.name), ("y", points.y.name))
        if name in columns
    ]
    return {
        "data": {"values": [dict(zip(columns, each, strict=True)) for each in zip(*columns.values(), strict=True)]},
        "params": [
            {"name": "box", "select": {"type": "interval"}},
            {"name": "picked", "select": {"type": "point", "fields": ["id"]}},
            {"name": LINKED_IDS, "value": []},
        ],
        "mark": {"type": "point", "filled": True, "size": 46},
        "encoding": encoding,
        "width": width,
        "height": height,
    }


def _encoded(field: str, axis: Axis) -> dict[str, Any]:
    scale: dict[str, Any] = (
        {"type": "log", "nice": False, "padding": 12} if axis.logarithmic else {"zero": False, "padding": 12}
    )
    return {"field": field, "type": "quantitative", "title": axis.title, "scale": scale}


def _padded(axis: Axis) -> Any:
    """Return the scale of an axis with some room, without which points at the ends are cut off."""
    from matplotlib.colors import LogNorm, Normalize  # jupyter-scatter brings it along

    values = np.log(axis.values) if axis.logarithmic else axis.values
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    room = (high - low) * 0.06 or 0.5
    if axis.logarithmic:
        return LogNorm(float(np.exp(low - room)), float(np.exp(high + room)))
    return Normalize(low - room, high + room)


def _jscatter_of(library: Any, points: ScatterPoints, width: int, height: int) -> Any:
    import pandas as pd

    rows = pd.DataFrame({"id": points.id, "x": points.x.values, "y": points.y.values})
    colors = points.colors
    scatter = library.Scatter(
        data=rows, x="x", y="y", width=width, height=height, axes_labels=[points.x.title, points.y.title],
        x_scale=_padded(points.x), y_scale=_padded(points.y), size=7, legend=True,
    )  # fmt: skip
    if colors.names is None:
        used, mapped = np.minimum(colors.place, len(style.MAP_COLORS) - 1) / (len(style.MAP_COLORS) - 1), [*style.MAP_COLORS]
        rows["color"] = used
        scatter.color(by="color", map=mapped)
    elif len(colors.names) > 1:
        rows["color"] = pd.Categorical.from_codes(colors.place.tolist(), pd.Index(colors.names))
        scatter.color(by="color", map=dict(zip(colors.names, colors.palette, strict=True)))
    return scatter
