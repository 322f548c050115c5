"""COCO Keypoints 1.0: skeletons, their joints as ``[x, y, visibility]`` in the order of the category."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import numpy as np

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.attribute_values import typed_attributes
from cvat_widgets.formats.collecting import Collector, located
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.frame_rows import frames_by_subset, rows_by_frame
from cvat_widgets.formats.loss import report_left_out
from cvat_widgets.formats.pictures import write_pictures
from cvat_widgets.formats.registry import Format, Progress, register
from cvat_widgets.formats.skeleton_templates import skeleton_edges, skeleton_template
from cvat_widgets.model.kinds import POINTS, SKELETON, Flag
from cvat_widgets.model.labels import Label

__all__ = ["CocoKeypoints"]

_SUBSET = re.compile(r"person_keypoints_(.+)\.json$")
_ABSENT, _HIDDEN, _VISIBLE = 0, 1, 2
_FLAG_OF = {_ABSENT: int(Flag.OUTSIDE), _HIDDEN: int(Flag.OCCLUDED), _VISIBLE: 0}
_OWN_KEYS = frozenset({"occluded", "track_id", "keyframe", "rotation", "outside"})


class _Image(msgspec.Struct, gc=False):
    id: int
    file_name: str
    width: int = 0
    height: int = 0


class _Category(msgspec.Struct):
    id: int
    name: str
    supercategory: Any = ""
    keypoints: list[str] = []
    skeleton: list[list[int]] = []


class _Annotation(msgspec.Struct):
    image_id: int
    category_id: int
    id: int = 0
    keypoints: list[float] | None = None
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


@register
class CocoKeypoints(Format):
    """Keypoints of COCO: ``annotations/person_keypoints_<subset>.json``."""

    name = "COCO Keypoints 1.0"
    kinds = frozenset({"skeleton", "track", "attribute", "occluded", "score"})
    converts = {"z_order": "order of the annotations"}  # noqa: RUF012
    extensions = ("zip", "json")

    def detect(self, members: Members) -> bool:
        """Whether there is a COCO file whose categories have keypoints."""
        names = _json_names(members)
        if not names:
            return False
        data = members.read(names[0]).removeprefix(b"\xef\xbb\xbf")
        try:
            found = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
            categories = msgspec.json.decode(found["categories"], type=list[_Category])
        except (msgspec.MsgspecError, UnicodeDecodeError, KeyError):
            return False
        return {"images", "annotations"} <= set(found) and any(category.keypoints for category in categories)

    def read(self, members: Members) -> Dataset:
        """Read all JSON files of ``annotations/`` (one a subset), or a bare one."""
        names = _json_names(members)
        if not names:
            raise FormatError(
                "there is no COCO file in it", where=str(members.path), hint="Expected is annotations/person_keypoints_*.json"
            )
        reader = _Reader(members)
        for name in names:
            reader.read(name)
        return reader.dataset()

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write one JSON a subset and, if wanted, ``images/<subset>/<name>``."""
        writer = _Writer(dataset)
        for subset, frames in frames_by_subset(dataset).items():
            sink.write(f"annotations/person_keypoints_{subset}.json", writer.document(frames))
        if save_images:
            write_pictures(dataset, sink, progress)


def _json_names(members: Members) -> list[str]:
    if len(members.names) == 1:
        return members.names
    found = [name for name in members.names if name.lower().endswith(".json")]
    inner = [name for name in found if "annotations/" in name] or found
    return sorted([name for name in inner if "person_keypoints" in name] or inner)


