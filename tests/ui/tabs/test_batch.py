"""The Batch tab's runs, without a browser: what a stop leaves behind, and what a new run replaces."""

from functools import partial
from pathlib import Path
from types import SimpleNamespace

import gradio as gr

from detectors.jury.judge import Jury
from tests.detectors.pictures import encode, quarters
from tests.ui.jurors import JURY
from ui.components.batch_table import _open_with, find_neighbours
from ui.server.queue import FairQueue
from ui.tabs.batch import BatchSession, _judge_with, _open, _start, _stop

KEYS = ["accuser", "defender"]
WHO = gr.Request(username="Anna")


def put(folder: Path, *names: str) -> list[str]:
    for name in names:
        (folder / name).write_bytes(encode(quarters(20, 20)))
    return [str(folder / name) for name in names]


def test_a_stopped_batch_ends_at_once_and_keeps_what_is_done(tmp_path: Path) -> None:
    session = BatchSession()
    _start(put(tmp_path, *(f"{number}.png" for number in range(5))), KEYS, session)
    run = _judge_with(Jury(JURY))(session, WHO)
    status, lines, *_ = next(run)
    assert "<strong>1 of 5</strong> judged" in status[0] and len(lines) == 1
    _stop(session)
    *_, (status, lines, *_) = run
    assert "Stopped." in status[0] and "of 5 judged" in status[0]
    assert 1 <= len(lines) <= 2


def test_a_batch_that_waits_is_cancelled_at_once(tmp_path: Path) -> None:
    session = BatchSession()
    _start(put(tmp_path, "a.png"), KEYS, session)
    status, *_ = _stop(session)
    assert "Cancelled." in status[0]
    its_turn = _judge_with(Jury(JURY))(session, WHO)  # when another one's batch has ended
    assert list(its_turn) == [(gr.skip(),) * 6], "nothing is shown over it"


def test_why_no_batch_was_begun_stays_beside_the_results_of_the_one_before(tmp_path: Path) -> None:
    session, paths = BatchSession(), put(tmp_path, "a.png")
    _start(paths, KEYS, session)
    list(_judge_with(Jury(JURY))(session, WHO))
    before = session.run
    for files, keys in (([], KEYS), (paths, [])):
        status, *_ = _start(files, keys, session)
        assert "Choose files and at least one detector first." in status[0]
        assert list(_judge_with(Jury(JURY))(session, WHO)) == [(gr.skip(),) * 6] and session.run is before


def test_a_new_batch_takes_the_place_of_the_one_that_runs(tmp_path: Path) -> None:
    session, jury = BatchSession(), Jury(JURY)
    _start(put(tmp_path, "a.png", "b.png", "c.png"), KEYS, session)
    older = _judge_with(jury)(session, WHO)
    next(older)
    _start(put(tmp_path, "<b>new.png"), KEYS, session)
    list(older)
    *_, (_, [line], *_) = _judge_with(jury)(session, WHO)
    assert "&lt;b&gt;new.png" in line and "<b>new" not in line


def test_a_name_that_hides_what_it_is_shows_it(tmp_path: Path) -> None:
    session = BatchSession()
    _start(put(tmp_path, "a\u202egpj.\x1b[2J\u200b.png"), KEYS, session)
    *_, (_, [line], *_) = _judge_with(Jury(JURY))(session, WHO)
    assert "a\\u202egpj.\\x1b[2J\\u200b.png" in line
    assert not any(letter in line for letter in "\u202e\x1b\u200b")


def test_a_picture_that_is_filtered_out_by_now_has_no_way_to_others(tmp_path: Path) -> None:
    session = BatchSession()
    _start(put(tmp_path, "a.png", "b.png"), KEYS, session)
    list(_judge_with(Jury(JURY))(session, WHO))
    assert session.run is not None
    assert find_neighbours(session) == [], "none is opened"
    (session.opened, _) = session.run.entries
    assert "b.png" not in "".join(find_neighbours(session)) and find_neighbours(session)
    session.name = "b"
    assert find_neighbours(session) == []


def test_a_picture_that_is_opened_waits_with_the_photos_and_for_as_long_as_it_is_wanted(tmp_path: Path) -> None:
    session, queue = BatchSession(), FairQueue(3)
    _start(put(tmp_path, "a.png", "b.png"), KEYS, session)
    list(_judge_with(Jury(JURY))(session, WHO))
    open_line = _open_with(partial(_open, queue))
    with queue.wait() as others:
        assert list(others) == []
        first, second = (open_line(session, SimpleNamespace(_data={"entry": number})) for number in (0, 1))
        assert "Judging this picture again" in "".join(next(first)[1]) and "you are next" in "".join(next(first)[1])
        assert "Judging this picture again" in "".join(next(second)[1])
        assert list(first) == [(gr.skip(), gr.skip())] and len(queue) == 1
    *_, (_, shown) = second
    assert "No face found." in "".join(shown)
    third = open_line(session, SimpleNamespace(_data={"entry": 0}))
    next(third)
    *_, detail = _start(put(tmp_path, "new.png"), KEYS, session)
    assert detail == [] and list(third) == [(gr.skip(), gr.skip())]
