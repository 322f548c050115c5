"""AI tools as somebody uses them: clicks, a box, suggestions, refining, scissors, a model that fails, and what is on disk then."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import cvat_widgets as cw
from cvat_widgets.model.masks import decode_mask, mask_from_polygons
from tests.conftest import ROOT
from tests.e2e.annotator import AnnotatorPage
from tests.e2e.lab import NotebookPage, expect

Opener = Callable[..., NotebookPage]
Bitmap = NDArray[np.bool_]
DATA = Path(os.environ.get("CVAT_WIDGETS_TEST_DATA", ROOT.parent / "shared" / "data"))
VOC = DATA / "media/labelme_voc/instance_segmentation/data_dataset_voc"
PHOTO = "2011_000025"


def photo(folder: Path) -> Bitmap:
    """Put one picture into a folder and return the true mask of a thing on it: a real photo, or a plain scene without one."""
    if (VOC / f"JPEGImages/{PHOTO}.jpg").is_file():
        Image.open(VOC / f"JPEGImages/{PHOTO}.jpg").convert("RGB").save(folder / "photo.png")
        return np.asarray(Image.open(VOC / f"SegmentationObject/{PHOTO}.png")) == 3
    picture = np.full((240, 320, 3), (70, 90, 80), np.uint8)
    picture += np.random.default_rng(0).integers(0, 12, picture.shape, dtype=np.uint8)
    truth = np.zeros((240, 320), bool)
    truth[60:180, 80:220] = True
    picture[truth] += np.array([120, 30, 10], np.uint8)
    Image.fromarray(picture).save(folder / "photo.png")
    return truth


def middle(region: Bitmap) -> tuple[float, float]:
    """Where a region is thickest."""
    depth = cv2.distanceTransform(np.pad(region.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    row, column = np.unravel_index(depth.argmax(), depth.shape)
    return float(column) + 0.5, float(row) + 0.5


def iou(a: Bitmap, b: Bitmap) -> float:
    return float((a & b).sum() / max(1, (a | b).sum()))


class InteractPage(AnnotatorPage):
    """An annotator on one photo."""

    def __init__(self, notebook: NotebookPage, store: Path, truth: Bitmap) -> None:
        super().__init__(notebook)
        self.store, self.truth = store, truth
        self.bar = self.root.get_by_test_id("interact-bar")
        self.status = self.root.get_by_test_id("interact-status")
        self.focus()

    def answered(self) -> None:
        expect(self.status).to_contain_text("Score")

    def count(self) -> str:
        return self.root.get_by_test_id("interact-count").inner_text()

    def task(self) -> cw.Task:
        self.saved()
        return cw.Task.open("photo", store=self.store)

    def rows(self) -> list[dict[str, Any]]:
        return self.task().shapes.to_dict("records")

    def bitmap(self, row: dict[str, Any]) -> Bitmap:
        height, width = self.truth.shape
        mask = row["points"] if row["type"] == "mask" else mask_from_polygons([row["points"]], width, height)
        return decode_mask(mask, width, height)


@pytest.fixture
def page(open_notebook: Opener, lab: object, tmp_path: Path) -> InteractPage:
    folder = tmp_path / "pictures"
    folder.mkdir()
    truth = photo(folder)
    store = tmp_path / "photo.sqlite"
    notebook = open_notebook(
        [
            f"""import cvat_widgets as cw
