"""What the commands share: the options that choose detectors, and how they warn."""

import os
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

import typer

from detectors.inputs.timecode import read_time
from registry import DetectorSpec, UnknownDetectorError
from text.plain_text import show_plainly

FOLDER = "This is a folder: `facejury scan` judges all pictures and sounds in it."
EVERY_ONE_FAILED = "Every detector failed, so nothing is known of these files."


def warn(sentence: str) -> None:
    """Say it beside the answer, where text of strangers within it cannot steer the terminal."""
    typer.echo(show_plainly(sentence), err=True)


def pin_added(sources: Sequence[str] | None) -> list[str]:
    """The sources of --add, those on the Hub with their commit; leaves with exit code 2 when one is not there."""
    from detectors.networks.resolve import SourceError, pin_sources

    try:
        return pin_sources(sources or (), announce=partial(typer.echo, err=True))
    except SourceError as error:
        warn(str(error))
        raise typer.Exit(2) from error


Only = Annotated[
    list[str] | None, typer.Option("--only", metavar="KEY", help="Use only this detector. May be repeated.")
]
ADD_HELP = "Add a detector: a plugin's .py file, a model folder, an .onnx file or hub:user/name. May be repeated."
AddUnpinned = Annotated[list[str] | None, typer.Option("--add", metavar="SOURCE", help=ADD_HELP)]
Add = Annotated[list[str] | None, typer.Option("--add", metavar="SOURCE", help=ADD_HELP, callback=pin_added)]


def start_option(where: str, done: str) -> Any:
    """--start, which `read_start` reads. where: what it says, in the help; done: what is done with the part."""
    text = f"{where} to begin: 90 (seconds), 1:30 or 1:02:30. Ten minutes from there are {done}."
    return typer.Option("--start", metavar="TIME", help=text)


def read_start(text: str) -> float:
    """Seconds from what --start was given; leaves with exit code 2 on what is no time."""
    try:
        return read_time(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--start") from error


def find_fault(file: str) -> str | None:
    """Why what was named as a file is none; it is not opened."""
    return FOLDER if os.path.isdir(file) else None


def choose(only: Sequence[str] | None, add: Sequence[str] | None = None) -> tuple[DetectorSpec, ...]:
    """The detectors asked for on the command line; leaves with exit code 2 when one is not there or cannot be added."""
    from detectors.networks.resolve import SourceError
    from detectors.scan.team import Team

    try:
        return Team(tuple(only or ()), tuple(add or ())).choose()
    except (UnknownDetectorError, SourceError) as error:
        warn(str(error))
        raise typer.Exit(2) from error
