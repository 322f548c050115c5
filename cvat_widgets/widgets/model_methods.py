"""Detectors, trackers and re-identification called from the browser; what a click asks of interactors is elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cvat_widgets.backends.failures import ModelError
from cvat_widgets.backends.registry import Backend, lines
from cvat_widgets.detector_run import DetectorRun
from cvat_widgets.errors import ProtocolError
from cvat_widgets.job import Job
from cvat_widgets.model.filters import filter_mask
from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.reidentification_run import ReidentificationRun
from cvat_widgets.tracker_run import TrackerRun
from cvat_widgets.widgets.model_runs import Pending, QueuedModel, percent_of
from cvat_widgets.widgets.rpc import Call, method
from cvat_widgets.widgets.session_models import OfferedModel

__all__: list[str] = []

_MOST_OBJECTS = 1000
_MOST_RULES = 5000
_MOST_RANGES = 1000
_CHUNK = 16
_BATCH_ON_GPU = 4


@method("models")
def models(call: Call) -> dict[str, Any]:
    """Return the models that can be used, those that lack something, the run that goes on and the result that waits."""
    session = call.session
    offered = session.models.list()
    ids = {each.id for each in offered}
    running, pending = session.runs.running, session.runs.pending
    return {
        "models": [_model_to_wire(each) for each in offered],
        "others": [_line_to_wire(line) for line in lines() if line.name not in ids and (line.weights or line.missing())],
        "running": running.to_wire() if running else None,
        "pending": pending.to_wire() if pending else None,
    }


def _model_to_wire(model: OfferedModel) -> dict[str, Any]:
    info = model.info
    return {
        "id": model.id,
        "name": info.name,
        "kind": info.kind,
        "framework": info.framework,
        "device": info.device,
        "help": info.help,
        "labels": info.labels.to_raw(),
        "shape_types": list(info.shape_types),
        "min_positive": info.min_positive,
        "min_negative": info.min_negative,
        "box": info.box,
        "loaded": model.loaded,
        "problem": model.problem,
    }


def _line_to_wire(line: Backend) -> dict[str, Any]:
    missing = line.missing()
    return {
        "name": line.name,
        "kind": line.kind,
        "framework": line.framework,
        "labels": line.labels,
        "help": line.help,
        "install": (f"cvat-widgets[{line.extra}]" if line.extra else " ".join(missing)) if missing else "",
        "weights": list(line.weights),
    }


def _job(call: Call) -> Job:
    call.session.check_writable()
    job = call.session.job
    if not isinstance(job, Job):
        raise ProtocolError("this view has no job that can be changed")
    return job


def _model(call: Call) -> Any:
    """Return the model that was chosen, loaded on the models' thread if it was not."""
    name, session = call.params.get("model"), call.session
    if not isinstance(name, str):
        raise ProtocolError("model is the id of a model")
    return session.models.run(lambda: session.models.get(name), call.cancelled)


def _flag(call: Call, name: str) -> bool:
    value = call.params.get(name, False)
    if not isinstance(value, bool):
        raise ProtocolError(f"{name} is true or false")
    return value


# -- detectors -------------------------------------------------------------------------------------------------------


@method("detect", long=True)
def detect(call: Call) -> dict[str, Any]:
    """Run a detector; what it finds waits to be accepted.

    ``{model, labels, threshold, where, frames?, filter?, clean, masks_to_polygons, resume}``: ``labels`` names for each label
    of the model the task's, ``null`` or ``{name, attributes}``; ``threshold`` is the lowest score in percent that is kept;
    ``where`` is ``frames`` (a list of ``[first, last]``), ``filter`` (frames with objects that match), ``empty`` (frames
    without objects), ``job`` or ``task``.
    """
    job, model = _job(call), _model(call)
    frames = _frames(call, job)
    run = DetectorRun(
        job.task,
        model,
        frames,
        rules=_rules(call.params.get("labels")),
        threshold=call.integer("threshold", 0, 100) / 100,
        clean=_flag(call, "clean"),
        masks_to_polygons=_flag(call, "masks_to_polygons"),
        batch=1 if model.info.device.startswith("cpu") else _BATCH_ON_GPU,
        chunk=_CHUNK,
        resume=_flag(call, "resume"),
        job_id=None if call.params.get("where") == "task" else job.id,
    )
    runs = call.session.runs
    with runs.started(run.label, len(frames), run.done, call.cancelled, call.progress) as report:
        run.run(report, QueuedModel(model, call.session.models, call.cancelled))
        pending = Pending(run)
        runs.keep(pending)
    return pending.to_wire()


def _rules(given: object) -> dict[str, Any] | None:
    """Check the form of ``{label: null | name | {name, attributes: {name: name}}}``; what the names mean is checked later."""
    if given is None:
        return None
    if not isinstance(given, dict) or len(given) > _MOST_RULES:
        raise ProtocolError("labels are an object: a label of the model, and what it becomes")
    for rule in given.values():
        if rule is None or isinstance(rule, str):
            continue
        if not isinstance(rule, dict) or set(rule) - {"name", "attributes"} or not isinstance(rule.get("name"), str):
            raise ProtocolError("a label becomes null, a name, or an object of name and attributes")
        pairs = rule.get("attributes", {})
        if not isinstance(pairs, dict) or len(pairs) > _MOST_RULES or not all(isinstance(each, str) for each in pairs.values()):
            raise ProtocolError("attributes are an object of names")
    return given


