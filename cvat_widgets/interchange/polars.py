"""Rows as a DataFrame of polars, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cvat_widgets.errors import MissingExtraError
from cvat_widgets.interchange.arrow import from_arrow, to_arrow

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["from_polars", "to_polars"]


def _polars() -> Any:
    try:
        import polars as pl
        import pyarrow as pa  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(error.name or "polars", "polars", "A DataFrame of polars") from None
    return pl


def to_polars(rows: Any) -> Any:
    """Return rows as a ``polars.DataFrame``: the same columns, ``points`` as lists of doubles; the index is left out.

    Parameters
    ----------
    rows
        A DataFrame of rows, or what has ``to_frame()``: a task, a job, a view.

    Raises
    ------
    AnnotationError
        Columns are missing, or points are not numbers.
    MissingExtraError
        polars or pyarrow is not installed.
    """
    return _polars().from_arrow(to_arrow(rows))


def from_polars(data: Any) -> pd.DataFrame:
    """Return a ``polars.DataFrame`` or ``LazyFrame`` with columns ``frame, label, type, points`` as rows, for :meth:`Task.add`.

    Raises
    ------
    AnnotationError
        Columns are missing, or points are no lists of numbers.
    MissingExtraError
        polars or pyarrow is not installed.
    """
    pl = _polars()
    whole = data.collect() if isinstance(data, pl.LazyFrame) else data
    if not isinstance(whole, pl.DataFrame):
        raise TypeError(f"from_polars takes a DataFrame of polars, not {type(data).__name__}.")
    return from_arrow(whole.to_arrow(compat_level=pl.CompatLevel.oldest()))
