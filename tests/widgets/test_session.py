"""The kernel's half of the conversation."""

from __future__ import annotations

import base64
import json
import random
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cvat_widgets as cw
from cvat_widgets.errors import MediaError, ProtocolError
from cvat_widgets.job import Job
from cvat_widgets.model.changes import ChangeSet, Edit, read_field
from cvat_widgets.model.records import Keyframe, Shape, Track
from cvat_widgets.widgets.protocol import decode
from cvat_widgets.widgets.rpc import METHODS, method
from tests.waiting import PATIENCE, until
from tests.widgets.browser import Browser, read_snapshot
from tests.widgets.conftest import Wire

MESSAGES = json.loads((Path(__file__).parents[1] / "golden" / "messages.json").read_text())


@pytest.mark.parametrize("message", MESSAGES["valid"], ids=lambda message: message["t"])
def test_valid_messages_are_read(message: dict[str, Any]) -> None:
    assert decode(message).client == "a1"


@pytest.mark.parametrize("message", MESSAGES["malformed"], ids=str)
def test_malformed_messages_are_answered_and_harm_nothing(wire: Wire, message: object) -> None:
    with pytest.raises(ProtocolError):
        decode(message)
    (answer,) = wire.ask(message)
    assert answer["t"] == "notice"
    assert "did not understand" in answer["text"]
    assert wire.session.job.store.task(1).revision == 0


def box(record_id: int, frame: int = 0, **more: Any) -> Shape:
    return Shape(id=record_id, frame=frame, label=1, type="rectangle", points=(0.0, 0.0, 10.0, 10.0), **more)


def op(seq: int, changes: ChangeSet, base: int = 0, client: str = "a") -> dict[str, Any]:
    return {"t": "op", "client": client, "seq": seq, "base": base, "label": "Draw", "changes": changes.to_wire()}


def first_id(wire: Wire, client: str = "a") -> int:
    (welcome,) = wire.ask({"t": "hello", "client": client, "protocol": 1})
    return int(welcome["ids"][0])


def test_the_handshake_tells_everything(wire: Wire) -> None:
    (welcome,) = wire.ask({"t": "hello", "client": "a", "protocol": 1})
    assert json.loads(json.dumps(welcome)) == welcome
    assert welcome["frames"] == {
        "count": 6, "names": [f"{n}.png" for n in range(6)], "sizes": [64, 48], "deleted": [], "kind": "images", "fps": None,
    }  # fmt: skip
    assert [label["name"] for label in welcome["labels"]] == ["car", "person"]
    assert welcome["history"] == {"undo": None, "redo": None}


def test_another_version_gets_a_readable_message(wire: Wire) -> None:
    (answer,) = wire.ask({"t": "hello", "client": "a", "protocol": 99})
    assert answer["t"] == "stale"
    assert "Reload the page" in answer["message"]


def test_an_operation_is_committed_and_told_to_everybody(wire: Wire, job: Job) -> None:
    other = Wire(job)
    number = first_id(wire)
    (commit,) = wire.ask(op(1, ChangeSet(added=(box(number),))))
    assert (commit["t"], commit["client"], commit["seq"], commit["revision"]) == ("commit", "a", 1, 1)
    assert commit["history"] == {"undo": "Draw", "redo": None}
    assert other.sent[-1][1]["changes"] == commit["changes"]
    assert job.shapes["id"].tolist() == [number]
    (again,) = wire.ask(op(1, ChangeSet(added=(box(number),))))
    assert again["revision"] == 1
    assert len(job.shapes) == 1
    other.session.close()


def test_a_bad_operation_is_refused_with_its_reason(wire: Wire) -> None:
    answers = wire.ask(op(1, ChangeSet(added=(box(first_id(wire), frame=77),))))
    assert answers[-1]["t"] == "reject"
    assert "frame 77" in answers[-1]["error"]["message"]


def test_read_only_views_change_nothing(job: Job) -> None:
    wire = Wire(job, read_only=True)
    assert wire.ask(op(1, ChangeSet(added=(box(1),))))[-1]["error"]["message"].startswith("this view is read-only")
    assert job.task.revision == 0
    wire.session.close()


def test_what_a_cell_does_goes_over_the_control_comm(wire: Wire, job: Job) -> None:
    """An answer on the data comm from a cell's thread would make every later answer wait for cells (ipykernel 7.4)."""
    job.add([{"frame": 0, "label": "car", "type": "rectangle", "points": [0, 0, 5, 5]}])
    assert [comm for comm, _, _ in wire.sent] == ["control"]
    number = first_id(wire)
    wire.ask(op(1, ChangeSet(added=(box(number),)), base=1))
    assert wire.sent[-1][0] == "data"


