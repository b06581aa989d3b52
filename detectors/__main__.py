"""The jury at the command line: `compare FILE...`, `scan` for very many, and `new` and `check` for authors."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from detectors.inputs.images import ImageError, read_file
from detectors.inputs.timecode import read_time, say_at
from detectors.inputs.video_kinds import is_video
from detectors.jury.compare import compare
from detectors.jury.fusion import chance_of_fake
from detectors.jury.judge import Jury
from detectors.jury.results import Comparison, JudgedFace
from detectors.jury.stability import Range, Stability
from detectors.jury.wording import say_split
from detectors.networks.resolve import SourceError, pin_sources
from detectors.provenance import Provenance, read_provenance
from detectors.provenance.say import say_provenance
from detectors.scan.ray_option import RayCommand
from detectors.scan.team import Team
from detectors.video.aggregate import SAID
from detectors.video.judge import compare_video
from detectors.video.results import JudgedVideo, Person, is_brief, say_person, say_video
from registry import DetectorSpec, UnknownDetectorError, Verdict

if TYPE_CHECKING:
    from detectors.conformance.check import Check

ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)  # Path makes one slash of two
NO_ADDRESS = "This is a web address: download the picture and compare the file, or let `scan` read it from there."
COLOURS = {"fake": "red", "real": "green", "inconclusive": "yellow", "failed": "magenta"}
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
screen, errors = Console(), Console(stderr=True)

Only = Annotated[list[str] | None, typer.Option("--only", metavar="KEY", help="Ask only this detector; repeatable.")]


def pin_added(sources: Sequence[str] | None) -> list[str]:
    """What --add names, those on the Hub with their commit; leaves with exit code 2 when one is not there."""
    try:
        return pin_sources(sources or (), announce=partial(typer.echo, err=True))
    except SourceError as error:
        errors.print(escape(str(error)))
        raise typer.Exit(2) from error


Add = Annotated[
    list[str] | None,
    typer.Option(
        "--add", metavar="SOURCE", help="Add a .py, a model folder, an .onnx or hub:user/name.", callback=pin_added
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, a list with one entry a file.")]
WithProvenance = Annotated[
    bool, typer.Option("--provenance", help="Also what the file says of itself: who signed it, camera, generator.")
]


@app.callback()
def main() -> None:
    """A jury of deepfake detectors. `python -m registry` lists its members."""


def choose(only: Sequence[str] | None, add: Sequence[str] | None = None) -> tuple[DetectorSpec, ...]:
    """The detectors asked for on the command line; leaves with exit code 2 when one is not there or cannot be added."""
    try:
        return Team(tuple(only or ()), tuple(add or ())).choose()
    except (UnknownDetectorError, SourceError) as error:
        errors.print(escape(str(error)))
        raise typer.Exit(2) from error


@app.command("compare")
def compare_command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Pictures and videos to judge.")],
    only: Only = None,
    add: Add = None,
    as_json: Json = False,
    stability: Annotated[
        bool,
        typer.Option("--stability", help="Also judge each face saved again, smaller and shifted: how p_fake moves."),
    ] = False,
    base_rate: Annotated[
        float | None,
        typer.Option(
            "--base-rate",
            metavar="SHARE",
            min=0.0,
            max=1.0,
            help="How common fakes are where the photos come from, e.g. 0.1: also say P(fake) there.",
        ),
    ] = None,
    provenance: WithProvenance = False,
    start: Annotated[
        str,
        typer.Option(
            "--start",
            metavar="TIME",
            help="Where in a video to begin, as 90, 1:30 or 1:02:30; ten minutes from there are judged.",
        ),
    ] = "0:00",
) -> None:
    """Judge every face in each picture, and every person in each video. Exits with 1 only when nothing could be judged.

    --stability, --base-rate and --provenance are about pictures.
    """
    comparisons: list[Comparison | JudgedVideo] = []
    seconds = _read_start(start)
    with Jury(choose(only, add)) as jury:
        for file in files:
            if is_video(file):
                comparisons.append(_watch(file, jury, seconds, quiet=as_json))
                continue
            judged = _compare_picture(file, jury, stability=stability, provenance=provenance)
            comparisons.append(judged)
            if not as_json:
                show(judged, base_rate=base_rate)
    if as_json:
        typer.echo(json.dumps([comparison.as_dict() for comparison in comparisons], indent=2))
    if all(comparison.error for comparison in comparisons):
        raise typer.Exit(1)


@app.command("scan", cls=RayCommand)
def scan_command(
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE...", help="Folders, patterns, listings (.txt), pictures, or URLs.")
    ],
    out: Annotated[
        str, typer.Option("--out", metavar="FILE", help="The table: .csv, .jsonl or .parquet.", show_default=False)
    ],
    only: Only = None,
    add: Add = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, metavar="N", help="Processes; one a core if not said.")
    ] = None,
    shard: Annotated[
        str, typer.Option("--shard", metavar="i/n", help="Only this part of the pictures, from 1/n to n/n.")
    ] = "1/1",
    ray: Annotated[
        str | None,
        typer.Option("--ray", metavar="[ADDRESS]", help="With Ray: here, or on the cluster there (auto, HOST:PORT)."),
    ] = None,
) -> None:
    """Judge every face in very many pictures into one table. Killed and started again, it goes on where it was."""
    from detectors.scan.bar import show_bar
    from detectors.scan.errors import ScanError
    from detectors.scan.listing import list_paths, parse_shard
    from detectors.scan.local import say_counts, scan
    from detectors.scan.on_ray import scan_with_ray

    choose(only, add)  # an unknown key is told before anything is read
    team = Team(tuple(only or ()), tuple(add or ()))
    try:
        paths = list_paths(sources, shard=parse_shard(shard))
        with show_bar(errors) as show_counts:
            if ray:
                counts = scan_with_ray(paths, out, team, workers=workers, show=show_counts, address=ray)
            else:
                counts = scan(paths, Path(out), team, workers=workers, show=show_counts)
    except (ScanError, OSError) as error:
        errors.print(escape(str(error)))
        raise typer.Exit(2) from error
    except KeyboardInterrupt as error:
        errors.print("Stopped. What is finished is kept; the same command goes on from there.")
        raise typer.Exit(130) from error
    errors.print(escape(say_counts(counts, out)))
    if counts.total and counts.errors == counts.total:
        raise typer.Exit(1)


@app.command("check")
def check_command(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The detector to check.")],
    add: Add = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Check a detector in every way the jury relies on. Exits with 1 when a check fails."""
    from detectors.conformance.check import check_detector  # brings the sample pictures

    checks = check_detector(choose([key], add)[0])
    if as_json:
        typer.echo(json.dumps({"checks": [asdict(check) for check in checks]}, indent=2))
    else:
        screen.print(_check_table(key, checks))
    if not all(check.passed for check in checks):
        raise typer.Exit(1)


