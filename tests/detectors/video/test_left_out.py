"""Who of many people in a video is not judged, or not in motion, is said."""

from pathlib import Path

import pytest

from detectors.jury.judge import Jury
from detectors.video import clips, judge, watcher
from detectors.video.clips import NOT_LONGEST
from detectors.video.judge import compare_video
from detectors.video.results import JudgedVideo
from tests.detectors.videos import every, two_portraits, write_video
from tests.ui.jurors import JURY, spec

pytestmark = pytest.mark.slow  # a video is written, and all faces in it judged


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people side by side for two and a half seconds."""
    return write_video(tmp_path_factory.mktemp("pair") / "pair.mp4", two_portraits(20), every(0.125, until=2.5))


def see(path: Path) -> JudgedVideo:
    with Jury((*JURY, spec("follower", lambda clip, times: 0.9, expects="clip"))) as jury:
        return compare_video(path, jury)


def test_faces_beyond_the_largest_of_a_frame_are_counted(pair: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert see(pair).notes == ()
    monkeypatch.setattr(watcher, "MAX_FACES", 1)
    monkeypatch.setattr(judge, "MAX_FACES", 1)
    assert see(pair).notes == (
        "In 5 of the sampled frames there were more than 1 faces; only the 1 largest were judged.",
    )


def test_whoever_has_no_clip_reads_why(pair: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips, "MAX_CLIPS", 1)
    first, second = see(pair).persons
    assert [len(first.clips), len(second.clips)] == [1, 1]
    reasons = {person.clips[0].line.verdict.reason for person in (first, second)}
    assert NOT_LONGEST in reasons and len(reasons) == 2
