"""docs/integrations.md is run as it stands there, on a folder of pictures of every outcome."""

import json
import re
import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from detectors.conformance import samples
from detectors.jury.fusion import JURY_KEY
from detectors.scan.table import COLUMNS
from tests.command import FACEJURY
from tests.docs.pages import find_blocks

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "integrations.md").read_text()


def blocks(language: str) -> list[str]:
    return find_blocks(TEXT, language)


def run(line: str, folder: Path) -> str:
    """One line of a page, in this folder. Returns what it printed."""
    program, *arguments = shlex.split(line)
    start = {"facejury": FACEJURY, "python": [sys.executable]}[program]
    done = subprocess.run([*start, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A portrait, its forgery, one that is damaged, one without a face."""
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "portrait.png").write_bytes(samples.as_png(samples.photo()))
    (folder / "forged.png").write_bytes(samples.as_png(samples.forgeries("image")[0]))
    (folder / "damaged.png").write_bytes(samples.as_png(samples.photo())[:200])
    (folder / "nobody.png").write_bytes(samples.as_png(samples.noise()))
    return folder


def test_the_check_lets_go_on_only_what_the_jury_calls_real_in_every_face(photos: Path) -> None:
    photos.rename(photos.parent / "incoming")
    (photos.parent / "sort_out.py").write_text(blocks("python")[0])
    scan, sort_out = blocks("bash")[0].splitlines()
    run(scan, photos.parent)
    names = ("portrait.png", "forged.png", "damaged.png", "nobody.png")
    asked = dict.fromkeys(names, "ask a person")
    assert sort(sort_out, photos.parent) == asked  # the portrait is crisp: an expert holds "real" back
    table = photos.parent / "verdicts.jsonl"
    rows = [json.loads(line) for line in table.read_text().splitlines()]
    (judged,) = (row for row in rows if row["path"].endswith("portrait.png") and row["detector"] == JURY_KEY)
    judged["label"] = "real"
    table.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    assert sort(sort_out, photos.parent) == asked | {"portrait.png": "go on"}
    (photos.parent / "incoming" / "portrait.png").unlink()  # it has moved on; its rows stay
    assert "portrait.png" not in sort(sort_out, photos.parent)


def test_before_the_first_picture_nothing_is_sorted(tmp_path: Path) -> None:
    (tmp_path / "sort_out.py").write_text(blocks("python")[0])
    assert run(blocks("bash")[0].splitlines()[1], tmp_path) == ""


def sort(line: str, folder: Path) -> dict[str, str]:
    """What the check says of each picture, by its name."""
    said = [line.split("\t") for line in run(line, folder).splitlines()]
    return {Path(path).name: word for word, path in said}


def test_pandas_reads_the_table_of_a_scan(photos: Path) -> None:
    run(blocks("bash")[2].strip(), photos.parent)
    (photos.parent / "look.py").write_text(blocks("python")[2])
    printed = run("python look.py", photos.parent)
    assert printed.count("portrait.png") == 2


def test_sql_reads_the_table_of_a_scan(photos: Path) -> None:
    run(blocks("bash")[3].strip(), photos.parent)
    with sqlite3.connect(photos.parent / "verdicts.sqlite") as connection:
        rows = connection.execute(blocks("sql")[0]).fetchall()
    assert {Path(path).name for path, _ in rows} >= {"portrait.png"}
    assert all(0 <= most <= 1 for _, most in rows)


def test_the_columns_of_a_table_are_those_of_the_page_on_scans() -> None:
    lines = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", (DOCS / "scan.md").read_text(), flags=re.MULTILINE)
    assert tuple(re.findall(r"\w+", " ".join(lines))) == COLUMNS
