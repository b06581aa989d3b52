"""The Video tab: its runs without a browser, then all of it in one, at desktop and phone width."""

import json
import re
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gradio as gr
import gradio_client
import numpy as np
import pytest
from gradio_client import handle_file
from playwright.sync_api import Page, expect

from detectors.jury.judge import Jury
from registry import DetectorSpec, Image, load_registry
from tests.detectors.pictures import quarters
from tests.detectors.sounds import voice
from tests.detectors.videos import (
    every,
    moving_portrait,
    still,
    two_portraits,
    write_sound,
    write_talk,
    write_video,
)
from tests.ui.conftest import serving
from tests.ui.faults import check
from tests.ui.jurors import JURY, say_fake, spec
from tests.ui.noted import Noted
from tests.ui.visitor import open_tab
from ui.components.film import choose_part
from ui.render.reports.video import render_film_report
from ui.render.video import Film
from ui.tabs.video import VideoSession, _cancel, _judge_with, _save_json, _save_report, _start

KEYS = ["accuser", "defender"]
WHO = gr.Request(username="Anna")
MARKUP = "<b>walk.mp4"


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    return write_video(folder / "walk.mp4", moving_portrait(24), every(0.125, until=3))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("films") / "pair.webm"
    return write_video(path, two_portraits(24), every(0.125, until=3))


def run(
    path: Path, *, keys: Sequence[str] = KEYS, start: str = "", jury: Sequence[DetectorSpec] = JURY
) -> tuple[VideoSession, Any]:
    """The session after a whole run, and the last thing shown."""
    session = VideoSession()
    _start([str(path)], start, list(keys), session)
    *_, shown = _judge_with(Jury(jury))(session, WHO)
    return session, shown


class Click:
    def __init__(self, **data: Any) -> None:
        self._data = data


