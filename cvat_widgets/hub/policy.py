"""Who may do what through the service: one table of roles and two questions about jobs, the same rules as on PostgreSQL.

=============  ====================================================================================================
annotator      reads tasks and the jobs of annotation; the pictures only of tasks in which a job is theirs; writes
               annotations and state of jobs assigned to them that are in the stage ``annotation``; answers issues.
               Ground truth, honeypots and replicas of others are not there.
reviewer       reads everything; edits annotations, stage and state; opens, answers and resolves issues.
maintainer     everything but signing with another name.
owner          that, too, as is needed to restore a backup. Admins of a hub, who can be anybody there, are owners.
=============  ====================================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cvat_widgets.errors import StoreError

if TYPE_CHECKING:
    from cvat_widgets.store import JobRow

__all__ = ["LEAST", "ROLES", "SIGNED", "Person", "RefusedError", "sees", "writes"]

ROLES = ("annotator", "reviewer", "maintainer", "owner")
"""Each may what those before it may."""


class RefusedError(StoreError):
    """Somebody tried what their role does not allow."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the service does not allow it ({why})", hint="Ask whoever runs it for the role you need")


@dataclass(frozen=True)
class Person:
    """Who is asking, as the hub says.

    Parameters
    ----------
    name
        The account.
    role
        One of :data:`ROLES`.
    """

    name: str
    role: str

    def is_at_least(self, role: str) -> bool:
        """Whether this role is the same or a higher one."""
        return ROLES.index(self.role) >= ROLES.index(role)


def sees(person: Person, job: JobRow) -> bool:
    """Whether somebody may know of a job."""
    if person.is_at_least("reviewer") or job.type == "annotation":
        return True
    return job.type == "consensus_replica" and job.assignee == person.name


def writes(person: Person, job: JobRow) -> bool:
    """Whether somebody may change what is in a job."""
    if person.is_at_least("reviewer"):
        return True
    return job.type != "ground_truth" and job.assignee == person.name and job.stage == "annotation"


_ANNOTATOR = (
    "add_comment", "add_table", "at", "change_comment", "change_job", "commit", "count_open_issues", "deleted_frames",
    "event_columns", "events", "events_after", "frames", "guide", "guide_assets", "history", "honeypots", "issue", "issues",
    "job", "job_page", "jobs", "label_names", "labels", "last_event", "load", "log", "people", "project", "project_labels",
    "project_page", "project_tasks", "projects", "quality_settings", "record_event", "records", "redo", "reserve_ids",
    "set_frames_deleted", "set_setting", "setting", "settings", "task", "task_page", "tasks", "undo",
    "validation_frames",
)  # fmt: skip
_REVIEWER = ("announce", "label_counts", "labelled", "open_issue", "remove_issue", "set_issue_resolved")
_MAINTAINER = (
    "add_guide_asset", "add_webhook", "create_job", "create_project", "create_task", "delete_job", "delete_project",
    "delete_task", "end_history", "move_task", "remove_webhook", "rename_task", "set_guide", "set_honeypots",
    "set_project_labels", "set_quality_settings", "set_validation_frames", "set_validation_frames_disabled",
    "update_labels", "update_project", "update_task", "webhooks",
)  # fmt: skip

LEAST: Mapping[str, str] = {
    **dict.fromkeys(_ANNOTATOR, "annotator"),
    **dict.fromkeys(_REVIEWER, "reviewer"),
    **dict.fromkeys(_MAINTAINER, "maintainer"),
}
"""The lowest role that may call a method of the store at all; a method that is not here cannot be called."""

SIGNED: Mapping[str, str] = {
    **dict.fromkeys(("add_table", "commit", "redo", "undo"), "author"),
    **dict.fromkeys(("add_comment", "create_project", "open_issue"), "owner"),
    **dict.fromkeys(
        (
            "announce", "change_comment", "change_job", "create_job", "delete_job", "move_task", "record_event",
            "remove_issue", "set_honeypots", "set_issue_resolved", "set_setting", "setting", "settings", "rename_task",
            "delete_task", "update_task", "update_project", "delete_project", "add_webhook", "remove_webhook",
        ),
        "user",
    ),
}  # fmt: skip
"""The parameter of a method that says in whose name it is called."""
