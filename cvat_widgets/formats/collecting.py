"""What readers of foreign formats share: rows with defaults, frames by name, texts with bounds, errors with a place."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import msgspec
import numpy as np

from cvat_widgets.errors import CvatWidgetsError, FormatError
from cvat_widgets.formats.archive import Members
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.frame_rows import rebuilt_tracks
from cvat_widgets.formats.picture_names import sized
from cvat_widgets.formats.rows import RowBuilder
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.kinds import SOURCE_CODE
from cvat_widgets.model.labels import Label

__all__ = ["PICTURE_NAME", "Collector", "located", "path_problem", "picture_members", "safe_path", "text_of", "value_text"]

_FILE = SOURCE_CODE["file"]
_MAX_SIDE = 1_000_000
_MAX_NAME, _MAX_VALUE = 64, 4096
PICTURE_NAME = re.compile(r"\.(jpe?g|jfif|png|bmp|gif|webp|tiff?|jp2|avif|ppm|pgm|mpo)$", re.IGNORECASE)
"""Ends of names of pictures."""


@contextlib.contextmanager
def located(where: str) -> Iterator[None]:
    """Turn what goes wrong inside into a :class:`FormatError` that says where."""
    try:
        yield
    except FormatError as error:
        if error.where is not None:
            raise
        raise FormatError(error.what, where=where, hint=error.hint) from None
    except CvatWidgetsError as error:
        raise FormatError(error.what, where=where, hint=error.hint) from None
    except KeyError as error:
        raise FormatError(f"{error} is missing", where=where) from None
    except (TypeError, ValueError, OverflowError, IndexError, AttributeError) as error:
        raise FormatError(f"a value cannot be read: {error}", where=where) from None


def text_of(members: Members, name: str) -> str:
    """Return a member as text: UTF-8, with or without the mark at its start, line ends of any system."""
    try:
        text = members.read(name).removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(f"the text is not UTF-8: {error.reason} at byte {error.start}", where=members.where(name)) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def value_text(value: object) -> str:
    """Return the value of an attribute as the model keeps it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.15g}"
    return msgspec.json.encode(value).decode() if isinstance(value, (dict, list)) else str(value)


def path_problem(name: str) -> str | None:
    """Say why a name cannot be the name of a frame, or ``None`` if it can."""
    # Not by pathlib, which keeps every part of every path for good.
    path = name.replace("\\", "/")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if not name.strip() or not (parts or path.startswith("/")):
        return "a frame has no name"
    if ".." in parts or path.startswith("/") or ":" in parts[0][:3] or "\0" in name:
        return f"the name {name[:120]!r} leads out of the dataset"
    return None


def safe_path(name: str) -> str:
    """Return a frame's name as a relative path with forward slashes, whatever it is."""
    return "/".join(part for part in PurePosixPath(name.replace("\\", "/")).parts if part not in ("/", "..", ".")) or "_"


def picture_members(members: Members, names: Sequence[str], subsets: Sequence[str] = ()) -> dict[int, str]:
    """Return the member that holds the picture of each frame, for those there are."""
    found: dict[str, list[str]] = {}
    for member in members.names:
        if PICTURE_NAME.search(member):
            path = PurePosixPath(member.replace("\\", "/"))
            for key in {path.name, path.stem}:
                found.setdefault(key, []).append(member)
    pictures: dict[int, str] = {}
    for frame, name in enumerate(names):
        tail = name.replace("\\", "/")
        fitting = [
            member
            for member in found.get(PurePosixPath(tail).name, ())
            if f"/{member}".endswith(f"/{tail}") or f"/{PICTURE_NAME.sub('', member)}".endswith(f"/{tail}")
        ]
        subset = subsets[frame] if len(subsets) else ""
        inside = [member for member in fitting if subset in PurePosixPath(member).parts]
        if fitting:
            pictures[frame] = (inside or fitting)[0]
    return pictures


