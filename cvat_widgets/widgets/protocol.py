"""Messages from the browser, typed and bounded; the rules are in ``docs/protocol.md``. Twin of ``js/src/wire/protocol.ts``."""

from __future__ import annotations

import traceback
from typing import Annotated, Any

import msgspec

from cvat_widgets.errors import CvatWidgetsError, ProtocolError
from cvat_widgets.widgets.channel import Send

__all__ = [
    "PROTOCOL_VERSION", "Cancel", "Hello", "Message", "Nudge", "Op", "Ping", "Rpc", "Sync", "decode", "error_detail",
    "read_message",
]  # fmt: skip

PROTOCOL_VERSION = 1

Client = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_-]+$")]
Count = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]


class Hello(msgspec.Struct, frozen=True, tag_field="t", tag="hello"):
    """The first message of a page."""

    client: Client
    protocol: Count
    bundle: Annotated[str, msgspec.Meta(max_length=64)] = ""


class Op(msgspec.Struct, frozen=True, tag_field="t", tag="op"):
    """One gesture; ``changes`` is the JSON form of an :class:`~cvat_widgets.model.changes.Edit`."""

    client: Client
    seq: Count
    base: Count
    changes: dict[str, Any]
    label: Annotated[str, msgspec.Meta(max_length=1000)] = ""


class Sync(msgspec.Struct, frozen=True, tag_field="t", tag="sync"):
    """What changed since a revision?"""

    client: Client
    epoch: Annotated[str, msgspec.Meta(max_length=64)]
    have: Count


class Ping(msgspec.Struct, frozen=True, tag_field="t", tag="ping"):
    """Are we up to date?"""

    client: Client
    n: Count
    revision: Count = 0
    views: Count = 0


class Nudge(msgspec.Struct, frozen=True, tag_field="t", tag="nudge"):
    """Nothing: it only carries the acknowledgement without which TCP would hold a small answer back for 40 ms."""

    client: Client


class Rpc(msgspec.Struct, frozen=True, tag_field="t", tag="rpc"):
    """Call a method."""

    client: Client
    id: Count
    method: Annotated[str, msgspec.Meta(max_length=64)]
    params: dict[str, Any] = msgspec.field(default_factory=dict)


class Cancel(msgspec.Struct, frozen=True, tag_field="t", tag="cancel"):
    """The answer to a call is not needed any more."""

    client: Client
    id: Count


Message = Hello | Op | Sync | Ping | Nudge | Rpc | Cancel


def decode(content: object) -> Message:
    """Read a message.

    Raises
    ------
    ProtocolError
        It is none; the text says what is wrong with it.
    """
    try:
        return msgspec.convert(content, Message, str_keys=True)
    except (msgspec.ValidationError, TypeError, RecursionError) as error:
        raise ProtocolError(f"not a message of this protocol: {error}") from None


def read_message(content: object, answer: Send) -> Message | None:
    """Read a message; what is none is answered with a notice, and ``None`` comes back."""
    try:
        return decode(content)
    except ProtocolError as error:
        answer({"t": "notice", "level": "error", "text": f"The kernel did not understand a message: {error}"}, [])
        return None


def error_detail(error: BaseException) -> dict[str, Any]:
    """Return what the browser shows of an error; a trace only where the error is not one the user can act on."""
    if isinstance(error, CvatWidgetsError):
        return {"type": type(error).__name__, "message": str(error), "where": error.where, "hint": error.hint, "trace": None}
    trace = "".join(traceback.format_exception(type(error), error, error.__traceback__)[-4:])
    text = str(error) or type(error).__name__
    return {"type": type(error).__name__, "message": text, "where": None, "hint": None, "trace": trace[-4000:]}
