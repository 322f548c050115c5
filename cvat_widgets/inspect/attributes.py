"""Attributes that flicker along a track."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.inspect.rows import Target, findings, rows_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["attribute_inconsistencies"]


def attribute_inconsistencies(target: Target, *, shorter_than: int = 5) -> pd.DataFrame:
    """Find values that a track takes for a few frames only, between two stretches of the same other value.

    Parameters
    ----------
    target
        A task, a job or a DataFrame of rows with ``track_id`` and ``attr.*``; in a DataFrame the label is looked at, too.
    shorter_than
        Frames; a value that lasts this long is believed, and so is one that lasts as long as a neighbour.

    Returns
    -------
    pandas.DataFrame
        ``id, frame, label, score, reason, attribute``; the shorter the stretch beside its neighbours, the higher the score.
    """
    import pandas as pd

    rows = rows_of(target)
    table, events = rows.every, rows.events
    on_track = table.track[events.row] >= 0
    row, name, value = events.row[on_track], events.name[on_track], events.value[on_track]
    frame, track = table.frame[row].astype(np.int64), table.track[row]
    if not _sorted(name, track, frame):
        order = np.lexsort((frame, track, name))
        row, name, value, frame, track = (column[order] for column in (row, name, value, frame, track))
    fresh = np.ones(len(row), bool)
    fresh[1:] = (track[1:] != track[:-1]) | (name[1:] != name[:-1]) | (value[1:] != value[:-1])
    at = np.flatnonzero(fresh)
    same = np.zeros(len(at) + 1, bool)
    same[1:-1] = (track[at][1:] == track[at][:-1]) & (name[at][1:] == name[at][:-1])
    middle = np.flatnonzero(same[:-1] & same[1:])
    middle = middle[value[at[middle - 1]] == value[at[middle + 1]]]
    stop = np.append(frame[at][1:], 0)
    # The last value of a track holds to its last frame.
    final = np.unique(middle + 1)
    final = final[~same[final + 1]]
    stop[final] = _last_frames(table.track, table.frame, track[at[final]]) + 1
    length = stop - frame[at]
    shorter = np.minimum(length[middle - 1], length[middle + 1])
    kept = (length[middle] < shorter_than) & (length[middle] < shorter)
    middle, shorter = middle[kept], shorter[kept]
    here = at[middle]
    attribute = [events.names[place] for place in name[here].tolist()]
    reasons = [
        f"{what!r} is {events.texts[now]!r} for {lasts} frame{'s' if lasts != 1 else ''} amid {events.texts[was]!r}"
        for what, now, was, lasts in zip(
            attribute, value[here].tolist(), value[at[middle - 1]].tolist(), length[middle].tolist(), strict=True
        )
    ]
    labels = [rows.names[code] for code in table.label[row[here]].tolist()]
    score = 1 - length[middle] / (length[middle] + shorter)
    return findings(table.id[row[here]], frame[here], labels, score, reasons, attribute=pd.array(attribute, dtype="string"))


def _sorted(*keys: NDArray[np.integer[Any]]) -> bool:
    """Whether rows are in the order of the first key, then of the second, and so on."""
    ahead = np.zeros(max(len(keys[0]) - 1, 0), bool)
    for key in reversed(keys):
        ahead = (key[:-1] < key[1:]) | ((key[:-1] == key[1:]) & (ahead | (key is keys[-1])))
    return bool(ahead.all())


def _last_frames(track: NDArray[np.int64], frame: NDArray[np.int32], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the last frame of each wanted track."""
    if _sorted(track, frame):
        return frame[np.searchsorted(track, wanted, side="right") - 1].astype(np.int64)
    ids, place = np.unique(wanted, return_inverse=True)
    rows = np.flatnonzero(np.isin(track, ids))
    last = np.zeros(len(ids), np.int64)
    np.maximum.at(last, np.searchsorted(ids, track[rows]), frame[rows])
    return np.asarray(last[place])
