"""What only PostgreSQL can get wrong: translation, several kernels, lost connections."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from cvat_widgets.errors import StoreError
from cvat_widgets.model.changes import Edit
from cvat_widgets.model.records import Shape
from cvat_widgets.store import Commit, Store
from tests.store.conftest import spec
from tests.store.postgresql_server import Server
from tests.waiting import PATIENCE, until

pytest.importorskip("psycopg")
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def box(record_id: int = 0) -> Shape:
    return Shape(id=record_id, frame=0, label=1, type="rectangle", points=(1.0, 2.0, 3.0, 4.0))


def test_statements_are_translated() -> None:
    from cvat_widgets.store.postgresql import translated

    assert translated("SELECT 1 WHERE a IS ? OR ? IS NULL") == "SELECT 1 WHERE a IS NOT DISTINCT FROM %s OR %s IS NULL"
    assert translated("SELECT '5%' WHERE a = ?") == "SELECT '5%%' WHERE a = %s"
    assert translated("INSERT OR REPLACE INTO setting VALUES (?, ?, ?)") == (
        "INSERT INTO setting (user_name, key, value) VALUES (%s, %s, %s)"
        " ON CONFLICT (user_name, key) DO UPDATE SET value = EXCLUDED.value"
    )
    assert translated("INSERT OR IGNORE INTO deleted_frame (task_id, frame) VALUES (?, ?)").endswith(
        "ON CONFLICT (task_id, frame) DO NOTHING"
    )


WRITER = """
import sys
from cvat_widgets.model.changes import Edit
from cvat_widgets.model.records import Shape
from cvat_widgets.store import Store
url, task, count, name = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
store = Store.open(url)
for number in range(count):
    shape = Shape(id=0, frame=number % 20, label=1, type="rectangle", points=(float(number), 2.0, 30.0, 40.0))
    print(store.commit(task, Edit(added=(shape,)), op_id=f"{name}:{number}", author=name).revision, flush=True)
store.close()
"""


def test_kernels_writing_at_once_lose_nothing_and_are_heard_in_order(postgresql: Server) -> None:
    url = postgresql.database()
    with Store.open(url) as store:
        task = store.create_task(spec())
        heard: list[Commit] = []
        store.subscribe(task.id, heard.append)
        command = [sys.executable, "-c", WRITER, url, str(task.id), "40"]
        processes = [subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True) for name in ("a", "b", "c", "d")]
        acknowledged = [int(line) for process in processes for line in process.communicate()[0].split()]
        assert [process.returncode for process in processes] == [0] * 4
        assert sorted(acknowledged) == list(range(1, 161))
        assert len(store.load(task.id).table) == 160
        until(lambda: len(heard) >= 160)
        assert [commit.revision for commit in heard] == list(range(1, 161))


def test_a_commit_of_another_kernel_is_heard(postgresql: Server) -> None:
    url = postgresql.database()
    with Store.open(url) as store:
        task = store.create_task(spec())
        other = Store(type(store.database)(url))  # a second connection, as another kernel has
        event = threading.Event()
        store.subscribe(task.id, lambda _: event.set())
        time.sleep(1.2)  # it listens by now, and does not only poll
        other.commit(task.id, Edit(added=(box(),)), author="bob")
        assert event.wait(PATIENCE)
        other.close()


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_of_the_server_loses_no_acknowledged_edit(mode: str) -> None:
    from tests.store.postgresql_server import binaries, server

    if binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    with server() as own:
        store = Store.open(own.database())
        task = store.create_task(spec())
        heard: list[int] = []
        store.subscribe(task.id, lambda commit: heard.append(commit.revision))
        store.commit(task.id, Edit(added=(box(), box(-1))), op_id="a:1")
        own.stop(mode)
        with pytest.raises(StoreError, match=r"connection|cannot be opened"):
            store.commit(task.id, Edit(added=(box(),)), op_id="a:2")
        with pytest.raises(StoreError, match="cannot be opened"):
            store.load(task.id)
        own.start()
        commit = store.commit(task.id, Edit(added=(box(),)), op_id="a:2")
        assert (commit.revision, len(store.load(task.id).table)) == (2, 3)
        assert store.commit(task.id, Edit(added=(box(),)), op_id="a:2").repeated
        with Store(type(store.database)(store.url)) as other:
            other.commit(task.id, Edit(added=(box(),)))
        until(lambda: len(heard) >= 3)  # listening goes on after the restart
        assert heard == [1, 2, 3]
        store.close()


def test_ids_beyond_32_bits_are_kept(postgresql: Server) -> None:
    with Store.open(postgresql.database()) as store:
        task = store.create_task(spec())
        with store.database.write() as raw:
            raw.execute("UPDATE task SET next_id = ? WHERE id = ?", (5 << 40, task.id))
        commit = store.commit(task.id, Edit(added=(box(),)))
        assert commit.id_map == {0: 5 << 40}
        assert store.load(task.id).table.id.tolist() == [5 << 40]


def test_a_failed_statement_does_not_poison_the_connection(postgresql: Server) -> None:
    with Store.open(postgresql.database()) as store:
        task = store.create_task(spec())
        with pytest.raises(StoreError):
            store.set_setting("ann", "bad", "nul") or store.rename_task(task.id, "nul\x00")
        with pytest.raises(StoreError), store.database.write() as raw:
            raw.execute("SELECT nonsense")
        assert store.task(task.id).name == "task"
        assert store.setting("ann", "bad") == "nul"


def test_wrong_addresses_and_foreign_databases_are_named(postgresql: Server) -> None:
    import psycopg

    with pytest.raises(StoreError, match="cannot be opened") as caught:
        Store.open("postgresql://ann:secret@127.0.0.1:1/x")
    assert "secret" not in str(caught.value)
    url = postgresql.database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE task (a int)")
    with pytest.raises(StoreError, match="something else"):
        Store.open(url)
    newer = postgresql.database()
    Store.open(newer).close()
    with psycopg.connect(newer, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="newer version"):
        Store.open(newer)


def test_two_kernels_make_the_tables_once(postgresql: Server) -> None:
    url = postgresql.database()
    code = f"from cvat_widgets.store import Store; print(Store.open({url!r}).uuid)"
    processes = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert len({process.communicate()[0] for process in processes}) == 1
    assert all(process.returncode == 0 for process in processes)


def test_a_large_block_goes_in_and_out(postgresql: Server) -> None:
    from cvat_widgets.model.table import AnnotationTable

    with Store.open(postgresql.database()) as store:
        task = store.create_task(spec())
        count = 5000
        table = AnnotationTable.build(
            id=np.arange(1, count + 1), frame=np.arange(count) % 20, label=np.ones(count), type=np.zeros(count),
            points=np.random.default_rng(0).random(count * 4) * 100, offsets=np.arange(count + 1) * 4,
        )  # fmt: skip
        store.add_table(task.id, table, job_of=store.jobs(task.id)[0].id)
        np.testing.assert_array_equal(np.sort(store.load(task.id).table.points), np.sort(table.points))
        store.undo(task.id)
        assert len(store.load(task.id).table) == 0
