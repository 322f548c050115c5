"""YOLO 1.1: boxes in one text file a frame, with obj.data, obj.names and a list of frames a subset."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.fitting import ScaledFit
from cvat_widgets.formats.registry import Format, Progress, register
from cvat_widgets.formats.ultralytics_writer import box_lines
from cvat_widgets.formats.yolo_frames import (
    FrameList,
    frame_texts,
    inner_path,
    label_set,
    picture_name,
    read_text,
    subset_frames,
    text_name,
    write_subset_pictures,
)
from cvat_widgets.formats.yolo_lines import read_lines
from cvat_widgets.formats.yolo_shapes import box_table, place
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import Label, LabelSet

__all__ = ["Yolo"]

_SETTING = re.compile(r"(\w+)\s*=\s*(.+)")
_NO_SUBSETS = frozenset({"classes", "names", "backup"})
_LISTS = re.compile(r"(?:train|valid|val|test)\.txt")


@register
class Yolo(Format):
    """Boxes as darknet reads them: ``obj.data``, ``obj.names``, ``train.txt`` and ``obj_train_data/<frame>.txt``."""

    name = "YOLO 1.1"
    kinds = frozenset({"rectangle"})
    converts = {"track": "one box a frame", "z_order": "order of the lines"}  # noqa: RUF012

    def detect(self, members: Members) -> bool:
        """Whether there is ``obj.data`` or ``obj.names``."""
        return any(PurePosixPath(name).name in ("obj.data", "obj.names") for name in members.names)

    def read(self, members: Members) -> Dataset:
        """Read the boxes of the listed frames; without ``obj.data``, of all label files beside ``obj.names``."""
        settings = [name for name in members.names if name.lower().endswith(".data")]
        if len(settings) > 1:
            settings = [name for name in settings if PurePosixPath(name).name == "obj.data"]
        if len(settings) > 1:
            raise FormatError(f"there are several datasets in it: {', '.join(settings[:3])}", where=str(members.path))
        root, names, lists = _settings(members, settings[0]) if settings else _bare(members)
        labels = label_set((Label(name) for name in _label_names(members, names)), members.where(names))
        frames = _listed(members, root, lists) if settings else _found(members, root, names)
        return _dataset(members, frames, labels)

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write the files as CVAT does, paths with ``data/`` in front; pictures beside the label files."""
        subsets = subset_frames(dataset)
        folders = {frame: f"obj_{subset}_data" for subset, chosen in subsets.items() for frame in chosen}
        for label in dataset.labels:
            if label.name != label.name.strip() or re.search(r"[\r\n]", label.name):
                raise FormatError(
                    f"the label {label.name!r} does not fit on a line of its own",
                    hint="It begins or ends with a space, or has lines",
                )
        frame, lines = box_lines(dataset)
        texts = frame_texts(frame, lines, len(dataset.frames))
        sink.write("obj.names", "".join(f"{label.name}\n" for label in dataset.labels))
        lists = "".join(f"{subset} = data/{subset}.txt\n" for subset in subsets)
        sink.write("obj.data", f"classes = {len(dataset.labels)}\n{lists}names = data/obj.names\nbackup = backup/\n")
        pictures = write_subset_pictures(dataset, sink, folders, progress, save_images=save_images)
        for subset, chosen in subsets.items():
            listed = "".join(f"data/{folders[each]}/{pictures[each]}\n" for each in chosen)
            sink.write(f"{subset}.txt", listed)
        for each, text in enumerate(texts):
            sink.write(f"{folders[each]}/{text_name(pictures[each])}", text)


