"""Rows in Parquet, with one tidy schema: the columns of :mod:`cvat_widgets.dataframe`, ``points`` as a list of doubles.

What is read is what was written: the same columns in the same order with the same types and values, index included.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvat_widgets.errors import FormatError
from cvat_widgets.interchange.arrow import NEEDED, arrow, points_to_cells, to_arrow

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_parquet", "to_parquet"]

_KEY = b"cvat_widgets"


def _arrow() -> Any:
    pa = arrow("Parquet")
    import pyarrow.parquet as pq

    return pa, pq


def to_parquet(rows: Any, path: str | Path) -> Path:
    """Write rows to a Parquet file; an existing one is replaced once the new one is complete.

    Parameters
    ----------
    rows
        A DataFrame of rows, or what has ``to_frame()``: a task, a job, a view.
    path
        The file.

    Raises
    ------
    AnnotationError
        Columns are missing, or points are not numbers.
    MissingExtraError
        pyarrow is not installed.
    """
    _, pq = _arrow()
    frame: pd.DataFrame = rows.to_frame() if hasattr(rows, "labels") and hasattr(rows, "to_frame") else rows
    table = to_arrow(frame, index=None)
    order = [str(name) for name in frame.columns]
    facts = json.dumps({"version": 1, "columns": order}).encode()
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), _KEY: facts})
    destination = Path(path).expanduser()
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=destination.parent, prefix=f".{destination.name}.", suffix=".part")
        os.close(handle)
    except OSError as error:
        raise FormatError(f"the file cannot be written: {error.strerror}", where=str(destination)) from None
    try:
        pq.write_table(table, scratch, compression="zstd")
        Path(scratch).chmod(0o644)
        Path(scratch).replace(destination)
    except OSError as error:
        raise FormatError(f"the file cannot be written: {error.strerror or error}", where=str(destination)) from None
    finally:
        Path(scratch).unlink(missing_ok=True)
    return destination


def read_parquet(path: str | Path) -> pd.DataFrame:
    """Read rows that :func:`to_parquet` wrote, or any Parquet file with columns ``frame, label, type, points``.

    Raises
    ------
    FormatError
        It is no Parquet file, or has other columns.
    MissingExtraError
        pyarrow is not installed.
    """
    pa, pq = _arrow()
    source = Path(path).expanduser()
    if not source.is_file():
        raise FormatError("the file does not exist", where=str(source), hint="Check the path")
    try:
        table = pq.read_table(source)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise FormatError(f"not a Parquet file: {str(error).splitlines()[0]}", where=str(source)) from None
    missing = [name for name in NEEDED if name not in table.column_names]
    if missing:
        raise FormatError(f"there is no column {missing[0]!r}", where=str(source), hint=f"Needed are {', '.join(NEEDED)}")
    try:
        cells = points_to_cells(pa, table.column("points"))
    except ValueError as error:
        raise FormatError(str(error), where=str(source)) from None
    facts = _facts(table.schema.metadata or {})
    frame: pd.DataFrame = table.drop_columns(["points"]).to_pandas()
    order = [name for name in facts if name in frame or name == "points"]
    at = order.index("points") if order else len(frame.columns)
    import pandas as pd

    frame.insert(min(at, len(frame.columns)), "points", pd.Series(cells, index=frame.index, dtype=object))
    return frame[order] if order and set(order) == set(frame.columns) else frame


def _facts(metadata: dict[bytes, bytes]) -> list[str]:
    """Return the order of columns, empty for files of others."""
    try:
        found = json.loads(metadata[_KEY])["columns"]
    except (KeyError, ValueError, TypeError):
        return []
    return [str(name) for name in found] if isinstance(found, list) else []
