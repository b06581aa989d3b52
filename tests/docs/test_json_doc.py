"""docs/json.md against what is really written: every field stands there, no other does, and each has its type."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectors.audio.judge import compare_sound
from detectors.jury.about import describe
from detectors.jury.compare import compare
from detectors.jury.fusion import JURY_KEY, known_detectors
from detectors.jury.judge import Jury
from detectors.jury.results import SCHEMA, Comparison
from detectors.provenance.record import MAX_TEXT, Credentials, JpegCoding, Provenance, Trace
from detectors.video import results
from detectors.video.judge import MAX_FRAMES, STEP_SECONDS, compare_video
from registry import DetectorSpec, load_registry
from registry.contract import MIN_FACE_PIXELS
from registry.listing import as_json
from registry.manager import Problem
from tests.detectors.pictures import encode, portrait
from tests.detectors.sounds import to_wav, voice
from tests.detectors.videos import write_talk

DOCUMENT = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
KINDS: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "list": list,
    "object": dict,
    "null": type(None),
}
ONCE = "whole_image.", "sound."  # in a video: the fields of a person and those of a sound, documented once
Fields = dict[str, tuple[str, ...]]
CASES = {
    "A comparison": "comparisons",
    "A video": "videos",
    "The detectors": "detectors",
    "What is known of a detector": "abouts",
}


def documented(title: str, *, least: int = 20) -> Fields:
    """Field -> the types it may have, as the table under this heading says. It has more than the least of rows."""
    section = DOCUMENT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| ([a-z ]+?) \|", section, flags=re.MULTILINE)
    assert len(rows) == len(dict(rows)) > least
    return {name: tuple(kinds.split(" or ")) for name, kinds in rows}


def walk(value: object, fields: Fields, name: str = "") -> Iterator[tuple[str, object]]:
    """Every field of a JSON value by its documented name. An object with documented `KEY` is one by detector."""
    if isinstance(value, Mapping):
        by_key = any(known.startswith(f"{name}.KEY") for known in fields)
        for key, inner in value.items():
            inner_name = f"{name}.KEY" if by_key else f"{name}.{key}".lstrip(".")
            if not by_key or not isinstance(inner, Mapping):
                yield inner_name, inner
            yield from walk(inner, fields, inner_name)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, Mapping):
                yield from walk(inner, fields, f"{name}[]")


@pytest.fixture(scope="module")
def detectors() -> list[dict[str, Any]]:
    """The built-in ones, with a plugin that could not be asked."""
    registry = replace(load_registry(blocked=()), problems=(Problem("broken", "no luck"),))
    return [json.loads(as_json(registry))]


@pytest.fixture(scope="module")
def abouts() -> list[dict[str, Any]]:
    """Of the built-in ones and of one that says nothing of itself; what has the form of `measured` stands there."""
    bare = DetectorSpec(key="bare", title="Bare", load=lambda: lambda image: 0.5)
    found = [json.loads(json.dumps(describe(spec))) for spec in (*load_registry(blocked=()).detectors, bare)]
    for about in found:
        about["measured"] += [
            *about["false_alarms"],
            *about["left_out"],
            *([about["overall"]] if about["overall"] else []),
        ]
        about |= {"false_alarms": [], "left_out": [], "overall": about["overall"] and {}}
    return found


def make_jury() -> Jury:
    """The built-in detectors' keys, so that the jury has a verdict; one that fails, and one for whole pictures."""

    def fail(image: object) -> float:
        raise RuntimeError("no luck")

    specs = [
        DetectorSpec(key=key, title=key, load=lambda: lambda image: 0.9 if image.mean() > 0 else 0.1)
        for key in sorted(known_detectors())
    ]
    failing = DetectorSpec(key="failing", title="Failing", load=lambda: fail)
    whole = DetectorSpec(key="whole", title="Whole", load=lambda: lambda image: 0.2, expects="image")
    clip = DetectorSpec(key="clip", title="Clip", load=lambda: lambda clip, times: (0.2, 0 * times), expects="clip")
    return Jury([*specs, failing, whole, clip])


