"""Label maps of formats that hold pictures of indices: which index and which colour is which label."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.collecting import located
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.mask_images import IndexPicture, pack_colors, voc_colors
from cvat_widgets.model.labels import Attribute, Label, LabelSet, color_from_name

__all__ = ["LabelMap", "color_lines", "equal_colors", "label_map_of", "parse_colors", "parse_voc", "voc_lines"]

Color = tuple[int, int, int]
_BLACK = (0, 0, 0)
_VOID = 255
_VOID_COLOR = 224 << 16 | 224 << 8 | 192
"""What the VOC devkit paints borders with: pixels of no class."""


@dataclass(frozen=True, eq=False)
class LabelMap:
    """Labels by index.

    Parameters
    ----------
    names
        Names; the position is the index.
    colors
        uint8 of shape (n, 3).
    background
        Index of the background, -1 if there is none.
    parts, actions
        Parts and actions of labels, as VOC has them.
    """

    names: tuple[str, ...]
    colors: NDArray[np.uint8]
    background: int
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    actions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        entries: Mapping[str, Color | None],
        parts: Mapping[str, tuple[str, ...]] | None = None,
        actions: Mapping[str, tuple[str, ...]] | None = None,
    ) -> LabelMap:
        """Build from names and colours; labels without a colour get that of their index by the rule of VOC."""
        colors = voc_colors(len(entries))
        for index, color in enumerate(entries.values()):
            if color is not None:
                colors[index] = color
        names = tuple(entries)
        named = next((index for index, name in enumerate(names) if name.casefold() == "background"), -1)
        black = np.flatnonzero(~colors.any(axis=1))
        background = named if named >= 0 else int(black[0]) if len(black) else -1
        return cls(names, colors, background, parts or {}, actions or {})

    def index_of(self, name: str) -> int | None:
        """Return the index of a label."""
        return self.names.index(name) if name in self.names else None

    def labels(self, where: str) -> list[Label]:
        """Return the labels that are declared; the black background nobody asked for is not one."""
        found: dict[str, Label] = {}
        with located(where):
            for index, name in enumerate(self.names):
                color = tuple(self.colors[index].tolist())
                if index == self.background and name == "background" and color == _BLACK:
                    continue
                spec = tuple(Attribute(action, "checkbox") for action in self.actions.get(name, ()))
                found[name] = Label(name, "#{:02x}{:02x}{:02x}".format(*color), attributes=spec)
            for part in (each for parts in self.parts.values() for each in parts):
                found.setdefault(part, Label(part))
        return list(found.values())

    def keys(self, picture: IndexPicture) -> Callable[[NDArray[np.int64]], NDArray[np.int64]]:
        """Return what gives pixel values their keys: index + 1 of a label, 0 for the background and for black, -1 for void.

        The function raises :class:`FormatError` for pixels of no label.
        """
        packed: list[int] = pack_colors(self.colors).tolist()
        by_color = dict(reversed(list(zip(packed, range(len(packed)), strict=True))))
        if self.background >= 0:
            by_color[packed[self.background]] = self.background

        def index_of(value: int, color: int | None) -> int:
            if not picture.colored and value < len(packed) and (color is None or color == packed[value]):
                return value
            if color is not None and color in by_color:
                return by_color[color]
            if color == _VOID_COLOR or (color is None and value == _VOID):
                return -2
            if color == 0:
                return -1
            what = f"the index {value}" if color is None else f"the colour {color >> 16},{color >> 8 & 255},{color & 255}"
            raise FormatError(
                f"{what} at {picture.place_of(value)} belongs to no label",
                where=picture.where,
                hint="The file with the label map must list it",
            )

        def keys(values: NDArray[np.int64]) -> NDArray[np.int64]:
            colors = picture.colors_of(values)
            pairs = zip(values.tolist(), [None] * len(values) if colors is None else colors.tolist(), strict=True)
            indices = np.array([index_of(value, color) for value, color in pairs], np.int64)
            found = indices + 1
            found[indices == self.background] = 0
            found[indices == -1] = 0
            return found

        return keys


def label_map_of(
    labels: LabelSet, standard: Mapping[str, Color], *, background: Literal["name", "color"]
) -> tuple[LabelMap, NDArray[np.int64]]:
    """Return the label map for an export, the background first, and the index of each label id.

    Parameters
    ----------
    labels
        Labels of the dataset.
    standard
        Colours a devkit has for names. They are used where a label's colour was not chosen but comes from its name.
    background
        What makes a label the background first: that it is called so, or that it is black. If there is none it is added.
    """
    colors = {label.name: _color(label, standard) for label in labels}
    named = next((name for name in colors if name.casefold() == "background"), None)
    black = next((name for name, color in colors.items() if color == _BLACK), None)
    chosen = (named or black) if background == "name" else (black or named)
    first = chosen or "background"
    entries: dict[str, Color | None] = {first: colors.get(first, _BLACK)}
    entries |= {name: color for name, color in colors.items() if name != first}
    found = LabelMap.of(entries)
    index = np.zeros(max((each.id for label in labels for each in (label, *label.sublabels)), default=0) + 1, np.int64)
    for label in labels:
        index[label.id] = found.names.index(label.name)
    return LabelMap(found.names, found.colors, 0), index


def _color(label: Label, standard: Mapping[str, Color]) -> Color:
    if label.name in standard and label.color == color_from_name(label.name):
        return standard[label.name]
    return int(label.color[1:3], 16), int(label.color[3:5], 16), int(label.color[5:7], 16)


def equal_colors(dataset: Dataset, standard: Mapping[str, Color], types: Sequence[int]) -> dict[str, int]:
    """Return how many shapes have a label whose colour another has, too: who reads colours cannot tell them apart."""
    label_map, index_of = label_map_of(dataset.labels, standard, background="name")
    table = dataset.table
    indices, counts = np.unique(index_of[table.label[np.isin(table.type, types)]], return_counts=True)
    shapes = dict(zip(indices.tolist(), counts.tolist(), strict=True))
    same: dict[tuple[int, ...], list[int]] = {}
    for index in sorted({*shapes, max(label_map.background, 0)}):
        same.setdefault(tuple(label_map.colors[index].tolist()), []).append(index)
    return {
        f"label: {', '.join(repr(label_map.names[index]) for index in equal)} have the same colour {color}": sum(
            shapes.get(index, 0) for index in equal
        )
        for color, equal in same.items()
        if len(equal) > 1
    }


# -- text ------------------------------------------------------------------------------------------------------------


def voc_lines(label_map: LabelMap) -> str:
    """Return ``labelmap.txt`` of VOC: ``name:r,g,b:parts:actions``."""
    lines = ["# label:color_rgb:parts:actions"]
    for name, color in zip(label_map.names, label_map.colors.tolist(), strict=True):
        if ":" in name or name.startswith("#") or name != name.strip() or "\n" in name or "\r" in name:
            raise FormatError(
                f"the label name {name!r} cannot be written into labelmap.txt", hint="It has a ':' or begins with '#'"
            )
        lines.append(f"{name}:{','.join(map(str, color))}::")
    return "\n".join(lines) + "\n"


def color_lines(label_map: LabelMap) -> str:
    """Return ``label_colors.txt`` of CamVid and Cityscapes: ``r g b name``."""
    lines = []
    for name, color in zip(label_map.names, label_map.colors.tolist(), strict=True):
        if name != name.strip() or "\n" in name or "\r" in name:
            raise FormatError(f"the label name {name!r} cannot be written into label_colors.txt", hint="Rename it")
        lines.append(f"{' '.join(map(str, color))} {name}")
    return "\n".join(lines) + "\n"


def parse_voc(text: str, where: str) -> LabelMap:
    """Read ``labelmap.txt`` of VOC."""
    entries: dict[str, Color | None] = {}
    parts: dict[str, tuple[str, ...]] = {}
    actions: dict[str, tuple[str, ...]] = {}
    for number, line in _lines(text):
        place = f"{where}: line {number}"
        fields = line.split(":", 3)
        if len(fields) != 4:
            raise FormatError(f"a label has 4 fields, not {len(fields)}", where=place, hint="name:r,g,b:parts:actions")
        name = fields[0].strip()
        _check_name(name, entries, place)
        color = fields[1].strip()
        entries[name] = _parsed_color(color.split(","), place) if color else None
        parts[name] = _listed(fields[2])
        actions[name] = _listed(fields[3].partition("#")[0])
    if not entries:
        raise FormatError("the label map is empty", where=where)
    return LabelMap.of(entries, parts, actions)


def parse_colors(text: str, where: str) -> LabelMap:
    """Read ``label_colors.txt`` of CamVid and Cityscapes."""
    entries: dict[str, Color | None] = {}
    for number, line in _lines(text):
        place = f"{where}: line {number}"
        fields = line.split(maxsplit=3)
        colored = len(fields) > 2
        if len(fields) == 3:
            raise FormatError("a label has a colour of three numbers and a name", where=place, hint="r g b name")
        name = fields[3].strip() if colored else line
        _check_name(name, entries, place)
        entries[name] = _parsed_color(fields[:3], place) if colored else None
    if not entries:
        raise FormatError("the label map is empty", where=where)
    return LabelMap.of(entries)


def _lines(text: str) -> list[tuple[int, str]]:
    numbered = enumerate(text.split("\n"), 1)
    return [(number, line.strip()) for number, line in numbered if line.strip() and not line.lstrip().startswith("#")]


def _check_name(name: str, known: Mapping[str, object], place: str) -> None:
    if name in known:
        raise FormatError(f"the label {name!r} is listed twice", where=place)
    with located(place):
        Label(name)


def _parsed_color(texts: list[str], place: str) -> Color:
    values = [int(text) if text.strip().isascii() and text.strip().isdigit() and len(text) < 8 else -1 for text in texts]
    if len(values) != 3 or any(not 0 <= value <= 255 for value in values):
        raise FormatError(f"{','.join(texts)[:60]!r} is not a colour", where=place, hint="Three numbers from 0 to 255")
    return values[0], values[1], values[2]


def _listed(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
