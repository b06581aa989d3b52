"""Errors that the operator can do something about are one sentence and exit code 1."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from auth.accounts import NameRefused
from auth.passwords import PasswordRefused
from storage.database import DatabaseUnavailable, explain


@contextmanager
def plainly() -> Iterator[None]:
    """Leave with a sentence when the database, a name or a password is refused."""
    try:
        yield
    except DatabaseUnavailable as error:
        fail(explain(error))
    except (NameRefused, PasswordRefused, ValueError) as error:
        fail(str(error))


def fail(sentence: str) -> NoReturn:
    """Print the sentence on the error stream and leave with exit code 1."""
    typer.echo(sentence, err=True)
    raise typer.Exit(1)
