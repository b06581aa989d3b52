"""A training in a log: a line each time, however narrow the terminal."""

import io

from rich.console import Console

from models.training.config import TrainingConfig
from models.training.progress import TrainingBar
from models.training.run import RunProgress


def test_a_note_in_a_log_is_one_line() -> None:
    log = Console(file=io.StringIO(), width=40)
    with TrainingBar(log, 100) as bar:
        for step in (49, 50, 100):
            bar.report(RunProgress(step=step, best_auc=0.9, best_step=step), TrainingConfig(steps=100), loss=0.5)
    lines = log.file.getvalue().splitlines()  # type: ignore[attr-defined]  # it is the StringIO
    begun = "loss 0.5000, best validation AUC 0.9000,"
    assert len(lines) == 2, "a line every fifty steps"
    assert lines[0].startswith(f"step 50/100, {begun}") and lines[1].startswith(f"step 100/100, {begun}")
    assert lines[0].endswith(" min left") and lines[1].endswith(" 0 min left")
