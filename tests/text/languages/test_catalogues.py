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
    "{number} frame does not count: the face is under {number2} pixels or turned too far",
    "{number} frames do not count: the face is under {number2} pixels or turned too far",
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
    *(f"The {noun} is larger than {{number}} MB." for noun in ("video", "sound")),
    *(f"The {noun} has a longer header than any recorder, camera or editor writes." for noun in ("video", "sound")),
    "This is a {name} archive: unpack it and scan its folder, or drop a zip on the page.",
    "This is a {name} picture, which is not read here: save it as JPEG and try again.",
    "This is a camera's raw file, which is not read here: save it as JPEG and try again.",
    "This is a zip archive, or a document in one: unpack it and scan its folder, or drop a zip on the page.",
    "The camera's picture is larger than {number} x {number2}.",
    "Possibly not recorded in your history: the account database cannot be reached right now.",
    "The sound is {time} long; only {time2} to {time3} was heard: choose where to start.",
    "How long the sound is, is not known; only {time} to {time2} was heard: choose where to start.",
}
TELLING = ("auth", "ui", "storage", "detectors")  # where a sentence for a visitor may be written
TO_OTHERS = (  # what stands there speaks to an operator, to a program or in a report, which are English
    *("auth/commands", "auth/calls.py", "auth/__main__.py", "detectors/commands", "detectors/conformance"),
    *("detectors/forgery/game.py", "detectors/networks", "detectors/scan"),
    *("ui/agents", "ui/render/reports", "ui/server/address.py", "ui/server/languages.py", "ui/server/lifecycle.py"),
    *("ui/server/programs", "ui/tabs/shared.py"),
)
ENGLISH = (  # so does what begins like this; or it is put together, and MADE_OF_PIECES has what becomes of it
    *("This token is not valid", "Without accounts this page answers only", "An address may have at most"),
    *(
        "The paths in a call may have",
        "Uploads cannot be kept in",
        "No folder for temporary",
        "7 is no SQLite database",
        "7 holds the tables of",
    ),
    *("The account database was brought up to date by", "The accounts cannot be kept in", "7 is no host to fetch"),
    *("7 has no port from 1 to 65535", "7 is no public address", "7 is not where Gradio keeps"),
    *(
        "With so few pictures a game",
        "Forged on purpose with Facejury",
        "Recorded in your history, 7",
        "From 7 to 7 when",
    ),
    *(
        "The heat map peaks 7 the altered",
        "7 On 7 forged faces",
        "Highest estimated chance of fake: 7, ",
        "Face 7: 7.",
    ),
)
SAMPLES = {  # of what is put in; any other is a 7
    **{"noun": "video", "readable.noun": "video", "part": "0:07 to 0:09"},
    "ARCHIVE": "unpack it and scan its folder, or drop a zip on the page.",
    "AS_JPEG": "which is not read here: save it as JPEG and try again.",
}
SENTENCE = re.compile(r"[A-Z\u201c{'7].*\S \S.* \S.*[.!?]", re.DOTALL)
ENDS = (r"(?<=[.!?\u2026])\s+", "; ", ": ", ", ")  # at which the page's script takes a text apart, in this order


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


def list_sentences(path: Path) -> set[str]:
    """The sentences among a module's texts, what is put in replaced by a sample; docstrings are none of them."""
    tree = parse(path)
    nodes = list(ast.walk(tree))
    alone = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    parts = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in ast.walk(node) if part != node}
    said = [_read_text(node) for node in nodes if id(node) not in alone | parts]
    return {text for text in said if SENTENCE.fullmatch(text) and "\n" not in text}


def _read_text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_read_text(part) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return SAMPLES.get(ast.unparse(node.value), "7")
    text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
    return re.sub(r"\{(\w+)[^{}]*\}", lambda found: SAMPLES.get(found[1], "7"), text)


@cache
def _read_patterns() -> list[re.Pattern[str]]:
    keys = [key for key in read_catalogue(TRANSLATED[0]) if len(re.sub(r"\{\w+\}", "", key)) > 3]
    return [re.compile("".join(map(_shape, re.split(r"(\{\w+\})", key)))) for key in keys]


def _shape(part: str) -> str:
    number = r"\d[\d.,]*" if part.startswith("{number") else ".+?"
    return number if part.startswith("{") else re.escape(part)


def is_translated(text: str) -> bool:
    """Whether the page's script finds a text: whole, with a small first letter, without its full stop, or in parts."""
    forms = {form.removesuffix(end) for form in (text, text[:1].lower() + text[1:]) for end in ("", ".")}
    if not re.search(r"[^\W\d_]{2}", text) or any(one.fullmatch(form) for one in _read_patterns() for form in forms):
        return True
    split = [parts for end in ENDS if len(parts := re.split(end, text)) > 1]
    return any(all(map(is_translated, parts)) for parts in split)


def test_no_sentence_that_a_visitor_may_read_is_in_no_catalogue() -> None:
    paths = sorted(path for folder in TELLING for path in (ROOT / folder).rglob("*.py"))
    told = [path for path in paths if not path.relative_to(ROOT).as_posix().startswith(TO_OTHERS)]
    said = {text for path in told for text in list_sentences(path) if not text.startswith(ENGLISH)}
    assert len(said) > 200  # they were found at all
    assert sorted(text for text in said if not is_translated(text)) == []


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
