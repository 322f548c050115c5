"""What CVAT's manual tells of the interface and the scenarios beside this one do not: chapters 2.1.7 to 2.1.9, 2.1.11 and 2.1.14.

``README.md`` in this folder says which chapter is done by which scenario.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

import cvat_widgets as cw
from tests.e2e.annotator import AnnotatorPage, near
from tests.e2e.lab import expect
from tests.e2e.manual import Opener, at_frame, open_manual, task


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "manual.sqlite"


@pytest.fixture
def page(open_notebook: Opener, store: Path) -> AnnotatorPage:
    return open_manual(open_notebook, store)


def press_button(page: AnnotatorPage, action: str) -> None:
    page.root.get_by_test_id(f"action-{action}").click()


def visible(page: AnnotatorPage) -> dict[str, float]:
    return dict(page.ask("scene.viewport.visible()"))


def test_player_and_view(page: AnnotatorPage, store: Path) -> None:
    """Chapters 2.1.7 (navigation), 2.1.8 (top panel), 2.1.9 (controls), 2.1.11 (image settings), 2.1.14 (settings)."""
    before = task(store).shapes
    last = page.ask("editor.player.last")
    # The player: its buttons, the slider, the keys, the field.
    for action, frame in (
        ("next-frame", 1), ("forward", 11), ("last-frame", last), ("backward", last - 10), ("previous-frame", last - 11), ("first-frame", 0),
    ):  # fmt: skip
        press_button(page, action)
        at_frame(page, frame)
    page.focus()
    for key, frame in (
        ("f", 1),
        ("v", 11),
        ("c", 1),
        ("d", 0),
        ("Shift+ArrowRight", 2),
        ("ArrowLeft", 1),
        ("End", last),
        ("Home", 0),
    ):
        page.press(key)
        at_frame(page, frame)
    assert "(F)" in str(page.root.get_by_test_id("action-next-frame").get_attribute("title"))
    page.root.get_by_label("Frame", exact=True).fill("30")
    at_frame(page, 30)
    page.focus()
    page.press("`")
    page.page.wait_for_function("() => document.activeElement.dataset.testid === 'frame-input'")
    page.page.keyboard.type("12")
    page.press("Enter")
    at_frame(page, 12)
    page.press("Space")
    page.wait("editor.frame.value > 13")
    page.press("Space")
    page.wait("!editor.player.playing.value")
    # A right click on the button beside play: to frames with objects, or without.
    page.go_to(0)
    page.root.get_by_test_id("action-next-frame").click(button="right")
    menu = page.root.get_by_test_id("step-menu")
    menu.get_by_role("menuitemradio", name="Frames without objects").click()
    press_button(page, "next-empty")
    at_frame(page, 2)
    page.root.get_by_test_id("action-previous-empty").click(button="right")
    expect(menu.get_by_role("menuitemradio", name="Frames without objects")).to_be_focused()
    page.press("ArrowUp", "Enter")
    expect(menu).to_have_count(0)
    press_button(page, "previous-annotated")
    at_frame(page, 1)
    press_button(page, "previous-annotated")
    at_frame(page, 0)
    page.root.get_by_test_id("action-next-annotated").click(button="right")
    menu.get_by_role("menuitemradio", name="Next and previous frame").click()

    # The view: a drag beside the objects moves it, and so does the middle button over them; the wheel zooms at the cursor.
    page.focus()
    fitted = visible(page)
    page.drag((450, 250), (400, 230))
    assert visible(page)["minX"] > fitted["minX"] + 30
    x, y = page.screen(140, 130)
    page.page.mouse.move(x, y)
    page.page.mouse.down(button="middle")
    page.page.mouse.move(x + 60, y + 40, steps=4)
    page.page.mouse.up(button="middle")
    near(page.screen(140, 130), [x + 60, y + 40], 2)
    at = page.screen(330, 150)
    page.page.mouse.move(*at)
    for _ in range(3):
        page.page.mouse.wheel(0, -100)
    page.wait(f"scene.viewport.visible().maxX - scene.viewport.visible().minX < {0.7 * (fitted['maxX'] - fitted['minX'])}")
    near(page.screen(330, 150), list(at), 2)
    page.page.mouse.dblclick(*page.screen(330, 230))
    page.wait(f"Math.abs(scene.viewport.visible().minX - {fitted['minX']}) < 1")

    # The tool that only moves the picture: an object under it is neither selected nor moved, and Esc lays it down.
    press_button(page, "pan")
    page.focus()
    x, y = page.screen(140, 130)
    page.page.mouse.move(x, y)
    page.page.mouse.down()
    page.page.mouse.move(x + 60, y + 40, steps=4)
    page.page.mouse.up()
    near(page.screen(140, 130), [x + 60, y + 40], 2)
    assert (page.selection, page.ask("editor.tool.value")) == ([], "pan")
    page.page.mouse.dblclick(*page.screen(330, 150))
    page.wait(f"Math.abs(scene.viewport.visible().minX - {fitted['minX']}) < 1")
    page.press("Escape")
    page.wait("editor.tool.value === 'select'")

    # The picture by keys, and a step of one's own in the settings.
    page.press("Shift+B", "=")
    assert page.ask("editor.settings.value.brightness") > 100
    page.press("Shift+C", "-")
    assert page.ask("editor.settings.value.contrast") < 100
    page.press("F2")
    settings = page.root.get_by_test_id("settings")
    settings.get_by_role("tab", name="Player").click()
    settings.get_by_label("Step", exact=True).fill("4")
    page.press("F2")
    expect(settings).to_have_count(0)
    page.focus()
    page.press("v")
    at_frame(page, 4)

    # Undo and redo by their buttons; looking around has changed nothing.
    assert task(store).shapes.equals(before)
    page.draw_box((200, 200, 260, 260))
    page.press("Escape")
    press_button(page, "undo")
    page.wait("[...editor.document.all()].length === 3")
    press_button(page, "redo")
    page.wait("[...editor.document.all()].length === 4")
    page.press("Control+s")
    page.saved()
    assert len(task(store).shapes) == 4
    menu_of_the_job(page, store)
    assert not page.notebook.errors


def menu_of_the_job(page: AnnotatorPage, store: Path) -> None:
    """What the main menu does: a dataset out of the job and into it again, removing, the task, the states."""
    root = page.root
    menu = root.get_by_test_id("job-menu")

    def choose(item: str) -> None:
        press_button(page, "menu")
        menu.get_by_test_id(f"menu-{item}").click()
        expect(menu).to_have_count(0)

    def objects(count: int) -> None:
        page.wait(f"[...editor.document.all()].length === {count}")
        page.saved()
        assert len(task(store).shapes) == count

    # By keys: F10 opens it, arrows go round, Escape closes it.
    page.focus()
    page.press("F10")
    expect(menu.get_by_test_id("menu-import")).to_be_focused()
    page.press("ArrowDown", "Enter")
    dialog = root.get_by_role("dialog", name="Export as a dataset")
    dialog.get_by_test_id("export-format").select_option("CVAT for images 1.1")
    with page.page.expect_download() as download:
        dialog.get_by_role("button", name="Export").click()
    expect(dialog).to_have_count(0)
    file = store.parent / download.value.suggested_filename
    download.value.save_as(file)
    with zipfile.ZipFile(file) as archive:
        assert archive.read("annotations.xml").count(b"<box") == 4

    # What was exported comes in again, as one change; what cannot be read changes nothing and says why.
    choose("import")
    dialog = root.get_by_role("dialog", name="Upload annotations")
    broken = store.parent / "broken.xml"
    broken.write_text("<annotations>\n<image id='0' name='frame_000000' width='640' height='360'>\n<box label='car' xtl='a'/>")
    dialog.get_by_test_id("import-file").set_input_files(broken)
    dialog.get_by_test_id("import-format").select_option("CVAT 1.1")
    dialog.get_by_role("button", name="Upload").click()
    expect(dialog.get_by_test_id("import-problem")).to_contain_text("broken.xml:3")
    dialog.get_by_test_id("import-file").set_input_files(file)
    dialog.get_by_role("button", name="Upload").click()
    expect(dialog).to_have_count(0)
    objects(8)
    page.press("Control+z")
    objects(4)
    # Attributes that the task has not do not come with it, which is said.
    rows = [{"frame_name": "frame_000000", "label": "car", "type": "rectangle", "points": [1, 1, 9, 9], "attr.wings": "2"}]
    cw.write_dataset(rows, file, "CVAT for images 1.1", sizes=(640, 360))
    choose("import")
    dialog.get_by_test_id("import-file").set_input_files(file)
    dialog.get_by_role("button", name="Upload").click()
    expect(root.get_by_test_id("toast").last).to_contain_text("left out were 1 × 'wings' of 'car'")
    objects(5)
    page.press("Control+z")
    objects(4)

    # Everything is removed, and brought back.
    choose("remove-range")
    root.get_by_test_id("remove-whole").click()
    root.get_by_role("button", name="Remove", exact=True).click()
    objects(0)
    page.press("Control+z")
    objects(4)

    # The task, the state of the job, and its end.
    choose("task")
    expect(root.get_by_test_id("task")).to_contain_text("manual")
    page.press("Escape")
    press_button(page, "menu")
    menu.get_by_role("menuitemradio", name="in progress").click()
    page.wait("editor.review.value.state === 'in progress'")
    choose("finish")
    page.wait("editor.review.value.state === 'completed'")
    assert task(store).jobs[0].state == "completed"
    choose("renew")
    page.wait("editor.review.value.state === 'new'")
    assert (task(store).jobs[0].stage, task(store).jobs[0].state) == ("annotation", "new")
