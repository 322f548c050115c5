"""One edit, checked against what is there and written."""

from __future__ import annotations

from typing import Any

from cvat_widgets.errors import AnnotationError, ConflictError, NotFoundError
from cvat_widgets.model.changes import ChangeSet, Edit, FieldChange, apply_fields, read_field
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.records import Record, Track, validate_record
from cvat_widgets.store import codec, objects
from cvat_widgets.store.raw import Raw, is_duplicate

__all__ = ["CheckedEdit", "check_fields", "job_holding"]


class CheckedEdit:
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
            check_fields(record, fields, f"object {record_id}")
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
        return self.job_id if self.job_id is not None else job_holding(self.jobs, record)

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


def job_holding(jobs: dict[int, tuple[int, int]], record: Record) -> int:
    """Return the first job that has the (first) frame of a record."""
    frame = min(record.keyframes, default=0) if isinstance(record, Track) else record.frame
    for job, (start, stop) in jobs.items():  # jobs of annotation come first
        if start <= frame <= stop:
            return job
    raise AnnotationError(f"frame {frame} does not exist", where=f"object {record.id}")


def check_fields(record: Record, fields: dict[str, FieldChange], where: str) -> None:
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
