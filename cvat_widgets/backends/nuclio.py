"""CVAT's serverless functions as they are: a folder with ``function.yaml`` and ``main.py``, without Docker or Nuclio.

What goes in and comes out follows CVAT's contract for detectors, interactors, trackers and re-identification exactly. The
function runs in this kernel (``isolated=False``), or in a process with an interpreter of its own.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.backends.failures import ModelError, guarded
from cvat_widgets.backends.function_yaml import parse_yaml
from cvat_widgets.backends.functions import check_picture, supported
from cvat_widgets.backends.nuclio_answers import read_detections, read_shapes, read_track
from cvat_widgets.backends.nuclio_host import FunctionHost
from cvat_widgets.backends.nuclio_process import FunctionProcess
from cvat_widgets.backends.protocols import KINDS, Detection, ModelInfo, Picture, Prompt
from cvat_widgets.errors import LabelError
from cvat_widgets.media.encoding import encode_rgb
from cvat_widgets.model.kinds import SHAPE_TYPES
from cvat_widgets.model.labels import LabelSet

__all__ = ["NuclioDetector", "NuclioInteractor", "NuclioReIdentifier", "NuclioTracker", "find_function_file", "load_function"]


def find_function_file(folder: str | os.PathLike[str]) -> Path | None:
    """Return the ``function.yaml`` in a folder, in its ``nuclio`` folder, or that for a GPU; ``None`` if there is none."""
    root = Path(folder).expanduser()
    for name in ("function.yaml", "nuclio/function.yaml", "function-gpu.yaml", "nuclio/function-gpu.yaml"):
        if (root / name).is_file():
            return root / name
    return None


class _Function:
    """What the four kinds share: the description, and one call."""

    def __init__(
        self, info: ModelInfo, runner: FunctionHost | FunctionProcess, meta: Mapping[str, Any], quality: int | None
    ) -> None:
        self.info, self._runner, self._meta, self._quality = info, runner, meta, quality

    def _picture(self, image: Picture) -> str:
        encoded = encode_rgb(check_picture(image, self.info.name), quality=self._quality, exact=True)
        return base64.b64encode(encoded.data).decode("ascii")

    def _call(self, payload: dict[str, Any], doing: str) -> Any:
        with guarded(self.info.name, doing):
            answer = self._runner.call(payload)
        if answer["status"] != 200:
            raise ModelError(
                f"the function answered with status {answer['status']}: {str(answer['body'])[:300]}", where=self.info.name
            )
        return answer["body"]

    def close(self) -> None:
        """End the process of an isolated function."""
        if isinstance(self._runner, FunctionProcess):
            self._runner.close()


class NuclioDetector(_Function):
    """``{image, threshold?}`` -> a list of shapes and tags."""

    def detect(self, images: Sequence[Picture], threshold: float | None = None) -> list[list[Detection]]:
        """Return the detections of every picture; labels that the function does not declare are left out, as in CVAT."""
        found = []
        for image in images:
            payload: dict[str, Any] = {"image": self._picture(image)}
            if threshold:
                payload["threshold"] = threshold
            one = read_detections(self._call(payload, "detecting"), self.info, image.shape[:2])
            found.append(one if threshold is None else [each for each in one if each.score >= threshold])
        return found


@dataclass(frozen=True, eq=False)
class _Encoded:
    image: str
    size: tuple[int, int]


class NuclioInteractor(_Function):
    """``{image, pos_points, neg_points, obj_bbox}`` -> shapes, or a bitmap."""

    def encode(self, image: Picture) -> _Encoded:
        """Encode the picture as a file, once for all prompts."""
        return _Encoded(self._picture(image), (image.shape[0], image.shape[1]))

    def predict(self, encoded: _Encoded, prompt: Prompt) -> list[Detection]:
        """Return the function's shapes, the best first."""
        box = prompt.box
        if self.info.box == "required" and box is None:
            raise ModelError("a box is needed", where=self.info.name)
        payload = {
            "image": encoded.image,
            "pos_points": [list(map(float, point)) for point in prompt.positive],
            "neg_points": [list(map(float, point)) for point in prompt.negative],
            "obj_bbox": [] if box is None else [[float(box[0]), float(box[1])], [float(box[2]), float(box[3])]],
        }
        return read_shapes(self._call(payload, "answering a prompt"), self.info, encoded.size)


@dataclass(eq=False)
class _State:
    state: Any
    shape: Detection
    lost: bool = False


