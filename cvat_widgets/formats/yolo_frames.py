"""Frames of a YOLO dataset: their names, label files, pictures, sizes and subsets."""

from __future__ import annotations

import codecs
import io
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import CvatWidgetsError, FormatError, MediaError
from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.picture_members import PictureMembers
from cvat_widgets.formats.registry import Progress
from cvat_widgets.media.headers import PICTURE_SUFFIXES, read_header
from cvat_widgets.model.labels import Label, LabelSet

__all__ = [
    "FrameList",
    "frame_texts",
    "inner_path",
    "is_picture",
    "label_set",
    "picture_name",
    "read_text",
    "subset_frames",
    "text_name",
    "write_subset_pictures",
]

_PLAIN = re.compile(r"(?:data/)?((?:[^/\\:\0.\s][^/\\:\0]*/)*[^/\\:\0.\s][^/\\:\0]*(?<!\s))")
"""A path with nothing odd about it, as nearly all are; what ``data/`` stands in front of is its group."""

_HEADS = (1 << 12, 1 << 16)
_SUBSET = re.compile(r"\w+")
_RESERVED = frozenset({"backup", "classes", "names", "path", "kpt_shape", "flip_idx", "nc", "download", "kpt_names"})


@dataclass
class FrameList:
    """The frames a dataset lists.

    Parameters
    ----------
    names
        Frame names, as a task would have them.
    subsets
        Subset of each.
    labels, pictures
        Member with the annotations or the picture of each, ``""`` for none.
    seen
        Subset of each frame by the path of its label file: no two frames share one.
    """

    names: list[str] = field(default_factory=list)
    subsets: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)

    def add(self, path: str, name: str, subset: str, labels: str, picture: str, where: str, key: str = "") -> None:
        """Add a frame; one that another subset has already is left to it. ``key`` is its label file, if that is known."""
        known = self.seen.setdefault(key or text_name(path), subset)
        if len(self.seen) == len(self.names):
            if known == subset:
                raise FormatError(
                    f"{path[:120]!r} is listed twice", where=where, hint="Pictures must differ in more than the extension"
                )
            return
        self.names.append(name)
        self.subsets.append(subset)
        self.labels.append(labels)
        self.pictures.append(picture)

    def label_files(self) -> tuple[list[str], NDArray[np.int64]]:
        """Return the label files that are there, and the frame of each."""
        present = np.fromiter(map(bool, self.labels), bool, len(self.labels))
        return [name for name in self.labels if name], np.flatnonzero(present)

    def sizes(self, members: Members) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return widths and heights from the headers of the pictures, 0 where there is none."""
        each = (_size(members, picture) if picture else (0, 0) for picture in self.pictures)
        # A number after the other: tuples of all of them would keep memory from being given back.
        found = np.fromiter(itertools.chain.from_iterable(each), np.int32, 2 * len(self.pictures)).reshape(-1, 2)
        return found[:, 0].copy(), found[:, 1].copy()

    def images(self) -> PictureMembers:
        """Return the members of the pictures that are there."""
        return PictureMembers.of_frames(self.pictures)


def _size(members: Members, name: str) -> tuple[int, int]:
    """Return width and height; a picture that cannot be read has none, its annotations may be of use all the same."""
    try:
        for count in _HEADS:
            head = members.head(name, count)
            try:
                return _measured(head, name)
            except MediaError:
                if len(head) < count:
                    return 0, 0
        return _measured(members.read(name), name)
    except (MediaError, FormatError):
        return 0, 0


def _measured(data: bytes, name: str) -> tuple[int, int]:
    header = read_header(io.BytesIO(data), name)
    return header.width, header.height


def is_picture(name: str) -> bool:
    """Whether a file name ends like a picture's."""
    return _suffix(name).lower() in PICTURE_SUFFIXES


def picture_name(name: str) -> str:
    """Return the file name of a frame's picture: CVAT's default extension where the frame has none."""
    return name if is_picture(name) else f"{name}.jpg"


