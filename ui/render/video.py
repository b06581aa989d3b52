"""A judged video as HTML: who is in it, p_fake over time as a plot, the most suspect stills, and any moment in full.

What is kept of a video is small: a picture of each moment and of each face in it, compressed, in memory.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import PIL.Image

from detectors.faces.crop import crop_face
from detectors.inputs.timecode import say_at, say_length
from detectors.jury.judge import Jury
from detectors.jury.results import Comparison, JudgedFace
from detectors.jury.wording import NOT_MEASURED
from detectors.video.aggregate import SAID
from detectors.video.judge import Look
from detectors.video.results import WHOLE, JudgedVideo, Person, SampledFrame, is_brief, suspect
from registry import Image
from registry.contract import MIN_FACE_PIXELS
from ui.render.cards import Drawing, Pieces, render
from ui.render.pictures import CROP_PIXELS, SCENE_PIXELS, draw_still, shrink
from ui.render.wording import TITLES, say_p_fake

WIDTH, HEIGHT = 1000.0, 100.0  # of the plot, in its own units
COLOURS = 6  # lines that look different; a seventh looks like the first
GAP_STEPS = 1.6  # a longer time without a moment breaks the lines
QUALITY = 82  # of the kept pictures


@dataclass
class Film:
    """What is kept of a video, as it grows: what was said, and small pictures as WebP, by time and by person."""

    video: JudgedVideo
    frames: dict[float, bytes] = field(default_factory=dict)
    faces: dict[tuple[int, float], bytes] = field(default_factory=dict)

    def add(self, look: Look) -> None:
        """Keep one look more."""
        self.video = look.video
        pixels = look.frame.pixels
        self.frames[look.frame.at] = pack(shrink(pixels, SCENE_PIXELS))
        for number, moment in look.seen.items():
            if number != WHOLE:
                self.faces[number, moment.at] = pack(shrink(crop_face(pixels, moment.box, moment.roll), CROP_PIXELS))

    def show(self, person: Person, moment: SampledFrame) -> bytes:
        """What was judged of somebody at that moment."""
        return self.frames[moment.at] if person.is_whole else self.faces[person.number, moment.at]

    def persons(self) -> list[Person]:
        """Those worth showing, in order of appearance; last the whole frame, where detectors look at that."""
        whole = [self.video.whole] if self.video.whole else []
        return [*(one for one in self.video.persons if not is_brief(one)), *whole]

    def find(self, number: int | None) -> Person | None:
        """The person of that number; else the one who is most suspect."""
        persons = self.persons()
        named = [person for person in persons if person.number == number]
        return named[0] if named else max(persons, key=_rank, default=None)


def _rank(person: Person) -> float:
    word = person.jury or max(person.lines, key=lambda line: line.ruling.p_fake or 0.0)
    return word.ruling.p_fake or 0.0


def pack(pixels: Image) -> bytes:
    """A picture in few bytes."""
    buffer = io.BytesIO()
    PIL.Image.fromarray(pixels).save(buffer, "WEBP", quality=QUALITY, method=1)
    return buffer.getvalue()


def unpack(data: bytes) -> Image:
    """uint8 RGB (h, w, 3)."""
    with PIL.Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB"), dtype=np.uint8)


def draw_film(film: Film, chosen: int | None) -> Pieces:
    """Who is in it. chosen: the person who is shown below."""
    video, persons = film.video, film.persons()
    brief = sum(is_brief(person) for person in video.persons)
    return [
        render(
            "film",
            video=video,
            sentence=" ".join([_sum_up(persons, brief), *video.notes]),
            looked=f"{len(video.looks)} frames from {say_at(video.looks[0])} to {say_at(video.looks[-1])}",
            length=say_length(video.seconds),
            persons=[_introduce(film, person) for person in persons],
            chosen=chosen,
            brief=brief,
            rule=SAID,
        )
    ]


def _sum_up(persons: Sequence[Person], brief: int) -> str:
    seen = [person for person in persons if not person.is_whole]
    if not seen:
        return "No person was visible long enough." if brief else "No face found."
    if len(seen) > 1:
        return f"{len(seen)} people"
    return f"One person: {say_word(seen[0])}."


def say_word(person: Person) -> str:
    """The jury's word on a person; where it has none, how the detectors split."""
    if person.jury:
        ruling = person.jury.ruling
        return f"{TITLES[ruling.label].lower()}" + (
            f", {say_p_fake(ruling.p_fake)}" if ruling.p_fake is not None else ""
        )
    counted = [line for line in person.lines if line.measured]
    fake = sum(line.ruling.label == "fake" for line in counted)
    return f"{fake} of {len(counted)} say fake" if counted else NOT_MEASURED


