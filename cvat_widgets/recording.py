"""A stretch of a task's history, step by step: what replay shows, and what a loop can read without a browser."""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from cvat_widgets.errors import NotFoundError, StoreError
from cvat_widgets.model.changes import ChangeSet
from cvat_widgets.model.records import Record, Track
from cvat_widgets.model.table import AnnotationTable

if TYPE_CHECKING:
    from cvat_widgets.job import EditableAnnotations
    from cvat_widgets.store import Commit

__all__ = ["POINTER_EVENT", "Recording", "Step"]

POINTER_EVENT = "pointer"
"""Kind of the events that hold where the pointer was; the payload is ``{client, samples: [[age, frame, x, y, pressed], ...]}``.

``age`` is in milliseconds before the time of the event, ``x`` and ``y`` are pixels of the picture.
"""

_MOST_STEPS = 20_000
_MOST_IDS = 200
"""Of a change of more objects, this many are named."""
_CHECKPOINTS = 64
"""About so many states are kept, so that a jump has few changes to make."""
_AROUND = (timedelta(seconds=5), timedelta(seconds=2))
"""The pointer is shown from so long before the first change until so long after the last."""


@dataclass(frozen=True)
class _State:
    """Every object at one moment, and the job it belongs to."""

    records: dict[int, Record]
    job_of: dict[int, int]


@dataclass(frozen=True, eq=False)
class Step:
    """One change and what there was after it.

    Parameters
    ----------
    number
        1 for the first step of the recording.
    entry
        Who did what and when: ``revision, time, author, origin, label, changes``.
    frame
        Where it was done; ``None`` if that cannot be told.
    ids
        The objects it touched, at most 200.
    """

    number: int
    entry: Commit
    frame: int | None
    ids: tuple[int, ...]
    _recording: Recording
    _state: _State

    @property
    def revision(self) -> int:
        """The revision that the change made."""
        return self.entry.revision

    @cached_property
    def table(self) -> AnnotationTable:
        """All annotations after the change, as ``task.at(revision).table``."""
        return self._recording.table_of(self._state)

    def __repr__(self) -> str:
        entry = self.entry
        return f"<Step {self.number}: {entry.label!r} by {entry.author} at {entry.time:%H:%M:%S}>"


