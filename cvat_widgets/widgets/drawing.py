"""The object that a drawing makes: the twin of ``addShape`` and ``addTrack`` in ``js/src/document/edits.ts``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from cvat_widgets.errors import AnnotationError
from cvat_widgets.model.geometry import polygon_area
from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.kinds import SHAPE_TYPES, ShapeType
from cvat_widgets.model.records import Element, Keyframe, Record, Shape, Track, TrackElement, validate_record

if TYPE_CHECKING:
    from cvat_widgets.job import Job
    from cvat_widgets.model.labels import Label

__all__ = ["drawn_record", "ready_points"]

_MIN_AREA = 9.0
"""Square pixels; the same as the canvas demands of a rectangle or polygon (``js/src/tools/rules.ts``)."""
_MIN_EXTENT = 3.0


def ready_points(kind: str, points: Sequence[float], label: Label, where: str) -> tuple[float, ...]:
    """Return the points as they are kept: hundredths of a pixel, the corners of a rectangle in order.

    Raises
    ------
    AnnotationError
        The canvas would refuse such a shape.
    """
    if kind not in SHAPE_TYPES or kind == "tag":
        raise AnnotationError(f"{kind!r} cannot be drawn", hint=f"Use one of {', '.join(SHAPE_TYPES[:-1])}")
    if label.type not in ("any", kind):
        raise AnnotationError(f"label {label.name!r} is for {label.type}, not for {kind}", where=where)
    values = np.asarray(points, np.float64).ravel()
    if not np.isfinite(values).all():
        raise AnnotationError("a coordinate is not a number", where=where)
    if kind == "mask":
        return tuple(values.tolist())
    values = np.round(values, 2)
    if kind == "rectangle" and len(values) == 4:
        low, high = np.minimum(values[:2], values[2:]), np.maximum(values[:2], values[2:])
        if np.prod(high - low) < _MIN_AREA or (high - low).min() < 1:
            raise AnnotationError(f"the rectangle is too small: it needs at least {_MIN_AREA:g} square pixels", where=where)
        values = np.concatenate([low, high])
    if kind == "polygon" and len(values) >= 6 and polygon_area(values) < _MIN_AREA:
        raise AnnotationError(f"the polygon is too small: it needs at least {_MIN_AREA:g} square pixels", where=where)
    if kind == "polyline" and len(values) >= 4 and np.ptp(values.reshape(-1, 2), axis=0).max() < _MIN_EXTENT:
        raise AnnotationError(f"the polyline is too short: it needs at least {_MIN_EXTENT:g} pixels", where=where)
    if kind == "skeleton" and len(values) != 2 * len(label.sublabels):
        raise AnnotationError(
            f"label {label.name!r} has {len(label.sublabels)} joints, so it needs {2 * len(label.sublabels)} numbers",
            where=where,
        )
    return tuple(values.tolist())


def drawn_record(
    job: Job,
    kind: ShapeType,
    points: tuple[float, ...],
    label: Label,
    frame: int,
    *,
    rotation: float,
    track: bool,
    next_id: Callable[[], int],
) -> Record:
    """Return the shape, or the track that begins with it, as if it had been drawn on the canvas.

    Raises
    ------
    AnnotationError
        It is not valid.
    """
    layer = _top_layer(job, frame)
    skeleton = kind == "skeleton"
    first = Keyframe(
        points=() if skeleton else points, rotation=rotation, z_order=layer,
        attributes={each.id: each.default for each in label.attributes if each.mutable},
    )  # fmt: skip
    joints = list(zip(label.sublabels, zip(points[::2], points[1::2], strict=True), strict=True)) if skeleton else []
    record_id = next_id()
    record: Record
    if track:
        record = Track(
            id=record_id, label=label.id, type=kind, keyframes={frame: first},
            attributes={each.id: each.default for each in label.attributes if not each.mutable},
            elements=tuple(
                TrackElement(
                    id=next_id(), label=joint.id,
                    attributes={each.id: each.default for each in joint.attributes if not each.mutable},
                    keyframes={
                        frame: Keyframe(
                            points=at, rotation=rotation, z_order=layer,
                            attributes={each.id: each.default for each in joint.attributes if each.mutable},
                        )
                    },
                )
                for joint, at in joints
            ),
        )  # fmt: skip
    else:
        record = Shape(
            id=record_id, frame=frame, label=label.id, type=kind, points=first.points, rotation=rotation, z_order=layer,
            attributes={each.id: each.default for each in label.attributes},
            elements=tuple(
                Element(
                    id=next_id(), label=joint.id, points=at,
                    attributes={each.id: each.default for each in joint.attributes},
                )
                for joint, at in joints
            ),
        )  # fmt: skip
    validate_record(record, job.task.labels, frame_count=len(job.task))
    return record


def _top_layer(job: Job, frame: int) -> int:
    """Return the layer of what is topmost on a frame, at least 0: a new object lies above all others."""
    visible = interpolate_table(job.table, frame_count=len(job.task), frames=[frame])
    return max(0, int(visible.z_order.max(initial=0)))
