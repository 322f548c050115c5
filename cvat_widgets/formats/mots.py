"""MOTS PNG 1.0: masks of tracks as pictures of numbers, class times 1000 plus instance."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.collecting import Collector, located
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.frame_rows import frames_by_subset, rows_by_frame
from cvat_widgets.formats.gap_tracks import close_gaps
from cvat_widgets.formats.index_masks import encode_png, index_masks, paint, read_index_png
from cvat_widgets.formats.label_lists import label_lines, label_text
from cvat_widgets.formats.picture_names import PictureNames, natural_key, sized, stem_of, write_named_pictures
from cvat_widgets.formats.registry import Format, Progress, register
from cvat_widgets.model.kinds import ELLIPSE, MASK, POLYGON, RECTANGLE, Flag
from cvat_widgets.model.labels import Label
from cvat_widgets.model.table import AnnotationTable

__all__ = ["MotsPng"]

_INSTANCES = 1000
_IGNORED = 10
_OFFICIAL = {1: "car", 2: "pedestrian", _IGNORED: "ignored"}
_KEYFRAME = int(Flag.KEYFRAME)
_TYPES = (RECTANGLE, POLYGON, MASK, ELLIPSE)


@register
class MotsPng(Format):
    """``<subset>/instances/<frame>.png``; only tracks are written, as CVAT does it."""

    name = "MOTS PNG 1.0"
    kinds = frozenset({"mask", "track"})
    converts = {  # noqa: RUF012
        "rectangle": "mask", "polygon": "mask", "ellipse": "mask", "rotation": "mask", "z_order": "what is painted over",
        "group": "one instance",
    }  # fmt: skip

    def detect(self, members: Members) -> bool:
        """Whether there are pictures in a folder ``instances``."""
        return bool(_pictures(members))

    def read(self, members: Members) -> Dataset:
        """Read all subsets; masks of a track are keyframes, and it is outside where it is missing."""
        found = _pictures(members)
        if not found:
            raise FormatError("there are no masks in it", where=str(members.path), hint="Expected is <subset>/instances/*.png")
        return _Reader(members).read(found)

    def partial_losses(self, dataset: Dataset) -> dict[str, int]:
        """Return the shapes that are in no track."""
        table = dataset.table
        return {"shape that is not in a track": int((~table.is_track & np.isin(table.type, _TYPES) & (table.parent < 0)).sum())}

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write one picture a frame of each subset, empty ones too: where a track is missing is told by them."""
        rows = rows_by_frame(dataset, _TYPES)
        rows = rows.take(rows.is_track)
        subsets = frames_by_subset(dataset)
        for subset, frames in subsets.items():
            _write_subset(dataset, sink, rows, subset, frames)
        if save_images:
            subset_of = {frame: subset for subset, frames in subsets.items() for frame in frames}
            stems = [f"{subset_of[frame]}/images/{stem_of(name)}" for frame, name in enumerate(dataset.frames.names)]
            write_named_pictures(dataset, sink, stems, progress)


def _pictures(members: Members) -> dict[str, list[str]]:
    """Return the masks of each subset's folder, which may be the archive itself, in natural order."""
    found: dict[str, list[str]] = {}
    for name in members.names:
        before, inner, _ = f"/{name}".partition("/instances/")
        if inner and name.lower().endswith(".png"):
            found.setdefault(before[1:], []).append(name)
    return {folder: sorted(names, key=natural_key) for folder, names in sorted(found.items())}


