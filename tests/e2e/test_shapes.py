"""Every shape drawn and edited as the manual tells the reader to (2.2.8 to 2.2.13), by mouse and keys, and found in the store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cvat_widgets as cw
from tests.e2e.annotator import AnnotatorPage, near
from tests.e2e.lab import NotebookPage

Opener = Callable[..., NotebookPage]

JOINTS = (("head", 50, 10), ("hip", 50, 50), ("left", 20, 90), ("right", 80, 90))
BONES = ((1, 2), (2, 3), (2, 4))

CELL = """import cvat_widgets as cw
sample = cw.samples.street()
task = cw.Task.create("shapes", sample.path, labels={labels!r}, store={store!r})
cw.Annotator(task)"""


def skeleton_svg() -> str:
    places = {number: (x, y) for number, (_, x, y) in enumerate(JOINTS, 1)}
    lines = "".join(
        f'<line x1="{places[a][0]}" y1="{places[a][1]}" x2="{places[b][0]}" y2="{places[b][1]}" data-type="edge" '
        f'data-node-from="{a}" data-node-to="{b}"></line>'
        for a, b in BONES
    )
    circles = "".join(
        f'<circle r="1" cx="{x}" cy="{y}" data-type="element node" data-element-id="{number}" data-node-id="{number}" '
        f'data-label-name="{name}"></circle>'
        for number, (name, x, y) in enumerate(JOINTS, 1)
    )
    return lines + circles


def labels() -> list[Any]:
    joints = [{"name": name, "type": "points"} for name, _, _ in JOINTS]
    return ["car", "person", {"name": "pose", "type": "skeleton", "svg": skeleton_svg(), "sublabels": joints}]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "shapes.sqlite"


@pytest.fixture
def page(open_notebook: Opener, store: Path) -> AnnotatorPage:
    notebook = open_notebook([CELL.format(labels=labels(), store=str(store))])
    notebook.run_all()
    found = AnnotatorPage(notebook)
    found.focus()
    return found


def choose(page: AnnotatorPage, tool: str, method: str | None = None) -> None:
    page.root.get_by_test_id(f"tool-{tool}").click()
    if method:
        page.root.get_by_test_id("draw-method").select_option(method)
    page.focus()


def shapes(store: Path) -> Any:
    return cw.Task.open("shapes", store=store).shapes


def test_rectangles_by_extreme_points_and_turned(page: AnnotatorPage, store: Path) -> None:
    choose(page, "rectangle", "extreme")
    for x, y in ((100, 60), (140, 40), (180, 70), (130, 110)):
        page.click(x, y)
    page.saved()
    near(shapes(store).points[0], [100, 40, 180, 110])
    page.press("Escape")
    choose(page, "rectangle", "turned")
    for x, y in ((200, 60), (280, 120), (250, 160)):
        page.click(x, y)
    page.saved()
    turned = shapes(store).iloc[1]
    assert turned.rotation == pytest.approx(36.87, abs=1.5)
    left, top, right, bottom = turned.points
    assert right - left == pytest.approx(100, abs=2)
    # The third click is so far from the first side.
    assert bottom - top == pytest.approx(50, abs=2)


def test_ellipses_and_their_rotation(page: AnnotatorPage, store: Path) -> None:
    choose(page, "ellipse")
    page.drag((100, 60), (200, 120))
    page.saved()
    near(shapes(store).points[0], [150, 90, 200, 60])
    handle = page.ask("scene.handleAt && [...Array(1)].map(() => scene.figureOf(editor.selection.value[0]))[0].points")
    assert len(handle) == 4
    # Turned by its handle, with Shift in steps of 15 degrees.
    scale = page.ask("scene.viewport.scale.value")
    page.page.keyboard.down("Shift")
    page.drag((150, 60 - 26 / scale), (150 + 80, 90 - 46))
    page.page.keyboard.up("Shift")
    page.saved()
    assert shapes(store).rotation[0] == 60


def test_cuboids(page: AnnotatorPage, store: Path) -> None:
    choose(page, "cuboid", "rectangle")
    page.click(100, 100)
    page.click(200, 180)
    page.saved()
    near(shapes(store).points[0], [100, 100, 100, 180, 200, 100, 200, 180, 208, 92, 208, 172, 108, 92, 108, 172])
    # The front right edge is dragged by its middle, and the back follows.
    page.drag((200, 140), (230, 140))
    page.saved()
    near(shapes(store).points[0], [100, 100, 100, 180, 230, 100, 230, 180, 238, 92, 238, 172, 108, 92, 108, 172])
    # A corner of the back, with Shift: perspective, which can be reset.
    page.page.keyboard.down("Shift")
    page.drag((238, 92), (238, 112))
    page.page.keyboard.up("Shift")
    page.saved()
    near(shapes(store).points[0][8:12], [238, 112, 238, 152])
    page.click(150, 150, button="right")
    page.page.get_by_role("menuitem", name="Reset the perspective").click()
    page.saved()
    near(shapes(store).points[0][8:12], [238, 92, 238, 172])
    page.focus()
    page.press("Escape")
    choose(page, "cuboid", "points")
    for x, y in ((300, 100), (300, 180), (360, 110), (380, 95)):
        page.click(x, y)
    page.saved()
    near(shapes(store).points[1][:8], [300, 100, 300, 180, 360, 110, 360, 190])


def test_skeletons_as_shapes_and_tracks(page: AnnotatorPage, store: Path) -> None:
    page.root.get_by_test_id("active-label").select_option(label="pose")
    choose(page, "skeleton")
    page.click(100, 60)
    page.click(160, 220)
    page.saved()
    rows = shapes(store)
    joints = rows[rows.type == "points"]
    near(np.concatenate(joints.points.to_list()), [130, 60, 130, 140, 100, 220, 160, 220])
    # One joint is dragged, the others stay.
    page.drag((160, 220), (180, 200))
    page.saved()
    joints = shapes(store).query("type == 'points'")
    near(np.concatenate(joints.points.to_list()), [130, 60, 130, 140, 100, 220, 180, 200])
    page.press("Escape")
    page.choose_track_mode()
    choose(page, "skeleton")
    page.click(220, 60)
    page.click(280, 220)
    page.saved()
    page.go_to(10)
    page.click(250, 100)
    page.drag((250, 100), (270, 110))
    page.saved()
    task = cw.Task.open("shapes", store=store)
    between = task.to_frame(interpolate=True).query("frame == 5 and type == 'points'")
    near(np.concatenate(between.points.to_list()), [260, 65, 260, 145, 230, 225, 290, 225], 2)


def test_polygons_snap_to_others_follow_their_border_and_are_cropped(page: AnnotatorPage, store: Path) -> None:
    page.root.get_by_test_id("active-label").select_option(label="car")
    choose(page, "rectangle", "corners")
    page.click(100, 100)
    page.click(200, 180)
    page.press("Escape")
    page.ask("editor.setSetting('snapToContour', true)")
    page.ask("editor.setSetting('snapToPoint', true)")
    choose(page, "polygon")
    # From the upper right corner of the rectangle to its lower right, then away; the border is followed.
    page.click(201, 99)
    page.click(202, 150)
    page.click(260, 150)
    page.click(260, 100)
    page.press("n")
    page.saved()
    near(shapes(store).points[1], [200, 100, 200, 150, 260, 150, 260, 100], 1.0)
    assert shapes(store).points[1][0] == 200 or abs(shapes(store).points[1][0] - shapes(store).points[0][2]) < 1e-9
    page.press("Escape")
    page.ask("editor.setSetting('snapToContour', false)")
    page.ask("editor.setSetting('snapToPoint', false)")
    choose(page, "polygon")
    for x, y in ((410, -6), (460, -6), (460, 40), (410, 40)):
        page.click(x, y)
    page.press("n")
    page.saved()
    corners = {(round(x), round(y)) for x, y in np.reshape(shapes(store).points[2], (-1, 2))}
    assert corners == {(410, 0), (460, 0), (460, 40), (410, 40)}
    assert min(shapes(store).points[2]) >= 0


def test_a_part_of_a_polygon_is_drawn_anew_and_a_fixed_number_of_points_finishes_one(page: AnnotatorPage, store: Path) -> None:
    choose(page, "polygon")
    page.root.get_by_test_id("point-count").fill("4")
    page.root.get_by_test_id("point-count").press("Enter")
    page.focus()
    for x, y in ((100, 100), (200, 100), (200, 180), (100, 180)):
        page.click(x, y)
    page.saved()
    near(shapes(store).points[0], [100, 100, 200, 100, 200, 180, 100, 180])
    page.page.keyboard.down("Shift")
    page.click(200, 100)
    page.page.keyboard.up("Shift")
    page.click(240, 120)
    page.click(240, 160)
    page.click(200, 180)
    page.saved()
    found = shapes(store).points[0]
    assert len(found) == 12
    assert {(round(x), round(y)) for x, y in np.reshape(found, (-1, 2))} >= {(240, 120), (240, 160), (100, 100), (100, 180)}
    page.press("Control+z")
    page.wait("[...editor.document.all()][0].points.length === 8")
    page.saved()
    assert len(shapes(store).points[0]) == 8

    def redraw(*path: tuple[float, float]) -> None:
        page.page.keyboard.down("Shift")
        page.click(*path[0])
        page.page.keyboard.up("Shift")
        for each in path[1:]:
            page.click(*each)

    def undo() -> None:
        page.press("Control+z")
        page.wait("[...editor.document.all()][0].points.length === 8")

    # Tab, before the path ends: the larger part goes.
    redraw((200, 100), (240, 140))
    page.move(200, 180)
    page.press("Tab")
    page.click(200, 180)
    page.saved()
    near(shapes(store).points[0], [200, 100, 200, 180, 240, 140])
    undo()
    # Halves: nothing speaks for either, so a click says which stays, or Tab and Enter do.
    redraw((100, 100), (130, 150), (200, 180))
    page.move(170, 120)
    page.click(170, 120)
    page.saved()
    near(shapes(store).points[0], [100, 100, 200, 100, 200, 180, 130, 150])
    undo()
    redraw((100, 100), (130, 150), (200, 180))
    page.move(110, 170)
    page.press("Tab", "Tab", "Enter")
    page.saved()
    near(shapes(store).points[0], [100, 100, 130, 150, 200, 180, 100, 180])
    undo()
    # Without the rule somebody is always asked; Escape leaves everything as it was.
    page.press("F2")
    page.root.get_by_test_id("settings").get_by_role("tab", name="Objects").click()
    page.root.get_by_text("Redrawn polygons lose the smaller part").click()
    page.press("Escape")
    page.focus()
    redraw((200, 100), (240, 140), (200, 180))
    page.press("Escape")
    page.saved()
    assert len(shapes(store).points[0]) == 8


def test_redrawing_keeps_the_object(page: AnnotatorPage, store: Path) -> None:
    choose(page, "rectangle", "corners")
    page.click(100, 100)
    page.click(200, 180)
    page.saved()
    before = shapes(store).iloc[0]
    page.press("Shift+N")
    page.click(300, 120)
    page.click(340, 150)
    page.saved()
    after = shapes(store)
    assert len(after) == 1
    assert after.id[0] == before.id
    near(after.points[0], [300, 120, 340, 150])
