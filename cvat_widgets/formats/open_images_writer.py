"""CSV files and masks of Open Images."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Sink
from cvat_widgets.formats.attribute_values import typed_attributes
from cvat_widgets.formats.collecting import PICTURE_NAME, value_text
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.frame_rows import frames_by_subset, rows_by_frame
from cvat_widgets.formats.mask_painting import Painter, Segment
from cvat_widgets.model.kinds import ELLIPSE, MASK, POLYGON, RECTANGLE, TAG, Flag

__all__ = [
    "BBOX",
    "BOX_ATTRIBUTES",
    "HIERARCHY",
    "IMAGES",
    "LABELS",
    "MASKS",
    "MASK_ATTRIBUTES",
    "META",
    "NAMES",
    "OpenImagesWriter",
]

NAMES = ("class-descriptions.csv", "class-descriptions-boxable.csv", "oidv6-class-descriptions.csv")
HIERARCHY = "bbox_labels_600_hierarchy.json"
META = "images.meta"
IMAGES = ("images-with-rotation.csv", "images-with-labels-with-rotation.csv", "image_ids_and_rotation.csv")
LABELS = (
    "annotations-human-imagelabels.csv",
    "annotations-human-imagelabels-boxable.csv",
    "annotations-machine-imagelabels.csv",
)
BBOX = ("annotations-bbox.csv",)
MASKS = ("annotations-object-segmentation.csv",)

_IMAGE_COLUMNS = (
    "ImageID", "Subset", "OriginalURL", "OriginalLandingURL", "License", "AuthorProfileURL", "Author", "Title", "OriginalSize",
    "OriginalMD5", "Thumbnail300KURL", "Rotation",
)  # fmt: skip
_LABEL_COLUMNS = ("ImageID", "Source", "LabelName", "Confidence")
_BOX_COLUMNS = (
    "ImageID", "Source", "LabelName", "Confidence", "XMin", "XMax", "YMin", "YMax", "IsOccluded", "IsTruncated", "IsGroupOf",
    "IsDepiction", "IsInside",
)  # fmt: skip
_MASK_COLUMNS = (
    "MaskPath", "ImageID", "LabelName", "BoxID", "BoxXMin", "BoxXMax", "BoxYMin", "BoxYMax", "PredictedIoU", "Clicks",
)  # fmt: skip
BOX_ATTRIBUTES = ("truncated", "is_group_of", "is_depiction", "is_inside")
MASK_ATTRIBUTES = ("box_id", "predicted_iou")


class OpenImagesWriter:
    """Writes a dataset."""

    def __init__(self, dataset: Dataset, sink: Sink) -> None:
        self.dataset = dataset
        self.sink = sink
        # Boxes that are turned have no place in the format: CVAT makes masks of them. A track that turns is painted throughout.
        whole = dataset.table
        turning = np.unique(whole.track[whole.is_track & (whole.rotation != 0)])
        rows = rows_by_frame(dataset, (RECTANGLE, TAG))
        self.table = rows.take((rows.type == TAG) | ((rows.rotation == 0) & ~np.isin(rows.track, turning)))
        self.order, self.starts = self.table.frame_rows()
        turned = np.isin(whole.track, turning) & whole.is_track
        painted = np.isin(whole.type, (POLYGON, MASK, ELLIPSE)) | ((whole.type == RECTANGLE) & ((whole.rotation != 0) | turned))
        part = Dataset(dataset.labels, dataset.frames, whole.take(painted))
        self.painter = Painter(part, (RECTANGLE, POLYGON, MASK, ELLIPSE), merge_groups=True)
        self.attributes = typed_attributes(self.table, dataset.labels)
        self.mask_attributes = typed_attributes(self.painter.table, dataset.labels)

    def write(self) -> None:
        """Write everything but the pictures."""
        dataset = self.dataset
        names = [label.name for label in dataset.labels]
        self._csv("class-descriptions.csv", (), [(each, each) for each in names])
        # A root is demanded; labels of a task have no classes above them.
        root = next(f"/m/{number}" for number in range(len(names) + 1) if f"/m/{number}" not in names)
        hierarchy = msgspec.json.format(msgspec.json.encode({"LabelName": root, "Subcategory": []}), indent=4)
        self.sink.write(f"annotations/{HIERARCHY}", hierarchy + b"\n")
        sizes: list[str] = []
        for subset, frames in frames_by_subset(dataset).items():
            images = [(self._id(frame), subset, *[""] * 10) for frame in frames]
            self._csv(f"{subset}-images-with-rotation.csv", _IMAGE_COLUMNS, images)
            tags = [line for frame in frames for line in self._tags(frame)]
            boxes = [line for frame in frames for line in self._boxes(frame)]
            masks = [line for frame in frames for line in self._masks(frame, subset)]
            for file, columns, rows in (
                (LABELS[0], _LABEL_COLUMNS, tags), (BBOX[0], _BOX_COLUMNS, boxes), (MASKS[0], _MASK_COLUMNS, masks),
            ):  # fmt: skip
                if rows:
                    self._csv(f"{subset}-{file}", columns, rows)
            sizes += [
                self._size_line(frame) for frame in frames if dataset.frames.widths[frame] and dataset.frames.heights[frame]
            ]
        self.sink.write(f"annotations/{META}", "".join(sizes))

    def _size_line(self, frame: int) -> str:
        return f"{_quoted(self._id(frame))} {self.dataset.frames.heights[frame]} {self.dataset.frames.widths[frame]}\n"

    def _csv(self, name: str, columns: Sequence[str], lines: Sequence[Sequence[Any]]) -> None:
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        if columns:
            writer.writerow(columns)
        writer.writerows(lines)
        self.sink.write(f"annotations/{name}", text.getvalue())

    def _id(self, frame: int) -> str:
        return PICTURE_NAME.sub("", self.dataset.frames.names[frame])

    def _rows(self, frame: int, kind: int) -> list[int]:
        rows = self.order[self.starts[frame] : self.starts[frame + 1]] if frame + 1 < len(self.starts) else self.order[:0]
        chosen: list[int] = rows[self.table.type[rows] == kind].tolist()
        return chosen

    def _label(self, label: int) -> str:
        return self.dataset.labels.by_id(label).name

    def _tags(self, frame: int) -> list[tuple[Any, ...]]:
        table = self.table
        return [
            (self._id(frame), "", self._label(int(table.label[row])), float(table.score[row])) for row in self._rows(frame, TAG)
        ]

    def _boxes(self, frame: int) -> list[tuple[Any, ...]]:
        table = self.table
        lines = []
        for row in self._rows(frame, RECTANGLE):
            width, height = self.painter.size(frame)
            left, top, right, bottom = table.points_of(row).tolist()
            values = self.attributes.get(row, {})
            truths = [_truth(values.get(name)) for name in BOX_ATTRIBUTES]
            occluded = int(bool(table.flags[row] & Flag.OCCLUDED))
            place = (left / width, right / width, top / height, bottom / height)
            label = self._label(int(table.label[row]))
            lines.append((self._id(frame), "", label, float(table.score[row]), *place, occluded, *truths))
        return lines

    def _masks(self, frame: int, subset: str) -> list[tuple[Any, ...]]:
        lines, number = [], 0
        for segment in self.painter.segments(frame):
            values = self.mask_attributes.get(segment.row, {})
            label = self._label(int(self.painter.table.label[segment.row]))
            box = value_text(values.get("box_id") or "")
            if not box:
                box, number = f"{number:08x}", number + 1
            file = "_".join(re.sub(r"[^\w.-]", "_", part) for part in (self._id(frame), label, box)) + ".png"
            self.sink.write(f"masks/{subset}/{file}", self._png(segment, frame), compress=False)
            lines.append((file, self._id(frame), label, box, *[""] * 4, value_text(values.get("predicted_iou", "")), ""))
        return lines

    def _png(self, segment: Segment, frame: int) -> bytes:
        from PIL import Image

        width, height = self.painter.size(frame)
        pixels = np.zeros((height, width), np.uint8)
        segment.paint(pixels, 255)
        buffer = io.BytesIO()
        Image.fromarray(pixels).convert("1").save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()


def _truth(value: object) -> int:
    """Return 1, 0, or -1 for not known."""
    return {"true": 1, "1": 1, "false": 0, "0": 0}.get(value_text(value), -1) if value is not None else -1


def _quoted(name: str) -> str:
    if "\n" in name or "\r" in name:
        raise FormatError(f"the name {name!r} cannot stand on a line of {META}")
    if not re.search(r'\s|"|^#', name):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
