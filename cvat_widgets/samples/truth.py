"""The true annotations of a scene as annotation tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.attributes import AttributeColumns
from cvat_widgets.model.kinds import MASK, POLYGON, RECTANGLE, SOURCE_CODE, Flag
from cvat_widgets.model.labels import Attribute, Label, LabelSet
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.samples.figures import Figure
from cvat_widgets.samples.scene import Scene

if TYPE_CHECKING:
    from shapely.geometry import Polygon

__all__ = ["boxes_and_visibility", "ring_of", "sample_labels", "shape_table", "track_table"]

OCCLUDED_BELOW = 0.85
"""An object is called occluded when less than this share of it can be seen."""


def sample_labels() -> LabelSet:
    """Return the labels of the samples: ``car`` and ``person``, with attributes of all five input types."""
    car = (
        Attribute("paint", "select", ("red", "blue", "yellow", "green", "white")),
        Attribute("parked", "checkbox", default="false", mutable=True),
        Attribute("plate", "text"),
    )
    person = (
        Attribute("walks", "radio", ("left", "right"), mutable=True),
        Attribute("age", "number", ("0", "120", "1"), default="30"),
    )
    return LabelSet.of([Label("car", color="#e6194b", attributes=car), Label("person", color="#3cb44b", attributes=person)])


def ring_of(outline: Polygon) -> NDArray[np.float64]:
    """Return the vertices of an outline, (n, 2), the first not repeated."""
    return np.array(outline.exterior.coords, np.float64)[:-1]


def boxes_and_visibility(scene: Scene, frames: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return boxes (objects, frames, 4), NaN where an object is away, and the visible shares (objects, frames)."""
    boxes = np.full((len(scene.figures), frames, 4), np.nan)
    visibility = np.zeros((len(scene.figures), frames))
    for frame in range(frames):
        for item, (outline, share) in enumerate(scene.outlines(frame)):
            if outline is not None:
                boxes[item, frame] = outline.bounds
                visibility[item, frame] = share
    return boxes, visibility


def track_table(scene: Scene, labels: LabelSet, boxes: NDArray[np.float64], visibility: NDArray[np.float64]) -> AnnotationTable:
    """Return one rectangle track an object, a keyframe on every frame; outside, on its last box, where the object has left."""
    columns: dict[str, list[int]] = {name: [] for name in ("id", "frame", "label", "flags")}
    points: list[float] = []
    attributes: list[Mapping[int, str]] = []
    for item, figure in enumerate(scene.figures):
        present = np.flatnonzero(visibility[item] > 0)
        if not len(present):
            continue
        first, last = int(present[0]), int(present[-1])
        for frame in range(first, min(last + 1, boxes.shape[1] - 1) + 1):
            there = frame <= last
            occluded = there and visibility[item, frame] < OCCLUDED_BELOW
            flags = Flag.KEYFRAME | (Flag.OCCLUDED if occluded else 0) | (0 if there else Flag.OUTSIDE)
            values = (item + 1, frame, labels[figure.label].id, int(flags))
            for name, value in zip(columns, values, strict=True):
                columns[name].append(value)
            points.extend(boxes[item, min(frame, last)].round(2).tolist())
            attributes.append(_attributes(labels, figure) if frame == first else {})
    return AnnotationTable.build(
        points=points,
        offsets=np.arange(len(attributes) + 1) * 4,
        attributes=AttributeColumns.from_dicts(attributes),
        id=columns["id"],
        track=columns["id"],
        frame=columns["frame"],
        label=columns["label"],
        flags=columns["flags"],
        type=RECTANGLE,
        source=SOURCE_CODE["file"],
    )


def shape_table(scenes: Sequence[Scene], labels: LabelSet) -> AnnotationTable:
    """Return the shapes of scenes, scene *i* being frame *i*.

    A polygon for every car; a mask of the visible pixels and a rectangle, in one group, for every person.
    """
    points: list[NDArray[np.float64]] = []
    attributes: list[Mapping[int, str]] = []
    columns: dict[str, list[int]] = {name: [] for name in ("frame", "label", "type", "group", "z_order", "flags")}
    for frame, scene in enumerate(scenes):
        for item, (outline, share) in enumerate(scene.outlines(0)):
            if outline is None:
                continue
            figure = scene.figures[item]
            group = item + 1 if figure.label == "person" else 0
            flags = int(Flag.OCCLUDED) if share < OCCLUDED_BELOW else 0
            for kind, numbers in _shapes(scene, item, outline):
                points.append(numbers)
                attributes.append(_attributes(labels, figure))
                values = (frame, labels[figure.label].id, kind, group, int(figure.depth), flags)
                for name, value in zip(columns, values, strict=True):
                    columns[name].append(value)
    lengths = [len(numbers) for numbers in points]
    return AnnotationTable.build(
        points=np.concatenate(points),
        offsets=np.concatenate(([0], np.cumsum(lengths))),
        attributes=AttributeColumns.from_dicts(attributes),
        extras=None,
        id=np.arange(1, len(points) + 1),
        source=SOURCE_CODE["file"],
        **{name: np.array(values) for name, values in columns.items()},
    )


def _shapes(scene: Scene, item: int, outline: Polygon) -> list[tuple[int, NDArray[np.float64]]]:
    from cvat_widgets.model.masks import encode_mask

    if scene.figures[item].label != "person":
        return [(POLYGON, ring_of(outline).round(2).ravel())]
    mask = np.asarray(encode_mask(scene.mask(item, 0)), np.float64)
    return [(MASK, mask), (RECTANGLE, np.array(outline.bounds).round(2))]


def _attributes(labels: LabelSet, figure: Figure) -> dict[int, str]:
    label = labels[figure.label]
    values: dict[str, Any] = figure.attributes
    return {label.attribute(name).id: value for name, value in values.items()}
