"""Uploads belong to people: through HTTP against a launched page, with two who are signed in."""

import errno
import os
import re
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from storage.uploads import KEEP_SECONDS, sweep
from tests.auth.server import PASSWORD, Browser, Site, picture

pytestmark = pytest.mark.one_database
FILE = re.compile(r'"path": ?"([^"]+)"')


def as_file(path: str, **more: object) -> dict[str, object]:
    """A file value as the page sends it."""
    return {"path": path, "meta": {"_type": "gradio.FileData"}, **more}


@pytest.fixture
def anna(site: Site, name: str) -> Browser:
    return site.member(name)


@pytest.fixture
def bert(site: Site, name: str) -> Browser:
    return site.member(f"Bert, not {name}")


def test_one_reads_ones_own_upload_and_gets_its_result(anna: Browser) -> None:
    path = anna.upload(picture(1))
    assert anna.fetch(path).content == picture(1)
    status, events = anna.call("look", as_file(path))
    assert status == 200
    assert f'"bytes": {len(picture(1))}' in events


def test_nobody_reads_anothers_upload(site: Site, anna: Browser, bert: Browser) -> None:
    path = anna.upload(picture(2))
    assert bert.fetch(path).status_code == 403
    assert site.browser().fetch(path).status_code == 401


def test_a_refusal_does_not_say_whether_the_file_exists(anna: Browser, bert: Browser) -> None:
    path = anna.upload(picture(3), name="portrait.png")
    missing = path.replace("portrait", "nobody")
    theirs, nothing = bert.fetch(path), bert.fetch(missing)
    assert (theirs.status_code, theirs.json()) == (nothing.status_code, nothing.json()) == (403, theirs.json())


def test_the_same_bytes_open_only_ones_own_file_name(anna: Browser, bert: Browser) -> None:
    hers, his = anna.upload(picture(4), name="from-a-source.png"), bert.upload(picture(4), name="b.png")
    assert Path(hers).parent == Path(his).parent, "Gradio's folder is the hash of the content"
    assert bert.fetch(his).status_code == 200
    assert bert.fetch(hers).status_code == 403
    assert anna.fetch(hers).status_code == 200
    assert anna.fetch(his).status_code == 403


@pytest.mark.parametrize(
    "spelling",
    [
        lambda path: path.replace("/uploads/", "/uploads/./"),
        lambda path: path.replace("/uploads/", "/uploads/x/../"),
        lambda path: path.replace("/uploads/", "//uploads//"),
        os.path.relpath,
        lambda path: quote(path, safe=""),
        lambda path: quote(quote(path, safe=""), safe=""),
        lambda path: f"/proc/self/root{path}",
        lambda path: path + "/",
    ],
)
def test_no_spelling_of_a_path_opens_it(anna: Browser, bert: Browser, spelling: object) -> None:
    path = anna.upload(picture(5))
    assert callable(spelling)
    for route in ("file=", "file/"):
        assert bert.http.get(f"/gradio_api/{route}{spelling(path)}").status_code in {403, 404}


@pytest.mark.parametrize("route", ["call/look", "run/look", "api/look", "call/v2/look", "queue/join"])
def test_nobody_has_the_server_open_anothers_upload(anna: Browser, bert: Browser, route: str) -> None:
    path = anna.upload(picture(6))
    for value in (as_file(path), {"path": path}, path, {"path": "x", "url": f"/gradio_api/file={path}"}, [[{path: 1}]]):
        body = {"data": [value], "fn_index": 0, "path": value}
        page = {} if route.startswith("call/") else {"session_hash": "bert"}
        answer = bert.http.post(f"/gradio_api/{route}", json=body | page)
        assert answer.status_code == 403, (route, value)


@pytest.mark.parametrize("text", ["{}", " {}", "see {} there", "http://x/gradio_api/file={}", "{}/", "x{}"])
def test_nobody_has_the_server_repeat_anothers_path(anna: Browser, bert: Browser, text: str) -> None:
    path = anna.upload(picture(7))
    for spelled in (path, quote(path, safe="")):
        bert.call("echo", text.format(spelled))
    assert bert.fetch(path).status_code == 403


