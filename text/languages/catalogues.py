"""The catalogues beside this file, and the script that reads them, as they go into the pages."""

import hashlib
import json
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
LANGUAGES = {"en": "English", "de": "Deutsch", "es": "Español", "fr": "Français", "hi": "हिन्दी"}
"""Each by its own name. English is what the code is written in; it has no catalogue."""
TRANSLATED = tuple(code for code in LANGUAGES if code != "en")


@cache
def read_bytes(code: str) -> bytes:
    """A language's catalogue, JSON in UTF-8: {"English sentence": "translation"}. code: one of TRANSLATED."""
    return (FOLDER / f"{code}.json").read_bytes()


def read_catalogue(code: str) -> dict[str, str]:
    """The same as a dict."""
    found: dict[str, str] = json.loads(read_bytes(code))
    return found


@cache
def read_script() -> str:
    """The script for the head of a page, in an element with data-root: the page's own root, relative or from "/"."""
    files = {code: f"{code}.json?{hashlib.sha256(read_bytes(code)).hexdigest()[:12]}" for code in TRANSLATED}
    head, _, tail = (FOLDER / "language.js").read_text(encoding="utf-8").rpartition("FILES")
    return head + json.dumps(files) + tail
