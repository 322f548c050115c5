"""Time, objects and edits by job, person, day and hour, from the change log and the event log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from cvat_widgets.store import Store

__all__ = ["GAP_SECONDS", "activity", "analytics"]

GAP_SECONDS = 100.0
"""A longer pause between two actions of a person in a job is not counted as work."""

_COLUMNS = ("time", "task", "job", "user", "kind", "added", "updated", "removed")
_SUMS = ("edits", "added", "updated", "removed")


def activity(store: Store, task_ids: Sequence[int]) -> pd.DataFrame:
    """Return every edit and event, the oldest first.

    Columns: ``time, task, job, user, kind`` (``edit:canvas``, ``edit:undo``, ``job:update`` …), and for edits the numbers of
    objects ``added, updated, removed``. What a large import or model wrote at once counts no objects.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for task_id in task_ids:
        for commit in store.log(task_id):
            changes = commit.changes
            counted = changes is not None and commit.origin not in ("undo", "redo")
            rows.append(
                {
                    "time": commit.time, "task": task_id, "job": commit.job_id, "user": commit.author,
                    "kind": f"edit:{commit.origin}",
                    "added": len(changes.added) if counted and changes else 0,
                    "updated": len(changes.updated) if counted and changes else 0,
                    "removed": len(changes.removed) if counted and changes else 0,
                }
            )  # fmt: skip
    for event in store.event_columns(list(task_ids)):
        rows.append(
            {"time": event["time"], "task": event["task_id"], "job": event["job_id"], "user": event["user_name"],
             "kind": event["kind"], "added": 0, "updated": 0, "removed": 0}
        )  # fmt: skip
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    table["time"] = pd.to_datetime(table["time"], utc=True, format="ISO8601")
    return table.astype({"job": "Int64", "user": "str", "kind": "str"}).sort_values("time", kind="stable", ignore_index=True)


def analytics(store: Store, task_ids: Sequence[int], *, gap: float = GAP_SECONDS) -> dict[str, pd.DataFrame]:
    """Sum up :func:`activity`.

    Parameters
    ----------
    gap
        Seconds; a longer pause between two actions of a person in a job is not work.

    Returns
    -------
    dict
        ``by_job``, ``by_person``, ``by_day`` (person and day) and ``per_hour`` (person and hour). Columns: ``hours`` of work,
        ``edits``, objects ``added, updated, removed``, ``added_per_hour``; for jobs also their state and the issues on them.
    """
    actions = activity(store, task_ids)
    # Making a task, giving it another name or assignee: on the record, but no work on its jobs.
    actions = actions[~actions["kind"].isin(("task:create", "task:update", "task:delete"))].reset_index(drop=True)
    # Work on an action is the time since the person's last one in this job, if that was not long ago.
    pause = actions.groupby(["user", "job"], dropna=False)["time"].diff().dt.total_seconds()
    actions["hours"] = pause.where(pause <= gap, 0.0).fillna(0.0) / 3600
    actions["edits"] = actions["kind"].str.startswith("edit:").astype("int64")
    actions["day"] = actions["time"].dt.floor("D")
    actions["hour"] = actions["time"].dt.floor("h")
    persons = _summed(actions, ["user"])
    persons.insert(1, "jobs", persons["user"].map(actions.groupby("user")["job"].nunique()).astype("int64"))
    return {
        "by_job": _by_job(store, task_ids, actions),
        "by_person": persons,
        "by_day": _summed(actions, ["day", "user"]),
        "per_hour": _summed(actions, ["hour", "user"]),
    }


def _summed(actions: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    table = actions.groupby(keys, as_index=False)[["hours", *_SUMS]].sum()
    table["added_per_hour"] = (table["added"] / table["hours"]).where(table["hours"] > 0)
    return table


def _by_job(store: Store, task_ids: Sequence[int], actions: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    facts = ("id", "task_id", "type", "stage", "state", "assignee")
    rows = []
    for task_id in task_ids:
        issues = store.issues(task_id=task_id)
        for row in store.jobs(task_id):
            mine = [issue for issue in issues if issue.job_id == row.id]
            rows.append(
                {name: getattr(row, name) for name in facts}
                | {"issues": len(mine), "open_issues": sum(not issue.resolved for issue in mine)}
            )
    jobs = pd.DataFrame(rows, columns=[*facts, "issues", "open_issues"]).rename(columns={"id": "job", "task_id": "task"})
    summed = _summed(actions[actions["job"].notna()], ["job"]).astype({"job": "int64"})
    merged = jobs.merge(summed, on="job", how="left")
    return merged.fillna(dict.fromkeys(("hours", *_SUMS), 0)).astype(dict.fromkeys(_SUMS, "int64"))
