"""KITTI's label files and instance pictures read into rows."""

from __future__ import annotations

import math
import re
from pathlib import PurePosixPath

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members
from cvat_widgets.formats.collecting import Collector, located, text_of
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.index_masks import index_masks, read_index_png
from cvat_widgets.formats.label_lists import label_lines
from cvat_widgets.formats.picture_names import PictureNames, natural_key, sized, stem_of
from cvat_widgets.model.kinds import MASK, RECTANGLE, Flag
from cvat_widgets.model.labels import Attribute, Label

__all__ = ["KITTI_EXTRA", "KittiReader", "kitti_members"]

KITTI_EXTRA = "kitti"
"""Key of ``extras``: truncation, occlusion, angle, size, place and turn of a box as the file has them."""

_BACKGROUND = "background"
_BOX, _MASK = "label_2", "instance"
_FIELDS = 14
_COLOR = re.compile(r"([0-9]{1,3})\s+([0-9]{1,3})\s+([0-9]{1,3})\s+(\S.*)")
_OFFICIAL = {
    "unlabeled": "000000", "egovehicle": "000000", "rectificationborder": "000000", "outofroi": "000000", "static": "000000",
    "dynamic": "6f4a00", "ground": "510051", "road": "804080", "sidewalk": "f423e8", "parking": "faaaa0",
    "railtrack": "e6968c", "building": "464646", "wall": "66669c", "fence": "be9999", "guardrail": "b4a5b4",
    "bridge": "966464", "tunnel": "96785a", "pole": "999999", "polegroup": "999999", "trafficlight": "faaa1e",
    "trafficsign": "dcdc00", "vegetation": "6b8e23", "terrain": "98fb98", "sky": "4682b4", "person": "dc143c",
    "rider": "ff0000", "car": "00008e", "truck": "000046", "bus": "003c64", "caravan": "00005a", "trailer": "00006e",
    "train": "005064", "motorcycle": "0000e6", "bicycle": "770b20", "licenseplate": "00008e",
}  # fmt: skip


