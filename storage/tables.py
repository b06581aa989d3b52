"""The tables, once, for MySQL and SQLite. Times are whole seconds since 1970, UTC."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

metadata = MetaData()


def exact(length: int) -> TypeEngine[str]:
    """Text compared byte by byte: MySQL's default would take é for e, and so one person for another."""
    return String(length).with_variant(
        mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb"
    )


def long_text() -> TypeEngine[str]:
    """Text without MySQL's limit of 64 KiB."""
    return Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")


def exact_long_text() -> TypeEngine[str]:
    """The same, compared byte by byte."""
    return Text().with_variant(mysql.LONGTEXT(charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb")


def long_bytes() -> TypeEngine[bytes]:
    """Bytes without MySQL's limit of 64 KiB."""
    return LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")


def _owner() -> Column[int]:
    return Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False)


def _picture() -> Column[int | None]:
    return Column("picture_id", ForeignKey("pictures.id", ondelete="SET NULL"))


def _table(name: str, *parts: Column[Any] | Index | UniqueConstraint, since: str = "0001") -> Table:
    """since: the migration that made it. A column that came to it later can be null, or has a server_default."""
    # Without autoincrement SQLite gives a removed user's number to the next one.
    options: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "sqlite_autoincrement": True}
    return Table(name, metadata, *parts, info={"since": since}, **options)


users = _table(
    "users",
    Column("id", Integer, primary_key=True),
    Column("name", exact(64), nullable=False),
    Column("name_key", exact(255), nullable=False, unique=True),
    Column("password_hash", String(60), nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("is_operator", Boolean, nullable=False, server_default=false()),
)
sessions = _table(
    "sessions",
    Column("id", Integer, primary_key=True),
    _owner(),
    Column("token_sha256", exact(64), nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Index("sessions_of_user", "user_id"),
)
api_tokens = _table(
    "api_tokens",
    Column("id", Integer, primary_key=True),
    _owner(),
    Column("token_sha256", exact(64), nullable=False, unique=True),
    Column("label", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Index("api_tokens_of_user", "user_id"),
)
sign_in_tries = _table(
    "sign_in_tries",
    Column("id", Integer, primary_key=True),
    _owner(),
    Column("place", exact(64), nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", BigInteger, nullable=False),
    Column("tried_at", BigInteger, nullable=False),
    Column("succeeded_at", BigInteger, nullable=False),  # 0: never
    UniqueConstraint("user_id", "place"),
    since="0002",
)
# A row for a sign-in that changed no other.
refusals = _table("refusals", Column("id", Integer, primary_key=True), since="0012")
pictures = _table(
    "pictures",
    Column("id", Integer, primary_key=True),
    _owner(),
    Column("data", long_bytes(), nullable=False),
    Column("sha256", exact(64)),  # none for those kept before it was written down
    Index("pictures_of_user", "user_id"),
)
upload_bytes = _table(
    "upload_bytes",
    Column("id", Integer, primary_key=True),
    _owner(),
    Column("server", exact(16), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    UniqueConstraint("user_id", "server"),
    since="0003",
)
comparisons = _table(
    "comparisons",
    Column("id", Integer, primary_key=True),
    _owner(),
    _picture(),
    Column("created_at", BigInteger, nullable=False),
    Column("file_name", String(255), nullable=False),
    Column("sha256", exact(64), nullable=False),
    Column("comparison", long_text(), nullable=False),
    Column("note", String(2000), nullable=False, server_default=""),
    Column("tags", exact(255), nullable=False, server_default=""),  # ",court,2026," or nothing
    Column("kind", exact(8), nullable=False, server_default="photo"),
    Column("size", BigInteger, nullable=False, server_default="0"),  # bytes of `comparison`
    Column("outline", Text),  # JSON: a batch or a video in a few words, so that no list reads megabytes
    Column("members", long_text()),  # of a batch, a line each: name and SHA-256
    Column("thumb", long_bytes()),  # only where the picture was kept too
    Column("versions", Text),  # JSON; none for what was judged before they were written down
    Column("report_id", exact(16), nullable=False, server_default=""),
    Column("verdict", exact(12), nullable=False, server_default=""),  # a word of storage/verdict.py
    Column(
        "search_text", exact_long_text()
    ),  # of storage/search_text.py; none from a server not yet brought up to date
    Index("comparisons_of_user", "user_id", "id"),
)
shares = _table(
    "shares",
    Column("id", Integer, primary_key=True),
    _owner(),
    Column("comparison_id", ForeignKey("comparisons.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("token_sha256", exact(64), nullable=False, unique=True),
    Column("with_picture", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Index("shares_of_user", "user_id"),
    since="0004",
)
outbox = _table(
    "outbox",
    Column("id", Integer, primary_key=True),
    _owner(),
    Column("number", exact(64), nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("body", long_bytes(), nullable=False),
    Column("signatures", Text, nullable=False),  # JSON: seconds since 1970 -> of this message, sent then
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),  # when whoever looks takes it on
    Column("until", BigInteger, nullable=False),
    Index("outbox_of_user", "user_id", "id"),
    Index("outbox_due", "due_at"),
    since="0008",
)
scores = _table(
    "scores",
    Column("id", Integer, primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("nickname", String(24), nullable=False),
    Column("right_answers", Integer, nullable=False),
    Column("rounds", Integer, nullable=False),
    Column("played_at", BigInteger, nullable=False),
    since="0006",
)
feedback = _table(
    "feedback",
    Column("id", Integer, primary_key=True),
    _owner(),
    _picture(),
    Column("created_at", BigInteger, nullable=False),
    Column("claim", String(4), nullable=False),
    Column("face", Integer),
    Column("detector", String(255), nullable=False),  # no key is longer: registry/contract.py
    Column("file_name", String(255), nullable=False),
    Column("sha256", exact(64), nullable=False),
    Column("comparison", long_text(), nullable=False),
    Column("accepted", Boolean),
    Index("feedback_of_user", "user_id"),
)
