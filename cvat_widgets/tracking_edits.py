"""What :meth:`Task.track` follows and how it is written: shapes become tracks, tracks get keyframes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from cvat_widgets.backends.protocols import Detection
from cvat_widgets.backends.tracking import Followed, Start, keyframes_of
from cvat_widgets.errors import AnnotationError, NotFoundError
from cvat_widgets.model.changes import Edit, FieldChange, read_field
from cvat_widgets.model.kinds import Flag
from cvat_widgets.model.records import Keyframe, Record, Shape, Tag, Track
from cvat_widgets.model.table import AnnotationTable

if TYPE_CHECKING:
    import pandas as pd

    from cvat_widgets.task import Task

__all__ = ["Target", "targets_of", "tracking_edit"]


@dataclass(frozen=True, eq=False)
class Target:
    """One object to follow.

    Parameters
    ----------
    start
        Where it is known and where it is wanted.
    record
        What is stored: a shape (to become a track), a track, or a new shape with an id of 0 or less.
    first
        Keyframe at the start.
    track_id
        Id of the track that comes of it; 0 or less for one that the store is to number.
    """

    start: Start
    record: Shape | Track
    first: Keyframe
    track_id: int


def targets_of(task: Task, shapes: Any, frames: int | Iterable[int] | None, start: int | None) -> list[Target]:
    """Return what is to be followed; see :meth:`Task.track` for the parameters."""
    wanted = [int(frames)] if isinstance(frames, (int, np.integer)) else None if frames is None else [int(f) for f in frames]
    up_to = wanted[0] if isinstance(frames, (int, np.integer)) and wanted else None
    targets: list[Target] = []
    for number, (record, frame) in enumerate(_records(task, shapes, start, wanted)):
        points, rotation, first = _state(task, record, frame)
        low, high = _job_range(task, record, frame)
        reach = _reach(frame, wanted, up_to, high)
        wrong = [each for each in reach if not low <= each <= high]
        if wrong:
            hint = f"Its job has frames {low} to {high}"
            raise AnnotationError(f"frame {wrong[0]} cannot be reached", where=f"object {record.id}", hint=hint)
        label = task.labels.by_id(record.label).name
        shape = Detection(label, record.type, points, rotation=rotation)
        track_id = record.id if isinstance(record, Track) else -1 - number
        targets.append(Target(Start(frame, shape, frozenset(reach)), record, first, track_id))
    return targets


def _reach(frame: int, wanted: list[int] | None, up_to: int | None, high: int) -> list[int]:
    if up_to is not None:
        return list(range(min(frame, up_to), max(frame, up_to) + 1))
    return list(range(frame, high + 1)) if wanted is None else wanted


def _records(task: Task, shapes: Any, start: int | None, wanted: list[int] | None) -> list[tuple[Shape | Track, int]]:
    """Return for each object its record and the frame it starts from."""
    if hasattr(shapes, "columns") or isinstance(shapes, Mapping):
        return _of_rows(task, shapes, start, wanted)
    items = [shapes] if isinstance(shapes, (int, np.integer)) else list(shapes)
    if items and isinstance(items[0], Mapping):
        return _of_rows(task, items, start, wanted)
    ids = [int(each) for each in items]
    stored = _stored(task, ids)
    return [(stored[each], _first_frame(stored[each], start, wanted)) for each in dict.fromkeys(ids)]


def _of_rows(task: Task, rows: Any, start: int | None, wanted: list[int] | None) -> list[tuple[Shape | Track, int]]:
    import pandas as pd

    frame: pd.DataFrame = (
        rows if hasattr(rows, "columns") else pd.DataFrame([rows] if isinstance(rows, Mapping) else list(rows))
    )
    if "id" not in frame:
        from cvat_widgets.dataframe import from_dataframe

        table = from_dataframe(frame, task.labels, task.frame_index)
        source = {} if "source" in frame else {"source": "semi-auto"}
        new = [record for record in table.to_records(task.labels) if isinstance(record, Shape)]
        return [(msgspec.structs.replace(record, id=-1 - number, **source), record.frame) for number, record in enumerate(new)]
    first = frame.drop_duplicates("id")
    ids = [int(each) for each in first["id"]]
    stored = _stored(task, ids)
    starts = [int(each) for each in first["frame"]] if "frame" in first else [None] * len(ids)
    return [
        (stored[each], at if at is not None and start is None else _first_frame(stored[each], start, wanted))
        for each, at in zip(ids, starts, strict=True)
    ]


def _stored(task: Task, ids: Sequence[int]) -> dict[int, Shape | Track]:
    found: Mapping[int, Record] = task.store.records(task.id, ids)
    for each in ids:
        if each not in found:
            raise NotFoundError(f"there is no object with id {each}", hint="Nothing was tracked")
        if isinstance(found[each], Tag):
            raise AnnotationError("a tag cannot be followed", where=f"object {each}")
    return {key: record for key, record in found.items() if not isinstance(record, Tag)}


def _first_frame(record: Shape | Track, start: int | None, wanted: list[int] | None) -> int:
    if isinstance(record, Shape):
        return record.frame
    first = min(record.keyframes)
    return start if start is not None else max(first, wanted[0]) if wanted and len(wanted) > 1 else first


def _state(task: Task, record: Shape | Track, frame: int) -> tuple[Any, float, Keyframe]:
    """Return points, rotation and keyframe of an object on the frame it starts from."""
    if record.type == "skeleton" or record.elements:
        raise AnnotationError("a skeleton cannot be followed", where=f"object {record.id}")
    if isinstance(record, Shape):
        label = task.labels.by_id(record.label)
        changing = {spec.id for spec in label.attributes if spec.mutable}
        attributes = {key: value for key, value in record.attributes.items() if key in changing}
        keyframe = Keyframe(
            points=record.points, rotation=record.rotation, occluded=record.occluded, z_order=record.z_order,
            attributes=attributes,
        )  # fmt: skip
        return np.array(record.points), record.rotation, keyframe
    known = record.keyframes.get(frame)
    if known is None:
        from cvat_widgets.model.interpolation import interpolate_table

        table = interpolate_table(
            AnnotationTable.from_records([record]), frame_count=len(task), frames=[frame], include_outside=True
        )
        if len(table):
            flags = int(table.flags[0])
            known = Keyframe(
                points=tuple(table.points_of(0).tolist()), rotation=float(table.rotation[0]),
                occluded=bool(flags & Flag.OCCLUDED), outside=bool(flags & Flag.OUTSIDE), z_order=int(table.z_order[0]),
            )  # fmt: skip
    if known is None or known.outside:
        raise AnnotationError(
            f"it is not visible on frame {frame}", where=f"track {record.id}", hint="Say start=… of a frame where it is"
        )
    return np.array(known.points), known.rotation, known


def _job_range(task: Task, record: Shape | Track, frame: int) -> tuple[int, int]:
    """Return the frames of the job that holds an object."""
    jobs = [row for row in task.store.jobs(task.id) if row.type == "annotation"]
    if record.id > 0 and len(jobs) > 1:
        snapshot = task.store.load(task.id)
        own = snapshot.job_of[snapshot.table.id == record.id]
        jobs = [row for row in jobs if row.id in own] or jobs
    for row in sorted(jobs, key=lambda each: (each.start, each.stop)):
        if row.start <= frame <= row.stop:
            return row.start, row.stop
    raise AnnotationError(f"frame {frame} does not exist", where=f"object {record.id}")


def tracking_edit(targets: Sequence[Target], followed: Sequence[Followed]) -> Edit:
    """Return the edit that writes what was followed."""
    added: list[Record] = []
    updated: dict[int, dict[str, FieldChange]] = {}
    removed: list[int] = []
    for target, result in zip(targets, followed, strict=True):
        record = target.record
        if isinstance(record, Track):
            beyond = _beyond(target.start, result, record)
            made = keyframes_of(target.start, result, target.first, record.keyframes)
            changes: dict[str, FieldChange] = {
                path: (read_field(record, path), None) for path in (f"keyframes.{frame}" for frame in beyond - made.keys())
            }
            for frame, keyframe in made.items():
                path = f"keyframes.{frame}"
                old = record.keyframes.get(frame)
                if old is not None:
                    keyframe = msgspec.structs.replace(keyframe, attributes=old.attributes)
                change = (read_field(record, path), msgspec.to_builtins(keyframe, str_keys=True))
                if change[0] != change[1]:
                    changes[path] = change
            if changes:
                updated[record.id] = changes
            continue
        fixed = {key: value for key, value in record.attributes.items() if key not in target.first.attributes}
        scores = [each.score for each in result.found.values()]
        added.append(
            Track(
                id=target.track_id, label=record.label, type=record.type, group=record.group, source=record.source,
                score=float(np.mean(scores)) if scores else record.score, attributes=fixed,
                keyframes=keyframes_of(target.start, result, target.first),
            )
        )  # fmt: skip
        if record.id > 0:
            removed.append(record.id)
    return Edit(added=tuple(added), updated=updated, removed=tuple(removed))


def _beyond(start: Start, followed: Followed, record: Track) -> set[int]:
    """Return the keyframes of a track from where it was lost on, as far as it was wanted: the object would be seen again."""
    return {
        frame
        for frame in record.keyframes
        if frame in start.frames and any(frame >= lost if lost > start.frame else frame <= lost for lost in followed.lost)
    }
