"""Feedback on any detector: the key of one on the Hub has up to 109 characters."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Widen the column. SQLite can only make the table anew; a second time changes nothing."""
    with op.batch_alter_table("feedback", table_kwargs={"sqlite_autoincrement": True}) as feedback:
        feedback.alter_column("detector", type_=sa.String(255), existing_type=sa.String(64), existing_nullable=False)
