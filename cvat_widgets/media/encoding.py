"""RGB arrays into picture files."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from cvat_widgets.errors import MediaError
from cvat_widgets.media.source import EncodedFrame

__all__ = ["encode_rgb", "fitted", "reduced"]


def fitted(width: int, height: int, max_side: int | None) -> tuple[int, int]:
    """Return the size with the longer side cut to ``max_side``, the shorter one in proportion and at least 1."""
    longest = max(width, height)
    if max_side is None or longest <= max_side:
        return width, height
    scale = max_side / longest
    return max(1, round(width * scale)), max(1, round(height * scale))


def reduced(pixels: NDArray[Any], max_side: int | None) -> NDArray[Any]:
    """Return the picture with neither side longer than ``max_side``; the same array if it is small enough."""
    height, width = pixels.shape[:2]
    size = fitted(width, height, max_side)
    return pixels if size == (width, height) else cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def encode_rgb(pixels: NDArray[np.uint8], *, quality: int | None, exact: bool) -> EncodedFrame:
    """Encode an array (height, width, 3) as JPEG, or as PNG when ``quality`` is ``None``.

    JPEG chroma is halved below quality 90 and kept full from there on. Sides over 65,500 pixels, the limit of JPEG, become PNG.
    """
    height, width = pixels.shape[:2]
    if quality is None or max(height, width) > 65_500:
        done, data = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 1])
        if not done:
            raise MediaError(f"a picture of {width} × {height} pixels cannot be encoded as PNG")
        return EncodedFrame(data.tobytes(), "image/png", width, height, exact)
    subsampling = "420" if quality < 90 else "444"
    jpeg = simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), _quality(quality), "RGB", subsampling)
    return EncodedFrame(jpeg, "image/jpeg", width, height, exact)


def _quality(quality: int) -> int:
    if not 1 <= quality <= 100:
        raise MediaError(f"{quality} is not a JPEG quality", hint="Use 1 to 100, or None for PNG")
    return quality
