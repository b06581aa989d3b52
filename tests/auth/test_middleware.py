"""AuthMiddleware, through HTTP: what is open without a session, and what another site's page may not do."""

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.types import Message, Receive, Scope, Send

from auth.limits.upload_room import Arrivals
from auth.middleware import (
    NOT_FROM_HERE,
    OPEN_FOLDERS,
    OPEN_PATHS,
    SIGN_IN_FIRST,
    SIGNED_OUT,
    TOO_MANY,
    WRONG_TOKEN,
    AuthMiddleware,
)
from auth.responses import TrackedResponse
from auth.sessions import Visitor
from storage.uploads import Uploads
from tests.auth.server import Site

pytestmark = pytest.mark.one_database
EVIL = "https://evil.example"


def paths_of(site: Site) -> set[tuple[str, str]]:
    """Every method and path that the launched application has, its parameters filled in."""
    described = site.page.app.openapi()["paths"]  # FastAPI keeps included routers folded in app.routes
    found = {(method.upper(), path) for path, methods in described.items() for method in methods}
    for route in site.page.app.routes:
        found |= {(method, str(getattr(route, "path", ""))) for method in getattr(route, "methods", None) or ()}
    return {(method, re.sub(r"\{[^}]*\}", "x", path)) for method, path in found}


def test_every_route_without_a_session_is_closed(site: Site) -> None:
    visitor, closed = site.browser(), 0
    for method, path in sorted(paths_of(site)):
        if path in OPEN_PATHS or path.startswith(OPEN_FOLDERS):
            continue
        answer = visitor.http.request(method, path)
        assert answer.status_code == 401, (method, path, answer.status_code)
        assert answer.headers["www-authenticate"] == "Bearer"
        closed += 1
    assert closed > 60, "Gradio's own routes were among them"


def test_what_is_open_tells_nothing_about_the_page(site: Site) -> None:
    visitor = site.browser()
    for method, path in sorted(paths_of(site)):
        if path in OPEN_PATHS and method == "GET" and path != "/manifest.json":  # that one has the page's title
            assert "A page to guard" not in visitor.http.get(path).text, path


def test_a_person_is_sent_to_the_sign_in_page_and_a_program_is_told(site: Site) -> None:
    visitor = site.browser()
    person = visitor.http.get("/", headers={"accept": "text/html,*/*"})
    assert (person.status_code, person.headers["location"]) == (303, "/signin")
    program = visitor.http.get("/config")
    assert (program.status_code, program.json()) == (401, {"error": "Please sign in first."})


def test_a_person_whose_form_is_refused_reads_a_page_and_a_program_is_told(
    site: Site, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, visitor, fields = site.member(name), site.browser(), {"label": "x"}
    monkeypatch.setattr("auth.middleware.MAX_AT_ONCE", 0)
    for browser, more, status, said, link in (
        (visitor, {}, 401, SIGN_IN_FIRST, "/signin"),
        (member, {"origin": EVIL}, 403, NOT_FROM_HERE, "/"),
        (member, {}, 503, TOO_MANY, "/"),
    ):
        for path in ("/account/tokens", "/operator/feedback"):
            page = browser.http.post(path, data=fields, headers={"accept": "text/html,*/*"} | more)
            assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (status, "text/html"), path
            assert said in page.text and f'<p class="foot"><a href="{link}">' in page.text
            assert ("retry-after" in page.headers) == (status == 503)
            assert browser.http.post(path, data=fields, headers=more).json() == {"error": said}
        call = browser.http.post("/gradio_api/call/echo", data=fields, headers={"accept": "text/html"} | more)
        assert call.json() == {"error": said}


def test_an_upload_is_refused_in_plain_words_which_the_page_shows_whole(site: Site) -> None:
    for headers, said in (
        ({}, SIGNED_OUT),
        ({"authorization": "Bearer fj_wrong"}, WRONG_TOKEN),
        ({"sec-fetch-site": "cross-site"}, NOT_FROM_HERE),
    ):
        answer = site.browser(headers=headers).http.post("/gradio_api/upload")
        assert (answer.headers["content-type"].partition(";")[0], answer.text) == ("text/plain", said)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("Bearer fj_revoked-or-mistyped", "This token is not valid: "),
        ("fj_without-its-scheme", "This token is not valid: "),
        ("Bearer hf_of-another-place", "This token is not valid: "),
        ("Basic b2Y6YS1wcm94eQ==", "Please sign in first."),
    ],
)
def test_a_program_is_told_that_its_token_is_wrong(site: Site, sent: str, said: str) -> None:
    answer = site.browser(headers={"authorization": sent}).http.get("/config")
    assert answer.status_code == 401
    assert answer.json()["error"].startswith(said)
    assert ("invalid_token" in answer.headers["www-authenticate"]) == said.startswith("This token")