@pytest.fixture(scope="module")
def comparisons() -> list[dict[str, Any]]:
    """One with everything, one without a fitted jury, one with nothing, one that failed."""
    found = Provenance(
        credentials=Credentials(signer="Anna"),
        traces=(Trace("a generator", "PNG text", "made by it"),),
        jpeg=JpegCoding(90, True, False, ((1,) * 64,)),
    )
    data = encode(portrait())
    with make_jury() as jury:
        full = replace(compare(data, jury, path="full.png", stability=True), provenance=found)
        unknown = compare(data, jury.choose(["failing"]), path="unknown.png", stability=True)
    bare = replace(unknown, provenance=Provenance())
    broken = Comparison("broken.png", error="This is no picture.")
    return [json.loads(json.dumps(each.as_dict())) for each in (full, unknown, bare, broken)]


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """One with a person, whole frames, a clip and a sound, one whose detector failed, one that could not be read."""
    syllables = np.arange(40) % 5 / 4
    path = write_talk(tmp_path_factory.mktemp("video") / "talk.mp4", voice(5.0), openings=syllables)
    broken = path.with_name("broken.mp4")
    broken.write_bytes(b"no video")
    with make_jury() as jury:
        judged = [
            compare_video(path, jury),
            compare_video(path, jury.choose(["failing"])),
            compare_video(broken, jury),
        ]
    return [json.loads(json.dumps(each.as_dict())) for each in judged]


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[Fields, list[tuple[str, object]]]:
    fields = documented(request.param, least=12 if request.param == "The detectors" else 20)
    given = request.getfixturevalue(CASES[request.param])
    found = [pair for each in given for pair in walk(each, fields)]
    if request.param == "A video":
        found = [pair for pair in found if not pair[0].startswith(ONCE)]
    return fields, found


def test_every_field_that_is_written_is_documented_and_no_other_is(
    case: tuple[Fields, list[tuple[str, object]]],
) -> None:
    fields, found = case
    assert {name for name, _ in found} == fields.keys()


def test_a_field_has_a_type_that_the_page_names(case: tuple[Fields, list[tuple[str, object]]]) -> None:
    fields, found = case
    wrong = [
        (name, value)
        for name, value in found
        if not any(isinstance(value, KINDS[kind]) for kind in fields[name])
        or (isinstance(value, bool) and "boolean" not in fields[name])
    ]
    assert wrong == []


def test_the_whole_frame_of_a_video_has_the_fields_of_a_person(videos: list[dict[str, Any]]) -> None:
    whole, person = videos[0]["whole_image"], videos[0]["persons"][0]
    assert whole.keys() == person.keys()
    assert whole["verdicts"][0].keys() == person["verdicts"][0].keys()
    assert whole["moments"][0].keys() == person["moments"][0].keys()
    assert (whole["person"], whole["jury"]) == (0, None)


def test_the_sound_of_a_video_has_the_fields_of_a_sound(videos: list[dict[str, Any]]) -> None:
    assert videos[0]["sound"].keys() == {
        name for name in documented("A sound") if name.isidentifier()
    }  # not those within


def test_the_numbers_on_the_page_are_those_of_the_code() -> None:
    assert f"version of this form: {SCHEMA}" in DOCUMENT and results.SCHEMA == SCHEMA
    assert f"a face under {MIN_FACE_PIXELS} pixels" in DOCUMENT
    assert f"at least {STEP_SECONDS}" in DOCUMENT
    assert f"sampled, at most {MAX_FRAMES}" in DOCUMENT
    assert f"at most {MAX_TEXT} characters |" in DOCUMENT
    assert Credentials().trust in DOCUMENT
    assert f"`{JURY_KEY}` for the jury" in DOCUMENT


def test_every_field_of_a_sound_is_documented_with_its_type(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(to_wav(voice(2.0)))
    loads: dict[str, Any] = {"hears": lambda: lambda samples, rate: 0.5, "deaf": lambda: lambda samples: 0.5}
    ears = [DetectorSpec(key=key, title=key, load=load, expects="audio") for key, load in loads.items()]
    fields = documented("A sound")
    found = list(walk(compare_sound(tmp_path / "a.wav", Jury(ears)).as_dict(), fields))
    assert {name for name, _ in found} == set(fields)
    for name, value in found:
        assert any(isinstance(value, KINDS[kind]) for kind in fields[name]), name
