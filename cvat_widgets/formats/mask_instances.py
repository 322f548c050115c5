"""Pictures of indices turned into masks: all instances of a picture at once, from runs of equal pixels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["masks_of_pixels"]

_Keys = Callable[[NDArray[np.int64]], NDArray[np.int64]]


def masks_of_pixels(pixels: NDArray[Any], keys: _Keys) -> list[tuple[int, list[float]]]:
    """Return ``(key, mask in CVAT's encoding)`` for each key in a picture, sorted by key.

    Parameters
    ----------
    pixels
        Unsigned integers of shape (height, width), any values.
    keys
        Gives distinct pixel values their keys; pixels of key 0 and below belong to nothing.
    """
    width = pixels.shape[1]
    flat = pixels.ravel()
    if not len(flat):
        return []
    edge = np.ones(len(flat), bool)
    np.not_equal(flat[1:], flat[:-1], out=edge[1:])
    edge[::width] = True
    starts = np.flatnonzero(edge)
    values, inverse = np.unique(flat[starts], return_inverse=True)
    key = keys(values.astype(np.int64))[inverse]
    ends = np.append(starts[1:], len(flat))
    kept = np.flatnonzero(key > 0)
    kept = kept[np.argsort(key[kept], kind="stable")]
    if not len(kept):
        return []
    return _encoded(key[kept], starts[kept], ends[kept], width)


def _encoded(
    key: NDArray[np.int64], starts: NDArray[np.int64], ends: NDArray[np.int64], width: int
) -> list[tuple[int, list[float]]]:
    """Encode runs that are sorted by key and, within one, by place."""
    first = np.flatnonzero(np.append(True, key[1:] != key[:-1]))
    counts = np.diff(np.append(first, len(key)))
    y = starts // width
    x0, x1 = starts - y * width, ends - y * width
    left, right = np.minimum.reduceat(x0, first), np.maximum.reduceat(x1, first)
    top, bottom = y[first], y[first + counts - 1]
    box_width = right - left
    shift = (y - np.repeat(top, counts)) * np.repeat(box_width, counts) - np.repeat(left, counts)
    begin, end = x0 + shift, x1 + shift
    # Runs that touch in the crop are one run.
    fresh = np.append(True, (key[1:] != key[:-1]) | (begin[1:] != end[:-1]))
    run_begin, run_end = begin[fresh], end[np.append(fresh[1:], True)]
    run_key = key[fresh]
    run_first = np.flatnonzero(np.append(True, run_key[1:] != run_key[:-1]))
    before = np.append(0, run_end[:-1])
    before[run_first] = 0
    pairs = np.column_stack((run_begin - before, run_end - run_begin)).ravel().astype(np.float64)
    bounds = np.append(run_first, len(run_key))
    rest = box_width * (bottom - top + 1) - run_end[bounds[1:] - 1]
    boxes = np.column_stack((left, top, right - 1, bottom)).astype(np.float64).tolist()
    found = []
    for number, tail in enumerate(rest.tolist()):
        runs = pairs[2 * bounds[number] : 2 * bounds[number + 1]].tolist()
        if tail:
            runs.append(float(tail))
        found.append((int(run_key[run_first[number]]), [*runs, *boxes[number]]))
    return found
