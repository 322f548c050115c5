"""Cityscapes 1.0: pictures of class ids, of instance ids and of colours for every frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.collecting import Collector, located, text_of
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.frame_rows import frames_by_subset
from cvat_widgets.formats.mask_images import IndexPicture, png_of_indices, png_of_numbers, read_png
from cvat_widgets.formats.mask_instances import masks_of_pixels
from cvat_widgets.formats.mask_label_maps import LabelMap, color_lines, label_map_of, parse_colors
from cvat_widgets.formats.mask_painting import Painter
from cvat_widgets.formats.mask_vocabularies import CITYSCAPES, CITYSCAPES_THINGS, CITYSCAPES_TRAIN
from cvat_widgets.formats.partial_loss import other_attributes
from cvat_widgets.formats.registry import Format, Progress, register
from cvat_widgets.formats.segmentation_mask import MASK_CONVERSIONS
from cvat_widgets.formats.voc_layout import frame_id, picture_name
from cvat_widgets.model.kinds import ELLIPSE, MASK, POLYGON, RECTANGLE
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.table import AnnotationTable

__all__ = ["Cityscapes"]

_INSTANCES, _CLASSES, _TRAIN = "_gtFine_instanceIds.png", "_gtFine_labelIds.png", "_gtFine_labelTrainIds.png"
_COLORS = "_gtFine_color.png"
_PICTURE = "_leftImg8bit"
_LABEL_MAPS = ("label_colors.txt", "label_color.txt")
_CROWD = "is_crowd"


@register
class Cityscapes(Format):
    """``gtFine/<subset>/<name>_gtFine_{instanceIds,labelIds,color}.png`` and ``label_colors.txt``."""

    name = "Cityscapes 1.0"
    kinds = frozenset({"mask"})
    converts = {**MASK_CONVERSIONS, "attribute": "is_crowd alone"}  # noqa: RUF012

    def detect(self, members: Members) -> bool:
        """Whether there are pictures of ids with the names Cityscapes gives them, or nothing but pictures and label colours."""
        if all("leftImg8bit" in name or name in _LABEL_MAPS for name in members.names):
            return True
        return any("gtFine" in name and name.endswith((_INSTANCES, _CLASSES, _TRAIN)) for name in members.names)

    def read(self, members: Members) -> Dataset:
        """Read one mask an instance, or one a class where there are no instances."""
        return _read(members)

    def partial_losses(self, dataset: Dataset) -> dict[str, int]:
        """Return the attributes that have no place in the ids."""
        return other_attributes(dataset, {_CROWD})

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write three pictures a frame with annotations and, if wanted, ``imgsFine/leftImg8bit/<subset>/<name>``."""
        painter = Painter(dataset, (RECTANGLE, POLYGON, MASK, ELLIPSE), merge_groups=True)
        label_map, index_of = _label_ids(dataset.labels)
        if len(label_map.names) > 65:
            raise FormatError("Cityscapes holds at most 64 labels and a background: instance ids have 16 bits")
        sink.write("label_colors.txt", color_lines(label_map))
        crowd = _crowd_rows(dataset, painter.table)
        label = painter.table.label
        for subset, chosen in frames_by_subset(dataset).items():
            for frame in chosen:
                key = frame_id(dataset.frames.names[frame])
                segments = painter.segments(frame)
                if segments:
                    width, height = painter.size(frame)
                    classes, instances = np.zeros((height, width), np.uint8), np.zeros((height, width), np.uint16)
                    counts: dict[int, int] = {}
                    for segment in segments:
                        index = int(index_of[label[segment.row]])
                        segment.paint(classes, index)
                        segment.paint(instances, index if crowd[segment.row] else _instance_id(index, counts))
                    start = f"gtFine/{subset}/{key}"
                    sink.write(start + _INSTANCES, png_of_numbers(instances), compress=False)
                    sink.write(start + _COLORS, png_of_indices(classes, label_map.colors), compress=False)
                    sink.write(start + _CLASSES, png_of_numbers(classes), compress=False)
                if save_images and dataset.media is not None:
                    name, data = dataset.media(frame)
                    suffix = PurePosixPath(picture_name(name)).suffix
                    sink.write(f"imgsFine/leftImg8bit/{subset}/{frame_id(name)}{_PICTURE}{suffix}", data, compress=False)
                progress(frame + 1, len(dataset.frames))


