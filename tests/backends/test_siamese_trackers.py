"""SiamMask and TransT on given files: their arithmetic against restatements, and small networks that follow."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from cvat_widgets.backends import Detection, ModelError, load_backend
from cvat_widgets.backends.network_files import NetworkPart
from cvat_widgets.backends.siamese_tracking import SiameseState, box_of, change_penalty, square_crop
from cvat_widgets.backends.siammask import SiamMask, anchor_boxes, mask_in_picture
from cvat_widgets.backends.transt import TransT
from cvat_widgets.errors import MissingExtraError
from cvat_widgets.model.masks import decode_mask, mask_from_polygons
from tests.backends.conftest import iou, mask_iou
from tests.backends.siamese_support import onnx_pair, picture, scripted

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.(jit|onnx):DeprecationWarning", "ignore:Converting a tensor:Warning")

Boxes = NDArray[np.float64]


class Canned:
    """A network that says what it is told to."""

    files, file, device, refining = [Path("canned.pt")], Path("canned.pt"), "cpu", None

    def __init__(self, outputs: list[NDArray[np.float64]]) -> None:
        self.outputs = outputs

    def template(self, crops: NDArray[np.float32]) -> list[Any]:
        return [crops]

    def search(self, features: Any, crops: NDArray[np.float32]) -> list[Any]:
        return self.outputs


def state_of(centre: tuple[float, float], size: tuple[float, float], kind: Any = "rectangle") -> SiameseState:
    return SiameseState([], np.array(centre), np.array(size), np.zeros(3), Detection("", kind, np.zeros(4)))


@pytest.mark.parametrize(
    ("left", "top", "side", "size"), [(5, 7, 60, 127), (-30, -11, 200, 127), (100, 60, 190, 255), (-500, 9, 64, 64)]
)
def test_crops_are_resized_cuts_of_the_picture_padded_with_the_colour(
    textured: NDArray[np.uint8], left: int, top: int, side: int, size: int
) -> None:
    colour = np.array([10.9, 200.2, 90.0])
    around = np.empty((160 + 2 * 700, 240 + 2 * 700, 3), np.uint8)
    around[:] = (10, 200, 90)
    around[700:860, 700:940] = textured
    golden = cv2.resize(around[700 + top : 700 + top + side, 700 + left : 700 + left + side], (size, size))
    assert np.abs(square_crop(textured, left, top, side, size, colour).astype(int) - golden).max() <= 1


def test_a_crop_of_the_same_size_is_exact_and_a_huge_one_costs_no_more(textured: NDArray[np.uint8]) -> None:
    assert (square_crop(textured, 3, 4, 100, 100, np.zeros(3)) == textured[4:104, 3:103]).all()
    assert (square_crop(textured, -(10**9), 0, 2 * 10**9, 8, np.full(3, 7.0))[:, 0] == 7).all()


def test_windows_are_those_of_the_papers() -> None:
    size, outputs = np.array([30.0, 50.0]), [np.zeros((1, 10, 25, 25)), np.zeros((1, 20, 25, 25))]
    mask = SiamMask(Canned(outputs), window_influence=0, penalty_k=0, lr=1, mask_threshold=0.5, min_score=0, batch=1)  # type: ignore[arg-type]
    tokens = [np.zeros((1, 1024, 2)), np.zeros((1, 1024, 4))]
    trans = TransT(Canned(tokens), window_influence=0, penalty_k=0, min_score=0, batch=1)  # type: ignore[arg-type]
    # sqrt(70 * 90) = 79.37; times 255 / 127 = 159.37; sqrt(150 * 170) = 159.69
    assert (mask.window(size, False), mask.window(size, True)) == (79, 159)
    assert (trans.window(size, False), trans.window(size, True)) == (80, 160)
    assert mask.corner(np.array([100.0, 50.5]), 80) == (60, 10)  # 59.5 to even, 10
    assert trans.corner(np.array([100.0, 51.0]), 80) == (60, 11)  # 59.5 and 10.5 up
    assert mask.ready(picture([(0, 0)]))[0, 0].tolist() == [230, 60, 20]
    white = trans.normalised(np.full((1, 2, 2, 3), 255, np.uint8))
    np.testing.assert_allclose(white[0, :, 0, 0], [(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225], rtol=1e-5)


def test_anchors_are_those_of_the_published_tracker() -> None:
    anchors = anchor_boxes()
    assert anchors.shape == (4, 5, 25, 25)
    assert anchors[2:, :, 3, 9].T.tolist() == [[104, 32], [88, 40], [64, 64], [40, 80], [32, 96]]
    assert anchors[:2, 4, 0, 24].tolist() == [96, -96]
    assert anchors[:2, 0, 12, 12].tolist() == [0, 0]


def overall(w: float, h: float) -> float:
    return math.sqrt((w + (w + h) / 2) * (h + (w + h) / 2))


def penalty(w: float, h: float, size: tuple[float, float], k: float) -> float:
    scale, form = overall(w, h) / overall(*size), (size[0] / size[1]) / (w / h)
    return math.exp(-(max(scale, 1 / scale) * max(form, 1 / form) - 1) * k)


def hann(number: int, count: int) -> float:
    return 0.5 - 0.5 * math.cos(2 * math.pi * number / (count - 1))


def test_penalty_on_changes() -> None:
    sizes = np.array([[10.0, 20, 7], [10, 20, 31]])
    expected = [penalty(w, h, (10.0, 12.0), 0.3) for w, h in sizes.T.tolist()]
    np.testing.assert_allclose(change_penalty(sizes, np.array([10.0, 12.0]), 0.3), expected)
    assert change_penalty(np.zeros((2, 1)), np.array([1.0, 1.0]), 0.1)[0] == 0


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_siammask_places_as_the_paper_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, boxes = rng.normal(0, 2, (1, 10, 25, 25)), rng.normal(0, 0.4, (1, 20, 25, 25))
    tracker = SiamMask(
        Canned([scores, boxes]), window_influence=0.4, penalty_k=0.04, lr=0.4, mask_threshold=0.3, min_score=0, batch=4  # type: ignore[arg-type]
    )  # fmt: skip
    state = state_of((150, 110), (40, 60))
    side = tracker.window(state.size, True)
    found = tracker.place([scores, boxes], 0, state, side, (300, 220))
    # Restated, one candidate after the other, in the coordinates of the crop.
    zoom = 127 / math.sqrt((40 + 0.5 * 100) * (60 + 0.5 * 100))
    best: tuple[float, ...] = (-1,)
    for a, (aw, ah) in enumerate([(104, 32), (88, 40), (64, 64), (40, 80), (32, 96)]):
        for y in range(25):
            for x in range(25):
                dx, dy, dw, dh = boxes[0, [a, 5 + a, 10 + a, 15 + a], y, x].tolist()
                not_it, it = math.exp(scores[0, a, y, x]), math.exp(scores[0, 5 + a, y, x])
                score, w, h = it / (it + not_it), math.exp(dw) * aw, math.exp(dh) * ah
                held = penalty(w, h, (40 * zoom, 60 * zoom), 0.04)
                weighed = held * score * 0.6 + hann(x, 25) * hann(y, 25) * 0.4
                if weighed > best[0]:
                    best = (weighed, (x - 12) * 8 + dx * aw, (y - 12) * 8 + dy * ah, w, h, held * score * 0.4, score)
    _, cx, cy, w, h, rate, score = best
    np.testing.assert_allclose(state.centre, [150 + cx / zoom, 110 + cy / zoom])
    np.testing.assert_allclose(state.size, [40 * (1 - rate) + w / zoom * rate, 60 * (1 - rate) + h / zoom * rate])
    assert found is not None
    assert found.score == pytest.approx(score)
    low, high = state.centre - state.size / 2, state.centre + state.size / 2
    np.testing.assert_allclose(found.points, np.concatenate((low, high)).clip(0, (300, 220, 300, 220)))
    assert tracker.info.shape_types == ("rectangle",)


@pytest.mark.parametrize("seed", [0, 1])
def test_transt_places_as_the_paper_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    logits, boxes = rng.normal(0, 2, (1, 1024, 2)), rng.uniform(0.2, 0.8, (1, 1024, 4))
    tracker = TransT(Canned([logits, boxes]), window_influence=0.49, penalty_k=0.2, min_score=0, batch=4)  # type: ignore[arg-type]
    state = state_of((150, 110), (40, 60))
    found = tracker.place([boxes, logits], 0, state, 160, (300, 220))
    best, chosen, score = -1.0, 0, 0.0
    for token in range(1024):
        it, not_it = np.exp(logits[0, token]).tolist()
        held = penalty(boxes[0, token, 2], boxes[0, token, 3], (40 / 160, 60 / 160), 0.2) * it / (it + not_it)
        weighed = held * 0.51 + hann(token % 32, 32) * hann(token // 32, 32) * 0.49
        if weighed > best:
            best, chosen, score = weighed, token, it / (it + not_it)
    cx, cy, w, h = (boxes[0, chosen] * 160 + (70, 30, 0, 0)).tolist()
    assert found is not None
    np.testing.assert_allclose(found.points, np.clip([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], 0, (300, 220, 300, 220)))
    assert found.score == pytest.approx(score)


def test_a_mask_lands_where_the_published_mapping_puts_it() -> None:
    rng = np.random.default_rng(5)
    mask = rng.random((127, 127), np.float32)
    left, top, side, width, height = -20.3, 61.7, 90.5, 200, 140
    scale = 127 / side
    a, b = (width - 1) / (width * scale), (height - 1) / (height * scale)
    whole = cv2.warpAffine(
        mask, np.array([[a, 0, a * left * scale], [0, b, b * top * scale]]), (width, height), borderValue=(-1,)
    )
    part, x, y = mask_in_picture(mask, left, top, side, width, height)
    placed = np.full((height, width), -1, np.float32)
    placed[y : y + part.shape[0], x : x + part.shape[1]] = part
    assert np.abs(placed - whole).max() < 0.1  # OpenCV samples at 1/32 of a pixel
    assert np.abs(placed - whole).mean() < 0.01
    assert mask_in_picture(mask, 500, 0, 60, 200, 140)[0].size == 0


def test_boxes_around_shapes() -> None:
    turned = Detection("", "rectangle", np.array([10.0, 20, 30, 60]), rotation=90)
    np.testing.assert_allclose(box_of(turned, ""), [0, 30, 40, 50])
    bitmap = np.zeros((20, 30), bool)
    bitmap[4:9, 7:20] = True
    assert box_of(Detection.of_mask("", bitmap), "").tolist() == [7, 4, 20, 9]
    with pytest.raises(ModelError, match="finite"):
        box_of(Detection("", "polygon", np.array([0, 0, np.nan, 1, 2, 2])), "")


def way(frame: int) -> tuple[int, int]:
    return 60 + 7 * frame, 80 + 4 * frame


def box_at(x: float, y: float, side: float = 40) -> Boxes:
    return np.array([x, y, x + side, y + side], np.float64)


def follow(tracker: Any, shape: Detection, frames: int = 6) -> list[Detection]:
    states = tracker.start(picture([way(0)]), [shape])
    found = [tracker.step(picture([way(frame)]), states)[0] for frame in range(1, frames)]
    assert all(each is not None for each in found)
    assert tracker.step(picture([]), states) == [None]
    return found


@pytest.mark.parametrize("name", ["siam", "sharp"])
def test_siammask_follows_boxes_polygons_and_masks_and_says_when_they_are_gone(tmp_path: Path, name: str) -> None:
    pytest.importorskip("torch")
    tracker = load_backend("siammask", weights=scripted(name, tmp_path), device="cpu")
    assert tracker.info.shape_types == ("rectangle", "polygon", "mask")
    x, y = way(0)
    corners = np.array([x, y, x + 40, y, x + 40, y + 40, x, y + 40], np.float64)
    shapes = [Detection.of_box("", box_at(x, y)), Detection("", "polygon", corners), Detection.of_box("", box_at(x, y))]
    shapes.append(Detection("", "mask", mask_from_polygons([corners], 300, 220)))
    shapes[2] = Detection("", "rectangle", box_at(x, y), rotation=90.0)
    for shape in shapes if name == "sharp" else shapes[-1:]:
        for frame, found in enumerate(follow(tracker, shape), 1):
            truth = np.zeros((220, 300), bool)
            truth[way(frame)[1] :, way(frame)[0] :][:40, :40] = True
            assert found.type == shape.type
            if found.type == "rectangle":
                assert iou(found.points, box_at(*way(frame))) >= 0.7
                assert found.rotation == pytest.approx(shape.rotation)
            else:
                points = found.points if found.type == "mask" else mask_from_polygons([found.points], 300, 220)
                assert mask_iou(decode_mask(points, 300, 220), truth) >= 0.7
                assert found.type == "mask" or len(found.points) <= 40


def test_transt_follows_a_box_and_says_when_it_is_gone(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    tracker = load_backend("transt", weights=scripted("trans", tmp_path), device="cpu")
    for frame, found in enumerate(follow(tracker, Detection.of_box("car", box_at(*way(0)))), 1):
        assert iou(found.points, box_at(*way(frame))) >= 0.7
        assert found.label == "car"
    with pytest.raises(ModelError, match="cannot be followed"):
        tracker.start(picture([]), [Detection("", "polygon", np.zeros(6))])


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:Constant folding:UserWarning")
def test_onnx_branches_give_what_torchscript_gives_one_object_at_a_time(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    template, search = onnx_pair(tmp_path)
    trackers = [
        load_backend("siammask", weights=template, search=search, device="cpu"),
        load_backend("siammask", weights=scripted("siam", tmp_path), device="cpu"),
    ]
    starts = [Detection.of_box("", box_at(30, 30)), Detection.of_box("", box_at(200, 120))]
    answers = []
    for tracker in trackers:
        states = tracker.start(picture([(30, 30), (200, 120)]), starts)
        answers.append([each.points for each in tracker.step(picture([(36, 33), (194, 126)]), states)])
    np.testing.assert_allclose(answers[0], answers[1], atol=1)
    assert iou(answers[0][1], box_at(194, 126)) >= 0.7
    assert trackers[0].info.framework == "ONNX Runtime"


def test_many_objects_go_through_the_network_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    rows: list[int] = []
    run = NetworkPart.run

    def counted(self: NetworkPart, inputs: Any) -> list[Any]:
        rows.append(len(inputs[0]))
        return run(self, inputs)

    monkeypatch.setattr(NetworkPart, "run", counted)
    tracker = load_backend("siammask", weights=scripted("siam", tmp_path), device="cpu", batch=2)
    rows.clear()
    places = [(20, 20), (130, 30), (220, 150)]
    states = tracker.start(picture(places), [Detection.of_box("", box_at(*place)) for place in places])
    moved = [(x + 5, y + 3) for x, y in places]
    found = tracker.step(picture(moved), states)
    assert rows == [2, 1, 2, 1]
    assert all(iou(each.points, box_at(*place)) >= 0.7 for each, place in zip(found, moved, strict=True))
    # A file whose export has fixed one object is noticed, and run for one after the other.
    from tests.backends.siamese_support import networks

    zeros = torch.zeros(1, 3, 256, 256), torch.zeros(1, 3, 128, 128)
    traced = torch.jit.trace(networks()["trans"], zeros, strict=False)
    traced.save(str(tmp_path / "traced.pt"))
    one = load_backend("transt", weights=tmp_path / "traced.pt", device="cpu")
    states = one.start(picture(places), [Detection.of_box("", box_at(*place)) for place in places])
    found = one.step(picture(moved), states)
    assert not one.network._search.batches
    assert all(iou(each.points, box_at(*place)) >= 0.7 for each, place in zip(found, moved, strict=True))


def test_backwards_is_the_order_of_the_pictures(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    tracker = load_backend("transt", weights=scripted("trans", tmp_path), device="cpu")
    states = tracker.start(picture([way(6)]), [Detection.of_box("", box_at(*way(6)))])
    for frame in range(5, -1, -1):
        found = tracker.step(picture([way(frame)]), states)[0]
        assert iou(found.points, box_at(*way(frame))) >= 0.7


def not_torchscript(folder: Path) -> Path:
    torch = pytest.importorskip("torch")
    torch.save({"features.weight": torch.zeros(3)}, folder / "SiamMask_VOT.pth")
    return folder / "SiamMask_VOT.pth"


def one_input(folder: Path) -> Path:
    torch = pytest.importorskip("torch")
    torch.jit.script(torch.nn.Conv2d(3, 4, 1)).save(str(folder / "conv.pt"))
    return folder / "conv.pt"


@pytest.mark.parametrize("name", ["siammask", "transt"])
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: folder / "absent.pt", "there is no file"),
        (not_torchscript, "no TorchScript file"),
        (one_input, "lacks a branch"),
        (lambda folder: scripted("trans" if folder.name == "siammask" else "siam", folder), "does not answer as"),
    ],
)
def test_wrong_files_are_named_with_what_was_expected(
    tmp_path: Path, name: str, make: Callable[[Path], Path], said: str
) -> None:
    pytest.importorskip("torch")
    folder = tmp_path / name
    folder.mkdir()
    file = make(folder)
    with pytest.raises(ModelError, match=said) as caught:
        load_backend(name, weights=file, device="cpu")
    assert file.name in str(caught.value)
    assert "TorchScript" in str(caught.value)


def test_missing_packages_and_weights_say_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match="weights are missing"):
        load_backend("siammask")
    import importlib

    given = importlib.import_module

    def absent(name: str, package: str | None = None) -> Any:
        if name in ("torch", "onnxruntime"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return given(name, package)

    monkeypatch.setattr("cvat_widgets.backends.failures.importlib.import_module", absent)
    for ending, extra in ((".pt", "torch"), (".onnx", "onnx")):
        (tmp_path / f"net{ending}").write_bytes(b"net")
        with pytest.raises(MissingExtraError, match=rf"cvat-widgets\[{extra}\]"):
            load_backend("transt", weights=tmp_path / f"net{ending}")


def test_options_that_make_no_sense_are_refused() -> None:
    outputs: Any = Canned([np.zeros((1, 1024, 2)), np.zeros((1, 1024, 4))])
    with pytest.raises(ModelError, match="window_influence"):
        TransT(outputs, window_influence=2, penalty_k=0, min_score=0, batch=1)
    with pytest.raises(ModelError, match="batch"):
        TransT(outputs, window_influence=0, penalty_k=0, min_score=0, batch=0)
    broken: Any = Canned([np.full((1, 1024, 2), np.nan), np.zeros((1, 1024, 4))])
    tracker = TransT(broken, window_influence=0, penalty_k=0, min_score=0, batch=1)
    states = tracker.start(picture([]), [Detection.of_box("", box_at(10, 10))])
    with pytest.raises(ModelError, match="not finite"):
        tracker.step(picture([]), states)