def _frames(call: Call, job: Job) -> list[int]:
    """Return the frames that were asked for, in order and without deleted ones."""
    where, task = call.params.get("where"), job.task
    there = range(len(task)) if where == "task" else range(job.start, job.stop + 1)
    if where == "frames":
        wanted = _ranges(call, job)
    elif where == "filter":
        logic = call.params.get("filter")
        if not isinstance(logic, (dict, str)):
            raise ProtocolError("a filter is JSON logic")
        rows = interpolate_table(job.table, frame_count=len(task))
        wanted = set(np.unique(rows.frame[filter_mask(rows, task.labels, logic)]).tolist())
    elif where == "empty":
        wanted = set(there) - set(np.unique(interpolate_table(job.table, frame_count=len(task)).frame).tolist())
    elif where in ("job", "task"):
        wanted = set(there)
    else:
        raise ProtocolError(f"{where!r:.40} is no choice of frames")
    frames = sorted(wanted.intersection(there) - set(job.store.deleted_frames(task.id)))
    if not frames:
        raise ModelError("there is no frame to look at", hint="Deleted frames are left out; choose others")
    return frames


def _ranges(call: Call, job: Job) -> set[int]:
    ranges = call.params.get("frames")
    if not isinstance(ranges, list) or not 0 < len(ranges) <= _MOST_RANGES:
        raise ProtocolError("frames are a list of first and last frames")
    wanted: set[int] = set()
    for each in ranges:
        if (
            not isinstance(each, list)
            or len(each) != 2
            or not all(type(frame) is int for frame in each)
            or not job.start <= each[0] <= each[1] <= job.stop
        ):
            raise ProtocolError(f"a range of frames is two numbers from {job.start} to {job.stop}, not {each!r:.40}")
        wanted.update(range(each[0], each[1] + 1))
    return wanted


@method("detect.drafts")
def drafts(call: Call) -> dict[str, Any]:
    """Return what was found on a frame and waits: ``{frame}``."""
    pending = call.session.runs.pending
    frame = call.integer("frame", 0, (1 << 31) - 1)
    if pending is None:
        return {"frame": frame, "objects": [], "left_out": 0, "previous": None, "next": None}
    return pending.drafts(frame)


@method("detect.accept")
def accept(call: Call) -> dict[str, Any]:
    """Write what waits as one step of undo: ``{threshold, without?}``, a score in percent and labels that are not wanted."""
    _job(call)
    threshold = call.integer("threshold", 0, 100)
    without = call.params.get("without", [])
    if not isinstance(without, list) or not all(type(each) is int for each in without):
        raise ProtocolError("without is a list of labels")
    session, dropped = call.session, set(without)
    pending = session.runs.take()
    try:
        ids = pending.run.write(
            lambda each: percent_of(each.score) >= threshold and each.label not in dropped, author=session.user
        )
    except BaseException:
        session.runs.keep(pending)
        raise
    return {"count": len(ids)}


@method("detect.discard")
def discard(call: Call) -> dict[str, Any]:
    """Forget what waits."""
    call.session.runs.take().run.drop()
    return {}


@method("models.cancel")
def cancel(call: Call) -> dict[str, Any]:
    """Stop the run that goes on, whoever began it."""
    call.session.runs.cancel()
    return {}


# -- trackers --------------------------------------------------------------------------------------------------------


@method("track", long=True)
def track(call: Call) -> dict[str, Any]:
    """Follow objects: ``{model, ids, start, first, last}``; frames before ``start`` are reached backwards.

    The answer is ``{ids, lost}``: the tracks, and for those that were lost the frames on which they were.
    """
    job, model = _job(call), _model(call)
    start = call.integer("start", job.start, job.stop)
    first = call.integer("first", job.start, start)
    last = call.integer("last", start, job.stop)
    deleted = set(job.store.deleted_frames(job.task_id)) - {start}
    frames = [frame for frame in range(first, last + 1) if frame not in deleted]
    run = TrackerRun(job.task, model, _ids(call), frames, start)
    session = call.session
    with session.runs.started(run.label, run.pictures, 0, call.cancelled, call.progress) as report:
        ids = run.run(report, model=QueuedModel(model, session.models, call.cancelled), author=session.user, job_id=job.id)
    return {"ids": ids, "lost": {str(track_id): frames for track_id, frames in run.lost.items()}}


@method("reidentify", long=True)
def reidentify(call: Call) -> dict[str, Any]:
    """Join boxes to tracks: ``{model, first, last, threshold, max_distance}``.

    ``threshold`` is the largest difference in percent (of the cosine distance, 100 is unrelated), ``max_distance`` the largest
    distance of two centres in pixels. The answer is ``{ids, boxes}``: the tracks, and how many boxes went into them.
    """
    job, model = _job(call), _model(call)
    first = call.integer("first", job.start, job.stop)
    last = call.integer("last", first, job.stop)
    run = ReidentificationRun(
        job.task,
        model,
        range(first, last + 1),
        threshold=call.integer("threshold", 0, 200) / 100,
        max_distance=call.integer("max_distance", 0, 1_000_000),
        job_id=job.id,
    )
    session = call.session
    with session.runs.started(run.label, run.pictures, 0, call.cancelled, call.progress) as report:
        ids = run.run(report, model=QueuedModel(model, session.models, call.cancelled), author=session.user)
    return {"ids": ids, "boxes": run.boxes}


def _ids(call: Call) -> Sequence[int]:
    ids = call.params.get("ids")
    if not isinstance(ids, list) or not 0 < len(ids) <= _MOST_OBJECTS or not all(type(each) is int for each in ids):
        raise ProtocolError(f"ids are a list of 1 to {_MOST_OBJECTS} whole numbers")
    return ids
