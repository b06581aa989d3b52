"""What becomes of a batch or a video that ended: an entry, or a sentence that says why it is none."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine

from auth import accounts
from detectors.jury.judge import Jury
from registry import DetectorSpec
from storage import kept as quotas
from storage.database import open_database
from storage.history import HistoryQuery, find_entries
from storage.recorder import Recorder
from tests.auth.server import PASSWORD
from tests.detectors.pictures import encode, quarters
from tests.detectors.sounds import to_wav, voice
from tests.detectors.videos import every, moving_portrait, write_video
from tests.ui.jurors import JURY
from ui.components.run_keeping import Finished, keep_smalls, write_run
from ui.tabs import audio, batch, video
from ui.tabs.audio import AudioSession
from ui.tabs.batch import BatchSession
from ui.tabs.video import VideoSession

KEYS = ["accuser", "defender"]


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    engine: Engine = open_database(f"sqlite:///{tmp_path / 'facejury.db'}")
    accounts.add_user(engine, "Anna", password=PASSWORD, rounds=4)
    recorder = Recorder(engine)
    yield recorder
    recorder.close(10)
    engine.dispose()


def write(recorder: Recorder, user: str, finished: Finished) -> tuple[str, int | None]:
    """write_run, in a thread of its own: where a browser was started, this one has an event loop already."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(write_run(recorder, user, finished, pictures="the thumbnails"))).result()


def test_a_batch_that_ended_is_an_entry_and_its_thumbnails_can_be_kept(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, portrait: str
) -> None:
    session = BatchSession()
    assert batch._finish(session) is None and batch._take_thumbs(session) is None
    (tmp_path / "wall.png").write_bytes(encode(quarters(20, 20)))
    batch._start([str(tmp_path / "wall.png"), portrait], KEYS, session)
    assert batch._finish(session) is None, "it has not begun"
    list(batch._judge_with(Jury(JURY))(session))
    finished, smalls = batch._finish(session), batch._take_thumbs(session)
    assert finished is not None and smalls is not None and session.run is not None
    assert smalls.thumb in session.run.thumbs.values() and len(session.run.thumbs) == 2
    line, number = write(recorder, "Anna", finished)
    assert "Recorded in your history, without the thumbnails." in line and f"check/{number}" in line
    (entry,) = find_entries(recorder.engine, "Anna")
    assert (entry.id, entry.file_name, entry.kind) == (number, "2 pictures: wall.png, portrait.png", "batch")
    assert set(entry.versions) == {"Facejury", "The jury", *KEYS}
    monkeypatch.setattr(quotas, "MAX_ENTRIES", 1)
    line, number = write(recorder, "Anna", finished)
    assert "as many as are kept" in line and number is None
    line, number = write(recorder, "nobody", finished)
    assert "Not recorded in your history" in line and number is None


def test_a_video_that_ended_is_an_entry_and_its_stills_can_be_kept(recorder: Recorder, tmp_path: Path) -> None:
    session = VideoSession()
    assert video._finish(session) is None and video._take_stills(session) is None
    path = write_video(tmp_path / "walk.mp4", moving_portrait(24), every(0.125, until=3))
    video._start([str(path)], "", KEYS, session)
    list(video._judge_with(Jury(JURY))(session))
    finished, smalls = video._finish(session), video._take_stills(session)
    assert finished is not None and smalls is not None and smalls.thumb is not None
    _, number = write(recorder, "Anna", finished)
    (entry,) = find_entries(recorder.engine, "Anna")
    assert (entry.id, entry.kind, entry.has_picture, entry.file_name) == (number, "video", False, "walk.mp4")
    for wanted in (smalls, None):
        keep_smalls(recorder.engine, "Anna", entry.id, wanted)
        (now,) = find_entries(recorder.engine, "Anna")
        assert (now.has_picture, now.thumb) == ((True, smalls.thumb) if wanted else (False, None))


def test_a_sound_that_ended_is_an_entry(recorder: Recorder, tmp_path: Path) -> None:
    session, file = AudioSession(), tmp_path / "speech.wav"
    file.write_bytes(to_wav(voice(3.0)))
    with Jury([DetectorSpec(key="ear", title="Ear", load=lambda: lambda samples, rate: 0.9, expects="audio")]) as ears:
        assert audio._finish(session) is None
        audio._start_with(ears)([str(file)], "", ["ear"], session)
        assert audio._finish(session) is None, "it has not begun"
        list(audio._judge_with(ears)(session))
        finished = audio._finish(session)
    assert finished is not None
    write(recorder, "Anna", finished)
    [entry] = find_entries(recorder.engine, "Anna", HistoryQuery(kind="sound", verdict="inconclusive"))
    assert (entry.file_name, entry.outline["said"]) == ("speech.wav", "Some traces of synthesis")
    assert set(entry.versions) >= {"ear"}
    audio._start_with(Jury([]))([str(file)], "", [], session)
    list(audio._judge_with(Jury([]))(session))
    assert session.hearing and audio._finish(session) is None, "nobody judged it"
