"""Rows of shapes, tags and tracks: whole tables out of the database, single records in and out.

These are the hot paths, written on the raw cursor: through SQLAlchemy Core loading takes 2.6 times as long.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.attributes import AttributeColumns
from cvat_widgets.model.kinds import SHAPE_CODE, SHAPE_TYPES, SOURCE_CODE, SOURCES, TAG, Flag
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.records import Record, Shape, Tag, Track
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.store import codec
from cvat_widgets.store.raw import Raw

__all__ = ["delete_records", "insert_records", "load_table", "read_records", "replace_records", "used_labels"]

_AT_ONCE = 1000
"""Records whose columns are in memory at a time."""

_COMMON = "task_id, id, job_id, label_id, group_id, source, score, attributes, revision"
_COLUMNS = {
    "shape": f"{_COMMON}, frame, type, flags, z_order, rotation, points, elements",
    "tag": f"{_COMMON}, frame",
    "track": f"{_COMMON}, type, first_frame, last_frame, keyframe_count, keyframes, elements",
}
_INSERT = {
    name: f"INSERT INTO {name} ({columns}) VALUES ({', '.join('?' * (columns.count(',') + 1))})"  # noqa: S608
    for name, columns in _COLUMNS.items()
}
_REPLACE = {name: "INSERT OR REPLACE" + statement[len("INSERT") :] for name, statement in _INSERT.items()}


# -- records ---------------------------------------------------------------------------------------------------------------


def _table_of(record: Record) -> str:
    return type(record).__name__.lower()


def _row(task_id: int, job_id: int, revision: int, record: Record) -> tuple[Any, ...]:
    attributes = msgspec.json.encode(record.attributes).decode() if record.attributes else None
    common = (
        task_id, record.id, job_id, record.label, record.group, SOURCE_CODE[record.source], record.score, attributes, revision,
    )  # fmt: skip
    if isinstance(record, Tag):
        return (*common, record.frame)
    if isinstance(record, Shape):
        flags = int((record.occluded and Flag.OCCLUDED) | (record.outside and Flag.OUTSIDE))
        return (
            *common, record.frame, SHAPE_CODE[record.type], flags, record.z_order, record.rotation,
            codec.encode_points(record.points), codec.encode_elements(record.elements),
        )  # fmt: skip
    return (
        *common, SHAPE_CODE[record.type], min(record.keyframes), max(record.keyframes), len(record.keyframes),
        codec.encode_keyframes(record.keyframes), codec.encode_track_elements(record.elements),
    )  # fmt: skip


def _write(raw: Raw, statements: dict[str, str], task_id: int, revision: int, records: Iterable[tuple[int, Record]]) -> None:
    rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in statements}
    for job_id, record in records:
        name = _table_of(record)
        rows[name].append(_row(task_id, job_id, revision, record))
        if len(rows[name]) == _AT_ONCE:
            raw.executemany(statements[name], rows[name])
            rows[name].clear()
    for name, values in rows.items():
        if values:
            raw.executemany(statements[name], values)


def insert_records(raw: Raw, task_id: int, revision: int, records: Iterable[tuple[int, Record]]) -> None:
    """Write new records, each with its job."""
    _write(raw, _INSERT, task_id, revision, records)


def replace_records(raw: Raw, task_id: int, revision: int, records: Iterable[tuple[int, Record]]) -> None:
    """Write changed records, each with its job."""
    _write(raw, _REPLACE, task_id, revision, records)


def delete_records(raw: Raw, task_id: int, records: Iterable[Record]) -> None:
    """Delete records."""
    for record in records:
        raw.execute(f"DELETE FROM {_table_of(record)} WHERE task_id = ? AND id = ?", (task_id, record.id))  # noqa: S608


def read_records(raw: Raw, task_id: int, ids: Sequence[int]) -> dict[int, tuple[Record, int, int]]:
    """Return ``{id: (record, job, revision)}`` of those of the ids that exist."""
    found: dict[int, tuple[Record, int, int]] = {}
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        places = ", ".join("?" * len(part))
        for name, columns in _COLUMNS.items():
            query = f"SELECT {columns} FROM {name} WHERE task_id = ? AND id IN ({places})"  # noqa: S608
            for row in raw.execute(query, (task_id, *part)):
                found[row[1]] = (_record(name, row), row[2], row[8])
    return found


def _record(name: str, row: tuple[Any, ...]) -> Record:
    common = {
        "id": row[1],
        "label": row[3],
        "group": row[4],
        "source": SOURCES[row[5]],
        "score": row[6],
        "attributes": msgspec.json.decode(row[7], type=dict[int, str]) if row[7] else {},
    }
    if name == "tag":
        return Tag(frame=row[9], **common)
    if name == "shape":
        return Shape(
            frame=row[9],
            type=SHAPE_TYPES[row[10]],
            occluded=bool(row[11] & Flag.OCCLUDED),
            outside=bool(row[11] & Flag.OUTSIDE),
            z_order=row[12],
            rotation=row[13],
            points=tuple(np.frombuffer(row[14], "<f8").tolist()),
            elements=codec.decode_elements(row[15]),
            **common,
        )
    return Track(
        type=SHAPE_TYPES[row[9]],
        keyframes=codec.decode_keyframes(row[13]),
        elements=codec.decode_track_elements(row[14]),
        **common,
    )


def used_labels(raw: Raw, task_id: int) -> set[int]:
    """Return the ids of the labels that objects of a task have."""
    found: set[int] = set()
    for name in _COLUMNS:
        found.update(row[0] for row in raw.execute(f"SELECT DISTINCT label_id FROM {name} WHERE task_id = ?", (task_id,)))  # noqa: S608
    return found


# -- tables ----------------------------------------------------------------------------------------------------------------


def load_table(
    raw: Raw, task_id: int, labels: LabelSet, job_id: int | None = None
) -> tuple[AnnotationTable, NDArray[np.int64]]:
    """Return the annotations of a task, or of one job, and the job of each row: shapes, tags, tracks, each by id."""
    known = {attribute.id for label in labels for each in (label, *label.sublabels) for attribute in each.attributes}
    where = "task_id = ?" if job_id is None else "task_id = ? AND job_id = ?"
    values = (task_id,) if job_id is None else (task_id, job_id)

    def rows(name: str) -> list[tuple[Any, ...]]:
        return raw.execute(f"SELECT {_COLUMNS[name]} FROM {name} WHERE {where} ORDER BY id", values).fetchall()  # noqa: S608

    parts = [_shape_rows(rows("shape"), known), _tag_rows(rows("tag"), known), _track_rows(rows("track"), known)]
    present = [part for part in parts if len(part[0])]
    if not present:
        return AnnotationTable.empty(), np.empty(0, np.int64)
    return AnnotationTable.concat([table for table, _ in present]), np.concatenate([job_of for _, job_of in present])


Part = tuple[AnnotationTable, NDArray[np.int64]]


def _attributes(texts: Iterable[str | None], known: set[int]) -> AttributeColumns:
    decode = msgspec.json.Decoder(dict[int, str]).decode
    dicts = [decode(text) if text else {} for text in texts]
    if any(not known.issuperset(values) for values in dicts):
        # An attribute that was taken out of its label leaves its values behind; they come back with it on undo.
        dicts = [{spec: value for spec, value in values.items() if spec in known} for values in dicts]
    return AttributeColumns.from_dicts(dicts)


def _shape_rows(rows: list[tuple[Any, ...]], known: set[int]) -> Part:
    if not rows:
        return AnnotationTable.empty(), np.empty(0, np.int64)
    columns = list(zip(*rows, strict=True))
    if any(columns[15]):
        records = [_record("shape", row) for row in rows]
        table = AnnotationTable.from_records(records)
        job_of = np.repeat(np.array(columns[2]), [1 + len(record.elements) for record in records if isinstance(record, Shape)])
        return table, job_of
    blobs = columns[14]
    lengths = np.fromiter(map(len, blobs), np.int64, len(blobs)) // 8
    table = AnnotationTable.build(
        id=columns[1],
        label=columns[3],
        group=columns[4],
        source=columns[5],
        score=columns[6],
        frame=columns[9],
        type=columns[10],
        flags=columns[11],
        z_order=columns[12],
        rotation=columns[13],
        points=np.frombuffer(b"".join(blobs), "<f8"),
        offsets=np.concatenate(([0], np.cumsum(lengths))),
        attributes=_attributes(columns[7], known),
    )
    return table, np.array(columns[2], np.int64)


def _tag_rows(rows: list[tuple[Any, ...]], known: set[int]) -> Part:
    if not rows:
        return AnnotationTable.empty(), np.empty(0, np.int64)
    columns = list(zip(*rows, strict=True))
    table = AnnotationTable.build(
        id=columns[1],
        label=columns[3],
        group=columns[4],
        source=columns[5],
        score=columns[6],
        frame=columns[9],
        type=TAG,
        points=[],
        offsets=np.zeros(len(rows) + 1, np.int64),
        attributes=_attributes(columns[7], known),
    )
    return table, np.array(columns[2], np.int64)


def _track_rows(rows: list[tuple[Any, ...]], known: set[int]) -> Part:
    if not rows:
        return AnnotationTable.empty(), np.empty(0, np.int64)
    skeletons = [_record("track", row) for row in rows if row[14]]
    plain = [row for row in rows if not row[14]]
    parts: list[Part] = []
    if plain:
        parts.append(_plain_track_rows(plain, known))
    if skeletons:
        table = AnnotationTable.from_records(skeletons)
        job_by_id = {row[1]: row[2] for row in rows if row[14]}
        owner = np.where(table.parent >= 0, table.parent, table.id).tolist()
        parts.append((table, np.array([job_by_id[value] for value in owner], np.int64)))
    return AnnotationTable.concat([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _plain_track_rows(rows: list[tuple[Any, ...]], known: set[int]) -> Part:
    keys = [codec.keyframe_columns(row[13]) for row in rows]
    counts = np.array([len(key.frame) for key in keys])
    columns = list(zip(*rows, strict=True))
    firsts = np.cumsum(counts) - counts

    def spread(index: int) -> NDArray[Any]:
        return np.repeat(np.array(columns[index]), counts)

    dicts: list[dict[int, str]] = []
    if any(columns[7]) or any(key.attributes for key in keys):
        dicts = [{} for _ in range(int(counts.sum()))]
        decode = msgspec.json.Decoder(dict[int, str]).decode
        for first, own, key in zip(firsts.tolist(), columns[7], keys, strict=True):
            dicts[first] = decode(own) if own else {}
            for position, values in key.attributes.items():
                dicts[first + position] = dicts[first + position] | values
        dicts = [{spec: value for spec, value in values.items() if spec in known} for values in dicts]
    lengths = np.concatenate([key.length for key in keys])
    table = AnnotationTable.build(
        id=spread(1),
        track=spread(1),
        label=spread(3),
        group=spread(4),
        source=spread(5),
        score=spread(6),
        type=spread(9),
        frame=np.concatenate([key.frame for key in keys]),
        flags=np.concatenate([key.flags for key in keys]),
        z_order=np.concatenate([key.z_order for key in keys]),
        rotation=np.concatenate([key.rotation for key in keys]),
        points=np.concatenate([key.points for key in keys]),
        offsets=np.concatenate(([0], np.cumsum(lengths, dtype=np.int64))),
        attributes=AttributeColumns.from_dicts(dicts),
    )
    return table, spread(2).astype(np.int64)
