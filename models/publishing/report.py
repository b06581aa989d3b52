"""The measured tables of the README, as Markdown, from the metrics.json of the built-in detectors.

`facejury models report` writes them between their marks in README.md; a test compares.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from detectors.jury.fusion import JURY_METRICS, JURY_TITLE
from detectors.networks.folder import METRICS, WEIGHTS, read_config
from detectors.networks.metrics import LEFT_OUT, Metrics, is_trained_on, read_metrics
from models.evaluation.document import as_table, write_between
from models.evaluation.intervals import say_figure
from registry import DetectorSpec

MARK, LEFT_OUT_MARK, NETWORKS_MARK = "measured", "left out", "left out, by network"
CALLED = {
    "fakes_called_fake": "of its fakes called fake",
    "fakes_called_real": "called real",
    "coverage": "coverage",
    "right_when_answered_even": "selective accuracy",
}
AUC, BALANCED = "auc", "balanced_accuracy"


def read_all(specs: Sequence[DetectorSpec]) -> dict[str, Metrics]:
    """Title -> metrics.json of each built-in detector; where several are asked for, last of the jury."""
    paths = {spec.title: WEIGHTS / spec.key / METRICS for spec in specs if spec.builtin}
    if len(paths) > 1:
        paths[JURY_TITLE] = JURY_METRICS
    return {title: read_metrics(path) for title, path in paths.items()}


def measured_table(found: Mapping[str, Metrics], specs: Sequence[DetectorSpec]) -> str:
    """One line a data set of the last one's: how many, who was trained on it, each detector's AUC, the last's accuracy.

    "-": a detector that was measured on other data since.
    """
    *_, last = found.values()
    heads = [*(f"{title}: ROC-AUC" for title in found), f"{list(found)[-1]}: balanced accuracy"]
    lines = [["data", "real + fake", "trained on by", *heads]]
    trained_on = {spec: read_config(WEIGHTS / spec.key).trained_on for spec in specs if spec.builtin}
    for source, figures in last["sources"].items():
        seen = [spec.title for spec, sources in trained_on.items() if is_trained_on(source, figures, sources)]
        who = "none" if not seen else "all" if len(seen) == len(trained_on) else ", ".join(seen)
        lines.append(_row(source, who, [metrics["sources"].get(source, {}) for metrics in found.values()]))
    overall = [one["overall"] if one["sources"].keys() == last["sources"].keys() else {} for one in found.values()]
    lines.append(_row("all test splits", "-", overall))
    return as_table(lines)


def left_out_table(found: Mapping[str, Metrics]) -> str:
    """One line a generator: what the jury fitted without it makes of it, and the AUC of the jury that met it."""
    *_, jury = found.values()
    lines = [["left out", "real + fake", "ROC-AUC", "having met it", *CALLED.values()]]
    for name, figures in jury.get(LEFT_OUT, {}).items():
        aucs = [_cell(given, AUC) for given in (figures, jury["generators"].get(name, {}))]
        called = (_cell(figures, what) for what in CALLED)
        lines.append([name, f"{figures['real']} + {figures['fake']}", *aucs, *called])
    return as_table(lines)


def left_out_networks_table(found: Mapping[str, Metrics]) -> str:
    """One line a generator: the AUC of each network that was trained without it.

    An expert that learns from no labelled fake has met none, and stands with its own AUC; "-": not trained without it.
    """
    *networks, last = found
    lines = [["left out", "together with", *(f"{title}: ROC-AUC" for title in networks)]]
    for name, figures in found[last].get(LEFT_OUT, {}).items():
        others = ", ".join(other for other in figures["together"] if other != name)
        lines.append([name, others, *(_say_without(found[title], name, figures["members"]) for title in networks)])
    return as_table(lines)


def _say_without(metrics: Metrics, generator: str, members: Sequence[str]) -> str:
    """members: of the jury that never met it. One that has no figures of its own was asked as it is served."""
    if generator in (noted := metrics.get(LEFT_OUT, {})):
        return _cell(noted[generator], AUC)
    return _cell(metrics["generators"].get(generator, {}), AUC) if metrics["detector"] in members else "-"


def _row(data: str, who: str, figures: Sequence[Metrics]) -> list[str]:
    """Data of one class has no AUC: the share that was right stands there."""
    cells = [_cell(one, AUC) for one in figures]
    return [data, f"{figures[-1]['real']} + {figures[-1]['fake']}", who, *cells, _cell(figures[-1], BALANCED)]


def _cell(figures: Metrics, name: str) -> str:
    """A figure with its interval; for data of one class, the share it got right in place of its AUC; else "-"."""
    if name in figures:
        return say_figure(figures[name])
    return f"{say_figure(figures['accuracy'])} right" if name == AUC and "accuracy" in figures else "-"


def write(readme: Path, specs: Sequence[DetectorSpec]) -> None:
    """Put the measured tables into the README. Raises DataError when one of their marks is missing."""
    found = read_all(specs)
    tables = {MARK: measured_table(found, specs), LEFT_OUT_MARK: left_out_table(found)}
    write_between(readme, tables | {NETWORKS_MARK: left_out_networks_table(found)})
