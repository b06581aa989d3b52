"""What was said of a picture as text to read in a terminal: a table for each face."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from detectors.commands.terminal import screen
from detectors.jury.results import Comparison, JudgedFace
from detectors.jury.stability import Stability
from detectors.jury.wording import ENLARGED, NOT_MEASURED, say_number, say_range, say_split
from registry import Verdict

if TYPE_CHECKING:
    from detectors.provenance import Provenance

COLOURS = {"fake": "red", "real": "green", "inconclusive": "yellow", "failed": "magenta"}


def show(comparison: Comparison, *, base_rate: float | None = None) -> None:
    """Print one comparison for reading. base_rate: see say_jury."""
    screen.print(f"[bold]{escape(comparison.path)}[/bold]")
    if comparison.error:
        screen.print(f"  {escape(comparison.error)}", style="magenta")
        return
    for note in comparison.notes:
        screen.print(f"  {escape(note)}", style="yellow")
    if not comparison.faces:
        screen.print("  No face found.")
    for number, face in enumerate(comparison.in_reading_order().faces, start=1):
        left, top, right, bottom = face.box
        title = (
            f"face {number} of {len(comparison.faces)}, {left},{top} to {right},{bottom}: {say_split(face.verdicts)}"
        )
        screen.print(_table(title, face.verdicts, face.stability, hidden=face.doubt is not None))
        screen.print(f"  {escape(say_jury(face, base_rate))}")
        if face.enlarged and not face.doubt:
            screen.print(f"  {ENLARGED}", style="yellow")
    if comparison.whole_image:
        screen.print(_table(f"whole image: {say_split(comparison.whole_image)}", comparison.whole_image))
    if comparison.provenance:
        show_provenance(comparison.provenance)


def show_provenance(provenance: "Provenance") -> None:
    """Print what the file says of itself, beside the verdicts."""
    from detectors.provenance.say import say_provenance

    screen.print("  The file says (anybody can write this into a file; what is unknown is not suspicious):")
    for name, said in say_provenance(provenance):
        screen.print(f"    {escape(name)}: {escape(said)}")


def say_jury(face: JudgedFace, base_rate: float | None = None) -> str:
    """The jury's verdict, where that share of the pictures is fake: half of them, unless told otherwise."""
    jury = face.jury
    if face.doubt:
        return f"jury: inconclusive. {face.doubt}"
    if jury is None:
        return "jury: no verdict"
    who = "jury"
    if base_rate is not None:
        # One digit, unless the share would be told as none or all of them.
        share = f"{base_rate:.1%}" if 0.0005 <= base_rate < 0.9995 else f"{100 * base_rate:.10g}%"
        who, jury = f"jury, where {share} of the pictures are fake", jury.at_base_rate(base_rate)
    said = f"{who}: {jury.label}, p_fake {say_number(jury.p_fake, jury)}"
    if jury.held_back_by:
        said += f"; real but for {jury.held_back_by}"
    if face.jury and face.stability and (span := face.stability.jury):
        odds = "" if base_rate is None else " at even odds"  # as the detectors' own
        said += f"; when saved again, smaller or shifted: {say_range(span.low, span.high, face.jury)}{odds}"
    return said


def name_row(title: str, measured: bool) -> str:
    """A detector's name as its row begins."""
    return escape(title if measured else f"{title} ({NOT_MEASURED})")


def _table(
    title: str, verdicts: Sequence[Verdict], stability: Stability | None = None, *, hidden: bool = False
) -> Table:
    """hidden: whether the numbers are left out, for they cannot be believed."""
    table = Table(title=title, title_justify="left", collapse_padding=True)
    columns = ("detector", "verdict", "p_fake", *(["moves"] if stability else []), "real below", "fake from", "ms")
    for column in columns:
        least = len("inconclusive") if column == "verdict" else None  # never cut short, however narrow the screen
        table.add_column(column, justify="left" if column in ("detector", "verdict") else "right", min_width=least)
    for verdict in verdicts:
        number = "" if verdict.p_fake is None or hidden else say_number(verdict.p_fake, verdict)
        word = f"[{COLOURS[verdict.label]}]{verdict.label}[/]{escape(f': {verdict.error}') if verdict.error else ''}"
        found = stability.verdicts.get(verdict.detector) if stability and not hidden else None
        moves = ([say_range(found.low, found.high, verdict)] if found else [""]) if stability else []
        thresholds = f"{verdict.real_until:.3f}", f"{verdict.fake_from:.3f}"
        table.add_row(
            name_row(verdict.title, verdict.measured), word, number, *moves, *thresholds, f"{verdict.milliseconds:.1f}"
        )
    return table
