"""Arrays as pictures that lie over a frame: heat maps, masks, pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError

__all__ = ["heat_picture"]

_MOST_VALUES = 64 << 20
_MASK = (230, 25, 75)


def heat_picture(values: Any) -> NDArray[np.uint8]:
    """Return an array as (height, width, 4), uint8, RGBA without premultiplied alpha.

    Parameters
    ----------
    values
        (height, width): a heat map, dark and faint where it is low, bright and opaque where it is high. Numbers within 0 to 1
        and uint8 keep that range, others are spread from their least to their greatest; what is no number is
        transparent. Booleans: a mask. (height, width, 3 or 4): a picture, uint8 or 0 to 1.

    Raises
    ------
    AnnotationError
        It has another shape, or is too large.
    """
    array = np.asarray(values)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)) or not array.size:
        raise AnnotationError(
            f"an array of shape {array.shape} is no layer", hint="Return height × width values, or × 3 (RGB) or × 4 (RGBA)"
        )
    if array.dtype.kind not in "buif":
        raise AnnotationError(f"an array of {array.dtype} is no layer", hint="Return numbers or booleans")
    if array.size > _MOST_VALUES:
        raise AnnotationError(
            f"an array of {array.size:,} values is too large", hint="Make it smaller; it is stretched over the frame"
        )
    if array.ndim == 3:
        return _picture(array)
    picture = np.zeros((*array.shape, 4), np.uint8)
    if array.dtype == np.bool_:
        picture[array] = (*_MASK, 255)
        return picture
    share = _shares(array)
    known = np.isfinite(share)
    level = np.round(np.nan_to_num(share) * 255).astype(np.uint8)
    picture[..., :3] = _scale()[level]
    # Where there is little heat the frame is to be seen.
    picture[..., 3] = np.where(known, np.round(255 * np.sqrt(np.nan_to_num(share))), 0)
    return picture


def _shares(array: NDArray[Any]) -> NDArray[np.float64]:
    if array.dtype == np.uint8:
        return array / 255.0
    values = array.astype(np.float64)
    values[~np.isfinite(values)] = np.nan
    if np.isnan(values).all():
        return values
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if low >= 0 and high <= 1 and array.dtype.kind == "f":
        return values
    return (values - low) / (high - low) if high > low else np.where(np.isnan(values), np.nan, 1.0)


def _scale() -> NDArray[np.uint8]:
    """Return 256 colours, from dark to bright, that are told apart without seeing red and green."""
    import cv2

    steps = np.arange(256, dtype=np.uint8).reshape(-1, 1)
    return np.asarray(cv2.applyColorMap(steps, cv2.COLORMAP_INFERNO)[:, 0, ::-1], np.uint8)


def _picture(array: NDArray[Any]) -> NDArray[np.uint8]:
    if array.dtype != np.uint8:
        scaled = array.astype(np.float64) * (255.0 if array.dtype.kind in "fb" else 1.0)
        array = np.round(np.nan_to_num(scaled)).clip(0, 255).astype(np.uint8)
    if array.shape[2] == 4:
        return np.ascontiguousarray(array)
    return np.dstack([array, np.full(array.shape[:2], 255, np.uint8)])
