"""A made data set of real pixels: portraits and their own forgeries, with their manifest."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from detectors.conformance import samples
from detectors.forgery.blend import forge
from tests.models.manifest import write_manifest


@cache
def make_pair(index: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A portrait, each index a little further to the right, and its forgery."""
    portrait = np.ascontiguousarray(samples.photo()[:, index : index + 400])
    return portrait, forge(portrait, seed=index).image


def write_portraits(
    folder: Path, splits: Sequence[str], *, source: str = "portraits", group: str = "v{index}", faceless: int = 0
) -> Path:
    """A portrait and its forgery for each of splits, with manifest.csv; the folder.

    group: the group of each, filled in with index and label. faceless: black pictures beside them, in the last split.
    """
    folder.mkdir(exist_ok=True)
    rows: list[tuple[str, ...]] = []

    def add(name: str, pixels: NDArray[np.uint8], *row: str) -> None:
        PIL.Image.fromarray(pixels).save(folder / name)
        rows.append((name, *row))

    for index, split in enumerate(splits):
        portrait, forged = make_pair(index)
        for label, generator, pixels in (("real", "", portrait), ("fake", "made", forged)):
            add(f"{label}{index}.png", pixels, label, generator, source, group.format(index=index, label=label), split)
    for index in range(faceless):
        add(f"nobody{index}.png", np.zeros((90, 90, 3), np.uint8), "real", "", source, f"nobody{index}", splits[-1])
    return write_manifest(folder, *rows)
