"""Commands to the canvas: what is refused at once, what is written without a browser, and the queue of what a browser does."""

from __future__ import annotations

import itertools
import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("ipywidgets")

import cvat_widgets as cw
from cvat_widgets.job import Job
from cvat_widgets.model.records import Shape, Track
from cvat_widgets.widgets import driven
from cvat_widgets.widgets.driving import Command, Driving

TURNS = itertools.count(1)
ACTIONS = Path(driven.__file__).resolve().parents[2] / "js" / "src" / "actions"


@pytest.fixture
def annotator(job: Job) -> Any:
    made = cw.Annotator(job)
    yield made
    made.close()


@pytest.fixture
def asked(annotator: Any) -> list[dict[str, Any]]:
    """What the browsers are told; one of them shows the annotator."""
    told: list[dict[str, Any]] = []
    annotator._session._tell = lambda message, _buffers: told.append(message)
    ping(annotator)
    return told


def ping(annotator: Any, client: str = "page", views: int = 1) -> None:
    message = {"t": "ping", "client": client, "n": 1, "revision": 0, "views": views}
    thread = threading.Thread(target=lambda: annotator._session.handle(message, []))
    thread.start()
    thread.join()


def answer(annotator: Any, done: dict[str, Any] | None = None, view: str = "page-1") -> dict[str, Any] | None:
    """What a page does: say how it went, and take the next command."""
    command: dict[str, Any] | None = annotator._session.driving.next(view, next(TURNS), done)
    return command


# -- without a browser -------------------------------------------------------------------------------------------


def test_a_shape_is_written_as_the_canvas_writes_it(annotator: Any) -> None:
    command = annotator.draw("rectangle", [30.004, 20, 10, 5.555], label="car", frame=2, rotation=30)
    (record,) = annotator.task.store.records(annotator.task.id, [command.result()]).values()
    speed = annotator.task.labels["car"].attribute("speed")
    assert record == Shape(
        id=command.result(), frame=2, label=annotator.task.labels["car"].id, type="rectangle", points=(10.0, 5.56, 30.0, 20.0),
        rotation=30.0, attributes={speed.id: speed.default},
    )  # fmt: skip
    assert repr(command) == f"<draw rectangle: done, object {record.id}>"
    assert annotator.task.log()["label"].iloc[-1] == f"Draw car {record.id}"
    assert annotator.task.undo() == f"Draw car {record.id}"


def test_a_track_begins_where_it_is_drawn_and_above_what_is_there(annotator: Any) -> None:
    annotator.task.add({"type": "rectangle", "label": "car", "frame": 1, "points": [1, 1, 9, 9], "z_order": 3})
    annotator.go_to(1)
    assert annotator.frame == 1
    number = annotator.draw("polygon", [1, 1, 20, 1, 10, 30], track=True).result()
    (record,) = annotator.task.store.records(annotator.task.id, [number]).values()
    assert isinstance(record, Track)
    assert list(record.keyframes) == [1]
    keyframe = record.keyframes[1]
    assert keyframe.points == (1, 1, 20, 1, 10, 30)
    assert keyframe.z_order == 3
    assert record.attributes == {}
    assert len(keyframe.attributes) == 1
    annotator.select(number)
    assert annotator.selection == [number]


def test_a_skeleton_has_its_joints(tmp_path: Path) -> None:
    label = {
        "name": "person", "type": "skeleton", "sublabels": [{"name": "head", "type": "points"}, {"name": "foot", "type": "points"}],
        "svg": '<circle r="1" cx="10" cy="10" data-type="element node" data-element-id="1" data-node-id="1" data-label-name="head">'
        '</circle><circle r="1" cx="10" cy="90" data-type="element node" data-element-id="2" data-node-id="2"'
        ' data-label-name="foot"></circle>',
    }  # fmt: skip
    with cw.Store.open(tmp_path / "s.sqlite") as store:
        task = cw.Task.create("t", np.zeros((2, 40, 40, 3), np.uint8), labels=[label], store=store)
        annotator = cw.Annotator(task)
        for track in (False, True):
            annotator.draw("skeleton", [5, 6, 7, 30], track=track)
        joints = task.to_frame()
        joints = joints[joints["parent_id"].notna()]
        assert joints["label"].tolist() == ["head", "foot"] * 2
        assert [list(points) for points in joints["points"]] == [[5, 6], [7, 30]] * 2
        with pytest.raises(cw.AnnotationError, match="2 joints"):
            annotator.draw("skeleton", [1, 2])
        annotator.close()


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("rectangle", [1, 1, 2, 2]), {}, "too small"),
        (("rectangle", [1, 1, 20]), {}, "has 4 numbers"),
        (("rectangle", [1, 1, 20, float("nan")]), {}, "not a number"),
        (("polygon", [1, 1, 2, 1, 1, 2]), {}, "too small"),
        (("polyline", [1, 1, 2, 2]), {}, "too short"),
        (("tag", []), {}, "cannot be drawn"),
        (("hexagon", [1, 2]), {}, "cannot be drawn"),
        (("rectangle", [1, 1, 20, 20]), {"label": "dog"}, "dog"),
        (("rectangle", [1, 1, 20, 20]), {"frame": 77}, "not in this job"),
    ],
)
def test_what_the_canvas_would_refuse_is_refused(annotator: Any, arguments: Any, options: Any, message: str) -> None:
    with pytest.raises(cw.CvatWidgetsError, match=message):
        annotator.draw(*arguments, **options)
    assert annotator.task.revision == 0


