"""Masks as run lengths: CVAT's encoding, COCO's, bitmaps and polygons.

CVAT's encoding is ``[run0, run1, ..., left, top, right, bottom]``: rows of the crop box one after another, runs alternating
and starting
with zeros, right and bottom inclusive. COCO's runs go down the columns of the whole picture. Source: CVAT's serializers and
cocoapi's
mask format.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cvat_widgets.errors import AnnotationError

__all__ = [
    "coco_counts",
    "decode_crop",
    "decode_mask",
    "encode_mask",
    "from_coco_rle",
    "mask_area",
    "mask_box",
    "mask_from_polygons",
    "polygons_of_mask",
    "to_coco_counts",
    "to_coco_rle",
]

_MAX_PIXELS = 1 << 28
_LONGEST_NUMBER = 9


def encode_mask(bitmap: ArrayLike, box: tuple[float, float, float, float] | None = None) -> NDArray[np.float64]:
    """Encode a bitmap.

    Parameters
    ----------
    bitmap
        Boolean array of shape (height, width): the whole picture.
    box
        ``(left, top, right, bottom)`` to crop to, edges of pixels, rounded outwards; by default the smallest box around the
        mask.

    Returns
    -------
    ndarray
        float64, CVAT's encoding; ``[1, 0, 0, 0, 0]`` for an empty mask without a box.
    """
    pixels = np.asarray(bitmap, bool)
    if pixels.ndim != 2:
        raise AnnotationError(f"a mask is a picture of two dimensions, not {pixels.ndim}")
    if box is None:
        rows = np.flatnonzero(pixels.any(axis=1))
        if not len(rows):
            return np.array([1.0, 0, 0, 0, 0])
        columns = np.flatnonzero(pixels.any(axis=0))
        left, top, right, bottom = int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])
    else:
        left, top = int(np.floor(box[0])), int(np.floor(box[1]))
        right, bottom = int(np.ceil(box[2])) - 1, int(np.ceil(box[3])) - 1
        left, top = max(left, 0), max(top, 0)
        right, bottom = min(right, pixels.shape[1] - 1), min(bottom, pixels.shape[0] - 1)
    runs = _runs(pixels[top : bottom + 1, left : right + 1].ravel())
    return np.concatenate((runs, [left, top, right, bottom])).astype(np.float64)


def _runs(flat: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return alternating run lengths, the first one of zeros."""
    if not len(flat):
        return np.zeros(1, np.int64)
    edges = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff(np.concatenate(([0], edges, [len(flat)])))
    return np.concatenate(([0], runs)) if flat[0] else runs


def mask_box(points: ArrayLike) -> tuple[int, int, int, int]:
    """Return ``(left, top, right, bottom)``, inclusive, of a mask in CVAT's encoding."""
    values = np.asarray(points, np.float64)
    if len(values) < 5:
        raise AnnotationError(f"a mask has at least 5 numbers, not {len(values)}")
    left, top, right, bottom = (int(value) for value in values[-4:])
    return left, top, right, bottom


def decode_crop(points: ArrayLike) -> NDArray[np.bool_]:
    """Return the crop of a mask: bool of shape (bottom - top + 1, right - left + 1).

    Raises
    ------
    AnnotationError
        Runs are negative or not whole, or do not fill the box.
    """
    values = np.asarray(points, np.float64)
    left, top, right, bottom = mask_box(values)
    runs = values[:-4]
    if not np.all(np.isfinite(values)) or (runs < 0).any() or (runs != np.floor(runs)).any():
        raise AnnotationError("the runs of a mask are whole numbers of at least 0")
    if runs.sum() == 0:
        return np.zeros((1, 1), bool)  # the other spelling of an empty mask: [0, 0, 0, 0, 0]
    width, height = right - left + 1, bottom - top + 1
    if width <= 0 or height <= 0 or width * height > _MAX_PIXELS:
        raise AnnotationError(f"the box of a mask cannot be {width} x {height} pixels")
    if runs.sum() != width * height:
        raise AnnotationError(f"the runs of a mask cover {int(runs.sum())} pixels, its box has {width * height}")
    flags = np.arange(len(runs)) % 2 == 1
    return np.repeat(flags, runs.astype(np.int64)).reshape(height, width)


