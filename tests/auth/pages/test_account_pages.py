"""Account pages through HTTP, against a launched page: forms, cookies, the account, its tokens."""

import base64
import hashlib
import json
import re
import subprocess
from pathlib import Path

import gradio_client
import httpx
import pytest
from sqlalchemy import Engine, func, select

from auth import accounts, forms
from auth.lockout import SignInPlace
from auth.pages.account_pages import TOO_BUSY
from auth.sessions import LIFE_SECONDS
from auth.slowing import Slowdown
from storage.database import open_database
from storage.history import add_entry
from storage.tables import metadata
from tests.auth.server import (
    PASSWORD,
    Site,
    assert_out_within_five_seconds,
    launch,
    picture,
)
from text.languages.catalogues import read_script

COMPARISON = {"schema": 1, "sha256": "0" * 64, "faces": [], "whole_image": []}


@pytest.mark.parametrize("path", ["/signin", "/signup"])
def test_a_page_names_its_language_to_screen_readers_and_translators(site: Site, name: str, path: str) -> None:
    assert '<html lang="en">' in site.browser().http.get(path).text
    assert '<html lang="en">' in site.member(f"{name} {path[1:]}").http.get("/account").text


# Forms and cookies


@pytest.mark.parametrize(
    "path", ["/signin", "/signup", "/signout", "/account/password", "/account/tokens", "/account/delete"]
)
def test_a_form_made_elsewhere_is_refused(site: Site, name: str, path: str) -> None:
    browser, other = site.member(name), site.browser()
    fields = {"name": f"x{name}", "password": PASSWORD, "repeated": PASSWORD, "confirm": PASSWORD, "label": "x"}
    theirs = other.http.get("/signin").text.split('form_token" value="')[1][:64]
    for token in ({}, {"form_token": ""}, {"form_token": theirs}, {"form_token": "é"}):
        assert browser.http.post(path, data={**fields, **token}).status_code == 403
    assert browser.is_in()
    assert accounts.find_user(site.engine, f"x{name}") is None


def test_a_form_of_a_megabyte_is_refused(site: Site) -> None:
    assert site.browser().http.post("/signin", content=b"a=" + b"x" * 1_000_000).status_code == 403


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ({}, "facejury-session=;Path=/;HttpOnly;SameSite=Lax"),
        ({"x-forwarded-proto": "https"}, "__Host-facejury-session=;Path=/;HttpOnly;SameSite=Lax;Secure"),
        (
            {"sec-fetch-site": "same-origin", "host": "abc.gradio.live"},
            "__Host-facejury-session=;Path=/;HttpOnly;SameSite=Lax;Secure",
        ),
        ({"sec-fetch-site": "same-origin", "host": "localhost:7860"}, "facejury-session=;Path=/;HttpOnly;SameSite=Lax"),
    ],
)
def test_the_cookie_is_secure_wherever_the_browser_came_by_https(
    site: Site, name: str, headers: dict[str, str], wanted: str
) -> None:
    site.member(name)
    form = site.browser(headers=headers)
    page = form.http.get("/signin")
    secret = page.headers["set-cookie"].partition(";")[0]
    token = page.text.split('form_token" value="')[1][:64]
    fields = {"form_token": token, "name": name, "password": PASSWORD}
    cookie = httpx.post(f"{site.url}/signin", data=fields, headers={**headers, "cookie": secret}).headers["set-cookie"]
    value = cookie.partition("=")[2].partition(";")[0]
    assert set(cookie.replace(value, "").replace(" ", "").split(";")) == {*wanted.split(";"), f"Max-Age={LIFE_SECONDS}"}


def test_behind_https_a_cookie_of_a_neighbouring_host_counts_for_nothing(site: Site, name: str) -> None:
    plain = site.member(name).http.cookies[forms.SESSION_COOKIE]
    tossed = site.browser(cookies={forms.SESSION_COOKIE: plain}, headers={"x-forwarded-proto": "https"})
    assert not tossed.is_in()


