"""Frames in: images, video, archives, arrays, tables of paths, manifests and remote files, decoded when they are asked for."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from cvat_widgets.media.source import EncodedFrame, FrameSource

if TYPE_CHECKING:
    from cvat_widgets.media.manifest import write_manifest
    from cvat_widgets.media.opening import open_media, reopen_media

__all__ = ["EncodedFrame", "FrameSource", "open_media", "reopen_media", "write_manifest"]

_LAZY = {
    "open_media": "cvat_widgets.media.opening",
    "reopen_media": "cvat_widgets.media.opening",
    "write_manifest": "cvat_widgets.media.manifest",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'cvat_widgets.media' has no attribute {name!r}")
