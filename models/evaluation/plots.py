"""The pictures of a model card, drawn from metrics.json: ROC, reliability, and robustness where it was swept."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.evaluation.robustness.recompression import AS_IT_IS
from models.evaluation.robustness.sweeps import SAY_LEVEL

ROC, RELIABILITY, ROBUSTNESS = "roc.png", "reliability.png", "robustness.png"
SIDE_INCHES, DOTS_PER_INCH = 4.8, 110
BLUE, GREY = "#2b5b9e", "#8a8a8a"


def draw(metrics: Mapping[str, Any], folder: Path, *, title: str) -> None:
    """Write roc.png and reliability.png where there are curves, robustness.png where there are sweeps."""
    folder.mkdir(parents=True, exist_ok=True)
    if curves := metrics["curves"]:
        _draw_roc(curves["roc"], folder / ROC, title)
        _draw_reliability(curves["reliability"], folder / RELIABILITY, title)
    if swept := metrics.get("sweeps"):
        _draw_robustness(swept, folder / ROBUSTNESS, title)


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


def _draw_robustness(swept: Mapping[str, Any], path: Path, title: str) -> None:
    """A panel a kind: balanced accuracy with its interval from the faces as they are to the worst level."""
    kinds = [kind for kind in swept if kind != AS_IT_IS]
    figure = _make_figure(SIDE_INCHES * 1.8, SIDE_INCHES * 0.7)
    figure.suptitle(f"{title}: balanced accuracy on degraded faces", fontsize=10)
    for axes, kind in zip(figure.subplots(1, len(kinds), sharey=True), kinds, strict=True):
        rows = [row for row in (*swept[AS_IT_IS], *swept[kind]) if "balanced_accuracy" in row]
        found = [row["balanced_accuracy"] for row in rows]
        margins = [[one["value"] - one["low"] for one in found], [one["high"] - one["value"] for one in found]]
        axes.errorbar(range(len(rows)), [one["value"] for one in found], margins, color=BLUE, capsize=2, marker="o")
        axes.axhline(0.5, color=GREY, linewidth=0.8, linestyle=":")
        levels = [f"{row['level']:g}" if row["level"] else "as is" for row in rows]
        axes.set_xticks(range(len(rows)), levels, fontsize=7)
        axes.set(xlabel=f"{kind}, {SAY_LEVEL[kind].format('…')}", ylim=(0.3, 1.02))
    _save(figure, path)


def _open(title: str) -> tuple[Any, Any]:
    figure = _make_figure(SIDE_INCHES, SIDE_INCHES)
    axes = figure.add_subplot()
    axes.set_title(title, fontsize=10)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    return figure, axes


def _make_figure(width: float, height: float) -> Any:
    from matplotlib.figure import Figure  # without pyplot: no window, no state

    return Figure(figsize=(width, height), dpi=DOTS_PER_INCH, layout="constrained")


def _save(figure: Any, path: Path) -> None:
    figure.savefig(path, metadata={"Software": None})
