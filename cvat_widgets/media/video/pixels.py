"""Decoded pictures into RGB arrays and JPEG, with the right colours.

Colour matrix and range are those the stream declares. Undeclared ones are BT.601 and limited range, FFmpeg's defaults, so that
arrays equal what PyAV, FFmpeg and OpenCV give. JPEG is BT.601 in full range, so the planes of such a picture go into the JPEG
encoder as they are (limited range after a table look-up); pictures in another matrix or layout take the way through RGB.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from cvat_widgets.media.encoding import encode_rgb, fitted, reduced
from cvat_widgets.media.source import EncodedFrame

if TYPE_CHECKING:
    from av import VideoFrame

__all__ = ["encode_picture", "is_plain", "rgb_of", "rgb_of_part", "rgb_raw_of"]

_PLANAR_420: Final = ("yuv420p", "yuvj420p")
_BT601: Final = (2, 4, 5, 6)  # unspecified, FCC, BT.470BG, SMPTE 170M
_FULL_RANGE: Final = 2
_ALIGNED: Final = 16
_of_thread = threading.local()
_LEVELS: Final = np.arange(256)
_FULL_LUMA: Final = np.clip(np.rint((_LEVELS - 16) * (255 / 219)), 0, 255).astype(np.uint8)
_FULL_CHROMA: Final = np.clip(np.rint((_LEVELS - 128) * (255 / 224) + 128), 0, 255).astype(np.uint8)


def rgb_of(picture: VideoFrame, width: int, height: int, rotation: int) -> NDArray[np.uint8]:
    """Return a picture as (height, width, 3), uint8, RGB.

    Parameters
    ----------
    picture
        Decoded picture.
    width, height
        Pixels before rotation; a picture of another size (a stream that changes its size) is scaled to it.
    rotation
        Degrees counter-clockwise: 0, 90, 180 or 270.
    """
    return _turned(_converted(picture, width, height, "rgb24"), rotation)


def rgb_of_part(picture: VideoFrame, box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """Return a part of a plain picture as :func:`rgb_of` has it, without computing the rest.

    Parameters
    ----------
    picture
        Decoded picture for which :func:`is_plain` holds.
    box
        Left, top, right and bottom in whole pixels; right and bottom are exclusive.
    """
    from av import VideoFrame

    left, top, right, bottom = box
    # A pixel of chroma belongs to two by two of luma; and of eight columns converters take the fast way.
    x, y = left // _ALIGNED * _ALIGNED, top // 2 * 2
    wide, high = _upwards(right - x, picture.width - x, _ALIGNED), _upwards(bottom - y, picture.height - y, 2)
    part = VideoFrame(wide, high, picture.format.name)
    part.colorspace, part.color_range = picture.colorspace, picture.color_range
    for number, step in enumerate((1, 2, 2)):
        source, target = _plane(picture, number), _plane(part, number)
        rows, columns = target.shape
        target[...] = source[y // step : y // step + rows, x // step : x // step + columns]
    return _converted(part, wide, high, "rgb24")[top - y : bottom - y, left - x : right - x]


def _upwards(length: int, most: int, step: int) -> int:
    return min(-(-length // step) * step, most)


def rgb_raw_of(picture: VideoFrame, width: int, height: int, rotation: int) -> NDArray[Any]:
    """Return a picture with all its bits: uint16 RGB for more than 8 bits a component, else as :func:`rgb_of`."""
    if max(component.bits for component in picture.format.components) <= 8:
        return rgb_of(picture, width, height, rotation)
    return _turned(_converted(picture, width, height, "rgb48le"), rotation)


def encode_picture(
    picture: VideoFrame, width: int, height: int, rotation: int, *, quality: int | None, max_side: int | None
) -> EncodedFrame:
    """Return a picture as JPEG (PNG with ``quality=None``), straight from its planes where the colours allow it."""
    exact = fitted(width, height, max_side) == (width, height)
    if not is_plain(picture, width, height) or quality is None:
        return encode_rgb(reduced(rgb_of(picture, width, height, rotation), max_side), quality=quality, exact=exact)
    planes: list[NDArray[Any]] = [_plane(picture, number) for number in range(3)]
    if not exact:
        luma_width, luma_height = fitted(width, height, max_side)
        planes[0] = cv2.resize(planes[0], (luma_width, luma_height), interpolation=cv2.INTER_AREA)
        half = ((luma_width + 1) // 2, (luma_height + 1) // 2)
        planes[1:] = [cv2.resize(plane, half, interpolation=cv2.INTER_AREA) for plane in planes[1:]]
    if not _full_range(picture):
        planes = [cv2.LUT(planes[0], _FULL_LUMA), cv2.LUT(planes[1], _FULL_CHROMA), cv2.LUT(planes[2], _FULL_CHROMA)]
    luma, blue, red = (_turned(plane, rotation) for plane in planes)
    jpeg = simplejpeg.encode_jpeg_yuv_planes(luma, blue, red, quality)
    return EncodedFrame(jpeg, "image/jpeg", luma.shape[1], luma.shape[0], exact)


def is_plain(picture: VideoFrame, width: int, height: int) -> bool:
    """Return whether the planes of a picture have 8 bits, chroma of half the size, the colours of JPEG, and the size given."""
    return (
        picture.format.name in _PLANAR_420
        and int(picture.colorspace) in _BT601
        and (picture.width, picture.height) == (width, height)
    )


def _full_range(picture: VideoFrame) -> bool:
    return picture.format.name == "yuvj420p" or int(picture.color_range) == _FULL_RANGE


def _plane(picture: VideoFrame, number: int) -> NDArray[np.uint8]:
    plane = picture.planes[number]
    size = plane.line_size * plane.height
    rows: NDArray[np.uint8] = np.frombuffer(memoryview(plane), np.uint8)[:size].reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]


def _converted(picture: VideoFrame, width: int, height: int, layout: str) -> NDArray[Any]:
    """Convert with a converter of this thread: the one that PyAV keeps in a picture must not be used by two threads at once."""
    from av.video.reformatter import VideoReformatter

    converter: VideoReformatter | None = getattr(_of_thread, "converter", None)
    if converter is None:
        converter = _of_thread.converter = VideoReformatter()
    converted = converter.reformat(picture, width, height, layout)
    array: NDArray[Any] = converted.to_ndarray()
    return array.copy() if converted is picture else array


def _turned(array: NDArray[Any], rotation: int) -> NDArray[Any]:
    return np.ascontiguousarray(np.rot90(array, rotation // 90))
