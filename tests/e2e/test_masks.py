"""Masks as somebody draws them: brush, eraser, polygons, what lies below, tracks, conversions, and what an export makes of them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import cvat_widgets as cw
from cvat_widgets.model.masks import decode_mask
from tests.e2e.annotator import AnnotatorPage
from tests.e2e.lab import NotebookPage, expect

Opener = Callable[..., NotebookPage]


class MaskPage(AnnotatorPage):
    """An annotator on the sample clip, with a store of its own."""

    def __init__(self, notebook: NotebookPage, store: Path) -> None:
        super().__init__(notebook)
        self.store = store
        self.width, self.height = self.ask("scene.pictureSize()")
        self.focus()

    def button(self, name: str) -> None:
        self.root.get_by_test_id(f"mask-{name}").click()

    def stroke(self, *points: tuple[float, float]) -> None:
        self.page.mouse.move(*self.screen(*points[0]))
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*self.screen(*point), steps=6)
        self.page.mouse.up()

    def polygon(self, *points: tuple[float, float]) -> None:
        for point in points:
            self.click(*point)
        self.click(*points[0])

    def save(self, count: int) -> None:
        """Press N and wait until so many objects are on disk."""
        self.press("n")
        self.wait(f"editor.tool.value === 'select' && [...editor.document.all()].length === {count}")
        self.saved()

    def task(self) -> cw.Task:
        return cw.Task.open("masks", store=self.store)

    def rows(self) -> list[dict[str, Any]]:
        self.saved()
        return self.task().shapes.to_dict("records")

    def pixels(self, points: Any) -> NDArray[np.bool_]:
        return decode_mask(points, self.width, self.height)

    def masks(self) -> list[NDArray[np.bool_]]:
        return [self.pixels(row["points"]) for row in self.rows() if row["type"] == "mask"]


@pytest.fixture
def page(open_notebook: Opener, lab: object, tmp_path: Path) -> MaskPage:
    store = tmp_path / "masks.sqlite"
    notebook = open_notebook(
        [
            f"""import cvat_widgets as cw
