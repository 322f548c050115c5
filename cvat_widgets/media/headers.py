"""What a picture file says about itself, read from its first bytes and without decoding a pixel.

JPEG and PNG headers are read here (fast, and nothing in them can hurt); other formats through Pillow's readers, each called by
name so that only the formats of the list below are ever tried.
"""

from __future__ import annotations

import importlib
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

import numpy as np

from cvat_widgets.errors import MediaError
from cvat_widgets.media.limits import MAX_PIXELS

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

__all__ = ["PICTURE_SUFFIXES", "PictureHeader", "open_pillow", "orientation_of", "png_chunks", "read_header"]

PICTURE_SUFFIXES: Final = frozenset(
    [
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".png",
        ".bmp",
        ".dib",
        ".gif",
        ".webp",
        ".tif",
        ".tiff",
        ".ppm",
        ".pgm",
        ".pbm",
        ".pnm",
        ".jp2",
        ".j2k",
        ".jpx",
        ".avif",
        ".npy",
    ]
)

_READERS: Final = {
    "JPEG": ("JpegImagePlugin", "JpegImageFile"),
    "PNG": ("PngImagePlugin", "PngImageFile"),
    "GIF": ("GifImagePlugin", "GifImageFile"),
    "BMP": ("BmpImagePlugin", "BmpImageFile"),
    "WEBP": ("WebPImagePlugin", "WebPImageFile"),
    "TIFF": ("TiffImagePlugin", "TiffImageFile"),
    "PPM": ("PpmImagePlugin", "PpmImageFile"),
    "JPEG2000": ("Jpeg2KImagePlugin", "Jpeg2KImageFile"),
    "AVIF": ("AvifImagePlugin", "AvifImageFile"),
}
_SNIFF: Final = 32
_MAX_FILLER: Final = 1 << 16
_MIME: Final = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}


class PictureHeader(NamedTuple):
    """The header of a picture.

    Parameters
    ----------
    format
        ``JPEG``, ``PNG``, ``GIF``, ``BMP``, ``WEBP``, ``TIFF``, ``PPM``, ``JPEG2000``, ``AVIF`` or ``NPY``.
    width, height
        Pixels after ``orientation`` is applied.
    orientation
        EXIF orientation, 1 to 8.
    bits
        Bits a channel.
    opaque
        Whether the picture surely has no transparency.
    plain
        Whether a browser shows it with the same colours as we do (no CMYK, no animation, 8 bits, opaque).
    """

    format: str
    width: int
    height: int
    orientation: int = 1
    bits: int = 8
    opaque: bool = True
    plain: bool = False

    @property
    def mime(self) -> str | None:
        """Type to announce to a browser, ``None`` for formats browsers do not show everywhere."""
        return _MIME.get(self.format)


def read_header(stream: BinaryIO, where: str) -> PictureHeader:
    """Read the header of a picture.

    Parameters
    ----------
    stream
        The file, at its first byte; seekable.
    where
        Name for error messages.

    Raises
    ------
    MediaError
        Empty, not a picture, damaged header, or more than :data:`~cvat_widgets.media.limits.MAX_PIXELS` pixels.
    """
    start = stream.read(_SNIFF)
    kind = _kind(start, where)
    stream.seek(0)
    try:
        if kind == "JPEG":
            header = _jpeg(stream)
        elif kind == "PNG":
            header = _png(stream)
        elif kind == "NPY":
            header = _npy(stream)
        else:
            header = _through_pillow(stream, kind)
    except MediaError:
        raise
    except Exception as error:  # noqa: BLE001  a hostile header can raise anything inside the readers
        raise MediaError(
            f"the {kind} header is damaged ({type(error).__name__}: {error})",
            where=where,
            hint="Copy or download the file again",
        ) from None
    _check_size(header, where)
    return header


def _check_size(header: PictureHeader, where: str) -> None:
    if header.width < 1 or header.height < 1:
        raise MediaError(f"the picture has {header.width} × {header.height} pixels", where=where, hint="The file is damaged")
    if header.width * header.height > MAX_PIXELS:
        raise MediaError(
            f"the picture claims {header.width} × {header.height} pixels; {MAX_PIXELS // 10**6} million are allowed",
            where=where,
            hint="If it is real, cut it into parts; otherwise it is a decompression bomb",
        )


