"""The quality report: summaries, conflicts and tables of one comparison."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.kinds import SHAPE_TYPES, TAG
from cvat_widgets.quality.conflicts import CONFLICT_TYPES, Conflicts, ConflictType
from cvat_widgets.quality.confusion import ConfusionMatrix
from cvat_widgets.quality.scene import Side
from cvat_widgets.quality.settings import QualitySettings
from cvat_widgets.quality.summary import AnnotationSummary, LabelSummary, ShapeSummary
from cvat_widgets.quality.tally import Tally

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["QualityReport", "Verdict"]


@dataclass(frozen=True)
class Verdict:
    """Whether annotations are good enough.

    Parameters
    ----------
    metric, value, threshold
        What was measured, what came out, and what is asked for.
    passed
        Whether the value is at least the threshold.
    attempts_left
        How often the annotator may try again; ``None`` for any number of times.
    """

    metric: str
    value: float
    threshold: float
    passed: bool
    attempts_left: int | None


@dataclass(frozen=True, eq=False)
class QualityReport:
    """What a comparison found. Made by :func:`~cvat_widgets.quality.compare`.

    Parameters
    ----------
    settings
        The settings of the comparison.
    frames
        Compared frames, ascending.
    frame_count
        Frames of the task.
    gt, ds
        The compared objects.
    counts
        Counts by frame.
    found
        The conflicts as columns.
    names
        Label id to name.
    """

    settings: QualitySettings
    frames: NDArray[np.int64]
    frame_count: int
    gt: Side
    ds: Side
    counts: Tally
    found: Conflicts
    names: dict[int, str]

    @property
    def annotations(self) -> AnnotationSummary:
        """Whole annotations: accuracy, precision, recall."""
        return self.counts.annotations()

    @property
    def shapes(self) -> ShapeSummary:
        """Geometry alone; holds ``mean_iou``."""
        return self.counts.shapes()

    @property
    def label_pairs(self) -> LabelSummary:
        """Labels of the matched pairs alone."""
        return self.counts.label_pairs()

    @property
    def accuracy(self) -> float:
        """Valid annotations among all."""
        return self.annotations.accuracy

    @property
    def precision(self) -> float:
        """Valid annotations among those made."""
        return self.annotations.precision

    @property
    def recall(self) -> float:
        """Valid annotations among the ground truth."""
        return self.annotations.recall

    @property
    def mean_iou(self) -> float:
        """Mean similarity of shapes: the mean over frames."""
        return self.shapes.mean_iou

    @cached_property
    def confusion_matrix(self) -> ConfusionMatrix:
        """Labels of the annotations against those of the ground truth."""
        return self.counts.confusion()

    @property
    def conflict_counts(self) -> dict[ConflictType, int]:
        """How many conflicts there are of each type."""
        return self.found.counts()

    @property
    def ignored(self) -> int:
        """Objects that cannot be compared (cuboids), on both sides and all frames together."""
        return self.gt.ignored + self.ds.ignored

    @property
    def target_value(self) -> float:
        """The value of the metric the settings ask for."""
        metric, average = self.settings.target_metric, self.settings.target_average
        if average == "micro":
            return float(getattr(self.annotations, metric))
        return self.confusion_matrix.average(metric, average)

    def verdict(self, attempts: int = 1) -> Verdict:
        """Say whether the annotations are good enough.

        Parameters
        ----------
        attempts
            How often the annotator of the job has asked, this time included.
        """
        threshold, most = self.settings.target_metric_threshold, self.settings.max_validations_per_job
        left = max(most - attempts, 0) if most else None
        return Verdict(self.settings.target_metric, self.target_value, threshold, self.target_value >= threshold, left)

    @cached_property
    def conflicts(self) -> pd.DataFrame:
        """One row a conflict, sorted by frame.

        Columns: ``frame, type, severity, gt_id, ds_id, gt_label, ds_label, gt_type, ds_type, similarity``. Ids of tracks
        are the track's; what one side does not have is ``<NA>``.
        """
        import pandas as pd

        found = self.found
        kinds = pd.Index(list(CONFLICT_TYPES))
        data: dict[str, Any] = {
            "frame": found.frame,
            "type": pd.Categorical.from_codes(found.code, kinds),
            "severity": pd.Categorical.from_codes(found.is_error.astype(np.int8), pd.Index(["warning", "error"])),
        }
        sides = (("gt", self.gt, found.gt), ("ds", self.ds, found.ds))
        for name, side, rows in sides:
            data[f"{name}_id"] = pd.arrays.IntegerArray(_picked(side.table.id, rows), rows < 0)
        for name, side, rows in sides:
            data[f"{name}_label"] = _names(_picked(side.table.label, rows), self.names, rows < 0)
        for name, side, rows in sides:
            data[f"{name}_type"] = _names(_picked(side.table.type, rows), dict(enumerate(SHAPE_TYPES)), rows < 0)
        data["similarity"] = found.similarity
        return pd.DataFrame(data)

    @cached_property
    def per_frame(self) -> pd.DataFrame:
        """One row a compared frame: counts, accuracy, precision, recall, mean IoU, and conflicts by severity."""
        import pandas as pd

        rows = [self.counts.annotations(place) for place in range(len(self.frames))]
        place = np.searchsorted(self.frames, self.found.frame)
        errors = np.bincount(place[self.found.is_error], minlength=len(self.frames))
        conflicts = np.bincount(place, minlength=len(self.frames))
        names = ("valid_count", "missing_count", "extra_count", "total_count", "ds_count", "gt_count")
        values = (*names, "accuracy", "precision", "recall")
        data: dict[str, Any] = {"frame": self.frames} | {name: [getattr(row, name) for row in rows] for name in values}
        data |= {
            "mean_iou": self.counts.mean_iou,
            "conflict_count": conflicts,
            "warning_count": conflicts - errors,
            "error_count": errors,
        }
        return pd.DataFrame(data)

    @cached_property
    def per_label(self) -> pd.DataFrame:
        """One row a label: counts, and the metrics of the confusion matrix."""
        import pandas as pd

        matrix = self.confusion_matrix
        return pd.DataFrame(
            {
                "label": list(matrix.labels[:-1]),
                "valid_count": matrix.valid[:-1],
                "missing_count": matrix.rows[-1, :-1],
                "extra_count": matrix.rows[:-1, -1],
                "mislabelled_count": (matrix.gt_count - matrix.valid - matrix.rows[-1])[:-1],
                "ds_count": matrix.ds_count[:-1],
                "gt_count": matrix.gt_count[:-1],
                "accuracy": matrix.accuracy[:-1],
                "precision": matrix.precision[:-1],
                "recall": matrix.recall[:-1],
                "jaccard_index": matrix.jaccard_index[:-1],
                "dice": matrix.dice[:-1],
            }
        )

    def to_dict(self, job_id: int | None = None, gt_job_id: int | None = None) -> dict[str, Any]:
        """Return the form of CVAT's report, ready for ``json.dumps``; the ids of the jobs are put on the conflicts."""
        listed = self._listed(job_id, gt_job_id)
        return {
            "parameters": self.settings.to_dict(),
            "comparison_summary": {
                "frame_share": len(self.frames) / (self.frame_count or 1),
                "frames": self.frames.tolist(),
                "frame_count": len(self.frames),
                "mean_conflict_count": len(self.found) / (len(self.frames) or 1),
                **_conflict_counts([item for frame in listed for item in frame]),
                **self._components(None),
            },
            "frame_results": {
                str(frame): {**self._components(place), "conflicts": listed[place], **_conflict_counts(listed[place])}
                for place, frame in enumerate(self.frames.tolist())
            },
        }

    def _components(self, place: int | None) -> dict[str, Any]:
        matrix = self.counts.confusion(place)
        return {
            "annotations": self.counts.annotations(place).to_dict() | {"confusion_matrix": matrix.to_dict()},
            "annotation_components": {
                "shape": self.counts.shapes(place).to_dict(),
                "label": self.counts.label_pairs(place).to_dict(),
            },
        }

    def _listed(self, job_id: int | None, gt_job_id: int | None) -> list[list[dict[str, Any]]]:
        """Return the conflicts of each compared frame."""
        listed: list[list[dict[str, Any]]] = [[] for _ in range(len(self.frames))]
        kinds = list(CONFLICT_TYPES.items())
        found = self.found
        places = np.searchsorted(self.frames, found.frame).tolist()
        for place, code, gt, ds in zip(places, found.code.tolist(), found.gt.tolist(), found.ds.tolist(), strict=True):
            objects = [(self.ds, ds, job_id), (self.gt, gt, gt_job_id)]
            listed[place].append(
                {
                    "frame_id": int(self.frames[place]),
                    "type": kinds[code][0],
                    "annotation_ids": [_object_id(*each) for each in objects if each[1] >= 0],
                    "severity": kinds[code][1],
                }
            )
        return listed

    def __repr__(self) -> str:
        total = self.annotations
        return (
            f"QualityReport({len(self.frames)} frames, accuracy {total.accuracy:.3f}, precision {total.precision:.3f}, "
            f"recall {total.recall:.3f}, mean IoU {self.mean_iou:.3f}, {int(self.found.is_error.sum())} errors, "
            f"{int((~self.found.is_error).sum())} warnings)"
        )


