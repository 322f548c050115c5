"""Plots that are linked with the canvas: what is selected in them can be read by Python, and Python can show a selection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cvat_widgets.errors import AnnotationError, MissingExtraError
from cvat_widgets.inspect.rows import Target
from cvat_widgets.interchange import RowGeometry
from cvat_widgets.plots import style

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["LINKED_IDS", "linked_scatter"]

LINKED_IDS = "linked_ids"
"""Name of the parameter of a chart that holds the ids to be shown as selected."""

_LIMIT = 50_000
_COMPUTED = {
    "size": "√(width × height) of the box (px)",
    "area": "area (px²)",
    "aspect_ratio": "width / height (1 is a square)",
    "width": "width of the box (px)",
    "height": "height of the box (px)",
}
_LOGARITHMIC = ("size", "area", "aspect_ratio")


def linked_scatter(
    target: Target, x: str = "size", y: str = "aspect_ratio", *, color: str = "label", width: int = 560, height: int = 320
) -> Any:
    """Draw a point a row, of which some can be selected: by a click, with shift by several, or by dragging a box.

    Give the chart to :class:`cvat_widgets.LinkedSelection`, and what is selected in it is selected in the annotator and in the
    contact sheet, and back.

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

    Returns
    -------
    altair.JupyterChart
        The widget.

    Raises
    ------
    AnnotationError
        There is no such column, it holds no numbers, or there are more than 50,000 points.
    MissingExtraError
        altair is not installed.
    """
    try:
        import altair as alt
    except ImportError:
        raise MissingExtraError("altair", "linked", "A linked plot") from None
    charts: Any = alt
    rows: pd.DataFrame = target.to_frame() if hasattr(target, "labels") and hasattr(target, "to_frame") else target
    if "id" not in rows:
        raise AnnotationError("the column id is missing", hint="Linked plots select objects by id; take task.shapes")
    across, up = _values(rows, x), _values(rows, y)
    usable = np.isfinite(across) & np.isfinite(up) & rows["id"].notna().to_numpy(bool)
    if "outside" in rows:
        usable &= ~rows["outside"].to_numpy(bool, na_value=False)
    if usable.sum() > _LIMIT:
        raise AnnotationError(f"{usable.sum():,} points are too many", hint=f"Draw at most {_LIMIT:,}: rows.sample({_LIMIT})")
    kept = rows[usable]
    points: dict[str, Any] = {"id": kept["id"].astype("int64").tolist(), "x": across[usable].tolist(), "y": up[usable].tolist()}
    for name in ("frame", "label"):
        if name in kept:
            points[name] = kept[name].tolist()
    encoding: dict[str, Any] = {"x": _axis("x", x, points["x"]), "y": _axis("y", y, points["y"])}
    if color in kept:
        points["color"], encoding["color"] = _colored(kept[color])
    elif color != "label":
        raise AnnotationError(
            f"there is no column {color!r} to colour by", hint=f"There are {', '.join(map(str, rows.columns))}"
        )
    shown = f"length({LINKED_IDS}) == 0 || indexof({LINKED_IDS}, datum.id) >= 0"
    encoding["opacity"] = {"condition": {"test": shown, "value": 0.85}, "value": 0.12}
    encoding["tooltip"] = [
        {"field": name, "type": "nominal" if name == "label" else "quantitative", "title": title}
        for name, title in (("id", "id"), ("frame", "frame"), ("label", "label"), ("x", x), ("y", y))
        if name in points
    ]
    spec = {
        "data": {"values": [dict(zip(points, each, strict=True)) for each in zip(*points.values(), strict=True)]},
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
    return charts.JupyterChart(charts.Chart.from_dict(spec))


def _values(rows: pd.DataFrame, name: str) -> NDArray[np.float64]:
    if name in rows:
        try:
            return np.asarray(rows[name].to_numpy(np.float64, na_value=np.nan))
        except (TypeError, ValueError):
            raise AnnotationError(f"the column {name!r} holds no numbers", hint="Choose another for x and y") from None
    if name not in _COMPUTED or "points" not in rows:
        known = ", ".join([*map(str, rows.columns), *(_COMPUTED if "points" in rows else ())])
        raise AnnotationError(f"there is no column {name!r}", hint=f"There are {known}")
    if name == "area":
        return np.asarray(RowGeometry(rows).area.to_numpy(np.float64))
    left, top, right, bottom = RowGeometry(rows).bbox.to_numpy(np.float64).T
    wide, tall = right - left, bottom - top
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray({"size": np.sqrt(wide * tall), "aspect_ratio": wide / tall, "width": wide, "height": tall}[name])


def _colored(values: pd.Series[Any]) -> tuple[list[Any], dict[str, Any]]:
    if values.dtype.kind in "fiu":
        numbers = values.to_numpy(np.float64, na_value=np.nan).tolist()
        channel = {"field": "color", "type": "quantitative", "title": str(values.name), "scale": {"scheme": style.MAP}}
        return [number if np.isfinite(number) else None for number in numbers], channel
    names = values.astype(str).tolist()
    colors = style.colors_of(sorted(set(names)))
    scale = {"domain": [*colors], "range": [*colors.values()]}
    return names, {"field": "color", "type": "nominal", "title": str(values.name), "scale": scale}


def _axis(field: str, name: str, values: list[float]) -> dict[str, Any]:
    logarithmic = name in _LOGARITHMIC and len(values) > 0 and min(values) > 0
    scale: dict[str, Any] = {"type": "log", "nice": False, "padding": 12} if logarithmic else {"zero": False, "padding": 12}
    return {"field": field, "type": "quantitative", "title": _COMPUTED.get(name, name), "scale": scale}
