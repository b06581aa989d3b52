"""The words of the base rate's slider."""

import json

import pytest

from detectors.jury.fusion import JuryVerdict
from ui.render.base_rate import START, as_steps, say_share, step_verdicts
from ui.render.wording import say_jury


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "under 0.1 %"), (0.001, "0.1 %"), (0.01, "1 %"), (0.5, "50 %"), (0.995, "99.5 %"), (1.0, "over 99.9 %")],
)
def test_a_share_is_never_nothing_and_never_all(share: float, words: str) -> None:
    assert say_share(share) == words


def test_the_slider_starts_at_the_verdict_itself_and_rises() -> None:
    jury = JuryVerdict(0.93, "fake", 0.9, 0.2)
    steps = step_verdicts(jury)
    assert steps[START] == jury
    p_fakes = [step.p_fake for step in steps]
    assert p_fakes == sorted(p_fakes)
    assert (
        json.loads(as_steps([say_jury(step) for step in steps]))[0]
        == "The jury: inconclusive. Estimated chance of fake: 1 %."
    )
