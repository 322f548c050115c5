"""Boxes that touch the edge of the picture or reach beyond it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cvat_widgets.errors import AnnotationError
from cvat_widgets.inspect.rows import Target, findings, rows_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["touching_borders"]

_SIDES = ("left", "top", "right", "bottom")


def touching_borders(target: Target, *, margin: float = 1.0, size: tuple[int, int] | None = None) -> pd.DataFrame:
    """Find boxes that touch the edge of the picture (the object may go on) or reach beyond it.

    Parameters
    ----------
    target
        A task, a job or a DataFrame of rows.
    margin
        Pixels from the edge that still count as touching.
    size
        Width and height of the frames in pixels, where a DataFrame does not say.

    Returns
    -------
    pandas.DataFrame
        ``id, frame, label, score, reason``. The score is 0.25 for touching and goes from 0.5 to 1 with the share of the box
        that is beyond the edge.

    Raises
    ------
    AnnotationError
        The sizes of the frames are not known.
    """
    rows = rows_of(target, size=size)
    if rows.widths is None or rows.heights is None:
        raise AnnotationError("the size of the frames is not known", hint="Pass size=(width, height)")
    boxes = rows.boxes
    left, top, right, bottom = boxes.T
    if len(set(rows.widths.tolist())) == 1 == len(set(rows.heights.tolist())):
        # Frames of one size need no look-up a shape.
        near = (right >= rows.widths[0] - margin) | (bottom >= rows.heights[0] - margin)
    else:
        frame = np.clip(rows.shapes.frame, 0, len(rows.widths) - 1)
        near = (right >= rows.widths[frame] - margin) | (bottom >= rows.heights[frame] - margin)
    near |= (left <= margin) | (top <= margin)
    found = np.flatnonzero(near)
    part = boxes[found]
    frame = rows.shapes.frame[found]
    width, height = rows.widths[frame].astype(np.float64), rows.heights[frame].astype(np.float64)
    # Distance inside the picture on each side; negative is beyond.
    room = np.stack([part[:, 0], part[:, 1], width - part[:, 2], height - part[:, 3]], axis=1)
    inside_w = np.clip(np.minimum(part[:, 2], width) - np.maximum(part[:, 0], 0), 0, None)
    inside_h = np.clip(np.minimum(part[:, 3], height) - np.maximum(part[:, 1], 0), 0, None)
    area = np.maximum((part[:, 2] - part[:, 0]) * (part[:, 3] - part[:, 1]), 1e-9)
    beyond = np.clip(1 - inside_w * inside_h / area, 0, 1)
    reaches = room.min(axis=1) < -margin
    score = np.where(reaches, 0.5 + beyond / 2, 0.25)
    reasons = [_reason(line, margin) for line in room.tolist()]
    return findings(rows.shapes.id[found], rows.shapes.frame[found], rows.name_of(found), score, reasons)


def _reason(room: list[float], margin: float) -> str:
    beyond = [f"{-gap:.0f} px beyond the {side} edge" for side, gap in zip(_SIDES, room, strict=True) if gap < -margin]
    touched = [side for side, gap in zip(_SIDES, room, strict=True) if -margin <= gap <= margin]
    if touched:
        beyond.append(f"touches the {' and '.join(touched)} edge")
    return "; ".join(beyond)