def decode_mask(points: ArrayLike, width: int, height: int) -> NDArray[np.bool_]:
    """Return the mask on the whole picture: bool of shape (height, width); what lies outside the picture is cut off."""
    crop = decode_crop(points)
    left, top, _, _ = mask_box(points)
    picture = np.zeros((height, width), bool)
    y0, x0 = max(top, 0), max(left, 0)
    y1, x1 = min(top + crop.shape[0], height), min(left + crop.shape[1], width)
    if y1 > y0 and x1 > x0:
        picture[y0:y1, x0:x1] = crop[y0 - top : y1 - top, x0 - left : x1 - left]
    return picture


def mask_area(points: ArrayLike) -> int:
    """Return the number of pixels set."""
    return int(np.asarray(points, np.float64)[1:-4:2].sum())


def to_coco_counts(points: ArrayLike, width: int, height: int) -> list[int]:
    """Return uncompressed COCO runs (down the columns of the whole picture, starting with zeros)."""
    crop = decode_crop(points)
    left, top, _, _ = mask_box(points)
    x0, x1 = max(left, 0), min(left + crop.shape[1], width)
    if x1 <= x0 or not crop.any():
        return [width * height]
    strip = np.zeros((x1 - x0, height), bool)
    y0, y1 = max(top, 0), min(top + crop.shape[0], height)
    strip[:, y0:y1] = crop[y0 - top : y1 - top, x0 - left : x1 - left].T
    runs = _runs(strip.ravel()).tolist()
    runs[0] += x0 * height
    after = (width - x1) * height
    if after:
        # An even number of runs ends with ones: the zeros behind are a run of their own.
        if len(runs) % 2 == 0:
            runs.append(after)
        else:
            runs[-1] += after
    return [int(run) for run in runs]


def to_coco_rle(points: ArrayLike, width: int, height: int) -> dict[str, Any]:
    """Return ``{"size": [height, width], "counts": text}``, compressed as pycocotools does it."""
    return {"size": [height, width], "counts": _compress(to_coco_counts(points, width, height))}


def from_coco_rle(rle: dict[str, Any]) -> NDArray[np.float64]:
    """Read COCO runs, compressed (text) or not (list), into CVAT's encoding.

    Raises
    ------
    AnnotationError
        The runs do not cover the picture, or the text is damaged.
    """
    try:
        height, width = (int(value) for value in rle["size"])
        counts = rle["counts"]
    except (KeyError, TypeError, ValueError):
        raise AnnotationError("a COCO mask has a size [height, width] and counts") from None
    if isinstance(counts, bytes):
        counts = counts.decode("ascii", "replace")
    runs = np.asarray(coco_counts(counts) if isinstance(counts, str) else counts, np.float64)
    if height <= 0 or width <= 0 or height * width > _MAX_PIXELS:
        raise AnnotationError(f"a mask cannot be {width} x {height} pixels")
    if runs.ndim != 1 or (runs < 0).any() or runs.sum() != height * width:
        raise AnnotationError(f"the runs of a COCO mask must cover {width} x {height} pixels")
    flags = np.arange(len(runs)) % 2 == 1
    return encode_mask(np.repeat(flags, runs.astype(np.int64)).reshape(width, height).T)


def _compress(counts: list[int]) -> str:
    """Write runs as cocoapi's text: differences to the run before the last, five bits a character."""
    text = bytearray()
    for index, count in enumerate(counts):
        value = count - counts[index - 2] if index > 2 else count
        more = True
        while more:
            bits = value & 0x1F
            value >>= 5
            more = value != -1 if bits & 0x10 else value != 0
            text.append((bits | 0x20 if more else bits) + 48)
    return text.decode("ascii")


def coco_counts(text: str) -> NDArray[np.int64]:
    """Return the runs in cocoapi's compressed text (down the columns, starting with zeros), all of them read at once.

    Raises
    ------
    AnnotationError
        The text is damaged.
    """
    codes = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8).astype(np.int64) - 48
    if not len(codes):
        return codes
    if ((codes < 0) | (codes >= 64)).any():
        raise AnnotationError("the text of a COCO mask is damaged")
    last = np.flatnonzero((codes & 0x20) == 0)
    if not len(last) or last[-1] != len(codes) - 1:
        raise AnnotationError("the text of a COCO mask ends in the middle of a number")
    lengths = np.diff(last, prepend=-1)
    if lengths.max() > _LONGEST_NUMBER:
        raise AnnotationError("the text of a COCO mask is damaged")
    first = last + 1 - lengths
    bits = 5 * (np.arange(len(codes)) - np.repeat(first, lengths))
    counts = np.add.reduceat((codes & 0x1F) << bits, first)
    counts -= np.where(codes[last] & 0x10, np.int64(1) << (5 * lengths), 0)
    counts[1::2] = np.cumsum(counts[1::2])
    counts[2::2] = np.cumsum(counts[2::2])
    return counts


