"""Picture files into arrays."""

from __future__ import annotations

import io
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import MediaError
from cvat_widgets.media.headers import PictureHeader, open_pillow, orientation_of, png_chunks, read_header

__all__ = ["decode_raw", "decode_reduced", "decode_rgb", "passes_through", "to_rgb8"]

_LOW, _HIGH = 0.001, 0.999
_SAMPLE: Final = 1 << 20


def decode_raw(data: bytes, where: str) -> NDArray[Any]:
    """Decode a picture file as it is stored, turned by its EXIF orientation.

    Parameters
    ----------
    data
        The whole file.
    where
        Name for error messages.

    Returns
    -------
    ndarray
        (height, width) for grey, else (height, width, channels): 2 grey and alpha, 3 RGB, 4 RGBA, or what an ``.npy`` file
        holds. uint8, uint16, int32, float32 or the type of the ``.npy`` file. Palettes are resolved, CMYK is converted to RGB,
        bilevel is 0 and 255.

    Raises
    ------
    MediaError
        Damaged, cut off, or not a picture.
    """
    return _decode(data, read_header(io.BytesIO(data), where), where)


def decode_rgb(data: bytes, where: str) -> NDArray[np.uint8]:
    """Decode a picture file for display: (height, width, 3), uint8, RGB; see :func:`to_rgb8`."""
    return to_rgb8(decode_raw(data, where))


def decode_reduced(data: bytes, where: str, max_side: int) -> NDArray[np.uint8]:
    """Decode a picture for display at no less than ``max_side``; JPEG is reduced while decoding, at a fraction of the cost."""
    import simplejpeg

    header = read_header(io.BytesIO(data), where)
    longest = max(header.width, header.height)
    if header.format != "JPEG" or not header.plain or longest < 2 * max_side:
        return to_rgb8(_decode(data, header, where))
    scale = max_side / longest
    height, width = (header.width, header.height) if header.orientation > 4 else (header.height, header.width)
    try:
        pixels = simplejpeg.decode_jpeg(
            data, "RGB", min_height=int(height * scale), min_width=int(width * scale), min_factor=1, strict=True
        )
    except ValueError as error:
        raise _damaged(header, where, error) from None
    return oriented(pixels, header.orientation)


def passes_through(header: PictureHeader, data: bytes) -> bool:
    """Whether a browser shows these bytes exactly as :func:`decode_rgb` does, and decodes them quickly."""
    from cvat_widgets.media.limits import PASS_THROUGH_BYTES, PASS_THROUGH_PIXELS

    if not header.plain or header.mime is None or header.orientation != 1:
        return False
    if len(data) > PASS_THROUGH_BYTES or header.width * header.height > PASS_THROUGH_PIXELS:
        return False
    # EXIF may also stand behind the picture data of a PNG, where we do not look for an orientation but a browser may.
    late = (chunk for kind, chunk in png_chunks(io.BytesIO(data)) if kind == b"eXIf") if header.format == "PNG" else ()
    return all(orientation_of(chunk) == 1 for chunk in late)


def to_rgb8(raw: NDArray[Any]) -> NDArray[np.uint8]:
    """Turn any picture array into (height, width, 3), uint8, RGB.

    Grey is repeated. Transparency is laid on white. Types other than uint8 are scaled so that the 0.1 and 99.9 percentiles of
    the picture (over its colour channels together) become 0 and 255; NaN becomes 0. Of more than four channels the first three
    are taken.
    """
    channels = 1 if raw.ndim == 2 else raw.shape[2]
    alpha = raw[..., -1] if channels in (2, 4) else None
    colour = raw if raw.ndim == 2 else raw[..., : {1: 1, 2: 1}.get(channels, 3)]
    levels = _scaled(colour)
    if levels.ndim == 2:
        levels = levels[..., None]
    rgb = np.repeat(levels, 3, axis=2) if levels.shape[2] == 1 else levels
    return np.ascontiguousarray(rgb) if alpha is None else _on_white(rgb, _opacity(alpha))


