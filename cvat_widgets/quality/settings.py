"""Settings of quality reports and of consensus, under CVAT's names and with CVAT's defaults."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from cvat_widgets.errors import CvatWidgetsError

__all__ = ["Average", "ConsensusSettings", "PointSizeBase", "QualityError", "QualitySettings", "TargetMetric"]

PointSizeBase = Literal["group_bbox_size", "image_size"]
TargetMetric = Literal["accuracy", "precision", "recall", "jaccard", "dice"]
Average = Literal["micro", "macro", "worst"]


class QualityError(CvatWidgetsError):
    """Annotations cannot be compared or merged, or a quality setting makes no sense."""


@dataclass(frozen=True, kw_only=True)
class QualitySettings:
    """How annotations are compared with the ground truth.

    Parameters
    ----------
    iou_threshold
        Two shapes less alike than this are not the same object.
    low_overlap_threshold
        Matched shapes less alike than this are a ``low_overlap`` warning.
    oks_sigma
        Points: tolerance as a share of the object's size (the square root of its area).
    point_size_base
        What the size of an object made of points is: the box of its group, or the whole image. Points without a box of
        their own are always measured against the image.
    line_thickness
        Polylines: tolerance as a share of the square root of the image's area.
    compare_line_orientation
        Whether a polyline drawn the other way round is a ``mismatching_direction`` warning.
    line_orientation_threshold
        How much more alike the reversed line must be to count as reversed.
    compare_groups
        Whether groups are compared (``mismatching_groups``).
    group_match_threshold
        Two groups sharing less than this (intersection over union of their members) are not the same group.
    check_covered_annotations
        Whether hidden objects are looked for (``covered_annotation``).
    object_visibility_threshold
        An object of which a smaller share than this is visible is covered.
    panoptic_comparison
        Whether only the visible parts of polygons and masks are compared.
    compare_attributes
        Whether attribute values are compared (``mismatching_attributes``); ``occluded`` counts as one of them.
    empty_is_annotated
        Whether an empty frame counts as one annotation "nothing here", so that agreeing on it counts as right.
    target_metric
        The metric that decides whether annotations are good enough.
    target_average
        For that metric: over all annotations (``micro``), the mean over labels (``macro``) or the worst label (``worst``).
    target_metric_threshold
        The least value that is good enough.
    max_validations_per_job
        How often the annotator of a job may ask for a verdict; 0 turns verdicts off.
    """

    iou_threshold: float = 0.4
    low_overlap_threshold: float = 0.8
    oks_sigma: float = 0.09
    point_size_base: PointSizeBase = "group_bbox_size"
    line_thickness: float = 0.01
    compare_line_orientation: bool = True
    line_orientation_threshold: float = 0.1
    compare_groups: bool = True
    group_match_threshold: float = 0.5
    check_covered_annotations: bool = True
    object_visibility_threshold: float = 0.05
    panoptic_comparison: bool = True
    compare_attributes: bool = True
    empty_is_annotated: bool = False
    target_metric: TargetMetric = "accuracy"
    target_average: Average = "micro"
    target_metric_threshold: float = 0.7
    max_validations_per_job: int = 0

    def __post_init__(self) -> None:
        for each in fields(self):
            if each.name.endswith("threshold"):
                _check_share(each.name, getattr(self, each.name))
        for name in ("oks_sigma", "line_thickness"):
            _check_positive(name, getattr(self, name))
        _check_choice("point_size_base", self.point_size_base, get_args(PointSizeBase))
        _check_choice("target_metric", self.target_metric, get_args(TargetMetric))
        _check_choice("target_average", self.target_average, get_args(Average))
        if self.max_validations_per_job < 0:
            raise QualityError("max_validations_per_job is negative", hint="Use 0 for no verdicts")

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values, for a file."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class ConsensusSettings:
    """How the replicas of a job are merged.

    Parameters
    ----------
    iou_threshold
        Two shapes less alike than this are not the same object.
    quorum
        Share of the replicas, 0 to 1, that must have an object (or tag, or attribute value) for it to be kept.
    vote_on_labels
        Whether shapes of different labels can be the same object, its label then being voted on. Otherwise only shapes of
        one label are, and the same place annotated with two labels gives two objects.
    oks_sigma, point_size_base, line_thickness
        As in :class:`QualitySettings`.
    """

    iou_threshold: float = 0.4
    quorum: float = 0.0
    vote_on_labels: bool = True
    oks_sigma: float = 0.09
    point_size_base: PointSizeBase = "group_bbox_size"
    line_thickness: float = 0.01

    def __post_init__(self) -> None:
        _check_share("iou_threshold", self.iou_threshold)
        _check_share("quorum", self.quorum)
        for name in ("oks_sigma", "line_thickness"):
            _check_positive(name, getattr(self, name))
        _check_choice("point_size_base", self.point_size_base, get_args(PointSizeBase))

    def votes_needed(self, replicas: int) -> int:
        """Return the number of votes an object needs among so many replicas."""
        return math.ceil(self.quorum * replicas - 1e-9)

    def comparison(self) -> QualitySettings:
        """Return the settings replicas are compared by: by geometry only, each shape for itself."""
        return QualitySettings(
            iou_threshold=self.iou_threshold,
            oks_sigma=self.oks_sigma,
            point_size_base=self.point_size_base,
            line_thickness=self.line_thickness,
            panoptic_comparison=False,
        )


def _check_share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise QualityError(f"{name} is {value}", hint="It is a share between 0 and 1")


def _check_positive(name: str, value: float) -> None:
    if not 0 < value < math.inf:
        raise QualityError(f"{name} is {value}", hint="It is a number above 0")


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise QualityError(f"{name} cannot be {value!r}", hint=f"Choose one of {', '.join(choices)}")
