"""Objects that look like another label: by size, aspect and place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.inspect.robust import group_centres
from cvat_widgets.inspect.rows import Rows, Target, findings, rows_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["class_outliers"]

_FEATURES = ("size", "aspect ratio", "place from left to right", "place from top to bottom")


def class_outliers(target: Target, *, confidence: float = 0.95, unusual: float = 3.0) -> pd.DataFrame:
    """Find objects whose size, aspect and place are unusual for their label and usual for another one.

    Parameters
    ----------
    target
        A task, a job or a DataFrame of rows.
    confidence
        Least probability of the other label.
    unusual
        Robust standard deviations by which at least one property must be off for the present label.

    Returns
    -------
    pandas.DataFrame
        ``id, frame, label, score, reason, suggested``; the score is the probability of ``suggested``.

    Notes
    -----
    Naive Bayes with equal priors and one normal distribution a label and property, fitted by medians so that the wrong labels
    do not bend it. Labels with fewer than 8 shapes neither accuse nor are suggested.
    """
    rows = rows_of(target)
    features = _features(rows)
    label = rows.shapes.label
    centre, spread = group_centres(features, label, len(rows.names), floor=0.02, least=8)
    known = np.asarray(np.isfinite(centre).all(axis=1))
    likely = _log_likelihood(features, np.where(known[:, None], centre, 0), np.where(known[:, None], spread, 1))
    likely[:, ~known] = -np.inf
    count = len(label)
    own = likely[np.arange(count), label]
    rivals = likely.copy()
    rivals[np.arange(count), label] = -np.inf
    best = rivals.argmax(axis=1) if len(rows.names) else np.zeros(count, np.int64)
    # Only rows where the rival wins need the sum over all labels.
    with np.errstate(invalid="ignore"):
        ahead = rivals[np.arange(count), best] - own if len(rows.names) else np.zeros(0)
    candidates = np.flatnonzero((ahead > 0) & np.isfinite(ahead))
    part = likely[candidates]
    top = part.max(axis=1, initial=-np.inf, keepdims=True)
    share = np.exp(part - top)
    probability = share[np.arange(len(candidates)), best[candidates]] / share.sum(axis=1)
    z = (features[candidates] - centre[label[candidates]]) / spread[label[candidates]]
    worst = np.abs(z).argmax(axis=1) if len(z) else np.empty(0, np.int64)
    strange = np.abs(z)[np.arange(len(z)), worst]
    kept = (probability >= confidence) & (strange > unusual)
    found, worst, strange, probability = candidates[kept], worst[kept], strange[kept], probability[kept]
    suggested = [rows.names[place] for place in best[found].tolist()]
    names = rows.name_of(found)
    reasons = [
        f"fits {other!r} ({chance:.0%}) better than {name!r}: its {_FEATURES[feature]} is {far:.1f} deviations off"
        for other, chance, name, feature, far in zip(
            suggested, probability.tolist(), names, worst.tolist(), strange.tolist(), strict=True
        )
    ]
    ids, frames = rows.shapes.id[found], rows.shapes.frame[found]
    return findings(ids, frames, names, probability, reasons, suggested=_text(suggested))


def _text(values: list[str]) -> Any:
    import pandas as pd

    return pd.array(values, dtype="string")


def _features(rows: Rows) -> NDArray[np.float64]:
    """Logarithms of size and aspect, and the centre as a share of the frame (of all boxes where its size is not known)."""
    boxes, sides = rows.boxes, rows.widths_heights
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(sides)
    features = np.empty((len(boxes), 4))
    features[:, 0] = (logs[:, 0] + logs[:, 1]) / 2
    features[:, 1] = logs[:, 0] - logs[:, 1]
    for column, sizes in ((0, rows.widths), (1, rows.heights)):
        middle = (boxes[:, column] + boxes[:, column + 2]) / 2
        if sizes is None:
            extent: Any = max(float(np.nanmax(boxes[:, column + 2], initial=1.0)), 1.0)
        else:
            extent = sizes[rows.shapes.frame]
        features[:, 2 + column] = middle / extent
    features[~np.isfinite(features)] = np.nan
    return features


def _log_likelihood(
    features: NDArray[np.float64], centre: NDArray[np.float64], spread: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return (row, label) -> log likelihood; the squares are written out, so that it is one product of matrices."""
    weight = 1 / spread**2
    # Shifted to a common origin first: squares of large numbers would lose digits.
    origin = centre.mean(axis=0) if len(centre) else 0
    x, c = features - origin, centre - origin
    constant = -0.5 * (c**2 * weight).sum(axis=1) - np.log(spread).sum(axis=1)
    return np.asarray((x**2) @ (-0.5 * weight.T) + x @ (c * weight).T + constant)
