"""Pictures of a dataset: put into an export, found in an archive, and read from it again."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.collecting import PICTURE_NAME, picture_members
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.registry import Progress
from cvat_widgets.media.ordering import natural_key

__all__ = ["ArchivePictures", "with_found_pictures", "write_pictures"]

_NUMBERED = re.compile(r"frame_\d+")


def write_pictures(dataset: Dataset, sink: Sink, progress: Progress) -> None:
    """Write ``images/<subset>/<name>`` for every frame."""
    if dataset.media is None:
        raise FormatError("there are no pictures to save", where=dataset.name or None)
    count = len(dataset.frames)
    for frame in range(count):
        name, data = dataset.media(frame)
        subset = dataset.frames.subset_of(frame) or dataset.meta.get("subset") or "default"
        sink.write(f"images/{subset}/{name}", data, compress=False)
        progress(frame + 1, count)


def with_found_pictures(dataset: Dataset, members: Members) -> Dataset:
    """Return the dataset with the members that hold its pictures in ``meta["images"]``, found by the names of its frames."""
    names = dataset.frames.names
    found = picture_members(members, names, dataset.frames.subsets)
    if not found and all(_NUMBERED.fullmatch(name) for name in names):
        # The file counts its frames and says no names: the pictures are those, one after the other.
        pictures = sorted((member for member in members.names if PICTURE_NAME.search(member)), key=natural_key)
        found = dict(enumerate(pictures)) if len(pictures) == len(names) else {}
    return replace(dataset, meta={**dataset.meta, "images": found}) if found else dataset


class ArchivePictures:
    """The pictures of a dataset that was read, for :attr:`Dataset.media`; the archive is opened when the first is asked for.

    Parameters
    ----------
    path
        The archive or folder.
    images
        The member of each frame that has a picture.
    names
        Names of the frames.
    """

    def __init__(self, path: Path, images: Mapping[int, str], names: Sequence[str]) -> None:
        self._path = path
        self._images = images
        self._names = names
        self._members: Members | None = None
        self._lock = threading.Lock()

    def __call__(self, frame: int) -> tuple[str, bytes]:
        """Return name and bytes of the picture of a frame."""
        member = self._images.get(frame)
        name = self._names[frame]
        if member is None:
            raise FormatError(f"there is no picture of the frame {name!r}", where=str(self._path))
        with self._lock:
            if self._members is None:
                self._members = Members(self._path)
            data = self._members.read(member)
        return (name if PICTURE_NAME.search(name) else name + PurePosixPath(member).suffix), data

    def __del__(self) -> None:
        members = getattr(self, "_members", None)
        if members is not None:
            members.close()
