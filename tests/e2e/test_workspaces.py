"""The workspaces: attributes, tags and single shapes by keys, deleted frames, context images; checked in the store."""

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
labels = [
    cw.Label("car", attributes=[
        cw.Attribute("kind", "select", ("sedan", "van", "bus")), cw.Attribute("parked", "checkbox"),
        cw.Attribute("plate", "text"), cw.Attribute("seats", "number", ("1", "5", "1")),
        cw.Attribute("speed", "number", ("0", "200", "5"), mutable=True),
    ]),
    cw.Label("person", attributes=[cw.Attribute("age", "radio", ("child", "adult"))]), "bicycle", "night",
]
task = cw.Task.create("work", sample.path, labels=labels, store={store!r})
task.add([
    dict(frame=0, label="bicycle", type="polygon", points=[530, 90, 600, 90, 620, 120, 600, 170, 540, 170]),
    dict(frame=0, label="car", type="rectangle", points=[352, 206, 486, 260]),
    dict(frame=0, label="person", type="rectangle", points=[196, 222, 246, 352]),
    dict(frame=5, label="person", type="rectangle", points=[40, 200, 90, 300]),
])
cw.Annotator(task, height=640)"""


def opened(open_notebook: Opener, tmp_path: Path, theme: str = "light", width: int = 1400) -> tuple[AnnotatorPage, str]:
    store = str(tmp_path / "work.sqlite")
    notebook = open_notebook([SETUP.format(store=store)], theme=theme, width=width)
    notebook.run_all()
    page = AnnotatorPage(notebook)
    page.focus()
    return page, store


def choose(page: AnnotatorPage, name: str) -> None:
    page.root.get_by_test_id("workspace").select_option(name)
    page.wait(f"editor.workspace.value === '{name}'")
    expect(page.root.get_by_test_id(f"{name}-workspace")).to_be_visible()


def in_a_field(page: AnnotatorPage) -> None:
    """Wait until what is typed goes into a field; no hand is as fast as a script."""
    page.page.wait_for_function("document.activeElement?.tagName === 'INPUT'")


@pytest.mark.parametrize("theme", THEMES)
def test_attributes_are_answered_by_keys_alone(open_notebook: Opener, tmp_path: Path, theme: str) -> None:
    page, store = opened(open_notebook, tmp_path, theme)
    choose(page, "attributes")
    page.wait("editor.selection.value.length === 1 && scene.viewport.scale.value > 1.5")
    car = page.selection[0]
    page.page.wait_for_timeout(400)
    page.notebook.screenshot(f"workspace-attributes-{theme}")
    page.press("2", "ArrowDown", "1", "ArrowDown")
    in_a_field(page)
    page.page.keyboard.type("B")
    # What comes from elsewhere meanwhile takes nothing away of what is being typed.
    page.notebook.execute(
        f"import cvat_widgets as cw, pandas as pd; t = cw.Task.open('work', store={store!r})\n"
        f"t.update(pd.DataFrame([{{'id': {car}, 'occluded': True}}]))"
    )
    page.wait(f"editor.objects.value.find(({{ id }}) => id === {car}).occluded")
    page.page.keyboard.type("-12")
    page.press("ArrowDown", "3", "ArrowDown")
    page.page.wait_for_timeout(200)
    page.notebook.screenshot(f"workspace-attributes-number-{theme}")
    in_a_field(page)
    page.page.keyboard.type("52")
    page.press("Tab")
    page.wait(f"editor.selection.value[0] !== {car}")
    page.press("1", "Tab")
    # The objects of the frame are done: on to the next frame that has some.
    page.wait("editor.frame.value === 5 && editor.selection.value.length === 1")
    page.press("1")
    page.press("Shift+Tab")
    page.wait("editor.frame.value === 0")
    page.press("ArrowRight")
    page.wait("editor.frame.value === 5")
    page.saved()
    rows = cw.Task.open("work", store=store).to_frame().set_index("id")
    answered = rows.loc[car]
    assert answered["attr.kind"] == "bus"
    assert bool(answered["attr.parked"]) is True
    assert answered["attr.plate"] == "B-12"
    assert (answered["attr.seats"], answered["attr.speed"]) == (4, 52)
    ages = rows.query("label == 'person'").sort_values("frame")["attr.age"]
    assert list(ages) == ["adult", "adult"]

    # Under a filter one goes through what it keeps only, object by object and frame by frame.
    page.go_to(0)
    page.root.get_by_test_id("filter-button").click()
    dialog = page.root.get_by_role("dialog", name="Filter")
    dialog.get_by_role("button", name="Add rule").click()
    dialog.get_by_label("Value", exact=True).select_option(label="person")
    dialog.get_by_role("button", name="Submit").click()
    expect(page.root.get_by_test_id("attributes-filter")).to_contain_text("person")
    page.wait(f"editor.selection.value.length === 1 && editor.selection.value[0] !== {car}")
    page.focus()
    page.press("Tab")
    page.wait("editor.frame.value === 5")
    page.press("ArrowLeft")
    page.wait("editor.frame.value === 0")
    page.press("f")
    page.wait("editor.frame.value === 1")
    workspace = page.root.get_by_test_id("attributes-workspace")
    expect(workspace).to_contain_text("No object with attributes on this frame passes the filter")
    workspace.get_by_role("button", name="Next frame that has one").click()
    page.wait("editor.frame.value === 5 && editor.selection.value.length === 1")
    workspace.get_by_role("button", name="Show all objects again").click()
    expect(page.root.get_by_test_id("attributes-filter")).to_have_count(0)
    assert not page.notebook.errors


@pytest.mark.parametrize("theme", THEMES)
def test_frames_get_tags_by_digits(open_notebook: Opener, tmp_path: Path, theme: str) -> None:
    page, store = opened(open_notebook, tmp_path, theme)
    choose(page, "tags")
    page.press("4", "3")
    page.wait("editor.objects.value.filter((state) => state.kind === 'tag').length === 2")
    page.page.wait_for_timeout(300)
    page.notebook.screenshot(f"workspace-tags-{theme}")
    page.root.get_by_role("button", name="Remove the tag bicycle").click()
    page.root.get_by_label("Automatically go to the next frame").check()
    page.focus()
    page.press("4")
    page.wait("editor.frame.value === 1")
    page.press("n")
    page.wait("editor.frame.value === 2")
    # Another digit for the label: the two exchange theirs.
    page.root.get_by_label("Key of night").select_option("1")
    page.press("1")
    page.wait("editor.frame.value === 3")
    page.saved()
    tags = cw.Task.open("work", store=store).to_frame().query("type == 'tag'")
    assert sorted(zip(tags["frame"], tags["label"], strict=True)) == [(0, "night"), (1, "night"), (2, "night")]
    assert not page.notebook.errors


@pytest.mark.parametrize("theme", THEMES)
def test_one_shape_a_picture_until_the_last(open_notebook: Opener, tmp_path: Path, theme: str) -> None:
    store = str(tmp_path / "single.sqlite")
    setup = f"""import cvat_widgets as cw
