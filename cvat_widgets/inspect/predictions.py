"""Annotations that a model's predictions speak against: wrong labels, missing, extra and badly placed objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError
from cvat_widgets.inspect.pairs import box_pairs
from cvat_widgets.inspect.rows import Rows, Target, findings, rows_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["disagreements"]

_Floats = NDArray[np.float64]
_Index = NDArray[np.int64]


def disagreements(
    target: Target, predictions: pd.DataFrame, *, iou: float = 0.3, location: float = 0.6, confidence: float = 0.7
) -> pd.DataFrame:
    """Find annotations that disagree with a model.

    Parameters
    ----------
    target
        A task, a job or a DataFrame of rows; tracks of tasks are compared on every frame.
    predictions
        ``frame, label, type, points, score``. With one column ``p.<label>`` a label the whole distribution is used; otherwise
        what the score leaves over is shared among the other labels. Predictions made without a threshold work best.
    iou
        Least intersection over union of boxes that are the same object; each takes the other's best.
    location
        Intersection over union below which a pair is badly placed, if pairs of its label usually do better.
    confidence
        Share of a label's threshold that the model must reach to speak for it. 1 is the published rule, which is made for
        estimating how many labels are wrong and passes over about half of them; less finds more.

    Returns
    -------
    pandas.DataFrame
        ``id`` (empty for what is missing)``, frame, label, score, reason, kind, suggested``, where ``kind`` is ``label``,
        ``missing``, ``extra`` or ``location`` and ``points`` holds the box of the prediction (empty for ``extra``).

    Notes
    -----
    Labels: confident learning (Northcutt, Jiang, Chuang, *Confident Learning: Estimating Uncertainty in Dataset Labels*, JAIR
    2021). The threshold of a label is the mean probability that the model gives it on the objects that carry it; an object is
    suspected when another label passes its own threshold, and its score is how much more probable that label is. Overlooked
    and badly placed objects follow the three kinds of ObjectLab (Tkachenko, Thyagarajan, Mueller 2023).

    Raises
    ------
    AnnotationError
        The predictions have no column ``score``.
    """
    import pandas as pd

    if "score" not in predictions:
        raise AnnotationError("the column score is missing", hint="Predictions are rows with frame, label, type, points, score")
    given = rows_of(target).interpolated
    guessed = rows_of(predictions.drop(columns=[name for name in ("track_id", "outside") if name in predictions]))
    names = list(dict.fromkeys((*given.names, *guessed.names)))
    label = _codes(given, names)
    probability = _probabilities(predictions, guessed, names)
    mine, theirs, shared = _matches(given, guessed, iou)
    trust = probability.max(axis=1)
    thresholds = confidence * _thresholds(label[mine], probability[theirs], len(names))
    parts = [
        _wrong_labels(given, mine, label, probability[theirs], thresholds, names, guessed.boxes[theirs]),
        _badly_placed(given, mine, theirs, label, shared, location, guessed, len(names)),
        _missing(guessed, theirs, trust, probability, thresholds, names),
        _extra(given, mine, label, len(names)),
    ]
    kept = [part for part in parts if len(part)]
    joined = pd.concat(kept or parts[:1], ignore_index=True)
    return joined.sort_values("score", ascending=False, kind="stable", ignore_index=True)


def _codes(rows: Rows, names: list[str]) -> _Index:
    place = np.array([names.index(name) for name in rows.names] or [0], np.int64)
    return np.asarray(place[rows.shapes.label])


def _probabilities(predictions: pd.DataFrame, guessed: Rows, names: list[str]) -> _Floats:
    columns = [f"p.{name}" for name in names]
    if any(name in predictions for name in columns):
        filled = [
            predictions[name].to_numpy(np.float64, na_value=0.0) if name in predictions else np.zeros(len(predictions))
            for name in columns
        ]
        return np.stack(filled, axis=1)
    score = np.clip(predictions["score"].to_numpy(np.float64, na_value=0.0), 0, 1)
    rest = (1 - score) / max(len(names) - 1, 1)
    table = np.repeat(rest[:, None], len(names), axis=1)
    table[np.arange(len(score)), _codes(guessed, names)] = score
    return table


def _matches(given: Rows, guessed: Rows, iou: float) -> tuple[_Index, _Index, _Floats]:
    """Return annotations and predictions that are each other's best, and their overlap."""
    count = len(given)
    boxes = np.concatenate([given.boxes, guessed.boxes])
    frame = np.concatenate([given.shapes.frame, guessed.shapes.frame]).astype(np.int64)
    a, b, union, _ = box_pairs(frame, boxes)
    low, high = np.minimum(a, b), np.maximum(a, b)
    across = (low < count) & (high >= count) & (union >= iou)
    low, high, union = low[across], high[across] - count, union[across]
    best_of_mine, best_of_theirs = np.zeros(count), np.zeros(len(guessed))
    np.maximum.at(best_of_mine, low, union)
    np.maximum.at(best_of_theirs, high, union)
    mutual = (union == best_of_mine[low]) & (union == best_of_theirs[high])
    low, high, union = low[mutual], high[mutual], union[mutual]
    _, once = np.unique(low, return_index=True)
    return low[once], high[once], union[once]


