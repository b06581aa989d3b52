"""How a training shows its progress: a bar with the time left on a terminal, a line now and then in a log."""

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.training.config import TrainingConfig
from models.training.run import RunProgress

LOG_EVERY = 50  # steps


class Screen:
    """A context in which `report` may be called after every step."""

    def __init__(self, console: Console, steps: int) -> None:
        columns = BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}")
        self._console = console
        self._bar = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task = self._bar.add_task("", total=steps)
        self._began: tuple[float, int] | None = None

    def __enter__(self) -> "Screen":
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
        text = f"loss {loss:.4f}, best validation AUC {progress.best_auc:.4f}, {speed}"
        self._bar.update(self._task, completed=progress.step, description=text)
        if not self._console.is_terminal and progress.step % LOG_EVERY == 0:
            minutes = seconds * (recipe.steps - progress.step) / 60
            self._console.print(f"step {progress.step}/{recipe.steps}, {text}, {minutes:.0f} min left")
