"""Replay: a recording on the canvas, at any speed, in either direction."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cvat_widgets.errors import CvatWidgetsError, ProtocolError
from cvat_widgets.job import Job
from cvat_widgets.model.changes import ChangeSet
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.recording import Recording, Step
from cvat_widgets.task import Task
from cvat_widgets.widgets.annotator import Annotator
from cvat_widgets.widgets.channel import Send
from cvat_widgets.widgets.rpc import Call, method
from cvat_widgets.widgets.session import Session
from cvat_widgets.widgets.snapshot import encode_snapshot

if TYPE_CHECKING:
    from cvat_widgets.store import Commit

__all__ = ["Replay", "ReplaySession"]

_SPEEDS = (0.5, 50.0)
_PAGE = 2000
"""Steps, or samples of the pointer, that one answer lists at most."""
_MOST_SAMPLES = 200_000
_SINGLY = 12
"""So many changes are sent one by one; for more of them the browser reads everything again."""


class ReplayJob:
    """What is replayed, as a session wants it: all frames of a task, or those of a job."""

    def __init__(self, recording: Recording) -> None:
        target = recording.target
        self.store = target.store
        if isinstance(target, Job):
            self.task: Task = target.task
            self.id, self.start, self.stop, self.stage, self.state = (
                target.id, target.start, target.stop, target.stage, target.state,
            )  # fmt: skip
        elif isinstance(target, Task):
            first = target.jobs[0]
            self.task, self.start, self.stop = target, 0, len(target) - 1
            self.id, self.stage, self.state = first.id, first.stage, first.state
        else:
            raise TypeError(f"a Task, a Job or a Recording can be replayed, not {type(target).__name__}")

    @property
    def revision(self) -> int:
        """The present revision of the task."""
        return self.task.revision

    @property
    def user(self) -> str:
        """Who looks."""
        return self.task.user

    @property
    def table(self) -> AnnotationTable:
        """The present annotations of the task."""
        return self.task.table


class ReplaySession(Session):
    """A session whose annotations are those after some step of a recording.

    To the browser it is a read-only job in which somebody else makes changes. Its revisions count the moves made here, forwards
    or back; they are not those of the task.
    """

    def __init__(self, job: ReplayJob, answer: Send, tell: Send, *, user: str, recording: Recording, **options: Any) -> None:
        self.recording = recording
        self.number = 0
        self.playing = False
        self.speed = 1.0
        self.moved_by = ""
        """The view that moved or played last; empty: Python did."""
        self.moved = False
        """Whether it moved."""
        self._moves = 0
        self._token = secrets.token_hex(8)
        super().__init__(job, answer, tell, user=user, read_only=True, **options)

    @property
    def _epoch(self) -> str:
        return f"replay-{self._token}"

    def _revision(self) -> int:
        return self._moves

    def _history(self) -> dict[str, Any]:
        return {"undo": None, "redo": None}

    def _committed(self, commit: Commit) -> None:
        """What happens now is not what is shown here."""

    def _demonstration(self) -> dict[str, Any]:
        shown = {
            "number": self.number, "steps": len(self.recording), "playing": self.playing, "speed": self.speed,
            "by": self.moved_by, "moved": self.moved,
        }  # fmt: skip
        nothing = {"record": False, "commands": 0, "overlays": None}
        return {**(super()._demonstration() or nothing), "replay": shown}

    def _welcome(self, client: str) -> dict[str, Any]:
        welcome = super()._welcome(client)
        # Edits that the page keeps for the job itself are none of this view's.
        return {**welcome, "revision": self._moves, "task": {**welcome["task"], "uid": f"{welcome['task']['uid']}-replay"}}

    def go(self, number: int) -> None:
        """Show what there was after ``number`` steps; every browser hears of the change."""
        with self._lock:
            number = min(max(number, 0), len(self.recording))
            if number == self.number:
                return
            forwards = number > self.number
            path = range(self.number, number) if forwards else range(self.number - 1, number - 1, -1)
            listed = [self.recording.changes_of(index) for index in path] if len(path) <= _SINGLY else []
            known = [each for each in listed if each is not None]
            self.number = number
            if len(known) < len(path):
                self._tell_change(None, "")
            else:
                for index, each in zip(path, known, strict=True):
                    self._tell_change(each if forwards else each.inverse(), self.recording.entries[index].label)
            self._on_revision(self.revision)

    @property
    def revision(self) -> int:
        """The revision of the task that is shown."""
        return self.recording.entries[self.number - 1].revision if self.number else self.recording.start

    def _shown_table(self) -> AnnotationTable:
        return self.recording.table_at(self.number)

    def _tell_change(self, changes: ChangeSet | None, label: str) -> None:
        self._moves += 1
        message = {
            "t": "commit", "epoch": self._epoch, "revision": self._moves, "client": None, "seq": None, "origin": "replay",
            "author": "", "label": label, "changes": None if changes is None else changes.to_wire(), "history": self._history(),
        }  # fmt: skip
        self._say(message)

    def _sync(self, message: Any) -> None:
        with self._lock:
            answer = {"client": message.client, "epoch": self._epoch}
            if message.epoch == self._epoch and message.have == self._moves:
                self._answer({"t": "changes", **answer, "from": self._moves, "commits": []}, [])
                return
            records = self.recording.state(self.number)
            table = AnnotationTable.from_records(records[each] for each in sorted(records))
            header, buffers = encode_snapshot(table)
            history = self._history()
            self._answer({"t": "snapshot", **answer, "revision": self._moves, **header, "history": history}, buffers)


class Replay(Annotator):
    """An annotation session played back on the canvas, from the change log.

    The bar below the canvas has play and pause, the speed, a slider over the changes and steps to the next and the previous
    one; it says who did what and when. The canvas goes where the change was made and outlines what changed; where the pointer
    was recorded (``annotator.record_pointer = True``), its trail is drawn. Pauses are cut to three seconds.

    Parameters
    ----------
    target
        A :class:`Task`, a :class:`Job`, or what ``task.replay(a, b)`` returns.
    start, stop
        Revisions to begin and end with; by default everything.
    speed
        0.5 to 50 times as fast as it was.
    height
        Height of the cell's output in pixels.

    Raises
    ------
    NotFoundError
        There are no such revisions.
    StoreError
        There are more than 20,000 changes between them.
    """

    _covered = False
    _session: ReplaySession

    def __init__(
        self, target: Any, start: int | None = None, stop: int | None = None, *, speed: float = 1.0, height: int = 640
    ) -> None:
        if isinstance(target, Recording) and not (start is None and stop is None):
            raise TypeError("a recording has its start and stop already")
        self._recording = target if isinstance(target, Recording) else Recording(target, start, stop)
        self._speed = _checked_speed(speed)
        super().__init__(target, height=height, read_only=True, frame=_first_frame(self._recording))
        self.revision = self._recording.start

    def _open_job(self, target: Any, labels: Any, store: Any) -> Any:  # noqa: ARG002  # those of the recording
        return ReplayJob(self._recording)

    def _open_session(self, **options: Any) -> Session:
        del options["read_only"]
        job: Any = self._job
        session = ReplaySession(job, recording=self._recording, **options)
        session.speed = self._speed
        return session

    def _ids(self) -> set[int]:
        return set(self._recording.state(self._session.number))

    @property
    def recording(self) -> Recording:
        """What is played."""
        return self._recording

    @property
    def step(self) -> int:
        """How many steps have been made; 0: what there was before the first one."""
        return self._session.number

    @property
    def table(self) -> AnnotationTable:
        """All annotations as they are shown."""
        return self._recording.table_at(self._session.number)

    @property
    def speed(self) -> float:
        """How fast it is played, 0.5 to 50."""
        return self._session.speed

    @speed.setter
    def speed(self, value: float) -> None:
        self._session.speed = _checked_speed(value)
        self._tell()

    def go_to_revision(self, revision: int) -> None:
        """Show the annotations after a revision."""
        self._move(self._recording.number_at(revision))

    def next(self) -> None:
        """Make the next step."""
        self._move(self._session.number + 1)

    def previous(self) -> None:
        """Take the last step back."""
        self._move(self._session.number - 1)

    def _move(self, number: int) -> None:
        self._session.playing = False
        self._session.go(number)
        self._tell(moved=True)

    def play(self, *, speed: float | None = None) -> None:  # type: ignore[override]  # plays the session, not the video
        """Play from here on, in the browser that shows this."""
        if speed is not None:
            self._session.speed = _checked_speed(speed)
        self._session.playing = True
        self._tell()

    def pause(self) -> None:  # type: ignore[override]
        """Stop playing."""
        self._session.playing = False
        self._tell()

    def _tell(self, *, moved: bool = False) -> None:
        self._session.moved_by, self._session.moved = "", moved
        self._session.tell_demonstration()

    def __iter__(self) -> Iterator[Step]:
        return iter(self._recording)

    def __len__(self) -> int:
        return len(self._recording)

    def _pictured(self) -> tuple[AnnotationTable, int]:
        """Return what was there at the last step, and its frame."""
        number = self._session.number or len(self._recording)
        frame = self.frame
        if number:
            found = self._recording.facts()[number - 1][0]
            frame = frame if found is None else found
        return self._recording.table_at(number), frame


def _first_frame(recording: Recording) -> int | None:
    return next((frame for frame, _ in recording.facts() if frame is not None), None)


def _checked_speed(speed: float) -> float:
    low, high = _SPEEDS
    if not low <= speed <= high:
        raise CvatWidgetsError(f"{speed} is not a speed", hint=f"Give {low} to {high:g}")
    return float(speed)


def _session(call: Call) -> ReplaySession:
    if not isinstance(call.session, ReplaySession):
        raise ProtocolError("this view replays nothing")
    return call.session


@method("replay.steps")
def steps(call: Call) -> dict[str, Any]:
    """Return steps from number ``from`` on: ``{steps: [[time, author, origin, label, frame, ids], ...]}``; times in ms."""
    recording = _session(call).recording
    first = call.integer("from", 0, len(recording))
    facts = recording.facts()
    return {
        "steps": [
            [round(entry.time.timestamp() * 1000), entry.author, entry.origin, entry.label, *facts[index]]
            for index, entry in enumerate(recording.entries[first : first + _PAGE], first)
        ]
    }


@method("replay.pointer")
def pointer(call: Call) -> dict[str, Any]:
    """Return where the pointer was: ``{samples: [[client, time, frame, x, y, pressed], ...]}``; times in ms."""
    samples = _session(call).recording.pointer()[:_MOST_SAMPLES]
    return {
        "samples": [[client, round(time * 1000), frame, x, y, int(pressed)] for client, time, frame, x, y, pressed in samples]
    }


@method("replay.go")
def go(call: Call) -> dict[str, Any]:
    """Show what there was after ``number`` steps: ``{number, playing, speed}`` → ``{number, revision}`` of the document."""
    session = _session(call)
    number = call.integer("number", 0, len(session.recording))
    speed = call.params.get("speed", session.speed)
    if isinstance(speed, bool) or not isinstance(speed, (int, float)) or not _SPEEDS[0] <= speed <= _SPEEDS[1]:
        raise ProtocolError(f"the speed is a number from {_SPEEDS[0]} to {_SPEEDS[1]:g}")
    session.playing, session.speed = bool(call.params.get("playing")), float(speed)
    session.moved_by = str(call.params.get("view", ""))[:64]
    session.moved = number != session.number
    session.go(number)
    session.tell_demonstration()
    return {"number": session.number, "revision": session._revision()}
