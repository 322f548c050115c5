"""Counts and shares of a report, under CVAT's names."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["AnnotationSummary", "LabelSummary", "ShapeSummary"]


@dataclass(frozen=True)
class AnnotationSummary:
    """Whole annotations: found, and named right.

    Parameters
    ----------
    valid_count
        Found in both, with the same label.
    missing_count
        In the ground truth only.
    extra_count
        In the annotations only.
    total_count
        All of them, those with a wrong label included.
    ds_count, gt_count
        Annotations, and objects in the ground truth.
    """

    valid_count: int
    missing_count: int
    extra_count: int
    total_count: int
    ds_count: int
    gt_count: int

    @property
    def accuracy(self) -> float:
        """Valid ones among all."""
        return self.valid_count / (self.total_count or 1)

    @property
    def precision(self) -> float:
        """Valid ones among the annotations."""
        return self.valid_count / (self.ds_count or 1)

    @property
    def recall(self) -> float:
        """Valid ones among the ground truth."""
        return self.valid_count / (self.gt_count or 1)

    @property
    def jaccard(self) -> float:
        """Valid ones among the labels given on either side."""
        return self.valid_count / ((self.ds_count + self.gt_count - self.valid_count) or 1)

    @property
    def dice(self) -> float:
        """Twice the valid ones among the sum of both sides."""
        return 2 * self.valid_count / ((self.ds_count + self.gt_count) or 1)

    def to_dict(self) -> dict[str, Any]:
        """Return the form of CVAT's report."""
        return asdict(self) | {"accuracy": self.accuracy, "precision": self.precision, "recall": self.recall}


@dataclass(frozen=True)
class ShapeSummary:
    """Geometry alone, whatever the labels; tags are left out.

    Parameters
    ----------
    valid_count, missing_count, extra_count, total_count, ds_count, gt_count
        As in :class:`AnnotationSummary`, a pair with different labels being valid.
    mean_iou
        Mean similarity of the matched pairs; a shape without a partner counts with that of the most similar shape.
    """

    valid_count: int
    missing_count: int
    extra_count: int
    total_count: int
    ds_count: int
    gt_count: int
    mean_iou: float

    @property
    def accuracy(self) -> float:
        """Valid ones among all."""
        return self.valid_count / (self.total_count or 1)

    def to_dict(self) -> dict[str, Any]:
        """Return the form of CVAT's report."""
        return asdict(self) | {"accuracy": self.accuracy}


@dataclass(frozen=True)
class LabelSummary:
    """Labels of the matched pairs alone.

    Parameters
    ----------
    valid_count, invalid_count, total_count
        Pairs with the same label, with different labels, and all.
    """

    valid_count: int
    invalid_count: int
    total_count: int

    @property
    def accuracy(self) -> float:
        """Pairs with the same label among all pairs."""
        return self.valid_count / (self.total_count or 1)

    def to_dict(self) -> dict[str, Any]:
        """Return the form of CVAT's report."""
        return asdict(self) | {"accuracy": self.accuracy}
