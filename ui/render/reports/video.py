"""The report on a video: one HTML file that needs nothing else, to be printed or kept, like a picture's."""

from datetime import datetime
from typing import Any

from detectors.inputs.timecode import say_length
from detectors.video.aggregate import AGGREGATION
from detectors.video.results import Person, SampledFrame, is_brief, say_video
from registry import DetectorSpec
from ui.render.cards import render
from ui.render.pictures import draw_still
from ui.render.reports.frame import Case, frame_report, identify
from ui.render.video import (
    Film,
    draw_motion,
    find_first_shown,
    find_suspects,
    name_lines,
    name_person,
    plot,
    say_film_chance,
    say_frame,
    say_times,
    sum_up_film,
)


def render_film_report(film: Film, specs: tuple[DetectorSpec, ...], *, pictured: bool, made: datetime) -> str:
    """The file's text. pictured: with stills; else with what was said alone."""
    return render_film(film, identify(film.video.sha256, specs, made=made, start=film.video.start), pictured=pictured)


def render_film(film: Film, case: Case, *, pictured: bool) -> str:
    """The same of a case."""
    video = film.video
    return render(
        "film_report",
        **frame_report(case),
        video=video,
        name=video.path,
        headline=sum_up_film(film),
        chance=say_film_chance(film),
        length=say_length(video.seconds),
        looked=say_video(video),
        persons=[_describe(film, person, pictured) for person in film.persons()],
        brief=sum(is_brief(person) for person in video.persons),
        pictured=pictured,
        aggregation=AGGREGATION,
    )


def _describe(film: Film, person: Person, pictured: bool) -> dict[str, Any]:
    return {
        "name": name_person(person),
        "times": say_times(person),
        "lines": name_lines(person),
        "plot": plot(film.video, person, find_first_shown(person)),
        "motion": draw_motion(person),
        "lips": person.lips.said if person.lips else "",
        "stills": [_still(film, person, frame, pictured) for frame in find_suspects(person)],
    }


def _still(film: Film, person: Person, frame: SampledFrame, pictured: bool) -> dict[str, Any]:
    width, height = film.video.width, film.video.height
    left, top, right, bottom = frame.box
    return say_frame(frame) | {
        "uri": draw_still(film.show_frame(frame.at)) if pictured else None,
        "heats": [verdict for verdict in frame.verdicts if verdict.heatmap is not None] if pictured else [],
        "face": draw_still(film.show(person, frame)),
        "box": [100 * left / width, 100 * top / height, 100 * (right - left) / width, 100 * (bottom - top) / height],
    }
