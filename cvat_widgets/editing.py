"""DataFrames turned into edits: what :meth:`Task.update` and :meth:`Task.add` do before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from cvat_widgets.dataframe import attribute_text, to_dataframe
from cvat_widgets.errors import AnnotationError, NotFoundError
from cvat_widgets.model.changes import Edit, FieldChange, read_field
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.records import Element, Keyframe, Record, Shape, Tag, Track, TrackElement
from cvat_widgets.model.table import AnnotationTable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["difference", "owners", "removal", "update_edit"]

_OBJECT_FIELDS = ("group", "source", "score")
_POSE_FIELDS = ("rotation", "occluded", "outside", "z_order")


def removal(ids: object, present: set[int]) -> Edit:
    """Return the edit that removes the given ids: one id, a list, a column, or a DataFrame with a column ``id``.

    Raises
    ------
    NotFoundError
        An id is not there.
    """
    column = ids["id"] if hasattr(ids, "columns") else ids  # type: ignore[index]
    wanted = list(dict.fromkeys(int(value) for value in np.atleast_1d(np.asarray(column)).tolist()))
    unknown = [value for value in wanted if value not in present]
    if unknown:
        raise NotFoundError(f"there is no object with id {', '.join(map(str, unknown[:5]))}", hint="Nothing was deleted")
    return Edit(removed=tuple(wanted))


def owners(table: AnnotationTable, ids: Iterable[int]) -> list[int]:
    """Return the records that ids belong to, each once: of a joint that of its skeleton, of all others their own."""
    skeleton = _skeletons(table)
    return list(dict.fromkeys(skeleton.get(value, value) for value in ids))


def _skeletons(table: AnnotationTable) -> dict[int, int]:
    """Return the skeleton of each joint."""
    rows = np.flatnonzero(table.parent >= 0)
    return dict(zip(table.id[rows].tolist(), table.parent[rows].tolist(), strict=True))


def update_edit(
    changed: pd.DataFrame, table: AnnotationTable, labels: LabelSet, frames: FrameIndex, records: Mapping[int, Record]
) -> Edit:
    """Compare rows with what is stored and return only the differences.

    Parameters
    ----------
    changed
        Rows with ``id`` and any of the other columns; rows of tracks are found by ``id`` and ``frame``, and a frame where a
        track has no
        keyframe yet gets one. Rows of joints change their skeleton. Columns that are absent are left as they are.
    table
        The present annotations.
    labels, frames
        Of the task.
    records
        The present records of (at least) the :func:`owners` of the ids in ``changed``.

    Raises
    ------
    NotFoundError
        An id is not there.
    AnnotationError
        A value cannot be used; the text names the row.
    """
    if "id" not in changed:
        raise AnnotationError("the column id is missing", hint="Take the rows from task.shapes, task.tracks or task.tags")
    unknown = sorted({str(name) for name in changed.columns} - _ALLOWED - {f"attr.{name}" for name in _attribute_names(labels)})
    if unknown:
        raise AnnotationError(f"unknown column {unknown[0]!r}", hint="Attributes are called attr.<name>")
    present = to_dataframe(table, labels, frames)
    positions = _match(changed, table)
    updated: dict[int, dict[str, FieldChange]] = {}
    ids, skeleton = [int(value) for value in changed["id"].tolist()], _skeletons(table)
    for row in _differing_rows(changed, present, positions):
        record = records[skeleton.get(ids[row], ids[row])]
        values = {str(name): changed[name].iat[row] for name in changed.columns}
        before = present.iloc[positions[row]] if positions[row] >= 0 else None
        if record.id != ids[row]:
            fields = _joint_fields(record, ids[row], values, before, labels)
        elif isinstance(record, Track):
            fields = _track_fields(record, values, before, labels)
        else:
            fields = _fields(record, values, labels)
        changes = {path: (read_field(record, path), value) for path, value in fields.items()}
        kept = {path: change for path, change in changes.items() if change[0] != change[1]}
        if kept:
            updated.setdefault(record.id, {}).update(kept)
    return Edit(updated=updated)


_ALLOWED = {
    "id", "frame", "frame_name", "label", "type", "points", "track_id", "parent_id", "keyframe", *_OBJECT_FIELDS, *_POSE_FIELDS,
}  # fmt: skip


def _attribute_names(labels: LabelSet) -> set[str]:
    return {attribute.name for label in labels for each in (label, *label.sublabels) for attribute in each.attributes}


def _match(changed: pd.DataFrame, table: AnnotationTable) -> list[int]:
    """Return for each changed row its row in the table; -1 for a track's frame that has no keyframe."""
    ids = changed["id"].to_numpy(np.int64)
    row_of = {object_id: row for row, object_id in enumerate(table.id.tolist())}
    unknown = [value for value in ids.tolist() if value not in row_of]
    if unknown:
        raise NotFoundError(f"there is no object with id {unknown[0]}", hint="Nothing was updated")
    keyframe_row = {
        (track, frame): row for row, (track, frame) in enumerate(zip(table.track.tolist(), table.frame.tolist(), strict=True))
    }
    is_track = table.is_track
    if any(is_track[row_of[value]] for value in ids.tolist()) and "frame" not in changed:
        raise AnnotationError("rows of tracks need the column frame")
    frames = changed["frame"].tolist() if "frame" in changed else [0] * len(changed)
    return [
        keyframe_row.get((value, int(frame)), -1) if is_track[row_of[value]] else row_of[value]
        for value, frame in zip(ids.tolist(), frames, strict=True)
    ]


