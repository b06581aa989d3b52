"""The two pictures of a model card, drawn from the curves in metrics.json."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROC, RELIABILITY = "roc.png", "reliability.png"
SIDE_INCHES, DOTS_PER_INCH = 4.8, 110
BLUE, GREY = "#2b5b9e", "#8a8a8a"


def draw(curves: Mapping[str, Any], folder: Path, *, title: str) -> None:
    """Write roc.png and reliability.png, or nothing where there are no curves."""
    if curves:
        _draw_roc(curves["roc"], folder / ROC, title)
        _draw_reliability(curves["reliability"], folder / RELIABILITY, title)


def _draw_roc(roc: Mapping[str, list[float]], path: Path, title: str) -> None:
    figure, axes = _open(f"{title}: ROC, all test splits")
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=":")
    axes.plot(roc["fpr"], roc["tpr"], color=BLUE)
    axes.set(xlabel="real faces called fake", ylabel="fakes called fake")
    _save(figure, path)


def _draw_reliability(bins: list[Mapping[str, float]], path: Path, title: str) -> None:
    """A dot for each bin, its area by how many faces it holds; on the diagonal p_fake means what it says."""
    figure, axes = _open(f"{title}: reliability, all test splits")
    most = max(one["count"] for one in bins)
    areas = [12 + 240 * one["count"] / most for one in bins]
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=":")
    axes.plot([one["p_fake"] for one in bins], [one["fake"] for one in bins], color=BLUE, linewidth=0.8)
    axes.scatter([one["p_fake"] for one in bins], [one["fake"] for one in bins], s=areas, color=BLUE, alpha=0.6)
    axes.set(xlabel="mean p_fake of the bin", ylabel="share that was fake")
    _save(figure, path)


def _open(title: str) -> tuple[Any, Any]:
    from matplotlib.figure import Figure  # without pyplot: no window, no state

    figure = Figure(figsize=(SIDE_INCHES, SIDE_INCHES), dpi=DOTS_PER_INCH, layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, fontsize=10)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    return figure, axes


def _save(figure: Any, path: Path) -> None:
    figure.savefig(path, metadata={"Software": None})
