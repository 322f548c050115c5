"""TFRecord 1.0: boxes as ``tf.train.Example`` of the TensorFlow object detection API, one record a picture."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members, Sink, open_members
from cvat_widgets.formats.collecting import PICTURE_NAME, Collector, located, text_of
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.frame_rows import frames_by_subset, rows_by_frame
from cvat_widgets.formats.registry import Format, Progress, register
from cvat_widgets.formats.tfrecord_wire import Feature, decode_example, encode_example, record, records
from cvat_widgets.model.kinds import RECTANGLE
from cvat_widgets.model.labels import Label

__all__ = ["TFRecord"]

_LABEL_MAP = "label_map.pbtxt"
_SIDES = ("xmin", "ymin", "xmax", "ymax")
_ENTRY = re.compile(r"""(\w+)\s*:\s*(-?\d+|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")


@register
class TFRecord(Format):
    """Boxes as records of TensorFlow."""

    name = "TFRecord 1.0"
    kinds = frozenset({"rectangle"})
    converts = {"track": "one box a frame", "z_order": "order of the boxes"}  # noqa: RUF012
    extensions = ("zip", "tfrecord")

    def detect(self, members: Members) -> bool:
        """Whether there is a ``*.tfrecord``."""
        return any(name.lower().endswith(".tfrecord") for name in members.names)

    def read(self, members: Members) -> Dataset:
        """Read all ``*.tfrecord`` (one a subset), and ``label_map.pbtxt`` where there is one."""
        names = sorted(name for name in members.names if name.lower().endswith(".tfrecord"))
        if not names:
            raise FormatError("there is no *.tfrecord in it", where=str(members.path), hint="Zip it with its label_map.pbtxt")
        reader = _Reader(members)
        for name in names:
            reader.read(name)
        return reader.dataset()

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write ``<subset>.tfrecord`` and ``label_map.pbtxt``; pictures stand inside of the records."""
        table = rows_by_frame(dataset, (RECTANGLE,))
        order, starts = table.frame_rows()
        count = len(dataset.frames)
        for subset, frames in frames_by_subset(dataset).items():
            parts = []
            for frame in frames:
                rows = order[starts[frame] : starts[frame + 1]] if frame + 1 < len(starts) else order[:0]
                boxes = table.points[table.offsets[rows][:, None] + np.arange(4)] if len(rows) else np.empty((0, 4))
                labels = table.label[rows].tolist()
                parts.append(record(encode_example(_example(dataset, frame, boxes, labels, save_images=save_images))))
                progress(frame + 1, count)
            sink.write(f"{subset}.tfrecord", b"".join(parts), compress=not save_images)
        sink.write(_LABEL_MAP, "".join(_entry(number, label.name) for number, label in enumerate(dataset.labels, start=1)))


def _entry(number: int, name: str) -> str:
    quoted = name.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"item {{\n\tid: {number}\n\tname: '{quoted}'\n}}\n\n"


def _example(
    dataset: Dataset, frame: int, boxes: NDArray[np.float64], labels: list[int], *, save_images: bool
) -> dict[str, Feature]:
    width, height = int(dataset.frames.widths[frame]), int(dataset.frames.heights[frame])
    name = dataset.frames.names[frame]
    if len(boxes) and not (width and height):
        raise FormatError(
            f"the size of {name!r} is not known, and TFRecord keeps boxes relative to it", where=dataset.name or None
        )
    number = {label.id: index for index, label in enumerate(dataset.labels, start=1)}
    texts = [dataset.labels.by_id(label).name.encode() for label in labels]
    picture = b""
    if save_images and dataset.media is not None:
        name, picture = dataset.media(frame)
    scaled = boxes / np.array([width or 1, height or 1, width or 1, height or 1])
    sides = {f"image/object/bbox/{side}": scaled[:, index].astype(np.float32) for index, side in enumerate(_SIDES)}
    return {
        "image/filename": [name.encode()],
        "image/source_id": [str(frame).encode()],
        "image/height": [height],
        "image/width": [width],
        "image/encoded": [picture],
        "image/format": [PurePosixPath(name).suffix[1:].lower().replace("jpg", "jpeg").encode() if picture else b""],
        "image/key/sha256": [hashlib.sha256(picture).hexdigest().encode() if picture else b""],
        "image/object/class/text": texts,
        "image/object/class/label": [number[label] for label in labels],
        **sides,
    }


class _Reader:
    def __init__(self, members: Members) -> None:
        self.members = members
        self.rows = Collector(members.path.stem, str(members.path))
        self.names: dict[int, str] = {}
        self.places: dict[int, tuple[str, int]] = {}
        for name in members.names:
            if PurePosixPath(name).name == _LABEL_MAP or name.lower().endswith(".pbtxt"):
                self._label_map(name)

    def _label_map(self, name: str) -> None:
        where = self.members.where(name)
        text = re.sub(r"#[^\n'\"]*$", "", text_of(self.members, name), flags=re.MULTILINE)
        with located(where):
            for part in re.findall(r"item\s*\{([^{}]*)\}", _hidden_braces(text)):
                values = dict(_ENTRY.findall(_shown_braces(part)))
                if "id" not in values or "name" not in values:
                    raise FormatError(f"an item has no id or no name: {part.strip()[:80]!r}")
                number, label = int(values["id"]), _unquoted(values["name"])
                if self.names.setdefault(number, label) != label:
                    raise FormatError(f"the id {number} stands for two labels")
                self.rows.label_of(label)
            if not self.names and text.strip():
                raise FormatError("there is no 'item { id: … name: … }' in it")

    def read(self, name: str) -> None:
        stem = PurePosixPath(name).stem
        where = self.members.where(name)
        number = -1
        with located(where):
            for number, data in enumerate(records(self.members.read(name))):
                with located(f"{where}: record {number}"):
                    features = decode_example(data)
                    frame = self._record(features, "" if stem == "default" else stem)
                    if len(features.get("image/encoded", ())) and _bytes(features):
                        self.places[frame] = (name, number)
        if number < 0:
            raise FormatError("there is no record in it", where=where)

    def _record(self, features: dict[str, Feature], subset: str) -> int:
        rows = self.rows
        name = _text(features, "image/filename") or _text(features, "image/source_id")
        width, height = (_number(features, f"image/{side}") for side in ("width", "height"))
        frame = rows.add_frame(name, width, height, subset)
        sides = [np.asarray(features.get(f"image/object/bbox/{side}", ()), np.float64) for side in _SIDES]
        count = len(sides[0])
        if any(len(side) != count for side in sides):
            raise FormatError(
                f"the boxes have {', '.join(f'{len(side)} {name}' for side, name in zip(sides, _SIDES, strict=True))}"
            )
        texts, numbers = (features.get(f"image/object/class/{kind}", ()) for kind in ("text", "label"))
        if count and not (width and height):
            raise FormatError("the picture has boxes but no width and height")
        if len(texts) not in (0, count) or len(numbers) not in (0, count) or (count and not len(texts) and not len(numbers)):
            raise FormatError(f"{count} boxes have {len(texts)} names and {len(numbers)} numbers of labels")
        boxes = np.column_stack(sides) * np.array([width, height, width, height]) if count else np.empty((0, 4))
        if not np.isfinite(boxes).all() or (np.abs(boxes) > 1e9).any():
            raise FormatError("a coordinate is not a finite number")
        if (boxes[:, :2] > boxes[:, 2:]).any():
            raise FormatError("a box ends before it begins")
        # Floats of 32 bits hold no more of a coordinate than this, and 12.000000179 pixels is nobody's intention.
        for index, box in enumerate(np.round(boxes, 3).tolist()):
            rows.add(frame, rows.label_of(self._label(texts, numbers, index)), RECTANGLE, box)
        return frame

    def _label(self, texts: Any, numbers: Any, index: int) -> str:
        if len(texts) and isinstance(texts[index], bytes) and texts[index]:
            return str(texts[index].decode("utf-8"))
        number = numbers[index] if len(numbers) else None
        if not isinstance(number, int) or number not in self.names:
            raise FormatError(f"the label {number!r} has no name", hint=f"Put its {_LABEL_MAP} into the zip")
        return self.names[number]

    def dataset(self) -> Dataset:
        with located(self.rows.where):
            declared = [Label(name) for name in dict.fromkeys(self.names.values())]
        found = self.rows.dataset(declared, members=self.members)
        if not self.places or found.meta.get("images"):
            return found
        return replace(found, media=_RecordPictures(self.members.path, self.places, self.rows.frame_names))


class _RecordPictures:
    """The pictures inside of records, read again when they are asked for."""

    def __init__(self, path: Path, places: Mapping[int, tuple[str, int]], names: Sequence[str]) -> None:
        self.path = path
        self.places = places
        self.names = names
        self.last: tuple[str, list[bytes]] = ("", [])

    def __call__(self, frame: int) -> tuple[str, bytes]:
        """Return name and bytes of the picture of a frame."""
        name = self.names[frame]
        if frame not in self.places:
            raise FormatError(f"there is no picture of the frame {name!r}", where=str(self.path))
        member, number = self.places[frame]
        if self.last[0] != member:
            with open_members(self.path) as members:
                self.last = (member, list(records(members.read(member))))
        features = decode_example(self.last[1][number])
        kind = _text(features, "image/format") or "jpeg"
        return (name if PICTURE_NAME.search(name) else f"{name}.{kind}"), _bytes(features)


def _hidden_braces(text: str) -> str:
    """Put braces in quoted names out of the way."""
    return re.sub(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"", lambda m: m[0].replace("{", "\0").replace("}", "\1"), text)


def _shown_braces(text: str) -> str:
    return text.replace("\0", "{").replace("\1", "}")


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: {"n": "\n", "t": "\t"}.get(match[1], match[1]), text[1:-1])


def _text(features: dict[str, Feature], name: str) -> str:
    values = features.get(name, ())
    if len(values) and isinstance(values[0], bytes):
        return values[0].decode("utf-8")
    return ""


def _bytes(features: dict[str, Feature]) -> bytes:
    picture = features["image/encoded"][0]
    return picture if isinstance(picture, bytes) else b""


def _number(features: dict[str, Feature], name: str) -> int:
    values = features.get(name, ())
    return int(values[0]) if len(values) and not isinstance(values[0], bytes) else 0
