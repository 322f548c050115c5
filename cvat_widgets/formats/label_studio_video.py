"""Boxes in a video of Label Studio: tracks whose coordinates are fractions until the size of the video is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.collecting import Collector
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.label_studio_regions import turned_box
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.kinds import RECTANGLE, Flag
from cvat_widgets.model.labels import LabelSet

__all__ = ["VideoReader"]

_MAX_FRAMES = 10_000_000
_KEYFRAME, _OUTSIDE = int(Flag.KEYFRAME), int(Flag.OUTSIDE)


class VideoReader:
    """Collects the tracks of the one video a file may have."""

    def __init__(self, rows: Collector) -> None:
        self.rows = rows
        self.count = 0

    def add(self, result: dict[str, Any]) -> list[int]:
        """Take a track and return its rows."""
        rows, value = self.rows, result["value"]
        if rows.frame_names:
            raise FormatError("a video stands beside pictures or another video", hint="Export and import it on its own")
        names = value.get("labels") or value.get("videorectangle") or []
        if not names:
            raise FormatError("the track has no label")
        label = rows.label_of(names[0])
        keys = {int(key["frame"]) - 1: key for key in value["sequence"]}
        if not keys or min(keys) < 0 or max(keys) >= _MAX_FRAMES:
            raise FormatError("the frames of a track count from 1, and a track has at least one")
        count = int(value.get("framesCount") or 0)
        if not 0 <= count <= _MAX_FRAMES:
            raise FormatError(f"a video of {count} frames is not believable")
        self.count = max(self.count, count, max(keys) + 1)
        found: list[int] = []
        for frame in sorted(keys):
            key = keys[frame]
            shares = tuple(float(key[name]) / 100 for name in ("x", "y", "width", "height"))
            if not all(abs(share) <= 100 for share in shares) or min(shares[2:]) < 0:
                raise FormatError(f"the box of frame {frame + 1} is not in per cent of the video")
            rotation = float(key.get("rotation") or 0) % 360
            found.append(self._row(frame, label, shares, rotation, 0))
            # A keyframe that is switched off is the last one on which the object is seen.
            if not key.get("enabled", True) and frame + 1 not in keys:
                found.append(self._row(frame + 1, label, shares, rotation, _OUTSIDE))
        track = rows.id[found[0]]
        for row in found:
            rows.id[row] = rows.track[row] = track
        return found

    def _row(self, frame: int, label: int, shares: tuple[float, ...], rotation: float, flags: int) -> int:
        return self.rows.add(frame, label, RECTANGLE, shares, rotation=rotation, flags=flags | _KEYFRAME)

    def finished(self, dataset: Dataset) -> Dataset:
        """Return the dataset with the frames of the video, and with what an import needs to bring it into pixels."""
        if not self.count:
            return dataset
        # A track that is switched off on the last frame has its end behind it.
        table = dataset.table.take(dataset.table.frame < self.count)
        names = [f"frame_{number:06d}" for number in range(self.count)]

        def fit(_labels: LabelSet, widths: NDArray[np.int32], heights: NDArray[np.int32]) -> Dataset:
            if (widths[table.frame] <= 0).any() or (heights[table.frame] <= 0).any():
                text = "the size of the video is not known, and boxes are in per cent of it"
                raise FormatError(text, where=dataset.name or None, hint="Import into a task of the video")
            scale = np.stack((widths, heights, widths, heights), axis=1)[table.frame]
            boxes = table.points.reshape(-1, 4) * scale
            pixels = [turned_box(*box) for box in np.column_stack((boxes, table.rotation)).tolist()]
            frames = FrameIndex(names, widths, heights)
            return replace(found, table=replace(table, points=np.array(pixels).ravel()), frames=frames, meta={})

        zeros = np.zeros(self.count, np.int32)
        meta = {**dataset.meta, "fit": fit}
        found = replace(dataset, table=table, frames=FrameIndex(names, zeros, zeros), mode="interpolation", meta=meta)
        return found
