"""``df.cvat``: geometry of the rows of a DataFrame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError
from cvat_widgets.interchange.geometry import geometry_table, overlaps
from cvat_widgets.interchange.masks import to_masks
from cvat_widgets.model.geometry import areas, bounding_boxes

if TYPE_CHECKING:
    from PIL import Image

    from cvat_widgets.interchange.torch_dataset import RowDataset

__all__ = ["RowGeometry"]


@pd.api.extensions.register_dataframe_accessor("cvat")
class RowGeometry:
    """Geometry of rows: ``rows.cvat.bbox`` and so on.

    Rows come from ``task.shapes``, ``task.tracks`` or ``task.to_frame()``, or are made by hand with columns ``type`` and
    ``points``. A row of a track is its box or outline at that keyframe.
    """

    def __init__(self, rows: pd.DataFrame) -> None:
        self._rows = rows
        # Says at once which column is missing.
        self._table = geometry_table(rows)

    @property
    def bbox(self) -> pd.DataFrame:
        """``left, top, right, bottom`` of every row with its rotation; NaN for tags."""
        boxes = bounding_boxes(self._table)
        return pd.DataFrame(boxes, columns=["left", "top", "right", "bottom"], index=self._rows.index)

    @property
    def area(self) -> pd.Series[Any]:
        """Area in pixels; 0 for points, polylines, tags and skeletons."""
        return pd.Series(areas(self._table), index=self._rows.index, name="area")

    def iou(self, other: pd.DataFrame) -> pd.DataFrame:
        """Return intersection over union of every row with every row of another DataFrame, or of this one.

        Shapes of different frames do not overlap. Index and columns are those of the two DataFrames' rows.
        """
        found = overlaps(self._table, geometry_table(other))
        return pd.DataFrame(found, index=self._rows.index, columns=other.index)

    def to_masks(self, width: int, height: int) -> NDArray[np.bool_]:
        """Return the pixels of every row: bool of shape (n, height, width)."""
        return to_masks(self._rows, width, height)

    def to_supervision(
        self, width: int | None = None, height: int | None = None, *, classes: Sequence[str] | None = None
    ) -> Any:
        """Return ``supervision.Detections`` of rows of one frame; see :func:`cvat_widgets.interchange.to_supervision`."""
        from cvat_widgets.interchange.supervision import to_supervision

        return to_supervision(self._rows, width, height, classes=classes)

    def to_torch(self, pictures: Any, **options: Any) -> RowDataset:
        """Return a dataset of PyTorch, one item a frame; see :func:`cvat_widgets.interchange.to_torch`."""
        from cvat_widgets.interchange.pytorch import to_torch

        return to_torch(self._rows, pictures, **options)

    def to_hf(self, pictures: Any = None, **options: Any) -> Any:
        """Return a ``datasets.Dataset`` of Hugging Face; see :func:`cvat_widgets.interchange.to_hf`."""
        from cvat_widgets.interchange.hugging_face import to_hf

        return to_hf(self._rows, pictures, **options)

    def to_polars(self) -> Any:
        """Return a ``polars.DataFrame``; see :func:`cvat_widgets.interchange.to_polars`."""
        from cvat_widgets.interchange.polars import to_polars

        return to_polars(self._rows)

    def to_arrow(self) -> Any:
        """Return a ``pyarrow.Table``; see :func:`cvat_widgets.interchange.to_arrow`."""
        from cvat_widgets.interchange.arrow import to_arrow

        return to_arrow(self._rows)

    def plot(
        self,
        frame: int,
        picture: NDArray[np.uint8] | None = None,
        *,
        colors: Mapping[str, str] | None = None,
    ) -> Image.Image:
        """Return a picture of the rows of a frame; a notebook shows it.

        Parameters
        ----------
        frame
            Number of the frame.
        picture
            The frame, e.g. ``task.frame(12)``; by default the shapes are drawn on grey.
        colors
            Colour of each label, ``#rrggbb``; by default those CVAT gives to new labels.
        """
        from cvat_widgets.interchange.drawing import draw

        if "frame" not in self._rows:
            raise AnnotationError("the column frame is missing", hint="Say on which frame each row is")
        chosen = self._rows[self._rows["frame"] == frame]
        return draw(geometry_table(chosen), [str(name) for name in chosen.get("label", [""] * len(chosen))], picture, colors)