def test_a_user_named_like_a_path_gains_nothing(site: Site, anna: Browser, tmp_path: Path) -> None:
    path = anna.upload(picture(8))
    for number, name in enumerate((path[-64:], '{"path":"x","meta":{"_type":"gradio.FileData"}}')):
        clever = site.browser()
        clever.sign_up(f"{name[:62]}{number}")
        clever.http.get("/config")
        assert clever.fetch(path).status_code == 403


def test_ones_own_upload_may_be_named_in_an_address(anna: Browser, site: Site) -> None:
    path = anna.upload(picture(9), name="a b.png")
    address = f"{site.url}/gradio_api/file={quote(path)}"
    assert anna.call("look", as_file(path, url=address, orig_name="a b.png"))[0] == 200


NAMES = ["100%25.png", "a%20b.png", "50%.png", "%41.png", "A%2F..%2FB.png"]


@pytest.mark.parametrize("name_of_file", NAMES)
def test_a_name_with_a_percent_sign_is_its_owners_and_nobody_elses(
    site: Site, anna: Browser, bert: Browser, name_of_file: str
) -> None:
    path = anna.upload(picture(11), name=name_of_file)
    for spelled in (path, quote(path)):  # as Gradio's own links have it, and as it should be
        assert anna.fetch(spelled).content == picture(11), spelled
        assert bert.fetch(spelled).status_code == 403, spelled
    for value in (
        as_file(path),
        as_file(path, url=f"{site.url}/gradio_api/file={quote(path)}", orig_name=name_of_file),
    ):
        status, events = anna.call("look", value)
        assert (status, f'"bytes": {len(picture(11))}' in events) == (200, True), events
        assert bert.call("look", value)[0] == 403


def test_a_name_that_reads_like_anothers_path_opens_neither(anna: Browser, bert: Browser) -> None:
    hers = anna.upload(picture(12), name="portrait.png")
    sha256 = Path(hers).parent.name
    his = bert.upload(picture(13), name=f"..%2F{sha256}%2Fportrait.png")
    assert bert.call("look", as_file(his))[0] == 403, "some part of the server might read it as hers"
    assert bert.fetch(his).content != picture(12)


def test_results_are_their_callers_alone(anna: Browser, bert: Browser) -> None:
    for function, argument in (("report", ["a secret report"]), ("reports", [])):
        found = FILE.findall(anna.call(function, *argument)[1])
        assert found, function
        for path in found:
            assert anna.fetch(path).status_code == 200
            assert bert.fetch(path).status_code == 403


def test_a_result_by_run_is_its_callers_too(anna: Browser, bert: Browser) -> None:
    answer = anna.http.post("/gradio_api/run/report", json={"data": ["by run"]})
    (path,) = FILE.findall(answer.text)
    assert anna.fetch(path).text == "by run"
    assert bert.fetch(path).status_code == 403


def test_the_pages_own_examples_are_everybodys(anna: Browser, bert: Browser) -> None:
    config = anna.http.get("/config").text
    found = {path for path in FILE.findall(config) if path.startswith(os.environ["GRADIO_TEMP_DIR"])}
    assert found
    for path in found:
        assert anna.fetch(path).status_code == 200
        assert bert.fetch(path).status_code == 200


def test_anothers_page_and_event_are_refused(anna: Browser, bert: Browser) -> None:
    session = f"page-{time.time_ns()}"
    (number,) = [one["id"] for one in anna.http.get("/config").json()["dependencies"] if one["api_name"] == "echo"]
    echo = {"data": ["hello"], "fn_index": number, "session_hash": session}
    joined = anna.http.post("/gradio_api/queue/join", json=echo)
    assert joined.status_code == 200
    event = joined.json()["event_id"]
    assert bert.http.get("/gradio_api/queue/data", params={"session_hash": session}).status_code == 403
    assert bert.http.get(f"/gradio_api/heartbeat/{session}").status_code == 403
    cancel = {"session_hash": session, "fn_index": number, "event_id": event}
    assert bert.http.post("/gradio_api/cancel", json=cancel).status_code == 403
    assert bert.http.post("/gradio_api/queue/join", json={**cancel, "data": ["x"]}).status_code == 403
    assert "hello" in anna.http.get("/gradio_api/queue/data", params={"session_hash": session}).text