def _check_table(key: str, checks: "Sequence[Check]") -> Table:
    failed = sum(not check.passed for check in checks)
    title = f"{key}: {failed} of {len(checks)} checks failed" if failed else f"{key}: all {len(checks)} checks passed"
    table = Table(title=title, title_justify="left")
    for column in ("check", "", "expected", "got"):
        table.add_column(column, no_wrap=column == "check")
    for check in checks:
        word = "[green]passed[/]" if check.passed else "[red]failed[/]"
        table.add_row(check.name, word, escape(check.expected), escape(check.got))
    return table


@app.command("new")
def new_command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The detector's key: kebab-case.")],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Where the new folder goes.")] = Path(),
) -> None:
    """Write a plugin package to start from: DIR/facejury-NAME, with a test that passes."""
    from detectors.conformance.scaffold import NewPluginError, write_plugin

    try:
        folder = write_plugin(name, to)
    except NewPluginError as error:
        errors.print(escape(str(error)))
        raise typer.Exit(2) from error
    screen.print(f"Wrote {escape(str(folder))}. Its README.md says what comes next.")


def show(comparison: Comparison, *, base_rate: float | None = None) -> None:
    """Print one comparison for reading. base_rate: see say_chance."""
    screen.print(f"[bold]{escape(comparison.path)}[/bold]")
    if comparison.error:
        screen.print(f"  {escape(comparison.error)}", style="magenta")
        return
    for note in comparison.notes:
        screen.print(f"  {escape(note)}", style="yellow")
    if not comparison.faces:
        screen.print("  No face found.")
    for number, face in enumerate(comparison.faces, start=1):
        left, top, right, bottom = face.box
        title = (
            f"face {number} of {len(comparison.faces)}, {left},{top} to {right},{bottom}: {say_split(face.verdicts)}"
        )
        screen.print(_table(title, face.verdicts, face.stability))
        screen.print(f"  {escape(say_jury(face))}")
        if base_rate is not None:
            screen.print(f"  {say_chance(face, base_rate)}")
    if comparison.whole_image:
        screen.print(_table(f"whole image: {say_split(comparison.whole_image)}", comparison.whole_image))
    if comparison.provenance:
        show_provenance(comparison.provenance)


def _compare_picture(file: Path, jury: Jury, *, stability: bool, provenance: bool) -> Comparison:
    """What is said of a picture; its bytes are read once, for a pipe gives them only once."""
    if ADDRESS.match(str(file)) and not file.exists():
        return Comparison(str(file), error=NO_ADDRESS)
    try:
        data = read_file(file)
    except ImageError as error:
        return Comparison(str(file), error=str(error))
    judged = compare(data, jury, path=str(file), stability=stability)
    return replace(judged, provenance=read_provenance(data)) if provenance else judged


