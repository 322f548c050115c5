"""Ultralytics YOLO: detection, tracks, oriented boxes, segmentation and pose, with one data.yaml."""

from __future__ import annotations

from typing import ClassVar

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.registry import Format, Progress, register
from cvat_widgets.formats.ultralytics_reader import kinds_of, read_ultralytics
from cvat_widgets.formats.ultralytics_writer import (
    box_lines,
    polygon_lines,
    skeleton_labels,
    skeleton_lines,
    turned_box_lines,
    write_ultralytics,
)

__all__ = [
    "UltralyticsDetection",
    "UltralyticsDetectionTrack",
    "UltralyticsOrientedBoxes",
    "UltralyticsPose",
    "UltralyticsSegmentation",
]

_LAYERS = "order of the lines"


class _Ultralytics(Format):
    """What the formats have in common: ``data.yaml``, ``<subset>.txt`` and ``labels/<subset>/<frame>.txt``."""

    lines: ClassVar[str]

    def detect(self, members: Members) -> bool:
        """Whether there is a description with label lines that can be of this kind."""
        return self.lines in kinds_of(members)

    def read(self, members: Members) -> Dataset:
        """Read all subsets; a track id may end any line."""
        return read_ultralytics(members, self.lines)


@register
class UltralyticsDetection(_Ultralytics):
    """Boxes: ``label cx cy w h``."""

    name = "Ultralytics YOLO Detection 1.0"
    lines = "box"
    kinds = frozenset({"rectangle"})
    converts = {"track": "one box a frame", "z_order": _LAYERS}  # noqa: RUF012

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write the boxes without track ids, which Ultralytics does not read."""
        labels, written = list(dataset.labels), box_lines(dataset)
        write_ultralytics(dataset, sink, self.name, labels, written, progress, save_images=save_images)


@register
class UltralyticsDetectionTrack(_Ultralytics):
    """Boxes with the id of their track: ``label cx cy w h [track]``; imported as detection."""

    name = "Ultralytics YOLO Detection Track 1.0"
    lines = "box"
    kinds = frozenset({"rectangle", "track"})
    converts = {"z_order": _LAYERS}  # noqa: RUF012
    can_read = False

    def read(self, members: Members) -> Dataset:
        """Not read under this name."""
        raise FormatError(f"{self.name} is imported as 'Ultralytics YOLO Detection 1.0'", where=str(members.path))

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write the boxes on every frame, each with its track."""
        labels, written = list(dataset.labels), box_lines(dataset, with_tracks=True)
        write_ultralytics(dataset, sink, self.name, labels, written, progress, save_images=save_images)


@register
class UltralyticsOrientedBoxes(_Ultralytics):
    """Turned boxes by their corners: ``label x1 y1 x2 y2 x3 y3 x4 y4``."""

    name = "Ultralytics YOLO Oriented Bounding Boxes 1.0"
    lines = "turned box"
    kinds = frozenset({"rectangle", "rotation"})
    converts = {"track": "one box a frame", "z_order": _LAYERS}  # noqa: RUF012

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write the corners of the boxes."""
        labels, written = list(dataset.labels), turned_box_lines(dataset)
        write_ultralytics(dataset, sink, self.name, labels, written, progress, save_images=save_images)


@register
class UltralyticsSegmentation(_Ultralytics):
    """Polygons: ``label x1 y1 x2 y2 x3 y3 ...``."""

    name = "Ultralytics YOLO Segmentation 1.0"
    lines = "polygon"
    kinds = frozenset({"polygon"})
    converts = {  # noqa: RUF012
        "mask": "one polygon a part",
        "ellipse": "the outline of its mask",
        "rotation": "ellipses are turned before",
        "track": "one polygon a frame",
        "z_order": _LAYERS,
    }

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write polygons, and masks and ellipses as polygons."""
        labels, written = list(dataset.labels), polygon_lines(dataset)
        write_ultralytics(dataset, sink, self.name, labels, written, progress, save_images=save_images)


@register
class UltralyticsPose(_Ultralytics):
    """Skeletons: ``label cx cy w h x1 y1 v1 x2 y2 v2 ...``; the joints of all labels have the same number of places."""

    name = "Ultralytics YOLO Pose 1.0"
    lines = "skeleton"
    kinds = frozenset({"skeleton"})
    converts = {  # noqa: RUF012
        "occluded": "visibility 1 of the joints",
        "track": "one skeleton a frame",
        "z_order": _LAYERS,
    }

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write the skeletons; labels that are none are left out."""
        labels, written = skeleton_labels(dataset), skeleton_lines(dataset)
        joints = max((len(label.sublabels) for label in labels), default=1)
        write_ultralytics(dataset, sink, self.name, labels, written, progress, save_images=save_images, joints=joints)
