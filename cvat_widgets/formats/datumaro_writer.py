"""Datumaro's JSON written from columns: one text template a kind of shape, no dictionary a shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

import msgspec
import numpy as np

from cvat_widgets.formats.attribute_values import typed_attributes
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.frame_rows import frame_blocks, rows_by_frame
from cvat_widgets.formats.skeleton_templates import skeleton_edges
from cvat_widgets.model.kinds import ELLIPSE, MASK, POINTS, POLYGON, POLYLINE, RECTANGLE, SKELETON, TAG, Flag
from cvat_widgets.model.labels import Label
from cvat_widgets.model.masks import to_coco_rle
from cvat_widgets.model.table import AnnotationTable

__all__ = ["DatumaroWriter"]

_TYPES = {
    RECTANGLE: "bbox",
    POLYGON: "polygon",
    POLYLINE: "polyline",
    POINTS: "points",
    ELLIPSE: "ellipse",
    MASK: "mask",
    SKELETON: "skeleton",
    TAG: "label",
}
_ANNOTATION = '{"id":%d,"type":"%s","attributes":{%s},"group":%d,"label_id":%d%s}'
_BOX = ',"z_order":%d,"bbox":[%s]'
_POINTS = ',"z_order":%d,"points":%s'
_json: Callable[[Any], bytes] = msgspec.json.Encoder().encode


def _without_suffix(name: str) -> str:
    """Return a name without its extension, as pathlib has it; where nothing is odd about it, in a tenth of the time."""
    stem, dot, suffix = name.rpartition(".")
    if dot and suffix and "/" not in suffix and stem and stem[-1] not in "./" and "//" not in name and "/./" not in f"/{name}":
        return stem
    path = PurePosixPath(name)
    return str(path.with_suffix("")) if path.suffix and path.stem else name


class DatumaroWriter:
    """Makes the documents of a dataset."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.flat: list[tuple[Label, str]] = []
        for label in dataset.labels:
            self.flat.append((label, ""))
            self.flat += [(joint, label.name) for joint in label.sublabels]
        self.table = rows_by_frame(dataset, tuple(_TYPES))
        self.number = {label.id: index for index, (label, _) in enumerate(self.flat)}

    def document(self, frames: list[int]) -> Iterator[bytes]:
        """Yield the JSON for some frames in pieces."""
        yield b'{"info":{},"categories":%b,"items":[' % _json(self._categories())
        comma = b""
        for part, rows, bounds in frame_blocks(self.table, frames):
            texts = _Annotations(self.dataset, self.table.take(rows), self.number).texts(rows.tolist())
            owns = [filter(None, texts[begin:end]) for begin, end in pairwise(bounds)]
            yield comma + b",".join(map(self._item, part, owns))
            comma = b","
        yield b"]}"

    def _item(self, frame: int, annotations: Iterable[str]) -> bytes:
        index = self.dataset.frames
        name = index.names[frame]
        image: dict[str, Any] = {"path": name}
        if index.widths[frame] and index.heights[frame]:
            image["size"] = [int(index.heights[frame]), int(index.widths[frame])]
        found = msgspec.Raw(f"[{','.join(annotations)}]".encode())
        return _json({"id": _without_suffix(name), "annotations": found, "attr": {"frame": frame}, "image": image})

    def _categories(self) -> dict[str, Any]:
        skeletons = [label for label in self.dataset.labels if label.sublabels]
        return {
            "label": {
                "labels": [
                    {"name": label.name, "parent": parent, "attributes": sorted(spec.name for spec in label.attributes)}
                    for label, parent in self.flat
                ],
                "attributes": ["occluded"],
            },
            "mask": {
                "colormap": [
                    dict(zip(("label_id", "r", "g", "b"), (index, *bytes.fromhex(label.color[1:])), strict=True))
                    for index, (label, _) in enumerate(self.flat)
                ]
            },
            "points": {
                "items": [
                    {
                        "label_id": self.number[label.id],
                        "labels": [joint.name for joint in label.sublabels],
                        "joints": skeleton_edges(label),
                    }
                    for label in skeletons
                ]
            },
        }


