"""Market-1501 1.0: who is on which camera, in the names of pictures. CVAT keeps it as attributes of the tag ``market-1501``."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.collecting import Collector, located, path_problem, text_of
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.frame_rows import frames_by_subset, rows_by_frame
from cvat_widgets.formats.partial_loss import other_attributes
from cvat_widgets.formats.picture_names import PictureNames, natural_key, sized, stem_of, write_named_pictures
from cvat_widgets.formats.registry import Format, Progress, register
from cvat_widgets.model.kinds import TAG
from cvat_widgets.model.labels import Attribute, Label

__all__ = ["Market1501"]

_LABEL = "market-1501"
_NAME = re.compile(r"(-?[0-9]{1,9})_c([0-9]{1,9})s([0-9]{1,9})_([0-9]{1,9})_([0-9]{1,9})(?:_(.+))?")
_LIST = re.compile(r"(?:(.*)/)?images_(.+)\.txt")
_FOLDER = re.compile(r"(?:(.*)/)?(bounding_box_([^/]+)|query)/[^/].*")
_ATTRIBUTES = ("query", "person_id", "camera_id", "track_id", "frame_id", "bbox_id")


@register
class Market1501(Format):
    """``images_<subset>.txt`` with paths in ``bounding_box_<subset>`` and ``query``; or those folders themselves."""

    name = "Market-1501 1.0"
    kinds = frozenset({"tag", "attribute"})

    def detect(self, members: Members) -> bool:
        """Whether there are folders of Market-1501, or a list of pictures in them."""
        for name in members.names:
            match = _FOLDER.fullmatch(name)
            if match and (match[3] or _facts(stem_of(name.rpartition("/")[2]))[0]):
                return True
        lists = [name for name in members.names if _LIST.fullmatch(name)]
        return any(_FOLDER.fullmatch(_first_line(members, name)) for name in lists[:1])

    def read(self, members: Members) -> Dataset:
        """Read the lists of all subsets, or the folders where there are none."""
        return _Reader(members).read()

    def partial_losses(self, dataset: Dataset) -> dict[str, int]:
        """Return other tags and attributes, and values that are no numbers."""
        writer = _Writer(dataset)
        for subset, frames in frames_by_subset(dataset).items():
            for frame in frames:
                writer.path(frame, subset)
        return writer.lost

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Write one list a subset; frames whose names say nothing get a name that does, with their own behind."""
        writer = _Writer(dataset)
        stems = [""] * len(dataset.frames)
        for subset, frames in frames_by_subset(dataset).items():
            lines = []
            for frame in frames:
                path = writer.path(frame, subset)
                stems[frame] = stem_of(path)
                lines.append(f"{path}\n")
            sink.write(f"images_{subset}.txt", "".join(lines))
        if save_images:
            write_named_pictures(dataset, sink, stems, progress)


def _first_line(members: Members, name: str) -> str:
    return members.read(name)[:4096].decode("utf-8", "replace").lstrip("\ufeff").partition("\n")[0].strip()


@dataclass(frozen=True)
class _Facts:
    """What a name says; cameras count from 0 in attributes and from 1 in names."""

    person_id: str
    camera_id: int
    track_id: int
    frame_id: int
    bbox_id: int

    def __str__(self) -> str:
        return f"{self.person_id}_c{self.camera_id + 1}s{self.track_id}_{self.frame_id:06d}_{self.bbox_id:02d}"

    @property
    def sequence(self) -> tuple[str, int, int]:
        return self.person_id, self.camera_id, self.track_id


