"""PASCAL VOC 1.1: boxes in XML, tags in lists of images by class, polygons and masks as pictures, as CVAT has them."""

from __future__ import annotations

import numpy as np

from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.frame_rows import frames_by_subset, rows_by_frame
from cvat_widgets.formats.mask_images import voc_colors
from cvat_widgets.formats.mask_label_maps import LabelMap, label_map_of, voc_lines
from cvat_widgets.formats.mask_painting import Painter, Segment
from cvat_widgets.formats.registry import Format, Progress, register
from cvat_widgets.formats.voc_layout import VocLayout, frame_id, picture_name
from cvat_widgets.formats.voc_masks import write_masks
from cvat_widgets.formats.voc_reader import flat_documents, read_voc
from cvat_widgets.formats.voc_writer import document, objects_of_frames
from cvat_widgets.model.kinds import ELLIPSE, MASK, POLYGON, RECTANGLE, TAG, Flag

__all__ = ["PascalVoc"]


@register
class PascalVoc(Format):
    """``Annotations/*.xml``, ``ImageSets/``, ``SegmentationClass/``, ``SegmentationObject/`` and ``labelmap.txt``."""

    name = "PASCAL VOC 1.1"
    kinds = frozenset({"rectangle", "tag", "mask", "track", "attribute", "rotation", "occluded"})
    converts = {"polygon": "mask", "ellipse": "mask"}  # noqa: RUF012

    def detect(self, members: Members) -> bool:
        """Whether there are lists of VOC or XML of its kind."""
        layout = VocLayout(members)
        if layout.annotations:
            return _is_voc(members.read(next(iter(layout.annotations.values()))))
        if layout.lists("Main"):
            return True
        flat = flat_documents(members)
        return bool(flat) and not layout.class_masks and _is_voc(members.read(next(iter(flat.values()))))

    def read(self, members: Members) -> Dataset:
        """Read boxes, tags and masks, of the layout above or of XML files alone."""
        return read_voc(members)

    def partial_losses(self, dataset: Dataset) -> dict[str, int]:
        """Return what masks lose: pictures keep their pixels and label, the rest has a place in boxes only."""
        table = dataset.table
        painted = np.isin(table.type, (POLYGON, MASK, ELLIPSE)) & (table.parent < 0)
        bare = table.take(painted & ~table.has(Flag.OUTSIDE))
        return {
            "attribute of masks": len(bare.attributes),
            "occluded of masks": int(bare.has(Flag.OCCLUDED).sum()),
            "track of masks": len(np.unique(bare.track[bare.is_track])),
        }

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write one XML a frame, masks and lists and, if wanted, ``JPEGImages/<name>``."""
        painter = Painter(dataset, (POLYGON, MASK, ELLIPSE), merge_groups=False)
        label_map, index_of = label_map_of(dataset.labels, {}, background="name")
        # VOC's own colours, by index.
        label_map = LabelMap(label_map.names, voc_colors(len(label_map.names)), 0)
        sink.write("labelmap.txt", voc_lines(label_map))
        boxes = rows_by_frame(dataset, (RECTANGLE,))
        tags = _tags(dataset)
        label = painter.table.label
        for subset, chosen in frames_by_subset(dataset).items():
            keys: list[str] = []
            empty: list[str] = []
            masked: list[str] = []
            tagged: dict[str, set[str]] = {}
            for frame, own in objects_of_frames(dataset, boxes, chosen):
                key = frame_id(dataset.frames.names[frame])
                segments: list[Segment] = painter.segments(frame)
                sink.write(f"Annotations/{key}.xml", document(dataset, frame, own, segmented=bool(segments)))
                if segments:
                    indices = [int(index_of[label[segment.row]]) for segment in segments]
                    write_masks(sink, key, painter.size(frame), segments, indices, label_map.colors)
                    masked.append(key)
                if frame in tags:
                    tagged[key] = tags[frame]
                elif not own and not segments:
                    empty.append(key)
                keys.append(key)
                if save_images and dataset.media is not None:
                    name, data = dataset.media(frame)
                    sink.write(f"JPEGImages/{picture_name(name)}", data, compress=False)
                progress(frame + 1, len(dataset.frames))
            _write_lists(sink, subset, keys, empty, masked)
            if tagged:
                for name in label_map.names:
                    lines = [f"{key} {1 if name in labels else -1:2d}\n" for key, labels in tagged.items()]
                    sink.write(f"ImageSets/Main/{name}_{subset}.txt", "".join(lines))


def _is_voc(data: bytes) -> bool:
    """Whether XML is VOC's. LabelMe's has the same first element, but none of the others."""
    head = data[:4000].replace(b"\0", b"")
    if b"<annotation>" not in head and b"<annotation " not in head:
        return False
    return not any(mark in head for mark in (b"<imagesize>", b"<polygon>", b"<deleted>", b"<annotations"))


def _write_lists(sink: Sink, subset: str, keys: list[str], empty: list[str], masked: list[str]) -> None:
    """Write the lists of a subset. Images without annotations are in all of them, as in CVAT."""
    segmented = set(masked) | set(empty)
    lists = {
        "Main": keys,
        "Segmentation": [key for key in keys if key in segmented],
        "Layout": empty,
        "Action": empty,
    }
    for task, listed in lists.items():
        if listed:
            quoted = [f'"{key}"' if task == "Layout" and len(key.split()) > 1 else key for key in listed]
            sink.write(f"ImageSets/{task}/{subset}.txt", "".join(f"{key}\n" for key in quoted))


def _tags(dataset: Dataset) -> dict[int, set[str]]:
    """Return the labels of the tags of each frame."""
    table = dataset.table
    found: dict[int, set[str]] = {}
    rows = np.flatnonzero(table.type == TAG)
    for frame, label in zip(table.frame[rows].tolist(), table.label[rows].tolist(), strict=True):
        found.setdefault(frame, set()).add(dataset.labels.by_id(label).name)
    return found
