"""Auto-annotation functions written for cvat-sdk, as they are: detection, interaction and tracking.

Where CVAT's driver raises ``BadFunctionError`` a :class:`~cvat_widgets.backends.failures.ModelError` says the same. The
package itself is imported by the user's module only. Source: the interface of ``cvat_sdk.auto_annotation`` 2.80.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from cvat_widgets.backends.failures import ModelError, guarded
from cvat_widgets.backends.functions import check_picture, supported
from cvat_widgets.backends.protocols import Detection, ModelInfo, Picture, Prompt
from cvat_widgets.backends.results import checked
from cvat_widgets.errors import LabelError
from cvat_widgets.model.labels import Label, LabelSet

__all__ = ["SdkDetector", "SdkInteractor", "SdkTracker", "is_sdk_function", "wrap_sdk_function"]

_INTERFACE = "cvat_sdk.auto_annotation"


@dataclass(frozen=True)
class _DetectionContext:
    frame_name: str
    conf_threshold: float | None
    conv_mask_to_poly: bool = False


@dataclass(frozen=True)
class _ShapeContext:
    original_shape_type: str


@dataclass(frozen=True)
class _Nothing:
    """The empty contexts of interaction and of pictures in tracking."""


@dataclass(frozen=True)
class _Prompts:
    pos_points: Sequence[tuple[float, float]]
    neg_points: Sequence[tuple[float, float]]
    bounding_box: tuple[tuple[float, float], tuple[float, float]] | None


@dataclass
class _PlainShape:
    """Stands for ``TrackableShape`` where a function does without cvat-sdk."""

    type: str
    points: list[float]


def _interface() -> Any:
    """Return ``cvat_sdk.auto_annotation`` if the function has imported it; our contexts pass for its own then."""
    module = sys.modules.get(_INTERFACE)
    for name, own in (
        ("DetectionFunctionContext", _DetectionContext),
        ("InteractionFunctionContext", _Nothing),
        ("InteractionPrompts", _Prompts),
        ("TrackingFunctionContext", _Nothing),
        ("TrackingFunctionShapeContext", _ShapeContext),
    ):
        base = getattr(module, name, None)
        if base is not None and hasattr(base, "register"):
            base.register(own)
    return module


def is_sdk_function(value: Any) -> bool:
    """Whether a value looks like a function for cvat-sdk: a spec, and ``detect`` or ``track``."""
    return _kind(getattr(value, "spec", None)) is not None and (hasattr(value, "detect") or hasattr(value, "track"))


def _kind(spec: Any) -> str | None:
    for attribute, kind in (("labels", "detector"), ("min_pos_points", "interactor"), ("supported_shape_types", "tracker")):
        if hasattr(spec, attribute):
            return kind
    return None


def wrap_sdk_function(function: Any, name: str | None = None) -> SdkDetector | SdkInteractor | SdkTracker:
    """Put a function object behind the protocol its spec asks for."""
    shown = name or type(function).__name__
    with guarded(shown, "giving its spec"):
        spec = function.spec
    kind = _kind(spec)
    if kind == "detector" and callable(getattr(function, "detect", None)):
        return SdkDetector(function, spec, shown)
    if kind == "interactor" and callable(getattr(function, "detect", None)):
        return SdkInteractor(function, spec, shown)
    if kind == "tracker" and callable(getattr(function, "track", None)):
        return SdkTracker(function, spec, shown)
    raise ModelError(
        "this is no auto-annotation function: its spec or its method is none of detection, interaction and tracking",
        where=shown,
    )


def _text(value: Any) -> str:
    """Return the text of an enumeration or of a text."""
    return str(getattr(value, "value", value))


def _label(raw: Any, where: str) -> tuple[Label, dict[int, str], dict[int, Any]]:
    """Return the label, its attributes' names by id, and its sublabels by id (each such a triple)."""
    name = str(raw.name)
    if not hasattr(raw, "id"):
        raise ModelError(f"label {name!r} has no ID", where=where)
    attributes = {}
    for each in getattr(raw, "attributes", None) or ():
        if not hasattr(each, "id") or each.id in attributes:
            raise ModelError(f"attribute {each.name!r} of label {name!r} has no ID of its own", where=where)
        attributes[int(each.id)] = each
    joints: dict[int, Any] = {}
    for each in getattr(raw, "sublabels", None) or ():
        if hasattr(each, "id") and each.id in joints:
            raise ModelError(f"sublabel {each.name!r} of {name!r} has same ID as another sublabel ({each.id})", where=where)
        triple = _label(each, where)
        joints[int(each.id)] = triple
    label = Label.from_raw(
        {
            "name": name,
            "type": _text(getattr(raw, "type", "any")),
            "svg": getattr(raw, "svg", ""),
            "attributes": [
                {"name": each.name, "input_type": _text(each.input_type), "values": list(getattr(each, "values", None) or ())}
                | ({"default_value": each.default_value} if getattr(each, "default_value", None) else {})
                for each in attributes.values()
            ],
            "sublabels": [triple[0] for triple in joints.values()],
        }
    )
    return label, {number: str(each.name) for number, each in attributes.items()}, joints


