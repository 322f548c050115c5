"""How long tracks are, and when they are seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.inspect.rows import Rows, Target, rows_of
from cvat_widgets.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["track_lengths", "track_timeline"]

_NAMED = 30


def stretches(rows: Rows) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return track, label, first frame and number of frames of each stretch on which a track is seen without a break."""
    table = rows.interpolated.shapes
    index = np.flatnonzero(table.track >= 0)
    order = index[np.lexsort((table.frame[index], table.track[index]))]
    track, frame, label = table.track[order], table.frame[order].astype(np.int64), table.label[order].astype(np.int64)
    fresh = np.ones(len(order), bool)
    if rows.columns is None:
        fresh[1:] = (track[1:] != track[:-1]) | (np.diff(frame) > 1)
        at = np.flatnonzero(fresh)
        return track[at], label[at], frame[at], np.diff(np.append(at, len(order)))
    # Rows of a DataFrame may be keyframes only: a track is there from its first to its last.
    fresh[1:] = track[1:] != track[:-1]
    at = np.flatnonzero(fresh)
    last = np.append(at, len(order))[1:] - 1
    return track[at], label[at], frame[at], frame[last] - frame[at] + 1


def track_lengths(target: Target, ax: Axes | None = None) -> Axes:
    """Draw how many frames tracks are seen on.

    Parameters
    ----------
    target
        A task, a job or a DataFrame of rows with ``track_id``.
    ax
        Axes to draw on; by default those of a new figure.
    """
    track, _, _, length = stretches(rows_of(target))
    ids, place = np.unique(track, return_inverse=True)
    total = np.bincount(place, length, minlength=len(ids))
    ax = style.axes(ax, (6.4, 3.4))
    longest = max(int(total.max(initial=1)), 1)
    step = max(-(-longest // 30), 1)
    edges = np.arange(0.5, longest + step + 0.5, step)
    ax.hist(total, bins=edges.tolist(), color=style.MAIN, edgecolor="white", linewidth=0.6)
    middle = float(np.median(total)) if len(total) else 0.0
    ax.locator_params(axis="y", integer=True)
    return style.finished(
        ax,
        title=f"Lengths of {len(total)} tracks, median {middle:g} frames",
        x="frames on which a track is seen",
        y="tracks",
        grid="y",
    )


def track_timeline(target: Target, ax: Axes | None = None, *, limit: int = 200) -> Axes:
    """Draw when each track is seen, one line a track, in order of appearance.

    Parameters
    ----------
    target
        A task, a job or a DataFrame of rows with ``track_id``.
    ax
        Axes to draw on; by default those of a new figure.
    limit
        Most tracks to draw, the longest ones.
    """
    rows = rows_of(target)
    track, label, start, length = stretches(rows)
    ids, place = np.unique(track, return_inverse=True)
    total = np.bincount(place, length, minlength=len(ids))
    first = np.full(len(ids), np.iinfo(np.int64).max)
    np.minimum.at(first, place, start)
    kept = np.sort(np.argsort(-total, kind="stable")[:limit])
    order = kept[np.argsort(first[kept], kind="stable")]
    line = np.full(len(ids), -1)
    line[order] = np.arange(len(order))
    count = len(order)
    ax = style.axes(ax, (7.5, 1.5 + min(0.16 * max(count, 3), 6)))
    used = [rows.names[code] for code in np.unique(label).tolist()]
    colors = style.colors_of(used)
    for name in used:
        chosen = (label == rows.names.index(name)) & (line[place] >= 0)
        spans = np.stack([start[chosen], length[chosen]], axis=1).astype(np.float64)
        height = 0.72 if count <= 80 else 1.0
        lines = line[place][chosen].astype(np.float64)
        ax.barh(lines, spans[:, 1], left=spans[:, 0], height=height, color=colors[name], label=name)
    ax.set_ylim(count - 0.4, -0.6)
    ax.set_xlim(0, max(rows.frame_count, 1))
    if count <= _NAMED:
        ax.set_yticks(range(count), [str(number) for number in ids[order].tolist()])
    else:
        ax.set_yticks([])
    if used:
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    title = f"{count} tracks" if count == len(ids) else f"The {count} longest of {len(ids)} tracks"
    return style.finished(ax, title=title, x="frame", y="track (id)" if count <= _NAMED else "track", grid="x")
