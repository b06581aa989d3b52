"""The short notebook: a detector of one's own on the leaderboard, in two cells."""

import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.command import ROOT

NAME = "notebooks/own_detector.ipynb"


@pytest.mark.slow
def test_two_cells_put_an_own_detector_on_the_leaderboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for part in ("benchmarks", "detectors", "models", "registry", "text", "pyproject.toml"):
        (tmp_path / part).symlink_to(ROOT / part)
    shutil.copy(ROOT / "facejury.py", tmp_path)
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    book = nbformat.read(ROOT / NAME, as_version=4)
    resources = {"metadata": {"path": tmp_path / "notebooks"}}
    NotebookClient(book, timeout=None, kernel_name="python3", resources=resources).execute()
    outputs = [output for cell in book.cells for output in cell.get("outputs", ())]
    [table] = [output.data["text/markdown"] for output in outputs if "text/markdown" in output.get("data", {})]
    titles = {line.split(" | ")[0].strip("| ") for line in table.splitlines()}
    assert {"My edges", "The jury", "Blend expert"} <= titles, titles
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not [output.text for output in outputs if output.get("name") == "stderr"]


def test_it_stands_here_without_outputs_and_has_two_cells_of_code() -> None:
    code = [cell for cell in nbformat.read(ROOT / NAME, as_version=4).cells if cell.cell_type == "code"]
    assert len(code) == 2
    assert not any(cell.outputs for cell in code)
