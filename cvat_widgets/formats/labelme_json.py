"""JSON of the labelme program, one file a picture; for import only."""

from __future__ import annotations

import base64
import binascii
import math
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
import numpy as np

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members, Sink, open_members
from cvat_widgets.formats.collecting import Collector, located, path_problem
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.mask_images import read_png
from cvat_widgets.formats.registry import Format, Progress, register
from cvat_widgets.model.kinds import ELLIPSE, MASK, POINTS, POLYGON, POLYLINE, RECTANGLE, TAG
from cvat_widgets.model.masks import encode_mask

__all__ = ["LabelmeJson"]

_LINES = {"line": POLYLINE, "linestrip": POLYLINE, "point": POINTS, "points": POINTS, "polygon": POLYGON}
_LEAST = {"line": 2, "linestrip": 2, "point": 1, "points": 1, "polygon": 3}


class _Shape(msgspec.Struct):
    label: str
    points: list[tuple[float, float]]
    shape_type: str | None = "polygon"
    group_id: int | None = None
    flags: dict[str, bool] | None = None
    description: str | None = None
    mask: str | None = None


class _File(msgspec.Struct):
    shapes: list[_Shape]
    imagePath: str  # noqa: N815  # names of the file
    imageHeight: int | None = None  # noqa: N815
    imageWidth: int | None = None  # noqa: N815
    flags: dict[str, bool] | None = None
    imageData: str | None = None  # noqa: N815


_decode = msgspec.json.Decoder(_File).decode


