"""The headers of every answer, and what a browser makes of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser as Chromium

from tests.auth.server import Site, picture

pytestmark = pytest.mark.one_database
POLICY = "content-security-policy"


def test_every_answer_says_what_a_browser_may_do_with_it(site: Site, name: str) -> None:
    member, visitor = site.member(name), site.browser()
    path = member.upload(picture(1))
    asked = [("/", member), ("/config", member), (f"/gradio_api/file={path}", member), ("/signin", visitor)]
    asked += [("/config", visitor), ("/nothing", member), ("/theme.css", visitor), ("/account", member)]
    for address, browser in asked:
        headers = browser.http.get(address).headers
        assert headers["x-content-type-options"] == "nosniff", address
        assert headers["referrer-policy"] == "same-origin", address
        assert headers["permissions-policy"].startswith("camera=(self), "), address
        assert "microphone=()" in headers["permissions-policy"], address
        if "text/html" in headers["content-type"]:
            assert "frame-ancestors" in headers[POLICY], address
        if browser is member:
            assert "no-store" in headers["cache-control"], address


@contextmanager
def other_site(html: str) -> Iterator[str]:
    """A page of somebody else's, on another host name of this machine."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_another_site_does_not_show_the_page_in_a_frame(browser: Chromium, site: Site) -> None:
    for path in ("/signin", "/"):
        with other_site(f'<iframe src="{site.url}{path}"></iframe>') as address, browser.new_page() as page:
            with page.expect_event("console", lambda message: "frame-ancestors" in message.text):
                page.goto(address)
            assert page.frames[-1].url.startswith("chrome-error:"), path
