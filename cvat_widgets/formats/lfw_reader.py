"""The texts of LFW read into rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members
from cvat_widgets.formats.collecting import Collector, located, text_of
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.picture_names import PictureNames, sized, stem_of
from cvat_widgets.model.kinds import POINTS, TAG
from cvat_widgets.model.labels import Attribute, Label

__all__ = ["LfwReader", "pair_files"]

_WHOLE = re.compile(r"[0-9]{1,8}")


def pair_files(members: Members) -> list[str]:
    """Return the lists of pairs: in a folder ``annotations``, or beside landmarks or people."""
    names = set(members.names)
    found = []
    for name in members.names:
        folder, _, last = name.rpartition("/")
        beside = (f"{folder}/{other}".lstrip("/") for other in ("landmarks.txt", "people.txt"))
        if last == "pairs.txt" and (PurePosixPath(folder).name == "annotations" or any(each in names for each in beside)):
            found.append(name)
    return sorted(found)


class LfwReader:
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
        self.labels: dict[str, int] = {}
        self.people: set[str] = set()
        self.frames: dict[tuple[str, str], int] = {}
        self.tags: dict[int, int] = {}
        self.pairs: dict[tuple[int, str], list[str]] = {}
        self.folder = ""
        self.subset = ""

    def read(self) -> Dataset:
        """Return the dataset."""
        found = pair_files(self.members)
        if not found:
            raise FormatError(
                "there are no pairs in it", where=str(self.members.path), hint="Expected is <subset>/annotations/pairs.txt"
            )
        for name in found:
            self._subset(name)
        paired: dict[str, set[str]] = {}
        people = list(self.labels)
        for (frame, kind), others in self.pairs.items():
            row = self.tags[frame]
            with located(f"{self.members.path}: frame {self.rows.frame_names[frame]!r}"):
                self.rows.set_attribute(row, kind, ", ".join(others))
            paired.setdefault(people[self.rows.label[row]], set()).add(kind)
        kinds = ("positive_pairs", "negative_pairs")
        declared = [
            Label(name, attributes=tuple(Attribute(kind) for kind in kinds if kind in paired.get(name, ())))
            for name in self.labels
        ]
        return sized(self.rows.dataset(declared), self.members, self.names.found)

    def _subset(self, pairs: str) -> None:
        folder = pairs.rpartition("/")[0]
        inside = folder[: -len("annotations")].rstrip("/") if PurePosixPath(folder).name == "annotations" else folder
        self.subset, self.folder = PurePosixPath(inside).name, f"{inside}/images".lstrip("/")
        self._each_line(f"{folder}/people.txt".lstrip("/"), self._person)
        self.people = set(self.labels)
        self._each_line(pairs, self._pair)
        self._each_line(f"{folder}/landmarks.txt".lstrip("/"), self._landmarks)

    def _each_line(self, name: str, take: Callable[[list[str]], None]) -> None:
        if name not in self.members.names:
            return
        for number, line in enumerate(text_of(self.members, name).split("\n"), 1):
            if line.strip():
                with located(f"{self.members.where(name)}: line {number}"):
                    take([cell.strip() for cell in line.strip().split("\t")])

    # -- lines ---------------------------------------------------------------------------------------------------

    def _person(self, cells: list[str]) -> None:
        """Take a person with the number of pictures; a line with one number only counts the lines."""
        if len(cells) > 2 or (len(cells) == 2 and not _WHOLE.fullmatch(cells[1])):
            raise FormatError(f"expected is a name and a number, not {len(cells)} values")
        if len(cells) == 2:
            self._label(cells[0])

    def _pair(self, cells: list[str]) -> None:
        if len(cells) == 1:
            self._alone(cells[0])
        elif len(cells) == 3:
            first, second = self._picture(cells[0], cells[1]), self._picture(cells[0], cells[2])
            self._add_pair(first, "positive_pairs", second)
        elif len(cells) == 4:
            first = self._picture(cells[0], cells[1])
            second = self._picture("" if cells[2] == "-" else cells[2], cells[3])
            self._add_pair(first, "negative_pairs", second)
        elif not all(_WHOLE.fullmatch(cell) for cell in cells):
            raise FormatError(f"a pair has 3 or 4 values with tabs between them, not {len(cells)}")

    def _alone(self, path: str) -> None:
        """Take a picture that is in no pair; a folder in front of it is the person, unless there are people without it."""
        if _WHOLE.fullmatch(path):
            return  # the official lists begin with the number of their folds or lines
        person, inner, rest = path.replace("\\", "/").partition("/")
        known = bool(inner) and (not self.people or person in self.people)
        self._frame(rest if known else path, person if known else "")

    def _landmarks(self, cells: list[str]) -> None:
        path = stem_of(cells[0].replace("\\", "/"))
        person, inner, rest = path.partition("/")
        known = bool(inner) and (person in self.labels or not self.people)
        stem = rest if known else path
        frame = self.frames.get((self.subset, stem_of(stem)))
        if not known:
            row = self.tags.get(frame, -1) if frame is not None else -1
            person = list(self.labels)[self.rows.label[row]] if row >= 0 else stem.rpartition("_")[0]
        if not person:
            raise FormatError(
                f"the picture {path[:120]!r} has landmarks, but nobody is on it", hint="Expected is person/picture"
            )
        numbers = [_number(cell) for cell in cells[1:]]
        if not numbers or len(numbers) % 2:
            raise FormatError(f"landmarks are pairs of numbers, not {len(numbers)}")
        code = self._label(person)
        self.rows.add(self._frame(stem, "") if frame is None else frame, code, POINTS, numbers)

    # -- parts ---------------------------------------------------------------------------------------------------

    def _label(self, name: str) -> int:
        return self.labels.setdefault(name, self.rows.label_of(name))

    def _picture(self, person: str, number: str) -> tuple[int, str]:
        """Return the frame of a picture and what attributes call it."""
        stem = f"{person}_{int(number):04d}" if person and _WHOLE.fullmatch(number) else number.replace("\\", "/")
        frame = self._frame(stem, person)
        return frame, f"{person}/{stem_of(stem)}" if person else stem_of(stem)

    def _frame(self, stem: str, person: str) -> int:
        key = (self.subset, stem_of(stem))
        frame = self.frames.get(key)
        images = f"{self.folder}/{person}" if person else self.folder
        if frame is None:
            frame = self.frames[key] = self.rows.add_frame(self.names.full_name(images, stem), subset=self.subset)
        self.names.note(frame, images, stem)
        if person and frame not in self.tags:
            self.tags[frame] = self.rows.add(frame, self._label(person), TAG)
        return frame

    def _add_pair(self, first: tuple[int, str], kind: str, second: tuple[int, str]) -> None:
        if first[0] not in self.tags:
            raise FormatError("the first picture of a pair shows nobody")
        self.pairs.setdefault((first[0], kind), []).append(second[1])


def _number(text: str) -> float:
    value = float(text)
    if not abs(value) <= 1e9:
        raise FormatError(f"{text[:40]!r} is not a number below 1e9")
    return value
