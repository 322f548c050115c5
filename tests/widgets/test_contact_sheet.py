"""The contact sheet: pages, sorting, colours, clicks, marks, the overlay hook, and one message a page."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
import traitlets
from PIL import Image

pytest.importorskip("ipycanvas")

import ipycanvas.canvas

from cvat_widgets import Attribute, Label, Task, inspect, quality
from cvat_widgets.errors import AnnotationError
from cvat_widgets.views import AnnotationView
from cvat_widgets.widgets.contact_sheet import ContactSheet

COLORS = {"car": "#ff0000", "person": "#00ff00"}


@pytest.fixture
def task(tmp_path) -> Task:
    frames = np.full((12, 90, 160, 3), 128, np.uint8)
    for number in range(12):
        frames[number, :, :, 2] = number * 20
    review = Attribute("review", "select", values=("none", "accept", "reject", "flag"))
    labels = [Label(name, color=color, attributes=[review]) for name, color in COLORS.items()]
    task = Task.create("sheet", frames, labels=labels, store=tmp_path / "store.sqlite")
    rows = [
        {"frame": frame, "label": ["car", "person"][place], "type": "rectangle",
         "points": [10 + 70 * place, 20, 40 + 70 * place + frame, 60], "score": frame / 12}
        for frame in range(10) for place in range(2)
    ]  # fmt: skip
    task.add(pd.DataFrame(rows))
    return task


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    sent: list[object] = []
    monkeypatch.setattr(ipycanvas.canvas._CANVAS_MANAGER, "send", lambda content, buffers=None: sent.append(buffers))
    return sent


def test_pages_and_sorting(task: Task) -> None:
    sheet = ContactSheet(task.shapes, task, per_page=8, columns=4, sort="-score")
    assert (sheet.pages, sheet.page) == (3, 0)
    assert sheet.rows_at(0)["frame"].iloc[0] == 9
    sheet.page = 99
    assert sheet.page == 2
    assert len(sheet._on_page()) == 4
    sheet.sort("size")
    assert sheet.page == 0
    assert sheet.rows["frame"].tolist() == sorted(sheet.rows["frame"])
    sheet.sort(None)
    assert sheet.rows.index.tolist() == list(range(20))
    with pytest.raises(AnnotationError, match="no column 'nonsense'"):
        sheet.sort("nonsense")


def test_a_page_is_one_message(task: Task, messages: list[object]) -> None:
    sheet = ContactSheet(task.shapes, task, per_page=8)
    messages.clear()
    sheet.page = 1
    assert len(messages) == 1
    sheet.mark("accept", [0, 1, 2])
    assert len(messages) == 2


def test_crops_show_the_object_with_its_shape(task: Task) -> None:
    sheet = ContactSheet(task.shapes, task, size=120, columns=4, per_page=8)
    spot = sheet._placed[0]
    part = sheet._shown[spot.y : spot.y + spot.height, spot.x : spot.x + spot.width].astype(int)
    red = (part[..., 0] - part[..., 1] > 80).sum()
    assert red > 100
    # The box of the object is in the middle, a margin around it.
    x, y = spot.shift_x + 10 * spot.scale, spot.shift_y + 20 * spot.scale
    assert spot.x < x < spot.x + spot.width / 2
    assert spot.y < y < spot.y + spot.height / 2
    picture = Image.open(io.BytesIO(sheet.picture()))
    assert picture.size == (sheet._shown.shape[1], sheet._shown.shape[0])


def test_frames_show_all_their_rows(task: Task) -> None:
    sheet = ContactSheet(task.shapes, task, crops=False, per_page=6)
    assert len(sheet._groups) == 10
    assert len(sheet.rows_at(0)) == 2
    assert sheet._placed[0].width == sheet._layout.size


def test_findings_take_their_shapes_from_the_task(task: Task) -> None:
    findings = inspect.all(task)
    assert set(findings["finding"]) >= {"empty_frames"}
    sheet = ContactSheet(findings, task, captions=["finding", "reason"])
    assert len(sheet._placed) == len(sheet._on_page())


def test_colours_by_label_number_and_column(task: Task) -> None:
    rows = task.shapes
    from cvat_widgets.widgets.sheet_rows import colors_by

    assert colors_by(rows, "label", task.labels)[:2] == ["#ff0000", "#00ff00"]
    assert len(set(colors_by(rows, "score", task.labels))) == 10
    assert len(set(colors_by(rows, "source", task.labels))) == 1
    with pytest.raises(AnnotationError, match="to colour by"):
        colors_by(rows, "nothing", task.labels)


class Linked(traitlets.HasTraits):
    frame = traitlets.Int(0)
    selection = traitlets.List(traitlets.Int())


def test_a_click_opens_the_frame_and_selection_comes_back(task: Task) -> None:
    clicked = []
    annotator = Linked()
    sheet = ContactSheet(
        task.shapes, task, annotator=annotator, on_click=lambda frame, rows: clicked.append((frame, len(rows)))
    )
    x, y = sheet._layout.corner(5)
    sheet.click(x + 20, y + 26 + 20)
    assert sheet.selected == [5]
    assert annotator.frame == 2
    assert annotator.selection == [int(sheet.rows["id"].iloc[5])]
    assert clicked == [(2, 1)]
    annotator.selection = [int(sheet.rows["id"].iloc[3])]
    assert sheet.selected == [3]
    sheet.click(1, 1)
    assert sheet.selected == []
    sheet._several.value = True
    for place in (1, 2, 1):
        x, y = sheet._layout.corner(place)
        sheet.click(x + 5, y + 31)
    assert sheet.selected == [2]


def test_marks_write_a_column_and_an_attribute_as_one_edit(task: Task) -> None:
    sheet = ContactSheet(task.shapes, task, attribute="review")
    before = task.revision
    assert sheet.mark("reject", [0, 3, 4]) == 3
    assert task.revision == before + 1
    assert sheet.rows["mark"].tolist()[:5] == ["reject", "", "", "reject", "reject"]
    assert (task.shapes["attr.review"] == "reject").sum() == 3
    sheet.undo()
    assert (task.shapes["attr.review"] == "reject").sum() == 0
    assert (sheet.rows["mark"] == "").all()
    sheet.selected = [1]
    sheet._key("f")
    assert sheet.rows["mark"].iloc[1] == "flag"
    with pytest.raises(AnnotationError, match="is not a mark"):
        sheet.mark("perhaps", [0])


def test_relabel_changes_the_task_and_can_be_taken_back(task: Task) -> None:
    sheet = ContactSheet(task.shapes, task)
    sheet.mark("relabel", [0, 2], label="person")
    assert (task.shapes["label"] == "person").sum() == 12
    assert sheet.rows["label"].iloc[0] == "person"
    sheet.sort("-score")
    sheet.undo()
    assert (task.shapes["label"] == "person").sum() == 10
    assert sheet.rows.sort_index()["label"].iloc[0] == "car"
    with pytest.raises(AnnotationError, match="relabel needs a label"):
        sheet.mark("relabel", [0])


def test_tracks_are_marked_too(task: Task) -> None:
    track = [
        {"frame": frame, "label": "car", "type": "rectangle", "points": [5 + frame, 5, 30 + frame, 30], "track_id": 1}
        for frame in (2, 8)
    ]
    number = task.add(pd.DataFrame(track))[0]
    every = task.to_frame(interpolate=True)
    rows = every[(every["track_id"] == number) & (every["frame"] == 5)]
    sheet = ContactSheet(rows, task, attribute="review")
    sheet.mark("accept", [0])
    assert set(task.tracks["attr.review"]) == {"accept"}
    assert sorted(task.tracks["frame"]) == [2, 8]


def test_the_hook_draws_in_pixels_of_the_frame(task: Task) -> None:
    seen = []

    def draw(canvas, frame, rows) -> None:
        canvas.stroke_rect(0, 0, 10, 10)
        seen.append((frame, len(rows)))

    ContactSheet(task.shapes, task, draw=draw, crops=False)
    assert seen == [(frame, 2) for frame in range(10)]


def test_nothing_and_no_frame_column(task: Task) -> None:
    assert ContactSheet(task.shapes.iloc[:0], task).pages == 1
    with pytest.raises(AnnotationError, match="column frame"):
        ContactSheet(pd.DataFrame({"id": [1]}), task)


def test_conflicts_of_a_report_and_votes_of_a_consensus_are_rows_like_any_other(task: Task) -> None:
    moved = task.shapes
    moved["points"] = [points + (40 if row < 3 else 0) for row, points in enumerate(moved["points"])]
    report = quality.compare(moved, task.table, labels=task.labels, frames=task.frame_index)
    sheet = ContactSheet(report.conflicts, task, captions=["type", "frame"], color="severity", crops=False)
    assert len(report.conflicts) >= 3
    assert sheet._texts()[0][0].startswith("frame 0: ")
    sheet.mark("flag", [0])
    assert (sheet.rows["mark"] == "flag").sum() == len(sheet.rows_at(0))
    replicas = [task.table, task.table, moved]
    merged = quality.merge(replicas, labels=task.labels, frames=task.frame_index)
    votes = AnnotationView(merged, task.labels, task.frame_index, 0).shapes
    assert sorted(set(votes["score"])) == [0.33, 0.67, 1.0]
    sheet = ContactSheet(votes, task, color="score", sort="score")
    assert sheet._texts()[0] == ["car", "score 0.33"]
    assert all(spot.width > 0 for spot in sheet._placed)
