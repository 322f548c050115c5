"""The store as one person may see and change it.

Every call goes through :meth:`View.call`, in the transaction in which it is carried out: what was checked is still true when it
is done, and what turns out to be more than the person may do is rolled back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from cvat_widgets.errors import NotFoundError, StoreError
from cvat_widgets.hub.narrowing import NARROW
from cvat_widgets.hub.policy import LEAST, SIGNED, Person, RefusedError, sees, writes
from cvat_widgets.model.changes import Edit
from cvat_widgets.store import objects

if TYPE_CHECKING:
    from cvat_widgets.store import Commit, JobRow, Store, TaskRow

__all__ = ["Values", "View"]

Values = dict[str, Any]

_MOST_SETTINGS = 64
_MOST_BYTES = 1 << 20
_MOST_IDS = 100_000


class View:
    """What a person has of a store.

    Parameters
    ----------
    store
        The store.
    person
        Who is asking.
    """

    def __init__(self, store: Store, person: Person) -> None:
        self.store = store
        self.person = person
        self._own_tasks: set[int] | None = None

    def call(self, name: str, values: Values) -> Any:
        """Call a method of the store.

        Raises
        ------
        RefusedError
            The role does not allow it.
        """
        self._check_role(LEAST[name])
        self._sign(name, values)
        for check in (_FOR_ALL.get(name), None if self._sees_all else _BEFORE.get(name)):
            if check is not None:
                check(self, values)
        result = getattr(self.store, name)(**values)
        if name in ("commit", "undo", "redo"):
            self._check_commit(result)
        narrow = None if self._sees_all else NARROW.get(name)
        return result if narrow is None else narrow(self, values, result)

    @property
    def _sees_all(self) -> bool:
        return self.person.is_at_least("reviewer")

    def _check_role(self, least: str) -> None:
        if not self.person.is_at_least(least):
            raise RefusedError(f"{self.person.name!r} is {_article(self.person.role)}, which takes {_article(least)}")

    def _sign(self, name: str, values: Values) -> None:
        """Put the name of the person where the store wants to know who it is; what the message says is not believed."""
        parameter = SIGNED.get(name)
        if parameter is not None:
            given = values.get(parameter)
            if self.person.role == "owner" and (given or name in ("undo", "redo")):
                return
            if given not in (None, "", self.person.name):
                raise RefusedError(f"the hub knows you as {self.person.name!r}, not as {given[:60]!r}")
            values[parameter] = self.person.name

    # -- jobs ----------------------------------------------------------------------------------------------------

    def job(self, job_id: int) -> JobRow:
        """Return a job that the person sees; others are not there."""
        row = self.store.job(job_id)
        if not sees(self.person, row):
            raise NotFoundError(f"there is no job with id {job_id}", hint="It may have been deleted")
        return row

    def writable(self, job_id: int) -> JobRow:
        """Return a job that the person may change."""
        row = self.job(job_id)
        if not writes(self.person, row):
            why = f"it is in the stage {row.stage}" if row.assignee == self.person.name else "it is not yours"
            raise RefusedError(f"job {job_id}: {why}")
        return row

    def jobs(self, task_id: int | None) -> dict[int, JobRow]:
        """Return the jobs of a task that the person sees, by id."""
        if task_id is None:
            return {}
        return {row.id: row for row in self.store.jobs(task_id) if sees(self.person, row)}

    def works_on(self, row: TaskRow) -> bool:
        """Whether a task or a job of it is this person's, so that its pictures are for them; all are for reviewers."""
        if self._sees_all or row.assignee == self.person.name:
            return True
        if self._own_tasks is None:
            with self.store.database.read() as raw:
                found = raw.execute(
                    "SELECT DISTINCT task_id FROM job WHERE assignee = ? AND type <> 'ground_truth'", (self.person.name,)
                )
                self._own_tasks = {task_id for (task_id,) in found.fetchall()}
        return row.id in self._own_tasks

    def frames(self, task_id: int) -> set[int] | None:
        """Return the frames whose pictures the person may see, ``None`` for all."""
        if self._sees_all:
            return None
        if not self.works_on(self.store.task(task_id)):
            return set()
        shown: set[int] = set()
        for row in self.jobs(task_id).values():
            shown.update(row.frames if row.frames is not None else range(row.start, row.stop + 1))
        return shown

    def _check_commit(self, commit: Commit | None) -> None:
        """Look at what was done, while it can still be taken back."""
        if commit is None or self.person.role == "owner":
            return
        if commit.author != self.person.name:
            raise RefusedError("this operation has been made by somebody else")
        if commit.repeated or self._sees_all:
            return
        if commit.job_id is None:
            raise RefusedError("an edit belongs to one job")
        self.writable(commit.job_id)


def _article(role: str) -> str:
    return f"{'an' if role[0] in 'ao' else 'a'} {role}"


# -- checks for everybody ----------------------------------------------------------------------------------------------