class _Reader:
    def __init__(self, members: Members) -> None:
        self.members = members
        self.rows = Collector(members.path.stem, str(members.path))
        self.categories: dict[int, _Category] = {}
        self.left_out = 0

    def read(self, name: str) -> None:
        where = self.members.where(name)
        try:
            file = msgspec.json.decode(self.members.read(name).removeprefix(b"\xef\xbb\xbf"), type=_File)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise FormatError(f"not a COCO file: {error}", where=where) from None
        found = _SUBSET.search(name)
        subset = "" if found is None or found[1] == "default" else found[1]
        frame_of: dict[int, int] = {}
        for index, image in enumerate(file.images):
            with located(f"{where}: images[{index}]"):
                if image.id in frame_of:
                    raise FormatError(f"two images have the id {image.id}")
                frame_of[image.id] = self.rows.add_frame(image.file_name, image.width, image.height, subset)
                self.rows.frame_ids.append(image.id)
        for index, category in enumerate(file.categories):
            with located(f"{where}: categories[{index}]"):
                self._category(category)
        for index, annotation in enumerate(file.annotations):
            with located(f"{where}: annotations[{index}] (id {annotation.id})"):
                self._annotation(annotation, frame_of)

    def _category(self, category: _Category) -> None:
        known = self.categories.setdefault(category.id, category)
        if known.name != category.name or known.keypoints != category.keypoints:
            raise FormatError(f"the category {category.id} is defined twice, and differently")
        if len(set(category.keypoints)) != len(category.keypoints):
            raise FormatError(f"a keypoint of {category.name!r} is named twice")
        self.rows.label_of(category.name)
        for joint in category.keypoints:
            self.rows.label_of(joint, category.name)

    def _annotation(self, item: _Annotation, frame_of: dict[int, int]) -> None:
        if item.image_id not in frame_of:
            raise FormatError(f"image_id {item.image_id} names no image")
        category = self.categories.get(item.category_id)
        if category is None:
            raise FormatError(f"category_id {item.category_id} names no category")
        if item.keypoints is None or not category.keypoints:
            self.left_out += 1
            return
        if len(item.keypoints) != 3 * len(category.keypoints):
            raise FormatError(
                f"it has {len(item.keypoints)} numbers for {len(category.keypoints)} keypoints; three for each are needed"
            )
        rows, frame = self.rows, frame_of[item.image_id]
        values = item.attributes or {}
        flags = int(Flag.OCCLUDED) if values.get("occluded") else 0
        track, key = -1, values.get("track_id")
        if key is not None:
            track = rows.track_of((category.name, str(key)))
            flags |= int(Flag.KEYFRAME) if values.get("keyframe", True) else 0
        row = rows.add(frame, rows.label_of(category.name), SKELETON, track=track, flags=flags, score=item.score)
        if track < 0:
            rows.extras[row] = {"coco_keypoints": (item.id, item.area, item.iscrowd, item.bbox, item.segmentation)}
        for name, value in values.items():
            if name not in _OWN_KEYS:
                rows.set_attribute(row, name, value)
        keyframe = flags & int(Flag.KEYFRAME)
        for index, joint in enumerate(category.keypoints):
            x, y, visibility = item.keypoints[3 * index : 3 * index + 3]
            if visibility not in _FLAG_OF:
                raise FormatError(f"the visibility of {joint!r} is {visibility:g}; it can be 0, 1 or 2")
            rows.add(
                frame,
                rows.label_of(joint, category.name),
                POINTS,
                (x, y),
                track=rows.track_of((category.name, str(key), joint)) if track >= 0 else -1,
                parent=track if track >= 0 else rows.id[row],
                flags=_FLAG_OF[int(visibility)] | keyframe,
                score=item.score,
            )

    def dataset(self) -> Dataset:
        unique = {category.name: category for category in self.categories.values()}
        with located(self.rows.where):
            declared = [_label(category) for category in unique.values()]
        ids = {category.name: (category.id, category.supercategory) for category in unique.values()}
        if self.left_out:
            # CVAT does the same: the boxes of such a file belong to its skeletons.
            text = f"{self.left_out} annotations have no keypoints and were left out"
            report_left_out(f"{self.rows.name}: {text}.", stacklevel=5)
        return self.rows.dataset(declared, members=self.members, meta={"coco_categories": ids})


def _label(category: _Category) -> Label:
    if not category.keypoints:
        return Label(category.name)
    joints = tuple(Label(name, type="points") for name in category.keypoints)
    edges = [edge for edge in category.skeleton if len(edge) == 2]
    return Label(category.name, type="skeleton", sublabels=joints, svg=skeleton_template(category.keypoints, edges))


