import numpy as np
import pytest
from numpy.random import default_rng

from models.data.speech import EVAL_VOCODER, SpeechWindow, SpeechWindows
from models.evaluation.draws import Draws, Scores
from models.evaluation.sound.voices import equal_error_rate, measure_sets, say_share


def test_the_equal_error_rate_is_where_both_errors_meet() -> None:
    rng = default_rng(0)
    labels = np.repeat([0, 1], 500)
    p_fake = 1 / (1 + np.exp(-rng.normal(labels * 1.5)))
    draws = Draws.of(Scores(p_fake, labels, np.arange(1000).astype(np.str_)), resamples=5)
    errors = [((p_fake[labels == 0] >= at).mean(), (p_fake[labels == 1] < at).mean()) for at in np.sort(p_fake)]
    nearest = min(errors, key=lambda pair: abs(pair[0] - pair[1]))
    assert equal_error_rate(draws)[0] == pytest.approx(np.mean(nearest), abs=0.002)


def test_scores_that_say_nothing_are_within_chance() -> None:
    def window(place: int) -> SpeechWindow:
        kind, source = EVAL_VOCODER if place % 2 else "", "st"[place // 2 % 2]  # both name their speakers alike
        return SpeechWindow(
            label=place % 2, source=source, speaker=f"p{place // 4}", split="eval", kind=kind, codec="", length=1
        )

    windows = SpeechWindows([window(place) for place in range(200)], np.zeros((200, 1), np.int16))
    found = measure_sets(windows, default_rng(1).random(200), fake_from=0.9, real_until=0.0)
    row = found["sources and vocoder left out (linear prediction)"]
    assert (row["real"], row["fake"], row["speakers"]) == (100, 100, 100)
    assert row["auc"]["low"] < row["auc_by_chance"][1] and 0.05 < row["coverage"]["value"] < 0.2
    assert "sources and synthesiser left out (Flite)" not in found
    silent = measure_sets(windows, default_rng(1).random(200), fake_from=1.0, real_until=0.0).values()
    assert [say_share(one["right_when_answered"]) for one in silent] == ["none"] * len(silent)
