"""Opens the database, brings its tables up to date, and hands out transactions.

FACEJURY_DATABASE_URL names it, `mysql+pymysql://user:pass@host/facejury`; else it is a SQLite file in the user's data
folder.
"""

import contextlib
import functools
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    Table,
    column,
    create_engine,
    event,
    exc,
    func,
    inspect,
    select,
    table,
    text,
    update,
)
from sqlalchemy.engine import URL
from sqlalchemy.pool import ConnectionPoolEntry

from storage.address import default_url, read_address, split_tls
from storage.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "alembic_version"  # Alembic's own: where the tables are
MIGRATION_LOCK = "facejury-migrations"
MIGRATION_WAIT_SECONDS = 60
BUSY_SECONDS = 30  # how long one SQLite writer waits for another
RECYCLE_SECONDS = 1800  # well under MySQL's wait_timeout of 8 hours, and most proxies' of 1 hour
POOL_WAIT_SECONDS = 10
MYSQL_TIMEOUTS = {"connect_timeout": 5, "read_timeout": 30, "write_timeout": 30}
PIECE_BYTES = 7_000_000  # PyMySQL sends 14 MB for them, in hexadecimal: of its own accord MariaDB takes 16 MB at once
CLIENT_ERRORS = 2000  # MySQL's codes from here on are told by the client, and quote no value of a statement
DEADLOCK = 1213  # MySQL's code for a transaction that it undid so that another could go on
AWAY = (exc.OperationalError, exc.InterfaceError, exc.InternalError, exc.TimeoutError)
FOREIGN, DAMAGED = "file is not a database", "database disk image is malformed"  # in SQLite's words
GONE = "The account database cannot be reached right now. Please try again in a minute."
NO_SQLITE = (
    "{path} is no SQLite database, so no accounts can be kept in it. FACEJURY_DATABASE_URL can name another place."
)
NOT_OURS = (
    "{path} holds the tables of something else, so no accounts can be kept in it. FACEJURY_DATABASE_URL can name "
    "another place."
)
TOO_NEW = "The account database was brought up to date by a newer Facejury; start that one, or restore a backup."

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger(__name__)


class DatabaseUnavailable(Exception):
    """The database did not answer; the text is GONE, meant for the visitor, the cause is for the log."""


def open_database(url: str | None = None) -> Engine:
    """The engine for `url` (default_url() when None), its tables up to date.

    Raises ValueError for another kind of database or a newer one, DatabaseUnavailable if it does not answer.
    """
    engine = _engine(read_address(url or default_url()))
    try:
        migrate(engine)
    except exc.DatabaseError as error:
        if engine.dialect.name == "sqlite" and FOREIGN in str(error.orig):
            raise ValueError(NO_SQLITE.format(path=engine.url.database)) from error
        raise
    except TypeError as error:  # PyMySQL's word on an option that it does not know
        raise ValueError(f"FACEJURY_DATABASE_URL has an option that cannot be used: {error}") from error
    return engine


def is_shared(engine: Engine) -> bool:
    """True for MySQL, which many may use at once; False for SQLite."""
    return engine.dialect.name != "sqlite"


def _engine(url: URL) -> Engine:
    if url.drivername == "sqlite":
        return _sqlite_engine(url)
    url, tls = split_tls(url)
    return create_engine(
        url.update_query_dict({"charset": "utf8mb4"}),
        pool_pre_ping=True,
        pool_recycle=RECYCLE_SECONDS,
        pool_timeout=POOL_WAIT_SECONDS,
        isolation_level="READ COMMITTED",
        connect_args=MYSQL_TIMEOUTS | tls,
        hide_parameters=True,
    )


