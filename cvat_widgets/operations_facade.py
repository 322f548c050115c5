"""Operations on objects and annotation actions as methods of tasks and jobs; each is one undo step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cvat_widgets.errors import AnnotationError, NotFoundError
from cvat_widgets.model import operations
from cvat_widgets.model.changes import Edit
from cvat_widgets.model.records import Record, Track
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.views import AnnotationView

if TYPE_CHECKING:
    from cvat_widgets.actions import ActionResult
    from cvat_widgets.store import Store

__all__ = ["IdSupply", "ObjectOperations", "run_action"]

_LARGEST_BLOCK = 4096


class IdSupply:
    """Gives new object ids one by one; reserves them in growing blocks.

    Parameters
    ----------
    store
        The store.
    task_id
        The task.
    """

    def __init__(self, store: Store, task_id: int) -> None:
        self.store = store
        self.task_id = task_id
        self._block: list[int] = []
        self._size = 4

    def __call__(self) -> int:
        """Return the next id."""
        if not self._block:
            self._size = min(self._size * 2, _LARGEST_BLOCK)
            self._block = list(reversed(self.store.reserve_ids(self.task_id, self._size)))
        return self._block.pop()


class ObjectOperations(AnnotationView):
    """What can be done with objects of a task or job; a base of both."""

    store: Store
    task_id: int
    job_id: int | None
    user: str

    def _commit(self, edit: Any, *, base: int, label: str) -> Any:
        raise NotImplementedError  # what is edited knows how

    # -- tracks --------------------------------------------------------------------------------------------------

    def merge(self, ids: object) -> int:
        """Merge shapes and tracks of one label and type into one track; return its id.

        A shape becomes a keyframe and leaves on the next frame, unless another piece goes on there.

        Parameters
        ----------
        ids
            Ids: a list, a column, or rows with a column ``id``. The first object gives the immutable attributes.

        Raises
        ------
        OperationError
            It cannot be done: different labels or types, masks, two visible on one frame. The text says which.
        NotFoundError
            An id is not there.
        """

        def make(records: list[Record]) -> Edit:
            return operations.merge(records, self.labels, self._new_id, stop=self._last_frame(records))

        return self._operate("Merge", ids, make).added[0].id

    def split(self, object_id: int, frame: int) -> tuple[int, int]:
        """Cut a track in two; the second begins on ``frame``. Return both ids.

        Raises
        ------
        OperationError
            It is not a track, or it begins on ``frame`` or later.
        NotFoundError
            The id is not there.
        """
        edit = self._operate("Split", object_id, lambda records: operations.split(records[0], frame, self._new_id))
        return edit.added[0].id, edit.added[1].id

    # -- frames --------------------------------------------------------------------------------------------------

    def propagate(self, ids: object, frames: int | Iterable[int], *, frame: int | None = None) -> list[int]:
        """Copy objects, as they look on one frame, to other frames; tracks are copied as shapes. Return the new ids.

        Parameters
        ----------
        ids
            The objects.
        frames
            Where to: one frame or several, before or after. Frames that are deleted or not in the job are left out.
        frame
            Where they are looked at; by default the frame of the shapes among them.

        Raises
        ------
        OperationError
            An object is not visible on that frame.
        """
        wanted = {frames} if isinstance(frames, int) else {int(each) for each in frames}
        usable = wanted & set(self._frames())

        def make(records: list[Record]) -> Edit:
            start = _common_frame(records) if frame is None else frame
            return operations.propagate(records, start, usable, self._new_id)

        return [record.id for record in self._operate("Propagate", ids, make).added]

    def remove_range(self, start: int, stop: int, *, keyframes_only: bool = False) -> int:
        """Remove what is on frames ``start`` to ``stop`` (inclusive); return how many objects changed or went.

        Shapes and tags go. Of tracks, those go that begin there; with ``keyframes_only``, all lose only their keyframes there.
        """
        table = self.table
        inside = (table.frame >= start) & (table.frame <= stop) & (table.parent < 0)
        edit = self._operate(
            f"Clear frames {start} to {stop} of",
            np.unique(table.id[inside]),
            lambda records: operations.remove_in_range(records, start, stop, keyframes_only=keyframes_only),
        )
        return len(edit.removed) + len(edit.updated)

    def group(self, ids: object) -> int:
        """Put objects into a new group; return its number."""
        edit = self._operate("Group", ids, lambda records: operations.group(records, self.table.group.tolist()))
        number: int = next(iter(edit.updated.values()))["group"][1]
        return number

    def ungroup(self, ids: object) -> int:
        """Take objects out of their groups; return how many were in one."""
        return len(self._operate("Ungroup", ids, operations.ungroup).updated)

    # -- outlines ------------------------------------------------------------------------------------------------

    def join(self, ids: object) -> list[int]:
        """Join polygons, or masks, of one label on one frame; return the ids of what they become.

        Raises
        ------
        OperationError
            They do not touch, the result would have a hole, or they are of different labels, types or frames.
        """
        edit = self._operate("Join", ids, lambda records: operations.join(records, self.labels, self._new_id))
        return [record.id for record in edit.added]

    def slice(self, object_id: int, line: ArrayLike) -> tuple[int, int]:
        """Cut a polygon or mask in two along a line; return both ids.

        Parameters
        ----------
        object_id
            The shape.
        line
            Points from outside to outside, flat or as pairs.

        Raises
        ------
        OperationError
            The line does not cut it into exactly two parts.
        """
        points = np.asarray(line, np.float64).ravel().tolist()
        edit = self._operate("Slice", object_id, lambda records: operations.slice_shape(records[0], points, self._new_id))
        return edit.added[0].id, edit.added[1].id

    def simplify(self, ids: object, distance: float = 1.0) -> int:
        """Take needless points out of polygons and polylines; return how many objects changed.

        Parameters
        ----------
        ids
            The objects; tracks are simplified at every keyframe.
        distance
            How far the new outline may be from the old one, in pixels, from 0.1 to 64.
        """
        return len(self._operate("Simplify", ids, lambda records: operations.simplify(records, distance)).updated)

    def convert(self, ids: object, type: str, *, fill_holes: bool = False) -> list[int]:  # noqa: A002
        """Turn shapes into another type; return the ids of all of them, further parts of masks included.

        Parameters
        ----------
        ids
            Rectangles, ellipses, polygons or masks.
        type
            ``polygon``, ``mask`` or ``rectangle``.
        fill_holes
            Whether polygons cover the holes of masks; otherwise masks with holes are refused.

        Raises
        ------
        OperationError
            A shape cannot become one of that type; nothing is changed.
        """
        index = self.frame_index

        def make(records: list[Record]) -> Edit:
            frames = {
                frame for record in records for frame in (record.keyframes if isinstance(record, Track) else [record.frame])
            }
            sizes = {frame: (int(index.widths[frame]), int(index.heights[frame])) for frame in frames}
            return operations.convert(records, type, self.labels, sizes, self._new_id, fill_holes=fill_holes)

        edit = self._operate(f"Convert to {type}", ids, make)
        return [*_wanted(ids), *(record.id for record in edit.added)]

    # -- actions -------------------------------------------------------------------------------------------------

    def run_action(
        self,
        name: str,
        frames: int | Iterable[int] | None = None,
        filter: Mapping[str, Any] | str | Callable[[Any], Any] | None = None,  # noqa: A002
        *,
        ids: object = None,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        **parameters: Any,
    ) -> ActionResult:
        """Run an annotation action; everything it does is one undo step.

        Parameters
        ----------
        name
            One of ``cw.actions()``.
        frames
            One frame or several; by default all.
        filter
            Only objects that match: JSON logic, or a function that takes a DataFrame and returns which rows.
        ids
            Only these objects.
        progress
            Called with (frames done, all).
        cancelled
            Asked again and again; when it returns true, the action stops and nothing is changed.
        **parameters
            Parameters of the action; missing ones have their default.

        Returns
        -------
        ActionResult
            How many objects were ``added``, ``updated`` and ``removed``, and why others were left alone (``skipped``).

        Raises
        ------
        ActionError
            There is no such action, or a parameter cannot be used.
        ConflictError
            Somebody changed the same objects meanwhile; nothing is changed.
        """
        from cvat_widgets.action_tables import PandasTables
        from cvat_widgets.actions import Scene, find_action, plan_action

        base, labels, index = self.revision, self.labels, self.frame_index
        tabular = PandasTables(labels, index)
        usable = self._frames()
        cache: dict[int, Record] = {}

        def fetch(wanted: Sequence[int]) -> Mapping[int, Record]:
            missing = [each for each in wanted if each not in cache]
            if missing:
                cache.update(self._fetch(missing))
            return cache

        edit, result = plan_action(
            find_action(name),
            Scene(self.table, labels, index, usable, fetch, self._new_id, tabular),
            parameters,
            frames=usable if frames is None else [frames] if isinstance(frames, int) else [int(each) for each in frames],
            ids=None if ids is None else _wanted(ids),
            matches=_matching(filter, tabular),
            progress=progress,
            cancelled=cancelled,
        )
        if edit.touched:
            self._commit(edit, base=base, label=result.name)
        return result

    # -- what they share -----------------------------------------------------------------------------------------

    @property
    def _new_id(self) -> IdSupply:
        return IdSupply(self.store, self.task_id)

    def _fetch(self, ids: Sequence[int]) -> dict[int, Record]:
        return self.store.records(self.task_id, list(ids))

    def _operate(self, verb: str, ids: object, make: Callable[[list[Record]], Edit]) -> Edit:
        """Make the edit for some objects and write it; return it."""
        base = self.revision  # read first: what somebody changes from here on is found out when it is written
        wanted = _wanted(ids)
        edit = make(self._records(wanted))
        if edit.touched:
            self._commit(edit, base=base, label=f"{verb} {_objects(len(wanted))}")
        return edit

    def _records(self, wanted: Sequence[int]) -> list[Record]:
        """Return the records of ids, in their order."""
        found = self._fetch(wanted)
        missing = [each for each in wanted if each not in found]
        if missing:
            raise NotFoundError(f"there is no object with id {', '.join(map(str, missing[:5]))}", hint="Nothing was changed")
        return [found[each] for each in wanted]

    def _jobs(self) -> list[tuple[int, int]]:
        rows = self.store.jobs(self.task_id)
        if self.job_id is not None:
            return [(row.start, row.stop) for row in rows if row.id == self.job_id]
        return [(row.start, row.stop) for row in rows if row.type == "annotation"]

    def _frames(self) -> list[int]:
        """Return the frames that are there: of the job, without deleted ones."""
        deleted = set(self.store.deleted_frames(self.task_id))
        return sorted({frame for start, stop in self._jobs() for frame in range(start, stop + 1)} - deleted)

    def _last_frame(self, records: Sequence[Record]) -> int:
        """Return the last frame of the job that the first object is in."""
        if not records:
            return 0
        record = records[0]
        first = min(record.keyframes) if isinstance(record, Track) else record.frame
        return next((stop for start, stop in self._jobs() if start <= first <= stop), len(self.frame_index) - 1)


def run_action(target: ObjectOperations, name: str, *arguments: Any, **parameters: Any) -> ActionResult:
    """Run an annotation action on a task or job; see :meth:`Task.run_action`."""
    return target.run_action(name, *arguments, **parameters)


def _common_frame(records: Sequence[Record]) -> int:
    """Return the frame that all shapes and tags among the records are on."""
    places = {record.frame for record in records if not isinstance(record, Track)}
    if len(places) != 1:
        raise AnnotationError("it is not clear which frame to copy from", hint="Say propagate(ids, frames, frame=...)")
    return places.pop()


def _objects(count: int) -> str:
    return f"{count} object{'s' if count != 1 else ''}"


def _wanted(ids: object) -> list[int]:
    column = ids["id"] if hasattr(ids, "columns") else ids  # type: ignore[index]
    return list(dict.fromkeys(int(value) for value in np.atleast_1d(np.asarray(column)).tolist()))


def _matching(
    filter: Mapping[str, Any] | str | Callable[[Any], Any] | None,  # noqa: A002
    tabular: Any,
) -> Callable[[AnnotationTable], NDArray[np.bool_]] | None:
    if filter is None:
        return None
    if callable(filter):
        function = filter

        def matches(rows: AnnotationTable) -> NDArray[np.bool_]:
            found = np.asarray(function(tabular.to_frame(rows)))
            if found.shape != (len(rows),) or found.dtype != bool:
                raise AnnotationError(
                    "a filter returns True or False for every row", hint="Write lambda rows: rows['score'] < 0.5"
                )
            return found

        return matches
    from cvat_widgets.model.filters import filter_mask, parse_filter

    tree = parse_filter(filter)
    return lambda rows: filter_mask(rows, tabular.labels, tree)
