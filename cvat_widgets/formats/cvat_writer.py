"""CVAT's XML 1.1 written: one template a shape type, filled from columns.

The order of elements and of their attributes, and two decimals for coordinates, are CVAT's.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from cvat_widgets.formats.cvat_meta import label_lines
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.kinds import CUBOID, ELLIPSE, MASK, POINTS, POLYGON, POLYLINE, RECTANGLE, SKELETON, SOURCES, TAG, Flag
from cvat_widgets.model.table import AnnotationTable

__all__ = ["images_xml", "video_xml"]

_NAMES = {
    RECTANGLE: "box",
    POLYGON: "polygon",
    POLYLINE: "polyline",
    POINTS: "points",
    ELLIPSE: "ellipse",
    CUBOID: "cuboid",
    MASK: "mask",
    SKELETON: "skeleton",
    TAG: "tag",
}
_BOX = 'xtl="%.2f" ytl="%.2f" xbr="%.2f" ybr="%.2f"'
_PLAIN_BOX = (
    '    <box label=%s source="%s" occluded="%d" xtl="%.2f" ytl="%.2f" xbr="%.2f" ybr="%.2f" z_order="%d">\n    </box>\n'
)
_CHUNK = 80_000
"""Coordinates printed at a time, so that no export is in memory as a whole: 20,000 boxes."""
_CUBOID = " ".join(f'{axis}{corner}{side}="%.2f"' for side in "12" for corner in ("tl", "bl", "tr", "br") for axis in "xy")


def images_xml(dataset: Dataset) -> Iterator[str]:
    """Yield the XML of *CVAT for images* in pieces: one ``<image>`` a frame, tracks flattened to shapes."""
    table = interpolate_table(dataset.table, frame_count=len(dataset.frames))
    order = np.argsort(table.frame, kind="stable")
    bounds = np.searchsorted(table.frame[order], np.arange(len(dataset.frames) + 1))
    # What a row takes in memory: its coordinates, and all else it has like those of a box.
    sizes = np.concatenate(([0], np.cumsum(np.maximum(np.diff(table.offsets), 4)[order])))[bounds].tolist()
    starts = bounds.tolist()
    yield _head(dataset)
    first = 0
    for stop in range(1, len(dataset.frames) + 1):
        if sizes[stop] - sizes[first] >= _CHUNK or stop == len(dataset.frames):
            part = table.take(order[starts[first] : starts[stop]])
            counts = [starts[frame] - starts[first] for frame in range(first, stop + 1)]
            yield _images(dataset, part, first, counts)
            first = stop
    yield "</annotations>\n"


def _images(dataset: Dataset, part: AnnotationTable, first: int, starts: list[int]) -> str:
    """Return consecutive frames, the rows of which lie in order."""
    lines = _shape_lines(dataset, part)
    subset = dataset.meta.get("subset") or ""
    frames = dataset.frames
    pieces = []
    for frame, (start, stop) in enumerate(pairwise(starts), first):
        own = frames.subset_of(frame) or subset
        number = frames.ids[frame] if len(frames.ids) else frame
        extra = f" subset={quoteattr(own)}" if own else ""
        size = f'width="{frames.widths[frame]}" height="{frames.heights[frame]}"'
        pieces.append(f'  <image id="{number}" name={quoteattr(frames.names[frame])}{extra} {size}>\n')
        pieces += lines[start:stop]
        pieces.append("  </image>\n")
    return "".join(pieces)


def _shape_lines(dataset: Dataset, table: AnnotationTable) -> list[str]:
    """Return the lines of each row, nothing for joints; plain boxes, the common case, are printed from one template."""
    plain = (table.type == RECTANGLE) & (table.group == 0) & (table.rotation == 0) & (table.parent < 0)
    plain[table.attributes.row] = False
    lines = [""] * len(table)
    boxes = np.flatnonzero(plain)
    if len(boxes):
        names = {label.id: quoteattr(label.name) for label in dataset.labels}
        at = table.offsets[boxes]
        columns = (
            [names[label] for label in table.label[boxes].tolist()],
            [SOURCES[code] for code in table.source[boxes].tolist()],
            table.has(Flag.OCCLUDED)[boxes].astype(int).tolist(),
            *(table.points[at + index].tolist() for index in range(4)),
            table.z_order[boxes].tolist(),
        )
        for row, line in zip(boxes.tolist(), map(_PLAIN_BOX.__mod__, zip(*columns, strict=True)), strict=True):
            lines[row] = line
    others = np.flatnonzero(~plain & (table.parent < 0)).tolist()
    if others:
        rows = _Rows(dataset, table)
        for row in others:
            lines[row] = rows.image_shape(row)
    return lines


def video_xml(dataset: Dataset) -> Iterator[str]:
    """Yield the XML of *CVAT for video* in pieces: one ``<track>`` an object with every frame it is on.

    Plain shapes last one frame.
    """
    count = len(dataset.frames)
    table = dataset.table
    expanded = interpolate_table(table.take(table.is_track), frame_count=count, include_outside=True)
    expanded = expanded.take(~expanded.has(Flag.OUTSIDE) | expanded.has(Flag.KEYFRAME) | (expanded.parent >= 0))
    plain = table.take(~table.is_track & ~table.is_tag)
    rows = _Rows(dataset, AnnotationTable.concat([expanded, plain]))
    yield _head(dataset)
    for number, lines in enumerate(_tracks(rows, count)):
        yield lines.replace("<track ", f'<track id="{number}" ', 1)
    yield "</annotations>\n"


def _tracks(rows: _Rows, count: int) -> Iterator[str]:
    """Yield the lines of each track, its number left out."""
    groups: dict[int, list[int]] = {}
    for row, (track, parent) in enumerate(zip(rows.track, rows.parent, strict=True)):
        if track >= 0 and parent < 0:
            groups.setdefault(track, []).append(row)
    for members in groups.values():
        members.sort(key=rows.frame.__getitem__)
        yield "".join([rows.track_head(members[0]), *(rows.track_shape(row) for row in members), "  </track>\n"])
    for row in range(len(rows.track)):
        if rows.track[row] >= 0 or rows.parent[row] >= 0:
            continue
        parts = [rows.track_head(row), rows.track_shape(row, keyframe=True)]
        if rows.frame[row] + 1 < count:
            parts.append(rows.track_shape(row, keyframe=True, ended=True))
        yield "".join([*parts, "  </track>\n"])


class _Rows:
    """The columns of a table as lists, with a template for each row."""

    def __init__(self, dataset: Dataset, table: AnnotationTable) -> None:
        names = {each.id: quoteattr(each.name) for label in dataset.labels for each in (label, *label.sublabels)}
        specs = {
            spec.id: quoteattr(spec.name)
            for label in dataset.labels
            for each in (label, *label.sublabels)
            for spec in each.attributes
        }
        self.id = table.id.tolist()
        self.frame = table.frame.tolist()
        self.label = [names[label] for label in table.label.tolist()]
        self.type = table.type.tolist()
        self.track = table.track.tolist()
        self.parent = table.parent.tolist()
        self.group = table.group.tolist()
        self.z_order = table.z_order.tolist()
        self.flags = table.flags.tolist()
        self.rotation = table.rotation.tolist()
        self.source = [SOURCES[code] for code in table.source.tolist()]
        self.points_of = table.point_lists()
        self.attributes: dict[int, str] = {}
        texts = [escape(text) for text in table.attributes.strings]
        values = table.attributes
        for row, spec, code in zip(values.row.tolist(), values.spec.tolist(), values.code.tolist(), strict=True):
            line = f"<attribute name={specs[spec]}>{texts[code]}</attribute>\n"
            self.attributes[row] = self.attributes.get(row, "") + "      " + line
        self.joints: dict[tuple[int, int], list[int]] = {}
        if (table.parent >= 0).any():
            for row, parent in enumerate(self.parent):
                if parent >= 0:
                    self.joints.setdefault((parent, self.frame[row]), []).append(row)

    def geometry(self, row: int) -> str:
        """Return the attributes that say where a shape is."""
        kind = self.type[row]
        points = self.points_of(row)
        if kind == RECTANGLE:
            text = _BOX % tuple(points)
        elif kind in (POLYGON, POLYLINE, POINTS):
            text = 'points="' + ";".join(["%.2f,%.2f"] * (len(points) // 2)) % tuple(points) + '"'
        elif kind == ELLIPSE:
            cx, cy, right, top = points
            text = f'cx="{cx:.2f}" cy="{cy:.2f}" rx="{right - cx:.2f}" ry="{cy - top:.2f}"'
        elif kind == CUBOID:
            text = _CUBOID % tuple(points)
        elif kind == MASK:
            left, top, right, bottom = (int(value) for value in points[-4:])
            runs = ", ".join(str(int(run)) for run in points[:-4])
            text = f'rle="{runs}" left="{left}" top="{top}" width="{right - left + 1}" height="{bottom - top + 1}"'
        else:
            return ""
        if self.rotation[row]:
            text += f' rotation="{self.rotation[row]:.2f}"'
        return text + " "

    def image_shape(self, row: int) -> str:
        """Return a shape, tag or skeleton of an image."""
        name = _NAMES[self.type[row]]
        group = f' group_id="{self.group[row]}"' if self.group[row] else ""
        head = f'    <{name} label={self.label[row]} source="{self.source[row]}"'
        if self.type[row] == TAG:
            opening = f"{head}{group}>\n"
        elif self.type[row] == SKELETON:
            joints = "".join(self._image_joint(each) for each in self.joints.get((self.id[row], self.frame[row]), ()))
            opening = f'{head} z_order="{self.z_order[row]}"{group}>\n{joints}'
        else:
            occluded = self.flags[row] & 1
            opening = f'{head} occluded="{occluded}" {self.geometry(row)}z_order="{self.z_order[row]}"{group}>\n'
        return f"{opening}{self.attributes.get(row, '')}    </{name}>\n"

    def _image_joint(self, row: int) -> str:
        flags = self.flags[row]
        name = _NAMES[self.type[row]]
        opening = (
            f'      <{name} label={self.label[row]} source="{self.source[row]}" outside="{(flags >> 1) & 1}" '
            f'occluded="{flags & 1}" {self.geometry(row).rstrip()}>\n'
        )
        return f"{opening}{self._deeper(row)}      </{name}>\n"

    def _deeper(self, row: int) -> str:
        return self.attributes.get(row, "").replace("      <attribute", "        <attribute")

    def track_head(self, row: int) -> str:
        """Return the opening of a track, without its number."""
        group = f' group_id="{self.group[row]}"' if self.group[row] else ""
        return f'  <track label={self.label[row]} source="{self.source[row]}"{group}>\n'

    def track_shape(self, row: int, *, keyframe: bool = False, ended: bool = False) -> str:
        """Return a track on one frame; ``ended`` is the same, outside, one frame later."""
        name = _NAMES[self.type[row]]
        flags = self.flags[row]
        is_key = int(keyframe or bool(flags & 4))
        outside = int(ended or bool(flags & 2))
        frame = self.frame[row] + int(ended)
        if self.type[row] == SKELETON:
            joints = self.joints.get((self.id[row], self.frame[row]), ())
            inner = "".join(self._track_joint(each, is_key, outside) for each in joints)
            opening = f'    <{name} frame="{frame}" keyframe="{is_key}" z_order="{self.z_order[row]}">\n{inner}'
        else:
            opening = (
                f'    <{name} frame="{frame}" keyframe="{is_key}" outside="{outside}" occluded="{flags & 1}" '
                f'{self.geometry(row)}z_order="{self.z_order[row]}">\n'
            )
        return f"{opening}{self.attributes.get(row, '')}    </{name}>\n"

    def _track_joint(self, row: int, keyframe: int, outside: int) -> str:
        flags = self.flags[row]
        name = _NAMES[self.type[row]]
        opening = (
            f'      <{name} label={self.label[row]} keyframe="{keyframe}" outside="{outside or (flags >> 1) & 1}" '
            f'occluded="{flags & 1}" {self.geometry(row).rstrip()}>\n'
        )
        return f"{opening}{self._deeper(row)}      </{name}>\n"


def _head(dataset: Dataset) -> str:
    meta = dataset.meta
    count = len(dataset.frames)

    def tag(name: str, value: Any) -> str:
        return f"      <{name}>{escape(str(value))}</{name}>"

    segments = meta.get("segments") or [(0, 0, count - 1)]
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        "<annotations>",
        "  <version>1.1</version>",
        "  <meta>",
        "    <task>",
        tag("id", meta.get("id", 0)),
        tag("name", dataset.name),
        tag("size", count),
        tag("mode", dataset.mode),
        tag("overlap", meta.get("overlap", 0)),
        tag("bugtracker", meta.get("bugtracker", "")),
        tag("created", meta.get("created", "")),
        tag("updated", meta.get("updated", "")),
        tag("subset", meta.get("subset") or "default"),
        tag("start_frame", 0),
        tag("stop_frame", count - 1),
        tag("frame_filter", meta.get("frame_filter", "")),
        "      <segments>",
    ]
    for number, start, stop in segments:
        lines += [
            "        <segment>",
            f"          <id>{number}</id>",
            f"          <start>{start}</start>",
            f"          <stop>{stop}</stop>",
            "          <url></url>",
            "        </segment>",
        ]
    lines += [
        "      </segments>",
        "      <owner>",
        "        <username></username>",
        "        <email></email>",
        "      </owner>",
    ]
    lines += ["      <assignee></assignee>", "      <labels>", *label_lines(dataset.labels, "        "), "      </labels>"]
    if dataset.mode == "interpolation" and count:
        width, height = int(dataset.frames.widths[0]), int(dataset.frames.heights[0])
        lines += ["      <original_size>", f"        <width>{width}</width>", f"        <height>{height}</height>"]
        lines += ["      </original_size>"]
    dumped = meta.get("dumped") or datetime.now(timezone.utc).isoformat(sep=" ")
    return "\n".join([*lines, "    </task>", f"    <dumped>{escape(dumped)}</dumped>", "  </meta>", ""])
