"""Labels of projects, quality settings, honeypots and webhooks; indexes for lists."""

from typing import Any

from alembic import op

from cvat_widgets.store.schema import metadata

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_INDEXES = ("task_by_update", "task_by_project", "job_by_assignee", "issue_by_job")
_NEW = ("project_labels", "quality_setting", "honeypot", "webhook")


def _tables() -> list[Any]:
    return [table for table in metadata.sorted_tables if table.name in _NEW]


def upgrade() -> None:
    """Create the tables."""
    if op.get_bind().dialect.name == "postgresql":
        from cvat_widgets.store.postgresql import wide

        tables = wide(metadata)
        tables.create_all(op.get_bind(), tables=[tables.tables[name] for name in _NEW], checkfirst=False)
    else:
        metadata.create_all(op.get_bind(), tables=_tables(), checkfirst=False)
    for table in metadata.sorted_tables:
        for index in table.indexes:
            if index.name in _INDEXES:
                index.create(op.get_bind(), checkfirst=True)


def downgrade() -> None:
    """Remove them."""
    metadata.drop_all(op.get_bind(), tables=_tables())
