"""A dataset's frames and labels found again in a task."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import FormatError, LabelError
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.loss import report_left_out
from cvat_widgets.model.attributes import AttributeColumns
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import Label, LabelSet
from cvat_widgets.model.table import AnnotationTable

__all__ = ["match_frames", "remap"]

_EXTENSIONS = frozenset(
    ".jpg .jpeg .png .bmp .gif .tif .tiff .webp .avif .jp2 .ppm .pgm .mp4 .pcd .bin".split()  # noqa: SIM905  # easier to read
)
_NUMBERED = re.compile(r"frame_(\d+)$")


def match_frames(found: FrameIndex, wanted: FrameIndex) -> NDArray[np.int32]:
    """Return for each frame of a dataset its frame in a task, -1 for none.

    As CVAT does it: by full name, then by name without folders in front, then without the extension, then by the number in
    ``frame_000012``. A name that fits several frames fits none.
    """
    tables = [{}, {}, {}, {}]  # type: list[dict[object, int]]
    for number, name in enumerate(wanted.names):
        for table, key in zip(tables, _keys(name), strict=True):
            if key is not None:
                table[key] = -1 if key in table else number
    result = np.full(len(found), -1, np.int32)
    for number, name in enumerate(found.names):
        for table, key in zip(tables, _keys(name), strict=True):
            match = table.get(key, -1) if key is not None else -1
            if match >= 0:
                result[number] = match
                break
    return result


def _keys(name: str) -> tuple[object, ...]:
    path = PurePosixPath(name.replace("\\", "/"))
    # Only what is a picture's extension goes: in "frame.v1" the dot belongs to the name.
    stem = path.stem if path.suffix.lower() in _EXTENSIONS else path.name
    numbered = _NUMBERED.search(stem)
    return str(path), path.name, stem, int(numbered[1]) if numbered else None


def remap(dataset: Dataset, labels: LabelSet, frame_map: NDArray[np.int32]) -> AnnotationTable:
    """Return the annotations with the frames and labels of a task.

    Attributes that the task has not are left out, as CVAT does it, and a warning says which.

    Raises
    ------
    FormatError
        Annotated frames are not in the task.
    LabelError
        A label is not in the task.
    """
    table = dataset.table
    frames = frame_map[table.frame] if len(table) else table.frame
    lost: list[int] = np.unique(table.frame[frames < 0]).tolist() if len(table) else []
    if len(lost):
        names = ", ".join(repr(dataset.frames.names[frame]) for frame in lost[:3])
        raise FormatError(
            f"{len(lost)} annotated frames are not in the task: {names}{', …' if len(lost) > 3 else ''}",
            where=dataset.name or None,
            hint="Frames are matched by file name",
        )
    label_ids = _label_map(dataset, labels)
    used = np.unique(table.label)
    new_label = np.zeros(int(used.max(initial=0)) + 1, np.int32)
    for label_id in used.tolist():
        new_label[label_id] = label_ids[label_id]
    values = table.attributes
    specs = _attribute_map(dataset, labels, label_ids)
    new_spec = np.array([specs.get(spec, -1) for spec in values.spec.tolist()], np.int32)
    known = new_spec >= 0
    if not known.all():
        _report_attributes(dataset, values.spec[~known])
    return AnnotationTable(
        **{
            **vars(table),
            "frame": np.asarray(frames, np.int32),
            "label": new_label[table.label] if len(table) else table.label,
            "attributes": AttributeColumns(values.row[known], new_spec[known], values.code[known], values.strings),
        }
    )


def _label_map(dataset: Dataset, labels: LabelSet) -> dict[int, int]:
    used = set(np.unique(dataset.table.label).tolist())
    ids: dict[int, int] = {}
    for label in dataset.labels:
        joints = [sublabel for sublabel in label.sublabels if sublabel.id in used]
        if label.id not in used and not joints:
            continue
        if label.name not in labels:
            raise LabelError(
                f"the label {label.name!r} is not in the task",
                where=dataset.name or None,
                hint=f"It has: {', '.join(labels.names) or 'none'}. Add it with task.set_labels, or rename it in the file",
            )
        target = labels[label.name]
        ids[label.id] = target.id
        by_name = {sublabel.name: sublabel.id for sublabel in target.sublabels}
        for joint in joints:
            if joint.name not in by_name:
                raise LabelError(
                    f"the skeleton {label.name!r} has no joint {joint.name!r} in the task", where=dataset.name or None
                )
            ids[joint.id] = by_name[joint.name]
    return ids


def _attribute_map(dataset: Dataset, labels: LabelSet, label_ids: dict[int, int]) -> dict[int, int]:
    """Return the task's attribute for each of the dataset's that it has."""
    ids: dict[int, int] = {}
    for label in _all_labels(dataset.labels):
        if label.id in label_ids:
            by_name = {attribute.name: attribute.id for attribute in labels.by_id(label_ids[label.id]).attributes}
            ids.update((spec.id, by_name[spec.name]) for spec in label.attributes if spec.name in by_name)
    return ids


def _report_attributes(dataset: Dataset, specs: NDArray[np.int32]) -> None:
    """Say which attributes the task has not: formats bring some of their own, as VOC's ``truncated``."""
    counts = dict(zip(*(each.tolist() for each in np.unique(specs, return_counts=True)), strict=True))
    listed = ", ".join(
        f"{counts[spec.id]} × {spec.name!r} of {label.name!r}"
        for label in _all_labels(dataset.labels)
        for spec in label.attributes
        if spec.id in counts
    )
    name = f"{dataset.name}: " if dataset.name else ""
    report_left_out(
        f"{name}left out were {listed}: the task has no such attributes. Add them with task.set_labels to import them, too.",
        stacklevel=6,
    )


def _all_labels(labels: LabelSet) -> list[Label]:
    return [each for label in labels for each in (label, *label.sublabels)]
