"""The sound of a video beside its pictures: whose name it carries, and what is said where there is none."""

from pathlib import Path

import pytest

from detectors.audio.results import TOO_SHORT, JudgedSound
from detectors.commands.video_tables import show_video
from detectors.inputs.audio.read import TOO_SLOW
from detectors.jury.judge import Jury
from detectors.video.judge import compare_video
from detectors.video.results import JudgedVideo
from registry import DetectorSpec
from tests.detectors.sounds import voice
from tests.detectors.videos import every, moving_portrait, write_talk, write_video
from tests.ui.jurors import JURY, spec

pytestmark = pytest.mark.slow  # videos are written, and all faces in them judged

HEARER = spec("hearer", lambda samples, rate: 0.9, expects="audio")


def judge(path: Path, *specs: DetectorSpec) -> JudgedVideo:
    with Jury(specs) as jury:
        return compare_video(path, jury, name="talk.mp4")


def test_a_video_without_sound_says_so_to_who_asked_for_its_sound(tmp_path: Path) -> None:
    walk = write_video(tmp_path / "walk.mp4", moving_portrait(8), every(0.125, until=1))
    assert judge(walk, *JURY, HEARER).notes == ("This video has no sound.",)
    assert judge(walk, *JURY).notes == ()


def test_the_sound_of_a_video_is_named_as_the_video_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_talk(tmp_path / "upload.mp4", voice(2.0), openings=[0.0] * 25)
    heard = judge(path, *JURY, HEARER).sound
    assert heard is not None and (heard.path, heard.error) == ("talk.mp4", None)
    monkeypatch.setattr("detectors.inputs.audio.read.DECODE_SECONDS", 0.0)
    late = judge(path, *JURY, HEARER).sound
    assert late is not None and (late.path, late.error) == ("talk.mp4", TOO_SLOW)


def test_what_was_not_heard_of_it_stands_below_the_tables(capsys: pytest.CaptureFixture[str]) -> None:
    sound = JudgedSound("talk.mp4", reason=TOO_SHORT, notes=("Only one of two tracks was heard.",))
    show_video(JudgedVideo("talk.mp4", looks=(0.0,), sound=sound))
    said = " ".join(capsys.readouterr().out.split())
    assert f"Sound: {TOO_SHORT} Only one of two tracks was heard. More: facejury audio FILE" in said
