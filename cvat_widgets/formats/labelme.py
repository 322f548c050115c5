"""LabelMe 3.0: one XML a picture, masks as PNGs in a folder beside it."""

from __future__ import annotations

import io
import re
from pathlib import PurePosixPath
from typing import Any
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

import numpy as np

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.attribute_values import typed_attributes
from cvat_widgets.formats.collecting import PICTURE_NAME, Collector, located
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.labelme_attributes import joined_attributes, split_attributes
from cvat_widgets.formats.mask_images import read_png
from cvat_widgets.formats.mask_painting import Painter, Segment
from cvat_widgets.formats.registry import Format, Progress, register
from cvat_widgets.formats.xml_reading import line_of, parse_document
from cvat_widgets.model.kinds import ELLIPSE, MASK, POLYGON, RECTANGLE, Flag
from cvat_widgets.model.masks import encode_mask

__all__ = ["LabelMe"]

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_POINT = "      <pt>\n        <x>%.2f</x>\n        <y>%.2f</y>\n      </pt>"
_PAINT = np.array([[0, 0, 0, 0], [255, 203, 0, 153]], np.uint8)


@register
class LabelMe(Format):
    """XML of LabelMe, flat as CVAT writes it, or in its own folders ``Annotations``, ``Images`` and ``Masks``."""

    name = "LabelMe 3.0"
    kinds = frozenset({"rectangle", "polygon", "mask", "attribute", "group", "rotation", "occluded"})
    converts = {"ellipse": "mask", "track": "one shape a frame", "z_order": "order of the objects"}  # noqa: RUF012

    def detect(self, members: Members) -> bool:
        """Whether the first XML with an object has a polygon or a mask in it; without objects the picture's size must do."""
        found = False
        for name in _documents(members)[:20]:
            data = members.read(name)
            if b"<object" in data:
                return b"<annotation" in data and (b"<polygon" in data or b"<segm" in data) and b"<bndbox" not in data
            found = found or (b"<annotation>" in data and b"<imagesize>" in data)
        return found

    def read(self, members: Members) -> Dataset:
        """Read every XML."""
        names = _documents(members)
        if not names:
            raise FormatError("there is no XML in it", where=str(members.path), hint="Expected is one a picture")
        reader = _Reader(members)
        for name in names:
            reader.read(name)
        return reader.rows.dataset(members=members)

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write ``<name>.xml`` and its masks; pictures stand beside them."""
        writer = _Writer(dataset, sink)
        count = len(dataset.frames)
        for frame in range(count):
            writer.write(frame)
            if save_images and dataset.media is not None:
                name, data = dataset.media(frame)
                sink.write(f"{writer.folder(frame)}{name}", data, compress=False)
            progress(frame + 1, count)


def _documents(members: Members) -> list[str]:
    return sorted(name for name in members.names if name.lower().endswith(".xml"))


def _text(element: Element, path: str, default: str = "") -> str:
    return (element.findtext(path) or default).strip()


class _Reader:
    def __init__(self, members: Members) -> None:
        self.members = members
        self.rows = Collector(members.path.stem, str(members.path))
        self.masks: dict[str, list[str]] = {}
        self.next_group = 1
        for name in members.names:
            if name.lower().endswith(".png"):
                self.masks.setdefault(PurePosixPath(name).name, []).append(name)

    def read(self, name: str) -> None:
        where = self.members.where(name)
        data = self.members.read(name)
        root = parse_document(data, where)
        if root.tag != "annotation":
            raise FormatError(f"the XML is not LabelMe's: its first element is <{root.tag[:60]}>", where=where)
        with located(where):
            picture = _text(root, "filename")
            if not picture:
                raise FormatError("there is no <filename> in it")
            folder = _text(root, "folder")
            width, height = (int(_text(root, f"imagesize/{side}") or 0) for side in ("ncols", "nrows"))
            frame = self.rows.add_frame(picture, width, height, "" if folder == "default" else folder)
        ids: dict[int, int] = {}
        families: list[tuple[int, list[int]]] = []
        for number, item in enumerate(root.iter("object")):
            try:
                key = int(_text(item, "id", str(number)))
                families.append((key, _numbers(item, "parts/hasparts") + _numbers(item, "parts/ispartof")))
                if _text(item, "deleted", "0") in ("0", ""):
                    ids[key] = self._object(item, frame, name)
            except Exception as error:
                with located(f"{where}: line {line_of(data, 'object', number)}"):
                    raise error from None
        self._groups(families, ids)

    def _object(self, item: Element, frame: int, document: str) -> int:
        rows, label = self.rows, self.rows.label_of(_text(item, "name"))
        flags = int(Flag.OCCLUDED) if _text(item, "occluded") == "yes" else 0
        values = split_attributes(item.findtext("attributes") or "")
        polygon, segment = item.find("polygon"), item.find("segm")
        rotation = 0.0
        if polygon is not None:
            points = [float(_text(point, axis)) for point in polygon.iter("pt") for axis in "xy"]
            kind: int = POLYGON
            if len(points) < 6:
                raise FormatError(f"a polygon has at least 3 points, not {len(points) // 2}")
            if _text(item, "type") == "bounding_box":
                kind, points = RECTANGLE, [min(points[::2]), min(points[1::2]), max(points[::2]), max(points[1::2])]
                rotation = float(values.pop("rotation", "0")) % 360
        elif segment is not None:
            kind, points = MASK, self._mask(_text(segment, "mask"), document, frame)
        else:
            raise FormatError("the object has neither a <polygon> nor a <segm>")
        row = rows.add(frame, label, kind, points, flags=flags, rotation=rotation)
        for name, value in values.items():
            rows.set_attribute(row, name, value)
        return row

    def _mask(self, name: str, document: str, frame: int) -> list[float]:
        """Return the mask that stands nearest to its XML."""
        fitting = self.masks.get(PurePosixPath(name.replace("\\", "/")).name, [])
        parts = set(PurePosixPath(document).parts)
        if not name or not fitting:
            raise FormatError(f"the mask {name[:120]!r} is not there", hint="It belongs into the folder Masks")
        member = max(fitting, key=lambda each: len(parts & set(PurePosixPath(each).parts)))
        with located(self.members.where(member)):
            picture = read_png(self.members.read(member), self.members.where(member))
            size = self.rows.widths[frame], self.rows.heights[frame]
            if all(size) and picture.size != size:
                text = f"the mask has {picture.size[0]} x {picture.size[1]} pixels, its picture {size[0]} x {size[1]}"
                raise FormatError(text)
            points: list[float] = encode_mask(picture.pixels != 0).tolist()
        return points

    def _groups(self, families: list[tuple[int, list[int]]], ids: dict[int, int]) -> None:
        """Give objects that are parts of one another one group."""
        leader: dict[int, int] = {}

        def find(key: int) -> int:
            while leader.setdefault(key, key) != key:
                leader[key] = leader[leader[key]]
                key = leader[key]
            return key

        for key, relatives in families:
            for relative in relatives:
                leader[find(relative)] = find(key)
        members: dict[int, list[int]] = {}
        for key, row in ids.items():
            members.setdefault(find(key), []).append(row)
        for rows in members.values():
            if len(rows) > 1:
                for row in rows:
                    self.rows.group[row] = self.next_group
                self.next_group += 1


def _numbers(item: Element, path: str) -> list[int]:
    return [int(part) for part in _text(item, path).split(",") if part.strip()]


def _xml(text: str) -> str:
    return escape(_ILLEGAL.sub("", text))


class _Writer:
    def __init__(self, dataset: Dataset, sink: Sink) -> None:
        self.dataset = dataset
        self.sink = sink
        self.painter = Painter(dataset, (RECTANGLE, POLYGON, MASK, ELLIPSE), merge_groups=False)
        self.attributes = typed_attributes(self.painter.table, dataset.labels)

    def folder(self, frame: int) -> str:
        """Return the folder of a subset; the default one has none, as CVAT's manual shows."""
        subset = self.dataset.frames.subset_of(frame)
        return f"{subset}/" if subset and subset != "default" else ""

    def write(self, frame: int) -> None:
        frames, table, folder = self.dataset.frames, self.painter.table, self.folder(frame)
        name = frames.names[frame]
        stem = PICTURE_NAME.sub("", name)
        rows = sorted(self.painter.rows(frame), key=lambda row: int(table.z_order[row]))
        groups: dict[int, list[int]] = {}
        for number, row in enumerate(rows):
            groups.setdefault(int(table.group[row]), []).append(number)
        masks = {}
        if any(table.type[row] in (MASK, ELLIPSE) for row in rows):
            masks = {segment.row: segment for segment in self.painter.segments(frame)}
        lines = [
            "<annotation>",
            f"  <filename>{_xml(name)}</filename>",
            f"  <folder>{_xml(frames.subset_of(frame))}</folder>",
            "  <source>\n    <sourceImage></sourceImage>\n    <sourceAnnotation>Datumaro</sourceAnnotation>\n  </source>",
            f"  <imagesize>\n    <nrows>{frames.heights[frame]}</nrows>",
            f"    <ncols>{frames.widths[frame]}</ncols>\n  </imagesize>",
        ]
        for number, row in enumerate(rows):
            family = groups[int(table.group[row])] if table.group[row] else [number]
            parts = family[1:] if number == family[0] else []
            whole = "" if number == family[0] else str(family[0])
            lines += self._object(row, number, parts, whole)
            if table.type[row] in (MASK, ELLIPSE):
                mask = f"{stem}_mask_{number}.png"
                lines += self._segment(masks.get(row), PurePosixPath(mask).name)
                self.sink.write(f"{folder}Masks/{mask}", self._png(masks.get(row), frame), compress=False)
            lines.append("  </object>")
        self.sink.write(f"{folder}{stem}.xml", "\n".join([*lines, "</annotation>", ""]))

    def _object(self, row: int, number: int, parts: list[int], whole: str) -> list[str]:
        table = self.painter.table
        kind, points = int(table.type[row]), table.points_of(row)
        values: dict[str, Any] = dict(self.attributes.get(row, {}))
        if kind == RECTANGLE and table.rotation[row]:
            values = {"rotation": float(table.rotation[row])} | values
        label = self.dataset.labels.by_id(int(table.label[row])).name
        lines = [
            "  <object>",
            f"    <name>{_xml(label)}</name>",
            "    <deleted>0</deleted>",
            "    <verified>0</verified>",
            f"    <occluded>{'yes' if table.flags[row] & Flag.OCCLUDED else 'no'}</occluded>",
            "    <date></date>",
            f"    <id>{number}</id>",
            f"    <parts>\n      <hasparts>{','.join(map(str, parts))}</hasparts>",
            f"      <ispartof>{whole}</ispartof>\n    </parts>",
        ]
        if kind == RECTANGLE:
            left, top, right, bottom = points.tolist()
            points = np.array([left, top, right, top, right, bottom, left, bottom])
            lines.append("    <type>bounding_box</type>")
        if kind in (RECTANGLE, POLYGON):
            lines.append("    <polygon>")
            lines += [
                f"      <pt>\n        <x>{x:.2f}</x>\n        <y>{y:.2f}</y>\n      </pt>" for x, y in points.reshape(-1, 2)
            ]
            lines.append("      <username></username>\n    </polygon>")
        return [*lines, f"    <attributes>{_xml(joined_attributes(values))}</attributes>"]

    @staticmethod
    def _segment(segment: Segment | None, name: str) -> list[str]:
        left, top, width, height = (
            (segment.left, segment.top, *reversed(segment.crop.shape)) if segment is not None else (0, 0, 0, 0)
        )
        box = f"<xmin>{left:.2f}</xmin><ymin>{top:.2f}</ymin><xmax>{left + width:.2f}</xmax><ymax>{top + height:.2f}</ymax>"
        return [
            f"    <segm>\n      <mask>{_xml(name)}</mask>\n      <box>{box}</box>\n      <username></username>\n    </segm>"
        ]

    def _png(self, segment: Segment | None, frame: int) -> bytes:
        from PIL import Image

        width, height = self.painter.size(frame)
        pixels = np.zeros((height, width), np.uint8)
        if segment is not None:
            segment.paint(pixels, 1)
        buffer = io.BytesIO()
        Image.fromarray(_PAINT[pixels]).save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()