def _facts(name: str) -> tuple[_Facts | None, str]:
    """Return what a name says, and the name that stands behind, if any."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None, name
    person, *numbers, own = match.groups()
    camera, track, frame, box = (int(number) for number in numbers)
    return (None, name) if camera < 1 else (_Facts(person, camera - 1, track, frame, box), own or name)


class _Counter:
    """Numbers the frames of a person on a camera where nothing else does."""

    def __init__(self) -> None:
        self.last: dict[tuple[str, int, int], int] = {}

    def following(self, sequence: tuple[str, int, int]) -> int:
        return self.last.get(sequence, -1) + 1

    def note(self, facts: _Facts) -> None:
        self.last[facts.sequence] = max(self.last.get(facts.sequence, -1), facts.frame_id)


class _Reader:
    def __init__(self, members: Members) -> None:
        self.members = members
        self.rows = Collector(members.path.stem, str(members.path))
        self.names = PictureNames(members, ".jpg")
        self.counters: dict[str, _Counter] = {}
        self.used: set[str] = set()

    def read(self) -> Dataset:
        lists = [(match, name) for name in sorted(self.members.names) if (match := _LIST.fullmatch(name))]
        pictures = sorted(self.names.pictures.values(), key=natural_key)
        folders = [(match, name) for name in pictures if (match := _FOLDER.fullmatch(name))]
        if not lists and not folders:
            raise FormatError(
                "there is no Market-1501 dataset in it",
                where=str(self.members.path),
                hint="Expected are images_<subset>.txt, or folders bounding_box_<subset> and query",
            )
        for match, name in lists:
            for number, line in enumerate(text_of(self.members, name).split("\n"), 1):
                if line.strip():
                    with located(f"{self.members.where(name)}: line {number}"):
                        self._picture(match[1] or "", line.strip().replace("\\", "/"), match[2])
        if not lists:
            for match, name in folders:
                with located(self.members.where(name)):
                    root = match[1] or ""
                    self._picture(root, name[len(root) :].lstrip("/"), match[3] or "query")
        attributes = tuple(
            Attribute(name, "checkbox" if name == "query" else "text") for name in _ATTRIBUTES if name in self.used
        )
        data = self.rows.dataset([Label(_LABEL, attributes=attributes)])
        return sized(data, self.members, self.names.found)

    def _picture(self, root: str, path: str, subset: str) -> None:
        rows = self.rows
        problem = path_problem(path)
        if problem:
            raise FormatError(problem)
        folder, _, rest = path.partition("/")
        if not rest or not (folder == "query" or folder.startswith("bounding_box_")):
            raise FormatError(f"the picture {path[:120]!r} is neither in bounding_box_{subset} nor in query")
        before, slash, name = rest.rpartition("/")
        facts, own = _facts(stem_of(name))
        stem = f"{before}{slash}{own}"
        images = f"{root}/{folder}".lstrip("/")
        extension = name[len(stem_of(name)) :]
        frame = rows.add_frame(stem + extension if extension else self.names.full_name(images, stem), subset=subset)
        self.names.note(frame, images, f"{before}{slash}{name}")
        if facts is None:
            if folder == "query":
                self._tag(frame, {"query": "true"})
            return
        values = {
            "query": "true" if folder == "query" else "false",
            "person_id": facts.person_id,
            "camera_id": str(facts.camera_id),
        }
        counter = self.counters.setdefault(subset, _Counter())
        if own != stem_of(name):
            # The frame's own name says nothing of these; they are told where they are not what we would count.
            expected = {"track_id": 1, "frame_id": counter.following(facts.sequence), "bbox_id": 0}
            values |= {key: str(getattr(facts, key)) for key, value in expected.items() if getattr(facts, key) != value}
        counter.note(facts)
        self._tag(frame, values)

    def _tag(self, frame: int, values: dict[str, str]) -> None:
        row = self.rows.add(frame, self.rows.label_of(_LABEL), TAG)
        for key, value in values.items():
            self.rows.set_attribute(row, key, value)
        self.used.update(values)


class _Writer:
    def __init__(self, dataset: Dataset) -> None:
        self.frames = dataset.frames
        self.rows = rows_by_frame(dataset, (TAG,))
        self.names = {label.id: label.name for label in dataset.labels}
        self.specs = {spec.id: spec.name for label in dataset.labels for spec in label.attributes}
        self.values = self.rows.attributes.to_dicts(len(self.rows))
        self.lost = Counter(other_attributes(dataset, _ATTRIBUTES))
        self.by_frame: dict[int, list[int]] = {}
        for row, frame in enumerate(self.rows.frame.tolist()):
            self.by_frame.setdefault(frame, []).append(row)
        self.counters: dict[str, _Counter] = {}

    def path(self, frame: int, subset: str) -> str:
        """Return the path of a frame, with what its tag says."""
        tags = self.by_frame.get(frame, [])
        own = [row for row in tags if self.names[int(self.rows.label[row])] == _LABEL]
        self.lost[f"tag that is not {_LABEL!r}"] += len(tags) - len(own)
        # CVAT takes a frame's tag only if there is no doubt which.
        self.lost[f"frame with several tags {_LABEL!r}"] += len(own) > 1
        values = {self.specs[spec]: text for spec, text in self.values[own[0]].items()} if len(own) == 1 else {}
        folder = "query" if values.get("query", "").lower() in ("true", "1") else f"bounding_box_{subset}"
        name = self.frames.names[frame]
        stem = stem_of(name)
        before, slash, last = stem.rpartition("/")
        known, own_name = _facts(last)
        counter = self.counters.setdefault(subset, _Counter())
        facts = self._facts(values, counter)
        if facts is None or (known is not None and own_name == last and known.sequence[:2] == facts.sequence[:2]):
            facts = known
        else:
            stem = f"{before}{slash}{facts}_{last}"
        if facts is not None:
            counter.note(facts)
        elif own and folder != "query":
            self.lost["tag without person_id"] += 1
        return f"{folder}/{stem}{name[len(stem_of(name)) :] or '.jpg'}"

    def _facts(self, values: dict[str, str], counter: _Counter) -> _Facts | None:
        person = values.get("person_id", "")
        if not re.fullmatch(r"-?[0-9]{1,9}", person):
            self.lost["person_id that is not a number"] += bool(person)
            return None
        numbers = {
            key: self._whole(values, key, default) for key, default in (("camera_id", 0), ("track_id", 1), ("bbox_id", 0))
        }
        following = counter.following((person, numbers["camera_id"], numbers["track_id"]))
        return _Facts(person, frame_id=self._whole(values, "frame_id", following), **numbers)

    def _whole(self, values: dict[str, str], key: str, default: int) -> int:
        text = values.get(key, str(default))
        if re.fullmatch(r"[0-9]{1,8}", text):
            return int(text)
        self.lost[f"{key} that is not a number"] += bool(text)
        return default
