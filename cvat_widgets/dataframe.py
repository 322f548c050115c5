"""Annotation tables as tidy DataFrames, and back.

One row is one shape, one keyframe of a track, or one tag. The columns, in this order: ``id, frame, frame_name, label, type,
points, rotation,
occluded, outside, keyframe, z_order, group, track_id, source, score``, then ``attr.<name>`` for each attribute, then
``parent_id`` where the table
holds joints of skeletons. ``points`` is a flat float64 array in CVAT's encoding; ``track_id`` is ``<NA>`` for plain shapes.

Attribute columns are typed: checkboxes are ``boolean``, numbers ``Float64``, everything else text; an attribute name that two
labels define
with different input types stays text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.dataframe_columns import GivenColumns, attribute_text
from cvat_widgets.errors import AnnotationError
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.kinds import SHAPE_CODE, SHAPE_TYPES, SOURCE_CODE, SOURCES, Flag
from cvat_widgets.model.labels import Attribute, LabelSet
from cvat_widgets.model.table import AnnotationTable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "attribute_text", "from_dataframe", "to_dataframe"]

COLUMNS = (
    "id", "frame", "frame_name", "label", "type", "points", "rotation", "occluded", "outside", "keyframe", "z_order", "group",
    "track_id", "source", "score",
)  # fmt: skip


def to_dataframe(table: AnnotationTable, labels: LabelSet, frames: FrameIndex) -> pd.DataFrame:
    """Return a table as a DataFrame; the DataFrame owns its data.

    Parameters
    ----------
    table
        The rows.
    labels
        Labels of the task; every label id of the table must be in it.
    frames
        Frames of the task, for ``frame_name``.

    Returns
    -------
    pandas.DataFrame
        One row a table row, in the same order, index 0 to n - 1.
    """
    import pandas as pd

    import cvat_widgets.interchange.accessor  # noqa: F401  # rows have ``.cvat``

    data: dict[str, Any] = {
        "id": table.id,
        "frame": table.frame,
        "frame_name": _names_of(table.frame, frames.names),
        "label": _label_names(table.label, labels),
        "type": _text(SHAPE_TYPES, table.type),
        "points": _points_column(table),
        "rotation": table.rotation,
        "occluded": table.has(Flag.OCCLUDED),
        "outside": table.has(Flag.OUTSIDE),
        "keyframe": table.has(Flag.KEYFRAME) | ~table.is_track,
        "z_order": table.z_order,
        "group": table.group,
        "track_id": pd.arrays.IntegerArray(table.track.copy(), table.track < 0),
        "source": _text(SOURCES, table.source),
        "score": table.score,
    }
    frame = pd.DataFrame(data, columns=list(COLUMNS), copy=True)
    codes, texts = _attribute_matrix(table, labels)
    attribute_columns = {
        f"attr.{name}": _typed(codes[column], texts, specs)
        for column, (name, specs) in enumerate(_specs_by_name(labels).items())
    }
    if attribute_columns:
        frame = pd.concat([frame, pd.DataFrame(attribute_columns, index=frame.index)], axis=1)
    if (table.parent >= 0).any():
        frame["parent_id"] = pd.arrays.IntegerArray(table.parent.copy(), table.parent < 0)
    return frame


def _points_column(table: AnnotationTable) -> NDArray[np.object_]:
    """Return one array a row: views into one copy of all coordinates."""
    flat = table.points.copy()
    if size := table.uniform_length:
        return np.fromiter(flat.reshape(-1, size), object, len(table))
    column = np.empty(len(table), object)
    if len(table):
        column[:] = [flat[start:stop] for start, stop in pairwise(table.offsets.tolist())]
    return column


def _text(values: Sequence[str], codes: NDArray[Any]) -> Any:
    """Return a column of texts; pandas looks at the few distinct ones, not at every row."""
    import pandas as pd

    return pd.array(np.array([*values] or [""], object), dtype="str").take(codes)


def _names_of(frame: NDArray[np.int32], names: Sequence[str]) -> Any:
    """Names of frames; only those in use are asked for, since a video makes its names on demand."""
    used, position = _distinct(frame)
    return _text([names[number] for number in used.tolist()], position)


def _label_names(codes: NDArray[np.int32], labels: LabelSet) -> Any:
    used, position = _distinct(codes)
    return _text([labels.by_id(code).name for code in used.tolist()], position)


def _distinct(codes: NDArray[np.int32]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the distinct codes and each row's place among them; codes are small numbers, so counting beats sorting."""
    if not len(codes) or int(codes.min()) < 0 or int(codes.max()) > 4 * len(codes) + 1024:
        return np.unique(codes, return_inverse=True)
    present = np.bincount(codes) > 0
    used = np.flatnonzero(present)
    return used, (np.cumsum(present) - 1)[codes]


def _specs_by_name(labels: LabelSet) -> dict[str, list[Attribute]]:
    """Attributes of all labels, grouped by name in order of appearance."""
    specs: dict[str, list[Attribute]] = {}
    for label in labels:
        for each in (label, *label.sublabels):
            for attribute in each.attributes:
                specs.setdefault(attribute.name, []).append(attribute)
    return specs


