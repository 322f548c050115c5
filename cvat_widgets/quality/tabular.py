"""DataFrames in the public column layout as annotation tables, for comparing; the layout is that of ``to_dataframe``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.attributes import AttributeColumns
from cvat_widgets.model.kinds import SHAPE_CODE, SOURCE_CODE, Flag
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.quality.settings import QualityError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Vocabulary"]

_NEEDED = ("frame", "label", "type", "points")


class Vocabulary:
    """Names of labels and attributes, and their numbers; shared by all DataFrames that are compared with one another.

    Parameters
    ----------
    labels
        Labels of the task. Without them names are numbered as they come, and tables that are not DataFrames are refused.
    """

    def __init__(self, labels: LabelSet | None) -> None:
        self.labels = labels
        self._label_ids: dict[str, int] = {}
        self._attribute_ids: dict[str, int] = {}
        self.seen_frames = self.seen_tables = False

    def table(self, data: AnnotationTable | pd.DataFrame, where: str) -> AnnotationTable:
        """Return an annotation table of either kind of input.

        Raises
        ------
        QualityError
            A column is missing, a label or shape type is not known, or tables and DataFrames are mixed without labels.
        """
        is_table = isinstance(data, AnnotationTable)
        self.seen_tables |= is_table
        self.seen_frames |= not is_table
        if self.labels is None and self.seen_tables and self.seen_frames:
            raise QualityError(
                "a DataFrame names its labels, an annotation table numbers them",
                where=where,
                hint="Pass the labels of the task as labels= so that they can be told apart",
            )
        return data if isinstance(data, AnnotationTable) else self._read(data, where)

    def names(self, used: NDArray[np.int32]) -> dict[int, str]:
        """Return id to name of all labels that objects can have; ids not known are named by their number."""
        if self.labels is not None:
            names = {label.id: label.name for label in self.labels}
        else:
            names = {code: name for name, code in self._label_ids.items() if code in set(used.tolist())}
        return names | {code: str(code) for code in np.unique(used).tolist() if code not in names}

    def _read(self, data: pd.DataFrame, where: str) -> AnnotationTable:
        missing = [name for name in _NEEDED if name not in data]
        if missing:
            raise QualityError(f"columns are missing: {', '.join(missing)}", where=where, hint="Use task.to_frame()'s columns")
        count = len(data)

        def column(name: str, default: Any, dtype: Any) -> NDArray[Any]:
            if name not in data:
                return np.full(count, default, dtype)
            return np.array(data[name].astype(object).where(data[name].notna(), default).to_numpy(), dtype)

        points = [np.asarray(value, np.float64).ravel() for value in data["points"]]
        parent = column("parent_id", -1, np.int64)
        ids = column("id", 0, np.int64) if "id" in data else np.arange(1, count + 1)
        label = self._labels(data["label"].astype(str).tolist(), ids, parent, where)
        track = column("track_id", -1, np.int64)
        return AnnotationTable.build(
            id=np.where(track >= 0, track, ids),
            frame=column("frame", 0, np.int64),
            label=label,
            type=_codes(data["type"].tolist(), SHAPE_CODE, "shape type", where),
            track=track,
            parent=parent,
            group=column("group", 0, np.int64),
            z_order=column("z_order", 0, np.int64),
            flags=column("occluded", False, bool) * int(Flag.OCCLUDED)
            + column("outside", False, bool) * int(Flag.OUTSIDE)
            + (track >= 0) * int(Flag.KEYFRAME),
            rotation=column("rotation", 0.0, np.float64),
            source=_codes(column("source", "manual", object).tolist(), SOURCE_CODE, "source", where),
            score=column("score", 1.0, np.float64),
            points=np.concatenate([np.empty(0), *points]),
            offsets=np.concatenate(([0], np.cumsum([len(each) for each in points], dtype=np.int64))),
            attributes=self._attributes(data, label),
        )

    def _labels(self, names: list[str], ids: NDArray[np.int64], parent: NDArray[np.int64], where: str) -> NDArray[np.int64]:
        if self.labels is None:
            return np.array([self._label_ids.setdefault(name, len(self._label_ids) + 1) for name in names], np.int64)
        known = {label.name: label.id for label in self.labels}
        skeletons = dict(zip(ids.tolist(), names, strict=True))
        result = []
        for name, owner in zip(names, parent.tolist(), strict=True):
            choices = known
            if owner >= 0 and skeletons.get(owner) in known:
                choices = {label.name: label.id for label in self.labels[skeletons[owner]].sublabels}
            if name not in choices:
                raise QualityError(f"there is no label {name!r}", where=where, hint=f"The task has {', '.join(choices)}")
            result.append(choices[name])
        return np.array(result, np.int64)

    def _attributes(self, data: pd.DataFrame, label: NDArray[np.int64]) -> AttributeColumns:
        names = [str(name)[5:] for name in data.columns if str(name).startswith("attr.")]
        if not names:
            return AttributeColumns()
        values: list[dict[int, str]] = [{} for _ in range(len(data))]
        for name in names:
            column = data[f"attr.{name}"]
            for row in np.flatnonzero(column.notna().to_numpy()).tolist():
                spec = self._attribute(name, int(label[row]))
                if spec is not None:
                    values[row][spec] = _text(column.iloc[row])
        return AttributeColumns.from_dicts(values)

    def _attribute(self, name: str, label: int) -> int | None:
        if self.labels is None:
            return self._attribute_ids.setdefault(name, len(self._attribute_ids) + 1)
        return next((each.id for each in self.labels.by_id(label).attributes if each.name == name), None)


def _codes(values: list[Any], known: dict[str, int], what: str, where: str) -> NDArray[np.int64]:
    unknown = [value for value in values if value not in known]
    if unknown:
        raise QualityError(f"{unknown[0]!r} is not a {what}", where=where, hint=f"Known are {', '.join(known)}")
    return np.array([known[value] for value in values], np.int64)


def _text(value: Any) -> str:
    """Write an attribute value as CVAT does."""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    return f"{value:.15g}" if isinstance(value, (float, np.floating)) else str(value)
