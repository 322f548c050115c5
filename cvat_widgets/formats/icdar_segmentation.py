"""Masks of letters as ICDAR keeps them: a picture of colours, and a line for each colour."""

from __future__ import annotations

import io
import re
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.attribute_values import typed_attributes
from cvat_widgets.formats.collecting import Collector, located, text_of, value_text
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.mask_images import pack_colors, voc_colors
from cvat_widgets.formats.mask_instances import masks_of_pixels
from cvat_widgets.formats.mask_painting import Painter, Segment
from cvat_widgets.model.kinds import ELLIPSE, MASK, POLYGON, RECTANGLE
from cvat_widgets.model.labels import Attribute, Label

__all__ = ["SegmentationReader", "SegmentationWriter"]

_ATTRIBUTES = ("index", "text", "color", "center")
_LABEL = Label("icdar", attributes=tuple(Attribute(name) for name in _ATTRIBUTES))
_WHITE = 0xFFFFFF
_MAX_PIXELS = 1 << 28
_LINE = re.compile(
    r"(?P<out>\#?)\s*(?P<color>\d{1,3}\s+\d{1,3}\s+\d{1,3})\s+(?P<center>\S+\s+\S+)\s+(?P<box>\S+\s+\S+\s+\S+\s+\S+)\s+"
    r'(?P<text>"(?:[^"\\]|\\.)*"|\S+)\s*$'
)


class SegmentationReader:
    """Collects the pictures of one dataset."""

    def __init__(self, members: Members) -> None:
        self.members = members
        self.rows = Collector(members.path.stem, str(members.path))
        self.label = self.rows.label_of(_LABEL.name)
        self.next_group = 1

    def read(self, name: str, frame: int) -> None:
        """Read the text of a picture and the colours beside it."""
        letters: list[dict[str, str]] = []
        words: list[int] = []
        word = 0
        color_of: dict[int, int] = {}
        for number, line in enumerate(text_of(self.members, name).split("\n"), start=1):
            if not line.strip():
                word += 1
                continue
            with located(f"{self.members.where(name)}: line {number}"):
                letter, color = _letter(line.strip(), len(letters))
                if color in color_of or color == _WHITE:
                    raise FormatError(f"the colour {letter['color']} is the background's or another line's")
                color_of[color] = len(letters) + 1
                letters.append(letter)
                words.append(word)
        if not letters:
            return
        picture = name.removesuffix(".txt") + ".bmp"
        where = self.members.where(picture)
        if picture not in self.members.names:
            raise FormatError("the picture of colours is not there", where=where, hint="It belongs beside its text")
        pixels = _read_colors(self.members.read(picture), where)
        self.rows.heights[frame], self.rows.widths[frame] = pixels.shape

        def keys(values: NDArray[np.int64]) -> NDArray[np.int64]:
            for value in values.tolist():
                if value != _WHITE and value not in color_of:
                    y, x = np.argwhere(pixels == value)[0].tolist()
                    shown = " ".join(str(value >> shift & 255) for shift in (16, 8, 0))
                    raise FormatError(f"the colour {shown} at x={x}, y={y} stands on no line of the text", where=where)
            return np.array([color_of.get(value, 0) for value in values.tolist()], np.int64)

        # Words of one letter are no groups.
        groups = {
            each: self.next_group + index for index, each in enumerate(w for w in dict.fromkeys(words) if words.count(w) > 1)
        }
        self.next_group += len(groups)
        with located(where):
            for key, points in masks_of_pixels(pixels, keys):
                row = self.rows.add(frame, self.label, MASK, points, group=groups.get(words[key - 1], 0))
                for attribute, value in letters[key - 1].items():
                    self.rows.set_attribute(row, attribute, value)

    def dataset(self) -> Dataset:
        """Return what was read."""
        return self.rows.dataset([_LABEL], members=self.members)


def _letter(line: str, index: int) -> tuple[dict[str, str], int]:
    """Return the attributes of a line and its packed colour."""
    found = _LINE.match(line)
    if found is None:
        raise FormatError(f'not a colour, centre, box and text, as in: 241 73 144 1 4 0 3 1 4 "h": {line[:80]!r}')
    channels = [int(channel) for channel in found["color"].split()]
    if max(channels) > 255:
        raise FormatError(f"the colour {found['color']} has a channel above 255")
    text = found["text"]
    text = re.sub(r"\\(.)", r"\1", text[1:-1]) if len(text) > 1 and text[0] == '"' else text
    center = "" if found["center"] == "- -" else found["center"]
    letter = {"index": str(index), "text": " " if found["out"] else text, "color": " ".join(map(str, channels))}
    return letter | ({"center": center} if center else {}), channels[0] << 16 | channels[1] << 8 | channels[2]


