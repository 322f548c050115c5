"""Searches, filters and orders of lists mean the same on every kind of store."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from cvat_widgets.model.labels import LabelSet
from cvat_widgets.store import Store
from cvat_widgets.store.listing import JOB_SORTS, PROJECT_SORTS, TASK_SORTS
from tests.store.conftest import spec
from tests.waiting import PATIENCE


@pytest.fixture
def filled(store: Store) -> Store:
    city = store.create_project("City 100%", LabelSet.of(["car"]), owner="ann")
    store.create_task(replace(spec("Street", segments=[(0, 9), (10, 19)]), project_id=city.id, subset="train", owner="ann"))
    store.create_task(spec("avenue_b"))
    store.create_task(spec("alley"))
    first, second = store.jobs(1)
    store.change_job(first.id, stage="acceptance", state="completed")
    store.change_job(second.id, stage="validation", assignee="bob")
    store.update_task(2, assignee="bob")
    return store


def test_a_page_is_counted_and_joined(filled: Store) -> None:
    rows, total = filled.task_page(sort="-id", limit=2)
    assert ([row["name"] for row in rows], total) == (["alley", "avenue_b"], 3)
    (street,), _ = filled.task_page(search="street")
    shown = ("project", "jobs", "completed", "accepted", "validation", "in_progress", "status")
    assert [street[name] for name in shown] == ["City 100%", 2, 1, 1, 1, 0, "validation"]
    (project,), _ = filled.project_page()
    shown = ("tasks", "frames", "subsets", "jobs", "accepted", "status", "first_task")
    assert [project[name] for name in shown] == [1, 20, ["train"], 2, 1, "validation", 1]
    assert filled.label_names([1, 2])[1] == [(label.name, label.color) for label in filled.labels(1)]
    assert filled.people() == ["ann", "bob"]


@pytest.mark.parametrize(
    ("search", "where", "found"),
    [
        ("100% AND id: 1", None, ["Street"]),
        ("_b", None, ["avenue_b"]),
        ("status: valid", None, ["Street"]),
        ("", {"!": {"and": [{"==": [{"var": "status"}, "validation"]}]}}, ["avenue_b", "alley"]),
        ("", {"!=": [{"var": "project_name"}, "City 100%"]}, ["avenue_b", "alley"]),
        ("", {"!": {"var": "assignee"}}, ["Street", "alley"]),
        ("", {"and": [{">": [{"var": "created_date"}, 0]}, {"in": ["LL", {"var": "name"}]}]}, ["alley"]),
        ("", {"==": [{"var": "id"}, {"var": "project_id"}]}, ["Street"]),
    ],
)
def test_tasks_are_found(filled: Store, search: str, where: Any, found: list[str]) -> None:
    rows, total = filled.task_page(search=search, where=where)
    assert ([row["name"] for row in rows], total) == (found, len(found))


def test_jobs_are_found_by_what_their_task_is_called(filled: Store) -> None:
    def ids(search: str, where: Any = None) -> list[int]:
        return [row["id"] for row in filled.job_page(search=search, where=where)[0]]

    assert ids("city") == ids("task: STREET") == [1, 2]
    assert ids("assignee: bob AND stage: validation") == [2]
    assert ids("bob") == [2]
    assert ids("", {"startsWith": [{"var": "task_name"}, "a"]}) == [3, 4]


def test_every_order_is_one(filled: Store) -> None:
    for names, page in ((TASK_SORTS, filled.task_page), (JOB_SORTS, filled.job_page), (PROJECT_SORTS, filled.project_page)):
        for name in names:
            up, total = page(sort=name)
            down, _ = page(sort=f"-{name}")
            assert len(up) == total
            assert [row["id"] for row in up] == [row["id"] for row in reversed(down)], name
    assert [row["id"] for row in filled.task_page(sort="-assignee,id")[0]] == [2, 1, 3]


def test_any_change_is_told(filled: Store) -> None:
    heard = threading.Event()
    stop = filled.subscribe_store(heard.set)
    try:
        heard.wait(1.5)
        for change in (
            lambda: filled.update_task(1, subset="test"),
            lambda: filled.rename_task(2, "b"),
            lambda: filled.change_job(1, state="new"),
            lambda: filled.delete_task(3),
        ):
            heard.clear()
            change()
            assert heard.wait(PATIENCE)
    finally:
        stop()
    heard.clear()
    filled.rename_task(2, "c")
    assert not heard.wait(1.2)
