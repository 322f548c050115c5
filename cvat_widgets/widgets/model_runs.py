"""What models do for a canvas over many frames: one run at a time, and the result that waits to be accepted."""

from __future__ import annotations

import math
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cvat_widgets.backends.failures import ModelError
from cvat_widgets.backends.protocols import Detection, ModelInfo, Picture
from cvat_widgets.model.records import Shape, Tag, encode_record

if TYPE_CHECKING:
    from cvat_widgets.detector_run import DetectorRun
    from cvat_widgets.widgets.session_models import SessionModels

__all__ = ["ModelRuns", "Pending", "QueuedModel", "Running", "percent_of"]

MOST_DRAFTS = 2000
MOST_NUMBERS = 400_000
"""So many objects and coordinates of one frame are sent to be looked at; all of them count and are written."""


def percent_of(score: float) -> int:
    """Return a score in whole percent, rounded down; thresholds are compared with this on both sides of the wire."""
    return min(100, math.floor(score * 100 + 1e-9))


class QueuedModel:
    """A model every call of which waits for its turn on the models' thread.

    Between two batches of a long run a click on the canvas is answered.
    """

    def __init__(self, model: Any, models: SessionModels, cancelled: threading.Event) -> None:
        self._model, self._models, self._cancelled = model, models, cancelled

    @property
    def info(self) -> ModelInfo:
        """What the model is."""
        info: ModelInfo = self._model.info
        return info

    def detect(self, images: Sequence[Picture], threshold: float | None = None) -> list[list[Detection]]:
        """Find objects."""
        return self._run(lambda: self._model.detect(images, threshold))

    def start(self, image: Picture, shapes: Sequence[Detection]) -> list[Any]:
        """Begin to follow shapes."""
        return self._run(lambda: self._model.start(image, shapes))

    def step(self, image: Picture, states: Sequence[Any]) -> list[Detection | None]:
        """Follow them to the next picture."""
        return self._run(lambda: self._model.step(image, states))

    def match(self, *arguments: Any, **options: Any) -> Any:
        """Say which box is which."""
        return self._run(lambda: self._model.match(*arguments, **options))

    def _run(self, function: Callable[[], Any]) -> Any:
        return self._models.run(function, self._cancelled)


@dataclass
class Running:
    """A run while it goes on.

    Parameters
    ----------
    label
        What it does.
    total
        How many pictures it looks at.
    value
        How many it has looked at.
    cancelled
        Set to stop it after the next picture.
    """

    label: str
    total: int
    value: int = 0
    cancelled: threading.Event = field(default_factory=threading.Event)

    def to_wire(self) -> dict[str, Any]:
        """Return what the browser shows."""
        return {"label": self.label, "value": self.value, "total": self.total}


class Pending:
    """What a detector has found and nobody has accepted yet; nothing of it is in the store.

    Parameters
    ----------
    run
        The run, which is over.

    Attributes
    ----------
    frames
        First and last frame it looked at.
    by_frame
        Frame -> what was found there.
    found_on
        These frames, in order.
    scores
        Label -> how many objects have a score of 0, 1, ... 100 percent.
    """

    def __init__(self, run: DetectorRun) -> None:
        self.run = run
        self.frames = (min(run.plan.frames), max(run.plan.frames))
        self.by_frame: dict[int, list[Shape | Tag]] = {}
        self.scores: dict[int, list[int]] = {}
        for record in run.found():
            self.by_frame.setdefault(record.frame, []).append(record)
            bins = self.scores.setdefault(record.label, [0] * 101)
            bins[percent_of(record.score)] += 1
        self.found_on = sorted(self.by_frame)

    def to_wire(self) -> dict[str, Any]:
        """Return how many objects of each label have which score in percent, and on how many frames there are any."""
        return {
            "label": self.run.label,
            "frames": list(self.frames),
            "looked_at": len(self.run.plan.frames),
            "resumed": self.run.done,
            "found_on": len(self.found_on),
            "threshold": math.ceil((self.run.plan.threshold or 0.0) * 100 - 1e-9),
            "clean": self.run.clean,
            "whole_task": self.run.job_id is None,
            "scores": {str(label): bins for label, bins in self.scores.items()},
        }

    def drafts(self, frame: int) -> dict[str, Any]:
        """Return the objects of a frame, the surest first, how many were left out, and the nearest frames with something."""
        found = self.by_frame.get(frame, [])
        sent: list[dict[str, Any]] = []
        numbers = 0
        for record in sorted(found, key=lambda each: -each.score):
            numbers += _size_of(record)
            if len(sent) >= MOST_DRAFTS or numbers > MOST_NUMBERS:
                break
            sent.append(encode_record(record))
        at = bisect_left(self.found_on, frame)
        after = at + 1 if found else at
        return {
            "frame": frame,
            "objects": sent,
            "left_out": len(found) - len(sent),
            "previous": self.found_on[at - 1] if at > 0 else None,
            "next": self.found_on[after] if after < len(self.found_on) else None,
        }


def _size_of(record: Shape | Tag) -> int:
    if isinstance(record, Tag):
        return 1
    return len(record.points) + sum(len(joint.points) for joint in record.elements)


class ModelRuns:
    """The run of a session and its result. May be used from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: Running | None = None
        self._pending: Pending | None = None

    @property
    def running(self) -> Running | None:
        """The run that goes on, if one does."""
        return self._running

    @property
    def pending(self) -> Pending | None:
        """The result that waits, if there is one."""
        return self._pending

    @contextmanager
    def started(
        self, label: str, total: int, done: int, cancelled: threading.Event, tell: Callable[[float, float, str], None]
    ) -> Iterator[Callable[[int], None]]:
        """Yield a function that is told of every finished picture and raises once the run was cancelled.

        Parameters
        ----------
        label
            What the run does.
        total, done
            How many pictures there are, and how many an interrupted run had looked at.
        cancelled
            Set by the browser that waits for the answer.
        tell
            Told of the progress, a hundred times at most: messages beyond what a server passes on are lost.

        Raises
        ------
        ModelError
            Another run goes on, or a result waits; from the function: the run was cancelled.
        """
        running = Running(label, total, done, cancelled)
        with self._lock:
            if self._running is not None:
                raise ModelError("a model is at work already", hint="Wait for it, or cancel it")
            if self._pending is not None:
                raise ModelError("a result waits to be accepted", hint="Accept or discard it first")
            self._running = running
        told = -1

        def report(more: int) -> None:
            nonlocal told
            if cancelled.is_set():
                raise ModelError("the run was cancelled")
            running.value += more
            percent = 100 * running.value // max(total, 1)
            if percent != told:
                told = percent
                tell(running.value, total, label)

        try:
            report(0)
            yield report
        finally:
            with self._lock:
                self._running = None

    def keep(self, pending: Pending) -> None:
        """Let a result wait."""
        with self._lock:
            self._pending = pending

    def take(self) -> Pending:
        """Take the result that waits.

        Raises
        ------
        ModelError
            None waits.
        """
        with self._lock:
            pending, self._pending = self._pending, None
        if pending is None:
            raise ModelError("no result waits to be accepted", hint="Another tab may have accepted or discarded it")
        return pending

    def cancel(self) -> None:
        """Stop the run that goes on."""
        running = self._running
        if running is not None:
            running.cancelled.set()
