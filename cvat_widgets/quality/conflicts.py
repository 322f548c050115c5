"""Conflicts between annotations and the ground truth, of CVAT's eight types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.kinds import POLYLINE
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.quality.attributes import mismatching_attributes
from cvat_widgets.quality.coverage import covered_rows
from cvat_widgets.quality.groups import mismatching_groups
from cvat_widgets.quality.lines import line_similarity
from cvat_widgets.quality.matching import Matches
from cvat_widgets.quality.scene import Scene, Side
from cvat_widgets.quality.settings import QualitySettings

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CONFLICT_TYPES", "ConflictType", "Conflicts", "Severity", "find_conflicts"]

ConflictType = Literal[
    "low_overlap",
    "missing_annotation",
    "extra_annotation",
    "mismatching_label",
    "mismatching_direction",
    "covered_annotation",
    "mismatching_attributes",
    "mismatching_groups",
]
Severity = Literal["error", "warning"]

CONFLICT_TYPES: Final[dict[ConflictType, Severity]] = {
    "low_overlap": "warning",
    "missing_annotation": "error",
    "extra_annotation": "error",
    "mismatching_label": "error",
    "mismatching_direction": "warning",
    "covered_annotation": "warning",
    "mismatching_attributes": "warning",
    "mismatching_groups": "warning",
}

_CODE = {name: code for code, name in enumerate(CONFLICT_TYPES)}


@dataclass(frozen=True, eq=False)
class Conflicts:
    """Conflicts as columns, sorted by frame.

    Parameters
    ----------
    frame
        int32 of shape (n,).
    code
        int64 of shape (n,): position in :data:`CONFLICT_TYPES`.
    gt, ds
        Rows of the two sides' tables, -1 where there is none.
    similarity
        How alike the two are; NaN for tags and where there is only one.
    """

    frame: NDArray[np.int32]
    code: NDArray[np.int64]
    gt: NDArray[np.int64]
    ds: NDArray[np.int64]
    similarity: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def is_error(self) -> NDArray[np.bool_]:
        """Conflicts of severity ``error``."""
        return np.array([severity == "error" for severity in CONFLICT_TYPES.values()])[self.code]

    def counts(self) -> dict[ConflictType, int]:
        """Return how many there are of each type."""
        numbers = np.bincount(self.code, minlength=len(CONFLICT_TYPES)).tolist()
        return dict(zip(CONFLICT_TYPES, numbers, strict=True))


def find_conflicts(
    gt: Side, ds: Side, matches: Matches, scene: Scene, settings: QualitySettings, labels: LabelSet | None
) -> Conflicts:
    """Return all conflicts of matched and unmatched objects."""
    codes, first, second, similarities = [], [], [], []
    for name, rows_gt, rows_ds, similarity in _kinds(gt, ds, matches, scene, settings, labels):
        codes.append(np.full(len(rows_gt), _CODE[name]))
        first.append(rows_gt)
        second.append(rows_ds)
        similarities.append(similarity)
    all_gt, all_ds = np.concatenate(first), np.concatenate(second)
    frame = np.zeros(len(all_gt), np.int32)
    for side, rows in ((gt, all_gt), (ds, all_ds)):
        frame[rows >= 0] = side.table.frame[rows[rows >= 0]]
    order = np.argsort(frame, kind="stable")
    return Conflicts(
        frame[order], np.concatenate(codes)[order], all_gt[order], all_ds[order], np.concatenate(similarities)[order]
    )


_Found = tuple[ConflictType, NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


def _kinds(
    gt: Side, ds: Side, matches: Matches, scene: Scene, settings: QualitySettings, labels: LabelSet | None
) -> Iterator[_Found]:
    def pairs(name: ConflictType, wrong: NDArray[np.bool_]) -> _Found:
        return name, matches.gt[wrong], matches.ds[wrong], matches.similarity[wrong]

    def single(name: ConflictType, rows: NDArray[np.int64], *, in_gt: bool) -> _Found:
        none = np.full(len(rows), -1, np.int64)
        return name, rows if in_gt else none, none if in_gt else rows, np.full(len(rows), np.nan)

    yield pairs("low_overlap", matches.similarity < settings.low_overlap_threshold)
    yield single("missing_annotation", matches.missing, in_gt=True)
    yield single("extra_annotation", matches.extra, in_gt=False)
    yield pairs("mismatching_label", gt.table.label[matches.gt] != ds.table.label[matches.ds])
    if settings.compare_line_orientation:
        yield pairs("mismatching_direction", _reversed(gt, ds, matches, scene, settings))
    if settings.check_covered_annotations:
        yield single("covered_annotation", covered_rows(ds, scene, settings.object_visibility_threshold), in_gt=False)
    if settings.compare_attributes:
        yield pairs("mismatching_attributes", mismatching_attributes(gt, ds, matches, labels))
    if settings.compare_groups:
        yield pairs("mismatching_groups", mismatching_groups(gt, ds, matches, settings.group_match_threshold))


def _reversed(gt: Side, ds: Side, matches: Matches, scene: Scene, settings: QualitySettings) -> NDArray[np.bool_]:
    """Return which matched polylines are more alike when one is turned round."""
    wrong = np.zeros(len(matches.gt), bool)
    lines = np.flatnonzero(gt.table.type[matches.gt] == POLYLINE)
    if len(lines):
        area = scene.area(gt.table.frame[matches.gt[lines]])
        for at, scale in zip(lines.tolist(), area.tolist(), strict=True):
            points = gt.table.points_of(int(matches.gt[at])), ds.table.points_of(int(matches.ds[at]))
            same, reverse = line_similarity(*points, scale, settings.line_thickness)
            wrong[at] = max(same, reverse) - same > settings.line_orientation_threshold
    return wrong
