"""Labelling without a mouse, and no violation that axe-core can find, in light, dark and high contrast."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cvat_widgets as cw
from tests.e2e.annotator import AnnotatorPage
from tests.e2e.lab import NotebookPage

Opener = Callable[..., NotebookPage]

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
CELL = """import cvat_widgets as cw
sample = cw.samples.street()
task = cw.Task.create(
    "access", sample.path, store={store!r},
    labels=["car", {{"name": "person", "attributes": [{{"name": "age", "input_type": "select", "values": ["young", "old"]}}]}}])
cw.Annotator(task)"""

CHECK = """async () => {
    const result = await axe.run(".cvw-root", { resultTypes: ["violations"] });
    return result.violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
}"""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "access.sqlite"


def opened(open_notebook: Opener, store: Path, **options: Any) -> AnnotatorPage:
    notebook = open_notebook([CELL.format(store=str(store))], **options)
    notebook.run_all()
    page = AnnotatorPage(notebook)
    page.focus()
    return page


def test_a_whole_frame_is_labelled_by_keys_alone(open_notebook: Opener, store: Path) -> None:
    page = opened(open_notebook, store)
    width, height = page.ask("scene.pictureSize()")
    # A rectangle from the middle of the picture, a hundred pixels wide and fifty high.
    page.press("n", "ArrowRight", "ArrowLeft", "Space", "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowDown", "Space")
    page.wait("[...editor.document.all()].length === 1")
    # Another label for it, occluded, two pixels to the left.
    page.press("Control+2", "q", "ArrowLeft", "ArrowLeft")
    page.wait("[...editor.document.all()][0].points[0] % 10 !== 0")
    page.saved()
    row = cw.Task.open("access", store=store).shapes.iloc[0]
    assert (row.label, bool(row.occluded)) == ("person", True)
    left, top = width / 2 - 2, height / 2
    assert row.points.tolist() == pytest.approx([left, top, left + 100, top + 50], abs=1)
    # A second one; Tab goes from one to the other, Delete removes it, Ctrl+Z brings it back.
    page.press("Escape", "n", "ArrowUp", "Space", "ArrowLeft", "Shift+ArrowUp", "Space")
    page.wait("[...editor.document.all()].length === 2")
    page.press("Escape", "Tab")
    first = page.selection
    page.press("Tab")
    assert page.selection != first
    page.press("Delete")
    page.wait("[...editor.document.all()].length === 1")
    page.press("Control+z")
    page.wait("[...editor.document.all()].length === 2")
    page.press("f")
    assert page.frame == 1


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: run npm ci")
@pytest.mark.parametrize("look", ["light", "dark", "contrast"])
def test_axe_finds_nothing(open_notebook: Opener, store: Path, look: str) -> None:
    page = opened(open_notebook, store, theme="dark" if look == "dark" else "light")
    if look == "contrast":
        page.page.emulate_media(forced_colors="active", contrast="more")
    page.draw_box((100, 60, 180, 120))
    page.page.add_script_tag(path=str(AXE))
    assert page.page.evaluate(CHECK) == []
    for keys, name in (("F1", "help"), ("F2", "settings")):
        page.press(keys)
        page.root.get_by_test_id(name).wait_for()
        assert page.page.evaluate(CHECK) == [], name
        page.page.keyboard.press("Escape")
        page.focus()
    page.notebook.screenshot(f"accessibility-{look}")
