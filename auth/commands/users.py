"""`facejury users add | import | set-password | unlock | operator | list | remove`: the accounts."""

import contextlib
import csv
import getpass
import os
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated

import typer
from rich.console import Console
from rich.progress import track
from sqlalchemy import Engine

from auth import accounts, lockout
from auth.accounts import Account
from auth.commands.class_list import check_class, read_class
from auth.commands.plainly import fail, plainly
from storage.database import DatabaseUnavailable, open_database
from storage.kept import Kept, count_kept
from text.formulas import neutralise
from text.plain_text import show_plainly

app = typer.Typer(
    help="Create, unlock, list and remove accounts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The user name; upper and lower case are the same.")]
NOT_UTF8 = "The password on standard input is not in UTF-8, so nobody could sign in with it."
NOTHING_CAME = "No password came on standard input: it is empty or closed."
NO_TERMINAL = "There is no terminal to ask for the password on: give it on standard input, with --password-stdin."
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking for it.")
]


@app.command("add")
def add_user(name: Name, password_stdin: FromStdin = False) -> None:
    """Create an account, even where sign-up is closed.

    Example: facejury users add anna
    """
    with plainly():
        account = accounts.add_user(open_database(), name, password=_password(password_stdin))
        typer.echo(f"{show_plainly(account.name)} can sign in.")


@app.command("import")
def import_users(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV with a column name and, if wanted, password.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where the names and made passwords go, not printed.")
    ] = None,
) -> None:
    """Create accounts from a table.

    Everybody in it gets one, or nobody if a line is wrong. Who has no password in it gets one, printed once, as CSV.

    Example: facejury users import class.csv --out passwords.csv
    """
    with plainly():
        wanted, engine = read_class(file), open_database()
        check_class(engine, wanted)
        made = [(neutralise(one.name), one.password) for one in wanted if one.is_made]
        if made and not out and sys.stdout is None:  # closed from the start
            raise ValueError("The made passwords cannot be printed, as the output is closed: name a file with --out.")
        pairs = track(
            [(one.name, one.password) for one in wanted], "hashing", console=Console(stderr=True), transient=True
        )
        with _open_new(out) if out and made else contextlib.nullcontext(sys.stdout) as told:

            def tell() -> None:
                """Before there are accounts whose passwords nobody knows."""
                if made:
                    csv.writer(told).writerows([("name", "password"), *made])
                    told.flush()
                if told is not sys.stdout:
                    os.fsync(told.fileno())

            accounts.add_users(engine, pairs, before_commit=tell)
    where = f"; the passwords made for {len(made)} of them are in {out}" if out and made else ""
    typer.echo(f"{_count(len(wanted), 'user')} can sign in{where}.", err=True)


@contextlib.contextmanager
def _open_new(path: Path) -> Iterator[IO[str]]:
    """A new file that only its owner reads, gone again where nothing came of it. Raises ValueError where one is.

    Where the database went away at the last moment, the accounts may have been made all the same: what is written
    stays then.
    """
    try:
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", newline="")
    except OSError as error:
        raise ValueError(f"{path} cannot be made: {error.strerror}.") from error
    try:
        with file:
            yield file
    except BaseException as error:
        if isinstance(error, DatabaseUnavailable) and path.stat().st_size:
            typer.echo(
                f"{path} stays, as the accounts in it may have been made: `facejury users list` tells.", err=True
            )
        else:
            path.unlink()
        raise


@app.command("set-password")
def set_password(name: Name, password_stdin: FromStdin = False) -> None:
    """Set a user's password.

    Their sessions and API tokens end.
    """
    with plainly():
        engine = open_database()
        account = _account(engine, name)
        accounts.set_password(engine, account.id, password=_password(password_stdin))
        lockout.unlock(engine, account.id)
        typer.echo(f"{show_plainly(account.name)} has a new password; all their sessions and API tokens have ended.")


@app.command("unlock")
def unlock(name: Name) -> None:
    """Let a user sign in again at once after five wrong passwords."""
    with plainly():
        engine = open_database()
        account = _account(engine, name)
        lockout.unlock(engine, account.id)
        typer.echo(f"{show_plainly(account.name)} is not locked.")


@app.command("operator")
def set_operator(name: Name, off: Annotated[bool, typer.Option("--off", help="Take it back.")] = False) -> None:
    """Let a user open the operator's page, /operator.

    It lists all users with what is kept of theirs, and the feedback that is to be reviewed.
    """
    with plainly():
        engine = open_database()
        account = _account(engine, name)
        accounts.set_operator(engine, account.id, is_operator=not off)
        typer.echo(f"{show_plainly(account.name)} {'cannot' if off else 'can'} open the operator's page.")


@app.command("list")
def list_users() -> None:
    """List all accounts.

    Each line has the day of creation (UTC), the name, what is kept of theirs, "locked" after wrong passwords, and
    "operator".
    """
    with plainly():
        engine = open_database()
        found, kept, locked = accounts.list_users(engine), count_kept(engine), lockout.list_locked(engine)
        for account in found:
            marks = "  locked" * (account.id in locked) + "  operator" * account.is_operator
            day, room = time.strftime("%Y-%m-%d", time.gmtime(account.created_at)), _describe(kept.get(account.id))
            typer.echo(f"{day}  {show_plainly(account.name)}{room}{marks}")
        if not found:
            typer.echo("No accounts yet.")


@app.command("remove")
def remove_user(
    name: Name, yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False
) -> None:
    """Remove a user and all their data.

    That is their history, kept pictures, feedback and tokens.
    """
    with plainly():
        engine = open_database()
        account = _account(engine, name)
        if not yes:
            typer.confirm(f"Remove {show_plainly(account.name)} and everything of theirs?", abort=True)
        accounts.remove_user(engine, account.id)
        typer.echo(f"{show_plainly(account.name)} is removed.")


def _describe(kept: Kept | None) -> str:
    """What takes room in the database."""
    if kept is None:
        return ""
    entries = f"  {_count(kept.entries, 'entry', 'entries')}" if kept.entries else ""
    pictures = f"  {_count(kept.pictures, 'kept picture')}, {kept.picture_bytes / 1e6:.1f} MB" if kept.pictures else ""
    return entries + pictures + (f"  {_count(kept.reports, 'report')}" if kept.reports else "")


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def _account(engine: Engine, name: str) -> Account:
    account = accounts.find_user(engine, name)
    return account or fail(f"There is no user {name!r}. `facejury users list` names them all.")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        line = sys.stdin.buffer.readline() if sys.stdin else b""
        return _decode(line or fail(NOTHING_CAME))
    with warnings.catch_warnings():  # one is all that Python says where the password would be shown as it is typed
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
        except getpass.GetPassWarning:
            fail(NO_TERMINAL)


def _decode(line: bytes) -> str:
    """A password as it will be typed. Raises ValueError for bytes that no browser will send."""
    try:
        return line.decode("utf-8-sig").rstrip("\r\n")  # PowerShell puts a byte order mark in front
    except UnicodeDecodeError as error:
        raise ValueError(NOT_UTF8) from error
