"""Where the pointer was: sent by the browser only when asked to, bounded, kept in the event log for replay."""

from __future__ import annotations

import json
import math
from typing import Any

from cvat_widgets.errors import ProtocolError
from cvat_widgets.recording import POINTER_EVENT
from cvat_widgets.widgets.rpc import Call, method

__all__ = ["MAX_POINTER_BYTES", "PointerRecording"]

MAX_POINTER_BYTES = 1 << 20
"""What one annotator keeps at most."""
_MOST_AT_ONCE = 600
_OLDEST = 120_000
_APART = 45
"""Milliseconds between two samples: at most about 20 a second."""


class PointerRecording:
    """Whether an annotator records the pointer, and how much it has."""

    def __init__(self) -> None:
        self.on = False
        self.size = 0

    def admit(self, samples: list[list[float]], client: str) -> dict[str, Any] | None:
        """Return what is to be kept; ``None`` if nothing more is."""
        if not self.on or not samples:
            return None
        payload = {"client": client, "samples": samples}
        size = len(json.dumps(payload))
        if self.size + size > MAX_POINTER_BYTES:
            self.on = False
            return None
        self.size += size
        return payload


@method("pointer.record")
def record(call: Call) -> dict[str, Any]:
    """Keep where the pointer was: ``{client, samples: [[age, frame, x, y, pressed], ...]}``, ages in ms, the oldest first."""
    session = call.session
    session.check_writable()
    client = call.params.get("client")
    if not isinstance(client, str) or not 1 <= len(client) <= 64:
        raise ProtocolError("client is a short text")
    samples = _checked(call.params.get("samples"), session.job.start, session.job.stop)
    payload = session.pointer.admit(samples, client)
    if payload is not None:
        session.job.store.record_event(
            POINTER_EVENT, user=session.user, task_id=session.job.task.id, job_id=session.job.id, count=len(samples),
            payload=payload,
        )  # fmt: skip
    return {"on": session.pointer.on}


def _checked(samples: object, start: int, stop: int) -> list[list[float]]:
    """Return samples that are well-formed; of those closer together than is kept, the first."""
    if not isinstance(samples, list) or len(samples) > _MOST_AT_ONCE:
        raise ProtocolError(f"samples are a list of at most {_MOST_AT_ONCE}")
    kept: list[list[float]] = []
    for sample in samples:
        if (
            not isinstance(sample, list)
            or len(sample) != 5
            or not all(isinstance(value, (int, float)) and math.isfinite(value) for value in sample)
        ):
            raise ProtocolError("a sample is [age, frame, x, y, pressed]")
        age, frame, x, y, pressed = sample
        if not 0 <= age <= _OLDEST or not start <= frame <= stop or max(abs(x), abs(y)) > 1e6:
            raise ProtocolError("a sample lies outside of the job")
        if kept and kept[-1][0] - age < _APART:
            continue
        kept.append([round(age), int(frame), round(x, 1), round(y, 1), int(bool(pressed))])
    return kept
