"""One selection for the annotator, the contact sheet, tables and charts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import numpy as np
import traitlets
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError, MissingExtraError
from cvat_widgets.model.kinds import Flag
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.plots.linked import LINKED_IDS

__all__ = ["LinkedSelection"]


class _Member(Protocol):
    """What shows the selection and tells when somebody changes it there."""

    def show(self, ids: list[int]) -> None:
        """Show these objects as selected."""


class LinkedSelection(traitlets.HasTraits):
    """One set of selected objects for annotators, contact sheets, tables and plots: what is selected in one is selected in all.

    >>> linked = cw.LinkedSelection(task, cw.plots.linked_scatter(task.shapes))  # doctest: +SKIP
    >>> linked  # shows both  # doctest: +SKIP

    An annotator also goes to a frame where a selected object is seen, unless one is seen already.

    Parameters
    ----------
    members
        An :class:`Annotator`, a task or a job (an annotator is opened), a :class:`ContactSheet`, a :class:`ShapeTable`, plots
        of :func:`cvat_widgets.plots.linked_scatter`; any chart of altair with a point selection on the field ``id`` or an
        interval selection over data with ``id`` (with a parameter ``linked_ids`` it is told the ids in its turn); a
        ``jscatter.Scatter`` of a DataFrame with ``id``.

    Attributes
    ----------
    ids : list of int
        Ids of the selected objects; setting it selects everywhere.
    widgets : list
        The members in their order, as they are displayed.
    """

    ids = traitlets.List(traitlets.Int())

    def __init__(self, *members: Any) -> None:
        super().__init__()
        self.widgets: list[Any] = []
        self._members: list[_Member] = []
        self._source: _Member | None = None
        self._passing = False
        for member in members:
            self.add(member)

    def add(self, member: Any) -> Any:
        """Link one more, and return the widget that shows it.

        Raises
        ------
        AnnotationError
            It is a chart without a selection.
        MissingExtraError
            It is a chart, and altair is not installed.
        TypeError
            It is nothing that can be linked.
        """
        widget, made = self._member_of(member)
        self.widgets.append(widget)
        self._members.append(made)
        if self.ids:
            self._pass_to([made])
        return widget

    def _member_of(self, given: Any) -> tuple[Any, _Member]:
        from cvat_widgets.job import Job
        from cvat_widgets.task import Task

        if isinstance(given, (Task, Job)):
            from cvat_widgets.widgets.annotator import Annotator

            given = Annotator(given)
        if isinstance(given, traitlets.HasTraits) and given.has_trait("selection") and given.has_trait("frame"):
            return given, _AnnotatorMember(given, self._told)
        if isinstance(given, traitlets.HasTraits) and given.has_trait("chosen"):
            return given, _ChosenMember(given, self._told)
        if type(given).__module__.startswith("jscatter"):
            return given.show(), _JscatterMember(given, self._told)
        if hasattr(given, "to_dict") and hasattr(given, "interactive"):
            given = _jupyter_chart(given)
        if isinstance(given, traitlets.HasTraits) and hasattr(given, "selections") and given.has_trait("spec"):
            return given, _ChartMember(given, self._told)
        raise TypeError(
            f"LinkedSelection takes annotators, tasks, contact sheets, tables and charts, not {type(given).__name__}."
        )

    def _told(self, source: _Member, ids: Iterable[int]) -> None:
        """Take over what somebody selected in a member."""
        # What members say while they are being told is an answer, not a wish.
        if self._passing:
            return
        self._source = source
        try:
            self.ids = list(dict.fromkeys(ids))
        finally:
            self._source = None

    @traitlets.observe("ids")
    def _pass_on(self, _change: Any) -> None:
        self._pass_to([member for member in self._members if member is not self._source])

    def _pass_to(self, members: Iterable[_Member]) -> None:
        self._passing = True
        try:
            for member in members:
                member.show([*self.ids])
        finally:
            self._passing = False

    def _ipython_display_(self) -> None:
        from IPython.display import display

        for widget in self.widgets:
            display(widget)  # type: ignore[no-untyped-call,unused-ignore]  # IPython may be absent where types are checked


_Tell = Callable[[_Member, Iterable[int]], None]


class _AnnotatorMember:
    def __init__(self, annotator: Any, tell: _Tell) -> None:
        self._annotator = annotator
        annotator.observe(lambda change: tell(self, change["new"]), "selection")

    def show(self, ids: list[int]) -> None:
        annotator = self._annotator
        table: AnnotationTable = annotator.job.table
        # The canvas holds one job; objects of others are not on it.
        here = set(table.id[np.isin(table.id, ids)].tolist())
        known = [number for number in ids if number in here]
        if known and (frame := _frame_to_show(table, known, annotator.frame)) is not None:
            annotator.frame = frame
        annotator.selection = known


def _frame_to_show(table: AnnotationTable, ids: list[int], present: int) -> int | None:
    """Return the frame nearest to the present one where the first of the objects is seen; ``None`` if any is seen already."""
    seen = (table.flags & int(Flag.OUTSIDE)) == 0
    chosen = np.flatnonzero(np.isin(table.id, ids))
    if (seen[chosen] & (table.frame[chosen] == present)).any():
        return None
    # Between keyframes a track is seen if it was at the last one.
    before = chosen[table.is_track[chosen] & (table.frame[chosen] <= present)]
    order = before[np.lexsort((table.frame[before], table.id[before]))]
    last = order[np.append(table.id[order][1:] != table.id[order][:-1], True)] if len(order) else order
    if seen[last].any():
        return None
    frames = table.frame[(table.id == ids[0]) & seen]
    return int(frames[np.argmin(np.abs(frames - present))]) if len(frames) else None


class _ChosenMember:
    """A contact sheet, a table or a scatter plot: what is chosen in it are ids."""

    def __init__(self, widget: Any, tell: _Tell) -> None:
        self._widget = widget
        widget.observe(lambda change: tell(self, change["new"]), "chosen")

    def show(self, ids: list[int]) -> None:
        self._widget.chosen = ids


class _JscatterMember:
    """A scatter of jupyter-scatter: what is selected in it are places in its data."""

    def __init__(self, scatter: Any, tell: _Tell) -> None:
        data = scatter.widget.data
        if data is None or "id" not in data:
            raise AnnotationError("the scatter has no data with the column id", hint="jscatter.Scatter(data=rows, x=…, y=…)")
        self._ids: NDArray[np.int64] = data["id"].to_numpy(np.int64)
        self._scatter = scatter
        scatter.widget.observe(lambda change: tell(self, self._ids[self._places(change["new"])].tolist()), "selection")

    def _places(self, given: Any) -> NDArray[np.int64]:
        places = np.asarray(given, dtype=np.int64).ravel()
        return places[(places >= 0) & (places < len(self._ids))]

    def show(self, ids: list[int]) -> None:
        self._scatter.selection(np.flatnonzero(np.isin(self._ids, ids)))


class _ChartMember:
    """A chart: its selections are read by rows of its data, and it is told the ids in a parameter."""

    def __init__(self, chart: Any, tell: _Tell) -> None:
        names = chart.selections.trait_names()
        if not names:
            raise AnnotationError(
                "the chart has no selection", hint="Add one: chart.add_params(alt.selection_point(fields=['id']))"
            )
        self._chart = chart
        self._rows: list[dict[str, Any]] = _rows_of(chart.spec)
        self._tell = tell
        chart.selections.observe(self._changed, names)

    def _changed(self, _change: Any) -> None:
        ids = self._selected()
        # Points outside of the selection fade, also where it was made.
        self.show(ids)
        self._tell(self, ids)

    def show(self, ids: list[int]) -> None:
        if self._chart.params.has_trait(LINKED_IDS):
            setattr(self._chart.params, LINKED_IDS, ids)

    def _selected(self) -> list[int]:
        """Return the ids in all selections of the chart: a click ends a box, and both are told one after the other."""
        found: list[int] = []
        for name in self._chart.selections.trait_names():
            value = getattr(self._chart.selections, name).value
            if isinstance(value, dict):
                found += self._inside(value) if value else []
                continue
            for each in value:
                if isinstance(each, dict):
                    found += [number for number in (_id_of(each),) if number is not None]
                elif isinstance(each, int) and 0 <= each < len(self._rows):
                    found += [number for number in (_id_of(self._rows[each]),) if number is not None]
        return found

    def _inside(self, ranges: dict[str, Any]) -> list[int]:
        kept = [row for row in self._rows if all(_within(row.get(name), given) for name, given in ranges.items())]
        return [number for number in map(_id_of, kept) if number is not None]


def _id_of(row: dict[str, Any]) -> int | None:
    value = row.get("id")
    return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and float(value).is_integer() else None


def _within(value: Any, given: Any) -> bool:
    if not isinstance(given, list):
        return False
    numbers = [each for each in (value, *given) if isinstance(each, (int, float)) and not isinstance(each, bool)]
    if len(given) == 2 and len(numbers) == 3:
        return bool(min(given) <= value <= max(given))
    return value in given


def _rows_of(spec: Any) -> list[dict[str, Any]]:
    """Return the rows a chart was given, which altair keeps in the chart or by name."""
    data = spec.get("data") or {} if isinstance(spec, dict) else {}
    rows = data.get("values", (spec.get("datasets") or {}).get(data.get("name")) if data else None)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _jupyter_chart(chart: Any) -> Any:
    try:
        import altair as alt
    except ImportError:
        raise MissingExtraError("altair", "linked", "A linked chart") from None
    charts: Any = alt
    return charts.JupyterChart(chart)