task = cw.Task.create("photo", {str(folder)!r}, labels=["bus"], store={str(store)!r})
annotator = cw.Annotator(task)
annotator"""
        ]
    )
    notebook.run_all()
    return InteractPage(notebook, store, truth)


def test_a_click_a_negative_point_and_accept(page: InteractPage, tmp_path: Path) -> None:
    page.press("w")
    expect(page.bar).to_be_visible()
    expect(page.root.get_by_test_id("interact-model")).to_have_value("clicks")
    expect(page.status).to_contain_text("Click on the object")
    page.click(*middle(page.truth))
    page.answered()
    assert page.count().startswith("1 of ")
    page.press("]")
    assert page.count().startswith("2 of ")
    page.press("[")
    # Nothing is stored before it is accepted.
    assert page.rows() == []
    beside = middle(~page.truth)
    page.click(*beside, button="right")
    page.answered()
    page.click(*beside)  # the point is removed by a click on it
    page.answered()
    assert page.count().startswith("1 of ")
    edge = np.argwhere(page.truth)[0]
    page.page.keyboard.down("Alt")
    page.click(float(edge[1]), max(2.0, float(edge[0]) - 6))
    page.page.keyboard.up("Alt")
    page.answered()
    page.press("n")
    page.wait("editor.tool.value === 'select'")
    (row,) = page.rows()
    assert (row["type"], row["source"], row["label"]) == ("mask", "semi-auto", "bus")
    assert 0 < row["score"] < 1
    assert iou(page.bitmap(row), page.truth) > 0.6
    # One step of undo, and one of redo.
    page.press("Control+z")
    page.wait("[...editor.document.all()].length === 0")
    assert page.rows() == []
    page.press("Control+Shift+z")
    page.wait("[...editor.document.all()].length === 1")

    # A box, taken as a polygon whose detail follows the slider.
    y, x = np.nonzero(page.truth)
    page.press("w")
    page.root.get_by_test_id("interact-output").select_option("polygon")
    page.focus()
    page.drag((x.min(), y.min()), (x.max() + 1, y.max() + 1))
    page.answered()
    detail = page.root.get_by_test_id("interact-detail")
    points = {}
    for level in (13, 4):
        detail.fill(str(level))
        points[level] = int(page.bar.locator("output", has_text="points").inner_text().split()[0])
    assert 3 <= points[4] < points[13] / 4
    detail.fill("9")
    page.root.get_by_test_id("interact-accept").click()
    page.wait("editor.tool.value === 'select' && [...editor.document.all()].length === 2")
    polygon = page.rows()[1]
    assert (polygon["type"], polygon["source"]) == ("polygon", "semi-auto")
    assert iou(page.bitmap(polygon), page.truth) > 0.6

    # The polygon is refined: it stays the same object.
    inside = middle(page.bitmap(polygon))
    page.click(*inside, button="right")
    page.root.get_by_role("menuitem", name="Refine with AI tools").click()
    page.wait("editor.tool.value === 'interact'")
    page.focus()
    page.click(*inside)
    page.answered()
    page.press("Enter")
    page.wait("editor.tool.value === 'select'")
    refined = page.rows()
    assert [(row["id"], row["type"]) for row in refined] == [(row["id"], row["type"]) for row in (refined[0], polygon)]
    assert refined[1]["points"].tolist() != polygon["points"].tolist()
    assert iou(page.bitmap(refined[1]), page.truth) > 0.5

    archive = tmp_path / "out.zip"
    page.task().export(archive, format="COCO 1.0")
    with zipfile.ZipFile(archive) as opened:
        name = next(each for each in opened.namelist() if each.endswith(".json"))
        coco = json.loads(opened.read(name))
    assert len(coco["annotations"]) == 2
    assert {type(each["segmentation"]) for each in coco["annotations"]} == {dict, list}


def test_scissors_and_a_model_that_fails(page: InteractPage) -> None:
    outline = max(cv2.findContours(page.truth.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0], key=len)[:, 0]
    page.press("Shift+w")
    expect(page.bar).to_be_visible()
    expect(page.root.get_by_test_id("interact-model")).to_have_value("scissors")
    page.root.get_by_test_id("interact-output").select_option("polygon")
    page.focus()
    corners = [outline[len(outline) * part // 20].tolist() for part in range(20)]
    page.click(*corners[0])
    page.move(*corners[1])
    # Other strong edges are near: the line shall not reach that far.
    page.page.keyboard.down("Control")
    for _ in range(3):
        page.page.mouse.wheel(0, 100)
    page.page.keyboard.up("Control")
    # The button holds the wire back, and so does its key: then the line is straight.
    block = page.root.get_by_test_id("interact-block")
    for press in (block.click, lambda: page.press("Alt+w")):
        press()
        expect(block).to_have_attribute("aria-pressed", "true")
        page.click(*corners[1])
        page.move(*corners[2])
        press()
        expect(block).to_have_attribute("aria-pressed", "false")
        page.press("Backspace")
    for corner in corners[1:]:
        page.click(*corner)
    page.press("n")
    page.wait("editor.tool.value === 'select'")
    (row,) = page.rows()
    assert (row["type"], row["source"]) == ("polygon", "semi-auto")
    assert len(row["points"]) // 2 > 8
    assert iou(page.bitmap(row), page.truth) > 0.7

    # A model of the user's own, and what it fails with.
    page.press("w")
    expect(page.root.get_by_test_id("interact-model")).to_have_value("clicks")
    page.notebook.execute(
        """@cw.backends.interactor(box="required")
def broken(image, prompt):
    raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
annotator.use(broken, "My model")"""
    )
    models = page.root.get_by_test_id("interact-model")
    expect(models.locator("option").first).to_have_text("My model")
    models.select_option(label="My model")
    expect(page.status).to_contain_text("Draw a box")
    page.focus()
    page.drag((60, 60), (160, 120))
    page.click(100, 90)
    expect(page.status).to_contain_text("ran out of memory")
    expect(page.status).to_contain_text("device='cpu'")
    # Annotation goes on.
    models.select_option(label="Clicks")
    page.answered()
    page.focus()
    page.press("n")
    page.wait("editor.tool.value === 'select'")
    assert len(page.rows()) == 2
