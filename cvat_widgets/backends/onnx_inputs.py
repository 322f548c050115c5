"""Names and shapes of the inputs of an ONNX file, read from the file itself: OpenCV does not tell them.

Source: ``onnx/onnx.proto`` (ModelProto.graph, GraphProto.initializer and input, ValueInfoProto, TypeProto, TensorShapeProto)
and the wire format of Protocol Buffers. Weights are skipped, not read.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cvat_widgets.backends.failures import ModelError

__all__ = ["onnx_inputs"]

_VARINT, _WIDE, _BYTES, _NARROW = 0, 1, 2, 5
_MOST_DIMENSIONS = 16
Span = tuple[int, int]


def onnx_inputs(path: Path) -> list[tuple[str, tuple[int | str | None, ...]]]:
    """Return name and shape of every input that is no weight; free sizes by their name, or ``None``.

    Raises
    ------
    ModelError
        The file is no ONNX file.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            graph = _first(data, (0, len(data)), 7)
            weights = {_text(data, span, 8) for span in _all(data, graph, 5)}
            inputs = [(_text(data, span, 1), _shape(data, span)) for span in _all(data, graph, 11)]
            return [each for each in inputs if each[0] not in weights]
    except (ValueError, IndexError) as error:
        raise ModelError("it is no ONNX file", where=path.name) from error


def _shape(data: Any, span: Span) -> tuple[int | str | None, ...]:
    dimensions = _all(data, _first(data, _first(data, _first(data, span, 2), 1), 2), 1)
    if len(dimensions) > _MOST_DIMENSIONS:
        raise ValueError("too many dimensions")
    result: list[int | str | None] = []
    for dimension in dimensions:
        value: int | str | None = None
        for number, kind, found in _fields(data, dimension):
            if number == 1 and kind == _VARINT:
                value = found[0]
            elif number == 2 and kind == _BYTES:
                value = bytes(data[found[0] : min(found[1], found[0] + 100)]).decode("utf-8", "replace")
        result.append(value)
    return tuple(result)


def _text(data: Any, span: Span, number: int) -> str:
    start, end = _first(data, span, number)
    return bytes(data[start : min(end, start + 1000)]).decode("utf-8", "replace")


def _first(data: Any, span: Span, number: int) -> Span:
    return next(iter(_all(data, span, number)), (0, 0))


def _all(data: Any, span: Span, number: int) -> list[Span]:
    return [found for each, kind, found in _fields(data, span) if each == number and kind == _BYTES]


def _fields(data: Any, span: Span) -> Iterator[tuple[int, int, Span]]:
    """Yield number and kind of the fields, with the place of their bytes, or their value for whole numbers."""
    place, end = span
    while place < end:
        key, place = _varint(data, place)
        kind = key & 7
        if kind == _VARINT:
            value, place = _varint(data, place)
            yield key >> 3, kind, (value, place)
            continue
        if kind == _BYTES:
            length, place = _varint(data, place)
        elif kind in (_WIDE, _NARROW):
            length = 8 if kind == _WIDE else 4
        else:
            raise ValueError("a field of an unknown kind")
        if place + length > end:
            raise ValueError("a field is cut off")
        yield key >> 3, kind, (place, place + length)
        place += length


def _varint(data: Any, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
    raise ValueError("a number is too long")