def _instance_id(index: int, counts: dict[int, int]) -> int:
    """Return the id of the next instance of a class: they are counted by class and from 0, as in the devkit."""
    if index == 0:
        return 0
    number = counts.get(index, 0)
    if number > 999:
        raise FormatError("Cityscapes holds at most 1000 objects of a label on a frame")
    counts[index] = number + 1
    return 1000 * index + number


def _plain(name: str) -> str:
    """Return a label name as CVAT spells those of Cityscapes."""
    return name.replace(" ", "")


def _label_ids(labels: LabelSet) -> tuple[LabelMap, NDArray[np.int64]]:
    """Return the label map and the index of each label id.

    Labels that are all of Cityscapes get the ids of its devkit; others are numbered in their order, the background first.
    """
    standard = {label.name: CITYSCAPES[_plain(label.name)] for label in labels if _plain(label.name) in CITYSCAPES}
    found, index_of = label_map_of(labels, standard, background="color")
    others = [label for label in labels if label.name not in standard and label.name != "background"]
    plain = {_plain(name): name for name in standard}
    if others or len(plain) < len(standard):
        return found, index_of
    names = [plain.get(name, name) for name in CITYSCAPES]
    colors = np.array(list(CITYSCAPES.values()), np.uint8)
    for name in standard:
        colors[names.index(name)] = found.colors[found.names.index(name)]
    if "background" in labels and "unlabeled" not in plain:
        names[0], colors[0] = "background", found.colors[found.names.index("background")]
    for label in labels:
        index_of[label.id] = names.index(label.name) if label.name in names else 0
    return LabelMap(tuple(names), colors, 0), index_of


def _crowd_rows(dataset: Dataset, table: AnnotationTable) -> list[bool]:
    """Return which rows stand for many objects, or for none in particular."""
    crowd = [bool(table.extras.get(row, {}).get("cityscapes", {}).get(_CROWD)) for row in range(len(table))]
    for label in dataset.labels:
        for spec in label.attributes:
            if spec.name == _CROWD:
                for row, value in enumerate(table.attributes.values_of(spec.id, len(table))):
                    if value is not None:
                        crowd[row] = value.lower() == "true"
    return crowd


# -- reading ---------------------------------------------------------------------------------------------------------


@dataclass
class _Files:
    """Files about one frame."""

    key: str
    subset: str
    ids: str | None = None
    picture: str | None = None


def _read(members: Members) -> Dataset:
    suffix, files = _files(members)
    label_map = _label_map(members, train=suffix == _TRAIN)
    rows = Collector(members.path.stem, str(members.path))
    pictures: dict[int, str] = {}
    regions: list[tuple[int, bool]] = []
    used: set[str] = set()
    for item in files:
        name = item.key + (PurePosixPath(item.picture).suffix if item.picture else "")
        with located(members.where(item.ids or item.picture or "")):
            frame = rows.add_frame(name, subset="" if item.subset == "default" else item.subset)
        if item.picture:
            pictures[frame] = item.picture
        if item.ids is None:
            continue
        picture = read_png(members.read(item.ids), members.where(item.ids))
        rows.widths[frame], rows.heights[frame] = picture.size
        for number, points in masks_of_pixels(picture.pixels, _keys(picture, label_map, suffix)):
            index = number // 1000 if number >= 1000 else number
            name = label_map.names[index - (suffix == _TRAIN)]
            label = rows.label_of(name)
            used.add(name)
            regions.append((rows.add(frame, label, MASK, points), suffix != _INSTANCES or number < 1000))
    _mark_crowds(rows, regions, used)
    declared = label_map.labels(rows.where) if _map_member(members) else []
    return rows.dataset(declared, meta={"images": pictures} if pictures else {})


