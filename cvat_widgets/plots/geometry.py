"""How large objects are, how they are shaped, and where they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.inspect.rows import Rows, Target, rows_of
from cvat_widgets.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["aspect_ratios", "position_heatmap", "sizes"]

_GRID = 96


def _boxed(rows: Rows, values: NDArray[np.float64], ax: Axes | None) -> Axes:
    """Draw a box of quartiles for each label along a logarithmic axis."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    usable = np.isfinite(values) & (values > 0)
    groups = [values[usable & (rows.shapes.label == place)] for place in range(len(rows.names))]
    present = [(name, group) for name, group in zip(rows.names, groups, strict=True) if len(group)]
    present.sort(key=lambda pair: float(np.median(pair[1])))
    ax = style.axes(ax, (6.8, 1.4 + 0.42 * max(len(present), 2)))
    if present:
        drawn = ax.boxplot(
            [group for _, group in present], orientation="horizontal", patch_artist=True, widths=0.6,
            flierprops={"marker": ".", "markersize": 4, "markeredgecolor": style.INK, "alpha": 0.35},
            medianprops={"color": style.INK, "linewidth": 1.6},
        )  # fmt: skip
        for patch in drawn["boxes"]:
            patch.set(facecolor=style.MAIN, alpha=0.55, edgecolor=style.MAIN)
        ax.set_yticks(range(1, len(present) + 1), [f"{name} ({len(group):,})" for name, group in present])
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    return ax


def sizes(target: Target, ax: Axes | None = None) -> Axes:
    """Draw the sizes of objects by label: median, quartiles, and what lies beyond 1.5 of their distance.

    Parameters
    ----------
    target
        A task, a job or a DataFrame of rows; keyframes of tracks count one by one.
    ax
        Axes to draw on; by default those of a new figure.
    """
    rows = rows_of(target)
    area = rows.widths_heights.prod(axis=1)
    drawn = _boxed(rows, np.sqrt(np.where(area > 0, area, np.nan)), ax)
    return style.finished(drawn, title="Sizes by label", x="√(width × height) of the box (px)", y="label (shapes)", grid="x")


def aspect_ratios(target: Target, ax: Axes | None = None) -> Axes:
    """Draw width by height of the boxes of each label; 1 is a square.

    Parameters
    ----------
    target
        A task, a job or a DataFrame of rows; keyframes of tracks count one by one.
    ax
        Axes to draw on; by default those of a new figure.
    """
    rows = rows_of(target)
    width, height = rows.widths_heights.T
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = _boxed(rows, width / height, ax)
    drawn.axvline(1, color=style.INK, linewidth=1, linestyle=(0, (4, 3)), zorder=0.5)
    return style.finished(
        drawn, title="Aspect ratios by label", x="width / height (1 is a square)", y="label (shapes)", grid="x"
    )


def position_heatmap(
    target: Target, ax: Axes | None = None, *, label: str | None = None, size: tuple[int, int] | None = None
) -> Axes:
    """Draw how many boxes cover each place of the picture.

    Parameters
    ----------
    target
        A task, a job or a DataFrame of rows; tracks of tasks count on every frame.
    ax
        Axes to draw on; by default those of a new figure.
    label
        Only this label.
    size
        Width and height of the frames in pixels, where a DataFrame does not say; otherwise the reach of the boxes. Frames of
        different sizes are laid on each other corner to corner.
    """
    rows = rows_of(target, size=size).interpolated
    boxes = rows.boxes[np.isfinite(rows.boxes).all(axis=1)]
    if label is not None:
        chosen = rows.names.index(label) if label in rows.names else -1
        boxes = rows.boxes[np.isfinite(rows.boxes).all(axis=1) & (rows.shapes.label == chosen)]
    width = float(rows.widths.max(initial=1)) if rows.widths is not None else float(boxes[:, 2].max(initial=1))
    height = float(rows.heights.max(initial=1)) if rows.heights is not None else float(boxes[:, 3].max(initial=1))
    counts = coverage(boxes, width, height)
    ax = style.axes(ax, (6.8, 1.2 + 5.4 * min(height / width, 1.2)))
    image = ax.imshow(counts, cmap=style.MAP, extent=(0, width, height, 0), interpolation="nearest", vmin=0)
    bar = ax.figure.colorbar(image, ax=ax, fraction=0.03, pad=0.02, label="objects that cover the place")
    bar.outline.set_visible(False)
    what = f"{label!r}" if label is not None else "Objects"
    return style.finished(ax, title=f"Where {what.lower()} lie", x="x (px)", y="y (px)")


def coverage(boxes: NDArray[np.float64], width: float, height: float) -> NDArray[np.float64]:
    """Return how many boxes cover each cell of a grid, by summing up the changes at their corners."""
    columns = _GRID
    lines = max(round(_GRID * height / width), 1)
    x = np.clip(np.round(boxes[:, [0, 2]] / width * columns), 0, columns).astype(np.int64)
    y = np.clip(np.round(boxes[:, [1, 3]] / height * lines), 0, lines).astype(np.int64)
    change = np.zeros((lines + 1, columns + 1))
    for row, column, sign in ((0, 0, 1), (0, 1, -1), (1, 0, -1), (1, 1, 1)):
        np.add.at(change, (y[:, row], x[:, column]), sign)
    return np.asarray(change.cumsum(axis=0).cumsum(axis=1)[:lines, :columns])
