"""What was not measured is not drawn."""

from pathlib import Path

from models.evaluation.plots import draw


def test_without_curves_or_sweeps_nothing_is_drawn(tmp_path: Path) -> None:
    draw({"curves": {}}, tmp_path / "plots", title="Mine")
    assert list((tmp_path / "plots").iterdir()) == []
