"""Ultralytics datasets read: data.yaml, frames by list or by folder, and the label lines of four kinds."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.yolo_frames import FrameList, inner_path, is_picture, label_set, read_text, text_name
from cvat_widgets.formats.yolo_lines import LabelLines, read_lines
from cvat_widgets.formats.yolo_shapes import PlacedLines, box_table, place, polygon_table, skeleton_table, turned_box_table
from cvat_widgets.formats.yolo_yaml import Node, read_yaml
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import Label, LabelSet
from cvat_widgets.model.table import AnnotationTable

__all__ = ["kinds_of", "read_ultralytics"]

_SUBSETS = ("train", "val", "valid", "test")
_OTHERS = frozenset({"path", "names", "nc", "kpt_shape", "flip_idx", "kpt_names", "download", "backup", "classes", "roboflow"})
_SAMPLE = 50
_MAX_JOINTS = 1000
_NAMED = re.compile(rb"# Ultralytics YOLO (Detection|Oriented Bounding Boxes|Segmentation|Pose)\b")
_KINDS = {b"Detection": "box", b"Oriented Bounding Boxes": "turned box", b"Segmentation": "polygon", b"Pose": "skeleton"}
_JOINT_NAMES = re.compile(rb"^# (kpt_names: .*)$", re.MULTILINE)


@dataclass(frozen=True)
class _Config:
    """What ``data.yaml`` says; ``root`` is its folder, ``where`` how errors name it."""

    values: Mapping[str, Node]
    data: bytes
    root: str
    where: str


def _config(members: Members) -> _Config:
    found = [name for name in members.names if name.lower().endswith((".yaml", ".yml")) and name.count("/") <= 1]
    if len(found) > 1:
        best = [name for name in found if PurePosixPath(name).name in ("data.yaml", "data.yml")]
        found = sorted(best, key=lambda name: name.count("/"))[:1] or found
    if not found:
        raise FormatError("there is no data.yaml in it", where=str(members.path), hint="It has the labels and the subsets")
    if len(found) > 1:
        raise FormatError(f"which of {', '.join(found[:3])} describes the dataset?", where=str(members.path))
    folder = found[0].rpartition("/")[0]
    where, data = members.where(found[0]), members.read(found[0])
    return _Config(read_yaml(data, where), data, f"{folder}/" if folder else "", where)


def kinds_of(members: Members) -> set[str]:
    """Return what the label lines can be: ``box``, ``turned box``, ``polygon``, ``skeleton``; nothing for other files."""
    if not any(name.lower().endswith((".yaml", ".yml")) for name in members.names):
        return set()
    try:
        config = _config(members)
    except FormatError:
        return set()
    if "names" not in config.values:
        return set()
    if "kpt_shape" in config.values:
        return {"skeleton"}
    named = _NAMED.match(config.data)
    return {_KINDS[named[1]]} if named else _kinds_of_lines(members)


def _kinds_of_lines(members: Members) -> set[str]:
    names = [name for name in members.names if name.endswith(".txt") and "labels" in PurePosixPath(name).parts[:-1]]
    lines: LabelLines | None = None
    with contextlib.suppress(FormatError):
        lines = read_lines(members, names[:_SAMPLE])
        if not len(lines):
            lines = read_lines(members, names)
    if lines is None or not len(lines) or (lines.counts <= 6).all():
        return {"box"}
    if not np.isin(lines.counts, (9, 10)).all():
        return {"polygon"}
    # Four points may be a polygon, too. Boxes keep opposite sides equal, even as fractions.
    corners = lines.block(1, 8).reshape(-1, 4, 2)
    slack = np.abs(corners[:, 0] + corners[:, 2] - corners[:, 1] - corners[:, 3])
    return {"turned box"} if (slack < 5e-6).all() else {"turned box", "polygon"}


def read_ultralytics(members: Members, kind: str) -> Dataset:
    """Read a dataset whose lines are of one kind; see :func:`kinds_of`."""
    config = _config(members)
    names = _names(config)
    frames = _frames(members, config)
    files, frame_of_file = frames.label_files()
    lines = read_lines(members, files)
    joints, numbers = _joint_shape(config) if kind == "skeleton" else (0, 0)
    tracked = _checked(lines, kind, joints, numbers)
    placed = place(lines, frame_of_file, frames.subsets, list(names), tracked)
    given = _joint_names(config, list(names), joints) if kind == "skeleton" else []
    meta = {"images": frames.images()}

    def fit(labels: LabelSet, widths: NDArray[np.int32], heights: NDArray[np.int32]) -> Dataset:
        joint_names = [_fitted(labels, name, own, joints) for name, own in zip(names.values(), given, strict=False)]
        found = label_set(_labels(list(names.values()), joint_names), config.where)
        table = _table(placed, found, kind, (joints, numbers), widths, heights)
        index = FrameIndex(frames.names, widths, heights, tuple(frames.subsets))
        return Dataset(labels=found, frames=index, table=table, name=members.path.stem, meta=meta | {"fit": fit})

    return fit(LabelSet(), *frames.sizes(members))


def _names(config: _Config) -> dict[int, str]:
    """Return the label names by the ids that lines use, in order."""
    given = config.values.get("names")
    items: list[tuple[str, Node]] = []
    if isinstance(given, list):
        items = [(str(number), name) for number, name in enumerate(given)]
    elif isinstance(given, dict):
        items = list(given.items())
    else:
        raise FormatError("'names' is missing, or no list of labels", where=config.where)
    found: dict[int, str] = {}
    for key, name in items:
        if not isinstance(name, str) or not re.fullmatch(r"\d{1,9}", key) or int(key) in found:
            raise FormatError(f"the label {key[:40]!r} of 'names' is not 'number: name'", where=config.where)
        found[int(key)] = name
    count = config.values.get("nc", str(len(found)))
    if count != str(len(found)):
        raise FormatError(f"'nc' is {count}, but there are {len(found)} 'names'", where=config.where)
    return dict(sorted(found.items()))


def _frames(members: Members, config: _Config) -> FrameList:
    """Return the frames of all subsets, each with its label file and picture if they are there."""
    frames = FrameList()
    present = set(members.names)
    for subset, value in config.values.items():
        sources = value if isinstance(value, list) else [value]
        if subset in _OTHERS or value in ("", []) or not all(isinstance(source, str) for source in sources):
            continue
        for source in sources:
            try:
                listed = list(_expanded(members, config, subset, str(source), present))
            except FormatError:
                if subset in _SUBSETS:
                    raise
                # A word of some other program, not a subset.
                continue
            for path, where in listed:
                labels = config.root + _label_path(path)
                member = config.root + path
                picture = member if member in present else ""
                frames.add(path, _frame_name(path, subset), subset, labels if labels in present else "", picture, where)
    if not frames.names and not any(config.values.get(subset) for subset in _SUBSETS):
        raise FormatError("it names no subset", where=config.where, hint="Add 'train: train.txt' or 'train: images/train'")
    return frames


def _expanded(members: Members, config: _Config, subset: str, source: str, present: set[str]) -> Iterator[tuple[str, str]]:
    """Give the picture paths of a list, a folder or a single picture, each with how an error names its place."""
    # Roboflow writes '../train/images' for a folder beside the file.
    path = inner_path(re.sub(r"^(\.\./)+", "", source.strip()), f"{config.where}: {subset}")
    if path.endswith(".txt"):
        if config.root + path not in present:
            raise FormatError(f"the list {path[:120]!r} of {subset!r} is missing", where=config.where)
        for line, where in read_text(members, config.root + path):
            yield inner_path(line, where), where
        return
    if is_picture(path):
        yield path, config.where
        return
    folder = config.root + path + "/"
    labels = config.root + _label_path(path + "/x.jpg")[: -len("x.txt")]
    found = [name for name in members.names if name.startswith(folder) and is_picture(name)]
    known = {text_name(name[len(folder) :]) for name in found}
    texts = [name[len(labels) :] for name in members.names if name.startswith(labels) and name.endswith(".txt")]
    if not found and not texts:
        raise FormatError(
            f"the folder {path[:120]!r} of {subset!r} is missing or empty",
            where=config.where,
            hint="Remove the subset, or add its files",
        )
    paths = [(name[len(config.root) :], members.where(name)) for name in found]
    paths += [(f"{path}/{text[:-4]}.jpg", members.where(labels + text)) for text in texts if text not in known]
    yield from sorted(paths)


def _label_path(picture: str) -> str:
    """Return the label file of a picture: in ``labels`` instead of ``images``."""
    parts = text_name(picture).split("/")
    folders = [place for place, part in enumerate(parts[:-1]) if part == "images"][:1]
    for number in folders:
        parts[number] = "labels"
    return "/".join(parts)


def _frame_name(picture: str, subset: str) -> str:
    """Return the name of a frame: the path below ``images/<subset>/`` or ``<subset>/images/``."""
    parts = picture.split("/")
    if "images" not in parts[:-1]:
        return picture
    at = parts.index("images")
    rest = parts[at + 1 :]
    if len(rest) > 1 and (at == 0 or rest[0] == subset):
        rest = rest[1:]
    return "/".join(rest)


def _checked(lines: LabelLines, kind: str, joints: int, numbers: int) -> NDArray[np.bool_]:
    """Check how many numbers the lines have and their range; return which end with a track id."""
    counts = lines.counts
    plain = {"box": 5, "turned box": 9, "skeleton": 5 + joints * numbers}.get(kind)
    if plain is None:
        lines.refuse(
            counts < 7, "a polygon has a label and at least three points", "Boxes are read as Ultralytics YOLO Detection 1.0"
        )
        tracked: NDArray[np.bool_] = counts % 2 == 0
    else:
        tracked = np.asarray(counts == plain + 1)
        bad = ~tracked & (counts != plain)
        hint = f"Expected are {plain} numbers, or one more for a track"
        found = int(counts[int(np.argmax(bad))]) if len(counts) else 0
        lines.refuse(bad, f"the line has {found} numbers", hint)
    lines.check_fractions(np.ones(len(lines), np.int64), counts - tracked)
    if kind in ("box", "skeleton"):
        lines.refuse((lines.block(3, 2) < 0).any(axis=1), "the width or height of a box is negative")
    if numbers == 3:
        seen = lines.block(5, joints * 3)[:, 2::3]
        lines.refuse(~np.isin(seen, (0, 1, 2)).all(axis=1), "the visibility of a joint is 0, 1 or 2")
    return tracked


def _joint_shape(config: _Config) -> tuple[int, int]:
    given = config.values.get("kpt_shape")
    if not isinstance(given, list) or len(given) != 2:
        raise FormatError("'kpt_shape' is missing, or not [joints, 2 or 3]", where=config.where)
    joints, numbers = given
    if numbers not in ("2", "3") or not isinstance(joints, str) or not re.fullmatch(r"\d{1,4}", joints):
        raise FormatError("'kpt_shape' is not [joints, 2 or 3]", where=config.where)
    if not 0 < int(joints) <= _MAX_JOINTS:
        raise FormatError(f"a skeleton cannot have {joints} joints", where=config.where)
    return int(joints), int(numbers)


def _joint_names(config: _Config, keys: list[int], joints: int) -> list[list[str]]:
    """Return the names of the joints the file has for each label; nothing for those it does not name."""
    given = config.values.get("kpt_names")
    comment = _JOINT_NAMES.search(config.data)
    if given is None and comment is not None:
        given = read_yaml(comment[1], config.where).get("kpt_names")
    if given is None or isinstance(given, str):
        return [[] for _ in keys]
    found: list[list[str]] = []
    for number, key in enumerate(keys):
        named = isinstance(given, dict) or any(isinstance(each, list) for each in given)
        names: Node = given if not named else given.get(str(key), []) if isinstance(given, dict) else given[number : number + 1]
        if isinstance(names, list) and names and isinstance(names[0], list):
            names = names[0]
        texts = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
        if len(texts) > joints or len(set(texts)) < len(texts) or not all(name.strip() for name in texts):
            raise FormatError(f"'kpt_names' of label {key} are not up to {joints} different names", where=config.where)
        found.append(texts)
    return found


def _fitted(labels: LabelSet, name: str, own: list[str], joints: int) -> list[str]:
    """Return the joints of a label: the task's by position, unless the file has names and they are the same."""
    if name in labels and labels[name].sublabels:
        known = [joint.name for joint in labels[name].sublabels]
        if len(known) > joints:
            raise FormatError(f"the skeleton {name!r} has {len(known)} joints in the task and {joints} in the file")
        return own if own and set(own) <= set(known) else known
    # The prefix is CVAT's; it is left out where the name would become too long for a label.
    prefix = f"{name}_" if len(name) + len(f"_point_{joints}") <= 64 else ""
    return own or [f"{prefix}point_{number}" for number in range(joints)]


def _labels(names: list[str], joint_names: list[list[str]]) -> Iterator[Label]:
    for number, name in enumerate(names):
        if joint_names:
            yield Label(name, type="skeleton", sublabels=tuple(Label(joint, type="points") for joint in joint_names[number]))
        else:
            yield Label(name)


def _table(
    placed: PlacedLines,
    labels: LabelSet,
    kind: str,
    shape: tuple[int, int],
    widths: NDArray[np.int32],
    heights: NDArray[np.int32],
) -> AnnotationTable:
    ids = [label.id for label in labels]
    if kind != "skeleton":
        maker = {"box": box_table, "turned box": turned_box_table, "polygon": polygon_table}[kind]
        return maker(placed, ids, widths, heights)
    joint_ids = np.full((len(ids), shape[0]), -1, np.int64)
    for number, label in enumerate(labels):
        joint_ids[number, : len(label.sublabels)] = [joint.id for joint in label.sublabels]
    return skeleton_table(placed, joint_ids, ids, shape[1], widths, heights)
