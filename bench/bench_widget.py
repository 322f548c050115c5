"""From running the cell to the first picture in JupyterLab: the annotator against a widget that only draws the image.

``python bench/bench_widget.py`` starts JupyterLab and Chromium, shows each of both in turn, and prints the medians. The first
picture of the annotator is the frame with its shapes in the place where it stays; until when it can be worked with is printed, too.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from playwright.sync_api import sync_playwright  # noqa: E402

from tests.e2e.lab import CHROMIUM_FLAGS, LabServer, NotebookPage, chromium_path, write_notebook  # noqa: E402

ROUNDS = 9

PREPARE = """import anywidget, traitlets
import cvat_widgets as cw
sample = cw.samples.street()
task = cw.Task.create("first", sample.path, labels=["car"], store="first.sqlite")
class Picture(anywidget.AnyWidget):
    _esm = '''
    export default { render({ model, el }) {
        const image = document.createElement("img");
        image.className = "plain-picture";
        image.src = URL.createObjectURL(new Blob([model.get("data")], { type: "image/jpeg" }));
        el.append(image);
    } };
    '''
    data = traitlets.Bytes().tag(sync=True)
encoded = task.media.encoded(0, quality=85).data"""

SHOW = """async ([index, plain]) => {
    const app = window.jupyterapp;
    const notebook = app.shell.currentWidget.content;
    notebook.activeCellIndex = index;
    const began = performance.now();
    void app.commands.execute("notebook:run-cell");
    const shown = () => {
        if (plain) {
            const image = document.querySelector(".plain-picture");
            return image?.complete && image.naturalWidth > 0;
        }
        const still = document.querySelector(".cvw-still");
        if (still?.complete && still.naturalWidth > 0) return true;
        const handle = document.querySelector(".cvw-root[role=application]")?.cvatWidgets;
        return handle && handle.editor.player.image.value !== null && handle.scene.crisp;
    };
    const until = async (reached) => {
        while (!reached()) {
            if (performance.now() - began > 30000) throw new Error("nothing was shown");
            await new Promise((resolve) => requestAnimationFrame(resolve));
        }
        return performance.now() - began;
    };
    const spent = [await until(shown)];
    spent.push(plain ? spent[0] : await until(() => !document.querySelector(".cvw-cover") && shown()));
    await new Promise((resolve) => setTimeout(resolve, 800));
    await app.commands.execute("notebook:clear-cell-output");
    await new Promise((resolve) => setTimeout(resolve, 300));
    return spent;
}"""


def main() -> int:
    """Measure, print, and return 1 if the goal was missed."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "home").mkdir()
        (folder / "root").mkdir()
        write_notebook(folder / "root" / "first.ipynb", [PREPARE, "Picture(data=encoded)", "cw.Annotator(task)"])
        lab = LabServer(folder / "root", folder / "home")
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
                page = NotebookPage(lab, browser.new_context(viewport={"width": 1500, "height": 950}), "first.ipynb")
                page.execute(PREPARE)
                spent: dict[bool, list[list[float]]] = {True: [], False: []}
                for _ in range(ROUNDS):
                    for plain in (True, False):
                        spent[plain].append(page.page.evaluate(SHOW, [1 if plain else 2, plain]))
                browser.close()
        finally:
            lab.close()
    # The first of each also loads what the page keeps.
    image, first, usable = (
        statistics.median(times[number] for times in spent[which][1:]) for which, number in ((True, 0), (False, 0), (False, 1))
    )
    ratio = first / image
    figures = {"image_ms": image, "annotator_ms": first, "usable_ms": usable, "first_of_page_ms": spent[False][0][0]}
    print(json.dumps({**{name: round(value) for name, value in figures.items()}, "ratio": round(ratio, 2)}))
    return int(ratio > 1.5)


if __name__ == "__main__":
    sys.exit(main())
