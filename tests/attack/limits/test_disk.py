"""Nobody fills the disk or the database: what an upload leaves, and what is kept of one user, is bounded.

Through HTTP at the launched demo, with a bare socket where a client library would be too polite.
"""

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from storage import kept, upload_ledger, uploads
from storage.feedback import list_feedback
from storage.history import find_entries, keep_picture
from storage.tables import feedback, pictures
from tests.attack.limits.wire import connect, cookie_of, head
from tests.attack.site import FILE, Attacked, attacked
from tests.auth.server import Browser, wait_for
from tests.ui.camera import as_jpeg, frame, portrait
from ui.components.keeping import RECORDED

UPLOAD = "/gradio_api/upload"
KIND = "multipart/form-data; boundary=edge"


@pytest.fixture
def greedy(site: Attacked, request: pytest.FixtureRequest) -> Browser:
    return site.member(f"Greedy {hashlib.sha256(request.node.name.encode()).hexdigest()[:8]}")


def files(site: Attacked) -> set[Path]:
    return {path for path in site.uploads.rglob("*") if path.is_file()}


def part(name: str, data: bytes, *, file: str | None = "a.png") -> bytes:
    named = f'; filename="{file}"' if file else ""
    return f'--edge\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + data + b"\r\n"


END = b"--edge--\r\n"
DATA = b"x" * 100_000
LEFT = {
    "no boundary at the end": part("files", DATA),
    "no boundary at all": DATA,
    "another part name": part("other", DATA) + END,
    "one good, one other": part("other", DATA) + part("files", b"good") + END,
    "a text for a file": part("files", DATA) + part("files", b"text", file=None) + END,
    "a part without a name": part("files", DATA) + b"--edge\r\nContent-Disposition: form-data\r\n\r\nx\r\n" + END,
}


@pytest.mark.parametrize("what", LEFT)
def test_an_upload_that_goes_wrong_leaves_nothing_that_was_not_handed_out(
    site: Attacked, greedy: Browser, what: str
) -> None:
    before = files(site)
    said = site.send(greedy, "POST", UPLOAD, content=LEFT[what], headers={"content-type": KIND})
    handed_out = {Path(path) for path in json.loads(said.text)} if said.status == 200 else set()

    def is_clear() -> None:
        assert files(site) - before == handed_out

    wait_for(is_clear)


def test_an_upload_whose_connection_ends_leaves_nothing(site: Attacked, greedy: Browser) -> None:
    before, cookie = files(site), cookie_of(greedy.http)

    def is_arriving() -> None:
        assert len(files(site) - before) == 3

    def is_clear() -> None:
        assert files(site) == before

    lines = [connect(site, head(UPLOAD, length=10**7, cookie=cookie, kind=KIND) + part("files", DATA)) for _ in "abc"]
    wait_for(is_arriving)
    for line in lines:
        line.close()
    wait_for(is_clear)


def test_a_refused_upload_takes_nobody_elses_file_along(site: Attacked, greedy: Browser) -> None:
    other = site.member("Owner of the same")
    path = other.upload(DATA, name="a.png")
    content = part("files", DATA) + part("files", b"text", file=None) + END
    assert site.send(greedy, "POST", UPLOAD, content=content, headers={"content-type": KIND}).status != 200
    assert other.fetch(path).content == DATA


