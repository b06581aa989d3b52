"""The verdict on each entry of the history in one word, so that the list can be narrowed by it."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column, unless a server that was killed half-way has; then fill it where it is empty."""
    connection = op.get_bind()
    if "verdict" not in {column["name"] for column in sa.inspect(connection).get_columns("comparisons")}:
        word = sa.String(12).with_variant(
            mysql.VARCHAR(12, charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb"
        )
        op.add_column("comparisons", sa.Column("verdict", word, nullable=False, server_default=""))
    entries = sa.table("comparisons", *map(sa.column, ("id", "comparison", "outline", "verdict")))
    empty = sa.select(entries.c.id).where(entries.c.verdict == "")
    for number in connection.execute(empty).scalars().all():  # one by one: each may have megabytes
        row = connection.execute(sa.select(entries).where(entries.c.id == number)).one()
        said = _find(json.loads(row.comparison), json.loads(row.outline or "{}"))
        connection.execute(sa.update(entries).where(entries.c.id == number).values(verdict=said))


def _find(comparison: dict[str, Any], outline: dict[str, str]) -> str:
    """As storage/verdict.py did it then."""
    if outline:
        return outline.get("label") or "none"
    labels = [_label(face) for face in comparison.get("faces") or ()]
    if not any(labels):
        return "none"
    if "fake" in labels:
        return "fake"
    return "real" if all(label == "real" for label in labels) else "inconclusive"


def _label(face: dict[str, Any]) -> str | None:
    if face.get("doubt"):
        return "inconclusive"
    return face["jury"]["label"] if face.get("jury") else None
