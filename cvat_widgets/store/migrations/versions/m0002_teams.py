"""Labels of projects, quality settings and honeypots."""

from alembic import op

from cvat_widgets.store.schema import metadata

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NEW = ("project_labels", "quality_setting", "honeypot")


def _tables() -> list:
    return [table for table in metadata.sorted_tables if table.name in _NEW]


def upgrade() -> None:
    """Create the tables."""
    metadata.create_all(op.get_bind(), tables=_tables(), checkfirst=False)


def downgrade() -> None:
    """Remove them."""
    metadata.drop_all(op.get_bind(), tables=_tables())
