"""A job's annotations as columns for the browser; the twin that reads them is ``js/src/wire/snapshot.ts``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.table import AnnotationTable

__all__ = ["encode_snapshot"]

_COLUMNS = (
    "id", "frame", "label", "type", "track", "parent", "group", "z_order", "flags", "rotation", "source", "score",
    "points", "offsets",
)  # fmt: skip


def encode_snapshot(table: AnnotationTable) -> tuple[dict[str, Any], list[bytes]]:
    """Return ``count, columns, strings`` of a snapshot message, and its buffers.

    Integers of 64 bits travel as float64, which JavaScript can hold exactly up to 2^53.
    """
    arrays: dict[str, NDArray[Any]] = {name: getattr(table, name) for name in _COLUMNS}
    values = table.attributes
    arrays |= {"attribute_row": values.row, "attribute_spec": values.spec, "attribute_code": values.code}
    columns, buffers = [], []
    for name, array in arrays.items():
        if array.dtype == np.int64:
            array = array.astype(np.float64)
        array = np.ascontiguousarray(array)
        columns.append({"name": name, "dtype": array.dtype.str, "length": len(array)})
        buffers.append(array.tobytes())
    return {"count": len(table), "columns": columns, "strings": list(values.strings)}, buffers
