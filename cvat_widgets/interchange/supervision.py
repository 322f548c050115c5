"""``supervision.Detections`` from rows of a frame, and rows from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError, MissingExtraError
from cvat_widgets.interchange.geometry import geometry_table
from cvat_widgets.interchange.masks import to_masks
from cvat_widgets.model.geometry import bounding_boxes, rectangle_corners
from cvat_widgets.model.kinds import ELLIPSE, MASK, POLYGON, RECTANGLE
from cvat_widgets.model.masks import encode_mask

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["WITH_AREA", "from_supervision", "to_supervision"]

_CORNERS = "xyxyxyxy"
"""Supervision's name for the corners of turned boxes."""

WITH_AREA = (RECTANGLE, POLYGON, ELLIPSE, MASK)
"""What is a box or a mask."""


def to_supervision(
    rows: pd.DataFrame, width: int | None = None, height: int | None = None, *, classes: Sequence[str] | None = None
) -> Any:
    """Return rows of one frame as ``supervision.Detections``.

    Parameters
    ----------
    rows
        Rectangles, polygons, ellipses and masks of one frame.
    width, height
        Of the frame; needed if there is anything but rectangles, which then have masks.
    classes
        Labels in the order of their class ids; by default in order of appearance.

    Raises
    ------
    AnnotationError
        Rows are of several frames, have no area, or labels that are not in ``classes``.
    MissingExtraError
        supervision is not installed.
    """
    try:
        import supervision as sv
    except ImportError:
        raise MissingExtraError("supervision", "interchange", "Detections") from None
    table = geometry_table(rows)
    if len(np.unique(table.frame)) > 1:
        raise AnnotationError("the rows are of several frames", hint="Take one: rows[rows.frame == 12]")
    other = np.flatnonzero(~np.isin(table.type, WITH_AREA))
    if len(other):
        raise AnnotationError(
            "it has no area, and detections are boxes and masks", where=f"row {int(other[0])}", hint="Leave it out"
        )
    if not len(table):
        return sv.Detections.empty()
    masks = None
    if (table.type != RECTANGLE).any():
        if width is None or height is None:
            raise AnnotationError("masks need the size of the frame", hint="Give width and height")
        masks = to_masks(rows, width, height)
    names = [str(name) for name in rows["label"]] if "label" in rows else [""] * len(rows)
    known = list(dict.fromkeys(names)) if classes is None else list(classes)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise AnnotationError(f"the label {unknown[0]!r} is not among the classes", hint=f"Known are {', '.join(known)}")
    data: dict[str, Any] = {"class_name": np.array(names)}
    if (table.rotation[table.type == RECTANGLE] != 0).any():
        data[_CORNERS] = np.stack([_corners(table, row) for row in range(len(table))])
    track = rows["track_id"].to_numpy(np.int64, na_value=-1) if "track_id" in rows else np.full(len(rows), -1)
    return sv.Detections(
        xyxy=bounding_boxes(table).astype(np.float32),
        mask=masks,
        confidence=rows["score"].to_numpy(np.float32) if "score" in rows else None,
        class_id=np.array([known.index(name) for name in names]),
        tracker_id=track if (track >= 0).any() else None,
        data=data,
    )


def _corners(table: Any, row: int) -> NDArray[np.float64]:
    if table.type[row] == RECTANGLE:
        return rectangle_corners(table.points_of(row), float(table.rotation[row])).reshape(4, 2)
    left, top, right, bottom = bounding_boxes(table.take(np.array([row])))[0].tolist()
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def from_supervision(
    detections: Any, frame: int, classes: Sequence[str] | None = None, *, source: str = "auto"
) -> pd.DataFrame:
    """Return ``supervision.Detections`` as rows, for :meth:`Task.add`.

    Masks become masks, boxes with corners turned rectangles, other boxes rectangles; ids of a tracker become tracks.

    Parameters
    ----------
    detections
        The detections; anything with the same attributes will do.
    frame
        Number of their frame.
    classes
        Labels by class id, unless the detections have the names themselves.
    source
        Where they come from.

    Raises
    ------
    AnnotationError
        There are neither names nor ``classes`` for their ids.
    """
    import pandas as pd

    boxes = np.asarray(detections.xyxy, np.float64).reshape(-1, 4)
    count = len(boxes)
    data = getattr(detections, "data", None) or {}
    labels = _names(detections, data, count, classes)
    masks = getattr(detections, "mask", None)
    corners = data.get(_CORNERS)
    types, points, rotations = [], [], np.zeros(count)
    for row in range(count):
        bitmap = None if masks is None else np.asarray(masks[row], bool)
        if bitmap is not None and bitmap.any():
            types.append("mask")
            points.append(encode_mask(bitmap))
        elif corners is not None:
            box, rotations[row] = _turned(np.asarray(corners[row], np.float64))
            types.append("rectangle")
            points.append(box)
        else:
            types.append("rectangle")
            points.append(boxes[row])
    score = getattr(detections, "confidence", None)
    rows: dict[str, Any] = {
        "frame": [frame] * count,
        "label": labels,
        "type": types,
        "points": points,
        "rotation": rotations,
        "source": [source] * count,
        "score": np.ones(count) if score is None else np.round(np.asarray(score, np.float64), 6),
    }
    tracks = getattr(detections, "tracker_id", None)
    if tracks is not None:
        numbers = np.asarray(tracks, np.int64)
        rows["track_id"] = pd.arrays.IntegerArray(np.where(numbers < 0, 0, numbers), numbers < 0)
    return pd.DataFrame(rows)


def _names(detections: Any, data: Any, count: int, classes: Sequence[str] | None) -> list[str]:
    ids = getattr(detections, "class_id", None)
    if classes is None:
        names = data.get("class_name")
        if names is None:
            raise AnnotationError("the detections have no names of classes", hint="Give classes=['car', …]")
        return [str(name) for name in names]
    if ids is None:
        raise AnnotationError("the detections have no class ids", hint="Leave classes out if they have names")
    outside = [int(number) for number in ids if not 0 <= int(number) < len(classes)]
    if outside:
        raise AnnotationError(f"the class {outside[0]} has no name", hint=f"classes has {len(classes)}")
    return [classes[int(number)] for number in ids][:count]


def _turned(corners: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return a rectangle before its rotation, and the rotation in degrees, from its corners."""
    across, down = corners[1] - corners[0], corners[2] - corners[1]
    width, height, centre = float(np.hypot(*across)), float(np.hypot(*down)), corners.mean(axis=0)
    angle = float(np.degrees(np.arctan2(across[1], across[0]))) % 360
    half = np.array([width / 2, height / 2])
    return np.concatenate((centre - half, centre + half)), round(angle, 6) % 360