def _attribute_matrix(table: AnnotationTable, labels: LabelSet) -> tuple[NDArray[np.int32], Sequence[str]]:
    """Return (attribute name, row) -> code of the value (-1: none), with values inherited along tracks."""
    by_name = _specs_by_name(labels)
    matrix = np.full((len(by_name), len(table)), -1, np.int32)
    column_of = {attribute.id: column for column, specs in enumerate(by_name.values()) for attribute in specs}
    values = table.attributes
    if len(values):
        columns = np.array([column_of.get(spec, -1) for spec in values.spec.tolist()])
        known = columns >= 0
        matrix[columns[known], values.row[known]] = values.code[known]
    rows = np.flatnonzero(table.is_track)
    if len(rows) and len(values):
        order = rows[np.lexsort((table.frame[rows], table.track[rows]))]
        starts = np.flatnonzero(np.diff(table.track[order], prepend=-1))
        first_of = np.repeat(starts, np.diff(np.append(starts, len(order))))
        for line in matrix:
            ordered = line[order]
            last_set = np.maximum.accumulate(np.where(ordered >= 0, np.arange(len(order)), -1))
            line[order] = np.where(last_set >= first_of, ordered[last_set], -1)
    return matrix, values.strings


def _typed(codes: NDArray[np.int32], texts: Sequence[str], specs: Sequence[Attribute]) -> Any:
    import pandas as pd

    types = {spec.input_type for spec in specs}
    missing = codes < 0
    if types == {"checkbox"}:
        truth = np.array([text == "true" for text in texts] or [False])
        return pd.arrays.BooleanArray(truth[codes] & ~missing, missing)
    if types == {"number"}:
        numbers = np.array([_number(text) for text in texts] or [np.nan])
        found = numbers[codes]
        return pd.arrays.FloatingArray(np.where(missing, 0.0, found), missing | np.isnan(found))
    # `None` after the last text serves the missing rows: their code is -1.
    return pd.array(np.array([*texts, None], object)[codes], dtype="string")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


# -- DataFrame to table ------------------------------------------------------------------------------------------------


def from_dataframe(data: pd.DataFrame | Iterable[Mapping[str, Any]], labels: LabelSet, frames: FrameIndex) -> AnnotationTable:
    """Read rows a user made.

    ``frame`` (or ``frame_name``), ``label``, ``type`` and ``points`` are needed, the rest is filled in.

    Rows with the same ``track_id`` become the keyframes of one track. Joints are rows of their own, whose ``parent_id`` is the
    ``id`` (or ``track_id``) of their skeleton. ``points`` is flat (``[x0, y0, x1, y1]``) or pairs
    (``[[x0, y0], [x1, y1]]``); for a mask it may be a boolean picture of the whole frame.

    Raises
    ------
    AnnotationError
        A column is missing or a value is not usable; the text names the row.
    LabelError
        A label or attribute is not in the task.
    """
    import pandas as pd

    frame = data if isinstance(data, pd.DataFrame) else pd.DataFrame(list(data))
    if frame.empty:
        return AnnotationTable.empty()
    missing = [name for name in ("label", "type", "points") if name not in frame]
    if "frame" not in frame and "frame_name" not in frame:
        missing.insert(0, "frame")
    if missing:
        raise AnnotationError(
            f"the column{'s' if len(missing) > 1 else ''} {', '.join(missing)} {'are' if len(missing) > 1 else 'is'} missing",
            hint="Needed are frame (or frame_name), label, type and points",
        )
    rows = GivenColumns(frame, labels, frames)
    track = rows.integers("track_id", -1)
    points, offsets = rows.points()
    label_ids = rows.label_ids()
    flags = (
        rows.booleans("occluded") * int(Flag.OCCLUDED)
        + rows.booleans("outside") * int(Flag.OUTSIDE)
        + (track >= 0) * int(Flag.KEYFRAME)
    )
    table = AnnotationTable.build(
        id=np.where(track >= 0, track, rows.integers("id", 0)),
        frame=rows.frame_numbers(),
        label=label_ids,
        type=rows.codes("type", SHAPE_CODE, AnnotationError, "shape type", SHAPE_TYPES),
        track=track,
        parent=rows.integers("parent_id", -1),
        group=rows.integers("group", 0),
        z_order=rows.integers("z_order", 0),
        flags=flags,
        rotation=rows.floats("rotation", 0.0),
        source=rows.codes("source", SOURCE_CODE, AnnotationError, "source", SOURCES, default="manual"),
        score=rows.floats("score", 1.0),
        points=points,
        offsets=offsets,
        attributes=rows.attributes(label_ids),
    )
    problems = table.problems(labels, len(frames))
    if problems:
        raise AnnotationError("; ".join(problems), hint="Nothing was added")
    return table.take(np.lexsort((table.frame, np.where(track >= 0, track, -1)))) if (track >= 0).any() else table
