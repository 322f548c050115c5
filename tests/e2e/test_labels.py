"""Labels edited in the notebook: the constructor, the raw text, skeletons, and the annotator that hears of it all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import cvat_widgets as cw
from tests.e2e.annotator import AnnotatorPage
from tests.e2e.lab import THEMES, NotebookPage, expect
from tests.e2e.test_accessibility import AXE, CHECK

Opener = Callable[..., NotebookPage]
EXPORTED = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">
<line x1="10" y1="20" x2="90" y2="80" stroke="black" data-type="edge" data-node-from="1" stroke-width="0.5" data-node-to="2"></line>
<circle r="0.75" cx="10" cy="20" data-type="element node" data-element-id="1" data-node-id="1" stroke="black"></circle>
<circle r="0.75" cx="90" cy="80" data-type="element node" data-element-id="2" data-node-id="2"></circle>
<desc data-description-type="labels-specification">{"1":{"name":"head"},"2":{"name":"tail","color":"#112233"}}</desc></svg>"""


def cells(store: Path, shown: str) -> list[str]:
    return [
        f"""import cvat_widgets as cw
sample = cw.samples.street()
task = cw.Task.create("street", sample.path, store={str(store)!r},
                      labels=[cw.Label("car", attributes=(cw.Attribute("color", "select", ("red", "green")),)), "person"])
task.add([{{"frame": frame, "label": "car", "type": "rectangle", "points": [20, 20, 90, 80], "attr.color": "green"}}
          for frame in range(2)])
{shown}"""
    ]


