"""Open Images V6 1.0: tags, boxes and masks in CSV files, one set a subset."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import FormatError, MediaError
from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.collecting import PICTURE_NAME, Collector, located, text_of
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.mask_images import read_png
from cvat_widgets.formats.open_images_writer import (
    BBOX,
    BOX_ATTRIBUTES,
    HIERARCHY,
    IMAGES,
    LABELS,
    MASK_ATTRIBUTES,
    MASKS,
    META,
    NAMES,
    OpenImagesWriter,
)
from cvat_widgets.formats.partial_loss import other_attributes
from cvat_widgets.formats.pictures import write_pictures
from cvat_widgets.formats.registry import Format, Progress, register
from cvat_widgets.media.headers import read_header
from cvat_widgets.model.kinds import MASK, RECTANGLE, TAG, Flag
from cvat_widgets.model.labels import Label, LabelSet
from cvat_widgets.model.masks import encode_mask

__all__ = ["OpenImages"]

_SUBSET = re.compile(
    r"^(.*?)-?(?:annotations-(?:bbox|human-imagelabels(?:-boxable)?|machine-imagelabels|object-segmentation)|"
    r"images(?:-with-labels)?-with-rotation|image_ids_and_rotation)\.csv$"
)
_TRUTHS = {"IsTruncated": "truncated", "IsGroupOf": "is_group_of", "IsDepiction": "is_depiction", "IsInside": "is_inside"}


@register
class OpenImages(Format):
    """CSV files of Open Images under ``annotations/``, masks as PNGs under ``masks/<subset>/``."""

    name = "Open Images V6 1.0"
    kinds = frozenset({"tag", "rectangle", "mask", "occluded", "score"})
    converts = {  # noqa: RUF012
        "polygon": "mask", "ellipse": "mask", "rotation": "mask", "group": "one mask", "attribute": "the format's own only",
        "z_order": "order of the rows", "track": "one shape a frame",
    }  # fmt: skip

    def detect(self, members: Members) -> bool:
        """Whether there is a CSV named like one of Open Images."""
        return any(_SUBSET.match(PurePosixPath(name).name) for name in members.names)

    def read(self, members: Members) -> Dataset:
        """Read all CSV files."""
        reader = _Reader(members)
        for suffixes, read in ((IMAGES, reader.images), (LABELS, reader.tags), (BBOX, reader.boxes), (MASKS, reader.masks)):
            for name in reader.files(suffixes):
                read(name)
        if not reader.found:
            raise FormatError("there is no CSV file of Open Images in it", where=str(members.path))
        with located(str(members.path)):
            declared = [Label(name) for name in dict.fromkeys(reader.names.values())]
        found = reader.rows.dataset(declared, members=members)
        return _until_fitted(found, np.array(reader.fractions, np.int64)) if reader.fractions else found

    def partial_losses(self, dataset: Dataset) -> dict[str, int]:
        """Return the attributes that have no column."""
        return other_attributes(dataset, (*BOX_ATTRIBUTES, *MASK_ATTRIBUTES))

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write the CSV files, the masks and, if wanted, ``images/<subset>/<name>``."""
        OpenImagesWriter(dataset, sink).write()
        if save_images:
            write_pictures(dataset, sink, progress)


