"""The words of the base rate's slider."""

import json

import pytest

from detectors.jury.fusion import Chance, chance_of_fake
from registry import Verdict, load_registry
from ui.render.base_rate import RATES, as_steps, say_chance, say_chances, say_share


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "under 0.1 %"), (0.001, "0.1 %"), (0.01, "1 %"), (0.5, "50 %"), (0.995, "99.5 %"), (1.0, "over 99.9 %")],
)
def test_a_share_is_never_nothing_and_never_all(share, words):
    assert say_share(share) == words


def test_a_chance_is_said_with_its_interval():
    assert say_chance(Chance(0.34, 0.281, 0.41)) == "34 % (28 % to 41 %)"


def test_the_slider_and_the_command_line_say_the_same():
    specs = load_registry(blocked=()).detectors
    verdicts = [Verdict(spec.key, spec.title, 0.9, "fake", spec.fake_from, spec.real_until, 1.0) for spec in specs]
    expected = [say_chance(chance_of_fake(verdicts, rate)) for rate in RATES]
    assert say_chances(verdicts) == expected
    assert json.loads(as_steps(expected)) == expected


def test_a_split_that_was_never_counted_has_no_steps():
    assert say_chances([Verdict("unlisted", "Unlisted", 0.9, "fake", 0.7, 0.3, 1.0)]) == []
