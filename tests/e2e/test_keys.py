"""Keys stay where they belong: nothing typed in the widget reaches the notebook, nothing typed in a field starts a tool."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.e2e.annotator import AnnotatorPage
from tests.e2e.lab import NotebookPage

Opener = Callable[..., NotebookPage]


def test_keys_do_not_leak(open_notebook: Opener, tmp_path: Path) -> None:
    notebook = open_notebook(
        [
            f"""import cvat_widgets as cw
labels = [cw.Label("car", attributes=[cw.Attribute("plate", "text")]), "person"]
task = cw.Task.create("keys", cw.samples.street().path, labels=labels, store={str(tmp_path / "keys.sqlite")!r})
cw.Annotator(task)""",
            "1 + 1",
            "2 + 2",
        ]
    )
    notebook.run_all()
    page = AnnotatorPage(notebook)
    cells = notebook.cell_count
    sources = "() => window.jupyterapp.shell.currentWidget.content.widgets.map((cell) => cell.model.sharedModel.getSource())"
    before = notebook.page.evaluate(sources)
    page.focus()
    page.press("d", "d", "b", "a", "x", "Shift+M", "m", "y", "0", "0", "c", "v", "Delete", "ArrowDown", "j", "k", "Enter")
    page.press("Escape")
    assert notebook.cell_count == cells
    assert notebook.page.evaluate(sources) == before

    page.go_to(0)
    page.draw_box((50, 50, 150, 120))
    page.saved()
    page.press("Escape")
    page.click(100, 85)
    field = page.root.get_by_label("plate").first
    field.click()
    page.page.keyboard.type("nd fvQ 12")
    page.press("Tab")
    page.saved()
    assert page.ask("editor.tool.value") == "select"
    assert page.frame == 0
    values = notebook.execute("print(task.shapes['attr.plate'].tolist())")
    assert values == "['nd fvQ 12']\n"
    assert notebook.cell_count == cells
    assert not notebook.errors
