"""Plots of annotations with matplotlib (extra ``plots``): one function each, on a task or a DataFrame.

>>> cw.plots.class_balance(task)  # doctest: +SKIP
"""

from __future__ import annotations

from cvat_widgets.plots.agreement import annotator_agreement, annotator_speed, confusion_matrix, pr_curves
from cvat_widgets.plots.counting import class_balance, co_occurrence, objects_per_frame
from cvat_widgets.plots.geometry import aspect_ratios, position_heatmap, sizes
from cvat_widgets.plots.linked import linked_scatter
from cvat_widgets.plots.tracks import track_lengths, track_timeline

__all__ = [
    "annotator_agreement",
    "annotator_speed",
    "aspect_ratios",
    "class_balance",
    "co_occurrence",
    "confusion_matrix",
    "linked_scatter",
    "objects_per_frame",
    "position_heatmap",
    "pr_curves",
    "sizes",
    "track_lengths",
    "track_timeline",
]
