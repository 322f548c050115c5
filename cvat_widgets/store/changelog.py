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

from cvat_widgets.errors import AnnotationError, ConflictError, NotFoundError
from cvat_widgets.model.changes import ChangeSet, Edit, apply_fields
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.records import Record
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.store import codec, objects
from cvat_widgets.store.blocks import decode_blocks, encode_blocks, whole_block
from cvat_widgets.store.catalogue import Catalogue, now
from cvat_widgets.store.checked_edit import CheckedEdit, check_fields, job_holding
from cvat_widgets.store.connection import Database
from cvat_widgets.store.raw import Raw
from cvat_widgets.store.rows import Commit, HistoryState, Snapshot

__all__ = ["ChangeLog"]

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
            work = CheckedEdit(raw, self._job_frames(raw, task_id), labels, size, task_id, job_id, base, revision, op_id)
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
            removed = whole_block(raw, task_id, labels, set(np.unique(jobs).tolist()) if replace else set())
            self._delete_block(raw, task_id, removed[0])
            self._insert_block(raw, task_id, revision + 1, numbered, jobs, labels)
            payload = encode_blocks(removed, (numbered, jobs))
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
        records = ((job_by_id[record.id], record) for record in table.iter_records(labels))
        objects.insert_records(raw, task_id, revision, records)

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
                removed, added = decode_blocks(payload)
                before, after = (added, removed) if back else (removed, added)
                self._delete_block(raw, task_id, before[0])
                self._insert_block(raw, task_id, revision + 1, *after, self.catalogue.labels(task_id))
                return self._log(raw, task_id, revision + 1, entry, None, bulk=encode_blocks(before, after))
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
            check_fields(record, fields, f"object {record_id}")
            changed.append((job, apply_fields(record, {path: after for path, (_, after) in fields.items()})))
        objects.delete_records(raw, task_id, changes.removed)
        objects.replace_records(raw, task_id, revision, changed)
        objects.insert_records(
            raw, task_id, revision, [(job_id or job_holding(jobs, record), record) for record in changes.added]
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
                removed, added = decode_blocks(payload)
                for object_id in np.unique(added[0].id).tolist():
                    records.pop(object_id, None)
                records.update((record.id, record) for record in removed[0].to_records(labels))
                job_by_id.update(zip(removed[0].id.tolist(), removed[1].tolist(), strict=True))
                continue
            changes = codec.decode_changes(payload).inverse()
            records = changes.apply_to(records)
            for record in changes.added:
                job_by_id[record.id] = job_id or job_holding(jobs, record)
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


def _single(jobs: set[int], given: int | None) -> int | None:
    return given if given is not None else next(iter(jobs)) if len(jobs) == 1 else None
