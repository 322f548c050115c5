"""What a user's action gets and gives: rows as DataFrames, and the edit made of what it returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from cvat_widgets.actions.parameters import ActionError
from cvat_widgets.actions.running import Chosen
from cvat_widgets.dataframe import from_dataframe, to_dataframe
from cvat_widgets.editing import removal, update_edit
from cvat_widgets.model.changes import Edit
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.operations_common import NewId, merged_edits
from cvat_widgets.model.records import Record, Tag
from cvat_widgets.model.table import AnnotationTable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PandasTables"]

_WORDS = ("add", "update", "remove")


class PandasTables:
    """DataFrames for actions; see :class:`cvat_widgets.actions.running.Tabular`.

    Parameters
    ----------
    labels, frames
        Of the task.
    """

    def __init__(self, labels: LabelSet, frames: FrameIndex) -> None:
        self.labels = labels
        self.frames = frames

    def to_frame(self, rows: AnnotationTable) -> pd.DataFrame:
        """Return rows as a DataFrame."""
        return to_dataframe(rows, self.labels, self.frames)

    def to_edit(self, returned: object, given: pd.DataFrame, chosen: Chosen) -> Edit:
        """Return the edit that a function asked for.

        Parameters
        ----------
        returned
            ``None``, a DataFrame of rows to update, or a mapping with ``add``, ``update`` and ``remove``.
        given
            What the function was given.
        chosen
            The objects.

        Raises
        ------
        ActionError
            It is something else.
        """
        import pandas as pd

        asked: Mapping[str, Any]
        if returned is None:
            return Edit()
        if isinstance(returned, pd.DataFrame):
            asked = {"update": returned}
        elif isinstance(returned, Mapping):
            asked = returned
        else:
            asked = {type(returned).__name__: returned}
        unknown = [str(word) for word in asked if word not in _WORDS]
        if unknown:
            raise ActionError(
                f"an action returned {unknown[0]!r}", hint="Return None, a DataFrame, or a dict with add, update and remove"
            )
        edits = [self._updated(asked.get("update"), given, chosen), self._added(asked.get("add"), chosen.scene.new_id)]
        if asked.get("remove") is not None and len(np.atleast_1d(np.asarray(asked["remove"]))):
            edits.append(removal(asked["remove"], set(chosen.ids)))
        return merged_edits(edits)

    def _updated(self, rows: pd.DataFrame | None, given: pd.DataFrame, chosen: Chosen) -> Edit:
        if rows is None or rows.empty:
            return Edit()
        if "id" not in rows or "frame" not in rows:
            raise ActionError("rows to update need the columns id and frame", hint="Keep those of the rows you were given")
        if "parent_id" in rows:
            rows = rows[rows["parent_id"].isna()].drop(columns="parent_id")
        rows = _changed(rows, given)
        records = chosen.records
        table = AnnotationTable.from_records(records)
        return update_edit(rows, table, self.labels, self.frames, {record.id: record for record in records})

    def _added(self, rows: pd.DataFrame | None, new_id: NewId) -> Edit:
        if rows is None:
            return Edit()
        table = from_dataframe(rows, self.labels, self.frames)
        return Edit(added=tuple(_renumbered(record, new_id) for record in table.to_records(self.labels)))


def _changed(rows: pd.DataFrame, given: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that differ from what was given: a track must not get a keyframe wherever it was only looked at."""
    place = {key: at for at, key in enumerate(zip(given["id"].tolist(), given["frame"].tolist(), strict=True))}
    kept = []
    for at, key in enumerate(zip(rows["id"].tolist(), rows["frame"].tolist(), strict=True)):
        if key not in place:
            raise ActionError(
                f"an action returned object {key[0]} on frame {key[1]}, which it was not given",
                hint="Return new objects under 'add'",
            )
        before, after = given.iloc[place[key]], rows.iloc[at]
        kept.append(any(name not in before.index or not _same(before[name], after[name]) for name in rows.columns))
    return rows[np.array(kept, bool)].drop(columns=["keyframe"], errors="ignore")


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, np.ndarray) or isinstance(after, (np.ndarray, list, tuple)):
        return np.array_equal(np.asarray(before, np.float64).ravel(), np.asarray(after, np.float64).ravel())
    import pandas as pd

    if pd.isna(before) or pd.isna(after):
        return bool(pd.isna(before) and pd.isna(after))
    return bool(before == after)


def _renumbered(record: Record, new_id: NewId) -> Record:
    own = new_id()
    if isinstance(record, Tag):
        return msgspec.structs.replace(record, id=own)
    elements = tuple(msgspec.structs.replace(element, id=new_id()) for element in record.elements)
    return msgspec.structs.replace(record, id=own, elements=elements)
