"""A table of rows in a notebook cell, whose choice is shared with the canvas, sheets and plots."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import numpy as np
import traitlets
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ShapeTable"]

_STATIC = Path(__file__).resolve().parent.parent / "static"
_LEFT_OUT = ("points", "frame_name", "rotation", "occluded", "outside", "keyframe", "z_order", "group", "track_id", "source")
_LONGEST = 200


class ShapeTable(anywidget.AnyWidget):
    """Rows of a DataFrame, page by page, of which some are chosen by the mouse or by keys.

    Keys, in the rows: arrows, Home and End go from row to row, Shift extends the choice, Space and Enter choose, with Ctrl one
    more, Ctrl+A the page, Escape nothing; PageUp and PageDown turn pages. A click on a column's name sorts by it, another one
    the other way round, a third restores the order.

    Parameters
    ----------
    rows
        Shapes (``task.shapes.query(...)``), findings of :mod:`cvat_widgets.inspect`, or any rows with ``id``. A row without an
        id cannot be chosen, but opens its frame.
    columns
        Which columns are shown; by default all but coordinates and what few rows have.
    sort
        Column to sort by, with ``-`` before it from high to low.
    per_page
        Rows a page, at most 500; only these are sent to the browser.
    annotator
        An :class:`Annotator`: choosing a row goes to its frame and selects the object, and what is selected there is chosen
        here.
    title
        What the table is called for those who hear it.

    Attributes
    ----------
    chosen : list of int
        Ids of the chosen objects; set it to choose. The page with the first of them is shown.
    page, pages : int
        The page that is shown, from 0, and how many there are.
    sort : str
        As the parameter; it can be set.
    only_chosen : bool
        Whether only rows are shown that were chosen when it was set.
    rows : pandas.DataFrame
        The rows in the given order.
    """

    _esm = _STATIC / "linked.js"
    _css = _STATIC / "linked.css"

    chosen = traitlets.List(traitlets.Int()).tag(sync=True)
    page = traitlets.Int(0).tag(sync=True)
    sort = traitlets.Unicode("").tag(sync=True)
    only_chosen = traitlets.Bool(False).tag(sync=True)
    title = traitlets.Unicode("Rows").tag(sync=True)
    _view = traitlets.Unicode("table", read_only=True).tag(sync=True)
    _columns: Any = traitlets.List().tag(sync=True)
    _shown = traitlets.Dict().tag(sync=True)
    _opened = traitlets.List(traitlets.Int(), minlen=0, maxlen=2).tag(sync=True)

    def __init__(
        self,
        rows: pd.DataFrame,
        *,
        columns: list[str] | None = None,
        sort: str = "",
        per_page: int = 20,
        annotator: Any = None,
        title: str = "Rows",
    ) -> None:
        if "id" not in rows:
            raise AnnotationError("the column id is missing", hint="Rows come from task.shapes, cw.inspect or a report")
        names = [name for name in rows.columns if name not in _LEFT_OUT] if columns is None else columns
        if missing := [name for name in names if name not in rows]:
            raise AnnotationError(f"there is no column {missing[0]!r}", hint=f"There are {', '.join(map(str, rows.columns))}")
        self.rows = rows.reset_index(drop=True)
        self._names = [*names]
        self._per_page = min(max(int(per_page), 1), 500)
        self._ids = np.asarray(self.rows["id"].astype("Int64").fillna(-1), np.int64)
        self._annotator = annotator
        self._kept: set[int] | None = None
        self._order: NDArray[np.int64] = self._sorted(sort)
        super().__init__(title=title, sort=sort)
        self._columns = [{"name": str(name), "numeric": self.rows[name].dtype.kind in "fiu"} for name in names]
        self._show()
        if annotator is not None:
            annotator.observe(lambda change: self.set_trait("chosen", [*change["new"]]), "selection")

    @property
    def pages(self) -> int:
        """Number of pages."""
        return max(-(-len(self._places()) // self._per_page), 1)

    def _places(self) -> NDArray[np.int64]:
        """Return the places of the rows in the order they are shown in."""
        if self._kept is None:
            return self._order
        return self._order[np.isin(self._ids[self._order], [*self._kept])]

    def _sorted(self, by: str) -> NDArray[np.int64]:
        name = by.removeprefix("-")
        if not name:
            return np.arange(len(self.rows), dtype=np.int64)
        if name not in self.rows:
            raise AnnotationError(
                f"there is no column {name!r} to sort by", hint=f"There are {', '.join(map(str, self.rows.columns))}"
            )
        column = self.rows[name]
        if column.dtype.kind == "O":
            column = column.astype(str)
        return np.asarray(column.reset_index(drop=True).sort_values(ascending=name == by, kind="stable").index, np.int64)

    def _show(self) -> None:
        """Send the page."""
        places = self._places()
        page = min(max(self.page, 0), self.pages - 1)
        self.page = page
        first = page * self._per_page
        part = places[first : first + self._per_page]
        cells = [[_text(value) for value in self.rows[name].iloc[part].tolist()] for name in self._names]
        ids = [number if number >= 0 else None for number in self._ids[part].tolist()]
        shown = [{"id": number, "cells": [*each]} for number, each in zip(ids, zip(*cells, strict=True), strict=True)]
        self._shown = {"rows": shown, "page": page, "pages": self.pages, "first": first, "total": len(places)}

    @traitlets.validate("sort")
    def _check_sort(self, proposal: Any) -> str:
        by = str(proposal["value"])
        self._sorted(by[:_LONGEST])
        return by

    @traitlets.observe("sort")
    def _sort_changed(self, _change: Any) -> None:
        if self._names_known():
            self._order = self._sorted(self.sort)
            self.page = 0
            self._show()

    @traitlets.observe("page")
    def _page_changed(self, _change: Any) -> None:
        if self._names_known() and self._shown.get("page") != self.page:
            self._show()

    @traitlets.observe("only_chosen")
    def _only_changed(self, _change: Any) -> None:
        self._kept = set(self.chosen) if self.only_chosen else None
        self.page = 0
        self._show()

    @traitlets.observe("chosen")
    def _chosen_changed(self, _change: Any) -> None:
        """Turn to the first of the chosen rows, unless one is on the page already."""
        places = np.flatnonzero(np.isin(self._ids[self._places()], self.chosen))
        pages = places // self._per_page
        if len(pages) and self.page not in pages:
            self.page = int(pages[0])

    @traitlets.observe("_opened")
    def _open(self, change: Any) -> None:
        places = self._places()
        if self._annotator is None or not change["new"] or not 0 <= change["new"][0] < len(places):
            return
        row = int(places[change["new"][0]])
        if "frame" in self.rows:
            self._annotator.frame = int(self.rows["frame"].iloc[row])
        self._annotator.selection = [int(self._ids[row])] if self._ids[row] >= 0 else []

    def _names_known(self) -> bool:
        # Traits that are given to the constructor are set before there is a page to be shown.
        return bool(self._columns)


def _text(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (float, np.floating)):
        return "" if np.isnan(value) else f"{value:.4g}"
    text = str(value)
    return "" if text in ("<NA>", "None", "nan", "NaT") else text[:_LONGEST]