def mask_from_polygons(polygons: list[ArrayLike], width: int, height: int) -> NDArray[np.float64]:
    """Rasterise polygons (flat coordinates) by pycocotools' rule, overlapping parts united; CVAT's encoding."""
    from pycocotools import mask as coco

    parts = [np.asarray(polygon, np.float64).ravel().tolist() for polygon in polygons]
    united = coco.merge(coco.frPyObjects(parts, height, width))
    return from_coco_rle(united)


def polygons_of_mask(points: ArrayLike) -> list[list[NDArray[np.float64]]]:
    """Trace a mask along its pixel edges; filling the result gives exactly the mask again.

    Returns
    -------
    list of lists of ndarray
        One list a connected part (4-connected): its outline, then its holes; flat float64 coordinates on pixel corners.
    """
    crop = decode_crop(points)
    left, top, _, _ = mask_box(points)
    loops = _edge_loops(crop)
    outlines = [loop for loop in loops if _signed_area(loop) > 0]
    parts = [[loop] for loop in outlines]
    for hole in (loop for loop in loops if _signed_area(loop) < 0):
        holders = [part for part in parts if _contains(part[0], hole)]
        min(holders, key=lambda part: _signed_area(part[0])).append(hole)
    shift = np.array([left, top])
    return [[(loop + shift).astype(np.float64).ravel() for loop in part] for part in parts]


def _edge_loops(crop: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Return closed loops of pixel corners with the mask on the right hand, corners only where the direction turns."""
    padded = np.pad(crop, 1)
    inside = padded[1:-1, 1:-1]
    edges: dict[tuple[int, int], list[tuple[int, int]]] = {}

    def add(mask: NDArray[np.bool_], start: tuple[int, int], end: tuple[int, int]) -> None:
        for y, x in np.argwhere(mask).tolist():
            edges.setdefault((x + start[0], y + start[1]), []).append((x + end[0], y + end[1]))

    add(inside & ~padded[:-2, 1:-1], (0, 0), (1, 0))
    add(inside & ~padded[1:-1, 2:], (1, 0), (1, 1))
    add(inside & ~padded[2:, 1:-1], (1, 1), (0, 1))
    add(inside & ~padded[1:-1, :-2], (0, 1), (0, 0))
    loops = []
    while edges:
        start = next(iter(edges))
        corner, loop, direction = start, [start], (0, 0)
        while True:
            choices = edges[corner]
            # Where two pixels touch only at a corner, turn right: that keeps parts 4-connected.
            following = max(choices, key=lambda end: _right_turn(direction, corner, end)) if len(choices) > 1 else choices[0]
            choices.remove(following)
            if not choices:
                del edges[corner]
            step = (following[0] - corner[0], following[1] - corner[1])
            if step == direction:
                loop.pop()
            direction, corner = step, following
            if corner == start:
                break
            loop.append(corner)
        loops.append(_without_straight_start(np.array(loop, np.int64)))
    return loops


def _right_turn(direction: tuple[int, int], corner: tuple[int, int], end: tuple[int, int]) -> int:
    """Return 1 for a right turn (y down), 0 for straight on, -1 for a left turn."""
    return direction[0] * (end[1] - corner[1]) - direction[1] * (end[0] - corner[0])


def _without_straight_start(loop: NDArray[np.int64]) -> NDArray[np.int64]:
    before, after = loop[0] - loop[-1], loop[1] - loop[0]
    return loop[1:] if before[0] * after[1] == before[1] * after[0] else loop


def _signed_area(loop: NDArray[np.int64]) -> float:
    x, y = loop[:, 0], loop[:, 1]
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()) / 2


def _contains(outline: NDArray[np.int64], hole: NDArray[np.int64]) -> bool:
    """Whether a hole lies in an outline: even-odd rule for a point just inside the hole's first edge."""
    (x0, y0), (x1, y1) = hole[0], hole[1]
    # The mask is on the right hand of an edge: its left hand is inside the hole.
    px, py = (x0 + x1) / 2 + np.sign(y1 - y0) * 0.25, (y0 + y1) / 2 - np.sign(x1 - x0) * 0.25
    a, b = outline, np.roll(outline, -1, axis=0)
    crossing = (a[:, 1] > py) != (b[:, 1] > py)
    steep = np.where(crossing, b[:, 1] - a[:, 1], 1)
    at = a[:, 0] + (py - a[:, 1]) * (b[:, 0] - a[:, 0]) / steep
    return bool((crossing & (px < at)).sum() % 2)
