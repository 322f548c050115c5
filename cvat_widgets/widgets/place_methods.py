"""Where a user was in a job, so that one can go on there: a frame a job, kept among the user's settings."""

from __future__ import annotations

from typing import Any

from cvat_widgets.widgets.rpc import Call, method

__all__: list[str] = []

_KEY = "places"
_MOST_PLACES = 100
"""The jobs that were left last."""


def _places(call: Call) -> dict[str, int]:
    kept = call.session.job.store.setting(call.session.user, _KEY)
    if not isinstance(kept, dict):
        return {}
    return {job: frame for job, frame in kept.items() if isinstance(frame, int)}


@method("place.last")
def last(call: Call) -> dict[str, Any]:
    """Return the ``frame`` on which the user left this job; ``None`` if there is none any more."""
    job = call.session.job
    frame = _places(call).get(str(job.id))
    return {"frame": frame if frame is not None and job.start <= frame <= job.stop else None}


@method("place.keep")
def keep(call: Call) -> dict[str, Any]:
    """Remember the frame on which the user is."""
    job = call.session.job
    frame = call.integer("frame", job.start, job.stop)
    places = _places(call)
    if places.get(str(job.id)) != frame:
        others = [(key, value) for key, value in places.items() if key != str(job.id)]
        kept = dict([*others[1 - _MOST_PLACES :], (str(job.id), frame)])
        job.store.set_setting(call.session.user, _KEY, kept)
    return {}
