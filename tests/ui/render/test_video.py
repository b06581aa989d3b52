"""What is drawn of a video in which nobody is seen, or of whom the jury has a verdict of its own."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser

import ui
from detectors.faces.motion import NAMES, Motion
from detectors.jury.fusion import JURY_KEY, JuryVerdict
from detectors.jury.judge import Jury
from detectors.video.aggregate import TrackVerdict
from detectors.video.judge import judge_video
from detectors.video.results import WHOLE, ClipScores, JudgedVideo, Person, SampledFrame, TrackScores, say_video
from registry import Label, Verdict, judge
from tests.detectors.pictures import quarters
from tests.detectors.videos import every, still, write_video
from tests.ui.jurors import JURY, say_real, spec
from ui.render.cards import render
from ui.render.kept.video import StoredFilm
from ui.render.video import (
    HEIGHT,
    WIDTH,
    Film,
    as_comparison,
    draw_clip,
    draw_film,
    draw_motion,
    draw_path,
    name_lines,
    plot,
    say_times,
    say_verdict,
)

CSS = Path(ui.__file__).with_name("page.css")
BUILT_IN = ("blend", "custom-cnn", "efficientnet", "efficientnet-160", "residual")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Film:
    """A film without a face, judged by a detector of whole pictures among others."""
    path = write_video(tmp_path_factory.mktemp("films") / "wall.mp4", still(quarters(), 4), every(0.25, until=1))
    film = Film(JudgedVideo(""))
    with Jury((*JURY, spec("looker", say_real, expects="image"))) as jury:
        for look in judge_video(path, jury):
            film.add(look)
    return film


def test_a_video_without_a_face_says_so_and_keeps_no_face(empty: Film) -> None:
    assert "No face found." in draw_film(empty, WHOLE)[0]
    assert empty.faces == {} and len(empty.frames) == len(empty.video.looks)


def test_a_video_of_one_frame_is_not_told_in_the_plural() -> None:
    whole = Person(WHOLE, (frame_at(0.0, 0.6, "looker"),))
    film = StoredFilm(JudgedVideo("still.mp4", width=9, height=9, looks=(0.0,), whole=whole))
    (shown,) = draw_film(film, WHOLE)
    assert "one frame at 0:00" in shown and "1 frames" not in shown
    assert say_times(whole) == "one frame at 0:00"
    assert say_video(film.video) == "one frame at 0:00: no face found."


def test_a_whole_frame_is_shown_with_the_verdict_on_it_and_without_a_face(empty: Film) -> None:
    whole = empty.video.whole
    assert whole is not None
    shown = as_comparison(empty, whole, whole.frames[0])
    assert [verdict.detector for verdict in shown.whole_image] == ["looker"]
    assert shown.faces == () and shown.path.startswith("The whole frame at 0:00")


def frame_at(at: float, p_fake: float | None, *keys: str) -> SampledFrame:
    label: Label = "failed" if p_fake is None else "fake"
    said = tuple(
        Verdict(key, key, p_fake, label, 0.7, 0.3, 1.0, "too slow" if p_fake is None else None) for key in keys
    )
    jury = None if p_fake is None else JuryVerdict(p_fake, label)
    return SampledFrame(at, (0, 0, 9, 9), 0.9, said, jury=jury)


def test_of_a_person_of_whom_the_jury_has_a_verdict_that_is_told() -> None:
    seen = tuple(frame_at(at / 2, 0.97, *BUILT_IN) for at in range(12))
    assert say_verdict(Person(1, seen)) == "fake, 97 % fake"
    failed = tuple(frame_at(at / 2, None, *BUILT_IN) for at in range(12))
    jury = Person(1, failed).jury
    assert jury is not None and jury.verdict.reason == "No detector gave a number."
    assert "%" not in say_verdict(Person(1, failed))


def test_where_a_member_fails_the_thresholds_are_those_of_the_others() -> None:
    """As on a photo: each set of members has its own."""
    others = [replace(frame_at(at / 2, 0.6, *BUILT_IN), jury=JuryVerdict(0.6, "fake", 0.5, 0.2)) for at in range(9)]
    whole = [replace(frame_at(at / 2, 0.6, *BUILT_IN), jury=JuryVerdict(0.6, "fake", 0.9, 0.2)) for at in range(9, 12)]
    jury = Person(1, (*others, *whole)).jury
    assert jury is not None and (jury.fake_from, jury.real_until, jury.verdict.label) == (0.5, 0.2, "fake")


def test_a_detector_that_failed_is_not_a_face_that_was_not_seen() -> None:
    seen = [frame_at(at / 2, 0.6 if at < 2 else None, *BUILT_IN) for at in range(12)]
    person = Person(1, tuple(seen))
    assert person.jury is not None
    reasons = {line.verdict.reason for line in (*person.scores, person.jury)}
    assert reasons == {"A number came of only 2 of the 12 frames that count."}
    brief = Person(1, tuple(seen[:2]))
    assert brief.scores[0].verdict.reason.startswith("Clearly visible in only 2")


def test_who_holds_real_back_in_most_frames_is_said_of_a_person() -> None:
    held = JuryVerdict(0.19, "inconclusive", 0.9, 0.19, held_back_by="residual", weighed=0.01)
    person = Person(1, tuple(replace(frame_at(at / 2, 0.19, *BUILT_IN), jury=held) for at in range(12)))
    assert person.jury is not None
    title = person.jury.verdict.reason.removeprefix("But for what ").split(" sees")[0]
    assert title in {one.title for one in person.frames[0].verdicts}
    assert person.jury.verdict.reason.endswith("in 12 of 12 frames, the jury would call this person real.")


@pytest.mark.parametrize(
    ("held", "others", "reason"),
    [
        (2, [0.869, 0.869], ""),  # their median lies between the thresholds, whatever is held back
        (5, [0.95] * 4, "Real for the most part, but fake in 4 frames in a row."),
        (2, [0.19, 0.05], "But for what residual sees in 2 of 4 frames, the jury would call this person real."),
    ],
)
def test_it_is_said_that_real_was_held_back_only_where_the_others_would_say_it(
    held: int, others: list[float], reason: str
) -> None:
    kept = JuryVerdict(0.19, "inconclusive", 0.9, 0.19, held_back_by="residual", weighed=0.001)
    juries = [kept] * held + [
        JuryVerdict(p_fake, judge(p_fake, fake_from=0.9, real_until=0.19), 0.9, 0.19) for p_fake in others
    ]
    frames = (replace(frame_at(at / 2, 0.19, *BUILT_IN), jury=jury) for at, jury in enumerate(juries))
    jury = Person(1, tuple(frames)).jury
    assert jury is not None
    assert (jury.verdict.label, jury.verdict.reason) == ("inconclusive", reason)


def test_the_line_of_a_clip_lies_where_the_clip_is_and_is_told_to_be_not_in_the_jury() -> None:
    line = TrackScores("stiff", "Stiff", 0.7, 0.3, TrackVerdict(0.1, None, None, "real", 2), is_beside=True)
    clip = ClipScores(line, (1.0, 2.0), (0.5, 0.75))
    drawn = f"M{WIDTH / 4} {HEIGHT / 2}L{WIDTH / 2} {HEIGHT / 4}"
    assert draw_clip(clip, start=0.0, end=4.0) == drawn
    frames = tuple(frame_at(at / 2, 0.5, "a") for at in range(5))
    person = Person(1, frames, (clip,))
    video = JudgedVideo("", seconds=4.0, step=0.5, looks=(0.0, 4.0))
    assert plot(video, person, 0)["lines"][0] == {"name": "line line-1", "path": drawn}
    html = render("film_lines", lines=name_lines(person))
    assert html.count("not in the jury") == 1 and html.count("middle half: 50 %") == 1


def test_how_a_face_moves_is_drawn_for_each_measure_and_what_hardly_moves_stays_low() -> None:
    times = np.array([1.0, 2.0, 3.0])
    measures = np.zeros((3, len(NAMES)), dtype=np.float32)
    measures[:, 0], measures[:, 1] = (0.1, 0.4, 0.1), (0.3, 0.303, 0.3)
    person = Person(1, (frame_at(0, 0.5, "a"),), motion=Motion(times, measures, measures))
    drawn = dict(draw_motion(person))
    assert list(drawn) == list(NAMES)
    assert drawn["left eye"] == "M0.0 100.0L500.0 0.0L1000.0 100.0"
    assert drawn["right eye"] == "M0.0 52.5L500.0 47.5L1000.0 52.5"
    assert "no verdict follows" in render("motion", motion=draw_motion(person))
    assert draw_motion(Person(1, ())) == [] and not render("motion", motion=[]).strip()


def test_a_line_leaves_out_the_frames_of_which_there_is_no_number() -> None:
    frames = [frame_at(0, 0.5, "a"), frame_at(0.5, None, "a"), frame_at(1, 0.25, "a")]
    places = [0.0, 10.0, 20.0]
    half, quarter = HEIGHT / 2, HEIGHT * 3 / 4
    assert draw_path(frames, "a", places, gap=1.0) == f"M0.0 {half}h0L20.0 {quarter}"
    assert draw_path(frames, "a", places, gap=0.8) == f"M0.0 {half}h0M20.0 {quarter}h0"
    assert draw_path(frames, JURY_KEY, places, gap=1.0) == draw_path(frames, "a", places, gap=1.0)


@pytest.mark.browser
def test_the_mark_of_a_person_in_the_headline_has_the_shape_of_their_own_verdict(browser: Browser) -> None:
    words: tuple[tuple[Label, float], ...] = (("fake", 0.97), ("real", 0.02), ("inconclusive", 0.5))
    persons = tuple(
        Person(number, tuple(replace(frame_at(at / 2, p, *BUILT_IN), jury=JuryVerdict(p, label)) for at in range(12)))
        for number, (label, p) in enumerate(words, start=1)
    )
    film = StoredFilm(JudgedVideo("three.mp4", width=9, height=9, looks=(0.0,), persons=persons))
    with browser.new_page() as page:
        page.set_content(f"<style>{CSS.read_text()}</style><div class=jury>{draw_film(film, 1)[0]}</div>")
        assert page.locator(".film-head .mark").evaluate_all(
            "marks => marks.map((one) => [one.closest('[class]:not(.mark, .word)').className.split(' ').at(-1),"
            " getComputedStyle(one).clipPath.split('(').at(-1).split(',').length, getComputedStyle(one).borderRadius])"
        ) == [["film-head", 3, "0px"], ["fake", 3, "0px"], ["real", 1, "50%"], ["inconclusive", 4, "0px"]]