def _differing_rows(changed: pd.DataFrame, present: pd.DataFrame, positions: list[int]) -> list[int]:
    """Return the rows in which any cell differs, compared column by column."""
    index = np.array(positions)
    differs = index < 0
    for name in changed.columns:
        if name in present and name not in ("frame_name", "id", "track_id", "parent_id"):
            differs[_unequal(present[name].iloc[index], changed[name])] = True
    return np.flatnonzero(differs).tolist()


def _fields(record: Record, values: Mapping[str, Any], labels: LabelSet) -> dict[str, Any]:
    """Return path -> new value for a shape or tag."""
    fields = _object_fields(record, values, labels)
    if "frame" in values:
        fields["frame"] = int(values["frame"])
    if isinstance(record, Shape):
        fields |= _pose(values)
    return fields


def _joint_fields(record: Record, joint_id: int, values: Mapping[str, Any], before: Any, labels: LabelSet) -> dict[str, Any]:
    """Return path -> new value for a row of a joint. What a joint has from its skeleton is not looked at."""
    where = f"joint {joint_id} of object {record.id}"
    elements = () if isinstance(record, Tag) else record.elements
    element = next((each for each in elements if each.id == joint_id), None)
    if element is None:
        raise NotFoundError(f"there is no object with id {joint_id}", hint="Nothing was updated")
    if values.get("type", element.type) != element.type or values.get("label") not in (None, labels.by_id(element.label).name):
        raise AnnotationError("label and type of a joint are those of its skeleton", where=where)
    own = {name: value for name, value in values.items() if name not in _OBJECT_FIELDS}
    if isinstance(element, TrackElement):
        fields = _track_fields(element, own, before, labels)
        fixed = [path for path in fields if not path.startswith("keyframes.")]
        if any(fields[path] != element.attributes.get(int(path.partition(".")[2])) for path in fixed):
            raise AnnotationError("attributes that never change cannot be updated for a joint of a track", where=where)
        return {f"elements.{joint_id}.{path}": value for path, value in fields.items() if path.startswith("keyframes.")}
    whole = msgspec.to_builtins(element, str_keys=True) | {key: text for key, text in _pose(own).items() if key != "z_order"}
    texts = {path.partition(".")[2]: text for path, text in _object_fields(element, own, labels).items()}
    whole["attributes"] = {key: text for key, text in (whole["attributes"] | texts).items() if text is not None}
    return {f"elements.{joint_id}": whole}


def _track_fields(record: Track | TrackElement, values: Mapping[str, Any], before: Any, labels: LabelSet) -> dict[str, Any]:
    """Return path -> new value for one keyframe row of a track."""
    frame = int(values["frame"])
    old = record.keyframes.get(frame)
    pose = _pose(values)
    if old is None and "points" not in pose:
        raise AnnotationError("a new keyframe needs points", where=f"track {record.id}, frame {frame}")
    fields = _object_fields(record, values, labels)
    mutable = dict(old.attributes) if old else {}
    for path in [path for path in fields if path.startswith("attributes.")]:
        attribute_id = int(path.partition(".")[2])
        spec = labels.attribute_by_id(attribute_id)
        if not spec.mutable:
            continue
        value = fields.pop(path)
        # A value that is only inherited is not written down as if it had been set here.
        inherited = before is not None and attribute_text(before[f"attr.{spec.name}"]) == value and attribute_id not in mutable
        if value is not None and not inherited:
            mutable[attribute_id] = value
    keyframe: dict[str, Any] = msgspec.to_builtins(old, str_keys=True) if old else msgspec.to_builtins(Keyframe(points=()))
    keyframe |= pose
    keyframe["attributes"] = {str(key): text for key, text in mutable.items()}
    return fields | {f"keyframes.{frame}": keyframe}


