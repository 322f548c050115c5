"""Objects copied to other frames, removed from them, and grouped.

Rules (source: CVAT's client, ``annotations-collection.ts`` and ``object-utils.ts``). Held equal to the front end by
``tests/golden/operations.json``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from cvat_widgets.model.changes import Edit
from cvat_widgets.model.operations_common import NewId, described, fields_edit, merged_edits
from cvat_widgets.model.records import Record, Shape, Tag, Track
from cvat_widgets.model.refusals import OperationError
from cvat_widgets.model.states import state_on

__all__ = ["group", "propagate", "remove_in_range", "ungroup"]


def propagate(records: Sequence[Record], frame: int, frames: Iterable[int], new_id: NewId) -> Edit:
    """Return the edit that copies objects, as they look on one frame, to other frames.

    Tracks are copied as shapes. Copies keep label, attributes, source, score, occluded and layer; they are in no group.

    Parameters
    ----------
    records
        What to copy.
    frame
        Where it is looked at.
    frames
        Where the copies go; ``frame`` itself is left out.
    new_id
        Gives ids: frame by frame, object by object, each followed by its joints.

    Raises
    ------
    OperationError
        ``not-visible``: an object is not there on ``frame``.
    """
    states: list[Shape | Tag] = []
    for record in records:
        state = state_on(record, frame)
        if state is None or (isinstance(record, Track) and isinstance(state, Shape) and state.outside):
            raise OperationError(
                "not-visible", f"the object is not visible on frame {frame}", where=described(record),
                hint="Go to a frame where it is",
            )  # fmt: skip
        states.append(state)
    copies = [_copy(state, each, new_id) for each in sorted(set(frames) - {frame}) for state in states]
    return Edit(added=tuple(copies))


def _copy(state: Shape | Tag, frame: int, new_id: NewId) -> Record:
    if isinstance(state, Tag):
        return msgspec.structs.replace(state, id=new_id(), frame=frame, group=0)
    copy_id = new_id()
    elements = tuple(msgspec.structs.replace(element, id=new_id()) for element in state.elements)
    return msgspec.structs.replace(state, id=copy_id, frame=frame, group=0, outside=False, elements=elements)


def remove_in_range(records: Iterable[Record], start: int, stop: int, *, keyframes_only: bool = False) -> Edit:
    """Return the edit that clears frames.

    Shapes and tags of the frames go. Of tracks, either those that begin there go as a whole, or, with ``keyframes_only``, all
    lose their keyframes there; a track that loses its last one goes.

    Parameters
    ----------
    records
        Everything that may be in the range.
    start, stop
        First and last frame, both included.
    keyframes_only
        What happens to tracks.
    """
    if start > stop:
        raise OperationError("range", f"frame {start} is after frame {stop}", hint="Give the first frame first")
    removed: list[int] = []
    edits: list[Edit] = []
    for record in records:
        if not isinstance(record, Track):
            if start <= record.frame <= stop:
                removed.append(record.id)
        elif not keyframes_only:
            if start <= min(record.keyframes) <= stop:
                removed.append(record.id)
        elif all(start <= frame <= stop for frame in record.keyframes):
            removed.append(record.id)
        else:
            edits.append(_without_keyframes(record, start, stop))
    return merged_edits([*edits, Edit(removed=tuple(removed))])


def _without_keyframes(track: Track, start: int, stop: int) -> Edit:
    paths = [f"keyframes.{frame}" for frame in sorted(track.keyframes) if start <= frame <= stop]
    for element in track.elements:
        paths += [f"elements.{element.id}.keyframes.{frame}" for frame in sorted(element.keyframes) if start <= frame <= stop]
    return fields_edit(track, dict.fromkeys(paths), touches_source=False)


def group(records: Sequence[Record], present: Iterable[int]) -> Edit:
    """Return the edit that puts objects into one new group.

    Parameters
    ----------
    records
        The objects.
    present
        Group numbers in use; the new one is the next after the largest.

    Raises
    ------
    OperationError
        ``few``: there is nothing to group.
    """
    if not records:
        raise OperationError("few", "there is nothing to group", hint="Choose at least one object")
    number = max(present, default=0) + 1
    return merged_edits([fields_edit(record, {"group": number}, touches_source=False) for record in records])


def ungroup(records: Sequence[Record]) -> Edit:
    """Return the edit that takes objects out of their groups."""
    return merged_edits([fields_edit(record, {"group": 0}, touches_source=False) for record in records])
