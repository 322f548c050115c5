"""Detectors and trackers from the panel, as somebody at the screen uses them: a function from a cell, a real video."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator

import cvat_widgets as cw
from tests.backends.conftest import iou
from tests.e2e.annotator import AnnotatorPage
from tests.e2e.lab import NotebookPage, expect

Opener = Callable[..., NotebookPage]


def open_panel(page: AnnotatorPage) -> Locator:
    page.root.get_by_test_id("action-models").click()
    panel = page.root.get_by_role("dialog", name="AI tools")
    expect(panel).to_be_visible()
    return panel


def set_threshold(panel: Locator, percent: int) -> None:
    slider = panel.get_by_test_id("model-threshold")
    slider.fill(str(percent))
    expect(slider).to_have_attribute("aria-valuetext", f"{percent} percent")


def wait_for_drafts(page: AnnotatorPage, low: int, high: int) -> None:
    """Wait until so many pixels of the layer of drafts are not empty, from ``low`` up to ``high``."""
    page.page.wait_for_function(
        """([low, high]) => {
            const canvas = document.querySelector(".cvw-canvas-drafts");
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            let count = 0;
            for (let i = 3; i < data.length; i += 4) if (data[i] > 0) count++;
            return low <= count && count <= high;
        }""",
        arg=[low, high],
    )


DETECTOR = """@cw.detector(labels=["Car", "tree", "person"], help="Finds what is bright.")
def bright(image):
    y, x = np.nonzero(image[..., 0] > 200)
    if not len(x):
        return []
    box = [x.min(), y.min(), x.max() + 1, y.max() + 1]
    return [{"label": "Car", "box": box, "score": 0.9},
            {"label": "person", "box": [10, 150, 60, 220], "score": 0.4}]
annotator.use(bright)"""


def test_a_function_from_a_cell_labels_frames_through_the_panel(open_notebook: Opener, tmp_path: Path) -> None:
    store = tmp_path / "models.sqlite"
    notebook = open_notebook(
        [
            f"""import numpy as np
import cvat_widgets as cw
video = np.full((8, 240, 320, 3), 90, np.uint8)
for n, frame in enumerate(video):
    frame[60:120, 40 + 10 * n : 120 + 10 * n] = 255
task = cw.Task.create("bright", video, labels=["car", "person"], store={str(store)!r})
annotator = cw.Annotator(task)
annotator"""
        ]
    )
    notebook.run_all()
    page = AnnotatorPage(notebook)
    task = cw.Task.open("bright", store=store)
    panel = open_panel(page)
    expect(panel.get_by_test_id("no-detector")).to_contain_text("Any function is one")

    # Given by a cell, it is there at once; equal names go together, the rest is left out.
    notebook.execute(DETECTOR)
    expect(panel.get_by_test_id("choose-detector")).to_have_value("detector:bright")
    expect(panel).to_contain_text("Finds what is bright.")
    expect(panel.get_by_label("Car becomes", exact=True)).to_have_value("car")
    expect(panel.get_by_text("1 label is left out")).to_be_visible()
    panel.get_by_test_id("model-run").click()

    # The result waits: it is drawn, counted and moved by the threshold, and nothing is in the store.
    expect(panel.get_by_test_id("model-accept")).to_have_text("Accept 1")
    pixel = page.ask("scene.viewport.scale.value") ** 2 * page.ask("devicePixelRatio") ** 2
    wait_for_drafts(page, int(4500 * pixel), int(6500 * pixel))
    set_threshold(panel, 30)
    expect(panel.get_by_test_id("model-accept")).to_have_text("Accept 2")
    expect(panel.get_by_test_id("found-person")).to_have_text("1")
    wait_for_drafts(page, int(8000 * pixel), int(10500 * pixel))
    assert (len(task.shapes), task.revision) == (0, 0)
    set_threshold(panel, 60)
    panel.get_by_test_id("model-accept").click()
    page.wait("[...editor.document.all()].length === 1")
    shapes: Any = task.shapes
    assert shapes["label"].tolist() == ["car"]
    assert (shapes["source"].tolist(), shapes["score"].tolist(), task.revision) == (["auto"], [0.9], 1)
    assert shapes["points"].iat[0].tolist() == [40, 60, 120, 120]
    expect(panel.get_by_test_id("model-outcome")).to_contain_text("1 object was added")
    page.press("Control+z")
    page.wait("[...editor.document.all()].length === 0")
    assert len(task.shapes) == 0

    # The whole job, discarded while the panel is closed and open again.
    panel.get_by_label("Where").select_option("job")
    panel.get_by_test_id("model-run").click()
    expect(panel.get_by_test_id("found-car")).to_have_text("8")
    page.press("Escape")
    expect(panel).to_be_hidden()
    page.root.get_by_test_id("models-chip").get_by_role("button", name="Show").click()
    panel.get_by_test_id("model-discard").click()
    expect(panel.get_by_test_id("model-outcome")).to_contain_text("nothing was changed")
    wait_for_drafts(page, 0, 0)
    assert len(task.shapes) == 0

    # Accepted, the eight boxes become one track, and one step of undo has the boxes again.
    panel.get_by_label("Where").select_option("job")
    panel.get_by_test_id("model-run").click()
    panel.get_by_test_id("model-accept").click()
    page.wait("[...editor.document.all()].length === 8")
    panel.get_by_role("tab", name="Trackers").click()
    panel.get_by_label("Last frame").fill("6")
    panel.get_by_test_id("model-reidentify").click()
    expect(panel.get_by_test_id("model-outcome")).to_contain_text("7 boxes became 1 track. Undo")
    page.wait("[...editor.document.all()].map((record) => record.kind).sort().join() === 'shape,track'")
    tracks: Any = task.tracks
    assert tracks["frame"].tolist() == list(range(8))
    assert tracks["outside"].tolist() == [False] * 7 + [True]
    assert tracks["points"].iat[6].tolist() == [100, 60, 180, 120]
    revision = task.revision
    panel.get_by_role("tab", name="Detectors").click()
    page.press("Control+z")
    page.wait("[...editor.document.all()].filter((record) => record.kind === 'shape').length === 8")
    page.press("Control+z")
    page.wait("[...editor.document.all()].length === 0")
    assert task.revision == revision + 2

    # A model that raises or needs too much memory says so in words and what to do, and drawing goes on.
    notebook.execute(
        '@cw.detector(labels=["car"])\ndef broken(image):\n    raise ValueError("the checkpoint is of another network")\n'
        "annotator.use(broken)\n"
        '@cw.detector(labels=["car"])\ndef huge(image):\n    return np.empty((1 << 50,), np.uint8)\nannotator.use(huge)'
    )
    panel.get_by_test_id("choose-detector").select_option("detector:huge")
    panel.get_by_test_id("model-run").click()
    expect(panel.get_by_role("alert")).to_contain_text("huge: the model ran out of memory while detecting")
    expect(panel.get_by_role("alert")).to_contain_text("Use a smaller picture")
    panel.get_by_test_id("choose-detector").select_option("detector:broken")
    panel.get_by_test_id("model-run").click()
    expect(panel.get_by_role("alert")).to_contain_text("ValueError: the checkpoint is of another network")
    page.press("Escape")
    page.draw_box((200, 150, 260, 200))
    page.saved()
    assert len(task.shapes) == 1
    assert notebook.errors == []


def test_a_tracker_follows_a_selected_box_on_a_real_video(open_notebook: Opener, tmp_path: Path, shared_data: Path) -> None:
    folder = shared_data / "media" / "davis_car_shadow"
    pictures = sorted(folder.rglob("*.jpg"))
    if not pictures:
        pytest.skip(f"the video is not there: {folder}")
    from PIL import Image

    def box_of(frame: int) -> np.ndarray:
        mask = sorted(folder.rglob("*.png"))[frame]
        y, x = np.nonzero(np.asarray(Image.open(mask).convert("L")) > 0)
        return np.array([x.min(), y.min(), x.max() + 1, y.max() + 1], np.float64)

    store = tmp_path / "track.sqlite"
    notebook = open_notebook(
        [
            f"""import cvat_widgets as cw
