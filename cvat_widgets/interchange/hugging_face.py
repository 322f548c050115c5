"""A dataset of Hugging Face from rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cvat_widgets.errors import MediaError, MissingExtraError
from cvat_widgets.interchange.geometry import geometry_table
from cvat_widgets.interchange.pictures import Pictures, class_list, frames_of, visible_rows
from cvat_widgets.model.geometry import areas, bounding_boxes
from cvat_widgets.model.kinds import TAG

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["to_hf"]


def to_hf(
    rows: pd.DataFrame,
    pictures: Any = None,
    *,
    images: Literal["bytes", "path"] = "bytes",
    classes: Sequence[str] | None = None,
    frames: Iterable[int] | None = None,
) -> Any:
    """Return rows as a ``datasets.Dataset`` of Hugging Face, one row a frame, as its object detection examples have it.

    The columns are ``image_id`` (the frame), ``file_name``, ``image`` where ``pictures`` are given, and ``objects``, a dict of
    sequences of equal length: ``id``, ``category`` (a ``ClassLabel``), ``bbox`` (left, top, width, height in pixels), ``area``,
    ``type``, ``points`` (in CVAT's encoding), ``rotation`` in degrees, ``track_id`` and ``score``.

    Parameters
    ----------
    rows
        Rows of any type but tags, which are left out as are rows that are outside.
    pictures
        A task or a job; a folder in which the pictures have the names of the column ``frame_name``; a dict of frame numbers to
        files or arrays; or a function of the frame number.
    images
        ``bytes``: pictures are in the dataset, as they are in their files, or as PNG. ``path``: the dataset names the files.
    classes
        Labels in the order of their numbers, by default sorted.
    frames
        The frames, by default those that have rows.

    Raises
    ------
    AnnotationError
        Columns are missing, or a label is not in ``classes``.
    MediaError
        Paths are asked for, but a picture is no file of its own.
    MissingExtraError
        datasets is not installed.
    """
    if images not in ("bytes", "path"):
        raise ValueError(f"images is 'bytes' or 'path', not {images!r}.")
    try:
        import datasets
    except ImportError:
        raise MissingExtraError("datasets", "hf", "A dataset of Hugging Face") from None
    hf: Any = datasets
    shown = visible_rows(rows)
    table = geometry_table(shown)
    kept = table.type != TAG
    shown, table = shown[kept], table.take(kept)
    known, labels = class_list(shown, classes)
    chosen, names = frames_of(shown, frames)
    features: dict[str, Any] = {"image_id": hf.Value("int64"), "file_name": hf.Value("string")}
    columns: dict[str, list[Any]] = {"image_id": chosen, "file_name": [names.get(frame, "") for frame in chosen]}
    if pictures is not None:
        source = Pictures(pictures, names)
        features["image"] = hf.Image()
        columns["image"] = [_image(source, frame, images) for frame in chosen]
    number, text, real = hf.Value("int64"), hf.Value("string"), hf.Value("float64")
    parts = {
        "id": number, "category": hf.ClassLabel(names=known or ["none"]), "bbox": hf.Sequence(hf.Value("float32"), length=4),
        "area": hf.Value("float32"), "type": text, "points": hf.Sequence(real), "rotation": real, "track_id": number,
        "score": real,
    }  # fmt: skip
    features["objects"] = {name: hf.Sequence(feature) for name, feature in parts.items()}
    columns["objects"] = _objects(shown, table, labels, chosen)
    return hf.Dataset.from_dict(columns, features=hf.Features(features))


def _image(source: Pictures, frame: int, images: str) -> dict[str, Any]:
    if images == "bytes":
        return {"path": None, "bytes": source.encoded(frame)}
    path = source.file(frame)
    if path is None:
        raise MediaError("the picture is no file of its own", where=f"frame {frame}", hint="Give a folder, or images='bytes'")
    return {"path": str(path), "bytes": None}


def _objects(shown: pd.DataFrame, table: Any, labels: Any, frames: Sequence[int]) -> list[dict[str, list[Any]]]:
    boxes = bounding_boxes(table)
    boxes[:, 2:] -= boxes[:, :2]
    tracks = shown["track_id"].to_numpy(np.int64, na_value=-1).tolist() if "track_id" in shown else [-1] * len(shown)
    values: dict[str, list[Any]] = {
        "id": shown["id"].tolist() if "id" in shown else list(range(1, len(shown) + 1)),
        "category": labels.tolist(),
        "bbox": boxes.tolist(),
        "area": areas(table).tolist(),
        "type": shown["type"].astype(str).tolist(),
        "points": [table.points_of(row).tolist() for row in range(len(table))],
        "rotation": table.rotation.tolist(),
        "track_id": [None if number < 0 else number for number in tracks],
        "score": shown["score"].tolist() if "score" in shown else [1.0] * len(shown),
    }
    order = np.argsort(table.frame, kind="stable")
    edges = np.searchsorted(table.frame[order], [[frame, frame + 1] for frame in frames]).reshape(-1, 2)
    places = [order[start:stop].tolist() for start, stop in edges.tolist()]
    return [{name: [column[row] for row in each] for name, column in values.items()} for each in places]
