"""Refused sign-ins of which there is nothing to count: something is written of them, so that they take as long."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the table, unless a server that was killed half-way has."""
    if sa.inspect(op.get_bind()).has_table("refusals"):
        return
    op.create_table(
        "refusals",
        sa.Column("id", sa.Integer, primary_key=True),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        sqlite_autoincrement=True,
    )
