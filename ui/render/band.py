"""The verdict on a picture in its first lines: what it is, how sure that is, who agrees, and why to be careful."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from detectors.jury.about import read_jury_figures
from detectors.jury.fusion import JuryVerdict
from detectors.jury.results import Comparison, JudgedFace
from detectors.jury.wording import ENLARGED, NOT_MEASURED, WithThresholds
from registry import Label, Verdict
from ui.render.wording import list_names, say_measured_share, say_percent

LIKELY: dict[Label, str] = {
    "fake": "Likely fake",
    "real": "Likely real",
    "inconclusive": "Inconclusive",
    "failed": "No verdict",
}
NEXT: dict[Label, str] = {
    "fake": "look for the original before you share this or act on it.",
    "real": "some forgeries pass as real. Check where this comes from before you rely on it.",
    "inconclusive": "rely on neither answer. Look for a larger or less compressed copy, and for where it comes from.",
    "failed": "rely on neither answer. Look for another copy, and for where it comes from.",
}
SMALL_PIXELS = 100  # longer side of the box: the "hard" tier of the cards, 80 pixels of crop, begins about here
MIN_REALS = 100  # of a set: a share of fewer says little
STRONG_QUALITY = 70  # of JPEG: what chats re-encode to, and below
SMALL = "The face is small ({pixels} px): verdicts on small faces are less reliable."
COMPRESSED = "Strongly compressed (JPEG quality about {quality}), as in chats: traces of a forgery may be lost."
HELD_BACK = "But for what {title} sees, the jury would call this face real."


@dataclass(frozen=True)
class Headline:
    """A verdict in words, and the label that gives it its colour and its mark; None where there is no verdict."""

    title: str
    label: Label | None


def sum_up(labels: Sequence[Label | None], noun: str = "faces") -> Headline:
    """One headline for the labels of all faces, or of other things: any fake comes first, then any doubt."""
    count = len(labels)
    if count == 1:
        label: Label = labels[0] or "inconclusive"
        return Headline(LIKELY[label], label)
    fakes, unsure = labels.count("fake"), sum(label not in ("fake", "real") for label in labels)
    if fakes:
        return Headline(f"Likely fake: {fakes} of {count} {noun}", "fake")
    if unsure:
        return Headline(f"Inconclusive: {unsure} of {count} {noun}", "inconclusive")
    return Headline(f"Likely real: {'both' if count == 2 else f'all {count}'} {noun}", "real")


def label_face(face: JudgedFace, jury: JuryVerdict | None) -> Label | None:
    """What the jury says of a face: inconclusive where something speaks against judging it; None where it is silent."""
    return "inconclusive" if face.doubt else jury.label if jury else None


def label_faces(faces: Sequence[JudgedFace], juries: Sequence[JuryVerdict | None]) -> list[Label | None]:
    """The same of several."""
    return [label_face(face, jury) for face, jury in zip(faces, juries, strict=True)]


def rank_faces(faces: Sequence[JudgedFace], juries: Sequence[JuryVerdict | None]) -> list[int]:
    """The place of each face when the most suspicious comes first: by the jury, else by its highest p_fake."""
    suspicion = []
    for face, jury in zip(faces, juries, strict=True):
        p_fakes = [verdict.p_fake for verdict in face.verdicts if verdict.p_fake is not None]
        suspicion.append(-1.0 if face.doubt else jury.p_fake if jury else max(p_fakes, default=-1.0))
    order = sorted(range(len(faces)), key=lambda place: -suspicion[place])
    return [order.index(place) for place in range(len(faces))]


def say_next(label: Label | None) -> str:
    """What to do after a verdict; empty where there is none."""
    if not label:
        return ""
    worth = say_unmet() if label == "real" else say_worst_alarms() if label == "fake" else ""
    return f"Next: {NEXT[label]} {worth}".rstrip()


def say_unmet() -> str:
    """How much "real" is worth where a fake's generator was never met; empty where that was not measured."""
    called = [measured["figures"]["fakes_called_real"] for measured in read_jury_figures("left_out").values()]
    if not called:
        return ""
    best, worst = (pick(called, key=lambda figure: figure["value"]) for pick in (min, max))
    return (
        f"Of fakes by a generator that it had never met, a jury like this one called {say_measured_share(best)} real "
        f"at best, {say_measured_share(worst)} at worst."
    )


