"""Annotations against each other: confusion, precision and recall, agreement of annotators, speed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.inspect.pairs import box_pairs
from cvat_widgets.inspect.rows import Rows, Target, rows_of
from cvat_widgets.plots import style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["annotator_agreement", "annotator_speed", "confusion_matrix", "pr_curves"]

_Index = NDArray[np.int64]


def _matched(
    a: Rows, b: Rows, iou: float, priority: NDArray[np.float64] | None = None, *, same_label: bool
) -> tuple[_Index, _Index]:
    """Return rows of a and b that are the same object: the best pairs first, each row once.

    ``priority`` of the rows of b comes before the overlap: confident predictions choose first, as in COCO's evaluation.
    """
    count = len(a)
    frame = np.concatenate([a.shapes.frame, b.shapes.frame]).astype(np.int64)
    i, j, union, _ = box_pairs(frame, np.concatenate([a.boxes, b.boxes]))
    low, high = np.minimum(i, j), np.maximum(i, j)
    across = (low < count) & (high >= count) & (union >= iou)
    low, high, union = low[across], high[across] - count, union[across]
    if same_label:
        names = {name: place for place, name in enumerate(dict.fromkeys((*a.names, *b.names)))}
        mine = np.array([names[name] for name in a.names] or [0])[a.shapes.label[low]]
        theirs = np.array([names[name] for name in b.names] or [0])[b.shapes.label[high]]
        low, high, union = low[mine == theirs], high[mine == theirs], union[mine == theirs]
    rank = np.lexsort((-union, -priority[high])) if priority is not None else np.argsort(-union, kind="stable")
    free_a, free_b = np.ones(count, bool), np.ones(len(b), bool)
    kept = []
    for place in rank.tolist():
        if free_a[low[place]] and free_b[high[place]]:
            free_a[low[place]] = free_b[high[place]] = False
            kept.append(place)
    return low[kept], high[kept]


def confusion_matrix(
    target: Any, truth: Target | None = None, ax: Axes | None = None, *, iou: float = 0.5, normalize: bool = True
) -> Axes:
    """Draw which label was given to which object.

    Parameters
    ----------
    target
        A quality report or its confusion matrix; or annotations or predictions to compare with ``truth``.
    truth
        A task, a job or a DataFrame of rows, where ``target`` is one, too.
    ax
        Axes to draw on; by default those of a new figure.
    iou
        Least intersection over union of boxes of the same object.
    normalize
        Whether colours show shares of the true objects of a label (columns) or of the largest cell. The numbers are counts.
    """
    matrix = getattr(target, "confusion_matrix", target)
    if truth is None:
        names, counts = [*matrix.labels], np.asarray(matrix.rows)
    else:
        names, counts = _confusion(rows_of(target).interpolated, rows_of(truth).interpolated, iou)
    whole = counts.sum(axis=0, keepdims=True) if normalize else counts.max(initial=1)
    share = counts / np.maximum(whole, 1)
    share[-1, -1] = np.nan
    shape = [f"{cell:,}" if cell else "·" for line in counts for cell in line.tolist()]
    texts = [shape[at : at + len(names)] for at in range(0, len(shape), len(names))]
    texts[-1][-1] = ""
    ax = style.axes(ax, (2.8 + 0.62 * max(len(names), 3), 1.8 + 0.52 * max(len(names), 3)))
    rows, columns = [*names[:-1], "missing"], [*names[:-1], "extra"]
    style.matrix(ax, share, texts, rows, columns, unit="share of the column" if normalize else "share of the largest cell")
    return style.finished(ax, title="Confusion of labels (objects)", x="true label", y="given label")


def _confusion(given: Rows, true: Rows, iou: float) -> tuple[list[str], NDArray[np.int64]]:
    names = list(dict.fromkeys((*true.names, *given.names)))
    place_g: Any = np.array([names.index(name) for name in given.names] or [0])[given.shapes.label]
    place_t: Any = np.array([names.index(name) for name in true.names] or [0])[true.shapes.label]
    mine, theirs = _matched(given, true, iou, same_label=False)
    counts = np.zeros((len(names) + 1, len(names) + 1), np.int64)
    np.add.at(counts, (place_g[mine], place_t[theirs]), 1)
    counts[:-1, -1] = np.bincount(np.delete(place_g, mine), minlength=len(names))
    counts[-1, :-1] = np.bincount(np.delete(place_t, theirs), minlength=len(names))
    return [*names, "unmatched"], counts


def pr_curves(predictions: pd.DataFrame, truth: Target, ax: Axes | None = None, *, iou: float = 0.5) -> Axes:
    """Draw precision over recall of a model for each label, with the average precision.

    Parameters
    ----------
    predictions
        ``frame, label, type, points, score``.
    truth
        A task, a job or a DataFrame of rows; tracks of tasks count on every frame.
    ax
        Axes to draw on; by default those of a new figure.
    iou
        Least intersection over union of boxes of the same object.

    Notes
    -----
    Matching as in COCO (Lin et al. 2014): the most confident prediction chooses first among the objects of its label. The
    average precision is the area under the curve after it is made to fall only (Everingham et al. 2010).
    """
    true, guessed = rows_of(truth).interpolated, rows_of(predictions)
    score = predictions["score"].to_numpy(np.float64)
    _, hit = _matched(true, guessed, iou, score, same_label=True)
    right = np.zeros(len(guessed), bool)
    right[hit] = True
    ax = style.axes(ax, (6.4, 4.4))
    colors = style.colors_of(true.names)
    given = np.array(guessed.names, object)[guessed.shapes.label] if len(guessed) else np.empty(0, object)
    for place, name in enumerate(true.names):
        total = int((true.shapes.label == place).sum())
        mine = np.flatnonzero(given == name)
        if not total:
            continue
        mine = mine[np.argsort(-score[mine], kind="stable")]
        found = right[mine].cumsum()
        recall = np.concatenate([[0], found / total])
        precision = np.concatenate([[1], found / np.arange(1, len(mine) + 1)])
        falling = np.maximum.accumulate(precision[::-1])[::-1]
        average = float((np.diff(recall) * falling[1:]).sum())
        ax.plot(recall, precision, color=colors[name], linewidth=1.8, label=f"{name}  (AP {average:.2f})")
    ax.set_xlim(0, 1.01)
    ax.set_ylim(0, 1.03)
    if ax.lines:
        ax.legend(loc="lower left", frameon=False)
    title = f"Precision and recall at IoU {iou:g}"
    return style.finished(
        ax, title=title, x="recall (share of objects found)", y="precision (share that is right)", grid="both"
    )


def annotator_agreement(annotations: Mapping[str, Target], ax: Axes | None = None, *, iou: float = 0.5) -> Axes:
    """Draw how well annotators agree two by two.

    Parameters
    ----------
    annotations
        Name of each annotator, and the job, task or DataFrame of rows that is theirs, all of the same frames.
    ax
        Axes to draw on; by default those of a new figure.
    iou
        Least intersection over union of boxes of the same object; the labels must be the same, too.

    Notes
    -----
    The number is the F-measure: the share of the objects of both that the other has as well. With no fixed number of objects
    it takes the place of kappa (Hripcsak and Rothschild 2005).
    """
    names = list(annotations)
    rows = [rows_of(target).interpolated for target in annotations.values()]
    share = np.full((len(names), len(names)), np.nan)
    for a, first in enumerate(rows):
        for b in range(a + 1, len(rows)):
            both = len(_matched(first, rows[b], iou, same_label=True)[0])
            share[a, b] = share[b, a] = 2 * both / max(len(first) + len(rows[b]), 1)
    texts = [["" if np.isnan(cell) else f"{cell:.0%}" for cell in line] for line in share]
    ax = style.axes(ax, (2.8 + 0.7 * max(len(names), 3), 1.8 + 0.55 * max(len(names), 3)))
    style.matrix(ax, share, texts, names, names, unit="share of objects both have")
    return style.finished(ax, title=f"Agreement of annotators at IoU {iou:g}", x="annotator", y="annotator")


def annotator_speed(target: Any, ax: Axes | None = None) -> Axes:
    """Draw how many objects each person adds in an hour of work.

    Parameters
    ----------
    target
        A task or project, or the table ``by_person`` of its ``analytics()``: ``user, hours, added``.
    ax
        Axes to draw on; by default those of a new figure.
    """
    table = target.analytics()["by_person"] if hasattr(target, "analytics") else target
    table = table[table["hours"] > 0].assign(speed=lambda rows: rows["added"] / rows["hours"]).sort_values("speed")
    ax = style.axes(ax, (6.4, 1.5 + 0.4 * max(len(table), 2)))
    bars = ax.barh(table["user"].astype(str).tolist(), table["speed"].to_numpy(float), color=style.MAIN, height=0.65)
    texts = [
        f" {speed:,.0f}/h  ({added:,} in {hours:.1f} h)"
        for speed, added, hours in zip(table["speed"], table["added"], table["hours"], strict=True)
    ]
    ax.bar_label(bars, texts, color=style.INK, fontsize=9)
    ax.margins(x=0.35)
    return style.finished(ax, title="Speed of annotators", x="objects added per hour of work", y="annotator", grid="x")
