"""Videos and batches from the history, drawn again."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from detectors.audio.results import NOTHING_AUDIBLE, JudgedSound
from detectors.faces.motion import NAMES
from detectors.jury.judge import Jury
from detectors.scan.batch import judge_items, list_items
from detectors.video.judge import judge_video
from detectors.video.lips import LipSync
from detectors.video.results import WHOLE, JudgedVideo
from storage.history import HistoryEntry
from storage.shares import Share, SharedEntry
from tests.detectors.pictures import encode, quarters
from tests.detectors.videos import every, moving_portrait, still, write_video
from tests.ui.jurors import JURY, say_real, spec
from ui.components.film import FilmView, choose_part, draw_view
from ui.render.kept.batch import (
    draw_line,
    name_batch,
    outline_batch,
    pack_thumbs,
    restore_batch,
    store_batch,
    unpack_thumbs,
)
from ui.render.kept.report import report_entry, report_shared
from ui.render.kept.video import draw_film_thumb, outline_film, pack_stills, restore_film, seat_video, store_video
from ui.render.reports.video import render_film_report
from ui.render.video import Film
from ui.server.limits.visits import OPEN_TOO_LONG

AS_NOW: dict[str, Any] = {"pictured": True, "made": datetime(2026, 11, 28, tzinfo=UTC)}
SPECS = (*JURY, spec("looker", say_real, expects="image"))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    path = write_video(tmp_path_factory.mktemp("films") / "walk.mp4", moving_portrait(24), every(0.125, until=3))
    film = Film(JudgedVideo(""))
    with Jury(SPECS) as jury:
        for look in judge_video(path, jury, name="walk.mp4"):
            film.add(look)
    return film


def as_kept(stored: dict[str, Any]) -> dict[str, Any]:
    """As the history gives it back."""
    back: dict[str, Any] = json.loads(json.dumps(stored))
    return back


def entry_of(stored: dict[str, Any], kind: str, **more: Any) -> HistoryEntry:
    made = datetime(2026, 11, 28, tzinfo=UTC)
    return HistoryEntry(7, made, "<b>name", "a" * 64, False, stored, "", (), kind, "FJ-AAAAA-BBBBB", **more)


def test_a_stored_video_comes_back_whole(film: Film) -> None:
    stored = as_kept(store_video(film.video))
    restored = restore_film(stored, None)
    assert as_kept(store_video(restored.video)) == stored
    assert outline_film(restored) == outline_film(film) == {"label": "", "said": "One person: 1 of 2 say fake."}
    assert [one.key for one in seat_video(stored)] == ["accuser", "defender", "looker"]


def test_what_was_said_of_a_video_then_stands_whatever_would_be_said_now(film: Film) -> None:
    stored = as_kept(store_video(film.video))
    person = stored["persons"][0]
    verdict = person["verdicts"][0] | {"detector": "jury", "title": "The jury", "p_fake": 0.91, "label": "fake"}
    person["jury"] = verdict | {"fake_from": 0.7, "real_until": 0.3}
    person["clips"] = [verdict | {"detector": "stiff", "title": "Stiff", "times": [0.5, 1.0], "scores": [0.5, 0.6]}]
    person["motion"] = {"times": [0.5, 1.0]} | {name.replace(" ", "_"): [0.25, 0.5] for name in NAMES}
    person["lips"] = LipSync(40, 0, 80, 0.5, 0.01).as_dict()
    first, second, *_ = person["moments"]
    first["p_fake"]["jury"], second["errors"]["defender"] = 0.91, "too slow"
    del second["p_fake"]["defender"]
    restored = restore_film(stored, None)
    assert as_kept(store_video(restored.video)) == stored
    assert outline_film(restored) == {"label": "fake", "said": "Likely fake"}
    frames = restored.video.persons[0].frames
    assert frames[0].jury is not None and (frames[0].jury.label, frames[1].jury) == ("fake", None)
    assert [verdict.label for verdict in frames[1].verdicts] == ["fake", "failed"]


def test_what_was_said_of_a_videos_sound_and_lips_is_told_again(film: Film) -> None:
    note = "Parts of the sound are damaged."
    heard = JudgedSound("walk.mp4", seconds=3.0, end=3.0, reason=NOTHING_AUDIBLE, notes=(note,))
    stored = as_kept(store_video(replace(film.video, sound=heard)))
    verdict = stored["persons"][0]["verdicts"][0] | {"detector": "hearer", "title": "Hearer"}
    stored["sound"]["verdicts"] = [verdict]
    stored["persons"][0]["motion"] = {"times": [0.5, 1.0]} | {name.replace(" ", "_"): [0.25, 0.5] for name in NAMES}
    stored["persons"][0]["lips"] = LipSync(40, 0, 80, 0.5, 0.01).as_dict()
    assert seat_video(stored)[2].expects == "audio"
    persons, person, _ = draw_view(FilmView(jury=Jury(seat_video(stored))), restore_film(stored, None))
    assert f"Its sound, beside the jury: {NOTHING_AUDIBLE}" in persons[0] and "Audio view" not in persons[0]
    assert note in persons[0] and "40 ms after the lips" in person[0]
    report = report_entry(entry_of(stored, "video"), None, JURY)
    said = f"{NOTHING_AUDIBLE.removesuffix('.')}, beside the jury. {note}"
    assert said in report and "40 ms after the lips" in report


def test_a_video_is_drawn_with_its_stills_or_with_empty_frames(film: Film) -> None:
    stored, stills = as_kept(store_video(film.video)), pack_stills(film)
    assert stills == pack_stills(film), "the same stills are the same bytes, which are kept once"
    shown = {}
    for kept in (stills, None):
        restored = restore_film(stored, kept)
        view = FilmView(jury=Jury(seat_video(stored)), film=restored)
        persons, person, frame = draw_view(view, restored)
        assert "One person: 1 of 2 say fake." in persons[0] and "No stills were kept" not in person[0]
        assert person[0].count('<path class="line') == 2 * 2 and "93 % fake" in frame[-2] + frame[-1] + "".join(frame)
        assert ("No stills were kept" in persons[0]) is (kept is None)
        assert not [one for one in frame if " ms</p>" in one], "how long it took was not kept"
        shown[kept] = sum(map(len, (*persons, *person, *frame)))
    assert shown[stills] > 3 * shown[None]
    assert not restore_film(stored, stills).frames.keys() - {one.at for one in film.video.persons[0].frames}
    assert draw_film_thumb(film)


def test_the_whole_frame_of_a_stored_video_can_be_chosen(film: Film) -> None:
    stored = as_kept(store_video(film.video))
    view = FilmView(jury=Jury(seat_video(stored)), film=restore_film(stored, None))

    _, person, _ = choose_part(view, gr.EventData(None, {"person": WHOLE}))
    assert "The whole frame" in person[0]
    click = gr.EventData(None, {"person": WHOLE})
    *others, said = choose_part(FilmView(), click)
    assert all("__type__" in shown for shown in others), "there is no video"
    assert OPEN_TOO_LONG in said[0]


@pytest.mark.parametrize("judges", ["audio", "clip"])
def test_a_video_of_which_no_frame_was_judged_is_opened_again_as_it_was(tmp_path: Path, judges: str) -> None:
    path = write_video(tmp_path / "walk.mp4", moving_portrait(12), every(0.25, until=3))
    live = Film(JudgedVideo(""))
    with Jury((spec("only", lambda *_: 0.03, expects=judges),)) as jury:
        for look in judge_video(path, jury):
            live.add(look)
    stored = as_kept(store_video(live.video))
    said = {"audio": "One person: no verdict.", "clip": "One person: 0 of 1 say fake."}[judges]
    assert outline_film(live) == {"label": "", "said": said}
    for film in (live, restore_film(stored, pack_stills(live))):
        persons, person, frame = draw_view(FilmView(), film)
        assert said in persons[0] and "frame-" in frame[0] and "Person 1 at" in frame[0]
        assert "Most suspect" not in person[0] and "no p_fake" not in person[0]
    for html in (report_entry(entry_of(stored, "video"), None, JURY), render_film_report(live, (), **AS_NOW)):
        assert said in html and "marks the clearest frame" in html and "Most suspect" not in html


def test_a_link_to_a_video_shows_its_stills_only_where_allowed(film: Film) -> None:
    entry, until = entry_of(as_kept(store_video(film.video)), "video"), datetime(2026, 12, 1, tzinfo=UTC)
    html = report_shared(SharedEntry(Share(until, False), entry, None))
    assert "noindex" in html and "The stills are not shared" in html and "until 1 Dec 2026" in html
    assert "data:image/" not in html and "measured results" not in html and "FJ-AAAAA-BBBBB" in html
    shown = report_shared(SharedEntry(Share(until, True), entry, pack_stills(film)))
    assert shown.count("data:image/") == 2 * 3 and "not shared" not in shown
    assert "The stills were not kept" in report_entry(replace(entry, has_picture=False), None, JURY)
    assert "The stills were left out on request" in report_entry(replace(entry, has_picture=True), None, JURY)


def test_a_video_in_which_nobody_is_seen_has_no_thumbnail(tmp_path: Path) -> None:
    path = write_video(tmp_path / "wall.mp4", still(quarters(), 4), every(0.25, until=1))
    film = Film(JudgedVideo(""))
    with Jury(JURY) as jury:
        for look in judge_video(path, jury):
            film.add(look)
    stored = as_kept(store_video(film.video))
    assert as_kept(store_video(restore_film(stored, pack_stills(film)).video)) == stored
    assert (draw_film_thumb(film), outline_film(film)["said"]) == (None, "No face found.")
    html = report_entry(entry_of(stored, "video"), None, JURY)
    assert "No face found." in html and "FJ-AAAAA-BBBBB" in html


def test_a_batch_comes_back_line_by_line(tmp_path: Path, portrait: str) -> None:
    (tmp_path / "wall.png").write_bytes(encode(quarters(20, 20)))
    (tmp_path / "text.png").write_text("no picture")
    paths = [Path(portrait), tmp_path / "wall.png", tmp_path / "text.png"]
    with Jury(SPECS) as jury:
        entries = [entry for entry, _ in judge_items(list_items(paths), jury)]
    stored = as_kept(store_batch(entries))
    again = restore_batch(stored)
    assert [draw_line(one, None) for one in again] == [draw_line(one, None) for one in entries]
    assert as_kept(store_batch(again)) == stored
    assert outline_batch(entries) == {"label": "", "said": "3 pictures: 2 no verdict, 1 not judged"}
    assert name_batch(entries) == "3 pictures: portrait.png, wall.png, text.png"
    assert unpack_thumbs(pack_thumbs({2: b"thumb"})) == {2: b"thumb"} and unpack_thumbs(None) == {}
    html = report_entry(entry_of(stored, "batch"), pack_thumbs({0: b"thumb"}), SPECS)
    assert html.count("data:image/webp") == 1 and "&lt;b&gt;name" in html and "text.png" in html
    assert entries[0].comparison["sha256"] in html and "<script" not in html


def test_batches_of_different_files_that_cannot_be_read_are_different(tmp_path: Path) -> None:
    def store(name: str) -> dict[str, Any]:
        (tmp_path / name).write_text(name)
        return store_batch([entry for entry, _ in judge_items(list_items([tmp_path / name]), jury)])

    with Jury(SPECS) as jury:
        assert store("one.jpg")["sha256"] == store("one.jpg")["sha256"] != store("other.jpg")["sha256"]


def test_a_batch_is_named_by_its_zip_or_by_its_first_pictures(tmp_path: Path) -> None:
    for name in "abcd":
        (tmp_path / f"{name}.png").write_bytes(encode(quarters(20, 20)))
    with Jury(JURY) as jury:
        entries = [entry for entry, _ in judge_items(list_items(sorted(tmp_path.iterdir())), jury)]
    assert name_batch(entries) == "4 pictures: a.png, b.png, c.png, …"
    assert name_batch(entries[:1]) == "1 picture: a.png"
    assert outline_batch(entries[:1])["said"] == "1 picture: 1 no verdict"
    zipped = [replace(entry, item=replace(entry.item, name=f"z.zip/{entry.item.name}")) for entry in entries]
    assert name_batch(zipped) == "z.zip"