class Collector(RowBuilder):
    """Rows and frames of a dataset while it is read.

    Parameters
    ----------
    name
        Name of the dataset.
    where
        How errors name it.
    """

    def __init__(self, name: str, where: str) -> None:
        super().__init__()
        self.name = name
        self.where = where
        self.frame_names: list[str] = []
        self.widths: list[int] = []
        self.heights: list[int] = []
        self.subsets: list[str] = []
        self.frame_ids: list[int] = []
        self.frames: dict[tuple[str, str], int] = {}
        self.next_id = 1
        self.track_keys: dict[Any, int] = {}

    def add_frame(self, name: str, width: int = 0, height: int = 0, subset: str = "") -> int:
        """Add a frame and return its number."""
        problem = path_problem(name)
        if problem:
            raise FormatError(problem)
        if not (0 <= width <= _MAX_SIDE and 0 <= height <= _MAX_SIDE):
            raise FormatError(f"a picture cannot be {width} x {height} pixels")
        if (name, subset) in self.frames:
            raise FormatError(f"two frames are called {name[:120]!r}")
        self.frames[name, subset] = frame = len(self.frame_names)
        self.frame_names.append(name)
        self.widths.append(int(width))
        self.heights.append(int(height))
        self.subsets.append(subset)
        return frame

    def label_of(self, name: str, skeleton: str = "") -> int:
        """Return the number of a label."""
        if not isinstance(name, str) or not name.strip():
            raise FormatError("a label has no name")
        if len(name) > _MAX_NAME:
            raise FormatError(f"the label {name[:_MAX_NAME]!r}… is longer than {_MAX_NAME} characters")
        return self.label_code(name, skeleton)

    def track_of(self, key: Any) -> int:
        """Return the number of a track by whatever tells it apart."""
        return self.track_keys.setdefault(key, len(self.track_keys))

    def add(
        self,
        frame: int,
        label: int,
        type_code: int,
        points: Iterable[float] = (),
        *,
        track: int = -1,
        parent: int = -1,
        group: int = 0,
        z_order: int = 0,
        flags: int = 0,
        rotation: float = 0.0,
        score: float = 1.0,
    ) -> int:
        """Add a row and return its position. Rows of a track name the track of their skeleton as ``parent``."""
        row = len(self.id)
        self.points.extend(points)
        self.offsets.append(len(self.points))
        if not (abs(group) < 1 << 31 and abs(z_order) < 1 << 31 and math.isfinite(rotation) and math.isfinite(score)):
            raise FormatError("group, z-order, rotation or score is not a reasonable number")
        self.id.append(self.next_id)
        self.next_id += 1
        self.frame.append(frame)
        self.label.append(label)
        self.type.append(type_code)
        self.track.append(track)
        self.parent.append(parent)
        self.group.append(group)
        self.z_order.append(z_order)
        self.flags.append(flags)
        self.rotation.append(rotation)
        self.source.append(_FILE)
        self.score.append(score)
        return row

    def set_attribute(self, row: int, name: str, value: object) -> None:
        """Set an attribute of a row; ``None`` is no value."""
        if value is None:
            return
        text = value_text(value)
        if not name.strip() or len(name) > _MAX_NAME:
            raise FormatError(f"the attribute name {name[:_MAX_NAME]!r} is empty or longer than {_MAX_NAME} characters")
        if len(text) > _MAX_VALUE:
            raise FormatError(f"the value of {name!r} is longer than {_MAX_VALUE} characters")
        self.add_attribute(row, self.label[row], name, text)

    def dataset(
        self,
        declared: Sequence[Label] = (),
        *,
        members: Members | None = None,
        frame_order: Sequence[int] | None = None,
        meta: Mapping[str, Any] | None = None,
    ) -> Dataset:
        """Return the dataset; with ``frame_order`` the frames are sorted by those numbers."""
        with located(self.where):
            labels, table = self.finish(declared)
        problems = table.problems(labels)
        if problems:
            raise FormatError(problems[0], where=self.where)
        order = np.arange(len(self.frame_names))
        if frame_order is not None:
            order = np.argsort(np.asarray(frame_order), kind="stable")
            position = np.empty_like(order)
            position[order] = np.arange(len(order))
            table = table.with_columns(frame=position[table.frame] if len(table) else table.frame)
        if self.track_keys:
            table = rebuilt_tracks(table, len(order))
        names = [self.frame_names[index] for index in order.tolist()]
        subsets = tuple(self.subsets[index] for index in order.tolist()) if any(self.subsets) else ()
        frames = FrameIndex(
            names,
            np.array(self.widths, np.int32)[order],
            np.array(self.heights, np.int32)[order],
            subsets,
            tuple(self.frame_ids[index] for index in order.tolist()) if self.frame_ids else (),
        )
        mode = "interpolation" if self.track_keys else "annotation"
        found = Dataset(labels=labels, frames=frames, table=table, name=self.name, mode=mode, meta=dict(meta or {}))
        return found if members is None else self.with_pictures(found, members, picture_members(members, names, subsets))

    @staticmethod
    def with_pictures(dataset: Dataset, members: Members, pictures: dict[int, str]) -> Dataset:
        """Return the dataset with the members that hold its pictures, and with their sizes where the file does not say them."""
        return sized(dataset, members, pictures)
