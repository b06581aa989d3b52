import numpy as np

from models.architectures import voice


def test_the_voice_network_hears_neither_gain_nor_direct_current() -> None:
    model = voice.build()
    assert model.count_params() <= 500_000
    heard = np.random.default_rng(0).standard_normal((1, voice.SAMPLES)).astype(np.float32) * 0.1
    logits = [float(model(one)[0, 0]) for one in (heard, heard / 5 + 0.2, heard[:, ::-1].copy())]
    assert abs(logits[0] - logits[1]) < 1e-3
    assert abs(logits[0] - logits[2]) > 1e-3