task = cw.Task.create("single", cw.samples.pictures().paths[:4], labels=["car", "person"], store={store!r})
task.delete_frames([2])
cw.Annotator(task)"""
    notebook = open_notebook([setup], theme=theme)
    notebook.run_all()
    page = AnnotatorPage(notebook)
    page.focus()
    choose(page, "single-shape")
    page.wait("editor.tool.value === 'rectangle'")
    page.click(40, 40)
    page.click(90, 100)
    page.wait("editor.frame.value === 1 && editor.tool.value === 'rectangle' && scene.upToDate")
    page.page.wait_for_timeout(300)
    notebook.screenshot(f"workspace-single-{theme}")
    page.press("Escape")
    page.wait("editor.tool.value === 'select'")
    page.press("n")
    page.wait("editor.tool.value === 'rectangle'")
    page.press("s")
    page.wait("editor.frame.value === 3 && editor.tool.value === 'rectangle' && scene.upToDate")
    page.click(30, 30)
    page.click(80, 90)
    expect(page.root.get_by_test_id("single-shape-finished")).to_be_visible()
    page.page.wait_for_timeout(200)
    notebook.screenshot(f"workspace-single-finished-{theme}")
    assert page.ask("editor.tool.value") == "select"
    page.saved()
    rows = cw.Task.open("single", store=store).to_frame()
    assert list(rows["frame"]) == [0, 3]
    assert set(rows["label"]) == {"car"}
    assert not notebook.errors


def test_the_workspaces_fit_a_narrow_cell(open_notebook: Opener, tmp_path: Path) -> None:
    page, _ = opened(open_notebook, tmp_path, width=620)
    for name in ("attributes", "tags", "single-shape"):
        choose(page, name)
        page.page.wait_for_timeout(400)
        page.notebook.screenshot(f"workspace-{name}-narrow")
    assert not page.notebook.errors


PICTURES = """import cvat_widgets as cw, io
from pathlib import Path
from PIL import Image
folder = Path({folder!r})
for number, path in enumerate(cw.samples.pictures().paths[:4]):
    picture = Image.open(path).convert("RGB")
    picture.save(folder / f"view{{number}}.png")
    related = folder / "related_images" / f"view{{number}}_png"
    if number != 2:
        related.mkdir(parents=True)
        picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(related / "mirror.png")
        picture.convert("L").save(related / "grey.png")
