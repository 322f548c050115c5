"""Reading, writing and converting dataset files, with or without a task."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members, open_members, write_atomically
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.deleted import without_deleted
from cvat_widgets.formats.loss import report_losses
from cvat_widgets.formats.parts import part_for
from cvat_widgets.formats.picture_members import PictureMembers
from cvat_widgets.formats.pictures import ArchivePictures
from cvat_widgets.formats.registry import Format, find_format, registered
from cvat_widgets.model.paging import release_pages

__all__ = ["convert", "read_dataset", "write_dataset"]


def read_dataset(path: str | Path, format: str | None = None) -> Dataset:  # noqa: A002
    """Read a dataset file.

    Parameters
    ----------
    path
        A zip, a folder or a single file.
    format
        CVAT's display name; ``None`` recognises it.

    Raises
    ------
    FormatError
        It cannot be read; the text names file and line.
    """
    with open_members(path) as members:
        found = _recognised(members) if format is None else find_format(format)
        if not found.can_read:
            hint = "Both CVAT formats are imported as 'CVAT 1.1'" if found.name.startswith("CVAT for") else None
            raise FormatError(f"{found.name} cannot be imported", hint=hint)
        try:
            with _no_collection():
                return _with_media(found.read(members), members.path)
        except RecursionError:
            raise FormatError("the file is nested too deeply", where=str(path)) from None


def _with_media(dataset: Dataset, path: Path) -> Dataset:
    """Return the dataset with the pictures of its archive, so that it can be written with them."""
    images = dataset.meta.get("images")
    if not images or dataset.media is not None:
        return dataset
    members = images if isinstance(images, PictureMembers) else PictureMembers(images)
    media = ArchivePictures(path, members, dataset.frames.names)
    return replace(dataset, media=media, meta={**dataset.meta, "images": members})


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Hundreds of thousands of small objects are made and none is thrown away: looking for garbage only costs time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _recognised(members: Members) -> Format:
    fitting = [each for each in registered() if each.can_read and each.detect(members)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise FormatError(
            f"the file could be {' or '.join(each.name for each in fitting)}",
            where=str(members.path),
            hint="Say which with format=",
        )
    raise FormatError("the format is not recognised", where=str(members.path), hint="Say which with format=; see cw.formats()")


def write_dataset(
    dataset: Dataset,
    path: str | Path,
    format: str,  # noqa: A002
    *,
    save_images: bool = False,
    strict: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write a dataset file; an existing one is replaced once the new one is complete.

    Parameters
    ----------
    save_images
        Whether to put the pictures in; the dataset must have them.
    strict
        Raise before anything is written if the format cannot hold something.
    progress
        Called with (done, all); by default a bar is shown for exports with images.

    Raises
    ------
    FormatError
        The format is not known, cannot be exported, or ``strict`` and something would be lost.
    """
    target = find_format(format)
    if not target.can_write:
        raise FormatError(f"{target.name} cannot be exported", hint="Use 'CVAT for images 1.1' or 'CVAT for video 1.1'")
    if save_images and dataset.media is None:
        raise FormatError(
            "there are no pictures to save", where=dataset.name or None, hint="Export from a task, or without images"
        )
    unknown = np.flatnonzero(dataset.frames.widths == 0)
    if "fit" in dataset.meta and len(unknown):
        raise FormatError(
            f"the size of the frame {dataset.frames.names[int(unknown[0])]!r} is not known: the file has shares of it only",
            where=dataset.name or None,
            hint="put the pictures beside the labels, or import the file into a task that has them",
        )
    dataset = part_for(without_deleted(dataset, target), target)
    report_losses(dataset, target, strict=strict)
    destination = Path(path).expanduser()
    with write_atomically(destination) as sink, _bar(progress, shown=save_images) as report, _no_collection():
        target.write(dataset, sink, save_images=save_images, progress=report)
    return destination


class _bar:  # noqa: N801  # used like a function
    """Reports to the given function, or to a bar of tqdm."""

    def __init__(self, progress: Callable[[int, int], None] | None, *, shown: bool) -> None:
        self.progress = progress
        self.shown = shown and progress is None and sys.stderr is not None
        self.line: Any = None

    def __enter__(self) -> Callable[[int, int], None]:
        show = self._shown()

        def report(done: int, total: int) -> None:
            # A writer is through with what it has read of a long column so far.
            release_pages()
            show(done, total)

        return report

    def _shown(self) -> Callable[[int, int], None]:
        if self.progress is not None:
            return self.progress
        if not self.shown:
            return lambda _done, _all: None
        from tqdm.auto import tqdm

        self.line = bar = tqdm(unit="frame", leave=False)

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return show

    def __exit__(self, *_: object) -> None:
        if self.line is not None:
            self.line.close()


def convert(
    source: str | Path,
    source_format: str | None,
    target: str | Path,
    target_format: str,
    *,
    save_images: bool = False,
    strict: bool = False,
) -> Path:
    """Convert a dataset file to another format, without a task.

    Parameters
    ----------
    source, source_format
        What to read; ``None`` recognises the format.
    target, target_format
        What to write.
    save_images
        Whether to put the pictures of the source into the target; it must have them.
    strict
        Raise before anything is written if the target cannot hold something.
    """
    dataset = read_dataset(source, source_format)
    return write_dataset(dataset, target, target_format, save_images=save_images, strict=strict)
