"""Plain functions as models, the registry, and what happens to wrong answers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cvat_widgets.backends import (
    Detection,
    Detector,
    Interactor,
    ModelError,
    ModelInfo,
    Prompt,
    ReIdentifier,
    Tracker,
    backends,
    describe,
    detector,
    interactor,
    load_backend,
    register,
    registry,
    tracker,
)  # fmt: skip
from cvat_widgets.backends.failures import guarded, needed
from cvat_widgets.errors import CvatWidgetsError, MissingExtraError
from cvat_widgets.model.labels import Attribute, Label

IMAGE = np.zeros((40, 60, 3), np.uint8)
LABELS = [
    Label("car", type="rectangle"),
    Label("thing", attributes=(Attribute("parked", "checkbox"),)),
    Label("man", type="skeleton", sublabels=(Label("head", type="points"),)),
]


def answering(answer: Any, labels: Any = LABELS) -> list[Detection]:
    return detector(labels=labels)(lambda image: answer).detect([IMAGE])[0]


def test_a_function_becomes_a_detector() -> None:
    @detector(labels=["dark", "light"])
    def brightness(image: NDArray[np.uint8], threshold: float | None = None) -> Any:
        """Say how bright a picture is.

        Nothing more.
        """
        return {"label": "light" if image.mean() > 127 else "dark", "type": "tag", "score": 0.6}

    assert isinstance(brightness, Detector)
    assert (brightness.info.name, brightness.info.help) == ("brightness", "Say how bright a picture is.")
    dark, light = brightness.detect([IMAGE, IMAGE + np.uint8(200)])
    assert (dark[0].label, light[0].label) == ("dark", "light")
    assert brightness.detect([IMAGE], threshold=0.7) == [[]]
    assert brightness(IMAGE)[0].type == "tag"


def test_every_accepted_form() -> None:
    bitmap = np.zeros((40, 60), bool)
    bitmap[3:9, 4:20] = True
    forms: list[tuple[Any, str]] = [
        ([{"label": "car", "box": [1, 2, 3, 4], "confidence": 0.5}], "rectangle"),
        ([{"label": 0, "bbox": np.array([1, 2, 3, 4], np.float32)}], "rectangle"),
        ([{"label": "thing", "mask": bitmap, "attributes": {"parked": True}}], "mask"),
        ([{"label": "thing", "mask": bitmap.astype(np.float32) * 0.9}], "mask"),
        ([{"label": "thing", "polygon": [[0, 0], [5, 0], [5, 5]]}], "polygon"),
        ([{"label": "thing", "type": "ellipse", "points": [9, 9, 12, 5], "rotation": 30}], "ellipse"),
        ([{"label": "man", "elements": [{"label": "head", "type": "points", "points": [3, 4]}]}], "skeleton"),
        (np.array([[1, 2, 3, 4, 0.5, 0]]), "rectangle"),
        ({"boxes": [[1, 2, 3, 4]], "labels": [1], "scores": [0.5], "masks": bitmap[None, None]}, "mask"),
        (
            type(
                "Found",
                (),
                {"xyxy": np.array([[1, 2, 3, 4]]), "confidence": np.array([0.5]), "class_id": np.array([0]), "mask": None},
            )(),
            "rectangle",
        ),
        (Detection.of_box("car", [1, 2, 3, 4]), "rectangle"),
    ]
    for answer, kind in forms:
        (found,) = answering(answer)
        assert found.type == kind
        assert found.points.dtype == np.float64
    assert np.array_equal(answering(forms[2][0])[0].bitmap(40, 60), bitmap)
    assert dict(answering(forms[2][0])[0].attributes) == {"parked": "true"}
    for nothing in (None, [], np.zeros((0, 6))):
        assert answering(nothing) == []


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([{"label": "cat", "box": [1, 2, 3, 4]}], "'cat' is not one of the model's labels.*car, thing"),
        ([{"box": [1, 2, 3, 4]}], "needs a label"),
        ([{"label": "car", "box": [1, 2, 3]}], "detection 0: a rectangle has 4 numbers, not 3"),
        ([{"label": "car", "box": [1, 2, 3, np.nan]}], "not a finite number"),
        ([{"label": "car", "box": [1, 2, 3, np.inf]}], "not a finite number"),
        ([{"label": "car", "box": [1, 2, 3, 4], "score": float("nan")}], "score"),
        ([{"label": "car", "box": [1, 2, 3, 4], "score": 87}], "the score 87 is not between 0 and 1"),
        ([{"label": "car", "box": [1, 2, 3, 4], "colour": 1}], "the key 'colour' is not known"),
        ([{"label": "thing", "mask": np.ones((60, 40), bool)}], r"mask of \(60, 40\) was returned for a picture of \(40, 60\)"),
        ([{"label": "thing", "mask": np.full((40, 60), np.nan)}], "not finite"),
        ([{"label": "car", "polygon": [0, 0, 5, 0, 5, 5]}], "which is a rectangle"),
        ([{"label": "thing", "type": "blob", "points": [1]}], "'blob' is not a shape type"),
        ([{"label": "thing", "type": "mask", "points": [1, 2, 0, 0, 9, 9]}], "cover 3 pixels"),
        (np.array([[1, 2, 3, 4, 0.5, 7]]), "label number 7 was returned, the model declares 3"),
        (np.array([[1, 2, 3, 4, 0.5, 0.5]]), "not whole numbers"),
        (np.zeros((2, 9)), r"array of shape \(2, 9\)"),
        ({"boxes": [[1, 2, 3, 4]], "scores": [0.1, 0.2]}, "not of the same number"),
        (["car"], "a dict or a Detection, not a value of type str"),
        (42, "a list of detections was expected, not a value of type int"),
        ("car", "a list of detections was expected"),
        ([{"label": "car", "box": ["a", 2, 3, 4]}], "cannot be read"),
    ],
)
def test_wrong_answers_name_what_is_wrong(answer: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        answering(answer)


@example({"label": "car", "attributes": [{}]})
@example({"label": "car", "attributes": [3]})
@example({"label": "car", "box": [1, 2, 3, 4], "group": float("inf")})
@given(
    st.recursive(
        st.none() | st.integers() | st.floats() | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["label", "box", "mask", "points", "type", "score", "elements", "attributes"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    )
)
@settings(max_examples=300, deadline=None)
def test_whatever_is_returned_is_read_or_refused(answer: Any) -> None:
    try:
        found = answering(answer)
    except CvatWidgetsError:
        return
    assert all(each.label in ("car", "thing", "man") and np.isfinite(each.points).all() for each in found)


def test_a_batch_function_answers_for_every_picture() -> None:
    two = detector(labels=["car"], batch=True)(lambda images: [[[]], None][: len(images)] and [[] for _ in images])
    assert two.detect([IMAGE, IMAGE]) == [[], []]
    wrong = detector(labels=["car"], batch=True)(lambda images: [[]])
    with pytest.raises(ModelError, match="one list a picture was expected for 2 pictures, not 1"):
        wrong.detect([IMAGE, IMAGE])


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("upside down"), "the model failed while detecting: ValueError: upside down"),
        (MemoryError("Unable to allocate 9 GiB"), "ran out of memory while detecting.*smaller picture or batch"),
        (RuntimeError("CUDA out of memory. Tried to allocate"), "ran out of memory"),
        (RuntimeError("[ONNXRuntimeError] : 6 : Failed to allocate memory for requested buffer"), "ran out of memory"),
        (KeyError(), "KeyError"),
    ],
)
def test_exceptions_inside_a_model_keep_their_cause(error: Exception, message: str) -> None:
    def failing(image: Any) -> None:
        raise error

    with pytest.raises(ModelError, match=message) as caught:
        detector(labels=["a"])(failing).detect([IMAGE])
    assert caught.value.__cause__ is error
    with pytest.raises(KeyboardInterrupt), guarded("m", "running"):
        raise KeyboardInterrupt


@pytest.mark.parametrize("image", [None, IMAGE[..., 0], IMAGE.astype(float), np.zeros((0, 5, 3), np.uint8), IMAGE.tolist()])
def test_what_is_no_picture_is_refused(image: Any) -> None:
    with pytest.raises(ModelError, match="a picture is uint8"):
        detector(labels=["a"])(lambda image: None).detect([image])


def test_a_function_becomes_an_interactor_that_encodes_once() -> None:
    calls: list[str] = []

    def encode(image: NDArray[np.uint8]) -> int:
        calls.append("encode")
        return 7

    @interactor(encoder=encode, min_positive=0, box="required")
    def square(encoded: int, prompt: Prompt) -> Any:
        assert encoded == 7
        assert prompt.box is not None
        left, top, right, bottom = map(int, prompt.box)
        mask = np.zeros((40, 60), bool)
        mask[top:bottom, left:right] = True
        return [{"mask": mask, "score": 0.3}, {"polygon": [[0, 0], [9, 0], [9, 9]], "score": 0.9}]

    assert isinstance(square, Interactor)
    encoded = square.encode(IMAGE)
    for _ in range(3):
        best, other = square.predict(encoded, Prompt(box=(2, 3, 10, 9)))
    assert calls == ["encode"]
    assert (best.type, other.type) == ("polygon", "mask")
    assert other.bitmap(40, 60).sum() == 48

    @interactor
    def plain(image: NDArray[np.uint8], prompt: Prompt) -> Any:
        return image[..., 0] == 0

    (found,) = plain.predict(plain.encode(IMAGE), Prompt(positive=((1, 1),)))
    assert found.bitmap(40, 60).all()
    with pytest.raises(ModelError, match="box='maybe'"):
        interactor(box="maybe")(lambda image, prompt: None)


def test_functions_and_generators_become_trackers() -> None:
    @tracker(shape_types=["rectangle", "polygon"])
    def drift(previous: NDArray[np.uint8], image: NDArray[np.uint8], shape: Detection) -> Any:
        return shape.points + float(image[0, 0, 0]) if image[0, 0, 0] < 9 else None

    @tracker
    def count(image: NDArray[np.uint8], shape: Detection) -> Generator[Any, NDArray[np.uint8], None]:
        points = shape.points
        image = yield
        while True:
            points = points + float(image[0, 0, 0])
            image = yield None if image[0, 0, 0] >= 9 else points

    boxes = [Detection.of_box("a", [0, 0, 5, 5]), Detection.of_box("b", [1, 1, 6, 6])]
    for model in (drift, count):
        assert isinstance(model, Tracker)
        states = model.start(IMAGE, boxes)
        first = model.step(IMAGE + np.uint8(1), states)
        assert [each.points.tolist() for each in first if each] == [[1, 1, 6, 6], [2, 2, 7, 7]]
        assert model.step(IMAGE + np.uint8(9), states) == [None, None]
    with pytest.raises(ModelError, match="a polygon cannot be followed"):
        count.start(IMAGE, [Detection("", "polygon", np.zeros(6))])

    @tracker
    def wrong(previous: Any, image: Any, shape: Any) -> Any:
        return {"polygon": [0, 0, 1, 0, 1, 1]}

    with pytest.raises(ModelError, match="a rectangle was to be followed, a polygon came back"):
        wrong.step(IMAGE, wrong.start(IMAGE, boxes))


def test_the_table_of_models() -> None:
    table = backends()
    assert list(table.columns) == ["name", "kind", "framework", "labels", "available", "help"]
    assert {"nanotrack", "yolo", "grabcut", "intelligent-scissors", "trackermil", "optical-flow", "yunet", "reid"} <= set(
        table["name"]
    )
    assert table.loc[table["framework"].str.contains("OpenCV|NumPy"), "available"].all()  # the others need extras
    assert "backbone" in table.set_index("name").loc["nanotrack", "help"]
    for name, protocol in {"grabcut": Interactor, "trackermil": Tracker, "optical-flow": Tracker, "reid": ReIdentifier}.items():
        model = load_backend(name)
        assert isinstance(model, protocol)
        assert describe(model).kind == table.set_index("name").loc[name, "kind"]


def test_users_register_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_BACKENDS", dict(registry._BACKENDS))

    @register("mine", kind="detector", labels="dark", help="My own")
    def make(level: int = 3) -> Any:
        return detector(labels=["dark"], name=f"mine {level}")(lambda image: None)

    assert load_backend("mine", level=5).info.name == "mine 5"
    assert backends().set_index("name").loc["mine", "help"] == "My own"
    with pytest.raises(ModelError, match=r"the option 'levle' is not known.*It takes: level"):
        load_backend("mine", levle=5)
    register("needy", make, kind="detector", needs=["no_such_module"], extra="onnx")
    with pytest.raises(ModelError, match=r"no_such_module.*cvat-widgets\[onnx\]"):
        load_backend("needy")
    assert not backends().set_index("name").loc["needy", "available"]
    with pytest.raises(ModelError, match="name of a model of this package"):
        register("yolo", make, kind="detector")

    def broken(weights: str = "net.pt") -> None:
        raise FileNotFoundError(2, "No such file or directory", weights)

    register("broken", broken, kind="detector")
    with pytest.raises(ModelError, match=r"broken: the model failed while loading: FileNotFoundError.*net\.pt"):
        load_backend("broken")
    register("bad", lambda: 3, kind="detector")
    with pytest.raises(ModelError, match="is no model"):
        load_backend("bad")


def test_what_load_backend_takes() -> None:
    model = load_backend(lambda image: None, labels=["a"], name="mine")
    assert load_backend(model) is model
    assert model.info.name == "mine"
    with pytest.raises(ModelError, match="loaded already"):
        load_backend(model, threshold=3)
    with pytest.raises(ModelError, match=r"there is no model 'yolov99'.*Known are: intelligent-scissors"):
        load_backend("yolov99")
    with pytest.raises(ModelError, match="Give labels="):
        load_backend(lambda image: None)
    with pytest.raises(ModelError, match="type int is no model"):
        load_backend(3)

    class Half:
        info = ModelInfo("half", "tracker")

        def start(self) -> None: ...

    with pytest.raises(ModelError, match=r"a tracker needs the method step\(\)"):
        load_backend(Half())


def test_missing_packages_name_their_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(MissingExtraError, match=r"pip install 'cvat-widgets\[onnx\]'"):
        needed("no_such_runtime", "onnxruntime", "onnx", "Running an ONNX file")
    (tmp_path / "broken_package.py").write_text("raise RuntimeError('operator nms does not exist')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelError, match="does not import: operator nms"):
        needed("broken_package", "torchvision", "torch", "Faster R-CNN")


def test_importing_the_models_imports_nothing_heavy() -> None:
    code = "import cvat_widgets.backends as b, sys; b.load_backend; b.detector; print([m for m in ('torch', 'onnxruntime', 'transformers', 'cv2', 'IPython') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
