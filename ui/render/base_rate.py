"""How common fakes are where a photo comes from: the jury's verdict at each step of a slider in the browser."""

import json
from collections.abc import Sequence

from detectors.jury.fusion import EVEN, JuryVerdict

RATES = (0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99)  # the slider's steps
START = RATES.index(EVEN)


def say_share(share: float) -> str:
    """A share in per cent, finer towards both ends; never 0 % or 100 %, which nothing counted can show."""
    if not 0.0005 <= share < 0.9995:
        return "under 0.1 %" if share < 0.5 else "over 99.9 %"
    digits = 1 if share < 0.0995 or share >= 0.985 else 0
    return f"{share * 100:.{digits}f}".removesuffix(".0") + " %"


def step_verdicts(jury: JuryVerdict) -> list[JuryVerdict]:
    """The jury's verdict at every step of the slider."""
    return [jury.at_base_rate(rate) for rate in RATES]


def as_steps(words: Sequence[str]) -> str:
    """What an element shows at each step, as the page's script reads it."""
    return json.dumps(list(words), ensure_ascii=False)
