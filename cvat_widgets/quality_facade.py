"""Quality of tasks of a store: ground-truth jobs, reports, verdicts for annotators, replicas. Used through Task and Job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import NotFoundError
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.quality import (
    ConsensusSettings,
    HoneypotPlan,
    QualityError,
    QualityReport,
    QualitySettings,
    Verdict,
    at_honeypots,
    compare,
    manual_frames,
    merge,
    random_per_job_frames,
    random_uniform_frames,
    shuffle_honeypots,
)

if TYPE_CHECKING:
    import pandas as pd

    from cvat_widgets.store import JobRow, Store

__all__ = [
    "create_ground_truth", "create_replicas", "finish", "honeypot_plan", "merge_replicas", "report", "report_by_job",
    "settings_of", "shuffle",
]  # fmt: skip

_MODES = ("random_uniform", "random_per_job", "manual")
_MOST_REPLICAS = 100


def settings_of(store: Store, task_id: int) -> QualitySettings:
    """Return the quality settings of a task: its own, else its project's, else the defaults."""
    values = store.quality_settings(task_id=task_id)
    project_id = store.task(task_id).project_id
    if values is None and project_id is not None:
        values = store.quality_settings(project_id=project_id)
    return QualitySettings(**(values or {}))


def _jobs(store: Store, task_id: int, kind: str) -> list[JobRow]:
    return [row for row in store.jobs(task_id) if row.type == kind]


# -- ground truth ------------------------------------------------------------------------------------------------------


def create_ground_truth(
    store: Store,
    task_id: int,
    mode: str,
    *,
    count: int | None = None,
    share: float | None = None,
    frames: Sequence[int | str] | None = None,
    seed: int | None = None,
    user: str = "",
) -> JobRow:
    """Create the ground-truth job of a task; see :meth:`Task.create_ground_truth`."""
    if mode not in _MODES:
        raise QualityError(f"{mode!r} is no way to choose frames", hint=f"Use one of {', '.join(_MODES)}")
    if (mode == "manual") != (frames is not None):
        raise QualityError("frames= belongs to mode='manual'", where="ground truth", hint="The other modes draw the frames")
    if _jobs(store, task_id, "ground_truth"):
        raise QualityError("the task has a ground-truth job already", hint="task.ground_truth gives it")
    index = store.frames(task_id)
    usable = np.setdiff1d(np.arange(len(index)), store.deleted_frames(task_id))
    if mode == "manual":
        chosen = manual_frames(list(frames or ()), index)
        if len(np.setdiff1d(chosen, usable)):
            raise QualityError(f"frame {np.setdiff1d(chosen, usable)[0]} is taken out of the task", where="manual choice")
    elif mode == "random_uniform":
        chosen = usable[random_uniform_frames(len(usable), count=count, share=share, seed=seed)]
    else:
        rows = _jobs(store, task_id, "annotation")
        parts = [usable[(usable >= row.start) & (usable <= row.stop)] for row in rows]
        chosen = random_per_job_frames(parts, count=count, share=share, seed=seed)
    numbers = [int(frame) for frame in chosen]
    with store.database.write():
        row = store.create_job(task_id, "ground_truth", frames=numbers, user=user)
        store.set_validation_frames(task_id, numbers, kind=mode)
    return row


def honeypot_plan(store: Store, task_id: int) -> HoneypotPlan:
    """Return which picture stands on which frame of a task with honeypots; pictures are frames of its pool."""
    hidden = store.honeypots(task_id)
    if not hidden:
        raise QualityError("the task has no honeypots", hint="They are placed when a task is made")
    jobs, masks = [], []
    for row in _jobs(store, task_id, "annotation"):
        frames = np.arange(row.start, row.stop + 1)
        jobs.append(np.array([hidden.get(frame, frame) for frame in frames.tolist()], np.int64))
        masks.append(np.isin(frames, list(hidden)))
    return HoneypotPlan(tuple(jobs), tuple(masks), np.array(sorted(store.validation_frames(task_id)), np.int64))


