"""MOT 1.1: boxes and tracks of the MOT Challenge, ``gt/gt.txt`` and ``gt/labels.txt``."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.frame_rows import rows_by_frame
from cvat_widgets.formats.label_lists import label_text
from cvat_widgets.formats.mot_reader import mot_file, read_mot
from cvat_widgets.formats.partial_loss import other_attributes
from cvat_widgets.formats.picture_names import write_named_pictures
from cvat_widgets.formats.registry import Format, Progress, register
from cvat_widgets.model.kinds import RECTANGLE, Flag
from cvat_widgets.model.table import AnnotationTable

__all__ = ["Mot"]

_NUMBERS = re.compile(rb"(\xef\xbb\xbf)?(\s*#[^\n]*(\n|\Z))*\s*(\Z|[-+]?[0-9][^,]*,\s*[-+]?[0-9])")
_LINE = "%d,%d,%.12g,%.12g,%.12g,%.12g,%d,%d,%.12g"


@register
class Mot(Format):
    """``gt.txt`` with one line a box and frame: frame, track, left, top, width, height, not ignored, class, visibility."""

    name = "MOT 1.1"
    kinds = frozenset({"rectangle", "track", "attribute", "occluded"})
    numbers_frames = True

    def detect(self, members: Members) -> bool:
        """Whether there is a ``gt.txt`` whose first line is not ICDAR's: a picture and a text."""
        name = mot_file(members)
        return name is not None and _NUMBERS.match(members.read(name)[:4096]) is not None

    def read(self, members: Members) -> Dataset:
        """Read one sequence; boxes of a track are keyframes, and it is outside where it is missing."""
        return read_mot(members)

    def partial_losses(self, dataset: Dataset) -> dict[str, int]:
        """Return the attributes that have no column."""
        return other_attributes(dataset, {"visibility", "ignored"})

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write one sequence, with ``seqinfo.ini`` if all frames have one size."""
        sink.write("gt/gt.txt", _lines(dataset))
        sink.write("gt/labels.txt", label_text(dataset.labels.names))
        frames = dataset.frames
        count = len(frames)
        sizes = set(zip(frames.widths.tolist(), frames.heights.tolist(), strict=True))
        if len(sizes) == 1 and min(next(iter(sizes))) > 0:
            extension = _extension(dataset) if save_images else ".jpg"
            width, height = sizes.pop()
            sink.write(
                "seqinfo.ini",
                f"[Sequence]\nname={' '.join(dataset.name.split()) or 'task'}\nimDir=img1\nframeRate=30\nseqLength={count}\n"
                f"imWidth={width}\nimHeight={height}\nimExt={extension}\n",
            )
        if save_images:
            write_named_pictures(dataset, sink, [f"img1/{frame + 1:06d}" for frame in range(count)], progress)


def _extension(dataset: Dataset) -> str:
    from pathlib import PurePosixPath

    return PurePosixPath(dataset.media(0)[0]).suffix or ".jpg" if dataset.media is not None and len(dataset.frames) else ".jpg"


def _lines(dataset: Dataset) -> str:
    table = rows_by_frame(dataset, (RECTANGLE,))
    if not len(table):
        return ""
    left, top, right, bottom = (table.points[table.offsets[:-1] + index] for index in range(4))
    classes = np.zeros(int(table.label.max()) + 1, np.int64)
    for number, label in enumerate(dataset.labels, 1):
        if label.id < len(classes):
            classes[label.id] = number
    visibility = np.where(table.has(Flag.OCCLUDED), 0.0, 1.0)
    given = _numbers(dataset, table, "visibility")
    visibility = np.where(np.isnan(given), visibility, np.clip(given, 0, 1))
    ignored = _numbers(dataset, table, "ignored") == 1
    columns = (
        table.frame + 1, _track_numbers(table), left, top, right - left, bottom - top, ~ignored, classes[table.label],
        visibility,
    )  # fmt: skip
    return "\n".join(map(_LINE.__mod__, zip(*(column.tolist() for column in columns), strict=True))) + "\n"


def _track_numbers(table: AnnotationTable) -> NDArray[np.int64]:
    """Return the number of each row's track, -1 for none: the table's own, counted from 1 if one of them is not positive."""
    if not (table.track == 0).any():
        return table.track
    return np.where(table.track < 0, -1, table.track + 1)


def _numbers(dataset: Dataset, table: AnnotationTable, name: str) -> NDArray[np.float64]:
    """Return an attribute of each row as a number, ``true`` as 1; NaN where it has none."""
    specs = [spec.id for label in dataset.labels for spec in label.attributes if spec.name == name]
    found = np.full(len(table), np.nan)
    values = table.attributes
    chosen = np.isin(values.spec, specs)
    if chosen.any():
        numbers = np.array([_number(text) for text in values.strings], np.float64)
        found[values.row[chosen]] = numbers[values.code[chosen]]
    return found


def _number(text: str) -> float:
    if text in ("true", "false"):
        return float(text == "true")
    try:
        return float(text)
    except ValueError:
        return float("nan")
