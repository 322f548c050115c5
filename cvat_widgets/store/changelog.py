"""Commits: edits checked, written and logged in one transaction; undo and redo; the past.

Each entry of the log has a state: ``done`` (undo may take it back), ``undone`` (redo may make it again), ``dead`` (undone,
and then something else was
done), ``undo`` and ``redo`` (the entries that undo and redo write themselves).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError, ConflictError, NotFoundError, StoreError
from cvat_widgets.model.changes import ChangeSet, Edit, FieldChange, apply_fields, read_field
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.records import Record, Track, validate_record
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.store import codec, objects
from cvat_widgets.store.catalogue import Catalogue, now
from cvat_widgets.store.connection import Database
from cvat_widgets.store.raw import Raw, is_duplicate
from cvat_widgets.store.rows import Commit, HistoryState, Snapshot

__all__ = ["ChangeLog", "read_block"]

_FIELDS = "revision, job_id, op_id, author, origin, label, time, undoes, bulk, payload"


class ChangeLog:
    """Writes and reads the change log of a store."""

    def __init__(self, database: Database, catalogue: Catalogue) -> None:
        self.database = database
        self.catalogue = catalogue

    # -- edits ---------------------------------------------------------------------------------------------------

    def commit(
        self,
        task_id: int,
        edit: Edit,
        *,
        job_id: int | None,
        op_id: str | None,
        base: int | None,
        author: str,
        origin: str,
        label: str,
    ) -> Commit:
        """See :meth:`Store.commit`."""
        labels = self.catalogue.labels(task_id)
        with self.database.write() as raw:
            if op_id is not None:
                earlier = self._by_op_id(raw, task_id, op_id)
                if earlier:
                    return earlier
            revision, size = self._task_state(raw, task_id)
            work = _Work(raw, self._job_frames(raw, task_id), labels, size, task_id, job_id, base, revision, op_id)
            id_map = self._number(raw, task_id, edit)
            changes, jobs = work.done(edit, id_map)
            entry = _Entry(job_id=_single(jobs, job_id), op_id=op_id, author=author, origin=origin, label=label)
            self._forget_undone(raw, task_id, entry)
            return self._log(raw, task_id, revision + 1, entry, changes, id_map=id_map)

    def _number(self, raw: Raw, task_id: int, edit: Edit) -> dict[int, int]:
        """Give real ids to added records that come with provisional ones (0 or less)."""
        wanted = [record.id for record in edit.added if record.id <= 0]
        if not wanted:
            return {}
        first = self._take_ids(raw, task_id, len(wanted))
        return {old: first + index for index, old in enumerate(wanted)}

    @staticmethod
    def _take_ids(raw: Raw, task_id: int, count: int) -> int:
        first = int(raw.execute("SELECT next_id FROM task WHERE id = ?", (task_id,)).fetchone()[0])
        raw.execute("UPDATE task SET next_id = ? WHERE id = ?", (first + count, task_id))
        return first

    def reserve_ids(self, task_id: int, count: int) -> range:
        """See :meth:`Store.reserve_ids`."""
        with self.database.write() as raw:
            self._task_state(raw, task_id)
            first = self._take_ids(raw, task_id, count)
        return range(first, first + count)

    @staticmethod
    def _task_state(raw: Raw, task_id: int) -> tuple[int, int]:
        row = raw.execute("SELECT revision, size FROM task WHERE id = ?", (task_id,)).fetchone()
        if row is None:
            raise NotFoundError(f"there is no task with id {task_id}", hint="It may have been deleted")
        return int(row[0]), int(row[1])

    @staticmethod
    def _job_frames(raw: Raw, task_id: int) -> dict[int, tuple[int, int]]:
        rows = raw.execute(
            "SELECT job.id, start, stop FROM job JOIN segment ON segment.id = job.segment_id WHERE job.task_id = ?"
            " ORDER BY CASE WHEN job.type = 'annotation' THEN 0 ELSE 1 END, start, stop, job.id",
            (task_id,),
        )
        return {row[0]: (row[1], row[2]) for row in rows}

    def _log(
        self,
        raw: Raw,
        task_id: int,
        revision: int,
        entry: _Entry,
        changes: ChangeSet | None,
        *,
        bulk: bytes | None = None,
        id_map: dict[int, int] | None = None,
    ) -> Commit:
        moment = now()
        payload = bulk if bulk is not None else codec.encode_changes(changes or ChangeSet())
        raw.execute(
            f"INSERT INTO change_set (task_id, state, {_FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (
                task_id, entry.state, revision, entry.job_id, entry.op_id, entry.author, entry.origin, entry.label, moment,
                entry.undoes, bulk is not None, payload,
            ),
        )  # fmt: skip
        raw.execute("UPDATE task SET revision = ?, updated = ? WHERE id = ?", (revision, moment, task_id))
        return Commit(
            task_id, revision, entry.job_id, entry.op_id, entry.author, entry.origin, entry.label,
            datetime.fromisoformat(moment), changes, id_map=id_map or {}, undoes=entry.undoes,
        )  # fmt: skip

    @staticmethod
    def _forget_undone(raw: Raw, task_id: int, entry: _Entry) -> None:
        """A new edit ends the redo branch of its author (in its job)."""
        raw.execute(
            "UPDATE change_set SET state = 'dead' WHERE task_id = ? AND state = 'undone' AND author = ?"
            " AND (job_id IS ? OR ? IS NULL)",
            (task_id, entry.author, entry.job_id, entry.job_id),
        )

    def _by_op_id(self, raw: Raw, task_id: int, op_id: str) -> Commit | None:
        row = raw.execute(
            f"SELECT {_FIELDS} FROM change_set WHERE task_id = ? AND op_id = ?",  # noqa: S608
            (task_id, op_id),
        ).fetchone()
        return self._commit_of(task_id, row, repeated=True) if row else None

    @staticmethod
    def _commit_of(task_id: int, row: Sequence[Any], *, repeated: bool = False) -> Commit:
        revision, job_id, op_id, author, origin, label, moment, undoes, bulk, payload = row
        changes = None if bulk else codec.decode_changes(payload)
        return Commit(
            task_id, revision, job_id, op_id, author, origin, label, datetime.fromisoformat(moment), changes, repeated,
            undoes=undoes,
        )  # fmt: skip

    # -- blocks --------------------------------------------------------------------------------------------------

    def add_table(
        self,
        task_id: int,
        table: AnnotationTable,
        *,
        job_of: NDArray[np.int64] | int,
        author: str,
        origin: str,
        label: str,
        replace: bool,
    ) -> Commit:
        """See :meth:`Store.add_table`."""
        labels = self.catalogue.labels(task_id)
        jobs = np.full(len(table), job_of, np.int64) if isinstance(job_of, int) else np.asarray(job_of, np.int64)
        with self.database.write() as raw:
            revision, size = self._task_state(raw, task_id)
            problems = table.problems(labels, size)
            frames = self._job_frames(raw, task_id)
            for job in np.unique(jobs).tolist():
                if job not in frames:
                    raise NotFoundError(f"there is no job {job} in this task")
                start, stop = frames[job]
                wrong = (jobs == job) & ((table.frame < start) | (table.frame > stop))
                if wrong.any():
                    problems.append(f"frame {table.frame[wrong][0]} is not in job {job}, which has frames {start} to {stop}")
            if problems:
                raise AnnotationError("; ".join(problems), hint="Nothing was added")
            numbered, id_map = self._renumbered(raw, task_id, table)
            removed = _whole_block(raw, task_id, labels, set(np.unique(jobs).tolist()) if replace else set())
            self._delete_block(raw, task_id, removed[0])
            self._insert_block(raw, task_id, revision + 1, numbered, jobs, labels)
            payload = _block(removed, (numbered, jobs))
            touched = set(np.unique(np.concatenate((jobs, removed[1]))).tolist())
            entry = _Entry(job_id=_single(touched, None), op_id=None, author=author, origin=origin, label=label)
            self._forget_undone(raw, task_id, entry)
            return self._log(raw, task_id, revision + 1, entry, None, bulk=payload, id_map=id_map)

    def _renumbered(self, raw: Raw, task_id: int, table: AnnotationTable) -> tuple[AnnotationTable, dict[int, int]]:
        old = np.unique(table.id)
        first = self._take_ids(raw, task_id, len(old))

        def new(column: NDArray[np.int64]) -> NDArray[np.int64]:
            return np.where(column >= 0, np.searchsorted(old, column) + first, -1)

        numbered = table.with_columns(id=new(table.id), track=new(table.track), parent=new(table.parent))
        return numbered, dict(zip(old.tolist(), range(first, first + len(old)), strict=True))

    @staticmethod
    def _insert_block(
        raw: Raw, task_id: int, revision: int, table: AnnotationTable, jobs: NDArray[np.int64], labels: LabelSet
    ) -> None:
        job_by_id = dict(zip(table.id.tolist(), jobs.tolist(), strict=True))
        records = table.to_records(labels)
        objects.insert_records(raw, task_id, revision, ((job_by_id[record.id], record) for record in records))

    @staticmethod
    def _delete_block(raw: Raw, task_id: int, table: AnnotationTable) -> None:
        values = [(task_id, int(object_id)) for object_id in np.unique(table.id[table.parent < 0])]
        for name in ("shape", "tag", "track"):
            raw.executemany(f"DELETE FROM {name} WHERE task_id = ? AND id = ?", values)  # noqa: S608

    # -- history -------------------------------------------------------------------------------------------------

    def undo(self, task_id: int, *, job_id: int | None, author: str | None, op_id: str | None) -> Commit | None:
        """See :meth:`Store.undo`."""
        return self._travel(task_id, "done", job_id=job_id, author=author, op_id=op_id)

    def redo(self, task_id: int, *, job_id: int | None, author: str | None, op_id: str | None) -> Commit | None:
        """See :meth:`Store.redo`."""
        return self._travel(task_id, "undone", job_id=job_id, author=author, op_id=op_id)

    def history(self, task_id: int, *, job_id: int | None, author: str | None) -> HistoryState:
        """See :meth:`Store.history`."""
        with self.database.read() as raw:
            rows = [self._candidate(raw, task_id, state, job_id, author) for state in ("done", "undone")]
        return HistoryState(*(row[5] if row else None for row in rows))

    @staticmethod
    def _candidate(raw: Raw, task_id: int, state: str, job_id: int | None, author: str | None) -> tuple[Any, ...] | None:
        order = "DESC" if state == "done" else "ASC"
        row: tuple[Any, ...] | None = raw.execute(
            f"SELECT {_FIELDS} FROM change_set WHERE task_id = ? AND state = ? AND (? IS NULL OR job_id = ?)"  # noqa: S608
            f" AND (? IS NULL OR author = ?) ORDER BY revision {order} LIMIT 1",
            (task_id, state, job_id, job_id, author, author),
        ).fetchone()
        return row

    def _travel(self, task_id: int, state: str, *, job_id: int | None, author: str | None, op_id: str | None) -> Commit | None:
        back = state == "done"
        with self.database.write() as raw:
            if op_id is not None:
                earlier = self._by_op_id(raw, task_id, op_id)
                if earlier:
                    return earlier
            revision, _ = self._task_state(raw, task_id)
            row = self._candidate(raw, task_id, state, job_id, author)
            if row is None:
                return None
            target, row_job, _, row_author, _, label, _, _, bulk, payload = row
            entry = _Entry(
                job_id=row_job, op_id=op_id, author=author or row_author, origin="undo" if back else "redo",
                label=f"{'Undo' if back else 'Redo'}: {label}", state="undo" if back else "redo",
                undoes=target if back else None,
            )  # fmt: skip
            raw.execute(
                "UPDATE change_set SET state = ? WHERE task_id = ? AND revision = ?",
                ("undone" if back else "done", task_id, target),
            )
            if bulk:
                removed, added = read_block(payload)
                before, after = (added, removed) if back else (removed, added)
                self._delete_block(raw, task_id, before[0])
                self._insert_block(raw, task_id, revision + 1, *after, self.catalogue.labels(task_id))
                return self._log(raw, task_id, revision + 1, entry, None, bulk=_block(before, after))
            changes = codec.decode_changes(payload)
            changes = changes.inverse() if back else changes
            self._replay(raw, task_id, revision + 1, changes, row_job)
            return self._log(raw, task_id, revision + 1, entry, changes)

    def _replay(self, raw: Raw, task_id: int, revision: int, changes: ChangeSet, job_id: int | None) -> None:
        """Make a change that was made before (or its inverse); refuse if what it touches is no longer as it was then."""
        ids = sorted(changes.touched)
        present = objects.read_records(raw, task_id, ids)
        jobs = self._job_frames(raw, task_id)
        changed: list[tuple[int, Record]] = []
        for record in changes.removed:
            if record.id not in present or present[record.id][0] != record:
                raise ConflictError(f"object {record.id} was changed meanwhile by somebody else", hint="Nothing was undone")
        for record_id, fields in changes.updated.items():
            if record_id not in present:
                raise ConflictError(f"object {record_id} was removed meanwhile by somebody else", hint="Nothing was undone")
            record, job, _ = present[record_id]
            _check_fields(record, fields, f"object {record_id}")
            changed.append((job, apply_fields(record, {path: after for path, (_, after) in fields.items()})))
        objects.delete_records(raw, task_id, changes.removed)
        objects.replace_records(raw, task_id, revision, changed)
        objects.insert_records(
            raw, task_id, revision, [(job_id or _job_holding(jobs, record), record) for record in changes.added]
        )

    # -- the past ------------------------------------------------------------------------------------------------

    def log(self, task_id: int, *, since: int, until: int | None, job_id: int | None) -> list[Commit]:
        """See :meth:`Store.log`."""
        with self.database.read() as raw:
            self._task_state(raw, task_id)
            rows = raw.execute(
                f"SELECT {_FIELDS} FROM change_set WHERE task_id = ? AND revision > ? AND (? IS NULL OR revision <= ?)"  # noqa: S608
                " AND (? IS NULL OR job_id IS NULL OR job_id = ?) ORDER BY revision",
                (task_id, since, until, until, job_id, job_id),
            ).fetchall()
        return [self._commit_of(task_id, row) for row in rows]

    def at(self, task_id: int, revision: int) -> Snapshot:
        """See :meth:`Store.at`."""
        labels = self.catalogue.labels(task_id)
        with self.database.read() as raw:
            present, _ = self._task_state(raw, task_id)
            if not 0 <= revision <= present:
                raise NotFoundError(f"there is no revision {revision}", hint=f"The task is at revision {present}")
            table, job_of = objects.load_table(raw, task_id, labels)
            rows = raw.execute(
                "SELECT bulk, payload, job_id FROM change_set WHERE task_id = ? AND revision > ? ORDER BY revision DESC",
                (task_id, revision),
            ).fetchall()
            jobs = self._job_frames(raw, task_id)
        if not rows:
            return Snapshot(table, revision, job_of)
        records = {record.id: record for record in table.to_records(labels)}
        job_by_id = dict(zip(table.id.tolist(), job_of.tolist(), strict=True))
        for bulk, payload, job_id in rows:
            if bulk:
                removed, added = read_block(payload)
                for object_id in np.unique(added[0].id).tolist():
                    records.pop(object_id, None)
                records.update((record.id, record) for record in removed[0].to_records(labels))
                job_by_id.update(zip(removed[0].id.tolist(), removed[1].tolist(), strict=True))
                continue
            changes = codec.decode_changes(payload).inverse()
            records = changes.apply_to(records)
            for record in changes.added:
                job_by_id[record.id] = job_id or _job_holding(jobs, record)
        past = AnnotationTable.from_records(records[object_id] for object_id in sorted(records))
        owners = np.where((past.parent >= 0), past.parent, past.id).tolist()
        return Snapshot(past, revision, np.array([job_by_id[owner] for owner in owners], np.int64))


class _Entry:
    """Who did what, for one line of the log."""

    def __init__(
        self, *, job_id: int | None, op_id: str | None, author: str, origin: str, label: str, state: str = "done",
        undoes: int | None = None,
    ) -> None:  # fmt: skip
        self.job_id = job_id
        self.op_id = op_id
        self.author = author
        self.origin = origin
        self.label = label[:400]
        self.state = state
        self.undoes = undoes


class _Work:
    """One edit being checked and written; nothing of it stays if any part is refused."""

    def __init__(
        self,
        raw: Raw,
        jobs: dict[int, tuple[int, int]],
        labels: LabelSet,
        size: int,
        task_id: int,
        job_id: int | None,
        base: int | None,
        revision: int,
        op_id: str | None,
    ) -> None:
        if job_id is not None and job_id not in jobs:
            raise NotFoundError(f"there is no job {job_id} in this task")
        self.raw, self.jobs, self.labels, self.size = raw, jobs, labels, size
        self.task_id, self.job_id, self.base, self.revision = task_id, job_id, base, revision
        self.client = op_id.rpartition(":")[0] if op_id else None

    def done(self, edit: Edit, id_map: dict[int, int]) -> tuple[ChangeSet, set[int]]:
        """Write an edit; return what happened and in which jobs."""
        import msgspec

        added = tuple(
            msgspec.structs.replace(record, id=id_map[record.id]) if record.id in id_map else record for record in edit.added
        )
        ids = sorted(edit.touched - set(id_map) | set(id_map.values()))
        present = objects.read_records(self.raw, self.task_id, ids)
        removed = [self._removed(record_id, present) for record_id in edit.removed]
        updated = {record_id: self._updated(record_id, fields, present) for record_id, fields in edit.updated.items()}
        new = [(self._job_for(record), record) for record in added]
        for _, record in new:
            self._check_new(record, present)
        objects.delete_records(self.raw, self.task_id, [record for _, record in removed])
        objects.replace_records(
            self.raw, self.task_id, self.revision + 1, [(present[key][1], record) for key, (record, _) in updated.items()]
        )
        try:
            objects.insert_records(self.raw, self.task_id, self.revision + 1, new)
        except Exception as error:
            if not is_duplicate(error):
                raise
            raise AnnotationError("two new objects have the same id", hint="Nothing was changed") from None
        changes = ChangeSet(
            added=added,
            updated={key: fields for key, (_, fields) in updated.items() if fields},
            removed=tuple(record for _, record in removed),
        )
        jobs = {job for job, _ in (*removed, *new)} | {present[key][1] for key in updated}
        return changes, jobs

    def _removed(self, record_id: int, present: dict[int, tuple[Record, int, int]]) -> tuple[int, Record]:
        if record_id not in present:
            raise self._missing(record_id)
        record, job, changed_at = present[record_id]
        self._check_job(record_id, job)
        if self.base is not None and changed_at > self.base and self._changed_by_others(record_id):
            raise ConflictError(f"object {record_id} was changed meanwhile by somebody else", hint="It was not removed")
        return job, record

    def _updated(
        self, record_id: int, fields: dict[str, FieldChange], present: dict[int, tuple[Record, int, int]]
    ) -> tuple[Record, dict[str, FieldChange]]:
        if record_id not in present:
            raise self._missing(record_id)
        record, job, changed_at = present[record_id]
        self._check_job(record_id, job)
        if self.base is not None and changed_at > self.base:
            _check_fields(record, fields, f"object {record_id}")
        changed = apply_fields(record, {path: after for path, (_, after) in fields.items()})
        validate_record(changed, self.labels, frame_count=self.size, former=record)
        self._check_frames(changed, job)
        # What is logged is what really was there before, whatever the author believed.
        facts = {path: (read_field(record, path), read_field(changed, path)) for path in fields}
        return changed, {path: change for path, change in facts.items() if change[0] != change[1]}

    def _check_new(self, record: Record, present: dict[int, tuple[Record, int, int]]) -> None:
        if record.id in present:
            raise AnnotationError(f"the id {record.id} is taken", where=f"object {record.id}", hint="Nothing was changed")
        if not 0 < record.id < 1 << 53:
            raise AnnotationError(f"{record.id} cannot be an id", hint="Ids are whole numbers between 1 and 2^53")
        next_id = self.raw.execute("SELECT next_id FROM task WHERE id = ?", (self.task_id,)).fetchone()[0]
        if record.id >= next_id:
            raise AnnotationError(f"the id {record.id} was not reserved", hint="Ask the store for ids first")
        validate_record(record, self.labels, frame_count=self.size)
        self._check_frames(record, self._job_for(record))

    def _missing(self, record_id: int) -> Exception:
        if self.base is not None and self.base < self.revision:
            return ConflictError(f"object {record_id} was removed meanwhile by somebody else", hint="The edit was not made")
        return NotFoundError(f"there is no object with id {record_id}", hint="Nothing was changed")

    def _changed_by_others(self, record_id: int) -> bool:
        """Whether anybody but this client touched an object since the base revision."""
        rows = self.raw.execute(
            "SELECT op_id, bulk, payload FROM change_set WHERE task_id = ? AND revision > ?", (self.task_id, self.base)
        )
        for op_id, bulk, payload in rows:
            own = self.client and op_id and op_id.rpartition(":")[0] == self.client
            if not own and (bulk or record_id in codec.decode_changes(payload).touched):
                return True
        return False

    def _job_for(self, record: Record) -> int:
        return self.job_id if self.job_id is not None else _job_holding(self.jobs, record)

    def _check_job(self, record_id: int, job: int) -> None:
        if self.job_id is not None and job != self.job_id:
            raise AnnotationError(f"object {record_id} belongs to job {job}, not to job {self.job_id}")

    def _check_frames(self, record: Record, job: int) -> None:
        start, stop = self.jobs[job]
        frames = record.keyframes if isinstance(record, Track) else [record.frame]
        for frame in frames:
            if not start <= frame <= stop:
                raise AnnotationError(
                    f"frame {frame} is not in job {job}, which has frames {start} to {stop}", where=f"object {record.id}"
                )


def _job_holding(jobs: dict[int, tuple[int, int]], record: Record) -> int:
    """Return the first job that has the (first) frame of a record."""
    frame = min(record.keyframes, default=0) if isinstance(record, Track) else record.frame
    for job, (start, stop) in jobs.items():  # jobs of annotation come first
        if start <= frame <= stop:
            return job
    raise AnnotationError(f"frame {frame} does not exist", where=f"object {record.id}")


def _check_fields(record: Record, fields: dict[str, FieldChange], where: str) -> None:
    """Raise unless every field still has the value its author saw."""
    for path, (before, _) in fields.items():
        present = read_field(record, path)
        if present != _plain(before):
            raise ConflictError(
                f"{path.split('.')[0]} was changed meanwhile by somebody else", where=where, hint="Look at it and edit again"
            )


def _plain(value: Any) -> Any:
    """Return a value with lists for tuples, as :func:`read_field` gives them."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _single(jobs: set[int], given: int | None) -> int | None:
    return given if given is not None else next(iter(jobs)) if len(jobs) == 1 else None


Block = tuple[AnnotationTable, NDArray[np.int64]]


def _whole_block(raw: Raw, task_id: int, labels: LabelSet, jobs: set[int]) -> Block:
    """Return everything that some jobs hold."""
    if not jobs:
        return AnnotationTable.empty(), np.empty(0, np.int64)
    table, job_of = objects.load_table(raw, task_id, labels)
    chosen = np.isin(job_of, sorted(jobs))
    return table.take(chosen), job_of[chosen]


def _block(removed: Block, added: Block) -> bytes:
    first, second = codec.encode_table(*removed), codec.encode_table(*added)
    return len(first).to_bytes(8, "little") + first + second


def read_block(payload: bytes) -> tuple[Block, Block]:
    """Return what a bulk entry of the log removed and what it added."""
    size = int.from_bytes(payload[:8], "little")
    if size > len(payload):
        raise StoreError("an entry of the change log is damaged")
    return codec.decode_table(payload[8 : 8 + size]), codec.decode_table(payload[8 + size :])
