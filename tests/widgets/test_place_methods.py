"""Where a user was in a job: kept a job and a user, never a frame that the job has not, and not for ever."""

from __future__ import annotations

from cvat_widgets.job import Job
from tests.widgets.conftest import Wire
from tests.widgets.test_review_methods import ask, refusal


def test_a_user_goes_on_where_they_left_off(wire: Wire, job: Job) -> None:
    assert ask(wire, "place.last") == {"frame": None}
    for frame in (1, 4):
        ask(wire, "place.keep", frame=frame)
    assert ask(wire, "place.last") == {"frame": 4}
    again = Wire(job, read_only=True)
    assert ask(again, "place.last") == {"frame": 4}
    again.session.user = "bob"
    assert ask(again, "place.last") == {"frame": None}
    again.session.close()
    for outside in (-1, 6, 1.5, True, "2", None):
        assert "whole number" in refusal(wire, "place.keep", frame=outside)
    assert ask(wire, "place.last") == {"frame": 4}
    # What is kept beside it stays, and a job that has become shorter has no such place.
    job.store.set_setting("ann", "places", {"999": 3, str(job.id): 77})
    assert ask(wire, "place.last") == {"frame": None}
    ask(wire, "place.keep", frame=2)
    assert job.store.setting("ann", "places") == {"999": 3, str(job.id): 2}


def test_the_jobs_left_last_are_known(wire: Wire, job: Job) -> None:
    job.store.set_setting("ann", "places", {str(number): 0 for number in range(1000, 1200)})
    ask(wire, "place.keep", frame=3)
    kept = job.store.setting("ann", "places")
    assert len(kept) == 100
    assert list(kept)[-1] == str(job.id)
    assert list(kept)[0] == "1101"
    job.store.set_setting("ann", "places", ["not", "a", "table"])
    assert ask(wire, "place.last") == {"frame": None}