def _object_id(side: Side, row: int, job_id: int | None) -> dict[str, Any]:
    table = side.table
    tag = int(table.type[row]) == TAG
    kind = "tag" if tag else "track" if table.track[row] >= 0 else "shape"
    shape_type = None if tag else SHAPE_TYPES[table.type[row]]
    return {"obj_id": int(table.id[row]), "job_id": job_id, "type": kind, "shape_type": shape_type}


def _conflict_counts(conflicts: list[dict[str, Any]]) -> dict[str, Any]:
    by_type: dict[str, int] = {}
    for conflict in conflicts:
        by_type[conflict["type"]] = by_type.get(conflict["type"], 0) + 1
    errors = sum(conflict["severity"] == "error" for conflict in conflicts)
    return {
        "conflict_count": len(conflicts),
        "warning_count": len(conflicts) - errors,
        "error_count": errors,
        "conflicts_by_type": by_type,
    }


def _picked(column: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return values at rows, 0 where the row is -1."""
    result = np.zeros(len(rows), np.int64)
    result[rows >= 0] = column[rows[rows >= 0]]
    return result


def _names(codes: NDArray[np.int64], names: dict[int, str], missing: NDArray[np.bool_]) -> pd.Categorical[str]:
    """Return codes as names; what is missing stays empty."""
    import pandas as pd

    used = np.unique(codes[~missing])
    categories = list(dict.fromkeys(names[code] for code in used.tolist()))
    position = np.array([categories.index(names[code]) for code in used.tolist()] or [0])
    return pd.Categorical.from_codes(
        np.where(missing, -1, position[np.minimum(np.searchsorted(used, codes), len(position) - 1)]), pd.Index(categories)
    )
