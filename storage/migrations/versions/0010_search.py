"""A folded text to search each entry by, and tags compared exactly: databases fold letters in different ways."""

import unicodedata
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0010"
down_revision = "0009"
EXACT: dict[str, Any] = {"charset": "utf8mb4", "collation": "utf8mb4_bin"}


def upgrade() -> None:
    """Add the column, unless a server that was killed half-way has; then fill it where it is empty."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":  # which compares byte by byte
        op.alter_column(
            "comparisons",
            "tags",
            type_=mysql.VARCHAR(255, **EXACT),
            existing_type=sa.String(255),
            existing_nullable=False,
            existing_server_default="",
        )
    if "search_text" not in {column["name"] for column in sa.inspect(connection).get_columns("comparisons")}:
        folded = sa.Text().with_variant(mysql.LONGTEXT(**EXACT), "mysql", "mariadb")
        op.add_column("comparisons", sa.Column("search_text", folded))
    names = ("id", "file_name", "note", "tags", "members", "search_text")
    entries = sa.table("comparisons", *map(sa.column, names))
    empty = sa.select(entries.c.id).where(entries.c.search_text.is_(None))
    for number in connection.execute(empty).scalars().all():  # one by one: a batch may have thousands of names
        row = connection.execute(sa.select(entries).where(entries.c.id == number)).one()
        lines = [row.file_name, row.note, *row.tags.split(","), *(row.members or "").split("\n")]
        folded_lines = "\n".join(filter(None, map(_fold, lines)))
        connection.execute(sa.update(entries).where(entries.c.id == number).values(search_text=folded_lines))


def _fold(line: str) -> str:
    """As text/folding.py did it then."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", line).casefold())
    return " ".join(folded.split())
