"""`facejury feedback review | export`: what users reported as wrong."""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from auth.commands.plainly import plainly
from storage.database import open_database
from storage.feedback import Feedback, export_feedback, list_feedback, read_feedback_picture, review_feedback
from text.plain_text import show_plainly

app = typer.Typer(
    help="Review what users reported as wrong; export it for training.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command()
def review(
    pictures: Annotated[
        Path, typer.Option(metavar="DIR", help="The folder to write pictures to, for you to look at.")
    ] = Path("feedback-pictures"),
) -> None:
    """Review new feedback, one report at a time.

    Accept it for training, refuse it, or leave it for later.
    """
    with plainly():
        engine = open_database()
        waiting = list_feedback(engine, accepted=None)
        for entry in waiting:
            typer.echo(_described(entry))
            _show_picture(engine, entry, pictures)
            answer = typer.prompt("[a]ccept, [r]efuse, [l]ater", default="l").strip().lower()[:1]
            if answer in {"a", "r"}:
                review_feedback(engine, entry.id, accepted=answer == "a")
        typer.echo("That was all." if waiting else "No new feedback.")


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write real/ and fake/ to.")],
) -> None:
    """Write the pictures of accepted feedback to a folder for training.

    What an earlier export wrote there is removed where the feedback has changed.

    Example: facejury feedback export corrections
    """
    with plainly():
        wrote = export_feedback(open_database(), folder)
        typer.echo(f"{wrote.real} real and {wrote.fake} fake in {folder}.")
        typer.echo(
            f"Left out: {wrote.without_picture} without a picture, {wrote.several_faces} with several faces, "
            f"{wrote.contradictory} called both real and fake."
        )
        if wrote.removed:
            typer.echo(
                f"Removed: {wrote.removed} of an earlier export, of which the feedback says something else by now."
            )


def _described(entry: Feedback) -> str:
    what = f"{entry.detector} on {entry.say_where()} was wrong, it is {entry.claim}."
    return f"\n{entry.time:%Y-%m-%d %H:%M} UTC, {show_plainly(f'{entry.user}, {entry.file_name}: {what}')}"


def _show_picture(engine: Engine, entry: Feedback, folder: Path) -> None:
    data = read_feedback_picture(engine, entry.id)
    if data is None:
        typer.echo("No picture came with it.")
        return
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{entry.id}-{entry.sha256[:12]}"
    path.write_bytes(data)
    typer.echo(f"Picture: {path}")
