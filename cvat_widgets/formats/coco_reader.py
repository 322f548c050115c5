"""COCO instances read into columns; no object is kept for an annotation."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import CvatWidgetsError, FormatError
from cvat_widgets.formats.coco_file import NO_SEGMENTATION, CocoAnnotation, CocoCategory, CocoFile, CocoImage, decoded
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.rows import Floats, Integers, RowBuilder
from cvat_widgets.model.extras import ExtraColumns
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.geometry import bounding_boxes
from cvat_widgets.model.kinds import MASK, POLYGON, RECTANGLE, SOURCE_CODE, Flag
from cvat_widgets.model.labels import Label
from cvat_widgets.model.masks import from_coco_rle
from cvat_widgets.model.paging import Coordinates, gathered, joined
from cvat_widgets.model.table import AnnotationTable

__all__ = ["read_coco"]

_FILE = SOURCE_CODE["file"]
_SUBSET = re.compile(r"instances_(.+)\.json$")
_UNKNOWN = math.nan
_OWN_KEYS = frozenset({"occluded", "rotation", "track_id", "keyframe", "outside"})


def read_coco(parts: Iterable[tuple[str, bytes, str]], name: str) -> Dataset:
    """Read files of one dataset, one a subset.

    Parameters
    ----------
    parts
        ``(member name, bytes, how errors name it)``.
    name
        Name of the dataset.
    """
    reader = _Reader()
    for member, data, where in parts:
        found = _SUBSET.search(member)
        points = Coordinates()
        file = decoded(data, points, where)
        # The text of a large file goes before its columns come.
        del data
        reader.add(file, points, "" if found is None or found[1] == "default" else found[1], where)
    return reader.dataset(name)


class _Extras:
    """What the annotations say beyond the model, kept for whoever writes them again: id, area, ``iscrowd`` and box."""

    def __init__(self) -> None:
        self.row, self.id, self.crowd = Integers(code="i"), Integers(), Integers()
        self.area, self.box = Floats(), Floats()

    def add(self, rows: Iterable[int], items: Sequence[CocoAnnotation]) -> None:
        """Add what annotations say, one a row."""
        self.row.extend(rows)
        self.id.extend(item.id for item in items)
        self.crowd.extend(item.iscrowd for item in items)
        self.area.extend(_UNKNOWN if item.area is None else item.area for item in items)
        for item in items:
            self.box.extend(item.bbox if item.bbox and len(item.bbox) == 4 else (_UNKNOWN,) * 4)

    def columns(self, table: AnnotationTable) -> ExtraColumns:
        """Return them as columns; a box that an outline has anyway is not kept."""
        rows, ids, box = np.asarray(self.row), np.asarray(self.id), np.asarray(self.box).reshape(-1, 4)
        ids = table.id if np.array_equal(ids, table.id) else ids  # once in memory
        outlined = np.flatnonzero(np.isin(table.type[rows], (RECTANGLE, POLYGON)))
        if len(outlined):
            part = table.take(rows[outlined])
            own = bounding_boxes(part.with_columns(rotation=np.zeros(len(part))))
            own[:, 2:] -= own[:, :2]
            box[outlined[(box[outlined] == own).all(axis=1)]] = _UNKNOWN
        return ExtraColumns("coco", rows, (ids, np.asarray(self.area), np.asarray(self.crowd), box))


class _Reader:
    def __init__(self) -> None:
        self.images: list[CocoImage] = []
        self.subsets: list[str] = []
        self.categories: dict[int, CocoCategory] = {}
        self.rows = RowBuilder()
        self.extras = _Extras()
        self.next_id = 1
        self.next_group = 1
        self.tracks: dict[Any, int] = {}
        self.own_ids = True

    def add(self, file: CocoFile, points: Coordinates, subset: str, where: str) -> None:
        first = len(self.images)
        frame_of = {image.id: first + index for index, image in enumerate(file.images)}
        if len(frame_of) != len(file.images):
            raise FormatError("two images have the same id", where=where)
        self.images += file.images
        self.subsets += [subset] * len(file.images)
        for category in file.categories:
            self.categories.setdefault(category.id, category)
            self.rows.label_code(category.name)
        label_of = {category.id: self.rows.label_code(category.name) for category in file.categories}
        if _only_outlines(file.annotations) and self._columns(file.annotations, points, frame_of, label_of):
            return
        column = points.column()
        for index, annotation in enumerate(file.annotations):
            try:
                self._annotation(annotation, column, frame_of, label_of)
            except (CvatWidgetsError, KeyError, TypeError, ValueError, OverflowError) as error:
                raise FormatError(_reason(error, annotation), where=f"{where}: annotations[{index}]") from None

    def _columns(
        self, items: list[CocoAnnotation], points: Coordinates, frame_of: dict[int, int], label_of: dict[int, int]
    ) -> bool:
        """Take a file of boxes, polygons and masks as whole columns; if something is wrong with it, take nothing and say so."""
        count, rows = len(items), self.rows
        outlines = [item.segmentation.lengths if item.segmentation else () for item in items]
        parts = np.fromiter((len(each) or 1 for each in outlines), np.int64, count)
        boxed = np.fromiter((not each for each in outlines), bool, count)
        masked = np.fromiter((item.segmentation is not None and item.segmentation.mask for item in items), bool, count)
        scores = np.fromiter((item.score for item in items), np.float64, count)
        frames = np.fromiter((frame_of.get(item.image_id, -1) for item in items), np.int64, count)
        labels = np.fromiter((label_of.get(item.category_id, -1) for item in items), np.int64, count)
        numbers = itertools.chain.from_iterable(item.bbox or () for item, each in zip(items, outlines, strict=True) if not each)
        boxes = np.fromiter(numbers, np.float64, 4 * int(boxed.sum())).reshape(-1, 4)
        try:
            ids = np.fromiter((item.id for item in items), np.int64, count)
            crowds = np.fromiter((item.iscrowd for item in items), np.int64, count)
        except OverflowError:
            return False
        if (frames < 0).any() or (labels < 0).any() or (boxes[:, 2:] < 0).any():
            return False
        boxes[:, 2:] += boxes[:, :2]
        first, total = len(rows.id), int(parts.sum())
        plain = bool(boxed.all()) and not crowds.any()
        ordered = np.sort(ids)
        if not plain or first or int(ordered[0]) < 1 or (ordered[1:] == ordered[:-1]).any():
            ids = np.arange(self.next_id, self.next_id + total)
            self.own_ids = False
        self.next_id = int(ids.max()) + 1
        grouped = parts > 1
        groups = np.where(grouped, np.cumsum(grouped) + self.next_group - 1, 0)
        self.next_group += int(grouped.sum())
        if not plain:
            owners = np.repeat(np.arange(count), parts).tolist()
            self.extras.add(range(first, first + total), [items[owner] for owner in owners])
        zeros = np.zeros(total, np.int64)
        kinds = np.where(boxed, RECTANGLE, np.where(masked, MASK, POLYGON))
        for column, values in (
            (rows.id, ids), (rows.frame, np.repeat(frames, parts)), (rows.label, np.repeat(labels, parts)),
            (rows.type, np.repeat(kinds, parts)), (rows.track, zeros - 1), (rows.parent, zeros - 1),
            (rows.group, np.repeat(groups, parts)), (rows.z_order, zeros), (rows.flags, zeros), (rows.rotation, zeros * 0.0),
            (rows.source, zeros + _FILE), (rows.score, np.repeat(scores, parts)),
        ):  # fmt: skip
            column.frombytes(values.astype(column.typecode).tobytes())
        lengths = np.fromiter(itertools.chain.from_iterable(each or (4,) for each in outlines), np.int64, total)
        rows.offsets.frombytes((len(rows.points) + np.cumsum(lengths)).tobytes())
        if boxed.all():
            rows.points.extend(boxes.ravel())
        elif boxed.any():
            both, in_box = joined([points.column(), boxes.ravel()]), np.repeat(boxed, parts)
            starts = np.empty(total, np.int64)
            for part, base in ((~in_box, 0), (in_box, len(points))):
                starts[part] = base + np.cumsum(lengths[part]) - lengths[part]
            rows.points.extend(gathered(both, starts, lengths))
        elif len(rows.points):
            rows.points.extend(points.column())
        else:
            rows.points = points
        return True

    def _annotation(
        self, item: CocoAnnotation, points: NDArray[np.float64], frame_of: dict[int, int], label_of: dict[int, int]
    ) -> None:
        frame = frame_of.get(item.image_id)
        if frame is None:
            raise FormatError(f"image_id {item.image_id} names no image")
        label = label_of.get(item.category_id)
        if label is None:
            raise FormatError(f"category_id {item.category_id} names no category")
        shapes = self._shapes(item, points)
        group = 0
        if len(shapes) > 1:
            group, self.next_group = self.next_group, self.next_group + 1
        flags, rotation, track = 0, 0.0, -1
        attributes = item.attributes
        if attributes:
            flags = int(Flag.OCCLUDED) if attributes.get("occluded") else 0
            rotation = float(attributes.get("rotation") or 0) % 360 if shapes[0][0] == RECTANGLE else 0.0
            if attributes.get("track_id") is not None and len(shapes) == 1:
                key = (label, attributes["track_id"])
                track = self.tracks.setdefault(key, len(self.tracks))
                flags |= int(Flag.KEYFRAME) if attributes.get("keyframe", True) else 0
        rows = self.rows
        for type_code, outline in shapes:
            row = len(rows.id)
            rows.id.append(self.next_id)
            rows.frame.append(frame)
            rows.label.append(label)
            rows.type.append(type_code)
            rows.track.append(track)
            rows.parent.append(-1)
            rows.group.append(group)
            rows.z_order.append(0)
            rows.flags.append(flags)
            rows.rotation.append(rotation)
            rows.source.append(_FILE)
            rows.score.append(item.score)
            rows.points.extend(outline)
            rows.offsets.append(len(rows.points))
            self.next_id += 1
            if track < 0:
                self.extras.add((row,), (item,))
            if attributes:
                for name, value in attributes.items():
                    if name not in _OWN_KEYS and value is not None:
                        rows.add_attribute(row, label, name, _text(value))

    @staticmethod
    def _shapes(item: CocoAnnotation, points: NDArray[np.float64]) -> list[tuple[int, Sequence[float] | NDArray[np.float64]]]:
        """Return the shapes of an annotation: polygons of its segmentation, its mask, or its box."""
        segmentation = item.segmentation or NO_SEGMENTATION
        if isinstance(segmentation.other, dict):
            return [(MASK, from_coco_rle(segmentation.other))]
        if segmentation.other is not None:
            polygons = segmentation.other if isinstance(segmentation.other[0], list) else [segmentation.other]
            for polygon in polygons:
                if len(polygon) < 6 or len(polygon) % 2:
                    raise FormatError(f"a polygon has {len(polygon)} numbers; at least 6 and an even number are needed")
            return [(POLYGON, [float(value) for value in polygon]) for polygon in polygons]
        if segmentation.lengths:
            kind = MASK if segmentation.mask else POLYGON
            ends = itertools.accumulate(segmentation.lengths, initial=segmentation.start)
            return [(kind, points[begin:end]) for begin, end in itertools.pairwise(ends)]
        if item.bbox is None or len(item.bbox) != 4:
            raise FormatError("it has neither a segmentation nor a bbox of four numbers")
        x, y, width, height = item.bbox
        if width < 0 or height < 0:
            raise FormatError(f"the bbox {item.bbox} has a negative size")
        return [(RECTANGLE, (x, y, x + width, y + height))]

    def dataset(self, name: str) -> Dataset:
        try:
            declared = [Label(category.name) for category in _unique(self.categories.values())]
            labels, table = self.rows.finish(declared)
            table = replace(table, extras=self.extras.columns(table))
        except CvatWidgetsError as error:
            raise FormatError(error.what, where=name, hint=error.hint) from None
        if self.tracks:
            table = _with_tracks(table, len(self.images))
        problems = table.problems(labels)
        if problems:
            raise FormatError(problems[0], where=name)
        frames = FrameIndex(
            [image.file_name for image in self.images],
            np.array([image.width for image in self.images], np.int32),
            np.array([image.height for image in self.images], np.int32),
            tuple(self.subsets) if any(self.subsets) else (),
            tuple(image.id for image in self.images),
        )
        ids = {category.name: (category.id, category.supercategory) for category in self.categories.values()}
        meta = {"coco_categories": ids, "coco_ids": self.own_ids and not self.extras.row and not self.tracks}
        return Dataset(labels=labels, frames=frames, table=table, name=name, meta=meta)


def _only_outlines(items: list[CocoAnnotation]) -> bool:
    """Whether every annotation is a box, polygons or a mask and nothing else: such files are read as whole columns."""
    return bool(items) and all(
        not item.attributes
        and (item.segmentation is None or item.segmentation.other is None)
        and ((item.bbox is not None and len(item.bbox) == 4) or bool(item.segmentation and item.segmentation.lengths))
        for item in items
    )


def _unique(categories: Any) -> list[CocoCategory]:
    return list({category.name: category for category in categories}.values())


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.15g}"
    return str(value)


def _reason(error: Exception, annotation: CocoAnnotation) -> str:
    if isinstance(error, CvatWidgetsError):
        return f"annotation {annotation.id}: {error.what}"
    return f"annotation {annotation.id}: {error}"


def _moved_at_end(rows: AnnotationTable, kept: NDArray[np.bool_], ends: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the last rows of stretches in which the object was on its way to an outside keyframe."""
    moved = np.zeros(len(rows), bool)
    last_kept = np.maximum.accumulate(np.where(kept, np.arange(len(rows)), 0))
    for row in np.flatnonzero(ends & ~kept).tolist():
        moved[row] = not np.array_equal(rows.points_of(row), rows.points_of(int(last_kept[row])))
    return moved


