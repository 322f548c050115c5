"""Detectors and trackers called from a browser: a result that waits, its threshold, one step of undo, cancel, resume, failures."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cvat_widgets as cw
from cvat_widgets.backends import registry
from cvat_widgets.job import Job
from cvat_widgets.widgets.model_runs import MOST_DRAFTS, percent_of
from tests.waiting import PATIENCE
from tests.widgets.conftest import Wire
from tests.widgets.test_action_methods import answer_to

BOX = [2, 2, 12, 12]


class Seen:
    """A detector that finds a car of score 0.9 and a person of score 0.3 on every picture, and counts pictures."""

    def __init__(self) -> None:
        self.brightness: list[int] = []
        self.gate: Callable[[int], None] = lambda _: None

    def model(self) -> Any:
        @cw.detector(labels=["Car", "person"], name="seen", help="Sees things.")
        def seen(image: Any) -> list[dict[str, Any]]:
            self.gate(len(self.brightness))
            self.brightness.append(int(image[0, 0, 0]))
            return [
                {"label": "Car", "box": BOX, "score": 0.9},
                {"label": "person", "box": [20, 2, 30, 12], "score": 0.3},
            ]

        return seen


@pytest.fixture
def seen(wire: Wire) -> Seen:
    made = Seen()
    assert wire.session.models.add(made.model()) == "detector:seen"
    return made


class Caller:
    """Calls methods, each under a new number."""

    def __init__(self, wire: Wire) -> None:
        self.wire, self.number = wire, 0

    def begin(self, method: str, **params: Any) -> int:
        self.number += 1
        self.wire.session.handle({"t": "rpc", "client": "a", "id": self.number, "method": method, "params": params}, [])
        return self.number

    def __call__(self, method: str, **params: Any) -> Any:
        answer = answer_to(self.wire, self.begin(method, **params))
        assert answer["t"] == "result", answer
        return answer["result"]

    def error(self, method: str, **params: Any) -> dict[str, Any]:
        answer = answer_to(self.wire, self.begin(method, **params))
        assert answer["t"] == "error", answer
        error: dict[str, Any] = answer["error"]
        return error


@pytest.fixture
def call(wire: Wire) -> Caller:
    return Caller(wire)


def detecting(**changes: Any) -> dict[str, Any]:
    labels = {"Car": {"name": "car", "attributes": {}}, "person": {"name": "person", "attributes": {}}}
    return {"model": "detector:seen", "labels": labels, "threshold": 5, "where": "job", **changes}


def test_the_list_says_what_a_model_is_and_what_others_lack(wire: Wire, call: Caller, seen: Seen) -> None:
    assert seen.brightness == []
    answer = call("models")
    first = answer["models"][0]
    assert {key: first[key] for key in ("id", "name", "kind", "framework", "device", "help", "problem", "loaded")} == {
        "id": "detector:seen", "name": "seen", "kind": "detector", "framework": "Python", "device": "cpu",
        "help": "Sees things.", "problem": None, "loaded": True,
    }  # fmt: skip
    assert [label["name"] for label in first["labels"]] == ["Car", "person"]
    assert {"optical-flow", "trackermil"} <= {each["id"] for each in answer["models"] if each["kind"] == "tracker"}
    others = {each["name"]: each for each in answer["others"]}
    assert others["yolo"]["weights"] == ["weights"]
    assert not set(others) & {each["id"] for each in answer["models"]}
    assert (answer["running"], answer["pending"]) == (None, None)
    wire.sent.clear()
    wire.session.models.add(Seen().model(), "again")
    assert [message for _, message, _ in wire.sent] == [{"t": "models"}]


def test_a_result_waits_and_becomes_one_step_of_undo_at_the_threshold_chosen(job: Job, call: Caller, seen: Seen) -> None:
    waiting = call("detect", **detecting())
    assert len(seen.brightness) == 6
    car, person = job.task.labels["car"].id, job.task.labels["person"].id
    assert waiting["scores"][str(car)][90] == waiting["scores"][str(person)][30] == 6
    assert sum(map(sum, waiting["scores"].values())) == 12
    assert (waiting["frames"], waiting["found_on"], waiting["whole_task"]) == ([0, 5], 6, False)
    assert (len(job.shapes), job.revision) == (0, 0)  # nothing of it is in the store
    drafts = call("detect.drafts", frame=4)
    assert [(each["label"], each["score"], each["points"]) for each in drafts["objects"]][0] == (car, 0.9, BOX)
    assert (len(drafts["objects"]), drafts["left_out"]) == (2, 0)

    assert call("detect.accept", threshold=31) == {"count": 6}
    shapes = job.shapes
    assert (shapes["label"].unique().tolist(), shapes["source"].unique().tolist()) == (["car"], ["auto"])
    assert (shapes["score"].unique().tolist(), job.revision) == ([0.9], 1)
    call("undo")
    assert len(job.shapes) == 0
    assert call.error("detect.accept", threshold=0)["type"] == "ModelError"
    assert call("models")["pending"] is None


def test_a_label_can_be_left_out_and_discarding_leaves_no_trace(job: Job, call: Caller, seen: Seen) -> None:
    runs = job.store.path.with_name("store_runs")
    call("detect", **detecting())
    assert list(runs.glob("*.jsonl"))
    assert call("models")["pending"]["found_on"] == 6
    call("detect.discard")
    assert (job.revision, list(runs.glob("*.jsonl"))) == (0, [])
    assert call("detect", **detecting(where="frames", frames=[[1, 1], [4, 5]]))["threshold"] == 5
    assert seen.brightness[6:] == [40, 160, 200]
    near = [(found["previous"], found["next"]) for found in (call("detect.drafts", frame=n) for n in (0, 1, 3, 5))]
    assert near == [(None, 1), (None, 4), (1, 4), (4, None)]
    assert call("detect.accept", threshold=0, without=[job.task.labels["car"].id])["count"] == 3
    assert job.shapes["label"].unique().tolist() == ["person"]


def test_labels_go_where_they_are_sent_and_masks_become_polygons(wire: Wire, job: Job, call: Caller) -> None:
    @cw.detector(labels=[cw.Label("auto", attributes=(cw.Attribute("v", "number"),))], name="masks")
    def masks(image: Any) -> list[dict[str, Any]]:
        bitmap = np.zeros(image.shape[:2], bool)
        bitmap[2:8, 3:9] = True
        return [{"label": "auto", "mask": bitmap, "attributes": {"v": 7}}]

    wire.session.models.add(masks)
    rule = {"name": "car", "attributes": {"v": "speed"}}
    run = {"model": "detector:masks", "labels": {"auto": rule}, "threshold": 0, "where": "frames", "frames": [[2, 2]]}
    call("detect", **run, masks_to_polygons=True)
    call("detect.accept", threshold=50)
    (shape,) = job.shapes.to_dict("records")
    assert (shape["type"], shape["label"], shape["frame"], shape["attr.speed"]) == ("polygon", "car", 2, 7)
    call("detect", **run)
    assert call("detect.drafts", frame=2)["objects"][0]["type"] == "mask"


def test_old_ones_are_removed_in_the_same_step(job: Job, call: Caller, seen: Seen) -> None:
    job.add([{"frame": n, "label": "person", "type": "rectangle", "points": BOX} for n in (0, 3)])
    call("detect", **detecting(where="frames", frames=[[2, 3]], clean=True))
    call("detect.accept", threshold=50)
    assert sorted(zip(job.shapes["frame"], job.shapes["label"], strict=True)) == [(0, "person"), (2, "car"), (3, "car")]
    call("undo")
    assert sorted(job.shapes["frame"]) == [0, 3]
    assert len(seen.brightness) == 2


@pytest.mark.parametrize(("where", "looked_at"), [("filter", [2]), ("empty", [0, 4])])
def test_frames_are_chosen_by_what_is_on_them(job: Job, call: Caller, seen: Seen, where: str, looked_at: list[int]) -> None:
    job.add([{"frame": n, "label": "car", "type": kind, "points": BOX} for n, kind in ((1, "rectangle"), (2, "ellipse"))])
    job.add({"frame": 3, "label": "car", "type": "rectangle", "points": BOX})
    job.task.delete_frames([5])
    logic = {"and": [{"==": [{"var": "shape"}, "ellipse"]}]}
    call("detect", **detecting(where=where, filter=logic))
    assert [value // 40 for value in seen.brightness] == looked_at


@pytest.fixture
def gated(seen: Seen) -> Iterator[tuple[threading.Event, threading.Event]]:
    """The third picture waits."""
    reached, go_on = threading.Event(), threading.Event()

    def gate(number: int) -> None:
        if number == 2 and not go_on.is_set():
            reached.set()
            go_on.wait(PATIENCE)

    seen.gate = gate
    yield reached, go_on
    go_on.set()


def test_a_run_is_cancelled_and_taken_up_again_after_the_last_chunk(
    job: Job, wire: Wire, call: Caller, seen: Seen, gated: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cvat_widgets.widgets.model_methods._CHUNK", 2)
    reached, go_on = gated
    number = call.begin("detect", **detecting(resume=True))
    assert reached.wait(PATIENCE)
    assert call("models")["running"] == {"label": "Annotate with seen", "value": 2, "total": 6}
    wire.session.handle({"t": "cancel", "client": "a", "id": number}, [])
    go_on.set()
    wire.session.rpc.runs.submit(lambda: None).result()
    assert call("models")["running"] is None
    assert job.revision == 0
    assert len(seen.brightness) < 6
    seen.brightness.clear()
    assert call("detect", **detecting(resume=True))["resumed"] == 2
    assert [value // 40 for value in seen.brightness] == [2, 3, 4, 5]
    assert call("detect.accept", threshold=0)["count"] == 12
    assert job.shapes.groupby("frame").size().tolist() == [2] * 6


def test_frames_and_clicks_are_answered_while_a_model_is_at_work(wire: Wire, call: Caller, seen: Seen, gated: Any) -> None:
    reached, go_on = gated
    number = call.begin("detect", **detecting())
    assert reached.wait(PATIENCE)
    assert call("frames", frames=[1])["frames"][0]["width"] == 64
    assert call("detect.drafts", frame=1)["objects"] == []
    order: list[str] = []
    click = wire.session.models.submit(lambda: order.append(f"click after {len(seen.brightness)}"))
    call.begin("track", model="optical-flow", ids=[1], start=0, first=0, last=3)
    go_on.set()
    click.result(PATIENCE)
    assert order == ["click after 3"]  # not after all six
    assert answer_to(wire, number)["t"] == "result"
    assert call.error("detect", **detecting())["message"].startswith("a result waits")


def missing_weights() -> None:
    raise FileNotFoundError(2, "No such file or directory", "/weights/net.pt")


def wrong_checkpoint() -> None:
    raise RuntimeError('Error(s) in loading state_dict for Net:\n\tMissing key(s) in state_dict: "head.weight".')


def no_memory() -> None:
    raise RuntimeError("CUDA out of memory. Tried to allocate 40.00 GiB")


LOADING = {"missing-weights": missing_weights, "wrong-checkpoint": wrong_checkpoint, "no-memory": no_memory}


def test_a_failing_model_is_reported_and_annotation_goes_on(
    job: Job, wire: Wire, call: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_BACKENDS", dict(registry._BACKENDS))

    @cw.detector(labels=["car"], name="broken")
    def broken(image: Any) -> Any:
        raise ValueError("weights of shape (3, 3) do not fit")

    @cw.detector(labels=["car"], name="huge")
    def huge(image: Any) -> Any:
        raise MemoryError("cannot allocate 40 GiB")

    wire.session.models.add(broken)
    wire.session.models.add(huge)
    run = {"labels": {"car": "car"}, "threshold": 0, "where": "frames", "frames": [[0, 0]]}
    error = call.error("detect", model="detector:broken", **run)
    assert (error["type"], error["where"], error["trace"]) == ("ModelError", "broken", None)
    assert "ValueError: weights of shape (3, 3) do not fit" in error["message"]
    error = call.error("detect", model="detector:huge", **run)
    assert "out of memory" in error["message"]
    assert "device='cpu'" in error["hint"]
    assert "there is no model" in call.error("detect", model="nothing", **run)["message"]
    for name, failing in LOADING.items():
        cw.backends.register(name, failing, kind="detector")
        error = call.error("detect", model=name, **run)
        assert (error["type"], error["where"], error["trace"]) == ("ModelError", name, None)
        assert "while loading" in error["message"]
    assert LOADING.keys() <= {each["id"] for each in call("models")["models"]}
    assert call("models")["running"] is None
    op = {"kind": "shape", "id": -1, "frame": 0, "label": job.task.labels["car"].id, "type": "rectangle", "points": BOX}
    wire.ask({"t": "op", "client": "a", "seq": 1, "base": 0, "changes": {"added": [op]}})
    assert len(job.shapes) == 1


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"where": "frames", "frames": [[4, 9]]}, "from 0 to 5"),
        ({"where": "frames", "frames": [[3, 2]]}, "from 0 to 5"),
        ({"where": "frames", "frames": [["0", 2]]}, "from 0 to 5"),
        ({"where": "moon"}, "no choice of frames"),
        ({"where": "filter", "filter": 7}, "JSON logic"),
        ({"threshold": 101}, "from 0 to 100"),
        ({"clean": "yes"}, "true or false"),
        ({"labels": {"Car": {"name": "car", "sublabels": {}}}}, "name and attributes"),
        ({"labels": {"Car": "lorry"}}, "lorry"),
        ({"labels": {"boat": "car"}}, "boat"),
        ({"model": ["detector:seen"]}, "id of a model"),
        ({"model": "optical-flow"}, "of the kind tracker"),
    ],
)
def test_nonsense_is_refused(job: Job, call: Caller, seen: Seen, changes: dict[str, Any], text: str) -> None:
    assert text in call.error("detect", **detecting(**changes))["message"]
    assert (seen.brightness, job.revision) == ([], 0)


def test_a_read_only_view_may_look_but_not_run(job: Job) -> None:
    wire = Wire(job, read_only=True)
    call = Caller(wire)
    assert call("models")["models"]
    for method in ("detect", "detect.accept", "track", "reidentify"):
        assert "read-only" in call.error(method)["message"]
    wire.session.close()


def test_a_task_of_several_jobs_is_one_step_too(tmp_path: Path) -> None:
    with cw.Store.open(tmp_path / "s.sqlite") as store:
        pictures = np.zeros((8, 32, 32, 3), np.uint8)
        task = cw.Task.create("t", pictures, labels=["car", "person"], segment_size=4, store=store)
        wire = Wire(task.jobs[0])
        call, model = Caller(wire), Seen()
        wire.session.models.add(model.model())
        assert call("detect", **detecting())["frames"] == [0, 3]
        call("detect.discard")
        assert call("detect", **detecting(where="task"))["whole_task"]
        assert call("detect.accept", threshold=0)["count"] == 16
        assert (task.revision, sorted(task.jobs[1].shapes["frame"].unique())) == (1, [4, 5, 6, 7])
        store.undo(task.id, author="ann")
        assert len(task.shapes) == 0
        wire.session.close()


# -- trackers --------------------------------------------------------------------------------------------------------


@pytest.fixture
def mover(wire: Wire) -> dict[str, Any]:
    """A tracker that moves boxes by ten pixels a frame and loses them on the pictures named."""
    options: dict[str, Any] = {"lost": ()}

    @cw.tracker(name="mover")
    def follow(previous: Any, image: Any, shape: Any) -> Any:
        if image[0, 0, 0] // 40 in options["lost"]:
            return None
        return np.add(shape.points, [10, 0, 10, 0])

    wire.session.models.add(follow)
    return options


def visible(job: Job) -> dict[int, float]:
    rows = job.to_frame(interpolate=True)
    return {frame: float(points[0]) for frame, points in zip(rows["frame"], rows["points"], strict=True)}


def test_a_selected_box_is_followed_lost_corrected_and_followed_again(job: Job, call: Caller, mover: dict[str, Any]) -> None:
    (box,) = job.add({"frame": 1, "label": "car", "type": "rectangle", "points": BOX})
    (track,) = call("track", model="tracker:mover", ids=[box], start=1, first=0, last=4)["ids"]
    assert visible(job) == {0: 12, 1: 2, 2: 12, 3: 22, 4: 32, 5: 32}
    assert (len(job.shapes), job.revision) == (0, 2)

    # The box is put right on frame 2 and followed from there; on frame 4 it is lost, and it stays away.
    fixed: Any = job.tracks[job.tracks["frame"] == 2].copy()
    fixed["points"] = [np.array([0.0, 2, 10, 12])]
    job.update(fixed)
    mover["lost"] = (4,)
    again = call("track", model="tracker:mover", ids=[track], start=2, first=2, last=5)
    assert again == {"ids": [track], "lost": {str(track): [4]}}
    assert visible(job) == {0: 12, 1: 2, 2: 0, 3: 10}
    assert job.tracks.query("outside")["frame"].tolist() == [4]
    call("undo")
    assert visible(job)[4] == 32


def test_what_cannot_be_tracked_is_named(job: Job, call: Caller, mover: dict[str, Any]) -> None:
    (polygon,) = job.add({"frame": 0, "label": "car", "type": "polygon", "points": [0, 0, 9, 0, 9, 9]})
    run = {"model": "tracker:mover", "start": 0, "first": 0, "last": 2}
    error = call.error("track", ids=[polygon], **run)
    assert (error["message"], mover) != ("", {})
    assert "a polygon cannot be followed" in error["message"]
    assert "rectangle" in error["hint"]
    assert "no object with id 99" in call.error("track", ids=[99], **run)["message"]
    assert "ids are a list" in call.error("track", ids=[], **run)["message"]
    assert "from 0 to 5" in call.error("track", ids=[polygon], **{**run, "start": 9})["message"]
    assert job.revision == 1


# -- re-identification -----------------------------------------------------------------------------------------------


def test_boxes_become_tracks_in_one_step_and_what_they_hold_is_kept(job: Job, call: Caller) -> None:
    rows = [{"frame": n, "label": "car", "type": "rectangle", "points": BOX, "attr.speed": str(n)} for n in range(5)]
    job.add([*rows, {"frame": 2, "label": "person", "type": "rectangle", "points": BOX}])
    revision = job.revision
    run = {"model": "reid", "first": 1, "last": 3, "threshold": 200, "max_distance": 50}
    answer = call("reidentify", **run)
    assert (answer["boxes"], len(answer["ids"]), job.revision) == (4, 2, revision + 1)
    assert sorted(job.shapes["frame"]) == [0, 4]  # these were not asked for
    tracks: Any = job.tracks
    seen = {name: rows["frame"][~rows["outside"]].tolist() for name, rows in tracks.groupby("label")}
    assert seen == {"car": [1, 2, 3], "person": [2]}
    assert sorted(tracks.query("outside")["frame"]) == [3, 4]  # the person leaves on 3, the car where no box was joined
    assert tracks.query("label == 'car' and not outside")["attr.speed"].tolist() == [1, 2, 3]
    call("undo")
    assert (len(job.shapes), len(job.tracks)) == (6, 0)
    assert len(call("reidentify", **{**run, "max_distance": 0})["ids"]) == 2  # boxes that stay where they are


def test_a_cancelled_or_wrong_reidentification_changes_nothing(job: Job, wire: Wire, call: Caller) -> None:
    run = {"model": "reid", "first": 0, "last": 5, "threshold": 50, "max_distance": 50}
    assert "no rectangle on these frames" in call.error("reidentify", **run)["message"]
    job.add([{"frame": n, "label": "car", "type": "rectangle", "points": BOX} for n in range(6)])
    from cvat_widgets.backends.reidentification import EmbeddingReIdentifier

    reached, go_on = threading.Event(), threading.Event()

    def slow(crops: Any) -> Any:
        reached.set()
        go_on.wait(PATIENCE)
        return np.ones((len(crops), 3))

    wire.session.models.add(EmbeddingReIdentifier(slow, name="slow"))
    number = call.begin("reidentify", **{**run, "model": "reid:slow"})
    assert reached.wait(PATIENCE)
    assert call("models")["running"] == {"label": "Join boxes with slow", "value": 0, "total": 5}
    wire.session.handle({"t": "cancel", "client": "a", "id": number}, [])
    go_on.set()
    wire.session.rpc.runs.submit(lambda: None).result()
    assert (job.revision, len(job.shapes), call("models")["running"]) == (1, 6, None)
    assert "of the kind tracker" in call.error("reidentify", **{**run, "model": "optical-flow"})["message"]
    assert "from 3 to 5" in call.error("reidentify", **{**run, "first": 3, "last": 2})["message"]


# -- numbers ---------------------------------------------------------------------------------------------------------


@given(st.integers(0, 100))
def test_a_score_of_whole_percent_passes_the_threshold_of_the_same_number(percent: int) -> None:
    assert percent_of(percent / 100) == percent


@given(st.floats(0, 1), st.floats(0, 1))
def test_higher_scores_have_no_lower_percent(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= percent_of(low) <= percent_of(high) <= 100


def test_what_is_sent_is_bounded_and_what_is_written_is_not(wire: Wire, job: Job, call: Caller) -> None:
    count = MOST_DRAFTS + 50

    @cw.detector(labels=["car"], name="many")
    def many(image: Any) -> Any:
        return np.column_stack([np.tile([1.0, 1, 5, 5], (count, 1)), np.linspace(0, 1, count)])

    wire.session.models.add(many)
    call("detect", model="detector:many", labels={"car": "car"}, threshold=0, where="frames", frames=[[3, 3]])
    drafts = call("detect.drafts", frame=3)
    assert (len(drafts["objects"]), drafts["left_out"]) == (MOST_DRAFTS, 50)
    assert min(each["score"] for each in drafts["objects"]) > 0.02
    assert call("detect.accept", threshold=0)["count"] == count
