"""Eight kernels on one service that is killed and started again meanwhile."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cvat_widgets.store import Store
from tests.hub.running import Process
from tests.store.many_kernels import run
from tests.store.postgresql_server import Server, binaries, server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "store.sqlite")
    if "CVAT_WIDGETS_STRESS_SECONDS" not in os.environ:
        pytest.skip("set CVAT_WIDGETS_STRESS_SECONDS to run this on PostgreSQL, too")
    pytest.importorskip("psycopg")
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    own: Server = request.getfixturevalue("own_server")
    return own.database()


@pytest.fixture
def own_server() -> object:
    with server() as running:
        yield running


def test_a_service_that_is_killed_meanwhile_loses_nothing(url: str) -> None:
    service = Process(url)
    try:
        with Store.open(url) as store:

            def restart() -> None:
                service.stop()
                service.start()

            run(store, service.url, middle=restart, tokens="reviewer")
    finally:
        service.process.kill()
        service.process.wait()
