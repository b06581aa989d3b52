"""A judged video as HTML: who is in it, p_fake over time as a plot, the most suspect stills, and any frame in full.

What is kept of a video is small: a picture of each sampled frame and of each face in it, compressed, in memory.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from detectors.faces.crop import crop_face
from detectors.faces.motion import NAMES, SCALES
from detectors.inputs.timecode import say_at, say_frames, say_length
from detectors.jury.judge import Jury
from detectors.jury.results import Comparison, JudgedFace
from detectors.jury.wording import NOT_MEASURED
from detectors.video.aggregate import AGGREGATION
from detectors.video.judge import Look
from detectors.video.results import WHOLE, ClipScores, JudgedVideo, Person, SampledFrame, is_brief, suspect
from registry.contract import MIN_FACE_PIXELS
from ui.render.band import Headline, say_highest, say_next, sum_up
from ui.render.cards import Drawing, Pieces, render
from ui.render.pictures import CROP_PIXELS, SCENE_PIXELS, draw_still, pack, shrink, unpack
from ui.render.wording import TITLES, say_p_fake, say_percent

WIDTH, HEIGHT = 1000.0, 100.0  # of the plot, in its own units
COLOURS = 6  # lines that look different; a seventh looks like the first
GAP_STEPS = 1.6  # a longer time without a frame breaks the lines


@dataclass
class Film:
    """What is kept of a video, as it grows: what was said, and small pictures as WebP, by time and by person."""

    video: JudgedVideo
    frames: dict[float, bytes] = field(default_factory=dict)
    faces: dict[tuple[int, float], bytes] = field(default_factory=dict)
    source: str = ""  # where the upload lies, for the page's player
    is_stored: ClassVar[bool] = False  # from the history

    def add(self, look: Look) -> None:
        """Keep one look more."""
        self.video = look.video
        pixels = look.frame.pixels
        self.frames[look.frame.at] = pack(shrink(pixels, SCENE_PIXELS))
        for number, frame in look.seen.items():
            if number != WHOLE:
                self.faces[number, frame.at] = pack(shrink(crop_face(pixels, frame.box, frame.roll), CROP_PIXELS))

    def show(self, person: Person, frame: SampledFrame) -> bytes:
        """What was judged of somebody in that frame."""
        return self.frames[frame.at] if person.is_whole else self.faces[person.number, frame.at]

    def show_frame(self, at: float) -> bytes:
        """The whole frame that was sampled at that time."""
        return self.frames[at]

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
    scores = person.jury or max(person.all_scores, key=lambda one: one.verdict.p_fake or 0.0, default=None)
    return (scores.verdict.p_fake or 0.0) if scores else 0.0


def draw_film(film: Film, chosen: int | None) -> Pieces:
    """Who is in it. chosen: the person who is shown below."""
    video, persons = film.video, film.persons()
    brief, headline = sum(is_brief(person) for person in video.persons), sum_up_film(film)
    return [
        render(
            "film",
            video=video,
            headline=headline,
            chance=say_film_chance(film),
            advice=say_next(headline.label),
            is_stored=film.is_stored,
            kept=bool(film.frames),
            notes=video.notes,
            sound=video.sound.said.rstrip(".") if video.sound else "",
            looked=say_frames(video.looks),
            length=say_length(video.seconds),
            persons=[_introduce(film, person) for person in persons],
            chosen=chosen,
            brief=brief,
            aggregation=AGGREGATION,
        )
    ]


def sum_up_film(film: Film) -> Headline:
    """The verdict on everybody in it, in a line."""
    seen = [person for person in film.persons() if not person.is_whole]
    brief = any(is_brief(person) for person in film.video.persons)
    if not seen:
        return Headline("No person was visible long enough." if brief else "No face found.", None)
    if any(person.jury for person in seen):
        return sum_up([person.jury.verdict.label if person.jury else None for person in seen], "people")
    return Headline(f"{len(seen)} people" if len(seen) > 1 else f"One person: {say_verdict(seen[0])}.", None)


def say_film_chance(film: Film) -> str:
    """The jury's number on the one person, or the highest of several; empty where there is none."""
    seen = [person for person in film.persons() if not person.is_whole]
    p_fakes = {
        person.number: (p_fake, person.jury)
        for person in seen
        if person.jury and (p_fake := person.jury.verdict.p_fake) is not None
    }
    if len(seen) > 1:
        return say_highest(p_fakes, "person")
    return "".join(f"Estimated chance of fake: {say_percent(*one)}." for one in p_fakes.values())


