"""What a CVAT serverless function answers -> detections, by CVAT's contract."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.backends.failures import ModelError
from cvat_widgets.backends.protocols import Detection, ModelInfo
from cvat_widgets.backends.results import checked
from cvat_widgets.errors import AnnotationError
from cvat_widgets.model.kinds import point_count_problem
from cvat_widgets.model.labels import Label, LabelSet
from cvat_widgets.model.masks import encode_mask

__all__ = ["read_detections", "read_shapes", "read_track"]


def read_detections(answer: Any, info: ModelInfo, size: tuple[int, int]) -> list[Detection]:
    """Read a detector's list.

    Parameters
    ----------
    answer
        ``[{label, type, points | mask, confidence?, attributes: [{name, value}], rotation?, group_id?, elements?}]``; a mask
        is 0 and 1 for every pixel of its box, row by row, then left, top, right, bottom (inclusive).
    info
        The function; labels it does not declare are left out.
    size
        ``(height, width)`` of the picture.
    """
    if not isinstance(answer, list):
        raise ModelError(f"a list of detections was expected, not {type(answer).__name__}", where=info.name)
    found = []
    for number, item in enumerate(answer):
        where = f"{info.name}, detection {number}"
        if not isinstance(item, Mapping) or not isinstance(item.get("label"), str):
            raise ModelError("a detection is an object with a label", where=where)
        if item["label"] not in info.labels:
            continue
        found.append(checked(_detection(item, info.labels[item["label"]], where, size), info.labels, where))
    return found


def _detection(item: Mapping[str, Any], label: Label, where: str, size: tuple[int, int]) -> Detection:
    type_name: Any = item.get("type") or (label.type if label.type not in ("any", "interval") else "rectangle")
    try:
        if type_name == "mask":
            points = _cvat_mask(item["mask"] if "mask" in item else item["points"], where, size)
        else:
            points = np.asarray(item.get("points") if item.get("points") is not None else [], np.float64).ravel()
        attributes = {str(each["name"]): _text(each["value"]) for each in item.get("attributes") or ()}
        score = item.get("confidence")
        joints = LabelSet(label.sublabels)
        elements = tuple(
            _detection({"type": "points", **element}, joints[element["label"]], f"{where}, element {number}", size)
            for number, element in enumerate(item.get("elements") or ())
            if element["label"] in joints
        )
        return Detection(
            label=label.name,
            type=type_name,
            points=np.zeros(0) if type_name in ("tag", "skeleton") else points,
            score=1.0 if score is None else float(score),
            rotation=float(item.get("rotation") or 0.0),
            attributes=attributes,
            elements=elements,
            outside=bool(item.get("outside", False)),
            group=int(item.get("group_id") or 0),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"the detection cannot be read: {type(error).__name__}: {error}", where=where) from None


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _cvat_mask(values: Any, where: str, size: tuple[int, int]) -> NDArray[np.float64]:
    flat = np.asarray(values, np.float64).ravel()
    if len(flat) < 5 or not np.isfinite(flat).all():
        raise ModelError("a mask is a list of 0 and 1 and four numbers of its box", where=where)
    left, top, right, bottom = (math.floor(value) for value in flat[-4:])
    width, height = right - left + 1, bottom - top + 1
    if width < 1 or height < 1 or len(flat) - 4 != width * height:
        raise ModelError(f"a mask of {len(flat) - 4} pixels was returned for a box of {width} x {height}", where=where)
    if left < 0 or top < 0 or right >= size[1] or bottom >= size[0]:
        raise ModelError(f"the box of a mask leaves the picture of {size[1]} x {size[0]}", where=where)
    crop = encode_mask(flat[:-4].reshape(height, width) != 0, (0, 0, width, height))
    crop[-4:] += (left, top, left, top)
    return crop


def read_shapes(answer: Any, info: ModelInfo, size: tuple[int, int]) -> list[Detection]:
    """Read an interactor's answer.

    Parameters
    ----------
    answer
        ``{"shapes": [{type, points, attributes: [{spec_id: 0, value: confidence}]}]}``; or of older functions
        ``{"mask": bitmap of the picture}``, a bitmap, or a list of points.
    info
        The function.
    size
        ``(height, width)`` of the picture.
    """
    if isinstance(answer, Mapping) and isinstance(answer.get("shapes"), list):
        found = [_shape(shape, f"{info.name}, shape {number}") for number, shape in enumerate(answer["shapes"])]
        return sorted(found, key=lambda each: -each.score)
    if isinstance(answer, Mapping) and "mask" in answer:
        answer = answer["mask"]
    elif isinstance(answer, Mapping) and "points" in answer:
        answer = answer["points"]
    if isinstance(answer, Mapping) and "blob" in answer:
        raise ModelError(
            "the function returns an embedding for a decoder in the browser, not a mask",
            where=info.name,
            hint="Load the model itself with one of the backends of cvat_widgets.backends.backends()",
        )
    try:
        values = np.asarray(answer, np.float64)
    except (TypeError, ValueError):
        raise ModelError(f"a mask or shapes were expected, not {str(answer)[:100]}", where=info.name) from None
    if not values.size:
        return []
    if values.shape == size:
        return [Detection.of_mask("", values > 0)] if (values > 0).any() else []
    if values.ndim == 2 and values.shape[1] == 2 and len(values) >= 3:
        return [checked(Detection("", "polygon", values.ravel()), LabelSet(), info.name)]
    raise ModelError(f"a bitmap of {size} or points were expected, not an array of shape {values.shape}", where=info.name)


def _shape(shape: Any, where: str) -> Detection:
    if not isinstance(shape, Mapping) or "points" not in shape:
        raise ModelError("a shape is an object with a type and points", where=where)
    try:
        score = next((float(each["value"]) for each in shape.get("attributes") or () if each.get("spec_id") == 0), 1.0)
        made = Detection("", shape.get("type") or "mask", np.asarray(shape["points"], np.float64).ravel(), score)
    except (KeyError, TypeError, ValueError, AttributeError, AnnotationError) as error:
        raise ModelError(f"the shape cannot be read: {error}", where=where) from None
    return checked(made, LabelSet(), where)


def read_track(answer: Any, types: Sequence[str], info: ModelInfo) -> tuple[list[NDArray[np.float64] | None], list[Any]]:
    """Read a tracker's ``{"shapes": [shape or null], "states": [state]}``; a shape is ``{type, points}`` or bare points."""
    if not isinstance(answer, Mapping) or not all(isinstance(answer.get(key), list) for key in ("shapes", "states")):
        raise ModelError("an object with shapes and states was expected", where=info.name)
    shapes, states = answer["shapes"], answer["states"]
    if len(shapes) != len(types) or len(states) != len(types):
        raise ModelError(f"{len(types)} shapes and states were expected, not {len(shapes)} and {len(states)}", where=info.name)
    places: list[NDArray[np.float64] | None] = []
    for number, (shape, wanted) in enumerate(zip(shapes, types, strict=True)):
        where = f"{info.name}, shape {number}"
        if shape is None:
            places.append(None)
            continue
        given = shape.get("type", wanted) if isinstance(shape, Mapping) else wanted
        if given != wanted:
            raise ModelError(f"a {wanted} was to be followed, a {given} came back", where=where)
        try:
            points = np.asarray(shape["points"] if isinstance(shape, Mapping) else shape, np.float64).ravel()
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"the shape cannot be read: {error}", where=where) from None
        problem = point_count_problem(wanted, len(points))
        if problem or not np.isfinite(points).all():
            raise ModelError(problem or "a coordinate is not a finite number", where=where)
        places.append(points)
    return places, list(states)
