"""What was measured of the shipped networks and of the jury, as their metrics.json say it."""

import pytest

from detectors.jury.fusion import JURY_METRICS
from detectors.networks.folder import METRICS, WEIGHTS
from detectors.networks.metrics import read_metrics
from registry import load_registry

OF_FACES = [spec.key for spec in load_registry() if spec.builtin and spec.expects == "face"]
JURY = read_metrics(JURY_METRICS)
NETWORKS = {key: read_metrics(WEIGHTS / key / METRICS) for key in OF_FACES}
BOTH_CLASSES = [name for name, found in JURY["sources"].items() if "auc" in found]
# Its classes are framed differently: the landmarks alone tell them apart, so that nothing is chosen by it.
FRAMED_BY_CLASS = "stylegan2-unsplash"


@pytest.mark.parametrize("source", [name for name in BOTH_CLASSES if name != FRAMED_BY_CLASS])
def test_on_each_set_the_jury_is_about_as_good_as_the_best_detector_alone(source: str) -> None:
    best = max(metrics["sources"][source]["auc"]["value"] for metrics in NETWORKS.values())
    assert JURY["sources"][source]["auc"]["value"] >= best - 0.01


@pytest.mark.parametrize("source", [name for name in BOTH_CLASSES if name in NETWORKS["efficientnet"]["shortcuts"]])
def test_the_jury_sees_more_than_pose_framing_softness_and_colours_tell(source: str) -> None:
    probes = NETWORKS["efficientnet"]["shortcuts"][source]
    assert JURY["sources"][source]["auc"]["low"] > max(probes[kind]["value"] for kind in ("geometry", "pixels"))