def say_worst_alarms() -> str:
    """How much "fake" is worth where it is worst: on the set most of whose reals are called fake; empty if unknown."""
    sets = [one for one in read_jury_figures("measured").values() if one["real"] >= MIN_REALS]
    if not sets:
        return ""
    worst = max(sets, key=lambda one: one["figures"]["reals_called_fake"]["value"])
    called = say_measured_share(worst["figures"]["reals_called_fake"])
    return f"Of the {worst['real']} real faces of the set that it is worst on, the jury called {called} fake."


def say_highest(p_fakes: Mapping[int, tuple[float, WithThresholds]], noun: str = "face") -> str:
    """The highest of several of the jury's numbers, and whose it is; empty where there are fewer than two.

    p_fakes: with the thresholds beside them, by their number on the page; without those that cannot be believed.
    """
    if len(p_fakes) < 2:
        return ""
    number = max(p_fakes, key=lambda number: p_fakes[number][0])
    return f"Highest estimated chance of fake: {say_percent(*p_fakes[number])}, {noun} {number}."


def list_p_fakes(
    faces: Sequence[JudgedFace], juries: Sequence[JuryVerdict | None]
) -> dict[int, tuple[float, WithThresholds]]:
    """The jury's number on each face, by the face's, for `say_highest`. faces: in reading order."""
    pairs = enumerate(zip(faces, juries, strict=True), start=1)
    return {number: (jury.p_fake, jury) for number, (face, jury) in pairs if jury and not face.doubt}


def say_likely(label: Label) -> str:
    """A label as the jury's verdict."""
    return LIKELY[label]


def say_agreement(verdicts: Sequence[Verdict]) -> str:
    """Who of the measured says what, by name: "A and B say fake; C is undecided." Empty where nobody said anything."""
    words = {
        "fake": ("says fake", "say fake"),
        "real": ("says real", "say real"),
        "inconclusive": ("is undecided", "are undecided"),
        "failed": ("gave no verdict", "gave no verdict"),
    }
    parts = []
    for label, (one, many) in words.items():
        titles = [verdict.title for verdict in verdicts if verdict.measured and verdict.label == label]
        if titles:
            parts.append(f"{list_names(titles, last=' and ')} {one if len(titles) == 1 else many}")
    guests = [verdict.title for verdict in verdicts if not verdict.measured]
    apart = [f"{NOT_MEASURED.capitalize()}: {list_names(guests, last=' and ')}."] if guests else []
    return " ".join([*(["; ".join(parts) + "."] if parts else []), *apart])


def warn(comparison: Comparison) -> list[str]:
    """Why to be careful with the verdicts on this picture, a sentence each."""
    said = list(comparison.notes)
    jpeg = comparison.provenance.jpeg if comparison.provenance else None
    if jpeg and jpeg.quality <= STRONG_QUALITY:
        said.append(f"{COMPRESSED.format(quality=jpeg.quality)} {say_false_alarms('sent by chat twice')}".rstrip())
    if len(comparison.faces) == 1 and (found := warn_face(comparison.faces[0])):
        said.append(found)
    return said


def warn_face(face: JudgedFace) -> str:
    """The same of one face; empty where nothing speaks against believing its verdict."""
    if face.doubt:
        return ""
    small = SMALL.format(pixels=face.pixels) if face.pixels < SMALL_PIXELS else ""
    enlarged = f"{ENLARGED} {say_false_alarms('enlarged thumbnail')}" if face.enlarged else ""
    return " ".join(filter(None, (small, enlarged, say_held_back(face.verdicts, face.jury))))


def say_held_back(verdicts: Sequence[Verdict], jury: JuryVerdict | None) -> str:
    """Who kept the jury from saying real; empty where nobody did."""
    title = next((verdict.title for verdict in verdicts if jury and verdict.detector == jury.held_back_by), "")
    return HELD_BACK.format(title=title) if title else ""


def say_false_alarms(kind: str) -> str:
    """What the whole jury makes of real faces changed like that; empty where it was not measured.

    kind: of models/evaluation/robustness/false_alarms.py.
    """
    measured = read_jury_figures("false_alarms").get(kind)
    if not measured:
        return ""
    called, answered = (say_measured_share(measured["figures"][name]) for name in ("reals_called_fake", "coverage"))
    return (
        f"Of {measured['real']} real faces changed like that, the jury called {called} fake "
        f"and gave an answer on {answered}."
    )
