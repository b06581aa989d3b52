"""The operator's page: there for operators alone, and what they can do on it."""

import time

import httpx
import pytest
from sqlalchemy import update

from auth import accounts
from auth.middleware import NOT_FOUND
from storage.database import writing
from storage.feedback import Claim, give_feedback, list_feedback
from storage.history import add_entry
from storage.scoreboard import enter_score, list_board
from storage.tables import sign_in_tries, users
from tests.auth.server import Browser, Site
from tests.storage.test_history import comparison, judge_two_faces

pytestmark = pytest.mark.one_database
PAGE = {"accept": "text/html"}


def promote(site: Site, name: str, *, is_operator: bool = True) -> None:
    account = accounts.find_user(site.engine, name)
    assert account is not None
    accounts.set_operator(site.engine, account.id, is_operator=is_operator)


def report(site: Site, name: str, detector: str, picture: bytes | None = None, claim: Claim = "fake") -> int:
    """What a user says of the first face."""
    said = {"claim": claim, "detector": detector, "face": 0, "file_name": "<b>.jpg", "picture": picture}
    return give_feedback(site.engine, name, comparison=comparison(), **said)  # type: ignore[arg-type]


def test_it_is_there_for_operators_alone_and_no_longer_than_they_are(site: Site, name: str) -> None:
    browser = site.member(name)
    number = report(site, name, "a", b"a picture")
    addresses = ("/operator", f"/operator/feedback/{number}")
    program = site.browser(headers={"authorization": f"Bearer {browser.make_token()}"})
    answers = [client.http.get(path, headers=PAGE) for client in (browser, program) for path in addresses]
    assert {answer.status_code for answer in answers} == {404} and all(NOT_FOUND in answer.text for answer in answers)
    assert answers[0].text == browser.http.get("/nothing-here", headers=PAGE).text
    assert refuse_as(browser, number).status_code == 404
    assert "/operator" not in browser.http.get("/account").text
    assert site.browser().http.get("/operator").status_code == 401
    promote(site, name)
    assert 'href="/operator"' in browser.http.get("/account").text
    assert browser.http.get("/operator").status_code == 200
    assert program.http.get("/operator").status_code == 404
    forged = browser.http.post("/operator/feedback", data={"number": str(number), "decision": "accept"})
    assert forged.status_code == 403
    promote(site, name, is_operator=False)
    assert browser.http.get("/operator").status_code == 404
    assert any(entry.id == number for entry in list_feedback(site.engine, accepted=None))


def refuse_as(browser: Browser, number: int, decision: str = "refuse") -> httpx.Response:
    """Press the button beside the report, with a form of the account page where there is no other."""
    return browser.form("/operator/feedback", at="/account", number=str(number), decision=decision)


def test_it_lists_users_and_feedback_and_shows_no_secret(site: Site, name: str) -> None:
    browser, other = site.member(name), f"<i>{name}</i>"
    site.member(other).make_token("a label")
    add_entry(site.engine, other, file_name="hidden.jpg", comparison=comparison(), picture=b"x" * 1_500_000)
    with writing(site.engine) as connection:
        locked = update(users).where(users.c.name == other).values(locked_until=int(time.time()) + 60)
        connection.execute(locked)
    kept, bare = report(site, other, "blend", b"a picture"), report(site, other, "residual")
    promote(site, name)
    page = browser.http.get("/operator").text
    row = page[page.index(f"&lt;i&gt;{name}&lt;/i&gt;</th>") :].partition("</tr>")[0]
    assert "1.5 MB" in row and "<td>2</td>" in row and "locked after wrong passwords" in row
    assert time.strftime("%-d %b %Y", time.gmtime()) in row  # seen today
    assert "blend on face 1 was wrong: it is fake" in page and "&lt;b&gt;.jpg" in page
    assert f'/operator/feedback/{kept}"' in page and f'/operator/feedback/{bare}"' not in page
    for secret in ("$2b$", "fs_", "fj_", "a label", "hidden.jpg", "a" * 64):
        assert secret not in page.replace(page.partition('form_token" value="')[2][:64], "")
    saved = browser.http.get(f"/operator/feedback/{kept}")
    assert saved.content == b"a picture" and saved.headers["content-disposition"].startswith("attachment")
    assert saved.headers["content-type"] == "application/octet-stream"
    assert browser.http.get(f"/operator/feedback/{bare}").status_code == 404
    assert refuse_as(browser, kept, "accept").status_code == 303
    refuse_as(browser, bare, "nonsense")
    assert [entry.id for entry in list_feedback(site.engine, accepted=True) if entry.user == other] == [kept]
    assert [entry.id for entry in list_feedback(site.engine, accepted=None) if entry.user == other] == [bare]


def test_a_lock_at_one_address_shows_until_it_ends(site: Site, name: str) -> None:
    browser, other = site.member(name), f"x{name}"
    site.member(other)
    promote(site, name)
    for _ in range(5):
        site.browser().sign_in(other, password="wrong password")
    account = accounts.find_user(site.engine, other)
    assert account is not None and "locked after wrong passwords" in read_row(browser, other)
    assert "locked" not in read_row(browser, name)
    with writing(site.engine) as connection:  # five minutes later
        tries = update(sign_in_tries).where(sign_in_tries.c.user_id == account.id)
        connection.execute(tries.values(locked_until=int(time.time())))
    assert "locked" not in read_row(browser, other)


def read_row(browser: Browser, name: str) -> str:
    """The user's line on the operator's page."""
    page = browser.http.get("/operator").text
    return page[page.index(f">{name}</th>") :].partition("</tr>")[0]


def test_the_operator_reads_the_number_that_the_user_saw(site: Site, name: str) -> None:
    browser = site.member(name)
    for face, detector in ((0, "on-the-right"), (1, "on-the-left"), (None, "on-all")):
        given = {"detector": detector, "face": face, "file_name": "two.jpg"}
        give_feedback(site.engine, name, comparison=judge_two_faces(), claim="real", **given)  # type: ignore[arg-type]
    promote(site, name)
    page = browser.http.get("/operator").text
    for said in ("on-the-right on face 2 was", "on-the-left on face 1 was", "on-all on the whole image was"):
        assert said in page


def test_an_operator_takes_a_nickname_off_the_scoreboard(site: Site, name: str) -> None:
    browser, other = site.member(name), site.member(f"x{name}")
    enter_score(site.engine, f"x{name}", nickname=f"<u>{name[:8]}", right=1, rounds=1)
    (mine,) = [one for one in list_board(site.engine) if one.nickname == f"<u>{name[:8]}"]
    remove = {"at": "/account", "number": str(mine.user_id)}
    assert other.form("/operator/scoreboard", **remove).status_code == 404
    promote(site, name)
    assert f"&lt;u&gt;{name[:8]}" in browser.http.get("/operator").text and mine in list_board(site.engine)
    assert browser.form("/operator/scoreboard", **remove).headers["location"] == "/operator#scoreboard"
    assert mine not in list_board(site.engine)
