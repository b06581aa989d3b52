"""The address /shared/SECRET: what somebody without an account sees of one entry, and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from auth import accounts
from auth.headers import HeadersMiddleware
from auth.html import SPACE_FRAMES
from auth.middleware import OPEN_FOLDERS
from detectors.jury.compare import compare
from detectors.jury.judge import Jury
from storage.database import open_database
from storage.history import add_entry, write_note
from storage.shares import end_share, share_entry
from tests.auth.server import PASSWORD
from tests.ui.jurors import JURY
from ui.tabs.shared import ENDED, shared_routes

USER = "Anna, who shares"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'facejury.db'}")
    accounts.add_user(engine, USER, password=PASSWORD, rounds=4)
    yield engine
    engine.dispose()


def test_a_link_shows_one_result_without_its_note_and_the_picture_only_where_allowed(
    engine: Engine, portrait: str
) -> None:
    client, data = TestClient(Starlette(routes=shared_routes(engine))), Path(portrait).read_bytes()
    judged = compare(Path(portrait), Jury(JURY), path="<b>portrait</b>.png").as_dict()
    judged["faces"][0]["jury"] = {"p_fake": 0.91, "label": "fake"}
    entry = add_entry(engine, USER, file_name="portrait.png", comparison=judged, picture=data)
    add_entry(engine, USER, file_name="other.png", comparison=judged | {"path": "other.png"})
    write_note(engine, USER, entry_id=entry, note="a note", tags="a tag")
    shown = {}
    for with_picture in (False, True):
        secret = share_entry(engine, USER, entry_id=entry, days=1, with_picture=with_picture)
        answer = client.get(f"/shared/{secret}")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex, nofollow"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        shown[with_picture] = answer.text
    for html in shown.values():
        assert "Likely fake" in html and "Accuser" in html and "0.930" in html and judged["sha256"] in html
        for private in (USER, "a note", "a tag", "other.png", "<b>portrait", str(secret), "<script", "<a "):
            assert private not in html
    assert {with_picture: html.count("data:image/") for with_picture, html in shown.items()} == {False: 0, True: 2}
    assert "The picture itself is not shared" in shown[False]
    space = TestClient(Starlette(routes=shared_routes(engine), middleware=[Middleware(HeadersMiddleware, framed=True)]))
    for where, frames in ((client, "'none'"), (space, SPACE_FRAMES)):
        for address in (f"/shared/{secret}", "/shared/other"):
            assert f"frame-ancestors {frames}" in where.get(address).headers["content-security-policy"]
    end_share(engine, USER, entry_id=entry)
    gone = client.get(f"/shared/{secret}")
    assert (gone.status_code, ENDED in gone.text) == (404, True)
    assert (gone.headers["cache-control"], gone.headers["x-robots-tag"]) == ("no-store", "noindex, nofollow")
    assert client.post(f"/shared/{secret}").status_code == 405


def test_no_other_page_is_open_because_of_links(engine: Engine) -> None:
    (route,) = shared_routes(engine)
    assert route.path.removesuffix("{secret}") in OPEN_FOLDERS
    client = TestClient(Starlette(routes=[route]))
    for path in ("/shared/", "/shared/a/b", "/shared/%2e%2e/account", "/shared/fl_" + "a" * 43):
        assert client.get(path).status_code == 404
