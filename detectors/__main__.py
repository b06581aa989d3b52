"""The jury at the command line: `python -m detectors compare PHOTO...`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from detectors.compare import Comparison, JudgedFace, Jury, compare, say_split
from detectors.fuse import agree, fuse
from registry import DetectorSpec, UnknownDetectorError, Verdict, load_registry

COLOURS = {"fake": "red", "real": "green", "inconclusive": "yellow", "failed": "magenta"}
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
screen, errors = Console(), Console(stderr=True)

Only = Annotated[list[str] | None, typer.Option("--only", metavar="KEY", help="Ask only this detector; repeatable.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, a list with one entry a picture.")]


@app.callback()
def main() -> None:
    """A jury of deepfake detectors. `python -m registry` lists its members."""


def choose(only: Sequence[str] | None) -> tuple[DetectorSpec, ...]:
    """The detectors asked for on the command line; leaves with exit code 2 when one is not there."""
    try:
        return load_registry().choose(only)
    except UnknownDetectorError as error:
        errors.print(escape(str(error)))
        raise typer.Exit(2) from error


@app.command("compare")
def compare_command(
    photos: Annotated[list[Path], typer.Argument(metavar="PHOTO...", help="Pictures to judge.")],
    only: Only = None,
    as_json: Json = False,
) -> None:
    """Judge every face in each picture. Exits with 1 only when no picture could be judged."""
    jury = Jury(choose(only))
    comparisons = []
    for photo in photos:
        comparisons.append(compare(photo, jury, path=str(photo)))
        if not as_json:
            show(comparisons[-1])
    if as_json:
        typer.echo(json.dumps([comparison.as_dict() for comparison in comparisons], indent=2))
    if all(comparison.error for comparison in comparisons):
        raise typer.Exit(1)


def show(comparison: Comparison) -> None:
    """Print one comparison for reading."""
    screen.print(f"[bold]{escape(comparison.path)}[/bold]")
    if comparison.error:
        screen.print(f"  {escape(comparison.error)}", style="magenta")
        return
    if not comparison.faces:
        screen.print("  No face found.")
    for number, face in enumerate(comparison.faces, start=1):
        left, top, right, bottom = face.box
        title = (
            f"face {number} of {len(comparison.faces)}, {left},{top} to {right},{bottom}: {say_split(face.verdicts)}"
        )
        screen.print(_table(title, face.verdicts))
        screen.print(f"  {escape(say_jury(face))}")
    if comparison.whole_image:
        screen.print(_table(f"whole image: {say_split(comparison.whole_image)}", comparison.whole_image))


def say_jury(face: JudgedFace) -> str:
    """The jury's own word, and what is known of a split like this."""
    jury, agreement = fuse(face.verdicts, face_pixels=face.pixels), agree(face.verdicts)
    parts = [f"jury: {jury.label}, p_fake {jury.p_fake:.3f}"] if jury else ["jury: no verdict"]
    if agreement and agreement.right is not None:
        interval = f"{agreement.low:.0%} to {agreement.high:.0%}"
        parts.append(f"splits like this: {agreement.right:.0%} ({interval}) of {agreement.count} faces went one way")
    return "; ".join(parts)


def _table(title: str, verdicts: Sequence[Verdict]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in ("detector", "verdict", "p_fake", "real below", "fake from", "ms"):
        table.add_column(column, justify="left" if column in ("detector", "verdict") else "right")
    for verdict in verdicts:
        number = "" if verdict.p_fake is None else f"{verdict.p_fake:.3f}"
        word = f"[{COLOURS[verdict.label]}]{verdict.label}[/]{escape(f': {verdict.error}') if verdict.error else ''}"
        thresholds = f"{verdict.real_until:.2f}", f"{verdict.fake_from:.2f}"
        table.add_row(escape(verdict.title), word, number, *thresholds, f"{verdict.milliseconds:.1f}")
    return table


if __name__ == "__main__":
    app()
