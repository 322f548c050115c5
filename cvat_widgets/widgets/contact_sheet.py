"""The contact sheet: thumbnails of frames or objects from any DataFrame, in a notebook cell."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets
import numpy as np
import traitlets
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError, CvatWidgetsError, MissingExtraError
from cvat_widgets.widgets.sheet_controls import toolbar
from cvat_widgets.widgets.sheet_overlay import SheetOverlay
from cvat_widgets.widgets.sheet_picture import Layout, Placed, captioned, draw_page
from cvat_widgets.widgets.sheet_rows import MARKS, cells_of, colors_by, ids_of, rgb, text_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ContactSheet"]

_HEADER = 26
_INK, _MUTED, _CHOSEN, _BAD = "#24292f", "#6e7781", "#0969da", "#cf222e"
_KEYS = {"a": "accept", "r": "reject", "f": "flag"}


class ContactSheet(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Thumbnails of frames or of objects with their shapes; click one to open it, mark it with a key or a button.

    Keys, after a click on the sheet: ``a`` accept, ``r`` reject, ``f`` flag, ``z`` take back, PageUp and PageDown.

    Parameters
    ----------
    rows
        Rows with ``frame``: shapes (``task.shapes.query(...)``), findings of :mod:`cvat_widgets.inspect`, conflicts of a
        quality report. Shapes that a row only names by ``id`` are taken from the task.
    task
        The task or job; or whatever has ``frame(number)``. It may be left out where ``annotator`` is given.
    crops
        ``True``: a thumbnail an object. ``False``: a thumbnail a frame, with all its rows. By default objects, if rows have
        ``id`` or ``points``.
    captions
        Columns written below the thumbnails, one line each.
    color
        Column that colours the shapes: ``label``, a number such as ``score``, or any other.
    sort
        Column to sort by, with ``-`` before it from high to low; ``size`` is the size of the object.
    size
        Longest side of a thumbnail in pixels.
    columns
        Thumbnails side by side; ``per_page`` thumbnails make a page.
    margin
        Share of its size that is shown around an object.
    annotator
        An :class:`Annotator`: a click goes to the frame and selects the object, and what is selected there is framed here.
    on_click
        Called with (frame, rows of the thumbnail) at a click.
    draw
        Called with (canvas, frame, rows) for each thumbnail, to draw over it; the canvas is ipycanvas's, in pixels
        of the frame. It may return an array instead; the same function draws a layer in :meth:`Annotator.overlay`.
        What it raises is written above the thumbnails.
    attribute
        Name of an attribute that marks are written to; without it they are only in the column ``mark`` of :attr:`rows`.

    Attributes
    ----------
    rows : pandas.DataFrame
        The rows in their order, with the column ``mark``.
    selected, chosen : list of int
        Positions of the chosen thumbnails on the page; ids of the chosen objects, which can be set.
    page : int
        The page that is shown, from 0; set it to turn to another.
    """

    chosen = traitlets.List(traitlets.Int())

    def __init__(
        self,
        rows: pd.DataFrame,
        task: Any = None,
        *,
        crops: bool | None = None,
        captions: Sequence[str] | str | None = None,
        color: str = "label",
        sort: str | None = None,
        size: int = 150,
        columns: int = 8,
        per_page: int = 48,
        margin: float = 0.25,
        annotator: Any = None,
        on_click: Callable[[int, pd.DataFrame], Any] | None = None,
        draw: Callable[[Any, int, pd.DataFrame], Any] | None = None,
        attribute: str | None = None,
    ) -> None:
        try:
            import ipycanvas
        except ImportError:
            raise MissingExtraError("ipycanvas", "preview", "A contact sheet") from None
        if "frame" not in rows:
            raise AnnotationError("the column frame is missing", hint="Rows come from task.shapes, cw.inspect or a report")
        if task is None and annotator is None:
            raise TypeError("ContactSheet needs a task or an annotator.")
        self._hold = ipycanvas.hold_canvas
        self.task = annotator.task if task is None else getattr(task, "task", task)
        self._target = annotator.job if task is None else task
        self.rows = rows.reset_index(drop=True).copy()
        if "mark" not in self.rows:
            self.rows["mark"] = ""
        self.crops = ("points" in rows or "id" in rows) if crops is None else crops
        given = [captions] if isinstance(captions, str) else captions
        self._captions = [name for name in ("label", "score") if name in rows] if given is None else [*given]
        self._color, self._margin, self._per_page = color, margin, per_page
        self._annotator, self._on_click, self._attribute = annotator, on_click, attribute
        self._over = SheetOverlay(draw, self.task)
        self._page, self.selected = 0, list[int]()
        self._history: list[tuple[Any, bool]] = []
        self._placed: list[Placed] = []
        self._shown: NDArray[np.uint8] = np.zeros((1, 1, 3), np.uint8)
        self._layout = Layout(columns, size, len(self._captions))
        self._sort(sort)
        width, height = self._layout.page(min(per_page, max(len(self._groups), 1)))
        layout = {"align_self": "flex-start", "max_width": "100%"}  # stretched it would be blurred
        self.canvas = ipycanvas.Canvas(width=width, height=height + _HEADER, layout=layout)
        self.canvas.on_mouse_down(self.click)
        self.canvas.on_key_down(self._key)
        if annotator is not None:
            annotator.observe(lambda change: self.set_trait("chosen", [*change["new"]]), "selection")
        controls, self._several = toolbar(self, sort)
        super().__init__([controls, self.canvas])
        self._render()

    # -- pages ---------------------------------------------------------------------------------------------------

    @property
    def pages(self) -> int:
        """Number of pages."""
        return max(-(-len(self._groups) // self._per_page), 1)

    @property
    def page(self) -> int:
        """The page that is shown, from 0."""
        return self._page

    @page.setter
    def page(self, number: int) -> None:
        self._page = min(max(int(number), 0), self.pages - 1)
        self.selected = self._chosen_places()
        self._render()

    def sort(self, by: str | None) -> None:
        """Sort by a column, with ``-`` before it from high to low; ``None`` restores the given order."""
        self._sort(by)
        self.page = 0

    def _sort(self, by: str | None) -> None:
        name = (by or "").removeprefix("-")
        if not name:
            order = np.sort(self.rows.index.to_numpy())
            self.rows = self.rows.loc[order]
        elif name == "size" and "size" not in self.rows:
            from cvat_widgets.inspect import rows_of

            area = rows_of(self.rows.assign(outside=False)).widths_heights.prod(axis=1)
            self.rows = self.rows.iloc[np.argsort(-area if by != name else area, kind="stable")]
        elif name in self.rows:
            self.rows = self.rows.sort_values(name, ascending=by == name, kind="stable")
        else:
            raise AnnotationError(
                f"there is no column {name!r} to sort by", hint=f"There are {', '.join(map(str, self.rows.columns))}"
            )
        frames = self.rows["frame"].to_numpy(np.int64)
        if self.crops:
            self._groups = [np.array([row]) for row in range(len(frames))]
        else:
            _, first, place = np.unique(frames, return_index=True, return_inverse=True)
            rank = np.argsort(np.argsort(first))[place]
            parts = np.argsort(rank, kind="stable")
            self._groups = np.split(parts, np.flatnonzero(np.diff(rank[parts])) + 1) if len(frames) else []

    def _on_page(self) -> list[NDArray[np.int64]]:
        return self._groups[self._page * self._per_page : (self._page + 1) * self._per_page]

    def rows_at(self, place: int) -> pd.DataFrame:
        """Return the rows of a thumbnail of the page."""
        return self.rows.iloc[self._on_page()[place]]

    # -- drawing -------------------------------------------------------------------------------------------------

    def _render(self) -> None:
        """Draw the page: thumbnails once in Python, and everything in one message."""
        groups = self._on_page()
        index = np.concatenate(groups) if groups else np.empty(0, np.int64)
        rows = self.rows.iloc[index]
        colors = self._colors(rows)
        edges = np.cumsum([0, *map(len, groups)])
        local = [np.arange(start, stop) for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)]
        cells = cells_of(rows, local, colors, self._target, crops=self.crops, margin=self._margin)
        self._shown, self._placed = draw_page(self.task, cells, self._layout)
        self._paint()

    def _colors(self, rows: pd.DataFrame) -> list[str]:
        # Colours follow all rows, so that they stay the same on every page.
        every = colors_by(self.rows, self._color, getattr(self.task, "labels", ()))
        place = {label: number for number, label in enumerate(self.rows.index)}
        return [every[place[label]] for label in rows.index]

    def _paint(self) -> None:
        canvas, layout, groups = self.canvas, self._layout, self._on_page()
        start = self._page * self._per_page
        with self._hold():
            canvas.clear()
            canvas.fill_style = "#f6f7f9"
            canvas.fill_rect(0, 0, canvas.width, canvas.height)
            canvas.put_image_data(self._shown, 0, _HEADER)
            canvas.text_baseline = "top"
            canvas.font = "12px system-ui, sans-serif"
            canvas.fill_style = _MUTED
            things = "objects" if self.crops else "frames"
            text = f"{start + 1}–{start + len(groups)} of {len(self._groups):,} {things}" if groups else f"No {things}"
            canvas.fill_text(f"{text}  ·  page {self._page + 1} of {self.pages}", layout.gap, 9)
            canvas.font = "11px system-ui, sans-serif"
            for place, lines in enumerate(self._texts()):
                x, y = layout.corner(place)
                canvas.fill_style = _INK
                for number, line in enumerate(lines):
                    at = y + _HEADER + layout.tall + 4 + number * layout.line
                    canvas.fill_text(line, x, at, max_width=layout.size)
                self._frame(place, x, y + _HEADER)
            self._over.paint(canvas, self._spots(), _HEADER)
            self._say_failure()

    def _frame(self, place: int, x: int, y: int) -> None:
        size, tall = self._layout.size, self._layout.tall
        color = MARKS.get(self._mark_of(place))
        for shown, width, out in ((color, 4, 1), (_CHOSEN if place in self.selected else None, 2, 4)):
            if shown is not None:
                self.canvas.stroke_style = shown
                self.canvas.line_width = width
                self.canvas.stroke_rect(x - out, y - out, size + 2 * out, tall + 2 * out)

    def _spots(self) -> list[tuple[Placed, pd.DataFrame]]:
        return [(self._placed[place], self.rows_at(place)) for place in range(len(self._on_page()))]

    def _say_failure(self) -> None:
        if self._over.failure:
            self.canvas.font = "12px system-ui, sans-serif"
            self.canvas.fill_style = _BAD
            self.canvas.fill_text(f"draw: {self._over.failure}", 300, 9, max_width=max(self.canvas.width - 310, 100))

    def _texts(self) -> list[list[str]]:
        texts = []
        for group in self._on_page():
            row = self.rows.iloc[group[0]]
            lines = [text_of(row[name], name) for name in self._captions]
            if not self.crops and lines:
                lines[0] = f"frame {int(row['frame'])}: {len(group)} row{'s' if len(group) != 1 else ''}"
            texts.append(lines)
        return texts

    def _mark_of(self, place: int) -> str:
        marks = self.rows["mark"].iloc[self._on_page()[place]].astype(str).tolist()
        return marks[0] if len(set(marks)) == 1 else ""

    def picture(self) -> bytes:
        """Return a PNG of the page, with its captions."""
        from cvat_widgets.widgets.picture import png_of

        marks = [self._mark_of(place) for place in range(len(self._on_page()))]
        frames = [rgb(MARKS[mark]) if mark in MARKS else None for mark in marks]
        return png_of(captioned(self._over.over(self._shown, self._spots), self._layout, self._texts(), frames), limit=600_000)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle = super()._repr_mimebundle_(**options)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data is not None and "image/png" not in data:
            with contextlib.suppress(CvatWidgetsError):
                data["image/png"] = base64.b64encode(self.picture()).decode()
        return bundle

    # -- choosing and marking ------------------------------------------------------------------------------------

    def click(self, x: float, y: float) -> None:
        """Do what a click at a point of the sheet does: choose the thumbnail there and open it."""
        place = self._layout.place_at(x, y - _HEADER, len(self._on_page()))
        if place is None:
            self.selected = self.chosen = []
            self._paint()
            return
        if self._several.value:
            self.selected = [each for each in self.selected if each != place] + [place] * (place not in self.selected)
            self._paint()
            self.chosen = self._ids_at(self.selected)
        else:
            self.show(place)

    def show(self, place: int) -> None:
        """Choose a thumbnail, call ``on_click`` and show it in the linked annotator."""
        rows = self.rows_at(place)
        frame = int(rows["frame"].iloc[0])
        self.selected = [place]
        self._paint()
        if self._annotator is not None:
            self._annotator.frame = frame
            self._annotator.selection = ids_of(rows)
        self.chosen = ids_of(rows)
        if self._on_click is not None:
            self._on_click(frame, rows)

    def _ids_at(self, places: Iterable[int]) -> list[int]:
        return list(dict.fromkeys(number for place in places for number in ids_of(self.rows_at(place))))

    def _chosen_places(self) -> list[int]:
        wanted = set(self.chosen)
        return [place for place in range(len(self._on_page())) if wanted & set(self._ids_at([place]))] if wanted else []

    @traitlets.observe("chosen")
    def _follow(self, _change: Any) -> None:
        """Frame the objects that were chosen elsewhere; what was clicked here stays as it is."""
        if set(self._ids_at(self.selected)) != set(self.chosen):
            self.selected = self._chosen_places()
            self._paint()

    def mark(self, kind: str, places: Iterable[int] | None = None, *, label: str | None = None) -> int:
        """Mark thumbnails; what goes into the task is one edit that can be taken back.

        Parameters
        ----------
        kind
            ``accept``, ``reject``, ``flag``, ``relabel``, or ``""`` to take the mark away.
        places
            Thumbnails of the page, by default the chosen ones.
        label
            The new label, for ``relabel``.

        Returns
        -------
        int
            Number of rows that were marked.
        """
        if kind and kind not in MARKS:
            raise AnnotationError(f"{kind!r} is not a mark", hint=f"Known are {', '.join(MARKS)}")
        if (kind == "relabel") != (label is not None):
            raise AnnotationError("relabel needs a label, and nothing else does")
        groups = self._on_page()
        chosen = [groups[place] for place in (self.selected if places is None else places)]
        if not chosen:
            return 0
        index = np.concatenate(chosen)
        rows = self.rows.iloc[index]
        edited = self._write(rows, kind, label)
        before = self.rows[[name for name in ("mark", "label") if name in self.rows]].copy()
        self._history.append((before, edited))
        self.rows.loc[rows.index, "mark"] = kind
        if label is not None and "label" in self.rows:
            self.rows.loc[rows.index, "label"] = label
            self._render()
        else:
            self._paint()
        return len(index)

    def _write(self, rows: pd.DataFrame, kind: str, label: str | None) -> bool:
        """Write a mark to the task; return whether anything changed."""
        values: dict[str, Any] = {"label": label} if label is not None else {}
        if self._attribute is not None:
            values[f"attr.{self._attribute}"] = kind or None
        if not values or "id" not in rows:
            return False
        named = rows[rows["id"].notna()].drop_duplicates(["id"])[["id"]].astype({"id": "int64"})
        table = self._target.table
        # A track's label and attributes are written at a keyframe that is there.
        first = {int(number): int(frame) for number, frame in zip(table.id[::-1], table.frame[::-1], strict=True)}
        changes = named.assign(frame=[first.get(number, 0) for number in named["id"].tolist()], **values)
        return bool(self._target.update(changes))

    def undo(self) -> None:
        """Take back the last mark, in the task too."""
        if not self._history:
            return
        before, edited = self._history.pop()
        if edited:
            self._target.undo()
        for name in before.columns:
            self.rows[name] = before[name].reindex(self.rows.index)
        self._render()

    # -- controls ------------------------------------------------------------------------------------------------

    def _key(self, key: str, *_: Any) -> None:
        if key in _KEYS:
            self.mark(_KEYS[key])
        elif key == "z":
            self.undo()
        elif key in ("PageUp", "PageDown"):
            self.page += 1 if key == "PageDown" else -1
