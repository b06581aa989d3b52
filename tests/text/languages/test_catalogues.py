"""The catalogues: the same English in each, nothing lost in translation, and nothing that the code no longer says."""

import ast
import html
import re
from functools import cache
from pathlib import Path

import pytest

from tests.syntax import parse
from text.languages.catalogues import LANGUAGES, TRANSLATED, read_catalogue

ROOT = Path(__file__).parents[3]
SPOKEN = ("ui", "auth", "detectors", "storage", "registry", "models/weights")  # what a visitor reads comes from these
PARTS = re.compile(r"\{\w+\}|</?\d+/?>")  # of a sentence: what stands for another text, or around it
MARKS = re.compile(r"[^\w\u2019'\u201c\u201d%+-]+")
CLAUSES = re.compile(rf"{PARTS.pattern}|[.;:,?!()…|]")  # between what is looked for in the code
FRAMEWORKS_OWN = {
    "Loading...",
    "More tabs",
    "Connection errored out.",
    "Connection lost. Attempting reconnection...",
    "queue: {number}/{number2} |",
    "processing |",
    "Click to upload or drop files",
    "Drop File Here",
    "- or -",
    "Click to Upload",
    "File upload",
    "Drop an image file here to upload",
    "Upload file",
    "Capture from camera",
    "Paste from clipboard",
    "Click to Access Webcam",
    "grant webcam access",
    "Empty value",
    "Stop Recording",
    "Clear",
    "Remove this file",
    "Remove Image",
    "Uploading {number} file...",
    "Uploading {number} files...",
    "number input for {label}",
    "range slider for {label}",
    "Reset to default value",
    "Warning",
    "Info",
}
MADE_OF_PIECES = {  # "all" or "both" and a noun, a number and what it counts, ...
    "likely real: both faces",
    "likely real: both people",
    "no measured detector gave a verdict",
    "From {percent} fake to {percent2} fake when saved again, smaller or shifted.",
    "Recorded in your history, with the thumbnails.",
    "Recorded in your history, without the thumbnails.",
    "Recorded in your history, with the most suspect stills.",
    "Recorded in your history, without the most suspect stills.",
    "Keep the thumbnails in my history",
    "Keep the most suspect stills in my history",
    "{number} face was visible too briefly for a verdict.",
    "{number} frame with a face under {number2} pixels does not count",
    "{number} frames with a face under {number2} pixels do not count",
    "Frame of person {number}",
    "Export all as CSV",
    "Export these as CSV",
    "picture kept",
    "The heat map peaks inside the altered area ({number} % by chance).",
    "The heat map peaks outside the altered area ({number} % by chance).",
    "The heat map peaks partly inside the altered area ({number} % by chance).",
    "It was real.",
    "<1>Round {number}: forged.</1> You said real.",
    "<1>Round {number}: real.</1> You said real.",
    "Tick two to four detectors to see them beside one another.",
    "sounds of",
    "Recorded in your history, without the recording.",
    "median {percent} over {number} window of 4 s; thresholds {percent2} and {percent3}",
}


@cache
def read_code() -> str:
    """All that the code says, in small letters, one clause after another."""
    said = []
    for folder in SPOKEN:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix == ".py":
                nodes = ast.walk(parse(path))
                said += [one.value for one in nodes if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            elif path.suffix in {".html", ".j2", ".js", ".css", ".json"}:
                said.append(html.unescape(path.read_text(encoding="utf-8")))
    plain = [
        re.sub(r"<[^<>]*>|\{%.*?%\}", " ", text) for text in said
    ]  # beside what stands within tags, such as titles
    return " ".join(MARKS.sub(" ", text) for text in (*said, *plain)).lower()


@pytest.mark.parametrize("code", TRANSLATED)
def test_each_catalogue_translates_the_same_sentences(code: str) -> None:
    assert list(read_catalogue(code)) == list(read_catalogue(TRANSLATED[0]))


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_translation_keeps_placeholders_and_marks_and_says_something(code: str) -> None:
    for english, translation in read_catalogue(code).items():
        assert sorted(PARTS.findall(english)) == sorted(PARTS.findall(translation)), english
        assert translation.strip(), english


def test_every_sentence_is_one_that_the_code_or_the_framework_says() -> None:
    code = read_code()
    sentences = read_catalogue(TRANSLATED[0]).keys() - FRAMEWORKS_OWN - MADE_OF_PIECES
    clauses = {one: [MARKS.sub(" ", part).strip().lower() for part in CLAUSES.split(one)] for one in sentences}
    assert [one for one, parts in clauses.items() if not all(part in code for part in parts)] == []


def test_the_framework_s_own_sentences_are_in_the_catalogues() -> None:
    assert read_catalogue(TRANSLATED[0]).keys() >= FRAMEWORKS_OWN


def test_the_languages_are_those_of_the_catalogues() -> None:
    found = {path.stem for path in (ROOT / "text" / "languages").glob("*.json")}
    assert found == set(TRANSLATED) == set(LANGUAGES) - {"en"}
