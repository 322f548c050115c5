"""What a store and a client of it say to each other over HTTP: MessagePack, typed by the signatures of the store's methods.

Both sides are built from :class:`~cvat_widgets.store.store.Store` itself, so there is no second list of parameters that could
differ from the first. What arrives is read into exactly the types the signature names; anything else is refused before any of
it is used.
"""

from __future__ import annotations

import inspect
import typing
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import ProtocolError
from cvat_widgets.model.attributes import AttributeColumns
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.store.rows import Snapshot, TaskSpec

__all__ = ["VERSION", "Method", "decode", "deflated", "encode", "inflated"]

VERSION = 1
"""Of the API; a client and a service of different ones do not talk."""

MAX_PLAIN = 512 << 20
"""Bytes of one message, unpacked."""

_DEFLATE_FROM = 4096


# -- bytes -------------------------------------------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be sent to a service")


def encode(value: Any) -> bytes:
    """Return MessagePack."""
    try:
        return msgspec.msgpack.encode(value, enc_hook=_plain)
    except (TypeError, OverflowError, ValueError, RecursionError) as error:
        raise ProtocolError(f"this cannot be sent: {error}") from None


def decode(data: bytes, kind: Any) -> Any:
    """Read MessagePack as a type.

    Raises
    ------
    ProtocolError
        It is something else.
    """
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ProtocolError(f"a message is malformed: {error}") from None


def deflated(data: bytes) -> tuple[bytes, dict[str, str]]:
    """Return a body, packed if that is worth it, and the header that says so."""
    return (zlib.compress(data, 1), {"Content-Encoding": "deflate"}) if len(data) > _DEFLATE_FROM else (data, {})


def inflated(data: bytes, encoding: str | None, *, limit: int = MAX_PLAIN) -> bytes:
    """Return the body of a message; never more than ``limit`` bytes of it."""
    if not encoding:
        return data
    if encoding != "deflate":
        raise ProtocolError("a message is packed in an unknown way")
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(data, limit)
    except zlib.error as error:
        raise ProtocolError(f"a message is damaged: {error}") from None
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise ProtocolError(f"a message is cut off, or has more than {limit:,} bytes")
    return plain


# -- forms: how values travel that MessagePack does not know ------------------------------------------------------------


class _Strict(msgspec.Struct, forbid_unknown_fields=True):
    """A message with an unknown field is refused."""


class _Table(_Strict):
    columns: dict[str, bytes]
    strings: tuple[str, ...] = ()
    extras: dict[int, dict[str, Any]] = {}


class _Frames(_Strict):
    names: tuple[str, ...]
    widths: bytes
    heights: bytes
    subsets: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()


class _Snapshot(_Strict):
    table: _Table
    revision: int
    job_of: bytes


class _Spec(_Strict):
    name: str
    labels: tuple[dict[str, Any], ...]
    frames: _Frames
    media: dict[str, Any]
    segments: tuple[tuple[int, int], ...]
    facts: dict[str, str | int | float | None]


_EMPTY = AnnotationTable.empty()
_COLUMNS = {
    each.name: getattr(_EMPTY, each.name).dtype
    for each in fields(AnnotationTable)
    if isinstance(getattr(_EMPTY, each.name), np.ndarray)
}
_ATTRIBUTES = {"row": np.dtype("<i8"), "spec": np.dtype("<i4"), "code": np.dtype("<i4")}
_SPEC_FACTS = {
    "mode": str, "dimension": str, "kind": str, "fps": (int, float, type(None)), "overlap": int, "subset": str,
    "project_id": (int, type(None)), "owner": (str, type(None)),
}  # fmt: skip


def _array(data: bytes, dtype: Any, length: int | None = None) -> NDArray[Any]:
    kind = np.dtype(dtype)
    if len(data) % kind.itemsize or (length is not None and len(data) != length * kind.itemsize):
        raise ProtocolError("a column of numbers has the wrong length")
    return np.frombuffer(data, kind)


def _bytes(column: NDArray[Any], dtype: Any) -> bytes:
    return np.ascontiguousarray(column, np.dtype(dtype)).tobytes()


