"""Rows in the shapes other tools take: Parquet, supervision, arrays of masks, and geometry on DataFrames as ``df.cvat``."""

from __future__ import annotations

from cvat_widgets.interchange.accessor import RowGeometry
from cvat_widgets.interchange.masks import rows_from_masks, to_masks
from cvat_widgets.interchange.parquet import read_parquet, to_parquet
from cvat_widgets.interchange.supervision import from_supervision, to_supervision

__all__ = [
    "RowGeometry",
    "from_supervision",
    "read_parquet",
    "rows_from_masks",
    "to_masks",
    "to_parquet",
    "to_supervision",
]
