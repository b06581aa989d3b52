"""The field for a picture's address, and /compare_url, on a page whose operator allows one host."""

import base64
import hashlib
import hmac
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import gradio_client
import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.command import ROOT
from tests.docs.pages import find_blocks
from tests.hub_stand_in import wait_until
from tests.ports import free_port
from tests.ui.conftest import serving
from ui.server.programs.webhook import Webhooks, read_target
from ui.server.remote_picture import Fetcher, read_source

pytestmark = [pytest.mark.slow, pytest.mark.browser]
HOST = "pictures.test"
API, INTEGRATIONS = ((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("api.md", "integrations.md"))


@pytest.fixture
def pictures(portrait: str) -> Iterator[str]:
    """The address of a web server that has the portrait at every path but /none."""

    class PortraitEverywhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(404 if self.path == "/none" else 200)
            self.end_headers()
            self.wfile.write(Path(portrait).read_bytes())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), PortraitEverywhere) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{HOST}:{server.server_port}"
        server.shutdown()


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, portrait: str) -> Iterator[int]:
    """The port of the moderation queue of docs/integrations.md, in tmp_path beside photo.jpg; its secret is set."""
    port, secret = free_port(), "whsec_" + base64.b64encode(os.urandom(24)).decode()
    monkeypatch.setenv("WEBHOOK_SECRET", secret)
    (tmp_path / "moderation.py").write_text(find_blocks(INTEGRATIONS, "python")[1])
    shutil.copy(portrait, tmp_path / "photo.jpg")
    with subprocess.Popen([sys.executable, "moderation.py", str(port)], cwd=tmp_path) as receiver:
        wait_until(lambda: is_open(port))
        yield port
        receiver.terminate()


def ask_again(address: str, key: str) -> str:
    """The number of the events of a call with this key."""
    call = f"{address}gradio_api/call/detectors"
    return httpx.post(call, json={"data": []}, headers={"Idempotency-Key": key}).json()["event_id"]


def is_open(port: int) -> bool:
    with closing(socket.socket()) as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0


def test_a_batch_goes_to_the_moderation_queue_of_the_docs(tmp_path: Path, queue: int) -> None:
    webhooks = Webhooks((read_target(f"http://hooks.test:{queue}"),), resolve=lambda *_: ["127.0.0.1"])
    with serving(webhooks=webhooks) as address:
        program = find_blocks(API, "python")[2].replace("http://127.0.0.1:7860/", address)
        program = program.replace("https://hooks.example.org", f"http://hooks.test:{queue}").replace(
            "efficientnet", "accuser"
        )
        done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
        [answer] = json.loads(done.stdout.rpartition("event: complete\ndata: ")[2])
        assert answer["id"].startswith("batch_") and answer["pictures"] == 1
        with closing(sqlite3.connect(tmp_path / "queue.db")) as connection:
            wait_until(lambda: connection.execute("SELECT name FROM queue").fetchall() == [("photo.jpg",)])

        forged = {"webhook-id": "1", "webhook-timestamp": str(int(time.time())), "webhook-signature": "v1,AAAA"}
        assert httpx.post(f"http://127.0.0.1:{queue}", content=b"{}", headers=forged).status_code == 401
        asked = [ask_again(address, key) for key in ("a", "a", "b")]
        assert asked[0] == asked[1] != asked[2]
    webhooks.close()


