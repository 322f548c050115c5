"""Rows of a DataFrame as a dataset, so that they can be written in any format without a task."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.dataframe import attribute_text, from_dataframe
from cvat_widgets.errors import AnnotationError
from cvat_widgets.formats import Dataset
from cvat_widgets.formats import write_dataset as write_known_dataset
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.kinds import LabelType
from cvat_widgets.model.labels import Attribute, Label, LabelSet

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Sizes", "dataset_of_rows", "write_dataset"]

Sizes: TypeAlias = tuple[int, int] | Mapping[str, tuple[int, int]] | None
"""Width and height of all frames, or of each by name."""

_NUMBERED = "frame_{:06d}"


def write_dataset(
    data: Any,
    path: str | Path,
    format: str,  # noqa: A002
    *,
    labels: Iterable[str | Mapping[str, Any] | Label] | LabelSet | None = None,
    sizes: Sizes = None,
    save_images: bool = False,
    strict: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write a dataset, a task, or rows of a DataFrame to a file of some format.

    Parameters
    ----------
    data
        What :func:`cvat_widgets.read_dataset` returns, a task or a job, or a DataFrame of rows.
    path
        File to write; an existing one is replaced once the new one is complete.
    format
        CVAT's display name; see :func:`cvat_widgets.formats`.
    labels, sizes
        For rows: see :func:`dataset_of_rows`.
    save_images
        Whether to put the pictures in; rows have none.
    strict
        Raise before anything is written if the format cannot hold something.
    progress
        Called with (done, all).

    Raises
    ------
    FormatError, AnnotationError, LabelError
        The file cannot be written, or rows are not what they should be.
    """
    if hasattr(data, "export") and hasattr(data, "task_id"):
        more = {"progress": progress} if progress is not None and not hasattr(data, "task") else {}
        return Path(data.export(path, format, save_images=save_images, strict=strict, **more))
    dataset = data if isinstance(data, Dataset) else dataset_of_rows(data, labels=labels, sizes=sizes, name=Path(path).stem)
    return write_known_dataset(dataset, path, format, save_images=save_images, strict=strict, progress=progress)


def dataset_of_rows(
    rows: pd.DataFrame | Iterable[Mapping[str, Any]],
    *,
    labels: Iterable[str | Mapping[str, Any] | Label] | LabelSet | None = None,
    sizes: Sizes = None,
    name: str = "",
) -> Dataset:
    """Return rows as a dataset.

    Parameters
    ----------
    rows
        With ``label``, ``type``, ``points`` and ``frame_name`` or ``frame``; further columns as of
        :mod:`cvat_widgets.dataframe`. ``frame_width`` and ``frame_height`` tell the sizes of frames, ``subset`` their subset.
    labels
        By default those of the column ``label`` with the attributes of the columns ``attr.*`` that they have values in.
    sizes
        Width and height of all frames, or of each by name, where no columns tell them; formats with shares need them.
    name
        Name of the dataset.

    Raises
    ------
    AnnotationError, LabelError
        A column is missing, or a value is not usable; the text names the row.
    """
    import pandas as pd

    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    if "frame_name" not in frame and "frame" not in frame:
        raise AnnotationError("the columns frame_name and frame are missing", hint="Say on which frame each row is")
    index, numbers = _frames(frame, sizes)
    known = _labels(frame) if labels is None else LabelSet.of(labels)
    plain = frame.drop(columns=["frame_name", "frame_width", "frame_height", "subset"], errors="ignore").assign(frame=numbers)
    table = from_dataframe(plain, known, index)
    mode = "interpolation" if len(table) and bool((table.track >= 0).any()) else "annotation"
    return Dataset(known, index, table, name=name, mode=mode)


