"""What tasks, jobs and past revisions have in common: annotations read as DataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.table import AnnotationTable

if TYPE_CHECKING:
    from collections.abc import Mapping

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

    def filter(self, condition: Mapping[str, Any] | str, *, interpolate: bool = False) -> pd.DataFrame:
        """Return the rows that match a filter.

        The filter of the canvas can be copied here in both of its forms; joints go with their skeleton.

        Parameters
        ----------
        condition
            JSON logic (a mapping, or text that begins with a brace), or a query of pandas over the columns of
            :meth:`to_frame` and ``width`` and ``height`` of the box around each object. Like any text for
            :meth:`pandas.DataFrame.query`, a query is to be your own; JSON logic may come from anywhere.
        interpolate
            As in :meth:`to_frame`: ``False`` chooses among shapes, keyframes and tags as they are stored.

        Raises
        ------
        FilterError
            The filter is not valid, does not fit the labels, or is not a query.

        Examples
        --------
        >>> task.filter('label == "car" and width > 50')  # doctest: +SKIP
        >>> task.filter({"==": [{"var": "attr.car.color"}, "red"]}, interpolate=True)  # doctest: +SKIP
        """
        from cvat_widgets.dataframe import to_dataframe
        from cvat_widgets.model.filters import filter_mask, widths_and_heights

        table = self.table
        if interpolate:
            from cvat_widgets.model.interpolation import interpolate_table

            table = interpolate_table(table, frame_count=len(self.frame_index))
        table = table.take(np.lexsort((np.arange(len(table)), table.frame)))
        data = to_dataframe(table, self.labels, self.frame_index)
        if isinstance(condition, str) and not condition.lstrip().startswith("{"):
            width, height = widths_and_heights(table).T
            found = _queried(data.assign(width=width, height=height), condition)
        else:
            found = filter_mask(table, self.labels, condition)
        return data[found].reset_index(drop=True)

    def _rows(self, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> pd.DataFrame:
        from cvat_widgets.dataframe import to_dataframe

        return to_dataframe(self.table.take(chosen), self.labels, self.frame_index)

    def __repr__(self) -> str:
        tracks = len(np.unique(self.table.track[self.table.is_track & (self.table.parent < 0)]))
        tags = int(self.table.is_tag.sum())
        shapes = int((~self.table.is_track & ~self.table.is_tag & (self.table.parent < 0)).sum())
        return f"<{type(self).__name__} revision {self.revision}: {shapes} shapes, {tracks} tracks, {tags} tags>"


def _queried(data: pd.DataFrame, query: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return the rows a query chooses and the joints of skeletons among them; it does not see variables of the caller."""
    from cvat_widgets.model.filters import FilterError

    joints = "parent_id" in data
    objects = data[data["parent_id"].isna()] if joints else data
    try:
        chosen = objects.query(query, engine="python", local_dict={}, global_dict={}).index
    except Exception as error:  # noqa: BLE001  # pandas raises whatever its parts raise
        raise FilterError(f"the query cannot be used: {error}", where=repr(query[:200])) from None
    found = data.index.isin(chosen)
    if joints:
        keys = data["id"].astype(str) + "@" + data["frame"].astype(str)
        parents = data["parent_id"].astype(str) + "@" + data["frame"].astype(str)
        found |= (data["parent_id"].notna() & parents.isin(keys[found])).to_numpy(bool)
    return found
