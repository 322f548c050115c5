"""Pictures for a person to look at, and what can be checked of the looks: nothing overflows, both themes, small and large cells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.annotator import AnnotatorPage
from tests.e2e.lab import NotebookPage

Opener = Callable[..., NotebookPage]

SETUP = """import cvat_widgets as cw
sample = cw.samples.street()
labels = [
    cw.Label("car", attributes=[
        cw.Attribute("parked", "checkbox"), cw.Attribute("plate", "text"), cw.Attribute("kind", "select", ("sedan", "van", "bus")),
        cw.Attribute("speed", "number", ("0", "200", "5"), mutable=True), cw.Attribute("side", "radio", ("left", "right")),
    ]),
    "person", "bicycle",
]
task = cw.Task.create("looks", sample.path, labels=labels, store={store!r})
box = dict(type="rectangle")
task.add([
    dict(box, frame=0, label="car", points=[352, 206, 486, 260]),
    dict(box, frame=0, label="person", points=[196, 222, 246, 352], track_id=1),
    dict(box, frame=60, label="person", points=[330, 222, 380, 352], track_id=1),
    dict(box, frame=100, label="person", points=[420, 222, 470, 352], track_id=1, outside=True),
    dict(box, frame=20, label="person", points=[60, 180, 90, 250], track_id=2),
    dict(box, frame=119, label="person", points=[300, 180, 330, 250], track_id=2),
    dict(frame=0, label="bicycle", type="polygon", points=[530, 90, 600, 90, 620, 120, 600, 170, 540, 170]),
    dict(frame=0, label="person", type="polyline", points=[20, 300, 120, 280, 180, 330]),
])
cw.Annotator(task, height={height})"""


WATCH_FIRST = """() => {
    const placeOf = (image) => {
        const outer = image.closest(".cvw-host").getBoundingClientRect();
        const box = image.getBoundingClientRect();
        const scale = Math.min(box.width / image.naturalWidth, box.height / image.naturalHeight);
        const [width, height] = [image.naturalWidth * scale, image.naturalHeight * scale];
        return [box.left + (box.width - width) / 2 - outer.left, box.top + (box.height - height) / 2 - outer.top, width, height];
    };
    const look = () => {
        const image = document.querySelector(".cvw-still");
        if (image?.naturalWidth) window.firstPlace = placeOf(image);
        requestAnimationFrame(look);
    };
    look();
}"""
PLACE = """(selector) => {
    const root = document.querySelector(selector);
    const outer = root.closest(".cvw-host").getBoundingClientRect();
    const { editor, scene } = root.cvatWidgets;
    const [width, height] = editor.frames.sizeOf(0);
    const [[left, top], [right, bottom]] = [scene.toScreen(0, 0), scene.toScreen(width, height)];
    return [left - outer.left, top - outer.top, right - left, bottom - top];
}"""

# What lies over one another, or beyond the border, in the top bar of an annotator of these widths.
OVERLAPS = """async ([selector, widths]) => {
    const root = document.querySelector(selector);
    const host = root.closest(".cvw-host");
    const found = [];
    for (const width of widths) {
        host.style.width = `${width}px`;
        for (let turn = 0; turn < 3; turn++) await new Promise(requestAnimationFrame);
        const bar = root.querySelector(".cvw-topbar");
        const { right } = bar.getBoundingClientRect();
        const things = [...bar.querySelectorAll("button, select, input, span")]
            .filter((each) => each.children.length === 0 || each.matches("button, select"))
            .filter((each) => !each.closest(".cvw-marks, datalist, button > *, .cvw-visually-hidden"))
            .map((each) => [each, each.getBoundingClientRect()])
            .filter(([, box]) => box.width > 1 && box.height > 1);
        for (const [index, [one, a]] of things.entries()) {
            if (a.right > right + 1) found.push([width, one.outerHTML.slice(0, 80), "border"]);
            for (const [other, b] of things.slice(index + 1)) {
                if (one.contains(other) || other.contains(one)) continue;
                const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
                const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
                if (wide > 1 && high > 1) found.push([width, one.outerHTML.slice(0, 80), other.outerHTML.slice(0, 80)]);
            }
        }
    }
    host.style.width = "";
    return found;
}"""


@pytest.mark.parametrize(("theme", "width"), [("light", 1500), ("dark", 1500), ("light", 620), ("dark", 760)])
def test_the_widget_fits_its_cell(open_notebook: Opener, tmp_path: Path, theme: str, width: int) -> None:
    notebook = open_notebook([SETUP.format(store=str(tmp_path / "looks.sqlite"), height=640)], theme=theme, width=width)
    notebook.page.evaluate(WATCH_FIRST)
    notebook.run_all()
    page = AnnotatorPage(notebook)
    # The picture is shown before the annotator is there, and stays in its place.
    page.page.wait_for_function("() => !document.querySelector('.cvw-cover')")
    first = page.page.evaluate("() => window.firstPlace")
    assert first == pytest.approx(page.page.evaluate(PLACE, ".cvw-root[role=application]"), abs=1)
    page.focus()
    page.click(420, 232)
    assert len(page.selection) == 1
    page.page.wait_for_timeout(600)
    notebook.screenshot(f"annotator-{theme}-{width}")
    overflow = page.page.evaluate(
        """(selector) => {
            const root = document.querySelector(selector);
            const outer = root.getBoundingClientRect();
            return [...root.querySelectorAll("button, input, select, canvas, aside, .cvw-timeline")].filter((element) => {
                const box = element.getBoundingClientRect();
                if (box.width === 0 || element.closest(".cvw-list, .cvw-lanes, .cvw-shortcuts")) return false;
                return box.left < outer.left - 1 || box.right > outer.right + 1 || box.bottom > outer.bottom + 1;
            }).map((element) => element.outerHTML.slice(0, 120));
        }""",
        ".cvw-root[role=application]",
    )
    assert overflow == []
    page.focus()
    page.press("F1")
    page.root.get_by_test_id("help").wait_for()
    notebook.screenshot(f"help-{theme}-{width}")
    page.press("Escape")
    page.focus()
    page.press("F2")
    page.root.get_by_test_id("settings").wait_for()
    notebook.screenshot(f"settings-{theme}-{width}")
    page.press("Escape")
    page.focus()
    page.click(220, 290, button="right")
    page.root.get_by_test_id("context-menu").wait_for()
    assert page.page.locator(".lm-Menu").count() == 0
    notebook.screenshot(f"menu-{theme}-{width}")
    page.press("Escape")
    if (theme, width) == ("light", 1500):
        assert page.page.evaluate(OVERLAPS, [".cvw-root[role=application]", [*range(1200, 480, -20)]]) == []
    assert not notebook.errors


def test_text_can_be_read_in_both_themes(open_notebook: Opener, tmp_path: Path) -> None:
    """Every text on a plain background has a contrast of at least 4.5 : 1 (WCAG 2.1, 1.4.3)."""
    for theme in ("light", "dark"):
        store = str(tmp_path / f"{theme}.sqlite")
        notebook = open_notebook([SETUP.format(store=store, height=640)], name=f"contrast-{theme}.ipynb", theme=theme)
        notebook.run_all()
        page = AnnotatorPage(notebook)
        poor = page.page.evaluate(
            """(selector) => {
                const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
                const rgba = (color) => {
                    context.clearRect(0, 0, 1, 1);
                    context.fillStyle = color;
                    context.fillRect(0, 0, 1, 1);
                    return [...context.getImageData(0, 0, 1, 1).data];
                };
                const light = ([r, g, b]) => {
                    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
                    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
                };
                const poor = [];
                const walker = document.createTreeWalker(document.querySelector(selector), NodeFilter.SHOW_TEXT);
                while (walker.nextNode()) {
                    const element = walker.currentNode.parentElement;
                    if (!walker.currentNode.textContent.trim() || element.closest(".cvw-visually-hidden, option, :disabled")) continue;
                    let opacity = 1;
                    let layers = [];
                    for (let each = element; each; each = each.parentElement) {
                        const style = getComputedStyle(each);
                        opacity *= Number(style.opacity);
                        layers.push(rgba(style.backgroundColor));
                    }
                    let under = [255, 255, 255];
                    for (const [r, g, b, a] of layers.reverse()) under = [r, g, b].map((v, i) => (v * a + under[i] * (255 - a)) / 255);
                    const text = rgba(getComputedStyle(element).color).slice(0, 3).map((v, i) => v * opacity + under[i] * (1 - opacity));
                    const [high, low] = [light(text), light(under)].sort((a, b) => b - a);
                    const ratio = (high + 0.05) / (low + 0.05);
                    if (ratio < 4.5) poor.push(`${walker.currentNode.textContent.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
                }
                return poor;
            }""",
            ".cvw-root[role=application]",
        )
        assert poor == [], theme


def test_an_empty_frame_and_a_missing_file_say_so(open_notebook: Opener, tmp_path: Path) -> None:
    notebook = open_notebook(
        [
            f"""import cvat_widgets as cw, shutil
from pathlib import Path
folder = Path({str(tmp_path)!r}) / "pictures"
folder.mkdir()
for number, path in enumerate(cw.samples.pictures().paths[:2]):
    shutil.copy(path, folder / f"{{number}}{{Path(path).suffix}}")
task = cw.Task.create("gone", folder, labels=["car"], store={str(tmp_path / "gone.sqlite")!r})
for path in sorted(folder.iterdir())[1:]:
    path.unlink()
cw.Annotator(task)"""
        ]
    )
    notebook.run_all()
    page = AnnotatorPage(notebook)
    assert "No objects on this frame" in (page.root.inner_text())
    notebook.screenshot("empty")
    page.focus()
    page.press("f")
    page.wait("editor.player.error.value !== null")
    page.page.wait_for_timeout(300)
    assert "1" in str(page.ask("editor.player.error.value"))
    notebook.screenshot("missing-file")
