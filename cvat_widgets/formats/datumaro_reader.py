"""Datumaro's JSON read into columns."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import msgspec

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members
from cvat_widgets.formats.collecting import Collector, located, path_problem
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.skeleton_templates import skeleton_template
from cvat_widgets.model.kinds import ELLIPSE, MASK, POINTS, POLYGON, POLYLINE, RECTANGLE, SKELETON, TAG, Flag
from cvat_widgets.model.labels import Attribute, Label
from cvat_widgets.model.masks import from_coco_rle

__all__ = ["DatumaroReader"]

_OWN_KEYS = frozenset({"occluded", "rotation", "track_id", "keyframe", "outside"})
_OCCLUDED, _OUTSIDE, _KEYFRAME = int(Flag.OCCLUDED), int(Flag.OUTSIDE), int(Flag.KEYFRAME)
_POINT_KINDS = {"polygon": POLYGON, "polyline": POLYLINE, "points": POINTS}
_HINTS = {"cuboid_3d": "It is a data set of point clouds: read it with 'Datumaro 3D 1.0'"}


class _LabelEntry(msgspec.Struct):
    name: str
    parent: str | None = ""
    attributes: list[str] = []


class _LabelCategories(msgspec.Struct):
    labels: list[_LabelEntry] = []
    attributes: list[str] = []


class _Color(msgspec.Struct):
    label_id: int
    r: int = 0
    g: int = 0
    b: int = 0


class _MaskCategories(msgspec.Struct):
    colormap: list[_Color] = []


class _Joints(msgspec.Struct):
    label_id: int
    labels: list[str] = []
    joints: list[list[int]] = []


class _PointsCategories(msgspec.Struct):
    items: list[_Joints] = []


class _Categories(msgspec.Struct):
    label: _LabelCategories = msgspec.field(default_factory=_LabelCategories)
    mask: _MaskCategories = msgspec.field(default_factory=_MaskCategories)
    points: _PointsCategories = msgspec.field(default_factory=_PointsCategories)


class _Annotation(msgspec.Struct, gc=False):
    type: str
    id: int | None = 0
    label_id: int | None = None
    attributes: dict[str, Any] | None = None
    group: int | None = 0
    z_order: int | None = 0
    points: Any = None
    bbox: list[float] | None = None
    rle: Any = None
    visibility: list[int] | None = None
    elements: list[_Annotation] = []


class _Image(msgspec.Struct, gc=False):
    path: str | None = ""
    size: list[int] | None = None


class _Item(msgspec.Struct, gc=False):
    id: str
    annotations: list[_Annotation] = []
    attr: dict[str, Any] | None = None
    image: _Image | None = None


class _File(msgspec.Struct):
    categories: _Categories
    items: list[_Item]


_decode = msgspec.json.Decoder(_File).decode


class DatumaroReader:
    """Collects the files of one dataset."""

    def __init__(self, members: Members) -> None:
        self.members = members
        self.rows = Collector(members.path.stem, str(members.path))
        self.declared: dict[str, Label] = {}
        self.frame_numbers: list[Any] = []
        self.entries: list[_LabelEntry] = []
        self.codes: list[int] = []
        self.parents: list[int] = []
        self.own_score: set[int] = set()

    def read(self, name: str, subset: str) -> None:
        """Read one file.

        Raises
        ------
        FormatError
            It is not a Datumaro file, or holds something that cannot be; the text names the item.
        """
        where = self.members.where(name)
        try:
            file = _decode(self.members.read(name).removeprefix(b"\xef\xbb\xbf"))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise FormatError(f"not a Datumaro file: {error}", where=where) from None
        with located(f"{where}: categories"):
            self._categories(file.categories)
        for index, item in enumerate(file.items):
            place = f"{where}: items[{index}] ({item.id[:80]!r})"
            with located(place):
                frame = self._frame(item, subset)
            annotation = 0
            try:
                for annotation, each in enumerate(item.annotations):  # noqa: B007  # the place of an error
                    self._annotation(each, frame)
            except Exception as error:
                with located(f"{place}: annotations[{annotation}]"):
                    raise error from None

    def _categories(self, categories: _Categories) -> None:
        self.entries = categories.label.labels
        colors = {each.label_id: each for each in categories.mask.colormap}
        joints = {each.label_id: each for each in categories.points.items}
        self.codes, self.parents, self.own_score = [], [], set()
        sublabels: dict[str, list[Label]] = {}
        seen: set[tuple[str, str]] = set()
        skeletons = {self.entries[each].name for each in joints if 0 <= each < len(self.entries)}
        for index, entry in enumerate(self.entries):
            # A parent that is no skeleton is only a class above: CVAT has no such thing.
            parent = (entry.parent or "") if entry.parent in skeletons else ""
            if (entry.name, parent) in seen:
                raise FormatError(f"the label {entry.name!r} is there twice")
            seen.add((entry.name, parent))
            self.codes.append(self.rows.label_of(entry.name, parent))
            self.parents.append(self.rows.label_of(parent) if parent else -1)
            if "score" in entry.attributes:
                self.own_score.add(index)
            attributes = tuple(Attribute(name, "text") for name in dict.fromkeys(entry.attributes) if name not in _OWN_KEYS)
            color = colors.get(index)
            text = "#{:02x}{:02x}{:02x}".format(*(channel & 255 for channel in (color.r, color.g, color.b))) if color else ""
            if parent:
                sublabels.setdefault(parent, []).append(Label(entry.name, text, "points", attributes))
            else:
                self.declared.setdefault(entry.name, Label(entry.name, text, "any", attributes))
        for index, each in joints.items():
            if not 0 <= index < len(self.entries):
                raise FormatError(f"the joints of label {index} belong to no label")
            name = self.entries[index].name
            own = self.declared.get(name)
            if own is not None and name in sublabels:
                svg = skeleton_template(each.labels, [edge for edge in each.joints if len(edge) == 2])
                self.declared[name] = Label(name, own.color, "skeleton", own.attributes, tuple(sublabels[name]), svg)

    def _frame(self, item: _Item, subset: str) -> int:
        image = item.image or _Image()
        name = image.path or item.id
        if path_problem(name):
            # Datumaro writes where the picture lay on the machine of the export; only its end says what it is called.
            name = item.id + PurePosixPath(name).suffix
        size = image.size or [0, 0]
        if len(size) != 2:
            raise FormatError(f"the size {size} of the picture is not height and width")
        self.frame_numbers.append((item.attr or {}).get("frame"))
        return self.rows.add_frame(name, size[1], size[0], subset)

    def _label(self, number: int | None) -> int:
        if number is None:
            raise FormatError("it has no label", hint="CVAT has no objects without a label")
        if not 0 <= number < len(self.codes):
            raise FormatError(f"label_id {number} names no label; there are {len(self.codes)}")
        return self.codes[number]

    def _annotation(self, item: _Annotation, frame: int) -> None:
        kind, points = _shape(item)
        values = item.attributes or {}
        rows = self.rows
        label = self._label(item.label_id)
        flags = _OCCLUDED if values.get("occluded") else 0
        rotation, track, key = 0.0, -1, values.get("track_id")
        if kind in (RECTANGLE, ELLIPSE):
            rotation = float(values.get("rotation") or 0) % 360
        if kind != TAG and kind != MASK and key is not None:
            track = rows.track_of((label, str(key)))
            flags |= _KEYFRAME if values.get("keyframe", True) else 0
        score, score_key = 1.0, values.get("score")
        takes_score = isinstance(score_key, (int, float)) and item.label_id not in self.own_score
        if takes_score and score_key is not None:
            score = float(score_key)
        row = rows.add(
            frame, label, kind, points, track=track, group=item.group or 0, z_order=item.z_order or 0, flags=flags,
            rotation=rotation, score=score,
        )  # fmt: skip
        for name, value in values.items():
            if name not in _OWN_KEYS and not (name == "score" and takes_score):
                rows.set_attribute(row, name, value)
        for element in item.elements if kind == SKELETON else ():
            self._joint(element, row, (label, str(key)))

    def _joint(self, item: _Annotation, skeleton: int, key: tuple[int, str]) -> None:
        kind, points = _shape(item)
        if kind == SKELETON:
            raise FormatError("a joint of a skeleton cannot be a skeleton")
        rows, values = self.rows, item.attributes or {}
        label = self._label(item.label_id)
        number = item.label_id or 0
        if self.parents[number] != rows.label[skeleton]:
            raise FormatError(f"the label {self.entries[number].name!r} is not a joint of this skeleton")
        state = item.visibility[0] if item.visibility else 2
        flags = (_OUTSIDE if state == 0 else 0) | (_OCCLUDED if state == 1 or values.get("occluded") else 0)
        track = rows.track[skeleton]
        joint = rows.add(
            rows.frame[skeleton],
            label,
            kind,
            points,
            track=rows.track_of((key, label)) if track >= 0 else -1,
            parent=track if track >= 0 else rows.id[skeleton],
            group=rows.group[skeleton],
            z_order=rows.z_order[skeleton],
            flags=flags | (rows.flags[skeleton] & _KEYFRAME),
            score=rows.score[skeleton],
        )
        for name, value in values.items():
            if name not in _OWN_KEYS:
                rows.set_attribute(joint, name, value)

    def dataset(self) -> Dataset:
        """Return what was read."""
        numbers = self.frame_numbers
        plain = all(type(number) is int for number in numbers) and len(set(numbers)) == len(numbers)
        order = numbers if plain and all(abs(number) < 1 << 62 for number in numbers) else None
        return self.rows.dataset(list(self.declared.values()), members=self.members, frame_order=order)


def _shape(item: _Annotation) -> tuple[int, Any]:
    """Return type and points of an annotation."""
    kind = item.type
    if kind == "bbox":
        if item.bbox is None or len(item.bbox) != 4:
            raise FormatError("its bbox is not four numbers")
        x, y, width, height = item.bbox
        if width < 0 or height < 0:
            raise FormatError(f"its bbox {item.bbox} has a negative size")
        return RECTANGLE, (x, y, x + width, y + height)
    if kind in _POINT_KINDS:
        points = [float(value) for value in item.points]
        least = {"polygon": 6, "polyline": 4, "points": 2}[kind]
        if len(points) < least or len(points) % 2:
            raise FormatError(f"a {kind} has at least {least} numbers and an even count, not {len(points)}")
        return _POINT_KINDS[kind], points
    if kind == "mask":
        return MASK, from_coco_rle(_whole(item.rle)).tolist()
    if kind == "ellipse":
        left, top, right, bottom = (float(value) for value in item.points)
        return ELLIPSE, ((left + right) / 2, (top + bottom) / 2, right, top)
    if kind in ("label", "skeleton"):
        return (TAG if kind == "label" else SKELETON), ()
    raise FormatError(f"annotations of type {kind[:40]!r} are not known here", hint=_HINTS.get(kind))


def _whole(rle: Any) -> Any:
    """Return runs that stop before the end of the picture with the background they leave out.

    pycocotools writes none like that, but the example in CVAT's manual is one.
    """
    if not isinstance(rle, dict) or not isinstance(rle.get("counts"), str) or len(rle.get("size") or ()) != 2:
        return rle
    runs: list[int] = []
    value = shift = 0
    for character in rle["counts"]:
        code = ord(character) - 48
        if not 0 <= code < 64 or shift > 40:
            return rle
        value |= (code & 31) << shift
        shift += 5
        if not code & 32:
            value -= (code & 16) << (shift - 4)
            runs.append(value + runs[-2] if len(runs) > 2 else value)
            value = shift = 0
    missing = int(rle["size"][0]) * int(rle["size"][1]) - sum(runs)
    if shift or missing <= 0 or min(runs, default=0) < 0:
        return rle
    # An odd count of runs ends with background already.
    return rle | {"counts": [*runs[:-1], runs[-1] + missing] if len(runs) % 2 else [*runs, missing]}
