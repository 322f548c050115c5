"""How picture and objects are shown, and that everything can be reached by mouse, keys and the command palette."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import cvat_widgets as cw
from tests.e2e.annotator import AnnotatorPage
from tests.e2e.lab import NotebookPage, expect

Opener = Callable[..., NotebookPage]

SETUP = """import cvat_widgets as cw
from pathlib import Path
new = not Path({store!r}).exists()
labels = [cw.Label("car", color="#ff2040", attributes=[cw.Attribute("parked", "checkbox")]), cw.Label("person", color="#20c0ff")]
if new:
    task = cw.Task.create("view", cw.samples.street().path, labels=labels, store={store!r})
else:
    task = cw.Task.open("view", store={store!r})
box = dict(type="rectangle")
task.add([] if not new else [
    dict(box, frame=0, label="car", points=[352, 206, 486, 260]),
    dict(box, frame=0, label="person", points=[196, 222, 246, 352], track_id=1),
    dict(box, frame=60, label="person", points=[330, 222, 380, 352], track_id=1),
    dict(box, frame=100, label="person", points=[420, 222, 470, 352], track_id=1, outside=True),
    dict(frame=0, label="car", type="polygon", points=[530, 90, 600, 90, 620, 120, 600, 170, 540, 170]),
    dict(frame=0, label="car", type="cuboid",
         points=[60, 150, 60, 230, 130, 160, 130, 240, 160, 150, 160, 220, 95, 140, 95, 210]),
])
cw.Annotator(task, height={height})"""


def open_view(open_notebook: Opener, tmp_path: Path, *, height: int = 640, **options: object) -> AnnotatorPage:
    store = str(tmp_path / "view.sqlite")
    notebook = open_notebook([SETUP.format(store=store, height=height)], **options)
    notebook.run_all()
    page = AnnotatorPage(notebook)
    page.focus()
    return page


def color_at(page: AnnotatorPage, x: float, y: float) -> list[int]:
    """Colour of the lower canvas at a pixel of the picture, once it rests."""
    page.wait("scene.crisp")
    page.page.wait_for_timeout(250)
    return list(
        page.ask(
            f"""(() => {{
                const canvas = scene.host.querySelector(".cvw-canvas-base");
                const ratio = devicePixelRatio;
                const {{ scale, x, y }} = scene.viewport;
                const at = [{x} * scale.value + x.value, {y} * scale.value + y.value].map((each) => Math.round(each * ratio));
                return [...canvas.getContext("2d").getImageData(at[0], at[1], 1, 1).data];
            }})()"""
        )
    )


def run_command(page: AnnotatorPage, words: str) -> None:
    """Find an action in the palette and run it."""
    page.press("Control+k")
    field = page.root.get_by_test_id("palette").get_by_role("combobox")
    field.fill(words)
    field.press("Enter")
    expect(page.root.get_by_test_id("palette")).to_have_count(0)


def settings_of(tmp_path: Path) -> dict[str, object]:
    store = cw.Task.open("view", store=tmp_path / "view.sqlite").store
    with store.database.read() as raw:
        (user,) = raw.execute("SELECT user_name FROM setting").fetchone() or ("",)
    return dict(store.settings(user).get("annotator", {}))


def test_settings_change_the_picture_and_are_kept_for_the_user(open_notebook: Opener, tmp_path: Path) -> None:
    page = open_view(open_notebook, tmp_path)
    plain = color_at(page, 300, 100)
    page.press("F2")
    settings = page.root.get_by_test_id("settings")
    settings.get_by_role("tab", name="Picture").click()
    settings.get_by_label("Brightness").fill("40")
    dark = color_at(page, 300, 100)
    assert np.allclose(dark[:3], np.array(plain[:3]) * 0.4, atol=3)
    settings.get_by_label("Gamma").fill("2")
    gamma = color_at(page, 300, 100)
    expected = (np.array(plain[:3]) / 255) ** 0.5 * 0.4 * 255
    assert np.allclose(gamma[:3], expected, atol=4)
    settings.get_by_label("Equalize the histogram").check()
    assert color_at(page, 300, 100) != gamma
    settings.get_by_role("button", name="Reset").click()
    assert color_at(page, 300, 100) == plain
    settings.get_by_label("Contrast").fill("150")
    opacity = settings.get_by_label("Opacity")
    opacity.fill("60")
    settings.get_by_label("Background", exact=True).fill("#204060")
    page.page.wait_for_timeout(1500)
    kept = settings_of(tmp_path)
    assert kept["contrast"] == 150
    assert kept["gridOpacity"] == 60
    assert kept["canvasColor"] == "#204060"
    # The line of the grid: white over the picture.
    line = color_at(page, 300, 150)
    assert min(line[:3]) > 140

    # Another page, another session of the same user, who is asked whether to go on where they left off.
    page.go_to(57)
    page.page.wait_for_timeout(1200)
    page.notebook.load()
    page.notebook.run_all()
    again = AnnotatorPage(page.notebook)
    offer = again.root.get_by_test_id("continue")
    expect(offer).to_contain_text("You were at frame 57")
    again.focus()
    again.press("Shift+Home")
    again.wait("editor.frame.value === 57")
    expect(offer).to_have_count(0)
    assert again.ask("editor.settings.value.contrast") == 150
    assert again.ask("getComputedStyle(scene.host).backgroundColor") == "rgb(32, 64, 96)"
    assert not page.notebook.errors


def test_a_turned_picture_can_be_worked_on(open_notebook: Opener, tmp_path: Path) -> None:
    page = open_view(open_notebook, tmp_path)
    upright = page.screen(0, 0)
    page.press("Control+r")
    left, top = page.screen(0, 0)
    assert left > upright[0] + 100
    assert page.screen(640, 0)[1] > top + 100
    page.page.wait_for_timeout(300)
    page.notebook.screenshot("view-turned")
    page.draw_box((400, 60, 460, 120))
    page.saved()
    page.press("Escape")
    page.press("Escape")
    page.click(430, 90)
    assert len(page.selection) == 1
    # As seen, the right arrow points up in the picture.
    page.press("ArrowRight")
    page.page.wait_for_timeout(600)
    page.saved()
    task = cw.Task.open("view", store=tmp_path / "view.sqlite")
    drawn = task.shapes.query("shape_id == @page.selection[0]") if "shape_id" in task.shapes else task.shapes.iloc[-1:]
    np.testing.assert_allclose(list(drawn["points"])[-1], [400, 59, 460, 119], atol=1.5)
    # A handle: the corner at the bottom right of the picture.
    page.drag((460, 119), (480, 139))
    page.saved()
    shapes = cw.Task.open("view", store=tmp_path / "view.sqlite").shapes
    np.testing.assert_allclose(list(shapes["points"])[-1], [400, 59, 480, 139], atol=1.5)

    # Only this frame is turned, until all are.
    page.press("f")
    page.wait("editor.frame.value === 1 && scene.upToDate")
    assert page.ask("scene.viewport.turn.value") == 0
    page.ask("editor.setSetting('rotateAll', true)")
    page.press("Control+Shift+r")
    assert page.ask("scene.viewport.turn.value") == 3
    page.press("f")
    page.wait("editor.frame.value === 2 && scene.upToDate")
    assert page.ask("scene.viewport.turn.value") == 3
    assert not page.notebook.errors


def test_a_region_is_zoomed_to(open_notebook: Opener, tmp_path: Path) -> None:
    page = open_view(open_notebook, tmp_path)
    page.press("Shift+Z")
    page.drag((200, 100), (400, 250))
    visible = page.ask("scene.viewport.visible()")
    assert visible["minX"] <= 201
    assert visible["maxX"] >= 399
    assert visible["maxX"] - visible["minX"] < 640
    assert page.ask("editor.tool.value") == "select"
    assert page.ask("[...editor.document.all()].length") == 4
    page.root.get_by_title("Fit the picture", exact=True).click()
    assert page.ask("scene.viewport.visible().minX") < 0


def test_the_bitmap_view_shows_nothing_but_colours(open_notebook: Opener, tmp_path: Path) -> None:
    page = open_view(open_notebook, tmp_path)
    run_command(page, "areas of colour")
    page.wait("editor.bitmap.value")
    assert color_at(page, 420, 240) == [255, 32, 64, 255]
    assert color_at(page, 220, 300) == [32, 192, 255, 255]
    assert color_at(page, 10, 10) == [0, 0, 0, 255]
    page.notebook.screenshot("view-bitmap")


def test_keys_can_be_changed(open_notebook: Opener, tmp_path: Path) -> None:
    page = open_view(open_notebook, tmp_path)
    run_command(page, "change keys")
    dialog = page.root.get_by_test_id("keys")
    dialog.get_by_label("Search actions or keys").fill("next frame")
    dialog.get_by_label("Add keys for Next frame", exact=True).click()
    page.press("y")
    expect(dialog.locator('[data-action="next-frame"] kbd')).to_have_text(["F", "Y"])
    dialog.get_by_label("Add keys for Next frame", exact=True).click()
    page.press("d")
    expect(dialog.locator('[data-action="next-frame"]')).to_contain_text("Also: Previous frame")
    page.notebook.screenshot("view-conflict")
    dialog.get_by_role("button", name="Keep them only here").click()
    expect(dialog.locator('[data-action="next-frame"]')).not_to_contain_text("Also")
    dialog.get_by_label("Take F away from Next frame", exact=True).click()
    page.press("Escape")
    page.focus()
    page.press("y")
    page.wait("editor.frame.value === 1")
    page.press("d")
    page.wait("editor.frame.value === 2")
    page.press("f")
    page.page.wait_for_timeout(300)
    assert page.frame == 2
    page.press("F1")
    shown = page.root.get_by_test_id("help").locator(".cvw-shortcut", has=page.page.get_by_text("Next frame", exact=True))
    expect(shown.locator("kbd")).to_have_text(["Y", "D"])
    page.page.wait_for_timeout(1200)
    assert settings_of(tmp_path)["keys"] == {"next-frame": ["y", "d"], "previous-frame": []}
    assert not page.notebook.errors


def test_the_palette_finds_actions_and_labels(open_notebook: Opener, tmp_path: Path) -> None:
    page = open_view(open_notebook, tmp_path)
    page.press("Control+Shift+P")
    palette = page.root.get_by_test_id("palette")
    field = palette.get_by_role("combobox")
    field.fill("tur le")
    expect(palette.get_by_role("option").first).to_contain_text("Turn the picture left")
    field.press("Enter")
    page.wait("scene.viewport.turn.value === 3")
    run_command(page, "person")
    assert page.ask("editor.labelOf(editor.activeLabel.value).name") == "person"
    # What cannot be done now is grey, and Enter does nothing.
    page.press("Control+k")
    palette.get_by_role("combobox").fill("delete even")
    expect(palette.get_by_role("option").first).to_have_attribute("aria-disabled", "true")
    palette.get_by_role("combobox").press("Enter")
    expect(palette).to_have_count(1)
    page.press("Escape")
    expect(palette).to_have_count(0)
    assert page.ask("[...editor.document.all()].length") == 4
    page.root.get_by_role("button", name="Find a command or a label").click()
    expect(palette).to_have_count(1)


def test_statistics_count_the_job(open_notebook: Opener, tmp_path: Path) -> None:
    page = open_view(open_notebook, tmp_path)
    run_command(page, "statistics")
    table = page.root.get_by_test_id("statistics").get_by_role("table")
    rows = [row.split("\t") for row in table.inner_text().strip().split("\n")]
    cells = {row[0].strip(): [cell.strip() for cell in row[1:]] for row in rows if len(row) > 4}
    # Rectangle, polygon, cuboid: shapes, tracks, interpolated; then manual, interpolated, total.
    assert cells["car"] == ["1", "–", "–", "1", "–", "–", "1", "–", "–", "3", "–", "3"]
    assert cells["person"] == ["–", "1", "98", "–", "–", "–", "–", "–", "–", "2", "98", "100"]
    assert cells["Total"] == ["1", "1", "98", "1", "–", "–", "1", "–", "–", "5", "98", "103"]


def test_the_whole_screen_and_a_tab_of_its_own(open_notebook: Opener, tmp_path: Path) -> None:
    page = open_view(open_notebook, tmp_path)
    page.press("Control+Alt+Enter")
    page.page.wait_for_function("() => document.fullscreenElement?.classList.contains('cvw-root')")
    page.page.wait_for_timeout(300)
    height = page.ask("scene.host.closest('.cvw-root').clientHeight")
    assert height >= page.page.evaluate("innerHeight") - 2
    page.press("Control+Alt+Enter")
    page.page.wait_for_function("() => document.fullscreenElement === null")
    # As in a JupyterLab that gives no application to widgets.
    page.page.evaluate("() => { window.keptApp = window.jupyterapp; window.jupyterapp = undefined; }")
    run_command(page, "tab of its own")
    page.page.wait_for_function("() => document.querySelectorAll('.cvw-root[role=application]').length === 2")
    page.page.wait_for_timeout(1500)
    page.page.evaluate("() => { window.jupyterapp = window.keptApp; }")
    page.notebook.screenshot("view-detached")
    fills = page.page.evaluate(
        """() => {
            const root = document.querySelector(".jp-LinkedOutputView .cvw-root").getBoundingClientRect();
            const tab = document.querySelector(".jp-LinkedOutputView").getBoundingClientRect();
            return root.bottom <= tab.bottom && root.height > tab.height - 30;
        }"""
    )
    assert fills
    assert not page.notebook.errors


@pytest.mark.parametrize(("theme", "width"), [("light", 1500), ("dark", 1500), ("light", 560)])
def test_panels_look_right(open_notebook: Opener, tmp_path: Path, theme: str, width: int) -> None:
    page = open_view(open_notebook, tmp_path, theme=theme, width=width)
    shot = page.notebook.screenshot
    page.ask("editor.settings.value = { ...editor.settings.value, showText: 'always', showProjections: true, gridOpacity: 40 }")
    page.page.wait_for_timeout(500)
    shot(f"view-{theme}-{width}")
    page.press("F2")
    settings = page.root.get_by_test_id("settings")
    for tab in ("Player", "Picture", "Objects", "Keys"):
        settings.get_by_role("tab", name=tab).click()
        page.page.wait_for_timeout(100)
        overflow = settings.evaluate(
            """(element) => {
                const outer = element.getBoundingClientRect();
                return [...element.querySelectorAll("input, select, button, kbd, output")].filter((each) => {
                    const box = each.getBoundingClientRect();
                    return box.width > 0 && (box.left < outer.left || box.right > outer.right);
                }).map((each) => each.outerHTML.slice(0, 100));
            }"""
        )
        assert overflow == []
        shot(f"view-settings-{tab.lower()}-{theme}-{width}")
    page.press("Escape")
    expect(settings).to_have_count(0)
    page.press("Control+k")
    page.root.get_by_test_id("palette").get_by_role("combobox").fill("pic")
    page.page.wait_for_timeout(100)
    shot(f"view-palette-{theme}-{width}")
    page.press("Escape")
    for words, name in (("statistics", "statistics"), ("change keys", "keys")):
        run_command(page, words)
        page.root.get_by_test_id(name).wait_for()
        page.page.wait_for_timeout(200)
        shot(f"view-{name}-{theme}-{width}")
        page.press("Escape")
    page.press("F1")
    page.page.wait_for_timeout(100)
    shot(f"view-help-{theme}-{width}")
    assert not page.notebook.errors
