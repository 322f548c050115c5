"""Datasets without the frames that are taken out of a task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.registry import Format
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.kinds import Flag
from cvat_widgets.model.table import AnnotationTable

__all__ = ["without_deleted"]

_T = TypeVar("_T")


def without_deleted(dataset: Dataset, target: Format) -> Dataset:
    """Return a dataset without ``meta["deleted_frames"]``.

    Where frames are known by number the numbers stay, and tracks are outside on deleted frames; elsewhere the frames
    themselves are left out.
    """
    count = len(dataset.frames)
    deleted = np.zeros(count, bool)
    deleted[[frame for frame in dataset.meta.get("deleted_frames", ()) if 0 <= frame < count]] = True
    if not deleted.any():
        return dataset
    plain = dataset.table.take(~dataset.table.is_track & ~deleted[np.minimum(dataset.table.frame, count - 1)])
    tracks = dataset.table.take(dataset.table.is_track)
    if len(tracks):
        # What is seen on the canvas is what is written: every row becomes a keyframe, wherever its neighbours go.
        tracks = interpolate_table(tracks, frame_count=count, include_outside=True)
        tracks = _outside_on(tracks, deleted) if target.numbers_frames else tracks.take(~deleted[tracks.frame])
        tracks = tracks.with_columns(flags=tracks.flags | np.uint8(Flag.KEYFRAME))
    table = AnnotationTable.concat([plain, tracks])
    if target.numbers_frames:
        return replace(dataset, table=table)
    return _renumbered(dataset, table, np.flatnonzero(~deleted))


def _outside_on(tracks: AnnotationTable, deleted: NDArray[np.bool_]) -> AnnotationTable:
    gone = deleted[tracks.frame]
    return tracks.with_columns(flags=np.where(gone, tracks.flags | np.uint8(Flag.OUTSIDE), tracks.flags).astype(np.uint8))


def _renumbered(dataset: Dataset, table: AnnotationTable, kept: NDArray[np.intp]) -> Dataset:
    frames, media, meta = dataset.frames, dataset.media, dict(dataset.meta)
    if "start_frame" in meta:
        meta["start_frame"] = int(np.searchsorted(kept, meta["start_frame"]))
        meta["stop_frame"] = int(np.searchsorted(kept, meta["stop_frame"], side="right")) - 1
        meta["segments"] = [
            (job, int(np.searchsorted(kept, start)), int(np.searchsorted(kept, stop, side="right")) - 1)
            for job, start, stop in meta.get("segments", ())
        ]
    return replace(
        dataset,
        frames=FrameIndex(
            _chosen(frames.names, kept),
            frames.widths[kept],
            frames.heights[kept],
            _chosen(frames.subsets, kept),
            _chosen(frames.ids, kept),
        ),
        table=table.with_columns(frame=np.searchsorted(kept, table.frame).astype(np.int32)),
        media=None if media is None else lambda frame: media(int(kept[frame])),
        meta=meta,
    )


def _chosen(values: Sequence[_T], kept: NDArray[np.intp]) -> list[_T]:
    return [values[number] for number in kept.tolist()] if len(values) else []
