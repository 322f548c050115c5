"""Rows as a table of Arrow, with one tidy schema, and back: what Parquet and polars have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cvat_widgets.errors import AnnotationError, MissingExtraError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NEEDED", "arrow", "from_arrow", "points_to_cells", "to_arrow"]

NEEDED = ("frame", "label", "type", "points")


def arrow(purpose: str) -> Any:
    """Return the module ``pyarrow``."""
    try:
        import pyarrow as pa
    except ImportError:
        raise MissingExtraError("pyarrow", "interchange", purpose) from None
    return pa


def to_arrow(rows: Any, *, index: bool | None = False) -> Any:
    """Return rows as a ``pyarrow.Table``; ``points`` is a list of doubles.

    Parameters
    ----------
    rows
        A DataFrame of rows, or what has ``to_frame()``: a task, a job, a view.
    index
        Whether the index of the DataFrame becomes a column; ``None``: if it is not 0, 1, 2, …

    Raises
    ------
    AnnotationError
        Columns are missing, or points are not numbers.
    MissingExtraError
        pyarrow is not installed.
    """
    pa = arrow("A table of Arrow")
    frame: pd.DataFrame = rows.to_frame() if hasattr(rows, "labels") and hasattr(rows, "to_frame") else rows
    missing = [name for name in NEEDED if name not in frame]
    if missing:
        raise AnnotationError(f"the rows have no column {missing[0]!r}", hint=f"Needed are {', '.join(NEEDED)}")
    table = pa.Table.from_pandas(frame.drop(columns="points"), preserve_index=index)
    place = min([str(name) for name in frame.columns].index("points"), table.num_columns)
    return table.add_column(place, pa.field("points", pa.list_(pa.float64())), _lists(pa, frame["points"]))


def _lists(pa: Any, points: pd.Series[Any]) -> Any:
    try:
        parts = [np.asarray(value, np.float64).ravel() for value in points]
    except (TypeError, ValueError):
        raise AnnotationError("points are not lists of numbers", hint="Write [x0, y0, x1, y1, ...]") from None
    offsets = np.concatenate(([0], np.cumsum([len(part) for part in parts]))).astype(np.int32)
    values = np.concatenate(parts) if parts else np.empty(0)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values, pa.float64()))


def points_to_cells(pa: Any, column: Any) -> Any:
    """Return a column of lists as an object array of float64 arrays.

    Raises
    ------
    ValueError
        It holds no lists, or lists of something else than numbers; the text says which.
    """
    points = column.combine_chunks()
    if isinstance(points, pa.ChunkedArray):
        points = pa.concat_arrays(points.chunks) if points.num_chunks else pa.array([], pa.list_(pa.float64()))
    if not pa.types.is_list(points.type) and not pa.types.is_large_list(points.type):
        raise ValueError("the column 'points' holds no lists")
    try:
        flat = points.flatten().cast(pa.float64()).to_numpy(zero_copy_only=False).copy()
    except pa.ArrowException:
        raise ValueError("the column 'points' holds no numbers") from None
    lengths = points.value_lengths().fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    ends = np.cumsum(lengths)
    cells = np.empty(len(points), object)
    for row, (start, stop) in enumerate(zip((ends - lengths).tolist(), ends.tolist(), strict=True)):
        cells[row] = flat[start:stop]
    return cells


def from_arrow(table: Any) -> pd.DataFrame:
    """Return a ``pyarrow.Table`` with columns ``frame, label, type, points`` as rows, for :meth:`Task.add`.

    Ids of tracks and parents become ``Int64``, attributes ``boolean`` and ``Float64``, as :mod:`cvat_widgets.dataframe` has it.

    Raises
    ------
    AnnotationError
        Columns are missing, or points are no lists of numbers.
    MissingExtraError
        pyarrow is not installed.
    """
    import pandas as pd

    pa = arrow("A table of Arrow")
    missing = [name for name in NEEDED if name not in table.column_names]
    if missing:
        raise AnnotationError(f"there is no column {missing[0]!r}", hint=f"Needed are {', '.join(NEEDED)}")
    try:
        cells = points_to_cells(pa, table.column("points"))
    except ValueError as error:
        raise AnnotationError(str(error), hint="Write [x0, y0, x1, y1, ...]") from None
    columns: dict[str, Any] = {}
    for name in table.column_names:
        column = table.column(name)
        types = pa.types
        # Without these, a missing value makes numbers of ids and objects of answers.
        if name == "points":
            columns[name] = pd.Series(cells, dtype=object)
        elif name in ("track_id", "parent_id") or (types.is_integer(column.type) and column.null_count):
            columns[name] = pd.Series(column.to_pylist(), dtype="Int64")
        elif name.startswith("attr.") and types.is_boolean(column.type):
            columns[name] = pd.Series(column.to_pylist(), dtype="boolean")
        elif name.startswith("attr.") and (types.is_floating(column.type) or types.is_integer(column.type)):
            columns[name] = pd.Series(column.to_pylist(), dtype="Float64")
        else:
            columns[name] = column.to_pandas()
    return pd.DataFrame(columns)