def _pil(image: Picture, where: str) -> Image.Image:
    return Image.fromarray(check_picture(image, where))


class SdkDetector:
    """A ``DetectionFunction``."""

    def __init__(self, function: Any, spec: Any, name: str) -> None:
        self.function = function
        self._labels: dict[int, tuple[Label, dict[int, str], dict[int, Any]]] = {}
        try:
            for raw in spec.labels:
                triple = _label(raw, name)
                if int(raw.id) in self._labels:
                    raise ModelError(f"label {raw.name} has same ID as another label ({raw.id})", where=name)
                self._labels[int(raw.id)] = triple
            labels = LabelSet(tuple(triple[0] for triple in self._labels.values()))
        except LabelError as error:
            raise ModelError(error.what, where=f"{name}, {error.where}") from None
        self.info = ModelInfo(name=name, kind="detector", framework="cvat-sdk", labels=labels, help=_help(function))

    def detect(self, images: Sequence[Picture], threshold: float | None = None) -> list[list[Detection]]:
        """Return the detections of every picture."""
        _interface()
        name = self.info.name
        found = []
        for number, image in enumerate(images):
            with guarded(name, "detecting"):
                answer = self.function.detect(_DetectionContext(f"{number}.png", threshold), _pil(image, name))
            if not isinstance(answer, Iterable):
                raise ModelError(f"the function returned {type(answer).__name__}, not a list", where=name)
            one = [self._read(each, f"{name}, detection {row}") for row, each in enumerate(answer)]
            found.append(one if threshold is None else [each for each in one if each.score >= threshold])
        return found

    def _read(self, raw: Any, where: str) -> Detection:
        _preset(raw, where)
        triple = self._labels.get(getattr(raw, "label_id", None))  # type: ignore[arg-type]
        if triple is None:
            raise ModelError(f"function output with unknown label ID ({getattr(raw, 'label_id', None)})", where=where)
        label, _, joints = triple
        found = _detection(raw, triple, where)
        if found.type == "skeleton":
            elements: list[Detection] = []
            for number, each in enumerate(getattr(raw, "elements", None) or ()):
                place = f"{where}, element {number}"
                _preset(each, place)
                if getattr(each, "label_id", None) not in joints:
                    raise ModelError(f"unknown sublabel ID ({getattr(each, 'label_id', None)})", where=place)
                element = _detection(each, joints[each.label_id], place)
                if element.type != "points":
                    raise ModelError(f"skeleton with element type other than 'points' ({element.type})", where=place)
                if element.label in {other.label for other in elements}:
                    raise ModelError("skeleton with multiple elements with same sublabel", where=place)
                elements.append(element)
            if len(elements) != len(joints):
                raise ModelError(f"skeleton with fewer elements than expected ({len(elements)} vs {len(joints)})", where=where)
            found = Detection(label.name, "skeleton", score=found.score, attributes=found.attributes, elements=tuple(elements))
        elif getattr(raw, "elements", None):
            raise ModelError("non-skeleton shape with elements", where=where)
        if found.type == "tag" and label.type not in ("any", "tag"):
            raise ModelError(f"function output tag (expected shape of type {label.type!r})", where=where)
        return checked(found, self.info.labels, where)


def _preset(raw: Any, where: str) -> None:
    for key in ("id", "source"):
        if hasattr(raw, key):
            raise ModelError(f"function output with preset {key}", where=where)
    if getattr(raw, "frame", None) != 0:
        raise ModelError(f"function output with unexpected frame number ({getattr(raw, 'frame', None)})", where=where)


def _detection(raw: Any, triple: tuple[Label, dict[int, str], dict[int, Any]], where: str) -> Detection:
    label, names, _ = triple
    attributes: dict[str, str] = {}
    for each in getattr(raw, "attributes", None) or ():
        if each.spec_id not in names:
            raise ModelError(f"function output attribute with unknown ID ({each.spec_id})", where=where)
        attribute = names[each.spec_id]
        if attribute in attributes:
            raise ModelError("function output shape with multiple attributes with same ID", where=where)
        problem = label.attribute(attribute).problem_with(str(each.value))
        if problem:
            raise ModelError(f"the value {each.value!r} of attribute {attribute!r} {problem}", where=where)
        attributes[attribute] = str(each.value)
    type_name: Any = _text(raw.type) if hasattr(raw, "type") else "tag"
    return Detection(
        label=label.name,
        type=type_name,
        points=np.asarray(getattr(raw, "points", None) or [], np.float64),
        score=float(getattr(raw, "score", 1.0)),
        rotation=float(getattr(raw, "rotation", None) or 0.0),
        attributes=attributes,
        outside=bool(getattr(raw, "outside", False)),
        group=int(getattr(raw, "group", None) or 0),
    )


@dataclass(frozen=True, eq=False)
class _Encoded:
    inner: Any
    size: tuple[int, int]


