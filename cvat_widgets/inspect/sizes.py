"""Shapes whose size is not what it usually is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cvat_widgets.inspect.robust import modified_z, suspicion
from cvat_widgets.inspect.rows import Target, findings, rows_of
from cvat_widgets.model.kinds import POINTS, POLYLINE, SKELETON

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["size_outliers", "tiny_shapes"]


def size_outliers(target: Target, *, threshold: float = 4.0) -> pd.DataFrame:
    """Find objects much larger or smaller than others of their label.

    Parameters
    ----------
    target
        A task, a job or a DataFrame of rows.
    threshold
        Robust standard deviations of the logarithm of the box's area. A label with fewer than 8 shapes is passed over.

    Returns
    -------
    pandas.DataFrame
        ``id, frame, label, score, reason``, the most suspicious first; the score is 0.5 at the threshold.

    Notes
    -----
    Modified z-scores: Iglewicz and Hoaglin (1993). Sizes are multiplied by perspective, hence the logarithm.
    """
    rows = rows_of(target)
    sides = rows.widths_heights
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.log(sides[:, 0] * sides[:, 1])
    size[~np.isfinite(size)] = np.nan
    # A spread below 5 % is the hand of the annotator, not the object.
    z, usual = modified_z(size, rows.shapes.label, len(rows.names), floor=0.05)
    found = np.flatnonzero(np.abs(z) > threshold)
    names = rows.name_of(found)
    common = np.exp(usual / 2)[rows.shapes.label[found]]
    mine = np.exp(size[found] / 2)
    reasons = [
        f"{mean:.0f} px across on average, {mean / of:.2g}× the usual {of:.0f} px of {name!r}"
        for mean, of, name in zip(mine.tolist(), common.tolist(), names, strict=True)
    ]
    return findings(rows.shapes.id[found], rows.shapes.frame[found], names, suspicion(z[found], threshold), reasons)


def tiny_shapes(target: Target, *, side: float = 4.0) -> pd.DataFrame:
    """Find shapes narrower or lower than ``side`` pixels: slips of the mouse, or objects nobody can see.

    Parameters
    ----------
    target
        A task, a job or a DataFrame of rows.
    side
        Pixels. Points and upright or level lines have no width of their own and are passed over.

    Returns
    -------
    pandas.DataFrame
        ``id, frame, label, score, reason``.
    """
    rows = rows_of(target)
    width, height = rows.widths_heights.T
    found = np.flatnonzero((width < side) | (height < side))
    found = found[~np.isin(rows.shapes.type[found], (POINTS, POLYLINE, SKELETON))]
    sides = rows.widths_heights[found]
    reasons = [f"only {width:.3g} × {height:.3g} px" for width, height in sides.tolist()]
    score = 1 - np.clip(sides.min(axis=1) / side, 0, 1) / 2
    return findings(rows.shapes.id[found], rows.shapes.frame[found], rows.name_of(found), score, reasons)