task = cw.Task.create("masks", {str(cw.samples.street().path)!r}, labels=["person", "car"], store={str(store)!r})
cw.Annotator(task)"""
        ]
    )
    notebook.run_all()
    return MaskPage(notebook, store)


def test_a_mask_is_painted_and_corrected(page: MaskPage) -> None:
    page.press("Shift+1")
    expect(page.root.get_by_test_id("mask-bar")).to_be_visible()
    expect(page.root.get_by_test_id("mask-eraser")).to_be_disabled()
    page.button("square")
    page.page.keyboard.down("Shift")
    page.move(100, 100)
    for _ in range(12):
        page.page.mouse.wheel(0, -120)
    page.page.keyboard.up("Shift")
    page.wait("editor.masks.size.value > 20")
    size = int(page.ask("editor.masks.size.value"))
    page.stroke((100, 100), (200, 100))
    # Nothing is in the document, and Ctrl+Z takes back only strokes.
    assert page.ask("[...editor.document.all()].length") == 0
    page.stroke((100, 250), (200, 250))
    page.press("Control+z")
    page.button("eraser")
    page.stroke((150, 60), (150, 140))
    page.button("polygon-plus")
    page.polygon((300, 100), (340, 100), (340, 140), (300, 140))
    page.button("polygon-minus")
    page.polygon((320, 90), (350, 90), (350, 120), (320, 120))
    page.notebook.screenshot("masks-drawing")
    page.save(1)
    (row,) = page.rows()
    assert (row["type"], row["label"]) == ("mask", "person")
    mask = page.pixels(row["points"])
    half = size // 2
    assert mask[100, 100 - half + 2 : 150 - half - 2].all()
    assert not mask[:200, 150 - half + 2 : 150 + half - 2].any()
    assert mask[100, 150 + half + 2 : 200 + half - 2].all()
    assert not mask[200:].any()
    assert mask[125:135, 305:335].all()
    assert not mask[104:116, 324:338].any()
    assert abs(int(mask[90:160, 290:360].sum()) - (1600 - 400)) < 130
    # Undo takes back the whole mask, redo brings it back.
    page.focus()
    page.press("Control+z")
    page.wait("[...editor.document.all()].length === 0")
    page.press("Control+Shift+z")
    page.wait("[...editor.document.all()].length === 1")
    assert np.array_equal(page.masks()[0], mask)
    assert not page.notebook.errors


def test_underlying_pixels_are_removed_in_one_step(page: MaskPage) -> None:
    page.press("Shift+1")
    page.stroke((100, 100), (200, 100))
    page.button("continue")
    page.wait("[...editor.document.all()].length === 1")
    # A speck that will be covered whole.
    page.stroke((150, 103), (151, 103))
    page.save(2)
    before = page.masks()
    # There are two objects all the time, but not the same ones.
    ids = "[...editor.document.all()].map((record) => record.id).sort().join()"
    old_ids = page.ask(ids)
    page.press("Shift+1")
    page.button("square")
    page.button("remove-underlying")
    for _ in range(14):
        page.press("]")
    page.stroke((150, 100), (155, 100))
    page.save(2)
    page.wait(f"{ids} !== '{old_ids}'")
    page.saved()
    first, new = page.masks()
    assert not (first & new).any()
    assert np.array_equal(first, before[0] & ~new)
    assert first.any()
    assert not (before[1] & ~new).any()
    page.press("Control+z")
    page.wait(f"{ids} === '{old_ids}'")
    page.saved()
    for mask, old in zip(page.masks(), before, strict=True):
        assert np.array_equal(mask, old)
    assert not page.notebook.errors


def test_a_mask_track_holds_and_is_changed(page: MaskPage) -> None:
    page.choose_track_mode()
    page.press("Shift+1")
    page.stroke((100, 100), (140, 100))
    page.save(1)
    page.go_to(20)
    # A double click on the selected mask opens it.
    page.click(120, 100)
    page.page.mouse.dblclick(*page.screen(120, 100))
    page.wait("editor.tool.value === 'mask' && editor.masks.target.value !== null")
    page.stroke((140, 100), (240, 100))
    page.press("h")
    page.wait("editor.masks.hidden.value")
    page.press("h")
    page.press("Enter")
    page.wait("editor.tool.value === 'select'")
    page.saved()
    rows = page.task().tracks.sort_values("frame").to_dict("records")
    assert [(row["frame"], row["type"]) for row in rows] == [(0, "mask"), (20, "mask")]
    first, second = (page.pixels(row["points"]) for row in rows)
    assert not first[100, 160:].any()
    assert second[100, 110:230].all()
    frame = page.task().to_frame(interpolate=True)
    at = {number: frame.loc[frame["frame"] == number, "points"].iloc[0] for number in (0, 19, 20, 40)}
    assert np.array_equal(at[0], at[19])
    assert np.array_equal(at[20], at[40])
    assert not page.notebook.errors


def test_masks_become_polygons_and_come_back_exactly(page: MaskPage, tmp_path: Path) -> None:
    page.press("Shift+1")
    page.stroke((100, 100), (200, 100), (200, 200), (100, 200), (100, 100))
    page.save(1)
    (mask,) = page.masks()
    assert mask[100, 150]
    assert not mask[150, 150]
    page.press("t", "p")
    page.wait("editor.objects.value[0].type === 'polygon'")
    (row,) = page.rows()
    assert row["type"] == "polygon"
    path = page.task().export(tmp_path / "coco.zip", "COCO 1.0")
    with zipfile.ZipFile(path) as archive:
        name = next(each for each in archive.namelist() if each.endswith(".json"))
        (annotation,) = json.loads(archive.read(name))["annotations"]
    assert annotation["area"] == pytest.approx(mask.sum(), rel=0.02)
    page.focus()
    page.press("t", "m")
    page.wait("editor.objects.value[0].type === 'mask'")
    assert np.array_equal(page.masks()[0], mask)
    page.press("t", "r")
    page.wait("editor.objects.value[0].type === 'rectangle'")
    (row,) = page.rows()
    columns, lines = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    assert list(row["points"]) == [columns[0], lines[0], columns[-1] + 1, lines[-1] + 1]
    for count in range(3):
        page.press("Control+z")
        wanted = ["mask", "polygon", "mask"][count]
        page.wait(f"editor.objects.value[0].type === '{wanted}'")
    assert np.array_equal(page.masks()[0], mask)

    archive_path = page.task().export(tmp_path / "cvat.zip", "CVAT for images 1.1")
    again = cw.Task.create(
        "masks again", cw.samples.street().path, labels=page.task().labels.to_raw(), store=tmp_path / "again.sqlite"
    )
    again.import_annotations(archive_path, "CVAT 1.1")
    assert np.array_equal(page.pixels(again.shapes["points"].iloc[0]), mask)
    assert not page.notebook.errors


@pytest.mark.parametrize(("theme", "width"), [("light", 620), ("dark", 700)])
def test_the_bar_fits_a_narrow_cell(open_notebook: Opener, lab: object, tmp_path: Path, theme: str, width: int) -> None:
    notebook = open_notebook(
        [
            f"""import cvat_widgets as cw
task = cw.Task.create("narrow", {str(cw.samples.street().path)!r}, labels=["person"], store={str(tmp_path / "n.sqlite")!r})
cw.Annotator(task)"""
        ],
        theme=theme,
        width=width,
    )
    notebook.run_all()
    page = AnnotatorPage(notebook)
    page.focus()
    page.press("Shift+1")
    bar = page.root.get_by_test_id("mask-bar")
    expect(bar).to_be_visible()
    inner, outer = bar.bounding_box(), page.root.locator(".cvw-stage").bounding_box()
    assert inner is not None
    assert outer is not None
    assert outer["x"] <= inner["x"]
    assert inner["x"] + inner["width"] <= outer["x"] + outer["width"]
    # Every control can be reached with Tab, and worked with the keyboard.
    page.root.get_by_test_id("mask-size").focus()
    before = page.ask("editor.masks.size.value")
    for _ in range(20):
        page.press("ArrowRight")
    assert page.ask("editor.masks.size.value") > before
    page.root.get_by_test_id("mask-square").focus()
    page.press("Enter")
    assert page.ask("editor.masks.form.value") == "square"
    assert page.ask("editor.tool.value") == "mask"
    notebook.screenshot(f"masks-{theme}-{width}")
    assert not notebook.errors
