"""What a user's function draws over the thumbnails of a contact sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.widgets.overlays import OVERLAY_OPACITY, Draw, draw_onto, failure_of
from cvat_widgets.widgets.raster import RasterCanvas
from cvat_widgets.widgets.sheet_picture import Placed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SheetOverlay"]


class SheetOverlay:
    """A function ``draw(canvas, frame, rows)``, called for each thumbnail of a page.

    Parameters
    ----------
    draw
        The function; ``None``: nothing is drawn.
    task
        Whatever has ``frame_index`` or ``frame(number)``, for the size of frames.

    Attributes
    ----------
    failure : str
        What the function raised when a page was drawn last; the rest of that page is left as it was.
    """

    def __init__(self, draw: Draw | None, task: Any) -> None:
        self._draw, self._task = draw, task
        self.failure = ""

    def paint(self, canvas: Any, spots: Sequence[tuple[Placed, pd.DataFrame]], top: int) -> None:
        """Draw over thumbnails on a canvas whose page begins ``top`` pixels below its upper edge."""
        self.failure = ""
        if self._draw is None:
            return
        for spot, rows in spots:
            frame = int(rows["frame"].iloc[0])
            canvas.save()
            canvas.begin_path()
            canvas.rect(spot.x, spot.y + top, spot.width, spot.height)
            canvas.clip()
            canvas.translate(spot.shift_x, spot.shift_y + top)
            canvas.scale(spot.scale, spot.scale)
            try:
                draw_onto(canvas, self._draw, frame, rows, partial(self._size_of, frame), OVERLAY_OPACITY)
            except Exception as error:  # noqa: BLE001  # whatever it is, the sheet stays usable
                self.failure = failure_of(error)
                return
            finally:
                canvas.restore()

    def over(self, page: NDArray[np.uint8], spots: Callable[[], Sequence[tuple[Placed, pd.DataFrame]]]) -> NDArray[np.uint8]:
        """Return a page, (height, width, 3), uint8, with what the function draws, for where no browser draws it."""
        if self._draw is None:
            return page
        canvas = RasterCanvas(page.shape[1], page.shape[0])
        self.paint(canvas, spots(), 0)
        above = canvas.picture()
        share = above[..., 3:] / 255
        return np.round(above[..., :3] * share + page * (1 - share)).astype(np.uint8)

    def _size_of(self, frame: int) -> tuple[int, int]:
        index = getattr(self._task, "frame_index", None)
        if index is not None:
            return int(index.widths[frame]), int(index.heights[frame])
        high, wide = self._task.frame(frame).shape[:2]
        return int(wide), int(high)