task = cw.Task.create("frames", folder, labels=["car"], store={store!r})
task.add([dict(frame=frame, label="car", type="rectangle", points=[20, 20, 90, 80]) for frame in range(4)])
cw.Annotator(task)"""


def pictures(open_notebook: Opener, tmp_path: Path, theme: str) -> tuple[AnnotatorPage, cw.Task]:
    store = str(tmp_path / "frames.sqlite")
    (tmp_path / "pictures").mkdir()
    notebook = open_notebook([PICTURES.format(folder=str(tmp_path / "pictures"), store=store)], theme=theme, width=1400)
    notebook.run_all()
    page = AnnotatorPage(notebook)
    page.focus()
    return page, cw.Task.open("frames", store=store)


@pytest.mark.parametrize("theme", THEMES)
def test_frames_are_deleted_passed_over_and_restored(open_notebook: Opener, tmp_path: Path, theme: str) -> None:
    page, task = pictures(open_notebook, tmp_path, theme)
    page.press("f")
    page.wait("editor.frame.value === 1")
    page.press("Alt+Delete")
    page.wait("editor.frame.value === 2")
    assert task.deleted_frames == [1]
    page.press("d")
    page.wait("editor.frame.value === 0")
    page.press("f")
    page.wait("editor.frame.value === 2")
    page.go_to(1)
    banner = page.root.get_by_test_id("deleted-frame")
    expect(banner).to_contain_text("Deleted frame")
    assert page.ask("editor.objects.value.length") == 0
    page.page.wait_for_timeout(400)
    page.notebook.screenshot(f"deleted-frame-{theme}")
    # Nothing is drawn on it.
    page.press("n")
    expect(page.root.get_by_text("The frame is deleted")).to_be_visible()
    banner.get_by_role("button", name="Restore").click()
    expect(banner).to_have_count(0)
    page.wait("editor.objects.value.length === 1")
    assert task.deleted_frames == []
    # From Python, too.
    page.notebook.execute("task.delete_frames(1)")
    expect(banner).to_be_visible()
    page.notebook.execute("task.restore_frames()")
    expect(banner).to_have_count(0)
    assert not page.notebook.errors


@pytest.mark.parametrize("theme", THEMES)
def test_context_images_are_shown_turned_zoomed_and_hidden(open_notebook: Opener, tmp_path: Path, theme: str) -> None:
    page, _ = pictures(open_notebook, tmp_path, theme)
    card = page.root.get_by_test_id("context-images")
    expect(card.get_by_alt_text("grey.png")).to_be_visible()
    expect(card).to_contain_text("1 / 2")
    page.page.wait_for_timeout(300)
    page.notebook.screenshot(f"context-{theme}")
    card.get_by_role("button", name="Next context image").click()
    expect(card.get_by_alt_text("mirror.png")).to_be_visible()
    card.get_by_role("button", name="Enlarge", exact=True).click()
    large = page.root.get_by_test_id("context-large")
    large.get_by_role("button", name="Turn to the right").click()
    large.get_by_role("button", name="Zoom in").click()
    transform = large.locator("img").evaluate("(image) => image.style.transform")
    assert "rotate(90deg)" in transform
    assert "scale(1.25)" in transform
    page.notebook.screenshot(f"context-large-{theme}")
    page.press("Escape")
    expect(large).to_have_count(0)
    # A frame without context images, and one found by its name.
    field = page.root.get_by_test_id("frame-input")
    field.fill("view2")
    field.press("Enter")
    page.wait("editor.frame.value === 2")
    expect(card).to_have_count(0)
    field.fill("VIEW3")
    field.press("Enter")
    page.wait("editor.frame.value === 3")
    card.get_by_role("button", name="Hide context images").click()
    expect(card).to_have_count(0)
    page.focus()
    page.press("d", "f")
    page.wait("editor.frame.value === 3")
    page.page.wait_for_timeout(400)
    expect(card).to_have_count(0)
    assert not page.notebook.errors