def show_provenance(provenance: Provenance) -> None:
    """Print what the file says of itself, beside the verdicts."""
    screen.print("  The file says (anybody can write this into a file; what is unknown is not suspicious):")
    for name, said in say_provenance(provenance):
        screen.print(f"    {escape(name)}: {escape(said)}")


def say_jury(face: JudgedFace) -> str:
    """The jury's own word, and what is known of a split like this."""
    jury, agreement = face.jury, face.agreement
    parts = [f"jury: {jury.label}, p_fake {jury.p_fake:.3f}"] if jury else ["jury: no verdict"]
    if face.stability and face.stability.jury:
        parts.append(f"when saved again, smaller or shifted: {_say_range(face.stability.jury)}")
    if agreement and agreement.right is not None:
        interval = f"{agreement.low:.0%} to {agreement.high:.0%}"
        parts.append(
            f"splits like this: {agreement.right:.0%} ({interval}) of {agreement.count} faces were {agreement.word}"
        )
    return "; ".join(parts)


def say_chance(face: JudgedFace, base_rate: float) -> str:
    """P(fake) of a split like this where that share of the pictures is fake."""
    chance = chance_of_fake(face.verdicts, base_rate)
    if chance is None:
        return "no split of these detectors was counted, so nothing is known for that base rate"
    interval = f"{chance.low:.1%} to {chance.high:.1%}"
    return (
        f"where {base_rate:.1%} of the pictures are fake, a split like this is fake in {chance.p_fake:.1%} ({interval})"
    )


def _say_range(found: Range) -> str:
    return f"{found.low:.3f} to {found.high:.3f}"


def _read_start(text: str) -> float:
    try:
        return read_time(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--start") from error


def _watch(file: Path, jury: Jury, start: float, *, quiet: bool) -> JudgedVideo:
    """Judge a video, with a bar meanwhile, and print what was said unless quiet."""
    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("watching", total=1.0)
        judged = compare_video(file, jury, start=start, show=lambda so_far: bar.update(task, completed=so_far.share))
    if not quiet:
        show_video(judged)
    return judged


def show_video(judged: JudgedVideo) -> None:
    """Print what was said of a video for reading."""
    screen.print(f"[bold]{escape(judged.path)}[/bold]")
    if judged.error:
        screen.print(f"  {escape(judged.error)}", style="magenta")
        return
    screen.print(f"  {escape(say_video(judged))}")
    for person in [*judged.persons, *([judged.whole] if judged.whole else [])]:
        if is_brief(person):
            continue
        screen.print(_lines_table(person))
        for line in person.all_lines:
            if line.ruling.reason:
                screen.print(f"  {escape(line.title)}: {escape(line.ruling.reason)}")
        worst = ", ".join(say_at(moment.at) for moment in person.worst)
        screen.print(f"  most suspect at {worst}")
    if judged.persons or judged.whole:
        screen.print(f"  {SAID}")


def _lines_table(person: Person) -> Table:
    table = Table(title=escape(say_person(person)), title_justify="left")
    for column in ("", "verdict", "p_fake", "middle half", "moments"):
        table.add_column(column, justify="left" if column in ("", "verdict") else "right")
    for line in person.all_lines:
        ruling = line.ruling
        number = "" if ruling.p_fake is None else f"{ruling.p_fake:.3f}"
        middle = "" if ruling.low is None else f"{ruling.low:.3f} to {ruling.high:.3f}"
        word = f"[{COLOURS[ruling.label]}]{ruling.label}[/]"
        table.add_row(escape(line.title), word, number, middle, str(ruling.count))
    return table


def _table(title: str, verdicts: Sequence[Verdict], stability: Stability | None = None) -> Table:
    table = Table(title=title, title_justify="left", collapse_padding=True)
    columns = ("detector", "verdict", "p_fake", *(["moves"] if stability else []), "real below", "fake from", "ms")
    for column in columns:
        least = len("inconclusive") if column == "verdict" else None  # never cut short, however narrow the screen
        table.add_column(column, justify="left" if column in ("detector", "verdict") else "right", min_width=least)
    for verdict in verdicts:
        number = "" if verdict.p_fake is None else f"{verdict.p_fake:.3f}"
        word = f"[{COLOURS[verdict.label]}]{verdict.label}[/]{escape(f': {verdict.error}') if verdict.error else ''}"
        found = stability.verdicts.get(verdict.detector) if stability else None
        moves = ([_say_range(found)] if found else [""]) if stability else []
        thresholds = f"{verdict.real_until:.2f}", f"{verdict.fake_from:.2f}"
        table.add_row(escape(verdict.title), word, number, *moves, *thresholds, f"{verdict.milliseconds:.1f}")
    return table


if __name__ == "__main__":
    app()
