"""Many pictures in a line each."""

import csv
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np

from detectors.inputs.images import ImageError
from detectors.inputs.picture_kinds import send_elsewhere
from detectors.jury.fusion import JuryVerdict
from detectors.jury.judge import RESTARTING, Jury
from detectors.scan.batch import (
    Entry,
    Item,
    Order,
    arrange,
    as_csv,
    as_json,
    judge_item,
    judge_items,
    list_items,
    say_time_left,
)
from detectors.scan.record import Record
from registry import DetectorSpec
from tests.detectors.pictures import encode, portrait, quarters
from tests.ui.jurors import JURY


def test_a_video_and_a_sound_among_pictures_are_told_of_in_the_callers_words(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"\0\0\0\x18ftypisom\0\0\0\1")
    (tmp_path / "tone.wav").write_bytes(b"RIFF\x24\0\0\0WAVEfmt ")
    items = list_items([tmp_path / "film.mp4", tmp_path / "tone.wav"])
    said = [entry.sentence for entry, _ in judge_items(items, Jury(JURY))]
    assert said == ["This is a video, not a picture.", "This is a sound, not a picture."]
    elsewhere = send_elsewhere(video="try there.", sound="listen here.")
    entries = [entry for entry, _ in judge_items(items, Jury(JURY), elsewhere=elsewhere)]
    said = ["This is a video, not a picture: try there.", "This is a sound, not a picture: listen here."]
    assert [entry.sentence for entry in entries] == said == [entry.comparison["error"] for entry in entries]


def test_bad_files_are_lines_with_a_reason_between_the_others(tmp_path: Path) -> None:
    (tmp_path / "face.jpg").write_bytes(encode(portrait(), "JPEG"))
    (tmp_path / "=text.jpg").write_text("no picture")
    (tmp_path / "wall.png").write_bytes(encode(quarters()))
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        archive.writestr("../up.png", "x")
        archive.write(tmp_path / "wall.png", "inside.png")
    (tmp_path / "broken.zip").write_bytes((tmp_path / "more.zip").read_bytes()[:60])
    names = ["=text.jpg", "face.jpg", "more.zip", "broken.zip", "gone.png"]
    entries = [entry for entry, _ in judge_items(list_items([tmp_path / name for name in names]), Jury(JURY))]
    assert [(entry.item.name, entry.word) for entry in entries] == [
        ("=text.jpg", "error"),
        ("face.jpg", "none"),  # these detectors were never fused
        ("more.zip/../up.png", "error"),
        ("more.zip/inside.png", "none"),
        ("broken.zip", "error"),
        ("gone.png", "error"),
    ]
    assert entries[1].sentence == "1 of 2 say fake, 1 real"
    assert entries[3].sentence == "No face found."
    assert [entry["error"] is None for entry in json.loads(as_json(entries))] == [
        False,
        True,
        False,
        True,
        False,
        False,
    ]
    rows = list(csv.DictReader(as_csv(entries).removeprefix("\ufeff").splitlines()))
    assert rows[0]["path"] == "'=text.jpg"
    assert [row["p_fake"] for row in rows if row["path"] == "face.jpg"] == ["0.93", "0.03"]
    spelt = [replace(entries[0], item=replace(entries[0].item, name="Cafe\u0301 MÜLLER.jpg"))]
    assert [arrange([*spelt, entries[0]], name=name) for name in ("caf\u00e9", "mu\u0308ller")] == [spelt, spelt]
    assert [entry.item.name for entry in arrange(entries, words=["error"], name="ZIP", order="name")] == [
        "broken.zip",
        "more.zip/../up.png",
    ]


def test_a_face_too_small_to_be_judged_hides_no_other_and_has_no_number(tmp_path: Path) -> None:
    small = portrait()[::2, ::2]
    both = np.full((512, 800, 3), 128, np.uint8)
    both[:, :512], both[100 : 100 + len(small), 530 : 530 + small.shape[1]] = portrait(), small
    for name, pixels in (("small.png", small), ("both.png", both)):
        (tmp_path / name).write_bytes(encode(pixels))
    smaller = DetectorSpec(key="smaller", title="Smaller", load=lambda: lambda image: 1 - image.shape[0] / 1000)
    items = list_items([tmp_path / "small.png", tmp_path / "both.png"])
    alone, other = (entry for entry, _ in judge_items(items, Jury([smaller])))
    assert (alone.word, alone.p_fake) == ("inconclusive", None) and "Face too small" in alone.sentence
    assert (other.faces, other.sentence) == (2, "1 of 1 say fake")
    rows = list(csv.DictReader(as_csv([other]).removeprefix("\ufeff").splitlines()))
    assert [row["error"].partition(" (")[0] for row in rows] == ["", "Face too small"]


def test_lines_stand_as_given_or_the_most_suspect_first_or_the_least_and_those_without_a_number_last() -> None:
    juries = {"b.png": JuryVerdict(0.2, "real"), "A.png": JuryVerdict(0.9, "fake"), "c.png": None}
    entries = [
        Entry(index, Item(name, ImageError(name)), "none", jury, 1, "", {}, Record(name, "", ()))
        for index, (name, jury) in enumerate(juries.items())
    ]
    names = {order: [entry.item.name for entry in arrange(entries, order=order)] for order in get_args(Order)}
    assert names == {
        "given": ["b.png", "A.png", "c.png"],
        "fake": ["A.png", "b.png", "c.png"],
        "real": ["b.png", "A.png", "c.png"],
        "name": ["A.png", "b.png", "c.png"],
    }


def test_a_batch_that_is_not_wanted_any_more_ends(tmp_path: Path) -> None:
    (tmp_path / "wall.png").write_bytes(encode(quarters()))
    asked = iter([True] * 4)
    items = list_items([tmp_path / "wall.png"] * 50)
    assert len(list(judge_items(items, Jury(()), wanted=lambda: next(asked, False)))) < 5


def test_the_time_left_follows_the_pace() -> None:
    assert say_time_left(10, 30, since=100.0, now=110.0) == "about 20 s left"
    assert say_time_left(10, 200, since=100.0, now=110.0) == "about 3 min left"
    assert say_time_left(0, 200, since=100.0, now=110.0) == say_time_left(5, 5, since=0.0, now=9.0) == ""


def test_a_server_that_is_about_to_end_says_so_of_each_picture(tmp_path: Path) -> None:
    (tmp_path / "wall.png").write_bytes(encode(quarters()))
    jury = Jury(JURY)
    jury.stop()
    comparison, picture = judge_item(Item("wall.png", tmp_path / "wall.png"), jury)
    assert (comparison.path, comparison.error, picture) == ("wall.png", RESTARTING, None)
