"""TFRecord framing and ``tf.train.Example`` in protocol buffers' wire format, without TensorFlow.

A record is its length (uint64), a checksum of the length, the bytes, a checksum of the bytes; checksums are CRC-32C, rotated
and shifted by a constant ("masked"). An Example is a message of one field, a map from name to a list of bytes, floats or
integers.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import FormatError

__all__ = ["Feature", "decode_example", "encode_example", "masked_crc", "record", "records"]

Feature = Sequence[bytes] | Sequence[float] | Sequence[int] | NDArray[np.float32]
"""Values of one name: bytes, floats or integers."""

_POLYNOMIAL = 0x82F63B78
_FULL = 0xFFFFFFFF
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


# -- checksums ---------------------------------------------------------------------------------------------------


@functools.cache
def _table() -> NDArray[np.uint32]:
    values = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        values = np.where(values & 1, (values >> 1) ^ np.uint32(_POLYNOMIAL), values >> 1)
    return values


def _stepped(state: NDArray[np.uint32], column: NDArray[np.uint8]) -> NDArray[np.uint32]:
    table = _table()
    found: NDArray[np.uint32] = table[(state ^ column) & 255] ^ (state >> 8)
    return found


def _crc(data: bytes) -> int:
    """Return the CRC-32C. Long data is cut into rows that are worked through side by side, then joined (the CRC is linear)."""
    if len(data) < 64:
        state, table = _FULL, _table().tolist()
        for byte in data:
            state = table[(state ^ byte) & 255] ^ (state >> 8)
        return state ^ _FULL
    width = max(int(len(data) ** 0.5), 8)
    # Starting with all ones is the same as turning over the first four bytes, and zeros in front then change nothing.
    flat = np.frombuffer(data, np.uint8).copy()
    flat[:4] ^= 255
    pad = -len(flat) % width
    rows = np.concatenate((np.zeros(pad, np.uint8), flat)).reshape(-1, width)
    states = np.zeros(len(rows), np.uint32)
    for column in rows.T:
        states = _stepped(states, column)
    # What `width` bytes of zeros do to every byte of a state, in its four places.
    shifted = (np.arange(256, dtype=np.uint32)[None, :] << (np.arange(4, dtype=np.uint32)[:, None] * 8)).ravel()
    zero = np.zeros(len(shifted), np.uint8)
    for _ in range(width):
        shifted = _stepped(shifted, zero)
    first, second, third, fourth = shifted.reshape(4, 256).tolist()
    total = 0
    for state in states.tolist():
        total = first[total & 255] ^ second[total >> 8 & 255] ^ third[total >> 16 & 255] ^ fourth[total >> 24] ^ state
    return int(total) ^ _FULL


def masked_crc(data: bytes) -> int:
    """Return the checksum of TFRecord."""
    crc = _crc(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & _FULL


# -- records -----------------------------------------------------------------------------------------------------


def record(data: bytes) -> bytes:
    """Return a record with its frame."""
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc(length)) + data + struct.pack("<I", masked_crc(data))


def records(data: bytes) -> Iterator[bytes]:
    """Yield the contents of the records of a file.

    Raises
    ------
    FormatError
        A record is cut off or a checksum is wrong.
    """
    at, number = 0, 0
    while at < len(data):
        place = f"record {number}"
        if len(data) - at < 16:
            raise FormatError(f"{place} is cut off")
        (length,) = struct.unpack_from("<Q", data, at)
        if struct.unpack_from("<I", data, at + 8)[0] != masked_crc(data[at : at + 8]):
            raise FormatError(
                f"the checksum of the length of {place} is wrong", hint="Is it a TFRecord file, and not compressed?"
            )
        if length > len(data) - at - 16:
            raise FormatError(f"{place} is cut off: {length} bytes are announced")
        body = data[at + 12 : at + 12 + length]
        if struct.unpack_from("<I", data, at + 12 + length)[0] != masked_crc(body):
            raise FormatError(f"the checksum of {place} is wrong: the file is damaged")
        yield body
        at += length + 16
        number += 1


# -- messages ----------------------------------------------------------------------------------------------------


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise FormatError("a number in the record does not end")
        byte = data[at]
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return value & 0xFFFFFFFFFFFFFFFF, at
        shift += 7


def _fields(data: bytes) -> Iterator[tuple[int, int, bytes | int]]:
    """Yield ``(field number, wire type, value)`` of a message."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield key >> 3, kind, value
            continue
        if kind == _BYTES:
            size, at = _varint(data, at)
        elif kind in (_FIXED32, _FIXED64):
            size = 4 if kind == _FIXED32 else 8
        else:
            raise FormatError(f"the record has a field of wire type {kind}, which an Example has not")
        if size > len(data) - at:
            raise FormatError("a field of the record is cut off")
        yield key >> 3, kind, data[at : at + size]
        at += size


