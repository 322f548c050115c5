"""Arrays of masks from rows, and rows from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError
from cvat_widgets.interchange.geometry import geometry_table
from cvat_widgets.model.masks import encode_mask

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["rows_from_masks", "to_masks"]

_MAX_SIDE = 1 << 16


def to_masks(rows: pd.DataFrame, width: int, height: int) -> NDArray[np.bool_]:
    """Return the pixels of every row: bool of shape (n, height, width); nothing for what has no area.

    Parameters
    ----------
    rows
        Rows with ``type`` and ``points``.
    width, height
        Of the frame.
    """
    from cvat_widgets.formats import Dataset
    from cvat_widgets.formats.mask_painting import Painter
    from cvat_widgets.model.frames import FrameIndex
    from cvat_widgets.model.kinds import ELLIPSE, MASK, POLYGON, RECTANGLE
    from cvat_widgets.model.labels import LabelSet

    if not (0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE):
        raise AnnotationError(f"a picture cannot have {width} x {height} pixels", hint="Give width and height of the frame")
    table = geometry_table(rows)
    count = len(table)
    found = np.zeros((count, height, width), bool)
    # One frame a row, so that none covers another.
    apart = table.with_columns(frame=np.arange(count, dtype=np.int32))
    index = FrameIndex([str(row) for row in range(count)], np.full(count, width, np.int32), np.full(count, height, np.int32))
    painter = Painter(Dataset(LabelSet.of([]), index, apart), (RECTANGLE, POLYGON, ELLIPSE, MASK), merge_groups=False)
    for row in range(count):
        for segment in painter.segments(row):
            segment.paint(found[row], 1)
    return found


def rows_from_masks(
    masks: Any,
    frame: int,
    labels: str | Sequence[str] | Mapping[int, str],
    *,
    scores: Sequence[float] | None = None,
    source: str = "auto",
) -> pd.DataFrame:
    """Return one row a mask, for :meth:`Task.add`.

    Parameters
    ----------
    masks
        Bool of shape (n, height, width), one mask of shape (height, width), or a picture of whole numbers where each number is
        a label and 0 nothing.
    frame
        Number of the frame.
    labels
        One label for all, one a mask, or for a picture of numbers the label of each.
    scores
        One a mask.
    source
        Where they come from.

    Raises
    ------
    AnnotationError
        Shapes do not fit together.
    """
    import pandas as pd

    picture = np.asarray(masks)
    if picture.ndim == 2 and picture.dtype != bool:
        if not isinstance(labels, Mapping):
            raise AnnotationError("a picture of numbers needs the label of each number", hint="labels={1: 'car', 2: 'road'}")
        numbers = [number for number in np.unique(picture).tolist() if number]
        unknown = [number for number in numbers if number not in labels]
        if unknown:
            raise AnnotationError(f"the number {unknown[0]} has no label", hint=f"Known are {sorted(labels)}")
        names = [labels[number] for number in numbers]
        bitmaps = [picture == number for number in numbers]
    else:
        if picture.ndim == 2:
            picture = picture[None]
        if picture.ndim != 3:
            raise AnnotationError(f"masks have three axes, not {picture.ndim}", hint="Give an array (n, height, width)")
        bitmaps = [each.astype(bool) for each in picture]
        if isinstance(labels, Mapping):
            raise AnnotationError("labels by number belong to a picture of numbers", hint="Give one label a mask")
        names = [labels] * len(bitmaps) if isinstance(labels, str) else list(labels)
    if len(names) != len(bitmaps) or (scores is not None and len(scores) != len(bitmaps)):
        raise AnnotationError(f"there are {len(bitmaps)} masks, but not as many labels or scores")
    kept = [number for number, bitmap in enumerate(bitmaps) if bitmap.any()]
    values = np.ones(len(bitmaps)) if scores is None else np.asarray(scores, np.float64)
    return pd.DataFrame(
        {
            "frame": [frame] * len(kept),
            "label": [names[number] for number in kept],
            "type": ["mask"] * len(kept),
            "points": [encode_mask(bitmaps[number]) for number in kept],
            "source": [source] * len(kept),
            "score": values[kept] if kept else np.empty(0),
        }
    )
