"""One selection for a canvas, a contact sheet, a plot and a table, in one notebook, with nothing from outside."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlparse

import pytest

from tests.e2e.annotator import AnnotatorPage
from tests.e2e.lab import LabServer, NotebookPage, expect

pytest.importorskip("ipycanvas")
Opener = Callable[..., NotebookPage]
LOOK = os.environ.get("CVAT_WIDGETS_LOOKS") == "all"

SETUP = """import cvat_widgets as cw
from IPython.display import display
sample = cw.samples.street()
task = cw.Task.create("linked", sample.path, labels=["car", "person", "bicycle"], store={store!r})
names = ["car", "person", "bicycle"]
task.add([
    dict(frame=10 * n, label=names[n % 3], type="rectangle", points=[40 + 12 * n, 60, 60 + 12 * n + 6 * n, 90 + 3 * n])
    for n in range(12)
])
task.add([dict(frame=f, label="person", type="rectangle", points=[400 + f, 200, 560 + f, 300], track_id=1) for f in (0, 60)])"""
SHOW = """shapes = task.to_frame().drop_duplicates("id").assign(score=lambda rows: rows["id"] / 20)
def blue(canvas, frame, rows):
    canvas.fill_style = "#0000ff"
    for row in rows.itertuples():
        canvas.fill_rect(row.points[0], row.points[1] - 6, 6)
