"""What the browser can call."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from cvat_widgets.errors import ProtocolError
from cvat_widgets.widgets.rpc import Call, method

__all__: list[str] = []

_PANELS = Path(__file__).resolve().parent.parent / "static" / "panels.js"
_MAX_PICTURE = 2 << 20
_MAX_SETTINGS = 200
_MAX_SETTINGS_BYTES = 64 << 10
_MAX_TEXTS = 300
_MAX_TEXT = 2000
"""A setting may be a short list of texts: the filters used last."""


@method("undo")
def undo(call: Call) -> dict[str, Any]:
    """Take back the last change of this user in this job."""
    call.session.check_writable()
    job = call.session.job
    commit = job.store.undo(job.task.id, job_id=job.id, author=call.session.user)
    return {"revision": commit.revision if commit else None}


@method("redo")
def redo(call: Call) -> dict[str, Any]:
    """Make again what was taken back."""
    call.session.check_writable()
    job = call.session.job
    commit = job.store.redo(job.task.id, job_id=job.id, author=call.session.user)
    return {"revision": commit.revision if commit else None}


@method("ids")
def ids(call: Call) -> dict[str, Any]:
    """Reserve a block of object ids."""
    block = call.session.job.store.reserve_ids(call.session.job.task.id, call.integer("count", 1, 10_000))
    return {"first": block.start, "last": block.stop - 1}


@method("panels")
def panels(call: Call) -> tuple[dict[str, Any], list[bytes]]:  # noqa: ARG001  # every method is given its call
    """Return the module of the panels that are not part of the one every widget brings along."""
    return {}, [_PANELS.read_bytes()]


@method("save_settings")
def save_settings(call: Call) -> dict[str, Any]:
    """Keep the user's preferences in the store."""
    settings = call.params.get("settings")
    if not isinstance(settings, dict) or len(settings) > _MAX_SETTINGS:
        raise ProtocolError(f"settings are an object of at most {_MAX_SETTINGS} entries")
    plain = {str(key)[:64]: value for key, value in settings.items() if _is_plain(value)}
    if any(isinstance(value, str) and len(value) > 200 for value in plain.values()):
        raise ProtocolError("a setting is longer than 200 characters")
    if len(json.dumps(plain)) > _MAX_SETTINGS_BYTES:
        raise ProtocolError(f"settings have at most {_MAX_SETTINGS_BYTES >> 10} KiB")
    call.session.job.store.set_setting(call.session.user, "annotator", plain)
    return {}


def _is_plain(value: object) -> bool:
    """Whether a setting can be kept: a number, a text or a few, or what each action has of keys (``{"save": ["ctrl+s"]}``)."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, (bool, int, str)):
        return True
    if isinstance(value, list):
        return len(value) <= _MAX_TEXTS and all(isinstance(each, str) and len(each) <= _MAX_TEXT for each in value)
    if not isinstance(value, dict) or not value:
        return False
    return all(
        isinstance(each, list) and len(each) <= 8 and all(isinstance(keys, str) and len(keys) <= 64 for keys in each)
        for each in value.values()
    )


@method("picture")
def picture(call: Call) -> dict[str, Any]:
    """Keep a PNG of the view, for the saved notebook."""
    data = call.buffers[0] if call.buffers else b""
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or len(data) > _MAX_PICTURE:
        raise ProtocolError("the picture is a PNG of at most 2 MiB")
    call.session.picture = data
    return {}
