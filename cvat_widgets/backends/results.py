"""Whatever a function returns -> detections, checked; the error says what is wrong and where.

Accepted for one picture, alone or mixed in a list:

* :class:`~cvat_widgets.backends.protocols.Detection`;
* a dict ``{"label", "type", "points" | "box" | "mask" | "polygon", "score" | "confidence", "attributes", "rotation",
  "elements"}``, where ``mask`` is a bitmap of the whole picture and ``type`` follows from the key where it is missing.

Or the whole answer at once:

* an array (n, 6): left, top, right, bottom, score, number of the label; (n, 5) without the label, (n, 4) without the score;
* torchvision's ``{"boxes": (n, 4), "labels": (n,), "scores": (n,), "masks": (n, 1, height, width)}``;
* an object with ``xyxy``, ``confidence``, ``class_id`` and ``mask`` as supervision makes it;
* ``None``: nothing found.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.backends.failures import ModelError
from cvat_widgets.backends.protocols import Detection
from cvat_widgets.errors import AnnotationError
from cvat_widgets.model.kinds import SHAPE_TYPES, point_count_problem
from cvat_widgets.model.labels import Label, LabelSet
from cvat_widgets.model.masks import decode_crop, encode_mask

__all__ = ["checked", "checked_all", "detections_of", "to_array"]

_KEYS = {
    "label", "type", "points", "box", "bbox", "mask", "polygon", "score", "confidence", "attributes", "rotation", "elements",
    "outside", "group", "group_id",
}  # fmt: skip


def to_array(value: Any, dtype: Any = None) -> NDArray[Any]:
    """Return an array of a list, an array or a tensor on whatever device."""
    for method in ("detach", "cpu", "numpy"):
        if not isinstance(value, np.ndarray) and callable(getattr(value, method, None)):
            value = getattr(value, method)()
    return np.asarray(value, dtype)


def detections_of(answer: Any, labels: LabelSet, size: tuple[int, int], where: str) -> list[Detection]:
    """Read the answer of a function for one picture.

    Parameters
    ----------
    answer
        See the module's text.
    labels
        The model's labels; empty if it needs none.
    size
        ``(height, width)`` of the picture.
    where
        Name of the model, for errors.

    Raises
    ------
    ModelError
        Something in the answer is no detection.
    """
    if answer is None:
        return []
    if isinstance(answer, Detection):
        found = [answer]
    elif isinstance(answer, Mapping) and "boxes" in answer:
        found = _of_parallel(
            answer["boxes"], answer.get("scores"), answer.get("labels"), answer.get("masks"), labels, size, where
        )
    elif isinstance(answer, Mapping):
        found = [_of_dict(answer, labels, size, f"{where}, detection 0")]
    elif hasattr(answer, "xyxy") and hasattr(answer, "confidence"):
        masks = getattr(answer, "mask", None)
        found = _of_parallel(answer.xyxy, answer.confidence, getattr(answer, "class_id", None), masks, labels, size, where)
    elif isinstance(answer, np.ndarray) or hasattr(answer, "detach"):
        found = _of_rows(to_array(answer), labels, size, where)
    elif isinstance(answer, Iterable) and not isinstance(answer, (str, bytes)):
        found = [_of_item(item, labels, size, f"{where}, detection {index}") for index, item in enumerate(answer)]
    else:
        raise ModelError(
            f"a list of detections was expected, not {_kind_of(answer)}",
            where=where,
            hint="See help(cvat_widgets.backends.results)",
        )
    return checked_all(found, labels, where)


def checked_all(found: Iterable[Detection], labels: LabelSet, where: str) -> list[Detection]:
    """Check every detection; see :func:`checked`."""
    return [checked(each, labels, f"{where}, detection {index}") for index, each in enumerate(found)]


def checked(found: Detection, labels: LabelSet, where: str) -> Detection:
    """Check one detection: label, type, number of coordinates, finite numbers, score, runs of a mask.

    Raises
    ------
    ModelError
        The first thing that is wrong.
    """
    label = _label_of(found.label, labels, where)
    if found.type not in SHAPE_TYPES:
        raise ModelError(f"{found.type!r} is not a shape type", where=where, hint=f"Use one of {', '.join(SHAPE_TYPES)}")
    if label is not None and label.type not in ("any", found.type) and {label.type, found.type} != {"mask", "polygon"}:
        raise ModelError(f"a {found.type} was returned for the label {label.name!r}, which is a {label.type}", where=where)
    points = np.asarray(found.points, np.float64).ravel()
    problem = point_count_problem(found.type, len(points))
    if problem:
        raise ModelError(problem, where=where)
    if not np.isfinite(points).all():
        raise ModelError("a coordinate is not a finite number", where=where)
    if not math.isfinite(found.score) or not math.isfinite(found.rotation):
        raise ModelError("the score or the rotation is not a finite number", where=where)
    if not -1e-6 <= found.score <= 1 + 1e-6:
        raise ModelError(f"the score {found.score:g} is not between 0 and 1", where=where)
    if found.type == "mask":
        try:
            decode_crop(points)
        except AnnotationError as error:
            raise ModelError(error.what, where=where) from None
    if found.elements and found.type != "skeleton":
        raise ModelError(f"a {found.type} has no elements", where=where)
    joints = LabelSet(label.sublabels) if label is not None else LabelSet()
    elements = tuple(checked(element, joints, f"{where}, element {number}") for number, element in enumerate(found.elements))
    return replace(found, points=points, score=min(max(float(found.score), 0.0), 1.0), elements=elements)


def _label_of(name: str, labels: LabelSet, where: str) -> Label | None:
    if not len(labels):
        return None
    if name not in labels:
        raise ModelError(
            f"{name!r} is not one of the model's labels", where=where, hint=f"It declares: {', '.join(labels.names)}"
        )
    return labels[name]


def _kind_of(value: Any) -> str:
    return f"a value of type {type(value).__name__}"


def _of_item(item: Any, labels: LabelSet, size: tuple[int, int], where: str) -> Detection:
    if isinstance(item, Detection):
        return item
    if isinstance(item, Mapping):
        return _of_dict(item, labels, size, where)
    raise ModelError(
        f"a detection is a dict or a Detection, not {_kind_of(item)}",
        where=where,
        hint="See help(cvat_widgets.backends.results)",
    )


def _of_dict(item: Mapping[str, Any], labels: LabelSet, size: tuple[int, int], where: str) -> Detection:
    unknown = set(item) - _KEYS
    if unknown:
        raise ModelError(
            f"the key {min(map(str, unknown))!r} is not known", where=where, hint=f"Known are: {', '.join(sorted(_KEYS))}"
        )
    label = item.get("label", labels.names[0] if len(labels) == 1 else "" if not len(labels) else None)
    if label is None:
        raise ModelError("a detection needs a label", where=where, hint=f"The model declares: {', '.join(labels.names)}")
    if isinstance(label, (int, np.integer)):
        label = _numbered(int(label), labels, where)
    try:
        type_name, points = _geometry(item, size, where)
        return Detection(
            label=str(label),
            type=type_name,
            points=points,
            score=float(item.get("score", item.get("confidence", 1.0))),
            rotation=float(item.get("rotation") or 0.0),
            attributes={str(key): _text(value) for key, value in _pairs(item.get("attributes") or {})},
            elements=tuple(
                _of_item(element, _joints(labels, str(label)), size, f"{where}, element {number}")
                for number, element in enumerate(item.get("elements") or ())
            ),
            outside=bool(item.get("outside", False)),
            group=int(item.get("group", item.get("group_id")) or 0),
        )
    except (TypeError, ValueError, OverflowError) as error:
        raise ModelError(f"the detection cannot be read: {error}", where=where) from None


def _geometry(item: Mapping[str, Any], size: tuple[int, int], where: str) -> tuple[Any, NDArray[np.float64]]:
    type_name = item.get("type")
    if "mask" in item and type_name in (None, "mask"):
        return "mask", encode_mask(_bitmap(item["mask"], size, where))
    for key, default in (("box", "rectangle"), ("bbox", "rectangle"), ("polygon", "polygon"), ("points", "polygon")):
        if key in item:
            return type_name or default, to_array(item[key], np.float64).ravel()
    if type_name is None:
        type_name = "skeleton" if item.get("elements") else "tag"
    return type_name, np.zeros(0)


def _bitmap(mask: Any, size: tuple[int, int], where: str) -> NDArray[np.bool_]:
    """Read a bitmap; floats are probabilities, true above 0.5."""
    pixels = np.squeeze(to_array(mask))
    if pixels.shape != size:
        raise ModelError(f"a mask of {pixels.shape} was returned for a picture of {size} (height, width)", where=where)
    if pixels.dtype.kind == "f":
        if not np.isfinite(pixels).all():
            raise ModelError("the mask holds numbers that are not finite", where=where)
        return pixels > 0.5
    return pixels.astype(bool)


def _pairs(attributes: Any) -> Iterable[tuple[Any, Any]]:
    """Read attributes as a dict, or as CVAT's list of ``{"name", "value"}``."""
    if isinstance(attributes, Mapping):
        return attributes.items()
    if not all(isinstance(each, Mapping) and {"name", "value"} <= each.keys() for each in attributes):
        raise ValueError("attributes are a dict, or a list of dicts with name and value")
    return [(each["name"], each["value"]) for each in attributes]


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, (bool, np.bool_)) else str(value)


