"""docs/metrics.md against what evaluations wrote: every field and every figure stands there, and no other does."""

import json
import re
from pathlib import Path

from detectors.jury.fusion import JURY_METRICS
from detectors.networks.folder import WEIGHTS
from models.architectures.by_key import ARCHITECTURES

ROOT = Path(__file__).parents[2]
NETWORKS = [WEIGHTS / one.key / "metrics.json" for one in ARCHITECTURES if (WEIGHTS / one.key).is_dir()]
WRITTEN = [json.loads(path.read_text(encoding="utf-8")) for path in (JURY_METRICS, *NETWORKS)]
COUNTS = {"n", "real", "fake"}


def documented(table: str) -> set[str]:
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `(\w+)` \|", text.partition(f"| {table} | meaning |")[2].partition("\n\n")[0], re.M))


def test_every_field_of_an_evaluation_is_documented_and_no_other_is() -> None:
    assert {name for written in WRITTEN for name in written} == documented("field")


def test_every_figure_is_documented_and_no_other_is() -> None:
    figures = {name for written in WRITTEN for name in written["overall"]}
    assert figures - COUNTS == documented("figure")
    for written in WRITTEN:
        for name, found in written["overall"].items():
            assert name in COUNTS or isinstance(found, float) or found.keys() == {"value", "low", "high"}
