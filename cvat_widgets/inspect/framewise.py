"""Frames with nothing on them, and frames with far more than the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.inspect.robust import group_centres, suspicion
from cvat_widgets.inspect.rows import Rows, Target, findings, rows_of
from cvat_widgets.model.kinds import TAG, Flag

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["empty_frames", "overfull_frames"]


def empty_frames(target: Target, *, window: int = 5, frame_count: int | None = None) -> pd.DataFrame:
    """Find frames without shapes and tags; those among full neighbours come first.

    Parameters
    ----------
    target
        A task, a job or a DataFrame of rows. Deleted frames of a task are passed over.
    window
        Frames on either side that are counted.
    frame_count
        Number of frames, where a DataFrame does not say.

    Returns
    -------
    pandas.DataFrame
        ``id`` (empty)``, frame, label`` (empty)``, score, reason``; the score grows with what the neighbours hold.
    """
    rows = rows_of(target, frame_count=frame_count).interpolated
    counts = _counts(rows, tags=True)
    empty = counts == 0
    start, stop = getattr(target, "start", 0), getattr(target, "stop", len(counts) - 1)
    empty[:start] = False
    empty[stop + 1 :] = False
    empty[list(getattr(target, "deleted_frames", ()))] = False
    found = np.flatnonzero(empty)
    sums = np.concatenate(([0], np.cumsum(counts)))
    low, high = np.maximum(found - window, 0), np.minimum(found + window + 1, len(counts))
    around = (sums[high] - sums[low]) / np.maximum(high - low - 1, 1)
    reasons = [f"nothing on it; its neighbours hold {mean:.1f} objects" for mean in around.tolist()]
    return findings(None, found, None, suspicion(around, 1.0), reasons)


def overfull_frames(target: Target, *, threshold: float = 4.0, frame_count: int | None = None) -> pd.DataFrame:
    """Find frames with far more objects than the others.

    Parameters
    ----------
    target
        A task, a job or a DataFrame of rows.
    threshold
        Robust standard deviations of the square root of the count, which has the same spread for any mean (Anscombe 1948).
    frame_count
        Number of frames, where a DataFrame does not say.

    Returns
    -------
    pandas.DataFrame
        ``id`` (empty)``, frame, label`` (empty)``, score, reason``.
    """
    rows = rows_of(target, frame_count=frame_count).interpolated
    counts = _counts(rows, tags=False)
    root = 2 * np.sqrt(counts + 3 / 8)
    # Even where counts hardly vary, one object more is no finding.
    centre, spread = group_centres(root, np.zeros(len(root), np.int64), 1, floor=0.5)
    z = (root - centre[0]) / spread[0]
    found = np.flatnonzero(z > threshold)
    usual = float(np.median(counts)) if len(counts) else 0.0
    reasons = [f"{count} objects, where {usual:.0f} are usual" for count in counts[found].tolist()]
    return findings(None, found, None, suspicion(z[found], threshold), reasons)


def _counts(rows: Rows, *, tags: bool) -> NDArray[np.int64]:
    table = rows.every
    counted = (table.flags & int(Flag.OUTSIDE)) == 0
    if not tags:
        counted &= table.type != TAG
    return np.bincount(table.frame[counted & (table.frame >= 0)], minlength=rows.frame_count)