def test_an_event_being_read_is_not_anothers_to_read(anna: Browser, bert: Browser) -> None:
    event = anna.http.post("/gradio_api/call/echo", json={"data": ["mine"]}).json()["event_id"]
    assert "mine" in anna.http.get(f"/gradio_api/call/echo/{event}").text
    for path in (f"call/echo/{event}", f"call/v2/echo/{event}", f"call/echo/{event}/"):
        assert bert.http.get(f"/gradio_api/{path}").status_code == 403


def test_a_body_that_is_no_json_or_too_large_is_refused(anna: Browser) -> None:
    post = anna.http.post
    assert post("/gradio_api/call/look", content=b"{").status_code == 400
    assert post("/gradio_api/call/look", content=b"[" * 40_000).status_code == 400
    assert post("/gradio_api/call/echo", json={"data": ["x" * 17_000_000]}).status_code == 413


def test_a_token_reads_its_owners_uploads_and_no_others(site: Site, anna: Browser, bert: Browser) -> None:
    path = anna.upload(picture(10))
    hers, his = ({"Authorization": f"Bearer {browser.make_token()}"} for browser in (anna, bert))
    assert site.browser(headers=hers).fetch(path).status_code == 200
    assert site.browser(headers=his).fetch(path).status_code == 403
    assert site.browser(headers=his).call("look", as_file(path))[0] == 403


def test_what_is_old_is_swept_and_what_the_page_needs_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "uploads"
    for name in ("a" * 64, "b" * 64):
        (folder / name).mkdir(parents=True)
        (folder / name / "x.png").write_bytes(b"x")
    os.utime(folder / ("a" * 64) / "x.png", (0, 0))
    kept = frozenset({str(folder / ("b" * 64) / "x.png")})
    assert sweep(str(folder), keep=kept, older_than=KEEP_SECONDS) == 0, "put there just now, however old the picture"
    time.sleep(0.2)
    assert sweep(str(folder), keep=kept, older_than=0.1) == 1
    sweep(str(folder), keep=kept, older_than=-1)
    assert [path.name for path in folder.iterdir()] == ["b" * 64]


@pytest.fixture
def undeletable(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Names of files that the system does not delete, as on a disk that was mounted anew to be read only."""
    names: set[str] = set()
    remove = os.remove

    def refuse(path: str) -> None:
        if os.path.basename(path) in names:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
        remove(path)

    monkeypatch.setattr("storage.uploads.os.remove", refuse)
    return names


def test_a_file_that_cannot_be_deleted_keeps_no_other(
    tmp_path: Path, undeletable: set[str], caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("a.png", "b.png", "c.png"):
        (tmp_path / name).write_bytes(b"x")
    undeletable.add(next(os.walk(tmp_path))[2][0])  # the first that a sweep comes to
    assert sweep(str(tmp_path), keep=frozenset(), older_than=-1) == 2
    assert {path.name for path in tmp_path.iterdir()} == undeletable
    assert [record.__dict__["reason"] for record in caplog.records] == [os.strerror(errno.EROFS)]


def test_an_account_is_deleted_though_an_upload_of_its_cannot_be(anna: Browser, undeletable: set[str]) -> None:
    paths = [anna.upload(picture(14), name=name) for name in ("stays.png", "goes.png")]
    undeletable.add("stays.png")
    answer = anna.form("/account/delete", at="/account", confirm=PASSWORD)
    assert (answer.status_code, "Your account is deleted" in answer.text) == (200, True)
    assert [os.path.exists(path) for path in paths] == [True, False]
