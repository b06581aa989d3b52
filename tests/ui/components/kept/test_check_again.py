"""An entry checked again, and the report made again from what is stored, without a browser."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from sqlalchemy import Engine

from detectors.audio.judge import compare_sound
from detectors.jury.compare import compare
from detectors.jury.judge import Jury
from detectors.scan.batch import judge_items, list_items
from detectors.video.judge import compare_video
from registry import DetectorSpec
from storage.history import add_entry, find_entries
from tests.detectors.pictures import encode, quarters
from tests.detectors.sounds import to_wav, voice
from tests.detectors.videos import every, moving_portrait, write_video
from tests.ui.jurors import JURY, say_real, spec
from ui.components.kept import check_again
from ui.components.kept.check_again import _judge_with, _start_in, _take_in, offer_check
from ui.components.kept.report_again import _make_in, offer_report
from ui.render.download import NO_FILE
from ui.render.kept.batch import store_batch
from ui.render.kept.sound import outline_sound
from ui.render.kept.video import store_video
from ui.render.reports.versions import list_versions
from ui.server.job_slot import JobSlot
from ui.server.queue import FairQueue

WHO = SimpleNamespace(username="Anna")
SPECS = (*JURY, spec("looker", say_real, expects="image"), spec("stiff", lambda clip, times: 0.5, expects="clip"))
SAME = "The verdicts are the same; the versions are the same."


@pytest.fixture(scope="module")
def jury() -> Iterator[Jury]:
    with Jury(SPECS) as jury:
        yield jury


@pytest.fixture(scope="module")
def judged(portrait: str, jury: Jury) -> dict[str, Any]:
    """The portrait's comparison, as the history has it."""
    return compare(Path(portrait), jury.limit_to("face", "image"), path="portrait.png").as_dict()


def put(kept: Engine, comparison: dict[str, Any], *, picture: bytes | None = None, **versions: str) -> int:
    """Anna's entry of it, judged by today's versions but for these."""
    specs = [one for one in SPECS if one.expects != "clip" or comparison.get("kind") == "video"]
    then = list_versions(specs) | versions
    return add_entry(kept, "Anna", file_name="a.png", comparison=comparison, versions=then, picture=picture)


def again(kept: Engine, jury: Jury, number: int | None, *paths: Path) -> tuple[list[str], str]:
    """What was said on the way, and at the end."""
    slot = JobSlot()
    _, *fields = _take_in(kept)(number, [str(path) for path in paths], slot, WHO)
    assert [field["visible"] for field in fields] == [False] * 4
    *before, last = _judge_with(jury, FairQueue(3))(slot)
    assert not slot.busy
    return ["".join(pieces) for pieces in before], "".join(last)


def ask(kept: Engine, number: int) -> str:
    """What "Check again" answers where nothing was kept."""
    return "".join(_start_in(kept)(number, JobSlot(), WHO)[0])


def test_a_kept_picture_is_judged_again_and_both_verdicts_stand_side_by_side(
    kept: Engine, jury: Jury, judged: dict[str, Any], portrait: str
) -> None:
    number = put(kept, judged, picture=Path(portrait).read_bytes())
    slot = JobSlot()
    said, *_ = _start_in(kept)(number, slot, WHO)
    *_, last = _judge_with(jury, FairQueue(3))(slot)
    assert "Checking again" in said[0]
    html = "".join(last)
    assert SAME in html and judged["sha256"] in html and "same file as then" in html
    assert html.count("Fake, 93 %") == 2 and html.count("Real, 3 %") == 2 * 2 and "differs" not in html


def test_without_the_picture_the_file_is_asked_for_and_its_hash_compared(
    kept: Engine, jury: Jury, judged: dict[str, Any], portrait: str, tmp_path: Path
) -> None:
    number = put(kept, judged)
    said, *fields = _start_in(kept)(number, JobSlot(), WHO)
    assert "The picture was not kept." in said[0] and [field["visible"] for field in fields] == [True, *[False] * 3]
    _, html = again(kept, jury, number, Path(portrait))
    assert "same file as then" in html and SAME in html
    (tmp_path / "wall.png").write_bytes(encode(quarters(20, 20)))
    _, html = again(kept, jury, number, tmp_path / "wall.png")
    assert "another file than then" in html and judged["sha256"] in html
    assert "differ where a line is marked" in html and '<td class="none">-</td>' in html
    (tmp_path / "text.png").write_text("no picture")
    assert "not a picture we can read" in again(kept, jury, number, tmp_path / "text.png")[1]
    for other, sentence in ((number + 1, "no such entry"), (None, "open too long")):
        with pytest.raises(gr.Error, match=sentence):
            again(kept, jury, other, Path(portrait))


def test_another_version_of_a_detector_is_told(kept: Engine, jury: Jury, judged: dict[str, Any], portrait: str) -> None:
    older = judged | {"faces": [judged["faces"][0] | {"jury": {"p_fake": 0.2, "label": "real"}, "doubt": "Turned."}]}
    number = put(kept, older, accuser="0.9")
    _, html = again(kept, jury, number, Path(portrait))
    assert "the versions differ" in html and "<details open>" in html
    assert '<td translate="no">0.9</td><td>no version</td>' in html
    assert "Inconclusive" in html and "Likely real" not in html
    unknown = add_entry(kept, "Anna", file_name="a.png", comparison=judged)
    assert "was not written down" in again(kept, jury, unknown, Path(portrait))[1]
    with Jury([spec("newcomer", say_real)]) as others:
        assert "any more" in again(kept, others, number, Path(portrait))[1]