def _with_tracks(table: AnnotationTable, frame_count: int) -> AnnotationTable:
    """Turn rows with a track id into tracks: keyframes as marked, an outside keyframe wherever the object is missing."""
    from cvat_widgets.model.slicing import without_repeats

    plain, rows = table.take(table.track < 0), table.take(table.track >= 0)
    rows = rows.take(np.lexsort((rows.frame, rows.track)))
    new_track = np.append(True, rows.track[1:] != rows.track[:-1])
    after_gap = new_track | np.append(True, rows.frame[1:] != rows.frame[:-1] + 1)
    ends = np.append(after_gap[1:], True)
    marked = rows.has(Flag.KEYFRAME)
    outside = rows.take(ends & (rows.frame + 1 < frame_count))
    outside = outside.with_columns(frame=outside.frame + 1, flags=outside.flags | int(Flag.OUTSIDE) | int(Flag.KEYFRAME))
    kept = rows.take(marked | after_gap | _moved_at_end(rows, marked | after_gap, ends))
    kept = kept.with_columns(flags=kept.flags | int(Flag.KEYFRAME))
    tracks = AnnotationTable.concat([kept, outside])
    first = int(table.id.max(initial=0)) + 1
    tracks = tracks.with_columns(track=tracks.track + first, id=tracks.track + first)
    return AnnotationTable.concat([plain, without_repeats(tracks)])