def _sqlite_engine(url: URL) -> Engine:
    """SQLite as a server would be: foreign keys on, writers queue, and the file is nobody else's to read."""
    _make_file(Path(str(url.database)))
    waits: dict[str, Any] = {"pool_timeout": POOL_WAIT_SECONDS, "connect_args": {"timeout": BUSY_SECONDS}}
    engine = create_engine(url, hide_parameters=True, **waits)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_file(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
    except OSError as error:
        raise ValueError(
            f"The accounts cannot be kept in {path}: {error.strerror}. FACEJURY_DATABASE_URL can name another place."
        ) from error


def _set_up_sqlite(connection: object, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]  # the driver's own BEGIN comes too late for DDL
    connection.execute("PRAGMA foreign_keys = ON")  # type: ignore[attr-defined]


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at once: one that read first and then writes would be refused, not queued.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (*AWAY, exc.DatabaseError) as error:
        if not isinstance(error, AWAY) and DAMAGED not in str(error):  # a statement that is refused is its sender's
            raise
        log.warning("the database did not answer", extra=_why(error))
        raise DatabaseUnavailable(GONE) from error


def _why(error: exc.SQLAlchemyError) -> dict[str, Any]:
    """What the driver said, where that quotes nothing of what was to be stored."""
    code, *said = error.orig.args if isinstance(error, exc.DBAPIError) and error.orig else (str(error),)
    if isinstance(code, int):
        return {"code": code, "why": said[0] if said and code >= CLIENT_ERRORS else "see MySQL's list of error codes"}
    return {"why": code}


def explain(error: DatabaseUnavailable) -> str:
    """The same for whoever runs the command, with what the driver said: "… (code 1045: see MySQL's list …)"."""
    if not isinstance(error.__cause__, exc.SQLAlchemyError):
        return str(error)
    found = _why(error.__cause__)
    code = f"code {found['code']}: " if "code" in found else ""
    return f"{error} ({code}{found['why']})"


@contextlib.contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection to read from. Raises DatabaseUnavailable."""
    with _answering(), engine.connect() as connection:
        yield connection


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction, committed when the block ends, undone when it raises. Raises DatabaseUnavailable."""
    with _answering(), engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


def once_more(function: Callable[P, T]) -> Callable[P, T]:
    """Decorate a function of one transaction that changes many rows: after a deadlock it runs a second time."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except DatabaseUnavailable as error:
            if not isinstance(error.__cause__, exc.SQLAlchemyError) or _why(error.__cause__).get("code") != DEADLOCK:
                raise
        return function(*args, **kwargs)

    return run


def inserted_id(result: CursorResult[Any]) -> int:
    """The number that the database gave to the row just inserted."""
    (number,) = result.inserted_primary_key  # type: ignore[misc]  # an insert always has one
    return int(number)


def find_most_bytes(connection: Connection) -> int | None:
    """How many bytes MySQL puts together to one value; 16 MB if MariaDB is not told otherwise. None: no such limit."""
    if not is_shared(connection.engine):
        return None
    return int(connection.execute(text("SELECT @@max_allowed_packet")).scalar_one())


def insert_long(connection: Connection, into: Table, row: dict[str, Any], **long: bytes) -> int:
    """Insert a row with one column of bytes, of at most find_most_bytes, and return its number.

    MySQL is sent them in pieces, as it breaks off the connection where a statement is longer than it takes.
    """
    ((name, data),) = long.items()
    piece = PIECE_BYTES if is_shared(connection.engine) else max(len(data), 1)
    number = inserted_id(connection.execute(into.insert().values(row | {name: data[:piece]})))
    for start in range(piece, len(data), piece):
        longer = func.concat(into.c[name], data[start : start + piece])
        connection.execute(update(into).where(into.c.id == number).values({name: longer}))
    return number


def migrate(engine: Engine) -> None:
    """Apply what is missing of migrations/, one server at a time. Raises DatabaseUnavailable, ValueError."""
    with _migration_lock(engine), writing(engine) as connection:
        _refuse_others(connection)
        _upgrade(connection)


def _refuse_others(connection: Connection) -> None:
    """Raises ValueError where the tables there are another program's: nothing is written among them.

    Ours came with alembic_version, the first to be made, which other programs have as well: what it names must be
    there, and have our columns. A MySQL database may be shared by programs whose tables have other names.
    """
    found = inspect(connection)
    there = set(found.get_table_names())
    ours, versioned = there & set(metadata.tables), VERSION_TABLE in there
    others = there - ours - {VERSION_TABLE}
    clash = ours and not versioned
    mixed = others and not ours and (versioned or not is_shared(connection.engine))
    lacking = versioned and _find_due(connection) - there
    foreign = [name for name in ours if _first_columns(name) - {one["name"] for one in found.get_columns(name)}]
    if clash or mixed or lacking or foreign:
        raise ValueError(NOT_OURS.format(path=connection.engine.url.database))


def _find_due(connection: Connection) -> set[str]:
    """The tables made up to the revision that is noted; where that is none of ours, all that there are today."""
    noted: set[str] = set(connection.execute(select(column("version_num")).select_from(table(VERSION_TABLE))).scalars())
    known = {path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("*.py")}
    last = max(noted or {""}) if noted <= known else max(known)
    return {name for name, one in metadata.tables.items() if one.info["since"] <= last}


def _first_columns(name: str) -> set[str]:
    """Those that a table of ours has had from its first day: none of them came later, as tables.py says."""
    return {one.name for one in metadata.tables[name].columns if not one.nullable and one.server_default is None}


@contextlib.contextmanager
def _migration_lock(engine: Engine) -> Iterator[None]:
    """MySQL commits each CREATE TABLE by itself, so the transaction is no lock there; SQLite's is.

    A connection of its own holds it: to be let go of only once the version that was reached is committed.
    """
    if not is_shared(engine):
        yield
        return
    with reading(engine) as connection:
        _take_lock(connection)
        try:
            yield
        finally:
            connection.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": MIGRATION_LOCK})


def _take_lock(connection: Connection) -> None:
    deadline = time.monotonic() + MIGRATION_WAIT_SECONDS
    while connection.execute(text("SELECT GET_LOCK(:name, 5)"), {"name": MIGRATION_LOCK}).scalar() != 1:
        if time.monotonic() > deadline:
            raise DatabaseUnavailable(GONE)


def _upgrade(connection: Connection) -> None:
    from alembic import command  # here, because only a start needs it
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS))
    try:
        command.upgrade(config, "head")
    except CommandError as error:  # it knows no way from where the tables are
        raise ValueError(TOO_NEW) from error