def test_the_moderation_queue_of_the_docs_holds_each_picture_once(tmp_path: Path, queue: int) -> None:
    """What cannot be read has no SHA-256, the same file may come under two names, and a cut one is not plainly real."""
    face = {"jury": {"label": "real"}}
    pictures = [
        {"name": "a.heic", "sha256": "", "faces": [], "notes": []},
        {"name": "b.heic", "sha256": "", "faces": [], "notes": []},
        {"name": "cut.jpg", "sha256": "c", "faces": [face], "notes": ["The file is cut off."]},
        {"name": "real.jpg", "sha256": "d", "faces": [face], "notes": []},
    ]
    body, sent = json.dumps({"data": {"id": "batch_1", "pictures": pictures}}).encode(), str(int(time.time()))
    secret = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))
    signature = base64.b64encode(hmac.digest(secret, f"batch_1.{sent}.".encode() + body, "sha256")).decode()
    signed = {"webhook-id": "batch_1", "webhook-timestamp": sent, "webhook-signature": f"v1,{signature}"}
    for _ in range(2):
        assert httpx.post(f"http://127.0.0.1:{queue}", content=body, headers=signed).status_code == 204
    with closing(sqlite3.connect(tmp_path / "queue.db")) as connection:
        assert connection.execute("SELECT name FROM queue").fetchall() == [("a.heic",), ("b.heic",), ("cut.jpg",)]


def test_the_moderation_queue_of_the_docs_turns_away_what_is_not_signed(queue: int) -> None:
    now = str(int(time.time()))
    for number, sent, signature in [
        (None, None, None),
        ("1", "soon", "v1,AAAA"),
        ("1", now, None),
        ("1", now, "v1,\xe4"),
        (None, now, "v1,AAAA"),
    ]:
        given = {"webhook-id": number, "webhook-timestamp": sent, "webhook-signature": signature}
        headers = {name.encode(): value.encode("latin-1") for name, value in given.items() if value}
        assert httpx.post(f"http://127.0.0.1:{queue}", content=b"{}", headers=headers).status_code == 401


def test_a_program_of_the_docs_is_named_like_no_module_of_pythons_own() -> None:
    named = set(re.findall(r"`?(\w+)\.py\b", INTEGRATIONS + API))
    assert {"moderation", "sort_out"} <= named
    assert not named & sys.stdlib_module_names


def test_a_picture_is_judged_by_its_address_on_the_page_and_for_programs(
    visit: Callable[..., Page], pictures: str, portrait: str
) -> None:
    page = visit(fetcher=Fetcher((read_source(pictures),), resolve=lambda *_: ["127.0.0.1"]))
    field = page.get_by_label(f"Or the address of a picture on {pictures}")
    field.fill(f"{pictures}/none")
    page.get_by_role("button", name="Fetch").click()
    expect(page.locator("#by-address")).to_contain_text("pictures.test answered with status 404")
    field.fill(f"{pictures}/found.png?size=1")
    field.press("Enter")
    expect(page.locator("#verdicts .summary")).to_contain_text("found.png")
    expect(field).to_be_hidden()
    client = gradio_client.Client(page.url, verbose=False)
    answer = client.predict(f"{pictures}/found.png", api_name="/compare_url")
    assert answer["sha256"] == hashlib.sha256(Path(portrait).read_bytes()).hexdigest()
    assert [verdict["label"] for verdict in answer["faces"][0]["verdicts"]] == ["fake", "real"]
    for url, why in ((f"{pictures}/none", "status 404"), ("https://127.0.0.1/", "only from"), ("", "whole address")):
        with pytest.raises(gradio_client.exceptions.AppError, match=why):
            client.predict(url, api_name="/compare_url")
    site = page.context.browser.new_page()  # somebody else's
    site.set_content(f"<img src='{pictures}/small.png' width=1><img src='{pictures}/large.png' width=9>")
    bookmark = find_blocks(INTEGRATIONS, "javascript")[0].strip().removeprefix("javascript:")
    site.evaluate("open = (address) => { window.opened = address }")
    site.evaluate(bookmark)
    opened = site.evaluate("window.opened")
    site.close()
    assert opened == f"http://127.0.0.1:7860/?picture={quote(f'{pictures}/large.png', safe='')}"
    page.goto(opened.replace("http://127.0.0.1:7860/", client.src))
    expect(field).to_have_value(f"{pictures}/large.png")
    assert "large.png" not in page.locator("#verdicts").inner_text()
    client.close()
