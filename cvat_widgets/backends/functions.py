"""Plain Python functions as models.

>>> from cvat_widgets.backends import detector
>>> @detector(labels=["dark"])
... def dark(image):
...     return {"label": "dark", "type": "tag", "score": 1 - image.mean() / 255}

What a function returns is read by :mod:`cvat_widgets.backends.results`; a wrong answer is refused with an error that says
which detection is wrong and why. The function itself stays callable as ``model.function``.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np

from cvat_widgets.backends.failures import ModelError, guarded
from cvat_widgets.backends.protocols import Detection, ModelInfo, Picture, Prompt
from cvat_widgets.backends.results import detections_of
from cvat_widgets.model.kinds import SHAPE_TYPES, ShapeType
from cvat_widgets.model.labels import Label, LabelSet

__all__ = [
    "DetectorFunction", "InteractorFunction", "TrackerFunction", "check_picture", "detector", "interactor", "supported",
    "tracker",
]  # fmt: skip

Labels = Iterable[str | Mapping[str, Any] | Label] | LabelSet


def check_picture(image: Any, where: str) -> Picture:
    """Return the picture, or raise :class:`ModelError` if it is not uint8 of shape (height, width, 3)."""
    if not (
        isinstance(image, np.ndarray) and image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3 and image.size
    ):
        what = f"{image.dtype} of shape {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
        raise ModelError(
            f"a picture is uint8 of shape (height, width, 3), RGB, not {what}",
            where=where,
            hint="task.frame(n) gives such a picture",
        )
    return image


def supported(shape: Detection, info: ModelInfo) -> Detection:
    """Return the shape, or raise :class:`ModelError` if the tracker cannot follow its type."""
    if info.shape_types and shape.type not in info.shape_types:
        raise ModelError(
            f"a {shape.type} cannot be followed", where=info.name, hint=f"This tracker follows: {', '.join(info.shape_types)}"
        )
    return shape


@dataclass(frozen=True, eq=False)
class DetectorFunction:
    """A function ``f(image)``, or ``f(images)`` if ``batch``, as a detector."""

    function: Callable[..., Any]
    info: ModelInfo
    batch: bool = False
    takes_threshold: bool = False

    def __call__(self, image: Picture) -> list[Detection]:
        """Return the detections of one picture."""
        return self.detect([image])[0]

    def detect(self, images: Sequence[Picture], threshold: float | None = None) -> list[list[Detection]]:
        """Return the detections of every picture."""
        name = self.info.name
        pictures = [check_picture(image, name) for image in images]
        options = {"threshold": threshold} if self.takes_threshold else {}
        with guarded(name, "detecting"):
            answers = (
                self.function(pictures, **options) if self.batch else [self.function(each, **options) for each in pictures]
            )
        if not isinstance(answers, Sequence) or len(answers) != len(pictures):
            count = len(answers) if isinstance(answers, Sequence) else type(answers).__name__
            raise ModelError(f"one list a picture was expected for {len(pictures)} pictures, not {count}", where=name)
        found = [
            detections_of(answer, self.info.labels, picture.shape[:2], name)
            for answer, picture in zip(answers, pictures, strict=True)
        ]
        if threshold is None:
            return found
        return [[each for each in one if each.score >= threshold] for one in found]


@dataclass(frozen=True, eq=False)
class InteractorFunction:
    """A function ``f(image, prompt)`` as an interactor; with ``encoder``, ``f(encoder(image), prompt)``."""

    function: Callable[[Any, Prompt], Any]
    info: ModelInfo
    encoder: Callable[[Picture], Any] | None = None

    def encode(self, image: Picture) -> tuple[Any, tuple[int, int]]:
        """Run the encoder, if there is one."""
        check_picture(image, self.info.name)
        with guarded(self.info.name, "encoding the picture"):
            encoded = image if self.encoder is None else self.encoder(image)
        return encoded, (image.shape[0], image.shape[1])

    def predict(self, encoded: tuple[Any, tuple[int, int]], prompt: Prompt) -> list[Detection]:
        """Return masks or polygons, the best first."""
        inner, size = encoded
        with guarded(self.info.name, "answering a prompt"):
            answer = self.function(inner, prompt)
        if isinstance(answer, np.ndarray) and answer.shape == size:
            answer = {"mask": answer}
        elif isinstance(answer, np.ndarray) and answer.ndim == 2 and answer.shape[1] == 2:
            answer = {"polygon": answer}
        found = detections_of(answer, LabelSet(), size, self.info.name)
        return sorted(found, key=lambda each: -each.score)


class TrackerFunction:
    """A function as a tracker: ``f(previous, image, shape) -> shape or None``, or a generator ``f(image, shape)``.

    The generator is sent one picture after another and yields the shape on each, ``None`` where it is lost; its first
    ``yield`` answers the first picture after the start.
    """

    def __init__(self, function: Callable[..., Any], info: ModelInfo) -> None:
        self.function, self.info = function, info

    def start(self, image: Picture, shapes: Sequence[Detection]) -> list[dict[str, Any]]:
        """Return one state a shape."""
        check_picture(image, self.info.name)
        states: list[dict[str, Any]] = []
        for shape in shapes:
            state: dict[str, Any] = {"shape": supported(shape, self.info), "image": image}
            if inspect.isgeneratorfunction(self.function):
                state["generator"] = self._begin(image, shape)
            states.append(state)
        return states

    def _begin(self, image: Picture, shape: Detection) -> Generator[Any, Picture, None]:
        with guarded(self.info.name, "starting a track"):
            generator: Generator[Any, Picture, None] = self.function(image, shape)
            next(generator)
        return generator

    def step(self, image: Picture, states: Sequence[dict[str, Any]]) -> list[Detection | None]:
        """Return the shapes on the next picture."""
        check_picture(image, self.info.name)
        return [self._step(image, state, number) for number, state in enumerate(states)]

    def _step(self, image: Picture, state: dict[str, Any], number: int) -> Detection | None:
        shape: Detection = state["shape"]
        with guarded(self.info.name, "tracking"):
            if "generator" in state:
                try:
                    answer = state["generator"].send(image)
                except StopIteration:
                    answer = None
            else:
                answer = self.function(state["image"], image, shape)
        state["image"] = image
        if answer is None:
            return None
        found = detections_of(_as_shape(answer, shape.type), LabelSet(), image.shape[:2], f"{self.info.name}, shape {number}")
        if len(found) != 1:
            raise ModelError(f"one shape was expected, not {len(found)}", where=f"{self.info.name}, shape {number}")
        if found[0].type != shape.type:
            raise ModelError(f"a {shape.type} was to be followed, a {found[0].type} came back", where=self.info.name)
        state["shape"] = Detection(shape.label, shape.type, found[0].points, found[0].score, found[0].rotation)
        return state["shape"]


def _as_shape(answer: Any, type_name: ShapeType) -> Any:
    """Read plain numbers as the points of a shape of the type that is followed, a bitmap as a mask."""
    if isinstance(answer, (Detection, Mapping)):
        return answer
    if type_name == "mask" and getattr(answer, "ndim", 0) == 2:
        return {"mask": answer}
    if isinstance(answer, (list, tuple, np.ndarray)):
        return {"type": type_name, "points": answer}
    return answer


def _name_and_help(function: Callable[..., Any], name: str | None, text: str | None) -> tuple[str, str]:
    own = str(getattr(function, "__name__", type(function).__name__))
    return name or own, text if text is not None else (inspect.getdoc(function) or "").partition("\n\n")[0]


def detector(
    *,
    labels: Labels,
    name: str | None = None,
    batch: bool = False,
    help: str | None = None,  # noqa: A002
    device: str = "cpu",
) -> Callable[[Callable[..., Any]], DetectorFunction]:
    """Make a function ``f(image)`` a detector.

    Parameters
    ----------
    labels
        What it can find: names, :class:`~cvat_widgets.model.labels.Label` s or CVAT's JSON objects.
    name
        Display name; by default the function's name.
    batch
        Whether the function takes a list of pictures and returns a list of answers.
    help
        Text for the user; by default the first paragraph of the docstring.
    device
        Where it runs, for display.

    Notes
    -----
    A function with a parameter ``threshold`` is given the user's threshold (``None`` for its own default).
    """
    label_set = LabelSet.of(labels)

    def decorate(function: Callable[..., Any]) -> DetectorFunction:
        shown, text = _name_and_help(function, name, help)
        info = ModelInfo(name=shown, kind="detector", labels=label_set, help=text, device=device)
        return DetectorFunction(function, info, batch, _takes(function, "threshold"))

    return decorate


def _takes(function: Callable[..., Any], parameter: str) -> bool:
    try:
        return parameter in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


@overload
def interactor(function: Callable[..., Any], /) -> InteractorFunction: ...
@overload
def interactor(
    *,
    name: str | None = ...,
    encoder: Callable[[Picture], Any] | None = ...,
    min_positive: int = ...,
    min_negative: int | None = ...,
    box: str = ...,
    help: str | None = ...,
) -> Callable[[Callable[..., Any]], InteractorFunction]: ...
def interactor(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make a function ``f(image, prompt)`` an interactor.

    It returns a bitmap (height, width), a polygon (n, 2), a detection, or a list of these.

    Parameters
    ----------
    function
        The function, when used without brackets.
    name, help
        As for :func:`detector`.
    encoder
        Called once a picture; the function is then given its result in place of the picture.
    min_positive, min_negative, box
        Which prompts it takes, see :class:`~cvat_widgets.backends.protocols.ModelInfo`.
    """
    if function is None:
        return functools.partial(_interactor, **options)
    return _interactor(function, **options)


