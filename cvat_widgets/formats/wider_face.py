"""WIDER Face 1.0: ``wider_face_split/wider_face_<subset>_bbx_gt.txt``, as CVAT reads and writes it.

The columns after a box are those of CVAT: blur, expression, illumination, occluded, pose, invalid. (The data set's own files
have invalid before occlusion and pose.)
"""

from __future__ import annotations

from collections import Counter

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.frame_rows import frames_by_subset, rows_by_frame
from cvat_widgets.formats.label_lists import label_text
from cvat_widgets.formats.partial_loss import other_attributes
from cvat_widgets.formats.picture_names import stem_of, write_named_pictures
from cvat_widgets.formats.registry import Format, Progress, register
from cvat_widgets.formats.wider_face_reader import (
    DEFAULT_LABEL,
    NO_LABEL,
    WIDER_ATTRIBUTES,
    WIDER_FILE,
    WiderFaceReader,
)
from cvat_widgets.model.kinds import RECTANGLE, TAG, Flag

__all__ = ["WiderFace"]

_BOOLEANS = {"true": "True", "false": "False"}


@register
class WiderFace(Format):
    """A text file a subset: the path of a picture, the number of its boxes, and one line a box."""

    name = "WIDER Face 1.0"
    kinds = frozenset({"rectangle", "tag", "attribute", "occluded"})
    converts = {"track": "one shape a frame"}  # noqa: RUF012

    def detect(self, members: Members) -> bool:
        """Whether there is a folder ``wider_face_split`` with texts."""
        return any(WIDER_FILE.fullmatch(name) for name in members.names)

    def read(self, members: Members) -> Dataset:
        """Read all subsets."""
        return WiderFaceReader(members).read()

    def partial_losses(self, dataset: Dataset) -> dict[str, int]:
        """Return further tags of a frame, other attributes, and values with blanks in them."""
        writer = _Writer(dataset)
        for frame in range(len(dataset.frames)):
            writer.path(frame)
            writer.boxes(frame)
        return writer.lost

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write one text a subset; a frame's first tag is the folder it stands in."""
        writer = _Writer(dataset)
        stems = [""] * len(dataset.frames)
        for subset, frames in frames_by_subset(dataset).items():
            lines: list[str] = []
            for frame in frames:
                path = writer.path(frame)
                stems[frame] = f"WIDER_{subset}/images/{stem_of(path)}"
                boxes = writer.boxes(frame)
                lines += [path, *([str(len(boxes))] if boxes else []), *boxes]
            sink.write(f"wider_face_split/wider_face_{subset}_bbx_gt.txt", "".join(f"{line}\n" for line in lines))
        sink.write("labels.txt", label_text(dataset.labels.names))
        if save_images:
            write_named_pictures(dataset, sink, stems, progress)


class _Writer:
    def __init__(self, dataset: Dataset) -> None:
        self.frames = dataset.frames
        self.rows = rows_by_frame(dataset, (RECTANGLE, TAG))
        self.lost = Counter(other_attributes(dataset, WIDER_ATTRIBUTES))
        self.names = {label.id: label.name for label in dataset.labels}
        self.number = {label.id: index for index, label in enumerate(dataset.labels)}
        self.specs = {spec.id: spec.name for label in dataset.labels for spec in label.attributes}
        self.values = self.rows.attributes.to_dicts(len(self.rows))
        self.order, self.starts = self.rows.frame_rows()

    def _rows(self, frame: int, kind: int) -> list[int]:
        if frame + 1 >= len(self.starts):
            return []
        rows: list[int] = self.order[self.starts[frame] : self.starts[frame + 1]].tolist()
        return [row for row in rows if self.rows.type[row] == kind]

    def path(self, frame: int) -> str:
        """Return the path of a frame: in the folder of its tag."""
        tags = self._rows(frame, TAG)
        folder = NO_LABEL
        if tags:
            label = int(self.rows.label[tags[0]])
            folder = f"{self.number[label]}--{self.names[label]}"
            self.lost["further tag of a frame"] += len(tags) - 1
            self.lost["attribute of a tag"] += sum(len(self.values[row]) for row in tags)
            if "/" in folder or "\\" in folder:
                raise FormatError(f"the label {self.names[label]!r} cannot be the name of a folder")
        name = self.frames.names[frame]
        return f"{folder}/{name if stem_of(name) != name else f'{name}.jpg'}"

    def boxes(self, frame: int) -> list[str]:
        """Return one line for each box of a frame."""
        rows = self.rows
        lines: list[str] = []
        for row in self._rows(frame, RECTANGLE):
            left, top, right, bottom = rows.points_of(row).tolist()
            fields = [f"{value:.12g}" for value in (left, top, right - left, bottom - top)]
            fields += self._attributes(row)
            label = " ".join(self.names[int(rows.label[row])].split())
            lines.append(" ".join(fields if label == DEFAULT_LABEL else [*fields, label]))
        return lines

    def _attributes(self, row: int) -> list[str]:
        given = {self.specs[spec]: text for spec, text in self.values[row].items()}
        occluded = bool(self.rows.flags[row] & int(Flag.OCCLUDED))
        level = given.get("occluded")
        # A level of occlusion says more than the flag, as long as it does not contradict it.
        if level is None or (level not in ("0", "false")) != occluded:
            given["occluded"] = "true" if occluded else "false"
        fields: list[str] = []
        for name in WIDER_ATTRIBUTES:
            text = given.get(name, "-")
            if not text or len(text.split()) != 1 or text != text.strip():
                self.lost[f"value of {name} with spaces"] += bool(text)
                text = "-"
            fields.append(_BOOLEANS.get(text, text))
        return fields
