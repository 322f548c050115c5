"""Masks as pictures of numbers: each pixel holds the number of the object it belongs to.

Reading goes over the runs of equal pixels once for all objects of a picture; painting touches only the box of each shape.
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import CvatWidgetsError, FormatError
from cvat_widgets.media.headers import read_header
from cvat_widgets.model.geometry import rectangle_corners
from cvat_widgets.model.kinds import ELLIPSE, MASK, RECTANGLE
from cvat_widgets.model.masks import decode_crop, mask_box
from cvat_widgets.model.table import AnnotationTable

__all__ = ["encode_png", "index_masks", "paint", "read_index_png"]

_FAR = 100_000.0


def read_index_png(data: bytes, where: str) -> NDArray[Any]:
    """Return the pixels of a PNG with one channel of 8 or 16 bits: shape (height, width).

    Raises
    ------
    FormatError
        It is not such a picture, is damaged or larger than any picture may be.
    """
    try:
        header = read_header(io.BytesIO(data), where)
    except CvatWidgetsError as error:
        raise FormatError(error.what, where=where, hint=error.hint) from None
    if header.format != "PNG":
        raise FormatError(f"a mask is a PNG, not {header.format}", where=where)
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise FormatError(f"the picture is damaged: {error.err}", where=where) from None
    if pixels is None:
        raise FormatError("the picture is damaged", where=where)
    if pixels.ndim != 2 or pixels.dtype not in (np.uint8, np.uint16):
        raise FormatError("the mask has colours, expected is one grey channel with a number a pixel", where=where)
    return np.asarray(pixels)


def encode_png(pixels: NDArray[Any]) -> bytes:
    """Return a picture (grey of 8 or 16 bits, or RGB of 8) as PNG.

    Pictures of few numbers need no filter and little search: written this way they are made several times as fast as by
    encoders for photographs, and read twice as fast.
    """
    height, width = pixels.shape[:2]
    wide = pixels.dtype == np.uint16
    rows = np.ascontiguousarray(pixels.astype(">u2") if wide else pixels).view(np.uint8).reshape(height, -1)
    # Each row begins with the number of its filter: 0 for none.
    data = zlib.compress(np.pad(rows, ((0, 0), (1, 0))).tobytes(), 1)
    header = struct.pack(">IIBBBBB", width, height, 16 if wide else 8, 2 if pixels.ndim == 3 else 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def index_masks(pixels: NDArray[Any]) -> list[tuple[int, NDArray[np.float64]]]:
    """Return every number but 0 with its mask in CVAT's encoding, by number."""
    width = pixels.shape[1]
    flat = pixels.ravel()
    edge = np.empty(len(flat), bool)
    np.not_equal(flat[1:], flat[:-1], out=edge[1:])
    edge[::width] = True
    starts = np.flatnonzero(edge)
    lengths = np.diff(np.append(starts, len(flat)))
    values = flat[starts]
    order = np.flatnonzero(values)
    order = order[np.argsort(values[order], kind="stable")]
    if not len(order):
        return []
    starts, lengths, values = starts[order], lengths[order], values[order]
    row, left = np.divmod(starts, width)
    right = left + lengths
    first = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    box_left, box_right = np.minimum.reduceat(left, first), np.maximum.reduceat(right, first)
    last = np.append(first[1:], len(values))
    # Where each run starts and ends in the flat box of its object.
    counts = last - first
    box_width = np.repeat(box_right - box_left, counts)
    begin = (row - np.repeat(row[first], counts)) * box_width + left - np.repeat(box_left, counts)
    end = begin + lengths
    found = []
    for index, (low, high) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        on, off = begin[low:high], end[low:high]
        # A run that goes on over the edge of the box into the next row is one run.
        apart = on[1:] != off[:-1]
        on, off = on[np.append(True, apart)], off[np.append(apart, True)]
        top, bottom = int(row[low]), int(row[high - 1])
        x0, x1 = int(box_left[index]), int(box_right[index])
        total = (bottom - top + 1) * (x1 - x0)
        cuts = np.empty(2 * len(on) + 2, np.int64)
        cuts[0], cuts[1:-1:2], cuts[2:-1:2], cuts[-1] = 0, on, off, total
        runs = np.diff(cuts)
        runs = runs if runs[-1] else runs[:-1]
        found.append((int(values[low]), np.concatenate((runs, (x0, top, x1 - 1, bottom))).astype(np.float64)))
    return found


def paint(canvas: NDArray[Any], table: AnnotationTable, row: int, value: int) -> None:
    """Write a number into the pixels of a shape: rectangle, polygon, mask or ellipse, by CVAT's rules for each."""
    height, width = canvas.shape
    points = table.points_of(row)
    kind = int(table.type[row])
    if kind == MASK:
        crop = decode_crop(points)
        left, top, _, _ = mask_box(points)
    elif kind == ELLIPSE:
        crop, left, top = _ellipse(points, float(table.rotation[row]), width, height)
    else:
        corners = rectangle_corners(points, float(table.rotation[row])) if kind == RECTANGLE else points
        crop, left, top = _polygon(corners, width, height)
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + crop.shape[1], width), min(top + crop.shape[0], height)
    if x0 < x1 and y0 < y1:
        canvas[y0:y1, x0:x1][crop[y0 - top : y1 - top, x0 - left : x1 - left]] = value


def _polygon(points: NDArray[np.float64], width: int, height: int) -> tuple[NDArray[np.bool_], int, int]:
    """Fill a polygon by the rule of pycocotools, in the smallest part of the picture that gives the same pixels."""
    from pycocotools import mask as coco

    corners = np.clip(points.reshape(-1, 2), -_FAR, _FAR)
    low = np.maximum(np.floor(corners.min(axis=0)).astype(int) - 1, 0)
    high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 2, (width, height))
    if (high <= low).any():
        return np.zeros((0, 0), bool), 0, 0
    part_width, part_height = (int(side) for side in high - low)
    runs = coco.frPyObjects([(corners - low).ravel().tolist()], part_height, part_width)
    return coco.decode(runs)[:, :, 0].astype(bool), int(low[0]), int(low[1])


def _ellipse(points: NDArray[np.float64], rotation: float, width: int, height: int) -> tuple[NDArray[np.bool_], int, int]:
    """Fill an ellipse as CVAT does it: centre and radii rounded to whole pixels, filled by OpenCV."""
    cx, cy, right, top = (float(value) for value in np.clip(points, -_FAR, _FAR))
    canvas = np.zeros((height, width), np.uint8)
    axes = (abs(round(right - cx)), abs(round(cy - top)))
    cv2.ellipse(canvas, (round(cx), round(cy)), axes, rotation, 0, 360, 255, thickness=-1)
    return canvas > 0, 0, 0
