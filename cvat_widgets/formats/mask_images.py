"""Pictures of indices: PNGs whose pixels name a class or an instance, by palette, by grey value or by colour."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from cvat_widgets.errors import FormatError

__all__ = [
    "IndexPicture", "pack_colors", "png_of_colors", "png_of_indices", "png_of_numbers", "read_png", "voc_colors", "voc_indices",
]  # fmt: skip

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MAX_PIXELS = 1 << 27
_MODES = ("1", "L", "P", "I;16", "I;16B", "I", "RGB", "RGBA")


def voc_colors(indices: NDArray[Any] | int) -> NDArray[np.uint8]:
    """Return colours of the PASCAL VOC devkit, uint8 of shape (n, 3).

    The bits of an index are dealt out to red, green and blue in turn, and fill each from its highest bit downwards. Every
    index below 2**24 has a colour of its own.

    Parameters
    ----------
    indices
        Which; a single number n means 0 to n - 1.
    """
    rest = np.arange(indices) if isinstance(indices, int) else np.asarray(indices, np.int64)
    colors = np.zeros((len(rest), 3), np.uint8)
    for bit in range(7, -1, -1):
        for channel in range(3):
            colors[:, channel] |= (((rest >> channel) & 1) << bit).astype(np.uint8)
        rest = rest >> 3
    return colors


def voc_indices(packed: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the indices of packed colours, the other way round than :func:`voc_colors`."""
    indices = np.zeros(len(packed), np.int64)
    for place in range(8):
        for channel in range(3):
            bit = (packed >> (8 * (2 - channel) + 7 - place)) & 1
            indices |= bit << (3 * place + channel)
    return indices


def pack_colors(colors: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return colours of shape (n, 3) as one number each."""
    wide = colors.astype(np.int64)
    return wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]


@dataclass(frozen=True, eq=False)
class IndexPicture:
    """Pixels of a PNG before anybody said what they mean.

    Parameters
    ----------
    pixels
        Unsigned integers of shape (height, width): grey values, palette positions, or colours packed by :func:`pack_colors`.
    colored
        Whether ``pixels`` are colours.
    palette
        Packed colours of the palette positions, if the picture has a palette.
    where
        How errors name it.
    """

    pixels: NDArray[Any]
    colored: bool
    palette: NDArray[np.int64] | None
    where: str

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.pixels.shape[1], self.pixels.shape[0]

    def colors_of(self, values: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """Return the packed colours of pixel values; ``None`` for grey pictures, which have none."""
        if self.colored:
            return values
        return None if self.palette is None else self.palette[values]

    def place_of(self, value: int) -> str:
        """Return where a pixel value stands first, for errors."""
        y, x = np.argwhere(self.pixels == value)[0].tolist()
        return f"x={x}, y={y}"


def read_png(data: bytes, where: str) -> IndexPicture:
    """Read a PNG of indices.

    Raises
    ------
    FormatError
        It is no PNG, damaged, of an unreasonable size, or of a kind that cannot hold indices.
    """
    if not data.startswith(_SIGNATURE):
        raise FormatError("it is not a PNG", where=where)
    try:
        # Not by Image.open, which loads the code of all other kinds of pictures first.
        with PngImageFile(io.BytesIO(data)) as picture:
            width, height = picture.size
            if width * height > _MAX_PIXELS:
                raise FormatError(f"a mask of {width} x {height} pixels is not believable", where=where)
            if picture.mode not in _MODES:
                raise FormatError(f"a mask cannot be a PNG of mode {picture.mode}", where=where, hint="Use a palette or RGB")
            picture.load()
            return _pixels(picture, where)
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise FormatError(f"the PNG is damaged: {error}", where=where) from None


def _pixels(picture: Image.Image, where: str) -> IndexPicture:
    if picture.mode in ("RGB", "RGBA"):
        channels = np.asarray(picture)
        packed = channels[..., 0].astype(np.uint32)
        for channel in (1, 2):
            packed <<= 8
            packed |= channels[..., channel]
        return IndexPicture(packed, True, None, where)
    palette = None
    if picture.mode == "P":
        entries = np.frombuffer(bytes(picture.getpalette("RGB") or ()), np.uint8).reshape(-1, 3)
        palette = np.full(256, -1, np.int64)
        palette[: len(entries)] = pack_colors(entries)[:256]
    pixels = np.asarray(picture)
    if pixels.dtype.kind != "u":
        pixels = pixels.astype(np.uint8 if pixels.dtype.kind == "b" else np.uint32)
    return IndexPicture(pixels, False, palette, where)


def png_of_indices(indices: NDArray[Any], colors: NDArray[np.uint8]) -> bytes:
    """Return a PNG whose pixels are indices into colours: with a palette, or in full colour beyond 256 of them.

    With a palette both ways of looking at it are right: the positions are the indices, and the colours are the colours.
    """
    if len(colors) > 256:
        return png_of_colors(indices, colors)
    picture = Image.fromarray(np.ascontiguousarray(indices, np.uint8))
    picture.putpalette(np.ascontiguousarray(colors).tobytes())
    return _encoded(picture)


def png_of_colors(indices: NDArray[Any], colors: NDArray[np.uint8]) -> bytes:
    """Return a PNG in full colour."""
    return _encoded(Image.fromarray(colors[indices]))


def png_of_numbers(numbers: NDArray[Any]) -> bytes:
    """Return a grey PNG, of 8 or 16 bits as the numbers are, whose pixels are the numbers."""
    return _encoded(Image.fromarray(np.ascontiguousarray(numbers)))


def _encoded(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    # Masks are flat areas: the lowest level already packs them tightly.
    picture.save(stream, "PNG", compress_level=1)
    return stream.getvalue()
