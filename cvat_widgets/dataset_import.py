"""A new task from a dataset file: its pictures, labels and annotations."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import FormatError, MediaError
from cvat_widgets.formats import Dataset, match_frames, read_dataset, rows_for_task
from cvat_widgets.formats.loss import report_left_out
from cvat_widgets.media.archives import ZipMembers
from cvat_widgets.media.images import ImageSource
from cvat_widgets.media.members import Files, Members, checked_name
from cvat_widgets.model.labels import Label, LabelSet

if TYPE_CHECKING:
    from cvat_widgets.store import Store
    from cvat_widgets.task import Task

__all__ = ["task_from_dataset", "task_of_dataset"]


def task_from_dataset(
    kind: type[Task],
    path: str | Path,
    format: str | None,  # noqa: A002
    *,
    name: str | None,
    data: Any,
    labels: Iterable[str | Mapping[str, Any] | Label] | LabelSet | None,
    store: Store,
    options: Mapping[str, Any],
) -> Task:
    """Create a task from a dataset file; see :meth:`Task.from_dataset`.

    Parameters
    ----------
    kind
        The class of tasks.
    path, format, name, data, labels
        As of :meth:`Task.from_dataset`.
    store
        The store, opened.
    options
        Further arguments of :meth:`Task.create`.
    """
    dataset = read_dataset(path, format)
    known = dataset.labels if labels is None else LabelSet.of(labels)
    return task_of_dataset(
        kind, dataset, Path(path).expanduser(), name=name, data=data, store=store, options={"labels": known, **options}
    )


def task_of_dataset(
    kind: type[Task],
    dataset: Dataset,
    path: Path,
    *,
    name: str | None,
    data: Any,
    store: Store,
    options: Mapping[str, Any],
) -> Task:
    """Create a task from a dataset that was read; arguments as of :func:`task_from_dataset`, the labels in ``options``."""
    with contextlib.ExitStack() as on_failure:
        task = _task_with_annotations(kind, dataset, path, name, data, store, options, on_failure)
        on_failure.pop_all()
    return task


def _task_with_annotations(
    kind: type[Task],
    dataset: Dataset,
    path: Path,
    name: str | None,
    data: Any,
    store: Store,
    options: Mapping[str, Any],
    on_failure: contextlib.ExitStack,
) -> Task:
    if data is None:
        chosen = {"frame_step": 1, "start_frame": 0, "stop_frame": None}
        if any(options.get(key, usual) != usual for key, usual in chosen.items()):
            raise FormatError("a dataset is imported with all its frames", hint="Leave out start, stop and step of frames")
        source, frame_map = _own_pictures(dataset, path, store.directory, on_failure)
        given: dict[str, Any] = {"data": source, "sorting": "predefined"}
    else:
        frame_map = None
        given = {"data": data}
    title = name or dataset.name or path.stem
    task = kind.create(title, store=store, **{**given, **options})
    # A task without its annotations is not what was asked for.
    on_failure.callback(store.delete_task, task.id)
    if frame_map is None and not _any_match(dataset, task):
        raise FormatError("none of its frames is among the pictures", where=str(path), hint="Check data=")
    rows = rows_for_task(dataset, task.labels, task.frame_index, frame_map)
    problems = rows.problems(task.labels, len(task))
    if problems:
        raise FormatError("; ".join(problems), where=str(path), hint="Nothing was imported")
    if len(rows):
        task._add_table(rows, origin="import", label=f"Import {path.name}")
    return task


def _any_match(dataset: Dataset, task: Task) -> bool:
    numbered = bool(dataset.meta.get("frames_by_number"))
    return numbered or not len(dataset.frames) or bool((match_frames(dataset.frames, task.frame_index) >= 0).any())


def _own_pictures(
    dataset: Dataset, path: Path, directory: Path, on_failure: contextlib.ExitStack
) -> tuple[ImageSource, NDArray[np.int32]]:
    """Return the pictures of a dataset file as frames, and the frame of each frame of the dataset, -1 for none."""
    images: Mapping[int, str] = dataset.meta.get("images") or {}
    if images:
        frames = _with_picture(dataset, set(images), path)
        members: Members
        if path.is_dir():
            members = Files(path.absolute())
            files = [images[frame] for frame in frames]
        else:
            members = ZipMembers(str(path.absolute()))
            files = [checked_name(images[frame], str(path)) for frame in frames]
    elif dataset.media is not None:
        # They stand inside of other files, so they are written out.
        frames, folder, files = _saved(dataset, path, directory)
        on_failure.callback(shutil.rmtree, folder, ignore_errors=True)
        members = Files(folder)
    else:
        raise FormatError(
            "there are no pictures in it", where=str(path), hint="Give them with data=, or import into a task that has them"
        )
    subsets = [dataset.frames.subset_of(frame) for frame in frames]
    names = _frame_names(dataset, frames, files)
    frame_map = np.full(len(dataset.frames), -1, np.int32)
    frame_map[frames] = np.arange(len(frames), dtype=np.int32)
    try:
        return ImageSource(members, names, files=files, subsets=subsets if any(subsets) else ()), frame_map
    except BaseException:
        members.close()
        raise


def _with_picture(dataset: Dataset, known: set[int], path: Path) -> list[int]:
    """Return the frames that have a picture; it is an error if one with annotations has none."""
    missing = sorted(set(range(len(dataset.frames))) - known)
    annotated = sorted(set(missing) & set(np.unique(dataset.table.frame).tolist()))
    if annotated:
        raise FormatError(
            f"{len(annotated)} frames with annotations have no picture in it, e.g. {dataset.frames.names[annotated[0]]!r}",
            where=str(path),
            hint="Give the pictures with data=",
        )
    if missing:
        text = f"{path.name}: left out were {len(missing)} frames without a picture and without annotations"
        report_left_out(text, stacklevel=5)
    return sorted(known)


def _saved(dataset: Dataset, path: Path, directory: Path) -> tuple[list[int], Path, list[str]]:
    """Write the pictures of a dataset into a new folder beside the store, all or none; names of files are numbers."""
    read = dataset.media
    folder = directory / "pictures" / uuid.uuid4().hex[:16]
    found: dict[int, str] = {}
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".writing-"))
    except OSError as error:
        raise MediaError(f"the pictures cannot be written: {error.strerror}", where=str(folder.parent)) from None
    try:
        for frame in range(len(dataset.frames)):
            try:
                name, data = read(frame) if read is not None else ("", b"")
            except FormatError:
                continue  # told below, if anything is on it
            found[frame] = f"{frame:08d}{PurePosixPath(name).suffix.lower()}"
            (temporary / found[frame]).write_bytes(data)
        frames = _with_picture(dataset, set(found), path)
        temporary.rename(folder)
    except OSError as error:
        raise MediaError(f"the pictures cannot be written: {error.strerror}", where=str(folder.parent)) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return frames, folder, [found[frame] for frame in frames]


def _frame_names(dataset: Dataset, frames: Sequence[int], files: Sequence[str]) -> list[str]:
    """Return the names of the frames: with the extension of their picture, and each once."""
    names: list[str] = []
    for frame, file in zip(frames, files, strict=True):
        name = dataset.frames.names[frame].replace("\\", "/")
        names.append(name if PurePosixPath(name).suffix else name + PurePosixPath(file).suffix)
    if len(set(names)) < len(names):
        # The same name may stand in several subsets.
        names = [f"{dataset.frames.subset_of(frame) or 'default'}/{name}" for frame, name in zip(frames, names, strict=True)]
    if len(set(names)) < len(names):
        names = [f"{number:06d}/{name}" for number, name in enumerate(names)]
    return names