def _kind(start: bytes, where: str) -> str:
    if not start:
        raise MediaError("the file is empty (0 bytes)", where=where, hint="Copy or download it again")
    for magic, kind in (
        (b"\xff\xd8\xff", "JPEG"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"GIF87a", "GIF"),
        (b"GIF89a", "GIF"),
        (b"BM", "BMP"),
        (b"II*\0", "TIFF"),
        (b"MM\0*", "TIFF"),
        (b"II+\0", "TIFF"),
        (b"MM\0+", "TIFF"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG2000"),
        (b"\xff\x4f\xff\x51", "JPEG2000"),
        (b"\x93NUMPY", "NPY"),
    ):
        if start.startswith(magic):
            return kind
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "WEBP"
    if start[4:12] in (b"ftypavif", b"ftypavis") or (start[4:12] == b"ftypmif1" and b"avif" in start):
        return "AVIF"
    if start[:1] == b"P" and start[1:2] in b"123456" and start[2:3].isspace():
        return "PPM"
    text = bytes(start).isascii() and not any(byte < 9 for byte in start)
    raise MediaError(
        "the content is text, not a picture" if text else "the content is not a picture of a known type",
        where=where,
        hint="Remove the file, or convert it to PNG or JPEG",
    )


# -- JPEG ------------------------------------------------------------------------------------------------------------


_SEGMENTS = frozenset(range(0x02, 0xFF)) - frozenset(range(0xD0, 0xDB))
"""Markers that a length follows and that stand before the picture data."""

_LENGTH, _FRAME = struct.Struct(">H"), struct.Struct(">BHHB")


def _jpeg(stream: BinaryIO) -> PictureHeader:
    orientation = 1
    stream.seek(2)
    while True:
        start = stream.read(4)
        if len(start) == 4 and start[0] == 0xFF and start[1] in _SEGMENTS:
            # As nearly all files have it: the next segment follows at once.
            marker, length = start[1], start[2] << 8 | start[3]
        else:
            stream.seek(-len(start), 1)
            marker = _next_marker(stream)
            (length,) = _LENGTH.unpack(_exactly(stream, 2))
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            bits, height, width, components = _FRAME.unpack(_exactly(stream, 6))
            if orientation > 4:
                width, height = height, width
            return PictureHeader("JPEG", width, height, orientation, bits, True, bits == 8 and components in (1, 3))
        if length < 2:
            raise ValueError("a segment has no length")
        if marker == 0xE1:
            body = _exactly(stream, length - 2)
            if body.startswith(b"Exif\0\0") and orientation == 1:
                orientation = orientation_of(body[6:])
        else:
            stream.seek(length - 2, 1)


def _next_marker(stream: BinaryIO) -> int:
    after_ff = False
    for _ in range(_MAX_FILLER):  # some cameras leave filler between segments
        byte = _exactly(stream, 1)[0]
        if after_ff and byte in (0xD9, 0xDA):
            raise ValueError("picture data come before the size")
        if after_ff and byte not in (0x00, 0x01, 0xFF) and not 0xD0 <= byte <= 0xD8:
            return byte
        after_ff = byte == 0xFF
    raise ValueError("there is no size")


def orientation_of(exif: bytes) -> int:
    """Return the EXIF orientation (1 to 8) of a TIFF-structured EXIF block; 1 if it has none or is damaged.

    Source: EXIF 2.32, tag 0x0112 in IFD 0.
    """
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    try:
        if order is None:
            return 1
        (offset,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, offset)
        for entry in range(min(count, 1000)):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", exif, offset + 2 + 12 * entry)
            if tag == 0x0112:
                return value if kind == 3 and 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


# -- PNG -------------------------------------------------------------------------------------------------------------


def png_chunks(stream: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Yield ``(type, data)`` of the chunks of a PNG; data only of small chunks that are not picture data."""
    stream.seek(8)
    while True:
        head = stream.read(8)
        if len(head) < 8:
            return
        length, kind = struct.unpack(">I4s", head)
        wanted = kind in (b"IHDR", b"eXIf", b"acTL") and length < 1 << 20
        data = _exactly(stream, length) if wanted else b""
        stream.seek(4 if wanted else length + 4, 1)
        yield kind, data


def _png(stream: BinaryIO) -> PictureHeader:
    orientation, opaque, still = 1, True, True
    chunks = png_chunks(stream)
    kind, data = next(chunks, (b"", b""))
    if kind != b"IHDR":
        raise ValueError("the first chunk is not IHDR")
    width, height, bits, colour = struct.unpack_from(">IIBB", data)
    for kind, data in chunks:
        if kind == b"IDAT":
            break
        if kind == b"tRNS":
            opaque = False
        elif kind == b"acTL":
            still = False
        elif kind == b"eXIf":
            orientation = orientation_of(data)
    else:
        raise ValueError("there are no picture data")
    opaque = opaque and colour in (0, 2, 3)
    if orientation > 4:
        width, height = height, width
    return PictureHeader("PNG", width, height, orientation, max(bits, 8), opaque, opaque and still and bits <= 8)


# -- the rest --------------------------------------------------------------------------------------------------------


def _npy(stream: BinaryIO) -> PictureHeader:
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    begin = stream.tell()
    try:
        shape, _, dtype = read(stream, max_header_size=10_000)
    except SystemError:
        # CPython 3.11 (gh-106905): its parser fails if the collector happens to run another parse inside it. Once more, then.
        stream.seek(begin)
        shape, _, dtype = read(stream, max_header_size=10_000)
    if len(shape) not in (2, 3) or dtype.kind not in "buif":
        raise ValueError(f"an array of shape {shape} and type {dtype} is no picture")
    return PictureHeader("NPY", shape[1], shape[0], 1, dtype.itemsize * 8, len(shape) == 2 or shape[2] not in (2, 4), False)


def _through_pillow(stream: BinaryIO, kind: str) -> PictureHeader:
    image = open_pillow(stream, kind)
    width, height = image.size
    orientation, bits = 1, 8
    if kind == "TIFF":
        tags = image.tag_v2  # type: ignore[attr-defined]
        stored = tags.get(258, (8,))
        bits = max(stored) if isinstance(stored, tuple) else int(stored)
        orientation = tags.get(274, 1) if tags.get(274, 1) in range(1, 9) else 1
        stored_width, stored_height = tags.get(256), tags.get(257)
        if isinstance(stored_width, int) and isinstance(stored_height, int):
            width, height = (stored_height, stored_width) if orientation > 4 else (stored_width, stored_height)
    elif image.mode.startswith(("I", "F")):
        bits = 16 if "16" in image.mode or kind in ("PPM", "JPEG2000") else 32
    exif = image.info.get("exif")
    if kind in ("WEBP", "AVIF") and isinstance(exif, bytes):
        orientation = orientation_of(exif[6:] if exif.startswith(b"Exif\0\0") else exif)
        if orientation > 4:
            width, height = height, width
    opaque = image.mode in ("1", "L", "P", "RGB", "CMYK", "YCbCr") and "transparency" not in image.info
    plain = kind in _MIME and opaque and bits == 8 and not getattr(image, "is_animated", False)
    return PictureHeader(kind, width, height, orientation, bits, opaque, plain)


def open_pillow(stream: BinaryIO, kind: str) -> ImageFile:
    """Open a picture with Pillow's reader of one format; nothing is decoded yet.

    The reader's class is called directly: ``Image.open`` would try every format it knows and apply a process-wide pixel bound
    that belongs to the user.
    """
    module, name = _READERS[kind]
    reader: type[ImageFile] = getattr(importlib.import_module(f"PIL.{module}"), name)
    return reader(stream)


def _exactly(stream: BinaryIO, count: int) -> bytes:
    data = stream.read(count) if count >= 0 else b""
    if len(data) != count or count < 0:
        raise ValueError("the file ends inside its header")
    return data
