"""`facejury audio FILE...`: look for traces of synthesis in recordings, as text or as JSON."""

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from detectors.audio.judge import compare_sound
from detectors.audio.results import BANDS, LIMITS, NO_DETECTOR, RULE, JudgedSound
from detectors.commands.options import EVERY_ONE_FAILED, Add, Only, choose, find_fault, read_start, start_option, warn
from detectors.commands.terminal import screen
from detectors.inputs.audio.kinds import UNKNOWN
from detectors.inputs.images import ImageError, read_image
from detectors.inputs.timecode import say_at
from detectors.jury.judge import Jury
from detectors.jury.wording import NOT_MEASURED, say_number, say_range

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
PICTURE = "This is a picture, not a sound: `facejury compare` judges it."
MOST_SUSPECT = 3  # windows named below the table


@app.command("audio")
def audio_command(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Sounds, or videos with sound.")
    ],  # as text: the JSON names each file as it was given
    only: Only = None,
    add: Add = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: a list with one entry per file.")] = False,
    start: Annotated[str, start_option("Where", "heard")] = "0:00",
) -> None:
    """Look for traces of synthesis in speech, over time.

    The exit code is 1 only when no file could be read, no detector of sound was chosen, or every detector failed.

    Example: facejury audio speech.wav clip.mp4 --json
    """
    seconds, judged = read_start(start), []
    with Jury(choose(only, add)) as jury:
        if is_deaf := not jury.limit_to("audio").specs:
            warn(NO_DETECTOR)
        for file in files:
            judged.append(_hear(file, jury, seconds))
            if not as_json:
                show_sound(judged[-1])
    if as_json:
        typer.echo(json.dumps([one.as_dict() for one in judged], indent=2))
    has_failed = {one.band is None for sound in judged for one in sound.scores} == {True}
    if has_failed:
        warn(EVERY_ONE_FAILED)
    if has_failed or is_deaf or all(one.error for one in judged):
        raise typer.Exit(1)


def _hear(file: str, jury: Jury, start: float) -> JudgedSound:
    """What is said of a sound; of a folder and a picture, which command is theirs."""
    if fault := find_fault(file):
        return JudgedSound(file, start=start, error=fault)
    judged = compare_sound(Path(file), jury, start=start, name=file)
    if judged.error == UNKNOWN:
        with suppress(ImageError):
            read_image(Path(file))
            return replace(judged, error=PICTURE)
    return judged


def show_sound(judged: JudgedSound) -> None:
    """Print what was said of a sound for reading."""
    screen.print(f"[bold]{escape(judged.path)}[/bold]")
    if judged.error:
        screen.print(f"  {escape(judged.error)}", style="magenta")
        return
    for note in judged.notes:
        screen.print(f"  {escape(note)}", style="yellow")
    screen.print(f"  {escape(judged.said)}")
    if not judged.scores:
        return
    table = Table(title_justify="left")
    for column in ("", "said", "p_fake", "middle half", "windows"):
        table.add_column(column, justify="left" if column in ("", "said") else "right")
    for one in judged.scores:
        title = escape(one.title if one.measured else f"{one.title} ({NOT_MEASURED})")
        said = BANDS[one.band] if one.band else f"failed: {escape(one.error or '')}"
        number = "" if one.p_fake is None else say_number(one.p_fake, one)
        middle = "" if one.low is None or one.high is None else say_range(one.low, one.high, one)
        table.add_row(title, said, number, middle, str(one.count))
    screen.print(table)
    worst = sorted(
        (window for window in judged.windows if window.p_fakes), key=lambda window: -max(window.p_fakes.values())
    )
    if worst:
        screen.print(f"  most suspect at {', '.join(say_at(window.at) for window in worst[:MOST_SUSPECT])}")
    screen.print(f"  {RULE}")
    screen.print(f"  {LIMITS}")
