"""Review of a job: stage and state, who works on it, issues and what is said about them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    import pandas as pd

    from cvat_widgets.job import Job
    from cvat_widgets.model.frames import FrameIndex
    from cvat_widgets.store import JobRow, Store
    from cvat_widgets.store.team_rows import EventRow, IssueRow

__all__ = ["Issue", "JobList", "JobReview", "issue_rows"]

QUICK_ISSUES = ("Wrong position", "Wrong attribute")
_QUICK = 8
_JOB_COLUMNS = (
    "id", "type", "stage", "state", "assignee", "reviewer", "start", "stop", "frames", "parent", "created", "updated",
)  # fmt: skip
_ISSUE_COLUMNS = (
    "id", "job", "frame", "frame_name", "position", "object_id", "message", "owner", "assignee", "resolved", "comments",
    "created", "updated",
)  # fmt: skip


class Issue:
    """An issue of a job; made by :meth:`JobReview.open_issue` and :meth:`JobReview.issue`.

    Parameters
    ----------
    store
        Where it is.
    row
        The issue as the store has it.
    user
        In whose name comments are written.
    """

    def __init__(self, store: Store, row: IssueRow, user: str) -> None:
        self.store = store
        self.row = row
        self.user = user

    @property
    def id(self) -> int:
        """Id of the issue."""
        return self.row.id

    @property
    def frame(self) -> int:
        """Frame it is on."""
        return self.row.frame

    @property
    def resolved(self) -> bool:
        """Whether it is resolved."""
        self.row = self.store.issue(self.id)
        return self.row.resolved

    @property
    def comments(self) -> pd.DataFrame:
        """What was said, the oldest first: ``id, owner, message, created, updated``."""
        import pandas as pd

        self.row = self.store.issue(self.id)
        rows = [asdict(comment) for comment in self.row.comments]
        return _moments(pd.DataFrame(rows, columns=["id", "owner", "message", "created", "updated"]))

    def comment(self, message: str) -> Issue:
        """Answer."""
        self.row = self.store.add_comment(self.id, message, owner=self.user)
        return self

    def edit_comment(self, comment_id: int, message: str | None) -> Issue:
        """Change a comment, or remove it with ``None``."""
        self.row = self.store.change_comment(comment_id, message, user=self.user)
        return self

    def resolve(self) -> Issue:
        """Say that it is mended."""
        self.row = self.store.set_issue_resolved(self.id, resolved=True, user=self.user)
        return self

    def reopen(self) -> Issue:
        """Say that it is not mended after all."""
        self.row = self.store.set_issue_resolved(self.id, resolved=False, user=self.user)
        return self

    def remove(self) -> None:
        """Remove it with its comments."""
        self.store.remove_issue(self.id, user=self.user)

    def __repr__(self) -> str:
        state = "resolved" if self.row.resolved else "open"
        return f"<Issue {self.id} on frame {self.frame}, {state}: {self.row.comments[0].message[:60]!r}>"


class JobReview:
    """What a job has besides annotations: who works on it, how far it is, and its issues."""

    store: Store
    row: JobRow
    user: str
    frame_index: FrameIndex

    def _present(self) -> JobRow:
        self.row = self.store.job(self.row.id)
        return self.row

    @property
    def type(self) -> str:
        """``annotation``, ``ground_truth`` or ``consensus_replica``."""
        return self.row.type

    @property
    def stage(self) -> str:
        """``annotation``, ``validation`` or ``acceptance``; moving to another stage makes the state ``new``."""
        return self._present().stage

    @stage.setter
    def stage(self, value: str) -> None:
        self.row = self.store.change_job(self.row.id, stage=value, user=self.user)

    @property
    def state(self) -> str:
        """``new``, ``in progress``, ``completed`` or ``rejected``."""
        return self._present().state

    @state.setter
    def state(self, value: str) -> None:
        self.row = self.store.change_job(self.row.id, state=value, user=self.user)

    @property
    def assignee(self) -> str | None:
        """Who works on it; ``None`` for nobody."""
        return self._present().assignee

    @assignee.setter
    def assignee(self, value: str | None) -> None:
        self.row = self.store.change_job(self.row.id, assignee=value or "", user=self.user)

    @property
    def reviewer(self) -> str | None:
        """Who looks at it; ``None`` for nobody."""
        return self._present().reviewer

    @reviewer.setter
    def reviewer(self, value: str | None) -> None:
        self.row = self.store.change_job(self.row.id, reviewer=value or "", user=self.user)

    def accept(self) -> None:
        """Move the job to the stage ``acceptance``, completed."""
        self.row = self.store.change_job(self.row.id, stage="acceptance", state="completed", user=self.user)

    def reject(self) -> None:
        """Send the job back to annotation."""
        self.row = self.store.change_job(self.row.id, stage="annotation", state="rejected", user=self.user)

    # -- issues --------------------------------------------------------------------------------------------------

    @property
    def issues(self) -> pd.DataFrame:
        """Issues, the oldest first; columns as in :func:`issue_rows`."""
        return issue_rows(self.store.issues(job_id=self.row.id), self.frame_index)

    def issue(self, issue_id: int) -> Issue:
        """Return one issue, to comment on it or resolve it."""
        return Issue(self.store, self.store.issue(issue_id), self.user)

    def open_issue(
        self,
        frame: int,
        position: Sequence[float],
        message: str,
        *,
        object_id: int | None = None,
        assignee: str | None = None,
    ) -> Issue:
        """Open an issue.

        Parameters
        ----------
        frame
            Frame number.
        position
            ``(x, y)``, ``(left, top, right, bottom)`` or a ring of points, in pixels.
        message
            What is wrong.
        object_id
            The object it is about.
        assignee
            Who should mend it; by default whoever works on the job.

        Raises
        ------
        StoreError
            The frame is not in the job, or the position is none.
        """
        row = self.store.open_issue(
            self.row.id, frame, position, message, owner=self.user, object_id=object_id,
            assignee=assignee or self.assignee,
        )  # fmt: skip
        return Issue(self.store, row, self.user)

    def next_issue(self, frame: int, *, step: int = 1, resolved: bool = False) -> Issue | None:
        """Return the nearest issue after a frame (``step=-1``: before it), ``None`` if there is none.

        Parameters
        ----------
        resolved
            Whether resolved ones count.
        """
        rows = [row for row in self.store.issues(job_id=self.row.id) if resolved or not row.resolved]
        rows = [row for row in rows if (row.frame > frame if step > 0 else row.frame < frame)]
        if not rows:
            return None
        best = min(rows, key=lambda row: (abs(row.frame - frame), row.id))
        return Issue(self.store, best, self.user)

    def quick_issues(self) -> list[str]:
        """Return messages to choose from: the usual ones, then those of this task, the most frequent first."""
        from collections import Counter

        said = Counter(row.comments[0].message for row in self.store.issues(task_id=self.row.task_id) if row.comments)
        known = [message for message, _ in said.most_common(_QUICK) if message not in QUICK_ISSUES]
        return [*QUICK_ISSUES, *known][:_QUICK]

    def on_review(self, callback: Callable[[EventRow], None]) -> Callable[[], None]:
        """Call a function after every event of this job, its issues and comments, from whatever kernel; return how to stop."""
        job_id = self.row.id
        return self.store.subscribe_events(self.row.task_id, lambda event: callback(event) if event.job_id == job_id else None)


class JobList(list["Job"]):
    """The jobs of a task: a list, shown as a table; a column by name, a job by place."""

    def to_frame(self) -> pd.DataFrame:
        """Return one row a job: id, type, stage, state, people, frames, and the replica's parent."""
        import pandas as pd

        rows = [
            {**{name: getattr(job.row, name) for name in _JOB_COLUMNS if name not in ("frames", "parent")},
             "frames": len(job.row.frames) if job.row.frames else job.row.stop - job.row.start + 1,
             "parent": job.row.parent_id}
            for job in self
        ]  # fmt: skip
        return _moments(pd.DataFrame(rows, columns=list(_JOB_COLUMNS)).astype({"parent": "Int64"}))

    @overload  # type: ignore[override]  # a text names a column
    def __getitem__(self, key: int) -> Job: ...
    @overload
    def __getitem__(self, key: slice) -> JobList: ...
    @overload
    def __getitem__(self, key: str) -> pd.Series[Any]: ...
    def __getitem__(self, key: int | slice | str) -> Job | JobList | pd.Series[Any]:
        if isinstance(key, str):
            return self.to_frame()[key]
        return JobList(super().__getitem__(key)) if isinstance(key, slice) else super().__getitem__(key)

    def where(self, **values: Any) -> JobList:
        """Return the jobs of which columns have these values, e.g. ``where(state="new", assignee=None)``."""
        return JobList(job for job in self if all(getattr(job.row, name) == value for name, value in values.items()))

    def by_id(self, job_id: int) -> Job:
        """Return the job with an id."""
        from cvat_widgets.errors import NotFoundError

        for job in self:
            if job.id == job_id:
                return job
        raise NotFoundError(f"there is no job {job_id} in this task", hint=f"There are: {[job.id for job in self][:20]}")

    def _repr_html_(self) -> str:
        return str(self.to_frame()._repr_html_())  # type: ignore[operator]  # pandas has it, its stubs do not


def issue_rows(rows: Iterable[IssueRow], frames: FrameIndex) -> pd.DataFrame:
    """Return issues as a table.

    Columns: ``id, job, frame, frame_name, position, object_id, message`` (of the first comment), ``owner, assignee,
    resolved, comments`` (how many), ``created, updated``.
    """
    import pandas as pd

    found = [
        {
            "id": row.id, "job": row.job_id, "frame": row.frame, "frame_name": frames.names[row.frame],
            "position": row.position, "object_id": row.object_id,
            "message": row.comments[0].message if row.comments else "", "owner": row.owner, "assignee": row.assignee,
            "resolved": row.resolved, "comments": len(row.comments), "created": row.created, "updated": row.updated,
        }
        for row in rows
    ]  # fmt: skip
    table = pd.DataFrame(found, columns=list(_ISSUE_COLUMNS))
    return _moments(table.astype({"object_id": "Int64", "resolved": "bool"}))


def _moments(table: pd.DataFrame) -> pd.DataFrame:
    """Read the columns ``created`` and ``updated`` as moments."""
    import pandas as pd

    return table.assign(**{name: pd.to_datetime(table[name], utc=True, format="ISO8601") for name in ("created", "updated")})