@pytest.mark.parametrize(
    "path", ["/assets/../config", "/static/../../config", "//config", "/assets/..%2fconfig", "/signin/../config"]
)
def test_no_detour_leads_around_the_sign_in(site: Site, path: str) -> None:
    answer = site.browser().http.get(f"{site.url}{path}")
    assert answer.status_code in {401, 403, 404}
    assert "components" not in answer.text


@pytest.mark.parametrize("where", ["/config", "/gradio_api/info", "/gradio_api/token", "/signin"])
@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", "origin": EVIL},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"},
        {"origin": EVIL},
        {"origin": "null"},
        {"origin": "http://localhost.evil.example"},
    ],
)
def test_a_script_of_another_site_gets_nothing(site: Site, name: str, where: str, headers: dict[str, str]) -> None:
    answer = site.member(name).http.get(where, headers=headers)
    assert answer.status_code == 403
    assert "another site" in answer.text


def test_a_form_on_another_site_is_refused(site: Site, name: str) -> None:
    browser = site.member(name)
    form = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "origin": EVIL}
    for path in ("/signin", "/signout", "/account/delete", "/gradio_api/call/echo", "/gradio_api/upload"):
        assert browser.http.post(path, headers=form, data={"a": "b"}).status_code == 403
    assert browser.is_in()


def test_a_link_on_another_site_works(site: Site, name: str) -> None:
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "accept": "text/html"}
    assert site.member(name).http.get("/", headers=link).status_code == 200
    assert site.browser().http.get("/signin", headers=link).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, {"sec-fetch-site": "none"}, {}]
)
def test_the_page_itself_and_programs_pass(site: Site, name: str, headers: dict[str, str]) -> None:
    assert site.member(name).http.get("/config", headers=headers).status_code == 200
    own = {"origin": site.url}
    assert site.member(f"x{name}").http.get("/config", headers=own).status_code == 200


def test_the_page_is_kept_in_no_cache(site: Site, name: str) -> None:
    browser = site.member(name)
    for path in ("/", "/config"):
        assert "no-store" in browser.http.get(path).headers["cache-control"]


def test_what_is_neither_a_request_nor_the_servers_own_start_is_not_let_through() -> None:
    """A WebSocket: no route here has one, and none is guarded."""
    asked: list[str] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        asked.append(scope["type"])

    nobody: Any = SimpleNamespace(uploads=None)
    guard = AuthMiddleware(app, visitors=nobody, waiting=nobody, arrivals=nobody)

    async def ask_each() -> None:
        for kind in ("websocket", "lifespan"):
            await guard({"type": kind, "path": "/config"}, _nothing, _nothing)

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, ask_each()).result()
    assert asked == ["lifespan"]


async def _nothing(*_: Any) -> Any:
    raise AssertionError("neither read nor answered")


# Answers on their way

ANNA = Visitor(7, "Anna", "key", is_program=False)


class NotedUploads:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.results: list[tuple[int, bytes]] = []

    def grant_results(self, user_id: int, body: bytes) -> None:
        self.results.append((user_id, body))


def test_files_named_in_an_answer_of_several_parts_are_granted_once_it_is_whole() -> None:
    uploads: Any = NotedUploads()
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def is_still_in() -> bool:
        raise AssertionError("only streams ask")

    async def answer_in_parts() -> None:
        answer = TrackedResponse(send, uploads=uploads, visitor=ANNA, is_still_in=is_still_in)
        await answer({"type": "http.response.start", "headers": [(b"content-type", b"application/json")]})
        await answer({"type": "http.response.body", "body": b'{"path": ', "more_body": True})
        assert uploads.results == []
        await answer({"type": "http.response.body", "body": b'"/a"}'})

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, answer_in_parts()).result()
    ((user, body),) = uploads.results
    assert (user, json.loads(body)) == (7, {"path": "/a"})
    assert len(sent) == 3


def test_an_upload_counts_once_when_its_answer_is_out(tmp_path: Path) -> None:
    """The next one may be here before the server is through with this request."""
    (tmp_path / "a.png").write_bytes(bytes(1000))
    uploads, ledger = Uploads(str(tmp_path)), SimpleNamespace(note=lambda *_: True)
    arrivals, counted = Arrivals(uploads, cast("Any", ledger)), []

    async def receive() -> Message:
        return {"type": "http.request", "body": bytes(1200)}

    async def send(_: Message) -> None:
        counted.append(uploads.size_of(ANNA.user_id))

    async def upload() -> None:
        answer = TrackedResponse(send, uploads=uploads, visitor=ANNA, is_still_in=_nothing)
        with arrivals.take_in(ANNA.user_id, receive) as (limited, answer.on_handed_out):
            await limited()
            assert uploads.size_of(ANNA.user_id) == 1200
            await answer({"type": "http.response.start", "headers": [(b"content-type", b"application/json")]})
            await answer({"type": "http.response.body", "body": json.dumps([str(tmp_path / "a.png")]).encode()})

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, upload()).result()
    assert counted == [1200, 1000]
    assert uploads.size_of(ANNA.user_id) == 1000
