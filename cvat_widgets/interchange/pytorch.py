"""A dataset for PyTorch from rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from cvat_widgets.errors import MissingExtraError

if TYPE_CHECKING:
    import pandas as pd

    from cvat_widgets.interchange.torch_dataset import RowDataset

__all__ = ["to_torch"]


def to_torch(
    rows: pd.DataFrame,
    pictures: Any,
    *,
    classes: Sequence[str] | None = None,
    frames: Iterable[int] | None = None,
    masks: bool = False,
    transforms: Callable[[Any, dict[str, Any]], tuple[Any, dict[str, Any]]] | None = None,
) -> RowDataset:
    """Return rows as a dataset of PyTorch, one item a frame, as the detectors of torchvision take it.

    An item is ``(image, target)``: the image uint8 of shape (3, H, W), RGB; the target a dict of ``boxes`` (float32 of shape
    (n, 4): left, top, right, bottom in pixels, with rotation), ``labels`` (int64: positions in ``dataset.classes``), ``area``
    (float32), ``iscrowd`` (int64 zeros), ``image_id`` (the frame) and, with ``masks``, ``masks`` (uint8 of shape (n, H, W)).
    Pictures are read and masks painted when an item is asked for. A ``DataLoader`` takes ``collate_fn=dataset.collate``.

    Parameters
    ----------
    rows
        Rectangles, polygons, ellipses and masks; rows that are outside are left out. Tracks have a row on every frame with
        ``task.to_frame(interpolate=True)``.
    pictures
        A task or a job; a folder in which the pictures have the names of the column ``frame_name``; a dict of frame numbers to
        files or arrays; or a function of the frame number. With workers, a folder or a dict of files is best: every process
        then opens files of its own.
    classes
        Labels in the order of their numbers, by default sorted. Detectors that keep 0 for the background take
        ``["background", "car", ...]``.
    frames
        The frames, by default those that have rows; ``range(len(task))`` has the empty ones too.
    masks
        Whether targets have masks.
    transforms
        Called with (image, target), returns both.

    Raises
    ------
    AnnotationError
        Columns are missing, a row has no area, or a label is not in ``classes``.
    MissingExtraError
        torch is not installed.
    """
    try:
        import torch  # noqa: F401
    except ImportError:
        raise MissingExtraError("torch", "torch", "A dataset of PyTorch") from None
    from cvat_widgets.interchange.torch_dataset import RowDataset

    return RowDataset(rows, pictures, classes=classes, frames=frames, masks=masks, transforms=transforms)
