"""Annotation actions and operations on objects, called from the browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cvat_widgets.actions import find_action, registered
from cvat_widgets.errors import ProtocolError
from cvat_widgets.job import Job
from cvat_widgets.widgets.rpc import Call, method

__all__: list[str] = []

_MAX_IDS = 100_000
_MAX_POINTS = 10_000


class _CanvasJob(Job):
    """The job of a session: what is done here is undone there, by the user at the canvas."""

    def __init__(self, job: Job, user: str) -> None:
        super().__init__(job.task, job.row)
        self.user = user

    def _commit(self, edit: Any, *, base: int, label: str) -> Any:
        return self.store.commit(
            self.task_id, edit, job_id=self.job_id, base=base, author=self.user, origin="canvas", label=label
        )


def _job(call: Call) -> _CanvasJob:
    call.session.check_writable()
    job = call.session.job
    if not isinstance(job, Job):
        raise ProtocolError("this view has no job that can be changed")
    return _CanvasJob(job, call.session.user)


def _ids(call: Call) -> list[int]:
    ids = call.params.get("ids")
    if not isinstance(ids, list) or len(ids) > _MAX_IDS or not all(type(each) is int for each in ids):
        raise ProtocolError("ids are a list of whole numbers")
    return ids


@method("actions.list")
def list_actions(call: Call) -> dict[str, Any]:  # noqa: ARG001  # they are those of the kernel, whatever the job
    """Return the actions there are, with what can be set about them."""
    return {"actions": [action.to_wire() for action in registered()]}


@method("actions.run")
def run_action(call: Call) -> dict[str, Any]:
    """Run an action: ``{name, parameters, start, stop, ids?, filter?}``; frames are inclusive. Cancelled, it writes nothing."""
    job = _job(call)
    start = call.integer("start", job.start, job.stop)
    stop = call.integer("stop", start, job.stop)
    parameters = call.params.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise ProtocolError("parameters are an object")
    logic = call.params.get("filter")
    if logic is not None and not isinstance(logic, (dict, str)):
        raise ProtocolError("a filter is JSON logic")
    action = find_action(str(call.params.get("name")))
    name = action.name
    unknown = set(parameters) - {parameter.name for parameter in action.parameters}
    if unknown:
        raise ProtocolError(f"{name!r} has no parameter {min(map(str, unknown))!r}")
    result = job.run_action(
        name,
        range(start, stop + 1),
        logic,
        ids=None if call.params.get("ids") is None else _ids(call),
        progress=_steps(call, name),
        cancelled=call.cancelled.is_set,
        **parameters,
    )
    return {
        "added": result.added,
        "updated": result.updated,
        "removed": result.removed,
        "skipped": list(result.skipped[:20]),
        "text": result.text,
    }


def _steps(call: Call, name: str) -> Callable[[int, int], None]:
    """Tell the browser of progress a hundred times at most: messages beyond what a server passes on are lost."""
    told = -1

    def progress(done: int, total: int) -> None:
        nonlocal told
        percent = 100 * done // max(total, 1)
        if percent != told:
            told = percent
            call.progress(done, total, name)

    return progress


@method("operations.join")
def join(call: Call) -> dict[str, Any]:
    """Join polygons or masks: ``{ids}``."""
    return {"ids": _job(call).join(_ids(call))}


@method("operations.slice")
def slice_object(call: Call) -> dict[str, Any]:
    """Cut a polygon or mask: ``{id, line}``."""
    line = call.params.get("line")
    if (
        not isinstance(line, list)
        or not 4 <= len(line) <= _MAX_POINTS
        or not all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in line)
    ):
        raise ProtocolError("a line is a list of numbers, two a point")
    return {"ids": list(_job(call).slice(call.integer("id", 1, (1 << 53) - 1), line))}


@method("operations.simplify")
def simplify(call: Call) -> dict[str, Any]:
    """Take needless points out of outlines: ``{ids, distance}``."""
    distance = call.params.get("distance", 1.0)
    if isinstance(distance, bool) or not isinstance(distance, (int, float)):
        raise ProtocolError("the distance is a number")
    return {"changed": _job(call).simplify(_ids(call), distance)}


@method("operations.convert")
def convert(call: Call) -> dict[str, Any]:
    """Turn shapes into another type: ``{ids, type, fill_holes?}``."""
    ids, fill_holes = _ids(call), call.params.get("fill_holes", False)
    if not isinstance(fill_holes, bool):
        raise ProtocolError("fill_holes is true or false")
    return {"ids": _job(call).convert(ids, str(call.params.get("type")), fill_holes=fill_holes)}
