"""What is said of a face in words and in numbers agrees, wherever it stands: tried on the 400 faces of the sample."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np

from detectors.jury.fusion import JURY_KEY
from detectors.jury.judge import Jury
from detectors.jury.results import Comparison, JudgedFace
from detectors.provenance import Provenance
from models.evaluation.sample import read_sample
from registry import Verdict, load_registry
from registry.contract import judge
from ui.render.cards import Drawing
from ui.render.reports.photo import render_report

PICTURE = np.full((300, 300, 3), 127, np.uint8)
JURY = Jury([spec for spec in load_registry(blocked=()).detectors if spec.expects == "face"])
LABELS = {"Fake": "fake", "Found": "fake", "Real": "real", "None found": "real", "Inconclusive": "inconclusive"}
LABELS |= {"Unclear": "inconclusive", "Likely fake": "fake", "Likely real": "real"}
SAYING = {"fake": ("says fake", "say fake"), "real": ("says real", "say real")}
SAYING["inconclusive"] = ("is undecided", "are undecided")
SHARE, ZONES = r"([\w ]+) %", r"real below (\d+) %, fake from (\d+) %"


def judged() -> Iterator[Comparison]:
    """Each face of the sample with the verdicts that were measured."""
    for name, p_fakes in read_sample().items():
        if not p_fakes:
            continue
        verdicts = []
        for spec in JURY.specs:
            label = judge(p_fakes[spec.key], fake_from=spec.fake_from, real_until=spec.real_until)
            limits = spec.fake_from, spec.real_until
            verdicts.append(Verdict(spec.key, spec.title, p_fakes[spec.key], label, *limits, 1.0))
        face = JudgedFace((50, 50, 250, 250), 0.9, (), PICTURE[:64, :64]).with_verdicts(tuple(verdicts))
        assert face.jury and abs(face.jury.p_fake - p_fakes[JURY_KEY]) < 1e-4, name
        yield Comparison(name, "0" * 64, 300, 300, faces=(face,), provenance=Provenance())


def zone(share: str, real_until: str, fake_from: str) -> str:
    """In which zone of the scale a number lies, as a reader sees it: "12", "0.123", "under 1" or "over 99"."""
    number = {"under 1": 0.5, "over 99": 99.5}.get(share) or float(share)
    return "fake" if number >= float(fake_from) else "real" if number < float(real_until) else "inconclusive"


def read_page(drawn: str) -> Iterator[tuple[str, set[str], set[str]]]:
    """Of the band and each card: its name, the labels that words and numbers stand for, and the numbers."""
    (title,) = re.findall(r'<h2 role="status"><i class="mark"></i><span[^>]*>([^<]+)<', drawn)
    ((share, *limits),) = re.findall(rf'aria-label="Estimated chance of fake: {SHARE}\. {ZONES}\."', drawn, re.I)
    stated = re.findall(rf'class="chance"[^>]*>Estimated chance of fake: {SHARE}\.<', drawn)
    yield "the band", {LABELS[title], zone(share, *limits)}, {share, *stated}
    (agreement,) = re.findall(r'class="agree">([^<]+)\.<', drawn)
    for label, card in re.findall(r'<article class="card (\w+)">(.*?)</article>', drawn, re.S):
        (name,) = re.findall(r"<h4[^>]*>([^<]+)<", card)
        (word,) = re.findall(r'class="word"><i[^>]*></i>([^<]+)<', card)
        (share,) = re.findall(rf'class="share">Estimated chance of fake: {SHARE}<', card)
        ((spoken, *limits),) = re.findall(rf'aria-label="{SHARE} fake; {ZONES}"', card)
        counted = {
            label
            for part in agreement.split("; ")
            for label, saying in SAYING.items()
            if re.search(rf"{re.escape(name.strip())}(,| and | is | are | says? )", part) and part.endswith(saying)
        }
        yield name, {label, LABELS[word], zone(share, *limits), *counted}, {share, spoken}


def read_report(report: str) -> Iterator[tuple[str, set[str], set[str]]]:
    """The same of a report's table."""
    cell = r"<td>([^<]+)</td>\s*"
    row = rf'<tr class="(\w+)">\s*<th>([^<]+)</th>\s*<td><strong>([^<]+)</strong>.*?</td>\s*{cell}{cell}{cell}'
    for label, name, word, number, real_until, fake_from in re.findall(row, report, re.S):
        yield name, {label, LABELS[word], zone(number, real_until, fake_from)}, {number}


def test_no_number_on_a_face_contradicts_another_or_its_label() -> None:
    contradictions, said = [], 0
    for comparison in judged():
        page = html.unescape("".join(Drawing(PICTURE, JURY).draw(comparison)))
        report = render_report(comparison, JURY.specs, None, made=datetime(2026, 1, 1, tzinfo=UTC))
        for name, labels, numbers in (*read_page(page), *read_report(html.unescape(report))):
            said += 1
            if len(labels) > 1 or len(numbers) > 1:
                contradictions.append((comparison.path, name, labels, numbers))
    assert said > 390 * (1 + 2 * len(JURY.specs))
    assert contradictions == []