class SdkInteractor:
    """An ``InteractionFunction``."""

    def __init__(self, function: Any, spec: Any, name: str) -> None:
        self.function = function
        boxes = getattr(spec, "min_bounding_boxes", None)
        self.info = ModelInfo(
            name=name,
            kind="interactor",
            framework="cvat-sdk",
            help=_help(function),
            min_positive=int(spec.min_pos_points),
            min_negative=getattr(spec, "min_neg_points", None),
            box="no" if boxes is None else "required" if boxes else "optional",
        )

    def encode(self, image: Picture) -> _Encoded:
        """Call ``preprocess_image`` if there is one."""
        _interface()
        picture = _pil(image, self.info.name)
        with guarded(self.info.name, "encoding the picture"):
            return _Encoded(_preprocessed(self.function, picture), (image.shape[0], image.shape[1]))

    def predict(self, encoded: _Encoded, prompt: Prompt) -> list[Detection]:
        """Return the function's shapes, the best first."""
        name, box = self.info.name, prompt.box
        if len(prompt.positive) < self.info.min_positive or len(prompt.negative) < (self.info.min_negative or 0):
            raise ModelError(f"{self.info.min_positive} positive points are needed", where=name)
        if (self.info.min_negative is None and prompt.negative) or (self.info.box == "no" and box is not None):
            raise ModelError("it takes no negative points or no box", where=name)
        if self.info.box == "required" and box is None:
            raise ModelError("a box is needed", where=name)
        corners = None if box is None else ((box[0], box[1]), (box[2], box[3]))
        with guarded(name, "answering a prompt"):
            answer = self.function.detect(_Nothing(), encoded.inner, _Prompts(prompt.positive, prompt.negative, corners))
        if not isinstance(answer, Iterable):
            raise ModelError(f"the function returned {type(answer).__name__}, not a list", where=name)
        found = [_result_shape(each, f"{name}, shape {number}") for number, each in enumerate(answer)]
        return sorted(found, key=lambda each: -each.score)


def _result_shape(raw: Any, where: str) -> Detection:
    if not (hasattr(raw, "type") and hasattr(raw, "points")):
        raise ModelError(f"a shape was expected, not {type(raw).__name__}", where=where)
    score = 1.0
    for each in getattr(raw, "attributes", None) or ():
        if int(each.spec_id) != 0:
            raise ModelError(f"{each.spec_id} is not one of InteractionResultAttributes members", where=where)
        try:
            score = float(each.value)
        except ValueError:
            raise ModelError(f"the confidence {each.value!r} is no number", where=where) from None
    type_name: Any = _text(raw.type)
    return checked(Detection("", type_name, np.asarray(raw.points, np.float64), score), LabelSet(), where)


@dataclass(eq=False)
class _State:
    state: Any
    shape: Detection


class SdkTracker:
    """A ``TrackingFunction``; a shape that is not found is looked for again on the next picture."""

    def __init__(self, function: Any, spec: Any, name: str) -> None:
        self.function = function
        types: Any = tuple(sorted(_text(each) for each in spec.supported_shape_types))
        self.info = ModelInfo(name=name, kind="tracker", framework="cvat-sdk", help=_help(function), shape_types=types)

    def start(self, image: Picture, shapes: Sequence[Detection]) -> list[_State]:
        """Call ``preprocess_image`` once and ``init_tracking_state`` for every shape."""
        shape_class = getattr(_interface(), "TrackableShape", _PlainShape)
        picture = _pil(image, self.info.name)
        states = []
        with guarded(self.info.name, "starting a track"):
            inner = _preprocessed(self.function, picture)
            for shape in shapes:
                given = shape_class(type=supported(shape, self.info).type, points=shape.points.tolist())
                states.append(_State(self.function.init_tracking_state(_ShapeContext(shape.type), inner, given), shape))
        return states

    def step(self, image: Picture, states: Sequence[_State]) -> list[Detection | None]:
        """Call ``preprocess_image`` once and ``track`` for every shape."""
        picture = _pil(image, self.info.name)
        with guarded(self.info.name, "tracking"):
            inner = _preprocessed(self.function, picture)
        return [self._step(inner, state, f"{self.info.name}, shape {number}") for number, state in enumerate(states)]

    def _step(self, inner: Any, state: _State, where: str) -> Detection | None:
        with guarded(self.info.name, "tracking"):
            answer = self.function.track(_ShapeContext(state.shape.type), inner, state.state)
        if answer is None:
            return None
        found = _result_shape(answer, where)
        if found.type != state.shape.type:
            raise ModelError(f"a {state.shape.type} was to be followed, a {found.type} came back", where=where)
        state.shape = Detection(state.shape.label, found.type, found.points)
        return state.shape


def _preprocessed(function: Any, picture: Image.Image) -> Any:
    """Call ``preprocess_image(context, image)``, or return the picture if the function has none."""
    preprocess = getattr(function, "preprocess_image", None)
    return picture if preprocess is None else preprocess(_Nothing(), picture)


def _help(function: Any) -> str:
    return (getattr(function, "__doc__", None) or "").strip().partition("\n\n")[0]
