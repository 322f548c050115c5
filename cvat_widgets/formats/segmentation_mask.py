"""Segmentation mask 1.1: class and instance masks in the layout of PASCAL VOC, in the colours of the labels."""

from __future__ import annotations

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.collecting import Collector, text_of
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.frame_rows import frames_by_subset
from cvat_widgets.formats.mask_label_maps import LabelMap, equal_colors, label_map_of, parse_voc, voc_lines
from cvat_widgets.formats.mask_painting import Painter
from cvat_widgets.formats.mask_vocabularies import VOC
from cvat_widgets.formats.registry import Format, Progress, register
from cvat_widgets.formats.voc_layout import VocFrames, VocLayout, frame_id, picture_name
from cvat_widgets.formats.voc_masks import read_masks, write_masks
from cvat_widgets.model.kinds import ELLIPSE, MASK, POLYGON, RECTANGLE

__all__ = ["MASK_CONVERSIONS", "SegmentationMask", "voc_label_map"]

MASK_CONVERSIONS = {
    "rectangle": "mask",
    "polygon": "mask",
    "ellipse": "mask",
    "rotation": "outline of the mask",
    "z_order": "order of painting",
    "track": "one mask a frame",
    "group": "one object",
}
"""What formats that hold nothing but masks make of everything else."""


@register
class SegmentationMask(Format):
    """``SegmentationClass/*.png``, ``SegmentationObject/*.png``, ``labelmap.txt`` and lists of images by subset."""

    name = "Segmentation mask 1.1"
    kinds = frozenset({"mask"})
    converts = MASK_CONVERSIONS

    def detect(self, members: Members) -> bool:
        """Whether there are class masks, or lists of them, and no XML or other lists of VOC."""
        layout = VocLayout(members)
        return bool(layout.class_masks or layout.lists("Segmentation")) and not layout.annotations and not layout.lists("Main")

    def read(self, members: Members) -> Dataset:
        """Read one mask an instance."""
        layout = VocLayout(members)
        layout.check()
        frames = VocFrames(layout)
        frames.read_lists("Segmentation", list(layout.lists("Segmentation")))
        for key, member in layout.class_masks.items():
            frames.add(key, "", members.where(member))
        if not frames.subset:
            raise FormatError(
                "there are no masks in it", where=str(members.path), hint="Expected are SegmentationClass/ and ImageSets/"
            )
        label_map = voc_label_map(layout)
        rows = Collector(members.path.stem, str(members.path))
        frames.enter(rows)
        read_masks(layout, label_map, frames, rows)
        pictures = frames.finish(rows)
        declared = label_map.labels(str(members.path)) if layout.label_map_name else []
        return rows.dataset(declared, meta={"images": pictures} if pictures else {})

    def partial_losses(self, dataset: Dataset) -> dict[str, int]:
        """Return the shapes whose label cannot be told by its colour."""
        return equal_colors(dataset, {}, (RECTANGLE, POLYGON, MASK, ELLIPSE))

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write the masks and, if wanted, ``JPEGImages/<name>``."""
        painter = Painter(dataset, (RECTANGLE, POLYGON, MASK, ELLIPSE), merge_groups=True)
        label_map, index_of = label_map_of(dataset.labels, {}, background="name")
        sink.write("labelmap.txt", voc_lines(label_map))
        label = painter.table.label
        for subset, chosen in frames_by_subset(dataset).items():
            listed = []
            for frame in chosen:
                key = frame_id(dataset.frames.names[frame])
                segments = painter.segments(frame)
                if segments:
                    indices = [int(index_of[label[segment.row]]) for segment in segments]
                    write_masks(sink, key, painter.size(frame), segments, indices, label_map.colors)
                listed.append(key)
                if save_images and dataset.media is not None:
                    name, data = dataset.media(frame)
                    sink.write(f"JPEGImages/{picture_name(name)}", data, compress=False)
                progress(frame + 1, len(dataset.frames))
            if listed:
                sink.write(f"ImageSets/Segmentation/{subset}.txt", "".join(f"{key}\n" for key in listed))


def voc_label_map(layout: VocLayout) -> LabelMap:
    """Return the label map of an archive, or that of the VOC devkit if it has none."""
    if layout.label_map_name is None:
        return LabelMap.of(dict.fromkeys(VOC))
    return parse_voc(text_of(layout.members, layout.label_map_name), layout.members.where(layout.label_map_name))