def _files(members: Members) -> tuple[str, list[_Files]]:
    """Return which pictures of ids to read, the ones with instances if there are, and the files by frame."""
    suffixes = [suffix for suffix in (_INSTANCES, _CLASSES, _TRAIN) if any(name.endswith(suffix) for name in members.names)]
    if not suffixes and _map_member(members) is None:
        raise FormatError(
            "there are no pictures of ids in it", where=str(members.path), hint="Expected is gtFine/**/*_gtFine_instanceIds.png"
        )
    suffix = suffixes[0] if suffixes else _INSTANCES
    found: dict[tuple[str, str], _Files] = {}
    for name in members.names:
        parts = PurePosixPath(name).parts
        if name.endswith(suffix) and "gtFine" in parts[:-1]:
            item = _item(found, parts[parts.index("gtFine") + 1 :], suffix)
            if item.ids is not None:
                raise FormatError("two files have this name", where=members.where(name))
            item.ids = name
        elif "leftImg8bit" in parts[:-1]:
            item = _item(found, parts[parts.index("leftImg8bit") + 1 :], PurePosixPath(name).suffix)
            item.picture = name
    if suffixes and not any(item.ids for item in found.values()):
        raise FormatError("the pictures of ids are not in a folder gtFine", where=str(members.path))
    return suffix, list(found.values())


def _item(found: dict[tuple[str, str], _Files], parts: tuple[str, ...], suffix: str) -> _Files:
    subset, rest = (parts[0], parts[1:]) if len(parts) > 1 else ("", parts)
    key = "/".join(rest).removesuffix(suffix).removesuffix(_PICTURE)
    return found.setdefault((subset, key), _Files(key, subset))


def _map_member(members: Members) -> str | None:
    return next((name for name in members.names if PurePosixPath(name).name in _LABEL_MAPS), None)


def _label_map(members: Members, *, train: bool) -> LabelMap:
    member = _map_member(members)
    if member is not None:
        return parse_colors(text_of(members, member), members.where(member))
    return LabelMap.of({name: CITYSCAPES[name] for name in (CITYSCAPES_TRAIN if train else CITYSCAPES)})


def _keys(picture: IndexPicture, label_map: LabelMap, suffix: str) -> Callable[[NDArray[np.int64]], NDArray[np.int64]]:
    """Return what gives pixel values their keys: ids as they are, train ids plus 1; 0 for no label."""
    void = 65535 if suffix == _INSTANCES else 255
    train = suffix == _TRAIN
    if picture.colored:
        raise FormatError("a picture of ids is grey, this one is in colour", where=picture.where)

    def keys(values: NDArray[np.int64]) -> NDArray[np.int64]:
        index = np.where(values >= 1000, values // 1000, values) if suffix == _INSTANCES else values
        bad = (index >= len(label_map.names)) & (values != void)
        if bad.any():
            value = int(values[bad][0])
            raise FormatError(
                f"the id {value} at {picture.place_of(value)} belongs to none of the {len(label_map.names)} labels",
                where=picture.where,
                hint="label_colors.txt must list it",
            )
        found: NDArray[np.int64] = np.where(values == void, 0, values + train)
        return found

    return keys


def _mark_crowds(rows: Collector, regions: list[tuple[int, bool]], used: set[str]) -> None:
    """Say of masks whether they are single objects, where that tells anything.

    Ids below 1000 are regions of a class as a whole. The attribute is set where a label has both, and for crowds of classes
    whose objects Cityscapes tells apart; for the rest a note is kept that has no need of an attribute in the task.
    """
    single = {rows.label[row] for row, whole in regions if not whole}
    whole_labels = {rows.label[row] for row, whole in regions if whole}
    things = {rows.label_of(name) for name in used if _plain(name) in CITYSCAPES_THINGS}
    for row, whole in regions:
        label = rows.label[row]
        if (label in single and label in whole_labels) or (whole and label in things and single):
            rows.set_attribute(row, _CROWD, whole)
        elif whole:
            rows.extras[row] = {"cityscapes": {_CROWD: True}}
