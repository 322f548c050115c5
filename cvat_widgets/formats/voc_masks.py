"""Class and instance masks in the layout of VOC: ``SegmentationClass`` and ``SegmentationObject``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Sink
from cvat_widgets.formats.collecting import Collector
from cvat_widgets.formats.mask_images import IndexPicture, png_of_indices, read_png, voc_colors, voc_indices
from cvat_widgets.formats.mask_instances import masks_of_pixels
from cvat_widgets.formats.mask_label_maps import LabelMap
from cvat_widgets.formats.mask_painting import Segment
from cvat_widgets.formats.voc_layout import VocFrames, VocLayout
from cvat_widgets.model.kinds import MASK

__all__ = ["read_masks", "write_masks"]

_VOID = 255
"""Index of instances that are no instance: the devkit's borders."""

_PER_LABEL = 1 << 20


def read_masks(layout: VocLayout, label_map: LabelMap, frames: VocFrames, rows: Collector) -> None:
    """Add one mask an instance, or one a class where there are no instances.

    Raises
    ------
    FormatError
        Pictures do not fit together, or have pixels of no label.
    """
    members = layout.members
    for key, member in layout.object_masks.items():
        if key not in layout.class_masks:
            raise FormatError("there is a mask of instances, but no mask of classes", where=members.where(member))
    for key, member in layout.class_masks.items():
        where = members.where(member)
        classes = read_png(members.read(member), where)
        frames.set_size(key, *classes.size, where)
        other = layout.object_masks.get(key)
        if other is None:
            found = masks_of_pixels(classes.pixels, label_map.keys(classes))
        else:
            objects = read_png(members.read(other), members.where(other))
            frames.set_size(key, *objects.size, objects.where)
            found = _instances(classes, objects, label_map)
        for number, points in found:
            label = rows.label_of(label_map.names[number % _PER_LABEL - 1])
            rows.add(frames.number[key], label, MASK, points)


def _instances(classes: IndexPicture, objects: IndexPicture, label_map: LabelMap) -> list[tuple[int, list[float]]]:
    """Return the masks of instances; their key is the number of the instance and, in the lower digits, the label."""
    class_keys = label_map.keys(classes)
    both = classes.pixels.astype(np.uint64) << np.uint64(32) | objects.pixels
    if classes.pixels.dtype == np.uint8 and objects.pixels.dtype == np.uint8:
        both = classes.pixels.astype(np.uint16) << 8 | objects.pixels
    shift = 8 if both.dtype == np.uint16 else 32

    def keys(values: NDArray[np.int64]) -> NDArray[np.int64]:
        known, inverse = np.unique(values >> shift, return_inverse=True)
        label = class_keys(known)[inverse]
        instance = values & ((1 << shift) - 1)
        if objects.colored:
            instance = voc_indices(instance)
        stray = (label == 0) & (instance != 0) & (instance != _VOID)
        if stray.any():
            value = int(values[stray][0])
            y, x = np.argwhere(both == value)[0].tolist()
            raise FormatError(f"the instance at x={x}, y={y} has no class in the mask of classes", where=objects.where)
        return np.where(label > 0, instance * _PER_LABEL + label, 0)

    return masks_of_pixels(both, keys)


def write_masks(
    sink: Sink, key: str, size: tuple[int, int], segments: Sequence[Segment], indices: Sequence[int], colors: NDArray[np.uint8]
) -> None:
    """Write the two masks of a frame.

    Parameters
    ----------
    key
        Name of the frame without a suffix.
    size
        Width and height.
    segments, indices
        Objects in painting order, and the label index of each; those of index 0 are background.
    colors
        Colours of the label indices.
    """
    width, height = size
    classes = np.zeros((height, width), np.uint8 if len(colors) <= 256 else np.uint16)
    objects = np.zeros((height, width), np.uint8 if len(segments) < _VOID else np.uint32)
    for number, (segment, index) in enumerate(zip(segments, indices, strict=True), 1):
        segment.paint(classes, index)
        # 255 is the devkit's border between instances: no instance has it.
        segment.paint(objects, (number if number < _VOID else number + 1) if index else 0)
    sink.write(f"SegmentationClass/{key}.png", png_of_indices(classes, colors), compress=False)
    count = 256 if objects.dtype == np.uint8 else len(segments) + 2
    sink.write(f"SegmentationObject/{key}.png", png_of_indices(objects, voc_colors(count)), compress=False)
