"""What becomes of a batch or a video that ended: an entry, or a sentence that says why it is none."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from sqlalchemy import Engine

from auth import accounts
from detectors.jury.judge import Jury
from registry import DetectorSpec
from storage import kept as quotas
from storage.database import open_database
from storage.history import HistoryEntry, HistoryQuery, find_entries, read_entries
from storage.recorder import Recorded, Recorder
from tests.auth.server import PASSWORD
from tests.detectors.pictures import encode, quarters
from tests.detectors.sounds import to_wav, voice
from tests.detectors.videos import every, moving_portrait, write_video
from tests.ui.jurors import JURY
from ui.components.run_keeping import Written, keep_smalls, say_written
from ui.tabs import audio, batch, video
from ui.tabs.audio import AudioSession
from ui.tabs.batch import BatchSession
from ui.tabs.video import VideoSession

KEYS = ["accuser", "defender"]
WHO = gr.Request(username="Anna")
EAR = DetectorSpec(key="ear", title="Ear", load=lambda: lambda samples, rate: 0.9, expects="audio")


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    engine: Engine = open_database(f"sqlite:///{tmp_path / 'facejury.db'}")
    accounts.add_user(engine, "Anna", password=PASSWORD, rounds=4)
    recorder = Recorder(engine)
    yield recorder
    recorder.close(10)
    engine.dispose()


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("films") / "walk.mp4", moving_portrait(24), every(0.125, until=3))


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    (tmp_path / "speech.wav").write_bytes(to_wav(voice(8.0)))
    return tmp_path / "speech.wav"


def tell(written: Written | None) -> tuple[str, int | None]:
    """say_written, in a thread of its own: where a browser was started, this one has an event loop already."""
    assert written is not None
    with ThreadPoolExecutor(1) as pool:
        said = pool.submit(lambda: asyncio.run(say_written(written.recorded, pictures="the thumbnails")))
        return said.result()


def test_a_page_that_is_closed_while_it_waits_takes_no_entry_along() -> None:
    async def leave(recorded: Recorded) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(say_written(recorded, pictures="the thumbnails"), 0.01)

    recorded = Recorded()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(leave(recorded))).result()
    assert not recorded.cancelled()


def put(folder: Path, *names: str) -> list[str]:
    for name in names:
        (folder / name).write_bytes(encode(quarters(20, 20)))
    return [str(folder / name) for name in names]


def entries_once_written(recorder: Recorder) -> list[HistoryEntry]:
    """Anna's, newest first, once nothing waits to be written any more."""
    assert recorder.close(10) == 0
    return find_entries(recorder.engine, "Anna")


def test_a_batch_that_ended_is_an_entry_and_its_thumbnails_can_be_kept(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, portrait: str
) -> None:
    session, paths = BatchSession(), [*put(tmp_path, "wall.png"), portrait]
    assert batch._take_thumbs(session) is None
    batch._start(paths, KEYS, session)
    assert session.written is None, "it has not begun"
    list(batch._judge_with(Jury(JURY), recorder)(session, WHO))
    smalls = batch._take_thumbs(session)
    assert session.written is not None and smalls is not None and session.run is not None
    assert smalls.thumb in session.run.thumbs.values() and len(session.run.thumbs) == 2
    line, number = tell(session.written)
    assert "Recorded in your history, without the thumbnails." in line and f"check/{number}" in line
    (entry,) = find_entries(recorder.engine, "Anna")
    assert (entry.id, entry.file_name, entry.kind) == (number, "2 pictures: wall.png, portrait.png", "batch")
    assert session.written.is_entry(entry.id) and not session.written.is_entry(entry.id + 1)
    assert set(entry.versions) == {"Facejury", "The jury", *KEYS}

    def judge(user: str) -> tuple[str, int | None]:
        batch._start(paths, KEYS, session)
        list(batch._judge_with(Jury(JURY), recorder)(session, gr.Request(username=user)))
        return tell(session.written)

    monkeypatch.setattr(quotas, "MAX_ENTRIES", 1)
    line, number = judge("Anna")
    assert "as many as are kept" in line and number is None
    line, number = judge("nobody")
    assert "Not recorded in your history" in line and number is None
    assert session.written is not None and not session.written.is_entry(entry.id)


def test_a_batch_that_another_one_replaced_is_an_entry_of_what_was_judged(recorder: Recorder, tmp_path: Path) -> None:
    session, judge = BatchSession(), batch._judge_with(Jury(JURY), recorder)
    batch._start(put(tmp_path, "a.png", "b.png", "c.png"), KEYS, session)
    older = judge(session, WHO)
    next(older)
    batch._start(put(tmp_path, "new.png"), KEYS, session)
    list(older)
    assert session.written is None, "the page says nothing of it under the new one"
    list(judge(session, WHO))
    assert [entry.file_name for entry in entries_once_written(recorder)] == ["1 picture: new.png", "1 picture: a.png"]


