"""Functions written for cvat-sdk: the real package where it is installed, objects of the same shape where it is not."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace as Made
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cvat_widgets.backends import Detection, ModelError, Prompt, load_backend
from cvat_widgets.errors import MissingExtraError


@pytest.fixture
def image() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8)


DETECTION = '''
"""Finds what it is told."""
import PIL.Image
import cvat_sdk.auto_annotation as cvataa
import cvat_sdk.models as models
from cvat_sdk.attributes import attribute_vals_from_dict, number_attribute_values
from cvat_sdk.masks import encode_mask
import numpy as np

class Function:
    def __init__(self, shift=0):
        self.shift = shift

    spec = cvataa.DetectionFunctionSpec(labels=[
        cvataa.label_spec("car", 5, type="rectangle", attributes=[
            cvataa.number_attribute_spec("age", 1, number_attribute_values(0, 10)),
            cvataa.checkbox_attribute_spec("parked", 2), cvataa.select_attribute_spec("colour", 3, ["red", "blue"])]),
        cvataa.label_spec("blob", 6, type="mask"),
        cvataa.skeleton_label_spec("cat", 7, [cvataa.keypoint_spec("head", 10), cvataa.keypoint_spec("tail", 12)]),
        cvataa.label_spec("night", 8),
    ])

    def detect(self, context: cvataa.DetectionFunctionContext, image: PIL.Image.Image):
        assert isinstance(context, cvataa.DetectionFunctionContext) and image.mode == "RGB"
        assert context.frame_name and not context.conv_mask_to_poly
        self.threshold = context.conf_threshold
        bitmap = np.array(image)[..., 0] > 127
        return [
            cvataa.rectangle(5, [1 + self.shift, 2, 30, 20], attributes=attribute_vals_from_dict({1: 3, 2: True, 3: "blue"})),
            cvataa.mask(6, encode_mask(bitmap)),
            cvataa.skeleton(7, [cvataa.keypoint(10, [1, 2]), cvataa.keypoint(12, [3, 4], outside=True)]),
            cvataa.tag(8),
        ]

create = Function
'''


def test_a_detection_function_runs_unmodified(tmp_path: Path, image: NDArray[np.uint8]) -> None:
    pytest.importorskip("cvat_sdk", reason="cvat-sdk is not installed")
    file = tmp_path / "cars.py"
    file.write_text(DETECTION)
    model = load_backend(file, shift=4)
    assert (model.info.name, model.info.framework, model.info.labels.names) == (
        "cars",
        "cvat-sdk",
        ["car", "blob", "cat", "night"],
    )
    assert model.info.labels["car"].attribute("colour").values == ("red", "blue")
    car, blob, cat, night = model.detect([image], threshold=0.4)[0]
    assert model.function.threshold == 0.4
    assert car.points.tolist() == [5, 2, 30, 20]
    assert dict(car.attributes) == {"age": "3", "parked": "true", "colour": "blue"}
    assert np.array_equal(blob.bitmap(40, 60), image[..., 0] > 127)
    assert [(joint.label, joint.outside) for joint in cat.elements] == [("head", False), ("tail", True)]
    assert night.type == "tag"


INTERACTION = """
import cvat_sdk.auto_annotation as cvataa
import cvat_sdk.models as models
from cvat_sdk.masks import encode_mask
import numpy as np

spec = cvataa.InteractionFunctionSpec(min_pos_points=1, min_neg_points=0, min_bounding_boxes=0)
encoded = 0

def preprocess_image(context, image):
    global encoded
    assert isinstance(context, cvataa.InteractionFunctionContext)
    encoded += 1
    return np.array(image)

def detect(context, pp_image, prompts):
    assert isinstance(prompts, cvataa.InteractionPrompts)
    (x0, y0), (x1, y1) = prompts.bounding_box or ((0, 0), (4, 4))
    mask = np.zeros(pp_image.shape[:2], bool)
    mask[int(y0):int(y1), int(x0):int(x1)] = True
    for x, y in prompts.neg_points:
        mask[int(y), int(x)] = False
    confidence = models.AttributeValRequest(spec_id=cvataa.InteractionResultAttributes.CONFIDENCE, value="0.75")
    return [cvataa.InteractionResultShape(type="mask", points=encode_mask(mask), attributes=[confidence])]
"""

TRACKING = """
import cvat_sdk.auto_annotation as cvataa

class Function:
    spec = cvataa.TrackingFunctionSpec(supported_shape_types=["rectangle", "polygon"])
    def init_tracking_state(self, context, pp_image, shape):
        assert isinstance(context, cvataa.TrackingFunctionShapeContext) and isinstance(shape, cvataa.TrackableShape)
        assert context.original_shape_type == shape.type
        return {"points": shape.points, "type": shape.type, "calls": 0}
    def track(self, context, pp_image, state):
        state["calls"] += 1
        if state["calls"] == 2:
            return None
        return cvataa.TrackableShape(type=state["type"], points=[value + state["calls"] for value in state["points"]])

