"""The folders of a PASCAL VOC dataset: lists of images by subset, pictures, masks, the label map."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members
from cvat_widgets.formats.collecting import Collector, path_problem, text_of

__all__ = ["VocFrames", "VocLayout", "frame_id", "picture_name"]

_FOLDERS = ("Annotations", "ImageSets", "SegmentationClass", "SegmentationObject", "JPEGImages")
_SUFFIX = re.compile(r"\.(jpe?g|jfif|png|bmp|gif|webp|tiff?|jp2|avif|ppm|pgm|mpo)$", re.IGNORECASE)

_HARMLESS = re.compile(r"\w[\w. -]*")
"""Names that need no closer look."""


def frame_id(name: str) -> str:
    """Return the name of a frame without the suffix of a picture: what files about it are called."""
    return _SUFFIX.sub("", name.replace("\\", "/"))


def picture_name(name: str) -> str:
    """Return the name of a frame with a suffix: frames of a video get ``.jpg``, as in CVAT."""
    return name if _SUFFIX.search(name) else f"{name}.jpg"


class VocLayout:
    """What an archive holds, by its place in the layout of VOC.

    Parameters
    ----------
    members
        The archive; the dataset may stand in a folder of it.

    Raises
    ------
    FormatError
        It holds two files of one name.
    """

    def __init__(self, members: Members) -> None:
        self.members = members
        roots: set[str] = set()
        for name in members.names:
            folders = name.split("/")[:-1]
            place = next((index for index, folder in enumerate(folders) if folder in _FOLDERS), None)
            if place is not None:
                roots.add("".join(f"{folder}/" for folder in folders[:place]))
        self.roots = sorted(roots)
        self.root = self.roots[0] if roots else ""
        self.label_map_name = next((name for name in members.names if name == f"{self.root}labelmap.txt"), None)
        self.annotations = self._by_id("Annotations", ".xml")
        self.class_masks = self._by_id("SegmentationClass", ".png")
        self.object_masks = self._by_id("SegmentationObject", ".png")

    def check(self) -> None:
        """Raise if there are several datasets in the archive."""
        if len(self.roots) > 1:
            raise FormatError(
                f"it holds several datasets: {', '.join(repr(root) for root in self.roots[:3])}",
                where=str(self.members.path),
                hint="Import them one by one",
            )

    def _by_id(self, folder: str, suffix: str) -> dict[str, str]:
        """Return ``{id: member}`` for the files of a folder."""
        start = f"{self.root}{folder}/"
        found: dict[str, str] = {}
        for name in self.members.names:
            if name.startswith(start) and name.lower().endswith(suffix):
                key = name[len(start) : -len(suffix)]
                if key in found:
                    raise FormatError("two files have this name", where=self.members.where(name))
                found[key] = name
        return found

    def pictures(self) -> dict[str, str]:
        """Return ``{id: member}`` for the pictures."""
        start = f"{self.root}JPEGImages/"
        return {
            frame_id(name[len(start) :]): name for name in self.members.names if name.startswith(start) and _SUFFIX.search(name)
        }

    def lists(self, task: str) -> dict[str, str]:
        """Return ``{file name without .txt: member}`` of ``ImageSets/<task>``."""
        start = f"{self.root}ImageSets/{task}/"
        found = [name for name in self.members.names if name.startswith(start) and name.lower().endswith(".txt")]
        return {name[len(start) : -4]: name for name in found}

    def lines(self, member: str) -> list[tuple[int, str]]:
        """Return the lines of a list with their numbers, without empty ones and comments."""
        numbered = enumerate(text_of(self.members, member).split("\n"), 1)
        return [(number, line.strip()) for number, line in numbered if line.strip() and not line.lstrip().startswith("#")]

    def place(self, member: str, line: int) -> str:
        """Return how an error names a line of a list."""
        return f"{self.members.where(member)}: line {line}"


@dataclass
class VocFrames:
    """Frames of a dataset by id: the subset each is in, the name, and the size once it is known.

    Parameters
    ----------
    layout
        The archive.
    """

    layout: VocLayout
    subset: dict[str, str] = field(default_factory=dict)
    name: dict[str, str] = field(default_factory=dict)
    size: dict[str, tuple[int, int]] = field(default_factory=dict)
    number: dict[str, int] = field(default_factory=dict)

    def add(self, key: str, subset: str, place: str) -> None:
        """Add a frame; one that is in several subsets stays in the first."""
        problem = None if _HARMLESS.fullmatch(key) else path_problem(key)
        if problem:
            raise FormatError(problem, where=place)
        if key not in self.subset:
            self.subset[key] = "" if subset == "default" else subset

    def read_list(self, subset: str, member: str) -> None:
        """Add the frames of a subset list."""
        for number, line in self.layout.lines(member):
            self.add(line, subset, self.layout.place(member, number))

    def read_lists(self, task: str, names: list[str]) -> None:
        """Add the frames of several subset lists; ``trainval`` last, which is a union of others."""
        lists = self.layout.lists(task)
        for subset in sorted(names, key=lambda each: (each == "trainval", each)):
            self.read_list(subset, lists[subset])

    def set_size(self, key: str, width: int, height: int, place: str) -> None:
        """Set the size of a frame.

        Raises
        ------
        FormatError
            Another file said something else.
        """
        known = self.size.setdefault(key, (width, height))
        if known != (width, height):
            raise FormatError(
                f"it is {width} x {height} pixels, but other files say that the frame is {known[0]} x {known[1]}", where=place
            )

    def enter(self, rows: Collector) -> None:
        """Give the frames to the rows, sizes still to come, and number them."""
        pictures = self.layout.pictures()
        for key, subset in self.subset.items():
            name = self.name.get(key) or (key + _suffix(pictures[key]) if key in pictures else key)
            try:
                self.number[key] = rows.add_frame(name, subset=subset)
            except FormatError as error:
                raise FormatError(error.what, where=str(self.layout.members.path)) from None

    def finish(self, rows: Collector) -> dict[int, str]:
        """Give the sizes to the rows and return the members with pictures, by frame."""
        for key, (width, height) in self.size.items():
            rows.widths[self.number[key]], rows.heights[self.number[key]] = width, height
        pictures = self.layout.pictures()
        return {number: pictures[key] for key, number in self.number.items() if key in pictures}


def _suffix(name: str) -> str:
    found = _SUFFIX.search(name)
    return found[0] if found else ""
