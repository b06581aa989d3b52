"""Every route and endpoint, given nonsense by a visitor without a session and by somebody who is signed in.

No answer is an error of ours, a traceback, a place on this machine or another user's; and nothing is fetched.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auth.calls import MAX_DEPTH
from auth.forms import MAX_FORM_BYTES
from auth.middleware import OPEN_FOLDERS, OPEN_PATHS
from auth.routes import CALL_BYTES, find_bound
from detectors.conformance import samples
from storage.history import find_entries
from tests.attack.outside import watching
from tests.attack.site import FILE, LEAKS, Attacked, Said, attacked
from tests.auth.server import Browser, picture, wait_for
from tests.ui.conftest import serving

pytestmark = pytest.mark.timeout(900)
AGAIN = settings(
    deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck), print_blob=False
)
OUTSIDE = "https://example.com/a.png"
JSON = {"content-type": "application/json"}
UPLOAD = "/gradio_api/upload"
UNGUARDED = "https://huggingface.co/a.png"  # Gradio takes this host without a look at its address
CALLS = ("/gradio_api/run/{api_name}", "/gradio_api/api/{api_name}")
FAILED_CALL = re.compile(r'\{"error":(null|".*")[^{]*\}')  # on the routes of CALLS every call that fails is a 500

TEXTS = st.sampled_from(
    [
        *("", "\x00", "..", "../../../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "C:\\x", "//evil.example"),
        *("{path}", "{path}/", "/gradio_api/file={path}", "{event}", "{entry}", "0:accuser", "accuser", "real"),
        *(OUTSIDE, "http://127.0.0.1:1/", "http://169.254.169.254/latest", "data:image/png;base64,AAAA"),
        *("<script>alert(1)</script>", "' OR 1=1 --", "%", "%00", "%2e%2e%2f", "x" * 5000, "1e999", "-1", "9" * 30),
    ]
) | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.none() | st.booleans() | NUMBERS | TEXTS
NAMES = dict.fromkeys(("url", "orig_name", "mime_type"), TEXTS)
FILE_PARTS = NAMES | {"meta": st.just(FILE), "size": st.integers(-1, 2**40), "is_stream": st.booleans()}
FILES = st.fixed_dictionaries({"path": TEXTS}, optional=FILE_PARTS)
VALUES = st.recursive(
    PLAIN | FILES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8
)
FIELDS = st.sampled_from(["name", "password", "repeated", "next", "form_token", "token_id", "x"])
FORMS = st.dictionaries(FIELDS, TEXTS, max_size=5)
BODIES: st.SearchStrategy[dict[str, Any]] = (
    st.fixed_dictionaries({"data": FORMS}) | st.fixed_dictionaries({"json": VALUES}) | st.just({})
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with attacked(tmp_path_factory.mktemp("attacked")) as site:
        yield site


@pytest.fixture(scope="module")
def visitor(site: Attacked) -> Browser:
    return site.browser()


def fill(value: Any, guesses: dict[str, str]) -> Any:
    """What Bert guessed, put in where a value names it."""
    return json.loads(_fill(json.dumps(value), guesses))


def _fill(text: str, guesses: dict[str, str]) -> str:
    for name, guess in guesses.items():
        text = text.replace("{" + name + "}", guess)
    return text


def check(said: Said, what: object, *, template: str = "") -> None:
    """What holds for every answer."""
    failed_call = said.status == 500 and template.rstrip("/") in CALLS and FAILED_CALL.fullmatch(said.text)
    assert said.status < 500 or failed_call, (what, said)
    assert [leak for leak in LEAKS if leak in said.text] == [], (what, said)


@settings(AGAIN, max_examples=150)
@given(which=st.integers(0, 10**6), data=st.lists(VALUES, max_size=7), fits=st.integers(0, 9), query=st.none() | TEXTS)
def test_no_function_of_the_page_breaks_or_tells(
    site: Attacked, which: int, data: list[Any], fits: int, query: str | None
) -> None:
    functions = site.calls
    name, count = functions[which % len(functions)]
    data = (data + [None] * count)[:count] if fits else data  # mostly as many values as it takes
    options: dict[str, Any] = {} if query is None else {"params": {"history": _fill(query, site.guesses)}}
    check(site.call(site.bert, name, fill(data, site.guesses), **options), (name, data))


@settings(AGAIN, max_examples=60)
@given(body=VALUES, number=st.none() | st.integers(-1, 200), route=st.sampled_from(["/gradio_api/queue/join", *CALLS]))
def test_no_body_of_a_call_breaks_or_tells(site: Attacked, body: object, number: int, route: str) -> None:
    named = {"data": body, "fn_index": number, "session_hash": "berts", "event_data": body}
    sent = body if number is None else named
    said = site.send(site.bert, "POST", route.format(api_name="compare"), json=fill(sent, site.guesses))
    check(said, (route, sent), template=route)


@settings(AGAIN, max_examples=300)
@given(
    which=st.integers(0, 10**6),
    values=st.lists(TEXTS, min_size=4, max_size=4),
    query=st.dictionaries(st.sampled_from(["search", "next", "session_hash", "upload_id", "history", "view"]), TEXTS),
    body=BODIES,
    signed_in=st.booleans(),
)
def test_no_route_breaks_or_tells(
    site: Attacked,
    visitor: Browser,
    *,
    which: int,
    values: list[str],
    query: dict[str, str],
    body: dict[str, Any],
    signed_in: bool,
) -> None:
    method, template = site.routes[which % len(site.routes)]
    path = address(template, [_fill(value, site.guesses) for value in values])
    options = {"params": fill(query, site.guesses)} | (fill(body, site.guesses) if method == "POST" else {})
    said = site.send(site.bert if signed_in else visitor, method, path, **options)
    check(said, (method, path, options), template=template)
    closed = template not in OPEN_PATHS and not template.startswith(OPEN_FOLDERS)
    assert signed_in or not closed or said.status in {303, 401, 403, 405, 414}, (method, path, said)


def address(template: str, values: list[str]) -> str:
    """A path of that form."""
    parts = template.split("{")
    ends = [part.partition("}")[2] for part in parts[1:]]
    return parts[0] + "".join(quote(value or "x", safe="/") + end for value, end in zip(values, ends, strict=False))


def test_the_routes_are_found(site: Attacked) -> None:
    paths = {path for _, path in site.routes}
    ours = {"/signin", "/account/delete", "/healthz", "/readyz", "/live"}
    assert ours | {"/gradio_api/upload", "/config"} <= paths
    assert len(site.calls) > 30


@pytest.mark.parametrize("place", [OUTSIDE, UNGUARDED, "http://169.254.169.254/latest"])
def test_no_address_is_asked_for_whatever_field_it_stands_in(site: Attacked, place: str) -> None:
    file = {"path": place, "url": place, "meta": FILE}
    with watching() as asked:
        for way in (f"file={place}", f"file/{place}", f"file={quote(place, safe='')}", f"proxy={place}"):
            for method in ("GET", "HEAD"):
                assert 400 <= site.send(site.bert, method, f"/gradio_api/{way}").status < 500, way
        for name, count in site.taking:
            site.call(site.bert, name, [file] * count)
            site.call(site.bert, name, [[file]] * count)
    assert asked == []


def test_ones_own_picture_is_judged_and_written_down_all_the_same(site: Attacked) -> None:
    path = site.bert.upload(samples.as_png(samples.photo()), name="mine.png")
    said = site.call(site.bert, "compare", [{"path": path, "meta": FILE}, ["accuser"]])
    assert '"label": "fake"' in said.text, said

    def is_written_down() -> None:
        assert "mine.png" in {entry.file_name for entry in find_entries(site.engine, "Bert")}

    wait_for(is_written_down)


@pytest.mark.parametrize(
    "name", ["../../evil.png", "/etc/evil.png", "..\\evil.png", "a\x00b.png", "x" * 300, ".", "..", "<b>"]
)
def test_no_name_puts_an_upload_elsewhere(site: Attacked, name: str) -> None:
    said = site.send(site.bert, "POST", "/gradio_api/upload", files={"files": (name, picture(2))})
    check(said, name, template=UPLOAD)
    for path in json.loads(said.text) if said.status == 200 else []:
        assert site.uploads in Path(path).resolve().parents
    assert not list(site.uploads.parent.glob("*evil*"))


def posts(site: Attacked) -> list[str]:
    """Every path that takes a body, with something in its places."""
    return sorted({address(path, ["x"] * 4) for method, path in site.routes if method == "POST"})


def test_no_route_takes_more_than_its_limit(site: Attacked) -> None:
    form = {"data": {"name": "x" * MAX_FORM_BYTES}}
    for path in posts(site):
        if path.startswith("/gradio_api/") and not path.startswith("/gradio_api/upload"):
            bound = find_bound(path)
            large = b'{"data": ["' + b"x" * (bound.max_bytes if bound else CALL_BYTES) + b'"]}'
            said = site.send(site.bert, "POST", path, content=large, headers=JSON)
            assert said.status == (413 if bound else 404), path
        elif path.startswith(("/sign", "/account")):
            assert "The form is too large" in site.send(site.bert, "POST", path, **form).text, path


def test_a_data_address_is_not_decoded(site: Attacked) -> None:
    picture = "data:image/png;base64," + "A" * 2000
    for value in ({"url": picture}, {"path": "x.png", "url": picture}, {"path": picture}, picture):
        for name, count in site.taking:
            given: list[object] = [value, ["accuser"], *[None] * 7]
            said = site.call(site.bert, name, given[:count])
            assert '"faces"' not in said.text, (name, said)


def test_json_that_is_nested_too_deeply_is_refused(site: Attacked) -> None:
    for depth in (MAX_DEPTH, 500, 950, 40_000):
        body = b'{"data": ' + b"[" * depth + b"]" * depth + b"}"
        said = site.send(site.bert, "POST", "/gradio_api/call/compare", content=body)
        assert said.status == 400, (depth, said)


def test_a_page_with_an_endless_name_is_nobodys(site: Attacked) -> None:
    body = {"data": [], "fn_index": 0, "session_hash": "x" * 1_000_000}
    assert site.send(site.bert, "POST", "/gradio_api/queue/join", json=body).status == 403
    assert site.send(site.bert, "GET", "/gradio_api/heartbeat/" + "x" * 1000).status == 403


@pytest.mark.parametrize("path", ["/gradio_api/queue/join", "/config", "/", "/healthz"])
def test_odd_bytes_on_the_line_are_an_ordinary_refusal(site: Attacked, path: str) -> None:
    for method, headers in (
        ("POST", {"content-type": "multipart/form-data; boundary="}),
        ("POST", {"content-type": "application/json", "transfer-encoding": "chunked"}),
        ("GET", {"range": "bytes=9999999-1", "cookie": "facejury-session=\xff\xfe", "accept": "text/html"}),
        ("GET", {"upgrade": "websocket", "connection": "upgrade", "sec-websocket-key": "x"}),
        ("PUT", {}),
        ("TRACE", {}),
    ):
        content = iter([b"\x00\xff"]) if "transfer-encoding" in headers else b"\x00\xff"
        said = site.send(site.bert, method, path, headers=httpx.Headers(headers, encoding="latin-1"), content=content)
        assert said.status < 500, (method, headers, said)


def test_nobody_fills_the_disk_and_others_are_not_kept_from_theirs(
    site: Attacked, monkeypatch: pytest.MonkeyPatch
) -> None:
    greedy, other = site.member("Greedy"), site.member("Another")
    monkeypatch.setattr("storage.uploads.MAX_HELD_BYTES", 250_000)
    before = sum(path.is_file() for path in site.uploads.rglob("*"))
    said = [site.send(greedy, "POST", UPLOAD, files={"files": ("a.png", bytes([n]) * 100_000)}) for n in range(4)]
    assert [one.status for one in said] == [200, 200, 413, 413]
    assert "maximum allowed size" in said[-1].text
    assert sum(path.is_file() for path in site.uploads.rglob("*")) == before + 2
    assert site.send(other, "POST", UPLOAD, files={"files": ("a.png", bytes(100_000))}).status == 200


@pytest.fixture(scope="module")
def without_accounts() -> Iterator[str]:
    with serving() as address:
        yield address


@pytest.mark.slow
def test_without_accounts_only_this_machines_own_names_are_answered(without_accounts: str) -> None:
    with httpx.Client(base_url=without_accounts) as page:
        for host in ("127.0.0.1:7860", "localhost", "LOCALHOST:80", "[::1]:7860", "127.1.2.3"):
            assert page.get("/config", headers={"host": host}).status_code == 200, host
        for host in (
            "evil.example",
            "evil.example:7860",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "10.0.0.1",
        ):
            # As a browser sends it after the name was made to point here: to the browser it is one site.
            same = {"host": host, "origin": f"http://{host}", "sec-fetch-site": "same-origin"}
            for method, path in (("GET", "/config"), ("GET", "/"), ("POST", "/gradio_api/call/detectors")):
                assert page.request(method, path, headers=same, json={"data": []}).status_code == 421, host


@pytest.mark.slow
def test_without_accounts_no_other_site_uses_the_page_and_no_call_is_endless(without_accounts: str) -> None:
    evil = {"origin": "https://evil.example"}
    with httpx.Client(base_url=without_accounts, timeout=120) as page:
        assert page.get("/config").status_code == 200
        assert page.post(UPLOAD, files={"files": ("a.png", b"x")}).status_code == 200
        assert page.post(UPLOAD, files={"files": ("a.png", b"x")}, headers=evil).status_code == 403
        assert page.post("/gradio_api/call/detectors", json={"data": []}, headers=evil).status_code == 403
        assert page.post("/gradio_api/call/detectors", json={"data": []}).status_code == 200
        large = b'{"data": ["' + b"x" * CALL_BYTES + b'"]}'
        assert page.post("/gradio_api/call/detectors", content=large, headers=JSON).status_code == 413
