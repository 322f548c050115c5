"""Frames put into an export."""

from __future__ import annotations

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Sink
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.registry import Progress

__all__ = ["write_pictures"]


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
