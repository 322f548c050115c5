"""What every model looks like to the rest of the package: four protocols and the small records they exchange.

A picture is a uint8 array of shape (height, width, 3), RGB. Coordinates are pixels of that picture, x to the right and y
down, pixel (0, 0) covering [0, 1) x [0, 1). Shapes are in CVAT's encoding (see :mod:`cvat_widgets.model.kinds`), masks as
run lengths with a crop box (see :mod:`cvat_widgets.model.masks`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, get_args, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cvat_widgets.model.kinds import ShapeType
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.masks import decode_mask, encode_mask

__all__ = ["KINDS", "Detection", "Detector", "Interactor", "Kind", "ModelInfo", "Picture", "Prompt", "ReIdentifier", "Tracker"]

Kind = Literal["detector", "interactor", "tracker", "reid"]
KINDS: tuple[Kind, ...] = get_args(Kind)

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class ModelInfo:
    """What a user has to know of a model before using it.

    Parameters
    ----------
    name
        Display name.
    kind
        ``detector``, ``interactor``, ``tracker`` or ``reid``.
    framework
        What it runs on, e.g. ``"OpenCV"``.
    labels
        What a detector can find, with attributes and skeleton templates.
    device
        Where it runs, e.g. ``"cpu"`` or ``"cuda:0"``.
    help
        One or two sentences for the user.
    min_positive
        Interactors: positive points needed before it answers.
    min_negative
        Interactors: negative points needed; ``None`` if it takes none.
    box
        Interactors: whether a box can, must or must not be given.
    shape_types
        Trackers: what they can follow. Interactors: what they answer with.
    """

    name: str
    kind: Kind
    framework: str = "Python"
    labels: LabelSet = field(default_factory=LabelSet)
    device: str = "cpu"
    help: str = ""
    min_positive: int = 1
    min_negative: int | None = 0
    box: Literal["no", "optional", "required"] = "no"
    shape_types: tuple[ShapeType, ...] = ()


@dataclass(frozen=True, eq=False)
class Prompt:
    """What a user has pointed at.

    Parameters
    ----------
    positive, negative
        Points (x, y) on the object and beside it, in the order of the clicks.
    box
        ``(left, top, right, bottom)`` around the object.
    mask
        The answer to the prompt before, bool of shape (height, width), for models that refine it.
    polygon
        The same as flat float64 coordinates.
    choice
        Which of the shapes of the answer before the user goes on with, counted from 0.
    """

    positive: tuple[tuple[float, float], ...] = ()
    negative: tuple[tuple[float, float], ...] = ()
    box: tuple[float, float, float, float] | None = None
    mask: NDArray[np.bool_] | None = None
    polygon: NDArray[np.float64] | None = None
    choice: int = 0


@dataclass(frozen=True, eq=False)
class Detection:
    """A shape or tag that a model has found, or that a tracker is to follow.

    Parameters
    ----------
    label
        Name of one of the model's labels; empty where the model knows none (interactors, trackers).
    type
        Shape type or ``tag``.
    points
        float64 in CVAT's encoding; empty for skeletons and tags.
    score
        Confidence from 0 to 1.
    rotation
        Degrees, clockwise on screen, about the centre of the shape.
    attributes
        Attribute name -> value as text.
    elements
        Joints of a skeleton; their label is the sublabel's name.
    outside
        Joints only: not visible.
    group
        Detections of one picture with the same number (not 0) belong together.
    """

    label: str
    type: ShapeType
    points: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    score: float = 1.0
    rotation: float = 0.0
    attributes: Mapping[str, str] = field(default_factory=dict)
    elements: tuple[Detection, ...] = ()
    outside: bool = False
    group: int = 0

    @classmethod
    def of_box(cls, label: str, box: ArrayLike, score: float = 1.0) -> Detection:
        """Make a rectangle from ``(left, top, right, bottom)``."""
        return cls(label, "rectangle", np.asarray(box, np.float64), score)

    @classmethod
    def of_mask(cls, label: str, bitmap: ArrayLike, score: float = 1.0) -> Detection:
        """Make a mask from a bitmap of shape (height, width)."""
        return cls(label, "mask", encode_mask(bitmap), score)

    def bitmap(self, height: int, width: int) -> NDArray[np.bool_]:
        """Return a mask as bool of shape (height, width)."""
        return decode_mask(self.points, width, height)


@runtime_checkable
class Interactor(Protocol):
    """Prompts -> shapes. The picture is encoded once; every click is answered from what that gave."""

    @property
    def info(self) -> ModelInfo:
        """What the model is and which prompts it takes."""

    def encode(self, image: Picture) -> Any:
        """Do whatever does not depend on the prompt; the result may be used for many prompts."""

    def predict(self, encoded: Any, prompt: Prompt) -> list[Detection]:
        """Return masks or polygons, the best first; an empty list if there is nothing."""


@runtime_checkable
class Detector(Protocol):
    """Pictures -> detections."""

    @property
    def info(self) -> ModelInfo:
        """What the model is and what it can find."""

    def detect(self, images: Sequence[Picture], threshold: float | None = None) -> list[list[Detection]]:
        """Return the detections of every picture with a score of at least ``threshold``; ``None``: the model's own."""


@runtime_checkable
class Tracker(Protocol):
    """Follows shapes from picture to picture, in whatever order of frames the pictures are given."""

    @property
    def info(self) -> ModelInfo:
        """What the model is and which shapes it can follow."""

    def start(self, image: Picture, shapes: Sequence[Detection]) -> list[Any]:
        """Return one state a shape. States belong to the model; nobody else looks into them."""

    def step(self, image: Picture, states: Sequence[Any]) -> list[Detection | None]:
        """Return where every shape is on the next picture, ``None`` where it is lost; states are brought up to date."""


@runtime_checkable
class ReIdentifier(Protocol):
    """Boxes on two pictures -> which is which."""

    @property
    def info(self) -> ModelInfo:
        """What the model is."""

    def match(
        self,
        image0: Picture,
        boxes0: NDArray[np.float64],
        image1: Picture,
        boxes1: NDArray[np.float64],
        *,
        labels0: Sequence[int] | None = None,
        labels1: Sequence[int] | None = None,
        threshold: float | None = None,
        max_distance: float | None = None,
    ) -> NDArray[np.int64]:
        """Match boxes.

        Parameters
        ----------
        image0, image1
            The two pictures.
        boxes0, boxes1
            float64 of shape (n, 4) and (m, 4): left, top, right, bottom.
        labels0, labels1
            A number a box; boxes with different numbers are never matched.
        threshold
            Largest cosine distance of a match (CVAT's default is 0.5).
        max_distance
            Largest distance of the centres in pixels (CVAT's default is 50).

        Returns
        -------
        ndarray
            int64 of shape (n,): position in ``boxes1`` or -1.
        """