def test_a_batch_whose_page_was_closed_is_an_entry_of_what_was_judged(recorder: Recorder, tmp_path: Path) -> None:
    session = BatchSession()
    batch._start(put(tmp_path, "a.png", "b.png"), KEYS, session)
    run: Any = batch._judge_with(Jury(JURY), recorder)(session, WHO)
    next(run)
    run.close()  # as Gradio does when nobody listens any more
    assert [entry.file_name for entry in entries_once_written(recorder)] == ["1 picture: a.png"]


def test_a_video_that_ended_is_an_entry_and_its_stills_can_be_kept(recorder: Recorder, walk: Path) -> None:
    session = VideoSession()
    assert video._take_stills(session) is None
    video._start([str(walk)], "", KEYS, session)
    list(video._judge_with(Jury(JURY), recorder)(session, WHO))
    smalls = video._take_stills(session)
    assert session.written is not None and smalls is not None and smalls.thumb is not None
    _, number = tell(session.written)
    (entry,) = find_entries(recorder.engine, "Anna")
    assert (entry.id, entry.kind, entry.has_picture, entry.file_name) == (number, "video", False, "walk.mp4")
    for wanted in (smalls, None):
        keep_smalls(recorder.engine, "Anna", entry.id, wanted)
        (now,) = find_entries(recorder.engine, "Anna")
        assert (now.has_picture, now.thumb) == ((True, smalls.thumb) if wanted else (False, None))


def test_a_video_that_another_one_replaced_or_whose_page_was_closed_is_an_entry_that_says_where_it_ended(
    recorder: Recorder, walk: Path
) -> None:
    session, judge = VideoSession(), video._judge_with(Jury(JURY), recorder)
    video._start([str(walk)], "", KEYS, session)
    older = judge(session, WHO)
    assert next(older) and next(older) and session.film, "it was opened, and its first frame was judged"
    video._start([str(walk)], "0:01", KEYS, session)
    list(older)
    assert session.written is None, "the page says nothing of it under the new one"
    newer: Any = judge(session, WHO)
    assert next(newer) and next(newer) and session.film
    newer.close()
    numbers = [entry.id for entry in entries_once_written(recorder)]
    stored = [entry.comparison for entry in read_entries(recorder.engine, "Anna") if entry.id in numbers]
    assert [(one["start"], one["notes"]) for one in stored] == [
        (1.0, ["Stopped at 0:01; the rest was not seen."]),
        (0.0, ["Stopped at 0:00; the rest was not seen."]),
    ]


def test_a_sound_that_ended_is_an_entry(recorder: Recorder, speech: Path) -> None:
    session = AudioSession()
    with Jury([EAR]) as ears:
        audio._start_with(ears)([str(speech)], "", ["ear"], session)
        assert session.written is None, "it has not begun"
        list(audio._judge_with(ears, recorder)(session, WHO))
    tell(session.written)
    [entry] = find_entries(recorder.engine, "Anna", HistoryQuery(kind="sound", verdict="inconclusive"))
    assert (entry.file_name, entry.outline["said"]) == ("speech.wav", "Some traces of synthesis")
    assert set(entry.versions) >= {"ear"}
    audio._start_with(Jury([]))([str(speech)], "", [], session)
    list(audio._judge_with(Jury([]), recorder)(session, WHO))
    assert session.hearing and session.written is None, "nobody judged it"
    assert len(entries_once_written(recorder)) == 1


def test_a_sound_that_another_one_replaced_or_whose_page_was_closed_is_an_entry_once_something_was_heard(
    recorder: Recorder, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audio, "DRAW_SECONDS", 0.0)
    session = AudioSession()
    with Jury([EAR]) as ears:
        judge = audio._judge_with(ears, recorder)

        def begin(start: str, *, shown: int) -> Any:
            """A run of which so much was shown: that it is opened, that it is read, its first window."""
            audio._start_with(ears)([str(speech)], start, ["ear"], session)
            run = judge(session, WHO)
            for _ in range(shown):
                next(run)
            return run

        replaced, closed, unheard = (begin(start, shown=shown) for start, shown in (("0", 3), ("1", 3), ("0", 2)))
        list(replaced)
        closed.close()
        unheard.close()
    assert session.written is None
    entries_once_written(recorder)
    stored = [entry.comparison for entry in read_entries(recorder.engine, "Anna")]
    assert [(one["start"], one["end"], len(one["windows"])) for one in stored] == [(1.0, 5.0, 1), (0.0, 4.0, 1)]
    assert all("the rest was not heard" in one["notes"][-1] for one in stored)