def decode_example(data: bytes) -> dict[str, Feature]:
    """Return the features of an Example.

    Raises
    ------
    FormatError
        It is not an Example.
    """
    found: dict[str, Feature] = {}
    for number, kind, value in _fields(data):
        if number != 1 or kind != _BYTES:
            continue
        for inner, inner_kind, entry in _fields(_message(value)):
            if inner != 1 or inner_kind != _BYTES:
                continue
            name, feature = b"", b""
            for part, part_kind, content in _fields(_message(entry)):
                if part_kind == _BYTES and part == 1:
                    name = _message(content)
                elif part_kind == _BYTES and part == 2:
                    feature = _message(content)
            try:
                found[name.decode("utf-8")] = _feature(feature)
            except UnicodeDecodeError:
                raise FormatError("the name of a feature is not UTF-8") from None
    return found


def _message(value: bytes | int) -> bytes:
    if isinstance(value, int):
        raise FormatError("a number stands where a message is expected")
    return value


def _feature(data: bytes) -> Feature:
    for number, kind, value in _fields(data):
        if kind != _BYTES or number not in (1, 2, 3):
            continue
        content = _message(value)
        if number == 1:
            return [_message(item) for part, _, item in _fields(content) if part == 1]
        return _floats(content) if number == 2 else _integers(content)
    return []


def _floats(data: bytes) -> NDArray[np.float32]:
    parts: list[bytes] = []
    for number, kind, value in _fields(data):
        if number == 1 and kind in (_BYTES, _FIXED32):
            parts.append(_message(value))
    joined = b"".join(parts)
    if len(joined) % 4:
        raise FormatError("a list of floats is cut off")
    return np.frombuffer(joined, "<f4").astype(np.float32)


def _integers(data: bytes) -> list[int]:
    values: list[int] = []
    for number, kind, value in _fields(data):
        if number != 1:
            continue
        if isinstance(value, int):
            values.append(value)
        elif kind == _BYTES:
            at = 0
            while at < len(value):
                item, at = _varint(value, at)
                values.append(item)
    return [value - (1 << 64) if value >> 63 else value for value in values]


def _encoded_varint(value: int) -> bytes:
    value &= 0xFFFFFFFFFFFFFFFF
    parts = bytearray()
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _field(number: int, content: bytes) -> bytes:
    return _encoded_varint(number << 3 | _BYTES) + _encoded_varint(len(content)) + content


def encode_example(features: Mapping[str, Feature]) -> bytes:
    """Return an Example; an empty list is written as a list of bytes without entries."""
    entries = []
    for name, values in sorted(features.items()):
        if isinstance(values, np.ndarray):
            content = _field(2, _field(1, values.astype("<f4").tobytes()) if len(values) else b"")
        elif len(values) and isinstance(values[0], bytes):
            content = _field(1, b"".join(_field(1, value) for value in values if isinstance(value, bytes)))
        elif len(values) and isinstance(values[0], float):
            content = _field(2, _field(1, np.array(values, "<f4").tobytes()))
        elif len(values):
            content = _field(3, _field(1, b"".join(_encoded_varint(int(value)) for value in values)))
        else:
            content = _field(1, b"")
        entries.append(_field(1, _field(1, name.encode()) + _field(2, content)))
    return _field(1, b"".join(entries))