def test_a_viewer_draws_nothing_and_a_deleted_frame_takes_nothing(annotator: Any) -> None:
    annotator.task.delete_frames(3)
    with pytest.raises(cw.AnnotationError, match="deleted"):
        annotator.draw("rectangle", [1, 1, 20, 20], frame=3)
    viewer = cw.Viewer(annotator.task)
    with pytest.raises(cw.StoreError, match="read-only"):
        viewer.draw("rectangle", [1, 1, 20, 20])
    viewer.close()


def test_actions_need_a_browser_and_a_name(annotator: Any) -> None:
    with pytest.raises(cw.CvatWidgetsError, match="no browser shows this annotator"):
        annotator.do("split")
    with pytest.raises(cw.CvatWidgetsError, match="no browser"):
        annotator.play()
    with pytest.raises(cw.NotFoundError, match=r"spilt.*Annotator.actions"):
        annotator.do("spilt")
    with pytest.raises(cw.NotFoundError, match=r"Did you mean.*first-keyframe"):
        annotator.do("keyfr")
    with pytest.raises(cw.NotFoundError, match="no object with id 99"):
        annotator.select(99)
    with pytest.raises(cw.NotFoundError, match="no frame 77"):
        annotator.go_to(77)


def test_an_object_is_shown_where_it_can_be_seen(annotator: Any) -> None:
    task = annotator.task
    box = {"type": "rectangle", "label": "car", "points": [1, 1, 9, 9]}
    task.add([box | {"frame": 2}, box | {"frame": 1, "track_id": 1}, box | {"frame": 3, "track_id": 1, "outside": True}])
    rows = task.to_frame()
    shape, track = int(rows.query("frame == 2")["id"].iloc[0]), int(rows.query("frame == 1")["id"].iloc[0])
    for wanted, frame, found in ((shape, None, 2), (shape, 0, 2), (track, None, 2), (track, 3, 1), (track, 1, 1)):
        annotator.show_object(wanted, frame=frame)
        assert (annotator.frame, annotator.selection) == (found, [wanted])
    with pytest.raises(cw.NotFoundError, match="id 4711"):
        annotator.show_object(4711)
    with pytest.raises(cw.NotFoundError, match="no frame 77"):
        annotator.show_object(shape, frame=77)
    ping(annotator)
    annotator.show_object(track, alone=False)
    assert answer(annotator) == {"id": 1, "do": "object", "object": track, "frame": None, "alone": False, "slow": False}


def test_the_table_of_actions_is_that_of_the_front_end() -> None:
    table = cw.Annotator.actions()
    assert list(table.columns) == ["id", "label", "group", "keys"]
    assert table["id"].is_unique
    assert table.set_index("id").loc["split", "keys"] == "alt+m"
    written = "".join(path.read_text() for path in ACTIONS.glob("*.ts"))
    assert all(f'id: "{each}"' in written for each in ("undo", "play", "split", "next-change") if each in set(table["id"]))
    assert {"undo", "play", "split", "delete", "next-keyframe"} <= set(table["id"])


# -- with a browser ----------------------------------------------------------------------------------------------


