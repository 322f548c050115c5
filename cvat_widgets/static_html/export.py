"""A task as one HTML file that opens from disk: frames, tracks, timeline and filter, without a kernel or a network."""

from __future__ import annotations

import gzip
import html
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.dataframe import attribute_text, to_dataframe
from cvat_widgets.errors import AnnotationError
from cvat_widgets.model.geometry import ellipse_polygon, rectangle_corners
from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.kinds import CUBOID, ELLIPSE, MASK, POINTS, POLYLINE, RECTANGLE, SKELETON, TAG
from cvat_widgets.model.masks import decode_crop, mask_box, polygons_of_mask
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.static_html.packing import packed

__all__ = ["to_html"]

_HERE = Path(__file__).resolve().parent
_CLOSED, _OPEN, _DOTS, _TAGGED = range(4)


def to_html(
    target: Any, path: str | Path, *, max_frames: int = 300, max_side: int = 960, quality: int = 75, title: str | None = None
) -> Path:
    """Write frames and annotations into one HTML file that any browser opens from disk.

    Parameters
    ----------
    target
        A task or a job.
    path
        The file; an existing one is replaced.
    max_frames
        Most frames to take along; of more, evenly spaced ones.
    max_side
        Frames are made no larger than this, in pixels.
    quality
        JPEG quality, 1 to 100.
    title
        Heading of the page, by default the name of the task.

    Returns
    -------
    pathlib.Path
        The file. Its pictures take about 1.16 times the bytes of the JPEGs.

    Raises
    ------
    AnnotationError
        There is no frame to take along.
    MediaError
        A frame cannot be read.
    """
    task = getattr(target, "task", target)
    first, last = getattr(target, "start", 0), getattr(target, "stop", len(task.frame_index) - 1)
    deleted = set(task.deleted_frames)
    present = [number for number in range(first, last + 1) if number not in deleted]
    if not present or max_frames < 1:
        raise AnnotationError("there is no frame to take along", where=f"task {task.name!r}")
    step = -(-len(present) // max_frames)
    numbers = present[::step]
    pictures = [_jpeg(task, number, max_side, quality) for number in numbers]
    facts = {
        "title": title or task.name,
        "frames": [
            {
                "number": number, "name": task.frame_index.names[number], "bytes": len(data),
                "width": int(task.frame_index.widths[number]), "height": int(task.frame_index.heights[number]),
            }
            for number, data in zip(numbers, pictures, strict=True)
        ],
        "fps": (task.media.fps or 0) / step,
        "total": len(present),
        "labels": [{"name": each.name, "color": each.color} for label in task.labels for each in (label, *label.sublabels)],
        "objects": _objects(target, task, numbers),
    }  # fmt: skip
    whole = gzip.compress(json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode(), mtime=0)
    blocks = [f'<script type="text/plain" id="f{place}">{packed(data)}</script>' for place, data in enumerate(pictures)]
    page = (_HERE / "page.html").read_text("utf-8")
    filled = {
        "TITLE": html.escape(title or task.name),
        "STYLE": (_HERE / "viewer.css").read_text("utf-8"),
        "DATA": f'<script type="text/plain" id="data" data-bytes="{len(whole)}">{packed(whole)}</script>',
        "FRAMES": "".join(blocks),
        "SCRIPT": (_HERE / "viewer.js").read_text("utf-8"),
    }
    # What is put in is never searched again: a picture may hold any text by chance.
    parts = page.split("@@")
    text = "".join(filled[part] if place % 2 else part for place, part in enumerate(parts))
    target_path = Path(path)
    partial = target_path.with_name(target_path.name + ".part")
    partial.write_bytes(text.encode("utf-8"))
    partial.replace(target_path)
    return target_path


def _jpeg(task: Any, number: int, max_side: int, quality: int) -> bytes:
    found = task.media.encoded(number, quality=quality, max_side=max_side)
    if found.mime == "image/jpeg" and max(found.width, found.height) <= max_side:
        return bytes(found.data)
    import cv2

    picture = task.frame(number)
    scale = min(1.0, max_side / max(picture.shape[:2]))
    if scale < 1:
        size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1])


def _objects(target: Any, task: Any, numbers: list[int]) -> list[list[Any]]:
    """Return for each object on each frame: frame's place, id, label's place, is a track, way to draw, rings, attributes."""
    table = interpolate_table(target.table, frame_count=len(task.frame_index), frames=numbers)
    table = table.take(np.lexsort((table.z_order, table.frame)))
    rows = to_dataframe(table, task.labels, task.frame_index)
    names = [name for name in rows.columns if name.startswith("attr.")]
    texts = rows[names].to_numpy(object)
    label_ids = [each.id for label in task.labels for each in (label, *label.sublabels)]
    place_of = {number: place for place, number in enumerate(numbers)}
    found = []
    for row in range(len(table)):
        drawn = _rings(table, row)
        if drawn is None:
            continue
        values = zip(names, map(attribute_text, texts[row].tolist()), strict=True)
        said = [f"{name[5:]}: {text}" for name, text in values if text]
        found.append(
            [
                place_of[int(table.frame[row])], int(table.id[row]), label_ids.index(int(table.label[row])),
                int(table.track[row] >= 0), drawn[0], [_short(ring) for ring in drawn[1]], said,
            ]
        )  # fmt: skip
    return found


def _rings(table: AnnotationTable, row: int) -> tuple[int, list[NDArray[np.float64]]] | None:
    kind, points = int(table.type[row]), table.points_of(row)
    if kind == TAG:
        return _TAGGED, []
    if kind == SKELETON or not len(points):
        return None
    rotation = float(table.rotation[row])
    if kind == RECTANGLE:
        return _CLOSED, [rectangle_corners(points, rotation)]
    if kind == ELLIPSE:
        return _CLOSED, [ellipse_polygon(points, rotation, 32)]
    if kind == MASK:
        left, top = mask_box(points)[:2]
        shift = np.array([left, top])
        rings = polygons_of_mask(decode_crop(points))
        return _CLOSED, [(np.asarray(ring, np.float64).reshape(-1, 2) + shift).ravel() for ring in rings]
    if kind == CUBOID:
        import cv2

        return _CLOSED, [np.asarray(cv2.convexHull(points.reshape(-1, 2).astype(np.float32)), np.float64).ravel()]
    return (_DOTS if kind == POINTS else _OPEN if kind == POLYLINE else _CLOSED), [points]


def _short(ring: NDArray[np.float64]) -> list[float]:
    return [int(value) if value == int(value) else value for value in np.round(ring, 1).tolist()]
