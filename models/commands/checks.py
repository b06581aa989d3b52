"""What is checked of the options before any long work: each mistake is one sentence, and exit code 2."""

import importlib.util
import math
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

import typer

from models.errors import DataError
from models.training.recipe_file import CHECKPOINT, OLD_CHECKPOINT, read_learnt, read_recipe

if TYPE_CHECKING:
    from models.architectures.base import Architecture
    from models.data.datasets import Sample
    from registry import DetectorSpec, Registry

BACKENDS = ("tensorflow", "jax", "torch")  # of Keras, those that can train
NOTHING_TO_LEARN = (
    "{key} cannot be trained: these folders hold no {what} in split {split} (real/ and fake/ alone are split by "
    "themselves; of train/, valid/ and test/ the first two are needed)"
)
BEST = "best.keras"  # in a run, as models.training.run writes it


def choose_for_pictures(registry: "Registry", only: "Sequence[str] | None" = None) -> "tuple[DetectorSpec, ...]":
    """The chosen detectors that judge single pictures, as all that is measured on faces needs them.

    Raises DataError where none of them does, and UnknownDetectorError.
    """
    chosen = registry.choose(only)
    if not (specs := tuple(spec for spec in chosen if spec.expects in ("face", "image"))):
        raise DataError(f"{', '.join(spec.key for spec in chosen)}: not for single pictures, which this measures on")
    return specs


def check_positive(number: float) -> float:
    """An option's callback: a finite number above 0."""
    if not 0 < number < math.inf:
        raise typer.BadParameter(f"{number:g} is not a number above 0.")
    return number


def check_even(number: int) -> int:
    """An option's callback: a number of which half can be."""
    if number % 2:
        raise typer.BadParameter(f"{number} is odd.")
    return number


def check_backend() -> None:
    """Raises DataError where Keras cannot be imported with its KERAS_BACKEND."""
    name = os.environ["KERAS_BACKEND"]
    if name not in BACKENDS:
        raise DataError(f"KERAS_BACKEND is {name!r}; it must be one of {', '.join(BACKENDS)}")
    if name != BACKENDS[0] and importlib.util.find_spec(name) is None:
        raise DataError(f"KERAS_BACKEND is {name}, which is not installed here; unset it to use {BACKENDS[0]}")


def check_run(run: Path, architecture: "Architecture") -> None:
    """Raises DataError where a run is of another architecture."""
    begun = read_recipe(run).get("architecture", architecture.key)
    if begun != architecture.key:
        raise DataError(f"{run} is a run of {begun}, not of {architecture.key}: choose another with --run")


def check_begun(run: Path) -> None:
    """Raises DataError where a run has a network but no checkpoint, as an averaged one: training would replace it."""
    if (run / BEST).exists() and not any((run / name).is_dir() for name in (CHECKPOINT, OLD_CHECKPOINT)):
        raise DataError(
            f"{run} has a {BEST}, but no checkpoint to go on from: start another run from it, with --start "
            f"{run / BEST} and --run, or move it away"
        )


def check_supervision(architecture: "Architecture", *, forged: float | None, teacher: Path | None) -> None:
    """Raises DataError for options about labelled fakes where an architecture learns from none: it sees real faces, and
    a forgery made of each.
    """
    if architecture.supervision != "blended":
        return
    if forged is not None and forged < 1:
        raise DataError(f"--forged: {architecture.key} learns from forgeries of real faces alone, so its share is 1")
    if teacher:
        raise DataError(f"--teacher: {architecture.key} learns from forgeries that no teacher is asked about")


def check_teacher(teacher: Path, without: Sequence[str]) -> None:
    """Raises DataError where a teacher has met, or may have, what is left out: its p_fake would tell of it."""
    if met := sorted({*without} - {*read_learnt(teacher).get("without", ())}):
        raise DataError(f"--teacher: {teacher} was not trained --without {' and '.join(met)}, so it would teach of it")


def check_trained(run: Path, architecture: "Architecture") -> None:
    """Raises DataError where a run has no network of this architecture yet."""
    check_run(run, architecture)
    if not (run / BEST).is_file():
        raise DataError(
            f"{run} has no {BEST}: train it with `facejury models train {architecture.key}`, or choose another --run"
        )


def check_without(run: Path, without: Sequence[str]) -> None:
    """Raises DataError where a run has learnt from what is said to be left out, or not from what is not."""
    trained = read_recipe(run).get("without", without)
    if met := sorted({*without} - {*trained}):
        raise DataError(f"{run} has learnt from {' and '.join(met)}: it cannot be exported --without")
    if missed := sorted({*trained} - {*without}):
        raise DataError(f"{run} was trained --without {' and '.join(missed)}: export it so, too")


