"""What all plots share: colours anyone can tell apart, a quiet frame, and axes where none are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cvat_widgets.errors import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["INK", "MAIN", "MAP", "MAP_COLORS", "NONE", "axes", "colors_of", "finished", "shown_values"]

# Okabe and Ito, "Color Universal Design" (2008), the yellow darkened so that it shows on white.
_PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#B8A900", "#5C5C5C")
MAIN = _PALETTE[0]
INK = "#333333"
MAP = "cividis"
"""A map of one colour scale that grows evenly in lightness for everybody (Nuñez, Anderton and Renslow 2018)."""
MAP_COLORS = (
    "#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838",
)  # fmt: skip
"""The same map in ten steps, for what is drawn without matplotlib."""
NONE = "#999999"
"""The colour of what has no value."""


def axes(given: Axes | None, size: tuple[float, float]) -> Axes:
    """Return the axes that were given, or those of a new figure of ``size`` inches.

    Raises
    ------
    MissingExtraError
        Matplotlib is not installed.
    """
    if given is not None:
        return given
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise MissingExtraError("matplotlib", "plots", "A plot") from None
    _, made = plt.subplots(figsize=size, layout="constrained")
    return made


def colors_of(names: Sequence[str]) -> dict[str, str]:
    """Return a colour for each name, the same for the same order of labels; more than eight repeat."""
    return {name: _PALETTE[place % len(_PALETTE)] for place, name in enumerate(names)}


def finished(ax: Axes, *, title: str, x: str, y: str, grid: str | None = None) -> Axes:
    """Write title and axis labels, and take away what carries nothing."""
    ax.set_title(title, loc="left", fontsize=11, color=INK, pad=10)
    ax.set_xlabel(x, color=INK)
    ax.set_ylabel(y, color=INK)
    ax.tick_params(colors=INK, length=3)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color("#BBBBBB")
    if grid is not None:
        ax.grid(visible=True, axis=grid, color="#E6E6E6", linewidth=0.8)  # type: ignore[arg-type]  # "x", "y" or "both"
        ax.set_axisbelow(True)
    return ax


def shown_values(ax: Axes, values: Any, texts: Sequence[Sequence[str]], *, limit: float) -> None:
    """Write a text into every cell of a matrix, light on dark cells and dark on light ones."""
    for row, line in enumerate(texts):
        for column, text in enumerate(line):
            value = values[row][column]
            dark = value == value and value < 0.55 * limit  # NaN cells are light grey
            ax.text(column, row, text, ha="center", va="center", fontsize=9, color="white" if dark else INK)


def matrix(
    ax: Axes, values: Any, texts: Sequence[Sequence[str]], rows: Sequence[str], columns: Sequence[str], *, unit: str
) -> None:
    """Draw a matrix of shares with a colour bar, values in the cells, and names along both sides."""
    import matplotlib as mpl

    colors = mpl.colormaps[MAP].with_extremes(bad="#EEEEEE")
    image = ax.imshow(values, cmap=colors, vmin=0, vmax=1, aspect="equal")
    bar = ax.figure.colorbar(image, ax=ax, fraction=0.046, pad=0.03, label=unit)
    bar.outline.set_visible(False)
    many = len(columns) > 5
    ax.set_xticks(range(len(columns)), columns, rotation=40 if many else 0, ha="right" if many else "center")
    ax.set_yticks(range(len(rows)), rows)
    if len(columns) <= 16:
        shown_values(ax, values, texts, limit=1)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.tick_params(length=0)
