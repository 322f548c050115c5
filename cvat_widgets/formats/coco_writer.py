"""COCO instances written from columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np

from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.model.extras import ExtraColumns
from cvat_widgets.model.geometry import areas, bounding_boxes, ellipse_polygon
from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.kinds import ELLIPSE, MASK, POLYGON, RECTANGLE, Flag
from cvat_widgets.model.masks import mask_from_polygons, to_coco_counts
from cvat_widgets.model.table import AnnotationTable

__all__ = ["coco_json"]


_CHUNK = 20_000
"""Annotations encoded at a time: few enough to stay small in memory, enough for a call to the encoder not to count."""


class _Occluded(msgspec.Struct, gc=False):
    occluded: bool


class _Turned(msgspec.Struct, gc=False):
    occluded: bool
    rotation: float


class _Outline(msgspec.Struct, gc=False):
    id: int
    image_id: int
    category_id: int
    segmentation: tuple[()] | tuple[list[float]]
    area: float
    bbox: list[float]
    iscrowd: int
    attributes: _Occluded | _Turned


def coco_json(dataset: Dataset, frames: Sequence[int]) -> Iterator[bytes]:
    """Yield the JSON for some frames in pieces; tracks become one annotation a frame with ``track_id`` and ``keyframe``."""
    table = interpolate_table(dataset.table, frame_count=len(dataset.frames))
    wanted = np.zeros(len(dataset.frames) + 1, bool)
    wanted[list(frames)] = True
    known = np.isin(table.type, (RECTANGLE, POLYGON, MASK, ELLIPSE)) & (table.parent < 0)
    table = table.take(known & wanted[table.frame])
    table = table.take(np.lexsort((table.z_order, table.frame)))
    categories = _categories(dataset)
    ids = dataset.frames.ids
    image_id = [int(ids[frame]) if len(ids) else frame + 1 for frame in range(len(dataset.frames))]
    document = {
        "licenses": [{"name": "", "id": 0, "url": ""}],
        "info": {"contributor": "", "date_created": "", "description": "", "url": "", "version": "", "year": ""},
        "categories": [{"id": number, "name": name, "supercategory": parent} for name, (number, parent) in categories.items()],
        "images": [
            {
                "id": image_id[frame],
                "width": int(dataset.frames.widths[frame]),
                "height": int(dataset.frames.heights[frame]),
                "file_name": dataset.frames.names[frame],
                "license": 0,
                "flickr_url": "",
                "coco_url": "",
                "date_captured": 0,
            }
            for frame in frames
        ],
    }
    yield msgspec.json.encode(document)[:-1] + b',"annotations":['
    annotations = _Annotations(dataset, table, categories, image_id).chunks()
    for number, chunk in enumerate(annotations):
        yield (b"," if number else b"") + msgspec.json.encode(chunk)[1:-1]
    yield b"]}"


def _categories(dataset: Dataset) -> dict[str, tuple[int, str]]:
    """Return the id and parent of each label: those of the file it came from, else 1, 2, ..."""
    given = dataset.meta.get("coco_categories", {})
    if all(label.name in given for label in dataset.labels):
        return {label.name: given[label.name] for label in dataset.labels}
    return {label.name: (number + 1, "") for number, label in enumerate(dataset.labels)}


class _Annotations:
    def __init__(
        self, dataset: Dataset, table: AnnotationTable, categories: dict[str, tuple[int, str]], image_id: list[int]
    ) -> None:
        self.dataset = dataset
        self.table = table
        self.category = {label.id: categories[label.name][0] for label in dataset.labels}
        self.image_id = image_id
        self.specs = {spec.id: spec for label in dataset.labels for spec in label.attributes}

    def chunks(self) -> Iterator[list[Any]]:
        """Yield the annotations for the encoder; plain boxes and polygons, the common case, never become dictionaries."""
        table = self.table
        plain = not len(table.attributes) and not table.is_track.any() and not (table.score != 1).any()
        alone = (table.type == RECTANGLE) | ((table.type == POLYGON) & (table.group == 0))
        if plain and len(table) and alone.all() and (not table.extras or isinstance(table.extras, ExtraColumns)):
            yield from self._outlines()
            return
        found = self.all()
        for start in range(0, len(found), _CHUNK):
            yield found[start : start + _CHUNK]

    def _outlines(self) -> Iterator[list[_Outline]]:
        """Yield boxes and polygons, each an annotation of its own."""
        table = self.table
        image_id = np.array(self.image_id)
        category = np.array([self.category.get(label, 0) for label in range(int(table.label.max()) + 1)])
        ids = table.id if self.dataset.meta.get("coco_ids") else np.arange(len(table)) + 1
        if isinstance(table.extras, ExtraColumns):
            known = table.extras.columns[0]
            ids = known if len(np.unique(known)) == len(table) else ids
        # Few enough points to stay small in memory, too.
        steps = np.searchsorted(table.offsets, np.arange(0, len(table.points), _CHUNK * 4), side="right") - 1
        parts = np.unique(np.concatenate((steps, np.arange(0, len(table), _CHUNK), [len(table)])))
        for start, stop in pairwise(parts.tolist()):
            rows = np.arange(start, stop)
            part = table.take(rows)
            boxes = bounding_boxes(part.with_columns(rotation=np.zeros(len(part))))
            boxes[:, 2:] -= boxes[:, :2]
            area, crowd = areas(part), np.zeros(len(part), np.int64)
            if isinstance(part.extras, ExtraColumns):
                known, (_, its_area, its_crowd, its_box) = part.extras.rows, part.extras.columns
                area[known] = np.where(np.isnan(its_area), area[known], its_area)
                boxes[known] = np.where(np.isnan(its_box), boxes[known], its_box)
                crowd[known] = its_crowd
            points, spans = part.points.tolist(), list(pairwise(part.offsets.tolist()))
            is_box = (part.type == RECTANGLE).tolist()
            flags = zip(is_box, part.has(Flag.OCCLUDED).tolist(), part.rotation.tolist(), strict=True)
            yield list(
                map(
                    _Outline,
                    ids[rows].tolist(),
                    image_id[part.frame].tolist(),
                    category[part.label].tolist(),
                    [() if box else (points[a:b],) for box, (a, b) in zip(is_box, spans, strict=True)],
                    area.tolist(),
                    boxes.tolist(),
                    crowd.tolist(),
                    [_Turned(occluded, turn) if box else _Occluded(occluded) for box, occluded, turn in flags],
                )
            )

    def all(self) -> list[dict[str, Any]]:
        """Return the annotations; grouped polygons and masks of one label on one frame are one annotation."""
        table = self.table
        frame, label, kind = table.frame.tolist(), table.label.tolist(), table.type.tolist()
        track, rotation, score = table.track.tolist(), table.rotation.tolist(), table.score.tolist()
        occluded, keyframe = table.has(Flag.OCCLUDED).tolist(), table.has(Flag.KEYFRAME).tolist()
        boxes = bounding_boxes(table.with_columns(rotation=np.zeros(len(table))))
        boxes[:, 2:] -= boxes[:, :2]
        box_list, area_list = boxes.tolist(), areas(table).tolist()
        attributes = self._attributes()
        parts = self._parts()
        taken = {extra["coco"][0] for extra in table.extras.values() if "coco" in extra}
        keep_ids = len(taken) == len(parts)
        own_ids = table.id.tolist() if self.dataset.meta.get("coco_ids") else None
        annotations: list[dict[str, Any]] = []
        for number, rows in enumerate(parts):
            row = rows[0]
            known = table.extras.get(row, {}).get("coco")
            values: dict[str, Any] = {"occluded": occluded[row]}
            segmentation: Any
            if kind[row] == RECTANGLE:
                values["rotation"] = rotation[row]
                segmentation, area, box, crowd = [], area_list[row], box_list[row], 0
            else:
                segmentation, area, box, crowd = self._segmentation(rows, area_list, box_list)
            if track[row] >= 0:
                values["track_id"], values["keyframe"] = track[row], keyframe[row]
            if row in attributes:
                values.update(attributes[row])
            if known:
                area = known[1] if known[1] is not None else area
                crowd = known[2]
                box = known[3] or box
            annotation: dict[str, Any] = {
                "id": known[0] if known and keep_ids else own_ids[row] if own_ids else number + 1,
                "image_id": self.image_id[frame[row]],
                "category_id": self.category[label[row]],
                "segmentation": segmentation,
                "area": area,
                "bbox": box,
                "iscrowd": crowd,
                "attributes": values,
            }
            if score[row] != 1:
                annotation["score"] = score[row]
            annotations.append(annotation)
        return annotations

    def _parts(self) -> list[list[int]]:
        table = self.table
        if not table.group.any():
            return [[row] for row in range(len(table))]
        parts: list[list[int]] = []
        place: dict[tuple[int, int, int, int], int] = {}
        columns = (table.frame, table.label, table.group, table.type, table.track)
        for row, (frame, label, group, kind, track) in enumerate(zip(*(each.tolist() for each in columns), strict=True)):
            if group == 0 or kind == RECTANGLE or track >= 0:
                parts.append([row])
                continue
            key = (frame, label, group, kind)
            if key in place:
                parts[place[key]].append(row)
            else:
                place[key] = len(parts)
                parts.append([row])
        return parts

    def _segmentation(
        self, rows: list[int], area_list: list[float], box_list: list[list[float]]
    ) -> tuple[Any, float, list[float], int]:
        """Return segmentation, area, box and crowd flag of polygons, masks and ellipses."""
        table = self.table
        if table.type[rows[0]] == POLYGON:
            polygons = [table.points_of(row).tolist() for row in rows]
            area = area_list[rows[0]] if len(rows) == 1 else self._united_area(rows)
            return polygons, area, _united_box([box_list[row] for row in rows]), 0
        frame = int(table.frame[rows[0]])
        width, height = int(self.dataset.frames.widths[frame]), int(self.dataset.frames.heights[frame])
        masks = [self._mask(row, width, height) for row in rows]
        counts = [to_coco_counts(mask, width, height) for mask in masks]
        if len(counts) > 1:
            counts = [_united_counts(counts, width, height)]
        # Masks are marked as crowds, as CVAT does it: COCO's own files have run lengths for crowds only.
        area = float(sum(counts[0][1::2]))
        return {"counts": counts[0], "size": [height, width]}, area, _united_box([_mask_box(mask) for mask in masks]), 1

    def _mask(self, row: int, width: int, height: int) -> np.ndarray[Any, np.dtype[np.float64]]:
        points = self.table.points_of(row)
        if self.table.type[row] == MASK:
            return points
        return mask_from_polygons([ellipse_polygon(points, float(self.table.rotation[row]))], width, height)

    def _united_area(self, rows: list[int]) -> float:
        frame = int(self.table.frame[rows[0]])
        width, height = int(self.dataset.frames.widths[frame]), int(self.dataset.frames.heights[frame])
        mask = mask_from_polygons([self.table.points_of(row) for row in rows], width, height)
        return float(mask[1:-4:2].sum())

    def _attributes(self) -> dict[int, dict[str, Any]]:
        values = self.table.attributes
        found: dict[int, dict[str, Any]] = {}
        for row, spec, code in zip(values.row.tolist(), values.spec.tolist(), values.code.tolist(), strict=True):
            definition = self.specs[spec]
            text = values.strings[code]
            typed: Any = text
            if definition.input_type == "checkbox":
                typed = text == "true"
            elif definition.input_type == "number":
                typed = float(text)
            found.setdefault(row, {})[definition.name] = typed
        return found


def _mask_box(mask: np.ndarray[Any, np.dtype[np.float64]]) -> list[float]:
    left, top, right, bottom = mask[-4:].tolist()
    return [left, top, right - left + 1, bottom - top + 1]


def _united_box(boxes: list[list[float]]) -> list[float]:
    if len(boxes) == 1:
        return boxes[0]
    corners = np.array(boxes)
    low = corners[:, :2].min(axis=0)
    high = (corners[:, :2] + corners[:, 2:]).max(axis=0)
    return [*low.tolist(), *(high - low).tolist()]


def _united_counts(parts: list[list[int]], width: int, height: int) -> list[int]:
    from pycocotools import mask as coco

    merged = coco.merge([coco.frPyObjects({"counts": counts, "size": [height, width]}, height, width) for counts in parts])
    from cvat_widgets.model.masks import from_coco_rle

    return to_coco_counts(from_coco_rle(merged), width, height)
