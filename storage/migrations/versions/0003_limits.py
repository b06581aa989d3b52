"""Uploads on all servers, counted by user; a kept picture found by its content."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make what a server that was killed half-way has not made already. Pictures kept so far have no hash."""
    there = sa.inspect(op.get_bind())
    text = {length: mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_bin") for length in (16, 64)}
    if "sha256" not in {column["name"] for column in there.get_columns("pictures")}:
        op.add_column("pictures", sa.Column("sha256", sa.String(64).with_variant(text[64], "mysql", "mariadb")))
    if there.has_table("upload_bytes"):
        return
    op.create_table(
        "upload_bytes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("server", sa.String(16).with_variant(text[16], "mysql", "mariadb"), nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("user_id", "server"),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        sqlite_autoincrement=True,
    )
