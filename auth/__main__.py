"""The operator's commands.

python -m auth add-user | set-password | unlock | list-users | remove-user | feedback review | feedback export
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from sqlalchemy import Engine

from auth import accounts
from auth.accounts import Account, NameRefused
from auth.passwords import PasswordRefused
from storage import database
from storage.database import DatabaseUnavailable, explain
from storage.feedback import Feedback, export_feedback, list_feedback, read_feedback_picture, review_feedback

app = typer.Typer(help="Accounts and feedback, for who runs this Facejury.", no_args_is_help=True, add_completion=False)
feedback = typer.Typer(help="What users said was wrong.", no_args_is_help=True)
app.add_typer(feedback, name="feedback")

Name = Annotated[str, typer.Argument(help="The user name, in any capitals.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


@app.command()
def add_user(name: Name, password_stdin: FromStdin = False) -> None:
    """Make an account, also where sign-up is closed."""
    with _plainly():
        account = accounts.add_user(_engine(), name, password=_password(password_stdin))
    typer.echo(f"{account.name} can sign in.")


@app.command()
def set_password(name: Name, password_stdin: FromStdin = False) -> None:
    """Give a user another password, for instance a forgotten one; all their sessions end."""
    with _plainly():
        engine = _engine()
        account = _account(engine, name)
        accounts.set_password(engine, account.id, password=_password(password_stdin))
        accounts.unlock(engine, account.id)
    typer.echo(f"{account.name} has a new password; all their sessions and API tokens have ended.")


@app.command()
def unlock(name: Name) -> None:
    """Let a user try again at once after five wrong passwords."""
    with _plainly():
        engine = _engine()
        account = _account(engine, name)
        accounts.unlock(engine, account.id)
    typer.echo(f"{account.name} is not locked.")


@app.command()
def list_users() -> None:
    """Name all accounts, when they were made, and which are locked."""
    with _plainly():
        found = accounts.list_users(_engine())
        for account in found:
            locked = "  locked" if account.locked_until > time.time() else ""
            typer.echo(f"{time.strftime('%Y-%m-%d', time.gmtime(account.created_at))}  {account.name}{locked}")
        if not found:
            typer.echo("No accounts yet.")


@app.command()
def remove_user(name: Name, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Remove a user with their history, kept pictures, feedback and tokens."""
    with _plainly():
        engine = _engine()
        account = _account(engine, name)
        if not yes:
            typer.confirm(f"Remove {account.name} and everything of theirs?", abort=True)
        accounts.remove_user(engine, account.id)
    typer.echo(f"{account.name} is removed.")


@feedback.command()
def review(
    pictures: Annotated[Path, typer.Option(help="Where to put a picture to look at.")] = Path("feedback-pictures"),
) -> None:
    """Go through new feedback: accept it for training, refuse it, or leave it for later."""
    with _plainly():
        engine = _engine()
        waiting = list_feedback(engine, accepted=None)
        for entry in waiting:
            typer.echo(_described(entry))
            _show_picture(engine, entry, pictures)
            answer = typer.prompt("[a]ccept, [r]efuse, [l]ater", default="l").strip().lower()[:1]
            if answer in {"a", "r"}:
                review_feedback(engine, entry.id, accepted=answer == "a")
        typer.echo("That was all." if waiting else "No new feedback.")


@feedback.command()
def export(folder: Annotated[Path, typer.Argument(help="Gets real/ and fake/, for `models train --data`.")]) -> None:
    """Write the pictures of accepted feedback to a folder that training takes."""
    with _plainly():
        wrote = export_feedback(_engine(), folder)
    typer.echo(f"{wrote.real} real and {wrote.fake} fake in {folder}.")
    typer.echo(
        f"Left out: {wrote.without_picture} without a picture, {wrote.several_faces} with several faces, "
        f"{wrote.contradictory} called both real and fake."
    )


def _described(entry: Feedback) -> str:
    where = "the whole image" if entry.face is None else f"face {entry.face + 1}"
    what = f"{entry.detector} on {where} was wrong, it is {entry.claim}."
    return f"\n{entry.time:%Y-%m-%d %H:%M} UTC, {entry.user}, {entry.file_name}: {what}"


def _show_picture(engine: Engine, entry: Feedback, folder: Path) -> None:
    data = read_feedback_picture(engine, entry.id)
    if data is None:
        typer.echo("No picture came with it.")
        return
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{entry.id}-{entry.sha256[:12]}"
    path.write_bytes(data)
    typer.echo(f"Picture: {path}")


def _engine() -> Engine:
    return database.open_database()


def _account(engine: Engine, name: str) -> Account:
    account = accounts.find_user(engine, name)
    return account or _fail(f"There is no user {name!r}. `python -m auth list-users` names them all.")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


@contextmanager
def _plainly() -> Iterator[None]:
    try:
        yield
    except DatabaseUnavailable as error:
        _fail(explain(error))
    except (NameRefused, PasswordRefused, ValueError) as error:
        _fail(str(error))


def _fail(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)


if __name__ == "__main__":
    app(prog_name="python -m auth")
