"""The annotation table: any number of shapes, tracks and tags as columns.

Formats, pandas, quality and the wire work on these arrays; no Python object exists per shape.

Row conventions
---------------
* A plain shape or a tag is one row; ``track`` is -1.
* A track is one row a keyframe (flag KEYFRAME), all with the same ``track`` (which is the track's id) and ``id == track``,
  sorted by frame. Attributes stand on the row where they change: immutable ones on the first keyframe, mutable ones on every
  keyframe that sets them; a row without a value inherits it from the keyframe before.
* A skeleton is a row with no points; each joint is a row of its own whose ``parent`` is the skeleton's id and whose ``label``
  is
  the sublabel. Joints of a skeleton track are tracks themselves (``track`` is the joint's id, ``parent`` the skeleton track's
  id).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cvat_widgets.errors import AnnotationError
from cvat_widgets.model.attributes import AttributeColumns
from cvat_widgets.model.extras import ExtraColumns
from cvat_widgets.model.kinds import SHAPE_CODE, SHAPE_TYPES, SOURCE_CODE, SOURCES, TAG, Flag, point_count_problem
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.paging import IN_MEMORY, extent, gathered, joined
from cvat_widgets.model.records import Element, Keyframe, Record, Shape, Tag, Track, TrackElement

__all__ = ["AnnotationTable"]

_COLUMNS: dict[str, tuple[Any, Any]] = {
    "id": (np.int64, 0),
    "frame": (np.int32, 0),
    "label": (np.int32, 0),
    "type": (np.uint8, 0),
    "track": (np.int64, -1),
    "parent": (np.int64, -1),
    "group": (np.int32, 0),
    "z_order": (np.int32, 0),
    "flags": (np.uint8, 0),
    "rotation": (np.float64, 0.0),
    "source": (np.uint8, 0),
    "score": (np.float64, 1.0),
}


def _narrowed(name: str, values: ArrayLike, dtype: type[np.generic]) -> NDArray[Any]:
    """Return a column in its own type; NumPy would let numbers that do not fit wrap around."""
    found = np.asarray(values)
    if found.size and found.dtype.kind in "iu" and np.issubdtype(dtype, np.integer):
        limits = np.iinfo(dtype)  # type: ignore[type-var]  # an integer type, as was asked just now
        if int(found.min()) < limits.min or int(found.max()) > limits.max:
            raise AnnotationError(f"the column {name!r} has a number beyond {limits.min} to {limits.max}")
    return found.astype(dtype, copy=False)


def _shared(values: NDArray[Any], count: int) -> NDArray[Any]:
    """Return a column of ``count`` rows; one with the same value everywhere, as most have, takes the memory of that value.

    Such a column cannot be written to. Nobody writes to the columns of a table.
    """
    if values.ndim and not (len(values) > 1 and values[0] == values[-1] and bool((values == values[0]).all())):
        return values
    return np.broadcast_to(values.ravel()[:1].copy(), count)


def _taken(column: NDArray[Any], index: NDArray[np.int64]) -> NDArray[Any]:
    """Return some rows of a column."""
    return np.broadcast_to(column[:1], len(index)) if column.strides == (0,) else column[index]


@dataclass(frozen=True, eq=False)
class AnnotationTable:
    """Columns of equal length n, plus ragged points and attributes.

    Parameters
    ----------
    id, frame, label, type, track, parent, group, z_order, flags, rotation, source, score
        Arrays of shape (n,). ``label`` is a label id; ``type`` and ``source`` are codes of :mod:`cvat_widgets.model.kinds`;
        ``flags`` are
        :class:`~cvat_widgets.model.kinds.Flag` bits; ``rotation`` is in degrees, clockwise on screen; ``track`` and
        ``parent`` are -1 for none.
    points
        float64, all coordinates one after another in CVAT's encoding; beyond 16 MB in a file that is mapped into memory
        (:mod:`cvat_widgets.model.paging`).
    offsets
        int64 of shape (n + 1,): row i owns ``points[offsets[i]:offsets[i + 1]]``.
    attributes
        Attribute values by row.
    extras
        Sparse ``{row: {key: value}}`` of what a file held beyond the model, for lossless round trips.
    """

    id: NDArray[np.int64]
    frame: NDArray[np.int32]
    label: NDArray[np.int32]
    type: NDArray[np.uint8]
    track: NDArray[np.int64]
    parent: NDArray[np.int64]
    group: NDArray[np.int32]
    z_order: NDArray[np.int32]
    flags: NDArray[np.uint8]
    rotation: NDArray[np.float64]
    source: NDArray[np.uint8]
    score: NDArray[np.float64]
    points: NDArray[np.float64]
    offsets: NDArray[np.int64]
    attributes: AttributeColumns = field(default_factory=AttributeColumns)
    extras: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.id)

    # -- building ------------------------------------------------------------------------------------------------

    @classmethod
    def build(
        cls,
        *,
        points: ArrayLike,
        offsets: ArrayLike,
        attributes: AttributeColumns | None = None,
        extras: Mapping[int, Mapping[str, Any]] | None = None,
        **columns: ArrayLike,
    ) -> AnnotationTable:
        """Build from columns; the missing ones get their default, scalars are repeated."""
        offsets_array = np.asarray(offsets, np.int64)
        count = len(offsets_array) - 1
        unknown = set(columns) - set(_COLUMNS)
        if unknown:
            raise AnnotationError(f"unknown columns {sorted(unknown)}")
        arrays = {}
        for name, (dtype, default) in _COLUMNS.items():
            value = _narrowed(name, columns.get(name, default), dtype)
            arrays[name] = _shared(value, count) if value.ndim == 0 or len(value) == count else value
            if len(arrays[name]) != count:
                raise AnnotationError(f"column {name!r} has {len(arrays[name])} rows, expected {count}")
        return cls(
            **arrays,
            points=np.asarray(points, np.float64),
            offsets=offsets_array,
            attributes=attributes or AttributeColumns(),
            extras=extras or {},
        )

    @classmethod
    def empty(cls) -> AnnotationTable:
        """Return a table without rows."""
        return cls.build(points=[], offsets=[0])

    @classmethod
    def from_records(cls, records: Iterable[Record]) -> AnnotationTable:
        """Lay records out as rows, in their order."""
        rows = _RowCollector()
        for record in records:
            rows.add(record)
        return rows.table()

    # -- reading -------------------------------------------------------------------------------------------------

    def points_of(self, row: int) -> NDArray[np.float64]:
        """Return the coordinates of one row (a view)."""
        return self.points[self.offsets[row] : self.offsets[row + 1]]

    def point_lists(self) -> Callable[[int], list[float]]:
        """Return what gives the coordinates of a row as a list: quick for many rows, and never all of a long column at once."""
        if len(self.points) > IN_MEMORY:
            return lambda row: self.points_of(row).tolist()
        points, offsets = self.points.tolist(), self.offsets.tolist()
        return lambda row: points[offsets[row] : offsets[row + 1]]

    @property
    def is_track(self) -> NDArray[np.bool_]:
        """Rows that are keyframes of a track."""
        return self.track >= 0

    @property
    def is_tag(self) -> NDArray[np.bool_]:
        """Rows that are tags."""
        return self.type == TAG

    def has(self, flag: Flag) -> NDArray[np.bool_]:
        """Rows with a flag set."""
        return (self.flags & int(flag)) != 0

    def frame_rows(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Index by frame: ``(order, starts)``; rows of frame f are ``order[starts[f]:starts[f + 1]]``."""
        order = np.argsort(self.frame, kind="stable")
        last = int(self.frame.max()) + 1 if len(self) else 0
        return order, np.searchsorted(self.frame[order], np.arange(last + 1))

    def take(self, rows: ArrayLike) -> AnnotationTable:
        """Return the rows at the given positions, or where a boolean mask is true, in that order."""
        index = np.asarray(rows)
        index = np.flatnonzero(index) if index.dtype == bool else index.astype(np.int64)
        if len(index) == len(self) and np.array_equal(index, np.arange(len(self))):
            return self
        points, offsets = self._points_of_rows(index)
        extras: Mapping[int, Mapping[str, Any]] = {}
        if isinstance(self.extras, ExtraColumns):
            extras = self.extras.take(index)
        elif self.extras:
            extras = {new: self.extras[old] for new, old in enumerate(index.tolist()) if old in self.extras}
        return AnnotationTable(
            **{name: _taken(getattr(self, name), index) for name in _COLUMNS},
            points=points,
            offsets=offsets,
            attributes=self.attributes.take(index),
            extras=extras,
        )

    def _points_of_rows(self, index: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return coordinates and offsets of the rows at the given positions."""
        size = self.uniform_length
        if size:
            return self.points.reshape(-1, size)[index].ravel(), np.arange(len(index) + 1, dtype=np.int64) * size
        lengths = np.diff(self.offsets)[index]
        return gathered(self.points, self.offsets[index], lengths), np.concatenate(([0], np.cumsum(lengths)))

    @property
    def uniform_length(self) -> int:
        """Count of coordinates of every row where all rows have as many (as boxes do), else 0: whole columns then reshape."""
        if not len(self):
            return 0
        size = int(self.offsets[1])
        return size if bool((np.diff(self.offsets) == size).all()) else 0

    @classmethod
    def concat(cls, tables: Sequence[AnnotationTable]) -> AnnotationTable:
        """Put tables one below the other."""
        tables = [table for table in tables if len(table)]
        if len(tables) == 1:
            return tables[0]
        if not tables:
            return cls.empty()
        starts = np.concatenate(([0], np.cumsum([len(table.points) for table in tables])))
        row_starts = np.concatenate(([0], np.cumsum([len(table) for table in tables])))
        extras: dict[int, Mapping[str, Any]] = {}
        for table, first in zip(tables, row_starts.tolist(), strict=False):
            extras.update((row + first, values) for row, values in table.extras.items())
        return cls(
            **{
                name: _shared(np.concatenate([getattr(table, name) for table in tables]), int(row_starts[-1]))
                for name in _COLUMNS
            },
            points=joined([table.points for table in tables]),
            offsets=np.concatenate(
                [np.zeros(1, np.int64)] + [table.offsets[1:] + start for table, start in zip(tables, starts, strict=False)]
            ),
            attributes=AttributeColumns.concat([(table.attributes, len(table)) for table in tables]),
            extras=extras,
        )

    def with_columns(self, **columns: ArrayLike) -> AnnotationTable:
        """Return a copy with whole columns replaced."""
        arrays: dict[str, Any] = {name: np.asarray(value, _COLUMNS[name][0]) for name, value in columns.items()}
        return replace(self, **arrays)

    def to_records(self, labels: LabelSet) -> list[Record]:
        """Return one record an object: shapes, tags, and tracks with their keyframes, in order of first row."""
        return list(self.iter_records(labels))

    def iter_records(self, labels: LabelSet) -> Iterator[Record]:
        """Yield them one by one: records of many masks take several times the memory of their rows."""
        from cvat_widgets.model.assembly import assemble

        return assemble(self, labels)

    # -- checking ------------------------------------------------------------------------------------------------

    def problems(self, labels: LabelSet, frame_count: int | None = None) -> list[str]:
        """Say what is wrong with the rows, at most ten of them; an empty list means a valid table.

        The checks are those of :func:`~cvat_widgets.model.records.validate_record`, done on whole columns.
        """
        found: list[str] = []

        def report(bad: NDArray[np.bool_], text: str) -> None:
            for row in np.flatnonzero(bad)[:10].tolist():
                found.append(f"row {row} (id {self.id[row]}, frame {self.frame[row]}): {text}")

        known = np.array([label.id for top in labels for label in (top, *top.sublabels)], np.int32)
        report(~np.isin(self.label, known), "the label is not in the task")
        report(self.type >= len(SHAPE_TYPES), "the shape type is not known")
        report(self.source >= len(SOURCES), "the source is not known")
        report(self.frame < 0, "the frame is negative")
        if frame_count is not None:
            report(self.frame >= frame_count, f"the task has only {frame_count} frames")
        report(~np.isfinite(self.rotation) | ~np.isfinite(self.score), "rotation or score is not a finite number")
        lowest, highest = extent(self.points)
        # Asked like this, NaN is in no range either.
        if not (lowest >= -1e9 and highest <= 1e9):
            wild = ~(np.abs(self.points) <= 1e9)
            owner = np.searchsorted(self.offsets, np.flatnonzero(wild), side="right") - 1
            report(np.isin(np.arange(len(self)), owner), "a coordinate is not a finite number below 1e9")
        lengths = np.diff(self.offsets)
        # Sorted first: looking for changes in order is several times faster than NumPy's unique by hashing.
        ordered = np.sort(lengths * 256 + self.type)
        kinds = ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered
        for type_code, length in zip((kinds % 256).tolist(), (kinds // 256).tolist(), strict=True):
            if type_code >= len(SHAPE_TYPES):
                continue
            problem = point_count_problem(SHAPE_TYPES[type_code], length)
            if problem:
                report((self.type == type_code) & (lengths == length), problem)
        return found[:10]

    def equals(self, other: AnnotationTable, *, tolerance: float = 0.0) -> bool:
        """Whether two tables hold the same rows in the same order (points within ``tolerance`` pixels)."""
        if len(self) != len(other) or not np.array_equal(self.offsets, other.offsets):
            return False
        for name in _COLUMNS:
            mine, theirs = getattr(self, name), getattr(other, name)
            if not (
                np.allclose(mine, theirs, rtol=0, atol=tolerance) if mine.dtype.kind == "f" else np.array_equal(mine, theirs)
            ):
                return False
        return (
            np.allclose(self.points, other.points, rtol=0, atol=tolerance)
            and self.attributes.to_dicts(len(self)) == other.attributes.to_dicts(len(other))
            and {row: dict(values) for row, values in self.extras.items()} == {row: dict(v) for row, v in other.extras.items()}
        )


class _RowCollector:
    """Collects rows as lists and turns them into a table once."""

    def __init__(self) -> None:
        self.columns: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
        self.points: list[float] = []
        self.offsets = [0]
        self.attributes: list[Mapping[int, str]] = []

    def row(self, points: Sequence[float], attributes: Mapping[int, str], **values: Any) -> None:
        for name, (_, default) in _COLUMNS.items():
            self.columns[name].append(values.get(name, default))
        self.points.extend(points)
        self.offsets.append(len(self.points))
        self.attributes.append(attributes)

    def add(self, record: Record) -> None:
        if isinstance(record, Tag):
            self.row((), record.attributes, type=TAG, frame=record.frame, **_common(record))
        elif isinstance(record, Shape):
            common = _common(record)
            self.row(
                record.points, record.attributes, frame=record.frame, type=SHAPE_CODE[record.type], **common, **_pose(record)
            )
            common |= {"parent": record.id, "z_order": record.z_order}
            for element in record.elements:
                joint = common | {"id": element.id, "label": element.label, "type": SHAPE_CODE[element.type]}
                self.row(element.points, element.attributes, frame=record.frame, **(joint | _pose(element)))
        else:
            self._add_track(record, _common(record))
            for track_element in record.elements:
                common = _common(record) | {"id": track_element.id, "label": track_element.label, "parent": record.id}
                self._add_track(track_element, common)

    def _add_track(self, track: Track | TrackElement, common: dict[str, Any]) -> None:
        first = True
        for frame in sorted(track.keyframes):
            keyframe = track.keyframes[frame]
            attributes = {**track.attributes, **keyframe.attributes} if first else keyframe.attributes
            pose = _pose(keyframe)
            pose["flags"] |= int(Flag.KEYFRAME)
            self.row(keyframe.points, attributes, frame=frame, type=SHAPE_CODE[track.type], track=track.id, **(common | pose))
            first = False

    def table(self) -> AnnotationTable:
        columns: dict[str, Any] = {name: np.array(values, _COLUMNS[name][0]) for name, values in self.columns.items()}
        return AnnotationTable.build(
            points=np.array(self.points, np.float64),
            offsets=self.offsets,
            attributes=AttributeColumns.from_dicts(self.attributes),
            **columns,
        )


def _common(record: Record) -> dict[str, Any]:
    return {
        "id": record.id,
        "label": record.label,
        "group": record.group,
        "source": SOURCE_CODE[record.source],
        "score": record.score,
    }


def _pose(item: Shape | Element | Keyframe) -> dict[str, Any]:
    flags = (Flag.OCCLUDED if item.occluded else 0) | (Flag.OUTSIDE if item.outside else 0)
    pose: dict[str, Any] = {"rotation": item.rotation, "flags": int(flags)}
    if not isinstance(item, Element):
        pose["z_order"] = item.z_order
    return pose
