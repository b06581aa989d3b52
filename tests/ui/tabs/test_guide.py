"""The Guide tab."""

import json

from detectors.jury.judge import Jury
from detectors.networks.folder import WEIGHTS
from registry import load_registry
from tests.ui.jurors import JURY
from ui.render.wording import say_measured_share
from ui.tabs.guide import draw_guide


def test_its_examples_of_failure_are_the_evaluations_own_figures() -> None:
    html = draw_guide(Jury(load_registry().choose(["efficientnet"])))
    sources = json.loads((WEIGHTS / "efficientnet" / "metrics.json").read_text())["sources"]
    missed = min(
        (found["fakes_called_fake"]["value"], name) for name, found in sources.items() if "fakes_called_fake" in found
    )
    assert f'<em translate="no">{missed[1]}</em>' in html
    assert f"it called {say_measured_share(sources[missed[1]]['fakes_called_fake'])} fake" in html


def test_it_says_what_is_not_covered_whoever_sits_on_the_jury() -> None:
    html = draw_guide(Jury(JURY))
    for said in ("in motion or in sound", "Generated scenes", "consent", "Not to accuse a person", "Inconclusive"):
        assert said in html
    assert "No detector on this page comes with measurements" in html