class Recording:
    """The changes between two revisions; made by ``task.replay(a, b)`` and ``job.replay(a, b)``.

    Iterating gives one :class:`Step` a change, the oldest first. In a notebook it shows itself as :class:`Replay`.

    Parameters
    ----------
    target
        A task or a job.
    start
        The revision to begin with; its own change is not part of the recording. By default 0: nothing is there yet.
    stop
        The last revision, by default the present one.

    Raises
    ------
    NotFoundError
        There are no such revisions.
    StoreError
        There are more than 20,000 changes between them.

    Examples
    --------
    >>> for step in task.replay():  # doctest: +SKIP
    ...     print(step.entry.label, len(step.table))
    """

    def __init__(self, target: EditableAnnotations, start: int | None = None, stop: int | None = None) -> None:
        self.target = target
        present = target.revision
        self.start = 0 if start is None else int(start)
        self.stop = present if stop is None else int(stop)
        if not 0 <= self.start <= self.stop <= present:
            raise NotFoundError(
                f"there is no stretch from revision {self.start} to {self.stop}", hint=f"The task is at revision {present}"
            )
        store, task_id, job_id = target.store, target.task_id, target.job_id
        jobs = store.jobs(task_id)
        chosen = [job_id] if job_id is not None else [job.id for job in jobs if job.type == "annotation"]
        self._jobs = frozenset(chosen)
        log = store.log(task_id, since=self.start, until=self.stop, job_id=job_id)
        self.entries: tuple[Commit, ...] = tuple(entry for entry in log if entry.job_id is None or entry.job_id in self._jobs)
        if len(self.entries) > _MOST_STEPS:
            raise StoreError(
                f"{len(self.entries)} changes are too many to replay at once",
                hint=f"Choose a shorter stretch with start and stop: at most {_MOST_STEPS} changes",
            )
        self._checkpoints: dict[int, _State] = {0: self._read(self.start)}
        self._facts: list[tuple[int | None, tuple[int, ...]]] = []
        """Of every step that was gone through so far: where, and which objects."""

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Step]:
        state = self._checkpoints[0]
        for index in range(len(self.entries)):
            state = self._after(index, state)
            frame, ids = self._facts[index]
            yield Step(index + 1, self.entries[index], frame, ids, self, state)

    def state(self, number: int) -> dict[int, Record]:
        """Return the objects by id after ``number`` steps; 0: before the first one."""
        return self._at(number).records

    def table_at(self, number: int) -> AnnotationTable:
        """Return all annotations after ``number`` steps."""
        return self.table_of(self._at(number))

    def number_at(self, revision: int) -> int:
        """Return how many steps have been made at a revision."""
        return bisect_right([entry.revision for entry in self.entries], revision)

    def facts(self) -> list[tuple[int | None, tuple[int, ...]]]:
        """Return for every step its frame (``None``: not to be told) and the ids it touched."""
        if len(self._facts) < len(self.entries):
            self._at(len(self.entries))
        return self._facts

    def changes_of(self, index: int) -> ChangeSet | None:
        """Return what entry ``index`` changed; ``None`` where that is not one list of changes of these jobs."""
        entry = self.entries[index]
        return entry.changes if entry.job_id is not None or len(self._jobs) == len(self._all_jobs) else None

    def pointer(self) -> list[tuple[str, float, int, float, float, bool]]:
        """Return where the pointer was, the oldest first: ``(client, time, frame, x, y, pressed)``.

        Times are seconds since 1970, ``x`` and ``y`` pixels of the picture. Empty if nobody recorded it.
        """
        if not self.entries:
            return []
        first, last = self.entries[0].time - _AROUND[0], self.entries[-1].time + _AROUND[1]
        found: list[tuple[str, float, int, float, float, bool]] = []
        for event in self.target.store.event_columns([self.target.task_id]):
            if event["kind"] != POINTER_EVENT or event["job_id"] not in self._jobs or not event["payload"]:
                continue
            at = datetime.fromisoformat(event["time"])
            if first <= at <= last + timedelta(seconds=30):
                found += _samples(event["payload"], at.timestamp())
        return sorted((each for each in found if first.timestamp() <= each[1] <= last.timestamp()), key=lambda each: each[1])

    def table_of(self, state: _State) -> AnnotationTable:
        """Return the objects of a state as a table, overlaps of jobs merged."""
        table = AnnotationTable.from_records(state.records[object_id] for object_id in sorted(state.records))
        owners = np.where(table.parent >= 0, table.parent, table.id).tolist()
        job_of = np.array([state.job_of[owner] for owner in owners], np.int64)
        return self.target._merge(table, job_of)

    @cached_property
    def _all_jobs(self) -> frozenset[int]:
        return frozenset(job.id for job in self.target.store.jobs(self.target.task_id))

    def _read(self, revision: int) -> _State:
        """Read a state from the store."""
        snapshot = self.target.store.at(self.target.task_id, revision)
        mine = np.isin(snapshot.job_of, sorted(self._jobs))
        table = snapshot.table if mine.all() else snapshot.table.take(mine)
        records = {record.id: record for record in table.to_records(self.target.labels)}
        return _State(records, dict(zip(table.id.tolist(), snapshot.job_of[mine].tolist(), strict=True)))

    def _at(self, number: int) -> _State:
        if not 0 <= number <= len(self.entries):
            raise NotFoundError(f"there is no step {number}", hint=f"The recording has {len(self.entries)} steps")
        nearest = max(each for each in self._checkpoints if each <= number)
        state = self._checkpoints[nearest]
        for index in range(nearest, number):
            state = self._after(index, state)
        return state

    def _after(self, index: int, before: _State) -> _State:
        """Make the change of one entry; what is learnt of it is kept."""
        entry, changes = self.entries[index], self.changes_of(index)
        if changes is None or entry.job_id is None:
            # A block, or a change over several jobs: the log does not say which object belongs to which job.
            after = self._read(entry.revision)
        else:
            job_of = before.job_of
            if changes.added:
                job_of = job_of | {record.id: entry.job_id for record in changes.added}
            after = _State(changes.apply_to(before.records), job_of)
        if index == len(self._facts):
            touched = changes.touched if changes is not None else _differing(before.records, after.records)
            frame = frame_of(changes, before.records) if changes is not None else _first_frame(after.records, touched)
            self._facts.append((frame, tuple(sorted(touched)[:_MOST_IDS])))
        if (index + 1) % max(16, len(self.entries) // _CHECKPOINTS) == 0:
            self._checkpoints[index + 1] = after
        return after

    def _repr_mimebundle_(self, **options: Any) -> Any:
        import importlib

        # The notebook's face is a floor above; it is looked up only when somebody looks.
        return importlib.import_module("cvat_widgets.widgets.replay").Replay(self)._repr_mimebundle_(**options)

    def __repr__(self) -> str:
        return f"<Recording of {len(self.entries)} changes, revision {self.start} to {self.stop}>"


def frame_of(changes: ChangeSet, before: dict[int, Record]) -> int | None:
    """Return the frame somebody looked at who made these changes, as far as the changes tell."""
    keyframes = [
        int(path.rpartition("keyframes.")[2])
        for fields in changes.updated.values()
        for path in fields
        if path.startswith("keyframes.") or ".keyframes." in path
    ]
    if keyframes:
        return min(keyframes)
    tracks = [record for record in (*changes.added, *changes.removed) if isinstance(record, Track)]
    if tracks and changes.added and changes.removed:
        # Cut or joined: that was where the later piece begins.
        return max(_shown_from(track) for track in tracks)
    updated = [before[record_id] for record_id in changes.updated if record_id in before]
    for records in (changes.added, updated, changes.removed):
        frames = [record.frame for record in records if not isinstance(record, Track)]
        frames += [_shown_from(record) for record in records if isinstance(record, Track)]
        if frames:
            return min(frames)
    return None


def _shown_from(track: Track) -> int:
    """Return the first frame on which a track is visible."""
    visible = [frame for frame, keyframe in track.keyframes.items() if not keyframe.outside]
    return min(visible or track.keyframes)


def _differing(before: dict[int, Record], after: dict[int, Record]) -> set[int]:
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def _first_frame(records: dict[int, Record], ids: set[int]) -> int | None:
    found = [records[each] for each in ids if each in records]
    return min((_shown_from(each) if isinstance(each, Track) else each.frame for each in found), default=None)


def _samples(payload: str, at: float) -> list[tuple[str, float, int, float, float, bool]]:
    """Read one event; whatever is not a sample is passed over, for events are written by everybody who can write at all."""
    content = json.loads(payload)
    if not isinstance(content, dict) or not isinstance(content.get("samples"), list):
        return []
    client = str(content.get("client", ""))[:64]
    return [
        (client, at - each[0] / 1000, int(each[1]), float(each[2]), float(each[3]), bool(each[4]))
        for each in content["samples"]
        if isinstance(each, list)
        and len(each) == 5
        and all(isinstance(value, (int, float)) and math.isfinite(value) for value in each)
    ]
