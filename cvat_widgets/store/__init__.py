"""Durable annotations: an acknowledged edit is on disk."""

from __future__ import annotations

from cvat_widgets.store.rows import Commit, HistoryState, JobRow, Snapshot, TaskRow, TaskSpec
from cvat_widgets.store.store import Store

__all__ = ["Commit", "HistoryState", "JobRow", "Snapshot", "Store", "TaskRow", "TaskSpec"]
