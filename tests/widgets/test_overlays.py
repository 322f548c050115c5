"""Layers that Python draws over the annotator's image, and the same functions on a contact sheet."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

import cvat_widgets as cw
from cvat_widgets.errors import AnnotationError
from cvat_widgets.job import Job
from cvat_widgets.widgets.overlays import Overlays, draw_onto
from cvat_widgets.widgets.raster import RasterCanvas
from tests.waiting import PATIENCE, until
from tests.widgets.conftest import Wire


def boxes(canvas: Any, frame: int, rows: Any) -> None:
    """Fill the left half of each box."""
    canvas.fill_style = "#ff0000"
    for row in rows.itertuples():
        x0, y0, x1, y1 = row.points
        canvas.fill_rect(x0, y0, (x1 - x0) / 2, y1 - y0)


def decoded(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)[..., [2, 1, 0, 3]])


def made(job: Job) -> tuple[Overlays, list[int]]:
    told: list[int] = []
    return Overlays(job.task, lambda: job.table, lambda: told.append(1)), told


def test_a_layer_is_drawn_from_the_rows_of_the_frame_and_again_when_they_change(job: Job) -> None:
    overlays, told = made(job)
    calls: list[tuple[int, int]] = []

    def draw(canvas: Any, frame: int, rows: Any) -> None:
        calls.append((frame, len(rows)))
        boxes(canvas, frame, rows)

    overlays["boxes"] = draw
    job.add([{"frame": 2, "label": "car", "type": "rectangle", "points": [10, 20, 30, 40]}])
    job.add([{"frame": f, "label": "car", "type": "rectangle", "points": [f, 0, f + 8, 8], "track_id": 1} for f in (1, 3)])
    layer = overlays.layer("boxes", 2)
    assert layer is not None
    picture = decoded(layer.png)
    assert picture.shape == (48, 64, 4)  # as the frame
    painted = np.zeros((48, 64), bool)
    painted[20:40, 10:20] = True
    painted[0:8, 2:6] = True  # the track, between its keyframes
    assert (picture[..., 3] == 255).tolist() == painted.tolist()
    assert picture[20, 10].tolist() == [255, 0, 0, 255]
    assert overlays.layer("boxes", 2) == layer
    assert overlays.layer("boxes", 2, have=layer.key) is None
    assert calls == [(2, 2)]
    # What happens on other frames is not drawn again, what is interpolated into this one is.
    job.add([{"frame": 5, "label": "car", "type": "rectangle", "points": [1, 1, 2, 2]}])
    assert overlays.layer("boxes", 2, have=layer.key) is None
    rows = job.tracks[lambda data: data["frame"] == 3].copy()
    rows["points"] = [[13.0, 0.0, 21.0, 8.0]]
    job.update(rows)
    changed = overlays.layer("boxes", 2, have=layer.key)
    assert changed is not None
    assert decoded(changed.png)[4, [2, 6, 7, 10, 11], 3].tolist() == [0, 0, 255, 255, 0]
    assert calls == [(2, 2), (2, 2)]
    overlays.refresh()
    assert overlays.layer("boxes", 2, have=changed.key) is not None
    assert len(calls) == 3
    assert len(told) == 2


def test_names_are_checked_and_layers_can_be_taken_away(job: Job) -> None:
    overlays, told = made(job)
    assert (overlays.state, repr(overlays)) == (None, "<Overlays none>")
    for number in range(16):
        overlays[f"layer {number}"] = boxes
    for name in ("", "  ", "a" * 65, "two\nlines", "17th"):
        with pytest.raises(AnnotationError):
            overlays[name] = boxes
    with pytest.raises(TypeError, match="not int"):
        overlays["number"] = 3  # type: ignore[assignment]
    overlays["layer 3"] = boxes  # replaced
    assert overlays.state == {"names": [f"layer {number}" for number in range(16)], "version": 17}
    del overlays["layer 3"]
    with pytest.raises(KeyError):
        del overlays["layer 3"]
    assert (len(overlays), len(told)) == (15, 18)
    overlays.clear()
    assert overlays.state is None


def test_what_a_function_raises_is_said_and_nothing_else_stops(job: Job) -> None:
    overlays, _ = made(job)

    def broken(canvas: Any, frame: int, rows: Any) -> None:
        canvas.fill_rect(0, 0, 5)
        rows["nothing"]

    overlays["broken"] = broken
    overlays["text"] = lambda canvas, frame, rows: "text"
    overlays["exit"] = lambda canvas, frame: None  # type: ignore[assignment]
    overlays["boxes"] = boxes
    first = overlays.layer("broken", 0)
    assert first is not None
    line = broken.__code__.co_firstlineno + 2
    assert (first.png, first.failure) == (b"", f"KeyError: 'nothing' (line {line} of broken)")
    assert 'rows["nothing"]' in overlays.failures["broken"]
    said = [overlays.layer(name, 0) for name in ("text", "exit", "boxes")]
    assert [each and each.failure.split(":")[0] for each in said] == [
        "cvat_widgets.errors.AnnotationError", "TypeError", "",
    ]  # fmt: skip
    assert overlays.layer("boxes", 0) is not None


def test_arrays_are_layers_and_lie_below_what_is_drawn(job: Job) -> None:
    overlays, _ = made(job)
    overlays["alone"] = lambda *_: np.eye(3)
    overlays["nothing"] = lambda *_: None
    overlays["large"] = lambda *_: np.ones((2, 5000))

    def both(canvas: Any, frame: int, rows: Any) -> NDArray[np.bool_]:
        canvas.fill_style = "white"
        canvas.fill_rect(0, 0, 32, 48)
        return np.ones((1, 1), bool)

    overlays["both"] = both
    sizes = {name: overlays.layer(name, 0) for name in overlays}
    pictures = {name: decoded(layer.png) for name, layer in sizes.items() if layer and layer.png}
    assert {name: picture.shape[:2] for name, picture in pictures.items()} == {
        "alone": (3, 3), "large": (1, 1920), "both": (48, 64),
    }  # fmt: skip
    assert pictures["both"][5, [5, 60]].tolist() == [[255, 255, 255, 255], [230, 25, 75, 255]]


def test_layers_are_bounded(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cvat_widgets.widgets.overlays._LARGEST_BYTES", 20_000)
    monkeypatch.setattr("cvat_widgets.widgets.overlays._CACHE_BYTES", 40_000)
    overlays, _ = made(job)
    noise = np.random.default_rng(1).integers(0, 255, (400, 400, 4), dtype=np.uint8)
    overlays["noise"] = lambda *_: noise
    for frame in range(6):
        layer = overlays.layer("noise", frame)
        assert layer is not None
        assert 0 < len(layer.png) <= 20_000
    assert sum(len(each.png) for each in overlays._kept.values()) <= 40_000
    assert max(frame for _, frame in overlays._kept) == 5


def test_browsers_are_told_and_ask_for_what_they_want(wire: Wire, job: Job) -> None:
    overlays = wire.session.overlays
    overlays["boxes"] = boxes
    overlays["bad"] = lambda *_: 1 / 0
    assert wire.sent[-1][1]["t"] == "demonstration"
    assert wire.sent[-1][1]["state"]["overlays"] == {"names": ["boxes", "bad"], "version": 2}
    hello = {"t": "hello", "client": "page", "protocol": 1, "bundle": "test"}
    assert wire.ask(hello)[0]["demonstration"]["overlays"]["names"] == ["boxes", "bad"]
    job.add([{"frame": 1, "label": "car", "type": "rectangle", "points": [0, 0, 4, 4]}])

    def asked(number: int, **params: Any) -> tuple[dict[str, Any], list[bytes]]:
        wire.ask({"t": "rpc", "client": "page", "id": number, "method": "overlays", "params": params})
        wire.session.rpc.drawing.submit(lambda: None).result(PATIENCE)
        _, message, buffers = wire.sent[-1]
        assert message["id"] == number
        return message, buffers

    message, buffers = asked(1, frame=1, have={"boxes": "", "bad": "", "gone": ""})
    layers = message["result"]["layers"]
    assert [(each["name"], each["failure"]) for each in layers] == [
        ("boxes", ""), ("bad", "ZeroDivisionError: division by zero (line {} of <lambda>)".format(overlays["bad"].__code__.co_firstlineno)),
    ]  # fmt: skip
    assert [each["picture"] for each in layers] == [len(buffers[0]), 0]
    message, buffers = asked(2, frame=1, have={"boxes": layers[0]["key"]})
    assert message["result"]["layers"] == [{"name": "boxes", "key": layers[0]["key"], "picture": None, "failure": ""}]
    assert buffers == []
    for wrong in ({"frame": 99, "have": {}}, {"have": {}}, {"frame": "1"}):
        assert asked(3, **wrong)[0]["t"] == "error"
    assert asked(4, frame=1, have=[1])[0]["result"] == {"layers": []}


def test_a_slow_function_keeps_frames_and_edits_waiting_no_more_than_a_fast_one(wire: Wire) -> None:
    go = threading.Event()
    wire.session.overlays["slow"] = lambda *_: go.wait(PATIENCE * 2)
    wire.ask({"t": "rpc", "client": "page", "id": 1, "method": "overlays", "params": {"frame": 0, "have": {"slow": ""}}})
    wire.ask({"t": "rpc", "client": "page", "id": 2, "method": "frames", "params": {"frames": [0]}})
    until(lambda: any(message.get("id") == 2 for _, message, _ in wire.sent))
    assert wire.ask({"t": "ping", "client": "page", "n": 1, "revision": 0, "views": 1})[0]["t"] == "pong"
    assert not any(message.get("id") == 1 for _, message, _ in wire.sent)
    go.set()


def test_the_annotator_shows_layers_in_its_pictures_too(job: Job) -> None:
    annotator = cw.Annotator(job)

    @annotator.overlay
    def whole(canvas: Any, frame: int, rows: Any) -> None:
        canvas.fill_style = "#ff0000"
        canvas.fill_rect(0, 0, 64, 48)

    assert list(annotator.overlays) == ["whole"]
    assert cv2.imdecode(np.frombuffer(annotator.picture(), np.uint8), 1)[10, 10, ::-1].tolist() == [178, 0, 0]  # at 70 %
    job.store.set_setting(job.user, "annotator", {"overlayOpacity": 100})
    assert cv2.imdecode(np.frombuffer(annotator.picture(), np.uint8), 1)[10, 10, ::-1].tolist() == [255, 0, 0]
    job.store.set_setting(job.user, "annotator", {"showOverlays": False})
    assert cv2.imdecode(np.frombuffer(annotator.picture(), np.uint8), 1)[10, 10].tolist() == [0, 0, 0]
    annotator.refresh_overlays()
    assert annotator.overlay(boxes, "halves") is boxes
    assert annotator.overlays.state == {"names": ["whole", "halves"], "version": 3}


def test_the_same_function_draws_the_same_on_a_sheet(job: Job) -> None:
    pytest.importorskip("ipycanvas")
    job.add([{"frame": f, "label": "car", "type": "rectangle", "points": [8, 8, 40, 40]} for f in range(2)])
    rows = job.shapes

    def both(canvas: Any, frame: int, rows: Any) -> NDArray[np.bool_]:
        boxes(canvas, frame, rows)
        return np.tri(2, dtype=bool)[::-1]

    # On a sheet whose thumbnails have the size of the frames, and over a frame.
    sheet = cw.ContactSheet(rows, job, crops=False, size=64, columns=2, draw=both, captions=[])
    plain = cw.ContactSheet(rows, job, crops=False, size=64, columns=2, captions=[])
    shown = cv2.imdecode(np.frombuffer(sheet.picture(), np.uint8), 1)[..., ::-1].astype(int)
    before = cv2.imdecode(np.frombuffer(plain.picture(), np.uint8), 1)[..., ::-1].astype(int)
    spot = sheet._placed[0]
    canvas = RasterCanvas(64, 48)
    draw_onto(canvas, both, 0, rows[rows["frame"] == 0], lambda: (64, 48), 0.7)
    over = canvas.picture().astype(int)
    share = over[..., 3:] / 255
    area = np.s_[spot.y : spot.y + 48, spot.x : spot.x + 64]
    assert np.abs(shown[area] - (over[..., :3] * share + before[area] * (1 - share))).max() <= 2
    assert shown[area][20, 12].tolist() == pytest.approx([237, 17, 52], abs=2)  # both of them, one over the other
    outside = shown.copy()
    for each in sheet._placed:
        outside[each.y : each.y + each.height, each.x : each.x + each.width] = before[
            each.y : each.y + each.height, each.x : each.x + each.width
        ]
    assert (outside == before).all()


def test_a_sheet_says_what_went_wrong_and_goes_on(job: Job) -> None:
    pytest.importorskip("ipycanvas")
    job.add([{"frame": f, "label": "car", "type": "rectangle", "points": [8, 8, 40, 40]} for f in range(2)])
    sheet = cw.ContactSheet(job.shapes, job, draw=lambda *_: 1 / 0)
    assert sheet._over.failure.startswith("ZeroDivisionError: division by zero (line ")
    sheet.show(1)
    assert sheet.chosen == [2]
    assert sheet.picture().startswith(b"\x89PNG")


def test_a_replay_draws_over_what_it_shows(job: Job, tmp_path: Path) -> None:
    (car,) = job.add([{"frame": 0, "label": "car", "type": "rectangle", "points": [0, 0, 10, 10]}])
    job.delete([car])
    replay = cw.Replay(job)
    seen: list[int] = []
    replay.overlay(lambda canvas, frame, rows: seen.append(len(rows)), "count")
    for number in range(3):
        replay._session.go(number)
        replay.overlays.layer("count", 0)
    assert seen == [0, 1, 0]
    assert replay._session._demonstration()["overlays"]["names"] == ["count"]
