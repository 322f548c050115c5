"""Stores of an older schema are brought up to date with all that is in them, in a file and on PostgreSQL."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import inspect

from cvat_widgets.errors import StoreError
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.store import Store
from cvat_widgets.store.frame_lists import pack_frames
from cvat_widgets.store.postgresql import PostgresqlDatabase
from cvat_widgets.store.schema import HEAD
from tests.store.conftest import spec
from tests.store.postgresql_server import Server

SCHEMA = (Path(__file__).parent / "schema_0002.sql").read_text()
"""The tables of schema 0002 as SQLite had them."""
NEW_IN_0002 = ("project_labels", "quality_setting", "honeypot", "webhook")
MEDIA = {"type": "video", "path": "/pictures/a.mp4"}


def of_version(version: str) -> list[str]:
    """Return the statements that make the tables of an older version."""
    statements = [line for line in SCHEMA.splitlines() if line]
    if version == "0001":
        later = "|".join(NEW_IN_0002)
        indexes = "task_by_update|task_by_project|job_by_assignee|issue_by_job"
        statements = [line for line in statements if not re.match(rf"CREATE (TABLE ({later}) |INDEX ({indexes}) )", line)]
    return statements


def on_postgresql(statement: str) -> str:
    """Return a statement of SQLite as the version of that time made it on PostgreSQL."""
    if "PRIMARY KEY (id)" in statement:
        statement = statement.replace("(id INTEGER NOT NULL", "(id BIGSERIAL NOT NULL", 1)
    return statement.replace("INTEGER", "BIGINT").replace("BLOB", "BYTEA")


def rows(version: str) -> list[tuple[str, tuple[Any, ...]]]:
    """Return rows of an older store, in order of what belongs to what."""
    index = FrameIndex(["a", "b"], np.full(2, 64, np.int32), np.full(2, 48, np.int32))
    found: list[tuple[str, tuple[Any, ...]]] = [
        ("INSERT INTO alembic_version VALUES (?)", (version,)),
        ("INSERT INTO meta VALUES (?, ?)", ("uuid", "0" * 32)),
        ("INSERT INTO meta VALUES (?, ?)", ("epoch", "1" * 16)),
        ("INSERT INTO project VALUES (?, ?, ?, ?, ?, ?, ?)", (4, "p", "city", "ann", "https://x.example", "t", "t")),
    ]
    for number, name in ((7, "first"), (9, "second")):
        facts = (number, name, 4, name, "ann", "bob", "", "train", "annotation", "2d", "images", None, 2, 0, json.dumps(MEDIA),
                 pack_frames(index), 3, 12, 0, "2024-01-01T00:00:00+00:00", "2024-01-01T00:00:00+00:00")  # fmt: skip
        found += [
            (f"INSERT INTO task VALUES ({', '.join('?' * 21)})", facts),
            ("INSERT INTO segment VALUES (?, ?, ?, ?, ?)", (number, number, 0, 1, None)),
            (
                f"INSERT INTO job VALUES ({', '.join('?' * 11)})",
                (number, number, number, None, "annotation", "validation", "new", "ann", None, "t", "t"),
            ),
            ("INSERT INTO deleted_frame VALUES (?, ?)", (number, 1)),
            ("INSERT INTO label VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (number, 1, None, 0, "car", "#ff0000", "any", "")),
            (
                f"INSERT INTO shape VALUES ({', '.join('?' * 16)})",
                (number, 1, number, 1, 0, 0, 1.0, None, 3, 0, 0, 0, 0, 0.0, np.array([1.0, 2, 3, 4]).tobytes(), None),
            ),
            (
                f"INSERT INTO issue VALUES ({', '.join('?' * 12)})",
                (number, number, number, 0, np.array([1.0, 1]).tobytes(), None, "rev", None, False, 0, "t", "t"),
            ),
            ("INSERT INTO comment VALUES (?, ?, ?, ?, ?, ?)", (number, number, "rev", f"look at {name}", "t", "t")),
        ]
    return found


def make(version: str, run: Callable[[str, tuple[Any, ...]], Any], on: Callable[[str], str] = str) -> None:
    for statement in of_version(version):
        run(on(statement), ())
    run("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)", ())
    for statement, values in rows(version):
        run(statement, values)


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    if request.param == "postgresql":
        request.getfixturevalue("postgresql")
    return str(request.param)


@pytest.mark.parametrize("version", ["0001", "0002"])
def test_an_older_store_is_brought_up_to_date(version: str, kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if kind == "sqlite":
        place = str(tmp_path / "old.sqlite")
        with sqlite3.connect(place) as connection:
            make(version, connection.execute)
        connection.close()
        fresh = str(tmp_path / "fresh.sqlite")
    else:
        psycopg = pytest.importorskip("psycopg")
        server: Server = request.getfixturevalue("postgresql")
        place, fresh = server.database(), server.database()
        with psycopg.connect(place) as connection:
            make(version, lambda sql, values: connection.execute(sql.replace("?", "%s"), values), on_postgresql)
            for name in ("project", "task", "job", "issue", "comment", "segment"):
                connection.execute(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), 9)")
    with Store.open(place) as store, Store.open(fresh) as new:
        assert (store.database._schema_version(), new.database._schema_version()) == (HEAD, HEAD)
        assert described(store) == described(new)
        task = store.task("second")
        assert (task.id, task.media, task.revision, task.assignee, task.subset) == (9, MEDIA, 3, "bob", "train")
        assert list(store.frames(9).names) == ["a", "b"]
        assert store.project("city").assignee is None
        assert store.update_project(4, assignee="zoe").assignee == "zoe"
        assert [store.load(number).table.points.tolist() for number in (7, 9)] == [[1, 2, 3, 4]] * 2
        assert [(job.id, job.stage, job.assignee) for job in store.jobs(7)] == [(7, "validation", "ann")]
        assert [comment.message for comment in store.issue(9).comments] == ["look at second"]
        assert store.deleted_frames(7) == [1]
        store.remove_issue(9, user="rev")
        assert store.open_issue(9, 0, (1, 1), "again", owner="rev").id > 9
        store.delete_task(9)
        assert store.create_task(spec("third")).id > 9
        with store.database.read() as raw:
            left = {
                name: raw.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0] for name in ("shape", "issue", "task_media")
            }
        assert left == {"shape": 1, "issue": 1, "task_media": 2}, "what belongs to a task still goes with it"
        if version == "0001":
            store.set_honeypots(7, {0: 1})


def described(store: Store) -> dict[str, Any]:
    """Return columns, keys and indexes of all tables."""
    found = inspect(store.database.engine)
    described = {}
    for name in sorted(found.get_table_names()):
        described[name] = {
            "columns": sorted((c["name"], c["nullable"], str(c["default"])) for c in found.get_columns(name)),
            "key": sorted(found.get_pk_constraint(name)["constrained_columns"]),
            "unique": sorted(tuple(sorted(each["column_names"])) for each in found.get_unique_constraints(name)),
            "foreign": sorted(
                (each["constrained_columns"], each["referred_table"], each["options"].get("ondelete"))
                for each in found.get_foreign_keys(name)
            ),
            "indexes": sorted((each["name"], each["column_names"]) for each in found.get_indexes(name)),
        }
        if not isinstance(store.database, PostgresqlDatabase):
            with store.database.read() as raw:
                made = raw.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0]
            described[name]["counts on"] = "AUTOINCREMENT" in made
    return described


def test_a_migration_that_fails_leaves_the_store_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "old.sqlite"
    with sqlite3.connect(place) as connection:
        make("0002", connection.execute)
        connection.execute("INSERT INTO comment VALUES (99, 1234, 'x', 'of no issue', 't', 't')")
    connection.close()
    before = "\n".join(sqlite3.connect(place).iterdump())
    with pytest.raises(StoreError, match="belong to nothing"):
        Store.open(place)
    assert "\n".join(sqlite3.connect(place).iterdump()) == before
