"""What tests of mask formats share: labels, frames, datasets, pictures and archives."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from cvat_widgets.formats import Dataset, match_frames, read_dataset, remap, write_dataset
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import Label, LabelSet
from cvat_widgets.model.records import Shape
from cvat_widgets.model.table import AnnotationTable

SEGMENTATION, CAMVID, CITYSCAPES = "Segmentation mask 1.1", "CamVid 1.0", "Cityscapes 1.0"
ALL = (SEGMENTATION, CAMVID, CITYSCAPES)
LABELS = LabelSet.of([Label("car", "#ff0000"), Label("traffic light ü", "#00ff00"), Label("sky", "#0000fe")])
CAR, LIGHT, SKY = (label.id for label in LABELS)
WIDTH, HEIGHT = 24, 16


def frames(names: tuple[str, ...] = ("a b.jpg", "sub/c.png", "ü.jpg"), subsets: tuple[str, ...] = ()) -> FrameIndex:
    count = len(names)
    return FrameIndex(names, np.full(count, WIDTH, np.int32), np.full(count, HEIGHT, np.int32), subsets)


def dataset(records: Any, labels: LabelSet = LABELS, index: FrameIndex | None = None) -> Dataset:
    return Dataset(labels, frames() if index is None else index, AnnotationTable.from_records(records), name="set")


def again(source: Dataset, path: Path, name: str) -> AnnotationTable:
    write_dataset(source, path, name)
    found = read_dataset(path)
    return remap(found, source.labels, match_frames(found.frames, source.frames))


def shape(number: int, kind: str, points: Any, label: int = CAR, **values: Any) -> Shape:
    return Shape(id=number, frame=values.pop("frame", 0), label=label, type=kind, points=tuple(points), **values)  # type: ignore[arg-type]


def png(values: Any) -> bytes:
    stream = io.BytesIO()
    array = np.asarray(values)
    Image.fromarray(array if array.dtype == np.uint16 else array.astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def archive(path: Path, files: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as zipped:
        for name, data in files.items():
            zipped.writestr(name, data)
    return path
