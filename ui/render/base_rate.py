"""How common fakes are where a picture comes from: the jury's verdict at each of three base rates."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from detectors.jury.fusion import EVEN, JuryVerdict
from ui.render.wording import say_chance, say_thresholds

RATES = {0.02: "Rare (2 %)", EVEN: "Mixed (50 %)", 0.8: "Common (80 %)"}
STEPS = tuple(RATES)
START = STEPS.index(EVEN)


def say_share(share: float) -> str:
    """A share in per cent, finer towards both ends; never 0 % or 100 %, which nothing counted can show."""
    if not 0.0005 <= share < 0.9995:
        return "under 0.1 %" if share < 0.5 else "over 99.9 %"
    digits = 1 if share < 0.0995 or share >= 0.985 else 0
    return f"{share * 100:.{digits}f}".removesuffix(".0") + " %"


def step_verdicts(jury: JuryVerdict) -> list[JuryVerdict]:
    """The jury's verdict at every base rate that is offered."""
    return [jury.at_base_rate(rate) for rate in RATES]


def move_verdicts(juries: Sequence[JuryVerdict | None]) -> list[list[JuryVerdict | None]]:
    """The jury's verdicts on several faces, at every base rate that is offered."""
    return [[jury.at_base_rate(rate) if jury else None for jury in juries] for rate in RATES]


def scale_steps(juries: Sequence[JuryVerdict]) -> list[dict[str, Any]]:
    """Where the number and the two thresholds stand on the scale at each base rate, as CSS, and what is read out."""
    return [
        {
            "said": f"{say_chance(jury)} {say_thresholds(jury).capitalize()}.",
            "places": {"--p": jury.p_fake, "--real": jury.real_until, "--fake": jury.fake_from},
        }
        for jury in juries
    ]


def as_steps(words: Sequence[Any]) -> str:
    """What an element shows at each base rate, as the page's script reads it."""
    return json.dumps(list(words), ensure_ascii=False)


def as_classes(name: str, labels: Iterable[str]) -> str:
    """The same for the classes of an element whose colour is its label's. name: its other class."""
    return as_steps([f"{name} {label}" for label in labels])
