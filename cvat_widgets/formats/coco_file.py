"""The JSON of COCO instances, decoded straight into typed structs; coordinates go into one column on the way."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec

from cvat_widgets.errors import CvatWidgetsError, FormatError
from cvat_widgets.model.masks import from_coco_rle
from cvat_widgets.model.paging import Coordinates

__all__ = ["NO_SEGMENTATION", "CocoAnnotation", "CocoCategory", "CocoFile", "CocoImage", "decoded", "looks_like_coco"]


class CocoImage(msgspec.Struct, gc=False):
    """A picture."""

    id: int
    file_name: str
    width: int = 0
    height: int = 0


class CocoCategory(msgspec.Struct, gc=False):
    """A label."""

    id: int
    name: str
    supercategory: Any = ""


class _Segmentation:
    """What an annotation says about its outline: where its polygons or its mask stand in the points of the file.

    What is neither is kept as it is: the error will say where it stands.
    """

    __slots__ = ("lengths", "mask", "other", "start")

    def __init__(self, start: int = 0, lengths: tuple[int, ...] = (), other: Any = None, *, mask: bool = False) -> None:
        self.start = start
        self.lengths = lengths
        self.other = other
        self.mask = mask


NO_SEGMENTATION = _Segmentation()


class CocoAnnotation(msgspec.Struct, gc=False):
    """An object; its outline stands in the points of the file."""

    image_id: int
    category_id: int
    id: int = 0
    bbox: list[float] | None = None
    segmentation: _Segmentation | None = None
    area: float | None = None
    iscrowd: int = 0
    score: float = 1.0
    attributes: dict[str, Any] | None = None


class CocoFile(msgspec.Struct):
    """The parts of a file that are read."""

    images: list[CocoImage]
    annotations: list[CocoAnnotation]
    categories: list[CocoCategory]


def looks_like_coco(data: bytes) -> bool:
    """Whether bytes are JSON with the parts of a COCO file."""
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"{":
        return False
    try:
        found = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    if not {"images", "annotations", "categories"} <= set(found):
        return False
    # Categories with keypoints make it a file of "COCO Keypoints".
    return b'"keypoints"' not in bytes(found["categories"])


def decoded(data: bytes, points: Coordinates, where: str) -> CocoFile:
    """Decode a file; coordinates go into ``points`` at once, so that never more than one annotation's are Python numbers."""

    def segmentation(_: type, value: Any) -> _Segmentation:
        start = len(points)
        try:
            if isinstance(value, dict):
                runs = from_coco_rle(value)
                points.extend(runs)
                return _Segmentation(start, (len(runs),), mask=True)
            if not value:
                return NO_SEGMENTATION
            polygons = value if isinstance(value[0], list) else [value]
            for polygon in polygons:
                if len(polygon) < 6 or len(polygon) % 2:
                    raise ValueError
            points.fromlist(polygons[0] if len(polygons) == 1 else list(itertools.chain.from_iterable(polygons)))
        except (CvatWidgetsError, KeyError, TypeError, ValueError, OverflowError):
            # Something is wrong with it; what, will be said with the place.
            return _Segmentation(other=value)
        return _Segmentation(start, tuple(map(len, polygons)))

    try:
        return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=CocoFile, dec_hook=segmentation)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FormatError(f"not a COCO file: {error}", where=where) from None