class _Writer:
    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.table = table = rows_by_frame(dataset, (SKELETON,))
        given = dataset.meta.get("coco_categories", {})
        known = all(label.name in given for label in dataset.labels)
        self.category = {
            label.id: given[label.name] if known else (number, "") for number, label in enumerate(dataset.labels, start=1)
        }
        ids = dataset.frames.ids
        self.image_id = [int(ids[frame]) if len(ids) else frame + 1 for frame in range(len(dataset.frames))]
        self.position = {joint.id: index for label in dataset.labels for index, joint in enumerate(label.sublabels)}
        self.attributes = typed_attributes(table, dataset.labels)
        self.joints: dict[tuple[int, int], list[int]] = {}
        for row in np.flatnonzero(table.parent >= 0).tolist():
            self.joints.setdefault((int(table.parent[row]), int(table.frame[row])), []).append(row)
        owned = [extra["coco_keypoints"][0] for extra in table.extras.values() if "coco_keypoints" in extra]
        self.skeletons = np.flatnonzero(table.type == SKELETON)
        self.keep_ids = len(set(owned)) == len(self.skeletons)

    def document(self, frames: list[int]) -> bytes:
        """Return the JSON for some frames."""
        dataset, chosen = self.dataset, set(frames)
        rows = [row for row in self.skeletons.tolist() if int(self.table.frame[row]) in chosen]
        return msgspec.json.encode(
            {
                "licenses": [{"name": "", "id": 0, "url": ""}],
                "info": {"contributor": "", "date_created": "", "description": "", "url": "", "version": "", "year": ""},
                "categories": [
                    {
                        "id": self.category[label.id][0],
                        "name": label.name,
                        "supercategory": self.category[label.id][1],
                        "keypoints": [joint.name for joint in label.sublabels],
                        "skeleton": skeleton_edges(label),
                    }
                    for label in dataset.labels
                ],
                "images": [
                    {
                        "id": self.image_id[frame],
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
                "annotations": [self._annotation(row) for row in rows],
            }
        )

    def _annotation(self, row: int) -> dict[str, Any]:
        table = self.table
        label, frame, track = int(table.label[row]), int(table.frame[row]), int(table.track[row])
        count = len(self.dataset.labels.by_id(label).sublabels)
        keypoints = np.zeros((count, 3))
        for joint in self.joints.get((int(table.id[row]), frame), []):
            flags = int(table.flags[joint])
            state = _ABSENT if flags & Flag.OUTSIDE else _HIDDEN if flags & Flag.OCCLUDED else _VISIBLE
            keypoints[self.position[int(table.label[joint])]] = [*table.points_of(joint)[:2], state]
        placed = keypoints[keypoints[:, 2] > 0, :2]
        box = [0.0, 0.0, 0.0, 0.0]
        if len(placed):
            low, size = placed.min(axis=0), np.ptp(placed, axis=0)
            box = [*low.tolist(), *size.tolist()]
        occluded = bool(table.flags[row] & Flag.OCCLUDED)
        values: dict[str, Any] = {"occluded": occluded}
        if track >= 0:
            values |= {"track_id": track, "keyframe": bool(table.flags[row] & Flag.KEYFRAME)}
        known = table.extras.get(row, {}).get("coco_keypoints")
        number, area, crowd, own_box, segmentation = known or (0, None, 0, None, None)
        annotation = {
            "id": number if self.keep_ids else int(np.searchsorted(self.skeletons, row)) + 1,
            "image_id": self.image_id[frame],
            "category_id": self.category[label][0],
            "segmentation": segmentation or [],
            "area": area if area is not None else box[2] * box[3],
            "bbox": own_box or box,
            "iscrowd": crowd,
            "attributes": values | self.attributes.get(row, {}),
            "keypoints": keypoints.ravel().tolist(),
            "num_keypoints": len(placed),
        }
        if table.score[row] != 1:
            annotation["score"] = float(table.score[row])
        return annotation
