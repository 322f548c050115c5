"""A store with one task, for the contract tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import Attribute, Label, LabelSet
from cvat_widgets.opening import current_user
from cvat_widgets.store import Store, TaskRow, TaskSpec
from tests.store.postgresql_server import Server, binaries, server

LABELS = LabelSet.of(
    [Label("car", attributes=(Attribute("parked", "checkbox"), Attribute("speed", "number", mutable=True))), "person"]
)


def spec(name: str = "task", frames: int = 20, segments: list[tuple[int, int]] | None = None) -> TaskSpec:
    index = FrameIndex([f"{n}.jpg" for n in range(frames)], np.full(frames, 640, np.int32), np.full(frames, 480, np.int32))
    return TaskSpec(name=name, labels=LABELS, frames=index, media={"kind": "test"}, segments=segments or [(0, frames - 1)])


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A throwaway PostgreSQL server."""
    pytest.importorskip("psycopg")
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    with server() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql", "service"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where an empty store can be made: every kind of store passes the same tests."""
    if request.param == "postgresql":
        yield request.getfixturevalue("postgresql").database()
        return
    file = str(tmp_path / "store.sqlite")
    if request.param == "sqlite":
        yield file
        return
    pytest.importorskip("tornado")
    from tests.hub.running import serving

    # The owner of a store, who may sign with any name, as these tests do on the other kinds, too.
    monkeypatch.setenv("CVAT_WIDGETS_TOKEN", f"{current_user()}:owner")
    with Store.open(file) as behind, serving(behind) as address:
        yield address


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url) as opened:
        yield opened


@pytest.fixture
def task(store: Store) -> TaskRow:
    return store.create_task(spec())
