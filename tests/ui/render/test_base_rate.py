"""The base rates that are offered, and shares in words."""

import json

import pytest

from detectors.jury.fusion import JuryVerdict
from ui.render.base_rate import START, as_steps, say_share, step_verdicts
from ui.render.wording import say_chance


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "under 0.1 %"), (0.001, "0.1 %"), (0.01, "1 %"), (0.5, "50 %"), (0.995, "99.5 %"), (1.0, "over 99.9 %")],
)
def test_a_share_is_never_nothing_and_never_all(share: float, words: str) -> None:
    assert say_share(share) == words


def test_the_middle_base_rate_is_the_verdict_itself_and_the_others_lie_on_both_sides() -> None:
    jury = JuryVerdict(0.93, "fake", 0.9, 0.2)
    steps = step_verdicts(jury)
    assert steps[START] == jury
    p_fakes = [step.p_fake for step in steps]
    assert p_fakes == sorted(p_fakes)
    assert p_fakes[0] < jury.p_fake < p_fakes[-1]
    assert json.loads(as_steps([say_chance(step) for step in steps]))[0] == "Estimated chance of fake: 21 %."
    assert [step.label for step in steps] == ["inconclusive", "fake", "fake"]
