"""Thousands of random gestures in the real front end: browser, kernel and a replay of the log agree at the end.

``CVAT_WIDGETS_GESTURES=10000 pytest tests/e2e/test_random_walk.py`` makes the walk as long as one likes; a short one runs always.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

import cvat_widgets as cw
from tests.e2e.annotator import ROOT, AnnotatorPage
from tests.e2e.lab import NotebookPage

Opener = Callable[..., NotebookPage]

GESTURES = int(os.environ.get("CVAT_WIDGETS_GESTURES", "150"))
SEED = int(os.environ.get("CVAT_WIDGETS_SEED", "17"))
WALK = (Path(__file__).parent / "random_walk.js").read_text()
CELL = """import cvat_widgets as cw
sample = cw.samples.street()
pose = cw.SkeletonTemplate({{"head": (50, 10), "left": (20, 90), "right": (80, 90)}}, [("head", "left"), ("head", "right")]).label("pose")
color = cw.Attribute("color", "select", ("red", "green"), mutable=True)
labels = [cw.Label("car", attributes=(color, cw.Attribute("parked", "checkbox"))), "person", pose]
task = cw.Task.create("walk", sample.path, labels=labels, store={store!r})
cw.Annotator(task)"""


def comparable(records: Any) -> dict[int, Any]:
    """Records as plain JSON by id; numbers as numbers, whatever Python calls them."""
    plain = json.loads(json.dumps(records))
    return {record["id"]: record for record in plain}


def test_browser_kernel_and_log_agree(open_notebook: Opener, tmp_path: Path) -> None:
    store = tmp_path / "walk.sqlite"
    notebook = open_notebook([CELL.format(store=str(store))])
    console: list[str] = []
    notebook.page.on("console", lambda message: console.append(message.text) if message.type == "error" else None)
    # What went wrong is of use only with where it did.
    notebook.page.on("pageerror", lambda error: print(error.stack, flush=True))
    notebook.run_all()
    page = AnnotatorPage(notebook)
    page.focus()
    seen: dict[int, Any] = {}
    deleted: list[int] = []
    # In parts of a thousand at most, two at least: a new page goes on where the last one was.
    parts = max(2, -(-GESTURES // 1000))
    for part in range(parts):
        began = time.monotonic()
        result = notebook.page.evaluate(WALK, [ROOT, -(-GESTURES // parts), SEED + part])
        assert result["revision"] > 0
        seen, deleted = comparable(json.loads(result["records"])), result["deleted"]
        print(f"part {part + 1} of {parts}: {time.monotonic() - began:.0f} s, {len(seen)} objects", flush=True)
        # A new page gets everything from the kernel, and goes on.
        notebook.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        notebook.load()
        page = AnnotatorPage(notebook)
        again = comparable(json.loads(page.ask("JSON.stringify([...editor.document.all()])")))
        assert again == seen

    task = cw.Task.open("walk", store=store)
    kernel = comparable(msgspec.to_builtins(task.table.to_records(task.labels), str_keys=True))
    assert set(kernel) == set(seen)
    assert task.deleted_frames == deleted
    for number, record in kernel.items():
        assert record == seen[number], number

    replayed: dict[int, Any] = {}
    for commit in task.store.log(task.id):
        assert commit.changes is not None
        replayed = commit.changes.apply_to(replayed)
    assert comparable(msgspec.to_builtins(list(replayed.values()), str_keys=True)) == kernel
    assert notebook.errors == []
    assert [text for text in console if "cvat" in text.lower() or "TypeError" in text] == []
