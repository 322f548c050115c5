"""Many objects and a long session: lists stay short in the page, tools come and go, and nothing piles up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.e2e.annotator import AnnotatorPage
from tests.e2e.lab import NotebookPage
from tests.e2e.test_shapes import labels

OBJECTS, CHANGES, ROUND = 500, 1000, 100
TOOLS = (
    "rectangle",
    "polygon",
    "polyline",
    "points",
    "ellipse",
    "cuboid",
    "mask",
    "skeleton",
    "merge",
    "group",
    "split",
    "slice",
)

CELL = """import cvat_widgets as cw
import numpy as np, pandas as pd
sample = cw.samples.street()
task = cw.Task.create("scale", sample.path, labels={labels!r}, store="scale.sqlite")
random = np.random.default_rng(1)
rows = []
for number in range({objects}):
    x, y = random.uniform(0, 560), random.uniform(0, 300)
    box = [x, y, x + 40, y + 30]
    kind = ("rectangle", "polygon", "polyline", "points", "ellipse", "cuboid", "mask")[number % 7]
    points = {{
        "rectangle": box, "polygon": [x, y, x + 40, y, x + 20, y + 30], "polyline": [x, y, x + 40, y, x + 20, y + 30],
        "points": [x, y, x + 5, y + 5], "ellipse": [x + 20, y + 15, x + 40, y],
        "cuboid": [x, y, x, y + 30, x + 30, y, x + 30, y + 30, x + 38, y - 6, x + 38, y + 24, x + 8, y - 6, x + 8, y + 24],
        "mask": [0, 600, int(x), int(y), int(x) + 29, int(y) + 19],
    }}[kind]
    for frame in (0, 1) if number % 10 else range(0, 120, 12):
        rows.append({{"frame": frame, "label": "car", "type": kind, "points": np.asarray(points, float)}})
task.add(pd.DataFrame(rows))
cw.Annotator(task)"""

WALK = """async ([selector, count]) => {
    const { editor } = document.querySelector(selector).cvatWidgets;
    const { player } = editor;
    for (let i = 0; i < count; i++) {
        const frame = (i * 7) % (player.last + 1);
        player.seek(frame);
        await new Promise((resolve) => {
            const stop = player.image.subscribe((image) => {
                if (image?.frame !== frame) return;
                resolve();
                queueMicrotask(() => stop());
            });
        });
    }
}"""


def heap_of(page: AnnotatorPage) -> int:
    """Bytes that live JavaScript objects take."""
    session = page.page.context.new_cdp_session(page.page)
    session.send("HeapProfiler.enable")
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics: list[dict[str, Any]] = session.send("Performance.getMetrics")["metrics"]
    session.detach()
    return int(next(each["value"] for each in metrics if each["name"] == "JSHeapUsedSize"))


def test_many_objects_and_a_thousand_frames(open_notebook: Callable[..., NotebookPage]) -> None:
    notebook = open_notebook([CELL.format(labels=labels(), objects=OBJECTS)], alone=True)
    notebook.run_all()
    page = AnnotatorPage(notebook)
    page.focus()
    page.wait(f"editor.objects.value.length === {OBJECTS}")

    # The list holds only the rows that can be seen, wherever it is scrolled to, and every object can be reached.
    grid = page.root.get_by_test_id("objects")
    assert grid.locator("[role=row]").count() < 60
    seen: set[str] = set()
    height = int(grid.evaluate("(grid) => grid.scrollHeight"))
    for top in range(0, height, max(1, int(grid.evaluate("(grid) => grid.clientHeight")) // 2)):
        rows = grid.evaluate(
            """(grid, top) => new Promise((resolve) => {
                grid.scrollTop = top;
                requestAnimationFrame(() => requestAnimationFrame(() =>
                    resolve([...grid.querySelectorAll("[role=row]")].map((row) => row.id))));
            })""",
            top,
        )
        assert 0 < len(rows) < 60
        seen.update(rows)
    assert len(seen) == OBJECTS

    # Every tool comes and goes; the canvas shows what it showed before.
    for tool in (*TOOLS, *TOOLS[:9]):
        page.ask(f"editor.tool.value = {tool!r}")
        page.move(200, 150)
        page.ask("editor.tool.value = 'select'")
    page.wait("editor.tool.value === 'select' && scene.crisp")
    assert page.ask("editor.objects.value.length") == OBJECTS
    assert not notebook.errors

    # After every frame was seen once, seeing them again and again costs nothing more.
    selector = ".cvw-root"
    page.page.evaluate(WALK, [selector, 2 * ROUND])
    before = heap_of(page)
    page.page.evaluate(WALK, [selector, CHANGES])
    after = heap_of(page)
    assert after < 1.1 * before, f"the heap grew from {before / 1e6:.1f} to {after / 1e6:.1f} MB over {CHANGES} frames"
    assert page.page.evaluate("() => document.querySelectorAll('.cvw-root *').length") < 2500
    assert not notebook.errors
