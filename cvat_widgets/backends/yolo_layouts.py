"""Outputs of the YOLO family: told apart by their shapes, decoded to boxes in pixels of the network's input.

With S the side of the input and C the number of classes:

==========  ===========================================================  ==================================================
layout      outputs                                                      exported by
==========  ===========================================================  ==================================================
v5          (1, 3 cells, 5 + C [+ 32])                                   YOLO v3, v5, v7 (centre, size, objectness, classes)
v8          (1, 4 + C [+ 32 | + 3 K], cells)                             YOLO v8, v9, 11, 12 (no objectness)
end2end     (1, n, 6 [+ 32]) or (1, n, 6 + 3 K)                          YOLO v10, 26 (corners, score, class, no overlaps)
nms         (n, 7)                                                       YOLO v7 with NMS (picture, corners, class, score)
yolox       (1, cells, 5 + C)                                            YOLOX, decoded or not
fastestdet  (1, 5 + C, S/16, S/16)                                       FastestDet
split       (1, n, 4) corners and (1, n, C)                              YOLO-NAS
v3          three (1, 3 (5 + C), S/32 … S/8, S/32 … S/8)                 YOLO v3, v4 without decoding; anchors of v3
==========  ===========================================================  ==================================================

"cells" is (S/8)² + (S/16)² + (S/32)². A second output (1, 32, S/4, S/4) holds prototypes of masks. Sources: the exporters of
the named projects, read by layout only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.backends.failures import ModelError
from cvat_widgets.backends.nms import corners_of

__all__ = ["LAYOUTS", "Raw", "decode", "recognise"]

LAYOUTS = ("v5", "v8", "end2end", "nms", "yolox", "fastestdet", "split", "v3")
_ANCHORS = {
    8: ((10, 13), (16, 30), (33, 23)),
    16: ((30, 61), (62, 45), (59, 119)),
    32: ((116, 90), (156, 198), (373, 326)),
}


@dataclass(frozen=True, eq=False)
class Raw:
    """What a network says of one picture, before thresholds.

    Parameters
    ----------
    boxes
        float64 of shape (n, 4): left, top, right, bottom in pixels of the input.
    scores
        float64 of shape (n, C): one score a class; with ``final`` (n, 1).
    classes
        int64 of shape (n,) where the network has chosen already, else ``None``.
    extra
        float64 of shape (n, k): mask coefficients or key points.
    prototypes
        float64 of shape (32, h, w) or ``None``.
    final
        Whether overlaps are gone already.
    """

    boxes: NDArray[np.float64]
    scores: NDArray[np.float64]
    classes: NDArray[np.int64] | None = None
    extra: NDArray[np.float64] | None = None
    prototypes: NDArray[np.float64] | None = None
    final: bool = False


def _cells(size: tuple[int, int]) -> int:
    return sum((size[0] // stride) * (size[1] // stride) for stride in (8, 16, 32))


def recognise(shapes: Sequence[tuple[int, ...]], size: tuple[int, int], where: str) -> str:
    """Name the layout of the outputs.

    Parameters
    ----------
    shapes
        Shapes of all outputs, of one picture.
    size
        ``(height, width)`` of the input.
    where
        Name of the file, for the error.

    Raises
    ------
    ModelError
        It is none of the family.
    """
    main = [shape for shape in shapes if not _is_prototype(shape, size)]
    cells = _cells(size)
    if len(main) == 3 and all(len(shape) == 4 for shape in main):
        sides = {(size[0] // stride, size[1] // stride) for stride in _ANCHORS}
        if {(shape[2], shape[3]) for shape in main} == sides and all(shape[1] % 3 == 0 and shape[1] >= 18 for shape in main):
            return "v3"
    if len(main) == 2 and all(len(shape) == 3 for shape in main) and min(shape[2] for shape in main) == 4:
        return "split"
    if len(main) == 1:
        found = _recognise_one(main[0], size, cells)
        if found is not None:
            return found
    raise ModelError(
        f"outputs of shape {', '.join(map(str, shapes))} for an input of {size[0]} x {size[1]} are no known YOLO layout",
        where=where,
        hint=f"Known are: {', '.join(LAYOUTS)}; force one with layout=…, or wrap your own code with @detector",
    )


def _recognise_one(shape: tuple[int, ...], size: tuple[int, int], cells: int) -> str | None:
    if len(shape) == 2 and shape[1] == 7:
        return "nms"
    if len(shape) == 4 and shape[1] > 5 and (shape[2], shape[3]) == (size[0] // 16, size[1] // 16):
        return "fastestdet"
    if len(shape) != 3:
        return None
    if shape[2] == cells and shape[1] > 4:
        return "v8"
    if shape[1] == 3 * cells and shape[2] > 5:
        return "v5"
    if shape[1] == cells and shape[2] > 5:
        return "yolox"
    width = shape[2] - 6
    return "end2end" if shape[1] < cells and width >= 0 and (width == 32 or width % 3 == 0) else None


def _is_prototype(shape: tuple[int, ...], size: tuple[int, int]) -> bool:
    return len(shape) == 4 and shape[1] == 32 and (shape[2], shape[3]) == (size[0] // 4, size[1] // 4)


def decode(outputs: Sequence[NDArray[Any]], layout: str, size: tuple[int, int], classes: int | None, *, pose: int = 0) -> Raw:
    """Read the outputs for one picture.

    Parameters
    ----------
    outputs
        As the network gave them, with a first axis of 1.
    layout
        One of :data:`LAYOUTS`.
    size
        ``(height, width)`` of the input.
    classes
        Number of classes if known; else what the shapes leave room for.
    pose
        Number of key points of a pose network, each x, y and confidence.
    """
    prototypes = None
    main = []
    for output in outputs:
        if _is_prototype(output.shape, size):
            prototypes = output[0].astype(np.float64)
        else:
            main.append(output.astype(np.float64))
    extra = 32 if prototypes is not None else 3 * pose
    if layout == "v8":
        return _with_extra(main[0][0].T, 4, None, extra, prototypes)
    if layout == "v5":
        return _with_extra(main[0][0], 5, 4, extra, prototypes)
    if layout == "yolox":
        return _with_extra(_yolox(main[0][0], size), 5, 4, 0, None)
    if layout == "end2end":
        rows = main[0][0]
        return Raw(
            rows[:, :4], rows[:, 4:5], rows[:, 5].astype(np.int64), rows[:, 6:] if extra else None, prototypes, final=True
        )
    if layout == "nms":
        rows = main[0]
        return Raw(rows[:, 1:5], rows[:, 6:7], rows[:, 5].astype(np.int64), final=True)
    if layout == "fastestdet":
        return _fastestdet(main[0][0], size)
    if layout == "split":
        # One class more looks like boxes; of two outputs of width 4 the first is the boxes.
        first, second = main if main[0].shape[2] == 4 else main[::-1]
        return Raw(first[0], second[0])
    if layout == "v3":
        return _v3(main, size)
    raise ModelError(f"layout={layout!r} is not known (classes: {classes})", hint=f"Use one of {', '.join(LAYOUTS)}")


def _with_extra(
    rows: NDArray[np.float64], start: int, objectness: int | None, extra: int, prototypes: NDArray[np.float64] | None
) -> Raw:
    stop = rows.shape[1] - extra
    scores = rows[:, start:stop] if objectness is None else rows[:, start:stop] * rows[:, objectness : objectness + 1]
    return Raw(corners_of(rows[:, :4]), scores, None, rows[:, stop:] if extra else None, prototypes)


def _grid(size: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return left-top corners in cells, shape (n, 2), and strides, shape (n, 1), of the three levels."""
    corners, strides = [], []
    for stride in (8, 16, 32):
        y, x = np.mgrid[: size[0] // stride, : size[1] // stride]
        corners.append(np.column_stack((x.ravel(), y.ravel())))
        strides.append(np.full((x.size, 1), float(stride)))
    return np.concatenate(corners).astype(np.float64), np.concatenate(strides)


def _yolox(rows: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float64]:
    """Decode (offset in cells, log size in cells) unless the export has done so: decoded centres lie near their cells."""
    corners, strides = _grid(size)
    away = np.abs(rows[:, :2] / strides - corners - 0.5)
    if np.median(away) < np.median(np.abs(rows[:, :2] - 0.5)):
        return rows
    decoded = rows.copy()
    decoded[:, :2] = (rows[:, :2] + corners) * strides
    decoded[:, 2:4] = np.exp(rows[:, 2:4].clip(-20, 20)) * strides
    return decoded


def _sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-values.clip(-500, 500)))