def shuffle(store: Store, task_id: int, *, seed: int | None = None, user: str = "") -> None:
    """Hide other pictures at the honeypots, and remove what was drawn on them, in one revision that can be taken back."""
    from cvat_widgets.media import reopen_media
    from cvat_widgets.media.images import ImageSource
    from cvat_widgets.model.changes import Edit

    plan = honeypot_plan(store, task_id)
    active = [frame for frame, counts in store.validation_frames(task_id).items() if counts]
    new = shuffle_honeypots(plan, active=active, seed=seed)
    media = reopen_media(store.task(task_id).media)
    if not isinstance(media, ImageSource):
        raise QualityError("only tasks of pictures have honeypots")
    size = len(new.pictures)
    order = np.concatenate((new.pictures, np.arange(size, len(media))))
    files = [media.files[picture] for picture in order.tolist()]
    sizes = np.stack([media.index.widths, media.index.heights], axis=1)[order]
    again = ImageSource(media.members, media.index.names, files=files, sizes=sizes, subsets=media.index.subsets)
    hidden = dict(zip(new.honeypots.tolist(), new.pictures[new.honeypots].tolist(), strict=True))
    annotation = [row.id for row in _jobs(store, task_id, "annotation")]
    with store.database.write():
        snapshot = store.load(task_id)
        table = snapshot.table
        gone = np.isin(table.frame, list(hidden)) & np.isin(snapshot.job_of, annotation) & (table.parent < 0)
        store.set_honeypots(task_id, hidden, media=again.spec, frames=again.index, user=user)
        if gone.any():
            edit = Edit(removed=tuple(int(number) for number in np.unique(table.id[gone])))
            store.commit(task_id, edit, author=user, label="Shuffle honeypots")


# -- reports -----------------------------------------------------------------------------------------------------------


def report(store: Store, task_id: int, settings: QualitySettings | None = None, *, job_id: int | None = None) -> QualityReport:
    """Compare a task, or one job, with its ground truth; see :meth:`Task.quality_report`."""
    truth = _jobs(store, task_id, "ground_truth")
    if not truth:
        raise QualityError("the task has no ground truth", hint="Make one: task.create_ground_truth(count=20)")
    gt = store.load(task_id, job_id=truth[0].id).table
    gone = set(store.deleted_frames(task_id))
    active = {frame for frame, counts in store.validation_frames(task_id).items() if counts and frame not in gone}
    gt, frames = _at_places(store, task_id, gt, active)
    table, start, stop = _annotations(store, task_id, job_id)
    frames = frames[(frames >= start) & (frames <= stop)]
    used = settings or settings_of(store, task_id)
    return compare(gt, table, store.labels(task_id), store.frames(task_id), used, validation_frames=frames)


def _at_places(store: Store, task_id: int, gt: AnnotationTable, active: set[int]) -> tuple[AnnotationTable, NDArray[np.int64]]:
    """Return the ground truth on the frames annotators see, and these frames."""
    hidden = store.honeypots(task_id)
    if not hidden:
        return gt, np.array(sorted(active), np.int64)
    frames = np.array([frame for frame, picture in hidden.items() if picture in active], np.int64)
    return at_honeypots(gt, honeypot_plan(store, task_id)), frames


def _annotations(store: Store, task_id: int, job_id: int | None) -> tuple[AnnotationTable, int, int]:
    rows = _jobs(store, task_id, "annotation")
    if job_id is not None:
        row = store.job(job_id)
        if row.task_id != task_id:
            raise NotFoundError(f"there is no job {job_id} in this task")
        return store.load(task_id, job_id=job_id).table, row.start, row.stop
    from cvat_widgets.model.overlap import merge_jobs

    snapshot = store.load(task_id)
    parts = [(row.start, row.stop, snapshot.table.take(snapshot.job_of == row.id)) for row in rows]
    table = parts[0][2] if len(parts) == 1 else merge_jobs(parts, store.task(task_id).overlap)
    return table, rows[0].start, rows[-1].stop


