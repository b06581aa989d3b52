"""Wrong passwords, counted by user and place."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table, where a server that was killed half-way has not made it already."""
    if sa.inspect(op.get_bind()).has_table("sign_in_tries"):
        return
    place = mysql.VARCHAR(64, charset="utf8mb4", collation="utf8mb4_bin")
    op.create_table(
        "sign_in_tries",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("place", sa.String(64).with_variant(place, "mysql", "mariadb"), nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("locked_until", sa.BigInteger, nullable=False),
        sa.Column("tried_at", sa.BigInteger, nullable=False),
        sa.Column("succeeded_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("user_id", "place"),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        sqlite_autoincrement=True,
    )
