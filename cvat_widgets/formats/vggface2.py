"""VGGFace2 1.0: one box and one set of five landmarks a picture, in ``bb_landmark/*.csv``."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from typing import Final

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.collecting import Collector, located, text_of
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.frame_rows import frames_by_subset, rows_by_frame
from cvat_widgets.formats.label_lists import label_text
from cvat_widgets.formats.picture_names import PictureNames, sized, stem_of, write_named_pictures
from cvat_widgets.formats.registry import Format, Progress, register
from cvat_widgets.model.kinds import POINTS, RECTANGLE, TAG
from cvat_widgets.model.labels import Label

__all__ = ["VggFace2"]

_FILE = re.compile(r"(?:.*/)?bb_landmark/loose_(bb|landmark)_(.+)\.csv")
_NO_LABEL: Final = "no_label"
_COLUMNS: Final = {
    "bb": ("NAME_ID", "X", "Y", "W", "H"),
    "landmark": ("NAME_ID", *(f"P{point}{axis}" for point in range(1, 6) for axis in "XY")),
}


@register
class VggFace2(Format):
    """``loose_bb_<subset>.csv`` and ``loose_landmark_<subset>.csv``; a picture's folder is its label."""

    name = "VGGFace2 1.0"
    kinds = frozenset({"rectangle", "points", "tag"})
    converts = {"track": "one shape a frame"}  # noqa: RUF012

    def detect(self, members: Members) -> bool:
        """Whether there are tables in ``bb_landmark``."""
        return any(_FILE.fullmatch(name) for name in members.names)

    def read(self, members: Members) -> Dataset:
        """Read the tables of all subsets."""
        return _Reader(members).read()

    def partial_losses(self, dataset: Dataset) -> dict[str, int]:
        """Return second boxes and tags, and landmarks that are not five points."""
        writer = _Writer(dataset)
        for subset, frames in frames_by_subset(dataset).items():
            for frame in frames:
                writer.add_frame(frame, subset, {"bb": [], "landmark": []})
        return writer.lost

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write two tables a subset; a second box, or landmarks that are not five points, are left out and told."""
        for label in dataset.labels:
            if "/" in label.name or "\\" in label.name:
                raise FormatError(f"the label {label.name!r} cannot be the name of a folder")
        writer = _Writer(dataset)
        for subset, frames in frames_by_subset(dataset).items():
            tables: dict[str, list[list[object]]] = {"bb": [], "landmark": []}
            for frame in frames:
                writer.add_frame(frame, subset, tables)
            for kind, table in tables.items():
                if table or kind == "landmark":
                    sink.write(f"bb_landmark/loose_{kind}_{subset}.csv", _csv(_COLUMNS[kind], table))
        sink.write("labels.txt", label_text(dataset.labels.names))
        if save_images:
            write_named_pictures(dataset, sink, writer.stems, progress)


class _Writer:
    def __init__(self, dataset: Dataset) -> None:
        self.frames = dataset.frames
        self.rows = rows_by_frame(dataset, (RECTANGLE, POINTS, TAG))
        self.names = {label.id: label.name for label in dataset.labels}
        self.order, self.starts = self.rows.frame_rows()
        self.lost: Counter[str] = Counter()
        self.stems = [""] * len(dataset.frames)

    def add_frame(self, frame: int, subset: str, tables: dict[str, list[list[object]]]) -> None:
        """Add the first box, the first five points and the first tag of a frame; a frame without any is a row, too."""
        rows, stem = self.rows, stem_of(self.frames.names[frame])
        chosen = self.order[self.starts[frame] : self.starts[frame + 1]].tolist() if frame + 1 < len(self.starts) else []
        used: dict[int, str] = {}
        for row in chosen:
            kind, points = int(rows.type[row]), rows.points_of(row).tolist()
            if kind == POINTS and len(points) != 10:
                self.lost["set of other than 5 points"] += 1
            elif kind in used:
                self.lost[{RECTANGLE: "further box", TAG: "further tag", POINTS: "further set of points"}[kind]] += 1
            else:
                name_id = used[kind] = _name_id(stem, self.names[int(rows.label[row])])
                if kind == RECTANGLE:
                    left, top, right, bottom = points
                    tables["bb"].append([name_id, left, top, right - left, bottom - top])
                else:
                    tables["landmark"].append([name_id, *points])
        if not used:
            used[TAG] = _name_id(stem, _NO_LABEL)
            tables["landmark"].append([used[TAG]])
        self.stems[frame] = f"{subset}/{next(iter(used.values()))}"


def _name_id(stem: str, label: str) -> str:
    """Return the id of a picture: below its label's folder, where it may stand already."""
    return stem if stem.startswith(f"{label}/") else f"{label}/{stem}"


