"""An action run over frames: choosing objects, planning frame by frame, progress, cancellation. Nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.actions.parameters import ActionError, checked_values
from cvat_widgets.model.changes import Edit
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.operations_common import NewId, merged_edits
from cvat_widgets.model.records import Record
from cvat_widgets.model.table import AnnotationTable

if TYPE_CHECKING:
    import pandas as pd

    from cvat_widgets.actions.registry import Action

__all__ = ["ActionResult", "Chosen", "Scene", "Tabular", "plan_action", "plan_with"]


class Tabular(Protocol):
    """How rows become DataFrames and what functions return becomes an edit; given by the floor that knows pandas."""

    def to_frame(self, rows: AnnotationTable) -> pd.DataFrame:
        """Return rows as a DataFrame."""
        ...

    def to_edit(self, returned: object, given: pd.DataFrame, chosen: Chosen) -> Edit:
        """Return the edit that a function asked for."""
        ...


@dataclass(frozen=True)
class Scene:
    """What an action runs on.

    Parameters
    ----------
    table
        All annotations.
    labels, index
        Labels and frames of the task.
    frames
        Frames that may be used: those of the job that are not deleted, in order.
    fetch
        Returns records by id.
    new_id
        Gives ids.
    tabular
        For functions that work on DataFrames.
    """

    table: AnnotationTable
    labels: LabelSet
    index: FrameIndex
    frames: Sequence[int]
    fetch: Callable[[Sequence[int]], Mapping[int, Record]]
    new_id: NewId
    tabular: Tabular

    def sizes(self, frames: Sequence[int]) -> dict[int, tuple[int, int]]:
        """Return width and height of frames."""
        return {frame: (int(self.index.widths[frame]), int(self.index.heights[frame])) for frame in frames}


@dataclass
class Chosen:
    """The objects an action is asked about: those of one frame, or of all.

    Parameters
    ----------
    rows
        How they look: one row an object and frame, joints included.
    frame
        The (first) frame.
    scene
        Where they are.
    skipped
        Why objects were left alone; actions add to it.
    """

    rows: AnnotationTable
    frame: int
    scene: Scene
    skipped: list[str] = field(default_factory=list)

    @property
    def ids(self) -> list[int]:
        """Ids of the objects, without joints, each once."""
        return list(dict.fromkeys(self.rows.id[self.rows.parent < 0].tolist()))

    @cached_property
    def records(self) -> list[Record]:
        """The objects as they are stored."""
        found = self.scene.fetch(self.ids)
        return [found[object_id] for object_id in self.ids if object_id in found]


@dataclass(frozen=True)
class ActionResult:
    """What an action did.

    Parameters
    ----------
    name
        The action.
    added, updated, removed
        Numbers of objects.
    skipped
        Why objects were left alone, one text each.
    cancelled
        Whether it was stopped; then nothing was changed.
    """

    name: str
    added: int = 0
    updated: int = 0
    removed: int = 0
    skipped: tuple[str, ...] = ()
    cancelled: bool = False

    @property
    def text(self) -> str:
        """One sentence for people."""
        if self.cancelled:
            return "Cancelled: nothing was changed."
        counts = (("added", self.added), ("changed", self.updated), ("removed", self.removed))
        parts = [f"{count} {verb}" for verb, count in counts if count]
        said = f"{', '.join(parts)}." if parts else "Nothing to change."
        if self.skipped:
            said += f" {len(self.skipped)} left alone: {self.skipped[0]}"
        return said


def plan_action(
    action: Action,
    scene: Scene,
    given: Mapping[str, object],
    *,
    frames: Sequence[int],
    ids: Sequence[int] | None = None,
    matches: Callable[[AnnotationTable], NDArray[np.bool_]] | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Edit, ActionResult]:
    """Return the edit an action would make, and how it is described.

    Parameters
    ----------
    action
        The action.
    scene
        What it runs on.
    given
        Values of its parameters; missing ones have their default.
    frames
        Where it runs.
    ids
        Only these objects.
    matches
        Only rows for which this is true.
    progress
        Called with (frames done, all).
    cancelled
        Asked before each frame and at the end.

    Raises
    ------
    ActionError
        A parameter or the range of frames cannot be used.
    """
    values = checked_values(action.parameters, given, scene.frames[-1] if scene.frames else 0)
    usable = set(scene.frames)
    wanted = [frame for frame in dict.fromkeys(frames) if frame in usable]
    if action.per == "one" and len(wanted) > 1:
        raise ActionError(f"{action.name!r} works from one frame", hint="Choose this frame only")
    rows = _chosen_rows(action, scene, wanted, ids, matches)
    order, starts = rows.frame_rows()
    steps = [wanted] if action.per == "all" else [[frame] for frame in wanted]
    skipped: list[str] = []
    edits: list[Edit] = []
    for done, step in enumerate(steps):
        if cancelled and cancelled():
            return Edit(), ActionResult(action.name, cancelled=True)
        if progress:
            progress(done, len(steps))
        part = rows if action.per == "all" else rows.take(_rows_of(step[0], order, starts))
        if len(part):
            edits.append(action.plan(Chosen(part, step[0], scene, skipped), values))
    if cancelled and cancelled():
        return Edit(), ActionResult(action.name, cancelled=True)
    if progress:
        progress(len(steps), len(steps))
    edit = _without_updates_of_removed(merged_edits(edits))
    reasons = tuple(dict.fromkeys(skipped))
    return edit, ActionResult(action.name, len(edit.added), len(edit.updated), len(edit.removed), reasons)


def _rows_of(frame: int, order: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    return order[starts[frame] : starts[frame + 1]] if frame + 1 < len(starts) else order[:0]


def _chosen_rows(
    action: Action,
    scene: Scene,
    frames: Sequence[int],
    ids: Sequence[int] | None,
    matches: Callable[[AnnotationTable], NDArray[np.bool_]] | None,
) -> AnnotationTable:
    table = scene.table
    kept = np.zeros(len(table), bool)
    if "tag" in action.kinds:
        kept |= ~table.is_track & table.is_tag
    if "shape" in action.kinds:
        kept |= ~table.is_track & ~table.is_tag
    if "track" in action.kinds:
        kept |= table.is_track
    if ids is not None:
        kept &= np.isin(np.where(table.parent >= 0, table.parent, table.id), np.asarray(ids, np.int64))
    rows = interpolate_table(table.take(kept), frame_count=len(scene.index), frames=list(frames))
    return rows if matches is None or not len(rows) else rows.take(np.asarray(matches(rows), bool))


def _without_updates_of_removed(edit: Edit) -> Edit:
    removed = set(edit.removed)
    updated = {key: fields for key, fields in edit.updated.items() if key not in removed}
    return Edit(added=edit.added, updated=updated, removed=edit.removed)


def plan_with(function: Callable[..., object]) -> Callable[[Chosen, dict[str, Any]], Edit]:
    """Return the plan of a function that takes a DataFrame and returns what shall change."""

    def plan(chosen: Chosen, values: dict[str, Any]) -> Edit:
        tabular = chosen.scene.tabular
        given = tabular.to_frame(chosen.rows)
        return tabular.to_edit(function(given.copy(), **values), given, chosen)

    return plan
