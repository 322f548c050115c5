"""KITTI's label files and instance pictures written from rows."""

from __future__ import annotations

from collections import Counter

import cv2
import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Sink
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.index_masks import encode_png, paint
from cvat_widgets.formats.kitti_reader import KITTI_EXTRA
from cvat_widgets.formats.label_lists import label_text
from cvat_widgets.formats.partial_loss import other_attributes
from cvat_widgets.formats.picture_names import stem_of
from cvat_widgets.model.kinds import RECTANGLE, Flag
from cvat_widgets.model.table import AnnotationTable

__all__ = ["KittiWriter"]

_BACKGROUND = "background"
_UNKNOWN = ["-1"] * 7


class KittiWriter:
    """Writes frames of a dataset.

    Parameters
    ----------
    dataset
        What to write.
    rows
        Its visible shapes, one row a frame, by frame and z-order.
    """

    def __init__(self, dataset: Dataset, rows: AnnotationTable) -> None:
        self.dataset = dataset
        self.rows = rows
        self.names = {label.id: label.name for label in dataset.labels}
        self.colors = {label.name: label.color for label in dataset.labels}
        if _BACKGROUND not in self.colors:
            self.colors = {_BACKGROUND: "#000000", **self.colors}
        self.number = {name: number for number, name in enumerate(self.colors)}
        self.truncated = self._true("truncated")
        self.crowd = self._true("is_crowd")
        self.upright = (rows.type == RECTANGLE) & (rows.rotation == 0)
        self.order, self.starts = rows.frame_rows()

    def _true(self, name: str) -> NDArray[np.bool_]:
        """Return the rows that have a checkbox ticked."""
        specs = [spec.id for label in self.dataset.labels for spec in label.attributes if spec.name == name]
        values = self.rows.attributes
        ticked = np.array([text.lower() in ("true", "1") for text in values.strings], bool)
        found = np.zeros(len(self.rows), bool)
        chosen = np.isin(values.spec, specs)
        found[values.row[chosen]] = ticked[values.code[chosen]] if chosen.any() else False
        return found

    def left_out(self) -> dict[str, int]:
        """Return what boxes or masks have no place for."""
        rows = self.rows
        lost = other_attributes(self.dataset, {"truncated", "is_crowd"}, rows)
        lost["truncated mask"] = int((self.truncated & ~self.upright).sum())
        lost["occluded mask"] = int((rows.has(Flag.OCCLUDED) & ~self.upright).sum())
        lost["score of a mask"] = int(((rows.score != 1) & ~self.upright).sum())
        return lost

    def write_frame(self, sink: Sink, subset: str, frame: int) -> None:
        """Write the files of a frame; one without shapes has none."""
        if frame + 1 >= len(self.starts):
            return
        chosen = self.order[self.starts[frame] : self.starts[frame + 1]]
        boxes, masks = chosen[self.upright[chosen]], chosen[~self.upright[chosen]]
        stem = stem_of(self.dataset.frames.names[frame])
        if len(boxes):
            sink.write(f"{subset}/label_2/{stem}.txt", "".join(self._line(row) for row in boxes.tolist()))
        if len(masks):
            self._write_masks(sink, subset, stem, frame, masks.tolist())

    def write_labels(self, sink: Sink) -> None:
        """Write the lists of labels: those of masks with their colours."""
        lines = (f"{' '.join(map(str, _rgb(color)))} {' '.join(name.split())}\n" for name, color in self.colors.items())
        sink.write("label_colors.txt", "".join(lines))
        sink.write("labels.txt", label_text(self.dataset.labels.names))

    def _line(self, row: int) -> str:
        rows = self.rows
        truncated, occluded = bool(self.truncated[row]), bool(rows.flags[row] & int(Flag.OCCLUDED))
        start = ["1.0" if truncated else "0.0", str(int(occluded)), "-1"]
        end = _UNKNOWN
        known = rows.extras.get(row, {}).get(KITTI_EXTRA)
        if known:
            # What the file said of truncation and occlusion is finer than our flags; it holds while they agree.
            exact = (float(known[0]) != 0) == truncated, (float(known[1]) != 0) == occluded
            start = [text if keep else own for keep, text, own in zip((*exact, True), known, start, strict=False)]
            end = known[3:]
        corners = [repr(value) for value in rows.points_of(row).tolist()]
        name = " ".join(self.names[int(rows.label[row])].split())
        return " ".join([name, *start, *corners, *end, repr(float(rows.score[row]))]) + "\n"

    def _write_masks(self, sink: Sink, subset: str, stem: str, frame: int, masks: list[int]) -> None:
        frames = self.dataset.frames
        width, height = int(frames.widths[frame]), int(frames.heights[frame])
        if width <= 0 or height <= 0:
            raise FormatError(f"the size of the frame {frames.names[frame]!r} is not known, so masks cannot be painted")
        instances = np.zeros((height, width), np.uint16)
        for row, value in zip(masks, self._values(masks), strict=True):
            paint(instances, self.rows, row, value)
        semantic = (instances >> 8).astype(np.uint8)
        palette = np.zeros((256, 3), np.uint8)
        for name, number in self.number.items():
            if number < 256:
                palette[number] = _rgb(self.colors[name])
        sink.write(f"{subset}/instance/{stem}.png", encode_png(instances), compress=False)
        sink.write(f"{subset}/semantic/{stem}.png", encode_png(semantic), compress=False)
        sink.write(
            f"{subset}/semantic_rgb/{stem}.png",
            encode_png(cv2.LUT(cv2.cvtColor(semantic, cv2.COLOR_GRAY2RGB), palette[None])),
            compress=False,
        )

    def _values(self, masks: list[int]) -> list[int]:
        """Return the number of each mask's pixels: objects of a label count from 1, crowds are 0, groups are one object."""
        rows = self.rows
        counts: Counter[int] = Counter()
        grouped: dict[tuple[int, int], int] = {}
        values: list[int] = []
        for row in masks:
            number = self.number[self.names[int(rows.label[row])]]
            key = (number, int(rows.group[row]))
            if self.crowd[row]:
                instance = 0
            elif key[1] and key in grouped:
                instance = grouped[key]
            else:
                counts[number] += 1
                instance = counts[number]
                grouped[key] = instance
            if number > 255 or instance > 255:
                raise FormatError("KITTI has room for 256 labels, and for 255 objects of each on a frame")
            values.append(number * 256 + instance)
        return values


def _rgb(color: str) -> tuple[int, int, int]:
    text = color.lstrip("#")
    return int(text[:2], 16), int(text[2:4], 16), int(text[4:6], 16)