class NuclioTracker(_Function):
    """``{image, shapes, states}`` -> ``{shapes, states}``; states are the function's own JSON."""

    @property
    def _legacy(self) -> bool:
        """A function that does not declare its shape types takes and gives bare points."""
        return "supported_shape_types" not in self._meta

    def start(self, image: Picture, shapes: Sequence[Detection]) -> list[_State]:
        """Send the shapes on the first picture."""
        points = [supported(shape, self.info).points.tolist() for shape in shapes]
        sent = points if self._legacy else [{"type": s.type, "points": p} for s, p in zip(shapes, points, strict=True)]
        answer = self._call({"image": self._picture(image), "shapes": sent, "states": []}, "starting a track")
        _, states = read_track(answer, [shape.type for shape in shapes], self.info)
        return [_State(state, shape) for state, shape in zip(states, shapes, strict=True)]

    def step(self, image: Picture, states: Sequence[_State]) -> list[Detection | None]:
        """Send the states with the next picture; all shapes go in one call."""
        alive = [state for state in states if not state.lost]
        if alive:
            payload = {"image": self._picture(image), "shapes": [None] * len(alive), "states": [each.state for each in alive]}
            answer = self._call(payload, "tracking")
            points, renewed = read_track(answer, [state.shape.type for state in alive], self.info)
            for state, place, new in zip(alive, points, renewed, strict=True):
                state.state, state.lost = new, place is None
                if place is not None:
                    state.shape = replace(state.shape, points=place)
        return [None if state.lost else state.shape for state in states]


class NuclioReIdentifier(_Function):
    """``{image0, image1, boxes0, boxes1, threshold, max_distance?}`` -> positions in ``boxes1`` or -1."""

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
        """Match boxes; see :class:`~cvat_widgets.backends.protocols.ReIdentifier`."""
        first, second = (np.asarray(boxes, np.float64).reshape(-1, 4) for boxes in (boxes0, boxes1))
        if not len(first) or not len(second):
            return np.full(len(first), -1, np.int64)
        payload: dict[str, Any] = {
            "image0": self._picture(image0),
            "image1": self._picture(image1),
            "boxes0": _boxes(first, labels0),
            "boxes1": _boxes(second, labels1),
            "threshold": 0.5 if threshold is None else threshold,
        }
        if max_distance is not None:
            payload["max_distance"] = max_distance
        answer = self._call(payload, "matching")
        whole = isinstance(answer, list) and all(isinstance(each, int) and -1 <= each < len(second) for each in answer)
        if not whole or len(answer) != len(first):
            raise ModelError(
                f"{len(first)} numbers from -1 to {len(second) - 1} were expected, not {answer!r:.200}", where=self.info.name
            )
        return np.array(answer, np.int64)


def _boxes(boxes: NDArray[np.float64], labels: Sequence[int] | None) -> list[dict[str, Any]]:
    numbers = [0] * len(boxes) if labels is None else labels
    return [
        {"type": "rectangle", "points": box, "label_id": int(label)} for box, label in zip(boxes.tolist(), numbers, strict=True)
    ]


_CLASSES: dict[str, type[_Function]] = {
    "detector": NuclioDetector,
    "interactor": NuclioInteractor,
    "tracker": NuclioTracker,
    "reid": NuclioReIdentifier,
}


def load_function(
    folder: str | os.PathLike[str],
    *,
    isolated: bool = False,
    interpreter: str | os.PathLike[str] | None = None,
    env: Mapping[str, str] | None = None,
    paths: Sequence[str | os.PathLike[str]] = (),
    timeout: float = 120.0,
    jpeg_quality: int | None = None,
) -> Any:
    """Load a serverless function.

    Parameters
    ----------
    folder
        Folder of ``function.yaml`` and ``main.py`` (or of ``nuclio/`` with them), or the YAML file itself.
    isolated
        Run it in a process of its own.
    interpreter
        The Python of that process, e.g. ``envs/sam/bin/python``; implies ``isolated``.
    env
        Environment variables, added to those of the file; many functions find their weights by ``MODEL_PATH``.
    paths
        More folders to import from; ``serverless/common/<framework>`` beside the function is found by itself.
    timeout
        Seconds an isolated function may take for one call.
    jpeg_quality
        Send JPEG of this quality; by default PNG, which loses nothing.

    Returns
    -------
    Detector, Interactor, Tracker or ReIdentifier
        As the file's ``type`` says.

    Raises
    ------
    ModelError
        The folder holds no function, the file is damaged, or the function does not load.
    """
    given = Path(folder).expanduser()
    file = given if given.is_file() else find_function_file(given)
    if file is None:
        raise ModelError("there is no function.yaml", where=str(given), hint="Give the folder of a CVAT serverless function")
    config = parse_yaml(file.read_text(encoding="utf-8"), str(file))
    meta, spec = _parts(config, file)
    info = _info(meta, spec, file)
    variables = {
        str(each["name"]): str(each.get("value", ""))
        for each in spec.get("env") or ()
        if isinstance(each, dict) and "name" in each
    }
    variables.pop("NUCLIO_PYTHON_EXE_PATH", None)
    variables.update(env or {})
    handler = str(spec.get("handler") or "main:handler")
    places = [*map(str, paths), *_common(file.parent, meta)]
    name = str(config["metadata"].get("name") or info.name)
    try:
        runner: FunctionHost | FunctionProcess
        if isolated or interpreter is not None:
            python = None if interpreter is None else str(Path(interpreter).expanduser())
            runner = FunctionProcess(str(file.parent), handler, variables, places, name, interpreter=python, timeout=timeout)
        else:
            with guarded(info.name, "loading"):
                runner = FunctionHost(str(file.parent), handler, variables, places, name)
    except ModelError as error:
        raise ModelError(error.what, where=error.where, hint=error.hint or _advice(error.what, file, spec)) from error.__cause__
    if isinstance(runner, FunctionProcess):
        info = replace(info, framework=f"{info.framework} (own process)")
    return _CLASSES[info.kind](info, runner, meta, jpeg_quality)