def test_who_was_never_measured_is_in_no_count(walk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detectors.jury.judge.is_measured", lambda spec: spec.key != "accuser")
    _, (_, persons, person, *_) = run(walk)
    assert "One person: 0 of 1 say fake." in persons[0]
    assert 'Accuser <span class="badge" translate="yes">not measured</span>' in person[0]


def test_a_run_shows_the_person_their_lines_and_the_worst_frame(walk: Path) -> None:
    session, (status, persons, person, frame, *_) = run(walk)
    assert status == [] and not session.slot.busy
    assert "One person: 1 of 2 say fake." in persons[0]
    assert person[0].count('<path class="line') == 2 * 2, "each line once in the plot, once beside its name"
    assert person[0].count("data-frame") == 3, "at least a second apart"
    assert "Person 1 at 0:00" in frame[0] and "data:image/webp" in frame[1]
    assert "Heat map of Accuser" in frame[3]


def test_choosing_a_frame_shows_that_frame_and_whose_it_is(pair: Path) -> None:
    session, _ = run(pair)
    *_, frame = choose_part(session, Click(frame=4))
    assert "Person 1 at 0:02" in frame[0]
    _, person, frame = choose_part(session, Click(person=2))
    assert "<h3>Person 2</h3>" in person[0]
    assert re.search(r">Person 2 at [\d:.]+ · 640 . \d+ pixels<", frame[0]), "one text, or it is not translated"
    left = session.film.video.persons[1].frames[4].box[0]
    *_, frame = choose_part(session, Click(frame=4))
    assert f"left:{round(100 * left / 640, 2)}%" in frame[2], "the box is that person's"
    assert 'aria-label="Person 2"' in frame[2] and "<span>2</span>" in frame[2] and "face 1" not in frame[2]


@pytest.mark.parametrize("sent", [{"frame": 99}, {"frame": -1}, {"frame": "1"}, {"person": "2"}, {}])
def test_a_click_that_makes_no_sense_changes_nothing(walk: Path, sent: Any) -> None:
    session, _ = run(walk)
    assert all("__type__" in shown for shown in choose_part(session, Click(**sent)))


def test_a_cancelled_run_ends_and_keeps_what_is_done(walk: Path) -> None:
    session, noted, seen = VideoSession(), Noted(), 0
    _start([str(walk)], "", ["slow"], session)

    def look(image: Image) -> float:
        nonlocal seen
        seen += 1
        if seen == 2:
            _cancel(session)
        return 0.5

    list(_judge_with(Jury([spec("slow", look)]), noted)(session, WHO))
    assert seen == 2 and not session.slot.busy
    assert len(session.film.video.looks) == 1
    [entry] = noted.entries
    said = "Stopped at 0:00; the rest was not seen."
    assert entry["comparison"]["notes"] == [said]
    assert said in _save_report(False, session)[2] and said in _save_json(session)[2]


def test_what_cannot_be_judged_is_a_sentence_and_not_a_word_of_paths(tmp_path: Path, walk: Path) -> None:
    (tmp_path / "empty.mp4").write_bytes(b"")
    times = every(10, until=3 * 3600)
    long = write_video(tmp_path / "long.mp4", still(quarters(), len(times)), times)
    for path, start, sentence in [
        (tmp_path / "empty.mp4", "", "The file is empty."),
        (write_sound(tmp_path / "song.mp4"), "", "No moving pictures"),
        (long, "", "2:59:50 long; at most 10 min are judged"),
        (walk, "1:00", "ends before the chosen start"),
        (walk, "soon", "Enter the start as"),
    ]:
        _, (status, persons, *_) = run(path, start=start)
        assert sentence in status[0] and "error" in status[0]
        assert str(tmp_path) not in status[0] and persons == []
    assert "Choose a video" in run(walk, keys=[])[1][0][0]


def test_the_json_is_that_of_the_command_line_and_the_report_needs_no_other_file(walk: Path) -> None:
    specs = load_registry().choose(["custom-cnn"])
    session, _ = run(walk, keys=["custom-cnn"], jury=specs)
    (saved,) = json.loads(_save_json(session)[2])
    assert saved["kind"] == "video" and saved["persons"][0]["verdicts"][0]["detector"] == "custom-cnn"
    made = datetime(2026, 11, 21, 9, 5, tzinfo=UTC)
    report = render_film_report(session.film, specs, pictured=True, made=made)
    jury = saved["persons"][0]["jury"]
    for said in (saved["sha256"], "21 Nov 2026, 09:05 UTC", "cannot prove", f"{jury['p_fake']:.3f}", "median"):
        assert said in report
    assert report.count('<path class="line') == 2 * 2 and "<script" not in report
    assert "http://" not in report and "https://" not in report
    bare = render_film_report(session.film, specs, pictured=False, made=made)
    assert "data:image" not in bare and saved["sha256"] in bare


def test_names_are_text_and_never_markup(walk: Path, tmp_path: Path) -> None:
    named = tmp_path / MARKUP
    named.write_bytes(walk.read_bytes())
    session, (_, persons, *_) = run(named)
    report = render_film_report(session.film, JURY, pictured=True, made=datetime.now(UTC))
    for text in (persons[0], report):
        assert "&lt;b&gt;walk" in text and "<b>walk" not in text


def test_what_is_kept_of_a_frame_is_small(walk: Path) -> None:
    session, _ = run(walk)
    film: Film = session.film
    assert len(film.frames) == len(film.video.looks) == 6
    assert max(map(len, [*film.frames.values(), *film.faces.values()])) < 60_000


@pytest.mark.slow
def test_a_program_gets_the_same_as_json(client: gradio_client.Client, walk: Path) -> None:
    answer = client.predict(handle_file(walk), "0:01", KEYS, api_name="/video")
    assert (answer["kind"], answer["name"], answer["path"], answer["start"]) == ("video", "walk.mp4", None, 1.0)
    assert answer["persons"][0]["verdicts"][0]["label"] == "fake"
    with pytest.raises(gradio_client.exceptions.AppError, match="Choose a video and at least one detector"):
        client.predict(handle_file(walk), "", [], api_name="/video")


@pytest.mark.slow
def test_a_program_gets_the_verdicts_on_the_sound_and_no_path_in_them(tmp_path: Path) -> None:
    talk = write_talk(tmp_path / "talk.mp4", voice(2.0), openings=[0.0] * 25)
    ear = spec("ear", lambda samples, rate: 0.9, expects="audio")
    with serving(*JURY, ear) as where:
        client = gradio_client.Client(where, verbose=False)
        answer = client.predict(handle_file(talk), "", [*KEYS, "ear"], api_name="/video")
        client.close()
    assert answer["sound"]["path"] is None
    assert [(one["detector"], one["p_fake"]) for one in answer["sound"]["verdicts"]] == [("ear", 0.9)]


@pytest.mark.browser
@pytest.mark.slow
def test_the_tab_from_the_file_to_a_chosen_frame_and_the_report(visit: Callable[..., Page], pair: Path) -> None:
    expect.set_options(timeout=90_000)
    page = visit(*JURY, width=390)
    open_tab(page, "Video")
    page.get_by_role("button", name="Judge the video").click()
    expect(page.locator("#video-status")).to_contain_text("Choose a video")
    page.set_input_files("#video-file input[type=file]", str(pair))
    page.get_by_role("button", name="Judge the video").click()
    expect(page.locator("#video-persons h2")).to_have_text("2 people")
    expect(page.locator("#video-frame .card.fake")).to_have_count(1)
    check(page)
    page.locator("#video-persons [data-person='2']").click()
    expect(page.locator("#video-person h3")).to_have_text("Person 2")
    slider, player = page.get_by_label("Frame of person 2"), page.get_by_label("The video", exact=True)
    slider.press("End")
    expect(page.locator("#video-frame")).to_contain_text("Person 2 at 0:02.5")
    expect(player).to_have_js_property("currentTime", 2.5)
    player.evaluate("video => { video.currentTime = 1.05; video.dispatchEvent(new Event('pause')); }")
    expect(page.locator("#video-frame")).to_contain_text("Person 2 at 0:01")
    assert float(slider.input_value()) == pytest.approx(1000 / 3, abs=20)
    plot = page.locator("#video-person .film-plot svg")
    plot.click(position={"x": 1, "y": 40})
    expect(page.locator("#video-frame")).to_contain_text("Person 2 at 0:00")
    assert page.get_by_label("Frame of person 2").input_value() == "0"
    assert plot.locator(".cursor").get_attribute("d").startswith("M0 ")
    with page.expect_download() as saved:
        page.locator("#video-report").click()
    assert "cannot prove" in Path(saved.value.path()).read_text()
    with page.expect_download() as saved:
        page.locator("#video-json").click()
    assert len(json.loads(Path(saved.value.path()).read_text())[0]["persons"]) == 2
    check(page)


@pytest.mark.browser
@pytest.mark.slow
def test_cancel_ends_a_video_and_a_new_one_can_follow(visit: Callable[..., Page], pair: Path) -> None:
    goes_on = threading.Event()

    def ponder(image: Image) -> object:
        goes_on.wait(120)
        return say_fake(image)

    expect.set_options(timeout=90_000)
    page = visit(spec("ponderer", ponder))
    open_tab(page, "Video")
    page.set_input_files("#video-file input[type=file]", str(pair))
    page.get_by_role("button", name="Judge the video").click()
    expect(page.locator("#video-status")).to_contain_text("Opening")
    page.get_by_role("button", name="Cancel").last.click()
    expect(page.locator("#video-status")).to_contain_text("Cancelled.")
    goes_on.set()
    page.get_by_role("button", name="Judge the video").click()
    expect(page.locator("#video-persons h2")).to_have_text("2 people")


@pytest.mark.browser
@pytest.mark.slow
def test_the_player_plays_what_was_judged_when_another_video_is_in_the_field(
    visit: Callable[..., Page], walk: Path, tmp_path: Path
) -> None:
    both = two_portraits(36)
    alone = [np.concatenate([frame[:, :320], np.full_like(frame[:, 320:], 100)], axis=1) for frame in both]
    left_early = write_video(tmp_path / "left_early #1.webm", [*both[:20], *alone[20:]], every(0.125, until=4.5))
    page = visit()
    open_tab(page, "Video")
    page.set_input_files("#video-file input[type=file]", str(left_early))
    page.get_by_role("button", name="Judge the video").click()
    expect(page.locator("#video-persons h2")).to_have_text("2 people")
    player = page.get_by_label("The video", exact=True)
    expect(player).to_have_js_property("readyState", 4)
    page.locator("#video-file").get_by_label("Clear").click()
    page.set_input_files("#video-file input[type=file]", str(walk))
    expect(page.locator("#video-file a[href*=walk]")).to_be_visible()
    page.locator("#video-persons [data-person='2']").click()
    expect(page.locator("#video-person h3")).to_have_text("Person 2")
    page.get_by_label("Frame of person 2").press("End")
    expect(page.locator("#video-frame")).to_contain_text("Person 2 at 0:02")
    assert "left_early" in player.evaluate("video => video.currentSrc")
    page.get_by_role("button", name="Judge the video").click()
    expect(page.locator("#video-persons h2")).to_contain_text("One person")
    expect(player).to_have_js_property("readyState", 4)
    assert "walk.mp4" in player.evaluate("video => video.currentSrc")
    page.locator("#video-person .film-plot svg").evaluate(  # as of two people whose markup is alike but for the times
        "svg => { svg.dataset.times = svg.dataset.times.split(' ').map((at) => Number(at) + 0.3).join(' '); }"
    )
    page.wait_for_function("Math.abs(document.querySelector('.player video').currentTime % 0.5 - 0.3) < 0.02")
