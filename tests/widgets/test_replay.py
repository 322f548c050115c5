"""Recordings, replay sessions and where the pointer was."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("ipywidgets")

import cvat_widgets as cw
from cvat_widgets.model.records import Record
from cvat_widgets.recording import POINTER_EVENT, Recording
from cvat_widgets.widgets.pointer_recording import MAX_POINTER_BYTES
from cvat_widgets.widgets.replay import ReplayJob, ReplaySession
from tests.waiting import until
from tests.widgets.browser import Browser
from tests.widgets.conftest import Wire

BOX = {"type": "rectangle", "label": "car", "points": [1.0, 2.0, 30.0, 20.0]}


def rows_of(table: Any, task: cw.Task) -> Any:
    """Everything a table says, in an order of its own."""
    from cvat_widgets.dataframe import to_dataframe

    data = to_dataframe(table, task.labels, task.frame_index)
    return data.sort_values(["id", "frame"]).reset_index(drop=True).astype(str).to_dict("list")


def annotate(task: cw.Task, seed: int, count: int = 25) -> None:
    """Do whatever comes to mind: shapes, tracks, tags, changes, undo, redo, and a block too large to list."""
    chance = random.Random(seed)
    for step in range(count):
        what = chance.choice(["shape", "track", "tag", "update", "delete", "undo", "redo"])
        data = task.to_frame()
        frame = chance.randrange(len(task))
        corner = [float(chance.randrange(20)), float(chance.randrange(20))]
        box = [*corner, corner[0] + 12, corner[1] + 9]
        if what == "shape":
            task.add({**BOX, "frame": frame, "points": box, "speed": str(step)})
        elif what == "track":
            task.add([{**BOX, "frame": at, "track_id": 1, "points": box} for at in (0, 3)])
        elif what == "tag":
            task.add({"type": "tag", "label": "person", "frame": frame, "points": []})
        elif what == "update" and (data["type"] == "rectangle").any():
            row = data[data["type"] == "rectangle"].sample(1, random_state=step)
            task.update(row.assign(points=[box], occluded=True))
        elif what == "delete" and len(data):
            task.delete(int(chance.choice(data["id"].tolist())))
        elif what == "undo":
            task.undo()
        elif what == "redo":
            task.redo()
    if seed % 2:
        task.add([{**BOX, "frame": number % len(task)} for number in range(501)])
        task.delete(int(task.shapes["id"].iloc[0]))


@pytest.fixture
def make_task(tmp_path: Path) -> Iterator[Any]:
    for number in range(6):
        Image.fromarray(np.full((48, 64, 3), number * 40, np.uint8)).save(tmp_path / f"{number}.png")
    labels = [cw.Label("car", attributes=(cw.Attribute("speed", "number", mutable=True, default="0"),)), "person"]
    with cw.Store.open(tmp_path / "store.sqlite") as store:

        def make(**options: Any) -> cw.Task:
            return cw.Task.create(f"task {len(cw.tasks(store))}", tmp_path, labels=labels, store=store, **options)

        yield make


@pytest.mark.parametrize("seed", range(4))
def test_every_step_of_a_recording_is_the_task_at_its_revision(make_task: Any, seed: int) -> None:
    task = make_task(**({"segment_size": 3, "overlap": 1} if seed >= 2 else {}))
    annotate(task, seed)
    steps = list(task.replay())
    assert [step.revision for step in steps] == list(range(1, task.revision + 1))
    assert [step.entry.label for step in steps] == task.log()["label"].tolist()
    for step in steps:
        assert rows_of(step.table, task) == rows_of(task.at(step.revision).table, task), step
    assert rows_of(steps[-1].table, task) == rows_of(task.table, task)
    middle = task.revision // 2
    part = task.replay(middle, task.revision - 1)
    assert len(part) == task.revision - 1 - middle
    assert rows_of(part.table_at(0), task) == rows_of(task.at(middle).table, task)


def test_a_job_replays_its_own_changes(make_task: Any) -> None:
    task = make_task(segment_size=3, overlap=0)
    task.add({**BOX, "frame": 0})
    task.add({**BOX, "frame": 4})
    task.add([{**BOX, "frame": 1}, {**BOX, "frame": 5}])
    first, second = task.jobs
    assert [step.revision for step in first.replay()] == [1, 3]
    for job in (first, second):
        for step in job.replay():
            assert rows_of(step.table, task) == rows_of(job.at(step.revision).table, task)


def test_a_step_says_where_and_what(make_task: Any) -> None:
    task = make_task()
    (shape,) = task.add({**BOX, "frame": 2})
    (track,) = task.add([{**BOX, "frame": at, "track_id": 1} for at in (1, 4)])
    rows = task.tracks
    task.update(rows[rows["frame"] == 4].assign(occluded=True))
    task.update(task.shapes.assign(label="person"))
    task.delete(shape)
    parts = task.split(track, 3)
    joined = task.merge(list(parts))
    assert [(step.frame, step.ids) for step in task.replay()] == [
        (2, (shape,)), (1, (track,)), (4, (track,)), (2, (shape,)), (2, (shape,)), (3, (track, *parts)), (3, (*parts, joined)),
    ]  # fmt: skip


def test_revisions_that_are_not_there_are_refused(make_task: Any) -> None:
    task = make_task()
    task.add({**BOX, "frame": 0})
    for start, stop in ((0, 2), (-1, 1), (1, 0)):
        with pytest.raises(cw.CvatWidgetsError, match="revision"):
            task.replay(start, stop)
    assert list(task.replay(1)) == []
    assert "0 changes" in repr(task.replay(1))


class ReplayWire(Wire):
    """A replay session with a recording transport and a browser at the other end."""

    def __init__(self, recording: Recording) -> None:
        self.sent = []
        self.browser: Browser | None = None
        self.session = ReplaySession(
            ReplayJob(recording),  # type: ignore[arg-type]
            lambda message, buffers: self.sent.append(("data", message, buffers)),
            lambda message, buffers: self.sent.append(("control", message, buffers)),
            user="ann",
            recording=recording,
        )

    def deliver(self, browser: Browser) -> None:
        while self.sent:
            _, message, buffers = self.sent.pop(0)
            browser.receive(message, buffers)


def records(task: cw.Task, revision: int) -> dict[int, Record]:
    return {record.id: record for record in task.at(revision).table.to_records(task.labels)}


@pytest.mark.parametrize("seed", [0, 1])
def test_a_browser_follows_a_replay_forwards_backwards_and_in_leaps(make_task: Any, seed: int) -> None:
    task = make_task()
    annotate(task, seed)
    wire = ReplayWire(task.replay())
    browser = Browser("b", task.labels, lambda message: wire.session.handle(message, []))
    browser.sync()
    wire.deliver(browser)
    assert browser.document == {}
    last = len(wire.session.recording)
    chance = random.Random(seed)
    moves = [*range(1, last + 1), *range(last, -1, -1), *(chance.randrange(last + 1) for _ in range(30)), last]
    for number in moves:
        wire.session.go(number)
        wire.deliver(browser)
        assert not browser.behind
        assert browser.document == records(task, number), f"after {number} steps"
    assert browser.document == records(task, task.revision)
    wire.session.close()


def test_a_browser_that_missed_moves_catches_up(make_task: Any) -> None:
    task = make_task()
    annotate(task, 0)
    wire = ReplayWire(task.replay())
    browser = Browser("b", task.labels, lambda message: wire.session.handle(message, []))
    browser.sync()
    wire.deliver(browser)
    for number in (3, 5, 2):
        wire.session.go(number)
    wire.sent.clear()
    wire.session.go(4)
    wire.deliver(browser)
    wire.deliver(browser)
    assert browser.document == records(task, 4)
    wire.session.close()


def test_a_replay_refuses_edits_and_hears_nothing_of_new_ones(make_task: Any) -> None:
    task = make_task()
    task.add({**BOX, "frame": 0})
    wire = ReplayWire(task.replay())
    task.add({**BOX, "frame": 1})
    assert wire.sent == []
    op = {"t": "op", "client": "a", "seq": 1, "base": 0, "changes": {"removed": [1]}, "label": "no"}
    answers = wire.ask(op)
    assert [answer["t"] for answer in answers][-1] == "reject"
    assert len(task.shapes) == 2
    (welcome,) = wire.ask({"t": "hello", "client": "a", "protocol": 1})
    assert welcome["demonstration"]["replay"]["steps"] == 1
    assert welcome["task"]["uid"] != task.uid
    assert welcome["history"] == {"undo": None, "redo": None}
    wire.session.close()


def rpc(wire: Wire, method: str, **params: Any) -> dict[str, Any]:
    """Call a method and wait for its answer."""
    before = len(wire.sent)
    wire.session.handle({"t": "rpc", "client": "a", "id": 1, "method": method, "params": params}, [])
    return until(lambda: [message for _, message, _ in wire.sent[before:] if message["t"] in ("result", "error")])[0]


def test_what_the_browser_asks_of_a_replay(make_task: Any) -> None:
    task = make_task()
    annotate(task, 0)
    wire = ReplayWire(task.replay())
    steps = rpc(wire, "replay.steps", **{"from": 0})["result"]["steps"]
    assert [step[3] for step in steps] == task.log()["label"].tolist()
    assert [step[0] for step in steps] == [round(time.timestamp() * 1000) for time in task.log()["time"]]
    assert rpc(wire, "replay.go", number=3, view="v", playing=True, speed=20)["result"]["number"] == 3
    assert wire.session.playing
    assert wire.session.speed == 20
    for params in ({"number": 10_000}, {"number": -1}, {"number": 1, "speed": 1000}, {"number": "1"}):
        assert rpc(wire, "replay.go", **params)["t"] == "error"
    wire.session.close()


def test_the_widget_is_driven_from_python(make_task: Any) -> None:
    task = make_task()
    annotate(task, 2)
    replay = cw.Replay(task, speed=5)
    assert replay.step == 0
    assert len(replay.table) == 0
    replay.go_to_revision(4)
    assert replay.revision == 4
    assert rows_of(replay.table, task) == rows_of(task.at(4).table, task)
    replay.next()
    replay.previous()
    assert replay.step == 4
    replay.go_to_revision(task.revision)
    assert rows_of(replay.table, task) == rows_of(task.table, task)
    assert replay.picture().startswith(b"\x89PNG")
    with pytest.raises(cw.CvatWidgetsError, match="not a speed"):
        replay.speed = 0.1
    with pytest.raises(cw.StoreError, match="read-only"):
        replay.draw("rectangle", [1, 1, 20, 20])
    assert [step.revision for step in replay] == [step.revision for step in task.replay()]
    replay.close()
    assert "image/jpeg" in task.replay()._repr_mimebundle_()[0]


# -- the pointer -------------------------------------------------------------------------------------------------


def test_the_pointer_is_recorded_only_when_asked_for_and_comes_back_in_a_replay(make_task: Any) -> None:
    task = make_task()
    wire = Wire(task.jobs[0])
    samples = [[500, 0, 10.04, 20, 0], [450, 0, 12, 21, 1], [440, 0, 99, 99, 0], [0, 1, 30, 40, 0]]
    before = task.store.events(task.id)
    assert rpc(wire, "pointer.record", client="page", samples=samples)["result"] == {"on": False}
    assert task.store.events(task.id) == before
    wire.session.pointer.on = True
    assert rpc(wire, "pointer.record", client="page", samples=samples)["result"] == {"on": True}
    task.add({**BOX, "frame": 0})
    found = task.replay().pointer()
    # Two samples that are closer together than 50 ms are one.
    assert [each[2:] for each in found] == [(0, 10.0, 20.0, False), (0, 12.0, 21.0, True), (1, 30.0, 40.0, False)]
    np.testing.assert_allclose(np.diff([each[1] for each in found]), [0.05, 0.45], atol=1e-6)
    assert all(each[0] == "page" for each in found)
    replayed = ReplayWire(task.replay())
    listed = rpc(replayed, "replay.pointer")["result"]["samples"]
    assert [each[2:] for each in listed] == [[0, 10.0, 20.0, 0], [0, 12.0, 21.0, 1], [1, 30.0, 40.0, 0]]
    wire.session.close()
    replayed.session.close()


def test_a_session_records_no_more_than_a_megabyte(make_task: Any) -> None:
    task = make_task()
    wire = Wire(task.jobs[0])
    wire.session.pointer.on = True
    batch = [[50.0 * (600 - number), 0, 12345.5, 12345.5, 0] for number in range(600)]
    answers = [rpc(wire, "pointer.record", client="page", samples=batch)["result"]["on"] for _ in range(80)]
    assert answers[0]
    assert not answers[-1]
    kept = [event["payload"] for event in task.store.events(task.id) if event["kind"] == POINTER_EVENT]
    assert MAX_POINTER_BYTES * 0.9 < sum(map(len, kept)) <= MAX_POINTER_BYTES
    wire.session.close()


@pytest.mark.parametrize(
    "params",
    [
        {"samples": [[0, 0, 1, 1, 0]]},
        {"client": "a" * 65, "samples": []},
        {"client": "a", "samples": "x"},
        {"client": "a", "samples": [[0, 0, 1, 1]]},
        {"client": "a", "samples": [[0, 99, 1, 1, 0]]},
        {"client": "a", "samples": [[-5, 0, 1, 1, 0]]},
        {"client": "a", "samples": [[0, 0, float("nan"), 1, 0]]},
        {"client": "a", "samples": [[0, 0, 1e9, 1, 0]]},
        {"client": "a", "samples": [[0, 0, 1, 1, 0]] * 601},
    ],
)
def test_samples_that_are_none_are_refused(make_task: Any, params: dict[str, Any]) -> None:
    wire = Wire(make_task().jobs[0])
    wire.session.pointer.on = True
    assert rpc(wire, "pointer.record", **params)["t"] == "error"
    wire.session.close()


def test_damaged_events_are_passed_over(make_task: Any) -> None:
    task = make_task()
    task.add({**BOX, "frame": 0})
    job = task.jobs[0]
    for payload in ({}, [], {"samples": 3}, {"samples": [[1], "x", [None] * 5, [0, 0, float("inf"), 0, 0]]}, "x"):
        task.store.record_event(POINTER_EVENT, user="eve", task_id=task.id, job_id=job.id, payload=payload)
    task.store.record_event(POINTER_EVENT, user="eve", task_id=task.id, job_id=job.id, payload={"samples": [[0, 0, 1, 2, 1]]})
    assert [each[2:] for each in task.replay().pointer()] == [(0, 1.0, 2.0, True)]


def test_the_trait_tells_the_browser(make_task: Any) -> None:
    annotator = cw.Annotator(make_task())
    assert annotator._session._demonstration() is None
    annotator.record_pointer = True
    assert annotator._session._demonstration()["record"]
    annotator.record_pointer = False
    assert annotator._session._demonstration() is None
    viewer = cw.Viewer(annotator.task)
    viewer.record_pointer = True
    assert not viewer._session.pointer.on
    annotator.close()
    viewer.close()
