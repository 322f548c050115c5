"""Tracks of files that list an object on each frame it is seen on: where it is missing, it is outside.

The rule is CVAT's for MOT and MOTS: every row is a keyframe, and the frame after a row that has no next one gets a copy of it
that is outside.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cvat_widgets.model.attributes import AttributeColumns
from cvat_widgets.model.kinds import Flag
from cvat_widgets.model.table import AnnotationTable

__all__ = ["close_gaps"]


def close_gaps(table: AnnotationTable, frame_count: int) -> AnnotationTable:
    """Put a keyframe outside after every visible keyframe that is not followed at once by another.

    Parameters
    ----------
    table
        Shapes and tracks with a keyframe on every frame on which the object is seen.
    frame_count
        Number of frames: a track that lasts to the end needs no keyframe behind it.

    Returns
    -------
    AnnotationTable
        Plain rows first, then tracks sorted by track and frame. Keyframes outside that follow another are left out, so the
        function may be applied again when frames have got other numbers.
    """
    tracked = np.flatnonzero(table.is_track)
    if not len(tracked):
        return table
    tracked = tracked[np.lexsort((table.frame[tracked], table.track[tracked]))]
    track, frame, outside = table.track[tracked], table.frame[tracked], table.has(Flag.OUTSIDE)[tracked]
    followed = np.append((track[1:] == track[:-1]) & (frame[1:] == frame[:-1] + 1), False)
    gone = table.take(tracked[~followed & ~outside & (frame + 1 < frame_count)])
    gone = gone.with_columns(frame=gone.frame + 1, flags=gone.flags | int(Flag.OUTSIDE) | int(Flag.KEYFRAME))
    gone = replace(gone, attributes=AttributeColumns(), extras={})
    both = AnnotationTable.concat([table, gone]) if len(gone) else table
    tracked = np.flatnonzero(both.is_track)
    tracked = tracked[np.lexsort((both.frame[tracked], both.track[tracked]))]
    # With the copies in place, a keyframe outside that stood further on says nothing new.
    outside = both.has(Flag.OUTSIDE)[tracked]
    repeated = np.append(False, outside[1:] & outside[:-1] & (np.diff(both.track[tracked]) == 0))
    order = np.concatenate((np.flatnonzero(~both.is_track), tracked[~repeated]))
    return both if np.array_equal(order, np.arange(len(both))) else both.take(order)
