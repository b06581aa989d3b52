"""A note and tags on what is kept of a comparison, and links by which its owner shows it to others."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make what a server that was killed half-way has not made already."""
    there = sa.inspect(op.get_bind())
    columns = {column["name"] for column in there.get_columns("comparisons")}
    for name, length in (("note", 2000), ("tags", 255)):
        if name not in columns:
            op.add_column("comparisons", sa.Column(name, sa.String(length), nullable=False, server_default=""))
    if there.has_table("shares"):
        return
    hashed = sa.String(64).with_variant(
        mysql.VARCHAR(64, charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb"
    )
    op.create_table(
        "shares",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column(
            "comparison_id",
            sa.Integer,
            sa.ForeignKey("comparisons.id", ondelete="CASCADE"),
            nullable=False,
            unique=True,
        ),
        sa.Column("token_sha256", hashed, nullable=False, unique=True),
        sa.Column("with_picture", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Index("shares_of_user", "user_id"),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        sqlite_autoincrement=True,
    )
