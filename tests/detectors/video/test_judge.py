"""Whole videos before a jury: who is seen in them, and the verdict on each."""

import json
from collections.abc import Iterator, Sequence
from itertools import chain, islice, repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from detectors.inputs.video import Frame, Video, VideoError
from detectors.jury.judge import RESTARTING, Jury
from detectors.video import watcher
from detectors.video.clips import CLIP_PIXELS, MIN_CLIP_FRAMES
from detectors.video.judge import MAX_WATCH_SECONDS, _note_unseen, compare_video, judge_video
from registry import DetectorSpec, Image
from tests.command import call
from tests.detectors.pictures import encode, quarters
from tests.detectors.videos import (
    every,
    moving_portrait,
    small_portrait,
    still,
    turn,
    two_portraits,
    write_sound,
    write_video,
)
from tests.docs.pages import find_blocks
from tests.ui.jurors import JURY, say_fake, spec

pytestmark = pytest.mark.slow  # videos are written, and all faces in them judged

ROOT = Path(__file__).parents[3]


def judge(path: Path, *specs: DetectorSpec, **options: Any) -> Any:
    with Jury(specs or JURY) as jury:
        return compare_video(path, jury, **options)


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of somebody who walks past."""
    path = tmp_path_factory.mktemp("walk") / "walk.mp4"
    return write_video(path, moving_portrait(32), every(0.125, until=4))


def test_a_person_who_walks_past_is_one_person_with_a_line_for_each_detector(walk: Path) -> None:
    judged = judge(walk)
    (person,) = judged.persons
    assert judged.looks == tuple(every(0.5, until=4))
    assert [frame.at for frame in person.frames] == list(judged.looks)
    assert [frame.box[0] for frame in person.frames] == sorted({frame.box[0] for frame in person.frames})
    assert [(line.key, line.verdict.label, line.verdict.p_fake) for line in person.scores] == [
        ("accuser", "fake", 0.93),
        ("defender", "real", 0.03),
    ]
    assert person.jury is None, "nothing is known of these two together"
    assert not list(walk.parent.glob("*.tmp")) and len(list(walk.parent.iterdir())) == 1


def test_the_verdict_rests_on_each_frame_and_the_worst_ones_are_named(walk: Path) -> None:
    said = iter([0.1, 0.1, 0.95, 0.1, 0.1, 0.8, 0.1, 0.1])
    (person,) = judge(walk, spec("wavering", lambda image: next(said))).persons
    (line,) = person.scores
    assert (line.verdict.label, line.verdict.p_fake, line.verdict.count) == ("real", 0.1, 8)
    assert person.say("wavering") == [0.1, 0.1, 0.95, 0.1, 0.1, 0.8, 0.1, 0.1]
    assert [frame.at for frame in person.worst][:2] == [1.0, 2.5]


def test_two_persons_are_told_apart(tmp_path: Path) -> None:
    path = write_video(tmp_path / "two.webm", two_portraits(20), every(0.125, until=2.5))
    judged = judge(path)
    assert [person.number for person in judged.persons] == [1, 2]
    assert all(len(person.frames) == 5 for person in judged.persons)


def test_after_a_cut_whoever_stands_there_is_somebody_new(tmp_path: Path) -> None:
    judged = judge(write_shots(tmp_path / "cut.mp4", 16))
    assert [(person.frames[0].at, person.frames[-1].at) for person in judged.persons] == [(0.0, 1.5), (2.0, 3.5)]


def write_shots(path: Path, count: int) -> Path:
    """Two shots of so many frames, a face at the same place in each."""
    face = small_portrait()
    other = (255 - face.astype(int)).clip(0, 255).astype(np.uint8)
    other[50:250, 50:250] = face[50:250, 50:250]
    return write_video(path, [*still(face, count), *still(other, count)], every(0.125, until=count / 4))


def test_a_clip_ends_where_the_person_was_last_seen(tmp_path: Path) -> None:
    """Before the cut behind which somebody else stands at the same place, though a clip could be longer."""
    shots = write_shots(tmp_path / "shots.mp4", 28)
    persons = judge(shots, spec("follower", lambda clip, times: (0.5, 0 * times), expects="clip")).persons
    spans = [(clip.times[0], clip.times[-1]) for person in persons for clip in person.clips]
    assert spans == [(0.0, 3.0), (3.5, 6.5)]


def test_a_small_face_is_followed_and_gets_no_clear_verdict(tmp_path: Path) -> None:
    frame = np.full((256, 448, 3), (90, 110, 120), dtype=np.uint8)
    frame[60:156, 100:196] = small_portrait(96)
    (person,) = judge(write_video(tmp_path / "far.mp4", still(frame, 24), every(0.125, until=3))).persons
    assert person.frames[0].pixels < 64
    assert {line.verdict.label for line in person.scores} == {"inconclusive"}
    assert "never large and upright enough" in person.scores[0].verdict.reason


def test_a_clip_shows_one_persons_face_frame_by_frame_and_only_in_a_video(walk: Path) -> None:
    given: list[Any] = []

    def follow(clip: Image, times: np.ndarray) -> tuple[float, np.ndarray]:
        given.append((clip, times))
        return 0.93, times / 10

    follower = spec("follower", follow, expects="clip")
    (person,) = judge(walk, *JURY, follower).persons
    ((clip, times),) = given
    assert clip.dtype == np.uint8 and clip.shape[1] == clip.shape[2] <= CLIP_PIXELS
    assert times.tolist() == every(0.125, until=4)[: len(clip)] and len(clip) >= MIN_CLIP_FRAMES
    stays = np.abs(clip[1:].astype(float) - clip[:-1]).mean()
    assert stays < 20, "the face stays where it is in the clip, though it walks through the picture"
    (said,) = person.clips
    assert (said.line.key, said.line.verdict.label, said.line.is_beside) == ("follower", "fake", True)
    assert said.scores == pytest.approx(times / 10) and said.times == pytest.approx(times)
    assert [line.key for line in person.scores] == ["accuser", "defender"]
    assert [line.key for line in person.all_scores] == ["accuser", "defender", "follower"]


def test_a_face_in_too_few_frames_for_a_clip_and_a_detector_that_fails_are_said_so(walk: Path, tmp_path: Path) -> None:
    sparse = write_video(tmp_path / "sparse.mp4", moving_portrait(8), every(0.5, until=4))
    (said,) = judge(sparse, spec("follower", lambda clip, times: 0.1, expects="clip")).persons[0].clips
    assert (said.line.verdict.label, said.line.verdict.count, said.times) == ("inconclusive", 8, ())
    assert said.line.verdict.reason == "Followed in only 8 of the 16 frames that a clip needs."
    (said,) = judge(walk, spec("odd", lambda clip, times: (0.1, times[:3] / 9), expects="clip")).persons[0].clips
    assert said.line.verdict.label == "failed" and "scores must have shape (" in said.line.verdict.reason


def test_a_plugin_of_clips_is_asked_in_its_own_process_about_a_video_and_not_about_a_photo(
    walk: Path, tmp_path: Path
) -> None:
    plugin, photo = tmp_path / "stiff.py", tmp_path / "photo.png"
    plugin.write_text(find_blocks((ROOT / "docs" / "plugins.md").read_text(), "python")[-1])
    photo.write_bytes(encode(small_portrait()))
    done = call("compare", walk, photo, "--add", plugin, "--only", "stiff", "--json")
    video, picture = json.loads(done.stdout)
    (clip,) = video["persons"][0]["clips"]
    assert len(clip["scores"]) == len(clip["times"]) >= MIN_CLIP_FRAMES
    assert 0 < clip["p_fake"] == pytest.approx(np.mean(clip["scores"]), abs=1e-4)
    assert [face["verdicts"] for face in picture["faces"]] == [[]]
    assert "Stiffness: for videos alone, not for photo.png." in done.stderr


def test_who_judges_no_pictures_is_told_and_the_exit_code_is_1(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(encode(small_portrait()))
    done = call("compare", photo, "--only", "voice", "--only", "temporal", "--json")
    assert done.exit_code == 1
    assert [face["verdicts"] for face in json.loads(done.stdout)[0]["faces"]] == [[]]
    said = " ".join(done.stderr.split())
    assert "for videos alone, not for photo.png." in said
    assert "for sounds alone, as `facejury audio` hears them, not for photo.png." in said


def test_a_turned_video_has_its_person_upright(tmp_path: Path) -> None:
    lying = [np.ascontiguousarray(np.rot90(frame)) for frame in still(small_portrait(), 8)]
    path = turn(write_video(tmp_path / "phone.mov", lying, every(0.25, until=2)))
    (person,) = judge(path).persons
    left, top, right, bottom = person.frames[0].box
    assert bottom - top > right - left


def test_a_video_without_faces_says_so_and_whole_frames_are_judged(tmp_path: Path) -> None:
    path = write_video(tmp_path / "wall.mp4", still(quarters(96, 128), 24), every(0.125, until=3))
    judged = judge(path, *JURY, spec("viewer", say_fake, expects="image"))
    assert judged.persons == () and judged.error is None
    assert judged.whole.scores[0].verdict.label == "fake"
    assert judged.whole.frames[0].box == (0, 0, 128, 96)


def test_three_hours_are_refused_in_a_sentence_and_a_part_of_them_is_judged(tmp_path: Path) -> None:
    times = every(10, until=3 * 3600)
    path = write_video(tmp_path / "long.mp4", still(quarters(), len(times)), times)
    assert judge(path).error == "The video is 2:59:50 long; at most 10 min are judged: choose where to start."
    part = judge(path, start=7200.0)
    assert part.error is None and part.looks[0] == 7200.0 and part.looks[-1] <= 7800.0
    assert len(part.looks) == 61
    assert "ends before the chosen start" in judge(path, start=11_000.0).error


def test_a_file_that_is_no_video_is_an_error_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").write_bytes(b"")
    assert judge(tmp_path / "empty.mp4").error == "The file is empty."
    assert "only sound" in judge(write_sound(tmp_path / "song.mp4")).error
    with Jury(JURY) as jury, pytest.raises(VideoError):
        next(judge_video(tmp_path / "empty.mp4", jury))


def test_a_detector_that_fails_is_asked_no_more_after_three_times(walk: Path) -> None:
    asked = []

    def fail(image: Image) -> None:
        asked.append(1)
        raise RuntimeError("no idea")

    (person,) = judge(walk, spec("failing", fail), *JURY).persons
    assert len(asked) == watcher.MAX_FAILURES
    assert person.scores[0].verdict.label == "failed" and "not called again" in person.scores[0].verdict.reason
    assert person.scores[1].verdict.label == "fake"


def test_judging_ends_once_it_is_not_wanted(walk: Path) -> None:
    with Jury(JURY) as jury:
        looks = judge_video(walk, jury, wanted=lambda: len(seen) < 2)
        seen = []
        for look in looks:
            seen.append(look)
    assert len(seen) == 2


def test_a_server_that_ends_tells_so_and_does_not_watch_on(walk: Path) -> None:
    with Jury(JURY) as jury:
        looks = judge_video(walk, jury)
        next(looks)
        jury.stop()
        with pytest.raises(VideoError, match=RESTARTING):
            next(looks)


def test_large_heat_maps_are_kept_small(walk: Path) -> None:
    def draw(image: Image) -> Any:
        return 0.5, np.ones((300, 300), dtype=np.float32)

    (person,) = judge(walk, spec("drawing", draw)).persons
    assert person.frames[0].verdicts[0].heatmap.shape == (watcher.HEAT_SIDE, watcher.HEAT_SIDE)


def test_the_command_line_judges_videos_beside_pictures(walk: Path, tmp_path: Path) -> None:
    done = call("compare", walk, tmp_path / "gone.mp4", "--json", "--only", "custom-cnn")
    moving, gone = json.loads(done.stdout)
    assert done.exit_code == 0, done.stderr
    assert (moving["schema"], moving["kind"], moving["error"]) == (1, "video", None)
    assert (moving["width"], moving["height"], moving["looks"]) == (512, 320, 8)
    (person,) = moving["persons"]
    assert (person["from"], person["to"], len(person["moments"])) == (0.0, 3.5, 8)
    assert 0 <= person["jury"]["p_fake"] <= 1 and person["verdicts"][0]["detector"] == "custom-cnn"
    assert set(person["moments"][0]["p_fake"]) == {"custom-cnn", "jury"}
    assert gone["error"] == "The file cannot be opened."
    shown = call("compare", walk, "--start", "0:02", "--only", "custom-cnn").stdout
    assert "person 1, 0:02 to 0:03.5" in shown and "The jury" in shown and "most suspect at" in shown
    refused = call("compare", walk, "--start", "soon")
    assert refused.exit_code == 2 and "1:02:30" in refused.stderr


def test_what_was_seen_before_a_video_breaks_off_holds(walk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, frames = Video.frames, judge(walk)

    def break_off(video: Video, times: Sequence[float]) -> Iterator[Frame]:
        yield from islice(whole(video, times), 5)
        raise VideoError("The video is damaged and cannot be decoded.")

    monkeypatch.setattr(Video, "frames", break_off)
    judged = judge(walk)
    assert judged.error is None and judged.looks == frames.looks[:5]
    assert [line.verdict.p_fake for line in judged.persons[0].scores] == [0.93, 0.03]
    assert judged.notes == ("Beyond 0:02 the video could not be decoded; the rest was not seen.",)


@pytest.mark.parametrize(("looks", "at"), [(8, ""), (5, "0:02")])
def test_the_rest_was_not_seen_only_where_time_runs_out_before_the_last_frame(
    looks: int, at: str, walk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = chain([0.0] * (1 + looks), repeat(MAX_WATCH_SECONDS))  # asked once at the start, and once a frame
    monkeypatch.setattr("detectors.video.judge.time", SimpleNamespace(monotonic=lambda: next(clock)))
    judged = judge(walk)
    assert len(judged.looks) == looks
    late = (f"Judging stopped after 15 minutes, at {at}; the rest was not seen.",)
    assert judged.notes == (late if at else ())


def test_a_video_that_takes_too_long_says_how_far_it_was_judged() -> None:
    unseen: Any = SimpleNamespace(lost=0, ends=None, about=SimpleNamespace(tracks=1))
    assert _note_unseen(unseen, is_late=False, at=65.0) == ()
    (note,) = _note_unseen(unseen, is_late=True, at=65.0)
    assert note.startswith("Judging stopped after") and note.endswith("at 1:05; the rest was not seen.")