def test_commands_are_done_one_after_the_other(annotator: Any, asked: list[dict[str, Any]]) -> None:
    first = annotator.draw("rectangle", [1, 2, 30, 20], label="person", slow=True)
    second = annotator.do("split")
    third = annotator.go_to(4)
    assert [message["t"] for message in asked] == ["demonstration"] * 3
    assert asked[-1]["state"] == {"record": False, "commands": 3, "replay": None, "overlays": None}
    assert annotator.task.revision == 0, "the browser draws it"
    command = answer(annotator)
    assert command is not None
    assert command == {
        "id": 1, "do": "draw", "type": "rectangle", "points": [1.0, 2.0, 30.0, 20.0], "frame": None, "track": False,
        "rotation": 0.0, "slow": True, "label": annotator.task.labels["person"].id,
    }  # fmt: skip
    json.dumps(command)
    assert "waiting" in repr(first)
    command = answer(annotator, {"id": 1, "result": 12})
    assert command == {"id": 2, "do": "action", "action": "split", "slow": False}
    assert first.result() == 12
    assert not second.done
    assert answer(annotator, {"id": 2, "error": "nothing is selected"}) == {"id": 3, "do": "frame", "frame": 4, "slow": False}
    with pytest.raises(cw.CvatWidgetsError, match="do split: nothing is selected"):
        second.result()
    assert answer(annotator, {"id": 3}) is None
    assert third.done
    assert third.error is None


def test_two_views_do_not_do_things_twice_and_a_lost_page_is_noticed(annotator: Any, asked: list[dict[str, Any]]) -> None:
    ping(annotator, "other")
    first, second = annotator.do("undo"), annotator.do("redo")
    assert answer(annotator, view="page-1") is not None
    assert answer(annotator, view="other-1") is None
    driving = annotator._session.driving
    driving._heard["page"] -= 60  # the page is closed
    command = answer(annotator, view="other-1")
    assert command is not None
    assert command["action"] == "redo"
    with pytest.raises(cw.CvatWidgetsError, match="page went away"):
        first.result()
    answer(annotator, {"id": 2}, view="other-1")
    assert second.done
    assert len(asked) >= 2


def test_a_ping_rings_again_for_what_waits(annotator: Any, asked: list[dict[str, Any]]) -> None:
    annotator.do("undo")
    asked.clear()
    annotator._session._answer = annotator._session._tell
    ping(annotator)
    assert "demonstration" in [message["t"] for message in asked]


def test_an_answer_that_was_lost_is_given_again(annotator: Any, asked: list[dict[str, Any]]) -> None:
    first, second = annotator.do("undo"), annotator.do("redo")
    driving = annotator._session.driving
    assert driving.next("page-1", 501, None)["action"] == "undo"
    assert driving.next("page-1", 501, None)["action"] == "undo"
    assert not first.done
    assert driving.next("page-1", 502, {"id": 1})["action"] == "redo"
    assert driving.next("page-1", 502, {"id": 1})["action"] == "redo"
    assert first.error is None
    assert not second.done
    assert asked


def test_who_is_not_heard_any_more_does_nothing(annotator: Any, asked: list[dict[str, Any]]) -> None:
    assert annotator.on_screen
    ping(annotator, views=0)
    assert not annotator.on_screen
    with pytest.raises(cw.CvatWidgetsError, match="no browser"):
        annotator.do("undo")
    ping(annotator)
    annotator._session.driving._heard["page"] -= 60
    annotator.draw("rectangle", [1, 1, 20, 20])
    assert annotator.task.revision == 1
    assert [message["t"] for message in asked] == ["commit"]


def test_waiting(annotator: Any, asked: list[dict[str, Any]]) -> None:
    def page() -> None:
        command = None
        while command is None:
            command = answer(annotator)
        answer(annotator, {"id": command["id"], "result": 7})

    thread = threading.Thread(target=page)
    thread.start()
    assert annotator.draw("rectangle", [1, 1, 20, 20], wait=True).result() == 7
    thread.join()
    with pytest.raises(cw.CvatWidgetsError, match="not done within"):
        annotator.do("undo").result(timeout=0.01)
    # A kernel that hears the browser between cells only must not be waited in.
    annotator._session.handle({"t": "ping", "client": "page", "n": 1, "revision": 0, "views": 1}, [])
    with pytest.raises(cw.CvatWidgetsError, match="Leave wait=True out"):
        annotator.do("undo", wait=True)
    assert asked


def test_what_waits_when_the_annotator_is_closed_is_told(annotator: Any, asked: list[dict[str, Any]]) -> None:
    commands = [annotator.do("undo") for _ in range(3)]
    answer(annotator)
    annotator.close()
    for command in commands:
        with pytest.raises(cw.CvatWidgetsError, match="closed"):
            command.result()
    assert asked


def test_answers_that_are_none_do_no_harm() -> None:
    driving = Driving(lambda: None)
    driving.heard("page", 1)
    for done in ({}, {"id": "x"}, {"id": 1, "result": {"a": 1}}, {"id": 1, "result": True}, {"id": 1, "error": 3}):
        command = driving.ask({"do": "pause"}, "pause")
        driving.next("page-1", next(TURNS), None)
        driving.next("page-1", next(TURNS), done)
        assert command.done
        assert command._result is None
    assert isinstance(driving.ask({"do": "pause"}, "pause"), Command)
