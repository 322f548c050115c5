"""The task on which the scenarios of CVAT's manual are played, and what they ask of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cvat_widgets as cw
from tests.e2e.annotator import AnnotatorPage
from tests.e2e.lab import NotebookPage

Opener = Callable[..., NotebookPage]

CELL = """import cvat_widgets as cw
labels = [cw.Label("car", attributes=[cw.Attribute("color", "select", ("red", "blue"))]), "person", "bicycle"]
task = cw.Task.create("manual", cw.samples.street().path, labels=labels, store={store!r})
box = dict(type="rectangle")
task.add([
    dict(box, frame=0, label="car", points=[100, 100, 180, 160]),
    dict(box, frame=0, label="person", points=[300, 100, 360, 200]),
    dict(box, frame=1, label="person", points=[300, 100, 360, 200]),
])
cw.Annotator(task)"""


def open_manual(open_notebook: Opener, store: Path) -> AnnotatorPage:
    """Make the task in a store and show it in a notebook of its own; the canvas has the focus."""
    notebook = open_notebook([CELL.format(store=str(store))])
    notebook.run_all()
    page = AnnotatorPage(notebook)
    page.focus()
    return page


def task(store: Path) -> cw.Task:
    return cw.Task.open("manual", store=store)


def at_frame(page: AnnotatorPage, frame: int) -> None:
    page.wait(f"editor.frame.value === {frame} && scene.upToDate")
