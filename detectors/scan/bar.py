"""The progress bar of a scan: how many pictures, how fast, how long still."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from detectors.scan.local import Counts, Show

SPEED_SECONDS = 60.0  # the rate and the time left are those of the last minute


class _Rate(ProgressColumn):
    """Pictures a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.finished_speed or task.speed or 0:.1f}/s")


@contextmanager
def show_bar(console: Console) -> Iterator[Show]:
    """A bar on the console, and what moves it. What an earlier scan did is no part of the rate."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn()
    with Progress(*columns, console=console, speed_estimate_period=SPEED_SECONDS) as progress:
        task = progress.add_task("scan", total=None, visible=False)  # until it is known that there will be one

        def show(counts: Counts) -> None:
            if counts.done == counts.before:
                progress.reset(task, total=counts.total, completed=counts.done, visible=True)
            said = f"scan, {counts.errors} unreadable" if counts.errors else "scan"
            progress.update(task, completed=counts.done, description=said)

        yield show
