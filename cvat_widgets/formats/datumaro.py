"""Datumaro 1.0: one JSON a subset with all shapes, their attributes, groups and z-order."""

from __future__ import annotations

from pathlib import PurePosixPath

import msgspec

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.datumaro_reader import DatumaroReader
from cvat_widgets.formats.datumaro_writer import DatumaroWriter
from cvat_widgets.formats.frame_rows import frames_by_subset
from cvat_widgets.formats.pictures import write_pictures
from cvat_widgets.formats.registry import Format, Progress, register

__all__ = ["Datumaro"]


@register
class Datumaro(Format):
    """Datumaro's own format: ``annotations/<subset>.json``."""

    name = "Datumaro 1.0"
    kinds = frozenset(
        {
            "rectangle", "polygon", "polyline", "points", "mask", "ellipse", "skeleton", "tag",
            "track", "attribute", "group", "z_order", "rotation", "occluded", "score",
        }
    )  # fmt: skip
    extensions = ("zip", "json")

    def detect(self, members: Members) -> bool:
        """Whether there is a JSON with categories and items."""
        names = _json_names(members)
        if not names:
            return False
        data = members.read(names[0]).removeprefix(b"\xef\xbb\xbf")
        if data.lstrip()[:1] != b"{":
            return False
        try:
            found = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return False
        return {"categories", "items"} <= set(found)

    def read(self, members: Members) -> Dataset:
        """Read all JSON files of ``annotations/`` (one a subset), or a bare one."""
        names = _json_names(members)
        if not names:
            raise FormatError("there is no Datumaro file in it", where=str(members.path), hint="Expected is annotations/*.json")
        reader = DatumaroReader(members)
        for name in names:
            stem = PurePosixPath(name).stem
            bare = len(members.names) == 1 and "/" not in name
            reader.read(name, "" if bare or stem == "default" else stem)
        return reader.dataset()

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write one JSON a subset and, if wanted, ``images/<subset>/<name>``."""
        writer = DatumaroWriter(dataset)
        for subset, frames in frames_by_subset(dataset).items():
            with sink.stream(f"annotations/{subset}.json") as add:
                for part in writer.document(frames):
                    add(part)
        if save_images:
            write_pictures(dataset, sink, progress)


def _json_names(members: Members) -> list[str]:
    if len(members.names) == 1:
        return members.names
    found = [name for name in members.names if name.lower().endswith(".json")]
    return sorted([name for name in found if "annotations/" in name] or found)
