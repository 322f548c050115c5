"""The first schema."""

from alembic import op

from cvat_widgets.store.schema import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_LATER = ("project_labels", "quality_setting", "honeypot", "webhook", "task_media")


def upgrade() -> None:
    """Create all tables of the first version."""
    first = [table for table in metadata.sorted_tables if table.name not in _LATER]
    metadata.create_all(op.get_bind(), tables=first, checkfirst=False)


def downgrade() -> None:
    """Remove them."""
    metadata.drop_all(op.get_bind())