def text_name(picture: str) -> str:
    """Return the label file that belongs to a picture."""
    return picture[: len(picture) - len(_suffix(picture))] + ".txt"


def _suffix(name: str) -> str:
    """Return the extension with its dot; like pathlib's, which takes several times as long."""
    dot = name.rfind(".")
    return name[dot:] if dot > name.rfind("/") + 1 and dot < len(name) - 1 else ""


def inner_path(text: str, where: str, *, prefix: str = "data") -> str:
    """Return a path of a list, relative to the dataset; CVAT and darknet put ``data/`` in front.

    Raises
    ------
    FormatError
        It is absolute or leads out of the dataset.
    """
    plain = _PLAIN.fullmatch(text)
    if plain is not None and prefix == "data":
        return plain[1]
    path = text.strip().replace("\\", "/")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        raise FormatError(f"the path {path[:120]!r} is absolute", where=where, hint="Paths are relative to the dataset")
    if ".." in parts:
        raise FormatError(f"the path {path[:120]!r} leads out of the dataset", where=where)
    if not parts or "\0" in path:
        raise FormatError("a path is empty", where=where)
    return "/".join(parts[1:] if parts[0] == prefix and len(parts) > 1 else parts)


def read_text(members: Members, name: str) -> Iterator[tuple[str, str]]:
    """Give the lines of a text file that are not blank, each with how an error names it."""
    data = members.read(name).removeprefix(codecs.BOM_UTF8)
    where = members.where(name)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        bad = data.count(b"\n", 0, error.start) + 1
        raise FormatError("it is not UTF-8 text", where=f"{where}: line {bad}") from None
    # Line ends of any system, and never all lines as strings of their own.
    for number, line in enumerate(io.StringIO(text, newline=None), 1):
        if line.strip():
            yield line.strip(), f"{where}: line {number}"


def label_set(labels: Iterable[Label], where: str) -> LabelSet:
    """Return a label set, the labels made on the way; what is wrong with them is the file's fault."""
    try:
        return LabelSet(tuple(labels))
    except CvatWidgetsError as error:
        raise FormatError(error.what, where=where, hint=error.hint) from None


def subset_frames(dataset: Dataset) -> dict[str, list[int]]:
    """Return the frames of each subset; those without are ``train``, as CVAT writes them."""
    found: dict[str, list[int]] = {}
    for frame in range(len(dataset.frames)):
        subset = str(dataset.frames.subset_of(frame) or dataset.meta.get("subset") or "default")
        found.setdefault("train" if subset == "default" else subset, []).append(frame)
    for subset in found:
        if subset in _RESERVED or not _SUBSET.fullmatch(subset):
            raise FormatError(
                f"a subset cannot be called {subset!r} in this format",
                where=dataset.name or None,
                hint="Use letters, digits and _, and none of the words of the description file",
            )
    return found or {"train": []}


def frame_texts(frame: NDArray[np.int32], lines: list[str], count: int) -> list[str]:
    """Return the text of each frame's label file; ``frame`` is ascending."""
    bounds = np.searchsorted(frame, np.arange(count + 1)).tolist()
    return ["\n".join(lines[begin:end]) + "\n" if end > begin else "" for begin, end in pairwise(bounds)]


def write_subset_pictures(
    dataset: Dataset, sink: Sink, folders: dict[int, str], progress: Progress, *, save_images: bool
) -> list[str]:
    """Write the pictures, if wanted, into the folder given for each frame; return the name of each one."""
    names = [picture_name(name) for name in dataset.frames.names]
    if not save_images:
        return names
    if dataset.media is None:
        raise FormatError("there are no pictures to save", where=dataset.name or None)
    for number in range(len(names)):
        name, data = dataset.media(number)
        names[number] = picture_name(name)
        sink.write(f"{folders[number]}/{names[number]}", data, compress=False)
        progress(number + 1, len(names))
    return names
