"""manifest.csv, as the data sets of tests have it."""

import csv
from pathlib import Path

COLUMNS = ("path", "label", "generator", "source", "group", "split")


def write_manifest(folder: Path, *rows: tuple[str, ...]) -> Path:
    """The folder, made where it is missing, with a row of COLUMNS for each picture, and an empty file where none is."""
    folder.mkdir(exist_ok=True)
    with (folder / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    for path, *_ in rows:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    return folder
