"""The YOLO family: real networks, and every layout encoded here and read back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from cvat_widgets.backends import ModelError, load_backend, onnx_yolo
from cvat_widgets.backends.nms import corners_of, nms
from cvat_widgets.backends.onnx_yolo import letterbox
from cvat_widgets.backends.yolo_layouts import decode, recognise
from cvat_widgets.model.geometry import box_iou

Weights = Callable[[str], Path]
Photo = Callable[[str], NDArray[np.uint8]]
SIZE = (256, 320)
CELLS = [(s, SIZE[0] // s, SIZE[1] // s) for s in (8, 16, 32)]
COUNT = sum(h * w for _, h, w in CELLS)
CLASSES = 5
BOXES = np.array([[40.0, 60.0, 120.0, 150.0], [200.0, 10.0, 300.0, 90.0]])
KINDS = [3, 0]


def centred(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate(((boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]), axis=1)


def logit(p: float) -> float:
    return float(np.log(p / (1 - p)))


def v5(cells: int = 3 * COUNT, extra: int = 0) -> NDArray[np.float64]:
    rows = np.zeros((1, cells, 5 + CLASSES + extra))
    rows[0, :, :2] = np.tile(grid_centres(), (cells // COUNT, 1))
    for place, (box, kind) in enumerate(zip(centred(BOXES), KINDS, strict=True)):
        rows[0, 100 * place + 7, :5] = (*box, 0.9)
        rows[0, 100 * place + 7, 5 + kind] = 0.8
    return rows


def grid_centres() -> NDArray[np.float64]:
    return np.concatenate(
        [np.stack(np.meshgrid(np.arange(w), np.arange(h)), -1).reshape(-1, 2) * s + s / 2 for s, h, w in CELLS]
    )


def v8(extra: int = 0) -> NDArray[np.float64]:
    planes = np.zeros((1, 4 + CLASSES + extra, COUNT))
    for place, (box, kind) in enumerate(zip(centred(BOXES), KINDS, strict=True)):
        planes[0, :4, 50 * place + 3] = box
        planes[0, 4 + kind, 50 * place + 3] = 0.72
    return planes


def raw_yolox() -> NDArray[np.float64]:
    rows = np.zeros((1, COUNT, 5 + CLASSES))
    centres = grid_centres()
    for box, kind in zip(centred(BOXES), KINDS, strict=True):
        cell = int(np.abs(centres[: CELLS[0][1] * CELLS[0][2]] - box[:2]).sum(axis=1).argmin())
        corner = centres[cell] / 8 - 0.5
        rows[0, cell] = 0
        rows[0, cell, :5] = (*(box[:2] / 8 - corner), *np.log(box[2:] / 8), 0.9)
        rows[0, cell, 5 + kind] = 0.8
    return rows


def fastestdet() -> NDArray[np.float64]:
    planes = np.zeros((1, 5 + CLASSES, SIZE[0] // 16, SIZE[1] // 16))
    for box, kind in zip(centred(BOXES), KINDS, strict=True):
        x, y = int(box[0] // 16), int(box[1] // 16)
        planes[0, :5, y, x] = (
            0.72, np.arctanh(box[0] / 16 - x), np.arctanh(box[1] / 16 - y), logit(box[2] / SIZE[1]), logit(box[3] / SIZE[0]),
        )  # fmt: skip
        planes[0, 5 + kind, y, x] = 0.72
    return planes


def raw_v3() -> list[NDArray[np.float64]]:
    anchors = {8: (33, 23), 16: (59, 119), 32: (373, 326)}
    outputs = []
    for stride, height, width in CELLS:
        head = np.zeros((3, 5 + CLASSES, height, width))
        head[:, 4:] = -20
        if stride == 16:
            for box, kind in zip(centred(BOXES), KINDS, strict=True):
                x, y = int(box[0] // stride), int(box[1] // stride)
                inner = box[:2] / stride - (x, y)
                head[2, :5, y, x] = (
                    logit(inner[0] or 1e-9), logit(inner[1] or 1e-9), *np.log(box[2:] / anchors[stride]), logit(0.9),
                )  # fmt: skip
                head[2, 5 + kind, y, x] = logit(0.8)
        outputs.append(head.reshape(1, -1, height, width))
    return outputs


def end2end() -> NDArray[np.float64]:
    rows = np.zeros((1, 300, 6))
    rows[0, :2] = np.column_stack((BOXES, [0.72, 0.72], KINDS))
    return rows


LAYOUT_OUTPUTS: dict[str, list[NDArray[np.float64]]] = {
    "v5": [v5()],
    "v8": [v8()],
    "end2end": [end2end()],
    "nms": [np.column_stack(([0, 0], BOXES, KINDS, [0.72, 0.72]))],
    "yolox": [raw_yolox()],
    "fastestdet": [fastestdet()],
    "split": [np.repeat(BOXES[None], 1, axis=0), np.eye(CLASSES)[KINDS][None] * 0.72],
    "v3": raw_v3(),
}


@pytest.mark.parametrize("layout", LAYOUT_OUTPUTS)
def test_every_layout_is_recognised_and_read_back(layout: str) -> None:
    outputs = LAYOUT_OUTPUTS[layout]
    assert recognise([output.shape for output in outputs], SIZE, "file") == layout
    raw = decode(outputs, layout, SIZE, CLASSES)
    best = raw.scores.max(axis=1)
    rows = np.flatnonzero(best > 0.5)
    kinds = raw.scores[rows].argmax(axis=1) if raw.classes is None else raw.classes[rows]
    order = np.argsort(-kinds)
    assert kinds[order].tolist() == KINDS
    assert np.abs(raw.boxes[rows][order] - BOXES).max() < 1e-3
    assert np.allclose(best[rows], 0.72, atol=1e-6)


def test_a_decoded_yolox_is_left_as_it_is() -> None:
    rows = v5(COUNT)
    assert recognise([rows.shape], SIZE, "file") == "yolox"
    raw = decode([rows], "yolox", SIZE, CLASSES)
    assert np.allclose(raw.boxes[raw.scores.max(axis=1) > 0.5], BOXES)


def test_what_is_no_yolo_is_refused() -> None:
    for shapes in ([(1, 1000)], [(1, 21, 64, 64)], [(1, 3, 10)], []):
        with pytest.raises(ModelError, match="no known YOLO layout"):
            recognise(shapes, SIZE, "file")


class FakeNet:
    """Stands for a network file."""

    framework, device, input_shape = "fake", "cpu", (1, 3, *SIZE)
    metadata: dict[str, str] = {}  # noqa: RUF012
    outputs: Sequence[Any] = ()

    def __init__(self, path: Path, **options: object) -> None:
        self.path = Path(path)
        self.blob: NDArray[np.float32] | None = None

    def run(self, blob: NDArray[np.float32]) -> list[Any]:
        self.blob = blob
        if isinstance(self.outputs, Exception):
            raise self.outputs
        return list(self.outputs)

    def names(self) -> None:
        return None


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    file = tmp_path / "net.onnx"
    file.write_bytes(b"")

    def make(outputs: Sequence[Any], metadata: dict[str, str] | None = None, **options: Any) -> Any:
        monkeypatch.setattr(onnx_yolo, "OnnxModel", type("Net", (FakeNet,), {"outputs": outputs, "metadata": metadata or {}}))
        return load_backend("yolo", weights=file, **options)

    return make


def test_boxes_come_back_in_pixels_of_the_picture(fake: Callable[..., Any]) -> None:
    model = fake([v8()], labels=list("abcde"))
    image = np.zeros((512, 512, 3), np.uint8)  # fits as 256 x 256 with 32 pixels of grey left and right
    (found,) = model.detect([image])
    assert [each.label for each in found] == ["d", "a"]
    assert np.allclose(found[0].points, (BOXES[0] - (32, 0, 32, 0)) * 2)
    assert found[1].points.max() <= 512
    assert model.detect([image], threshold=0.8) == [[]]


def test_masks_are_cut_to_their_boxes(fake: Callable[..., Any]) -> None:
    planes = v8(extra=32)
    planes[0, -32, :] = 1.0
    prototypes = np.full((1, 32, SIZE[0] // 4, SIZE[1] // 4), -1.0)
    prototypes[0, 0, :, 20:] = 1.0
    model = fake([planes, prototypes], labels=list("abcde"))
    (found,) = model.detect([np.zeros((*SIZE, 3), np.uint8)])
    first = found[0].bitmap(*SIZE)
    y, x = np.nonzero(first)
    assert found[0].type == "mask"
    assert (y.min(), y.max(), x.max()) == (60, 149, 119)
    assert abs(int(x.min()) - 80) <= 2


def test_poses_become_skeletons(fake: Callable[..., Any]) -> None:
    planes = np.zeros((1, 4 + 1 + 51, COUNT))
    planes[0, :5, 9] = (*centred(BOXES)[0], 0.9)
    planes[0, 5:, 9] = np.tile([50.0, 70.0, 0.9], 17)
    planes[0, 5 + 5, 9] = 0.1
    model = fake([planes], {"task": "pose", "kpt_shape": "[17, 3]"}, labels=["person"])
    (found,) = model.detect([np.zeros((*SIZE, 3), np.uint8)])
    assert found[0].type == "skeleton"
    assert [joint.label for joint in found[0].elements][:3] == ["nose", "left eye", "right eye"]
    assert [joint.outside for joint in found[0].elements][:3] == [False, True, False]
    assert np.allclose(found[0].elements[0].points, (50, 70))


def test_wrong_labels_sizes_and_tasks_are_refused(fake: Callable[..., Any]) -> None:
    with pytest.raises(ModelError, match="2 labels were given, the network knows 5 classes"):
        fake([v8()], labels=["a", "b"])
    with pytest.raises(ModelError, match="made for 256 x 320"):
        fake([v8()], size=640)
    with pytest.raises(ModelError, match="task is 'obb'"):
        fake([v8()], {"task": "obb"})
    with pytest.raises(ModelError, match="layout='v99'"):
        fake([v8()], layout="v99")
    with pytest.raises(ModelError, match=r"the option 'colour' is not known.*weights"):
        fake([v8()], colour=1)


def test_numbers_that_are_not_finite_are_no_detections(fake: Callable[..., Any]) -> None:
    planes = v8()
    planes[0, :4, 3] = np.nan
    (found,) = fake([planes], labels=list("abcde")).detect([np.zeros((*SIZE, 3), np.uint8)])
    assert [each.label for each in found] == ["a"]


@given(
    st.integers(1, 400), st.integers(1, 400), st.sampled_from(["centre", "corner", "stretch"]),
    st.sampled_from([(64, 64), (256, 320), (96, 32)]),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_letterbox_and_back(width: int, height: int, mode: str, size: tuple[int, int]) -> None:
    canvas, placement = letterbox(np.zeros((height, width, 3), np.uint8), size, mode)
    assert canvas.shape == (*size, 3)
    there = np.array([[0.0, 0.0, width, height]])
    scale = (placement.scale_x, placement.scale_y) * 2
    shift = (placement.shift_x, placement.shift_y) * 2
    placed = there * scale + shift
    assert np.allclose(placement.back(placed), there)
    filled = np.argwhere((canvas == 0).all(axis=2))
    assert abs(filled[-1][0] + 1 - placed[0, 3]) <= 1
    assert abs(filled[-1][1] + 1 - placed[0, 2]) <= 1


@given(
    arrays.arrays(np.float64, st.tuples(st.integers(0, 40), st.just(4)), elements=st.floats(1, 50)),
    st.floats(0.1, 0.9),
    st.data(),
)
@settings(max_examples=80, deadline=None)
def test_nms_keeps_the_best_and_no_overlaps(values: NDArray[np.float64], limit: float, data: st.DataObject) -> None:
    boxes = corners_of(values)
    scores = data.draw(arrays.arrays(np.float64, len(boxes), elements=st.floats(0, 1)))
    classes = data.draw(arrays.arrays(np.int64, len(boxes), elements=st.integers(0, 1)))
    kept = nms(boxes, scores, limit, classes)
    assert len(set(kept.tolist())) == len(kept)
    assert (np.diff(scores[kept]) <= 0).all()
    overlap = box_iou(boxes, boxes)
    same = classes[:, None] == classes[None]
    for row in range(len(boxes)):
        better = [
            k for k in kept.tolist() if same[row, k] and overlap[row, k] > limit and k != row and scores[k] >= scores[row]
        ]
        assert (row in kept) or better
    for a in kept.tolist():
        assert all(a == b or not same[a, b] or overlap[a, b] <= limit for b in kept.tolist())


@pytest.mark.parametrize("engine", ["auto", "opencv"])
@pytest.mark.parametrize(("file", "side"), [("yolox_nano/yolox_nano.onnx", 416), ("fastestdet/FastestDet.onnx", 352)])
def test_people_dogs_and_trucks_are_found(weights: Weights, photo: Photo, engine: str, file: str, side: int) -> None:
    if engine == "auto":
        pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    model = load_backend(weights(file), engine=engine, size=side)
    assert model.layout == ("yolox" if "yolox" in file else "fastestdet")
    found = dict(
        zip(
            ("dog.jpg", "truck.jpg", "2011_000006.jpg"),
            model.detect([photo("dog.jpg"), photo("truck.jpg"), photo("2011_000006.jpg")], threshold=0.55),
            strict=True,
        )
    )
    names = {picture: [each.label for each in detections] for picture, detections in found.items()}
    assert {"dog", "person", "bowl"} <= set(names["dog.jpg"])
    assert names["truck.jpg"][0] == "truck"
    assert names["2011_000006.jpg"].count("person") >= 4
    dog = next(each for each in found["dog.jpg"] if each.label == "dog")
    assert dog.points[2] - dog.points[0] > 100


def test_both_engines_agree(weights: Weights, photo: Photo) -> None:
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    image = photo("dog.jpg")
    one, other = (
        load_backend(weights("yolox_nano/yolox_nano.onnx"), engine=engine, size=416).detect([image])[0]
        for engine in ("onnxruntime", "opencv")
    )
    assert [each.label for each in one] == [each.label for each in other]
    assert np.abs(np.array([a.points - b.points for a, b in zip(one, other, strict=True)])).max() < 0.1


def test_boxes_overlap_the_people_that_were_drawn_by_hand(weights: Weights, photo: Photo, shared_data: Path) -> None:
    """LabelMe polygons of three photos: every person larger than 4 % of the photo is found."""
    import json

    model = load_backend(weights("yolox_nano/yolox_nano.onnx"), size=416)
    seen = 0
    for file in sorted((shared_data / "media" / "labelme_voc").rglob("2011_*.json")):
        shapes = json.loads(file.read_text())["shapes"]
        image = photo(f"{file.stem}.jpg")
        boxes = [each.points for each in model.detect([image], threshold=0.3)[0] if each.label == "person"]
        for shape in shapes:
            points = np.array(shape["points"])
            box = np.concatenate((points.min(axis=0), points.max(axis=0)))
            if shape["label"] == "person" and np.prod(box[2:] - box[:2]) > 0.04 * image.shape[0] * image.shape[1]:
                seen += 1
                assert box_iou(box[None], np.array(boxes))[0].max() > 0.5
    if not seen:
        pytest.skip("no hand-drawn people there")
