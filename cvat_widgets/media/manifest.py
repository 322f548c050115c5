"""CVAT's ``manifest.jsonl``: the list of frames beside the data.

Source: the layout that CVAT's ``utils/dataset_manifest`` writes (version 1.1): a line with the version, a line with the type,
then for images one line a picture (name without ending, ending, size, meta), for video one line of properties and one a
keyframe (number, pts, MD5 of the RGB pixels).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import MediaError
from cvat_widgets.media.cache import atomic_write
from cvat_widgets.media.limits import MAX_MANIFEST_BYTES
from cvat_widgets.media.members import checked_name, unreadable

if TYPE_CHECKING:
    from cvat_widgets.media.source import FrameSource

__all__ = ["Manifest", "read_manifest", "write_manifest"]


@dataclass(frozen=True, eq=False)
class Manifest:
    """Content of a manifest.

    Parameters
    ----------
    kind
        ``images`` or ``video``.
    names
        Pictures in order, or the one video.
    sizes
        (n, 2) widths and heights of the pictures; ``None`` if a line has none, and for video.
    frame_count
        Frames of the video, ``None`` for images.
    """

    kind: str
    names: list[str]
    sizes: NDArray[np.int32] | None
    frame_count: int | None = None


def read_manifest(path: Path) -> Manifest:
    """Read a manifest.

    Raises
    ------
    MediaError
        A line is wrong; the text gives its number.
    """
    lines = _lines(path)
    head = [entry for _, entry in (next(lines, (0, {})), next(lines, (0, {})))]
    kind = head[1].get("type")
    if "version" not in head[0] or kind not in ("images", "video"):
        raise MediaError(
            "the file is no manifest of CVAT",
            where=str(path),
            hint='Its first lines are {"version": "1.1"} and {"type": "images"} or {"type": "video"}',
        )
    if kind == "video":
        number, entry = next(lines, (3, {}))
        properties = entry.get("properties")
        if not isinstance(properties, dict) or not isinstance(properties.get("name"), str):
            raise MediaError(
                "the properties of the video are missing", where=f"{path}:{number}", hint="Make the manifest again"
            )
        length = properties.get("length")
        return Manifest(
            "video", [checked_name(properties["name"], f"{path}:{number}")], None, length if isinstance(length, int) else None
        )
    names: list[str] = []
    sizes: list[tuple[int, int]] = []
    for number, entry in lines:
        where = f"{path}:{number}"
        name, extension = entry.get("name"), entry.get("extension", "")
        if not isinstance(name, str) or not isinstance(extension, str):
            raise MediaError("the line has no name", where=where, hint="Make the manifest again")
        names.append(checked_name(name + extension, where))
        width, height = entry.get("width"), entry.get("height")
        if type(width) is int and type(height) is int and 0 < width < 2**31 and 0 < height < 2**31:
            sizes.append((width, height))
    if not names:
        raise MediaError("the manifest lists no pictures", where=str(path), hint="Make the manifest again")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise MediaError(f"{twice!r} is listed twice", where=str(path), hint="Make the manifest again")
    return Manifest("images", names, np.array(sizes, np.int32) if len(sizes) == len(names) else None)


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        if path.stat().st_size > MAX_MANIFEST_BYTES:
            raise MediaError(
                f"the manifest is larger than {MAX_MANIFEST_BYTES:,} bytes", where=str(path), hint="Make the manifest again"
            )
        with path.open(encoding="utf-8") as stream:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    entry = json.loads(line)
                    if not isinstance(entry, dict):
                        raise MediaError("the line is no object", where=f"{path}:{number}", hint="Make the manifest again")
                    yield number, entry
    except OSError as error:
        raise unreadable(error, str(path)) from None
    except (ValueError, RecursionError) as error:
        raise MediaError(
            f"the manifest is no JSON lines file ({error})", where=str(path), hint="Make the manifest again"
        ) from None


def write_manifest(source: FrameSource, path: str | Path) -> Path:
    """Write the manifest of a source.

    Parameters
    ----------
    source
        Pictures or a video. For video every keyframe is decoded once for its checksum, and frames are those of the whole file.
    path
        File to write; it belongs beside the media.
    """
    target = Path(path)
    rows = [
        {"version": "1.1"},
        {"type": source.kind},
        *(_video_rows(source) if source.kind == "video" else _image_rows(source)),
    ]
    text = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
    try:
        atomic_write(target, lambda stream: stream.write(text.encode()))
    except OSError as error:
        raise MediaError(
            f"the manifest cannot be written ({error.strerror})", where=str(target), hint="Choose another folder"
        ) from None
    return target


def _image_rows(source: FrameSource) -> Iterator[dict[str, Any]]:
    for frame, name in enumerate(source.index.names):
        stem, dot, ending = name.rpartition(".")
        width, height = source.size(frame)
        yield {
            "name": stem if dot else name,
            "extension": dot + ending if dot else "",
            "width": width,
            "height": height,
            "meta": {"related_images": []},
        }


def _video_rows(source: FrameSource) -> Iterator[dict[str, Any]]:
    from cvat_widgets.media.video.source import VideoSource

    if not isinstance(source, VideoSource):
        raise MediaError(f"a {type(source).__name__} has no keyframes", hint="Only videos from files have")
    video = source.video
    yield {"properties": {"name": source.path.name, "resolution": list(video.display_size), "length": len(video)}}
    keyframes = set(video.keyframes.tolist())
    with VideoSource(source.path) as whole:
        for number, ordinal in enumerate(video.frames.tolist()):
            if ordinal in keyframes:
                checksum = hashlib.md5(whole.read(number).tobytes(), usedforsecurity=False).hexdigest()
                yield {"number": number, "pts": int(video.pts[ordinal]), "checksum": checksum}
