"""`facejury users add | set-password | unlock | list | remove`: the accounts."""

import sys
import time
from typing import Annotated

import typer
from sqlalchemy import Engine

from auth import accounts
from auth.accounts import Account
from auth.commands.plainly import fail, plainly
from storage.database import open_database

app = typer.Typer(
    help="Create, unlock, list and remove accounts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Name = Annotated[str, typer.Argument(help="The user name, in any capitals.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


@app.command("add")
def add_user(name: Name, password_stdin: FromStdin = False) -> None:
    """Make an account, also where sign-up is closed."""
    with plainly():
        account = accounts.add_user(open_database(), name, password=_password(password_stdin))
    typer.echo(f"{account.name} can sign in.")


@app.command("set-password")
def set_password(name: Name, password_stdin: FromStdin = False) -> None:
    """Give a user another password, for instance a forgotten one; all their sessions end."""
    with plainly():
        engine = open_database()
        account = _account(engine, name)
        accounts.set_password(engine, account.id, password=_password(password_stdin))
        accounts.unlock(engine, account.id)
    typer.echo(f"{account.name} has a new password; all their sessions and API tokens have ended.")


@app.command("unlock")
def unlock(name: Name) -> None:
    """Let a user try again at once after five wrong passwords."""
    with plainly():
        engine = open_database()
        account = _account(engine, name)
        accounts.unlock(engine, account.id)
    typer.echo(f"{account.name} is not locked.")


@app.command("list")
def list_users() -> None:
    """Name all accounts, when they were made, and which are locked."""
    with plainly():
        found = accounts.list_users(open_database())
        for account in found:
            locked = "  locked" if account.locked_until > time.time() else ""
            typer.echo(f"{time.strftime('%Y-%m-%d', time.gmtime(account.created_at))}  {account.name}{locked}")
        if not found:
            typer.echo("No accounts yet.")


@app.command("remove")
def remove_user(name: Name, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Remove a user with their history, kept pictures, feedback and tokens."""
    with plainly():
        engine = open_database()
        account = _account(engine, name)
        if not yes:
            typer.confirm(f"Remove {account.name} and everything of theirs?", abort=True)
        accounts.remove_user(engine, account.id)
    typer.echo(f"{account.name} is removed.")


def _account(engine: Engine, name: str) -> Account:
    account = accounts.find_user(engine, name)
    return account or fail(f"There is no user {name!r}. `facejury users list` names them all.")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
