"""ICDAR 13/15: texts of words, places of texts, and masks of their letters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.attribute_values import typed_attributes
from cvat_widgets.formats.collecting import PICTURE_NAME, Collector, located, safe_path, text_of, value_text
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.frame_rows import frames_by_subset, rows_by_frame
from cvat_widgets.formats.icdar_segmentation import SegmentationReader, SegmentationWriter
from cvat_widgets.formats.partial_loss import other_attributes
from cvat_widgets.formats.registry import Format, Progress, register
from cvat_widgets.model.geometry import rectangle_corners
from cvat_widgets.model.kinds import POLYGON, RECTANGLE, TAG
from cvat_widgets.model.labels import Attribute, Label

__all__ = ["IcdarLocalization", "IcdarRecognition", "IcdarSegmentation"]

_LABEL = Label("icdar", attributes=(Attribute("text"),))
_ROOTS = ("word_recognition", "text_localization", "text_segmentation")
_WORD = re.compile(r'(?P<name>.+?),\s*(?:"(?P<text>(?:[^"\\]|\\.)*)")?\s*$')
_QUOTED = re.compile(r'(?P<numbers>[^"]*?)[\s,]*"(?P<text>(?:[^"\\]|\\.)*)"\s*$')


def _place(member: str) -> tuple[str, str]:
    """Return subset and path inside of it: a folder of the task's name may stand in front."""
    parts = list(PurePosixPath(member.replace("\\", "/")).parts)
    if len(parts) > 2 and parts[0] in _ROOTS:
        parts = parts[1:]
    subset = parts.pop(0) if len(parts) > 1 else ""
    return ("" if subset == "default" else subset), "/".join(parts)


def _texts(members: Members, prefix: str = "", suffix: str = ".txt") -> list[str]:
    found = []
    for name in members.names:
        path = PurePosixPath(name)
        if path.name.startswith(prefix) and path.name.endswith(suffix) and "images" not in path.parts[:-1]:
            found.append(name)
    return sorted(found)


def _quoted(text: str) -> str:
    return '"' + re.sub(r'([\\"])', r"\\\1", " ".join(text.splitlines())) + '"'


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


class _Pictures:
    """Names of pictures, which the texts do not tell: with the extension of the file in ``images/`` if it is there."""

    def __init__(self, members: Members) -> None:
        self.found: dict[str, list[PurePosixPath]] = {}
        for name in members.names:
            head, folder, inner = f"/{name}".rpartition("/images/")
            if folder and PICTURE_NAME.search(inner):
                self.found.setdefault(PICTURE_NAME.sub("", inner), []).append(PurePosixPath(f"{head}/{inner}"))

    def name(self, subset: str, stem: str) -> str:
        """Return the name of the picture."""
        for path in self.found.get(stem, ()):
            if not subset or subset in path.parts:
                return stem + path.suffix
        return stem


def _write_pictures(dataset: Dataset, sink: Sink, progress: Progress) -> None:
    media = dataset.media
    if media is None:
        return
    for subset, frames in frames_by_subset(dataset).items():
        for frame in frames:
            name, data = media(frame)
            sink.write(f"{subset}/images/{safe_path(name)}", data, compress=False)
            progress(frame + 1, len(dataset.frames))


def _lost(dataset: Dataset, kept: tuple[str, ...]) -> dict[str, int]:
    """Return what has another name than the format's one label and its attributes."""
    lost = other_attributes(dataset, kept)
    for label in dataset.labels:
        count = int((dataset.table.label == label.id).sum())
        if count and label.name != _LABEL.name:
            lost[f"label {label.name!r} (all become {_LABEL.name!r})"] = count
    return lost


