"""Tracks put together and taken apart.

Rules (source: CVAT's client, ``annotations-collection.ts``), with one addition: attributes are written only where they change.
Held equal to the front end by ``tests/golden/operations.json``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from cvat_widgets.model.changes import Edit
from cvat_widgets.model.kinds import ShapeType
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.operations_common import NewId, described
from cvat_widgets.model.records import Element, Keyframe, Record, Shape, Tag, Track, TrackElement
from cvat_widgets.model.refusals import OperationError
from cvat_widgets.model.states import attributes_at, keyframe_at

__all__ = ["merge", "split"]


@dataclass(frozen=True)
class _Piece:
    """One object that goes into a merged track: its keyframes, each with all mutable values in force there."""

    keyframes: Mapping[int, Keyframe]
    is_shape: bool


def merge(records: Sequence[Record], labels: LabelSet, new_id: NewId, *, stop: int) -> Edit:
    """Return the edit that makes one track of shapes and tracks.

    A shape becomes a keyframe, and the object leaves on the frame after it unless another piece goes on there. Keyframes of
    tracks are kept. Immutable attributes are the first object's; group and source are those of a new object.

    Parameters
    ----------
    records
        At least two objects of the same label and type, in the order in which they were chosen.
    labels
        Labels of the task.
    new_id
        Gives ids: one for the track, then one for each joint.
    stop
        Last frame of the job.

    Raises
    ------
    OperationError
        ``few``, ``tags``, ``masks``, ``labels``, ``types``, or ``overlap``: two are visible on one frame.
    """
    pieces = _mergeable(records)
    first = pieces[0]
    mutable = _mutable_ids(labels, first.label)
    keyframes = _joined([_piece(record, mutable) for record in pieces], stop)
    track = Track(
        id=new_id(),
        label=first.label,
        type=first.type,
        attributes={key: value for key, value in first.attributes.items() if key not in mutable},
        keyframes=_without_leading_outside(keyframes),
        elements=_joined_elements(pieces, labels, new_id, stop),
    )
    return Edit(added=(track,), removed=tuple(record.id for record in pieces))


def _mergeable(records: Sequence[Record]) -> list[Shape | Track]:
    if len(records) < 2:
        raise OperationError("few", "a merge needs at least two objects", hint="Choose the pieces of one track")
    pieces: list[Shape | Track] = []
    for record in records:
        if isinstance(record, Tag):
            raise OperationError("tags", "a tag cannot be part of a track", where=described(record), hint="Leave it out")
        if record.type == "mask":
            raise OperationError("masks", "masks cannot be merged", where=described(record), hint="Convert them first")
        if pieces and record.label != pieces[0].label:
            raise OperationError(
                "labels", "objects of different labels cannot be merged", where=described(record), hint="Relabel one of them"
            )
        if pieces and record.type != pieces[0].type:
            raise OperationError(
                "types", f"a {record.type} cannot be merged with a {pieces[0].type}", where=described(record),
                hint="Choose objects of one type",
            )  # fmt: skip
        pieces.append(record)
    return pieces


def _mutable_ids(labels: LabelSet, label_id: int) -> set[int]:
    return {attribute.id for attribute in labels.by_id(label_id).attributes if attribute.mutable}


def _piece(record: Shape | Track | TrackElement, mutable: set[int]) -> _Piece:
    if isinstance(record, Shape):
        return _Piece({record.frame: _as_keyframe(record, record.z_order, mutable)}, is_shape=True)
    keyframes = {
        frame: msgspec.structs.replace(keyframe, attributes=attributes_at(record.keyframes, frame))
        for frame, keyframe in record.keyframes.items()
    }
    return _Piece(keyframes, is_shape=False)


def _as_keyframe(shape: Shape | Element, z_order: int, mutable: set[int]) -> Keyframe:
    return Keyframe(
        points=shape.points,
        rotation=shape.rotation,
        occluded=shape.occluded,
        outside=shape.outside,
        z_order=z_order,
        attributes={key: value for key, value in shape.attributes.items() if key in mutable},
    )


def _joined(pieces: Iterable[_Piece], stop: int) -> dict[int, Keyframe]:
    keyframes: dict[int, Keyframe] = {}
    for piece in pieces:
        for frame, keyframe in sorted(piece.keyframes.items()):
            present = keyframes.get(frame)
            if present is not None and not present.outside:
                if keyframe.outside and not piece.is_shape:
                    continue
                raise OperationError(
                    "overlap", "two of the objects are visible at once", where=f"frame {frame}",
                    hint="Delete one of them there, or leave it out",
                )  # fmt: skip
            keyframes[frame] = keyframe
            if piece.is_shape and frame + 1 <= stop and frame + 1 not in keyframes:
                keyframes[frame + 1] = msgspec.structs.replace(keyframe, outside=True)
    return _changes_only(keyframes)


def _changes_only(keyframes: Mapping[int, Keyframe]) -> dict[int, Keyframe]:
    """Return the keyframes in order; of their attribute values (all in force) only those that differ from the one before."""
    kept: dict[int, Keyframe] = {}
    known: dict[int, str] = {}
    for frame in sorted(keyframes):
        values = keyframes[frame].attributes
        changed = {key: value for key, value in values.items() if known.get(key) != value}
        known.update(values)
        kept[frame] = msgspec.structs.replace(keyframes[frame], attributes=changed)
    return kept


def _without_leading_outside(keyframes: dict[int, Keyframe]) -> dict[int, Keyframe]:
    first = next((frame for frame, keyframe in keyframes.items() if not keyframe.outside), None)
    if first is None:
        return keyframes
    kept = {frame: keyframe for frame, keyframe in keyframes.items() if frame >= first}
    kept[first] = msgspec.structs.replace(kept[first], attributes=attributes_at(keyframes, first))
    return kept


def _joined_elements(pieces: Sequence[Shape | Track], labels: LabelSet, new_id: NewId, stop: int) -> tuple[TrackElement, ...]:
    """Merge skeletons joint by joint."""
    sublabels = list(dict.fromkeys(element.label for record in pieces for element in record.elements))
    elements = []
    for sublabel in sublabels:
        mutable = _mutable_ids(labels, sublabel)
        parts: list[_Piece] = []
        own: dict[int, str] | None = None
        joint: ShapeType = "points"
        for record in pieces:
            for element in record.elements:
                if element.label != sublabel:
                    continue
                if isinstance(element, TrackElement):
                    parts.append(_piece(element, mutable))
                elif isinstance(record, Shape):
                    parts.append(_Piece({record.frame: _as_keyframe(element, record.z_order, mutable)}, is_shape=True))
                if own is None:
                    own = {key: value for key, value in element.attributes.items() if key not in mutable}
                    joint = element.type
        keyframes = _joined(parts, stop)
        elements.append(TrackElement(id=new_id(), label=sublabel, type=joint, attributes=own or {}, keyframes=keyframes))
    return tuple(elements)


def split(record: Record, frame: int, new_id: NewId) -> Edit:
    """Return the edit that cuts a track in two at a frame, where the second one begins.

    The first has the keyframes before and leaves at the frame; the second begins with the position there, with all mutable
    values in force. Both keep the immutable attributes; group and source are those of new objects.

    Parameters
    ----------
    record
        A track.
    frame
        A frame after its first keyframe.
    new_id
        Gives ids: for the first track and its joints, then for the second and its joints.

    Raises
    ------
    OperationError
        ``not-a-track``, or ``before-first``: there is nothing before the frame.
    """
    if not isinstance(record, Track):
        raise OperationError("not-a-track", "only a track can be split", where=described(record), hint="Choose a track")
    first = min(record.keyframes)
    if frame <= first:
        raise OperationError(
            "before-first", f"the track begins on frame {first}", where=described(record), hint="Split it on a later frame"
        )
    halves = []
    for later in (False, True):
        keyframes = _half(record.type, record.keyframes, frame, later=later)
        track_id = new_id()
        elements = tuple(
            TrackElement(
                id=new_id(),
                label=element.label,
                type=element.type,
                attributes=dict(element.attributes),
                keyframes=_half(element.type, element.keyframes, frame, later=later),
            )
            for element in record.elements
        )
        halves.append(
            Track(
                id=track_id,
                label=record.label,
                type=record.type,
                attributes=dict(record.attributes),
                keyframes=keyframes,
                elements=elements,
            )
        )
    return Edit(added=tuple(halves), removed=(record.id,))


def _half(type_name: ShapeType, keyframes: Mapping[int, Keyframe], frame: int, *, later: bool) -> dict[int, Keyframe]:
    here = keyframe_at(type_name, keyframes, frame)
    if later:
        kept = {each: keyframes[each] for each in sorted(keyframes) if each > frame}
        return {frame: here, **kept} if here is not None else kept
    kept = {each: keyframes[each] for each in sorted(keyframes) if each < frame}
    # A joint may begin later than its skeleton: then it is not there in the first half.
    end = here if here is not None else keyframes[min(keyframes)]
    return {**kept, frame: msgspec.structs.replace(end, outside=True, attributes={})}
