"""How many objects there are: by label, by frame, together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.inspect.rows import Rows, Target, rows_of
from cvat_widgets.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["class_balance", "co_occurrence", "objects_per_frame"]

_BINS = 200
_SERIES = 7


def objects_by_label(rows: Rows) -> NDArray[np.int64]:
    """Return how many objects each label has; a track is one object, tags count."""
    table = rows.every
    keys = np.where(table.track >= 0, table.track, -1 - np.arange(len(table)))
    first = np.unique(keys, return_index=True)[1]
    return np.bincount(table.label[first], minlength=len(rows.names))


def class_balance(target: Target, ax: Axes | None = None) -> Axes:
    """Draw how many objects each label has; a track is one object.

    Parameters
    ----------
    target
        A task, a job or a DataFrame of rows.
    ax
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, for your own changes.
    """
    rows = rows_of(target)
    counts = objects_by_label(rows)
    order = np.argsort(counts, kind="stable")
    ax = style.axes(ax, (6.4, 1.4 + 0.34 * max(len(order), 2)))
    bars = ax.barh([rows.names[place] for place in order.tolist()], counts[order], color=style.MAIN, height=0.7)
    total = max(int(counts.sum()), 1)
    ax.bar_label(bars, [f" {count:,} ({count / total:.0%})" for count in counts[order].tolist()], color=style.INK, fontsize=9)
    ax.margins(x=0.18)
    ax.xaxis.set_major_formatter("{x:,.0f}")
    return style.finished(ax, title=f"{total if counts.sum() else 0:,} objects by label", x="objects", y="label", grid="x")


def _counts(rows: Rows) -> NDArray[np.int64]:
    """Return (label, frame) -> objects."""
    table = rows.shapes
    key = table.label.astype(np.int64) * rows.frame_count + table.frame
    return np.bincount(key, minlength=len(rows.names) * rows.frame_count).reshape(len(rows.names), rows.frame_count)


def objects_per_frame(target: Target, ax: Axes | None = None) -> Axes:
    """Draw how many objects are on each frame, by label; long tasks as means over neighbouring frames.

    Parameters
    ----------
    target
        A task, a job or a DataFrame of rows; tracks of tasks count on every frame.
    ax
        Axes to draw on; by default those of a new figure.
    """
    rows = rows_of(target).interpolated
    counts = _counts(rows)
    step = max(-(-rows.frame_count // _BINS), 1)
    edges = np.append(np.arange(0, rows.frame_count, step), rows.frame_count)
    binned = np.add.reduceat(counts, edges[:-1], axis=1) / np.diff(edges) if rows.frame_count else counts.astype(np.float64)
    order = np.argsort(-binned.sum(axis=1), kind="stable")
    order = order[binned[order].sum(axis=1) > 0]
    names = [rows.names[place] for place in order.tolist()]
    series = binned[order]
    if len(series) > _SERIES:
        names = [*names[: _SERIES - 1], "others"]
        series = np.concatenate([series[: _SERIES - 1], series[_SERIES - 1 :].sum(axis=0, keepdims=True)])
    ax = style.axes(ax, (7.5, 3.6))
    base = np.zeros(series.shape[1])
    for name, line, color in zip(names, series, style.colors_of(names).values(), strict=True):
        ax.stairs(base + line, edges, baseline=base, fill=True, color=color, label=name, linewidth=0)
        base = base + line
    ax.set_xlim(0, max(rows.frame_count, 1))
    ax.set_ylim(0, max(float(base.max(initial=0)) * 1.08, 1))
    if names:
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, reverse=True)
    unit = "objects" if step == 1 else f"objects (mean of {step} frames)"
    return style.finished(ax, title="Objects per frame", x="frame", y=unit, grid="y")


def co_occurrence(target: Target, ax: Axes | None = None) -> Axes:
    """Draw which labels are seen together: of the frames with one label, the share that also holds the other.

    Parameters
    ----------
    target
        A task, a job or a DataFrame of rows; tracks of tasks count on every frame.
    ax
        Axes to draw on; by default those of a new figure.
    """
    rows = rows_of(target).interpolated
    present = (_counts(rows) > 0).astype(np.float64)
    used = np.flatnonzero(present.any(axis=1))
    names, present = [rows.names[place] for place in used.tolist()], present[used]
    together = present @ present.T
    share = together / np.maximum(present.sum(axis=1)[:, None], 1)
    np.fill_diagonal(share, np.nan)
    texts: list[list[str]] = [["" if np.isnan(cell) else f"{cell:.0%}" for cell in line] for line in share]
    ax = style.axes(ax, (2.8 + 0.6 * max(len(names), 3), 1.8 + 0.5 * max(len(names), 3)))
    if not names:
        return style.finished(ax, title="No labels on any frame", x="also holds", y="of frames with")
    values: Any = share
    style.matrix(ax, values, texts, names, names, unit="share of frames")
    return style.finished(ax, title="Labels on the same frame", x="also holds", y="of frames with")