def test_parallel_uploads_pass_no_limit_that_others_would_not(
    site: Attacked, greedy: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_HELD_BYTES", 2_500_000)
    before = files(site)

    def send(number: int) -> int:
        body = {"files": (f"{number}.png", os.urandom(1_000_000))}
        return site.send(greedy, "POST", UPLOAD, files=body).status

    with ThreadPoolExecutor(6) as pool:
        said = sorted(pool.map(send, range(6)))
    assert set(said) == {200, 413} or said == [413] * 6
    held = sum(path.stat().st_size for path in files(site) - before)
    assert held <= 2_500_000
    assert held == said.count(200) * 1_000_000


def test_the_limit_holds_over_all_servers(
    site: Attacked, greedy: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_HELD_BYTES", 250_000)
    monkeypatch.setattr(upload_ledger, "STEP_BYTES", 10_000)
    with attacked(tmp_path, beside=site) as second:
        there = second.browser(cookies=dict(greedy.http.cookies))
        body = {"files": ("a.png", DATA)}
        servers = [(site, greedy), (second, there), (second, there), (site, greedy)]
        said = [server.send(browser, "POST", UPLOAD, files=body).status for server, browser in servers]
    assert said == [200, 200, 413, 413]


def count(site: Attacked, table: object) -> int:
    with site.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]


def judged(site: Attacked, browser: Browser, user: str) -> int:
    """The entry of a comparison of the user's own."""
    path = browser.upload(as_jpeg(frame(portrait())), name="own.jpg")
    site.call(browser, "compare", [{"path": path, "meta": FILE}, ["accuser", "defender"]])

    def is_there() -> None:
        assert find_entries(site.engine, user)

    wait_for(is_there)
    return find_entries(site.engine, user)[0].id


def run_on_page(site: Attacked, browser: Browser, name: str, data: list[object], event_data: object = None) -> str:
    """A function of the page as the page calls it: with the state of a visit."""
    functions = site.bert.http.get("/config").json()["dependencies"]
    number = next(one["id"] for one in functions if one["api_name"] == name)
    call = {"data": data, "fn_index": number, "event_data": event_data}
    visit = {"session_hash": f"visit{id(browser)}"}
    site.send(browser, "POST", "/gradio_api/queue/join", json=call | visit)
    return site.send(browser, "GET", "/gradio_api/queue/data", params=visit).text


def test_the_same_feedback_is_kept_once_and_of_one_user_only_so_much(
    site: Attacked, greedy: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = greedy.http.get("/gradio_api/user").json()
    entry = judged(site, greedy, user)
    keep_picture(site.engine, user, entry_id=entry, picture=as_jpeg(frame(portrait())))
    before = count(site, feedback), count(site, pictures)
    run_on_page(site, greedy, "open_entry", [None], {"entry": entry})
    for claim in ("real", "fake", "real", "real", "fake"):
        said = run_on_page(site, greedy, "send_feedback_1", [None, "0:accuser", claim, True])
        assert "Thank you" in said, said
    assert (count(site, feedback), count(site, pictures)) == (before[0] + 1, before[1])
    assert [one.claim for one in list_feedback(site.engine, accepted=None) if one.user == user] == ["fake"]

    monkeypatch.setattr(kept, "MAX_REPORTS", 1)
    said = run_on_page(site, greedy, "send_feedback_1", [None, "0:defender", "real", True])
    assert kept.NO_REPORTS in said
    assert "Thank you" in run_on_page(site, greedy, "send_feedback_1", [None, "0:accuser", "real", True]), (
        "not a new one"
    )


def test_the_kept_pictures_of_one_user_have_a_limit_which_they_are_told(
    site: Attacked, greedy: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = greedy.upload(as_jpeg(frame(portrait())), name="own.jpg")
    monkeypatch.setattr(kept, "MAX_KEPT_BYTES", 1000)
    before = count(site, pictures)
    user = greedy.http.get("/gradio_api/user").json()
    entry = judged(site, greedy, user)
    with pytest.raises(kept.QuotaReached, match="delete some in your history"):
        keep_picture(site.engine, user, entry_id=entry, picture=Path(path).read_bytes())
    assert count(site, pictures) == before


def test_a_full_history_takes_no_more_and_says_so(
    site: Attacked, greedy: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = {"path": greedy.upload(as_jpeg(frame(portrait())), name="own.jpg"), "meta": FILE}
    user = greedy.http.get("/gradio_api/user").json()
    monkeypatch.setattr(kept, "MAX_ENTRIES", 1)
    for said in (RECORDED, kept.NO_ENTRIES):
        run_on_page(site, greedy, "_start", [picture, ["accuser"], None, False])
        run_on_page(site, greedy, "judge", [None])
        assert said in run_on_page(site, greedy, "say_recorded", [False, picture, None])
    assert len(find_entries(site.engine, user)) == 1
