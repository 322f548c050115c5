"""KITTI 1.0: boxes as text lines, masks as pictures of numbers, as CVAT reads and writes them."""

from __future__ import annotations

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.frame_rows import frames_by_subset, rows_by_frame
from cvat_widgets.formats.kitti_reader import KittiReader, kitti_members
from cvat_widgets.formats.kitti_writer import KittiWriter
from cvat_widgets.formats.picture_names import stem_of, write_named_pictures
from cvat_widgets.formats.registry import Format, Progress, register
from cvat_widgets.model.kinds import ELLIPSE, MASK, POLYGON, RECTANGLE

__all__ = ["Kitti"]

_TYPES = (RECTANGLE, POLYGON, MASK, ELLIPSE)


@register
class Kitti(Format):
    """``label_2`` for upright boxes; ``instance``, ``semantic`` and ``semantic_rgb`` for all that becomes a mask."""

    name = "KITTI 1.0"
    kinds = frozenset({"rectangle", "mask", "attribute", "occluded", "score"})
    converts = {  # noqa: RUF012
        "polygon": "mask", "ellipse": "mask", "rotation": "mask", "z_order": "what is painted over", "group": "one instance",
        "track": "one shape a frame",
    }  # fmt: skip

    def detect(self, members: Members) -> bool:
        """Whether there are label files of the left camera, pictures of instances, or, without annotations, both lists."""
        return bool(kitti_members(members)) or _is_bare(members)

    def read(self, members: Members) -> Dataset:
        """Read the boxes and the masks of all subsets."""
        found = kitti_members(members)
        if not found and not _is_bare(members):
            raise FormatError(
                "there is no KITTI dataset in it",
                where=str(members.path),
                hint="Expected are <subset>/label_2/*.txt or <subset>/instance/*.png",
            )
        bare: dict[str, list[tuple[str, str]]] = {
            name.rpartition("/image_2/")[0]: [] for name in members.names if "/image_2/" in name
        }
        return KittiReader(members).read(found or bare)

    def partial_losses(self, dataset: Dataset) -> dict[str, int]:
        """Return what boxes or masks have no place for."""
        return KittiWriter(dataset, rows_by_frame(dataset, _TYPES)).left_out()

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write the boxes and masks of each subset, and the lists of labels."""
        rows = rows_by_frame(dataset, _TYPES)
        subsets = frames_by_subset(dataset)
        writer = KittiWriter(dataset, rows)
        for subset, frames in subsets.items():
            for frame in frames:
                writer.write_frame(sink, subset, frame)
        writer.write_labels(sink)
        if save_images:
            subset_of = {frame: subset for subset, frames in subsets.items() for frame in frames}
            stems = [f"{subset_of[frame]}/image_2/{stem_of(name)}" for frame, name in enumerate(dataset.frames.names)]
            write_named_pictures(dataset, sink, stems, progress)


def _is_bare(members: Members) -> bool:
    """Whether there is nothing but the lists of labels, and pictures: an export of frames without annotations."""
    others = {name for name in members.names if "/image_2/" not in f"/{name}"}
    return others == {"label_colors.txt", "labels.txt"}
