"""Objects that show nearly the same pixels as another one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError
from cvat_widgets.inspect.duplicates import alike_by_embedding, alike_by_hash, hashes_of, small_grey
from cvat_widgets.inspect.rows import Rows, findings, rows_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["near_duplicate_crops"]


def near_duplicate_crops(
    task: Any,
    rows: pd.DataFrame | None = None,
    *,
    distance: int = 6,
    difference: float = 6.0,
    apart: int = 1,
    least: float = 8.0,
    embeddings: NDArray[np.floating[Any]] | None = None,
    similarity: float = 0.98,
) -> pd.DataFrame:
    """Find objects that look like an earlier one: pictures that were put into the dataset twice, copies within a picture.

    Parameters
    ----------
    task
        A task or job: the pixels inside the boxes are compared.
    rows
        Objects to look at, as ``task.shapes`` has them; by default all shapes and keyframes that are not outside.
    distance
        Bits of 64 by which perceptual hashes may differ.
    difference
        Mean difference of grey levels (0 to 255) of small pictures up to which two objects are the same.
    apart
        Least distance in frames: what stands still in a video looks the same on its neighbours, so raise it there; 0 also
        compares objects of one frame.
    least
        Boxes with a shorter side, in pixels, are left out.
    embeddings
        One vector a row of ``rows`` from a model of your own; then the cosine decides and no picture is read.
    similarity
        Least cosine of embeddings.

    Returns
    -------
    pandas.DataFrame
        ``id, frame, label, score, reason, other_id, other_frame``: each repetition once, with the earlier object that it is
        most like. A track is not compared with itself. The score is 1 for the same pixels.

    Raises
    ------
    AnnotationError
        There is not one embedding a row.
    """
    known = rows_of(task if rows is None else rows)
    shapes = known.shapes
    if embeddings is not None and len(embeddings) != len(shapes if rows is None else rows):
        raise AnnotationError(f"there are {len(embeddings)} embeddings for {len(shapes if rows is None else rows)} rows")
    vectors = None if embeddings is None else _visible(known, np.asarray(embeddings, np.float32))
    order = np.lexsort((shapes.id, shapes.frame))
    sides = known.widths_heights[order]
    order = order[np.isfinite(sides).all(axis=1) & (sides >= least).all(axis=1)]
    ids, frames = shapes.id[order].astype(np.int64), shapes.frame[order].astype(np.int64)

    def counts(a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.bool_]:
        return (ids[a] != ids[b]) & (frames[a] - frames[b] >= apart)

    if vectors is not None:
        a, b, near = alike_by_embedding(vectors[order], similarity, counts)
        score = near
        said = [f"the cosine of their embeddings is {value:.3f}" for value in near.tolist()]
    else:
        small = _small(task, frames, known.boxes[order])
        a, b, bits, grey = alike_by_hash(hashes_of(small), small.reshape(len(small), 32 * 32), distance, difference, counts)
        score = 1 - 0.5 * grey / max(difference, 1e-9)
        said = [f"{bit:.0f} of 64 bits and {level:.1f} grey levels apart" for bit, level in zip(bits, grey, strict=True)]
    reasons = [
        f"looks like object {other} on frame {frame}: {why}"
        for other, frame, why in zip(ids[b].tolist(), frames[b].tolist(), said, strict=True)
    ]
    return findings(ids[a], frames[a], known.name_of(order[a]), score, reasons, other_id=ids[b], other_frame=frames[b])


def _visible(rows: Rows, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the vectors of the rows that are visible shapes."""
    if len(vectors) == len(rows.shapes):
        return vectors
    if len(vectors) != len(rows.every):
        raise AnnotationError("embeddings of skeletons are those of their rows without joints")
    from cvat_widgets.model.kinds import TAG, Flag

    return vectors[(rows.every.type != TAG) & ((rows.every.flags & int(Flag.OUTSIDE)) == 0)]


def _small(task: Any, frames: NDArray[np.int64], boxes: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the pixels inside boxes as small grey pictures; each frame is read once."""
    small = np.zeros((len(frames), 32, 32), np.float32)
    target = task if hasattr(task, "frame") else task.task
    for frame in np.unique(frames).tolist():
        picture = target.frame(frame)
        high, wide = picture.shape[:2]
        for row in np.flatnonzero(frames == frame).tolist():
            left, top, right, bottom = boxes[row].tolist()
            x, y = min(max(int(left), 0), wide - 1), min(max(int(top), 0), high - 1)
            part = picture[y : max(min(math.ceil(bottom), high), y + 1), x : max(min(math.ceil(right), wide), x + 1)]
            small[row] = small_grey(part)
    return small
