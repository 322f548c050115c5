"""Tables of the annotation store (SQLAlchemy Core; no ORM, which would stand in the way of loading whole columns).

One row a shape, one row a tag, one row a track with its keyframes as one columnar blob (:mod:`cvat_widgets.store.codec`). Ids
of labels and objects are
unique in their task. ``revision`` on an object is that of the change that touched it last.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = ["HEAD", "metadata"]

HEAD = "0003"
"""The newest migration; ``tests/store`` checks that the migrations and these tables agree."""

metadata = MetaData()

_ONCE: dict[str, Any] = {"sqlite_autoincrement": True}
"""Of tables whose rows people know by number: the number of one that was removed is not given to another, as on PostgreSQL."""


def _task_column(**options: Any) -> Column[int]:
    return Column("task_id", Integer, ForeignKey("task.id", ondelete="CASCADE"), nullable=False, **options)


meta = Table("meta", metadata, Column("key", String(64), primary_key=True), Column("value", Text, nullable=False))

user = Table(
    "user_account",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(255), nullable=False, unique=True),
    Column("source", String(16), nullable=False, server_default="local"),
    Column("first_seen", String(40), nullable=False),
)

setting = Table(
    "setting",
    metadata,
    Column("user_name", String(255), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

project = Table(
    "project",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uid", String(32), nullable=False, unique=True),
    Column("name", String(256), nullable=False, unique=True),
    Column("owner", String(255)),
    Column("assignee", String(255)),
    Column("bug_tracker", Text, nullable=False, server_default=""),
    Column("created", String(40), nullable=False),
    Column("updated", String(40), nullable=False),
    **_ONCE,
)

task = Table(
    "task",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uid", String(32), nullable=False, unique=True),
    Column("project_id", Integer, ForeignKey("project.id", ondelete="SET NULL")),
    Column("name", String(256), nullable=False, unique=True),
    Column("owner", String(255)),
    Column("assignee", String(255)),
    Column("bug_tracker", Text, nullable=False, server_default=""),
    Column("subset", String(64), nullable=False, server_default=""),
    Column("mode", String(16), nullable=False),
    Column("dimension", String(4), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("fps", Float),
    Column("size", Integer, nullable=False),
    Column("overlap", Integer, nullable=False),
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("next_id", Integer, nullable=False, server_default="1"),
    Column("label_version", Integer, nullable=False, server_default="0"),
    Column("created", String(40), nullable=False),
    Column("updated", String(40), nullable=False),
    **_ONCE,
)

# Apart from the task, so that a row of it can be read by fewer people than the task, and lists need not read it.
task_media = Table(
    "task_media",
    metadata,
    _task_column(primary_key=True, autoincrement=False),
    Column("media", Text, nullable=False),
    Column("frames", LargeBinary, nullable=False),
)

deleted_frame = Table("deleted_frame", metadata, _task_column(primary_key=True), Column("frame", Integer, primary_key=True))

segment = Table(
    "segment",
    metadata,
    Column("id", Integer, primary_key=True),
    _task_column(index=True),
    Column("start", Integer, nullable=False),
    Column("stop", Integer, nullable=False),
    Column("frames", Text),
)

job = Table(
    "job",
    metadata,
    Column("id", Integer, primary_key=True),
    _task_column(index=True),
    Column("segment_id", Integer, ForeignKey("segment.id", ondelete="CASCADE"), nullable=False),
    Column("parent_id", Integer, ForeignKey("job.id", ondelete="CASCADE")),
    Column("type", String(24), nullable=False, server_default="annotation"),
    Column("stage", String(16), nullable=False, server_default="annotation"),
    Column("state", String(16), nullable=False, server_default="new"),
    Column("assignee", String(255)),
    Column("reviewer", String(255)),
    Column("created", String(40), nullable=False),
    Column("updated", String(40), nullable=False),
    **_ONCE,
)

job_lease = Table(
    "job_lease",
    metadata,
    Column("job_id", Integer, ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    Column("holder", String(255), nullable=False),
    Column("session", String(64), nullable=False),
    Column("expires", String(40), nullable=False),
)

validation_frame = Table(
    "validation_frame",
    metadata,
    _task_column(primary_key=True),
    Column("frame", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("disabled", Boolean, nullable=False, server_default="0"),
)

label = Table(
    "label",
    metadata,
    _task_column(primary_key=True),
    Column("id", Integer, primary_key=True),
    Column("parent_id", Integer),
    Column("position", Integer, nullable=False),
    Column("name", String(64), nullable=False),
    Column("color", String(7), nullable=False),
    Column("type", String(16), nullable=False),
    Column("svg", Text, nullable=False, server_default=""),
    ForeignKeyConstraint(["task_id", "parent_id"], ["label.task_id", "label.id"], ondelete="CASCADE"),
)

attribute = Table(
    "attribute",
    metadata,
    _task_column(primary_key=True),
    Column("id", Integer, primary_key=True),
    Column("label_id", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("name", String(64), nullable=False),
    Column("input_type", String(16), nullable=False),
    Column("mutable", Boolean, nullable=False),
    Column("default_value", Text, nullable=False),
    Column("choices", Text, nullable=False),
    ForeignKeyConstraint(["task_id", "label_id"], ["label.task_id", "label.id"], ondelete="CASCADE"),
)


def _object_columns() -> list[Column[object]]:
    """Columns that shapes, tags and tracks share."""
    columns: list[Column[object]] = [
        _task_column(primary_key=True),  # type: ignore[list-item]
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("job_id", Integer, ForeignKey("job.id", ondelete="CASCADE"), nullable=False),
        Column("label_id", Integer, nullable=False),
        Column("group_id", Integer, nullable=False),
        Column("source", Integer, nullable=False),
        Column("score", Float, nullable=False),
        Column("attributes", Text),
        Column("revision", Integer, nullable=False),
    ]
    return columns


shape = Table(
    "shape",
    metadata,
    *_object_columns(),
    Column("frame", Integer, nullable=False),
    Column("type", Integer, nullable=False),
    Column("flags", Integer, nullable=False),
    Column("z_order", Integer, nullable=False),
    Column("rotation", Float, nullable=False),
    Column("points", LargeBinary, nullable=False),
    Column("elements", LargeBinary),
)
Index("shape_by_job", shape.c.job_id)

tag = Table("tag", metadata, *_object_columns(), Column("frame", Integer, nullable=False))
Index("tag_by_job", tag.c.job_id)

track = Table(
    "track",
    metadata,
    *_object_columns(),
    Column("type", Integer, nullable=False),
    Column("first_frame", Integer, nullable=False),
    Column("last_frame", Integer, nullable=False),
    Column("keyframe_count", Integer, nullable=False),
    Column("keyframes", LargeBinary, nullable=False),
    Column("elements", LargeBinary),
)
Index("track_by_job", track.c.job_id)

change_set = Table(
    "change_set",
    metadata,
    _task_column(primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("job_id", Integer),
    Column("op_id", String(128)),
    Column("author", String(255), nullable=False),
    Column("origin", String(16), nullable=False),
    Column("label", Text, nullable=False),
    Column("time", String(40), nullable=False),
    Column("state", String(8), nullable=False),
    Column("undoes", Integer),
    Column("bulk", Boolean, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    UniqueConstraint("task_id", "op_id"),
)

event = Table(
    "event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task_id", Integer),
    Column("job_id", Integer),
    Column("user_name", String(255), nullable=False),
    Column("session", String(64)),
    Column("time", String(40), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("duration", Float),
    Column("count", Integer),
    Column("payload", Text),
)
Index("event_by_task", event.c.task_id, event.c.time)

issue = Table(
    "issue",
    metadata,
    Column("id", Integer, primary_key=True),
    _task_column(index=True),
    Column("job_id", Integer, ForeignKey("job.id", ondelete="CASCADE"), nullable=False),
    Column("frame", Integer, nullable=False),
    Column("position", LargeBinary),
    Column("object_id", Integer),
    Column("owner", String(255), nullable=False),
    Column("assignee", String(255)),
    Column("resolved", Boolean, nullable=False, server_default="0"),
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("created", String(40), nullable=False),
    Column("updated", String(40), nullable=False),
    **_ONCE,
)

comment = Table(
    "comment",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("issue_id", Integer, ForeignKey("issue.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("owner", String(255), nullable=False),
    Column("message", Text, nullable=False),
    Column("created", String(40), nullable=False),
    Column("updated", String(40), nullable=False),
    **_ONCE,
)

guide = Table(
    "guide",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task_id", Integer, ForeignKey("task.id", ondelete="CASCADE"), unique=True),
    Column("project_id", Integer, ForeignKey("project.id", ondelete="CASCADE"), unique=True),
    Column("markdown", Text, nullable=False),
)

guide_asset = Table(
    "guide_asset",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("guide_id", Integer, ForeignKey("guide.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(255), nullable=False),
    Column("data", LargeBinary, nullable=False),
)

model_run = Table(
    "model_run",
    metadata,
    Column("id", String(64), primary_key=True),
    _task_column(index=True),
    Column("model", Text, nullable=False),
    Column("parameters", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("created", String(40), nullable=False),
)

model_run_chunk = Table(
    "model_run_chunk",
    metadata,
    Column("run_id", String(64), ForeignKey("model_run.id", ondelete="CASCADE"), primary_key=True),
    Column("chunk", Integer, primary_key=True),
    Column("object_count", Integer, nullable=False),
    Column("error", Text),
)

project_labels = Table(
    "project_labels",
    metadata,
    Column("project_id", Integer, ForeignKey("project.id", ondelete="CASCADE"), primary_key=True),
    Column("labels", Text, nullable=False),
)

quality_setting = Table(
    "quality_setting",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task_id", Integer, ForeignKey("task.id", ondelete="CASCADE"), unique=True),
    Column("project_id", Integer, ForeignKey("project.id", ondelete="CASCADE"), unique=True),
    Column("value", Text, nullable=False),
)

honeypot = Table(
    "honeypot",
    metadata,
    _task_column(primary_key=True),
    Column("frame", Integer, primary_key=True),
    Column("picture", Integer, nullable=False),
)

webhook = Table(
    "webhook",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("url", Text, nullable=False),
    Column("secret", String(255), nullable=False),
    Column("kinds", Text, nullable=False),
    Column("last_event", Integer, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_try", Float, nullable=False, server_default="0"),
    Column("problem", Text, nullable=False, server_default=""),
    **_ONCE,
)

Index("task_by_update", task.c.updated)
Index("task_by_project", task.c.project_id)
Index("job_by_assignee", job.c.assignee)
Index("issue_by_job", issue.c.job_id)
