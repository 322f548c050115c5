"""Rows of a contact sheet: what a DataFrame says about frames and objects, completed with the shapes of a task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError
from cvat_widgets.model.geometry import bounding_boxes
from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.kinds import SHAPE_CODE, TAG
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.widgets.sheet_picture import Cell, DrawnShape

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MARKS", "cells_of", "colors_by", "ids_of", "text_of"]

MARKS = {"accept": "#1a9850", "reject": "#d73027", "relabel": "#4575b4", "flag": "#f1a340"}
_PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999")


def rgb(color: str) -> tuple[int, int, int]:
    """Return ``#rrggbb`` as three numbers."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def ids_of(rows: pd.DataFrame) -> list[int]:
    """Return the ids of the objects that rows name, each once."""
    return [int(value) for value in rows["id"].dropna().unique()] if "id" in rows else []


def colors_by(rows: pd.DataFrame, column: str, labels: Any) -> list[str]:
    """Return a colour for each row: its label's own, a shade for a number, or one of eight for any other value."""
    if column not in rows:
        if column == "label":
            return [_PALETTE[0]] * len(rows)
        raise AnnotationError(
            f"there is no column {column!r} to colour by", hint=f"There are {', '.join(map(str, rows.columns))}"
        )
    values = rows[column]
    if column == "label":
        own = {label.name: label.color for label in labels}
        return [own.get(name, _PALETTE[0]) if isinstance(name, str) else _PALETTE[0] for name in values.astype(object).tolist()]
    if values.dtype.kind in "fiu" or str(values.dtype) in ("Float64", "Int64"):
        numbers = values.to_numpy(np.float64, na_value=np.nan)
        low, high = np.nanmin(numbers, initial=np.inf), np.nanmax(numbers, initial=-np.inf)
        share = np.nan_to_num((numbers - low) / (high - low) if high > low else np.zeros(len(numbers)))
        return [f"#{round(40 + 215 * at):02x}{round(110 + 60 * at):02x}{round(200 - 170 * at):02x}" for at in share.tolist()]
    place = {value: number for number, value in enumerate(dict.fromkeys(values.astype(str)))}
    return [_PALETTE[place[value] % len(_PALETTE)] for value in values.astype(str)]


def cells_of(
    rows: pd.DataFrame, groups: Sequence[NDArray[np.int64]], colors: Sequence[str], task: Any, *, crops: bool, margin: float
) -> list[Cell]:
    """Return the thumbnails for groups of rows.

    Parameters
    ----------
    rows
        All rows of the page.
    groups
        Positions of the rows of each thumbnail: one for crops, all of a frame otherwise.
    colors
        Colour of each row.
    task
        The task, for the shapes of rows that have no points of their own and of findings about a whole frame.
    crops
        Whether to show the object instead of the frame.
    margin
        Share of its size that is shown around an object.
    """
    frames = rows["frame"].to_numpy(np.int64)
    shapes = _shapes_of(rows, colors, task)
    present = None
    cells = []
    for group in groups:
        frame = int(frames[group[0]])
        drawn = [shapes[row] for row in group.tolist()]
        known = [shape for shape in drawn if shape is not None]
        box = _box_around(known[0], margin) if crops and known else None
        if not known:
            # The finding is about the frame: show all that is on it.
            present = present if present is not None else _present(task, frames)
            known = _on_frame(present, frame, task) if present is not None else []
        cells.append(Cell(frame, box, known))
    return cells


def _shapes_of(rows: pd.DataFrame, colors: Sequence[str], task: Any) -> list[DrawnShape | None]:
    found: list[DrawnShape | None] = [None] * len(rows)
    if "points" in rows:
        types = rows["type"].tolist() if "type" in rows else ["rectangle"] * len(rows)
        turns = rows["rotation"].to_numpy(np.float64, na_value=0.0) if "rotation" in rows else np.zeros(len(rows))
        for row, (kind, points, color) in enumerate(zip(types, rows["points"], colors, strict=True)):
            if points is None or np.isscalar(points) or not len(points) or kind not in SHAPE_CODE:
                continue
            found[row] = DrawnShape(SHAPE_CODE[kind], np.asarray(points, np.float64).ravel(), float(turns[row]), rgb(color))
    lacking = [row for row, shape in enumerate(found) if shape is None]
    if lacking and "id" in rows and hasattr(task, "table"):
        frames = rows["frame"].to_numpy(np.int64)
        table = _present(task, frames[lacking])
        at = {
            (number, frame): row
            for row, (number, frame) in enumerate(zip(table.id.tolist(), table.frame.tolist(), strict=True))
        }
        ids = rows["id"].astype("Int64").fillna(-1).to_numpy(np.int64)
        for row in lacking:
            place = at.get((int(ids[row]), int(frames[row])))
            if place is not None:
                found[row] = _drawn(table, place, colors[row])
    return found


def _present(task: Any, frames: NDArray[np.int64]) -> AnnotationTable:
    if not hasattr(task, "table"):
        return AnnotationTable.empty()
    return interpolate_table(task.table, frame_count=len(task.frame_index), frames=np.unique(frames))


def _drawn(table: AnnotationTable, row: int, color: str) -> DrawnShape | None:
    if table.type[row] == TAG or table.offsets[row] == table.offsets[row + 1]:
        return None
    return DrawnShape(int(table.type[row]), table.points_of(row), float(table.rotation[row]), rgb(color))


def _on_frame(table: AnnotationTable, frame: int, task: Any) -> list[DrawnShape]:
    drawn = [
        _drawn(table, row, task.labels.by_id(int(table.label[row])).color)
        for row in np.flatnonzero(table.frame == frame).tolist()
    ]
    return [shape for shape in drawn if shape is not None]


def _box_around(shape: DrawnShape, margin: float) -> tuple[float, float, float, float]:
    table = AnnotationTable.build(
        type=[shape.type], points=shape.points, rotation=[shape.rotation], offsets=[0, len(shape.points)]
    )
    left, top, right, bottom = bounding_boxes(table)[0].tolist()
    by = max(right - left, bottom - top) * margin + 4
    return left - by, top - by, right + by, bottom + by


def text_of(value: Any, name: str) -> str:
    """Return a cell of a DataFrame as a caption; a number says of what."""
    if isinstance(value, (bool, np.bool_)):
        return f"{name}: {'yes' if value else 'no'}"
    if isinstance(value, (int, np.integer)):
        return f"{name} {value}"
    if isinstance(value, (float, np.floating)):
        return "" if np.isnan(value) else f"{name} {value:.3g}"
    text = str(value)
    return "" if text in ("<NA>", "None", "nan") else text
