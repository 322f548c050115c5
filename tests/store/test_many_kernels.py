"""Eight kernels on one store: nothing acknowledged is lost, and the log tells the whole story."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from cvat_widgets.errors import StoreError
from cvat_widgets.store import Store
from tests.store.many_kernels import run
from tests.store.postgresql_server import binaries, server


def test_random_edits_of_eight_kernels_agree_with_the_log(tmp_path: Path) -> None:
    url = str(tmp_path / "store.sqlite")
    with Store.open(url) as store:
        run(store, url)


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # a connection that was cut
def test_a_database_that_is_restarted_meanwhile_loses_nothing() -> None:
    pytest.importorskip("psycopg")
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    with server() as own, Store.open(own.database()) as store:

        def restart() -> None:
            own.stop("immediate")
            own.start()
            with contextlib.suppress(StoreError):  # the connection of this process is gone, too
                store.tasks()

        run(store, store.url, middle=restart)
