"""Scissors, GrabCut, trackers and faces: real sequences with ground truth, and pictures made here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from cvat_widgets.backends import Detection, ModelError, Prompt, Tracker, load_backend
from cvat_widgets.backends.opencv_scissors import IntelligentScissors
from tests.backends.conftest import Sequence, iou, mask_iou

Weights = Callable[[str], Path]


def box_ious(tracker: Tracker, sequence: Sequence, order: range) -> list[float]:
    states = tracker.start(sequence.pictures[order[0]], [Detection.of_box("car", sequence.box(order[0]))])
    scores = []
    for frame in order[1:]:
        (found,) = tracker.step(sequence.pictures[frame], states)
        assert found is None or found.label == "car"
        scores.append(0.0 if found is None else iou(found.points, sequence.box(frame)))
    return scores


@pytest.mark.parametrize(("version", "least"), [("v2", 0.875), ("v1", 0.765)])
def test_nanotrack_follows_the_car_as_bare_opencv_does(
    weights: Weights, car_shadow: Sequence, version: str, least: float
) -> None:
    files = [weights(f"nanotrack/{version}_{part}_sim.onnx") for part in ("backbone", "head")]
    tracker = load_backend("nanotrack", backbone=files[0], head=files[1])
    scores = box_ious(tracker, car_shadow, range(40))
    assert np.mean(scores) >= least
    assert min(scores) > 0.5

    bare = cv2.TrackerNano.create(_parameters(files))
    left, top, right, bottom = car_shadow.box(0).astype(int).tolist()
    bare.init(cv2.cvtColor(car_shadow.pictures[0], cv2.COLOR_RGB2BGR), (left, top, right - left, bottom - top))
    expected = []
    for frame in range(1, 40):
        _, (x, y, w, h) = bare.update(cv2.cvtColor(car_shadow.pictures[frame], cv2.COLOR_RGB2BGR))
        expected.append(iou(np.array([x, y, x + w, y + h], float), car_shadow.box(frame)))
    assert np.allclose(scores, expected)


def _parameters(files: list[Path]) -> object:
    parameters = cv2.TrackerNano.Params()
    parameters.backbone, parameters.neckhead = map(str, files)
    return parameters


def test_nanotrack_follows_backwards_and_several_at_once(weights: Weights, car_shadow: Sequence) -> None:
    tracker = load_backend(
        "nanotrack", backbone=weights("nanotrack/v2_backbone_sim.onnx"), head=weights("nanotrack/v2_head_sim.onnx")
    )
    assert np.mean(box_ious(tracker, car_shadow, range(39, -1, -1))) > 0.8
    shapes = [Detection.of_box("a", car_shadow.box(0)), Detection.of_box("b", [10, 10, 60, 60])]
    states = tracker.start(car_shadow.pictures[0], shapes)
    found = tracker.step(car_shadow.pictures[1], states)
    assert len(found) == 2
    assert found[0] is not None
    assert found[0].label == "a"


def test_trackermil_follows_the_car(car_shadow: Sequence) -> None:
    scores = box_ious(load_backend("trackermil"), car_shadow, range(40))
    assert np.mean(scores) > 0.45


def test_flow_follows_the_car_as_a_box_and_as_a_mask(car_shadow: Sequence) -> None:
    tracker = load_backend("optical-flow")
    assert np.mean(box_ious(tracker, car_shadow, range(40))) > 0.8
    states = tracker.start(car_shadow.pictures[0], [Detection.of_mask("car", car_shadow.masks[0])])
    scores = []
    for frame in range(1, 40):
        (found,) = tracker.step(car_shadow.pictures[frame], states)
        assert found is not None
        scores.append(mask_iou(found.bitmap(480, 854), car_shadow.masks[frame]))
    assert scores[0] > 0.95
    assert np.mean(scores) > 0.7


@pytest.mark.parametrize("kind", ["rectangle", "polygon", "polyline", "points", "ellipse", "mask"])
def test_flow_finds_a_known_shift(textured: NDArray[np.uint8], kind: str) -> None:
    shift = np.array([7.0, 4.0])
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]])
    moved = cv2.warpAffine(textured, matrix, (240, 160), borderMode=cv2.BORDER_REFLECT)
    points = {
        "rectangle": [60, 40, 140, 110],
        "polygon": [60, 40, 140, 50, 120, 110],
        "polyline": [60, 40, 140, 50, 120, 110],
        "points": [60, 40, 140, 50],
        "ellipse": [100, 80, 140, 50],
    }
    bitmap = np.zeros((160, 240), bool)
    bitmap[40:110, 60:140] = True
    shape = Detection.of_mask("", bitmap) if kind == "mask" else Detection("", kind, np.array(points[kind], float))  # type: ignore[arg-type]
    tracker = load_backend("optical-flow")
    (found,) = tracker.step(moved, tracker.start(textured, [shape]))
    assert found is not None
    assert found.type == kind
    if kind == "mask":
        assert mask_iou(found.bitmap(160, 240), np.roll(bitmap, (4, 7), (0, 1))) > 0.97
    else:
        assert np.abs(found.points.reshape(-1, 2) - shape.points.reshape(-1, 2) - shift).max() < 0.3


def test_flow_says_when_the_object_is_gone(textured: NDArray[np.uint8]) -> None:
    tracker = load_backend("optical-flow")
    states = tracker.start(textured, [Detection.of_box("", [60, 40, 140, 110])])
    assert tracker.step(np.full_like(textured, 90), states) == [None]
    assert tracker.step(textured, states) == [None], "what is lost stays lost"


def test_flow_refuses_a_picture_of_another_size(textured: NDArray[np.uint8]) -> None:
    tracker = load_backend("optical-flow")
    states = tracker.start(textured, [Detection.of_box("", [60, 40, 140, 110])])
    with pytest.raises(ModelError, match="the one before was"):
        tracker.step(np.ascontiguousarray(textured[:100]), states)


@pytest.mark.parametrize("name", ["trackermil", "optical-flow"])
def test_trackers_refuse_what_they_cannot_follow(name: str, textured: NDArray[np.uint8]) -> None:
    tracker = load_backend(name)
    with pytest.raises(ModelError, match="cannot be followed"):
        tracker.start(textured, [Detection("", "cuboid", np.zeros(16))])
    with pytest.raises(ModelError, match="finite"):
        tracker.start(textured, [Detection.of_box("", [0, 0, np.nan, 5])])
    with pytest.raises(ModelError, match="a picture is uint8"):
        tracker.start(textured.astype(np.float32), [])


def test_trackermil_takes_boxes_beyond_the_picture(textured: NDArray[np.uint8]) -> None:
    tracker = load_backend("trackermil")
    states = tracker.start(textured, [Detection.of_box("", [-20, -20, 40, 40]), Detection.of_box("", [230, 150, 400, 300])])
    assert len(tracker.step(textured, states)) == 2


def test_grabcut_cuts_out_the_car(car_shadow: Sequence) -> None:
    model = load_backend("grabcut")
    for frame in (0, 20):
        encoded = model.encode(car_shadow.pictures[frame])
        prompt = Prompt(box=tuple(car_shadow.box(frame)))
        (found,) = model.predict(encoded, prompt)
        assert mask_iou(found.bitmap(480, 854), car_shadow.masks[frame]) > 0.75
        (again,) = model.predict(encoded, prompt)
        assert np.array_equal(found.points, again.points), "the same prompt gives the same mask"


def test_grabcut_obeys_clicks() -> None:
    image = np.full((120, 160, 3), 30, np.uint8)
    image[30:90, 40:80] = (200, 40, 40)
    image[30:90, 100:140] = (200, 40, 40)
    model = load_backend("grabcut")
    encoded = model.encode(image)
    (both,) = model.predict(encoded, Prompt(box=(30, 20, 150, 100)))
    left, right = np.zeros((120, 160), bool), np.zeros((120, 160), bool)
    left[30:90, 40:80], right[30:90, 100:140] = True, True
    assert mask_iou(both.bitmap(120, 160), left | right) > 0.95
    (one,) = model.predict(encoded, Prompt(positive=((60, 60),), negative=((120, 60),), box=(30, 20, 150, 100)))
    assert mask_iou(one.bitmap(120, 160), left) > 0.95
    (refined,) = model.predict(encoded, Prompt(positive=((60, 60),), mask=left))
    assert mask_iou(refined.bitmap(120, 160), left) > 0.9


def test_grabcut_refuses_an_empty_or_broken_prompt(textured: NDArray[np.uint8]) -> None:
    model = load_backend("grabcut")
    encoded = model.encode(textured)
    with pytest.raises(ModelError, match="needs a box"):
        model.predict(encoded, Prompt(negative=((1, 1),)))
    with pytest.raises(ModelError, match="finite"):
        model.predict(encoded, Prompt(positive=((float("nan"), 1),)))
    assert model.predict(encoded, Prompt(box=(500, 500, 600, 600))) == []


def disc(radius: float = 50) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    y, x = np.mgrid[:200, :240]
    inside = np.hypot(x + 0.5 - 120, y + 0.5 - 100) <= radius
    image = np.where(inside[..., None], (220, 200, 40), (20, 40, 90)).astype(np.uint8)
    angles = np.radians([0, 90, 180, 270])
    return image, np.column_stack((120 + radius * np.cos(angles), 100 + radius * np.sin(angles)))


def test_scissors_follow_the_edge_of_a_disc() -> None:
    image, clicks = disc()
    model = load_backend("intelligent-scissors")
    (found,) = model.predict(model.encode(image), Prompt(positive=tuple(map(tuple, clicks))))
    outline = found.points.reshape(-1, 2)
    away = np.abs(np.hypot(outline[:, 0] - 120, outline[:, 1] - 100) - 50)
    assert found.type == "polygon"
    assert len(outline) > 8
    assert away.max() < 3


def test_scissors_on_a_reduced_copy_give_pixels_of_the_picture() -> None:
    image, clicks = disc()
    large = cv2.resize(image, (2400, 2000), interpolation=cv2.INTER_NEAREST)
    model = IntelligentScissors()
    encoded = model.encode(large)
    assert max(encoded.small.shape) == 854
    outline = model.outline(encoded, (clicks * 10).tolist())
    away = np.abs(np.hypot(outline[:, 0] - 1200, outline[:, 1] - 1000) - 500)
    assert away.max() < 20


def test_scissors_threshold_and_blocking() -> None:
    image, clicks = disc()
    wire = IntelligentScissors().encode(image)
    start, stop = clicks[0].tolist(), clicks[1].tolist()
    assert wire.path(start, stop, threshold=60).shape == (0, 2), "the target is out of reach"
    inside = wire.path(start, stop, threshold=110)
    assert np.array_equal(inside[[0, -1]], [start, stop])
    assert len(inside) > 3
    assert np.array_equal(wire.path(start, stop, blocked=True), [start, stop])
    straight = IntelligentScissors().outline(wire, clicks.tolist(), blocked=range(4))
    assert np.array_equal(straight, clicks)


def test_scissors_keep_the_last_maps_only() -> None:
    image, clicks = disc()
    wire = IntelligentScissors().encode(image)
    first = wire.prepare(clicks[0])
    assert wire.prepare(clicks[0]) is first
    for x in range(20):
        wire.prepare((10 + 5 * x, 20))
    assert len(wire._maps) == 8
    with pytest.raises(ModelError, match="not a finite number"):
        wire.path((0, 0), (float("inf"), 3))


FACES = {
    "2011_000003.jpg": [(464, 104, 498, 152), (230, 134, 262, 173)],
    "2011_000006.jpg": [(306, 124, 336, 162), (247, 120, 275, 158), (197, 122, 226, 161)],
}


@pytest.mark.parametrize(
    ("name", "file", "options"),
    [
        ("yunet", "yunet/yunet_n_dynamic.onnx", {}),
        ("yunet", "yunet/yunet_n_320_320.onnx", {"max_side": 320}),
        ("ultralight-face", "ultralight/version-RFB-320.onnx", {"engine": "opencv"}),
        ("ultralight-face", "ultralight/version-slim-320.onnx", {}),
    ],
)
def test_faces_are_found(
    weights: Weights, photo: Callable[[str], NDArray[np.uint8]], name: str, file: str, options: dict[str, object]
) -> None:
    model = load_backend(name, weights=weights(file), **options)
    for picture, faces in FACES.items():
        (found,) = model.detect([photo(picture)])
        assert len(found) == len(faces)
        for face in faces:
            assert max(iou(np.array(face, float), each.points) for each in found) > 0.6
        assert all(each.label == "face" and 0 < each.score <= 1 for each in found)
    assert model.detect([np.full((90, 160, 3), 127, np.uint8)]) == [[]]


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"the weights are missing: backbone"):
        load_backend("nanotrack")
    with pytest.raises(ModelError, match="there is no file"):
        load_backend("yunet", weights=tmp_path / "none.onnx")
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no network")
    with pytest.raises(ModelError, match="reading the weights"):
        load_backend("ultralight-face", weights=broken, engine="opencv")