def _csv(columns: tuple[str, ...], rows: list[list[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(
        [f"{cell:.12g}" if isinstance(cell, float) else cell for cell in row + [""] * (len(columns) - len(row))] for row in rows
    )
    return text.getvalue()


class _Reader:
    def __init__(self, members: Members) -> None:
        self.members = members
        self.rows = Collector(members.path.stem, str(members.path))
        self.names = PictureNames(members, ".jpg")
        self.labels: dict[str, None] = {}
        self.frames: dict[tuple[str, str], int] = {}
        self.closed = False

    def read(self) -> Dataset:
        found = [(match[2], match[1], name) for name in self.members.names if (match := _FILE.fullmatch(name))]
        if not found:
            raise FormatError(
                "there are no tables in it", where=str(self.members.path), hint="Expected is bb_landmark/loose_bb_<subset>.csv"
            )
        tables = [(name, subset, kind, self._table(kind, name)) for subset, kind, name in sorted(found)]
        folders = {_parts(cells[0])[0] for *_, table in tables for _, cells in table}
        whole: dict[str, set[str]] = {}
        for name, subset, _, table in tables:
            self._find_labels(name.rpartition("bb_landmark/")[0], subset, folders)
            whole.setdefault(subset, set()).update(_ambiguous(table))
        for name, subset, kind, table in tables:
            seen: set[str] = set()
            images = f"{name.rpartition('bb_landmark/')[0]}{subset}"
            for number, cells in table:
                with located(f"{self.members.where(name)}: line {number}"):
                    frame = self._frame(images, subset, cells[0], whole[subset])
                    self._row(frame, kind, cells, seen)
        data = self.rows.dataset([Label(name) for name in self.labels])
        return sized(data, self.members, self.names.found)

    def _find_labels(self, root: str, subset: str, folders: set[str]) -> None:
        """Labels are those of ``labels.txt``, where the name of a person may follow; without it the folders of pictures."""
        listed = f"{root}labels.txt"
        if listed in self.members.names:
            self.closed = True
            for number, line in enumerate(text_of(self.members, listed).split("\n"), 1):
                name, _, person = line.strip().partition(" ")
                if name and name != "#":
                    with located(f"{self.members.where(listed)}: line {number}"):
                        with_person = person and name in folders and line.strip() not in folders
                        self.labels.setdefault(Label(name if with_person else line.strip()).name)
            return
        for picture in self.names.inside(f"{root}{subset}"):
            label, inner, _ = picture[len(f"{root}{subset}") + 1 :].partition("/")
            if inner and label != _NO_LABEL:
                self.labels.setdefault(label)

    def _table(self, kind: str, name: str) -> list[tuple[int, list[str]]]:
        """Return the rows of a table with their lines, cells in our order of columns."""
        where = self.members.where(name)
        reader = csv.reader(io.StringIO(text_of(self.members, name)))
        try:
            header = [cell.strip() for cell in next(reader, [])]
            missing = [column for column in _COLUMNS[kind] if column not in header]
            if missing:
                raise FormatError(f"the column {missing[0]} is missing", where=f"{where}: line 1")
            place = [header.index(column) for column in _COLUMNS[kind]]
            rows: list[tuple[int, list[str]]] = []
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    padded = [*cells, *[""] * len(header)]
                    rows.append((reader.line_num, [padded[column].strip() for column in place]))
        except csv.Error as error:
            raise FormatError(f"the table is damaged: {error}", where=f"{where}: line {reader.line_num}") from None
        return rows

    def _frame(self, images: str, subset: str, path: str, whole: set[str]) -> int:
        label, stem = _parts(path)
        path = f"{label}/{stem}" if label else stem
        key = path if stem in whole else stem
        frame = self.frames.get((subset, key))
        if frame is None:
            if not stem:
                raise FormatError("a row has no NAME_ID")
            name = self.names.full_name(images, path)
            frame = self.rows.add_frame(name if key == path else name[len(label) + 1 :], subset=subset)
            self.frames[subset, key] = frame
            self.names.note(frame, images, path)
        return frame

    def _row(self, frame: int, kind: str, cells: list[str], seen: set[str]) -> None:
        path = cells[0]
        label, _ = _parts(path)
        numbers = [_number(cell) for cell in cells[1:] if cell]
        if numbers and len(numbers) != len(cells) - 1:
            raise FormatError(f"a row has {len(cells) - 1} numbers or none, not {len(numbers)}")
        if label in ("", _NO_LABEL) and not numbers:
            return
        if label in ("", _NO_LABEL):
            raise FormatError(f"the picture {path[:120]!r} has no label", hint="Expected is label/picture in NAME_ID")
        if label not in self.labels:
            if self.closed:
                raise FormatError(f"the label {label[:64]!r} is not in labels.txt")
            self.labels[label] = None
        if numbers:
            if path in seen:
                raise FormatError(f"the picture {path[:120]!r} has a second {'box' if kind == 'bb' else 'set of landmarks'}")
            seen.add(path)
        code = self.rows.label_of(label)
        if not numbers:
            self.rows.add(frame, code, TAG)
        elif kind == "bb":
            left, top, width, height = numbers
            if width < 0 or height < 0:
                raise FormatError("the box has a negative size")
            self.rows.add(frame, code, RECTANGLE, (left, top, left + width, top + height))
        else:
            self.rows.add(frame, code, POINTS, numbers)


def _parts(name_id: str) -> tuple[str, str]:
    """Return the folder, which is the label, and the rest of a picture's id."""
    label, inner, stem = name_id.replace("\\", "/").partition("/")
    return (label, stem) if inner else ("", label)


def _ambiguous(table: list[tuple[int, list[str]]]) -> set[str]:
    """Return the names that stand below several labels in one table: those pictures keep their folder in their name."""
    folder: dict[str, str] = {}
    found: set[str] = set()
    for _, cells in table:
        label, stem = _parts(cells[0])
        if folder.setdefault(stem, label) != label:
            found.add(stem)
    return found


def _number(text: str) -> float:
    value = float(text)
    if not abs(value) <= 1e9:
        raise FormatError(f"{text[:40]!r} is not a number below 1e9")
    return value