def _check_people(view: View, values: Values) -> None:
    if values.get("assignee") is not None or values.get("reviewer") is not None:
        view._check_role("maintainer")
    row = view.writable(values["job_id"])
    stage = values.get("stage")
    if stage is not None and stage != row.stage:
        view._check_role("reviewer")


def _check_comment(view: View, values: Values) -> None:
    with view.store.database.read() as raw:
        found = raw.execute("SELECT owner, issue_id FROM comment WHERE id = ?", (values["comment_id"],)).fetchone()
    if found is None:
        return  # the store says so better
    view.job(view.store.issue(found[1]).job_id)
    removing = values.get("message") is None and view.person.is_at_least("maintainer")
    if found[0] != view.person.name and not removing and view.person.role != "owner":
        raise RefusedError("the comment is somebody else's")


def _check_setting(view: View, values: Values) -> None:
    present = view.store.settings(values["user"])
    if len(values["key"]) > 64 or (len(present) >= _MOST_SETTINGS and values["key"] not in present):
        raise StoreError(f"a user has at most {_MOST_SETTINGS} settings, with names of at most 64 characters")
    _check_size(values["value"])


def _check_event(view: View, values: Values) -> None:
    if len(values["kind"]) > 64 or len(values.get("session") or "") > 64:
        raise StoreError("kind and session of an event have at most 64 characters")
    _check_size(values.get("payload"))
    if not view._sees_all:
        if values["kind"].startswith(("job:", "issue:", "comment:", "task:", "project:")):
            raise RefusedError("events of jobs, issues and tasks are written by what happens to them")
        if values.get("job_id") is not None:
            view.job(values["job_id"])


def _check_size(value: object) -> None:
    if len(json.dumps(value)) > _MOST_BYTES:
        raise StoreError("the value is longer than 1 MiB")


_FOR_ALL: Mapping[str, Callable[[View, Values], None]] = {
    "change_job": _check_people,
    "change_comment": _check_comment,
    "set_setting": _check_setting,
    "record_event": _check_event,
}


# -- checks for annotators ---------------------------------------------------------------------------------------------


def _see_job(view: View, values: Values) -> None:
    if values.get("job_id") is not None:
        view.job(values["job_id"])


def _see_issue(view: View, values: Values) -> None:
    try:
        view.job(view.store.issue(values["issue_id"]).job_id)
    except NotFoundError:
        raise NotFoundError(
            f"there is no issue with id {values['issue_id']}", hint="It may have been removed"
        ) from None  # fmt: skip


def _check_edit(view: View, values: Values) -> None:
    """Let what is hidden be not there: not even an error tells of it."""
    _see_job(view, values)
    edit: Edit = values["edit"]
    with view.store.database.read() as raw:
        found = objects.read_records(raw, values["task_id"], sorted({*edit.updated, *edit.removed}))
    shown = view.jobs(values["task_id"])
    for record_id, (_, job_id, _) in found.items():
        if job_id not in shown:
            raise NotFoundError(f"there is no object with id {record_id}", hint="Nothing was changed")


def _check_table(view: View, values: Values) -> None:
    for job_id in np.unique(values["job_of"]).tolist():
        view.writable(int(job_id))


def _check_ids(view: View, values: Values) -> None:
    if not any(writes(view.person, row) for row in view.jobs(values["task_id"]).values()):
        raise RefusedError("none of the jobs of this task is yours to change")
    if values["count"] > _MOST_IDS:
        raise RefusedError(f"{_MOST_IDS:,} ids at once are enough")


def _check_deleting(view: View, values: Values) -> None:
    mine = [row for row in view.jobs(values["task_id"]).values() if writes(view.person, row)]
    for frame in values["frames"]:
        if not any(row.start <= frame <= row.stop for row in mine):
            raise RefusedError(f"frame {frame} is not in a job of yours")


def _own_history(view: View, values: Values) -> None:
    _see_job(view, values)
    if values.get("author") not in (None, view.person.name):
        raise RefusedError("what others could undo is theirs")
    values["author"] = view.person.name


def _past_is_known(view: View, values: Values) -> None:
    """Refuse a past in which it is no longer known which job an object was in."""
    for commit in view.store.log(values["task_id"], since=max(values["revision"], 0)):
        if commit.job_id is None and commit.changes is not None and commit.changes.removed:
            raise RefusedError("since then a change has touched several jobs")


def _only_seen(view: View, values: Values) -> None:
    values["seen_by"] = view.person.name


_BEFORE: Mapping[str, Callable[[View, Values], None]] = {
    "load": _see_job,
    "log": _see_job,
    "job": _see_job,
    "issues": _see_job,
    "count_open_issues": _see_job,
    "issue": _see_issue,
    "add_comment": _see_issue,
    "commit": _check_edit,
    "add_table": _check_table,
    "undo": _see_job,
    "redo": _see_job,
    "history": _own_history,
    "reserve_ids": _check_ids,
    "set_frames_deleted": _check_deleting,
    "at": _past_is_known,
    "job_page": _only_seen,
}