def say_verdict(person: Person) -> str:
    """The jury's verdict on a person; where it has none, how those split that judged frames, else those of clips."""
    if person.jury:
        verdict = person.jury.verdict
        said = f", {say_p_fake(verdict.p_fake, person.jury)}" if verdict.p_fake is not None else ""
        return TITLES[verdict.label].lower() + said
    asked = person.scores or tuple(one.line for one in person.clips)
    counted = [one for one in asked if one.measured]
    fake = sum(one.verdict.label == "fake" for one in counted)
    return f"{fake} of {len(counted)} say fake" if counted else NOT_MEASURED if asked else "no verdict"


def _introduce(film: Film, person: Person) -> dict[str, Any]:
    verdict = person.jury.verdict if person.jury else None
    return {
        "number": person.number,
        "name": name_person(person),
        "label": verdict.label if verdict else "none",
        "word": TITLES[verdict.label] if verdict else say_verdict(person),
        "uri": draw_still(film.show(person, find_clearest(person))),
    }


def find_clearest(person: Person) -> SampledFrame:
    """The frame by which somebody is shown."""
    return max(person.frames, key=lambda frame: frame.score)


def find_suspects(person: Person) -> tuple[SampledFrame, ...]:
    """The most suspect frames, the worst first; none where no detector judged frames."""
    return person.worst if person.scores else ()


def find_first_shown(person: Person) -> int:
    """The index of the frame that is shown until another is chosen."""
    return person.frames.index(next(iter(find_suspects(person)), find_clearest(person)))


def name_person(person: Person) -> str:
    """What a person is called."""
    return "The whole frame" if person.is_whole else f"Person {person.number}"


def draw_person(film: Film, person: Person, chosen: int) -> Pieces:
    """The lines, the plot and the worst frames of a person. chosen: the index of the frame shown below."""
    return [
        render(
            "person",
            person=person,
            source=film.source,
            name=name_person(person),
            times=say_times(person),
            left_out=len(person.frames) - len(person.clear),
            smallest=MIN_FACE_PIXELS,
            lines=name_lines(person),
            plot=plot(film.video, person, chosen),
            motion=draw_motion(person),
            lips=person.lips.said if person.lips else "",
            stills=[_still(film, person, frame) for frame in find_suspects(person)],
        )
    ]


def say_times(person: Person) -> str:
    """From when to when somebody is seen, and how often."""
    first, last, count = person.frames[0].at, person.frames[-1].at, len(person.frames)
    return f"{say_at(first)} to {say_at(last)}, {count} frames" if count > 1 else say_frames([first])


def _still(film: Film, person: Person, frame: SampledFrame) -> dict[str, Any]:
    shown = {"index": person.frames.index(frame), "uri": draw_still(film.show(person, frame))}
    return shown | say_frame(frame)


def say_frame(frame: SampledFrame) -> dict[str, str]:
    """When it was, and how suspect it is."""
    p_fake = suspect(frame)
    return {"at": say_at(frame.at), "said": say_p_fake(p_fake, frame.jury) if p_fake >= 0 else "no p_fake"}


def name_lines(person: Person) -> list[tuple[str, Any]]:
    """The class of each line in the plot, and the line: the jury first, and those of clips last."""
    asked = [*person.scores, *(one.line for one in person.clips)]
    detectors = [(f"line line-{number % COLOURS}", line) for number, line in enumerate(asked)]
    return [*([("line line-jury", person.jury)] if person.jury else []), *detectors]


