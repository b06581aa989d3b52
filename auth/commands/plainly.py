"""Errors that the operator can do something about are one sentence and exit code 1."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

import typer

from auth.accounts import NameRefused
from auth.passwords import PasswordRefused
from storage.database import DatabaseUnavailable, explain


@contextmanager
def plainly() -> Iterator[None]:
    """Leave with a sentence when the database, a name or a password is refused, or something cannot be written."""
    try:
        yield
    except DatabaseUnavailable as error:
        fail(explain(error))
    except (NameRefused, PasswordRefused, ValueError) as error:
        fail(str(error))
    except BrokenPipeError:  # whoever read has seen enough: typer ends it quietly
        raise
    except OSError as error:
        if error.filename is None:  # of a stream, which Python would try to write out once more at its end
            with suppress(OSError):  # no stream of the system's, in a test
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        fail(f"{error.filename or 'The output'} cannot be written: {error.strerror}.")


def fail(sentence: str) -> NoReturn:
    """Print the sentence on the error stream and leave with exit code 1."""
    typer.echo(sentence, err=True)
    raise typer.Exit(1)
