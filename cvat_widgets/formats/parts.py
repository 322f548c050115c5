"""The frames of one job as a dataset of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.registry import Format
from cvat_widgets.model.frames import FrameIndex

__all__ = ["frames_between", "part_for"]


def part_for(dataset: Dataset, target: Format) -> Dataset:
    """Return what an export of a job holds: its frames only, or, where frames are known by number, all up to its last one."""
    if dataset.meta.get("job_id") is None:
        return dataset
    start, stop = dataset.meta["start_frame"], dataset.meta["stop_frame"]
    return frames_between(dataset, 0 if target.numbers_frames else start, stop)


def frames_between(dataset: Dataset, start: int, stop: int) -> Dataset:
    """Return frames ``start`` to ``stop`` (inclusive) and what is on them as a dataset, numbered from 0."""
    frames, table, media = dataset.frames, dataset.table, dataset.media
    if start == 0 and stop >= len(frames) - 1:
        return dataset
    chosen = slice(start, stop + 1)
    names = [frames.names[number] for number in range(start, min(stop + 1, len(frames)))]
    table = table.take((table.frame >= start) & (table.frame <= stop))
    return replace(
        dataset,
        frames=FrameIndex(
            names, frames.widths[chosen], frames.heights[chosen], tuple(frames.subsets[chosen]), tuple(frames.ids[chosen])
        ),
        table=table.with_columns(frame=(table.frame - start).astype(np.int32)),
        media=None if media is None else lambda frame: media(frame + start),
        meta={**dataset.meta, "segments": [(dataset.meta.get("job_id") or 0, 0, len(names) - 1)]},
    )
