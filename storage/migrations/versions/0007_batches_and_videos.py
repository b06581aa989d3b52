"""A history of batches and videos too, with what judged them, and an ID for the report on each.

Sizes that an earlier version of this file filled in on SQLite are in characters, and stay: a little too small.
"""

import base64
import hashlib
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the columns, one by one as far as a server that was killed half-way has not; then fill two of them."""
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("comparisons")}
    for column in _columns():
        if column.name not in there:
            op.add_column("comparisons", column)
    entries = sa.table(
        "comparisons", *map(sa.column, ("id", "sha256", "created_at", "comparison", "size", "report_id"))
    )
    connection = op.get_bind()
    stored: sa.ColumnElement[Any] = entries.c.comparison
    if connection.dialect.name == "sqlite":  # where the length of a text is in characters
        stored = sa.cast(stored, sa.LargeBinary)
    connection.execute(sa.update(entries).where(entries.c.size == 0).values(size=sa.func.length(stored)))
    unnamed = sa.select(entries.c.id, entries.c.sha256, entries.c.created_at).where(entries.c.report_id == "")
    for row in connection.execute(unnamed).all():
        report_id = _make_report_id(row.sha256, row.created_at)
        connection.execute(sa.update(entries).where(entries.c.id == row.id).values(report_id=report_id))


def _columns() -> list[sa.Column[Any]]:
    exact: dict[str, Any] = {"charset": "utf8mb4", "collation": "utf8mb4_bin"}
    return [
        sa.Column("kind", _either(sa.String(8), mysql.VARCHAR(8, **exact)), nullable=False, server_default="photo"),
        sa.Column("size", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("outline", sa.Text),
        sa.Column("members", _either(sa.Text(), mysql.LONGTEXT())),
        sa.Column("thumb", _either(sa.LargeBinary(), mysql.LONGBLOB())),
        sa.Column("versions", sa.Text),
        sa.Column("report_id", _either(sa.String(16), mysql.VARCHAR(16, **exact)), nullable=False, server_default=""),
    ]


def _either(usual: TypeEngine[Any], on_mysql: TypeEngine[Any]) -> TypeEngine[Any]:
    return usual.with_variant(on_mysql, "mysql", "mariadb")


def _make_report_id(sha256: str, created_at: int) -> str:
    """From the file and the time alone: what judged it was not written down then."""
    digest = hashlib.sha256(f"{sha256} {created_at}".encode()).digest()
    letters = base64.b32encode(digest).decode()[:10]
    return f"FJ-{letters[:5]}-{letters[5:]}"
