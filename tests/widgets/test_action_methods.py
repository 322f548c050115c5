"""Actions and operations called from a browser: answers, progress, cancellation, refusals, and whose undo they are."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

import cvat_widgets as cw
from cvat_widgets.actions import registry
from cvat_widgets.job import Job
from tests.waiting import PATIENCE, until
from tests.widgets.conftest import Wire


def ask(wire: Wire, method: str, params: dict[str, Any] | None = None, *, number: int = 1) -> dict[str, Any]:
    """Call a method and wait for its answer."""
    wire.session.handle({"t": "rpc", "client": "a", "id": number, "method": method, "params": params or {}}, [])
    return answer_to(wire, number)


def answer_to(wire: Wire, number: int) -> dict[str, Any]:
    def answer() -> dict[str, Any] | None:
        told = (message for _, message, _ in reversed(wire.sent) if message["t"] in ("result", "error"))
        return next((message for message in told if message.get("id") == number), None)

    found = until(answer)
    assert found is not None
    return found


def square(x: float, frame: int = 0, kind: str = "polygon") -> dict[str, Any]:
    points = [x, 0, x + 10, 0, x + 10, 10, x, 10] if kind == "polygon" else [x, 0, x + 10, 10]
    return {"frame": frame, "label": "car", "type": kind, "points": points}


@pytest.fixture
def actions() -> Iterator[None]:
    present = {each.name: each for each in registry.registered()}
    yield
    registry._ACTIONS.clear()
    registry._ACTIONS.update(present)


@pytest.mark.usefixtures("actions")
def test_the_list_has_what_a_dialog_needs(wire: Wire) -> None:
    cw.action("Mine", cw.actions.Checkbox("really"), description="Says so.")(lambda rows, really: None)
    found = {each["name"]: each for each in ask(wire, "actions.list")["result"]["actions"]}
    assert list(found)[:2] == ["Remove filtered shapes", "Propagate shapes"]
    assert found["Polygon simplification"]["parameters"] == [
        {
            "kind": "number", "name": "distance", "label": "Distance in pixels", "low": 0.1, "high": 64.0, "step": 0.1,
            "default": 1.0, "role": "number",
        }
    ]  # fmt: skip
    assert found["Propagate shapes"]["per"] == "one"
    assert found["Propagate shapes"]["parameters"][0]["default"] is None
    assert found["Mine"] == {
        "name": "Mine", "description": "Says so.", "kinds": ["shape"], "per": "frame",
        "parameters": [{"kind": "checkbox", "name": "really", "label": "Really", "default": False}],
    }  # fmt: skip


def test_an_action_runs_is_told_and_undone_by_its_user(wire: Wire, job: Job) -> None:
    ids = job.add([square(0, frame, "rectangle") for frame in range(6)])
    run = {"name": "Remove filtered shapes", "parameters": {}, "start": 1, "stop": 4, "ids": ids[2:]}
    result = ask(wire, "actions.run", run)["result"]
    assert result == {"added": 0, "updated": 0, "removed": 3, "skipped": [], "text": "3 removed."}
    (commit,) = [message for _, message, _ in wire.sent if message["t"] == "commit" and message["revision"] == 2]
    assert (commit["author"], commit["origin"], commit["label"]) == ("ann", "canvas", "Remove filtered shapes")
    assert sorted(commit["changes"]["removed"]) == ids[2:5]
    steps = [message["value"] for _, message, _ in wire.sent if message["t"] == "progress"]
    assert steps == [0, 1, 2, 3, 4]
    ask(wire, "undo", number=2)
    assert len(job.shapes) == 6


def test_a_filter_of_the_view_is_json_logic(wire: Wire, job: Job) -> None:
    pytest.importorskip("cvat_widgets.model.filters")
    job.add([square(0, 0, "rectangle"), square(20, 0)])
    logic = {"and": [{"==": [{"var": "shape"}, "polygon"]}]}
    run = {"name": "Remove filtered shapes", "start": 0, "stop": 0, "filter": logic}
    assert ask(wire, "actions.run", run)["result"]["removed"] == 1
    assert job.shapes["type"].tolist() == ["rectangle"]


@pytest.mark.usefixtures("actions")
def test_a_cancelled_action_writes_nothing(wire: Wire, job: Job) -> None:
    begun, go_on = threading.Event(), threading.Event()

    @cw.action("Slow")
    def slow(rows: Any) -> dict[str, Any]:
        begun.set()
        go_on.wait(PATIENCE)
        return {"remove": rows["id"]}

    assert slow is not None
    job.add([square(0, frame) for frame in range(6)])
    run = {"name": "Slow", "start": 0, "stop": 5}
    wire.session.handle({"t": "rpc", "client": "a", "id": 9, "method": "actions.run", "params": run}, [])
    assert begun.wait(PATIENCE)
    wire.session.handle({"t": "cancel", "client": "a", "id": 9}, [])
    go_on.set()
    wire.session.rpc.pool.shutdown(wait=True)
    assert len(job.shapes) == 6
    assert job.revision == 1
    assert not [message for _, message, _ in wire.sent if message.get("id") == 9 and message["t"] in ("result", "error")]


def test_operations_answer_with_ids_or_the_reason(wire: Wire, job: Job) -> None:
    one, two, far = job.add([square(0), square(5), square(40)])
    (joined,) = ask(wire, "operations.join", {"ids": [one, two]})["result"]["ids"]
    refused = ask(wire, "operations.join", {"ids": [joined, far]}, number=2)["error"]
    assert refused["type"] == "OperationError"
    assert "do not touch" in refused["message"]
    assert ask(wire, "operations.simplify", {"ids": [joined], "distance": 1}, number=3)["result"] == {"changed": 1}
    halves = ask(wire, "operations.slice", {"id": joined, "line": [5, -5, 5, 15]}, number=4)["result"]["ids"]
    assert len(halves) == 2
    assert ask(wire, "operations.convert", {"ids": halves, "type": "rectangle"}, number=5)["result"]["ids"] == halves
    assert sorted(job.shapes["type"]) == ["polygon", "rectangle", "rectangle"]
    for number in range(6, 10):
        ask(wire, "undo", number=number)
    assert sorted(job.shapes["id"]) == [one, two, far]


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("actions.run", {"name": "No such thing", "start": 0, "stop": 5}),
        ("actions.run", {"name": "Convert shapes", "start": 0, "stop": 50}),
        ("actions.run", {"name": "Convert shapes", "start": 3, "stop": 1}),
        ("actions.run", {"name": "Convert shapes", "start": 0, "stop": 1, "parameters": [1]}),
        ("actions.run", {"name": "Convert shapes", "start": 0, "stop": 1, "parameters": {"target": 4}}),
        ("actions.run", {"name": "Convert shapes", "start": 0, "stop": 1, "parameters": {"frames": 4}}),
        ("actions.run", {"name": "Convert shapes", "start": 0, "stop": 1, "parameters": {"progress": 4}}),
        ("actions.run", {"name": "Convert shapes", "start": 0, "stop": 1, "filter": 7}),
        ("actions.run", {"name": ["Convert shapes"], "start": 0, "stop": 1}),
        ("operations.join", {}),
        ("operations.join", {"ids": "all"}),
        ("operations.join", {"ids": [True, 1.5]}),
        ("operations.join", {"ids": [1]}),
        ("operations.slice", {"id": 1, "line": [0, 0, None, 1]}),
        ("operations.slice", {"id": 1, "line": [0, 0]}),
        ("operations.slice", {"id": "1", "line": [0, 0, 1, 1]}),
        ("operations.simplify", {"ids": [1], "distance": "far"}),
        ("operations.simplify", {"ids": [1], "distance": 1e9}),
        ("operations.convert", {"ids": [1], "type": "cuboid"}),
        ("operations.convert", {"ids": [1], "type": "mask", "fill_holes": 1}),
        ("operations.convert", {"ids": [999], "type": "mask"}),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(wire: Wire, job: Job, method: str, params: dict[str, Any]) -> None:
    job.add(square(0))
    answer = ask(wire, method, params)
    assert answer["t"] == "error"
    assert answer["error"]["message"]
    assert answer["error"]["trace"] is None
    assert job.revision == 1


def test_a_read_only_view_changes_nothing(job: Job) -> None:
    (one,) = job.add(square(0))
    wire = Wire(job, read_only=True)
    assert ask(wire, "operations.simplify", {"ids": [one], "distance": 5})["t"] == "error"
    run = {"name": "Remove filtered shapes", "start": 0, "stop": 5}
    assert ask(wire, "actions.run", run, number=2)["t"] == "error"
    assert job.revision == 1
    wire.session.close()
