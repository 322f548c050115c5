"""ImageNet 1.0: tags as folders of pictures, or as lines of a text beside the list of labels."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.collecting import PICTURE_NAME, Collector, located, safe_path, text_of
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.frame_rows import frames_by_subset
from cvat_widgets.formats.registry import Format, Progress, register
from cvat_widgets.model.kinds import TAG
from cvat_widgets.model.labels import Label

__all__ = ["ImageNet"]

_SYNSETS = "synsets.txt"
_NO_LABEL = "no_label"
_LINE = re.compile(r'(?:"(?P<quoted>[^"]+)"(?P<suffix>\.\w+)?|(?P<plain>\S+))(?P<labels>(?:\s+-?\d+)*)\s*$')


@register
class ImageNet(Format):
    """Tags of pictures.

    With pictures: ``<label>/<label>_<name>``, and ``no_label/<name>``. Without: ``<subset>.txt`` with the numbers of labels,
    and ``synsets.txt`` with their names.
    """

    name = "ImageNet 1.0"
    kinds = frozenset({"tag"})

    def detect(self, members: Members) -> bool:
        """Whether there is a list of labels, or nothing but pictures most of which repeat the name of their folder."""
        if any(PurePosixPath(name).name == _SYNSETS for name in members.names):
            return True
        if not members.names or not all(PICTURE_NAME.search(name) for name in members.names):
            return False
        return sum(map(_is_labelled, members.names)) > len(members.names) / 2

    def read(self, members: Members) -> Dataset:
        """Read either form."""
        rows = Collector(members.path.stem, str(members.path))
        lists = [name for name in members.names if name.lower().endswith(".txt")]
        synsets = [name for name in lists if PurePosixPath(name).name == _SYNSETS]
        if lists:
            if len(synsets) != 1:
                text = f"there is no {_SYNSETS}" if not synsets else f"there is more than one {_SYNSETS}"
                raise FormatError(text, where=str(members.path), hint="It lists the names of the labels, one a line")
            labels = self._labels(members, synsets[0])
            for name in sorted(set(lists) - set(synsets)):
                _read_list(rows, members, name, labels)
            with located(members.where(synsets[0])):
                declared = [Label(label) for label in labels]
            return rows.dataset(declared, members=members)
        return _read_folders(rows, members)

    @staticmethod
    def _labels(members: Members, name: str) -> list[str]:
        text = text_of(members, name).rstrip("\n")
        labels = [line.strip() for line in text.split("\n")] if text else []
        for number, label in enumerate(labels, start=1):
            if not label or labels.index(label) != number - 1:
                problem = f"the label {label[:64]!r} is there twice" if label else "a label has no name"
                raise FormatError(problem, where=f"{members.where(name)}: line {number}")
        return labels

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write folders of pictures, or texts if they are not wanted."""
        tags = dataset.table.take(dataset.table.is_tag)
        order, starts = tags.frame_rows()

        def labels_of(frame: int) -> NDArray[np.int32]:
            rows = order[starts[frame] : starts[frame + 1]] if frame + 1 < len(starts) else order[:0]
            return np.unique(tags.label[rows])

        if save_images and dataset.media is not None:
            _write_folders(dataset, sink, progress, [labels_of(frame) for frame in range(len(dataset.frames))])
            return
        for label in dataset.labels:
            if label.name != label.name.strip() or "\n" in label.name:
                raise FormatError(f"the label {label.name!r} cannot stand on a line of {_SYNSETS}", where=dataset.name or None)
        number = {label.id: index for index, label in enumerate(dataset.labels)}
        for subset, frames in frames_by_subset(dataset).items():
            lines = []
            for frame in frames:
                shown = _quoted(dataset.frames.names[frame])
                lines.append(" ".join([shown, *(str(number[label]) for label in labels_of(frame).tolist())]) + "\n")
            sink.write(f"{subset}.txt", "".join(lines))
        sink.write(_SYNSETS, "".join(f"{label.name}\n" for label in dataset.labels))


def _quoted(name: str) -> str:
    """Return a name as it stands on a line: quotes around all but its extension if there are spaces in it."""
    if not re.search(r'\s|^"', name):
        return name
    if '"' in name or "\n" in name or "\r" in name:
        raise FormatError(f"the name {name!r} cannot stand on a line of ImageNet's lists")
    suffix = PurePosixPath(name).suffix
    suffix = "" if re.search(r"\s", suffix) else suffix
    return f'"{name.removesuffix(suffix)}"{suffix}'


def _is_labelled(name: str) -> bool:
    path = PurePosixPath(name)
    return len(path.parts) > 1 and (path.parts[0] == _NO_LABEL or path.parts[1].startswith(f"{path.parts[0]}_"))


def _read_list(rows: Collector, members: Members, name: str, labels: list[str]) -> None:
    stem = PurePosixPath(name).stem
    codes = [rows.label_of(label) for label in labels]
    for number, line in enumerate(text_of(members, name).split("\n"), start=1):
        if not line.strip():
            continue
        with located(f"{members.where(name)}: line {number}"):
            found = _LINE.match(line.strip())
            if found is None:
                raise FormatError(
                    f"not a picture and the numbers of its labels: {line[:80]!r}", hint="A name with spaces needs quotes"
                )
            picture = found["plain"] or found["quoted"] + (found["suffix"] or "")
            frame = rows.add_frame(picture, subset="" if stem == "default" else stem)
            chosen = [int(label) for label in found["labels"].split()]
            for label in dict.fromkeys(chosen):
                if not 0 <= label < len(codes):
                    raise FormatError(f"there is no label {label}; {_SYNSETS} has {len(codes)}")
                rows.add(frame, codes[label], TAG)


def _read_folders(rows: Collector, members: Members) -> Dataset:
    pictures = [name for name in members.names if PICTURE_NAME.search(name)]
    if not pictures:
        raise FormatError("there are neither pictures nor lists of them in it", where=str(members.path))
    frames: dict[str, int] = {}
    images: dict[int, str] = {}
    for member in pictures:
        with located(members.where(member)):
            parts = PurePosixPath(member.replace("\\", "/")).parts
            label = parts[0] if len(parts) > 1 else ""
            inner = "/".join(parts[1:] if label else parts)
            inner = inner.removeprefix(f"{label}_") if label and label != _NO_LABEL and inner != f"{label}_" else inner
            frame = frames.get(inner, -1)
            if frame < 0:
                frames[inner] = frame = rows.add_frame(inner)
                images[frame] = member
            if label and label != _NO_LABEL:
                rows.add(frame, rows.label_of(label), TAG)
    return rows.with_pictures(rows.dataset(), members, images)


def _write_folders(dataset: Dataset, sink: Sink, progress: Progress, labels: list[NDArray[np.int32]]) -> None:
    media = dataset.media
    if media is None:
        return
    for label in dataset.labels:
        if safe_path(label.name) != label.name or "/" in label.name or label.name == _NO_LABEL:
            raise FormatError(f"the label {label.name!r} cannot be the name of a folder", where=dataset.name or None)
    for frame, chosen in enumerate(labels):
        name, data = media(frame)
        for label_id in chosen.tolist():
            label_name = dataset.labels.by_id(label_id).name
            sink.write(f"{label_name}/{label_name}_{safe_path(name)}", data, compress=False)
        if not len(chosen):
            sink.write(f"{_NO_LABEL}/{safe_path(name)}", data, compress=False)
        progress(frame + 1, len(labels))
