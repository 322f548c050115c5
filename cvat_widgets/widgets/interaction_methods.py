"""What the browser can call to draw with a model: answers to clicks and boxes, and the live wire between two points."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from cvat_widgets.backends.protocols import ModelInfo, Prompt
from cvat_widgets.errors import ProtocolError
from cvat_widgets.model.kinds import point_count_problem
from cvat_widgets.model.masks import decode_mask
from cvat_widgets.widgets.rpc import Call, method

__all__: list[str] = []

_MOST_POINTS = 500
_MOST_NUMBERS = 200_000
Point = tuple[float, float]


@method("interact.encode", on_models=True)
def encode(call: Call) -> dict[str, Any]:
    """Prepare a frame for clicks, and the next one in the background: ``{model, frame}``; says what the model needs."""
    job = call.session.job
    info = call.session.interactions.encode(_model(call), call.integer("frame", job.start, job.stop))
    return _needs(info)


@method("interact", on_models=True)
def interact(call: Call) -> dict[str, Any]:
    """Answer a prompt: ``{model, frame, positive, negative, box?, shape?, previous?}``.

    ``shape`` is an object to refine, ``{type, points}``; ``previous`` is ``{token, index}`` of the answer that the prompt
    continues. The answer is ``{token, hypotheses: [{mask, polygon, score}]}``, masks in CVAT's encoding.
    """
    job = call.session.job
    frame = call.integer("frame", job.start, job.stop)
    index = job.task.frame_index
    size = int(index.widths[frame]), int(index.heights[frame])
    prompt = Prompt(
        positive=_points(call.params.get("positive"), "positive", size),
        negative=_points(call.params.get("negative"), "negative", size),
        box=_box(call.params.get("box"), size),
        **_shape(call.params.get("shape"), size),
    )
    token, found = call.session.interactions.answer(_model(call), frame, prompt, _previous(call.params.get("previous")))
    return {
        "token": token,
        "hypotheses": [
            {
                "mask": [int(value) for value in each.mask],
                "polygon": None if each.polygon is None else each.polygon.tolist(),
                "score": each.score,
            }
            for each in found
        ],
    }


@method("scissors")
def scissors(call: Call) -> dict[str, Any]:
    """Return the line along the edges between two points: ``{frame, anchor, target, threshold?, blocked?}``."""
    job = call.session.job
    frame = call.integer("frame", job.start, job.stop)
    index = job.task.frame_index
    size = int(index.widths[frame]), int(index.heights[frame])
    (anchor,), (target,) = (_points([call.params.get(name)], name, size) for name in ("anchor", "target"))
    threshold = call.params.get("threshold")
    if threshold is not None and (not _is_number(threshold) or not 1 <= threshold <= 1e6):
        raise ProtocolError("the threshold is a number of pixels, at least 1")
    blocked = call.params.get("blocked", False)
    if not isinstance(blocked, bool):
        raise ProtocolError("blocked is true or false")
    line = call.session.interactions.scissors(frame, anchor, target, threshold=threshold, blocked=blocked)
    return {"line": line.round(2).ravel().tolist()}


# -- what the browser gave -------------------------------------------------------------------------------------------


def _model(call: Call) -> str:
    model = call.params.get("model")
    if not isinstance(model, str) or not 0 < len(model) <= 200:
        raise ProtocolError("model is the id of a model")
    return model


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _points(given: object, name: str, size: tuple[int, int]) -> tuple[Point, ...]:
    if given is None:
        return ()
    if not isinstance(given, list) or len(given) > _MOST_POINTS:
        raise ProtocolError(f"{name} is a list of at most {_MOST_POINTS} points")
    for point in given:
        if not isinstance(point, list) or len(point) != 2 or not all(map(_is_number, point)):
            raise ProtocolError(f"{name}: a point is two numbers")
        if not (0 <= point[0] <= size[0] and 0 <= point[1] <= size[1]):
            raise ProtocolError(f"{name}: a point lies outside the picture")
    return tuple((float(x), float(y)) for x, y in given)


def _box(given: object, size: tuple[int, int]) -> tuple[float, float, float, float] | None:
    if given is None:
        return None
    if not isinstance(given, list) or len(given) != 4 or not all(map(_is_number, given)):
        raise ProtocolError("a box is four numbers: left, top, right, bottom")
    left, top, right, bottom = map(float, given)
    if not (0 <= left < right <= size[0] and 0 <= top < bottom <= size[1]):
        raise ProtocolError("the box is empty or lies outside the picture")
    return left, top, right, bottom


def _shape(given: object, size: tuple[int, int]) -> dict[str, Any]:
    """Return the prompt's ``mask`` or ``polygon`` of an object that is to be refined."""
    if given is None:
        return {}
    if not isinstance(given, dict) or given.get("type") not in ("mask", "polygon"):
        raise ProtocolError("a shape to refine is a mask or a polygon")
    numbers = given.get("points")
    if not isinstance(numbers, list) or len(numbers) > _MOST_NUMBERS or not all(map(_is_number, numbers)):
        raise ProtocolError("the points of a shape are a list of numbers")
    points = np.array(numbers, np.float64)
    if given["type"] == "polygon":
        problem = point_count_problem("polygon", len(points))
        if problem:
            raise ProtocolError(f"the polygon to refine: {problem}")
        return {"polygon": points.reshape(-1, 2).clip(0, size).ravel()}
    if len(points) < 5:
        raise ProtocolError("a mask to refine has at least five numbers")
    return {"mask": decode_mask(points, *size)}


def _previous(given: object) -> tuple[int, int] | None:
    if given is None:
        return None
    if not isinstance(given, dict):
        raise ProtocolError("previous is {token, index}")
    token, index = given.get("token"), given.get("index", 0)
    if type(token) is not int or type(index) is not int or not 0 <= token < 1 << 53 or not 0 <= index < 100:
        raise ProtocolError("previous is {token, index}, two whole numbers")
    return token, index


def _needs(info: ModelInfo) -> dict[str, Any]:
    return {
        "name": info.name,
        "device": info.device,
        "min_positive": info.min_positive,
        "min_negative": info.min_negative,
        "box": info.box,
    }
