import numpy as np
import pytest

from detectors.networks.folder import SOUND_SAMPLES, WEIGHTS, load_hearing
from registry.contract import AUDIO_RATE


def test_a_short_sound_is_heard_as_often_as_fills_the_window() -> None:
    network = load_hearing(WEIGHTS / "voice")
    heard = np.random.default_rng(0).uniform(-0.3, 0.3, SOUND_SAMPLES // 4).astype(np.float32)
    p_fake = network.examine(heard, AUDIO_RATE)
    assert 0 < p_fake < 1
    assert network.examine(np.tile(heard, 4), AUDIO_RATE) == pytest.approx(p_fake, abs=1e-6)
    assert network.examine(np.tile(heard, 2)[: SOUND_SAMPLES // 3], AUDIO_RATE) != pytest.approx(p_fake, abs=1e-6)


@pytest.mark.parametrize(("shape", "rate"), [((0,), AUDIO_RATE), ((100, 2), AUDIO_RATE), ((100,), 8000)])
def test_what_is_no_sound_of_its_rate_is_refused(shape: tuple[int, ...], rate: int) -> None:
    with pytest.raises(ValueError, match="samples"):
        load_hearing(WEIGHTS / "voice").examine(np.zeros(shape, np.float32), rate)
