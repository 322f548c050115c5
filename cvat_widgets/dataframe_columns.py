"""Columns of a DataFrame that a user made, checked and converted one by one; every error names the row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError, LabelError
from cvat_widgets.model.attributes import AttributeColumns
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import LabelSet

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["GivenColumns", "attribute_text"]


def attribute_text(value: Any) -> str | None:
    """Return an attribute value of a DataFrame cell as CVAT writes it, ``None`` for a missing one."""
    import pandas as pd

    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)):
        return f"{value:.15g}"
    return str(value)


class GivenColumns:
    """Columns of a user's DataFrame, checked and converted one by one."""

    def __init__(self, frame: pd.DataFrame, labels: LabelSet, frames: FrameIndex) -> None:
        self.data = frame
        self.labels = labels
        self.frames = frames

    def column(self, name: str) -> pd.Series[Any] | None:
        """Return a column as it is, or ``None`` if it is not there."""
        return self.data.get(name)

    def frame_numbers(self) -> NDArray[np.int64]:
        """Return the frame of each row: its number, or where that is missing the one of that name."""
        numbers = self.integers("frame", -1)
        given = self.column("frame")
        unset = np.ones(len(numbers), bool) if given is None else given.isna().to_numpy()
        names = self.column("frame_name")
        for row in np.flatnonzero(unset).tolist():
            if names is None:
                raise AnnotationError("a row has no frame", where=f"row {row}")
            number = self.frames.position(str(names.iloc[row]))
            if number is None:
                raise AnnotationError(f"there is no frame called {names.iloc[row]!r}", where=f"row {row}")
            numbers[row] = number
        return numbers

    def integers(self, name: str, default: int) -> NDArray[np.int64]:
        """Return whole numbers, ``default`` where one is missing."""
        values = self.column(name)
        if values is None:
            return np.full(len(self.data), default, np.int64)
        import pandas as pd

        try:
            numbers = pd.to_numeric(values).astype("Int64")
        except (TypeError, ValueError) as error:
            raise AnnotationError(f"the column {name!r} is not made of whole numbers ({error})") from None
        return np.array(numbers.fillna(default), np.int64)

    def codes(
        self,
        name: str,
        known: Mapping[str, int],
        error: type[AnnotationError] | type[LabelError],
        kind: str,
        choices: Sequence[str],
        default: str | None = None,
        rows: NDArray[np.int64] | None = None,
    ) -> NDArray[np.int64]:
        """Return the codes of texts; one that is not known is refused. ``rows`` are those asked for, all by default."""
        places = np.arange(len(self.data)) if rows is None else rows
        values = self.column(name)
        if values is None:
            return np.full(len(places), known[default or choices[0]])
        values = values.iloc[places]
        if default is not None:
            values = values.fillna(default)
        codes = values.astype(object).map(known)
        bad = np.flatnonzero(codes.isna())
        if len(bad):
            raise error(
                f"{values.iloc[int(bad[0])]!r} is not a {kind} of the task" if kind == "label" else
                f"{values.iloc[int(bad[0])]!r} is not a {kind}",
                where=f"row {int(places[bad[0]])}",
                hint=f"Known are {', '.join(choices)}",
            )  # fmt: skip
        return np.asarray(codes, np.int64)

    def label_ids(self) -> NDArray[np.int64]:
        """Return the id of each row's label; that of a joint is one of its skeleton's, whose row ``parent_id`` names."""
        parent = self.integers("parent_id", -1)
        top = parent < 0
        found = np.empty(len(top), np.int64)
        known = {label.name: label.id for label in self.labels}
        found[top] = self.codes("label", known, LabelError, "label", self.labels.names, rows=np.flatnonzero(top))
        if top.all():
            return found
        track, own = self.integers("track_id", -1), self.integers("id", -1)
        keys = list(zip((track >= 0).tolist(), np.where(track >= 0, track, own).tolist(), strict=True))
        skeletons = {keys[row]: int(found[row]) for row in np.flatnonzero(top).tolist()}
        for row in np.flatnonzero(~top).tolist():
            skeleton = skeletons.get((keys[row][0], int(parent[row])))
            if skeleton is None:
                raise AnnotationError(f"no row has the id {parent[row]}, its parent_id", where=f"row {row}")
            label, name = self.labels.by_id(skeleton), self.data["label"].iloc[row]
            joints = {joint.name: joint.id for joint in label.sublabels}
            if name not in joints:
                hint = f"Known are {', '.join(joints) or 'none'}"
                raise LabelError(f"{name!r} is not a joint of {label.name!r}", where=f"row {row}", hint=hint)
            found[row] = joints[name]
        return found

    def booleans(self, name: str) -> NDArray[np.bool_]:
        """Return truth values, false where one is missing."""
        values = self.column(name)
        if values is None:
            return np.zeros(len(self.data), bool)
        return values.astype("boolean").fillna(False).to_numpy(bool)

    def floats(self, name: str, default: float) -> NDArray[np.float64]:
        """Return numbers, ``default`` where one is missing."""
        values = self.column(name)
        if values is None:
            return np.full(len(self.data), default)
        return np.asarray(values.astype("Float64").fillna(default), np.float64)

    def points(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return all coordinates one after another, and where those of each row begin."""
        parts: list[NDArray[np.float64]] = []
        for row, (value, type_name) in enumerate(zip(self.data["points"], self.data["type"], strict=True)):
            parts.append(self._row_points(row, value, type_name))
        lengths = np.array([len(part) for part in parts])
        return np.concatenate(parts), np.concatenate(([0], np.cumsum(lengths)))

    @staticmethod
    def _row_points(row: int, value: Any, type_name: str) -> NDArray[np.float64]:
        if type_name == "mask" and isinstance(value, np.ndarray) and value.ndim == 2:
            from cvat_widgets.model.masks import encode_mask

            return np.asarray(encode_mask(value.astype(bool)), np.float64)
        if type_name in ("tag", "skeleton") and (value is None or isinstance(value, float)):
            return np.empty(0)
        try:
            return np.asarray(value, np.float64).ravel()
        except (TypeError, ValueError):
            raise AnnotationError(
                f"points {value!r} are not a list of numbers", where=f"row {row}", hint="Write [x0, y0, x1, y1, ...]"
            ) from None

    def attributes(self, label_ids: NDArray[np.int64]) -> AttributeColumns:
        """Return the values of the columns ``attr.*``, by row."""
        names = [name for name in self.data.columns if str(name).startswith("attr.")]
        if not names:
            return AttributeColumns()
        dicts: list[dict[int, str]] = [{} for _ in range(len(self.data))]
        known = {each.name for top in self.labels for label in (top, *top.sublabels) for each in label.attributes}
        for name in names:
            for row, cell in enumerate(self.data[name]):
                value = attribute_text(cell)
                if value is None:
                    continue
                if name[5:] not in known:
                    raise LabelError(f"no label has an attribute {name[5:]!r}", where=f"column {name!r}")
                spec = self.labels.by_id(int(label_ids[row])).attribute(name[5:])
                problem = spec.problem_with(value)
                if problem:
                    raise AnnotationError(f"the value {value!r} of {spec.name!r} {problem}", where=f"row {row}")
                dicts[row][spec.id] = value
        return AttributeColumns.from_dicts(dicts)
