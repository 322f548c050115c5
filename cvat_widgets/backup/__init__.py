"""Backups of tasks and projects in CVAT's own zip layout, both ways.

A backup holds ``task.json``, ``annotations.json``, the media in ``data/`` with their manifest, and the guide. What CVAT's
layout has no place for (who works on a job, issues, quality settings, where media are that were left out) stands in
``cvat_widgets.json`` beside it, which CVAT ignores. History is not in it.
"""

from cvat_widgets.backup.reading import read_project, read_task
from cvat_widgets.backup.writing import write_project, write_task

__all__ = ["read_project", "read_task", "write_project", "write_task"]
