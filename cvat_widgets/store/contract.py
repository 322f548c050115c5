"""Which methods of a store can be called from afar, and which of them change it."""

from __future__ import annotations

from functools import cache

from cvat_widgets.errors import ProtocolError
from cvat_widgets.store.wire import Method

__all__ = ["METHODS", "method"]

_READS = (
    "at", "count_open_issues", "deleted_frames", "event_columns", "events", "events_after", "frames", "guide",
    "guide_assets", "history", "honeypots", "issue", "issues", "job", "job_page", "jobs", "label_counts", "label_names",
    "labelled", "labels", "last_event", "load", "log", "people", "project", "project_labels", "project_page",
    "project_tasks", "projects", "quality_settings", "records", "setting", "settings", "task", "task_page", "tasks",
    "validation_frames", "webhooks",
)  # fmt: skip

_WRITES = (
    "add_comment", "add_guide_asset", "add_table", "add_webhook", "announce", "change_comment", "change_job", "commit",
    "create_job", "create_project", "create_task", "delete_job", "delete_project", "delete_task", "end_history",
    "move_task", "open_issue", "record_event", "redo", "remove_issue", "remove_webhook", "rename_task", "reserve_ids",
    "set_frames_deleted", "set_guide", "set_honeypots", "set_issue_resolved", "set_project_labels", "set_quality_settings",
    "set_setting", "set_validation_frames", "set_validation_frames_disabled", "undo", "update_labels", "update_project",
    "update_task",
)  # fmt: skip

METHODS = {**dict.fromkeys(_READS, False), **dict.fromkeys(_WRITES, True)}
"""By name; whether it changes the store."""


@cache
def method(name: str) -> Method:
    """Return a method by name; raise :class:`ProtocolError` if there is none of this name to be called."""
    from cvat_widgets.store.store import Store

    if name not in METHODS:
        raise ProtocolError(f"a store has no method {name[:60]!r} that could be called")
    return Method(getattr(Store, name), writes=METHODS[name])
