"""What the commands share: their options."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from detectors.commands.options import warn

ROOT = Path(__file__).parents[2]
FACES = Path("runs") / "faces.json"  # found once for each data set; below the working folder, like runs
CUT_OUT = Path("runs") / "faces"  # what training keeps of large pictures

Data = Annotated[
    list[Path],
    typer.Option(
        "--data",
        metavar="DIR",
        help="A folder with manifest.csv, with real/ and fake/, or Kaggle's deepfake-faces. May be repeated.",
    ),
]
Without = Annotated[
    list[str] | None,
    typer.Option(
        "--without",
        metavar="GENERATOR",
        help="Leave out this generator's fakes, and the real faces of a set without other fakes. May be repeated.",
    ),
]
Key = Annotated[
    str, typer.Argument(metavar="KEY", help="custom-cnn, efficientnet, efficientnet-160, blend or residual.")
]
ReplaceBuiltin = Annotated[
    bool,
    typer.Option("--replace-builtin", help="Write into the checkout, over the networks or the jury that are served."),
]


def say_all(sentences: Iterable[str]) -> None:
    """Warn with each sentence: standard output is for answers."""
    for sentence in sentences:
        warn(sentence)