def _read_colors(data: bytes, where: str) -> NDArray[np.uint32]:
    """Return the packed colours of a bitmap."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=["BMP", "PNG"])
            if picture.width * picture.height > _MAX_PIXELS:
                raise FormatError(f"a picture of {picture.width} x {picture.height} pixels is not believable", where=where)
            channels = np.asarray(picture.convert("RGB"))
    except UnidentifiedImageError:
        raise FormatError("it is not a bitmap", where=where) from None
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError, Image.DecompressionBombError) as error:
        raise FormatError(f"the bitmap is damaged: {error}", where=where) from None
    return pack_colors(channels).astype(np.uint32)


class SegmentationWriter:
    """Writes the pictures of a dataset."""

    def __init__(self, dataset: Dataset, sink: Sink) -> None:
        self.sink = sink
        self.painter = Painter(dataset, (RECTANGLE, POLYGON, MASK, ELLIPSE), merge_groups=True)
        self.attributes = typed_attributes(self.painter.table, dataset.labels)

    def write(self, frame: int, stem: str) -> None:
        """Write ``<stem>.bmp`` and ``<stem>.txt``."""
        segments = self.painter.segments(frame)
        if not segments:
            self.sink.write(f"{stem}.txt", "")
            return
        width, height = self.painter.size(frame)
        place = {segment.row: number for number, segment in enumerate(segments)}
        ordered = sorted(segments, key=lambda segment: self._index(segment, place[segment.row]))
        colors = self._colors(ordered)
        pixels = np.zeros((height, width), np.int64)
        number_of = {segment.row: number for number, segment in enumerate(ordered, start=1)}
        for segment in segments:
            segment.paint(pixels, number_of[segment.row])
        palette = np.array([(255, 255, 255), *colors], np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(palette[pixels]).save(buffer, "BMP")
        lines = [self._line(segment, color) for segment, color in zip(ordered, colors, strict=True)]
        self.sink.write(f"{stem}.txt", "".join(lines))
        self.sink.write(f"{stem}.bmp", buffer.getvalue())

    def _values(self, segment: Segment) -> dict[str, Any]:
        return self.attributes.get(segment.row, {})

    def _index(self, segment: Segment, place: int) -> float:
        try:
            return float(self._values(segment).get("index", place))
        except (TypeError, ValueError):
            return place

    def _colors(self, segments: list[Segment]) -> list[tuple[int, ...]]:
        """Return a colour for each: its own where it has one that nobody else has."""
        used = {(255, 255, 255)}
        colors: list[tuple[int, ...] | None] = []
        for segment in segments:
            text = value_text(self._values(segment).get("color", ""))
            found = re.fullmatch(r"\s*(\d{1,3})\s+(\d{1,3})\s+(\d{1,3})\s*", text)
            color = tuple(int(channel) for channel in found.groups()) if found is not None else ()
            fits = len(color) == 3 and max(color) < 256 and color not in used
            colors.append(color if fits else None)
            if fits:
                used.add((color[0], color[1], color[2]))
        free = (tuple(color) for color in voc_colors(np.arange(1, len(segments) + len(used) + 2)).tolist())
        free = (color for color in free if color not in used)
        return [color if color is not None else next(free) for color in colors]

    def _line(self, segment: Segment, color: tuple[int, ...]) -> str:
        values = self._values(segment)
        center = value_text(values.get("center", "")).split()
        rows, columns = np.flatnonzero(segment.crop.any(axis=1)), np.flatnonzero(segment.crop.any(axis=0))
        box = [segment.left, segment.top, segment.left, segment.top]
        if len(rows):
            box = [segment.left + columns[0], segment.top + rows[0], segment.left + columns[-1], segment.top + rows[-1]]
        text = value_text(values.get("text", ""))
        quoted = re.sub(r'([\\"])', r"\\\1", " ".join(text.splitlines()))
        parts = [*map(str, color), *(center if len(center) == 2 else "--"), *map(str, box), f'"{quoted}"']
        return ("#" if text == " " else "") + " ".join(parts) + "\n"
