"""COCO instances read into columns. The JSON is decoded straight into typed structs; no object is kept for an annotation."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import CvatWidgetsError, FormatError
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.rows import RowBuilder
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.kinds import MASK, POLYGON, RECTANGLE, SOURCE_CODE, Flag
from cvat_widgets.model.labels import Label
from cvat_widgets.model.masks import from_coco_rle
from cvat_widgets.model.table import AnnotationTable

__all__ = ["looks_like_coco", "read_coco"]

_FILE = SOURCE_CODE["file"]
_SUBSET = re.compile(r"instances_(.+)\.json$")
_OWN_KEYS = frozenset({"occluded", "rotation", "track_id", "keyframe", "outside"})


class _Image(msgspec.Struct, gc=False):
    id: int
    file_name: str
    width: int = 0
    height: int = 0


class _Category(msgspec.Struct, gc=False):
    id: int
    name: str
    supercategory: Any = ""


class _Annotation(msgspec.Struct, gc=False):
    image_id: int
    category_id: int
    id: int = 0
    bbox: list[float] | None = None
    segmentation: Any = None
    area: float | None = None
    iscrowd: int = 0
    score: float = 1.0
    attributes: dict[str, Any] | None = None


class _File(msgspec.Struct):
    images: list[_Image]
    annotations: list[_Annotation]
    categories: list[_Category]


def looks_like_coco(data: bytes) -> bool:
    """Whether bytes are JSON with the parts of a COCO file."""
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"{":
        return False
    try:
        found = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    if not {"images", "annotations", "categories"} <= set(found):
        return False
    # Categories with keypoints make it a file of "COCO Keypoints".
    return b'"keypoints"' not in bytes(found["categories"])


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
        file = _decoded(data, where)
        # The text of a large file goes before its columns come.
        del data
        reader.add(file, "" if found is None or found[1] == "default" else found[1], where)
    return reader.dataset(name)


def _decoded(data: bytes, where: str) -> _File:
    try:
        return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FormatError(f"not a COCO file: {error}", where=where) from None


class _Reader:
    def __init__(self) -> None:
        self.images: list[_Image] = []
        self.subsets: list[str] = []
        self.categories: dict[int, _Category] = {}
        self.tables: list[AnnotationTable] = []
        self.label_ids: dict[str, int] = {}
        self.labels: list[Label] = []
        self.rows = RowBuilder()
        self.next_id = 1
        self.next_group = 1
        self.tracks: dict[Any, int] = {}
        self.own_ids = True

    def add(self, file: _File, subset: str, where: str) -> None:
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
        if _only_boxes(file.annotations):
            self._boxes(file.annotations, frame_of, label_of, where)
            return
        for index, annotation in enumerate(file.annotations):
            try:
                self._annotation(annotation, frame_of, label_of)
            except (CvatWidgetsError, KeyError, TypeError, ValueError, OverflowError) as error:
                raise FormatError(_reason(error, annotation), where=f"{where}: annotations[{index}]") from None

    def _boxes(self, items: list[_Annotation], frame_of: dict[int, int], label_of: dict[int, int], where: str) -> None:
        """Take a file of plain boxes as whole columns; their ids become the ids of the rows."""
        count = len(items)
        frames = np.fromiter((frame_of.get(item.image_id, -1) for item in items), np.int64, count)
        labels = np.fromiter((label_of.get(item.category_id, -1) for item in items), np.int64, count)
        numbers = itertools.chain.from_iterable(item.bbox or () for item in items)
        boxes = np.fromiter(numbers, np.float64, 4 * count).reshape(-1, 4)
        for bad, text in (
            (frames < 0, "image_id {0.image_id} names no image"),
            (labels < 0, "category_id {0.category_id} names no category"),
            ((boxes[:, 2:] < 0).any(axis=1), "the bbox {0.bbox} has a negative size"),
        ):
            if bad.any():
                index = int(np.argmax(bad))
                item = items[index]
                raise FormatError(f"annotation {item.id}: {text.format(item)}", where=f"{where}: annotations[{index}]")
        boxes[:, 2:] += boxes[:, :2]
        rows = self.rows
        ids = np.fromiter((item.id for item in items), np.int64, count)
        ordered = np.sort(ids)
        if rows.id or int(ordered[0]) < 1 or (ordered[1:] == ordered[:-1]).any():
            ids = np.arange(self.next_id, self.next_id + count)
            self.own_ids = False
        self.next_id = int(ids.max()) + 1
        rows.id.frombytes(ids.tobytes())
        rows.frame.frombytes(frames.tobytes())
        rows.label.frombytes(labels.tobytes())
        constants = ((rows.type, RECTANGLE), (rows.source, _FILE), (rows.track, -1), (rows.parent, -1), (rows.group, 0))
        for column, value in (*constants, (rows.z_order, 0), (rows.flags, 0)):
            column.frombytes(np.full(count, value, np.int64).tobytes())
        rows.score += (item.score for item in items)
        rows.rotation.frombytes(bytes(8 * count))
        first = len(rows.points)
        rows.points.frombytes(boxes.tobytes())
        rows.offsets.frombytes(np.arange(first + 4, first + 4 * count + 1, 4).tobytes())

    def _annotation(self, item: _Annotation, frame_of: dict[int, int], label_of: dict[int, int]) -> None:
        frame = frame_of.get(item.image_id)
        if frame is None:
            raise FormatError(f"image_id {item.image_id} names no image")
        label = label_of.get(item.category_id)
        if label is None:
            raise FormatError(f"category_id {item.category_id} names no category")
        shapes = self._shapes(item)
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
        for type_code, points in shapes:
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
            rows.points.extend(points)
            rows.offsets.append(len(rows.points))
            self.next_id += 1
            if track < 0:
                rows.extras[row] = {"coco": (item.id, item.area, item.iscrowd, item.bbox)}
            if attributes:
                for name, value in attributes.items():
                    if name not in _OWN_KEYS and value is not None:
                        rows.add_attribute(row, label, name, _text(value))

    @staticmethod
    def _shapes(item: _Annotation) -> list[tuple[int, Sequence[float]]]:
        """Return the shapes of an annotation: polygons of its segmentation, its mask, or its box."""
        segmentation = item.segmentation
        if isinstance(segmentation, dict):
            return [(MASK, from_coco_rle(segmentation).tolist())]
        if segmentation:
            polygons = segmentation if isinstance(segmentation[0], list) else [segmentation]
            for polygon in polygons:
                if len(polygon) < 6 or len(polygon) % 2:
                    raise FormatError(f"a polygon has {len(polygon)} numbers; at least 6 and an even number are needed")
            return [(POLYGON, [float(value) for value in polygon]) for polygon in polygons]
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
        meta = {"coco_categories": ids, "coco_ids": self.own_ids and not self.rows.extras and not self.tracks}
        return Dataset(labels=labels, frames=frames, table=table, name=name, meta=meta)


def _only_boxes(items: list[_Annotation]) -> bool:
    """Whether every annotation is a box and nothing else: such files are read as whole columns."""
    return bool(items) and all(
        item.bbox is not None and len(item.bbox) == 4 and not item.segmentation and not item.attributes and not item.iscrowd
        for item in items
    )


def _unique(categories: Any) -> list[_Category]:
    return list({category.name: category for category in categories}.values())


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.15g}"
    return str(value)


def _reason(error: Exception, annotation: _Annotation) -> str:
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
