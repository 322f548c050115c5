"""What CVAT's manual tells of objects and the scenarios beside this one do not: chapters 2.1.10 to 2.2.14 and 2.2.28.

``README.md`` in this folder says which chapter is done by which scenario.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.e2e.annotator import AnnotatorPage, near
from tests.e2e.lab import expect
from tests.e2e.manual import Opener, at_frame, open_manual, task


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "manual.sqlite"


@pytest.fixture
def page(open_notebook: Opener, store: Path) -> AnnotatorPage:
    return open_manual(open_notebook, store)


def test_objects_sidebar_and_layers(page: AnnotatorPage, store: Path) -> None:
    """Chapters 2.1.10, 2.1.11, 2.1.16, 2.1.17, 2.2.4, 2.2.5 and 2.2.28: one frame with shapes and a track."""
    root = page.root
    objects = root.get_by_test_id("objects")
    car, person = task(store).shapes.query("frame == 0")["id"]

    def row(id_: int) -> Any:
        return objects.locator(f'[data-object="{id_}"]')

    def record(id_: int) -> Any:
        page.saved()
        return task(store).to_frame().query("id == @id_").iloc[0]

    # Shape mode: drawn with button and label, its corner dragged, its card changed.
    root.get_by_test_id("active-label").select_option(label="bicycle")
    root.get_by_test_id("tool-rectangle").click()
    page.click(420, 120)
    page.click(500, 180)
    (drawn,) = page.selection
    page.drag((500, 180), (520, 200))
    near(record(drawn).points, [420, 120, 520, 200])
    row(drawn).get_by_label(f"Label of object {drawn}").select_option(label="car")
    row(drawn).get_by_label("color").select_option("blue")
    row(drawn).get_by_role("button", name="Occluded").click()
    found = record(drawn)
    assert (found.label, found["attr.color"], bool(found.occluded)) == ("car", "blue", True)

    # Locked, it is neither moved nor deleted until Shift says so; pinned, only its corners move; hidden, nothing is there.
    page.focus()
    page.press("l")
    page.drag((470, 160), (490, 170))
    page.press("Delete")
    near(record(drawn).points, [420, 120, 520, 200])
    page.press("l", "p")
    page.drag((470, 160), (490, 170))
    near(record(drawn).points, [420, 120, 520, 200])
    page.click(470, 160)
    page.press("p", "h", "Escape", "Escape")
    page.click(470, 160)
    assert page.selection == []
    row(drawn).get_by_role("button", name="Show").click()
    page.focus()
    page.press("t", "l")
    page.wait("editor.locked.value.size === 3")
    page.press("t", "l", "t", "h")
    page.wait("editor.locked.value.size === 0 && editor.hidden.value.size === 3")
    page.press("t", "h")
    root.get_by_label("Sort objects").select_option("label")
    names = "(rows) => rows.map((row) => row.querySelector('select').selectedOptions[0].text)"
    assert objects.locator("[data-object]").evaluate_all(names) == ["car", "car", "person"]
    root.get_by_role("button", name="Expand all").click()
    expect(objects.get_by_label("color")).to_have_count(2)
    root.get_by_role("button", name="Collapse all").click()

    # Labels: all of one are locked at once; Ctrl+digit names the selected object, or the next one.
    root.get_by_role("tab", name="Labels").click()
    root.get_by_role("button", name="Lock all car").click()
    page.wait(f"editor.locked.value.has({car}) && editor.locked.value.has({drawn})")
    root.get_by_role("button", name="Unlock all car").click()
    root.get_by_role("tab", name="Objects").click()
    page.focus()
    page.click(330, 150)
    page.press("Control+3")
    assert record(person).label == "bicycle"
    page.press("Escape", "Control+2")
    page.draw_box((200, 220, 260, 280))
    (fourth,) = page.selection
    assert record(fourth).label == "person"

    # The object card: a layer further up; the slider hides what lies above, and what is drawn comes onto its layer.
    expect(root.get_by_test_id("layers")).to_have_count(0)
    page.click(330, 150, button="right")
    root.get_by_role("menuitem", name="To the front").click()
    assert record(person).z_order == 1
    slider = root.get_by_label("Highest layer shown")
    slider.fill("0")
    page.focus()
    page.press("Escape")
    page.click(330, 150)
    assert page.selection == []
    page.draw_box((310, 110, 350, 180))
    (below,) = page.selection
    assert record(below).z_order == 0
    page.notebook.screenshot("manual-layers")
    root.get_by_role("button", name="Add a layer on top").click()
    page.wait("editor.layer.value === 2")
    page.focus()
    page.draw_box((420, 230, 470, 270))
    assert record(page.selection[0]).z_order == 2
    page.press("f", "d")
    at_frame(page, 0)
    assert page.ask("editor.layer.value") is None

    # A colour of its own for one object, from its card in the list; labels keep theirs, and so do other objects.
    row(car).get_by_role("button", name="More actions").click()
    root.get_by_role("menuitem", name="Colour of the object").click()
    dialog = root.get_by_role("dialog", name="Colour of the object")
    dialog.get_by_role("button", name="Colour by object").click()
    dialog.get_by_role("button", name="#f032e6").click()
    expect(dialog).to_have_count(0)
    colors = "Object.fromEntries(editor.objects.value.map((state) => [state.id, editor.colorOf(state)]))"
    assert page.ask(colors)[str(car)] == "#f032e6"
    assert list(page.ask(colors).values()).count("#f032e6") == 1
    page.wait(f"scene.upToDate && scene.crisp && scene.list.items.find((item) => item.id === {car}).color === '#f032e6'")
    page.focus()

    # A group by an area, by clicks, and none at all with Esc.
    page.press("Escape", "g")
    page.drag((90, 90), (190, 170))
    page.wait(f"editor.selection.value.join() === '{car}'")
    page.click(470, 160)
    page.press("g")
    page.saved()
    groups = task(store).shapes.set_index("id").group
    assert groups[car] == groups[drawn] > 0
    assert (groups.drop([car, drawn]) == 0).all()
    page.press("Escape", "g")
    page.drag((90, 90), (190, 170))
    page.press("Escape")
    page.wait("editor.tool.value === 'select'")
    page.saved()
    assert task(store).shapes.set_index("id").group.equals(groups)

    # Track mode: two keyframes, what lies between, one more with K, and the ways from one to the other.
    page.press("Escape")
    page.choose_track_mode()
    page.draw_box((40, 200, 80, 280))
    (track,) = page.selection
    page.go_to(20)
    page.drag((60, 240), (100, 240))
    page.go_to(10)
    page.press("k")
    page.go_to(30)
    page.press("o")
    page.saved()
    rows = task(store).tracks
    assert rows.frame.tolist() == [0, 10, 20, 30]
    near(np.stack(rows.points)[:, 0], [40, 60, 80, 80])
    assert rows.outside.tolist() == [False, False, False, True]
    for key, frame in (("e", 20), ("e", 10), ("r", 20)):
        page.press(key)
        at_frame(page, frame)
    for name, frame in (("First keyframe", 0), ("Next keyframe", 10), ("Last keyframe", 30), ("Previous keyframe", 20)):
        row(track).get_by_role("button", name=name).click()
        at_frame(page, frame)
    kept = task(store).store.setting(task(store).user, "annotator")
    assert kept["objectColors"] == [f"{task(store).id}/{car}/#f032e6"]
    assert not page.notebook.errors


def test_outlines_points_cuboids_and_tags(page: AnnotatorPage, store: Path) -> None:
    """Chapters 2.2.9 to 2.2.14: what is drawn point by point, its points one by one, cuboids as a whole, tags by mouse."""
    root = page.root

    def choose(tool: str, count: str = "") -> None:
        root.get_by_test_id(f"tool-{tool}").click()
        if root.get_by_test_id("point-count").is_visible():
            root.get_by_test_id("point-count").fill(count)
            root.get_by_test_id("point-count").press("Enter")
        page.focus()

    def points_of(id_: int) -> list[float]:
        page.saved()
        return [float(each) for each in task(store).shapes.set_index("id").points[id_]]

    # A polygon: a point taken back with the right button, the view zoomed meanwhile, finished with Done.
    choose("polygon")
    for x, y in ((420, 100), (500, 100), (560, 300)):
        page.click(x, y)
    page.click(560, 300, button="right")
    page.page.mouse.wheel(0, 100)
    page.click(500, 180)
    page.click(420, 180)
    root.get_by_role("button", name="Done", exact=True).click()
    (polygon,) = page.selection
    near(points_of(polygon), [420, 100, 500, 100, 500, 180, 420, 180])
    # Its points by right click: another one to start with, the direction, one less; Alt and a click do the same.
    page.click(500, 180, button="right")
    page.notebook.screenshot("manual-point-menu")
    root.get_by_role("menuitem", name="Set the starting point here").click()
    near(points_of(polygon), [500, 180, 420, 180, 420, 100, 500, 100])
    page.click(460, 140, button="right")
    root.get_by_role("menuitem", name="Reverse the orientation").click()
    near(points_of(polygon), [500, 180, 500, 100, 420, 100, 420, 180])
    page.click(500, 100, button="right")
    root.get_by_role("menuitem", name="Delete the point").click()
    near(points_of(polygon), [500, 180, 420, 100, 420, 180])
    page.page.keyboard.down("Alt")
    page.click(420, 100)
    page.page.keyboard.up("Alt")
    expect(root.get_by_test_id("toast").first).to_be_visible()
    assert len(points_of(polygon)) == 6
    # Drawn in one go, with Shift.
    page.press("Escape")
    choose("polyline")
    page.click(40, 300)
    page.page.keyboard.down("Shift")
    page.page.mouse.move(*page.screen(200, 320), steps=12)
    page.page.keyboard.up("Shift")
    page.press("n")
    (line,) = page.selection
    assert len(points_of(line)) >= 8
    choose("polyline", "3")
    for x, y in ((40, 40), (80, 20), (120, 40)):
        page.click(x, y)
    near(points_of(page.selection[0]), [40, 40, 80, 20, 120, 40])
    # A double click on an edge adds a point.
    page.page.mouse.dblclick(*page.screen(60, 30))
    assert len(points_of(page.selection[0])) == 8

    # A polygon as a track: drawn anew further on, between them interpolated.
    page.press("Escape")
    page.choose_track_mode()
    choose("polygon", "4")
    for x, y in ((200, 200), (260, 200), (260, 260), (200, 260)):
        page.click(x, y)
    page.go_to(10)
    page.press("Shift+N")
    for x, y in ((240, 200), (300, 200), (300, 260), (240, 260)):
        page.click(x, y)
    page.saved()
    between = task(store).to_frame(interpolate=True).query("frame == 5 and type == 'polygon'").iloc[0]
    shape = np.reshape(between.points, (-1, 2))
    near([*shape.min(axis=0), *shape.max(axis=0)], [220, 200, 280, 260], 2)
    # One point as a track.
    page.go_to(0)
    page.press("Escape")
    choose("points", "1")
    page.click(400, 250)
    page.go_to(10)
    page.drag((400, 250), (440, 290))
    page.saved()
    between = task(store).to_frame(interpolate=True).query("frame == 5 and type == 'points'").iloc[0]
    near(between.points, [420, 270], 2)

    # A cuboid is moved as a whole, and another side becomes its front.
    root.get_by_test_id("draw-mode-shape").click()
    page.press("Escape")
    choose("cuboid")
    page.click(100, 220)
    page.click(160, 280)
    (cuboid,) = page.selection
    drawn = points_of(cuboid)
    page.drag((130, 250), (150, 240))
    near(points_of(cuboid), [each + (-10 if index % 2 else 20) for index, each in enumerate(drawn)], 2)
    moved = points_of(cuboid)
    page.click(150, 240, button="right")
    root.get_by_role("menuitem", name="Switch the orientation").click()
    assert points_of(cuboid) != moved

    # Tags, by the button of the tool bar and in their own workspace.
    page.press("Escape")
    root.get_by_role("button", name="Tag the frame as car").click()
    root.get_by_test_id("workspace").select_option("tags")
    tags = root.get_by_test_id("tags-workspace")
    tags.get_by_role("button", name="person", exact=True).click()
    tags.get_by_role("button", name="Add person").click()
    page.wait("editor.objects.value.filter((state) => state.kind === 'tag').length === 2")
    page.saved()
    assert sorted(task(store).to_frame().query("type == 'tag'").label) == ["car", "person"]
    assert not page.notebook.errors
