"""Trains the tiny network: `python -m tests.models.tiny_run FOLDER STEPS`. Run by test_train, which kills it."""

import sys
from pathlib import Path

from models.training.config import TrainingConfig
from models.training.run import RunProgress
from models.training.train import train
from tests.models.faces import TINY, make_faces


def report(progress: RunProgress, _: TrainingConfig, loss: float) -> None:
    """One line a step."""
    print(progress.step, f"{loss:.6f}", flush=True)


def main(folder: Path, steps: int) -> None:
    """Train on the made faces, with checkpoints in `folder`."""
    faces = make_faces(folder / "faces")
    recipe = TrainingConfig(steps=steps, batch=8, head_steps=10, warm_up=20, every=20, patience=100, seed=3)
    train(TINY, faces, recipe=recipe, run=folder / "run", report=report)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