def _from_table(table: AnnotationTable) -> _Table:
    columns = {name: _bytes(getattr(table, name), kind) for name, kind in _COLUMNS.items()}
    for name, kind in _ATTRIBUTES.items():
        columns[f"attribute_{name}"] = _bytes(getattr(table.attributes, name), kind)
    extras = {row: dict(values) for row, values in table.extras.items()}
    return _Table(columns, tuple(table.attributes.strings), extras)


def _to_table(form: _Table) -> AnnotationTable:
    if set(form.columns) != {*_COLUMNS, *(f"attribute_{name}" for name in _ATTRIBUTES)}:
        raise ProtocolError("a table has other columns than annotations have")
    count = len(_array(form.columns["id"], _COLUMNS["id"]))
    lengths: dict[str, int | None] = {"points": None, "offsets": count + 1}
    columns = {name: _array(form.columns[name], kind, lengths.get(name, count)) for name, kind in _COLUMNS.items()}
    offsets = columns["offsets"]
    if offsets[0] != 0 or offsets[-1] != len(columns["points"]) or (np.diff(offsets) < 0).any():
        raise ProtocolError("the points of a table do not belong to its rows")
    row = _array(form.columns["attribute_row"], _ATTRIBUTES["row"])
    spec, code = (_array(form.columns[f"attribute_{name}"], _ATTRIBUTES[name], len(row)) for name in ("spec", "code"))
    if len(row) and (row[0] < 0 or row[-1] >= count or (np.diff(row) < 0).any()):
        raise ProtocolError("the attributes of a table do not belong to its rows")
    if len(code) and not (code.min() >= 0 and code.max() < len(form.strings)):
        raise ProtocolError("the attributes of a table have values that are not there")
    return AnnotationTable(**columns, attributes=AttributeColumns(row, spec, code, form.strings), extras=form.extras)


def _from_frames(frames: FrameIndex) -> _Frames:
    widths, heights = (_bytes(each, "<i4") for each in (frames.widths, frames.heights))
    return _Frames(tuple(frames.names), widths, heights, tuple(frames.subsets), tuple(frames.ids))


def _to_frames(form: _Frames) -> FrameIndex:
    count = len(form.names)
    if len(form.subsets) not in (0, count) or len(form.ids) not in (0, count):
        raise ProtocolError("a list of frames has columns of different lengths")
    widths, heights = (_array(each, "<i4", count) for each in (form.widths, form.heights))
    return FrameIndex(form.names, widths, heights, form.subsets, form.ids)


def _from_snapshot(snapshot: Snapshot) -> _Snapshot:
    return _Snapshot(_from_table(snapshot.table), snapshot.revision, _bytes(snapshot.job_of, "<i8"))


def _to_snapshot(form: _Snapshot) -> Snapshot:
    table = _to_table(form.table)
    return Snapshot(table, form.revision, _array(form.job_of, "<i8", len(table)))


def _from_spec(spec: TaskSpec) -> _Spec:
    facts = {name: getattr(spec, name) for name in _SPEC_FACTS}
    segments = tuple((int(start), int(stop)) for start, stop in spec.segments)
    return _Spec(spec.name, tuple(spec.labels.to_raw()), _from_frames(spec.frames), dict(spec.media), segments, facts)


def _to_spec(form: _Spec) -> TaskSpec:
    for name, value in form.facts.items():
        if not isinstance(value, _SPEC_FACTS.get(name, ())):  # type: ignore[arg-type]  # types and tuples of types
            raise ProtocolError(f"a task cannot have {name!r} of this kind")
    frames = _to_frames(form.frames)
    facts: dict[str, Any] = dict(form.facts)
    return TaskSpec(form.name, LabelSet.of(form.labels), frames, form.media, form.segments, **facts)


def _from_jobs(jobs: NDArray[np.int64] | int) -> bytes | int:
    return int(jobs) if isinstance(jobs, (int, np.integer)) else _bytes(jobs, "<i8")


def _to_jobs(form: bytes | int) -> NDArray[np.int64] | int:
    return form if isinstance(form, int) else _array(form, "<i8")


def _to_range(form: tuple[int, int]) -> range:
    return range(*form)


@dataclass(frozen=True)
class _Form:
    """How a type travels: as what, and how to get there and back."""

    kind: Any
    pack: Callable[[Any], Any]
    unpack: Callable[[Any], Any]


