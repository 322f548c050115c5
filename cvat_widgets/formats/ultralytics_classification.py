"""Ultralytics YOLO Classification: a folder a label, and CVAT's labels.json beside them."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.registry import Format, Progress, register
from cvat_widgets.formats.yolo_frames import (
    FrameList,
    inner_path,
    is_picture,
    label_set,
    picture_name,
    subset_frames,
    text_name,
    write_subset_pictures,
)
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.kinds import SOURCE_CODE, TAG
from cvat_widgets.model.labels import Label
from cvat_widgets.model.table import AnnotationTable

__all__ = ["UltralyticsClassification"]

_NO_LABEL = "no_label"
_OTHERS = frozenset({"images", "instances", "instance", "semantic", "semantic_rgb", "image_2"})
"""Folders of pictures of other formats, which are no labels."""

_SUBSETS = frozenset({"train", "val", "valid", "test"})


class _Item(msgspec.Struct):
    path: str
    labels: list[str]


@register
class UltralyticsClassification(Format):
    """Tags: ``<subset>/<label>/<picture>``; a frame with several tags is in the folder of the first."""

    name = "Ultralytics YOLO Classification 1.0"
    kinds = frozenset({"tag"})

    def detect(self, members: Members) -> bool:
        """Whether there is a ``labels.json`` of this form, or only pictures in ``<subset>/<label>``."""
        described = [name for name in members.names if _is_description(name)]
        if described:
            try:
                return bool(_items(members, described[0])) or len(members.names) == len(described)
            except FormatError:
                return False
        parts = [PurePosixPath(name).parts for name in members.names]
        return bool(parts) and all(
            len(each) > 2 and each[0] in _SUBSETS and each[1] not in _OTHERS and is_picture(each[-1]) for each in parts
        )

    def read(self, members: Members) -> Dataset:
        """Read the tags of ``labels.json``, or of the folders where there is none."""
        frames = FrameList()
        tags: list[tuple[int, str]] = []
        names: dict[str, None] = {}
        described = [name for name in members.names if _is_description(name)]
        for member in described:
            _add_described(members, member, frames, tags)
        done = {PurePosixPath(name).parts[0] for name in described}
        for member in members.names:
            parts = PurePosixPath(member).parts
            if len(parts) > 2 and is_picture(member) and parts[1] != _NO_LABEL:
                names[parts[1]] = None
            if len(parts) < 3 or parts[0] in done or not is_picture(member):
                continue
            if parts[1] != _NO_LABEL:
                tags.append((len(frames.names), parts[1]))
            frames.add(member, "/".join(parts[2:]), parts[0], "", member, members.where(member))
        if not frames.names and not described:
            raise FormatError(
                "there are no frames in it",
                where=str(members.path),
                hint="Expected is <subset>/<label>/<picture> or <subset>/labels.json",
            )
        names |= dict.fromkeys(label for _, label in tags)
        labels = label_set(
            (Label(name) for name in sorted(names)), members.where(described[0]) if described else str(members.path)
        )
        ids = {label.name: label.id for label in labels}
        table = AnnotationTable.build(
            id=np.arange(1, len(tags) + 1),
            frame=[frame for frame, _ in tags],
            label=[ids[label] for _, label in tags],
            type=TAG,
            source=SOURCE_CODE["file"],
            points=[],
            offsets=np.zeros(len(tags) + 1, np.int64),
        )
        widths, heights = frames.sizes(members)
        index = FrameIndex(frames.names, widths, heights, tuple(frames.subsets))
        return Dataset(labels=labels, frames=index, table=table, name=members.path.stem, meta={"images": frames.images()})

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write ``labels.json`` of each subset and, if wanted, the pictures."""
        subsets = subset_frames(dataset)
        tags = _tags(dataset)
        folders = {
            frame: f"{subset}/{tags[frame][0] if tags[frame] else _NO_LABEL}"
            for subset, chosen in subsets.items()
            for frame in chosen
        }
        for label in {folder.partition("/")[2] for folder in folders.values()}:
            if "/" in label or "\\" in label or label in (".", "..") or label != label.strip():
                raise FormatError(f"the label {label!r} cannot be the name of a folder", where=dataset.name or None)
        if any(_NO_LABEL in each for each in tags):
            raise FormatError(
                f"the label {_NO_LABEL!r} stands for frames without one in this format", where=dataset.name or None
            )
        pictures = write_subset_pictures(dataset, sink, folders, progress, save_images=save_images)
        for subset, chosen in subsets.items():
            items: dict[str, Any] = {}
            for frame in chosen:
                path = f"{folders[frame].partition('/')[2]}/{pictures[frame]}"
                if (
                    items.setdefault(text_name(pictures[frame])[:-4], entry := {"path": path, "labels": tags[frame]})
                    is not entry
                ):
                    raise FormatError(
                        f"two frames would be called {text_name(pictures[frame])[:-4]!r}",
                        hint="Frame names must differ in more than the extension",
                    )
            sink.write(f"{subset}/labels.json", msgspec.json.encode(items))


def _is_description(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return len(parts) == 2 and parts[1] == "labels.json"


def _items(members: Members, member: str) -> dict[str, _Item]:
    try:
        return msgspec.json.decode(members.read(member).removeprefix(b"\xef\xbb\xbf"), type=dict[str, _Item])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FormatError(f"it is no list of frames with their labels: {error}", where=members.where(member)) from None


def _add_described(members: Members, member: str, frames: FrameList, tags: list[tuple[int, str]]) -> None:
    """Take the frames of a ``labels.json``, which has all tags of a frame, the folders only the first."""
    subset = PurePosixPath(member).parts[0]
    present = set(members.names)
    for key, item in _items(members, member).items():
        where = f"{members.where(member)}: {key[:80]!r}"
        path = inner_path(item.path, where, prefix="")
        picture = f"{subset}/{path}"
        if "/" not in path:
            raise FormatError(f"the path {path[:120]!r} is not <label>/<picture>", where=where)
        if len(set(item.labels)) < len(item.labels):
            raise FormatError("it has the same label twice", where=where)
        tags.extend((len(frames.names), label) for label in item.labels if label != _NO_LABEL)
        name = picture_name(path.partition("/")[2])
        frames.add(f"{subset}/{name}", name, subset, "", picture if picture in present else "", where)


def _tags(dataset: Dataset) -> list[list[str]]:
    """Return the labels of each frame's tags, each once."""
    table = dataset.table.take(dataset.table.is_tag & (dataset.table.frame < len(dataset.frames)))
    names = {label.id: label.name for label in dataset.labels}
    found: list[dict[str, None]] = [{} for _ in range(len(dataset.frames))]
    frame: NDArray[np.int32] = table.frame
    for each, label in zip(frame.tolist(), table.label.tolist(), strict=True):
        found[each][names[label]] = None
    return [list(each) for each in found]
