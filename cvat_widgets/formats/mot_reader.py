"""``gt.txt`` of the MOT Challenge read into columns."""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members
from cvat_widgets.formats.collecting import text_of
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.gap_tracks import close_gaps
from cvat_widgets.formats.label_lists import checked_labels, label_lines
from cvat_widgets.formats.picture_names import PictureNames, sized, stem_of
from cvat_widgets.model.attributes import AttributeColumns
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.kinds import RECTANGLE, SOURCE_CODE, Flag
from cvat_widgets.model.labels import Attribute, Label, LabelSet
from cvat_widgets.model.table import AnnotationTable

__all__ = ["mot_file", "read_mot"]

_OFFICIAL = (
    "pedestrian", "person on vehicle", "car", "bicycle", "motorbike", "non motorized vehicle", "static person", "distractor",
    "occluder", "occluder on the ground", "occluder full", "reflection",
)  # fmt: skip
_FIELDS = ("frame_id", "track_id", "x", "y", "w", "h", "not ignored", "class_id", "visibility")
_DEFAULTS = {6: 1.0, 7: -1.0, 8: -1.0}
_MAX_FRAMES = 10_000_000
_FRAME, _TRACK, _X, _Y, _WIDTH, _HEIGHT, _CONFIDENCE, _CLASS, _VISIBILITY = range(9)


def mot_file(members: Members) -> str | None:
    """Return the ``gt.txt``, ``None`` if there is none or several."""
    found = [name for name in members.names if name.rpartition("/")[2] == "gt.txt"]
    inner = [name for name in found if f"/{name}".endswith("/gt/gt.txt")] or found
    return inner[0] if len(inner) == 1 else None


def read_mot(members: Members) -> Dataset:
    """Read a sequence.

    Raises
    ------
    FormatError
        There is no ``gt.txt`` or more than one, or a line is not what it should be.
    """
    name = mot_file(members)
    if name is None:
        several = any(each.rpartition("/")[2] == "gt.txt" for each in members.names)
        text = "there are several sequences in it" if several else "there is no gt.txt in it"
        raise FormatError(text, where=str(members.path), hint="Expected is gt/gt.txt, once")
    folder = name.rpartition("/")[0]
    root = folder[: -len("gt")].rstrip("/") if f"/{folder}".endswith("/gt") else folder
    listed = f"{folder}/labels.txt".lstrip("/")
    names = label_lines(members, listed) if listed in members.names else list(_OFFICIAL)
    rows = _Rows.parsed(members, name)
    rows.check(len(names))
    return _dataset(members, rows, names, root)


