"""Detectors beside one another, the jury among them: on data that each was trained on, and on data it never saw.

An AUC over several sets is the mean of each set's own, for pooled faces are told apart by their source. Intervals come
from a bootstrap over source videos; differences are paired, on the same faces.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.jury.fusion import JURY_KEY
from detectors.jury.judge import Jury
from detectors.networks.folder import MODEL, read_config
from models.data.face_index import LabelledFace
from models.evaluation.differences import count_groups, keep_common, mean_auc
from models.evaluation.draws import Draws, Scores
from models.evaluation.evaluate import Answers, ask, find_folder, list_two_class
from models.evaluation.fit_jury import add_jury
from models.evaluation.intervals import Estimate, estimate
from models.evaluation.metrics import measure_figure, shipped
from registry import DetectorSpec
from registry.contract import Image

TIMED = 20  # faces by which the milliseconds are measured
DOTS_PER_INCH = 110
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LeaderboardRow:
    """One line. unseen, seen: mean AUC over the sets with both classes that it was not, or was, trained on.

    failed: faces that it gave no number for, which its figures are without; a figure is None where none are left.
    trained_on_known: whether the detector says what it was trained on; all sets are unseen where it does not. sets:
    the AUC on each. coverage, selective_accuracy, false_positive_rate: at its own thresholds, on all faces. megabytes:
    of its network, None where it has none. difference: of its mean AUC over all sets to the first line's, paired, on
    the faces that both gave a number.
    """

    key: str
    title: str
    looks_for: str
    failed: int
    trained_on_known: bool
    unseen: Estimate | None
    seen: Estimate | None
    sets: Mapping[str, Estimate | None]
    coverage: Estimate | None
    selective_accuracy: Estimate | None
    false_positive_rate: Estimate | None
    milliseconds: float | None
    megabytes: float | None
    license: str
    difference: Estimate | None = None


@dataclass(frozen=True)
class Leaderboard:
    """The rows, the best on unseen data first. curves: key -> (false, true) positive rates over all faces."""

    rows: Sequence[LeaderboardRow]
    curves: Mapping[str, tuple[Floats, Floats]]
    faces: int
    sets: Sequence[str]

    def as_dict(self) -> dict[str, Any]:
        """The JSON form, without the curves."""
        return {"faces": self.faces, "sets": list(self.sets), "rows": [asdict(row) for row in self.rows]}


def measure_leaderboard(specs: Sequence[DetectorSpec], faces: Sequence[LabelledFace]) -> Leaderboard:
    """Ask every detector about every face. The jury is a line of its own where all of its members are among them."""
    answers, jury = add_jury(ask(specs, faces))
    timed = _time(specs, faces[:TIMED])
    lines = [*specs, *([jury] if jury else [])]
    trained = {spec.key: _list_trained_on(spec) for spec in specs}
    if jury:
        members = [trained[spec.key] for spec in specs if spec.builtin]
        trained[JURY_KEY] = frozenset().union(*(known for known in members if known))
    rows = [_make_row(answers, spec, trained[spec.key], timed.get(spec.key)) for spec in lines]
    rows.sort(key=lambda row: (not row.unseen, -(row.unseen or row.seen or Estimate(0, 0, 0)).value))
    rows = [rows[0], *(replace(row, difference=_differ(answers, row.key, rows[0].key)) for row in rows[1:])]
    curves = {spec.key: _draw_curve(_answered(answers.scores(spec.key))) for spec in lines}
    return Leaderboard(rows, curves, len(faces), list_two_class(answers))


def _make_row(
    answers: Answers, spec: DetectorSpec, trained_on: frozenset[str] | None, spent: float | None
) -> LeaderboardRow:
    sets, scores = list_two_class(answers), _answered(answers.scores(spec.key))
    draws = Draws.of(scores)
    shares = shipped(spec.fake_from, spec.real_until).items()
    figures = {name: _known(measure_figure(figure, draws)) for name, figure in shares}
    seen = [name for name in sets if trained_on and name in trained_on]
    unseen = [name for name in sets if name not in seen]
    folder = find_folder(spec) if spec.key != JURY_KEY else None
    return LeaderboardRow(
        spec.key,
        spec.title,
        spec.looks_for,
        len(answers.faces) - len(scores.p_fake),
        trained_on is not None,
        _estimate_mean(answers, spec.key, unseen),
        _estimate_mean(answers, spec.key, seen),
        {name: _estimate_mean(answers, spec.key, [name]) for name in sets},
        figures["coverage"],
        figures["right_when_answered"],
        figures["reals_called_fake"],
        spent,
        round((folder / MODEL).stat().st_size / 1e6, 1) if folder else None,
        read_config(folder).license if folder else "",
    )


def _list_trained_on(spec: DetectorSpec) -> frozenset[str] | None:
    """The sets that a detector's model folder names; None where it does not say."""
    folder = find_folder(spec)
    return (frozenset(read_config(folder).trained_on) or None) if folder else None


