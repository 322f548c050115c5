"""CamVid 1.0: class masks in the colours of the labels, and lists of pictures and masks by subset."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import numpy as np

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.collecting import PICTURE_NAME, Collector, path_problem, text_of
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.frame_rows import frames_by_subset
from cvat_widgets.formats.mask_images import png_of_indices, read_png
from cvat_widgets.formats.mask_instances import masks_of_pixels
from cvat_widgets.formats.mask_label_maps import LabelMap, color_lines, equal_colors, label_map_of, parse_colors
from cvat_widgets.formats.mask_painting import Painter
from cvat_widgets.formats.mask_vocabularies import CAMVID
from cvat_widgets.formats.registry import Format, Progress, register
from cvat_widgets.formats.segmentation_mask import MASK_CONVERSIONS
from cvat_widgets.formats.voc_layout import frame_id, picture_name
from cvat_widgets.model.kinds import ELLIPSE, MASK, POLYGON, RECTANGLE
from cvat_widgets.model.labels import Label

__all__ = ["CamVid"]

_LABEL_MAPS = ("label_colors.txt", "labelmap.txt", "label_color.txt")
_QUOTED = re.compile(r'"([^"]*)"(?:\s+"([^"]*)")?')


@register
class CamVid(Format):
    """``<subset>.txt``, ``<subset>/``, ``<subset>annot/*.png`` and ``label_colors.txt``."""

    name = "CamVid 1.0"
    kinds = frozenset({"mask"})
    converts = {**MASK_CONVERSIONS, "mask": "one mask a label and frame"}  # noqa: RUF012

    def detect(self, members: Members) -> bool:
        """Whether there is a folder ``<subset>annot`` or the colours of labels, with a list ``<subset>.txt`` beside it."""
        names = set(members.names)
        folders = {
            parent.as_posix() for name in names if name.lower().endswith(".png") for parent in PurePosixPath(name).parents
        }
        if any(PurePosixPath(name).name == "label_colors.txt" for name in names):
            return any(_is_list(members, name) for name in _lists(members))
        return any(folder.endswith("annot") and f"{folder[:-5]}.txt" in names for folder in folders)

    def read(self, members: Members) -> Dataset:
        """Read one mask a label and frame."""
        lists = _lists(members)
        if not lists:
            raise FormatError("there is no list of pictures in it", where=str(members.path), hint="Expected is <subset>.txt")
        root = min((name[: name.rfind("/") + 1] for name in lists), key=len)
        lists = [name for name in lists if name.rfind("/") + 1 == len(root)]
        label_map, declared = _label_map(members, root)
        rows = Collector(members.path.stem, str(members.path))
        pictures: dict[int, str] = {}
        names = frozenset(members.names)
        for member in sorted(lists):
            subset = PurePosixPath(member).stem
            for number, line in enumerate(text_of(members, member).split("\n"), 1):
                if line.strip():
                    place = f"{members.where(member)}: line {number}"
                    picture, mask = _parsed(line.strip(), place)
                    frame = _add_frame(rows, picture, subset, place)
                    found = _find(names, root, picture)
                    if found is not None:
                        pictures[frame] = found
                    if mask:
                        mask_member = _find(names, root, mask)
                        if mask_member is None:
                            raise FormatError(f"the mask {mask[:120]!r} is not in the archive", where=place)
                        _read_mask(members, mask_member, label_map, rows, frame)
        if not rows.frame_names:
            raise FormatError("the lists of pictures are empty", where=str(members.path))
        return rows.dataset(declared, meta={"images": pictures} if pictures else {})

    def partial_losses(self, dataset: Dataset) -> dict[str, int]:
        """Return the shapes whose label cannot be told by its colour."""
        return equal_colors(dataset, CAMVID, (RECTANGLE, POLYGON, MASK, ELLIPSE))

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write one mask a frame and, if wanted, ``<subset>/<name>``."""
        painter = Painter(dataset, (RECTANGLE, POLYGON, MASK, ELLIPSE), merge_groups=True)
        label_map, index_of = label_map_of(dataset.labels, CAMVID, background="name")
        label = painter.table.label
        sink.write("label_colors.txt", color_lines(label_map))
        for subset, chosen in frames_by_subset(dataset).items():
            lines = []
            for frame in chosen:
                name = picture_name(dataset.frames.names[frame].replace("\\", "/"))
                key = frame_id(name)
                segments = painter.segments(frame)
                if segments:
                    width, height = painter.size(frame)
                    classes = np.zeros((height, width), np.uint8 if len(label_map.names) <= 256 else np.uint16)
                    for segment in segments:
                        segment.paint(classes, int(index_of[label[segment.row]]))
                    sink.write(f"{subset}annot/{key}.png", png_of_indices(classes, label_map.colors), compress=False)
                lines.append(_line(f"/{subset}/{name}", f"{subset}annot/{key}.png" if segments else ""))
                if save_images and dataset.media is not None:
                    given, data = dataset.media(frame)
                    sink.write(f"{subset}/{picture_name(given)}", data, compress=False)
                progress(frame + 1, len(dataset.frames))
            if lines:
                sink.write(f"{subset}.txt", "".join(lines))


def _lists(members: Members) -> list[str]:
    return [name for name in members.names if name.lower().endswith(".txt") and PurePosixPath(name).name not in _LABEL_MAPS]


def _is_list(members: Members, name: str) -> bool:
    """Whether the first line of a text is a picture; KITTI, too, has colours of labels and a list of other things."""
    line = members.read(name)[:4096].decode("utf-8", "replace").lstrip("\ufeff").lstrip().partition("\n")[0]
    return (
        PICTURE_NAME.search(line.partition('" "')[0].strip('" \r') if '"' in line else line.partition(" ")[0].strip())
        is not None
    )


def _label_map(members: Members, root: str) -> tuple[LabelMap, list[Label]]:
    """Return the label map, and the labels it declares; CamVid's own if the archive has none."""
    for name in _LABEL_MAPS:
        member = f"{root}{name}"
        if member in members.names:
            where = members.where(member)
            found = parse_colors(text_of(members, member), where)
            return found, found.labels(where)
    return LabelMap.of(dict(CAMVID.items())), []


def _line(picture: str, mask: str) -> str:
    for name in (picture, mask):
        if '"' in name or "\n" in name or "\r" in name:
            raise FormatError(
                f"the name {name!r} cannot be written into a list of CamVid", hint="It has a quotation mark in it"
            )
    if len(picture.split()) > 1 or len(mask.split()) > 1:
        return f'"{picture}" "{mask}"\n'
    return f"{picture} {mask}\n"


def _parsed(line: str, place: str) -> tuple[str, str]:
    """Return the picture and the mask of a line; paths with blanks are quoted."""
    if '"' in line:
        quoted = _QUOTED.fullmatch(line)
        if quoted is None:
            raise FormatError("the quotation marks of the line do not match", where=place)
        picture, mask = quoted[1], quoted[2] or ""
    else:
        fields = line.split()
        if len(fields) > 2:
            raise FormatError(f"a line has a picture and a mask, not {len(fields)} fields", where=place)
        picture, mask = fields[0], fields[1] if len(fields) == 2 else ""
    for name in (picture, mask) if mask else (picture,):
        problem = path_problem(name.lstrip("/"))
        if problem:
            raise FormatError(problem, where=place)
    return picture, mask


def _add_frame(rows: Collector, picture: str, subset: str, place: str) -> int:
    """Add the frame of a picture, called by its path in the folder of the subset."""
    parts = PurePosixPath(picture.lstrip("/")).parts
    start = parts.index(subset) + 1 if subset in parts[:-1] else min(1, len(parts) - 1)
    name = "/".join(parts[start:])
    try:
        return rows.add_frame(name, subset="" if subset == "default" else subset)
    except FormatError as error:
        raise FormatError(error.what, where=place) from None


def _find(names: frozenset[str], root: str, path: str) -> str | None:
    """Return the member a path of a list means; lists of CamVid name folders of the machine they were written on."""
    parts = PurePosixPath(path.lstrip("/")).parts
    for start in range(len(parts)):
        name = root + "/".join(parts[start:])
        if name in names:
            return name
    return None


def _read_mask(members: Members, member: str, label_map: LabelMap, rows: Collector, frame: int) -> None:
    classes = read_png(members.read(member), members.where(member))
    rows.widths[frame], rows.heights[frame] = classes.size
    for number, points in masks_of_pixels(classes.pixels, label_map.keys(classes)):
        rows.add(frame, rows.label_of(label_map.names[number - 1]), MASK, points)