def kitti_members(members: Members) -> dict[str, list[tuple[str, str]]]:
    """Return for each folder of a subset its label files and instance pictures: ``(kind, member)``, in natural order."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name in members.names:
        for kind, extension in ((_BOX, ".txt"), (_MASK, ".png")):
            before, inner, _ = f"/{name}".partition(f"/{kind}/")
            if inner and name.lower().endswith(extension):
                found.setdefault(before[1:], []).append((kind, name))
    return {folder: sorted(found[folder], key=lambda pair: natural_key(pair[1])) for folder in sorted(found)}


class KittiReader:
    """Reads all subsets of a dataset.

    Parameters
    ----------
    members
        The files.
    """

    def __init__(self, members: Members) -> None:
        self.members = members
        self.rows = Collector(members.path.stem, str(members.path))
        self.names = PictureNames(members, ".png")
        self.frames: dict[tuple[str, str], int] = {}
        self.truncated: dict[int, bool] = {}
        self.crowds: dict[int, bool] = {}
        self.used: dict[str, int] = {}

    def read(self, found: dict[str, list[tuple[str, str]]]) -> Dataset:
        """Return the dataset."""
        declared = self._declared()
        semantic = [label.name for label in declared]
        for folder, files in found.items():
            subset = PurePosixPath(folder).name
            stems = {self._stem(folder, kind, name) for kind, name in files}
            images = f"{folder}/image_2".lstrip("/")
            stems |= {stem_of(picture[len(images) + 1 :]) for picture in self.names.inside(images)}
            for stem in sorted(stems, key=natural_key):
                with located(self.members.where(folder)):
                    self._frame(folder, subset, stem)
            for kind, name in files:
                frame = self.frames[folder, self._stem(folder, kind, name)]
                with located(self.members.where(name)):
                    if kind == _BOX:
                        self._boxes(name, frame)
                    else:
                        self._masks(name, frame, semantic)
        return sized(self._dataset(declared), self.members, self.names.found)

    def _stem(self, folder: str, kind: str, name: str) -> str:
        return stem_of(PurePosixPath(name[len(f"{folder}/{kind}/".lstrip("/")) :]).with_suffix("").as_posix())

    def _frame(self, folder: str, subset: str, stem: str) -> None:
        images = f"{folder}/image_2".lstrip("/")
        frame = self.rows.add_frame(self.names.full_name(images, stem), subset=subset)
        self.frames[folder, stem] = frame
        self.names.note(frame, images, stem)

    def _declared(self) -> list[Label]:
        """Return the labels by their numbers in masks, then those of ``labels.txt``."""
        found: dict[str, str] = {}
        colors = next((name for name in self.members.names if f"/{name}".endswith("/label_colors.txt")), None)
        if colors is not None:
            for number, line in enumerate(text_of(self.members, colors).split("\n"), 1):
                if line.strip() and not line.startswith("#"):
                    with located(f"{self.members.where(colors)}: line {number}"):
                        name, color = _label_color(line.strip())
                        if name in found:
                            raise FormatError(f"the label {name!r} is there twice")
                        Label(name)
                        found[name] = color
        elif any(f"/{_MASK}/" in f"/{name}" for name in self.members.names):
            found = dict(_OFFICIAL)
        labels = [Label(name, f"#{color}") if color else Label(name) for name, color in found.items()]
        listed = next((name for name in self.members.names if f"/{name}".endswith("/labels.txt")), None)
        if listed is not None:
            labels += [Label(name) for name in label_lines(self.members, listed) if name not in found]
        return labels

    # -- rows ----------------------------------------------------------------------------------------------------

    def _boxes(self, name: str, frame: int) -> None:
        for number, line in enumerate(text_of(self.members, name).split("\n"), 1):
            if line.strip():
                with located(f"{self.members.where(name)}: line {number}"):
                    self._box(line.split(), frame)

    def _box(self, fields: list[str], frame: int) -> None:
        """Add the box of a line: label, 14 numbers and perhaps a score; words before them belong to the label."""
        if len(fields) <= _FIELDS:
            raise FormatError(f"a line has a label and 14 or 15 numbers, not {len(fields)} values")
        count = _FIELDS if len(fields) == _FIELDS + 1 else _FIELDS + 1
        numbers = [_number(field) for field in fields[-count:]]
        left, top, right, bottom = numbers[3:7]
        if right < left or bottom < top:
            raise FormatError(f"the box {left:g} {top:g} {right:g} {bottom:g} has a negative size")
        score = numbers[_FIELDS] if count > _FIELDS else 1.0
        rows = self.rows
        label = self._label(" ".join(fields[:-count]))
        flags = int(Flag.OCCLUDED) if numbers[1] != 0 else 0
        row = rows.add(frame, label, RECTANGLE, (left, top, right, bottom), flags=flags, score=score)
        self.truncated[row] = numbers[0] != 0
        plain = (
            numbers[0] in (0, 1) and numbers[1] in (0, 1) and all(value == -1 for value in (numbers[2], *numbers[7:_FIELDS]))
        )
        if not plain:
            rows.extras[row] = {KITTI_EXTRA: [*fields[-count:][:3], *fields[-count:][7:_FIELDS]]}

    def _label(self, name: str) -> int:
        code = self.used[name] = self.rows.label_of(name)
        return code

    def _masks(self, name: str, frame: int, semantic: list[str]) -> None:
        rows = self.rows
        pixels = read_index_png(self.members.read(name), self.members.where(name))
        rows.heights[frame], rows.widths[frame] = pixels.shape
        for value, points in index_masks(pixels):
            number, instance = divmod(value, 256)
            if number >= len(semantic):
                raise FormatError(
                    f"pixels of label {number}, but there are only {len(semantic)} in label_colors.txt",
                    hint="A pixel is 256 times the number of its label, from 0, plus the number of the object",
                )
            if semantic[number] == _BACKGROUND and instance == 0:
                continue
            row = rows.add(frame, self._label(semantic[number]), MASK, points.tolist())
            self.crowds[row] = instance == 0

    # -- result --------------------------------------------------------------------------------------------------

    def _dataset(self, declared: list[Label]) -> Dataset:
        """Return the dataset; labels have the attributes ``truncated`` and ``is_crowd`` only where an object needs them."""
        rows = self.rows
        needed: dict[int, list[str]] = {}
        for name, values in (("truncated", self.truncated), ("is_crowd", self.crowds)):
            needing = {rows.label[row] for row, value in values.items() if value}
            for row, value in values.items():
                if rows.label[row] in needing:
                    rows.set_attribute(row, name, value)
            for label in needing:
                needed.setdefault(label, []).append(name)
        attributes = {name: needed.get(code, []) for name, code in self.used.items()}
        known = {label.name: label for label in declared}
        complete = [
            Label(name, known[name].color if name in known else "", attributes=tuple(map(_checkbox, attributes.get(name, ()))))
            for name in dict.fromkeys([*known, *attributes])
            if name in attributes or name != _BACKGROUND
        ]
        return rows.dataset(complete)


def _checkbox(name: str) -> Attribute:
    return Attribute(name, "checkbox")


def _label_color(line: str) -> tuple[str, str]:
    """Return name and colour (six hexadecimal digits, or nothing) of a line ``r g b name`` or ``name``."""
    match = _COLOR.fullmatch(line)
    if match is None:
        return line, ""
    channels = [int(match[channel]) for channel in (1, 2, 3)]
    if max(channels) > 255:
        raise FormatError(f"a colour has channels of 0 to 255: {line[:80]!r}")
    return match[4].strip(), "".join(f"{channel:02x}" for channel in channels)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= 1e9:
        raise FormatError(f"{text[:40]!r} is not a number below 1e9")
    return value