def _frames(rows: pd.DataFrame, sizes: Sizes) -> tuple[FrameIndex, NDArray[np.int64]]:
    """Return the frames, in order of their numbers if there are any, and each row's frame."""
    named = rows["frame_name"].astype(str) if "frame_name" in rows else rows["frame"].map(_NUMBERED.format)
    subset = rows["subset"].fillna("").astype(str).tolist() if "subset" in rows else [""] * len(rows)
    keys = [*zip(named.tolist(), subset, strict=True)]
    first = {key: row for row, key in reversed([*enumerate(keys)])}
    if "frame" not in rows:
        found = [*dict.fromkeys(keys)]
    else:
        numbers = rows["frame"].to_numpy(np.int64).tolist()
        key_of: dict[int, tuple[str, str]] = {}
        for row, (number, key) in enumerate(zip(numbers, keys, strict=True)):
            if key_of.setdefault(number, key) != key:
                raise AnnotationError(f"frame {number} has two names", where=f"row {row}", hint="Leave the column frame out")
        if "track_id" in rows and rows["track_id"].notna().any():
            # What is between the keyframes of a track counts, too.
            for number in range(max(numbers, default=-1)):
                key_of.setdefault(number, (_NUMBERED.format(number), ""))
        found = [key_of[number] for number in sorted(key_of)]
        if len(set(found)) < len(found):
            raise AnnotationError("two frames have one name", hint="Leave the column frame out")
    position = {key: number for number, key in enumerate(found)}
    widths, heights = (_sides(rows, [(key[0], first.get(key, -1)) for key in found], sizes, axis) for axis in (0, 1))
    kept = tuple(key[1] for key in found) if any(key[1] for key in found) else ()
    index = FrameIndex([key[0] for key in found], widths, heights, kept)
    return index, np.array([position[key] for key in keys], np.int64)


def _sides(rows: pd.DataFrame, frames: list[tuple[str, int]], sizes: Sizes, axis: int) -> NDArray[np.int32]:
    """Return widths or heights of frames, given by name and their first row, 0 where they are not known."""
    column = ("frame_width", "frame_height")[axis]
    if column in rows:
        values = rows[column].to_numpy(np.int32, na_value=0)
        return np.array([values[row] if row >= 0 else 0 for _, row in frames], np.int32)
    if isinstance(sizes, Mapping):
        return np.array([sizes.get(name, (0, 0))[axis] for name, _ in frames], np.int32)
    return np.full(len(frames), 0 if sizes is None else sizes[axis], np.int32)


def _labels(rows: pd.DataFrame) -> LabelSet:
    """Return the labels of rows, each with the attributes that it has values of, and skeletons with their joints."""
    columns = [str(column) for column in rows.columns if str(column).startswith("attr.")]
    if "label" not in rows:
        return LabelSet.of([])
    parent = rows.get("parent_id")
    top = rows if parent is None else rows[parent.isna()]
    labels = []
    for name in dict.fromkeys(top["label"].tolist()):
        own = top[top["label"] == name]
        joints = [] if parent is None else _joints(rows, own, columns)
        kind: LabelType = "skeleton" if joints else "any"
        labels.append(Label(str(name), type=kind, attributes=_attributes(own, columns), sublabels=tuple(joints)))
    return LabelSet.of(labels)


def _joints(rows: pd.DataFrame, skeletons: pd.DataFrame, columns: list[str]) -> list[Label]:
    """Return the labels of the joints of skeletons, in order of appearance."""
    numbers = {number for name in ("id", "track_id") if name in skeletons for number in skeletons[name].dropna()}
    own = rows[rows["parent_id"].isin(numbers)]
    return [
        Label(str(name), type="points", attributes=_attributes(own[own["label"] == name], columns))
        for name in dict.fromkeys(own["label"].tolist())
    ]


def _attributes(rows: pd.DataFrame, columns: list[str]) -> tuple[Attribute, ...]:
    attributes = []
    for column in columns:
        texts = {text for cell in rows[column] if (text := attribute_text(cell)) is not None}
        if texts:
            attributes.append(Attribute(column[5:], "checkbox" if texts <= {"true", "false"} else "text"))
    return tuple(attributes)
