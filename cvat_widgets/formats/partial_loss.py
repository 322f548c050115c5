"""What of a kind a format keeps only in part is told, too: attributes of other names, a second box on a picture."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping

import numpy as np

from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.loss import LossWarning
from cvat_widgets.model.table import AnnotationTable

__all__ = ["other_attributes", "warn_of_parts"]


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


def warn_of_parts(name: str, found: Mapping[str, int]) -> None:
    """Warn once of everything a format leaves out of kinds it otherwise holds."""
    listed = ", ".join(f"{count} × {what}" for what, count in found.items() if count)
    if listed:
        warnings.warn(f"{name} cannot hold: {listed}. The file is written without.", LossWarning, stacklevel=6)
