"""The confusion matrix of labels, and the metrics that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.quality.settings import Average, TargetMetric

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["UNMATCHED", "ConfusionMatrix", "share"]

UNMATCHED = "unmatched"


def share(part: Any, whole: Any) -> NDArray[np.float64]:
    """Divide counts; nothing out of nothing is 0, as in CVAT."""
    numerator, denominator = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    return np.asarray(numerator / np.where(denominator == 0, 1, denominator))


@dataclass(frozen=True, eq=False)
class ConfusionMatrix:
    """How often which label was given to which object.

    Parameters
    ----------
    labels
        Names of the labels; ``"unmatched"`` comes last.
    rows
        int64 of shape (n, n): rows are the labels of the annotations, columns those of the ground truth. The last row holds
        what is missing, the last column what is extra.
    """

    labels: tuple[str, ...]
    rows: NDArray[np.int64]

    @property
    def valid(self) -> NDArray[np.int64]:
        """Of each label: found, and named right."""
        return np.diag(self.rows)

    @property
    def ds_count(self) -> NDArray[np.int64]:
        """Of each label: annotations."""
        return self.rows.sum(axis=1)

    @property
    def gt_count(self) -> NDArray[np.int64]:
        """Of each label: objects in the ground truth."""
        return self.rows.sum(axis=0)

    @property
    def precision(self) -> NDArray[np.float64]:
        """Of each label: valid ones among the annotations."""
        return share(self.valid, self.ds_count)

    @property
    def recall(self) -> NDArray[np.float64]:
        """Of each label: valid ones among the ground truth."""
        return share(self.valid, self.gt_count)

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """Of each label: true positives and true negatives among all."""
        total = self.rows.sum()
        return share(total - (self.ds_count - self.valid) - (self.gt_count - self.valid), np.full(len(self.labels), total))

    @property
    def jaccard_index(self) -> NDArray[np.float64]:
        """Of each label: valid ones among those of either side."""
        return share(self.valid, self.ds_count + self.gt_count - self.valid)

    @property
    def dice(self) -> NDArray[np.float64]:
        """Of each label: twice the valid ones among the sum of both sides."""
        return share(2 * self.valid, self.ds_count + self.gt_count)

    def average(self, metric: TargetMetric, average: Average) -> float:
        """Return one number for all labels.

        ``macro`` and ``worst`` look at the labels that occur on either side. ``micro`` is over all annotations: accuracy is
        then valid ones among all pairs and singles (as CVAT's summary), the others come from the sums over labels.
        """
        if average == "micro":
            valid, ds, gt = int(self.valid.sum()), int(self.ds_count[:-1].sum()), int(self.gt_count[:-1].sum())
            part, whole = {
                "accuracy": (valid, int(self.rows.sum())),
                "precision": (valid, ds),
                "recall": (valid, gt),
                "jaccard": (valid, ds + gt - valid),
                "dice": (2 * valid, ds + gt),
            }[metric]
            return float(share(part, whole))
        values = {
            "accuracy": self.accuracy,
            "precision": self.precision,
            "recall": self.recall,
            "jaccard": self.jaccard_index,
            "dice": self.dice,
        }[metric]
        used = (self.ds_count + self.gt_count > 0)[:-1]
        if not used.any():
            return 0.0
        return float(values[:-1][used].mean() if average == "macro" else values[:-1][used].min())

    def to_frame(self) -> pd.DataFrame:
        """Return the matrix as a DataFrame; the index is the annotations' labels, the columns the ground truth's."""
        import pandas as pd

        names = list(self.labels)
        return pd.DataFrame(self.rows, index=pd.Index(names, name="ds"), columns=pd.Index(names, name="gt"))

    def to_dict(self) -> dict[str, Any]:
        """Return the form of CVAT's report."""
        return {
            "labels": list(self.labels),
            "rows": self.rows.tolist(),
            "precision": self.precision.tolist(),
            "recall": self.recall.tolist(),
            "accuracy": self.accuracy.tolist(),
            "jaccard_index": self.jaccard_index.tolist(),
            "axes": {"cols": "gt", "rows": "ds"},
        }
