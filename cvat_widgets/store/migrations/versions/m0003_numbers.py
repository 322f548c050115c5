"""Numbers given out once, the media of a task in a table of its own, people responsible for projects."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_NUMBERED = ("project", "task", "job", "issue", "comment", "webhook")


def upgrade() -> None:
    """Move the media; on SQLite make those tables anew whose numbers people know.

    What is there already is left alone: the migrations before this one make their tables as they are today.
    """
    inspector = sa.inspect(op.get_bind())
    if "task_media" not in inspector.get_table_names():
        number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
        op.create_table(
            "task_media",
            sa.Column("task_id", number, sa.ForeignKey("task.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
            sa.Column("media", sa.Text, nullable=False),
            sa.Column("frames", sa.LargeBinary, nullable=False),
        )
    for name in _NUMBERED:
        columns = {column["name"] for column in inspector.get_columns(name)}
        if name == "task" and "media" in columns:
            op.execute("INSERT INTO task_media (task_id, media, frames) SELECT id, media, frames FROM task")
        with op.batch_alter_table(name, recreate=_how(name), table_kwargs={"sqlite_autoincrement": True}) as batch:
            if name == "task" and "media" in columns:
                batch.drop_column("media")
                batch.drop_column("frames")
            if name == "project" and "assignee" not in columns:
                batch.add_column(sa.Column("assignee", sa.String(255)))


def _how(name: str) -> Literal["always", "never"]:
    """Only SQLite numbers rows anew, and a table that exists cannot be told not to."""
    if op.get_bind().dialect.name != "sqlite":
        return "never"
    made = op.get_bind().execute(sa.text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": name}).scalar()
    return "never" if "AUTOINCREMENT" in str(made) else "always"


def downgrade() -> None:
    """There is no way back: numbers would be given out twice."""
    raise NotImplementedError
