"""Crashes, several processes, and places where a store cannot be."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from cvat_widgets.errors import StoreError
from cvat_widgets.store import Store
from cvat_widgets.store.filesystem import HostGuard, _filesystem_type
from tests.store.conftest import LABELS, spec
from tests.waiting import until

WRITER = """
import sys, numpy as np
from cvat_widgets.model.changes import Edit
from cvat_widgets.model.records import Keyframe, Shape, Track
from cvat_widgets.store import Store
store = Store.open(sys.argv[1])
generator = np.random.default_rng(int(sys.argv[2]))
task = store.task("task").id
alive = []  # a process changes only what it has made, so that none of its edits can conflict
for step in range(int(sys.argv[3])):
    choice = generator.random()
    if choice < 0.6 or not alive:
        shape = Shape(id=0, frame=int(generator.integers(20)), label=1, type="rectangle", points=tuple(generator.uniform(0, 9, 4).tolist()))
        track = Track(id=0, label=1, type="rectangle", keyframes={3: Keyframe(points=(0, 0, 1, 1))})
        commit = store.commit(task, Edit(added=(shape if choice < 0.4 else track,)), author="ann", op_id=f"{sys.argv[2]}:{step}")
        alive.append(commit.changes.added[0].id)
    elif choice < 0.85:
        commit = store.commit(task, Edit(updated={alive[int(generator.integers(len(alive)))]: {"group": (None, step)}}), author="ann")
    else:
        commit = store.commit(task, Edit(removed=(alive.pop(int(generator.integers(len(alive)))),)), author="ann")
    print(commit.revision, flush=True)
"""


def test_nothing_acknowledged_is_lost_when_the_kernel_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with Store.open(path) as store:
        task = store.create_task(spec())
    generator = np.random.default_rng(5)
    acknowledged = 0
    for attempt in range(20):
        command = [sys.executable, "-c", WRITER, str(path), str(attempt), "1000"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(int(generator.integers(20, 80))):
                acknowledged = int(process.stdout.readline())
            time.sleep(float(generator.uniform(0, 0.01)))
            process.send_signal(signal.SIGKILL)
            acknowledged = max([acknowledged, *map(int, (line for line in process.stdout.read().split("\n")[:-1] if line))])
        with Store.open(path) as store:
            revision = store.task(task.id).revision
            assert revision >= acknowledged
            assert [commit.revision for commit in store.log(task.id)] == list(range(1, revision + 1))
    assert acknowledged > 600
    with Store.open(path) as store:
        assert store.database.raw.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        while store.undo(task.id, author="ann"):
            pass
        assert len(store.load(task.id).table) == 0
        for commit in store.log(task.id):
            assert commit.changes is not None


def test_processes_writing_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with Store.open(path) as store:
        task = store.create_task(spec())
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(seed), "60"], stdout=subprocess.PIPE, text=True)
        for seed in range(4)
    ]
    acknowledged = [int(line) for writer in writers for line in writer.communicate()[0].split()]
    assert all(writer.returncode == 0 for writer in writers)
    assert sorted(acknowledged) == list(range(1, 241))
    with Store.open(path) as store:
        assert store.task(task.id).revision == 240
        present = {record.id: record for record in store.load(task.id).table.to_records(LABELS)}
        assert present == {record.id: record for record in store.at(task.id, 240).table.to_records(LABELS)}


def test_commits_of_another_process_are_heard(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with Store.open(path) as store:
        task = store.create_task(spec())
        heard: list[int] = []
        store.subscribe(task.id, lambda commit: heard.append(commit.revision))
        subprocess.run([sys.executable, "-c", WRITER, str(path), "1", "5"], check=True, capture_output=True)
        until(lambda: len(heard) >= 5)
        assert heard == [1, 2, 3, 4, 5]


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.sqlite"
    text.write_text("not a database, but long enough to be looked at as one" * 20)
    with pytest.raises(StoreError, match="not a sound SQLite database"):
        Store.open(text)
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()
    with pytest.raises(StoreError, match="something else"):
        Store.open(other)
    assert text.read_text().startswith("not a database")


def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    Store.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreError, match="newer version"):
        Store.open(path)


def test_the_migrations_make_the_same_tables(tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine, inspect

    Store.open(tmp_path / "made.sqlite").close()
    migrated = create_engine(f"sqlite:///{tmp_path / 'migrated.sqlite'}")
    config = Config()
    import cvat_widgets.store

    config.set_main_option("script_location", str(Path(cvat_widgets.store.__file__).parent / "migrations"))
    with migrated.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    made = create_engine(f"sqlite:///{tmp_path / 'made.sqlite'}")

    def columns(engine: object) -> dict[str, list[str]]:
        inspector = inspect(engine)
        return {name: sorted(column["name"] for column in inspector.get_columns(name)) for name in inspector.get_table_names()}

    assert columns(made) == columns(migrated)
    made.dispose()
    migrated.dispose()


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    with pytest.raises(StoreError, match="cannot be opened"):
        Store.open(folder / "store.sqlite")


def test_a_path_below_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be opened"):
        Store.open(tmp_path / "file" / "store.sqlite")


def test_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    from cvat_widgets.model.changes import Edit
    from cvat_widgets.model.records import Shape

    with Store.open(tmp_path / "store.sqlite") as store:
        task = store.create_task(spec())
        raw = store.database.raw
        raw.execute(f"PRAGMA max_page_count={raw.execute('PRAGMA page_count').fetchone()[0]}")
        points = tuple(np.zeros(20_000).tolist())
        with pytest.raises(StoreError, match="disk is full"):
            store.commit(task.id, Edit(added=(Shape(id=0, frame=0, label=1, type="polygon", points=points),)))
        raw.execute("PRAGMA max_page_count=1073741823")
        assert store.task(task.id).revision == 0
        assert len(store.load(task.id).table) == 0


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store.sqlite")
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.tasks()


def test_other_databases_are_named() -> None:
    with pytest.raises(StoreError, match="'mysql' cannot be opened"):
        Store.open("mysql://localhost/cvat")


def test_network_filesystems_are_recognised(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 0:20 / / rw - ext4 /dev/vda rw\n"
        "23 22 0:21 / /home/my\\040data rw - nfs4 server:/x rw\n"
        "24 22 0:22 / /mnt rw - fuse.sshfs host rw\n"
    )
    assert _filesystem_type(Path("/home/my data/store"), mounts) == "nfs4"
    assert _filesystem_type(Path("/mnt/a/b"), mounts) == "fuse.sshfs"
    assert _filesystem_type(Path("/mntx"), mounts) == "ext4"


def test_only_one_host_writes_to_a_shared_folder(tmp_path: Path) -> None:
    first, second = HostGuard(tmp_path / "store.sqlite"), HostGuard(tmp_path / "store.sqlite")
    second.host = "elsewhere:1"
    first.check()
    with pytest.raises(StoreError, match="is writing to it"):
        second.check()