def _settings(members: Members, name: str) -> tuple[str, str, dict[str, tuple[str, str]]]:
    """Return the folder of the dataset, the member with the label names, and the frame list of each subset."""
    root = name.rpartition("/")[0]
    root += "/" if root else ""
    present = set(members.names)
    lists: dict[str, tuple[str, str]] = {}
    names = ""
    for line, where in read_text(members, name):
        match = _SETTING.match(line)
        if match is None or line.startswith("#"):
            continue
        key, value = match[1], match[2].split(" #")[0].strip()
        if key in ("classes", "backup"):
            continue
        member = root + inner_path(value, where)
        if member not in present:
            raise FormatError(f"the file {value[:120]!r} ({key}) is missing", where=where)
        if key in lists or (key == "names" and names):
            raise FormatError(f"{key!r} is given twice", where=where)
        if key == "names":
            names = member
        else:
            lists[key] = (member, where)
    if not names:
        raise FormatError(
            "it does not say where the label names are", where=members.where(name), hint="Add 'names = obj.names'"
        )
    if not lists:
        raise FormatError("it lists no frames", where=members.where(name), hint="Add 'train = train.txt'")
    return root, names, lists


def _bare(members: Members) -> tuple[str, str, dict[str, tuple[str, str]]]:
    """Do the same for label files that come with nothing but ``obj.names``."""
    found = [name for name in members.names if PurePosixPath(name).name == "obj.names"]
    if len(found) != 1:
        what = "there are several obj.names in it" if found else "there is neither obj.data nor obj.names in it"
        raise FormatError(what, where=str(members.path), hint="See cw.formats() for the other formats")
    return found[0][: -len("obj.names")], found[0], {}


def _label_names(members: Members, name: str) -> list[str]:
    names: dict[str, None] = {}
    for line, where in read_text(members, name):
        if line in names:
            raise FormatError(f"the label {line[:80]!r} is defined twice", where=where)
        names[line] = None
        label_set((Label(each) for each in (line,)), where)
    return list(names)


def _listed(members: Members, root: str, lists: dict[str, tuple[str, str]]) -> FrameList:
    """Return the frames of the lists; each must have its label file."""
    # The names of the archive itself are kept, not others that say the same.
    own = {name: name for name in members.names}
    frames = FrameList()
    for subset, (member, _) in lists.items():
        for line, where in read_text(members, member):
            path = inner_path(line, where)
            text = text_name(path)
            labels, picture = own.get(root + text), own.get(root + path, "")
            if labels is None:
                raise FormatError(f"the label file {text[:120]!r} is missing", where=where)
            # The first folder is the subset's.
            name = path.partition("/")[2] or path
            frames.add(path, picture_name(name), subset, labels, picture, where, labels)
    return frames


def _found(members: Members, root: str, names: str) -> FrameList:
    """Return a frame for each label file that lies about."""
    pictures = {text_name(name): name for name in members.names if name != text_name(name) and picture_name(name) == name}
    frames = FrameList()
    for member in members.names:
        path = member[len(root) :]
        if not member.startswith(root) or not path.lower().endswith(".txt") or _LISTS.fullmatch(path) or member == names:
            continue
        picture = pictures.get(member, "")
        folder, _, rest = path.partition("/")
        match = re.fullmatch(r"obj_(\w+)_data", folder)
        inner = rest if match else path
        name = inner[:-4] + (PurePosixPath(picture).suffix or ".jpg")
        frames.add(path, name, match[1] if match else "train", member, picture, members.where(member))
    return frames


def _dataset(members: Members, frames: FrameList, labels: LabelSet) -> Dataset:
    files, frame_of_file = frames.label_files()
    lines = read_lines(members, files)
    lines.refuse(lines.counts != 5, "a line has five numbers: label, centre x and y, width and height")
    ones = np.ones(len(lines), np.int64)
    lines.check_fractions(ones, ones * 5)
    lines.refuse((lines.block(3, 2) < 0).any(axis=1), "the width or height of a box is negative")
    placed = place(lines, frame_of_file, frames.subsets, range(len(labels)))
    widths, heights = frames.sizes(members)
    table = box_table(placed, [label.id for label in labels], widths, heights)
    index = FrameIndex(frames.names, widths, heights, tuple(frames.subsets))
    found = Dataset(labels=labels, frames=index, table=table, name=members.path.stem, meta={"images": frames.images()})
    return replace(found, meta={**found.meta, "fit": ScaledFit(found)})
