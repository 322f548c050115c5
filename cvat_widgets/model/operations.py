"""Operations on objects: pure functions from records to the edit that makes the change, or a refusal in words.

One file each for what they do: :mod:`operations_tracks` (merge, split), :mod:`operations_frames` (propagate, remove, group),
:mod:`operations_join`, :mod:`operations_slice` and :mod:`operations_outlines` (simplify, convert).
"""

from __future__ import annotations

from cvat_widgets.model.operations_common import NewId
from cvat_widgets.model.operations_frames import group, propagate, remove_in_range, ungroup
from cvat_widgets.model.operations_join import join
from cvat_widgets.model.operations_outlines import CONVERTIBLE, MAX_DISTANCE, MIN_DISTANCE, convert, simplify
from cvat_widgets.model.operations_slice import slice_shape
from cvat_widgets.model.operations_tracks import merge, split
from cvat_widgets.model.refusals import OperationError

__all__ = [
    "CONVERTIBLE",
    "MAX_DISTANCE",
    "MIN_DISTANCE",
    "NewId",
    "OperationError",
    "convert",
    "group",
    "join",
    "merge",
    "propagate",
    "remove_in_range",
    "simplify",
    "slice_shape",
    "split",
    "ungroup",
]