def create():
    return Function()
"""


def test_interaction_and_tracking_functions_run_unmodified(tmp_path: Path, image: NDArray[np.uint8]) -> None:
    pytest.importorskip("cvat_sdk.auto_annotation", reason="cvat-sdk is not installed")
    (tmp_path / "clicks.py").write_text(INTERACTION)
    model = load_backend(tmp_path / "clicks.py")
    assert (model.info.kind, model.info.min_positive, model.info.min_negative, model.info.box) == (
        "interactor",
        1,
        0,
        "optional",
    )
    encoded = model.encode(image)
    (found,) = model.predict(encoded, Prompt(positive=((5, 5),), negative=((6, 6),), box=(4, 4, 9, 9)))
    assert found.bitmap(40, 60).sum() == 24
    assert found.score == 0.75
    model.predict(encoded, Prompt(positive=((5, 5),)))
    assert model.function.encoded == 1, "the picture is encoded once"
    with pytest.raises(ModelError, match="1 positive points are needed"):
        model.predict(encoded, Prompt(negative=((5, 5),)))

    (tmp_path / "follow.py").write_text(TRACKING)
    tracker = load_backend(tmp_path / "follow.py")
    assert set(tracker.info.shape_types) == {"rectangle", "polygon"}
    states = tracker.start(image, [Detection.of_box("a", [0, 0, 5, 5])])
    (first,) = tracker.step(image, states)
    assert (first.label, first.points.tolist()) == ("a", [1, 1, 6, 6])
    assert tracker.step(image, states) == [None]
    assert tracker.step(image, states)[0].points.tolist() == [3, 3, 8, 8]


class Duck:
    """A detection function without cvat-sdk."""

    spec = Made(
        labels=[
            Made(name="car", id=1, type="rectangle"),
            Made(name="cat", id=2, type="skeleton", sublabels=[Made(name="head", id=4, type="points")]),
        ]
    )

    def __init__(self, *answer: Any) -> None:
        self.answer = answer

    def detect(self, context: Any, image: Any) -> Any:
        return list(self.answer)


def shape(**more: Any) -> Made:
    return Made(**{"label_id": 1, "frame": 0, "type": "rectangle", "points": [0, 0, 5, 5], **more})


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (shape(label_id=9), r"unknown label ID \(9\)"),
        (shape(id=3), "preset id"),
        (shape(source="auto"), "preset source"),
        (shape(frame=4), r"unexpected frame number \(4\)"),
        (shape(type="polygon", points=[0, 0, 1, 1, 2, 0]), "which is a rectangle"),
        (shape(points=[0, 0, float("nan"), 1]), "not a finite number"),
        (shape(attributes=[Made(spec_id=5, value="x")]), r"attribute with unknown ID \(5\)"),
        (shape(elements=[shape()]), "non-skeleton shape with elements"),
        (Made(label_id=1, frame=0), "function output tag"),
        (Made(label_id=2, frame=0, type="skeleton", elements=[]), r"fewer elements than expected \(0 vs 1\)"),
        (Made(label_id=2, frame=0, type="skeleton", elements=[shape(label_id=8)]), r"unknown sublabel ID \(8\)"),
        (Made(label_id=2, frame=0, type="skeleton", elements=[shape(label_id=4)]), "element type other than 'points'"),
    ],
)
def test_what_cvat_calls_a_bad_function_is_refused(image: NDArray[np.uint8], answer: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        load_backend(Duck(answer)).detect([image])


def test_specs_are_checked() -> None:
    class Twice(Duck):
        spec = Made(labels=[Made(name="a", id=1), Made(name="b", id=1)])

    with pytest.raises(ModelError, match="same ID as another label"):
        load_backend(Twice())


def test_a_missing_package_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "cvat_sdk"]:
        monkeypatch.delitem(sys.modules, name)

    class Hidden:
        def find_spec(self, name: str, path: object = None, target: object = None) -> None:
            if name.partition(".")[0] == "cvat_sdk":
                raise ModuleNotFoundError("No module named 'cvat_sdk'", name="cvat_sdk")

    monkeypatch.setattr(sys, "meta_path", [Hidden(), *sys.meta_path])
    (tmp_path / "cars.py").write_text(DETECTION)
    with pytest.raises(MissingExtraError, match=r"cvat-widgets\[cvat\]"):
        load_backend(tmp_path / "cars.py")
    with pytest.raises(MissingExtraError, match=r"cvat-widgets\[cvat\]"):
        load_backend("cvat_sdk.auto_annotation.functions.torchvision_detection")
    (tmp_path / "broken.py").write_text("1 / 0\n")
    with pytest.raises(ModelError, match="ZeroDivisionError"):
        load_backend(tmp_path / "broken.py")
    (tmp_path / "nothing.py").write_text("x = 1\n")
    with pytest.raises(ModelError, match=r"spec"):
        load_backend(tmp_path / "nothing.py")
