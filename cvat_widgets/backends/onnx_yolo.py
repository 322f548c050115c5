"""Detectors of the YOLO family from the ONNX file that their exporter wrote: boxes, masks and poses.

Preprocessing is that of the exporter: the picture is fitted into the input with grey bars (v3 to v12), into its top left
corner (YOLOX), or stretched (FastestDet); boxes come back in pixels of the picture.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cvat_widgets.backends.coco_labels import COCO_JOINTS, COCO_LABELS
from cvat_widgets.backends.failures import ModelError, guarded
from cvat_widgets.backends.functions import check_picture
from cvat_widgets.backends.nms import nms
from cvat_widgets.backends.onnx_runtime import OnnxModel
from cvat_widgets.backends.opencv_trackers import weights_file
from cvat_widgets.backends.protocols import Detection, ModelInfo, Picture
from cvat_widgets.backends.yolo_layouts import LAYOUTS, Raw, decode, recognise
from cvat_widgets.model.labels import Label, LabelSet

__all__ = ["OnnxYolo", "Placement", "letterbox"]

_GREY = 114


@dataclass(frozen=True)
class Placement:
    """Where a picture lies in the network's input: ``input = picture * scale + shift``, x and y each."""

    scale_x: float
    scale_y: float
    shift_x: float
    shift_y: float

    def back(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (n, 2k) coordinates x, y, x, y … of the input in pixels of the picture."""
        pairs = points.reshape(len(points), points.shape[1] // 2, 2)
        return ((pairs - (self.shift_x, self.shift_y)) / (self.scale_x, self.scale_y)).reshape(points.shape)


def letterbox(image: Picture, size: tuple[int, int], mode: str = "centre") -> tuple[NDArray[np.uint8], Placement]:
    """Fit a picture into the input of a network.

    Parameters
    ----------
    image
        uint8 of shape (height, width, 3).
    size
        ``(height, width)`` of the input.
    mode
        ``centre``: same scale for both sides, grey bars (114) left and right or above and below; ``corner``: bars right or
        below only; ``stretch``: no bars.

    Returns
    -------
    tuple
        uint8 of shape (size[0], size[1], 3), and where the picture lies in it.
    """
    height, width = image.shape[:2]
    if mode == "stretch":
        resized: Any = cv2.resize(image, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
        return resized, Placement(size[1] / width, size[0] / height, 0.0, 0.0)
    scale = min(size[0] / height, size[1] / width)
    # YOLOX cuts, the others round; both are kept so that scores agree with theirs.
    inner = [side * scale if mode == "corner" else float(round(side * scale)) for side in (width, height)]
    inner_width, inner_height = (max(1, int(side)) for side in inner)
    resized = image
    if (inner_width, inner_height) != (width, height):
        resized = cv2.resize(image, (inner_width, inner_height), interpolation=cv2.INTER_LINEAR)
    left = top = 0
    if mode == "centre":
        left, top = round((size[1] - inner_width) / 2 - 0.1), round((size[0] - inner_height) / 2 - 0.1)
    canvas = np.full((size[0], size[1], 3), _GREY, np.uint8)
    canvas[top : top + inner_height, left : left + inner_width] = resized
    return canvas, Placement(scale, scale, float(left), float(top))


class OnnxYolo:
    """Any ONNX export of the YOLO family.

    Parameters
    ----------
    weights
        The ONNX file.
    labels
        Names in the order of the classes; by default those in the file, COCO's 80 if there are 80, else ``class 0`` ….
    size
        Input side or ``(height, width)``; by default what the file says, 640 if it leaves that open.
    layout
        One of :data:`~cvat_widgets.backends.yolo_layouts.LAYOUTS`; by default recognised from the outputs.
    threshold
        Least score where the caller gives none.
    iou
        Overlap above which the weaker of two boxes of a class goes.
    limit
        At most this many detections a picture.
    bgr, scaled
        Channel order and whether values are divided by 255; by default as the layout needs it.
    engine, device
        See :class:`~cvat_widgets.backends.onnx_runtime.OnnxModel`.
    """

    def __init__(
        self,
        weights: str | os.PathLike[str] | None = None,
        labels: Iterable[str | Mapping[str, Any] | Label] | LabelSet | None = None,
        *,
        size: int | tuple[int, int] | None = None,
        layout: str | None = None,
        threshold: float = 0.25,
        iou: float = 0.45,
        limit: int = 300,
        bgr: bool | None = None,
        scaled: bool | None = None,
        engine: str = "auto",
        device: str = "auto",
    ) -> None:
        self._net = OnnxModel(weights_file(weights, "YOLO, ONNX", "YOLO"), engine=engine, device=device)
        name = self._net.path.stem
        if layout is not None and layout not in LAYOUTS:
            raise ModelError(f"layout={layout!r} is not known", where=name, hint=f"Use one of {', '.join(LAYOUTS)}")
        self.threshold, self.iou, self.limit, self._bgr, self._scaled = threshold, iou, limit, bgr, scaled
        self._size = _input_size(self._net.input_shape, size, name)
        self._task = self._net.metadata.get("task", "detect")
        if self._task not in ("detect", "segment", "pose"):
            raise ModelError(f"the file says its task is {self._task!r}", where=name, hint="Known are detect, segment and pose")
        with guarded(name, "running on an empty picture"):
            trial = self._net.run(np.zeros((1, 3, *self._size), np.float32))
        self.layout = layout or recognise([output.shape for output in trial], self._size, name)
        self._joints = self._joint_count()
        raw = decode(trial, self.layout, self._size, None, pose=self._joints)
        self._masks = raw.prototypes is not None
        self.info = ModelInfo(
            name=name,
            kind="detector",
            framework=self._net.framework,
            labels=self._labels(labels, None if raw.classes is not None else raw.scores.shape[1], name),
            device=self._net.device,
            help=f"YOLO ({self.layout}), {'masks' if self._masks else 'poses' if self._joints else 'boxes'}.",
        )

    def _joint_count(self) -> int:
        if self._task != "pose":
            return 0
        try:
            return int(ast.literal_eval(self._net.metadata["kpt_shape"])[0])
        except (KeyError, ValueError, SyntaxError, TypeError, IndexError):
            return len(COCO_JOINTS)

    def _labels(self, given: Any, count: int | None, where: str) -> LabelSet:
        if given is not None:
            labels = LabelSet.of(given)
        else:
            names = self._net.names() or (list(COCO_LABELS) if count in (None, len(COCO_LABELS)) else None)
            labels = LabelSet.of(names or [f"class {number}" for number in range(count or 0)])
        if count is not None and len(labels) != count:
            raise ModelError(f"{len(labels)} labels were given, the network knows {count} classes", where=where)
        if not self._joints or any(label.sublabels for label in labels):
            return labels
        names = list(COCO_JOINTS) if self._joints == len(COCO_JOINTS) else [f"point {n}" for n in range(self._joints)]
        joints = tuple(Label(name, type="points") for name in names)
        return LabelSet(tuple(Label(label.name, type="skeleton", sublabels=joints) for label in labels))

    def detect(self, images: Sequence[Picture], threshold: float | None = None) -> list[list[Detection]]:
        """Return the detections of every picture, the surest first."""
        least = self.threshold if threshold is None else threshold
        return [self._one(check_picture(image, self.info.name), least) for image in images]

    def _blob(self, image: Picture) -> tuple[NDArray[np.float32], Placement]:
        mode = {"yolox": "corner", "fastestdet": "stretch"}.get(self.layout, "centre")
        fitted, placement = letterbox(image, self._size, mode)
        if self._bgr if self._bgr is not None else self.layout in ("yolox", "fastestdet"):
            fitted = fitted[:, :, ::-1]
        values = fitted.astype(np.float32)
        if self._scaled if self._scaled is not None else self.layout != "yolox":
            values /= 255.0
        return np.ascontiguousarray(values.transpose(2, 0, 1)[None]), placement

    def _one(self, image: Picture, least: float) -> list[Detection]:
        name = self.info.name
        blob, placement = self._blob(image)
        with guarded(name, "detecting"):
            raw = decode(self._net.run(blob), self.layout, self._size, len(self.info.labels), pose=self._joints)
        classes = raw.scores.argmax(axis=1) if raw.classes is None else raw.classes
        scores = raw.scores.max(axis=1) if raw.scores.size else np.zeros(len(raw.boxes))
        rows = np.flatnonzero((scores >= least) & np.isfinite(raw.boxes).all(axis=1))
        if not raw.final:
            rows = rows[nms(raw.boxes[rows], scores[rows], self.iou, classes[rows])]
        else:
            rows = rows[np.argsort(-scores[rows], kind="stable")]
        height, width = image.shape[:2]
        boxes = placement.back(raw.boxes[rows]).clip(0, (width, height, width, height))
        found = []
        for row, box in zip(rows.tolist(), boxes, strict=True):
            number = int(classes[row])
            if not 0 <= number < len(self.info.labels):
                raise ModelError(f"class {number} has no label", where=name, hint=f"{len(self.info.labels)} labels are known")
            made = self._detection(
                raw, row, self.info.labels.names[number], box, float(min(scores[row], 1.0)), image, placement
            )
            if made is not None:
                found.append(made)
            if len(found) == self.limit:
                break
        return found

    def _detection(
        self, raw: Raw, row: int, label: str, box: NDArray[np.float64], score: float, image: Picture, placement: Placement
    ) -> Detection | None:
        if (box[2:] <= box[:2]).any():
            return None
        if self._masks and raw.prototypes is not None and raw.extra is not None:
            mask = _mask(raw.extra[row], raw.prototypes, box, image.shape[:2], placement, self._size)
            return Detection.of_mask(label, mask, score) if mask.any() else None
        if self._joints and raw.extra is not None:
            points = raw.extra[row].reshape(-1, 3)
            places = placement.back(points[:, :2])
            sublabels = self.info.labels[label].sublabels
            elements = tuple(
                Detection(joint.name, "points", place, float(np.clip(sure, 0, 1)), outside=bool(sure < 0.5))
                for joint, place, sure in zip(sublabels, places, points[:, 2], strict=True)
            )
            return Detection(label, "skeleton", score=score, elements=elements)
        return Detection.of_box(label, box, score)


def _input_size(shape: tuple[Any, ...] | None, wanted: int | tuple[int, int] | None, where: str) -> tuple[int, int]:
    asked = (wanted, wanted) if isinstance(wanted, int) else wanted
    fixed = (None, None) if shape is None or len(shape) != 4 else (shape[2], shape[3])
    if shape is not None and (len(shape) != 4 or (isinstance(shape[1], int) and shape[1] != 3)):
        raise ModelError(f"an input (1, 3, height, width) was expected, not {shape}", where=where)
    sides = []
    for number in (0, 1):
        side = fixed[number]
        if isinstance(side, int) and side > 0:
            if asked is not None and asked[number] != side:
                raise ModelError(f"size={wanted} was asked for, the file is made for {fixed[0]} x {fixed[1]}", where=where)
            sides.append(side)
        else:
            sides.append(640 if asked is None else int(asked[number]))
    if any(side < 32 or side % 32 for side in sides):
        raise ModelError(f"the input is {sides[0]} x {sides[1]}", where=where, hint="Sides are multiples of 32")
    return sides[0], sides[1]


def _mask(
    coefficients: NDArray[np.float64],
    prototypes: NDArray[np.float64],
    box: NDArray[np.float64],
    size: tuple[int, int],
    placement: Placement,
    input_size: tuple[int, int],
) -> NDArray[np.bool_]:
    """Mix the prototypes, enlarge them to the picture, cut to the box; the mask is where the sum is positive."""
    mixed = np.tensordot(coefficients, prototypes, axes=1).astype(np.float32)
    height, width = size
    step_x, step_y = mixed.shape[1] / input_size[1], mixed.shape[0] / input_size[0]
    left, top = round(placement.shift_x * step_x - 0.1), round(placement.shift_y * step_y - 0.1)
    right = mixed.shape[1] - round((input_size[1] - placement.shift_x - width * placement.scale_x) * step_x + 0.1)
    bottom = mixed.shape[0] - round((input_size[0] - placement.shift_y - height * placement.scale_y) * step_y + 0.1)
    inner = mixed[max(top, 0) : max(bottom, top + 1), max(left, 0) : max(right, left + 1)]
    full = cv2.resize(inner, (width, height), interpolation=cv2.INTER_LINEAR) > 0
    columns, rows = np.arange(width), np.arange(height)
    full &= ((columns >= box[0]) & (columns < box[2]))[None, :] & ((rows >= box[1]) & (rows < box[3]))[:, None]
    return full
