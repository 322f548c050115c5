"""Annotation actions and joins as somebody at the screen does them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator

import cvat_widgets as cw
from tests.e2e.annotator import AnnotatorPage
from tests.e2e.lab import NotebookPage, expect

Opener = Callable[..., NotebookPage]


@pytest.fixture
def opened(open_notebook: Opener, tmp_path: Path) -> tuple[AnnotatorPage, cw.Task]:
    """An annotator with two overlapping polygons on frame 0, one far away, and a box on each of ten frames."""
    store = tmp_path / "actions.sqlite"
    notebook = open_notebook(
        [
            f"""import numpy as np
import cvat_widgets as cw
task = cw.Task.create("parts", np.full((10, 240, 320, 3), 90, np.uint8), labels=["car", "person"], store={str(store)!r})
def square(x, y):
    return dict(frame=0, label="car", type="polygon", points=[x, y, x + 40, y, x + 60, y + 0.4, x + 60, y + 60, x, y + 60])
task.add([square(20, 20), square(60, 40), square(200, 150)])
task.add([dict(frame=n, label="person", type="rectangle", points=[250, 10, 300, 60]) for n in range(10)])
cw.Annotator(task)"""
        ]
    )
    notebook.run_all()
    page = AnnotatorPage(notebook)
    page.focus()
    return page, cw.Task.open("parts", store=store)


def polygons(task: cw.Task) -> list[int]:
    return sorted(task.shapes.query("type == 'polygon'")["id"])


def choose(dialog: Locator, field: str, value: str) -> None:
    dialog.get_by_role("combobox", name=field, exact=True).select_option(value)


def fill(dialog: Locator, field: str, value: str) -> None:
    dialog.get_by_role("spinbutton", name=field, exact=True).fill(value)


def wait_for_objects(page: AnnotatorPage, count: int) -> None:
    page.wait(f"[...editor.document.all()].length === {count}")


def test_polygons_are_joined_with_a_key_and_taken_apart_again(opened: tuple[AnnotatorPage, cw.Task]) -> None:
    page, task = opened
    one, two, far = polygons(task)
    page.click(30, 70)
    page.page.keyboard.down("Shift")
    page.click(110, 90)
    page.page.keyboard.up("Shift")
    assert sorted(page.selection) == [one, two]
    page.press("j")
    wait_for_objects(page, 12)
    (joined,) = set(polygons(task)) - {far}
    page.wait(f"editor.selection.value.includes({joined})")
    page.press("Control+z")
    wait_for_objects(page, 13)
    assert polygons(task) == [one, two, far]

    # What does not touch is refused in words, and nothing changes.
    page.press("Escape")
    page.click(30, 70)
    page.page.keyboard.down("Shift")
    page.click(230, 180)
    page.page.keyboard.up("Shift")
    page.press("j")
    expect(page.root.get_by_test_id("toast").filter(has_text="do not touch")).to_be_visible()
    assert polygons(task) == [one, two, far]


def test_an_action_runs_on_all_frames_and_is_one_undo_step(opened: tuple[AnnotatorPage, cw.Task]) -> None:
    page, task = opened
    revision = task.revision
    page.press("Control+e")
    dialog = page.root.get_by_role("dialog", name="Run an action")
    choose(dialog, "Action", "Convert shapes")
    choose(dialog, "From", "rectangle")
    choose(dialog, "To", "polygon")
    choose(dialog, "Frames", "all")
    page.notebook.screenshot("actions-dialog")
    dialog.get_by_test_id("action-run").click()
    expect(dialog.get_by_test_id("action-outcome")).to_have_text("10 changed.")
    assert len(polygons(task)) == 13
    assert task.revision == revision + 1
    dialog.get_by_label("Close (Esc)").click()
    expect(dialog).to_be_hidden()
    page.press("Control+z")
    page.wait("[...editor.document.all()].filter((record) => record.type === 'rectangle').length === 10")
    assert len(polygons(task)) == 3


def test_an_action_on_the_selection_leaves_the_rest_alone(opened: tuple[AnnotatorPage, cw.Task]) -> None:
    page, task = opened
    one, two, far = polygons(task)
    page.click(230, 180)
    assert page.selection == [far]
    page.press("Control+e")
    dialog = page.root.get_by_role("dialog", name="Run an action")
    expect(dialog.get_by_label("Only selected objects (1)")).to_be_checked()
    choose(dialog, "Action", "Polygon simplification")
    fill(dialog, "Distance in pixels", "1.5")
    page.page.keyboard.press("Enter")
    expect(dialog.get_by_test_id("action-outcome")).to_have_text("1 changed.")
    lengths = task.shapes.set_index("id")["points"].map(len)
    assert (lengths[far], lengths[one], lengths[two]) == (8, 10, 10)


def test_an_action_of_ones_own_is_in_the_dialog_and_can_be_cancelled(opened: tuple[AnnotatorPage, cw.Task]) -> None:
    page, task = opened
    revision = task.revision
    page.notebook.execute(
        """import threading
go_on = threading.Event()
@cw.action("Wipe", cw.actions.Checkbox("slowly", default=True, label="Take your time"))
def wipe(rows, slowly):
    "Remove everything."
    if slowly:
        go_on.wait(30)
    return {"remove": rows["id"]}"""
    )
    page.focus()
    page.press("Control+e")
    dialog = page.root.get_by_role("dialog", name="Run an action")
    choose(dialog, "Action", "Wipe")
    expect(dialog.get_by_text("Remove everything.")).to_be_visible()
    choose(dialog, "Frames", "range")
    fill(dialog, "From", "2")
    fill(dialog, "To", "4")
    dialog.get_by_test_id("action-run").click()
    dialog.get_by_test_id("action-cancel").click()
    expect(dialog.get_by_test_id("action-outcome")).to_have_text("Cancelled: nothing was changed.")
    page.notebook.execute("go_on.set()")
    dialog.get_by_label("Take your time").uncheck()
    dialog.get_by_test_id("action-run").click()
    expect(dialog.get_by_test_id("action-outcome")).to_have_text("3 removed.")
    # Had the cancelled run written after all, nothing would have been left to remove.
    assert task.revision == revision + 1
    assert sorted(task.shapes.query("label == 'person'")["frame"]) == [0, 1, 5, 6, 7, 8, 9]
    assert not page.notebook.errors
