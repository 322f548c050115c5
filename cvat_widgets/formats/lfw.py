"""LFW 1.0: who is on which picture, pairs of pictures of the same or of different people, and landmarks.

A picture of a person is told by the person and a number (``Ann<tab>1`` is ``Ann_0001``), any other by its name. CVAT keeps the
pairs as attributes ``positive_pairs`` and ``negative_pairs`` of the person's tag: names of pictures, here with commas between.
"""

from __future__ import annotations

import re
from collections import Counter

from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.frame_rows import frames_by_subset, rows_by_frame
from cvat_widgets.formats.lfw_reader import LfwReader, pair_files
from cvat_widgets.formats.partial_loss import other_attributes
from cvat_widgets.formats.picture_names import stem_of, write_named_pictures
from cvat_widgets.formats.registry import Format, Progress, register
from cvat_widgets.model.kinds import POINTS, TAG

__all__ = ["Lfw"]

_PAIRS = ("positive_pairs", "negative_pairs")


@register
class Lfw(Format):
    """``<subset>/annotations/pairs.txt``, ``landmarks.txt`` and ``people.txt``."""

    name = "LFW 1.0"
    kinds = frozenset({"tag", "points", "attribute"})
    converts = {"track": "one shape a frame"}  # noqa: RUF012

    def detect(self, members: Members) -> bool:
        """Whether there are pairs beside landmarks or people, or in a folder ``annotations``."""
        return bool(pair_files(members))

    def read(self, members: Members) -> Dataset:
        """Read all subsets."""
        return LfwReader(members).read()

    def partial_losses(self, dataset: Dataset) -> dict[str, int]:
        """Return further tags of a frame, and attributes other than pairs."""
        writer = _Writer(dataset)
        for frame in range(len(dataset.frames)):
            writer.add_frame(frame, {"positive": [], "negative": [], "neutral": [], "landmarks": []})
        return writer.lost

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write the three texts of each subset."""
        writer = _Writer(dataset)
        stems = [""] * len(dataset.frames)
        for subset, frames in frames_by_subset(dataset).items():
            files: dict[str, list[str]] = {"positive": [], "negative": [], "neutral": [], "landmarks": []}
            people: Counter[str] = Counter(dict.fromkeys(writer.names.values(), 0))
            for frame in frames:
                person = writer.add_frame(frame, files)
                stem = stem_of(dataset.frames.names[frame])
                stems[frame] = f"{subset}/images/{person}/{stem}" if person else f"{subset}/images/{stem}"
                people[person] += bool(person)
            del people[""]
            folder = f"{subset}/annotations"
            sink.write(f"{folder}/pairs.txt", _text([*files["positive"], *files["negative"], *files["neutral"]]))
            if files["landmarks"]:
                sink.write(f"{folder}/landmarks.txt", _text(files["landmarks"]))
            sink.write(f"{folder}/people.txt", _text([f"{name}\t{count}" for name, count in people.items()]))
        if save_images:
            write_named_pictures(dataset, sink, stems, progress)


def _text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _clean(name: str) -> str:
    """Return a label as the files can hold it: tabs and line ends part their columns."""
    return " ".join(name.split()).replace("/", "_").replace("\\", "_")


class _Writer:
    def __init__(self, dataset: Dataset) -> None:
        self.frames = dataset.frames
        self.rows = rows_by_frame(dataset, (TAG, POINTS))
        self.names = {label.id: _clean(label.name) for label in dataset.labels}
        self.specs = {spec.id: spec.name for label in dataset.labels for spec in label.attributes}
        self.values = self.rows.attributes.to_dicts(len(self.rows))
        self.lost = Counter(other_attributes(dataset, _PAIRS))
        self.people = sorted(self.names.values(), key=len, reverse=True)
        self.by_frame: dict[int, list[int]] = {}
        for row, frame in enumerate(self.rows.frame.tolist()):
            self.by_frame.setdefault(frame, []).append(row)

    def add_frame(self, frame: int, files: dict[str, list[str]]) -> str:
        """Add the lines of a frame and return the person on it, ``""`` for nobody."""
        rows = self.by_frame.get(frame, [])
        tags = [row for row in rows if self.rows.type[row] == TAG]
        self.lost["further tag of a frame"] += max(len(tags) - 1, 0)
        stem = stem_of(self.frames.names[frame])
        person = self.names[int(self.rows.label[tags[0]])] if tags else ""
        for row in rows:
            if self.rows.type[row] == POINTS:
                self.lost["attribute of points"] += len(self.values[row])
                points = "\t".join(f"{value:.12g}" for value in self.rows.points_of(row).tolist())
                files["landmarks"].append(f"{self.names[int(self.rows.label[row])]}/{_with_extension(stem)}\t{points}")
        given = {self.specs[spec]: text for spec, text in self.values[tags[0]].items()} if tags else {}
        positive, negative = (listed_names(given.get(name, "")) for name in _PAIRS)
        own = _number_or_name(person, stem)
        for other in positive:
            files["positive"].append(f"{person}\t{own}\t{self._other(other, person)[1]}")
        for other in negative:
            files["negative"].append("\t".join((person, own, *self._other(other))))
        if not positive and not negative:
            files["neutral"].append(f"{person}/{stem}" if person else _named(stem))
        return person

    def _other(self, name: str, person: str = "") -> tuple[str, str]:
        """Return person and number or name of the other picture of a pair; ``-`` for nobody."""
        for known in [person] if person else self.people:
            if name.startswith(f"{known}/"):
                return known, _number_or_name(known, name[len(known) + 1 :])
        match = re.fullmatch(r"(.+)_([0-9]{4,8})", name)
        if match and match[1] in ([person] if person else self.people):
            return match[1], _number_or_name(match[1], name)
        return person or "-", _named(name)


def _number_or_name(person: str, stem: str) -> str:
    """Return the number of a picture that is called like the person, else its name."""
    match = re.fullmatch(re.escape(person) + r"_([0-9]{4,8})", stem)
    return str(int(match[1])) if match and f"{int(match[1]):04d}" == match[1] else _named(stem)


def _named(stem: str) -> str:
    """Return a name that cannot be taken for a number: with an extension if it is one."""
    clean = " ".join(stem.split()) if "\t" in stem or "\n" in stem else stem
    return f"{clean}.jpg" if re.fullmatch(r"\s*[-+]?[0-9_]+\s*", clean) else clean


def _with_extension(stem: str) -> str:
    return stem if stem_of(stem) != stem else f"{stem}.jpg"


def listed_names(text: str) -> list[str]:
    """Return the names in an attribute: with commas between, also in the brackets and quotes of a printed list."""
    inner = text.strip().removeprefix("[").removesuffix("]")
    return [name for name in (part.strip().strip("'\"").strip() for part in inner.split(",")) if name]
