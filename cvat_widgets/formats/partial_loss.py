"""What of a kind a format keeps only in part, counted for :meth:`Format.partial_losses`."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.model.table import AnnotationTable

__all__ = ["other_attributes"]


def other_attributes(dataset: Dataset, kept: Collection[str], table: AnnotationTable | None = None) -> dict[str, int]:
    """Return how many values there are of attributes whose names a format has no place for."""
    values = (dataset.table if table is None else table).attributes
    found: dict[str, int] = {}
    specs, counts = np.unique(values.spec, return_counts=True)
    for spec, count in zip(specs.tolist(), counts.tolist(), strict=True):
        name = dataset.labels.attribute_by_id(spec).name
        if name not in kept:
            found[f"attribute {name!r}"] = found.get(f"attribute {name!r}", 0) + count
    return found