class _Reader:
    def __init__(self, members: Members) -> None:
        self.members = members
        self.rows = Collector(members.path.stem, str(members.path))
        self.names = PictureNames(members, ".jpg")
        self.labels: dict[str, Label] = {}
        self.instances: list[int] = []

    def read(self, found: dict[str, list[str]]) -> Dataset:
        rows = self.rows
        for folder, pictures in found.items():
            names = self._labels(folder)
            for picture in pictures:
                where = self.members.where(picture)
                with located(where):
                    self._frame(folder, picture, names, where)
        tracks, rows.track_keys = np.array(rows.track, np.int64), {}
        data = rows.dataset(list(self.labels.values()))
        if len(tracks):
            numbers = np.array(self.instances, np.int64)
            # The file's own numbers; with the class where two labels count the same ones, and new ones where two subsets do.
            choices = (numbers % _INSTANCES, numbers)
            own = next((each for each in choices if each.min() > 0 and len(np.unique(each)) == len(each)), None)
            track = tracks + 1 if own is None else own[tracks]
            table = close_gaps(data.table.with_columns(track=track, id=track), len(data.frames))
            data = replace(data, table=table)
        data = replace(data, mode="interpolation", meta={**data.meta, "every_frame_is_key": True})
        return sized(data, self.members, self.names.found)

    def _labels(self, folder: str) -> dict[int, str]:
        listed = f"{folder}/instances/labels.txt".lstrip("/")
        names = dict(_OFFICIAL)
        if listed in self.members.names:
            names = dict(enumerate(label_lines(self.members, listed), 1))
        for name in names.values():
            if _IGNORED not in names or name != _OFFICIAL[_IGNORED]:
                self.labels.setdefault(name, Label(name))
        return names

    def _frame(self, folder: str, picture: str, names: dict[int, str], where: str) -> None:
        rows = self.rows
        stem = stem_of(picture[len(f"{folder}/instances/".lstrip("/")) :])
        pixels = read_index_png(self.members.read(picture), where)
        images = f"{folder}/images".lstrip("/")
        height, width = pixels.shape
        frame = rows.add_frame(self.names.full_name(images, stem), width, height, PurePosixPath(folder).name)
        self.names.note(frame, images, stem)
        for value, points in index_masks(pixels):
            kind, instance = divmod(value, _INSTANCES)
            # Pixels of class 10 are to be ignored, where there are not ten labels.
            ignored = kind == _IGNORED and names.get(kind, _OFFICIAL[_IGNORED]) == _OFFICIAL[_IGNORED]
            name = _OFFICIAL[_IGNORED] if ignored else names.get(kind)
            if kind == 0:
                continue
            if name is None:
                raise FormatError(
                    f"pixels of class {kind}, but labels.txt has {len(names)} labels",
                    where=where,
                    hint="A pixel is 1000 times the number of its label, from 1, plus the number of the object",
                )
            key = (folder, kind, instance)
            if key not in rows.track_keys:
                self.instances.append(value)
            track = rows.track_of(key)
            rows.add(frame, rows.label_of(name), MASK, points.tolist(), track=track, z_order=int(ignored), flags=_KEYFRAME)


def _write_subset(dataset: Dataset, sink: Sink, rows: AnnotationTable, subset: str, frames: list[int]) -> None:
    wanted = np.zeros(len(dataset.frames) + 1, bool)
    wanted[frames] = True
    rows = rows.take(wanted[rows.frame])
    values = _values(dataset, rows)
    by_frame: dict[int, list[int]] = {}
    for row, frame in enumerate(rows.frame.tolist()):
        by_frame.setdefault(frame, []).append(row)
    for frame in frames:
        name = dataset.frames.names[frame]
        width, height = int(dataset.frames.widths[frame]), int(dataset.frames.heights[frame])
        chosen = by_frame.get(frame, [])
        if width <= 0 or height <= 0:
            if chosen:
                raise FormatError(f"the size of the frame {name!r} is not known, so masks cannot be painted")
            continue
        canvas = np.zeros((height, width), np.uint16)
        for row in chosen:
            paint(canvas, rows, row, int(values[row]))
        sink.write(f"{subset}/instances/{stem_of(name)}.png", encode_png(canvas), compress=False)
    sink.write(f"{subset}/instances/labels.txt", label_text(dataset.labels.names))


def _values(dataset: Dataset, rows: AnnotationTable) -> NDArray[np.int64]:
    """Return the number of each row's pixels; tracks of one group and label are one instance."""
    if not len(rows):
        return np.empty(0, np.int64)
    number_of = {label.id: number for number, label in enumerate(dataset.labels, 1)}
    labels = np.array([number_of[label] for label in rows.label.tolist()], np.int64)
    if labels.max() > np.iinfo(np.uint16).max // _INSTANCES:
        raise FormatError(f"MOTS has room for 65 labels, not {labels.max()}")
    track = rows.track.copy()
    leaders: dict[tuple[int, int], int] = {}
    for row in np.flatnonzero(rows.group).tolist():
        key = (int(labels[row]), int(rows.group[row]))
        track[row] = leaders[key] = min(leaders.get(key, int(track[row])), int(track[row]))
    for row in np.flatnonzero(rows.group).tolist():
        track[row] = leaders[int(labels[row]), int(rows.group[row])]
    distinct = np.unique(track)
    if (track // _INSTANCES == labels).all():
        return track
    if distinct[0] < 1 or distinct[-1] >= _INSTANCES:
        track = _counted(track, labels)
    return labels * _INSTANCES + track


def _counted(track: NDArray[np.int64], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the tracks of each label from 1."""
    result = np.zeros(len(track), np.int64)
    for label in np.unique(labels).tolist():
        chosen = labels == label
        _, numbers = np.unique(track[chosen], return_inverse=True)
        result[chosen] = numbers.ravel() + 1
    if result.max() >= _INSTANCES:
        raise FormatError(f"MOTS has room for 999 objects of a label, not {result.max()}")
    return result
