"""The dataset that :func:`cvat_widgets.interchange.to_torch` returns; importing this module imports PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.utils.data import Dataset

from cvat_widgets.errors import AnnotationError
from cvat_widgets.interchange.geometry import geometry_table
from cvat_widgets.interchange.masks import to_masks
from cvat_widgets.interchange.pictures import Pictures, class_list, frames_of, visible_rows
from cvat_widgets.interchange.supervision import WITH_AREA
from cvat_widgets.model.geometry import areas, bounding_boxes

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RowDataset"]


class RowDataset(Dataset):  # type: ignore[misc,type-arg,unused-ignore]  # torch may be absent where types are checked
    """Frames with their rows; see :func:`cvat_widgets.interchange.to_torch`.

    Attributes
    ----------
    classes : list of str
        The labels; ``labels`` of targets are positions in it.
    frames : list of int
        The frame of each item.
    """

    def __init__(
        self,
        rows: pd.DataFrame,
        pictures: Any,
        *,
        classes: Sequence[str] | None,
        frames: Iterable[int] | None,
        masks: bool,
        transforms: Callable[[Any, dict[str, Any]], tuple[Any, dict[str, Any]]] | None,
    ) -> None:
        self._rows = visible_rows(rows)
        table = geometry_table(self._rows)
        other = np.flatnonzero(~np.isin(table.type, WITH_AREA))
        if len(other):
            kind = self._rows["type"].iloc[int(other[0])]
            raise AnnotationError(
                f"a {kind} has no area, and targets are boxes and masks", where=f"row {int(other[0])}",
                hint="Leave it out: rows[rows.type != ...]",
            )  # fmt: skip
        self.classes, self._labels = class_list(self._rows, classes)
        self.frames, names = frames_of(self._rows, frames)
        self._pictures = Pictures(pictures, names)
        self._boxes = bounding_boxes(table).astype(np.float32)
        self._areas = areas(table).astype(np.float32)
        self._with_masks, self._transforms = masks, transforms
        # The rows of a frame are found by bisection, without a dict of a million lists.
        self._order = np.argsort(table.frame, kind="stable")
        self._sorted = table.frame[self._order]

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, item: int) -> tuple[Any, dict[str, Any]]:
        frame = self.frames[item]
        start, stop = np.searchsorted(self._sorted, [frame, frame + 1])
        chosen = self._order[start:stop]
        picture = self._pictures.array(frame)
        target: dict[str, Any] = {
            "boxes": torch.from_numpy(self._boxes[chosen]).reshape(-1, 4),
            "labels": torch.from_numpy(self._labels[chosen]),
            "area": torch.from_numpy(self._areas[chosen]),
            "iscrowd": torch.zeros(len(chosen), dtype=torch.int64),
            "image_id": frame,
        }
        if self._with_masks:
            height, width = picture.shape[:2]
            painted = to_masks(self._rows.iloc[chosen], width, height)
            target["masks"] = torch.from_numpy(painted.astype(np.uint8))
        # Media hand out arrays that must not be written to, and a tensor must be writable.
        image = torch.from_numpy(np.array(picture.transpose(2, 0, 1), order="C"))
        return (image, target) if self._transforms is None else self._transforms(image, target)

    @staticmethod
    def collate(items: Sequence[tuple[Any, dict[str, Any]]]) -> tuple[list[Any], list[dict[str, Any]]]:
        """Return a batch as a list of images and a list of targets, since frames have different numbers of objects."""
        return [image for image, _ in items], [target for _, target in items]
