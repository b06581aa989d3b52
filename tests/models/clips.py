"""Clips for the tests, made here: a face whose mouth moves; in the fakes it moves less."""

import csv
from pathlib import Path

import numpy as np
import PIL.Image

FRAMES, STRIPS = 150, 30


def write_clips(folder: Path, groups: str = "abc") -> Path:
    """A folder of clips: of each group a real one and a fake."""
    rng = np.random.default_rng(0)
    shape = rng.uniform(0, 100, (68, 3))
    shape[36:42, :2], shape[42:48, :2] = (30, 40), (70, 40)
    boxes = np.tile(np.array([0, 0, 100, 100], np.int16), (FRAMES, 1))
    with (folder / "manifest.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["clip", "label", "generator", "group", "split"])
        for group in groups:
            for label, generator, size in (("real", "", 8.0), ("fake", "Swap", 1.0)):
                points = np.repeat(shape[None], FRAMES, axis=0) + rng.normal(0, 0.1, (FRAMES, 68, 3))
                points[:, 48:, 1] += size * np.sin(np.arange(FRAMES) / 4)[:, None]
                name = f"{label}-{group}"
                np.savez(folder / f"{name}.npz", landmarks=points.astype(np.float16), boxes=boxes, fps=25.0)
                strip = rng.integers(0, 256, (64, 64 * STRIPS, 3), dtype=np.uint8)
                PIL.Image.fromarray(strip).save(folder / f"{name}.jpg")
                table.writerow([name, label, generator, group, "train"])
    return folder