pictures = {[str(each) for each in pictures[:14]]!r}
task = cw.Task.create("car-shadow", pictures, labels=["car"], store={str(store)!r})
task.add({{"frame": 0, "label": "car", "type": "rectangle", "points": {box_of(0).tolist()}}})
annotator = cw.Annotator(task)
annotator"""
        ]
    )
    notebook.run_all()
    page = AnnotatorPage(notebook)
    task = cw.Task.open("car-shadow", store=store)
    left, top, right, bottom = box_of(0)
    page.click((left + right) / 2, (top + bottom) / 2)
    panel = open_panel(page)
    panel.get_by_role("tab", name="Trackers").click()
    expect(panel.get_by_test_id("track-objects")).to_contain_text("Follows car 1 from frame 0")
    panel.get_by_test_id("choose-tracker").select_option("optical-flow")
    expect(panel.get_by_label("To frame")).to_have_value("10")
    panel.get_by_test_id("model-track").click()
    expect(panel.get_by_test_id("model-outcome")).to_contain_text("1 object was followed on to frame 10")
    page.wait("[...editor.document.all()].some((record) => record.kind === 'track')")
    tracks: Any = task.tracks
    assert (len(task.shapes), task.revision) == (0, 2)
    assert tracks["frame"].tolist() == list(range(11))
    overlaps = [iou(box_of(frame), points) for frame, points in zip(tracks["frame"], tracks["points"], strict=True)]
    assert np.mean(overlaps) > 0.6
    assert page.selection == tracks["track_id"].unique().tolist()
    page.press("Escape")
    page.press("Control+z")
    page.wait("[...editor.document.all()].every((record) => record.kind === 'shape')")
    assert len(task.shapes) == 1

    # A real detector finds the car on every frame of the clip; what was there goes in the same step.
    weights = shared_data / "weights" / "yolox_nano" / "yolox_nano.onnx"
    if weights.is_file():
        notebook.execute(f'annotator.use(cw.load_backend("yolo", weights={str(weights)!r}, size=416), "YOLOX-Nano")')
        panel = open_panel(page)
        panel.get_by_role("tab", name="Detectors").click()
        expect(panel.get_by_label("car becomes", exact=True)).to_have_value("car")
        panel.get_by_label("Where").select_option("job")
        panel.get_by_label("Remove what is there when accepting").check()
        panel.get_by_test_id("model-run").click()
        expect(panel.get_by_test_id("model-accept")).to_be_visible()
        set_threshold(panel, 30)
        panel.get_by_test_id("model-accept").click()
        expect(panel.get_by_test_id("model-outcome")).to_contain_text("added. Undo takes all of it back")
        shapes: Any = task.shapes
        assert sorted(set(shapes["frame"])) == list(range(14))
        best = shapes.loc[shapes.groupby("frame")["score"].idxmax()]
        overlaps = [iou(box_of(frame), points) for frame, points in zip(best["frame"], best["points"], strict=True)]
        assert np.mean(overlaps) > 0.8
        page.press("Control+z")
        page.wait("[...editor.document.all()].length === 1")
    assert notebook.errors == []
