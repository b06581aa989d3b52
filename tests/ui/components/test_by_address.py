"""The field for a picture's address, and /compare_url, on a page whose operator allows one host."""

import hashlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import gradio_client
import pytest
from playwright.sync_api import Page, expect

from ui.server.remote_picture import Fetcher, read_source

pytestmark = [pytest.mark.slow, pytest.mark.browser]
HOST = "pictures.test"


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
    client.close()