def _fastestdet(planes: NDArray[np.float64], size: tuple[int, int]) -> Raw:
    """Decode FastestDet: objectness, offsets (tanh), sizes (sigmoid) and class shares on one grid of stride 16."""
    _, height, width = planes.shape
    y, x = np.mgrid[:height, :width]
    centre = np.stack(((x + np.tanh(planes[1])) / width, (y + np.tanh(planes[2])) / height), axis=-1).reshape(-1, 2)
    extent = np.stack((_sigmoid(planes[3]), _sigmoid(planes[4])), axis=-1).reshape(-1, 2)
    boxes = corners_of(np.concatenate((centre, extent), axis=1) * (size[1], size[0], size[1], size[0]))
    objectness = planes[0].reshape(-1, 1).clip(0)
    shares = planes[5:].reshape(planes.shape[0] - 5, -1).T.clip(0)
    return Raw(boxes, objectness**0.6 * shares**0.4)


def _v3(outputs: Sequence[NDArray[np.float64]], size: tuple[int, int]) -> Raw:
    """Decode the three raw heads of YOLO v3 with its anchors for COCO."""
    rows = []
    for output in outputs:
        planes = output[0]
        height, width = planes.shape[1:]
        stride = size[0] // height
        values = planes.reshape(3, -1, height, width)
        y, x = np.mgrid[:height, :width]
        for number, (anchor_width, anchor_height) in enumerate(_ANCHORS[stride]):
            head = values[number]
            box = np.stack(
                (
                    (_sigmoid(head[0]) + x) * stride,
                    (_sigmoid(head[1]) + y) * stride,
                    np.exp(head[2].clip(-20, 20)) * anchor_width,
                    np.exp(head[3].clip(-20, 20)) * anchor_height,
                )
            )
            rows.append(np.concatenate((box, _sigmoid(head[4:]))).reshape(head.shape[0], -1).T)
    return _with_extra(np.concatenate(rows), 5, 4, 0, None)