annotator = cw.Annotator(task, height=440)
annotator.overlay(blue)
sheet = cw.ContactSheet(shapes, task, size=90, columns=7, sort="frame", draw=blue)
plot = cw.plots.linked_scatter(shapes, x="width", y="height", height=220)
table = cw.ShapeTable(shapes, per_page=6, title="Shapes", sort="frame")
linked = cw.LinkedSelection(annotator, sheet, plot, table)
linked"""
ON_SHEET = """at = sheet._placed[{place}]
print(round(at.shift_x + {x} * at.scale), round(at.shift_y + {y} * at.scale) + 26)"""


class Linked:
    """The four of them on a page."""

    def __init__(self, notebook: NotebookPage) -> None:
        self.notebook = notebook
        self.canvas = AnnotatorPage(notebook)
        self.page = notebook.page
        self.plot = self.page.get_by_test_id("scatter")
        self.sheet = self.page.locator("canvas.jupyter-widgets, .jupyter-widgets canvas").last
        self.rows = self.page.locator(".cvw-rows tbody tr")

    def selected(self, ids: list[int]) -> None:
        """Wait until everybody shows the same choice, in the browser and in the kernel."""
        self.canvas.wait(f"JSON.stringify([...editor.selection.value].sort((a, b) => a - b)) === '{ids}'.replaceAll(' ', '')")
        expect(self.page.get_by_test_id("scatter-status")).to_have_text(f"{len(ids)} of 13 selected")
        expect(self.page.get_by_test_id("table-status")).to_have_text(f"{len(ids)} selected")
        told, wanted = "", " ".join([str(ids)] * 4)
        for _ in range(100):  # a message may still be on its way
            told = self.notebook.execute(
                "print(sorted(linked.ids), sorted(sheet.chosen), sorted(plot.chosen), sorted(table.chosen))"
            ).strip()
            if told == wanted:
                break
            self.page.wait_for_timeout(100)
        assert told == wanted

    def in_table(self, identity: int) -> None:
        """Wait until the row of one object, and no other, is marked in the table."""
        expect(self.page.locator(".cvw-rows tr[aria-selected=true]")).to_have_attribute("data-id", str(identity))

    @staticmethod
    def seen_at(x: float, y: float) -> str:
        """Return JavaScript for the colour that is seen at a pixel of the picture."""
        return f"""(() => {{
            const [at, ratio] = [scene.viewport, devicePixelRatio];
            const place = [{x} * at.scale.value + at.x.value, {y} * at.scale.value + at.y.value].map((each) => each * ratio);
            const base = scene.host.querySelector('.cvw-canvas-base');
            return JSON.stringify([...base.getContext('2d').getImageData(...place, 1, 1).data]);
        }})()"""

    def point(self, across: float, up: float) -> tuple[float, float]:
        """Where a point of the plot is on the page, from its values and the ticks that the axes show."""
        return tuple(
            self.page.evaluate(
                """([x, y]) => {
                    const groups = [...document.querySelectorAll('.cvw-scatter-axes > g > g')].map((each) => ({
                        value: Number(each.textContent), box: each.querySelector('line').getBoundingClientRect(),
                    }));
                    const upright = groups.filter((each) => each.box.height > each.box.width);
                    const flat = groups.filter((each) => each.box.height <= each.box.width);
                    const between = (ticks, key, value) => {
                        const [a, b] = [ticks[0], ticks[ticks.length - 1]];
                        return a.box[key] + (b.box[key] - a.box[key]) * (value - a.value) / (b.value - a.value);
                    };
                    return [between(upright, 'left', x), between(flat, 'top', y)];
                }""",
                [across, up],
            )
        )  # type: ignore[return-value]


@pytest.mark.parametrize(("theme", "width"), [("light", 1500), ("dark", 700)] if LOOK else [("light", 1500)])
def test_what_is_selected_in_one_is_selected_in_all(open_notebook: Opener, tmp_path: Path, theme: str, width: int) -> None:
    notebook = open_notebook([SETUP.format(store=str(tmp_path / "linked.sqlite")), SHOW], theme=theme, width=width, height=2000)
    asked: list[str] = []
    notebook.page.on("request", lambda request: asked.append(urlparse(request.url).hostname or ""))
    notebook.run_all()
    all_of = Linked(notebook)
    page, canvas = notebook.page, all_of.canvas
    expect(all_of.rows).to_have_count(6)
    all_of.selected([])

    # From the plot: a click, with Shift another one, a box, a name of the legend.
    all_of.plot.scroll_into_view_if_needed()
    page.mouse.click(*all_of.point(20 + 6 * 7, 30 + 3 * 7))
    all_of.selected([8])
    canvas.wait("editor.frame.value === 70")
    all_of.in_table(8)
    page.keyboard.down("Shift")
    page.mouse.click(*all_of.point(20 + 6 * 2, 30 + 3 * 2))
    page.keyboard.up("Shift")
    all_of.selected([3, 8])
    if LOOK:
        notebook.screenshot(f"linked-{theme}")
    page.mouse.move(*all_of.point(15, 20))
    page.mouse.down()
    page.mouse.move(*all_of.point(50, 44.5), steps=4)
    if LOOK:
        notebook.screenshot(f"linked-brush-{theme}")
    page.mouse.up()
    all_of.selected([1, 2, 3, 4, 5])
    page.get_by_role("button", name="Select all of bicycle").click()
    all_of.selected([3, 6, 9, 12])

    # From the plot by keys alone.
    all_of.plot.focus()
    page.keyboard.press("Escape")
    all_of.selected([])
    page.keyboard.press("ArrowRight")
    point = page.get_by_test_id("scatter-point")
    expect(point).to_contain_text("id ")
    reached = int(point.inner_text().split("id ")[1].split(",")[0])
    page.keyboard.press("Space")
    all_of.selected([reached])
    all_of.in_table(reached)  # the table has turned to its page

    # From the table: a row opens its frame; by keys, several; another page is turned to for what is chosen elsewhere.
    first = int(all_of.rows.nth(1).get_attribute("data-id") or 0)
    all_of.rows.nth(1).click()
    all_of.selected([first])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+Space")
    second = int(all_of.rows.nth(2).get_attribute("data-id") or 0)
    all_of.selected(sorted([first, second]))
    page.keyboard.press("Shift+ArrowDown")
    third = int(all_of.rows.nth(3).get_attribute("data-id") or 0)
    all_of.selected(sorted([second, third]))
    for _ in range(2):
        page.get_by_role("columnheader", name="score").get_by_role("button").click()
    expect(all_of.rows.first).to_have_attribute("data-id", "13")
    expect(page.get_by_role("columnheader", name="score")).to_have_attribute("aria-sort", "descending")

    # From the canvas, where the track is clicked on a frame between its keyframes.
    canvas.go_to(30)
    canvas.click(500, 250)
    all_of.selected([13])
    all_of.in_table(13)
    canvas.go_to(0)
    canvas.click(45, 75)
    all_of.selected([1])
    expect(page.get_by_test_id("table-page")).to_have_text("13–13 of 13")

    # From the sheet: the thumbnail of the track comes last in the second row, by frame and order.
    place = int(notebook.execute("print([ids[0] for ids in map(lambda n: sheet._ids_at([n]), range(13))].index(10))"))
    corner = notebook.execute(f"print(*sheet._layout.corner({place}))").split()
    all_of.sheet.scroll_into_view_if_needed()
    shrunk = all_of.sheet.evaluate("(canvas) => canvas.getBoundingClientRect().width / canvas.width")
    all_of.sheet.click(position={"x": (int(corner[0]) + 40) * shrunk, "y": (int(corner[1]) + 26 + 40) * shrunk})
    all_of.selected([10])
    canvas.wait("editor.frame.value === 90")
    all_of.in_table(10)
    page.get_by_role("button", name="Clear").first.click()
    all_of.selected([])

    # The function that draws over the thumbnails draws over the frame, too; what it raises is said, and work goes on.
    canvas.focus()
    canvas.ask("editor.setSetting('overlayOpacity', 100)")
    blue = "[0,0,255,255]"
    spot = (40 + 12 * 9 + 3, 60 - 3)
    canvas.wait(f"{all_of.seen_at(*spot)} === '{blue}'")
    canvas.press("Alt+o")
    canvas.wait(f"{all_of.seen_at(*spot)} !== '{blue}'")
    canvas.press("Alt+o")
    canvas.wait(f"{all_of.seen_at(*spot)} === '{blue}'")
    left, top = (float(each) for each in notebook.execute(ON_SHEET.format(place=place, x=spot[0], y=spot[1])).split())
    seen = "(canvas, [x, y]) => JSON.stringify([...canvas.getContext('2d').getImageData(x, y, 1, 1).data])"
    assert all_of.sheet.evaluate(seen, [left, top]) == blue
    if LOOK:
        notebook.screenshot(f"overlay-{theme}")
    notebook.execute("annotator.overlay(lambda canvas, frame, rows: rows['nothing'], 'broken'); None")
    expect(canvas.root.get_by_text("The layer broken could not be drawn: KeyError: 'nothing'")).to_be_visible()
    canvas.focus()
    canvas.draw_box((300, 100, 340, 130))
    canvas.wait(f"{all_of.seen_at(303, 97)} === '{blue}'")
    assert set(asked) <= {"127.0.0.1", "localhost", ""}
    assert not notebook.errors


SCATTER = """points = cw.plots.linked_scatter(shapes, x="width", y="height", engine="jscatter", width=500, height=300)
linked.add(points)"""


def scatter_kernel(lab: LabServer) -> str:
    """Return the name of a kernel that has jupyter-scatter: this Python's, or one that the environment names."""
    if importlib.util.find_spec("jscatter"):
        return "python3"
    python = os.environ.get("CVAT_WIDGETS_SCATTER_PYTHON")
    if not python:
        pytest.skip("jupyter-scatter is not installed, and CVAT_WIDGETS_SCATTER_PYTHON names no Python that has it")
    lab.add_kernel("scatter", python)
    return "scatter"