_FORMS: dict[Any, _Form] = {
    AnnotationTable: _Form(_Table, _from_table, _to_table),
    FrameIndex: _Form(_Frames, _from_frames, _to_frames),
    Snapshot: _Form(_Snapshot, _from_snapshot, _to_snapshot),
    TaskSpec: _Form(_Spec, _from_spec, _to_spec),
    LabelSet: _Form(tuple[dict[str, Any], ...], lambda labels: tuple(labels.to_raw()), LabelSet.of),
    NDArray[np.int64] | int: _Form(bytes | int, _from_jobs, _to_jobs),
    range: _Form(tuple[int, int], lambda block: (block.start, block.stop), _to_range),
    # A value that a signature calls Sequence or Mapping may be an array or a mapping of any kind.
    Sequence[int]: _Form(tuple[int, ...], lambda values: None if values is None else tuple(values), lambda form: form),
    Mapping[str, Any]: _Form(dict[str, Any], lambda values: None if values is None else dict(values), lambda form: form),
    Mapping[str, str]: _Form(dict[str, str], lambda values: None if values is None else dict(values), lambda form: form),
    Mapping[int, int]: _Form(dict[int, int], dict, lambda form: form),
}


def _form_of(hint: Any) -> _Form:
    """Return how values of a type travel; what MessagePack knows goes as it is."""
    if hint in _FORMS:
        return _FORMS[hint]
    parts = typing.get_args(hint)
    if type(None) in parts:
        rest = [part for part in parts if part is not type(None)]
        form = _FORMS.get(rest[0]) if len(rest) == 1 else None
        if form is not None:
            pack, unpack = form.pack, form.unpack
            return _Form(
                form.kind | None,
                lambda value: None if value is None else pack(value),
                lambda value: None if value is None else unpack(value),
            )
    return _Form(hint, lambda value: value, lambda value: value)


class Method:
    """A method of the store that can be called from afar.

    Parameters
    ----------
    function
        The store's own.
    writes
        Whether it changes the store.
    """

    def __init__(self, function: Callable[..., Any], *, writes: bool) -> None:
        self.function = function
        self.name = function.__name__
        self.writes = writes
        self.signature = inspect.signature(function)

    @cached_property
    def _hints(self) -> dict[str, _Form]:
        return {name: _form_of(hint) for name, hint in typing.get_type_hints(self.function).items()}

    @cached_property
    def _arguments(self) -> type[msgspec.Struct]:
        listed: list[Any] = []
        for name, parameter in self.signature.parameters.items():
            if name == "self":
                continue
            required = parameter.default is inspect.Parameter.empty
            # A default is whatever the store's own is: what was not sent is not passed on.
            listed.append((name, self._hints[name].kind) if required else (name, self._optional(name), msgspec.UNSET))
        return msgspec.defstruct(f"{self.name}_arguments", listed, kw_only=True, forbid_unknown_fields=True)

    def _optional(self, name: str) -> Any:
        return typing.Union[self._hints[name].kind, msgspec.UnsetType]  # noqa: UP007  # of two values, not of two names

    def bind(self, store: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
        """Return what was passed, by name; raise :class:`TypeError` as a call would."""
        given = dict(self.signature.bind(store, *arguments, **named).arguments)
        del given["self"]
        return given

    def pack(self, values: Mapping[str, Any]) -> bytes:
        """Return arguments as they travel."""
        return encode({name: self._hints[name].pack(value) for name, value in values.items()})

    def unpack(self, data: bytes) -> dict[str, Any]:
        """Read arguments; raise :class:`ProtocolError` if they are not those of this method."""
        found = decode(data, self._arguments)
        sent = {name: getattr(found, name) for name in found.__struct_fields__}
        return {name: self._hints[name].unpack(value) for name, value in sent.items() if value is not msgspec.UNSET}

    def pack_result(self, value: Any) -> bytes:
        """Return a result as it travels."""
        return encode(self._hints["return"].pack(value))

    def unpack_result(self, data: bytes) -> Any:
        """Read a result."""
        form = self._hints["return"]
        return form.unpack(decode(data, form.kind))