def test_in_a_frame_the_cookie_crosses_sites_and_the_frame_is_named(engine: Engine, uploads: Path, name: str) -> None:
    framed = launch(engine, uploads=uploads, framed=True)
    page, refused = (
        framed.browser().http.get("/signin", headers={"accept": "text/html"} | more)
        for more in ({}, {"origin": "https://other.example"})
    )
    cookie = page.headers["set-cookie"]
    assert cookie.startswith("__Host-")
    assert cookie.endswith("HttpOnly; SameSite=None; Secure; Partitioned")
    assert (page.status_code, refused.status_code) == (200, 403)
    for answer in (page, refused):
        assert "frame-ancestors https://huggingface.co" in answer.headers["content-security-policy"]
    framed.close()


@pytest.mark.parametrize("path", ["/signin", "/signup", "/signout", "/account"])
def test_our_pages_run_the_script_of_languages_alone_and_are_kept_nowhere(site: Site, name: str, path: str) -> None:
    browser = site.browser() if path.startswith("/sign") and path != "/signout" else site.member(name)
    page = browser.http.get(path)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", page.text, re.DOTALL)
    assert scripts == [read_script()]
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'; connect-src 'self';" in page.headers["content-security-policy"]
    assert "http://" not in page.text
    assert "https://" not in page.text


# The account page