def _thresholds(label: _Index, probability: _Floats, count: int) -> _Floats:
    """Return the mean self-confidence of each label; infinite for labels that are never given."""
    own = probability[np.arange(len(label)), label]
    seen = np.bincount(label, minlength=count)
    return np.where(seen > 0, np.bincount(label, own, minlength=count) / np.maximum(seen, 1), np.inf)


def _wrong_labels(
    given: Rows, mine: _Index, label: _Index, probability: _Floats, thresholds: _Floats, names: list[str],
    boxes: _Floats,
) -> pd.DataFrame:  # fmt: skip
    own = probability[np.arange(len(mine)), label[mine]]
    passing = np.where(probability >= np.minimum(thresholds, 1)[None], probability, -1)
    passing[:, ~np.isfinite(thresholds)] = -1
    passing[np.arange(len(mine)), label[mine]] = -1
    best = passing.argmax(axis=1) if passing.shape[1] else np.zeros(len(mine), np.int64)
    value = passing[np.arange(len(mine)), best] if len(mine) else np.empty(0)
    at = np.flatnonzero((value > own) & (value > 0))
    suggested = [names[place] for place in best[at].tolist()]
    reasons = [
        f"the model says {name!r} with {chance:.0%}, and {self:.0%} for the present label"
        for name, chance, self in zip(suggested, value[at].tolist(), own[at].tolist(), strict=True)
    ]
    return _found(given, mine[at], 0.5 + (value - own)[at] / 2, reasons, "label", suggested, boxes[at])


def _badly_placed(
    given: Rows, mine: _Index, theirs: _Index, label: _Index, shared: _Floats, location: float, guessed: Rows, count: int
) -> pd.DataFrame:
    usual = np.full(count, np.nan)
    for code in np.unique(label[mine]).tolist():
        usual[code] = np.median(shared[label[mine] == code])
    expected = usual[label[mine]]
    at = np.flatnonzero((shared < location) & (shared < 0.85 * expected))
    reasons = [
        f"its box overlaps the model's by {part:.0%}, where {often:.0%} is usual"
        for part, often in zip(shared[at].tolist(), expected[at].tolist(), strict=True)
    ]
    names = given.name_of(mine[at])
    return _found(given, mine[at], 1 - shared[at] / expected[at], reasons, "location", names, guessed.boxes[theirs[at]])


def _missing(
    guessed: Rows, theirs: _Index, trust: _Floats, probability: _Floats, thresholds: _Floats, names: list[str]
) -> pd.DataFrame:
    import pandas as pd

    alone = np.ones(len(guessed), bool)
    alone[theirs] = False
    best = probability.argmax(axis=1) if probability.shape[1] else np.zeros(len(guessed), np.int64)
    at = np.flatnonzero(alone & (trust >= np.minimum(thresholds, 1)[best]) & np.isfinite(thresholds)[best])
    suggested = [names[place] for place in best[at].tolist()]
    reasons = [
        f"the model sees {name!r} here with {chance:.0%}" for name, chance in zip(suggested, trust[at].tolist(), strict=True)
    ]
    return findings(
        None, guessed.shapes.frame[at], suggested, trust[at], reasons, kind=pd.array(["missing"] * len(at), dtype="string"),
        suggested=pd.array(suggested, dtype="string"), points=_column(guessed.boxes[at]),
    )  # fmt: skip


def _extra(given: Rows, mine: _Index, label: _Index, count: int) -> pd.DataFrame:
    alone = np.ones(len(given), bool)
    alone[mine] = False
    alone &= np.isfinite(given.boxes).all(axis=1)
    at = np.flatnonzero(alone)
    # How often the model finds objects of this label tells how much its silence means.
    total = np.bincount(label, minlength=count)
    recall = np.bincount(label[mine], minlength=count) / np.maximum(total, 1)
    found = recall[label[at]]
    reasons = [f"the model sees nothing here, though it finds {share:.0%} of {name!r}" for share, name in zip(
        found.tolist(), given.name_of(at), strict=True)]  # fmt: skip
    return _found(given, at, found, reasons, "extra", given.name_of(at), np.full((len(at), 4), np.nan))


def _found(
    rows: Rows, at: _Index, score: _Floats, reasons: list[str], kind: str, suggested: list[str], boxes: _Floats
) -> pd.DataFrame:
    import pandas as pd

    table = rows.shapes
    more: dict[str, Any] = {
        "kind": pd.array([kind] * len(at), dtype="string"),
        "suggested": pd.array(suggested, dtype="string"),
        "points": _column(boxes),
    }
    return findings(table.id[at], table.frame[at], rows.name_of(at), score, reasons, **more)


def _column(boxes: _Floats) -> NDArray[np.object_]:
    column = np.empty(len(boxes), object)
    column[:] = [None if np.isnan(line[0]) else line for line in boxes]
    return column