class _Reader:
    def __init__(self, members: Members) -> None:
        self.members = members
        self.rows = Collector(members.path.stem, str(members.path))
        self.names: dict[str, str] = {}
        self.sizes: dict[str, tuple[int, int]] = {}
        self.frames: dict[tuple[str, str], int] = {}
        self.pictures: dict[str, str] = {}
        self.found = False
        self.fractions: list[int] = []
        self.mask_files: dict[str, list[str]] = {}
        for name in members.names:
            base = PurePosixPath(name).name
            if base in NAMES:
                self._class_names(name)
            elif base == META:
                self._sizes(name)
            elif "masks" in PurePosixPath(name).parts[:-1]:
                self.mask_files.setdefault(base, []).append(name)
            elif PICTURE_NAME.search(name):
                self.pictures.setdefault(PurePosixPath(name).stem, name)

    def files(self, suffixes: Sequence[str]) -> list[str]:
        """Return the CSV files with one of these ends."""
        names = sorted(name for name in self.members.names if name.endswith(tuple(suffixes)) and HIERARCHY not in name)
        self.found = self.found or bool(names)
        return names

    def _class_names(self, name: str) -> None:
        where = self.members.where(name)
        for number, row in self._lines(name):
            with located(f"{where}: line {number}"):
                if row[:2] == ["LabelName", "DisplayName"]:
                    continue
                if len(row) != 2:
                    raise FormatError(f"a label has an id and a name, not {len(row)} columns")
                self.rows.label_of(row[1])
                if self.names.setdefault(row[0], row[1]) != row[1]:
                    raise FormatError(f"the label {row[0][:64]!r} has two names")

    def _sizes(self, name: str) -> None:
        for number, line in enumerate(text_of(self.members, name).split("\n"), start=1):
            with located(f"{self.members.where(name)}: line {number}"):
                found = re.fullmatch(r'(?:"((?:[^"\\]|\\.)*)"|(\S+))\s+(\d+)\s+(\d+)', line.strip())
                if not line.strip() or line.startswith("#"):
                    continue
                if found is None:
                    raise FormatError(f"not a name, a height and a width: {line[:80]!r}")
                key = re.sub(r"\\(.)", r"\1", found[1]) if found[1] is not None else found[2]
                self.sizes[key] = (int(found[4]), int(found[3]))

    def _lines(self, name: str) -> Iterator[tuple[int, list[str]]]:
        lines = csv.reader(io.StringIO(text_of(self.members, name), newline=""), strict=True)
        try:
            for row in lines:
                if row:
                    yield lines.line_num, row
        except csv.Error as error:
            raise FormatError(f"not a CSV line: {error}", where=f"{self.members.where(name)}: line {lines.line_num}") from None

    def _records(self, name: str, needed: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield the place and the values of each line."""
        where, header = self.members.where(name), None
        for number, row in self._lines(name):
            place = f"{where}: line {number}"
            if header is None:
                header = row
                missing = [column for column in needed if column not in header]
                if missing:
                    raise FormatError(f"the columns {', '.join(missing)} are missing", where=place)
                continue
            if len(row) != len(header):
                raise FormatError(f"it has {len(row)} columns, the header {len(header)}", where=place)
            yield place, dict(zip(header, row, strict=True))
        if header is None:
            raise FormatError("the file has no header", where=where)

    def _subset(self, name: str) -> str:
        found = _SUBSET.match(PurePosixPath(name).name)
        subset = found[1] if found else ""
        return "" if subset == "default" else subset

    def _frame(self, image: str, subset: str) -> int:
        frame = self.frames.get((image, subset), -1)
        if frame < 0:
            size = self.sizes.get(image, (0, 0))
            name = image
            if not PICTURE_NAME.search(image):
                name = image + PurePosixPath(self.pictures.get(PurePosixPath(image).name, "")).suffix
            frame = self.frames[image, subset] = self.rows.add_frame(name, *size, subset)
        return frame

    def _label(self, name: str) -> int:
        if self.names and name not in self.names:
            raise FormatError(f"the label {name[:64]!r} is not in {NAMES[0]}")
        return self.rows.label_of(self.names.setdefault(name, name))

    def images(self, name: str) -> None:
        """Read the list of pictures."""
        general = self._subset(name)
        for place, values in self._records(name, ["ImageID"]):
            with located(place):
                subset = values.get("Subset") or general
                key = (values["ImageID"], "" if subset == "default" else subset)
                if key in self.frames:
                    raise FormatError(f"the picture {key[0][:120]!r} is there twice")
                self._frame(*key)

    def tags(self, name: str) -> None:
        """Read labels of whole pictures; those that were found wrong by people (confidence 0) are none."""
        for place, values in self._records(name, ["ImageID", "LabelName"]):
            with located(place):
                score = _fraction(values.get("Confidence") or "1", "Confidence")
                label = self._label(values["LabelName"])
                if score > 0:
                    self.rows.add(self._frame(values["ImageID"], self._subset(name)), label, TAG, score=score)

    def boxes(self, name: str) -> None:
        """Read boxes, which are in fractions of the picture."""
        rows = self.rows
        for place, values in self._records(name, ["ImageID", "LabelName", "XMin", "XMax", "YMin", "YMax"]):
            with located(place):
                frame = self._frame(values["ImageID"], self._subset(name))
                width, height = self._size(frame)
                if not (width and height):
                    self.fractions.append(len(rows.id))
                    width = height = 1
                left, right, top, bottom = (float(values[side]) for side in ("XMin", "XMax", "YMin", "YMax"))
                if not (-10 <= left <= right <= 11 and -10 <= top <= bottom <= 11):
                    raise FormatError(
                        f"the box {left:g} to {right:g}, {top:g} to {bottom:g} is not in fractions of the picture"
                    )
                flags = int(Flag.OCCLUDED) if values.get("IsOccluded") == "1" else 0
                row = rows.add(
                    frame, self._label(values["LabelName"]), RECTANGLE,
                    (left * width, top * height, right * width, bottom * height), flags=flags,
                    score=_fraction(values.get("Confidence") or "1", "Confidence"),
                )  # fmt: skip
                for column, attribute in _TRUTHS.items():
                    if values.get(column) in ("0", "1"):
                        rows.set_attribute(row, attribute, values[column] == "1")

    def _size(self, frame: int) -> tuple[int, int]:
        """Return the size of a picture, from the picture itself where nothing else says it; zeros if it is not known."""
        rows = self.rows
        picture = self.pictures.get(PurePosixPath(rows.frame_names[frame]).stem)
        if not (rows.widths[frame] and rows.heights[frame]) and picture is not None:
            with contextlib.suppress(MediaError):
                header = read_header(io.BytesIO(self.members.read(picture)), self.members.where(picture))
                rows.widths[frame], rows.heights[frame] = header.width, header.height
        return rows.widths[frame], rows.heights[frame]

    def masks(self, name: str) -> None:
        """Read masks; one that is smaller than its picture is stretched, as the data set says."""
        for place, values in self._records(name, ["MaskPath", "ImageID", "LabelName"]):
            with located(place):
                frame = self._frame(values["ImageID"], self._subset(name))
                fitting = self.mask_files.get(PurePosixPath(values["MaskPath"].replace("\\", "/")).name, [])
                if not fitting:
                    raise FormatError(
                        f"the mask {values['MaskPath'][:120]!r} is not there", hint="Masks are in masks/<subset>/"
                    )
                subset = self._subset(name) or "default"
                member = next((each for each in fitting if subset in PurePosixPath(each).parts), fitting[0])
                pixels = read_png(self.members.read(member), self.members.where(member)).pixels != 0
                if not (self.rows.widths[frame] and self.rows.heights[frame]):
                    self.rows.heights[frame], self.rows.widths[frame] = pixels.shape
                pixels = _stretched(pixels, self.rows.widths[frame], self.rows.heights[frame])
                row = self.rows.add(frame, self._label(values["LabelName"]), MASK, encode_mask(pixels).tolist())
                for column, attribute in (("BoxID", "box_id"), ("PredictedIoU", "predicted_iou")):
                    if values.get(column):
                        self.rows.set_attribute(row, attribute, values[column])


def _until_fitted(dataset: Dataset, rows: NDArray[np.int64]) -> Dataset:
    """Return a dataset some of whose boxes are in fractions until the task tells how large its frames are."""

    def fit(_labels: LabelSet, widths: NDArray[np.int32], heights: NDArray[np.int32]) -> Dataset:
        table, names = dataset.table, dataset.frames.names
        frame = table.frame[rows]
        unknown = (widths[frame] <= 0) | (heights[frame] <= 0)
        if unknown.any():
            name = names[int(frame[int(np.argmax(unknown))])]
            raise FormatError(
                f"the size of the picture {name!r} is not known, and boxes are in fractions of it",
                where=dataset.name or None,
                hint=f"Put the pictures into the file, or {META} with a name, a height and a width a line",
            )
        points = table.points.copy()
        points[table.offsets[rows][:, None] + np.arange(4)] *= np.stack((widths, heights, widths, heights), axis=1)[frame]
        frames = replace(dataset.frames, widths=widths, heights=heights)
        meta = {key: value for key, value in dataset.meta.items() if key != "fit"}
        return replace(dataset, table=replace(table, points=points), frames=frames, meta=meta)

    frame = dataset.table.frame[rows]
    if (dataset.frames.widths[frame] > 0).all() and (dataset.frames.heights[frame] > 0).all():
        # A mask told the size that the boxes before it lacked.
        return fit(dataset.labels, dataset.frames.widths, dataset.frames.heights)
    return replace(dataset, meta={**dataset.meta, "fit": fit})


def _stretched(pixels: Any, width: int, height: int) -> Any:
    if pixels.shape == (height, width):
        return pixels
    if width * height > 1 << 28:
        raise FormatError(f"a mask of {width} x {height} pixels is not believable")
    across = np.arange(width) * pixels.shape[1] // width
    down = np.arange(height) * pixels.shape[0] // height
    return pixels[down[:, None], across[None, :]]


def _fraction(text: str, name: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise FormatError(f"{name} is {text[:40]}; it goes from 0 to 1")
    return value