def test_the_account_page_needs_a_session(site: Site) -> None:
    answer = site.browser().http.get("/account", headers={"accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/signin?next=/account"


def test_the_history_leaves_as_a_file_for_its_owner_alone(site: Site, name: str) -> None:
    browser, other = site.member(name), site.member(f"x{name}")
    add_entry(site.engine, name, file_name="=Größe.jpg", comparison=COMPARISON)
    add_entry(site.engine, name, file_name="beach.jpg", comparison=COMPARISON)
    token = {"authorization": f"Bearer {browser.make_token()}"}
    for client in (browser, site.browser(headers=token)):
        answer = client.http.get("/account/history.csv")
        assert "attachment" in answer.headers["content-disposition"]
        assert "no-store" in answer.headers["cache-control"]
        assert ",'=Größe.jpg," in answer.content.decode("utf-8-sig")
    assert "Größe" not in browser.http.get("/account/history.csv?search=BEACH").text
    assert ".jpg" not in other.http.get("/account/history.csv").text
    assert site.browser().http.get("/account/history.csv").status_code == 401


def test_a_deleted_account_takes_everything_of_its_own_along(site: Site, name: str) -> None:
    browser, other = site.member(name), site.browser()
    other.sign_in(name)
    token = browser.make_token()
    path = browser.upload(b"only theirs")
    add_entry(site.engine, name, file_name="a.jpg", comparison=COMPARISON, picture=b"picture")
    account = accounts.find_user(site.engine, name)
    assert account is not None
    assert browser.form("/account/delete", at="/account", confirm="wrong password").status_code == 400
    assert "All your data has been deleted" in browser.form("/account/delete", at="/account", confirm=PASSWORD).text
    assert not browser.is_in()
    assert not other.is_in()
    assert not Path(path).exists()
    assert not site.browser(headers={"authorization": f"Bearer {token}"}).is_in()
    with site.engine.connect() as connection:
        for table in metadata.sorted_tables:
            if "user_id" in table.c:
                assert connection.scalar(select(func.count()).where(table.c.user_id == account.id)) == 0
    heir = site.member(name)
    assert accounts.find_user(site.engine, name) != account
    assert heir.is_in()
    assert not browser.is_in()


# API tokens


def test_a_token_works_with_gradio_client(site: Site, name: str, tmp_path: Path) -> None:
    token = site.member(name).make_token()
    (tmp_path / "a.png").write_bytes(picture(1))
    client = gradio_client.Client(site.url, headers={"Authorization": f"Bearer {token}"}, verbose=False)
    answer = client.predict(gradio_client.handle_file(str(tmp_path / "a.png")), api_name="/look")
    assert (answer["user"], answer["bytes"]) == (name, len(picture(1)))
    assert Path(client.predict("a report", api_name="/report")).read_text() == "a report"


def test_a_token_works_with_curl(site: Site, name: str, tmp_path: Path) -> None:
    token = site.member(name).make_token()
    (tmp_path / "a.png").write_bytes(picture(1))

    def curl(*arguments: str) -> str:
        command = ["curl", "-sS", "-H", f"Authorization: Bearer {token}", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    path = curl("-F", f"files=@{tmp_path / 'a.png'}", f"{site.url}/gradio_api/upload").strip('["]')
    data = json.dumps({"data": [{"path": path, "meta": {"_type": "gradio.FileData"}}]})
    answer = curl("-H", "Content-Type: application/json", "-d", data, f"{site.url}/gradio_api/call/look")
    event_id = answer.split('"')[3]
    assert f'"bytes": {len(picture(1))}' in curl("-N", f"{site.url}/gradio_api/call/look/{event_id}")


def test_a_token_is_shown_once_and_stored_hashed(site: Site, url: str, name: str) -> None:
    browser = site.member(name)
    token = browser.make_token("office <laptop>")
    page = browser.http.get("/account").text
    assert token not in page
    assert "office &lt;laptop&gt;" in page
    with site.engine.connect() as connection:
        for table in metadata.sorted_tables:
            assert token not in str(connection.execute(select(table)).all())


def test_a_revoked_token_is_out_here_at_once_and_elsewhere_within_five_seconds(
    site: Site, other_site: Site, name: str
) -> None:
    browser = site.member(name)
    bearer = {"authorization": f"Bearer {browser.make_token()}"}
    here, there = site.browser(headers=bearer), other_site.browser(headers=bearer)
    assert here.is_in()
    assert there.is_in()
    number = browser.http.get("/account").text.split('name="token_id" value="')[1].split('"')[0]
    site.member(f"x{name}").form("/account/tokens/revoke", at="/account", token_id=number)
    assert here.is_in(), "it is nobody else's to revoke"
    browser.form("/account/tokens/revoke", at="/account", token_id=number)
    assert not here.is_in()
    assert_out_within_five_seconds(there)


def test_a_token_opens_no_account_page_and_is_no_cookie(site: Site, name: str) -> None:
    token = site.member(name).make_token()
    program = site.browser(headers={"authorization": f"Bearer {token}"})
    assert program.is_in()
    assert program.http.get("/account").status_code == 403
    assert not site.browser(cookies={forms.SESSION_COOKIE: token}).is_in()


def test_a_session_is_no_token_and_a_wrong_token_is_nobody(site: Site, name: str) -> None:
    session = site.member(name).http.cookies[forms.SESSION_COOKIE]
    for secret in (session, "fj_" + "a" * 43, "fj_"):
        assert not site.browser(headers={"authorization": f"Bearer {secret}"}).is_in()


def test_another_password_set_by_the_operator_ends_every_session(site: Site, url: str, name: str) -> None:
    browser = site.member(name)
    engine = open_database(url)
    account = accounts.find_user(engine, name)
    assert account is not None
    accounts.set_password(engine, account.id, password="a new password", rounds=4)
    engine.dispose()
    assert_out_within_five_seconds(browser)


# What is refused


@pytest.mark.one_database
def test_who_is_signed_out_already_is_signed_out_again_without_a_fault(site: Site, name: str) -> None:
    answer = site.browser().form("/signout", at="/signin")
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin")
    other = site.member(name)
    assert other.is_in()


@pytest.mark.one_database
@pytest.mark.parametrize("number", ["", "one", "-1", "٣", "9" * 30])
def test_a_token_whose_number_is_none_revokes_nothing(site: Site, name: str, number: str) -> None:
    browser = site.member(name)
    token = browser.make_token()
    assert browser.form("/account/tokens/revoke", at="/account", token_id=number).status_code == 200
    assert site.browser(headers={"authorization": f"Bearer {token}"}).is_in()


@pytest.mark.one_database
def test_where_too_many_are_signing_in_the_next_is_asked_to_come_back(
    site: Site, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.member(name)
    monkeypatch.setattr("auth.pages.account_pages.MAX_WAITING_SIGN_INS", 0)
    refused = site.browser().sign_in(name)
    assert refused.status_code == 403 and TOO_BUSY in refused.text
    monkeypatch.undo()
    assert site.browser().sign_in(name).status_code == 303


@pytest.mark.one_database
def test_who_would_wait_too_long_is_refused_as_for_a_wrong_password(
    site: Site, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.member(name)

    async def wait(_slowdown: Slowdown, _place: SignInPlace, _name: str) -> bool:
        return False

    wrong = site.browser().sign_in(name, password="not the password")
    monkeypatch.setattr(Slowdown, "wait", wait)
    refused = site.browser().sign_in(name)
    said = [answer.text.split('form_token" value="') for answer in (wrong, refused)]
    assert refused.status_code == wrong.status_code == 400
    assert said[0][0] == said[1][0], "not told apart"