def check_place(folder: Path) -> None:
    """Raises DataError where nothing can be written into a folder, which is made. Before long work, not after it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise DataError(f"nothing can be written to {folder}: {error.strerror or error}") from error


def check_drawing(path: Path) -> None:
    """Raises DataError where a PNG cannot be written to that file."""
    if path.suffix.lower() != ".png":
        raise DataError(f"--plot draws a PNG, and {path.name} is not called one")
    check_place(path.parent)


def check_keras(network: Path) -> None:
    """Raises DataError for a file that Keras did not write, or not to its end."""
    if not zipfile.is_zipfile(network):
        raise DataError(f"{network} is not a .keras file, or not all of one")


def check_trainable(samples: Sequence["Sample"], architecture: "Architecture") -> None:
    """Raises DataError where there is nothing to learn from or to validate on."""
    from models.training.batches import PARTIAL

    blended, generated = (architecture.supervision == name for name in ("blended", "generated"))
    fed = [sample for sample in samples if not (generated and sample.kind in PARTIAL)]
    what = {"generated": " that were generated whole, which is what it learns from"}.get(architecture.supervision, "")
    for split in ("train", "val"):
        found = {sample.label for sample in fed if sample.split == split}
        if 0 not in found:
            raise DataError(NOTHING_TO_LEARN.format(key=architecture.key, what="real faces", split=split))
        if 1 not in found and not blended:
            raise DataError(NOTHING_TO_LEARN.format(key=architecture.key, what=f"fakes{what}", split=split))


def read_measured(data: Sequence[Path], split: Sequence[str] | None) -> "tuple[list[Sample], list[str], list[str]]":
    """The pictures to measure on, their splits, and what to say of copies among them.

    split: what was asked for; else test and eval, as far as they are there. Raises DataError, also for one class alone.
    """
    from models.data.datasets import read_samples, select_splits
    from models.data.face_index import check_copies

    everything = read_samples(data)
    there = {sample.split for sample in everything}
    splits = list(split or ()) or [name for name in ("test", "eval") if name in there] or ["test"]
    samples = select_splits(everything, *splits)
    check_both_classes(samples, splits)
    return samples, splits, check_copies(everything)


def check_both_classes(samples: Sequence["Sample"], splits: Sequence[str]) -> None:
    """Raises DataError where all pictures of these splits, taken together, are real, or all are fake."""
    if len({sample.label for sample in samples}) == 1:
        word, other = ("fake", "real") if samples[0].label else ("real", "fake")
        where = f"split {' and '.join(splits)}"
        raise DataError(f"all {len(samples)} pictures of {where} are {word}: {other} ones are needed beside them")


def check_faces(faces: Sequence[object], samples: Sequence[object]) -> None:
    """Raises DataError where no face that is judged was found in any picture."""
    from models.data.face_index import NONE_JUDGED

    if not faces:
        raise DataError(NONE_JUDGED.format(count=len(samples)))


def choose_place(
    run: Path, mine: tuple[str, str], builtin: tuple[str, str] | None, to: Path | None
) -> tuple[Path, str, str]:
    """Where a network is exported to, under which key and title. builtin: whose place it takes, if one's.

    Raises DataError for a built-in detector's key or folder where it is not to take its place, and for the folder of
    a detector of another key.
    """
    from detectors.networks.folder import WEIGHTS
    from registry import load_registry
    from registry.contract import KEY, RESERVED

    if builtin:
        folder = to or WEIGHTS / builtin[0]
        check_own(folder, builtin[0])
        return folder, *builtin
    if not KEY.fullmatch(mine[0]) or mine[0] in RESERVED:
        raise DataError(f"--key must be kebab-case (a-z, 0-9 and single hyphens) and not jury, got {mine[0]!r}")
    keys = {spec.key for spec in load_registry() if spec.builtin}
    if mine[0] in keys:
        raise DataError(f"the key {mine[0]} is a built-in detector's: choose another with --key")
    folder = to or run / "weights"
    if WEIGHTS.resolve() in (folder.resolve(), *folder.resolve().parents):
        raise DataError(f"{folder} is where the built-in detectors are: choose another with --to")
    check_own(folder, mine[0])
    return folder, *mine


def check_own(folder: Path, key: str) -> None:
    """Raises DataError where another detector is in a model folder that is to be written, ArtifactError for a broken
    one.
    """
    from detectors.networks.folder import CONFIG, read_config

    if (folder / CONFIG).exists() and (there := read_config(folder).key) != key:
        raise DataError(f"{folder} is the model folder of {there}, which {key} is not: choose another with --to")
