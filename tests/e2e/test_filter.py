"""The filter: built with the mouse, seen on the canvas and in the list, followed from frame to frame, copied to Python."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cvat_widgets as cw
from tests.e2e.annotator import AnnotatorPage
from tests.e2e.lab import NotebookPage, expect

Opener = Callable[..., NotebookPage]

CELL = """import cvat_widgets as cw
color = cw.Attribute("color", "select", values=["red", "blue", "green"])
labels = [cw.Label("car", attributes=[color]), "person"]
task = cw.Task.create("filter", cw.samples.street().path, labels=labels, store={store!r})
box = lambda frame, label, left, size, **more: {{
    "frame": frame, "label": label, "type": "rectangle", "points": [left, 100, left + size, 160], **more
}}
task.add([
    box(0, "car", 60, 100, **{{"attr.color": "red"}}),
    box(0, "car", 240, 40, **{{"attr.color": "blue"}}),
    box(0, "person", 400, 100),
    box(7, "person", 60, 100),
    box(20, "car", 60, 10, track_id=900, **{{"attr.color": "green"}}),
    box(60, "car", 60, 210, track_id=900),
])
cw.Annotator(task)"""


def opened(open_notebook: Opener, store: Path, **options: object) -> tuple[NotebookPage, AnnotatorPage]:
    notebook = open_notebook([CELL.format(store=str(store))], **options)
    notebook.run_all()
    page = AnnotatorPage(notebook)
    page.wait("editor.objects.value.length === 3")
    return notebook, page


def test_a_filter_is_built_with_the_mouse(open_notebook: Opener, tmp_path: Path) -> None:
    store = tmp_path / "filter.sqlite"
    notebook, page = opened(open_notebook, store)
    root = page.root
    page.click(450, 130)
    assert len(page.selection) == 1

    root.get_by_test_id("filter-button").click()
    dialog = root.get_by_role("dialog", name="Filter")
    count = dialog.get_by_test_id("filter-count")
    expect(count).to_have_text("3 of 3 objects on this frame match")
    dialog.get_by_role("button", name="Add rule").click()
    dialog.get_by_label("Value", exact=True).select_option(label="car")
    expect(count).to_have_text("2 of 3 objects on this frame match")
    dialog.get_by_role("button", name="Add group").click()
    group = dialog.get_by_role("group", name="Group")
    group.get_by_role("button", name="Not", exact=True).click()
    group.get_by_label("Property").select_option(label="car: color")
    group.get_by_label("Operator").select_option(label="any in")
    for color in ("blue", "green"):
        group.get_by_role("button", name=color).click()
    expect(count).to_have_text("1 of 3 objects on this frame match")

    # The rule is dragged into the group, whose Not then holds for both, and brought back by keys; the group is dragged on top.
    text = dialog.get_by_label("JSON logic", exact=True)
    label = {"==": [{"var": "label"}, "car"]}
    inner = {"in": [{"var": "attr.car.color"}, ["blue", "green"]]}
    grips = dialog.get_by_role("button", name="Move the rule")
    end = group.locator(".cvw-filter-rule").bounding_box()
    assert end
    grips.first.hover()
    notebook.page.mouse.down()
    notebook.page.mouse.move(end["x"] + 40, end["y"] + end["height"] - 4, steps=6)
    expect(dialog.locator(".cvw-filter-line")).to_be_visible()
    notebook.page.mouse.up()
    expect(count).to_have_text("2 of 3 objects on this frame match")
    assert json.loads(text.input_value()) == {"and": [{"!": {"and": [inner, label]}}]}
    expect(grips.nth(1)).to_be_focused()
    page.press("Alt+ArrowLeft")
    assert json.loads(text.input_value()) == {"and": [{"!": {"and": [inner]}}, label]}
    expect(root.locator("[aria-live=polite]").first).to_have_text("Rule moved: 2 of 2 in the filter")
    page.press("Alt+ArrowUp")
    expect(grips.first).to_be_focused()
    dialog.get_by_role("button", name="Move the group").hover()
    notebook.page.mouse.down()
    notebook.page.mouse.move(end["x"], end["y"] - 120, steps=4)
    notebook.page.mouse.up()
    assert json.loads(text.input_value()) == {"and": [{"!": {"and": [inner]}}, label]}
    dialog.get_by_role("button", name="Move the group").press("Alt+ArrowDown")
    expect(count).to_have_text("1 of 3 objects on this frame match")
    notebook.screenshot("filter-builder")

    logic = dialog.get_by_label("JSON logic", exact=True).input_value()
    query = dialog.get_by_label("pandas query", exact=True).input_value()
    assert json.loads(logic) == {"and": [label, {"!": {"and": [inner]}}]}
    dialog.get_by_role("button", name="Submit").click()
    expect(dialog).to_have_count(0)

    # What does not match is neither selected, nor listed, nor picked.
    assert page.selection == []
    expect(root.get_by_test_id("objects").locator("[data-object]")).to_have_count(1)
    expect(root.get_by_text("1 of 3 objects")).to_be_visible()
    page.wait("scene.crisp")
    notebook.screenshot("filter-applied")
    page.click(450, 130)
    assert page.selection == []
    page.click(110, 130)
    assert len(page.selection) == 1
    button = root.get_by_test_id("filter-button")
    assert button.get_attribute("aria-pressed") == "true"

    # The same filter in Python, in both of its forms.
    task = cw.Task.open("filter", store=store)
    assert task.filter(logic)["attr.color"].tolist() == ["red"]
    assert task.filter(query).equals(task.filter(logic))

    # All again, and the filter is among the recent ones after a reload.
    button.click()
    dialog.get_by_role("button", name="Clear filter").click()
    expect(root.get_by_test_id("objects").locator("[data-object]")).to_have_count(3)
    assert button.get_attribute("aria-pressed") == "false"
    notebook.page.wait_for_timeout(1500)  # settings are kept when they rest
    assert task.store.setting(task.user, "annotator")["recentFilters"] == [logic]
    assert not notebook.errors


def test_frames_are_found_by_filter(open_notebook: Opener, tmp_path: Path) -> None:
    notebook, page = opened(open_notebook, tmp_path / "frames.sqlite")
    root = page.root
    root.get_by_test_id("filter-button").click()
    dialog = root.get_by_role("dialog", name="Filter")
    # JSON is edited by hand; what is wrong with it is said.
    text = dialog.get_by_label("JSON logic", exact=True)
    text.fill('{"==": [{"var": "colour"}, 3]}')
    expect(dialog.get_by_role("alert")).to_contain_text("colour")
    expect(dialog.get_by_role("button", name="Submit")).to_be_disabled()
    text.fill('{"and": [{"==": [{"var": "label"}, "car"]}, {">": [{"var": "width"}, 105]}]}')
    expect(dialog.get_by_label("pandas query", exact=True)).to_have_value('label == "car" and width > 105')
    expect(dialog.get_by_label("Property")).to_have_count(2)
    dialog.get_by_role("button", name="Submit").click()
    expect(root.get_by_test_id("objects").locator("[data-object]")).to_have_count(0)

    # The track grows from 10 at frame 20 to 210 at frame 60: by 5 a frame, so that 40 is the first above 105.
    page.focus()
    page.press("ArrowRight")
    page.wait("editor.frame.value === 40 && scene.upToDate")
    page.wait("editor.objects.value.length === 1")
    page.press("ArrowRight")
    page.wait("editor.frame.value === 41")
    page.go_to(50)
    page.press("ArrowLeft")
    page.wait("editor.frame.value === 49")
    page.go_to(40)
    page.press("ArrowLeft")
    expect(root.get_by_text("There is no matching frame before this one.")).to_be_visible()
    assert page.frame == 40

    # A recent filter is taken up again and cleared.
    root.get_by_test_id("filter-button").click()
    dialog.get_by_role("button", name="Clear filter").click()
    page.go_to(0)
    page.press("ArrowRight")
    page.wait("editor.frame.value === 7")
    root.get_by_test_id("filter-button").click()
    dialog.get_by_role("list", name="Recent filters").get_by_role("button").click()
    expect(dialog.get_by_label("pandas query", exact=True)).to_have_value('label == "car" and width > 105')
    dialog.get_by_role("button", name="Cancel").click()
    assert page.ask("editor.filter.value") is None
    assert not notebook.errors


def test_the_dialog_fits_a_narrow_dark_cell(open_notebook: Opener, tmp_path: Path) -> None:
    notebook, page = opened(open_notebook, tmp_path / "narrow.sqlite", theme="dark", width=640)
    page.root.get_by_test_id("filter-button").click()
    dialog = page.root.get_by_role("dialog", name="Filter")
    dialog.get_by_role("button", name="Add rule").click()
    dialog.get_by_label("Property").select_option(label="Width")
    dialog.get_by_label("Operator").select_option(label="between")
    dialog.get_by_label("From").fill("5")
    expect(dialog.get_by_label("JSON logic", exact=True)).to_have_value("")
    dialog.get_by_label("To", exact=True).fill("50")
    expect(dialog.get_by_label("pandas query", exact=True)).to_have_value("5 <= width <= 50")
    inside = "(box) => box.scrollWidth <= box.clientWidth + 1"
    assert dialog.locator(".cvw-dialog-body").evaluate(inside)
    notebook.screenshot("filter-narrow-dark")
    assert not notebook.errors
