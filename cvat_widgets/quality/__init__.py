"""Ground truth, agreement and consensus over annotation tables."""

from cvat_widgets.quality.comparison import compare
from cvat_widgets.quality.conflicts import CONFLICT_TYPES
from cvat_widgets.quality.confusion import ConfusionMatrix
from cvat_widgets.quality.consensus import merge
from cvat_widgets.quality.ground_truth import (
    HoneypotPlan,
    at_honeypots,
    manual_frames,
    place_honeypots,
    random_per_job_frames,
    random_uniform_frames,
    shuffle_honeypots,
)
from cvat_widgets.quality.report import QualityReport, Verdict
from cvat_widgets.quality.settings import ConsensusSettings, QualityError, QualitySettings
from cvat_widgets.quality.summary import AnnotationSummary, LabelSummary, ShapeSummary

__all__ = [
    "CONFLICT_TYPES",
    "AnnotationSummary",
    "ConfusionMatrix",
    "ConsensusSettings",
    "HoneypotPlan",
    "LabelSummary",
    "QualityError",
    "QualityReport",
    "QualitySettings",
    "ShapeSummary",
    "Verdict",
    "at_honeypots",
    "compare",
    "manual_frames",
    "merge",
    "place_honeypots",
    "random_per_job_frames",
    "random_uniform_frames",
    "shuffle_honeypots",
]
