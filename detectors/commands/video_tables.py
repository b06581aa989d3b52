"""What was said of a video as text to read in a terminal: a table for each person."""

from collections.abc import Iterator

from rich.markup import escape
from rich.table import Table

from detectors.commands.tables import COLOURS, name_row
from detectors.commands.terminal import screen
from detectors.inputs.timecode import say_at
from detectors.jury.wording import NOT_IN_JURY, say_number, say_range
from detectors.video.aggregate import AGGREGATION
from detectors.video.results import JudgedVideo, Person, is_brief, say_person, say_video


def show_video(judged: JudgedVideo) -> None:
    """Print what was said of a video for reading."""
    screen.print(f"[bold]{escape(judged.path)}[/bold]")
    if judged.error:
        screen.print(f"  {escape(judged.error)}", style="magenta")
        return
    screen.print(f"  {escape(say_video(judged))}")
    asked = [one for one in [*judged.persons, *([judged.whole] if judged.whole else [])] if one.all_scores]
    for person in asked:
        if is_brief(person):
            continue
        screen.print(_track_table(person))
        for line in _say_more(person):
            screen.print(f"  {escape(line)}")
    if asked:
        screen.print(f"  {AGGREGATION}")
    if judged.sound:
        said = " ".join([f"{judged.sound.said.rstrip('.')}.", *judged.sound.notes])
        screen.print(f"  Sound: {escape(said)} More: facejury audio FILE")


def _say_more(person: Person) -> Iterator[str]:
    """What stands below a person's table."""
    for clip in person.clips:
        if clip.times:
            span = f"{say_at(clip.times[0])} to {say_at(clip.times[-1])}"
            yield f"{clip.line.title}: {NOT_IN_JURY}; looked at {len(clip.times)} frames, {span}"
    if person.lips:
        yield person.lips.said
    yield from (f"{line.title}: {line.verdict.reason}" for line in person.all_scores if line.verdict.reason)
    if person.scores:
        yield f"most suspect at {', '.join(say_at(frame.at) for frame in person.worst)}"


def _track_table(person: Person) -> Table:
    table = Table(title=escape(say_person(person)), title_justify="left")
    for column in ("", "verdict", "p_fake", "middle half", "frames"):
        table.add_column(column, justify="left" if column in ("", "verdict") else "right")
    for line in person.all_scores:
        verdict = line.verdict
        number = "" if verdict.p_fake is None else say_number(verdict.p_fake, line)
        middle = "" if verdict.low is None or verdict.high is None else say_range(verdict.low, verdict.high, line)
        word = f"[{COLOURS[verdict.label]}]{verdict.label}[/]"
        table.add_row(name_row(line.title, line.measured), word, number, middle, str(verdict.count))
    return table