def _interactor(
    function: Callable[..., Any],
    *,
    name: str | None = None,
    encoder: Callable[[Picture], Any] | None = None,
    min_positive: int = 1,
    min_negative: int | None = 0,
    box: str = "optional",
    help: str | None = None,  # noqa: A002
) -> InteractorFunction:
    if box not in ("no", "optional", "required"):
        raise ModelError(f"box={box!r} is not known", hint="Use 'no', 'optional' or 'required'")
    shown, text = _name_and_help(function, name, help)
    info = ModelInfo(
        name=shown,
        kind="interactor",
        help=text,
        min_positive=min_positive,
        min_negative=min_negative,
        box=box,  # type: ignore[arg-type]
    )
    return InteractorFunction(function, info, encoder)


@overload
def tracker(function: Callable[..., Any], /) -> TrackerFunction: ...
@overload
def tracker(
    *, name: str | None = ..., shape_types: Sequence[ShapeType] = ..., help: str | None = ...
) -> Callable[[Callable[..., Any]], TrackerFunction]: ...
def tracker(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make a function ``f(previous, image, shape)`` or a generator function ``f(image, shape)`` a tracker.

    Parameters
    ----------
    function
        The function, when used without brackets.
    name, help
        As for :func:`detector`.
    shape_types
        What it can follow; by default rectangles.
    """
    if function is None:
        return functools.partial(_tracker, **options)
    return _tracker(function, **options)


def _tracker(
    function: Callable[..., Any],
    *,
    name: str | None = None,
    shape_types: Sequence[ShapeType] = ("rectangle",),
    help: str | None = None,  # noqa: A002
) -> TrackerFunction:
    unknown = [each for each in shape_types if each not in SHAPE_TYPES]
    if unknown or isinstance(shape_types, str):
        raise ModelError(
            f"{unknown or shape_types!r} is not a list of shape types", hint=f"Use some of {', '.join(SHAPE_TYPES)}"
        )
    shown, text = _name_and_help(function, name, help)
    return TrackerFunction(function, ModelInfo(name=shown, kind="tracker", help=text, shape_types=tuple(shape_types)))
