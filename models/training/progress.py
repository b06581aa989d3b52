"""How a training shows its progress: a bar with the time left on a terminal, a line now and then in a log.

And what is said of it when it begins again, is stopped, or ends.
"""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.training.config import TrainingConfig
from models.training.run import RunProgress, read_progress

LOG_EVERY = 50  # steps


class TrainingBar:
    """A context in which `report` may be called after every step."""

    def __init__(self, console: Console, steps: int) -> None:
        columns = BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}")
        self._console = console
        self._bar = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task = self._bar.add_task("", total=steps)
        self._began: tuple[float, int] | None = None

    def __enter__(self) -> "TrainingBar":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def report(self, progress: RunProgress, recipe: TrainingConfig, loss: float) -> None:
        """Show where the run is. loss: the mean since the last validation."""
        self._began = self._began or (time.monotonic(), progress.step)
        at, step = self._began
        seconds = (time.monotonic() - at) / max(1, progress.step - step)  # a step
        speed = f"{recipe.batch / seconds:.0f} faces a second" if progress.step > step else "starting"
        best = f"best validation AUC {progress.best_auc:.4f}" if progress.best_step else "not validated yet"
        text = f"loss {loss:.4f}, {best}, {speed}"
        self._bar.update(self._task, completed=progress.step, description=text)
        if not self._console.is_terminal and progress.step % LOG_EVERY == 0:
            minutes = seconds * (recipe.steps - progress.step) / 60
            self._console.print(f"step {progress.step}/{recipe.steps}, {text}, {minutes:.0f} min left", soft_wrap=True)


def say_resumed(
    run: Path, recipe: TrainingConfig, step: int, *, changes: Sequence[str], start: Path | None
) -> Iterator[str]:
    """What to know of a run that was trained up to a step before, and of options that change it, or do not."""
    if step >= recipe.steps:
        yield f"{run} has been trained for {step} steps, so it stays as it is: give more --steps, or another --run."
        return
    yield f"Going on with {run} at step {step} of {recipe.steps}."
    if start:
        yield "--start changes nothing: the run has weights already."
    if changes:
        yield f"Not as it was trained until now: {'; '.join(changes)}."


def say_stopped(run: Path, recipe: TrainingConfig) -> str:
    """Whether anything was kept."""
    step = read_progress(run).step
    kept = (
        f"the same command goes on from step {step}" if step else f"there is no checkpoint before step {recipe.every}"
    )
    return f"Stopped: {kept}."


def say_ended(run: Path, recipe: TrainingConfig, begun: int) -> Iterator[str]:
    """Which step's weights were kept, and why it ended before its last step, if so. begun: the step it went on from."""
    progress = read_progress(run)
    yield f"It is that of step {progress.best_step}, with a validation AUC of {progress.best_auc:.3f}."
    if begun < progress.step < recipe.steps:
        yield f"Ended at step {progress.step}: the last {recipe.patience} validations were no better."
