"""A session on a real store, with made-up media and a recording transport."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("ipywidgets")

import cvat_widgets as cw
from cvat_widgets.job import Job
from cvat_widgets.widgets.session import Session
from tests.widgets.studio_page import Page


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Job]:
    for number in range(6):
        Image.fromarray(np.full((48, 64, 3), number * 40, np.uint8)).save(tmp_path / f"{number}.png")
    labels = [cw.Label("car", attributes=(cw.Attribute("speed", "number", mutable=True),)), "person"]
    with cw.Store.open(tmp_path / "store.sqlite") as store:
        yield cw.Task.create("task", tmp_path, labels=labels, store=store).jobs[0]


class Wire:
    """What a session sent: (comm, message, buffers)."""

    def __init__(self, job: Job, **options: Any) -> None:
        self.sent: list[tuple[str, dict[str, Any], list[bytes]]] = []
        self.session = Session(
            job,
            lambda message, buffers: self.sent.append(("data", message, buffers)),
            lambda message, buffers: self.sent.append(("control", message, buffers)),
            user="ann",
            **options,
        )

    def ask(self, message: object, buffers: list[Any] | None = None) -> list[dict[str, Any]]:
        """Send one message and return what came back at once."""
        before = len(self.sent)
        self.session.handle(message, buffers or [])
        return [content for _, content, _ in self.sent[before:]]


@pytest.fixture
def wire(job: Job) -> Iterator[Wire]:
    made = Wire(job)
    yield made
    made.session.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[cw.Store]:
    with cw.Store.open(tmp_path / "store.sqlite") as opened:
        yield opened


@pytest.fixture
def page(store: cw.Store) -> Iterator[Page]:
    studio = cw.Studio(store)
    yield Page(studio)
    studio.close()
