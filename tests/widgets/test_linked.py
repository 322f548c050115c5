"""One selection for annotator, sheet and charts: by traits, without a browser."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import cvat_widgets as cw
from cvat_widgets.errors import AnnotationError, MissingExtraError
from cvat_widgets.job import Job
from cvat_widgets.plots import linked_scatter
from cvat_widgets.widgets.linked import LinkedSelection


@pytest.fixture
def ids(job: Job) -> list[int]:
    """Ids of a rectangle on each of four frames, and of a track seen on frames 1 to 3."""
    job.add([{"frame": n, "label": "car", "type": "rectangle", "points": [1, 2, 11 + 10 * n, 12]} for n in range(4)])
    track = {"label": "person", "type": "rectangle", "points": [5, 5, 9, 9], "track_id": 1}
    job.add([{"frame": 1, **track}, {"frame": 4, "outside": True, **track}])
    return sorted(job.to_frame()["id"].unique().tolist())


def points(spec: Any) -> list[dict[str, Any]]:
    return spec["datasets"][spec["data"]["name"]]


def brush(chart: Any, box: dict[str, list[float]] | None = None, picked: list[int] | None = None) -> None:
    """Set what the front end of altair sets at a gesture."""
    signal = None if picked is None else {"vlPoint": {"or": [{"id": each} for each in picked]}}
    chart._vl_selections = {"box": {"value": box, "store": []}, "picked": {"value": signal, "store": []}}


def test_annotator_and_sheet_select_in_each_other(job: Job, ids: list[int]) -> None:
    pytest.importorskip("ipycanvas")
    annotator = cw.Annotator(job)
    sheet = cw.ContactSheet(job.shapes, job, per_page=2)
    linked = LinkedSelection(annotator, sheet)
    annotator.selection = [ids[1]]
    assert (linked.ids, sheet.chosen, sheet.selected) == ([ids[1]], [ids[1]], [1])
    assert annotator.frame == 0  # the annotator chose itself
    sheet.page = 1
    assert (sheet.selected, linked.ids, annotator.selection) == ([], [ids[1]], [ids[1]])
    sheet.show(1)
    assert (linked.ids, annotator.selection, annotator.frame) == ([ids[3]], [ids[3]], 3)
    linked.ids = [ids[0], ids[3], 999]
    assert annotator.selection == [ids[0], ids[3]]  # of another job
    assert annotator.frame == 3  # one of them is seen here
    assert sheet.selected == [1]
    sheet.page = 0
    assert sheet.selected == [0]
    sheet.click(1, 1)
    assert linked.ids == annotator.selection == []


def test_tracks_are_seen_between_keyframes(job: Job, ids: list[int]) -> None:
    annotator = cw.Annotator(job)
    linked = LinkedSelection(annotator)
    annotator.frame = 3
    linked.ids = [ids[4]]
    assert annotator.frame == 3
    linked.ids = []
    annotator.frame = 5
    linked.ids = [ids[4]]
    assert annotator.frame == 1


def test_a_chart_selects_and_shows_without_going_round(job: Job, ids: list[int]) -> None:
    pytest.importorskip("altair")
    annotator, chart = cw.Annotator(job), linked_scatter(job.shapes, x="width", y="height", engine="altair")
    linked = LinkedSelection(annotator)
    assert linked.add(chart) is chart
    told = []
    linked.observe(lambda change: told.append(change["new"]), "ids")
    brush(chart, {"x": [15, 35], "y": [0, 50]})
    assert linked.ids == annotator.selection == [ids[1], ids[2]]
    assert annotator.frame == 1
    assert chart.params.linked_ids == [ids[1], ids[2]]  # the others fade
    brush(chart, {}, [ids[3]])
    assert annotator.selection == [ids[3]]
    annotator.selection = [ids[0]]
    assert chart.params.linked_ids == [ids[0]]
    assert chart._params["linked_ids"] == [ids[0]]
    brush(chart)
    assert linked.ids == annotator.selection == []
    # The box goes before the click is told.
    assert told == [[ids[1], ids[2]], [], [ids[3]], [ids[0]], []]
    assert chart._vl_selections["box"] == {"value": None, "store": []}


def test_charts_of_ones_own_take_part(job: Job, ids: list[int]) -> None:
    alt = pytest.importorskip("altair")
    rows = job.shapes[["id", "frame", "label"]]
    plain = alt.Chart(rows).mark_point().encode(x="frame:Q", y="label:N")
    linked = LinkedSelection()
    both = linked.add(plain.add_params(alt.selection_interval(name="box")))
    brush_only = {"box": {"value": {"frame": [2.5, 0.5], "label": ["car"]}, "store": []}}
    both._vl_selections = brush_only
    assert linked.ids == [ids[1], ids[2]]
    index = linked.add(plain.add_params(alt.selection_point(name="one")))
    index._vl_selections = {"one": {"value": {"vlPoint": {"or": [{"_vgsid_": 4}]}}, "store": []}}
    assert linked.ids == [ids[3]]
    with pytest.raises(AnnotationError, match="no selection"):
        linked.add(plain)
    with pytest.raises(TypeError, match="not int"):
        linked.add(3)


def test_a_scatter_draws_scores_embeddings_and_what_is_computed(job: Job, ids: list[int]) -> None:
    pytest.importorskip("altair")
    rows = job.shapes.assign(**{"embedding.0": [0.5, -1, 2, float("nan")]})
    spec = linked_scatter(rows, x="embedding.0", y="score", color="score", engine="altair").spec
    assert [each["x"] for each in points(spec)] == [0.5, -1, 2]
    assert spec["encoding"]["x"]["title"] == "embedding.0"
    first = points(linked_scatter(job, engine="altair").spec)[0]
    assert (first["id"], first["y"], first["label"]) == (ids[0], 1.0, "car")
    with pytest.raises(AnnotationError, match="no column 'nonsense'"):
        linked_scatter(job, x="nonsense")
    with pytest.raises(AnnotationError, match="holds no numbers"):
        linked_scatter(job, x="label")
    with pytest.raises(AnnotationError, match="to colour by"):
        linked_scatter(job, color="nonsense")
    with pytest.raises(AnnotationError, match="column id is missing"):
        linked_scatter(rows.drop(columns="id"))


def test_without_an_engine_the_error_names_the_extra(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    for engine, extra in (("altair", "linked"), ("jscatter", "scatter")):
        monkeypatch.setitem(sys.modules, engine, None)
        with pytest.raises(MissingExtraError, match=rf"cvat-widgets\[{extra}\]"):
            linked_scatter(job, engine=engine)
    with pytest.raises(ValueError, match="not 'bokeh'"):
        linked_scatter(job, engine="bokeh")


def columns(plot: Any) -> dict[str, list[Any]]:
    kinds = {"id": np.int32, "frame": np.int32, "label": np.uint16, "x": np.float64, "y": np.float64, "color": np.uint16}
    return {name: np.frombuffer(data, kinds[name]).tolist() for name, data in plot._columns.items()}


def test_the_canvas_draws_without_any_library(job: Job, ids: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("altair", "jscatter", "matplotlib"):
        monkeypatch.setitem(sys.modules, library, None)
    plot = linked_scatter(job, x="width", y="height")
    sent = columns(plot)
    wide = dict(zip(sent["id"], sent["x"], strict=True))
    assert [wide[each] for each in ids] == [10, 20, 30, 40, 4]
    named = {number: plot._labels[place] for number, place in zip(sent["id"], sent["label"], strict=True)}
    assert [named[each] for each in ids] == ["car"] * 4 + ["person"]
    assert plot._axes["x"] == {"title": "width of the box (px)", "logarithmic": False}
    assert plot._color["names"] == ["car", "person"]
    assert len(set(plot._color["colors"])) == 2
    rows = job.shapes.assign(score=[0.5, 0.75, 1.0, float("nan")])
    shaded = linked_scatter(rows, color="score")
    assert columns(shaded)["color"] == [0, 4, 9, 10]  # the last is grey
    assert shaded._color["low"] == "0.5"
    assert linked_scatter(rows[:0]).chosen == []
    annotator, table = cw.Annotator(job), cw.ShapeTable(job.shapes)
    linked = LinkedSelection(annotator, plot, table)
    plot.chosen = ids[1:3]
    assert linked.ids == annotator.selection == table.chosen == ids[1:3]
    annotator.selection = [ids[0]]
    assert plot.chosen == table.chosen == [ids[0]]


def test_jscatter_takes_part(job: Job, ids: list[int]) -> None:
    pytest.importorskip("jscatter")
    annotator = cw.Annotator(job)
    scatter = linked_scatter(job.shapes, engine="jscatter")
    linked = LinkedSelection(annotator, scatter)
    scatter.widget.selection = np.array([2])
    assert linked.ids == annotator.selection == [ids[2]]
    annotator.selection = [ids[0], ids[3]]
    assert scatter.selection().tolist() == [0, 3]
    assert linked_scatter(job.shapes.assign(score=[0.0, 1, 2, float("nan")]), color="score", engine="jscatter") is not None