@register
class LabelmeJson(Format):
    """Files of labelme: shapes with their group and flags; flags of a picture that are set are tags."""

    name = "labelme JSON"
    kinds = frozenset(
        {"rectangle", "polygon", "polyline", "points", "ellipse", "mask", "tag", "attribute", "group", "rotation"}
    )
    can_write = False
    extensions = ("zip", "json")

    def detect(self, members: Members) -> bool:
        """Whether the first JSON has shapes and the path of a picture."""
        for name in _documents(members)[:1]:
            data = members.read(name).removeprefix(b"\xef\xbb\xbf")
            try:
                return {"shapes", "imagePath"} <= set(msgspec.json.decode(data, type=dict[str, msgspec.Raw]))
            except (msgspec.MsgspecError, UnicodeDecodeError):
                return False
        return False

    def read(self, members: Members) -> Dataset:
        """Read every JSON."""
        reader = _Reader(members)
        names = _documents(members)
        if not names:
            raise FormatError("there is no JSON in it", where=str(members.path), hint="Expected is one a picture")
        for name in names:
            reader.read(name)
        found = reader.rows.dataset(members=members)
        if not reader.places or found.meta.get("images"):
            return found
        return replace(found, media=_InlinePictures(members.path, reader.places, reader.rows.frame_names))

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Not written: the format is for import only."""
        raise NotImplementedError


def _documents(members: Members) -> list[str]:
    return sorted(name for name in members.names if name.lower().endswith(".json")) or members.names[: len(members.names) == 1]


class _Reader:
    def __init__(self, members: Members) -> None:
        self.members = members
        self.rows = Collector(members.path.stem, str(members.path))
        self.next_group = 1
        self.places: dict[int, str] = {}

    def read(self, name: str) -> None:
        where = self.members.where(name)
        try:
            file = _decode(self.members.read(name).removeprefix(b"\xef\xbb\xbf"))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise FormatError(f"not a file of labelme: {error}", where=where) from None
        with located(where):
            frame = self.rows.add_frame(_picture(name, file.imagePath), file.imageWidth or 0, file.imageHeight or 0)
            if file.imageData:
                self.places[frame] = name
            for flag, is_set in (file.flags or {}).items():
                if is_set:
                    self.rows.add(frame, self.rows.label_of(flag), TAG)
        grouped = [shape.group_id for shape in file.shapes if shape.group_id is not None]
        # Groups count from 0 in every picture anew; one of a single shape is none.
        shared = dict.fromkeys(group for group in grouped if grouped.count(group) > 1)
        groups = {group: self.next_group + index for index, group in enumerate(shared)}
        self.next_group += len(groups)
        for index, shape in enumerate(file.shapes):
            with located(f"{where}: shapes[{index}]"):
                kind, points, rotation = self._points(shape, where)
                group = groups.get(shape.group_id, 0) if shape.group_id is not None else 0
                row = self.rows.add(frame, self.rows.label_of(shape.label), kind, points, group=group, rotation=rotation)
                for flag, is_set in (shape.flags or {}).items():
                    self.rows.set_attribute(row, flag, is_set)
                self.rows.set_attribute(row, "description", shape.description or None)

    @staticmethod
    def _points(shape: _Shape, where: str) -> tuple[int, Sequence[float], float]:
        """Return type, points and rotation of a shape."""
        kind, points = shape.shape_type or "polygon", shape.points
        flat = [value for point in points for value in point]
        if kind in _LINES:
            if len(points) < _LEAST[kind]:
                raise FormatError(f"a {kind} has at least {_LEAST[kind]} points, not {len(points)}")
            return _LINES[kind], flat, 0.0
        if kind == "oriented_rectangle":
            return _turned(points)
        if kind not in ("rectangle", "circle", "mask"):
            raise FormatError(f"shapes of type {kind[:40]!r} are not known here")
        if len(points) != 2:
            raise FormatError(f"a {kind} has two points, not {len(points)}")
        (x0, y0), (x1, y1) = points
        if kind == "rectangle":
            return RECTANGLE, (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)), 0.0
        if kind == "circle":
            radius = math.hypot(x1 - x0, y1 - y0)
            return ELLIPSE, (x0, y0, x0 + radius, y0 - radius), 0.0
        return MASK, _mask(shape.mask or "", int(min(x0, x1)), int(min(y0, y1)), where), 0.0


class _InlinePictures:
    """The pictures inside of the JSON files, read again when they are asked for."""

    def __init__(self, path: Path, places: Mapping[int, str], names: Sequence[str]) -> None:
        self.path = path
        self.places = places
        self.names = names

    def __call__(self, frame: int) -> tuple[str, bytes]:
        """Return name and bytes of the picture of a frame."""
        name = self.names[frame]
        if frame not in self.places:
            raise FormatError(f"there is no picture of the frame {name!r}", where=str(self.path))
        with open_members(self.path) as members:
            where = members.where(self.places[frame])
            file = _decode(members.read(self.places[frame]).removeprefix(b"\xef\xbb\xbf"))
        try:
            return name, base64.b64decode(file.imageData or "", validate=True)
        except (binascii.Error, ValueError):
            raise FormatError("its picture is not base64", where=where) from None


def _picture(document: str, path: str) -> str:
    """Return the name of a frame: the path of the picture seen from its JSON, or its end if that leads out of the file."""
    path = path.replace("\\", "/")
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(document), path)) if path else ""
    return PurePosixPath(path).name if path_problem(joined) else joined


def _turned(points: list[tuple[float, float]]) -> tuple[int, Sequence[float], float]:
    if len(points) != 4:
        raise FormatError(f"an oriented rectangle has four points, not {len(points)}")
    corners = np.array(points)
    (across, down), centre = (corners[1] - corners[0], corners[2] - corners[1]), corners.mean(axis=0)
    width, height = math.hypot(*across.tolist()), math.hypot(*down.tolist())
    turn = math.degrees(math.atan2(across[1], across[0])) % 360
    x, y = centre.tolist()
    return RECTANGLE, (x - width / 2, y - height / 2, x + width / 2, y + height / 2), turn


def _mask(text: str, left: int, top: int, where: str) -> list[float]:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise FormatError("its mask is not base64") from None
    crop: Any = read_png(data, where).pixels != 0
    if left < 0 or top < 0 or left > 1 << 20 or top > 1 << 20:
        raise FormatError(f"its mask begins outside of the picture, at {left}, {top}")
    points: list[float] = encode_mask(crop).tolist()
    return [*points[:-4], points[-4] + left, points[-3] + top, points[-2] + left, points[-1] + top]