class LabelsPage:
    """A label editor as somebody at the screen uses it."""

    def __init__(self, notebook: NotebookPage, store: Path) -> None:
        self.page = notebook.page
        self.root = self.page.locator(".cvw-label-editor")
        self.store = store
        self.root.wait_for()

    @property
    def task(self) -> cw.Task:
        return cw.Task.open("street", store=self.store)

    def at(self, test_id: str, index: int = 0):
        return self.root.get_by_test_id(test_id).nth(index)

    def row(self, label: str):
        return self.root.locator(f'[data-label="{label}"]')

    def undone_as(self, text: str) -> None:
        expect(self.at("undo")).to_have_text(f"Undo: {text}")

    def spot(self, x: float, y: float) -> tuple[float, float]:
        """Where a place of the skeleton's square is on the page."""
        self.at("skeleton-canvas").scroll_into_view_if_needed()
        box = self.at("skeleton-canvas").bounding_box()
        assert box
        return box["x"] + x * box["width"] / 100, box["y"] + y * box["height"] / 100

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.page.mouse.move(*self.spot(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.spot((start[0] + end[0]) / 2, (start[1] + end[1]) / 2), steps=3)
        self.page.mouse.move(*self.spot(*end), steps=3)
        self.page.mouse.up()


@pytest.mark.parametrize("theme", THEMES)
def test_the_constructor_and_the_raw_text(open_notebook: Opener, tmp_path: Path, theme: str) -> None:
    store = tmp_path / "store.sqlite"
    notebook = open_notebook(cells(store, "cw.LabelEditor(task)"), theme=theme)
    notebook.run_all()
    labels = LabelsPage(notebook, store)

    # Add: what is wrong stands at its field, Enter saves and asks for the next label, Done ends.
    labels.at("add-label").click()
    labels.at("label-name").fill("car")
    labels.at("done").click()
    expect(labels.root.get_by_text("There is another label “car”.")).to_be_visible()
    labels.at("label-name").fill("bus")
    labels.at("label-type").select_option("polygon")
    labels.at("add-attribute").click()
    labels.at("attribute-name").fill("size")
    labels.at("values").fill("small")
    labels.page.keyboard.press("Enter")
    labels.page.keyboard.type("large")
    labels.page.keyboard.press("Enter")
    labels.page.keyboard.press("Enter")
    labels.row("bus").wait_for()
    expect(labels.at("label-name")).to_have_value("")
    expect(labels.at("label-name")).to_be_focused()
    labels.page.keyboard.type("dog")
    labels.page.keyboard.press("Enter")
    labels.row("dog").wait_for()
    labels.at("done").click()
    expect(labels.at("label-form")).to_have_count(0)
    bus = labels.task.labels["bus"]
    assert (bus.type, bus.attributes[0].values, bus.color) == ("polygon", ("small", "large"), cw.Label("bus").color)

    # Rename and recolour: the objects stay; a value in use cannot go.
    labels.row("car").get_by_test_id("edit-label").click()
    labels.at("label-name").fill("auto")
    labels.at("color").click()
    labels.root.get_by_role("button", name="#4363d8").click()
    labels.root.get_by_role("button", name="Remove the value green").click()
    labels.at("done").click()
    expect(labels.root.get_by_text("is in use (2 times)")).to_be_visible()
    labels.at("values").fill("green")
    labels.at("done").click()
    labels.row("auto").wait_for()
    assert labels.task.shapes["label"].tolist() == ["auto", "auto"]
    assert labels.task.labels["auto"].color == "#4363d8"
    expect(labels.row("auto")).to_contain_text("2 objects")

    # Deleting asks, keeps by default, and can be taken back.
    labels.row("auto").get_by_test_id("delete-label").click()
    expect(labels.at("question")).to_contain_text("The label “auto” and its 2 objects will be deleted.")
    expect(labels.at("keep")).to_be_focused()
    labels.page.keyboard.press("Escape")
    expect(labels.at("question")).to_have_count(0)
    labels.row("auto").get_by_test_id("delete-label").click()
    labels.at("confirm-delete").click()
    labels.undone_as("Delete auto")
    assert len(labels.task.shapes) == 0
    labels.at("undo").click()
    labels.row("auto").wait_for()
    assert labels.task.shapes["attr.color"].tolist() == ["green", "green"]

    # Raw: errors with their line; what is typed becomes the labels.
    labels.at("tab-Raw").click()
    text = labels.at("raw").input_value()
    labels.at("raw").fill(text.replace('"name": "person"', '"name": "auto"'))
    labels.at("raw-done").click()
    line = next(number for number, each in enumerate(text.split("\n"), 1) if '"name": "person"' in each)
    expect(labels.root.get_by_role("alert")).to_have_text(f"Line {line}: There is another label “auto”.")
    labels.at("reset").click()
    expect(labels.at("raw")).to_have_value(text)
    labels.at("raw").fill(text.replace('"name": "person"', '"name": "human"'))
    labels.at("raw-done").click()
    labels.undone_as("Change person")
    assert labels.task.labels.names == ["auto", "human", "bus", "dog"]

    # A change from Python is shown.
    notebook.execute("task.set_labels([*task.labels, 'tree'])")
    labels.at("tab-Constructor").click()
    labels.row("tree").wait_for()
    assert notebook.errors == []
    assert notebook.cell_count == 1


@pytest.mark.parametrize("theme", THEMES)
def test_a_skeleton_by_mouse_by_keys_and_from_a_file(open_notebook: Opener, tmp_path: Path, theme: str) -> None:
    store = tmp_path / "store.sqlite"
    notebook = open_notebook(cells(store, "cw.LabelEditor(task)"), theme=theme)
    notebook.run_all()
    labels = LabelsPage(notebook, store)
    labels.at("add-skeleton").click()
    labels.at("done").click()
    labels.at("add-skeleton").click()
    labels.at("label-name").fill("arm")
    labels.at("done").click()
    expect(labels.root.get_by_text("A skeleton needs at least one joint.")).to_be_visible()

    # Joints by clicks, one moved by drag, one by keys; edges by clicks and by drag.
    for place in ((20, 20), (50, 60), (80, 30), (90, 90)):
        labels.page.mouse.click(*labels.spot(*place))
    labels.page.keyboard.press("Shift+ArrowUp")
    labels.at("tool-move").click()
    labels.drag((20, 20), (30, 40))
    labels.at("tool-join").click()
    labels.page.mouse.click(*labels.spot(30, 40))
    labels.page.mouse.click(*labels.spot(50, 60))
    labels.drag((50, 60), (80, 30))
    labels.root.locator('[data-joint="3"]').focus()
    labels.page.keyboard.press("Enter")
    labels.root.locator('[data-joint="4"]').focus()
    labels.page.keyboard.press("Enter")
    labels.at("tool-delete").click()
    labels.page.mouse.click(*labels.spot(85, 57.5))
    labels.at("joint-name").fill("shoulder")
    labels.at("joint-attributes", 1).click()
    labels.at("add-attribute").click()
    labels.at("attribute-name").fill("hidden")
    labels.at("attribute-input").select_option("checkbox")
    labels.at("show-frame").click()
    labels.root.locator("image").wait_for(state="attached")
    labels.root.locator('[data-joint="4"]').focus()
    labels.page.keyboard.press("Delete")
    labels.root.get_by_role("button", name="Undo (Ctrl+Z)").click()
    with labels.page.expect_download() as download:
        labels.at("export-svg").click()
    labels.at("done").click()
    labels.row("arm").wait_for()
    arm = labels.task.labels["arm"]
    template = cw.SkeletonTemplate.from_label(arm)
    assert [joint.name for joint in arm.sublabels] == ["shoulder", "2", "3", "4"]
    assert arm.sublabels[1].attributes[0].input_type == "checkbox"
    assert template.edges == (("shoulder", "2"), ("2", "3"))
    wanted = {"shoulder": (30, 40), "2": (50, 60), "3": (80, 30), "4": (90, 85)}
    for name, place in wanted.items():
        assert template.joints[name] == pytest.approx(place, abs=0.5)
    assert cw.SkeletonTemplate.from_svg(Path(download.value.path()).read_text()) == template

    # A file that CVAT exported; one with a script in it is refused.
    labels.at("add-skeleton").click()
    hostile = EXPORTED.replace("<desc", "<script>alert(1)</script><desc")
    labels.at("svg-file").set_input_files({"name": "x.svg", "mimeType": "image/svg+xml", "buffer": hostile.encode()})
    expect(labels.root.get_by_role("alert")).to_contain_text("The SVG holds <script")
    labels.at("svg-file").set_input_files({"name": "dog.svg", "mimeType": "image/svg+xml", "buffer": EXPORTED.encode()})
    expect(labels.at("label-name")).to_have_value("dog")
    labels.at("done").click()
    labels.row("dog").wait_for()
    dog = labels.task.labels["dog"]
    assert [(joint.name, joint.color) for joint in dog.sublabels][1] == ("tail", "#112233")
    assert cw.SkeletonTemplate.from_label(dog).edges == (("head", "tail"),)
    assert notebook.errors == []


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: run npm ci")
@pytest.mark.parametrize(("theme", "width"), [("light", 1500), ("dark", 640)])
def test_it_fits_and_axe_finds_nothing(open_notebook: Opener, tmp_path: Path, theme: str, width: int) -> None:
    store = tmp_path / "store.sqlite"
    shown = """finder = cw.detector(labels=["person", *(f"thing {number}" for number in range(30))])(lambda image: [])
editor = cw.LabelEditor(task)
editor.use(finder, "Things")
editor"""
    notebook = open_notebook(cells(store, shown), theme=theme, width=width)
    notebook.run_all()
    labels = LabelsPage(notebook, store)
    labels.page.add_script_tag(path=str(AXE))
    problems: list[tuple[str, str]] = []

    def check(name: str) -> None:
        problems.extend((name, each) for each in labels.page.evaluate(CHECK))
        wide = labels.root.evaluate("(root) => root.scrollWidth > root.clientWidth + 1")
        problems.extend([(name, "wider than its cell")] if wide else [])

    labels.row("car").wait_for()
    check("list")
    labels.row("car").get_by_test_id("edit-label").click()
    labels.at("label-name").fill("person")
    labels.at("done").click()
    labels.at("color").click()
    check("form")
    labels.page.keyboard.press("Escape")
    labels.at("cancel").click()
    labels.row("car").get_by_test_id("delete-label").click()
    check("question")
    labels.at("keep").click()
    labels.at("add-skeleton").click()
    for _ in range(3):
        labels.at("add-joint").click()
    labels.at("join-with").select_option("2")
    labels.at("joint-attributes", 1).click()
    labels.at("add-attribute").click()
    check("skeleton")
    labels.at("cancel").click()
    labels.at("from-model-open").click()
    labels.root.get_by_label("All").check()
    labels.root.get_by_label("Search labels").fill("thing 2")
    check("from a model")
    notebook.screenshot(f"labels-from-model-{theme}")
    labels.at("cancel").click()
    labels.at("tab-Raw").click()
    labels.at("raw").fill("[")
    labels.at("raw-done").click()
    check("raw")
    assert problems == []


def test_labels_from_within_the_annotator(open_notebook: Opener, tmp_path: Path) -> None:
    store = tmp_path / "store.sqlite"
    notebook = open_notebook(cells(store, "cw.Annotator(task)"))
    notebook.run_all()
    page = AnnotatorPage(notebook)
    page.root.get_by_role("tab", name="Labels").click()
    page.root.get_by_test_id("edit-labels").click()
    labels = LabelsPage(notebook, store)
    labels.row("car").wait_for()
    labels.row("car").get_by_test_id("edit-label").click()
    labels.at("label-name").fill("n")  # N draws elsewhere
    labels.page.keyboard.press("Escape")
    expect(labels.at("label-form")).to_have_count(0)
    labels.row("car").get_by_test_id("edit-label").click()
    labels.at("label-name").fill("auto")
    labels.at("done").click()
    labels.row("auto").wait_for()
    labels.at("add-label").click()
    labels.at("label-name").fill("dog")
    labels.at("done").click()
    labels.row("dog").wait_for()
    labels.row("auto").get_by_test_id("delete-label").click()
    labels.at("confirm-delete").click()
    expect(labels.row("auto")).to_have_count(0)
    page.wait("[...editor.document.all()].length === 0")
    page.wait("editor.labels.value.map((label) => label.name).join() === 'person,dog'")
    assert page.ask("editor.labels.value.some((label) => label.id === editor.activeLabel.value)")
    labels.at("undo").click()
    labels.row("auto").wait_for()
    page.wait("[...editor.document.all()].length === 2")

    # Labels of a detector: what is there already is named, the rest is one change.
    notebook.execute(
        """annotator = next(each for each in __import__("ipywidgets").Widget.widgets.values() if isinstance(each, cw.Annotator))
annotator.use(cw.detector(labels=["dog", "cat", cw.Label("tree", type="polygon")])(lambda image: []), "Park")"""
    )
    labels.at("from-model-open").click()
    form = labels.at("from-model-form")
    form.get_by_label("Model", exact=True).select_option(label="Park (Python)")
    expect(form.get_by_label("dog")).to_be_disabled()
    form.get_by_label("All").check()
    form.get_by_role("button", name="Add 2 labels").click()
    expect(form).to_have_count(0)
    labels.undone_as("Add 2 labels")

    # Another order, by keys and by drag, each one change; the annotator's list and digits follow.
    labels.row("tree").get_by_test_id("move-label").focus()
    labels.page.keyboard.press("Home")
    labels.page.keyboard.press("ArrowDown")
    labels.undone_as("Change the order")
    names = "editor.labels.value.map((label) => label.name).join()"
    page.wait(f"{names} === 'auto,tree,person,dog,cat'")
    expect(labels.row("tree").get_by_test_id("move-label")).to_be_focused()
    grip, above = (labels.row(name).get_by_test_id("move-label").bounding_box() for name in ("cat", "auto"))
    assert grip
    assert above
    labels.page.mouse.move(grip["x"] + 8, grip["y"] + 8)
    labels.page.mouse.down()
    labels.page.mouse.move(grip["x"] + 8, (grip["y"] + above["y"]) / 2, steps=4)
    labels.page.mouse.move(above["x"] + 8, above["y"] + 8, steps=4)
    labels.page.mouse.up()
    page.wait(f"{names} === 'cat,auto,tree,person,dog'")
    assert labels.task.labels.names == ["cat", "auto", "tree", "person", "dog"]
    labels.at("undo").click()
    page.wait(f"{names} === 'auto,tree,person,dog,cat'")
    labels.page.keyboard.press("Escape")
    expect(labels.root).to_have_count(0)
    # The canvas has the keys again, and its undo is not that of the labels.
    page.focus()
    page.press("Control+3")
    page.draw_box((200, 60, 280, 160))
    page.saved()
    assert labels.task.shapes["label"].tolist().count("person") == 1
    assert notebook.errors == []