@register
class IcdarRecognition(Format):
    """What a picture of a word says: ``<subset>/gt.txt`` with lines ``word.png, "text"``."""

    name = "ICDAR Recognition 1.0"
    kinds = frozenset({"tag"})
    converts = {"attribute": "the text only"}  # noqa: RUF012

    def detect(self, members: Members) -> bool:
        """Whether the first line of a ``gt.txt`` is a picture and a text in quotes."""
        for name in _texts(members, "gt.txt", "gt.txt")[:1]:
            return re.match(rb'(\xef\xbb\xbf)?[^,"\r\n]+\.\w+, ?("|\r?\n|$)', members.read(name)[:4096]) is not None
        return False

    def read(self, members: Members) -> Dataset:
        """Read every ``gt.txt``."""
        rows = Collector(members.path.stem, str(members.path))
        names = _texts(members, "gt.txt", "gt.txt")
        if not names:
            raise FormatError("there is no gt.txt in it", where=str(members.path), hint="Expected is <subset>/gt.txt")
        label = rows.label_of(_LABEL.name)
        for name in names:
            subset = _place(name)[0]
            for number, line in _numbered(members, name):
                with located(f"{members.where(name)}: line {number}"):
                    found = _WORD.match(line)
                    if found is None:
                        raise FormatError(f'not a picture and a text, as in: word.png, "text": {line[:80]!r}')
                    picture = found["name"]
                    frame = rows.frames.get((picture, subset), -1)
                    frame = rows.add_frame(picture, subset=subset) if frame < 0 else frame
                    if found["text"] is not None:
                        rows.set_attribute(rows.add(frame, label, TAG), "text", _unquoted(found["text"]))
        return rows.dataset([_LABEL], members=members)

    def partial_losses(self, dataset: Dataset) -> dict[str, int]:
        """Return tags without a text, and labels and attributes the format has not."""
        tags = dataset.table.take(dataset.table.is_tag)
        values = typed_attributes(tags, dataset.labels)
        silent = sum(not {"text", "caption"} & set(values.get(row, ())) for row in range(len(tags)))
        return {**_lost(dataset, ("text", "caption")), "tag without a text": silent}

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write one ``gt.txt`` a subset and, if wanted, ``<subset>/images/<name>``."""
        tags = dataset.table.take(dataset.table.is_tag)
        values = typed_attributes(tags, dataset.labels)
        texts: dict[int, list[str]] = {}
        for row, frame in enumerate(tags.frame.tolist()):
            own = values.get(row, {})
            text = own.get("text", own.get("caption"))
            if text is not None:
                texts.setdefault(frame, []).append(_quoted(value_text(text)))
        for subset, frames in frames_by_subset(dataset).items():
            lines = [f"{dataset.frames.names[frame]}, {text}\n" for frame in frames for text in texts.get(frame, [""])]
            sink.write(f"{subset}/gt.txt", "".join(lines))
        if save_images:
            _write_pictures(dataset, sink, progress)


def _numbered(members: Members, name: str) -> Iterator[tuple[int, str]]:
    """Yield the lines with something on them, with their numbers."""
    for number, line in enumerate(text_of(members, name).split("\n"), start=1):
        if line.strip():
            yield number, line.strip()


@register
class IcdarLocalization(Format):
    """Where texts are: ``<subset>/gt_<name>.txt``.

    Its lines are boxes ``left top right bottom "text"`` and polygons ``x1,y1,...,"text"``.
    """

    name = "ICDAR Localization 1.0"
    kinds = frozenset({"rectangle", "polygon"})
    converts = {  # noqa: RUF012
        "attribute": "the text only",
        "rotation": "polygon",
        "track": "one shape a frame",
        "z_order": "order of the lines",
    }

    def detect(self, members: Members) -> bool:
        """Whether there is a ``gt_*.txt``."""
        return bool(_texts(members, "gt_"))

    def read(self, members: Members) -> Dataset:
        """Read every text."""
        rows = Collector(members.path.stem, str(members.path))
        names = _texts(members)
        if not names:
            raise FormatError("there is no gt_*.txt in it", where=str(members.path), hint="Expected is one a picture")
        label, pictures = rows.label_of(_LABEL.name), _Pictures(members)
        for name in names:
            subset, path = _place(name)
            inner = PurePosixPath(path[:-4])
            stem = str(inner.with_name(inner.name.removeprefix("gt_") or "_"))
            with located(members.where(name)):
                frame = rows.add_frame(pictures.name(subset, stem), subset=subset)
            for number, line in _numbered(members, name):
                with located(f"{members.where(name)}: line {number}"):
                    points, text = _text_line(line)
                    kind = RECTANGLE if len(points) == 4 else POLYGON
                    if kind == RECTANGLE and (points[0] > points[2] or points[1] > points[3]):
                        raise FormatError("the box ends before it begins")
                    row = rows.add(frame, label, kind, points)
                    rows.set_attribute(row, "text", text)
        return rows.dataset([_LABEL], members=members)

    def partial_losses(self, dataset: Dataset) -> dict[str, int]:
        """Return labels and attributes the format has not."""
        return _lost(dataset, ("text",))

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write one text a picture and, if wanted, ``<subset>/images/<name>``."""
        table = rows_by_frame(dataset, (RECTANGLE, POLYGON))
        values = typed_attributes(table, dataset.labels)
        order, starts = table.frame_rows()
        for subset, frames in frames_by_subset(dataset).items():
            for frame in frames:
                lines = []
                for row in order[starts[frame] : starts[frame + 1]].tolist() if frame + 1 < len(starts) else ():
                    points, separator = table.points_of(row), ","
                    if table.type[row] == RECTANGLE:
                        turned = table.rotation[row] != 0
                        points = rectangle_corners(points, float(table.rotation[row])) if turned else points
                        separator = "," if turned else " "
                    text = values.get(row, {}).get("text")
                    parts = [*map(repr, points.tolist()), *([] if text is None else [_quoted(value_text(text))])]
                    lines.append(separator.join(parts) + "\n")
                path = PurePosixPath(safe_path(PICTURE_NAME.sub("", dataset.frames.names[frame])))
                sink.write(f"{subset}/{path.with_name(f'gt_{path.name}')}.txt", "".join(lines))
        if save_images:
            _write_pictures(dataset, sink, progress)


