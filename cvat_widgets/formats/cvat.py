"""CVAT's own format: XML 1.1 for images and for video, which are exported apart and imported as one."""

from __future__ import annotations

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.cvat_reader import read_xml
from cvat_widgets.formats.cvat_writer import images_xml, video_xml
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.pictures import with_found_pictures, write_pictures
from cvat_widgets.formats.registry import Format, Progress, register

__all__ = ["CvatForImages", "CvatForVideo", "CvatImport"]

_SHAPES = frozenset({"rectangle", "polygon", "polyline", "points", "ellipse", "cuboid", "mask", "skeleton"})
_PROPERTIES = frozenset({"attribute", "group", "z_order", "rotation", "occluded", "source"})


@register
class CvatForImages(Format):
    """One ``<image>`` a frame."""

    name = "CVAT for images 1.1"
    kinds = _SHAPES | _PROPERTIES | {"tag"}
    converts = {"track": "one shape a frame"}  # noqa: RUF012
    can_read = False

    def read(self, members: Members) -> Dataset:
        """Not read under this name."""
        raise NotImplementedError

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write ``annotations.xml`` and, if wanted, ``images/<subset>/<name>``."""
        with sink.stream("annotations.xml") as add:
            for piece in images_xml(dataset):
                add(piece.encode())
        if save_images:
            write_pictures(dataset, sink, progress)


@register
class CvatForVideo(Format):
    """One ``<track>`` an object."""

    name = "CVAT for video 1.1"
    kinds = _SHAPES | _PROPERTIES | {"track"}
    can_read = False
    numbers_frames = True

    def read(self, members: Members) -> Dataset:
        """Not read under this name."""
        raise NotImplementedError

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write ``annotations.xml`` and, if wanted, ``images/<subset>/<name>``."""
        with sink.stream("annotations.xml") as add:
            for piece in video_xml(dataset):
                add(piece.encode())
        if save_images:
            write_pictures(dataset, sink, progress)


@register
class CvatImport(Format):
    """Either of the two, as a zip or as the bare XML."""

    name = "CVAT 1.1"
    kinds = _SHAPES | _PROPERTIES | {"tag", "track"}
    can_write = False
    extensions = ("xml", "zip")

    def detect(self, members: Members) -> bool:
        """Whether there is an XML whose first element is ``<annotations>``."""
        return any(b"<annotations" in members.head(name, 2000) for name in _xml_names(members)[:1])

    def read(self, members: Members) -> Dataset:
        """Read the XML."""
        names = _xml_names(members)
        if not names:
            raise FormatError("there is no annotations.xml in it", where=str(members.path))
        return with_found_pictures(read_xml(members.blocks(names[0]), members.where(names[0])), members)

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Not written under this name."""
        raise NotImplementedError


def _xml_names(members: Members) -> list[str]:
    """XML files at the top, ``annotations.xml`` first; a single file may have any name."""
    if len(members.names) == 1:
        return members.names
    found = [name for name in members.names if name.lower().endswith(".xml") and name.count("/") <= 1]
    return sorted(found, key=lambda name: (not name.endswith("annotations.xml"), name))