def report_by_job(store: Store, task_id: int, settings: QualitySettings | None = None) -> pd.DataFrame:
    """Return one row a job of annotation."""
    import pandas as pd

    rows = []
    for row in _jobs(store, task_id, "annotation"):
        found = report(store, task_id, settings, job_id=row.id)
        errors = found.found.is_error
        rows.append(
            {
                "job": row.id, "assignee": row.assignee, "stage": row.stage, "state": row.state,
                "frames": len(found.frames), "accuracy": found.accuracy, "precision": found.precision,
                "recall": found.recall, "mean_iou": found.mean_iou, "errors": int(errors.sum()),
                "warnings": int((~errors).sum()),
            }
        )  # fmt: skip
    columns = (
        "job", "assignee", "stage", "state", "frames", "accuracy", "precision", "recall", "mean_iou", "errors", "warnings",
    )  # fmt: skip
    return pd.DataFrame(rows, columns=list(columns))


def finish(store: Store, job_id: int, *, user: str) -> Verdict | None:
    """Complete a job; return a verdict if the ground truth is accepted and the settings allow (another) one."""
    from cvat_widgets.store.remote import Remote

    if isinstance(store, Remote):
        found_there = store.finish(job_id)  # the ground truth is there, and stays there
        return None if found_there is None else Verdict(**found_there)
    row = store.change_job(job_id, state="completed", user=user)
    truth = _jobs(store, row.task_id, "ground_truth")
    settings = settings_of(store, row.task_id)
    ready = any(each.stage == "acceptance" and each.state == "completed" for each in truth)
    if row.type != "annotation" or not ready or not settings.max_validations_per_job:
        return None
    asked = sum(event["kind"] == "job:validate" and event["job_id"] == job_id for event in store.events(row.task_id))
    if asked >= settings.max_validations_per_job:
        return None
    found = report(store, row.task_id, settings, job_id=job_id)
    if not len(found.frames):
        return None
    verdict = found.verdict(asked + 1)
    with store.database.write():
        facts = {"metric": verdict.metric, "value": verdict.value, "passed": verdict.passed}
        store.announce("job:validate", user=user, task_id=row.task_id, job_id=job_id, payload=facts)
    return verdict


# -- consensus ---------------------------------------------------------------------------------------------------------


def create_replicas(store: Store, task_id: int, count: int, *, user: str = "") -> None:
    """Give every job of annotation this many replicas."""
    if not 2 <= count <= _MOST_REPLICAS:
        raise QualityError(f"{count} replicas cannot be merged", hint=f"Ask for 2 to {_MOST_REPLICAS}")
    with store.database.write():
        if _jobs(store, task_id, "consensus_replica"):
            raise QualityError("the jobs have replicas already", hint="task.jobs.where(type='consensus_replica') gives them")
        for row in _jobs(store, task_id, "annotation"):
            for _ in range(count):
                store.create_job(task_id, "consensus_replica", parent=row, user=user)


def merge_replicas(
    store: Store, task_id: int, settings: ConsensusSettings | None = None, *, job_id: int | None = None, user: str = ""
) -> int:
    """Merge replicas into their jobs; return how many objects these have now."""
    replicas = _jobs(store, task_id, "consensus_replica")
    parents = [row for row in _jobs(store, task_id, "annotation") if job_id in (None, row.id)]
    parents = [row for row in parents if any(each.parent_id == row.id for each in replicas)]
    if not parents:
        raise QualityError("there are no replicas to merge", hint="Make some: task.create_replicas(3)")
    labels, frames = store.labels(task_id), store.frames(task_id)
    total = 0
    for row in parents:
        tables = [store.load(task_id, job_id=each.id).table for each in replicas if each.parent_id == row.id]
        merged = merge(tables, settings or ConsensusSettings(), labels=labels, frames=frames)
        store.add_table(
            task_id, merged, job_of=row.id, author=user, origin="python", label=f"Merge {len(tables)} replicas", replace=True
        )
        store.change_job(row.id, state="completed", user=user)
        total += int((merged.parent < 0).sum())
    return total
