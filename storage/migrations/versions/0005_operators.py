"""Which users may open the operator's page."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Nobody, until the command line says so."""
    if "is_operator" not in {column["name"] for column in sa.inspect(op.get_bind()).get_columns("users")}:
        op.add_column("users", sa.Column("is_operator", sa.Boolean, nullable=False, server_default=sa.false()))
