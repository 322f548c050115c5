"""Frames of files that name their pictures without folders or extension: full names, members and sizes."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np

from cvat_widgets.errors import MediaError
from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.registry import Progress

__all__ = ["PictureNames", "natural_key", "sized", "stem_of", "write_named_pictures"]

_PICTURE = re.compile(r"\.(jpe?g|jfif|png|bmp|gif|webp|tiff?|jp2|avif|ppm|pgm)$", re.IGNORECASE)
_NUMBERED = re.compile(r"(^|/)frame_\d+$")


def stem_of(name: str) -> str:
    """Return a frame's name without the extension of a picture; other dots belong to the name."""
    return _PICTURE.sub("", name)


def natural_key(name: str) -> tuple[tuple[bool, int, str], ...]:
    """Return what to sort names by so that 10 comes after 9, and numbers before letters."""
    parts = ((part.isdecimal() and len(part) < 19, part) for part in re.split(r"([0-9]+)", name) if part)
    return tuple((not number, int(part) if number else 0, part) for number, part in parts)


class PictureNames:
    """The pictures of a dataset by folder and stem.

    Parameters
    ----------
    members
        The files.
    extension
        What the format's pictures are called where the file has none of them.
    """

    def __init__(self, members: Members, extension: str) -> None:
        self.extension = extension
        self.pictures = {stem_of(name): name for name in members.names if _PICTURE.search(name)}
        self.found: dict[int, str] = {}

    def full_name(self, folder: str, stem: str) -> str:
        """Return the name of a frame with an extension: its picture's, or the format's; frames of videos have none."""
        picture = self.member(folder, stem)
        if picture is not None:
            return stem_of(stem) + PurePosixPath(picture).suffix
        return stem if _PICTURE.search(stem) or _NUMBERED.search(stem) else stem + self.extension

    def member(self, folder: str, stem: str) -> str | None:
        """Return the member that holds the picture of a frame."""
        return self.pictures.get(stem_of(f"{folder}/{stem}" if folder else stem))

    def note(self, frame: int, folder: str, stem: str) -> None:
        """Remember the picture of a frame for ``Dataset.meta["images"]``."""
        picture = self.member(folder, stem)
        if picture is not None:
            self.found[frame] = picture

    def inside(self, folder: str) -> list[str]:
        """Return the pictures in a folder and below it, in natural order."""
        prefix = f"{folder}/" if folder else ""
        return sorted((name for name in self.pictures.values() if name.startswith(prefix)), key=natural_key)


def sized(dataset: Dataset, members: Members, pictures: dict[int, str]) -> Dataset:
    """Return the dataset with its pictures in ``meta["images"]`` and, where nothing else says it, their sizes."""
    from cvat_widgets.media.headers import read_header

    if not pictures:
        return dataset
    widths, heights = np.array(dataset.frames.widths), np.array(dataset.frames.heights)
    for frame, member in pictures.items():
        if widths[frame] > 0 and heights[frame] > 0:
            continue
        try:
            header = read_header(io.BytesIO(members.read(member)), members.where(member))
        except MediaError:
            # A damaged picture is told when it is shown; annotations do not depend on it.
            continue
        widths[frame], heights[frame] = header.width, header.height
    frames = replace(dataset.frames, widths=widths.astype(np.int32), heights=heights.astype(np.int32))
    return replace(dataset, frames=frames, meta={**dataset.meta, "images": pictures})


def write_named_pictures(dataset: Dataset, sink: Sink, names: list[str], progress: Progress) -> None:
    """Write the picture of each frame under the given path without its extension."""
    if dataset.media is None:
        return
    for frame, stem in enumerate(names):
        name, data = dataset.media(frame)
        sink.write(stem + (PurePosixPath(name).suffix or ".jpg"), data, compress=False)
        progress(frame + 1, len(names))