@dataclass(frozen=True)
class _Rows:
    """The lines as numbers: float64 of shape (n, 9), and what errors need to name a line."""

    values: NDArray[np.float64]
    members: Members
    name: str

    @classmethod
    def parsed(cls, members: Members, name: str) -> _Rows:
        """Read all lines at once; one by one only where that fails."""
        data = members.read(name)
        if b"\r" in data or not data.isascii():
            data = text_of(members, name).encode()
        if not data or data.isspace():
            return cls(np.empty((0, 9)), members, name)
        try:
            values = np.loadtxt(io.BytesIO(data), delimiter=",", ndmin=2)
        except (ValueError, OverflowError):
            return cls(cls._one_by_one(members, name), members, name)
        if values.shape[1] < 6 or not np.isfinite(values).all():
            return cls(cls._one_by_one(members, name), members, name)
        if values.shape[1] == 10 and (values[:, _CLASS] != np.floor(values[:, _CLASS])).any():
            # Ten numbers of MOT 2015: the last three are a place in the world, not class and visibility.
            values[:, _CLASS:] = -1
        if values.shape[1] >= 9:
            return cls(values[:, :9], members, name)
        missing = np.tile([_DEFAULTS[column] for column in range(values.shape[1], 9)], (len(values), 1))
        return cls(np.hstack((values, missing)), members, name)

    @functools.cached_property
    def order(self) -> NDArray[np.int64]:
        """Rows by track and frame."""
        return np.lexsort((self.values[:, _FRAME], self.values[:, _TRACK]))

    @staticmethod
    def _lines(members: Members, name: str) -> Iterator[tuple[int, str]]:
        for number, line in enumerate(text_of(members, name).split("\n"), 1):
            line = line.partition("#")[0].strip()
            if line:
                yield number, line

    @classmethod
    def _one_by_one(cls, members: Members, name: str) -> NDArray[np.float64]:
        where = members.where(name)
        rows: list[list[float]] = []
        for number, line in cls._lines(members, name):
            fields = [field.strip() for field in line.rstrip(",").split(",")]
            if len(fields) < 6:
                raise FormatError(
                    f"a line has at least 6 numbers with commas between them, not {len(fields)}",
                    where=f"{where}: line {number}",
                )
            row: list[float] = []
            for column, field in enumerate(fields[:9]):
                try:
                    value = _DEFAULTS[column] if not field and column in _DEFAULTS else float(field)
                except ValueError:
                    value = np.nan
                if not np.isfinite(value):
                    raise FormatError(f"{_FIELDS[column]} is not a number: {field[:40]!r}", where=f"{where}: line {number}")
                row.append(value)
            rows.append(row + [_DEFAULTS[column] for column in range(len(row), 9)])
        return np.array(rows, np.float64).reshape(-1, 9)

    def refuse(self, bad: NDArray[np.bool_], text: str) -> None:
        """Raise for the first row that is bad; ``{}`` in the text stands for its fields."""
        if not bad.any():
            return
        row = int(np.argmax(bad))
        for index, (number, line) in enumerate(self._lines(self.members, self.name)):
            if index == row:
                raise FormatError(f"{text}: {line[:120]!r}", where=f"{self.members.where(self.name)}: line {number}")

    def check(self, label_count: int) -> None:
        """Refuse numbers that cannot be."""
        values = self.values
        if max(values.max(initial=0), -values.min(initial=0)) > 1e9:
            huge: NDArray[np.bool_] = np.abs(values).max(axis=1) > 1e9
            self.refuse(huge, "a number is larger than 1e9")
        for column in (_FRAME, _TRACK, _CLASS):
            numbers = np.ascontiguousarray(values[:, column])
            broken: NDArray[np.bool_] = numbers != np.floor(numbers)
            self.refuse(broken, f"{_FIELDS[column]} is not a whole number")
        self.refuse((values[:, _FRAME] < 1) | (values[:, _FRAME] > _MAX_FRAMES), f"frame_id is not in 1 to {_MAX_FRAMES}")
        self.refuse((values[:, _WIDTH] < 0) | (values[:, _HEIGHT] < 0), "the box has a negative size")
        known = (values[:, _CLASS] == -1) | ((values[:, _CLASS] >= 1) & (values[:, _CLASS] <= label_count))
        self.refuse(~known, f"class_id is not in 1 to {label_count}, the number of labels")
        self.refuse(values[:, _VISIBILITY] > 1, "visibility is above 1")
        track, frame = values[self.order, _TRACK], values[self.order, _FRAME]
        again = (track[1:] == track[:-1]) & (frame[1:] == frame[:-1]) & (track[1:] > 0)
        doubled = np.zeros(len(values), bool)
        doubled[self.order[1:][again]] = True
        self.refuse(doubled, "the track has two boxes on one frame")


def _dataset(members: Members, rows: _Rows, names: list[str], root: str) -> Dataset:
    frames, pictures, numbered = _frames(members, root, int(rows.values[:, _FRAME].max(initial=0)))
    values = rows.values
    track = values[:, _TRACK].astype(np.int64)
    tracked = track > 0
    # Plain boxes first, as they stand; then the tracks, whose lines need not be in order.
    order = np.concatenate((np.flatnonzero(~tracked), rows.order[tracked[rows.order]]))
    if not np.array_equal(order, np.arange(len(order))):
        values, track, tracked = values[order], track[order], tracked[order]
    track = np.where(tracked, track, -1)
    own = np.where(track > 0, track, np.arange(len(track)) + 1 + int(track.max(initial=0)))
    # Boxes without a class are people: that is all MOT 2015 has.
    classes = np.where(values[:, _CLASS] < 1, 1, values[:, _CLASS]).astype(np.int64) - 1
    classes = _first_of_track(classes, track)
    visibility = np.where(values[:, _VISIBILITY] < 0, 1.0, values[:, _VISIBILITY])
    ignored = values[:, _CONFIDENCE] == 0
    partly = np.unique(classes[(visibility > 0) & (visibility < 1)])
    declared = [_label(name, index in partly, index in classes[ignored]) for index, name in enumerate(names)]
    labels = checked_labels(declared, str(members.path))
    flags = np.where(visibility <= 0, int(Flag.OCCLUDED), 0) | np.where(track > 0, int(Flag.KEYFRAME), 0)
    corners = values[:, _X : _HEIGHT + 1].copy()
    corners[:, 2:] += corners[:, :2]
    table = AnnotationTable.build(
        id=own,
        frame=values[:, _FRAME].astype(np.int32) - 1,
        label=np.array([label.id for label in labels], np.int32)[classes] if len(classes) else [],
        type=RECTANGLE,
        track=track,
        flags=flags,
        source=SOURCE_CODE["file"],
        points=corners.ravel(),
        offsets=np.arange(len(values) + 1) * 4,
        attributes=_attributes(labels, classes, track, visibility, ignored),
    )
    found = Dataset(
        labels=labels,
        frames=frames,
        table=close_gaps(table, len(frames)),
        name=members.path.stem,
        mode="interpolation",
        meta={"frames_by_number": numbered, "every_frame_is_key": True},
    )
    return sized(found, members, pictures)


