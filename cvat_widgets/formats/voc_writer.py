"""Annotations of PASCAL VOC written: one small XML a frame from templates, in the order of elements CVAT has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.frame_rows import frame_blocks
from cvat_widgets.formats.voc_layout import frame_id, picture_name
from cvat_widgets.model.kinds import Flag
from cvat_widgets.model.table import AnnotationTable

__all__ = ["document", "objects_of_frames"]

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HEAD = """<annotation>
  <folder>%s</folder>
  <filename>%s</filename>
  <source>
    <database>Unknown</database>
    <annotation>Unknown</annotation>
    <image>Unknown</image>
  </source>
%s  <segmented>%d</segmented>
"""
_SIZE = """  <size>
    <width>%d</width>
    <height>%d</height>
    <depth></depth>
  </size>
"""
_OBJECT = """  <object>
    <name>%s</name>
%s    <truncated>%s</truncated>
    <occluded>%d</occluded>
    <difficult>%s</difficult>
    <bndbox>
      <xmin>%r</xmin>
      <ymin>%r</ymin>
      <xmax>%r</xmax>
      <ymax>%r</ymax>
    </bndbox>
    <attributes>
%s    </attributes>
  </object>
"""
_ATTRIBUTE = """      <attribute>
        <name>%s</name>
        <value>%s</value>
      </attribute>
"""
_BUILTIN = ("truncated", "difficult", "pose")


def _text(value: str) -> str:
    """Escape a text; characters XML has no way to hold become U+FFFD."""
    return escape(_NOT_XML.sub("\ufffd", value), {"\r": "&#13;"})


def document(dataset: Dataset, frame: int, objects: list[str], *, segmented: bool) -> str:
    """Return the XML of a frame."""
    name = dataset.frames.names[frame].replace("\\", "/")
    key = frame_id(name)
    folder = key[: key.index("_")] if "_" in key else ""
    width, height = int(dataset.frames.widths[frame]), int(dataset.frames.heights[frame])
    size = _SIZE % (width, height) if width and height else ""
    return "".join((_HEAD % (_text(folder), _text(picture_name(name)), size, segmented), *objects, "</annotation>\n"))


def objects_of_frames(dataset: Dataset, boxes: AnnotationTable, frames: Sequence[int]) -> Iterator[tuple[int, list[str]]]:
    """Yield each of the frames with one ``<object>`` a rectangle; ``boxes`` are sorted by frame."""
    for part, rows, bounds in frame_blocks(boxes, frames):
        texts = _object_texts(dataset, boxes.take(rows))
        for frame, (begin, end) in zip(part, pairwise(bounds), strict=True):
            yield frame, texts[begin:end]


def _object_texts(dataset: Dataset, boxes: AnnotationTable) -> list[str]:
    """Return one ``<object>`` a rectangle."""
    count = len(boxes)
    if not count:
        return []
    names = {label.id: _text(label.name) for label in dataset.labels}
    own, flags = _attributes(dataset, boxes)
    rotation = boxes.rotation.tolist()
    plain = _ATTRIBUTE % ("rotation", 0.0)
    extra = [plain if angle == 0 else _ATTRIBUTE % ("rotation", repr(angle)) for angle in rotation]
    if boxes.is_track.any():
        keys = boxes.has(Flag.KEYFRAME).tolist()
        for row, track in enumerate(boxes.track.tolist()):
            if track >= 0:
                extra[row] += _ATTRIBUTE % ("track_id", track) + _ATTRIBUTE % ("keyframe", keys[row])
    for row, text in own.items():
        extra[row] = text + extra[row]
    truncated, difficult, pose = ([flags.get((row, name), "0") for row in range(count)] for name in _BUILTIN)
    poses = ["" if text == "0" else f"    <pose>{text}</pose>\n" for text in pose]
    corners = [boxes.points[boxes.offsets[:-1] + index].tolist() for index in range(4)]
    labels = [names[label] for label in boxes.label.tolist()]
    columns: tuple[list[Any], ...] = (
        labels, poses, truncated, boxes.has(Flag.OCCLUDED).astype(np.int64).tolist(), difficult, *corners, extra,
    )  # fmt: skip
    return list(map(_OBJECT.__mod__, zip(*columns, strict=True)))


def _attributes(dataset: Dataset, boxes: AnnotationTable) -> tuple[dict[int, str], dict[tuple[int, str], str]]:
    """Return the attribute elements by row, and the values that have elements of their own by row and name."""
    values = boxes.attributes
    own: dict[int, str] = {}
    flags: dict[tuple[int, str], str] = {}
    names = {spec: dataset.labels.attribute_by_id(spec).name for spec in np.unique(values.spec).tolist()}
    for row, spec, code in zip(values.row.tolist(), values.spec.tolist(), values.code.tolist(), strict=True):
        name, value = names[spec], values.strings[code]
        if name in ("truncated", "difficult") and value in ("true", "false"):
            flags[row, name] = "1" if value == "true" else "0"
        elif name == "pose" and value.strip() and value != "0" and value == value.strip():
            flags[row, name] = _text(value)
        else:
            own[row] = own.get(row, "") + _ATTRIBUTE % (_text(name), _text(value))
    return own, flags
