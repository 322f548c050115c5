"""Clicks, boxes and the live wire as a browser asks for them: answers, memory, encodings, failures, cancellation."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import cvat_widgets as cw
from cvat_widgets.backends import Detection, ModelInfo, Prompt
from cvat_widgets.backends import registry as backends
from cvat_widgets.model.masks import decode_mask, encode_mask
from cvat_widgets.widgets.session_models import SessionModels
from tests.waiting import PATIENCE
from tests.widgets.conftest import Wire
from tests.widgets.test_action_methods import answer_to, ask

WIDTH, HEIGHT = 64, 48


class Disc:
    """A disc around the last positive point, without one around every negative point; it counts and can be made to fail."""

    def __init__(self, **needs: Any) -> None:
        self.info = ModelInfo("Disc", "interactor", **{"min_positive": 1, "min_negative": 0, **needs})
        self.encodes: list[int] = []
        self.prompts: list[Prompt] = []
        self.threads: set[str] = set()
        self.error: BaseException | None = None
        self.wait: threading.Event | None = None
        self.began = threading.Event()

    def encode(self, image: NDArray[np.uint8]) -> int:
        self.encodes.append(int(image[0, 0, 0]))
        return int(image[0, 0, 0])

    def predict(self, encoded: int, prompt: Prompt) -> list[Detection]:
        self.threads.add(threading.current_thread().name)
        self.prompts.append(prompt)
        self.began.set()
        if self.wait is not None:
            self.wait.wait(PATIENCE)
        if self.error is not None:
            raise self.error
        y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
        discs = []
        for radius in (6, 3):
            mask = np.zeros((HEIGHT, WIDTH), bool)
            for px, py in prompt.positive:
                mask |= (x - px) ** 2 + (y - py) ** 2 <= radius**2
            for px, py in prompt.negative:
                mask &= (x - px) ** 2 + (y - py) ** 2 > 4
            discs.append(Detection.of_mask("", mask, radius / 10))
        return discs


@pytest.fixture
def disc(wire: Wire) -> Disc:
    model = Disc()
    assert wire.session.models.add(model) == "interactor:disc"
    return model


def click(wire: Wire, number: int = 1, **params: Any) -> dict[str, Any]:
    given = {"model": "interactor:disc", "frame": 0, "positive": [[20, 20]], **params}
    return ask(wire, "interact", given, number=number)


def bitmap(points: Any) -> NDArray[np.bool_]:
    return decode_mask(np.array(points, np.float64), WIDTH, HEIGHT)


def test_a_click_gives_masks_with_scores_the_best_first(wire: Wire, disc: Disc) -> None:
    answer = click(wire, negative=[[24, 20]])["result"]
    assert [round(each["score"], 2) for each in answer["hypotheses"]] == [0.6, 0.3]
    first, second = (bitmap(each["mask"]) for each in answer["hypotheses"])
    assert first[20, 20]
    assert not first[20, 24]
    assert first[20, 15]
    assert not second[20, 15]
    assert all(type(value) is int for value in answer["hypotheses"][0]["mask"])
    assert disc.prompts[0].positive == ((20.0, 20.0),)
    assert disc.prompts[0].negative == ((24.0, 20.0),)


def test_one_encoding_a_frame_and_the_next_one_ahead(wire: Wire, disc: Disc) -> None:
    """Frames are told apart by their grey: 40 times their number."""
    needs = ask(wire, "interact.encode", {"model": "interactor:disc", "frame": 2})["result"]
    assert needs == {"name": "Disc", "device": "cpu", "min_positive": 1, "min_negative": 0, "box": "no"}
    for number in range(2, 12):
        click(wire, number, frame=2, positive=[[number, 20]])
    click(wire, 12, frame=3)
    click(wire, 13, frame=4)
    cache = wire.session.models.embeddings
    cache.get(wire.session.interactions._clicks("interactor:disc")[0].model, (wire.session.job.task.uid, 5), lambda: 0 / 0)
    assert disc.encodes == [80, 120, 160, 200]
    assert cache.encoded == 4
    assert len(disc.prompts) == 12


def test_nothing_is_prepared_beyond_the_job(wire: Wire, disc: Disc) -> None:
    click(wire, frame=5)
    assert disc.encodes == [200]


def test_models_run_on_one_thread_and_never_on_the_comms(wire: Wire, disc: Disc) -> None:
    for number in range(1, 4):
        click(wire, number)
    assert len(disc.threads) == 1
    assert next(iter(disc.threads)).startswith("cvat-widgets-models")


def test_other_calls_are_answered_while_a_model_computes(wire: Wire, disc: Disc) -> None:
    disc.wait = threading.Event()
    wire.session.handle({"t": "rpc", "client": "a", "id": 1, "method": "interact", "params": _params()}, [])
    wire.session.handle({"t": "rpc", "client": "a", "id": 2, "method": "interact", "params": _params()}, [])
    assert disc.began.wait(PATIENCE)
    assert ask(wire, "ids", {"count": 1}, number=3)["t"] == "result"
    # The second click was given up before its turn came.
    wire.session.handle({"t": "cancel", "client": "a", "id": 2}, [])
    disc.wait.set()
    assert answer_to(wire, 1)["t"] == "result"
    wire.session.models.run(lambda: None)
    assert len(disc.prompts) == 1
    assert not [message for _, message, _ in wire.sent if message.get("id") == 2]


def test_the_answer_before_is_given_back_to_the_model(wire: Wire, disc: Disc) -> None:
    first = click(wire)["result"]
    click(wire, 2, positive=[[20, 20], [40, 20]], previous={"token": first["token"], "index": 1})
    given = disc.prompts[1].mask
    assert given is not None
    assert (given == bitmap(first["hypotheses"][1]["mask"])).all()
    assert disc.prompts[1].choice == 1
    click(wire, 3, previous={"token": 999, "index": 0})
    assert disc.prompts[2].mask is None


def test_a_shape_to_refine_reaches_the_model(wire: Wire, disc: Disc) -> None:
    square = np.zeros((HEIGHT, WIDTH), bool)
    square[10:20, 12:30] = True
    mask = [int(value) for value in encode_mask(square)]
    click(wire, shape={"type": "mask", "points": mask})
    assert disc.prompts[0].mask is not None
    assert (disc.prompts[0].mask == square).all()
    click(wire, 2, shape={"type": "polygon", "points": [1, 1, 70, 1, 30, 40]})
    assert disc.prompts[1].polygon is not None
    assert disc.prompts[1].polygon.tolist() == [1, 1, 64, 1, 30, 40]


def test_polygons_come_back_as_they_are_with_their_mask(wire: Wire) -> None:
    @cw.backends.interactor(box="required")
    def triangle(image: NDArray[np.uint8], prompt: Prompt) -> Any:
        return {"polygon": [2.0, 2.0, 30.0, 2.0, 2.0, 30.0], "score": 0.75}

    wire.session.models.add(triangle, "Triangle")
    answer = ask(wire, "interact", {"model": "interactor:triangle", "frame": 0, "positive": [[1, 1]], "box": [1, 2, 30, 40]})
    (only,) = answer["result"]["hypotheses"]
    assert only["polygon"] == [2, 2, 30, 2, 2, 30]
    assert only["score"] == 0.75
    assert abs(int(bitmap(only["mask"]).sum()) - 392) < 30


@pytest.mark.parametrize(
    ("error", "text", "hint"),
    [
        (MemoryError("no"), "ran out of memory", "device='cpu'"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "ran out of memory", "smaller picture"),
        (ZeroDivisionError("oops"), "ZeroDivisionError: oops", None),
    ],
)
def test_failures_are_told_and_work_goes_on(wire: Wire, disc: Disc, error: Exception, text: str, hint: str | None) -> None:
    disc.error = error
    told = click(wire)["error"]
    assert told["type"] == "ModelError"
    assert told["trace"] is None
    assert "Disc" in told["message"]
    assert text in told["message"]
    assert hint is None or hint in told["hint"]
    disc.error = None
    assert click(wire, 2)["t"] == "result"


def test_missing_weights_and_packages_say_what_to_do(wire: Wire) -> None:
    def lost() -> Any:
        return cw.load_backend("nanotrack")

    backends.register("lost", lost, kind="interactor")
    try:
        told = ask(wire, "interact.encode", {"model": "lost", "frame": 0})["error"]
        assert "weights are missing" in told["message"]
        assert "path" in told["message"]
    finally:
        backends._BACKENDS.pop("lost")
    told = ask(wire, "interact.encode", {"model": "nobody", "frame": 0}, number=2)["error"]
    assert "no model 'nobody'" in told["message"]
    assert "clicks" in told["hint"]
    told = ask(wire, "interact.encode", {"model": "trackermil", "frame": 0}, number=3)["error"]
    assert "kind tracker" in told["message"]


def test_an_answer_that_is_no_shape_is_refused(wire: Wire, disc: Disc) -> None:
    wrong = Detection("", "mask", np.array([0, 4, 100, 100, 101, 101.0]))
    disc.predict = lambda encoded, prompt: [wrong]  # type: ignore[method-assign]
    assert "outside the picture" in click(wire)["error"]["message"]
    disc.predict = lambda encoded, prompt: [Detection("", "polyline", np.array([1, 2, 3, 4.0]))]  # type: ignore[method-assign]
    assert "polyline" in click(wire, 2)["error"]["message"]
    disc.predict = lambda encoded, prompt: []  # type: ignore[method-assign]
    assert click(wire, 3)["result"]["hypotheses"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"positive": [[1]]}, {"positive": [[1, float("nan")]]}, {"positive": [[1, 49]]}, {"positive": "x"},
        {"positive": [[1, 1]] * 501}, {"positive": [[True, 1]]}, {"negative": [[-1, 0]]}, {"box": [5, 5, 5, 9]},
        {"box": [0, 0, 65, 9]}, {"box": [0, 0, 9]}, {"shape": {"type": "mask", "points": [1, 2]}},
        {"shape": {"type": "mask", "points": [0, -4, 1, 1, 2, 2]}}, {"shape": {"type": "mask", "points": [0, 9, 0, 0, 1e9, 1e9]}},
        {"shape": {"type": "polygon", "points": [1, 2, 3]}}, {"shape": {"type": "rectangle", "points": [1, 2, 3, 4]}},
        {"shape": {"type": "polygon", "points": [1, 2, 3, 4, 5, float("inf")]}}, {"previous": {"token": -1}},
        {"previous": {"token": 1, "index": 1.5}}, {"previous": 3}, {"model": 7}, {"model": ""}, {"frame": 6}, {"positive": []},
    ],
)  # fmt: skip
def test_what_is_no_prompt_never_reaches_a_model(wire: Wire, disc: Disc, wrong: dict[str, Any]) -> None:
    assert click(wire, **wrong)["t"] == "error"
    assert disc.prompts == []


def test_the_models_of_a_session(wire: Wire) -> None:
    models = wire.session.models
    shipped = models.list("interactor")
    assert [each.id for each in shipped] == ["clicks", "grabcut"]
    assert shipped[0].loaded
    assert shipped[0].info.box == "optional"
    assert shipped[0].problem is None
    assert [each.id for each in models.list("tracker")] == ["optical-flow", "trackermil"]
    models.add(Disc(), "My disc")
    models.add(Disc(min_positive=4), "My disc")
    mine, *rest = models.list("interactor")
    assert (mine.id, mine.info.name, mine.info.min_positive) == ("interactor:my-disc", "My disc", 4)
    assert rest == shipped
    assert models.get("clicks") is models.get("clicks")
    assert [message for comm, message, _ in wire.sent if comm == "control" and message["t"] == "models"] == [
        {"t": "models"}
    ] * 2
    with pytest.raises(cw.CvatWidgetsError, match="no model"):
        models.add(3)


def test_a_replaced_model_is_let_go(wire: Wire, disc: Disc) -> None:
    click(wire)
    newer = Disc()
    wire.session.models.add(newer)
    click(wire, 2)
    assert len(newer.prompts) == 1
    assert len(disc.prompts) == 1


def test_a_run_is_not_begun_after_it_was_cancelled() -> None:
    models = SessionModels()
    cancelled = threading.Event()
    assert models.run(lambda: models.run(lambda: 3)) == 3
    cancelled.set()
    with pytest.raises(cw.CvatWidgetsError, match="cancelled"):
        models.run(lambda: 1, cancelled)
    models.close()


# -- scissors --------------------------------------------------------------------------------------------------------


@pytest.fixture
def ring(job: Any, tmp_path: Any) -> Iterator[Wire]:
    """A bright disc of radius 40 in the middle of a dark picture of 160 x 120."""
    picture = np.full((120, 160, 3), 30, np.uint8)
    cv2.circle(picture, (80, 60), 40, (230, 220, 210), -1, cv2.LINE_AA)
    folder = tmp_path / "ring"
    folder.mkdir()
    Image.fromarray(picture).save(folder / "0.png")
    made = Wire(cw.Task.create("ring", folder, labels=["car"], store=job.store).jobs[0])
    yield made
    made.session.close()


def test_the_live_wire_follows_the_edge(ring: Wire) -> None:
    line = np.array(ask(ring, "scissors", {"frame": 0, "anchor": [40, 60], "target": [80, 20]})["result"]["line"]).reshape(
        -1, 2
    )
    assert line[0].tolist() == [40, 60]
    assert line[-1].tolist() == [80, 20]
    distances = np.hypot(*(line - (80, 60)).T)
    assert len(line) > 20
    assert abs(distances - 40).max() < 3
    straight = ask(ring, "scissors", {"frame": 0, "anchor": [40, 60], "target": [80, 20], "blocked": True}, number=2)
    assert straight["result"]["line"] == [40, 60, 80, 20]


def test_the_threshold_bounds_the_live_wire(ring: Wire) -> None:
    given = {"frame": 0, "anchor": [40, 60], "target": [80, 20], "threshold": 60}
    assert ask(ring, "scissors", given)["result"]["line"] == []
    line = ask(ring, "scissors", {**given, "threshold": 100}, number=2)["result"]["line"]
    assert len(line) > 20


@pytest.mark.parametrize(
    "wrong", [{"anchor": [1]}, {"target": None}, {"threshold": 0}, {"blocked": 1}, {"frame": 1}, {"anchor": [161, 0]}]
)
def test_what_is_no_line_is_refused(ring: Wire, wrong: dict[str, Any]) -> None:
    assert ask(ring, "scissors", {"frame": 0, "anchor": [40, 60], "target": [80, 20], **wrong})["t"] == "error"


def _params() -> dict[str, Any]:
    return {"model": "interactor:disc", "frame": 0, "positive": [[20, 20]]}
