"""The history's list, and the thumbnails on it."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from detectors.jury.compare import compare
from detectors.jury.judge import Jury
from storage.history import ALL, HistoryEntry, HistoryQuery
from tests.ui.jurors import JURY
from ui.render.kept.entries import draw_entries
from ui.render.kept.photo import draw_kept_thumb


@pytest.fixture(scope="module")
def judged(portrait: str) -> dict[str, Any]:
    return dict(json.loads(json.dumps(compare(Path(portrait), Jury(JURY), path="portrait.png").as_dict())))


def test_a_card_says_kind_verdict_time_note_and_tags_and_shows_only_a_kept_thumbnail(judged: dict[str, Any]) -> None:
    made, sha256 = datetime(2026, 11, 28, 7, 5, tzinfo=UTC), "a" * 64
    judged["faces"][0]["jury"] = {"p_fake": 0.97, "label": "fake"}
    photo = HistoryEntry(1, made, "<b>a.png", sha256, True, judged, "asked", ("court",), thumb=b"small")
    said = {"label": "real", "said": "Likely real: both people"}
    video = replace(photo, id=2, kind="video", comparison={}, outline=said, thumb=None, has_picture=False, note="")
    batch = replace(video, id=3, kind="batch", outline={"label": "", "said": "1 picture: 1 no verdict"}, tags=())
    html = draw_entries([photo, video, batch], ALL)
    for words in (
        "Likely fake",
        "1 of 2 say fake",
        "&lt;b&gt;a.png",
        "asked",
        ">court<",
        "2026-11-28T07:05",
        "Photo ·",
    ):
        assert words in html
    assert "Likely real: both people" in html and "1 picture: 1 no verdict" in html
    assert (html.count("data:image/webp"), html.count("<svg"), html.count(" kept<")) == (1, 2, 1)
    assert "Export all as CSV" in html
    assert "kind=video" in draw_entries([video], HistoryQuery(kind="video"))


def test_an_empty_list_says_whether_anything_was_looked_for() -> None:
    assert "Nothing here yet." in draw_entries([], ALL)
    assert "No entries found." in draw_entries([], HistoryQuery(verdict="fake"))


def test_the_thumbnail_is_of_the_most_suspect_face_or_of_the_picture(judged: dict[str, Any], portrait: str) -> None:
    data = Path(portrait).read_bytes()
    face, whole = draw_kept_thumb(judged, data), draw_kept_thumb(judged | {"faces": []}, data)
    assert face is not None and whole is not None and face != whole
    assert max(PIL.Image.open(io.BytesIO(face)).size) <= 96
    assert draw_kept_thumb(judged, b"no picture") is None
