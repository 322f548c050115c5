"""A detector over many frames: batches, chunks, the engine of this process."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import msgspec

from cvat_widgets.backends.annotation_journal import Journal
from cvat_widgets.backends.failures import ModelError, guarded
from cvat_widgets.backends.mapping import LabelMapping
from cvat_widgets.backends.protocols import Detector, Picture
from cvat_widgets.backends.read_ahead import read_ahead
from cvat_widgets.model.records import Shape, Tag

__all__ = ["Plan", "detect_chunk", "fingerprint", "numbered", "run_here"]

Report = Callable[[int], None]


@dataclass(frozen=True)
class Plan:
    """What is to be found, and where.

    Parameters
    ----------
    frames
        Frames in the order they are worked on.
    mapping
        Names of the model to labels of the task.
    threshold
        Lowest score; ``None``: the model's own.
    masks_to_polygons
        Whether masks become polygons.
    batch
        Pictures the model is given at once.
    chunk
        Frames after which the result is kept.
    """

    frames: tuple[int, ...]
    mapping: LabelMapping
    threshold: float | None = None
    masks_to_polygons: bool = False
    batch: int = 4
    chunk: int = 32

    def __post_init__(self) -> None:
        if self.batch < 1 or self.chunk < 1:
            raise ModelError(f"batch={self.batch} and chunk={self.chunk} are at least 1")
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise ModelError(f"threshold={self.threshold} is not between 0 and 1")

    def chunks(self) -> list[tuple[int, ...]]:
        """Return the frames of each chunk."""
        return [self.frames[start : start + self.chunk] for start in range(0, len(self.frames), self.chunk)]


def fingerprint(model: Any, rules: Any, plan: Plan) -> str:
    """Return a text that is the same for the same call: model, code of a plain function, labels, threshold, frames."""
    code = getattr(getattr(model, "function", None), "__code__", None)
    parts = {
        "model": [model.info.name, model.info.framework, list(model.info.labels.names)],
        "code": [code.co_code.hex(), repr(code.co_names)] if code is not None else None,
        "rules": rules,
        "targets": {name: target.label.id for name, target in plan.mapping.targets.items()},
        "plan": [plan.frames, plan.threshold, plan.masks_to_polygons, plan.chunk],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _found(model: Detector, pictures: Sequence[Picture], frames: Sequence[int], plan: Plan) -> list[Shape | Tag]:
    name = model.info.name
    with guarded(name, f"detecting on frame {frames[0]}"):
        answers = model.detect(pictures, plan.threshold)
    if len(answers) != len(frames):
        raise ModelError(f"{len(answers)} answers to {len(frames)} pictures", where=name)
    records: list[Shape | Tag] = []
    for frame, answer in zip(frames, answers, strict=True):
        kept = answer if plan.threshold is None else [each for each in answer if each.score >= plan.threshold]
        records += plan.mapping.records(kept, frame, masks_to_polygons=plan.masks_to_polygons)
    return records


def detect_chunk(
    model: Detector, frames: Sequence[int], pictures: Iterator[tuple[int, Picture]], plan: Plan, report: Report | None = None
) -> list[Shape | Tag]:
    """Run the model over one chunk of frames; ``pictures`` gives them in that order."""
    records: list[Shape | Tag] = []
    for start in range(0, len(frames), plan.batch):
        part = frames[start : start + plan.batch]
        records += _found(model, [next(pictures)[1] for _ in part], part, plan)
        if report is not None:
            report(len(part))
    return records


def run_here(plan: Plan, model: Detector, read: Callable[[int], Picture], journal: Journal, report: Report) -> None:
    """Run the chunks that are missing, in this process; pictures are decoded ahead of the model."""
    chunks = plan.chunks()
    todo = [number for number in range(len(chunks)) if number not in journal.done]
    wanted = [frame for number in todo for frame in chunks[number]]
    with closing(read_ahead(wanted, read, 2 * plan.batch)) as pictures:  # type: ignore[type-var]
        for number in todo:
            journal.add(number, detect_chunk(model, chunks[number], pictures, plan, report))


def numbered(chunks: Iterable[Sequence[Shape | Tag]], first: int) -> list[Shape | Tag]:
    """Return the records with ids from ``first`` on, joints included."""
    made: list[Shape | Tag] = []
    for records in chunks:
        for record in records:
            joints = record.elements if isinstance(record, Shape) else ()
            changes: dict[str, Any] = {"id": first}
            if joints:
                changes["elements"] = tuple(
                    msgspec.structs.replace(joint, id=first + 1 + place) for place, joint in enumerate(joints)
                )
            made.append(msgspec.structs.replace(record, **changes))
            first += 1 + len(joints)
    return made
