"""The timeline: zoom, pan, scrub, keyframes that are dragged; and the dialogs that act on ranges of frames."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import cvat_widgets as cw
from tests.e2e.annotator import AnnotatorPage
from tests.e2e.lab import THEMES, NotebookPage, expect

Opener = Callable[..., NotebookPage]

SETUP = """import cvat_widgets as cw
sample = cw.samples.street()
task = cw.Task.create("lanes", sample.path, labels=["car", "person", "night"], store={store!r})
box = dict(type="rectangle", label="person")
rows = [
    dict(box, frame=10, points=[196, 222, 246, 352], track_id=1),
    dict(box, frame=60, points=[330, 222, 380, 352], track_id=1),
    dict(box, frame=80, points=[420, 222, 470, 352], track_id=1, outside=True),
    dict(box, frame=100, points=[420, 222, 470, 352], track_id=1),
    dict(frame=5, label="car", type="rectangle", points=[352, 206, 486, 260]),
    dict(frame=30, label="night", type="tag"),
]
for number in range(2, {tracks} + 1):
    rows += [dict(box, frame=number, points=[60, 180, 90, 250], track_id=number),
             dict(box, frame=119 - number, points=[300, 180, 330, 250], track_id=number, outside=number % 2 == 0)]
ids = task.add(rows)
cw.Annotator(task, height=700)"""


def opened(
    open_notebook: Opener, tmp_path: Path, *, tracks: int = 3, theme: str = "light", width: int = 1400
) -> tuple[AnnotatorPage, cw.Task]:
    store = str(tmp_path / "lanes.sqlite")
    notebook = open_notebook([SETUP.format(store=store, tracks=tracks)], theme=theme, width=width)
    notebook.run_all()
    page = AnnotatorPage(notebook)
    page.focus()
    return page, cw.Task.open("lanes", store=store)


def keyframes(task: cw.Task, track: int) -> list[int]:
    rows = task.tracks
    return sorted(rows[rows["track_id"] == track]["frame"].tolist())


def first_track(page: AnnotatorPage) -> int:
    return int(page.ask("Math.min(...editor.document.tracks().map((track) => track.id))"))


def drag_keyframe(page: AnnotatorPage, track: int, start: int, end: int) -> None:
    """Drag a diamond to another frame."""
    diamond = page.root.locator(f"[data-track='{track}'] [data-keyframe='{start}']")
    box = diamond.bounding_box()
    lane = page.root.locator(f"[data-track='{track}'] .cvw-lane").bounding_box()
    assert box
    assert lane
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.page.mouse.move(x, y)
    page.page.mouse.down()
    page.page.mouse.move(x + (end - start) * lane["width"] / 120, y, steps=5)


@pytest.mark.parametrize("theme", THEMES)
def test_keyframes_are_dragged_as_one_step(open_notebook: Opener, tmp_path: Path, theme: str) -> None:
    page, task = opened(open_notebook, tmp_path, theme=theme)
    track = first_track(page)
    drag_keyframe(page, track, 60, 70)
    page.notebook.screenshot(f"timeline-dragging-{theme}")
    page.page.mouse.up()
    page.wait("editor.frame.value === 70 && scene.upToDate")
    page.saved()
    assert keyframes(task, track) == [10, 70, 80, 100]
    page.page.wait_for_timeout(300)
    page.notebook.screenshot(f"timeline-{theme}")
    # Onto another keyframe: refused.
    drag_keyframe(page, track, 70, 80)
    page.page.mouse.up()
    expect(page.root.get_by_text("There is a keyframe on frame 80 already.")).to_be_visible()
    assert keyframes(task, track) == [10, 70, 80, 100]
    page.focus()
    page.press("Control+z")
    page.wait(f"editor.document.get({track}).keyframes[60] !== undefined")
    page.saved()
    assert keyframes(task, track) == [10, 60, 80, 100]
    assert not page.notebook.errors


def test_clicks_seek_and_select_and_the_wheel_zooms(open_notebook: Opener, tmp_path: Path) -> None:
    page, _ = opened(open_notebook, tmp_path)
    track = first_track(page)
    page.root.locator("[data-tick='30']").click()
    page.wait("editor.frame.value === 30")
    assert page.ask("editor.selected.value.map((state) => state.kind)") == ["tag"]
    page.root.locator(f"[data-track='{track}'] [data-keyframe='10']").click()
    page.wait("editor.frame.value === 10")
    assert page.selection == [track]
    page.root.get_by_role("button", name="Last keyframe").last.click()
    page.wait("editor.frame.value === 100")
    page.root.get_by_role("button", name="First keyframe").last.click()
    page.wait("editor.frame.value === 10")
    ruler = page.root.get_by_test_id("timeline-ruler").bounding_box()
    assert ruler
    # Drag along the ruler: the picture follows.
    page.page.mouse.move(ruler["x"] + ruler["width"] / 4, ruler["y"] + 8)
    page.page.mouse.down()
    page.page.mouse.move(ruler["x"] + ruler["width"] / 2 + 2, ruler["y"] + 8, steps=6)
    page.page.mouse.up()
    page.wait("editor.frame.value === 60")
    # Ctrl+wheel zooms at the cursor, the wheel alone pans.
    page.page.keyboard.down("Control")
    for _ in range(3):
        page.page.mouse.wheel(0, -240)
    page.page.keyboard.up("Control")
    expect(page.root.locator(".cvw-ruler-tick", has_text="60")).to_be_visible()
    expect(page.root.locator("[data-keyframe='10']")).to_have_count(0)
    page.page.wait_for_timeout(200)
    page.notebook.screenshot("timeline-zoomed")
    for _ in range(14):
        page.page.mouse.wheel(0, 240)
    expect(page.root.locator(f"[data-track='{track}'] [data-keyframe='100']")).to_be_visible()
    page.root.get_by_role("button", name="Show all frames").click()
    expect(page.root.locator(f"[data-track='{track}'] [data-keyframe='10']")).to_be_visible()
    assert not page.notebook.errors


def test_many_tracks_are_rows_only_where_they_are_seen(open_notebook: Opener, tmp_path: Path) -> None:
    page, _ = opened(open_notebook, tmp_path, tracks=50)
    expect(page.root.locator("[data-track]").first).to_be_visible()
    assert page.root.locator("[data-track]").count() < 20
    last = int(page.ask("Math.max(...editor.document.tracks().map((track) => track.id))"))
    page.root.get_by_test_id("timeline").evaluate("(element) => element.scrollTo(0, element.scrollHeight)")
    expect(page.root.locator(f"[data-track='{last}']")).to_be_visible()
    assert page.root.locator("[data-track]").count() < 20
    page.notebook.screenshot("timeline-many")


@pytest.mark.parametrize("theme", THEMES)
def test_objects_are_propagated_and_removed_in_ranges(open_notebook: Opener, tmp_path: Path, theme: str) -> None:
    page, task = opened(open_notebook, tmp_path, theme=theme)
    page.go_to(5)
    page.click(420, 232)
    page.press("Control+b")
    dialog = page.root.get_by_test_id("propagate")
    dialog.get_by_label("Number of frames").fill("20")
    expect(dialog).to_contain_text("frames 6 to 25")
    page.page.wait_for_timeout(200)
    page.notebook.screenshot(f"propagate-{theme}")
    dialog.get_by_label("Number of frames").press("Enter")
    page.wait("editor.document.statesAt(25).some((state) => state.kind === 'shape')")
    page.saved()
    shapes = task.to_frame().query("label == 'car'")
    assert sorted(shapes["frame"]) == list(range(5, 26))
    page.focus()
    page.press("Control+z")
    page.wait("editor.document.statesAt(25).every((state) => state.kind !== 'shape')")
    palette(page, "Remove annotations in a range")
    dialog = page.root.get_by_test_id("remove-range")
    dialog.get_by_label("From frame").fill("5")
    dialog.get_by_label("To frame").fill("60")
    expect(dialog).to_contain_text("2 objects will be removed, 1 track will lose keyframes")
    page.page.wait_for_timeout(200)
    page.notebook.screenshot(f"remove-range-{theme}")
    dialog.get_by_role("button", name="Remove", exact=True).click()
    page.wait("editor.document.statesAt(5).every((state) => state.kind === 'track')")
    page.saved()
    assert keyframes(task, first_track(page)) == [80, 100]
    assert not page.notebook.errors


def palette(page: AnnotatorPage, name: str) -> None:
    """Run an action by its name."""
    page.focus()
    page.press("Control+k")
    page.root.get_by_test_id("palette").get_by_role("combobox").or_(
        page.root.get_by_test_id("palette").locator("input")
    ).first.fill(name)
    page.press("Enter")
