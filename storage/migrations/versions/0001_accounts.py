"""Accounts, sessions, API tokens, history and feedback.

Each table is made only where it is missing: MySQL commits every CREATE TABLE by itself, so a server killed half-way
leaves some.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

revision = "0001"
down_revision = None


def _exact(length: int) -> TypeEngine[str]:
    collated = mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_bin")
    return sa.String(length).with_variant(collated, "mysql", "mariadb")


def _long_text() -> TypeEngine[str]:
    return sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True)


def _owner() -> sa.Column[int]:
    return sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False)


def _picture() -> sa.Column[int]:
    return sa.Column("picture_id", sa.Integer, sa.ForeignKey("pictures.id", ondelete="SET NULL"))


def _create(name: str, *columns: sa.Column[Any], index: tuple[str, ...] = ()) -> None:
    if sa.inspect(op.get_bind()).has_table(name):
        return
    op.create_table(name, *columns, mysql_engine="InnoDB", mysql_charset="utf8mb4", sqlite_autoincrement=True)
    if index:
        op.create_index(f"{name}_of_user", name, list(index))


def upgrade() -> None:
    """Make the tables."""
    _create(
        "users",
        _id(),
        sa.Column("name", _exact(64), nullable=False),
        sa.Column("name_key", _exact(255), nullable=False, unique=True),
        sa.Column("password_hash", sa.String(60), nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("locked_until", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    _create(
        "sessions",
        _id(),
        _owner(),
        sa.Column("token_sha256", _exact(64), nullable=False, unique=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        index=("user_id",),
    )
    _create(
        "api_tokens",
        _id(),
        _owner(),
        sa.Column("token_sha256", _exact(64), nullable=False, unique=True),
        sa.Column("label", sa.String(64), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger),
        index=("user_id",),
    )
    _create(
        "pictures",
        _id(),
        _owner(),
        sa.Column("data", sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb"), nullable=False),
        index=("user_id",),
    )
    _create(
        "comparisons",
        _id(),
        _owner(),
        _picture(),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("file_name", sa.String(255), nullable=False),
        sa.Column("sha256", _exact(64), nullable=False),
        sa.Column("comparison", _long_text(), nullable=False),
        index=("user_id", "id"),
    )
    _create(
        "feedback",
        _id(),
        _owner(),
        _picture(),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("claim", sa.String(4), nullable=False),
        sa.Column("face", sa.Integer),
        sa.Column("detector", sa.String(64), nullable=False),
        sa.Column("file_name", sa.String(255), nullable=False),
        sa.Column("sha256", _exact(64), nullable=False),
        sa.Column("comparison", _long_text(), nullable=False),
        sa.Column("accepted", sa.Boolean),
        index=("user_id",),
    )