def _scaled(colour: NDArray[Any]) -> NDArray[np.uint8]:
    if colour.dtype == np.uint8:
        return colour
    if colour.dtype == bool:
        return colour.astype(np.uint8) * np.uint8(255)
    if colour.dtype == np.uint16:
        counts = np.cumsum(np.bincount(colour.ravel(), minlength=65536))
        first, last = (int(np.searchsorted(counts, share * counts[-1])) for share in (_LOW, _HIGH))
        table = np.clip((np.arange(65536.0) - first) * (255 / max(last - first, 1)), 0, 255)
        levels: NDArray[np.uint8] = np.rint(table).astype(np.uint8)[colour]
        return levels
    sample = colour.ravel()[:: max(1, colour.size // _SAMPLE)].astype(np.float64)
    sample = sample[np.isfinite(sample)]
    low, high = np.quantile(sample, (_LOW, _HIGH)) if len(sample) else (0.0, 1.0)
    span = high - low if high > low else 1.0
    values = np.nan_to_num((colour.astype(np.float64) - low) * (255 / span), nan=0.0, posinf=255.0, neginf=0.0)
    return np.rint(np.clip(values, 0, 255)).astype(np.uint8)


def _opacity(alpha: NDArray[Any]) -> NDArray[np.float32]:
    full = 1.0 if alpha.dtype.kind in "bf" else float(np.iinfo(alpha.dtype).max)
    opacity: NDArray[np.float32] = np.clip(np.nan_to_num(alpha.astype(np.float32) / np.float32(full)), 0, 1)[..., None]
    return opacity


def _on_white(rgb: NDArray[np.uint8], opacity: NDArray[np.float32]) -> NDArray[np.uint8]:
    blended: NDArray[np.uint8] = np.rint(rgb * opacity + 255 * (1 - opacity)).astype(np.uint8)
    return blended


def oriented(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Apply an EXIF orientation (1 to 8) to an array whose first axes are rows and columns."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _decode(data: bytes, header: PictureHeader, where: str) -> NDArray[Any]:
    try:
        pixels, turned = _pixels(data, header)
    except MediaError:
        raise
    except MemoryError:
        raise MediaError(
            f"there is not enough memory to decode {header.width} × {header.height} pixels",
            where=where,
            hint="Cut the picture into parts",
        ) from None
    except Exception as error:  # noqa: BLE001  damaged picture data can raise anything inside the decoders
        raise _damaged(header, where, error) from None
    pixels = pixels if turned else oriented(pixels, header.orientation)
    if pixels.shape[:2] != (header.height, header.width):
        raise MediaError(
            f"the header says {header.width} × {header.height} pixels, the picture has {pixels.shape[1]} × {pixels.shape[0]}",
            where=where,
            hint="The file is damaged",
        )
    return pixels


def _damaged(header: PictureHeader, where: str, error: Exception) -> MediaError:
    return MediaError(
        f"the {header.format} picture is damaged or cut off ({error})", where=where, hint="Copy or download the file again"
    )


def _pixels(data: bytes, header: PictureHeader) -> tuple[NDArray[Any], bool]:
    """Return the array and whether the orientation is applied already."""
    if header.format == "JPEG" and header.plain:
        import simplejpeg

        _, _, space, _ = simplejpeg.decode_jpeg_header(data)
        grey = space == "Gray"
        pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(data, "GRAY" if grey else "RGB", strict=True)
        return (pixels[..., 0] if grey else pixels), False
    if header.format == "NPY":
        return np.load(io.BytesIO(data), allow_pickle=False), True
    if header.bits > 8 and header.format in ("PNG", "TIFF"):
        deep = _deep(data, header)
        if deep is not None:
            return deep, False
    return _through_pillow(data, header)


def _deep(data: bytes, header: PictureHeader) -> NDArray[Any] | None:
    """Decode 16-bit colour with OpenCV, since Pillow would keep 8 bits; ``None`` where Pillow keeps all (grey, float)."""
    import cv2

    if header.format == "PNG":
        kinds = [kind for kind, _ in png_chunks(io.BytesIO(data))]
        if kinds[-1] != b"IEND":
            raise ValueError("the file ends before its IEND chunk")
    elif open_pillow(io.BytesIO(data), "TIFF").mode not in ("RGB", "RGBA", "RGBX"):
        return None
    flags = cv2.IMREAD_UNCHANGED if header.format == "PNG" else cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if pixels is None:
        raise ValueError("the picture data cannot be decoded")
    if pixels.ndim == 3 and pixels.shape[2] >= 3:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB)
    return pixels


def _through_pillow(data: bytes, header: PictureHeader) -> tuple[NDArray[Any], bool]:
    from PIL import Image

    image: Image.Image = open_pillow(io.BytesIO(data), header.format)
    image.load()
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    elif image.mode == "1":
        image = image.convert("L")
    elif (image.mode in ("L", "RGB") and "transparency" in image.info) or image.mode in ("PA", "La", "RGBa"):
        image = image.convert("RGBA")
    elif image.mode not in ("L", "LA", "RGB", "RGBA", "I", "F") and not image.mode.startswith("I;16"):
        image = image.convert("RGB")
    pixels = np.asarray(image)
    if image.mode.startswith("I;16") or (image.mode == "I" and header.bits == 16):
        pixels = pixels.astype(np.uint16)
    return pixels, header.format == "TIFF"