def _text_line(line: str) -> tuple[list[float], str | None]:
    """Return coordinates and text of a line, in quotes or, as in ICDAR 2015, without."""
    found = _QUOTED.match(line)
    body, text = (found["numbers"], _unquoted(found["text"])) if found is not None else (line, None)
    words = body.split(",") if "," in body else body.split()
    separator = "," if "," in body else " "
    numbers: list[float] = []
    for word in words:
        if not re.fullmatch(r"\s*[-+]?\d+(\.\d*)?([eE][-+]?\d+)?\s*", word):
            break
        numbers.append(float(word))
    if text is None and (len(numbers) < len(words) or len(numbers) % 2):
        # Without quotes, what follows four or eight numbers is the text, even if it begins with a digit.
        count = 8 if len(numbers) >= 8 else 4
        numbers, text = numbers[:count], separator.join(words[count:])
    elif len(numbers) < len(words):
        raise FormatError(f"not a number: {words[len(numbers)][:40]!r}")
    if len(numbers) < 4 or len(numbers) % 2:
        raise FormatError(f"it has {len(numbers)} numbers; a box has four, a polygon at least six and an even count")
    return numbers, text


@register
class IcdarSegmentation(Format):
    """Letters as masks: ``<subset>/<name>_GT.bmp`` with a colour each, and ``<name>_GT.txt`` with what they are."""

    name = "ICDAR Segmentation 1.0"
    kinds = frozenset({"mask"})
    converts = {  # noqa: RUF012
        "rectangle": "mask", "polygon": "mask", "ellipse": "mask", "rotation": "mask", "group": "one mask",
        "attribute": "index, text, color and center only", "z_order": "what is painted last", "track": "one mask a frame",
    }  # fmt: skip

    def detect(self, members: Members) -> bool:
        """Whether there is a ``*_GT.txt``."""
        return bool(_texts(members, suffix="_GT.txt"))

    def read(self, members: Members) -> Dataset:
        """Read every text and its picture of colours."""
        names = _texts(members, suffix="_GT.txt")
        if not names:
            raise FormatError("there is no *_GT.txt in it", where=str(members.path), hint="Expected is one a picture")
        reader, pictures = SegmentationReader(members), _Pictures(members)
        for name in names:
            subset, path = _place(name)
            stem = path.removesuffix("_GT.txt")
            with located(members.where(name)):
                frame = reader.rows.add_frame(pictures.name(subset, stem), subset=subset)
            reader.read(name, frame)
        return reader.dataset()

    def partial_losses(self, dataset: Dataset) -> dict[str, int]:
        """Return labels and attributes the format has not."""
        return _lost(dataset, ("index", "text", "color", "center"))

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write text and colours of every picture and, if wanted, ``<subset>/images/<name>``."""
        writer = SegmentationWriter(dataset, sink)
        for subset, frames in frames_by_subset(dataset).items():
            for frame in frames:
                writer.write(frame, f"{subset}/{safe_path(PICTURE_NAME.sub('', dataset.frames.names[frame]))}_GT")
        if save_images:
            _write_pictures(dataset, sink, progress)
