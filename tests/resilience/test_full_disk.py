"""A server whose disk is full, and what its log tells of those it serves: nothing."""

import hashlib
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from auth.sessions import digest
from detectors.conformance import samples
from storage.database import GONE, open_database
from storage.history import find_entries
from tests.auth.server import Browser, wait_for
from tests.resilience.server import FILE, KEY, RunningDemo, as_root, mounted, serving, wait_until_ready
from ui.server.limits.disk_full import NO_ROOM

pytestmark = [pytest.mark.slow, as_root]
NAME, PASSWORD = "Annegret Zimt", "correct zebra battery"
PICTURE = "Anna at the beach.png"
FROM = "203.0.113.9"  # TEST-NET-3, RFC 5737
DISK = "size=6m"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """A demo whose accounts and uploads are on a disk of six megabytes."""
    home = tmp_path_factory.mktemp("demo")
    with mounted(home / "disk", DISK) as disk:
        url = f"sqlite:///{disk / 'facejury.db'}"
        with serving(
            home, "--only", KEY, FACEJURY_DATABASE_URL=url, GRADIO_TEMP_DIR=str(disk / "up"), TMPDIR=str(disk)
        ) as demo:
            wait_until_ready(demo)
            yield demo


@pytest.fixture(scope="module")
def anna(demo: RunningDemo) -> Browser:
    """A visitor from far away, signed in."""
    browser = demo.browser(headers={"X-Forwarded-For": FROM})
    assert browser.sign_up(NAME, password=PASSWORD).status_code == 303
    return browser


@pytest.fixture(scope="module")
def portrait() -> bytes:
    return samples.as_png(samples.photo())


def judge(browser: Browser, path: str, *keys: str) -> str:
    return browser.call("compare", FILE | {"path": path}, list(keys or (KEY,)))[1]


def test_the_log_of_a_session_names_nobody_no_picture_no_token_and_no_address(
    demo: RunningDemo, anna: Browser, portrait: bytes
) -> None:
    """Signs up, uploads, judges, fails, is refused; then each line must be JSON, and none may say who or what."""
    secret, token = anna.http.cookies["facejury-session"], anna.make_token("Annas script")
    path = anna.upload(portrait, name=PICTURE)
    assert "p_fake" in judge(anna, path)
    assert "cannot be decoded" in judge(anna, anna.upload(portrait[:200], name=PICTURE))
    wished = f"Zimt-{secrets.token_hex(4)}\n{{}}"
    for nonsense in ([wished], wished, [{"path": PICTURE}], None):
        anna.call("compare", FILE | {"path": path}, nonsense)
    anna.call("compare", {"path": f"/tmp/{PICTURE}", **FILE}, [KEY])
    anna.call("compare", {"url": f"data:image/png;base64,{PICTURE}", "path": PICTURE}, wished)
    anna.http.post(
        "/gradio_api/upload", content=PICTURE, headers={"content-type": "multipart/form-data; boundary=Zimt"}
    )
    anna.http.get(f"/gradio_api/file=/tmp/{PICTURE}")
    anna.http.get("/gradio_api/info", headers={"sec-fetch-site": "cross-site"})
    demo.browser().sign_in(NAME, password="wrong zebra battery")
    demo.browser(headers={"Authorization": f"Bearer {token}"}).http.get("/config")
    lines = demo.log()
    said = demo.errors.read_text()
    assert {"started", "account made", "judged", "sign-in refused", "request refused"} <= {
        line["event"] for line in lines
    }
    assert all({"time", "level", "from", "event"} <= set(line) for line in lines)
    hashes = [hashlib.sha256(portrait).hexdigest(), digest(secret), digest(token)]
    for forbidden in ("Zimt", "Annegret", "zebra", "beach", FROM, secret, token, "Annas script", PICTURE, *hashes):
        assert forbidden not in said, forbidden


def test_with_a_full_disk_a_visitor_reads_a_sentence_and_nothing_acknowledged_is_lost(
    demo: RunningDemo, anna: Browser, portrait: bytes
) -> None:
    disk, engine = demo.errors.parent / "disk", open_database(f"sqlite:///{demo.errors.parent / 'disk/facejury.db'}")
    kept = anna.upload(portrait, name="before.png")
    judge(anna, kept)

    def is_recorded() -> None:
        assert "before.png" in {entry.file_name for entry in find_entries(engine, NAME)}

    wait_for(is_recorded)
    fill(disk)
    refused = anna.http.post("/gradio_api/upload", files={"files": ("after.png", portrait)})
    assert (refused.status_code, refused.text) == (507, NO_ROOM)
    visitor = demo.browser().sign_up("Bert", password=PASSWORD)
    assert (visitor.status_code, GONE in visitor.text) == (503, True)
    assert "p_fake" in judge(anna, kept), "what is here is judged all the same"
    time.sleep(4.1)  # until the server no longer remembers who is in
    assert anna.is_in()
    assert httpx.get(f"{demo.url}/healthz").status_code == 200
    (disk / "filler").unlink()
    assert demo.browser().sign_up("Bert", password=PASSWORD).status_code == 303
    anna.upload(portrait, name="later.png")
    names = [entry.file_name for entry in find_entries(engine, NAME)]
    engine.dispose()
    assert "before.png" in names
    assert anna.fetch(kept).content == portrait
    events = demo.events()
    assert "the disk takes no more" in events
    assert "the database did not answer" in events
    assert "a comparison was not recorded" in events
    assert any(line.get("why") == "database or disk is full" for line in demo.log())


def fill(disk: Path) -> None:
    """Write until nothing more fits."""
    with (disk / "filler").open("wb", buffering=0) as file:
        for size in (65_536, 4096):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