def _parts(config: Any, file: Path) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    if not isinstance(config, dict) or not isinstance(config.get("metadata"), dict):
        raise ModelError("the file has no metadata", where=str(file), hint="A CVAT function has metadata.annotations")
    meta = config["metadata"].get("annotations")
    spec = config.get("spec") or {}
    if not isinstance(meta, dict) or meta.get("type") not in KINDS or not isinstance(spec, dict):
        kind = meta.get("type") if isinstance(meta, dict) else None
        raise ModelError(f"metadata.annotations.type is {kind!r}", where=str(file), hint=f"CVAT knows {', '.join(KINDS)}")
    return meta, spec


def _info(meta: Mapping[str, Any], spec: Mapping[str, Any], file: Path) -> ModelInfo:
    try:
        raw = json.loads(meta.get("spec") or "[]") if isinstance(meta.get("spec") or "", str) else meta["spec"]
        labels = LabelSet.of([_without_ids(each) for each in raw])
    except (ValueError, TypeError, AttributeError, LabelError) as error:
        raise ModelError(f"metadata.annotations.spec is no list of labels: {error}", where=str(file)) from None
    types = tuple(each.strip() for each in str(meta.get("supported_shape_types") or "rectangle").split(","))
    unknown = [each for each in types if each not in SHAPE_TYPES]
    if unknown:
        raise ModelError(f"supported_shape_types names {unknown[0]!r}", where=str(file))
    try:
        positive, negative = int(meta.get("min_pos_points", 1)), int(meta.get("min_neg_points", -1))
    except (TypeError, ValueError):
        raise ModelError("min_pos_points and min_neg_points are whole numbers", where=str(file)) from None
    return ModelInfo(
        name=str(meta.get("name") or file.parent.name),
        kind=meta["type"],
        framework=str(meta.get("framework") or "serverless function"),
        labels=labels,
        help=str(meta.get("help_message") or spec.get("description") or ""),
        min_positive=positive,
        min_negative=None if negative < 0 else negative,
        box="optional" if _yes(meta, "startswith_box_optional") else "required" if _yes(meta, "startswith_box") else "no",
        shape_types=types if meta["type"] == "tracker" else (),  # type: ignore[arg-type]  # checked above
    )


def _yes(meta: Mapping[str, Any], key: str) -> bool:
    return str(meta.get(key, "")).lower() in ("true", "1", "yes")


def _without_ids(raw: Any) -> Any:
    """Drop the function's own ids, which begin at 0 and mean nothing outside."""
    if not isinstance(raw, dict):
        return raw
    label = {key: value for key, value in raw.items() if key != "id"}
    for key in ("attributes", "sublabels"):
        label[key] = [_without_ids(each) for each in raw.get(key) or ()]
    return label


def _common(folder: Path, meta: Mapping[str, Any]) -> list[str]:
    """Return ``serverless/common/<framework>`` of the repository that the function stands in."""
    found = []
    for parent in folder.resolve().parents:
        common = parent / "common"
        if parent.name == "serverless" and common.is_dir():
            parts = {str(meta.get("framework") or ""), *folder.resolve().relative_to(parent).parts} - {""}
            found += [str(common / part) for part in sorted(parts) if (common / part).is_dir()]
    return found


def _advice(what: str, file: Path, spec: Mapping[str, Any]) -> str | None:
    """Say what the container would have had."""
    if "No module named" in what:
        build = (spec.get("build") or {}).get("directives") if isinstance(spec.get("build"), dict) else None
        steps = [step for group in (build or {}).values() for step in group or ()] if isinstance(build, dict) else []
        runs = [str(step.get("value")) for step in steps if isinstance(step, dict) and "pip" in str(step.get("value"))]
        installed = f": {'; '.join(runs)[:300]}" if runs else ""
        return f"The container of the function installs packages{installed}. Install them here or pass interpreter=…"
    if "/opt/nuclio" in what or "No such file" in what:
        return f"The function looks for its files in /opt/nuclio: put them into {file.parent}, and pass env={{'MODEL_PATH': …}}"
    return None
