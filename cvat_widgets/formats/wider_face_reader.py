"""The texts of WIDER Face read into rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members
from cvat_widgets.formats.collecting import Collector, located, text_of
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.label_lists import label_lines
from cvat_widgets.formats.picture_names import PictureNames, sized, stem_of
from cvat_widgets.model.kinds import RECTANGLE, TAG, Flag
from cvat_widgets.model.labels import Label

__all__ = ["DEFAULT_LABEL", "NO_LABEL", "WIDER_ATTRIBUTES", "WIDER_FILE", "WiderFaceReader"]

WIDER_ATTRIBUTES: Final = ("blur", "expression", "illumination", "occluded", "pose", "invalid")
DEFAULT_LABEL: Final = "face"
NO_LABEL: Final = "no_label"
"""Folder of pictures without a tag."""
WIDER_FILE: Final = re.compile(r"(?:.*/)?wider_face_split/(?:wider_face_)?(.+?)(?:_bbx_gt|_filelist)?\.txt")
_PATH = re.compile(r"\S.*\.[A-Za-z0-9]{2,5}")
_EVENT = re.compile(r"[0-9]+--(.+)")


class WiderFaceReader:
    """Reads all subsets of a dataset.

    Parameters
    ----------
    members
        The files.
    """

    def __init__(self, members: Members) -> None:
        self.members = members
        self.rows = Collector(members.path.stem, str(members.path))
        self.names = PictureNames(members, ".jpg")
        self.labels: dict[str, None] = {}
        self.closed = False
        self.levels: dict[int, list[tuple[int, str]]] = {}

    def read(self) -> Dataset:
        """Return the dataset."""
        found = [(name, match) for name in self.members.names if (match := WIDER_FILE.fullmatch(name))]
        if not found:
            raise FormatError(
                "there are no boxes in it", where=str(self.members.path), hint="Expected is wider_face_split/*_bbx_gt.txt"
            )
        for name, match in sorted(found):
            root = name.rpartition("wider_face_split/")[0]
            self._find_labels(root, match[1])
            self._file(name, f"{root}WIDER_{match[1]}/images", match[1])
        self._set_occlusion()
        data = self.rows.dataset([Label(name) for name in self.labels])
        return sized(data, self.members, self.names.found)

    def _find_labels(self, root: str, subset: str) -> None:
        """Labels are those of ``labels.txt``; without it ``face`` and the folders pictures stand in."""
        listed = f"{root}labels.txt"
        if listed in self.members.names:
            self.closed = True
            self.labels |= dict.fromkeys(label_lines(self.members, listed))
            return
        folder = f"{root}WIDER_{subset}/images"
        for picture in self.names.inside(folder):
            event, inner, _ = picture[len(folder) + 1 :].partition("/")
            if inner and event != NO_LABEL:
                match = _EVENT.fullmatch(event)
                self.labels.setdefault(match[1] if match else event)

    def _file(self, name: str, images: str, subset: str) -> None:
        where = self.members.where(name)
        lines = enumerate(text_of(self.members, name).split("\n"), 1)
        frame, expected, count, start = -1, -1, 0, 0
        for number, line in self._with_end(lines):
            with located(f"{where}: line {number}"):
                fields = line.split()
                is_path = len(fields) >= 1 and _PATH.fullmatch(line) is not None and not _is_number(fields[0])
                if is_path or number < 0:
                    if expected > 0 and count != expected:
                        raise FormatError(
                            f"the frame has {count} boxes, not {expected} as it says", where=f"{where}: line {start}"
                        )
                    if number > 0:
                        frame, expected, count, start = self._frame(line, images, subset), -1, 0, number
                elif len(fields) == 1 and expected < 0 and frame >= 0:
                    if not fields[0].isdecimal() or len(fields[0]) > 8:
                        raise FormatError(f"the number of boxes is not a number: {line[:80]!r}")
                    expected = int(fields[0])
                elif fields and frame < 0:
                    raise FormatError(f"expected is the path of a picture, not {line[:80]!r}")
                elif fields and not (expected == 0 and set(fields) == {"0"}):
                    if expected < 0:
                        raise FormatError("the number of boxes is missing before this line")
                    count += 1
                    self._box(frame, fields)

    @staticmethod
    def _with_end(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        for number, line in lines:
            yield number, line.strip()
        yield -1, ""

    def _frame(self, line: str, images: str, subset: str) -> int:
        path = line.replace("\\", "/")
        folder, inner, name = path.partition("/")
        if not inner:
            folder, name = "", path
        frame = self.rows.add_frame(name, subset=subset)
        self.names.note(frame, images, stem_of(path))
        match = _EVENT.fullmatch(folder)
        label = match[1] if match else folder
        if folder and folder != NO_LABEL and label in self.labels:
            self.rows.add(frame, self.rows.label_of(label), TAG)
        return frame

    def _box(self, frame: int, fields: list[str]) -> None:
        """Add a box: four numbers, perhaps six attributes, perhaps a label."""
        if len(fields) < 4:
            raise FormatError(f"a box has at least 4 numbers, not {len(fields)}")
        left, top, width, height = (_number(field) for field in fields[:4])
        if width < 0 or height < 0:
            raise FormatError("the box has a negative size")
        full = len(fields) >= 10
        label = " ".join(fields[10:] if full else fields[4:]) or DEFAULT_LABEL
        if label not in self.labels:
            if self.closed and label != DEFAULT_LABEL:
                raise FormatError(f"the label {label[:64]!r} is not in labels.txt")
            self.labels[label] = None
        row = self.rows.add(frame, self.rows.label_of(label), RECTANGLE, (left, top, left + width, top + height))
        for name, text in zip(WIDER_ATTRIBUTES, fields[4:10] if full else (), strict=False):
            value = {"True": "true", "False": "false"}.get(text, text)
            if value != "-" and name == "occluded":
                self.levels.setdefault(self.rows.label[row], []).append((row, value))
            elif value != "-":
                self.rows.set_attribute(row, name, value)

    def _set_occlusion(self) -> None:
        """Set the flag; labels with more than two levels of occlusion keep them as an attribute, too."""
        for found in self.levels.values():
            graded = any(value not in ("0", "1", "true", "false") for _, value in found)
            for row, value in found:
                if value not in ("0", "false"):
                    self.rows.flags[row] |= int(Flag.OCCLUDED)
                if graded:
                    self.rows.set_attribute(row, "occluded", value)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _number(text: str) -> float:
    value = float(text)
    if not abs(value) <= 1e9:
        raise FormatError(f"{text[:40]!r} is not a number below 1e9")
    return value
