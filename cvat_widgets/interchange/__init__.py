"""Rows in the shapes other tools take, and geometry on DataFrames as ``df.cvat``.

Parquet, Arrow, polars, supervision, PyTorch, Hugging Face, arrays of masks.
"""

from __future__ import annotations

from cvat_widgets.interchange.accessor import RowGeometry
from cvat_widgets.interchange.arrow import from_arrow, to_arrow
from cvat_widgets.interchange.hugging_face import to_hf
from cvat_widgets.interchange.masks import rows_from_masks, to_masks
from cvat_widgets.interchange.parquet import read_parquet, to_parquet
from cvat_widgets.interchange.polars import from_polars, to_polars
from cvat_widgets.interchange.pytorch import to_torch
from cvat_widgets.interchange.supervision import from_supervision, to_supervision

__all__ = [
    "RowGeometry",
    "from_arrow",
    "from_polars",
    "from_supervision",
    "read_parquet",
    "rows_from_masks",
    "to_arrow",
    "to_hf",
    "to_masks",
    "to_parquet",
    "to_polars",
    "to_supervision",
    "to_torch",
]
