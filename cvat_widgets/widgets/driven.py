"""The annotator driven from Python: what a hand does on the canvas, done by a cell."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cvat_widgets.errors import AnnotationError, NotFoundError
from cvat_widgets.model.changes import Edit
from cvat_widgets.model.kinds import ShapeType
from cvat_widgets.widgets.drawing import drawn_record, ready_points
from cvat_widgets.widgets.driving import Command

if TYPE_CHECKING:
    import pandas as pd

    from cvat_widgets.job import Job
    from cvat_widgets.widgets.session import Session

__all__ = ["Driven", "action_table"]

_ACTIONS = Path(__file__).resolve().parent.parent / "static" / "actions.json"
_MAX_RECORD = 4 << 20


@cache
def action_table() -> dict[str, dict[str, Any]]:
    """Return the actions of the canvas by id: ``{id: {label, group, keys}}``, as the front end was built with."""
    return {row.pop("id"): row for row in json.loads(_ACTIONS.read_text(encoding="utf-8"))}


class Driven:
    """What :class:`Annotator` can be told to do.

    In a browser that shows the annotator, commands are carried out one after the other, and a cell does not wait for them
    unless it says so: ``wait=True`` needs a kernel that hears the browser while a cell runs (ipykernel 7 or later in
    JupyterLab 4.4 or later). ``slow=True`` moves a pointer to where a hand would go, so that a class sees what happens.
    """

    frame: int
    selection: list[int]
    label: str
    _job: Job
    _session: Session

    @property
    def on_screen(self) -> bool:
        """Whether a browser shows the annotator at present, so that it can be driven."""
        return self._session.driving.watched()

    def draw(
        self,
        type: str,  # noqa: A002  # what it is called everywhere else
        points: Sequence[float],
        *,
        label: str | None = None,
        frame: int | None = None,
        track: bool = False,
        rotation: float = 0.0,
        slow: bool = False,
        wait: bool = False,
    ) -> Command:
        """Draw a shape, or the first keyframe of a track.

        Where no browser shows the annotator, the same object is written to the store directly.

        Parameters
        ----------
        type
            ``rectangle``, ``polygon``, ``polyline``, ``points``, ``ellipse``, ``cuboid``, ``skeleton`` or ``mask``.
        points
            Pixels of the picture in CVAT's encoding of the type: x0, y0, x1, y1 of a rectangle; for a skeleton x, y of each
            joint.
        label
            By default the one that is chosen (``annotator.label``).
        frame
            By default the one that is shown when it is drawn.
        track
            Whether it begins a track.
        rotation
            Degrees, clockwise.
        slow, wait
            See the class.

        Returns
        -------
        Command
            ``result()`` is the id of the object, once it is drawn.

        Raises
        ------
        AnnotationError, LabelError, StoreError
            The canvas would not take it.

        Examples
        --------
        >>> annotator.draw("rectangle", [40, 60, 120, 110], label="car")  # doctest: +SKIP
        """
        job, task = self._job, self._job.task
        self._session.check_writable()
        at = self.frame if frame is None else int(frame)
        where = f"draw {type}"
        if not job.start <= at <= job.stop:
            raise AnnotationError(
                f"frame {at} is not in this job", where=where, hint=f"It has frames {job.start} to {job.stop}"
            )
        if at in task.deleted_frames:
            raise AnnotationError(f"frame {at} is deleted", where=where, hint="Restore it with task.restore_frames")
        chosen = task.labels[label if label is not None else self.label]
        ready = ready_points(type, points, chosen, where)
        if len(ready) * 8 > _MAX_RECORD:
            raise AnnotationError("the shape has too many points to be drawn", where=where, hint="Add it with task.add")
        reserve = lambda: job.store.reserve_ids(task.id, 1).start  # noqa: E731
        kind = cast("ShapeType", type)
        drawn_record(job, kind, ready, chosen, at, rotation=rotation, track=track, next_id=lambda: 1)  # refuses what is wrong
        if self._session.driving.watched():
            content = {
                "do": "draw", "type": type, "points": list(ready), "label": chosen.id, "frame": frame, "track": track,
                "rotation": rotation, "slow": slow,
            }  # fmt: skip
            return self._asked(content, where, wait)
        record = drawn_record(job, kind, ready, chosen, at, rotation=rotation, track=track, next_id=reserve)
        job.store.commit(
            task.id, Edit(added=(record,)), job_id=job.id, author=self._session.user, origin="python",
            label=f"Draw {chosen.name} {record.id}",
        )  # fmt: skip
        return _finished(where, record.id)

    def do(self, action: str, *, slow: bool = False, wait: bool = False) -> Command:
        """Run an action of the canvas as its key would, e.g. ``annotator.do("split")``.

        Parameters
        ----------
        action
            An id of :meth:`actions`.
        slow, wait
            See the class.

        Raises
        ------
        NotFoundError
            There is no such action.
        CvatWidgetsError
            No browser shows the annotator.
        """
        known = action_table()
        if action not in known:
            near = [each for each in known if action.lower() in each or action.lower() in known[each]["label"].lower()]
            hint = f"Did you mean {', '.join(near[:5])}?" if near else "Annotator.actions() lists them"
            raise NotFoundError(f"there is no action {action!r}", hint=hint)
        return self._asked({"do": "action", "action": action, "slow": slow}, f"do {action}", wait)

    def select(self, ids: int | Iterable[int], *, slow: bool = False, wait: bool = False) -> Command:
        """Select objects by id, one or several; none: ``select([])``."""
        wanted = [int(ids)] if isinstance(ids, int) else [int(each) for each in ids]
        there = self._ids()
        missing = [each for each in wanted if each not in there]
        if missing:
            raise NotFoundError(f"there is no object with id {missing[0]}", where="select")
        if self._session.driving.watched():
            return self._asked({"do": "select", "ids": wanted, "slow": slow}, f"select {wanted}", wait)
        self.selection = wanted
        return _finished(f"select {wanted}")

    def go_to(self, frame: int, *, slow: bool = False, wait: bool = False) -> Command:
        """Show a frame; done when its picture is there."""
        start, stop = self._job.start, self._job.stop
        if not start <= frame <= stop:
            raise NotFoundError(f"there is no frame {frame} here", where="go_to", hint=f"There are frames {start} to {stop}")
        if self._session.driving.watched():
            return self._asked({"do": "frame", "frame": int(frame), "slow": slow}, f"go to frame {frame}", wait)
        self.frame = int(frame)
        return _finished(f"go to frame {frame}")

    def show_object(
        self, object_id: int, *, frame: int | None = None, alone: bool = True, slow: bool = False, wait: bool = False
    ) -> Command:
        """Go to an object and select it, as a link to it does.

        Parameters
        ----------
        object_id
            Its id, as in the column ``id``.
        frame
            Where it shall be seen; by default, and where it is not there, the present frame or else its first one.
        alone
            Whether the filter leaves out all other objects. Only a browser has a filter.
        slow, wait
            See the class.

        Raises
        ------
        NotFoundError
            There is no such object, nowhere a frame of the job that shows it, or no such frame.
        """
        job, wanted = self._job, int(object_id)
        frames = self._frames_of(wanted)
        if not frames:
            raise NotFoundError(f"no frame here shows an object with id {wanted}", where="show_object")
        if frame is not None and not job.start <= frame <= job.stop:
            raise NotFoundError(
                f"there is no frame {frame} here", where="show_object", hint=f"There are frames {job.start} to {job.stop}"
            )
        text = f"show object {wanted}"
        if self._session.driving.watched():
            content = {"do": "object", "object": wanted, "frame": frame, "alone": bool(alone), "slow": slow}
            return self._asked(content, text, wait)
        at = self.frame if frame is None else int(frame)
        self.frame = at if at in frames else min(frames)
        self.selection = [wanted]
        return _finished(text)

    def play(self, to: int | None = None, *, wait: bool = False) -> Command:
        """Play the frames from the one that is shown, by default until somebody stops it.

        Parameters
        ----------
        to
            Play until this frame; the command is done when it is reached.
        wait
            See the class.

        Raises
        ------
        CvatWidgetsError
            No browser shows the annotator.
        """
        if to is not None and not self._job.start <= to <= self._job.stop:
            raise NotFoundError(f"there is no frame {to} here", where="play")
        return self._asked({"do": "play", "to": to}, "play" if to is None else f"play to frame {to}", wait)

    def pause(self, *, wait: bool = False) -> Command | None:
        """Stop playing."""
        return self._asked({"do": "pause"}, "pause", wait)

    @classmethod
    def actions(cls) -> pd.DataFrame:
        """Return what :meth:`do` can do: ``id, label, group, keys``."""
        import pandas as pd

        rows = [{"id": each, **facts, "keys": ", ".join(facts["keys"])} for each, facts in action_table().items()]
        return pd.DataFrame(rows, columns=["id", "label", "group", "keys"])

    def _ids(self) -> set[int]:
        """Return the ids of all objects there are."""
        return set(self._job.table.id.tolist())

    def _frames_of(self, object_id: int) -> set[int]:
        """Return the frames of the job on which an object can be seen."""
        from cvat_widgets.model.interpolation import interpolate_table

        table = self._job.table
        seen = interpolate_table(table.take(table.id == object_id), frame_count=self._job.stop + 1)
        return {frame for frame in seen.frame.tolist() if self._job.start <= frame <= self._job.stop}

    def _asked(self, content: dict[str, Any], text: str, wait: bool) -> Command:
        command = self._session.driving.ask(content, text)
        if wait:
            command.result()
        return command


def _finished(text: str, result: int | None = None) -> Command:
    command = Command(text, {}, lambda: True)
    command.finish(result)
    return command