def test_a_batch_and_a_video_are_checked_again_when_given(
    kept: Engine, jury: Jury, portrait: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_again, "SAY_SECONDS", 0.0)
    (tmp_path / "wall.png").write_bytes(encode(quarters(20, 20)))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(portrait, "portrait.png")
        archive.write(tmp_path / "wall.png", "wall.png")
    entries = [entry for entry, _ in judge_items(list_items([tmp_path / "a.zip"]), jury.limit_to("face", "image"))]
    number = put(kept, store_batch(entries))
    assert "pictures of a batch are not kept" in ask(kept, number)
    told, html = again(kept, jury.limit_to("face", "image"), number, tmp_path / "a.zip")
    assert "1 of 2 pictures" in told[1] and "All 2 pictures are the same files" in html and SAME in html
    monkeypatch.setattr(check_again, "SAY_SECONDS", 600.0)
    told, html = again(kept, jury.limit_to("face", "image"), number, tmp_path / "wall.png")
    assert len(told) == 1, "a short one needs no word on how far it is"
    assert "1 of 2 pictures are the same files" in html and html.count(">differs<") == 1
    film = write_video(tmp_path / "walk.mp4", moving_portrait(24), every(0.125, until=3))
    number = put(kept, store_video(compare_video(film, jury, name="walk.mp4")))
    assert len(again(kept, jury, number, film)[0]) == 1
    monkeypatch.setattr(check_again, "SAY_SECONDS", 0.0)
    told, html = again(kept, jury, number, film)
    assert "% of the video" in told[1] and "same file as then" in html and SAME in html
    assert "Person 1, Stiff" in html and "The whole frame, Looker" in html
    (tmp_path / "empty.mp4").write_bytes(b"")
    assert "The file is empty." in again(kept, jury, number, tmp_path / "empty.mp4")[1]


def test_a_check_that_waits_for_its_turn_ends_when_another_entry_is_opened(
    kept: Engine, jury: Jury, judged: dict[str, Any], portrait: str
) -> None:
    number, slot, queue = put(kept, judged, picture=Path(portrait).read_bytes()), JobSlot(), FairQueue(3)
    _start_in(kept)(number, slot, WHO)
    run = _judge_with(jury, queue)(slot)
    with queue.wait() as others:
        assert list(others) == []
        assert "Checking again" in next(run)[0]
        assert "you are next" in next(run)[0]
        slot.clear(())
        (last,) = run
        assert last == gr.skip() and len(queue) == 1


def test_a_sound_is_judged_again_from_the_file(kept: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_again, "SAY_SECONDS", 0.0)
    (tmp_path / "speech.wav").write_bytes(to_wav(voice(6.0)))
    ear = DetectorSpec(key="ear", title="Ear", load=lambda: lambda samples, rate: 0.9, expects="audio")
    with Jury([ear]) as hearers:
        stored = compare_sound(tmp_path / "speech.wav", hearers, name="speech.wav").as_dict()
        said, versions = outline_sound(stored), list_versions([ear])
        number = add_entry(kept, "Anna", file_name="speech.wav", comparison=stored, outline=said, versions=versions)
        assert "Recordings are not kept." in ask(kept, number)
        told, html = again(kept, hearers, number, tmp_path / "speech.wav")
        assert "% of the sound" in told[1] and "same file as then" in html and SAME in html
        assert html.count("Some traces of synthesis, 90 %") == 2
        (tmp_path / "other.wav").write_bytes(b"no sound")
        assert SAME not in again(kept, hearers, number, tmp_path / "other.wav")[1]


def test_the_report_is_made_again_with_the_same_id_and_the_picture_only_where_wanted(
    kept: Engine, jury: Jury, judged: dict[str, Any], portrait: str
) -> None:
    number = put(kept, judged, picture=Path(portrait).read_bytes(), accuser="0.9")
    entry = next(one for one in find_entries(kept, "Anna") if one.id == number)
    make = _make_in(kept, jury)
    name, _, with_picture = make(number, True, WHO)
    without = make(number, False, WHO)[2]
    assert entry.report_id in name and entry.report_id in with_picture and entry.report_id in without
    assert (with_picture.count("data:image/"), without.count("data:image/")) == (2, 0)
    assert "The picture itself was left out on request" in without
    assert "Judged " in without and judged["sha256"] in without
    assert without.count("not the version that is here now") == 1 and "0.9" in without
    assert make(None, True, WHO) == NO_FILE
    with pytest.raises(gr.Error, match="no such entry"):
        make(10**6, True, WHO)
    assert [one.visible for one in (*offer_report(entry), offer_check(entry)[0])] == [True, True, True]
    assert [one.visible for one in (*offer_report(None), offer_check(None)[0])] == [False, False, False]
