"""What the rows of a store know of labels: how many objects have them, which ones, and which edits name them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from cvat_widgets.model.records import Record
from cvat_widgets.store import codec, objects
from cvat_widgets.store.blocks import decode_blocks
from cvat_widgets.store.raw import Raw

__all__ = ["end_history", "label_counts", "labelled"]

_TABLES = ("shape", "tag", "track")


def label_counts(raw: Raw, task_id: int) -> dict[int, int]:
    """See :meth:`Store.label_counts`."""
    counts: dict[int, int] = {}
    for name in _TABLES:
        query = f"SELECT label_id, COUNT(*) FROM {name} WHERE task_id = ? GROUP BY label_id"  # noqa: S608
        for label, count in raw.execute(query, (task_id,)):
            counts[label] = counts.get(label, 0) + int(count)
    return counts


def labelled(raw: Raw, task_id: int, labels: Iterable[int]) -> list[tuple[int, Record]]:
    """See :meth:`Store.labelled`."""
    wanted = sorted(labels)
    ids: list[int] = []
    if wanted:
        places = ", ".join("?" * len(wanted))
        for name in _TABLES:
            query = f"SELECT id FROM {name} WHERE task_id = ? AND label_id IN ({places})"  # noqa: S608
            ids += [row[0] for row in raw.execute(query, (task_id, *wanted))]
    found = objects.read_records(raw, task_id, sorted(ids))
    return [(job, record) for record, job, _ in found.values()]


def end_history(raw: Raw, task_id: int, gone: set[int]) -> None:
    """Take out of undo and redo what names a label that is gone: it could only bring back objects without a label.

    A log entry names a label by an object it added or removed, by the field ``label``, or by an object known from these.
    """
    rows = raw.execute(
        "SELECT revision, bulk, payload FROM change_set WHERE task_id = ? AND state IN ('done', 'undone') ORDER BY revision",
        (task_id,),
    ).fetchall()
    touched: dict[int, set[int]] = {}
    marked: set[int] = set()
    for revision, bulk, payload in rows:
        ids, mine = _touched_in_block(payload, gone) if bulk else _touched_in_changes(payload, gone)
        touched[revision] = ids
        marked |= mine
    for revision, ids in touched.items():
        if ids & marked:
            raw.execute("UPDATE change_set SET state = 'dead' WHERE task_id = ? AND revision = ?", (task_id, revision))


def _touched_in_changes(payload: bytes, gone: set[int]) -> tuple[set[int], set[int]]:
    changes = codec.decode_changes(payload)
    mine = {record.id for record in (*changes.added, *changes.removed) if record.label in gone}
    mine |= {key for key, fields in changes.updated.items() if gone.intersection(_labels_named(fields))}
    return changes.touched, mine


def _labels_named(fields: Mapping[str, tuple[object, object]]) -> list[int]:
    return [value for value in fields.get("label", ()) if isinstance(value, int)]


def _touched_in_block(payload: bytes, gone: set[int]) -> tuple[set[int], set[int]]:
    ids: set[int] = set()
    mine: set[int] = set()
    for table, _ in decode_blocks(payload):
        ids.update(table.id.tolist())
        mine.update(table.id[np.isin(table.label, list(gone))].tolist())
    return ids, mine
