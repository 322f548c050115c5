"""CVAT's XML 1.1 read with expat: entities and DTDs are refused, nothing is built that is not kept."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import chain, repeat
from operator import itemgetter
from typing import Any
from xml.parsers import expat

import numpy as np

from cvat_widgets.errors import CvatWidgetsError, FormatError
from cvat_widgets.formats.cvat_meta import MetaReader
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.rows import Integers, RowBuilder
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.kinds import (
    CUBOID,
    ELLIPSE,
    MASK,
    POINTS,
    POLYGON,
    POLYLINE,
    RECTANGLE,
    SKELETON,
    SOURCE_CODE,
    TAG,
    Flag,
)
from cvat_widgets.model.slicing import without_repeats
from cvat_widgets.model.table import AnnotationTable

__all__ = ["read_xml"]

_TYPES = {
    "box": RECTANGLE,
    "ellipse": ELLIPSE,
    "polygon": POLYGON,
    "polyline": POLYLINE,
    "points": POINTS,
    "mask": MASK,
    "cuboid": CUBOID,
    "skeleton": SKELETON,
    "tag": TAG,
}
_CORNERS = itemgetter("xtl", "ytl", "xbr", "ybr")
_CUBOID = [f"{axis}{corner}{side}" for side in "12" for corner in ("tl", "bl", "tr", "br") for axis in "xy"]
_OCCLUDED, _OUTSIDE, _KEYFRAME = int(Flag.OCCLUDED), int(Flag.OUTSIDE), int(Flag.KEYFRAME)
_FILE = SOURCE_CODE["file"]
_FAR = math.inf
_WAITING = 200
"""Boxes that are collected before they become rows: enough to go column by column, few enough to stay in the cache."""


def read_xml(blocks: Iterable[bytes], where: str) -> Dataset:
    """Read an ``annotations.xml``, which comes in pieces of any size.

    Raises
    ------
    FormatError
        It is not CVAT's XML, is damaged, or holds a value that cannot be; the text names the line.
    """
    reader = _Reader(where)
    reader.parse(blocks)
    return reader.dataset()


class _Reader:
    def __init__(self, where: str) -> None:
        self.where = where
        self.rows = RowBuilder()
        self.meta = MetaReader()
        self.frames: list[tuple[str, int, int, str, int]] = []
        self.frame = -1
        self.track: tuple[int, int, int, int, str] | None = None
        self.track_count = 0
        self.skeleton: tuple[int, str, int] | None = None
        self.joint_tracks: dict[tuple[int, str], int] = {}
        self.next_id = 1
        self.root = ""
        self.open_rows: list[int] = []
        self.attribute: str | None = None
        self.text: list[str] = []
        self.last_frame = -1
        self.boxes: list[tuple[dict[str, str], int, int]] = []
        self.line = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse

    def _refuse(self, *_: Any) -> None:
        raise FormatError("the XML declares entities or a DTD, which annotations have no use for", where=self._place())

    def _place(self) -> str:
        return f"{self.where}:{self.line or self.parser.CurrentLineNumber}"

    def parse(self, blocks: Iterable[bytes]) -> None:
        try:
            for block in blocks:
                self.parser.Parse(block, False)
            self.parser.Parse(b"", True)
            self._enter_boxes()
        except expat.ExpatError as error:
            raise FormatError(
                f"the XML is damaged: {expat.errors.messages[error.code]}", where=f"{self.where}:{error.lineno}"
            ) from None
        except (KeyError, ValueError, OverflowError, TypeError) as error:
            text = f"the attribute {error} is missing" if isinstance(error, KeyError) else f"a value cannot be read: {error}"
            raise FormatError(text, where=self._place()) from None
        except CvatWidgetsError as error:
            if isinstance(error, FormatError):
                raise
            raise FormatError(error.what, where=self._place(), hint=error.hint) from None
        if self.root != "annotations":
            raise FormatError(f"the XML is not CVAT's: its first element is <{self.root}>", where=self.where)

    # -- elements ------------------------------------------------------------------------------------------------

    def start(self, name: str, values: dict[str, str]) -> None:
        # The commonest first: a box of an image, which waits for many more.
        if name == "box" and self.frame >= 0 and self.track is None and self.skeleton is None:
            self.open_rows.append(len(self.rows.id) + len(self.boxes))
            self.boxes.append((values, self.frame, self.parser.CurrentLineNumber))
        elif not self.root:
            self.root = name
        elif self.meta.depth or name == "meta":
            # It never stands in an image; what looks like a box in there is none.
            self.frame = -1
            self.meta.start(name)
            self._collect(True)
        elif name in _TYPES:
            self._enter_boxes()
            self._shape(name, values)
        elif name == "attribute":
            self.attribute = values["name"]
            self._collect(True)
        elif name == "image":
            self.frame = len(self.frames)
            size = int(values.get("width", 0)), int(values.get("height", 0))
            self.frames.append((values["name"], *size, values.get("subset", ""), int(values.get("id", self.frame))))
        elif name == "track":
            self._enter_boxes()
            self.track_count += 1
            source = SOURCE_CODE.get(values.get("source", "file"), _FILE)
            label = self.rows.label_code(values["label"])
            self.track = (self.next_id, label, source, int(values.get("group_id", 0)), values["label"])
            self.next_id += 1

    def _collect(self, on: bool) -> None:
        """Texts are looked at only where they mean something."""
        self.text = []
        self.parser.CharacterDataHandler = self.text.append if on else None

    def end(self, name: str) -> None:
        if name in _TYPES and not self.meta.depth:
            if self.open_rows:
                self.open_rows.pop()
            if name == "skeleton":
                self.skeleton = None
        elif self.meta.depth:
            self.meta.end(name, "".join(self.text))
            self._collect(bool(self.meta.depth))
        elif name == "attribute" and self.attribute is not None:
            if self.open_rows:
                self._attribute(self.open_rows[-1], self.attribute, "".join(self.text))
            self.attribute = None
            self._collect(False)
        elif name == "image":
            self.frame = -1
            if len(self.boxes) > _WAITING:
                self._enter_boxes()
        elif name == "track":
            self.track = None

    def _attribute(self, row: int, name: str, value: str) -> None:
        waiting = row - len(self.rows.id)
        label = self.rows.label[row] if waiting < 0 else self.rows.label_code(self.boxes[waiting][0]["label"])
        self.rows.add_attribute(row, label, name, value)

    def _enter_boxes(self) -> None:
        """Give the boxes of images to the rows, column by column: most elements of most files are one."""
        if not self.boxes:
            return
        rows, count = self.rows, len(self.boxes)
        boxes, frames, _ = zip(*self.boxes, strict=True)
        try:
            points = [*map(float, chain.from_iterable(map(_CORNERS, boxes)))]
            labels = [values["label"] for values in boxes]
            groups = Integers((int(values.get("group_id", 0)) for values in boxes), "i")
            orders = Integers((int(values.get("z_order", 0)) for values in boxes), "i")
            angles = [float(values.get("rotation", 0)) for values in boxes]
            sound = -_FAR < sum(points) < _FAR
        except (KeyError, ValueError, OverflowError):
            sound = False
        if not sound:
            self._enter_one_by_one()
            return
        codes = {label: rows.label_code(label) for label in dict.fromkeys(labels)}
        rows.id.extend(range(self.next_id, self.next_id + count))
        rows.frame.extend(frames)
        rows.label.extend(map(codes.__getitem__, labels))
        rows.type.extend(repeat(RECTANGLE, count))
        rows.track.extend(repeat(-1, count))
        rows.parent.extend(repeat(-1, count))
        rows.group.extend(groups)
        rows.z_order.extend(orders)
        rows.flags.extend(_OCCLUDED if values.get("occluded") == "1" else 0 for values in boxes)
        rows.rotation.extend(angles)
        rows.source.extend(SOURCE_CODE.get(values.get("source", "file"), _FILE) for values in boxes)
        rows.score.extend(repeat(1.0, count))
        rows.offsets.extend(range(len(rows.points) + 4, len(rows.points) + 4 * count + 1, 4))
        rows.points.fromlist(points)
        self.next_id += count
        self.boxes.clear()

    def _enter_one_by_one(self) -> None:
        """Do the same where something is wrong with a box: this says what, and on which line."""
        boxes, self.boxes = self.boxes, []
        frame, open_rows = self.frame, [*self.open_rows]
        for values, self.frame, self.line in boxes:
            self._shape("box", values)
        self.frame, self.line, self.open_rows = frame, 0, open_rows

    def _shape(self, name: str, values: dict[str, str]) -> None:
        rows = self.rows
        type_code = _TYPES[name]
        track, frame, flags = -1, self.frame, 0
        if self.skeleton is not None:
            self._joint(name, values)
            return
        if self.track is not None:
            own, label, source, group, _ = self.track
            frame = int(values["frame"])
            if values.get("keyframe", "1") == "0":
                self.open_rows.append(-1)
                self.attribute = None
                self._skip(name)
                return
            if type_code == MASK:
                # CVAT has no tracks of masks: one that stands in a track is a shape of its own.
                own, track = self._new_id(), -1
            else:
                track, flags = own, _KEYFRAME
            if values.get("outside") == "1":
                flags |= _OUTSIDE
        else:
            if frame < 0:
                raise FormatError(f"<{name}> stands outside of <image> and <track>", where=self._place())
            own = self._new_id()
            label = rows.label_code(values["label"])
            source = SOURCE_CODE.get(values.get("source", "file"), _FILE)
            group = int(values.get("group_id", 0))
        if values.get("occluded") == "1":
            flags |= _OCCLUDED
        if frame < 0:
            raise FormatError(f"the frame {frame} is negative", where=self._place())
        self.last_frame = max(self.last_frame, frame)
        rows.id.append(own)
        rows.frame.append(frame)
        rows.label.append(label)
        rows.type.append(type_code)
        rows.track.append(track)
        rows.parent.append(-1)
        rows.group.append(group)
        rows.z_order.append(int(values.get("z_order", 0)))
        rows.flags.append(flags)
        rows.rotation.append(float(values.get("rotation", 0)))
        rows.source.append(source)
        rows.score.append(1.0)
        self._points(name, values)
        self.open_rows.append(len(rows.id) - 1)
        if type_code == SKELETON:
            self.skeleton = (own, values.get("label") or (self.track[4] if self.track else ""), frame)

    def _skip(self, name: str) -> None:
        """Leave out everything in an element that is not a keyframe."""
        depth = 1

        def start(_name: str, _values: dict[str, str]) -> None:
            nonlocal depth
            depth += 1

        def end(_name: str) -> None:
            nonlocal depth
            depth -= 1
            if depth == 0:
                self.parser.StartElementHandler, self.parser.EndElementHandler = self.start, self.end
                self.end(name)

        self.parser.StartElementHandler, self.parser.EndElementHandler = start, end

    def _joint(self, name: str, values: dict[str, str]) -> None:
        """An element of the open skeleton."""
        parent, skeleton_label, frame = self.skeleton  # type: ignore[misc]
        rows = self.rows
        row = self.open_rows[-1]
        label = rows.label_code(values["label"], skeleton_label)
        tracked = rows.track[row] >= 0
        if tracked:
            key = (parent, values["label"])
            if key not in self.joint_tracks:
                self.joint_tracks[key] = self._new_id()
            own = self.joint_tracks[key]
        else:
            own = self._new_id()
        flags = (_OUTSIDE if values.get("outside") == "1" else 0) | (_OCCLUDED if values.get("occluded") == "1" else 0)
        rows.id.append(own)
        rows.frame.append(frame)
        rows.label.append(label)
        rows.type.append(_TYPES[name])
        rows.track.append(own if tracked else -1)
        rows.parent.append(parent)
        rows.group.append(rows.group[row])
        rows.z_order.append(rows.z_order[row])
        rows.flags.append(flags | (_KEYFRAME if tracked else 0))
        rows.rotation.append(float(values.get("rotation", 0)))
        rows.source.append(rows.source[row])
        rows.score.append(1.0)
        self._points(name, values)
        self.open_rows.append(len(rows.id) - 1)

    def _new_id(self) -> int:
        self.next_id += 1
        return self.next_id - 1

    def _points(self, name: str, values: dict[str, str]) -> None:
        points: list[float] = []
        if name == "box":
            points = [float(values["xtl"]), float(values["ytl"]), float(values["xbr"]), float(values["ybr"])]
        elif name in ("polygon", "polyline", "points"):
            points = [float(value) for value in values["points"].replace(";", ",").split(",")]
        elif name == "ellipse":
            cx, cy, rx, ry = (float(values[key]) for key in ("cx", "cy", "rx", "ry"))
            points = [cx, cy, round(cx + rx, 2), round(cy - ry, 2)]
        elif name == "cuboid":
            points = [float(values[key]) for key in _CUBOID]
        elif name == "mask":
            left, top = int(values["left"]), int(values["top"])
            width, height = int(values["width"]), int(values["height"])
            runs = [int(run) for run in values["rle"].split(",")]
            if width <= 0 or height <= 0 or min(runs) < 0 or sum(runs) != width * height:
                raise FormatError(f"the runs of a mask do not fill its box of {width} x {height} pixels", where=self._place())
            points = [*runs, left, top, left + width - 1, top + height - 1]
        if not all(map(math.isfinite, points)):
            raise FormatError("a coordinate is not a finite number", where=self._place())
        self.rows.points.fromlist(points)
        self.rows.offsets.append(len(self.rows.points))

    # -- result --------------------------------------------------------------------------------------------------

    def dataset(self) -> Dataset:
        facts = self.meta.facts()
        try:
            labels, table = self.rows.finish(self.meta.labels())
        except CvatWidgetsError as error:
            raise FormatError(error.what, where=self.where, hint=error.hint) from None
        if self.track_count:
            table = _sorted_tracks(table)
        problems = table.problems(labels)
        if problems:
            raise FormatError(problems[0], where=self.where)
        return Dataset(
            labels=labels,
            frames=self._frame_index(facts),
            table=table,
            name=facts.get("name", ""),
            mode=facts.get("mode", "interpolation" if self.track_count and not self.frames else "annotation"),
            meta=facts if self.frames else facts | {"frames_by_number": True},
        )

    def _frame_index(self, facts: dict[str, Any]) -> FrameIndex:
        if self.frames:
            names, widths, heights, subsets, ids = zip(*self.frames, strict=True)
            known = tuple(subsets) if any(subsets) else ()
            return FrameIndex(list(names), np.array(widths, np.int32), np.array(heights, np.int32), known, ids)
        count = max(int(facts.get("size", 0) or 0), self.last_frame + 1)
        if count > 10_000_000:
            raise FormatError(f"a video of {count} frames is not believable", where=self.where)
        width, height = facts.get("original_size", (0, 0))
        numbered = [f"frame_{number:06d}" for number in range(count)]
        return FrameIndex(numbered, np.full(count, width, np.int32), np.full(count, height, np.int32))


def _sorted_tracks(table: AnnotationTable) -> AnnotationTable:
    """Put keyframes in order of their frames, and attribute values where they change (CVAT repeats them on every row)."""
    plain = table.take(~table.is_track)
    return AnnotationTable.concat([plain, without_repeats(table.take(table.is_track))])
