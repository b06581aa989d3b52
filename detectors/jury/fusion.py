"""From the verdicts in hand to the jury's own.

No detector is asked again. The jury's p_fake is a logistic regression over the logits of its members, the built-in
detectors that jury.json names, as far as they gave a number; what was fitted for each set of them stands there, written
by `facejury models fit-jury`. An expert that is not weighed can still hold "real" back, see `weigh`.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from detectors.networks.folder import MODEL, WEIGHTS, ArtifactError, read_config
from registry import Label, Verdict, judge

JURY, JURY_METRICS = (Path(__file__).with_name(name) for name in ("jury.json", "jury-metrics.json"))
JURY_KEY, JURY_TITLE = "jury", "The jury"  # as they stand among the detectors'
MAX_LOGIT = 14.0  # p_fake is kept to six digits
EVEN = 0.5  # the base rate that p_fake is given for: as many fakes as real faces


@dataclass(frozen=True)
class JuryVerdict:
    """The jury's verdict on a face. p_fake: as if half of all faces were fake.

    fake_from, real_until: the thresholds behind the label; None in what was stored before they were kept.
    held_back_by: the key of the expert but for whom the face would be called real; empty where there is none. p_fake is
    real_until then, and weighed what the others say together; else None, as in what was stored before it was kept.
    """

    p_fake: float
    label: Label
    fake_from: float | None = None
    real_until: float | None = None
    held_back_by: str = ""
    weighed: float | None = None

    def at_base_rate(self, base_rate: float) -> "JuryVerdict":
        """The verdict where this share of the faces is fake, by Bayes' rule on the jury's likelihood ratio.

        The label is never firmer than the one for even odds, and inconclusive where the new p_fake no longer bears it
        out: it takes a p_fake beyond the threshold and beyond where the threshold is moved by the same rule, and the
        farther of the two is the new threshold. A face that was held back from "real" stays so while the others alone
        would call it real. base_rate: in [0, 1].
        """
        if base_rate == EVEN:
            return self
        p_fake = _move(self.p_fake if self.weighed is None else self.weighed, base_rate)
        fake_from, real_until = self.fake_from or EVEN, EVEN if self.real_until is None else self.real_until
        holds = {"fake": p_fake >= fake_from, "real": p_fake < real_until}.get(self.label, True)
        found = replace(self, p_fake=p_fake, label=self.label if holds else "inconclusive")
        if base_rate not in (0.0, 1.0) and self.fake_from is not None and self.real_until is not None:
            fake_from = max(fake_from, _move(fake_from, base_rate))
            real_until = min(real_until, _move(real_until, base_rate))
            found = replace(found, fake_from=fake_from, real_until=real_until)
        if not self.held_back_by:
            return found
        if self.weighed is None or p_fake < real_until:
            return replace(found, p_fake=real_until, weighed=None if self.weighed is None else p_fake)
        return replace(found, held_back_by="", weighed=None)


def _move(p_fake: float, base_rate: float) -> float:
    """What even odds say, at another base rate, by Bayes' rule. Not rounded: thresholds may lie as near as 1e-9."""
    return base_rate if base_rate in (0.0, 1.0) else to_p(to_logit(p_fake) + to_logit(base_rate))


@dataclass(frozen=True)
class Agreement:
    """How many measured detectors gave a number, and how many of those say fake."""

    voting: int
    fake: int


def fuse(verdicts: Sequence[Verdict], *, doubt: str | None = None) -> JuryVerdict | None:
    """The jury's verdict; None when no member gave a number. doubt: see judge."""
    counted = [verdict for verdict in verdicts if verdict.measured]
    p_fakes = {verdict.detector: verdict.p_fake for verdict in counted if verdict.p_fake is not None}
    row = find_fitted(p_fakes)
    if row is None:
        return None
    (weighed, held_back_by), fake_from, real_until = _hear(row, p_fakes), row["fake_from"], row["real_until"]
    p_fake = real_until if held_back_by else weighed
    label = judge(p_fake, fake_from=fake_from, real_until=real_until, doubt=doubt)
    said = JuryVerdict(p_fake, label, fake_from, real_until)
    return replace(said, held_back_by=held_back_by, weighed=weighed) if held_back_by and doubt is None else said


def find_fitted(keys: Iterable[str]) -> Mapping[str, Any] | None:
    """What was fitted for the jury's members among these detectors; None where there is none among them."""
    return find_subset(read_table(JURY), set(keys) & known_detectors())


def weigh(row: Mapping[str, Any], p_fakes: Mapping[str, float]) -> float:
    """The jury's p_fake, to six digits. row: a subset of jury.json, all of whose detectors have a number.

    Where an expert doubts it is at least real_until, so that what the others take for real is inconclusive.
    """
    weighed, held_back_by = _hear(row, p_fakes)
    return float(row["real_until"]) if held_back_by else weighed


def _hear(row: Mapping[str, Any], p_fakes: Mapping[str, float]) -> tuple[float, str]:
    """What the weighed say together, and who holds "real" back: the key of an expert who reaches doubt_from."""
    logit = row["shift"] + sum(weight * to_logit(p_fakes[key]) for key, weight in row["weights"].items())
    weighed = round(to_p(logit), 6)
    if weighed < row["real_until"]:
        for key, doubt_from in row.get("doubt_from", {}).items():
            if p_fakes[key] >= doubt_from:
                return weighed, key
    return weighed, ""


def to_logit(p_fake: float) -> float:
    """log(p / (1 - p)), kept finite."""
    if p_fake in (0.0, 1.0):
        return math.copysign(MAX_LOGIT, p_fake - 0.5)
    return max(-MAX_LOGIT, min(MAX_LOGIT, math.log(p_fake / (1 - p_fake))))


def to_p(logit: float) -> float:
    """The logistic function, 1 / (1 + exp(-logit)), without overflow."""
    return 1 / (1 + math.exp(-logit)) if logit > -700 else 0.0


def agree(verdicts: Sequence[Verdict]) -> Agreement | None:
    """How the measured detectors split; None when none of them gave a number."""
    voting = [verdict for verdict in verdicts if verdict.measured and verdict.p_fake is not None]
    return Agreement(len(voting), sum(verdict.label == "fake" for verdict in voting)) if voting else None


def as_json(value: JuryVerdict | Agreement | None) -> dict[str, Any] | None:
    """The documented JSON form."""
    return None if value is None else asdict(value)


def hash_jury() -> str:
    """Which jury this is: the SHA-256 of jury.json."""
    return hashlib.sha256(JURY.read_bytes()).hexdigest()


def known_detectors() -> set[str]:
    """The keys of the jury's members: the detectors whose numbers it weighs.

    A network that was put in the place of a member's is none, for the weights were fitted on another.
    """
    return {key for key, digest in read_table(JURY)["members"].items() if digest == hash_network(key)}


@cache
def hash_network(key: str) -> str:
    """The SHA-256 of a built-in detector's network, as its config.json has it; "" where there is none."""
    try:
        return read_config(WEIGHTS / key).files[MODEL]
    except (ArtifactError, OSError):
        return ""


def find_subset(table: dict[str, Any], keys: Iterable[str]) -> dict[str, Any] | None:
    """What a table says of exactly these detectors."""
    wanted = sorted(keys)
    return next((row for row in table["subsets"] if row["detectors"] == wanted), None)


@cache
def read_table(path: Path) -> dict[str, Any]:
    """A fitted table; one without members where none was fitted yet."""
    if not path.is_file():
        return {"members": {}, "subsets": []}
    table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return table
