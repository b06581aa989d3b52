"""The headers of every answer, and what a browser makes of them."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Frame, Page, Route
from sqlalchemy import Engine
from starlette.types import Message

from auth.headers import _HeadedAnswer, page_policy
from auth.html import SPACE_FRAMES
from tests.auth.by_browser import sign_up
from tests.auth.server import PASSWORD, Site, launch, picture

pytestmark = pytest.mark.one_database
POLICY = "content-security-policy"
VIOLATED = "Content Security Policy"  # in what Chromium writes on its console


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


def test_the_page_may_run_no_script_that_is_not_its_own(site: Site, name: str) -> None:
    said = site.member(name).http.get("/").headers[POLICY]
    parts = dict(part.strip().partition(" ")[::2] for part in said.split(";"))
    assert "'unsafe-inline'" not in parts["script-src"]
    assert "http" not in said
    assert (parts["default-src"], parts["frame-ancestors"], parts["connect-src"]) == (
        "'none'",
        "'self'",
        "'self' data: blob:",
    )


def test_scripts_in_the_page_are_named_by_their_hashes() -> None:
    two = page_policy(b"<script>a()</script><SCRIPT type=module>b()</SCRIPT><script src=x></script>", framed=False)
    assert two.count("'sha256-") == 2
    assert SPACE_FRAMES in page_policy(b"", framed=True)


def test_a_strangers_html_runs_nothing(site: Site, name: str) -> None:
    member = site.member(name)
    path = member.upload(b"<script>alert(1)</script>", name="a.html")
    policy = member.fetch(path).headers[POLICY]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


ATTACKS = (
    """<img src=x onerror="document.title='taken'">""",
    """<iframe srcdoc="<script>parent.document.title='taken'</script>"></iframe>""",
    """<a id=link href="javascript:document.title='taken'">link</a>""",
)


def attack(page: Page | Frame) -> None:
    """Put markup with scripts into the page, each way that a hole in it could."""
    for markup in ATTACKS:
        page.evaluate("markup => document.body.insertAdjacentHTML('beforeend', markup)", markup)
    page.evaluate("document.getElementById('link').click()")
    page.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "document.title = 'taken'";
        document.body.append(script);
    }""")
    page.wait_for_timeout(300)


def test_markup_that_gets_into_the_page_runs_nothing(browser: Chromium, site: Site, name: str) -> None:
    with browser.new_page() as page:
        sign_up(page, site.url, name)
        page.get_by_role("button", name="Look").wait_for()
        attack(page)
        assert page.title() == "A page to guard"


SPACE, SPACE_PAGE = "https://ada-facejury.hf.space", "https://huggingface.co/spaces/ada/facejury"


def pass_on(route: Route, url: str) -> None:
    """What the Space's proxy does: https outside, plain http to the server."""
    asked = route.request
    headers = {key: value for key, value in asked.all_headers().items() if not key.startswith((":", "content-length"))}
    address = asked.url.replace(SPACE, url)
    with httpx.Client(timeout=30) as client:
        headers |= {"host": SPACE.removeprefix("https://"), "x-forwarded-proto": "https", "accept-encoding": "identity"}
        answer = client.request(asked.method, address, headers=headers, content=asked.post_data_buffer)
    joined = {key: "\n".join(answer.headers.get_list(key)) for key in answer.headers}
    if answer.is_redirect:  # where Playwright redirects, it routes no more: so the browser is sent there by a page
        kept = {"content-type": "text/html", "set-cookie": joined.get("set-cookie", "")}
        onward = f'<meta http-equiv="refresh" content="0; url={joined["location"]}">'
        return route.fulfill(headers={key: value for key, value in kept.items() if value}, body=onward)
    route.fulfill(status=answer.status_code, headers=joined, body=answer.content)


def test_a_space_shows_the_page_in_its_frame(browser: Chromium, engine: Engine, uploads: Path, name: str) -> None:
    """As a visitor of the Space's page sees it, who signs up in the frame: its cookies are another site's there."""
    framed = launch(engine, uploads=uploads, framed=True)
    violations: list[str] = []
    with browser.new_page() as page:
        page.set_default_timeout(120_000)  # every file of the page passes through here, one at a time
        page.on("console", lambda said: violations.append(said.text) if VIOLATED in said.text else None)
        page.route(f"{SPACE}/**", lambda route: pass_on(route, framed.url))
        frames = f'<iframe src="{SPACE}/" allow="camera"></iframe>'
        page.route(SPACE_PAGE, lambda route: route.fulfill(content_type="text/html", body=frames))
        page.goto(SPACE_PAGE)
        frame = page.frame_locator("iframe")
        frame.get_by_role("link", name="Create an account").click()
        frame.get_by_label("Password again").fill(PASSWORD)  # first: the page before has the other two as well
        frame.get_by_label("Password", exact=True).fill(PASSWORD)
        frame.get_by_label("User name").fill(name)
        frame.get_by_role("button", name="Create account").click()
        frame.get_by_role("button", name="Look").wait_for()
        assert violations == []
        shown = page.frames[1]
        attack(shown)
        assert shown.title() == "A page to guard"
        assert violations != []
    framed.close()


def test_a_page_that_comes_in_parts_is_held_back_until_all_its_scripts_are_known() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def answer_in_parts() -> None:
        answer = _HeadedAnswer(send, "/", framed=False)
        await answer({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
        await answer({"type": "http.response.body", "body": b"<script>a", "more_body": True})
        assert sent == []
        await answer({"type": "http.response.body", "body": b"()</script>"})

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, answer_in_parts()).result()
    start, body = sent
    whole = b"<script>a()</script>"
    assert body["body"] == whole
    assert (POLICY.encode(), page_policy(whole, framed=False).encode()) in start["headers"]