class _Annotations:
    """The annotations of some frames as texts.

    Parameters
    ----------
    dataset
        Where they come from.
    table
        All of them, joints behind their skeletons or not.
    number
        Position of each label id in the file.
    """

    def __init__(self, dataset: Dataset, table: AnnotationTable, number: dict[int, int]) -> None:
        self.dataset = dataset
        self.table = table
        self.label_ids = [number[label] for label in table.label.tolist()]

    def texts(self, ids: list[int]) -> list[str]:
        """Return the text of each row, empty for joints; ``ids`` are their ids in the file."""
        table = self.table
        kinds = [_TYPES[kind] for kind in table.type.tolist()]
        # Keeping the ids of tracks would give many annotations one id: they are counted like all others.
        columns = zip(ids, kinds, self._attribute_texts(), table.group.tolist(), self.label_ids, self._geometry(), strict=True)
        found = list(map(_ANNOTATION.__mod__, columns))
        for row in np.flatnonzero(table.parent >= 0).tolist():
            found[row] = ""
        return found

    def _attribute_texts(self) -> list[str]:
        table = self.table
        occluded = np.where(table.has(Flag.OCCLUDED), '"occluded":true', '"occluded":false').astype(object)
        # CVAT's convention: every box tells its rotation.
        turning = np.flatnonzero((table.type == RECTANGLE) | ((table.type == ELLIPSE) & (table.rotation != 0)))
        occluded[turning] = np.where(
            table.has(Flag.OCCLUDED)[turning], '"occluded":true,"rotation":0.0', '"occluded":false,"rotation":0.0'
        ).astype(object)
        turned = turning[table.rotation[turning] != 0]
        pairs = zip(occluded[turned].tolist(), table.rotation[turned].tolist(), strict=True)
        occluded[turned] = [f"{text[:-3]}{angle!r}" for text, angle in pairs]
        keyframe = table.has(Flag.KEYFRAME)
        for row in np.flatnonzero(table.is_track).tolist():
            occluded[row] += f',"track_id":{int(table.track[row])},"keyframe":{"true" if keyframe[row] else "false"}'
        for row in np.flatnonzero(table.score != 1).tolist():
            occluded[row] += f',"score":{float(table.score[row])!r}'
        for row, values in typed_attributes(table, self.dataset.labels).items():
            occluded[row] += f",{_json(values)[1:-1].decode()}"
        texts: list[str] = occluded.tolist()
        return texts

    def _geometry(self) -> list[str]:
        """Return what stands behind the label of each row."""
        table = self.table
        texts = np.full(len(table), "", object)
        starts = table.offsets[:-1]
        boxes = np.flatnonzero(table.type == RECTANGLE)
        if len(boxes):
            left, top, right, bottom = (table.points[starts[boxes] + index] for index in range(4))
            # All numbers are printed in one go, and cut apart again.
            printed = _json(np.column_stack((left, top, right - left, bottom - top)).tolist()).decode()[2:-2].split("],[")
            texts[boxes] = list(map(_BOX.__mod__, zip(table.z_order[boxes].tolist(), printed, strict=True)))
            if len(boxes) == len(table):
                boxes_alone: list[str] = texts.tolist()
                return boxes_alone
        points_of, offsets, z_order = table.point_lists(), table.offsets.tolist(), table.z_order.tolist()
        flags = table.flags.tolist()
        for row in np.flatnonzero(np.isin(table.type, (POLYGON, POLYLINE, POINTS))).tolist():
            own = points_of(row)
            texts[row] = _POINTS % (z_order[row], _json(own).decode())
        for row in np.flatnonzero(table.type == POINTS).tolist():
            # Datumaro: 0 absent, 1 hidden, 2 visible.
            state = 0 if flags[row] & Flag.OUTSIDE else 1 if flags[row] & Flag.OCCLUDED else 2
            texts[row] += f',"visibility":{[state] * ((offsets[row + 1] - offsets[row]) // 2)}'
        for row in np.flatnonzero(table.type == ELLIPSE).tolist():
            cx, cy, outer, upper = points_of(row)
            texts[row] = _POINTS % (z_order[row], [2 * cx - outer, upper, outer, 2 * cy - upper])
        for row in np.flatnonzero(table.type == MASK).tolist():
            texts[row] = f',"rle":{self._rle(row)},"z_order":{z_order[row]}'
        self._add_skeletons(texts)
        found: list[str] = texts.tolist()
        return found

    def _rle(self, row: int) -> str:
        frame = int(self.table.frame[row])
        points = self.table.points_of(row)
        width, height = int(self.dataset.frames.widths[frame]), int(self.dataset.frames.heights[frame])
        if not (width and height):
            # The size of the picture is not known: the smallest that holds the mask.
            width, height = int(points[-2]) + 1, int(points[-1]) + 1
        return _json(to_coco_rle(points, width, height)).decode()

    def _add_skeletons(self, texts: Any) -> None:
        """Put the joints of each skeleton behind it, as Datumaro nests them."""
        table = self.table
        joints = np.flatnonzero(table.parent >= 0)
        inner: dict[tuple[int, int], list[str]] = {}
        attributes = typed_attributes(table, self.dataset.labels) if len(joints) else {}
        occluded = table.has(Flag.OCCLUDED)
        for row in joints.tolist():
            values = {"occluded": bool(occluded[row])} | attributes.get(row, {})
            text = _ANNOTATION % (
                *(0, _TYPES[int(table.type[row])], _json(values)[1:-1].decode()),
                *(int(table.group[row]), self.label_ids[row], texts[row]),
            )
            inner.setdefault((int(table.parent[row]), int(table.frame[row])), []).append(text)
        for row in np.flatnonzero(table.type == SKELETON).tolist():
            elements = inner.get((int(table.id[row]), int(table.frame[row])), [])
            texts[row] = f',"z_order":{int(table.z_order[row])},"elements":[{",".join(elements)}]'