def plot(video: JudgedVideo, person: Person, chosen: int) -> dict[str, Any]:
    """What the plot's template needs. The jury's line is drawn last, over the others."""
    start, end = video.looks[0], max(video.end, video.looks[-1], video.looks[0] + 1e-3)
    places = [round(WIDTH * (frame.at - start) / (end - start), 1) for frame in person.frames]
    clips = {one.line.key: draw_clip(one, start=start, end=end) for one in person.clips}
    lines = [
        {
            "name": name,
            "path": clips[line.key]
            if line.is_beside
            else draw_path(person.frames, line.key, places, gap=video.step * GAP_STEPS),
        }
        for name, line in reversed(name_lines(person))
    ]
    said = "; ".join(f"{line.title}: {TITLES[line.verdict.label].lower()}" for line in person.all_scores)
    return {
        "label": f"p_fake over time. {said}",
        "places": places,
        "times": [frame.at for frame in person.frames],
        "span": (start, end),
        "lines": lines,
        "band": _band(person),
        "chosen": chosen,
        "start": say_at(start),
        "end": say_at(round(end)),
    }


def _band(person: Person) -> tuple[float, float] | None:
    """Top and height of what is inconclusive to the jury; none where it has no verdict."""
    if person.jury is None:
        return None
    height = person.jury.fake_from - person.jury.real_until
    return round(HEIGHT * (1 - person.jury.fake_from), 1), round(HEIGHT * height, 1)


def draw_path(frames: Iterable[SampledFrame], key: str, places: Iterable[float], *, gap: float) -> str:
    """An SVG path through one line's numbers, broken where there are none for longer than `gap` seconds."""
    parts, last = [], None
    for frame, x in zip(frames, places, strict=True):
        p_fake = frame.p_fakes.get(key)
        if p_fake is None:
            continue
        y = round(HEIGHT * (1 - p_fake), 1)
        joined = last is not None and frame.at - last <= gap
        parts.append(f"L{x} {y}" if joined else f"M{x} {y}h0")  # of no length: a lone frame is a dot
        last = frame.at
    return "".join(parts)


def draw_clip(clip: ClipScores, *, start: float, end: float) -> str:
    """An SVG path through the scores of a clip; start, end: of the plot, in seconds."""
    points = [
        f"{round(WIDTH * (at - start) / (end - start), 1)} {round(HEIGHT * (1 - score), 1)}"
        for at, score in zip(clip.times, clip.scores, strict=False)  # there may be no scores
    ]
    return f"M{'L'.join(points)}" if points else ""


def draw_motion(person: Person) -> list[tuple[str, str]]:
    """What is measured of a face over time, by name, each as an SVG path on a scale of its own."""
    if person.motion is None:
        return []
    times, measures = person.motion.times, person.motion.measures
    xs = WIDTH * (times - times[0]) / (times[-1] - times[0])
    drawn = []
    for name, scale, values in zip(NAMES, SCALES, measures.T, strict=True):
        low, high = min(values), max(values)
        middle, room = (low + high) / 2, max((high - low) / 2, scale)  # what hardly moves stays hardly moving
        ys = HEIGHT * (0.5 - (values - middle) / (2 * room))
        drawn.append((name, "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs, ys, strict=True))))
    return drawn


def draw_frame(film: Film, person: Person, index: int, jury: Jury) -> Pieces:
    """One frame in full, as a picture's comparison is drawn: the picture and its box, the verdicts, the heat maps."""
    frame = person.frames[index]
    picture, chosen = unpack(film.show_frame(frame.at)), jury.choose([one.detector for one in frame.verdicts])
    anchor = f"frame-{film.video.sha256[:12]}-{person.number}-{index}"
    drawing = Drawing(picture, chosen, anchor=anchor, settled=film.is_stored, person=person.number)
    return drawing.draw(as_comparison(film, person, frame))


def as_comparison(film: Film, person: Person, frame: SampledFrame) -> Comparison:
    """A frame as the comparison of a single picture."""
    still = Comparison(f"{name_person(person)} at {say_at(frame.at)}", "", film.video.width, film.video.height)
    if person.is_whole:
        return replace(still, whole_image=frame.verdicts)
    crop = unpack(film.show(person, frame))
    face = JudgedFace(frame.box, frame.score, frame.verdicts, crop, roll=frame.roll, doubt=frame.doubt)
    return replace(still, faces=(replace(face, jury=frame.jury, agreement=frame.agreement),))
