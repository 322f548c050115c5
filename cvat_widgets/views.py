"""What tasks, jobs and past revisions have in common: annotations read as DataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.table import AnnotationTable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AnnotationView"]


class AnnotationView:
    """Annotations of some frames at one revision; read-only.

    Parameters
    ----------
    table
        The annotations, overlaps of jobs already merged.
    labels
        Labels of the task.
    frames
        All frames of the task.
    revision
        Revision the table belongs to.
    """

    def __init__(self, table: AnnotationTable, labels: LabelSet, frames: FrameIndex, revision: int) -> None:
        self.table = table
        self.labels = labels
        self.frame_index = frames
        self.revision = revision

    @property
    def shapes(self) -> pd.DataFrame:
        """Plain shapes, one row each (columns: :mod:`cvat_widgets.dataframe`)."""
        return self._rows(~self.table.is_track & ~self.table.is_tag)

    @property
    def tracks(self) -> pd.DataFrame:
        """Tracks, one row a keyframe; attributes are those in force at the keyframe."""
        return self._rows(self.table.is_track)

    @property
    def tags(self) -> pd.DataFrame:
        """Tags of frames, one row each."""
        return self._rows(~self.table.is_track & self.table.is_tag)

    def to_frame(self, interpolate: bool = False) -> pd.DataFrame:
        """Return everything in one DataFrame.

        Parameters
        ----------
        interpolate
            ``False``: shapes, keyframes and tags as they are stored. ``True``: every object visible on a frame, one row each;
            tracks are
            interpolated between their keyframes and rows that are outside are left out.
        """
        from cvat_widgets.dataframe import to_dataframe

        table = self.table
        if interpolate:
            from cvat_widgets.model.interpolation import interpolate_table

            table = interpolate_table(table, frame_count=len(self.frame_index))
        table = table.take(np.lexsort((np.arange(len(table)), table.frame)))
        return to_dataframe(table, self.labels, self.frame_index)

    def _rows(self, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> pd.DataFrame:
        from cvat_widgets.dataframe import to_dataframe

        return to_dataframe(self.table.take(chosen), self.labels, self.frame_index)

    def __repr__(self) -> str:
        tracks = len(np.unique(self.table.track[self.table.is_track & (self.table.parent < 0)]))
        tags = int(self.table.is_tag.sum())
        shapes = int((~self.table.is_track & ~self.table.is_tag & (self.table.parent < 0)).sum())
        return f"<{type(self).__name__} revision {self.revision}: {shapes} shapes, {tracks} tracks, {tags} tags>"