def _object_fields(record: Record | Element | TrackElement, values: Mapping[str, Any], labels: LabelSet) -> dict[str, Any]:
    where = f"object {record.id}"
    fields: dict[str, Any] = {}
    label = labels.by_id(record.label)
    stored_type = "tag" if isinstance(record, Tag) else record.type
    if values.get("type", stored_type) != stored_type:
        raise AnnotationError("the type of an object cannot change", where=where, hint="Delete it and add a new one")
    if "label" in values and values["label"] != label.name:
        label = labels[values["label"]]
        fields["label"] = label.id
    for name in _OBJECT_FIELDS:
        if name in values:
            fields[name] = msgspec.to_builtins(_python(values[name]))
    for name, cell in values.items():
        if not name.startswith("attr."):
            continue
        value = attribute_text(cell)
        spec = next((attribute for attribute in label.attributes if attribute.name == name[5:]), None)
        if spec is None:
            if value is not None and name[5:] in {attribute.name for attribute in labels.by_id(record.label).attributes}:
                continue  # the attribute went away with the old label
            if value is not None:
                raise AnnotationError(f"the label {label.name!r} has no attribute {name[5:]!r}", where=where)
            continue
        if value is not None:
            # A number is the same number however it is written: keep the text that is stored.
            stored = record.attributes.get(spec.id)
            same = spec.input_type == "number" and stored is not None and float(stored) == float(value)
            value = stored if same else value
            problem = spec.problem_with(value or "")
            if problem:
                raise AnnotationError(f"the value {value!r} of {spec.name!r} {problem}", where=where)
        fields[f"attributes.{spec.id}"] = value
    return fields


def _pose(values: Mapping[str, Any]) -> dict[str, Any]:
    pose = {name: _python(values[name]) for name in _POSE_FIELDS if name in values}
    if "points" in values:
        pose["points"] = np.asarray(values["points"], np.float64).ravel().tolist()
    return pose


def _python(value: Any) -> Any:
    """Return the plain Python value of a NumPy scalar."""
    return value.item() if isinstance(value, np.generic) else value


def difference(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Compare two DataFrames of :meth:`AnnotationView.to_frame`; see :meth:`EditableAnnotations.diff` for the result."""
    import pandas as pd

    def keyed(rows: pd.DataFrame) -> pd.DataFrame:
        tracked = rows["track_id"].notna().to_numpy()
        # A shape that moved to another frame is still that shape; a keyframe is found by its frame.
        key_frame = np.where(tracked, rows["frame"], -1)
        return rows.set_index(pd.MultiIndex.from_arrays([rows["id"], key_frame], names=["id", "keyframe_of"]))

    old, new = keyed(before), keyed(after)
    parts: list[dict[str, Any]] = []

    def whole(rows: pd.DataFrame, change: str) -> None:
        parts.extend(
            {"change": change, "id": object_id, "frame": frame, "field": None, "before": None, "after": None}
            for object_id, frame in zip(rows["id"], rows["frame"], strict=True)
        )

    whole(new[~new.index.isin(old.index)], "added")
    shared = new.index.intersection(old.index)
    old_rows, new_rows = old.loc[shared], new.loc[shared]
    for name in [
        name for name in new.columns if name in old.columns and name not in ("id", "frame_name", "track_id", "parent_id")
    ]:
        for position in _unequal(old_rows[name], new_rows[name]):
            parts.append(
                {
                    "change": "updated",
                    "id": new_rows["id"].iat[position],
                    "frame": new_rows["frame"].iat[position],
                    "field": name,
                    "before": old_rows[name].iat[position],
                    "after": new_rows[name].iat[position],
                }
            )
    whole(old[~old.index.isin(new.index)], "removed")
    return pd.DataFrame(parts, columns=["change", "id", "frame", "field", "before", "after"], dtype=object).astype(
        {"change": "string", "id": "int64", "frame": "int64", "field": "string"}
    )


def _unequal(old: pd.Series[Any], new: pd.Series[Any]) -> list[int]:
    """Return the positions at which two columns differ; two missing values are equal."""
    if old.name == "points":
        pairs = zip(old, new, strict=True)
        return [i for i, (a, b) in enumerate(pairs) if not np.array_equal(a, np.asarray(b, np.float64).ravel())]
    missing_old, missing_new = old.isna().to_numpy(), new.isna().to_numpy()
    unequal = missing_old != missing_new
    both = ~missing_old & ~missing_new
    unequal[both] = old.astype(object).to_numpy()[both] != new.astype(object).to_numpy()[both]
    return np.flatnonzero(unequal).tolist()
