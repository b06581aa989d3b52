"""Results as text to read in a terminal: a table for each face, and one for each person in a video."""

from collections.abc import Iterator, Sequence

from rich.markup import escape
from rich.table import Table

from detectors.commands.options import screen
from detectors.inputs.timecode import say_at
from detectors.jury.results import Comparison, JudgedFace
from detectors.jury.stability import Range, Stability
from detectors.jury.wording import NOT_IN_JURY, NOT_MEASURED, say_split
from detectors.provenance import Provenance
from detectors.provenance.say import say_provenance
from detectors.video.aggregate import AGGREGATION
from detectors.video.results import JudgedVideo, Person, is_brief, say_person, say_video
from registry import Verdict

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
    for number, face in enumerate(comparison.faces, start=1):
        left, top, right, bottom = face.box
        title = (
            f"face {number} of {len(comparison.faces)}, {left},{top} to {right},{bottom}: {say_split(face.verdicts)}"
        )
        screen.print(_table(title, face.verdicts, face.stability, hidden=face.doubt is not None))
        screen.print(f"  {escape(say_jury(face, base_rate))}")
    if comparison.whole_image:
        screen.print(_table(f"whole image: {say_split(comparison.whole_image)}", comparison.whole_image))
    if comparison.provenance:
        show_provenance(comparison.provenance)


def show_provenance(provenance: Provenance) -> None:
    """Print what the file says of itself, beside the verdicts."""
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
    if base_rate is None:
        said = f"jury: {jury.label}, p_fake {jury.p_fake:.3f}"
    else:
        jury = jury.at_base_rate(base_rate)
        said = f"jury, where {base_rate:.1%} of the pictures are fake: {jury.label}, p_fake {jury.p_fake:.3f}"
    if face.stability and face.stability.jury:
        said += f"; when saved again, smaller or shifted: {_say_range(face.stability.jury)}"
    return said


def _say_range(found: Range) -> str:
    return f"{found.low:.3f} to {found.high:.3f}"


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
        screen.print(_track_table(person))
        for line in _say_more(person):
            screen.print(f"  {escape(line)}")
    if judged.persons or judged.whole:
        screen.print(f"  {AGGREGATION}")


def _say_more(person: Person) -> Iterator[str]:
    """What stands below a person's table."""
    for clip in person.clips:
        if clip.times:
            span = f"{say_at(clip.times[0])} to {say_at(clip.times[-1])}"
            yield f"{clip.line.title}: {NOT_IN_JURY}; looked at {len(clip.times)} frames, {span}"
    yield from (f"{line.title}: {line.verdict.reason}" for line in person.all_scores if line.verdict.reason)
    if person.scores:
        yield f"most suspect at {', '.join(say_at(frame.at) for frame in person.worst)}"


def _name(title: str, measured: bool) -> str:
    return escape(title if measured else f"{title} ({NOT_MEASURED})")


def _track_table(person: Person) -> Table:
    table = Table(title=escape(say_person(person)), title_justify="left")
    for column in ("", "verdict", "p_fake", "middle half", "frames"):
        table.add_column(column, justify="left" if column in ("", "verdict") else "right")
    for line in person.all_scores:
        verdict = line.verdict
        number = "" if verdict.p_fake is None else f"{verdict.p_fake:.3f}"
        middle = "" if verdict.low is None else f"{verdict.low:.3f} to {verdict.high:.3f}"
        word = f"[{COLOURS[verdict.label]}]{verdict.label}[/]"
        table.add_row(_name(line.title, line.measured), word, number, middle, str(verdict.count))
    return table


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
        number = "" if verdict.p_fake is None or hidden else f"{verdict.p_fake:.3f}"
        word = f"[{COLOURS[verdict.label]}]{verdict.label}[/]{escape(f': {verdict.error}') if verdict.error else ''}"
        found = stability.verdicts.get(verdict.detector) if stability and not hidden else None
        moves = ([_say_range(found)] if found else [""]) if stability else []
        thresholds = f"{verdict.real_until:.2f}", f"{verdict.fake_from:.2f}"
        table.add_row(
            _name(verdict.title, verdict.measured), word, number, *moves, *thresholds, f"{verdict.milliseconds:.1f}"
        )
    return table
