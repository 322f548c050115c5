"""Counting matches by frame and label: the numbers behind every summary of a report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.quality.confusion import UNMATCHED, ConfusionMatrix
from cvat_widgets.quality.matching import Matches
from cvat_widgets.quality.scene import Side
from cvat_widgets.quality.summary import AnnotationSummary, LabelSummary, ShapeSummary

__all__ = ["Tally", "tally"]


@dataclass(frozen=True, eq=False)
class Tally:
    """Counts of each compared frame; all arrays are of shape (frames,).

    Parameters
    ----------
    labels
        Names of the labels, ``"unmatched"`` last.
    place, ds_label, gt_label
        One entry a pair or single, sorted by frame: position of its frame, and its cell of the confusion matrix.
    valid, missing, extra, mislabelled
        Annotations.
    shape_pairs, shape_missing, shape_extra
        The same of shapes alone (without tags), whatever the labels.
    mean_iou
        Of each frame, 0 for a frame without shapes.
    empty_counts
        Whether an empty frame counts as one annotation.
    """

    labels: tuple[str, ...]
    place: NDArray[np.int64]
    ds_label: NDArray[np.int64]
    gt_label: NDArray[np.int64]
    valid: NDArray[np.int64]
    missing: NDArray[np.int64]
    extra: NDArray[np.int64]
    mislabelled: NDArray[np.int64]
    shape_pairs: NDArray[np.int64]
    shape_missing: NDArray[np.int64]
    shape_extra: NDArray[np.int64]
    mean_iou: NDArray[np.float64]
    empty_counts: bool

    @property
    def empty_ds(self) -> NDArray[np.bool_]:
        """Frames without annotations, where these count."""
        return (self.valid + self.mislabelled + self.extra == 0) & self.empty_counts

    @property
    def empty_gt(self) -> NDArray[np.bool_]:
        """Frames without ground truth objects, where these count."""
        return (self.valid + self.mislabelled + self.missing == 0) & self.empty_counts

    def confusion(self, frame: int | None = None) -> ConfusionMatrix:
        """Return the confusion matrix of all frames, or of the frame at one position."""
        count = len(self.labels)
        chosen = slice(None) if frame is None else slice(*np.searchsorted(self.place, (frame, frame + 1)).tolist())
        cells = np.bincount(self.ds_label[chosen] * count + self.gt_label[chosen], minlength=count * count)
        return ConfusionMatrix(self.labels, cells.reshape(count, count))

    def annotations(self, frame: int | None = None) -> AnnotationSummary:
        """Return the summary of all frames, or of one."""
        at = slice(None) if frame is None else slice(frame, frame + 1)
        valid, missing, extra, wrong = (
            int(counts[at].sum()) for counts in (self.valid, self.missing, self.extra, self.mislabelled)
        )
        empty_ds, empty_gt = self.empty_ds[at], self.empty_gt[at]
        # A frame empty on one side only is a virtual annotation against nothing: CVAT counts it into the task's total, too.
        virtual_total = int((empty_ds & empty_gt if frame is not None else empty_ds | empty_gt).sum())
        return AnnotationSummary(
            valid_count=valid + int((empty_ds & empty_gt).sum()),
            missing_count=missing,
            extra_count=extra,
            total_count=valid + missing + extra + wrong + virtual_total,
            ds_count=valid + wrong + extra + int(empty_ds.sum()),
            gt_count=valid + wrong + missing + int(empty_gt.sum()),
        )

    def shapes(self, frame: int | None = None) -> ShapeSummary:
        """Return the summary of the geometry of all frames, or of one."""
        at = slice(None) if frame is None else slice(frame, frame + 1)
        pairs, missing, extra = (int(counts[at].sum()) for counts in (self.shape_pairs, self.shape_missing, self.shape_extra))
        empty_ds, empty_gt = self.empty_ds[at], self.empty_gt[at]
        both = int((empty_ds & empty_gt).sum())
        return ShapeSummary(
            valid_count=pairs + both,
            missing_count=missing,
            extra_count=extra,
            total_count=pairs + missing + extra + both,
            ds_count=pairs + extra + int(empty_ds.sum()),
            gt_count=pairs + missing + int(empty_gt.sum()),
            mean_iou=float(self.mean_iou[at].mean()) if len(self.mean_iou[at]) else 0.0,
        )

    def label_pairs(self, frame: int | None = None) -> LabelSummary:
        """Return the summary of the labels of all frames, or of one."""
        at = slice(None) if frame is None else slice(frame, frame + 1)
        both = int((self.empty_ds[at] & self.empty_gt[at]).sum())
        valid, wrong = int(self.valid[at].sum()), int(self.mislabelled[at].sum())
        return LabelSummary(valid + both, wrong, valid + wrong + both)


def tally(
    gt: Side, ds: Side, matches: Matches, frames: NDArray[np.int64], names: dict[int, str], *, empty_counts: bool
) -> Tally:
    """Count matches.

    Parameters
    ----------
    frames
        Compared frames, ascending.
    names
        Label id to name, in the order of the confusion matrix.
    empty_counts
        Whether an empty frame counts as one annotation.
    """
    ids = np.fromiter(names, np.int64, len(names))
    order = np.argsort(ids)
    unmatched = len(ids)

    def index(side: Side, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return order[np.searchsorted(ids[order], side.table.label[rows])]

    def place(side: Side, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.searchsorted(frames, side.table.frame[rows])

    def count(places: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.bincount(places, minlength=len(frames))

    pair, missing, extra = place(gt, matches.gt), place(gt, matches.missing), place(ds, matches.extra)
    same = gt.table.label[matches.gt] == ds.table.label[matches.ds]
    values = np.concatenate((matches.similarity, matches.missing_closest, matches.extra_closest))
    places = np.concatenate((pair, missing, extra))
    shapes = ~np.isnan(values)
    number = count(places[shapes])
    total = np.bincount(places[shapes], values[shapes], minlength=len(frames))
    by_frame = np.argsort(places, kind="stable")
    ds_label = np.concatenate((index(ds, matches.ds), np.full(len(missing), unmatched), index(ds, matches.extra)))
    gt_label = np.concatenate((index(gt, matches.gt), index(gt, matches.missing), np.full(len(extra), unmatched)))
    return Tally(
        labels=(*names.values(), UNMATCHED),
        place=places[by_frame],
        ds_label=ds_label[by_frame],
        gt_label=gt_label[by_frame],
        valid=count(pair[same]),
        missing=count(missing),
        extra=count(extra),
        mislabelled=count(pair[~same]),
        shape_pairs=count(pair[matches.is_shape]),
        shape_missing=count(missing[~np.isnan(matches.missing_closest)]),
        shape_extra=count(extra[~np.isnan(matches.extra_closest)]),
        mean_iou=total / np.maximum(number, 1),
        empty_counts=empty_counts,
    )