def _introduce(film: Film, person: Person) -> dict[str, Any]:
    ruling = person.jury.ruling if person.jury else None
    clearest = max(person.moments, key=lambda moment: moment.score)
    return {
        "number": person.number,
        "name": name_person(person),
        "label": ruling.label if ruling else "none",
        "word": TITLES[ruling.label] if ruling else say_word(person),
        "uri": draw_still(film.show(person, clearest)),
    }


def name_person(person: Person) -> str:
    """What a person is called."""
    return "The whole frame" if person.is_whole else f"Person {person.number}"


def draw_person(film: Film, person: Person, chosen: int) -> Pieces:
    """The lines, the plot and the worst moments of a person. chosen: the index of the moment shown below."""
    return [
        render(
            "person",
            person=person,
            name=name_person(person),
            times=say_times(person),
            left_out=len(person.moments) - len(person.clear),
            smallest=MIN_FACE_PIXELS,
            lines=name_lines(person),
            plot=plot(film.video, person, chosen),
            stills=[_still(film, person, moment) for moment in person.worst],
        )
    ]


def say_times(person: Person) -> str:
    """From when to when somebody is seen, and how often."""
    first, last = person.moments[0].at, person.moments[-1].at
    return f"{say_at(first)} to {say_at(last)}, {len(person.moments)} frames"


def _still(film: Film, person: Person, moment: SampledFrame) -> dict[str, Any]:
    shown = {"index": person.moments.index(moment), "uri": draw_still(film.show(person, moment))}
    return shown | say_moment(moment)


def say_moment(moment: SampledFrame) -> dict[str, str]:
    """When it was, and how suspect it is."""
    p_fake = suspect(moment)
    return {"at": say_at(moment.at), "said": say_p_fake(p_fake) if p_fake >= 0 else "no p_fake"}


def name_lines(person: Person) -> list[tuple[str, Any]]:
    """The class of each line in the plot, and the line: the jury first."""
    detectors = [(f"line line-{number % COLOURS}", line) for number, line in enumerate(person.lines)]
    return [*([("line line-jury", person.jury)] if person.jury else []), *detectors]


def plot(video: JudgedVideo, person: Person, chosen: int) -> dict[str, Any]:
    """What the plot's template needs. The jury's line is drawn last, over the others."""
    start, end = video.looks[0], max(video.end, video.looks[-1], video.looks[0] + 1e-3)
    places = [round(WIDTH * (moment.at - start) / (end - start), 1) for moment in person.moments]
    lines = [
        {"name": name, "path": draw_path(person.moments, line.key, places, gap=video.step * GAP_STEPS)}
        for name, line in reversed(name_lines(person))
    ]
    said = "; ".join(f"{line.title}: {TITLES[line.ruling.label].lower()}" for line in person.all_lines)
    return {
        "label": f"p_fake over time. {said}",
        "places": places,
        "lines": lines,
        "band": _band(person),
        "chosen": chosen,
        "start": say_at(start),
        "end": say_at(round(end)),
    }


def _band(person: Person) -> tuple[float, float] | None:
    """Top and height of what is inconclusive to the jury; none where it has no word."""
    if person.jury is None:
        return None
    height = person.jury.fake_from - person.jury.real_until
    return round(HEIGHT * (1 - person.jury.fake_from), 1), round(HEIGHT * height, 1)


def draw_path(moments: Iterable[SampledFrame], key: str, places: Iterable[float], *, gap: float) -> str:
    """An SVG path through one line's numbers, broken where there are none for longer than `gap` seconds."""
    parts, last = [], None
    for moment, x in zip(moments, places, strict=True):
        p_fake = moment.p_fakes.get(key)
        if p_fake is None:
            continue
        y = round(HEIGHT * (1 - p_fake), 1)
        joined = last is not None and moment.at - last <= gap
        parts.append(f"L{x} {y}" if joined else f"M{x} {y}h0")  # of no length: a lone moment is a dot
        last = moment.at
    return "".join(parts)


def draw_moment(film: Film, person: Person, index: int, jury: Jury) -> Pieces:
    """One moment in full, as a picture's comparison is drawn: the frame and its box, the verdicts, the heat maps."""
    moment = person.moments[index]
    comparison = as_comparison(film, person, moment)
    frame = unpack(film.frames[moment.at])
    chosen = jury.choose([verdict.detector for verdict in moment.verdicts])
    return Drawing(frame, chosen, anchor="moment").draw(comparison)


def as_comparison(film: Film, person: Person, moment: SampledFrame) -> Comparison:
    """A moment as the comparison of a single picture."""
    video = film.video
    still = Comparison(f"{name_person(person)} at {say_at(moment.at)}", "", video.width, video.height)
    if person.is_whole:
        return replace(still, whole_image=moment.verdicts)
    crop = unpack(film.show(person, moment))
    face = JudgedFace(
        moment.box,
        moment.score,
        moment.verdicts,
        crop,
        jury=moment.jury,
        agreement=moment.agreement,
        roll=moment.roll,
        doubt=moment.doubt,
    )
    return replace(still, faces=(face,))
