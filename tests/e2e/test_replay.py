"""Sessions drawn by hand and by Python, and played back in another cell."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

import cvat_widgets as cw
from tests.e2e.annotator import AnnotatorPage
from tests.e2e.lab import NotebookPage, expect

Opener = Callable[..., NotebookPage]
LOOK = os.environ.get("CVAT_WIDGETS_LOOKS") == "all"

SETUP = """import cvat_widgets as cw
sample = cw.samples.street()
task = cw.Task.create("lesson", sample.path, labels=["car", "person"], store={store!r})
annotator = cw.Annotator(task, height=560)
annotator.record_pointer = True
annotator"""

SHAPES = "[...editor.document.all()].sort((a, b) => a.id - b.id).map((r) => r.kind === 'track' ? r.keyframes : r.points)"


class ReplayPage(AnnotatorPage):
    """An annotator in which nothing is saved."""

    def saved(self) -> None:
        expect(self.root.get_by_test_id("save-state")).to_have_text("Read-only")


def run_cell(notebook: NotebookPage, index: int) -> None:
    notebook.page.evaluate(
        """(index) => {
            window.jupyterapp.shell.currentWidget.content.activeCellIndex = index;
            return window.jupyterapp.commands.execute("notebook:run-cell");
        }""",
        index,
    )


def look(notebook: NotebookPage, name: str) -> None:
    if LOOK:
        notebook.screenshot(name)


@pytest.mark.parametrize(("theme", "width"), [("light", 1400), ("dark", 700)] if LOOK else [("light", 1400)])
def test_a_lesson_is_given_and_played_back(open_notebook: Opener, tmp_path: Path, theme: str, width: int) -> None:
    store = tmp_path / "lesson.sqlite"
    notebook = open_notebook(
        [SETUP.format(store=str(store)), "replay = task.replay()\ncw.Replay(replay, height=560)"],
        theme=theme, width=width,
    )  # fmt: skip
    run_cell(notebook, 0)
    page = AnnotatorPage(notebook)
    task = cw.Task.open("lesson", store=store)

    # By hand, and the way of the hand is recorded.
    page.focus()
    page.wait("editor.demonstration.value.record")
    page.draw_box((352, 206, 486, 260))
    page.saved()
    for x in range(100, 400, 40):
        page.page.mouse.move(*page.screen(x, 150))
        page.page.wait_for_timeout(70)

    # By Python, in the order that the cell says; the cell does not wait.
    notebook.execute(
        """
first = annotator.draw("rectangle", [196, 222, 246, 352], label="person", frame=0, track=True)
annotator.go_to(40)
second = annotator.draw("polygon", [530, 90, 600, 90, 620, 120, 560, 170], label="car", frame=40)"""
    )
    page.wait("editor.document.count === 3 && editor.frame.value === 40 && editor.document.pendingCount.value === 0")
    track = int(task.tracks["track_id"].iloc[0])
    assert list(task.shapes["points"].iloc[1]) == [530, 90, 600, 90, 620, 120, 560, 170]
    assert notebook.execute("print(first.result(), second.result())").split() == [str(track), str(page.selection[0])]
    # Drawn by the page, and therefore what Ctrl+Z there takes back.
    assert task.log()["origin"].tolist() == ["canvas"] * 3

    # Waiting in the cell, where the kernel hears the browser meanwhile.
    notebook.execute(f"annotator.go_to(30, wait=True); annotator.select({track}, wait=True); annotator.do('split', wait=True)")
    assert page.ask("editor.document.tracks().length") == 2
    assert sorted(task.tracks["frame"].tolist()) == [0, 30, 30]
    error = notebook.execute(
        "annotator.select([], wait=True)\ntry:\n    annotator.do('keyframe', wait=True)\nexcept cw.CvatWidgetsError as e:\n    print(e)"
    )
    assert "Keyframe" in error
    assert "selected" in error

    # Slowly: a pointer shows how it is done.
    notebook.execute(
        "annotator.go_to(0)\nslow = annotator.draw('ellipse', [100, 100, 140, 70], label='car', slow=True)\n"
        "annotator.do('play', slow=True); annotator.pause()"
    )
    page.root.get_by_test_id("ghost-pointer").wait_for(state="visible")
    page.wait("editor.tool.value === 'ellipse'")
    page.page.wait_for_timeout(700)
    look(notebook, f"driving-{theme}")
    page.wait("editor.document.count === 5 && editor.document.pendingCount.value === 0")
    notebook.execute("import time; slow.result(); annotator.go_to(0, wait=True)")
    page.root.get_by_test_id("ghost-pointer").wait_for(state="detached")
    assert task.shapes["type"].tolist()[-1] == "ellipse"
    page.focus()
    page.press("Escape", "Control+a", "Delete", "Control+z")
    page.saved()
    page.page.wait_for_timeout(2300)  # the last of the pointer's way is on disk

    # Played back in another cell.
    run_cell(notebook, 1)
    replay = ReplayPage(notebook, 1)
    replay.wait("editor.replay.value?.steps.value")
    expect(replay.root.get_by_test_id("replay-caption")).to_contain_text("Before the first change")
    last = task.revision
    slider = replay.root.get_by_test_id("replay-slider")
    expect(slider).to_have_attribute("max", str(last))
    assert replay.ask("editor.document.count") == 0
    replay.focus()
    replay.press(">")
    replay.wait("editor.document.count === 1")
    expect(replay.root.get_by_test_id("replay-caption")).to_contain_text("Draw car")
    replay.page.wait_for_timeout(200)
    look(notebook, f"replay-flash-{theme}")

    # Scrubbed to a change on another frame: the canvas goes there.
    slider.fill("3")
    replay.wait("editor.document.count === 3 && editor.frame.value === 40")
    replay.focus()
    replay.press("<")
    replay.wait("editor.document.count === 2 && editor.frame.value === 0")
    slider.fill("0")
    replay.wait("editor.document.count === 0")

    # Played to its end, which is the table as it is.
    replay.root.get_by_test_id("replay-speed").select_option("10")
    replay.focus()
    replay.press("Space")
    replay.wait("editor.replay.value.playing.value")
    replay.wait("editor.replay.value.number.value >= 1")
    replay.page.wait_for_timeout(150)
    look(notebook, f"replay-trail-{theme}")
    replay.wait(f"!editor.replay.value.playing.value && editor.replay.value.number.value === {last}")
    replay.wait(f"JSON.stringify({SHAPES}) === {json.dumps(page.ask(f'JSON.stringify({SHAPES})'))}")
    same = notebook.execute(
        "objects = lambda table: {each.id: each for each in table.to_records(task.labels)}\n"
        "print(objects(list(replay)[-1].table) == objects(task.table), len(objects(task.table)), len(replay.pointer()))"
    )
    equal, count, samples = same.split()
    assert (equal, count) == ("True", "5")
    assert int(samples) >= 4
    look(notebook, f"replay-end-{theme}")

    # Python holds the reins, too, and nothing can be changed.
    notebook.execute("widget = cw.Replay(task)")
    replay.press("Delete")
    assert task.revision == last
    assert not notebook.errors
