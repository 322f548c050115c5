"""PASCAL VOC read: XML documents into columns, lists of images, tags and masks."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np

from cvat_widgets.errors import CvatWidgetsError, FormatError
from cvat_widgets.formats.archive import Members
from cvat_widgets.formats.collecting import Collector, located, path_problem
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.mask_label_maps import LabelMap
from cvat_widgets.formats.segmentation_mask import voc_label_map
from cvat_widgets.formats.voc_layout import VocFrames, VocLayout, frame_id
from cvat_widgets.formats.voc_masks import read_masks
from cvat_widgets.formats.xml_reading import line_of, parse_document
from cvat_widgets.model.kinds import RECTANGLE, SOURCE_CODE, TAG, Flag
from cvat_widgets.model.labels import Attribute, Label

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["flat_documents", "read_voc"]

_OCCLUDED, _KEYFRAME = int(Flag.OCCLUDED), int(Flag.KEYFRAME)
_FLAGS = {"0": False, "1": True}
_CHECKS = ("occluded", "truncated", "difficult")
_RARE = frozenset({"pose", "actions", "part"})
_HARMLESS = re.compile(r"\w[\w. -]*")
_MAX_COORDINATE = 1e9
_MAX_SIDE = 1_000_000


def flat_documents(members: Members) -> dict[str, str]:
    """Return ``{id: member}`` for the XML files of an archive without the folders of VOC."""
    return {name[:-4]: name for name in members.names if name.lower().endswith(".xml")}


def read_voc(members: Members) -> Dataset:
    """Read a dataset.

    Raises
    ------
    FormatError
        It cannot be read; the text names file and line.
    """
    return _Reader(members).dataset()


class _Reader:
    def __init__(self, members: Members) -> None:
        self.members = members
        self.layout = VocLayout(members)
        self.layout.check()
        self.label_map: LabelMap | None = voc_label_map(self.layout) if self.layout.label_map_name else None
        self.known = None if self.label_map is None else self._known_labels(self.label_map)
        self.frames = VocFrames(self.layout)
        self.rows = Collector(members.path.stem, str(members.path))
        self.documents = self.layout.annotations or (flat_documents(members) if not self.layout.roots else {})
        self.documents_read: list[tuple[str, int, int]] = []
        self.tags: list[tuple[str, str]] = []
        self.checks: dict[tuple[int, str], set[int]] = {}
        self.actions: dict[str, set[str]] = {}
        self.place = members.where("\0")
        self.names: dict[int, str] = {}
        self.codes: dict[str | None, int] = {}
        self.points = self.rows.points
        self.tracks: dict[int, int] = {}
        self.flags: dict[int, int] = {}
        self.groups: dict[int, int] = {}
        self.rotation: dict[int, float] = {}
        self.part_rows: set[int] = set()
        self.group = 0

    @staticmethod
    def _known_labels(label_map: LabelMap) -> set[str]:
        return {*label_map.names, *(part for parts in label_map.parts.values() for part in parts)}

    def dataset(self) -> Dataset:
        self._lists()
        for key, member in (*self.documents.items(), *self.layout.class_masks.items()):
            self.frames.add(key, "", self.place.replace("\0", member))
        if not self.frames.subset:
            raise FormatError(
                "there is nothing of PASCAL VOC in it",
                where=str(self.members.path),
                hint="Expected are Annotations/*.xml and ImageSets/Main/*.txt, or XML files alone",
            )
        number = {key: index for index, key in enumerate(self.frames.subset)}
        for key, member in self.documents.items():
            self._document(key, member, number[key])
        self._check_boxes()
        self._enter_boxes()
        self.frames.enter(self.rows)
        for key, label in self.tags:
            with located(str(self.members.path)):
                self.rows.add(self.frames.number[key], self.rows.label_of(label), TAG)
        label_map = self.label_map or voc_label_map(self.layout)
        read_masks(self.layout, label_map, self.frames, self.rows)
        self._builtin_attributes()
        pictures = self.frames.finish(self.rows)
        return self.rows.dataset(self._declared(), meta={"images": pictures} if pictures else {})

    # -- lists ---------------------------------------------------------------------------------------------------

    def _lists(self) -> None:
        """Read the lists of subsets, and of classes: ``<label>_<subset>.txt`` with 1 where an image has the label."""
        lists = self.layout.lists("Main")
        subsets: list[str] = []
        classes: list[tuple[str, str, str]] = []
        for name in sorted(lists, key=lambda each: (len(each), each)):
            subset = next((each for each in subsets if name.endswith(f"_{each}")), None)
            if subset is not None and self._is_class_list(lists[name]):
                classes.append((name[: -len(subset) - 1], subset, lists[name]))
            else:
                subsets.append(name)
        self.frames.read_lists("Main", subsets)
        self.frames.read_lists("Segmentation", list(self.layout.lists("Segmentation")))
        for label, subset, member in sorted(classes):
            for line, text in self.layout.lines(member):
                place = self.layout.place(member, line)
                if self.known is not None and label not in self.known:
                    raise FormatError(f"the label {label!r} is not in labelmap.txt", where=place)
                key, present = text.rsplit(maxsplit=1)
                self.frames.add(key, subset, place)
                if present == "1" and (key, label) not in self.tags[-1:]:
                    self.tags.append((key, label))
        self.tags = list(dict.fromkeys(self.tags))

    def _is_class_list(self, member: str) -> bool:
        lines = [text.rsplit(maxsplit=1) for _, text in self.layout.lines(member)]
        return all(len(parts) == 2 and parts[1] in ("-1", "0", "1") for parts in lines)

    # -- documents -----------------------------------------------------------------------------------------------

    def _document(self, key: str, member: str, frame: int) -> None:
        where = self.place.replace("\0", member)
        data = self.members.read(member)
        root = parse_document(data, where)
        if root.tag != "annotation":
            raise FormatError(f"the XML is not VOC's: its first element is <{root.tag}>", where=where)
        self.frames.name[key] = _frame_name(key, root.findtext("filename"), where)
        size = root.find("size")
        if size is not None:
            width, height = _side(size.findtext("width"), where), _side(size.findtext("height"), where)
            if width and height:
                self.frames.set_size(key, width, height, where)
        first = len(self.points) // 4
        for number, element in enumerate(root.findall("object")):
            try:
                self._object(element)
            except (CvatWidgetsError, KeyError, TypeError, ValueError, OverflowError) as error:
                text = error.what if isinstance(error, CvatWidgetsError) else f"a value is missing or cannot be read: {error}"
                place = f"{where}: line {line_of(data, 'object', number)}"
                raise FormatError(text, where=place) from None
        self.documents_read.append((member, frame, len(self.points) // 4 - first))

    def _object(self, element: Element) -> None:
        fields = {child.tag: child for child in element}
        text = fields["name"].text
        label = self.codes.get(text)
        if label is None:
            label = self._label(text)
        row = self._box(fields["bndbox"], label)
        for kind in _CHECKS:
            if kind in fields and fields[kind].text != "0" and _flag(fields[kind]):
                if kind == "occluded":
                    self.flags[row] = _OCCLUDED
                else:
                    self.checks.setdefault((label, kind), set()).add(row)
        if "attributes" in fields and not _is_unturned(fields["attributes"]):
            self._attributes(fields["attributes"], row, label)
        if not _RARE.isdisjoint(fields):
            self._rarities(element, fields)

    def _rarities(self, element: Element, fields: dict[str, Element]) -> None:
        """Take the pose, the actions and the parts of the object last read."""
        rows, row = self.rows, len(self.rows.label) - 1
        if "pose" in fields and (fields["pose"].text or "").strip() not in ("", "Unspecified"):
            rows.set_attribute(row, "pose", (fields["pose"].text or "").strip())
        for action in fields.get("actions", ()):
            self.actions.setdefault((fields["name"].text or "").strip(), set()).add(action.tag)
            rows.set_attribute(row, action.tag, "true" if _flag(action) else "false")
        if "part" in fields:
            self.group += 1
            self.groups[row] = self.group
            for part in element.findall("part"):
                part_label = self._label(_needed(part, "name").text)
                part_row = self._box(_needed(part, "bndbox"), part_label)
                self.groups[part_row] = self.group
                self.part_rows.add(part_row)

    def _attributes(self, element: Element, row: int, label: int) -> None:
        """Take ``<attributes>``: what CVAT puts there about rotation and tracks, and attributes of the label."""
        rows = self.rows
        keyframe = False
        for attribute in element.iter("attribute"):
            kind, value = attribute.findtext("name"), attribute.findtext("value") or ""
            if kind == "rotation":
                self.rotation[row] = float(value) % 360
            elif kind == "track_id":
                self.tracks[row] = rows.track_of((label, value.strip()))
            elif kind == "keyframe":
                keyframe = value.strip().lower() in ("true", "1")
            elif kind is None or not kind.strip():
                raise FormatError("an attribute has no name")
            elif kind not in ("occluded", "outside"):
                # CVAT writes the values of checkboxes as Python does.
                rows.set_attribute(row, kind, {"True": "true", "False": "false"}.get(value, value))
        if keyframe and row in self.tracks:
            self.flags[row] = self.flags.get(row, 0) | _KEYFRAME

    def _label(self, text: str | None) -> int:
        name = (text or "").strip()
        if self.known is not None and name not in self.known:
            raise FormatError(f"the label {name[:80]!r} is not in labelmap.txt")
        code = self.codes[text] = self.rows.label_of(name)
        self.names[code] = name
        return code

    def _box(self, element: Element, label: int) -> int:
        """Note a rectangle; all of them become rows at once."""
        corners = {child.tag: child.text for child in element}
        points = float(corners["xmin"]), float(corners["ymin"]), float(corners["xmax"]), float(corners["ymax"])  # type: ignore[arg-type]
        self.points.extend(points)
        self.rows.label.append(label)
        return len(self.rows.label) - 1

    def _enter_boxes(self) -> None:
        """Give the rectangles to the rows, column by column."""
        rows, count = self.rows, len(self.rows.label)
        rows.offsets.extend(range(4, 4 * count + 1, 4))
        rows.id.extend(range(1, count + 1))
        rows.next_id = count + 1
        for _, frame, boxes in self.documents_read:
            rows.frame.extend(repeat(frame, boxes))
        for column, default in (
            (rows.type, RECTANGLE), (rows.track, -1), (rows.parent, -1), (rows.group, 0), (rows.z_order, 0), (rows.flags, 0),
            (rows.source, SOURCE_CODE["file"]),
        ):  # fmt: skip
            column.extend(repeat(default, count))
        rows.rotation.extend(repeat(0.0, count))
        rows.score.extend(repeat(1.0, count))
        for target, values in ((rows.track, self.tracks), (rows.flags, self.flags), (rows.group, self.groups)):
            for row, value in values.items():
                target[row] = value
        for row, angle in self.rotation.items():
            rows.rotation[row] = angle

    def _check_boxes(self) -> None:
        """Refuse boxes that cannot be, all at once."""
        if not self.points:
            return
        corners = self.points.column().reshape(-1, 4)
        wild = ~(np.abs(corners) <= _MAX_COORDINATE).all(axis=1)
        turned = (corners[:, 2:] < corners[:, :2]).any(axis=1)
        rotation = np.zeros(len(corners))
        rotation[list(self.rotation)] = list(self.rotation.values())
        for bad, text in (
            (wild, "a coordinate is not a finite number below 1e9"),
            (turned, "the box ends before it begins: xmax < xmin or ymax < ymin"),
            (~np.isfinite(rotation), "the rotation is not a finite number"),
        ):
            if bad.any():
                raise FormatError(text, where=self._place_of(int(np.argmax(bad))))

    def _place_of(self, row: int) -> str:
        """Return the file and the line of the object a rectangle stands in."""
        ends = np.cumsum([boxes for _, _, boxes in self.documents_read])
        document = int(np.searchsorted(ends, row, side="right"))
        member, _, boxes = self.documents_read[document]
        first = int(ends[document]) - boxes
        number = sum(each not in self.part_rows for each in range(first, row + 1)) - 1
        return f"{self.members.where(member)}: line {line_of(self.members.read(member), 'object', number)}"

    # -- attributes and labels -----------------------------------------------------------------------------------

    def _builtin_attributes(self) -> None:
        """Keep ``truncated`` and ``difficult`` of the labels that make use of them.

        Files have them for every object. A label whose objects all say 0 need not have such attributes.
        """
        rows_of: dict[int, list[int]] = {}
        if self.checks:
            for row in range(sum(boxes for _, _, boxes in self.documents_read)):
                if row not in self.part_rows:
                    rows_of.setdefault(self.rows.label[row], []).append(row)
        for (label, kind), found in self.checks.items():
            for row in rows_of[label]:
                self.rows.set_attribute(row, kind, row in found)

    def _declared(self) -> list[Label]:
        """Return the labels of the label map, and of all labels the attributes that are checkboxes."""
        declared = {label.name: label for label in self.label_map.labels(self.rows.where)} if self.label_map else {}
        wanted = {name: sorted(found) for name, found in self.actions.items()}
        for code, kind in self.checks:
            wanted.setdefault(self.names[code], []).append(kind)
        for name, kinds in wanted.items():
            with located(self.rows.where):
                label = declared.get(name) or Label(name)
                known = {attribute.name for attribute in label.attributes}
                extra = tuple(Attribute(kind, "checkbox") for kind in dict.fromkeys(kinds) if kind not in known)
                declared[name] = replace(label, attributes=label.attributes + extra)
        return list(declared.values())


def _frame_name(key: str, filename: str | None, where: str) -> str:
    """Return the name of a frame: that of its XML with the suffix of the picture, or the picture's if they differ."""
    name = (filename or "").strip().replace("\\", "/")
    if not name:
        return key
    problem = None if _HARMLESS.fullmatch(name) else path_problem(name)
    if problem:
        raise FormatError(problem, where=where)
    stem = frame_id(name)
    return key + name[len(stem) :] if stem.rsplit("/", 1)[-1] == key.rsplit("/", 1)[-1] else name


def _is_unturned(element: Element) -> bool:
    """Whether attributes say no more than that the rotation is 0, as CVAT writes it for every box."""
    return len(element) == 1 and element[0].findtext("value") == "0.0" and element[0].findtext("name") == "rotation"


def _side(text: str | None, where: str) -> int:
    """Return the width or height of a picture, 0 for none."""
    if not text or not text.strip():
        return 0
    try:
        pixels = int(float(text))
    except (ValueError, OverflowError):
        pixels = -1
    if not 0 <= pixels <= _MAX_SIDE:
        raise FormatError(f"a picture cannot be {text.strip()[:40]} pixels wide or high", where=where)
    return pixels


def _flag(element: Element) -> bool:
    text = element.text
    if text not in _FLAGS:
        text = (text or "").strip()
        if text not in _FLAGS:
            raise FormatError(f"<{element.tag}> is neither 0 nor 1 but {text[:40]!r}")
    return _FLAGS[text]


def _needed(element: Element, tag: str) -> Element:
    found = element.find(tag)
    if found is None:
        raise FormatError(f"<{element.tag}> has no <{tag}>")
    return found
