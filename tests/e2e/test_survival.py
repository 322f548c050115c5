"""Nothing is lost: reload, a second tab, a restarted kernel, a busy kernel, edits from Python."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import cvat_widgets as cw
from tests.e2e.annotator import AnnotatorPage
from tests.e2e.lab import LabServer, NotebookPage, expect

Opener = Callable[..., NotebookPage]
IDS = "[...editor.document.all()].map((record) => record.id).sort((a, b) => a - b)"
POINTS = "Object.fromEntries([...editor.document.all()].map((record) => [record.id, record.points]))"


def cell(store: Path, name: str = "task") -> str:
    return f"""import cvat_widgets as cw
sample = cw.samples.street()
try:
    task = cw.Task.open({name!r}, store={str(store)!r})
except cw.NotFoundError:
    task = cw.Task.create({name!r}, sample.path, labels=["car", "person"], store={str(store)!r})
annotator = cw.Annotator(task)
annotator"""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "survival.sqlite"


def test_reload_second_tab_and_kernel_restart_lose_nothing(open_notebook: Opener, store: Path) -> None:
    notebook = open_notebook([cell(store)], name="survival.ipynb")
    notebook.run_all()
    page = AnnotatorPage(notebook)
    page.focus()
    page.draw_box((50, 50, 150, 120))
    page.press("Escape")
    page.draw_box((200, 60, 280, 160))
    page.saved()
    drawn = page.ask(IDS)
    assert sorted(cw.Task.open("task", store=store).shapes["id"]) == drawn
    notebook.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")

    # Reload: the kernel lives on and the widget comes back without running a cell. The address is a link to an object.
    notebook.load(f"#cvat-widgets={page.ask('editor.info.job.id')}/0/{drawn[1]}")
    page = AnnotatorPage(notebook)
    page.wait(f"editor.selection.value.join() === '{drawn[1]}' && editor.objects.value.length === 1")
    page.root.get_by_test_id("filter-button").click()
    page.root.get_by_role("button", name="Clear filter").click()
    assert page.ask(IDS) == drawn
    page.focus()
    page.draw_box((300, 200, 360, 260))
    page.saved()
    drawn = page.ask(IDS)

    # A second tab on the same kernel: both see each other's edits.
    second = AnnotatorPage(open_notebook(None, name="survival.ipynb"))
    assert second.ask(IDS) == drawn
    second.focus()
    second.draw_box((400, 210, 470, 290))
    second.saved()
    page.wait(f"({IDS}).length === 4")
    page.focus()
    page.press("Escape")
    page.click(100, 85)
    page.drag((100, 85), (130, 105))
    page.saved()
    moved = page.ask(POINTS)
    second.wait(f"JSON.stringify({POINTS}) === {str(moved).replace(' ', '')!r}.replaceAll(\"'\", '\"')")
    drawn = page.ask(IDS)

    # Restart: the widget says so; running the cell again brings everything back, undo included.
    notebook.restart_kernel()
    notebook.run_all()
    page = AnnotatorPage(notebook)
    assert page.ask(IDS) == drawn
    assert page.ask(POINTS) == moved
    page.focus()
    page.press("Control+z")
    page.wait(f"JSON.stringify({POINTS}) !== JSON.stringify({moved})".replace("'", '"'))
    page.saved()
    assert not notebook.errors


def test_edits_from_python_appear_and_edits_on_the_canvas_are_in_the_next_dataframe(open_notebook: Opener, store: Path) -> None:
    notebook = open_notebook([cell(store)])
    notebook.run_all()
    page = AnnotatorPage(notebook)
    notebook.execute("added = task.add([{'frame': 0, 'label': 'car', 'type': 'rectangle', 'points': [10, 10, 90, 70]}])")
    page.wait(f"({IDS}).length === 1")
    page.focus()
    page.draw_box((200, 60, 280, 160))
    page.saved()
    assert notebook.execute("print(len(task.shapes))") == "2\n"
    notebook.execute("rows = task.shapes; rows['occluded'] = True; task.update(rows)")
    page.wait("[...editor.document.all()].every((record) => record.occluded)")
    notebook.execute("task.undo()")
    page.wait("[...editor.document.all()].every((record) => !record.occluded)")
    page.focus()
    page.press("Control+z")
    page.wait(f"({IDS}).length === 1")
    page.saved()
    assert notebook.execute("print(len(task.shapes))") == "1\n"
    notebook.execute("annotator.frame = 7")
    page.wait("editor.frame.value === 7")
    page.press("f")
    page.wait("editor.frame.value === 8")
    assert notebook.execute("import time; time.sleep(0.5); print(annotator.frame)") == "8\n"


def test_annotation_goes_on_while_a_cell_computes(open_notebook: Opener, store: Path) -> None:
    notebook = open_notebook([cell(store)])
    notebook.run_all()
    page = AnnotatorPage(notebook)
    # An edit from a cell first: it must not move the widget's answers to the main thread.
    notebook.execute("task.add([{'frame': 0, 'label': 'car', 'type': 'rectangle', 'points': [10, 10, 90, 70]}])")
    page.wait(f"({IDS}).length === 1")
    notebook.start(
        "import time\nstarted = time.time()\nwhile time.time() < started + 60: sum(range(1000))\nopen('cell-done', 'w').close()"
    )
    time.sleep(1)
    page.focus()
    for number in range(4):
        page.draw_box((150 + 100 * number, 60, 220 + 100 * number, 130))
        page.press("Escape")
        page.saved()
        page.go_to(number + 1)
        page.wait(f"editor.player.image.value?.frame === {number + 1}")
    assert len(cw.Task.open("task", store=store).shapes) == 5
    assert not (notebook.lab.root / "cell-done").exists()
    notebook.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()")


OLD_KERNEL = "CVAT_WIDGETS_IPYKERNEL6_PYTHON"


@pytest.mark.skipif(OLD_KERNEL not in os.environ, reason=f"{OLD_KERNEL} names no Python with ipykernel 6")
def test_an_older_kernel_says_that_it_waits_for_the_cell(lab: LabServer, open_notebook: Opener, store: Path) -> None:
    lab.add_kernel("ipykernel6", os.environ[OLD_KERNEL])
    notebook = open_notebook([cell(store)], kernel="ipykernel6")
    assert notebook.execute("import ipykernel; print(ipykernel.__version__.split('.')[0])") == "6\n"
    notebook.run_all()
    page = AnnotatorPage(notebook)
    notebook.start("import time\nstarted = time.time()\nwhile time.time() < started + 12: sum(range(1000))")
    time.sleep(1)
    page.focus()
    page.draw_box((150, 60, 220, 130))
    expect(page.root.get_by_test_id("save-state")).to_contain_text("waiting for the kernel")
    notebook.screenshot("older-kernel-waits")
    assert len(cw.Task.open("task", store=store).shapes) == 0
    # The cell ends, and what waited is saved.
    expect(page.root.get_by_test_id("save-state")).to_have_text("Saved", timeout=60_000)
    assert len(cw.Task.open("task", store=store).shapes) == 1


def test_a_stopped_kernel_is_named_and_waiting_edits_arrive_later(open_notebook: Opener, store: Path) -> None:
    notebook = open_notebook([cell(store), "import os; print(os.getpid())"])
    notebook.run_all()
    page = AnnotatorPage(notebook)
    pid = int(notebook.execute("import os; print(os.getpid())"))
    import os
    import signal

    os.kill(pid, signal.SIGSTOP)
    try:
        page.focus()
        page.draw_box((50, 50, 150, 120))
        waiting = page.root.get_by_test_id("save-state")
        page.page.wait_for_function(
            "(selector) => /waiting/i.test(document.querySelector(selector).textContent)",
            arg=".cvw-root [data-testid='save-state']",
        )
        assert "1" in (waiting.text_content() or "")
        notebook.screenshot("waiting-for-the-kernel")
    finally:
        os.kill(pid, signal.SIGCONT)
    page.saved()
    assert len(cw.Task.open("task", store=store).shapes) == 1