def _joints(labels: LabelSet, name: str) -> LabelSet:
    return LabelSet(labels[name].sublabels) if name in labels else LabelSet()


def _numbered(number: int, labels: LabelSet, where: str) -> str:
    if not 0 <= number < len(labels):
        raise ModelError(
            f"label number {number} was returned, the model declares {len(labels)} labels",
            where=where,
            hint="Numbers start at 0",
        )
    return labels.names[number]


def _of_rows(rows: NDArray[Any], labels: LabelSet, size: tuple[int, int], where: str) -> list[Detection]:
    if rows.ndim == 2 and rows.shape == size and rows.dtype == bool:
        return [Detection.of_mask(labels.names[0] if len(labels) else "", rows)]
    if rows.size == 0:
        return []
    if rows.ndim != 2 or not 4 <= rows.shape[1] <= 6:
        raise ModelError(
            f"an array of shape {rows.shape} was returned",
            where=where,
            hint="Boxes are (n, 4), (n, 5) or (n, 6): left, top, right, bottom, score, number of the label",
        )
    rows = rows.astype(np.float64)
    scores = rows[:, 4] if rows.shape[1] > 4 else None
    numbers = rows[:, 5] if rows.shape[1] > 5 else None
    return _of_parallel(rows[:, :4], scores, numbers, None, labels, size, where)


def _of_parallel(
    boxes: Any, scores: Any, numbers: Any, masks: Any, labels: LabelSet, size: tuple[int, int], where: str
) -> list[Detection]:
    boxes = to_array(boxes, np.float64).reshape(-1, 4)
    count = len(boxes)
    scores = np.ones(count) if scores is None else to_array(scores, np.float64).ravel()
    numbers = np.zeros(count) if numbers is None else to_array(numbers, np.float64).ravel()
    if len(scores) != count or len(numbers) != count or (masks is not None and len(masks) != count):
        raise ModelError("boxes, scores, labels and masks are not of the same number", where=where)
    if not (np.isfinite(numbers).all() and (numbers == np.floor(numbers)).all()):
        raise ModelError("the numbers of the labels are not whole numbers", where=where)
    found = []
    for row in range(count):
        place = f"{where}, detection {row}"
        label = _numbered(int(numbers[row]), labels, place) if len(labels) else ""
        if masks is None:
            found.append(Detection.of_box(label, boxes[row], float(scores[row])))
        else:
            found.append(Detection.of_mask(label, _bitmap(masks[row], size, place), float(scores[row])))
    return found
