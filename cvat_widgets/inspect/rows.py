"""What every finder reads: rows of a task, a job, a view or a DataFrame as columns of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError
from cvat_widgets.model.geometry import bounding_boxes
from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.kinds import SHAPE_CODE, TAG, Flag
from cvat_widgets.model.table import AnnotationTable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Events", "Rows", "boxes_of", "findings", "rows_of"]

Target = Any
"""A task, a job, a past revision, a DataFrame of rows, or :class:`Rows` made before."""


@dataclass(frozen=True)
class Events:
    """Values of attributes where they are set.

    Parameters
    ----------
    row, name, value
        int64 of shape (k,): row of the table, position in ``names``, position in ``texts``.
    names, texts
        Names of attributes and their values.
    """

    row: NDArray[np.int64]
    name: NDArray[np.int64]
    value: NDArray[np.int64]
    names: Sequence[str]
    texts: Sequence[str]


@dataclass(frozen=True, eq=False)
class Rows:
    """Visible shapes of whole objects; tags, joints of skeletons and rows that are outside are left out.

    Parameters
    ----------
    every
        All rows, outside ones and tags included, joints excluded; ``label`` is the position in ``names``.
    names
        Names of the labels.
    frame_count
        Number of frames.
    widths, heights
        Sizes of the frames in pixels, or ``None`` where they are not known.
    columns
        The DataFrame the rows came from, for its attributes.
    attribute_names
        Attribute id to name.
    """

    every: AnnotationTable
    names: tuple[str, ...]
    frame_count: int
    widths: NDArray[np.int32] | None = None
    heights: NDArray[np.int32] | None = None
    columns: pd.DataFrame | None = None
    attribute_names: dict[int, str] | None = None

    def __len__(self) -> int:
        return len(self.shapes)

    @cached_property
    def shapes(self) -> AnnotationTable:
        """The visible shapes."""
        table = self.every
        kept = (table.type != TAG) & ((table.flags & int(Flag.OUTSIDE)) == 0)
        return table if kept.all() else table.take(kept)

    @cached_property
    def boxes(self) -> NDArray[np.float64]:
        """``left, top, right, bottom`` of the visible shapes with their rotation; NaN without points."""
        return boxes_of(self.shapes)

    @cached_property
    def widths_heights(self) -> NDArray[np.float64]:
        """Width and height of every box in pixels."""
        return self.boxes[:, 2:] - self.boxes[:, :2]

    @cached_property
    def interpolated(self) -> Rows:
        """The same with tracks on every frame; rows of a DataFrame are taken as they are."""
        if self.columns is not None or not self.every.is_track.any():
            return self
        table = interpolate_table(self.every, frame_count=self.frame_count)
        return Rows(table, self.names, self.frame_count, self.widths, self.heights, None, self.attribute_names)

    @cached_property
    def events(self) -> Events:
        """Where attributes are set, on the rows of :attr:`every`."""
        if self.columns is None:
            values = self.every.attributes
            names = self.attribute_names or {}
            specs = np.array([*names], np.int64)
            order = np.argsort(specs)
            place = order[np.searchsorted(specs[order], values.spec)] if len(specs) else np.empty(0, np.int64)
            return Events(
                values.row.astype(np.int64), place, values.code.astype(np.int64), list(names.values()), list(values.strings)
            )
        return _events_of(self.columns)

    def name_of(self, index: NDArray[np.int64]) -> list[str]:
        """Return label names of visible shapes."""
        names = self.names
        return [names[code] for code in self.shapes.label[index].tolist()]


def boxes_of(table: AnnotationTable) -> NDArray[np.float64]:
    """Return the bounding boxes of a table, quickly where it holds nothing but upright rectangles."""
    if table.uniform_length != 4 or table.rotation.any() or table.type.any():
        return bounding_boxes(table)
    # In memory each side is one column.
    left, top, right, bottom = table.points.reshape(-1, 4).T
    boxes = np.empty((4, len(table)))
    np.minimum(left, right, out=boxes[0])
    np.minimum(top, bottom, out=boxes[1])
    np.maximum(left, right, out=boxes[2])
    np.maximum(top, bottom, out=boxes[3])
    return boxes.T


def _events_of(data: pd.DataFrame) -> Events:
    import pandas as pd

    names = [name for name in ("label", *data.columns) if name == "label" or str(name).startswith("attr.")]
    names = list(dict.fromkeys(str(name) for name in names))
    rows, places, values = [], [], []
    texts: list[str] = []
    for place, name in enumerate(names):
        codes, found = pd.factorize(data[name].astype(object))
        set_at = np.flatnonzero(codes >= 0)
        rows.append(set_at)
        places.append(np.full(len(set_at), place))
        values.append(codes[set_at].astype(np.int64) + len(texts))
        texts.extend(str(text) for text in found)
    row, place_of, value = (np.concatenate(part) for part in (rows, places, values))
    return Events(row, place_of, value, [name.removeprefix("attr.") for name in names], texts)


def rows_of(target: Target, *, size: tuple[int, int] | None = None, frame_count: int | None = None) -> Rows:
    """Return what the finders read; pass it instead of a task to several finders and it is read only once.

    Parameters
    ----------
    target
        A task, a job, a past revision, or a DataFrame with ``frame, label, type, points``.
    size
        Width and height of all frames in pixels, where a DataFrame does not say; or its columns ``frame_width``
        and ``frame_height``.
    frame_count
        Number of frames, where a DataFrame does not say; by default its last frame + 1.

    Raises
    ------
    AnnotationError
        A column is missing.
    """
    if isinstance(target, Rows):
        return target
    if not hasattr(target, "columns"):
        return _rows_of_view(target)
    return _rows_of_frame(target, size, frame_count)


def _rows_of_view(view: Any) -> Rows:
    table: AnnotationTable = view.table
    if (table.parent >= 0).any():
        table = table.take(table.parent < 0)
    known = [each for label in view.labels for each in (label, *label.sublabels)]
    place = np.zeros(max((label.id for label in known), default=0) + 1, np.int32)
    place[[label.id for label in known]] = np.arange(len(known))
    table = table.with_columns(label=place[table.label])
    frames = view.frame_index
    return Rows(
        table, tuple(label.name for label in known), len(frames), np.asarray(frames.widths), np.asarray(frames.heights), None,
        {attribute.id: attribute.name for label in known for attribute in label.attributes},
    )  # fmt: skip


def _rows_of_frame(data: pd.DataFrame, size: tuple[int, int] | None, frame_count: int | None) -> Rows:
    import pandas as pd

    missing = [name for name in ("frame", "label", "type", "points") if name not in data]
    if missing:
        raise AnnotationError(
            f"the column{'s' if len(missing) > 1 else ''} {', '.join(missing)} {'are' if len(missing) > 1 else 'is'} missing",
            hint="Rows come from task.shapes, task.tracks or task.to_frame()",
        )
    if "parent_id" in data:
        data = data[data["parent_id"].isna().to_numpy()]
    codes, names = pd.factorize(data["label"].astype(object))
    points, offsets = _flat(data["points"])
    track = data["track_id"].astype("Int64").fillna(-1).to_numpy(np.int64) if "track_id" in data else np.full(len(data), -1)
    outside = data["outside"].astype("boolean").fillna(False).to_numpy(bool) if "outside" in data else np.zeros(len(data), bool)
    rotation = data["rotation"].to_numpy(np.float64, na_value=0.0) if "rotation" in data else 0.0
    types = data["type"].astype(object).map(SHAPE_CODE)
    if types.isna().any():
        raise AnnotationError(f"{data['type'][types.isna()].iloc[0]!r} is not a shape type")
    table = AnnotationTable.build(
        id=data["id"].to_numpy(np.int64) if "id" in data else np.arange(len(data)),
        frame=data["frame"].to_numpy(np.int64),
        label=codes,
        type=types.to_numpy(np.int64),
        track=track,
        flags=outside * int(Flag.OUTSIDE) + (track >= 0) * int(Flag.KEYFRAME),
        rotation=rotation,
        points=points,
        offsets=offsets,
    )
    count = max(frame_count or 0, int(table.frame.max(initial=-1)) + 1)
    widths, heights = _sizes(data, size, count)
    return Rows(table, tuple(map(str, names)), count, widths, heights, data)


def _flat(column: pd.Series[Any]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    parts = column.tolist()
    if not all(isinstance(part, np.ndarray) and part.ndim == 1 for part in parts):
        parts = [np.empty(0) if part is None or np.isscalar(part) else np.asarray(part, np.float64).ravel() for part in parts]
    lengths = np.fromiter(map(len, parts), np.int64, len(parts))
    points = np.concatenate(parts) if parts else np.empty(0)
    return points.astype(np.float64, copy=False), np.concatenate(([0], np.cumsum(lengths)))


def _sizes(
    data: pd.DataFrame, size: tuple[int, int] | None, count: int
) -> tuple[NDArray[np.int32] | None, NDArray[np.int32] | None]:
    if size is not None:
        return np.full(count, size[0], np.int32), np.full(count, size[1], np.int32)
    if "frame_width" not in data or "frame_height" not in data:
        return None, None
    found = []
    for name in ("frame_width", "frame_height"):
        column = np.zeros(count, np.int32)
        column[data["frame"].to_numpy(np.int64)] = data[name].to_numpy(np.int32)
        found.append(column)
    return found[0], found[1]


def findings(ids: Any, frames: Any, labels: Any, score: Any, reason: Sequence[str], **more: Any) -> pd.DataFrame:
    """Return findings as a DataFrame, the most suspicious first; ``None`` for ids or labels leaves them empty."""
    import pandas as pd

    count = len(reason)
    empty = [pd.NA] * count
    data = {
        "id": pd.array(empty if ids is None else ids, dtype="Int64"),
        "frame": np.asarray(frames, np.int64),
        "label": pd.array(empty if labels is None else labels, dtype="string"),
        "score": np.asarray(score, np.float64),
        "reason": pd.array(list(reason), dtype="string"),
        **more,
    }
    return pd.DataFrame(data).sort_values("score", ascending=False, kind="stable", ignore_index=True)