def answer_of(wire: Wire, number: int) -> tuple[dict[str, Any], list[bytes]]:
    return until(
        lambda: [
            (message, buffers)
            for _, message, buffers in list(wire.sent)
            if message.get("id") == number and message["t"] in ("result", "error")
        ]
    )[0]


def test_frames_are_sent_as_pictures(wire: Wire) -> None:
    wire.ask({"t": "rpc", "client": "a", "id": 5, "method": "frames", "params": {"frames": [2, 4], "tier": "exact"}})
    message, pictures = answer_of(wire, 5)
    told = {"width": 64, "height": 48, "mime": "image/png", "tier": "exact"}
    assert message["result"] == {"frames": [{"frame": 2, **told}, {"frame": 4, **told}]}
    media = wire.session.job.task.media
    assert pictures == [media.encoded(frame).data for frame in (2, 4)]


def test_of_many_pictures_those_that_take_too_long_are_left_out(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cvat_widgets.widgets.frame_methods._ENOUGH_BYTES", 1)
    wire.ask({"t": "rpc", "client": "a", "id": 5, "method": "frames", "params": {"frames": [3, 4, 5], "tier": "exact"}})
    message, pictures = answer_of(wire, 5)
    assert ([each["frame"] for each in message["result"]["frames"]], len(pictures)) == ([3], 1)


def test_a_damaged_frame_is_an_error_only_where_it_is_the_first(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    media = wire.session.job.task.media
    read = media.encoded

    def encoded(frame: int, **options: object) -> object:
        if frame == 3:
            raise MediaError("frame 3 is damaged")
        return read(frame, **options)

    monkeypatch.setattr(media, "encoded", encoded)
    for number, frames in ((5, [2, 3, 4]), (6, [3, 4])):
        wire.ask({"t": "rpc", "client": "a", "id": number, "method": "frames", "params": {"frames": frames}})
    assert [each["frame"] for each in answer_of(wire, 5)[0]["result"]["frames"]] == [2]
    assert answer_of(wire, 6)[0]["error"]["message"] == "frame 3 is damaged."


def test_scrubbing_a_video_is_served_by_small_copies(tmp_path: Path) -> None:
    with cw.Store.open(tmp_path / "video.sqlite") as store:
        task = cw.Task.create("clip", cw.samples.street().path, labels=["car"], store=store)
        wire = Wire(task.jobs[0])
        wire.ask({"t": "rpc", "client": "a", "id": 1, "method": "frames", "params": {"frames": [50], "tier": "proxy"}})
        message, (data,) = answer_of(wire, 1)
        (told,) = message["result"]["frames"]
        assert (told["width"], told["tier"]) == (task.frame_index.widths[50], "proxy")
        proxy = wire.session.job.task.media.build_proxy()
        assert proxy is not None
        assert proxy.wait(30)
        wire.ask({"t": "rpc", "client": "a", "id": 2, "method": "frames", "params": {"frames": [9], "tier": "proxy"}})
        _, (small,) = answer_of(wire, 2)
        assert small == proxy.get(9).data
        assert data.startswith(b"\xff\xd8")
        wire.session.close()
        task.media.close()


@pytest.mark.parametrize(
    ("method_name", "params", "text"),
    [
        ("frames", {"frames": [99]}, "from 0 to 5"),
        ("frames", {"frames": [1, "0"]}, "frames[1] must be a whole number"),
        ("frames", {"frames": [True]}, "whole number"),
        ("frames", {"frames": []}, "a list of 1 to 16 numbers"),
        ("frames", {"frames": [0] * 17}, "a list of 1 to 16 numbers"),
        ("frames", {}, "a list of 1 to 16 numbers"),
        ("nothing", {}, "no method 'nothing'"),
        ("ids", {"count": 10**9}, "from 1 to 10000"),
        ("save_settings", {"settings": [1]}, "an object"),
        ("picture", {}, "PNG"),
    ],
)
def test_bad_calls_are_answered(wire: Wire, method_name: str, params: dict[str, Any], text: str) -> None:
    wire.ask({"t": "rpc", "client": "a", "id": 6, "method": method_name, "params": params})
    message, _ = answer_of(wire, 6)
    assert message["t"] == "error"
    assert text in message["error"]["message"]


def test_a_failing_method_sends_its_trace_and_a_cancelled_one_nothing(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cvat_widgets.widgets.rpc.METHODS", METHODS)
    started, release = threading.Event(), threading.Event()

    @method("break")
    def broken(_: Any) -> None:
        raise ZeroDivisionError("by zero")

    @method("wait")
    def waiting(_: Any) -> dict[str, Any]:
        started.set()
        release.wait(PATIENCE)
        return {}

    wire.ask({"t": "rpc", "client": "a", "id": 7, "method": "break"})
    message, _ = answer_of(wire, 7)
    assert message["error"]["type"] == "ZeroDivisionError"
    assert "by zero" in message["error"]["trace"]
    wire.ask({"t": "rpc", "client": "a", "id": 8, "method": "wait"})
    assert started.wait(PATIENCE)
    wire.ask({"t": "cancel", "client": "a", "id": 8})
    release.set()
    wire.ask({"t": "rpc", "client": "a", "id": 9, "method": "break"})
    answer_of(wire, 9)
    assert not [message for _, message, _ in wire.sent if message.get("id") == 8]
    del METHODS["break"], METHODS["wait"]


def test_settings_are_kept_for_the_user(wire: Wire) -> None:
    wire.ask({"t": "rpc", "client": "a", "id": 1, "method": "save_settings", "params": {"settings": {"opacity": 40, "x": {}}}})
    answer_of(wire, 1)
    (welcome,) = wire.ask({"t": "hello", "client": "b", "protocol": 1})
    assert welcome["settings"] == {"opacity": 40}
    kept = {"opacity": 40, "canvasColor": "#102030", "keys": {"save": ["ctrl+s", "t s"], "undo": []}, "recentFilters": ["{}"]}
    kept["objectColors"] = [f"1/{number}/#123456" for number in range(300)]
    unfit = {"list": [1], "deep": {"a": {"b": 1}}, "none": None, "long key": {"save": ["x" * 65]}, "nan": float("nan")}
    unfit["many"] = [""] * 301
    wire.ask({"t": "rpc", "client": "a", "id": 2, "method": "save_settings", "params": {"settings": kept | unfit}})
    answer_of(wire, 2)
    assert wire.session.job.store.settings(wire.session.user) == {"annotator": kept}


def test_settings_are_bounded(wire: Wire) -> None:
    for number, settings in enumerate(
        ({str(i): i for i in range(201)}, {"keys": {str(i): ["k" * 64] * 8 for i in range(200)}}, {"text": "x" * 201}), start=3
    ):
        wire.ask({"t": "rpc", "client": "a", "id": number, "method": "save_settings", "params": {"settings": settings}})
        message, _ = answer_of(wire, number)
        assert message["t"] == "error"
    assert wire.session.job.store.settings(wire.session.user) == {}


def test_undo_from_the_browser_takes_back_edits_of_python(wire: Wire, job: Job) -> None:
    job.add([{"frame": 0, "label": "car", "type": "rectangle", "points": [0, 0, 5, 5]}])
    job.store.undo(job.task.id, job_id=job.id, author="nobody")
    wire.session.user = job.user
    wire.ask({"t": "rpc", "client": "a", "id": 1, "method": "undo"})
    message, _ = answer_of(wire, 1)
    assert message["result"] == {"revision": 2}
    assert job.shapes.empty


def test_a_snapshot_holds_everything(wire: Wire, job: Job) -> None:
    records = [
        box(0, 1, attributes={1: "5"}, z_order=2),
        Track(
            id=-1,
            label=2,
            type="rectangle",
            keyframes={1: Keyframe(points=(0, 0, 1, 1)), 4: Keyframe(points=(0, 0, 2, 2), outside=True)},
        ),
    ]
    commit = job.store.commit(job.task.id, Edit(added=tuple(records)))
    assert commit.changes is not None
    wire.ask({"t": "sync", "client": "a", "epoch": "another", "have": 0})
    _, message, buffers = wire.sent[-1]
    assert read_snapshot(message, buffers, job.labels) == {record.id: record for record in commit.changes.added}


def test_lost_and_doubled_messages_end_in_equal_documents(job: Job) -> None:
    """30 % of what the kernel sends is lost, every second operation comes twice; two pages, two sessions, and Python edit at
    once."""
    chance = random.Random(4)
    wires = [Wire(job), Wire(job)]
    browsers: list[Browser] = []
    queues: list[list[tuple[int, dict[str, Any]]]] = [[]]
    sent = 0

    def sender(place: int) -> Any:
        def send(message: dict[str, Any]) -> None:
            nonlocal sent
            sent += 1
            queues[0].append((place, message))
            if message["t"] == "op" and sent % 2:
                queues[0].append((place, message))

        return send

    for place, name in ((0, "a"), (0, "b"), (1, "c")):
        browsers.append(Browser(name, job.labels, sender(place)))
    homes = [0, 0, 1]

    def deliver(loss: float) -> None:
        while queues[0]:
            place, message = queues[0].pop(0)
            before = [len(wire.sent) for wire in wires]
            wires[place].session.handle(message, [])
            for number, wire in enumerate(wires):
                for _, content, buffers in wire.sent[before[number] :]:
                    for browser, home in zip(browsers, homes, strict=True):
                        if home == number and chance.random() >= loss:
                            browser.receive(content, buffers)

    for browser in browsers:
        browser.sync()
    deliver(0)
    for step in range(300):
        browser = chance.choice(browsers)
        shown = browser.document
        choice = chance.random()
        if choice < 0.45 or not shown:
            number = job.store.reserve_ids(job.task.id, 1).start
            changes = ChangeSet(added=(box(number, chance.randrange(6)),))
        else:
            target = chance.choice(list(shown.values()))
            if choice < 0.85:
                path = chance.choice(["z_order", "group", "frame"])
                after = chance.randrange(6)
                changes = ChangeSet(updated={target.id: {path: (read_field(target, path), after)}})
            else:
                changes = ChangeSet(removed=(target,))
        browser.edit(changes)
        if step % 20 == 0:
            marks = [len(wire.sent) for wire in wires]
            job.add([{"frame": 0, "label": "car", "type": "rectangle", "points": [0, 0, 5, 5]}])
            for number, wire in enumerate(wires):
                for _, content, buffers in wire.sent[marks[number] :]:
                    for each, home in zip(browsers, homes, strict=True):
                        if home == number and chance.random() >= 0.3:
                            each.receive(content, buffers)
        if step % 3 == 0:
            deliver(0.3)
        if step % 10 == 0:
            chance.choice(browsers).resend()
    for _ in range(40):
        for browser in browsers:
            browser.resend()
        deliver(0.3)
    for _ in range(3):
        for browser in browsers:
            browser.resend()
        deliver(0)
    truth = {record.id: record for record in job.store.load(job.task.id).table.to_records(job.labels)}
    assert len(truth) > 20
    for browser in browsers:
        assert browser.pending == []
        assert browser.revision == job.task.revision
        assert browser.confirmed == truth
    for wire in wires:
        wire.session.close()


def test_edits_from_many_threads_reach_the_browser_in_order(wire: Wire, job: Job) -> None:
    def work() -> None:
        for _ in range(10):
            job.add([{"frame": 0, "label": "car", "type": "rectangle", "points": [0, 0, 5, 5]}])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    revisions = [message["revision"] for _, message, _ in wire.sent if message["t"] == "commit"]
    assert revisions == list(range(1, 41))


def test_the_still_picture_shows_the_shapes(job: Job) -> None:
    from cvat_widgets.widgets.picture import draw_frame, png_of

    job.add([{"frame": 0, "label": "car", "type": "rectangle", "points": [10, 10, 40, 40]}])
    drawn = draw_frame(job.task.frame(0), job.table, job.labels, 0, 6)
    plain = draw_frame(job.task.frame(0), job.table, job.labels, 1, 6)
    color = np.array([int(job.labels["car"].color[at : at + 2], 16) for at in (1, 3, 5)])
    assert np.abs(drawn[10, 25].astype(int) - color).max() < 40
    assert (plain == job.task.frame(0)).all()
    assert png_of(drawn).startswith(b"\x89PNG")
    noise = np.random.default_rng(1).integers(0, 255, (1500, 1500, 3), np.uint8)
    assert len(png_of(noise)) <= 200_000


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_widget_is_made_from_task_job_and_media(job: Job, tmp_path: Path) -> None:
    annotator = cw.Annotator(job.task, height=500)
    assert (annotator.job.id, annotator.label, annotator.height) == (job.id, "car", 500)
    bundle = annotator._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert base64.b64decode(data["image/jpeg"]).startswith(b"\xff\xd8")
    annotator.close()
    clip = cw.Annotator(str(tmp_path / "1.png"), labels=["car"], store=job.store)
    again = cw.Annotator(str(tmp_path / "1.png"), labels=["car", "bus"], store=job.store)
    assert again.task.id == clip.task.id
    assert again.task.labels.names == ["car", "bus"]
    with pytest.raises(TypeError, match="no option 'colour'"):
        cw.Annotator(job, colour="red")
    with pytest.raises(cw.CvatWidgetsError, match="media need labels"):
        cw.Annotator(str(tmp_path / "2.png"), store=job.store)
    viewer = cw.Viewer(str(tmp_path / "2.png"))
    assert viewer.read_only
    for widget in (clip, again, viewer):
        widget.close()
