"""Verdicts in words that cannot be misread: always the share of fake, never how sure anybody is."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from detectors.forgery.pointing import HeatmapHits, Hit
from detectors.forgery.trial import Statement
from detectors.jury.about import Figure
from detectors.jury.fusion import JuryVerdict
from detectors.jury.stability import Range
from detectors.jury.wording import WithThresholds, round_p_fake
from registry import DetectorSpec, Verdict
from ui.render.overview import Span

TITLES = {"fake": "Fake", "real": "Real", "inconclusive": "Inconclusive", "failed": "Failed"}
FOUND = {"fake": "Found", "real": "None found", "inconclusive": "Unclear", "failed": "Failed"}
BATCH_TITLES = {
    "fake": "Fake",
    "inconclusive": "Inconclusive",
    "real": "Real",
    "none": "No verdict",
    "error": "Not judged",
}
KIND_TITLES = {"photo": "Photo", "batch": "Batch", "video": "Video", "sound": "Sound"}

WENT_WRONG = "Something went wrong here; the server's log has the details."
MINUS = "\N{MINUS SIGN}"
WITHIN_NAME = "\N{NARROW NO-BREAK SPACE}"
SEPARATOR_BLANK = re.compile(r"(?<=,) |(?<= and) ")


def list_names(names: Sequence[str], *, last: str = ", ") -> str:
    """Names within a sentence, "A, B and C"; a lone one too. last: what stands before the last.

    The blank of a ", " or " and " within a name is WITHIN_NAME, so that other languages split between the names alone.
    """
    whole = [SEPARATOR_BLANK.sub(WITHIN_NAME, name) for name in names]
    return last.join(filter(None, (", ".join(whole[:-1]), whole[-1])))


def say_p_fake(p_fake: float, thresholds: WithThresholds | None = None) -> str:
    """P(fake) as "3 % fake". thresholds: see say_percent."""
    return f"{say_percent(p_fake, thresholds)} fake"


def say_percent(p_fake: float, thresholds: WithThresholds | None = None) -> str:
    """P(fake) as "3 %". Never 0 % or 100 %: no detector is that certain.

    thresholds: of the label that it belongs to; beside them it is rounded so that the label can be seen in it.
    """
    percent = round_p_fake(p_fake, thresholds)
    return "under 1 %" if percent < 1 else "over 99 %" if percent > 99 else f"{percent} %"


def say_percents(low: float, high: float, thresholds: WithThresholds | None = None) -> str:
    """From one P(fake) to another: "3 %", "under 1 % to 7 %", or with a dash, each rounded as what lies between is."""
    first, last = say_percent(low, thresholds), say_percent(high, thresholds)
    if first == last:
        return first
    both_are_numbers = first[0].isdigit() and last[0].isdigit()
    return f"{first.removesuffix(' %')}\N{EN DASH}{last}" if both_are_numbers else f"{first} to {last}"


def say_jury(jury: JuryVerdict) -> str:
    """The jury's verdict in words: "The jury: fake. Estimated chance of fake: 93 %."."""
    return f"The jury: {TITLES[jury.label].lower()}. Estimated chance of fake: {say_percent(jury.p_fake, jury)}."


def say_chance(jury: JuryVerdict) -> str:
    """The jury's number: "Estimated chance of fake: 93 %."."""
    return f"Estimated chance of fake: {say_percent(jury.p_fake, jury)}."


def say_word(spec: DetectorSpec, verdict: Verdict) -> str:
    """A verdict in one word; of a detector for one kind of trace, whether it found any."""
    return (FOUND if spec.looks_for else TITLES)[verdict.label]


def say_doubt(doubt: str) -> str:
    """The jury's verdict on a face that cannot be judged, and why. doubt: see Face."""
    return f"The jury: inconclusive. {doubt}"


def say_thresholds(thresholds: WithThresholds) -> str:
    """Where the two thresholds stand; empty where they are not known."""
    real_until, fake_from = thresholds.real_until, thresholds.fake_from
    return "" if real_until is None or fake_from is None else say_band(real_until, fake_from)


def say_band(real_until: float, fake_from: float) -> str:
    """Two thresholds on p_fake in words."""
    return f"real below {round(real_until * 100)} %, fake from {round(fake_from * 100)} %"


def say_figure(figure: Figure | None) -> str:
    """A measured figure with its 95 % interval, "0.912 [0.900, 0.923]"; a dash where there is none."""
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]" if figure else "-"


def say_signed(figure: Figure | None) -> str:
    """A measured difference with its 95 % interval, "+0.026 [-0.001, +0.054]"; a dash where there is none.

    Its minus is the sign, not the hyphen.
    """
    if not figure:
        return "-"
    return f"{figure['value']:+.3f} [{figure['low']:+.3f}, {figure['high']:+.3f}]".replace("-", MINUS)


def is_clear(figure: Figure) -> bool:
    """Whether the interval of a difference does not hold 0."""
    return figure["low"] > 0 or figure["high"] < 0


def say_span(span: Span | None) -> str:
    """A mean with the least and the greatest, "0.841 [0.612, 0.970]"; a dash where there is none."""
    return f"{span.mean:.3f} [{span.least:.3f}, {span.greatest:.3f}]" if span else "-"


def say_moves(found: Range, thresholds: WithThresholds) -> str:
    """How far p_fake moves when the same face comes a little differently. thresholds: see say_percent."""
    low, high = (say_p_fake(p_fake, thresholds) for p_fake in (found.low, found.high))
    return f"From {low} to {high} when saved again, smaller or shifted."


def say_measured_share(figure: Figure | Mapping[str, float]) -> str:
    """A measured share with its 95 % interval: "13 % [3, 29]"."""
    return f"{figure['value']:.0%} [{100 * figure['low']:.0f}, {100 * figure['high']:.0f}]".replace("%", " %")


def say_why(verdict: Verdict) -> str:
    """Why there is no clear word: one sentence, empty when there is one."""
    if verdict.label == "failed":
        return verdict.error or "No reason was given."
    if verdict.label != "inconclusive" or verdict.p_fake is None:
        return ""
    if verdict.real_until <= verdict.p_fake < verdict.fake_from:
        return "Between its two thresholds, where it is often wrong."
    return ""  # what speaks against judging the face is said once, above


def say_milliseconds(milliseconds: float) -> str:
    """A duration with as many digits as it deserves."""
    return f"{milliseconds:.1f} ms" if milliseconds < 10 else f"{milliseconds:,.0f} ms"


def say_time(time: datetime) -> str:
    """A moment to the minute: "21 Nov 2026, 07:40 UTC". time: in UTC."""
    return f"{time.day} {time:%b %Y, %H:%M} UTC"


def say_notice(said: Statement) -> str:
    """Whether a detector noticed a forgery that was made here."""
    words = {"noticed": "Noticed", "doubts": "Undecided", "missed": "Not noticed", "silent": "No verdict"}
    return words.get(said.notice, "Already called fake before")


def say_pointing(hit: Hit, measured: HeatmapHits | None) -> str:
    """Whether a heat map points at the forgery, beside chance, and how often this detector's did."""
    where = "inside" if hit.inside > 0.995 else "outside" if hit.inside < 0.005 else "partly inside"
    chance_now = round(100 * hit.by_chance)
    said = f"The heat map peaks {where} the altered area ({chance_now} % by chance)."
    if measured is None:
        return said
    often, chance = say_measured_share(measured.hit), say_measured_share(measured.by_chance)
    return f"{said} On {measured.count} forged faces it peaked inside in {often}, by chance in {chance}."
