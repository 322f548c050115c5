"""Blobs of the store: coordinates, keyframes of a track, elements of skeletons, whole tables, change sets.

All numbers are little-endian. Every blob but bare coordinates starts with a byte naming its layout, so that layouts can change.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import StoreError
from cvat_widgets.model.attributes import AttributeColumns
from cvat_widgets.model.changes import ChangeSet
from cvat_widgets.model.kinds import Flag
from cvat_widgets.model.paging import BLOCK
from cvat_widgets.model.records import Element, Keyframe, TrackElement
from cvat_widgets.model.table import AnnotationTable

__all__ = [
    "KeyframeColumns",
    "decode_changes",
    "decode_elements",
    "decode_keyframes",
    "decode_table",
    "decode_track_elements",
    "encode_changes",
    "encode_elements",
    "encode_keyframes",
    "encode_points",
    "encode_table",
    "encode_track_elements",
    "keyframe_columns",
]

_LAYOUT = 1
_MAX_UNPACKED = 1 << 31
_TABLE_COLUMNS = (
    "id", "frame", "label", "type", "track", "parent", "group", "z_order", "flags", "rotation", "source", "score",
    "points", "offsets",
)  # fmt: skip


def encode_points(points: tuple[float, ...] | NDArray[np.float64]) -> bytes:
    """Return coordinates as float64."""
    return np.asarray(points, "<f8").tobytes()


class KeyframeColumns(msgspec.Struct, frozen=True):
    """Keyframes of one track as arrays; ``attributes`` maps a position to the mutable values set there."""

    frame: NDArray[np.int32]
    flags: NDArray[np.uint8]
    z_order: NDArray[np.int32]
    rotation: NDArray[np.float64]
    length: NDArray[np.int32]
    points: NDArray[np.float64]
    attributes: dict[int, dict[int, str]]


def encode_keyframes(keyframes: Mapping[int, Keyframe]) -> bytes:
    """Return keyframes, sorted by frame, as one blob."""
    frames = sorted(keyframes)
    ordered = [keyframes[frame] for frame in frames]
    attributes = {index: keyframe.attributes for index, keyframe in enumerate(ordered) if keyframe.attributes}
    flags = [
        Flag.KEYFRAME | (keyframe.occluded and Flag.OCCLUDED) | (keyframe.outside and Flag.OUTSIDE) for keyframe in ordered
    ]
    points: list[float] = []
    for keyframe in ordered:
        points.extend(keyframe.points)
    tail = msgspec.msgpack.encode(attributes) if attributes else b""
    return b"".join(
        (
            np.array([_LAYOUT, len(frames), len(tail)], "<i4").tobytes(),
            np.array(frames, "<i4").tobytes(),
            np.array([keyframe.z_order for keyframe in ordered], "<i4").tobytes(),
            np.array([len(keyframe.points) for keyframe in ordered], "<i4").tobytes(),
            np.array([keyframe.rotation for keyframe in ordered], "<f8").tobytes(),
            np.array(points, "<f8").tobytes(),
            np.array(flags, "u1").tobytes(),
            tail,
        )
    )


def keyframe_columns(blob: bytes) -> KeyframeColumns:
    """Read a keyframe blob as arrays (views of the blob)."""
    layout, count, tail = np.frombuffer(blob, "<i4", 3).tolist()
    if layout != _LAYOUT:
        raise StoreError(f"a track is stored in layout {layout}, which this version does not know", hint="Update cvat-widgets")
    integers = np.frombuffer(blob, "<i4", 3 * count, 12)
    start = 12 + 12 * count
    rotation = np.frombuffer(blob, "<f8", count, start)
    length = integers[2 * count :]
    start += 8 * count
    points = np.frombuffer(blob, "<f8", int(length.sum()), start)
    start += points.nbytes
    flags = np.frombuffer(blob, "u1", count, start)
    attributes = msgspec.msgpack.decode(blob[start + count :], type=dict[int, dict[int, str]]) if tail else {}
    return KeyframeColumns(integers[:count], flags, integers[count : 2 * count], rotation, length, points, attributes)


def decode_keyframes(blob: bytes) -> dict[int, Keyframe]:
    """Read a keyframe blob as records."""
    columns = keyframe_columns(blob)
    points = columns.points.tolist()
    ends = np.cumsum(columns.length).tolist()
    rows = zip(
        columns.frame.tolist(), columns.flags.tolist(), columns.z_order.tolist(), columns.rotation.tolist(), ends, strict=True
    )
    keyframes: dict[int, Keyframe] = {}
    start = 0
    for index, (frame, flags, z_order, rotation, end) in enumerate(rows):
        keyframes[frame] = Keyframe(
            points=tuple(points[start:end]),
            rotation=rotation,
            occluded=bool(flags & Flag.OCCLUDED),
            outside=bool(flags & Flag.OUTSIDE),
            z_order=z_order,
            attributes=columns.attributes.get(index, {}),
        )
        start = end
    return keyframes


def encode_elements(elements: tuple[Element, ...]) -> bytes | None:
    """Return the joints of a skeleton shape, ``None`` for none."""
    return msgspec.msgpack.encode(elements) if elements else None


def decode_elements(blob: bytes | None) -> tuple[Element, ...]:
    """Read the joints of a skeleton shape."""
    return msgspec.msgpack.decode(blob, type=tuple[Element, ...]) if blob else ()


def encode_track_elements(elements: tuple[TrackElement, ...]) -> bytes | None:
    """Return the joints of a skeleton track, ``None`` for none."""
    return msgspec.msgpack.encode(elements) if elements else None


def decode_track_elements(blob: bytes | None) -> tuple[TrackElement, ...]:
    """Read the joints of a skeleton track."""
    return msgspec.msgpack.decode(blob, type=tuple[TrackElement, ...]) if blob else ()


def encode_changes(changes: ChangeSet) -> bytes:
    """Return a change set, compressed if that helps."""
    plain = msgspec.msgpack.encode(changes)
    return b"z" + zlib.compress(plain, 1) if len(plain) > 1024 else b"p" + plain


def decode_changes(blob: bytes) -> ChangeSet:
    """Read a change set."""
    plain = _inflate(blob[1:]) if blob[:1] == b"z" else blob[1:]
    return msgspec.msgpack.decode(plain, type=ChangeSet)


def encode_table(table: AnnotationTable, job_of: NDArray[np.int64]) -> bytes:
    """Return a whole table with the job of each row."""
    arrays = [getattr(table, name) for name in _TABLE_COLUMNS]
    arrays += [table.attributes.row, table.attributes.spec, table.attributes.code, job_of]
    header = msgspec.msgpack.encode(
        {
            "layout": _LAYOUT,
            "arrays": [(array.dtype.str, len(array)) for array in arrays],
            "strings": list(table.attributes.strings),
            "extras": {row: dict(values) for row, values in table.extras.items()},
        }
    )
    # Piece by piece: the points of many masks are much larger than what becomes of them.
    packing = zlib.compressobj(1)
    pieces = [packing.compress(len(header).to_bytes(8, "little") + header)]
    pieces += [
        packing.compress(array[start : start + BLOCK].tobytes()) for array in arrays for start in range(0, len(array), BLOCK)
    ]
    return b"".join([*pieces, packing.flush()])


def decode_table(blob: bytes) -> tuple[AnnotationTable, NDArray[np.int64]]:
    """Read a whole table and the job of each row."""
    plain = _inflate(blob)
    size = int.from_bytes(plain[:8], "little")
    header: dict[str, Any] = msgspec.msgpack.decode(plain[8 : 8 + size], strict=False)
    if header["layout"] != _LAYOUT:
        raise StoreError(f"a change is stored in layout {header['layout']}, which this version does not know")
    start = 8 + size
    arrays = []
    for dtype, length in header["arrays"]:
        array = np.frombuffer(plain, dtype, length, start)
        arrays.append(array)
        start += array.nbytes
    count = len(_TABLE_COLUMNS)
    row, spec, code, job_of = arrays[count:]
    table = AnnotationTable(
        **dict(zip(_TABLE_COLUMNS, arrays, strict=False)),
        attributes=AttributeColumns(row, spec, code, tuple(header["strings"])),
        extras={int(key): value for key, value in header["extras"].items()},
    )
    return table, job_of


def _inflate(blob: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    plain = unpacker.decompress(blob, _MAX_UNPACKED)
    if unpacker.unconsumed_tail:
        raise StoreError("an entry of the change log is larger than 2 GiB")
    return plain
