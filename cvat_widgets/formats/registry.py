"""The dataset formats, one line each, and how to add one's own."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from cvat_widgets.errors import FormatError

if TYPE_CHECKING:
    import pandas as pd

    from cvat_widgets.formats.archive import Members, Sink
    from cvat_widgets.formats.dataset import Dataset

__all__ = ["Format", "find_format", "formats_table", "packaged", "register", "registered"]

Progress = Callable[[int, int], None]


class Format(ABC):
    """A dataset format.

    Attributes
    ----------
    name
        CVAT's display name with its version, e.g. ``"COCO 1.0"``.
    kinds
        What it can hold: shape types, and ``tag``, ``track``, ``attribute``, ``group``, ``z_order``, ``rotation``,
        ``occluded``, ``source``, ``score``.
    converts
        Kinds it holds as something else, and as what.
    can_read, can_write
        Whether it imports and exports.
    extensions
        What an import accepts.
    numbers_frames
        Whether its files know frames by number, not by name.
    """

    name: ClassVar[str]
    kinds: ClassVar[frozenset[str]]
    converts: ClassVar[dict[str, str]] = {}
    can_read: ClassVar[bool] = True
    can_write: ClassVar[bool] = True
    extensions: ClassVar[tuple[str, ...]] = ("zip",)
    numbers_frames: ClassVar[bool] = False

    def detect(self, members: Members) -> bool:  # noqa: ARG002  # for formats that can tell
        """Whether a file looks like this format."""
        return False

    @abstractmethod
    def read(self, members: Members) -> Dataset:
        """Read a dataset; raise :class:`FormatError` with file and line if it cannot be read."""

    def partial_losses(self, dataset: Dataset) -> dict[str, int]:  # noqa: ARG002  # for formats that keep some of a kind
        """Return how many of what would be left out of kinds the format otherwise holds: attributes of other names, say."""
        return {}

    @abstractmethod
    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write a dataset."""


_MODULES = {
    "CVAT for images 1.1": "cvat_widgets.formats.cvat",
    "CVAT for video 1.1": "cvat_widgets.formats.cvat",
    "CVAT 1.1": "cvat_widgets.formats.cvat",
    "COCO 1.0": "cvat_widgets.formats.coco",
    "PASCAL VOC 1.1": "cvat_widgets.formats.voc",
    "Segmentation mask 1.1": "cvat_widgets.formats.segmentation_mask",
    "CamVid 1.0": "cvat_widgets.formats.camvid",
    "Cityscapes 1.0": "cvat_widgets.formats.cityscapes",
    "YOLO 1.1": "cvat_widgets.formats.yolo",
    "Ultralytics YOLO Detection 1.0": "cvat_widgets.formats.ultralytics",
    "Ultralytics YOLO Detection Track 1.0": "cvat_widgets.formats.ultralytics",
    "Ultralytics YOLO Oriented Bounding Boxes 1.0": "cvat_widgets.formats.ultralytics",
    "Ultralytics YOLO Segmentation 1.0": "cvat_widgets.formats.ultralytics",
    "Ultralytics YOLO Pose 1.0": "cvat_widgets.formats.ultralytics",
    "Ultralytics YOLO Classification 1.0": "cvat_widgets.formats.ultralytics_classification",
    "COCO Keypoints 1.0": "cvat_widgets.formats.coco_keypoints",
    "Datumaro 1.0": "cvat_widgets.formats.datumaro",
    "TFRecord 1.0": "cvat_widgets.formats.tfrecord",
    "ImageNet 1.0": "cvat_widgets.formats.imagenet",
    "LabelMe 3.0": "cvat_widgets.formats.labelme",
    "Open Images V6 1.0": "cvat_widgets.formats.open_images",
    "ICDAR Recognition 1.0": "cvat_widgets.formats.icdar",
    "ICDAR Localization 1.0": "cvat_widgets.formats.icdar",
    "ICDAR Segmentation 1.0": "cvat_widgets.formats.icdar",
    "Label Studio JSON": "cvat_widgets.formats.label_studio",
    "labelme JSON": "cvat_widgets.formats.labelme_json",
    "MOT 1.1": "cvat_widgets.formats.mot",
    "MOTS PNG 1.0": "cvat_widgets.formats.mots",
    "KITTI 1.0": "cvat_widgets.formats.kitti",
    "WIDER Face 1.0": "cvat_widgets.formats.wider_face",
    "Market-1501 1.0": "cvat_widgets.formats.market1501",
    "LFW 1.0": "cvat_widgets.formats.lfw",
    "VGGFace2 1.0": "cvat_widgets.formats.vggface2",
}
"""Display name -> the module that defines it, loaded when it is first used."""

_FORMATS: dict[str, Format] = {}


def register(format_class: type[Format]) -> type[Format]:
    """Add a format: a class decorator, also for a format of one's own in a notebook cell."""
    for name in ("name", "kinds"):
        if not hasattr(format_class, name):
            raise FormatError(f"a format needs the attribute {name!r}", where=format_class.__name__)
    _FORMATS[format_class.name] = format_class()
    return format_class


def registered() -> list[Format]:
    """Return all formats, those of the package first."""
    for module in dict.fromkeys(_MODULES.values()):
        importlib.import_module(module)
    names = [*_MODULES, *(name for name in _FORMATS if name not in _MODULES)]
    return [_FORMATS[name] for name in names]


def packaged() -> list[str]:
    """Return the names of the formats that come with the package."""
    return list(_MODULES)


def find_format(name: str) -> Format:
    """Return a format by its display name.

    Raises
    ------
    FormatError
        There is none of that name; the text lists those there are.
    """
    if name not in _FORMATS and name in _MODULES:
        importlib.import_module(_MODULES[name])
    found = _FORMATS.get(name)
    if found is None:
        known = ", ".join([*_MODULES, *(each for each in _FORMATS if each not in _MODULES)])
        raise FormatError(f"there is no format {name!r}", hint=f"Known are: {known}")
    return found


def formats_table() -> pd.DataFrame:
    """Return the formats: ``name, version, kinds, import, export, extensions``."""
    import pandas as pd

    rows: list[dict[str, Any]] = [
        {
            "name": each.name,
            "version": each.name.rpartition(" ")[2],
            "kinds": ", ".join(sorted(each.kinds)),
            "import": each.can_read,
            "export": each.can_write,
            "extensions": ", ".join(each.extensions),
        }
        for each in registered()
    ]
    return pd.DataFrame(rows)
