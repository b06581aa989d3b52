from typing import Any

import numpy as np
import pytest

from detectors.builtin import voice


def test_a_short_sound_is_heard_as_often_as_fills_the_window() -> None:
    examine: Any = voice.load()
    heard = np.random.default_rng(0).uniform(-0.3, 0.3, voice.SAMPLES // 4).astype(np.float32)
    p_fake = examine(heard, voice.RATE)
    assert 0 < p_fake < 1
    assert examine(np.tile(heard, 4)) == pytest.approx(p_fake, abs=1e-6)
    assert examine(np.tile(heard, 2)[: voice.SAMPLES // 3]) != pytest.approx(p_fake, abs=1e-6)


@pytest.mark.parametrize(("shape", "rate"), [((0,), voice.RATE), ((100, 2), voice.RATE), ((100,), 8000)])
def test_what_is_no_sound_of_its_rate_is_refused(shape: tuple[int, ...], rate: int) -> None:
    with pytest.raises(ValueError, match="samples"):
        voice.VoiceDetector(None).examine(np.zeros(shape, np.float32), rate)