def _first_of_track(classes: NDArray[np.int64], track: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the class of each row, in tracks that of their first: a track has one label."""
    starts = (track < 0) | np.append(True, track[1:] != track[:-1])[: len(track)]
    return classes[np.maximum.accumulate(np.where(starts, np.arange(len(track)), 0))] if len(track) else classes


def _label(name: str, partly: bool, ignored: bool) -> Label:
    """Return a label with the attributes its lines need: most files need none."""
    attributes = []
    if partly:
        attributes.append(Attribute("visibility", "number", ("0", "1", "0.01"), "1", mutable=True))
    if ignored:
        attributes.append(Attribute("ignored", "checkbox", mutable=True))
    return Label(name, attributes=tuple(attributes))


def _attributes(
    labels: LabelSet,
    classes: NDArray[np.int64],
    track: NDArray[np.int64],
    visibility: NDArray[np.float64],
    ignored: NDArray[np.bool_],
) -> AttributeColumns:
    """Return visibility and ignored where they change along a track."""
    if not any(label.attributes for label in labels):
        return AttributeColumns()
    goes_on = (track > 0) & np.append(False, track[1:] == track[:-1])[: len(track)]
    levels, codes = np.unique(visibility, return_inverse=True)
    strings = ("false", "true", *(f"{level:.12g}" for level in levels.tolist()))
    rows, specs, found = [], [], []
    for name, code in (("visibility", codes.ravel() + 2), ("ignored", ignored.astype(np.int64))):
        spec_of = np.array([next((a.id for a in label.attributes if a.name == name), -1) for label in labels], np.int64)
        spec = spec_of[classes] if len(classes) else classes
        changed = ~goes_on | np.append(True, code[1:] != code[:-1])[: len(code)]
        chosen = np.flatnonzero((spec >= 0) & changed)
        rows.append(chosen)
        specs.append(spec[chosen])
        found.append(code[chosen])
    row = np.concatenate(rows)
    order = np.argsort(row, kind="stable")
    return AttributeColumns(
        row[order].astype(np.int64),
        np.concatenate(specs)[order].astype(np.int32),
        np.concatenate(found)[order].astype(np.int32),
        strings,
    )


def _frames(members: Members, root: str, last: int) -> tuple[FrameIndex, dict[int, str], bool]:
    """Return the frames: as many as ``seqinfo.ini``, the pictures or the lines say; and whether only numbers name them."""
    inside = f"{root}/" if root else ""
    facts = _sequence(members, f"{inside}seqinfo.ini")
    folder = f"{inside}{facts.get('imdir', 'img1')}"
    pictures = PictureNames(members, ".jpg").inside(folder)
    numbers = [PurePosixPath(stem_of(name)).name for name in pictures]
    numbered = bool(numbers) and all(re.fullmatch(r"[0-9]{1,8}", number) and int(number) > 0 for number in numbers)
    places = [int(number) - 1 for number in numbers] if numbered else list(range(len(numbers)))
    count = max([last, _whole(facts, "seqlength"), *(place + 1 for place in places)])
    if count > _MAX_FRAMES:
        raise FormatError(f"a sequence of {count} frames is not believable", where=members.where(f"{inside}seqinfo.ini"))
    found = dict(zip(places, pictures, strict=True))
    names = [f"frame_{number:06d}" for number in range(count)]
    for place, picture in found.items():
        names[place] = picture[len(folder) + 1 :]
    width, height = (min(_whole(facts, key), 1_000_000) for key in ("imwidth", "imheight"))
    return FrameIndex(names, np.full(count, width, np.int32), np.full(count, height, np.int32)), found, numbered or not numbers


def _sequence(members: Members, name: str) -> dict[str, str]:
    if name not in members.names:
        return {}
    lines = (line.partition("=") for line in text_of(members, name).split("\n"))
    return {key.strip().lower(): value.strip() for key, equals, value in lines if equals}


def _whole(facts: dict[str, str], key: str) -> int:
    text = facts.get(key, "0")
    return int(text) if re.fullmatch(r"[0-9]{1,8}", text) else 0
