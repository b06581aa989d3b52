"""From the detectors' p_fake to the jury's: a face is real only if every voice, asked for the traces it knows, agrees.

A voice is one or more detectors made for the same kinds of forgery; its own p_fake is a weighted sum of their logits.
Voices are combined by noisy-or (Pearl 1988): p = 1 - (1 - p_labelled)(1 - p_blended). So one voice that is sure of its
own kind is heard, however little the others see. A last scale and shift make the result a probability, and its two
thresholds the label. All numbers stand in jury.json, which `models/evaluation/fit_fusion.py` writes.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detectors.jury.fusion import MAX_LOGIT, to_logit
from registry import Label, judge

SCHEMA = 2
SENTENCE = (
    "The jury calls a face real only if each group of detectors, asked for the traces it knows, finds it so: "
    "the chances that a group misses a forgery are multiplied."
)


@dataclass(frozen=True)
class Voice:
    """Detectors for the same kinds of forgery. weights: of their logits, none below 0; shift: added to the sum."""

    name: str
    kinds: tuple[str, ...]
    weights: Mapping[str, float]
    shift: float

    def listen(self, p_fakes: Mapping[str, float]) -> float | None:
        """Its p_fake; None where none of its detectors gave a number. The others take the weight of an absent one."""
        present = {key: weight for key, weight in self.weights.items() if weight > 0 and key in p_fakes}
        if not present:
            return None
        share = sum(self.weights.values()) / sum(present.values())
        return to_p(share * sum(weight * to_logit(p_fakes[key]) for key, weight in present.items()) + self.shift)


@dataclass(frozen=True)
class Decision:
    """What follows from these voices together: p_fake = sigmoid(scale x logit of noisy-or + shift), then a label."""

    voices: tuple[str, ...]
    scale: float
    shift: float
    fake_from: float
    real_until: float

    def calibrate(self, p_fakes: Sequence[float]) -> float:
        """The jury's p_fake from those of the voices, to six digits."""
        return round(to_p(self.scale * to_logit(noisy_or(p_fakes)) + self.shift), 6)


@dataclass(frozen=True)
class FusedVerdict:
    """The jury's verdict on a face. voices: the p_fake of each that was heard, by name."""

    p_fake: float
    label: Label
    voices: Mapping[str, float]


@dataclass(frozen=True)
class Fusion:
    """jury.json. decisions: one for each set of voices that may be present. Other detectors count nothing."""

    voices: tuple[Voice, ...]
    decisions: tuple[Decision, ...]

    @property
    def detectors(self) -> tuple[str, ...]:
        """Those that are heard, each once, in the order of the voices."""
        return tuple(dict.fromkeys(key for voice in self.voices for key, weight in voice.weights.items() if weight > 0))

    def fuse(self, p_fakes: Mapping[str, float], *, face_pixels: int | None = None) -> FusedVerdict | None:
        """The jury's verdict. p_fakes: by detector, NaN or missing where one failed. None where nobody is left."""
        numbers = {key: p_fake for key, p_fake in p_fakes.items() if not math.isnan(p_fake)}
        heard = {voice.name: p for voice in self.voices if (p := voice.listen(numbers)) is not None}
        decision = self.find_decision(tuple(heard))
        if decision is None:
            return None
        p_fake = decision.calibrate(tuple(heard.values()))
        thresholds = {"fake_from": decision.fake_from, "real_until": decision.real_until}
        return FusedVerdict(p_fake, judge(p_fake, face_pixels=face_pixels, **thresholds), heard)

    def find_decision(self, voices: Sequence[str]) -> Decision | None:
        """The decision for exactly these voices; None where there is none."""
        return next((decision for decision in self.decisions if set(decision.voices) == set(voices)), None)


def noisy_or(p_fakes: Sequence[float]) -> float:
    """1 - the product of (1 - p): the chance that at least one is right, were they independent."""
    return 1 - math.prod(1 - p_fake for p_fake in p_fakes)


def to_p(logit: float) -> float:
    """The logistic function, of logits kept within 14 either way."""
    return 1 / (1 + math.exp(-max(-MAX_LOGIT, min(MAX_LOGIT, logit))))


def read_fusion(path: Path) -> Fusion:
    """jury.json. Raises ValueError where it is not what is written here."""
    table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if table.get("schema") != SCHEMA:
        raise ValueError(f"{path.name}: schema must be {SCHEMA}, got {table.get('schema')!r}")
    try:
        voices = [Voice(**row | {"kinds": tuple(row["kinds"])}) for row in table["voices"]]
        decisions = [Decision(**row | {"voices": tuple(row["voices"])}) for row in table["decisions"]]
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path.name} cannot be read: {error}") from error
    return Fusion(tuple(voices), tuple(decisions))