def test_a_scatter_of_jupyter_scatter_takes_part(open_notebook: Opener, lab: LabServer, tmp_path: Path) -> None:
    kernel = scatter_kernel(lab)
    cells = [SETUP.format(store=str(tmp_path / "scatter.sqlite")), SHOW, SCATTER]
    notebook = open_notebook(cells, height=2400, kernel=kernel)
    notebook.run_all()
    all_of = Linked(notebook)
    page, canvas = notebook.page, all_of.canvas
    all_of.selected([])
    plot = page.locator("canvas[width='500'][height='300']").last
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None

    def lasso(*corners: tuple[float, float]) -> None:
        """Draw a lasso through shares of the plot's width and height."""
        places = [(box["x"] + across * box["width"], box["y"] + down * box["height"]) for across, down in corners]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in [*places[1:], places[0]]:
            page.mouse.move(*place, steps=6)
        page.mouse.up()

    # From the scatter: everything, then the smaller half of the boxes.
    page.get_by_title("Activate lasso selection").last.click()
    lasso((0.02, 0.02), (0.98, 0.02), (0.98, 0.98), (0.02, 0.98))
    all_of.selected([*range(1, 14)])
    canvas.wait("editor.frame.value === 0")
    lasso((0.02, 0.98), (0.02, 0.02), (0.6, 0.02), (0.6, 0.98))
    all_of.selected([*range(1, 13)])
    # From the canvas, and from a row of the table.
    before = plot.screenshot()
    canvas.root.scroll_into_view_if_needed()
    canvas.click(500, 250)
    all_of.selected([13])
    assert notebook.execute("print(points.widget.data['id'].iloc[points.selection()].tolist())").strip() == "[13]"
    plot.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    assert plot.screenshot() != before
    if LOOK:
        notebook.screenshot("linked-scatter")
    all_of.rows.first.click()
    all_of.selected([int(all_of.rows.first.get_attribute("data-id") or 0)])
    page.get_by_role("button", name="Clear").first.click()
    all_of.selected([])
    assert notebook.execute("print(points.selection().tolist())").strip() == "[]"
    assert not notebook.errors