def _estimate_mean(answers: Answers, key: str, sets: Sequence[str]) -> Estimate | None:
    if not sets:
        return None
    return _known(estimate(mean_auc(answers, key, sets), groups=count_groups(answers, key, sets)))


def _differ(answers: Answers, key: str, best: str) -> Estimate | None:
    both = keep_common(answers, (key, best))
    sets = list_two_class(both)
    return estimate(mean_auc(both, key, sets) - mean_auc(both, best, sets)) if sets else None


def _known(figure: Estimate) -> Estimate | None:
    return None if np.isnan(figure.value) else figure


def _answered(scores: Scores) -> Scores:
    return scores.where(~np.isnan(scores.p_fake))


def _time(specs: Sequence[DetectorSpec], faces: Sequence[LabelledFace]) -> dict[str, float]:
    """The median milliseconds of a verdict, each detector loaded before."""
    with Jury(specs) as jury:
        spent = {spec.key: [jury.judge(spec, _show(spec, face)).milliseconds for face in faces] for spec in specs}
    return {key: round(float(np.median(times)), 1) for key, times in spent.items() if times}


def _show(spec: DetectorSpec, face: LabelledFace) -> Image:
    return face.crop() if spec.expects == "face" else face.read()


def _draw_curve(scores: Scores) -> tuple[Floats, Floats]:
    """The ROC curve over all faces: false and true positive rates, from none to all."""
    if not len(scores.p_fake):
        return np.zeros(0), np.zeros(0)
    order = np.argsort(-scores.p_fake, kind="stable")
    labels, ends = scores.labels[order], np.flatnonzero(np.r_[np.diff(scores.p_fake[order]) < 0, True])
    fakes, reals = np.cumsum(labels)[ends], np.cumsum(1 - labels)[ends]
    return np.r_[0.0, reals / max(1, reals[-1])], np.r_[0.0, fakes / max(1, fakes[-1])]


def draw(board: Leaderboard, path: Path) -> None:
    """A PNG: the ROC curves over one another, and each detector's AUC on each set as a dot with its interval."""
    from matplotlib.figure import Figure  # without pyplot: no window, no state

    figure = Figure(figsize=(11, 4.8), dpi=DOTS_PER_INCH, layout="constrained")
    curves, dots = figure.subplots(1, 2, width_ratios=(1, 1.3))
    curves.plot([0, 1], [0, 1], color="#8a8a8a", linewidth=0.8, linestyle=":")
    for place, row in enumerate(board.rows):
        [line] = curves.plot(*board.curves[row.key], label=row.title)
        known = {height: one for height, name in enumerate(board.sets) if (one := row.sets[name])}
        heights = np.array([*known]) + (place - len(board.rows) / 2) * 0.7 / len(board.rows)
        found = [*known.values()]
        margins = [[one.value - one.low for one in found], [one.high - one.value for one in found]]
        values = [one.value for one in found]
        dots.errorbar(values, heights, xerr=margins, fmt="o", markersize=4, color=line.get_color(), capsize=2)
    curves.set(xlabel="false-positive rate", ylabel="true-positive rate", title=f"ROC, all {board.faces} faces")
    curves.legend(loc="lower right", fontsize=8)
    dots.axvline(0.5, color="#8a8a8a", linewidth=0.8, linestyle=":")
    dots.set_yticks(range(len(board.sets)), board.sets, fontsize=8)
    dots.set(xlabel="ROC-AUC with its 95 % interval", title="Set by set")
    figure.savefig(path, metadata={"Software": None})
