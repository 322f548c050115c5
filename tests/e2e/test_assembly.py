"""Tracks merged and split, objects grouped, sliced and reversed, by mouse and keys, each one step of undo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import cvat_widgets as cw
from tests.e2e.annotator import AnnotatorPage
from tests.e2e.lab import NotebookPage, expect

Opener = Callable[..., NotebookPage]

CELL = """import cvat_widgets as cw
sample = cw.samples.street()
task = cw.Task.create("assembly", sample.path, labels=["car", "person"], store={store!r})
task.add([{{"frame": frame, "label": "car", "type": "rectangle", "points": [x, 100, x + 60, 160]}} for frame, x in ((0, 100), (4, 140))])
task.add([{{"frame": 0, "label": "person", "type": "polygon", "points": [300, 100, 380, 100, 380, 180, 300, 180]}}])
cw.Annotator(task)"""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "assembly.sqlite"


@pytest.fixture
def page(open_notebook: Opener, store: Path) -> AnnotatorPage:
    notebook = open_notebook([CELL.format(store=str(store))])
    notebook.run_all()
    found = AnnotatorPage(notebook)
    found.focus()
    return found


def task(store: Path) -> cw.Task:
    return cw.Task.open("assembly", store=store)


def test_shapes_on_two_frames_become_a_track_that_is_split_again(page: AnnotatorPage, store: Path) -> None:
    page.press("m")
    page.click(130, 130)
    page.press("v")  # ten frames on, and back to the fourth
    page.go_to(4)
    page.click(170, 130)
    page.press("m")
    page.saved()
    tracks = task(store).tracks
    assert tracks.frame.tolist() == [0, 1, 4, 5]
    assert tracks.outside.tolist() == [False, True, False, True]
    assert tracks.track_id.nunique() == 1
    assert (task(store).shapes.label == "person").all()
    page.press("Control+z")
    page.wait("editor.document.tracks().length === 0")
    assert len(task(store).tracks) == 0
    page.press("Control+y")
    page.wait("editor.document.tracks().length === 1")
    assert len(task(store).tracks) == 4

    # Alt+M cuts it where the user is.
    page.go_to(4)
    page.press("Escape")
    page.press("Alt+m")
    page.click(170, 130)
    page.saved()
    tracks = task(store).tracks
    assert tracks.track_id.nunique() == 2
    assert tracks.groupby("track_id").frame.apply(list).tolist() == [[0, 1, 4], [4, 5]]
    assert tracks.groupby("track_id").outside.apply(list).tolist() == [[False, True, True], [False, True]]


def test_two_on_one_frame_are_refused_in_words(page: AnnotatorPage, store: Path) -> None:
    page.draw_box((200, 200, 260, 260))
    page.press("Escape", "m")
    page.click(130, 130)
    page.click(230, 230)
    page.press("m")
    expect(page.page.get_by_text("Two of the objects are on frame 0 at once")).to_be_visible()
    assert len(task(store).tracks) == 0


def test_groups(page: AnnotatorPage, store: Path) -> None:
    page.press("g")
    page.click(130, 130)
    page.click(340, 140)
    page.press("g")
    page.saved()
    rows = task(store).shapes.query("frame == 0")
    assert rows.group.tolist() == [1, 1]
    page.press("Shift+G")
    page.saved()
    assert task(store).shapes.group.tolist() == [0, 0, 0]


def test_slicing_and_reversing_a_polygon(page: AnnotatorPage, store: Path) -> None:
    page.click(340, 140)
    page.press("Alt+j")
    page.click(290, 140)
    page.click(390, 140)
    page.press("Enter")
    page.wait("[...editor.document.all()].length === 4")
    page.saved()
    parts = task(store).shapes.query("type == 'polygon'")
    assert len(parts) == 2
    assert set(parts.label) == {"person"}
    np.testing.assert_allclose(sorted(parts.cvat.area), [3200, 3200], rtol=0.03)
    page.press("Control+z")
    page.wait("[...editor.document.all()].length === 3")
    assert len(task(store).shapes) == 3
    page.press("Escape")
    page.click(340, 140)
    page.click(340, 140, button="right")
    page.page.get_by_role("menuitem", name="Reverse the orientation").click()
    page.saved()
    assert task(store).shapes.query("type == 'polygon'").points.iloc[0].tolist() == [300, 100, 300, 180, 380, 180, 380, 100]
