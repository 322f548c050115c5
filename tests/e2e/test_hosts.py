"""The same notebook elsewhere: over plain http, where browsers leave out half of their functions, and in Notebook 7."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

import cvat_widgets as cw
from tests.e2e.annotator import AnnotatorPage
from tests.e2e.lab import PLAIN_HOST, LabServer, NotebookPage, expect, write_notebook


class PlainPage(NotebookPage):
    """JupyterLab over http, under a name that is not localhost."""

    @property
    def address(self) -> str:
        return super().address.replace("127.0.0.1", PLAIN_HOST)


class ClassicPage(NotebookPage):
    """Notebook 7: one document, its own shell."""

    @property
    def address(self) -> str:
        return f"{self.lab.url}/notebooks/{self.name}"

    def load(self, fragment: str = "") -> None:
        self.page.goto(self.address + fragment)
        self.page.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.sessionContext")
        self.page.evaluate(
            """async () => {
                const current = window.jupyterapp.shell.currentWidget;
                await window.jupyterapp.restored;
                await current.sessionContext.ready;
                await current.revealed;
            }"""
        )


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1300, "height": 950})
    yield made
    made.close()


def cells(store: Path) -> list[str]:
    return [
        f"""import cvat_widgets as cw
task = cw.Task.create("street", cw.samples.street().path, labels=["car", "person"], store={str(store)!r})
cw.Annotator(task, height=560)""",
        "cw.LabelEditor(task)",
    ]


def work_on(notebook: NotebookPage, store: Path) -> None:
    """Draw a box, copy it, paste it, undo; change the labels; nothing of it may reach the notebook."""
    notebook.run_all()
    page = AnnotatorPage(notebook)
    notebook.page.locator(".cvw-label-editor [data-label=person]").wait_for()
    count = notebook.cell_count
    page.root.scroll_into_view_if_needed()
    page.focus()
    page.press("d", "d")
    page.go_to(3)
    page.draw_box((50, 50, 150, 120))
    page.saved()
    page.press("Escape")
    page.click(100, 85)
    page.press("Control+c", "Control+v")
    page.click(300, 150)
    page.wait("[...editor.document.all()].length === 2")
    page.saved()
    task = cw.Task.open("street", store=store)
    assert task.shapes["frame"].tolist() == [3, 3]
    page.press("Control+z")
    page.wait("[...editor.document.all()].length === 1")
    page.saved()
    assert len(task.shapes) == 1
    page.press("d", "d")
    assert notebook.cell_count == count

    # The link to an object goes to the clipboard, and shows the object alone where it is opened.
    page.go_to(3)
    page.click(100, 85, button="right")
    page.root.get_by_role("menuitem", name="Copy a link to the object").click()
    expect(page.root.get_by_text("is on the clipboard")).to_be_visible()
    page.go_to(0)
    (drawn,) = task.shapes["id"]
    link = f"{notebook.address.split('?')[0]}#cvat-widgets={page.ask('editor.info.job.id')}/3/{drawn}"
    notebook.page.evaluate("(link) => { location.href = link; }", link)
    page.wait(f"editor.frame.value === 3 && editor.selection.value.join() === '{drawn}' && editor.filter.value")
    assert "#" not in notebook.page.url

    editor = notebook.page.locator(".cvw-label-editor")
    editor.get_by_test_id("add-label").click()
    name = editor.get_by_test_id("label-name")
    name.press("Control+v")
    expect(name).to_have_value(link)
    name.fill("dog")
    editor.get_by_test_id("done").click()
    expect(editor.locator("[data-label=dog]")).to_be_visible()
    page.wait("editor.labels.value.length === 3")
    editor.get_by_test_id("tab-Raw").click()
    editor.get_by_test_id("copy-raw").click()
    expect(editor.get_by_text("Labels copied")).to_be_attached()
    assert task.labels.names == ["car", "person", "dog"]
    assert notebook.cell_count == count
    assert notebook.errors == []


def test_plain_http(lab: LabServer, context: BrowserContext, tmp_path: Path) -> None:
    write_notebook(lab.root / "plain.ipynb", cells(tmp_path / "store.sqlite"))
    notebook = PlainPage(lab, context, "plain.ipynb")
    absent = "[isSecureContext, 'clipboard' in navigator, 'randomUUID' in crypto, 'VideoDecoder' in window]"
    assert notebook.page.evaluate(f"() => {absent}") == [False, False, False, False]
    work_on(notebook, tmp_path / "store.sqlite")


def test_notebook_7(lab: LabServer, context: BrowserContext, tmp_path: Path) -> None:
    pytest.importorskip("notebook", reason="Notebook 7 is not installed")
    write_notebook(lab.root / "classic.ipynb", cells(tmp_path / "store.sqlite"))
    notebook = ClassicPage(lab, context, "classic.ipynb")
    # Its shell lacks a plugin or two that settings of JupyterLab name.
    notebook.errors.clear()
    work_on(notebook, tmp_path / "store.sqlite")
