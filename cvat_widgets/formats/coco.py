"""COCO 1.0: instances with boxes, polygons and masks, as CVAT reads and writes them."""

from __future__ import annotations

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.coco_file import looks_like_coco
from cvat_widgets.formats.coco_reader import read_coco
from cvat_widgets.formats.coco_writer import coco_json
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.pictures import with_found_pictures, write_pictures
from cvat_widgets.formats.registry import Format, Progress, register

__all__ = ["Coco"]


@register
class Coco(Format):
    """Instances of COCO: ``annotations/instances_<subset>.json``."""

    name = "COCO 1.0"
    kinds = frozenset({"rectangle", "polygon", "mask", "track", "attribute", "group", "rotation", "occluded", "score"})
    converts = {"ellipse": "mask", "z_order": "order of the annotations"}  # noqa: RUF012
    extensions = ("zip", "json")

    def detect(self, members: Members) -> bool:
        """Whether there is a JSON with images and annotations."""
        names = _json_names(members)
        return bool(names) and looks_like_coco(members.read(names[0]))

    def read(self, members: Members) -> Dataset:
        """Read all JSON files of ``annotations/`` (one a subset), or a bare one."""
        names = _json_names(members)
        if not names:
            raise FormatError("there is no COCO file in it", where=str(members.path), hint="Expected is annotations/*.json")
        parts = ((name, members.read(name), members.where(name)) for name in names)
        return with_found_pictures(read_coco(parts, members.path.stem), members)

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write one JSON a subset and, if wanted, ``images/<subset>/<name>``."""
        subsets = [
            dataset.frames.subset_of(frame) or dataset.meta.get("subset") or "default" for frame in range(len(dataset.frames))
        ]
        for subset in dict.fromkeys(subsets) or ["default"]:
            chosen = [frame for frame, name in enumerate(subsets) if name == subset]
            with sink.stream(f"annotations/instances_{subset}.json") as add:
                for piece in coco_json(dataset, chosen):
                    add(piece)
        if save_images:
            write_pictures(dataset, sink, progress)


def _json_names(members: Members) -> list[str]:
    if len(members.names) == 1:
        return members.names
    found = [name for name in members.names if name.lower().endswith(".json")]
    inner = [name for name in found if "annotations/" in name]
    return sorted(inner or found)
